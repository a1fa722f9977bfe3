// SPDX-License-Identifier: Apache-2.0
/* Volatility ISF: recognising, opening and the questions about symbols. */
#include "isf.h"

#include <stdlib.h>
#include <string.h>

static bool isf_probe(const u8 *head, size_t len)
{
	static const char *const first[] = { "\"metadata\"", "\"symbols\"",
					     "\"base_types\"", "\"enums\"",
					     "\"user_types\"" };
	struct ntr_bin b = ntr_bin_of(head, len, NULL, 0);
	const u8 *p = ntr_bin_take(&b, 1, "brace");

	if (!p || *p != '{')
		return false;
	do
		p = ntr_bin_take(&b, 1, "blank");
	while (p && strchr(" \t\r\n", *p) && *p);
	if (!p)
		return false;
	for (size_t i = 0; i < NTR_COUNT(first); i++) {
		size_t n = strlen(first[i]);

		if (len - (size_t)(p - head) >= n && !memcmp(p, first[i], n))
			return true;
	}
	return false;
}

static void isf_close(struct ntr_symsrc *s)
{
	struct ntr_isf *p = s->priv;

	ntr_isf_scan_end(p);
	ntr_vec_fini(&p->names);
	ntr_vec_fini(&p->symbols);
	ntr_vec_fini(&p->symtypes);
	ntr_vec_fini(&p->made);
	for (size_t i = 0; i < NTR_COUNT(p->table); i++) {
		ntr_vec_fini(&p->table[i]);
		free(p->table[i].order);
	}
	free(p->by_rva);
	free(p->by_name);
	free(p->by_link);
	free(p);
}

static enum ntr_st isf_open(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct ntr_isf *p;
	enum ntr_st st;

	if (s->file->size > NTR_ISF_MAX)
		return ntr_fail(e, NTR_LIMIT, "%s: %" PRIu64 " bytes, a symbol "
				"table may have %" PRIu64, s->file->name,
				s->file->size, NTR_ISF_MAX);
	p = calloc(1, sizeof(*p));
	if (!p)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	s->priv = p;
	st = ntr_isf_scan_begin(s, e);
	if (st == NTR_OK)
		st = ntr_isf_need(s, NTR_ISF_METADATA, e);
	if (st == NTR_OK && p->other_system)
		st = ntr_fail(e, NTR_UNSUP, "%s: symbols of another system "
			      "than Windows", s->file->name);
	return st;
}

/* --- symbols --------------------------------------------------------------- */

static int by_rva(const void *a, const void *b)
{
	const struct ntr_isf_by_rva *x = a, *y = b;

	if (x->rva != y->rva)
		return x->rva < y->rva ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static enum ntr_st order_rvas(struct ntr_isf *p, struct ntr_err *e)
{
	if (p->by_rva || !p->symbols.n)
		return NTR_OK;
	p->by_rva = malloc(p->symbols.n * sizeof(*p->by_rva));
	if (!p->by_rva)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < p->symbols.n; i++)
		p->by_rva[i] = (struct ntr_isf_by_rva){ p->symbols.v[i].rva,
							(u32)i };
	qsort(p->by_rva, p->symbols.n, sizeof(*p->by_rva), by_rva);
	return NTR_OK;
}

static enum ntr_st fill(struct ntr_symsrc *s, const struct ntr_isf_symbol *x,
			struct ntr_symbol *out, struct ntr_err *e)
{
	struct ntr_isf *p = s->priv;
	struct ntr_symbol sym = {
		.name = p->names.v + (x->link ? x->link : x->name),
		.rva = x->rva, .kind = NTR_SYM_PUBLIC,
	};
	struct ntr_type t;
	enum ntr_st st = NTR_OK;

	if (x->type) {
		st = ntr_isf_symtype_id(s, &p->symtypes.v[x->type - 1],
					&sym.type, e);
		if (st == NTR_OK && sym.type &&
		    ntr_isf_type(s, sym.type, &t, NULL) == NTR_OK)
			sym.code = t.kind == NTR_TY_FUNC;
	}
	if (st == NTR_OK)
		*out = sym;
	return st;
}

/* First index whose address is above (at or above) rva. */
static size_t rva_bound(const struct ntr_isf *p, u64 rva, bool above)
{
	size_t lo = 0, hi = p->symbols.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->by_rva[mid].rva < rva ||
		    (above && p->by_rva[mid].rva == rva))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Of several names of one address the file's first. */
