// SPDX-License-Identifier: Apache-2.0
/*
 * The job "mixed": a stream each way at once over one connection, by two threads
 * at each end, with the calls that the seed says: how many bytes, by which
 * call, with or without waiting, urgent bytes (inline, so that the stream is
 * one), pauses.  Each end closes its side when it has sent all.
 */
#include "workload.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 32768u
#define DIALS 8                      /* the SYNs of a call may all be lost */

static u64 draw(struct job_side *e, u64 below)
{
	u64 z = KE_ADD(&e->random, UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

/* Mostly small or about a segment, now and then much; at least 1. */
static size_t some(struct job_side *e, u64 most)
{
	static const u32 upto[] = { 4, 100, 1500, 3000, 8192, ROOM };
	u64 n = 1 + draw(e, upto[draw(e, 6)]);

	return (size_t)(n < most ? n : most);
}

static void rest(struct job_side *e)
{
	if (e->job->pause && !draw(e, 40))
		ke_sleep(1 + draw(e, e->job->pause * 1000000));
}

static bool wait_for(struct job_side *e, short events)
{
	struct sk_poll p = { .s = e->s, .events = events };

	return sk_poll(&p, 1, -1) == 1;
}

/* Has failed with EAGAIN: when it is worth another try. */
static bool again(struct job_side *e, s64 st, short events)
{
	return st == -EAGAIN && wait_for(e, events);
}

/* The socket is closed by the last of an end's threads. */
static void leave(struct job_side *e)
{
	struct job *j = e->job;
	u64 now;

	if (!KE_ADD(&e->users, -1u))
		sk_close(e->s);
	now = ex_now(host_machine(e->host));
	ke_latch(&j->latch);
	if (now > j->ended)
		j->ended = now;
	ke_unlatch(&j->latch);
	job_leave(j);
}

/* --- sending ----------------------------------------------------------------------------- */

static s64 put(struct job_side *e, const u8 *p, size_t n)
{
	struct iovec v[2] = { { (void *)(uintptr_t)p, n / 2 },
			      { (void *)(uintptr_t)(p + n / 2), n - n / 2 } };

	switch (draw(e, 8)) {
	case 0:
		return sk_write(e->s, p, n);
	case 1:
		return sk_sendv(e->s, v, 2, 0);
	case 2:
	case 3:
		return sk_send(e->s, p, n, MSG_DONTWAIT);
	default:
		return sk_send(e->s, p, n, 0);
	}
}

/* Urgent bytes are sent where about every urgent-th part of the stream ends. */
static bool is_urgent(struct job_side *e)
{
	const struct job *j = e->job;

	/* Both ends take them inline from now on. */
	return j->urgent && KE_GET(&j->side[0].users) &&
	       KE_GET(&j->side[1].users) &&
	       !draw(e, 1 + e->out / j->urgent / 2000);
}

static void send_side(void *ctx)
{
	struct job_side *e = ctx;
	u8 *buf = malloc(ROOM);
	s64 k = buf ? 0 : -ENOMEM;

	while (buf && e->sent < e->out) {
		size_t n = some(e, e->out - e->sent);

		job_fill(buf, e->sent, n);
		k = is_urgent(e) ? sk_send(e->s, buf, 1, MSG_OOB) :
				   put(e, buf, n);
		if (k > 0)
			e->sent += (u64)k;
		else if (!again(e, k, POLLOUT))
			break;
		rest(e);
	}
	if (e->sent == e->out)
		k = sk_shutdown(e->s, SHUT_WR);
	if (k < 0)
		job_failed(e->job, k);
	free(buf);
	leave(e);
}

/* --- receiving ---------------------------------------------------------------------------- */

static s64 get(struct job_side *e, u8 *p, size_t n)
{
	struct iovec v[2] = { { p, n / 2 }, { p + n / 2, n - n / 2 } };

	switch (draw(e, 9)) {
	case 0:
		return sk_read(e->s, p, n);
	case 1:
		return sk_recvv(e->s, v, 2, 0);
	case 2:
		return sk_recv(e->s, p, n, MSG_WAITALL);
	case 3:
		if (!wait_for(e, POLLIN) ||
		    sk_recv(e->s, p, n, MSG_PEEK | MSG_DONTWAIT) < 0)
			return -EAGAIN;
		return sk_recv(e->s, p, n, 0);
	case 4:
	case 5:
		return sk_recv(e->s, p, n, MSG_DONTWAIT);
	default:
		return sk_recv(e->s, p, n, 0);
	}
}

static void heard(struct job_side *e, size_t n)
{
	u64 now = ex_now(host_machine(e->host)), silent = now - e->heard;

	if (silent > e->longest)
		e->longest = silent;
	e->heard = now;
	e->received += n;
}

static void receive_side(struct job_side *e)
{
	u8 *buf = malloc(ROOM);
	s64 k = buf ? 1 : -ENOMEM;

	while (k) {
		if (buf)
			k = get(e, buf, some(e, ROOM));
		if (k > 0) {
			if (!job_same(buf, e->received, (size_t)k))
				KE_SET(&e->job->wrong, true);
			heard(e, (size_t)k);
		} else if (k < 0 && !again(e, k, POLLIN)) {
			break;
		}
		rest(e);
	}
	if (k < 0)
		job_failed(e->job, k);
	free(buf);
}

/* --- the ends ---------------------------------------------------------------------------------- */

static int set(struct sk *s, int level, int name, u64 v)
{
	int i = (int)v;

	return sk_setsockopt(s, level, name, &i, sizeof(i));
}

static int prepare(struct job_side *e)
{
	const struct job *j = e->job;
	int st = set(e->s, SOL_SOCKET, SO_OOBINLINE, 1);

	if (!st && j->sndbuf)
		st = set(e->s, SOL_SOCKET, SO_SNDBUF, j->sndbuf);
	if (!st && j->rcvbuf)
		st = set(e->s, SOL_SOCKET, SO_RCVBUF, j->rcvbuf);
	if (!st && !draw(e, 3))
		st = set(e->s, IPPROTO_TCP, TCP_NODELAY, 1);
	return st;
}

/* In the end's thread, which is the one that receives; who calls leaves. */
static void both_ways(struct job_side *e)
{
	int st = prepare(e);

	e->heard = ex_now(host_machine(e->host));
	KE_SET(&e->users, 2);
	KE_ADD(&e->job->running, 1);
	if (!st && host_call(e->host, "sender", send_side, e)) {
		receive_side(e);
	} else {
		job_failed(e->job, st ? st : -ENOMEM);
		leave(e);
	}
}

static struct job_side *side(struct job *j, unsigned i)
{
	struct job_side *e = &j->side[i];

	*e = (struct job_side){ .job = j, .host = i ? j->to : j->from,
				.out = i ? j->back : j->bytes,
				.random = j->seed * 2 + i };
	return e;
}

void mixed_client(void *ctx)
{
	struct job *j = ctx;
	struct job_side *e = side(j, 0);
	int st = -ETIMEDOUT;

	job_await(j);
	for (int i = 0; i < DIALS && st == -ETIMEDOUT; i++)
		st = job_dial(j, &e->s);
	if (st) {
		job_failed(j, st);
		job_leave(j);
		return;
	}
	both_ways(e);
	leave(e);
}

void mixed_server(void *ctx)
{
	struct job *j = ctx;
	struct job_side *e = side(j, 1);

	e->s = job_answer(j);
	if (!e->s) {
		job_leave(j);
		return;
	}
	both_ways(e);
	j->received = e->received;
	leave(e);
}
