// SPDX-License-Identifier: Apache-2.0
/* Pool: counting, limits, every kind of misuse, failing on demand, special. */
#include "machine.h"

#define TAG EX_TAG('T', 'e', 's', 't')
#define HEADER 16                    /* bytes in front of a block */

/* Writes that instrumented code would refuse. */
__attribute__((noinline, no_sanitize("address"))) static void
poke(void *p, ptrdiff_t at, u8 v)
{
	((volatile u8 *)p)[at] = v;
}

static struct machine pool_machine(const struct ex_config *c)
{
	return machine_of(&(struct sched_config){ .seed = 1 }, c);
}

/* --- counting ----------------------------------------------------------------------- */

static void counts_by_tag(void)
{
	struct machine m = pool_machine(&(struct ex_config){ .cpus = 1 });
	struct ex_pool_state before, now;
	u8 *p, *q;

	ex_pool_state(m.x, EX_NONPAGED, &before);
	p = ex_alloc(m.x, EX_NONPAGED, 100, TAG);
	q = ex_alloc_zero(m.x, EX_NONPAGED, 5000, TAG);
	CHECK(p && q);
	CHECK_EQ((uintptr_t)p % 16, 0);
	memset(p, 0xff, 100);
	for (int i = 0; i < 5000; i++)
		CHECK(!q[i]);
	/* 100 and 5000 bytes with a header, to units of 16 */
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, TAG), 128 + 5024);
	CHECK_EQ(tag_bytes(m.x, EX_PAGED, TAG), 0);
	ex_pool_state(m.x, EX_NONPAGED, &now);
	CHECK_EQ(now.bytes - before.bytes, 128 + 5024);
	CHECK_EQ(now.allocs - before.allocs, 2);
	ex_free_pool(m.x, p, TAG);
	ex_free_pool(m.x, q, 0);
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, TAG), 0);
	ex_pool_state(m.x, EX_NONPAGED, &now);
	CHECK_EQ(now.bytes, before.bytes);
	CHECK_EQ(now.peak - before.bytes, 128 + 5024);
	CHECK_EQ(now.frees - before.frees, 2);
	machine_free(&m);
}

static void tags_come_largest_first(void)
{
	struct machine m = pool_machine(&(struct ex_config){ .cpus = 1 });
	struct ex_pool_tag t, last = { .bytes = UINT64_MAX };
	size_t i;

	ex_alloc(m.x, EX_NONPAGED, 300000, EX_TAG('B', 'i', 'g', ' '));
	for (i = 0; ex_pool_tag(m.x, EX_NONPAGED, i, &t); i++) {
		CHECK(t.bytes <= last.bytes);
		if (!i)
			CHECK_EQ(t.tag, EX_TAG('B', 'i', 'g', ' '));
		last = t;
	}
	CHECK(i >= 2);
	machine_free(&m);
}

/* Every size up to and across the largest block of a chunk; contents stay. */
static void every_size(void)
{
	struct machine m = pool_machine(&(struct ex_config){ .cpus = 1 });
	static u8 *p[700];
	static size_t size[700];
	char why[128] = "";
	unsigned n = 0;

	for (size_t s = 0; s < 70000 && n < 700; s += 1 + s / 64) {
		size[n] = s;
		p[n] = ex_alloc(m.x, EX_PAGED, s, TAG);
		CHECK(p[n] != NULL);
		if (p[n])
			memset(p[n], (int)n, s);
		n++;
	}
	CHECK(size[n - 1] > 65536);
	CHECK(ex_pool_check(m.x, EX_PAGED, why, sizeof(why)));
	for (unsigned i = 0; i < n; i++)
		for (size_t k = 0; k < size[i]; k += 97)
			CHECK_EQ(p[i][k], (u8)i);
	for (unsigned i = 0; i < n; i++)
		ex_free_pool(m.x, p[i], TAG);
	CHECK(ex_pool_check(m.x, EX_PAGED, why, sizeof(why)));
	CHECK_EQ(tag_bytes(m.x, EX_PAGED, TAG), 0);
	CHECK_EQ(ex_stopped(m.x), EX_RUNNING);
	machine_free(&m);
}

/* Blocks of one size lie one behind the other: the next one's header is what
 * an overrun meets. */
static void blocks_are_neighbours(void)
{
	struct machine m = pool_machine(&(struct ex_config){ .cpus = 1 });
	u8 *p = ex_alloc(m.x, EX_PAGED, 112, TAG);
	u8 *q = ex_alloc(m.x, EX_PAGED, 112, TAG);

	CHECK_EQ(q - p, 128);
	machine_free(&m);
}

