// SPDX-License-Identifier: Apache-2.0
/* Live: descriptors wake a machine, the clock is the host's, and the loop ends
 * when nobody waits for anything. */
#include "machine.h"
#include "sched/inside.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

struct state {
	struct ex *x;
	struct sched *s;
	int fd[2], back[2];
	struct ke_event e;
	char got[64];
	unsigned n, calls, sent;
	bool in_dpc;
	u64 sleep, slept;            /* 0: 20 ms; how long it was */
};

static struct machine live_new(struct state *s)
{
	struct machine m = machine_of(
		&(struct sched_config){ .policy = SCHED_LIVE },
		&(struct ex_config){ .cpus = 2 });

	*s = (struct state){ .x = m.x, .s = m.s };
	ke_event_init(&s->e, "e", true, false);
	CHECK(!pipe(s->fd) && !pipe2(s->back, O_NONBLOCK));
	return m;
}

static void live_free(struct machine *m, struct state *s)
{
	machine_free(m);
	for (int i = 0; i < 2; i++) {
		close(s->fd[i]);
		close(s->back[i]);
	}
}

static u64 host_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* --- a descriptor ------------------------------------------------------------------- */

static void readable(void *ctx)
{
	struct state *s = ctx;
	ssize_t n = read(s->fd[0], s->got + s->n, sizeof(s->got) - s->n);

	s->in_dpc = ke_in_dpc() && ke_cpu_number() == 0;
	s->calls++;
	if (n > 0)
		s->n += (unsigned)n;
	ke_event_set(&s->e);
	if (n == 0)
		sched_unwatch(s->s, s->fd[0]);
}

/* Answers each wake with a byte, so that the writer is in step. */
static void reader(void *context)
{
	struct state *s = context;

	while (s->n < 3) {
		ke_wait(&s->e, KE_FOREVER);
		CHECK_EQ(write(s->back[1], "!", 1), 1);
	}
}

static bool writes_next(void *ctx)
{
	struct state *s = ctx;
	char c;

	if (s->sent == s->n && s->sent < 3 &&
	    (!s->sent || read(s->back[0], &c, 1) == 1))
		CHECK_EQ(write(s->fd[1], &"abc"[s->sent++], 1), 1);
	return s->n == 3;
}

static void a_descriptor_wakes(void)
{
	struct state s;
	struct machine m = live_new(&s);

	CHECK(sched_watch(m.s, m.x, s.fd[0], false, readable, &s));
	thread_of(m.x, "reader", reader, &s);
	CHECK_EQ(sched_run(m.s, writes_next, &s), EX_RUNNING);
	CHECK_EQ(s.calls, 3);
	CHECK(s.in_dpc);
	CHECK(!memcmp(s.got, "abc", 3));
	/* the end of the pipe takes the watch away, and that is all there was */
	close(s.fd[1]);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.calls, 4);
	live_free(&m, &s);
}

static void writable(void *ctx)
{
	struct state *s = ctx;

	s->calls++;
	sched_unwatch(s->s, s->fd[1]);
}

static void room_to_write_wakes(void)
{
	struct state s;
	struct machine m = live_new(&s);

	CHECK(sched_watch(m.s, m.x, s.fd[1], true, writable, &s));
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.calls, 1);
	live_free(&m, &s);
}

/* Its DPC is queued when the watch is taken away, and about to begin when the host
 * looks outside, where watches that are gone are freed. */
static void unwatches(void *context)
{
	struct state *s = context;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	CHECK_EQ(write(s->fd[1], "a", 1), 1);
	while (!ke_cpu()->dpc_head)
		ke_point(SCHED_USER, NULL);
	sched_unwatch(s->s, s->fd[0]);
	while (ke_cpu()->lane->steps + 1 != ke_cpu()->lane->attention)
		ke_point(SCHED_USER, NULL);
	ke_lower(before);
	s->sent++;
}

static void a_watch_goes_while_its_dpc_begins(void)
{
	struct state s = { .calls = 0 };
	struct machine m = machine_of(
		&(struct sched_config){ .policy = SCHED_LIVE },
		&(struct ex_config){ .cpus = 1 });

	s.s = m.s;
	CHECK(!pipe(s.fd));
	CHECK(sched_watch(m.s, m.x, s.fd[0], false, readable, &s));
	thread_of(m.x, "unwatches", unwatches, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.sent, 1);
	CHECK_EQ(s.calls, 0);
	machine_free(&m);
	close(s.fd[0]);
	close(s.fd[1]);
}

