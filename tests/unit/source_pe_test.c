// SPDX-License-Identifier: Apache-2.0
/* Images as a source of symbols: made ones with literal offsets. */
#include "sym/source_pe.h"

#include "../fuzz/fuzz.h"
#include "dbg_image.h"
#include "fmt/dump.h"

/*
 * An x64 image of 0x6000 bytes: .text 0x1000 (file 0x400, 0x400 bytes, 0x3f8
 * of them in use), .rdata 0x2000 (file 0x800, 0x600), .pdata 0x3000 (file
 * 0xe00, 0x200), .data 0x4000 (no bytes, 0x1000).
 *
 *	0x1000-0x1040  Alpha          exported
 *	0x1040-0x1080                 no name
 *	0x1080-0x1090                 leaf, no name, no entry
 *	0x1090-0x10a0  Leaf           exported, no entry
 *	0x10a0-0x1100  Beta           exported by ordinal 12 only
 *	0x1200-0x1220                 split off from Alpha (chained)
 *	0x4010         Data           exported
 *	forwarder      Gone
 */
enum { FILE_SIZE = 0x1000, IMAGE_SIZE = 0x6000 };
static uint8_t img[FILE_SIZE], mapped[IMAGE_SIZE];

static void section(uint8_t *p, const char *name, uint32_t rva,
		    uint32_t vsize, uint32_t raw, uint32_t raw_size,
		    uint32_t flags)
{
	memcpy(p, name, strlen(name));
	put32(p, 8, vsize);
	put32(p, 12, rva);
	put32(p, 16, raw_size);
	put32(p, 20, raw);
	put32(p, 36, flags);
}

static void headers(uint8_t *f, int machine, int nsections, uint32_t size)
{
	uint8_t *o = f + 0x98;

	f[0] = 'M';
	f[1] = 'Z';
	put32(f, 0x3c, 0x80);
	memcpy(f + 0x80, "PE\0", 4);
	put16(f, 0x84, (uint16_t)machine);
	put16(f, 0x86, (uint16_t)nsections);
	put32(f, 0x88, 0x4a5bc123);
	put16(f, 0x94, 0xf0);
	put16(o, 0, machine == 0x14c ? 0x10b : 0x20b);
	if (machine == 0x14c)
		put32(o, 0x1c, 0x400000);
	else
		put64(o, 0x18, 0x140000000);
	put32(o, 0x38, size);
	put32(o, 0x3c, 0x400);
	put32(o, 0x40, 0xabcd);
	put32(o, machine == 0x14c ? 0x5c : 0x6c, 16);
}

static void exports(uint8_t *x) /* RVA 0x2100 */
{
	static const uint32_t rva[] = { 0x1090, 0x10a0, 0, 0x1000, 0x4010,
					0x21e0 };
	static const struct { uint32_t at; const char *name; int fn; } n[] = {
		{ 0x21a0, "Alpha", 3 }, { 0x21b0, "Data", 4 },
		{ 0x21c0, "Gone", 5 }, { 0x21d0, "Leaf", 0 },
	};

	put32(x, 0x0c, 0x21f0);
	put32(x, 0x10, 11);          /* first ordinal */
	put32(x, 0x14, 6);
	put32(x, 0x18, 4);
	put32(x, 0x1c, 0x2140);
	put32(x, 0x20, 0x2160);
	put32(x, 0x24, 0x2180);
	for (size_t i = 0; i < 6; i++)
		put32(x, 0x40 + 4 * i, rva[i]);
	for (size_t i = 0; i < 4; i++) {
		put32(x, 0x60 + 4 * i, n[i].at);
		put16(x, 0x80 + 2 * i, (uint16_t)n[i].fn);
		memcpy(x + n[i].at - 0x2100, n[i].name, strlen(n[i].name));
	}
	memcpy(x + 0xe0, "NTDLL.Gone", 10);
	memcpy(x + 0xf0, "t.sys", 5);
}

