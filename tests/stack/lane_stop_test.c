// SPDX-License-Identifier: Apache-2.0
/* Live with several CPUs: how runs end (verdicts, `until`, limits), machines that
 * stop with a lock, a latch or other machines beside them, and who is woken. */
#include "ex/pool.h"
#include "machine.h"
#include "sched/inside.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CPUS 4u
#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define TAG EX_TAG('T', 'e', 's', 't')

struct state {
	struct ex *x;
	struct sched *s;
	u32 flag, go, nth;
	bool odd;
	u64 sum, ran, per[2];
	struct ke_lock lock, own[2];
	struct ke_event event;
	struct ke_timer timer;
	struct ke_dpc dpc;
	int fd;
};

static struct machine live_of(struct state *s, unsigned cpus)
{
	struct machine m = machine_of(
		&(struct sched_config){ .policy = SCHED_LIVE },
		&(struct ex_config){ .name = "m", .cpus = cpus });

	*s = (struct state){ .x = m.x, .s = m.s };
	ke_lock_init(&s->lock, "lock");
	return m;
}

/* Its own threads wait for something to do. */
static struct machine settled(struct state *s, unsigned cpus)
{
	struct machine m = live_of(s, cpus);

	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	return m;
}

/* It begins on that CPU. */
static void thread_on(struct state *s, u32 cpu, ke_thread_fn *fn)
{
	u32 idle = s->x->idle;

	CHECK(idle >> cpu & 1);
	s->x->idle = 1u << cpu;
	thread_of(s->x, "worker", fn, s);
	s->x->idle = idle & ~(1u << cpu);
}

static void threads_of(struct state *s, unsigned n, ke_thread_fn *fn)
{
	for (unsigned i = 0; i < n; i++)
		thread_of(s->x, "worker", fn, s);
}

static bool is_flag(void *ctx)
{
	struct state *s = ctx;

	return KE_GET(&s->flag);
}

static void ends(void *context)
{
	KE_ADD((u64 *)context, 1);
}

/* --- `until` --------------------------------------------------------------------------- */

static void sets_flag_and_goes_on(void *context)
{
	struct state *s = context;

	for (u32 i = 0; !KE_GET(&s->go); i++) {
		if (i == 100000)
			KE_SET(&s->flag, 1);
		ke_point(SCHED_USER, NULL);
	}
}

/* CPU 0 sleeps, another one never does. */
static void until_is_asked_for_the_busy(void)
{
	struct state s;
	struct machine m = settled(&s, 2);

	thread_on(&s, 1, sets_flag_and_goes_on);
	CHECK_EQ(sched_run(m.s, is_flag, &s), EX_RUNNING);
	KE_SET(&s.go, 1);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	machine_free(&m);
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void sets_flag_at_last(void *context)
{
	struct state *s = context;

	while (!ke_wait(&s->event, KE_FOREVER)) {
		while (!KE_GET(&s->go))
			ke_point(SCHED_USER, NULL);
		KE_SET(&s->flag, 1);
	}
}

static bool looks_and_is_slow(void *ctx)
{
	struct state *s = ctx;
	bool yes = KE_GET(&s->flag);

	KE_SET(&s->go, 1);
	usleep(yes ? 0 : 3000);
	return yes;
}

/* What makes it true happens just when CPU 0 has asked, and goes to sleep. */
static void until_is_asked_again(void)
{
	struct state s;
	struct machine m = settled(&s, 2);
	u64 longest = 0;

	ke_event_init(&s.event, "go", true, false);
	s.fd = eventfd(0, EFD_CLOEXEC);
	CHECK(sched_watch(m.s, m.x, s.fd, false, nothing, NULL));
	thread_on(&s, 1, sets_flag_at_last);
	CHECK_EQ(sched_run_to(m.s, sched_now(m.s) + MS), EX_IDLE);
	ke_timer_init(&s.timer, "watchdog");
	s.timer.x = m.x;
	ke_timer_set(&s.timer, 2 * SECOND, 2 * SECOND, NULL);
	for (u32 i = 0; i < 30; i++) {
		u64 begun = sched_now(m.s), took;

		KE_SET(&s.flag, 0);
		KE_SET(&s.go, 0);
		ke_event_set(&s.event);
		CHECK_EQ(sched_run(m.s, looks_and_is_slow, &s), EX_RUNNING);
		took = sched_now(m.s) - begun;
		longest = took > longest ? took : longest;
		if (longest > SECOND)
			break;
	}
	CHECK(longest < SECOND);
	sched_unwatch(m.s, s.fd);
	close(s.fd);
	machine_free(&m);
}

/* --- limits ---------------------------------------------------------------------------- */

static void holds_and_goes_on(void *context)
{
	struct state *s = context;
	enum ke_irql before = ke_lock(&s->lock);

	KE_SET(&s->flag, 1);
	while (!KE_GET(&s->go))
		ke_point(SCHED_USER, NULL);
	ke_unlock(&s->lock, before);
}

static void wants(void *context)
{
	struct state *s = context;

	while (!KE_GET(&s->flag))
		ke_point(SCHED_USER, NULL);
	ke_unlock(&s->lock, ke_lock(&s->lock));
	s->ran++;
}

/* Who has a lock when the time is over has it still when the run goes on. */
static void a_limit_is_no_deadlock(void)
{
	struct state s;
	struct machine m = settled(&s, 3);

	thread_on(&s, 1, holds_and_goes_on);
	thread_on(&s, 2, wants);
	for (u32 i = 0; i < 10; i++)
		CHECK_EQ(sched_run_to(m.s, sched_now(m.s) + 5 * MS), EX_IDLE);
	CHECK(m.x->cpu[2]->spinning == &s.lock);
	/* between two runs no time passes for who spins */
	m.x->cpu[2]->spin_since -= 25 * SECOND;
	CHECK_EQ(sched_run_to(m.s, sched_now(m.s) + 300 * MS), EX_IDLE);
	CHECK_STR(ex_stop_text(m.x), "");
	KE_SET(&s.go, 1);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.ran, 1);
	machine_free(&m);
}

