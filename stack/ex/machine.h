// SPDX-License-Identifier: Apache-2.0
/*
 * The inside of a machine, for the executive, the scheduler, the tracer and
 * whoever writes dumps.  Drivers need ex.h only.
 *
 * Invariants
 *  - A CPU is in one of: idle (no thread, no standby, no DPC), spinning (for
 *    `spinning`), in a DPC, or with a thread.  It is in the scheduler's set of
 *    CPUs that can go on unless idle, spinning or its machine has stopped.
 *  - cpu_enter() is the only place where a CPU's context is picked: DPCs before
 *    threads, and neither at DISPATCH or above.
 *  - In simulation code of the machine is interrupted at points only, so the
 *    structures here need no locks.  Live, with several CPUs, they are under
 *    dispatch_lock() (sched/inside.h) unless they say otherwise; what a CPU alone
 *    looks at (irql, held, counts, ring) is its own.
 */
#ifndef EX_MACHINE_H
#define EX_MACHINE_H

#include "../trace/event.h"
#include "co.h"
#include "ex.h"

#include <ucontext.h>

#define EX_CPUS 32
#define KE_PRIORITIES 32
#define EX_STOP_TEXT 1024

struct ke_cpu {
	u32 number;                  /* in its machine; ke_cpu_number() knows
					that it comes first */
	u32 id;                      /* in the scheduler */
	struct lane *lane;           /* the host thread it runs on */
	struct sched *s;
	struct ex *x;
	enum ke_irql irql;
	bool pending;                /* a DPC or a standby thread */
	bool in_dpc;
	u8 tracing;                  /* TRACING_* */
	enum ke_irql irql_below;     /* of what a DPC interrupted */
	struct ke_thread *thread;    /* that runs, or lies below a DPC */
	struct ke_thread *standby;   /* takes its place below DISPATCH */
	struct ke_dpc *dpc_head, *dpc_tail, *dpc;
	struct ke_lock *held;        /* the last one taken; then below */
	struct ke_lock *spinning;
	const void *spin_site;
	u64 spin_since;              /* live */
	u32 ticket;                  /* of a queued lock */
	u32 quantum;
	struct co dpc_co;
	struct trace_ring *ring;     /* NULL: no flight recorder */
	u64 counts[TRACE_EVENTS];
};

enum ke_state { KE_READY, KE_STANDBY, KE_RUNNING, KE_WAITING, KE_ENDED };

struct ke_wait_block {
	struct ke_thread *thread;
	struct ke_header *object;
	struct ke_wait_block *next, *prev; /* circular at the object */
	unsigned key;
};
#define KE_OWN_BLOCKS 3              /* as in NT's threads */

struct ke_thread {
	struct ke_header h;          /* KE_THREAD; signalled when it ended */
	struct ex *x;
	u32 id, refs;
	unsigned priority;
	enum ke_state state;
	enum ke_irql irql;           /* while it does not run */
	s32 cpu;                     /* last one; -1 */
	ke_thread_fn *fn;
	void *context;
	struct co co;
	struct ke_thread *next;      /* of its ready queue */
	struct ke_thread *all_next, *all_prev;
	/* while it waits */
	struct ke_wait_block own[KE_OWN_BLOCKS], *block;
	unsigned nblocks, which;
	bool wait_all, forever;
	enum ex_status wait_status;
	struct ke_timer timer;       /* the limit of a wait */
	struct ex_resource *resource; /* that it waits for */
	struct ke_mutex *mutex;      /* taken last */
	u32 mutexes;
	bool is_call;                /* the host looks when it has ended */
};

struct ke_ready {
	struct ke_thread *head, *tail;
};

/* The machine's memory: three runs of one reservation. */
struct ex_area {
	u8 *base, *next, *ready, *end; /* ready: accessible up to here */
};
struct ex_pages {
	u8 *base;
	size_t size;
	struct ke_latch latch;       /* of all below */
	struct ex_area heap, stacks, special;
	struct ex_free_run *runs[64];
	u8 *free_stacks;
	u8 *special_state;           /* a byte a page of `special` */
};

/* Where a driver was that is not any more. */
struct ex_unloaded {
	const u8 *base;
	size_t size;
	char name[24];
};
#define EX_UNLOADED 16               /* the last ones */

struct ex_slot {
	struct ex_slot *next;
	size_t size;
	void *memory;
	char name[40];
};

/* Locks of a name that a CPU had to wait for. */
struct ex_contention {
	char name[24];               /* a driver's own goes with it */
	u64 times, spins;
	const void *waited, *held;   /* the last time: sites of both */
};
#define EX_CONTENTIONS 64

struct ex_pool_side;             /* a pool, see pool.h */
struct ex_worker;

struct ex_work_queue {
	struct ex_work *head, *tail;
	struct ke_semaphore items;
	struct ex_worker *workers;
	unsigned depth, count, dynamic, idle;
	u64 processed;
	/* of the detector's last pass */
	u64 last_processed;
	unsigned last_depth;
};

