// SPDX-License-Identifier: Apache-2.0
/*
 * ARM64 .pdata, packed and not, and the chain of frame records.
 * Source: Microsoft, "ARM64 exception handling".
 *
 * Both forms become one list of operations in unwind order, each standing
 * for one instruction of the prologue, so that the middle of a prologue or
 * an epilogue is a matter of skipping list entries.
 */
#include "../base/record.h"
#include "unw_int.h"

#define NO_REG 0xffu
#define LR NTR_A64_LR
#define FP NTR_A64_FP
#define MAX_CODE_BYTES 1020u
#define MAX_OPS (MAX_CODE_BYTES + 1u)
#define ENTRY_SIZE 8u

enum op_kind {
	OP_PLAIN,   /* load registers, then move sp */
	OP_SET_FP,  /* sp = fp - off */
	OP_END,     /* the return instruction */
	OP_SCOPE,   /* end of the fragment's own codes */
	OP_MACHINE, /* {sp, pc} at sp */
	OP_CONTEXT, /* CONTEXT at sp */
	OP_TRAP,    /* KTRAP_FRAME at sp */
};

struct op {
	u8 kind, r1, r2;
	u32 off, add;
};

struct a64_fn {
	u32 begin, len;
	struct op op[MAX_OPS];
	unsigned n;
	unsigned prolog; /* leading operations that are prologue code */
	bool fragment;   /* no prologue and no epilogue of its own */
	bool soft_fp;    /* packed: sp is right even when fp is unknown */
};

static struct op plain(unsigned r1, unsigned r2, u32 off, u32 add)
{
	return (struct op){ OP_PLAIN, (u8)r1, (u8)r2, off, add };
}

static enum ntr_st read_u32(const struct ntr_unw_module *m, u64 rva, u32 *v)
{
	if (rva > m->size || m->size - rva < 4)
		return NTR_BAD;
	return ntr_read_u32(m->code, m->base + rva, v);
}

/* --- the packed form ------------------------------------------------------ */

struct packed {
	unsigned reg_f, reg_i, h, cr;
	u32 save, local;
};

static struct packed unpack(u32 data)
{
	struct packed p = {
		.reg_f = data >> 13 & 7,
		.reg_i = data >> 16 & 15,
		.h = data >> 20 & 1,
		.cr = data >> 21 & 3,
	};
	u32 size = (data >> 23) * 16;
	u32 ints = p.reg_i * 8 + (p.cr == 1 ? 8 : 0);
	u32 floats = p.reg_f ? (p.reg_f + 1) * 8 : 0;

	p.save = (ints + floats + 64 * p.h + 15) & ~15u;
	p.local = size - p.save;
	return p;
}

/* The stores of the save area in prologue order; the first of them makes
 * room (its add), except x19 with lr, which has no such instruction. */
static unsigned packed_saves(const struct packed *p, struct op *out)
{
	unsigned n = 0, i = 0, floats = p->reg_f ? p->reg_f + 1 : 0;
	bool lr = p->cr == 1;

	if (lr && p->reg_i == 1)
		out[n++] = plain(NO_REG, NO_REG, 0, 0);
	for (; i + 1 < p->reg_i; i += 2)
		out[n++] = plain(19 + i, 20 + i, 8 * i, 0);
	if (i < p->reg_i) {
		out[n++] = plain(19 + i, lr ? LR : NO_REG, 8 * i, 0);
		lr = false;
	}
	if (lr)
		out[n++] = plain(LR, NO_REG, 8 * p->reg_i, 0);
	for (i = 0; i < floats; i += 2)
		out[n++] = plain(NO_REG, NO_REG, 0, 0);
	for (i = 0; i < 4 * p->h; i++)
		out[n++] = plain(NO_REG, NO_REG, 0, 0);
	if (n)
		out[0].add = p->save;
	return n;
}

static void push_alloc(struct a64_fn *f, u32 size)
{
	if (size > 4080) {
		f->op[f->n++] = plain(NO_REG, NO_REG, 0, size - 4080);
		size = 4080;
	}
	if (size)
		f->op[f->n++] = plain(NO_REG, NO_REG, 0, size);
}

