// SPDX-License-Identifier: Apache-2.0
#include "pool.h"

#include "../base/record.h"
#include "pool_int.h"
#include "priv.h"
#include "symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the kernel's variables ---------------------------------------------------- */

bool ntr_pool_var(struct ntr_target *t, const char *name, unsigned kdbg,
		  u64 *va)
{
	char full[64];
	u64 v = kdbg ? ntr_kdbg_u64(&t->priv->kdbg, kdbg) : 0;

	if (ntr_kernel_va(t, v)) {
		*va = v;
		return true;
	}
	snprintf(full, sizeof(full), "nt!%s", name);
	return ntr_target_lookup(t, full, va, NULL) == NTR_OK;
}

bool ntr_pool_value(struct ntr_target *t, const char *name, unsigned kdbg,
		    u64 *out)
{
	u64 va;

	return ntr_pool_var(t, name, kdbg, &va) &&
	       ntr_read_ptr(t->mem, va, t->ptr_size, out) == NTR_OK;
}

static struct ntr_pool_num number(struct ntr_pool *p, const char *name,
				  unsigned kdbg)
{
	struct ntr_target *t = p->t;
	struct ntr_pool_num n = { 0 };
	u64 va;

	if (!ntr_pool_var(t, name, kdbg, &va))
		n.why = ntr_arena_printf(&t->arena, "nt!%s is not known: "
			"the kernel's symbols would give it", name);
	else if (ntr_read_ptr(t->mem, va, t->ptr_size, &n.v))
		n.why = ntr_arena_printf(&t->arena, "nt!%s is in a page that "
			"is not in the dump", name);
	else if (!n.v)
		n.why = ntr_arena_printf(&t->arena, "nt!%s is 0: this "
			"version keeps it elsewhere", name);
	else
		n.known = true;
	return n;
}

static void check_range(struct ntr_pool *p, unsigned kind)
{
	struct ntr_pool_num *s = &p->start[kind], *e = &p->end[kind];

	if (s->known && !ntr_kernel_va(p->t, s->v)) {
		s->known = false;
		s->why = "the pool's start is no kernel address";
	}
	if (s->known && e->known && e->v <= s->v) {
		e->known = false;
		e->why = "the pool's end is not behind its start";
	}
	/* MmPagedPoolEnd is the last byte, MmNonPagedPoolEnd one behind. */
	if (e->known && (e->v & (NTR_POOL_PAGE - 1)) == NTR_POOL_PAGE - 1)
		e->v++;
}

static void read_numbers(struct ntr_pool *p)
{
	p->start[0] = number(p, "MmNonPagedPoolStart", 0x110);
	p->end[0] = number(p, "MmNonPagedPoolEnd", 0x118);
	p->limit[0] = number(p, "MmMaximumNonPagedPoolInBytes", 0x100);
	p->start[1] = number(p, "MmPagedPoolStart", 0x120);
	p->end[1] = number(p, "MmPagedPoolEnd", 0x128);
	p->limit[1] = number(p, "MmSizeOfPagedPoolInBytes", 0x140);
	p->in_use = number(p, "MmAllocatedNonPagedPool", 0x250);
	if (p->in_use.known) /* in pages */
		p->in_use.v *= NTR_POOL_PAGE;
	if (p->in_use.known && p->limit[0].known &&
	    p->in_use.v > p->limit[0].v) {
		p->in_use.known = false;
		p->in_use.why = "nt!MmAllocatedNonPagedPool is more than the "
				"limit";
	}
	check_range(p, NTR_NONPAGED);
	check_range(p, NTR_PAGED);
}

/* --- opening --------------------------------------------------------------------- */

enum ntr_st ntr_pool_open(struct ntr_pool **out, struct ntr_target *t,
			  struct ntr_err *e)
{
	struct ntr_pool *p = calloc(1, sizeof(*p));
	struct ntr_err why;
	enum ntr_st st;

	if (!p)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	p->t = t;
	p->has_form = ntr_pool_form_of(t->machine, t->build, &p->form,
				       &why) == NTR_OK;
	if (!p->has_form)
		p->form_why = ntr_arena_printf(&t->arena, "%s", why.msg);
	read_numbers(p);
	st = ntr_pool_read_tags(p, e);
	if (!st)
		st = ntr_pool_read_bigs(p, e);
	if (!st)
		st = ntr_pool_read_descs(p, e);
	if (st) {
		ntr_pool_close(p);
		return st;
	}
	*out = p;
	return NTR_OK;
}

