// SPDX-License-Identifier: Apache-2.0
/*
 * The services of a live machine under threads of all its CPUs at once, by the
 * random policy: what comes back is what was sent, and what they count is what
 * the clients know.
 */
#include "../unit/test.h"
#include "host/services.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define CLIENTS 12
#define BYTES 20000u
#define BACK_PORT 6001

struct net {
	struct sched *s;
	struct host *h[2];           /* the server's, the clients' */
	struct services services;
	char folder[64];
};

/* A client counts on its own; it is looked at when it has ended. */
struct client {
	struct net *n;
	u32 number;
	u64 out, in;                 /* bytes */
	const char *wrong;
	u8 buf[BYTES];
};

static struct host *machine_on(struct sched *s, unsigned i, unsigned cpus)
{
	static const char *const drivers[] = { "tcpip", "afd", NULL };
	const char *b = getenv("B");
	char path[256], why[256] = "", ip[] = "10.0.0.1/24";
	struct host_config c = { .ex = { .name = i ? "clients" : "server",
					 .cpus = cpus },
				 .drivers = drivers, .driver_path = path };
	struct host *h;

	ip[7] = (char)('1' + i);
	snprintf(path, sizeof(path), "%s/drivers", b ? b : "build/dev");
	c.interface = (struct host_interface){ .name = "eth0", .link = true,
		.mac = { 2, 0, 0, 0, 0, (u8)(i + 1) }, .ip4 = { ip } };
	h = host_new(&c, s, why, sizeof(why));
	if (!h)
		printf("%s\n", why);
	return h;
}

static bool open_net(struct net *n, u64 seed, unsigned cpus)
{
	*n = (struct net){ .s = sched_new(&(struct sched_config){
				   .policy = SCHED_RANDOM, .seed = seed }) };
	for (unsigned i = 0; i < 2; i++) {
		n->h[i] = machine_on(n->s, i, cpus);
		CHECK(n->h[i] != NULL);
	}
	if (test_.bad)
		return false;
	CHECK(host_link(n->h[0], n->h[1], NULL));
	(void)sched_run_to(n->s, SECOND);
	snprintf(n->folder, sizeof(n->folder), "/tmp/ntr-services-XXXXXX");
	CHECK(mkdtemp(n->folder) != NULL);
	n->services.h = n->h[0];
	n->services.x = host_machine(n->h[0]);
	n->services.http_dir = n->folder;
	n->services.put = true;
	CHECK(ex_call(n->services.x, services_start, &n->services));
	(void)sched_run_to(n->s, 2 * SECOND); /* all listen */
	return !test_.bad;
}

static void close_net(struct net *n)
{
	char name[128];

	for (u32 i = 0; i < CLIENTS; i++) {
		snprintf(name, sizeof(name), "%s/%u", n->folder, i);
		(void)unlink(name);
	}
	(void)rmdir(n->folder);
	host_free(n->h[0]);
	host_free(n->h[1]);
	services_free(&n->services);
	sched_free(n->s);
}

/* --- clients: threads of the other machine ------------------------------------------- */

static struct sk *to_port(struct client *c, u16 port)
{
	struct tdi_address a = { .family = 4, .ip = { 10, 0, 0, 1 },
				 .port = port };
	struct sk *s = NULL;

	if (sk_socket(host_machine(c->n->h[1]), AF_INET, SOCK_STREAM, 0, &s) ||
	    sk_connect(s, &a)) {
		c->wrong = "no connection";
		if (s)
			sk_close(s);
		return NULL;
	}
	return s;
}

static u8 byte_of(const struct client *c, u64 at)
{
	return (u8)(c->number * 29 + at * 7 + at / 251);
}

static void give(struct client *c, struct sk *s, const void *p, size_t n)
{
	const u8 *at = p;

	while (n && !c->wrong) {
		s64 k = sk_send(s, at, n, 0);

		if (k <= 0) {
			c->wrong = "not sent";
			return;
		}
		at += k;
		n -= (size_t)k;
		c->out += (u64)k;
	}
}

