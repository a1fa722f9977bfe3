// SPDX-License-Identifier: Apache-2.0
/*
 * What libdwarf 20210528 trusts, looked at first: unit headers, abbreviation
 * tables, call frame instructions.  A unit whose header
 * is sound but whose abbreviations are not is blanked in memory (its DIEs
 * become null entries); where a header itself is damaged the section ends.
 *
 * Sources: DWARF 5 standard, 6.4.2 (call frame instructions), 7.5 (units and
 * abbreviations); the limits in dwarf.h.
 */
#include "dwarf.h"

#include <stdlib.h>

u64 ntr_bin_uleb(struct ntr_bin *b, const char *what)
{
	u64 v = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		const u8 *p = ntr_bin_take(b, 1, what);

		if (!p)
			return 0;
		if (shift < 64)
			v |= (u64)(*p & 0x7f) << shift;
		if (!(*p & 0x80))
			return v;
	}
	ntr_bin_poison(b, 1, what);
	return 0;
}

s64 ntr_bin_sleb(struct ntr_bin *b, const char *what)
{
	u64 v = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		const u8 *p = ntr_bin_take(b, 1, what);

		if (!p)
			return 0;
		if (shift < 64)
			v |= (u64)(*p & 0x7f) << shift;
		if (*p & 0x80)
			continue;
		if ((*p & 0x40) && shift + 7 < 64)
			v |= ~UINT64_C(0) << (shift + 7);
		return (s64)v;
	}
	ntr_bin_poison(b, 1, what);
	return 0;
}

u8 ntr_bin_byte(struct ntr_bin *b, const char *what)
{
	const u8 *p = ntr_bin_take(b, 1, what);

	return p ? *p : 0;
}

u64 ntr_bin_uint(struct ntr_bin *b, bool big, unsigned width,
		   const char *what)
{
	switch (width) {
	case 1: return ntr_bin_byte(b, what);
	case 2: return big ? ntr_bin_be16(b, what) : ntr_bin_u16(b, what);
	case 4: return big ? ntr_bin_be32(b, what) : ntr_bin_u32(b, what);
	default: return big ? ntr_bin_be64(b, what) : ntr_bin_u64(b, what);
	}
}

/* unit_length: how many bytes follow it. *width: of an offset, 4 or 8. */
u64 ntr_dw_length(struct ntr_bin *b, bool big, unsigned *width)
{
	u64 n = ntr_bin_uint(b, big, 4, "unit length");

	*width = 4;
	if (n == 0xffffffff) {
		*width = 8;
		n = ntr_bin_uint(b, big, 8, "unit length");
	}
	return n;
}

/* --- abbreviations ------------------------------------------------------------- */

/* Forms of DWARF 2 to 5 and the GNU ones of split and supplementary files.
 * DW_FORM_indirect is not among them: nobody writes it, and a chain of them
 * recurses in libdwarf once per byte. */
static bool known_form(u64 f)
{
	return (f >= DW_FORM_addr && f <= DW_FORM_addrx4 && f != 0x02 &&
		f != DW_FORM_indirect) ||
	       (f >= DW_FORM_GNU_addr_index && f <= DW_FORM_GNU_str_index) ||
	       (f >= DW_FORM_GNU_ref_alt && f <= DW_FORM_GNU_strp_alt);
}

/* DW_AT_sibling only saves time, and one that points back makes libdwarf skip
 * children forever. It becomes an attribute that means nothing. */
static void hide_sibling(u8 *table, u64 off)
{
	table[off] = (u8)((table[off] & 0x80) | 0x04);
}

/* One declaration, behind its code. */
static bool abbrev_ok(struct ntr_bin *b, u8 *table)
{
	ntr_bin_uleb(b, "tag");
	ntr_bin_byte(b, "children");
	for (unsigned n = 0; n <= NTR_DW_MAX_ATTRS && !b->bad; n++) {
		u64 off = ntr_bin_off(b);
		u64 at = ntr_bin_uleb(b, "attribute");
		u64 form = ntr_bin_uleb(b, "form");

		if (!at && !form)
			return !b->bad;
		if (!known_form(form) || !at || at > 0xffff)
			return false;
		if (at == DW_AT_sibling)
			hide_sibling(table, off);
		if (form == DW_FORM_implicit_const)
			ntr_bin_sleb(b, "constant");
	}
	return false;
}