static void goes_on(void *context)
{
	struct state *s = context;

	while (!KE_GET(&s->go))
		ke_point(SCHED_USER, NULL);
}

static void a_limit_ends_the_busy(void)
{
	struct state s;
	struct machine m = live_of(&s, 2);
	u64 begun = sched_now(m.s);

	threads_of(&s, 3, goes_on);
	for (u32 i = 0; i < 3; i++)
		CHECK_EQ(sched_run_to(m.s, sched_now(m.s) + 10 * MS), EX_IDLE);
	CHECK(sched_now(m.s) - begun >= 30 * MS);
	KE_SET(&s.go, 1);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	machine_free(&m);
}

/* --- turns ------------------------------------------------------------------------------ */

static void locks_and_counts(void *context)
{
	struct state *s = context;
	u32 me = KE_ADD(&s->nth, 1) - 1;

	if (s->odd)
		ke_point(SCHED_USER, NULL);
	while (!KE_GET(&s->flag)) {
		enum ke_irql before = ke_lock(&s->own[me]);

		KE_SET(&s->per[me], s->per[me] + 1);
		if (s->per[me] > 1000 && KE_GET(&s->per[!me]) > 1000)
			KE_SET(&s->flag, 1);
		ke_unlock(&s->own[me], before);
	}
}

/* Half of the points of both are at DISPATCH, where no thread takes turns. */
static void turns_of(unsigned cpus, bool odd)
{
	struct state s;
	struct machine m = settled(&s, cpus);

	s.odd = odd;
	ke_lock_init(&s.own[0], "one");
	ke_lock_init(&s.own[1], "two");
	for (u32 i = 1; i < cpus; i++)
		thread_on(&s, i, goes_on);
	threads_of(&s, 2, locks_and_counts);
	CHECK_EQ(sched_run_to(m.s, sched_now(m.s) + 300 * MS), EX_IDLE);
	KE_SET(&s.go, 1);
	KE_SET(&s.flag, 1);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK(s.per[0] > 1000);
	CHECK(s.per[1] > 1000);
	machine_free(&m);
}

static void threads_take_turns(void)
{
	turns_of(1, false);
	turns_of(1, true);
	turns_of(2, false);
	turns_of(2, true);
}

/* --- other machines -------------------------------------------------------------------- */

static void ran(void *context, void *arg1, void *arg2)
{
	struct state *s = context;

	(void)arg1;
	(void)arg2;
	KE_ADD(&s->ran, 1);
}

static void sets_a_timer_of_another(void *context)
{
	struct state *s = context;

	ke_sleep(20 * MS);
	ke_timer_set(&s->timer, 5 * MS, 0, &s->dpc);
}

