// SPDX-License-Identifier: Apache-2.0
/* Sockets over AFD over a transport for tests: each call, its errors, what is
 * left behind. */
#include "sockets.h"

#include <unistd.h>

static void connects_and_talks(struct story *t)
{
	struct tdi_address a;
	char buf[16];

	if (!pair_up(t, 80))
		return;
	WANT(t, sk_send(t->s[1], "hello", 5, 0), 5);
	WANT(t, sk_recv(t->s[2], buf, sizeof(buf), 0), 5);
	if (!t->frail)
		CHECK(!memcmp(buf, "hello", 5));
	WANT(t, sk_send(t->s[2], "you", 3, 0), 3);
	WANT(t, sk_recv(t->s[1], buf, 2, 0), 2);
	WANT(t, sk_recv(t->s[1], buf, 2, 0), 1);
	WANT(t, sk_name(t->s[2], &a), 0);
	CHECK_EQ(a.port, 80);
	WANT(t, sk_peer(t->s[1], &a), 0);
	CHECK_EQ(a.port, 80);
}

static void closes_with_eof(struct story *t)
{
	char buf[8];

	if (!pair_up(t, 80))
		return;
	WANT(t, sk_send(t->s[1], "abc", 3, 0), 3);
	WANT(t, sk_shutdown(t->s[1], SHUT_WR), 0);
	WANT(t, sk_send(t->s[1], "d", 1, 0), -EPIPE);
	WANT(t, sk_recv(t->s[2], buf, 8, MSG_WAITALL), 3);
	WANT(t, sk_recv(t->s[2], buf, 8, 0), 0);
	WANT(t, sk_send(t->s[2], "xy", 2, 0), 2);
	WANT(t, sk_recv(t->s[1], buf, 8, 0), 2);
	WANT(t, sk_shutdown(t->s[2], SHUT_RDWR), 0);
	WANT(t, sk_recv(t->s[1], buf, 8, 0), 0);
	WANT(t, sk_recv(t->s[2], buf, 8, 0), 0);
}

/* RFC 1122 4.2.2.13: unread bytes make a reset of a close. */
static void close_with_unread_bytes_resets(struct story *t)
{
	char buf[8];

	if (!pair_up(t, 80))
		return;
	WANT(t, sk_send(t->s[1], "abc", 3, 0), 3);
	WANT(t, sk_recv(t->s[2], buf, 1, 0), 1);
	sk_close(t->s[2]);
	t->s[2] = NULL;
	WANT(t, sk_recv(t->s[1], buf, 8, 0), -ECONNRESET);
	WANT(t, sk_send(t->s[1], "a", 1, 0), -ECONNRESET);
}

static void linger_of_zero_resets(struct story *t)
{
	struct linger l = { 1, 0 };
	char buf[8];

	if (!pair_up(t, 80))
		return;
	WANT(t, sk_setsockopt(t->s[2], SOL_SOCKET, SO_LINGER, &l, sizeof(l)),
	     0);
	sk_close(t->s[2]);
	t->s[2] = NULL;
	WANT(t, sk_recv(t->s[1], buf, 8, 0), -ECONNRESET);
}

/* The close waits for a peer that does not take, then resets. */
static void linger_waits(struct story *t)
{
	struct linger l = { 1, 3 };
	u64 before = ex_now(t->x);

	if (!pair_up(t, 80))
		return;
	WANT(t, sk_setsockopt(t->s[1], SOL_SOCKET, SO_LINGER, &l, sizeof(l)),
	     0);
	t->fake->hold = true;
	WANT(t, sk_send(t->s[1], "abc", 3, 0), 3);
	sk_close(t->s[1]);
	t->s[1] = NULL;
	CHECK(ex_now(t->x) - before >= 3000000000u);
	t->fake->hold = false;
	t->fake->go(t->x);
}