static void make_image(void)
{
	static const uint32_t fn[][3] = {
		{ 0x1000, 0x1040, 0x2300 }, { 0x1040, 0x1080, 0x2300 },
		{ 0x10a0, 0x1100, 0x2300 }, { 0x1200, 0x1220, 0x2310 },
	};
	uint8_t *f = img, *o = f + 0x98;

	memset(f, 0, FILE_SIZE);
	headers(f, 0x8664, 4, IMAGE_SIZE);
	put32(o, 0x70, 0x2100);      /* exports */
	put32(o, 0x74, 0x100);
	put32(o, 0x88, 0x3000);      /* exception directory */
	put32(o, 0x8c, 4 * 12);
	put32(o, 0xa0, 0x2000);      /* debug directory */
	put32(o, 0xa4, 28);
	section(f + 0x188, ".text", 0x1000, 0x3f8, 0x400, 0x400, 0x60000020);
	section(f + 0x1b0, ".rdata", 0x2000, 0x600, 0x800, 0x600, 0x40000040);
	section(f + 0x1d8, ".pdata", 0x3000, 0x30, 0xe00, 0x200, 0x40000040);
	section(f + 0x200, ".data", 0x4000, 0x1000, 0, 0, 0xc0000040);
	memset(f + 0x400, 0xcc, 0x400);
	put32(f, 0x80c, 2);          /* RSDS */
	put32(f, 0x810, 30);
	put32(f, 0x814, 0x2040);
	memcpy(f + 0x840, "RSDS0123456789abcdef\7\0\0\0t.pdb", 30);
	exports(f + 0x900);
	f[0xb00] = 1;                /* unwind info at RVA 0x2300 */
	f[0xb10] = 1 | 4 << 3;       /* chained: 1 code, padded to 2 */
	f[0xb12] = 1;
	for (size_t k = 0; k < 3; k++)
		put32(f, 0xb18 + 4 * k, fn[0][k]);
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 3; k++)
			put32(f, 0xe00 + 12 * i + 4 * k, fn[i][k]);
	memset(mapped, 0, IMAGE_SIZE);
	memcpy(mapped, f, 0x400);
	memcpy(mapped + 0x1000, f + 0x400, 0x400);
	memcpy(mapped + 0x2000, f + 0x800, 0x600);
	memcpy(mapped + 0x3000, f + 0xe00, 0x200);
}

static struct ntr_symsrc *open_bytes(const uint8_t *b, size_t len,
				     enum ntr_st *st, struct ntr_err *e)
{
	struct ntr_symsrc *s = NULL;
	struct ntr_file *f;

	*st = ntr_file_from_fd(&f, ntr_fuzz_fd(b, len), "t.sys", e);
	if (!*st)
		*st = ntr_symsrc_open_file(&s, f, e);
	return *st ? NULL : s;
}

/* Memory with pages missing: bit n of `gone` is page n. */
struct holes {
	struct ntr_space s;
	const uint8_t *b;
	size_t len;
	uint64_t base, gone;
};

static enum ntr_st holes_read(const struct ntr_space *s, uint64_t addr,
			      void *buf, size_t len, struct ntr_err *e)
{
	const struct holes *h = s->impl;
	uint64_t off = addr - h->base;

	if (addr < h->base || off > h->len || len > h->len - off)
		return ntr_fail(e, NTR_ABSENT, "outside");
	for (uint64_t p = off >> 12; len && p <= (off + len - 1) >> 12; p++)
		if (p < 64 && h->gone >> p & 1)
			return ntr_fail(e, NTR_ABSENT, "page is missing");
	memcpy(buf, h->b + off, len);
	return NTR_OK;
}

static struct holes memory;
static struct ntr_symsrc *open_memory(uint64_t gone)
{
	const uint64_t base = 0xfffff80100000000;
	struct ntr_symsrc *s = NULL;
	struct ntr_pe pe;