void ntr_pool_close(struct ntr_pool *p)
{
	if (!p)
		return;
	ntr_vec_fini(&p->tags);
	ntr_vec_fini(&p->bigs);
	ntr_vec_fini(&p->descs);
	free(p);
}

const struct ntr_pool_tag *ntr_pool_tag_of(const struct ntr_pool *p, u32 tag)
{
	size_t lo = 0, hi = p->tags.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->tags.v[mid].tag < tag)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < p->tags.n && p->tags.v[lo].tag == tag ? &p->tags.v[lo] :
							    NULL;
}

/* Index of the last large allocation at or below va, or SIZE_MAX. */
static size_t big_below(const struct ntr_pool *p, u64 va)
{
	size_t lo = 0, hi = p->bigs.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->bigs.v[mid].va <= va)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo - 1;
}

const struct ntr_pool_big *ntr_pool_big_of(const struct ntr_pool *p, u64 va)
{
	size_t i = big_below(p, va);

	return i < p->bigs.n && va - p->bigs.v[i].va < p->bigs.v[i].bytes ?
		       &p->bigs.v[i] : NULL;
}

/* --- walking ----------------------------------------------------------------------- */

#define WALK_PAGES 64u /* read at once */

struct walking {
	struct ntr_pool *p;
	bool all;
	ntr_pool_page_fn *fn;
	void *ctx;
	struct ntr_pool_walk w;
	u8 *buf;
	bool stopped;
};

static bool one_page(struct walking *k, u64 va, const u8 *page)
{
	struct ntr_pool_check c;

	ntr_pool_page_check(&k->p->form, page, &c);
	k->w.good += c.verdict == NTR_POOL_PAGE_GOOD;
	k->w.damaged += c.verdict == NTR_POOL_PAGE_DAMAGED;
	k->w.other += c.verdict == NTR_POOL_PAGE_OTHER;
	return !k->fn || c.verdict == NTR_POOL_PAGE_OTHER ||
	       k->fn(k->ctx, va, page, &c);
}

/* n pages in buf; false when fn ended the walk. */
static bool some_pages(struct walking *k, u64 va, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t good = k->all ? i : ntr_pool_pages_good(&k->p->form,
							       k->buf, n, i);

		k->w.pages += good - i;
		k->w.good += good - i;
		i = good;
		if (i == n)
			break;
		k->w.pages++;
		if (!one_page(k, va + i * NTR_POOL_PAGE,
			      k->buf + i * NTR_POOL_PAGE))
			return false;
	}
	return true;
}

/* Pages at va up to the next large allocation, of at most n; 0: a large one
 * is here, and *n are its pages. */
static u64 pages_here(const struct ntr_pool *p, u64 va, u64 *n)
{
	size_t i = big_below(p, va), next = i + 1;
	u64 max = *n < WALK_PAGES ? *n : WALK_PAGES, gap;

	if (i < p->bigs.n && va - p->bigs.v[i].va < p->bigs.v[i].bytes) {
		u64 left = (p->bigs.v[i].bytes - (va - p->bigs.v[i].va) +
			    NTR_POOL_PAGE - 1) / NTR_POOL_PAGE;

		*n = left < *n ? left : *n;
		return 0;
	}
	if (next >= p->bigs.n)
		return max;
	gap = (p->bigs.v[next].va - va) / NTR_POOL_PAGE;
	return gap < max ? gap ? gap : 1 : max;
}

static void walk(struct walking *k, u64 va, u64 left)
{
	while (left && !k->stopped) {
		u64 n = left, here = pages_here(k->p, va, &n);
		size_t got;

		k->stopped = ntr_target_stopped(k->p->t);

		if (!here) {
			k->w.big += n;
			va += n * NTR_POOL_PAGE;
			left -= n;
			continue;
		}
		got = ntr_space_read_some(k->p->t->mem, va, k->buf,
					  (size_t)here * NTR_POOL_PAGE) /
		      NTR_POOL_PAGE;
		if (!some_pages(k, va, got))
			return;
		if (got < here) {
			k->w.absent++;
			got++;
		}
		va += got * NTR_POOL_PAGE;
		left -= got;
	}
}