static void backpressure(struct story *t)
{
	static char big[65536];
	static char buf[4096];
	s64 sent = 0, got = 0, n;

	if (!pair_up(t, 80))
		return;
	sk_nonblock(t->s[1], true);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 ^ i >> 8);
	while ((n = sk_send(t->s[1], big + sent, sizeof(big) - (u64)sent,
			    0)) > 0) {
		sent += n;
		ke_sleep(1000000);
	}
	if (t->frail && n != -EAGAIN)
		return;
	CHECK_EQ(n, -EAGAIN);        /* both limits: 8 KiB there and here */
	if (!t->frail)
		CHECK_EQ(sent, 16384);
	while (got < sent) {
		n = sk_recv(t->s[2], buf, sizeof(buf), 0);
		if (n <= 0)
			break;
		if (memcmp(buf, big + got, (size_t)n))
			break;
		got += n;
	}
	if (!t->frail)
		CHECK_EQ(got, sent);
}

static void sends_vectors(void *ctx)
{
	struct story *t = ctx;
	struct iovec v[3] = { { (void *)(uintptr_t)"ab", 2 }, { NULL, 0 },
			      { (void *)(uintptr_t)"cde", 3 } };
	s64 n = sk_sendv(t->s[1], v, 3, 0);

	if (!t->frail)
		CHECK_EQ(n, 5);
	if (n == 5)
		n = sk_write(t->s[1], "file", 4);
	if (!t->frail)
		CHECK_EQ(n, 4);
	if (n != 4)
		sk_shutdown(t->s[1], SHUT_WR);
}

static void receives_vectors(struct story *t)
{
	char a[3], b[4];
	struct iovec r[2] = { { a, 3 }, { b, 2 } };

	WANT(t, sk_recvv(t->s[2], r, 2, MSG_WAITALL), 5);
	CHECK(!memcmp(a, "abc", 3) && !memcmp(b, "de", 2));
	WANT(t, sk_recv(t->s[2], b, 4, MSG_WAITALL), 4);
	CHECK(!memcmp(b, "file", 4));
}

static void without_a_send_buffer(struct story *t)
{
	struct ke_thread *sender;
	int zero = 0;

	if (!pair_up(t, 80))
		return;
	WANT(t, sk_setsockopt(t->s[1], SOL_SOCKET, SO_SNDBUF, &zero,
			      sizeof(zero)), 0);
	sender = ke_thread_create(t->x, "sender", 8, sends_vectors, t);
	if (!sender)
		return;
	receives_vectors(t);
	sk_close(t->s[2]);
	t->s[2] = NULL;
	ke_wait(ke_thread_object(sender), KE_FOREVER);
	ke_thread_put(sender);
	CHECK_EQ(tag_bytes(t->x, EX_NONPAGED, EX_TAG('A', 'f', 'd', 'B')), 0);
}

static void as_files(struct story *t)
{
	static char block[4096], buf[4096];

	if (!pair_up(t, 80))
		return;
	for (int i = 0; i < 20; i++) {
		memset(block, i, sizeof(block));
		WANT(t, sk_write(t->s[1], block, sizeof(block)), 4096);
		for (size_t n = 0; n < sizeof(buf);) {
			s64 k = sk_read(t->s[2], buf + n, sizeof(buf) - n);

			if (k <= 0 && t->frail)
				return;
			CHECK(k > 0);
			if (k <= 0)
				return;
			n += (size_t)k;
		}
		CHECK(!memcmp(block, buf, sizeof(buf)));
	}
	ke_sleep(1000000);
	CHECK_EQ(tag_bytes(t->x, EX_NONPAGED, EX_TAG('A', 'f', 'd', 'B')), 0);
}

