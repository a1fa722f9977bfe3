// SPDX-License-Identifier: Apache-2.0
/*
 * x64 without unwind data: the code from the return address on, followed to
 * its return.  Kernel triage dumps have no image pages, but their writer
 * stores 256 bytes at most pointers found on the stack, so the end of many
 * functions is there.
 *
 * Only sp and the saved registers are followed, and of the registers only
 * what an epilogue does with them.  How deep the stack is at an instruction
 * does not depend on the path that leads there, so any path to a return will
 * do: fall through first, and where that ends in missing or impossible bytes
 * take the nearest branch passed.
 */
#include "../base/record.h"
#include "unw_int.h"

#define MAX_INSNS 600u
#define MAX_BRANCHES 24u
#define MAX_JUMPS 16u
#define FETCH 256u
#define INSN_MAX 15u
#define MAX_FRAME 0x6000u /* a kernel stack */
#define HOME_AREA 0x20u   /* of four arguments, above the return address */
#define ARGS_AREA 0x48u   /* the same and five arguments more */

struct state {
	u64 ip, sp;
	struct ntr_regs r;
	bool epilog; /* the last instruction released stack */
	bool call;   /* the last instruction was a call */
};

/* A branch not taken: only what differs along a path. */
struct branch {
	u64 ip, sp;
};

struct run {
	const struct ntr_unw_env *env;
	const struct ntr_unw_module *m;
	u64 start_sp;
	struct state s;
	struct branch todo[MAX_BRANCHES];
	unsigned ntodo, jumps;
	bool nonsense; /* bytes that are no code, where code must go on */
	struct ntr_x64_hint *hint;
	u64 restored; /* where the last saved register was loaded from */
	u8 buf[FETCH];
	u64 buf_va;
	size_t buf_len;
};

enum result { GO_ON, RETURNED, DEAD };

/* Bytes at ip; fewer than an instruction can have when they end there. */
static const u8 *fetch(struct run *x, size_t *left)
{
	u64 off = x->s.ip - x->buf_va;

	if (off >= x->buf_len ||
	    (x->buf_len == FETCH && FETCH - off < INSN_MAX)) {
		x->buf_va = x->s.ip;
		x->buf_len = ntr_space_read_some(x->m->code, x->s.ip, x->buf,
						 FETCH);
		off = 0;
	}
	*left = x->buf_len - (size_t)off;
	return x->buf + off;
}

static s64 disp_of(const u8 *p, const struct ntr_x64_insn *in)
{
	if (in->disp_len == 1)
		return (signed char)p[in->disp_off];
	return in->disp_len == 4 ? (s32)ntr_load_u32(p + in->disp_off) : 0;
}

static s64 imm_of(const u8 *p, const struct ntr_x64_insn *in)
{
	if (in->imm_len == 1)
		return (signed char)p[in->imm_off];
	return in->imm_len == 4 ? (s32)ntr_load_u32(p + in->imm_off) : 0;
}

static unsigned reg_field(const struct ntr_x64_insn *in)
{
	return (in->modrm >> 3 & 7u) + (in->rex & 4 ? 8 : 0);
}

static unsigned rm_field(const struct ntr_x64_insn *in)
{
	return (in->modrm & 7u) + (in->rex & 1 ? 8 : 0);
}

/* Value of a register here; sp is kept apart. */
static bool value(const struct run *x, unsigned reg, u64 *v)
{
	if (reg == NTR_X64_RSP)
		*v = x->s.sp;
	else if (ntr_reg_known(&x->s.r, reg))
		*v = x->s.r.r[reg];
	else
		return false;
	return true;
}

static void assign(struct run *x, unsigned reg, bool known, u64 v)
{
	if (reg == NTR_X64_RSP)
		x->s.sp = v;
	else if (known)
		ntr_reg_set(&x->s.r, reg, v);
	else
		ntr_reg_forget(&x->s.r, reg);
}

