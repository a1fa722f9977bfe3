// SPDX-License-Identifier: Apache-2.0
/* Ten thousand frames that a seed has damaged, in a minute of the machine's time
 * and more: it lives, answers, and has its pool back. */
#include "net.h"

#include "frames.h"
#include "mutate.h"

#define COUNT 10000u

static void throw(struct net *n, u64 seed)
{
	for (u32 i = 0; i < COUNT; i++) {
		u8 b[NET_FRAME];
		u32 len = net_hex(frames[draw(&seed) % NFRAMES], b,
				  sizeof(b));

		/* Most get through the first check. */
		len = mutate(b, len, &seed);
		if (len > 34 && b[13] == 0 && draw(&seed) % 4) {
			if (draw(&seed) % 2)
				net_put16(b + 16, (u16)(len - 14));
			if ((b[14] & 15u) * 4 + 14 <= len)
				net_sum_ip(b);
		}
		CHECK(nic_wire_inject(n->w, b, len));
		/* 500 frames a second */
		net_run(n, 2000000);
		net_skip(n);
	}
}

static void alive(struct net *n)
{
	struct ex_pool_state st;
	char why[200] = "";

	ex_pool_state(n->m.x, EX_NONPAGED, &st);
	CHECK(st.peak < 4 << 20);
	CHECK(ex_stopped(n->m.x) <= EX_IDLE);
	net_run(n, UINT64_C(700000000000)); /* all that may wait has gone */
	net_skip(n);
	net_in(n, "020000000001 020000000002 0806 0001 0800 06 04 0001 "
		  "020000000002 c0000202 000000000000 c0000201");
	net_skip(n);
	net_in_ip(n, NET_MACS "4500001c 00010000 8001 0000 c0000202 c0000201 "
			      "0800 f7fd 0001 0001");
	CHECK_OUT(n, NET_MACS_OUT "4500001c xxxx0000 8001 xxxx c0000201 "
				  "c0000202 0000 fffd 0001 0001");
	net_check_pool(n);
	CHECK(ex_pool_check(n->m.x, EX_NONPAGED, why, sizeof(why)));
}

static void mutated_frames(void)
{
	struct net n;

	for (u64 seed = 1; seed < 4; seed++) {
		CHECK(net_ready(&n, "ip=192.0.2.1/24 gw=192.0.2.2"));
		net_run(&n, 2000000000); /* our address is ours by now */
		throw(&n, seed);
		alive(&n);
		net_close(&n);
	}
}

/* Those of a machine alone. */
static u64 allocations(void)
{
	struct machine m = machine_new(1, 1);
	struct ex_pool_state a, b;

	ex_pool_state(m.x, EX_NONPAGED, &a);
	ex_pool_state(m.x, EX_PAGED, &b);
	machine_free(&m);
	return a.allocs + b.allocs;
}

/* Every allocation of the same frames fails once: nothing is lost by it. */
static void memory_fails(void)
{
	u64 first = allocations() + 1;

	for (u64 at = first; at < first + 600; at++) {
		struct net n = { .now = 0 };
		u8 b[NET_FRAME];

		if (!net_open_failing(&n, "ip=192.0.2.1/24 gw=192.0.2.2", at)) {
			net_close(&n);
			CHECK(at < first + 200);
			continue;
		}
		for (u32 i = 0; i < NFRAMES; i++) {
			u32 len = net_hex(frames[i], b, sizeof(b));

			if (b[13] == 0)
				net_sum_ip(b);
			net_raw(&n, b, len);
		}
		net_run(&n, UINT64_C(70000000000));
		CHECK(ex_stopped(n.m.x) <= EX_IDLE);
		net_check_pool(&n);
		net_close(&n);
	}
}

int main(void)
{
	RUN(mutated_frames);
	RUN(memory_fails);
	return test_done();
}
