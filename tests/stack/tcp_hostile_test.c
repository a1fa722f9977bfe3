// SPDX-License-Identifier: Apache-2.0
/* What another machine may do to the memory and the tables of TCP: segments by
 * hand, and what is held after them. */
#include "wire.h"

#include <time.h>

#define SEC UINT64_C(1000000000)

static u64 held(struct wire *w)
{
	struct ex_pool_state p;

	ex_pool_state(w->n.m.x, EX_NONPAGED, &p);
	return p.bytes;
}

/* A connection that the client listened for; nothing is received. */
static void accept_one(struct wire *w)
{
	struct seg s;

	net_skip(&w->n);
	ask(w, TDI_LISTEN);
	send_full(w, SYN, 1000, 0, 8000, 0, "0204 05b4", "");
	CHECK(out(w, &s));
	CHECK_EQ(s.flags, SYN | ACK);
	w->iss = s.seq;
	in(w, ACK, 1001, w->iss + 1, "");
	CHECK(w->irp->completed);
	net_skip(&w->n);
}

/* --- bytes that cost more than they are ---------------------------------------------- */

/* A byte a segment: what is held is about what was sent, not a frame for each. */
static void a_byte_a_segment(void)
{
	const u32 n = 20000;
	struct wire w;
	u64 before;

	begin_as(&w, "ip=192.0.2.1/24 personality=nt5 rcv_buf=60000", 80);
	accept_one(&w);
	before = held(&w);
	for (u32 i = 0; i < n; i++)
		in(&w, ACK, 1001 + i, w.iss + 1, "x");
	CHECK(held(&w) - before < 4 * n);
	w.r = (struct tdi_request){ .data = malloc(n), .length = n };
	ask(&w, TDI_RECEIVE);
	CHECK_EQ(w.irp->information, n);
	for (u32 i = 0; i < n; i++)
		CHECK_EQ(((char *)w.r.data)[i], 'x');
	free(w.r.data);
	finish(&w);
}

/* A byte that is new behind 1,400 that are not. */
static void a_byte_of_a_frame(void)
{
	const u32 n = 2000;
	char text[1402];
	struct wire w;
	u64 before;

	memset(text, 'x', sizeof(text));
	text[1400] = 0;
	begin_as(&w, "ip=192.0.2.1/24 personality=nt5 rcv_buf=60000", 80);
	accept_one(&w);
	in(&w, ACK, 1001, w.iss + 1, text);
	before = held(&w);
	for (u32 i = 1; i <= n; i++)
		in(&w, ACK, 1001 + i, w.iss + 1, text);
	CHECK(held(&w) - before < 4 * n);
	w.r = (struct tdi_request){ .data = malloc(n + 1400), .length = n + 1400 };
	ask(&w, TDI_RECEIVE);
	CHECK_EQ(w.irp->information, n + 1400);
	free(w.r.data);
	finish(&w);
}

/* Of a frame that reaches beyond the window one byte is kept, out of order. */
static void a_byte_before_the_edge(void)
{
	char text[1402];
	struct wire w;
	u64 before;

	memset(text, 'x', sizeof(text));
	text[1400] = 0;
	begin_as(&w, "ip=192.0.2.1/24 personality=nt5 rcv_buf=60000", 80);
	accept_one(&w);
	before = held(&w);
	in(&w, ACK, 1001 + 59999, w.iss + 1, text);
	CHECK(held(&w) > before);
	CHECK(held(&w) - before < 700);
	finish(&w);
}

/* --- options that come back ----------------------------------------------------------- */

/* RFC 7323 2.2: who offers timestamps and no scale has none, also when a cookie
 * remembers it: the window is in bytes. */
static void cookie_without_a_scale(void)
{
	char echo[80];
	struct wire w;
	struct seg s, last = { .ack = 0 };

	begin_as(&w, "ip=192.0.2.1/24 personality=modern syn_backlog=1 "
		 "syn_cookies=1", 80);
	ask(&w, TDI_LISTEN);
	w.from = 999;                /* has the one entry */
	send_full(&w, SYN, 1000, 0, 8000, 0, "0204 05b4", "");
	net_skip(&w.n);
	w.from = 0;
	send_full(&w, SYN, 1000, 0, 8000, 0,
		  "0204 05b4 0101 080a 00000001 00000000", "");
	CHECK(out(&w, &s));
	for (u32 i = 0; i < s.nopt; i++)
		if (s.opt[i] == 8 && s.opt[i + 1] == 10)
			snprintf(echo, sizeof(echo), "0101 080a 00000002 "
				 "%02x%02x%02x%02x", s.opt[i + 2], s.opt[i + 3],
				 s.opt[i + 4], s.opt[i + 5]);
	send_full(&w, ACK, 1001, s.seq + 1, 8000, 0, echo, "");
	CHECK(w.irp->completed);
	send_full(&w, ACK, 1001, s.seq + 1, 8000, 0, echo, "abc");
	net_run(&w.n, SEC);
	while (out(&w, &s))
		if (s.dport == 1000)
			last = s;
	CHECK_EQ(last.ack, 1004);
	CHECK_EQ(last.wnd, 65535);
	finish(&w);
}

