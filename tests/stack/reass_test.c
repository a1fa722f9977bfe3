// SPDX-License-Identifier: Apache-2.0
/*
 * Reassembly: an echo request in pieces, answered with the bytes that won.
 * Fragments are written down by offset, flag and bytes; their datagram is the
 * header and what follows it in the order of RFC 791.
 */
#include "net.h"

#include "trace/trace.h"

#define TAG_REASS EX_TAG('T', 'R', 'a', 's')

struct fragment {
	u32 src, id, off;
	bool more;
	u8 protocol;
	const u8 *data;
	u32 n;
};

static void send(struct net *n, const struct fragment *f)
{
	static u8 b[67000];

	net_hex(NET_MACS "45000000 00000000 8001 0000 c0000202 c0000201", b,
		34);
	net_put16(b + 16, (u16)(20 + f->n));
	net_put16(b + 18, (u16)f->id);
	net_put16(b + 20, (u16)(f->off / 8 | (f->more ? 0x2000 : 0)));
	b[23] = f->protocol;
	b[29] = f->src ? (u8)f->src : 2;
	memcpy(b + 34, f->data, f->n);
	net_sum_ip(b);
	net_raw(n, b, 34 + f->n);
}

/* An echo request of n bytes: 0, 1, 2 … behind its header. */
static void echo_of(u8 *b, u32 n)
{
	memset(b, 0, 8);
	b[0] = 8;
	for (u32 i = 8; i < n; i++)
		b[i] = (u8)(i * 7);
	net_put16(b + 2, net_sum(b, n, 0));
}

static void piece(struct net *n, const u8 *b, u32 off, u32 len, bool more)
{
	send(n, &(struct fragment){ .id = 77, .off = off, .more = more,
				    .protocol = 1, .data = b + off,
				    .n = len });
}

/* The answer has the request's bytes. */
static void check_answer(struct net *n, const u8 *b, u32 len)
{
	const struct net_frame *f = net_next(n);

	CHECK(f && f->n == 34 + len && net_sums_ok(f) && f->b[34] == 0 &&
	      !memcmp(f->b + 38, b + 4, len - 4));
	CHECK_SILENT(n);
	net_check_pool(n);
}

static void every_order(void)
{
	static const u8 order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					{ 1, 2, 0 }, { 2, 0, 1 },
					{ 2, 1, 0 } };
	struct net n;
	u8 b[44];

	echo_of(b, sizeof(b));
	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	for (u32 i = 0; i < 6; i++) {
		for (u32 k = 0; k < 3; k++) {
			CHECK_SILENT(&n);
			piece(&n, b, order[i][k] * 16u,
			      order[i][k] == 2 ? 12 : 16, order[i][k] != 2);
		}
		check_answer(&n, b, sizeof(b));
	}
	net_close(&n);
}

static void twice(void)
{
	struct net n;
	u8 b[44];

	echo_of(b, sizeof(b));
	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	piece(&n, b, 0, 16, true);
	piece(&n, b, 0, 16, true);
	piece(&n, b, 32, 12, false);
	piece(&n, b, 32, 12, false);
	piece(&n, b, 16, 16, true);
	check_answer(&n, b, sizeof(b));
	net_close(&n);
}

/* What comes later with other bytes for the same place loses. */
static void first_wins(void)
{
	static const struct { u32 off, n; } later[] = {
		{ 8, 16 }, { 0, 24 }, { 16, 8 }, { 16, 24 }, { 0, 32 },
		{ 24, 16 }, { 8, 32 } };
	struct net n;
	u8 b[48], other[48];

	echo_of(b, sizeof(b));
	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	for (u32 i = 0; i < sizeof(later) / sizeof(*later); i++) {
		/* [16, 24) is there first; in what overlaps it is wrong */
		memcpy(other, b, sizeof(b));
		memset(other + 16, 0xee, 8);
		piece(&n, b, 16, 8, true);
		piece(&n, other, later[i].off, later[i].n, true);
		CHECK_SILENT(&n);
		piece(&n, other, 40, 8, false);
		CHECK_SILENT(&n);
		piece(&n, other, 0, 40, true);
		check_answer(&n, b, sizeof(b));
	}
	net_close(&n);
}

