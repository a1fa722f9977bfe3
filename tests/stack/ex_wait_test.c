// SPDX-License-Identifier: Apache-2.0
/* Objects to wait for, resources, threads and sleep, over many seeds. */
#include "machine.h"
#include "ex/machine.h"

#define MS UINT64_C(1000000)

struct state {
	struct ex *x;
	struct ke_event e, f;
	struct ke_semaphore s;
	struct ke_mutex m, n;
	struct ke_timer t;
	struct ex_resource r;
	unsigned woken, inside, worst, readers, most;
	unsigned order[8];
	u64 when;
	enum ex_status st;
	unsigned which;
};

static void run_idle(struct machine *m)
{
	CHECK_EQ(sched_run(m->s, NULL, NULL), EX_IDLE);
	if (m->x && ex_stopped(m->x))
		TEST_FAIL("stopped: %s", ex_stop_text(m->x));
}

/* --- events -------------------------------------------------------------------------- */

static void wait_e(void *context)
{
	struct state *s = context;

	CHECK_EQ(ke_wait(&s->e, KE_FOREVER), EX_SUCCESS);
	KE_ADD(&s->woken, 1);
}

static unsigned woken_by_one_set(bool synchronization, u64 seed)
{
	struct machine m = machine_new(seed, 3);
	struct state s = { 0 };

	ke_event_init(&s.e, "e", synchronization, false);
	for (int i = 0; i < 4; i++)
		thread_of(m.x, "waits", wait_e, &s);
	run_idle(&m);
	CHECK_EQ(s.woken, 0);
	ke_event_set(&s.e);
	run_idle(&m);
	CHECK_EQ(ke_event_is_set(&s.e), !synchronization);
	machine_free(&m);
	return s.woken;
}

static void notification_wakes_all(void)
{
	for (u64 seed = 1; seed < 20; seed++)
		CHECK_EQ(woken_by_one_set(false, seed), 4);
}

static void synchronization_wakes_one(void)
{
	for (u64 seed = 1; seed < 20; seed++)
		CHECK_EQ(woken_by_one_set(true, seed), 1);
}

/* --- time -------------------------------------------------------------------------------- */

static void waits_in_time(void *context)
{
	struct state *s = context;
	u64 begun = ex_now(s->x);

	CHECK_EQ(ke_wait(&s->e, 0), EX_TIMEOUT);
	CHECK_EQ(ex_now(s->x), begun);
	CHECK_EQ(ke_wait(&s->e, 5 * MS), EX_TIMEOUT);
	CHECK_EQ(ex_now(s->x) - begun, 5 * MS);
	ke_sleep(7 * MS);
	CHECK_EQ(ex_now(s->x) - begun, 12 * MS);
	ke_timer_init(&s->t, "t");
	ke_timer_set(&s->t, 3 * MS, 0, NULL);
	CHECK_EQ(ke_wait(&s->t, KE_FOREVER), EX_SUCCESS);
	CHECK_EQ(ex_now(s->x) - begun, 15 * MS);
	CHECK(!ke_timer_cancel(&s->t));
	ke_timer_set(&s->t, 3 * MS, 0, NULL);
	CHECK(ke_timer_cancel(&s->t));
	CHECK_EQ(ke_wait(&s->t, MS), EX_TIMEOUT);
	s->woken = 1;
}

static void time_moves_when_nothing_else_can(void)
{
	struct machine m = machine_new(3, 2);
	struct state s = { .x = m.x };

	ke_event_init(&s.e, "e", false, false);
	thread_of(m.x, "waits", waits_in_time, &s);
	run_idle(&m);
	CHECK_EQ(s.woken, 1);
	CHECK_EQ(sched_now(m.s), 16 * MS);
	machine_free(&m);
}

static void sleeps(void *context)
{
	struct state *s = context;

	ke_sleep(10 * MS);
	KE_ADD(&s->woken, 1);
}

