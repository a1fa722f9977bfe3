// SPDX-License-Identifier: Apache-2.0
/* 64-bit crash dump headers, full dumps and range (RDMP) dumps. */
#include "dmp_fixture.h"

/* Runs 1..3, 0x10..0x12 and 0x100, six pages, each filled with its pfn. */
#define FULL_LEN 0x8000
static uint8_t *full(void)
{
	static const uint8_t pfn[] = { 1, 2, 3, 0x10, 0x11, 0x80 };
	uint8_t *p = malloc(FULL_LEN);

	fx_header64(p, 1);
	put32(p, 0x88, 3);
	put64(p, 0x90, 6);
	put64(p, 0x98, 1);
	put64(p, 0xa0, 3);
	put64(p, 0xa8, 0x10);
	put64(p, 0xb0, 2);
	put64(p, 0xb8, 0x80);
	put64(p, 0xc0, 1);
	for (unsigned i = 0; i < 6; i++)
		memset(p + 0x2000 + i * 0x1000, pfn[i], 0x1000);
	return p;
}

static unsigned page_byte(struct ntr_dump *d, u64 pfn)
{
	u8 v = 0xee;

	if (ntr_read_u8(&d->phys, (pfn << d->page_shift) + 0xfff, &v))
		return 0xffff;
	return v;
}

static void full_dump(void)
{
	uint8_t *p = full();
	struct ntr_dump *d = fx_open(p, FULL_LEN);
	const struct ntr_meta *m = &d->meta;

	CHECK_STR(d->fmt->name, "dmp64");
	CHECK_EQ(d->kind, NTR_KIND_FULL);
	CHECK(d->complete);
	CHECK_EQ(d->notes.n, 0);
	CHECK_EQ(d->page_shift, 12);
	CHECK_EQ(m->machine, 0x8664);
	CHECK_EQ(m->build, 19041);
	CHECK_EQ(m->checked, 0);
	CHECK_EQ(m->cpus, 4);
	CHECK_EQ(m->bugcheck, 0xd1);
	CHECK_EQ(m->arg[0], 0xffffb00000000010);
	CHECK_EQ(m->arg[1], 2);
	CHECK_EQ(m->arg[2], 0);
	CHECK_EQ(m->arg[3], 0xfffff80155667788);
	CHECK_EQ(m->dtb, 0x1ad000);
	CHECK_EQ(m->pfndb, 0xfffff80134500000);
	CHECK_EQ(m->psmods, 0xfffff8013442a2d0);
	CHECK_EQ(m->psprocs, 0xfffff8013441e0c0);
	CHECK_EQ(m->kdbg, 0xfffff80134400b20);
	CHECK_EQ(m->time, 0x01d8e9892ca1d550);
	CHECK_EQ(m->uptime, 6990000000);
	CHECK_EQ(m->product, 3);
	CHECK_EQ(m->suite, 0x110);
	CHECK_EQ(m->required_space, 0x5000);
	CHECK_STR(m->comment, "");
	CHECK_EQ(m->has, 0x1fff);
	CHECK_EQ(d->context.off, 0x348);
	CHECK_EQ(d->context.len, 3000);
	CHECK_EQ(d->exception.off, 0xf00);
	CHECK_EQ(d->exception.len, 0x98);
	CHECK_EQ(d->runs.n, 3);
	CHECK_EQ(d->runs.v[2].pfn, 0x80);
	CHECK_EQ(d->runs.v[2].off, 0x7000);
	CHECK_EQ(page_byte(d, 1), 1);
	CHECK_EQ(page_byte(d, 3), 3);
	CHECK_EQ(page_byte(d, 0x11), 0x11);
	CHECK_EQ(page_byte(d, 0x80), 0x80);
	CHECK_EQ(page_byte(d, 0), 0xffff);
	CHECK_EQ(page_byte(d, 4), 0xffff);
	CHECK_EQ(page_byte(d, 0x12), 0xffff);
	fx_sane(d);
	ntr_dump_close(d);
	free(p);
}

static void every_truncation(void)
{
	uint8_t *p = full();

	fx_every_cut(p, FULL_LEN, 0x60, 0x200, 37);
	free(p);
}

static void truncated_says_what_is_missing(void)
{
	uint8_t *p = full();
	struct ntr_dump *d = fx_open(p, 0x3800);

	CHECK(!d->complete);
	CHECK_EQ(d->pages_missing, 5);
	CHECK_EQ(page_byte(d, 1), 1);
	CHECK_EQ(page_byte(d, 2), 0xffff);
	CHECK_NOTE(d, "5 pages");
	ntr_dump_close(d);
	free(p);
}