	memory = (struct holes){ { "memory", holes_read, &memory, NULL },
				 mapped, IMAGE_SIZE, base, gone };
	CHECK_EQ(ntr_pe_open(&pe, &memory.s, base, true, NULL), NTR_OK);
	CHECK_EQ(ntr_symsrc_pe_memory(&s, &pe, NULL), NTR_OK);
	return s;
}

static const char *at(struct ntr_symsrc *s, uint64_t rva)
{
	struct ntr_symbol y;

	return ntr_symsrc_at(s, rva, &y, NULL) ? "-" : y.name;
}

static bool count(void *ctx, const struct ntr_symbol *y)
{
	*(unsigned *)ctx += y->name[0] != 0;
	return true;
}

static void check_all(struct ntr_symsrc *s)
{
	struct ntr_symbol y;
	unsigned n = 0;

	CHECK_STR(s->ops->name, "pe");
	CHECK(s->id.has_image && s->id.has_guid && s->id.has_checksum);
	CHECK_EQ(s->id.timestamp, 0x4a5bc123);
	CHECK_EQ(s->id.image_size, IMAGE_SIZE);
	CHECK_EQ(s->id.checksum, 0xabcd);
	CHECK_EQ(s->id.age, 7);
	CHECK(!memcmp(s->id.guid, "0123456789abcdef", 16));
	CHECK_EQ(s->machine, NTR_MACHINE_AMD64);
	CHECK_EQ(s->ptr_size, 8);
	CHECK_EQ(ntr_symsrc_each(s, count, &n, NULL), NTR_OK);
	CHECK_EQ(n, 4);              /* the forwarder is another's */
	CHECK_EQ(ntr_symsrc_at(s, 0x103f, &y, NULL), NTR_OK);
	CHECK_STR(y.name, "Alpha");
	CHECK_EQ(y.rva, 0x1000);
	CHECK_EQ(y.size, 0x40);
	CHECK_EQ(y.kind, NTR_SYM_EXPORT);
	CHECK(y.code);
	CHECK_STR(at(s, 0xfff), "-");
	CHECK_STR(at(s, 0x1040), "-");      /* a function without a name */
	CHECK_STR(at(s, 0x107f), "-");
	CHECK_STR(at(s, 0x1085), "-");      /* a leaf without a name */
	CHECK_STR(at(s, 0x109f), "Leaf");
	CHECK_STR(at(s, 0x10a0), "Ordinal12");
	CHECK_STR(at(s, 0x10ff), "Ordinal12");
	CHECK_STR(at(s, 0x1100), "-");
	CHECK_STR(at(s, 0x1210), "Alpha");  /* the part split off from it */
	CHECK_STR(at(s, 0x1220), "-");
	CHECK_STR(at(s, 0x2200), "-");      /* another section */
	CHECK_STR(at(s, 0x400f), "-");
	CHECK_STR(at(s, 0x4010), "Data");
	CHECK_STR(at(s, 0x4fff), "Data");
	CHECK_STR(at(s, 0x6000), "-");
	CHECK_STR(at(s, UINT64_C(0x100001000)), "-");
	CHECK_EQ(ntr_symsrc_named(s, "Data", &y, NULL), NTR_OK);
	CHECK(!y.code);
	CHECK_EQ(y.size, 0);
	CHECK_EQ(ntr_symsrc_named(s, "Ordinal12", &y, NULL), NTR_OK);
	CHECK_EQ(ntr_symsrc_named(s, "Gone", &y, NULL), NTR_ABSENT);
}

static void a_file_and_memory(void)
{
	struct ntr_err e = { "" };
	struct ntr_symsrc *s;
	enum ntr_st st;

	make_image();
	s = open_bytes(img, FILE_SIZE, &st, &e);
	CHECK_EQ(st, NTR_OK);
	CHECK_STR(e.msg, "");
	check_all(s);
	ntr_symsrc_close(s);
	s = open_memory(0);
	check_all(s);
	ntr_symsrc_close(s);
}

