// SPDX-License-Identifier: Apache-2.0
/*
 * The inside of the scheduler, for it and the executive.
 *
 * Invariants
 *  - `ready` has a bit for every CPU that can go on; nready counts them.
 *  - `slow` is not 0 when ke_point() has to ask: more than one CPU is ready
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

struct sched {
	u32 slow, nready, always_slow;
	u64 steps, attention;        /* the step that is looked into */
	struct co *running;
	struct co host;
	struct ke_cpu *chosen;       /* goes on when the host is back */
	bool inside;                 /* sched_run() is at work */
	bool at_point;               /* the decision is one that rules count */
	bool coarse;                 /* points are no decisions */
	bool to_host;                /* the next switch by way of the host */
	bool asks;                   /* each one */
	struct sched_config config;
	u64 ready[SCHED_WORDS];
	struct ke_cpu *cpu[SCHED_CPUS];
	u32 ncpus;
	struct ex **machine;
	u32 nmachines, machine_room;
	/* time */
	u64 now, limit, seen;        /* seen: what clock_now() said last */
	struct ke_timer **heap;      /* from 1 */
	size_t nheap, heap_room, foreground;
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
	struct ke_thread *dead_thread; /* it ended; its stack is to be freed */
	struct co *asker;            /* of host_fn */
	void (*host_fn)(void *ctx);
	void *host_ctx;
	struct sched_live *live;
	u64 live_steps;
};

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
static inline bool sched_is_ready(const struct sched *s, u32 id)
{
	return s->ready[id / 64] >> id % 64 & 1;
}

/* --- time (clock.c) ---------------------------------------------------------------- */

bool clock_set(struct sched *s, struct ke_timer *t);
void clock_cancel(struct sched *s, struct ke_timer *t);
u64 clock_now(struct sched *s);
/* All that are due; true if there was one. */
bool clock_fire(struct sched *s);
void clock_forget(struct sched *s, struct ex *x);

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

/* --- live (live.c) ----------------------------------------------------------------------- */

bool live_start(struct sched *s);
void live_end(struct sched *s);
/* Waits up to ns for a descriptor; false: the host refuses. */
bool live_poll(struct sched *s, u64 ns);
bool live_waits(const struct sched *s); /* for a descriptor */
void live_forget(struct sched *s, struct ex *x);

#endif