static void run_to_a_time(void)
{
	struct machine m = machine_new(3, 2);
	struct state s = { .x = m.x };

	thread_of(m.x, "sleeps", sleeps, &s);
	CHECK_EQ(sched_run_to(m.s, 9 * MS), EX_IDLE);
	CHECK_EQ(sched_now(m.s), 9 * MS);
	CHECK_EQ(sched_next_timer(m.s), 10 * MS);
	CHECK_EQ(s.woken, 0);
	CHECK_EQ(sched_run_to(m.s, 10 * MS), EX_IDLE);
	CHECK_EQ(s.woken, 1);
	CHECK_EQ(sched_next_timer(m.s), UINT64_MAX);
	machine_free(&m);
}

/* --- semaphores and mutexes ---------------------------------------------------------------- */

static void passes_gate(void *context)
{
	struct state *s = context;

	CHECK_EQ(ke_wait(&s->s, KE_FOREVER), EX_SUCCESS);
	goes_in(&s->inside, &s->worst);
	ke_sleep(MS);
	KE_ADD(&s->inside, -1);
	KE_ADD(&s->woken, 1);
	ke_semaphore_release(&s->s, 1);
}

static void semaphore_lets_so_many_in(void)
{
	struct machine m = machine_new(5, 4);
	struct state s = { 0 };

	ke_semaphore_init(&s.s, "gate", 2, 2);
	for (int i = 0; i < 6; i++)
		thread_of(m.x, "passes", passes_gate, &s);
	run_idle(&m);
	CHECK_EQ(s.woken, 6);
	CHECK_EQ(s.worst, 2);
	CHECK_EQ(sched_now(m.s), 3 * MS);
	machine_free(&m);
}

static void releases_too_often(void *context)
{
	struct state *s = context;

	ke_semaphore_release(&s->s, 1);
}

static void semaphore_has_a_limit(void)
{
	struct machine m = machine_new(5, 1);
	struct state s = { 0 };

	ke_semaphore_init(&s.s, "gate", 2, 2);
	thread_of(m.x, "releases", releases_too_often, &s);
	check_bugcheck(&m, 0x1e, 0xc0000047);
	machine_free(&m);
}

static void owns_mutex(void *context)
{
	struct state *s = context;

	CHECK_EQ(ke_wait(&s->m, KE_FOREVER), EX_SUCCESS);
	CHECK_EQ(ke_wait(&s->m, KE_FOREVER), EX_SUCCESS);
	goes_in(&s->inside, &s->worst);
	ke_sleep(MS);
	ke_mutex_release(&s->m);
	ke_point(SCHED_USER, NULL);
	KE_ADD(&s->inside, -1);
	KE_ADD(&s->woken, 1);
	ke_mutex_release(&s->m);
}

static void mutex_is_recursive_and_excludes(void)
{
	for (u64 seed = 1; seed < 20; seed++) {
		struct machine m = machine_new(seed, 4);
		struct state s = { 0 };

		ke_mutex_init(&s.m, "m");
		for (int i = 0; i < 5; i++)
			thread_of(m.x, "owns", owns_mutex, &s);
		run_idle(&m);
		CHECK_EQ(s.woken, 5);
		CHECK_EQ(s.worst, 1);
		CHECK(s.m.owner == NULL);
		machine_free(&m);
	}
}

static void releases_mutex(void *context)
{
	struct state *s = context;

	ke_mutex_release(&s->m);
}

static void ends_with_mutex(void *context)
{
	struct state *s = context;

	ke_wait(&s->m, KE_FOREVER);
}

static void mutex_misuse(void)
{
	struct state s = { 0 };
	struct machine m = machine_new(1, 1);

	ke_mutex_init(&s.m, "m");
	thread_of(m.x, "releases", releases_mutex, &s);
	check_bugcheck(&m, 0x1e, 0xc0000046);
	machine_free(&m);
	m = machine_new(1, 1);
	ke_mutex_init(&s.m, "m");
	thread_of(m.x, "ends", ends_with_mutex, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_BUGCHECK);
	CHECK_EQ(ex_bugcheck(m.x)->code, 0x4000008a);
	CHECK_EQ(ex_bugcheck(m.x)->arg[1], (uintptr_t)&s.m);
	machine_free(&m);
}

