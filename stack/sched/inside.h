// SPDX-License-Identifier: Apache-2.0
/*
 * The inside of the scheduler, for it and the executive.
 *
 * Invariants
 *  - `ready` has a bit for every CPU that can go on; nready counts them.
 *  - A lane's `slow` is not 0 when ke_point() has to ask: more than one CPU is ready
 *    (unless the policy is coarse), a thread waits for a CPU, the policy counts
 *    points, or somebody asks between steps; and it asks at the step
 *    `attention`.
 *  - Decisions are counted where more than one CPU is ready, whatever the
 *    policy: that is what makes strings of all policies replayable.
 */
#ifndef SCHED_INSIDE_H
#define SCHED_INSIDE_H

#include "../ex/machine.h"
#include "sched.h"

#include <pthread.h>

#define SCHED_CPUS 512
#define SCHED_WORDS (SCHED_CPUS / 64)
#define SCHED_KEEP (16u << 20)       /* decisions kept for the string */
#define SCHED_FAIR 1000              /* decisions for one CPU in a row, where
					the policy has no opinion */

/* A decision for another CPU: after `after` others that were for going on. */
struct sched_mark {
	u32 after : 16, point : 6, cpu : 10;
};
enum { SCHED_MARK_MORE = 63 };       /* point: `after` is not over yet */

struct sched_pct;
struct sched_live;
#define LANE_WAKES 8u

/*
 * A host thread that CPUs run on.  In simulation there is one, for all of them;
 * live each CPU has its own (lane.c), the first one's being whoever calls
 * sched_run().
 */
struct lane {
	struct sched *s;
	struct ke_cpu *cpu;          /* live: whose it is; NULL: nobody's now */
	u32 slow;
	u64 steps, attention;        /* the step that is looked into */
	struct co *running;
	struct co host;
	struct ke_cpu *chosen;       /* goes on when the host is back */
	bool to_host;                /* the next switch by way of the host */
	struct ke_thread *dead_thread; /* it ended; its stack is to be freed */
	struct co *asker;            /* of host_fn */
	void (*host_fn)(void *ctx);
	void *host_ctx;
	struct ke_timer **heap;      /* from 1 */
	size_t nheap, heap_room;
	/* live */
	struct sched_live *live;
	u64 looked;                  /* outside: up to this step */
	u64 idle_since;              /* 0: it is not */
	u32 depth;                   /* of dispatch_lock() */
	u32 nwakes;                  /* that sleep, when the lock is let go */
	struct lane *wakes[LANE_WAKES];
	bool asleep;                 /* for whoever has something for it */
	bool parked, quit, started;
	pthread_t thread;
};

struct sched {
	u32 nready, always_slow;
	bool inside;                 /* sched_run() is at work */
	bool at_point;               /* the decision is one that rules count */
	bool coarse;                 /* points are no decisions */
	bool asks;                   /* each switch by way of the host */
	bool live;
	struct sched_config config;
	struct lane first;
	struct lane *lane[SCHED_CPUS]; /* [0]: &first */
	u32 nlanes;
	/* Live, with more lanes than one: of all that the executive shares. */
	struct ke_latch dispatcher;
	bool parking;                /* the run is over: all lanes to their hosts */
	bool (*until)(void *ctx);    /* of this run; NULL: none */
	u64 asked;                   /* when it was */
	u64 began;                   /* steps of the first lane */
	bool ask;                    /* it may say something else since */
	u32 nasleep, nwatches;
	pthread_mutex_t gate;        /* of `parked`, `quit` and `running` */
	pthread_cond_t gate_moves;
	bool running;                /* the lanes' threads may */
	u64 ready[SCHED_WORDS];
	struct ke_cpu *cpu[SCHED_CPUS];
	u32 ncpus;
	struct ex **machine;
	u32 nmachines, machine_room;
	/* time */
	u64 now, limit, seen;        /* seen: what clock_now() said last */
	size_t foreground;
	u64 timer_seq;
	/* decisions */
	u64 random;
	u32 in_a_row;
	u64 decisions;
	struct sched_mark *marks;
	size_t nmarks, marks_room;
	u32 after;
	bool truncated;
	struct sched_mark *replay;
	size_t nreplay, replay_at;
	u32 replay_after;
	bool diverged;
	u64 *rule_count;
	struct sched_rule *rules;
	struct sched_pct *pct;
	char *text;
	/* the end, and calls to the host */
	struct ex *stopped;
	bool stop_seen;
	bool telling;                /* the run ends with it; others wait */
};

/*
 * What the executive of all machines shares (objects and who waits for them,
 * ready and DPC queues, timers, work queues, lists) is under one lock, as in NT
 * before 6.1: nothing where there is one lane.  It may be taken again by whoever
 * has it; points are none while it is held; a switch hands it to whom it leads
 * to, who lets it go.
 */
void dispatch_lock_slow(struct lane *l);
static inline void dispatch_lock(void)
{
	if (__builtin_expect(ke_lane != NULL, 0))
		dispatch_lock_slow(ke_lane);
}
void dispatch_unlock_slow(struct lane *l);
static inline void dispatch_unlock(void)
{
	if (__builtin_expect(ke_lane != NULL, 0))
		dispatch_unlock_slow(ke_lane);
}

