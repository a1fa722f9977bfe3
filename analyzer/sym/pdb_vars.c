// SPDX-License-Identifier: Apache-2.0
/*
 * Parameters and locals: the records between a procedure and its end.  Older
 * compilers give one record a variable (S_BPREL32, S_REGREL32, S_REGISTER);
 * newer ones S_LOCAL, followed by where it is in which stretch of the code.
 * Blocks and inlined functions nest; those that do not hold the address are
 * passed over.
 * Source: microsoft-pdb include/cvinfo.h; the order of fields verified against
 * llvm-pdbutil.
 */
#include "pdb.h"

#include "../fmt/dump.h"

#include <string.h>

#define VFRAME_PTR 4 /* the virtual frame is where the return address is */

struct scope {
	struct ntr_pdb *p;
	u32 src;            /* the address asked for */
	ntr_var_fn *fn;
	void *ctx;
	bool in;            /* inside the procedure */
	unsigned depth, skip; /* open blocks; from which one on they do not
				 hold the address, 0: all do */
	u32 frame;          /* bytes of the frame */
	unsigned base[2];   /* what locals, parameters hang on: coded */
	bool pending;       /* var is a S_LOCAL whose place may follow */
	struct ntr_var var;
	bool stopped;
};

/* CodeView's numbers of registers (cvinfo.h, CV_HREG_e). */
static const char *reg_name(u32 machine, u16 reg)
{
	static const char *const x86[] = { "eax", "ecx", "edx", "ebx",
					   "esp", "ebp", "esi", "edi" };
	static const char *const x64[] = { "rax", "rbx", "rcx", "rdx",
					   "rsi", "rdi", "rbp", "rsp",
					   "r8",  "r9",  "r10", "r11",
					   "r12", "r13", "r14", "r15" };
	static const char *const x64_as32[] = { "rax", "rcx", "rdx", "rbx",
						"rsp", "rbp", "rsi", "rdi" };
	static const char *const a64[] = {
		"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9",
		"x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18",
		"x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27",
		"x28", "fp", "lr", "sp",
	};

	if (machine == NTR_MACHINE_X86)
		return reg >= 17 && reg < 25 ? x86[reg - 17] : NULL;
	if (machine == NTR_MACHINE_ARM64)
		return reg >= 50 && reg < 82 ? a64[reg - 50] : NULL;
	if (machine != NTR_MACHINE_AMD64)
		return NULL;
	if (reg >= 328 && reg < 344)
		return x64[reg - 328];
	if (reg >= 17 && reg < 25)
		return x64_as32[reg - 17];
	return reg >= 360 && reg < 368 ? x64[reg - 360 + 8] : NULL;
}

/* What S_FRAMEPROC's two bits say a variable hangs on; NULL: the CFA. */
static bool frame_base(const struct scope *c, bool param, const char **reg)
{
	static const char *const x86[] = { NULL, NULL, "ebp", "ebx" };
	static const char *const x64[] = { NULL, "rsp", "rbp", "r13" };
	static const char *const a64[] = { NULL, "sp", "fp", NULL };
	unsigned b = c->base[param];

	if (!b)
		return false;
	*reg = c->p->dbi.machine == NTR_MACHINE_X86 ? x86[b] :
	       c->p->dbi.machine == NTR_MACHINE_AMD64 ? x64[b] : a64[b];
	return *reg || (c->p->dbi.machine == NTR_MACHINE_X86 && b == 1);
}

static void give(struct scope *c, const struct ntr_var *v)
{
	if (!c->stopped && v->name && *v->name && !c->fn(c->ctx, v))
		c->stopped = true;
}

static void flush(struct scope *c)
{
	if (c->pending)
		give(c, &c->var);
	c->pending = false;
}

/* --- one record a variable --------------------------------------------------------- */

static void bprel(struct scope *c, u16 kind, struct ntr_bin rec)
{
	struct ntr_var v = { .place = NTR_VAR_REGREL, .reg = "ebp" };

	v.off = (s32)ntr_bin_u32(&rec, "offset");
	v.type = kind == NTR_S_BPREL32_16T ? ntr_bin_u16(&rec, "type") :
					     ntr_bin_u32(&rec, "type");
	v.name = ntr_pdb_rec_name(c->p, kind, &rec);
	v.param = v.off >= 8; /* behind the caller's ebp and the return address */
	if (!rec.bad)
		give(c, &v);
}

