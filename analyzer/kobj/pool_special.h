// SPDX-License-Identifier: Apache-2.0
/*
 * Special pool: a page for every block, with a page that is not mapped behind
 * it (Microsoft, "Special Pool"): whoever writes past the block faults at once.
 * The page begins with a header that has the tag; the block ends with the page,
 * or begins behind the header when underruns are sought.
 *
 * Where it lies say nt!MmSpecialPoolStart and MmSpecialPoolEnd, where symbols
 * have them.  Without, the shape of a page is the evidence, which is weaker:
 * `assumed` says so.  The size of the block is not told: how the header keeps
 * it is not published.  Further evidence belongs in ntr_pool_special_of().
 */
#ifndef NTR_POOL_SPECIAL_H
#define NTR_POOL_SPECIAL_H

#include "pool.h"

enum ntr_special_place {
	NTR_SPECIAL_PAGE,   /* in the page of a block */
	NTR_SPECIAL_BEHIND, /* in the page behind it: past its end */
	NTR_SPECIAL_GONE,   /* in a page of the range that is not mapped, and no
			       block is in front: freed, or never used */
};

struct ntr_pool_special {
	enum ntr_special_place place;
	bool assumed;      /* by the shape of the page, not by the range */
	bool has_range;
	u64 start, end;    /* of the range */
	u64 page;          /* of the block; with GONE that of the address */
	bool has_tag;      /* its header is there and has one */
	u32 tag;
};

/* ABSENT: no special pool, as far as can be told; e says what of. */
NTR_MUST enum ntr_st ntr_pool_special_of(struct ntr_pool *p, u64 va,
					 struct ntr_pool_special *out,
					 struct ntr_err *e);

#endif
