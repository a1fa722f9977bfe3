// SPDX-License-Identifier: Apache-2.0
/*
 * netbt and srv on one machine, seen from another: bytes as RFC 1002 has them
 * over plain TCP and UDP, and netbt against netbt over bad links.
 */
#include "net.h"
#include "trace/trace.h"
#include "two.h"

#define MS_ 1000000ull
/* "SERVER" of type 20, "CLIENT" of type 00 */
#define CALLED "2046444546464346474546464343414341434143414341434143414341434100"
#define REQUEST                                                            \
	"81000044"                                                         \
	"20464445464643464745464643434143414341434143414341434143414341"  \
	"434100"                                                           \
	"204544454d454a4546454f464543414341434143414341434143414341434141" \
	"4100"
#define POSITIVE "82000000"
#define HELLO "0000000568656c6c6f"

struct raw {                         /* a plain client of port 139 */
	struct two t;
	const char *send;            /* hex */
	u32 chunk, split;            /* bytes in a segment; 0: all */
	u32 more;                    /* bytes of a message behind it */
	bool fin;                    /* and the end, before anything is read */
	u8 got[256];
	u64 ngot;
	u32 logged;
	bool equal, reset;
	struct io_driver *netbt, *srv, *client;
	enum ex_status st;
	u64 rejected;
};

static void log_line(void *ctx, const char *line)
{
	struct raw *r = ctx;

	r->logged += !strncmp(line, "netbt: 10.0.0.1:", 16) ||
		     !strncmp(line, "srv: 10.0.0.1:", 14);
}

static void load(struct raw *r, u64 seed, const struct nic_pair_config *link)
{
	two_open(&r->t, seed, link, 2, 0, NULL);
	tdi_set_checked(r->t.x[1], true);
	ex_log_to(r->t.x[1], log_line, r);
	CHECK_EQ(io_load(r->t.x[1], "netbt", "ip=10.0.0.2 "
			 "broadcast=10.0.0.255", &r->netbt), EX_SUCCESS);
	CHECK_EQ(io_load(r->t.x[1], "srv", "name=server sessions=2", &r->srv),
		 EX_SUCCESS);
	(void)sched_run_to(r->t.s, sched_now(r->t.s) + MS_);
}

static void no_leak(struct ex *x)
{
	check_none_left(x, "NbtGNbtDNbtCNbtLNbtANbtNNbtOLSgnLSmbIrp NDPtNDbf");
}

static void unload(struct raw *r)
{
	r->rejected = trace_count(r->t.x[1], TRACE_netbt_reject);
	CHECK_EQ(io_unload(r->srv), EX_SUCCESS);
	CHECK_EQ(io_unload(r->netbt), EX_SUCCESS);
	if (r->client)
		CHECK_EQ(io_unload(r->client), EX_SUCCESS);
	(void)sched_run(r->t.s, NULL, NULL);
	no_leak(r->t.x[0]);
	no_leak(r->t.x[1]);
	two_close(&r->t);
}

/* --- plain TCP --------------- */

static void send_parts(struct raw *r, struct tdi_end *e, const u8 *p, u32 n)
{
	u32 chunk = r->chunk ? r->chunk : n;

	for (u32 at = 0; at < n && !ex_failed(r->st);) {
		u32 part = at < r->split ? r->split - at : chunk;

		if (part > n - at)
			part = n - at;
		r->st = end_send(e, p + at, part, 0);
		at += part;
		ke_sleep(MS_);
	}
}