/* What the program runs does not have it. */
static void a_watch_is_not_inherited(void)
{
	struct state s;
	struct machine m = live_new(&s);
	int next = dup(0);

	close(next);                 /* the number that the watch gets */
	CHECK(sched_watch(m.s, m.x, s.fd[0], false, readable, &s));
	CHECK(fcntl(next, F_GETFD) & FD_CLOEXEC);
	live_free(&m, &s);
}

static void stops(void *ctx)
{
	(void)ctx;
	ke_bugcheck(0xe2, 1, 2, 3, 4);
}

/* Nobody reads what a machine that has stopped was waiting for: the loop ends, and
 * does not turn for it meanwhile. */
static void a_stopped_machine_watches_nothing(void)
{
	struct state s;
	struct machine m = live_new(&s);
	clock_t used;

	CHECK(sched_watch(m.s, m.x, s.fd[0], false, stops, &s));
	CHECK_EQ(write(s.fd[1], "a", 1), 1);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_BUGCHECK);
	used = clock();
	alarm(20);                   /* it would not end */
	CHECK_EQ(sched_run_to(m.s, sched_now(m.s) + 200 * MS), EX_IDLE);
	used = clock() - used;
	CHECK(used < CLOCKS_PER_SEC / 10);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	alarm(0);
	live_free(&m, &s);
}

static void not_in_simulation(void)
{
	struct machine m = machine_new(1, 1);

	CHECK(!sched_watch(m.s, m.x, 0, false, readable, NULL));
	machine_free(&m);
}

/* --- time ------------------------------------------------------------------------------- */

static void sleeps(void *context)
{
	struct state *s = context;
	u64 begun = ex_now(s->x);

	ke_sleep(s->sleep ? s->sleep : 20 * MS);
	s->slept = ex_now(s->x) - begun;
}

static void the_clock_is_the_hosts(void)
{
	struct state s;
	struct machine m = live_new(&s);
	u64 begun = host_ns(), took;

	thread_of(m.x, "sleeps", sleeps, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	took = host_ns() - begun;
	CHECK(s.slept >= 20 * MS);
	CHECK(took >= 20 * MS);
	CHECK(s.slept <= took);
	live_free(&m, &s);
}

static void run_to_a_time(void)
{
	struct state s;
	struct machine m = live_new(&s);

	s.sleep = 500 * MS; /* longer than a busy host keeps the test waiting */
	thread_of(m.x, "sleeps", sleeps, &s);
	CHECK_EQ(sched_run_to(m.s, 5 * MS), EX_IDLE);
	CHECK_EQ(s.slept, 0);
	CHECK(sched_now(m.s) >= 5 * MS);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK(s.slept >= s.sleep);
	live_free(&m, &s);
}

/* Processor time of a run that has nothing to do for 60 ms. */
static u64 cost_of(u64 busy_ns)
{
	struct machine m = machine_of(
		&(struct sched_config){ .policy = SCHED_LIVE,
					.busy_ns = busy_ns },
		&(struct ex_config){ .cpus = 1 });
	struct state s = { .x = m.x, .s = m.s, .sleep = 60 * MS };
	struct timespec a, b;

	thread_of(m.x, "sleeps", sleeps, &s);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	CHECK(s.slept >= s.sleep);
	machine_free(&m);
	return (u64)(b.tv_sec - a.tv_sec) * 1000 * MS + (u64)b.tv_nsec -
	       (u64)a.tv_nsec;
}

/* On a host that is busy itself it gets less than it asks for. */
static void who_is_to_be_busy_looks_on(void)
{
	CHECK(cost_of(0) < 5 * MS);
	CHECK(cost_of(1000 * MS) > 10 * MS);
}

/* A machine that computes without end is interrupted for its timers. */
static void computes(void *context)
{
	struct state *s = context;

	while (!s->slept)
		ke_point(SCHED_USER, NULL);
	s->calls++;
}

static void timers_while_busy(void)
{
	struct state s;
	struct machine m = live_new(&s);

	for (int i = 0; i < 3; i++)
		thread_of(m.x, "computes", computes, &s);
	thread_of(m.x, "sleeps", sleeps, &s);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.calls, 3);
	live_free(&m, &s);
}

int main(void)
{
	RUN(a_descriptor_wakes);
	RUN(room_to_write_wakes);
	RUN(a_watch_goes_while_its_dpc_begins);
	RUN(a_watch_is_not_inherited);
	RUN(a_stopped_machine_watches_nothing);
	RUN(not_in_simulation);
	RUN(the_clock_is_the_hosts);
	RUN(run_to_a_time);
	RUN(who_is_to_be_busy_looks_on);
	RUN(timers_while_busy);
	return test_done();
}
