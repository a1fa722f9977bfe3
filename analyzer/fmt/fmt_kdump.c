// SPDX-License-Identifier: Apache-2.0
/*
 * kdump-compressed, plain and flattened, of makedumpfile and of QEMU's
 * dump-guest-memory: a header block, a sub header, two bitmaps (pages the
 * machine has, pages that were written), one 24-byte descriptor per written
 * page, pages.  Layout: makedumpfile's IMPLEMENTATION file and QEMU's
 * include/sysemu/dump.h; 32-bit machines have narrower headers.
 *
 * The place of a page's descriptor is the number of set bits before it in the
 * bitmap (pagemap.h).
 */
#include "../base/record.h"
#include "../base/text.h"
#include "elf_notes.h"
#include "kdump.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_MAPNR (UINT64_C(1) << 34) /* 64 TiB of 4 KiB pages */
#define MAX_BLOCK 65536u
#define CACHE_BYTES (256u << 10)
#define MAX_SLOTS 64u

#define STATUS_INCOMPLETE 0x08u

#define UTS_FIELD 65u
#define HEAD_FIELDS(S, A, r, z)                    \
	A(r, z, u8,  magic,         0x000, 8)      \
	S(r, z, u32, version,       0x008)         \
	A(r, z, u8,  sysname,       0x00c, 65)     \
	A(r, z, u8,  release,       0x08e, 65)     \
	A(r, z, u8,  machine,       0x110, 65)
NTR_RECORD(kdump_head, 0x192, HEAD_FIELDS)

#define HEAD64_FIELDS(S, A, r, z)           \
	S(r, z, u64, time,          0x198)  \
	S(r, z, u32, status,        0x1a8)  \
	S(r, z, u32, block_size,    0x1ac)  \
	S(r, z, u32, sub_blocks,    0x1b0)  \
	S(r, z, u32, bitmap_blocks, 0x1b4)  \
	S(r, z, u32, max_mapnr,     0x1b8)  \
	S(r, z, u32, cpus,          0x1cc)
NTR_RECORD(kdump_head64, 0x1d0, HEAD64_FIELDS)

#define HEAD32_FIELDS(S, A, r, z)           \
	S(r, z, u32, time,          0x194)  \
	S(r, z, u32, status,        0x19c)  \
	S(r, z, u32, block_size,    0x1a0)  \
	S(r, z, u32, sub_blocks,    0x1a4)  \
	S(r, z, u32, bitmap_blocks, 0x1a8)  \
	S(r, z, u32, max_mapnr,     0x1ac)  \
	S(r, z, u32, cpus,          0x1c0)
NTR_RECORD(kdump_head32, 0x1c4, HEAD32_FIELDS)

#define SUB64_FIELDS(S, A, r, z)          \
	S(r, z, u32, dump_level,  0x08)   \
	S(r, z, u32, split,       0x0c)   \
	S(r, z, u64, start_old,   0x10)   \
	S(r, z, u64, end_old,     0x18)   \
	S(r, z, u64, info_off,    0x20)   \
	S(r, z, u64, info_len,    0x28)   \
	S(r, z, u64, note_off,    0x30)   \
	S(r, z, u64, note_len,    0x38)   \
	S(r, z, u64, erase_off,   0x40)   \
	S(r, z, u64, erase_len,   0x48)   \
	S(r, z, u64, start,       0x50)   \
	S(r, z, u64, end,         0x58)   \
	S(r, z, u64, max_mapnr,   0x60)
NTR_RECORD(kdump_sub64, 0x68, SUB64_FIELDS)

#define SUB32_FIELDS(S, A, r, z)          \
	S(r, z, u32, dump_level,  0x04)   \
	S(r, z, u32, split,       0x08)   \
	S(r, z, u32, start_old,   0x0c)   \
	S(r, z, u32, end_old,     0x10)   \
	S(r, z, u64, info_off,    0x14)   \
	S(r, z, u32, info_len,    0x1c)   \
	S(r, z, u64, note_off,    0x20)   \
	S(r, z, u32, note_len,    0x28)   \
	S(r, z, u64, erase_off,   0x2c)   \
	S(r, z, u32, erase_len,   0x34)   \
	S(r, z, u64, start,       0x38)   \
	S(r, z, u64, end,         0x40)   \
	S(r, z, u64, max_mapnr,   0x48)
