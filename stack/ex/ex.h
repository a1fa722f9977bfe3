// SPDX-License-Identifier: Apache-2.0
/*
 * The executive: a machine in NT's shape, of which a process may have several.
 *
 * A machine has virtual CPUs, each with an IRQL, a DPC queue and a DPC stack;
 * threads on kernel-sized stacks with a guard page below; locks that know their
 * owner; objects to wait for; executive work queues; tagged pool; timers on one
 * clock; IRPs; drivers loaded as shared objects.
 *
 * In simulation all of it runs on one host thread: a virtual CPU is a coroutine
 * that gives way at every lock, wait, DPC and indication (ke_point()); which one
 * goes on is the scheduler's decision (sched/sched.h), from a seed or a recorded
 * string.  So the same seed gives the same run, bit for bit.  Live each CPU has a
 * host thread, and all run at the same time: what drivers share is under a ke_lock
 * or done by latch.h; what is here guards itself.
 *
 * Invariants
 *  - No globals: everything hangs off struct ex.  ke_cpu() is the CPU that the
 *    caller runs on (NULL outside of a machine), set by the scheduler at each
 *    switch.  Host code outside (one host thread, while sched_run() is not
 *    inside) may create machines, threads and drivers, set events, use pool and
 *    interrupt (ex_interrupt()); for the rest it has ex_call().
 *  - IRQL: PASSIVE for threads; a spin lock raises to DISPATCH; a DPC runs at
 *    DISPATCH.  Waiting, paged pool and work items want PASSIVE: anything else
 *    is bug check 0xA (IRQL_NOT_LESS_OR_EQUAL), as on NT.
 *  - A stack that overflows is a real fault on its guard page, taken on an
 *    alternate stack, and bug check 0x7F (8, 0, 0, 0).
 *  - A bug check, a deadlock and a livelock stop the machine, not the process:
 *    sched_run() returns, and the state is there to be dumped.
 *  - Time and randomness come from ex_now() and ex_random() alone.
 *  - A machine's memory (pool, stacks, its own structures) lies at addresses
 *    that depend on its place among the machines alone, so the pointers in a
 *    trace are the same in every run.
 *  - Stacks are small: what needs a big one (loading, formatting, system calls
 *    with buffers) is done on the host's by ex_on_host().
 *  - Locks are taken in this order: what threads wait for; drivers' spin locks;
 *    the machine's cancel lock; the executive's own; latches.
 *
 * To add an object to wait for: a row in wait.c; an event that traces and
 * counters know: a line in trace/event_list.h.
 */
#ifndef EX_H
#define EX_H

#include "latch.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

struct ex;        /* a machine */
struct ke_cpu;
struct ke_thread;

/* Statuses that cross a driver's border; the names are NT's. */
#define EX_STATUSES(X)                                                     \
	X(SUCCESS, 0x00000000) X(PENDING, 0x00000103)                      \
	X(MORE_PROCESSING_REQUIRED, 0xc0000016) X(TIMEOUT, 0x00000102)     \
	X(UNSUCCESSFUL, 0xc0000001) X(INVALID_PARAMETER, 0xc000000d)       \
	X(INVALID_DEVICE_REQUEST, 0xc0000010)                              \
	X(INSUFFICIENT_RESOURCES, 0xc000009a) X(CANCELLED, 0xc0000120)     \
	X(BUFFER_TOO_SMALL, 0xc0000023) X(BUFFER_OVERFLOW, 0x80000005)     \
	X(DATA_NOT_ACCEPTED, 0xc000021b) X(ADDRESS_ALREADY_EXISTS,         \
	0xc000020a) X(CONNECTION_REFUSED, 0xc0000236)                      \
	X(CONNECTION_RESET, 0xc000020d) X(CONNECTION_ABORTED, 0xc0000241)  \
	X(CONNECTION_DISCONNECTED, 0xc000020c) X(IO_TIMEOUT, 0xc00000b5)   \
	X(NETWORK_UNREACHABLE, 0xc000023c) X(HOST_UNREACHABLE, 0xc000023d) \
	X(PORT_UNREACHABLE, 0xc000023f) X(INVALID_CONNECTION, 0xc0000140)  \
	X(LOCAL_DISCONNECT, 0xc000013b) X(REMOTE_DISCONNECT, 0xc000013c)   \
	X(TOO_MANY_ADDRESSES, 0xc0000209) X(NOT_FOUND, 0xc0000225)         \
	X(DEVICE_NOT_READY, 0xc00000a3) X(NOT_SUPPORTED, 0xc00000bb)       \
	X(DEVICE_BUSY, 0x80000011) X(END_OF_FILE, 0xc0000011)              \
	X(INVALID_ADDRESS_COMPONENT, 0xc0000207) X(ACCESS_DENIED,          \
	0xc0000022)                                                        \
	X(OBJECT_NAME_NOT_FOUND, 0xc0000034)                               \
	X(IMAGE_ALREADY_LOADED, 0xc000010e) X(REVISION_MISMATCH, 0xc0000059)