static enum ntr_st from_packed(struct a64_fn *f, u32 data)
{
	struct packed p = unpack(data);
	struct op save[24];
	unsigned n;

	if (p.local > (data >> 23) * 16 || p.reg_i > 10)
		return NTR_BAD;
	f->len = (data >> 2 & 0x7ff) * 4;
	f->fragment = (data & 3) == 2;
	f->soft_fp = true;
	if (p.cr >= 2) {
		f->op[f->n++] = (struct op){ .kind = OP_SET_FP };
		if (p.local <= 512) {
			f->op[f->n++] = plain(FP, LR, 0, p.local);
		} else {
			f->op[f->n++] = plain(FP, LR, 0, 0);
			push_alloc(f, p.local);
		}
	} else {
		push_alloc(f, p.local);
	}
	for (n = packed_saves(&p, save); n; n--)
		f->op[f->n++] = save[n - 1];
	if (p.cr == 2) /* pacibsp */
		f->op[f->n++] = plain(NO_REG, NO_REG, 0, 0);
	f->prolog = f->n;
	f->op[f->n++] = (struct op){ .kind = OP_END };
	return NTR_OK;
}

/* The one epilogue stands at the end.  It has no counterpart of setting fp
 * and of storing the argument registers. */
static unsigned packed_epilog(const struct a64_fn *f, u32 data,
			      struct op *out)
{
	struct packed p = unpack(data);
	unsigned n = 0, home = 4 * p.h, saves = 0;
	struct op tmp[24];

	saves = packed_saves(&p, tmp);
	for (unsigned i = 0; i < f->n; i++) {
		/* saves stand last but for pacibsp and the end */
		unsigned tail = f->prolog - (p.cr == 2);
		bool is_home = home && i + saves >= tail && i < tail &&
			       i + saves - tail < home;

		if (f->op[i].kind == OP_SET_FP)
			continue;
		if (is_home && !f->op[i].add)
			continue;
		out[n++] = f->op[i];
	}
	return n;
}

/* --- the codes ------------------------------------------------------------ */

static u8 code_len(u8 c)
{
	if (c < 0xc0)
		return 1;
	if (c < 0xdf)
		return 2;
	switch (c) {
	case 0xe0:
		return 4;
	case 0xe2:
		return 2;
	case 0xe7:
		return 3;
	case 0xe1: case 0xe3: case 0xe4: case 0xe5: case 0xe6:
	case 0xe8: case 0xe9: case 0xea: case 0xec: case 0xfc:
		return 1;
	default:
		return 0;
	}
}

static struct op decode_any(const u8 *c)
{
	bool pair = c[1] & 0x40, pre = c[1] & 0x20;
	unsigned reg = c[1] & 31, kind = c[2] >> 6;
	u32 off = c[2] & 0x3f;

	if (pre)
		off++;
	off *= pre || pair || kind == 2 ? 16 : 8;
	return plain(kind ? NO_REG : reg, kind || !pair ? NO_REG : reg + 1,
		     pre ? 0 : off, pre ? off : 0);
}

/* Two-byte codes 0xc0..0xde: top bits say which, then xxxx and zzzzzz. */
static struct op decode_two(const u8 *c)
{
	unsigned x4 = (c[0] & 3u) << 2 | c[1] >> 6, z6 = c[1] & 0x3f;
	unsigned x5 = (c[0] & 1u) << 3 | c[1] >> 5, z5 = c[1] & 0x1f;

