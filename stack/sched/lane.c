// SPDX-License-Identifier: Apache-2.0
/*
 * Live: each CPU has a host thread, its lane, with its own descriptors, timers
 * and host stack, so that CPUs run at the same time.  The first lane's thread is
 * whoever calls sched_run(); the others run while it is inside and are parked
 * at their hosts when it returns, so that what is outside of the machine needs
 * no locks.
 *
 * A lane whose CPU has nothing to do sleeps until a descriptor, its first timer
 * or lane_wake().  It looks outside, too, every SCHED_LOOK points, and when it is
 * kicked: when a run ends, a machine stops, a CPU spins.
 *
 * Where there is one lane only, ke_lane is NULL and nothing is locked.
 */
#include "inside.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define ASK_EVERY UINT64_C(1000000)  /* ns */

/* --- the lock --------------------------------------------------------------------------- */

/* Not as latches are, which a fault lets go of: `depth` says who has it, and is
 * right whenever a stack may overflow. */
static inline __attribute__((always_inline)) void get(struct lane *l)
{
	u32 *taken = &l->s->dispatcher.taken;

	if (l->depth)
		return;
	if (__atomic_exchange_n(taken, 1, __ATOMIC_ACQUIRE))
		latch_spin(&l->s->dispatcher);
	RACE_GOT(taken);
}

static inline __attribute__((always_inline)) void put(struct lane *l)
{
	u32 *taken = &l->s->dispatcher.taken;

	RACE_PUT(taken);
	__atomic_store_n(taken, 0, __ATOMIC_RELEASE);
}

void dispatch_lock_slow(struct lane *l)
{
	get(l);
	l->depth++;
}

/* Who was woken under it wants it first thing, so it is let go before the system
 * call, which takes longer than all that is done under it. */
static void let_go(struct lane *l)
{
	l->depth = 0;
	put(l);
	while (__builtin_expect(l->nwakes, 0))
		live_wake(l->wakes[--l->nwakes]);
}

void dispatch_unlock_slow(struct lane *l)
{
	if (l->depth == 1)
		let_go(l);
	else
		l->depth--;
}

void lane_leaves_slow(struct lane *l)
{
	get(l);
	l->depth = 1;
}

void lane_arrived_slow(void)
{
	struct lane *l = ke_lane;

	if (l->depth)
		let_go(l);
}

/* --- from other lanes ------------------------------------------------------------------- */

static void awake(struct lane *l)
{
	if (!l->asleep)
		return;
	l->asleep = false;
	l->s->nasleep--;
}

void lane_wake(struct lane *l)
{
	struct lane *me = ke_lane;

	if (!l->asleep)
		return;
	awake(l);
	if (me && me->depth && me->nwakes < LANE_WAKES)
		me->wakes[me->nwakes++] = l;
	else
		live_wake(l);
}

void lane_kick(struct lane *l)
{
	KE_SET(&l->slow, 1);
	lane_wake(l);
}

void lane_woke(struct lane *l)
{
	dispatch_lock();
	awake(l);
	dispatch_unlock();
}

/* --- a CPU's side ------------------------------------------------------------------------ */

bool lane_can(struct ke_cpu *c)
{
	return c && !c->x->stop && cpu_busy(c);
}

#define TURN_LATER 61                /* points; odd: not always at DISPATCH */

/* Threads wait while this one goes on and on: it takes turns, but not here if it is
 * at DISPATCH, as at every other point of a loop with a lock in it. */
static void attention(struct ke_cpu *c)
{
	struct lane *l = c->lane;
	bool later = c->x->nready && (c->in_dpc || c->irql >= KE_DISPATCH);

	sched_attend_at(l);
	if (later)
		l->attention = l->steps + TURN_LATER;
	l->to_host |= !later || l->steps >= l->looked;
	c->quantum = UINT32_MAX - 1;
	sched_quantum(c);
}

void lane_point(struct ke_cpu *c)
{
	struct lane *l = c->lane;

	if (l->depth)
		return;
	dispatch_lock();
	if (l->slow) {
		KE_SET(&l->slow, 0);
		l->to_host = true;
	}
	if (l->steps >= l->attention)
		attention(c);
	sched_go(l, c);
}

/* --- the host's side --------------------------------------------------------------------- */

/* All the others sleep, and nothing will ever wake anybody. */
static bool is_over(const struct sched *s)
{
	return s->limit == UINT64_MAX && !s->foreground && !s->nwatches &&
	       s->nasleep + 1 == s->nlanes;
}

