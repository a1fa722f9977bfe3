// SPDX-License-Identifier: Apache-2.0
/*
 * Who is inside of something that is about to be taken away (an adapter, a file, a
 * driver's memory): a count, and a bit that says that nobody comes in any more.
 *
 * Invariant: between gate_enter() that was true and gate_leave() it is there;
 * gate_shut() returns when all have left.  The gate itself lies in what lives
 * longer.
 */
#ifndef NDIS_GATE_H
#define NDIS_GATE_H

#include "../ex/ex.h"

#define GATE_SHUT 0x80000000u
#define GATE_POLL_NS 1000000u        /* how often who sleeps looks again */

struct gate {
	u32 n;                       /* by KE_ADD() */
};

static inline void gate_leave(struct gate *g)
{
	(void)KE_ADD(&g->n, -1u);
}

static inline bool gate_is_shut(struct gate *g)
{
	return KE_GET(&g->n) & GATE_SHUT;
}

static inline bool gate_enter(struct gate *g)
{
	if (!(KE_ADD(&g->n, 1u) & GATE_SHUT))
		return true;
	gate_leave(g);
	return false;
}

/* By one at a time, as gate_open(). PASSIVE; not by who is inside. */
static inline void gate_shut(struct gate *g)
{
	if (!gate_is_shut(g))
		(void)KE_ADD(&g->n, GATE_SHUT);
	while (KE_GET(&g->n) != GATE_SHUT)
		ke_sleep(GATE_POLL_NS);
}

static inline void gate_open(struct gate *g)
{
	if (gate_is_shut(g))
		(void)KE_ADD(&g->n, -GATE_SHUT);
}

#endif
