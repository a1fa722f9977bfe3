// SPDX-License-Identifier: Apache-2.0
#include "cv_types.h"

#include "../base/record.h"

#include <stdlib.h>

#define FIRST_RECORD 0x1000u
#define PROP_FORWARD 0x80u

struct ntr_cv_udt {
	const char *name;
	u32 id;
};

/*
 * What stands in a record or member, one letter a field:
 *	a  u16 attributes    A  u32 attributes   c  u16 count or padding
 *	p  u16 properties    t  type             f  field list
 *	x  another type      n  numeric leaf     s  counted name
 *	b  u8 bits           q  u8 first bit     o  u32
 *	v  u32, if the attributes say that a virtual method is introduced
 */
struct row {
	u16 leaf;
	bool wide; /* type indices of 32 bits */
	u8 kind;
	const char *fields;
};
struct fields {
	u32 attr, prop, type, list;
	s64 num;
	bool has_num;
	u8 bits, bit;
	const char *name;
};

enum { MODIFIER, POINTER, ARRAY, STRUCT, UNION, ENUM, FUNC, BITFIELD };
static const struct row records[] = {
	{ 0x0001, false, MODIFIER, "at" },  { 0x1001, true, MODIFIER, "ta" },
	{ 0x0002, false, POINTER, "at" },   { 0x1002, true, POINTER, "tA" },
	{ 0x0003, false, ARRAY, "txns" },   { 0x1003, true, ARRAY, "txns" },
	{ 0x0004, false, STRUCT, "cfpxxns" },
	{ 0x0005, false, STRUCT, "cfpxxns" },
	{ 0x1004, true, STRUCT, "cpfxxns" },
	{ 0x1005, true, STRUCT, "cpfxxns" },
	{ 0x0006, false, UNION, "cfpns" },  { 0x1006, true, UNION, "cpfns" },
	{ 0x0007, false, ENUM, "ctfps" },   { 0x1007, true, ENUM, "cptfs" },
	{ 0x0008, false, FUNC, "t" },       { 0x1008, true, FUNC, "t" },
	{ 0x0009, false, FUNC, "t" },       { 0x1009, true, FUNC, "t" },
	{ 0x0206, false, BITFIELD, "bqt" }, { 0x1205, true, BITFIELD, "tbq" },
};

enum { MEMBER, BASE, VALUE, GO_ON, OTHER };
static const struct row members[] = {
	{ 0x0400, false, BASE, "tan" },     { 0x1400, true, BASE, "atn" },
	{ 0x0401, false, OTHER, "txann" },  { 0x1401, true, OTHER, "atxnn" },
	{ 0x0402, false, OTHER, "txann" },  { 0x1402, true, OTHER, "atxnn" },
	{ 0x0403, false, VALUE, "ans" },
	{ 0x0404, false, OTHER, "ts" },     { 0x1403, true, OTHER, "cts" },
	{ 0x0405, false, GO_ON, "t" },      { 0x1404, true, GO_ON, "ct" },
	{ 0x0406, false, MEMBER, "tans" },  { 0x1405, true, MEMBER, "atns" },
	{ 0x0407, false, OTHER, "tas" },    { 0x1406, true, OTHER, "ats" },
	{ 0x0408, false, OTHER, "cts" },    { 0x1407, true, OTHER, "cts" },
	{ 0x0409, false, OTHER, "ts" },     { 0x1408, true, OTHER, "cts" },
	{ 0x040a, false, OTHER, "t" },      { 0x1409, true, OTHER, "ct" },
	{ 0x040b, false, OTHER, "t" },      { 0x140a, true, OTHER, "ct" },
	{ 0x040c, false, OTHER, "atvs" },   { 0x140b, true, OTHER, "atvs" },
	{ 0x040d, false, OTHER, "to" },     { 0x140c, true, OTHER, "cto" },
};
#define LF_FIELDLIST_16 0x0204u
#define LF_FIELDLIST 0x1203u

static const struct row *row_of(const struct row *t, size_t n, u16 leaf)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].leaf == leaf)
			return &t[i];
	return NULL;
}

/* --- names: one copy of each, however often it is asked for ------------------ */

