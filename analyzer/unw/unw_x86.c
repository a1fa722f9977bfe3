// SPDX-License-Identifier: Apache-2.0
/*
 * x86 without records: the function's own prologue and epilogue, trap frames,
 * and the EBP chain.
 *
 * A trap handler runs with ebp = its trap frame, so the chain leads there by
 * itself; the frame then gives the interrupted registers, esp included.
 * What stands in a record of the symbols comes first: unw_x86_rec.c.
 */
#include "../base/record.h"
#include "unw_int.h"

/* A double fault is found with esp below the limit of its stack. */
#define BELOW_LIMIT 0x4000u
#define CODE_BYTES 64u /* of a prologue or an epilogue: far less in practice */

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

enum ntr_st ntr_unw_x86_trap(const struct ntr_unw_env *env, bool exact,
			     struct ntr_regs *regs, struct ntr_err *e)
{
	struct ntr_regs t;
	u64 at = regs->fp;
	bool found = regs->has_fp && fp_on_stack(env, regs, at) &&
		     ntr_unw_trap_at(env, at, false, &t);

	/* a handler without a frame of its own: esp stands at the frame */
	if (!found && !exact && regs->has_sp) {
		at = regs->sp;
		found = ntr_unw_trap_at(env, at, true, &t);
	}
	if (!found)
		return ntr_fail(e, NTR_UNSUP,
				"no trap frame at ebp 0x%08" PRIx64
				" or esp 0x%08" PRIx64, regs->fp, regs->sp);
	ntr_say(e, "trap frame at 0x%08" PRIx64 ": eip 0x%08" PRIx64
		", esp 0x%08" PRIx64, at, t.ip, t.sp);
	*regs = t;
	return NTR_OK;
}

/* --- the function's own code -------------------------------------------------- */

/* Where the code has brought the stack: of the return address, and of the
 * caller's ebp when it was pushed. */
struct depth {
	u64 ret;
	u64 ebp_at; /* 0: ebp is the caller's still */
	bool pops;  /* it has yet to give back what it saved */
};

/* One epilogue instruction; its length, 0 for another one. */
static size_t epilog_insn(const u8 *c, size_t left, const struct ntr_regs *r,
			  struct depth *d)
{
	if (left >= 1 && (c[0] & 0xf8) == 0x58 && c[0] != 0x5c) { /* pop */
		if (c[0] == 0x5d)
			d->ebp_at = d->ret;
		d->ret += 4;
		return 1;
	}
	if (left >= 1 && c[0] == 0xc9 && r->has_fp && !d->ebp_at) { /* leave */
		d->ebp_at = r->fp;
		d->ret = r->fp + 4;
		return 1;
	}
	if (left >= 3 && c[0] == 0x83 && c[1] == 0xc4) { /* add esp, i8 */
		d->ret += (u64)(s64)(signed char)c[2];
		return 3;
	}
	if (left >= 6 && c[0] == 0x81 && c[1] == 0xc4) {
		d->ret += ntr_load_u32(c + 2);
		return 6;
	}
	if (left >= 3 && c[0] == 0x8d && c[1] == 0x65 && r->has_fp &&
	    !d->ebp_at) { /* lea esp, [ebp + d8] */
		d->ret = r->fp + (u64)(s64)(signed char)c[2];
		return 3;
	}
	if (left >= 2 && ((c[0] == 0x8b && c[1] == 0xe5) ||
			  (c[0] == 0x89 && c[1] == 0xec)) &&
	    r->has_fp && !d->ebp_at) { /* mov esp, ebp */
		d->ret = r->fp;
		return 2;
	}
	return 0;
}

/* From ip to the return. */
static bool run_epilog(const struct ntr_unw_module *m, const struct ntr_regs *r,
		       struct depth *d)
{
	u8 c[CODE_BYTES];
	size_t n = ntr_space_read_some(m->code, r->ip, c, sizeof(c)), at = 0;

