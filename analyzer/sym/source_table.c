// SPDX-License-Identifier: Apache-2.0
#include "source_table.h"

#include "../base/vec.h"
#include "nt_types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ids: a structure is the index of its first row + 1; the rest are made of
 * what a row can say. */
enum {
	ID_VOID = 0x1000000,
	ID_POINTER,
	ID_CHAR,
	ID_INT = 0x2000000,   /* | bytes */
	ID_BYTES = 0x4000000, /* | length */
};

struct table {
	struct ntr_types types;
};

struct field {
	struct ntr_type_member m;
	enum ntr_source source;
};
struct fields {
	NTR_VEC(struct field);
};

static struct table *table_of(struct ntr_symsrc *s)
{
	return s->priv;
}

/* Length of the type's name in "_TYPE.Member". */
static size_t type_len(const char *row_name)
{
	return strcspn(row_name, ".");
}

static bool row_is_of(const struct ntr_nt_row *r, const char *type, size_t len)
{
	return r && type_len(r->name) == len && !strncmp(r->name, type, len);
}

static u64 id_of(const char *type)
{
	char prefix[96];
	size_t i, len = strlen(type);

	if (len + 2 > sizeof(prefix))
		return 0;
	snprintf(prefix, sizeof(prefix), "%s.", type);
	i = ntr_nt_row_from(prefix);
	return row_is_of(ntr_nt_row_at(i), type, len) ? i + 1 : 0;
}

static enum ntr_st table_type_named(struct ntr_symsrc *s, const char *name,
				    u64 *id, struct ntr_err *e)
{
	const struct ntr_types *t = &table_of(s)->types;
	u64 i = id_of(name);
	const struct ntr_nt_row *r;

	/* Some member of it must be known for this machine. */
	for (u64 k = i; k && row_is_of(r = ntr_nt_row_at(k - 1), name,
				       strlen(name)); k++) {
		struct ntr_type_hit hit;

		if (!ntr_types_find(t, name, strchr(r->name, '.') + 1, &hit))
			continue;
		*id = i;
		return NTR_OK;
	}
	return ntr_fail(e, NTR_ABSENT, "no structure \"%.80s\" in the table "
			"of known layouts", name);
}

static bool type_name(struct ntr_symsrc *s, u64 id, char out[96])
{
	const struct ntr_nt_row *r = id && id < ID_VOID ?
		ntr_nt_row_at((size_t)id - 1) : NULL;

	(void)s;
	if (!r || type_len(r->name) >= 96)
		return false;
	snprintf(out, 96, "%.*s", (int)type_len(r->name), r->name);
	return true;
}

static enum ntr_st table_type(struct ntr_symsrc *s, u64 id,
			      struct ntr_type *out, struct ntr_err *e)
{
	const struct ntr_types *t = &table_of(s)->types;
	struct ntr_type y = { .kind = NTR_TY_INT };
	char name[96];

	if (id == ID_VOID) {
		y = (struct ntr_type){ .kind = NTR_TY_VOID, .name = "void" };
	} else if (id == ID_POINTER) {
		y = (struct ntr_type){ .kind = NTR_TY_POINTER, .to = ID_VOID,
				       .size = t->ptr_size };
	} else if (id == ID_CHAR) {
		y.size = 1;
	} else if (id & ID_BYTES) {
		y = (struct ntr_type){ .kind = NTR_TY_ARRAY, .to = ID_CHAR,
				       .size = id & 0xffffff,
				       .count = id & 0xffffff };
	} else if (id & ID_INT) {
		y.size = id & 0xffffff;
	} else if (type_name(s, id, name)) {
		y.kind = NTR_TY_STRUCT;
		y.name = ntr_arena_strdup(&s->arena, name);
		y.size = ntr_types_sizeof(t, name, NULL);
	} else {
		return ntr_fail(e, NTR_BAD, "no type %" PRIu64, id);
	}
	*out = y;
	return NTR_OK;
}

