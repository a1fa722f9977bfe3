// SPDX-License-Identifier: Apache-2.0
/*
 * What tests of TCP on the wire share: segments by hand from 192.0.2.2 (port 1000)
 * to a machine of net.h, and its TDI client.
 *
 *	begin(&w, "modern", 80);  ask(&w, TDI_LISTEN);
 *	in(&w, SYN, 1000, 0, "");  expect(&w, SYN | ACK, iss, 1001, 0);  finish(&w);
 *
 * Invariant: finish() finds no memory of connections left.
 */
#ifndef TESTS_STACK_WIRE_H
#define TESTS_STACK_WIRE_H

#include "net.h"
#include "tdi/tdi.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };

struct seg {
	u8 flags;
	u32 seq, ack, len, nopt;
	u16 wnd, urp, sport, dport;
	u8 opt[40], data[1600];
};

struct wire {
	struct net n;
	struct io_file *address, *connection;
	struct tdi_request r, r2;
	struct irp *irp, *irp2;
	u16 port, from;              /* of the machine; the test's, 0: 1000 */
	u32 iss;                     /* the machine's */
	u32 at;                      /* the test's next number; it began at 1000 */
};

static inline void be32(u8 *b, u32 v)
{
	net_put16(b, (u16)(v >> 16));
	net_put16(b + 2, (u16)v);
}

static inline u32 from32(const u8 *b)
{
	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

static inline void send_full(struct wire *w, u8 flags, u32 seq, u32 ack, u16 wnd,
		      u16 urp, const char *options, const char *data)
{
	u8 b[NET_FRAME] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	u32 nopt = net_hex(options, b + 54, 40), n = (u32)strlen(data);
	u32 len = 20 + nopt + n, sum = 6 + len;

	net_put16(b + 16, (u16)(20 + len));
	b[22] = 64;
	b[23] = 6;
	memcpy(b + 26, (u8[]){ 192, 0, 2, 2, 192, 0, 2, 1 }, 8);
	net_sum_ip(b);
	net_put16(b + 34, w->from ? w->from : 1000);
	net_put16(b + 36, w->port);
	be32(b + 38, seq);
	be32(b + 42, ack);
	b[46] = (u8)((20 + nopt) / 4 << 4);
	b[47] = flags;
	net_put16(b + 48, wnd);
	net_put16(b + 52, urp);
	memcpy(b + 54 + nopt, data, n);
	for (int i = 26; i < 34; i += 2)
		sum += (u32)b[i] << 8 | b[i + 1];
	net_put16(b + 50, net_sum(b + 34, len, sum));
	net_raw(&w->n, b, 34 + len);
}

static inline void in(struct wire *w, u8 flags, u32 seq, u32 ack, const char *data)
{
	send_full(w, flags, seq, ack, 8000, 0, "", data);
}

/* The next segment that the machine sent. */
static inline bool out(struct wire *w, struct seg *s)
{
	const struct net_frame *f = net_next(&w->n);
	u32 head, sum, len;

	memset(s, 0, sizeof(*s));
	while (f && f->b[12] == 8 && f->b[13] == 6)
		f = net_next(&w->n);
	if (!f)
		return false;
	len = (u32)(f->b[16] << 8 | f->b[17]) - 20;
	sum = 6 + len;
	for (int i = 26; i < 34; i += 2)
		sum += (u32)f->b[i] << 8 | f->b[i + 1];
	CHECK_EQ(net_sum(f->b + 34, len, sum), 0);
	CHECK_EQ(f->b[23], 6);
	head = (u32)(f->b[46] >> 4) * 4;
	s->sport = (u16)(f->b[34] << 8 | f->b[35]);
	s->dport = (u16)(f->b[36] << 8 | f->b[37]);
	s->seq = from32(f->b + 38);
	s->ack = from32(f->b + 42);
	s->flags = f->b[47];
	s->wnd = (u16)(f->b[48] << 8 | f->b[49]);
	s->urp = (u16)(f->b[52] << 8 | f->b[53]);
	s->nopt = head - 20;
	memcpy(s->opt, f->b + 54, s->nopt);
	s->len = len - head;
	memcpy(s->data, f->b + 34 + head, s->len);
	return true;
}

static inline void expect(struct wire *w, u8 flags, u32 seq, u32 ack, u32 len)
{
	struct seg s;

	CHECK(out(w, &s));
	CHECK_EQ(s.flags, flags);
	CHECK_EQ(s.seq, seq);
	CHECK_EQ(s.ack, ack);
	CHECK_EQ(s.len, len);
}

static inline void opt_is(const struct seg *s, const char *hex)
{
	u8 b[40];
	u32 n = net_hex(hex, b, sizeof(b));

	CHECK_EQ(s->nopt, n);
	CHECK(!memcmp(s->opt, b, n));
}

/* --- the client ----------------------------------------------------------------------- */

static inline void open_files(void *ctx)
{
	struct wire *w = ctx;
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 6,
			      .address = { .family = 4, .port = w->port } };
	struct tdi_request r = { 0 };
	struct tdi_address a;

	CHECK_EQ(io_open(w->n.m.x, "\\Device\\Tcp", &o, sizeof(o), &w->address),
		 EX_SUCCESS);
	o.kind = TDI_CONNECTION_FILE;
	CHECK_EQ(io_open(w->n.m.x, "\\Device\\Tcp", &o, sizeof(o),
			 &w->connection), EX_SUCCESS);
	r.address = w->address;
	CHECK_EQ(tdi_call(w->connection, TDI_ASSOCIATE, &r), EX_SUCCESS);
	r = (struct tdi_request){ .info = TDI_LOCAL_ADDRESS, .value = &a,
				  .value_length = sizeof(a) };
	CHECK_EQ(tdi_call(w->address, TDI_QUERY_INFORMATION, &r), EX_SUCCESS);
	w->port = a.port;
	w->irp = io_irp_alloc(w->n.m.x);
	w->irp2 = io_irp_alloc(w->n.m.x);
}