static void raw_thread(void *ctx)
{
	struct raw *r = ctx;
	struct tdi_end e;
	u32 n = (u32)strlen(r->send) / 2 + r->more, hex;
	u8 *b = ex_alloc(r->t.x[0], EX_NONPAGED, n + 1, 1), in[64];
	size_t got = 0;

	hex = net_hex(r->send, b, n);
	for (u32 i = 0; i < r->more; i++)
		b[hex + i] = (u8)(i * 7 + (i >> 8));
	r->st = end_open(r->t.x[0], &e, 0);
	if (!ex_failed(r->st))
		r->st = end_connect(&e, 1, 139);
	if (!ex_failed(r->st))
		send_parts(r, &e, b, n);
	ke_sleep(50 * MS_);
	if (r->fin)
		(void)end_disconnect(&e, TDI_DISCONNECT_RELEASE);
	for (;;) {
		struct tdi_request q = { .data = in, .length = sizeof(in) };
		struct irp *irp = io_irp_alloc(r->t.x[0]);
		struct ke_event done;

		ke_event_init(&done, "done", false, false);
		irp->event = &done;
		tdi_fill(irp, e.connection, TDI_RECEIVE, &q);
		(void)io_call(e.connection->device, irp);
		if (ke_wait(&done, 500 * MS_) == EX_TIMEOUT) {
			(void)io_cancel(irp);
			(void)ke_wait(&done, KE_FOREVER);
		}
		r->st = irp->status;
		got = r->st == EX_SUCCESS ? q.moved : 0;
		io_irp_free(r->t.x[0], irp);
		for (u32 i = 0; i < got; i++, r->ngot++)
			if (r->ngot < sizeof(r->got))
				r->got[r->ngot] = in[i];
		if (!got)
			break;
	}
	r->reset = r->st == EX_CONNECTION_RESET ||
		   r->st == EX_CONNECTION_ABORTED;
	end_close(&e);
	ex_free_pool(r->t.x[0], b, 1);
}

static void raw_run(struct raw *r)
{
	load(r, 1, &(struct nic_pair_config){ .delay_ns = 50000 });
	thread_of(r->t.x[0], "raw", raw_thread, r);
	CHECK_EQ(sched_run(r->t.s, NULL, NULL), EX_IDLE);
	unload(r);
}

static void check_got(const struct raw *r, const char *want)
{
	u8 b[256];
	u32 n = net_hex(want, b, sizeof(b));

	CHECK_EQ(r->ngot, n);
	CHECK(r->ngot != n || !memcmp(b, r->got, n));
	if (r->ngot == n)
		return;
	for (u32 i = 0; i < r->ngot && i < 40; i++)
		printf("%02x", r->got[i]);
	printf("\n");
}

static void echoes(void)
{
	struct raw r = { .send = REQUEST HELLO };

	raw_run(&r);
	check_got(&r, POSITIVE HELLO);
	CHECK(!r.reset);
	CHECK_EQ(r.logged, 0);
}

static void splits_everywhere(void)
{
	for (u32 i = 1; i < 72 + 9; i++) {
		struct raw r = { .send = REQUEST HELLO, .split = i };

		raw_run(&r);
		check_got(&r, POSITIVE HELLO);
		CHECK_EQ(r.logged, 0);
	}
}

static void one_byte_segments(void)
{
	struct raw r = { .send = REQUEST HELLO "0000000131" HELLO,
			 .chunk = 1 };

	raw_run(&r);
	check_got(&r, POSITIVE HELLO "0000000131" HELLO);
	CHECK_EQ(r.logged, 0);
}

static void many_in_one(void)
{
	struct raw r = { .send = REQUEST HELLO HELLO "85000000" HELLO
				 "0000000131" "00000000" HELLO };

	raw_run(&r);
	check_got(&r, POSITIVE HELLO HELLO HELLO "0000000131" "00000000"
		      HELLO);
	CHECK_EQ(r.logged, 0);
}

static void keepalive_storm(void)
{
	char text[9000] = REQUEST;

	for (int i = 0; i < 1000; i++)
		strcat(text, "85000000");
	strcat(text, HELLO);
	struct raw r = { .send = text, .chunk = 711 };

	raw_run(&r);
	check_got(&r, POSITIVE HELLO);
	CHECK_EQ(r.logged, 0);
}

static void longest(void)
{
	struct raw r = { .send = REQUEST "0001ffff", .more = 131071 };

	raw_run(&r);
	CHECK_EQ(r.ngot, 4 + 4 + 131071);
	CHECK(!memcmp(r.got, "\x82\0\0\0\0\1\xff\xff\0\7\16", 11));
	CHECK_EQ(r.logged, 0);
}

/* --- what is not well-formed --------------- */

static void bad(const char *text, u32 more, bool fin)
{
	struct raw r = { .send = text, .more = more, .fin = fin };

	raw_run(&r);
	CHECK(r.reset || fin);
	CHECK_EQ(r.logged, 1);
	if (!r.reset || r.logged != 1)
		printf("  %.20s… %s, %u in the log\n",
		       text + (strlen(text) > 144 ? 144 : 0),
		       ex_status_name(r.st), r.logged);
}