enum ex_status {
#define EX_STATUS_ENUM(n, v) EX_##n = (int)(v),
	EX_STATUSES(EX_STATUS_ENUM)
#undef EX_STATUS_ENUM
};
const char *ex_status_name(enum ex_status s); /* "STATUS_PENDING" */
static inline bool ex_failed(enum ex_status s)
{
	return (s32)s < 0;
}

/* --- a machine ------------------------------------------------------------------ */

enum ex_profile { EX_X86, EX_X64 }; /* stacks of 12 KiB, 24 KiB */

struct ex_config {
	const char *name;            /* "a"; in traces and messages */
	unsigned cpus;               /* 1..32 */
	enum ex_profile profile;
	unsigned stack_kib;          /* 0: as the profile says */
	u64 nonpaged_limit, paged_limit; /* bytes; 0: 256 MiB */
	unsigned critical_static, delayed_static; /* 0: 5, 7 */
	unsigned dynamic_max;        /* of each queue; 0: 16 */
	bool special_pool;           /* every block at the end of a page with
					an inaccessible one behind it */
	bool flight_recorder;        /* keep the last events of each CPU */
	u64 alloc_fail_at;           /* the n-th allocation fails; 0: none */
};

struct sched;
enum ex_stop { EX_RUNNING, EX_IDLE, EX_BUGCHECK, EX_DEADLOCK, EX_LIVELOCK,
	       EX_STOPPED };

/* NULL: out of memory. Machines that face each other share a scheduler. */
struct ex *ex_new(const struct ex_config *c, struct sched *s);
void ex_free(struct ex *x);
const char *ex_name(const struct ex *x);
struct sched *ex_sched(struct ex *x);
enum ex_stop ex_stopped(const struct ex *x);
/* Text of it: the bug check, the circle of a deadlock. */
const char *ex_stop_text(const struct ex *x);

/* From outside: fn in a thread of x until it has ended. false: it did not: no
 * memory, the machine stopped, or nothing goes on any more; what ctx points to
 * stays as long as x then, since a later run may go on with it. Inside of x: a
 * plain call. */
bool ex_call(struct ex *x, void (*fn)(void *ctx), void *ctx);
/* On the host's stack, which is large; fn must not call the machine. Live each
 * CPU has one, so others may be in fn, too. */
void ex_on_host(void (*fn)(void *ctx), void *ctx);

u64 ex_now(struct ex *x);            /* ns; virtual in simulation */
u64 ex_tick(struct ex *x);           /* the same; live, as it was when somebody
					looked last: a batch ago at most */
u64 ex_random(struct ex *x);         /* 64 bits from the machine's seed */
void *ex_slot(struct ex *x, const char *name, size_t size); /* zeroed memory of
	a name (39 characters) that lives as long as the machine: a driver's one
	global. NULL: no memory, or another size than before */

/* --- processors ------------------------------------------------------------------ */