static struct ntr_cv_name *name_slot(struct ntr_cv_name *v, u32 cap, u32 off)
{
	u32 i = off * 2654435761u & (cap - 1);

	while (v[i].name && v[i].off != off)
		i = (i + 1) & (cap - 1);
	return &v[i];
}

static bool names_grow(struct ntr_cv_types *t)
{
	u32 cap = t->cap ? t->cap * 2 : 256;
	struct ntr_cv_name *v;

	if (t->nnames < t->cap / 2)
		return true;
	v = calloc(cap, sizeof(*v));
	if (!v)
		return false;
	for (u32 i = 0; i < t->cap; i++)
		if (t->name[i].name)
			*name_slot(v, cap, t->name[i].off) = t->name[i];
	free(t->name);
	t->name = v;
	t->cap = cap;
	return true;
}

static const char *name_at(struct ntr_cv_types *t, struct ntr_bin *b)
{
	u32 off = (u32)(ntr_bin_off(b) - t->recs.off0);
	struct ntr_bin was = *b;
	struct ntr_cv_name *slot;
	const u8 *len;

	if (!names_grow(t))
		return NULL;
	slot = name_slot(t->name, t->cap, off);
	if (!slot->name) {
		slot->name = ntr_cv_pname(t->cv, &was, "type name");
		if (!slot->name) {
			if (was.bad)
				*b = was;
			return NULL;
		}
		slot->off = off;
		t->nnames++;
	}
	len = ntr_bin_take(b, 1, "type name");
	if (len)
		ntr_bin_skip(b, *len, "type name");
	return slot->name;
}

/* --- fields ----------------------------------------------------------------------- */

static u64 narrow(struct ntr_bin *b, unsigned bytes)
{
	u8 v[8] = { 0 };

	ntr_bin_copy(b, v, bytes, "numeric leaf");
	return ntr_load_u64(v);
}

static s64 numeric(struct ntr_bin *b)
{
	u16 v = ntr_bin_u16(b, "numeric leaf");

	switch (v) {
	case 0x8000:
		return (int8_t)narrow(b, 1);
	case 0x8001:
		return (s16)narrow(b, 2);
	case 0x8002:
		return (s64)narrow(b, 2);
	case 0x8003:
		return (s32)narrow(b, 4);
	case 0x8004:
		return (s64)narrow(b, 4);
	case 0x8009:
	case 0x800a:
		return (s64)narrow(b, 8);
	default:
		break;
	}
	if (v >= 0x8000) /* a real number: no size and no value of an enum */
		ntr_bin_poison(b, 1, "numeric leaf of a known kind");
	return v;
}

static void number(struct ntr_bin *b, struct fields *f)
{
	s64 v = numeric(b);

	if (!f->has_num)
		f->num = v;
	f->has_num = true;
}

static u32 index_of(struct ntr_bin *b, bool wide)
{
	return wide ? ntr_bin_u32(b, "type") : ntr_bin_u16(b, "type");
}

static u8 byte(struct ntr_bin *b)
{
	const u8 *p = ntr_bin_take(b, 1, "bit field");

	return p ? *p : 0;
}

/* Introducing virtual methods (4, 6) carry an offset. */
static bool introduces(u32 attr)
{
	u32 prop = attr >> 2 & 7;

	return prop == 4 || prop == 6;
}

static void field(struct ntr_cv_types *t, char c, bool wide,
		  struct ntr_bin *b, struct fields *f)
{
	switch (c) {
	case 'a': f->attr = ntr_bin_u16(b, "attributes"); break;
	case 'A': f->attr = ntr_bin_u32(b, "attributes"); break;
	case 'c': ntr_bin_skip(b, 2, "count"); break;
	case 'p': f->prop = ntr_bin_u16(b, "properties"); break;
	case 't': f->type = index_of(b, wide); break;
	case 'f': f->list = index_of(b, wide); break;
	case 'x': index_of(b, wide); break;
	case 'n': number(b, f); break;
	case 's': f->name = name_at(t, b); break;
	case 'b': f->bits = byte(b); break;
	case 'q': f->bit = byte(b); break;
	case 'v': ntr_bin_skip(b, introduces(f->attr) ? 4 : 0, "offset"); break;
	default: ntr_bin_skip(b, 4, "offset"); break;
	}
}