static void malformed(void)
{
	bad(REQUEST "85000100", 256, false);  /* a keep-alive with a length */
	bad(REQUEST "8501ffff", 2000, false);
	bad(REQUEST "00000008ff534d4272000000", 0, false); /* no SMB header */
	bad(REQUEST "0000ffff", 100, true);   /* longer than what follows */
	bad(REQUEST "00", 0, true);
	bad(REQUEST "00020005" "68656c6c6f", 0, false); /* reserved flags */
	bad(REQUEST "00ff0005" "68656c6c6f", 0, false);
	bad(REQUEST "8400000601020304008b", 0, false); /* not now */
	bad(REQUEST "84000003010203", 0, false); /* retarget of wrong size */
	bad(REQUEST "8401ffff", 1500, false);
	bad(REQUEST "07000005" "68656c6c6f", 0, false); /* unknown type */
	bad(REQUEST REQUEST, 0, false);
	bad(REQUEST "82000000", 0, false);
	bad(HELLO, 0, false);                 /* before there is a session */
	bad("81000010", 16, false);
	bad("81000044", 68, false);           /* no names */
	bad("8101ffff", 3000, false);
}

/* --- who takes all there is --------------- */

#define BURST 600u

struct greedy {
	struct raw r;
	struct tdi_end e[BURST];
	u32 up;
	u64 got, want;
	bool wrote;
};

/* 40 KB each, 16 MB in all; empty ones between them. */
static void writes(void *ctx)
{
	struct greedy *g = ctx;
	struct ex *x = g->r.t.x[0];
	u8 *b = ex_alloc(x, EX_NONPAGED, 80000, 1);
	u32 n = net_hex(REQUEST, b, 80000);

	CHECK_EQ(end_open(x, &g->e[0], 0), EX_SUCCESS);
	CHECK_EQ(end_connect(&g->e[0], 1, 139), EX_SUCCESS);
	CHECK_EQ(end_send(&g->e[0], b, n, 0), EX_SUCCESS);
	memset(b, 0, 80000);
	b[2] = 40000 >> 8;
	b[3] = 40000 & 255;
	g->want = 4;
	g->up = 1;
	for (u32 i = 0; i < 400 && !ex_failed(g->r.st); i++) {
		g->want += 40008;
		g->r.st = end_send(&g->e[0], b, 40008, 0);
	}
	CHECK_EQ(g->r.st, EX_SUCCESS);
	ex_free_pool(x, b, 1);
	KE_SET(&g->wrote, true);
}

static void reads_late(void *ctx)
{
	struct greedy *g = ctx;
	struct ex *x = g->r.t.x[0];
	u8 *b = ex_alloc(x, EX_NONPAGED, 65536, 1);
	size_t n = 1;

	while (n && (!KE_GET(&g->wrote) || g->got < g->want)) {
		if (end_receive(&g->e[0], b, 65536, 0, &n) != EX_SUCCESS)
			n = 0;
		g->got += n;
	}
	end_close(&g->e[0]);
	ex_free_pool(x, b, 1);
}

/* Who sends and does not read has no more of the server's pool than its session
 * may have; who reads then gets all of it. */
static void does_not_read(void)
{
	struct greedy *g = calloc(1, sizeof(*g));
	u64 most = 0, now;

	load(&g->r, 1, &(struct nic_pair_config){ .delay_ns = 50000 });
	thread_of(g->r.t.x[0], "write", writes, g);
	for (int i = 0; i < 6000; i++) {
		(void)sched_run_to(g->r.t.s, sched_now(g->r.t.s) + 10 * MS_);
		now = tag_bytes(g->r.t.x[1], EX_NONPAGED,
				EX_TAG('L', 'S', 'm', 'b'));
		most = now > most ? now : most;
	}
	CHECK(g->up && !g->wrote);
	CHECK(most < 600000);
	thread_of(g->r.t.x[0], "read", reads_late, g);
	CHECK_EQ(sched_run(g->r.t.s, NULL, NULL), EX_IDLE);
	CHECK(g->wrote);
	CHECK_EQ(g->got, g->want);
	unload(&g->r);
	free(g);
}

static u32 blocks(struct ex *x, u32 tag)
{
	struct ex_pool_tag t;

	for (size_t i = 0; ex_pool_tag(x, EX_NONPAGED, i, &t); i++)
		if (t.tag == tag)
			return (u32)(t.allocs - t.frees);
	return 0;
}

