// SPDX-License-Identifier: Apache-2.0
/* Program databases made here: each question, each damaged field. */
#include "pdb_made.h"

#include "../fuzz/fuzz_symsrc.h"
#include "base/record.h"
#include "sym/pdb.h"

static struct made m;

/* Opens what m has by now. */
static struct ntr_symsrc *open_made(struct ntr_err *e)
{
	size_t len;
	uint8_t *f = made_pdb(&m, &len);
	struct ntr_symsrc *s = fuzz_open(f, len, NULL, e);

	free(f);
	return s;
}

static struct ntr_symsrc *good(void)
{
	struct ntr_err e = { "" };
	struct ntr_symsrc *s = open_made(&e);

	if (!s)
		TEST_FAIL("open: %s", e.msg);
	return s;
}

#define OPENED(s)                     \
	made_streams(&m);             \
	struct ntr_symsrc *s = good(); \
	if (!s)                       \
		return

static void identity(void)
{
	OPENED(s);
	CHECK(s->id.has_guid && !s->id.has_sig);
	CHECK_EQ(s->id.guid[0], 0xa0);
	CHECK_EQ(s->id.guid[15], 0xaf);
	CHECK_EQ(s->id.age, 3); /* of DBI; the info stream has 7 */
	CHECK_EQ(s->machine, 0x14c);
	CHECK_EQ(s->ptr_size, 4);
	CHECK_STR(s->ops->name, "pdb");
	ntr_symsrc_close(s);
}

static void only_headers_are_read_at_open(void)
{
	OPENED(s);
	for (unsigned i = 5; i < 13; i++)
		CHECK(!ntr_pdb_of(s)->msf.stream[i].data);
	ntr_symsrc_close(s);
}

