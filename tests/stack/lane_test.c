// SPDX-License-Identifier: Apache-2.0
/* Live with several CPUs: a host thread for each, at work at the same time, on all
 * that the executive shares. What is added up here is added up without atomics
 * where a lock of the machine is to see to it. */
#include "machine.h"
#include "sched/inside.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define CPUS 4u
#define ROUNDS 20000u
#define MS UINT64_C(1000000)
#define TAG EX_TAG('T', 'e', 's', 't')

struct state {
	struct ex *x;
	struct sched *s;
	unsigned threads;            /* that go on */
	u32 nth;                     /* of those that have begun */
	struct ke_lock lock;
	u64 sum;                     /* under it */
	u64 tried, odd;
	struct ke_event event, answer, all[3], each[3];
	struct ke_semaphore semaphore;
	struct ke_mutex mutex;
	struct ex_resource resource;
	u64 pair[2];                 /* under whatever the test is about */
	struct ke_dpc dpc[CPUS];
	u64 queued, ran;
	struct ke_timer timer[CPUS];
	struct ex_work work[64];
	u32 flag[2], tid[CPUS], other_tid;
	void *block[64];
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

static void threads_of(struct state *s, unsigned n, ke_thread_fn *fn)
{
	for (unsigned i = 0; i < n; i++)
		thread_of(s->x, "worker", fn, s);
}

/* That many threads of fn, to their end. */
static void run_of(struct state *s, unsigned n, ke_thread_fn *fn)
{
	threads_of(s, n, fn);
	CHECK_EQ(sched_run(s->s, NULL, NULL), EX_IDLE);
}

static u64 host_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* --- at the same time ------------------------------------------------------------- */

/* No point in it: one CPU after the other would wait for ever. */
static void meet(void *context)
{
	struct state *s = context;
	u32 me = KE_ADD(&s->nth, 1) - 1;
	u64 until = host_ns() + 20000 * MS;

	KE_SET(&s->flag[me], 1);
	while (!KE_GET(&s->flag[!me]) && host_ns() < until)
		;
	KE_ADD(&s->sum, KE_GET(&s->flag[!me]));
}

static void two_are_at_work(void)
{
	struct state s;
	struct machine m = live_of(&s, 2);

	run_of(&s, 2, meet);
	CHECK_EQ(s.sum, 2);
	machine_free(&m);
}

static void note_tid(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < 200; i++) {
		enum ke_irql before = ke_raise(KE_DISPATCH);
		u32 me = (u32)gettid(), was = s->tid[ke_cpu_number()];

		if (was && was != me)
			KE_ADD(&s->odd, 1);
		s->tid[ke_cpu_number()] = me;
		ke_lower(before);
		ke_sleep(MS / 10);
	}
}

static void each_cpu_is_a_host_thread(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	run_of(&s, CPUS * 2, note_tid);
	CHECK_EQ(s.odd, 0);
	CHECK_EQ(s.tid[0], gettid());
	for (unsigned i = 0; i < CPUS; i++)
		for (unsigned k = 0; k < i; k++)
			CHECK(s.tid[i] != s.tid[k] || !s.tid[i]);
	CHECK(s.tid[1] || s.tid[2] || s.tid[3]);
	machine_free(&m);
}

/* --- locks --------------------------------------------------------------------------- */

static void adds(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < ROUNDS; i++) {
		enum ke_irql before = ke_lock(&s->lock);

		s->pair[0]++;
		s->sum += s->pair[0] != s->pair[1] + 1;
		s->pair[1]++;
		ke_unlock(&s->lock, before);
	}
}

static void tries(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < ROUNDS; i++) {
		enum ke_irql before;

		if (!ke_trylock(&s->lock, &before))
			continue;
		s->pair[0]++;
		s->sum += s->pair[0] != s->pair[1] + 1;
		s->pair[1]++;
		s->tried++;
		ke_unlock(&s->lock, before);
	}
}