	if (c[0] < 0xc8) /* alloc_m */
		return plain(NO_REG, NO_REG, 0,
			     ((c[0] & 7u) << 8 | c[1]) * 16);
	if (c[0] < 0xcc) /* save_regp */
		return plain(19 + x4, 20 + x4, z6 * 8, 0);
	if (c[0] < 0xd0) /* save_regp_x */
		return plain(19 + x4, 20 + x4, 0, (z6 + 1) * 8);
	if (c[0] < 0xd4) /* save_reg */
		return plain(19 + x4, NO_REG, z6 * 8, 0);
	if (c[0] < 0xd6) /* save_reg_x */
		return plain(19 + x5, NO_REG, 0, (z5 + 1) * 8);
	if (c[0] < 0xd8) /* save_lrpair */
		return plain(19 + 2 * ((c[0] & 1u) << 2 | c[1] >> 6), LR,
			     z6 * 8, 0);
	if (c[0] < 0xda) /* save_fregp */
		return plain(NO_REG, NO_REG, 0, 0);
	if (c[0] < 0xdc) /* save_fregp_x */
		return plain(NO_REG, NO_REG, 0, (z6 + 1) * 8);
	if (c[0] < 0xde) /* save_freg */
		return plain(NO_REG, NO_REG, 0, 0);
	return plain(NO_REG, NO_REG, 0, (z5 + 1) * 8); /* save_freg_x */
}

static struct op decode_code(const u8 *c)
{
	if (c[0] < 0x20) /* alloc_s */
		return plain(NO_REG, NO_REG, 0, c[0] * 16u);
	if (c[0] < 0x40) /* save_r19r20_x */
		return plain(19, 20, 0, (c[0] & 31u) * 8);
	if (c[0] < 0x80) /* save_fplr */
		return plain(FP, LR, (c[0] & 63u) * 8, 0);
	if (c[0] < 0xc0) /* save_fplr_x */
		return plain(FP, LR, 0, ((c[0] & 63u) + 1) * 8);
	if (c[0] < 0xdf)
		return decode_two(c);
	switch (c[0]) {
	case 0xe0: /* alloc_l */
		return plain(NO_REG, NO_REG, 0,
			     ((u32)c[1] << 16 | c[2] << 8 | c[3]) * 16);
	case 0xe1:
		return (struct op){ .kind = OP_SET_FP };
	case 0xe2:
		return (struct op){ .kind = OP_SET_FP, .off = c[1] * 8u };
	case 0xe4:
		return (struct op){ .kind = OP_END };
	case 0xe5:
		return (struct op){ .kind = OP_SCOPE };
	case 0xe7:
		return decode_any(c);
	case 0xe8:
		return (struct op){ .kind = OP_TRAP };
	case 0xe9:
		return (struct op){ .kind = OP_MACHINE };
	case 0xea:
		return (struct op){ .kind = OP_CONTEXT };
	default: /* nop, pac_sign_lr, clear_unwound_to_call */
		return plain(NO_REG, NO_REG, 0, 0);
	}
}

/* save_next: the pair behind the pair that the next proper code saves. */
static void fix_next(struct op *op, unsigned n, unsigned run)
{
	const struct op *base = &op[n];

	if (base->r1 == NO_REG || base->r2 == NO_REG)
		return;
	for (unsigned i = 1; i <= run; i++) {
		unsigned reg = base->r1 + 2 * i;

		if (reg + 1 <= LR)
			op[n - i] = plain(reg, reg + 1, base->off + 16 * i, 0);
	}
}

/* Codes from at up to the end code, as operations. */
static enum ntr_st decode_codes(const u8 *code, size_t len, size_t at,
				struct op *op, unsigned *count)
{
	unsigned n = 0, run = 0;

	while (at < len) {
		size_t l = code_len(code[at]);

		if (!l) /* reserved; 0xeb, a CONTEXT of the ARM64EC ABI */
			return NTR_UNSUP;
		if (l > len - at)
			return NTR_BAD;
		op[n] = decode_code(code + at);
		if (code[at] == 0xe6) {
			run++;
		} else {
			fix_next(op, n, run);
			run = 0;
		}
		if (op[n++].kind == OP_END) {
			*count = n;
			return NTR_OK;
		}
		at += l;
	}
	return NTR_BAD;
}

/* --- .xdata ---------------------------------------------------------------- */

