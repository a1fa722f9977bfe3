// SPDX-License-Identifier: Apache-2.0
/*
 * Opening 8 GiB dumps (sparse files): a full one, and bitmaps with all pages
 * present, with a mix, and with every other page. Time of one open and of the
 * first page read, best of many; memory that the open dump holds, measured in
 * a process of its own. Floor: open, pread of the header, close; for memory,
 * the bitmap itself, or the header where there is none.
 *
 * The mix has stretches of 1 to 512 present or absent pages, short ones by
 * far the most (about 16,000 runs), as active memory is.
 */
#include "bench.h"
#include "fmt/dump.h"

#include <sys/wait.h>

#define PAGES (UINT64_C(8) << 18)
#define BITMAP (PAGES / 8)
#define TRIES 40

static uint8_t map[0x2038 + BITMAP + 4096];

static void make(const char *path, size_t head_len, uint64_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);

	if (fd < 0 || write(fd, map, head_len) != (ssize_t)head_len ||
	    ftruncate(fd, (off_t)size))
		bench_die(path);
	close(fd);
}

static void make_full(const char *path)
{
	bench_header(map, 1, PAGES);
	make(path, 8192, 8192 + PAGES * 4096);
}

/* Stretch lengths 1..512, short ones by far the most. */
static uint64_t stretch(uint64_t *s)
{
	*s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return 1 + ((*s >> 40) & 511) * ((*s >> 49) & 511) *
			   ((*s >> 30) & 511) / (511 * 511);
}

enum kind { ALL, MIX, ALTERNATE };
static void make_bitmap(const char *path, enum kind kind)
{
	uint64_t present = 0, first = 0x2038 + BITMAP, s = 7;

	memset(map, 0, sizeof(map));
	bench_header(map, 5, PAGES);
	memcpy(map + 0x2000, "FDMPDUMP", 8);
	for (uint64_t at = 0, on = 1; at < PAGES; on ^= 1) {
		uint64_t n = kind == MIX ? stretch(&s) : kind == ALL ? PAGES : 1;

		for (; n && at < PAGES; n--, at++) {
			map[0x2038 + at / 8] |= (uint8_t)(on << at % 8);
			present += on;
		}
	}
	first = (first + 4095) & ~UINT64_C(4095);
	bench_put(map, 0x2020, first, 8);
	bench_put(map, 0x2028, present, 8);
	bench_put(map, 0x2030, PAGES, 8);
	make(path, (size_t)(0x2038 + BITMAP), first + present * 4096);
}

/* Resident bytes of this process. */
static double resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long all, rss = 0;

	if (!f || fscanf(f, "%lu %lu", &all, &rss) != 2)
		bench_die("/proc/self/statm");
	fclose(f);
	return (double)rss * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static double floor_open(const char *path)
{
	static uint8_t head[8192];
	double best = 1e9;

	for (int i = 0; i < TRIES; i++) {
		double t = bench_now();
		int fd = open(path, O_RDONLY);

		if (fd < 0 || pread(fd, head, sizeof(head), 0) != sizeof(head))
			bench_die(path);
		close(fd);
		t = bench_now() - t;
		best = t < best ? t : best;
	}
	return best * 1e3;
}

static struct ntr_dump *open_and_read(const char *path, double *t)
{
	struct ntr_dump *d;
	struct ntr_err e;
	u8 page[4096];

	*t = bench_now();
	if (ntr_dump_open(&d, path, NULL, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		exit(1);
	}
	*t = bench_now() - *t;
	/* pages 2 and 4 are there in all of them */
	if (ntr_space_read(&d->phys, 0x2000, page, 4096, NULL) &&
	    ntr_space_read(&d->phys, 0x4000, page, 4096, NULL))
		exit(3);
	return d;
}

static double library_open(const char *path)
{
	double best = 1e9, t;

	for (int i = 0; i < TRIES; i++) {
		ntr_dump_close(open_and_read(path, &t));
		best = t < best ? t : best;
	}
	return best * 1e3;
}

/* In a child whose heap nothing has grown before. */
static double library_memory(const char *path)
{
	double mb = 0, t;
	int fd[2];
	pid_t pid = -1;

	if (pipe(fd) || (pid = fork()) < 0)
		bench_die("fork");
	if (!pid) {
		mb = -resident();
		open_and_read(path, &t);
		mb += resident();
		_exit(write(fd[1], &mb, sizeof(mb)) != sizeof(mb));
	}
	if (read(fd[0], &mb, sizeof(mb)) != sizeof(mb))
		bench_die("child");
	waitpid(pid, NULL, 0);
	close(fd[0]);
	close(fd[1]);
	return mb;
}

static void one(const char *name, const char *path, double floor_mb)
{
	/* memory first: nothing was opened in this process's heap yet */
	double mb = library_memory(path), floor = floor_open(path);
	double ms = library_open(path);
	char line[64];

	snprintf(line, sizeof(line), "open_%s", name);
	bench_line(line, ms, "ms", floor, ms / floor);
	snprintf(line, sizeof(line), "open_%s_memory", name);
	bench_line(line, mb, "MB", floor_mb, mb / floor_mb);
	unlink(path);
}

/* A fresh heap for each kind. */
static void in_child(void (*fn)(const char *), const char *path)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bench_die("fork");
	if (!pid) {
		fn(path);
		exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		exit(1);
}

static void full(const char *path)
{
	make_full(path);
	one("full_8GiB", path, 8192 / 1e6);
}

static void all(const char *path)
{
	make_bitmap(path, ALL);
	one("bitmap_8GiB_all", path, (double)BITMAP / 1e6);
}

static void mix(const char *path)
{
	make_bitmap(path, MIX);
	one("bitmap_8GiB_mix", path, (double)BITMAP / 1e6);
}

static void alternate(const char *path)
{
	make_bitmap(path, ALTERNATE);
	one("bitmap_8GiB_alternate", path, (double)BITMAP / 1e6);
}

int main(void)
{
	static void (*const kinds[])(const char *) = { full, all, mix, alternate };
	char path[256];

	bench_path(path, "bench_open.dmp");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		in_child(kinds[i], path);
	return 0;
}