static void spin_locks_of(bool queued)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	if (queued)
		ke_lock_init_queued(&s.lock, "queued");
	threads_of(&s, CPUS, adds);
	run_of(&s, 2, tries);
	CHECK_EQ(s.sum, 0);
	CHECK_EQ(s.pair[0], CPUS * ROUNDS + s.tried);
	CHECK_EQ(s.pair[1], s.pair[0]);
	CHECK(!s.lock.owner);
	machine_free(&m);
}

static void spin_locks(void)
{
	spin_locks_of(false);
}

static void queued_locks(void)
{
	spin_locks_of(true);
}

/* --- objects --------------------------------------------------------------------------- */

static void pings(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < ROUNDS; i++) {
		s->sum++;
		ke_event_set(&s->event);
		CHECK_EQ(ke_wait(&s->answer, KE_FOREVER), EX_SUCCESS);
	}
}

static void pongs(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < ROUNDS; i++) {
		CHECK_EQ(ke_wait(&s->event, KE_FOREVER), EX_SUCCESS);
		s->sum++;
		ke_event_set(&s->answer);
	}
}

static void events(void)
{
	struct state s;
	struct machine m = live_of(&s, 2);

	ke_event_init(&s.event, "event", true, false);
	ke_event_init(&s.answer, "answer", true, false);
	threads_of(&s, 1, pings);
	run_of(&s, 1, pongs);
	CHECK_EQ(s.sum, 2 * ROUNDS);
	machine_free(&m);
}

static void produces(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < ROUNDS; i++)
		ke_semaphore_release(&s->semaphore, 1);
}

/* Its limit and the release meet: what was not taken is there still. */
static void consumes(void *context)
{
	struct state *s = context;
	unsigned got = 0;

	for (unsigned late = 0; got < ROUNDS && late < 1000;)
		if (ke_wait(&s->semaphore, 20000) == EX_SUCCESS)
			got++;
		else
			late++;
	KE_ADD(&s->sum, got);
}

static void semaphores(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	ke_semaphore_init(&s.semaphore, "semaphore", 0, 1 << 30);
	threads_of(&s, 3, consumes);
	run_of(&s, 3, produces);
	CHECK_EQ(s.sum + (u64)s.semaphore.h.signal, 3 * ROUNDS);
	CHECK(s.sum > 0);
	machine_free(&m);
}

static void owns(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < ROUNDS / 4; i++) {
		ke_wait(&s->mutex, KE_FOREVER);
		ke_wait(&s->mutex, KE_FOREVER);
		s->pair[0]++;
		if (i % 64 == 0)
			ke_sleep(1000);
		s->sum += s->pair[0] != s->pair[1] + 1;
		s->pair[1]++;
		ke_mutex_release(&s->mutex);
		ke_mutex_release(&s->mutex);
	}
}

static void mutexes(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	ke_mutex_init(&s.mutex, "mutex");
	run_of(&s, 6, owns);
	CHECK_EQ(s.sum, 0);
	CHECK_EQ(s.pair[0], 6 * (ROUNDS / 4));
	machine_free(&m);
}

static void sets_all(void *context)
{
	struct state *s = context;
	u32 me = KE_ADD(&s->nth, 1) - 1;

	for (unsigned i = 0; i < ROUNDS / 4; i++) {
		ke_event_set(&s->all[me]);
		CHECK_EQ(ke_wait(&s->each[me], KE_FOREVER), EX_SUCCESS);
	}
}

static void waits_for_all(void *context)
{
	struct state *s = context;
	void *const all[] = { &s->all[0], &s->all[1], &s->all[2] };

	for (unsigned i = 0; i < ROUNDS / 4; i++) {
		CHECK_EQ(ke_wait_many(all, 3, true, KE_FOREVER, NULL),
			 EX_SUCCESS);
		s->sum++;
		for (int k = 0; k < 3; k++)
			ke_event_set(&s->each[k]);
	}
}

static void waits_for_several(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	for (int i = 0; i < 3; i++) {
		ke_event_init(&s.all[i], "one", true, false);
		ke_event_init(&s.each[i], "answer", true, false);
	}
	threads_of(&s, 3, sets_all);
	run_of(&s, 1, waits_for_all);
	CHECK_EQ(s.sum, ROUNDS / 4);
	machine_free(&m);
}

