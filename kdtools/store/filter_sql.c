// SPDX-License-Identifier: Apache-2.0
/* A filter as a condition of SQL. What is not known is NULL, and SQL's three
 * values are the filter's; no value of a filter is part of the text. */
#include "filter_priv.h"

#include <string.h>

#define NOT_JUDGED "d.outcome NOT IN ('judged', 'undetermined')"

struct out {
	struct results_filter *f;
	bool lost;
};

static void put(struct out *o, const char *s)
{
	ntr_str_add(&o->f->sql, s);
}

static void bound(struct out *o, struct sql_val v)
{
	struct sql_val *slot = ntr_vec_add(&o->f->value);

	put(o, "?");
	o->lost |= !slot;
	if (slot)
		*slot = v;
}

/* expr op [lo, hi) */
static void interval(struct out *o, const struct filter_node *t)
{
	bool high = t->op == FOP_GT || t->op == FOP_LE;
	const char *expr = t->field->sql;

	if (t->op == FOP_EQ || t->op == FOP_NE) {
		put(o, t->op == FOP_EQ ? "(" : "NOT (");
		put(o, expr);
		put(o, " >= ");
		bound(o, sql_int(t->lo));
		put(o, " AND ");
		put(o, expr);
		put(o, " < ");
		bound(o, sql_int(t->hi));
		put(o, ")");
		return;
	}
	put(o, expr);
	put(o, t->op == FOP_LT || t->op == FOP_LE ? " < " : " >= ");
	bound(o, sql_int(high ? t->hi : t->lo));
}

static void compared(struct out *o, const char *expr, enum filter_op op,
		     const char *value)
{
	put(o, expr);
	put(o, " ");
	put(o, op == FOP_NE ? "<>" : filter_op_text[op]);
	put(o, " ");
	bound(o, sql_text(value));
}

static bool negative(enum filter_op op)
{
	return op == FOP_NE || op == FOP_HASNT;
}

static void contains(struct out *o, const char *before, const char *expr,
		     const char *behind, const char *value)
{
	put(o, "{has}(");
	put(o, before);
	put(o, expr);
	put(o, behind);
	put(o, ", ");
	bound(o, sql_text(value));
	put(o, ") > 0");
}

static bool part(enum filter_op op)
{
	return op == FOP_HAS || op == FOP_HASNT;
}

/* The column, behind `before` and in lower case, has the text or is it. */
static void matches(struct out *o, const char *before,
		    const struct filter_node *t)
{
	if (part(t->op)) {
		contains(o, before, t->field->sql, ")", t->text);
		return;
	}
	put(o, before);
	put(o, t->field->sql);
	put(o, ") = ");
	bound(o, sql_text(t->text));
}

static void text_term(struct out *o, const struct filter_node *t)
{
	put(o, negative(t->op) ? "NOT (" : "(");
	matches(o, "lower(", t);
	put(o, ")");
}

static void line_term(struct out *o, const struct filter_node *t)
{
	put(o, negative(t->op) ? "NOT (" : "(");
	contains(o, "", t->field->sql, "", part(t->op) ? t->text : t->line);
	put(o, ")");
}

/* EXISTS a signature whose value is (not) 'fires' and whose column matches. */
static void signature(struct out *o, const struct filter_node *t, bool fires)
{
	put(o, "EXISTS (SELECT 1 FROM signatures AS s WHERE s.dump = d.id AND "
	       "s.value ");
	put(o, fires ? "= 'fires' AND " : "<> 'fires' AND ");
	matches(o, "lower(s.", t);
	put(o, ")");
}

static void signature_term(struct out *o, const struct filter_node *t)
{
	bool fires = t->field->kind == FK_FIRES;

	put(o, negative(t->op) ? "NOT (" : "(");
	put(o, "CASE WHEN " NOT_JUDGED " THEN NULL WHEN ");
	signature(o, t, fires);
	put(o, " THEN TRUE ");
	if (fires) {
		put(o, "WHEN ");
		signature(o, t, false);
		put(o, " THEN NULL ");
	}
	put(o, "ELSE FALSE END)");
}

static void note_term(struct out *o, const struct filter_node *t)
{
	put(o, negative(t->op) ? "NOT " : "");
	put(o, "EXISTS (SELECT 1 FROM notes AS n WHERE n.dump = d.id AND ");
	matches(o, "lower(", t);
	put(o, ")");
}

static void term(struct out *o, const struct filter_node *t)
{
	if (t->not_known) {
		put(o, t->field->sql);
		put(o, t->op == FOP_EQ ? " IS NULL" : " IS NOT NULL");
		return;
	}
	switch (t->field->kind) {
	case FK_NUMBER:
	case FK_SIZE:
	case FK_TIME:
		interval(o, t);
		break;
	case FK_SINCE:
	case FK_UNTIL:
		put(o, t->field->sql);
		put(o, t->field->kind == FK_SINCE ? " >= " : " < ");
		bound(o, sql_int(t->field->kind == FK_SINCE ? t->lo : t->hi));
		break;
	case FK_ARG:
		compared(o, t->field->sql, t->op, t->key);
		break;
	case FK_VERSION:
		if (t->key)
			compared(o, "d.os_key", t->op, t->key);
		else
			text_term(o, t);
		break;
	case FK_TEXT:
	case FK_WORD:
		text_term(o, t);
		break;
	case FK_MODULES:
	case FK_LINES:
		line_term(o, t);
		break;
	case FK_FIRES:
	case FK_UNKNOWN:
		signature_term(o, t);
		break;
	case FK_NOTES:
		note_term(o, t);
		break;
	}
}

/* A child of the same kind needs no parentheses of its own. */
static void node(struct out *o, unsigned at, enum filter_node_kind within)
{
	const struct filter_node *n = &o->f->node.v[at];
	bool paren = n->kind != FN_TERM && n->kind != within;

	if (n->kind == FN_TERM) {
		term(o, n);
		return;
	}
	if (n->kind == FN_NOT) {
		put(o, "NOT (");
		node(o, n->a, FN_NOT);
		put(o, ")");
		return;
	}
	put(o, paren ? "(" : "");
	node(o, n->a, n->kind);
	put(o, n->kind == FN_AND ? " AND " : " OR ");
	node(o, n->b, n->kind);
	put(o, paren ? ")" : "");
}

bool filter_compile(struct results_filter *f)
{
	struct out o = { .f = f };

	if (f->empty)
		put(&o, "TRUE");
	else
		node(&o, f->root, FN_TERM);
	return !o.lost && !f->sql.lost;
}

enum ntr_st results_filter_sql(const struct results_filter *f,
			       struct ntr_str *sql, const struct sql_val **v,
			       size_t *n)
{
	ntr_str_add(sql, ntr_str_text(&f->sql));
	if (sql->lost)
		return NTR_NOMEM;
	*v = f->value.v;
	*n = f->value.n;
	return NTR_OK;
}
