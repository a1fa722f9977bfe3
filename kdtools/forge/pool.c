// SPDX-License-Identifier: Apache-2.0
/*
 * Kernel pool: pages of blocks with headers, large allocations, the tables
 * that count them by tag, and the variables that lead to all of it.
 *
 * Header: NT 3.51 to 2000 bytes previous, index, type, size in units of 32;
 * x86 from XP on 9 and 7 bits twice in units of 8; 64 bits bytes previous,
 * index, size, type in units of 16.  Type: before Vista POOL_TYPE + 1, then
 * POOL_TYPE | 2.  Offsets of the tables are those of the public type data of
 * XP SP2 to 10; NT 3.51 to 2000 have the tracker of XP and no table of large
 * allocations in this model but that of XP.
 */
#include "mach.h"

#include <string.h>

enum { W_BYTES32, W_BITS9, W_BYTES16 };

/* Offsets in a row of the tag table and of the large allocations. */
struct lay {
	const char *arch, *os;
	u8 word, unit, header;
	bool in_use, wide;   /* counters of 64 bits */
	u8 t_size, npa, npf, npb, pa, pf, pb;
	u8 b_size, b_key, b_pages, b_type, b_shift, b_bytes;
	u16 d_size;          /* descriptor; 0: this version has none */
	u8 d_index, d_allocs, d_frees, d_pages, d_big;
	bool d_pointers;     /* an array of pointers to paged ones */
	u64 base[2];         /* of nonpaged and paged pool */
};

#define TRK32 .t_size = 0x1c, .npa = 4, .npf = 8, .npb = 0xc, .pa = 0x10, \
	.pf = 0x14, .pb = 0x18
#define TRK64 .t_size = 0x28, .npa = 4, .npf = 8, .npb = 0x10, .pa = 0x18, \
	.pf = 0x1c, .pb = 0x20
#define TRK64W .wide = true, .t_size = 0x38, .npa = 0x10, .npf = 0x18, \
	.npb = 8, .pa = 0x28, .pf = 0x30, .pb = 0x20

#define DESC(size) .d_size = (size), .d_index = 4, .d_allocs = 8, \
	.d_frees = 0xc, .d_pages = 0x10, .d_big = 0x14
#define DESC7 .d_size = 0x1140, .d_index = 0x80, .d_allocs = 0x40, \
	.d_frees = 0x44, .d_pages = 0xc0, .d_big = 0x48, .d_pointers = true

static const struct lay lays[] = {
	{ "x86", "nt3.51", W_BYTES32, 32, 8, TRK32, DESC(0x1028), .b_size = 0xc, .b_key = 4,
	  .b_pages = 8, .base = { 0x82000000, 0xe1000000 } },
	{ "x86", "nt4", W_BYTES32, 32, 8, TRK32, DESC(0x1028), .b_size = 0xc, .b_key = 4,
	  .b_pages = 8, .base = { 0x82000000, 0xe1000000 } },
	{ "x86", "2000", W_BYTES32, 32, 8, TRK32, DESC(0x1028), .b_size = 0xc, .b_key = 4,
	  .b_pages = 8, .base = { 0x83000000, 0xe1000000 } },
	{ "x86", "xp", W_BITS9, 8, 8, TRK32, DESC(0x1028), .b_size = 0xc, .b_key = 4,
	  .b_pages = 8, .base = { 0x84000000, 0xe1000000 } },
	{ "x86", "2003", W_BITS9, 8, 8, TRK32, DESC(0x1030),
	  .d_pointers = true, .b_size = 0x10, .b_key = 4,
	  .b_pages = 8, .base = { 0x84000000, 0xe1000000 } },
	{ "x64", "2003", W_BYTES16, 16, 16, TRK64, DESC(0x1048),
	  .d_pointers = true, .b_size = 0x18, .b_key = 8,
	  .b_pages = 0xc, .base = { 0xfffffadf38000000, 0xfffffa8000000000 } },
	{ "x64", "7", W_BYTES16, 16, 16, true, TRK64, DESC7, .b_size = 0x18,
	  .b_key = 8, .b_type = 0xc, .b_bytes = 0x10,
	  .base = { 0xfffffa8008000000, 0xfffff8a000000000 } },
	{ "x64", "10", W_BYTES16, 16, 16, true, TRK64W, .b_size = 0x18,
	  .b_key = 8, .b_type = 0xc, .b_shift = 8, .b_bytes = 0x10,
	  .base = { 0xffff9a0f40000000, 0xffffc00100000000 } },
};