/* Parameters have their homes above the frame. */
static void regrel(struct scope *c, u16 kind, struct ntr_bin rec)
{
	struct ntr_var v = { .place = NTR_VAR_REGREL };

	v.off = (s32)ntr_bin_u32(&rec, "offset");
	v.type = ntr_bin_u32(&rec, "type");
	v.reg = reg_name(c->p->dbi.machine, ntr_bin_u16(&rec, "register"));
	v.name = ntr_pdb_rec_name(c->p, kind, &rec);
	if (!v.reg)
		v.place = NTR_VAR_UNKNOWN;
	else if (!strcmp(v.reg, "rsp"))
		v.param = c->frame && v.off > (s64)c->frame;
	else
		v.param = !strcmp(v.reg, "ebp") && v.off >= 8;
	if (!rec.bad)
		give(c, &v);
}

static void in_register(struct scope *c, u16 kind, struct ntr_bin rec)
{
	struct ntr_var v = { .place = NTR_VAR_REG };

	v.type = ntr_bin_u32(&rec, "type");
	v.reg = reg_name(c->p->dbi.machine, ntr_bin_u16(&rec, "register"));
	v.name = ntr_pdb_rec_name(c->p, kind, &rec);
	if (!v.reg)
		v.place = NTR_VAR_UNKNOWN;
	if (!rec.bad)
		give(c, &v);
}

/* --- S_LOCAL and its ranges ----------------------------------------------------------- */

static void local(struct scope *c, struct ntr_bin rec)
{
	struct ntr_var v = { .place = NTR_VAR_UNKNOWN };

	v.type = ntr_bin_u32(&rec, "type");
	v.param = ntr_bin_u16(&rec, "flags") & 1;
	v.name = ntr_pdb_cstr(&rec);
	c->pending = !rec.bad;
	c->var = v;
}

/* Does the range, less its gaps, hold the address? */
static bool range_holds(const struct scope *c, struct ntr_bin *rec)
{
	u32 off = ntr_bin_u32(rec, "offset of a range"), at;
	u16 seg = ntr_bin_u16(rec, "section of a range");
	u16 len = ntr_bin_u16(rec, "length of a range");

	if (rec->bad || !ntr_pdb_src(c->p, seg, off, &at) || c->src < at ||
	    c->src - at >= len)
		return false;
	while (ntr_bin_left(rec) >= 4) {
		u16 gap = ntr_bin_u16(rec, "gap");
		u16 n = ntr_bin_u16(rec, "length of a gap");

		if (c->src - at >= gap && c->src - at - gap < n)
			return false;
	}
	return true;
}

static void at_frame(struct scope *c, s32 off)
{
	if (!frame_base(c, c->var.param, &c->var.reg))
		return;
	c->var.place = c->var.reg ? NTR_VAR_REGREL : NTR_VAR_CFA;
	c->var.off = c->var.reg ? off : off - VFRAME_PTR;
}

static void defrange(struct scope *c, u16 kind, struct ntr_bin rec)
{
	bool by_reg = kind == NTR_S_DEFRANGE_REGISTER ||
		      kind == NTR_S_DEFRANGE_REG_REL;
	const char *reg = NULL;
	s32 off = 0;

	if (by_reg) {
		reg = reg_name(c->p->dbi.machine,
			       ntr_bin_u16(&rec, "register"));
		ntr_bin_skip(&rec, 2, "flags");
	}
	if (kind != NTR_S_DEFRANGE_REGISTER)
		off = (s32)ntr_bin_u32(&rec, "offset");
	if (rec.bad || (kind != NTR_S_DEFRANGE_FP_REL_FULL &&
			!range_holds(c, &rec)))
		return;
	if (!by_reg) {
		at_frame(c, off);
	} else if (reg) {
		c->var.place = kind == NTR_S_DEFRANGE_REGISTER ?
				       NTR_VAR_REG : NTR_VAR_REGREL;
		c->var.reg = reg;
		c->var.off = off;
	}
}

/* --- scopes ----------------------------------------------------------------------------- */

static void frameproc(struct scope *c, struct ntr_bin rec)
{
	u32 flags;

	c->frame = ntr_bin_u32(&rec, "bytes of the frame");
	ntr_bin_skip(&rec, 18, "frame");
	flags = ntr_bin_u32(&rec, "flags of the frame");
	if (rec.bad)
		return;
	c->base[0] = flags >> 14 & 3;
	c->base[1] = flags >> 16 & 3;
}