/* --- attacks -------------------------------------------------------------------------- */

static void check_dropped(struct net *n, u64 before)
{
	CHECK(trace_count(n->m.x, TRACE_ip_drop) > before);
	CHECK_SILENT(n);
}

/* CVE-1997-0016 (teardrop): the second ends within the first. */
static void teardrop(void)
{
	struct net n;
	u8 b[64];

	echo_of(b, sizeof(b));
	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	piece(&n, b, 0, 36 / 8 * 8, true);
	piece(&n, b, 24, 4, false);
	CHECK_SILENT(&n);
	/* modified: of no length */
	piece(&n, b, 8, 0, false);
	piece(&n, b, 0, 0, true);
	CHECK_SILENT(&n);
	net_run(&n, UINT64_C(62000000000));
	net_skip(&n);
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS), 0);
	net_check_pool(&n);
	net_close(&n);
}

static void ping_of_death(void)
{
	struct net n;
	static u8 b[67000];
	u64 before;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	before = trace_count(n.m.x, TRACE_ip_drop);
	piece(&n, b, 65528, 1400, false);
	piece(&n, b, 65528, 8, true);
	piece(&n, b, 64512, 1008, false); /* 65520 and the header */
	check_dropped(&n, before);
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS), 0);
	net_close(&n);
}

static void lies_about_the_end(void)
{
	struct net n;
	u8 b[128];
	u64 before;

	echo_of(b, sizeof(b));
	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	before = trace_count(n.m.x, TRACE_ip_drop);
	piece(&n, b, 32, 8, false);   /* ends at 40 */
	piece(&n, b, 64, 8, true);    /* beyond it */
	check_dropped(&n, before++);
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS), 0);
	piece(&n, b, 32, 8, false);
	piece(&n, b, 64, 8, false);   /* another end */
	check_dropped(&n, before++);
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS), 0);
	piece(&n, b, 64, 8, true);
	piece(&n, b, 32, 8, false);   /* an end before what is there */
	check_dropped(&n, before);
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS), 0);
	net_close(&n);
}

/* RFC 1858: headers cut small; lengths that are no eights. */
static void tiny(void)
{
	struct net n;
	u8 b[64] = { 0 };
	static const struct fragment f[] = {
		{ .id = 1, .off = 0, .more = true, .protocol = 6, .n = 8 },
		{ .id = 2, .off = 0, .more = true, .protocol = 6, .n = 16 },
		{ .id = 3, .off = 8, .more = true, .protocol = 6, .n = 32 },
		{ .id = 4, .off = 8, .more = false, .protocol = 6, .n = 12 },
		{ .id = 5, .off = 0, .more = true, .protocol = 1, .n = 9 },
		{ .id = 6, .off = 16, .more = true, .protocol = 17, .n = 7 },
	};

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	for (u32 i = 0; i < sizeof(f) / sizeof(*f); i++) {
		struct fragment g = f[i];
		u64 before = trace_count(n.m.x, TRACE_ip_drop);

		g.data = b;
		send(&n, &g);
		check_dropped(&n, before);
		CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS), 0);
	}
	net_close(&n);
}

/* --- caps ---------------------------------------------------------------------------------- */

/* One source has 16 datagrams at most, all have 64. */
static void datagrams_are_capped(void)
{
	struct net n;
	u8 b[1024] = { 0 };
	u64 one, all;

	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	for (u32 id = 0; id < 16; id++)
		send(&n, &(struct fragment){ .id = id, .off = 8, .more = true,
					     .protocol = 1, .data = b,
					     .n = 8 });
	one = tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS);
	for (u32 id = 16; id < 200; id++)
		send(&n, &(struct fragment){ .id = id, .off = 8, .more = true,
					     .protocol = 1, .data = b,
					     .n = 8 });
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS), one);
	for (u32 id = 0; id < 2000; id++)
		send(&n, &(struct fragment){ .src = 2 + id % 200, .id = id,
					     .off = 8, .more = true,
					     .protocol = 1, .data = b,
					     .n = 8 });
	all = tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS);
	CHECK_EQ(all, one * 4);
	/* and an honest one gets through, at the cost of the oldest */
	echo_of(b, 64);
	send(&n, &(struct fragment){ .src = 201, .id = 9999, .off = 0,
				     .more = true, .protocol = 1, .data = b,
				     .n = 32 });
	send(&n, &(struct fragment){ .src = 201, .id = 9999, .off = 32,
				     .protocol = 1, .data = b + 32,
				     .n = 32 });
	CHECK_EQ(n.nout - n.next, 1); /* who is 192.0.2.201? */
	net_run(&n, UINT64_C(65000000000));
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS), 0);
	net_check_pool(&n);
	net_close(&n);
}

