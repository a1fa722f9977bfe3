// SPDX-License-Identifier: Apache-2.0
/*
 * Memory that is not there, from sockets down to the frames of loopback: each
 * allocation fails once, and the call gives an error or goes on, nothing is
 * written that should not be, and at the end nothing is left: all of the pool is
 * as it was before the drivers were loaded. Stories are told in special pool,
 * too, where a byte too far is a fault.
 */
#include "sockets.h"

#include "ex/machine.h"

#include <sys/time.h>

#define SEEDS 4
#define LIMIT_S 20                   /* of each wait: what was lost stays lost */

/* A socket whose waits end. */
static int open_limited(struct story *t, int slot, int type)
{
	struct timeval l = { .tv_sec = LIMIT_S };
	int e = sk_socket(t->x, AF_INET, type, 0, &t->s[slot]);

	if (!e)
		e = sk_setsockopt(t->s[slot], SOL_SOCKET, SO_RCVTIMEO, &l,
				  sizeof(l));
	if (!e)
		e = sk_setsockopt(t->s[slot], SOL_SOCKET, SO_SNDTIMEO, &l,
				  sizeof(l));
	return e;
}

/* s[0] listens, s[1] is connected to s[2]. */
static bool connected(struct story *t, u16 port)
{
	struct tdi_address a = at(port);
	int e = open_limited(t, 0, SOCK_STREAM);

	if (!e)
		e = sk_bind(t->s[0], &a);
	if (!e)
		e = sk_listen(t->s[0], 3);
	if (!e)
		e = open_limited(t, 1, SOCK_STREAM);
	if (!e)
		e = sk_connect(t->s[1], &a);
	if (!e)
		e = sk_accept(t->s[0], &t->s[2], NULL);
	return want_(t, e, 0, __LINE__);
}

static void talks(struct story *t)
{
	int on = 1, v = 0;
	char b[64];

	if (!connected(t, 80))
		return;
	WANT(t, sk_setsockopt(t->s[1], IPPROTO_TCP, TCP_NODELAY, &on,
			      sizeof(on)), 0);
	WANT(t, sk_send(t->s[1], "hello", 5, 0), 5);
	WANT(t, sk_recv(t->s[2], b, 2, MSG_WAITALL), 2);
	WANT(t, sk_recv(t->s[2], b, 3, MSG_WAITALL | MSG_PEEK), 3);
	WANT(t, sk_ioctl(t->s[2], FIONREAD, &v), 0);
	WANT(t, sk_recv(t->s[2], b, 3, MSG_WAITALL), 3);
	WANT(t, sk_send(t->s[1], "!", 1, MSG_OOB), 1);
	WANT(t, sk_shutdown(t->s[1], SHUT_WR), 0);
	WANT(t, sk_recv(t->s[2], b, 8, 0), 0);
	WANT(t, sk_recv(t->s[2], b, 8, MSG_OOB), 1);
	WANT(t, sk_write(t->s[2], "answer", 6), 6);
	WANT(t, sk_recv(t->s[1], b, 6, MSG_WAITALL), 6);
	CHECK(!memcmp(b, "answer", 6));
}

#define MUCH 40000u
static u8 much[MUCH], back[MUCH];    /* of one run at a time */

/* More than the buffers take: what is stalled goes on. */
static void pours(void *ctx)
{
	struct story *t = ctx;

	for (u32 at = 0; at < MUCH;) {
		s64 n = sk_send(t->s[1], much + at, MUCH - at, 0);

		if (n <= 0)
			break;
		at += (u32)n;
	}
	(void)sk_shutdown(t->s[1], SHUT_WR);
}

