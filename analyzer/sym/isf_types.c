// SPDX-License-Identifier: Apache-2.0
/* Types of an ISF file: definitions parsed one by one, references as ids. */
#include "isf.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

/* --- ids ------------------------------------------------------------------- */

static u64 id_of(enum ntr_isf_class class, size_t index)
{
	return ((u64)index << 2 | class) + 1;
}

static bool split(const struct ntr_isf *p, u64 id, enum ntr_isf_class *class,
		  size_t *index)
{
	if (!id)
		return false;
	*class = (id - 1) & 3;
	*index = (size_t)((id - 1) >> 2);
	return *index < (*class == NTR_ISF_CMADE ? p->made.n :
						   p->table[*class].n);
}

static u64 make(struct ntr_isf *p, const struct ntr_type *t)
{
	struct ntr_type *x = ntr_vec_add(&p->made);

	if (!x)
		return 0;
	*x = *t;
	return id_of(NTR_ISF_CMADE, p->made.n - 1);
}

/* --- names ------------------------------------------------------------------ */

static int by_name(const void *a, const void *b, void *table)
{
	const struct ntr_isf_table *t = table;
	u32 x = *(const u32 *)a, y = *(const u32 *)b;
	int c = strcmp(t->v[x].name, t->v[y].name);

	return c ? c : (x > y) - (x < y);
}

static enum ntr_st order(struct ntr_isf_table *t, struct ntr_err *e)
{
	if (t->order || !t->n)
		return NTR_OK;
	t->order = malloc(t->n * sizeof(*t->order));
	if (!t->order)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < t->n; i++)
		t->order[i] = (u32)i;
	qsort_r(t->order, t->n, sizeof(*t->order), by_name, t);
	return NTR_OK;
}

/* All three sections of types, or as much of them as there is. */
static enum ntr_st load(struct ntr_symsrc *s, struct ntr_err *e)
{
	static const enum ntr_isf_section want[] = { NTR_ISF_BASE, NTR_ISF_ENUM,
						     NTR_ISF_USER };
	struct ntr_isf *p = s->priv;
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; st == NTR_OK && i < NTR_COUNT(want); i++) {
		st = ntr_isf_need(s, want[i], e);
		if (st == NTR_BAD)
			st = NTR_OK;
	}
	for (size_t i = 0; st == NTR_OK && i < NTR_COUNT(want); i++)
		st = order(&p->table[i], e);
	return st;
}

/* The last definition of a name; NULL. Definitions that the file ends in the
 * middle of have no length. */
static struct ntr_isf_def *find(const struct ntr_isf_table *t, const char *name)
{
	size_t lo = 0, hi = t->n;
	struct ntr_isf_def *d;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(t->v[t->order[mid]].name, name) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	d = lo ? &t->v[t->order[lo - 1]] : NULL;
	return d && d->len && !strcmp(d->name, name) ? d : NULL;
}

static u64 id_named(const struct ntr_isf *p, enum ntr_isf_class class,
		    const char *name)
{
	struct ntr_isf_def *d = find(&p->table[class], name);

	return d ? id_of(class, (size_t)(d - p->table[class].v)) : 0;
}

/* --- values of JSON ----------------------------------------------------------- */

/* The last value of a key; NULL. */
static yajl_val get(yajl_val o, const char *key)
{
	if (!YAJL_IS_OBJECT(o))
		return NULL;
	for (size_t i = o->u.object.len; i-- > 0;)
		if (!strcmp(o->u.object.keys[i], key))
			return o->u.object.values[i];
	return NULL;
}

static const char *get_text(yajl_val o, const char *key)
{
	return YAJL_GET_STRING(get(o, key));
}

static bool to_int(yajl_val v, u64 *out)
{
	return YAJL_IS_NUMBER(v) &&
	       ntr_isf_int(v->u.number.r, strlen(v->u.number.r), out);
}

