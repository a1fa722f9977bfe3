// SPDX-License-Identifier: Apache-2.0
/*
 * Types and members.  Bit fields come in two forms, DW_AT_data_bit_offset
 * (DWARF 4 and later) and DW_AT_bit_offset counted from the most significant
 * bit of a storage unit (before); both become a bit number in the aligned
 * unit of the declared type, as compilers for NT lay them out.
 *
 * Sources: DWARF 5, 5.1 to 5.13; DWARF 3, 5.6.6 for the old bit fields.
 */
#include "dwarf.h"

static u64 type_ref(struct ntr_dw *dw, Dwarf_Die die)
{
	u64 id = ntr_dw_ref(dw, die, DW_AT_type);

	return id ? id : NTR_DW_VOID;
}

static unsigned pointer_size(struct ntr_dw *dw, u64 id)
{
	const struct ntr_dw_unit *u = ntr_dw_unit_of(dw, id);

	return u ? u->addr_size : dw->img->ptr_size;
}

/* --- arrays: one DIE, a child for each dimension ---------------------------------- */

struct dims {
	u64 n[NTR_DW_MAX_DIMS];
	unsigned count;
};

static bool no_bound(const struct ntr_dw_const *c)
{
	/* "int a[0]" of older gcc: an upper bound of -1, often cut to the
	 * width of its form. */
	return (c->is_signed && (s64)c->v < 0) || c->v >= UINT64_MAX - 1 ||
	       (c->width == 4 && c->v == UINT32_MAX);
}

static u64 extent(struct ntr_dw *dw, Dwarf_Die d)
{
	struct ntr_dw_const up, low = { 0 };
	u64 n;

	if (ntr_dw_u64(dw, d, DW_AT_count, &n))
		return n;
	if (!ntr_dw_const(dw, d, DW_AT_upper_bound, &up) || no_bound(&up))
		return 0;
	(void)ntr_dw_const(dw, d, DW_AT_lower_bound, &low);
	return (s64)up.v < (s64)low.v ? 0 : up.v - low.v + 1;
}

static enum ntr_st dimensions(struct ntr_dw *dw, Dwarf_Die die, struct dims *out,
			      struct ntr_err *e)
{
	enum ntr_st st;

	out->count = 0;
	for (Dwarf_Die d = ntr_dw_child(dw, die, &st, e); d;
	     d = ntr_dw_next(dw, d, &st, e)) {
		if (ntr_dw_tag(d) != DW_TAG_subrange_type)
			continue;
		if (out->count == NTR_DW_MAX_DIMS) {
			ntr_dw_free(d);
			return ntr_fail(e, NTR_LIMIT, "%s: .debug_info+0x%"
					PRIx64 ": an array of more than %u "
					"dimensions", dw->img->file->name,
					NTR_DW_OFF(ntr_dw_id(die)),
					NTR_DW_MAX_DIMS);
		}
		out->n[out->count++] = extent(dw, d);
	}
	return st;
}

static unsigned dim_of(u64 id)
{
	return (unsigned)(id >> NTR_DW_DIM_SHIFT) & (NTR_DW_MAX_DIMS - 1);
}

static u64 without_dim(u64 id)
{
	return id & ~((u64)(NTR_DW_MAX_DIMS - 1) << NTR_DW_DIM_SHIFT);
}

static enum ntr_st size_of(struct ntr_dw *dw, u64 id, unsigned depth, u64 *out,
			   struct ntr_err *e);

static enum ntr_st array(struct ntr_dw *dw, u64 id, Dwarf_Die die,
			 unsigned depth, struct ntr_type *t, struct ntr_err *e)
{
	unsigned k = dim_of(id);
	enum ntr_st st;
	struct dims d;
	u64 size = 0;

	st = dimensions(dw, die, &d, e);
	if (st)
		return st;
	if (k && k >= d.count)
		return ntr_fail(e, NTR_BAD, "array without dimension %u", k);
	t->kind = NTR_TY_ARRAY;
	t->count = d.count ? d.n[k] : 0;
	t->to = type_ref(dw, die);
	st = size_of(dw, t->to, depth + 1, &size, e);
	if (k + 1 < d.count)
		t->to = without_dim(id) | (u64)(k + 1) << NTR_DW_DIM_SHIFT;
	for (unsigned i = k; i < d.count; i++)
		if (__builtin_mul_overflow(size, d.n[i], &size))
			size = 0;
	if (!k && d.count < 2)
		(void)ntr_dw_u64(dw, die, DW_AT_byte_size, &size);
	t->size = size;
	return st;
}

