// SPDX-License-Identifier: Apache-2.0
/*
 * Pool: header walk, tag search, and the floor of both: a branchless loop
 * over the same memory in the same run, that looks for one byte in it.
 */
#include "bench.h"
#include "kobj/pool.h"

#include <sys/mman.h>

#define MIB (UINT64_C(1) << 20)

/* Windows 7 x64 pages of blocks of 0x40 to 0x240 bytes with 61 tags. */
static void fill_page(uint8_t *p, uint32_t *seed)
{
	uint32_t off = 0, prev = 0;

	while (off < 4096) {
		uint32_t x = *seed = *seed * 1103515245 + 12345;
		uint32_t units = 4 + (x >> 16) % 33;
		uint32_t left = (4096 - off) / 16;

		if (units + 4 > left)
			units = left;
		bench_put(p, off, prev | units << 16 | 2u << 24, 4);
		bench_put(p, off + 4, 0x61613030 + (x >> 20) % 61, 4);
		for (uint32_t i = 16; i < units * 16; i += 8)
			bench_put(p, off + i, 0xfffffa8008000000 + x + i, 8);
		off += units * 16;
		prev = units;
	}
}

/* Branchless: how many bytes are `c`, 4 KiB at a time as memchr would. */
static uint64_t floor_loop(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i += 4096) {
		uint32_t any = 0;
		for (size_t k = 0; k < 4096; k += 4) {
			uint32_t v;
			memcpy(&v, p + i + k, 4);
			any |= v == 0x7a7a7a7a;
		}
		sum += any;
	}
	return sum;
}

static void line(const char *name, size_t n, double took, double floor)
{
	bench_line(name, (double)n / took / 1e9, "GB/s",
		   (double)n / floor / 1e9, floor / took);
}

static bool ignore(void *ctx, size_t off, uint32_t tag)
{
	(void)off;
	(void)tag;
	++*(uint64_t *)ctx;
	return true;
}

int main(void)
{
	size_t n = 1024 * MIB;
	uint32_t seed = 1, tags[8];
	struct ntr_pool_form f;
	double walk = 1e9, find = 1e9, find86 = 1e9, floor = 1e9, t;
	uint64_t good = 0, hits = 0, sum = 0;
	uint8_t *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bench_die("mmap");
	if (ntr_pool_form_of(0x8664, 7601, &f, NULL))
		return 2;
	for (size_t i = 0; i < 16 * MIB; i += 4096)
		fill_page(p + i, &seed);
	for (size_t i = 16 * MIB; i < n; i += 16 * MIB)
		memcpy(p + i, p, 16 * MIB);
	for (unsigned i = 0; i < 8; i++)
		memcpy(&tags[i], (char[]){ 'N', 'o', 'p', (char)('a' + i) }, 4);
	for (int round = 0; round < 3; round++) {
		t = bench_cpu();
		sum += floor_loop(p, n);
		t = bench_cpu() - t;
		floor = t < floor ? t : floor;
		t = bench_cpu();
		good = ntr_pool_pages_good(&f, p, n / 4096, 0);
		t = bench_cpu() - t;
		walk = t < walk ? t : walk;
		t = bench_cpu();
		(void)ntr_pool_find_tags(&f, p, n, tags, 8, ignore, &hits);
		t = bench_cpu() - t;
		find = t < find ? t : find;
		f.unit = 8;
		t = bench_cpu();
		(void)ntr_pool_find_tags(&f, p, n, tags, 8, ignore, &hits);
		t = bench_cpu() - t;
		find86 = t < find86 ? t : find86;
		f.unit = 16;
	}
	if (good != n / 4096 || sum || hits)
		return 1;
	line("pool_header_walk", n, walk, floor);
	line("pool_find_8_tags_x64", n, find, floor);
	line("pool_find_8_tags_x86", n, find86, floor);
	return 0;
}
