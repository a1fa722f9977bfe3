// SPDX-License-Identifier: Apache-2.0
/*
 * Endpoints used by several threads at once, on 2 to 4 CPUs: what each gets is
 * whole and nothing is lost, whatever the schedule.  What a thread finds it notes;
 * the story looks at it when all are through.
 */
#include "sockets.h"
#include "sdk/inside.h"

#define SEEDS SEEDS_OF(getenv("NTR_LONG") ? 2000 : 60)
#define MATES 5
#define RECORDS 24                   /* of each sender */
#define SECOND UINT64_C(1000000000)

struct record {
	u32 who, n;
	u8 more[8];
};

struct mate {
	struct story *t;
	void (*fn)(struct mate *m);
	unsigned slot, who;          /* its socket; its number */
	u32 *left;                   /* who have not sent all */
	struct sk *s;
	u32 got, seen[2];            /* records; the next of each sender */
	s64 r;                       /* what its last call gave */
	u32 wrong;                   /* things that cannot be */
};

static void mate_thread(void *context)
{
	struct mate *m = context;

	m->fn(m);
	sk_leave(m->s);
}

/* All of them at once, and meanwhile this. false: they do not end. */
static bool together(struct story *t, struct mate *m, unsigned n,
		     void (*meanwhile)(struct story *t))
{
	struct ke_thread *th[MATES] = { NULL };
	bool ok = true;

	for (unsigned i = 0; i < n; i++) {
		m[i].t = t;
		m[i].s = t->s[m[i].slot];
		if (sk_enter(m[i].s))
			return false;
		th[i] = ke_thread_create(t->x, "mate", 8, mate_thread, &m[i]);
		if (!th[i])
			return false;
	}
	if (meanwhile)
		meanwhile(t);
	for (unsigned i = 0; i < n; i++) {
		ok &= ke_wait(ke_thread_object(th[i]), 60 * SECOND) ==
		      EX_SUCCESS;
		ke_thread_put(th[i]);
	}
	CHECK(ok);
	for (unsigned i = 0; ok && i < n; i++)
		CHECK_EQ(m[i].wrong, 0);
	return ok;
}

/* In half of the schedules s[2] holds little, and is told of little at once: then
 * the transport waits for it, and reads into its memory. */
static bool some_pair(struct story *t)
{
	int little = 100;

	if (!pair_up(t, 700))
		return false;
	if (ex_random(t->x) % 2)
		return true;
	KE_SET(&t->fake->indicate_max, 50);
	return !sk_setsockopt(t->s[2], SOL_SOCKET, SO_RCVBUF, &little,
			      sizeof(little));
}

/* --- a stream, written and read by two each --------------------------------------------- */

/* The last of them says so. */
static void has_sent(struct mate *m)
{
	if (!KE_ADD(m->left, -1))
		m->wrong += sk_shutdown(m->s, SHUT_WR) != 0;
}

static void sends_records(struct mate *m)
{
	for (u32 i = 0; i < RECORDS; i++) {
		struct record r = { .who = m->who, .n = i };

		m->r = sk_send(m->s, &r, sizeof(r), 0);
		m->wrong += m->r != sizeof(r);
	}
	has_sent(m);
}

/* Each read is one whole record, and a sender's come in order. */
static void reads_records(struct mate *m)
{
	struct record r;

	while ((m->r = sk_recv(m->s, &r, sizeof(r), MSG_WAITALL)) ==
	       sizeof(r)) {
		if (r.who > 1 || r.n < m->seen[r.who] || r.n >= RECORDS) {
			m->wrong++;
			return;
		}
		m->seen[r.who] = r.n + 1;
		m->got++;
	}
}

static void set_int(struct mate *m, int level, int name, int v)
{
	m->wrong += sk_setsockopt(m->s, level, name, &v, sizeof(v)) != 0;
}

/* The two sides' limits change, to none too, and its state is asked for. */
static void meddles(struct mate *m)
{
	static const int limits[] = { 40, 0, 8192, 7 };
	struct sk_poll p = { .s = m->s, .events = POLLOUT };
	struct tdi_address a;
	struct tcp_info i;
	size_t n;
	int v;

	for (u32 k = 0; k < 2 * sizeof(limits) / sizeof(*limits); k++) {
		set_int(m, SOL_SOCKET, SO_SNDBUF, limits[k % 4]);
		n = sizeof(v);
		m->wrong += sk_getsockopt(m->s, SOL_SOCKET, SO_SNDBUF, &v,
					  &n) || v != limits[k % 4];
		n = sizeof(i);
		m->wrong += sk_getsockopt(m->s, IPPROTO_TCP, TCP_INFO, &i,
					  &n) || i.tcpi_snd_mss != 1460;
		m->wrong += sk_peer(m->s, &a) || a.port != 700;
		m->wrong += sk_name(m->s, &a) || a.port == 700 || !a.port;
		m->wrong += sk_ioctl(m->s, TIOCOUTQ, &v) || v < 0 ||
			    v > 2 * RECORDS * (int)sizeof(struct record);
		m->wrong += sk_poll(&p, 1, 1000000) < 0 ||
			    p.revents & (POLLERR | POLLHUP | POLLNVAL);
	}
	has_sent(m);
}

