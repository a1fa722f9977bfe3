// SPDX-License-Identifier: Apache-2.0
/*
 * Who waits for whom: the graph over threads, what they wait for, the requests
 * and work items that will end it, processors that spin, and what follows.
 *
 * An edge to an owner is there only where the object records one.  A cycle is
 * claimed only over waits that nothing else can end: a wait for any of several
 * objects, or one that a timeout ends, proves nothing (ERESOURCE waits do time
 * out, and begin again).  What cannot be told is listed with its reason.
 *
 * Who will set an event is known where something in memory says so: a request
 * names the event (waits_irp.c), a queued work item or DPC names the event or
 * the request (waits_server.c).  A plain spin lock records no owner: of
 * processors that spin (waits_cpu.c) only what they want is told.
 *
 * To add a kind of lock: a case in waits_lock.c that names its owners.
 */
#ifndef NTR_TRIAGE_WAITS_H
#define NTR_TRIAGE_WAITS_H

#include "../kobj/locks.h"
#include "../kobj/symbols.h"

#define NTR_NONE UINT32_MAX
#define NTR_WAIT_FRAMES 48u  /* of a stack that is compared */
#define NTR_MAX_STACKS 8192u /* threads whose stacks are walked */
#define NTR_MAX_ROOTS 64u
#define NTR_MAX_CYCLES 64u
#define NTR_SPIN_FRAMES 16u  /* kept of a processor's stack */
#define NTR_BALANCE_MAX 16u  /* workers that the balance manager adds to a
				queue, until 7 (Windows Internals) */

enum ntr_lock_kind {
	NTR_LK_OBJECT,   /* a dispatcher object without owner */
	NTR_LK_MUTANT, NTR_LK_RESOURCE, NTR_LK_FAST_MUTEX,
	NTR_LK_THREAD,   /* the end of a thread */
	NTR_LK_SPIN,     /* queued; the waiting thread runs */
};

struct ntr_wlock {
	u64 va;                /* of the lock, not of what is inside it */
	enum ntr_lock_kind kind;
	const char *name;      /* "mutant", "resource", …; static */
	bool exclusive;        /* a resource, owned so */
	u32 contention;
	u32 *owner;            /* threads, by index */
	u32 nowners;
	u32 nwaiters, nshared; /* nshared: waiters for shared access */
	const char *no_owner;  /* why there is no owner to name; NULL */
	u32 irp;               /* the request that signals it; NTR_NONE */
	u32 queue, item;       /* where an item waits that refers to it or to
				  its request; NTR_NONE */
	u32 cpu;               /* the same of a DPC; NTR_NONE */
	const char *link;      /* how the item or DPC does; static */
	const char *ender;     /* these in words; NULL: none is known */
};

/* A request that somebody waits for. */
struct ntr_wirp {
	u64 va, device;
	u32 thread, lock;
	const char *link;      /* how it belongs to the object: "its UserEvent" */
	u8 major, minor;
	const char *driver;    /* that has it: "\\Driver\\disk"; NULL */
	const char *text;      /* "IRP 0x… (IRP_MJ_READ), which … holds" */
};

/* A processor: what it was doing when the machine stopped. */
enum ntr_cpu_work {
	NTR_CW_UNKNOWN, NTR_CW_IDLE, NTR_CW_SPINS, NTR_CW_RUNS,
};
struct ntr_wcpu {
	u32 cpu;               /* in the target's */
	enum ntr_cpu_work work;
	u32 thread;            /* that runs; NTR_NONE */
	const char *routine;   /* "KeAcquireSpinLockRaiseToDpc" */
	u64 lock;              /* 0 unknown */
	const char *lock_from; /* "in rcx" */
	const char *no_lock;   /* why it is not known; NULL */
	u32 nframes;           /* from where the lock is wanted outwards, or
				  from what was interrupted */
	u64 ip[NTR_SPIN_FRAMES];
	u32 ndpcs;             /* queued on it */
	u64 dpc;               /* the first of them: its routine */
	const char *text;
};


struct ntr_wthread {
	struct ntr_kthread k;
	u32 group;     /* of identical stacks; NTR_NONE: not walked */
	u32 edge, nedges; /* what it waits for, in edges */
	bool idle;     /* a worker that waits for work */
	bool certain;  /* nothing else can end its wait */
	bool cycle;    /* in a cycle, or behind one */
};

struct ntr_wedge {
	u32 thread, lock;
	bool shared;
};

struct ntr_wgroup {
	u64 hash;
	u32 n, first;  /* threads, and the first of them */
	u32 nframes;
	u64 longest;   /* wait, 100 ns */
	u64 ip[NTR_WAIT_FRAMES];
};

struct ntr_wcycle {
	u32 *thread, *lock; /* thread[i] waits for lock[i], which thread[i+1]
			       (the last: thread[0]) owns */
	u32 n;
	u32 behind;    /* more threads that wait for one of these */
	const char *text;
};

/* A thread that others wait for and that waits for nobody known. */
struct ntr_wroot {
	u32 thread;
	u32 direct, all; /* threads behind it */
	u64 longest;     /* wait of these, 100 ns */
	const char *text;
};

enum ntr_queue_verdict {
	NTR_QV_IDLE,      /* nothing is pending */
	NTR_QV_WORKING,   /* busy, and moving */
	NTR_QV_EXHAUSTED,
	NTR_QV_UNKNOWN,   /* text says why */
};