static void by_address(void)
{
	static const struct {
		uint64_t at, rva, size;
		enum ntr_symkind kind;
		const char *name;
	} want[] = {
		{ 0x1000, 0x1000, 0x40, NTR_SYM_FUNC, "Entry" },
		{ 0x103f, 0x1000, 0x40, NTR_SYM_FUNC, "Entry" },
		{ 0x1040, 0x1040, 0x20, NTR_SYM_FUNC, "inner" },
		{ 0x1065, 0x1060, 6, NTR_SYM_FUNC, "thk" },
		{ 0x1066, 0x1000, 0, NTR_SYM_PUBLIC, "_Entry@4" },
		{ 0x1080, 0x1080, 0, NTR_SYM_PUBLIC, "_Other" },
		{ 0x11ff, 0x1080, 0, NTR_SYM_PUBLIC, "_Other" },
		{ 0x2020, 0x2010, 0, NTR_SYM_PUBLIC, "_Data" },
	};
	struct ntr_symbol got;

	OPENED(s);
	for (size_t i = 0; i < NTR_COUNT(want); i++) {
		CHECK_EQ(ntr_symsrc_at(s, want[i].at, &got, NULL), NTR_OK);
		CHECK_STR(got.name, want[i].name);
		CHECK_EQ(got.rva, want[i].rva);
		CHECK_EQ(got.size, want[i].size);
		CHECK_EQ(got.kind, want[i].kind);
		CHECK_EQ(got.code, want[i].at < 0x2000);
	}
	/* Not across the border of a section, nor outside all. */
	CHECK_EQ(ntr_symsrc_at(s, 0x2008, &got, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_at(s, 0xfff, &got, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_at(s, 0x3000, &got, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_at(s, UINT64_C(0x100001000), &got, NULL),
		 NTR_ABSENT);
	ntr_symsrc_close(s);
}

static void modules_are_read_when_asked_for(void)
{
	struct ntr_symbol got;

	OPENED(s);
	CHECK_EQ(ntr_symsrc_at(s, 0x2020, &got, NULL), NTR_OK);
	CHECK(!ntr_pdb_of(s)->msf.stream[9].data);
	CHECK_EQ(ntr_symsrc_at(s, 0x1020, &got, NULL), NTR_OK);
	CHECK(ntr_pdb_of(s)->msf.stream[9].data);
	ntr_symsrc_close(s);
}

static void by_name(void)
{
	static const struct { const char *ask, *name; uint64_t rva; } want[] = {
		{ "Entry", "Entry", 0x1000 },       /* the procedure */
		{ "_Entry@4", "_Entry@4", 0x1000 },
		{ "Other", "_Other", 0x1080 },      /* without decoration */
		{ "Data", "Data", 0x2010 },
		{ "_Data", "_Data", 0x2010 },
	};
	struct ntr_symbol got;
	struct ntr_err e;

	OPENED(s);
	for (size_t i = 0; i < NTR_COUNT(want); i++) {
		CHECK_EQ(ntr_symsrc_named(s, want[i].ask, &got, NULL), NTR_OK);
		CHECK_STR(got.name, want[i].name);
		CHECK_EQ(got.rva, want[i].rva);
	}
	CHECK_EQ(ntr_symsrc_named(s, "nowhere", &got, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "nowhere");
	CHECK_EQ(ntr_pdb_of(s)->psi_once.st, NTR_OK);
	ntr_symsrc_close(s);
}

static void undecorated_names_of_all_kinds(void)
{
	static const struct { const char *ask, *name; } want[] = {
		{ "Std", "_Std@12" }, { "Fast", "@Fast@8" },
		{ "f", "?f@@YAXXZ" }, { "A::g", "?g@A@@QAEXXZ" },
		{ "A::B::h", "?h@B@A@@QAEXXZ" },
	};
	struct ntr_symbol got;
	struct ntr_symsrc *s;

	made_streams(&m);
	for (unsigned i = 0; i < NTR_COUNT(want); i++)
		made_pub(&m.s[8], 2, 0x90 + i, 1, want[i].name);
	m.s[7].n = 0; /* and without the table of publics */
	s = good();
	for (unsigned i = 0; s && i < NTR_COUNT(want); i++) {
		CHECK_EQ(ntr_symsrc_named(s, want[i].ask, &got, NULL), NTR_OK);
		CHECK_STR(got.name, want[i].name);
		CHECK_EQ(got.rva, 0x1090 + i);
	}
	ntr_symsrc_close(s);
}

static bool count_symbols(void *ctx, const struct ntr_symbol *sym)
{
	unsigned *n = ctx;

	n[sym->kind]++;
	return sym->name[0];
}

static bool first_only(void *ctx, const struct ntr_symbol *sym)
{
	(void)sym;
	++*(unsigned *)ctx;
	return false;
}

static void all_symbols(void)
{
	unsigned n[8] = { 0 }, one = 0;

	OPENED(s);
	CHECK_EQ(ntr_symsrc_each(s, count_symbols, n, NULL), NTR_OK);
	CHECK_EQ(n[NTR_SYM_PUBLIC], 3);
	CHECK_EQ(n[NTR_SYM_FUNC], 3);
	CHECK_EQ(n[NTR_SYM_DATA], 1);
	CHECK_EQ(n[NTR_SYM_LABEL], 1);
	CHECK_EQ(ntr_symsrc_each(s, first_only, &one, NULL), NTR_OK);
	CHECK_EQ(one, 1);
	ntr_symsrc_close(s);
}

static bool count_lines(void *ctx, const struct ntr_line *l)
{
	*(unsigned *)ctx += l->line;
	return true;
}

static void lines(void)
{
	struct ntr_line got;
	unsigned sum = 0;

	OPENED(s);
	CHECK_EQ(ntr_symsrc_line(s, 0x1007, &got, NULL), NTR_OK);
	CHECK_STR(got.file, "a.c");
	CHECK_EQ(got.line, 10);
	CHECK_EQ(got.rva, 0x1000);
	CHECK_EQ(got.size, 8);
	/* 0xfeefee: no line */
	CHECK_EQ(ntr_symsrc_line(s, 0x1008, &got, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_line(s, 0x103f, &got, NULL), NTR_OK);
	CHECK_EQ(got.line, 12);
	CHECK_EQ(got.size, 0x30);
	/* C11: the end is that of the last byte */
	CHECK_EQ(ntr_symsrc_line(s, 0x105f, &got, NULL), NTR_OK);
	CHECK_STR(got.file, "b.asm");
	CHECK_EQ(got.line, 71);
	CHECK_EQ(got.rva, 0x1048);
	CHECK_EQ(got.size, 0x18);
	CHECK_EQ(ntr_symsrc_line(s, 0x1060, &got, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_each_line(s, count_lines, &sum, NULL), NTR_OK);
	CHECK_EQ(sum, 10 + 12 + 70 + 71);
	ntr_symsrc_close(s);
}

static void frames(void)
{
	struct ntr_uwrec u;

	OPENED(s);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1002, &u, NULL), NTR_OK);
	CHECK_EQ(u.kind, NTR_UW_FRAMEDATA);
	CHECK_EQ(u.rva, 0x1000);
	CHECK_EQ(u.size, 0x40);
	CHECK_EQ(u.prolog, 3);
	CHECK_EQ(u.params, 4);
	CHECK_EQ(u.locals, 8);
	CHECK_EQ(u.max_stack, 0x10);
	CHECK(u.has_seh && u.function_start);
	CHECK_STR(u.program, "$T0 ^ ");
	/* the record that begins last */
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1003, &u, NULL), NTR_OK);
	CHECK_EQ(u.rva, 0x1003);
	CHECK_EQ(u.saved_regs, 4);
	CHECK(!u.function_start);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1060, &u, NULL), NTR_OK);
	CHECK_EQ(u.kind, NTR_UW_FPO);
	CHECK_EQ(u.locals, 8);
	CHECK_EQ(u.params, 4);
	CHECK_EQ(u.saved_regs, 8);
	CHECK_EQ(u.prolog, 3);
	CHECK(u.uses_ebp && !u.has_seh);
	CHECK_EQ(u.frame, NTR_FPO_FPO);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1066, &u, NULL), NTR_ABSENT);
	ntr_symsrc_close(s);
}