/* --- connections again ------------------------------------------------------------------ */

/* One that was reset listens again; what it was before is let go. */
static void listens_again(void)
{
	struct wire w;

	begin(&w, "nt5", 80);
	for (u32 i = 0; i < 3; i++) {
		w.from = (u16)(1000 + i);
		accept_one(&w);
		in(&w, RST | ACK, 1001, w.iss + 1, "");
	}
	finish(&w);                  /* finds nothing left */
}

/* --- bytes that are lent -------------------------------------------------------------- */

/* A segment that waits for ARP has none of the client's memory: a RST gives that
 * back to it, and what it does then is on no wire. */
static void lent_bytes_wait_nowhere(void)
{
	char *text = malloc(1000);
	struct wire w;
	struct seg s;

	begin(&w, "nt5", 80);
	accept_one(&w);
	net_run(&w.n, 700 * SEC);    /* who it is, is forgotten */
	memset(text, 'x', 1000);
	w.r2 = (struct tdi_request){ .data = text, .length = 1000,
				     .flags = TDI_SEND_NO_COPY };
	ask2(&w, TDI_SEND);
	CHECK(!w.irp2->completed);
	in(&w, RST | ACK, 1001, w.iss + 1, "");
	CHECK(w.irp2->completed);
	memset(text, 'z', 1000);
	net_in(&w.n, NET_ARP_ANSWER);
	CHECK(out(&w, &s));
	CHECK_EQ(s.len, 1000);
	for (u32 i = 0; i < s.len; i++)
		CHECK_EQ(s.data[i], 'x');
	free(text);
	finish(&w);
}

/* --- those that wait ---------------------------------------------------------------------- */

/* A server that closes first: each connection waits four minutes, and there is
 * not memory for all of them. The next one still comes in. */
static void time_waits_beyond_memory(void)
{
	const struct ex_config small = { .name = "m", .nonpaged_limit = 2u << 20 };
	struct wire w = { .port = 80 };
	u32 made = 0;

	CHECK(net_start(&w.n, "tcpip", "ip=192.0.2.1/24 personality=nt5", NULL,
			&small));
	net_known(&w.n);
	for (u32 i = 0; i < 4000; i++) {
		w.from = (u16)(1000 + i);
		CHECK(ex_call(w.n.m.x, open_files, &w));
		accept_one(&w);
		w.r = (struct tdi_request){ .flags = TDI_DISCONNECT_RELEASE };
		ask(&w, TDI_DISCONNECT);
		in(&w, ACK | FIN, 1001, w.iss + 2, "");
		made += state(&w) == 10;
		CHECK(ex_call(w.n.m.x, close_files, &w));
	}
	CHECK_EQ(made, 4000);
	CHECK_EQ(ex_stopped(w.n.m.x), EX_RUNNING);
	net_close(&w.n);
}

/* --- half-open ones ----------------------------------------------------------------------- */

/* Each of many is sent again in its time without a look at all the others, which
 * would be a matter of the square: 80 s of a processor, or of none. */
static void a_long_queue_of_syns(void)
{
	const u32 n = 60000;
	clock_t before;
	struct wire w;

	begin_as(&w, "ip=192.0.2.1/24 personality=nt5 syn_backlog=60000 "
		 "syn_cookies=0", 80);
	ask(&w, TDI_LISTEN);
	for (u32 i = 0; i < n; i++) {
		w.from = (u16)(2000 + i);
		send_full(&w, SYN, 1000, 0, 8000, 0, "0204 05b4", "");
	}
	before = clock();
	net_run(&w.n, 30 * SEC);
	CHECK(clock() - before < 10 * CLOCKS_PER_SEC);
	CHECK(w.n.nout >= 3 * n);    /* once, and twice again (nt5) */
	finish(&w);
}

int main(void)
{
	RUN(a_byte_a_segment);
	RUN(a_byte_of_a_frame);
	RUN(a_byte_before_the_edge);
	RUN(cookie_without_a_scale);
	RUN(listens_again);
	RUN(lent_bytes_wait_nowhere);
	RUN(time_waits_beyond_memory);
	RUN(a_long_queue_of_syns);
	return test_done();
}
