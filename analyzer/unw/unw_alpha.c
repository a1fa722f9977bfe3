// SPDX-License-Identifier: Apache-2.0
/*
 * Alpha: no unwind codes; .pdata gives begin, end and end of prologue, and
 * the prologue's instructions themselves say what to undo.  They are run
 * forward once over offsets, which gives the same as undoing them backward.
 * Source: Alpha Architecture Handbook (encodings), Microsoft PE format
 * (function table entries of 20 and, for 64-bit addresses, 40 bytes).
 */
#include "../base/record.h"
#include "unw_int.h"

#define MAX_PROLOG 256u /* instructions */
#define SP NTR_AXP_SP
#define FP NTR_AXP_FP
#define RA NTR_AXP_RA

struct axp_fn {
	u64 begin, end, prolog_end;
};

/* Offsets count from sp at entry. */
struct prolog {
	s64 sp, fp;
	bool sp_known, fp_set;
	bool saved[32], constant[32];
	s64 save_at[32], value[32];
};

static u64 sext32(u32 v)
{
	return (u64)(s64)(s32)v;
}

/* The table holds addresses, relocated or as linked. */
static u64 to_va(const struct ntr_unw_module *m, u64 v)
{
	u64 a = v & ~UINT64_C(3);
	u64 base = m->base, linked = m->pe->image_base;

	if (m->pe->machine != NTR_MACHINE_ALPHA64) {
		a = (u32)a;
		linked = (u32)linked;
	}
	if (a >= base && a - base <= m->size)
		return a;
	return a >= linked && a - linked <= m->size ? a - linked + base : 0;
}

static enum ntr_st read_entry(const struct ntr_unw_module *m, u32 i,
			      struct axp_fn *f)
{
	bool wide = m->pe->machine == NTR_MACHINE_ALPHA64;
	unsigned w = wide ? 8 : 4;
	u64 at = m->base + m->pe->dir[NTR_PE_EXCEPTION].rva + (u64)i * 5 * w;
	u64 v[3];
	enum ntr_st st = ntr_read_ptr(m->code, at, w, &v[0]);

	if (!st)
		st = ntr_read_ptr(m->code, at + w, w, &v[1]);
	if (!st)
		st = ntr_read_ptr(m->code, at + 4 * w, w, &v[2]);
	if (st)
		return st;
	*f = (struct axp_fn){ to_va(m, v[0]), to_va(m, v[1]), to_va(m, v[2]) };
	return f->begin && f->end > f->begin ? NTR_OK : NTR_BAD;
}

static enum ntr_st find_fn(const struct ntr_unw_module *m, u64 ip,
			   struct axp_fn *f)
{
	u32 size = m->pe->dir[NTR_PE_EXCEPTION].size;
	u32 each = m->pe->machine == NTR_MACHINE_ALPHA64 ? 40 : 20;
	u32 lo = 0, hi = size / each;

	if (!m->pe->dir[NTR_PE_EXCEPTION].rva || !hi)
		return NTR_UNSUP;
	if (size > m->size)
		return NTR_BAD;
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;
		enum ntr_st st = read_entry(m, mid, f);

		if (st)
			return st;
		if (ip < f->begin)
			hi = mid;
		else if (ip >= f->end)
			lo = mid + 1;
		else
			return NTR_OK;
	}
	return NTR_END;
}

/* lda / ldah ra, disp(rb) */
static void do_lda(struct prolog *p, u32 w, bool high)
{
	unsigned ra = w >> 21 & 31, rb = w >> 16 & 31;
	s64 disp = (s64)(int16_t)w;

	if (high)
		disp *= 65536;
	if (ra == SP) {
		if (rb == SP)
			p->sp += disp;
		else
			p->sp_known = false;
		return;
	}
	if (rb != 31 && !p->constant[rb]) {
		p->constant[ra] = false;
		return;
	}
	p->value[ra] = (rb == 31 ? 0 : p->value[rb]) + disp;
	p->constant[ra] = true;
}

/* Integer operate: only moves between sp and fp, and sp ± register. */
static void do_operate(struct prolog *p, u32 w)
{
	unsigned op = w >> 26, func = w >> 5 & 0x7f;
	unsigned ra = w >> 21 & 31, rb = w >> 16 & 31, rc = w & 31;
	bool literal = w >> 12 & 1, sub;
	s64 v;

	if (op == 0x11 && func == 0x20 && !literal && rc == FP &&
	    (ra == SP || rb == SP)) {
		p->fp = p->sp;
		p->fp_set = true;
		return;
	}
	if (rc != SP) {
		p->constant[rc] = false;
		return;
	}
	sub = func == 0x29 || func == 0x09;
	if (op != 0x10 || ra != SP || (!sub && func != 0x20 && func != 0x00) ||
	    (!literal && !p->constant[rb])) {
		p->sp_known = false;
		return;
	}
	v = literal ? (s64)(w >> 13 & 0xff) : p->value[rb];
	p->sp += sub ? -v : v;
}

