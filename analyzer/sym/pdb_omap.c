// SPDX-License-Identifier: Apache-2.0
/*
 * Section numbers to RVAs, and the way from the image as it was linked to the
 * image as it is loaded.
 *
 * OMAP: sorted pairs; the bytes from `from` up to the next pair's `from` came
 * from (went to) `to`.  Where to is 0 (Microsoft's tools) or has its top bit
 * set (Syzygy's, seen in omap_stretched.pdb) the bytes are not on the other
 * side.  omap_to pairs with one and the same `to` are bytes put in there.
 */
#include "pdb.h"

#include "../base/record.h"

#include <stdlib.h>

#define SCN_FIELDS(S, A, r, z)     \
	S(r, z, u32, vsize,    0x08) \
	S(r, z, u32, rva,      0x0c) \
	S(r, z, u32, raw_size, 0x10) \
	S(r, z, u32, flags,    0x24)
NTR_RECORD(pdb_scn, 0x28, SCN_FIELDS)

#define OMAP_NOWHERE 0x80000000u
/* Pieces of one stretch: more is no function any more. */
#define STRETCH_PIECES 65536u
#define PUT_IN_PIECES 64u

/* --- sections ------------------------------------------------------------------- */

static enum ntr_st sections_read(struct ntr_pdb *p, struct ntr_err *e)
{
	u16 orig = p->dbi.dbg[NTR_PDB_DBG_ORIG_SECTIONS];
	struct ntr_bin b;
	enum ntr_st st;
	size_t n;

	/* seg:off is by the headers from before the blocks were moved, which
	 * Syzygy leaves in the usual place. */
	st = ntr_msf_stream(&p->msf, orig != NTR_MSF_NO_STREAM ?
			    orig : p->dbi.dbg[NTR_PDB_DBG_SECTIONS], &b, e);
	if (st)
		return ntr_wrap(e, st, "section headers");
	n = ntr_bin_left(&b) / ntr_pdb_scn_size;
	if (n > UINT16_MAX)
		n = UINT16_MAX;
	p->section = calloc(n ? n : 1, sizeof(*p->section));
	if (!p->section)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct ntr_pdb_section *s = &p->section[i];
		struct ntr_pdb_scn r;

		ntr_pdb_scn_decode(&r, &b);
		s->rva = r.rva;
		s->size = r.vsize > r.raw_size ? r.vsize : r.raw_size;
		s->flags = r.flags;
	}
	p->nsections = (u32)n;
	return NTR_OK;
}

static int by_from(const void *a, const void *b)
{
	const struct ntr_omap_entry *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static enum ntr_st omap_read(struct ntr_pdb *p, u32 which,
			     struct ntr_omap_entry **out, u32 *count,
			     struct ntr_err *e)
{
	struct ntr_omap_entry *v;
	bool sorted = true;
	struct ntr_bin b;
	enum ntr_st st = ntr_msf_stream(&p->msf, p->dbi.dbg[which], &b, e);
	size_t n;

	if (st)
		return st == NTR_ABSENT ? NTR_OK : ntr_wrap(e, st, "OMAP");
	n = ntr_bin_left(&b) / 8;
	v = calloc(n ? n : 1, sizeof(*v));
	if (!v)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		v[i].from = ntr_bin_u32(&b, "OMAP");
		v[i].to = ntr_bin_u32(&b, "OMAP");
		if (i && v[i - 1].from > v[i].from)
			sorted = false;
	}
	if (!sorted)
		qsort(v, n, sizeof(*v), by_from);
	*out = v;
	*count = (u32)n;
	return NTR_OK;
}

static enum ntr_st sections_load(struct ntr_pdb *p, struct ntr_err *e)
{
	enum ntr_st st = ntr_pdb_again(&p->dbi_once, e);

	if (!st)
		st = sections_read(p, e);
	if (!st)
		st = omap_read(p, NTR_PDB_DBG_OMAP_FROM_SRC, &p->omap_from,
			       &p->nomap_from, e);
	if (!st)
		st = omap_read(p, NTR_PDB_DBG_OMAP_TO_SRC, &p->omap_to,
			       &p->nomap_to, e);
	if (!st && !p->nomap_to != !p->nomap_from)
		return ntr_fail(e, NTR_BAD, "%s: OMAP in one direction only",
				p->msf.file->name);
	return st;
}

enum ntr_st ntr_pdb_need_sections(struct ntr_pdb *p, struct ntr_err *e)
{
	if (!ntr_pdb_once(&p->sections_once))
		p->sections_once.st = sections_load(p, &p->sections_once.err);
	return ntr_pdb_again(&p->sections_once, e);
}

bool ntr_pdb_src(const struct ntr_pdb *p, u16 seg, u32 off, u32 *src)
{
	u32 rva;

	if (!seg || seg > p->nsections)
		return false;
	rva = p->section[seg - 1].rva + off;
	if (rva < off)
		return false;
	*src = rva;
	return true;
}

const struct ntr_pdb_section *ntr_pdb_section_of(const struct ntr_pdb *p,
						 u32 src)
{
	for (u32 i = 0; i < p->nsections; i++)
		if (src - p->section[i].rva < p->section[i].size)
			return &p->section[i];
	return NULL;
}

