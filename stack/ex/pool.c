// SPDX-License-Identifier: Apache-2.0
/*
 * Pool: free lists of size classes over chunks (pool.h has the layout).  The
 * size of a class differs from the next by 16 bytes up to 1 KiB and by an eighth
 * of its power of two above.
 *
 * Under AddressSanitizer everything but live blocks is poisoned, and freed ones
 * are used again as late as possible.
 */
#include "pool.h"

#include "../sched/inside.h"
#include "../trace/trace.h"

#include <string.h>

#if CO_ASAN
#include <sanitizer/asan_interface.h>
#else
#define __asan_poison_memory_region(p, n) ((void)(p), (void)(n))
#define __asan_unpoison_memory_region(p, n) ((void)(p), (void)(n))
#endif

/* Bug check parameter 1: 0xC2 BAD_POOL_CALLER, 0x19 BAD_POOL_HEADER. */
enum { CALLER_FREED_TWICE = 7, CALLER_WRONG_TAG = 0xa, CALLER_NO_BLOCK = 0x46,
       HEADER_BAD = 0x20 };

/* --- size classes --------------------------------------------------------------------- */

#define STEP_16_TO 1024u

static unsigned class_of(size_t size)
{
	unsigned shift, eighth;

	if (size <= STEP_16_TO)
		return (unsigned)(size / POOL_UNIT);
	shift = 63 - (unsigned)__builtin_clzll(size - 1); /* 10: to 2 KiB */
	eighth = (unsigned)((size - 1) >> (shift - 3)) - 8;
	return 65 + (shift - 10) * 8 + eighth;
}

static u32 class_size(unsigned i)
{
	unsigned shift, eighth;

	if (i <= 64)
		return i * POOL_UNIT;
	shift = 10 + (i - 65) / 8;
	eighth = (i - 65) % 8;
	return (8 + eighth + 1) << (shift - 3);
}

bool pool_start(struct ex *x, enum ex_pool kind)
{
	struct ex_pool_side *p = pages_get(x, sizeof(*p));

	if (!p)
		return false;
	*p = (struct ex_pool_side){
		.kind = kind,
		.limit = kind == EX_PAGED ? x->config.paged_limit :
					    x->config.nonpaged_limit,
	};
	for (unsigned i = 0; i < POOL_CLASSES; i++)
		p->cls[i].block = class_size(i);
	x->pool[kind] = p;
	return true;
}

/* --- tags ------------------------------------------------------------------------------- */

/* The row that a tag has, or the empty one that it would get. */
static u32 tag_place(const struct ex_pool_side *p, u32 tag)
{
	u32 i = tag * 2654435761u >> 22;

	while (p->tag[i].tag && p->tag[i].tag != tag)
		i = (i + 1) & (POOL_TAGS - 1);
	return i;
}

/* The row of a tag; the last row has all that found no other. */
static u32 tag_row(struct ex_pool_side *p, u32 tag)
{
	u32 i = tag ? tag_place(p, tag) : POOL_TAGS - 1;

	if (p->tag[i].tag == tag)
		return i;
	if (p->ntags >= POOL_TAGS / 2)
		return POOL_TAGS - 1;
	p->tag[i].tag = tag;
	p->ntags++;
	return i;
}

u64 ex_pool_bytes(struct ex *x, enum ex_pool pool, u32 tag)
{
	const struct ex_pool_side *p = x->pool[pool];
	const struct ex_pool_tag *t = &p->tag[tag_place(p, tag)];

	return t->tag == tag ? t->bytes : 0;
}

static void count_alloc(struct ex_pool_side *p, u32 row, size_t size)
{
	p->allocs++;
	p->bytes += size;
	if (p->bytes > p->peak)
		p->peak = p->bytes;
	p->tag[row].allocs++;
	p->tag[row].bytes += size;
}

static void count_free(struct ex_pool_side *p, u32 row, size_t size)
{
	p->frees++;
	p->bytes -= size;
	p->tag[row].frees++;
	p->tag[row].bytes -= size;
}

/* --- blocks -------------------------------------------------------------------------------- */

