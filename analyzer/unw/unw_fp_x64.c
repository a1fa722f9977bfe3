// SPDX-License-Identifier: Apache-2.0
/*
 * x64 frame pointers: code built with them has rbp = {caller's rbp, return
 * address}.  Windows code need not, and may keep anything in rbp, so a link
 * counts only when a call stands before the return address, or, without code
 * to look at, when the next link holds as well.
 */
#include "unw_int.h"

#define LINK_MAX 0x100000u /* bytes from one frame to the next */
#define NEAR_BASE 0x1000u  /* where the first frames of a thread stand */

static bool above(const struct ntr_unw_env *env, u64 from, u64 fp)
{
	return fp && !(fp & 7) && fp >= from && fp - from < LINK_MAX &&
	       (!env->stack_hi || from >= env->stack_hi ||
		fp + 16 <= env->stack_hi);
}

/* The link at fp. */
static enum ntr_st link_at(const struct ntr_unw_env *env, u64 fp, u64 *next,
			   u64 *ret)
{
	enum ntr_st st = ntr_read_u64(env->mem, fp, next);

	return st ? st : ntr_read_u64(env->mem, fp + 8, ret);
}

/* Without code: is the caller's own link one, or the end of the chain? */
static bool next_holds(const struct ntr_unw_env *env, u64 fp, u64 next)
{
	struct ntr_ret_site site;
	u64 beyond, ret;

	if (!next)
		return true;
	if (!above(env, fp + 16, next) || link_at(env, next, &beyond, &ret))
		return false;
	if (!beyond && (!ret || env->stack_hi - next < NEAR_BASE))
		return true;
	return !(next & 15) && (!beyond || beyond > next) &&
	       ntr_unw_ret(env, ret, &site) != NTR_RET_NO;
}

enum ntr_st ntr_unw_step_fp_x64(const struct ntr_unw_env *env,
				struct ntr_regs *regs, struct ntr_err *e)
{
	struct ntr_regs r = *regs;
	struct ntr_ret_site site;
	enum ntr_ret kind;
	u64 fp = regs->fp, next, ret;

	if (!regs->has_fp)
		return ntr_fail(e, NTR_UNSUP, "rbp is not known");
	if ((fp & 15) || !above(env, regs->sp, fp))
		return ntr_fail(e, NTR_UNSUP,
				"rbp 0x%" PRIx64 " is no frame above rsp", fp);
	if (link_at(env, fp, &next, &ret))
		return ntr_fail(e, NTR_ABSENT, "no memory at rbp 0x%" PRIx64,
				fp);
	kind = ntr_unw_ret(env, ret, &site);
	if (kind == NTR_RET_NO)
		return ntr_fail(e, NTR_UNSUP,
				"0x%" PRIx64 " at rbp 0x%" PRIx64 " + 8 is no "
				"return address", ret, fp);
	if (kind == NTR_RET_UNCHECKED && !next_holds(env, fp, next))
		return ntr_fail(e, NTR_UNSUP,
				"the call before 0x%" PRIx64 " is not in the "
				"dump, and 0x%" PRIx64 " is no next link", ret,
				next);
	ntr_say(e, "return address read at rbp 0x%" PRIx64 " + 8", fp);
	ntr_reg_set(&r, NTR_X64_RIP, ret);
	ntr_reg_set(&r, NTR_X64_RSP, fp + 16);
	ntr_reg_set(&r, NTR_X64_RBP, next);
	ntr_unw_forget_volatile(&r);
	ntr_unw_forget_saved(&r);
	*regs = r;
	return NTR_OK;
}