NTR_RECORD(kdump_sub32, 0x50, SUB32_FIELDS)

#define DESC_FIELDS(S, A, r, z)   \
	S(r, z, u64, off,   0x00) \
	S(r, z, u32, len,   0x08) \
	S(r, z, u32, flags, 0x0c)
NTR_RECORD(kdump_desc, 24, DESC_FIELDS)

struct slot {
	u64 pfn; /* plus one; 0 empty */
	u8 *page;
};

struct kdump {
	struct ntr_flat flat;
	bool is_flat, wide;
	const struct ntr_space *img; /* the plain file */
	u64 img_size;
	u32 version, block_size, sub_blocks, bitmap_blocks, status;
	u64 max_mapnr;
	u64 start, end;              /* pages of a split dump */
	struct ntr_loc info, note;   /* in the plain file */
	u64 bitmap_off, desc_off;
	struct ntr_kd_codec *codec;
	u8 *packed;                  /* 2 * block_size */
	u8 *slab;
	struct slot slots[MAX_SLOTS];
	u32 nslots;
};

/* --- headers ------------------------------------------------------------------- */

static enum ntr_st kdump_probe(const struct ntr_bin *head, u64 file_size,
			       struct ntr_err *e)
{
	struct ntr_bin b = *head;
	const u8 *p = ntr_bin_take(&b, 16, "magic");
	u64 type, version;

	(void)file_size;
	if (!p)
		return NTR_UNSUP;
	if (!memcmp(p, "KDUMP   ", 8) || !memcmp(p, "DISKDUMP", 8))
		return NTR_OK;
	if (memcmp(p, "makedumpfile\0\0\0\0", 16))
		return NTR_UNSUP;
	type = ntr_bin_be64(&b, "type");
	version = ntr_bin_be64(&b, "version");
	if (b.bad || type != 1 || version != 1)
		return ntr_fail(e, NTR_BAD,
				"a flattened kdump of type %" PRIu64
				" version %" PRIu64 ", only 1 and 1 are known",
				type, version);
	return NTR_OK;
}

/* A block size that a machine can have, and a layout that fits the file. */
static bool sane(const struct kdump *k, u32 block_size, u32 sub, u32 bitmaps)
{
	u64 blocks = 1 + (u64)sub + bitmaps;

	if (block_size < 4096 || block_size > MAX_BLOCK ||
	    (block_size & (block_size - 1)))
		return false;
	return sub && bitmaps && blocks <= k->img_size / block_size;
}

#define TAKE_HEAD(k, h)                              \
	do {                                         \
		(k)->block_size = (h)->block_size;   \
		(k)->sub_blocks = (h)->sub_blocks;   \
		(k)->bitmap_blocks = (h)->bitmap_blocks; \
		(k)->max_mapnr = (h)->max_mapnr;     \
		(k)->status = (h)->status;           \
	} while (0)

static u32 machine_of(const char *name)
{
	static const struct { const char *name; u32 machine; } map[] = {
		{ "x86_64", NTR_MACHINE_AMD64 }, { "i386", NTR_MACHINE_X86 },
		{ "i486", NTR_MACHINE_X86 },     { "i586", NTR_MACHINE_X86 },
		{ "i686", NTR_MACHINE_X86 },     { "ia64", NTR_MACHINE_IA64 },
		{ "aarch64", NTR_MACHINE_ARM64 }, { "alpha", NTR_MACHINE_ALPHA },
	};

	for (size_t i = 0; i < NTR_COUNT(map); i++)
		if (!strcmp(map[i].name, name))
			return map[i].machine;
	return strncmp(name, "arm", 3) ? NTR_MACHINE_UNKNOWN : NTR_MACHINE_ARM;
}

#define EPOCH UINT64_C(116444736000000000)

