// SPDX-License-Identifier: Apache-2.0
/*
 * x64 .pdata: one frame undone by the unwind record of its function.
 * Source: Microsoft, "x64 exception handling"; version 2 records as
 * described in docs/unwinding.md.
 *
 * Everything is read through the module's code space, so a record of which
 * only a part is in the dump gives ABSENT and the caller tries other means.
 */
#include "../base/record.h"
#include "unw_int.h"

enum { /* unwind operations */
	OP_PUSH_NONVOL, OP_ALLOC_LARGE, OP_ALLOC_SMALL, OP_SET_FPREG,
	OP_SAVE_NONVOL, OP_SAVE_NONVOL_FAR, OP_V1_XMM_V2_EPILOG,
	OP_V1_XMM_FAR_V2_SPARE, OP_SAVE_XMM128, OP_SAVE_XMM128_FAR,
	OP_PUSH_MACHFRAME,
};
enum { FLAG_EHANDLER = 1, FLAG_UHANDLER = 2, FLAG_CHAIN = 4 };

#define FN_SIZE 12u
#define MAX_CHAIN 32
#define ALL_CODES 0xffffu
#define PIVOT_PAGES 64u /* missing pages of the table to look beyond */
#define EPILOG_BYTES 64u  /* add rsp, 8 pops, ret: far less */

struct fn {
	u32 begin, end, unwind;
};

struct info {
	u8 version, flags, prolog, ncodes, freg;
	u16 foff;
	u16 code[256];
	struct fn chain; /* when FLAG_CHAIN */
};

struct undo {
	const struct ntr_unw_env *env;
	const struct ntr_unw_module *m;
	struct ntr_regs r;
	u64 sp;
	bool machine_frame;
	struct fn f;      /* what was undone, for the trace */
	const char *part;
};

static enum ntr_st read_fn(const struct ntr_unw_module *m, u32 rva,
			   struct fn *f)
{
	u8 b[FN_SIZE];
	enum ntr_st st;

	if (rva > m->size || m->size - rva < sizeof(b))
		return NTR_BAD;
	st = ntr_space_read(m->code, m->base + rva, b, sizeof(b), NULL);
	if (st)
		return st;
	*f = (struct fn){ ntr_load_u32(b), ntr_load_u32(b + 4),
			  ntr_load_u32(b + 8) };
	return NTR_OK;
}

/* The nearest entries of [lo, hi) on both sides of a missing page: the n-th
 * page on; false when that is outside. */
static bool beyond_hole(const struct ntr_unw_module *m, u32 table, u32 lo,
			u32 hi, u32 mid, u32 n, bool up, u32 *at)
{
	u64 first = m->base + table;
	u64 page = (first + (u64)mid * FN_SIZE) & ~UINT64_C(0xfff);
	u64 edge = up ? page + n * UINT64_C(0x1000) :
			page - (n - 1) * UINT64_C(0x1000);
	u64 i;

	if (edge < first + FN_SIZE)
		return false;
	i = up ? (edge - first + FN_SIZE - 1) / FN_SIZE :
		 (edge - first) / FN_SIZE - 1;
	*at = (u32)i;
	return i >= lo && i < hi;
}

/* An entry of [lo, hi) that can be read, the middle one if possible: in a
 * dump some pages of the table may be missing. */
static enum ntr_st pivot(const struct ntr_unw_module *m, u32 table, u32 lo,
			 u32 hi, u32 *at, struct fn *f)
{
	u32 mid = lo + (hi - lo) / 2;
	enum ntr_st st = read_fn(m, table + mid * FN_SIZE, f);

	*at = mid;
	if (st && mid > lo) { /* it may reach into the missing page */
		*at = mid - 1;
		st = read_fn(m, table + *at * FN_SIZE, f);
	}
	for (u32 i = 1; st && i <= PIVOT_PAGES; i++) {
		if (beyond_hole(m, table, lo, hi, mid, i, true, at))
			st = read_fn(m, table + *at * FN_SIZE, f);
		if (st && beyond_hole(m, table, lo, hi, mid, i, false, at))
			st = read_fn(m, table + *at * FN_SIZE, f);
	}
	return st;
}

