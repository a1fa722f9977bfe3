// SPDX-License-Identifier: Apache-2.0
/*
 * A machine in words: what netstat, poolmon and a look at the queues show, by
 * parts.
 *
 * Invariant: it is written when sched_run() has returned and all host threads of
 * the machine wait.  What it reads itself is of that moment; what drivers have
 * they are asked for, under their locks (ex_call(), and the machine goes on
 * meanwhile), so no pointer of the machine is kept over such a call.
 *
 * To add a part: a line of STAT_PARTS and its stat_NAME() in stat_net.c or
 * stat_ex.c.
 */
#ifndef HOST_STAT_H
#define HOST_STAT_H

#include "out.h"
#include "services.h"

#define STAT_PARTS(X)                                                      \
	X(services) X(connections) X(listeners) X(udp) X(pool) X(locks)    \
	X(threads) X(work) X(dpc) X(timers) X(addresses) X(routes) \
	X(neighbours) X(protocols) X(adapters) X(events)
enum stat_part {
#define STAT_PART_ENUM(n) STAT_##n,
	STAT_PARTS(STAT_PART_ENUM)
#undef STAT_PART_ENUM
	STAT_COUNT
};
#define STAT_ALL ((1u << STAT_COUNT) - 1)
#define STAT_LIMIT 1000u             /* rows of a part, when nobody says */

struct stat_of {                     /* whose state it is */
	struct host *h;
	struct ex *x;
	const struct services *services; /* NULL: none */
};

typedef void stat_fn(const struct stat_of *s, struct out *o);
#define STAT_PART_FN(n) stat_fn stat_##n;
STAT_PARTS(STAT_PART_FN)
#undef STAT_PART_FN

/* parts: bits of enum stat_part. */
void stat_write(struct host *h, const struct services *s, u32 parts,
		bool json, u32 limit, FILE *to);
/* "module+0x123", or a routine's name. */
void stat_site(const void *at, char *to, size_t size);

#endif
