// SPDX-License-Identifier: Apache-2.0
#include "inside.h"

#include <stdlib.h>
#include <string.h>

#define LOOK 4096                    /* points between two looks outside, and
					turns where points are no decisions */

/* --- the set of CPUs that can go on -------------------------------------------------- */

void sched_slow(struct sched *s)
{
	u32 waiting = 0;

	for (u32 i = 0; i < s->nmachines; i++)
		if (!s->machine[i]->stop)
			waiting += s->machine[i]->nready;
	s->slow = (!s->coarse && s->nready > 1) + s->always_slow + s->asks + waiting;
}

void sched_ready(struct ke_cpu *c)
{
	struct sched *s = c->s;

	if (c->x->stop || sched_is_ready(s, c->id))
		return;
	s->ready[c->id / 64] |= (u64)1 << c->id % 64;
	if (++s->nready == 2)
		s->slow += !s->coarse;
}

void sched_unready(struct ke_cpu *c)
{
	struct sched *s = c->s;

	if (!sched_is_ready(s, c->id))
		return;
	s->ready[c->id / 64] &= ~((u64)1 << c->id % 64);
	if (--s->nready == 1)
		s->slow -= !s->coarse;
	if (s->chosen == c)
		s->chosen = NULL;
}

void sched_halt(struct ex *x)
{
	for (u32 i = 0; i < x->ncpus; i++)
		sched_unready(x->cpu[i]);
	sched_slow(x->s);
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
	return true;
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
	if (s->dead_thread && s->dead_thread->x == x)
		s->dead_thread = NULL;
	clock_forget(s, x);
	live_forget(s, x);
	sched_slow(s);
}

/* --- switching ---------------------------------------------------------------------------- */

/* The stack of a thread that has ended; nobody is on it any more. */
static void reap(struct sched *s)
{
	struct ke_thread *t = s->dead_thread;

	if (!t)
		return;
	s->dead_thread = NULL;
	pages_stack_put(t->x, t->co.low);
	co_end(&t->co);
	ke_thread_put(t);
}

static struct co *target(struct sched *s, struct ke_cpu *next)
{
	struct co *to;

	if (!next || s->to_host) {
		s->chosen = next;
		ke_current = NULL;
		to = &s->host;
	} else {
		ke_current = next;
		to = cpu_enter(next);
	}
	return to;
}

static void go(struct sched *s, struct ke_cpu *next)
{
	struct co *from = s->running, *to = target(s, next);

	if (to == from)
		return;
	s->running = to;
	RACE_PUT(&s->host);
	co_switch(from, to);
	RACE_GOT(s);
}

void sched_interrupt(struct ke_cpu *c)
{
	go(c->s, c);
}

static struct ke_cpu *decide(struct sched *s, struct ke_cpu *c, u32 point,
			     const void *object)
{
	return s->nready ? policy_choose(s, c, point, object) : NULL;
}

/* Threads of one priority take turns, points being the only clock. */
static void quantum(struct ke_cpu *c)
{
	struct ex *x = c->x;
	struct ke_thread *t = c->thread;

	if (!x->nready || c->in_dpc || c->standby || c->irql >= KE_DISPATCH ||
	    x->ready_bits >> t->priority == 0 || ++c->quantum < 32)
		return;
	c->quantum = 0;
	c->standby = thread_pop(x);
	c->standby->state = KE_STANDBY;
	c->pending = true;
	c->thread = NULL;
	t->irql = c->irql;
	thread_requeue(t, false);
}

static void attend_at(struct sched *s)
{
	u64 look = s->coarse ? s->steps + LOOK : UINT64_MAX;
	u64 end = s->config.max_steps ? s->config.max_steps + 1 : UINT64_MAX;

	s->attention = look < end ? look : end;
}

/* So many steps: too many, or time for another's turn and a look outside. */
static void attention(struct ke_cpu *c)
{
	struct sched *s = c->s;

	if (!s->config.max_steps || s->steps <= s->config.max_steps) {
		s->in_a_row = SCHED_FAIR;
		s->to_host |= s->live != NULL;
		attend_at(s);
		return;
	}
	deadlock_livelock(c->x);
	machine_stop(c->x, EX_LIVELOCK);
	go(s, NULL);
}

static void slow_point(struct ke_cpu *c, u32 what, const void *object)
{
	struct sched *s = c->s;

	if (s->steps >= s->attention)
		attention(c);
	quantum(c);
	s->at_point = true;
	if (!s->coarse || s->in_a_row >= SCHED_FAIR)
		c = decide(s, c, what, object);
	s->at_point = false;
	go(s, c);
}

void ke_point(u32 what, const void *object)
{
	struct ke_cpu *c = ke_current;
	struct sched *s;

	if (!c)
		return;
	s = c->s;
	if (__builtin_expect(s->slow | (u32)c->pending |
			     (++s->steps >= s->attention), 0))
		slow_point(c, what, object);
}