static void limit_is_kept(void)
{
	struct machine m = pool_machine(&(struct ex_config){
		.cpus = 1, .nonpaged_limit = 1 << 20 });
	struct ex_pool_state s;
	unsigned n = 0;
	void *last = NULL, *p;

	while ((p = ex_alloc(m.x, EX_NONPAGED, 4080, TAG))) {
		last = p;
		n++;
	}
	ex_pool_state(m.x, EX_NONPAGED, &s);
	CHECK(n > 240 && n < 256);
	CHECK(s.bytes <= 1 << 20);
	CHECK(s.bytes + 4096 > 1 << 20);
	CHECK_EQ(s.failed, 1);
	CHECK(ex_alloc(m.x, EX_PAGED, 4080, TAG) != NULL);
	ex_free_pool(m.x, last, TAG);
	CHECK(ex_alloc(m.x, EX_NONPAGED, 4080, TAG) != NULL);
	CHECK(ex_alloc(m.x, EX_NONPAGED, SIZE_MAX, TAG) == NULL);
	CHECK(ex_alloc(m.x, EX_NONPAGED, SIZE_MAX - 8, TAG) == NULL);
	machine_free(&m);
}

/* --- misuse ----------------------------------------------------------------------------- */

static u8 *block[3];

static void three_blocks(struct ex *x)
{
	for (int i = 0; i < 3; i++)
		block[i] = ex_alloc(x, EX_NONPAGED, 96, TAG);
}

static void frees_twice(void *ctx)
{
	three_blocks(ctx);
	ex_free_pool(ctx, block[1], TAG);
	ex_free_pool(ctx, block[1], TAG);
}

static void frees_other_tag(void *ctx)
{
	three_blocks(ctx);
	ex_free_pool(ctx, block[1], EX_TAG('E', 'l', 's', 'e'));
}

static void frees_middle(void *ctx)
{
	three_blocks(ctx);
	ex_free_pool(ctx, block[1] + 32, TAG);
}

static void frees_stack(void *ctx)
{
	u64 here[4] = { 0 };

	ex_free_pool(ctx, here + 2, TAG);
}

static void runs_over_by_one(void *ctx)
{
	u8 *p = ex_alloc(ctx, EX_NONPAGED, 90, TAG);

	poke(p, 90, 'x');
	ex_free_pool(ctx, p, TAG);
}

static void runs_into_the_next(void *ctx)
{
	three_blocks(ctx);
	for (ptrdiff_t i = 96; i < 96 + HEADER; i++)
		poke(block[1], i, 'x');
	ex_free_pool(ctx, block[2], TAG);
}

static void runs_into_the_next_and_frees_own(void *ctx)
{
	three_blocks(ctx);
	poke(block[1], 96 + 4, 'x');
	ex_free_pool(ctx, block[1], TAG);
}

static void runs_under(void *ctx)
{
	three_blocks(ctx);
	poke(block[1], -5, 'x');
	ex_free_pool(ctx, block[1], TAG);
}

static void big_runs_over(void *ctx)
{
	u8 *p = ex_alloc(ctx, EX_NONPAGED, 100000, TAG);

	poke(p, 100000, 'x');
	ex_free_pool(ctx, p, TAG);
}

static void paged_when_high(void *ctx)
{
	ke_raise(KE_DISPATCH);
	ex_alloc(ctx, EX_PAGED, 10, TAG);
}

static const struct {
	const char *name;
	void (*fn)(void *ctx);
	u32 code;
	u64 p1;
} bad[] = {
	{ "twice", frees_twice, 0xc2, 7 },
	{ "other tag", frees_other_tag, 0xc2, 0xa },
	{ "middle", frees_middle, 0x19, 0x20 },
	{ "stack", frees_stack, 0xc2, 0x46 },
	{ "over by one", runs_over_by_one, 0x19, 0x20 },
	{ "into the next", runs_into_the_next, 0x19, 0x20 },
	{ "next, own freed", runs_into_the_next_and_frees_own, 0x19, 0x20 },
	{ "under", runs_under, 0x19, 0x20 },
	{ "big over", big_runs_over, 0x19, 0x20 },
	{ "paged high", paged_when_high, 0xa, 0 },
};

static void misuse_is_a_bug_check(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct machine m =
			pool_machine(&(struct ex_config){ .cpus = 1 });

		thread_of(m.x, bad[i].name, bad[i].fn, m.x);
		check_bugcheck(&m, bad[i].code, bad[i].p1);
		CHECK_HAS(ex_stop_text(m.x), bad[i].name);
		machine_free(&m);
	}
}

static void the_checker_says_where(void)
{
	struct machine m = pool_machine(&(struct ex_config){ .cpus = 1 });
	char why[128] = "", want[64];

	three_blocks(m.x);
	poke(block[1], 96 + 3, 'x');
	CHECK(!ex_pool_check(m.x, EX_NONPAGED, why, sizeof(why)));
	snprintf(want, sizeof(want), "block at %p: bytes behind it",
		 (void *)block[1]);
	CHECK_HAS(why, want);
	CHECK(ex_pool_check(m.x, EX_PAGED, why, sizeof(why)));
	machine_free(&m);
}

/* From outside the process goes on, the machine has stopped. */
static void misuse_from_outside(void)
{
	struct machine m = pool_machine(&(struct ex_config){ .cpus = 1 });

	frees_twice(m.x);
	CHECK_EQ(ex_stopped(m.x), EX_BUGCHECK);
	CHECK_EQ(ex_bugcheck(m.x)->code, 0xc2);
	CHECK_HAS(ex_stop_text(m.x), "the host");
	machine_free(&m);
}