static void common_meta(struct ntr_dump *d, const struct ntr_kdump_head *h,
			u64 time)
{
	char sys[UTS_FIELD + 1], rel[UTS_FIELD + 1], mach[UTS_FIELD + 1];
	struct ntr_meta *m = &d->meta;

	ntr_ascii_clean(sys, sizeof(sys), h->sysname, UTS_FIELD);
	ntr_ascii_clean(rel, sizeof(rel), h->release, UTS_FIELD);
	ntr_ascii_clean(mach, sizeof(mach), h->machine, UTS_FIELD);
	if (sys[0])
		snprintf(m->os_text, sizeof(m->os_text), "%s %s", sys, rel);
	m->machine = machine_of(mach);
	if (m->machine)
		m->has |= NTR_HAS_MACHINE;
	else
		ntr_dump_note(d, "machine \"%s\" is not known", mach);
	if (time && time < UINT32_MAX) {
		m->time = EPOCH + time * UINT64_C(10000000);
		m->has |= NTR_HAS_TIME;
	}
}

static enum ntr_st read_head(struct ntr_dump *d, struct kdump *k,
			     struct ntr_err *e)
{
	u8 buf[ntr_kdump_head64_size];
	struct ntr_bin b = ntr_bin_of(buf, sizeof(buf), d->file->name, 0);
	struct ntr_bin b32 = b, common = b;
	struct ntr_kdump_head h;
	struct ntr_kdump_head64 h64;
	struct ntr_kdump_head32 h32;
	enum ntr_st st = ntr_space_read(k->img, 0, buf, sizeof(buf), e);

	if (st)
		return ntr_wrap(e, st, "header");
	ntr_kdump_head_decode(&h, &common);
	ntr_kdump_head64_decode(&h64, &b);
	ntr_kdump_head32_decode(&h32, &b32);
	if (memcmp(h.magic, "KDUMP   ", 8) && memcmp(h.magic, "DISKDUMP", 8))
		return ntr_fail(e, NTR_BAD,
				"a flattened file that holds no kdump header");
	k->version = h.version;
	k->wide = sane(k, h64.block_size, h64.sub_blocks, h64.bitmap_blocks);
	if (k->wide)
		TAKE_HEAD(k, &h64);
	else if (sane(k, h32.block_size, h32.sub_blocks, h32.bitmap_blocks))
		TAKE_HEAD(k, &h32);
	else
		return ntr_fail(e, NTR_BAD,
				"header at 0x0: neither as a 64-bit header "
				"(block size %u, %u bitmap blocks) nor as a "
				"32-bit one (%u, %u) does it fit the file of "
				"0x%" PRIx64 " bytes",
				h64.block_size, h64.bitmap_blocks,
				h32.block_size, h32.bitmap_blocks,
				k->img_size);
	common_meta(d, &h, k->wide ? h64.time : h32.time);
	d->meta.cpus = k->wide ? h64.cpus : h32.cpus;
	if (d->meta.cpus && d->meta.cpus < NTR_MAX_CPU_NOTES)
		d->meta.has |= NTR_HAS_CPUS;
	return NTR_OK;
}

/* Fields by the header version that brought them. */
#define TAKE_SUB(k, s)                                                      \
	do {                                                                \
		if ((k)->version >= 2 && (s)->split) {                      \
			(k)->start = (s)->start_old;                        \
			(k)->end = (s)->end_old;                            \
		}                                                           \
		if ((k)->version >= 3)                                      \
			(k)->info = (struct ntr_loc){ (s)->info_off,        \
						      (s)->info_len };      \
		if ((k)->version >= 4)                                      \
			(k)->note = (struct ntr_loc){ (s)->note_off,        \
						      (s)->note_len };      \
		if ((k)->version >= 6 && (s)->split) {                      \
			(k)->start = (s)->start;                            \
			(k)->end = (s)->end;                                \
		}                                                           \
		if ((k)->version >= 6 && (s)->max_mapnr)                    \
			(k)->max_mapnr = (s)->max_mapnr;                    \
		split = (k)->version >= 2 && (s)->split;                    \
		erased = (k)->version >= 5 && (s)->erase_len;               \
	} while (0)

