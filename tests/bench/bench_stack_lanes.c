// SPDX-License-Identifier: Apache-2.0
/*
 * Live: what a second CPU brings.
 *
 * The floor of two CPUs is twice the figure of a machine with one, which needs
 * no locks at all: of what shares nothing 1.00 would be perfect, of what is all
 * one lock 0.50 is what can be had.  Wake-ups go across, so their floor is the one CPU's
 * switch; a DPC's is the same in plain host threads: an eventfd in epoll, a word
 * that is looked at.
 *
 * Others use the processors, too: the best of some, and the load is said.
 */
#include "../../stack/sdk/host.h"
#include "../../stack/ex/latch.h"
#include "bench.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define TAG EX_TAG('B', 'n', 'c', 'h')
#define RUNS 7
#define MOST 2u                      /* flows, pairs, threads */
#define CHUNK (64u * 1024)
#define WINDOW (1 << 20)
#define DPCS 500u

/* Nothing of one thread lies in another's lines. */
struct one {
	struct bench *b;
	struct ke_lock lock;
	struct ke_event ping, pong;
	u64 left;
	struct sk *sk;
} __attribute__((aligned(128)));

struct bench {
	struct ex *x;
	struct sched *s;
	struct host *h;
	struct ke_lock lock;
	struct one one[MOST];
	unsigned threads;            /* that count */
	u64 rounds;                  /* of each */
	u32 begun, ended;
	double from, to, cpu;        /* cpu: all host threads' */
	/* DPCs */
	struct ke_dpc dpc;
	double queued, took[DPCS];
	u32 seen;
};

/* All begin when the last one has come; the last to end has the time. */
static void begins(struct bench *b)
{
	if (KE_ADD(&b->begun, 1) == b->threads) {
		b->cpu = bench_cpu();
		b->from = bench_now();
	}
	while (KE_GET(&b->begun) < b->threads)
		ke_sleep(100000);
}

static void ends(struct bench *b)
{
	double now = bench_now();

	if (KE_ADD(&b->ended, 1) == b->threads) {
		b->cpu = bench_cpu() - b->cpu;
		b->to = now;
	}
}

/* --- locks and pool ----------------------------------------------------------------- */

static void own_locks(void *ctx)
{
	struct one *o = ctx;

	begins(o->b);
	for (u64 i = 0; i < o->b->rounds; i++) {
		enum ke_irql before = ke_lock(&o->lock);

		o->left++;
		ke_unlock(&o->lock, before);
	}
	ends(o->b);
}

static void one_lock(void *ctx)
{
	struct one *o = ctx;

	begins(o->b);
	for (u64 i = 0; i < o->b->rounds; i++) {
		enum ke_irql before = ke_lock(&o->b->lock);

		o->left++;
		ke_unlock(&o->b->lock, before);
	}
	ends(o->b);
}

static void pool(void *ctx)
{
	struct one *o = ctx;
	struct ex *x = o->b->x;
	void *live[16] = { NULL };

	begins(o->b);
	for (u64 i = 0; i < o->b->rounds; i++) {
		void **at = &live[i & 15];

		ex_free_pool(x, *at, TAG);
		*at = ex_alloc(x, EX_NONPAGED, 100 + (size_t)(i & 1) * 1400,
			       TAG);
	}
	for (int i = 0; i < 16; i++)
		ex_free_pool(x, live[i], TAG);
	ends(o->b);
}

/* --- wake-ups ------------------------------------------------------------------------ */

static void pongs(void *ctx)
{
	struct one *o = ctx;

	for (u64 i = 0; i < o->b->rounds; i++) {
		ke_wait(&o->ping, KE_FOREVER);
		ke_event_set(&o->pong);
	}
}

static void pings(void *ctx)
{
	struct one *o = ctx;

	begins(o->b);
	for (u64 i = 0; i < o->b->rounds; i++) {
		ke_event_set(&o->ping);
		ke_wait(&o->pong, KE_FOREVER);
	}
	ends(o->b);
}

/* --- DPCs ------------------------------------------------------------------------------ */

static void arrives(void *ctx, void *arg1, void *arg2)
{
	struct bench *b = ctx;

	(void)arg1;
	(void)arg2;
	b->took[b->seen] = bench_now() - b->queued;
	KE_SET(&b->seen, b->seen + 1);
}

/* To the other CPU, which has gone to rest meanwhile. */
static void queues_dpcs(void *ctx)
{
	struct one *o = ctx;
	struct bench *b = o->b;

	begins(b);
	for (u64 i = 0; i < b->rounds; i++) {
		double until = bench_now() + 50e-6;

		while (bench_now() < until)
			;
		b->dpc.target = !ke_cpu_number();
		b->queued = bench_now();
		ke_dpc_queue(&b->dpc, NULL, NULL);
		while (KE_GET(&b->seen) <= i)
			__builtin_ia32_pause();
	}
	ends(b);
}

