// SPDX-License-Identifier: Apache-2.0
/*
 * What pool tags hold more or less than in an earlier dump of the same machine.
 *
 * Every tag of either dump whose counters differ is a row, one for each pool;
 * the largest difference of bytes comes first.  Differences have a sign, and
 * nothing is judged here: that is poolwatch.h's business.  A further counter is
 * a field here, and a row of facts_growth.c.
 */
#ifndef NTR_POOLGROWTH_H
#define NTR_POOLGROWTH_H

#include "../kobj/pool.h"

struct ntr_tag_growth {
	u32 tag;
	unsigned kind;              /* NTR_NONPAGED, NTR_PAGED */
	u64 bytes_before, bytes_after;
	s64 live_before, live_after;
	s64 allocs, frees;          /* since; negative when the counters of
				       another run were compared */
};
/* As a sign goes: what is beyond it is cut. */
s64 ntr_pool_less(u64 after, u64 before);

struct ntr_pool_growth {
	NTR_VEC(struct ntr_tag_growth);
	s64 bytes[2]; /* of all tags, by pool */
};
/* Both have tags. NOMEM only. */
NTR_MUST enum ntr_st ntr_pool_growth(const struct ntr_pool *now,
				     const struct ntr_pool *then,
				     struct ntr_pool_growth *out,
				     struct ntr_err *e);
void ntr_pool_growth_fini(struct ntr_pool_growth *g);

#endif
