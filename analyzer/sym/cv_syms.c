// SPDX-License-Identifier: Apache-2.0
/* CodeView: symbol records.  NB09 has 16-bit type indices (0x02xx), NB11
 * 32-bit ones (0x10xx), both with counted names; what later linkers wrote
 * (0x11xx) has names that end in NUL. */
#include "codeview.h"

#include <string.h>

/* Where in the data of a record what stands; size 0: the record has none. */
static const struct layout {
	u16 kind;
	u8 off, seg, name;
	u8 size, size_width; /* of the code */
	u8 type, type_width;
	bool counted;        /* name: a length byte first */
	enum ntr_symkind symkind;
} layouts[] = {
	/* kind    off seg name size w  type w  counted */
	{ 0x0201,  0,  4,  8,   0,  0,  6,  2, true,  NTR_SYM_DATA },
	{ 0x0202,  0,  4,  8,   0,  0,  6,  2, true,  NTR_SYM_DATA },
	{ 0x0203,  0,  4,  8,   0,  0,  0,  0, true,  NTR_SYM_PUBLIC },
	{ 0x0204, 24, 28, 33,  12,  4, 30,  2, true,  NTR_SYM_FUNC },
	{ 0x0205, 24, 28, 33,  12,  4, 30,  2, true,  NTR_SYM_FUNC },
	{ 0x0206, 12, 16, 21,  18,  2,  0,  0, true,  NTR_SYM_FUNC },
	{ 0x0209,  0,  4,  7,   0,  0,  0,  0, true,  NTR_SYM_LABEL },
	{ 0x1007,  4,  8, 10,   0,  0,  0,  4, true,  NTR_SYM_DATA },
	{ 0x1008,  4,  8, 10,   0,  0,  0,  4, true,  NTR_SYM_DATA },
	{ 0x1009,  4,  8, 10,   0,  0,  0,  0, true,  NTR_SYM_PUBLIC },
	{ 0x100a, 28, 32, 35,  12,  4, 24,  4, true,  NTR_SYM_FUNC },
	{ 0x100b, 28, 32, 35,  12,  4, 24,  4, true,  NTR_SYM_FUNC },
	{ 0x1102, 12, 16, 21,  18,  2,  0,  0, false, NTR_SYM_FUNC },
	{ 0x1105,  0,  4,  7,   0,  0,  0,  0, false, NTR_SYM_LABEL },
	{ 0x110c,  4,  8, 10,   0,  0,  0,  4, false, NTR_SYM_DATA },
	{ 0x110d,  4,  8, 10,   0,  0,  0,  4, false, NTR_SYM_DATA },
	{ 0x110e,  4,  8, 10,   0,  0,  0,  0, false, NTR_SYM_PUBLIC },
	{ 0x110f, 28, 32, 35,  12,  4, 24,  4, false, NTR_SYM_FUNC },
	{ 0x1110, 28, 32, 35,  12,  4, 24,  4, false, NTR_SYM_FUNC },
};

static u32 value(const struct ntr_bin *rec, u32 off, unsigned width)
{
	struct ntr_bin b = ntr_bin_sub(rec, off, width, "field");

	if (!width)
		return 0;
	return width == 2 ? ntr_bin_u16(&b, "field") : ntr_bin_u32(&b, "field");
}

static const char *name_of(struct ntr_cv *cv, const struct layout *l,
			   struct ntr_bin rec)
{
	const u8 *end;

	ntr_bin_seek(&rec, l->name, "symbol name");
	if (l->counted)
		return ntr_cv_pname(cv, &rec, "symbol name");
	end = ntr_bin_left(&rec) ? memchr(rec.pos, 0, ntr_bin_left(&rec))
				 : NULL;
	if (!end || end - rec.pos >= (s64)NTR_SYM_NAME_MAX)
		return NULL;
	return ntr_arena_strndup(cv->names, (const char *)rec.pos,
				 (size_t)(end - rec.pos));
}

