// SPDX-License-Identifier: Apache-2.0
/*
 * Asynchronous procedure calls of a thread: what waits in its two queues, what
 * is being delivered, and what keeps delivery off.
 *
 * A thread that is attached to another process keeps the state of its own one
 * aside (SavedApcState); the other is in force.  A damaged queue gives what
 * both ends lead to, and says where it is broken (list.h).  A special kernel
 * APC is one without a normal routine: only IRQL holds it off, not the thread's
 * disable counts.  To read more: a row in sym/nt_types.txt, a field here.
 */
#ifndef NTR_KOBJ_APC_H
#define NTR_KOBJ_APC_H

#include "list.h"

#define NTR_MAX_APCS 4096u /* of one queue */

struct ntr_apc {
	u64 va, thread;
	u64 kernel, rundown, normal, context; /* routines; 0 none */
	bool user;        /* of the user queue, by ApcMode */
	bool special;     /* kernel, without a normal routine */
	bool inserted;
	const char *note; /* what is wrong with it; static; NULL */
};

enum { NTR_APC_KERNEL, NTR_APC_USER, NTR_APC_MODES };

struct ntr_apc_state {
	bool known;
	u64 process;      /* whose address space; 0 unknown */
	u64 head[NTR_APC_MODES];
	struct { NTR_VEC(struct ntr_apc); } queue[NTR_APC_MODES];
	char why[NTR_APC_MODES][160]; /* "" when the queue is whole */
	bool in_progress, special_in_progress; /* kernel APCs */
	bool kernel_pending, user_pending, special_user_pending;
};

struct ntr_thread_apcs {
	u64 thread;
	struct ntr_apc_state now, saved; /* saved: only while attached */
	bool has_attached, attached;
	bool has_disable, has_special;
	s32 disable, special_disable; /* negative: so many times disabled */
	enum ntr_source source;
};

/* ABSENT with text: no thread there, or the build's layout is not known. */
NTR_MUST enum ntr_st ntr_thread_apcs(struct ntr_target *t, u64 thread,
				     struct ntr_thread_apcs *out,
				     struct ntr_err *e);
void ntr_thread_apcs_fini(struct ntr_thread_apcs *a);

/* The KAPC at va. ABSENT with text: it is none, or not in the dump. */
NTR_MUST enum ntr_st ntr_apc_read(struct ntr_target *t, u64 va,
				  struct ntr_apc *out, struct ntr_err *e);

#endif
