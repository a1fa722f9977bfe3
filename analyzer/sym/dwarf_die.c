// SPDX-License-Identifier: Apache-2.0
/* DIEs and their attributes, each question with a bound. */
#include "dwarf.h"

enum ntr_st ntr_dw_die(struct ntr_dw *dw, u64 id, Dwarf_Die *out,
		       struct ntr_err *e)
{
	enum ntr_st st = ntr_dw_units(dw, e);
	struct ntr_dw_unit *u;
	Dwarf_Error err = NULL;
	int res;

	if (st)
		return st;
	u = ntr_dw_unit_of(dw, id);
	if (!u || u->blank)
		return ntr_fail(e, NTR_BAD, "%s: .debug_info+0x%" PRIx64
				": %s", dw->img->file->name, NTR_DW_OFF(id),
				u ? "the abbreviations of this unit are damaged" :
				    "not inside a unit");
	res = dwarf_offdie_b(dw->dbg, NTR_DW_OFF(id), !(id & NTR_DW_TYPES), out,
			     &err);
	return ntr_dw_failed(dw, res, err, e, ".debug_info", NTR_DW_OFF(id));
}

void ntr_dw_free(Dwarf_Die die)
{
	if (die)
		dwarf_dealloc_die(die);
}

Dwarf_Half ntr_dw_tag(Dwarf_Die die)
{
	Dwarf_Error err = NULL;
	Dwarf_Half tag = 0;

	return dwarf_tag(die, &tag, &err) == DW_DLV_OK ? tag : 0;
}

u64 ntr_dw_id(Dwarf_Die die)
{
	Dwarf_Error err = NULL;
	Dwarf_Off off = 0;

	if (dwarf_dieoffset(die, &off, &err) != DW_DLV_OK)
		return 0;
	return off | (dwarf_get_die_infotypes_flag(die) ? 0 : NTR_DW_TYPES);
}

/* A step forward, or nothing: never back, whatever DW_AT_sibling says. */
static Dwarf_Die step(struct ntr_dw *dw, int res, Dwarf_Die die, Dwarf_Error err,
		      u64 from, enum ntr_st *st, struct ntr_err *e)
{
	*st = NTR_OK;
	if (res == DW_DLV_NO_ENTRY)
		return NULL;
	if (res == DW_DLV_OK && ntr_dw_id(die) > from)
		return die;
	if (res == DW_DLV_OK) {
		ntr_dw_free(die);
		*st = ntr_fail(e, NTR_BAD, "%s: .debug_info+0x%" PRIx64
			       ": the entry behind it lies before it",
			       dw->img->file->name, NTR_DW_OFF(from));
		return NULL;
	}
	*st = ntr_dw_failed(dw, res, err, e, ".debug_info", NTR_DW_OFF(from));
	return NULL;
}

Dwarf_Die ntr_dw_child(struct ntr_dw *dw, Dwarf_Die of, enum ntr_st *st,
		       struct ntr_err *e)
{
	Dwarf_Error err = NULL;
	Dwarf_Die die = NULL;
	int res = dwarf_child(of, &die, &err);

	return step(dw, res, die, err, ntr_dw_id(of), st, e);
}

Dwarf_Die ntr_dw_next(struct ntr_dw *dw, Dwarf_Die cur, enum ntr_st *st,
		      struct ntr_err *e)
{
	Dwarf_Error err = NULL;
	Dwarf_Die die = NULL;
	u64 id = ntr_dw_id(cur);
	int res = dwarf_siblingof_b(dw->dbg, cur, !(id & NTR_DW_TYPES), &die,
				    &err);

	ntr_dw_free(cur);
	return step(dw, res, die, err, id, st, e);
}

/* --- attributes --------------------------------------------------------------- */

bool ntr_dw_ok(struct ntr_dw *dw, int res, Dwarf_Error *err)
{
	if (res == DW_DLV_ERROR && *err)
		dwarf_dealloc_error(dw->dbg, *err);
	*err = NULL;
	return res == DW_DLV_OK;
}

bool ntr_dw_has_attr(Dwarf_Die die, Dwarf_Half at)
{
	Dwarf_Error err = NULL;
	Dwarf_Bool yes = 0;

	return dwarf_hasattr(die, at, &yes, &err) == DW_DLV_OK && yes;
}