/* A header that ends before the dump type does not say what kind it is. */
static void cut_header_has_no_kind(void)
{
	uint8_t *p = full();
	struct ntr_dump *d = fx_open(p, 0xf9b);

	CHECK_EQ(d->kind, NTR_KIND_UNKNOWN);
	CHECK_EQ(d->meta.bugcheck, 0xd1);
	CHECK_EQ(d->meta.has & NTR_HAS_TIME, 0);
	CHECK_NOTE(d, "ends at 0xf9b inside the header");
	ntr_dump_close(d);
	d = fx_open(p, 0xf9c);
	CHECK_EQ(d->kind, NTR_KIND_FULL);
	CHECK(!d->complete);
	ntr_dump_close(d);
	free(p);
}

/* Fields left as filler have their bit clear; one at a time. */
static void filler_is_not_a_value(void)
{
	static const struct {
		unsigned off, len, has;
	} field[] = {
		{ 0x00c, 4, NTR_HAS_BUILD },   { 0x010, 8, NTR_HAS_DTB },
		{ 0x018, 8, NTR_HAS_PFNDB },   { 0x020, 8, NTR_HAS_PSMODS },
		{ 0x028, 8, NTR_HAS_PSPROCS }, { 0x030, 4, NTR_HAS_MACHINE },
		{ 0x034, 4, NTR_HAS_CPUS },    { 0x038, 4, NTR_HAS_BUGCHECK },
		{ 0x080, 8, NTR_HAS_KDBG },    { 0xfa8, 8, NTR_HAS_TIME },
		{ 0x1030, 8, NTR_HAS_UPTIME }, { 0x1040, 4, NTR_HAS_PRODUCT },
		{ 0x1044, 4, NTR_HAS_SUITE },
		/* only the lower half written */
		{ 0x014, 4, NTR_HAS_DTB },     { 0x084, 4, NTR_HAS_KDBG },
	};

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		uint8_t *p = full();
		struct ntr_dump *d;

		fx_fill(p + field[i].off, field[i].len);
		d = fx_open(p, FULL_LEN);
		CHECK_EQ(d->meta.has, 0x1fff & ~field[i].has);
		CHECK_EQ(page_byte(d, 0x80), 0x80);
		ntr_dump_close(d);
		free(p);
	}
}

static void half_written_parameter(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;

	fx_fill(p + 0x4c, 4);
	fx_fill(p + 0x58, 8);
	d = fx_open(p, FULL_LEN);
	CHECK_EQ(d->meta.arg[1], 2);
	CHECK_EQ(d->meta.arg[3], 0);
	CHECK_NOTE(d, "0x48: bug check parameter 2 was not written in full");
	CHECK_NOTE(d, "0x58: bug check parameter 4 was not written");
	ntr_dump_close(d);
	free(p);
}

static void odd_headers_are_noted(void)
{
	static const struct {
		unsigned off;
		uint32_t v;
		const char *note;
	} odd[] = {
		{ 0x04, 0, "0x4: found 0x00000000 instead of \"DU64\"" },
		{ 0x08, 3, "0x8: major version is 0x3" },
		{ 0x30, 0x1234, "0x30: machine type 0x1234 is not known" },
		{ 0x30, 0x14c, "0x30: machine x86 does not go with" },
		{ 0x38, 0x5454414d, "written by a tool, not by a stop" },
		{ 0x38, 0x161, "written by a tool, not by a stop" },
		{ 0x38, 0, "0x38: there is no stop code" },
		{ 0xf98, 77, "0xf98: dump type 77 is not known" },
		{ 0x90, 7, "0x90: 7 pages, but the runs have 6" },
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		uint8_t *p = full();
		struct ntr_dump *d;

		put32(p, odd[i].off, odd[i].v);
		d = fx_open(p, FULL_LEN);
		CHECK_NOTE(d, odd[i].note);
		CHECK_EQ(d->notes.n, 1);
		CHECK(d->complete);
		CHECK_EQ(page_byte(d, 0x11), 0x11);
		if (odd[i].off == 0x38)
			CHECK_EQ(d->meta.bugcheck, odd[i].v);
		ntr_dump_close(d);
		free(p);
	}
}

