// SPDX-License-Identifier: Apache-2.0
/*
 * Raw search for tags: of every place where a layout could have a header only
 * the tag's four bytes are looked at.  They are gathered into vectors of eight
 * and compared with all tags at once; what is hit is looked at again one by
 * one.  Portable vector code, made twice on x64: with AVX2 where there is.
 */
#include "../base/record.h"
#include "pool.h"

#include <stdlib.h>

#define TAG_BITS 0x7fffffffu
#define INLINE static inline __attribute__((always_inline))

typedef u32 v8 __attribute__((vector_size(32)));
typedef u64 v4q __attribute__((vector_size(32)));

typedef u32 v8u __attribute__((vector_size(32), aligned(1), may_alias));
#define load8(p) ((v8) * (const v8u *)(p))

/* Of two vectors: every second lane, from 1 or from 0, and the lower halves.
 * Macros: a function would have an ABI, that of AVX. */
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14)
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)

/* Lanes 1, 3, 5, 7 of 64 bytes; lanes 1, 1, 1, 1, 5, 5, 5, 5 of 128. */
#define ODD64(p) ODD(load8(p), load8((p) + 32))
#define FIFTH128(p) EVEN(ODD64(p), ODD64((p) + 64))

INLINE void match(v8 *m, const v8 *lanes, const v8 *t, unsigned n)
{
	v8 v = *lanes & TAG_BITS;

	for (unsigned i = 0; i < n; i++)
		*m |= (v8)(v == t[i]);
}

/* Any of n tags in the 256 (unit 8: 128) bytes at p? */
INLINE bool piece_hit(const u8 *p, unsigned unit, const v8 *t, unsigned n)
{
	v8 m = { 0 }, a, b;
	v4q w;

	if (unit == 8) {
		a = ODD64(p);
		b = ODD64(p + 64);
	} else {
		a = FIFTH128(p);
		b = FIFTH128(p + 128);
	}
	if (unit == 32)
		a = LOW(a, b);
	match(&m, &a, t, n);
	if (unit != 32)
		match(&m, &b, t, n);
	w = (v4q)m;
	return (w[0] | w[1]) | (w[2] | w[3]);
}

struct search {
	const u8 *mem;
	size_t len;
	unsigned unit, n;
	u32 tag[NTR_POOL_FIND_TAGS];
	ntr_pool_tag_fn *fn;
	void *ctx;
	u64 found;
};

/* One by one in [off, end); false when fn ended it. */
static bool slow(struct search *s, size_t off, size_t end)
{
	for (; off + 8 <= end; off += s->unit) {
		u32 v = ntr_load_u32(s->mem + off + 4) & TAG_BITS;

		for (unsigned i = 0; i < s->n; i++) {
			if (v != s->tag[i])
				continue;
			s->found++;
			if (s->fn && !s->fn(s->ctx, off, v))
				return false;
			break;
		}
	}
	return true;
}

INLINE void fast(struct search *s, unsigned unit, unsigned n)
{
	size_t step = unit == 8 ? 128 : 256, off = 0;
	v8 t[NTR_POOL_FIND_TAGS];

	for (unsigned i = 0; i < n; i++)
		t[i] = (v8){ 0 } + s->tag[i < s->n ? i : 0];
	for (; s->len - off >= step; off += step) {
		/* harmless where it points behind the end */
		for (size_t k = 0; k < step; k += 64)
			__builtin_prefetch(s->mem + off + 2048 + k);
		if (NTR_UNLIKELY(piece_hit(s->mem + off, unit, t, n)) &&
		    !slow(s, off, off + step))
			return;
	}
	(void)slow(s, off, s->len);
}

INLINE void by_form(struct search *s)
{
	switch (s->unit * 2 + (s->n > 2)) {
	case 16: fast(s, 8, 2); break;
	case 17: fast(s, 8, 8); break;
	case 32: fast(s, 16, 2); break;
	case 33: fast(s, 16, 8); break;
	case 64: fast(s, 32, 2); break;
	default: fast(s, 32, 8); break;
	}
}

static void run_plain(struct search *s)
{
	by_form(s);
}

#ifdef __x86_64__
static __attribute__((target("avx2"))) void run_avx2(struct search *s)
{
	by_form(s);
}

static void run(struct search *s)
{
	if (__builtin_cpu_supports("avx2"))
		run_avx2(s);
	else
		run_plain(s);
}
#else
static void run(struct search *s)
{
	run_plain(s);
}
#endif