static void writes_pair(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < ROUNDS / 8; i++) {
		ex_resource_exclusive(&s->resource, true);
		s->pair[0]++;
		ke_point(SCHED_USER, NULL);
		s->pair[1]++;
		ex_resource_release(&s->resource);
	}
}

static void reads_pair(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < ROUNDS / 8; i++) {
		ex_resource_shared(&s->resource, true);
		if (s->pair[0] != s->pair[1])
			KE_ADD(&s->odd, 1);
		ex_resource_release(&s->resource);
	}
}

static void resources(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	ex_resource_init(&s.resource, "resource");
	threads_of(&s, 3, writes_pair);
	run_of(&s, 3, reads_pair);
	CHECK_EQ(s.odd, 0);
	CHECK_EQ(s.pair[0], 3 * (ROUNDS / 8));
	CHECK_EQ(s.pair[1], s.pair[0]);
	ex_resource_fini(&s.resource);
	machine_free(&m);
}

/* --- DPCs, timers, work, pool, threads ---------------------------------------------------- */

static void counts(void *context, void *arg1, void *arg2)
{
	struct state *s = context;

	(void)arg1;
	(void)arg2;
	KE_ADD(&s->ran, 1);
}

static void queues(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ke_dpc *d = &s->dpc[i % CPUS];

		if (ke_dpc_queue(d, NULL, NULL))
			KE_ADD(&s->queued, 1);
		if (i % 16 == 0 && ke_dpc_remove(d))
			KE_ADD(&s->queued, -1);
	}
}

static void dpcs(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	for (unsigned i = 0; i < CPUS; i++) {
		ke_dpc_init(&s.dpc[i], counts, &s);
		s.dpc[i].target = (s32)i;
	}
	run_of(&s, CPUS, queues);
	CHECK(s.ran > 0);
	CHECK_EQ(s.ran, s.queued);
	machine_free(&m);
}

static void sets_timers(void *context)
{
	struct state *s = context;
	u32 me = KE_ADD(&s->nth, 1) - 1;
	struct ke_timer *t = &s->timer[me];

	for (unsigned i = 0; i < ROUNDS / 40; i++) {
		ke_timer_set(t, 1000 * (i % 4), 0, NULL);
		if (i % 2)
			ke_timer_cancel(t);
		else
			CHECK_EQ(ke_wait(t, KE_FOREVER), EX_SUCCESS);
		/* another's, which its CPU has in its heap */
		ke_timer_set(&s->timer[(me + 1) % CPUS], 500, 0, NULL);
	}
	ke_timer_set(t, 500, 0, NULL);
}

static void timers(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	for (unsigned i = 0; i < CPUS; i++) {
		ke_timer_init(&s.timer[i], "timer");
		s.timer[i].x = m.x;
	}
	run_of(&s, CPUS, sets_timers);
	for (unsigned i = 0; i < CPUS; i++)
		CHECK_EQ(s.timer[i].heap, 0);
	CHECK_EQ(m.s->foreground, 0);
	machine_free(&m);
}

static void works(void *context)
{
	struct state *s = context;

	if (KE_ADD(&s->ran, 1) % 8 == 0)
		ke_sleep(1000);
}

static void queues_work(void *context)
{
	struct state *s = context;
	u32 first = (KE_ADD(&s->nth, 1) - 1) * 16;

	for (unsigned i = 0; i < ROUNDS / 20; i++) {
		struct ex_work *w = &s->work[first + i % 16];

		while (KE_GET(&w->queued))
			ke_sleep(1000);
		ex_work_queue(s->x, w, (enum ex_queue)(i % 2));
	}
}

static void work_items(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);
	struct ex_queue_state q;

	for (int i = 0; i < 64; i++)
		ex_work_init(&s.work[i], works, &s);
	run_of(&s, 4, queues_work);
	CHECK_EQ(s.ran, 4 * (ROUNDS / 20));
	ex_queue_state(m.x, EX_CRITICAL, &q);
	CHECK_EQ(q.processed, s.ran / 2);
	CHECK_EQ(q.depth, 0);
	machine_free(&m);
}

