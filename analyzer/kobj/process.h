// SPDX-License-Identifier: Apache-2.0
/*
 * Processes and threads, as the kernel's lists name them.
 *
 * What a structure does not say, or what makes no sense there, stays unset.
 * An object on a list that is not of its kind any more (freed and used again)
 * is kept, with a note; a damaged list gives what both ends lead to, and says
 * where it is broken.  To read more of a thread: a row in layout.c, a field
 * here.
 */
#ifndef NTR_KOBJ_PROCESS_H
#define NTR_KOBJ_PROCESS_H

#include "../unw/unw.h"
#include "list.h"

#define NTR_MAX_PROCESSES 65536u
#define NTR_MAX_THREADS 262144u /* of all processes */
#define NTR_MAX_WAITS 64u       /* MAXIMUM_WAIT_OBJECTS */

struct ntr_process {
	u64 va;
	u64 pid, parent, dtb, peb; /* valid by has_…; peb 0 unknown */
	u64 created, exited;       /* FILETIME, 0 unknown or not yet */
	u32 nthreads;              /* ActiveThreads */
	bool has_pid, has_parent, has_dtb, has_nthreads;
	char name[64];             /* "" unknown */
	const char *note;          /* what is wrong with it; static; NULL */
	enum ntr_source source;
};

struct ntr_process_list {
	struct { NTR_VEC(struct ntr_process); } p;
	const char *how; /* what led to the list; static */
	size_t gap;      /* see struct ntr_list */
	char why[160];   /* "" when it is whole */
};

/* ABSENT with text: no list in this dump. */
NTR_MUST enum ntr_st ntr_process_list(struct ntr_target *t,
				      struct ntr_process_list *out,
				      struct ntr_err *e);
void ntr_process_list_fini(struct ntr_process_list *l);
/* Everything readable about the process at va. Always fills p->va. */
void ntr_process_read(struct ntr_target *t, u64 va, struct ntr_process *p);

/* --- threads ----------------------------------------------------------------- */

#define NTR_THREAD_STATES(X)                                          \
	X(INITIALIZED, "Initialized") X(READY, "Ready")               \
	X(RUNNING, "Running") X(STANDBY, "Standby")                   \
	X(TERMINATED, "Terminated") X(WAITING, "Waiting")             \
	X(TRANSITION, "Transition") X(DEFERRED, "DeferredReady")      \
	X(GATE_WAIT, "GateWait") X(SWAP_IN, "WaitingForProcessInSwap")
enum ntr_thread_state {
#define NTR_THREAD_STATE_ENUM(n, t) NTR_TS_##n,
	NTR_THREAD_STATES(NTR_THREAD_STATE_ENUM)
#undef NTR_THREAD_STATE_ENUM
};
const char *ntr_thread_state_name(u8 state); /* "?" beyond */
const char *ntr_wait_reason_name(u8 reason); /* "?" beyond */
#define NTR_WR_QUEUE 15u
#define NTR_WR_RESOURCE 27u
#define NTR_WR_FAST_MUTEX 34u
#define NTR_WR_GUARDED_MUTEX 35u

struct ntr_wait {
	u64 block, object;
};

struct ntr_kthread {
	struct ntr_thread th; /* address, ids, process, stack */
	u8 state, reason, irql, mode, priority, base_priority;
	bool has_state, has_reason, has_irql, has_priority;
	u64 start, win32_start; /* 0 unknown */
	u64 teb, trap, queue;   /* 0 none or unknown */
	u64 irps;               /* head of its IRP list, 0 unknown */
	bool has_waited;
	u64 waited;             /* 100 ns since the wait began */
	/* A waiting thread's objects; those of a thread that does not wait
	 * are of an older wait and are not given. */
	struct ntr_wait wait[NTR_MAX_WAITS];
	unsigned nwaits;
	bool wait_all;          /* all of them, else any */
	bool timeout;           /* the wait ends by itself */
	bool gate;              /* GateWait: wait[0].object is a gate */
	const char *wait_note;  /* why the objects may be fewer; static; NULL */
	const char *note;       /* what is wrong with it; static; NULL */
};

/* Is it blocked, by its state? */
static inline bool ntr_thread_blocked(const struct ntr_kthread *k)
{
	return k->has_state && (k->state == NTR_TS_WAITING ||
				k->state == NTR_TS_GATE_WAIT);
}

void ntr_kthread_read(struct ntr_target *t, u64 va, struct ntr_kthread *out);

struct ntr_thread_list {
	struct { NTR_VEC(u64); } va;
	size_t gap;
	char why[160];
};
/* The threads of the process at va. */
NTR_MUST enum ntr_st ntr_thread_list(struct ntr_target *t, u64 process,
				     struct ntr_thread_list *out,
				     struct ntr_err *e);
void ntr_thread_list_fini(struct ntr_thread_list *l);

/*
 * The registers a thread goes on with: of a running one those of its
 * processor, of another the frame that KernelStack points to.  ABSENT, BAD
 * with text; UNSUP: this machine's frame is not known.
 */
NTR_MUST enum ntr_st ntr_thread_regs(struct ntr_target *t,
				     const struct ntr_kthread *k,
				     struct ntr_regs *out, struct ntr_err *e);
/* Its stack from there. *n 0: why is in e. */
enum ntr_unw_stop ntr_thread_unwind(struct ntr_target *t,
				    const struct ntr_kthread *k,
				    struct ntr_frame *frames, size_t max,
				    size_t *n, struct ntr_err *e);

/* How long one clock tick is, in 100 ns, and how many there were; 0 unknown. */
u32 ntr_tick_length(struct ntr_target *t, u64 *ticks);
/* How long the machine had run, as its shared user page says. */
bool ntr_interrupt_time(struct ntr_target *t, u64 *now);

#endif
