// SPDX-License-Identifier: Apache-2.0
/*
 * Pool pages: blocks with headers in one page of kernel pool, validated.
 *
 * The blocks of a page tile it: each header holds its own size and that of
 * the block before, the first has 0 before it, the last ends with the page.
 * A write past the end of a block destroys the next header, so the first
 * header that does not agree names its victim, and the block in front of it
 * is the suspect.  Everything here works on the bytes of a page that the
 * caller has; nothing reads memory or allocates.
 *
 * Not every page of a pool range has headers: large allocations and free
 * pages have none.  So a page is called damaged only where enough of its
 * headers agree with one another to prove that it was tiled once.
 *
 * To add a header layout: a row in forms[] of pool_page.c, and a case in
 * pool_word() when its bits lie elsewhere.
 */
#ifndef NTR_POOL_PAGE_H
#define NTR_POOL_PAGE_H

#include "../base/status.h"

#define NTR_POOL_PAGE 4096u
#define NTR_POOL_MAX_BLOCKS (NTR_POOL_PAGE / 8)

/* Where the four fields of the first header word are. */
enum ntr_pool_word {
	NTR_POOL_W_BYTES32, /* NT 3.51 to 2000: previous, index, type, size */
	NTR_POOL_W_BITS9,   /* x86, XP and later: 9 + 7, 9 + 7 bits */
	NTR_POOL_W_BYTES16, /* 64 bits: previous, index, size, type */
};

struct ntr_pool_form {
	enum ntr_pool_word word;
	u8 unit;       /* bytes that sizes count in */
	u8 header;     /* bytes */
	u8 tag_off;    /* of the tag in the header */
	bool in_use;   /* Vista and later: type bit 1 says "in use", bit 0
			  "paged"; before, type is POOL_TYPE + 1 */
	bool quota_in_tag; /* a block charged to a process holds that process
			      in the place of its tag */
	bool tiled;    /* false: the segment heap; headers are there, the rule
			  of the page is not */
};

/* UNSUP where the header's layout is not known (Alpha, Itanium). */
NTR_MUST enum ntr_st ntr_pool_form_of(u32 machine, u32 build,
				      struct ntr_pool_form *out,
				      struct ntr_err *e);

enum ntr_pool_state { NTR_POOL_FREE, NTR_POOL_NONPAGED, NTR_POOL_PAGED };
const char *ntr_pool_state_name(enum ntr_pool_state s); /* "free", … */

struct ntr_pool_block {
	u32 off, size;     /* in the page, with header; bytes */
	u32 previous;      /* bytes of the block before, as this one says */
	u32 tag;           /* without the protection bit */
	u8 type, index;    /* as stored */
	enum ntr_pool_state state;
	bool quota, session, protect;
};

/* The header at off (a multiple of the unit, inside the page). */
void ntr_pool_block_at(const struct ntr_pool_form *f,
		       const u8 page[NTR_POOL_PAGE], u32 off,
		       struct ntr_pool_block *out);
/* Four characters that a programmer would choose. */
bool ntr_pool_tag_plausible(u32 tag);
/* "AfdB"; what is not printable becomes '.'. */
void ntr_pool_tag_text(u32 tag, char out[5]);

#define NTR_POOL_FAULT_LIST(X)                                              \
	X(NONE, "the blocks tile the page")                                 \
	X(FIRST, "the page's first block says that one is before it")       \
	X(ZERO, "size is zero")                                             \
	X(PAST_END, "the block reaches past the end of the page")           \
	X(PREVIOUS, "previous size is not that of the block before")        \
	X(MIXED, "paged and nonpaged blocks in one page")

enum ntr_pool_fault {
#define NTR_POOL_FAULT_ENUM(name, text) NTR_POOL_FAULT_##name,
	NTR_POOL_FAULT_LIST(NTR_POOL_FAULT_ENUM)
#undef NTR_POOL_FAULT_ENUM
};
const char *ntr_pool_fault_text(enum ntr_pool_fault f);

enum ntr_pool_verdict {
	NTR_POOL_PAGE_GOOD,
	NTR_POOL_PAGE_DAMAGED,
	NTR_POOL_PAGE_OTHER, /* nothing proves that it has headers */
};

struct ntr_pool_check {
	enum ntr_pool_verdict verdict;
	enum ntr_pool_fault fault; /* of the first header that is wrong */
	u32 nblocks;         /* good ones in front of it, or all */
	u32 bad;             /* its offset */
	bool has_before, has_after;
	struct ntr_pool_block before; /* the suspect: it ends at `bad` */
	struct ntr_pool_block found;  /* what the bad header says now */
	struct ntr_pool_block after;  /* first good one behind the damage */
	u32 nafter;          /* blocks from there to the page's end */
	u32 real_size;       /* of the bad block, as `after` remembers it; 0
				when it does not reach back to `bad` */
	u32 before_size;     /* of `before`, when `after` remembers another
				one: then it is `before` whose header is
				wrong; else 0 */
	bool has_flip;       /* one changed bit of a header explains it */
	u8 flip;             /* which: 0 to 31 */
	u32 flip_at;         /* in the header at: `bad` or `before` */
};

/* The fast question; also whether a page has headers at all. */
bool ntr_pool_page_good(const struct ntr_pool_form *f,
			const u8 page[NTR_POOL_PAGE]);
/* The same for n pages behind one another, at the speed of memory: index of the
 * first one at or behind `from` that is not good, or n. */
size_t ntr_pool_pages_good(const struct ntr_pool_form *f, const u8 *pages,
			   size_t n, size_t from);
/* The whole story. */
void ntr_pool_page_check(const struct ntr_pool_form *f,
			 const u8 page[NTR_POOL_PAGE],
			 struct ntr_pool_check *out);

/* Where the block starts that covers offset `at`; false when the headers in
 * front of it do not lead there. */
bool ntr_pool_block_of(const struct ntr_pool_form *f,
		       const u8 page[NTR_POOL_PAGE], u32 at,
		       struct ntr_pool_block *out);

#endif