static Dwarf_Attribute attr(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at,
			    Dwarf_Half *form)
{
	Dwarf_Error err = NULL;
	Dwarf_Attribute a = NULL;
	int res = dwarf_attr(die, at, &a, &err);

	if (!ntr_dw_ok(dw, res, &err))
		return NULL;
	res = dwarf_whatform(a, form, &err);
	if (ntr_dw_ok(dw, res, &err))
		return a;
	dwarf_dealloc_attribute(a);
	return NULL;
}

const char *ntr_dw_string(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at)
{
	Dwarf_Half form;
	Dwarf_Attribute a = attr(dw, die, at, &form);
	Dwarf_Error err = NULL;
	char *s = NULL;
	int res;

	if (!a)
		return NULL;
	if (form == DW_FORM_GNU_strp_alt || form == DW_FORM_strp_sup) {
		dwarf_dealloc_attribute(a); /* in a file of dwz */
		return NULL;
	}
	res = dwarf_formstring(a, &s, &err);
	dwarf_dealloc_attribute(a);
	return ntr_dw_ok(dw, res, &err) ? s : NULL;
}

bool ntr_dw_flag(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at)
{
	Dwarf_Half form;
	Dwarf_Attribute a = attr(dw, die, at, &form);
	Dwarf_Error err = NULL;
	Dwarf_Bool v = 0;
	int res;

	if (!a)
		return false;
	res = dwarf_formflag(a, &v, &err);
	dwarf_dealloc_attribute(a);
	return ntr_dw_ok(dw, res, &err) && v;
}

static unsigned fixed_width(Dwarf_Half form)
{
	switch (form) {
	case DW_FORM_data1: return 1;
	case DW_FORM_data2: return 2;
	case DW_FORM_data4: return 4;
	case DW_FORM_data8: return 8;
	default: return 0;
	}
}

/* DWARF 2 gave the place of a member as "add n to the address of the struct". */
static bool const_of_expr(const u8 *p, u64 n, struct ntr_dw_const *out)
{
	struct ntr_bin b = ntr_bin_of(p, n, NULL, 0);
	const u8 *op = ntr_bin_take(&b, 1, "operation");

	if (!op)
		return false;
	*out = (struct ntr_dw_const){ 0 };
	if (*op >= DW_OP_lit0 && *op <= DW_OP_lit31)
		out->v = (u64)(*op - DW_OP_lit0);
	else if (*op == DW_OP_plus_uconst || *op == DW_OP_constu)
		out->v = ntr_bin_uleb(&b, "constant");
	else if (*op == DW_OP_consts)
		out->v = (u64)ntr_bin_sleb(&b, "constant");
	else
		return false;
	return !b.bad && !ntr_bin_left(&b);
}

static bool is_expr(Dwarf_Half form)
{
	return form == DW_FORM_exprloc || form == DW_FORM_block ||
	       form == DW_FORM_block1 || form == DW_FORM_block2 ||
	       form == DW_FORM_block4;
}

static bool expr_bytes(struct ntr_dw *dw, Dwarf_Attribute a, Dwarf_Half form,
		       struct ntr_bin *out)
{
	Dwarf_Error err = NULL;
	Dwarf_Block *blk = NULL;
	Dwarf_Unsigned n = 0;
	Dwarf_Ptr p = NULL;

	if (form == DW_FORM_exprloc) {
		if (!ntr_dw_ok(dw, dwarf_formexprloc(a, &n, &p, &err), &err))
			return false;
		*out = ntr_bin_of(p, n, NULL, 0);
		return true;
	}
	if (!ntr_dw_ok(dw, dwarf_formblock(a, &blk, &err), &err))
		return false;
	*out = ntr_bin_of(blk->bl_data, blk->bl_len, NULL, 0);
	dwarf_dealloc(dw->dbg, blk, DW_DLA_BLOCK);
	return true;
}

static bool block(struct ntr_dw *dw, Dwarf_Attribute a, Dwarf_Half form,
		  struct ntr_dw_const *out)
{
	struct ntr_bin b;

	return expr_bytes(dw, a, form, &b) &&
	       const_of_expr(b.pos, ntr_bin_left(&b), out);
}

bool ntr_dw_expr(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at,
		 struct ntr_bin *out)
{
	Dwarf_Half form;
	Dwarf_Attribute a = attr(dw, die, at, &form);
	bool good;

	if (!a)
		return false;
	good = is_expr(form) && expr_bytes(dw, a, form, out);
	dwarf_dealloc_attribute(a);
	return good;
}

static bool constant(struct ntr_dw *dw, Dwarf_Attribute a, Dwarf_Half form,
		     struct ntr_dw_const *out)
{
	Dwarf_Error err = NULL;
	Dwarf_Unsigned u = 0;
	Dwarf_Signed s = 0;
	int res;