/* OK, END: the table is readable and has no entry, else why not. */
static enum ntr_st find_fn(const struct ntr_unw_module *m, u32 rva,
			   struct fn *f)
{
	u32 table = m->pe->dir[NTR_PE_EXCEPTION].rva;
	u32 size = m->pe->dir[NTR_PE_EXCEPTION].size;
	u32 lo = 0, hi = size / FN_SIZE, at;
	enum ntr_st st;

	if (!table || !hi)
		return NTR_UNSUP;
	if (table > m->size || size > m->size - table)
		return NTR_BAD;
	while (lo < hi) {
		st = pivot(m, table, lo, hi, &at, f);
		if (st)
			return st;
		if (rva < f->begin)
			hi = at;
		else if (rva >= f->end)
			lo = at + 1;
		else
			return NTR_OK;
	}
	return NTR_END;
}

/* Follow indirect entries: bit 0 set, the rest the RVA of another entry. */
static enum ntr_st resolve(const struct ntr_unw_module *m, struct fn *f)
{
	for (int depth = 0; f->unwind & 1; depth++) {
		enum ntr_st st;

		if (depth == MAX_CHAIN)
			return NTR_BAD;
		st = read_fn(m, f->unwind & ~1u, f);
		if (st)
			return st;
	}
	return NTR_OK;
}

static enum ntr_st read_info(const struct ntr_unw_module *m, u32 rva,
			     struct info *in)
{
	u8 b[4 + 512];
	enum ntr_st st;
	size_t len;

	if (rva > m->size || m->size - rva < 4)
		return NTR_BAD;
	st = ntr_space_read(m->code, m->base + rva, b, 4, NULL);
	if (st)
		return st;
	in->version = b[0] & 7;
	in->flags = b[0] >> 3;
	in->prolog = b[1];
	in->ncodes = b[2];
	in->freg = b[3] & 15;
	in->foff = (u16)((b[3] >> 4) * 16);
	if (in->version != 1 && in->version != 2)
		return NTR_UNSUP;
	len = (size_t)(in->ncodes + 1u) / 2 * 4;
	st = ntr_space_read(m->code, m->base + rva + 4, b + 4, len, NULL);
	if (st)
		return st;
	for (unsigned i = 0; i < in->ncodes; i++)
		in->code[i] = ntr_load_u16(b + 4 + 2 * i);
	if (in->flags & FLAG_CHAIN)
		return read_fn(m, rva + 4 + (u32)len, &in->chain);
	return NTR_OK;
}

/* The function that a chained fragment belongs to. */
static enum ntr_st primary(const struct ntr_unw_module *m, struct fn *f)
{
	struct info in;

	for (int depth = 0; depth < MAX_CHAIN; depth++) {
		enum ntr_st st = resolve(m, f);

		if (!st)
			st = read_info(m, f->unwind, &in);
		if (st)
			return st;
		if (!(in.flags & FLAG_CHAIN))
			return NTR_OK;
		*f = in.chain;
	}
	return NTR_BAD;
}

/* Slots that a code takes, 0: not a code of this version. */
static unsigned code_slots(const struct info *in, unsigned i)
{
	unsigned op = in->code[i] >> 8 & 15, inf = in->code[i] >> 12;

	switch (op) {
	case OP_PUSH_NONVOL:
	case OP_ALLOC_SMALL:
	case OP_SET_FPREG:
	case OP_PUSH_MACHFRAME:
		return 1;
	case OP_ALLOC_LARGE:
		return inf == 0 ? 2 : inf == 1 ? 3 : 0;
	case OP_SAVE_NONVOL:
	case OP_SAVE_XMM128:
		return 2;
	case OP_SAVE_NONVOL_FAR:
	case OP_SAVE_XMM128_FAR:
		return 3;
	case OP_V1_XMM_V2_EPILOG:
		return in->version == 2 ? 1 : 2;
	case OP_V1_XMM_FAR_V2_SPARE:
		return in->version == 2 ? 2 : 3;
	default:
		return 0;
	}
}

