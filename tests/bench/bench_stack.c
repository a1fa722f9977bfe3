// SPDX-License-Identifier: Apache-2.0
/*
 * The executive and the scheduler: locks, pool, points, decisions, waits, what
 * a trace costs.  Floors: a pthread spin lock, malloc, a bare switch of stacks.
 */
#include "ex/co.h"
#include "sched/sched.h"
#include "trace/trace.h"
#include "bench.h"

#include <pthread.h>
#include <stdbool.h>

#define N 5000000

struct run {
	struct ex *x;
	struct ke_lock lock;
	struct ke_event ping, pong;
	double ns;
	bool seen;
};

static double per(double begun)
{
	return (bench_cpu() - begun) * 1e9 / N;
}

/* The best of three, in a machine with so many CPUs. */
static double in_machine(void (*fn)(void *ctx), const struct ex_config *c,
			 struct run *r)
{
	double best = 1e9;

	for (int i = 0; i < 3; i++) {
		struct sched *s = sched_new(&(struct sched_config){ .seed = 1 });

		r->x = ex_new(c, s);
		ke_lock_init(&r->lock, "bench");
		ex_call(r->x, fn, r);
		best = r->ns < best ? r->ns : best;
		ex_free(r->x);
		sched_free(s);
	}
	return best;
}

static void locks(void *ctx)
{
	struct run *r = ctx;
	double t = bench_cpu();

	for (int i = 0; i < N; i++) {
		enum ke_irql before = ke_lock(&r->lock);

		ke_unlock(&r->lock, before);
	}
	r->ns = per(t);
}

static void points(void *ctx)
{
	struct run *r = ctx;
	double t = bench_cpu();

	for (int i = 0; i < N; i++)
		ke_point(SCHED_USER, NULL);
	r->ns = per(t);
}

static void pool(void *ctx)
{
	struct run *r = ctx;
	double t = bench_cpu();
	void *live[16] = { NULL };

	for (int i = 0; i < N; i++) {
		void **at = &live[i & 15];

		ex_free_pool(r->x, *at, EX_TAG('B', 'n', 'c', 'h'));
		*at = ex_alloc(r->x, EX_NONPAGED, 100 + (size_t)(i & 1) * 1400,
			       EX_TAG('B', 'n', 'c', 'h'));
	}
	r->ns = per(t);
}

static void tracing(void *ctx)
{
	struct run *r = ctx;
	double t = bench_cpu();

	for (int i = 0; i < N; i++)
		TRACE(tcp_segment_in, r, i, i, i);
	r->ns = per(t);
}

/* --- decisions ----------------------------------------------------------------------- */

static void steps_thread(void *ctx)
{
	(void)ctx;
	for (int i = 0; i < N / 4; i++)
		ke_point(SCHED_USER, NULL);
}

/* Four CPUs that all could go on at every point. */
static double steps(enum sched_policy policy)
{
	struct sched *s = sched_new(&(struct sched_config){ .policy = policy,
							    .seed = 1 });
	struct ex *x = ex_new(&(struct ex_config){ .cpus = 4 }, s);
	double t;

	for (int i = 0; i < 4; i++)
		ke_thread_put(ke_thread_create(x, "steps", 8, steps_thread,
					       NULL));
	t = bench_cpu();
	sched_run(s, NULL, NULL);
	t = (bench_cpu() - t) * 1e9 / (double)sched_steps(s);
	ex_free(x);
	sched_free(s);
	return t;
}

static void ponger(void *ctx)
{
	struct run *r = ctx;

	for (int i = 0; i < N / 4; i++) {
		ke_wait(&r->ping, KE_FOREVER);
		ke_event_set(&r->pong);
	}
}

/* A wait and its wake, twice a round. */
static void waits(void *ctx)
{
	struct run *r = ctx;
	double t = bench_cpu();

	ke_event_init(&r->ping, "ping", true, false);
	ke_event_init(&r->pong, "pong", true, false);
	ke_thread_put(ke_thread_create(r->x, "ponger", 8, ponger, r));
	for (int i = 0; i < N / 4; i++) {
		ke_event_set(&r->ping);
		ke_wait(&r->pong, KE_FOREVER);
	}
	r->ns = per(t) * 2;
}

/* --- floors ----------------------------------------------------------------------------- */

static double floor_lock(void)
{
	pthread_spinlock_t l;
	double t;

	pthread_spin_init(&l, 0);
	t = bench_cpu();
	for (int i = 0; i < N; i++) {
		pthread_spin_lock(&l);
		pthread_spin_unlock(&l);
	}
	return per(t);
}

static double floor_malloc(void)
{
	void *live[16] = { NULL };
	double t = bench_cpu();

	for (int i = 0; i < N; i++) {
		void *volatile *at = &live[i & 15];

		free(*at);
		*at = malloc(100 + (size_t)(i & 1) * 1400);
	}
	return per(t);
}

static struct co host, other;

static void bounce(void *arg)
{
	(void)arg;
	for (;;)
		co_switch(&other, &host);
}

static double floor_switch(void)
{
	static uint8_t stack[65536] __attribute__((aligned(16)));
	double t;

	co_make(&other, stack, sizeof(stack), bounce, NULL);
	t = bench_cpu();
	for (int i = 0; i < N / 2; i++)
		co_switch(&host, &other);
	return per(t);
}

static void line(const char *name, double ns, double floor)
{
	bench_line(name, ns, "ns", floor, ns / floor);
}

int main(void)
{
	const struct ex_config one = { .cpus = 1 };
	const struct ex_config record = { .cpus = 1, .flight_recorder = true };
	struct run r = { .seen = false };
	double lock = floor_lock(), heap = floor_malloc();
	double bare = floor_switch();

	line("stack_lock_unlock", in_machine(locks, &one, &r), lock);
	line("stack_lock_unlock_recorded", in_machine(locks, &record, &r), lock);
	line("stack_pool_alloc_free", in_machine(pool, &one, &r), heap);
	line("stack_point_one_cpu", in_machine(points, &one, &r), bare);
	line("stack_trace_off", in_machine(tracing, &one, &r), bare);
	line("stack_trace_recorded", in_machine(tracing, &record, &r), bare);
	line("stack_step_random", steps(SCHED_RANDOM), bare);
	line("stack_step_pct", steps(SCHED_PCT), bare);
	line("stack_step_round_robin", steps(SCHED_ROUND_ROBIN), bare);
	line("stack_step_run_on", steps(SCHED_RUN_ON), bare);
	line("stack_wait_wake", in_machine(waits, &one, &r), bare);
	return 0;
}