static void read_fields(struct ntr_cv_types *t, const struct row *r,
			struct ntr_bin *b, struct fields *f)
{
	memset(f, 0, sizeof(*f));
	for (const char *c = r->fields; *c; c++)
		field(t, *c, r->wide, b, f);
}

/* --- records ---------------------------------------------------------------------- */

/* The data of a record behind its leaf. */
static enum ntr_st record(const struct ntr_cv_types *t, u64 id, u16 *leaf,
			  struct ntr_bin *out, struct ntr_err *e)
{
	struct ntr_bin b = t->recs;
	u16 len;

	if (id < FIRST_RECORD || id - FIRST_RECORD >= t->n)
		return ntr_fail(e, NTR_BAD, "%s: type 0x%" PRIx64 " of 0x%x",
				b.origin, id, FIRST_RECORD + t->n);
	ntr_bin_seek(&b, t->off[id - FIRST_RECORD], "type record");
	len = ntr_bin_u16(&b, "length of a type record");
	if (ntr_bin_fits(&b, len, 1, "type record"))
		b = ntr_bin_sub(&b, (u64)(b.pos - b.base), len, "record");
	*leaf = ntr_bin_u16(&b, "leaf of a type record");
	*out = b;
	return ntr_bin_done(&b, e);
}

static enum ntr_st decoded(struct ntr_cv_types *t, u64 id,
			   const struct row **r, struct fields *f,
			   struct ntr_err *e)
{
	struct ntr_bin b;
	enum ntr_st st;
	u16 leaf;

	st = record(t, id, &leaf, &b, e);
	if (st)
		return st;
	*r = row_of(records, NTR_COUNT(records), leaf);
	if (!*r)
		return ntr_fail(e, NTR_UNSUP, "%s+0x%" PRIx64 ": type record "
				"0x%04x is not known", b.origin, b.off0, leaf);
	read_fields(t, *r, &b, f);
	return ntr_bin_done(&b, e);
}

/* --- opening, names --------------------------------------------------------------- */

enum ntr_st ntr_cv_types_open(struct ntr_cv_types *t, struct ntr_cv *cv,
			      struct ntr_err *e)
{
	struct ntr_bin b;
	u32 n;

	memset(t, 0, sizeof(*t));
	t->cv = cv;
	if (!ntr_cv_part(cv, NTR_CV_GLOBAL_TYPES, &b))
		return NTR_OK;
	ntr_bin_skip(&b, 4, "flags of the types");
	n = ntr_bin_u32(&b, "number of types");
	if (!ntr_bin_fits(&b, n, 4, "type offsets")) {
		struct ntr_err why;

		if (ntr_bin_done(&b, &why))
			ntr_cv_damaged(cv, "%s", why.msg);
		return NTR_OK;
	}
	t->off = calloc(n ? n : 1, sizeof(*t->off));
	if (!t->off)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (u32 i = 0; i < n; i++)
		t->off[i] = ntr_bin_u32(&b, "type offset");
	t->n = n;
	t->recs = ntr_bin_sub(&b, (u64)(b.pos - b.base), ntr_bin_left(&b),
			      "type records");
	return NTR_OK;
}

void ntr_cv_types_close(struct ntr_cv_types *t)
{
	free(t->off);
	free(t->name);
	ntr_vec_fini(&t->udts);
	memset(t, 0, sizeof(*t));
}

static int by_name(const void *x, const void *y)
{
	const struct ntr_cv_udt *a = x, *b = y;
	int d = strcmp(a->name, b->name);

	return d ? d : a->id < b->id ? -1 : a->id > b->id;
}

static enum ntr_st index_udts(struct ntr_cv_types *t, struct ntr_err *e)
{
	const struct row *r;
	struct ntr_cv_udt *u;
	struct fields f;

	if (t->indexed)
		return NTR_OK;
	for (u32 i = 0; i < t->n; i++) {
		if (decoded(t, FIRST_RECORD + i, &r, &f, NULL) || !f.name ||
		    !*f.name || (f.prop & PROP_FORWARD) ||
		    (r->kind != STRUCT && r->kind != UNION && r->kind != ENUM))
			continue;
		u = ntr_vec_add(&t->udts);
		if (!u) {
			ntr_vec_fini(&t->udts);
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		}
		*u = (struct ntr_cv_udt){ f.name, FIRST_RECORD + i };
	}
	if (t->udts.n)
		qsort(t->udts.v, t->udts.n, sizeof(*t->udts.v), by_name);
	t->indexed = true;
	return NTR_OK;
}