enum ntr_st ntr_pool_walk(struct ntr_pool *p, unsigned kind, bool all,
			  ntr_pool_page_fn *fn, void *ctx,
			  struct ntr_pool_walk *out, struct ntr_err *e)
{
	struct walking k = { .p = p, .all = all, .fn = fn, .ctx = ctx };
	u64 va, n;

	if (!p->has_form)
		return ntr_fail(e, NTR_UNSUP, "%s", p->form_why);
	if (!p->start[kind].known || !p->end[kind].known)
		return ntr_fail(e, NTR_ABSENT, "%s", !p->start[kind].known ?
				p->start[kind].why : p->end[kind].why);
	va = p->start[kind].v & ~(u64)(NTR_POOL_PAGE - 1);
	n = (p->end[kind].v - va) / NTR_POOL_PAGE;
	if (n > NTR_POOL_MAX_PAGES) {
		n = NTR_POOL_MAX_PAGES;
		k.w.cut = true;
	}
	k.buf = malloc(WALK_PAGES * NTR_POOL_PAGE);
	if (!k.buf)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	walk(&k, va, n);
	free(k.buf);
	if (k.stopped)
		return ntr_fail(e, NTR_LIMIT, "stopped before all of the pool "
				"was looked at");
	*out = k.w;
	return NTR_OK;
}

/* --- one address ---------------------------------------------------------------------- */

static bool in_range(const struct ntr_pool *p, u64 va)
{
	for (unsigned k = 0; k < 2; k++)
		if (p->start[k].known && p->end[k].known &&
		    va >= p->start[k].v && va < p->end[k].v)
			return true;
	return false;
}

static void fill_block(const struct ntr_pool *p, u64 page_va,
		       const u8 page[NTR_POOL_PAGE], struct ntr_pool_at *a)
{
	const struct ntr_pool_form *f = &p->form;
	u32 next = a->block.off + a->block.size;

	a->va = page_va + a->block.off;
	a->data = a->va + f->header;
	a->size = a->block.size > f->header ? a->block.size - f->header : 0;
	a->tag = a->block.tag;
	a->state = a->block.state;
	a->has_kind = a->state != NTR_POOL_FREE;
	a->paged = a->state == NTR_POOL_PAGED;
	if (a->block.previous && a->block.previous <= a->block.off) {
		ntr_pool_block_at(f, page, a->block.off - a->block.previous,
				  &a->before);
		a->has_before = true;
	}
	if (next < NTR_POOL_PAGE) {
		ntr_pool_block_at(f, page, next, &a->after);
		a->has_after = true;
	}
}

enum ntr_st ntr_pool_of(struct ntr_pool *p, u64 va, struct ntr_pool_at *out,
			struct ntr_err *e)
{
	const struct ntr_pool_big *b = ntr_pool_big_of(p, va);
	u64 page_va = va & ~(u64)(NTR_POOL_PAGE - 1);
	struct ntr_pool_at a = { .in_range = in_range(p, va) };
	u8 page[NTR_POOL_PAGE];
	enum ntr_st st;

	if (b) {
		a.va = a.data = b->va;
		a.size = b->bytes;
		a.tag = b->tag;
		a.big = true;
		a.has_kind = b->has_kind;
		a.paged = b->paged;
		a.state = b->paged ? NTR_POOL_PAGED : NTR_POOL_NONPAGED;
		*out = a;
		return NTR_OK;
	}
	if (!p->has_form)
		return ntr_fail(e, NTR_UNSUP, "%s", p->form_why);
	st = ntr_space_read(p->t->mem, page_va, page, sizeof(page), e);
	if (st)
		return st;
	ntr_pool_page_check(&p->form, page, &a.page);
	if (!ntr_pool_block_of(&p->form, page, (u32)(va - page_va),
			       &a.block)) {
		out->page = a.page;
		out->in_range = a.in_range;
		return ntr_fail(e, p->form.tiled ? NTR_BAD : NTR_UNSUP,
				p->form.tiled ?
				"the page's headers end at 0x%" PRIx64 ": %s" :
				"this page has no classic pool headers up to "
				"0x%" PRIx64 " (%s)", page_va + a.page.bad,
				ntr_pool_fault_text(a.page.fault));
	}
	fill_block(p, page_va, page, &a);
	*out = a;
	return NTR_OK;
}
