// SPDX-License-Identifier: Apache-2.0
/*
 * A machine that accepts very many connections, for the test and the bench of
 * what they cost.  Their other end is the wire of net.h: a segment of connection
 * i comes from 198.18.0.0/15 (RFC 2544) behind a neighbour, with an address and
 * a port that follow from i.
 *
 *	many_open(&m, n, client)   who accepts: many_sockets, many_tdi
 *	many_connect(&m, from, to) handshakes; many_segment() any other segment
 *	many_close(&m)
 */
#ifndef TESTS_STACK_MANY_H
#define TESTS_STACK_MANY_H

#include "net.h"

#include "sdk/socket.h"

#define MANY_PORT 80
#define MANY_ISS 1000u
enum { MANY_FIN = 1, MANY_SYN = 2, MANY_RST = 4, MANY_ACK = 16 };

struct many;
typedef void many_client_fn(void *many); /* in a thread of the machine */

struct many {
	struct net n;
	struct io_driver *afd;
	u32 total, accepted;
	u32 *iss;                    /* the machine's, of each */
	struct sk **sk;              /* of many_sockets */
	struct sk *listener;
	struct io_file **file, *address; /* of many_tdi */
	struct io_file *spare;
	struct ke_event used;        /* the spare one is gone */
	bool stop, keepalive, failed;
};

static inline u64 many_pool(struct many *m)
{
	struct ex_pool_state p;

	ex_pool_state(m->n.m.x, EX_NONPAGED, &p);
	return p.bytes;
}

/* A segment of connection i. */
static inline void many_segment(struct many *m, u32 i, u32 seq, u32 ack,
				u8 flags)
{
	static const u8 head[34] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
		0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0,
		198, 18, 0, 0, 192, 0, 2, 1 };
	u8 f[54] = { 0 }, pseudo[12];
	u32 sum = 0;

	memcpy(f, head, sizeof(head));
	f[28] = (u8)(i >> 15 & 0xff);
	f[29] = 1;
	net_put16(f + 34, (u16)(1024 + (i & 0x7fff)));
	net_put16(f + 36, MANY_PORT);
	net_put16(f + 38, (u16)(seq >> 16));
	net_put16(f + 40, (u16)seq);
	net_put16(f + 42, (u16)(ack >> 16));
	net_put16(f + 44, (u16)ack);
	f[46] = 0x50;
	f[47] = flags;
	net_put16(f + 48, 8192);
	net_sum_ip(f);
	memcpy(pseudo, f + 26, 8);
	pseudo[8] = 0;
	pseudo[9] = 6;
	net_put16(pseudo + 10, 20);
	for (u32 k = 0; k < 12; k += 2)
		sum += (u32)pseudo[k] << 8 | pseudo[k + 1];
	net_put16(f + 50, net_sum(f + 34, 20, sum));
	net_raw(&m->n, f, sizeof(f));
}

/* The neighbour is known, for some minutes. */
static inline void many_neighbour(struct many *m)
{
	net_in(&m->n, "020000000001 020000000002 0806 0001 0800 06 04 0001 "
		      "020000000002 c0000202 000000000000 c0000201");
	net_skip(&m->n);
}

static inline u32 many_get32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* The last segment that went out with these flags; NULL: none did. */
static inline const u8 *many_answer(struct many *m, u8 flags)
{
	const struct net_frame *f, *last = NULL;

	while ((f = net_next(&m->n)))
		if (f->n >= 54 && f->b[23] == 6 && (f->b[47] & flags) == flags)
			last = f;
	return last ? last->b + 34 : NULL;
}

static inline bool many_connect(struct many *m, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++) {
		const u8 *t;

		many_segment(m, i, MANY_ISS, 0, MANY_SYN);
		t = many_answer(m, MANY_SYN | MANY_ACK);
		if (!t)
			return false;
		m->iss[i] = many_get32(t + 4);
		many_segment(m, i, MANY_ISS + 1, m->iss[i] + 1, MANY_ACK);
		net_skip(&m->n);
	}
	net_run(&m->n, 1000000);
	net_skip(&m->n);
	return m->accepted >= to;
}

/* Their other ends are gone: nothing of them stays when they are closed. */
static inline void many_reset(struct many *m, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++) {
		many_segment(m, i, MANY_ISS + 1, m->iss[i] + 1,
			     MANY_RST | MANY_ACK);
		net_skip(&m->n);
	}
}

