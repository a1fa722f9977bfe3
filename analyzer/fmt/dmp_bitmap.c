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
 * The bitmap is read in pieces and becomes runs of pages, so an open costs
 * one pass over it, 64 pages at a time.  Kernel dumps are often in tens of
 * thousands of pieces, and a list of those would cost more than the whole
 * open: after MAX_LISTED runs the rest of the memory is one run whose pages
 * are found when they are read, by the number of bits set before each unit of
 * the bitmap (8 bytes for 2,048 pages) and a look at one unit.
 */
#include "dmp_bitmap.h"

#include <string.h>

#define MAX_BITS (UINT64_C(1) << 40)
#define MAX_LISTED 2048u
#define PIECE 32768u /* bytes of bitmap per read, a multiple of the unit */

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

struct walk {
	struct ntr_dmp *m;
	struct ntr_dmp_index *ix;
	u64 have;       /* pages that the file has bytes for */
	u64 count;      /* set bits before the current one */
	u64 open;       /* first page of the run being built */
	bool in_run;
	bool indexed;   /* MAX_LISTED was reached: count only */
	u64 rest;       /* indexed: first page that is in no listed run */
	u64 last;       /* indexed: a page not before the last set bit */
	enum ntr_st st;
};

/* --- bitmap to runs ---------------------------------------------------------- */

static void run_end(struct walk *w, u64 pfn, struct ntr_err *e)
{
	struct ntr_dump *d = w->m->d;
	u64 n = pfn - w->open, before = w->count, room;

	w->in_run = false;
	w->count += n;
	w->last = pfn - 1;
	/* A run costs memory only when the file has bytes for it. */
	if (before >= w->have || w->indexed)
		return;
	room = w->have - before;
	if (d->runs.n >= MAX_LISTED) {
		w->indexed = true;
		w->rest = w->open;
		return;
	}
	w->st = ntr_dump_add_run(d, w->open, n < room ? n : room, w->ix->first +
				 (before << d->page_shift), e);
}

/* 64 pages from pfn on. Each bit of t is a page where presence changes, so
 * words of all ones or all zeros inside a run or a hole cost nothing. */
static inline void word(struct walk *w, u64 pfn, u64 v, struct ntr_err *e)
{
	u64 t = v ^ (v << 1 | w->in_run);

	while (NTR_UNLIKELY(t)) {
		u64 at = pfn + (u64)__builtin_ctzll(t);

		t &= t - 1;
		if (w->in_run) {
			run_end(w, at, e);
		} else {
			w->open = at;
			w->in_run = true;
		}
	}
}

/* Word i of len bytes of bitmap, whose first bit is page pfn; bits beyond
 * nbits are not looked at. */
static inline u64 load_word(const u8 *p, size_t len, size_t i, u64 pfn,
			    u64 nbits)
{
	u64 v = 0, left = nbits - pfn;

	if (NTR_LIKELY(len - i >= 8))
		v = ntr_load_u64(p + i);
	else
		for (size_t k = 0; k < len - i; k++)
			v |= (u64)p[i + k] << (8 * k);
	if (NTR_UNLIKELY(left < 64))
		v &= (UINT64_C(1) << left) - 1;
	return v;
}

static void unit_runs(struct walk *w, const u8 *p, size_t len, u64 pfn,
		      struct ntr_err *e)
{
	for (size_t i = 0; i < len && w->st == NTR_OK; i += 8, pfn += 64)
		word(w, pfn, load_word(p, len, i, pfn, w->ix->bits), e);
}

static void unit_count(struct walk *w, const u8 *p, size_t len, u64 pfn)
{
	u64 n = 0;

	if (w->in_run) {
		w->count += pfn - w->open;
		w->last = pfn - 1;
		w->in_run = false;
	}
	for (size_t i = 0; i < len; i += 8)
		n += ntr_dmp_popcount(load_word(p, len, i, pfn + i * 8,
						w->ix->bits));
	w->count += n;
	if (n)
		w->last = pfn + len * 8 - 1;
}

/* len bytes of bitmap from page pfn on, a unit at a time. */
static void piece(struct walk *w, const u8 *p, size_t len, u64 pfn,
		  struct ntr_err *e)
{
	for (size_t i = 0; i < len && w->st == NTR_OK; i += NTR_DMP_UNIT) {
		size_t n = len - i < NTR_DMP_UNIT ? len - i : NTR_DMP_UNIT;
		u64 at = pfn + i * 8;

		w->ix->rank[w->ix->nranks++] =
			w->count + (w->in_run ? at - w->open : 0);
		if (w->indexed)
			unit_count(w, p + i, n, at);
		else
			unit_runs(w, p + i, n, at, e);
	}
}

/* Room for the ranks of the bitmap, as much of it as the file has. */
static enum ntr_st ranks_new(struct walk *w, struct ntr_err *e)
{
	struct ntr_dump *d = w->m->d;
	u64 bytes = (w->ix->bits + 7) / 8, have = d->file->size - w->ix->map;

	have = bytes < have ? bytes : have;
	w->ix->rank = ntr_arena_array(&d->arena, (size_t)(have / NTR_DMP_UNIT) +
				      1, sizeof(u64));
	w->ix->nranks = 0;
	return w->ix->rank ? NTR_OK : ntr_fail(e, NTR_NOMEM, "out of memory");
}