enum ke_irql { KE_PASSIVE = 0, KE_APC = 1, KE_DISPATCH = 2, KE_HIGH = 31 };

/* The one thing that is the host thread's: set at each switch. */
extern _Thread_local struct ke_cpu *ke_current
	__attribute__((tls_model("initial-exec")));
static inline struct ke_cpu *ke_cpu(void)
{
	return ke_current;
}
struct ex *ke_machine(void);         /* of the caller; NULL outside */
/* Outside: 0. */
static inline unsigned ke_cpu_number(void)
{
	return ke_current ? *(const u32 *)(const void *)ke_current : 0;
}
unsigned ex_cpus(const struct ex *x);
enum ke_irql ke_irql(void);          /* outside: PASSIVE */
enum ke_irql ke_raise(enum ke_irql to);
void ke_lower(enum ke_irql to);      /* DPCs that wait run, threads too */
/* A place where the scheduler may let another CPU go on. what: enum sched_point
 * (sched/sched.h says what object is for each). */
void ke_point(u32 what, const void *object);

/* --- DPCs ------------------------------------------------------------------------- */

typedef void ke_dpc_fn(void *context, void *arg1, void *arg2);
struct ke_dpc {
	ke_dpc_fn *routine;
	void *context, *arg1, *arg2;
	struct ke_dpc *next;
	struct ke_cpu *on;           /* in whose queue it is */
	bool queued;
	s32 target;                  /* CPU; -1: the one that queues it */
};
void ke_dpc_init(struct ke_dpc *d, ke_dpc_fn *routine, void *context);
bool ke_dpc_queue(struct ke_dpc *d, void *arg1, void *arg2); /* false: it is */
bool ke_dpc_remove(struct ke_dpc *d);
bool ke_in_dpc(void);
/* Those that were queued, or taken out of a queue, before this have returned.
 * PASSIVE, in a thread of x (KeFlushQueuedDpcs). */
void ke_dpc_flush(struct ex *x);
/* To another machine, or from outside: on CPU target, or 0 of x. */
bool ex_interrupt(struct ex *x, struct ke_dpc *d, void *arg1, void *arg2);

/* --- spin locks --------------------------------------------------------------------- */

/* Owner, IRQL before, and where it was taken are kept beside the word. */
struct ke_lock {
	const char *name;
	struct ke_cpu *owner;        /* NULL: free */
	const void *site;            /* return address of the acquire */
	u64 since;                   /* when it was taken, while traced */
	u32 ticket, serving;         /* of a queued one */
	u16 waiters;                 /* CPUs */
	u8 before;                   /* enum ke_irql */
	bool queued;                 /* handed over in the order of arrival */
	struct ke_lock *below;       /* taken before it by its owner */
};
void ke_lock_init(struct ke_lock *l, const char *name);
void ke_lock_init_queued(struct ke_lock *l, const char *name);
void ke_lock_fini(struct ke_lock *l);
enum ke_irql ke_lock(struct ke_lock *l);
void ke_unlock(struct ke_lock *l, enum ke_irql before);
void ke_lock_dpc(struct ke_lock *l);     /* at DISPATCH already */
void ke_unlock_dpc(struct ke_lock *l);
bool ke_trylock(struct ke_lock *l, enum ke_irql *before);

/* --- objects to wait for -------------------------------------------------------------- */

enum ke_type { KE_NOTIFICATION_EVENT, KE_SYNCHRONIZATION_EVENT, KE_SEMAPHORE,
	       KE_MUTEX, KE_TIMER, KE_THREAD };
struct ke_header {
	enum ke_type type;
	s32 signal;
	struct ke_wait_block *waiters; /* in the order of arrival */
	const char *name;
};
struct ke_event { struct ke_header h; };
struct ke_semaphore { struct ke_header h; s32 limit; };
struct ke_mutex { struct ke_header h; struct ke_thread *owner; u32 depth; };

#define KE_FOREVER UINT64_MAX
void ke_event_init(struct ke_event *e, const char *name, bool synchronization,
		   bool set);
