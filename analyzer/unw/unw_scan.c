// SPDX-License-Identifier: Apache-2.0
/*
 * The last resort: the stack's words, upward from sp, for the next return
 * address.  Stale words of earlier calls look the same as live ones, so a
 * word is taken only when nothing speaks against it (see docs/unwinding.md):
 * it lies in code, behind a call where that can be read, at an address where
 * a call can have put it, and not inside a saved register set.
 */
#include "../base/record.h"
#include "unw_int.h"

#include <stdio.h>

#define CHUNK 4096u
#define TRAP_SIZE 0x190u

struct scan {
	const struct ntr_unw_env *env;
	const struct ntr_regs *regs;
	size_t frame;
	u64 callee; /* start of the function that was called; 0 unknown */
	unsigned step;
	u64 at, end;
	u8 buf[CHUNK];
	u64 buf_va;
	size_t buf_len;
};

#define SCORE_CALLEE 100u /* the call leads to the very function */
struct found {
	u64 slot, ip;
	enum ntr_ret ret;
	unsigned score; /* 0: none */
};

static void passed_over(const struct scan *s, u64 v, const char *why)
{
	char line[300];

	if (!s->env->trace)
		return;
	snprintf(line, sizeof(line),
		 "#%zu scan: 0x%" PRIx64 " at 0x%" PRIx64 " passed over: %s",
		 s->frame, v, s->at, why);
	s->env->trace(s->env->ctx, line);
}

/* Word at s->at; false where the memory ends. */
static bool word(struct scan *s, u64 *v)
{
	u64 off = s->at - s->buf_va;

	if (off >= s->buf_len || s->buf_len - off < s->step ||
	    (s->buf_len - off < TRAP_SIZE && s->buf_len == CHUNK)) {
		s->buf_va = s->at;
		s->buf_len = ntr_space_read_some(s->env->mem, s->at, s->buf, CHUNK);
		off = 0;
		if (s->buf_len < s->step)
			return false;
	}
	*v = s->step == 8 ? ntr_load_u64(s->buf + off) :
			    ntr_load_u32(s->buf + off);
	return true;
}

/* A trap frame that starts here. */
static bool trap_here(const struct scan *s, struct ntr_regs *t)
{
	size_t off = (size_t)(s->at - s->buf_va);

	return ntr_unw_trap_like(s->env, s->buf + off, s->buf_len - off) &&
	       ntr_unw_trap_at(s->env, s->at, true, t);
}

/* ARM64 code stores lr together with fp, and fp points up the stack. */
static bool record_here(const struct scan *s)
{
	u64 fp, slot = s->at;

	if (ntr_read_u64(s->env->mem, slot - 8, &fp))
		return false;
	if (!fp)
		return true;
	return !(fp & 7) && fp > slot &&
	       (s->env->stack_hi ? fp < s->env->stack_hi :
				   fp - slot < CHUNK * 8);
}

/* x64 calls are made with sp a multiple of 16: where a return address can
 * be follows from that. */
static bool slot_fits(const struct scan *s)
{
	switch (s->env->machine) {
	case NTR_MACHINE_AMD64:
		return (s->at & 15) == 8;
	case NTR_MACHINE_ARM64:
		return record_here(s);
	default:
		return true;
	}
}

/* A CONTEXT of kernel code is a copy of registers, not calls. */
static size_t context_here(const struct scan *s, u64 v)
{
	u32 machine = s->env->machine;
	bool wide = machine == NTR_MACHINE_AMD64;
	u64 va = wide ? s->at - 0x30 : s->at;
	struct ntr_regs r;

	if (!wide && machine != NTR_MACHINE_X86)
		return 0;
	if (((u32)v & 0xffffff00) != (wide ? 0x100000u : 0x10000u))
		return 0;
	if (va < s->regs->sp ||
	    ntr_regs_read_context(&r, machine, s->env->mem, va, s->env->build,
				  NULL) ||
	    !r.has_ip || !r.has_sp)
		return 0;
	if (wide ? !ntr_eflags_plausible((u32)r.r[NTR_X64_RFLAGS]) ||
			   (r.r[NTR_X64_CS] & ~0x33ull) :
		   !ntr_eflags_plausible((u32)r.r[NTR_X86_EFLAGS]) ||
			   (r.r[NTR_X86_CS] & ~0x1bull))
		return 0;
	return ntr_context_size(machine, s->env->build) - (wide ? 0x30 : 0);
}

/*
 * x64: what the code at ip does next.  How many frames can be run through
 * from here, at most CHAIN; NTR_BAD when the first already leads nowhere.
 */
