// SPDX-License-Identifier: Apache-2.0
/*
 * Expressions, by recursive descent:
 *
 *	or < and < not < == != < <= > >= in =~ < + - < * / % < unary -
 *
 * A quantifier's `where` takes all that follows it, up to the parenthesis or
 * the clause.
 */
#include "parse.h"
#include "func.h"

#include <string.h>

static struct sig_expr *expr(struct sig_parser *p);

static struct sig_expr *node(struct sig_parser *p, enum sig_node n,
			     struct sig_loc at, unsigned nkids)
{
	struct sig_expr *e;

	if (p->s->nodes++ >= SIG_MAX_NODES) {
		sig_error(p->s, at, "a file has at most %u values and operators",
			  SIG_MAX_NODES);
		return NULL;
	}
	e = sig_alloc(p->s, 1, sizeof(*e));
	if (!e)
		return NULL;
	e->node = n;
	e->at = at;
	e->nkids = nkids;
	e->kid = nkids ? sig_alloc(p->s, nkids, sizeof(*e->kid)) : NULL;
	return nkids && !e->kid ? NULL : e;
}

static void too_deep(struct sig_parser *p, struct sig_loc at)
{
	sig_error(p->s, at, "this is nested too deeply: at most %u levels",
		  SIG_MAX_DEPTH);
}

/* The kids are there: how deep is it? */
static struct sig_expr *done(struct sig_parser *p, struct sig_expr *e)
{
	unsigned depth = 0;

	for (unsigned i = 0; i < e->nkids; i++)
		if (e->kid[i] && e->kid[i]->depth > depth)
			depth = e->kid[i]->depth;
	if (depth >= SIG_MAX_DEPTH) {
		too_deep(p, e->at);
		return NULL;
	}
	e->depth = (u8)(depth + 1);
	return e;
}

static bool deeper(struct sig_parser *p)
{
	if (p->depth < SIG_MAX_DEPTH) {
		p->depth++;
		return true;
	}
	too_deep(p, p->t.at);
	return false;
}

/* Expressions that are collected until their number is known. */
struct terms {
	NTR_VEC(struct sig_expr *);
};

static bool term(struct sig_parser *p, struct terms *v, struct sig_expr *e)
{
	struct sig_expr **slot;

	if (!e)
		return false;
	if (v->n >= SIG_MAX_TERMS) {
		sig_error(p->s, e->at, "at most %u of these", SIG_MAX_TERMS);
		return false;
	}
	slot = ntr_vec_add(v);
	p->s->lost |= !slot;
	if (slot)
		*slot = e;
	return slot != NULL;
}

static struct sig_expr *collected(struct sig_parser *p, enum sig_node n,
				  struct sig_loc at, struct terms *v)
{
	struct sig_expr *e = node(p, n, at, (unsigned)v->n);

	if (e && v->n)
		memcpy(e->kid, v->v, v->n * sizeof(*v->v));
	ntr_vec_fini(v);
	return e ? done(p, e) : NULL;
}

/* --- literals ------------------------------------------------------------ */

static struct sig_expr *literal(struct sig_parser *p, u8 kind)
{
	struct sig_expr *e = node(p, SIG_N_LITERAL, p->t.at, 0);

	if (!e)
		return NULL;
	e->type.kind = kind;
	e->u.lit.n = p->t.n;
	memcpy(e->u.lit.version, p->t.version, sizeof(p->t.version));
	e->u.lit.nversion = p->t.nversion;
	sig_next(p);
	return done(p, e);
}

static struct sig_expr *truth(struct sig_parser *p, bool value)
{
	struct sig_expr *e = literal(p, NTR_FT_BOOL);

	if (e)
		e->u.lit.n = value;
	return e;
}

static struct sig_expr *string(struct sig_parser *p)
{
	struct sig_token t = p->t;
	bool quoted = p->x.quoted;
	struct sig_expr *e;

	if (!quoted) {
		struct sig_loc at = t.at;
		const char *s = sig_parse_string(p, "a string");

		e = s ? node(p, SIG_N_LITERAL, sig_span(p, at), 0) : NULL;
		if (!e)
			return NULL;
		e->type.kind = NTR_FT_STRING;
		e->u.lit.s = s;
		return done(p, e);
	}
	e = literal(p, NTR_FT_STRING);
	if (e)
		e->u.lit.s = sig_token_string(p, &t, true);
	return e && e->u.lit.s ? e : NULL;
}