static enum ntr_st add_symbol(struct ntr_cv *cv, const struct layout *l,
			      const struct ntr_bin *rec,
			      struct ntr_symlist *out, struct ntr_err *e)
{
	u32 off = value(rec, l->off, 4), seg = value(rec, l->seg, 2);
	u32 size = value(rec, l->size, l->size_width), rva, left;
	const char *name;
	struct ntr_symbol *s;
	bool code;

	if (!ntr_cv_place(cv, seg, off, &rva, &left, &code))
		return NTR_OK; /* an absolute value, or code that was dropped */
	name = name_of(cv, l, *rec);
	if (!name) {
		ntr_cv_damaged(cv, "%s+0x%" PRIx64 ": symbol 0x%x has no whole "
			       "name", rec->origin, rec->off0, l->kind);
		return NTR_OK;
	}
	if (!*name)
		return NTR_OK;
	s = ntr_vec_add(out);
	if (!s)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*s = (struct ntr_symbol){
		.name = name, .rva = rva, .size = size < left ? size : left,
		.kind = l->symkind, .type = value(rec, l->type, l->type_width),
		.code = code && l->symkind != NTR_SYM_DATA,
	};
	return NTR_OK;
}

static const struct layout *layout_of(u16 kind)
{
	for (size_t i = 0; i < NTR_COUNT(layouts); i++)
		if (layouts[i].kind == kind)
			return &layouts[i];
	return NULL;
}

static enum ntr_st read_records(struct ntr_cv *cv, struct ntr_bin *b,
				struct ntr_symlist *out, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	while (!st && ntr_bin_left(b) >= 4) {
		u64 at = ntr_bin_off(b);
		u16 len = ntr_bin_u16(b, "record length");
		u16 kind = ntr_bin_u16(b, "record kind");
		struct ntr_bin rec;
		const struct layout *l;

		if (len < 2 || !ntr_bin_fits(b, len - 2u, 1, "symbol record")) {
			ntr_cv_damaged(cv, "%s+0x%" PRIx64 ": symbol record "
				       "0x%x of %u bytes", b->origin, at, kind,
				       len);
			break;
		}
		rec = ntr_bin_sub(b, (u64)(b->pos - b->base), len - 2u, "rec");
		ntr_bin_skip(b, len - 2u, "symbol record");
		l = layout_of(kind);
		if (l && ntr_bin_left(&rec) > l->name)
			st = add_symbol(cv, l, &rec, out, e);
		else if (l)
			ntr_cv_damaged(cv, "%s+0x%" PRIx64 ": symbol record "
				       "0x%x of only %u bytes", rec.origin, at,
				       kind, len);
	}
	return st;
}

/* What a part holds of records; false: it holds none. */
static bool records_of(struct ntr_cv *cv, const struct ntr_cv_part *p,
		       struct ntr_bin *out)
{
	struct ntr_bin b = ntr_cv_bytes(cv, p);
	u32 size;

	switch (p->kind) {
	case NTR_CV_ALIGN_SYM:
		ntr_bin_skip(&b, 4, "symbol signature");
		break;
	case NTR_CV_GLOBAL_SYM:
	case NTR_CV_GLOBAL_PUB:
	case NTR_CV_STATIC_SYM:
		ntr_bin_skip(&b, 4, "hash kinds");
		size = ntr_bin_u32(&b, "size of symbols");
		ntr_bin_skip(&b, 8, "hash sizes");
		if (size > ntr_bin_left(&b))
			ntr_cv_damaged(cv, "%s+0x%" PRIx64 ": 0x%x bytes of "
				       "symbols, 0x%zx are there", b.origin,
				       b.off0, size, ntr_bin_left(&b));
		else
			b.end = b.pos + size; /* the hashes are behind it */
		break;
	default:
		return false;
	}
	*out = b;
	return !b.bad;
}

enum ntr_st ntr_cv_symbols(struct ntr_cv *cv, struct ntr_symlist *out,
			   struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < cv->parts.n; i++) {
		struct ntr_bin b;

		if (records_of(cv, &cv->parts.v[i], &b))
			st = read_records(cv, &b, out, e);
	}
	return st;
}