static void do_insn(struct prolog *p, u32 w)
{
	unsigned op = w >> 26, ra = w >> 21 & 31, rb = w >> 16 & 31;

	switch (op) {
	case 0x08:
		do_lda(p, w, false);
		break;
	case 0x09:
		do_lda(p, w, true);
		break;
	case 0x10:
	case 0x11:
		do_operate(p, w);
		break;
	case 0x2d: /* stq: the first store of a register is its saving */
		if (rb == SP && !p->saved[ra]) {
			p->saved[ra] = true;
			p->save_at[ra] = p->sp + (s64)(int16_t)w;
		}
		break;
	default:
		break;
	}
}

static enum ntr_st run_prolog(struct prolog *p, const struct ntr_unw_module *m,
			      const struct axp_fn *f, u64 ip)
{
	u64 end = f->prolog_end >= f->begin && f->prolog_end <= f->end ?
			  f->prolog_end : f->begin;

	if (ip < end)
		end = ip;
	if (end - f->begin > 4 * MAX_PROLOG)
		end = f->begin + 4 * MAX_PROLOG;
	for (u64 a = f->begin; a < end; a += 4) {
		u32 w;
		enum ntr_st st = ntr_read_u32(m->code, a, &w);

		if (st)
			return st;
		do_insn(p, w);
	}
	return p->sp_known || p->fp_set ? NTR_OK : NTR_UNSUP;
}

static enum ntr_st restore(struct ntr_regs *r, const struct ntr_unw_env *env,
			   const struct prolog *p)
{
	bool narrow = env->machine == NTR_MACHINE_ALPHA;
	u64 entry = r->sp - (u64)p->sp;

	if (p->fp_set) {
		if (!r->has_fp)
			return NTR_UNSUP;
		entry = r->fp - (u64)p->fp;
	}
	for (unsigned i = 0; i < NTR_AXP_ZERO; i++) {
		u64 v, at = entry + (u64)p->save_at[i];
		enum ntr_st st;

		if (!p->saved[i])
			continue;
		st = ntr_read_u64(env->mem, narrow ? (u32)at : at, &v);
		if (st)
			return st;
		if (i != SP)
			ntr_reg_set(r, i, v);
	}
	ntr_reg_set(r, SP, narrow ? sext32((u32)entry) : entry);
	return NTR_OK;
}

enum ntr_st ntr_unw_step_alpha(const struct ntr_unw_env *env,
			       const struct ntr_unw_module *m,
			       struct ntr_regs *regs, bool *exact,
			       struct ntr_err *e)
{
	struct prolog p = { .sp_known = true };
	struct ntr_regs r = *regs;
	struct ntr_ret_site site;
	struct axp_fn f = { 0 };
	enum ntr_st st = NTR_UNSUP;
	u64 ra;

	if (m->pe && r.has_ip && r.has_sp)
		st = find_fn(m, *exact ? r.ip : r.ip - 4, &f);
	if (!st)
		st = run_prolog(&p, m, &f, r.ip);
	if (!st)
		st = restore(&r, env, &p);
	else if (st == NTR_END && *exact) /* no entry: a leaf */
		st = NTR_OK;
	if (!st && !ntr_reg_known(&r, RA))
		st = NTR_UNSUP;
	if (st)
		return ntr_fail(e, st == NTR_END ? NTR_UNSUP : st,
				"prologue of 0x%" PRIx64 ": %s", regs->ip,
				ntr_st_text(st));
	ra = env->machine == NTR_MACHINE_ALPHA ? (u32)r.r[RA] : r.r[RA];
	if (!ra)
		return NTR_END;
	if (ntr_unw_ret(env, ra, &site) == NTR_RET_NO || ra == regs->ip)
		return ntr_fail(e, NTR_UNSUP,
				"ra 0x%" PRIx64 " is no return address", ra);
	ntr_reg_set(&r, NTR_AXP_PC, r.r[RA]);
	ntr_unw_forget_volatile(&r);
	ntr_reg_forget(&r, RA);
	*regs = r;
	*exact = false;
	return NTR_OK;
}
