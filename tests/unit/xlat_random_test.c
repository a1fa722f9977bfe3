// SPDX-License-Identifier: Apache-2.0
/* Address translation over random tables: against a second, slow walker, and
 * bounded whatever the tables say. */
#include "mem/xlat.h"
#include "test.h"

/* 1 MiB of physical memory, built anew by each test. */
#define MEM_LEN 0x100000u
static uint8_t mem[MEM_LEN];
static struct ntr_mem_space phys;

static void fresh(void)
{
	memset(mem, 0, sizeof(mem));
	ntr_mem_space_init(&phys, 0, mem, sizeof(mem));
}

/* --- against a second walker ---------------------------------------------------- */

static uint64_t seed = 88172645463325252u;
static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t rd(uint64_t pa, int n, bool *gone)
{
	uint64_t v = 0;

	if (pa >= MEM_LEN || pa + (uint64_t)n > MEM_LEN) {
		*gone = true;
		return 0;
	}
	for (int i = n - 1; i >= 0; i--)
		v = v << 8 | mem[pa + (uint64_t)i];
	return v;
}

#define SLOW_FAULT UINT64_MAX

/* Transition by the manual, for builds without swizzle. */
static bool slow_soft(uint64_t e, uint64_t frame, uint64_t *next)
{
	if ((e & 1) || (e & 0x400) || !(e & 0x800))
		return false;
	*next = e & frame;
	return true;
}

static uint64_t slow_x86(uint64_t root, uint64_t va)
{
	bool gone = false;
	uint64_t t, e;

	if (va >> 32)
		return SLOW_FAULT;
	e = rd(root + ((va & 0xffc00000) >> 20), 4, &gone);
	if (gone)
		return SLOW_FAULT;
	if ((e & 0x81) == 0x81)
		return ((e & 0x1fe000) << 19) + (e & 0xffc00000) + (va & 0x3fffff);
	if (e & 1)
		t = e & 0xfffff000;
	else if (!slow_soft(e, 0xfffff000, &t))
		return SLOW_FAULT;
	e = rd(t + ((va & 0x3ff000) >> 10), 4, &gone);
	if (gone)
		return SLOW_FAULT;
	if (e & 1)
		return (e & 0xfffff000) + (va & 0xfff);
	return slow_soft(e, 0xfffff000, &t) ? t + (va & 0xfff) : SLOW_FAULT;
}

/* x64 (top 47), 5 levels (top 51), PAE (top 37), ARM64: 8-byte entries. */
static uint64_t slow_wide(enum ntr_paging form, uint64_t root, uint64_t va)
{
	bool arm = form == NTR_PAGING_ARM64, pae = form == NTR_PAGING_PAE;
	int top = form == NTR_PAGING_X64_5 ? 51 : pae ? 37 : 47;
	int first = form == NTR_PAGING_X64_5 ? 48 : pae ? 30 : 39;
	uint64_t frame = ((UINT64_C(2) << top) - 1) & ~UINT64_C(0xfff);
	uint64_t soft = ((UINT64_C(2) << (pae ? 37 : 47)) - 1) & ~UINT64_C(0xfff);
	uint64_t t = root, low, index, e;
	bool gone = false, leaf, next;

	if (pae ? va >> 32 != 0 :
	    (va >> (first + 8) != 0 &&
	     va >> (first + 8) != UINT64_MAX >> (first + 8)))
		return SLOW_FAULT;
	for (int s = first; s >= 12; s -= 9) {
		low = va & ((UINT64_C(1) << s) - 1);
		index = (va >> s) % (pae && s == 30 ? 4 : 512);
		e = rd(t + 8 * index, 8, &gone);
		if (gone)
			return SLOW_FAULT;
		if (!(e & 1)) {
			if (!slow_soft(e, soft, &t))
				return SLOW_FAULT;
			if (s == 12)
				return t + low;
			continue;
		}
		leaf = arm ? !(e & 2) : (e & 0x80) != 0;
		next = arm ? (e & 2) != 0 : !leaf;
		if (s == 12) {
			if (arm && !next)
				return SLOW_FAULT;
			return (e & frame) + low;
		}
		if (pae && s == 30)
			leaf = false;
		if (leaf && (s == 39 || s == 48))
			return SLOW_FAULT;
		if (leaf)
			return (e & frame & ~((UINT64_C(1) << s) - 1)) + low;
		t = e & frame;
	}
	return SLOW_FAULT;
}

