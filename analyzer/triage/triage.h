// SPDX-License-Identifier: Apache-2.0
/*
 * The parts of a verdict, in the order verdict.c runs them.  Each reads what
 * the earlier ones filled in and fills its own group; none fails, what it
 * cannot find out stays unset.  Only NOMEM is an error, kept in lost.
 */
#ifndef NTR_TRIAGE_H
#define NTR_TRIAGE_H

#include "bugcheck.h"
#include "verdict.h"

struct ntr_pool;

/* What the parts share while a verdict is made. */
struct ntr_triage_job {
	struct ntr_verdict *v;
	const struct ntr_bugcheck *b;  /* NULL: unknown code */
	const struct ntr_bc_case *c;   /* NULL: no case */
	bool lost;                     /* memory was short */
	struct ntr_pool *pool;         /* made when a parameter is of pool */
	bool tried_pool;
};

/* Registers the stack starts from, and those of the fault. */
void ntr_triage_context(struct ntr_triage_job *j);
/* Frames, from both. */
void ntr_triage_stack(struct ntr_triage_job *j);
/* What the unwinder may know when it starts from sp. */
struct ntr_unw_env ntr_triage_env(struct ntr_verdict *v, u64 sp);
/* Frames from regs into out; at most max. */
enum ntr_unw_stop ntr_triage_unwind(struct ntr_verdict *v,
				    const struct ntr_regs *regs,
				    struct ntr_frame *out, size_t max,
				    size_t *n);
void ntr_triage_frame(struct ntr_verdict *v, const struct ntr_frame *f,
		      struct ntr_vframe *out);
/* Stack overflow, repeating frames, single-bit errors. */
void ntr_triage_overflow(struct ntr_triage_job *j);
void ntr_triage_blame(struct ntr_triage_job *j);
void ntr_triage_explain(struct ntr_triage_job *j);
void ntr_triage_bucket(struct ntr_triage_job *j);

/* Parameter n (1..4), or 0 for n 0. */
static inline u64 ntr_arg(const struct ntr_verdict *v, unsigned n)
{
	return n ? v->arg[n - 1] : 0;
}
bool ntr_is_kernel_va(const struct ntr_target *t, u64 va);
/* Bytes below the limit of a stack where sp may still belong to it. */
#define NTR_STACK_GUARD 0x4000u
/* In the thread's stack, or up to guard bytes below it. */
static inline bool ntr_on_stack(const struct ntr_thread *th, u64 sp, u64 guard)
{
	return th->stack_limit > guard && sp < th->stack_base &&
	       sp >= th->stack_limit - guard;
}
static inline bool ntr_is_double_fault(const struct ntr_verdict *v)
{
	return v->has_bugcheck && v->code == 0x7F && v->arg[0] == 8;
}
/* "0x8 (a NULL pointer plus 0x8)": what kind of address va is. */
const char *ntr_describe_va(struct ntr_verdict *v, u64 va);
/* "read", "write", "execute", or NULL when not known. */
const char *ntr_access_word(const struct ntr_triage_job *j);

/* Class of a frame by signatures/blame. module NULL: none. reason may be
 * NULL on input; it is set for every class but DEFINITE by default. */
enum ntr_blame_class ntr_blame_class_of(const char *module,
					const char *function,
					const char **reason);
/* A cycle whose frames have other frames between them (stale addresses that a
 * scan picked up): the stride of sp is what repeats. keep[i] says that frame
 * i is part of it. */
bool ntr_find_stride_cycle(const u64 *ip, const u64 *sp, size_t n, bool *keep,
			   struct ntr_cycle *out);

#endif
