// SPDX-License-Identifier: Apache-2.0
#include "symlist.h"

#include "demangle.h"

#include <stdlib.h>
#include <string.h>

struct ntr_symname {
	const char *name;
	u32 i;
};

/* Of two symbols at one place, the one that says more. */
static unsigned rank(const struct ntr_symbol *s)
{
	static const u8 kind[] = {
		[NTR_SYM_LABEL] = 0, [NTR_SYM_EXPORT] = 1,
		[NTR_SYM_PUBLIC] = 2, [NTR_SYM_DATA] = 3, [NTR_SYM_FUNC] = 4,
	};

	return kind[s->kind] * 2u + (s->size != 0);
}

static int by_rva(const void *x, const void *y)
{
	const struct ntr_symbol *a = x, *b = y;

	if (a->rva != b->rva)
		return a->rva < b->rva ? -1 : 1;
	if (rank(a) != rank(b))
		return rank(a) < rank(b) ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Is there a better record of s among the next ones at its RVA? Bounded: many
 * symbols at one RVA are damage, and then twice is no matter. */
static bool said_better(const struct ntr_symlist *l, size_t i)
{
	const struct ntr_symbol *s = &l->v[i];

	for (size_t k = i + 1; k < l->n && k - i < NTR_SYMLIST_BACK &&
	     l->v[k].rva == s->rva; k++)
		if (!strcmp(l->v[k].name, s->name))
			return true;
	return false;
}

void ntr_symlist_sort(struct ntr_symlist *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_rva);
}

enum ntr_st ntr_symlist_seal(struct ntr_symlist *l, struct ntr_err *e)
{
	u64 reach = 0;
	size_t n = 0;

	if (!l->n)
		return NTR_OK;
	ntr_symlist_sort(l);
	for (size_t i = 0; i < l->n; i++)
		if (!said_better(l, i))
			l->v[n++] = l->v[i];
	l->n = n;
	l->reach = calloc(n, sizeof(*l->reach));
	if (!l->reach)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		if (l->v[i].rva + l->v[i].size > reach)
			reach = l->v[i].rva + l->v[i].size;
		l->reach[i] = reach;
	}
	return NTR_OK;
}

void ntr_symlist_fini(struct ntr_symlist *l)
{
	ntr_vec_fini(l);
	free(l->reach);
	free(l->by_name);
	free(l->plain);
	memset(l, 0, sizeof(*l));
}

/* How many begin at or below rva. */
static size_t upto(const struct ntr_symlist *l, u64 rva)
{
	size_t lo = 0, hi = l->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (l->v[mid].rva <= rva)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

enum ntr_st ntr_symlist_at(const struct ntr_symlist *l, u64 rva,
			   struct ntr_symbol *out, struct ntr_err *e)
{
	size_t n = upto(l, rva), low = n > NTR_SYMLIST_BACK ?
				       n - NTR_SYMLIST_BACK : 0;
	const struct ntr_symbol *near = NULL, *s;

	if (!n)
		return ntr_fail(e, NTR_ABSENT, "no symbol at or below +0x%"
				PRIx64, rva);
	for (size_t i = n; i-- > low && l->reach && l->reach[i] > rva;) {
		s = &l->v[i];
		if (rva - s->rva < s->size && s->kind != NTR_SYM_LABEL)
			return *out = *s, NTR_OK;
	}
	for (size_t i = n; i-- > low && !near;)
		if (l->v[i].kind != NTR_SYM_LABEL)
			near = &l->v[i];
	*out = near ? *near : l->v[n - 1];
	return NTR_OK;
}

void ntr_symlist_size(struct ntr_symlist *l, u64 rva, u64 size)
{
	for (size_t i = upto(l, rva); i-- > 0 && l->v[i].rva == rva;)
		if (!l->v[i].size && l->v[i].code)
			l->v[i].size = size;
}

/* --- by name ---------------------------------------------------------------- */

static int by_name(const void *x, const void *y, void *ctx)
{
	const struct ntr_symlist *l = ctx;
	const u32 *a = x, *b = y;
	int d = strcmp(l->v[*a].name, l->v[*b].name);

	return d ? d : *a < *b ? -1 : *a > *b;
}

static int by_plain(const void *x, const void *y)
{
	const struct ntr_symname *a = x, *b = y;
	int d = strcmp(a->name, b->name);

	return d ? d : a->i < b->i ? -1 : a->i > b->i;
}

static enum ntr_st index_names(struct ntr_symlist *l, struct ntr_err *e)
{
	if (l->by_name || !l->n)
		return NTR_OK;
	l->by_name = calloc(l->n, sizeof(*l->by_name));
	if (!l->by_name)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < l->n; i++)
		l->by_name[i] = (u32)i;
	qsort_r(l->by_name, l->n, sizeof(*l->by_name), by_name, l);
	return NTR_OK;
}