/* --- one type ------------------------------------------------------------------------ */

static void base_type(struct ntr_dw *dw, Dwarf_Die die, struct ntr_type *t)
{
	u64 enc = 0;

	(void)ntr_dw_u64(dw, die, DW_AT_encoding, &enc);
	t->kind = NTR_TY_INT;
	switch (enc) {
	case DW_ATE_float:
	case DW_ATE_complex_float:
	case DW_ATE_imaginary_float:
	case DW_ATE_decimal_float:
		t->kind = NTR_TY_FLOAT;
		t->is_signed = true;
		break;
	case DW_ATE_boolean: t->is_bool = true; break;
	case DW_ATE_signed: t->is_signed = true; break;
	case DW_ATE_signed_char:
		t->is_signed = true;
		t->is_char = true;
		break;
	case DW_ATE_unsigned_char:
	case DW_ATE_UTF: t->is_char = true; break;
	case DW_ATE_unsigned:
	case DW_ATE_address: break;
	default: t->kind = NTR_TY_UNKNOWN;
	}
}

/* The underlying type says it; C before DWARF 3 has none, then a value does. */
static bool enum_signed(struct ntr_dw *dw, Dwarf_Die die, struct ntr_type *t)
{
	struct ntr_type under;
	struct ntr_err e;
	struct ntr_dw_const c;
	bool neg = false;
	enum ntr_st st;
	u64 enc;

	if (ntr_dw_u64(dw, die, DW_AT_encoding, &enc)) /* gcc 8 on */
		return enc == DW_ATE_signed || enc == DW_ATE_signed_char;
	if (t->to != NTR_DW_VOID)
		for (u64 id = t->to, n = 0; n < NTR_TYPE_DEPTH; n++) {
			if (ntr_dw_type(dw, id, &under, NULL))
				break;
			if (under.kind != NTR_TY_ALIAS)
				return under.is_signed;
			id = under.to;
		}
	for (Dwarf_Die d = ntr_dw_child(dw, die, &st, &e); d;
	     d = ntr_dw_next(dw, d, &st, &e))
		if (ntr_dw_const(dw, d, DW_AT_const_value, &c))
			neg |= c.is_signed && (s64)c.v < 0;
	return neg;
}

static enum ntr_st by_tag(struct ntr_dw *dw, u64 id, Dwarf_Die die,
			  unsigned depth, struct ntr_type *t, struct ntr_err *e)
{
	switch (ntr_dw_tag(die)) {
	case DW_TAG_base_type: base_type(dw, die, t); break;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_interface_type: t->kind = NTR_TY_STRUCT; break;
	case DW_TAG_union_type: t->kind = NTR_TY_UNION; break;
	case DW_TAG_enumeration_type:
		t->kind = NTR_TY_ENUM;
		t->to = type_ref(dw, die);
		t->is_signed = enum_signed(dw, die, t);
		if (t->to == NTR_DW_VOID)
			t->to = 0;
		break;
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		t->kind = NTR_TY_POINTER;
		t->to = type_ref(dw, die);
		if (!t->size)
			t->size = pointer_size(dw, id);
		break;
	case DW_TAG_subroutine_type:
		t->kind = NTR_TY_FUNC;
		t->to = type_ref(dw, die);
		break;
	case DW_TAG_ptr_to_member_type: {
		/* Itanium C++ ABI 2.3: a function's takes two words */
		u64 of = ntr_dw_ref(dw, die, DW_AT_type);
		struct ntr_type what = { 0 };

		if (of && depth < 2)
			(void)!ntr_dw_type(dw, of, &what, NULL);
		if (!t->size)
			t->size = pointer_size(dw, id) *
				  (what.kind == NTR_TY_FUNC ? 2 : 1);
		break;
	}
	case DW_TAG_array_type: return array(dw, id, die, depth, t, e);
	case DW_TAG_typedef:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
	case DW_TAG_packed_type:
	case DW_TAG_immutable_type:
	case DW_TAG_shared_type:
	case DW_TAG_subrange_type:
	case DW_TAG_template_alias:
		t->kind = NTR_TY_ALIAS;
		t->to = type_ref(dw, die);
		break;
	default: break; /* UNKNOWN, with its name and size */
	}
	return NTR_OK;
}