POOL_RAW static void head_write(struct pool_head *h, struct pool_head v)
{
	/* Words: what is read as such soon (a neighbour's) must be written so. */
	pool_half *w = (pool_half *)(void *)h;
	u64 low = (u64)v.bytes << 32 | v.tag;
	u64 high = (u64)v.index << 48 | (u64)v.pool << 40 |
		   (u64)v.state << 32 | v.units;

	w[0] = low;
	w[1] = high | (u64)pool_sum_of(h, low, high) << 16;
}

static void end_write(struct pool_head *h, enum ex_pool pool)
{
	head_write(h, (struct pool_head){ .state = POOL_END,
					  .pool = (u8)pool });
}

static bool chunk_new(struct ex *x, struct ex_pool_side *p,
		      struct pool_class *k)
{
	size_t size = k->block <= POOL_CHUNK / 16 ? POOL_CHUNK :
						    (size_t)k->block * 4 +
						    EX_PAGE;
	struct pool_chunk *c = pages_get(x, size);

	if (!c)
		return false;
	size = (size + EX_PAGE - 1) / EX_PAGE * EX_PAGE;
	*c = (struct pool_chunk){ .next = p->chunks, .block = k->block,
				  .size = (u32)size };
	p->chunks = c;
	k->fresh = (u8 *)(c + 1);
	k->end = (u8 *)c + size - sizeof(struct pool_head);
	__asan_poison_memory_region(k->fresh, size - sizeof(*c));
	return true;
}

POOL_RAW static struct pool_head *class_take(struct ex *x,
					     struct ex_pool_side *p,
					     struct pool_class *k)
{
	struct pool_free *f = k->head;
	struct pool_head *h;

	if (f) {
		k->head = f->next;
		return (struct pool_head *)(void *)f - 1;
	}
	if ((!k->fresh || k->fresh + k->block > k->end) && !chunk_new(x, p, k))
		return NULL;
	h = (struct pool_head *)(void *)k->fresh;
	k->fresh += k->block;
	end_write((struct pool_head *)(void *)k->fresh, p->kind);
	return h;
}

POOL_RAW static void class_give(struct pool_class *k, struct pool_head *h)
{
	struct pool_free *f = (struct pool_free *)(void *)(h + 1);

	if (CO_ASAN && k->head) {
		f->next = NULL;
		k->tail->next = f;
	} else {
		f->next = k->head;
		k->head = f;
	}
	if (!f->next)
		k->tail = f;
}

static struct pool_head *big_take(struct ex *x, struct ex_pool_side *p,
				  size_t size)
{
	size_t all = sizeof(struct pool_big) + size + sizeof(struct pool_head);
	struct pool_big *b = pages_get(x, all);
	struct pool_head *h;

	if (!b)
		return NULL;
	*b = (struct pool_big){ .next = p->big, .size = all };
	if (p->big)
		p->big->prev = b;
	p->big = b;
	h = (struct pool_head *)(void *)(b + 1);
	end_write((struct pool_head *)(void *)((u8 *)h + size), p->kind);
	__asan_poison_memory_region(h, all - sizeof(*b));
	return h;
}

static void big_give(struct ex *x, struct ex_pool_side *p,
		     struct pool_head *h)
{
	struct pool_big *b = (struct pool_big *)(void *)h - 1;

	if (b->prev)
		b->prev->next = b->next;
	else
		p->big = b->next;
	if (b->next)
		b->next->prev = b->prev;
	pages_put(x, b, b->size);
}

/* The bytes behind what was asked for, to the end of the block or so many: two
 * words that may overlap, if there is room for one. */
typedef u64 __attribute__((aligned(1), may_alias)) pool_word;
#define FILL_WORD (UINT64_C(0x0101010101010101) * POOL_FILL)
#define WORD sizeof(pool_word)

static inline size_t fill_size(size_t n, size_t to)
{
	return to - n < POOL_FILL_MAX ? to - n : POOL_FILL_MAX;
}

POOL_RAW static void fill(u8 *p, size_t n, size_t to)
{
	size_t k = fill_size(n, to);

	p += n;
	if (k < WORD) {
		while (k--)
			p[k] = POOL_FILL;
		return;
	}
	*(pool_word *)(void *)p = FILL_WORD;
	*(pool_word *)(void *)(p + k - WORD) = FILL_WORD;
}

