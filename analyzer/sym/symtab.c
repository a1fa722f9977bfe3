// SPDX-License-Identifier: Apache-2.0
#include "symtab.h"

#include <stdlib.h>
#include <string.h>

bool ntr_symtab_add(struct ntr_symtab *t, const struct ntr_symbol *s, u8 rank)
{
	struct ntr_symtab_row *r;

	if (t->rows.n >= NTR_SYMTAB_NONE)
		return false;
	r = ntr_vec_add(&t->rows);
	if (!r)
		return false;
	*r = (struct ntr_symtab_row){ *s, rank };
	return true;
}

static int cmp(u64 a, u64 b)
{
	return a < b ? -1 : a > b;
}

/* Outer before inner, the better one of equals last. */
static int by_rva(const void *a, const void *b)
{
	const struct ntr_symtab_row *x = a, *y = b;
	int d = cmp(x->s.rva, y->s.rva);

	if (!d)
		d = cmp(y->s.size, x->s.size);
	if (!d)
		d = x->rank - y->rank;
	return d ? d : strcmp(y->s.name, x->s.name);
}

static int by_name(const void *a, const void *b, void *ctx)
{
	const struct ntr_symtab_row *rows = ctx;
	const struct ntr_symtab_row *x = &rows[*(const u32 *)a];
	const struct ntr_symtab_row *y = &rows[*(const u32 *)b];
	int d = strcmp(x->s.name, y->s.name);

	if (!d)
		d = y->rank - x->rank;
	return d ? d : cmp(x->s.rva, y->s.rva);
}

/* A symbol of .dynsym is in .symtab, too. */
static void drop_doubles(struct ntr_symtab *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->rows.n; i++) {
		const struct ntr_symbol *s = &t->rows.v[i].s;
		const struct ntr_symbol *l = n ? &t->rows.v[n - 1].s : NULL;

		if (l && l->rva == s->rva && l->size == s->size &&
		    !strcmp(l->name, s->name))
			n--; /* the later one has the better rank */
		t->rows.v[n++] = t->rows.v[i];
	}
	t->rows.n = n;
}

/* --- who owns which addresses ------------------------------------------------------ */

struct sweep {
	struct ntr_symtab *t;
	struct { NTR_VEC(u32); } open; /* rows, the innermost last */
};

static u64 end_of(const struct ntr_symtab *t, u32 row)
{
	const struct ntr_symbol *s = &t->rows.v[row].s;

	return s->rva + s->size < s->rva ? UINT64_MAX : s->rva + s->size;
}

static bool emit(struct sweep *w, u64 start)
{
	u32 owner = w->open.n ? w->open.v[w->open.n - 1] : NTR_SYMTAB_NONE;
	size_t n = w->t->segs.n;
	struct ntr_symtab_seg *s;

	if (n && w->t->segs.v[n - 1].start == start) {
		w->t->segs.v[n - 1].owner = owner;
		return true;
	}
	s = ntr_vec_add(&w->t->segs);
	if (!s)
		return false;
	*s = (struct ntr_symtab_seg){ start, owner };
	return true;
}

static bool close_to(struct sweep *w, u64 addr)
{
	while (w->open.n) {
		u64 end = end_of(w->t, w->open.v[w->open.n - 1]);

		if (end > addr)
			break;
		do
			w->open.n--;
		while (w->open.n &&
		       end_of(w->t, w->open.v[w->open.n - 1]) <= end);
		if (!emit(w, end))
			return false;
	}
	return true;
}

static bool own(struct ntr_symtab *t)
{
	struct sweep w = { .t = t };
	bool good = true;

	for (u32 i = 0; i < t->rows.n && good; i++) {
		u32 *p;

		if (!t->rows.v[i].s.size)
			continue;
		good = close_to(&w, t->rows.v[i].s.rva);
		p = good ? ntr_vec_add(&w.open) : NULL;
		if (p)
			*p = i;
		good = p && emit(&w, t->rows.v[i].s.rva);
	}
	good = good && close_to(&w, UINT64_MAX);
	ntr_vec_fini(&w.open);
	return good;
}

bool ntr_symtab_done(struct ntr_symtab *t)
{
	if (t->rows.n)
		qsort(t->rows.v, t->rows.n, sizeof(*t->rows.v), by_rva);
	drop_doubles(t);
	t->by_name = calloc(t->rows.n + 1, sizeof(*t->by_name));
	if (!t->by_name)
		return false;
	for (u32 i = 0; i < t->rows.n; i++)
		t->by_name[i] = i;
	if (t->rows.n)
		qsort_r(t->by_name, t->rows.n, sizeof(*t->by_name), by_name,
			t->rows.v);
	return own(t);
}

void ntr_symtab_fini(struct ntr_symtab *t)
{
	ntr_vec_fini(&t->rows);
	ntr_vec_fini(&t->segs);
	free(t->by_name);
	t->by_name = NULL;
}

/* --- questions ------------------------------------------------------------------------ */

const struct ntr_symbol *ntr_symtab_covering(const struct ntr_symtab *t,
					     u64 rva)
{
	size_t lo = 0, hi = t->segs.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->segs.v[mid].start <= rva)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || t->segs.v[lo - 1].owner == NTR_SYMTAB_NONE)
		return NULL;
	return &t->rows.v[t->segs.v[lo - 1].owner].s;
}

const struct ntr_symbol *ntr_symtab_nearest(const struct ntr_symtab *t, u64 rva)
{
	size_t lo = 0, hi = t->rows.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->rows.v[mid].s.rva <= rva)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &t->rows.v[lo - 1].s : NULL;
}

/* The first name that is not before this one. */
static size_t lower(const struct ntr_symtab *t, const char *name)
{
	size_t lo = 0, hi = t->rows.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(t->rows.v[t->by_name[mid]].s.name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct ntr_symbol *exact(const struct ntr_symtab *t,
				      const char *name)
{
	size_t i = lower(t, name);
	const struct ntr_symbol *s =
		i < t->rows.n ? &t->rows.v[t->by_name[i]].s : NULL;

	return s && !strcmp(s->name, name) ? s : NULL;
}

/* prefix followed by a number and nothing else */
static const struct ntr_symbol *with_number(const struct ntr_symtab *t,
					    const char *prefix)
{
	size_t i = lower(t, prefix), n = strlen(prefix);
	const struct ntr_symbol *s =
		i < t->rows.n ? &t->rows.v[t->by_name[i]].s : NULL;

	if (!s || strncmp(s->name, prefix, n) || !s->name[n])
		return NULL;
	return s->name[n + strspn(s->name + n, "0123456789")] ? NULL : s;
}

/* cdecl _f, stdcall _f@8, fastcall @f@8 */
static const struct ntr_symbol *decorated(const struct ntr_symtab *t,
					  const char *name)
{
	size_t n = strlen(name);
	const struct ntr_symbol *s;
	char *p = malloc(n + 3);

	if (!p)
		return NULL;
	p[0] = '_';
	memcpy(p + 1, name, n + 1);
	s = exact(t, p);
	memcpy(p + n + 1, "@", 2);
	if (!s)
		s = with_number(t, p);
	p[0] = '@';
	if (!s)
		s = with_number(t, p);
	free(p);
	return s;
}

const struct ntr_symbol *ntr_symtab_named(const struct ntr_symtab *t,
					  const char *name)
{
	const struct ntr_symbol *s;

	if (!t->rows.n)
		return NULL;
	s = exact(t, name);
	return s || !t->x86 ? s : decorated(t, name);
}