struct xdata {
	u32 len;
	bool single;
	u32 epilogs, bytes;
	u64 scopes_rva;
	u8 code[MAX_CODE_BYTES];
};

static enum ntr_st read_xdata(const struct ntr_unw_module *m, u32 rva,
			      struct xdata *x)
{
	u64 at = rva;
	enum ntr_st st;
	u32 h, ext;

	st = read_u32(m, at, &h);
	if (st)
		return st;
	if (h >> 18 & 3)
		return NTR_UNSUP;
	x->len = (h & 0x3ffff) * 4;
	x->single = h >> 21 & 1;
	x->epilogs = h >> 22 & 31;
	x->bytes = (h >> 27) * 4;
	at += 4;
	if (!(h >> 22)) {
		st = read_u32(m, at, &ext);
		if (st)
			return st;
		x->epilogs = ext & 0xffff;
		x->bytes = (ext >> 16 & 0xff) * 4;
		at += 4;
	}
	x->scopes_rva = at;
	if (!x->single)
		at += 4ull * x->epilogs;
	if (at > m->size || x->bytes > m->size - at)
		return NTR_BAD;
	return ntr_space_read(m->code, m->base + at, x->code, x->bytes, NULL);
}

static enum ntr_st from_xdata(struct a64_fn *f, const struct xdata *x)
{
	enum ntr_st st = decode_codes(x->code, x->bytes, 0, f->op, &f->n);

	if (st)
		return st;
	f->len = x->len;
	while (f->prolog < f->n && f->op[f->prolog].kind != OP_END &&
	       f->op[f->prolog].kind != OP_SCOPE)
		f->prolog++;
	return NTR_OK;
}

/* Is off inside the epilogue that starts at start with codes from index?
 * Then out are its operations that are still to be done. */
static bool epilog_here(const struct xdata *x, u32 off, u32 start, u32 index,
			bool at_end, struct op *out, unsigned *n)
{
	unsigned total, done;

	if (index >= x->bytes ||
	    decode_codes(x->code, x->bytes, index, out, &total))
		return false;
	if (at_end) {
		if (total * 4 > x->len)
			return false;
		start = x->len - total * 4;
	}
	if (off < start || off - start >= total * 4)
		return false;
	done = (off - start) / 4;
	*n = total - done;
	memmove(out, out + done, *n * sizeof(*out));
	return true;
}

static bool find_epilog(const struct ntr_unw_module *m, const struct xdata *x,
			u32 off, struct op *out, unsigned *n)
{
	if (x->single)
		return epilog_here(x, off, 0, x->epilogs, true, out, n);
	for (u32 i = 0; i < x->epilogs; i++) {
		u32 w, start;

		if (read_u32(m, x->scopes_rva + 4ull * i, &w))
			return false;
		start = (w & 0x3ffff) * 4;
		if (start > off) /* they are sorted */
			return false;
		if (epilog_here(x, off, start, w >> 22, false, out, n))
			return true;
	}
	return false;
}

/* --- one frame ------------------------------------------------------------- */

static enum ntr_st load(struct ntr_regs *r, const struct ntr_unw_env *env,
			unsigned reg, u64 va)
{
	u64 v;
	enum ntr_st st;

	if (reg == NO_REG)
		return NTR_OK;
	if (reg > LR)
		return NTR_BAD;
	st = ntr_read_u64(env->mem, va, &v);
	if (!st)
		ntr_reg_set(r, reg, v);
	return st;
}

static enum ntr_st load_machine_frame(struct ntr_regs *r,
				 const struct ntr_unw_env *env, u64 sp)
{
	struct ntr_unw_module m;
	u64 to_sp, pc;
	enum ntr_st st = ntr_read_u64(env->mem, sp, &to_sp);

	if (!st)
		st = ntr_read_u64(env->mem, sp + 8, &pc);
	if (!st && !ntr_unw_module_of(env, pc, &m))
		st = NTR_BAD;
	if (st)
		return st;
	ntr_reg_set(r, NTR_A64_SP, to_sp);
	ntr_reg_set(r, NTR_A64_PC, pc);
	return NTR_OK;
}

