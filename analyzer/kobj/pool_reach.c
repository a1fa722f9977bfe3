// SPDX-License-Identifier: Apache-2.0
#include "pool_reach.h"

#include "../base/record.h"

#include <stdlib.h>
#include <string.h>

#define PAGE NTR_POOL_PAGE
#define CHUNK_PAGES 64u
#define NONE UINT32_MAX

/* --- the blocks of a tag ---------------------------------------------------------- */

struct collect {
	struct ntr_pool *p;
	struct ntr_pool_blocks *b;
	u32 tag;
	bool nomem;
};

static bool add(struct collect *c, u64 va, u64 len, u64 size)
{
	struct ntr_pool_span *s;

	if (c->b->n == NTR_REACH_MAX_BLOCKS) {
		c->b->cut = true;
		return false;
	}
	s = ntr_vec_add(c->b);
	if (!s) {
		c->nomem = true;
		return false;
	}
	*s = (struct ntr_pool_span){ va, len };
	c->b->bytes += size;
	if (c->b->n == 1 || size < c->b->min)
		c->b->min = size;
	if (size > c->b->max)
		c->b->max = size;
	return true;
}

static bool add_page(void *ctx, u64 va, const u8 *page,
		     const struct ntr_pool_check *check)
{
	struct collect *c = ctx;
	const struct ntr_pool_form *f = &c->p->form;
	u32 end = check->bad; /* of a good page: its end */

	for (u32 off = 0; off < end;) {
		struct ntr_pool_block b;

		ntr_pool_block_at(f, page, off, &b);
		if (!b.size)
			break;
		if (b.tag == c->tag && b.state != NTR_POOL_FREE &&
		    b.size > f->header &&
		    !add(c, va + off + f->header, b.size - f->header, b.size))
			return false;
		off += b.size;
	}
	return true;
}

static int by_va(const void *a, const void *b)
{
	const struct ntr_pool_span *x = a, *y = b;

	return x->va < y->va ? -1 : x->va > y->va;
}

enum ntr_st ntr_pool_blocks_of(struct ntr_pool *p, unsigned kind, u32 tag,
			       struct ntr_pool_blocks *out,
			       struct ntr_err *e)
{
	struct ntr_pool_blocks b = { 0 };
	struct collect c = { .p = p, .b = &b, .tag = tag & 0x7fffffff };
	enum ntr_st st;