/* The operand after a code: one slot scaled, or two slots as they are. */
static u32 code_arg(const struct info *in, unsigned i, unsigned slots,
		    u32 scale)
{
	if (slots == 2)
		return in->code[i + 1] * scale;
	return in->code[i + 1] | (u32)in->code[i + 2] << 16;
}

static enum ntr_st load_reg(struct undo *u, unsigned reg, u64 va)
{
	u64 v;
	enum ntr_st st = ntr_read_u64(u->env->mem, va, &v);

	if (!st && reg != NTR_X64_RSP)
		ntr_reg_set(&u->r, reg, v);
	else if (!st)
		u->sp = v;
	return st;
}

static enum ntr_st pop_machine_frame(struct undo *u, unsigned with_error)
{
	u64 f[5], at = u->sp + 8 * (with_error & 1);

	for (unsigned i = 0; i < 5; i++) {
		enum ntr_st st = ntr_read_u64(u->env->mem, at + 8 * i, &f[i]);

		if (st)
			return st;
	}
	if (!ntr_eflags_plausible((u32)f[2]))
		return NTR_BAD;
	ntr_reg_set(&u->r, NTR_X64_RIP, f[0]);
	ntr_reg_set(&u->r, NTR_X64_CS, f[1] & 0xffff);
	ntr_reg_set(&u->r, NTR_X64_RFLAGS, (u32)f[2]);
	ntr_reg_set(&u->r, NTR_X64_SS, f[4] & 0xffff);
	u->sp = f[3];
	u->machine_frame = true;
	return NTR_OK;
}

static enum ntr_st undo_code(struct undo *u, const struct info *in,
			     unsigned i, unsigned slots, u64 frame)
{
	unsigned op = in->code[i] >> 8 & 15, inf = in->code[i] >> 12;
	enum ntr_st st = NTR_OK;

	switch (op) {
	case OP_PUSH_NONVOL: {
		u64 at = u->sp;

		u->sp += 8;
		st = load_reg(u, inf, at);
		break;
	}
	case OP_ALLOC_LARGE:
		u->sp += code_arg(in, i, slots, 8);
		break;
	case OP_ALLOC_SMALL:
		u->sp += inf * 8 + 8;
		break;
	case OP_SET_FPREG:
		if (!ntr_reg_known(&u->r, in->freg))
			return NTR_UNSUP;
		u->sp = u->r.r[in->freg] - in->foff;
		break;
	case OP_SAVE_NONVOL:
	case OP_SAVE_NONVOL_FAR:
		st = load_reg(u, inf, frame + code_arg(in, i, slots, 8));
		break;
	case OP_PUSH_MACHFRAME:
		st = pop_machine_frame(u, inf);
		break;
	default: /* xmm registers, epilogue notes: nothing to follow */
		break;
	}
	return st;
}

/* Was the frame register set when the code stood at off? */
static bool frame_is_set(const struct info *in, unsigned off)
{
	for (unsigned i = 0, n; i < in->ncodes; i += n) {
		n = code_slots(in, i);
		if (!n)
			return false;
		if ((in->code[i] >> 8 & 15) == OP_SET_FPREG)
			return off >= (in->code[i] & 0xffu);
	}
	return false;
}

/* Undo the codes of one record whose offset is at most off. */
static enum ntr_st undo_info(struct undo *u, const struct info *in,
			     unsigned off)
{
	u64 frame = u->sp;

	if (in->freg && (off >= in->prolog || frame_is_set(in, off))) {
		if (!ntr_reg_known(&u->r, in->freg))
			return NTR_UNSUP;
		frame = u->r.r[in->freg] - in->foff;
	}
	for (unsigned i = 0, n; i < in->ncodes; i += n) {
		enum ntr_st st;

		n = code_slots(in, i);
		if (!n || n > in->ncodes - i)
			return NTR_BAD;
		if ((in->code[i] & 0xffu) > off)
			continue;
		st = undo_code(u, in, i, n, frame);
		if (st)
			return st;
	}
	return NTR_OK;
}