static void connects(void *ctx)
{
	struct greedy *g = ctx;

	for (u32 i = 0; i < BURST; i++) {
		CHECK_EQ(end_open(g->r.t.x[0], &g->e[i], 0), EX_SUCCESS);
		(void)end_connect(&g->e[i], 1, 139);
	}
	ke_sleep(10 * MS_);
	g->up = blocks(g->r.t.x[1], EX_TAG('N', 'b', 't', 'L'));
	KE_SET(&g->wrote, true);
	for (u32 i = 0; i < BURST; i++)
		end_close(&g->e[i]);
}

/* Connections without a request: 256 of them, however fast they come, beside
 * eight that are there for the next. */
static void says_nothing(void)
{
	struct greedy *g = calloc(1, sizeof(*g));
	u64 began;

	load(&g->r, 1, &(struct nic_pair_config){ .delay_ns = 50000 });
	began = sched_now(g->r.t.s);
	thread_of(g->r.t.x[0], "connect", connects, g);
	while (!KE_GET(&g->wrote))
		(void)sched_run_to(g->r.t.s, sched_now(g->r.t.s) + MS_);
	CHECK(sched_now(g->r.t.s) - began < 800 * MS_);
	CHECK(g->up > 250 && g->up <= 256 + 8);
	(void)sched_run(g->r.t.s, NULL, NULL);
	unload(&g->r);
	free(g);
}

static void refuses(void)
{
	/* Called "SERVES": 0x82, not present; the end, not a reset. */
	struct raw r = { .send = "81000044"
		"20464445464643464745464644434143414341434143414341434143414341"
		"434100"
		"204544454d454a4546454f464543414341434143414341434143414341434141"
		"4100" };

	raw_run(&r);
	check_got(&r, "8300000182");
	CHECK(!r.reset);
}

static void negotiates(void)
{
	/* dialects "PC NETWORK PROGRAM 1.0", "NT LM 0.12" */
	struct raw r = { .send = REQUEST "00000047"
		"ff534d4272000000001853c8000000000000000000000000fffffffe00000000"
		"002400" "025043204e4554574f524b2050524f4752414d20312e3000"
		"024e54204c4d20302e313200" };

	raw_run(&r);
	CHECK_EQ(r.ngot, 4 + 4 + 32 + 1 + 34 + 2 + 10);
	CHECK(!memcmp(r.got + 8, "\xff" "SMB\x72\0\0\0\0\x98", 10));
	CHECK(!memcmp(r.got + 40, "\x11\1\0\3", 4));
	CHECK_EQ(r.logged, 0);
}

static void negotiates_none(void)
{
	struct raw r = { .send = REQUEST "00000026"
		"ff534d4272000000001853c8000000000000000000000000fffffffe00000000"
		"000300" "025800" };

	raw_run(&r);
	CHECK_EQ(r.ngot, 4 + 4 + 32 + 5);
	CHECK(!memcmp(r.got + 40, "\1\xff\xff\0\0", 5));
}

/* --- names --------------- */

struct ask {
	struct raw r;
	const char *send;
	u8 got[600];
	u64 n;
};

static void ask_thread(void *ctx)
{
	struct ask *a = ctx;
	struct ex *x = a->r.t.x[0];
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = 17,
			      .address = { .family = 4, .port = 137 } };
	u8 b[128];
	struct tdi_request s = { .data = b, .remote = two_address(1, 137) },
			   q = { .data = a->got, .length = sizeof(a->got) };
	struct io_file *f = NULL;
	struct irp *irp = io_irp_alloc(x);
	struct ke_event done;

	ke_event_init(&done, "done", false, false);
	CHECK_EQ(io_open(x, "\\Device\\Udp", &o, sizeof(o), &f), EX_SUCCESS);
	irp->event = &done;
	tdi_fill(irp, f, TDI_RECEIVE_DATAGRAM, &q);
	(void)io_call(f->device, irp);
	s.length = net_hex(a->send, b, sizeof(b));
	CHECK_EQ(tdi_call(f, TDI_SEND_DATAGRAM, &s), EX_SUCCESS);
	if (ke_wait(&done, 100 * MS_) == EX_TIMEOUT) {
		(void)io_cancel(irp);
		(void)ke_wait(&done, KE_FOREVER);
	}
	a->n = irp->status == EX_SUCCESS ? q.moved : 0;
	io_irp_free(x, irp);
	io_close(f);
}

