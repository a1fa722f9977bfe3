// SPDX-License-Identifier: Apache-2.0
/*
 * x86 by the records of symbols: FRAMEDATA programs and FPO_DATA.
 *
 * esp of a frame that called is taken as it was right after the call pushed
 * the return address, plus 4: the arguments of the inner function are still
 * there, whoever removes them.  So everything esp-relative starts at
 * esp + callee_params.  A record can be wrong about the stack all the same
 * (hand-written code, a prologue, an argument count that is not known); then
 * the return address is searched for upward, and the step says so.
 * Sources: Microsoft, cvinfo.h and "FrameData"; Breakpad,
 * stackwalker_x86.cc, for what to do when a program misses.
 */
#include "unw_int.h"
#include "postfix.h"

#define SEARCH_WORDS 16u /* of the stack, when the record misses */
#define DF_SELECTOR 0x50u /* double fault, machine check and NMI tasks */
#define NMI_SELECTOR 0x58u

struct step {
	const struct ntr_unw_env *env;
	struct ntr_unw_rec *rec;
	struct ntr_regs r;
	u64 base; /* where saved registers and locals of this frame start */
	u64 ret_start; /* where the record puts the return address */
	u64 ret_at;    /* where it was read; 0 not known */
};

static const char *kind_name(const struct ntr_uwrec *r)
{
	static const char *const fpo[] = { "FPO", "FPO trap", "FPO TSS",
					   "FPO with ebp" };

	if (r->kind == NTR_UW_FRAMEDATA)
		return "FRAMEDATA";
	return (unsigned)r->frame < 4 ? fpo[r->frame] : "FPO";
}

#define REC_FMT "%s rva 0x%" PRIx64 "+0x%" PRIx64
#define REC_ARGS(s) kind_name((s)->rec->r), (s)->rec->r->rva, (s)->rec->r->size

static enum ntr_ret ret_at(const struct step *s, u64 at, u64 *ret)
{
	struct ntr_ret_site site;
	enum ntr_ret kind;
	u32 v;

	if (ntr_read_u32(s->env->mem, at, &v))
		return NTR_RET_NO;
	*ret = v;
	kind = ntr_unw_ret(s->env, v, &site);
	if (kind != NTR_RET_NO &&
	    ntr_unw_fit(s->env, v, kind, &site, s->r.ip, NULL) == NTR_FIT_NO)
		return NTR_RET_NO;
	return kind;
}

/* The first word from from on that is a return address: at its place any, on
 * the way up one behind a call rather than one that cannot be checked. */
static bool search(const struct step *s, u64 from, u64 *at)
{
	u64 weak = 0, v;

	for (unsigned i = 0; i < SEARCH_WORDS; i++) {
		u64 slot = (u32)(from + 4 * i);
		enum ntr_ret kind = ret_at(s, slot, &v);

		if (kind == NTR_RET_CALL ||
		    (kind == NTR_RET_UNCHECKED && !i)) {
			*at = slot;
			return true;
		}
		if (kind == NTR_RET_UNCHECKED && !weak)
			weak = slot;
	}
	*at = weak;
	return weak != 0;
}

/* Found by search: ebp may have been pushed among the saved registers, the
 * later the further up.  It is kept while it can still be a frame. */
static void fix_ebp(struct step *s)
{
	u64 top = s->ret_at;
	u32 v;

	if (s->r.has_fp && s->r.fp > top &&
	    !ntr_read_u32(s->env->mem, s->r.fp, &v))
		return;
	for (u64 at = top - 4; at >= s->base && at < top; at -= 4) {
		u32 fp, next;

		if (ntr_read_u32(s->env->mem, at, &fp))
			break;
		if ((fp & 3) || fp <= top ||
		    (s->env->stack_hi && fp >= s->env->stack_hi) ||
		    ntr_read_u32(s->env->mem, fp, &next))
			continue;
		ntr_reg_set(&s->r, NTR_X86_EBP, fp);
		return;
	}
}

/* --- programs ------------------------------------------------------------------- */

struct reg_name {
	const char *name;
	u8 reg;
};
static const struct reg_name kept[] = {
	{ "ebp", NTR_X86_EBP }, { "ebx", NTR_X86_EBX },
	{ "esi", NTR_X86_ESI }, { "edi", NTR_X86_EDI },
};

static enum ntr_st set_constants(const struct step *s, struct ntr_postfix *p)
{
	const struct ntr_uwrec *r = s->rec->r;
	const struct { const char *name; u64 v; } c[] = {
		{ ".cbLocals", r->locals },
		{ ".cbParams", r->params },
		{ ".cbSavedRegs", r->saved_regs },
		{ ".cbCalleeParams", s->rec->callee_params },
		{ ".raSearchStart", s->ret_at ? s->ret_at : s->ret_start },
		{ ".raSearch", s->ret_at ? s->ret_at : s->ret_start },
	};