/* Frame records in the module (0xF5) when there is no stream of them. */
static void frames_of_a_module(void)
{
	struct made_stream *s = &m.s[9];
	struct ntr_uwrec u;
	struct ntr_symsrc *src;

	made_streams(&m);
	m.s[12].n = 0;
	put16(m.s[3].d, m.s[3].n - 22 + 9 * 2, 0xffff);
	m32(s, 0xf5);
	m32(s, 36);
	m32(s, 0x1000);
	made_frame(s, 0x20, 0x10, 1, 0, 4);
	put32(m.s[3].d, 0x40 + 0x2c,
	      ntr_load_u32(m.s[3].d + 0x40 + 0x2c) + 44);
	src = good();
	CHECK(src != NULL);
	CHECK_EQ(ntr_symsrc_unwind(src, 0x1025, &u, NULL), NTR_OK);
	CHECK_EQ(u.rva, 0x1020);
	CHECK_EQ(u.size, 0x10);
	ntr_symsrc_close(src);
}

/* Names with their length in front, 16-bit types, hidden names. */
static void old_records(void)
{
	struct made_stream *s = &m.s[8];
	struct ntr_symbol got, again;
	struct ntr_symsrc *src;
	uint32_t at;

	made_streams(&m);
	m.s[6].n = m.s[7].n = s->n = 0;
	at = rec_begin(s, 0x1009);
	m32(s, 2);
	m32(s, 0x90);
	m16(s, 1);
	m8(s, 3);
	memcpy(s->d + s->n, "OldNEXT", 7); /* no end behind the name */
	s->n += 3;
	rec_end(s, at);
	at = rec_begin(s, 0x0400); /* its name lies behind it */
	m32(s, 0);
	m32(s, 4);
	m32(s, 1);
	rec_end(s, at);
	m8(s, 5);
	memcpy(s->d + s->n, "Entry", 5);
	s->n += 5;
	malign(s);
	at = rec_begin(s, 0x0202);
	m32(s, 0x20);
	m16(s, 2);
	m16(s, 0x74);
	m8(s, 4);
	memcpy(s->d + s->n, "Word", 4);
	s->n += 4;
	rec_end(s, at);
	src = good();
	CHECK(src != NULL);
	CHECK_EQ(ntr_symsrc_at(src, 0x1091, &got, NULL), NTR_OK);
	CHECK_STR(got.name, "Old");
	CHECK_EQ(ntr_symsrc_at(src, 0x1092, &again, NULL), NTR_OK);
	CHECK(got.name == again.name); /* one copy, however often */
	CHECK_EQ(ntr_symsrc_named(src, "Word", &got, NULL), NTR_OK);
	CHECK_EQ(got.rva, 0x2020);
	CHECK_EQ(got.type, 0x74);
	CHECK_EQ(ntr_symsrc_at(src, 0x20ff, &got, NULL), NTR_OK);
	CHECK_STR(got.name, "Word");
	ntr_symsrc_close(src);
}