static void peeks_and_urgent(struct story *t)
{
	char buf[8];
	int on = 1;

	if (!pair_up(t, 80))
		return;
	WANT(t, sk_recv(t->s[2], buf, 8, MSG_DONTWAIT), -EAGAIN);
	WANT(t, sk_recv(t->s[2], buf, 8, MSG_OOB), -EINVAL);
	WANT(t, sk_send(t->s[1], "abc", 3, 0), 3);
	WANT(t, sk_recv(t->s[2], buf, 2, MSG_PEEK), 2);
	WANT(t, sk_recv(t->s[2], buf, 8, 0), 3);
	WANT(t, sk_send(t->s[1], "!", 1, MSG_OOB), 1);
	ke_sleep(1000000);
	WANT(t, sk_recv(t->s[2], buf, 8, MSG_DONTWAIT), -EAGAIN);
	WANT(t, sk_recv(t->s[2], buf, 8, MSG_OOB), 1);
	CHECK_EQ(buf[0], '!');
	WANT(t, sk_setsockopt(t->s[2], SOL_SOCKET, SO_OOBINLINE, &on,
			      sizeof(on)), 0);
	WANT(t, sk_send(t->s[1], "?", 1, MSG_OOB), 1);
	WANT(t, sk_recv(t->s[2], buf, 8, 0), 1);
	CHECK_EQ(buf[0], '?');
}

static void polls(struct story *t)
{
	struct sk_poll p[2];
	char c;

	if (!pair_up(t, 80))
		return;
	p[0] = (struct sk_poll){ t->s[2], POLLIN, 0 };
	p[1] = (struct sk_poll){ t->s[1], POLLOUT, 0 };
	WANT(t, sk_poll(p, 1, 0), 0);
	WANT(t, sk_poll(p, 1, 5000000), 0);
	WANT(t, sk_poll(p, 2, -1), 1);
	CHECK_EQ(p[0].revents, 0);
	CHECK_EQ(p[1].revents, POLLOUT);
	WANT(t, sk_send(t->s[1], "x", 1, 0), 1);
	WANT(t, sk_poll(p, 1, 1000000000), 1);
	CHECK_EQ(p[0].revents, POLLIN);
	WANT(t, sk_recv(t->s[2], &c, 1, 0), 1);
	t->fake->reset(t->x, 80, EX_CONNECTION_RESET);
	WANT(t, sk_poll(p, 1, 1000000000), 1);
	CHECK_EQ(p[0].revents, POLLIN | POLLERR | POLLHUP);
	WANT(t, sk_recv(t->s[2], &c, 1, 0), -ECONNRESET);
}

static void connect_that_waits(struct story *t)
{
	struct tdi_address nobody = at(99);
	struct sk_poll p;
	int e = -1;
	size_t n = sizeof(e);

	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0,
			  &t->s[0]), 0);
	t->fake->hold_connects = true;
	WANT(t, sk_connect(t->s[0], &nobody), -EINPROGRESS);
	WANT(t, sk_connect(t->s[0], &nobody), -EALREADY);
	p = (struct sk_poll){ t->s[0], POLLOUT, 0 };
	WANT(t, sk_poll(&p, 1, 1000000), 0);
	sk_close(t->s[0]);           /* while it connects */
	t->s[0] = NULL;
	t->fake->hold_connects = false;
	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[1]), 0);
	/* As on Linux (sk_linux_test): who waited has heard of it. */
	WANT(t, sk_connect(t->s[1], &nobody), -ECONNREFUSED);
	WANT(t, sk_getsockopt(t->s[1], SOL_SOCKET, SO_ERROR, &e, &n), 0);
	CHECK_EQ(e, 0);
	sk_nonblock(t->s[1], true);
	WANT(t, sk_connect(t->s[1], &nobody), -EINPROGRESS);
	p.s = t->s[1];
	WANT(t, sk_poll(&p, 1, 1000000000), 1);
	CHECK(p.revents & POLLERR);
	WANT(t, sk_getsockopt(t->s[1], SOL_SOCKET, SO_ERROR, &e, &n), 0);
	CHECK_EQ(e, ECONNREFUSED);
	WANT(t, sk_getsockopt(t->s[1], SOL_SOCKET, SO_ERROR, &e, &n), 0);
	CHECK_EQ(e, 0);
}

