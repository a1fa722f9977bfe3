// SPDX-License-Identifier: Apache-2.0
/*
 * The index of type names: one walk over the outer DIEs of all units, at the
 * first question that needs it.  C++ names are qualified ("ns::S"); function
 * bodies are not entered, so a type local to a function has no entry.
 */
#include "dwarf.h"

#include <stdlib.h>

struct walk {
	struct ntr_dw *dw;
	bool qualified; /* the unit's language has scopes */
	u32 seen;
};

static bool scoped(u16 lang)
{
	switch (lang) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case DW_LANG_ObjC_plus_plus:
	case DW_LANG_D:
	case DW_LANG_Rust:
	case 0x2b: /* DW_LANG_C_plus_plus_17 */
	case 0x2c: /* DW_LANG_C_plus_plus_20 */
		return true;
	default:
		return false;
	}
}

/* What goes first among entries of one name: struct over typedef. */
static u8 rank_of(Dwarf_Half tag)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type: return 1;
	case DW_TAG_enumeration_type: return 2;
	case DW_TAG_typedef: return 3;
	case DW_TAG_base_type: return 4;
	case DW_TAG_unspecified_type: return 5;
	default: return 0; /* not a named type */
	}
}

static bool is_scope(Dwarf_Half tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module ||
	       tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
	       tag == DW_TAG_union_type;
}

static const char *join(struct walk *w, const char *scope, const char *name)
{
	if (!scope || !w->qualified)
		return name;
	return ntr_arena_printf(w->dw->arena, "%s::%s", scope, name);
}

static enum ntr_st add(struct walk *w, Dwarf_Die d, Dwarf_Half tag,
		       const char *name)
{
	struct ntr_dw_name *n = ntr_vec_add(&w->dw->names);
	u64 size = 0, line = 0;

	if (!n)
		return NTR_NOMEM;
	(void)ntr_dw_u64(w->dw, d, DW_AT_byte_size, &size);
	(void)ntr_dw_u64(w->dw, d, DW_AT_decl_line, &line);
	*n = (struct ntr_dw_name){
		.name = name, .id = ntr_dw_id(d), .size = size,
		.line = (u32)line,
		.rank = rank_of(tag), .tag = tag,
		.decl = ntr_dw_flag(w->dw, d, DW_AT_declaration),
	};
	return NTR_OK;
}

static enum ntr_st walk(struct walk *w, Dwarf_Die of, const char *scope,
			unsigned depth);

static enum ntr_st one(struct walk *w, Dwarf_Die d, const char *scope,
		       unsigned depth)
{
	Dwarf_Half tag = ntr_dw_tag(d);
	const char *name;
	enum ntr_st st = NTR_OK;

	if (!rank_of(tag) && !is_scope(tag))
		return NTR_OK;
	name = ntr_dw_string(w->dw, d, DW_AT_name);
	if (name && rank_of(tag))
		st = add(w, d, tag, name = join(w, scope, name));
	else if (name)
		name = join(w, scope, name);
	if (st || !is_scope(tag) || depth >= NTR_DW_MAX_DEPTH)
		return st;
	if (!name && tag == DW_TAG_namespace)
		name = join(w, scope, "(anonymous namespace)");
	return walk(w, d, name ? name : scope, depth + 1);
}

static enum ntr_st walk(struct walk *w, Dwarf_Die of, const char *scope,
			unsigned depth)
{
	struct ntr_err e;
	enum ntr_st st, mine;

	for (Dwarf_Die d = ntr_dw_child(w->dw, of, &st, &e); d;
	     d = ntr_dw_next(w->dw, d, &st, &e)) {
		mine = ++w->seen > NTR_DW_MAX_DIES ? NTR_LIMIT :
						     one(w, d, scope, depth);
		if (mine == NTR_NOMEM || mine == NTR_LIMIT) {
			ntr_dw_free(d);
			return mine;
		}
	}
	return NTR_OK; /* damage ends one level of one unit */
}

static int by_name(const void *a, const void *b)
{
	const struct ntr_dw_name *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	if (!d)
		d = x->decl - y->decl;
	if (!d)
		d = x->rank - y->rank;
	return d ? d : x->id < y->id ? -1 : x->id > y->id;
}

/* Ids with the index beside, sorted, then only the index kept. */
struct pair {
	u64 id;
	u32 i;
};

