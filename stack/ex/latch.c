// SPDX-License-Identifier: Apache-2.0
#include "latch.h"

#include <sched.h>

_Thread_local struct lane *ke_lane;
_Thread_local struct ke_latch *ke_latched;

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

/* Their owner never goes on, and what they are of is a stopped machine's: others
 * of it, who may find it half done, come to a point. */
void latch_drop_all(void)
{
	while (ke_latched)
		ke_unlatch(ke_latched);
}