/* --- several objects ---------------------------------------------------------------------- */

static void waits_any(void *context)
{
	struct state *s = context;
	void *o[] = { &s->e, &s->s, &s->f };

	s->st = ke_wait_many(o, 3, false, KE_FOREVER, &s->which);
	KE_ADD(&s->woken, 1);
}

static void any_says_which(void)
{
	struct machine m = machine_new(2, 2);
	struct state s = { .which = 99 };

	ke_event_init(&s.e, "e", true, false);
	ke_event_init(&s.f, "f", true, false);
	ke_semaphore_init(&s.s, "s", 0, 10);
	thread_of(m.x, "any", waits_any, &s);
	run_idle(&m);
	CHECK_EQ(s.woken, 0);
	ke_event_set(&s.f);
	run_idle(&m);
	CHECK_EQ(s.woken, 1);
	CHECK_EQ(s.st, EX_SUCCESS);
	CHECK_EQ(s.which, 2);
	CHECK(!ke_event_is_set(&s.f));
	CHECK(s.e.h.waiters == NULL && s.s.h.waiters == NULL);
	machine_free(&m);
}

static void waits_all(void *context)
{
	struct state *s = context;
	void *o[] = { &s->e, &s->s, &s->f, &s->m };

	s->st = ke_wait_many(o, 4, true, KE_FOREVER, NULL);
	ke_mutex_release(&s->m);
	KE_ADD(&s->woken, 1);
}

static void all_takes_all_at_once(void)
{
	struct machine m = machine_new(2, 2);
	struct state s = { 0 };

	ke_event_init(&s.e, "e", true, false);
	ke_event_init(&s.f, "f", true, false);
	ke_semaphore_init(&s.s, "s", 0, 10);
	ke_mutex_init(&s.m, "m");
	thread_of(m.x, "all", waits_all, &s);
	ke_event_set(&s.e);
	run_idle(&m);
	CHECK(ke_event_is_set(&s.e));
	ke_event_set(&s.f);
	run_idle(&m);
	CHECK_EQ(s.woken, 0);
	ke_semaphore_release(&s.s, 2);
	run_idle(&m);
	CHECK_EQ(s.woken, 1);
	CHECK(!ke_event_is_set(&s.e) && !ke_event_is_set(&s.f));
	CHECK_EQ(s.s.h.signal, 1);
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, EX_TAG('W', 'a', 'i', 't')), 0);
	machine_free(&m);
}

static void all_in_time(void *context)
{
	struct state *s = context;
	void *o[] = { &s->e, &s->f };

	s->st = ke_wait_many(o, 2, true, MS, NULL);
	KE_ADD(&s->woken, 1);
}

static void all_that_is_late_takes_none(void)
{
	struct machine m = machine_new(2, 2);
	struct state s = { 0 };

	ke_event_init(&s.e, "e", true, true);
	ke_event_init(&s.f, "f", true, false);
	thread_of(m.x, "all", all_in_time, &s);
	run_idle(&m);
	CHECK_EQ(s.woken, 1);
	CHECK_EQ(s.st, EX_TIMEOUT);
	CHECK(ke_event_is_set(&s.e));
	machine_free(&m);
}

static void joins(void *context)
{
	struct state *s = context;
	struct ke_thread *t = ke_thread_create(s->x, "sleeps", 8, sleeps, s);

	CHECK_EQ(ke_wait(ke_thread_object(t), KE_FOREVER), EX_SUCCESS);
	CHECK_EQ(s->woken, 1);
	CHECK_STR(ke_thread_name(t), "sleeps");
	ke_thread_put(t);
	KE_ADD(&s->woken, 1);
}

static void thread_can_be_waited_for(void)
{
	struct machine m = machine_new(2, 2);
	struct state s = { .x = m.x };
	u64 before = tag_bytes(m.x, EX_NONPAGED, EX_TAG('T', 'h', 'r', 'e'));

	thread_of(m.x, "joins", joins, &s);
	run_idle(&m);
	CHECK_EQ(s.woken, 2);
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, EX_TAG('T', 'h', 'r', 'e')),
		 before);
	machine_free(&m);
}