/* The layout differs between builds; only types know it. */
static enum ntr_st load_trap_frame(struct ntr_regs *r,
				   const struct ntr_unw_env *env, u64 sp)
{
	const struct ntr_a64_trap *t = env->a64_trap;
	struct ntr_unw_module m;
	u64 to_sp, pc;
	enum ntr_st st;

	if (!t || t->nx > FP)
		return NTR_UNSUP;
	st = ntr_read_u64(env->mem, sp + t->sp, &to_sp);
	if (!st)
		st = ntr_read_u64(env->mem, sp + t->pc, &pc);
	if (!st && !ntr_unw_module_of(env, pc, &m) && pc >> 63)
		st = NTR_BAD;
	if (!st)
		st = load(r, env, FP, sp + t->fp);
	if (!st)
		st = load(r, env, LR, sp + t->lr);
	for (u32 i = 0; !st && i < t->nx; i++)
		st = load(r, env, i, sp + t->x0 + 8ull * i);
	if (st)
		return st;
	ntr_reg_set(r, NTR_A64_SP, to_sp);
	ntr_reg_set(r, NTR_A64_PC, pc);
	return NTR_OK;
}

/* OK, or END when a machine frame, trap frame or CONTEXT gave all of the
 * registers. */
static enum ntr_st run_ops(struct ntr_regs *r, const struct ntr_unw_env *env,
			   const struct op *op, unsigned n, bool soft_fp)
{
	u64 sp = r->sp;

	for (unsigned i = 0; i < n && op[i].kind != OP_END; i++) {
		enum ntr_st st = NTR_OK;

		switch (op[i].kind) {
		case OP_SET_FP:
			if (r->has_fp)
				sp = r->fp - op[i].off;
			else if (!soft_fp)
				return NTR_UNSUP;
			break;
		case OP_SCOPE:
			break;
		case OP_MACHINE:
			st = load_machine_frame(r, env, sp);
			return st ? st : NTR_END;
		case OP_TRAP:
			st = load_trap_frame(r, env, sp);
			return st ? st : NTR_END;
		case OP_CONTEXT:
			st = ntr_regs_read_context(r, NTR_MACHINE_ARM64,
						   env->mem, sp, 0, NULL);
			return st ? st : NTR_END;
		default:
			st = load(r, env, op[i].r1, sp + op[i].off);
			if (!st)
				st = load(r, env, op[i].r2,
					  sp + op[i].off + 8);
			sp += op[i].add;
		}
		if (st)
			return st;
	}
	ntr_reg_set(r, NTR_A64_SP, sp);
	return NTR_OK;
}

/* The entry whose begin is the last one not above rva. */
static enum ntr_st find_entry(const struct ntr_unw_module *m, u32 rva,
			      u32 *begin, u32 *data)
{
	u32 table = m->pe->dir[NTR_PE_EXCEPTION].rva;
	u32 size = m->pe->dir[NTR_PE_EXCEPTION].size;
	u32 lo = 0, hi = size / ENTRY_SIZE;
	enum ntr_st st;

	if (!table || !hi)
		return NTR_UNSUP;
	if (table > m->size || size > m->size - table)
		return NTR_BAD;
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2, b;

		st = read_u32(m, table + ENTRY_SIZE * mid, &b);
		if (st)
			return st;
		if (rva < b)
			hi = mid;
		else
			lo = mid + 1;
	}
	if (!lo)
		return NTR_END;
	st = read_u32(m, table + ENTRY_SIZE * (lo - 1), begin);
	if (!st)
		st = read_u32(m, table + ENTRY_SIZE * (lo - 1) + 4, data);
	return st;
}

/* Skip what the prologue has not done yet. */
static const struct op *body_ops(const struct a64_fn *f, u32 off, bool exact,
				 unsigned *n)
{
	unsigned skip = 0;

	if (exact && !f->fragment && off / 4 < f->prolog)
		skip = f->prolog - off / 4;
	*n = f->n - skip;
	return f->op + skip;
}

