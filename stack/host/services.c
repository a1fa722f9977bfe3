// SPDX-License-Identifier: Apache-2.0
/*
 * Echo (RFC 862), discard (RFC 863), character generator (RFC 864), and who
 * serves files (http.c) and iperf (iperf.c): each connection in a thread of the
 * machine.
 */
#include "services.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#define TAG_SERVICES EX_TAG('S', 'v', 'c', 's')

bool service_send(struct service_connection *c, const u8 *p, size_t n)
{
	while (n) {
		s64 k = sk_send(c->sk, p, n, 0);

		if (k <= 0)
			return false;
		KE_ADD(&c->of->bytes_out, (u64)k);
		p += k;
		n -= (size_t)k;
	}
	return true;
}

s64 service_receive(struct service_connection *c, u8 *p, size_t n)
{
	s64 k = sk_recv(c->sk, p, n, 0);

	if (k > 0)
		KE_ADD(&c->of->bytes_in, (u64)k);
	return k;
}

static void echo(struct service_connection *c, u8 *buf)
{
	s64 n;

	while ((n = service_receive(c, buf, SERVICE_CHUNK)) > 0)
		if (!service_send(c, buf, (size_t)n))
			return;
}

static void discard(struct service_connection *c, u8 *buf)
{
	while (service_receive(c, buf, SERVICE_CHUNK) > 0)
		;
}

/* RFC 864: lines of 72 of the printing characters, turned by one. */
static void generate(struct service_connection *c, u8 *buf)
{
	u32 n = 0;

	for (u32 line = 0; n + 74 <= SERVICE_CHUNK; line++) {
		for (u32 i = 0; i < 72; i++)
			buf[n++] = (u8)(' ' + (line + i) % 95);
		buf[n++] = '\r';
		buf[n++] = '\n';
	}
	while (service_send(c, buf, n))
		;
}

/* --- connections ----------------------------------------------------------------------- */

bool service_enter(struct services *all)
{
	if (KE_ADD(&all->open, 1) <= SERVICE_MOST)
		return true;
	service_leave(all);
	return false;
}

void service_leave(struct services *all)
{
	KE_ADD(&all->open, (u32)-1);
}

static const struct service {
	const char *name;
	u16 port;
	service_fn *serve;
} services[] = {
	{ "echo", 7, echo }, { "discard", 9, discard },
	{ "chargen", 19, generate }, { "http", 80, http },
	{ "iperf", 5001, iperf },
};

struct accepted {
	struct service_connection c;
	const struct service *s;
};

static void free_one(struct service_connection *c)
{
	free(c->buf);
	free(c->more);
	free(c); /* the first of a struct accepted */
}

void services_free(struct services *all)
{
	struct service_connection *c;

	while ((c = LIST_FIRST(&all->connections))) {
		LIST_REMOVE(c, all);
		free_one(c);
	}
}

static void drop(struct accepted *a)
{
	struct services *all = a->c.of;

	sk_close(a->c.sk);
	ke_latch(&all->latch);
	LIST_REMOVE(&a->c, all);
	ke_unlatch(&all->latch);
	free_one(&a->c);
	service_leave(all);
}

static void connection_thread(void *ctx)
{
	struct accepted *a = ctx;

	a->c.buf = malloc(SERVICE_CHUNK + 1);
	if (a->c.buf)
		a->s->serve(&a->c, a->c.buf);
	drop(a);
}

static void accepted(struct services *all, const struct service *s,
		     struct sk *sk, const struct tdi_address *from)
{
	bool room = service_enter(all);
	struct accepted *a = room ? calloc(1, sizeof(*a)) : NULL;
	struct ke_thread *t;

	if (!a) {
		if (room)
			service_leave(all);
		sk_close(sk);
		return;
	}
	a->s = s;
	a->c = (struct service_connection){ .of = all, .name = s->name,
					    .sk = sk, .peer = *from };
	ke_latch(&all->latch);
	LIST_INSERT_HEAD(&all->connections, &a->c, all);
	ke_unlatch(&all->latch);
	KE_ADD(&all->accepted, 1);
	t = ke_thread_create(all->x, s->name, 8, connection_thread, a);
	if (t)
		ke_thread_put(t);
	else
		drop(a);
}

