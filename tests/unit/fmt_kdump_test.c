// SPDX-License-Identifier: Apache-2.0
/* kdump-compressed: fixtures of both widths with every codec, plain and
 * flattened, damage, and a real one page by page against the ELF image of the
 * same stopped guest. */
#include "fmt_open.h"

#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#define BS 4096u
enum { MAPNR = 4200, NPAGES = 9, CAP = 64 * 4096 };
static const unsigned pfns[NPAGES] = { 0, 1, 2, 5, 63, 64, 65, 4095, 4199 };
static const uint32_t flags[5] = { 0, 1, 2, 4, 0x20 };

/* 1 header, 2 sub header blocks, 2 bitmap blocks, descriptors, pages */
enum { SUB = BS, BITMAP1 = 3 * BS, BITMAP2 = 4 * BS, DESC = 5 * BS,
       NOTES = 2 * BS, INFO = 2 * BS + 0x800 };

struct file {
	uint8_t *p;
	size_t len;
};

static uint8_t page_byte(unsigned pfn, size_t i)
{
	return (uint8_t)(pfn * 7 + i / 64);
}

static size_t pack(uint32_t how, const uint8_t *page, uint8_t *out)
{
	static uint8_t work[LZO1X_1_MEM_COMPRESS];
	uLongf zlen = 2 * BS;
	lzo_uint llen = 2 * BS;
	size_t slen = 2 * BS;

	switch (how) {
	case 1:
		compress(out, &zlen, page, BS);
		return zlen;
	case 2:
		lzo1x_1_compress(page, BS, out, &llen, work);
		return llen;
	case 4:
		snappy_compress((const char *)page, BS, (char *)out, &slen);
		return slen;
	case 0x20:
		return ZSTD_compress(out, 2 * BS, page, BS, 1);
	default:
		memcpy(out, page, BS);
		return BS;
	}
}

static void header64(uint8_t *p)
{
	put64(p, 408, 1600000000); /* 2020-09-13T12:26:40Z */
	put32(p, 428, BS);
	put32(p, 432, 2);
	put32(p, 436, 2);
	put32(p, 440, MAPNR);
	put32(p, 460, 3);
	put64(p, SUB + 0x20, INFO);
	put64(p, SUB + 0x28, 40);
	put64(p, SUB + 0x30, NOTES);
	put64(p, SUB + 0x38, 12 + 8 + 440);
	put64(p, SUB + 0x60, MAPNR);
}

static void header32(uint8_t *p)
{
	put32(p, 404, 1600000000);
	put32(p, 416, BS);
	put32(p, 420, 2);
	put32(p, 424, 2);
	put32(p, 428, MAPNR);
	put32(p, 448, 1);
	put64(p, SUB + 0x14, INFO);
	put32(p, SUB + 0x1c, 40);
	put64(p, SUB + 0x20, NOTES);
	put32(p, SUB + 0x28, 12 + 8 + 440);
	put64(p, SUB + 0x48, MAPNR);
}

static struct file kdump(bool wide)
{
	struct file f = { calloc(1, CAP), DESC + NPAGES * 24 };
	uint8_t page[BS], out[2 * BS], *p = f.p;

	if (!p)
		abort();
	memcpy(p, "KDUMP   ", 8);
	put32(p, 8, 6);
	memcpy(p + 12, "Linux", 5);
	memcpy(p + 142, "5.10.0-test", 11);
	memcpy(p + 272, wide ? "x86_64" : "i686\0", 6);
	(wide ? header64 : header32)(p);
	put32(p, NOTES, 5);
	put32(p, NOTES + 4, 440);
	memcpy(p + NOTES + 12, "QEMU", 4);
	put64(p, NOTES + 20 + 0x1a0, 0xabc000);
	memcpy(p + INFO, "OSRELEASE=9.9.9-info\nPAGESIZE=4096\n", 35);
	for (unsigned i = 0; i < NPAGES; i++) {
		uint32_t how = flags[i % 5];
		size_t n;

		for (size_t k = 0; k < BS; k++)
			page[k] = page_byte(pfns[i], k);
		p[BITMAP1 + pfns[i] / 8] |= (uint8_t)(1 << pfns[i] % 8);
		p[BITMAP2 + pfns[i] / 8] |= (uint8_t)(1 << pfns[i] % 8);
		n = pack(how, page, out);
		put64(p, DESC + i * 24, f.len);
		put32(p, DESC + i * 24 + 8, (uint32_t)n);
		put32(p, DESC + i * 24 + 12, how);
		memcpy(p + f.len, out, n);
		f.len += n;
	}
	p[BITMAP1] |= 8; /* page 3: the machine has it, it was not written */
	return f;
}