	*out = (struct ntr_dw_const){ .width = fixed_width(form) };
	if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
		res = dwarf_formsdata(a, &s, &err);
		out->is_signed = true;
		out->v = (u64)s;
	} else if (out->width || form == DW_FORM_udata) {
		res = dwarf_formudata(a, &u, &err);
		out->v = u;
	} else if (is_expr(form)) {
		return block(dw, a, form, out);
	} else {
		return false;
	}
	return ntr_dw_ok(dw, res, &err);
}

bool ntr_dw_const(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at,
		  struct ntr_dw_const *out)
{
	Dwarf_Half form;
	Dwarf_Attribute a = attr(dw, die, at, &form);
	bool good;

	if (!a)
		return false;
	good = constant(dw, a, form, out);
	dwarf_dealloc_attribute(a);
	return good;
}

bool ntr_dw_u64(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at, u64 *out)
{
	struct ntr_dw_const c;

	if (!ntr_dw_const(dw, die, at, &c))
		return false;
	*out = c.v;
	return true;
}

bool ntr_dw_offset(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at, u64 *out)
{
	Dwarf_Half form;
	Dwarf_Attribute a = attr(dw, die, at, &form);
	Dwarf_Error err = NULL;
	Dwarf_Unsigned u = 0;
	Dwarf_Off off = 0;
	int res = DW_DLV_NO_ENTRY;

	if (!a)
		return false;
	if (form == DW_FORM_sec_offset) {
		res = dwarf_global_formref(a, &off, &err);
	} else if (form == DW_FORM_data4 || form == DW_FORM_data8) {
		res = dwarf_formudata(a, &u, &err); /* before DWARF 4 */
		off = u;
	}
	dwarf_dealloc_attribute(a);
	if (!ntr_dw_ok(dw, res, &err))
		return false;
	*out = off;
	return true;
}

bool ntr_dw_index(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at, u64 *out)
{
	Dwarf_Half form;
	Dwarf_Attribute a = attr(dw, die, at, &form);
	Dwarf_Error err = NULL;
	Dwarf_Unsigned v = 0;
	bool good;

	if (!a)
		return false;
	good = form == DW_FORM_rnglistx &&
	       ntr_dw_ok(dw, dwarf_formudata(a, &v, &err), &err);
	dwarf_dealloc_attribute(a);
	*out = v;
	return good;
}

/* The type unit with this signature. */
static u64 by_signature(struct ntr_dw *dw, u64 sig)
{
	for (size_t i = 0; i < dw->units.n; i++) {
		const struct ntr_dw_unit *u = &dw->units.v[i];

		if (u->type_id && u->sig == sig && !u->blank)
			return ntr_dw_unit_of(dw, u->type_id) == u ?
				       u->type_id : 0;
	}
	return 0;
}

static u64 target(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Attribute a,
		  Dwarf_Half form)
{
	u64 id = ntr_dw_id(die), sig = 0;
	const struct ntr_dw_unit *u = ntr_dw_unit_of(dw, id);
	Dwarf_Error err = NULL;
	Dwarf_Off off = 0;
	Dwarf_Sig8 s;

	switch (form) {
	case DW_FORM_ref_sig8:
		if (!ntr_dw_ok(dw, dwarf_formsig8(a, &s, &err), &err))
			return 0;
		memcpy(&sig, &s, 8);
		return by_signature(dw, sig);
	case DW_FORM_ref_addr:
		return ntr_dw_ok(dw, dwarf_global_formref(a, &off, &err), &err) ? off : 0;
	case DW_FORM_ref1:
	case DW_FORM_ref2:
	case DW_FORM_ref4:
	case DW_FORM_ref8:
	case DW_FORM_ref_udata:
		if (!u || !ntr_dw_ok(dw, dwarf_formref(a, &off, &err), &err) ||
		    off >= u->end - u->start)
			return 0;
		return (id & NTR_DW_TYPES) | (u->start + off);
	default: /* DW_FORM_GNU_ref_alt, DW_FORM_ref_sup: in a file of dwz */
		return 0;
	}
}

u64 ntr_dw_ref(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at)
{
	Dwarf_Half form;
	Dwarf_Attribute a = attr(dw, die, at, &form);
	u64 id;

	if (!a)
		return 0;
	id = target(dw, die, a, form);
	dwarf_dealloc_attribute(a);
	return id;
}