enum ntr_st ntr_cv_type_named(struct ntr_cv_types *t, const char *name,
			      u64 *id, struct ntr_err *e)
{
	enum ntr_st st = index_udts(t, e);
	size_t lo = 0, hi = t->udts.n, mid;

	if (st)
		return st;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(t->udts.v[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == t->udts.n || strcmp(t->udts.v[lo].name, name))
		return ntr_fail(e, NTR_ABSENT, "no type %s", name);
	*id = t->udts.v[lo].id;
	return NTR_OK;
}

enum ntr_st ntr_cv_types_each(struct ntr_cv_types *t, ntr_type_name_fn *fn,
			      void *ctx, struct ntr_err *e)
{
	enum ntr_st st = index_udts(t, e);

	for (size_t i = 0; !st && i < t->udts.n; i++)
		if (!fn(ctx, t->udts.v[i].name, t->udts.v[i].id))
			break;
	return st;
}

/* --- what a type is ----------------------------------------------------------------- */

static const struct simple {
	u8 kind, size;
	enum ntr_ty_kind ty;
	bool is_signed, is_char, is_bool;
	const char *name;
} simples[] = {
	{ 0x03, 0, NTR_TY_VOID, 0, 0, 0, "void" },
	{ 0x08, 4, NTR_TY_INT, 1, 0, 0, "HRESULT" },
	{ 0x10, 1, NTR_TY_INT, 1, 1, 0, "signed char" },
	{ 0x11, 2, NTR_TY_INT, 1, 0, 0, "short" },
	{ 0x12, 4, NTR_TY_INT, 1, 0, 0, "long" },
	{ 0x13, 8, NTR_TY_INT, 1, 0, 0, "int64" },
	{ 0x20, 1, NTR_TY_INT, 0, 1, 0, "unsigned char" },
	{ 0x21, 2, NTR_TY_INT, 0, 0, 0, "unsigned short" },
	{ 0x22, 4, NTR_TY_INT, 0, 0, 0, "unsigned long" },
	{ 0x23, 8, NTR_TY_INT, 0, 0, 0, "unsigned int64" },
	{ 0x30, 1, NTR_TY_INT, 0, 0, 1, "bool" },
	{ 0x31, 2, NTR_TY_INT, 0, 0, 1, "bool16" },
	{ 0x32, 4, NTR_TY_INT, 0, 0, 1, "bool32" },
	{ 0x33, 8, NTR_TY_INT, 0, 0, 1, "bool64" },
	{ 0x40, 4, NTR_TY_FLOAT, 1, 0, 0, "float" },
	{ 0x41, 8, NTR_TY_FLOAT, 1, 0, 0, "double" },
	{ 0x42, 10, NTR_TY_FLOAT, 1, 0, 0, "long double" },
	{ 0x68, 1, NTR_TY_INT, 1, 0, 0, "int8" },
	{ 0x69, 1, NTR_TY_INT, 0, 0, 0, "unsigned int8" },
	{ 0x70, 1, NTR_TY_INT, 1, 1, 0, "char" },
	{ 0x71, 2, NTR_TY_INT, 0, 1, 0, "wchar_t" },
	{ 0x72, 2, NTR_TY_INT, 1, 0, 0, "int16" },
	{ 0x73, 2, NTR_TY_INT, 0, 0, 0, "unsigned int16" },
	{ 0x74, 4, NTR_TY_INT, 1, 0, 0, "int" },
	{ 0x75, 4, NTR_TY_INT, 0, 0, 0, "unsigned int" },
	{ 0x76, 8, NTR_TY_INT, 1, 0, 0, "int64" },
	{ 0x77, 8, NTR_TY_INT, 0, 0, 0, "unsigned int64" },
};

static void simple_type(u32 id, struct ntr_type *out)
{
	static const u8 pointer_size[] = { 0, 2, 4, 4, 4, 6, 8, 16 };
	u32 mode = id >> 8 & 7;

	if (mode) {
		out->kind = NTR_TY_POINTER;
		out->size = pointer_size[mode];
		out->to = id & 0xff;
		return;
	}
	for (size_t i = 0; i < NTR_COUNT(simples); i++) {
		const struct simple *s = &simples[i];

		if (s->kind != (id & 0xff))
			continue;
		out->kind = s->ty;
		out->size = s->size;
		out->name = s->name;
		out->is_signed = s->is_signed;
		out->is_char = s->is_char;
		out->is_bool = s->is_bool;
	}
}

/* By kind of pointer; a size that is given comes first. */
static u64 pointer_size(const struct row *r, u32 attr)
{
	u32 given = r->wide ? attr >> 13 & 0x3f : 0;

	if (given)
		return given;
	switch (attr & 0x1f) {
	case 0x00: return 2;
	case 0x0b: return 6;
	case 0x0c: return 8;
	default: return 4;
	}
}

static enum ntr_st type_at(struct ntr_cv_types *t, u64 id, unsigned depth,
			   struct ntr_type *out, struct ntr_err *e);

static void size_by(struct ntr_cv_types *t, unsigned depth,
		    struct ntr_type *ty)
{
	struct ntr_type to;

	if (!ty->to || type_at(t, ty->to, depth + 1, &to, NULL))
		return;
	if (ty->kind == NTR_TY_ARRAY) {
		ty->count = to.size ? ty->size / to.size : 0;
		return;
	}
	ty->size = to.size;
	ty->is_signed = to.is_signed;
}

/* A forward reference stands for the complete type of its name. */
static enum ntr_st complete(struct ntr_cv_types *t, struct fields *f,
			    const struct row **r, bool *found)
{
	u64 id;

	*found = !(f->prop & PROP_FORWARD);
	if (*found || !f->name ||
	    ntr_cv_type_named(t, f->name, &id, NULL))
		return NTR_OK;
	*found = true;
	return decoded(t, id, r, f, NULL);
}

static void udt(struct ntr_type *out, const struct row *r,
		const struct fields *f, bool found)
{
	out->kind = r->kind == STRUCT ? NTR_TY_STRUCT :
		    r->kind == UNION ? NTR_TY_UNION : NTR_TY_ENUM;
	out->name = f->name;
	out->declared_only = !found;
	if (!found)
		return;
	if (r->kind == ENUM)
		out->to = f->type;
	else
		out->size = (u64)f->num;
}

static enum ntr_st type_at(struct ntr_cv_types *t, u64 id, unsigned depth,
			   struct ntr_type *out, struct ntr_err *e)
{
	const struct row *r;
	struct fields f;
	enum ntr_st st;
	bool found;

	memset(out, 0, sizeof(*out));
	if (depth > NTR_TYPE_DEPTH)
		return ntr_fail(e, NTR_LIMIT, "types deeper than %u",
				NTR_TYPE_DEPTH);
	if (id < FIRST_RECORD)
		return simple_type((u32)id, out), NTR_OK;
	st = decoded(t, id, &r, &f, e);
	if (st)
		return st;
	out->to = f.type;
	switch (r->kind) {
	case MODIFIER:
	case BITFIELD:
		out->kind = NTR_TY_ALIAS;
		size_by(t, depth, out);
		break;
	case POINTER:
		out->kind = NTR_TY_POINTER;
		out->size = pointer_size(r, f.attr);
		break;
	case ARRAY:
		out->kind = NTR_TY_ARRAY;
		out->size = (u64)f.num;
		size_by(t, depth, out);
		break;
	case FUNC:
		out->kind = NTR_TY_FUNC;
		break;
	default:
		out->to = 0;
		st = complete(t, &f, &r, &found);
		udt(out, r, &f, found);
		if (out->kind == NTR_TY_ENUM)
			size_by(t, depth, out);
		break;
	}
	return st;
}

enum ntr_st ntr_cv_type(struct ntr_cv_types *t, u64 id, struct ntr_type *out,
			struct ntr_err *e)
{
	struct ntr_type ty;
	enum ntr_st st = type_at(t, id, 0, &ty, e);

	if (!st)
		*out = ty;
	return st;
}

/* --- members --------------------------------------------------------------------------- */

struct walk {
	struct ntr_cv_types *t;
	ntr_type_member_fn *fn;
	void *ctx;
	unsigned value_bytes; /* of an enum */
	bool value_signed, stop;
	u32 next;             /* the list goes on there; 0: it ends */
};

/* A value is written in the shortest form that holds its bits; what they mean
 * the underlying type says. */
static s64 enum_value(const struct walk *w, s64 v)
{
	unsigned bits = w->value_bytes * 8;

	if (!bits || bits >= 64)
		return v;
	v = (s64)((u64)v << (64 - bits));
	return w->value_signed ? v >> (64 - bits)
			       : (s64)((u64)v >> (64 - bits));
}

static void give(struct walk *w, const struct row *r, const struct fields *f)
{
	struct ntr_type_member m = { .name = f->name, .type = f->type };
	const struct row *tr;
	struct fields tf;

	switch (r->kind) {
	case GO_ON:
		w->next = f->type;
		return;
	case OTHER:
		return;
	case VALUE:
		m.value = enum_value(w, f->num);
		break;
	case BASE:
		m.base = true;
		m.off = (u64)f->num;
		break;
	default:
		m.off = (u64)f->num;
		if (f->type < FIRST_RECORD ||
		    decoded(w->t, f->type, &tr, &tf, NULL) ||
		    tr->kind != BITFIELD)
			break;
		m.type = tf.type;
		m.bit = tf.bit;
		m.bits = tf.bits;
		break;
	}
	w->stop = !w->fn(w->ctx, &m);
}

static enum ntr_st walk_list(struct walk *w, u32 list, struct ntr_err *e)
{
	struct ntr_bin b;
	enum ntr_st st;
	u16 leaf;

	st = record(w->t, list, &leaf, &b, e);
	if (!st && leaf != LF_FIELDLIST && leaf != LF_FIELDLIST_16)
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": type record "
				"0x%04x, want a field list", b.origin, b.off0,
				leaf);
	w->next = 0;
	while (!st && !w->stop && ntr_bin_left(&b)) {
		const struct row *r;
		struct fields f;

		if (*b.pos >= 0xf0) { /* padding says how far it goes */
			ntr_bin_skip(&b, *b.pos & 15 ? *b.pos & 15 : 1, "pad");
			continue;
		}
		leaf = ntr_bin_u16(&b, "member");
		r = row_of(members, NTR_COUNT(members), leaf);
		if (!r && !b.bad)
			return ntr_fail(e, NTR_UNSUP, "%s+0x%" PRIx64 ": member "
					"0x%04x is not known", b.origin,
					ntr_bin_off(&b) - 2, leaf);
		if (r)
			read_fields(w->t, r, &b, &f);
		st = ntr_bin_done(&b, e);
		if (!st && r)
			give(w, r, &f);
	}
	return st;
}

