// SPDX-License-Identifier: Apache-2.0
/* DPCs: when they run, where, in which order; IRQL around them. */
#include "machine.h"

#define MS UINT64_C(1000000)

struct state {
	struct ex *x;
	struct ke_dpc a, b, c;
	struct ke_timer t;
	struct ke_lock lock;
	struct ke_event e;
	char order[32];
	unsigned n, cpu;
	bool high;
};

static void note(struct state *s, char what)
{
	unsigned at = KE_ADD(&s->n, 1) - 1;

	if (at < sizeof(s->order) - 1)
		s->order[at] = what;
}

static void dpc_a(void *context, void *arg1, void *arg2)
{
	struct state *s = context;

	CHECK_EQ(ke_irql(), KE_DISPATCH);
	CHECK(ke_in_dpc());
	CHECK(ke_thread() == NULL);
	CHECK_EQ((uintptr_t)arg1, 11);
	CHECK_EQ((uintptr_t)arg2, 22);
	s->cpu = ke_cpu_number();
	note(s, 'a');
}

static void dpc_b(void *context, void *arg1, void *arg2)
{
	(void)arg1;
	(void)arg2;
	note(context, 'b');
}

static void queue_a(struct state *s)
{
	ke_dpc_queue(&s->a, (void *)11, (void *)22);
}

/* --- now, or when the IRQL is low enough --------------------------------------------- */

static void queues_low(void *context)
{
	struct state *s = context;

	note(s, '1');
	queue_a(s);
	note(s, '2');
	CHECK_EQ(ke_irql(), KE_PASSIVE);
	CHECK(!ke_in_dpc());
	CHECK(ke_thread() != NULL);
}

static void queues_high(void *context)
{
	struct state *s = context;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	queue_a(s);
	CHECK(!ke_dpc_queue(&s->a, NULL, NULL));
	ke_dpc_queue(&s->b, NULL, NULL);
	note(s, '1');
	ke_lower(before);
	note(s, '2');
}