/* /pattern/flags: compiled by the checker */
static struct sig_expr *regex(struct sig_parser *p)
{
	struct sig_expr *e = literal(p, SIG_K_REGEX);

	if (e)
		e->u.lit.s = sig_strndup(p->s, p->s->text + e->at.off, e->at.len);
	return e && e->u.lit.s ? e : NULL;
}

/* Expressions with commas between, up to a closing sign. */
static bool arguments(struct sig_parser *p, enum sig_tok close, struct terms *v)
{
	while (p->t.t != close) {
		if (!term(p, v, expr(p)))
			return false;
		if (p->t.t != close &&
		    !sig_want(p, SIG_T_COMMA, close == SIG_T_RPAREN ?
			      "or \")\"" : "or \"]\""))
			return false;
	}
	sig_next(p);
	return true;
}

static struct sig_expr *list(struct sig_parser *p)
{
	struct sig_loc at = p->t.at;
	struct terms v = { 0 };

	sig_next(p);
	if (arguments(p, SIG_T_RBRACKET, &v))
		return collected(p, SIG_N_LIST, sig_span(p, at), &v);
	ntr_vec_fini(&v);
	return NULL;
}

/* --- quantifiers and folds ----------------------------------------------- */

static const char *name_of(struct sig_parser *p, const char *what)
{
	const char *s;

	if (p->t.t != SIG_T_IDENT) {
		sig_expected(p, what);
		return NULL;
	}
	if (p->t.at.len >= SIG_MAX_NAME) {
		sig_error(p->s, p->t.at, "a name has at most %u characters",
			  SIG_MAX_NAME - 1);
		return NULL;
	}
	s = sig_strndup(p->s, p->s->text + p->t.at.off, p->t.at.len);
	sig_next(p);
	return s;
}

static struct sig_expr *additive(struct sig_parser *p);

/* Words that begin something else cannot be names. */
static bool reserved(struct sig_parser *p)
{
	static const char *const words[] = {
		"and", "or", "not", "in", "where", "any", "all", "none", "at",
		"true", "false",
	};

	for (size_t i = 0; i < NTR_COUNT(words); i++)
		if (sig_is_word(p, words[i]))
			return true;
	return sig_is_clause(p, SIG_IN_BLOCK);
}

/* "x in LIST", the list without comparisons. */
static bool binding(struct sig_parser *p, struct sig_expr *e)
{
	if (reserved(p)) {
		sig_expected(p, "a name for an element, such as any x in …");
		return false;
	}
	e->u.bind.name = name_of(p, "a name for an element, such as any x in …");
	if (!e->u.bind.name)
		return false;
	if (!sig_take_word(p, "in")) {
		sig_expected(p, "`in` and a list");
		return false;
	}
	e->kid[SIG_KID_LIST] = additive(p);
	return e->kid[SIG_KID_LIST] != NULL;
}

/* any|all|none x in LIST where EXPR; at least N x in LIST where EXPR */
static struct sig_expr *quantifier(struct sig_parser *p, enum sig_quantifier q)
{
	struct sig_expr *e = node(p, SIG_N_QUANTIFIER, p->t.at, SIG_KIDS);
	struct sig_loc at = p->t.at;

	sig_next(p);
	if (!e)
		return NULL;
	e->op = (u8)q;
	if (q == SIG_Q_AT_LEAST) {
		if (!sig_take_word(p, "least")) {
			sig_expected(p, "`least` and a number");
			return NULL;
		}
		e->kid[SIG_KID_BODY] = additive(p);
		if (!e->kid[SIG_KID_BODY])
			return NULL;
	}
	if (!binding(p, e))
		return NULL;
	if (!sig_take_word(p, "where")) {
		sig_expected(p, "`where` and a condition");
		return NULL;
	}
	e->kid[SIG_KID_WHERE] = expr(p);
	if (!e->kid[SIG_KID_WHERE])
		return NULL;
	e->at = sig_span(p, at);
	return done(p, e);
}

static const struct { const char *name; enum sig_fold op; } folds[] = {
	{ "count", SIG_F_COUNT }, { "sum", SIG_F_SUM }, { "min", SIG_F_MIN },
	{ "max", SIG_F_MAX }, { "first", SIG_F_FIRST },
};

