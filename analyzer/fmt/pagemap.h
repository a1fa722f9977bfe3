// SPDX-License-Identifier: Apache-2.0
/*
 * Page map: which pages of physical memory a file holds, as a bitmap in that
 * file.  Bit n%8 of byte n/8 stands for page n; the pages whose bit is set
 * lie in the file in ascending order, so the place of a page is the number
 * of set bits below its own (its rank).
 *
 * The map keeps one count for each NTR_PAGEMAP_GROUP pages and reads the
 * bits themselves from the file when asked, so building it costs one pass
 * over the bitmap and memory of 1/64 of it, however scattered the pages are.
 */
#ifndef NTR_PAGEMAP_H
#define NTR_PAGEMAP_H

#include "../base/arena.h"
#include "../base/space.h"

#define NTR_PAGEMAP_GROUP 4096u /* pages to a count */

struct ntr_pagemap {
	const struct ntr_space *s; /* of the bitmap; borrowed */
	u64 off;                   /* of the bitmap in it */
	u64 bits;                  /* pages it speaks of */
	u64 lo, hi;                /* pages outside [lo, hi) are not there */
	u64 first_rank;            /* rank of the first page from lo on */
	u64 pages;                 /* set bits in [lo, hi) */
	u64 *rank;                 /* set bits before each group; arena */
};

/* A stretch of present pages: npages from pfn, the first of rank `rank`
 * (counted from lo). */
struct ntr_stretch {
	u64 pfn, npages, rank;
};

/*
 * Count the bits of the bitmap at off.  room is how many bytes the space has
 * from off on: bits beyond it count as clear, and bound the memory taken.
 */
NTR_MUST enum ntr_st ntr_pagemap_build(struct ntr_pagemap *m,
				       const struct ntr_space *s, u64 off,
				       u64 room, u64 bits, struct ntr_arena *a,
				       struct ntr_err *e);

/* Look at the pages in [lo, hi) only: a dump that was split in several files
 * has the whole bitmap in each of them. */
NTR_MUST enum ntr_st ntr_pagemap_window(struct ntr_pagemap *m, u64 lo, u64 hi,
					struct ntr_err *e);

/*
 * The first stretch of present pages that reaches past pfn, cut so that it
 * starts at pfn or later.  A stretch may end where the next begins: they do
 * not cross groups.  ABSENT: no page from pfn on; IO.
 */
NTR_MUST enum ntr_st ntr_pagemap_next(const struct ntr_pagemap *m, u64 pfn,
				      struct ntr_stretch *out,
				      struct ntr_err *e);

#endif