static void pages_are_missing(void)
{
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	unsigned n = 0;

	make_image();
	s = open_memory(1 << 3);         /* no .pdata: the nearest export */
	CHECK_STR(at(s, 0x1030), "Alpha");
	CHECK_STR(at(s, 0x1050), "Alpha");
	CHECK_EQ(ntr_symsrc_named(s, "Alpha", &y, NULL), NTR_OK);
	CHECK_EQ(y.size, 0);
	ntr_symsrc_close(s);
	s = open_memory(1 << 2);         /* no exports, no debug directory */
	CHECK(!s->id.has_guid && s->id.has_image);
	CHECK_EQ(ntr_symsrc_each(s, count, &n, NULL), NTR_OK);
	CHECK_EQ(n, 0);
	CHECK_EQ(ntr_symsrc_at(s, 0x1000, &y, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_symsrc_named(s, "Alpha", &y, NULL), NTR_ABSENT);
	ntr_symsrc_close(s);
	/* The tables of the exports end in a page that is gone. */
	memcpy(mapped + 0x1f00, mapped + 0x2100, 0x100);
	put32(mapped, 0x98 + 0x70, 0x1f00);
	put32(mapped, 0x1f1c, 0x1f40);
	put32(mapped, 0x1f24, 0x1f80);
	put32(mapped, 0x1f20, 0x1f60);
	put32(mapped, 0x1f60, 0x1fa0);   /* only "Alpha" can be read */
	s = open_memory(1 << 2);
	CHECK_EQ(ntr_symsrc_named(s, "Alpha", &y, NULL), NTR_OK);
	{
		struct ntr_err e = { "" };

		CHECK_EQ(ntr_symsrc_named(s, "Leaf", &y, &e), NTR_ABSENT);
		CHECK_HAS(e.msg, "exports cannot be read");
	}
	ntr_symsrc_close(s);
}

static bool collect(void *ctx, const struct ntr_pe_exported *x)
{
	char *t = ctx;
	size_t n = strlen(t);

	snprintf(t + n, 200 - n, "%s:%u:%x%s%s ", x->name ? x->name : "",
		 x->ordinal, x->rva, x->forward ? ">" : "",
		 x->forward ? x->forward : "");
	return true;
}
static bool only_one(void *ctx, const struct ntr_pe_exported *x)
{
	++*(int *)ctx;
	return x->rva == 0;
}

static void exports_one_by_one(void)
{
	struct ntr_mem_space m;
	char t[200] = "";
	uint32_t missing = 9;
	struct ntr_pe pe;
	int n = 0;

	make_image();
	ntr_mem_space_init(&m, 0, img, FILE_SIZE);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, false, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_exports_each(&pe, collect, t, &missing, NULL), NTR_OK);
	CHECK_STR(t, "Alpha:14:1000 Data:15:4010 Gone:16:21e0>NTDLL.Gone "
		     "Leaf:11:1090 :12:10a0 ");
	CHECK_EQ(missing, 0);
	CHECK_EQ(ntr_pe_exports_each(&pe, only_one, &n, NULL, NULL), NTR_OK);
	CHECK_EQ(n, 1);
	/* Counts that lie: what is there is given, in bounded time. */
	put32(img, 0x914, 0xffffffff);
	put32(img, 0x918, 0xffffffff);
	CHECK_EQ(ntr_pe_exports_each(&pe, collect, (t[0] = 0, t), &missing,
				     NULL), NTR_OK);
	CHECK(!strncmp(t, "Alpha:14:1000 Data:15:4010 ", 27));
	CHECK(missing > 0xff00);
	put32(img, 0x98 + 0x70, 0);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, false, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_exports_each(&pe, collect, t, NULL, NULL), NTR_ABSENT);
}