/* Address of a memory operand [base + disp] without an index. */
static bool address(const struct run *x, const u8 *p,
		    const struct ntr_x64_insn *in, u64 *va)
{
	unsigned mod = in->modrm >> 6, base = rm_field(in);
	u64 v;

	if (mod == 3 || (mod == 0 && (in->modrm & 7) == 5))
		return false;
	if ((in->modrm & 7) == 4) {
		u8 sib = p[in->disp_off - 1];

		if ((sib >> 3 & 7) != 4 || in->rex & 2 ||
		    (mod == 0 && (sib & 7) == 5))
			return false;
		base = (sib & 7u) + (in->rex & 1 ? 8 : 0);
	}
	if (!value(x, base, &v))
		return false;
	*va = v + (u64)disp_of(p, in);
	return true;
}

static bool is_frame_base(const struct run *x, const u8 *p,
			  const struct ntr_x64_insn *in)
{
	unsigned base = rm_field(in);

	if ((in->modrm & 7) == 4 && in->modrm >> 6 != 3)
		base = (p[in->disp_off - 1] & 7u) + (in->rex & 1 ? 8 : 0);
	/* rbp may point anywhere, into an outer frame as well; compilers set
	 * a frame pointer to odd places to have short displacements */
	return base == NTR_X64_RSP ||
	       (base == NTR_X64_RBP && ntr_reg_known(&x->s.r, NTR_X64_RBP) &&
		(x->s.r.r[NTR_X64_RBP] & 7));
}

/* The function uses [base + disp]: its own local, the home area of its
 * register arguments, or an argument on the stack, but not the place of its
 * return address. */
static void note_use(struct run *x, const u8 *p, const struct ntr_x64_insn *in)
{
	struct ntr_x64_hint *h = x->hint;
	bool writes = in->map ? in->op != 0x10 && in->op != 0x28 &&
					in->op != 0x6f :
				in->op != 0x8b && in->op != 0x3b &&
					in->op != 0x83;
	u64 va, low;

	if (!address(x, p, in, &va) || !is_frame_base(x, p, in) ||
	    va < x->start_sp || va - x->start_sp >= MAX_FRAME)
		return;
	if (h->n < NTR_COUNT(h->used))
		h->used[h->n++] = va & ~UINT64_C(7);
	low = va > ARGS_AREA ? (va & ~UINT64_C(7)) - ARGS_AREA : 0;
	if (writes && low > h->floor)
		h->floor = low;
}

/* Saved registers come back from the home area in one go. */
static void note_restore(struct run *x, u64 va)
{
	if (x->restored && (va == x->restored + 8 || va == x->restored - 8) &&
	    va > x->start_sp + HOME_AREA && va - HOME_AREA > x->hint->floor)
		x->hint->floor = va - HOME_AREA;
	x->restored = va;
}

/* What this very path pushed is not in the dump: the register that is
 * popped there is the one that was pushed, so it keeps its value. */
static void load_reg(struct run *x, unsigned reg, u64 va)
{
	u64 v = 0;
	bool ok;

	if (va < x->start_sp)
		return;
	ok = !ntr_read_u64(x->env->mem, va, &v);
	assign(x, reg, ok, v);
}

static enum result do_stack_op(struct run *x, const struct ntr_x64_insn *in)
{
	unsigned reg = (in->op & 7u) + (in->rex & 1 ? 8 : 0);

	if (in->op >= 0x58) {
		if (reg == NTR_X64_RSP)
			return DEAD;
		load_reg(x, reg, x->s.sp);
		x->s.sp += 8;
		x->s.epilog = true;
	} else {
		x->s.sp -= 8;
	}
	return GO_ON;
}