struct row {
	u32 tag;
	u64 allocs[2], frees[2], bytes[2]; /* nonpaged, paged */
};

struct big {
	u64 va, bytes;
	u32 tag;
	bool paged, free;
};

struct list {
	const struct f_spool_item *it;
	u64 first; /* block it keeps, 0 none */
};

struct harm {
	const struct f_spool_item *it;
	u64 at;
};

struct pools {
	struct f_mach *m;
	const struct lay *y;
	u64 next[2];         /* where the next page goes */
	u64 pages[2];        /* with blocks */
	u64 page[2];         /* the page being filled, 0 none */
	u32 used[2], previous[2]; /* bytes in it; units of its last block */
	u64 last[2], last_end[2]; /* block of the last statement */
	struct { NTR_VEC(struct row); } rows;
	struct { NTR_VEC(struct big); } bigs;
	struct { NTR_VEC(u64); } held;
	struct { NTR_VEC(struct harm); } harms;
	struct { NTR_VEC(struct list); } lists;
	u64 special, special_end; /* of special pool; 0 none */
	u64 chunk, chunk_end;     /* where the next chunk goes; 0 none */
	u32 chunk_before;         /* units of the one in front */
	bool lost;
};

/* --- blocks -------------------------------------------------------------------- */

static u32 header_word(const struct lay *y, u32 prev, u32 index, u32 size,
		       u32 type)
{
	if (y->word == W_BYTES32)
		return prev | index << 8 | type << 16 | size << 24;
	if (y->word == W_BITS9)
		return prev | index << 9 | size << 16 | type << 25;
	return prev | index << 8 | size << 16 | type << 24;
}

static u32 type_of(const struct lay *y, const struct f_spool_item *it)
{
	u32 type = (it->paged ? 1 : 0) | (it->quota ? 8 : 0);

	if (it->free)
		return 0;
	return y->in_use ? type | 2 : type + 1;
}

static void put_header(struct pools *q, bool paged, u32 units, u32 type,
		       u32 index, u32 tag)
{
	struct f_mem *mem = &q->m->mem;
	u64 at = q->page[paged] + q->used[paged];

	f_put32(mem, at, header_word(q->y, q->previous[paged], index, units,
				     type));
	f_put32(mem, at + 4, tag);
	q->previous[paged] = units;
	q->used[paged] += units * q->y->unit;
}

/* What is left of a page is one free block. */
static void close_page(struct pools *q, bool paged)
{
	u32 left = 0x1000 - q->used[paged];

	if (q->page[paged] && left)
		put_header(q, paged, left / q->y->unit, 0, 0, 0x65657246);
	q->page[paged] = 0;
}

static void open_page(struct pools *q, bool paged)
{
	q->page[paged] = q->next[paged];
	q->next[paged] += 0x1000;
	q->pages[paged]++;
	q->used[paged] = q->previous[paged] = 0;
	f_map(&q->m->mem, q->page[paged], 0x1000);
}

static u64 add_block(struct pools *q, const struct f_spool_item *it)
{
	const struct lay *y = q->y;
	u32 len = (u32)(it->size + y->header + y->unit - 1) / y->unit * y->unit;
	bool paged = it->paged;
	u64 at;

	if (q->page[paged] && q->used[paged] + len > 0x1000)
		close_page(q, paged);
	if (!q->page[paged])
		open_page(q, paged);
	at = q->page[paged] + q->used[paged];
	put_header(q, paged, len / y->unit, type_of(y, it), (u32)it->index,
		   it->tag);
	if (it->b.n)
		f_put(&q->m->mem, at + y->header, it->b.p, it->b.n);
	q->last[paged] = at;
	q->last_end[paged] = at + len;
	if (q->used[paged] == 0x1000)
		q->page[paged] = 0;
	return at + y->header;
}

/* --- special pool ------------------------------------------------------------------ */

/* In the range of its pool, behind what other statements fill. */
#define SPECIAL_OFF 0x1800000u
#define CHUNK_OFF 0x1000000u

/* A page alone, with a header at its head and the block at its end; that of a
 * freed one is not mapped. */
