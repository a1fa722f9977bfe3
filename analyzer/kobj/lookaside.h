// SPDX-License-Identifier: Apache-2.0
/*
 * Lookaside lists: blocks that their owners freed, and that are kept for the
 * next allocation.  Pool calls such a block allocated, with the list's tag, so
 * a large tag may be a cache.  Two lists of the kernel have all of them, one
 * for nonpaged and one for paged pool; those inside the pool allocator itself
 * are not among them.
 *
 * The walk is bounded and checks every link; where it ended early, `why` says
 * it.  Layout known from XP on.
 */
#ifndef NTR_LOOKASIDE_H
#define NTR_LOOKASIDE_H

#include "pool.h"

#define NTR_MAX_LOOKASIDES 65536u

struct ntr_lookaside {
	u64 va;
	bool paged;
	u32 tag, size;        /* of each block, without its header */
	u32 depth, maximum;   /* how many it may keep now, and ever */
	u32 cached;           /* how many it keeps */
	u32 allocates, allocate_misses, frees, free_misses;
};
struct ntr_lookasides {
	NTR_VEC(struct ntr_lookaside); /* in the kernel's order */
	const char *why[2];   /* [NTR_NONPAGED], [NTR_PAGED]: why there are
				 none, or not all; NULL: all */
	enum ntr_source source;
};

NTR_MUST enum ntr_st ntr_lookasides_read(struct ntr_pool *p,
					 struct ntr_lookasides *out,
					 struct ntr_err *e);
void ntr_lookasides_fini(struct ntr_lookasides *l);
/* Blocks and bytes (with headers) that all lists of a tag keep. */
u64 ntr_lookasides_cached(const struct ntr_lookasides *l,
			  const struct ntr_pool_form *f, u32 tag, bool paged,
			  u64 *bytes);

#endif
