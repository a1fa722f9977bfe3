// SPDX-License-Identifier: Apache-2.0
/*
 * Sweep: intervals that may overlap, in any order, made sorted and disjoint.
 * Where several cover a place, the one with the lowest rank has it.
 *
 * Every step takes an interval in, drops one or gives a piece out, so it is
 * O(n log n) and there are fewer than 2n pieces, whatever the input.
 */
#ifndef NTR_SWEEP_H
#define NTR_SWEEP_H

#include "status.h"

struct ntr_span {
	u64 at, len; /* at + len does not wrap */
	u64 off;     /* the caller's */
	u32 rank;    /* unique */
};

/* The piece [from, to) belongs to s. Another status than OK ends the sweep. */
typedef enum ntr_st ntr_sweep_fn(void *ctx, const struct ntr_span *s, u64 from,
				 u64 to, struct ntr_err *e);

/* Sorts s, then calls fn for the pieces in order. NOMEM, or what fn says. */
NTR_MUST enum ntr_st ntr_sweep(struct ntr_span *s, size_t n, ntr_sweep_fn *fn,
			       void *ctx, struct ntr_err *e);

#endif