/* add/sub/and rsp, imm */
static enum result do_arith(struct run *x, const u8 *p,
			    const struct ntr_x64_insn *in)
{
	unsigned what = in->modrm >> 3 & 7;

	if (in->modrm >> 6 != 3 || rm_field(in) != NTR_X64_RSP || what == 7)
		return GO_ON;
	if (!(in->rex & 8) || (what != 0 && what != 5))
		return DEAD;
	if (what == 0) {
		x->s.sp += (u64)imm_of(p, in);
		x->s.epilog = true;
	} else {
		x->s.sp -= (u64)imm_of(p, in);
	}
	return GO_ON;
}

static enum result do_lea(struct run *x, const u8 *p,
			  const struct ntr_x64_insn *in)
{
	unsigned reg = reg_field(in);
	bool known;
	u64 va = 0;

	if (!(in->rex & 8))
		return reg == NTR_X64_RSP ? DEAD : GO_ON;
	known = address(x, p, in, &va);
	if (reg != NTR_X64_RSP && reg != NTR_X64_RBP && reg != NTR_X64_R11)
		note_use(x, p, in);
	if (reg == NTR_X64_RSP) {
		if (!known)
			return DEAD;
		x->s.epilog = va > x->s.sp;
	}
	/* fp set up from something else than sp stays what it was */
	if (known || reg == NTR_X64_R11)
		assign(x, reg, known, va);
	return GO_ON;
}

static bool is_saved(unsigned reg)
{
	return reg == NTR_X64_RBX || reg == NTR_X64_RBP ||
	       reg == NTR_X64_RSI || reg == NTR_X64_RDI || reg >= NTR_X64_R12;
}

/* mov reg, [base+disp] and mov reg, reg: saved registers coming back. */
static enum result do_mov(struct run *x, const u8 *p,
			  const struct ntr_x64_insn *in)
{
	unsigned to = reg_field(in);
	u64 v;

	note_use(x, p, in);
	if (!(in->rex & 8))
		return GO_ON;
	if (in->modrm >> 6 == 3) {
		unsigned from = rm_field(in);

		if (in->op == 0x89) {
			from = reg_field(in);
			to = rm_field(in);
		}
		if (to == NTR_X64_RSP) {
			if (!value(x, from, &v))
				return DEAD;
			x->s.epilog = v > x->s.sp;
			x->s.sp = v;
		} else if (from == NTR_X64_RSP) {
			assign(x, to, true, x->s.sp);
		}
		return GO_ON;
	}
	if (in->op == 0x89)
		return GO_ON;
	if (to == NTR_X64_RSP)
		return DEAD;
	if (address(x, p, in, &v) && v >= x->start_sp) {
		load_reg(x, to, v);
		if (is_saved(to))
			note_restore(x, v);
	}
	return GO_ON;
}

static bool seen(const struct run *x, u64 ip)
{
	for (unsigned i = 0; i < x->ntodo; i++)
		if (x->todo[i].ip == ip)
			return true;
	return false;
}

/* Remember where a forward branch goes. */
static void note_branch(struct run *x, u64 to)
{
	if (to <= x->s.ip || x->ntodo == MAX_BRANCHES || seen(x, to))
		return;
	x->todo[x->ntodo++] = (struct branch){ to, x->s.sp };
}

/* Behind a jump, or a lone int3 behind a call that does not return, the
 * function goes on, unless there is padding. */
static void note_rest(struct run *x, u64 next)
{
	u8 c[2];

	if (ntr_space_read(x->m->code, next, c, 2, NULL) ||
	    (c[0] == 0xcc && c[1] == 0xcc))
		return;
	note_branch(x, next);
}

static enum result do_jump(struct run *x, u64 to, u64 next)
{
	if (x->s.epilog && x->s.sp >= x->start_sp &&
	    (to < x->s.ip || to - x->s.ip > 0x1000))
		return RETURNED; /* a tail call: the callee returns for us */
	if (x->jumps++ == MAX_JUMPS)
		return DEAD;
	note_rest(x, next);
	x->s.ip = to;
	return GO_ON;
}