static void streams(struct story *t)
{
	u32 left = 3;
	struct mate m[5] = {
		{ .fn = sends_records, .slot = 1, .who = 0, .left = &left },
		{ .fn = sends_records, .slot = 1, .who = 1, .left = &left },
		{ .fn = meddles, .slot = 1, .left = &left },
		{ .fn = reads_records, .slot = 2 },
		{ .fn = reads_records, .slot = 2 } };

	if (!some_pair(t) || !together(t, m, 5, NULL))
		return;
	CHECK_EQ(m[3].r, 0);
	CHECK_EQ(m[4].r, 0);
	CHECK_EQ(m[3].got + m[4].got, 2 * RECORDS);
}

/* --- datagrams --------------------------------------------------------------------------- */

#define LAST 9                       /* `who` of what ends a reader */

/* The first binds it, whoever that is; the other finds it bound. */
static void sends_datagrams(struct mate *m)
{
	struct tdi_address to = at(700);
	struct record r = { .who = m->who };

	for (; r.n < RECORDS; r.n++) {
		m->r = sk_sendto(m->s, &r, sizeof(r), 0, &to);
		m->wrong += m->r != sizeof(r);
	}
	if (KE_ADD(m->left, -1))
		return;
	r.who = LAST;
	for (int i = 0; i < 2; i++)
		m->wrong += sk_sendto(m->s, &r, sizeof(r), 0, &to) != sizeof(r);
}

static void reads_datagrams(struct mate *m)
{
	struct tdi_address from;
	struct record r;

	while ((m->r = sk_recvfrom(m->s, &r, sizeof(r), 0, &from)) ==
		       sizeof(r) && r.who != LAST) {
		if (r.who > 1 || r.n < m->seen[r.who]) {
			m->wrong++;
			return;
		}
		m->wrong += m->got && from.port != m->who;
		m->seen[r.who] = r.n + 1;
		m->who = from.port;
		m->got++;
	}
}

static void datagrams(struct story *t)
{
	struct tdi_address a = at(700);
	u32 left = 2;
	struct mate m[4] = {
		{ .fn = sends_datagrams, .slot = 0, .who = 0, .left = &left },
		{ .fn = sends_datagrams, .slot = 0, .who = 1, .left = &left },
		{ .fn = reads_datagrams, .slot = 1 },
		{ .fn = reads_datagrams, .slot = 1 } };

	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[0]), 0);
	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[1]), 0);
	WANT(t, sk_bind(t->s[1], &a), 0);
	if (!together(t, m, 4, NULL))
		return;
	CHECK_EQ(m[2].got + m[3].got, 2 * RECORDS);
	CHECK(!m[2].got || !m[3].got || m[2].who == m[3].who);
}

/* --- a cancel that meets the end ---------------------------------------------------------- */

/* Now and then its time is over at the moment when something comes. */
static void reads_in_time(struct mate *m)
{
	u8 b[3];

	while (m->got < RECORDS) {
		m->r = sk_recv(m->s, b, sizeof(b), 0);
		if (m->r == -EAGAIN)
			continue;
		m->wrong += m->r <= 0;
		for (s64 i = 0; i < m->r; i++)
			m->wrong += b[i] != m->got++;
		if (m->r <= 0)
			return;
	}
}

static void sends_bytes(struct mate *m)
{
	for (u32 i = 0; i < RECORDS; i++) {
		u8 b = (u8)i;

		ke_sleep(1000000);
		m->wrong += sk_send(m->s, &b, 1, 0) != 1;
	}
}

static void polls_in_time(struct mate *m)
{
	struct sk_poll p = { .s = m->s, .events = POLLIN };

	for (u32 i = 0; i < RECORDS; i++) {
		int r = sk_poll(&p, 1, 1000000);

		m->wrong += r < 0 || (!r && p.revents) ||
			    (r && p.revents != POLLIN);
	}
}

static void cancels(struct story *t)
{
	struct timeval ms = { .tv_usec = 1000 };
	struct mate m[3] = { { .fn = reads_in_time, .slot = 2 },
			     { .fn = sends_bytes, .slot = 1 },
			     { .fn = polls_in_time, .slot = 2 } };

	if (!pair_up(t, 700))
		return;
	WANT(t, sk_setsockopt(t->s[2], SOL_SOCKET, SO_RCVTIMEO, &ms,
			      sizeof(ms)), 0);
	together(t, m, 3, NULL);
}

