// SPDX-License-Identifier: Apache-2.0
/*
 * All physical pages of a 512 MiB full dump in order, through the library:
 * page by page, and in 256 KiB requests. Floor: pread of the same file with
 * 256 KiB blocks. The file is in the page cache for all of them.
 */
#include "bench.h"
#include "fmt/dump.h"

#define PAGES (UINT64_C(512) << 8)
#define BLOCK (256u << 10)
#define ROUNDS 5

static uint8_t block[BLOCK];
static uint64_t sink;

static void make(const char *path)
{
	static uint8_t head[8192];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
	uint64_t s = 1;

	bench_header(head, 1, PAGES);
	if (fd < 0 || write(fd, head, sizeof(head)) != sizeof(head))
		bench_die(path);
	for (uint64_t at = 0; at < PAGES * 4096; at += BLOCK) {
		for (size_t i = 0; i < BLOCK; i += 8) {
			s = s * UINT64_C(6364136223846793005) + 1;
			bench_put(block, i, s, 8);
		}
		if (write(fd, block, BLOCK) != BLOCK)
			bench_die(path);
	}
	close(fd);
}

static double run_pread(const char *path)
{
	int fd = open(path, O_RDONLY);
	double t = bench_now();
	ssize_t n;

	for (off_t at = 8192; (n = pread(fd, block, BLOCK, at)) > 0; at += n)
		sink += block[0];
	t = bench_now() - t;
	close(fd);
	return (double)PAGES * 4096 / t / 1e9;
}

/* step bytes at a time; runs of the header: pages 1–9e, then from 100. */
static double run_library(struct ntr_dump *d, size_t step)
{
	const uint64_t first[2] = { 0x1000, 0x100000 };
	const uint64_t len[2] = { 0x9e000, (PAGES - 0x9e) * 4096 };
	double t = bench_now();

	for (int r = 0; r < 2; r++)
		for (uint64_t at = 0; at < len[r]; at += step) {
			size_t n = len[r] - at < step ? (size_t)(len[r] - at) :
							step;
			if (ntr_space_read(&d->phys, first[r] + at, block, n,
					   NULL))
				exit(3);
			sink += block[0];
		}
	t = bench_now() - t;
	return (double)PAGES * 4096 / t / 1e9;
}

int main(void)
{
	double floor = 0, pages = 0, blocks = 0, v;
	struct ntr_dump *d;
	struct ntr_err e;
	char path[256];

	bench_path(path, "bench_phys.dmp");
	make(path);
	if (ntr_dump_open(&d, path, NULL, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return 1;
	}
	for (int i = 0; i < ROUNDS; i++) {
		v = run_pread(path);
		floor = v > floor ? v : floor;
		v = run_library(d, 4096);
		pages = v > pages ? v : pages;
		v = run_library(d, BLOCK);
		blocks = v > blocks ? v : blocks;
	}
	ntr_dump_close(d);
	unlink(path);
	bench_line("phys_by_page", pages, "GB/s", floor, pages / floor);
	bench_line("phys_by_256KiB", blocks, "GB/s", floor, blocks / floor);
	return sink == 42;
}