static void streams(struct story *t)
{
	struct ke_thread *th;
	u32 got = 0;
	s64 n = 1;

	if (!connected(t, 81))
		return;
	th = ke_thread_create(t->x, "pours", 8, pours, t);
	WANT(t, !th, 0);
	while (got < MUCH && n > 0) {
		n = sk_recv(t->s[2], back + got, MUCH - got, 0);
		got += n > 0 ? (u32)n : 0;
	}
	if (n < 0)                   /* or it waits for us for ever */
		(void)sk_close(t->s[2]);
	if (n < 0)
		t->s[2] = NULL;
	ke_wait(ke_thread_object(th), KE_FOREVER);
	ke_thread_put(th);
	/* What came is what was sent, whatever failed. */
	CHECK(!memcmp(much, back, got));
	want_(t, got, MUCH, __LINE__);
}

static void ends_hard(struct story *t)
{
	struct linger l = { 1, 0 };
	struct sk_poll p;
	char b[8];

	if (!connected(t, 82))
		return;
	WANT(t, sk_setsockopt(t->s[2], SOL_SOCKET, SO_LINGER, &l, sizeof(l)),
	     0);
	sk_close(t->s[2]);
	t->s[2] = NULL;
	p = (struct sk_poll){ t->s[1], POLLIN, 0 };
	WANT(t, sk_poll(&p, 1, LIMIT_S * INT64_C(1000000000)), 1);
	WANT(t, sk_recv(t->s[1], b, 8, MSG_DONTWAIT), -ECONNRESET);
}

/* Nobody accepts them; one is refused. */
static void is_left_waiting(struct story *t)
{
	struct tdi_address a = at(83), nobody = at(99);

	WANT(t, open_limited(t, 0, SOCK_STREAM), 0);
	WANT(t, sk_bind(t->s[0], &a), 0);
	WANT(t, sk_listen(t->s[0], 3), 0);
	for (int i = 1; i < 4; i++) {
		WANT(t, open_limited(t, i, SOCK_STREAM), 0);
		WANT(t, sk_connect(t->s[i], &a), 0);
	}
	WANT(t, open_limited(t, 4, SOCK_STREAM | SOCK_NONBLOCK), 0);
	WANT(t, sk_connect(t->s[4], &nobody), -EINPROGRESS);
	ke_sleep(1000000);
	WANT(t, sk_connect(t->s[4], &a), -EINPROGRESS);
}

static void datagrams(struct story *t)
{
	struct tdi_address a = at(53), nobody = at(99), from;
	char b[16];

	WANT(t, open_limited(t, 0, SOCK_DGRAM), 0);
	WANT(t, sk_bind(t->s[0], &a), 0);
	WANT(t, open_limited(t, 1, SOCK_DGRAM), 0);
	WANT(t, sk_sendto(t->s[1], "query", 5, 0, &a), 5);
	WANT(t, sk_recvfrom(t->s[0], b, 16, 0, &from), 5);
	WANT(t, sk_sendto(t->s[0], "answer", 6, 0, &from), 6);
	WANT(t, sk_recv(t->s[1], b, 16, 0), 6);
	WANT(t, sk_connect(t->s[1], &nobody), 0);
	WANT(t, sk_send(t->s[1], "x", 1, 0), 1);
	WANT(t, sk_recv(t->s[1], b, 16, 0), -ECONNREFUSED);
	/* SO_RCVBUF is 8192, but "unrelated to SO_MAX_MSG_SIZE" (MSDN), and Linux
	 * takes one more as long as less than SO_RCVBUF waits. */
	for (int i = 0; i < 2; i++)
		WANT(t, sk_sendto(t->s[1], much, 20000, 0, &a), 20000);
	WANT(t, sk_recv(t->s[0], b, 16, MSG_DONTWAIT | MSG_TRUNC), 20000);
	WANT(t, sk_recv(t->s[0], b, 16, MSG_DONTWAIT | MSG_TRUNC), -EAGAIN);
}

static void noted(void *ctx, s64 result)
{
	KE_SET((s64 *)ctx, result);
}