static void damaged_run_descriptor(void)
{
	static const struct {
		unsigned off, width;
		uint64_t v;
		const char *note;
		unsigned at_0x11; /* byte of page 0x11, 0xffff: not there */
	} bad[] = {
		{ 0x88, 4, 0, "no memory runs", 0xffff },
		{ 0x88, 4, 44, "44 memory runs, at most 43", 0xffff },
		{ 0x88, 4, 0x45474150, "runs were not written", 0xffff },
		{ 0x90, 8, 0x4547415045474150, "number of pages was not", 0x11 },
		{ 0xb8, 8, 0x11, "overlap", 0x11 },
		{ 0xb8, 8, 0, "out of order", 0x11 },
		{ 0xc0, 8, UINT64_MAX, "run 2 claims 0xffffffffffffffff", 0x11 },
		{ 0xa0, 8, 0x7fffffff, "run 0 claims 0x7fffffff", 0xffff },
		{ 0xb8, 8, UINT64_C(1) << 40, "run 2 is at page 0x10000000000",
		  0x11 },
		{ 0xb0, 8, 0x4547415045474150, "run 1 claims", 0xffff },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *p = full();
		struct ntr_dump *d;

		if (bad[i].width == 8)
			put64(p, bad[i].off, bad[i].v);
		else
			put32(p, bad[i].off, (uint32_t)bad[i].v);
		d = fx_open(p, FULL_LEN);
		fx_sane(d);
		CHECK_NOTE(d, bad[i].note);
		CHECK_EQ(page_byte(d, 0x11), bad[i].at_0x11);
		ntr_dump_close(d);
		free(p);
	}
}

/* Without a descriptor the pages are taken from 0 on, and that is said. */
static void fallback_run_is_flagged(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;

	put32(p, 0x88, 0);
	d = fx_open(p, FULL_LEN);
	CHECK_EQ(d->runs.n, 1);
	CHECK_EQ(d->runs.v[0].npages, 6);
	CHECK(!d->complete);
	CHECK_NOTE(d, "a guess");
	CHECK_EQ(page_byte(d, 0), 1);
	ntr_dump_close(d);
	free(p);
}

static void empty_run_is_legal(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;

	put32(p, 0x88, 4);
	put64(p, 0xc8, 0x200);
	put64(p, 0xd0, 0);
	d = fx_open(p, FULL_LEN);
	CHECK(d->complete);
	CHECK_EQ(d->runs.n, 3);
	CHECK_EQ(d->notes.n, 0);
	ntr_dump_close(d);
	free(p);
}

static void most_runs_that_fit(void)
{
	size_t len = 0x2000 + 43 * 0x1000;
	uint8_t *p = malloc(len);
	struct ntr_dump *d;

	fx_header64(p, 1);
	put32(p, 0x88, 43);
	put64(p, 0x90, 43);
	for (unsigned i = 0; i < 43; i++) {
		put64(p, 0x98 + i * 16, 2 * i);
		put64(p, 0xa0 + i * 16, 1);
		memset(p + 0x2000 + i * 0x1000, (int)(2 * i), 0x1000);
	}
	d = fx_open(p, len);
	CHECK(d->complete);
	CHECK_EQ(d->runs.n, 43);
	CHECK_EQ(page_byte(d, 84), 84);
	CHECK_EQ(page_byte(d, 83), 0xffff);
	ntr_dump_close(d);
	free(p);
}

/* IA64 pages are 8 KiB, and so is its header. */
static void ia64_pages(void)
{
	size_t len = 0x2000 + 3 * 0x2000;
	uint8_t *p = malloc(len);
	struct ntr_dump *d;

	fx_header64(p, 1);
	put32(p, 0x30, 0x200);
	put32(p, 0x88, 2);
	put64(p, 0x90, 3);
	put64(p, 0x98, 5);
	put64(p, 0xa0, 2);
	put64(p, 0xa8, 9);
	put64(p, 0xb0, 1);
	memset(p + 0x2000, 5, 0x2000);
	memset(p + 0x4000, 6, 0x2000);
	memset(p + 0x6000, 9, 0x2000);
	d = fx_open(p, len);
	CHECK(d->complete);
	CHECK_EQ(d->notes.n, 0);
	CHECK_EQ(d->page_shift, 13);
	CHECK_EQ(page_byte(d, 6), 6);
	CHECK_EQ(page_byte(d, 9), 9);
	CHECK_EQ(page_byte(d, 7), 0xffff);
	ntr_dump_close(d);
	free(p);
}

static void header_only(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;

	put32(p, 0xf98, 3);
	d = fx_open(p, 0x2000);
	CHECK_EQ(d->kind, NTR_KIND_HEADER);
	CHECK(d->complete);
	CHECK_EQ(d->runs.n, 0);
	CHECK_EQ(d->notes.n, 0);
	CHECK_EQ(d->meta.bugcheck, 0xd1);
	ntr_dump_close(d);
	free(p);
}