static void order_is(void (*fn)(void *), const char *want)
{
	struct machine m = machine_new(1, 1);
	struct state s = { .x = m.x };

	ke_dpc_init(&s.a, dpc_a, &s);
	ke_dpc_init(&s.b, dpc_b, &s);
	thread_of(m.x, "queues", fn, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_STR(s.order, want);
	machine_free(&m);
}

static void at_passive_it_runs_at_once(void)
{
	order_is(queues_low, "1a2");
}

static void at_dispatch_it_waits(void)
{
	order_is(queues_high, "1ab2");
}

static void removes(void *context)
{
	struct state *s = context;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	queue_a(s);
	ke_dpc_queue(&s->b, NULL, NULL);
	CHECK(ke_dpc_remove(&s->a));
	CHECK(!ke_dpc_remove(&s->a));
	note(s, '1');
	ke_lower(before);
}

static void a_removed_one_does_not_run(void)
{
	order_is(removes, "1b");
}

static void unlocks(void *context)
{
	struct state *s = context;
	enum ke_irql before;

	ke_lock_init(&s->lock, "l");
	before = ke_lock(&s->lock);
	queue_a(s);
	note(s, '1');
	ke_unlock(&s->lock, before);
	note(s, '2');
}

static void an_unlock_lets_it_run(void)
{
	order_is(unlocks, "1a2");
}

/* --- other CPUs ----------------------------------------------------------------------------- */

static void queues_for_another(void *context)
{
	struct state *s = context;

	s->a.target = ke_cpu_number() == 2 ? 1 : 2;
	queue_a(s);
}

static void a_target_is_kept(void)
{
	for (u64 seed = 1; seed < 30; seed++) {
		struct machine m = machine_new(seed, 3);
		struct state s = { .x = m.x, .cpu = 9 };

		ke_dpc_init(&s.a, dpc_a, &s);
		thread_of(m.x, "queues", queues_for_another, &s);
		CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
		CHECK_EQ(s.cpu, s.a.target);
		machine_free(&m);
	}
}

static void an_interrupt_from_outside(void)
{
	struct machine m = machine_new(1, 2);
	struct state s = { .x = m.x, .cpu = 9 };

	ke_dpc_init(&s.a, dpc_a, &s);
	s.a.target = 1;
	CHECK(ex_interrupt(m.x, &s.a, (void *)11, (void *)22));
	CHECK(!ex_interrupt(m.x, &s.a, NULL, NULL));
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_STR(s.order, "a");
	CHECK_EQ(s.cpu, 1);
	machine_free(&m);
}

/* A DPC interrupts a thread at PASSIVE that goes on and on. */
static void busy(void *context)
{
	struct state *s = context;

	while (!KE_GET(&s->n))
		ke_point(SCHED_USER, NULL);
	note(s, '2');
}

static void a_busy_thread_is_interrupted(void)
{
	struct machine m = machine_new(1, 1);
	struct state s = { .x = m.x };

	ke_dpc_init(&s.a, dpc_b, &s);
	thread_of(m.x, "busy", busy, &s);
	CHECK(ex_interrupt(m.x, &s.a, NULL, NULL));
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_STR(s.order, "b2");
	machine_free(&m);
}

/* --- timers ------------------------------------------------------------------------------------ */

static void tick(void *context, void *arg1, void *arg2)
{
	struct state *s = context;

	(void)arg1;
	(void)arg2;
	CHECK_EQ(ex_now(s->x), (s->n + 1) * 10 * MS);
	note(s, 't');
	if (s->n == 5)
		CHECK(ke_timer_cancel(&s->t));
}

static void sets_timer(void *context)
{
	struct state *s = context;

	ke_timer_init(&s->t, "t");
	ke_timer_set(&s->t, 10 * MS, 10 * MS, &s->a);
}

static void periodic_timer(void)
{
	struct machine m = machine_new(1, 2);
	struct state s = { .x = m.x };

	ke_dpc_init(&s.a, tick, &s);
	thread_of(m.x, "sets", sets_timer, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_STR(s.order, "ttttt");
	CHECK_EQ(sched_now(m.s), 50 * MS);
	machine_free(&m);
}

/* --- an event set in a DPC, more urgent threads --------------------------------------------------- */

static void sets_event(void *context, void *arg1, void *arg2)
{
	struct state *s = context;

	(void)arg1;
	(void)arg2;
	ke_event_set(&s->e);
	note(s, 'd');
}

static void urgent(void *context)
{
	struct state *s = context;

	ke_wait(&s->e, KE_FOREVER);
	note(s, 'u');
}

static void lazy(void *context)
{
	struct state *s = context;

	note(s, '1');
	ke_dpc_queue(&s->a, NULL, NULL);
	note(s, '2');
}

static void the_woken_thread_preempts(void)
{
	struct machine m = machine_new(1, 1);
	struct state s = { .x = m.x };

	ke_event_init(&s.e, "e", true, false);
	ke_dpc_init(&s.a, sets_event, &s);
	ke_thread_put(ke_thread_create(m.x, "urgent", 20, urgent, &s));
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	thread_of(m.x, "lazy", lazy, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_STR(s.order, "1du2");
	machine_free(&m);
}

/* --- misuse ----------------------------------------------------------------------------------------- */

static void waits_in_dpc(void *context, void *arg1, void *arg2)
{
	struct state *s = context;

	(void)arg1;
	(void)arg2;
	ke_wait(&s->e, KE_FOREVER);
}

static void lowers_in_dpc(void *context, void *arg1, void *arg2)
{
	(void)context;
	(void)arg1;
	(void)arg2;
	ke_lower(KE_PASSIVE);
}

static void stays_high(void *context, void *arg1, void *arg2)
{
	(void)context;
	(void)arg1;
	(void)arg2;
	ke_raise(KE_HIGH);
}

static void misuse_is_a_bug_check(void)
{
	ke_dpc_fn *bad[] = { waits_in_dpc, lowers_in_dpc, stays_high };

	for (int i = 0; i < 3; i++) {
		struct machine m = machine_new(1, 1);
		struct state s = { .x = m.x };

		ke_event_init(&s.e, "e", true, false);
		ke_dpc_init(&s.a, bad[i], &s);
		CHECK(ex_interrupt(m.x, &s.a, NULL, NULL));
		CHECK_EQ(sched_run(m.s, NULL, NULL), EX_BUGCHECK);
		CHECK_EQ(ex_bugcheck(m.x)->code, 0xa);
		CHECK(ex_bugcheck(m.x)->thread == NULL);
		machine_free(&m);
	}
}

int main(void)
{
	RUN(at_passive_it_runs_at_once);
	RUN(at_dispatch_it_waits);
	RUN(a_removed_one_does_not_run);
	RUN(an_unlock_lets_it_run);
	RUN(a_target_is_kept);
	RUN(an_interrupt_from_outside);
	RUN(a_busy_thread_is_interrupted);
	RUN(periodic_timer);
	RUN(the_woken_thread_preempts);
	RUN(misuse_is_a_bug_check);
	return test_done();
}
