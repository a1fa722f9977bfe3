// SPDX-License-Identifier: Apache-2.0
/*
 * Many connections: what an idle one costs in pool and in resident memory (the
 * floor is the 2,000 bytes of "100,000 in 200 MB"), how long 100,000 take to come,
 * what a segment, a tick and a look at all of it cost among them, and connections
 * opened and closed a second in process, both ends on one core.
 */
#include "../stack/many.h"
#include "../stack/two.h"
#include "bench.h"

#define MANY 100000u
#define FEW 100u
#define CYCLES 100000u
#define SEGMENTS 200000u

static double resident(void)
{
	unsigned long size = 0, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%lu %lu", &size, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* A duplicate ACK of each in turn, far apart: it is found, looked at, dropped. */
static double segment_ns(struct many *m, u32 n)
{
	double t = bench_cpu();

	for (u32 k = 0, i = 0; k < SEGMENTS; k++, i = (i + 7919) % n)
		many_segment(m, i, MANY_ISS + 1, m->iss[i] + 1, MANY_ACK);
	return (bench_cpu() - t) * 1e9 / SEGMENTS;
}

static void idle(const char *name, many_client_fn *client, double most)
{
	static struct many m;
	double rss, t;
	u64 before;
	char line[64];

	if (!many_open(&m, MANY, client) || !many_connect(&m, 0, FEW))
		exit(1);
	rss = resident();
	before = many_pool(&m);
	t = bench_cpu();
	if (!many_connect(&m, FEW, MANY))
		exit(1);
	t = bench_cpu() - t;
	snprintf(line, sizeof(line), "stack_idle_pool_%s", name);
	rss = (resident() - rss) / (MANY - FEW);
	bench_line(line, (double)(many_pool(&m) - before) / (MANY - FEW),
		   "bytes", most,
		   (double)(many_pool(&m) - before) / (MANY - FEW) / most);
	snprintf(line, sizeof(line), "stack_idle_resident_%s", name);
	bench_line(line, rss, "bytes", most, rss / most);
	snprintf(line, sizeof(line), "stack_accept_%s", name);
	bench_line(line, (MANY - FEW) / t, "/s", 50000,
		   (MANY - FEW) / t / 50000);
	many_reset(&m, 0, MANY);
	many_close(&m);
}

/* The floor of each is the same among few. */
static void among_many(void)
{
	static struct many m = { .keepalive = true };
	double few, all, tick[2], t;

	if (!many_open(&m, MANY, many_sockets) || !many_connect(&m, 0, FEW))
		exit(1);
	few = segment_ns(&m, FEW);
	t = bench_cpu();
	for (u32 i = 0; i < 100000; i++)
		net_run(&m.n, 1000);
	tick[0] = (bench_cpu() - t) * 1e4;
	if (!many_connect(&m, FEW, MANY))
		exit(1);
	all = segment_ns(&m, MANY);
	t = bench_cpu();
	for (u32 i = 0; i < 100000; i++)
		net_run(&m.n, 1000);
	tick[1] = (bench_cpu() - t) * 1e4;
	bench_line("stack_segment_among_100k", all, "ns", few, all / few);
	bench_line("stack_tick_100k_keepalive", tick[1], "ns", tick[0],
		   tick[1] / tick[0]);
	many_reset(&m, 0, MANY);
	many_close(&m);
}

/* --- opened and closed ------------------------------------------------------------------- */

struct cycle {
	struct two t;
	struct io_driver *afd[2];
	u32 opened;
	int error;
	double begun, seconds;
};

static void cycle_server(void *ctx)
{
	struct cycle *c = ctx;
	struct tdi_address a = { .family = 4, .port = MANY_PORT };
	struct sk *l, *s;

	if (sk_socket(c->t.x[1], AF_INET, SOCK_STREAM, 0, &l) ||
	    sk_bind(l, &a) || sk_listen(l, 200))
		return;
	for (u32 i = 0; i < CYCLES && !sk_accept(l, &s, NULL); i++) {
		char b;

		(void)sk_recv(s, &b, 1, 0);
		sk_close(s);
	}
	sk_close(l);
}

static void cycle_client(void *ctx)
{
	struct cycle *c = ctx;
	struct tdi_address a = two_address(1, MANY_PORT);
	struct sk *s;

	ke_sleep(1000000);
	c->begun = bench_cpu();
	while (c->opened < CYCLES) {
		if (sk_socket(c->t.x[0], AF_INET, SOCK_STREAM, 0, &s))
			break;
		c->error = sk_connect(s, &a);
		sk_close(s);
		/* The port is of one that the server has not closed yet: NT
		 * says so, and the program tries again. */
		if (c->error && c->error != -EADDRINUSE)
			break;
		c->opened += !c->error;
	}
	c->seconds = bench_cpu() - c->begun;
}

static void cycles(void)
{
	static struct cycle c;

	two_open_as(&c.t, SCHED_RUN_ON, 1, &(struct nic_pair_config){ 0 }, 1,
		    0, NULL);
	for (int i = 0; i < 2; i++)
		if (io_load(c.t.x[i], "afd", "", &c.afd[i]))
			exit(1);
	thread_of(c.t.x[1], "server", cycle_server, &c);
	thread_of(c.t.x[0], "client", cycle_client, &c);
	(void)sched_run(c.t.s, NULL, NULL);
	if (c.opened != CYCLES)
		printf("only %u of %u were opened: %d\n", c.opened, CYCLES,
		       c.error);
	bench_line("stack_open_close", c.opened / c.seconds, "/s", 50000,
		   c.opened / c.seconds / 50000);
	for (int i = 0; i < 2; i++)
		(void)io_unload(c.afd[i]);
	two_close(&c.t);
}

int main(void)
{
	idle("afd", many_sockets, 2000);
	idle("tdi", many_tdi, 2000);
	among_many();
	cycles();
	return 0;
}