/* Whose lane sleeps for ever. */
static void a_timer_of_another_machine(void)
{
	struct state s;
	struct machine m = settled(&s, 2);
	struct ex *other = ex_new(&(struct ex_config){ .name = "o", .cpus = 2 },
				  m.s);

	ke_timer_init(&s.timer, "timer");
	s.timer.x = other;
	ke_dpc_init(&s.dpc, ran, &s);
	thread_on(&s, 1, sets_a_timer_of_another);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.ran, 1);
	ex_free(other);
	machine_free(&m);
}

static void breaks(void *context)
{
	struct state *s = context;

	KE_ADD(&s->nth, 1);
	while (KE_GET(&s->nth) < KE_GET(&s->go))
		;
	ke_bugcheck(0xdead, 1, 2, 3, 4);
}

/* Both are told of, one a run; all CPUs of both at once. */
static void two_machines_stop(void)
{
	for (u32 i = 0; i < 20; i++) {
		struct state s;
		struct machine m = live_of(&s, 2);
		struct ex *other = ex_new(&(struct ex_config){ .name = "o",
							       .cpus = 2 },
					  m.s);
		struct ex *first;

		s.go = 4;
		threads_of(&s, 2, breaks);
		s.x = other;
		threads_of(&s, 2, breaks);
		CHECK_EQ(sched_run(m.s, NULL, NULL), EX_BUGCHECK);
		first = sched_stopped(m.s);
		CHECK(first == m.x || first == other);
		CHECK_EQ(sched_run(m.s, NULL, NULL), EX_BUGCHECK);
		CHECK(sched_stopped(m.s) == (first == m.x ? other : m.x));
		CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
		ex_free(i % 2 ? other : m.x);
		m.x = i % 2 ? m.x : other;
		machine_free(&m);
	}
}

static void sleeps_and_breaks(void *context)
{
	(void)context;
	ke_sleep(10 * MS);
	ke_bugcheck(0xdead, 1, 2, 3, 4);
}

/* The other one is not done with, and what the first one had is no reason to wait. */
static void one_of_two_stops(void)
{
	struct state s, o;
	struct machine m = live_of(&s, 2);
	struct ex *other = ex_new(&(struct ex_config){ .name = "o", .cpus = 3 },
				  m.s);
	u64 begun;

	o = s;
	o.x = other;
	s.fd = eventfd(0, EFD_CLOEXEC);
	CHECK(sched_watch(m.s, m.x, s.fd, false, nothing, NULL));
	ke_timer_init(&s.timer, "timer");
	s.timer.x = m.x;
	ke_timer_set(&s.timer, 3600 * SECOND, 0, NULL);
	threads_of(&s, 1, sleeps_and_breaks);
	threads_of(&o, 4, goes_on);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_BUGCHECK);
	CHECK(sched_stopped(m.s) == m.x);
	CHECK(ex_call(other, ends, &o.ran));
	CHECK(!ex_call(m.x, ends, &s.ran));
	KE_SET(&o.go, 1);
	begun = sched_now(m.s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK(sched_now(m.s) - begun < 60 * SECOND);
	CHECK_EQ(o.ran, 1);
	sched_unwatch(m.s, s.fd);
	close(s.fd);
	ex_free(m.x);
	CHECK(ex_call(other, ends, &o.ran));
	m.x = ex_new(&(struct ex_config){ .name = "n", .cpus = 3 }, m.s);
	CHECK(ex_call(m.x, ends, &o.ran));
	CHECK(ex_call(other, ends, &o.ran));
	CHECK_EQ(o.ran, 4);
	ex_free(other);
	machine_free(&m);
}

/* --- stops with something held ----------------------------------------------------------- */

static void allocates(void *context)
{
	struct state *s = context;

	for (;;) {
		ex_free_pool(s->x, ex_alloc(s->x, EX_NONPAGED, 40, TAG), TAG);
		KE_ADD(&s->sum, 1);
	}
}

static void touch_guard(void)
{
	volatile u8 *low = ke_current->lane->running->low;

	low[-1] = 1;
}

static void overflows_with_latch(void *context)
{
	struct state *s = context;

	while (KE_GET(&s->sum) < 1000)
		ke_sleep(MS / 10);
	ke_latch(&s->x->pool[EX_NONPAGED]->latch);
	ke_latch(&s->x->pages.latch);
	usleep(20000);               /* the others come, and want it */
	touch_guard();
}