static enum ntr_st read_sub(struct ntr_dump *d, struct kdump *k,
			    struct ntr_err *e)
{
	u8 buf[ntr_kdump_sub64_size];
	struct ntr_bin b = ntr_bin_of(buf, sizeof(buf), d->file->name,
				      k->block_size);
	bool split = false, erased = false;
	struct ntr_kdump_sub64 sub64;
	struct ntr_kdump_sub32 sub32;
	enum ntr_st st = ntr_space_read(k->img, k->block_size, buf,
					sizeof(buf), e);

	if (st)
		return ntr_wrap(e, st, "sub header");
	k->end = UINT64_MAX;
	if (k->wide) {
		ntr_kdump_sub64_decode(&sub64, &b);
		TAKE_SUB(k, &sub64);
	} else {
		ntr_kdump_sub32_decode(&sub32, &b);
		TAKE_SUB(k, &sub32);
	}
	if (split) {
		d->complete = false;
		ntr_dump_note(d, "one part of a split dump: pages 0x%" PRIx64
			      " to 0x%" PRIx64 " only", k->start, k->end);
	}
	if (erased)
		ntr_dump_note(d, "makedumpfile erased some data from this dump");
	if (k->status & STATUS_INCOMPLETE) {
		d->complete = false;
		ntr_dump_note(d, "the writer marked the dump as incomplete");
	}
	return NTR_OK;
}

/* --- the bitmap ------------------------------------------------------------------ */

/* Old files have one bitmap; otherwise the second half counts. */
static enum ntr_st place_bitmap(struct ntr_dump *d, struct kdump *k,
				struct ntr_err *e)
{
	u64 at = (1 + (u64)k->sub_blocks) * k->block_size;
	u64 len = (u64)k->bitmap_blocks * k->block_size;
	u64 need = (k->max_mapnr + 7) / 8;

	k->desc_off = at + len;
	k->bitmap_off = at;
	if ((need + k->block_size - 1) / k->block_size < k->bitmap_blocks) {
		k->bitmap_off += len / 2;
		len /= 2;
	}
	if (need > len) {
		d->complete = false;
		ntr_dump_note(d, "%" PRIu64 " pages claimed, the bitmap at 0x%"
			      PRIx64 " has room for %" PRIu64, k->max_mapnr,
			      k->bitmap_off, len * 8);
		k->max_mapnr = len * 8;
	}
	if (k->max_mapnr > MAX_MAPNR)
		return ntr_fail(e, NTR_LIMIT,
				"a bitmap for 0x%" PRIx64 " pages, at most 0x%"
				PRIx64 " are read", k->max_mapnr, MAX_MAPNR);
	return NTR_OK;
}

/* Descriptors of a split file begin at its first page: the map's window. */
static enum ntr_st map_pages(struct ntr_dump *d, struct kdump *k,
			     struct ntr_err *e)
{
	u64 len = (k->max_mapnr + 7) / 8;
	enum ntr_st st = ntr_pagemap_build(&d->map, k->img, k->bitmap_off, len,
					   k->max_mapnr, &d->arena, e);

	if (st == NTR_OK)
		st = ntr_pagemap_window(&d->map, k->start, k->end, e);
	if (st)
		return st;
	d->has_map = true;
	d->map_first = NTR_OFF_PAGED;
	return NTR_OK;
}

/* --- pages -------------------------------------------------------------------------- */

static enum ntr_st load_page(const struct ntr_pagemap *map, struct kdump *k,
			     u64 pfn, u8 *page, struct ntr_err *e)
{
	u8 buf[ntr_kdump_desc_size];
	struct ntr_bin b = ntr_bin_of(buf, sizeof(buf), NULL, 0);
	struct ntr_kdump_desc desc;
	enum ntr_st st;
	struct ntr_stretch there;
	u64 at;

	st = ntr_pagemap_next(map, pfn, &there, e);
	if (st == NTR_ABSENT || (st == NTR_OK && there.pfn != pfn))
		return ntr_fail(e, NTR_ABSENT, "physical page 0x%" PRIx64
				" is not in the dump", pfn);
	if (st)
		return st;
	at = k->desc_off + there.rank * ntr_kdump_desc_size;
	st = ntr_space_read(k->img, at, buf, sizeof(buf), e);
	if (st)
		return ntr_wrap(e, st, "descriptor of page 0x%" PRIx64, pfn);
	ntr_kdump_desc_decode(&desc, &b);
	if (!desc.len || desc.len > 2 * k->block_size)
		return ntr_fail(e, NTR_BAD,
				"descriptor of page 0x%" PRIx64 " at 0x%"
				PRIx64 ": %u bytes for a page of %u", pfn, at,
				desc.len, k->block_size);
	st = ntr_space_read(k->img, desc.off, k->packed, desc.len, e);
	if (st == NTR_OK)
		st = ntr_kd_decode(k->codec, desc.flags, k->packed, desc.len,
				   page, k->block_size, e);
	if (st)
		return ntr_wrap(e, st, "page 0x%" PRIx64, pfn);
	return NTR_OK;
}

