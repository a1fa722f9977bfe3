// SPDX-License-Identifier: Apache-2.0
/*
 * x64 translation over a 4 GiB image, sequential and random, against the
 * floor of the same run: the same entries in one plain array.
 *
 * The page tables are real (2048 of them, in memory); the image's own pages
 * are not needed.  Virtual page i maps to a frame of its own choice, so that
 * no answer follows from another.
 */
#include "bench.h"
#include "mem/xlat.h"

#define BASE UINT64_C(0xffff880000000000)
#define PAGES (UINT64_C(1) << 20)
#define TABLES (PAGES / 512)
#define ROUNDS 5

/* Root, PDPT, 4 directories, then the tables, from physical 0. */
static u64 *build(size_t *len)
{
	u64 *m = calloc(6 + TABLES, 4096);

	if (!m)
		exit(2);
	*len = (6 + TABLES) * 4096;
	m[BASE >> 39 & 511] = 0x1000 | 0x63;
	for (u64 i = 0; i < 4; i++)
		m[512 + i] = (0x2000 + i * 0x1000) | 0x63;
	for (u64 i = 0; i < TABLES; i++)
		m[1024 + i] = (0x6000 + i * 0x1000) | 0x63;
	for (u64 i = 0; i < PAGES; i++)
		m[512 * 6 + i] = (i * 2654435761u % PAGES) << 12 |
				 UINT64_C(0x8000000000000063);
	return m;
}

static u64 next_random(u64 *s)
{
	*s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *s >> 32;
}

static u64 sink;

static double seq_floor(const u64 *pte)
{
	double t = bench_cpu();
	u64 sum = 0;

	for (u64 n = 0; n < 16; n++)
		for (u64 va = BASE; va < BASE + PAGES * 4096; va += 4096) {
			u64 e = pte[(va - BASE) >> 12];

			if (e & 1)
				sum += (e & UINT64_C(0xfffffffff000)) |
				       (va & 0xfff);
		}
	sink += sum;
	return 16.0 * (double)PAGES / (bench_cpu() - t) / 1e6;
}

static double seq_ours(struct ntr_xlat *x)
{
	double t = bench_cpu();
	u64 sum = 0, pa;

	for (u64 n = 0; n < 16; n++)
		for (u64 va = BASE; va < BASE + PAGES * 4096; va += 4096)
			if (ntr_xlat_pa(x, va, &pa) == NTR_OK)
				sum += pa;
	sink += sum;
	return 16.0 * (double)PAGES / (bench_cpu() - t) / 1e6;
}

static double random_floor(const u64 *pte)
{
	double t = bench_cpu();
	u64 sum = 0, s = 1;

	for (u64 n = 0; n < 8 * PAGES; n++) {
		u64 va = BASE + next_random(&s) % (PAGES * 4096);
		u64 e = pte[(va - BASE) >> 12];

		if (e & 1)
			sum += (e & UINT64_C(0xfffffffff000)) | (va & 0xfff);
	}
	sink += sum;
	return 8.0 * (double)PAGES / (bench_cpu() - t) / 1e6;
}

static double random_ours(struct ntr_xlat *x)
{
	double t = bench_cpu();
	u64 sum = 0, s = 1, pa;

	for (u64 n = 0; n < 8 * PAGES; n++)
		if (ntr_xlat_pa(x, BASE + next_random(&s) % (PAGES * 4096),
				&pa) == NTR_OK)
			sum += pa;
	sink += sum;
	return 8.0 * (double)PAGES / (bench_cpu() - t) / 1e6;
}

static void line(const char *name, double ours, double floor)
{
	printf("%s\t%.0f M/s\tfloor %.0f M/s\t%.2f\n", name, ours, floor,
	       ours / floor);
}

#define BEST(var, call)                     \
	for (int i_ = 0; i_ < ROUNDS; i_++) { \
		double v_ = (call);         \
		if (v_ > (var))             \
			(var) = v_;         \
	}

int main(void)
{
	struct ntr_mem_space phys;
	struct ntr_xlat x;
	double so = 0, sf = 0, ro = 0, rf = 0;
	size_t len;
	u64 *m = build(&len), pa;

	ntr_mem_space_init(&phys, 0, m, len);
	if (ntr_xlat_init(&x, NTR_PAGING_X64, 0, 7601, &phys.s, NULL))
		return 2;
	for (u64 i = 0; i < PAGES; i++)
		if (ntr_xlat_pa(&x, BASE + i * 4096 + 5, &pa) ||
		    pa != ((i * 2654435761u % PAGES) << 12 | 5))
			return 1;
	BEST(sf, seq_floor(m + 512 * 6));
	BEST(so, seq_ours(&x));
	BEST(rf, random_floor(m + 512 * 6));
	BEST(ro, random_ours(&x));
	line("xlat_x64_sequential", so, sf);
	line("xlat_x64_random", ro, rf);
	ntr_xlat_fini(&x);
	free(m);
	return sink == 42;
}
