// SPDX-License-Identifier: Apache-2.0
#include "sweep.h"

#include <stdlib.h>

static int by_place(const void *pa, const void *pb)
{
	const struct ntr_span *a = pa, *b = pb;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* The spans that cover the sweep's position, lowest rank on top. */
struct heap {
	const struct ntr_span **v;
	size_t n;
};

static void heap_push(struct heap *h, const struct ntr_span *s)
{
	size_t i = h->n++;

	for (; i && h->v[(i - 1) / 2]->rank > s->rank; i = (i - 1) / 2)
		h->v[i] = h->v[(i - 1) / 2];
	h->v[i] = s;
}

static void heap_pop(struct heap *h)
{
	const struct ntr_span *s = h->v[--h->n];
	size_t i = 0, c;

	while ((c = 2 * i + 1) < h->n) {
		if (c + 1 < h->n && h->v[c + 1]->rank < h->v[c]->rank)
			c++;
		if (h->v[c]->rank >= s->rank)
			break;
		h->v[i] = h->v[c];
		i = c;
	}
	h->v[i] = s;
}

static enum ntr_st untangle(const struct ntr_span *s, size_t n, struct heap *h,
			    ntr_sweep_fn *fn, void *ctx, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;
	size_t i = 0;
	u64 pos = 0;

	while (st == NTR_OK && (i < n || h->n)) {
		const struct ntr_span *top;
		u64 to;

		if (!h->n)
			pos = s[i].at;
		while (i < n && s[i].at <= pos)
			heap_push(h, &s[i++]);
		top = h->v[0];
		to = top->at + top->len;
		if (to <= pos) {
			heap_pop(h);
			continue;
		}
		if (i < n && s[i].at < to)
			to = s[i].at;
		st = fn(ctx, top, pos, to, e);
		pos = to;
	}
	return st;
}

enum ntr_st ntr_sweep(struct ntr_span *s, size_t n, ntr_sweep_fn *fn, void *ctx,
		      struct ntr_err *e)
{
	struct heap h = { 0 };
	enum ntr_st st;

	if (!n)
		return NTR_OK;
	h.v = calloc(n, sizeof(*h.v));
	if (!h.v)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	qsort(s, n, sizeof(*s), by_place);
	st = untangle(s, n, &h, fn, ctx, e);
	free(h.v);
	return st;
}