/* --- CPUs (sched.c) -------------------------------------------------------------- */

bool sched_add(struct sched *s, struct ex *x);     /* all its CPUs */
void sched_remove(struct sched *s, struct ex *x);
void sched_ready(struct ke_cpu *c);
void sched_unready(struct ke_cpu *c);
void sched_slow(struct sched *s);                  /* `slow` again */
/* The CPU of the caller has something more urgent: no decision. */
void sched_interrupt(struct ke_cpu *c);
/* The caller's context gives its CPU up, or its CPU is to spin; returns when it
 * is its turn again, perhaps on another CPU. */
void sched_next(struct ke_cpu *c, u32 point, const void *object);
/* The same, for good. */
__attribute__((noreturn)) void sched_leave(struct ke_cpu *c);
/* sched_run(), but `until` is asked only when something comes back to the host
 * (s->to_host). */
enum ex_stop sched_run_call(struct sched *s, bool (*until)(void *ctx),
			    void *ctx);
void sched_halt(struct ex *x);                     /* no CPU of it goes on */
/* The host looks before c's lane goes on: a call has ended, a machine stopped. */
void sched_to_host(struct ke_cpu *c);
/* The host's side: the context that c goes on with, until one comes back. */
void sched_step(struct lane *l, struct ke_cpu *c);
enum ex_stop sched_idle(struct sched *s);
/* Why a machine stopped of which no run has told; EX_RUNNING: there is none. */
enum ex_stop sched_stop_seen(struct sched *s);
#define SCHED_LOOK 4096              /* points between two looks outside, and
					turns where points are no decisions */
void sched_attend_at(struct lane *l);
/* c goes on, or what it has more urgent; NULL: the host. */
void sched_go(struct lane *l, struct ke_cpu *c);
/* Threads of one priority take turns; under the lock. */
void sched_quantum(struct ke_cpu *c);
static inline bool sched_is_ready(const struct sched *s, u32 id)
{
	return s->ready[id / 64] >> id % 64 & 1;
}

/* --- time (clock.c) ---------------------------------------------------------------- */

/* A timer is in the heap of the lane of the CPU that set it. */
/* Live, `now` is the host's time at the start. */
void clock_start(struct sched *s);
bool clock_set(struct sched *s, struct ke_timer *t);
void clock_cancel(struct sched *s, struct ke_timer *t);
u64 clock_now(struct sched *s);
u64 clock_due(const struct lane *l);               /* UINT64_MAX: none */
/* All of a lane that are due; true if there was one. */
bool clock_fire(struct lane *l);
void clock_forget(struct lane *l, struct ex *x);

/* --- decisions (policy.c, string.c) -------------------------------------------------- */

bool policy_start(struct sched *s);
void policy_end(struct sched *s);
/* c is where the decision is made; it may not be able to go on. */
struct ke_cpu *policy_choose(struct sched *s, struct ke_cpu *c, u32 point,
			     const void *object);
void string_note(struct sched *s, u32 point, u32 cpu, bool went_on);
bool string_parse(struct sched *s, const char *text);
u64 sched_random(u64 *state);

/* --- the end (deadlock.c) -------------------------------------------------------------- */

/* A CPU begins to spin, a thread to wait: true if that closes a circle, with
 * its text in the machine's stop text. */
bool deadlock_of_cpu(struct ke_cpu *c);
bool deadlock_of_thread(struct ke_thread *t);
/* Of an idle scheduler: the machine with a circle or a CPU that spins. */
struct ex *deadlock_any(struct sched *s);
void deadlock_livelock(struct ex *x);

/* --- live (lane.c, live.c) ---------------------------------------------------------------- */

/* Each CPU of x its lane; false: no memory. */
bool lanes_add(struct sched *s, struct ex *x);
void lanes_remove(struct sched *s, struct ex *x);
void lanes_end(struct sched *s);
enum ex_stop lanes_run(struct sched *s, bool (*until)(void *ctx), void *ctx);
void lane_point(struct ke_cpu *c);
/* It has something to do: another lane's, which may sleep. Under the lock. */
void lane_wake(struct lane *l);
/* The lane itself, after a sleep. */
void lane_woke(struct lane *l);
/* To its host, wherever it is. */
void lane_kick(struct lane *l);
/* The caller switches away; it has dispatch_lock(), or takes it. */
void lane_leaves_slow(struct lane *l);
static inline void lane_leaves(struct lane *l)
{
	if (__builtin_expect(ke_lane != NULL, 0))
		lane_leaves_slow(l);
}
/* A context goes on: what it was handed it lets go. */
void lane_arrived_slow(void);
static inline void lane_arrived(void)
{
	if (__builtin_expect(ke_lane != NULL, 0))
		lane_arrived_slow();
}
bool lane_can(struct ke_cpu *c);

bool live_start(struct lane *l);
void live_end(struct lane *l);
/* Waits up to ns for a descriptor or lane_wake(); false: the host refuses. */
bool live_poll(struct lane *l, u64 ns);
void live_wake(struct lane *l);
void live_forget(struct lane *l, struct ex *x);
/* Nothing is watched for the lane's machine any more. */
void live_bury(struct lane *l);

#endif