/* Not negative, and room for sums. */
static bool get_size(yajl_val o, const char *key, u64 *out)
{
	u64 v;

	if (!to_int(get(o, key), &v) || v > UINT64_C(1) << 48)
		return false;
	*out = v;
	return true;
}

/* --- references ----------------------------------------------------------------- */

struct reader {
	struct ntr_symsrc *s;
	struct ntr_isf *isf;
	const char *what;  /* what is wrong, for the message */
};

/* "pointer" may name the base type that gives its size. */
static u64 pointer_size(struct reader *r, yajl_val v)
{
	const char *base = get_text(v, "base");
	struct ntr_type t;
	u64 id = id_named(r->isf, NTR_ISF_CBASE, base ? base : "pointer");

	if (id && (base || !r->s->ptr_size) &&
	    ntr_isf_type(r->s, id, &t, NULL) == NTR_OK && t.size)
		return t.size;
	return r->s->ptr_size;
}

/* A name that is defined nowhere is still a name. */
static u64 unknown(struct reader *r, enum ntr_ty_kind kind, const char *name)
{
	struct ntr_type t = { .kind = kind, .declared_only = true };

	t.name = ntr_arena_strdup(&r->s->arena, name);
	return t.name ? make(r->isf, &t) : 0;
}

static const struct {
	const char *text;
	enum ntr_isf_class class;
	enum ntr_ty_kind kind;
} named_kinds[] = {
	{ "base", NTR_ISF_CBASE, NTR_TY_UNKNOWN },
	{ "struct", NTR_ISF_CUSER, NTR_TY_STRUCT },
	{ "class", NTR_ISF_CUSER, NTR_TY_STRUCT },
	{ "union", NTR_ISF_CUSER, NTR_TY_UNION },
	{ "enum", NTR_ISF_CENUM, NTR_TY_ENUM },
};

/* 0: not a type, r->what says why. Its depth is that of the JSON, which the
 * pass has bounded (NTR_ISF_DEPTH). */
static u64 reference(struct reader *r, yajl_val v)
{
	const char *kind = get_text(v, "kind"), *name = get_text(v, "name");
	struct ntr_type t = { 0 };
	yajl_val sub = get(v, "subtype");
	u64 id;

	r->what = "a type without a known kind, or without a name";
	if (!kind)
		return 0;
	for (size_t i = 0; name && i < NTR_COUNT(named_kinds); i++)
		if (!strcmp(kind, named_kinds[i].text)) {
			id = id_named(r->isf, named_kinds[i].class, name);
			return id ? id : unknown(r, named_kinds[i].kind, name);
		}
	if (!strcmp(kind, "function")) {
		t.kind = NTR_TY_FUNC;
		return make(r->isf, &t);
	}
	t.kind = !strcmp(kind, "pointer") ? NTR_TY_POINTER :
		 !strcmp(kind, "array") ? NTR_TY_ARRAY : NTR_TY_UNKNOWN;
	if (!t.kind)
		return 0;
	if (sub) {
		t.to = reference(r, sub);
		if (!t.to)
			return 0;
	}
	r->what = "an array without a count";
	if (t.kind == NTR_TY_POINTER)
		t.size = pointer_size(r, v);
	else if (!get_size(v, "count", &t.count))
		return 0;
	return make(r->isf, &t);
}

/* --- definitions ------------------------------------------------------------------ */

static bool read_base(struct reader *r, yajl_val v, struct ntr_isf_body *b)
{
	static const struct {
		const char *text;
		enum ntr_ty_kind kind;
	} kinds[] = { { "void", NTR_TY_VOID }, { "int", NTR_TY_INT },
		      { "char", NTR_TY_INT }, { "bool", NTR_TY_INT },
		      { "float", NTR_TY_FLOAT } };
	const char *kind = get_text(v, "kind");

	r->what = "a base type without kind or size";
	if (!kind || !get_size(v, "size", &b->t.size))
		return false;
	for (size_t i = 0; i < NTR_COUNT(kinds); i++)
		if (!strcmp(kind, kinds[i].text))
			b->t.kind = kinds[i].kind;
	b->t.is_char = !strcmp(kind, "char");
	b->t.is_bool = !strcmp(kind, "bool");
	b->t.is_signed = b->t.kind != NTR_TY_VOID &&
			 YAJL_IS_TRUE(get(v, "signed"));
	return true;
}