static void be64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
}

static size_t record(struct file *o, const uint8_t *from, size_t at, size_t n)
{
	be64(o->p + o->len, at);
	be64(o->p + o->len + 8, n);
	memcpy(o->p + o->len + 16, from, n);
	o->len += 16 + n;
	return o->len;
}

/* Out of order, the header first wrong and written again at the end. */
static struct file flatten(const struct file *f)
{
	struct file o = { calloc(1, 2 * CAP), BS };
	uint8_t junk[BS];

	if (!o.p)
		abort();
	memset(junk, 0xee, sizeof(junk));
	memcpy(o.p, "makedumpfile", 12);
	be64(o.p + 16, 1);
	be64(o.p + 24, 1);
	record(&o, junk, 0, BS);
	record(&o, f->p + DESC, DESC, f->len - DESC);
	record(&o, junk, BITMAP2 - 100, 200);
	record(&o, f->p + NOTES, NOTES, BS);
	record(&o, f->p + BITMAP1, BITMAP1, 1000); /* the rest is a hole */
	record(&o, f->p + BITMAP1 + 3000, BITMAP1 + 3000, DESC - BITMAP1 - 3000);
	record(&o, f->p, 0, SUB + 200);
	be64(o.p + o.len, UINT64_MAX);
	be64(o.p + o.len + 8, UINT64_MAX);
	o.len += 16;
	return o;
}

static bool page_ok(struct ntr_dump *d, unsigned pfn)
{
	uint8_t page[BS];

	if (ntr_space_read(&d->phys, (u64)pfn * BS, page, BS, NULL))
		return false;
	for (size_t k = 0; k < BS; k++)
		if (page[k] != page_byte(pfn, k))
			return false;
	return true;
}

static void check_pages(struct ntr_dump *d)
{
	u8 v;

	for (unsigned i = 0; i < NPAGES; i++)
		CHECK(page_ok(d, pfns[i]));
	CHECK_EQ(ntr_read_u8(&d->phys, 3 * BS, &v), NTR_ABSENT);
	CHECK_EQ(ntr_read_u8(&d->phys, 62 * BS, &v), NTR_ABSENT);
	CHECK_EQ(ntr_read_u8(&d->phys, 66 * BS, &v), NTR_ABSENT);
	CHECK_EQ(ntr_read_u8(&d->phys, (u64)MAPNR * BS, &v), NTR_ABSENT);
	/* across two pages */
	CHECK(ntr_read_u8(&d->phys, 64 * BS - 1, &v) == NTR_OK);
	CHECK_EQ(v, page_byte(63, BS - 1));
}

static void check_open(struct ntr_dump *d, bool wide)
{
	struct ntr_run r;
	u64 cr3 = 0;

	CHECK(d != NULL);
	if (!d)
		return;
	CHECK_STR(d->fmt->name, "kdump");
	CHECK_EQ(d->kind, NTR_KIND_PHYS);
	CHECK(d->complete);
	CHECK_EQ(d->meta.machine, wide ? 0x8664 : 0x14c);
	CHECK_STR(d->meta.os_text, "Linux 9.9.9-info");
	CHECK_EQ(d->meta.time, 132444736000000000);
	CHECK_EQ(d->meta.cpus, 1);
	CHECK_EQ(fx_runs(d), 5); /* 0-2, 5, 63-65, 4095, 4199 */
	CHECK(ntr_dump_run_from(d, 6, &r));
	CHECK_EQ(r.pfn, 63);
	CHECK_EQ(r.npages, 3);
	CHECK_EQ(r.off, NTR_OFF_PAGED);
	CHECK_EQ(d->cpus.n, 1);
	CHECK(ntr_read_u64(&d->file->space, d->cpus.v[0].qemu.off + 0x1a0,
			   &cr3) == NTR_OK);
	CHECK_EQ(cr3, 0xabc000);
	check_pages(d);
}

static void reads_64(void)
{
	struct file f = kdump(true);
	struct ntr_dump *d = open_bytes(f.p, f.len);

	check_open(d, true);
	CHECK_HAS(notes(d), "the header says 3 CPUs, the notes have 1");
	ntr_dump_close(d);
	free(f.p);
}

static void reads_32(void)
{
	struct file f = kdump(false);
	struct ntr_dump *d = open_bytes(f.p, f.len);

	check_open(d, false);
	ntr_dump_close(d);
	free(f.p);
}