struct ntr_wqueue {
	u32 queue;       /* in queues */
	enum ntr_queue_verdict verdict;
	u32 blocked, idle, running, unreadable;
	u64 shortest;    /* wait of the blocked ones, 100 ns; 0 unknown */
	u32 group;       /* the stack that most of them have; NTR_NONE */
	u32 in_group;
	u32 stacks;      /* different ones of the blocked workers */
	u32 objects;     /* that they wait for, each counted once */
	const char *routine; /* where most of them wait: "tcpip6!LanBind";
				NULL unknown */
	u32 in_routine;
	u32 awaiting;    /* blocked workers that wait, perhaps through others,
			    for what an item pending here refers to */
	u32 awaited;     /* the first such item */
	bool stands;     /* the count of items done did not move */
	const char *text;
};

/*
 * Two locks that processors spin for, whose structures point to one another:
 * [0] is in the structure around cpu[0]'s lock and points into the other.
 */
struct ntr_wlink {
	bool found;
	u32 cpu[2];       /* in cpus */
	u64 at[2], to[2]; /* the pointers: where, and what */
	bool sized;       /* pool says how long the structures are; else what
			     is within NTR_LINK_NEAR of the locks */
};
#define NTR_LINK_NEAR 0x100u

struct ntr_inversion; /* lock_order.h */

struct ntr_waits {
	struct ntr_target *t;
	struct ntr_process_list processes;
	struct { NTR_VEC(struct ntr_wthread); } threads;
	struct { NTR_VEC(struct ntr_wlock); } locks;
	struct { NTR_VEC(struct ntr_wedge); } edges;
	struct { NTR_VEC(struct ntr_wgroup); } groups;
	struct { NTR_VEC(struct ntr_wcycle); } cycles;
	struct { NTR_VEC(struct ntr_wroot); } roots; /* most waiters first */
	struct ntr_work_queues queues;
	struct { NTR_VEC(struct ntr_wqueue); } queue_verdicts;
	struct { NTR_VEC(struct ntr_wirp); } irps;
	struct { NTR_VEC(struct ntr_wcpu); } cpus;
	struct { NTR_VEC(struct ntr_inversion); } inversions;
	struct ntr_wlink spin_link;
	struct ntr_resource_list resources;
	struct { NTR_VEC(const char *); } unknown; /* cannot tell, because … */
	u32 ownerless;   /* of these: waits for objects of a kind that records
			    no owner, which every healthy machine has */
	struct ntr_arena arena;
};

/* ABSENT with text: this dump holds no list of processes. */
NTR_MUST enum ntr_st ntr_waits(struct ntr_waits **out, struct ntr_target *t,
			       struct ntr_err *e);
void ntr_waits_free(struct ntr_waits *w);

/* "CPU 1". NULL: no memory. */
const char *ntr_waits_cpu_name(const struct ntr_waits *w,
			       const struct ntr_wcpu *c, struct ntr_arena *a);
/* How many processors of the machine are not in the dump. */
u32 ntr_waits_cpus_lacking(const struct ntr_waits *w);
/* Index of the thread at va, or NTR_NONE. */
u32 ntr_waits_thread(const struct ntr_waits *w, u64 va);

/* --- between its files ------------------------------------------------------- */

/* A table of addresses: open addressing, a power of two of slots. */
struct ntr_va_map {
	u64 *key;
	u32 *value;
	size_t mask;
};
NTR_MUST bool ntr_va_map_init(struct ntr_va_map *m, struct ntr_arena *a,
			      size_t n);
void ntr_va_map_put(struct ntr_va_map *m, u64 key, u32 value);
u32 ntr_va_map_get(const struct ntr_va_map *m, u64 key);

struct ntr_waits_job {
	struct ntr_waits *w;
	struct ntr_va_map threads, objects, locks;
	bool lost;
};
void ntr_waits_say(struct ntr_waits_job *j, const char *fmt, ...)
	NTR_PRINTF(2, 3);
/* "thread 0x104 (inetinfo.exe)" */
const char *ntr_waits_who(struct ntr_waits_job *j, u32 thread);
void ntr_waits_locks(struct ntr_waits_job *j);   /* waits_lock.c */
void ntr_waits_spin(struct ntr_waits_job *j);    /* waits_spin.c */
void ntr_waits_irps(struct ntr_waits_job *j);    /* waits_irp.c */
void ntr_waits_cpus(struct ntr_waits_job *j);    /* waits_cpu.c */
void ntr_waits_servers(struct ntr_waits_job *j); /* waits_server.c */
void ntr_waits_link(struct ntr_waits_job *j);    /* waits_link.c */
/* The block of pool that va lies in, without its header, as far as it is in one
 * page: false where no headers say so. */
bool ntr_waits_block(const struct ntr_target *t, u64 va, u64 *from, u64 *end);
void ntr_waits_order(struct ntr_waits_job *j);   /* lock_order.c */
void ntr_waits_graph(struct ntr_waits_job *j);   /* waits_graph.c */
/* exhaustion.c: the queues are read, then judged */
void ntr_waits_queues(struct ntr_waits_job *j);
void ntr_waits_judge(struct ntr_waits_job *j);

#endif
