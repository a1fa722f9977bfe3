// SPDX-License-Identifier: Apache-2.0
/*
 * A forged dump with 1 GiB of nonpaged pool, from the page cache: walking it
 * through page tables, and searching all memory for pointers to 250,000
 * blocks of a tag.  Floor: pread of the same file in blocks of 256 KiB.
 */
#include "../../kdtools/forge/forge.h"
#include "bench.h"
#include "kobj/pool_reach.h"

static const char scenario[] =
	"machine x64 7\nmemory 1200MiB\n"
	"pool nonpaged max 1030MiB {\n"
	" block Leak size 2000 count 250000\n"
	" block Held size 2000 count 250000 held\n"
	"}\n";

static double floor_read(const char *path, uint64_t *bytes)
{
	static uint8_t buf[256 << 10];
	int fd = open(path, O_RDONLY);
	double t = bench_cpu();
	ssize_t n;

	for (*bytes = 0; (n = read(fd, buf, sizeof(buf))) > 0;)
		*bytes += (uint64_t)n;
	close(fd);
	return bench_cpu() - t;
}

static void run(struct ntr_pool *p, double floor, double gib)
{
	struct ntr_pool_blocks b;
	struct ntr_pool_walk w;
	struct ntr_reach r;
	double t = bench_cpu(), speed, best = gib * 1.073741824 / floor;
	uint32_t tag;

	if (ntr_pool_walk(p, NTR_NONPAGED, false, NULL, NULL, &w, NULL) ||
	    w.damaged || w.good != 250000)
		exit(1);
	t = bench_cpu() - t;
	speed = (double)w.pages * 4096 / t / 1e9;
	bench_line("pool_dump_walk", speed, "GB/s", best, speed / best);
	memcpy(&tag, "Leak", 4);
	t = bench_cpu();
	if (ntr_pool_blocks_of(p, NTR_NONPAGED, tag, &b, NULL) ||
	    ntr_pool_reach(p, &b, &r, NULL) || r.orphans != 250000)
		exit(1);
	t = bench_cpu() - t;
	bench_line("pool_reach", t / gib, "s/GiB", floor / gib, floor / t);
	ntr_pool_blocks_fini(&b);
}

int main(void)
{
	struct ntr_target *t;
	struct ntr_dump *d;
	struct ntr_pool *p;
	struct ntr_err e = { "" };
	char path[256];
	uint64_t bytes;
	double floor;

	bench_path(path, "pool.dmp");
	if (forge_text_file(scenario, "bench", path, "full", NULL, &e) ||
	    ntr_dump_open(&d, path, NULL, &e) || ntr_target_open(&t, d, &e) ||
	    ntr_pool_open(&p, t, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return 2;
	}
	(void)floor_read(path, &bytes);
	floor = floor_read(path, &bytes);
	run(p, floor, (double)bytes / (1 << 30));
	ntr_pool_close(p);
	ntr_target_close(t);
	ntr_dump_close(d);
	unlink(path);
	return 0;
}