static enum ntr_st make_cache(struct kdump *k, struct ntr_err *e)
{
	k->nslots = CACHE_BYTES / k->block_size;
	if (k->nslots > MAX_SLOTS)
		k->nslots = MAX_SLOTS;
	k->slab = malloc((size_t)k->nslots * k->block_size);
	k->packed = malloc(2 * (size_t)k->block_size);
	k->codec = ntr_kd_codec_new();
	if (!k->slab || !k->packed || !k->codec)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (u32 i = 0; i < k->nslots; i++)
		k->slots[i].page = k->slab + (size_t)i * k->block_size;
	return NTR_OK;
}

static enum ntr_st kdump_page(struct ntr_dump *d, u64 pfn, void *page,
			      struct ntr_err *e)
{
	struct kdump *k = d->priv;
	struct slot *s = &k->slots[pfn % k->nslots];
	enum ntr_st st;

	if (s->pfn != pfn + 1) {
		s->pfn = 0;
		st = load_page(&d->map, k, pfn, s->page, e);
		if (st)
			return st;
		s->pfn = pfn + 1;
	}
	memcpy(page, s->page, k->block_size);
	return NTR_OK;
}

/* --- notes ------------------------------------------------------------------------- */

/* Bytes of the plain file, with the offset they have in the real one, so that
 * references into them hold. */
static enum ntr_st load_part(struct ntr_dump *d, struct kdump *k,
			     const struct ntr_loc *l, const char *what,
			     struct ntr_bin *b, struct ntr_err *e)
{
	u64 off = l->off, len = l->len;

	if (!len)
		return NTR_ABSENT;
	if (off >= k->img_size || len > k->img_size - off ||
	    len > NTR_NOTES_MAX) {
		d->complete = false;
		ntr_dump_note(d, "%s (0x%" PRIx64 " bytes at 0x%" PRIx64
			      ") are not in the file", what, len, off);
		return NTR_ABSENT;
	}
	if (k->is_flat && !ntr_flat_raw(&k->flat, off, len, &off)) {
		ntr_dump_note(d, "%s are spread over several records of the "
			      "flattened file and were not read", what);
		return NTR_ABSENT;
	}
	return ntr_dump_load(d, off, (size_t)len, what, b, e);
}

static enum ntr_st read_notes(struct ntr_dump *d, struct kdump *k,
			      struct ntr_err *e)
{
	struct ntr_core c = { .wide = k->wide };
	u32 cpus = d->meta.cpus;
	struct ntr_bin b;
	enum ntr_st st;

	st = load_part(d, k, &k->note, "the notes", &b, e);
	if (st == NTR_OK)
		st = ntr_core_notes(d, b, &c, e);
	if (st == NTR_OK)
		st = ntr_core_machine(d, &c, e);
	if (st && st != NTR_ABSENT)
		return st;
	if (d->cpus.n && cpus && cpus != d->cpus.n)
		ntr_dump_note(d, "the header says %u CPUs, the notes have %zu",
			      cpus, d->cpus.n);
	if (c.vmcoreinfo.base)
		return NTR_OK;
	st = load_part(d, k, &k->info, "VMCOREINFO", &b, e);
	if (st == NTR_OK)
		ntr_core_vmcoreinfo(d, b);
	return st == NTR_ABSENT ? NTR_OK : st;
}