struct ex {
	struct ex_config config;
	char name[32];
	struct sched *s;
	u32 index;                   /* among the scheduler's machines */
	u32 ncpus;
	size_t stack_size;
	enum ex_stop stop;
	char stop_text[EX_STOP_TEXT];
	struct ke_stop bugcheck;
	ucontext_t fault;            /* behind bugcheck.context */
	struct ke_cpu *cpu[EX_CPUS];
	u32 idle;                    /* a bit a CPU */
	u32 ready_bits;              /* a bit a priority */
	u32 nready;                  /* threads in `ready` */
	struct ke_ready ready[KE_PRIORITIES];
	struct ke_thread *threads;
	u32 nthreads, next_thread;
	u64 random;
	struct ex_pages pages;
	struct ex_pool_side *pool[EX_POOLS];
	u64 allocations;
	struct ex_slot *slots;
	struct ex_work_queue queue[EX_QUEUES];
	struct ke_timer detector;
	struct ke_dpc detector_dpc;
	bool detector_set;
	struct ke_lock cancel;
	struct ke_latch contended;   /* of contention */
	struct ex_contention contention[EX_CONTENTIONS];
	struct io_driver *drivers;
	struct io_builtin *builtins;
	struct ex_unloaded unloaded[EX_UNLOADED];
	u32 nunloaded;               /* all that ever were */
	char driver_path[512];
	void (*log)(void *ctx, const char *line);
	void *log_ctx;
	struct ke_latch sinking;
	void (*sink)(void *ctx, struct ex *x, const struct trace_record *r);
	void *sink_ctx;
};

/* --- pages.c ---------------------------------------------------------------------- */

/* A machine of that number, zeroed, at the start of its memory; NULL. */
struct ex *pages_new(u32 number, bool special);
void pages_free(struct ex *x);
/* n is rounded up to pages; zeroed the first time only. NULL: none left. */
void *pages_get(struct ex *x, size_t n);
void pages_put(struct ex *x, void *p, size_t n);
u8 *pages_stack(struct ex *x);       /* of x->stack_size, guard below */
void pages_stack_put(struct ex *x, u8 *low);
#define EX_PAGE 4096u
#define EX_GUARD (16 * EX_PAGE)      /* below a stack: what jumps over the
					first page still faults */

/* --- cpu.c ------------------------------------------------------------------------- */

bool cpu_new(struct ex *x, u32 number);
/* What the CPU goes on with; it can go on. */
struct co *cpu_enter(struct ke_cpu *c);
/* After the CPU lost its thread or its last DPC: true if it can go on. */
bool cpu_busy(struct ke_cpu *c);
bool dpc_put(struct ke_cpu *c, struct ke_dpc *d, void *arg1, void *arg2);
struct ke_cpu *dpc_target(struct ex *x, const struct ke_dpc *d, s32 setter);

/* --- thread.c ----------------------------------------------------------------------- */

void thread_ready(struct ke_thread *t);
/* The running one, PASSIVE or APC, to its ready queue: first or last. */
void thread_requeue(struct ke_thread *t, bool first);
struct ke_thread *thread_pop(struct ex *x);

/* --- wait.c ------------------------------------------------------------------------- */

/* The running thread waits for ever; no look at the object, no point. */
void wait_block(struct ke_header *h);
void wait_timed_out(struct ke_thread *t);
/* The object is signalled: whoever can go on does. */
void wait_signal(struct ke_header *h);
void wait_irql(const void *object, const void *site);

/* --- timer.c ------------------------------------------------------------------------ */

void timer_fire(struct ke_timer *t); /* it is off the heap */

/* --- pool.c, special.c ------------------------------------------------------------------ */

/* A block at the end of its pages; NULL: none left. */
void *special_get(struct ex *x, size_t n);
/* The pages of a block become inaccessible. */
void special_put(struct ex *x, void *p, size_t n);
/* at lies in special pool: in a block that was freed, not behind a live one. */
bool pages_special_freed(const struct ex *x, const u8 *at);

/* --- work.c, pool.c ------------------------------------------------------------------ */

bool work_start(struct ex *x);
bool pool_start(struct ex *x, enum ex_pool p);

/* --- bugcheck.c, fault.c ---------------------------------------------------------------- */

/* Records it, stops the machine; the caller leaves its stack for good. */
void bugcheck_record(struct ex *x, struct ke_cpu *c, u32 code,
		     const u64 arg[4], const ucontext_t *fault);
/* Of x, whoever calls; returns outside of machines only. */
void bugcheck_of(struct ex *x, u32 code, u64 p1, u64 p2, u64 p3, u64 p4);
void machine_stop(struct ex *x, enum ex_stop why);
/* Faults of this host thread become bug checks. */
bool fault_catch(void);
void fault_end(void);

/* --- machine.c ------------------------------------------------------------------------- */

/* ex_call(): UNSUCCESSFUL when it was given up, and ctx may still be used; else it
 * has not begun. */
enum ex_status machine_call(struct ex *x, void (*fn)(void *ctx), void *ctx);

/* --- driver.c -------------------------------------------------------------------------- */

void drivers_free(struct ex *x);
/* NULL: no driver was there that is gone. */
const struct ex_unloaded *driver_unloaded(const struct ex *x, u64 at);

enum { TRACING_RING = 1, TRACING_SINK = 2 };

#endif