/* Polls while it is not long that there was something to do. */
static bool is_busy(struct lane *l, u64 now)
{
	const u64 busy = l->s->config.busy_ns;

	if (!busy)
		return false;
	if (!l->idle_since)
		l->idle_since = now;
	return now - l->idle_since < busy;
}

/* The first lane is to see that the run is over, and to ask `until`, which may say
 * something else now: at once, or when it has not for long.  If it does not sleep
 * it sees `ask` before it does. */
static u64 tell_first(struct sched *s, bool over, u64 now, u64 due)
{
	u64 ask = KE_PEEK(&s->asked) + ASK_EVERY;

	KE_SET(&s->ask, true);
	if (over || (s->until && now >= ask))
		lane_wake(&s->first);
	else if (s->until && s->first.asleep && ask < due)
		return ask;
	return due;
}

/* The first lane's: when it is to go on, though its CPU has nothing to do. */
static u64 first_due(const struct sched *s, u64 due)
{
	u64 ask = KE_PEEK(&s->asked) + ASK_EVERY;

	if (s->until && s->ask && ask < due)
		due = ask;
	return s->limit < due ? s->limit : due;
}

/* The CPU has nothing to do; the lock is held, and let go. false: the run is
 * over. */
static bool rest(struct lane *l)
{
	struct sched *s = l->s;
	bool first = l == &s->first, over = is_over(s);
	u64 now = clock_now(s), due = clock_due(l);

	if (l->slow) {               /* kicked: its host has something to see */
		KE_SET(&l->slow, 0);
		dispatch_unlock();
		return true;
	}
	if (due > now && first && (over || now >= s->limit)) {
		dispatch_unlock();
		return false;
	}
	if (first)
		due = first_due(s, due);
	if (due <= now || s->parking || is_busy(l, now)) {
		dispatch_unlock();
		clock_fire(l);
		return live_poll(l, 0);
	}
	if (!first)
		due = tell_first(s, over, now, due);
	l->asleep = true;
	s->nasleep++;
	dispatch_unlock();
	return live_poll(l, due == UINT64_MAX ? due : due - now);
}

/* The CPU goes on and on. false: it did in this run, whose time is over. */
static bool look_outside(struct lane *l)
{
	struct sched *s = l->s;
	u64 now;

	l->looked = l->steps + SCHED_LOOK;
	clock_fire(l);
	live_poll(l, 0);
	now = clock_now(s);
	if (l == &s->first)
		return now < s->limit || l->steps - s->began < SCHED_LOOK;
	dispatch_lock();
	(void)tell_first(s, false, now, now);
	dispatch_unlock();
	return true;
}

static bool turn(struct lane *l)
{
	if (l->cpu && l->cpu->spinning)
		sched_yield();
	if (l->steps >= l->looked && !look_outside(l))
		return false;
	dispatch_lock();
	if (!lane_can(l->cpu))
		return rest(l);
	l->idle_since = 0;
	sched_step(l, l->cpu);
	return true;
}

static enum ex_stop first_lane(struct sched *s, bool (*until)(void *ctx),
			       void *ctx)
{
	enum ex_stop why;

	do {
		why = sched_stop_seen(s);
		if (why)
			return why;
		KE_SET(&s->asked, KE_PEEK(&s->seen));
		(void)__atomic_exchange_n(&s->ask, false, __ATOMIC_ACQ_REL);
		if (until && until(ctx))
			return EX_RUNNING;
	} while (turn(&s->first));
	return EX_IDLE;
}

/* --- the threads ------------------------------------------------------------------------- */

/* Until it may run, or is to end. */
static bool may_run(struct lane *l)
{
	struct sched *s = l->s;

	pthread_mutex_lock(&s->gate);
	l->parked = true;
	pthread_cond_broadcast(&s->gate_moves);
	while (!s->running && !l->quit)
		pthread_cond_wait(&s->gate_moves, &s->gate);
	l->parked = false;
	pthread_mutex_unlock(&s->gate);
	return !l->quit;
}

static void *lane_main(void *arg)
{
	struct lane *l = arg;

	ke_lane = l;
	co_orders = true;
	l->running = &l->host;
	(void)fault_catch();         /* without memory for it, faults end all */
	while (may_run(l))
		while (!KE_GET(&l->s->parking))
			(void)turn(l);
	fault_end();
	return NULL;
}

