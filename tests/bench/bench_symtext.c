// SPDX-License-Identifier: Apache-2.0
/*
 * Text symbol files. A Volatility symbol table, packed with xz and unpacked:
 * open and one address; the same and one type (all of the file is read).
 * Floor: unpacking and reading the same bytes. A Breakpad file of 64 MB made
 * here: open and one address and its line; floor: reading it. Then addresses
 * one after the other in random order; floor: 5 M/s.
 */
#include "bench.h"
#include "fmt/archive.h"
#include "sym/source.h"

#define TRIES 10
#define FUNCS 200000u
#define LOOKUPS 1000000u

static uint64_t sink; /* what is read is used */

static void must(enum ntr_st st, const struct ntr_err *e)
{
	if (st) {
		fprintf(stderr, "%s\n", e->msg);
		exit(1);
	}
}

static void read_all(struct ntr_file *f)
{
	static uint8_t buf[256 << 10];
	size_t n;

	for (uint64_t off = 0; off < f->size; off += n) {
		n = ntr_file_read_some(f, off, buf, sizeof(buf));
		if (!n)
			exit(1);
		sink += buf[n - 1];
	}
}

static double floor_ms(const char *path)
{
	double best = 1e9;

	for (int i = 0; i < TRIES; i++) {
		struct ntr_file *f, *in;
		struct ntr_err e;
		double t = bench_cpu();
		enum ntr_st st;

		must(ntr_file_open(&f, path, &e), &e);
		st = ntr_archive_first(f, NTR_SYMSRC_MAX, &in, &e);
		if (st == NTR_OK) {
			ntr_file_close(f);
			f = in;
		} else if (st != NTR_UNSUP) {
			must(st, &e);
		}
		read_all(f);
		ntr_file_close(f);
		t = bench_cpu() - t;
		best = t < best ? t : best;
	}
	return best * 1e3;
}

static void ask_at(struct ntr_symsrc *s)
{
	struct ntr_symbol y;
	struct ntr_err e;

	must(ntr_symsrc_at(s, 0x401234, &y, &e), &e);
	sink += y.rva;
}

static void ask_type(struct ntr_symsrc *s)
{
	struct ntr_type t;
	struct ntr_err e;
	uint64_t id;

	ask_at(s);
	must(ntr_symsrc_type_named(s, "_KTHREAD", &id, &e), &e);
	must(ntr_symsrc_type(s, id, &t, &e), &e);
	sink += t.size;
}

static void ask_line(struct ntr_symsrc *s)
{
	struct ntr_line l;
	struct ntr_err e;

	ask_at(s);
	must(ntr_symsrc_line(s, 0x401234, &l, &e), &e);
	sink += l.line;
}

static void one(const char *name, const char *path,
		void (*ask)(struct ntr_symsrc *))
{
	double best = 1e9, floor = floor_ms(path);

	for (int i = 0; i < TRIES; i++) {
		double t = bench_cpu();
		struct ntr_symsrc *s;
		struct ntr_err e;

		must(ntr_symsrc_open(&s, path, &e), &e);
		ask(s);
		ntr_symsrc_close(s);
		t = bench_cpu() - t;
		best = t < best ? t : best;
	}
	bench_line(name, best * 1e3, "ms", floor, best * 1e3 / floor);
}

static void unpack(const char *path, const char *to)
{
	static uint8_t buf[64 << 10];
	int fd = open(to, O_RDWR | O_CREAT | O_TRUNC, 0666);
	struct ntr_file *f, *in;
	struct ntr_err e;
	size_t n;

	must(ntr_file_open(&f, path, &e), &e);
	must(ntr_archive_first(f, NTR_SYMSRC_MAX, &in, &e), &e);
	for (uint64_t off = 0; off < in->size; off += n) {
		n = ntr_file_read_some(in, off, buf, sizeof(buf));
		if (fd < 0 || !n || write(fd, buf, n) != (ssize_t)n)
			bench_die(to);
	}
	close(fd);
	ntr_file_close(in);
	ntr_file_close(f);
}

static void isf(void)
{
	const char *dir = getenv("NTR_CORPUS");
	char packed[512], plain[256];

	snprintf(packed, sizeof(packed), "%s/symbols/isf/ntkrnlmp.pdb/"
		 "79BE8C368BEC7DD9677EA9B355ACE784-1.json.xz",
		 dir ? dir : "../shared/corpus");
	if (access(packed, R_OK)) {
		fprintf(stderr, "# isf: no %s\n", packed);
		return;
	}
	bench_path(plain, "bench.json");
	unpack(packed, plain);
	one("isf_xz_open_at", packed, ask_at);
	one("isf_xz_open_at_type", packed, ask_type);
	one("isf_open_at", plain, ask_at);
	one("isf_open_at_type", plain, ask_type);
	unlink(plain);
}

/* 200,000 functions of 64 bytes, 14 lines each: about 64 MB. */
static void make_sym(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		bench_die(path);
	fprintf(f, "MODULE windows x86_64 0123456789ABCDEF0123456789ABCDEF1 "
		   "a.pdb\nFILE 0 c:\\a.c\n");
	for (unsigned i = 0; i < FUNCS; i++) {
		unsigned rva = 0x1000 + 64 * i;

		fprintf(f, "FUNC %x 40 0 mozilla::detail::Function%u(int)\n",
			rva, i);
		for (unsigned k = 0; k < 14; k++)
			fprintf(f, "%x 4 %u 0\n", rva + 4 * k, 100 + k);
	}
	fclose(f);
}

static void lookups(const char *path)
{
	struct ntr_symsrc *s;
	struct ntr_err e;
	struct ntr_symbol y;
	uint64_t x = 7;
	double t = 0;

	must(ntr_symsrc_open(&s, path, &e), &e);
	for (int round = 0; round < 2; round++) { /* the first reads names */
		t = bench_cpu();
		for (unsigned i = 0; i < LOOKUPS; i++) {
			x = x * UINT64_C(6364136223846793005) + 1;
			must(ntr_symsrc_at(s, 0x1000 + (x >> 33) % (64 * FUNCS),
					   &y, &e), &e);
			sink += y.rva;
		}
		t = bench_cpu() - t;
	}
	ntr_symsrc_close(s);
	bench_line("breakpad_lookups", LOOKUPS / t / 1e6, "M/s", 5,
		   LOOKUPS / t / 5e6);
}

int main(void)
{
	char path[256];

	isf();
	bench_path(path, "bench.sym");
	make_sym(path);
	one("breakpad_open_at_line", path, ask_line);
	lookups(path);
	unlink(path);
	return sink == 0;
}
