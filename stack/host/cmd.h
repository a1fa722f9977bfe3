// SPDX-License-Identifier: Apache-2.0
/*
 * The commands of refstack (cli.h says what a command is), and what they share.
 * To add one: a file with its struct, a line here and one in refstack.c.
 *
 * Invariant: a command writes what was asked for on stdout and everything else
 * on stderr.
 */
#ifndef HOST_CMD_H
#define HOST_CMD_H

#include "../sdk/host.h"
#include "cli.h"

extern const struct cli_command cmd_attach, cmd_dump, cmd_help, cmd_run,
	cmd_script, cmd_stat;

/* Of every command with machines: where their drivers are. */
#define CMD_DRIVERS(type, member)                                          \
	{ "drivers", "FOLDER", "where tcpip.so and the others are",        \
	  CLI_TO(TEXT, type, member) }
/* given, or $REFSTACK_DRIVERS, or drivers/ beside the program, or
 * ../lib/refstack of it. */
const char *cmd_drivers(const char *given, char *buf, size_t size);

/* How far a long command is, on a terminal's stderr, after two seconds. */
struct progress {
	const char *what;            /* "runs" */
	u64 all, began, shown;       /* ns; shown 0: not yet */
	bool quiet;
};
void progress_begin(struct progress *p, const char *what, u64 all, bool quiet);
void progress_at(struct progress *p, u64 done, u64 failed);
void progress_end(struct progress *p);

/* caller.c: a thread of a live machine that calls a name and says how it goes. */
struct caller {
	struct ex *x;
	const char *own, *peer;      /* "NAME#20" */
	const char *doing;
	s64 result;
	u8 message[4096];
};
void caller_thread(void *caller);

#endif
