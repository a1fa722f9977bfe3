// SPDX-License-Identifier: Apache-2.0
#include "poolgrowth.h"

#include <stdlib.h>

s64 ntr_pool_less(u64 after, u64 before)
{
	u64 d = after >= before ? after - before : before - after;

	if (d > INT64_MAX)
		d = INT64_MAX;
	return after >= before ? (s64)d : -(s64)d;
}

static u64 size_of(s64 d)
{
	return d < 0 ? (u64)-d : (u64)d;
}

static int by_difference(const void *a, const void *b)
{
	const struct ntr_tag_growth *x = a, *y = b;
	u64 p = size_of(ntr_pool_less(x->bytes_after, x->bytes_before));
	u64 q = size_of(ntr_pool_less(y->bytes_after, y->bytes_before));

	if (p != q)
		return p > q ? -1 : 1;
	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static bool differ(const struct ntr_pool_tag *a, const struct ntr_pool_tag *b,
		   unsigned kind)
{
	return a->bytes[kind] != b->bytes[kind] ||
	       a->allocs[kind] != b->allocs[kind] ||
	       a->frees[kind] != b->frees[kind];
}

/* A tag as it is and as it was; what a dump does not count is 0 there. */
static bool add(struct ntr_pool_growth *g, const struct ntr_pool_tag *now,
		const struct ntr_pool_tag *then)
{
	for (unsigned kind = 0; kind < 2; kind++) {
		struct ntr_tag_growth *r;

		if (!differ(now, then, kind))
			continue;
		r = ntr_vec_add(g);
		if (!r)
			return false;
		*r = (struct ntr_tag_growth){
			.tag = now->tag, .kind = kind,
			.bytes_before = then->bytes[kind],
			.bytes_after = now->bytes[kind],
			.live_before = ntr_pool_live(then, kind),
			.live_after = ntr_pool_live(now, kind),
			.allocs = ntr_pool_less(now->allocs[kind],
						then->allocs[kind]),
			.frees = ntr_pool_less(now->frees[kind],
					       then->frees[kind]),
		};
	}
	return true;
}

/* Both are sorted by tag. */
static bool merge(const struct ntr_pool *now, const struct ntr_pool *then,
		  struct ntr_pool_growth *g)
{
	size_t i = 0, k = 0;

	while (i < now->tags.n || k < then->tags.n) {
		struct ntr_pool_tag none = { 0 };
		const struct ntr_pool_tag *a = i < now->tags.n ?
			&now->tags.v[i] : NULL;
		const struct ntr_pool_tag *b = k < then->tags.n ?
			&then->tags.v[k] : NULL;
		bool left = a && (!b || a->tag <= b->tag);
		bool right = b && (!a || b->tag <= a->tag);

		none.tag = left ? a->tag : b->tag;
		i += left;
		k += right;
		if (!add(g, left ? a : &none, right ? b : &none))
			return false;
	}
	return true;
}

static s64 total(const struct ntr_pool *now, const struct ntr_pool *then,
		 unsigned kind)
{
	u64 a = 0, b = 0; /* wrap as they may: a damaged table adds up to nothing
			     that could be believed */

	for (size_t i = 0; i < now->tags.n; i++)
		a += now->tags.v[i].bytes[kind];
	for (size_t i = 0; i < then->tags.n; i++)
		b += then->tags.v[i].bytes[kind];
	return ntr_pool_less(a, b);
}

enum ntr_st ntr_pool_growth(const struct ntr_pool *now,
			    const struct ntr_pool *then,
			    struct ntr_pool_growth *out, struct ntr_err *e)
{
	struct ntr_pool_growth g = { 0 };

	if (!merge(now, then, &g)) {
		ntr_pool_growth_fini(&g);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	if (g.n)
		qsort(g.v, g.n, sizeof(*g.v), by_difference);
	g.bytes[NTR_NONPAGED] = total(now, then, NTR_NONPAGED);
	g.bytes[NTR_PAGED] = total(now, then, NTR_PAGED);
	*out = g;
	return NTR_OK;
}

void ntr_pool_growth_fini(struct ntr_pool_growth *g)
{
	ntr_vec_fini(g);
	*g = (struct ntr_pool_growth){ 0 };
}
