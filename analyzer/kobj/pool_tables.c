// SPDX-License-Identifier: Apache-2.0
/*
 * The two tables a kernel keeps about its pool: counters per tag (one table,
 * or one per processor), and the large allocations, which have no headers.
 * Both are hash tables: every row is looked at, empty ones are passed over.
 */
#include "../base/record.h"
#include "pool_int.h"
#include "priv.h"

#include <stdlib.h>
#include <string.h>

#define OVERFLOW_TAG 0x6c66764fu /* "Ovfl": the last row */
#define FLAG_POOL_TAGGING 0x400u /* NtGlobalFlag, FLG_POOL_ENABLE_TAGGING */
#define FIRST_ALWAYS_TAGGED 3790u
#define TAG_PROTECTED 0x80000000u
#define CHUNK 0x10000u

/* --- rows ------------------------------------------------------------------------ */

/* One row of each at p, which has all of it. */
typedef bool row_fn(struct ntr_pool *p, const void *layout, const u8 *row);

struct table {
	u64 va, n;      /* rows it claims; 0: until fn says false */
	u32 each;
	u64 missing;    /* rows in pages that are not in the dump */
	u64 seen;
	bool ended;     /* by fn */
};

/* Rows in [buf, buf + got), the first at its begin. */
static bool some_rows(struct ntr_pool *p, struct table *t, const u8 *buf,
		      u64 rows, row_fn *fn, const void *layout)
{
	for (u64 i = 0; i < rows; i++) {
		if (!fn(p, layout, buf + i * t->each)) {
			t->ended = true;
			return false;
		}
		t->seen++;
	}
	return true;
}

/*
 * Every row that can be read. A table that ends in a page that is not there
 * costs a look per page: n is bounded by the caller.
 */
static enum ntr_st each_row(struct ntr_pool *p, struct table *t, row_fn *fn,
			    const void *layout, struct ntr_err *e)
{
	u32 per = CHUNK / t->each;
	u8 *buf = malloc(CHUNK);
	u64 i = 0;

	if (!buf)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	while (i < t->n) {
		u64 at = t->va + i * t->each;
		u64 want = t->n - i < per ? t->n - i : per;
		u64 rows = ntr_space_read_some(p->t->mem, at, buf,
					       (size_t)(want * t->each)) /
			   t->each;

		if (!some_rows(p, t, buf, rows, fn, layout))
			break;
		i += rows;
		if (rows < want) { /* over the page that is missing */
			u64 next = (t->va + (i + 1) * t->each +
				    NTR_POOL_PAGE - 1) &
				   ~(u64)(NTR_POOL_PAGE - 1);
			u64 skip = (next - t->va + t->each - 1) / t->each;

			skip = skip < t->n ? skip : t->n;
			t->missing += skip - i;
			i = skip;
		}
	}
	free(buf);
	return p->nomem ? ntr_fail(e, NTR_NOMEM, "out of memory") : NTR_OK;
}

static bool member(const struct ntr_target *t, const char *type,
		   const char *name, u32 size, struct ntr_type_hit *h)
{
	if (!ntr_types_find(&t->priv->types, type, name, h))
		return false;
	if (!h->width)
		h->width = (u16)t->ptr_size;
	return h->width <= 8 && (u64)h->off + h->width <= size;
}

static u64 load(const u8 *row, const struct ntr_type_hit *h)
{
	return h->width == 8 ? ntr_load_u64(row + h->off) :
	       h->width == 4 ? ntr_load_u32(row + h->off) :
	       h->width == 2 ? ntr_load_u16(row + h->off) : row[h->off];
}

/* --- tags ---------------------------------------------------------------------------- */

struct tag_layout {
	u32 size;
	struct ntr_type_hit key, allocs[2], frees[2], bytes[2];
	bool bounded;     /* false: the size of the table is not known */
};

