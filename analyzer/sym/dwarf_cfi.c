// SPDX-License-Identifier: Apache-2.0
/*
 * Call frame information as the text of uwrec.h: .debug_frame first, then
 * .eh_frame (which stripped files still have).
 *
 * A register that DW_CFA_undefined says is lost reads ".undef"; for the return
 * address that means the outermost frame.  Registers that have no spelling in
 * uwrec.h (vector, floating point) are left out.
 */
#include "dwarf.h"

#include <stdlib.h>

#define NO_RULE 1033 /* set_up_frames() in dwarf.c */
#define TABLE 128u /* columns: x64 has 67 by its ABI, ARM64 96 */

/* --- registers ------------------------------------------------------------------- */

/* System V ABI supplements for i386 and AMD64; MinGW uses the same numbers. */
static const char *const x86_regs[] = {
	"$eax", "$ecx", "$edx", "$ebx", "$esp", "$ebp", "$esi", "$edi", "$eip",
};
static const char *const x64_regs[] = {
	"$rax", "$rdx", "$rcx", "$rbx", "$rsi", "$rdi", "$rbp", "$rsp", "$r8",
	"$r9", "$r10", "$r11", "$r12", "$r13", "$r14", "$r15", "$rip",
};
/* DWARF for the Arm 64-bit Architecture, 4.1 */
static const char *const arm64_regs[] = {
	"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10",
	"x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20",
	"x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30",
	"sp",
};

const char *ntr_dw_reg(u32 machine, unsigned reg)
{
	switch (machine) {
	case NTR_MACHINE_X86:
		return reg < NTR_COUNT(x86_regs) ? x86_regs[reg] : NULL;
	case NTR_MACHINE_AMD64:
		return reg < NTR_COUNT(x64_regs) ? x64_regs[reg] : NULL;
	case NTR_MACHINE_ARM64:
		return reg < NTR_COUNT(arm64_regs) ? arm64_regs[reg] : NULL;
	default:
		return NULL;
	}
}

/* --- the index of descriptions ------------------------------------------------------ */

/* A linker that drops a function leaves its description at address 0 or so. */
static bool in_code(const struct ntr_dw_image *img, u64 lo)
{
	for (size_t i = 0; i < img->code.n; i++)
		if (lo >= img->code.v[i].lo && lo < img->code.v[i].hi)
			return true;
	return !img->code.n;
}

static int fde_lo(const void *a, const void *b)
{
	const struct ntr_dw_fde *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return x->hi < y->hi ? -1 : x->hi > y->hi;
}

static enum ntr_st index_frames(struct ntr_dw *dw, struct ntr_dw_frames *f,
				struct ntr_err *e)
{
	for (Dwarf_Signed i = 0; i < f->nfdes; i++) {
		Dwarf_Error err = NULL;
		Dwarf_Addr lo = 0;
		Dwarf_Unsigned len = 0, blen = 0;
		Dwarf_Ptr bytes;
		Dwarf_Off cie_off, off;
		Dwarf_Signed cie;
		struct ntr_dw_fde *n;
		int res = dwarf_get_fde_range(f->fdes[i], &lo, &len, &bytes,
					      &blen, &cie_off, &cie, &off,
					      &err);

		if (res == DW_DLV_ERROR)
			dwarf_dealloc_error(dw->dbg, err);
		if (res != DW_DLV_OK || !len || lo < dw->img->base ||
		    !in_code(dw->img, lo) || lo + len < lo)
			continue;
		n = ntr_vec_add(&f->index);
		if (!n)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		*n = (struct ntr_dw_fde){ .lo = lo, .hi = lo + len,
					  .fde = f->fdes[i] };
	}
	if (f->index.n)
		qsort(f->index.v, f->index.n, sizeof(*f->index.v), fde_lo);
	return NTR_OK;
}

static enum ntr_st load(struct ntr_dw *dw, bool eh, struct ntr_err *e)
{
	const char *name = eh ? ".eh_frame" : ".debug_frame";
	struct ntr_dw_frames *f = &dw->frames[eh];
	Dwarf_Error err = NULL;
	struct ntr_bin b;
	enum ntr_st st;
	int res;