static u64 add_special(struct pools *q, const struct f_spool_item *it)
{
	u64 page, len = (it->size + 7) & ~7ULL;

	if (!q->special)
		q->special = q->special_end = q->y->base[it->paged] +
					      SPECIAL_OFF;
	page = q->special_end + 0x1000;
	q->special_end += 0x2000;
	if (it->free)
		return page + 0x1000 - len;
	f_map(&q->m->mem, page, 0x1000);
	f_put32(&q->m->mem, page, (u32)it->size);
	f_put32(&q->m->mem, page + 4, it->tag);
	if (it->b.n)
		f_put(&q->m->mem, page + 0x1000 - len, it->b.p, it->b.n);
	return page + 0x1000 - len;
}

/* --- segment heap ------------------------------------------------------------------- */

#define HEAP_KEY UINT64_C(0x7c1d93a5e20f6b48)
#define CHUNKS_LEN 0x10000u

static void put_chunk(struct pools *q, u32 units, bool allocated)
{
	u64 sizes = (u64)units << 16 | (u64)q->chunk_before << 32 |
		    (u64)allocated << 48;

	f_put64(&q->m->mem, q->chunk, sizes ^ q->chunk ^ HEAP_KEY);
	q->chunk_before = units;
	q->chunk += units * 16;
}

/* A chunk header, a pool header, the block. */
static u64 add_chunk(struct pools *q, const struct f_spool_item *it)
{
	u32 units = (u32)((it->size + 32 + 15) / 16);
	u64 at;

	if (!q->chunk) {
		q->chunk = q->y->base[it->paged] + CHUNK_OFF;
		q->chunk_end = q->chunk + CHUNKS_LEN;
		f_map(&q->m->mem, q->chunk, CHUNKS_LEN);
	}
	if (q->chunk + units * 16 + 32 > q->chunk_end) {
		f_mem_fail(&q->m->mem, NTR_LIMIT, "64 KiB of chunks are full");
		return q->chunk;
	}
	at = q->chunk + 16;
	put_chunk(q, units, !it->free);
	if (it->free)
		return at + 16;
	f_put32(&q->m->mem, at, header_word(q->y, 0, 0, units & 0xff,
					    type_of(q->y, it)));
	f_put32(&q->m->mem, at + 4, it->tag);
	if (it->b.n)
		f_put(&q->m->mem, at + 16, it->b.p, it->b.n);
	return at + 16;
}

static void close_chunks(struct pools *q)
{
	if (q->chunk)
		put_chunk(q, (u32)(q->chunk_end - q->chunk) / 16, false);
}

static u64 add_big(struct pools *q, const struct f_spool_item *it)
{
	u64 len = (it->size + 0xfff) & ~0xfffULL, at = q->next[it->paged];
	struct big *b = ntr_vec_add(&q->bigs);

	q->next[it->paged] += len;
	f_map(&q->m->mem, at, len);
	if (it->b.n)
		f_put(&q->m->mem, at, it->b.p, it->b.n);
	if (b)
		*b = (struct big){ at, it->size, it->tag, it->paged, it->free };
	q->lost |= !b;
	q->last[it->paged] = at;
	q->last_end[it->paged] = at + it->size;
	return at;
}

/* --- counting by tag -------------------------------------------------------------- */

static struct row *row_of(struct pools *q, u32 tag)
{
	struct row *r;

	for (size_t i = 0; i < q->rows.n; i++)
		if (q->rows.v[i].tag == tag)
			return &q->rows.v[i];
	r = ntr_vec_add(&q->rows);
	if (r)
		r->tag = tag;
	q->lost |= !r;
	return r;
}

static void count(struct pools *q, const struct f_spool_item *it)
{
	struct row *r = row_of(q, it->tag);
	u64 each = it->what == F_PL_BIG ? (it->size + 0xfff) & ~0xfffULL :
		   (it->size + q->y->header + q->y->unit - 1) / q->y->unit *
			   q->y->unit;

	if (!r)
		return;
	r->allocs[it->paged] += it->count;
	if (it->free)
		r->frees[it->paged] += it->count;
	else
		r->bytes[it->paged] += it->count * each;
}

static void set_row(struct pools *q, const struct f_spool_item *it)
{
	struct row *r = row_of(q, it->tag);

	if (!r)
		return;
	if (it->allocs != F_NONE)
		r->allocs[it->paged] = it->allocs;
	if (it->frees != F_NONE)
		r->frees[it->paged] = it->frees;
	if (it->bytes != F_NONE)
		r->bytes[it->paged] = it->bytes;
}