static void wrong_calls(struct story *t)
{
	struct tdi_address a = at(80), six = { .family = 6 };
	char c;

	CHECK_EQ(sk_socket(t->x, AF_UNIX, SOCK_STREAM, 0, &t->s[0]),
		 -EAFNOSUPPORT);
	CHECK_EQ(sk_socket(t->x, AF_INET, SOCK_STREAM, 17, &t->s[0]),
		 -EPROTONOSUPPORT);
	CHECK_EQ(sk_socket(t->x, AF_INET, 77, 0, &t->s[0]), -ESOCKTNOSUPPORT);
	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[0]), 0);
	WANT(t, sk_listen(t->s[0], 1), -EINVAL);
	WANT(t, sk_recv(t->s[0], &c, 1, 0), -ENOTCONN);
	WANT(t, sk_send(t->s[0], &c, 1, 0), -ENOTCONN);
	WANT(t, sk_shutdown(t->s[0], SHUT_WR), -ENOTCONN);
	WANT(t, sk_peer(t->s[0], &a), -ENOTCONN);
	WANT(t, sk_bind(t->s[0], &six), -EAFNOSUPPORT);
	WANT(t, sk_bind(t->s[0], &a), 0);
	WANT(t, sk_bind(t->s[0], &a), -EINVAL);
	WANT(t, sk_accept(t->s[0], &t->s[1], NULL), -EINVAL);
	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[2]), 0);
	WANT(t, sk_bind(t->s[2], &a), -EADDRINUSE);
	WANT(t, sk_listen(t->s[0], 1), 0);
	WANT(t, sk_connect(t->s[0], &a), -EINVAL);
	sk_nonblock(t->s[0], true);
	WANT(t, sk_accept(t->s[0], &t->s[1], NULL), -EAGAIN);
	WANT(t, sk_connect(t->s[2], &a), 0);
	WANT(t, sk_connect(t->s[2], &a), -EISCONN);
}

static void options(struct story *t)
{
	int v = 1;
	size_t n = sizeof(v);
	struct tdi_tcp_info i;

	if (!pair_up(t, 80))
		return;
	WANT(t, sk_setsockopt(t->s[1], IPPROTO_TCP, TCP_NODELAY, &v, n), 0);
	CHECK_EQ(t->fake->info, TDI_NODELAY);
	CHECK_EQ(t->fake->value, 1);
	WANT(t, sk_getsockopt(t->s[1], IPPROTO_TCP, TCP_NODELAY, &v, &n), 0);
	CHECK_EQ(v, 1);
	WANT(t, sk_getsockopt(t->s[0], SOL_SOCKET, SO_ACCEPTCONN, &v, &n), 0);
	CHECK_EQ(v, 1);
	WANT(t, sk_getsockopt(t->s[1], SOL_SOCKET, SO_TYPE, &v, &n), 0);
	CHECK_EQ(v, SOCK_STREAM);
	WANT(t, sk_getsockopt(t->s[1], SOL_SOCKET, SO_RCVBUF, &v, &n), 0);
	CHECK_EQ(v, 8192);
	v = 5000;
	WANT(t, sk_setsockopt(t->s[1], SOL_SOCKET, SO_RCVBUF, &v, n), 0);
	CHECK_EQ(t->fake->info, TDI_RECEIVE_WINDOW);
	CHECK_EQ(t->fake->value, 5000);
	CHECK_EQ(sk_setsockopt(t->s[1], SOL_SOCKET, 9999, &v, n),
		 -ENOPROTOOPT);
	CHECK_EQ(sk_setsockopt(t->s[1], SOL_SOCKET, SO_SNDBUF, &v, 1),
		 -EINVAL);
	WANT(t, sk_info(t->s[1], &i), 0);
	CHECK_EQ(i.mss, 1460);
}

/* Linux beside it: recv(2) takes any length, sendmsg(2) 1,024 vectors, and
 * getsockopt(2) gives as much as there is room for. */
