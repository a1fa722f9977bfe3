// SPDX-License-Identifier: Apache-2.0
/*
 * Parameters and locals of a function: children of its DIE and of the blocks
 * that hold the address.  A location is understood when it is one operation:
 * a register, a place relative to one or to the frame's base, an address.
 * Location lists are left alone: the variable then has a name and a type.
 * Source: DWARF 5, 2.6 and 4.1.
 */
#include "dwarf.h"

#include <string.h>

#define ORIGINS 4u /* abstract origins behind one another */

struct scope {
	struct ntr_dw *dw;
	struct ntr_dw_unit *u;
	u64 addr;
	ntr_var_fn *fn;
	void *ctx;
	struct ntr_var base; /* place, reg, off of the frame's base */
	bool stopped;
	u32 seen;
};

/* In the interface's spelling. */
static const char *reg_name(const struct ntr_dw *dw, u64 reg)
{
	const char *s = reg < 128 ? ntr_dw_reg(dw->img->machine,
					       (unsigned)reg) : NULL;

	if (s && !strcmp(s, "x29"))
		return "fp";
	if (s && !strcmp(s, "x30"))
		return "lr";
	return s && *s == '$' ? s + 1 : s;
}

static void in_reg(struct scope *c, struct ntr_var *v, u64 reg)
{
	v->reg = reg_name(c->dw, reg);
	v->place = v->reg ? NTR_VAR_REG : NTR_VAR_UNKNOWN;
}

static void at_reg(struct scope *c, struct ntr_var *v, u64 reg, s64 off)
{
	in_reg(c, v, reg);
	if (v->reg)
		v->place = NTR_VAR_REGREL;
	v->off = off;
}

static void at_base(const struct scope *c, struct ntr_var *v, s64 off)
{
	v->place = c->base.place == NTR_VAR_REG ? NTR_VAR_REGREL :
						  c->base.place;
	v->reg = c->base.reg;
	v->off = (s64)((u64)c->base.off + (u64)off);
}

/* One operation; anything else leaves v where it was: unknown. */
static void locate(struct scope *c, struct ntr_var *v, struct ntr_bin b)
{
	struct ntr_var got = *v;
	u8 op = ntr_bin_byte(&b, "operation");

	if (op >= DW_OP_reg0 && op <= DW_OP_reg31) {
		in_reg(c, &got, (u64)(op - DW_OP_reg0));
	} else if (op >= DW_OP_breg0 && op <= DW_OP_breg31) {
		at_reg(c, &got, (u64)(op - DW_OP_breg0),
		       ntr_bin_sleb(&b, "offset"));
	} else if (op == DW_OP_fbreg) {
		at_base(c, &got, ntr_bin_sleb(&b, "offset"));
	} else if (op == DW_OP_call_frame_cfa) {
		got.place = NTR_VAR_CFA;
	} else if (op == DW_OP_addr) {
		got.place = NTR_VAR_STATIC;
		got.off = (s64)(ntr_bin_uint(&b, c->dw->img->big,
					     c->dw->img->ptr_size, "address") -
				c->dw->img->base);
	}
	if (!b.bad && !ntr_bin_left(&b))
		*v = got;
}

/* The DIE, or the one it stands for, that has the attribute; to be freed
 * unless it is die. */
static Dwarf_Die with(struct ntr_dw *dw, Dwarf_Die die, Dwarf_Half at)
{
	Dwarf_Die cur = die, next;

	for (unsigned i = 0; i < ORIGINS; i++) {
		u64 id;

		if (ntr_dw_has_attr(cur, at))
			return cur;
		id = ntr_dw_ref(dw, cur, DW_AT_abstract_origin);
		if (cur != die)
			ntr_dw_free(cur);
		if (!id || ntr_dw_die(dw, id, &next, NULL))
			return NULL;
		cur = next;
	}
	if (cur != die)
		ntr_dw_free(cur);
	return NULL;
}

static void variable(struct scope *c, Dwarf_Die die, bool param)
{
	struct ntr_var v = { .param = param };
	Dwarf_Die d = with(c->dw, die, DW_AT_name);
	struct ntr_bin b;

	if (d)
		v.name = ntr_dw_string(c->dw, d, DW_AT_name);
	if (d && d != die)
		ntr_dw_free(d);
	d = with(c->dw, die, DW_AT_type);
	if (d)
		v.type = ntr_dw_ref(c->dw, d, DW_AT_type);
	if (d && d != die)
		ntr_dw_free(d);
	if (ntr_dw_expr(c->dw, die, DW_AT_location, &b))
		locate(c, &v, b);
	if (v.name && !c->fn(c->ctx, &v))
		c->stopped = true;
}

struct cover {
	u64 addr;
	bool yes;
};
static enum ntr_st covers(void *ctx, u64 lo, u64 hi)
{
	struct cover *c = ctx;

	c->yes = c->yes || (c->addr >= lo && c->addr < hi);
	return NTR_OK;
}

static bool holds(struct scope *c, Dwarf_Die die)
{
	struct cover v = { .addr = c->addr };

	return ntr_dw_ranges(c->dw, c->u, die, covers, &v) == NTR_OK && v.yes;
}

static void walk(struct scope *c, Dwarf_Die of, unsigned depth)
{
	struct ntr_err e;
	enum ntr_st st;

	for (Dwarf_Die d = ntr_dw_child(c->dw, of, &st, &e); d;
	     d = ntr_dw_next(c->dw, d, &st, &e)) {
		Dwarf_Half tag = ntr_dw_tag(d);

		if (++c->seen > NTR_DW_MAX_DIES)
			c->stopped = true;
		else if (tag == DW_TAG_formal_parameter ||
			 tag == DW_TAG_variable)
			variable(c, d, tag == DW_TAG_formal_parameter);
		else if (tag == DW_TAG_lexical_block &&
			 depth < NTR_DW_MAX_DEPTH && holds(c, d))
			walk(c, d, depth + 1);
		if (c->stopped) {
			ntr_dw_free(d);
			return;
		}
	}
}

enum ntr_st ntr_dw_vars(struct ntr_dw *dw, u64 rva, ntr_var_fn *fn, void *ctx,
			struct ntr_err *e)
{
	struct scope c = { .dw = dw, .addr = rva + dw->img->base, .fn = fn,
			   .ctx = ctx };
	enum ntr_st st;
	const struct ntr_dw_func *f = ntr_dw_find_func(dw, rva, &st, e);
	struct ntr_bin b;
	Dwarf_Die die;

	if (!f)
		return st;
	c.u = ntr_dw_unit_of(dw, f->id);
	if (!c.u)
		return ntr_fail(e, NTR_BAD, "%s: %s is in no unit",
				dw->img->file->name, f->name);
	st = ntr_dw_die(dw, f->id, &die, e);
	if (st)
		return st;
	if (ntr_dw_expr(dw, die, DW_AT_frame_base, &b))
		locate(&c, &c.base, b);
	walk(&c, die, 0);
	ntr_dw_free(die);
	return NTR_OK;
}