/* --- resources --------------------------------------------------------------------------------- */

static void writes(void *context)
{
	struct state *s = context;

	for (int i = 0; i < 5; i++) {
		CHECK(ex_resource_exclusive(&s->r, true));
		CHECK(ex_resource_exclusive(&s->r, true));
		CHECK_EQ(s->inside++, 0);
		CHECK_EQ(s->readers, 0);
		ke_sleep(MS);
		KE_ADD(&s->inside, -1);
		ex_resource_release(&s->r);
		ex_resource_release(&s->r);
	}
	KE_ADD(&s->woken, 1);
}

static void reads(void *context)
{
	struct state *s = context;

	for (int i = 0; i < 5; i++) {
		CHECK(ex_resource_shared(&s->r, true));
		CHECK(ex_resource_shared(&s->r, true));
		CHECK_EQ(s->inside, 0);
		goes_in(&s->readers, &s->most);
		ke_sleep(MS);
		CHECK_EQ(s->inside, 0);
		KE_ADD(&s->readers, -1);
		ex_resource_release(&s->r);
		ex_resource_release(&s->r);
	}
	KE_ADD(&s->woken, 1);
}

static void resource_shares_or_excludes(void)
{
	for (u64 seed = 1; seed < 30; seed++) {
		struct machine m = machine_new(seed, 4);
		struct state s = { 0 };

		ex_resource_init(&s.r, "r");
		for (int i = 0; i < 3; i++) {
			thread_of(m.x, "writes", writes, &s);
			thread_of(m.x, "reads", reads, &s);
		}
		run_idle(&m);
		CHECK_EQ(s.woken, 6);
		CHECK(s.most >= 2);
		CHECK(s.r.exclusive == NULL);
		CHECK_EQ(s.r.nshared, 0);
		CHECK(s.r.contention > 0);
		ex_resource_fini(&s.r);
		CHECK_EQ(tag_bytes(m.x, EX_NONPAGED,
				   EX_TAG('R', 'e', 's', 'o')), 0);
		machine_free(&m);
	}
}

static void tries(void *context)
{
	struct state *s = context;

	CHECK(!ex_resource_exclusive(&s->r, false));
	CHECK(!ex_resource_shared(&s->r, false));
	KE_ADD(&s->woken, 1);
}

static void owner_asks_others_to_try(void *context)
{
	struct state *s = context;
	struct ke_thread *t;

	CHECK(ex_resource_exclusive(&s->r, true));
	t = ke_thread_create(s->x, "tries", 8, tries, s);
	ke_wait(ke_thread_object(t), KE_FOREVER);
	ke_thread_put(t);
	ex_resource_release(&s->r);
}

static void resource_without_waiting(void)
{
	struct machine m = machine_new(2, 2);
	struct state s = { .x = m.x };

	ex_resource_init(&s.r, "r");
	thread_of(m.x, "owner", owner_asks_others_to_try, &s);
	run_idle(&m);
	CHECK_EQ(s.woken, 1);
	ex_resource_fini(&s.r);
	machine_free(&m);
}

/* --- circles of waits ------------------------------------------------------------------------------ */

static void m_then_r(void *context)
{
	struct state *s = context;

	ke_wait(&s->m, KE_FOREVER);
	ke_sleep(MS);
	ex_resource_exclusive(&s->r, true);
}

static void r_then_m(void *context)
{
	struct state *s = context;

	ex_resource_shared(&s->r, true);
	ke_sleep(MS);
	ke_wait(&s->m, KE_FOREVER);
}

static void circle_of_waits_is_found(void)
{
	struct machine m = machine_new(4, 2);
	struct state s = { 0 };

	ke_mutex_init(&s.m, "the mutex");
	ex_resource_init(&s.r, "the resource");
	thread_of(m.x, "one", m_then_r, &s);
	thread_of(m.x, "two", r_then_m, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_DEADLOCK);
	CHECK_HAS(ex_stop_text(m.x), "thread one waits for resource the resource");
	CHECK_HAS(ex_stop_text(m.x), "thread two waits for the mutex");
	machine_free(&m);
}

