// SPDX-License-Identifier: Apache-2.0
/* A filter on a result in memory: what filter_sql.c asks a database, asked of
 * a struct. */
#include "base/text.h"
#include "columns.h"
#include "filter_priv.h"

#include <string.h>

static enum results_truth truth(bool yes)
{
	return yes ? RESULTS_YES : RESULTS_NO;
}

static enum results_truth not(enum results_truth t)
{
	return (enum results_truth)(RESULTS_YES - t);
}

/* s[0..n) in lower case is want, or has it as a part. */
static bool starts(const char *s, const char *want, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (ntr_ascii_lower(s[i]) != want[i])
			return false;
	return true;
}

static bool matches(const struct filter_node *t, const char *s, size_t n)
{
	size_t len = strlen(t->text);

	if (t->op == FOP_EQ || t->op == FOP_NE)
		return n == len && starts(s, t->text, n);
	for (size_t i = 0; len <= n && i <= n - len; i++)
		if (starts(s + i, t->text, len))
			return true;
	return false;
}

static const char *text_at(const void *base, size_t off)
{
	const char *s;

	memcpy(&s, (const char *)base + off, sizeof(s));
	return s;
}

static bool ordered(enum filter_op op, int less_equal_more)
{
	switch (op) {
	case FOP_EQ:
		return less_equal_more == 0;
	case FOP_NE:
		return less_equal_more != 0;
	case FOP_LT:
		return less_equal_more < 0;
	case FOP_GT:
		return less_equal_more > 0;
	case FOP_LE:
		return less_equal_more <= 0;
	default:
		return less_equal_more >= 0;
	}
}

static enum results_truth number_term(const struct filter_node *t,
				      const struct results_dump *d)
{
	s64 v;
	bool have = t->field->number(d, &v);

	if (t->not_known)
		return truth(have == (t->op == FOP_NE));
	if (!have)
		return RESULTS_UNKNOWN;
	if (t->field->kind == FK_SINCE)
		return truth(v >= t->lo);
	if (t->field->kind == FK_UNTIL)
		return truth(v < t->hi);
	return truth(ordered(t->op, v < t->lo ? -1 : v >= t->hi));
}

static enum results_truth arg_term(const struct filter_node *t,
				   const struct results_dump *d)
{
	u64 v = d->arg[t->field->off];

	if (t->not_known)
		return truth(d->has_code == (t->op == FOP_NE));
	if (!d->has_code)
		return RESULTS_UNKNOWN;
	return truth(ordered(t->op, v < t->arg ? -1 : v > t->arg));
}

static bool positive(enum filter_op op)
{
	return op == FOP_EQ || op == FOP_HAS;
}

static enum results_truth text_term(const struct filter_node *t, const char *s)
{
	if (t->not_known)
		return truth(!s == (t->op == FOP_EQ));
	if (!s)
		return RESULTS_UNKNOWN;
	return truth(matches(t, s, strlen(s)) == positive(t->op));
}

static enum results_truth version_term(const struct filter_node *t,
				       const char *s)
{
	char key[COLUMN_VERSION_KEY];

	if (t->not_known || !t->key)
		return text_term(t, s);
	if (!column_version_key(key, s))
		return RESULTS_UNKNOWN;
	return truth(ordered(t->op, strcmp(key, t->key)));
}

static bool any_line(const struct filter_node *t, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n");

		if (n && matches(t, s, n))
			return true;
		s += n + (s[n] == '\n');
	}
	return false;
}

static bool any_module(const struct filter_node *t, const char *s)
{
	struct column_module m;

	while (column_module_next(&s, &m))
		if (matches(t, m.name, m.name_len))
			return true;
	return false;
}

static enum results_truth list_term(const struct filter_node *t,
				    const struct results_dump *d)
{
	const char *s = text_at(d, t->field->off);
	bool any;

	if (t->not_known)
		return truth(!s == (t->op == FOP_EQ));
	if (!s)
		return RESULTS_UNKNOWN;
	any = t->field->kind == FK_MODULES ? any_module(t, s) : any_line(t, s);
	return truth(any == positive(t->op));
}

static enum results_truth signature_term(const struct filter_node *t,
					 const struct results_dump *d)
{
	bool want_fires = t->field->kind == FK_FIRES, cannot = false;

	if (d->outcome != RESULTS_JUDGED && d->outcome != RESULTS_UNDETERMINED)
		return RESULTS_UNKNOWN;
	for (size_t i = 0; i < d->nsig; i++) {
		const struct results_signature *s = &d->sig[i];
		const char *text = text_at(s, t->field->off);
		bool fires = s->value && !strcmp(s->value, "fires");

		if (!text || !matches(t, text, strlen(text)))
			continue;
		if (fires == want_fires)
			return truth(positive(t->op));
		cannot |= want_fires;
	}
	return cannot ? RESULTS_UNKNOWN : truth(!positive(t->op));
}

static enum results_truth term(const struct filter_node *t,
			       const struct results_dump *d)
{
	switch (t->field->kind) {
	case FK_ARG:
		return arg_term(t, d);
	case FK_WORD:
		return text_term(t, results_outcome_name(d->outcome));
	case FK_TEXT:
		return text_term(t, text_at(d, t->field->off));
	case FK_VERSION:
		return version_term(t, text_at(d, t->field->off));
	case FK_MODULES:
	case FK_LINES:
		return list_term(t, d);
	case FK_FIRES:
	case FK_UNKNOWN:
		return signature_term(t, d);
	case FK_NOTES:
		return RESULTS_UNKNOWN;
	default:
		return number_term(t, d);
	}
}

static enum results_truth node(const struct results_filter *f, unsigned at,
			       const struct results_dump *d)
{
	const struct filter_node *n = &f->node.v[at];
	enum results_truth a, b;

	if (n->kind == FN_TERM)
		return term(n, d);
	a = node(f, n->a, d);
	if (n->kind == FN_NOT)
		return not(a);
	b = node(f, n->b, d);
	if (n->kind == FN_AND)
		return a < b ? a : b;
	return a > b ? a : b;
}

enum results_truth results_filter_eval(const struct results_filter *f,
				       const struct results_dump *d)
{
	return f->empty ? RESULTS_YES : node(f, f->root, d);
}
