// SPDX-License-Identifier: Apache-2.0
/*
 * A machine driven from outside, as packetdrill drives a stack: blocking calls
 * begun and waited for, raw IP packets in and out with their times, a clock that
 * goes on when it is told to.  What comes is looked at byte by byte.
 */
#include "../unit/test.h"
#include "sdk/host.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define S_ UINT64_C(1000000000)
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct drill {
	struct sched *s;
	struct host *h;
	struct host_call *call;
	struct sk *sk;
	int result;
	const char *option;
	u32 iss, ack;                /* the machine's, and what it expects */
	u16 port;
	u8 p[1600];
	size_t n;
	u64 when;
};

static void open_drill(struct drill *d)
{
	const char *b = getenv("B");
	char why[256] = "", path[256];

	*d = (struct drill){ .s = sched_new(&(struct sched_config){
				     .seed = 7 }) };
	snprintf(path, sizeof(path), "%s/drivers", b ? b : "build/dev");
	d->h = host_new(&(struct host_config){
				.ex = { .name = "m", .cpus = 1 },
				.personality = HOST_NT5,
				.interface = { .name = "eth0",
					       .mac = { 2, 0, 0, 0, 0, 1 },
					       .ip4 = { "192.0.2.1/24" } },
				.driver_path = path },
			d->s, why, sizeof(why));
	if (!d->h)
		printf("%s\n", why);
	CHECK(d->h != NULL);
	(void)sched_run_to(d->s, 10 * S_); /* the address is announced */
	while (host_extract(d->h, d->p, sizeof(d->p), NULL))
		;
}

static void close_sk(void *ctx)
{
	struct drill *d = ctx;

	if (d->sk)
		sk_close(d->sk);
	d->sk = NULL;
}

static void close_drill(struct drill *d)
{
	(void)ex_call(host_machine(d->h), close_sk, d);
	(void)sched_run(d->s, NULL, NULL);
	CHECK_EQ(ex_pool_bytes(host_machine(d->h), EX_NONPAGED,
			       EX_TAG('T', 'C', 'P', 'b')), 0);
	host_free(d->h);
	sched_free(d->s);
}

static u16 get_16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static u32 get_32(const u8 *p)
{
	return (u32)get_16(p) << 16 | get_16(p + 2);
}

static void put_16(u8 *p, u16 v)
{
	p[0] = (u8)(v >> 8);
	p[1] = (u8)v;
}

static void put_32(u8 *p, u32 v)
{
	put_16(p, (u16)(v >> 16));
	put_16(p + 2, (u16)v);
}