POOL_RAW static bool is_filled(const u8 *p, size_t n, size_t to)
{
	size_t k = fill_size(n, to);
	bool yes = true;

	p += n;
	if (k < WORD) {
		while (k--)
			yes &= p[k] == POOL_FILL;
		return yes;
	}
	return *(const pool_word *)(const void *)p == FILL_WORD &&
	       *(const pool_word *)(const void *)(p + k - WORD) == FILL_WORD;
}

/* --- allocating ------------------------------------------------------------------------------ */

static bool may(struct ex *x, struct ex_pool_side *p, size_t n, size_t size)
{
	u64 at = KE_ADD(&x->allocations, 1);

	return n <= UINT32_MAX - 64 && at != x->config.alloc_fail_at &&
	       size <= p->limit - p->bytes;
}

static void *take(struct ex *x, struct ex_pool_side *p, size_t n, size_t size,
		  u32 tag, u32 row)
{
	struct pool_head v = { .tag = tag, .bytes = (u32)n,
			       .pool = (u8)p->kind, .state = POOL_USED,
			       .index = (u16)row };
	struct pool_head *h = NULL;

	if (x->config.special_pool) {
		h = special_get(x, n);
		v.state = POOL_SPECIAL;
	}
	if (!h && size <= POOL_SMALL) {
		struct pool_class *k = &p->cls[class_of(size)];

		h = class_take(x, p, k);
		v.units = (u16)(k->block / POOL_UNIT);
		v.state = POOL_USED;
		size = k->block;
	} else if (!h) {
		h = big_take(x, p, size);
		v.state = POOL_BIG;
	}
	if (!h)
		return NULL;
	head_write(h, v);
	if (v.state == POOL_SPECIAL)
		return special_data(h, n);
	fill((u8 *)(h + 1), n, size - sizeof(*h));
	__asan_unpoison_memory_region(h + 1, n);
	return h + 1;
}

static void *allocate(struct ex *x, enum ex_pool pool, size_t n, u32 tag,
		      const void *site)
{
	struct ex_pool_side *p = x->pool[pool];
	size_t size = pool_size(n);
	void *data;
	u32 row;

	if (pool == EX_PAGED && ke_irql() >= KE_DISPATCH)
		ke_bugcheck(0xa, 0, ke_irql(), 0, TRACE_V(site));
	ke_point(SCHED_ALLOC, NULL);
	ke_latch(&p->latch);
	row = tag_row(p, tag);
	data = may(x, p, n, size) ? take(x, p, n, size, tag, row) : NULL;
	if (data)
		count_alloc(p, row, size);
	else
		p->failed++;
	ke_unlatch(&p->latch);
	if (!data) {
		TRACE(ex_pool_fail, pool, tag, n, site);
		return NULL;
	}
	RACE_GOT(data);
	TRACE(ex_pool_alloc, data, tag, n, site);
	return data;
}

void *ex_alloc(struct ex *x, enum ex_pool pool, size_t n, u32 tag)
{
	return allocate(x, pool, n, tag, __builtin_return_address(0));
}

void *ex_alloc_zero(struct ex *x, enum ex_pool pool, size_t n, u32 tag)
{
	void *p = allocate(x, pool, n, tag, __builtin_return_address(0));

	return p ? memset(p, 0, n) : NULL;
}

/* --- freeing ---------------------------------------------------------------------------------- */

/* All of it: its addresses come round. */
static bool in_special(const struct ex_area *a, const void *p)
{
	return a->base && (const u8 *)p >= a->base + sizeof(struct pool_head) &&
	       (const u8 *)p < a->end;
}

static bool in_area(const struct ex_area *a, const void *p)
{
	return (const u8 *)p > a->base && (const u8 *)p < KE_GET(&a->next);
}

POOL_RAW static bool head_right(const struct pool_head *h)
{
	return h->check == pool_sum(h);
}

/* Bytes behind the asked ones still as they were, and the next header, too. */
POOL_RAW static bool tail_right(const struct pool_head *h)
{
	const u8 *p = (const u8 *)(h + 1);
	size_t size = h->units ? h->units * POOL_UNIT : pool_size(h->bytes);
	size_t to = size - sizeof(*h);

	return is_filled(p, h->bytes, to) &&
	       head_right((const struct pool_head *)(const void *)(p + to));
}

