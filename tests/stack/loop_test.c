// SPDX-License-Identifier: Apache-2.0
/* TCP to oneself: what is sent is delivered before the send returns. */
#include "two.h"

#define BYTES (1u << 20)

struct self {
	struct two t;
	u64 got, sum, want;
	enum ex_status server, client;
};

static void serves(void *ctx)
{
	struct self *s = ctx;
	struct tdi_end e;
	u8 *b = ex_alloc(s->t.x[0], EX_NONPAGED, 65536, 1);
	size_t n = 0;

	s->server = end_open(s->t.x[0], &e, 7);
	if (!ex_failed(s->server))
		s->server = end_listen(&e);
	while (!ex_failed(s->server)) {
		s->server = end_receive(&e, b, 65536, 0, &n);
		if (ex_failed(s->server) || !n)
			break;
		for (size_t i = 0; i < n; i++)
			s->sum = s->sum * 31 + b[i];
		s->got += n;
	}
	(void)end_disconnect(&e, TDI_DISCONNECT_RELEASE);
	end_close(&e);
	ex_free_pool(s->t.x[0], b, 1);
}

static void asks(void *ctx)
{
	struct self *s = ctx;
	struct tdi_end e;
	u8 *b = ex_alloc(s->t.x[0], EX_NONPAGED, 10000, 1);

	ke_sleep(1000000);
	s->client = end_open(s->t.x[0], &e, 0);
	if (!ex_failed(s->client))
		s->client = end_connect(&e, 0, 7);
	for (u32 at = 0; at < BYTES && !ex_failed(s->client);) {
		u32 n = BYTES - at < 10000 ? BYTES - at : 10000;

		for (u32 i = 0; i < n; i++) {
			b[i] = (u8)((at + i) * 7 >> 3);
			s->want = s->want * 31 + b[i];
		}
		s->client = end_send(&e, b, n, 0);
		at += n;
	}
	(void)end_disconnect(&e, TDI_DISCONNECT_RELEASE);
	end_close(&e);
	ex_free_pool(s->t.x[0], b, 1);
}

static void run(unsigned cpus, u64 seed)
{
	struct self s = { .got = 0 };

	two_open(&s.t, seed, &(struct nic_pair_config){ .delay_ns = 1000 },
		 cpus, 0, NULL);
	thread_of(s.t.x[0], "serves", serves, &s);
	thread_of(s.t.x[0], "asks", asks, &s);
	CHECK_EQ(sched_run(s.t.s, NULL, NULL), EX_IDLE);
	CHECK_EQ(s.client, EX_SUCCESS);
	CHECK_EQ(s.server, EX_SUCCESS);
	CHECK_EQ(s.got, BYTES);
	CHECK_EQ(s.sum, s.want);
	CHECK_EQ(tag_bytes(s.t.x[0], EX_NONPAGED, EX_TAG('N', 'D', 'P', 't')),
		 0);
	if (test_.bad)
		printf("%s\n", ex_stop_text(s.t.x[0]));
	two_close(&s.t);
}

static void to_itself(void)
{
	run(1, 1);
}

/* The same from several CPUs at once, in many orders. */
static void in_many_orders(void)
{
	for (u64 seed = 1; seed < 6 && !test_.bad; seed++)
		run(4, seed);
}

int main(void)
{
	RUN(to_itself);
	RUN(in_many_orders);
	return test_done();
}