/* Random entries of all kinds, mostly leading to tables that exist. */
static uint64_t random_entry(void)
{
	uint64_t frame = (rnd() % 4 ? rnd() % 64 : rnd() % 512) << 12;
	uint64_t high = rnd() % 8 ? 0 : rnd() << 48;

	switch (rnd() % 8) {
	case 0: return 0;
	case 1: return frame | high | 0x8e0;               /* transition */
	case 2: return frame | high | 0x860 | (rnd() & 0xfff & ~UINT64_C(0x401));
	case 3: return rnd() & ~UINT64_C(0x401);           /* any, no prototype */
	case 4: return frame | 0xe3 | (rnd() % 2 << 13) | high; /* large */
	case 5: return frame | 0x701 | high;               /* ARM block */
	default: return frame | 0x63 | high;
	}
}

static void random_memory(unsigned width)
{
	fresh();
	for (unsigned at = 0; at < 64 * 4096; at += width) {
		if (width == 8)
			put64(mem, at, random_entry());
		else
			put32(mem, at, (uint32_t)random_entry());
	}
}

static uint64_t random_va(enum ntr_paging form)
{
	uint64_t va = rnd();

	if (form == NTR_PAGING_X86 || form == NTR_PAGING_PAE)
		return rnd() % 64 ? va & UINT32_MAX : va;
	if (rnd() % 64 == 0)
		return va;
	va = (uint64_t)((int64_t)(va << (form == NTR_PAGING_X64_5 ? 7 : 16)) >>
			(form == NTR_PAGING_X64_5 ? 7 : 16));
	/* few spans, so that the cache is used */
	return rnd() % 2 ? va : va & ~UINT64_C(0x1f7c1f7c1f400000);
}

static void agrees_with_second_walker(void)
{
	static const enum ntr_paging form[] = {
		NTR_PAGING_X86, NTR_PAGING_PAE, NTR_PAGING_X64,
		NTR_PAGING_X64_5, NTR_PAGING_ARM64,
	};
	unsigned good = 0, large = 0;

	for (int round = 0; round < 200; round++) {
		enum ntr_paging f = form[round % 5];
		uint64_t root = rnd() % 64 << 12;
		struct ntr_xlat x;

		random_memory(f == NTR_PAGING_X86 ? 4 : 8);
		CHECK_EQ(ntr_xlat_init(&x, f, root, 7601, &phys.s, NULL), 0);
		for (int i = 0; i < 2000; i++) {
			uint64_t va = random_va(f), pa = 0, again = 0, want;
			struct ntr_walk w;
			enum ntr_st st, st2;

			want = f == NTR_PAGING_X86 ? slow_x86(root, va) :
						     slow_wide(f, root, va);
			st = ntr_xlat_walk(&x, va, &w, NULL);
			st2 = ntr_xlat_pa(&x, va, &pa);
			CHECK_EQ(st == NTR_OK ? w.pa : SLOW_FAULT, want);
			CHECK_EQ(st2 == NTR_OK ? pa : SLOW_FAULT, want);
			st2 = ntr_xlat_pa(&x, va, &again);
			CHECK_EQ(st2 == NTR_OK ? again : SLOW_FAULT, want);
			good += st == NTR_OK;
			large += st == NTR_OK && w.page_shift > 12;
		}
		ntr_xlat_fini(&x);
	}
	CHECK(good > 20000);
	CHECK(large > 5000);
}

/* --- hostile tables --------------------------------------------------------------- */

static void hostile_tables(void)
{
	static const enum ntr_paging form[] = {
		NTR_PAGING_X86, NTR_PAGING_PAE, NTR_PAGING_X64,
		NTR_PAGING_X64_5, NTR_PAGING_ARM64, NTR_PAGING_ALPHA,
	};
	static const uint64_t fill[] = {
		0x1063, /* every entry: this table (4 KiB forms) */
		UINT64_MAX, 0x8000000000000000, 0x1003, 0x1880, 0x400,
		0xffffffffffffffff ^ 0x401, 0x7fffffffffff0880,
	};
	struct ntr_walk w;
	uint64_t pa;

	for (size_t f = 0; f < 6; f++)
		for (size_t i = 0; i < sizeof(fill) / sizeof(fill[0]); i++) {
			struct ntr_xlat x;

			fresh();
			for (unsigned at = 0; at < MEM_LEN; at += 8)
				put64(mem, at, fill[i]);
			CHECK_EQ(ntr_xlat_init(&x, form[f], 0x1000, 19041,
					       &phys.s, NULL), NTR_OK);
			for (int n = 0; n < 64; n++) {
				uint64_t va = n < 32 ? rnd() : rnd() & UINT32_MAX;
				enum ntr_st st = ntr_xlat_walk(&x, va, &w, NULL);

				CHECK(st == NTR_OK || st == NTR_FAULT);
				CHECK(w.levels <= NTR_WALK_LEVELS);
				CHECK_EQ(ntr_xlat_pa(&x, va, &pa), st);
				if (st == NTR_OK)
					CHECK_EQ(pa, w.pa);
			}
			ntr_xlat_fini(&x);
		}
}
int main(void)
{
	RUN(agrees_with_second_walker);
	RUN(hostile_tables);
	return test_done();
}