static void reads_flattened(void)
{
	for (int wide = 0; wide < 2; wide++) {
		struct file f = kdump(wide), o = flatten(&f);
		struct ntr_dump *d = open_bytes(o.p, o.len);

		check_open(d, wide);
		CHECK_HAS(notes(d), "flattened: read through an index");
		ntr_dump_close(d);
		free(f.p);
		free(o.p);
	}
}

/* Pages [start, end) of a split dump; descriptors begin with its first. */
static void reads_split(void)
{
	struct file f = kdump(true);
	struct ntr_dump *d;
	u8 v;

	put32(f.p, SUB + 12, 1);
	put64(f.p, SUB + 0x50, 5);
	put64(f.p, SUB + 0x58, 65);
	memmove(f.p + DESC, f.p + DESC + 3 * 24, 6 * 24);
	d = open_bytes(f.p, f.len);
	free(f.p);
	CHECK(d && !d->complete);
	if (!d)
		return;
	CHECK_HAS(notes(d), "one part of a split dump: pages 0x5 to 0x41");
	CHECK(page_ok(d, 5) && page_ok(d, 63) && page_ok(d, 64));
	CHECK_EQ(ntr_read_u8(&d->phys, 1 * BS, &v), NTR_ABSENT);
	CHECK_EQ(ntr_read_u8(&d->phys, 65 * BS, &v), NTR_ABSENT);
	ntr_dump_close(d);
}

/* One field changed: what the page or the opening says. pfn 1 is zlib, 2 lzo,
 * 5 snappy, 63 zstd. */
static void survives_damage(void)
{
	static const struct {
		size_t off;
		unsigned width;
		uint64_t value;
		const char *note, *fail;
		int bad_page; /* -1 none */
		const char *why;
	} x[] = {
		{ 428, 4, 4097, NULL, "neither as a 64-bit header", -1, NULL },
		{ 436, 4, 0xffffffff, NULL, "neither as a 64-bit header", -1,
		  NULL },
		{ 432, 4, 0, NULL, "neither as a 64-bit header", -1, NULL },
		{ SUB + 0x60, 8, UINT64_MAX / 16, "the bitmap at 0x", NULL, -1,
		  NULL },
		{ SUB + 0x38, 8, UINT64_MAX, "the notes (0xffff", NULL, -1,
		  NULL },
		{ SUB + 0x20, 8, 0x7fffffff, "VMCOREINFO (0x28 bytes", NULL,
		  -1, NULL },
		{ 424, 4, 8, "marked the dump as incomplete", NULL, -1, NULL },
		{ DESC, 8, UINT64_MAX - 5, "", NULL, 0, "page 0x0" },
		{ DESC + 8, 4, 4095, "", NULL, 0, "a stored page of 4095" },
		{ DESC + 8, 4, 0, "", NULL, 0, "0 bytes for a page" },
		{ DESC + 8, 4, 0x40000000, "", NULL, 0, "bytes for a page" },
		{ DESC + 12, 4, 0x40, "", NULL, 0, "unknown way (flags 0x40" },
		{ DESC + 24 + 8, 4, 9, "", NULL, 1, "zlib page" },
		{ DESC + 48 + 8, 4, 9, "", NULL, 2, "lzo page" },
		{ DESC + 72 + 8, 4, 9, "", NULL, 5, "snappy page" },
		{ DESC + 96 + 8, 4, 9, "", NULL, 63, "zstd page" },
	};

	for (size_t i = 0; i < NTR_COUNT(x); i++) {
		struct file f = kdump(true);
		struct ntr_err e = { "" };
		struct ntr_dump *d;
		u8 v;

		for (unsigned b = 0; b < x[i].width; b++)
			f.p[x[i].off + b] = (uint8_t)(x[i].value >> 8 * b);
		d = open_bytes(f.p, f.len);
		free(f.p);
		if (x[i].fail) {
			CHECK(!d);
			CHECK_HAS(opened.e.msg, x[i].fail);
			ntr_dump_close(d);
			continue;
		}
		CHECK(d != NULL);
		CHECK_HAS(notes(d), x[i].note);
		if (d && x[i].bad_page >= 0) {
			CHECK(ntr_space_read(&d->phys,
					     (u64)x[i].bad_page * BS, &v, 1,
					     &e));
			CHECK_HAS(e.msg, x[i].why);
			CHECK(page_ok(d, 4199));
		}
		if (test_.bad)
			printf("  (damage %zu)\n", i);
		ntr_dump_close(d);
	}
}

