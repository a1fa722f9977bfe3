// SPDX-License-Identifier: Apache-2.0
/*
 * Locks that two threads take in opposite orders.
 *
 * That a thread takes A before B is seen at the moment of the dump in two ways:
 * it owns A and waits for B, which is certain; or it owns both, and their
 * addresses stand on its stack, A in an outer frame and in no inner one, B in
 * inner frames only, which supports it.  Two such sights that contradict one
 * another are an inversion, also where no deadlock came of it: a wait may time
 * out, a shared lock may still be granted.  Orders of the past are not in a
 * dump.
 *
 * To add evidence: a kind here, a function in lock_order.c that calls see().
 */
#ifndef NTR_TRIAGE_LOCK_ORDER_H
#define NTR_TRIAGE_LOCK_ORDER_H

#include "waits.h"

#define NTR_MAX_INVERSIONS 64u
#define NTR_MAX_HELD 64u        /* locks of a thread that are looked at */
#define NTR_MAX_ORDERS 65536u   /* sights */

enum ntr_order_by {
	NTR_OB_WAIT,  /* it owns the first and waits for the second */
	NTR_OB_STACK, /* it owns both; the stack supports the order */
};

struct ntr_inversion {
	u64 lock[2];            /* addresses */
	const char *kind[2];    /* "resource"; static */
	u32 thread[2];          /* [0] takes lock[0] first, [1] lock[1] */
	enum ntr_order_by by[2];
	bool deadlock;          /* both are in a cycle, or behind one */
	const char *text;
};

#endif
