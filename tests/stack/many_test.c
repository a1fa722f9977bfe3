// SPDX-License-Identifier: Apache-2.0
/*
 * What an idle connection costs: 100,000 of them in 200 MB is 2,000 bytes of pool
 * for each, everything of it counted (its TCB, TDI's file and connection, AFD's
 * endpoint, connection and file, the socket, its part of the hash table). Here
 * with 20,000; with NTR_LONG=1 with all of them.
 */
#include "many.h"

#define MOST 2000u                   /* issue: 200 MB for 100,000 */
#define MOST_TDI 1000u               /* without AFD */

static u32 how_many(void)
{
	const char *l = getenv("NTR_LONG");

	return l && *l == '1' ? 100000 : 20000;
}

static void costs(many_client_fn *client, u64 most)
{
	static struct many m;
	u32 n = how_many();
	char why[128];
	u64 before, each;

	CHECK(many_open(&m, n, client));
	CHECK(many_connect(&m, 0, 1)); /* what the first one makes is not its */
	before = many_pool(&m);
	CHECK(many_connect(&m, 1, n));
	CHECK_EQ(m.accepted, n);
	each = (many_pool(&m) - before) / (n - 1);
	printf("%u connections, %llu bytes each\n", n,
	       (unsigned long long)each);
	CHECK(each <= most && each > 500);
	CHECK(ex_pool_check(m.n.m.x, EX_NONPAGED, why, sizeof(why)));
	many_reset(&m, 0, n);
	CHECK_EQ(tag_bytes(m.n.m.x, EX_NONPAGED, EX_TAG('T', 'C', 'P', 's')),
		 0);
	many_close(&m);
}

static void with_afd(void)
{
	costs(many_sockets, MOST);
}

static void without_afd(void)
{
	costs(many_tdi, MOST_TDI);
}

struct said {
	struct sk *s;
	s64 n;
	char c;
};

static void listen_to_it(void *ctx)
{
	struct said *d = ctx;

	d->n = sk_send(d->s, "x", 1, 0);
}

/* Any of them is alive among all the others, after an hour. */
static void each_is_alive(void)
{
	static struct many m;
	u32 n = how_many() / 4;

	CHECK(many_open(&m, n, many_sockets));
	CHECK(many_connect(&m, 0, n));
	net_run(&m.n, UINT64_C(3600) * 1000000000);
	many_neighbour(&m);
	for (u32 i = 0; i < n; i += n / 7) {
		struct said d = { .s = m.sk[i] };
		const u8 *t;

		CHECK(ex_call(m.n.m.x, listen_to_it, &d));
		net_run(&m.n, 1000000);
		CHECK_EQ(d.n, 1);
		t = many_answer(&m, MANY_ACK);
		CHECK(t && many_get32(t + 4) == m.iss[i] + 1 && t[20] == 'x');
		many_segment(&m, i, MANY_ISS + 1, m.iss[i] + 2, MANY_ACK);
	}
	many_reset(&m, 0, n);
	many_close(&m);
}

/* Keep-alive (RFC 9293 3.8.4) of all of them: two hours later each one asks. */
static void each_keeps_alive(void)
{
	static struct many m = { .keepalive = true };
	u32 n = how_many() / 4, asked;

	CHECK(many_open(&m, n, many_sockets));
	CHECK(many_connect(&m, 0, n));
	asked = m.n.nout;
	net_run(&m.n, UINT64_C(7190) * 1000000000);
	CHECK_EQ(m.n.nout - asked, 0);
	many_neighbour(&m);
	asked = m.n.nout;
	net_run(&m.n, UINT64_C(10500) * 1000000);
	CHECK_EQ(m.n.nout - asked, n);
	/* The last one is closed while nobody answers: that ends, too. */
	many_reset(&m, 0, n - 1);
	many_close(&m);
}

int main(void)
{
	RUN(with_afd);
	RUN(without_afd);
	RUN(each_is_alive);
	RUN(each_keeps_alive);
	return test_done();
}