static void unwritten_type_is_full(void)
{
	static const uint32_t type[] = { 0, 0x45474150, 7 };

	for (size_t i = 0; i < 3; i++) {
		uint8_t *p = full();
		struct ntr_dump *d;

		put32(p, 0xf98, type[i]);
		d = fx_open(p, FULL_LEN);
		CHECK_EQ(d->kind, NTR_KIND_FULL);
		CHECK(d->complete);
		CHECK_EQ(page_byte(d, 0x80), 0x80);
		ntr_dump_close(d);
		free(p);
	}
}

static void comment_and_cleaning(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;

	memcpy(p + 0xfb0, "first\033[31m\0", 12);
	d = fx_open(p, FULL_LEN);
	CHECK_STR(d->meta.comment, "first?[31m");
	ntr_dump_close(d);
	free(p);
}

static void blank_context_is_absent(void)
{
	uint8_t *p = full();
	struct ntr_dump *d;

	fx_fill(p + 0x348, 3000);
	memset(p + 0xf00, 0, 0x98);
	d = fx_open(p, FULL_LEN);
	CHECK_EQ(d->context.len, 0);
	CHECK_EQ(d->exception.len, 0);
	ntr_dump_close(d);
	free(p);
}

static void what_is_not_one(void)
{
	static const char *const text[] = { "PAGE", "PAGEDU64", "PAGEDUMP",
					    "PAGEPAGEPAGEPAGE" };
	struct ntr_dump *d;
	struct ntr_err e;

	for (size_t i = 0; i < 4; i++) {
		e.msg[0] = 0;
		CHECK(fx_open_fd(bytes_fd(text[i], strlen(text[i]),
					  strlen(text[i])), &d, &e));
		CHECK(strlen(e.msg) > 10);
	}
}

/* A second word that is neither tag: the machine tells the width. */
static void unfinished_32_bit_header_is_not_64(void)
{
	uint8_t *p = malloc(0x2000);
	struct ntr_dump *d;

	fx_header32(p, 1);
	memset(p + 0x1000, 1, 0x1000);
	put32(p, 0x04, 0);
	put32(p, 0x64, 1);
	put32(p, 0x68, 1);
	put32(p, 0x6c, 0);
	put32(p, 0x70, 1);
	d = fx_open(p, 0x2000);
	CHECK_STR(d->fmt->name, "dmp32");
	CHECK_NOTE(d, "instead of \"DUMP\"");
	ntr_dump_close(d);
	free(p);
}

/* --- RDMP ------------------------------------------------------------------ */

#define RDMP_LEN (0x3000 + 5 * 0x1000)
static uint8_t *rdmp(uint32_t type)
{
	uint8_t *p = calloc(1, RDMP_LEN);

	fx_header64(p, type);
	put32(p, 0x2000, 0x40);
	memcpy(p + 0x2004, "RDMPDUMP", 8);
	put64(p, 0x2010, 0xfe0); /* 0x3000 - 0x2040 + 0x20 */
	put64(p, 0x2018, 0x3000);
	put32(p, 0x2020, 2);
	put64(p, 0x2028, 5);
	put64(p, 0x2030, 0x20);
	put64(p, 0x2038, 3);
	put64(p, 0x2040, 0x40);
	put64(p, 0x2048, 2);
	for (unsigned i = 0; i < 5; i++)
		memset(p + 0x3000 + i * 0x1000,
		       (int)(i < 3 ? 0x20 + i : 0x3d + i), 0x1000);
	return p;
}

static void range_dumps(void)
{
	for (uint32_t type = 8; type <= 10; type++) {
		uint8_t *p = rdmp(type);
		struct ntr_dump *d = fx_open(p, RDMP_LEN);

		CHECK_EQ(d->kind, NTR_KIND_RANGES);
		CHECK(d->complete);
		CHECK_EQ(d->notes.n, 0);
		CHECK_EQ(d->runs.n, 2);
		CHECK_EQ(page_byte(d, 0x22), 0x22);
		CHECK_EQ(page_byte(d, 0x40), 0x40);
		CHECK_EQ(page_byte(d, 0x41), 0x41);
		CHECK_EQ(page_byte(d, 0x42), 0xffff);
		fx_sane(d);
		ntr_dump_close(d);
		free(p);
	}
}

static void range_dump_truncated(void)
{
	uint8_t *p = rdmp(8);

	struct ntr_dump *d = fx_open(p, 0x2018);

	CHECK_NOTE(d, "0x2000: the RDMP header is cut off");
	CHECK_EQ(d->kind, NTR_KIND_RANGES);
	ntr_dump_close(d);
	fx_every_cut(p, RDMP_LEN, 0x60, 0x60, 41);
	free(p);
}