static int by_pair(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static enum ntr_st sort(struct ntr_dw *dw)
{
	struct pair *p = calloc(dw->names.n + 1, sizeof(*p));

	dw->by_id = calloc(dw->names.n + 1, sizeof(*dw->by_id));
	if (!p || !dw->by_id) {
		free(p);
		return NTR_NOMEM;
	}
	if (dw->names.n)
		qsort(dw->names.v, dw->names.n, sizeof(*dw->names.v), by_name);
	for (size_t i = 0; i < dw->names.n; i++)
		p[i] = (struct pair){ dw->names.v[i].id, (u32)i };
	if (dw->names.n)
		qsort(p, dw->names.n, sizeof(*p), by_pair);
	for (size_t i = 0; i < dw->names.n; i++)
		dw->by_id[i] = p[i].i;
	free(p);
	return NTR_OK;
}

static enum ntr_st make(struct ntr_dw *dw, struct ntr_err *e)
{
	struct walk w = { .dw = dw };
	enum ntr_st st = ntr_dw_units(dw, e);
	Dwarf_Die die;

	if (st)
		return st;
	for (size_t i = 0; i < dw->units.n && !st; i++) {
		struct ntr_dw_unit *u = &dw->units.v[i];

		ntr_dw_describe(dw, u);
		if (u->blank || ntr_dw_die(dw, u->id, &die, NULL))
			continue;
		w.qualified = scoped(u->lang);
		st = walk(&w, die, NULL, 0);
		ntr_dw_free(die);
	}
	if (!st)
		st = sort(dw);
	return st ? ntr_fail(e, st, "%s: types: %s", dw->img->file->name,
			     ntr_st_text(st)) : NTR_OK;
}

static enum ntr_st know_names(struct ntr_dw *dw, struct ntr_err *e)
{
	struct ntr_err mine;

	if (dw->names_known.done)
		return ntr_dw_again(&dw->names_known, e);
	if (!e)
		e = &mine;
	return ntr_dw_keep(&dw->names_known, make(dw, e), e);
}

/* --- questions --------------------------------------------------------------------- */

static size_t first_named(const struct ntr_dw *dw, const char *name)
{
	size_t lo = 0, hi = dw->names.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(dw->names.v[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct ntr_dw_name *named(const struct ntr_dw *dw, u64 id)
{
	size_t lo = 0, hi = dw->names.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct ntr_dw_name *n = &dw->names.v[dw->by_id[mid]];

		if (n->id == id)
			return n;
		if (n->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* What a unit compiled with -gsplit-dwarf has here is a skeleton. */
static const char *elsewhere(const struct ntr_dw *dw)
{
	for (size_t i = 0; i < dw->units.n; i++)
		if (dw->units.v[i].split)
			return "; units of it keep their types in .dwo files, "
			       "which are not read";
	return "";
}

enum ntr_st ntr_dw_type_named(struct ntr_dw *dw, const char *name, u64 *id,
			      struct ntr_err *e)
{
	enum ntr_st st = know_names(dw, e);
	size_t i;

	if (st)
		return st;
	i = first_named(dw, name);
	if (i == dw->names.n || strcmp(dw->names.v[i].name, name) ||
	    dw->names.v[i].decl)
		return ntr_fail(e, NTR_ABSENT, "%s: no type %s%s",
				dw->img->file->name, name, elsewhere(dw));
	*id = dw->names.v[i].id;
	return NTR_OK;
}

/* "struct" and "class" name the same type. */
static bool same_kind(Dwarf_Half a, Dwarf_Half b)
{
	if (a == DW_TAG_class_type)
		a = DW_TAG_structure_type;
	if (b == DW_TAG_class_type)
		b = DW_TAG_structure_type;
	return a == b;
}

u64 ntr_dw_definition(struct ntr_dw *dw, u64 id, Dwarf_Die die)
{
	Dwarf_Half tag = ntr_dw_tag(die);
	u64 sig = ntr_dw_ref(dw, die, DW_AT_signature);
	const struct ntr_dw_name *n;
	const char *name;

	if (sig)
		return sig;
	if (!ntr_dw_flag(dw, die, DW_AT_declaration) || know_names(dw, NULL))
		return 0;
	n = named(dw, id);
	name = n ? n->name : ntr_dw_string(dw, die, DW_AT_name);
	if (!name)
		return 0;
	for (size_t i = first_named(dw, name); i < dw->names.n; i++) {
		n = &dw->names.v[i];
		if (n->decl || strcmp(n->name, name))
			break;
		if (same_kind(n->tag, tag))
			return n->id;
	}
	return 0;
}

const char *ntr_dw_type_name(struct ntr_dw *dw, u64 id, Dwarf_Die die)
{
	struct ntr_dw_unit *u = ntr_dw_unit_of(dw, id);
	const struct ntr_dw_name *n;

	if (u)
		ntr_dw_describe(dw, u);
	if (u && scoped(u->lang) && rank_of(ntr_dw_tag(die)) &&
	    !know_names(dw, NULL)) {
		n = named(dw, id);
		if (n)
			return n->name;
	}
	return ntr_dw_string(dw, die, DW_AT_name);
}

/* Types of one name that were given, the last of them. */
struct given {
	const struct ntr_dw_name *n[16];
	size_t count;
};

/* Every unit that includes a header has its own copy of the header's types:
 * one name, kind, size and line is one type. */
static bool is_copy(const struct given *g, const struct ntr_dw_name *n)
{
	size_t most = g->count < NTR_COUNT(g->n) ? g->count : NTR_COUNT(g->n);

	for (size_t i = 0; i < most; i++)
		if (g->n[i]->size == n->size && g->n[i]->line == n->line &&
		    same_kind(g->n[i]->tag, n->tag))
			return true;
	return false;
}

enum ntr_st ntr_dw_each_type(struct ntr_dw *dw, ntr_type_name_fn *fn, void *ctx,
			     struct ntr_err *e)
{
	enum ntr_st st = know_names(dw, e);
	struct given g = { .count = 0 };

	if (st)
		return st;
	for (size_t i = 0; i < dw->names.n; i++) {
		const struct ntr_dw_name *n = &dw->names.v[i];

		if (n->decl || n->rank > 2)
			continue;
		if (g.count && strcmp(g.n[0]->name, n->name))
			g.count = 0;
		if (is_copy(&g, n))
			continue;
		g.n[g.count++ % NTR_COUNT(g.n)] = n;
		if (!fn(ctx, n->name, n->id))
			break;
	}
	return NTR_OK;
}