/* --- statements -------------------------------------------------------------------- */

static void hold(struct pools *q, u64 va)
{
	u64 *p = ntr_vec_add(&q->held);

	if (p)
		*p = va;
	q->lost |= !p;
}

static void name(struct pools *q, const struct f_spool_item *it, u64 va)
{
	struct f_named *x = ntr_vec_add(&q->m->named);

	if (x)
		*x = (struct f_named){ it, va };
	q->lost |= !x;
}

static enum ntr_st blocks(struct pools *q, const struct f_spool_item *it)
{
	u64 first = 0, before = 0, room = 0x1000 - q->y->header;

	if (it->what == F_PL_CHUNK && !(q->y->wide && q->y->unit == 16))
		return f_scen_err(q->m->s, q->m->e, NTR_UNSUP, it->loc,
				  "chunks are of x64 10");
	if (it->what != F_PL_BIG && it->size > room - q->y->unit)
		return f_scen_err(q->m->s, q->m->e, NTR_BAD, it->loc,
				  "a block of a page has at most %" PRIu64
				  " bytes here: write big for larger ones",
				  room - q->y->unit);
	if (it->size * it->count > q->m->s->memory)
		return f_scen_err(q->m->s, q->m->e, NTR_BAD, it->loc,
				  "more than the machine's memory");
	for (u64 i = 0; i < it->count && !q->m->mem.st; i++) {
		u64 at = it->what == F_PL_BIG ? add_big(q, it) :
			 it->what == F_PL_SPECIAL ? add_special(q, it) :
			 it->what == F_PL_CHUNK ? add_chunk(q, it) :
			 add_block(q, it);
		if (it->name)
			name(q, it, at);
		if (it->held)
			hold(q, at);
		if (it->linked && before)
			f_putp(&q->m->mem, before, at);
		before = at;
		first = first ? first : at;
	}
	if (it->linked)
		f_putp(&q->m->mem, before, first);
	count(q, it);
	return NTR_OK;
}

/* The blocks that a lookaside list keeps: allocated, chained. */
static enum ntr_st keep(struct pools *q, const struct f_spool_item *it)
{
	struct f_spool_item b = *it;
	struct list *l = ntr_vec_add(&q->lists);
	u64 before = 0;

	q->lost |= !l;
	if (!l)
		return NTR_OK;
	if (q->m->p->build < 2600)
		return f_scen_err(q->m->s, q->m->e, NTR_UNSUP, it->loc,
				  "forge knows lookaside lists from XP on");
	*l = (struct list){ .it = it };
	b.index = 0;
	for (u64 i = 0; i < it->count && !q->m->mem.st; i++) {
		u64 at = add_block(q, &b);

		if (before)
			f_putp(&q->m->mem, before, at);
		else
			l->first = at;
		before = at;
	}
	if (it->count)
		count(q, it);
	return NTR_OK;
}

/* Harm comes when all blocks are there: no header is written over it. */
static enum ntr_st plan_harm(struct pools *q, const struct f_spool_item *it)
{
	struct harm *h;

	if (!q->last[it->paged])
		return f_scen_err(q->m->s, q->m->e, NTR_BAD, it->loc,
				  "there is no block yet that could be harmed");
	h = ntr_vec_add(&q->harms);
	if (h)
		*h = (struct harm){ it, it->what == F_PL_FLIP ?
					q->last[it->paged] :
					q->last_end[it->paged] };
	q->lost |= !h;
	return NTR_OK;
}

static void harm(struct pools *q)
{
	struct f_mem *mem = &q->m->mem;

	for (size_t i = 0; i < q->harms.n; i++) {
		const struct harm *h = &q->harms.v[i];
		u8 w[4] = { 0 };

		if (h->it->what == F_PL_OVERRUN) {
			f_put(mem, h->at, h->it->b.p, h->it->b.n);
			continue;
		}
		(void)f_get(mem, h->at, w, 4);
		w[h->it->size / 8] ^= (u8)(1u << h->it->size % 8);
		f_put(mem, h->at, w, 4);
	}
}

static enum ntr_st run_items(struct pools *q)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < q->m->s->pool_items.n; i++) {
		const struct f_spool_item *it = &q->m->s->pool_items.v[i];

