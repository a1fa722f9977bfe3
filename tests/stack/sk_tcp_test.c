// SPDX-License-Identifier: Apache-2.0
/* Sockets over AFD over TCP and UDP: two machines on a link, and one with
 * itself. */
#include "two.h"

#include "sdk/socket.h"

#define BULK (300u * 1024)
#define PIECE 3000u

struct talk {
	struct two t;
	struct io_driver *afd[2];
	int to;                      /* machine of the server */
	bool file, unbuffered;
	struct sk *l;                /* the client closes it */
	u64 sent, received, wrong;
	bool over;
	int client, server;          /* first error, 0: told to the end */
	u8 out[PIECE], in[PIECE];
};

static void begin_as(struct talk *k, enum sched_policy policy, u64 seed,
		     unsigned cpus, double loss)
{
	struct nic_pair_config link = { .seed = seed, .delay_ns = 1000000,
					.loss = loss };

	two_open_as(&k->t, policy, seed, &link, cpus, 0, NULL);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(io_load(k->t.x[i], "afd", "", &k->afd[i]),
			 EX_SUCCESS);
		k->t.used[i] = two_used(k->t.x[i]);
	}
	k->client = k->server = 1;
	k->to = 1;
}

static void begin(struct talk *k, u64 seed, double loss)
{
	begin_as(k, SCHED_RANDOM, seed, 2, loss);
}

static void end(struct talk *k)
{
	static const u32 tags[] = {
		EX_TAG('A', 'f', 'd', 'E'), EX_TAG('A', 'f', 'd', 'C'),
		EX_TAG('A', 'f', 'd', 'A'), EX_TAG('A', 'f', 'd', 'B'),
		EX_TAG('A', 'f', 'd', 'S'), EX_TAG('S', 'o', 'c', 'k'),
	};

	CHECK_EQ(sched_run(k->t.s, NULL, NULL), EX_IDLE);
	for (int i = 0; i < 2; i++) {
		if (ex_stopped(k->t.x[i]) != EX_RUNNING)
			printf("%s\n", ex_stop_text(k->t.x[i]));
		for (size_t j = 0; j < sizeof(tags) / sizeof(*tags); j++)
			CHECK_EQ(tag_bytes(k->t.x[i], EX_NONPAGED, tags[j]),
				 0);
		CHECK_EQ(io_unload(k->afd[i]), EX_SUCCESS);
	}
	two_close(&k->t);
}

static u8 byte_at(u64 i)
{
	return (u8)(i * 31 ^ i >> 9);
}

static int listener(struct ex *x, u16 port, struct sk **s)
{
	struct tdi_address a = { .family = 4, .port = port };
	int e = sk_socket(x, AF_INET, SOCK_STREAM, 0, s);

	if (!e)
		e = sk_bind(*s, &a);
	return e ? e : sk_listen(*s, 5);
}

static int drink(struct talk *k, struct sk *s)
{
	s64 n;

	while ((n = sk_recv(s, k->in, sizeof(k->in), 0)) > 0) {
		for (s64 i = 0; i < n; i++)
			k->wrong += k->in[i] != byte_at(k->received + (u64)i);
		k->received += (u64)n;
	}
	return (int)n;
}

static void hang_up(struct talk *k)
{
	struct sk *l = KE_GET(&k->l);

	KE_SET(&k->l, NULL);
	if (l)
		sk_close(l);
}

static void serve(void *ctx)
{
	struct talk *k = ctx;
	struct sk *l = NULL, *s = NULL;
	int e = listener(k->t.x[k->to], 80, &l);

	KE_SET(&k->l, l);
	if (!e)
		e = sk_accept(l, &s, NULL);
	if (!e)
		e = drink(k, s);
	if (!e && sk_send(s, "thanks", 6, 0) != 6)
		e = -1;
	if (s)
		sk_close(s);
	if (e)
		hang_up(k);
	k->server = e;
}

static int pour(struct talk *k, struct sk *s)
{
	while (k->sent < BULK) {
		size_t n = BULK - k->sent < PIECE ? BULK - k->sent : PIECE;
		s64 r;

		for (size_t i = 0; i < n; i++)
			k->out[i] = byte_at(k->sent + i);
		r = k->file ? sk_write(s, k->out, n) :
			      sk_send(s, k->out, n, 0);
		if (r != (s64)n)
			return (int)r;
		k->sent += n;
	}
	return sk_shutdown(s, SHUT_WR);
}

