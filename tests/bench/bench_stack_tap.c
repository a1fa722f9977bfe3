// SPDX-License-Identifier: Apache-2.0
/*
 * The stack against the Linux kernel over a TAP device, in a network namespace
 * of the process: a live machine in this thread, plain sockets in another.
 *
 * Each way twice: as Gbit a second of time, and as Gbit a second of processor
 * time of the stack's thread (what one core of its own would give; system calls
 * and what the kernel's TCP does inside of write() are in it).  Echo: bytes sent
 * and come back, on one connection and on many that have one on its way each.
 *
 * With offloads both ways at once, too: the floor is one way after the other.
 *
 * Floors: the smallest thing that speaks TCP, with the same frames over the same
 * device: it reads until there is nothing and acknowledges, or writes ready-made
 * segments as the window allows, and looks at nothing else.  Busy: neither side
 * sleeps (refstack attach --busy), nor does the floor.
 */
#include "../../stack/sdk/host.h"
#include "bench.h"
#include "tap_raw.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>

#define PORT 7000
#define CHUNK (256u * 1024)
#define WINDOW (1u << 20)
#define MANY 64

enum kind { RECEIVE, SEND, BOTH, ECHO }; /* as the stack sees it */

struct task {
	enum kind kind;
	bool offloads, spin;         /* spin: nobody sleeps (echo) */
	unsigned cpus;               /* 0: one */
	u64 total;                   /* bytes; of an echo: round trips */
	unsigned connections;
	_Atomic bool over;
	_Atomic int ready;
	double wall, cpu;            /* of the peer's clock; of the stack */
	struct host *h;
};

/* --- the peer: the kernel's sockets, in a thread ------------------------------------- */

static int peer_socket(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(RAW_HERE) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	int room = 4 << 20;

	setsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(s, (struct sockaddr *)&to, sizeof(to)))
		bench_die("connect");
	return s;
}

static void move_all(enum kind kind, u64 left, int s)
{
	u8 *b = calloc(1, CHUNK);

	while (left) {
		ssize_t n = kind == RECEIVE ?
				    send(s, b, left < CHUNK ? left : CHUNK, 0) :
				    recv(s, b, CHUNK, 0);

		if (n <= 0)
			break;
		left -= (u64)n < left ? (u64)n : left;
	}
	free(b);
}

static void trip(const struct task *t, int *s, unsigned n)
{
	char c = 'x';

	for (unsigned i = 0; i < n; i++)
		if (send(s[i], &c, 1, 0) != 1)
			bench_die("send");
	for (unsigned i = 0; i < n; i++)
		while (recv(s[i], &c, 1, t->spin ? MSG_DONTWAIT : 0) != 1)
			if (errno != EAGAIN)
				bench_die("recv");
}

struct other_way {
	u64 total;
	int s;
};

static void *takes(void *ctx)
{
	struct other_way *o = ctx;

	move_all(SEND, o->total, o->s);
	return NULL;
}

static void *peer(void *ctx)
{
	struct task *t = ctx;
	struct other_way o = { .total = t->total };
	pthread_t other;
	int s[MANY];
	double begun;
	char c;

	for (unsigned i = 0; i < t->connections; i++)
		s[i] = peer_socket();
	begun = bench_now();
	o.s = s[1];
	if (t->kind == BOTH && pthread_create(&other, NULL, takes, &o))
		bench_die("thread");
	if (t->kind != ECHO)
		move_all(t->kind == SEND ? SEND : RECEIVE, t->total, s[0]);
	else
		for (u64 n = 0; n < t->total; n += t->connections)
			trip(t, s, t->connections);
	if (t->kind == RECEIVE || t->kind == BOTH) { /* all of it was taken */
		shutdown(s[0], SHUT_WR);
		while (recv(s[0], &c, 1, 0) > 0)
			;
	}
	if (t->kind == BOTH)
		pthread_join(other, NULL);
	t->wall = bench_now() - begun;
	for (unsigned i = 0; i < t->connections; i++)
		close(s[i]);
	t->over = true;
	return NULL;
}

/* --- the stack: its sockets, in threads of the machine --------------------------------- */

struct served {
	struct task *t;
	struct sk *sk;
	enum kind kind;
};

static double thread_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void serve(void *ctx)
{
	struct served *s = ctx;
	struct task *t = s->t;
	size_t room = s->kind == ECHO ? 64 : CHUNK;
	u8 *b = calloc(1, room);
	u64 sent = 0;
	s64 n;

	while (b && s->kind == SEND && sent < t->total &&
	       (n = sk_send(s->sk, b, room, 0)) > 0)
		sent += (u64)n;
	while (b && s->kind != SEND && (n = sk_recv(s->sk, b, room, 0)) > 0)
		if (s->kind == ECHO)
			(void)sk_send(s->sk, b, (size_t)n, 0);
	sk_close(s->sk);
	free(b);
	free(s);
}

