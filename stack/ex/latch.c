// SPDX-License-Identifier: Apache-2.0
#include "latch.h"

#include <sched.h>

_Thread_local struct lane *ke_lane;

#define PAUSES 64                    /* before the host gives another its turn */

/* Who holds it may be off its processor: the host has fewer than we have. */
void latch_spin(struct ke_latch *l)
{
	unsigned n = 0;

	do {
		while (__atomic_load_n(&l->taken, __ATOMIC_RELAXED)) {
			if (++n % PAUSES == 0)
				sched_yield();
#if defined(__x86_64__)
			__builtin_ia32_pause();
#endif
		}
	} while (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE));
}

/* What this host thread has, the last one behind; more than that are not needed at
 * once by anybody. */
#define LATCHED 8
static _Thread_local struct {
	struct ke_latch *l[LATCHED];
	unsigned n;
} latched;

void latch_take(struct ke_latch *l)
{
	if (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE))
		latch_spin(l);
	RACE_GOT(l);
	if (latched.n < LATCHED)
		latched.l[latched.n] = l;
	latched.n++;
}

void latch_drop(struct ke_latch *l)
{
	latched.n--;
	RACE_PUT(l);
	__atomic_store_n(&l->taken, 0, __ATOMIC_RELEASE);
}

/* Their owner never goes on, and what they are of is a stopped machine's: others
 * of it, who may find it half done, come to a point. */
void latch_drop_all(void)
{
	while (latched.n) {
		struct ke_latch *l = latched.l[(latched.n - 1) % LATCHED];

		latch_drop(l);
	}
}