static void lengths(struct story *t)
{
	static const struct iovec v[1025]; /* stacks are small */
	struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)v,
			    .msg_iovlen = 1025 };
	int fd[2] = { -1, -1 };
	socklen_t one = 1;
	size_t n = 1;
	char c[4];

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	CHECK_EQ(send(fd[0], "abc", 3, 0), 3);
	CHECK_EQ(recv(fd[1], c, SIZE_MAX, 0), 3);
	CHECK_EQ(sendmsg(fd[0], &m, 0), -1);
	CHECK_EQ(errno, EMSGSIZE);
	CHECK_EQ(recvmsg(fd[0], &m, MSG_DONTWAIT), -1);
	CHECK_EQ(errno, EMSGSIZE);
	CHECK_EQ(getsockopt(fd[0], SOL_SOCKET, SO_TYPE, c, &one), 0);
	CHECK_EQ(one, 1);
	CHECK_EQ(c[0], SOCK_STREAM);
	close(fd[0]);
	close(fd[1]);
	if (!pair_up(t, 80))
		return;
	WANT(t, sk_send(t->s[1], "abc", 3, 0), 3);
	WANT(t, sk_recv(t->s[2], c, SIZE_MAX, 0), 3);
	CHECK(!memcmp(c, "abc", 3));
	WANT(t, sk_send(t->s[1], "def", 3, 0), 3);
	WANT(t, sk_read(t->s[2], c, SIZE_MAX), 3);
	CHECK(!memcmp(c, "def", 3));
	CHECK(!sk_getsockopt(t->s[1], SOL_SOCKET, SO_TYPE, c, &n) && n == 1);
	CHECK_EQ(c[0], SOCK_STREAM);
	WANT(t, sk_sendv(t->s[1], v, 1025, 0), -EMSGSIZE);
	WANT(t, sk_recvv(t->s[2], v, 1025, MSG_DONTWAIT), -EMSGSIZE);
}

/* A send from the caller's own memory cannot be taken back but by a reset. */
static void a_direct_send_in_time(struct story *t)
{
	struct timeval limit = { .tv_usec = 20000 };
	int zero = 0;
	u64 begun;

	if (!pair_up(t, 80))
		return;
	WANT(t, sk_setsockopt(t->s[1], SOL_SOCKET, SO_SNDBUF, &zero,
			      sizeof(zero)), 0);
	WANT(t, sk_setsockopt(t->s[1], SOL_SOCKET, SO_SNDTIMEO, &limit,
			      sizeof(limit)), 0);
	WANT(t, sk_send(t->s[1], "abc", 3, 0), 3);
	t->fake->hold = true;
	begun = ex_now(t->x);
	if (!want_(t, sk_send(t->s[1], "abc", 3, 0), -ECONNABORTED, __LINE__))
		goto out;
	CHECK_EQ(ex_now(t->x) - begun, 20000000);
	want_(t, sk_send(t->s[1], "abc", 3, 0), -ECONNABORTED, __LINE__);
out:
	t->fake->hold = false;
	t->fake->go(t->x);
}

static void datagrams(struct story *t)
{
	struct tdi_address a = at(53), from, nobody = at(99);
	struct sk_poll p;
	char buf[8];

	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[0]), 0);
	WANT(t, sk_bind(t->s[0], &a), 0);
	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[1]), 0);
	WANT(t, sk_send(t->s[1], "x", 1, 0), -ENOTCONN);
	WANT(t, sk_sendto(t->s[1], "query", 5, 0, &a), 5);
	WANT(t, sk_sendto(t->s[1], "", 0, 0, &a), 0);
	if (t->frail)                /* a datagram may be lost */
		sk_nonblock(t->s[0], true);
	WANT(t, sk_recvfrom(t->s[0], buf, 3, MSG_PEEK, &from), 3);
	WANT(t, sk_recvfrom(t->s[0], buf, 8, 0, &from), 5);
	CHECK(from.port >= 49152);
	WANT(t, sk_recvfrom(t->s[0], buf, 8, 0, NULL), 0);
	WANT(t, sk_recvfrom(t->s[0], buf, 8, MSG_DONTWAIT, NULL), -EAGAIN);
	WANT(t, sk_sendto(t->s[0], "answer", 6, 0, &from), 6);
	WANT(t, sk_recv(t->s[1], buf, 8, t->frail ? MSG_DONTWAIT : 0), 6);
	WANT(t, sk_connect(t->s[1], &nobody), 0);
	WANT(t, sk_write(t->s[1], "x", 1), 1);
	p = (struct sk_poll){ t->s[1], POLLIN, 0 };
	WANT(t, sk_poll(&p, 1, 1000000000), 1);
	CHECK_EQ(p.revents, POLLERR); /* as on Linux (sk_linux_test) */
	WANT(t, sk_recv(t->s[1], buf, 8, 0), -ECONNREFUSED);
	WANT(t, sk_recv(t->s[1], buf, 8, MSG_DONTWAIT), -EAGAIN);
}