		if (it->what == F_PL_BLOCK || it->what == F_PL_BIG ||
		    it->what == F_PL_SPECIAL || it->what == F_PL_CHUNK)
			st = blocks(q, it);
		else if (it->what == F_PL_LOOKASIDE)
			st = keep(q, it);
		else if (it->what == F_PL_PAGE)
			close_page(q, it->paged);
		else if (it->what == F_PL_TAG)
			set_row(q, it);
		else
			st = plan_harm(q, it);
	}
	close_page(q, false);
	close_page(q, true);
	harm(q);
	return st;
}

/* --- tables -------------------------------------------------------------------------- */

static void put_num(struct f_mem *mem, u64 va, u64 v, bool wide)
{
	if (wide)
		f_put64(mem, va, v);
	else
		f_put32(mem, va, (u32)v);
}

static void put_row(struct pools *q, u64 at, const struct row *r, u64 part,
		    u64 parts)
{
	const struct lay *y = q->y;
	struct f_mem *mem = &q->m->mem;
	bool wide = f_prof_64(q->m->p);
	/* Allocations on the first processor, frees on the last. */
	bool a = part == 0, f = part == parts - 1;

	f_put32(mem, at, r->tag);
	put_num(mem, at + y->npa, a ? r->allocs[0] : 0, y->wide);
	put_num(mem, at + y->npf, f ? r->frees[0] : 0, y->wide);
	put_num(mem, at + y->npb, a ? r->bytes[0] : 0, wide);
	put_num(mem, at + y->pa, a ? r->allocs[1] : 0, y->wide);
	put_num(mem, at + y->pf, f ? r->frees[1] : 0, y->wide);
	put_num(mem, at + y->pb, a ? r->bytes[1] : 0, wide);
}

static u64 tag_table(struct pools *q, u64 n, u64 part, u64 parts)
{
	u64 at = f_pool(q->m, n * q->y->t_size);
	struct row ovfl = { .tag = 0x6c66764f };

	for (size_t i = 0; i < q->rows.n; i++) {
		u64 slot = q->rows.v[i].tag * 2654435761u % (n - 1);
		u32 key = 1;

		while (f_get(&q->m->mem, at + slot * q->y->t_size, &key, 4) &&
		       key)
			slot = (slot + 1) % (n - 1);
		put_row(q, at + slot * q->y->t_size, &q->rows.v[i], part, parts);
	}
	put_row(q, at + (n - 1) * q->y->t_size, &ovfl, part, parts);
	return at;
}

static u64 big_table(struct pools *q, u64 n)
{
	const struct lay *y = q->y;
	struct f_mem *mem = &q->m->mem;
	u64 at = f_pool(q->m, n * y->b_size);

	for (size_t i = 0; i < n; i++)
		f_putp(mem, at + i * y->b_size, 1);
	for (size_t i = 0; i < q->bigs.n; i++) {
		const struct big *b = &q->bigs.v[i];
		u64 row = at + i * y->b_size;

		f_putp(mem, row, b->va | b->free);
		f_put32(mem, row + y->b_key, b->tag);
		if (y->b_pages)
			f_put32(mem, row + y->b_pages,
				(u32)((b->bytes + 0xfff) >> 12));
		if (y->b_type)
			f_put32(mem, row + y->b_type,
				(u32)b->paged << y->b_shift);
		if (y->b_bytes)
			f_putp(mem, row + y->b_bytes, b->bytes);
	}
	return at;
}

static u64 held_table(struct pools *q)
{
	unsigned ps = f_prof_ptr(q->m->p);
	u64 at = f_pool(q->m, (q->held.n + 1) * ps);

	for (size_t i = 0; i < q->held.n; i++)
		f_putp(&q->m->mem, at + i * ps, q->held.v[i]);
	return at;
}

/* --- variables ------------------------------------------------------------------------- */

static void name_in_kdbg(struct f_mach *m, u16 field, u64 va)
{
	if (m->npool_kdbg == NTR_COUNT(m->pool_kdbg))
		return;
	m->pool_kdbg[m->npool_kdbg].off = field;
	m->pool_kdbg[m->npool_kdbg++].va = va;
}

void f_variable(struct f_mach *m, const char *name, u16 kdbg, u64 v)
{
	u64 va = f_img_data(&m->img, &m->mem, 0, 8, 8);

	f_putp(&m->mem, va, v);
	f_img_export(&m->img, 0, name, va);
	if (kdbg)
		name_in_kdbg(m, kdbg, va);
}

