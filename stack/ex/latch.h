// SPDX-License-Identifier: Apache-2.0
/*
 * Memory that several CPUs share without a spin lock.
 *
 * In simulation all CPUs are on one host thread and change places at points
 * only (ke_point()), so what has no point in it cannot be seen half done.  Live,
 * with more than one CPU, each has a host thread (sched/lane.c), and then a
 * counter needs KE_ADD(), a word that is read without a lock KE_GET() and
 * KE_SET(), and a few words that belong together a latch.  Where there is one
 * host thread all of these cost nothing but a look at ke_lane.
 *
 * Invariant: with a latch held nothing of the machine is called that has a point
 * or takes a lock of whatever kind, and of several the last one is let go first;
 * what lasts longer, or is contended, is a
 * ke_lock, which the tracer, the deadlock detector and dumps know.
 */
#ifndef EX_LATCH_H
#define EX_LATCH_H

#include "race.h"

#include <stddef.h>
#include <stdint.h>

/* Of each host thread, where more than one is in machines; else NULL. */
struct lane;
extern _Thread_local struct lane *ke_lane
	__attribute__((tls_model("initial-exec")));
#define KE_PARALLEL (CO_TSAN || __builtin_expect(ke_lane != NULL, 0))

/* Whatever was written before KE_SET() is seen after KE_GET(); after KE_PEEK() the
 * word alone. */
#define KE_GET(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#if CO_TSAN
#define KE_PEEK(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#else                                /* compilers fold an ordinary one better */
#define KE_PEEK(p) (*(p))
#endif
#define KE_SET(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
/* By whatever sign; its value is the new one. */
#define KE_ADD(p, by)                                                      \
	(KE_PARALLEL ? __atomic_add_fetch((p), (by), __ATOMIC_ACQ_REL) :   \
		       (*(p) += (by)))

struct ke_latch {
	uint32_t taken;
};
void latch_take(struct ke_latch *l);
void latch_drop(struct ke_latch *l);
static inline void ke_latch(struct ke_latch *l)
{
	if (KE_PARALLEL)
		latch_take(l);
}
/* The last one taken. */
static inline void ke_unlatch(struct ke_latch *l)
{
	if (__builtin_expect(KE_PEEK(&l->taken), 0))
		latch_drop(l);
}
/* For the executive: the word alone, and those of a host thread that had a fault. */
void latch_spin(struct ke_latch *l);
void latch_drop_all(void);

#endif