static u64 pool_bytes(struct net *n)
{
	struct ex_pool_state s;

	ex_pool_state(n->m.x, EX_NONPAGED, &s);
	return s.bytes;
}

/* 512 KiB of all of them, whatever their sizes. */
static void bytes_are_capped(void)
{
	static const u32 size[] = { 8, 64, 1480 };
	static u8 b[1480];
	struct net n;

	for (u32 k = 0; k < 3; k++) {
		u64 before;

		CHECK(net_ready(&n, "ip=192.0.2.1/24"));
		before = pool_bytes(&n);
		for (u32 i = 0; i < 4000; i++)
			send(&n, &(struct fragment){
				.src = 2 + i % 8, .id = i / 200,
				.off = 8 + i % 200 * size[k] * 2 % 60000,
				.more = true, .protocol = 1, .data = b,
				.n = size[k] / 8 * 8 });
		CHECK(pool_bytes(&n) - before < 1280 * 1024);
		net_run(&n, UINT64_C(65000000000));
		net_check_pool(&n);
		net_close(&n);
	}
}

/* --- time ------------------------------------------------------------------------------------ */

static void times_out(void)
{
	struct net n;
	u8 b[44];

	echo_of(b, sizeof(b));
	CHECK(net_ready(&n, "personality=nt4 ip=192.0.2.1/24")); /* quotes 8 */
	piece(&n, b, 0, 16, true);
	net_run(&n, UINT64_C(58000000000));
	CHECK_SILENT(&n);
	net_run(&n, UINT64_C(4000000000));
	CHECK_OUT(&n, NET_MACS_OUT "45000038 xxxx0000 8001 xxxx c0000201 "
		  "c0000202 0b01 xxxx 00000000 45000024 004d2000 8001 xxxx "
		  "c0000202 c0000201 0800 xxxx 00000000");
	/* without the first piece nothing is said (RFC 792) */
	piece(&n, b, 16, 16, true);
	net_run(&n, UINT64_C(62000000000));
	CHECK_SILENT(&n);
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, TAG_REASS), 0);
	net_check_pool(&n);
	net_close(&n);
}

/* The largest there can be, and its answer in 45 pieces. */
static void largest(void)
{
	static u8 b[65515];
	struct net n;
	u32 got = 0, bad = 0;
	const struct net_frame *f;

	echo_of(b, sizeof(b));
	CHECK(net_ready(&n, "ip=192.0.2.1/24"));
	for (u32 off = 0; off < sizeof(b); off += 1480)
		piece(&n, b, off, sizeof(b) - off < 1480 ?
			      (u32)sizeof(b) - off : 1480,
		      off + 1480 < sizeof(b));
	CHECK_EQ(n.nout - n.next, 45);
	while ((f = net_next(&n))) {
		u32 off = ((u32)f->b[20] << 8 | f->b[21]) % 0x2000 * 8;
		u32 len = f->n - 34;

		bad += net_sum(f->b + 14, 20, 0) != 0 || off != got;
		if (!off)
			bad += memcmp(f->b + 38, b + 4, len - 4) != 0;
		else
			bad += memcmp(f->b + 34, b + off, len) != 0;
		got += len;
	}
	CHECK_EQ(bad, 0);
	CHECK_EQ(got, sizeof(b));
	net_check_pool(&n);
	net_close(&n);
}

int main(void)
{
	RUN(every_order);
	RUN(twice);
	RUN(first_wins);
	RUN(teardrop);
	RUN(ping_of_death);
	RUN(lies_about_the_end);
	RUN(tiny);
	RUN(datagrams_are_capped);
	RUN(bytes_are_capped);
	RUN(times_out);
	RUN(largest);
	return test_done();
}
