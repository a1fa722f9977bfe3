// SPDX-License-Identifier: Apache-2.0
/* Page maps against a plain loop over the bits. */
#include "fmt/pagemap.h"
#include "test.h"

#define BYTES 3000u

static uint8_t bits[BYTES];

static bool set(u64 pfn, u64 n)
{
	return pfn < n && bits[pfn / 8] >> pfn % 8 & 1;
}

static void fill(unsigned kind)
{
	uint64_t x = 88172645463325252u + kind;

	for (unsigned i = 0; i < BYTES; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bits[i] = kind == 0 ? 0xff :
			  kind == 1 ? (uint8_t)x :
			  kind == 2 ? (i / 700 % 2 ? 0 : 0xff) :
				      (i % 601 ? 0 : 0x80);
	}
}

/* Walk the map from lo and compare every page, its rank included. */
static void compare(const struct ntr_pagemap *m, u64 lo, u64 hi, u64 n)
{
	struct ntr_stretch s = { 0 };
	u64 rank = 0;

	for (u64 pfn = 0; pfn < n + 100; pfn++) {
		bool want = pfn >= lo && pfn < hi && set(pfn, n);
		bool got = ntr_pagemap_next(m, pfn, &s, NULL) == NTR_OK &&
			   s.pfn == pfn;

		CHECK_EQ(got, want);
		if (got)
			CHECK_EQ(s.rank, rank++);
		if (got)
			CHECK(s.npages && s.pfn + s.npages <= hi);
	}
	CHECK_EQ(m->pages, rank);
}

static void agrees_with_a_loop(void)
{
	static const u64 nbits[] = { BYTES * 8, BYTES * 8 - 5, 4096, 4097, 1 };
	struct ntr_mem_space mem;

	ntr_mem_space_init(&mem, 0x40, bits, BYTES);
	for (unsigned kind = 0; kind < 4; kind++) {
		fill(kind);
		for (size_t i = 0; i < NTR_COUNT(nbits); i++) {
			struct ntr_arena a = { 0 };
			struct ntr_pagemap m;

			CHECK(!ntr_pagemap_build(&m, &mem.s, 0x40, BYTES,
						 nbits[i], &a, NULL));
			compare(&m, 0, nbits[i], nbits[i]);
			CHECK(!ntr_pagemap_window(&m, 37, 4600, NULL));
			compare(&m, 37, 4600, nbits[i]);
			ntr_arena_fini(&a);
		}
	}
}

/* Claims beyond what is there cost nothing. */
static void claims_are_bounded(void)
{
	struct ntr_mem_space mem;
	struct ntr_arena a = { 0 };
	struct ntr_pagemap m;

	fill(0);
	ntr_mem_space_init(&mem, 0, bits, BYTES);
	CHECK(!ntr_pagemap_build(&m, &mem.s, 0, 10, UINT64_MAX, &a, NULL));
	CHECK_EQ(m.pages, 80);
	CHECK(!ntr_pagemap_build(&m, &mem.s, 0, 10, 81, &a, NULL));
	CHECK_EQ(m.pages, 80);
	CHECK(!ntr_pagemap_build(&m, &mem.s, 0, 0, 1000, &a, NULL));
	CHECK_EQ(m.pages, 0);
	CHECK(a.total < 4096);
	CHECK(ntr_pagemap_build(&m, &mem.s, BYTES, 100, 800, &a, NULL) ==
	      NTR_ABSENT);
	ntr_arena_fini(&a);
}

int main(void)
{
	RUN(agrees_with_a_loop);
	RUN(claims_are_bounded);
	return test_done();
}