static bool table_ok(struct ntr_dw *dw, u64 off)
{
	struct ntr_bin b;
	u64 budget;
	u8 *table;

	if (ntr_dw_bytes(dw->img, ".debug_abbrev", &b, NULL))
		return false;
	table = ntr_dw_sect(dw->img, ".debug_abbrev")->data;
	budget = 8 * (u64)ntr_bin_left(&b) + (1u << 20);
	ntr_bin_seek(&b, off, "abbreviations");
	while (!b.bad) {
		u64 code, before = ntr_bin_off(&b);

		/* A table at the very end may lack its last 0: there are
		 * zeros behind every section. */
		if (!ntr_bin_left(&b))
			return true;
		code = ntr_bin_uleb(&b, "abbreviation code");
		if (!code)
			return !b.bad;
		if (code > 0xffffffff || !abbrev_ok(&b, table))
			return false;
		dw->abbrev_work += ntr_bin_off(&b) - before;
		if (dw->abbrev_work > budget)
			return false;
	}
	return false;
}

/* Units come with tables in rising order or with one that was seen just now:
 * a sorted list, mostly appended to. */
static bool abbrevs_ok(struct ntr_dw *dw, u64 off)
{
	size_t lo = 0, hi = dw->tables.n;
	u64 *p;
	bool ok;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (dw->tables.v[mid] >> 1 == off)
			return !(dw->tables.v[mid] & 1);
		if (dw->tables.v[mid] >> 1 < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	ok = table_ok(dw, off);
	p = ntr_vec_add(&dw->tables);
	if (!p)
		return false;
	memmove(&dw->tables.v[lo + 1], &dw->tables.v[lo],
		(dw->tables.n - 1 - lo) * sizeof(*p));
	dw->tables.v[lo] = off << 1 | !ok;
	return ok;
}

/* --- units ------------------------------------------------------------------------ */

static bool header(struct ntr_dw *dw, struct ntr_bin *b, bool types,
		   struct ntr_dw_unit *u)
{
	bool big = dw->img->big;
	unsigned width;
	u64 len, flag = types ? NTR_DW_TYPES : 0;

	*u = (struct ntr_dw_unit){ .types = types, .start = ntr_bin_off(b),
				   .kind = types ? DW_UT_type :
						   DW_UT_compile };
	len = ntr_dw_length(b, big, &width);
	if (b->bad || len > ntr_bin_left(b) || len < 7)
		return false;
	u->end = ntr_bin_off(b) + len;
	u->width = (u8)width;
	u->version = (u16)ntr_bin_uint(b, big, 2, "version");
	if (u->version < 2 || u->version > 5 || (types && u->version != 4))
		return false;
	if (u->version == 5) {
		u->kind = ntr_bin_byte(b, "unit type");
		u->addr_size = ntr_bin_byte(b, "address size");
		u->abbrev = ntr_bin_uint(b, big, width, "abbreviations");
	} else {
		u->abbrev = ntr_bin_uint(b, big, width, "abbreviations");
		u->addr_size = ntr_bin_byte(b, "address size");
	}
	if (u->kind == DW_UT_type || u->kind == DW_UT_split_type) {
		const u8 *p = ntr_bin_take(b, 8, "signature");

		if (p)
			memcpy(&u->sig, p, 8);
		u->type_id = flag | (u->start +
				     ntr_bin_uint(b, big, width, "type offset"));
	} else if (u->kind == DW_UT_skeleton || u->kind == DW_UT_split_compile) {
		ntr_bin_skip(b, 8, "unit id");
		u->split = true;
	}
	u->id = flag | ntr_bin_off(b);
	return !b->bad && u->kind >= DW_UT_compile &&
	       u->kind <= DW_UT_split_type &&
	       (u->addr_size == 4 || u->addr_size == 8) &&
	       NTR_DW_OFF(u->id) <= u->end;
}

/* Null entries only, and abbreviations at 0: libdwarf passes over it. */
static void blank(struct ntr_dw_sect *s, struct ntr_dw_unit *u)
{
	u64 abbrev = u->start + (u->width == 8 ? 12 : 4) +
		     (u->version == 5 ? 4 : 2);

	u->blank = true;
	memset(s->data + abbrev, 0, u->width);
	memset(s->data + NTR_DW_OFF(u->id), 0, u->end - NTR_DW_OFF(u->id));
}

/* The abbreviation a unit begins with must be there: libdwarf reads the unit's
 * DIE while it looks at the header. */
static void look(struct ntr_dw *dw, struct ntr_dw_sect *s, bool types)
{
	struct ntr_bin b = ntr_bin_of(s->data, s->size, s->name, 0);

	while (ntr_bin_left(&b)) {
		struct ntr_dw_unit u, *n;
		u64 at = ntr_bin_off(&b);

		if (!header(dw, &b, types, &u)) {
			s->size = at; /* what follows cannot be found */
			memset(s->data + at, 0, NTR_DW_PAD);
			return;
		}
		if (!abbrevs_ok(dw, u.abbrev))
			blank(s, &u);
		n = ntr_vec_add(&dw->units);
		if (!n)
			return;
		*n = u;
		ntr_bin_seek(&b, u.end, "next unit");
	}
}

static enum ntr_st find_units(struct ntr_dw *dw, struct ntr_err *e)
{
	static const char *const names[2] = { ".debug_info", ".debug_types" };
	enum ntr_st st;
	struct ntr_bin b;

	for (int i = 0; i < 2; i++) {
		st = ntr_dw_bytes(dw->img, names[i], &b, e);
		if (st == NTR_ABSENT && i)
			break;
		if (st)
			return st;
		look(dw, ntr_dw_sect(dw->img, names[i]), i);
		if (!i)
			dw->ninfo = dw->units.n;
	}
	if (!dw->units.n)
		return ntr_fail(e, NTR_BAD, "%s: .debug_info+0x0: no unit of "
				"DWARF 2 to 5", dw->img->file->name);
	return ntr_dw_need(dw, e);
}

enum ntr_st ntr_dw_units(struct ntr_dw *dw, struct ntr_err *e)
{
	struct ntr_err mine;

	if (dw->units_known.done)
		return ntr_dw_again(&dw->units_known, e);
	if (!e)
		e = &mine;
	return ntr_dw_keep(&dw->units_known, find_units(dw, e), e);
}

struct ntr_dw_unit *ntr_dw_unit_of(struct ntr_dw *dw, u64 id)
{
	bool types = id & NTR_DW_TYPES;
	size_t lo = types ? dw->ninfo : 0, hi = types ? dw->units.n : dw->ninfo;
	u64 off = NTR_DW_OFF(id);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct ntr_dw_unit *u = &dw->units.v[mid];

		if (off < u->start)
			hi = mid;
		else if (off >= u->end)
			lo = mid + 1;
		else
			return off >= NTR_DW_OFF(u->id) ? u : NULL;
	}
	return NULL;
}