/* Room for the entries of an object; true with none for none. */
static bool room(struct reader *r, yajl_val o, struct ntr_isf_body *b)
{
	if (!YAJL_IS_OBJECT(o))
		return false;
	b->nm = o->u.object.len;
	b->m = ntr_arena_array(&r->s->arena, b->nm, sizeof(*b->m));
	return b->m || !b->nm;
}

static bool read_enum(struct reader *r, yajl_val v, struct ntr_isf_body *b)
{
	const char *base = get_text(v, "base");
	yajl_val all = get(v, "constants");
	struct ntr_type t;

	b->t.kind = NTR_TY_ENUM;
	r->what = "an enum without size or constants";
	if (!get_size(v, "size", &b->t.size) || !room(r, all, b))
		return false;
	b->t.to = base ? id_named(r->isf, NTR_ISF_CBASE, base) : 0;
	if (b->t.to && ntr_isf_type(r->s, b->t.to, &t, NULL) == NTR_OK)
		b->t.is_signed = t.is_signed;
	for (size_t i = 0; i < b->nm; i++) {
		u64 value;

		r->what = "a constant that is no 64-bit integer";
		b->m[i].name = ntr_arena_strdup(&r->s->arena,
						all->u.object.keys[i]);
		if (!b->m[i].name || !to_int(all->u.object.values[i], &value))
			return false;
		b->m[i].value = (s64)value;
	}
	return true;
}

static bool read_field(struct reader *r, yajl_val v, struct ntr_type_member *m)
{
	yajl_val type = get(v, "type");
	const char *kind = get_text(type, "kind");
	u64 bit, bits;

	r->what = "a field without offset or type";
	if (!kind || !get_size(v, "offset", &m->off))
		return false;
	if (!strcmp(kind, "bitfield")) {
		r->what = "a bit field outside its unit";
		if (!get_size(type, "bit_position", &bit) || bit > 63 ||
		    !get_size(type, "bit_length", &bits) || !bits ||
		    bits > 64 - bit)
			return false;
		m->bit = (u8)bit;
		m->bits = (u8)bits;
		type = get(type, "type");
	}
	m->type = reference(r, type);
	return m->type;
}

static bool read_user(struct reader *r, yajl_val v, struct ntr_isf_body *b)
{
	const char *kind = get_text(v, "kind");
	yajl_val all = get(v, "fields");

	r->what = "a structure without kind, size or fields";
	if (!kind || !get_size(v, "size", &b->t.size) || !room(r, all, b))
		return false;
	b->t.kind = !strcmp(kind, "union") ? NTR_TY_UNION : NTR_TY_STRUCT;
	for (size_t i = 0; i < b->nm; i++) {
		yajl_val f = all->u.object.values[i];

		if (!read_field(r, f, &b->m[i]))
			return false;
		if (YAJL_IS_TRUE(get(f, "anonymous")))
			continue;
		r->what = "out of memory";
		b->m[i].name = ntr_arena_strdup(&r->s->arena,
						all->u.object.keys[i]);
		if (!b->m[i].name)
			return false;
	}
	return true;
}

struct ranked {
	struct ntr_type_member m;
	size_t i;
};

static int by_place(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->m.off != y->m.off)
		return x->m.off < y->m.off ? -1 : 1;
	if (x->m.bit != y->m.bit)
		return x->m.bit < y->m.bit ? -1 : 1;
	if (x->m.value != y->m.value)
		return x->m.value < y->m.value ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

