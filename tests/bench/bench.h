// SPDX-License-Identifier: Apache-2.0
/*
 * What the benches share: clocks, the line of a figure, dumps written byte by
 * byte at literal offsets (nothing of the reader's layouts).
 * Files go to $B/tmp (B: the build folder) and are removed at the end.
 */
#ifndef NTR_BENCH_H
#define NTR_BENCH_H

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static inline double bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Of the processor, for what does not wait. */
static inline double bench_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline void bench_die(const char *what)
{
	perror(what);
	exit(2);
}

static inline void bench_path(char out[256], const char *name)
{
	const char *b = getenv("B");
	char dir[200];

	snprintf(dir, sizeof(dir), "%s/tmp", b ? b : "build/rel");
	mkdir(dir, 0777);
	snprintf(out, 256, "%s/%s", dir, name);
}

static inline void bench_put(uint8_t *p, size_t off, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		p[off + (size_t)i] = (uint8_t)(v >> 8 * i);
}

/* 8 KiB header of a 64-bit crash dump of type (1 full, 5 bitmap full), with
 * two runs of physical memory, pages in all. */
static inline void bench_header(uint8_t h[8192], unsigned type, uint64_t pages)
{
	for (size_t i = 0; i < 8192; i += 4)
		memcpy(h + i, "PAGE", 4);
	memcpy(h, "PAGEDU64", 8);
	bench_put(h, 0x08, 15, 4);
	bench_put(h, 0x0c, 19041, 4);
	bench_put(h, 0x10, 0x1ad000, 8);
	bench_put(h, 0x20, UINT64_C(0xfffff8047c02a2b0), 8);
	bench_put(h, 0x28, UINT64_C(0xfffff8047c01e0c0), 8);
	bench_put(h, 0x30, 0x8664, 4);
	bench_put(h, 0x34, 4, 4);
	bench_put(h, 0x38, 0xd1, 4);
	for (int i = 0; i < 4; i++)
		bench_put(h, 0x40 + 8 * (size_t)i, 0x1000 + (uint64_t)i, 8);
	bench_put(h, 0x80, UINT64_C(0xfffff8047c000b20), 8);
	bench_put(h, 0x88, 2, 4);
	bench_put(h, 0x90, pages, 8);
	bench_put(h, 0x98, 1, 8);
	bench_put(h, 0xa0, 0x9e, 8);
	bench_put(h, 0xa8, 0x100, 8);
	bench_put(h, 0xb0, pages - 0x9e, 8);
	bench_put(h, 0xf98, type, 4);
	bench_put(h, 0xfa0, 8192 + pages * 4096, 8);
	bench_put(h, 0xfa8, UINT64_C(0x01d8e98a2c4b0000), 8);
	bench_put(h, 0x1030, UINT64_C(0x00000002540be400), 8);
}

static inline void bench_line(const char *name, double v, const char *unit,
			      double floor, double ratio)
{
	printf("%s\t%.4g %s\tfloor %.4g %s\t%.2f\n", name, v, unit, floor,
	       unit, ratio);
	fflush(stdout);
}

#endif