/* The last descriptor tells whether the file was cut. */
static void check_end(struct ntr_dump *d, struct kdump *k)
{
	u64 n = d->map.pages;
	u64 fit = k->img_size > k->desc_off ?
			  (k->img_size - k->desc_off) / ntr_kdump_desc_size : 0;
	u8 buf[ntr_kdump_desc_size];
	struct ntr_bin b = ntr_bin_of(buf, sizeof(buf), NULL, 0);
	struct ntr_kdump_desc desc;

	if (k->end != UINT64_MAX || !n)
		return;
	if (n <= fit &&
	    !ntr_space_read(k->img,
			    k->desc_off + (n - 1) * ntr_kdump_desc_size, buf,
			    sizeof(buf), NULL)) {
		ntr_kdump_desc_decode(&desc, &b);
		if (desc.off <= k->img_size &&
		    desc.len <= k->img_size - desc.off)
			return;
	}
	d->complete = false;
	if (n > fit) {
		d->pages_missing = n - fit;
		ntr_dump_note(d, "descriptors of %" PRIu64 " of %" PRIu64
			      " pages are not in the file, which ends at 0x%"
			      PRIx64, n - fit, n, k->img_size);
	} else {
		ntr_dump_note(d, "the last page's data are not in the file, "
			      "which ends at 0x%" PRIx64
			      "; pages near the end are missing", k->img_size);
	}
}

/* --- opening ------------------------------------------------------------------------ */

static void kdump_free(struct kdump *k)
{
	ntr_flat_fini(&k->flat);
	ntr_kd_codec_free(k->codec);
	free(k->packed);
	free(k->slab);
	free(k);
}

static void kdump_close(struct ntr_dump *d)
{
	if (d->priv)
		kdump_free(d->priv);
	d->priv = NULL;
}

static enum ntr_st open_image(struct ntr_dump *d, struct kdump *k,
			      struct ntr_err *e)
{
	char magic[12];
	enum ntr_st st;

	k->img = &d->file->space;
	k->img_size = d->file->size;
	if (ntr_file_read_some(d->file, 0, magic, sizeof(magic)) !=
		    sizeof(magic) || memcmp(magic, "makedumpfile", 12))
		return NTR_OK;
	st = ntr_flat_init(&k->flat, d->file, e);
	if (st)
		return st;
	k->is_flat = true;
	k->img = &k->flat.space;
	k->img_size = k->flat.size;
	if (k->flat.cut) {
		d->complete = false;
		ntr_dump_note(d, "the flattened file ends without an end mark, "
			      "at 0x%" PRIx64, k->flat.bad_off);
	}
	return NTR_OK;
}

static enum ntr_st open_all(struct ntr_dump *d, struct kdump *k,
			    struct ntr_err *e)
{
	enum ntr_st st = open_image(d, k, e);

	if (st == NTR_OK)
		st = read_head(d, k, e);
	if (st == NTR_OK)
		st = read_sub(d, k, e);
	if (st == NTR_OK)
		st = place_bitmap(d, k, e);
	if (st)
		return st;
	d->kind = NTR_KIND_PHYS;
	d->page_shift = (unsigned)__builtin_ctz(k->block_size);
	st = map_pages(d, k, e);
	if (st == NTR_OK)
		st = make_cache(k, e);
	if (st == NTR_OK)
		st = read_notes(d, k, e);
	if (st)
		return st;
	if (k->is_flat)
		ntr_dump_note(d, "flattened: read through an index of %zu "
			      "records", k->flat.recs.n);
	check_end(d, k);
	return NTR_OK;
}

static enum ntr_st kdump_open(struct ntr_dump *d, struct ntr_err *e)
{
	struct kdump *k = calloc(1, sizeof(*k));
	enum ntr_st st;

	if (!k)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = open_all(d, k, e);
	if (st) {
		kdump_free(k);
		return st;
	}
	d->priv = k;
	return NTR_OK;
}

const struct ntr_fmt_ops ntr_fmt_kdump = {
	.name = "kdump",
	.descr = "kdump-compressed memory of a machine",
	.probe = kdump_probe,
	.open = kdump_open,
	.read_page = kdump_page,
	.close = kdump_close,
};