static void allocates(void *context)
{
	struct state *s = context;
	u32 me = KE_ADD(&s->nth, 1), k = me * 7919;

	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t n = (k = k * 1103515245 + 12345) >> 16 & 2047;
		u32 *p = ex_alloc(s->x, EX_NONPAGED, n + 8, TAG);
		void *old;

		if (!p) {
			KE_ADD(&s->odd, 1);
			continue;
		}
		p[0] = p[1] = me;
		if (i % 500 == 0)
			ke_point(SCHED_USER, NULL);
		if (p[0] != me || p[1] != me)
			KE_ADD(&s->odd, 1);
		old = __atomic_exchange_n(&s->block[k >> 8 & 63], p,
					  __ATOMIC_ACQ_REL);
		ex_free_pool(s->x, old, TAG);
	}
}

static void pool(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	run_of(&s, CPUS, allocates);
	CHECK_EQ(s.odd, 0);
	for (int i = 0; i < 64; i++)
		ex_free_pool(m.x, s.block[i], TAG);
	check_none_left(m.x, "Test");
	machine_free(&m);
}

static void ends(void *context)
{
	KE_ADD((u64 *)context, 1);
}

static void creates(void *context)
{
	struct state *s = context;

	for (unsigned i = 0; i < ROUNDS / 40; i++) {
		struct ke_thread *t = ke_thread_create(s->x, "short", i % 16,
						       ends, &s->ran);

		CHECK(t != NULL);
		if (!t)
			return;
		ke_wait(ke_thread_object(t), KE_FOREVER);
		ke_thread_put(t);
	}
}

static void threads(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);
	u32 before = m.x->nthreads;

	run_of(&s, CPUS, creates);
	CHECK_EQ(s.ran, CPUS * (ROUNDS / 40));
	CHECK_EQ(m.x->nthreads, before);
	machine_free(&m);
}

/* --- the end of a run ---------------------------------------------------------------------- */

static void goes_on(void *context)
{
	struct state *s = context;

	for (;;) {
		enum ke_irql before = ke_lock(&s->lock);

		KE_SET(&s->sum, s->sum + 1);
		ke_unlock(&s->lock, before);
	}
}

static void breaks(void *context)
{
	(void)context;
	ke_sleep(20 * MS);
	ke_bugcheck(0xdead, 1, 2, 3, 4);
}

static void a_bug_check_stops_all(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);
	u64 sum;

	threads_of(&s, CPUS - 1, goes_on);
	threads_of(&s, 1, breaks);
	check_bugcheck(&m, 0xdead, 1);
	sum = s.sum;
	usleep(20000);
	CHECK(sum > 0);
	CHECK_EQ(s.sum, sum);
	machine_free(&m);
}

__attribute__((noinline)) static unsigned deeper(unsigned n)
{
	volatile u8 big[512];

	big[0] = (u8)n;
	return n ? deeper(n + 1) + big[0] : 0;
}

static void overflows(void *context)
{
	struct state *s = context;
	enum ke_irql before;

	for (unsigned i = 0; i < 200 && ke_cpu_number() == 0; i++)
		ke_sleep(MS);
	before = ke_raise(KE_DISPATCH);
	s->nth = ke_cpu_number();
	s->sum = deeper(1);
	ke_lower(before);
}

/* On whichever CPU: each host thread has an alternate stack. */
static void an_overflow_of_any(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	threads_of(&s, 1, overflows);
	check_bugcheck(&m, 0x7f, 8);
	CHECK(ex_bugcheck(m.x) && ex_bugcheck(m.x)->cpu == m.x->cpu[s.nth]);
	machine_free(&m);
}

static struct ke_lock *two_locks(struct state *s, u32 i)
{
	return i ? &s->lock : (struct ke_lock *)(void *)s->block;
}