/* OMAP: Entry moved to 3000 in two pieces with bytes put in between. */
static void omap(void)
{
	static const uint32_t from_src[][2] = {
		{ 0x1000, 0x3000 }, { 0x1020, 0x3028 }, { 0x1040, 0 },
		{ 0x1080, 0x1080 }, { 0x2000, 0x80000000 },
	}, to_src[][2] = {
		{ 0x1080, 0x1080 }, { 0x2000, 0 }, { 0x3000, 0x1000 },
		{ 0x3020, 0 }, { 0x3028, 0x1020 }, { 0x3048, 0 },
	};
	struct ntr_symbol got;
	struct ntr_line line;
	struct ntr_uwrec u;
	struct ntr_symsrc *s;

	made_streams(&m);
	for (size_t i = 0; i < NTR_COUNT(from_src); i++) {
		m32(&m.s[14], from_src[i][0]);
		m32(&m.s[14], from_src[i][1]);
	}
	for (size_t i = 0; i < NTR_COUNT(to_src); i++) {
		m32(&m.s[13], to_src[i][0]);
		m32(&m.s[13], to_src[i][1]);
	}
	put16(m.s[3].d, m.s[3].n - 22 + 3 * 2, 13);
	put16(m.s[3].d, m.s[3].n - 22 + 4 * 2, 14);
	s = good();
	CHECK(s != NULL);
	CHECK_EQ(ntr_symsrc_at(s, 0x3030, &got, NULL), NTR_OK);
	CHECK_STR(got.name, "Entry");
	CHECK_EQ(got.rva, 0x3000);
	CHECK_EQ(got.size, 0x48);
	CHECK_EQ(ntr_symsrc_at(s, 0x3024, &got, NULL), NTR_OK);
	CHECK_STR(got.name, "Entry");
	CHECK_EQ(ntr_symsrc_named(s, "_Other", &got, NULL), NTR_OK);
	CHECK_EQ(got.rva, 0x1080);
	/* what is not in the image any more */
	CHECK_EQ(ntr_symsrc_named(s, "_Data", &got, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_at(s, 0x2010, &got, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_line(s, 0x3028, &line, NULL), NTR_OK);
	CHECK_EQ(line.line, 12);
	CHECK_EQ(line.rva, 0x3010);
	CHECK_EQ(line.size, 0x38);
	CHECK_EQ(ntr_symsrc_unwind(s, 0x3030, &u, NULL), NTR_OK);
	CHECK_EQ(u.rva, 0x3003);
	ntr_symsrc_close(s);
}

static void block_sizes(void)
{
	struct ntr_symbol got;
	struct ntr_err e;
	struct ntr_symsrc *s;

	made_streams(&m);
	for (m.block = 512; m.block <= 32768; m.block *= 2) {
		s = good();
		CHECK(s && !ntr_symsrc_named(s, "Entry", &got, NULL));
		ntr_symsrc_close(s);
	}
	m.block = 256;
	CHECK(!open_made(&e));
	CHECK_HAS(e.msg, "block size 256");
	m.block = 65536;
	CHECK(!open_made(&e));
	CHECK_HAS(e.msg, "block size 65536");
}

/* --- damage ------------------------------------------------------------------------ */

/* The file with a u32 changed; the error of at(), or that of open(). */
static enum ntr_st at_of(size_t off, uint32_t v, uint64_t rva,
			 struct ntr_symbol *got, struct ntr_err *e)
{
	enum ntr_st st = NTR_USAGE;
	struct ntr_symsrc *s;
	size_t len;
	uint8_t *f;

	made_streams(&m);
	f = made_pdb(&m, &len);
	put32(f, off, v);
	s = fuzz_open(f, len, NULL, e);
	free(f);
	if (s)
		st = ntr_symsrc_at(s, rva, got, e);
	if (s)
		ntr_symsrc_close(s);
	return st;
}

enum { DIR = 4 * 512 }; /* where the directory is */
static size_t size_at(unsigned stream)
{
	return DIR + 4 + 4 * stream;
}
/* The first block number of a stream. */
static size_t block_at(unsigned stream)
{
	size_t n = 0;

	for (unsigned i = 0; i < stream; i++)
		n += (m.s[i].n + 511) / 512;
	return DIR + 4 + 4 * MADE_STREAMS + 4 * n;
}

static void damaged_streams_alone(void)
{
	struct ntr_symbol got;
	struct ntr_err e;

	made_streams(&m);
	/* Of the symbol records a block number out of range: modules remain. */
	CHECK_EQ(at_of(block_at(8), 5000, 0x1080, &got, &e), NTR_BAD);
	CHECK_HAS(e.msg, "stream 8");
	CHECK_HAS(e.msg, "not in the file");
	CHECK_EQ(at_of(block_at(8), 5000, 0x1010, &got, &e), NTR_OK);
	/* Block 0 is the superblock. */
	CHECK_EQ(at_of(block_at(8), 0, 0x1080, &got, &e), NTR_BAD);
	/* Of the module: publics remain. */
	CHECK_EQ(at_of(block_at(9), 5000, 0x1010, &got, &e), NTR_OK);
	CHECK_EQ(got.kind, NTR_SYM_PUBLIC);
	/* A stream that another has already. */
	CHECK_EQ(at_of(block_at(8), 5, 0x1080, &got, &e), NTR_BAD);
	CHECK_HAS(e.msg, "belongs to another stream");
	/* One that claims gigabytes, and so those behind it. */
	CHECK_EQ(at_of(size_at(8), 0x80000000, 0x1080, &got, &e), NTR_BAD);
	CHECK_HAS(e.msg, "stream 8");
	/* The section headers: nothing has an address. */
	CHECK_EQ(at_of(block_at(5), 5000, 0x1080, &got, &e), NTR_BAD);
	CHECK_HAS(e.msg, "section headers");
	/* One that is not there. */
	CHECK_EQ(at_of(size_at(14), UINT32_MAX, 0x1080, &got, &e), NTR_OK);
}

static void damaged_directory(void)
{
	static const struct { size_t off; uint32_t v; const char *text; } bad[] = {
		{ 0x20, 777, "block size 777" },
		{ 0x28, 0, "no blocks" },
		{ 0x2c, 0, "directory of 0x0 bytes" },
		{ 0x2c, 0x7fffffff, "directory of 0x7fffffff bytes" },
		{ 0x34, 0, "block 0" },
		{ 0x34, 0x10000, "block 65536" },
		{ 3 * 512, 0, "block 0" },
		{ 3 * 512, 0xffffffff, "block 4294967295" },
		{ DIR, 0x1000000, "16777216 streams" },
		{ DIR, 5000, "stream sizes" },
	};
	struct ntr_symbol got;
	struct ntr_err e;

	for (size_t i = 0; i < NTR_COUNT(bad); i++) {
		CHECK_EQ(at_of(bad[i].off, bad[i].v, 0x1000, &got, &e),
			 NTR_USAGE);
		CHECK_HAS(e.msg, bad[i].text);
		CHECK_HAS(e.msg, "fuzz");
	}
}

/* Where the tables are damaged the records themselves are read. */
static void damaged_shortcuts(void)
{
	static const struct { unsigned stream; size_t off; } bad[] = {
		{ 7, 0 }, { 7, 4 }, { 7, 28 }, { 7, 32 }, { 7, 36 }, { 7, 40 },
		{ 7, 44 }, { 7, 60 }, { 7, 28 + 16 + 24 + 516 }, { 7, 28 + 16 },
		{ 6, 0 }, { 6, 8 }, { 6, 12 }, { 6, 16 }, { 6, 24 },
	};
	struct ntr_symbol got;
	struct ntr_symsrc *s;

	for (size_t i = 0; i < NTR_COUNT(bad); i++) {
		made_streams(&m);
		put32(m.s[bad[i].stream].d, bad[i].off, 0x7ffffffc);
		s = good();
		CHECK(s != NULL);
		CHECK_EQ(ntr_symsrc_named(s, "_Other", &got, NULL), NTR_OK);
		CHECK_EQ(got.rva, 0x1080);
		CHECK_EQ(ntr_symsrc_named(s, "Entry", &got, NULL), NTR_OK);
		CHECK_EQ(got.rva, 0x1000);
		CHECK_EQ(ntr_symsrc_at(s, 0x1085, &got, NULL), NTR_OK);
		CHECK_STR(got.name, "_Other");
		ntr_symsrc_close(s);
	}
	/* The address map names a record that is no public. */
	made_streams(&m);
	put32(m.s[7].d, m.s[7].n - 8, 2);
	s = good();
	CHECK(s && !ntr_symsrc_at(s, 0x1085, &got, NULL));
	CHECK_STR(got.name, "_Other");
	ntr_symsrc_close(s);
}

static void damaged_dbi(void)
{
	struct ntr_symbol got;
	struct ntr_err e;
	struct ntr_symsrc *s;

	made_streams(&m);
	m.s[3].n = 30;
	s = good(); /* types could be read yet */
	CHECK(s != NULL);
	CHECK_EQ(ntr_symsrc_at(s, 0x1000, &got, &e), NTR_BAD);
	CHECK_HAS(e.msg, "fuzz stream 3");
	CHECK_EQ(s->id.age, 7);
	ntr_symsrc_close(s);
	/* Contributions of an unknown version: every module is looked at. */
	made_streams(&m);
	put32(m.s[3].d, 0x40 + ntr_load_u32(m.s[3].d + 0x18), 1234);
	s = good();
	CHECK(s && !ntr_symsrc_at(s, 0x1050, &got, NULL));
	CHECK_STR(got.name, "inner");
	ntr_symsrc_close(s);
	/* Module info larger than the stream: no modules, no sections. */
	made_streams(&m);
	put32(m.s[3].d, 0x18, 0x7fffffff);
	s = good();
	CHECK(s && ntr_symsrc_at(s, 0x1050, &got, NULL));
	ntr_symsrc_close(s);
}

static void contributions_all_over(void)
{
	struct ntr_symbol got;
	struct ntr_symsrc *s;
	size_t at;

	made_streams(&m);
	at = 0x40 + ntr_load_u32(m.s[3].d + 0x18) + 4;
	put32(m.s[3].d, at + 4, 0xfffffff0);      /* wraps */
	put32(m.s[3].d, at + 8, 0xffffffff);
	put16(m.s[3].d, at + 28 + 12 + 4, 0xffff); /* no such module */
	s = good();
	CHECK(s && !ntr_symsrc_at(s, 0x1000, &got, NULL));
	CHECK_STR(got.name, "_Entry@4");
	ntr_symsrc_close(s);
}

static unsigned long sink;

/* Each in a block of its own, so that a sanitizer sees a read past it. */
static void every_truncation(void)
{
	struct ntr_symsrc *s;
	size_t len, opened = 0;
	uint8_t *f;

	made_streams(&m);
	f = made_pdb(&m, &len);
	for (size_t n = 0; n < len; n += n < 64 ? 1 : 37) {
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, f, n);
		s = fuzz_open(cut, n, NULL, NULL);
		opened += s != NULL;
		if (s)
			sink += fuzz_ask(s);
		ntr_symsrc_close(s);
		free(cut);
	}
	CHECK(opened > 10);
	free(f);
}

static void every_byte_changed(void)
{
	static const uint8_t with[] = { 0x00, 0xff, 0x7f };
	struct ntr_symsrc *s;
	size_t len, refused = 0;
	uint8_t *f;

	made_streams(&m);
	f = made_pdb(&m, &len);
	for (size_t i = 0; i < len; i++) {
		uint8_t was = f[i];

		if (!was && i % 16) /* most are padding */
			continue;
		f[i] = with[i % 3] == was ? (uint8_t)~was : with[i % 3];
		s = fuzz_open(f, len, NULL, NULL);
		refused += !s;
		if (s)
			sink += fuzz_ask(s);
		ntr_symsrc_close(s);
		f[i] = was;
	}
	CHECK(refused > 20);
	free(f);
}

/* The fuzzer's seeds are this very file, and its streams one by one (see
 * fuzz_pdb.c); NTR_WRITE_SEED=1 writes them. */
static void same_seed(const char *name, const uint8_t *want, size_t len)
{
	static uint8_t seed[65536];
	char path[200];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/fuzz_pdb/%s", name);
	f = getenv("NTR_WRITE_SEED") ? fopen(path, "wb") : NULL;
	if (f) {
		CHECK_EQ(fwrite(want, 1, len, f), len);
		fclose(f);
	}
	f = fopen(path, "rb");
	if (f) {
		n = fread(seed, 1, sizeof(seed), f);
		fclose(f);
	}
	CHECK_EQ(n, len);
	CHECK(!memcmp(seed, want, len));
}

static void the_seeds_are_the_fixture(void)
{
	static uint8_t streams[65536];
	size_t len, n = 0;
	uint8_t *f;

	made_streams(&m);
	f = made_pdb(&m, &len);
	same_seed("made", f, len);
	free(f);
	for (size_t i = 0; i < MADE_STREAMS; i++) {
		put16(streams, n, (uint16_t)m.s[i].n);
		memcpy(streams + n + 2, m.s[i].d, m.s[i].n);
		n += 2 + m.s[i].n;
	}
	same_seed("streams", streams, n);
}

int main(void)
{
	RUN(identity);
	RUN(only_headers_are_read_at_open);
	RUN(by_address);
	RUN(modules_are_read_when_asked_for);
	RUN(by_name);
	RUN(undecorated_names_of_all_kinds);
	RUN(all_symbols);
	RUN(lines);
	RUN(frames);
	RUN(frames_of_a_module);
	RUN(old_records);
	RUN(omap);
	RUN(block_sizes);
	RUN(damaged_streams_alone);
	RUN(damaged_directory);
	RUN(damaged_shortcuts);
	RUN(damaged_dbi);
	RUN(contributions_all_over);
	RUN(every_truncation);
	RUN(every_byte_changed);
	RUN(the_seeds_are_the_fixture);
	return test_done();
}