enum ntr_st ntr_cv_type_members(struct ntr_cv_types *t, u64 id,
				ntr_type_member_fn *fn, void *ctx,
				struct ntr_err *e)
{
	struct walk w = { .t = t, .fn = fn, .ctx = ctx };
	const struct row *r;
	struct ntr_type under;
	struct fields f;
	enum ntr_st st;
	bool found;
	u32 n = 0;

	st = decoded(t, id, &r, &f, e);
	if (!st && r->kind != STRUCT && r->kind != UNION && r->kind != ENUM)
		return ntr_fail(e, NTR_ABSENT, "type 0x%" PRIx64 " has no "
				"members", id);
	if (!st)
		st = complete(t, &f, &r, &found);
	if (!st && (!found || !f.list))
		return ntr_fail(e, NTR_ABSENT, "type 0x%" PRIx64 " has no "
				"body", id);
	if (!st && r->kind == ENUM && !ntr_cv_type(t, f.type, &under, NULL)) {
		w.value_bytes = (unsigned)under.size;
		w.value_signed = under.is_signed;
	}
	for (u32 list = st ? 0 : f.list; list && !st && !w.stop; list = w.next) {
		if (n++ == NTR_CV_FIELDLISTS)
			return ntr_fail(e, NTR_LIMIT, "a field list in more "
					"than %u parts", NTR_CV_FIELDLISTS);
		st = walk_list(&w, list, e);
	}
	return st;
}
