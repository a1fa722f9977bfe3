// SPDX-License-Identifier: Apache-2.0
/*
 * The process's own threads, for a dump: who they are and where they wait, as the
 * kernel has it (/proc/PID/task).  A live machine has one for each of its CPUs.
 *
 * Invariant: it is asked when all others wait for the caller (a run is over), so
 * what it says stays true until the caller goes on; and before a fork(), whose
 * child has none of them.
 *
 * To know more of a thread: a member here, a file of its folder in lwp.c.
 */
#ifndef HOST_LWP_H
#define HOST_LWP_H

#include "../ex/ex.h"

#include <sys/types.h>
#include <sys/user.h>

#define LWP_MAX 64u                  /* 32 CPUs, the tracer's */

struct lwp {
	pid_t id;
	char name[16];
	bool waits;                  /* in a system call: regs are known, but for
					rbx, rbp, r12 to r15 */
	struct user_regs_struct regs;
};
struct lwps {
	u32 n;
	struct lwp lwp[LWP_MAX];
};
/* All but the caller. */
void lwps_look(struct lwps *l);

#endif