	for (size_t i = 0; i < NTR_COUNT(c); i++) {
		enum ntr_st st = ntr_postfix_set(p, c[i].name, c[i].v);

		if (st)
			return st;
	}
	return NTR_OK;
}

/* Registers from the program.  What it does not mention was not touched, as
 * long as it mentions as many as the record says were saved. */
static void take_kept(struct step *s, const struct ntr_postfix *p)
{
	u32 told = 0;
	u64 v;

	for (size_t i = 0; i < NTR_COUNT(kept); i++)
		told += ntr_postfix_get(p, kept[i].name, &v) ? 4 : 0;
	for (size_t i = 0; i < NTR_COUNT(kept); i++) {
		if (ntr_postfix_get(p, kept[i].name, &v))
			ntr_reg_set(&s->r, kept[i].reg, v);
		else if (told < s->rec->r->saved_regs &&
			 kept[i].reg != NTR_X86_EBP)
			ntr_reg_forget(&s->r, kept[i].reg);
	}
}

/* The search took over from a program that led to nothing. */
static enum ntr_st rescue(struct step *s, u64 wrong, struct ntr_err *e)
{
	u64 ret = 0;

	if (!search(s, s->ret_start, &s->ret_at))
		return ntr_fail(e, NTR_UNSUP,
				REC_FMT ": 0x%" PRIx64 " is no return address, "
				"and none is within %u words of 0x%" PRIx64,
				REC_ARGS(s), wrong, SEARCH_WORDS,
				s->ret_start);
	if (ret_at(s, s->ret_at, &ret) == NTR_RET_NO)
		return NTR_UNSUP;
	fix_ebp(s);
	ntr_reg_set(&s->r, NTR_X86_EIP, ret);
	ntr_reg_set(&s->r, NTR_X86_ESP, (u32)(s->ret_at + 4));
	s->rec->searched = true;
	return NTR_OK;
}

static enum ntr_st by_program(struct step *s, struct ntr_err *e)
{
	const char *text = s->rec->r->program;
	struct ntr_ret_site site;
	struct ntr_postfix p;
	enum ntr_st st;
	u64 eip, esp;

	/* only a program that asks for it has the return address searched */
	if (strstr(text, ".raSearch")) {
		if (!search(s, s->ret_start, &s->ret_at))
			return rescue(s, 0, e);
		s->rec->searched = s->ret_at != s->ret_start;
	}
	ntr_postfix_init(&p, &s->r, s->env->mem);
	st = set_constants(s, &p);
	if (!st)
		st = ntr_postfix_run(&p, text, strlen(text), e);
	if (st)
		return ntr_wrap(e, st, REC_FMT, REC_ARGS(s));
	if (!ntr_postfix_get(&p, "eip", &eip) ||
	    !ntr_postfix_get(&p, "esp", &esp))
		return ntr_fail(e, NTR_BAD,
				REC_FMT ": the program sets no eip and esp",
				REC_ARGS(s));
	if (ntr_unw_ret(s->env, eip, &site) == NTR_RET_NO)
		return rescue(s, eip, e);
	ntr_reg_set(&s->r, NTR_X86_EIP, eip);
	ntr_reg_set(&s->r, NTR_X86_ESP, esp);
	take_kept(s, &p);
	if (s->rec->searched && !ntr_postfix_get(&p, "ebp", &esp))
		fix_ebp(s);
	return NTR_OK;
}

/* --- FPO ------------------------------------------------------------------------- */

/* ebp is one of the saved registers, pushed second (Breakpad), or the one. */
static void restore_ebp(struct step *s)
{
	u32 saved = s->rec->r->saved_regs, v;
	u64 at = s->base + (saved >= 8 ? saved - 8 : 0);

	if (saved && !ntr_read_u32(s->env->mem, at, &v))
		ntr_reg_set(&s->r, NTR_X86_EBP, v);
	else
		ntr_reg_forget(&s->r, NTR_X86_EBP);
}

/* Not all is pushed yet, and the code that says how much is not there: from
 * esp upward, at the first instruction right at it. */
static bool in_prologue(const struct step *s)
{
	const struct ntr_uwrec *r = s->rec->r;

	return s->rec->exact && s->r.ip - s->rec->m->base - r->rva < r->prolog;
}

static enum ntr_st by_fpo(struct step *s, struct ntr_err *e)
{
	bool nothing_pushed = s->rec->exact &&
			      s->r.ip == s->rec->m->base + s->rec->r->rva;
	u64 ret = 0;