	*d = (struct depth){ .ret = r->sp, .pops = true };
	while (at < n) {
		size_t len;

		if (c[at] == 0xc3 || (c[at] == 0xc2 && n - at >= 3)) {
			d->ret = (u32)d->ret;
			return true;
		}
		len = epilog_insn(c + at, n - at, r, d);
		if (!len)
			return false;
		at += len;
	}
	return false;
}

/* One prologue instruction; its length, 0 for another one. */
static size_t prolog_insn(const u8 *c, size_t left, u64 *pushed, u64 *ebp_at,
			  bool *set)
{
	static const u8 seh_push[] = { 0x64, 0xff, 0x35, 0, 0, 0, 0 };
	static const u8 seh_load[] = { 0x64, 0xa1, 0, 0, 0, 0 };
	static const u8 seh_link[] = { 0x64, 0x89, 0x25, 0, 0, 0, 0 };
	bool seh = left >= 7 && !memcmp(c, seh_push, 7);

	if (left >= 1 && (c[0] & 0xf8) == 0x50) {
		*pushed += 4;
		if (c[0] == 0x55 && !*ebp_at)
			*ebp_at = *pushed;
		return 1;
	}
	if (left >= 2 && c[0] == 0x8b && c[1] == 0xff) /* mov edi, edi */
		return 2;
	if (left >= 2 && ((c[0] == 0x8b && c[1] == 0xec) ||
			  (c[0] == 0x89 && c[1] == 0xe5))) {
		*set = true;
		return 2;
	}
	if ((left >= 2 && c[0] == 0x6a) || (left >= 5 && c[0] == 0x68) || seh) {
		*pushed += 4;
		return seh ? 7 : c[0] == 0x6a ? 2 : 5;
	}
	if (left >= 3 && c[0] == 0x83 && c[1] == 0xec) {
		*pushed += c[2];
		return 3;
	}
	if (left >= 6 && c[0] == 0x81 && c[1] == 0xec) {
		*pushed += ntr_load_u32(c + 2);
		return 6;
	}
	if (left >= 6 && !memcmp(c, seh_load, 6))
		return 6;
	return left >= 7 && !memcmp(c, seh_link, 7) ? 7 : 0;
}

/* From the start of the function to ip. */
static bool run_prolog(const struct ntr_unw_module *m, const struct ntr_regs *r,
		       u64 start, struct depth *d)
{
	u64 pushed = 0, ebp_at = 0;
	u8 c[CODE_BYTES];
	size_t n, at = 0;
	bool set = false;

	if (!start || start > r->ip || r->ip - start > sizeof(c))
		return false;
	n = (size_t)(r->ip - start);
	if (n && ntr_space_read(m->code, start, c, n, NULL))
		return false;
	while (at < n) {
		size_t len = prolog_insn(c + at, n - at, &pushed, &ebp_at,
					 &set);

		if (!len)
			return false;
		at += len;
	}
	if (at != n || (set && !ebp_at)) /* it did not push what it sets */
		return false;
	*d = (struct depth){ .ret = (u32)(r->sp + pushed) };
	if (ebp_at)
		d->ebp_at = (u32)(r->sp + pushed - ebp_at);
	return true;
}

/* Where symbols do not give the start: the usual first bytes around ip. */
static u64 guess_start(const struct ntr_unw_module *m, u64 ip)
{
	u8 c[4] = { 0 }; /* one byte before ip, three from it */

	if (ntr_space_read(m->code, ip, c + 1, 3, NULL))
		return 0;
	if (ntr_space_read(m->code, ip - 1, c, 1, NULL))
		c[0] = 0;
	if ((c[1] == 0x55 && c[2] == 0x8b && c[3] == 0xec) ||
	    (c[1] == 0x8b && c[2] == 0xff && c[3] == 0x55))
		return ip;
	return c[0] == 0x55 && c[1] == 0x8b && c[2] == 0xec ? ip - 1 : 0;
}