static void listener(void *ctx)
{
	struct task *t = ctx;
	struct ex *x = host_machine(t->h);
	int room = WINDOW, on = 1;
	struct sk *l, *c;

	if (sk_socket(x, AF_INET, SOCK_STREAM, 0, &l))
		return;
	sk_setsockopt(l, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	room *= 2;
	sk_setsockopt(l, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	sk_setsockopt(l, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	sk_bind(l, host_address(t->h, 4, PORT));
	sk_listen(l, 100);
	t->ready = 1;
	for (unsigned i = 0; i < t->connections; i++) {
		struct served *s = calloc(1, sizeof(*s));

		if (!s || sk_accept(l, &c, NULL))
			break;
		*s = (struct served){ t, c, t->kind != BOTH ? t->kind :
					    i ? SEND : RECEIVE };
		(void)host_call(t->h, "served", serve, s);
	}
	sk_close(l);
}

static bool is_ready(void *ctx)
{
	return ((struct task *)ctx)->ready;
}

static bool is_over(void *ctx)
{
	return ((struct task *)ctx)->over;
}

static void run(struct task *t)
{
	static const char *const drivers[] = { "tcpip", "afd", NULL };
	char path[256], why[512] = "";
	const char *b = getenv("B");
	struct host_config c = {
		.ex = { .name = "live", .cpus = t->cpus ? t->cpus : 1,
			.nonpaged_limit = 1u << 28 },
		.personality = HOST_MODERN, .drivers = drivers,
		.driver_path = path,
		.interface = { .name = "eth0", .mac = { RAW_MAC },
			       .tap = RAW_DEVICE, .ip4 = { RAW_ADDRESS },
			       .offloads = t->offloads } };
	struct sched *s = sched_new(&(struct sched_config){
		.policy = SCHED_LIVE,
		.busy_ns = t->spin ? 1000000000 : 0 });
	pthread_t other;
	double cpu;

	snprintf(path, sizeof(path), "%s/drivers", b ? b : "build/rel");
	t->h = host_new(&c, s, why, sizeof(why));
	if (!t->h) {
		fprintf(stderr, "bench: %s\n", why);
		exit(1);
	}
	raw_up();
	(void)host_call(t->h, "listener", listener, t);
	(void)sched_run(s, is_ready, t);
	cpu = thread_cpu();
	if (pthread_create(&other, NULL, peer, t))
		bench_die("thread");
	(void)sched_run(s, is_over, t);
	t->cpu = thread_cpu() - cpu;
	pthread_join(other, NULL);
	host_free(t->h);
	sched_free(s);
}

/* --- the floor -------------------------------------------------------------------------- */

static void run_floor(struct task *t)
{
	struct raw r;
	pthread_t other;
	double cpu;

	if (!raw_open(&r, t->offloads))
		bench_die(RAW_DEVICE);
	r.spin = t->spin;
	raw_up();
	if (pthread_create(&other, NULL, peer, t))
		bench_die("thread");
	raw_accept(&r, PORT);
	cpu = thread_cpu();
	if (t->kind == SEND)
		raw_send(&r, t->total);
	else if (t->kind == RECEIVE)
		raw_receive(&r);
	else
		raw_echo(&r);
	t->cpu = thread_cpu() - cpu;
	raw_drain(&r, &t->over);
	pthread_join(other, NULL);
	raw_close(&r);
}

/* --- figures ------------------------------------------------------------------------------ */

/* The best of some: others use the machine, too. */
static struct task best(struct task t, void (*how)(struct task *t))
{
	struct task b = { .wall = 1e9, .cpu = 1e9 };

	for (int i = 0; i < 3; i++) {
		struct task one = t;

		how(&one);
		if (one.wall < b.wall)
			b.wall = one.wall;
		if (one.cpu < b.cpu)
			b.cpu = one.cpu;
	}
	return b;
}

static const struct figure {
	const char *name;
	struct task t;
} figures[] = {
	{ "stack_tap_receive", { RECEIVE, .total = 1u << 29 } },
	{ "stack_tap_send", { SEND, .total = 1u << 29 } },
	{ "stack_tap_offload_receive",
	  { RECEIVE, .offloads = true, .total = 1u << 30 } },
	{ "stack_tap_offload_send",
	  { SEND, .offloads = true, .total = 1u << 30 } },
	{ "stack_tap_offload_both",
	  { BOTH, .offloads = true, .connections = 2, .total = 1u << 30 } },
	{ "stack_tap_echo_1", { ECHO, .total = 50000 } },
	{ "stack_tap_echo_1_busy", { ECHO, .spin = true, .total = 200000 } },
	{ "stack_tap_echo_64", { ECHO, .connections = MANY, .total = 192000 } },
	{ "stack_tap_echo_64_cpus2",
	  { ECHO, .connections = MANY, .total = 192000, .cpus = 2 } },
	{ "stack_tap_receive_cpus2",
	  { RECEIVE, .total = 1u << 29, .cpus = 2 } },
};

static struct task floor_of(struct task t)
{
	struct task a, b;

	t.connections = 1;
	if (t.kind != BOTH)
		return best(t, run_floor);
	t.kind = RECEIVE;
	a = best(t, run_floor);
	t.kind = SEND;
	b = best(t, run_floor);
	a.wall += b.wall;
	a.cpu += b.cpu;
	return a;
}

/* In time, and in the processor time of the stack's thread. */
static void figure(const struct figure *f)
{
	const char *unit = f->t.kind == ECHO ? "1/s" : "Gbit/s";
	double n = (double)f->t.total * (f->t.kind == ECHO ? 1 : 8e-9) *
		   (f->t.kind == BOTH ? 2 : 1);
	struct task real, floor, t = f->t;
	char line[64];

	if (!t.connections)
		t.connections = 1;
	real = best(t, run);
	floor = floor_of(t);
	bench_line(f->name, n / real.wall, unit, n / floor.wall,
		   floor.wall / real.wall);
	snprintf(line, sizeof(line), "%s_core", f->name);
	bench_line(line, n / real.cpu, unit, n / floor.cpu,
		   floor.cpu / real.cpu);
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";
	const char *why = raw_namespace();

	if (why) {
		printf("# bench_stack_tap: skipped: %s\n", why);
		return 0;
	}
	alarm(300);                  /* nothing here takes as long */
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		if (strstr(figures[i].name, only))
			figure(&figures[i]);
	return 0;
}