static enum ntr_st step_packed(struct ntr_regs *r,
			       const struct ntr_unw_env *env, u32 data, u32 off,
			       u32 lookup, bool exact)
{
	struct a64_fn f = { 0 };
	struct op epilog[64];
	unsigned n, total;
	const struct op *op;
	enum ntr_st st = from_packed(&f, data);

	if (st)
		return st;
	if (lookup >= f.len)
		return NTR_END;
	op = body_ops(&f, off, exact, &n);
	total = packed_epilog(&f, data, epilog);
	if (exact && !f.fragment && op == f.op && off + total * 4 >= f.len) {
		unsigned done = (off + total * 4 - f.len) / 4;

		op = epilog + done;
		n = total - done;
	}
	return run_ops(r, env, op, n, f.soft_fp);
}

static enum ntr_st step_xdata(struct ntr_regs *r, const struct ntr_unw_env *env,
			      const struct ntr_unw_module *m, u32 rva, u32 off,
			      u32 lookup, bool exact)
{
	struct a64_fn f = { 0 };
	struct op epilog[MAX_OPS];
	const struct op *op;
	struct xdata x;
	unsigned n;
	enum ntr_st st = read_xdata(m, rva, &x);

	if (st)
		return st;
	if (lookup >= x.len)
		return NTR_END;
	st = from_xdata(&f, &x);
	if (st)
		return st;
	op = body_ops(&f, off, exact, &n);
	if (exact && op == f.op && find_epilog(m, &x, off, epilog, &n))
		op = epilog;
	return run_ops(r, env, op, n, false);
}

u64 ntr_unw_strip(u32 machine, u64 va)
{
	if (machine != NTR_MACHINE_ARM64)
		return va;
	return va >> 55 & 1 ? va | UINT64_C(0xffff000000000000) :
			      va & UINT64_C(0x0000ffffffffffff);
}

/* Undo the frame; END: a leaf, nothing to undo. */
static enum ntr_st undo_frame(struct ntr_regs *r, const struct ntr_unw_env *env,
			      const struct ntr_unw_module *m, u32 pc,
			      bool exact, bool *crossed, u32 entry[2])
{
	u32 lookup = exact || !pc ? pc : pc - 4, begin, data;
	enum ntr_st st = find_entry(m, lookup, &begin, &data);

	if (st == NTR_END)
		return exact ? NTR_OK : NTR_UNSUP;
	if (st)
		return st;
	entry[0] = begin;
	entry[1] = data;
	if ((data & 3) == 3)
		return NTR_UNSUP;
	if (data & 3) {
		st = step_packed(r, env, data, pc - begin, lookup - begin,
				 exact);
	} else {
		st = step_xdata(r, env, m, data, pc - begin, lookup - begin,
				exact);
	}
	if (st != NTR_END)
		return st;
	/* END with another pc: a machine frame; else no entry covers pc */
	if (r->ip != m->base + pc) {
		*crossed = true;
		return NTR_OK;
	}
	return exact ? NTR_OK : NTR_UNSUP;
}

enum ntr_st ntr_unw_step_arm64(const struct ntr_unw_env *env,
			       const struct ntr_unw_module *m,
			       struct ntr_regs *regs, bool *machine_frame,
			       struct ntr_err *e)
{
	struct ntr_unw_module mod = *m;
	struct ntr_regs r = *regs;
	u64 off = regs->ip - m->base;
	u32 entry[2] = { 0, 0 };
	bool crossed = false;
	enum ntr_st st;