struct ask {
	struct wire *w;
	enum tdi_minor minor;
	struct irp *irp;
	struct tdi_request *r;
};

static inline void ask_thread(void *ctx)
{
	struct ask *a = ctx;

	io_irp_reuse(a->irp);
	tdi_fill(a->irp, a->w->connection, a->minor, a->r);
	io_call(a->w->connection->device, a->irp);
}

static inline void ask(struct wire *w, enum tdi_minor minor)
{
	struct ask a = { w, minor, w->irp, &w->r };

	CHECK(ex_call(w->n.m.x, ask_thread, &a));
	net_run(&w->n, 1000);
}

static inline void ask2(struct wire *w, enum tdi_minor minor)
{
	struct ask a = { w, minor, w->irp2, &w->r2 };

	CHECK(ex_call(w->n.m.x, ask_thread, &a));
	net_run(&w->n, 1000);
}

static inline void close_files(void *ctx)
{
	struct wire *w = ctx;

	io_close(w->connection);
	io_close(w->address);
	io_irp_free(w->n.m.x, w->irp);
	io_irp_free(w->n.m.x, w->irp2);
}

struct state_of {
	struct wire *w;
	struct tdi_tcp_info i;
};

static inline void state_thread(void *ctx)
{
	struct state_of *s = ctx;
	struct tdi_request r = { .info = TDI_CONNECTION_STATE, .value = &s->i,
				 .value_length = sizeof(s->i) };

	tdi_call(s->w->connection, TDI_QUERY_INFORMATION, &r);
}

static inline u8 state(struct wire *w)
{
	struct state_of s = { .w = w };

	CHECK(ex_call(w->n.m.x, state_thread, &s));
	return s.i.state;
}

static inline void finish(struct wire *w)
{
	CHECK(ex_call(w->n.m.x, close_files, w));
	net_run(&w->n, UINT64_C(500000000000));
	CHECK_EQ(tag_bytes(w->n.m.x, EX_NONPAGED, EX_TAG('T', 'C', 'P', 'b')),
		 0);
	CHECK_EQ(tag_bytes(w->n.m.x, EX_NONPAGED, EX_TAG('T', 'C', 'P', 'c')),
		 0);
	net_close(&w->n);
}

static inline void begin_as(struct wire *w, const char *options, u16 port)
{
	memset(w, 0, sizeof(*w));
	w->port = port;
	CHECK(net_ready(&w->n, options));
	CHECK(ex_call(w->n.m.x, open_files, w));
}

static inline void begin(struct wire *w, const char *personality, u16 port)
{
	char text[80];

	snprintf(text, sizeof(text), "ip=192.0.2.1/24 personality=%s",
		 personality);
	begin_as(w, text, port);
}

#endif