static void open_block(struct scope *c, u16 kind, struct ntr_bin rec)
{
	u32 len, off, at;
	u16 seg;

	c->depth++;
	if (c->skip)
		return;
	if (kind == NTR_S_INLINESITE || kind == NTR_S_INLINESITE2) {
		c->skip = c->depth;
		return;
	}
	ntr_bin_skip(&rec, 8, "links of a block");
	len = ntr_bin_u32(&rec, "length of a block");
	off = ntr_bin_u32(&rec, "offset of a block");
	seg = ntr_bin_u16(&rec, "section of a block");
	if (rec.bad || !ntr_pdb_src(c->p, seg, off, &at) || c->src < at ||
	    c->src - at >= len)
		c->skip = c->depth;
}

/* False: the procedure ends. */
static bool close_block(struct scope *c)
{
	if (!c->depth)
		return false;
	if (c->skip == c->depth)
		c->skip = 0;
	c->depth--;
	return true;
}

static void variable(struct scope *c, u16 kind, struct ntr_bin rec)
{
	switch (kind) {
	case NTR_S_BPREL32: case NTR_S_BPREL32_ST: case NTR_S_BPREL32_16T:
		bprel(c, kind, rec);
		break;
	case NTR_S_REGREL32: case NTR_S_REGREL32_ST:
		regrel(c, kind, rec);
		break;
	case NTR_S_REGISTER: case NTR_S_REGISTER_ST:
		in_register(c, kind, rec);
		break;
	case NTR_S_LOCAL:
		local(c, rec);
		break;
	case NTR_S_FRAMEPROC:
		frameproc(c, rec);
		break;
	default:
		break;
	}
}

/* One record inside the procedure; false: it is over. */
static bool inside(struct scope *c, u16 kind, struct ntr_bin rec)
{
	if (kind >= NTR_S_DEFRANGE_REGISTER && kind <= NTR_S_DEFRANGE_REG_REL) {
		if (c->pending && kind != NTR_S_DEFRANGE_SUBFIELD_REG)
			defrange(c, kind, rec);
		return true;
	}
	flush(c);
	switch (kind) {
	case NTR_S_BLOCK32: case NTR_S_BLOCK32_ST:
	case NTR_S_INLINESITE: case NTR_S_INLINESITE2:
		open_block(c, kind, rec);
		return true;
	case NTR_S_END: case NTR_S_PROC_ID_END: case NTR_S_INLINESITE_END:
		return close_block(c);
	default:
		if (!c->skip)
			variable(c, kind, rec);
		return !c->stopped;
	}
}

enum ntr_st ntr_pdb_vars(struct ntr_symsrc *s, u64 rva, ntr_var_fn *fn,
			 void *ctx, struct ntr_err *e)
{
	struct ntr_pdb *p = ntr_pdb_of(s);
	struct scope c = { .p = p, .fn = fn, .ctx = ctx };
	struct ntr_pdb_sym sym;
	struct ntr_bin b, rec;
	enum ntr_st st = ntr_pdb_need_sections(p, e);
	u16 kind;
	u32 m;

	if (!st)
		st = ntr_pdb_need_contribs(p, e);
	if (st)
		return st;
	if (rva > UINT32_MAX || !ntr_pdb_to_src(p, (u32)rva, &c.src) ||
	    !ntr_pdb_mod_at(p, c.src, &m))
		return ntr_fail(e, NTR_ABSENT, "%s: no function at +0x%" PRIx64,
				p->msf.file->name, rva);
	st = ntr_pdb_mod_records(p, m, &b, e);
	if (st)
		return st;
	while (ntr_pdb_rec_next(&b, &kind, &rec)) {
		if (c.in && !inside(&c, kind, rec))
			break;
		if (!c.in)
			c.in = ntr_pdb_sym_of(p, kind, rec, &sym) && sym.size &&
			       sym.src <= c.src && c.src - sym.src < sym.size;
	}
	flush(&c);
	return c.in ? NTR_OK :
		      ntr_fail(e, NTR_ABSENT, "%s: no function at +0x%" PRIx64,
			       p->msf.file->name, rva);
}
