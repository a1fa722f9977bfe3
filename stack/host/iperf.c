// SPDX-License-Identifier: Apache-2.0
/*
 * What iperf 2 calls a server, for TCP: it takes what comes, and sends when the
 * client's first bytes ask for that: over the same connection (-R), or over one
 * of its own to the port that they name (-d at once, -r afterwards).
 */
#include "services.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)
#define TRY_EVERY (SECOND / 100)      /* to connect back, so often at most */
#define TRIES 20

/* The first bytes of a client, 32 bit in network order each. */
enum { AT_FLAGS = 0, AT_PORT = 8, AT_AMOUNT = 20, AT_MORE = 32, HEADER = 36 };
enum {
	FLAG_BACK = 0x80000000u,     /* the server connects, too */
	FLAG_MORE = 0x40000000u,     /* AT_MORE is there */
	FLAG_NOW = 1,                /* at once */
	MORE_REVERSE = 0x04000000,   /* the server sends, here */
};

static u32 at(const u8 *p, size_t off)
{
	p += off;
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* amount: hundredths of seconds if negative, else bytes. */
static void source(struct service_connection *c, u8 *buf, s32 amount)
{
	u64 until = ex_now(c->of->x) + (u64)(-(s64)amount) * (SECOND / 100);
	u64 left = amount > 0 ? (u64)amount : 0;
	size_t n = SERVICE_CHUNK;

	memset(buf, 0, n);
	do {
		if (amount > 0 && left < n)
			n = (size_t)left;
		if (!service_send(c, buf, n))
			return;
		left -= amount > 0 ? n : 0;
	} while (amount > 0 ? left > 0 : ex_now(c->of->x) < until);
}

static void sink(struct service_connection *c, u8 *buf)
{
	while (service_receive(c, buf, SERVICE_CHUNK) > 0)
		;
}

struct back {
	struct service_connection c;
	s32 amount;
	u8 buf[SERVICE_CHUNK];
};

static void end_back(struct back *b)
{
	struct services *all = b->c.of;

	ex_free_pool(all->x, b, EX_TAG('S', 'v', 'c', 'i'));
	service_leave(all);
}

/* 0, or why not. */
static int try_back(struct back *b)
{
	int room = 4 * SERVICE_CHUNK, e;

	e = sk_socket(b->c.of->x, b->c.peer.family == 6 ? AF_INET6 : AF_INET,
		      SOCK_STREAM, 0, &b->c.sk);
	if (e)
		return e;
	(void)sk_setsockopt(b->c.sk, SOL_SOCKET, SO_SNDBUF, &room,
			    sizeof(room));
	e = sk_connect(b->c.sk, &b->c.peer);
	if (!e)
		source(&b->c, b->buf, b->amount);
	sk_close(b->c.sk);
	return e;
}

/* The peer may say that it listens before it does. */
static void send_back(void *ctx)
{
	struct back *b = ctx;

	for (int i = 0; i < TRIES && try_back(b) == -ECONNREFUSED; i++)
		ke_sleep(TRY_EVERY);
	end_back(b);
}

/* Of the peer alone, whatever it says: nobody is made to send to others. */
static struct back *back_to(struct service_connection *c, const u8 *header)
{
	struct back *b;

	if (!service_enter(c->of))
		return NULL;
	b = ex_alloc(c->of->x, EX_NONPAGED, sizeof(*b),
		     EX_TAG('S', 'v', 'c', 'i'));
	if (!b) {
		service_leave(c->of);
		return NULL;
	}
	b->c = (struct service_connection){ .of = c->of, .name = c->name,
					    .peer = c->peer };
	b->c.peer.port = (u16)at(header, AT_PORT);
	b->amount = (s32)at(header, AT_AMOUNT);
	return b;
}

static void now(struct back *b)
{
	struct ke_thread *t = ke_thread_create(b->c.of->x, "iperf back", 8,
					       send_back, b);

	if (t)
		ke_thread_put(t);
	else
		end_back(b);
}

void iperf(struct service_connection *c, u8 *buf)
{
	struct back *b = NULL;
	size_t n = 0;
	u32 flags;

	while (n < HEADER) {
		s64 k = service_receive(c, buf + n, HEADER - n);

		if (k <= 0)
			return;
		n += (size_t)k;
	}
	flags = at(buf, AT_FLAGS);
	if (!(flags & FLAG_BACK) && flags & FLAG_MORE &&
	    at(buf, AT_MORE) & MORE_REVERSE) {
		source(c, buf, (s32)at(buf, AT_AMOUNT));
		return;
	}
	if (flags & FLAG_BACK)
		b = back_to(c, buf);
	if (b && flags & FLAG_NOW) {
		now(b);
		b = NULL;
	}
	sink(c, buf);
	if (b)
		now(b);
}
