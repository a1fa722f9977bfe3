// SPDX-License-Identifier: Apache-2.0
/*
 * x86: trap frames, the first frame's special places, and the EBP chain.
 *
 * A trap handler runs with ebp = its trap frame, so the chain leads there by
 * itself; the frame then gives the interrupted registers, esp included.
 * FPO and FrameData records will be one more method before the chain, called
 * from ntr_unw_step_x86().
 */
#include "../base/record.h"
#include "unw_int.h"

/* A double fault is found with esp below the limit of its stack. */
#define BELOW_LIMIT 0x4000u

static bool fp_on_stack(const struct ntr_unw_env *env,
			const struct ntr_regs *r, u64 fp)
{
	if (!fp || (fp & 3) || (r->has_sp && fp < r->sp))
		return false;
	if (!env->stack_hi)
		return true;
	/* after a change of stacks the limits say nothing */
	if (r->has_sp && (r->sp >= env->stack_hi ||
			  r->sp + BELOW_LIMIT < env->stack_lo))
		return true;
	return fp + 8 <= env->stack_hi;
}

static enum ntr_st step_trap(const struct ntr_unw_env *env,
			     struct ntr_regs *r, bool exact)
{
	struct ntr_regs t;

	if (r->has_fp && fp_on_stack(env, r, r->fp) &&
	    ntr_unw_trap_at(env, r->fp, false, &t)) {
		*r = t;
		return NTR_OK;
	}
	/* a handler without a frame of its own: esp stands at the frame */
	if (!exact && r->has_sp && ntr_unw_trap_at(env, r->sp, true, &t)) {
		*r = t;
		return NTR_OK;
	}
	return NTR_UNSUP;
}

/* The return address at va, when it is one. */
static bool ret_at(const struct ntr_unw_env *env, u64 va, u64 *ret)
{
	struct ntr_ret_site site;
	u32 v;

	if (ntr_read_u32(env->mem, va, &v) ||
	    ntr_unw_ret(env, v, &site) == NTR_RET_NO)
		return false;
	*ret = v;
	return true;
}

/* Where is frame 0's return address, when ebp is not its frame?  0: at ebp,
 * as usual; else 1 + the number of words above esp. */
static unsigned ret_slot(const struct ntr_unw_env *env, u64 ip)
{
	struct ntr_unw_module m;
	u8 c[4] = { 0 }; /* one byte before ip, three from it */

	if (!ntr_unw_module_of(env, ip, &m))
		return 1; /* called into nowhere */
	if (ntr_space_read(m.code, ip, c + 1, 3, NULL))
		return 0;
	if (ntr_space_read(m.code, ip - 1, c, 1, NULL))
		c[0] = 0;
	if (c[1] == 0xc3 || c[1] == 0xc2)
		return 1;
	if ((c[1] == 0x55 && c[2] == 0x8b && c[3] == 0xec) ||
	    (c[1] == 0x8b && c[2] == 0xff && c[3] == 0x55))
		return 1;
	if (c[0] == 0x55 && c[1] == 0x8b && c[2] == 0xec)
		return 2;
	return 0;
}

/* What a call does not keep. */
static void forget_volatile(struct ntr_regs *r)
{
	ntr_reg_forget(r, NTR_X86_EAX);
	ntr_reg_forget(r, NTR_X86_ECX);
	ntr_reg_forget(r, NTR_X86_EDX);
	ntr_reg_forget(r, NTR_X86_EFLAGS);
}

static enum ntr_st step_first(const struct ntr_unw_env *env,
			      struct ntr_regs *r)
{
	unsigned slot = ret_slot(env, r->ip);
	u32 ebp;
	u64 ret, at;

	if (!slot || !r->has_sp)
		return NTR_UNSUP;
	at = r->sp + 4 * (slot - 1);
	if (!ret_at(env, at, &ret))
		return NTR_UNSUP;
	if (slot == 2) { /* ebp was pushed, and not set yet */
		if (ntr_read_u32(env->mem, r->sp, &ebp))
			return NTR_ABSENT;
		ntr_reg_set(r, NTR_X86_EBP, ebp);
	}
	ntr_reg_set(r, NTR_X86_EIP, ret);
	ntr_reg_set(r, NTR_X86_ESP, at + 4);
	return NTR_OK;
}

static enum ntr_st step_chain(const struct ntr_unw_env *env,
			      struct ntr_regs *r, bool exact)
{
	struct ntr_ret_site site;
	u32 next, ret;

	if (!r->has_fp)
		return NTR_UNSUP;
	if (!r->fp)
		return exact ? NTR_UNSUP : NTR_END;
	if (!fp_on_stack(env, r, r->fp))
		return NTR_UNSUP;
	if (ntr_read_u32(env->mem, r->fp, &next) ||
	    ntr_read_u32(env->mem, r->fp + 4, &ret))
		return NTR_ABSENT;
	if (!next && !ret)
		return NTR_END;
	if (ntr_unw_ret(env, ret, &site) == NTR_RET_NO)
		return NTR_UNSUP;
	ntr_reg_set(r, NTR_X86_EIP, ret);
	ntr_reg_set(r, NTR_X86_ESP, r->fp + 8);
	ntr_reg_set(r, NTR_X86_EBP, next);
	return NTR_OK;
}

enum ntr_st ntr_unw_step_x86(const struct ntr_unw_env *env,
			     struct ntr_regs *regs, bool *trap,
			     struct ntr_err *e)
{
	struct ntr_regs r = *regs;
	bool crossed = true;
	enum ntr_st st = step_trap(env, &r, *trap);

	if (st) {
		crossed = false;
		if (*trap)
			st = step_first(env, &r);
		if (st)
			st = step_chain(env, &r, *trap);
		forget_volatile(&r);
	}
	if (st == NTR_END)
		return st;
	if (st)
		return ntr_fail(e, st,
				"ebp 0x%08" PRIx64 " is no frame of 0x%08"
				PRIx64, r.fp, r.ip);
	*regs = r;
	*trap = crossed;
	return NTR_OK;
}