#define CHAIN 3
static enum ntr_st run_chain(const struct scan *s, u64 ip, u64 sp,
			     unsigned *links)
{
	struct ntr_unw_module m;
	struct ntr_regs r = *s->regs;
	enum ntr_st st = NTR_OK;
	struct ntr_x64_hint hint;

	for (unsigned i = 0; i < NTR_X64_NREGS; i++)
		ntr_reg_forget(&r, i);
	ntr_reg_set(&r, NTR_X64_RIP, ip);
	ntr_reg_set(&r, NTR_X64_RSP, sp);
	for (*links = 0; *links < CHAIN; ++*links) {
		if (!ntr_unw_module_of(s->env, r.ip, &m))
			return NTR_UNSUP;
		st = ntr_unw_step_code_x64(s->env, &m, &r, false,
					     &hint, NULL);
		if (st)
			break;
	}
	return *links ? NTR_OK : st;
}

/* x86: a function with a frame has pushed ebp next to the return address. */
static bool saved_fp_below(const struct scan *s)
{
	u32 fp;

	return s->at >= 4 && !ntr_read_u32(s->env->mem, s->at - 4, &fp) &&
	       !(fp & 3) && fp > s->at && fp - s->at < CHUNK &&
	       (!s->env->stack_hi || fp < s->env->stack_hi);
}

/* The first functions of a thread return to nothing. */
#define NEAR_BASE 0x200u

/* How much speaks for a word that may be a return address; 0: nothing, or
 * something against it. */
static unsigned score(const struct scan *s, u64 ip, enum ntr_ret *ret)
{
	struct ntr_ret_site site;
	struct ntr_err why;
	struct ntr_regs t;
	unsigned links = 0;
	enum ntr_fit fit;
	enum ntr_st st;

	*ret = ntr_unw_ret(s->env, ip, &site);
	if (*ret == NTR_RET_NO) {
		if (site.m.size)
			passed_over(s, ip, "in a module, not behind a call");
		return 0;
	}
	fit = ntr_unw_fit(s->env, ip, *ret, &site, s->regs->ip, &why);
	if (fit == NTR_FIT_NO)
		passed_over(s, ip, why.msg);
	if (fit != NTR_FIT_MAYBE)
		return fit == NTR_FIT_NO ? 0 : SCORE_CALLEE;
	if (s->env->machine == NTR_MACHINE_X86 && *ret != NTR_RET_CALL)
		return saved_fp_below(s) ? 2 : 1;
	if (s->env->machine != NTR_MACHINE_AMD64)
		return *ret == NTR_RET_CALL ? 2 : 1;
	if (ntr_unw_trap_at(s->env, s->at + 8, true, &t))
		return 2 + CHAIN; /* a handler, right below its trap frame */
	st = run_chain(s, ip, s->at + 8, &links);
	if (st == NTR_BAD &&
	    !(s->env->stack_hi && s->env->stack_hi - s->at < NEAR_BASE)) {
		passed_over(s, ip, "what follows it cannot be code or returns "
				   "to none");
		return 0;
	}
	if (*ret == NTR_RET_CALL || links)
		return 2 + links;
	return (ip & 15) ? 1 : 0; /* functions begin at such addresses */
}

static void consider(struct scan *s, u64 v, struct found *best)
{
	enum ntr_ret ret;
	unsigned sc;

	if (!slot_fits(s))
		return;
	sc = score(s, v, &ret);
	if (best->score > 1 && sc < SCORE_CALLEE)
		return; /* only better evidence than its own displaces it */
	if (sc > best->score)
		*best = (struct found){ s->at, v, ret, sc };
}

static bool ruled_out(const struct ntr_x64_hint *hint, u64 slot)
{
	if (!hint)
		return false;
	for (unsigned i = 0; i < hint->n; i++)
		if (hint->used[i] == slot)
			return true;
	return slot < hint->floor;
}

static void init(struct scan *s, const struct ntr_unw_env *env,
		 const struct ntr_regs *regs, size_t frame)
{
	u64 size, n = env->scan_words ? env->scan_words : NTR_SCAN_WORDS;

	s->env = env;
	s->regs = regs;
	s->frame = frame;
	s->buf_va = 0;
	s->buf_len = 0;
	if (!ntr_unw_function(env, regs->ip, &s->callee, &size) || !size)
		s->callee = 0;
	s->step = env->machine == NTR_MACHINE_X86 ? 4 : 8;
	s->at = (regs->sp + s->step - 1) & ~(u64)(s->step - 1);
	s->end = s->at + n * s->step;
	if (s->end < s->at)
		s->end = UINT64_MAX & ~(u64)(s->step - 1);
	if (env->stack_hi && regs->sp < env->stack_hi && s->end > env->stack_hi)
		s->end = env->stack_hi;
}