	st = ntr_dw_bytes(dw->img, name, &b, e);
	if (st)
		return st;
	st = ntr_dw_need(dw, e);
	if (st)
		return st;
	res = eh ? dwarf_get_fde_list_eh(dw->dbg, &f->cies, &f->ncies, &f->fdes,
					 &f->nfdes, &err) :
		   dwarf_get_fde_list(dw->dbg, &f->cies, &f->ncies, &f->fdes,
				      &f->nfdes, &err);
	if (res != DW_DLV_OK) {
		f->fdes = NULL;
		return ntr_dw_failed(dw, res, err, e, name, 0);
	}
	return index_frames(dw, f, e);
}

/* Damage in one of the two sections does not take the other with it. */
static enum ntr_st load_both(struct ntr_dw *dw, struct ntr_err *e)
{
	struct ntr_err e2;
	enum ntr_st a = load(dw, false, e), b = load(dw, true, &e2);

	if (!a || !b)
		return NTR_OK;
	if (a == NTR_ABSENT && e)
		*e = e2;
	return a == NTR_ABSENT ? b : a;
}

static struct ntr_dw_fde *find(struct ntr_dw_frames *f, u64 addr)
{
	size_t lo = 0, hi = f->index.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->index.v[mid].lo <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && addr < f->index.v[lo - 1].hi ? &f->index.v[lo - 1] : NULL;
}

/* --- one description ------------------------------------------------------------------ */

struct cie {
	unsigned ra;
	bool ok;
};

/* Do the n bytes lie in one of the two sections?  Of a damaged description
 * libdwarf gives a start behind its end. */
static bool inside(struct ntr_dw *dw, const u8 *p, u64 n)
{
	static const char *const names[2] = { ".debug_frame", ".eh_frame" };

	for (int i = 0; i < 2; i++) {
		const struct ntr_dw_sect *s = ntr_dw_sect(dw->img, names[i]);

		if (s && s->data && p >= s->data && p <= s->data + s->size &&
		    n <= (u64)(s->data + s->size - p))
			return true;
	}
	return false;
}

/* Its instructions and those it begins with are well formed: libdwarf is not
 * asked otherwise. */
static struct cie look(struct ntr_dw *dw, struct ntr_dw_fde *f)
{
	struct cie c = { 0 };
	Dwarf_Error err = NULL;
	Dwarf_Cie cie = NULL;
	Dwarf_Unsigned n = 0, ca = 0, len = 0, flen = 0;
	Dwarf_Small version = 0;
	Dwarf_Half ra = 0, osize = 0;
	Dwarf_Signed da = 0;
	Dwarf_Ptr ins = NULL, fins = NULL;
	char *aug = NULL;

	if (dwarf_get_cie_of_fde(f->fde, &cie, &err) != DW_DLV_OK ||
	    dwarf_get_cie_info_b(cie, &n, &version, &aug, &ca, &da, &ra, &ins,
				 &len, &osize, &err) != DW_DLV_OK ||
	    dwarf_get_fde_instr_bytes(f->fde, &fins, &flen, &err) != DW_DLV_OK) {
		if (err)
			dwarf_dealloc_error(dw->dbg, err);
		return c;
	}
	c.ra = ra;
	if (!f->safe && !f->bad) {
		f->safe = inside(dw, ins, len) && inside(dw, fins, flen) &&
			  ntr_dw_check_cfa(ins, len, dw->img->ptr_size) &&
			  ntr_dw_check_cfa(fins, flen, dw->img->ptr_size);
		f->bad = !f->safe;
	}
	c.ok = f->safe;
	return c;
}

/* --- rules ------------------------------------------------------------------------------- */

static void offset(struct ntr_dw_text *t, s64 off)
{
	ntr_dw_put(t, "%" PRIu64 " %c ", off < 0 ? -(u64)off : (u64)off,
		   off < 0 ? '-' : '+');
}

static enum ntr_st cfa_rule(struct ntr_dw *dw, const Dwarf_Regtable_Entry3 *r,
			    struct ntr_dw_text *t, struct ntr_err *e)
{
	const char *reg = ntr_dw_reg(dw->img->machine, r->dw_regnum);

	ntr_dw_put(t, ".cfa: ");
	if (r->dw_value_type == DW_EXPR_EXPRESSION ||
	    r->dw_value_type == DW_EXPR_VAL_EXPRESSION)
		return ntr_dw_postfix(dw->img, (const u8 *)r->dw_block_ptr,
				      r->dw_offset_or_block_len, false, t, e);
	if (!reg)
		return ntr_fail(e, NTR_UNSUP, "%s: the frame hangs on register "
				"%u", dw->img->file->name, r->dw_regnum);
	ntr_dw_put(t, "%s ", reg);
	offset(t, (Dwarf_Signed)r->dw_offset_or_block_len);
	return NTR_OK;
}