static void survives_truncation(void)
{
	for (int flat = 0; flat < 2; flat++) {
		struct file f = kdump(true), o = flatten(&f);
		struct file *t = flat ? &o : &f;

		for (size_t len = 1; len < t->len; len += 97) {
			struct ntr_dump *d = open_bytes(t->p, len);

			CHECK(d || opened.e.msg[0]);
			if (d)
				CHECK(!d->complete);
			for (unsigned i = 0; d && i < NPAGES; i++)
				(void)page_ok(d, pfns[i]);
			ntr_dump_close(d);
		}
		free(f.p);
		free(o.p);
	}
}

static void flattened_damage(void)
{
	struct file f = kdump(true), o = flatten(&f);
	struct ntr_dump *d;

	o.p[31] = 2; /* version */
	CHECK(!open_bytes(o.p, o.len));
	CHECK_HAS(opened.e.msg, "type 1 version 2");
	o.p[31] = 1;
	/* no end mark */
	d = open_bytes(o.p, o.len - 16);
	CHECK(d && !d->complete);
	CHECK_HAS(notes(d), "ends without an end mark");
	ntr_dump_close(d);
	/* the second record claims a negative size */
	o.p[BS + 16 + BS + 8] = 0x80;
	CHECK(!open_bytes(o.p, o.len));
	free(f.p);
	free(o.p);
}

/* --- the real one ------------------------------------------------------------------ */

#define VM "vmcore_made_with_qemu/"

static void against_elf(void)
{
	struct ntr_run r;
	char kpath[4096], epath[4096];
	struct ntr_dump *k, *elf;
	unsigned pages = 0, differ = 0, absent = 0;
	u8 a[BS], b[BS];

	if (!test_corpus(VM "vm_kaslr.kdump-zlib", kpath, sizeof(kpath)) ||
	    !test_corpus(VM "vm_kaslr.elf.xz", epath, sizeof(epath)))
		SKIP("no corpus");
	k = open_path(kpath);
	elf = open_path(epath);
	CHECK(k && elf);
	if (test_.bad)
		return;
	CHECK(k->complete);
	CHECK_EQ(k->meta.machine, 0x8664);
	CHECK_EQ(fx_runs(k), elf->runs.n);
	CHECK_EQ(ntr_dump_page_count(k), ntr_dump_page_count(elf));
	for (size_t i = 0; i < elf->runs.n; i++) {
		CHECK(ntr_dump_run_from(k, elf->runs.v[i].pfn, &r));
		CHECK_EQ(r.pfn, elf->runs.v[i].pfn);
		for (u64 n = 0; n < elf->runs.v[i].npages; n++) {
			u64 pa = (elf->runs.v[i].pfn + n) * BS;

			pages++;
			absent += ntr_space_read(&k->phys, pa, a, BS, NULL) ||
				  ntr_space_read(&elf->phys, pa, b, BS, NULL);
			differ += memcmp(a, b, BS) != 0;
		}
	}
	CHECK_EQ(pages, 0x4840);
	CHECK_EQ(absent, 0);
	CHECK_EQ(differ, 0);
	ntr_dump_close(k);
	ntr_dump_close(elf);
}

/* vm_kaslr.qemu-registers.txt; the notes of both files are the same. */
static void real_notes(void)
{
	char path[4096];
	struct ntr_dump *d;
	u64 v;

	if (!test_corpus(VM "vm_kaslr.kdump-zlib", path, sizeof(path)))
		SKIP("no corpus");
	d = open_path(path);
	CHECK(d && d->cpus.n == 2);
	if (test_.bad)
		return;
	CHECK_EQ(d->meta.cpus, 2);
	CHECK_STR(d->meta.os_text, "Linux 6.1.0-56-cloud-amd64");
	CHECK(ntr_read_u64(&d->file->space, d->cpus.v[0].qemu.off + 0x1a0,
			   &v) == NTR_OK);
	CHECK_EQ(v, 0x43da000); /* CR3 */
	CHECK(ntr_read_u64(&d->file->space, d->cpus.v[1].qemu.off + 0x38,
			   &v) == NTR_OK);
	CHECK_EQ(v, 0xffffd543c00d0fc0); /* RSP */
	CHECK_EQ(d->cpus.v[0].prstatus.len, 336);
	ntr_dump_close(d);
}

int main(void)
{
	RUN(reads_64);
	RUN(reads_32);
	RUN(reads_flattened);
	RUN(reads_split);
	RUN(survives_damage);
	RUN(survives_truncation);
	RUN(flattened_damage);
	RUN(against_elf);
	RUN(real_notes);
	return test_done();
}
