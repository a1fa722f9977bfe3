// SPDX-License-Identifier: Apache-2.0
/*
 * What libdwarf 20210528 trusts, looked at first: unit headers, abbreviation
 * tables, line program headers, call frame instructions.  A unit whose header
 * is sound but whose abbreviations are not is blanked in memory (its DIEs
 * become null entries); where a header itself is damaged the section ends.
 *
 * Sources: DWARF 5 standard, 6.2.4 (line header), 6.4.2 (call frame
 * instructions), 7.5 (units and abbreviations); the limits in dwarf.h.
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

static u8 byte(struct ntr_bin *b, const char *what)
{
	const u8 *p = ntr_bin_take(b, 1, what);

	return p ? *p : 0;
}

static u64 uint_of(struct ntr_bin *b, bool big, unsigned width,
		   const char *what)
{
	switch (width) {
	case 1: return byte(b, what);
	case 2: return big ? ntr_bin_be16(b, what) : ntr_bin_u16(b, what);
	case 4: return big ? ntr_bin_be32(b, what) : ntr_bin_u32(b, what);
	default: return big ? ntr_bin_be64(b, what) : ntr_bin_u64(b, what);
	}
}

/* unit_length: how many bytes follow it. *width: of an offset, 4 or 8. */
static u64 length_of(struct ntr_bin *b, bool big, unsigned *width)
{
	u64 n = uint_of(b, big, 4, "unit length");

	*width = 4;
	if (n == 0xffffffff) {
		*width = 8;
		n = uint_of(b, big, 8, "unit length");
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

/* One declaration, behind its code. */
static bool abbrev_ok(struct ntr_bin *b)
{
	ntr_bin_uleb(b, "tag");
	byte(b, "children");
	for (unsigned n = 0; n <= NTR_DW_MAX_ATTRS && !b->bad; n++) {
		u64 at = ntr_bin_uleb(b, "attribute");
		u64 form = ntr_bin_uleb(b, "form");

		if (!at && !form)
			return !b->bad;
		if (!known_form(form) || !at || at > 0xffff)
			return false;
		if (form == DW_FORM_implicit_const)
			ntr_bin_sleb(b, "constant");
	}
	return false;
}

static bool table_ok(struct ntr_dw *dw, u64 off)
{
	struct ntr_bin b;
	u64 budget;

	if (ntr_dw_bytes(dw->img, ".debug_abbrev", &b, NULL))
		return false;
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
		if (code > 0xffffffff || !abbrev_ok(&b))
			return false;
		dw->abbrev_work += ntr_bin_off(&b) - before;
		if (dw->abbrev_work > budget)
			return false;
	}
	return false;
}

/* Units come with tables in rising order or with one that was seen just now:
 * a sorted list, mostly appended to. */
bool ntr_dw_abbrev_ok(struct ntr_dw *dw, u64 off)
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
	len = length_of(b, big, &width);
	if (b->bad || len > ntr_bin_left(b) || len < 7)
		return false;
	u->end = ntr_bin_off(b) + len;
	u->version = (u16)uint_of(b, big, 2, "version");
	if (u->version < 2 || u->version > 5 || (types && u->version != 4))
		return false;
	if (u->version == 5) {
		u->kind = byte(b, "unit type");
		u->addr_size = byte(b, "address size");
		u->abbrev = uint_of(b, big, width, "abbreviations");
	} else {
		u->abbrev = uint_of(b, big, width, "abbreviations");
		u->addr_size = byte(b, "address size");
	}
	if (u->kind == DW_UT_type || u->kind == DW_UT_split_type) {
		const u8 *p = ntr_bin_take(b, 8, "signature");

		if (p)
			memcpy(&u->sig, p, 8);
		u->type_id = flag | (u->start +
				     uint_of(b, big, width, "type offset"));
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
		if (!ntr_dw_abbrev_ok(dw, u.abbrev)) {
			u.blank = true;
			memset(s->data + NTR_DW_OFF(u.id), 0,
			       u.end - NTR_DW_OFF(u.id));
		}
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

/* --- line programs ------------------------------------------------------------------ */

/* A value of a DWARF 5 directory or file entry. */
static bool skip_form(struct ntr_bin *b, u64 form, unsigned width, bool big)
{
	const char *what = "file entry";

	switch (form) {
	case DW_FORM_string:
		while (!b->bad && byte(b, what))
			;
		break;
	case DW_FORM_line_strp:
	case DW_FORM_strp:
	case DW_FORM_strp_sup: ntr_bin_skip(b, width, what); break;
	case DW_FORM_udata:
	case DW_FORM_strx: ntr_bin_uleb(b, what); break;
	case DW_FORM_data1:
	case DW_FORM_strx1: ntr_bin_skip(b, 1, what); break;
	case DW_FORM_data2:
	case DW_FORM_strx2: ntr_bin_skip(b, 2, what); break;
	case DW_FORM_strx3: ntr_bin_skip(b, 3, what); break;
	case DW_FORM_data4:
	case DW_FORM_strx4: ntr_bin_skip(b, 4, what); break;
	case DW_FORM_data8: ntr_bin_skip(b, 8, what); break;
	case DW_FORM_data16: ntr_bin_skip(b, 16, what); break;
	case DW_FORM_block1: ntr_bin_skip(b, byte(b, what), what); break;
	case DW_FORM_block2:
		ntr_bin_skip(b, uint_of(b, big, 2, what), what);
		break;
	case DW_FORM_block4:
		ntr_bin_skip(b, uint_of(b, big, 4, what), what);
		break;
	case DW_FORM_block: ntr_bin_skip(b, ntr_bin_uleb(b, what), what); break;
	default: return false;
	}
	return !b->bad;
}

/* Directories or files of a DWARF 5 header. */
static bool entries_ok(struct ntr_bin *b, unsigned width, bool big)
{
	unsigned nform = byte(b, "entry formats");
	u64 form[16], kinds = 0, n;

	if (nform > NTR_COUNT(form))
		return false;
	for (unsigned i = 0; i < nform; i++) {
		u64 kind = ntr_bin_uleb(b, "content type");

		form[i] = ntr_bin_uleb(b, "content form");
		if (kind < 64 && kinds >> kind & 1)
			return false;
		kinds |= kind < 64 ? UINT64_C(1) << kind : 0;
	}
	n = ntr_bin_uleb(b, "entry count");
	if (b->bad || (n && !(kinds >> DW_LNCT_path & 1)) ||
	    n > ntr_bin_left(b))
		return false;
	for (u64 k = 0; k < n; k++)
		for (unsigned i = 0; i < nform; i++)
			if (!skip_form(b, form[i], width, big))
				return false;
	return true;
}

/* The older form: strings up to an empty one, then the same with numbers. */
static bool names_ok(struct ntr_bin *b)
{
	for (int files = 0; files < 2; files++) {
		while (!b->bad) {
			if (!byte(b, "name"))
				break;
			while (!b->bad && byte(b, "name"))
				;
			for (int i = 0; files && i < 3; i++)
				ntr_bin_uleb(b, "file entry");
		}
	}
	return !b->bad;
}

static bool line_header_ok(struct ntr_bin *b, unsigned width, bool big,
			   u64 *program)
{
	u64 v = uint_of(b, big, 2, "version"), hlen, start;
	unsigned base;

	if (v < 2 || v > 5)
		return false;
	if (v == 5) {
		u8 addr = byte(b, "address size");

		if ((addr != 4 && addr != 8) || byte(b, "segment size"))
			return false;
	}
	hlen = uint_of(b, big, width, "header length");
	start = ntr_bin_off(b);
	if (b->bad || hlen > ntr_bin_left(b))
		return false;
	*program = start + hlen;
	ntr_bin_skip(b, 1, "minimum length");
	if (v >= 4 && !byte(b, "operations per instruction"))
		return false;
	ntr_bin_skip(b, 2, "line base");
	if (!byte(b, "line range"))
		return false;
	base = byte(b, "opcode base");
	if (b->bad || !base)
		return false;
	ntr_bin_skip(b, base - 1, "opcode lengths");
	if (v < 5)
		return names_ok(b) && ntr_bin_off(b) <= *program;
	return entries_ok(b, width, big) && entries_ok(b, width, big) &&
	       ntr_bin_off(b) <= *program;
}

enum ntr_st ntr_dw_check_line(struct ntr_dw *dw, u64 off, u64 *len,
			      struct ntr_err *e)
{
	struct ntr_bin b;
	enum ntr_st st = ntr_dw_bytes(dw->img, ".debug_line", &b, e);
	u64 all, n, program;
	unsigned width;

	if (st)
		return st;
	all = ntr_bin_left(&b);
	ntr_bin_seek(&b, off, "line program");
	n = length_of(&b, dw->img->big, &width);
	if (b.bad || n > ntr_bin_left(&b))
		return ntr_fail(e, NTR_BAD, "%s: .debug_line+0x%" PRIx64
				": a line program of 0x%" PRIx64
				" bytes in 0x%" PRIx64, dw->img->file->name,
				off, n, all);
	b.end = b.pos + n;
	if (n > NTR_DW_MAX_LINES || dw->line_work > 8 * all + NTR_DW_MAX_LINES)
		return ntr_fail(e, NTR_LIMIT, "%s: .debug_line+0x%" PRIx64
				": a line program of 0x%" PRIx64 " bytes, 0x%"
				PRIx64 " read before", dw->img->file->name, off,
				n, dw->line_work);
	if (!line_header_ok(&b, width, dw->img->big, &program))
		return ntr_fail(e, NTR_BAD, "%s: .debug_line+0x%" PRIx64
				": no line header of DWARF 2 to 5",
				dw->img->file->name, off);
	dw->line_work += n;
	*len = n;
	return NTR_OK;
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
		u8 op = byte(&b, "instruction");

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
