// SPDX-License-Identifier: Apache-2.0
/* Type records as types and members. */
#include "tpi.h"

/* std::nullptr_t; as a number it would be a 16-bit pointer. Seen in
 * systeminformer.pdb, and llvm-pdbutil has that name for it. */
#define NULLPTR_T 0x103u

/* --- types -------------------------------------------------------------------- */

static enum ntr_st bad_id(const struct ntr_tpi *t, u64 id, struct ntr_err *e)
{
	return ntr_fail(e, NTR_BAD, "%s: no type 0x%" PRIx64, t->rec.origin,
			id);
}

/* The record of a type; of a forward reference that of the complete type when
 * there is one. *index is changed with it. */
static enum ntr_st leaf_complete(struct ntr_tpi *t, u32 *index,
				 struct ntr_leaf *out, struct ntr_err *e)
{
	enum ntr_st st = ntr_tpi_leaf(t, *index, out, e);

	if (st || !ntr_leaf_is_udt(out) || !(out->prop & NTR_LEAF_FORWARD))
		return st;
	st = ntr_tpi_complete(t, out, index, NULL);
	if (st == NTR_ABSENT)
		return NTR_OK;
	return st ? st : ntr_tpi_leaf(t, *index, out, e);
}

static enum ntr_st leaf_size(const struct ntr_tpi *t, const struct ntr_leaf *l,
			     u32 index, u64 *out, struct ntr_err *e)
{
	if (!l->size.integer || l->size.negative)
		return ntr_fail(e, NTR_BAD,
				"%s: type 0x%x has a size that is no size",
				t->rec.origin, index);
	*out = l->size.v;
	return NTR_OK;
}

/* What a type is in the end, behind modifiers, aliases and (of an enum) its
 * underlying type: its size, 0 not known, and its sign. */
struct ground {
	u64 size;
	bool is_signed;
};

static enum ntr_st ground_of(struct ntr_tpi *t, u32 index, struct ground *out,
			     struct ntr_err *e)
{
	for (unsigned depth = 0; depth < NTR_TYPE_DEPTH; depth++) {
		struct ntr_leaf_simple s = ntr_leaf_simple(index);
		struct ntr_leaf l;
		enum ntr_st st;

		if (index == NULLPTR_T)
			s.ptr_size = (u8)t->ptr_size;
		*out = (struct ground){ s.ptr_size ? s.ptr_size : s.size,
					s.is_signed && !s.ptr_size };
		if (index < NTR_LEAF_FIRST)
			return NTR_OK;
		st = leaf_complete(t, &index, &l, e);
		if (st)
			return st;
		switch (l.kind) {
		case NTR_LF_STRUCT:
		case NTR_LF_UNION:
		case NTR_LF_ARRAY:
			return leaf_size(t, &l, index, &out->size, e);
		case NTR_LF_POINTER:
			out->size = l.ptr_size;
			return NTR_OK;
		case NTR_LF_ENUM:
		case NTR_LF_MODIFIER:
		case NTR_LF_BITFIELD:
		case NTR_LF_ALIAS:
			index = l.type;
			break;
		default:
			return NTR_OK;
		}
	}
	return ntr_fail(e, NTR_BAD,
			"%s: type 0x%x: types in types without end",
			t->rec.origin, index);
}

/* Arrays of arrays end somewhere. */
static enum ntr_st array_ends(struct ntr_tpi *t, u32 index, struct ntr_err *e)
{
	u32 at = index;

	for (unsigned depth = 0; depth < NTR_TYPE_DEPTH; depth++) {
		struct ntr_leaf l;

		if (at < NTR_LEAF_FIRST || ntr_tpi_leaf(t, at, &l, NULL) ||
		    (l.kind != NTR_LF_ARRAY && l.kind != NTR_LF_MODIFIER))
			return NTR_OK;
		at = l.type;
	}
	return ntr_fail(e, NTR_BAD,
			"%s: type 0x%x: arrays in arrays without end",
			t->rec.origin, index);
}

static enum ntr_st fill_array(struct ntr_tpi *t, u32 index,
			      const struct ntr_leaf *l, struct ntr_type *r,
			      struct ntr_err *e)
{
	struct ground g;
	enum ntr_st st = array_ends(t, index, e);

	if (!st)
		st = leaf_size(t, l, index, &r->size, e);
	if (!st)
		st = ground_of(t, l->type, &g, e);
	if (st)
		return st;
	r->kind = NTR_TY_ARRAY;
	r->count = g.size ? r->size / g.size : 0;
	return NTR_OK;
}

static enum ntr_st fill_udt(struct ntr_tpi *t, u32 index,
			    const struct ntr_leaf *l, struct ntr_type *r,
			    struct ntr_err *e)
{
	r->kind = l->kind == NTR_LF_STRUCT ? NTR_TY_STRUCT : NTR_TY_UNION;
	r->to = 0;
	if (l->prop & NTR_LEAF_FORWARD) {
		r->declared_only = true;
		return NTR_OK;
	}
	return leaf_size(t, l, index, &r->size, e);
}