void ke_event_set(struct ke_event *e);
void ke_event_clear(struct ke_event *e);
bool ke_event_is_set(const struct ke_event *e);
void ke_semaphore_init(struct ke_semaphore *s, const char *name, s32 count,
		       s32 limit);
void ke_semaphore_release(struct ke_semaphore *s, s32 by);
void ke_mutex_init(struct ke_mutex *m, const char *name);
void ke_mutex_release(struct ke_mutex *m);
#define KE_WAIT_MAX 64               /* objects in one wait */
/* Below DISPATCH only, unless ns is 0. SUCCESS, or TIMEOUT. */
enum ex_status ke_wait(void *object, u64 ns);
/* For any, *which (may be NULL) is the index of the one. */
enum ex_status ke_wait_many(void *const *objects, unsigned n, bool all, u64 ns,
			    unsigned *which);

/* ERESOURCE: shared or exclusive, recursive for the owner. */
struct ex_resource {
	const char *name;
	struct ke_thread *exclusive;
	struct { struct ke_thread *thread; u32 count; } *shared;
	u32 nshared, shared_room, depth, exclusive_waiters, shared_waiters;
	u64 contention;
	struct ex *x;                /* whose pool `shared` is from */
	struct ke_semaphore shared_gate;
	struct ke_event exclusive_gate;
};
void ex_resource_init(struct ex_resource *r, const char *name);
void ex_resource_fini(struct ex_resource *r);
bool ex_resource_exclusive(struct ex_resource *r, bool wait);
bool ex_resource_shared(struct ex_resource *r, bool wait);
void ex_resource_release(struct ex_resource *r);

/* --- timers ---------------------------------------------------------------------------- */

struct ke_timer {
	struct ke_header h;
	u64 due, period;             /* ns; due 0: not set */
	struct ke_dpc *dpc;
	size_t heap;                 /* its place among the timers, from 1 */
	u64 seq;                     /* of two due at once the older is first */
	s32 cpu;                     /* that set it, and runs dpc */
	bool background;             /* alone it keeps no simulation going */
	bool of_wait;                /* it limits the wait of a thread */
	struct ex *x;
};
void ke_timer_init(struct ke_timer *t, const char *name);
void ke_timer_set(struct ke_timer *t, u64 in_ns, u64 period_ns,
		  struct ke_dpc *dpc);
bool ke_timer_cancel(struct ke_timer *t); /* true: it was set */

/* --- threads --------------------------------------------------------------------------- */

typedef void ke_thread_fn(void *context);
/* NULL: no memory. It runs when the scheduler says so; it ends by returning. */
struct ke_thread *ke_thread_create(struct ex *x, const char *name,
				   unsigned priority, ke_thread_fn *fn,
				   void *context);
struct ke_thread *ke_thread(void);   /* NULL in a DPC and outside */
const char *ke_thread_name(const struct ke_thread *t);
void ke_sleep(u64 ns);
size_t ke_stack_left(void);          /* bytes below the caller; 0 outside */
/* An object that is set when the thread has ended; released by ke_thread_put. */
void *ke_thread_object(struct ke_thread *t);
void ke_thread_put(struct ke_thread *t);

/* --- work queues ------------------------------------------------------------------------ */

enum ex_queue { EX_CRITICAL, EX_DELAYED, EX_HYPERCRITICAL, EX_QUEUES };
struct ex_work {
	ke_thread_fn *routine;
	void *context;
	struct ex_work *next;
	bool queued;
};
void ex_work_init(struct ex_work *w, ke_thread_fn *routine, void *context);
void ex_work_queue(struct ex *x, struct ex_work *w, enum ex_queue q);
/* A worker is in a routine that is() says yes to. */
bool ex_work_inside(struct ex *x, bool (*is)(void *ctx, ke_thread_fn *routine),
		    void *ctx);
struct ex_queue_state {
	unsigned depth, workers, dynamic, blocked;
	u64 processed;
};
void ex_queue_state(struct ex *x, enum ex_queue q, struct ex_queue_state *out);

