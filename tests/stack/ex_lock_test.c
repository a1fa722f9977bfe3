// SPDX-License-Identifier: Apache-2.0
/* Spin locks: mutual exclusion, order of queued ones, what misuse is. */
#include "machine.h"

struct shared {
	struct ke_lock lock;
	u64 count, inside, worst;
	unsigned order[8], n;
	struct ke_event go;
};

static void adder(void *context)
{
	struct shared *s = context;

	for (int i = 0; i < 100; i++) {
		enum ke_irql before = ke_lock(&s->lock);
		u64 was = s->count;

		s->inside++;
		if (s->inside > s->worst)
			s->worst = s->inside;
		ke_point(SCHED_USER, NULL);
		s->count = was + 1;
		s->inside--;
		ke_unlock(&s->lock, before);
	}
}

static void count_with(bool queued, u64 seed)
{
	struct machine m = machine_new(seed, 4);
	struct shared s = { 0 };

	if (queued)
		ke_lock_init_queued(&s.lock, "count");
	else
		ke_lock_init(&s.lock, "count");
	for (int i = 0; i < 6; i++)
		thread_of(m.x, "adder", adder, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.count, 600);
	CHECK_EQ(s.worst, 1);
	CHECK(s.lock.owner == NULL);
	CHECK_EQ(s.lock.waiters, 0);
	machine_free(&m);
}

static void excludes(void)
{
	for (u64 seed = 1; seed <= 50; seed++)
		count_with(false, seed);
}

static void queued_excludes(void)
{
	for (u64 seed = 1; seed <= 50; seed++)
		count_with(true, seed);
}

/* --- owner, IRQL, site --------------------------------------------------------------- */

static void looks(void *context)
{
	struct shared *s = context;
	enum ke_irql before;

	CHECK_EQ(ke_irql(), KE_PASSIVE);
	before = ke_lock(&s->lock);
	CHECK_EQ(before, KE_PASSIVE);
	CHECK_EQ(ke_irql(), KE_DISPATCH);
	CHECK(s->lock.owner == ke_cpu());
	CHECK(s->lock.site != NULL);
	CHECK_EQ(s->lock.before, KE_PASSIVE);
	CHECK(!ke_trylock(&s->lock, &before));
	ke_unlock(&s->lock, KE_PASSIVE);
	CHECK_EQ(ke_irql(), KE_PASSIVE);
	CHECK(ke_trylock(&s->lock, &before));
	CHECK_EQ(before, KE_PASSIVE);
	CHECK_EQ(ke_irql(), KE_DISPATCH);
	ke_unlock(&s->lock, before);
}

static void owner_and_irql(void)
{
	struct machine m = machine_new(1, 2);
	struct shared s = { 0 };

	ke_lock_init(&s.lock, "look");
	CHECK(ex_call(m.x, looks, &s));
	machine_free(&m);
}

/* --- the order of a queued lock --------------------------------------------------------- */

static void hold_until(void *context)
{
	struct shared *s = context;
	enum ke_irql before = ke_lock(&s->lock);

	while (s->lock.waiters < 3)
		ke_point(SCHED_USER, NULL);
	ke_unlock(&s->lock, before);
}

/* The one with number i comes when i others are in line. */
static void in_line(void *context)
{
	struct shared *s = context;
	unsigned mine = KE_ADD(&s->n, 1) - 1;
	enum ke_irql before;

	while (!s->lock.owner || s->lock.waiters < mine)
		ke_point(SCHED_USER, NULL);
	before = ke_lock(&s->lock);
	s->order[s->inside++] = mine;
	ke_unlock(&s->lock, before);
}

static void queued_keeps_order(void)
{
	struct machine m = machine_of(
		&(struct sched_config){ .policy = SCHED_ROUND_ROBIN,
					.max_steps = 1000000 },
		&(struct ex_config){ .cpus = 4 });
	struct shared s = { 0 };

	ke_lock_init_queued(&s.lock, "line");
	thread_of(m.x, "holder", hold_until, &s);
	for (int i = 0; i < 3; i++)
		thread_of(m.x, "waiter", in_line, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.inside, 3);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(s.order[i], i);
	machine_free(&m);
}

/* --- misuse ------------------------------------------------------------------------------- */

static void release_free(void *context)
{
	struct shared *s = context;

	ke_unlock(&s->lock, KE_PASSIVE);
}

static void not_owned(void)
{
	struct machine m = machine_new(1, 1);
	struct shared s = { 0 };

	ke_lock_init(&s.lock, "free");
	thread_of(m.x, "t", release_free, &s);
	check_bugcheck(&m, 0x10, (uintptr_t)&s.lock);
	CHECK_HAS(ex_stop_text(m.x), "bug check 0x10");
	machine_free(&m);
}

static void take_twice(void *context)
{
	struct shared *s = context;

	ke_lock(&s->lock);
	ke_lock(&s->lock);
}

static void own_lock_is_a_circle(void)
{
	struct machine m = machine_new(1, 2);
	struct shared s = { 0 };

	ke_lock_init(&s.lock, "twice");
	thread_of(m.x, "t", take_twice, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_DEADLOCK);
	CHECK_HAS(ex_stop_text(m.x), "spins for lock twice");
	machine_free(&m);
}

static void dpc_lock_low(void *context)
{
	struct shared *s = context;

	ke_lock_dpc(&s->lock);
}

static void dpc_lock_wants_dispatch(void)
{
	struct machine m = machine_new(1, 1);
	struct shared s = { 0 };

	ke_lock_init(&s.lock, "low");
	thread_of(m.x, "t", dpc_lock_low, &s);
	check_bugcheck(&m, 0xa, (uintptr_t)&s.lock);
	machine_free(&m);
}

int main(void)
{
	RUN(excludes);
	RUN(queued_excludes);
	RUN(owner_and_irql);
	RUN(queued_keeps_order);
	RUN(not_owned);
	RUN(own_lock_is_a_circle);
	RUN(dpc_lock_wants_dispatch);
	return test_done();
}