/* --- OMAP ------------------------------------------------------------------------- */

/* The last pair at or below x; n when there is none. */
static u32 omap_find(const struct ntr_omap_entry *v, u32 n, u32 x)
{
	u32 lo = 0, left = n;

	if (!n || v[0].from > x)
		return n;
	while (left > 1) {
		u32 half = left / 2;

		lo += v[lo + half].from <= x ? half : 0;
		left -= half;
	}
	return lo;
}

static bool omap_gone(u32 to)
{
	return !to || to & OMAP_NOWHERE;
}

bool ntr_pdb_to_image(const struct ntr_pdb *p, u32 src, u32 *rva)
{
	u32 i;

	if (!p->nomap_from) {
		*rva = src;
		return true;
	}
	i = omap_find(p->omap_from, p->nomap_from, src);
	if (i == p->nomap_from || omap_gone(p->omap_from[i].to))
		return false;
	*rva = p->omap_from[i].to + (src - p->omap_from[i].from);
	return true;
}

/* End of piece i of the image. */
static u32 piece_end(const struct ntr_pdb *p, u32 i)
{
	return i + 1 < p->nomap_to ? p->omap_to[i + 1].from : UINT32_MAX;
}

bool ntr_pdb_to_src(const struct ntr_pdb *p, u32 rva, u32 *src)
{
	const struct ntr_omap_entry *o = p->omap_to;
	u32 i;

	if (!p->nomap_to) {
		*src = rva;
		return true;
	}
	i = omap_find(o, p->nomap_to, rva);
	if (i == p->nomap_to)
		return false;
	if (omap_gone(o[i].to)) {
		/* Put in: it belongs to what is in front of it. */
		if (!i || omap_gone(o[i - 1].to) ||
		    o[i].from == o[i - 1].from)
			return false;
		i--;
		rva = piece_end(p, i) - 1;
	}
	*src = o[i].to + (rva - o[i].from);
	return true;
}

/* The part of piece i whose source bytes are [src, end); false: none. */
static bool piece_part(const struct ntr_pdb *p, u32 i, u64 src, u64 end,
		       u64 *from, u64 *to)
{
	u64 a = p->omap_to[i].from, t = p->omap_to[i].to;
	u64 b = piece_end(p, i);

	if (omap_gone((u32)t))
		return false;
	*from = t < src ? a + (src - t) : a;
	*to = t + (b - a) > end ? a + (end - t) : b;
	return t < end && *from < *to;
}

/* Pieces in the order of the source, or bytes put in that repeat it, make one
 * stretch; neighbours in another order do not (as dump_syms has it in
 * omap_reorder_bbs.sym). */
static bool goes_on(const struct ntr_pdb *p, u32 i, u32 k)
{
	u32 t = p->omap_to[i].to, next = p->omap_to[k].to;

	return !omap_gone(t) && !omap_gone(next) && next >= t;
}

static u64 stretch_back(const struct ntr_pdb *p, u32 i, u64 src, u64 end,
			u64 start)
{
	u64 a, b;

	for (u32 n = 0; i && n < STRETCH_PIECES; n++) {
		u32 k = i - 1;

		if (start != p->omap_to[i].from)
			break;
		if (k && omap_gone(p->omap_to[k].to))
			k--; /* put in */
		if (!goes_on(p, k, i) || !piece_part(p, k, src, end, &a, &b) ||
		    b != piece_end(p, k))
			break;
		start = a;
		i = k;
	}
	return start;
}

static u64 stretch_on(const struct ntr_pdb *p, u32 i, u64 src, u64 end,
		      u64 stop)
{
	u64 a, b;

	for (u32 n = 0; i + 1 < p->nomap_to && n < STRETCH_PIECES; n++) {
		u32 k = i + 1;

		if (stop != piece_end(p, i))
			break;
		if (k + 1 < p->nomap_to && omap_gone(p->omap_to[k].to))
			k++;
		if (!goes_on(p, i, k) || !piece_part(p, k, src, end, &a, &b) ||
		    a != p->omap_to[k].from)
			break;
		stop = b;
		i = k;
	}
	return stop;
}

void ntr_pdb_stretch(const struct ntr_pdb *p, u32 rva, u32 src, u32 size,
		     u64 *start, u64 *len)
{
	u64 end = (u64)src + size, a, b;
	u32 first = omap_find(p->omap_to, p->nomap_to, rva), i = first;

	if (i == p->nomap_to) {
		*start = p->nomap_to ? rva : src;
		*len = p->nomap_to ? 0 : size;
		return;
	}
	if (i && omap_gone(p->omap_to[i].to))
		i = --first; /* as ntr_pdb_to_src() has it */
	/* Where bytes were put in, the way back may lead to a source byte a
	 * little in front: omap_stretched_filled.pdb. */
	while (!piece_part(p, i, src, end, &a, &b)) {
		if (i + 1 >= p->nomap_to || i - first > PUT_IN_PIECES ||
		    !goes_on(p, i, i + 1)) {
			*start = rva;
			*len = 0;
			return;
		}
		i++;
	}
	*start = i == first ? stretch_back(p, i, src, end, a) : rva;
	*len = stretch_on(p, i, src, end, b) - *start;
}