/* --- pool -------------------------------------------------------------------------------- */

/* Tags are four characters, first one lowest: EX_TAG('A','f','d','B'). */
#define EX_TAG(a, b, c, d) \
	((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)
enum ex_pool { EX_NONPAGED, EX_PAGED, EX_POOLS };
/* NULL at the limit, when memory is short, or when told to fail. */
void *ex_alloc(struct ex *x, enum ex_pool pool, size_t n, u32 tag);
void *ex_alloc_zero(struct ex *x, enum ex_pool pool, size_t n, u32 tag);
/* tag 0: any. A block that is none, freed twice, of another tag or whose
 * header was written over is bug check 0xC2 or 0x19. */
void ex_free_pool(struct ex *x, void *p, u32 tag);
struct ex_pool_tag {
	u32 tag;
	u64 allocs, frees, bytes;    /* bytes: of live blocks, headers too */
};
/* Tag i of a pool, by bytes; false past the last. */
bool ex_pool_tag(struct ex *x, enum ex_pool pool, size_t i,
		 struct ex_pool_tag *out);
/* Of live blocks of one tag. */
u64 ex_pool_bytes(struct ex *x, enum ex_pool pool, u32 tag);
struct ex_pool_state {
	u64 bytes, peak, limit, allocs, frees, failed;
};
void ex_pool_state(struct ex *x, enum ex_pool pool, struct ex_pool_state *out);
/* Every header and link; false, with text, at the first that is wrong. */
bool ex_pool_check(struct ex *x, enum ex_pool pool, char *why, size_t size);

/* --- I/O ---------------------------------------------------------------------------------- */

enum io_major { IO_CREATE, IO_CLOSE, IO_READ, IO_WRITE, IO_DEVICE_CONTROL,
		IO_INTERNAL_DEVICE_CONTROL, IO_CLEANUP, IO_MAJORS };

struct io_device;
struct io_file {                     /* a FILE_OBJECT */
	struct io_device *device;
	void *context, *context2;    /* FsContext, FsContext2 */
	const char *name;
	u32 refs;
};

struct irp;
typedef enum ex_status io_complete_fn(struct io_device *d, struct irp *irp,
				      void *context);
struct io_stack {
	u8 major;                    /* enum io_major */
	u8 minor;
	bool pending;                /* IoMarkIrpPending */
	u32 code;                    /* of a control */
	struct io_device *device;
	struct io_file *file;
	void *buffer;                /* Type3InputBuffer, or parameters */
	size_t length;
	io_complete_fn *complete;
	void *context;
};

#define IO_STACKS 8u                 /* of an IRP of io_irp_alloc() */
typedef void io_cancel_fn(struct io_device *d, struct irp *irp);
struct irp {
	s32 current;                 /* NT counts downwards; here the index of
					the location in use, -1 none yet */
	enum ex_status status;
	size_t information;
	struct ke_event *event;      /* set at the end; NULL none */
	struct ke_thread *thread;
	io_cancel_fn *cancel;
	bool cancelled, completed;
	u8 stacks;                   /* locations it has */
	void (*done)(void *context, struct irp *irp); /* after the last
					location; frees or reuses it */
	void *done_context;
	struct irp *next;            /* of whatever queue it is in */
	void *driver[4];             /* Tail.Overlay.DriverContext */
	struct io_stack *stack;
};
struct irp *io_irp_alloc(struct ex *x);
/* One that lies in a structure of its owner, or on a stack, with the n locations
 * at s: for what must not fail, or is there a hundred thousand times. */
void io_irp_init(struct irp *irp, struct io_stack *s, u8 n);
void io_irp_reuse(struct irp *irp);  /* as new; it is in nobody's hands */
void io_irp_free(struct ex *x, struct irp *irp);
static inline struct io_stack *io_here(struct irp *irp)
{
	return &irp->stack[irp->current];
}
struct io_stack *io_next(struct irp *irp); /* the location below, zeroed */
/* Calls the driver of d with the next location. */
enum ex_status io_call(struct io_device *d, struct irp *irp);
void io_pending(struct irp *irp);
void io_complete(struct irp *irp, enum ex_status st, size_t information);
/* The cancel routine is set and taken under the machine's cancel lock. */
bool io_set_cancel(struct irp *irp, io_cancel_fn *fn); /* false: cancelled */
bool io_take_cancel(struct irp *irp);      /* false: it is being cancelled */
bool io_cancel(struct irp *irp);           /* true: a routine was called */
/* Sends and waits (PASSIVE). */
enum ex_status io_sync(struct io_device *d, struct irp *irp);

/* --- drivers --------------------------------------------------------------------------------- */

struct io_driver;
typedef enum ex_status io_dispatch_fn(struct io_device *d, struct irp *irp);
struct io_device {
	const char *name;            /* "\\Device\\Tcp" */
	struct io_driver *driver;
	void *extension;             /* of the size asked for, zeroed */
	struct io_device *next;
};
struct io_driver {
	const char *name;            /* "tcpip" */
	struct ex *x;
	io_dispatch_fn *dispatch[IO_MAJORS];
	void (*unload)(struct io_driver *d);
	struct io_device *devices;
	void *extension;
	void *handle;                /* of the shared object */
	u32 calls;                   /* opens and closes that have not returned */
	bool unloading;              /* its devices are not found any more */
};
/* What a shared object exports: its one entry. */
#define IO_DRIVER_ABI 1
struct io_driver_info {
	u32 abi;
	const char *name, *version;  /* "tcpip", "5.2.3790" */
	enum ex_status (*entry)(struct io_driver *d, const char *options);
};
/* In a driver: IO_DRIVER(tcpip, "5.2.3790", entry) at the end of its main file
 * defines io_driver_tcpip, which io_load() looks for. */
#define IO_DRIVER(n, v, e)                                                 \
	extern const struct io_driver_info io_driver_##n;                  \
	const struct io_driver_info io_driver_##n = { IO_DRIVER_ABI, #n,   \
						      (v), (e) }

