// SPDX-License-Identifier: Apache-2.0
/*
 * Work queues: 5 static critical threads and at most 16 dynamic ones, so that 21
 * items that wait still leave the queue working for a 22nd only if it has not
 * come to 21 before.
 */
#include "machine.h"

#define SECOND UINT64_C(1000000000)
#define MANY 40

struct state {
	struct ex *x;
	struct ke_event go;
	struct ex_work item[MANY], setter;
	unsigned done;
	u64 when;
	enum ke_irql irql;
};

static void blocks(void *context)
{
	struct state *s = context;

	ke_wait(&s->go, KE_FOREVER);
	KE_ADD(&s->done, 1);
}

static void sets(void *context)
{
	struct state *s = context;

	s->when = ex_now(s->x);
	ke_event_set(&s->go);
}

/* n items that wait for what an item behind them sets: KB968597's shape. */
static struct machine queue(struct state *s, unsigned n, enum ex_queue q)
{
	struct machine m = machine_new(1, 2);

	*s = (struct state){ .x = m.x };
	ke_event_init(&s->go, "go", false, false);
	for (unsigned i = 0; i < n; i++) {
		ex_work_init(&s->item[i], blocks, s);
		ex_work_queue(m.x, &s->item[i], q);
	}
	ex_work_init(&s->setter, sets, s);
	ex_work_queue(m.x, &s->setter, q);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	return m;
}

static void with_idle_threads_at_once(void)
{
	struct state s;
	struct machine m = queue(&s, 4, EX_CRITICAL);
	struct ex_queue_state q;

	CHECK_EQ(s.done, 4);
	CHECK_EQ(s.when, 0);
	ex_queue_state(m.x, EX_CRITICAL, &q);
	CHECK_EQ(q.workers, 5);
	CHECK_EQ(q.dynamic, 0);
	CHECK_EQ(q.processed, 5);
	CHECK_EQ(q.depth, 0);
	machine_free(&m);
}

/* The first look is at 1 s, the first that sees no progress at 2 s. */
static void one_dynamic_thread_a_second(void)
{
	struct state s;
	struct machine m = queue(&s, 5, EX_CRITICAL);

	CHECK_EQ(s.done, 5);
	CHECK_EQ(s.when, 2 * SECOND);
	machine_free(&m);
	m = queue(&s, 8, EX_CRITICAL);
	CHECK_EQ(s.done, 8);
	CHECK_EQ(s.when, 5 * SECOND);
	machine_free(&m);
}

static void twenty_pass(void)
{
	struct state s;
	struct machine m = queue(&s, 20, EX_CRITICAL);
	struct ex_queue_state q;

	CHECK_EQ(s.done, 20);
	CHECK_EQ(s.when, 17 * SECOND);
	ex_queue_state(m.x, EX_CRITICAL, &q);
	CHECK_EQ(q.dynamic, 16);
	machine_free(&m);
}

static void twenty_one_and_more_are_stuck(void)
{
	for (unsigned n = 21; n <= 24; n++) {
		struct state s;
		struct machine m = queue(&s, n, EX_CRITICAL);
		struct ex_queue_state q;

		CHECK_EQ(s.done, 0);
		CHECK_EQ(s.when, 0);
		ex_queue_state(m.x, EX_CRITICAL, &q);
		CHECK_EQ(q.workers, 21);
		CHECK_EQ(q.dynamic, 16);
		CHECK_EQ(q.blocked, 21);
		CHECK_EQ(q.depth, n + 1 - 21);
		CHECK_EQ(q.processed, 0);
		CHECK_EQ(ex_stopped(m.x), EX_RUNNING);
		machine_free(&m);
	}
}

static void other_queues_go_on(void)
{
	struct state s, d = { 0 };
	struct machine m = queue(&s, 22, EX_CRITICAL);

	d.x = m.x;
	ke_event_init(&d.go, "go", false, false);
	ex_work_init(&d.setter, sets, &d);
	ex_work_queue(m.x, &d.setter, EX_DELAYED);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK(ke_event_is_set(&d.go));
	CHECK_EQ(s.done, 0);
	machine_free(&m);
}

static void counts_are_configured(void)
{
	struct machine m = machine_of(
		&(struct sched_config){ .seed = 1 },
		&(struct ex_config){ .cpus = 1, .critical_static = 10,
				     .delayed_static = 3, .dynamic_max = 2 });
	struct ex_queue_state q;

	ex_queue_state(m.x, EX_CRITICAL, &q);
	CHECK_EQ(q.workers, 10);
	ex_queue_state(m.x, EX_DELAYED, &q);
	CHECK_EQ(q.workers, 3);
	ex_queue_state(m.x, EX_HYPERCRITICAL, &q);
	CHECK_EQ(q.workers, 1);
	machine_free(&m);
}

/* Ten idle minutes later the dynamic threads are gone, and their memory. */
static void dynamic_threads_end(void)
{
	struct state s;
	struct machine m = queue(&s, 8, EX_CRITICAL);
	struct ex_queue_state q;

	ex_queue_state(m.x, EX_CRITICAL, &q);
	CHECK_EQ(q.dynamic, 4);
	sched_run_to(m.s, 700 * SECOND);
	ex_queue_state(m.x, EX_CRITICAL, &q);
	CHECK_EQ(q.dynamic, 0);
	CHECK_EQ(q.workers, 5);
	machine_free(&m);
}

/* A long queue that moves gets no more threads. */
static void naps(void *context)
{
	struct state *s = context;

	ke_sleep(SECOND / 2);
	KE_ADD(&s->done, 1);
}

static void progress_needs_no_threads(void)
{
	struct machine m = machine_new(1, 2);
	struct state s = { .x = m.x };
	struct ex_queue_state q;

	for (int i = 0; i < MANY; i++) {
		ex_work_init(&s.item[i], naps, &s);
		ex_work_queue(m.x, &s.item[i], EX_CRITICAL);
	}
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.done, MANY);
	ex_queue_state(m.x, EX_CRITICAL, &q);
	CHECK_EQ(q.dynamic, 0);
	CHECK_EQ(q.processed, MANY);
	machine_free(&m);
}

/* --- misuse ------------------------------------------------------------------------------ */

static void ends_high(void *context)
{
	(void)context;
	ke_raise(KE_DISPATCH);
}

static void an_item_must_end_low(void)
{
	struct machine m = machine_new(1, 2);
	struct ex_work w;

	ex_work_init(&w, ends_high, NULL);
	ex_work_queue(m.x, &w, EX_DELAYED);
	check_bugcheck(&m, 0xe1, (uintptr_t)ends_high);
	CHECK_EQ(ex_bugcheck(m.x)->arg[1], KE_DISPATCH);
	machine_free(&m);
}

static void an_item_is_queued_once(void)
{
	struct machine m = machine_new(1, 2);
	struct ex_work w;

	ex_work_init(&w, ends_high, NULL);
	ex_work_queue(m.x, &w, EX_DELAYED);
	ex_work_queue(m.x, &w, EX_DELAYED);
	check_bugcheck(&m, 0xe4, 1);
	machine_free(&m);
}

int main(void)
{
	RUN(with_idle_threads_at_once);
	RUN(one_dynamic_thread_a_second);
	RUN(twenty_pass);
	RUN(twenty_one_and_more_are_stuck);
	RUN(other_queues_go_on);
	RUN(counts_are_configured);
	RUN(dynamic_threads_end);
	RUN(progress_needs_no_threads);
	RUN(an_item_must_end_low);
	RUN(an_item_is_queued_once);
	return test_done();
}
