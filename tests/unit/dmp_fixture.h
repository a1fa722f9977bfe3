// SPDX-License-Identifier: Apache-2.0
/*
 * NT crash dumps for tests, made in memory at literal offsets: a header as a
 * stop writes it (filler first, then fields), opened through a memory file.
 * Nothing here uses the reader's tables.
 */
#ifndef NTR_DMP_FIXTURE_H
#define NTR_DMP_FIXTURE_H

#include "fmt_open.h"

static inline void fx_fill(uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)"PAGE"[i & 3];
}

/* 0x2000 bytes: build 19041, AMD64, 4 CPUs, stop 0xd1. */
static inline void fx_header64(uint8_t *p, uint32_t type)
{
	fx_fill(p, 0x2000);
	memcpy(p, "PAGEDU64", 8);
	put32(p, 0x008, 0xf);
	put32(p, 0x00c, 19041);
	put64(p, 0x010, 0x1ad000);
	put64(p, 0x018, 0xfffff80134500000);
	put64(p, 0x020, 0xfffff8013442a2d0);
	put64(p, 0x028, 0xfffff8013441e0c0);
	put32(p, 0x030, 0x8664);
	put32(p, 0x034, 4);
	put32(p, 0x038, 0xd1);
	put64(p, 0x040, 0xffffb00000000010);
	put64(p, 0x048, 2);
	put64(p, 0x050, 0);
	put64(p, 0x058, 0xfffff80155667788);
	put64(p, 0x080, 0xfffff80134400b20);
	memset(p + 0x348, 0, 1232);
	put32(p, 0x348 + 0x30, 0x10005f);
	put64(p, 0x348 + 0xf8, 0xfffff80155667788);
	put32(p, 0xf00, 0x80000003);
	put32(p, 0xf98, type);
	put64(p, 0xfa0, 0x5000);
	put64(p, 0xfa8, 0x01d8e9892ca1d550);
	put64(p, 0x1030, 6990000000);
	put32(p, 0x1040, 3);
	put32(p, 0x1044, 0x110);
	p[0x104d] = 0;
}

/* 0x1000 bytes: build 2600, x86 with PAE, 1 CPU, stop 0x7f. */
static inline void fx_header32(uint8_t *p, uint32_t type)
{
	fx_fill(p, 0x1000);
	memcpy(p, "PAGEDUMP", 8);
	put32(p, 0x008, 0xf);
	put32(p, 0x00c, 2600);
	put32(p, 0x010, 0x00b1a000);
	put32(p, 0x014, 0x81086000);
	put32(p, 0x018, 0x8055a420);
	put32(p, 0x01c, 0x80561358);
	put32(p, 0x020, 0x14c);
	put32(p, 0x024, 1);
	put32(p, 0x028, 0x7f);
	put32(p, 0x02c, 8);
	put32(p, 0x030, 0x80042000);
	put32(p, 0x034, 0);
	put32(p, 0x038, 0);
	p[0x05c] = 1;
	put32(p, 0x060, 0x8054c560);
	memset(p + 0x320, 0, 716);
	put32(p, 0x320, 0x1003f);
	put32(p, 0x7d0, 0xc0000005);
	put32(p, 0xf88, type);
	put32(p, 0xf94, 1);
	put32(p, 0xf98, 0x100);
	put64(p, 0xfa0, 0x4000);
	put64(p, 0xfb8, 1230000000);
	put64(p, 0xfc0, 0x01c7d0f000000000);
}

static inline enum ntr_st fx_open_fd(int fd, struct ntr_dump **d,
				     struct ntr_err *e)
{
	*d = open_fd(fd, 0);
	*e = opened.e;
	return opened.st;
}

/* The bytes opened as a dump; the test program ends when they are not. */
static inline struct ntr_dump *fx_open(const uint8_t *p, size_t len)
{
	struct ntr_dump *d = open_bytes(p, len);

	test_.checks++;
	if (!d) {
		TEST_FAIL("does not open: %s", opened.e.msg);
		exit(1);
	}
	return d;
}

static inline bool fx_note(const struct ntr_dump *d, const char *text)
{
	for (size_t i = 0; i < d->notes.n; i++)
		if (strstr(d->notes.v[i], text))
			return true;
	return false;
}

#define CHECK_NOTE(d, text)                                              \
	do {                                                             \
		test_.checks++;                                          \
		if (!fx_note(d, text))                                   \
			TEST_FAIL("no note \"…%s…\" among %zu (first: %s)", \
				  text, (d)->notes.n,                    \
				  (d)->notes.n ? (d)->notes.v[0] : "");  \
	} while (0)

static inline bool fx_inside(const struct ntr_dump *d, struct ntr_loc l)
{
	return !l.len || (l.off < d->file->size &&
			  l.len <= d->file->size - l.off);
}

/* What holds for every open dump: all that it names is in the file, lists
 * are sorted and disjoint, names are there. */
static inline void fx_sane(const struct ntr_dump *d)
{
	u64 size = d->file->size;

	for (size_t i = 0; i < d->runs.n; i++) {
		const struct ntr_run *r = &d->runs.v[i];

		CHECK(r->npages && (r->off <= size || r->off == NTR_OFF_PAGED));
		CHECK(r->off == NTR_OFF_PAGED ||
		      r->npages << d->page_shift <= size - r->off);
		CHECK(!i || r[-1].pfn + r[-1].npages <= r->pfn);
	}
	for (size_t i = 0; i < d->vblocks.n; i++) {
		const struct ntr_vblock *b = &d->vblocks.v[i];

		CHECK(fx_inside(d, (struct ntr_loc){ b->off, b->len }));
		CHECK(b->len && b->what && b->va + (b->len - 1) >= b->va);
		CHECK(!i || b[-1].va + (b[-1].len - 1) < b->va);
	}
	for (size_t i = 0; i < d->modules.n; i++)
		CHECK(d->modules.v[i].name && d->modules.v[i].name[0]);
	for (size_t i = 0; i < d->unloaded.n; i++)
		CHECK(d->unloaded.v[i].name != NULL);
	for (size_t i = 0; i < d->blobs.n; i++)
		CHECK(fx_inside(d, d->blobs.v[i].loc));
	CHECK(fx_inside(d, d->context) && fx_inside(d, d->exception));
	CHECK(fx_inside(d, d->triage.prcb) && fx_inside(d, d->triage.kdbg));
	CHECK(fx_inside(d, d->triage.callstack));
	CHECK(fx_inside(d, d->triage.thread) &&
	      fx_inside(d, d->triage.process));
}

/*
 * Opens every prefix of the dump (all lengths below dense, then every step
 * bytes).  Below min a dump is refused in words; from there on it opens, is
 * sane, and is not complete.
 */
static inline void fx_every_cut(const uint8_t *p, size_t len, size_t min,
				size_t dense, size_t step)
{
	int fd = bytes_fd(p, len, len);
	struct ntr_err e;
	struct ntr_dump *d;

	for (size_t cut = len; cut-- > 0;) {
		if (cut > dense && cut % step)
			continue;
		if (ftruncate(fd, (off_t)cut))
			abort();
		e.msg[0] = 0;
		if (fx_open_fd(dup(fd), &d, &e)) {
			CHECK(cut < min && strlen(e.msg) > 10);
			continue;
		}
		CHECK(cut >= min);
		if (d->complete || !d->notes.n)
			TEST_FAIL("complete when cut at 0x%zx", cut);
		fx_sane(d);
		ntr_dump_close(d);
	}
	close(fd);
}

#endif