static void waiting_alone_is_idle(void)
{
	struct machine m = machine_new(4, 2);
	struct state s = { 0 };

	ke_event_init(&s.e, "e", false, false);
	thread_of(m.x, "waits", wait_e, &s);
	run_idle(&m);
	CHECK_EQ(ex_stopped(m.x), EX_RUNNING);
	machine_free(&m);
}

/* --- where waiting is not allowed ---------------------------------------------------------------------- */

static void waits_high(void *context)
{
	struct state *s = context;

	ke_raise(KE_DISPATCH);
	CHECK_EQ(ke_wait(&s->e, 0), EX_TIMEOUT);
	ke_wait(&s->e, MS);
}

static void waiting_at_dispatch(void)
{
	struct machine m = machine_new(4, 2);
	struct state s = { 0 };

	ke_event_init(&s.e, "e", false, false);
	thread_of(m.x, "waits", waits_high, &s);
	check_bugcheck(&m, 0xa, (uintptr_t)&s.e);
	CHECK_EQ(ex_bugcheck(m.x)->arg[1], KE_DISPATCH);
	machine_free(&m);
}

/* --- where a thread goes on ------------------------------------------------------------------------------- */

static void its_stack_is_readable(void)
{
	struct machine m = machine_new(4, 2);
	struct state s = { 0 };
	struct ke_thread *t;
	struct co_regs r;

	ke_event_init(&s.e, "e", false, false);
	t = ke_thread_create(m.x, "waits", 8, wait_e, &s);
	run_idle(&m);
	CHECK_EQ(t->state, KE_WAITING);
	CHECK(t->block[0].object == &s.e.h);
	if (co_at(&t->co, &r)) {
		CHECK(r.rsp > (uintptr_t)t->co.low);
		CHECK(r.rsp < (uintptr_t)t->co.low + t->co.size);
		CHECK(r.rip != 0);
	}
	ke_event_set(&s.e);
	run_idle(&m);
	CHECK_EQ(t->state, KE_ENDED);
	ke_thread_put(t);
	machine_free(&m);
}

/* --- nobody can own a mutex in a DPC ------------------------------------------------ */

static void tries_mutex(void *context, void *arg1, void *arg2)
{
	struct state *s = context;

	(void)arg1;
	(void)arg2;
	s->st = ke_wait(&s->m, 0);
	KE_ADD(&s->woken, 1);
}

static void a_dpc_gets_no_mutex(void)
{
	struct machine m = machine_new(1, 1);
	struct state s = { 0 };
	struct ke_dpc d;

	ke_mutex_init(&s.m, "m");
	ke_dpc_init(&d, tries_mutex, &s);
	CHECK_EQ(ke_wait(&s.m, 0), EX_TIMEOUT); /* nor outside */
	CHECK(ex_interrupt(m.x, &d, NULL, NULL));
	run_idle(&m);
	CHECK_EQ(s.woken, 1);
	CHECK_EQ(s.st, EX_TIMEOUT);
	machine_free(&m);
}

int main(void)
{
	RUN(notification_wakes_all);
	RUN(synchronization_wakes_one);
	RUN(time_moves_when_nothing_else_can);
	RUN(run_to_a_time);
	RUN(semaphore_lets_so_many_in);
	RUN(semaphore_has_a_limit);
	RUN(mutex_is_recursive_and_excludes);
	RUN(mutex_misuse);
	RUN(any_says_which);
	RUN(all_takes_all_at_once);
	RUN(all_that_is_late_takes_none);
	RUN(thread_can_be_waited_for);
	RUN(resource_shares_or_excludes);
	RUN(resource_without_waiting);
	RUN(circle_of_waits_is_found);
	RUN(waiting_alone_is_idle);
	RUN(waiting_at_dispatch);
	RUN(its_stack_is_readable);
	RUN(a_dpc_gets_no_mutex);
	return test_done();
}
