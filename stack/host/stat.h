// SPDX-License-Identifier: Apache-2.0
/*
 * A machine in words: what netstat, poolmon and a look at the queues show, by
 * parts.
 *
 * Invariant: it is read between two steps of the machine, or in one call inside
 * of it, so a part is of one moment.
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
	X(threads) X(work) X(dpc) X(timers) X(routes) X(neighbours) X(ip6) \
	X(protocols) X(adapters) X(events)
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