/* --- who accepts: sockets --------------------------------------------------------------- */

static inline void many_sockets(void *ctx)
{
	struct many *m = ctx;
	struct tdi_address a = { .family = 4, .port = MANY_PORT };
	int on = 1;

	if (sk_socket(m->n.m.x, AF_INET, SOCK_STREAM, 0, &m->listener) ||
	    (m->keepalive && sk_setsockopt(m->listener, SOL_SOCKET,
					   SO_KEEPALIVE, &on, sizeof(on))) ||
	    sk_bind(m->listener, &a) || sk_listen(m->listener, 200)) {
		m->failed = true;
		return;
	}
	while (m->accepted < m->total &&
	       !sk_accept(m->listener, &m->sk[m->accepted], NULL))
		m->accepted++;
}

/* --- who accepts: a client of TDI, without AFD ----------------------------------------------- */

static inline void many_done(void *context, struct irp *irp)
{
	struct many *m = context;

	m->accepted++;
	io_irp_free(m->n.m.x, irp);
}

static inline enum ex_status many_event(void *context,
					const struct tdi_address *remote,
					void **connection, struct irp **accept)
{
	static struct tdi_request r; /* of one at a time */
	struct many *m = context;
	struct irp *irp = m->spare ? io_irp_alloc(m->n.m.x) : NULL;

	(void)remote;
	if (!irp)
		return EX_CONNECTION_REFUSED;
	irp->done = many_done;
	irp->done_context = m;
	tdi_fill(irp, m->spare, TDI_ACCEPT, &r);
	*connection = m;
	*accept = irp;
	m->file[m->accepted] = m->spare;
	m->spare = NULL;
	ke_event_set(&m->used);
	return EX_SUCCESS;
}

static inline void many_tdi(void *ctx)
{
	struct many *m = ctx;
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 6,
			      .address = { .family = 4, .port = MANY_PORT } };
	struct tdi_request r = { 0 };

	ke_event_init(&m->used, "used", true, true);
	m->failed = io_open(m->n.m.x, "\\Device\\Tcp", &o, sizeof(o),
			    &m->address) ||
		    tdi_set_event(m->address, TDI_EVENT_CONNECT,
				  (void *)many_event, m);
	o.kind = TDI_CONNECTION_FILE;
	r.address = m->address;
	for (u32 i = 0; i < m->total && !m->failed; i++) {
		struct io_file *f;

		ke_wait(&m->used, KE_FOREVER);
		m->failed = io_open(m->n.m.x, "\\Device\\Tcp", &o, sizeof(o),
				    &f) || tdi_call(f, TDI_ASSOCIATE, &r);
		m->spare = f;
	}
}

/* --- all of it -------------------------------------------------------------------------------- */

static inline bool many_open(struct many *m, u32 total, many_client_fn *client)
{
	*m = (struct many){ .total = total, .keepalive = m->keepalive };
	m->iss = calloc(total, sizeof(*m->iss));
	m->sk = calloc(total, sizeof(*m->sk));
	m->file = calloc(total, sizeof(*m->file));
	if (!net_start(&m->n, "tcpip", "ip=192.0.2.1/24 gw=192.0.2.2", NULL,
		       &(struct ex_config){ .name = "m",
					    .nonpaged_limit = 1u << 30 }) ||
	    io_load(m->n.m.x, "afd", "", &m->afd))
		return false;
	many_neighbour(m);
	thread_of(m->n.m.x, "client", client, m);
	net_run(&m->n, 1000000);
	net_skip(&m->n);
	return !m->failed;
}

static inline void many_shut(void *ctx)
{
	struct many *m = ctx;

	for (u32 i = 0; i < m->total; i++) {
		if (m->sk[i])
			sk_close(m->sk[i]);
		if (m->file[i])
			io_close(m->file[i]);
		m->sk[i] = NULL;
		m->file[i] = NULL;
	}
	if (m->listener)
		sk_close(m->listener);
	if (m->spare)
		io_close(m->spare);
	if (m->address)
		io_close(m->address);
}

static inline void many_close(struct many *m)
{
	(void)ex_call(m->n.m.x, many_shut, m);
	CHECK_EQ(io_unload(m->afd), EX_SUCCESS);
	net_close(&m->n);
	free(m->iss);
	free(m->sk);
	free(m->file);
}

#endif