/* FF /2 call, /4 jmp, /6 push; the rest does not touch sp. */
static enum result do_group5(struct run *x, const struct ntr_x64_insn *in)
{
	switch (in->modrm >> 3 & 7) {
	case 4:
		return x->s.epilog ? RETURNED : DEAD;
	case 6:
		x->s.sp -= 8;
		return GO_ON;
	case 3:
	case 5:
	case 7:
		return DEAD;
	default:
		return GO_ON;
	}
}

static enum result do_map0(struct run *x, const u8 *p,
			   const struct ntr_x64_insn *in, u64 next)
{
	u8 op = in->op;

	if (op >= 0x50 && op <= 0x5f)
		return do_stack_op(x, in);
	if (op >= 0x70 && op <= 0x7f) {
		note_branch(x, next + (u64)imm_of(p, in));
		return GO_ON;
	}
	switch (op) {
	case 0x81:
	case 0x83:
		return do_arith(x, p, in);
	case 0x8d:
		return do_lea(x, p, in);
	case 0x88:
	case 0xc6:
	case 0xc7:
	case 0x38:
	case 0x39:
	case 0x3a:
	case 0x3b:
		note_use(x, p, in);
		return GO_ON;
	case 0x89:
	case 0x8b:
		return do_mov(x, p, in);
	case 0xc2:
	case 0xc3:
		return RETURNED;
	case 0xe9:
	case 0xeb:
		return do_jump(x, next + (u64)imm_of(p, in), next);
	case 0xff:
		return do_group5(x, in);
	case 0x68:
	case 0x6a:
	case 0x9c:
		x->s.sp -= 8;
		return GO_ON;
	case 0x9d:
		x->s.sp += 8;
		return GO_ON;
	case 0xcc:
		if (p[1] != 0xcc)
			note_rest(x, next);
		return DEAD;
	case 0xcd:
	case 0xcf:
	case 0xf4:
	case 0xc8:
	case 0xc9:
	case 0xca:
	case 0xcb:
		return DEAD;
	default:
		return GO_ON;
	}
}

/* The rest that writes to rsp: op r/m64, r64 with rsp as destination. */
static bool writes_sp(const struct ntr_x64_insn *in)
{
	u8 op = in->op;

	if (in->map || !in->has_modrm)
		return false;
	if (op < 0x40 && (op & 7) == 3 && op >> 3 != 7)
		return reg_field(in) == NTR_X64_RSP;
	if (op < 0x40 && (op & 7) == 1 && op >> 3 != 7)
		return in->modrm >> 6 == 3 && rm_field(in) == NTR_X64_RSP;
	return op == 0x87 && in->modrm >> 6 == 3 &&
	       (rm_field(in) == NTR_X64_RSP || reg_field(in) == NTR_X64_RSP);
}

static bool is_call(const struct ntr_x64_insn *in)
{
	return in->map == 0 &&
	       (in->op == 0xe8 ||
		(in->op == 0xff && (in->modrm >> 3 & 7) == 2));
}

static enum result step(struct run *x)
{
	struct ntr_x64_insn in;
	bool was_epilog = x->s.epilog;
	enum result res = GO_ON;
	size_t left;
	const u8 *p = fetch(x, &left);
	u64 at = x->s.ip, next;

	if (!ntr_x64_decode(p, left, &in)) {
		/* only a call that does not return has no code behind it */
		x->nonsense |= left >= INSN_MAX && !x->s.call;
		return DEAD;
	}
	if (writes_sp(&in))
		return DEAD;
	next = at + in.len;
	x->s.call = is_call(&in);
	if (in.map == 0 && in.op != 0xe9 && in.op != 0xeb && in.op != 0xff)
		x->s.epilog = false;
	if (in.map == 0)
		res = do_map0(x, p, &in, next);
	else if (in.map == 1 && in.op >= 0x80 && in.op <= 0x8f && !in.has_modrm)
		note_branch(x, next + (u64)imm_of(p, &in));
	else if (in.map == 1 && (in.op == 0x10 || in.op == 0x11 ||
				 in.op == 0x28 || in.op == 0x29 ||
				 in.op == 0x6f || in.op == 0x7f))
		note_use(x, p, &in);
	else if (in.map == 1 && (in.op == 0x07 || in.op == 0x0b ||
				 in.op == 0x05))
		res = DEAD; /* sysret, ud2, syscall */
	/* loads of saved registers stand among the releases */
	if (was_epilog && in.map == 0 && in.op == 0x8b)
		x->s.epilog = true;
	if (res == GO_ON && x->s.ip == at)
		x->s.ip = next;
	return res;
}