/* What demangling all names of a hostile file may write; beyond it names stay
 * as they are stored. */
#define DEMANGLE_BUDGET (UINT64_C(512) << 20)

static const char *plain_name(u32 machine, const char *stored, u64 *budget,
			      struct ntr_arena *names)
{
	char buf[NTR_DEMANGLE_MAX];
	u64 cost = ntr_demangle_cost(stored);

	if (cost > *budget)
		return stored;
	*budget -= cost;
	ntr_demangle(machine, stored, buf, sizeof(buf));
	return strcmp(buf, stored) ? ntr_arena_strdup(names, buf) : stored;
}

static enum ntr_st index_plain(struct ntr_symlist *l, u32 machine,
			       struct ntr_arena *names, struct ntr_err *e)
{
	u64 budget = DEMANGLE_BUDGET;

	if (l->plain || !l->n)
		return NTR_OK;
	l->plain = calloc(l->n, sizeof(*l->plain));
	if (!l->plain)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < l->n; i++) {
		l->plain[i].i = (u32)i;
		l->plain[i].name = plain_name(machine, l->v[i].name, &budget,
					      names);
		if (l->plain[i].name)
			continue;
		free(l->plain);
		l->plain = NULL;
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	qsort(l->plain, l->n, sizeof(*l->plain), by_plain);
	return NTR_OK;
}

/* Of several of one name the one that says most, then the first. */
static void better(const struct ntr_symlist *l, u32 i,
		   const struct ntr_symbol **best)
{
	if (!*best || rank(&l->v[i]) > rank(*best))
		*best = &l->v[i];
}

static const struct ntr_symbol *find_stored(const struct ntr_symlist *l,
					    const char *name)
{
	const struct ntr_symbol *best = NULL;
	size_t lo = 0, hi = l->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(l->v[l->by_name[mid]].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < l->n && !strcmp(l->v[l->by_name[lo]].name, name); lo++)
		better(l, l->by_name[lo], &best);
	return best;
}

static const struct ntr_symbol *find_plain(const struct ntr_symlist *l,
					   const char *name)
{
	const struct ntr_symbol *best = NULL;
	size_t lo = 0, hi = l->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(l->plain[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < l->n && !strcmp(l->plain[lo].name, name); lo++)
		better(l, l->plain[lo].i, &best);
	return best;
}

enum ntr_st ntr_symlist_named(struct ntr_symlist *l, u32 machine,
			      struct ntr_arena *names, const char *name,
			      struct ntr_symbol *out, struct ntr_err *e)
{
	const struct ntr_symbol *s;
	enum ntr_st st = index_names(l, e);

	if (st)
		return st;
	s = find_stored(l, name);
	if (!s) {
		st = index_plain(l, machine, names, e);
		if (st)
			return st;
		s = find_plain(l, name);
	}
	if (!s)
		return ntr_fail(e, NTR_ABSENT, "no symbol %s", name);
	*out = *s;
	return NTR_OK;
}

bool ntr_symlist_each(const struct ntr_symlist *l, ntr_symbol_fn *fn,
		      void *ctx)
{
	for (size_t i = 0; i < l->n; i++)
		if (!fn(ctx, &l->v[i]))
			return false;
	return true;
}

/* --- lines ------------------------------------------------------------------- */

/* Several lines at one place (a macro, an empty statement): the last is it. */
static int line_order(const void *x, const void *y)
{
	const struct ntr_line *a = x, *b = y;

	if (a->rva != b->rva)
		return a->rva < b->rva ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

void ntr_linelist_seal(struct ntr_linelist *l)
{
	u64 next = UINT64_MAX;

	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), line_order);
	for (size_t i = l->n; i-- > 0;) {
		struct ntr_line *x = &l->v[i];

		if (i + 1 < l->n && l->v[i + 1].rva != x->rva)
			next = l->v[i + 1].rva;
		if (next != UINT64_MAX && (!x->size || x->size > next - x->rva))
			x->size = next - x->rva;
	}
}

enum ntr_st ntr_linelist_at(const struct ntr_linelist *l, u64 rva,
			    struct ntr_line *out, struct ntr_err *e)
{
	size_t lo = 0, hi = l->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (l->v[mid].rva <= rva)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || (l->v[lo - 1].size && rva - l->v[lo - 1].rva >=
					 l->v[lo - 1].size))
		return ntr_fail(e, NTR_ABSENT, "no line at +0x%" PRIx64, rva);
	*out = l->v[lo - 1];
	return NTR_OK;
}

bool ntr_linelist_each(const struct ntr_linelist *l, ntr_line_fn *fn,
		       void *ctx)
{
	for (size_t i = 0; i < l->n; i++)
		if (!fn(ctx, &l->v[i]))
			return false;
	return true;
}