static enum ntr_st index_rest(struct walk *w, struct ntr_err *e)
{
	struct ntr_dump *d = w->m->d;
	u64 end = w->last < w->ix->bits ? w->last + 1 : w->ix->bits;
	struct ntr_dmp_index *ix = ntr_arena_alloc(&d->arena, sizeof(*ix));

	if (!ix)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*ix = *w->ix;
	return ntr_dmp_use_index(d, ix, w->rest, end - w->rest, e);
}

/* Adds the runs of a candidate; w->count gets the number of set bits. What
 * the file does not hold of the bitmap counts as zeros. */
static enum ntr_st add_runs(struct walk *w, struct ntr_err *e)
{
	struct ntr_dump *d = w->m->d;
	u64 bytes = (w->ix->bits + 7) / 8, at = 0, end;
	u8 buf[PIECE];

	d->runs.n = 0;
	w->st = ranks_new(w, e);
	while (at < bytes && w->st == NTR_OK) {
		size_t want = bytes - at < PIECE ? (size_t)(bytes - at) : PIECE;
		size_t got = ntr_file_read_some(d->file, w->ix->map + at, buf,
						want);

		piece(w, buf, got, at * 8, e);
		at += got;
		if (got < want)
			break;
	}
	end = at * 8 < w->ix->bits ? at * 8 : w->ix->bits;
	if (w->in_run && w->st == NTR_OK)
		run_end(w, end, e);
	return w->st;
}

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

/* Runs of c when its bitmap has as many pages as it promises; else END. */
static enum ntr_st try_candidate(struct ntr_dmp *m, const struct candidate *c,
				 struct walk *w, struct ntr_err *e)
{
	struct ntr_dmp_index *ix = w->ix;
	enum ntr_st st;

	*ix = (struct ntr_dmp_index){ .map = c->map, .bits = c->bits,
				      .first = c->first };
	*w = (struct walk){ .m = m, .ix = ix };
	if (m->d->file->size > c->first)
		w->have = (m->d->file->size - c->first) >> m->d->page_shift;
	st = add_runs(w, e);
	if (st)
		return st;
	return w->count == c->pages ? NTR_OK : NTR_END;
}

/* Try every layout, as stored or with one number put right. OK: *best is
 * chosen and its runs are added. END: none agrees with its bitmap; *fallback
 * is then the first that is at least possible, if there is one. */
static enum ntr_st choose(struct ntr_dmp *m, const u8 *head, bool with_repair,
			  struct candidate *best, struct candidate *fallback,
			  struct walk *w, struct ntr_err *e)
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
		st = try_candidate(m, &c, w, e);
		if (st != NTR_END) {
			*best = c;
			return st;
		}
	}
	return NTR_END;
}

static enum ntr_st find_runs(struct ntr_dmp *m, const u8 *head,
			     struct candidate *c, struct walk *w,
			     struct ntr_err *e)
{
	struct candidate fallback = { 0 };
	enum ntr_st st = choose(m, head, false, c, &fallback, w, e);

	if (st == NTR_END)
		st = choose(m, head, true, c, &fallback, w, e);
	if (st != NTR_END || !fallback.lay)
		return st;
	*c = fallback;
	st = try_candidate(m, c, w, e);
	return st == NTR_END ? NTR_OK : st;
}

/* --- what to say ------------------------------------------------------------- */

static void notes(struct ntr_dmp *m, const struct candidate *c,
		  const struct walk *w)
{
	struct ntr_dump *d = m->d;
	u64 map_end = c->map + (c->bits + 7) / 8;

	if (c->repaired)
		ntr_dump_note(d, "0x%x: the %s in the bitmap header cannot be; "
			      "put right, as %" PRIu64 " bits are set",
			      m->hdr_len, c->repaired, w->count);
	if (map_end > d->file->size) {
		d->complete = false;
		ntr_dump_note(d, "0x%" PRIx64 ": the file ends at 0x%" PRIx64
			      " inside the bitmap, which ends at 0x%" PRIx64,
			      c->map, d->file->size, map_end);
		d->pages_missing += c->pages > w->count ? c->pages - w->count :
							  0;
	} else if (w->count != c->pages) {
		ntr_dump_note(d, "0x%" PRIx64 ": %" PRIu64 " pages promised, "
			      "the bitmap has %" PRIu64 "; the bitmap is used",
			      m->hdr_len + (u64)c->lay->pages, c->pages,
			      w->count);
	}
	if (w->count > w->have) {
		d->complete = false;
		d->pages_missing += w->count - w->have;
	}
}

enum ntr_st ntr_dmp_bitmap(struct ntr_dmp *m, struct ntr_err *e)
{
	struct ntr_dump *d = m->d;
	struct candidate c = { 0 };
	struct ntr_dmp_index ix = { 0 };
	struct walk w = { .m = m, .ix = &ix };
	u8 head[0x38] = { 0 };
	enum ntr_st st;

	if (ntr_file_read_some(d->file, m->hdr_len, head, sizeof(head)) <
	    sizeof(head)) {
		d->complete = false;
		ntr_dump_note(d, "0x%x: the bitmap header is cut off",
			      m->hdr_len);
		return NTR_OK;
	}
	st = find_runs(m, head, &c, &w, e);
	if (st == NTR_END) {
		d->runs.n = 0;
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
	notes(m, &c, &w);
	m->end = c.first + (w.count << d->page_shift);
	d->pages = w.count < w.have ? w.count : w.have;
	return w.indexed ? index_rest(&w, e) : NTR_OK;
}