static void ask(const char *text, const char *want)
{
	struct ask a = { .send = text };
	u8 b[600];
	u32 n = net_hex(want, b, sizeof(b));

	load(&a.r, 1, &(struct nic_pair_config){ .delay_ns = 50000 });
	thread_of(a.r.t.x[0], "ask", ask_thread, &a);
	CHECK_EQ(sched_run(a.r.t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(a.n, n);
	CHECK(a.n != n || !memcmp(a.got, b, n));
	unload(&a.r);
}

#define SERVER_ "20464445464643464745464643434143414341434143414341434143414341434100"

static void names(void)
{
	ask("1234 0110 0001 0000 0000 0000" SERVER_ "0020 0001",
	    "1234 8500 0000 0001 0000 0000" SERVER_ "0020 0001"
	    "000493e0 0006 0000 0a000002");
	ask("1234 0110 0001 0000 0000 0000" /* node status of "*" */
	    "20434b41414141414141414141414141414141414141414141414141414141"
	    "414100" "0021 0001",
	    "1234 8400 0000 0001 0000 0000"
	    "20434b41414141414141414141414141414141414141414141414141414141"
	    "414100" "0021 0001 00000000 0041 01"
	    "53455256455220202020202020202020 0400"
	    "0000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000000000000000000");
	/* Somebody else claims it. */
	ask("4321 2910 0001 0000 0000 0001" SERVER_ "0020 0001"
	    "c00c 0020 0001 000493e0 0006 0000 0a000001",
	    "4321 ad86 0000 0001 0000 0000" SERVER_ "0020 0001"
	    "000493e0 0006 0000 0a000002");
	/* Cut off, a letter that is none, another name: silence. */
	ask("1234 0110 0001 0000 0000 0000" "2046", "");
	ask("1234 0110 0001", "");
	ask("1234 0110 0001 0000 0000 0000"
	    "20464445464643464745464643434143414341434143414341434143414341"
	    "435100" "0020 0001", "");
	ask("1234 0110 0001 0000 0000 0000"
	    "20464445464643464745464644434143414341434143414341434143414341"
	    "434100" "0020 0001", "");
}

/* --- netbt against netbt --------------- */

struct client {
	struct raw r;
	u32 bytes, messages;
	enum ex_status open, connect, send, receive, taken, missing;
	bool equal;
};

static enum ex_status name_open(struct ex *x, const char *name,
				struct tdi_end *e)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE,
			      .address = { .family = 17 } };
	struct tdi_request r = { 0 };
	enum ex_status st;

	memcpy(o.address.netbios, name, 16);
	st = io_open(x, "\\Device\\NetBT", &o, sizeof(o), &e->address);
	if (ex_failed(st))
		return st;
	o.kind = TDI_CONNECTION_FILE;
	st = io_open(x, "\\Device\\NetBT", &o, sizeof(o), &e->connection);
	r.address = e->address;
	return ex_failed(st) ? st : tdi_call(e->connection, TDI_ASSOCIATE, &r);
}

static enum ex_status name_connect(struct tdi_end *e, const char *name)
{
	struct tdi_request r = { .remote = { .family = 17 } };

	memcpy(r.remote.netbios, name, 16);
	return tdi_call(e->connection, TDI_CONNECT, &r);
}

static void client_thread(void *ctx)
{
	struct client *c = ctx;
	struct ex *x = c->r.t.x[0];
	u8 *out = ex_alloc(x, EX_NONPAGED, c->bytes, 1);
	u8 *in = ex_alloc(x, EX_NONPAGED, c->bytes, 1);
	struct tdi_end e = { 0 }, f = { 0 };
	size_t n = 0;

	c->equal = true;
	c->taken = name_open(x, "SERVER          ", &f);
	end_close(&f);
	c->open = name_open(x, "CLIENT         ", &e);
	c->missing = name_connect(&e, "NOBODY          ");
	c->connect = name_connect(&e, "SERVER          ");
	for (u32 k = 0; k < c->messages && !ex_failed(c->connect); k++) {
		for (u32 i = 0; i < c->bytes; i++)
			out[i] = (u8)(i * 13 + (i >> 8) + k);
		c->send = end_send(&e, out, c->bytes, 0);
		c->receive = end_receive(&e, in, c->bytes, 0, &n);
		c->equal &= n == c->bytes && !memcmp(in, out, n);
	}
	if (!ex_failed(c->connect))
		(void)end_disconnect(&e, TDI_DISCONNECT_RELEASE);
	end_close(&e);
	ex_free_pool(x, in, 1);
	ex_free_pool(x, out, 1);
}

