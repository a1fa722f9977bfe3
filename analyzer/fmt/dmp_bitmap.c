// SPDX-License-Identifier: Apache-2.0
/*
 * Bitmap dumps (SDMP, FDMP): one bit for each physical page, then the pages
 * whose bit is set, ascending.
 *
 * The header in front of the bitmap comes in three layouts, and nothing in
 * the file names the one used.  But each of them makes four numbers (offset
 * of the first page, bits, pages, offset of the bitmap) that must agree with
 * each other and with the bitmap itself, so the layout is chosen by what fits:
 * the offset must be page-aligned and behind the bitmap, and as many bits must
 * be set as pages are promised.  A header with one damaged number is repaired
 * only when the count of set bits proves the repair.
 *
 * The bitmap is counted once and then stays in the file (pagemap.h): kernel
 * dumps are often in tens of thousands of pieces, and a list of those would
 * cost more than the whole open.
 */
#include "dmp.h"

#define MAX_BITS (UINT64_C(1) << 40)

/* Header numbers at these offsets, from the end of the dump header. */
struct layout {
	char name;
	u8 header;           /* dump headers it is used with: bits 32 | 64 */
	u8 width;            /* of the numbers: 4 or 8 */
	u8 first, bits, pages;
	u8 map;              /* where the bitmap starts */
};

/* A: Windows 8 and later, any width.  B and C: before that, 32 and 64 bit.
 * The names of the two counts are swapped in one public description of A.
 * The last rows are tried when nothing native fits. */
static const struct layout layouts[] = {
	{ 'A', 32 | 64, 8, 0x20, 0x30, 0x28, 0x38 },
	{ 'B', 32,      4, 0x0c, 0x10, 0x14, 0x20 },
	{ 'C', 64,      4, 0x0c, 0x10, 0x14, 0x28 },
	{ 'A', 32 | 64, 8, 0x20, 0x28, 0x30, 0x38 },
	{ 'B', 32,      4, 0x0c, 0x14, 0x10, 0x20 },
	{ 'C', 64,      4, 0x0c, 0x14, 0x10, 0x28 },
	{ 'B', 64,      4, 0x0c, 0x10, 0x14, 0x20 },
	{ 'C', 32,      4, 0x0c, 0x10, 0x14, 0x28 },
};

struct candidate {
	const struct layout *lay;
	u64 first, bits, pages, map;
	const char *repaired; /* which number is not as stored, or NULL */
};

/* --- which layout -------------------------------------------------------------- */

static u64 number(const u8 *head, const struct layout *l, u8 at)
{
	return l->width == 8 ? ntr_load_u64(head + at) :
			       ntr_load_u32(head + at);
}

static u64 page_up(u64 v)
{
	return (v + 0xfff) & ~UINT64_C(0xfff);
}

static bool first_possible(const struct candidate *c)
{
	return c->first && !(c->first & 0xfff) && c->first < MAX_BITS;
}

static bool bits_possible(const struct candidate *c)
{
	return c->bits && c->bits <= MAX_BITS &&
	       c->first >= c->map + (c->bits + 7) / 8;
}

static bool pages_possible(const struct candidate *c)
{
	return c->pages && c->pages <= c->bits;
}

static void candidate(struct candidate *c, const struct ntr_dmp *m,
		      const u8 *head, const struct layout *l)
{
	c->lay = l;
	c->first = number(head, l, l->first);
	c->bits = number(head, l, l->bits);
	c->pages = number(head, l, l->pages);
	c->map = m->hdr_len + l->map;
	c->repaired = NULL;
}

/* The candidate with one damaged number put right, if that can be done. */
static bool repair(struct candidate *c)
{
	u64 first = c->first;

	if (c->bits && c->bits <= MAX_BITS) {
		c->first = page_up(c->map + (c->bits + 7) / 8);
		c->repaired = "offset of the first page";
		if (first != c->first && pages_possible(c))
			return true;
	}
	c->first = first;
	if (!first_possible(c) || c->first <= c->map)
		return false;
	c->bits = (c->first - c->map) * 8;
	c->repaired = "number of bits";
	return pages_possible(c);
}