/* --- TCP to oneself ------------------------------------------------------------------------ */

static void takes(void *ctx)
{
	struct one *o = ctx;
	u8 *p = calloc(1, CHUNK);

	s64 n;

	while (p && (n = sk_recv(o->sk, p, CHUNK, 0)) > 0)
		o->left += (u64)n;
	sk_close(o->sk);
	free(p);
	ends(o->b);
}

static void accepts(void *ctx)
{
	struct bench *b = ctx;
	struct tdi_address a = { .family = 4, .port = 7000,
				 .ip = { 127, 0, 0, 1 } };
	int room = WINDOW;
	struct sk *l;

	if (sk_socket(b->x, AF_INET, SOCK_STREAM, 0, &l) ||
	    sk_setsockopt(l, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) ||
	    sk_bind(l, &a) || sk_listen(l, 10))
		bench_die("listen");
	for (unsigned i = 0; i < b->threads; i++) {
		if (sk_accept(l, &b->one[i].sk, NULL))
			bench_die("accept");
		(void)host_call(b->h, "takes", takes, &b->one[i]);
	}
	sk_close(l);
}

static void sends(void *ctx)
{
	struct one *o = ctx;
	struct tdi_address a = { .family = 4, .port = 7000,
				 .ip = { 127, 0, 0, 1 } };
	int room = 2 * WINDOW, on = 1;
	u8 *p = calloc(1, CHUNK);
	struct sk *s;
	s64 n;

	ke_sleep(2000000);
	if (!p || sk_socket(o->b->x, AF_INET, SOCK_STREAM, 0, &s) ||
	    sk_setsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) ||
	    sk_setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    sk_connect(s, &a))
		bench_die("connect");
	begins(o->b);
	for (u64 left = o->b->rounds; left; left -= (u64)n) {
		n = sk_send(s, p, left < CHUNK ? left : CHUNK, 0);
		if (n <= 0)
			bench_die("send");
	}
	sk_close(s);
	free(p);
}

static void run_flows(struct bench *b, unsigned cpus)
{
	static const char *const drivers[] = { "tcpip", "afd", NULL };
	char path[256], why[512] = "";
	const char *dir = getenv("B");
	struct host_config c = {
		.ex = { .name = "live", .cpus = cpus,
			.nonpaged_limit = 1u << 28 },
		.personality = HOST_MODERN, .drivers = drivers,
		.driver_path = path };

	snprintf(path, sizeof(path), "%s/drivers", dir ? dir : "build/rel");
	b->h = host_new(&c, b->s, why, sizeof(why));
	if (!b->h)
		bench_die(why);
	b->x = host_machine(b->h);
	(void)host_call(b->h, "accepts", accepts, b);
	for (unsigned i = 0; i < b->threads; i++)
		(void)host_call(b->h, "sends", sends, &b->one[i]);
}

/* --- runs ------------------------------------------------------------------------------------ */

struct figure {
	const char *name;
	ke_thread_fn *fn, *other;    /* NULL: TCP */
	u64 rounds;
	double unit;                 /* of a round's figure */
	const char *text;
};

static bool over(void *ctx)
{
	struct bench *b = ctx;

	return KE_GET(&b->ended) == b->threads;
}

static void run_threads(struct bench *b, unsigned cpus, const struct figure *f)
{
	b->x = ex_new(&(struct ex_config){ .name = "m", .cpus = cpus }, b->s);
	ke_lock_init(&b->lock, "one");
	ke_dpc_init(&b->dpc, arrives, b);
	for (unsigned i = 0; i < b->threads; i++) {
		struct one *o = &b->one[i];

		ke_lock_init(&o->lock, "own");
		ke_event_init(&o->ping, "ping", true, false);
		ke_event_init(&o->pong, "pong", true, false);
		ke_thread_put(ke_thread_create(b->x, "one", 8, f->fn, o));
		if (f->other)
			ke_thread_put(ke_thread_create(b->x, "other", 8,
						       f->other, o));
	}
}