/* What is over the limit is dropped, and does not stay. */
static void datagrams_are_bounded(struct story *t)
{
	struct tdi_address a = at(53);
	char kib[1024] = { 0 };
	int n = 0;

	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[0]), 0);
	WANT(t, sk_bind(t->s[0], &a), 0);
	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[1]), 0);
	for (int i = 0; i < 20; i++)
		WANT(t, sk_sendto(t->s[1], kib, sizeof(kib), 0, &a), 1024);
	while (sk_recv(t->s[0], kib, sizeof(kib), MSG_DONTWAIT) == 1024)
		n++;
	if (!t->frail)
		CHECK_EQ(n, 8);
	t->fake->hold_datagrams = true;
	for (int i = 0; i < 8; i++)
		WANT(t, sk_sendto(t->s[1], kib, sizeof(kib), MSG_DONTWAIT,
				  &a), 1024);
	WANT(t, sk_sendto(t->s[1], kib, sizeof(kib), MSG_DONTWAIT, &a),
	     -EAGAIN);
}

static void let_go(struct story *t)
{
	shut_all(t);
	t->fake->hold_datagrams = false;
	t->fake->go(t->x);
}

static void datagrams_bounded(struct story *t)
{
	datagrams_are_bounded(t);
	let_go(t);
}

/* --- more than was indicated --------------------------------------------------------- */

struct straight {
	u8 out[1000], in[1000];
	s64 result;
	bool done;
};

static void straight_done(void *ctx, s64 result)
{
	struct straight *r = ctx;

	r->result = result;
	r->done = true;
}

/* A read that waits, and bytes that come 100 at a time. */
static bool straight_begin(struct story *t, struct straight *r, unsigned n)
{
	r->done = false;
	memset(r->in, 0, sizeof(r->in));
	for (size_t i = 0; i < sizeof(r->out); i++)
		r->out[i] = (u8)(i * 7 + n);
	t->fake->indicate_max = 100;
	return !sk_overlapped(t->s[2], false, n & 1, r->in, sizeof(r->in),
			      straight_done, r);
}

static void straight_end(struct straight *r)
{
	while (!r->done)
		ke_sleep(1000);
}

/* All of it; for want of memory what one indication has. */
static bool straight_ok(const struct story *t, const struct straight *r)
{
	return (r->result == 1000 || (t->frail && r->result == 100)) &&
	       !memcmp(r->in, r->out, (size_t)r->result);
}

/* They go into the reader's memory by one RECEIVE, not by ten indications. */
static void reads_straight(struct story *t)
{
	static struct straight r;

	for (unsigned n = 0; n < 2; n++) {
		u32 lent = t->fake->lent;

		t->s[1] = t->s[2] = NULL;
		if (!pair_up(t, (u16)(80 + n)) || !straight_begin(t, &r, n))
			return;
		if (sk_send(t->s[1], r.out, 1000, 0) != 1000) {
			CHECK(t->frail);
			sk_close(t->s[2]);
			t->s[2] = NULL;
			straight_end(&r);
			return;
		}
		straight_end(&r);
		CHECK(straight_ok(t, &r));
		if (!t->frail)
			CHECK_EQ(t->fake->lent, lent + 1);
		shut_all(t);
	}
}

