// SPDX-License-Identifier: Apache-2.0
#include "inside.h"

#include <stdlib.h>
#include <string.h>

/* --- the set of CPUs that can go on -------------------------------------------------- */

void sched_slow(struct sched *s)
{
	u32 waiting = 0;

	if (s->live)
		return;
	for (u32 i = 0; i < s->nmachines; i++)
		if (!s->machine[i]->stop)
			waiting += s->machine[i]->nready;
	s->first.slow = (!s->coarse && s->nready > 1) + s->always_slow +
			s->asks + waiting;
}

void sched_ready(struct ke_cpu *c)
{
	struct sched *s = c->s;

	if (s->live) {
		lane_wake(c->lane);
		return;
	}
	if (c->x->stop || sched_is_ready(s, c->id))
		return;
	s->ready[c->id / 64] |= (u64)1 << c->id % 64;
	if (++s->nready == 2)
		s->first.slow += !s->coarse;
}

void sched_unready(struct ke_cpu *c)
{
	struct sched *s = c->s;

	if (!sched_is_ready(s, c->id))
		return;
	s->ready[c->id / 64] &= ~((u64)1 << c->id % 64);
	if (--s->nready == 1)
		s->first.slow -= !s->coarse;
	if (s->first.chosen == c)
		s->first.chosen = NULL;
}

void sched_halt(struct ex *x)
{
	for (u32 i = 0; i < x->ncpus; i++) {
		sched_unready(x->cpu[i]);
		if (x->s->live)
			lane_kick(x->cpu[i]->lane);
	}
	sched_slow(x->s);
}

void sched_to_host(struct ke_cpu *c)
{
	c->lane->to_host = true;
	if (c->s->live && c->lane != &c->s->first)
		lane_kick(&c->s->first);
}

static bool ids_free(const struct sched *s, u32 first, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (s->cpu[first + i])
			return false;
	return true;
}

bool sched_add(struct sched *s, struct ex *x)
{
	u32 id = 0;

	while (id + x->ncpus <= SCHED_CPUS && !ids_free(s, id, x->ncpus))
		id++;
	if (id + x->ncpus > SCHED_CPUS)
		return false;
	if (s->nmachines == s->machine_room) {
		u32 room = s->machine_room * 2 + 4;
		struct ex **m = realloc(s->machine, room * sizeof(*m));

		if (!m)
			return false;
		s->machine = m;
		s->machine_room = room;
	}
	s->machine[s->nmachines++] = x;
	for (u32 i = 0; i < x->ncpus; i++) {
		x->cpu[i]->id = id + i;
		s->cpu[id + i] = x->cpu[i];
		if (id + i >= s->ncpus)
			s->ncpus = id + i + 1;
	}
	return !s->live || lanes_add(s, x);
}

void sched_remove(struct sched *s, struct ex *x)
{
	u32 n = 0;

	for (u32 i = 0; i < x->ncpus; i++)
		if (x->cpu[i] && s->cpu[x->cpu[i]->id] == x->cpu[i]) {
			sched_unready(x->cpu[i]);
			s->cpu[x->cpu[i]->id] = NULL;
		}
	for (u32 i = 0; i < s->nmachines; i++)
		if (s->machine[i] != x)
			s->machine[n++] = s->machine[i];
	s->nmachines = n;
	if (s->stopped == x)
		s->stopped = NULL;
	if (s->first.dead_thread && s->first.dead_thread->x == x)
		s->first.dead_thread = NULL;
	for (u32 i = 0; i < s->nlanes; i++)
		clock_forget(s->lane[i], x);
	if (s->live)
		lanes_remove(s, x);
	sched_slow(s);
}

/* --- switching ---------------------------------------------------------------------------- */

/* The stack of a thread that has ended; nobody is on it any more. */
static void reap(struct lane *l)
{
	struct ke_thread *t = l->dead_thread;

	if (!t)
		return;
	l->dead_thread = NULL;
	pages_stack_put(t->x, t->co.low);
	co_end(&t->co);
	ke_thread_put(t);
}