static void visit(void *ctx)
{
	struct talk *k = ctx;
	struct tdi_address a = two_address(k->to, 80);
	struct tdi_tcp_info i;
	struct sk *s = NULL;
	char buf[8];
	int e, zero = 0;

	if (!k->to)
		memcpy(a.ip, (u8[4]){ 127, 0, 0, 1 }, 4);
	ke_sleep(10000000);          /* until there is a listener */
	e = sk_socket(k->t.x[0], AF_INET, SOCK_STREAM, 0, &s);
	if (!e && k->unbuffered)
		e = sk_setsockopt(s, SOL_SOCKET, SO_SNDBUF, &zero,
				  sizeof(zero));
	if (!e)
		e = sk_connect(s, &a);
	if (!e)
		e = sk_info(s, &i);
	if (!e)
		e = pour(k, s);
	if (!e && sk_recv(s, buf, 8, MSG_WAITALL) != 6)
		e = -1;
	if (s)
		sk_close(s);
	k->client = e;
	KE_SET(&k->over, true);
}

/* In the server's machine: after the client, whatever became of it. */
static void tidy(void *ctx)
{
	struct talk *k = ctx;

	while (!KE_GET(&k->over))
		ke_sleep(50000000);
	hang_up(k);
}

static void bulk(u64 seed, int to, double loss, bool file, bool unbuffered)
{
	static struct talk k;

	memset(&k, 0, sizeof(k));
	begin(&k, seed, loss);
	k.to = to;
	k.file = file;
	k.unbuffered = unbuffered;
	thread_of(k.t.x[to], "server", serve, &k);
	thread_of(k.t.x[0], "client", visit, &k);
	thread_of(k.t.x[to], "tidy", tidy, &k);
	end(&k);
	CHECK_EQ(k.client, 0);
	CHECK_EQ(k.server, 0);
	CHECK_EQ(k.received, BULK);
	CHECK_EQ(k.wrong, 0);
}

static void over_a_link(void)
{
	for (u64 seed = 1; seed < 4; seed++)
		bulk(seed, 1, 0, false, false);
}

static void over_a_bad_link(void)
{
	for (u64 seed = 1; seed < 4; seed++)
		bulk(seed, 1, 0.02, false, false);
}

static void with_itself(void)
{
	for (u64 seed = 1; seed < 4; seed++)
		bulk(seed, 0, 0, false, false);
}

static void as_a_file(void)
{
	bulk(1, 1, 0, true, false);
	bulk(2, 0, 0.02, true, true);
}

static void without_a_send_buffer(void)
{
	bulk(1, 1, 0.02, false, true);
}

/* ICMP port unreachable and a RST: RFC 1122 4.1.3.3, RFC 9293 3.10.7.1 */
static void refused_calls(void *ctx)
{
	struct talk *k = ctx;
	struct tdi_address a = two_address(1, 9);
	struct sk *s = NULL;
	char c;

	k->client = sk_socket(k->t.x[0], AF_INET, SOCK_STREAM, 0, &s);
	CHECK_EQ(sk_connect(s, &a), -ECONNREFUSED);
	sk_close(s);
	CHECK_EQ(sk_socket(k->t.x[0], AF_INET, SOCK_DGRAM, 0, &s), 0);
	CHECK_EQ(sk_connect(s, &a), 0);
	CHECK_EQ(sk_send(s, "x", 1, 0), 1);
	CHECK_EQ(sk_recv(s, &c, 1, 0), -ECONNREFUSED);
	sk_close(s);
}

static void refused(void)
{
	static struct talk k;

	memset(&k, 0, sizeof(k));
	begin(&k, 1, 0);
	thread_of(k.t.x[0], "client", refused_calls, &k);
	end(&k);
	CHECK_EQ(k.client, 0);
}

