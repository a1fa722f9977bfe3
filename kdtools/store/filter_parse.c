// SPDX-License-Identifier: Apache-2.0
/*
 *	filter = and { "or" and }
 *	and    = unary { [ "and" ] unary }
 *	unary  = "not" unary | "(" filter ")" | field op value
 */
#include "base/nearest.h"
#include "filter_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUE 4096u
#define CARET_WIDTH 100u

struct parser {
	struct results_filter *f;
	const char *text, *p;
	s64 now;
	unsigned depth, terms;
	struct results_filter_err *err;
};

/* What is wrong with text[from..p). */
static bool wrong(struct parser *p, const char *from, const char *to)
{
	p->err->at = (size_t)(from - p->text);
	p->err->len = to > from ? (size_t)(to - from) : 1;
	return false;
}

static void blanks(struct parser *p)
{
	p->p += strspn(p->p, " \t\n");
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static size_t name_len(const char *s)
{
	size_t n = 0;

	while (is_name(s[n]))
		n++;
	return n;
}

static bool word(struct parser *p, const char *w)
{
	size_t n = strlen(w);

	if (name_len(p->p) != n || strncmp(p->p, w, n))
		return false;
	p->p += n;
	blanks(p);
	return true;
}

static bool new_node(struct parser *p, struct filter_node n, unsigned *out)
{
	struct filter_node *slot = ntr_vec_add(&p->f->node);

	if (!slot) {
		ntr_err_set(&p->err->e, "out of memory");
		return wrong(p, p->p, p->p);
	}
	*slot = n;
	*out = (unsigned)(p->f->node.n - 1);
	return true;
}

/* --- terms ---------------------------------------------------------------------- */

static bool field(struct parser *p, const struct filter_field **out)
{
	size_t n = name_len(p->p);
	const char *best = NULL;
	char name[64];

	if (!n) {
		ntr_err_set(&p->err->e, *p->p ? "here a field such as code= is "
			    "expected" : "the filter ends where a field such "
			    "as code= is expected");
		return wrong(p, p->p, p->p);
	}
	snprintf(name, sizeof(name), "%.*s", (int)(n < 64 ? n : 63), p->p);
	for (size_t i = 0; i < filter_nfields; i++) {
		if (!strcmp(name, filter_fields[i].name)) {
			*out = &filter_fields[i];
			p->p += n;
			return true;
		}
		ntr_nearest_try(name, filter_fields[i].name, &best);
	}
	if (best)
		ntr_err_set(&p->err->e, "there is no field \"%s\"; did you "
			    "mean \"%s\"?", name, best);
	else
		ntr_err_set(&p->err->e, "there is no field \"%s\"", name);
	return wrong(p, p->p, p->p + n);
}

static bool operator(struct parser *p, const struct filter_field *f,
		     enum filter_op *out)
{
	size_t best = 0;
	const char *from;

	blanks(p);
	from = p->p;
	for (unsigned i = 0; i < FOP_COUNT; i++) {
		size_t n = strlen(filter_op_text[i]);

		if (n > best && !strncmp(p->p, filter_op_text[i], n)) {
			best = n;
			*out = (enum filter_op)i;
		}
	}
	p->p += best;
	if (!best) {
		ntr_err_set(&p->err->e, "behind \"%s\" one of = != ~ !~ < > <= "
			    ">= is expected", f->name);
		return wrong(p, from, from);
	}
	if (f->ops & 1u << *out)
		return true;
	ntr_err_set(&p->err->e, "\"%s\" cannot be compared with %s", f->name,
		    filter_op_text[*out]);
	return wrong(p, from, p->p);
}

/* "…" or '…' with \" and \\; the quote itself is at *p. */
static bool quoted(struct parser *p, char out[MAX_VALUE], size_t *n)
{
	const char *from = p->p;
	char quote = *p->p++;

	while (*p->p && *p->p != quote && *n < MAX_VALUE - 1) {
		if (*p->p == '\\' && (p->p[1] == quote || p->p[1] == '\\'))
			p->p++;
		out[(*n)++] = *p->p++;
	}
	if (*p->p == quote) {
		p->p++;
		return true;
	}
	ntr_err_set(&p->err->e, *p->p ? "this text is too long" :
		    "this text has no end: a %c is missing", quote);
	return wrong(p, from, p->p);
}

static bool value_text(struct parser *p, char out[MAX_VALUE], bool *is_quoted)
{
	size_t n = 0;
	const char *from;

	blanks(p);
	from = p->p;
	*is_quoted = *from == '"' || *from == '\'';
	if (*is_quoted) {
		if (!quoted(p, out, &n))
			return false;
	} else {
		n = strcspn(from, " \t\n()\"'");
		p->p += n;
		if (!n || n >= MAX_VALUE) {
			ntr_err_set(&p->err->e, n ? "this text is too long" :
				    "a value is expected here (\"\" for an "
				    "empty one)");
			return wrong(p, from, p->p);
		}
		memcpy(out, from, n);
	}
	out[n] = 0;
	for (size_t i = 0; i < n; i++)
		if ((u8)out[i] < 0x20 || out[i] == 0x7f) {
			ntr_err_set(&p->err->e, "a value has no control "
				    "characters");
			return wrong(p, from, p->p);
		}
	return true;
}

static bool term(struct parser *p, unsigned *out)
{
	struct filter_node t = { .kind = FN_TERM };
	char value[MAX_VALUE];
	const char *from;
	bool is_quoted;

	if (++p->terms > FILTER_MAX_TERMS) {
		ntr_err_set(&p->err->e, "a filter has at most %u terms",
			    FILTER_MAX_TERMS);
		return wrong(p, p->p, p->p);
	}
	if (!field(p, &t.field) || !operator(p, t.field, &t.op))
		return false;
	blanks(p);
	from = p->p;
	if (!value_text(p, value, &is_quoted))
		return false;
	if (!filter_value(p->f, &t, value, is_quoted, p->now, &p->err->e))
		return wrong(p, from, p->p);
	if (*p->p && !strchr(" \t\n)", *p->p)) {
		ntr_err_set(&p->err->e, "a blank is expected here; a value with "
			    "blanks, quotes or parentheses is quoted");
		return wrong(p, p->p, p->p);
	}
	blanks(p);
	return new_node(p, t, out);
}

/* --- what holds them together ------------------------------------------------------ */

static bool any(struct parser *p, unsigned *out);

static bool group(struct parser *p, unsigned *out)
{
	const char *from = p->p++;

	blanks(p);
	if (!any(p, out))
		return false;
	if (*p->p != ')') {
		ntr_err_set(&p->err->e, "this parenthesis has no end");
		return wrong(p, from, from + 1);
	}
	p->p++;
	blanks(p);
	return true;
}

static bool unary(struct parser *p, unsigned *out)
{
	struct filter_node n = { .kind = FN_NOT };
	bool good;

	if (p->depth == FILTER_MAX_DEPTH) {
		ntr_err_set(&p->err->e, "nested more than %u times",
			    FILTER_MAX_DEPTH);
		return wrong(p, p->p, p->p);
	}
	p->depth++;
	if (word(p, "not"))
		good = unary(p, &n.a) && new_node(p, n, out);
	else
		good = *p->p == '(' ? group(p, out) : term(p, out);
	p->depth--;
	return good;
}

static bool all(struct parser *p, unsigned *out)
{
	if (!unary(p, out))
		return false;
	while (*p->p && *p->p != ')') {
		struct filter_node n = { .kind = FN_AND, .a = *out };
		const char *at = p->p;

		if (word(p, "or")) {
			p->p = at;
			break;
		}
		(void)word(p, "and");
		if (!unary(p, &n.b) || !new_node(p, n, out))
			return false;
	}
	return true;
}

static bool any(struct parser *p, unsigned *out)
{
	if (!all(p, out))
		return false;
	while (word(p, "or")) {
		struct filter_node n = { .kind = FN_OR, .a = *out };

		if (!all(p, &n.b) || !new_node(p, n, out))
			return false;
	}
	return true;
}

static bool whole(struct parser *p)
{
	if (strlen(p->text) > FILTER_MAX_TEXT) {
		ntr_err_set(&p->err->e, "a filter has at most %zu bytes",
			    FILTER_MAX_TEXT);
		return wrong(p, p->text, p->text);
	}
	blanks(p);
	p->f->empty = !*p->p;
	if (p->f->empty)
		return true;
	if (!any(p, &p->f->root))
		return false;
	if (!*p->p)
		return true;
	ntr_err_set(&p->err->e, "this parenthesis has no beginning");
	return wrong(p, p->p, p->p + 1);
}

enum ntr_st results_filter_new(struct results_filter **out, const char *text,
			       s64 now, struct results_filter_err *err)
{
	struct results_filter_err own;
	struct parser p = { .text = text, .p = text, .now = now,
			    .err = err ? err : &own };

	*p.err = (struct results_filter_err){ .at = 0 };
	p.f = calloc(1, sizeof(*p.f));
	if (!p.f)
		return NTR_NOMEM;
	if (!whole(&p)) {
		results_filter_free(p.f);
		return NTR_USAGE;
	}
	if (!filter_compile(p.f)) {
		results_filter_free(p.f);
		return NTR_NOMEM;
	}
	*out = p.f;
	return NTR_OK;
}

void results_filter_free(struct results_filter *f)
{
	if (!f)
		return;
	ntr_vec_fini(&f->node);
	ntr_vec_fini(&f->value);
	ntr_arena_fini(&f->text);
	ntr_str_fini(&f->sql);
	free(f);
}

void results_filter_caret(struct ntr_str *out, const char *text,
			  const struct results_filter_err *err)
{
	size_t len = strlen(text), at = err->at < len ? err->at : len;
	size_t from = at > CARET_WIDTH / 2 ? at - CARET_WIDTH / 2 : 0;
	size_t n = len - from < CARET_WIDTH ? len - from : CARET_WIDTH;

	for (size_t i = from; i < from + n; i++) {
		char c = (u8)text[i] < 0x20 || (u8)text[i] > 0x7e ? '?' : text[i];

		ntr_str_addn(out, &c, 1);
	}
	ntr_str_printf(out, "\n%*s", (int)(at - from), "");
	for (size_t i = 0; i < err->len && (!i || at + i < from + n); i++)
		ntr_str_add(out, "^");
	ntr_str_add(out, "\n");
}
