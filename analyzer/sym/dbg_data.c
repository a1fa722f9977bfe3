// SPDX-License-Identifier: Apache-2.0
#include "dbg_data.h"

#include "../base/record.h"

/* IMAGE_COFF_SYMBOLS_HEADER */
#define COFF_HEADER_FIELDS(S, A, r, z)   \
	S(r, z, u32, nsymbols,    0x00)  \
	S(r, z, u32, symbols_off, 0x04)  \
	S(r, z, u32, nlines,      0x08)  \
	S(r, z, u32, lines_off,   0x0c)
NTR_RECORD(coff_header, 32, COFF_HEADER_FIELDS)

static void damaged(struct ntr_dbg_data *d, const struct ntr_err *why)
{
	if (d->damaged)
		return;
	d->damaged = true;
	d->damage = *why;
}

/* Out of memory is the caller's; everything else is this part's damage. */
static enum ntr_st only_nomem(struct ntr_dbg_data *d, enum ntr_st st,
			      const struct ntr_err *why, struct ntr_err *e)
{
	if (st == NTR_NOMEM)
		return ntr_fail(e, st, "out of memory");
	if (st)
		damaged(d, why);
	return NTR_OK;
}

static void cut_short(struct ntr_dbg_data *d, const char *what,
		      const struct ntr_pe_debug_dir *dir,
		      const struct ntr_blob *b)
{
	struct ntr_err why;

	if (b->whole)
		return;
	ntr_err_set(&why, "%s+0x%x: %s of 0x%x bytes, 0x%zx are there",
		    d->origin, dir->raw, what, dir->size, b->len);
	damaged(d, &why);
}

/* --- OMAP ------------------------------------------------------------------------ */

static enum ntr_st need_omap(struct ntr_dbg_data *d, struct ntr_err *e)
{
	struct ntr_blob blob = { NULL, 0, false };
	struct ntr_err why = { "" };
	struct ntr_bin b;
	enum ntr_st st;

	if (d->tried_omap || !d->omap.type)
		return NTR_OK;
	d->tried_omap = true;
	st = d->load(d->ctx, &d->omap, &blob, &why);
	if (!st) {
		cut_short(d, "OMAP table", &d->omap, &blob);
		b = ntr_blob_bin(&blob, d->origin, d->omap.raw);
		st = ntr_dbg_map_omap(&d->map, &b, &why);
		ntr_blob_fini(&blob);
	}
	return only_nomem(d, st, &why, e);
}

/* --- CodeView ---------------------------------------------------------------------- */

static enum ntr_st need_cv(struct ntr_dbg_data *d, struct ntr_err *e)
{
	struct ntr_err why = { "" };
	struct ntr_bin b;
	enum ntr_st st;

	if (d->tried_cv || !d->codeview.type)
		return NTR_OK;
	d->tried_cv = true;
	st = d->load(d->ctx, &d->codeview, &d->cv_bytes, &why);
	if (!st) {
		cut_short(d, "CodeView data", &d->codeview, &d->cv_bytes);
		b = ntr_blob_bin(&d->cv_bytes, d->origin, d->codeview.raw);
		st = ntr_cv_open(&d->cv, &b, &d->map, d->names, &why);
		d->has_cv = !st;
	}
	return only_nomem(d, st, &why, e);
}

static void cv_damage(struct ntr_dbg_data *d)
{
	if (d->has_cv && d->cv.damaged)
		damaged(d, &d->cv.damage);
}

/* --- COFF -------------------------------------------------------------------------- */

static enum ntr_st read_coff(struct ntr_dbg_data *d,
			     const struct ntr_coff *coff, struct ntr_err *e)
{
	struct ntr_err why = { "" };
	enum ntr_st st = ntr_coff_read(coff, &d->coff_syms, &d->coff_lines,
				       &why);

	return only_nomem(d, st, &why, e);
}

/* As many whole items at off as there are, of the n that are said to be. */
static struct ntr_bin items(struct ntr_dbg_data *d, const struct ntr_bin *b,
			    u32 off, u32 n, u32 each, const char *what)
{
	u64 size = (u64)(b->end - b->base), room;
	struct ntr_err why;

	room = off < size ? (size - off) / each : 0;
	if (n > room) {
		ntr_err_set(&why, "%s+0x%" PRIx64 ": %u %s, %" PRIu64
			    " are there", d->origin, b->off0 + off, n, what,
			    room);
		damaged(d, &why);
		n = (u32)room;
	}
	if (!n)
		return ntr_bin_of(b->base, 0, b->origin, b->off0);
	return ntr_bin_sub(b, off, (u64)n * each, what);
}

/* The string table is directly behind the symbols; its first four bytes, its
 * size, are not needed: a name has an end of its own. */
static struct ntr_bin strings_behind(const struct ntr_bin *all,
				     const struct ntr_bin *symbols)
{
	struct ntr_bin b = *all;

	b.base = b.pos = symbols->end;
	b.off0 = all->off0 + (u64)(symbols->end - all->base);
	return b;
}

static enum ntr_st coff_by_header(struct ntr_dbg_data *d, struct ntr_err *e)
{
	struct ntr_bin b = ntr_blob_bin(&d->coff_bytes, d->origin,
					d->coff.raw);
	struct ntr_coff coff = { .map = &d->map, .names = d->names,
				 .expect_rva = d->from_rva };
	struct ntr_coff_header h;
	struct ntr_err why;

	ntr_coff_header_decode(&h, &b);
	if (ntr_bin_done(&b, &why)) {
		damaged(d, &why);
		return NTR_OK;
	}
	coff.symbols = items(d, &b, h.symbols_off, h.nsymbols, 18, "symbols");
	coff.lines = items(d, &b, h.lines_off, h.nlines, 6, "lines");
	coff.strings = strings_behind(&b, &coff.symbols);
	return read_coff(d, &coff, e);
}

