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
