// SPDX-License-Identifier: Apache-2.0
/* Paths: the row of the schema that they name, and what fills their brackets. */
#include "check.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A difference is a size or an int that may have a sign, as all have here. */
static u8 kind_of_row(const struct ntr_fact_row *row)
{
	if (row->type != NTR_FT_DELTA)
		return (u8)row->type;
	return row->unit && !strcmp(row->unit, "bytes") ? NTR_FT_SIZE :
							  NTR_FT_INT;
}

struct sig_type sig_type_of_row(const struct sig_schema *s,
				const struct ntr_fact_row *row)
{
	struct sig_type t = { .kind = kind_of_row(row), .row = row };

	t.tag = row->unit && !strcmp(row->unit, "tag");
	if (row->type == NTR_FT_LIST) {
		t.row = sig_schema_below(s, row, "[]");
		t.elem = t.row ? kind_of_row(t.row) : SIG_K_ERROR;
		t.tag = t.row && t.row->unit && !strcmp(t.row->unit, "tag");
	}
	return t;
}

static int var_of(const struct sig_check *c, const char *name)
{
	for (unsigned i = c->nvars; i > 0; i--)
		if (!strcmp(c->var[i - 1].name, name))
			return (int)i - 1;
	return -1;
}

/* The pattern grows by a segment; false: reported, or too long. */
static bool brackets(struct sig_check *c, struct sig_path *p,
		     struct sig_expr *e, const char **add)
{
	char buf[64];

	sig_check_expr(c, e);
	if (sig_is_error(e))
		return false;
	if (e->type.kind == NTR_FT_STRING && !p->key) {
		p->key = e;
		*add = "[\"\"]";
		return true;
	}
	if (e->type.kind == NTR_FT_INT && p->nindexes < NTR_FACT_INDEXES) {
		p->index[p->nindexes++] = e;
		*add = "[]";
		return true;
	}
	if (e->type.kind == NTR_FT_STRING || e->type.kind == NTR_FT_INT)
		sig_error(c->s, e->at, "no fact has so many brackets");
	else
		sig_error(c->s, e->at, "brackets want a number or a name, this "
			  "is %s", sig_type_text(&e->type, buf));
	return false;
}

static bool pattern(struct sig_check *c, struct sig_path *p, unsigned from,
		    char out[NTR_FACT_PATH])
{
	size_t len = strlen(out);

	for (unsigned i = from; i < p->nseg; i++) {
		const struct sig_segment *s = &p->seg[i];
		const char *add = s->name;
		size_t n, point = s->name && i;

		if (!add && !brackets(c, p, s->index, &add))
			return false;
		n = strlen(add);
		if (n + point >= NTR_FACT_PATH - len) {
			sig_error(c->s, s->at, "no fact has so long a path");
			return false;
		}
		out[len] = '.';
		memcpy(out + len + point, add, n + 1);
		len += point + n;
	}
	return true;
}

static void no_field(struct sig_check *c, const struct sig_expr *e,
		     const struct ntr_fact_row *of, const char *path)
{
	const struct sig_path *p = e->u.path;
	const struct sig_segment *s = &p->seg[p->nseg > 1 ? 1 : 0];
	const char *best, *field = path + strlen(of->path);

	field += *field == '.';
	if (of->type != NTR_FT_RECORD) {
		sig_error(c->s, s->at, "%s is a %s and has no parts",
			  p->seg[0].name, ntr_fact_type_name(of->type));
		return;
	}
	best = sig_schema_nearest_field(c->s->set->schema, of, field);
	if (best)
		sig_error(c->s, s->at, "%s has no field %s; did you mean %s?",
			  of->path, field, best);
	else
		sig_error(c->s, s->at, "%s has no field %s", of->path, field);
}

static void no_fact(struct sig_check *c, const struct sig_expr *e,
		    const char *path)
{
	const struct sig_schema *s = c->s->set->schema;
	const char *best = sig_schema_group(s, path);

	if (best) {
		sig_error(c->s, e->at, "%s is a group of facts, such as %s", path,
			  best);
		return;
	}
	best = sig_schema_nearest(s, path);
	for (unsigned i = 0; i < c->nvars && !best; i++)
		if (!strncmp(path, c->var[i].name, strcspn(path, ".[")))
			best = c->var[i].name;
	if (best)
		sig_error(c->s, e->at, "no fact is called %s; did you mean %s?",
			  path, best);
	else
		sig_error(c->s, e->at, "no fact is called %s", path);
}

/* The rule has a `fixed` clause for this file. */
static bool fixed(struct sig_check *c, struct sig_path *p, struct sig_expr *e)
{
	p->at_least_fixed = true;
	if (p->key->node != SIG_N_LITERAL) {
		sig_error(c->s, p->key->at, "at_least_fixed wants the file's name "
			  "itself");
		return false;
	}
	for (size_t i = 0; i < c->r->r.fixed.n; i++)
		if (!ntr_strcasecmp(c->r->r.fixed.v[i].file, p->key->u.lit.s))
			return true;
	sig_error(c->s, e->at, "no `fixed` clause of this rule is about %s",
		  p->key->u.lit.s);
	return false;
}

static bool named(struct sig_check *c, struct sig_path *p, struct sig_expr *e)
{
	if (sig_is_trace(p->row) && !c->trace && p->var < 0) {
		sig_error(c->s, e->at, "%s is of a trace: it may be asked in `on "
			  "trace`", p->row->path);
		return false;
	}
	if (p->key && p->key->node == SIG_N_LITERAL &&
	    (strlen(p->key->u.lit.s) >= NTR_FACT_KEY || !p->key->u.lit.s[0])) {
		sig_error(c->s, p->key->at, "a name between brackets has 1 to %u "
			  "characters", NTR_FACT_KEY - 1);
		return false;
	}
	return !sig_is_fixed(p->row) || fixed(c, p, e);
}

void sig_check_path(struct sig_check *c, struct sig_expr *e)
{
	struct sig_path *p = e->u.path;
	const struct ntr_fact_row *of = NULL;
	char path[NTR_FACT_PATH] = "";

	e->type.kind = SIG_K_ERROR;
	p->var = var_of(c, p->seg[0].name);
	if (p->var >= 0) {
		e->type = c->var[p->var].type;
		of = e->type.row;
		if (p->nseg == 1) {
			p->row = of;
			return;
		}
		e->type.kind = SIG_K_ERROR;
		if (!of)
			return;
		snprintf(path, sizeof(path), "%s", of->path);
	}
	if (!pattern(c, p, of ? 1 : 0, path))
		return;
	p->row = sig_schema_find(c->s->set->schema, path);
	if (!p->row && of)
		no_field(c, e, of, path);
	else if (!p->row)
		no_fact(c, e, path);
	else if (named(c, p, e))
		e->type = sig_type_of_row(c->s->set->schema, p->row);
	if (p->row)
		e->cost = (u8)sig_cost(p->row);
	for (unsigned i = 0; i < p->nindexes; i++)
		if (p->index[i]->cost > e->cost)
			e->cost = p->index[i]->cost;
	if (p->key && p->key->cost > e->cost)
		e->cost = p->key->cost;
}
