// SPDX-License-Identifier: Apache-2.0
/*
 * Line tables: a program is run once, when an address of its unit is asked
 * for, and kept as rows.  Units that share a program share the rows.
 */
#include "dwarf.h"

#include <stdlib.h>

/* --- sequences ---------------------------------------------------------------------- */

static int seq_lo(const void *a, const void *b)
{
	const struct ntr_dw_seq *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* Sequences whose addresses rise, as the standard wants. One that is below the
 * image was dropped by the linker. */
static bool sequences(struct ntr_dw *dw, struct ntr_dw_lines *t)
{
	size_t first = 0;
	bool rises = true;

	for (size_t i = 0; i < t->rows.n; i++) {
		const struct ntr_dw_row *r = &t->rows.v[i];
		struct ntr_dw_seq *s;

		rises &= i == first || r->addr >= r[-1].addr;
		if (!r->end)
			continue;
		if (rises && i > first && t->rows.v[first].addr >= dw->img->base &&
		    t->rows.v[first].addr) {
			s = ntr_vec_add(&t->seqs);
			if (!s)
				return false;
			*s = (struct ntr_dw_seq){ t->rows.v[first].addr,
						  r->addr, first, i - first };
		}
		first = i + 1;
		rises = true;
	}
	if (t->seqs.n)
		qsort(t->seqs.v, t->seqs.n, sizeof(*t->seqs.v), seq_lo);
	return true;
}

/* --- a unit's table ------------------------------------------------------------------ */

/* Where the table with this offset is in dw->lines, or would be. */
static size_t place(const struct ntr_dw *dw, u64 off)
{
	size_t lo = 0, hi = dw->lines.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (dw->lines.v[mid]->off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct ntr_dw_lines *new_table(struct ntr_dw *dw, u64 off)
{
	size_t at = place(dw, off);
	struct ntr_dw_lines *t = calloc(1, sizeof(*t)), **p;

	p = t ? ntr_vec_add(&dw->lines) : NULL;
	if (!p) {
		free(t);
		return NULL;
	}
	t->off = off;
	memmove(&dw->lines.v[at + 1], &dw->lines.v[at],
		(dw->lines.n - 1 - at) * sizeof(*p));
	dw->lines.v[at] = t;
	return t;
}

static enum ntr_st read_table(struct ntr_dw *dw, struct ntr_dw_unit *u,
			      Dwarf_Die die, struct ntr_err *e)
{
	struct ntr_dw_lines *t;
	enum ntr_st st;
	u64 off;
	size_t at;

	if (!ntr_dw_offset(dw, die, DW_AT_stmt_list, &off))
		return ntr_fail(e, NTR_ABSENT, "%s: a unit without lines",
				dw->img->file->name);
	at = place(dw, off);
	if (at < dw->lines.n && dw->lines.v[at]->off == off) {
		u->lines = dw->lines.v[at];
		return NTR_OK;
	}
	t = new_table(dw, off);
	if (!t)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	u->lines = t;
	st = ntr_dw_run_lines(dw, t, ntr_dw_string(dw, die, DW_AT_comp_dir), e);
	/* what came before damage is good */
	return sequences(dw, t) ? st : ntr_fail(e, NTR_NOMEM, "out of memory");
}

static enum ntr_st know_lines(struct ntr_dw *dw, struct ntr_dw_unit *u,
			      struct ntr_err *e)
{
	enum ntr_st st;
	Dwarf_Die die;

	if (u->lines_tried)
		return u->lines ? NTR_OK : NTR_ABSENT;
	u->lines_tried = true;
	st = ntr_dw_die(dw, u->id, &die, e);
	if (st)
		return st;
	st = read_table(dw, u, die, e);
	ntr_dw_free(die);
	return st;
}

/* --- questions ------------------------------------------------------------------------- */

static void give(const struct ntr_dw *dw, const struct ntr_dw_lines *t, size_t i,
		 struct ntr_line *out)
{
	const struct ntr_dw_row *r = &t->rows.v[i];
	bool more = i + 1 < t->rows.n && t->rows.v[i + 1].addr >= r->addr;

	*out = (struct ntr_line){
		.file = r->file < t->nfile && t->file[r->file] ?
				t->file[r->file] : "?",
		.line = r->line,
		.rva = r->addr - dw->img->base,
		.size = more ? t->rows.v[i + 1].addr - r->addr : 0,
	};
}

/* The last row at or below addr of the sequence that holds it. */
static bool find_row(const struct ntr_dw_lines *t, u64 addr, size_t *out)
{
	size_t lo = 0, hi = t->seqs.n;
	const struct ntr_dw_seq *s;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->seqs.v[mid].lo <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr >= t->seqs.v[lo - 1].hi)
		return false;
	s = &t->seqs.v[lo - 1];
	lo = s->first;
	hi = s->first + s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->rows.v[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	*out = lo - 1;
	return true;
}

enum ntr_st ntr_dw_line(struct ntr_dw *dw, u64 rva, struct ntr_line *out,
			struct ntr_err *e)
{
	enum ntr_st st = ntr_dw_reaches(dw, e), bad = NTR_OK;
	u64 addr = rva + dw->img->base;
	struct ntr_dw_unit *u;
	size_t i = 0, row;

	if (st)
		return st;
	while ((u = ntr_dw_unit_at(dw, addr, &i))) {
		st = know_lines(dw, u, e);
		if (st == NTR_NOMEM)
			return st;
		if (st && st != NTR_ABSENT)
			bad = st; /* and e says why */
		if (!u->lines || !find_row(u->lines, addr, &row))
			continue;
		if (!u->lines->rows.v[row].line)
			break; /* code of no line */
		give(dw, u->lines, row, out);
		return NTR_OK;
	}
	return bad ? bad :
		     ntr_fail(e, NTR_ABSENT, "%s: no line at +0x%" PRIx64,
			      dw->img->file->name, rva);
}

static bool each_row(struct ntr_dw *dw, const struct ntr_dw_lines *t,
		     ntr_line_fn *fn, void *ctx)
{
	for (size_t k = 0; k < t->seqs.n; k++) {
		const struct ntr_dw_seq *s = &t->seqs.v[k];

		for (size_t i = s->first; i < s->first + s->n; i++) {
			struct ntr_line l;

			give(dw, t, i, &l);
			if (!fn(ctx, &l))
				return false;
		}
	}
	return true;
}

enum ntr_st ntr_dw_each_line(struct ntr_dw *dw, ntr_line_fn *fn, void *ctx,
			     struct ntr_err *e)
{
	enum ntr_st st = ntr_dw_units(dw, e);

	if (st)
		return st;
	for (size_t i = 0; i < dw->ninfo; i++) {
		struct ntr_dw_unit *u = &dw->units.v[i];

		if (u->blank)
			continue;
		st = know_lines(dw, u, e);
		if (st == NTR_NOMEM)
			return st;
	}
	for (size_t i = 0; i < dw->lines.n; i++)
		if (!each_row(dw, dw->lines.v[i], fn, ctx))
			break;
	return NTR_OK;
}