/* 64 Ki names of 4 KiB each. */
static void names_without_measure(void)
{
	enum { N = 0x10000, SIZE = 0x100000 };
	uint8_t *big = calloc(1, SIZE);
	struct ntr_mem_space m;
	struct ntr_pe pe;
	struct ntr_err e;
	int n = 0;

	headers(big, 0x8664, 0, SIZE);
	put32(big, 0x98 + 0x70, 0x1000);
	put32(big, 0x98 + 0x74, 0x28);
	put32(big, 0x1014, 1);
	put32(big, 0x1018, N);
	put32(big, 0x101c, 0x2000);
	put32(big, 0x1020, 0x10000);
	put32(big, 0x1024, 0x60000);
	put32(big, 0x2000, 0); /* the function does not matter */
	memset(big + 0x3000, 'B', 0x2000);
	for (size_t i = 0; i < N; i++)
		put32(big, 0x10000 + 4 * i, 0x3000);
	ntr_mem_space_init(&m, 0x10000, big, SIZE);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0x10000, true, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_exports_each(&pe, only_one, &n, NULL, &e), NTR_LIMIT);
	CHECK_HAS(e.msg, "names of exports");
	free(big);
}

/* --- a file as memory ------------------------------------------------------------ */

static void a_file_as_memory(void)
{
	const uint64_t base = 0x7ff600000000;
	struct ntr_pe_space ps;
	struct ntr_mem_space m;
	uint8_t b[0x1800];
	struct ntr_pe pe;

	make_image();
	ntr_mem_space_init(&m, 0, img, FILE_SIZE);
	CHECK_EQ(ntr_pe_open(&pe, &m.s, 0, false, NULL), NTR_OK);
	ntr_pe_space_init(&ps, &pe, base, "t.sys as loaded");
	/* Headers, .text and .rdata in one read; zero behind their bytes. */
	CHECK_EQ(ntr_space_read(&ps.s, base + 0x200, b, sizeof(b), NULL),
		 NTR_OK);
	CHECK(!memcmp(b, mapped + 0x200, sizeof(b)));
	CHECK_EQ(ntr_space_read(&ps.s, base + 0x13f8, b, 0x10, NULL), NTR_OK);
	CHECK_EQ(b[0], 0xcc);            /* the file has them */
	CHECK_EQ(b[8], 0);
	CHECK_EQ(ntr_space_read(&ps.s, base + 0x1ff8, b, 0x10, NULL), NTR_OK);
	CHECK_EQ(ntr_space_read(&ps.s, base + 0x4800, b, 0x10, NULL), NTR_OK);
	CHECK_EQ(b[0] | b[15], 0);
	/* Outside sections and outside the image. */
	CHECK_EQ(ntr_space_read(&ps.s, base + 0x5000, b, 1, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_space_read(&ps.s, base + 0x5ff8, b, 0x10, NULL),
		 NTR_ABSENT);
	CHECK_EQ(ntr_space_read(&ps.s, base + 0x6000, b, 1, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_space_read(&ps.s, base - 1, b, 1, NULL), NTR_ABSENT);
	CHECK_EQ(ntr_space_read(&ps.s, base + 0x1000, b, 0, NULL), NTR_OK);
	/* A file cut short: what is gone is absent. */
	ntr_mem_space_init(&m, 0, img, 0x900);
	CHECK_EQ(ntr_space_read(&ps.s, base + 0x2000, b, 0x100, NULL), NTR_OK);
	CHECK_EQ(ntr_space_read(&ps.s, base + 0x2000, b, 0x101, NULL),
		 NTR_ABSENT);
}

/* --- debug data of old times in the image ------------------------------------------ */

static struct dbg_image d;
static struct cv_image c;
static uint8_t old[0x4000];

/* The data of d behind the sections of an x86 image. */
static size_t make_old(void)
{
	memset(old, 0, sizeof(old));
	headers(old, 0x14c, 4, 0x5000);
	put16(old, 0x94, 0xe0);
	put32(old, 0x98 + 0x90, 0x2000);
	put32(old, 0x98 + 0x94, (uint32_t)(28 * d.ndirs));
	section(old + 0x178, ".text", 0x1000, 0x800, 0x400, 0x200, 0x60000020);
	section(old + 0x1a0, ".data", 0x3000, 0x200, 0, 0, 0xc0000040);
	section(old + 0x1c8, "PAGE", 0x4000, 0x400, 0, 0, 0x60000020);
	section(old + 0x1f0, ".rdata", 0x2000, 0x200, 0x600, 0x200,
		0x40000040);
	for (int i = 0; i < d.ndirs; i++) {
		uint8_t *p = old + 0x600 + 28 * i, *q = d.b + 0xc0 + 28 * i;

		memcpy(p, q, 28);
		put32(p, 24, (uint32_t)(q[24] | q[25] << 8) + 0x600);
	}
	memcpy(old + 0x800, d.b + 0x200, d.len - 0x200);
	return 0x600 + d.len;
}

static void linked_with_debug_data(void)
{
	struct ntr_pe_old_debug o;
	struct ntr_symsrc *s;
	struct ntr_symbol y;
	struct ntr_uwrec u;
	struct ntr_type ty;
	struct ntr_line l;
	enum ntr_st st;
	unsigned n = 0;
	uint64_t id;

	dbg_start(&d);
	cv_start(&c, "NB09");
	cv_add_segmap(&c);
	cv_add_syms16(&c);
	cv_add_lines(&c);
	cv_add_types16(&c);
	cv_end(&c, &d);
	dbg_add_coff(&d);
	dbg_add_fpo(&d);
	dbg_add_misc(&d);
	s = open_bytes(old, make_old(), &st, NULL);
	CHECK_EQ(st, NTR_OK);
	CHECK_EQ(ntr_pe_old_debug(ntr_symsrc_pe_image(s), &o, NULL), NTR_OK);
	CHECK_STR(o.codeview, "NB09");
	CHECK_STR(o.dbg, "ntoskrnl.exe");
	CHECK(o.coff && o.fpo && !o.omap && !o.stripped);
	CHECK_EQ(ntr_symsrc_each(s, count, &n, NULL), NTR_OK);
	CHECK_EQ(n, 9);
	CHECK_STR(at(s, 0x1044), "IopFree");
	CHECK_STR(at(s, 0x1012), "_KeBugCheckEx@20");
	CHECK_STR(at(s, 0x1110), "-");   /* its FPO record begins at 0x1100 */
	CHECK_EQ(ntr_symsrc_named(s, "KeBugCheckEx", &y, NULL), NTR_OK);
	CHECK_EQ(y.size, 0x10);          /* from FPO */
	CHECK_EQ(ntr_symsrc_unwind(s, 0x1012, &u, NULL), NTR_OK);
	CHECK_EQ(u.locals, 20);
	CHECK_EQ(ntr_symsrc_line(s, 0x1049, &l, NULL), NTR_OK);
	CHECK_EQ(l.line, 102);
	CHECK_EQ(ntr_symsrc_type_named(s, "_ITEM", &id, NULL), NTR_OK);
	CHECK_EQ(ntr_symsrc_type(s, id, &ty, NULL), NTR_OK);
	CHECK_EQ(ty.size, 20);
	ntr_symsrc_close(s);
}

static void debug_data_that_is_elsewhere(void)
{
	struct ntr_pe_old_debug o;
	struct ntr_pe_debug cv;
	struct ntr_symsrc *s;
	struct ntr_err e;
	enum ntr_st st;
	uint8_t *p;

	dbg_start(&d);
	p = dbg_part(&d, 4, 12 + 12);    /* MISC in UTF-16 */
	put32(p, 0, 1);
	put32(p, 4, 24);
	p[8] = 1;
	for (int i = 0; i < 5; i++)
		p[12 + 2 * i] = (uint8_t)"a.dbg"[i];
	make_old();
	put16(old, 0x96, 0x0202);        /* stripped */
	s = open_bytes(old, sizeof(old), &st, NULL);
	CHECK_EQ(ntr_pe_old_debug(ntr_symsrc_pe_image(s), &o, NULL), NTR_OK);
	CHECK(o.stripped && !o.coff && !o.fpo && !o.codeview[0]);
	CHECK_STR(o.dbg, "a.dbg");
	ntr_symsrc_close(s);
	/* Embedded CodeView names no PDB, and says which form it is. */
	dbg_start(&d);
	memcpy(dbg_part(&d, 2, 16), "NB11", 4);
	s = open_bytes(old, make_old(), &st, NULL);
	CHECK_EQ(ntr_pe_debug(ntr_symsrc_pe_image(s), &cv, &e), NTR_UNSUP);
	CHECK_HAS(e.msg, "NB11");
	ntr_symsrc_close(s);
	/* A directory that claims more than there is. */
	make_image();
	s = open_bytes(img, FILE_SIZE, &st, NULL);
	CHECK_EQ(ntr_pe_old_debug(ntr_symsrc_pe_image(s), &o, NULL),
		 NTR_ABSENT);
	ntr_symsrc_close(s);
	put32(img, 0x98 + 0xa4, 0xffffffff);
	s = open_bytes(img, FILE_SIZE, &st, NULL);
	CHECK_EQ(st, NTR_OK);
	CHECK(s->id.has_guid);
	ntr_symsrc_close(s);
}

/* --- damaged ------------------------------------------------------------------------- */

static void ask_all(struct ntr_symsrc *s)
{
	struct ntr_symbol y;
	struct ntr_line l;
	struct ntr_uwrec u;
	unsigned n = 0;
	uint64_t id;

	for (uint64_t rva = 0xff0; rva < 0x1300; rva += 0x30)
		(void)!ntr_symsrc_at(s, rva, &y, NULL);
	(void)!ntr_symsrc_each(s, count, &n, NULL);
	(void)!ntr_symsrc_named(s, "Alpha", &y, NULL);
	(void)!ntr_symsrc_line(s, 0x1044, &l, NULL);
	(void)!ntr_symsrc_unwind(s, 0x1010, &u, NULL);
	(void)!ntr_symsrc_type_named(s, "_ITEM", &id, NULL);
}

static void every_field(void)
{
	static const uint32_t v[] = { 0, 1, 0x7fffffff, 0x80000000,
				      0xffffffff, 0x2100, 0xfffffff0 };
	enum ntr_st st;
	unsigned opened = 0;

	make_image();
	for (size_t at4 = 0x80; at4 < 0xe40; at4 += at4 == 0x23c ? 0x5c4 : 4)
		for (size_t k = 0; k < NTR_COUNT(v); k++) {
			struct ntr_symsrc *s;
			uint8_t was[4];

			memcpy(was, img + at4, 4);
			put32(img, at4, v[k]);
			s = open_bytes(img, FILE_SIZE, &st, NULL);
			if (s)
				ask_all(s);
			opened += s != NULL;
			ntr_symsrc_close(s);
			memcpy(img + at4, was, 4);
		}
	CHECK(opened > 2000);
}

static void every_truncation(void)
{
	enum ntr_st st;
	size_t len;

	make_image();
	for (len = 0; len < FILE_SIZE; len += len < 0x240 ? 1 : 13) {
		struct ntr_symsrc *s = open_bytes(img, len, &st, NULL);

		CHECK((s != NULL) == (len >= 0x188));
		if (s)
			ask_all(s);
		ntr_symsrc_close(s);
	}
	dbg_start(&d);
	dbg_add_coff(&d);
	dbg_add_fpo(&d);
	len = make_old();
	for (size_t n = 0x200; n < len; n += 3) {
		struct ntr_symsrc *s = open_bytes(old, n, &st, NULL);

		CHECK(s != NULL);
		ask_all(s);
		ntr_symsrc_close(s);
	}
}

int main(void)
{
	RUN(a_file_and_memory);
	RUN(pages_are_missing);
	RUN(exports_one_by_one);
	RUN(names_without_measure);
	RUN(a_file_as_memory);
	RUN(linked_with_debug_data);
	RUN(debug_data_that_is_elsewhere);
	RUN(every_field);
	RUN(every_truncation);
	return test_done();
}