static void variable(struct pools *q, const char *name, u16 kdbg, u64 v)
{
	f_variable(q->m, name, kdbg, v);
}

static void range(struct pools *q, bool paged)
{
	const struct f_spool *p = &q->m->s->pool[paged];
	u64 start = p->start != F_NONE ? p->start : q->y->base[paged];
	u64 max = p->max != F_NONE ? p->max : 32 << 20;
	u64 end = p->end != F_NONE ? p->end : start + max;

	if (!p->given)
		return;
	variable(q, paged ? "MmPagedPoolStart" : "MmNonPagedPoolStart",
		 paged ? 0x120 : 0x110, start);
	/* the last byte of paged pool, the first behind nonpaged pool */
	variable(q, paged ? "MmPagedPoolEnd" : "MmNonPagedPoolEnd",
		 paged ? 0x128 : 0x118, paged ? end - 1 : end);
	variable(q, paged ? "MmSizeOfPagedPoolInBytes" :
			    "MmMaximumNonPagedPoolInBytes",
		 paged ? 0x140 : 0x100, max);
	if (p->inuse != F_NONE) /* in pages */
		variable(q, "MmAllocatedNonPagedPool", 0x250, p->inuse >> 12);
}

static void tag_variables(struct pools *q, u64 mode)
{
	struct f_mach *m = q->m;
	u64 n = 256 + q->rows.n * 2, parts = mode == 2 ? m->ncpus : 1;
	u64 cpu[F_MAX_CPUS] = { 0 }, at;
	unsigned ps = f_prof_ptr(m->p);

	for (u64 i = 0; mode && i < parts; i++)
		cpu[i] = tag_table(q, n, i, parts);
	variable(q, "PoolTrackTable", 0x1b8, cpu[0]);
	variable(q, "PoolTrackTableSize", 0, mode ? n : 0);
	variable(q, "PoolTrackTableExpansion", 0, 0);
	variable(q, "PoolTrackTableExpansionSize", 0, 0);
	variable(q, "NtGlobalFlag", 0, mode ? 0x400 : 0);
	if (mode != 2)
		return;
	at = f_img_data(&m->img, &m->mem, 0, F_MAX_CPUS * ps, 16);
	for (u64 i = 0; i < parts; i++)
		f_putp(&m->mem, at + i * ps, cpu[i]);
	f_img_export(&m->img, 0, "ExPoolTagTables", at);
}

static void put_desc(struct pools *q, u64 at, bool paged, u32 index, bool all)
{
	const struct lay *y = q->y;
	struct f_mem *mem = &q->m->mem;
	u64 allocs = 0, frees = 0, big = 0, pages = q->pages[paged];

	for (size_t i = 0; i < q->rows.n; i++) {
		allocs += q->rows.v[i].allocs[paged];
		frees += q->rows.v[i].frees[paged];
	}
	for (size_t i = 0; i < q->bigs.n; i++)
		if (q->bigs.v[i].paged == paged)
			big += (q->bigs.v[i].bytes + 0xfff) >> 12;
	f_put32(mem, at, paged);
	f_put32(mem, at + y->d_index, index);
	if (!all)
		return;
	f_put32(mem, at + y->d_allocs, (u32)allocs);
	f_put32(mem, at + y->d_frees, (u32)frees);
	f_put32(mem, at + y->d_pages, (u32)pages);
	f_put32(mem, at + y->d_big, (u32)big);
}

/* One of nonpaged pool, two of paged pool, the second of them used. */
static void descriptors(struct pools *q)
{
	const struct lay *y = q->y;
	struct f_mach *m = q->m;
	u64 at, list;

	if (!y->d_size)
		return;
	at = f_pool(m, 3u * y->d_size);
	put_desc(q, at, false, 0, true);
	put_desc(q, at + y->d_size, true, 0, false);
	put_desc(q, at + 2 * y->d_size, true, 1, true);
	variable(q, "NonPagedPoolDescriptor", 0x1c0, at);
	variable(q, "ExpNumberOfPagedPools", 0x70, 1);
	if (!y->d_pointers) {
		variable(q, "ExpPagedPoolDescriptor", 0x68, at + y->d_size);
		return;
	}
	list = f_img_data(&m->img, &m->mem, 0, 16, 16);
	f_putp(&m->mem, list, at + y->d_size);
	f_putp(&m->mem, list + f_prof_ptr(m->p), at + 2 * y->d_size);
	f_img_export(&m->img, 0, "ExpPagedPoolDescriptor", list);
	name_in_kdbg(m, 0x68, list);
}