/* It ends whatever else happens: all bytes, or why not. */
static void reads_straight_and_dies(struct story *t)
{
	static struct straight r;

	if (!pair_up(t, 80) || !straight_begin(t, &r, 0))
		return;
	(void)sk_send(t->s[1], r.out, 1000, 0);
	if (ex_random(t->x) & 1) {
		t->fake->reset(t->x, 80, EX_CONNECTION_RESET);
	} else {
		sk_close(t->s[2]);
		t->s[2] = NULL;
	}
	straight_end(&r);
	CHECK(r.result < 0 || straight_ok(t, &r));
}

#define STORY(name)                                                        \
	static void name##_told(void)                                      \
	{                                                                  \
		tell_all(name, 20);                                        \
	}
STORY(connects_and_talks)
STORY(closes_with_eof)
STORY(close_with_unread_bytes_resets)
STORY(linger_of_zero_resets)
STORY(linger_waits)
STORY(backpressure)
STORY(without_a_send_buffer)
STORY(as_files)
STORY(peeks_and_urgent)
STORY(polls)
STORY(connect_that_waits)
STORY(wrong_calls)
STORY(options)
STORY(lengths)
STORY(a_direct_send_in_time)
STORY(datagrams)
STORY(datagrams_bounded)
STORY(reads_straight)
STORY(reads_straight_and_dies)

/* --- a driver that goes while it is in use ---------------------------------------- */

struct leaver {
	struct ex *x;
	bool opened;
};

static void open_and_close(void *ctx)
{
	struct leaver *l = ctx;
	struct tdi_address a = at(9);
	struct sk *s;

	if (sk_socket(l->x, AF_INET, SOCK_STREAM, 0, &s))
		return;
	KE_SET(&l->opened, true);
	(void)sk_bind(s, &a);
	(void)sk_listen(s, 3);
	sk_close(s);
}

static bool has_opened(void *ctx)
{
	return KE_GET(&((struct leaver *)ctx)->opened);
}

static void gone(u64 seed)
{
	struct machine m = machine_of(&(struct sched_config){
			.policy = seed % 2 ? SCHED_PCT : SCHED_RANDOM,
			.seed = seed, .pct_steps = 200 },
		&(struct ex_config){ .name = "m", .cpus = 3 });
	struct io_driver *transport = NULL, *afd = NULL;
	struct leaver l = { .x = m.x };

	io_driver_path(m.x, drivers());
	CHECK_EQ(io_load(m.x, "faketdi", "", &transport), EX_SUCCESS);
	CHECK_EQ(io_load(m.x, "afd", "", &afd), EX_SUCCESS);
	thread_of(m.x, "leaver", open_and_close, &l);
	(void)sched_run(m.s, has_opened, &l);
	CHECK(l.opened);
	CHECK_EQ(io_unload(afd), EX_SUCCESS);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	if (ex_stopped(m.x) != EX_RUNNING)
		printf("seed %llu: %s\n", (unsigned long long)seed,
		       ex_stop_text(m.x));
	CHECK_EQ(ex_stopped(m.x), EX_RUNNING);
	unload(transport);
	check_none_left(m.x, SOCKET_TAGS);
	machine_free(&m);
}

/* No CPU is in its code any more when it is unmapped. */
static void unloaded_while_closing(void)
{
	for (u64 seed = 1; seed <= 400 && !test_.bad; seed++)
		gone(seed);
}

int main(void)
{
	RUN(connects_and_talks_told);
	RUN(closes_with_eof_told);
	RUN(close_with_unread_bytes_resets_told);
	RUN(linger_of_zero_resets_told);
	RUN(linger_waits_told);
	RUN(backpressure_told);
	RUN(without_a_send_buffer_told);
	RUN(as_files_told);
	RUN(peeks_and_urgent_told);
	RUN(polls_told);
	RUN(connect_that_waits_told);
	RUN(wrong_calls_told);
	RUN(options_told);
	RUN(lengths_told);
	RUN(a_direct_send_in_time_told);
	RUN(datagrams_told);
	RUN(datagrams_bounded_told);
	RUN(reads_straight_told);
	RUN(reads_straight_and_dies_told);
	RUN(unloaded_while_closing);
	return test_done();
}