/* RFC 1071 */
static u16 sum_of(const u8 *p, size_t n, u32 sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (u32)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static void head(u8 *p, u8 protocol, u16 n)
{
	static const u8 ip[20] = { 0x45, 0, 0, 0, 0, 1, 0, 0, 64, 0, 0, 0,
				   192, 0, 2, 2, 192, 0, 2, 1 };

	memcpy(p, ip, 20);
	put_16(p + 2, n);
	p[9] = protocol;
	put_16(p + 10, sum_of(p, 20, 0));
}

/* A segment from 192.0.2.2:80 to the connection. */
static void in(struct drill *d, u8 flags, u32 seq, u32 ack)
{
	u8 p[40] = { 0 };

	head(p, 6, 40);
	put_16(p + 20, 80);
	put_16(p + 22, d->port);
	put_32(p + 24, seq);
	put_32(p + 28, ack);
	p[32] = 0x50;
	p[33] = flags;
	put_16(p + 34, 65535);
	put_16(p + 36, sum_of(p + 20, 20, 6 + 20 + get_16(p + 12) +
			     get_16(p + 14) + get_16(p + 16) + get_16(p + 18)));
	CHECK(host_inject(d->h, p, 40));
}

/* ICMP 3/code about the segment in d->p (RFC 792). */
static void unreachable(struct drill *d, u8 code)
{
	u8 p[56] = { 0 };

	head(p, 1, 56);
	p[20] = 3;
	p[21] = code;
	memcpy(p + 28, d->p, 28);
	put_16(p + 22, sum_of(p + 20, 36, 0));
	CHECK(host_inject(d->h, p, 56));
}

/* The next packet within ns has these flags, or there is none (flags 0). */
static void out(struct drill *d, u64 ns, u8 flags)
{
	d->n = host_receive(d->h, d->p, sizeof(d->p), sched_now(d->s) + ns,
			    &d->when);
	if (!flags) {
		CHECK_EQ(d->n, 0);
		return;
	}
	CHECK(d->n >= 40);
	if (d->n >= 40)
		CHECK_EQ(d->p[33], flags);
}

static void connects(void *ctx)
{
	struct drill *d = ctx;
	struct tdi_address a = { .family = 4, .port = 80,
				 .ip = { 192, 0, 2, 2 } };
	int one = 1, idle = 20, interval = 3, count = 2;

	d->result = sk_socket(host_machine(d->h), AF_INET, SOCK_STREAM, 0,
			      &d->sk);
	if (!d->result && d->option) {
		sk_setsockopt(d->sk, SOL_SOCKET, SO_KEEPALIVE, &one, 4);
		sk_setsockopt(d->sk, IPPROTO_TCP, TCP_KEEPIDLE, &idle, 4);
		sk_setsockopt(d->sk, IPPROTO_TCP, TCP_KEEPINTVL, &interval, 4);
		sk_setsockopt(d->sk, IPPROTO_TCP, TCP_KEEPCNT, &count, 4);
	}
	if (!d->result)
		d->result = sk_connect(d->sk, &a);
}

static void begin(struct drill *d)
{
	d->result = 1;
	d->call = host_call(d->h, "connect", connects, d);
	CHECK(d->call != NULL);
	out(d, 100 * MS, SYN);
	d->port = get_16(d->p + 20);
	d->iss = get_32(d->p + 24);
	CHECK_EQ(get_16(d->p + 22), 80);
	CHECK(!host_done(d->call));
}

static void ended(struct drill *d, u64 ns, int result)
{
	CHECK(host_wait(d->call, sched_now(d->s) + ns));
	CHECK_EQ(d->result, result);
	host_call_free(d->call);
}

/* A call that blocks, its SYN, the answer 30 ms later, its ACK at that time. */
static void handshake(void)
{
	static struct drill d;
	u64 t;

	open_drill(&d);
	begin(&d);
	t = d.when;
	CHECK_EQ(t, 10 * S_);
	(void)sched_run_to(d.s, t + 30 * MS);
	CHECK_EQ(sched_now(d.s), t + 30 * MS);
	CHECK(!host_done(d.call));
	in(&d, SYN | ACK, 5000, d.iss + 1);
	out(&d, 100 * MS, ACK);
	CHECK_EQ(d.when, t + 30 * MS);
	CHECK_EQ(get_32(d.p + 28), 5001);
	ended(&d, 0, 0);
	in(&d, RST | ACK, 5001, d.iss + 1);
	close_drill(&d);
}

/* RFC 6298: an unanswered SYN again after 3 s (NT's), 6 s; then its end. */
static void gives_up(void)
{
	static struct drill d;
	u64 t;

	open_drill(&d);
	begin(&d);
	t = d.when;
	out(&d, 10 * S_, SYN);
	CHECK_EQ(d.when, t + 3 * S_);
	out(&d, 10 * S_, SYN);
	CHECK_EQ(d.when, t + 9 * S_);
	ended(&d, 60 * S_, -ETIMEDOUT);
	close_drill(&d);
}

/* RFC 1122 4.2.3.9: no route may pass, and is only said at the end; that nobody
 * listens (ICMP's way, code 3) and that somebody forbids it is the end. */
static void told_by_icmp(void)
{
	static const struct { u8 code; int result; bool hard; } rows[] = {
		{ 0, -EHOSTUNREACH, false }, { 1, -EHOSTUNREACH, false },
		{ 3, -ECONNREFUSED, true }, { 13, -EHOSTUNREACH, true },
	};
	static struct drill d;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		open_drill(&d);
		begin(&d);
		unreachable(&d, rows[i].code);
		if (!rows[i].hard)
			out(&d, 10 * S_, SYN);
		ended(&d, rows[i].hard ? 0 : 60 * S_, rows[i].result);
		close_drill(&d);
	}
}

/* ... and it may pass: the answer counts. */
static void came_after_all(void)
{
	static struct drill d;

	open_drill(&d);
	begin(&d);
	unreachable(&d, 1);
	in(&d, SYN | ACK, 5000, d.iss + 1);
	out(&d, 100 * MS, ACK);
	ended(&d, 0, 0);
	in(&d, RST | ACK, 5001, d.iss + 1);
	close_drill(&d);
}

static void receives(void *ctx)
{
	struct drill *d = ctx;
	char c;

	d->result = (int)sk_recv(d->sk, &c, 1, 0);
}

/* TCP_KEEPIDLE 20, INTVL 3, CNT 2: RFC 9293 3.8.4, one before the window. */
static void keeps_alive(void)
{
	static struct drill d;
	u64 t;

	open_drill(&d);
	d.option = "keepalive";
	begin(&d);
	in(&d, SYN | ACK, 5000, d.iss + 1);
	out(&d, 100 * MS, ACK);
	t = d.when;
	ended(&d, 0, 0);
	d.call = host_call(d.h, "recv", receives, &d);
	out(&d, 30 * S_, ACK);
	CHECK_EQ(d.when, t + 20 * S_);
	CHECK_EQ(get_32(d.p + 24), d.iss);
	in(&d, ACK, 5001, d.iss + 1);   /* it lives */
	out(&d, 30 * S_, ACK);
	CHECK_EQ(d.when, t + 40 * S_);
	out(&d, 30 * S_, ACK);          /* no answer */
	CHECK_EQ(d.when, t + 43 * S_);
	CHECK(!host_done(d.call));
	ended(&d, 10 * S_, -ETIMEDOUT);
	CHECK_EQ(sched_now(d.s), t + 46 * S_);
	close_drill(&d);
}

/* --- ports ---------------------------------------------------------------------------------- */