static u64 put_list(struct pools *q, const struct list *l)
{
	bool wide = f_prof_64(q->m->p);
	struct f_mem *mem = &q->m->mem;
	u64 at = f_pool(q->m, 0x80), w = at + (wide ? 8 : 0);
	const struct f_spool_item *it = l->it;

	/* SLIST_HEADER: depth and link; then the fields, 8 bytes on for x64 */
	f_put16(mem, at + (wide ? 0 : 4), (u16)it->count);
	f_putp(mem, at + (wide ? 8 : 0), l->first);
	f_put16(mem, w + 8, (u16)it->index);
	f_put16(mem, w + 0xa, 256);
	f_put32(mem, w + 0xc, it->allocs != F_NONE ? (u32)it->allocs : 0);
	f_put32(mem, w + 0x14, it->frees != F_NONE ? (u32)it->frees : 0);
	f_put32(mem, w + 0x1c, it->paged);
	f_put32(mem, w + 0x20, it->tag);
	f_put32(mem, w + 0x24, (u32)it->size);
	return at + (wide ? 0x40 : 0x30);
}

static void lookasides(struct pools *q, bool paged)
{
	struct f_mach *m = q->m;
	unsigned ps = f_prof_ptr(m->p);
	u64 head, last;

	if (m->p->build < 2600 || !q->lists.n)
		return;
	last = head = f_img_data(&m->img, &m->mem, 0, 16, 16);
	f_img_export(&m->img, 0, paged ? "ExPagedLookasideListHead" :
					 "ExNPagedLookasideListHead", head);
	for (size_t i = 0; i < q->lists.n; i++) {
		u64 at;

		if (q->lists.v[i].it->paged != paged)
			continue;
		at = put_list(q, &q->lists.v[i]);
		f_putp(&m->mem, last, at);
		f_putp(&m->mem, at + ps, last);
		last = at;
	}
	f_putp(&m->mem, last, head);
	f_putp(&m->mem, head + ps, last);
}

static enum ntr_st build(struct pools *q)
{
	struct f_scen *s = q->m->s;
	u64 mode = s->pooltags, nbig;
	enum ntr_st st;

	for (unsigned i = 0; i < 2; i++)
		q->next[i] = s->pool[i].given && s->pool[i].start != F_NONE ?
			     s->pool[i].start : q->y->base[i];
	st = run_items(q);
	if (st)
		return st;
	close_chunks(q);
	nbig = 64 + q->bigs.n;
	if (mode == F_NONE)
		mode = q->m->p->build >= 3790;
	range(q, false);
	range(q, true);
	tag_variables(q, mode);
	if (q->special) {
		variable(q, "MmSpecialPoolStart", 0, q->special);
		variable(q, "MmSpecialPoolEnd", 0, q->special_end + 0x1000);
	}
	if (q->chunk)
		variable(q, "RtlpHpHeapGlobals", 0, HEAP_KEY);
	variable(q, "PoolBigPageTable", 0, big_table(q, nbig));
	variable(q, "PoolBigPageTableSize", 0, nbig);
	descriptors(q);
	lookasides(q, false);
	lookasides(q, true);
	(void)held_table(q);
	return q->lost ? ntr_fail(q->m->e, NTR_NOMEM, "out of memory") : NTR_OK;
}

enum ntr_st f_pools_build(struct f_mach *m)
{
	struct pools q = { .m = m };
	enum ntr_st st;

	if (!m->s->pool[0].given && !m->s->pool[1].given)
		return NTR_OK;
	for (size_t i = 0; i < NTR_COUNT(lays); i++)
		if (!strcmp(lays[i].arch, m->p->arch_name) &&
		    !strcmp(lays[i].os, m->p->os))
			q.y = &lays[i];
	if (!q.y)
		return f_scen_err(m->s, m->e, NTR_UNSUP, m->s->prof_loc,
				  "forge does not know the pool of %s %s",
				  m->p->arch_name, m->p->os);
	st = build(&q);
	ntr_vec_fini(&q.rows);
	ntr_vec_fini(&q.bigs);
	ntr_vec_fini(&q.held);
	ntr_vec_fini(&q.harms);
	ntr_vec_fini(&q.lists);
	return st;
}