void sched_next(struct ke_cpu *c, u32 point, const void *object)
{
	struct sched *s = c->s;

	s->steps++;
	if (c->spinning || !cpu_busy(c))
		sched_unready(c);
	go(s, decide(s, c, point, object));
}

void sched_leave(struct ke_cpu *c)
{
	struct sched *s = c->s;
	struct co *from = s->running, *to;

	reap(s);
	s->dead_thread = c->thread;
	c->thread = NULL;
	if (!cpu_busy(c))
		sched_unready(c);
	to = target(s, decide(s, c, SCHED_WAIT, NULL));
	s->running = to;
	RACE_PUT(s->dead_thread->co.low);
	RACE_PUT(&s->host);
	co_leave(from, to);
	__builtin_trap();
}

void ex_on_host(void (*fn)(void *ctx), void *ctx)
{
	struct ke_cpu *c = ke_current;
	struct sched *s = c ? c->s : NULL;
	struct co *from;

	if (!c) {
		fn(ctx);
		return;
	}
	from = s->running;
	s->asker = from;
	s->host_fn = fn;
	s->host_ctx = ctx;
	ke_current = NULL;
	s->running = &s->host;
	RACE_PUT(&s->asker);
	co_switch(from, &s->host);
	RACE_GOT(&s->asker);
	ke_current = c;
}

/* --- the host's side ------------------------------------------------------------------------- */

/* To a context, until one comes back for more than a call on the host's stack. */
static void enter(struct sched *s, struct co *co)
{
	void (*fn)(void *ctx);

	for (;;) {
		s->running = co;
		co_switch(&s->host, co);
		s->running = &s->host;
		fn = s->host_fn;
		if (!fn)
			return;
		s->host_fn = NULL;
		co = s->asker;
		RACE_GOT(&s->asker);
		fn(s->host_ctx);
		RACE_PUT(&s->asker);
	}
}

static void step(struct sched *s, struct ke_cpu *c)
{
	s->chosen = NULL;
	s->to_host = s->asks;
	ke_current = c;
	enter(s, cpu_enter(c));
	ke_current = NULL;
	reap(s);
}

/* Nothing can go on: time may. false: it does not. */
static bool advance(struct sched *s)
{
	u64 due = s->nheap ? s->heap[1]->due : UINT64_MAX;

	if (s->live) {
		u64 now = clock_now(s);

		if (clock_fire(s))
			return true;
		if (s->limit == UINT64_MAX && !s->foreground && !live_waits(s))
			return false;
		if (due == UINT64_MAX && s->limit == UINT64_MAX)
			return live_poll(s, UINT64_MAX);
		if (now >= s->limit)
			return false;
		due = due < s->limit ? due : s->limit;
		return live_poll(s, due > now ? due - now : 0);
	}
	if (due > s->limit || (!s->foreground && s->limit == UINT64_MAX))
		return false;
	if (s->config.max_ns && due > s->config.max_ns)
		return false;
	if (due > s->now)
		s->now = due;
	return clock_fire(s);
}

static enum ex_stop idle(struct sched *s)
{
	struct ex *x = deadlock_any(s);

	if (x) {
		machine_stop(x, EX_DEADLOCK);
		s->stop_seen = true;
		return EX_DEADLOCK;
	}
	if (s->config.max_ns && s->nheap &&
	    s->heap[1]->due > s->config.max_ns && s->limit > s->config.max_ns)
		return EX_STOPPED;
	if (!s->live && s->limit != UINT64_MAX && s->now < s->limit)
		s->now = s->limit;
	return EX_IDLE;
}

static enum ex_stop run(struct sched *s, bool (*until)(void *ctx), void *ctx)
{
	for (;;) {
		struct ke_cpu *c;

		if (s->stopped && !s->stop_seen) {
			s->stop_seen = true;
			return s->stopped->stop;
		}
		if (until && s->asks)
			RACE_GOT(&s->host);
		if (until && until(ctx))
			return EX_RUNNING;
		if (s->live && s->steps >= s->live_steps) {
			s->live_steps = s->steps + LOOK;
			clock_fire(s);
			live_poll(s, 0);
		}
		c = s->chosen ? s->chosen : decide(s, NULL, SCHED_TIMER, NULL);
		if (c)
			step(s, c);
		else if (!advance(s))
			return idle(s);
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
	s->running = &s->host;
	sched_slow(s);
	RACE_PUT(s);
	why = run(s, until, ctx);
	RACE_GOT(&s->host);
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
	return s->steps;
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
	attend_at(s);
	s->limit = UINT64_MAX;
	s->running = &s->host;
	if (!copy_rules(s) || !policy_start(s) ||
	    (c->policy == SCHED_LIVE && !live_start(s))) {
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
	live_end(s);
	policy_end(s);
	free(s->machine);
	free(s->heap);
	free(s->marks);
	free(s->replay);
	free(s->rules);
	free(s->rule_count);
	free(s->text);
	free(s);
}