static void range_dump_damaged(void)
{
	static const struct {
		unsigned off;
		uint64_t v;
		const char *note;
	} bad[] = {
		{ 0x2010, 0xff0, "metadata of 0xff0 bytes" },
		{ 0x2018, 0x2010, "first page at file offset 0x2010" },
		{ 0x2018, UINT64_MAX, "cannot be" },
		{ 0x2028, 4, "more than the 4 pages" },
		{ 0x2028, 6, "6 pages promised" },
		{ 0x2040, UINT64_MAX, "beyond any machine" },
		{ 0x2048, UINT64_C(1) << 41, "beyond any machine" },
		{ 0x2004, 0, "no RDMP header" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *p = rdmp(10);
		struct ntr_dump *d;

		put64(p, bad[i].off, bad[i].v);
		d = fx_open(p, RDMP_LEN);
		CHECK_NOTE(d, bad[i].note);
		fx_sane(d);
		ntr_dump_close(d);
		free(p);
	}
}

/* --- secondary data -------------------------------------------------------- */

static void blobs_after_a_full_dump(void)
{
	size_t len = FULL_LEN + 0x10 + 0x20 + 4 + 5 + 3 + 0x20;
	uint8_t *p = realloc(full(), len), *b = p + FULL_LEN;
	struct ntr_dump *d;

	memset(b, 0, len - FULL_LEN);
	memcpy(b, "DumpBlob", 8);
	put32(b, 0x08, 0x10);
	put32(b, 0x0c, 0xf0004a61);
	put32(b, 0x10, 0x20);
	memcpy(b + 0x14, "\xd2\x40\x3b\xe8\xa0\xb0\x42\x48"
	       "\xab\xea\x71\xc9\xe3\x46\x3d\xd1", 16);
	put32(b, 0x24, 5);
	put32(b, 0x28, 4);
	put32(b, 0x2c, 3);
	memcpy(b + 0x34, "hello", 5);
	put32(b, 0x3c, 0x20);
	d = fx_open(p, len);
	CHECK(d->complete);
	CHECK_EQ(d->blobs.n, 2);
	CHECK_STR(d->blobs.v[0].name, "ACPI tables");
	CHECK_EQ(d->blobs.v[0].loc.off, 0x8034);
	CHECK_EQ(d->blobs.v[0].loc.len, 5);
	CHECK_EQ(d->blobs.v[1].loc.len, 0);
	ntr_dump_close(d);

	/* Cut inside: only behind the data of a blob is nothing missed. */
	for (size_t cut = FULL_LEN + 0x11; cut < len; cut++) {
		d = fx_open(p, cut);
		CHECK_EQ(d->complete, cut >= FULL_LEN + 0x39 &&
			 cut <= FULL_LEN + 0x3c);
		CHECK_EQ(d->notes.n, !d->complete);
		CHECK_EQ(page_byte(d, 0x80), 0x80);
		fx_sane(d);
		ntr_dump_close(d);
	}

	put32(b, 0x24, 0xfffffff0);
	d = fx_open(p, len);
	CHECK(!d->complete);
	CHECK_EQ(d->blobs.n, 1);
	CHECK_NOTE(d, "0x8010: secondary data of 0xfffffff0 bytes");
	fx_sane(d);
	ntr_dump_close(d);

	put32(b, 0x10, 0);
	d = fx_open(p, len);
	CHECK_NOTE(d, "0x8010: secondary data header of 0x0 bytes");
	CHECK_EQ(d->blobs.n, 0);
	ntr_dump_close(d);
	free(p);
}

int main(void)
{
	RUN(full_dump);
	RUN(every_truncation);
	RUN(truncated_says_what_is_missing);
	RUN(cut_header_has_no_kind);
	RUN(filler_is_not_a_value);
	RUN(half_written_parameter);
	RUN(odd_headers_are_noted);
	RUN(damaged_run_descriptor);
	RUN(fallback_run_is_flagged);
	RUN(empty_run_is_legal);
	RUN(most_runs_that_fit);
	RUN(ia64_pages);
	RUN(header_only);
	RUN(unwritten_type_is_full);
	RUN(comment_and_cleaning);
	RUN(blank_context_is_absent);
	RUN(what_is_not_one);
	RUN(unfinished_32_bit_header_is_not_64);
	RUN(range_dumps);
	RUN(range_dump_truncated);
	RUN(range_dump_damaged);
	RUN(blobs_after_a_full_dump);
	return test_done();
}