	if (nothing_pushed || in_prologue(s))
		s->ret_start = s->r.sp;
	if (!nothing_pushed && in_prologue(s))
		return rescue(s, 0, e);
	if (ret_at(s, s->ret_start, &ret) == NTR_RET_NO)
		return rescue(s, ret, e);
	s->ret_at = s->ret_start;
	if (s->rec->r->uses_ebp && !nothing_pushed)
		restore_ebp(s);
	if (s->rec->r->saved_regs && !nothing_pushed) { /* which ones is not said */
		ntr_reg_forget(&s->r, NTR_X86_EBX);
		ntr_reg_forget(&s->r, NTR_X86_ESI);
		ntr_reg_forget(&s->r, NTR_X86_EDI);
	}
	ntr_reg_set(&s->r, NTR_X86_EIP, ret);
	ntr_reg_set(&s->r, NTR_X86_ESP, (u32)(s->ret_at + 4));
	return NTR_OK;
}

static enum ntr_st by_trap(struct step *s, struct ntr_err *e)
{
	const u64 at[] = { s->r.has_fp ? s->r.fp : 0, s->base, s->r.sp };
	struct ntr_regs t;

	for (size_t i = 0; i < NTR_COUNT(at); i++) {
		if (!at[i] || !ntr_unw_trap_at(s->env, at[i], false, &t))
			continue;
		s->r = t;
		s->ret_at = at[i];
		s->rec->trap = true;
		s->rec->note = "trap frame";
		return NTR_OK;
	}
	return ntr_fail(e, NTR_UNSUP, REC_FMT ": no trap frame at ebp or esp",
			REC_ARGS(s));
}

/* Base of the segment that a selector names. */
static bool segment(const struct step *s, u32 selector, u64 *base)
{
	u32 lo, hi;

	if (selector & 4 || !(selector & 0xfff8) ||
	    ntr_read_u32(s->env->mem, s->env->gdt + (selector & 0xfff8), &lo) ||
	    ntr_read_u32(s->env->mem, s->env->gdt + (selector & 0xfff8) + 4,
			 &hi))
		return false;
	*base = lo >> 16 | (hi & 0xff) << 16 | (hi & 0xff000000);
	return true;
}

/* Which task was interrupted: the one that the handler's links back to. */
static bool linked_task(const struct step *s, u64 *tss)
{
	static const u16 handlers[] = { DF_SELECTOR, NMI_SELECTOR };
	u64 own;
	u16 link;

	for (size_t i = 0; s->env->gdt && i < NTR_COUNT(handlers); i++)
		if (segment(s, handlers[i], &own) &&
		    !ntr_read_u16(s->env->mem, own, &link) && link &&
		    segment(s, link, tss))
			return true;
	return false;
}

static enum ntr_st by_task(struct step *s, struct ntr_err *e)
{
	u64 tss = s->env->tss;
	struct ntr_regs t;
	enum ntr_st st;

	if (!linked_task(s, &tss) && !tss)
		return ntr_fail(e, NTR_UNSUP,
				REC_FMT ": the interrupted task is not known",
				REC_ARGS(s));
	st = ntr_regs_read_tss(&t, s->env->mem, tss, e);
	if (st)
		return st;
	s->r = t;
	s->ret_at = tss;
	s->rec->trap = true;
	s->rec->note = "task gate";
	return NTR_OK;
}

static enum ntr_st by_kind(struct step *s, struct ntr_err *e)
{
	const struct ntr_uwrec *r = s->rec->r;

	if (r->kind == NTR_UW_FRAMEDATA && r->program)
		return by_program(s, e);
	if (r->kind != NTR_UW_FPO)
		return by_fpo(s, e);
	switch (r->frame) {
	case NTR_FPO_TRAP:
		return by_trap(s, e);
	case NTR_FPO_TSS:
		return by_task(s, e);
	case NTR_FPO_NONFPO:
		return ntr_unw_x86_chain(s->env, s->rec->exact, &s->r, e);
	default:
		return by_fpo(s, e);
	}
}

enum ntr_st ntr_unw_step_x86_rec(const struct ntr_unw_env *env,
				 struct ntr_unw_rec *rec,
				 struct ntr_regs *regs, struct ntr_err *e)
{
	struct step s = { .env = env, .rec = rec, .r = *regs };
	enum ntr_st st;

	rec->searched = rec->trap = false;
	rec->note = NULL;
	s.base = (u32)(regs->sp + rec->callee_params);
	s.ret_start = (u32)(s.base + rec->r->locals + rec->r->saved_regs);
	st = by_kind(&s, e);
	if (st)
		return st;
	if (!rec->trap && s.r.sp <= regs->sp)
		return ntr_fail(e, NTR_BAD,
				REC_FMT ": esp would go from 0x%" PRIx64
				" to 0x%" PRIx64, REC_ARGS(&s), regs->sp,
				s.r.sp);
	if (!rec->trap)
		ntr_unw_forget_volatile(&s.r);
	if (rec->searched)
		rec->note = "return address found near where the record "
			    "puts it";
	ntr_say(e, REC_FMT ": %s at 0x%" PRIx64 "%s", REC_ARGS(&s),
		rec->trap ? rec->note : "return address read",
		s.ret_at ? s.ret_at : s.r.sp - 4,
		rec->searched ? ", by search" : "");
	*regs = s.r;
	return NTR_OK;
}