static enum ntr_st isf_at(struct ntr_symsrc *s, u64 rva,
			  struct ntr_symbol *out, struct ntr_err *e)
{
	struct ntr_isf *p = s->priv;
	enum ntr_st st = ntr_isf_need(s, NTR_ISF_SYMBOLS, e);
	size_t i;

	if (st == NTR_OK)
		st = order_rvas(p, e);
	if (st)
		return st;
	i = rva_bound(p, rva, true);
	if (!i)
		return ntr_fail(e, NTR_ABSENT, "%s: no symbol at or below "
				"0x%" PRIx64, s->file->name, rva);
	i = rva_bound(p, p->by_rva[i - 1].rva, false);
	return fill(s, &p->symbols.v[p->by_rva[i].index], out, e);
}

static const char *name_of(const struct ntr_isf *p, u32 i, bool link)
{
	const struct ntr_isf_symbol *x = &p->symbols.v[i];

	return p->names.v + (link ? x->link : x->name);
}

static int by_name(const void *a, const void *b, void *isf)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;
	int c = strcmp(name_of(isf, x, false), name_of(isf, y, false));

	return c ? c : (x > y) - (x < y);
}

static int by_link(const void *a, const void *b, void *isf)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;
	int c = strcmp(name_of(isf, x, true), name_of(isf, y, true));

	return c ? c : (x > y) - (x < y);
}

/* The writers of the packs sort by name: then there is nothing to do. */
static enum ntr_st order_names(struct ntr_isf *p, struct ntr_err *e)
{
	bool sorted = true;
	u32 *all, *links;

	if (p->by_name || !p->symbols.n)
		return NTR_OK;
	all = malloc(p->symbols.n * sizeof(*all));
	links = malloc(p->symbols.n * sizeof(*links));
	if (!all || !links) {
		free(all);
		free(links);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	for (u32 i = 0; i < p->symbols.n; i++) {
		all[i] = i;
		if (p->symbols.v[i].link)
			links[p->nlink++] = i;
		if (i && sorted)
			sorted = by_name(&all[i - 1], &all[i], p) < 0;
	}
	if (!sorted)
		qsort_r(all, p->symbols.n, sizeof(*all), by_name, p);
	qsort_r(links, p->nlink, sizeof(*links), by_link, p);
	p->by_name = all;
	p->by_link = links;
	return NTR_OK;
}

/* The last symbol of this name (JSON: a later value of a key holds). */
static const struct ntr_isf_symbol *find(const struct ntr_isf *p,
					 const char *name, bool link)
{
	const u32 *order = link ? p->by_link : p->by_name;
	size_t lo = 0, hi = link ? p->nlink : p->symbols.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(name_of(p, order[mid], link), name) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && !strcmp(name_of(p, order[lo - 1], link), name) ?
		       &p->symbols.v[order[lo - 1]] : NULL;
}

static enum ntr_st isf_named(struct ntr_symsrc *s, const char *name,
			     struct ntr_symbol *out, struct ntr_err *e)
{
	struct ntr_isf *p = s->priv;
	const struct ntr_isf_symbol *x;
	enum ntr_st st = ntr_isf_need(s, NTR_ISF_SYMBOLS, e);

	if (st == NTR_OK)
		st = order_names(p, e);
	if (st)
		return st;
	x = find(p, name, true);
	if (!x)
		x = find(p, name, false);
	return x ? fill(s, x, out, e) :
		   ntr_fail(e, NTR_ABSENT, "%s: no symbol %.100s",
			    s->file->name, name);
}

static enum ntr_st isf_each(struct ntr_symsrc *s, ntr_symbol_fn *fn, void *ctx,
			    struct ntr_err *e)
{
	struct ntr_isf *p = s->priv;
	struct ntr_symbol sym;
	enum ntr_st st = ntr_isf_need(s, NTR_ISF_SYMBOLS, e);

	for (size_t i = 0; st == NTR_OK && i < p->symbols.n; i++) {
		st = fill(s, &p->symbols.v[i], &sym, e);
		if (st == NTR_OK && !fn(ctx, &sym))
			break;
	}
	return st;
}

const struct ntr_symsrc_ops ntr_symsrc_isf = {
	.name = "isf", .descr = "Volatility symbol table (ISF)",
	.probe = isf_probe, .open = isf_open, .close = isf_close,
	.at = isf_at, .named = isf_named, .each = isf_each,
	.type_named = ntr_isf_type_named, .type = ntr_isf_type,
	.members = ntr_isf_members, .each_type = ntr_isf_each_type,
};
