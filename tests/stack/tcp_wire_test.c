// SPDX-License-Identifier: Apache-2.0
/* TCP against segments that are written by hand: numbers, flags and options as
 * they are on the wire. The test is 192.0.2.2 port 1000. */
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

static void be32(u8 *b, u32 v)
{
	net_put16(b, (u16)(v >> 16));
	net_put16(b + 2, (u16)v);
}

static u32 from32(const u8 *b)
{
	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

static void send_full(struct wire *w, u8 flags, u32 seq, u32 ack, u16 wnd,
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

static void in(struct wire *w, u8 flags, u32 seq, u32 ack, const char *data)
{
	send_full(w, flags, seq, ack, 8000, 0, "", data);
}

/* The next segment that the machine sent. */
static bool out(struct wire *w, struct seg *s)
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

static void expect(struct wire *w, u8 flags, u32 seq, u32 ack, u32 len)
{
	struct seg s;

	CHECK(out(w, &s));
	CHECK_EQ(s.flags, flags);
	CHECK_EQ(s.seq, seq);
	CHECK_EQ(s.ack, ack);
	CHECK_EQ(s.len, len);
}

static void opt_is(const struct seg *s, const char *hex)
{
	u8 b[40];
	u32 n = net_hex(hex, b, sizeof(b));

	CHECK_EQ(s->nopt, n);
	CHECK(!memcmp(s->opt, b, n));
}

/* --- the client ----------------------------------------------------------------------- */

static void open_files(void *ctx)
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

static void ask_thread(void *ctx)
{
	struct ask *a = ctx;

	io_irp_reuse(a->irp);
	tdi_fill(a->irp, a->w->connection, a->minor, a->r);
	io_call(a->w->connection->device, a->irp);
}

static void ask(struct wire *w, enum tdi_minor minor)
{
	struct ask a = { w, minor, w->irp, &w->r };

	CHECK(ex_call(w->n.m.x, ask_thread, &a));
	net_run(&w->n, 1000);
}

static void ask2(struct wire *w, enum tdi_minor minor)
{
	struct ask a = { w, minor, w->irp2, &w->r2 };

	CHECK(ex_call(w->n.m.x, ask_thread, &a));
	net_run(&w->n, 1000);
}

static void close_files(void *ctx)
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

static void state_thread(void *ctx)
{
	struct state_of *s = ctx;
	struct tdi_request r = { .info = TDI_CONNECTION_STATE, .value = &s->i,
				 .value_length = sizeof(s->i) };

	tdi_call(s->w->connection, TDI_QUERY_INFORMATION, &r);
}

static u8 state(struct wire *w)
{
	struct state_of s = { .w = w };

	CHECK(ex_call(w->n.m.x, state_thread, &s));
	return s.i.state;
}

static void finish(struct wire *w)
{
	CHECK(ex_call(w->n.m.x, close_files, w));
	net_run(&w->n, UINT64_C(500000000000));
	CHECK_EQ(tag_bytes(w->n.m.x, EX_NONPAGED, EX_TAG('T', 'C', 'P', 'b')),
		 0);
	net_close(&w->n);
}

static void begin(struct wire *w, const char *personality, u16 port)
{
	char text[80];

	memset(w, 0, sizeof(*w));
	w->port = port;
	snprintf(text, sizeof(text), "ip=192.0.2.1/24 personality=%s",
		 personality);
	CHECK(net_ready(&w->n, text));
	CHECK(ex_call(w->n.m.x, open_files, w));
}

/* Established, numbers as in the RFC's examples: ours goes on at 1001. */
static void passive(struct wire *w, const char *personality,
		    const char *options)
{
	struct seg s;

	begin(w, personality, 80);
	ask(w, TDI_LISTEN);
	send_full(w, SYN, 1000, 0, 8000, 0, options, "");
	CHECK(out(w, &s));
	CHECK_EQ(s.flags, SYN | ACK);
	CHECK_EQ(s.ack, 1001);
	w->iss = s.seq;
	w->at = 1001;
	in(w, ACK, 1001, w->iss + 1, "");
	CHECK(w->irp->completed);
	CHECK_EQ(w->irp->status, EX_SUCCESS);
	CHECK_EQ(state(w), 4);
	CHECK_SILENT(&w->n);
}

#define SACK_OK "0101 0402"

/* --- handshake --------------------------------------------------------------------------- */

static void syn_options(void)
{
	struct wire w;
	struct seg s;

	begin(&w, "nt5", 80);
	ask(&w, TDI_LISTEN);
	send_full(&w, SYN, 1000, 0, 8000, 0,
		  "0204 05b4 01 030302 01 01 080a 00000007 00000000 01 01 0402",
		  "");
	CHECK(out(&w, &s));
	CHECK_EQ(s.flags, SYN | ACK);
	CHECK_EQ(s.wnd, 65535);
	CHECK_EQ(s.nopt, 24);
	CHECK(!memcmp(s.opt, "\x02\x04\x05\xb4\x01\x03\x03\x00\x01\x01\x08\x0a",
		      12));
	CHECK_EQ(from32(s.opt + 12), 0); /* neither its time nor an echo */
	CHECK_EQ(from32(s.opt + 16), 0);
	CHECK(!memcmp(s.opt + 20, "\x01\x01\x04\x02", 4));
	finish(&w);
}

static void syn_without_options(void)
{
	struct wire w;
	struct seg s;

	begin(&w, "nt5", 80);
	ask(&w, TDI_LISTEN);
	send_full(&w, SYN, 1000, 0, 8000, 0, "", "");
	CHECK(out(&w, &s));
	opt_is(&s, "0204 05b4");
	/* Sent again after 3 and 9 seconds (two times), then never. */
	net_run(&w.n, UINT64_C(2900000000));
	CHECK_SILENT(&w.n);
	net_run(&w.n, UINT64_C(200000000));
	expect(&w, SYN | ACK, s.seq, 1001, 0);
	net_run(&w.n, UINT64_C(6000000000));
	expect(&w, SYN | ACK, s.seq, 1001, 0);
	net_run(&w.n, UINT64_C(60000000000));
	CHECK_SILENT(&w.n);
	finish(&w);
}

static void closed_port(void)
{
	struct wire w;

	begin(&w, "nt5", 80);        /* nobody listens */
	in(&w, SYN, 1000, 0, "");
	expect(&w, RST | ACK, 0, 1001, 0);
	in(&w, ACK, 1000, 77, "");
	expect(&w, RST, 77, 77, 0); /* no ACK: NT leaves the number there */
	in(&w, RST, 1000, 0, "");
	CHECK_SILENT(&w.n);
	in(&w, FIN, 1000, 0, "ab");
	expect(&w, RST | ACK, 0, 1003, 0);
	finish(&w);
}

static void active(struct wire *w, struct seg *s)
{
	begin(w, "nt5", 0);
	w->r = (struct tdi_request){ .remote = { .family = 4, .port = 1000,
						 .ip = { 192, 0, 2, 2 } } };
	ask(w, TDI_CONNECT);
	CHECK(out(w, s));
	CHECK_EQ(s->flags, SYN);
	w->iss = s->seq;
}

static void simultaneous_open(void)
{
	struct wire w;
	struct seg s;

	active(&w, &s);
	in(&w, SYN, 1000, 0, "");
	expect(&w, SYN | ACK, w.iss, 1001, 0);
	CHECK_EQ(state(&w), 3);
	in(&w, SYN | ACK, 1000, w.iss + 1, ""); /* RFC 9293 figure 8 */
	net_skip(&w.n);
	in(&w, ACK, 1001, w.iss + 1, "");
	CHECK_EQ(state(&w), 4);
	CHECK_EQ(w.irp->status, EX_SUCCESS);
	finish(&w);
}

static void refused_and_half_open(void)
{
	struct wire w;
	struct seg s;

	active(&w, &s);
	in(&w, ACK, 300, 100, "");   /* RFC 9293 figure 9 */
	expect(&w, RST, 100, 100, 0);
	in(&w, RST, 1000, 0, "");    /* no ACK: blind */
	in(&w, RST | ACK, 1000, w.iss, "");
	CHECK(!w.irp->completed);
	in(&w, RST | ACK, 1000, w.iss + 1, "");
	CHECK_EQ(w.irp->status, EX_CONNECTION_REFUSED);
	finish(&w);
}

/* --- RFC 5961 ------------------------------------------------------------------------------- */

static void blind_segments(void)
{
	struct wire w;

	passive(&w, "nt5", "");
	in(&w, RST, 1002, 0, "");    /* in the window: challenged */
	expect(&w, ACK, w.iss + 1, 1001, 0);
	in(&w, RST, 100, 0, "");     /* outside: nothing */
	CHECK_SILENT(&w.n);
	in(&w, SYN, 1001, 0, "");
	expect(&w, ACK, w.iss + 1, 1001, 0);
	in(&w, ACK, 1001, w.iss + 5000, "x"); /* of what was never sent */
	expect(&w, ACK, w.iss + 1, 1001, 0);
	CHECK_EQ(state(&w), 4);
	for (int i = 0; i < 20; i++)
		in(&w, RST, 1002, 0, "");
	CHECK(w.n.nout - w.n.next <= 10); /* limited */
	net_skip(&w.n);
	in(&w, RST, 1001, 0, "");
	CHECK_EQ(state(&w), 0);
	finish(&w);
}

/* --- SACK ---------------------------------------------------------------------------------------- */

static void sack_blocks(void)
{
	struct wire w;
	struct seg s;

	passive(&w, "nt5", SACK_OK);
	in(&w, ACK, 1011, w.iss + 1, "0123456789");
	CHECK(out(&w, &s));
	opt_is(&s, "0101 050a 000003f3 000003fd");
	in(&w, ACK, 1031, w.iss + 1, "0123456789"); /* the latest first */
	CHECK(out(&w, &s));
	opt_is(&s, "0101 0512 00000407 00000411 000003f3 000003fd");
	in(&w, ACK, 1021, w.iss + 1, "0123456789"); /* they meet */
	CHECK(out(&w, &s));
	opt_is(&s, "0101 050a 000003f3 00000411");
	CHECK_EQ(s.ack, 1001);
	in(&w, ACK, 1001, w.iss + 1, "0123456789");
	CHECK(out(&w, &s));
	opt_is(&s, "");
	CHECK_EQ(s.ack, 1041);
	in(&w, ACK, 1001, w.iss + 1, "0123456789"); /* RFC 2883 4.1 */
	CHECK(out(&w, &s));
	opt_is(&s, "0101 050a 000003e9 000003f3");
	finish(&w);
}

/* --- sending ------------------------------------------------------------------------------------- */

static u8 bytes[20000];

static void send_bytes(struct wire *w, size_t n)
{
	w->r = (struct tdi_request){ .data = bytes, .length = n };
	ask(w, TDI_SEND);
}

static void retransmission_times(void)
{
	struct wire w;

	passive(&w, "nt5", "");
	send_bytes(&w, 100);
	expect(&w, PSH | ACK, w.iss + 1, 1001, 100);
	/* RFC 6298 2.4: a second, then twice as long each time */
	for (u64 s = 1; s <= 16; s *= 2) {
		net_run(&w.n, s * 1000000000 - 100000000);
		CHECK_SILENT(&w.n);
		net_run(&w.n, 100000000);
		expect(&w, PSH | ACK, w.iss + 1, 1001, 100);
	}
	CHECK(!w.irp->completed);
	net_run(&w.n, UINT64_C(33000000000));
	CHECK_SILENT(&w.n);
	CHECK_EQ(w.irp->status, EX_IO_TIMEOUT);
	finish(&w);
}

static void fast_retransmit(void)
{
	struct wire w;

	passive(&w, "nt5", "0204 03e8"); /* mss 1000, cwnd 2 segments */
	send_bytes(&w, 20000);
	expect(&w, ACK, w.iss + 1, 1001, 1000);
	expect(&w, ACK, w.iss + 1001, 1001, 1000);
	CHECK_SILENT(&w.n);
	for (u32 i = 2; i < 6; i += 2) { /* slow start: one more for each */
		in(&w, ACK, 1001, w.iss + 1 + i * 500, "");
		expect(&w, ACK, w.iss + 1 + i * 1000, 1001, 1000);
		expect(&w, ACK, w.iss + 1001 + i * 1000, 1001, 1000);
		CHECK_SILENT(&w.n);
	}
	in(&w, ACK, 1001, w.iss + 2001, ""); /* RFC 3042 */
	expect(&w, ACK, w.iss + 6001, 1001, 1000);
	in(&w, ACK, 1001, w.iss + 2001, "");
	expect(&w, ACK, w.iss + 7001, 1001, 1000);
	in(&w, ACK, 1001, w.iss + 2001, ""); /* the third */
	expect(&w, ACK, w.iss + 2001, 1001, 1000);
	CHECK_SILENT(&w.n);
	in(&w, ACK, 1001, w.iss + 3001, ""); /* partial: RFC 6582 */
	expect(&w, ACK, w.iss + 3001, 1001, 1000);
	finish(&w);
}

static void closed_window(void)
{
	struct wire w;

	passive(&w, "nt5", "");
	send_full(&w, ACK, 1001, w.iss + 1, 0, 0, "", ""); /* window 0 */
	send_bytes(&w, 10);
	CHECK_SILENT(&w.n);
	net_run(&w.n, UINT64_C(1100000000));
	expect(&w, ACK, w.iss + 1, 1001, 1); /* a probe of a byte */
	send_full(&w, ACK, 1001, w.iss + 1, 0, 0, "", "");
	net_run(&w.n, UINT64_C(2100000000));
	expect(&w, ACK, w.iss + 1, 1001, 1);
	send_full(&w, ACK, 1001, w.iss + 1, 100, 0, "", ""); /* opens */
	expect(&w, ACK, w.iss + 1, 1001, 1);
	net_skip(&w.n);
	in(&w, ACK, 1001, w.iss + 2, "");
	expect(&w, PSH | ACK, w.iss + 2, 1001, 9);
	in(&w, ACK, 1001, w.iss + 11, "");
	CHECK_EQ(w.irp->status, EX_SUCCESS);
	finish(&w);
}

static void urgent_byte(void)
{
	struct wire w;
	struct seg s;
	u8 got[8] = "";

	passive(&w, "nt5", "");
	w.r = (struct tdi_request){ .data = bytes, .length = 3,
				    .flags = TDI_SEND_EXPEDITED };
	ask(&w, TDI_SEND);
	CHECK(out(&w, &s));
	CHECK_EQ(s.flags, URG | PSH | ACK);
	CHECK_EQ(s.urp, 3);
	in(&w, ACK, 1001, w.iss + 4, "");
	send_full(&w, ACK | URG | PSH, 1001, w.iss + 4, 8000, 3, "", "abXcd");
	w.r = (struct tdi_request){ .data = got, .length = 8,
				    .flags = TDI_RECEIVE_EXPEDITED };
	ask(&w, TDI_RECEIVE);
	CHECK_EQ(w.irp->information, 1);
	CHECK_EQ(got[0], 'X');
	w.r = (struct tdi_request){ .data = got, .length = 8 };
	ask(&w, TDI_RECEIVE);
	CHECK_EQ(w.irp->information, 4);
	CHECK(!memcmp(got, "abcd", 4));
	finish(&w);
}

/* --- closing in every order ------------------------------------------------------------------------ */

static void release(struct wire *w)
{
	w->r2 = (struct tdi_request){ .flags = TDI_DISCONNECT_RELEASE };
	ask2(w, TDI_DISCONNECT);
}

static void they_close_first(void)
{
	struct wire w;

	passive(&w, "nt5", "");
	in(&w, FIN | ACK, 1001, w.iss + 1, "");
	expect(&w, ACK, w.iss + 1, 1002, 0);
	CHECK_EQ(state(&w), 7);
	release(&w);
	expect(&w, FIN | ACK, w.iss + 1, 1002, 0);
	CHECK_EQ(state(&w), 9);
	in(&w, ACK, 1002, w.iss + 2, "");
	CHECK_EQ(state(&w), 0);
	CHECK_EQ(w.irp2->status, EX_SUCCESS);
	finish(&w);
}

static void we_close_first(void)
{
	struct wire w;

	passive(&w, "nt5", "");
	release(&w);
	expect(&w, FIN | ACK, w.iss + 1, 1001, 0);
	CHECK_EQ(state(&w), 5);
	in(&w, ACK, 1001, w.iss + 2, "");
	CHECK_EQ(state(&w), 6);
	in(&w, FIN | ACK, 1001, w.iss + 2, "");
	expect(&w, ACK, w.iss + 2, 1002, 0);
	CHECK_EQ(state(&w), 10);
	in(&w, RST, 1002, 0, "");    /* RFC 1337 */
	CHECK_EQ(state(&w), 10);
	in(&w, FIN | ACK, 1001, w.iss + 2, ""); /* it was lost */
	expect(&w, ACK, w.iss + 2, 1002, 0);
	net_run(&w.n, UINT64_C(239000000000));
	CHECK_EQ(state(&w), 10);
	net_run(&w.n, UINT64_C(2000000000));
	CHECK_EQ(state(&w), 0);
	finish(&w);
}

static void both_close(void)
{
	struct wire w;

	passive(&w, "nt5", "");
	release(&w);
	expect(&w, FIN | ACK, w.iss + 1, 1001, 0);
	in(&w, FIN | ACK, 1001, w.iss + 1, "");
	expect(&w, ACK, w.iss + 2, 1002, 0);
	CHECK_EQ(state(&w), 8);
	in(&w, ACK, 1002, w.iss + 2, "");
	CHECK_EQ(state(&w), 10);
	finish(&w);
}

/* A SYN above what was used opens it again (RFC 9293 3.10.7.4). */
static void time_wait_again(void)
{
	struct wire w;
	struct seg s;

	passive(&w, "nt5", "");
	release(&w);
	in(&w, FIN | ACK, 1001, w.iss + 2, "");
	net_skip(&w.n);
	CHECK_EQ(state(&w), 10);
	w.r = (struct tdi_request){ 0 };
	in(&w, SYN, 900, 0, "");     /* old: answered, nothing changes */
	expect(&w, ACK, w.iss + 2, 1002, 0);
	in(&w, SYN, 5000, 0, "");    /* nobody listens any more */
	CHECK(out(&w, &s));
	CHECK_EQ(s.flags, RST | ACK);
	CHECK_EQ(state(&w), 0);
	finish(&w);
}

/* --- time and paths ------------------------------------------------------------------------------- */

static void delayed_ack(void)
{
	struct wire w;

	passive(&w, "nt5", "");
	in(&w, ACK, 1001, w.iss + 1, "0123456789");
	CHECK_SILENT(&w.n);
	net_run(&w.n, UINT64_C(190000000));
	CHECK_SILENT(&w.n);
	net_run(&w.n, UINT64_C(20000000));
	expect(&w, ACK, w.iss + 1, 1011, 0);
	finish(&w);
}

/* RFC 9293 3.7.4: a small one waits for the one before; NODELAY does not. */
static void nagle(void)
{
	struct wire w;
	u32 on = 1;

	passive(&w, "nt5", "");
	send_bytes(&w, 10);
	expect(&w, PSH | ACK, w.iss + 1, 1001, 10);
	w.r2 = (struct tdi_request){ .data = bytes, .length = 5 };
	ask2(&w, TDI_SEND);
	CHECK_SILENT(&w.n);
	in(&w, ACK, 1001, w.iss + 11, "");
	expect(&w, PSH | ACK, w.iss + 11, 1001, 5);
	w.r = (struct tdi_request){ .info = TDI_NODELAY, .value = &on,
				    .value_length = sizeof(on) };
	ask(&w, TDI_SET_INFORMATION);
	send_bytes(&w, 3);
	expect(&w, PSH | ACK, w.iss + 16, 1001, 3);
	in(&w, ACK, 1001, w.iss + 19, "");
	finish(&w);
}

static void keep_alive(void)
{
	struct wire w;
	u32 on = 1;

	passive(&w, "nt5", "");
	w.r = (struct tdi_request){ .info = TDI_KEEPALIVE, .value = &on,
				    .value_length = sizeof(on) };
	ask(&w, TDI_SET_INFORMATION);
	net_run(&w.n, UINT64_C(7199000000000));
	net_in(&w.n, "020000000001 020000000002 0806 0001 0800 06 04 0001 "
		     "020000000002 c0000202 000000000000 c0000201");
	net_skip(&w.n);
	net_run(&w.n, UINT64_C(1500000000));
	expect(&w, ACK, w.iss, 1001, 0); /* one below */
	in(&w, ACK, 1001, w.iss + 1, "");
	net_run(&w.n, UINT64_C(3000000000));
	CHECK_SILENT(&w.n);
	net_run(&w.n, UINT64_C(7300000000000));
	CHECK_EQ(state(&w), 0);      /* none was answered */
	net_skip(&w.n);
	finish(&w);
}

/* RFC 1191: the segment that was too big comes again in smaller ones. */
static void path_mtu(void)
{
	struct wire w;
	struct seg s;
	char text[256];

	passive(&w, "nt5", "0204 05b4");
	send_bytes(&w, 1460);
	expect(&w, PSH | ACK, w.iss + 1, 1001, 1460);
	snprintf(text, sizeof(text),
		 NET_MACS "4500 0038 0001 0000 40 01 0000 c0000202 c0000201 "
			  "03 04 0000 0000 03e8 "
			  "4500 05dc 0001 4000 80 06 0000 c0000201 c0000202 "
			  "%04x 03e8 %08x", w.port, w.iss + 1);
	net_in_icmp(&w.n, text);
	CHECK(out(&w, &s));
	CHECK_EQ(s.seq, w.iss + 1);
	CHECK_EQ(s.len, 960);        /* 1000 - 40 */
	in(&w, ACK, 1001, w.iss + 961, "");
	expect(&w, PSH | ACK, w.iss + 961, 1001, 500);
	/* One that is about nothing we sent changes nothing (RFC 5927). */
	in(&w, ACK, 1001, w.iss + 1461, "");
	net_in_icmp(&w.n, text);
	CHECK_SILENT(&w.n);
	finish(&w);
}

/* --- many SYNs --------------------------------------------------------------------------------------- */

static void syn_flood(void)
{
	struct wire w;
	struct seg s, again;

	memset(&w, 0, sizeof(w));
	w.port = 80;
	CHECK(net_ready(&w.n, "ip=192.0.2.1/24 personality=nt5 "
			      "syn_backlog=1 syn_cookies=1"));
	CHECK(ex_call(w.n.m.x, open_files, &w));
	ask(&w, TDI_LISTEN);
	w.from = 999;                /* has the one entry */
	send_full(&w, SYN, 1000, 0, 8000, 0, "0204 05b4", "");
	CHECK(out(&w, &s));
	CHECK_EQ(s.dport, 999);
	w.from = 0;
	send_full(&w, SYN, 1000, 0, 8000, 0, "0204 05b4", "");
	CHECK(out(&w, &s));
	CHECK_EQ(s.flags, SYN | ACK);
	CHECK_EQ(s.dport, 1000);
	net_run(&w.n, UINT64_C(4000000000));
	CHECK(out(&w, &again));      /* only the entry is remembered */
	CHECK_EQ(again.dport, 999);
	CHECK_SILENT(&w.n);
	in(&w, ACK, 1001, s.seq + 2, ""); /* not a cookie of ours */
	expect(&w, RST, s.seq + 2, s.seq + 2, 0);
	CHECK(!w.irp->completed);
	in(&w, ACK, 1001, s.seq + 1, "");
	CHECK(w.irp->completed);
	CHECK_EQ(state(&w), 4);
	finish(&w);
}

/* NT 4's window is of whole segments; what a cookie offered is held to
 * (RFC 9293 3.8.6: never back). */
static void window_of_a_cookie(void)
{
	char data[1461] = "";
	struct wire w;
	struct seg s, last = { .ack = 0 };

	memset(&w, 0, sizeof(w));
	memset(data, 'a', 1460);
	w.port = 80;
	CHECK(net_ready(&w.n, "ip=192.0.2.1/24 personality=nt4 "
			      "syn_backlog=1 syn_cookies=1"));
	CHECK(ex_call(w.n.m.x, open_files, &w));
	ask(&w, TDI_LISTEN);
	w.from = 999;                /* has the one entry */
	send_full(&w, SYN, 1000, 0, 8000, 0, "0204 05b4", "");
	net_skip(&w.n);
	w.from = 0;
	send_full(&w, SYN, 1000, 0, 8000, 0, "0204 05b4", "");
	CHECK(out(&w, &s));
	CHECK_EQ(s.wnd, 8760);
	in(&w, ACK, 1001, s.seq + 1, "");
	CHECK(w.irp->completed);
	for (u32 i = 0; i < 6; i++)
		in(&w, ACK, 1001 + 1460 * i, s.seq + 1, data);
	net_run(&w.n, UINT64_C(500000000));
	while (out(&w, &s))
		if (s.dport == 1000)
			last = s;
	CHECK_EQ(last.ack, 1001 + 8760);
	finish(&w);
}

int main(void)
{
	RUN(syn_options);
	RUN(syn_without_options);
	RUN(closed_port);
	RUN(simultaneous_open);
	RUN(refused_and_half_open);
	RUN(blind_segments);
	RUN(sack_blocks);
	RUN(retransmission_times);
	RUN(fast_retransmit);
	RUN(closed_window);
	RUN(urgent_byte);
	RUN(they_close_first);
	RUN(we_close_first);
	RUN(both_close);
	RUN(time_wait_again);
	RUN(delayed_ack);
	RUN(nagle);
	RUN(keep_alive);
	RUN(path_mtu);
	RUN(syn_flood);
	RUN(window_of_a_cookie);
	return test_done();
}