/* So many bytes into buf; fewer at the end of the stream. */
static size_t take(struct client *c, struct sk *s, size_t n)
{
	size_t got = 0;
	s64 k = 1;

	while (got < n && k > 0) {
		k = sk_recv(s, c->buf + got, n - got, 0);
		got += k > 0 ? (size_t)k : 0;
	}
	c->in += got;
	if (k < 0)
		c->wrong = "not received";
	return got;
}

static void give_pattern(struct client *c, struct sk *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c->buf[i] = byte_of(c, i);
	give(c, s, c->buf, n);
}

static void is_pattern(struct client *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c->buf[i] != byte_of(c, i))
			c->wrong = "other bytes";
}

static void echo(void *ctx)
{
	struct client *c = ctx;
	struct sk *s = to_port(c, 7);

	for (int i = 0; s && !c->wrong && i < 4; i++) {
		give_pattern(c, s, BYTES / 4);
		if (take(c, s, BYTES / 4) != BYTES / 4)
			c->wrong = "fewer bytes";
		is_pattern(c, BYTES / 4);
	}
	if (s)
		sk_close(s);
}

static void discard(void *ctx)
{
	struct client *c = ctx;
	struct sk *s = to_port(c, 9);

	if (!s)
		return;
	give_pattern(c, s, BYTES);
	(void)sk_shutdown(s, SHUT_WR);
	if (take(c, s, 1))
		c->wrong = "discard answers";
	sk_close(s);
}

/* The head of an answer is taken byte by byte: what follows is its body. */
static bool head_says(struct client *c, struct sk *s, const char *status)
{
	char head[300] = "";
	size_t n = 0;

	while (n < sizeof(head) - 1 && !strstr(head, "\r\n\r\n") &&
	       take(c, s, 1)) {
		head[n++] = (char)c->buf[0];
		head[n] = 0;
	}
	return !strncmp(head, status, strlen(status));
}

/* Stores a file of its own, and has it back over the same connection. */
static void files(void *ctx)
{
	struct client *c = ctx;
	struct sk *s = to_port(c, 80);
	char ask[100];

	if (!s)
		return;
	snprintf(ask, sizeof(ask), "PUT /%u HTTP/1.1\r\nContent-Length: %u"
		 "\r\n\r\n", c->number, BYTES);
	give(c, s, ask, strlen(ask));
	give_pattern(c, s, BYTES);
	if (!head_says(c, s, "HTTP/1.1 201 "))
		c->wrong = "not stored";
	snprintf(ask, sizeof(ask), "GET /%u HTTP/1.1\r\n\r\n", c->number);
	give(c, s, ask, strlen(ask));
	if (!head_says(c, s, "HTTP/1.1 200 "))
		c->wrong = "not there";
	if (take(c, s, BYTES) != BYTES)
		c->wrong = "a shorter file";
	is_pattern(c, BYTES);
	sk_close(s);
}

/* What iperf 2 says first with -d -n BYTES (flags: back, at once). */
static void iperf_header(u8 h[36], u16 port)
{
	memset(h, 0, 36);
	h[0] = 0x80;
	h[3] = 1;
	h[10] = (u8)(port >> 8);
	h[11] = (u8)port;
	h[22] = BYTES >> 8 & 255;
	h[23] = BYTES & 255;
}

static void both_directions(void *ctx)
{
	struct client *c = ctx;
	u16 port = (u16)(BACK_PORT + c->number);
	struct tdi_address a = { .family = 4, .port = port };
	struct sk *l = NULL, *back = NULL, *s = NULL;
	u8 h[36];

	if (sk_socket(host_machine(c->n->h[1]), AF_INET, SOCK_STREAM, 0, &l) ||
	    sk_bind(l, &a) || sk_listen(l, 1))
		c->wrong = "no listener";
	else
		s = to_port(c, 5001);
	if (s) {
		iperf_header(h, port);
		give(c, s, h, sizeof(h));
		if (sk_accept(l, &back, NULL))
			c->wrong = "nobody calls back";
		give_pattern(c, s, BYTES - sizeof(h));
		if (back && take(c, back, BYTES) != BYTES)
			c->wrong = "fewer bytes back";
		sk_close(s);
	}
	if (back)
		sk_close(back);
	if (l)
		sk_close(l);
}