static void overlapped(struct story *t)
{
	s64 done[2] = { 1, 1 };
	char b[8];

	if (!connected(t, 84))
		return;
	WANT(t, sk_overlapped(t->s[2], false, false, b, 5, noted, &done[0]), 0);
	if (sk_overlapped(t->s[1], true, true, b, 5, noted, &done[1]))
		done[1] = 0;
	for (int i = 0; i < 100 && (KE_GET(&done[0]) == 1 ||
				    KE_GET(&done[1]) == 1); i++)
		ke_sleep(LIMIT_S * UINT64_C(10000000));
	/* What still waits ends with its socket: `done` is on this stack. */
	for (int i = 1; i < 3; i++) {
		sk_close(t->s[i]);
		t->s[i] = NULL;
	}
	CHECK(KE_GET(&done[0]) != 1 && KE_GET(&done[1]) != 1);
	want_(t, KE_GET(&done[0]), 5, __LINE__);
}

/* --- all of them ---------------------------------------------------------------------- */

static u64 pool_bytes(struct ex *x)
{
	struct ex_pool_state p;

	ex_pool_state(x, EX_NONPAGED, &p);
	return p.bytes;
}

/* true: the nth allocation of the story was made, and failed. */
static bool failing(void (*fn)(struct story *t), u64 nth, u64 seed,
		    bool special)
{
	struct machine m = machine_of(
		&(struct sched_config){ .seed = seed,
					.max_steps = 50000000 },
		&(struct ex_config){ .name = "m", .cpus = 2,
				     .special_pool = special });
	struct io_driver *tcpip = NULL, *afd = NULL;
	struct story t = { .fn = fn, .x = m.x, .frail = nth };
	struct ex_pool_state pool;
	char why[256] = "";
	u64 before = pool_bytes(m.x);

	io_driver_path(m.x, drivers());
	CHECK_EQ(io_load(m.x, "tcpip", "", &tcpip), EX_SUCCESS);
	CHECK_EQ(io_load(m.x, "afd", "", &afd), EX_SUCCESS);
	if (nth)
		m.x->config.alloc_fail_at = m.x->allocations + nth;
	if (ex_call(m.x, tell, &t))
		CHECK(t.told);
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	if (ex_stopped(m.x) != EX_RUNNING)
		printf("failing %llu: %s\n", (unsigned long long)nth,
		       ex_stop_text(m.x) ? ex_stop_text(m.x) : "");
	CHECK(ex_pool_check(m.x, EX_NONPAGED, why, sizeof(why)));
	unload(afd);
	unload(tcpip);
	CHECK_EQ(pool_bytes(m.x), before);
	ex_pool_state(m.x, EX_NONPAGED, &pool);
	if (test_.bad)
		printf("seed %llu, failing %llu%s %s\n",
		       (unsigned long long)seed, (unsigned long long)nth,
		       special ? ", special pool" : "", why);
	machine_free(&m);
	return pool.failed > 0;
}

static void each_fails(void (*fn)(struct story *t))
{
	u64 n = 1;

	for (u64 seed = 1; seed <= SEEDS; seed++) {
		CHECK(!failing(fn, 0, seed, false));
		n = 1;
		while (!test_.bad && n < 5000 && failing(fn, n, seed, false))
			n++;
		CHECK(n > 30 && n < 5000);
	}
	for (u64 k = 0; k < n && !test_.bad; k += 7)
		(void)failing(fn, k, k + 1, true);
}

#define TOLD(name)                                                         \
	static void name##_fails(void)                                     \
	{                                                                  \
		each_fails(name);                                          \
	}
TOLD(talks)
TOLD(streams)
TOLD(ends_hard)
TOLD(is_left_waiting)
TOLD(datagrams)
TOLD(overlapped)

int main(void)
{
	for (u32 i = 0; i < MUCH; i++)
		much[i] = (u8)(i * 7 ^ i >> 8);
	RUN(talks_fails);
	RUN(streams_fails);
	RUN(ends_hard_fails);
	RUN(is_left_waiting_fails);
	RUN(datagrams_fails);
	RUN(overlapped_fails);
	return test_done();
}
