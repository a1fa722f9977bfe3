// SPDX-License-Identifier: Apache-2.0
/*
 * The scheduler: which virtual CPU of which machine goes on, and what time it
 * is.
 *
 * Simulation: virtual time, and a decision at every point (ke_point()) where
 * more than one CPU could go on.  The decisions come from a seed (random, PCT),
 * from rules about points (directed), or from the string that an earlier run
 * left, which gives the same run again.  Time moves only when nothing can go
 * on: to the next timer.  When nothing can go on and there is no timer, the
 * run is idle; when CPUs spin for locks in a circle, or all threads that could
 * end a wait are in it, it is a deadlock, with the circle in words; a run of more
 * than a bounded number of steps is a livelock.
 *
 * Run on: simulation for bulk work: a CPU goes on as long as it can, points cost
 * next to nothing, and there is no string (the same seed is the same run anyway).
 *
 * Live: the host's clock, and a host thread for each CPU (the first one's is the
 * caller of sched_run()) with an epoll loop that wakes it when a descriptor has
 * something (sched_watch()).  When sched_run() returns none of them is at work (each
 * was left at a point, and goes on there with the next run), so what is outside of
 * machines needs no locks, but for `until`.  A circle is a deadlock there, too; a
 * CPU that spins for one lock for 20 s is a livelock.
 */
#ifndef SCHED_H
#define SCHED_H

#include "../ex/ex.h"

enum sched_policy { SCHED_RANDOM, SCHED_PCT, SCHED_DIRECTED, SCHED_REPLAY,
		    SCHED_ROUND_ROBIN, SCHED_RUN_ON, SCHED_LIVE };

/*
 * Kinds of points, in schedule strings by their letter.  The object of LOCK is
 * the ke_lock, of WAIT, SIGNAL and TIMER the ke_header, of DPC the ke_dpc, of
 * WORK the ex_work; of UNLOCK (the lock may be gone), INDICATE and USER it is a
 * name (text); each may be NULL.
 */
#define SCHED_POINTS(X)                                                    \
	X(LOCK, 'L') X(UNLOCK, 'U') X(WAIT, 'W') X(SIGNAL, 'S')            \
	X(DPC, 'D') X(INDICATE, 'I') X(WORK, 'Q') X(TIMER, 'T')            \
	X(ALLOC, 'A') X(USER, 'P')
enum sched_point {
#define SCHED_POINT_ENUM(n, c) SCHED_##n,
	SCHED_POINTS(SCHED_POINT_ENUM)
#undef SCHED_POINT_ENUM
};

/* Directed: when a CPU is at such a point for the nth time, another goes on. */
struct sched_rule {
	enum sched_point point;
	const char *object;          /* name of the lock, event …; NULL: any */
	unsigned nth;                /* from 1; 0: every time */
	s32 cpu;                     /* that goes on; -1: any other */
};

struct sched_config {
	enum sched_policy policy;
	u64 seed;
	unsigned pct_depth;          /* changes of priority; 0: 3 */
	u64 pct_steps;               /* how long a run is thought to be; 0:
					10,000 decisions */
	const struct sched_rule *rules;
	size_t nrules;
	const char *replay;          /* a schedule string */
	u64 max_steps;               /* of a simulation; 0: none; then LIVELOCK */
	u64 max_ns;                  /* of virtual time; 0: none; then STOPPED */
	u64 busy_ns;                 /* live: how long a CPU without anything to
					do looks again and again before it
					sleeps; 0: it sleeps at once */
	bool past_deadlock;          /* CPUs and threads outside of a circle go
					on until idle, then DEADLOCK */
};

struct sched *sched_new(const struct sched_config *c);
void sched_free(struct sched *s);
bool sched_is_live(const struct sched *s);

/*
 * Until nothing is left to do (EX_IDLE), a machine stops, or `until` (may be
 * NULL) says so (EX_RUNNING).  In simulation it is asked between all steps, which
 * costs; live, every few thousand and when a CPU has nothing to do, while other
 * CPUs go on.  May be called again.
 */
enum ex_stop sched_run(struct sched *s, bool (*until)(void *ctx), void *ctx);
/* The same, at most to this time. */
enum ex_stop sched_run_to(struct sched *s, u64 ns);
u64 sched_now(struct sched *s);
void sched_set_now(struct sched *s, u64 ns); /* forward only: an outer clock */
u64 sched_next_timer(struct sched *s);       /* UINT64_MAX: none */
u64 sched_steps(const struct sched *s);
/*
 * The decisions so far: a string that SCHED_REPLAY takes.  "2a;7L1,3U0": seed
 * 0x2a; at the 7th decision, which was before a lock, CPU 1 went on, at the 3rd
 * after that CPU 0.  CPUs are counted over all machines in the order of their
 * making.  "..." at the end: more than were kept; "": the policy makes none
 * (SCHED_RUN_ON, SCHED_LIVE).  Until the next call.
 */
const char *sched_string(struct sched *s);
bool sched_diverged(const struct sched *s);  /* replay: the run is another */
struct ex *sched_stopped(struct sched *s);   /* the machine that stopped */

/* Live: fn(ctx) as a DPC on CPU 0 of x while fd is readable (or writable).
 * false: no memory, or not live. */
bool sched_watch(struct sched *s, struct ex *x, int fd, bool write,
		 void (*fn)(void *ctx), void *ctx);
void sched_unwatch(struct sched *s, int fd); /* before fd is closed */

#endif