/* Behind "(": is it a name and `in`? */
static bool binds(const struct sig_parser *p)
{
	struct sig_lex x = p->x;
	struct sig_token t;

	if (p->t.t != SIG_T_IDENT)
		return false;
	sig_lex_next(&x, &t);
	return t.t == SIG_T_IDENT && t.at.len == 2 &&
	       !memcmp(p->s->text + t.at.off, "in", 2);
}

/* count(x in LIST where E), sum|min|max|first(x in LIST [where E] : VALUE) */
static struct sig_expr *fold(struct sig_parser *p, enum sig_fold op,
			     struct sig_loc at)
{
	struct sig_expr *e = node(p, SIG_N_FOLD, at, SIG_KIDS);

	if (!e || !binding(p, e))
		return NULL;
	e->op = (u8)op;
	if (sig_take_word(p, "where")) {
		e->kid[SIG_KID_WHERE] = expr(p);
		if (!e->kid[SIG_KID_WHERE])
			return NULL;
	}
	if (op != SIG_F_COUNT) {
		if (!sig_want(p, SIG_T_COLON, "and a value of each element"))
			return NULL;
		e->kid[SIG_KID_BODY] = expr(p);
		if (!e->kid[SIG_KID_BODY])
			return NULL;
	}
	if (!sig_want(p, SIG_T_RPAREN, ""))
		return NULL;
	e->at = sig_span(p, at);
	return done(p, e);
}

static struct sig_expr *call(struct sig_parser *p, const char *name,
			     struct sig_loc at)
{
	struct sig_expr *e;
	struct terms v = { 0 };

	sig_next(p); /* ( */
	for (size_t i = 0; i < NTR_COUNT(folds) && binds(p); i++)
		if (!strcmp(name, folds[i].name))
			return fold(p, folds[i].op, at);
	if (!arguments(p, SIG_T_RPAREN, &v)) {
		ntr_vec_fini(&v);
		return NULL;
	}
	e = collected(p, SIG_N_CALL, sig_span(p, at), &v);
	if (!e)
		return NULL;
	e->u.call.name = name;
	/* the function's name is what is wrong when there is none such */
	e->u.call.f = sig_func_find(name);
	if (!e->u.call.f && !p->s->syntax) {
		sig_func_unknown(p->s, at, name);
		return NULL;
	}
	return e;
}

/* --- paths --------------------------------------------------------------- */

struct segments {
	NTR_VEC(struct sig_segment);
};

static bool segment(struct sig_parser *p, struct segments *v, const char *name,
		    struct sig_expr *index, struct sig_loc at)
{
	struct sig_segment *s;

	if (!name && !index)
		return false;
	if (v->n >= SIG_MAX_SEGMENTS) {
		sig_error(p->s, at, "this path has more than %u parts",
			  SIG_MAX_SEGMENTS);
		return false;
	}
	s = ntr_vec_add(v);
	p->s->lost |= !s;
	if (s)
		*s = (struct sig_segment){ name, index, at };
	return s != NULL;
}

static bool brackets(struct sig_parser *p, struct segments *v)
{
	struct sig_loc at = p->t.at;
	struct sig_expr *e;

	sig_next(p);
	if (p->t.t == SIG_T_RBRACKET) {
		sig_error(p->s, at, "which element? brackets want a number or a "
			  "name");
		return false;
	}
	e = expr(p);
	return e && sig_want(p, SIG_T_RBRACKET, "") &&
	       segment(p, v, NULL, e, e->at);
}

static bool segments(struct sig_parser *p, struct segments *v)
{
	for (;;) {
		struct sig_loc at = p->t.at;

		if (p->t.t == SIG_T_LBRACKET) {
			if (!brackets(p, v))
				return false;
		} else if (sig_take(p, SIG_T_DOT)) {
			at = p->t.at;
			if (!segment(p, v, name_of(p, "the name of a fact "
						   "behind the point"), NULL, at))
				return false;
		} else {
			return true;
		}
	}
}

/* What stands between brackets makes the path deeper, as kids do. */
static struct sig_expr *indexed(struct sig_parser *p, struct sig_expr *e)
{
	const struct sig_path *path = e->u.path;
	unsigned depth = 0;

	for (unsigned i = 0; i < path->nseg; i++)
		if (path->seg[i].index && path->seg[i].index->depth > depth)
			depth = path->seg[i].index->depth;
	e->depth = (u8)(depth + 1);
	if (depth < SIG_MAX_DEPTH)
		return e;
	too_deep(p, e->at);
	return NULL;
}

