// SPDX-License-Identifier: Apache-2.0
/*
 * The process as an ELF core, with the machine's threads and the host's as the
 * core's threads (docs/refstack.md says what is in it).
 *
 * Invariant: nothing of the machine is called or changed, and nothing of it goes
 * on: sched_run() has returned, its host threads wait.  What is written is memory
 * that somebody wrote to, and the first page of each file that is mapped.
 */
#ifndef HOST_DUMP_H
#define HOST_DUMP_H

#include "../ex/ex.h"

/* A file for it, which nobody else may read, whatever it was before: a machine's
 * memory is other people's data. own: the name is not the user's choice, so no
 * link is followed. -1: errno. */
int dump_open(const char *name, bool own);
/* To the file fd, at once. */
bool dump_write(const struct ex *x, int fd, char *why, size_t size);
/* The same by a child, which has memory as it is now, and then done(ctx, why);
 * why is NULL if it is written. false: there is no child. */
bool dump_fork(const struct ex *x, int fd,
	       void (*done)(void *ctx, const char *why), void *ctx);

#endif