#if CO_ASAN || CO_TSAN
#define SWITCH_STACK 4096
#else
#define SWITCH_STACK 256
#endif

/* A stack that has no room for a switch overflows here, where it is known still
 * whose it is. */
static inline void need_stack(void)
{
#if defined(__x86_64__)
	__asm__ volatile("testb $0, -%c0(%%rsp)"
			 : : "i"(SWITCH_STACK) : "cc");
#endif
}

static struct co *target(struct lane *l, struct ke_cpu *next)
{
	struct co *to;

	if (!next || l->to_host) {
		l->chosen = next;
		ke_current = NULL;
		to = &l->host;
	} else {
		ke_current = next;
		to = cpu_enter(next);
	}
	return to;
}

void sched_go(struct lane *l, struct ke_cpu *next)
{
	struct co *from = l->running, *to;
	struct sched *s = l->s;

	need_stack();
	lane_leaves(l);
	to = target(l, next);
	if (to != from) {
		l->running = to;
		RACE_PUT(&s->first.host);
		co_switch(from, to);
		RACE_GOT(s);
	}
	lane_arrived();
}

void sched_interrupt(struct ke_cpu *c)
{
	if (!c->lane->depth)
		sched_go(c->lane, c);
}

static struct ke_cpu *decide(struct sched *s, struct ke_cpu *c, u32 point,
			     const void *object)
{
	if (s->live)
		return lane_can(c) && !c->spinning ? c : NULL;
	return s->nready ? policy_choose(s, c, point, object) : NULL;
}

/* Threads of one priority take turns, points being the only clock. */
void sched_quantum(struct ke_cpu *c)
{
	struct ex *x = c->x;
	struct ke_thread *t = c->thread;

	if (!x->nready || c->in_dpc || c->standby || c->irql >= KE_DISPATCH ||
	    x->ready_bits >> t->priority == 0 || ++c->quantum < 32)
		return;
	c->quantum = 0;
	c->standby = thread_pop(x);
	c->standby->state = KE_STANDBY;
	KE_SET(&c->pending, true);
	c->thread = NULL;
	t->irql = c->irql;
	thread_requeue(t, false);
}

void sched_attend_at(struct lane *l)
{
	const struct sched *s = l->s;
	u64 look = s->coarse ? l->steps + SCHED_LOOK : UINT64_MAX;
	u64 end = s->config.max_steps && !s->live ? s->config.max_steps + 1 :
						   UINT64_MAX;

	l->attention = look < end ? look : end;
}

/* So many steps: too many, or time for another's turn and a look outside. */
static void attention(struct ke_cpu *c)
{
	struct lane *l = c->lane;
	struct sched *s = c->s;

	if (!s->config.max_steps || l->steps <= s->config.max_steps) {
		s->in_a_row = SCHED_FAIR;
		sched_attend_at(l);
		return;
	}
	deadlock_livelock(c->x);
	machine_stop(c->x, EX_LIVELOCK);
	sched_go(l, NULL);
}

static void slow_point(struct ke_cpu *c, u32 what, const void *object)
{
	struct sched *s = c->s;

	if (s->live) {
		lane_point(c);
		return;
	}
	if (c->lane->steps >= c->lane->attention)
		attention(c);
	if (c->x->nready)
		sched_quantum(c);
	s->at_point = true;
	if (!s->coarse || s->in_a_row >= SCHED_FAIR)
		c = decide(s, c, what, object);
	s->at_point = false;
	sched_go(&s->first, c);
}

void ke_point(u32 what, const void *object)
{
	struct ke_cpu *c = ke_current;
	struct lane *l;

	if (!c)
		return;
	l = c->lane;
	if (__builtin_expect(KE_PEEK(&l->slow) | (u32)KE_PEEK(&c->pending) |
			     (++l->steps >= l->attention), 0))
		slow_point(c, what, object);
}