static enum ntr_st fill(struct ntr_tpi *t, u32 index, const struct ntr_leaf *l,
			struct ntr_type *r, struct ntr_err *e)
{
	struct ground g = { 0 };
	enum ntr_st st = NTR_OK;

	switch (l->kind) {
	case NTR_LF_STRUCT:
	case NTR_LF_UNION:
		return fill_udt(t, index, l, r, e);
	case NTR_LF_ARRAY:
		return fill_array(t, index, l, r, e);
	case NTR_LF_POINTER:
		r->kind = NTR_TY_POINTER;
		r->size = l->ptr_size;
		return NTR_OK;
	case NTR_LF_ENUM:
		r->kind = NTR_TY_ENUM;
		r->declared_only = l->prop & NTR_LEAF_FORWARD;
		break;
	case NTR_LF_MODIFIER:
	case NTR_LF_ALIAS:
	case NTR_LF_BITFIELD:
		r->kind = NTR_TY_ALIAS;
		break;
	case NTR_LF_PROCEDURE:
	case NTR_LF_FUNC_ID:
		r->kind = NTR_TY_FUNC;
		return NTR_OK;
	default:
		r->to = 0;
		return NTR_OK;
	}
	if (!r->declared_only)
		st = ground_of(t, index, &g, e);
	r->size = g.size;
	r->is_signed = r->kind == NTR_TY_ENUM && g.is_signed;
	return st;
}

static enum ntr_st simple_type(const struct ntr_tpi *t, u64 id,
			       struct ntr_type *out, struct ntr_err *e)
{
	struct ntr_leaf_simple s = ntr_leaf_simple((u32)id);
	struct ntr_type r = { .kind = NTR_TY_INT, .name = s.name,
			      .size = s.size, .is_signed = s.is_signed,
			      .is_char = s.is_char, .is_bool = s.is_bool };

	if (!id)
		return ntr_fail(e, NTR_ABSENT, "%s: no type", t->rec.origin);
	if (!s.name)
		r.kind = NTR_TY_UNKNOWN;
	else if (s.is_void)
		r.kind = NTR_TY_VOID;
	else if (s.is_float)
		r.kind = NTR_TY_FLOAT;
	if (id == NULLPTR_T)
		s.ptr_size = (u8)t->ptr_size;
	if (s.ptr_size)
		r = (struct ntr_type){ .kind = NTR_TY_POINTER,
				       .size = s.ptr_size, .to = id & 0xff };
	*out = r;
	return NTR_OK;
}

enum ntr_st ntr_tpi_type(struct ntr_tpi *t, u64 id, struct ntr_type *out,
			 struct ntr_err *e)
{
	u32 index = (u32)id;
	struct ntr_type r = { 0 };
	struct ntr_leaf l;
	enum ntr_st st;

	if (id > UINT32_MAX)
		return bad_id(t, id, e);
	if (index < NTR_LEAF_FIRST)
		return simple_type(t, id, out, e);
	st = leaf_complete(t, &index, &l, e);
	if (st)
		return st;
	r.to = l.type;
	if (l.kind != NTR_LF_ARRAY)
		r.name = ntr_tpi_text(t, &l.name);
	st = fill(t, index, &l, &r, e);
	if (!st)
		*out = r;
	return st;
}

/* --- members ------------------------------------------------------------------- */

struct walk {
	struct ntr_tpi *t;
	struct ground value; /* of an enum */
	ntr_type_member_fn *fn;
	void *ctx;
	bool stop;
	enum ntr_st bad;     /* the first member that could not be given */
	struct ntr_err err;
};

static void member_bad(struct walk *w, const struct ntr_field *f,
		       const char *what)
{
	if (w->bad)
		return;
	w->bad = ntr_fail(&w->err, NTR_BAD, "%s: member %.*s %s",
			  w->t->rec.origin, (int)f->name.len,
			  f->name.p ? f->name.p : "", what);
}

/* An enumerator's value has the width and sign of the underlying type: clang
 * writes -5 of an int as 4294967291. */
static s64 resign(u64 v, const struct ground *g)
{
	unsigned unused;

	if (!g->size || g->size >= 8)
		return (s64)v;
	unused = 64 - 8 * (unsigned)g->size;
	if (g->is_signed)
		return (s64)(v << unused) >> unused;
	return (s64)(v << unused >> unused);
}

/* false: it is a bit field that cannot be. */
static bool unit_of(struct ntr_tpi *t, struct ntr_type_member *m)
{
	struct ntr_leaf l;

	if (m->type < NTR_LEAF_FIRST ||
	    ntr_tpi_leaf(t, (u32)m->type, &l, NULL) ||
	    l.kind != NTR_LF_BITFIELD)
		return true;
	m->type = l.type;
	m->bit = l.bit;
	m->bits = l.bits;
	return l.bits && l.bit + l.bits <= 128;
}