/* A declaration is answered by the definition, when this file has it. */
static enum ntr_st complete(struct ntr_dw *dw, u64 *id, Dwarf_Die *die,
			    bool *declared, struct ntr_err *e)
{
	u64 def;
	Dwarf_Die other;
	enum ntr_st st;

	*declared = false;
	def = ntr_dw_definition(dw, *id, *die);
	if (!def || def == *id) {
		*declared = ntr_dw_flag(dw, *die, DW_AT_declaration);
		return NTR_OK;
	}
	st = ntr_dw_die(dw, def, &other, e);
	if (st)
		return st;
	ntr_dw_free(*die);
	*die = other;
	*id = def;
	return NTR_OK;
}

static enum ntr_st type_at(struct ntr_dw *dw, u64 id, unsigned depth,
			   struct ntr_type *out, struct ntr_err *e)
{
	struct ntr_type t = { 0 };
	enum ntr_st st;
	Dwarf_Die die;

	if (id == NTR_DW_VOID) {
		*out = (struct ntr_type){ .kind = NTR_TY_VOID, .name = "void" };
		return NTR_OK;
	}
	st = ntr_dw_die(dw, without_dim(id), &die, e);
	if (st)
		return st;
	st = complete(dw, &id, &die, &t.declared_only, e);
	if (!st) {
		t.name = ntr_dw_type_name(dw, without_dim(id), die);
		(void)ntr_dw_u64(dw, die, DW_AT_byte_size, &t.size);
		st = by_tag(dw, id, die, depth, &t, e);
	}
	ntr_dw_free(die);
	if (!st && t.kind == NTR_TY_ALIAS && !t.size)
		st = size_of(dw, t.to, depth + 1, &t.size, e);
	if (!st)
		*out = t;
	return st;
}

/* 0 where it cannot be known: past the depth, or in a damaged entry. */
static enum ntr_st size_of(struct ntr_dw *dw, u64 id, unsigned depth, u64 *out,
			   struct ntr_err *e)
{
	struct ntr_type t;
	enum ntr_st st;

	*out = 0;
	if (depth > NTR_TYPE_DEPTH)
		return NTR_OK;
	st = type_at(dw, id, depth, &t, e);
	if (!st)
		*out = t.size;
	return st == NTR_NOMEM ? st : NTR_OK;
}

enum ntr_st ntr_dw_type(struct ntr_dw *dw, u64 id, struct ntr_type *out,
			struct ntr_err *e)
{
	return type_at(dw, id, 0, out, e);
}

/* --- members ---------------------------------------------------------------------------- */

/* From a bit position counted up from the start of the struct (little-endian:
 * least significant first) to a bit of an aligned unit of `size` bytes. */
static void place_bits(struct ntr_type_member *m, u64 pos, u64 size, bool big)
{
	u64 unit = size * 8;

	m->off = pos / 8;
	m->bit = (u8)(pos % 8);
	if (size && size <= 16 && pos % unit + m->bits <= unit) {
		m->off = pos / unit * size;
		m->bit = (u8)(pos % unit);
	} else {
		size = (m->bit + m->bits + 7u) / 8; /* packed: it straddles */
	}
	if (big)
		m->bit = (u8)(size * 8 - m->bits - m->bit);
}

/* Old form: from the most significant bit of a unit of DW_AT_byte_size. */
static u64 old_position(struct ntr_dw *dw, Dwarf_Die d,
			const struct ntr_type_member *m, u64 size, u64 from_msb)
{
	(void)ntr_dw_u64(dw, d, DW_AT_byte_size, &size);
	if (dw->img->big)
		return m->off * 8 + from_msb;
	return m->off * 8 + size * 8 - from_msb - m->bits;
}

static enum ntr_st bits(struct ntr_dw *dw, Dwarf_Die d,
			struct ntr_type_member *m, struct ntr_err *e)
{
	u64 n, size, pos, old;
	enum ntr_st st;