/* --- call frame instructions ----------------------------------------------------------- */

/* Operands of the instructions that have no operand in their first byte:
 * u uleb, s sleb, b block, 1 2 4 8 bytes, a address; upper case: not known. */
static const char *const cfa_operands[] = {
	[DW_CFA_nop] = "",
	[DW_CFA_set_loc] = "a",
	[DW_CFA_advance_loc1] = "1",
	[DW_CFA_advance_loc2] = "2",
	[DW_CFA_advance_loc4] = "4",
	[DW_CFA_offset_extended] = "uu",
	[DW_CFA_restore_extended] = "u",
	[DW_CFA_undefined] = "u",
	[DW_CFA_same_value] = "u",
	[DW_CFA_register] = "uu",
	[DW_CFA_remember_state] = "",
	[DW_CFA_restore_state] = "",
	[DW_CFA_def_cfa] = "uu",
	[DW_CFA_def_cfa_register] = "u",
	[DW_CFA_def_cfa_offset] = "u",
	[DW_CFA_def_cfa_expression] = "b",
	[DW_CFA_expression] = "ub",
	[DW_CFA_offset_extended_sf] = "us",
	[DW_CFA_def_cfa_sf] = "us",
	[DW_CFA_def_cfa_offset_sf] = "s",
	[DW_CFA_val_offset] = "uu",
	[DW_CFA_val_offset_sf] = "us",
	[DW_CFA_val_expression] = "ub",
	[DW_CFA_MIPS_advance_loc8] = "8",
	[DW_CFA_GNU_window_save] = "",
	[DW_CFA_GNU_args_size] = "u",
	[DW_CFA_GNU_negative_offset_extended] = "uu",
};

static bool operands_ok(struct ntr_bin *b, const char *ops, unsigned ptr_size)
{
	for (; *ops && !b->bad; ops++) {
		const char *what = "operand";

		switch (*ops) {
		case 'u': ntr_bin_uleb(b, what); break;
		case 's': ntr_bin_sleb(b, what); break;
		case 'a': ntr_bin_skip(b, ptr_size, what); break;
		case 'b': ntr_bin_skip(b, ntr_bin_uleb(b, what), what); break;
		default: ntr_bin_skip(b, (size_t)(*ops - '0'), what); break;
		}
	}
	return !b->bad;
}

bool ntr_dw_check_cfa(const u8 *p, size_t n, unsigned ptr_size)
{
	struct ntr_bin b = ntr_bin_of(p, n, NULL, 0);
	unsigned remembered = 0;

	while (ntr_bin_left(&b)) {
		u8 op = ntr_bin_byte(&b, "instruction");

		if ((op & 0xc0) == DW_CFA_offset)
			ntr_bin_uleb(&b, "offset");
		if (op & 0xc0) {
			if (b.bad)
				return false;
			continue;
		}
		if (op >= NTR_COUNT(cfa_operands) || !cfa_operands[op] ||
		    !operands_ok(&b, cfa_operands[op], ptr_size))
			return false;
		if (op == DW_CFA_remember_state && ++remembered > 64)
			return false;
		if (op == DW_CFA_restore_state && !remembered--)
			return false;
	}
	return true;
}