static bool tag_layout(struct ntr_pool *p, struct tag_layout *y)
{
	static const char *const names[3][2] = {
		{ "NonPagedAllocs", "PagedAllocs" },
		{ "NonPagedFrees", "PagedFrees" },
		{ "NonPagedBytes|NonPagedUsed", "PagedBytes|PagedUsed" },
	};
	static const char type[] = "_POOL_TRACKER_TABLE";
	const struct ntr_target *t = p->t;

	y->size = ntr_types_sizeof(&t->priv->types, type, NULL);
	if (!y->size || y->size > 0x400 ||
	    !member(t, type, "Key", y->size, &y->key))
		return false;
	for (unsigned k = 0; k < 2; k++)
		if (!member(t, type, names[0][k], y->size, &y->allocs[k]) ||
		    !member(t, type, names[1][k], y->size, &y->frees[k]) ||
		    !member(t, type, names[2][k], y->size, &y->bytes[k]))
			return false;
	return true;
}

static bool tag_row(struct ntr_pool *p, const void *layout, const u8 *row)
{
	const struct tag_layout *y = layout;
	u32 key = (u32)load(row, &y->key);
	struct ntr_pool_tag *t;

	if (!key)
		return true;
	/* Without a size, the table ends with its last row or with nonsense. */
	if (!y->bounded && !ntr_pool_tag_plausible(key))
		return false;
	t = ntr_vec_add(&p->tags);
	if (!t) {
		p->nomem = true;
		return false;
	}
	t->tag = key & ~TAG_PROTECTED;
	for (unsigned k = 0; k < 2; k++) {
		t->allocs[k] = load(row, &y->allocs[k]);
		t->frees[k] = load(row, &y->frees[k]);
		t->bytes[k] = load(row, &y->bytes[k]);
		if (y->allocs[k].width == 4) { /* they wrap; so may the sum */
			t->allocs[k] = (u32)t->allocs[k];
			t->frees[k] = (u32)t->frees[k];
		}
	}
	return y->bounded || key != OVERFLOW_TAG;
}

static int by_tag(const void *a, const void *b)
{
	const struct ntr_pool_tag *x = a, *y = b;

	return x->tag < y->tag ? -1 : x->tag > y->tag;
}

/* Sum the rows of one tag, of all tables; drop those that count nothing. */
static void merge_tags(struct ntr_pool *p)
{
	size_t n = 0;

	if (p->tags.n)
		qsort(p->tags.v, p->tags.n, sizeof(p->tags.v[0]), by_tag);
	for (size_t i = 0; i < p->tags.n; i++) {
		struct ntr_pool_tag *to, *r = &p->tags.v[i];

		if (!n || p->tags.v[n - 1].tag != r->tag) {
			p->tags.v[n++] = *r;
			continue;
		}
		to = &p->tags.v[n - 1];
		for (unsigned k = 0; k < 2; k++) {
			to->allocs[k] += r->allocs[k];
			to->frees[k] += r->frees[k];
			to->bytes[k] += r->bytes[k];
		}
	}
	p->tags.n = n;
}

static bool all_zero(const struct ntr_pool_tag *t)
{
	return !(t->allocs[0] | t->allocs[1] | t->frees[0] | t->frees[1] |
		 t->bytes[0] | t->bytes[1]);
}

/* Addresses of the tables: the one, and those of the processors. */
static unsigned table_addresses(struct ntr_pool *p, u64 va[NTR_MAX_CPUS])
{
	struct ntr_target *t = p->t;
	u32 cpus = t->d->meta.has & NTR_HAS_CPUS ? t->d->meta.cpus : 1;
	unsigned n = 0;
	u64 array, v;

	if (ntr_pool_value(t, "PoolTrackTable", 0x1b8, &v) &&
	    ntr_kernel_va(t, v))
		va[n++] = v;
	if (!ntr_pool_var(t, "ExPoolTagTables", 0, &array))
		return n;
	for (u32 i = 0; i < cpus && n < NTR_MAX_CPUS; i++) {
		bool again = false;

		if (ntr_read_ptr(t->mem, array + (u64)i * t->ptr_size,
				 t->ptr_size, &v) || !ntr_kernel_va(t, v))
			continue;
		for (unsigned k = 0; k < n; k++)
			again |= va[k] == v;
		if (!again)
			va[n++] = v;
	}
	return n;
}