static int by_size(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static double median(double took[DPCS])
{
	qsort(took, DPCS, sizeof(*took), by_size);
	return took[DPCS / 2];
}

/* Rounds of all threads together in a second and in a second of processor time; of
 * DPCs the seconds of one. */
struct rate {
	double wall, cpu;
};

static struct rate run(const struct figure *f, unsigned threads, unsigned cpus,
		       u64 busy_ns)
{
	static struct bench b;
	double rounds = (double)(f->rounds * threads) * f->unit;
	struct rate v;

	memset(&b, 0, sizeof(b));
	b.threads = threads;
	b.rounds = f->rounds;
	b.s = sched_new(&(struct sched_config){ .policy = SCHED_LIVE,
						.busy_ns = busy_ns });
	for (unsigned i = 0; i < MOST; i++)
		b.one[i].b = &b;
	if (f->fn)
		run_threads(&b, cpus, f);
	else
		run_flows(&b, cpus);
	(void)sched_run(b.s, over, &b);
	v = (struct rate){ rounds / (b.to - b.from), rounds / b.cpu };
	if (f->fn == queues_dpcs)
		v.wall = median(b.took);
	if (b.h)
		host_free(b.h);
	else
		ex_free(b.x);
	sched_free(b.s);
	return v;
}

/* The one with the least time of some: there both were at work. */
static struct rate best(const struct figure *f, unsigned threads, unsigned cpus)
{
	struct rate most = { 0, 0 };

	for (int i = 0; i < RUNS; i++) {
		struct rate v = run(f, threads, cpus, 0);

		if (v.wall > most.wall)
			most = v;
	}
	return most;
}

static const struct figure figures[] = {
	{ "stack_lanes_own_locks", own_locks, NULL, 3000000, 1e-6, "M/s" },
	{ "stack_lanes_one_lock", one_lock, NULL, 3000000, 1e-6, "M/s" },
	{ "stack_lanes_pool", pool, NULL, 1000000, 1e-6, "M/s" },
	{ "stack_lanes_wake", pings, pongs, 30000, 1e-3, "k/s" },
	{ "stack_lanes_tcp", NULL, NULL, 1u << 27, 8e-9, "Gbit/s" },
};

static void line(const struct figure *f, const char *what, double v,
		 double floor)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s", f->name, what);
	bench_line(name, v, f->text, floor, v / floor);
}

/* Two on two CPUs against two on one, twice over; in processor time, which the
 * load of the host changes less; and one alone, which has no more of the second
 * CPU than what it costs. */
static void figure(const struct figure *f)
{
	struct rate floor = best(f, 2, 1), v = best(f, 2, 2);

	line(f, "", v.wall, floor.wall * 2);
	line(f, "_core", v.cpu, floor.cpu);
	floor = best(f, 1, 1);
	v = best(f, 1, 2);
	line(f, "_alone", v.wall, floor.wall);
	line(f, "_alone_core", v.cpu, floor.cpu);
}

/* --- floors of DPCs ---------------------------------------------------------------------------- */

struct plain {
	int epoll, event;
	bool polls;
	u32 asked, seen;
	double queued, took[DPCS];
};

static void *sleeper(void *ctx)
{
	struct plain *p = ctx;
	struct epoll_event e;
	u64 n;

	for (u32 i = 0; i < DPCS; i++) {
		if (p->polls)
			while (KE_GET(&p->asked) <= i)
				__builtin_ia32_pause();
		else if (epoll_wait(p->epoll, &e, 1, -1) != 1 ||
			 read(p->event, &n, sizeof(n)) != sizeof(n))
			bench_die("epoll");
		p->took[i] = bench_now() - p->queued;
		KE_SET(&p->seen, i + 1);
	}
	return NULL;
}

static double plain_threads(bool polls)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct plain p = { .polls = polls,
			   .epoll = epoll_create1(EPOLL_CLOEXEC),
			   .event = eventfd(0, EFD_CLOEXEC) };
	const u64 one = 1;
	pthread_t t;

	if (epoll_ctl(p.epoll, EPOLL_CTL_ADD, p.event, &e) ||
	    pthread_create(&t, NULL, sleeper, &p))
		bench_die("thread");
	for (u32 i = 0; i < DPCS; i++) {
		double until = bench_now() + 50e-6;

		while (bench_now() < until)
			;
		p.queued = bench_now();
		if (polls)
			KE_SET(&p.asked, i + 1);
		else if (write(p.event, &one, sizeof(one)) != sizeof(one))
			bench_die("write");
		while (KE_GET(&p.seen) <= i)
			__builtin_ia32_pause();
	}
	pthread_join(t, NULL);
	close(p.epoll);
	close(p.event);
	return median(p.took);
}

static void dpcs(const char *name, bool polls)
{
	const struct figure f = { name, queues_dpcs, NULL, DPCS, 1, "us" };
	double real = 1, floor = 1, v;

	for (int i = 0; i < RUNS; i++) {
		v = run(&f, 1, 2, polls ? 1000000000 : 0).wall;
		real = v < real ? v : real;
		v = plain_threads(polls);
		floor = v < floor ? v : floor;
	}
	bench_line(name, real * 1e6, "us", floor * 1e6, real / floor);
}

static void say_load(void)
{
	double load[3] = { 0 };

	(void)!getloadavg(load, 3);
	printf("# load %.2f, %ld processors\n", load[0],
	       sysconf(_SC_NPROCESSORS_ONLN));
}

/* An argument: of these names alone. */
int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";

	alarm(300);                  /* nothing here takes as long */
	say_load();
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		if (strstr(figures[i].name, only))
			figure(&figures[i]);
	if (strstr("stack_lanes_dpc_sleeps", only))
		dpcs("stack_lanes_dpc_sleeps", false);
	if (strstr("stack_lanes_dpc_polls", only))
		dpcs("stack_lanes_dpc_polls", true);
	return 0;
}