static enum ntr_st need_coff(struct ntr_dbg_data *d, struct ntr_err *e)
{
	struct ntr_err why = { "" };
	enum ntr_st st;

	if (d->tried_coff)
		return NTR_OK;
	d->tried_coff = true;
	if (d->coff.type) {
		st = d->load(d->ctx, &d->coff, &d->coff_bytes, &why);
		if (st)
			return only_nomem(d, st, &why, e);
		cut_short(d, "COFF data", &d->coff, &d->coff_bytes);
		return coff_by_header(d, e);
	}
	if (d->coff_bytes.len) {
		struct ntr_coff coff = {
			.map = &d->map, .names = d->names,
			.expect_rva = d->from_rva,
			.symbols = ntr_blob_bin(&d->coff_bytes, d->origin,
						d->coff.raw),
			.strings = ntr_blob_bin(&d->coff_strings, d->origin,
						d->coff.raw),
		};

		return read_coff(d, &coff, e);
	}
	return NTR_OK;
}

void ntr_dbg_data_coff_table(struct ntr_dbg_data *d, struct ntr_blob *symbols,
			     struct ntr_blob *strings)
{
	d->coff_bytes = *symbols;
	d->coff_strings = *strings;
	*symbols = *strings = (struct ntr_blob){ NULL, 0, false };
}

/* --- questions ------------------------------------------------------------------------ */

enum ntr_st ntr_dbg_data_symbols(struct ntr_dbg_data *d,
				 struct ntr_symlist *out, struct ntr_err *e)
{
	enum ntr_st st = need_omap(d, e);

	if (!st)
		st = need_cv(d, e);
	if (!st && d->has_cv)
		st = ntr_cv_symbols(&d->cv, out, e);
	cv_damage(d);
	if (!st)
		st = need_coff(d, e);
	for (size_t i = 0; !st && i < d->coff_syms.n; i++) {
		struct ntr_symbol *s = ntr_vec_add(out);

		if (!s)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		*s = d->coff_syms.v[i];
	}
	ntr_symlist_fini(&d->coff_syms);
	return st;
}

enum ntr_st ntr_dbg_data_lines(struct ntr_dbg_data *d,
			       struct ntr_linelist *out, struct ntr_err *e)
{
	enum ntr_st st = need_omap(d, e);

	if (!st)
		st = need_cv(d, e);
	if (!st && d->has_cv)
		st = ntr_cv_lines(&d->cv, out, e);
	cv_damage(d);
	if (st || out->n)
		return st;
	st = need_coff(d, e);
	for (size_t i = 0; !st && i < d->coff_lines.n; i++) {
		struct ntr_line *l = ntr_vec_add(out);

		if (!l)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		*l = d->coff_lines.v[i];
	}
	return st;
}

static enum ntr_st need_fpo(struct ntr_dbg_data *d, struct ntr_err *e)
{
	struct ntr_blob blob = { NULL, 0, false };
	struct ntr_err why = { "" };
	struct ntr_bin b;
	enum ntr_st st;

	if (d->tried_fpo || !d->fpo.type)
		return NTR_OK;
	d->tried_fpo = true;
	st = d->load(d->ctx, &d->fpo, &blob, &why);
	if (!st) {
		cut_short(d, "FPO table", &d->fpo, &blob);
		b = ntr_blob_bin(&blob, d->origin, d->fpo.raw);
		st = ntr_fpo_read(&d->fpos, &b, &why);
		ntr_blob_fini(&blob);
	}
	return only_nomem(d, st, &why, e);
}

enum ntr_st ntr_dbg_data_unwind(struct ntr_dbg_data *d, u64 rva,
				struct ntr_uwrec *out, struct ntr_err *e)
{
	enum ntr_st st = need_fpo(d, e);

	return st ? st : ntr_fpo_at(&d->fpos, rva, out, e);
}

enum ntr_st ntr_dbg_data_sizes(struct ntr_dbg_data *d, struct ntr_symlist *l,
			       struct ntr_err *e)
{
	enum ntr_st st = need_fpo(d, e);

	for (size_t i = 0; !st && i < d->fpos.n; i++)
		ntr_symlist_size(l, d->fpos.v[i].rva, d->fpos.v[i].size);
	return st;
}

enum ntr_st ntr_dbg_data_types(struct ntr_dbg_data *d,
			       struct ntr_cv_types **out, struct ntr_err *e)
{
	enum ntr_st st = need_cv(d, e);

	if (st)
		return st;
	if (d->has_cv && !d->tried_types) {
		d->tried_types = true;
		st = ntr_cv_types_open(&d->types, &d->cv, e);
		cv_damage(d);
	}
	if (!st && !d->types.n)
		st = ntr_fail(e, NTR_ABSENT, "%s: no types", d->origin);
	if (!st)
		*out = &d->types;
	return st;
}

enum ntr_st ntr_dbg_data_damage(const struct ntr_dbg_data *d,
				struct ntr_err *e)
{
	if (!d->damaged)
		return NTR_OK;
	return ntr_fail(e, NTR_BAD, "%s", d->damage.msg);
}

void ntr_dbg_data_fini(struct ntr_dbg_data *d)
{
	ntr_dbg_map_fini(&d->map);
	ntr_blob_fini(&d->coff_bytes);
	ntr_blob_fini(&d->coff_strings);
	ntr_blob_fini(&d->cv_bytes);
	ntr_cv_types_close(&d->types);
	if (d->has_cv)
		ntr_cv_close(&d->cv);
	ntr_vec_fini(&d->fpos);
	ntr_vec_fini(&d->coff_lines);
	ntr_symlist_fini(&d->coff_syms);
}