static struct sig_expr *path(struct sig_parser *p, const char *name,
			     struct sig_loc at)
{
	struct segments v = { 0 };
	struct sig_path *path;
	struct sig_expr *e;

	if (!segment(p, &v, name, NULL, at) || !segments(p, &v)) {
		ntr_vec_fini(&v);
		return NULL;
	}
	e = node(p, SIG_N_PATH, sig_span(p, at), 0);
	path = sig_alloc(p->s, 1, sizeof(*path));
	if (e && path) {
		path->nseg = (unsigned)v.n;
		path->var = -1;
		e->u.path = path;
	}
	if (path)
		path->seg = sig_keep_vec(p->s, &v);
	else
		ntr_vec_fini(&v);
	return e && path && path->seg ? indexed(p, e) : NULL;
}

/* series(FACT).growth */
static struct sig_expr *field(struct sig_parser *p, struct sig_expr *of)
{
	struct sig_expr *e;

	if (!of || p->t.t != SIG_T_DOT)
		return of;
	sig_next(p);
	e = node(p, SIG_N_FIELD, p->t.at, 1);
	if (!e)
		return NULL;
	e->kid[0] = of;
	e->u.field = name_of(p, "a name, such as growth");
	return e->u.field ? done(p, e) : NULL;
}

static struct sig_expr *named(struct sig_parser *p)
{
	static const struct { const char *word; enum sig_quantifier q; } q[] = {
		{ "any", SIG_Q_ANY }, { "all", SIG_Q_ALL },
		{ "none", SIG_Q_NONE }, { "at", SIG_Q_AT_LEAST },
	};
	struct sig_loc at = p->t.at;
	const char *name;

	if (sig_is_word(p, "true") || sig_is_word(p, "false"))
		return truth(p, sig_is_word(p, "true"));
	for (size_t i = 0; i < NTR_COUNT(q); i++)
		if (sig_is_word(p, q[i].word))
			return quantifier(p, q[i].q);
	if (sig_is_clause(p, SIG_IN_BLOCK)) {
		sig_expected(p, "a condition");
		return NULL;
	}
	name = name_of(p, "a fact");
	if (!name)
		return NULL;
	if (p->t.t == SIG_T_LPAREN)
		return field(p, call(p, name, at));
	return path(p, name, at);
}

static struct sig_expr *parentheses(struct sig_parser *p)
{
	struct sig_expr *e;

	sig_next(p);
	e = expr(p);
	return e && sig_want(p, SIG_T_RPAREN, "") ? e : NULL;
}

static struct sig_expr *primary(struct sig_parser *p)
{
	switch (p->t.t) {
	case SIG_T_INT:
	{
		struct sig_expr *e = literal(p, NTR_FT_INT);

		if (e)
			e->type.literal = true;
		return e;
	}
	case SIG_T_SIZE:
		return literal(p, NTR_FT_SIZE);
	case SIG_T_DURATION:
		return literal(p, NTR_FT_DURATION);
	case SIG_T_DATE:
		return literal(p, NTR_FT_DATE);
	case SIG_T_VERSION:
		return literal(p, NTR_FT_VERSION);
	case SIG_T_REGEX:
		return regex(p);
	case SIG_T_STRING:
		return string(p);
	case SIG_T_LBRACKET:
		return list(p);
	case SIG_T_LPAREN:
		return parentheses(p);
	case SIG_T_IDENT:
		return named(p);
	default:
		sig_expected(p, "a condition or a value");
		return NULL;
	}
}

/* --- operators ----------------------------------------------------------- */

static struct sig_expr *unary(struct sig_parser *p)
{
	struct sig_loc at = p->t.at;
	struct sig_expr *e, *k;

	if (p->t.t != SIG_T_MINUS)
		return primary(p);
	sig_next(p);
	if (!deeper(p))
		return NULL;
	k = unary(p);
	p->depth--;
	e = k ? node(p, SIG_N_NEGATIVE, sig_span(p, at), 1) : NULL;
	if (!e)
		return NULL;
	e->kid[0] = k;
	return done(p, e);
}

static struct sig_expr *binary(struct sig_parser *p, enum sig_node n,
			       enum sig_tok op, struct sig_expr *a,
			       struct sig_expr *b)
{
	struct sig_expr *e = a && b ? node(p, n, sig_span(p, a->at), 2) : NULL;

