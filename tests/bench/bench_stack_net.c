// SPDX-License-Identifier: Apache-2.0
/*
 * Two machines over the in-memory link, both ends on one core: bytes a second of
 * TCP with checksums of both ends, and echo requests a second through IPv4.
 * Floors: two copies and two sums of the same bytes (what no implementation of a
 * link with checksums can be without); a copy of an echo request and its answer.
 */
#include "../stack/two.h"
#include "bench.h"

#define TOTAL (UINT64_C(1) << 30)
#define CHUNK (256u * 1024)

struct flow {
	struct two t;
	u64 got;
	double begun, seconds;
	const char *options;
	unsigned offloads;
	u8 *chunk;
};

static enum ex_status takes_all(void *context, void *connection, u32 flags,
				u32 indicated, u32 available, u32 *taken,
				const u8 *data, struct ndis_buffer *chain,
				struct irp **irp)
{
	struct flow *f = context;

	(void)connection;
	(void)flags;
	(void)available;
	(void)data;
	(void)chain;
	(void)irp;
	*taken = indicated;
	f->got += indicated;
	return EX_SUCCESS;
}

static void sink(void *ctx)
{
	struct flow *f = ctx;
	struct tdi_end e;

	if (ex_failed(end_open(f->t.x[1], &e, 9)))
		return;
	(void)tdi_set_event(e.address, TDI_EVENT_RECEIVE, (void *)takes_all, f);
	if (ex_failed(end_listen(&e)))
		return;
	while (f->got < TOTAL)
		ke_sleep(1000000);
	f->seconds = bench_cpu() - f->begun;
	end_close(&e);
}

static void source(void *ctx)
{
	struct flow *f = ctx;
	struct tdi_end e;

	ke_sleep(1000000);
	if (ex_failed(end_open(f->t.x[0], &e, 0)) ||
	    ex_failed(end_connect(&e, 1, 9)))
		return;
	f->begun = bench_cpu();
	for (u64 sent = 0; sent < TOTAL; sent += CHUNK)
		if (ex_failed(end_send(&e, f->chunk, CHUNK, 0)))
			break;
	(void)end_disconnect(&e, TDI_DISCONNECT_RELEASE);
	end_close(&e);
}

static double gbits(const char *options, unsigned offloads)
{
	struct flow f = { .options = options, .chunk = calloc(1, CHUNK) };

	two_open_as(&f.t, SCHED_RUN_ON, 1,
		    &(struct nic_pair_config){ .delay_ns = 0 }, 1, offloads,
		    options);
	thread_of(f.t.x[1], "sink", sink, &f);
	thread_of(f.t.x[0], "source", source, &f);
	(void)sched_run(f.t.s, NULL, NULL);
	two_close(&f.t);
	free(f.chunk);
	return f.seconds > 0 ? (double)TOTAL * 8e-9 / f.seconds : 0;
}

/* Sender's sum, copy to the link, copy from it, receiver's sum. */
static double floor_gbits(void)
{
	static u8 a[1514], b[1514], c[1514];
	volatile u32 sum = 0;
	double t = bench_cpu();
	u64 n = 0;

	for (; n < TOTAL / 4; n += 1460) {
		sum += ndis_sum(a, 1460, (u32)n);
		memcpy(b, a, 1514);
		memcpy(c, b, 1514);
		sum += ndis_sum(c, 1460, sum);
	}
	return (double)n * 8e-9 / (bench_cpu() - t);
}

static const struct {
	const char *name, *options;
	unsigned offloads;
} figures[] = {
	{ "stack_pair_64_segments", " rcv_buf=93440 snd_buf=262144", 0 },
	{ "stack_pair_1mib",
	  " personality=modern rcv_buf=1048576 snd_buf=2097152", 0 },
	{ "stack_pair_offload",
	  " personality=modern rcv_buf=1048576 snd_buf=2097152",
	  NDIS_CSUM_L4_DO },
};

/* An argument: that figure alone. */
int main(int argc, char **argv)
{
	double floor = floor_gbits(), v;

	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		if (argc > 1 && strcmp(argv[1], figures[i].name))
			continue;
		v = gbits(figures[i].options, figures[i].offloads);
		bench_line(figures[i].name, v, "Gbit/s", floor, v / floor);
	}
	return 0;
}