static u64 member_type(const struct ntr_type_hit *hit)
{
	switch (hit->kind) {
	case NTR_TK_POINTER:
		return ID_POINTER;
	case NTR_TK_BYTES:
		return ID_BYTES | hit->width;
	case NTR_TK_STRUCT:
		return hit->type && id_of(hit->type) ? id_of(hit->type) :
						       ID_VOID;
	default:
		return ID_INT | hit->width;
	}
}

static int by_offset(const void *pa, const void *pb)
{
	const struct field *a = pa, *b = pb;

	return a->m.off < b->m.off ? -1 : a->m.off > b->m.off;
}

/* The members that hold for this build, by offset. */
static bool collect(struct ntr_symsrc *s, u64 id, struct fields *f)
{
	const struct ntr_nt_row *r, *before = NULL;
	char name[96];

	if (!type_name(s, id, name))
		return true;
	for (size_t i = (size_t)id - 1;
	     row_is_of(r = ntr_nt_row_at(i), name, strlen(name)); i++) {
		const char *member = r->name + strlen(name) + 1;
		struct ntr_type_hit hit;
		struct field *one;

		if ((before && !strcmp(before->name, r->name)) ||
		    member[0] == '@' ||
		    !ntr_types_find(&table_of(s)->types, name, member, &hit))
			continue;
		before = r;
		one = ntr_vec_add(f);
		if (!one)
			return false;
		one->m.name = member;
		one->m.off = hit.off;
		one->m.type = member_type(&hit);
		one->source = hit.source;
	}
	if (f->n)
		qsort(f->v, f->n, sizeof(*f->v), by_offset);
	return true;
}

static enum ntr_st table_members(struct ntr_symsrc *s, u64 id,
				 ntr_type_member_fn *fn, void *ctx,
				 struct ntr_err *e)
{
	struct fields f = { 0 };
	bool ok = collect(s, id, &f);

	for (size_t i = 0; i < f.n && ok; i++)
		if (!fn(ctx, &f.v[i].m))
			break;
	ntr_vec_fini(&f);
	return ok ? NTR_OK : ntr_fail(e, NTR_NOMEM, "out of memory");
}

static enum ntr_st table_each_type(struct ntr_symsrc *s, ntr_type_name_fn *fn,
				   void *ctx, struct ntr_err *e)
{
	const struct ntr_nt_row *r, *before = NULL;
	char name[96];
	u64 id;

	(void)e;
	for (size_t i = 0; (r = ntr_nt_row_at(i)); i++) {
		if (before && row_is_of(r, before->name,
					type_len(before->name)))
			continue;
		before = r;
		if (!type_name(s, i + 1, name) ||
		    table_type_named(s, name, &id, NULL))
			continue;
		if (!fn(ctx, ntr_arena_strdup(&s->arena, name), id))
			break;
	}
	return NTR_OK;
}

static void table_close(struct ntr_symsrc *s)
{
	free(s->priv);
}

static const struct ntr_symsrc_ops table_ops = {
	.name = "table",
	.descr = "table of known layouts",
	.close = table_close,
	.type_named = table_type_named,
	.type = table_type,
	.members = table_members,
	.each_type = table_each_type,
};

enum ntr_source ntr_symsrc_table_trust(struct ntr_symsrc *s, u64 id)
{
	enum ntr_source worst = NTR_SRC_TABLE;
	struct fields f = { 0 };

	(void)collect(s, id, &f);
	for (size_t i = 0; i < f.n; i++)
		if (f.v[i].source > worst)
			worst = f.v[i].source;
	ntr_vec_fini(&f);
	return worst;
}

enum ntr_st ntr_symsrc_table(struct ntr_symsrc **out,
			     const struct ntr_types *types, struct ntr_err *e)
{
	struct ntr_symsrc *s;
	struct table *t;

	if (!types->ptr_size)
		return ntr_fail(e, NTR_ABSENT, "the table of known layouts "
				"needs to know the machine");
	s = ntr_symsrc_new(&table_ops);
	t = calloc(1, sizeof(*t));
	if (!s || !t) {
		free(t);
		ntr_symsrc_close(s);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	t->types = *types;
	t->types.better = NULL;
	s->priv = t;
	s->machine = types->machine;
	s->ptr_size = types->ptr_size;
	*out = s;
	return NTR_OK;
}