/* Urgent bytes (RFC 9293 3.8.5) beside the stream, names, poll over TCP. */
static void details_server(void *ctx)
{
	struct talk *k = ctx;
	struct sk *s = NULL;
	struct sk_poll p;
	struct tdi_address a;
	char buf[8];

	k->server = listener(k->t.x[1], 80, &k->l);
	CHECK_EQ(sk_accept(k->l, &s, &a), 0);
	CHECK_EQ(a.ip[3], 1);
	CHECK_EQ(sk_name(s, &a), 0);
	CHECK(a.port == 80 && a.ip[3] == 2);
	p = (struct sk_poll){ s, POLLPRI, 0 };
	CHECK_EQ(sk_poll(&p, 1, 2000000000), 1);
	CHECK_EQ(p.revents, POLLPRI);
	CHECK_EQ(sk_recv(s, buf, 8, MSG_OOB), 1);
	CHECK_EQ(buf[0], '!');
	/* One receive does not cross the mark. */
	CHECK_EQ(sk_recv(s, buf, 4, MSG_WAITALL), 2);
	CHECK_EQ(sk_recv(s, buf + 2, 2, MSG_WAITALL), 2);
	CHECK(!memcmp(buf, "abcd", 4));
	CHECK_EQ(sk_recv(s, buf, 8, 0), 0);
	sk_close(s);
	hang_up(k);
}

static void details_client(void *ctx)
{
	struct talk *k = ctx;
	struct tdi_address a = two_address(1, 80);
	struct sk *s = NULL;

	ke_sleep(10000000);
	k->client = sk_socket(k->t.x[0], AF_INET, SOCK_STREAM, 0, &s);
	CHECK_EQ(sk_connect(s, &a), 0);
	CHECK_EQ(sk_peer(s, &a), 0);
	CHECK(a.port == 80 && a.ip[3] == 2);
	CHECK_EQ(sk_send(s, "ab", 2, 0), 2);
	CHECK_EQ(sk_send(s, "!", 1, MSG_OOB), 1);
	CHECK_EQ(sk_send(s, "cd", 2, 0), 2);
	sk_close(s);
}

static void details(void)
{
	static struct talk k;

	memset(&k, 0, sizeof(k));
	begin(&k, 1, 0);
	thread_of(k.t.x[1], "server", details_server, &k);
	thread_of(k.t.x[0], "client", details_client, &k);
	end(&k);
	CHECK_EQ(k.client, 0);
	CHECK_EQ(k.server, 0);
}

/* --- more at once than a listener has made ahead --------------------------------------- */

#define CROWD 150u

static void crowd_server(void *ctx)
{
	struct talk *k = ctx;
	struct tdi_address a = { .family = 4, .port = 80 };
	struct sk *l = NULL, *s = NULL;
	char c;

	k->server = sk_socket(k->t.x[1], AF_INET, SOCK_STREAM, 0, &l);
	CHECK_EQ(sk_bind(l, &a), 0);
	CHECK_EQ(sk_listen(l, 200), 0);
	for (unsigned i = 0; i < CROWD; i++) {
		CHECK_EQ(sk_accept(l, &s, NULL), 0);
		CHECK_EQ(sk_recv(s, &c, 1, 0), 1);
		CHECK_EQ(sk_send(s, &c, 1, 0), 1);
		sk_close(s);
	}
	sk_close(l);
}

static void crowd_client(void *ctx)
{
	struct talk *k = ctx;
	struct tdi_address a = two_address(1, 80);
	struct sk *s = NULL;
	char c = 'c';

	ke_sleep(10000000);
	CHECK_EQ(sk_socket(k->t.x[0], AF_INET, SOCK_STREAM, 0, &s), 0);
	CHECK_EQ(sk_connect(s, &a), 0);
	CHECK_EQ(sk_send(s, &c, 1, 0), 1);
	KE_ADD(&k->received, sk_recv(s, &c, 1, 0) == 1);
	sk_close(s);
}

/* All come in one batch of the adapter; nobody is refused within the backlog. */
static void crowd(void)
{
	static struct talk k;

	memset(&k, 0, sizeof(k));
	begin_as(&k, SCHED_RUN_ON, 1, 1, 0);
	thread_of(k.t.x[1], "server", crowd_server, &k);
	for (unsigned i = 0; i < CROWD; i++)
		thread_of(k.t.x[0], "client", crowd_client, &k);
	end(&k);
	CHECK_EQ(k.server, 0);
	CHECK_EQ(k.received, CROWD);
}

int main(void)
{
	RUN(details);
	RUN(over_a_link);
	RUN(over_a_bad_link);
	RUN(with_itself);
	RUN(as_a_file);
	RUN(without_a_send_buffer);
	RUN(refused);
	RUN(crowd);
	return test_done();
}