void sched_next(struct ke_cpu *c, u32 point, const void *object)
{
	lane_leaves(c->lane);
	c->lane->steps++;
	if (c->spinning || !cpu_busy(c))
		sched_unready(c);
	sched_go(c->lane, decide(c->s, c, point, object));
}

void sched_leave(struct ke_cpu *c)
{
	struct lane *l = c->lane;
	struct sched *s = c->s;
	struct co *from = l->running, *to;

	need_stack();
	lane_leaves(l);
	reap(l);
	l->dead_thread = c->thread;
	c->thread = NULL;
	if (!cpu_busy(c))
		sched_unready(c);
	to = target(l, decide(s, c, SCHED_WAIT, NULL));
	l->running = to;
	RACE_PUT(l->dead_thread->co.low);
	RACE_PUT(&s->first.host);
	co_leave(from, to);
	__builtin_trap();
}

void ex_on_host(void (*fn)(void *ctx), void *ctx)
{
	struct ke_cpu *c = ke_current;
	struct lane *l = c ? c->lane : NULL;
	struct co *from;

	if (!c) {
		fn(ctx);
		return;
	}
	need_stack();
	from = l->running;
	l->asker = from;
	l->host_fn = fn;
	l->host_ctx = ctx;
	ke_current = NULL;
	l->running = &l->host;
	RACE_PUT(&l->asker);
	co_switch(from, &l->host);
	RACE_GOT(&l->asker);
	ke_current = c;              /* the same: nobody else may have run here */
}

/* --- the host's side ------------------------------------------------------------------------- */

/* To a context, until one comes back for more than a call on the host's stack. */
static void enter(struct lane *l, struct co *co)
{
	void (*fn)(void *ctx);

	for (;;) {
		l->running = co;
		co_switch(&l->host, co);
		l->running = &l->host;
		fn = l->host_fn;
		if (!fn)
			return;
		l->host_fn = NULL;
		co = l->asker;
		RACE_GOT(&l->asker);
		fn(l->host_ctx);
		RACE_PUT(&l->asker);
	}
}

void sched_step(struct lane *l, struct ke_cpu *c)
{
	l->chosen = NULL;
	l->to_host = l->s->asks;
	ke_current = c;
	enter(l, cpu_enter(c));
	ke_current = NULL;
	lane_arrived();
	reap(l);
}

/* Nothing can go on: time may. false: it does not. */
static bool advance(struct sched *s)
{
	u64 due = clock_due(&s->first);

	if (due > s->limit || (!s->foreground && s->limit == UINT64_MAX))
		return false;
	if (s->config.max_ns && due > s->config.max_ns)
		return false;
	if (due > s->now)
		s->now = due;
	return clock_fire(&s->first);
}

enum ex_stop sched_idle(struct sched *s)
{
	struct ex *x = deadlock_any(s);

	if (x) {
		machine_stop(x, EX_DEADLOCK);
		return sched_stop_seen(s);
	}
	if (s->config.max_ns && s->first.nheap &&
	    clock_due(&s->first) > s->config.max_ns &&
	    s->limit > s->config.max_ns)
		return EX_STOPPED;
	if (!s->live && s->limit != UINT64_MAX && s->now < s->limit)
		s->now = s->limit;
	return EX_IDLE;
}

/* Another machine may have stopped before the run had told of the first. */
static void next_stopped(struct sched *s)
{
	for (u32 i = 0; i < s->nmachines; i++)
		if (s->machine[i]->stop && !s->machine[i]->stop_told) {
			s->stopped = s->machine[i];
			s->stop_seen = false;
			return;
		}
}

enum ex_stop sched_stop_seen(struct sched *s)
{
	enum ex_stop why = EX_RUNNING;

	if (!KE_GET(&s->stopped) || KE_PEEK(&s->stop_seen))
		return why;
	dispatch_lock();
	if (!s->stop_seen) {
		KE_SET(&s->stop_seen, true);
		s->telling = true;
		s->stopped->stop_told = true;
		why = s->stopped->stop;
	}
	dispatch_unlock();
	return why;
}

