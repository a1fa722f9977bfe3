// SPDX-License-Identifier: Apache-2.0
/*
 * Who is in a miniport's hands while its adapter is halted: a count, and a bit
 * that says that nobody comes in any more.
 *
 * Invariant: between gate_enter() that was true and gate_leave() the adapter is
 * there; gate_shut() returns when all have left.
 */
#ifndef NIC_GATE_H
#define NIC_GATE_H

#include "../ex/ex.h"

#define NIC_GATE_SHUT 0x80000000u
#define NIC_GATE_POLL_NS 1000000u    /* how often who sleeps looks again */

struct nic_gate {
	u32 n;                       /* by KE_ADD() */
};

static inline void gate_leave(struct nic_gate *g)
{
	(void)KE_ADD(&g->n, -1u);
}

static inline bool gate_is_shut(struct nic_gate *g)
{
	return KE_GET(&g->n) & NIC_GATE_SHUT;
}

static inline bool gate_enter(struct nic_gate *g)
{
	if (!(KE_ADD(&g->n, 1u) & NIC_GATE_SHUT))
		return true;
	gate_leave(g);
	return false;
}

/* Once. PASSIVE. */
static inline void gate_shut(struct nic_gate *g)
{
	(void)KE_ADD(&g->n, NIC_GATE_SHUT);
	while (KE_GET(&g->n) != NIC_GATE_SHUT)
		ke_sleep(NIC_GATE_POLL_NS);
}

#endif