/* What follows "name: ". */
static enum ntr_st value(struct ntr_dw *dw, const Dwarf_Regtable_Entry3 *r,
			 struct ntr_dw_text *t, struct ntr_err *e)
{
	s64 off = (Dwarf_Signed)r->dw_offset_or_block_len;
	const char *reg = ntr_dw_reg(dw->img->machine, r->dw_regnum);
	enum ntr_st st;

	switch (r->dw_value_type) {
	case DW_EXPR_EXPRESSION:
	case DW_EXPR_VAL_EXPRESSION:
		st = ntr_dw_postfix(dw->img, (const u8 *)r->dw_block_ptr,
				    r->dw_offset_or_block_len, true, t, e);
		if (!st && r->dw_value_type == DW_EXPR_EXPRESSION)
			ntr_dw_put(t, "^ ");
		return st;
	case DW_EXPR_VAL_OFFSET:
		ntr_dw_put(t, ".cfa ");
		offset(t, off);
		return NTR_OK;
	default:
		break;
	}
	if (r->dw_offset_relevant) {
		ntr_dw_put(t, ".cfa ");
		offset(t, off);
		ntr_dw_put(t, "^ ");
	} else if (reg) {
		ntr_dw_put(t, "%s ", reg);
	} else {
		return ntr_fail(e, NTR_UNSUP, "%s: a register saved in register "
				"%u", dw->img->file->name, r->dw_regnum);
	}
	return NTR_OK;
}

static bool is(const Dwarf_Regtable_Entry3 *r, unsigned what)
{
	return r->dw_value_type == DW_EXPR_OFFSET && !r->dw_offset_relevant &&
	       r->dw_regnum == what;
}

/* No rule for a return address that is a register of its own (x30): the value
 * is still there. */
static enum ntr_st return_address(struct ntr_dw *dw, unsigned ra,
				  const Dwarf_Regtable_Entry3 *r,
				  struct ntr_dw_text *t, struct ntr_err *e)
{
	const char *name = ntr_dw_reg(dw->img->machine, ra);

	ntr_dw_put(t, ".ra: ");
	if (is(r, DW_FRAME_UNDEFINED_VAL)) {
		ntr_dw_put(t, ".undef ");
		return NTR_OK;
	}
	if (!is(r, NO_RULE) && !is(r, DW_FRAME_SAME_VAL))
		return value(dw, r, t, e);
	if (!name)
		return ntr_fail(e, NTR_UNSUP, "%s: a return address in register "
				"%u", dw->img->file->name, ra);
	ntr_dw_put(t, "%s ", name);
	return NTR_OK;
}

static enum ntr_st render(struct ntr_dw *dw, unsigned ra,
			  const Dwarf_Regtable3 *table, struct ntr_dw_text *t,
			  struct ntr_err *e)
{
	enum ntr_st st = cfa_rule(dw, &table->rt3_cfa_rule, t, e);

	if (!st)
		st = return_address(dw, ra, &table->rt3_rules[ra], t, e);
	for (unsigned i = 0; i < TABLE && !st; i++) {
		const Dwarf_Regtable_Entry3 *r = &table->rt3_rules[i];
		const char *name = ntr_dw_reg(dw->img->machine, i);

		if (!name || i == ra || is(r, NO_RULE) ||
		    is(r, DW_FRAME_SAME_VAL))
			continue;
		ntr_dw_put(t, "%s: ", name);
		if (is(r, DW_FRAME_UNDEFINED_VAL))
			ntr_dw_put(t, ".undef ");
		else
			st = value(dw, r, t, e);
	}
	if (!st && t->full)
		st = ntr_fail(e, NTR_LIMIT, "%s: frame rules of more than %zu "
			      "letters", dw->img->file->name, t->size);
	if (t->n && t->p[t->n - 1] == ' ')
		t->p[--t->n] = 0;
	return st;
}