static const char *why_no_table(struct ntr_pool *p)
{
	struct ntr_target *t = p->t;
	u64 v, flag;
	bool off = ntr_pool_value(t, "NtGlobalFlag", 0, &flag) &&
		   !(flag & FLAG_POOL_TAGGING);

	if (!ntr_pool_var(t, "PoolTrackTable", 0x1b8, &v))
		return "nt!PoolTrackTable is not known: the kernel's symbols "
		       "would give it";
	if (!ntr_pool_value(t, "PoolTrackTable", 0x1b8, &v))
		return "nt!PoolTrackTable is in a page that is not in the dump";
	if (t->build && t->build < FIRST_ALWAYS_TAGGED && (off || !v))
		return "pool tagging was off on this machine: before Server "
		       "2003 pool is counted by tag only when gflags "
		       "switched that on (NtGlobalFlag 0x400)";
	return "nt!PoolTrackTable points to no table";
}

/* PoolTrackTableSize counts rows; bounded, and false when not known. */
static bool rows_of(struct ntr_pool *p, const char *name, u64 max, u64 *n)
{
	if (!ntr_pool_value(p->t, name, 0, n))
		return false;
	*n &= UINT32_MAX; /* some versions keep 32 bits of it */
	if (!*n)
		return false;
	*n = *n < max ? *n : max;
	return true;
}

/* Where the first table had no room for a tag, a second one was made. */
static enum ntr_st read_expansion(struct ntr_pool *p, struct tag_layout *y,
				  u64 *missing, struct ntr_err *e)
{
	struct table t = { .each = y->size };
	enum ntr_st st;

	if (!ntr_pool_value(p->t, "PoolTrackTableExpansion", 0, &t.va) ||
	    !ntr_kernel_va(p->t, t.va) ||
	    !rows_of(p, "PoolTrackTableExpansionSize", NTR_POOL_MAX_TAGS, &t.n))
		return NTR_OK;
	y->bounded = true;
	st = each_row(p, &t, tag_row, y, e);
	*missing += t.missing;
	return st;
}

static enum ntr_st read_tables(struct ntr_pool *p, struct tag_layout *y,
			       const u64 *va, unsigned n, struct ntr_err *e)
{
	u64 rows, missing = 0;
	enum ntr_st st = NTR_OK;
	bool sized = rows_of(p, "PoolTrackTableSize", NTR_POOL_MAX_TAGS,
			     &rows);

	y->bounded = sized;
	if (!sized)
		rows = NTR_POOL_MAX_TAGS;
	for (unsigned i = 0; !st && i < n; i++) {
		struct table t = { .va = va[i], .n = rows, .each = y->size };

		st = each_row(p, &t, tag_row, y, e);
		missing += sized ? t.missing : 0;
		p->ntables += t.seen > 0;
		if (!i)
			p->table_len[0] = t.seen * t.each;
	}
	if (!st)
		st = read_expansion(p, y, &missing, e);
	merge_tags(p);
	if (missing)
		p->tags_why = ntr_arena_printf(&p->t->arena, "%" PRIu64 " rows "
			"of the tag tables are not in the dump", missing);
	else if (!sized)
		p->tags_why = "nt!PoolTrackTableSize is not known: the table "
			      "was read up to its last row";
	return st;
}

static void drop_empty(struct ntr_pool *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->tags.n; i++)
		if (!all_zero(&p->tags.v[i]))
			p->tags.v[n++] = p->tags.v[i];
	p->tags.n = n;
}

enum ntr_st ntr_pool_read_tags(struct ntr_pool *p, struct ntr_err *e)
{
	u64 va[NTR_MAX_CPUS];
	struct tag_layout y = { 0 };
	unsigned n = table_addresses(p, va);
	enum ntr_st st;

	if (!n) {
		p->tags_why = why_no_table(p);
		return NTR_OK;
	}
	if (!tag_layout(p, &y)) {
		p->tags_why = "the layout of _POOL_TRACKER_TABLE is not known "
			      "for this build: the kernel's symbols would "
			      "give it";
		return NTR_OK;
	}
	p->table_va[0] = va[0];
	st = read_tables(p, &y, va, n, e);
	drop_empty(p);
	if (!st && !p->tags.n)
		p->tags_why = "the tag table is empty or not in the dump";
	return st;
}

/* --- large allocations ---------------------------------------------------------------- */

struct big_layout {
	u32 size;
	struct ntr_type_hit va, key, pages, bytes, type;
	bool has_pages, has_bytes, has_type, shifted;
};