/* --- a close under all of them -------------------------------------------------------------- */

static void close_soon(struct story *t, int slot)
{
	u64 turns = ex_random(t->x) % 40;

	while (turns--)
		ke_point(SCHED_USER, "soon");
	sk_close(t->s[slot]);
	t->s[slot] = NULL;
}

static void closes_0(struct story *t)
{
	close_soon(t, 0);
}

static void closes_2(struct story *t)
{
	close_soon(t, 2);
}

/* Until it is refused; each that was taken says so with a byte. */
static void connects(struct mate *m)
{
	struct tdi_address a = at(700);
	struct sk *s;
	u8 b;

	do {
		if (sk_socket(m->t->x, AF_INET, SOCK_STREAM, 0, &s)) {
			m->wrong++;
			return;
		}
		m->r = sk_connect(s, &a);
		if (!m->r && sk_recv(s, &b, 1, 0) == 1)
			m->got++;
		sk_close(s);
	} while (!m->r);
	m->wrong += m->r != -ECONNREFUSED && m->r != -ECONNRESET;
}

static void accepts(struct mate *m)
{
	struct sk *n;

	while (!(m->r = sk_accept(m->s, &n, NULL))) {
		m->wrong += sk_send(n, "a", 1, 0) != 1;
		sk_shutdown(n, SHUT_WR);
		m->got++;
		sk_close(n);
	}
	m->wrong += m->r != -ECANCELED && m->r != -EBADF;
}

static void listeners(struct story *t)
{
	struct tdi_address a = at(700);
	struct mate m[4] = { { .fn = accepts, .slot = 0 },
			     { .fn = accepts, .slot = 0 },
			     { .fn = connects, .slot = 1 },
			     { .fn = connects, .slot = 1 } };

	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[0]), 0);
	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[1]), 0);
	WANT(t, sk_bind(t->s[0], &a), 0);
	WANT(t, sk_listen(t->s[0], 8), 0);
	if (together(t, m, 4, closes_0))
		CHECK_EQ(m[0].got + m[1].got, m[2].got + m[3].got);
}

static void waits_in_poll(struct mate *m)
{
	struct sk_poll p = { .s = m->s, .events = POLLPRI };

	m->r = sk_poll(&p, 1, -1);
	m->wrong += m->r != -EBADF && (m->r != 1 || p.revents != POLLNVAL);
}

static void waits_to_read(struct mate *m)
{
	u8 b[64];

	while ((m->r = sk_recv(m->s, b, sizeof(b), 0)) > 0)
		;
	m->wrong += m->r != -ECANCELED && m->r != -EBADF;
}

static bool over(s64 r)
{
	return r == -ECONNRESET || r == -EPIPE || r == -ECANCELED ||
	       r == -EBADF || r == -ECONNABORTED;
}

/* To one that is closed while they are under way. */
static void sends_until_over(struct mate *m)
{
	static const u8 b[600];

	while ((m->r = sk_send(m->s, b, sizeof(b), 0)) > 0)
		;
	m->wrong += !over(m->r);
}

static void closing(struct story *t)
{
	struct mate m[4] = { { .fn = waits_in_poll, .slot = 2 },
			     { .fn = waits_to_read, .slot = 2 },
			     { .fn = sends_until_over, .slot = 1 },
			     { .fn = sends_until_over, .slot = 1 } };

	if (some_pair(t))
		together(t, m, 4, closes_2);
}

/* Without a copy: the transport has the senders' own memory. */
static void closing_direct(struct story *t)
{
	int zero = 0;
	struct mate m[4] = { { .fn = waits_to_read, .slot = 2 },
			     { .fn = waits_to_read, .slot = 2 },
			     { .fn = sends_until_over, .slot = 1 },
			     { .fn = sends_until_over, .slot = 1 } };

	if (!some_pair(t))
		return;
	WANT(t, sk_setsockopt(t->s[1], SOL_SOCKET, SO_SNDBUF, &zero,
			      sizeof(zero)), 0);
	together(t, m, 4, closes_2);
}

static void reset_soon(struct story *t)
{
	u64 turns = ex_random(t->x) % 40;

	while (turns--)
		ke_point(SCHED_USER, "soon");
	t->fake->reset(t->x, 700, EX_CONNECTION_RESET);
}

static void reads_until_over(struct mate *m)
{
	u8 b[100];

	while ((m->r = sk_recv(m->s, b, sizeof(b), 0)) > 0)
		;
	m->wrong += !over(m->r);
}

static void shuts(struct mate *m)
{
	m->r = sk_shutdown(m->s, SHUT_WR);
	m->wrong += m->r && m->r != -ENOTCONN;
}