	if (p->has_form && !p->form.tiled)
		return ntr_fail(e, NTR_UNSUP, "blocks of the segment heap "
				"(Windows 10 1903 and later) are not walked");
	st = ntr_pool_walk(p, kind, true, add_page, &c, &b.walk, e);
	if (st)
		return st;
	for (size_t i = 0; i < p->bigs.n && !b.cut && !c.nomem; i++) {
		const struct ntr_pool_big *g = &p->bigs.v[i];

		if (g->tag != c.tag || !g->has_kind ||
		    g->paged != (kind == NTR_PAGED))
			continue;
		b.big += add(&c, g->va, g->bytes, g->bytes);
	}
	if (c.nomem) {
		ntr_vec_fini(&b);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	if (b.n)
		qsort(b.v, b.n, sizeof(b.v[0]), by_va);
	*out = b;
	return NTR_OK;
}

void ntr_pool_blocks_fini(struct ntr_pool_blocks *b)
{
	ntr_vec_fini(b);
}

/* --- sets of pages: page number -> a number ------------------------------------------ */

struct pageset {
	u64 *key;  /* page + 1; 0: empty */
	u64 *val;
	size_t mask;
};

static size_t slot_of(u64 page)
{
	return (size_t)((page * UINT64_C(0x9e3779b97f4a7c15)) >> 20);
}

static bool set_init(struct pageset *s, u64 n)
{
	size_t size = 64;

	while (size < n * 2)
		size *= 2;
	s->mask = size - 1;
	s->key = calloc(size, sizeof(*s->key));
	s->val = calloc(size, sizeof(*s->val));
	return s->key && s->val;
}

static void set_fini(struct pageset *s)
{
	free(s->key);
	free(s->val);
}

/* The first value of a page stays. */
static void set_put(struct pageset *s, u64 page, u64 val)
{
	size_t i = slot_of(page) & s->mask;

	while (s->key[i] && s->key[i] != page + 1)
		i = (i + 1) & s->mask;
	if (!s->key[i]) {
		s->key[i] = page + 1;
		s->val[i] = val;
	}
}

static const u64 *set_get(const struct pageset *s, u64 page)
{
	size_t i = slot_of(page) & s->mask;

	while (s->key[i]) {
		if (s->key[i] == page + 1)
			return &s->val[i];
		i = (i + 1) & s->mask;
	}
	return NULL;
}

/* --- the search -------------------------------------------------------------------------- */

struct edge {
	u32 from, to;
};

enum { KEPT = 1, POINTED = 2, THROUGH = 4 };

struct reach {
	struct ntr_pool *p;
	const struct ntr_pool_blocks *b;
	u64 lo, span;          /* addresses of all blocks */
	struct pageset first;  /* page of the set -> its first block */
	struct pageset frames; /* physical page of blocks or of the table of
				  large allocations -> VA */
	u8 *state;             /* of each block */
	struct { NTR_VEC(struct edge); } edges;
	u64 scanned, unmapped;
	bool nomem, stopped;
};

/* The block that holds va, or NONE. */
static u32 block_of(const struct reach *r, u64 va)
{
	const u64 *first = set_get(&r->first, va / PAGE);
	u64 i;

	if (!first)
		return NONE;
	for (i = *first; i < r->b->n && r->b->v[i].va <= va; i++)
		if (va - r->b->v[i].va < r->b->v[i].len)
			return (u32)i;
	return NONE;
}

static void points(struct reach *r, u32 from, u32 to)
{
	struct edge *x;

	if (from == to)
		return;
	r->state[to] |= POINTED;
	if (from == NONE) {
		r->state[to] |= KEPT;
		return;
	}
	if (r->edges.n == NTR_REACH_MAX_EDGES) {
		r->state[to] |= KEPT; /* on the safe side */
		return;
	}
	x = ntr_vec_add(&r->edges);
	if (!x)
		r->nomem = true;
	else
		*x = (struct edge){ from, to };
}

static u64 word_at(const u8 *p, unsigned width)
{
	return width == 8 ? ntr_load_u64(p) : ntr_load_u32(p);
}

/* A page with words that may point into blocks; va: where it is, if that
 * matters, or 0.  The table of large allocations lists them; it owns none. */
static void look_close(struct reach *r, const u8 *page, u64 va, unsigned width)
{
	u64 table = r->p->table_va[1], table_len = r->p->table_len[1];

	for (u32 off = 0; off < PAGE; off += width) {
		u64 w = word_at(page + off, width);
		u32 to;

		if (w - r->lo >= r->span ||
		    (va && va + off - table < table_len))
			continue;
		to = block_of(r, w);
		if (to != NONE)
			points(r, va ? block_of(r, va + off) : NONE, to);
	}
}

/* Does any word lie in the range of the blocks? Without a branch a word. */
static inline __attribute__((always_inline)) bool
any_word(const u8 *page, u64 lo, u64 span, unsigned width)
{
	u32 any = 0;

	if (width == 4) {
		u32 l = (u32)lo, s = span > UINT32_MAX ? UINT32_MAX : (u32)span;

		for (u32 off = 0; off < PAGE; off += 4)
			any |= ntr_load_u32(page + off) - l < s;
		return any;
	}
	for (u32 off = 0; off < PAGE; off += 8)
		any |= ntr_load_u64(page + off) - lo < span;
	return any;
}

static void look(struct reach *r, u64 pfn, const u8 *page, unsigned width)
{
	const u64 *va;

	if (!(width == 8 ? any_word(page, r->lo, r->span, 8) :
			   any_word(page, r->lo, r->span, 4)))
		return;
	va = set_get(&r->frames, pfn);
	look_close(r, page, va ? *va : 0, width);
}

static enum ntr_st scan(struct reach *r, struct ntr_err *e)
{
	struct ntr_dump *d = r->p->t->d;
	u8 *buf = malloc(CHUNK_PAGES * PAGE);
	unsigned width = r->p->t->ptr_size;
	struct ntr_run run;

	if (!buf)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (u64 pfn = 0; !r->stopped && ntr_dump_run_from(d, pfn, &run);) {
		u64 end = run.pfn + run.npages;

		for (pfn = run.pfn; pfn < end && !r->stopped;) {
			u64 n = end - pfn < CHUNK_PAGES ? end - pfn :
							  CHUNK_PAGES;
			size_t got = ntr_space_read_some(&d->phys, pfn * PAGE,
							 buf, (size_t)n * PAGE) /
				     PAGE;

			for (size_t i = 0; i < got; i++)
				look(r, pfn + i, buf + i * PAGE, width);
			r->stopped = ntr_target_stopped(r->p->t);
			r->scanned += got * PAGE;
			pfn += got < n ? got + 1 : got;
		}
	}
	free(buf);
	if (r->stopped)
		return ntr_fail(e, NTR_LIMIT, "stopped before all of memory was "
				"searched");
	return r->nomem ? ntr_fail(e, NTR_NOMEM, "out of memory") : NTR_OK;
}

/* --- before and after it --------------------------------------------------------------- */

static u64 pages_of(const struct ntr_pool_span *s)
{
	return (s->va + s->len - 1) / PAGE - s->va / PAGE + 1;
}

static void map_pages(struct reach *r, u64 from, u64 len, u64 *unmapped)
{
	for (u64 va = from & ~(u64)(PAGE - 1); va < from + len; va += PAGE) {
		u64 pa;

		if (ntr_xlat_pa(&r->p->t->xlat, va, &pa))
			++*unmapped;
		else
			set_put(&r->frames, pa / PAGE, va);
	}
}

static enum ntr_st prepare(struct reach *r, struct ntr_err *e)
{
	const struct ntr_pool_blocks *b = r->b;
	u64 n = 0, table = r->p->table_len[1] / PAGE + 2;

