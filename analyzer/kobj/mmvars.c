// SPDX-License-Identifier: Apache-2.0
#include "mmvars.h"

#include "pool_int.h"
#include "priv.h"
#include "symbols.h"

#define LIKELY_PAGES (UINT64_C(1) << 40) /* 4 PiB: more is no count */

static enum ntr_st by_variable(struct ntr_target *t,
			       const struct ntr_mm_var *v, u64 *out)
{
	u64 va;

	if (!ntr_pool_var(t, v->variable, v->kdbg, &va))
		return NTR_ABSENT;
	return ntr_read_ptr(t->mem, va, t->ptr_size, out) ? NTR_FAULT : NTR_OK;
}

/* Only by the kernel's own types: a nearest build's offset would be a guess. */
static enum ntr_st by_member(struct ntr_target *t, const struct ntr_mm_var *v,
			     u64 *out)
{
	struct ntr_type_hit h;
	u64 va;

	if (!v->member ||
	    !ntr_types_find(&t->priv->types, "_MI_PARTITION", v->member, &h) ||
	    h.source != NTR_SRC_EXACT ||
	    ntr_target_lookup(t, "nt!MiSystemPartition", &va, NULL))
		return NTR_ABSENT;
	return ntr_read_ptr(t->mem, va + h.off, t->ptr_size, out) ? NTR_FAULT :
	       NTR_OK;
}

enum ntr_st ntr_mm_value(struct ntr_target *t, const struct ntr_mm_var *v,
			 u64 *out, struct ntr_err *e)
{
	u64 n = 0, more;
	enum ntr_st st = by_variable(t, v, &n), second = NTR_ABSENT;

	if (st || !n)
		second = by_member(t, v, &more);
	if (!second) {
		n = more;
		st = NTR_OK;
	} else if (st) {
		st = second == NTR_FAULT ? second : st;
	}
	if (st == NTR_FAULT)
		return ntr_fail(e, st, "nt!%s is in a page that is not in the "
				"dump", v->variable);
	if (st)
		return ntr_fail(e, st, "nt!%s is not known: the kernel's "
				"symbols would give it", v->variable);
	if (n > LIKELY_PAGES)
		return ntr_fail(e, NTR_BAD, "nt!%s holds what cannot be a "
				"number of pages", v->variable);
	*out = n;
	return NTR_OK;
}