u64 ntr_pool_find_tags(const struct ntr_pool_form *f, const u8 *mem,
		       size_t len, const u32 *tags, unsigned n,
		       ntr_pool_tag_fn *fn, void *ctx)
{
	struct search s = { .mem = mem, .len = len, .unit = f->unit, .fn = fn,
			    .ctx = ctx };

	s.n = n < NTR_POOL_FIND_TAGS ? n : NTR_POOL_FIND_TAGS;
	for (unsigned i = 0; i < s.n; i++)
		s.tag[i] = tags[i] & TAG_BITS;
	if (!s.n)
		return 0;
	run(&s);
	return s.found;
}

/* --- in a pool ------------------------------------------------------------------ */

#define CHUNK_PAGES 64u

struct in_pool {
	struct ntr_pool *p;
	const u32 *tags;
	unsigned n;
	ntr_pool_hit_fn *fn;
	void *ctx;
	u64 va;        /* of the piece that is searched */
	const u8 *buf;
	bool ended, stopped;
};

static bool in_piece(void *ctx, size_t off, u32 tag)
{
	struct in_pool *s = ctx;
	struct ntr_pool_hit h = { .va = s->va + off, .tag = tag };
	size_t page = off / NTR_POOL_PAGE * NTR_POOL_PAGE;

	ntr_pool_block_at(&s->p->form, s->buf + page, (u32)(off - page),
			  &h.block);
	s->ended = !s->fn(s->ctx, &h);
	return !s->ended;
}

static void big_ones(struct in_pool *s, unsigned kind)
{
	for (size_t i = 0; i < s->p->bigs.n && !s->ended; i++) {
		const struct ntr_pool_big *b = &s->p->bigs.v[i];
		struct ntr_pool_hit h = { .va = b->va, .tag = b->tag,
					  .big = true, .bytes = b->bytes };

		if (!b->has_kind || b->paged != (kind == NTR_PAGED))
			continue;
		for (unsigned k = 0; k < s->n && !s->ended; k++)
			if (!((s->tags[k] ^ b->tag) & TAG_BITS))
				s->ended = !s->fn(s->ctx, &h);
	}
}

static void pieces(struct in_pool *s, u8 *buf, u64 va, u64 left)
{
	s->buf = buf;
	while (left && !s->ended && !s->stopped) {
		u64 want = left < CHUNK_PAGES ? left : CHUNK_PAGES;
		size_t got = ntr_space_read_some(s->p->t->mem, va, buf,
						 (size_t)want * NTR_POOL_PAGE) /
			     NTR_POOL_PAGE;

		s->va = va;
		(void)ntr_pool_find_tags(&s->p->form, buf, got * NTR_POOL_PAGE,
					 s->tags, s->n, in_piece, s);
		s->stopped = ntr_target_stopped(s->p->t);
		got += got < want; /* over the page that is missing */
		va += got * NTR_POOL_PAGE;
		left -= got;
	}
}

enum ntr_st ntr_pool_search(struct ntr_pool *p, unsigned kind, const u32 *tags,
			    unsigned n, ntr_pool_hit_fn *fn, void *ctx,
			    struct ntr_err *e)
{
	struct in_pool s = { .p = p, .tags = tags, .fn = fn, .ctx = ctx,
			     .n = n < NTR_POOL_FIND_TAGS ?
					  n : NTR_POOL_FIND_TAGS };
	u64 va, pages;
	u8 *buf;

	if (!p->has_form)
		return ntr_fail(e, NTR_UNSUP, "%s", p->form_why);
	if (!p->start[kind].known || !p->end[kind].known)
		return ntr_fail(e, NTR_ABSENT, "%s", !p->start[kind].known ?
				p->start[kind].why : p->end[kind].why);
	buf = malloc(CHUNK_PAGES * NTR_POOL_PAGE);
	if (!buf)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	va = p->start[kind].v & ~(u64)(NTR_POOL_PAGE - 1);
	pages = (p->end[kind].v - va) / NTR_POOL_PAGE;
	big_ones(&s, kind);
	pieces(&s, buf, va, pages < NTR_POOL_MAX_PAGES ? pages :
							 NTR_POOL_MAX_PAGES);
	free(buf);
	if (s.stopped)
		return ntr_fail(e, NTR_LIMIT, "stopped before all of the pool "
				"was searched");
	return NTR_OK;
}
