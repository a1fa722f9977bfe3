// SPDX-License-Identifier: Apache-2.0
/*
 * What can be waited for: dispatcher objects, ERESOURCEs, fast and guarded
 * mutexes, and the executive's work queues.
 *
 * An owner is what the object records, and nothing else: where a kind of
 * object keeps none, no_owner says so.  Lists are bounded and keep what could
 * be read (list.h).
 */
#ifndef NTR_KOBJ_LOCKS_H
#define NTR_KOBJ_LOCKS_H

#include "process.h"

/* Types of a DISPATCHER_HEADER. */
enum ntr_dispatcher_type {
	NTR_OT_NOTIFICATION_EVENT, NTR_OT_SYNCHRONIZATION_EVENT, NTR_OT_MUTANT,
	NTR_OT_PROCESS, NTR_OT_QUEUE, NTR_OT_SEMAPHORE, NTR_OT_THREAD,
	NTR_OT_GATE, NTR_OT_NOTIFICATION_TIMER, NTR_OT_SYNCHRONIZATION_TIMER,
	NTR_OT_PRIQUEUE = 0x15, /* 8.1 and later; an event pair before */
};

struct ntr_dispatcher {
	u64 va;
	u8 type;
	const char *name;
	s32 signal;
	bool has_owner;       /* the kind records one */
	u64 owner;            /* 0: nobody has it */
	const char *no_owner; /* why none is recorded; static */
};
/* BAD with text when there is no such object. */
NTR_MUST enum ntr_st ntr_dispatcher_read(struct ntr_target *t, u64 va,
					 struct ntr_dispatcher *out,
					 struct ntr_err *e);
/* The threads on its wait list, in `entry`. */
NTR_MUST enum ntr_st ntr_dispatcher_waiters(struct ntr_target *t, u64 va,
					    struct ntr_list *out,
					    struct ntr_err *e);

/* --- ERESOURCE ----------------------------------------------------------------- */

#define NTR_MAX_RESOURCES 262144u
#define NTR_MAX_OWNERS 4096u

struct ntr_owner {
	u64 thread;
	u32 count;
	bool pointer; /* an owner pointer (ExSetResourceOwnerPointer), not a
			 thread */
};

struct ntr_resource {
	u64 va;
	u64 shared, exclusive; /* objects that wait lists are in; 0 none */
	u32 contention;
	u16 active;            /* 0: free */
	u16 flags;
	bool owned_exclusive;
	struct ntr_owner *owner; /* in the list's arena */
	size_t nowners;
	const char *note;      /* what is wrong with it; static; NULL */
};

struct ntr_resource_list {
	struct { NTR_VEC(struct ntr_resource); } r;
	struct ntr_arena arena;
	const char *how; /* what led to the list; static */
	char why[160];   /* "" when it is whole */
};

NTR_MUST enum ntr_st ntr_resource_read(struct ntr_target *t, u64 va,
				       struct ntr_arena *a,
				       struct ntr_resource *out,
				       struct ntr_err *e);
/*
 * All resources.  seed: an address inside the list of resources, from
 * ntr_resource_on_stack(), for a kernel whose list head is not known; or 0.
 */
NTR_MUST enum ntr_st ntr_resource_list(struct ntr_target *t, u64 seed,
				       struct ntr_resource_list *out,
				       struct ntr_err *e);
void ntr_resource_list_fini(struct ntr_resource_list *l);
/*
 * The resource whose semaphore or event a thread waits for: a word on its
 * stack that points to one, by that very object and by its list links.  0:
 * none.
 */
u64 ntr_resource_on_stack(struct ntr_target *t, const struct ntr_kthread *k);

/* --- fast and guarded mutexes ---------------------------------------------------- */

struct ntr_fast_mutex {
	u64 va, owner; /* 0 nobody */
	s32 count;     /* 1 free */
};
/* The mutex whose event or gate a thread waits for. BAD: what is there is
 * none. */
NTR_MUST enum ntr_st ntr_fast_mutex_of(struct ntr_target *t, u64 object,
				       bool guarded,
				       struct ntr_fast_mutex *out,
				       struct ntr_err *e);

/* --- work queues ------------------------------------------------------------------ */

#define NTR_MAX_ITEMS 65536u
#define NTR_MAX_QUEUES 256u

struct ntr_work_item {
	u64 va, routine, parameter;
	u8 priority; /* of the list it is in (KPRIQUEUE) */
};

struct ntr_work_queue {
	u64 va;
	const char *name;     /* "critical", …; static */
	const char *named_by; /* "symbols", "its workers' base priority" */
	bool priorities;      /* KPRIQUEUE: 32 lists */
	s32 current;          /* threads that work */
	u32 maximum;
	bool has_current, has_maximum, has_counter, has_dynamic;
	bool has_max_threads;
	u32 processed, last_pass, dynamic, max_threads;
	struct { NTR_VEC(struct ntr_work_item); } items;
	struct { NTR_VEC(u64); } workers; /* threads of its thread list */
	char why[160];        /* what its lists met; "" whole */
};

struct ntr_work_queues {
	struct { NTR_VEC(struct ntr_work_queue); } q;
};
/* The queues that threads[0..n) serve, and those that symbols name. */
NTR_MUST enum ntr_st ntr_work_queues(struct ntr_target *t,
				     const struct ntr_kthread *threads,
				     size_t n, struct ntr_work_queues *out,
				     struct ntr_err *e);
void ntr_work_queues_fini(struct ntr_work_queues *l);

#endif
