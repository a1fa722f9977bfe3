// SPDX-License-Identifier: Apache-2.0
/* TCP against segments that are written by hand: numbers, flags and options as
 * they are on the wire. The test is 192.0.2.2 port 1000. */
#include "wire.h"

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

	begin_as(&w, "ip=192.0.2.1/24 personality=nt5 syn_backlog=1 "
		 "syn_cookies=1", 80);
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