/* Take back to the nearest branch; false: none left. */
static bool backtrack(struct run *x, const struct ntr_regs *regs)
{
	if (!x->ntodo)
		return false;
	x->ntodo--;
	x->s.ip = x->todo[x->ntodo].ip;
	x->s.sp = x->todo[x->ntodo].sp;
	x->s.r = *regs;
	x->s.epilog = false;
	x->s.call = false;
	return true;
}

static bool run_to_return(struct run *x, const struct ntr_regs *regs)
{
	unsigned left = MAX_INSNS, *effort = x->env->effort;

	for (; left && (!effort || *effort); left--) {
		enum result res = step(x);

		if (effort)
			--*effort;
		if (res == RETURNED && x->s.sp >= x->start_sp &&
		    !(x->s.sp & 7))
			return true;
		if (x->nonsense || (res != GO_ON && !backtrack(x, regs)))
			return false;
	}
	return false;
}

enum ntr_st ntr_unw_step_code_x64(const struct ntr_unw_env *env,
				  const struct ntr_unw_module *m,
				  struct ntr_regs *regs, bool exact,
				  struct ntr_x64_hint *hint, struct ntr_err *e)
{
	static const u8 lost[] = { NTR_X64_RAX, NTR_X64_RCX, NTR_X64_RDX,
				   NTR_X64_R8,	NTR_X64_R9,  NTR_X64_R10,
				   NTR_X64_R11, NTR_X64_RFLAGS };
	struct run x = { .env = env, .m = m, .start_sp = regs->sp,
			 .hint = hint };
	struct ntr_ret_site site;
	u64 ret;

	*hint = (struct ntr_x64_hint){ .floor = regs->sp };
	if (!exact) /* it has made a call, so it has made room for one */
		hint->floor += HOME_AREA;
	/* regs->ip may stand behind a call */
	x.s = (struct state){ regs->ip, regs->sp, *regs, false, true };
	if (!run_to_return(&x, regs))
		return ntr_fail(e, x.nonsense ? NTR_BAD : NTR_UNSUP,
				"code from 0x%" PRIx64 " leads to no return",
				regs->ip);
	if (!exact && x.s.sp < x.start_sp + HOME_AREA)
		return ntr_fail(e, NTR_BAD,
				"code from 0x%" PRIx64 " has no room for calls",
				regs->ip);
	if (ntr_read_u64(env->mem, x.s.sp, &ret))
		return ntr_fail(e, NTR_ABSENT,
				"return address at 0x%" PRIx64 " is not in "
				"the dump", x.s.sp);
	if ((x.s.sp & 15) != 8 ||
	    ntr_unw_ret(env, ret, &site) == NTR_RET_NO)
		return ntr_fail(e, NTR_BAD,
				"code from 0x%" PRIx64 " returns to 0x%" PRIx64,
				regs->ip, ret);
	for (unsigned i = 0; i < NTR_COUNT(lost); i++)
		ntr_reg_forget(&x.s.r, lost[i]);
	ntr_reg_set(&x.s.r, NTR_X64_RIP, ret);
	ntr_reg_set(&x.s.r, NTR_X64_RSP, x.s.sp + 8);
	*regs = x.s.r;
	return NTR_OK;
}