/* Signals are for the thread that runs the first lane. */
static bool start(struct lane *l)
{
	sigset_t all, old;
	char name[16];

	if (l->started)
		return true;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	l->parked = true;
	l->started = !pthread_create(&l->thread, NULL, lane_main, l);
	if (l->started) {
		snprintf(name, sizeof(name), "%.7s cpu %u", l->cpu->x->name,
			 l->cpu->number);
		pthread_setname_np(l->thread, name);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return l->started;
}

/* Between two runs no time passes for who spins. */
static void open_gate(struct sched *s)
{
	u64 now = clock_now(s);

	for (u32 i = 0; i < s->nlanes; i++)
		if (s->lane[i]->cpu)
			s->lane[i]->cpu->spin_since = now;
	pthread_mutex_lock(&s->gate);
	s->parking = false;
	s->running = true;
	pthread_cond_broadcast(&s->gate_moves);
	pthread_mutex_unlock(&s->gate);
}

static void park(struct sched *s)
{
	pthread_mutex_lock(&s->gate);
	s->running = false;
	pthread_mutex_unlock(&s->gate);
	dispatch_lock();
	KE_SET(&s->parking, true);
	for (u32 i = 1; i < s->nlanes; i++)
		lane_kick(s->lane[i]);
	dispatch_unlock();
	pthread_mutex_lock(&s->gate);
	for (u32 i = 1; i < s->nlanes; i++)
		while (!s->lane[i]->parked)
			pthread_cond_wait(&s->gate_moves, &s->gate);
	pthread_mutex_unlock(&s->gate);
}

/* What a machine would have done that has stopped, and was told of, does not keep
 * the run from its end. */
static void bury(struct lane *l)
{
	if (!l->cpu || !l->cpu->x->stop_told)
		return;
	clock_forget(l, l->cpu->x);
	live_bury(l);
}

enum ex_stop lanes_run(struct sched *s, bool (*until)(void *ctx), void *ctx)
{
	bool many = s->nlanes > 1;
	enum ex_stop why;

	for (u32 i = 1; i < s->nlanes; i++)
		if (!start(s->lane[i]))
			return EX_STOPPED;
	for (u32 i = 0; i < s->nlanes; i++)
		bury(s->lane[i]);
	s->until = until;
	s->began = s->first.steps;
	ke_lane = many ? &s->first : NULL;
	if (many)
		open_gate(s);
	why = first_lane(s, until, ctx);
	if (many)
		park(s);
	ke_lane = NULL;
	return why == EX_IDLE ? sched_idle(s) : why;
}

/* --- CPUs that come and go --------------------------------------------------------------- */

static struct lane *lane_new(struct sched *s)
{
	struct lane *l = s->nlanes < SCHED_CPUS ? calloc(1, sizeof(*l)) : NULL;

	if (!l)
		return NULL;
	l->s = s;
	sched_attend_at(l);
	if (!live_start(l)) {
		live_end(l);
		free(l);
		return NULL;
	}
	s->lane[s->nlanes++] = l;
	return l;
}

bool lanes_add(struct sched *s, struct ex *x)
{
	for (u32 i = 0; i < x->ncpus; i++) {
		struct lane *l = s->first.cpu ? lane_new(s) : &s->first;

		if (!l)
			return false;
		l->cpu = x->cpu[i];
		x->cpu[i]->lane = l;
	}
	return true;
}

static void lane_free(struct lane *l)
{
	struct sched *s = l->s;

	if (l->started) {
		pthread_mutex_lock(&s->gate);
		l->quit = true;
		pthread_cond_broadcast(&s->gate_moves);
		pthread_mutex_unlock(&s->gate);
		pthread_join(l->thread, NULL);
	}
	live_end(l);
	free(l->heap);
	free(l);
}

void lanes_remove(struct sched *s, struct ex *x)
{
	u32 n = 1;

	if (s->first.cpu && s->first.cpu->x == x) {
		live_forget(&s->first, x);
		s->first.cpu = NULL;
	}
	for (u32 i = 1; i < s->nlanes; i++) {
		struct lane *l = s->lane[i];

		if (l->cpu->x == x)
			lane_free(l);
		else
			s->lane[n++] = l;
	}
	s->nlanes = n;
}

void lanes_end(struct sched *s)
{
	live_end(&s->first);
	free(s->first.heap);
	pthread_cond_destroy(&s->gate_moves);
	pthread_mutex_destroy(&s->gate);
}