static enum ex_stop run(struct sched *s, bool (*until)(void *ctx), void *ctx)
{
	for (;;) {
		enum ex_stop why = sched_stop_seen(s);
		struct ke_cpu *c;

		if (why)
			return why;
		if (until && s->asks)
			RACE_GOT(&s->first.host);
		if (until && until(ctx))
			return EX_RUNNING;
		c = s->first.chosen;
		if (!c)
			c = decide(s, NULL, SCHED_TIMER, NULL);
		if (c)
			sched_step(&s->first, c);
		else if (!advance(s))
			return sched_idle(s);
	}
}

/* each: `until` is asked between all steps, otherwise when the host is back. */
static enum ex_stop run_guarded(struct sched *s, u64 limit, bool each,
				bool (*until)(void *ctx), void *ctx)
{
	enum ex_stop why;

	if (s->inside || ke_current || !fault_catch())
		return EX_STOPPED;
	s->inside = true;
	s->limit = limit;
	s->asks = each && !s->live;
	if (!s->stopped || s->stop_seen)
		next_stopped(s);
	s->first.running = &s->first.host;
	co_orders = s->live;
	sched_slow(s);
	RACE_PUT(s);
	why = s->live ? lanes_run(s, until, ctx) : run(s, until, ctx);
	RACE_GOT(&s->first.host);
	s->telling = false;
	s->inside = false;
	return why;
}

enum ex_stop sched_run(struct sched *s, bool (*until)(void *ctx), void *ctx)
{
	return run_guarded(s, UINT64_MAX, until != NULL, until, ctx);
}

enum ex_stop sched_run_call(struct sched *s, bool (*until)(void *ctx),
			    void *ctx)
{
	return run_guarded(s, UINT64_MAX, false, until, ctx);
}

enum ex_stop sched_run_to(struct sched *s, u64 ns)
{
	return run_guarded(s, ns, false, NULL, NULL);
}

u64 sched_steps(const struct sched *s)
{
	u64 n = 0;

	for (u32 i = 0; i < s->nlanes; i++)
		n += s->lane[i]->steps;
	return n;
}

bool sched_is_live(const struct sched *s)
{
	return s->live;
}

struct ex *sched_stopped(struct sched *s)
{
	return s->stopped;
}

/* --- making one --------------------------------------------------------------------------------- */

static bool copy_rules(struct sched *s)
{
	const struct sched_config *c = &s->config;

	if (!c->nrules)
		return true;
	s->rules = malloc(c->nrules * sizeof(*s->rules));
	s->rule_count = calloc(c->nrules, sizeof(*s->rule_count));
	if (!s->rules || !s->rule_count)
		return false;
	memcpy(s->rules, c->rules, c->nrules * sizeof(*s->rules));
	return true;
}

struct sched *sched_new(const struct sched_config *c)
{
	struct sched *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = *c;
	s->coarse = c->policy == SCHED_LIVE || c->policy == SCHED_RUN_ON;
	s->always_slow = c->policy == SCHED_DIRECTED && c->nrules;
	s->live = c->policy == SCHED_LIVE;
	s->first.s = s;
	s->first.running = &s->first.host;
	s->lane[s->nlanes++] = &s->first;
	sched_attend_at(&s->first);
	s->limit = UINT64_MAX;
	clock_start(s);
	pthread_mutex_init(&s->gate, NULL);
	pthread_cond_init(&s->gate_moves, NULL);
	if (!copy_rules(s) || !policy_start(s) ||
	    (s->live && !live_start(&s->first))) {
		sched_free(s);
		return NULL;
	}
	sched_slow(s);
	return s;
}

void sched_free(struct sched *s)
{
	if (!s)
		return;
	while (s->nmachines)
		ex_free(s->machine[0]);
	lanes_end(s);
	policy_end(s);
	free(s->machine);
	free(s->marks);
	free(s->replay);
	free(s->rules);
	free(s->rule_count);
	free(s->text);
	free(s);
}