static void give(struct walk *w, const struct ntr_field *f)
{
	struct ntr_type_member m = { .off = f->num.v, .type = f->type,
				     .base = f->kind == NTR_FIELD_BASE };

	if (f->kind == NTR_FIELD_VFPTR) {
		m.name = "__VFN_table"; /* as WinDbg has it */
		m.off = 0;
	} else if (!f->num.integer || (f->num.negative &&
				       f->kind != NTR_FIELD_ENUMERATE)) {
		member_bad(w, f, "has an offset or value that is none");
		return;
	}
	if (f->kind == NTR_FIELD_MEMBER && !unit_of(w->t, &m)) {
		member_bad(w, f, "is a bit field that cannot be");
		return;
	}
	if (f->kind == NTR_FIELD_ENUMERATE) {
		m.value = resign(f->num.v, &w->value);
		m.off = 0;
	}
	if (f->name.p)
		m.name = ntr_tpi_text(w->t, &f->name);
	w->stop = !w->fn(w->ctx, &m);
}

/* One list; *next: the list that goes on, or 0. */
static enum ntr_st walk_list(struct walk *w, u32 list, u32 *next,
			     struct ntr_err *e)
{
	struct ntr_bin b;
	struct ntr_leaf l;
	struct ntr_field f;
	enum ntr_st st = ntr_tpi_leaf(w->t, list, &l, e);

	*next = 0;
	if (!st)
		st = ntr_tpi_record(w->t, list, &b, e);
	if (!st && l.kind != NTR_LF_FIELDLIST)
		return ntr_fail(e, NTR_BAD,
				"%s: type 0x%x is a record of kind 0x%x, want "
				"a field list", w->t->rec.origin, list, l.raw);
	if (st)
		return st;
	ntr_bin_skip(&b, 2, "field list");
	while (!w->stop && (st = ntr_field_next(&b, &f, e)) == NTR_OK) {
		if (f.kind == NTR_FIELD_INDEX)
			*next = f.type;
		else if (f.kind == NTR_FIELD_MEMBER ||
			 f.kind == NTR_FIELD_ENUMERATE ||
			 f.kind == NTR_FIELD_BASE ||
			 f.kind == NTR_FIELD_VFPTR)
			give(w, &f);
	}
	return st == NTR_END ? NTR_OK : st;
}

/* A list and those that continue it. `mark` is where the walk was at the last
 * power of two: a loop comes by there again. */
static enum ntr_st walk_lists(struct walk *w, u32 list, struct ntr_err *e)
{
	u32 mark = list, next;
	u64 hops = 0;

	for (; list && !w->stop; list = next) {
		enum ntr_st st = walk_list(w, list, &next, e);

		if (st)
			return st;
		if (next && (next == mark || next == list))
			return ntr_fail(e, NTR_BAD,
					"%s: field list 0x%x continues itself",
					w->t->rec.origin, next);
		hops++;
		if (!(hops & (hops - 1)))
			mark = next;
	}
	if (w->bad && !w->stop)
		return ntr_fail(e, w->bad, "%s", w->err.msg);
	return NTR_OK;
}

/* The structure, union or enum behind modifiers. */
static enum ntr_st udt_of(struct ntr_tpi *t, u64 id, struct ntr_leaf *l,
			  struct ntr_err *e)
{
	u32 index = (u32)id;

	for (unsigned depth = 0; depth < NTR_TYPE_DEPTH; depth++) {
		enum ntr_st st;

		if (index < NTR_LEAF_FIRST)
			break;
		st = leaf_complete(t, &index, l, e);
		if (st)
			return st;
		if (ntr_leaf_is_udt(l))
			return NTR_OK;
		if (l->kind != NTR_LF_MODIFIER && l->kind != NTR_LF_ALIAS)
			break;
		index = l->type;
	}
	return ntr_fail(e, NTR_ABSENT, "%s: type 0x%" PRIx64
			" has no members", t->rec.origin, id);
}

enum ntr_st ntr_tpi_members(struct ntr_tpi *t, u64 id, ntr_type_member_fn *fn,
			    void *ctx, struct ntr_err *e)
{
	struct walk w = { .t = t, .fn = fn, .ctx = ctx };
	struct ntr_leaf l;
	enum ntr_st st;

	if (id > UINT32_MAX)
		return bad_id(t, id, e);
	st = udt_of(t, id, &l, e);
	if (st)
		return st;
	if (l.prop & NTR_LEAF_FORWARD)
		return ntr_fail(e, NTR_ABSENT, "%s: %.*s is only declared",
				t->rec.origin, (int)l.name.len,
				l.name.p ? l.name.p : "");
	if (l.kind == NTR_LF_ENUM)
		st = ground_of(t, l.type, &w.value, e);
	return st ? st : walk_lists(&w, l.fields, e);
}