/* The caller by what is at d; false when that is no return address. */
static bool leave_to(const struct ntr_unw_env *env, struct ntr_regs *r,
		     const struct depth *d)
{
	struct ntr_ret_site site;
	u32 ret, ebp = 0;

	if (ntr_read_u32(env->mem, d->ret, &ret) ||
	    ntr_unw_ret(env, ret, &site) == NTR_RET_NO ||
	    (d->ebp_at && ntr_read_u32(env->mem, d->ebp_at, &ebp)))
		return false;
	if (d->ebp_at)
		ntr_reg_set(r, NTR_X86_EBP, ebp);
	ntr_reg_set(r, NTR_X86_EIP, ret);
	ntr_reg_set(r, NTR_X86_ESP, (u32)(d->ret + 4));
	ntr_unw_forget_volatile(r);
	if (d->pops)
		ntr_unw_forget_saved(r);
	return true;
}

enum ntr_st ntr_unw_x86_code(const struct ntr_unw_env *env, u64 start,
			     struct ntr_regs *regs, struct ntr_err *e)
{
	struct ntr_regs r = *regs;
	struct ntr_unw_module m;
	const char *what = "epilogue";
	struct depth d;

	if (!ntr_unw_module_of(env, r.ip, &m)) { /* called into nowhere */
		d = (struct depth){ .ret = r.sp };
		what = "call to no module";
	} else if (!run_epilog(&m, &r, &d)) {
		what = "prologue";
		if (!run_prolog(&m, &r, start ? start : guess_start(&m, r.ip),
				&d))
			return ntr_fail(e, NTR_UNSUP,
					"0x%08" PRIx64 " is seen neither in a "
					"prologue nor in an epilogue", r.ip);
	}
	if (!leave_to(env, &r, &d))
		return ntr_fail(e, NTR_UNSUP,
				"%s: no return address at 0x%08" PRIx64, what,
				d.ret);
	ntr_say(e, "%s: return address read at 0x%08" PRIx64, what, d.ret);
	*regs = r;
	return NTR_OK;
}

/* --- the chain ------------------------------------------------------------------ */

enum ntr_st ntr_unw_x86_chain(const struct ntr_unw_env *env, bool exact,
			      struct ntr_regs *regs, struct ntr_err *e)
{
	struct ntr_regs r = *regs;
	struct ntr_ret_site site;
	u32 next, ret;

	if (!r.has_fp)
		return ntr_fail(e, NTR_UNSUP, "ebp is not known");
	if (!r.fp && !exact) {
		ntr_say(e, "ebp is 0: the outermost frame");
		return NTR_END;
	}
	if (!fp_on_stack(env, &r, r.fp))
		return ntr_fail(e, NTR_UNSUP,
				"ebp 0x%08" PRIx64 " is no place on the stack "
				"above esp 0x%08" PRIx64, r.fp, r.sp);
	if (ntr_read_u32(env->mem, r.fp, &next) ||
	    ntr_read_u32(env->mem, r.fp + 4, &ret))
		return ntr_fail(e, NTR_ABSENT,
				"no memory at ebp 0x%08" PRIx64, r.fp);
	if (!next && !ret) {
		ntr_say(e, "frame of zeros at ebp 0x%08" PRIx64, r.fp);
		return NTR_END;
	}
	if (ntr_unw_ret(env, ret, &site) == NTR_RET_NO)
		return ntr_fail(e, NTR_UNSUP,
				"0x%08x at ebp 0x%08" PRIx64 " + 4 is no "
				"return address", ret, r.fp);
	ntr_say(e, "return address read at ebp 0x%08" PRIx64 " + 4", r.fp);
	ntr_reg_set(&r, NTR_X86_EIP, ret);
	ntr_reg_set(&r, NTR_X86_ESP, r.fp + 8);
	ntr_reg_set(&r, NTR_X86_EBP, next);
	ntr_unw_forget_volatile(&r);
	ntr_unw_forget_saved(&r);
	*regs = r;
	return NTR_OK;
}