#define EPHEMERAL 63976u             /* 1025 .. 65000, as NT has them */

struct ports {
	struct host *h;
	struct sk **s;
	u32 n;
	int e, one;
};

static void takes_all(void *ctx)
{
	struct ports *p = ctx;
	struct tdi_address any = { .family = 4 }, to = { .family = 4, .port = 9,
							 .ip = { 127, 0, 0, 1 } };
	struct sk *c = NULL;

	for (; p->n <= EPHEMERAL; p->n++) {
		p->e = sk_socket(host_machine(p->h), AF_INET, SOCK_STREAM, 0,
				 &p->s[p->n]);
		if (!p->e)
			p->e = sk_bind(p->s[p->n], &any);
		if (p->e)
			break;
	}
	if (sk_socket(host_machine(p->h), AF_INET, SOCK_STREAM, 0, &c))
		return;
	p->one = sk_connect(c, &to);
	for (u32 i = 0; i <= p->n; i++)
		sk_close(p->s[i]);
	CHECK_EQ(sk_connect(c, &to), -ECONNREFUSED); /* there are some again */
	sk_close(c);
}

static void ports_run_out(void)
{
	static struct drill d;
	static struct ports p;

	open_drill(&d);
	p.h = d.h;
	p.s = calloc(EPHEMERAL + 1, sizeof(*p.s));
	CHECK(ex_call(host_machine(d.h), takes_all, &p));
	CHECK_EQ(p.n, EPHEMERAL);
	CHECK_EQ(p.e, -EADDRNOTAVAIL);
	CHECK_EQ(p.one, -EADDRNOTAVAIL);
	free(p.s);
	close_drill(&d);
}

/* --- a wait without an end ---------------------------------------------------------- */

static void waits_for_ever(void *ctx)
{
	struct ke_event *e = ctx;

	ke_wait(e, KE_FOREVER);
}

static void sleeps_long(void *ctx)
{
	(void)ctx;
	ke_sleep(60 * S_);
}

/* What nothing will end is given up, whatever the time that was given. */
static void gives_up_when_nothing_is_left(void)
{
	struct ke_event e;
	struct host_call *c;
	struct drill d;
	char why[256] = "";

	alarm(60);                   /* it would hang */
	open_drill(&d);
	ke_event_init(&e, "e", false, false);
	c = host_call(d.h, "waits", waits_for_ever, &e);
	CHECK(c && !host_wait(c, UINT64_MAX));
	CHECK_EQ(host_receive(d.h, d.p, sizeof(d.p), UINT64_MAX, NULL), 0);
	ke_event_set(&e);
	CHECK(c && host_wait(c, UINT64_MAX));
	close_drill(&d);

	d.s = sched_new(&(struct sched_config){ .seed = 7, .max_ns = 5 * S_ });
	d.h = host_new(&(struct host_config){
				.ex = { .name = "m" },
				.drivers = (const char *const[]){ NULL } },
			d.s, why, sizeof(why));
	c = host_call(d.h, "sleeps", sleeps_long, NULL);
	CHECK(c && !host_wait(c, 100 * S_));
	host_free(d.h);
	sched_free(d.s);
	alarm(0);
}

static void binds(void *ctx)
{
	struct drill *d = ctx;

	d->result = sk_socket(host_machine(d->h), AF_INET, SOCK_STREAM, 0,
			      &d->sk);
	if (d->result)
		return;
	d->result = sk_bind(d->sk, host_address(d->h, 4, 7000));
	sk_close(d->sk);
}

static bool call_done(void *ctx)
{
	const struct drill *d = ctx;

	return host_done(d->call);
}

/* Live, with another CPU that may still be asking the adapter. */
static void may_be_bound_to_at_once(void)
{
	const char *b = getenv("B");
	char why[256] = "", path[256];
	unsigned bad = 0;

	snprintf(path, sizeof(path), "%s/drivers", b ? b : "build/dev");
	for (int i = 0; i < 60; i++) {
		struct drill d = { .s = sched_new(&(struct sched_config){
					   .policy = SCHED_LIVE }) };

		d.h = host_new(&(struct host_config){
				       .ex = { .name = "m", .cpus = 2 },
				       .personality = HOST_NT5,
				       .interface = { .name = "eth0",
						      .mac = { 2, 0, 0, 0, 0, 1 },
						      .ip4 = { "192.0.2.1/24" } },
				       .driver_path = path },
			       d.s, why, sizeof(why));
		CHECK_STR(why, "");
		if (!d.h)
			return;
		d.call = host_call(d.h, "binds", binds, &d);
		(void)sched_run(d.s, call_done, &d);
		bad += d.result != 0;
		host_free(d.h);
		sched_free(d.s);
	}
	CHECK_EQ(bad, 0);
}

int main(void)
{
	RUN(handshake);
	RUN(gives_up);
	RUN(told_by_icmp);
	RUN(came_after_all);
	RUN(keeps_alive);
	RUN(ports_run_out);
	RUN(gives_up_when_nothing_is_left);
	RUN(may_be_bound_to_at_once);
	return test_done();
}