struct listener {
	struct services *all;
	const struct service *s;     /* NULL: echo over UDP */
	u8 family;                   /* 4 or 6 */
};

static int domain(const struct listener *l)
{
	return l->family == 6 ? AF_INET6 : AF_INET;
}

static void listener_thread(void *ctx)
{
	struct listener *l = ctx;
	struct tdi_address any = { .family = l->family, .port = l->s->port };
	struct tdi_address from;
	struct sk *s, *c;
	int on = 1, room = 4 * SERVICE_CHUNK;
	int st = sk_socket(l->all->x, domain(l), SOCK_STREAM, 0, &s);

	if (st) {
		ex_log(l->all->x, "%s: no socket", l->s->name);
		return;
	}
	(void)sk_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Of each accepted one, too: more than one send is on its way, and none
	 * waits for the acknowledgement of the one before (RFC 896). */
	(void)sk_setsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	(void)sk_setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	st = sk_bind(s, &any);
	if (!st)
		st = sk_listen(s, 200);
	if (st)
		ex_log(l->all->x, "%s: cannot listen on %u: %d", l->s->name,
		       l->s->port, st);
	while (!st) {
		st = sk_accept(s, &c, &from);
		if (!st)
			accepted(l->all, l->s, c, &from);
		else if (st == -ECONNABORTED || st == -ECONNRESET)
			st = 0;
	}
	sk_close(s);
}

/* To a port of a client's: what echoes, or generates, answers an answer, without
 * an end (CERT CA-1996-01). */
static void echo_datagram(struct sk *s, const u8 *p, size_t n,
			  const struct tdi_address *from)
{
	if (from->port >= 1024)
		(void)sk_sendto(s, p, n, 0, from);
}

static void udp_echo(void *ctx)
{
	struct listener *l = ctx;
	struct tdi_address any = { .family = l->family, .port = 7 }, from;
	/* of the machine, which may be switched off while this waits */
	u8 *buf = ex_alloc(l->all->x, EX_NONPAGED, SERVICE_CHUNK, TAG_SERVICES);
	int room = 2 * SERVICE_CHUNK;
	struct sk *s;
	s64 n;

	if (buf && !sk_socket(l->all->x, domain(l), SOCK_DGRAM, 0, &s)) {
		/* the largest datagram waits whole */
		(void)sk_setsockopt(s, SOL_SOCKET, SO_RCVBUF, &room,
				    sizeof(room));
		if (!sk_bind(s, &any))
			while ((n = sk_recvfrom(s, buf, SERVICE_CHUNK, 0, &from)) >= 0 ||
			       n == -ECONNREFUSED)
				if (n >= 0)
					echo_datagram(s, buf, (size_t)n, &from);
		sk_close(s);
	}
	if (buf)
		ex_free_pool(l->all->x, buf, TAG_SERVICES);
}

/* It lives as long as the machine. */
static bool offer(struct services *all, const struct service *s, u8 family)
{
	struct listener *l = ex_alloc(all->x, EX_NONPAGED, sizeof(*l),
				      TAG_SERVICES);
	struct ke_thread *t;

	if (!l)
		return false;
	*l = (struct listener){ all, s, family };
	/* before those of connections: what is not accepted in time is refused */
	t = ke_thread_create(all->x, s ? s->name : "udp echo", s ? 10 : 8,
			     s ? listener_thread : udp_echo, l);
	if (t)
		ke_thread_put(t);
	return t;
}

static void offer_all(struct services *all, u8 family)
{
	bool ok = offer(all, NULL, family);

	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++)
		if (ok && (services[i].port != 80 || all->http_dir))
			ok = offer(all, &services[i], family);
	if (!ok)
		ex_log(all->x, "no memory for all services");
}

void services_start(void *ctx)
{
	struct services *all = ctx;

	offer_all(all, 4);
	if (all->ip6)
		offer_all(all, 6);
}
