// SPDX-License-Identifier: Apache-2.0
/*
 * Workloads: machines, links, and what they do with each other, line by line.
 *
 *	machine NAME ip A/BITS [cpus N] [personality P] [tcpip FILE] [afd FILE]
 *	link A B [loss F] [duplicate F] [corrupt F] [reorder F] [delay MS]
 *		[jitter MS] [mbps N] [queue N]
 *	transfer A B BYTES [streams N]    from A to B over TCP, bytes compared
 *	echo A B BYTES [chunk N]          A sends, B gives back
 *	datagrams A B COUNT [size N]      over UDP; how many came
 *	join                              everything before has ended
 *	sleep MS
 *
 * Jobs begin together; the end of the file joins.  To add a job: a row of
 * kinds[] in jobs.c.
 */
#ifndef HOST_WORKLOAD_H
#define HOST_WORKLOAD_H

#include "../sdk/host.h"

struct job {
	struct job *next;
	const struct job_kind *kind;
	struct host *from, *to;
	char text[128];
	u64 bytes, size;             /* what is to be done */
	u64 sent, received, began, ended;
	u16 port;
	bool ready, wrong;           /* the server listens; other bytes came */
	s64 error;
	unsigned running;            /* of its two threads */
};

struct job_kind {
	const char *name, *option;   /* "streams" … */
	void (*client)(void *job), (*server)(void *job);
	bool lossy;                  /* fewer may come */
};
const struct job_kind *job_kind(const char *name);
bool job_start(struct job *j);
bool job_ok(const struct job *j);
void job_text(const struct job *j, char *buf, size_t size);

#endif
