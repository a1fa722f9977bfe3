// SPDX-License-Identifier: Apache-2.0
/*
 * A socket is closed while a call is inside of it: the call ends, whatever the
 * schedule, and nobody touches what is gone (blocks are of special pool, where
 * that is a bug check).
 */
#include "sockets.h"
#include "sdk/inside.h"

#define SEEDS SEEDS_OF(150)

struct caller {
	struct sk *s;
	bool inside;
	s64 r;
	s64 (*fn)(struct sk *s);
};

static void calls(void *context)
{
	struct caller *c = context;

	KE_SET(&c->inside, true);
	c->r = c->fn(c->s);
	sk_leave(c->s);
}

/* What a call gives whose socket is closed under it; -ETIME: it does not end. */
static s64 closed_under(struct story *t, int i, s64 (*fn)(struct sk *s))
{
	struct caller c = { .s = t->s[i], .fn = fn };
	struct ke_thread *th;
	enum ex_status st;

	if (sk_enter(c.s))           /* for the thread: it may begin late */
		return -EIO;
	th = ke_thread_create(t->x, "calls", 8, calls, &c);
	if (!th)
		return -ENOMEM;
	while (!KE_GET(&c.inside))
		ke_point(SCHED_USER, "inside");
	sk_close(t->s[i]);
	t->s[i] = NULL;
	st = ke_wait(ke_thread_object(th), UINT64_C(10000000000));
	ke_thread_put(th);
	return st == EX_SUCCESS ? c.r : -ETIME;
}

/* --- each call that may wait ---------------------------------------------------------- */

static s64 receives(struct sk *s)
{
	u8 b[100];

	return sk_recv(s, b, sizeof(b), 0);
}

static s64 accepts(struct sk *s)
{
	struct sk *n = NULL;
	s64 r = sk_accept(s, &n, NULL);

	if (!r)
		sk_close(n);
	return r;
}

static s64 sends(struct sk *s)
{
	return sk_send(s, "abc", 3, 0);
}

static s64 polls(struct sk *s)
{
	struct sk_poll p = { .s = s, .events = POLLIN };
	int r = sk_poll(&p, 1, -1);

	return r == 1 ? p.revents : r;
}

static s64 asks_info(struct sk *s)
{
	struct tcp_info i;
	size_t n = sizeof(i);

	return sk_getsockopt(s, IPPROTO_TCP, TCP_INFO, &i, &n);
}

static void datagrams(struct story *t)
{
	struct tdi_address a = at(700);
	s64 r;

	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[0]), 0);
	WANT(t, sk_bind(t->s[0], &a), 0);
	r = closed_under(t, 0, receives);
	CHECK(r == -ECANCELED || r == -EBADF);
}

static void streams(struct story *t)
{
	s64 r;

	if (!pair_up(t, 700))
		return;
	r = closed_under(t, 1, receives);
	CHECK(r == -ECANCELED || r == -EBADF);
}

static void listeners(struct story *t)
{
	struct tdi_address a = at(700);
	s64 r;

	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[0]), 0);
	WANT(t, sk_bind(t->s[0], &a), 0);
	WANT(t, sk_listen(t->s[0], 2), 0);
	r = closed_under(t, 0, accepts);
	CHECK(r == -ECANCELED || r == -EBADF);
}

static void pollers(struct story *t)
{
	struct tdi_address a = at(700);
	s64 r;

	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[0]), 0);
	WANT(t, sk_bind(t->s[0], &a), 0);
	r = closed_under(t, 0, polls);
	CHECK(r == POLLNVAL || r == -EBADF);
}

static void informed(struct story *t)
{
	s64 r;

	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[0]), 0);
	r = closed_under(t, 0, asks_info);
	CHECK(!r || r == -EBADF);
}

/* Without a send buffer the transport has the caller's own memory. */
static void senders(struct story *t)
{
	int zero = 0;
	s64 r;

	if (!pair_up(t, 700))
		return;
	KE_SET(&t->fake->hold, true);
	WANT(t, sk_setsockopt(t->s[1], SOL_SOCKET, SO_SNDBUF, &zero,
			      sizeof(zero)), 0);
	r = closed_under(t, 1, sends);
	CHECK(r < 0 && r != -ETIME);
	KE_SET(&t->fake->hold, false);
	t->fake->go(t->x);
}

/* --- what a connection is accepted onto ------------------------------------------------- */

static s64 onto(struct story *t, int slot)
{
	struct afd_accept a = { .flags = AFD_NOWAIT, .onto = t->s[slot]->file };

	return sk_control(t->s[0], AFD_ACCEPT, &a, sizeof(a));
}

struct binder {
	struct sk *s;
	s64 r;
};

static void binds(void *context)
{
	struct binder *b = context;
	struct tdi_address a = at(701);

	b->r = sk_bind(b->s, &a);
}

/* One of the two has it: accept() of a connection, or bind(). */
static void accepts_beside_bind(struct story *t)
{
	struct tdi_address a = at(700);
	struct binder b;
	struct ke_thread *th;
	s64 r;

	if (!pair_up(t, 700))
		return;
	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[3]), 0);
	WANT(t, sk_connect(t->s[3], &a), 0);
	WANT(t, sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[4]), 0);
	WANT(t, onto(t, 4), -EINVAL);
	WANT(t, sk_socket(t->x, AF_INET6, SOCK_STREAM, 0, &t->s[5]), 0);
	WANT(t, onto(t, 5), -EINVAL);
	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[6]), 0);
	b = (struct binder){ .s = t->s[6] };
	th = ke_thread_create(t->x, "binds", 8, binds, &b);
	CHECK(th != NULL);
	r = onto(t, 6);
	ke_wait(ke_thread_object(th), KE_FOREVER);
	ke_thread_put(th);
	CHECK((!r && b.r == -EINVAL) || (r == -EINVAL && !b.r));
}

static void accepting_and_binding(void)
{
	under_seeds(accepts_beside_bind, SEEDS, false);
}

static void a_datagram_is_waited_for(void)
{
	under_seeds(datagrams, SEEDS, false);
}

static void a_stream_is_read(void)
{
	under_seeds(streams, SEEDS, false);
}

static void a_connection_is_waited_for(void)
{
	under_seeds(listeners, SEEDS, false);
}

static void it_is_sent_from(void)
{
	under_seeds(senders, SEEDS, false);
}

static void it_is_polled(void)
{
	under_seeds(pollers, SEEDS, false);
}

static void its_state_is_asked_for(void)
{
	under_seeds(informed, SEEDS, false);
}

int main(void)
{
	RUN(a_datagram_is_waited_for);
	RUN(a_stream_is_read);
	RUN(a_connection_is_waited_for);
	RUN(it_is_sent_from);
	RUN(it_is_polled);
	RUN(accepting_and_binding);
	RUN(its_state_is_asked_for);
	return test_done();
}