	if (!ntr_dw_u64(dw, d, DW_AT_bit_size, &n) || !n || n > 128)
		return NTR_OK;
	st = size_of(dw, m->type, 0, &size, e);
	if (st)
		return st;
	m->bits = (u8)n;
	if (!ntr_dw_u64(dw, d, DW_AT_data_bit_offset, &pos))
		pos = ntr_dw_u64(dw, d, DW_AT_bit_offset, &old) ?
			      old_position(dw, d, m, size, old) :
			      m->off * 8;
	place_bits(m, pos, size, dw->img->big);
	return NTR_OK;
}

static enum ntr_st field(struct ntr_dw *dw, Dwarf_Die d, Dwarf_Half tag,
			 struct ntr_type_member *m, struct ntr_err *e)
{
	m->name = tag == DW_TAG_member ? ntr_dw_string(dw, d, DW_AT_name) : NULL;
	m->type = type_ref(dw, d);
	m->base = tag == DW_TAG_inheritance;
	(void)ntr_dw_u64(dw, d, DW_AT_data_member_location, &m->off);
	return bits(dw, d, m, e);
}

/* Static members are no part of the layout; neither is a virtual base, whose
 * place only the object itself knows. */
static bool laid_out(struct ntr_dw *dw, Dwarf_Die d, Dwarf_Half tag)
{
	u64 virt = 0;

	if (tag == DW_TAG_inheritance)
		return !ntr_dw_u64(dw, d, DW_AT_virtuality, &virt) || !virt;
	return tag == DW_TAG_member && !ntr_dw_flag(dw, d, DW_AT_external) &&
	       !ntr_dw_flag(dw, d, DW_AT_declaration);
}

/* A value cut to the width of the enum has its sign there. */
static void enumerator(struct ntr_dw *dw, Dwarf_Die d, const struct ntr_type *t,
		       struct ntr_type_member *m)
{
	struct ntr_dw_const c = { 0 };

	m->name = ntr_dw_string(dw, d, DW_AT_name);
	m->type = t->to;
	(void)ntr_dw_const(dw, d, DW_AT_const_value, &c);
	if (t->is_signed && c.width && c.width == t->size && c.width < 8 &&
	    c.v >> (8 * c.width - 1))
		c.v |= ~UINT64_C(0) << (8 * c.width);
	m->value = (s64)c.v;
}

static enum ntr_st walk(struct ntr_dw *dw, Dwarf_Die die,
			const struct ntr_type *t, ntr_type_member_fn *fn,
			void *ctx, struct ntr_err *e)
{
	enum ntr_st st, mine = NTR_OK;

	for (Dwarf_Die d = ntr_dw_child(dw, die, &st, e); d;
	     d = ntr_dw_next(dw, d, &st, e)) {
		struct ntr_type_member m = { 0 };
		Dwarf_Half tag = ntr_dw_tag(d);
		bool is_enum = t->kind == NTR_TY_ENUM, use;

		use = is_enum ? tag == DW_TAG_enumerator : laid_out(dw, d, tag);
		if (!use)
			continue;
		if (is_enum)
			enumerator(dw, d, t, &m);
		else
			mine = field(dw, d, tag, &m, e);
		if (mine || !fn(ctx, &m)) {
			ntr_dw_free(d);
			return mine;
		}
	}
	return st;
}

enum ntr_st ntr_dw_members(struct ntr_dw *dw, u64 id, ntr_type_member_fn *fn,
			   void *ctx, struct ntr_err *e)
{
	struct ntr_type t;
	bool declared;
	Dwarf_Die die;
	enum ntr_st st = ntr_dw_type(dw, id, &t, e);

	if (st)
		return st;
	if (t.kind != NTR_TY_STRUCT && t.kind != NTR_TY_UNION &&
	    t.kind != NTR_TY_ENUM)
		return ntr_fail(e, NTR_ABSENT, "%s: .debug_info+0x%" PRIx64
				": no struct, union or enum",
				dw->img->file->name, NTR_DW_OFF(id));
	st = ntr_dw_die(dw, id, &die, e);
	if (st)
		return st;
	st = complete(dw, &id, &die, &declared, e);
	if (!st)
		st = walk(dw, die, &t, fn, ctx, e);
	ntr_dw_free(die);
	return st;
}
