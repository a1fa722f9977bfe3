// SPDX-License-Identifier: Apache-2.0
/*
 * Who still points to the blocks of a tag?  A leaked block is one whose
 * address nobody has any more: it appears in no word of memory.
 *
 * Two passes: the first collects the blocks of the tag; the second looks at
 * every aligned word of the dump's physical memory.  A word that points into a
 * block keeps it, unless it lies in a block of the same tag: then it keeps it
 * only if its own block is kept (lists among leaked blocks keep nobody).
 * What is stale keeps too (old stack contents, freed blocks), so the answer
 * errs on the side of "kept": orphans are orphans, provided that memory is
 * complete; `caveat` says when it is not.
 */
#ifndef NTR_POOL_REACH_H
#define NTR_POOL_REACH_H

#include "pool.h"

#define NTR_REACH_MAX_BLOCKS (1u << 22)
#define NTR_REACH_MAX_EDGES (1u << 22)
#define NTR_REACH_SAMPLES 16u

struct ntr_pool_span {
	u64 va, len; /* of the data */
};
struct ntr_pool_blocks {
	NTR_VEC(struct ntr_pool_span); /* sorted by va, disjoint */
	u64 bytes;            /* of the blocks with their headers */
	u64 min, max;         /* sizes; 0 when there is none */
	u64 big;              /* how many are large allocations */
	bool cut;             /* NTR_REACH_MAX_BLOCKS */
	struct ntr_pool_walk walk; /* what was looked at */
};
/* The live blocks of a tag in one pool. Statuses of ntr_pool_walk(). */
NTR_MUST enum ntr_st ntr_pool_blocks_of(struct ntr_pool *p, unsigned kind,
					u32 tag, struct ntr_pool_blocks *out,
					struct ntr_err *e);
void ntr_pool_blocks_fini(struct ntr_pool_blocks *b);

struct ntr_reach {
	u64 blocks, bytes;
	u64 kept;         /* something outside points to them */
	u64 through;      /* kept through another block of the tag */
	u64 islands;      /* only blocks that nobody keeps point to them */
	u64 orphans;      /* no word of memory points to them */
	u64 lost_bytes;   /* of islands and orphans */
	u64 sample[NTR_REACH_SAMPLES]; /* data addresses of lost blocks */
	unsigned nsample;
	u64 scanned;      /* bytes of memory */
	const char *caveat; /* why "lost" may be wrong, or NULL */
};
/* LIMIT: too many blocks, or stop() ended it; ABSENT: not enough memory in the dump. */
NTR_MUST enum ntr_st ntr_pool_reach(struct ntr_pool *p,
				    const struct ntr_pool_blocks *b,
				    struct ntr_reach *out, struct ntr_err *e);

#endif
