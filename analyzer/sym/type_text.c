// SPDX-License-Identifier: Apache-2.0
#include "type_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- following ------------------------------------------------------------- */

enum ntr_st ntr_type_strip(struct ntr_symsrc *s, u64 *id, struct ntr_type *out,
			   struct ntr_err *e)
{
	u64 at = *id;

	for (unsigned depth = 0; depth < NTR_TYPE_DEPTH; depth++) {
		struct ntr_type t;
		enum ntr_st st = ntr_symsrc_type(s, at, &t, e);

		if (st)
			return st;
		if (t.kind != NTR_TY_ALIAS) {
			*id = at;
			*out = t;
			return NTR_OK;
		}
		at = t.to;
	}
	return ntr_fail(e, NTR_BAD, "type 0x%" PRIx64
			" is an alias without end", *id);
}

static bool has_name(const char *name)
{
	return name && *name;
}

/* The same with the innermost name kept that stands for a type without one:
 * typedef struct { … } FOO. */
static enum ntr_st strip_named(struct ntr_symsrc *s, u64 *id,
			       struct ntr_type *out)
{
	const char *name = NULL;
	struct ntr_type t;
	u64 at = *id;

	for (unsigned depth = 0; depth < NTR_TYPE_DEPTH; depth++) {
		enum ntr_st st = ntr_symsrc_type(s, at, &t, NULL);

		if (st)
			return st;
		if (t.kind != NTR_TY_ALIAS) {
			*id = at;
			*out = t;
			if (!has_name(t.name))
				out->name = name;
			return NTR_OK;
		}
		if (has_name(t.name))
			name = t.name;
		at = t.to;
	}
	return NTR_BAD;
}

/* --- text ------------------------------------------------------------------ */

struct text {
	char *buf;
	size_t size, len;
};

static void put(struct text *t, const char *fmt, ...) NTR_PRINTF(2, 3);
static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len + 1 >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < t->size - t->len ? (size_t)n
						       : t->size - t->len - 1;
}

/* A name from a file: nothing of it may move a terminal's cursor. */
static void put_name(struct text *t, const char *name)
{
	size_t from = t->len;

	put(t, "%s", name);
	for (; from < t->len; from++)
		if ((u8)t->buf[from] < 0x20 || t->buf[from] == 0x7f)
			t->buf[from] = '?';
}

static void put_int(struct text *t, const struct ntr_type *ty)
{
	if (ty->is_bool)
		put(t, "Bool");
	else if (ty->size == 2 && ty->is_char)
		put(t, "Wchar");
	else if (ty->size == 1)
		put(t, ty->is_signed ? "Char" : "UChar");
	else if (ty->name && !strcmp(ty->name, "HRESULT"))
		put(t, "HRESULT");
	else if (ty->size)
		put(t, "%s%" PRIu64 "B", ty->is_signed ? "Int" : "Uint",
		    ty->size);
	else
		put(t, "????");
}

static void put_float(struct text *t, u64 size)
{
	if (size == 4)
		put(t, "Float");
	else if (size == 8)
		put(t, "Double");
	else if (size)
		put(t, "Float%" PRIu64 "B", size);
	else
		put(t, "????");
}

/* Kinds that end a type's text. */
static void put_plain(struct text *t, const struct ntr_type *ty, bool pointed)
{
	switch (ty->kind) {
	case NTR_TY_VOID:
		put(t, "Void");
		break;
	case NTR_TY_INT:
		put_int(t, ty);
		break;
	case NTR_TY_FLOAT:
		put_float(t, ty->size);
		break;
	case NTR_TY_STRUCT:
	case NTR_TY_UNION:
	case NTR_TY_ENUM:
		if (has_name(ty->name))
			put_name(t, ty->name);
		else
			put(t, "<unnamed-%s>",
			    ty->kind == NTR_TY_STRUCT ? "struct" :
			    ty->kind == NTR_TY_UNION ? "union" : "enum");
		break;
	default: /* "Ptr64 " alone is a pointer to a table of functions */
		if (has_name(ty->name))
			put_name(t, ty->name);
		else if (!pointed)
			put(t, "????");
	}
}

/* In C's spelling: what a function returns. "void ", "unsigned long ",
 * "_KTHREAD* ". */
