// SPDX-License-Identifier: Apache-2.0
#include "race.h"

#if CO_TSAN
#include <signal.h>

void race_leaves(const void *mask)
{
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

/* The machine's own memory is not watched, but what the C library does to it is
 * (memcpy(), realloc()): files and functions that call nobody who is watched. */
#ifdef EX_TSAN
#define OWN                                                                \
	"race:stack/ex/lock.c\n"                                           \
	"race:stack/ex/special.c\n"                                        \
	"race:stack/sched/string.c\n"                                      \
	"race:^move_to$\n"           /* resource.c: the table of sharers */ \
	"race:^is_loaded$\n"         /* driver.c: names, under the dispatcher */
#else
#define OWN ""
#endif

const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return OWN;
}
#endif