/* name: "tcpip" looks for tcpip.so along the machine's driver path, and before
 * that among those given to io_builtin(); with a "/" it is a file, whose name up
 * to the first "-" or "." names the symbol. */
void io_builtin(struct ex *x, const struct io_driver_info *i);
enum ex_status io_load(struct ex *x, const char *name, const char *options,
		       struct io_driver **out);
/* Its unload routine waits for files that are open; none is opened any more. */
enum ex_status io_unload(struct io_driver *d);
void io_driver_path(struct ex *x, const char *folder);
struct io_device *io_device_create(struct io_driver *d, const char *name,
				   size_t extension);
void io_device_delete(struct io_device *d);
struct io_device *io_device_find(struct ex *x, const char *name);
/* CREATE with ea (extended attributes) in buffer, and CLEANUP then CLOSE. */
enum ex_status io_open(struct ex *x, const char *device, const void *ea,
		       size_t ea_len, struct io_file **out);
void io_close(struct io_file *f);

/* --- the end -------------------------------------------------------------------------------- */

/* Does not return. */
__attribute__((noreturn)) void ke_bugcheck(u32 code, u64 p1, u64 p2, u64 p3,
					   u64 p4);
struct ke_stop {
	u32 code;
	u64 arg[4];
	struct ke_cpu *cpu;
	struct ke_thread *thread;    /* NULL: in a DPC */
	void *context;               /* ucontext_t of a fault; NULL none */
};
const struct ke_stop *ex_bugcheck(const struct ex *x); /* NULL: none */

/* Who gets the lines of ex_log(); NULL: nobody. By ex_on_host(). */
void ex_log_to(struct ex *x, void (*fn)(void *ctx, const char *line),
	       void *ctx);
/* A line for whoever runs the machine (the host shows it). */
__attribute__((format(printf, 2, 3))) void ex_log(struct ex *x,
						  const char *fmt, ...);

#endif
