// SPDX-License-Identifier: Apache-2.0
/*
 * The judgement of pool as a whole: made only when asked for, since it searches
 * memory; a verdict may point to it, and does not own it.  A baseline is an earlier dump of the same machine; one that cannot
 * serve is said, and the judgement is made without it.
 * What can be judged of pool is poolwatch.h's business; to judge more, begin
 * there.
 */
#ifndef NTR_POOLJUDGE_H
#define NTR_POOLJUDGE_H

#include "poolwatch.h"

struct ntr_pool_judgement {
	struct ntr_poolwatch watch;
	bool has_baseline;        /* one was given and served */
	u64 seconds;              /* between the two dumps; 0 unknown */
	const char *baseline_why; /* why the one given did not; NULL */
};

/* Why old cannot be compared with t, or NULL. */
const char *ntr_pool_unfit(const struct ntr_target *t,
			   const struct ntr_target *old);
/* 0 unknown. */
u64 ntr_pool_seconds_between(const struct ntr_target *t,
			     const struct ntr_target *old);

/* old: the baseline's target, or NULL. ABSENT on what is no NT. */
NTR_MUST enum ntr_st ntr_pool_judge(struct ntr_pool_judgement **out,
				    struct ntr_target *t,
				    struct ntr_target *old, struct ntr_err *e);
void ntr_pool_judgement_free(struct ntr_pool_judgement *j);

#endif