static void reset(struct story *t)
{
	struct mate m[4] = { { .fn = reads_until_over, .slot = 2 },
			     { .fn = sends_until_over, .slot = 1 },
			     { .fn = sends_until_over, .slot = 2 },
			     { .fn = shuts, .slot = 2 } };

	if (!some_pair(t))
		return;
	together(t, m, 4, reset_soon);
}

/* --- options ---------------------------------------------------------------------------------- */

static void sets_keepcnt(struct mate *m)
{
	for (int i = 0; i < 5; i++)
		set_int(m, IPPROTO_TCP, TCP_KEEPCNT,
			1 + i + 5 * (int)m->who);
}

/* What the transport was told last is what it is. */
static void told_last(struct story *t, int slot, int level, int name)
{
	size_t n = sizeof(int);
	int v = 0;

	WANT(t, sk_getsockopt(t->s[slot], level, name, &v, &n), 0);
	CHECK_EQ(t->fake->value, v);
}

static void options(struct story *t)
{
	struct mate m[2] = { { .fn = sets_keepcnt, .slot = 1, .who = 0 },
			     { .fn = sets_keepcnt, .slot = 1, .who = 1 } };

	if (pair_up(t, 700) && together(t, m, 2, NULL))
		told_last(t, 1, IPPROTO_TCP, TCP_KEEPCNT);
}

static void sets_once(struct mate *m)
{
	set_int(m, IPPROTO_TCP, TCP_KEEPCNT, 7);
}

static void sets_ttl(struct mate *m)
{
	set_int(m, IPPROTO_IP, IP_TTL, 7);
}

static void connects_it(struct mate *m)
{
	struct tdi_address a = at(700);

	m->r = sk_connect(m->s, &a);
	m->wrong += m->r != 0;
}

static void binds_it(struct mate *m)
{
	struct tdi_address a = at(701);

	m->r = sk_bind(m->s, &a);
	m->wrong += m->r != 0;
}

static void listens_there(struct mate *m)
{
	m->r = sk_listen(m->s, 3);
	m->wrong += m->r != 0;
}

static void options_beside_connect(struct story *t)
{
	struct mate m[2] = { { .fn = connects_it, .slot = 3 },
			     { .fn = sets_once, .slot = 3 } };

	if (!pair_up(t, 700))
		return;
	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[3]), 0);
	if (together(t, m, 2, NULL))
		CHECK_EQ(t->fake->value, 7);
}

static void options_beside_bind(struct story *t)
{
	struct mate m[2] = { { .fn = binds_it, .slot = 0 },
			     { .fn = sets_ttl, .slot = 0 } };

	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[0]), 0);
	if (together(t, m, 2, NULL))
		CHECK_EQ(t->fake->value, 7);
}

/* Each of the three that wait for a caller was told. */
static void options_beside_listen(struct story *t)
{
	struct tdi_address a = at(700);
	struct mate m[2] = { { .fn = listens_there, .slot = 0 },
			     { .fn = sets_once, .slot = 0 } };

	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[0]), 0);
	WANT(t, sk_bind(t->s[0], &a), 0);
	if (!together(t, m, 2, NULL))
		return;
	CHECK(t->fake->sets >= 3);
	CHECK_EQ(t->fake->value, 7);
	CHECK_EQ(t->fake->files, 4); /* the address, and no more than three */
}

static void a_stream_has_two_at_each_end(void)
{
	under_seeds(streams, SEEDS, false);
}

static void a_datagram_socket_too(void)
{
	under_seeds(datagrams, SEEDS, false);
}

static void time_is_over_as_it_comes(void)
{
	under_seeds(cancels, SEEDS, false);
}

static void a_listener_is_closed(void)
{
	under_seeds(listeners, SEEDS, true);
}

static void a_stream_is_closed(void)
{
	under_seeds(closing, SEEDS, true);
}

static void a_stream_is_closed_that_has_no_copy(void)
{
	under_seeds(closing_direct, SEEDS, true);
}

static void a_stream_is_reset(void)
{
	under_seeds(reset, SEEDS, true);
}

static void the_last_option_is_told_last(void)
{
	under_seeds(options, SEEDS, false);
	under_seeds(options_beside_connect, SEEDS, false);
	under_seeds(options_beside_bind, SEEDS, false);
	under_seeds(options_beside_listen, SEEDS, false);
}

int main(void)
{
	RUN(a_stream_has_two_at_each_end);
	RUN(a_datagram_socket_too);
	RUN(time_is_over_as_it_comes);
	RUN(a_listener_is_closed);
	RUN(a_stream_is_closed);
	RUN(a_stream_is_closed_that_has_no_copy);
	RUN(a_stream_is_reset);
	RUN(the_last_option_is_told_last);
	return test_done();
}