static void overflows_with_lock(void *context)
{
	struct state *s = context;

	while (KE_GET(&s->sum) < 1000)
		ke_sleep(MS / 10);
	dispatch_lock();
	dispatch_lock();
	usleep(20000);
	touch_guard();
}

static void an_overflow_with(ke_thread_fn *fn)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);
	struct ex_pool_state pool;

	threads_of(&s, CPUS - 1, allocates);
	threads_of(&s, 1, fn);
	check_bugcheck(&m, 0x7f, 8);
	ex_pool_state(m.x, EX_NONPAGED, &pool);
	CHECK(pool.allocs > 0);
	machine_free(&m);
}

static void stops_at_every_depth(struct state *s, unsigned n)
{
	volatile u8 pad[24];

	pad[0] = (u8)n;
	KE_SET(&ke_current->lane->slow, 1);
	ke_point(SCHED_USER, NULL);
	if (n)
		stops_at_every_depth(s, n + 1);
	s->sum += pad[0];
}

static void goes_deep(void *context)
{
	struct state *s = context;
	volatile u8 *room = __builtin_alloca(s->nth * 16 + 16);

	room[0] = 1;
	stops_at_every_depth(s, 1);
	s->sum += room[0];
}

/* Wherever on the way to the host: it is the machine's end, not the process's. */
static void an_overflow_in_a_switch(void)
{
	for (u32 i = 0; i < 12; i++) {
		struct state s;
		struct machine m = live_of(&s, 2);

		s.nth = i;
		threads_of(&s, 1, goes_deep);
		check_bugcheck(&m, 0x7f, 8);
		CHECK(ex_bugcheck(m.x) && ex_bugcheck(m.x)->thread);
		machine_free(&m);
	}
}

static void an_overflow_with_a_latch(void)
{
	an_overflow_with(overflows_with_latch);
}

static void an_overflow_with_the_lock(void)
{
	an_overflow_with(overflows_with_lock);
}

/* --- descriptors -------------------------------------------------------------------------- */

static void hit(void *ctx)
{
	struct state *s = ctx;

	KE_ADD(&s->sum, 1);
}

static void watches(void *context)
{
	struct state *s = context;

	for (u32 i = 0; i < 300; i++) {
		int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
		u64 was = KE_GET(&s->sum);

		if (fd < 0 || !sched_watch(s->s, s->x, fd, false, hit, s)) {
			KE_ADD(&s->nth, 1);
			return;
		}
		while (i % 4 && KE_GET(&s->sum) == was)
			ke_sleep(1000);
		sched_unwatch(s->s, fd);
		close(fd);
	}
	KE_ADD(&s->ran, 1);
}

/* By threads of any CPU, while their DPCs run on CPU 0. */
static void watches_come_and_go(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	threads_of(&s, CPUS, watches);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.ran, CPUS);
	CHECK_EQ(s.nth, 0);
	CHECK_EQ(m.s->nwatches, 0);
	CHECK(s.sum > 0);
	machine_free(&m);
}

/* --- host threads --------------------------------------------------------------------------- */

/* The host has no memory for their stacks. */
static void no_host_threads(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);
	pthread_attr_t a;
	size_t was;

	CHECK(!pthread_getattr_default_np(&a));
	CHECK(!pthread_attr_getstacksize(&a, &was));
	CHECK(!pthread_attr_setstacksize(&a, (size_t)1 << 46));
	CHECK(!pthread_setattr_default_np(&a));
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_STOPPED);
	CHECK(!pthread_attr_setstacksize(&a, was));
	CHECK(!pthread_setattr_default_np(&a));
	CHECK(ex_call(m.x, ends, &s.ran));
	CHECK_EQ(s.ran, 1);
	machine_free(&m);
}

int main(void)
{
	alarm(300);                  /* what is lost is not waited for */
	RUN(until_is_asked_for_the_busy);
	RUN(until_is_asked_again);
	RUN(a_limit_is_no_deadlock);
	RUN(a_limit_ends_the_busy);
	RUN(threads_take_turns);
	RUN(a_timer_of_another_machine);
	RUN(two_machines_stop);
	RUN(one_of_two_stops);
	RUN(an_overflow_with_a_latch);
	RUN(an_overflow_with_the_lock);
	if (!CO_TSAN)                /* whose own code overflows, with signals off */
		RUN(an_overflow_in_a_switch);
	RUN(watches_come_and_go);
	RUN(no_host_threads);
	return test_done();
}