	if (!mod.code)
		mod.code = env->mem;
	if (!m->pe || !regs->has_ip || !regs->has_sp || regs->ip < m->base ||
	    off >= m->size || off > UINT32_MAX)
		return ntr_fail(e, NTR_UNSUP, "no unwind data for 0x%" PRIx64,
				regs->ip);
	st = undo_frame(&r, env, &mod, (u32)off, *machine_frame, &crossed,
			entry);
	if (!st && !crossed) {
		if (!ntr_reg_known(&r, LR))
			st = NTR_UNSUP;
		else
			ntr_reg_set(&r, NTR_A64_PC,
				    ntr_unw_strip(NTR_MACHINE_ARM64, r.r[LR]));
		ntr_unw_forget_volatile(&r);
	}
	if (st)
		return ntr_fail(e, st, "unwind data of 0x%" PRIx64
				" (entry rva 0x%x, 0x%08x): %s", regs->ip,
				entry[0], entry[1], ntr_st_text(st));
	ntr_say(e, "entry rva 0x%x, %s 0x%08x: %s 0x%" PRIx64 ", sp 0x%" PRIx64,
		entry[0], entry[1] & 3 ? "packed" : "xdata", entry[1],
		crossed ? "interrupted pc" : "lr", r.ip, r.sp);
	*regs = r;
	*machine_frame = crossed;
	return r.ip ? NTR_OK : NTR_END;
}

/* --- frame records ---------------------------------------------------------- */

/* Does frame 0 still have its return address in lr?  A call to the function
 * that holds ip says yes; lr behind a call that ip's own function made, no. */
#define SAME_FUNCTION 0x400u
static bool lr_is_caller(const struct ntr_unw_env *env,
			 const struct ntr_regs *r, u64 saved)
{
	struct ntr_ret_site site;
	enum ntr_ret ret;
	u64 lr;

	if (!ntr_reg_known(r, LR))
		return false;
	lr = ntr_unw_strip(NTR_MACHINE_ARM64, r->r[LR]);
	if (lr == saved)
		return false;
	ret = ntr_unw_ret(env, lr, &site);
	if (ret == NTR_RET_NO)
		return false;
	if (site.target)
		return r->ip >= site.target &&
		       r->ip - site.target < SAME_FUNCTION;
	return lr - r->ip + SAME_FUNCTION > 2 * SAME_FUNCTION;
}

enum ntr_st ntr_unw_step_fp_arm64(const struct ntr_unw_env *env,
				  struct ntr_regs *regs, bool exact,
				  struct ntr_err *e)
{
	struct ntr_regs r = *regs;
	struct ntr_ret_site site;
	u64 fp = regs->fp, next, ret;
	enum ntr_st st;

	if (regs->has_fp && !fp && !exact)
		return NTR_END;
	if (!regs->has_fp || !fp)
		return ntr_fail(e, NTR_UNSUP, "no frame pointer");
	if ((fp & 7) || fp < regs->sp || (env->stack_hi && fp >= env->stack_hi))
		return ntr_fail(e, NTR_UNSUP,
				"fp 0x%" PRIx64 " is not on the stack", fp);
	st = ntr_read_u64(env->mem, fp, &next);
	if (!st)
		st = ntr_read_u64(env->mem, fp + 8, &ret);
	if (st)
		return ntr_fail(e, st, "frame record at 0x%" PRIx64, fp);
	ret = ntr_unw_strip(NTR_MACHINE_ARM64, ret);
	if (!ret)
		return NTR_END;
	if (exact && lr_is_caller(env, regs, ret)) {
		ntr_reg_set(&r, NTR_A64_PC,
			    ntr_unw_strip(NTR_MACHINE_ARM64, r.r[LR]));
		ntr_reg_forget(&r, LR);
	} else {
		if (ntr_unw_ret(env, ret, &site) == NTR_RET_NO)
			return ntr_fail(e, NTR_UNSUP,
					"0x%" PRIx64 " in the frame record at "
					"0x%" PRIx64 " is no return address",
					ret, fp);
		ntr_reg_set(&r, NTR_A64_PC, ret);
		ntr_reg_set(&r, NTR_A64_FP, next);
		ntr_reg_set(&r, NTR_A64_SP, fp + 16);
	}
	ntr_unw_forget_volatile(&r);
	ntr_unw_forget_saved(&r);
	*regs = r;
	return NTR_OK;
}