/* --- epilogues ------------------------------------------------------------ */

struct epilog {
	const u8 *p;
	size_t left;
	u32 pc; /* RVA of *p */
};

static void eat(struct epilog *x, size_t n)
{
	x->p += n;
	x->left -= n;
	x->pc += (u32)n;
}

/* lea rsp, [freg + disp8/32] */
static bool eat_lea(struct epilog *x, const struct info *in, u64 *disp)
{
	unsigned mod;

	if (!in->freg || x->left < 4 || (x->p[0] & 0xfe) != 0x48 ||
	    x->p[1] != 0x8d || (x->p[2] & 0x38) != 0x20)
		return false;
	if ((x->p[2] & 7u) + 8u * (x->p[0] & 1u) != in->freg ||
	    (in->freg & 7) == 4)
		return false;
	mod = x->p[2] >> 6;
	if (mod == 1) {
		*disp = (u64)(s64)(signed char)x->p[3];
		eat(x, 4);
		return true;
	}
	if (mod != 2 || x->left < 7)
		return false;
	*disp = (u64)(s64)(s32)ntr_load_u32(x->p + 3);
	eat(x, 7);
	return true;
}

/* add rsp, imm8/32 */
static bool eat_add(struct epilog *x, u64 *imm)
{
	if (x->left >= 4 && !memcmp(x->p, "\x48\x83\xc4", 3)) {
		*imm = (u64)(s64)(signed char)x->p[3];
		eat(x, 4);
		return true;
	}
	if (x->left >= 7 && !memcmp(x->p, "\x48\x81\xc4", 3)) {
		*imm = (u64)(s64)(s32)ntr_load_u32(x->p + 3);
		eat(x, 7);
		return true;
	}
	return false;
}

/* pop r64: the register, or -1. */
static int eat_pop(struct epilog *x)
{
	int reg;

	if (x->left >= 1 && (x->p[0] & 0xf8) == 0x58) {
		reg = x->p[0] & 7;
		eat(x, 1);
		return reg;
	}
	if (x->left >= 2 && x->p[0] == 0x41 && (x->p[1] & 0xf8) == 0x58) {
		reg = (x->p[1] & 7) + 8;
		eat(x, 2);
		return reg;
	}
	return -1;
}

/* A jump leaves the function unless it goes to another part of it. */
static bool jump_leaves(const struct ntr_unw_module *m, const struct fn *f,
			u32 to)
{
	struct fn t, own = *f;

	if (to == f->begin)
		return true;
	if (to >= f->begin && to < f->end)
		return false;
	if (find_fn(m, to, &t))
		return true;
	if (to != t.begin)
		return false;
	if (primary(m, &t) || primary(m, &own))
		return true;
	return t.begin != own.begin;
}

static bool at_return(const struct ntr_unw_module *m, const struct fn *f,
		      const struct epilog *x)
{
	const u8 *p = x->p;
	size_t left = x->left;

	if (!left)
		return false;
	if (p[0] == 0xc3 || (p[0] == 0xc2 && left >= 3))
		return true;
	if (p[0] == 0xf3 && left >= 2 && p[1] == 0xc3)
		return true;
	if (p[0] == 0xeb && left >= 2)
		return jump_leaves(m, f, x->pc + 2 +
				   (u32)(s32)(signed char)p[1]);
	if (p[0] == 0xe9 && left >= 5)
		return jump_leaves(m, f, x->pc + 5 + ntr_load_u32(p + 1));
	if ((p[0] & 0xf8) == 0x48) { /* rex.w jmp: only tail calls have it */
		p++;
		left--;
		return left >= 2 && p[0] == 0xff && (p[1] & 0x38) == 0x20;
	}
	return left >= 2 && p[0] == 0xff && p[1] == 0x25;
}

