// SPDX-License-Identifier: Apache-2.0
/*
 * Chunks of variable size in a segment heap (10 1903 and later): in front of
 * every pool header lies a chunk header whose sizes are kept encoded, with the
 * heap's key and the chunk's own address (published research on the pool of
 * 10 1903).  So a decoded header that agrees with the next chunk's proves both;
 * a single one proves nothing, and is not believed.
 *
 * The key is at nt!RtlpHpHeapGlobals.  Without it, and in blocks of other
 * kinds (low fragmentation heap), where a block begins cannot be told; the
 * status says so.  Another kind of chunk: a file beside this.
 */
#ifndef NTR_POOL_VS_H
#define NTR_POOL_VS_H

#include "pool.h"

struct ntr_pool_vs {
	u64 va, size;        /* of the chunk; bytes, with its header */
	u64 header;          /* of its pool header */
	bool allocated;
	u32 tag;             /* of an allocated one */
	bool has_next;
	u64 next, next_size;
	bool next_allocated;
	u32 next_tag;
	u64 previous_size;   /* as this one says; 0: it is the first */
};

/* UNSUP: no such heap, or no key: why; ABSENT: no chunk covers va, as far as
 * headers that agree tell. */
NTR_MUST enum ntr_st ntr_pool_vs_of(struct ntr_pool *p, u64 va,
				    struct ntr_pool_vs *out,
				    struct ntr_err *e);
/* The same in any memory. */
NTR_MUST enum ntr_st ntr_pool_vs_in(const struct ntr_space *mem, u64 key, u64 va,
				    struct ntr_pool_vs *out,
				    struct ntr_err *e);

#endif
