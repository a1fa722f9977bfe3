// SPDX-License-Identifier: Apache-2.0
/*
 * Stretches of code of a DIE.  Range lists are read here: libdwarf 20210528
 * frees twice when .debug_rnglists is damaged.
 *
 * Source: DWARF 5, 2.17.3 and 7.25 (range lists); DWARF 4, 2.17.3.
 */
#include "dwarf.h"

struct list {
	struct ntr_dw *dw;
	const struct ntr_dw_unit *u;
	struct ntr_bin b;
	u64 base;
	ntr_dw_range_fn *fn;
	void *ctx;
};

static u64 address(struct list *l)
{
	return ntr_bin_uint(&l->b, l->dw->img->big, l->u->addr_size, "address");
}

static bool spend(struct ntr_dw *dw)
{
	return dw->range_work++ < NTR_DW_MAX_RANGES;
}

/* --- .debug_ranges: pairs, relative to a base ------------------------------------- */

static enum ntr_st old_list(struct list *l)
{
	u64 all = l->u->addr_size == 8 ? UINT64_MAX : UINT32_MAX;
	enum ntr_st st = NTR_OK;

	while (!st) {
		u64 lo = address(l), hi = address(l);

		if (l->b.bad)
			return NTR_BAD;
		if (!lo && !hi)
			return NTR_OK;
		if (!spend(l->dw))
			return NTR_LIMIT;
		if (lo == all)
			l->base = hi;
		else
			st = l->fn(l->ctx, l->base + lo, l->base + hi);
	}
	return st;
}

/* --- .debug_rnglists ------------------------------------------------------------------ */

/* Entry n of the unit's part of .debug_addr. */
static u64 indexed(struct list *l, u64 n)
{
	struct ntr_bin b;
	u64 at;

	if (ntr_dw_bytes(l->dw->img, ".debug_addr", &b, NULL) ||
	    __builtin_mul_overflow(n, l->u->addr_size, &at) ||
	    __builtin_add_overflow(at, l->u->addr_base, &at))
		return 0;
	ntr_bin_seek(&b, at, "address");
	return ntr_bin_uint(&b, l->dw->img->big, l->u->addr_size, "address");
}

/* One entry; *lo == *hi: it was no range. false: the end, or damage. */
static bool entry(struct list *l, u64 *lo, u64 *hi)
{
	struct ntr_bin *b = &l->b;

	*lo = *hi = 0;
	switch (ntr_bin_byte(b, "range entry")) {
	case DW_RLE_base_addressx:
		l->base = indexed(l, ntr_bin_uleb(b, "base"));
		break;
	case DW_RLE_startx_endx:
		*lo = indexed(l, ntr_bin_uleb(b, "start"));
		*hi = indexed(l, ntr_bin_uleb(b, "end"));
		break;
	case DW_RLE_startx_length:
		*lo = indexed(l, ntr_bin_uleb(b, "start"));
		*hi = *lo + ntr_bin_uleb(b, "length");
		break;
	case DW_RLE_offset_pair:
		*lo = l->base + ntr_bin_uleb(b, "start");
		*hi = l->base + ntr_bin_uleb(b, "end");
		break;
	case DW_RLE_base_address: l->base = address(l); break;
	case DW_RLE_start_end:
		*lo = address(l);
		*hi = address(l);
		break;
	case DW_RLE_start_length:
		*lo = address(l);
		*hi = *lo + ntr_bin_uleb(b, "length");
		break;
	default: return false; /* DW_RLE_end_of_list */
	}
	return !b->bad;
}

static enum ntr_st new_list(struct list *l)
{
	enum ntr_st st = NTR_OK;
	u64 lo, hi;

	while (!st && entry(l, &lo, &hi)) {
		if (!spend(l->dw))
			return NTR_LIMIT;
		if (lo != hi)
			st = l->fn(l->ctx, lo, hi);
	}
	return st ? st : l->b.bad ? NTR_BAD : NTR_OK;
}

/* The list's offset; DW_FORM_rnglistx is an index into a table of them. */
static bool place(struct list *l, Dwarf_Die die, u64 *off)
{
	struct ntr_bin t = l->b;
	u64 n, at;

	if (ntr_dw_offset(l->dw, die, DW_AT_ranges, off))
		return true;
	if (!ntr_dw_index(l->dw, die, DW_AT_ranges, &n) ||
	    __builtin_mul_overflow(n, l->u->width, &at) ||
	    __builtin_add_overflow(at, l->u->rnglists_base, &at))
		return false;
	ntr_bin_seek(&t, at, "range list");
	*off = l->u->rnglists_base + ntr_bin_uint(&t, l->dw->img->big,
						  l->u->width, "range list");
	return !t.bad;
}

static enum ntr_st listed(struct list *l, Dwarf_Die die)
{
	bool is_new = l->u->version >= 5;
	u64 off;

	if (ntr_dw_bytes(l->dw->img, is_new ? ".debug_rnglists" :
					      ".debug_ranges", &l->b, NULL) ||
	    !place(l, die, &off))
		return NTR_BAD;
	ntr_bin_seek(&l->b, off, "range list");
	return is_new ? new_list(l) : old_list(l);
}

enum ntr_st ntr_dw_ranges(struct ntr_dw *dw, const struct ntr_dw_unit *u,
			  Dwarf_Die die, ntr_dw_range_fn *fn, void *ctx)
{
	struct list l = { dw, u, { 0 }, u->low_pc, fn, ctx };
	enum Dwarf_Form_Class cls = DW_FORM_CLASS_UNKNOWN;
	Dwarf_Error err = NULL;
	Dwarf_Addr lo = 0, hi = 0;
	Dwarf_Half form = 0;

	if (ntr_dw_has_attr(die, DW_AT_ranges))
		return listed(&l, die);
	if (!ntr_dw_ok(dw, dwarf_lowpc(die, &lo, &err), &err) ||
	    !ntr_dw_ok(dw, dwarf_highpc_b(die, &hi, &form, &cls, &err), &err))
		return NTR_ABSENT;
	if (cls == DW_FORM_CLASS_CONSTANT)
		hi += lo;
	return fn(ctx, lo, hi);
}