static void put_c(struct ntr_symsrc *s, struct text *t, u64 id)
{
	unsigned stars = 0;
	struct ntr_type ty = { 0 };

	for (unsigned depth = 0;; depth++) {
		if (depth == NTR_TYPE_DEPTH || strip_named(s, &id, &ty)) {
			put(t, "????");
			break;
		}
		if (ty.kind == NTR_TY_POINTER) {
			stars++;
			id = ty.to;
			continue;
		}
		if (has_name(ty.name))
			put_name(t, ty.name);
		else if (ty.kind == NTR_TY_FUNC)
			put(t, "<function>");
		else
			put_plain(t, &ty, stars);
		break;
	}
	while (stars--)
		put(t, "*");
	put(t, " ");
}

size_t ntr_type_text(struct ntr_symsrc *s, u64 id, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	bool after_array = false, pointed = false;

	if (!size)
		return 0;
	buf[0] = 0;
	for (unsigned depth = 0;; depth++) {
		struct ntr_type ty;
		enum ntr_st st = NTR_BAD;

		if (depth < NTR_TYPE_DEPTH)
			st = strip_named(s, &id, &ty);
		if (after_array && (st || ty.kind != NTR_TY_ARRAY))
			put(&t, " ");
		if (st) {
			put(&t, "????");
			break;
		}
		after_array = ty.kind == NTR_TY_ARRAY;
		if (ty.kind == NTR_TY_POINTER) {
			put(&t, "Ptr%" PRIu64 " ", ty.size * 8);
		} else if (ty.kind == NTR_TY_ARRAY) {
			put(&t, "[%" PRIu64 "]", ty.count);
		} else if (ty.kind == NTR_TY_FUNC) {
			put(&t, "    ");
			put_c(s, &t, ty.to);
			break;
		} else {
			put_plain(&t, &ty, pointed);
			break;
		}
		pointed = ty.kind == NTR_TY_POINTER;
		id = ty.to;
	}
	return t.len;
}

size_t ntr_member_text(struct ntr_symsrc *s, const struct ntr_type_member *m,
		       char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };

	if (!m->bits)
		return ntr_type_text(s, m->type, buf, size);
	if (size)
		buf[0] = 0;
	put(&t, "Pos %u, %u Bit%s", m->bit, m->bits, m->bits == 1 ? "" : "s");
	return t.len;
}

/* --- members by path -------------------------------------------------------- */

struct find {
	struct ntr_symsrc *s;
	const char *name;
	size_t len;
	u64 base;         /* of what is looked through now */
	bool bases;       /* its base classes, not its own members */
	unsigned depth;
	u32 visits;
	bool found;
	enum ntr_st bad;  /* of something that was looked through */
	struct ntr_type_member m;
	u64 off;
};

static bool find_in(struct find *f, u64 id, u64 base);

/* An anonymous member or a base class. */
static void find_deeper(struct find *f, const struct ntr_type_member *m,
			u64 off)
{
	u64 base = f->base;
	bool bases = f->bases;

	if (m->bits || m->base != bases || f->depth >= NTR_TYPE_DEPTH)
		return;
	find_in(f, m->type, off);
	f->base = base;
	f->bases = bases;
}

static bool find_seen(void *ctx, const struct ntr_type_member *m)
{
	struct find *f = ctx;
	u64 off;

	if (++f->visits > NTR_TYPE_VISITS) {
		f->bad = NTR_LIMIT;
		return false;
	}
	if (__builtin_add_overflow(f->base, m->off, &off))
		return true;
	if (m->base || !has_name(m->name)) {
		find_deeper(f, m, off);
	} else if (!f->bases && strlen(m->name) == f->len &&
		   !memcmp(m->name, f->name, f->len)) {
		f->found = true;
		f->m = *m;
		f->off = off;
	}
	return !f->found && f->bad != NTR_LIMIT;
}

/* Through one structure, what it inherits last; true: found. A part that is
 * damaged or only declared does not end the search elsewhere. */
static bool find_in(struct find *f, u64 id, u64 base)
{
	struct ntr_type t;
	enum ntr_st st = ntr_type_strip(f->s, &id, &t, NULL);
	bool members = !st && (t.kind == NTR_TY_STRUCT ||
			       t.kind == NTR_TY_UNION);

	f->depth++;
	for (int bases = 0; members && bases < 2 && !st && !f->found; bases++) {
		f->base = base;
		f->bases = bases;
		st = ntr_symsrc_members(f->s, id, find_seen, f, NULL);
	}
	f->depth--;
	if (st && st != NTR_ABSENT && !f->bad)
		f->bad = st;
	return f->found;
}