/* Run the epilogue from pc.  UNSUP: pc is not in one. */
static enum ntr_st run_epilog(struct undo *u, const struct fn *f,
			      const struct info *in, u32 pc)
{
	u8 buf[EPILOG_BYTES];
	struct epilog x = { .p = buf, .pc = pc };
	struct undo t = *u;
	enum ntr_st st;
	u64 v;
	int reg;

	x.left = ntr_space_read_some(u->m->code, u->m->base + pc, buf,
				     sizeof(buf));
	if (eat_lea(&x, in, &v)) {
		if (!ntr_reg_known(&t.r, in->freg))
			return NTR_UNSUP;
		t.sp = t.r.r[in->freg] + v;
	} else if (!in->freg && eat_add(&x, &v)) {
		t.sp += v;
	}
	while ((reg = eat_pop(&x)) >= 0) {
		u64 at = t.sp;

		t.sp += 8;
		st = load_reg(&t, (unsigned)reg, at);
		if (st)
			return st;
	}
	if (!at_return(u->m, f, &x))
		return NTR_UNSUP;
	*u = t;
	return NTR_OK;
}

/* Version 2 says where the epilogues are.  *into: bytes into one. */
static bool in_v2_epilog(const struct fn *f, const struct info *in, u32 pc,
			 u32 *into)
{
	u32 size, back;

	if (!in->ncodes || (in->code[0] >> 8 & 15) != OP_V1_XMM_V2_EPILOG)
		return false;
	size = in->code[0] & 0xff;
	back = in->code[0] >> 12 & 1 ? size : 0;
	for (unsigned i = 1;; i++) {
		u32 start = f->end - back;

		if (back && back <= f->end - f->begin && pc >= start &&
		    pc - start < size) {
			*into = pc - start;
			return true;
		}
		if (i >= in->ncodes ||
		    (in->code[i] >> 8 & 15) != OP_V1_XMM_V2_EPILOG)
			return false;
		back = (in->code[i] & 0xffu) | (u32)(in->code[i] >> 12) << 8;
	}
}

/* Without the code bytes: the pops that are still to come.  The epilogue
 * starts behind the release of the fixed part. */
static enum ntr_st finish_pops(struct undo *u, const struct info *in, u32 into)
{
	u32 done = 0;

	for (unsigned i = 0, n; i < in->ncodes; i += n) {
		unsigned op = in->code[i] >> 8 & 15, reg = in->code[i] >> 12;
		u32 len = reg >= 8 ? 2 : 1;
		u64 at = u->sp;
		enum ntr_st st;

		n = code_slots(in, i);
		if (!n || n > in->ncodes - i)
			return NTR_BAD;
		if (op != OP_PUSH_NONVOL)
			continue;
		done += len;
		if (done <= into)
			continue;
		u->sp += 8;
		st = load_reg(u, reg, at);
		if (st)
			return st;
	}
	return NTR_OK;
}

/* OK: it was an epilogue and is done.  UNSUP: it was none. */
static enum ntr_st undo_epilog(struct undo *u, const struct fn *f,
			       const struct info *in, u32 pc)
{
	enum ntr_st st;
	u32 into;

	if (in->version == 1)
		return run_epilog(u, f, in, pc);
	if (!in_v2_epilog(f, in, pc, &into))
		return NTR_UNSUP;
	st = run_epilog(u, f, in, pc);
	return st == NTR_UNSUP ? finish_pops(u, in, into) : st;
}

/* --- one frame ------------------------------------------------------------ */