/* The addresses for which the same rules hold. */
static void row_bounds(struct ntr_dw *dw, const struct ntr_dw_fde *f, u64 addr,
		       u64 *lo, u64 *hi)
{
	Dwarf_Error err = NULL;
	Dwarf_Small type;
	Dwarf_Signed rel, reg, off;
	Dwarf_Ptr block;
	Dwarf_Addr row = 0, next = 0;
	Dwarf_Bool more = 0;
	int res = dwarf_get_fde_info_for_cfa_reg3_b(f->fde, addr, &type, &rel,
						    &reg, &off, &block, &row,
						    &more, &next, &err);

	*lo = f->lo;
	*hi = f->hi;
	if (res == DW_DLV_ERROR)
		dwarf_dealloc_error(dw->dbg, err);
	if (res != DW_DLV_OK || row < f->lo || row > addr)
		return;
	*lo = row;
	if (more && next > addr && next <= f->hi)
		*hi = next;
}

static enum ntr_st describe(struct ntr_dw *dw, struct ntr_dw_fde *f, u64 addr,
			    struct ntr_uwrec *out, struct ntr_err *e)
{
	Dwarf_Regtable_Entry3 rules[TABLE];
	Dwarf_Regtable3 table = { .rt3_reg_table_size = TABLE,
				  .rt3_rules = rules };
	struct ntr_uwrec u = { .kind = NTR_UW_CFI };
	struct ntr_dw_text t = { .p = u.cfi, .size = sizeof(u.cfi) };
	struct cie c = look(dw, f);
	Dwarf_Error err = NULL;
	Dwarf_Addr row = 0;
	enum ntr_st st;
	u64 lo, hi;
	int res;

	if (!c.ok || c.ra >= TABLE)
		return ntr_fail(e, NTR_BAD, "%s: the frame instructions for 0x%"
				PRIx64 " are damaged", dw->img->file->name,
				f->lo);
	memset(rules, 0, sizeof(rules));
	res = dwarf_get_fde_info_for_all_regs3(f->fde, addr, &table, &row, &err);
	if (res != DW_DLV_OK)
		return ntr_dw_failed(dw, res, err, e, "frame", addr);
	st = render(dw, c.ra, &table, &t, e);
	if (st)
		return st;
	row_bounds(dw, f, addr, &lo, &hi);
	u.rva = lo - dw->img->base;
	u.size = hi - lo;
	*out = u;
	return NTR_OK;
}

/* Stacks come through the same few return addresses again and again, and
 * libdwarf runs the instructions anew each time. */
struct ntr_dw_recent {
	u64 addr;
	struct ntr_uwrec rec; /* kind NONE: empty */
};
#define RECENT 64u

static struct ntr_dw_recent *slot(struct ntr_dw *dw, u64 addr)
{
	return &dw->recent[(addr ^ addr >> 6 ^ addr >> 12) % RECENT];
}

static bool cached(struct ntr_dw *dw, u64 addr, struct ntr_uwrec *out)
{
	const struct ntr_dw_recent *r = dw->recent ? slot(dw, addr) : NULL;

	if (!r || r->addr != addr || r->rec.kind == NTR_UW_NONE)
		return false;
	*out = r->rec;
	return true;
}

static void remember(struct ntr_dw *dw, u64 addr, const struct ntr_uwrec *rec)
{
	if (!dw->recent)
		dw->recent = ntr_arena_array(dw->arena, RECENT,
					     sizeof(*dw->recent));
	if (dw->recent)
		*slot(dw, addr) = (struct ntr_dw_recent){ addr, *rec };
}

enum ntr_st ntr_dw_unwind(struct ntr_dw *dw, u64 rva, struct ntr_uwrec *out,
			  struct ntr_err *e)
{
	u64 addr = rva + dw->img->base;
	struct ntr_err mine;
	struct ntr_dw_fde *f;
	enum ntr_st st;

	if (!e)
		e = &mine;
	st = dw->frames_known.done ?
		     ntr_dw_again(&dw->frames_known, e) :
		     ntr_dw_keep(&dw->frames_known, load_both(dw, e), e);
	if (st)
		return st;
	if (cached(dw, addr, out))
		return NTR_OK;
	if (!ntr_dw_reg(dw->img->machine, 0))
		return ntr_fail(e, NTR_UNSUP, "%s: no unwinding for machine 0x%x",
				dw->img->file->name, dw->img->machine);
	f = find(&dw->frames[0], addr);
	if (!f)
		f = find(&dw->frames[1], addr);
	if (!f)
		return ntr_fail(e, NTR_ABSENT, "%s: no frame description at "
				"+0x%" PRIx64, dw->img->file->name, rva);
	st = describe(dw, f, addr, out, e);
	if (!st)
		remember(dw, addr, out);
	return st;
}