static void takes_two(void *context)
{
	struct state *s = context;
	u32 me = KE_ADD(&s->nth, 1) - 1;
	enum ke_irql before = ke_lock(two_locks(s, me));

	KE_SET(&s->flag[me], 1);
	while (!KE_GET(&s->flag[!me]))
		ke_point(SCHED_USER, NULL);
	ke_lock_dpc(two_locks(s, !me));
	ke_unlock_dpc(two_locks(s, !me));
	ke_unlock(two_locks(s, me), before);
}

static void a_circle_of_locks(void)
{
	struct state s;
	struct machine m = live_of(&s, 2);

	ke_lock_init(two_locks(&s, 0), "other");
	threads_of(&s, 2, takes_two);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_DEADLOCK);
	CHECK(strstr(ex_stop_text(m.x), "spins for lock other") != NULL);
	CHECK(strstr(ex_stop_text(m.x), "spins for lock lock") != NULL);
	CHECK(strstr(ex_stop_text(m.x), "a circle") != NULL);
	machine_free(&m);
}

static bool enough(void *ctx)
{
	struct state *s = ctx;

	return KE_GET(&s->sum) >= s->tried;
}

/* Between runs nothing moves, and every run goes on where the last one ended. */
static void runs_go_on(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);
	u64 sum;

	threads_of(&s, CPUS + 2, goes_on);
	for (unsigned i = 1; i <= 50; i++) {
		s.tried = s.sum + 1000;
		CHECK_EQ(sched_run(m.s, enough, &s), EX_RUNNING);
		sum = s.sum;
		CHECK(sum >= s.tried);
		if (i % 10 == 0)
			usleep(1000);
		CHECK_EQ(s.sum, sum);
	}
	machine_free(&m);
}

static void calls_from_outside(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);

	for (unsigned i = 0; i < 500; i++)
		CHECK(ex_call(m.x, ends, &s.ran));
	CHECK_EQ(s.ran, 500);
	machine_free(&m);
}

static void sleeps(void *context)
{
	(void)context;
	ke_sleep(300 * MS);
}

static u64 cpu_ns(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return ((u64)r.ru_utime.tv_sec + (u64)r.ru_stime.tv_sec) * 1000 * MS +
	       ((u64)r.ru_utime.tv_usec + (u64)r.ru_stime.tv_usec) * 1000;
}

static void who_has_nothing_to_do_sleeps(void)
{
	struct state s;
	struct machine m = live_of(&s, CPUS);
	u64 before = cpu_ns();

	run_of(&s, 8, sleeps);
	CHECK(cpu_ns() - before < 150 * MS);
	machine_free(&m);
}

/* Two machines of one scheduler interrupt each other. */
static void far_dpc(void *context, void *arg1, void *arg2)
{
	struct state *s = context;

	(void)arg2;
	if (++s->ran < ROUNDS / 4)
		ex_interrupt(arg1, &s->dpc[s->ran % 2], ke_machine(), NULL);
}

static void two_machines(void)
{
	struct state s;
	struct machine m = live_of(&s, 1);
	struct ex *other = ex_new(&(struct ex_config){ .name = "o", .cpus = 1 },
				  m.s);

	CHECK(other != NULL);
	ke_dpc_init(&s.dpc[0], far_dpc, &s);
	ke_dpc_init(&s.dpc[1], far_dpc, &s);
	CHECK(ex_interrupt(m.x, &s.dpc[0], other, NULL));
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.ran, ROUNDS / 4);
	ex_free(other);
	CHECK(ex_call(m.x, ends, &s.ran));
	machine_free(&m);
}

int main(void)
{
	RUN(two_are_at_work);
	RUN(each_cpu_is_a_host_thread);
	RUN(spin_locks);
	RUN(queued_locks);
	RUN(events);
	RUN(semaphores);
	RUN(mutexes);
	RUN(waits_for_several);
	RUN(resources);
	RUN(dpcs);
	RUN(timers);
	RUN(work_items);
	RUN(pool);
	RUN(threads);
	RUN(a_bug_check_stops_all);
	RUN(an_overflow_of_any);
	RUN(a_circle_of_locks);
	RUN(runs_go_on);
	RUN(calls_from_outside);
	RUN(who_has_nothing_to_do_sleeps);
	RUN(two_machines);
	return test_done();
}