static void client_run(u64 seed, const struct nic_pair_config *link, u32 bytes,
		       u32 messages)
{
	struct client c = { .bytes = bytes, .messages = messages };

	load(&c.r, seed, link);
	CHECK_EQ(io_load(c.r.t.x[0], "netbt", "ip=10.0.0.1 "
			 "broadcast=10.0.0.255", &c.r.client), EX_SUCCESS);
	thread_of(c.r.t.x[0], "client", client_thread, &c);
	CHECK_EQ(sched_run(c.r.t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(c.open, EX_SUCCESS);
	CHECK_EQ(c.missing, EX_OBJECT_NAME_NOT_FOUND);
	CHECK_EQ(c.connect, EX_SUCCESS);
	CHECK_EQ(c.send, EX_SUCCESS);
	CHECK_EQ(c.receive, EX_SUCCESS);
	CHECK_EQ(c.taken, EX_ADDRESS_ALREADY_EXISTS);
	CHECK(c.equal);
	CHECK_EQ(c.r.logged, 0);
	if (test_.bad)
		printf("  seed %llu\n", (unsigned long long)seed);
	unload(&c.r);
}

static void by_name(void)
{
	client_run(1, &(struct nic_pair_config){ .delay_ns = 50000 }, 100, 3);
	client_run(2, &(struct nic_pair_config){ .delay_ns = 50000 }, 131071,
		   2);
}

static void bad_links(void)
{
	for (u64 seed = 1; seed <= 12; seed++)
		client_run(seed, &(struct nic_pair_config){
				   .seed = seed, .delay_ns = 200000,
				   .jitter_ns = 100000, .loss = 0.02,
				   .reorder = 0.1, .duplicate = 0.02 },
			   40000, 3);
}

/* --- clients of the machine itself --------------- */

struct own {                         /* listens on "SERVER" of type 21 */
	struct ke_latch latch;       /* of check_bytes(): RECEIVE and events */
	struct client c;
	u32 room;                    /* of each RECEIVE; 0: events instead */
	u32 flags;
	u32 each;                    /* events: taken of an indication */
	u32 over;                    /* and beyond what there was */
	u64 wait;                    /* before the first RECEIVE */
	u64 got, messages;
	u64 sum;                     /* got, less what was sent */
	enum ex_status st, ended;
	bool equal, finished;
};

static void check_bytes(struct own *o, const u8 *p, size_t n)
{
	u64 got;

	ke_latch(&o->latch);
	got = o->got;
	for (size_t i = 0; i < n; i++, got++) {
		u64 at = got % o->c.bytes, k = got / o->c.bytes;
		u8 want = (u8)(at * 13 + (at >> 8) + k);

		o->equal &= p[i] == want;
		o->sum += (u64)p[i] - want;
	}
	KE_SET(&o->got, got);
	ke_unlatch(&o->latch);
}

static enum ex_status own_receive(void *context, void *connection_context,
				  u32 flags, u32 indicated, u32 available,
				  u32 *taken, const u8 *data,
				  struct ndis_buffer *chain, struct irp **irp)
{
	struct own *o = context;

	(void)connection_context;
	(void)flags;
	(void)available;
	(void)chain;
	(void)irp;
	*taken = o->over ? indicated + o->over :
		 indicated < o->each ? indicated : o->each;
	if (!o->over)
		check_bytes(o, data, *taken);
	return EX_SUCCESS;
}

static void own_end(void *context, void *connection_context, u32 flags,
		    enum ex_status why)
{
	struct own *o = context;

	(void)connection_context;
	o->ended = flags & TDI_DISCONNECT_ABORT ? why : EX_SUCCESS;
	KE_SET(&o->finished, true);
}

static void own_thread(void *ctx)
{
	struct own *o = ctx;
	struct ex *x = o->c.r.t.x[1];
	u32 room = o->room ? o->room : 64;
	u8 *b = ex_alloc(x, EX_NONPAGED, room, 1);
	struct tdi_end e = { 0 };
	struct tdi_request r = { 0 };
	size_t n = 0;

	o->equal = true;
	o->st = name_open(x, "SERVER         !", &e);
	(void)tdi_set_event(e.address, TDI_EVENT_DISCONNECT, (void *)own_end,
			    o);
	if (o->each || o->over)
		(void)tdi_set_event(e.address, TDI_EVENT_RECEIVE,
				    (void *)own_receive, o);
	o->st = tdi_call(e.connection, TDI_LISTEN, &r);
	CHECK(!memcmp(r.remote.netbios, "CLIENT         ", 16));
	ke_sleep(o->wait);
	while (!KE_GET(&o->finished) &&
	       KE_GET(&o->got) < (u64)o->c.bytes * o->c.messages) {
		if (!o->room && !o->each) {
			ke_sleep(MS_);
			continue;
		}
		o->st = end_receive(&e, b, room, o->flags, &n);
		if (o->st != EX_SUCCESS && o->st != EX_BUFFER_OVERFLOW)
			break;
		check_bytes(o, b, n);
		o->messages += o->st == EX_SUCCESS;
	}
	while (!KE_GET(&o->finished))
		ke_sleep(MS_);
	end_close(&e);
	ex_free_pool(x, b, 1);
}

static void own_client(void *ctx)
{
	struct own *o = ctx;
	struct client *c = &o->c;
	struct ex *x = c->r.t.x[0];
	u8 *out = ex_alloc(x, EX_NONPAGED, c->bytes, 1);
	struct tdi_end e = { 0 };

	c->open = name_open(x, "CLIENT         ", &e);
	c->connect = name_connect(&e, "SERVER         !");
	for (u32 k = 0; k < c->messages && !ex_failed(c->connect); k++) {
		for (u32 i = 0; i < c->bytes; i++)
			out[i] = (u8)(i * 13 + (i >> 8) + k);
		c->send = end_send(&e, out, c->bytes, 0);
		if (ex_failed(c->send))
			break;
	}
	if (!ex_failed(c->connect))
		(void)end_disconnect(&e, TDI_DISCONNECT_RELEASE);
	ke_sleep(500 * MS_);
	end_close(&e);
	ex_free_pool(x, out, 1);
}

static void own_run(struct own *o, u64 seed)
{
	struct client *c = &o->c;

	load(&c->r, seed, &(struct nic_pair_config){ .delay_ns = 50000 });
	tdi_set_checked(c->r.t.x[1], !o->over);
	CHECK_EQ(io_load(c->r.t.x[0], "netbt", "ip=10.0.0.1 "
			 "broadcast=10.0.0.255", &c->r.client), EX_SUCCESS);
	thread_of(c->r.t.x[1], "own", own_thread, o);
	(void)sched_run_to(c->r.t.s, sched_now(c->r.t.s) + 1000 * MS_);
	thread_of(c->r.t.x[0], "client", own_client, o);
	CHECK_EQ(sched_run(c->r.t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(c->connect, EX_SUCCESS);
	if (ex_stopped(c->r.t.x[1]) > EX_IDLE)
		printf("  %s\n", ex_stop_text(c->r.t.x[1]));
	unload(&c->r);
}

/* What nobody asked for yet waits: in the indicate buffer, then with TCP. */
static void slow_clients(void)
{
	static const struct own how[] = {
		{ .c = { .bytes = 50000, .messages = 3 }, .room = 50000,
		  .wait = 100 * MS_ },
		{ .c = { .bytes = 50000, .messages = 3 }, .room = 333,
		  .wait = 100 * MS_ },
		{ .c = { .bytes = 131071, .messages = 1 }, .room = 5000 },
		{ .c = { .bytes = 7, .messages = 600 }, .room = 100,
		  .wait = 100 * MS_ },
		{ .c = { .bytes = 5000, .messages = 8 }, .each = 100 },
		{ .c = { .bytes = 5000, .messages = 8 }, .each = 1 },
	};

	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++)
		for (u64 seed = 1; seed <= 40; seed++) {
			struct own o = how[i];

			own_run(&o, seed);
			CHECK_EQ(o.got, (u64)o.c.bytes * o.c.messages);
			/* By events and RECEIVEs at once: in any order. */
			CHECK(o.each ? !o.sum : o.equal);
			if (o.room)
				CHECK_EQ(o.messages, o.c.messages);
			CHECK_EQ(o.ended, EX_SUCCESS);
			CHECK_EQ(o.c.r.logged, 0);
			if (test_.bad) {
				printf("  way %zu seed %llu\n", i,
				       (unsigned long long)seed);
				return;
			}
		}
}

/* Q244239: a client that says it took more than there was. */
static void client_takes_too_much(void)
{
	struct own o = { .c = { .bytes = 5000, .messages = 1 }, .over = 1 };

	own_run(&o, 1);
	CHECK_EQ(o.c.r.logged, 1);
	CHECK_EQ(o.c.r.rejected, 1);
	CHECK_EQ(o.ended, EX_CONNECTION_RESET);
}

/* --- netbt against plain TCP --------------- */

struct station {                     /* answers a session request */
	struct called *c;
	u16 port;
	const char *answer;
	bool asked;
};

struct called {
	struct two t;
	struct station at[2];
	struct io_driver *netbt;
	enum ex_status st;
};

static void station_thread(void *ctx)
{
	struct station *p = ctx;
	struct tdi_end e;
	u8 b[72], want[72];
	size_t n = 0;

	(void)net_hex(REQUEST, want, sizeof(want));
	CHECK_EQ(end_open(p->c->t.x[1], &e, p->port), EX_SUCCESS);
	CHECK_EQ(end_listen(&e), EX_SUCCESS);
	(void)end_receive(&e, b, sizeof(b), TDI_RECEIVE_ENTIRE_MESSAGE, &n);
	p->asked = n == sizeof(b) && !memcmp(b, want, sizeof(b));
	n = net_hex(p->answer, b, sizeof(b));
	(void)end_send(&e, b, n, 0);
	ke_sleep(100 * MS_);
	end_close(&e);
}

static void called_thread(void *ctx)
{
	struct called *c = ctx;
	struct tdi_request r = { .remote = { .family = 17,
					     .ip = { 10, 0, 0, 2 } } };
	struct tdi_end e = { 0 };

	CHECK_EQ(name_open(c->t.x[0], "CLIENT         ", &e), EX_SUCCESS);
	memcpy(r.remote.netbios, "SERVER          ", 16);
	c->st = tdi_call(e.connection, TDI_CONNECT, &r);
	end_close(&e);
}

static void calls(const char *first, const char *second, enum ex_status want)
{
	struct called c = { .at = { { .c = &c, .port = 139, .answer = first },
				    { .c = &c, .port = 5000,
				      .answer = second } } };

	two_open(&c.t, 1, &(struct nic_pair_config){ .delay_ns = 50000 }, 1, 0,
		 NULL);
	CHECK_EQ(io_load(c.t.x[0], "netbt", "ip=10.0.0.1 "
			 "broadcast=10.0.0.255", &c.netbt), EX_SUCCESS);
	for (int i = 0; i < (second ? 2 : 1); i++)
		thread_of(c.t.x[1], "station", station_thread, &c.at[i]);
	thread_of(c.t.x[0], "caller", called_thread, &c);
	CHECK_EQ(sched_run(c.t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(c.st, want);
	CHECK(c.at[0].asked);
	CHECK_EQ(c.at[1].asked, second != NULL);
	CHECK_EQ(io_unload(c.netbt), EX_SUCCESS);
	no_leak(c.t.x[0]);
	two_close(&c.t);
}

static void answers_to_a_call(void)
{
	calls("82000000", NULL, EX_SUCCESS);
	calls("8300000180", NULL, EX_CONNECTION_REFUSED);
	calls("840000060a0000021388", "82000000", EX_SUCCESS);
	calls("840000060a0000021388", "8300000182", EX_CONNECTION_REFUSED);
	calls("840000050a00000213", NULL, EX_CONNECTION_RESET);
	calls("82000001aa", NULL, EX_CONNECTION_RESET);
	calls("0000000141", NULL, EX_CONNECTION_RESET);
}

int main(void)
{
	RUN(echoes);
	RUN(splits_everywhere);
	RUN(one_byte_segments);
	RUN(many_in_one);
	RUN(keepalive_storm);
	RUN(longest);
	RUN(malformed);
	RUN(does_not_read);
	RUN(says_nothing);
	RUN(refuses);
	RUN(negotiates);
	RUN(negotiates_none);
	RUN(names);
	RUN(by_name);
	RUN(bad_links);
	RUN(slow_clients);
	RUN(client_takes_too_much);
	RUN(answers_to_a_call);
	return test_done();
}