enum ntr_st ntr_type_find_member(struct ntr_symsrc *s, u64 id,
				 const char *path, struct ntr_type_member *out,
				 u64 *off, struct ntr_err *e)
{
	struct find f = { .s = s };
	u64 base = 0;

	for (const char *p = path;; p += f.len + 1) {
		f.name = p;
		f.len = strcspn(p, ".");
		f.found = false;
		if (!find_in(&f, id, base) || !f.len) {
			enum ntr_st st = f.bad ? f.bad : NTR_ABSENT;

			return ntr_fail(e, st, "no member %.*s in type 0x%"
					PRIx64 " (%s)", (int)f.len, p, id,
					ntr_st_text(st));
		}
		if (!p[f.len])
			break;
		id = f.m.type;
		base = f.off;
	}
	*out = f.m;
	*off = f.off;
	return NTR_OK;
}

/* --- for bind.h ---------------------------------------------------------------- */

/* A name under which the source gives back this very structure. */
static const char *name_of(struct ntr_symsrc *s, const struct ntr_type *t)
{
	struct ntr_type again;
	u64 id;

	if (!has_name(t->name) || ntr_symsrc_type_named(s, t->name, &id, NULL) ||
	    ntr_type_strip(s, &id, &again, NULL) || again.kind != t->kind ||
	    again.size != t->size)
		return NULL;
	return t->name;
}

static enum ntr_type_kind hit_kind(const struct ntr_type *t)
{
	switch (t->kind) {
	case NTR_TY_POINTER:
		return NTR_TK_POINTER;
	case NTR_TY_INT:
	case NTR_TY_ENUM:
		return t->size <= 8 ? NTR_TK_INT : NTR_TK_BYTES;
	case NTR_TY_STRUCT:
	case NTR_TY_UNION:
		return NTR_TK_STRUCT;
	default:
		return NTR_TK_BYTES;
	}
}

static enum ntr_st hit_size(const struct ntr_type *t, const char *type,
			    struct ntr_type_hit *out, struct ntr_err *e)
{
	if (!t->size || t->size > UINT32_MAX)
		return ntr_fail(e, NTR_ABSENT, "%s: size not known", type);
	*out = (struct ntr_type_hit){ .off = (u32)t->size, .kind = NTR_TK_INT,
				      .source = NTR_SRC_EXACT };
	return NTR_OK;
}

/* Of an array its first element stands for it, as in the table of layouts;
 * one of bytes is taken whole. */
static void first_element(struct ntr_symsrc *s, struct ntr_type *t)
{
	struct ntr_type elem;

	for (unsigned i = 0; i < NTR_TYPE_DEPTH && t->kind == NTR_TY_ARRAY;
	     i++) {
		u64 id = t->to;

		if (ntr_type_strip(s, &id, &elem, NULL) || elem.size == 1)
			return;
		*t = elem;
	}
}

enum ntr_st ntr_symsrc_hit(struct ntr_symsrc *s, const char *type,
			   const char *path, struct ntr_type_hit *out,
			   struct ntr_err *e)
{
	struct ntr_type_member m;
	struct ntr_type t;
	u64 id, off;
	enum ntr_st st = ntr_symsrc_type_named(s, type, &id, e);

	if (!st && !strcmp(path, "@size")) {
		st = ntr_type_strip(s, &id, &t, e);
		return st ? st : hit_size(&t, type, out, e);
	}
	if (!st)
		st = ntr_type_find_member(s, id, path, &m, &off, e);
	if (!st)
		st = ntr_type_strip(s, &m.type, &t, e);
	if (st)
		return ntr_wrap(e, st, "%s.%s", type, path);
	first_element(s, &t);
	if (m.bits || off > UINT32_MAX ||
	    (t.size > UINT16_MAX && hit_kind(&t) != NTR_TK_STRUCT))
		return ntr_fail(e, NTR_ABSENT, "%s.%s is no whole number of "
				"bytes that can be read", type, path);
	*out = (struct ntr_type_hit){
		.off = (u32)off,
		.width = t.size > UINT16_MAX ? 0 : (u16)t.size,
		.kind = hit_kind(&t),
		.source = NTR_SRC_EXACT,
	};
	if (out->kind == NTR_TK_STRUCT)
		out->type = name_of(s, &t);
	return NTR_OK;
}

bool ntr_symsrc_better(void *ctx, const char *name, struct ntr_type_hit *hit)
{
	const char *dot = strchr(name, '.');
	char type[128];

	if (!dot || dot == name || (size_t)(dot - name) >= sizeof(type))
		return false;
	memcpy(type, name, (size_t)(dot - name));
	type[dot - name] = 0;
	return ntr_symsrc_hit(ctx, type, dot + 1, hit, NULL) == NTR_OK;
}