static enum ntr_st undo_chain(struct undo *u, const struct fn *f,
			      const struct info *first, u32 pc)
{
	u32 off = pc - f->begin;
	struct info in = *first;
	enum ntr_st st = undo_info(u, &in,
				   off < in.prolog ? off : ALL_CODES);

	for (int depth = 0; !st && in.flags & FLAG_CHAIN; depth++) {
		struct fn c = in.chain;

		if (depth == MAX_CHAIN)
			return NTR_BAD;
		st = resolve(u->m, &c);
		if (!st)
			st = read_info(u->m, c.unwind, &in);
		if (!st)
			st = undo_info(u, &in, ALL_CODES);
	}
	return st;
}

static enum ntr_st undo_function(struct undo *u, u32 pc, u32 lookup,
				 bool exact)
{
	struct info in;
	enum ntr_st st;
	struct fn f;

	st = find_fn(u->m, lookup, &f);
	if (st == NTR_END) { /* no entry: a leaf, if it can be one */
		u->part = "leaf without an entry";
		return exact ? NTR_OK : NTR_UNSUP;
	}
	u->part = "body";
	if (!st) {
		struct fn own = f;

		u->f = f;
		st = resolve(u->m, &own);
		if (!st)
			st = read_info(u->m, own.unwind, &in);
	}
	if (st)
		return st;
	if (pc - f.begin < in.prolog)
		u->part = "prologue";
	if (exact && pc - f.begin >= in.prolog) {
		st = undo_epilog(u, &f, &in, pc);
		if (!st)
			u->part = "epilogue";
		if (st != NTR_UNSUP)
			return st;
	}
	return undo_chain(u, &f, &in, pc);
}

static enum ntr_st fail_x64(const struct undo *u, const struct ntr_regs *regs,
			    enum ntr_st st, struct ntr_err *e)
{
	if (!u->f.end && st == NTR_UNSUP && u->part)
		return ntr_fail(e, st, "0x%" PRIx64 " has no entry, and a "
				"return address is in no leaf", regs->ip);
	if (!u->f.end)
		return ntr_fail(e, st, "unwind data of 0x%" PRIx64 ": %s",
				regs->ip, ntr_st_text(st));
	return ntr_fail(e, st, "entry rva 0x%x..0x%x, %s: %s, sp 0x%" PRIx64,
			u->f.begin, u->f.end, u->part, ntr_st_text(st), u->sp);
}

enum ntr_st ntr_unw_step_x64(const struct ntr_unw_env *env,
			     const struct ntr_unw_module *m,
			     struct ntr_regs *regs, bool *machine_frame,
			     struct ntr_err *e)
{
	struct ntr_unw_module mod = *m;
	struct undo u = { .env = env, .m = &mod, .r = *regs, .sp = regs->sp };
	u64 off = regs->ip - m->base;
	enum ntr_st st;

	if (!mod.code)
		mod.code = env->mem;
	if (!m->pe || !regs->has_ip || !regs->has_sp || regs->ip < m->base ||
	    off >= m->size || off > UINT32_MAX)
		return ntr_fail(e, NTR_UNSUP, "no unwind data for 0x%" PRIx64,
				regs->ip);
	st = undo_function(&u, (u32)off,
			   (u32)off - (*machine_frame || !off ? 0 : 1),
			   *machine_frame);
	if (!st && !u.machine_frame) {
		u64 at = u.sp;

		ntr_unw_forget_volatile(&u.r);
		u.sp += 8;
		st = load_reg(&u, NTR_X64_RIP, at);
	}
	if (!st && (u.sp & 7))
		st = NTR_BAD;
	if (st)
		return fail_x64(&u, regs, st, e);
	ntr_say(e, "entry rva 0x%x..0x%x, %s: %s at 0x%" PRIx64, u.f.begin,
		u.f.end, u.part,
		u.machine_frame ? "machine frame, sp" : "return address read",
		u.machine_frame ? u.sp : u.sp - 8);
	if (u.machine_frame)
		ntr_unw_forget_volatile(&u.r);
	ntr_reg_set(&u.r, NTR_X64_RSP, u.sp);
	*regs = u.r;
	*machine_frame = u.machine_frame;
	return regs->ip ? NTR_OK : NTR_END;
}