/* --- failing on demand ---------------------------------------------------------------------- */

struct load {
	struct ex *x;
	bool done;
	unsigned failed;
};

/* Takes some, gives all back, whatever fails. */
static void takes_and_gives(void *ctx)
{
	struct load *l = ctx;
	void *p[20];

	for (int i = 0; i < 20; i++) {
		p[i] = ex_alloc(l->x, i & 1 ? EX_PAGED : EX_NONPAGED,
				(size_t)(i + 1) * 50, TAG);
		l->failed += !p[i];
	}
	for (int i = 0; i < 20; i++)
		ex_free_pool(l->x, p[i], TAG);
	l->done = true;
}

static void each_allocation_can_fail(void)
{
	unsigned machines = 0, loads = 0;

	for (u64 n = 1; n <= 80; n++) {
		struct sched *s = sched_new(&(struct sched_config){ .seed = 1 });
		struct ex *x = ex_new(&(struct ex_config){
			.cpus = 1, .alloc_fail_at = n }, s);
		struct load l = { .x = x };
		struct ex_pool_state np, p;

		machines += !x;
		if (x && ex_call(x, takes_and_gives, &l)) {
			loads += l.failed;
			CHECK(l.done);
			CHECK_EQ(tag_bytes(x, EX_NONPAGED, TAG), 0);
			CHECK_EQ(tag_bytes(x, EX_PAGED, TAG), 0);
			ex_pool_state(x, EX_NONPAGED, &np);
			ex_pool_state(x, EX_PAGED, &p);
			CHECK_EQ(np.failed + p.failed, l.failed);
		}
		sched_free(s);
	}
	CHECK(machines > 0);
	CHECK_EQ(loads, 20);
}

/* --- special pool ----------------------------------------------------------------------------- */

static const struct ex_config special = { .cpus = 1, .special_pool = true };

static void special_runs_over(void *ctx)
{
	u8 *p = ex_alloc(ctx, EX_NONPAGED, 64, TAG);

	p[63] = 1;
	poke(p, 64, 1);
}

static void special_uses_freed(void *ctx)
{
	u8 *p = ex_alloc(ctx, EX_NONPAGED, 64, TAG);

	ex_free_pool(ctx, p, TAG);
	poke(p, 0, 1);
}

static void special_runs_over_by_less(void *ctx)
{
	u8 *p = ex_alloc(ctx, EX_NONPAGED, 60, TAG);

	poke(p, 60, 1);
	ex_free_pool(ctx, p, TAG);
}

static void special_frees_twice(void *ctx)
{
	u8 *p = ex_alloc(ctx, EX_NONPAGED, 60, TAG);

	ex_free_pool(ctx, p, TAG);
	ex_free_pool(ctx, p, TAG);
}

static void special_catches_at_once(void)
{
	static const struct {
		void (*fn)(void *);
		u32 code;
	} row[] = { { special_runs_over, 0xcd },
		    { special_uses_freed, 0xcc },
		    { special_runs_over_by_less, 0x19 },
		    { special_frees_twice, 0xc2 } };

	for (int i = 0; i < 4; i++) {
		struct machine m = pool_machine(&special);

		thread_of(m.x, "special", row[i].fn, m.x);
		CHECK_EQ(sched_run(m.s, NULL, NULL), EX_BUGCHECK);
		CHECK_EQ(ex_bugcheck(m.x)->code, row[i].code);
		machine_free(&m);
	}
}

static void special_serves(void)
{
	struct machine m = pool_machine(&special);
	u8 *p[64];

	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < 64; i++) {
			p[i] = ex_alloc(m.x, EX_NONPAGED, i * 333, TAG);
			CHECK(p[i] != NULL);
			memset(p[i], (int)i, i * 333);
		}
		for (size_t i = 0; i < 64; i++)
			ex_free_pool(m.x, p[i], TAG);
	}
	CHECK_EQ(tag_bytes(m.x, EX_NONPAGED, TAG), 0);
	CHECK_EQ(ex_stopped(m.x), EX_RUNNING);
	machine_free(&m);
}

/* --- where it lies ------------------------------------------------------------------------------- */

static void addresses_repeat(void)
{
	void *first[3] = { NULL };

	for (int run = 0; run < 2; run++) {
		struct machine m =
			pool_machine(&(struct ex_config){ .cpus = 2 });

		three_blocks(m.x);
		for (int i = 0; i < 3; i++) {
			if (run)
				CHECK(first[i] == block[i]);
			first[i] = block[i];
		}
		machine_free(&m);
	}
}

int main(void)
{
	RUN(counts_by_tag);
	RUN(tags_come_largest_first);
	RUN(every_size);
	RUN(blocks_are_neighbours);
	RUN(limit_is_kept);
	RUN(misuse_is_a_bug_check);
	RUN(the_checker_says_where);
	RUN(misuse_from_outside);
	RUN(each_allocation_can_fail);
	RUN(special_catches_at_once);
	RUN(special_serves);
	RUN(addresses_repeat);
	return test_done();
}