	if (!e)
		return NULL;
	e->op = (u8)op;
	e->kid[0] = a;
	e->kid[1] = b;
	return done(p, e);
}

static struct sig_expr *multiplicative(struct sig_parser *p)
{
	struct sig_expr *e = unary(p);

	while (e && (p->t.t == SIG_T_STAR || p->t.t == SIG_T_SLASH ||
		     p->t.t == SIG_T_PERCENT)) {
		enum sig_tok op = p->t.t;

		sig_next(p);
		e = binary(p, SIG_N_ARITH, op, e, unary(p));
	}
	return e;
}

static struct sig_expr *additive(struct sig_parser *p)
{
	struct sig_expr *e = multiplicative(p);

	while (e && (p->t.t == SIG_T_PLUS || p->t.t == SIG_T_MINUS)) {
		enum sig_tok op = p->t.t;

		sig_next(p);
		e = binary(p, SIG_N_ARITH, op, e, multiplicative(p));
	}
	return e;
}

static bool is_comparison(enum sig_tok t)
{
	return t == SIG_T_EQ || t == SIG_T_NE || t == SIG_T_LT ||
	       t == SIG_T_LE || t == SIG_T_GT || t == SIG_T_GE;
}

static bool is_match(enum sig_tok t)
{
	return t == SIG_T_MATCH || t == SIG_T_NOMATCH;
}

/* `in`, or `not in`: -1 neither. */
static int membership(struct sig_parser *p)
{
	struct sig_lex x = p->x;
	struct sig_token t;

	if (sig_take_word(p, "in"))
		return 0;
	if (!sig_is_word(p, "not"))
		return -1;
	sig_lex_next(&x, &t);
	if (t.t != SIG_T_IDENT || t.at.len != 2 ||
	    memcmp(p->s->text + t.at.off, "in", 2))
		return -1;
	sig_next(p);
	sig_next(p);
	return 1;
}

static struct sig_expr *comparison(struct sig_parser *p)
{
	struct sig_expr *e = additive(p);
	enum sig_tok op = p->t.t;
	int member;

	if (!e)
		return NULL;
	if (is_comparison(op) || is_match(op)) {
		sig_next(p);
		e = binary(p, is_match(op) ? SIG_N_MATCH : SIG_N_COMPARE, op, e,
			   additive(p));
		if (e)
			e->negated = op == SIG_T_NE || op == SIG_T_NOMATCH;
	} else if ((member = membership(p)) >= 0) {
		e = binary(p, SIG_N_IN, SIG_T_EQ, e, additive(p));
		if (e)
			e->negated = member;
	}
	if (e && (is_comparison(p->t.t) || is_match(p->t.t))) {
		sig_error(p->s, p->t.at, "comparisons cannot be chained: write "
			  "a < b and b < c");
		return NULL;
	}
	return e;
}

static struct sig_expr *negation(struct sig_parser *p)
{
	struct sig_loc at = p->t.at;
	struct sig_expr *e, *k;

	if (!sig_take_word(p, "not"))
		return comparison(p);
	if (!deeper(p))
		return NULL;
	k = negation(p);
	p->depth--;
	e = k ? node(p, SIG_N_NOT, sig_span(p, at), 1) : NULL;
	if (!e)
		return NULL;
	e->kid[0] = k;
	return done(p, e);
}

static struct sig_expr *chain(struct sig_parser *p, enum sig_node n,
			      const char *word,
			      struct sig_expr *(*next)(struct sig_parser *))
{
	struct sig_loc at = p->t.at;
	struct sig_expr *e = next(p);
	struct terms v = { 0 };

	if (!e || !sig_is_word(p, word))
		return e;
	if (!term(p, &v, e))
		return NULL;
	while (sig_take_word(p, word)) {
		if (!term(p, &v, next(p))) {
			ntr_vec_fini(&v);
			return NULL;
		}
	}
	return collected(p, n, sig_span(p, at), &v);
}

static struct sig_expr *conjunction(struct sig_parser *p)
{
	return chain(p, SIG_N_AND, "and", negation);
}

static struct sig_expr *expr(struct sig_parser *p)
{
	struct sig_expr *e;

	if (!deeper(p))
		return NULL;
	e = chain(p, SIG_N_OR, "or", conjunction);
	p->depth--;
	return e;
}

struct sig_expr *sig_parse_expr(struct sig_parser *p)
{
	return expr(p);
}