/* JSON objects have no order (the packs' writers sort by name): fields go by
 * offset, constants by value, as the compiler had them but for unions. */
static bool by_layout(struct ntr_isf_body *b)
{
	struct ranked *x = malloc((b->nm + 1) * sizeof(*x));

	if (!x)
		return false;
	for (size_t i = 0; i < b->nm; i++)
		x[i] = (struct ranked){ b->m[i], i };
	qsort(x, b->nm, sizeof(*x), by_place);
	for (size_t i = 0; i < b->nm; i++)
		b->m[i] = x[i].m;
	free(x);
	return true;
}

/* The JSON at [off, off+len), to be freed. */
static enum ntr_st parse(struct ntr_symsrc *s, u64 off, u64 len, yajl_val *out,
			 struct ntr_err *e)
{
	char why[128] = "";
	enum ntr_st st;
	char *text;

	if (len > NTR_ISF_DEF_MAX)
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": a definition of "
				"%" PRIu64 " bytes, at most %u are read",
				s->file->name, off, len, NTR_ISF_DEF_MAX);
	text = malloc((size_t)len + 1);
	if (!text)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	text[len] = 0;
	st = ntr_file_read(s->file, off, text, (size_t)len, e);
	if (st == NTR_OK) {
		*out = yajl_tree_parse(text, why, sizeof(why));
		why[strcspn(why, "\n")] = 0;
		if (!*out)
			st = ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": JSON: %s",
				      s->file->name, off, why);
	}
	free(text);
	return st;
}

static enum ntr_st load_body(struct ntr_symsrc *s, enum ntr_isf_class class,
			     struct ntr_isf_def *d, struct ntr_err *e)
{
	struct reader r = { .s = s, .isf = s->priv };
	struct ntr_isf_body *b;
	yajl_val v = NULL;
	enum ntr_st st;
	bool ok;

	if (d->body)
		return NTR_OK;
	b = ntr_arena_alloc(&s->arena, sizeof(*b));
	if (!b)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = parse(s, d->off, d->len, &v, e);
	if (st)
		return st;
	b->t.name = d->name;
	ok = class == NTR_ISF_CBASE ? read_base(&r, v, b) :
	     class == NTR_ISF_CENUM ? read_enum(&r, v, b) : read_user(&r, v, b);
	yajl_tree_free(v);
	if (!ok)
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": %.80s: %s",
				s->file->name, d->off, d->name, r.what);
	if (!by_layout(b))
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	d->body = b;
	return NTR_OK;
}

/* --- the questions -------------------------------------------------------------- */

enum ntr_st ntr_isf_type_named(struct ntr_symsrc *s, const char *name, u64 *id,
			       struct ntr_err *e)
{
	struct ntr_isf *p = s->priv;
	enum ntr_st st = load(s, e);
	u64 found;

	if (st)
		return st;
	found = id_named(p, NTR_ISF_CUSER, name);
	if (!found)
		found = id_named(p, NTR_ISF_CENUM, name);
	if (found) {
		*id = found;
		return NTR_OK;
	}
	if (p->damaged) { /* it may be behind the damage */
		if (e)
			*e = p->err;
		return p->damaged;
	}
	return ntr_fail(e, NTR_ABSENT, "%s: no type %.100s", s->file->name,
			name);
}

static enum ntr_st no_such(const struct ntr_symsrc *s, u64 id,
			   struct ntr_err *e)
{
	return ntr_fail(e, NTR_ABSENT, "%s: no type 0x%" PRIx64, s->file->name,
			id);
}

static enum ntr_st body_of(struct ntr_symsrc *s, u64 id,
			   const struct ntr_isf_body **out, struct ntr_err *e)
{
	struct ntr_isf *p = s->priv;
	enum ntr_isf_class class;
	struct ntr_isf_def *d;
	size_t index;
	enum ntr_st st;

	if (!split(p, id, &class, &index) || class == NTR_ISF_CMADE)
		return no_such(s, id, e);
	d = &p->table[class].v[index];
	st = load_body(s, class, d, e);
	if (st == NTR_OK)
		*out = d->body;
	return st;
}