	for (size_t i = 0; i < b->n; i++)
		n += pages_of(&b->v[i]);
	if (n > NTR_POOL_MAX_PAGES)
		return ntr_fail(e, NTR_LIMIT, "the blocks claim %" PRIu64
				" pages", n);
	r->state = calloc(b->n, 1);
	if (!r->state || !set_init(&r->first, n) ||
	    !set_init(&r->frames, n + table))
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	r->lo = b->v[0].va;
	r->span = b->v[b->n - 1].va + b->v[b->n - 1].len - r->lo;
	for (size_t i = 0; i < b->n; i++) {
		u64 page = b->v[i].va / PAGE, k = pages_of(&b->v[i]);

		for (u64 j = 0; j < k; j++)
			set_put(&r->first, page + j, i);
		map_pages(r, b->v[i].va, b->v[i].len, &r->unmapped);
	}
	map_pages(r, r->p->table_va[1], r->p->table_len[1], &n);
	return NTR_OK;
}

static int by_from(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static size_t first_edge(const struct reach *r, u32 from)
{
	size_t lo = 0, hi = r->edges.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->edges.v[mid].from < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* What a kept block points to is kept. Each block is put on the list once. */
static enum ntr_st spread(struct reach *r, struct ntr_err *e)
{
	u32 *todo;
	size_t n = 0;

	if (!r->edges.n)
		return NTR_OK;
	todo = malloc(r->b->n * sizeof(*todo));
	if (!todo)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	qsort(r->edges.v, r->edges.n, sizeof(r->edges.v[0]), by_from);
	for (size_t i = 0; i < r->b->n; i++)
		if (r->state[i] & KEPT)
			todo[n++] = (u32)i;
	while (n) {
		u32 from = todo[--n];
		size_t i = first_edge(r, from);

		for (; i < r->edges.n && r->edges.v[i].from == from; i++) {
			u32 to = r->edges.v[i].to;

			if (r->state[to] & (KEPT | THROUGH))
				continue;
			r->state[to] |= THROUGH;
			todo[n++] = to;
		}
	}
	free(todo);
	return NTR_OK;
}

static void sum_up(struct reach *r, struct ntr_reach *out)
{
	struct ntr_target *t = r->p->t;

	for (size_t i = 0; i < r->b->n; i++) {
		u8 s = r->state[i];

		if (s & (KEPT | THROUGH)) {
			out->kept += (s & KEPT) != 0;
			out->through += !(s & KEPT);
			continue;
		}
		out->islands += (s & POINTED) != 0;
		out->orphans += !(s & POINTED);
		out->lost_bytes += r->b->v[i].len;
		if (out->nsample < NTR_REACH_SAMPLES)
			out->sample[out->nsample++] = r->b->v[i].va;
	}
	out->scanned = r->scanned;
	if (r->b->cut)
		out->caveat = "only the first blocks of the tag were looked at";
	else if (r->unmapped)
		out->caveat = "some of the blocks' own pages are not in the "
			      "dump";
	else if (t->d->kind != NTR_KIND_FULL &&
		 t->d->kind != NTR_KIND_BITMAP_FULL &&
		 t->d->kind != NTR_KIND_PHYS)
		out->caveat = "the dump does not hold all memory: what points "
			      "to a block may be in a page that was left out";
}

enum ntr_st ntr_pool_reach(struct ntr_pool *p, const struct ntr_pool_blocks *b,
			   struct ntr_reach *out, struct ntr_err *e)
{
	struct reach r = { .p = p, .b = b };
	struct ntr_reach res = { .blocks = b->n, .bytes = b->bytes };
	enum ntr_st st;

	if (p->t->paging == NTR_PAGING_NONE)
		return ntr_fail(e, NTR_ABSENT, "the dump holds no memory to "
				"search: take a kernel or complete dump");
	if (!b->n) {
		*out = res;
		return NTR_OK;
	}
	st = prepare(&r, e);
	if (!st)
		st = scan(&r, e);
	if (!st)
		st = spread(&r, e);
	if (!st) {
		sum_up(&r, &res);
		*out = res;
	}
	set_fini(&r.first);
	set_fini(&r.frames);
	free(r.state);
	ntr_vec_fini(&r.edges);
	return st;
}
