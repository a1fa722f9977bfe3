// SPDX-License-Identifier: Apache-2.0
#include "race.h"

#if CO_TSAN
#include <signal.h>

void race_leaves(const void *mask)
{
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

/* The machine's own memory is not watched, but what the C library does to it is
 * (memcpy(), realloc()): files that call nobody who is watched. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:stack/ex/lock.c\n"
	       "race:stack/ex/special.c\n"
	       "race:stack/sched/string.c\n";
}
#endif
