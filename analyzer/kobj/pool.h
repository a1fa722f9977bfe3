// SPDX-License-Identifier: Apache-2.0
/*
 * Kernel pool of a target: where it lies, what it may grow to, what the
 * kernel counted per tag, the large allocations, and which block an address
 * belongs to.
 *
 * ntr_pool_open() never fails for want of evidence: every number and table
 * that is not there has a `why` that says what would give it.  Tables are
 * read up to the bytes that are in the dump and the bounds below, whatever
 * their size claims.
 *
 * Variables are found through the KDBG, where it names them, else by symbol.
 * To add one: a row in the table of numbers in pool.c.
 */
#ifndef NTR_POOL_H
#define NTR_POOL_H

#include "pool_page.h"
#include "target.h"

enum { NTR_NONPAGED, NTR_PAGED };

#define NTR_POOL_MAX_TAGS (1u << 17)  /* rows of a tag table */
#define NTR_POOL_MAX_BIG (1u << 22)   /* rows of the large allocations */
#define NTR_POOL_MAX_PAGES (1u << 26) /* pages of a range that are walked */

struct ntr_pool_num {
	bool known;
	u64 v;
	const char *why; /* of a number that is not known; static or arena */
};

struct ntr_pool_tag { /* [NTR_NONPAGED], [NTR_PAGED] */
	u32 tag;
	u64 allocs[2], frees[2], bytes[2];
};
/* Live allocations; a dump taken between two updates may say -1. */
static inline s64 ntr_pool_live(const struct ntr_pool_tag *t, unsigned kind)
{
	return (s64)(t->allocs[kind] - t->frees[kind]);
}

struct ntr_pool_big {
	u64 va, bytes;
	u32 tag;
	bool has_kind, paged;
};

/* What the allocator counts of one pool; a paged pool may be several. */
struct ntr_pool_desc {
	u64 va;
	unsigned kind;
	u32 index;
	bool has_frees;
	u64 allocs, frees;
	u64 pages, big_pages;
};

struct ntr_pool {
	struct ntr_target *t;   /* borrowed */
	bool has_form;
	struct ntr_pool_form form;
	const char *form_why;   /* NULL when has_form */

	struct ntr_pool_num start[2], end[2]; /* [start, end) */
	struct ntr_pool_num limit[2];         /* bytes it may grow to */
	struct ntr_pool_num in_use;           /* nonpaged, as the memory
						 manager counts; bytes */

	struct { NTR_VEC(struct ntr_pool_tag); } tags; /* sorted by tag */
	const char *tags_why;   /* why there are none, or not all; or NULL */
	unsigned ntables;       /* that were summed: one per processor */
	u64 table_va[2], table_len[2]; /* of tags, of large allocations: they
				hold addresses, but keep nothing alive */

	struct { NTR_VEC(struct ntr_pool_big); } bigs; /* sorted by va */
	const char *bigs_why;
	struct { NTR_VEC(struct ntr_pool_desc); } descs;
	const char *descs_why;  /* why there are none, or NULL */
	bool nomem;             /* while opening */
};

NTR_MUST enum ntr_st ntr_pool_open(struct ntr_pool **out, struct ntr_target *t,
				   struct ntr_err *e);
void ntr_pool_close(struct ntr_pool *p);

const struct ntr_pool_tag *ntr_pool_tag_of(const struct ntr_pool *p, u32 tag);
/* The large allocation that holds va, or NULL. */
const struct ntr_pool_big *ntr_pool_big_of(const struct ntr_pool *p, u64 va);

/* --- walking ----------------------------------------------------------------- */

struct ntr_pool_walk {
	u64 pages;      /* read */
	u64 absent;     /* not in the dump */
	u64 big;        /* of large allocations, passed over */
	u64 good, damaged, other;
	bool cut;       /* NTR_POOL_MAX_PAGES ended it */
};
/* A page with headers; false ends the walk. */
typedef bool ntr_pool_page_fn(void *ctx, u64 va, const u8 *page,
			      const struct ntr_pool_check *check);
/* Every page of a pool that is in the dump; fn (may be NULL) gets the damaged
 * ones, with `all` the good ones too. ABSENT when the range is not known, UNSUP
 * when the headers are not, LIMIT when the target's stop() ended it. */
NTR_MUST enum ntr_st ntr_pool_walk(struct ntr_pool *p, unsigned kind, bool all,
				   ntr_pool_page_fn *fn, void *ctx,
				   struct ntr_pool_walk *out,
				   struct ntr_err *e);

/* --- one address --------------------------------------------------------------- */

struct ntr_pool_at {
	u64 va;             /* of the block: its header, or a large one's data */
	u64 data, size;     /* what its owner has: address, bytes */
	u32 tag;
	bool big;
	bool has_kind, paged;
	enum ntr_pool_state state;
	struct ntr_pool_block block;          /* when not big */
	bool has_before, has_after;
	struct ntr_pool_block before, after;  /* neighbours in the page */
	struct ntr_pool_check page;
	bool in_range;      /* a pool range is known to hold it */
};
/* FAULT/ABSENT: not in the dump; BAD: the page's headers do not lead there
 * (out->page says where they end); UNSUP as above. */
NTR_MUST enum ntr_st ntr_pool_of(struct ntr_pool *p, u64 va,
				 struct ntr_pool_at *out, struct ntr_err *e);

/* --- raw search ----------------------------------------------------------------- */

#define NTR_POOL_FIND_TAGS 8u
/* A header candidate at mem + off; false ends the search. */
typedef bool ntr_pool_tag_fn(void *ctx, size_t off, u32 tag);
/*
 * Up to 8 tags (the protection bit is ignored) wherever the layout could have
 * a header; mem is where such a place is.  Headers are not validated.
 * Returns how many were found.
 */
u64 ntr_pool_find_tags(const struct ntr_pool_form *f, const u8 *mem,
		       size_t len, const u32 *tags, unsigned n,
		       ntr_pool_tag_fn *fn, void *ctx);

struct ntr_pool_hit {
	u64 va;       /* of the header, or of a large allocation */
	u32 tag;
	bool big;
	u64 bytes;    /* of a large one */
	struct ntr_pool_block block; /* of another: what its header says, which
				may be wrong: it is not validated */
};
/* False ends the search. */
typedef bool ntr_pool_hit_fn(void *ctx, const struct ntr_pool_hit *hit);
/* Up to 8 tags in a pool: large allocations first, then all of its range that
 * is in the dump.  It does not follow headers, so it finds what is behind
 * damage and in segment heaps too.  Statuses of ntr_pool_walk(). */
NTR_MUST enum ntr_st ntr_pool_search(struct ntr_pool *p, unsigned kind,
				     const u32 *tags, unsigned n,
				     ntr_pool_hit_fn *fn, void *ctx,
				     struct ntr_err *e);

#endif