/* An array's size is its element's times its count. */
static u64 array_size(struct ntr_symsrc *s, const struct ntr_type *t)
{
	struct ntr_isf *p = s->priv;
	u64 size, count = t->count, at = t->to;
	const struct ntr_isf_body *b;

	for (unsigned depth = 0; depth < NTR_TYPE_DEPTH; depth++) {
		enum ntr_isf_class class;
		size_t i;

		if (!split(p, at, &class, &i))
			return 0;
		if (class != NTR_ISF_CMADE) {
			if (body_of(s, at, &b, NULL) ||
			    __builtin_mul_overflow(count, b->t.size, &size))
				return 0;
			return size;
		}
		if (p->made.v[i].kind != NTR_TY_ARRAY)
			return __builtin_mul_overflow(count, p->made.v[i].size,
						      &size) ? 0 : size;
		if (__builtin_mul_overflow(count, p->made.v[i].count, &count))
			return 0;
		at = p->made.v[i].to;
	}
	return 0;
}

enum ntr_st ntr_isf_type(struct ntr_symsrc *s, u64 id, struct ntr_type *out,
			 struct ntr_err *e)
{
	struct ntr_isf *p = s->priv;
	const struct ntr_isf_body *b;
	enum ntr_isf_class class;
	struct ntr_type t;
	size_t i;
	enum ntr_st st;

	if (!split(p, id, &class, &i))
		return no_such(s, id, e);
	if (class != NTR_ISF_CMADE) {
		st = body_of(s, id, &b, e);
		if (st == NTR_OK)
			*out = b->t;
		return st;
	}
	t = p->made.v[i];
	if (t.kind == NTR_TY_ARRAY)
		t.size = array_size(s, &t);
	*out = t;
	return NTR_OK;
}

enum ntr_st ntr_isf_members(struct ntr_symsrc *s, u64 id,
			    ntr_type_member_fn *fn, void *ctx,
			    struct ntr_err *e)
{
	const struct ntr_isf_body *b;
	enum ntr_st st = body_of(s, id, &b, e);

	if (st)
		return st;
	for (size_t i = 0; i < b->nm; i++)
		if (!fn(ctx, &b->m[i]))
			break;
	return NTR_OK;
}

enum ntr_st ntr_isf_each_type(struct ntr_symsrc *s, ntr_type_name_fn *fn,
			      void *ctx, struct ntr_err *e)
{
	struct ntr_isf *p = s->priv;
	enum ntr_st st = load(s, e);

	if (st)
		return st;
	for (unsigned c = NTR_ISF_CENUM; c <= NTR_ISF_CUSER; c++)
		for (size_t i = 0; i < p->table[c].n; i++) {
			struct ntr_isf_def *d = &p->table[c].v[i];

			if (find(&p->table[c], d->name) == d &&
			    !fn(ctx, d->name, id_of(c, i)))
				return NTR_OK;
		}
	if (p->damaged && e)
		*e = p->err;
	return p->damaged;
}

enum ntr_st ntr_isf_symtype_id(struct ntr_symsrc *s, struct ntr_isf_symtype *t,
			       u64 *id, struct ntr_err *e)
{
	struct reader r = { .s = s, .isf = s->priv };
	enum ntr_st st = t->id ? NTR_OK : load(s, e);
	yajl_val v;

	if (st)
		return st;
	if (!t->id && t->len) {
		st = parse(s, t->off, t->len, &v, NULL);
		if (st == NTR_OK) {
			t->id = reference(&r, v);
			yajl_tree_free(v);
		}
		if (!t->id)
			t->len = 0; /* not to be tried again */
	}
	*id = t->id;
	return NTR_OK;
}