POOL_RAW const char *pool_block_wrong(const struct pool_head *h,
				      enum ex_pool pool)
{
	if (!head_right(h))
		return "its header was written over";
	if (h->pool != pool)
		return "it is of the other pool";
	if ((h->state == POOL_USED || h->state == POOL_BIG) && !tail_right(h))
		return "bytes behind it were written";
	return NULL;
}

POOL_RAW static struct pool_head head_read(const struct pool_head *h)
{
	return (struct pool_head){ .tag = h->tag, .bytes = h->bytes,
				   .units = h->units, .state = h->state,
				   .pool = h->pool, .index = h->index };
}

/* 0, or the bug check and its first parameter. */
static u32 judge(const struct pool_head *h, u32 tag, u64 *why)
{
	struct pool_head v = head_read(h);

	*why = HEADER_BAD;
	if (!head_right(h) || v.pool >= EX_POOLS)
		return 0x19;
	*why = CALLER_FREED_TWICE;
	if (v.state == POOL_FREE)
		return 0xc2;
	*why = CALLER_NO_BLOCK;
	if (v.state != POOL_USED && v.state != POOL_BIG &&
	    v.state != POOL_SPECIAL)
		return 0xc2;
	*why = CALLER_WRONG_TAG;
	if (tag && v.tag != tag)
		return 0xc2;
	*why = HEADER_BAD;
	if (v.state == POOL_SPECIAL)
		return special_right(h, v.bytes) ? 0 : 0x19;
	return tail_right(h) ? 0 : 0x19;
}

static void give(struct ex *x, struct ex_pool_side *p, struct pool_head *h,
		 struct pool_head v)
{
	switch (v.state) {
	case POOL_SPECIAL:
		special_put(x, h, v.bytes);
		return;
	case POOL_BIG:
		big_give(x, p, h);
		return;
	default:
		v.state = POOL_FREE;
		head_write(h, v);
		__asan_poison_memory_region(h, v.units * POOL_UNIT);
		class_give(&p->cls[class_of(v.units * POOL_UNIT)], h);
	}
}

static struct pool_head *head_of(struct ex *x, void *p, u64 *why)
{
	if (in_special(&x->pages.special, p)) {
		if (pages_special_freed(x, p))
			*why = CALLER_FREED_TWICE;
		return special_head(x, p);
	}
	if (!in_area(&x->pages.heap, p) || (uintptr_t)p % POOL_UNIT)
		return NULL;
	return (struct pool_head *)p - 1;
}

/* The pool whose latch its block is under; of a header that is none, any. */
POOL_RAW static struct ex_pool_side *side_of(struct ex *x,
					     const struct pool_head *h)
{
	return x->pool[h->pool < EX_POOLS ? h->pool : EX_NONPAGED];
}

/* The neighbours' headers are looked at, so it is under the latch. */
static u32 free_block(struct ex *x, struct pool_head *h, u32 tag, u64 *why,
		      struct pool_head *v)
{
	struct ex_pool_side *p = side_of(x, h);
	u32 code;

	ke_latch(&p->latch);
	code = judge(h, tag, why);
	*v = head_read(h);
	if (!code) {
		count_free(p, v->index, pool_size(v->bytes));
		give(x, p, h, *v);
	}
	ke_unlatch(&p->latch);
	return code;
}

POOL_RAW static bool is_paged(const struct pool_head *h)
{
	return h->pool == EX_PAGED;
}

void ex_free_pool(struct ex *x, void *p, u32 tag)
{
	const void *site = __builtin_return_address(0);
	struct pool_head *h, v;
	u64 why = CALLER_NO_BLOCK;
	u32 code = 0xc2;

	if (!p)
		return;
	h = head_of(x, p, &why);
	if (h && is_paged(h) && ke_irql() >= KE_DISPATCH)
		ke_bugcheck(0xa, TRACE_V(p), ke_irql(), 1, TRACE_V(site));
	RACE_PUT(p);
	if (h)
		code = free_block(x, h, tag, &why, &v);
	if (code)
		bugcheck_of(x, code, why, TRACE_V(p), tag, TRACE_V(site));
	else
		TRACE(ex_pool_free, p, v.tag, v.bytes, site);
}