static bool big_layout(struct ntr_pool *p, struct big_layout *y)
{
	static const char type[] = "_POOL_TRACKER_BIG_PAGES";
	const struct ntr_target *t = p->t;
	struct ntr_type_hit pattern;

	y->size = ntr_types_sizeof(&t->priv->types, type, NULL);
	if (!y->size || y->size > 0x400 ||
	    !member(t, type, "Va", y->size, &y->va) ||
	    !member(t, type, "Key", y->size, &y->key))
		return false;
	y->has_pages = member(t, type, "NumberOfPages", y->size, &y->pages);
	y->has_bytes = member(t, type, "NumberOfBytes", y->size, &y->bytes);
	y->has_type = member(t, type, "PoolType", y->size, &y->type);
	/* Since 10 the type shares a word with a pattern in its low byte. */
	y->shifted = member(t, type, "Pattern", y->size, &pattern);
	return y->has_pages || y->has_bytes;
}

static bool big_row(struct ntr_pool *p, const void *layout, const u8 *row)
{
	const struct big_layout *y = layout;
	u64 va = load(row, &y->va), bytes;
	struct ntr_pool_big *b;

	if ((va & 1) || !ntr_kernel_va(p->t, va) || va % NTR_POOL_PAGE)
		return true; /* free, or no address: bit 0 marks free rows */
	bytes = y->has_bytes ? load(row, &y->bytes) :
			       load(row, &y->pages) * NTR_POOL_PAGE;
	if (!bytes || va + bytes < va)
		return true;
	b = ntr_vec_add(&p->bigs);
	if (!b) {
		p->nomem = true;
		return false;
	}
	*b = (struct ntr_pool_big){ .va = va, .bytes = bytes,
				    .tag = (u32)load(row, &y->key) &
					   ~TAG_PROTECTED };
	if (y->has_type) {
		u64 type = load(row, &y->type);

		b->has_kind = true;
		b->paged = (y->shifted ? type >> 8 : type) & 1;
	}
	return true;
}

static int by_va(const void *a, const void *b)
{
	const struct ntr_pool_big *x = a, *y = b;

	return x->va < y->va ? -1 : x->va > y->va;
}

/* Sorted and disjoint: an entry that reaches into the next one is cut. */
static void order_bigs(struct ntr_pool *p)
{
	size_t n = 0;

	if (p->bigs.n)
		qsort(p->bigs.v, p->bigs.n, sizeof(p->bigs.v[0]), by_va);
	for (size_t i = 0; i < p->bigs.n; i++) {
		struct ntr_pool_big b = p->bigs.v[i];

		if (n && p->bigs.v[n - 1].va == b.va)
			continue;
		if (n && b.va - p->bigs.v[n - 1].va < p->bigs.v[n - 1].bytes)
			p->bigs.v[n - 1].bytes = b.va - p->bigs.v[n - 1].va;
		if (!b.has_kind)
			for (unsigned k = 0; k < 2; k++)
				if (p->start[k].known && p->end[k].known &&
				    b.va >= p->start[k].v &&
				    b.va < p->end[k].v) {
					b.has_kind = true;
					b.paged = k == NTR_PAGED;
				}
		p->bigs.v[n++] = b;
	}
	p->bigs.n = n;
}

enum ntr_st ntr_pool_read_bigs(struct ntr_pool *p, struct ntr_err *e)
{
	struct big_layout y = { 0 };
	struct table t = { 0 };
	enum ntr_st st;

	if (!ntr_pool_value(p->t, "PoolBigPageTable", 0, &t.va) ||
	    !ntr_kernel_va(p->t, t.va) ||
	    !rows_of(p, "PoolBigPageTableSize", NTR_POOL_MAX_BIG, &t.n)) {
		p->bigs_why = "nt!PoolBigPageTable and its size are not known: "
			      "the kernel's symbols would give them";
		return NTR_OK;
	}
	if (!big_layout(p, &y)) {
		p->bigs_why = "the layout of _POOL_TRACKER_BIG_PAGES is not "
			      "known for this build: the kernel's symbols "
			      "would give it";
		return NTR_OK;
	}
	t.each = y.size;
	p->table_va[1] = t.va;
	p->table_len[1] = t.n * t.each;
	st = each_row(p, &t, big_row, &y, e);
	order_bigs(p);
	if (t.missing)
		p->bigs_why = ntr_arena_printf(&p->t->arena, "%" PRIu64 " rows "
			"of the table of large allocations are not in the "
			"dump", t.missing);
	return st;
}