/* Count c's bitmap into d->map. END: not as many pages as c promises. */
static enum ntr_st try_candidate(struct ntr_dmp *m, const struct candidate *c,
				 struct ntr_err *e)
{
	struct ntr_dump *d = m->d;
	u64 size = d->file->size, room = c->map < size ? size - c->map : 0;
	enum ntr_st st = ntr_pagemap_build(&d->map, &d->file->space, c->map,
					   room, c->bits, &d->arena, e);

	if (st)
		return st;
	d->has_map = true;
	d->map_first = c->first;
	return d->map.pages == c->pages ? NTR_OK : NTR_END;
}

/* Try every layout, as stored or with one number put right. OK: *best is
 * chosen and mapped. END: none agrees with its bitmap; *fallback
 * is then the first that is at least possible, if there is one. */
static enum ntr_st choose(struct ntr_dmp *m, const u8 *head, bool with_repair,
			  struct candidate *best, struct candidate *fallback,
			  struct ntr_err *e)
{
	for (size_t i = 0; i < NTR_COUNT(layouts); i++) {
		struct candidate c;
		enum ntr_st st;

		if (!(layouts[i].header & (m->wide ? 64 : 32)))
			continue;
		candidate(&c, m, head, &layouts[i]);
		if (with_repair ? !repair(&c) :
				  !first_possible(&c) || !bits_possible(&c))
			continue;
		if (!with_repair && (!fallback->lay ||
		    (!pages_possible(fallback) && pages_possible(&c))))
			*fallback = c;
		if (!pages_possible(&c))
			continue;
		st = try_candidate(m, &c, e);
		if (st != NTR_END) {
			*best = c;
			return st;
		}
	}
	return NTR_END;
}

static enum ntr_st find_pages(struct ntr_dmp *m, const u8 *head,
			      struct candidate *c, struct ntr_err *e)
{
	struct candidate fallback = { 0 };
	enum ntr_st st = choose(m, head, false, c, &fallback, e);

	if (st == NTR_END)
		st = choose(m, head, true, c, &fallback, e);
	if (st != NTR_END || !fallback.lay)
		return st;
	*c = fallback;
	st = try_candidate(m, c, e);
	return st == NTR_END ? NTR_OK : st;
}

/* --- what to say ------------------------------------------------------------- */

static void notes(struct ntr_dmp *m, const struct candidate *c)
{
	struct ntr_dump *d = m->d;
	u64 map_end = c->map + (c->bits + 7) / 8, found = d->map.pages;

	if (c->repaired)
		ntr_dump_note(d, "0x%x: the %s in the bitmap header cannot be; "
			      "put right, as %" PRIu64 " bits are set",
			      m->hdr_len, c->repaired, found);
	if (map_end > d->file->size) {
		d->complete = false;
		ntr_dump_note(d, "0x%" PRIx64 ": the file ends at 0x%" PRIx64
			      " inside the bitmap, which ends at 0x%" PRIx64,
			      c->map, d->file->size, map_end);
		d->pages_missing += c->pages > found ? c->pages - found : 0;
	} else if (found != c->pages) {
		ntr_dump_note(d, "0x%" PRIx64 ": %" PRIu64 " pages promised, "
			      "the bitmap has %" PRIu64 "; the bitmap is used",
			      m->hdr_len + (u64)c->lay->pages, c->pages,
			      found);
	}
}

enum ntr_st ntr_dmp_bitmap(struct ntr_dmp *m, struct ntr_err *e)
{
	struct ntr_dump *d = m->d;
	struct candidate c = { 0 };
	u8 head[0x38] = { 0 };
	enum ntr_st st;

	if (ntr_file_read_some(d->file, m->hdr_len, head, sizeof(head)) <
	    sizeof(head)) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: the bitmap header is cut off",
			      m->hdr_len);
		return NTR_OK;
	}
	st = find_pages(m, head, &c, e);
	if (st == NTR_END) {
		d->has_map = false;
		d->complete = false;
		ntr_dump_note(d, "0x%x: the bitmap header fits none of the "
			      "known layouts (first page at 0x%" PRIx64
			      ", 0x%" PRIx64 " pages, 0x%" PRIx64 " bits by "
			      "the newest one)", m->hdr_len,
			      ntr_load_u64(head + 0x20),
			      ntr_load_u64(head + 0x28),
			      ntr_load_u64(head + 0x30));
		return NTR_OK;
	}
	if (st)
		return st;
	notes(m, &c);
	m->end = c.first + (d->map.pages << d->page_shift);
	return NTR_OK;
}
