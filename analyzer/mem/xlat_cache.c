// SPDX-License-Identifier: Apache-2.0
/*
 * Answers of whole page tables, kept.  Direct-mapped: a span's slot is a
 * function of its address, a newcomer takes the slot and its memory over.
 */
#include "xlat_pte.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

struct ntr_xlat_tables {
	u64 *own[NTR_XLAT_SLOTS]; /* memory of a slot, allocated once */
	u64 *fault;               /* shared by spans that do not translate */
	void *raw;                /* one page table, as read */
};

static void drop_cache(struct ntr_xlat *x)
{
	struct ntr_xlat_tables *t = x->cache ? x->cache->tables : NULL;

	for (size_t i = 0; t && i < NTR_XLAT_SLOTS; i++)
		free(t->own[i]);
	if (t) {
		free(t->fault);
		free(t->raw);
	}
	free(t);
	free(x->cache);
	x->cache = NULL;
}

void ntr_xlat_fini(struct ntr_xlat *x)
{
	drop_cache(x);
	*x = (struct ntr_xlat){ .form = NTR_PAGING_NONE };
}

void ntr_xlat_learn(struct ntr_xlat *x, u32 build, u64 swizzle)
{
	if (x->build == build && x->swizzle == swizzle)
		return;
	drop_cache(x);
	x->build = build;
	x->swizzle = swizzle;
}

static size_t pages_of(const struct ntr_xlat *x)
{
	return (size_t)x->index_mask + 1;
}

static struct ntr_xlat_cache *cache_of(struct ntr_xlat *x)
{
	struct ntr_xlat_cache *c = x->cache;

	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->tables = calloc(1, sizeof(*c->tables));
	if (!c->tables) {
		free(c);
		return NULL;
	}
	x->cache = c;
	return c;
}

/* Memory for the answers of the span at slot n; the slot is empty then. */
static u64 *answers_of(struct ntr_xlat *x, struct ntr_xlat_cache *c, size_t n)
{
	u64 **own = &c->tables->own[n];

	c->slot[n].key = 0;
	if (!*own)
		*own = malloc(pages_of(x) * sizeof(u64));
	return *own;
}

static void store(struct ntr_xlat_cache *c, u64 key, const u64 *answer)
{
	c->slot[ntr_xlat_slot_of(key)] =
		(struct ntr_xlat_slot){ .key = key + 1, .answer = answer };
}

/* Nothing in the span translates: an upper entry says so. */
static void store_fault(struct ntr_xlat *x, u64 key)
{
	struct ntr_xlat_tables *t = x->cache ? x->cache->tables : NULL;
	size_t n = pages_of(x);

	if (!t) /* nothing worth caching was seen yet */
		return;
	if (!t->fault) {
		t->fault = malloc(n * sizeof(u64));
		for (size_t i = 0; t->fault && i < n; i++)
			t->fault[i] = NTR_ANSWER_FAULT;
	}
	if (t->fault)
		store(x->cache, key, t->fault);
}

/* A large page, or Alpha's KSEG0: first is the span's first physical page. */
static void store_linear(struct ntr_xlat *x, u64 key, u64 first)
{
	struct ntr_xlat_cache *c = cache_of(x);
	u64 *a = c ? answers_of(x, c, ntr_xlat_slot_of(key)) : NULL;

	if (!a)
		return;
	for (u64 i = 0; i < pages_of(x); i++)
		a[i] = (first + (i << x->page_shift)) | NTR_ANSWER_PA;
	store(c, key, a);
}

static u64 load_entry(const void *raw, size_t i, unsigned pte_size)
{
	u64 v8;
	u32 v4;

	if (pte_size == 8) {
		memcpy(&v8, (const u8 *)raw + i * 8, sizeof(v8));
		return le64toh(v8);
	}
	memcpy(&v4, (const u8 *)raw + i * 4, sizeof(v4));
	return le32toh(v4);
}

/* A last-level table at pa, when all of it can be read. */
static void store_table(struct ntr_xlat *x, const struct ntr_form *f, u64 key,
			u64 pa)
{
	struct ntr_xlat_cache *c = cache_of(x);
	size_t n = pages_of(x), len = n * f->pte_size;
	u64 *a;

	if (!c)
		return;
	if (!c->tables->raw)
		c->tables->raw = malloc(len);
	if (!c->tables->raw ||
	    ntr_space_read(x->phys, pa, c->tables->raw, len, NULL))
		return;
	a = answers_of(x, c, ntr_xlat_slot_of(key));
	if (!a)
		return;
	for (size_t i = 0; i < n; i++)
		a[i] = ntr_pte_answer(x, f,
				      load_entry(c->tables->raw, i,
						 f->pte_size));
	store(c, key, a);
}

/* What a walk found, for the whole span of va. */
static void store_span(struct ntr_xlat *x, const struct ntr_form *f, u64 va,
		       const struct ntr_walk *w)
{
	u64 key = va >> x->span_shift;
	u64 below = (UINT64_C(1) << x->span_shift) - 1;
	u64 table_len = (u64)pages_of(x) * f->pte_size;

	if (w->levels == f->levels)
		store_table(x, f, key,
			    w->raw_pa[f->levels - 1] & ~(table_len - 1));
	else if (w->state == NTR_PTE_VALID)
		store_linear(x, key, w->pa - (va & below));
	else if (w->level > 0)
		store_fault(x, key);
}

/* An entry that leads through a prototype PTE: only a walk can tell. */
static void store_page(struct ntr_xlat *x, u64 va, const struct ntr_walk *w,
		       enum ntr_st st)
{
	u64 key = va >> x->span_shift;
	size_t n = ntr_xlat_slot_of(key);
	u64 page = (UINT64_C(1) << x->page_shift) - 1;
	u64 *a = x->cache->tables->own[n];

	if (x->cache->slot[n].answer != a)
		return;
	a[(va >> x->page_shift) & x->index_mask] =
		st ? NTR_ANSWER_FAULT : (w->pa & ~page) | NTR_ANSWER_PA;
}

enum ntr_st ntr_xlat_pa_slow(struct ntr_xlat *x, u64 va, u64 *pa)
{
	const struct ntr_form *f = ntr_form_of(x->form);
	u64 key = va >> x->span_shift;
	struct ntr_walk w;
	enum ntr_st st = ntr_xlat_walk(x, va, &w, NULL);

	if (!f || (st && st != NTR_FAULT))
		return st;
	if (x->cache && x->cache->slot[ntr_xlat_slot_of(key)].key == key + 1)
		store_page(x, va, &w, st);
	else
		store_span(x, f, va, &w);
	if (st == NTR_OK)
		*pa = w.pa;
	return st;
}