static const struct {
	const char *name;
	void (*fn)(void *client);
} kinds[] = {
	{ "echo", echo }, { "discard", discard }, { "files", files },
	{ "both directions", both_directions },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* --- all at once --------------------------------------------------------------------------- */

static void settle(struct net *n)
{
	u64 end = sched_now(n->s) + 100 * SECOND;

	while (n->services.open && sched_now(n->s) < end)
		(void)sched_run_to(n->s, sched_now(n->s) + SECOND / 10);
}

static void all_at_once(u64 seed, unsigned cpus)
{
	static struct net n;
	static struct client c[CLIENTS];
	struct host_call *call[CLIENTS];
	u64 out = 0, in = 0;

	if (!open_net(&n, seed, cpus))
		return;
	for (u32 i = 0; i < CLIENTS; i++) {
		c[i] = (struct client){ .n = &n, .number = i };
		call[i] = host_call(n.h[1], kinds[i % KINDS].name,
				    kinds[i % KINDS].fn, &c[i]);
		CHECK(call[i] != NULL);
	}
	for (u32 i = 0; i < CLIENTS; i++) {
		CHECK(host_wait(call[i], 200 * SECOND));
		if (c[i].wrong)
			printf("seed %llu: %s: %s\n", (unsigned long long)seed,
			       kinds[i % KINDS].name, c[i].wrong);
		CHECK(!c[i].wrong);
		out += c[i].out;
		in += c[i].in;
	}
	settle(&n);
	CHECK_EQ(n.services.open, 0);
	CHECK(LIST_EMPTY(&n.services.connections));
	CHECK_EQ(n.services.accepted, CLIENTS);
	CHECK_EQ(n.services.bytes_in, out);
	CHECK_EQ(n.services.bytes_out, in);
	CHECK_EQ(ex_pool_bytes(n.services.x, EX_NONPAGED,
			       EX_TAG('S', 'v', 'c', 'i')), 0);
	close_net(&n);
}

static void on_one_cpu(void)
{
	all_at_once(1, 1);
}

static void on_several_cpus(void)
{
	for (u64 seed = 2; seed < 8 && !test_.bad; seed++)
		all_at_once(seed, 2 + seed % 3);
}

/* --- the last place ------------------------------------------------------------------------ */

static void asks_for_a_place(void *ctx)
{
	struct client *c = ctx;
	struct sk *s = to_port(c, 7);

	c->wrong = NULL;             /* refused, closed or served */
	if (!s)
		return;
	(void)sk_send(s, "x", 1, 0);
	c->in = sk_recv(s, c->buf, 1, 0) == 1;
	ke_sleep(20 * SECOND);       /* the others have asked, some SYN twice */
	sk_close(s);
}

/* Of four who ask at once for two places two have one, whatever the schedule. */
static void no_more_than_there_is_room_for(void)
{
	static struct net n;
	static struct client c[4];
	struct host_call *call[4];

	for (u64 seed = 1; seed < 8 && !test_.bad; seed++) {
		u64 served = 0;

		if (!open_net(&n, seed, 3))
			return;
		n.services.open = SERVICE_MOST - 2;
		for (u32 i = 0; i < 4; i++) {
			c[i] = (struct client){ .n = &n, .number = i };
			call[i] = host_call(n.h[1], "asks", asks_for_a_place,
					    &c[i]);
		}
		for (u32 i = 0; i < 4; i++) {
			CHECK(host_wait(call[i], 100 * SECOND));
			served += c[i].in;
		}
		(void)sched_run_to(n.s, sched_now(n.s) + 10 * SECOND);
		CHECK_EQ(served, 2);
		CHECK_EQ(n.services.accepted, 2);
		CHECK_EQ(n.services.open, SERVICE_MOST - 2);
		close_net(&n);
	}
}

int main(void)
{
	RUN(on_one_cpu);
	RUN(on_several_cpus);
	RUN(no_more_than_there_is_room_for);
	return test_done();
}
