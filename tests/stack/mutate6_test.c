// SPDX-License-Identifier: Apache-2.0
/*
 * Frames of IPv6 and its discovery that a seed has damaged, 500 a second, from
 * ever other addresses: no list grows past its cap, the machine lives and
 * answers, and has its pool back.
 */
#include "net6.h"

#include "mutate.h"
#include "tdi/tdi.h"

#define COUNT 30000u                 /* a minute of the machine's time */
#define TAGS (sizeof(tags) / sizeof(*tags))
static const char tags[][5] = { "T6Ip", "T6Nb", "T6Ra", "T6Gr", "NDPt",
				"NDbf", "NDbk" };

static u64 of_tag(struct net *n, const char *t)
{
	return tag_bytes(n->m.x, EX_NONPAGED, EX_TAG(t[0], t[1], t[2], t[3]));
}

/* Where the message behind the headers begins; 0: not found. */
static u32 message(const u8 *b, u32 len)
{
	u32 at = 54;
	u8 next = b[20];

	while (next != 58 && at + 8 <= len) {
		if (next != 0 && next != 43 && next != 44 && next != 60)
			return 0;
		next = b[at];
		at += (b[at + 1] + 1u) * 8;
	}
	return next == 58 && at + 8 <= len ? at : 0;
}

/* The length and the checksum are made right. */
static void mend(u8 *b, u32 len)
{
	u32 at, sum = 58;

	if (len < 62)
		return;
	net_put16(b + 18, (u16)(len - 54));
	at = message(b, len);
	if (!at)
		return;
	for (u32 k = 22; k < 54; k += 2)
		sum += (u32)b[k] << 8 | b[k + 1];
	net_put16(b + at + 2, 0);
	net_put16(b + at + 2, net_sum(b + at, len - at, sum + len - at));
}

/* Another source; other routers, prefixes, destinations, identifications. */
static void spread(u8 *b, u32 len, u64 *seed)
{
	u32 r = (u32)draw(seed);

	if (len > 38)
		net_put16(b + 36, (u16)(1 + r % 5000));
	if (r >> 16 & 1 && len > 62 && b[20] == 44)
		net_put16(b + 60, (u16)(r >> 17));
	else if (r >> 16 & 1 && len > 94 && b[54] == 137)
		net_put16(b + 92, (u16)(r >> 17)); /* redirect: of whom */
	else if (r >> 16 & 1 && len > 94 && b[54] == 134)
		net_put16(b + 90, (u16)(r >> 17)); /* advertised prefix */
}

static void throw(struct net *n, u32 count, u64 seed)
{
	for (u32 i = 0; i < count; i++) {
		u8 b[NET_FRAME];
		u32 len = net_hex(frames6[draw(&seed) % NFRAMES6], b,
				  sizeof(b));

		if (draw(&seed) % 2)
			spread(b, len, &seed);
		if (draw(&seed) % 4)
			len = mutate(b, len, &seed);
		if (draw(&seed) % 8) /* most get through the first check */
			mend(b, len);
		CHECK(nic_wire_inject(n->w, b, len));
		net_run(n, 2000000);
		net_skip(n);
	}
}

/* Many at once, all of them right: nothing has its time over in between. */
static void flood(struct net *n, u64 seed)
{
	for (u32 i = 0; i < 5000; i++) {
		u8 b[NET_FRAME];
		u32 len = net_hex(frames6[draw(&seed) % NFRAMES6], b,
				  sizeof(b));

		spread(b, len, &seed);
		mend(b, len);
		net_raw(n, b, len);
		net_skip(n);
	}
}

/* --- caps (ip6.h) --------------------------------------------------------------------- */

static void caps(struct net *n)
{
	struct inet_row row[16 + 16 + 64 + 1]; /* prefixes, routers, redirects */
	u32 addresses, routes, prefixes = 0, routers = 0;
	struct ex_pool_state st;

	addresses = net_table(n, "\\Device\\Tcp6", INET_ADDRESSES, row, 1);
	routes = net_table(n, "\\Device\\Tcp6", INET_ROUTES, row,
			   sizeof(row) / sizeof(*row));
	/* the flood came in, and no further */
	CHECK(addresses > 2 && addresses <= 16);
	CHECK(routes < sizeof(row) / sizeof(*row));
	for (u32 i = 0; i < routes && i < sizeof(row) / sizeof(*row); i++) {
		bool near = !row[i].remote.ip[0]; /* on the link: no gateway */

		prefixes += near;
		routers += !near && !row[i].prefix;
	}
	CHECK(prefixes > 2 && prefixes <= 16);
	CHECK_EQ(routers, 16);
	CHECK_EQ(net_table(n, "\\Device\\Tcp6", INET_NEIGHBOURS, row, 1), 256);
	CHECK(of_tag(n, "T6Nb") <= 256 * 160 + 3 * 256 * 2048);
	CHECK(of_tag(n, "T6Ra") <= (512 + 64) << 10);
	CHECK(of_tag(n, "T6Gr") <= 48 * 160);
	ex_pool_state(n->m.x, EX_NONPAGED, &st);
	CHECK(st.peak < 4 << 20);
	CHECK(ex_stopped(n->m.x) <= EX_IDLE);
}

static void alive(struct net *n)
{
	char why[200] = "";

	net_run(n, UINT64_C(700000000000)); /* all that may wait has gone */
	net6_icmp_at(n, frames6[1], 54); /* it knows us */
	net_skip(n);
	net6_icmp_at(n, IN IP6("0010", "3a", "40", LL2, LL1) ECHO16, 54);
	CHECK_OUT(n, OUT IP6("0010", "3a", "xx", LL1, LL2)
		  "8100 xxxx 0001 0001 6162636465666768");
	CHECK(ex_pool_check(n->m.x, EX_NONPAGED, why, sizeof(why)));
	CHECK_EQ(of_tag(n, "T6Ra"), 0);
}

static void mutated_frames(void)
{
	struct net n;

	for (u64 seed = 1; seed < 3; seed++) {
		CHECK(net6_open(&n, "ip=2001:db8::1/64", 0));
		net_run(&n, UINT64_C(3000000000)); /* its addresses are its own */
		throw(&n, COUNT, seed);
		flood(&n, seed);
		caps(&n);
		alive(&n);
		CHECK_EQ(io_unload(n.driver), EX_SUCCESS);
		n.driver = NULL;
		for (u32 i = 0; i < TAGS; i++)
			CHECK_EQ(of_tag(&n, tags[i]), 0);
		net_close(&n);
	}
}

int main(void)
{
	RUN(mutated_frames);
	return test_done();
}