/* ARM64: the record whose lr was taken gives the next fp.
 * x86: does ebp still serve?  Else the word below the return address may be
 * the frame pointer that a function with a frame has pushed. */
static void fix_fp(const struct ntr_unw_env *env, struct ntr_regs *r, u64 slot)
{
	struct ntr_ret_site site;
	u32 fp, ret;

	if (env->machine == NTR_MACHINE_ARM64) {
		u64 next;

		if (!ntr_read_u64(env->mem, slot - 8, &next))
			ntr_reg_set(r, NTR_A64_FP, next);
		return;
	}
	if (env->machine != NTR_MACHINE_X86)
		return;
	if (r->has_fp && r->fp > slot &&
	    !ntr_read_u32(env->mem, r->fp + 4, &ret) &&
	    ntr_unw_ret(env, ret, &site) != NTR_RET_NO)
		return;
	if (ntr_read_u32(env->mem, slot - 4, &fp) || fp <= slot || (fp & 3) ||
	    (env->stack_hi && fp >= env->stack_hi) ||
	    ntr_read_u32(env->mem, (u64)fp + 4, &ret) ||
	    ntr_unw_ret(env, ret, &site) == NTR_RET_NO)
		ntr_reg_forget(r, NTR_X86_EBP);
	else
		ntr_reg_set(r, NTR_X86_EBP, fp);
}

static void become(const struct ntr_unw_env *env, struct ntr_regs *regs,
		   const struct found *f, unsigned step)
{
	unsigned n;

	if (ntr_reg_names(env->machine, &n))
		for (unsigned i = 0; i < n; i++)
			if (env->machine != NTR_MACHINE_X86 ||
			    i < NTR_X86_ESP || i == NTR_X86_ESI ||
			    i == NTR_X86_EDI || i == NTR_X86_EFLAGS)
				ntr_reg_forget(regs, i);
	ntr_reg_set_ip(regs, f->ip);
	ntr_reg_set_sp(regs, f->slot + step);
	fix_fp(env, regs, f->slot);
}

/* How far to look beyond a word: one that nothing but its value speaks for,
 * and one whose call may have led elsewhere while it is known where it should
 * have led. */
static u64 window(const struct scan *s, const struct found *best)
{
	if (best->score >= SCORE_CALLEE)
		return 0;
	if (s->callee)
		return 32 * s->step;
	return best->score == 1 && s->env->machine == NTR_MACHINE_X86 ? 0x100 :
									 0;
}

enum ntr_st ntr_unw_scan(const struct ntr_unw_env *env, struct ntr_regs *regs,
			 const struct ntr_x64_hint *hint, size_t frame,
			 enum ntr_ret *ret, bool *trap, struct ntr_err *e)
{
	struct found best = { 0 };
	struct ntr_regs t;
	struct scan s;
	u64 v, skip_to = 0;

	init(&s, env, regs, frame);
	for (; s.at < s.end && word(&s, &v); s.at += s.step) {
		size_t ctx;

		if (s.at < skip_to)
			continue;
		ctx = context_here(&s, v);
		if (ctx) {
			skip_to = s.at + ctx;
			continue;
		}
		if (trap_here(&s, &t)) {
			if (!best.score) {
				ntr_say(e, "trap frame at 0x%" PRIx64, s.at);
				*regs = t;
				*ret = NTR_RET_UNCHECKED;
				*trap = true;
				return NTR_OK;
			}
			break;
		}
		if (!ruled_out(hint, s.at))
			consider(&s, v, &best);
		if (best.score && s.at - best.slot >= window(&s, &best))
			break;
	}
	if (!best.score)
		return ntr_fail(e, s.at < s.end ? NTR_ABSENT : NTR_END,
				"no return address from 0x%" PRIx64
				" to 0x%" PRIx64, regs->sp, s.at);
	ntr_say(e, "0x%" PRIx64 " at 0x%" PRIx64 "%s", best.ip, best.slot,
		best.score >= SCORE_CALLEE ? ": its call leads to this function" :
		best.ret == NTR_RET_CALL ? ": behind a call" :
					   ": no code to check the call");
	become(env, regs, &best, s.step);
	*ret = best.ret;
	*trap = false;
	return NTR_OK;
}
