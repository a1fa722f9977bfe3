// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of a session (kd*.c) share, and commands do not see.
 * Invariant: frames belongs to k->regs, or has_stack is false.  To add state
 * that a command needs, put it into kd.h instead.
 */
#ifndef NTR_KD_PRIV_H
#define NTR_KD_PRIV_H

#include "kd.h"
#include "triage/waits.h"

struct ntr_kd_priv {
	struct ntr_verdict *v;   /* NULL until asked for */
	bool no_verdict;
	struct ntr_waits *waits; /* NULL until asked for */
	bool pending;            /* the context is the verdict's, not yet fetched */
	bool own;                /* the context is the verdict's: so is the stack */
	bool has_outer;          /* outer: the caller's registers, as the switch
				    frame has them */
	struct ntr_regs outer;
	bool has_stack;
	struct { NTR_VEC(struct ntr_vframe); } frames;
	enum ntr_unw_stop end;
	struct ntr_regs *frame_regs; /* of all frames; NULL until asked for */
	size_t nframe_regs;
	struct ntr_regs nothing;     /* of a frame that nothing is known of */
	struct ntr_kd_mem *mem;
	size_t caret;            /* of the failed expression; SIZE_MAX none */
};

#endif
