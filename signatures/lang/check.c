// SPDX-License-Identifier: Apache-2.0
/* Types of expressions. */
#include "check.h"

#include "func.h"

#include <stdio.h>
#include <string.h>

/* --- words for messages -------------------------------------------------- */

static const struct { u8 kind; const char *one, *many; } kinds[] = {
	{ NTR_FT_BOOL, "a bool", "bools" }, { NTR_FT_INT, "an int", "ints" },
	{ NTR_FT_SIZE, "a size", "sizes" },
	{ NTR_FT_DURATION, "a duration", "durations" },
	{ NTR_FT_DATE, "a date", "dates" },
	{ NTR_FT_VERSION, "a version", "versions" },
	{ NTR_FT_STRING, "a string", "strings" },
	{ NTR_FT_ADDRESS, "an address", "addresses" },
	{ NTR_FT_LIST, "a list", "lists" },
	{ NTR_FT_RECORD, "a record", "records" },
	{ SIG_K_REGEX, "a regular expression", "regular expressions" },
	{ SIG_K_SERIES, "a series", "series" },
	{ SIG_K_ERROR, "a fact", "values" },
};

const char *sig_kind_text(unsigned kind)
{
	for (size_t i = 0; i < NTR_COUNT(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].one;
	return "a value";
}

const char *sig_type_text(const struct sig_type *t, char buf[64])
{
	const char *many = "values";

	for (size_t i = 0; i < NTR_COUNT(kinds); i++)
		if (kinds[i].kind == t->elem)
			many = kinds[i].many;
	if (t->kind != NTR_FT_LIST)
		return sig_kind_text(t->kind);
	snprintf(buf, 64, "a list of %s", many);
	return buf;
}

/* The start of an expression's own words, for messages. */
static const char *own_words(const struct sig_src *s, const struct sig_expr *e,
			     char buf[64])
{
	const char *text = s->text + e->at.off;
	int n = 0, most = 44;

	while (n < (int)e->at.len && n < most && text[n] != '\n')
		n++;
	while (n > 0 && n < (int)e->at.len && (text[n] & 0xc0) == 0x80)
		n--;
	snprintf(buf, 64, "%.*s%s", n, text,
		 n < (int)e->at.len ? "…" : "");
	return buf;
}

bool sig_is_error(const struct sig_expr *e)
{
	return e->type.kind == SIG_K_ERROR;
}

static bool wants(struct sig_check *c, struct sig_expr *e, u8 kind,
		  const char *what)
{
	char buf[64];

	if (e->type.kind == kind || sig_is_error(e))
		return true;
	sig_error(c->s, e->at, "%s is %s, this is %s", what,
		  sig_kind_text(kind), sig_type_text(&e->type, buf));
	return false;
}

/* --- operands ------------------------------------------------------------ */

static bool is_number(u8 kind)
{
	return kind == NTR_FT_INT || kind == NTR_FT_SIZE ||
	       kind == NTR_FT_ADDRESS;
}

/* Numbers without a unit agree with sizes and addresses, these two not with
 * one another. */
static bool agree(u8 a, u8 b)
{
	return a == b || (is_number(a) && is_number(b) &&
			  (a == NTR_FT_INT || b == NTR_FT_INT));
}

static bool is_scalar(u8 kind)
{
	return kind <= NTR_FT_ADDRESS;
}

static void mismatch(struct sig_check *c, const struct sig_expr *e,
		     const char *verb, const char *with)
{
	const struct sig_expr *a = e->kid[0], *b = e->kid[1];
	char ta[64], tb[64], wa[64], wb[64];

	sig_error(c->s, e->at, "cannot %s %s (%s) %s %s (%s)", verb,
		  sig_type_text(&a->type, ta), own_words(c->s, a, wa), with,
		  sig_type_text(&b->type, tb), own_words(c->s, b, wb));
}

static bool any_error(const struct sig_expr *e)
{
	for (unsigned i = 0; i < e->nkids; i++)
		if (e->kid[i] && sig_is_error(e->kid[i]))
			return true;
	return false;
}

static void compare(struct sig_check *c, struct sig_expr *e)
{
	const struct sig_expr *a = e->kid[0], *b = e->kid[1];
	char wa[64], wb[64];
	bool order = e->op != SIG_T_EQ && e->op != SIG_T_NE;

	if (any_error(e))
		return;
	if (a->type.kind == NTR_FT_VERSION && b->type.literal)
		sig_error(c->s, e->at, "cannot compare a version (%s) with an "
			  "int (%s): write %s.0", own_words(c->s, a, wa),
			  own_words(c->s, b, wb), wb);
	else if (!agree(a->type.kind, b->type.kind) ||
		 !is_scalar(a->type.kind))
		mismatch(c, e, "compare", "with");
	else if (order && a->type.kind == NTR_FT_BOOL)
		sig_error(c->s, e->at, "a bool has no order: compare it with == "
			  "or !=");
}

/* --- arithmetic ---------------------------------------------------------- */

/* What comes of it; SIG_K_ERROR: it has no meaning. */
static const struct { char op; u8 a, b, is; } sums[] = {
#define I NTR_FT_INT
#define S NTR_FT_SIZE
#define A NTR_FT_ADDRESS
#define D NTR_FT_DURATION
#define T NTR_FT_DATE
	{ '+', I, I, I }, { '+', S, S, S }, { '+', S, I, S }, { '+', I, S, S },
	{ '+', A, I, A }, { '+', I, A, A }, { '+', A, S, A }, { '+', S, A, A },
	{ '+', D, D, D }, { '+', T, D, T }, { '+', D, T, T },
	{ '-', I, I, I }, { '-', S, S, S }, { '-', S, I, S }, { '-', I, S, S },
	{ '-', A, A, S }, { '-', A, I, A }, { '-', A, S, A }, { '-', I, A, I },
	{ '-', D, D, D }, { '-', T, T, D }, { '-', T, D, T },
	{ '*', I, I, I }, { '*', S, I, S }, { '*', I, S, S }, { '*', D, I, D },
	{ '*', I, D, D },
	{ '/', I, I, I }, { '/', S, I, S }, { '/', S, S, I }, { '/', D, I, D },
	{ '/', D, D, I }, { '/', A, I, A },
	{ '%', I, I, I }, { '%', S, I, S }, { '%', S, S, S }, { '%', A, I, I },
	{ '%', A, S, S }, { '%', D, D, D },
#undef I
#undef S
#undef A
#undef D
#undef T
};

static char sign_of(u8 op)
{
	return op == SIG_T_PLUS ? '+' : op == SIG_T_MINUS ? '-' :
	       op == SIG_T_STAR ? '*' : op == SIG_T_SLASH ? '/' : '%';
}

static void arithmetic(struct sig_check *c, struct sig_expr *e)
{
	static const struct { char op; const char *verb, *with; } words[] = {
		{ '+', "add", "and" }, { '-', "subtract from", "the value" },
		{ '*', "multiply", "by" }, { '/', "divide", "by" },
		{ '%', "divide", "by" },
	};
	const struct sig_expr *a = e->kid[0], *b = e->kid[1];
	char op = sign_of(e->op);

	e->type.kind = SIG_K_ERROR;
	if (any_error(e))
		return;
	for (size_t i = 0; i < NTR_COUNT(sums); i++)
		if (sums[i].op == op && sums[i].a == a->type.kind &&
		    sums[i].b == b->type.kind) {
			e->type.kind = sums[i].is;
			return;
		}
	for (size_t i = 0; i < NTR_COUNT(words); i++)
		if (words[i].op == op)
			mismatch(c, e, words[i].verb, words[i].with);
}

static void negative(struct sig_check *c, struct sig_expr *e)
{
	const struct sig_expr *k = e->kid[0];
	char buf[64];

	e->type = k->type;
	e->type.row = NULL;
	if (k->type.kind == NTR_FT_INT || k->type.kind == NTR_FT_SIZE ||
	    k->type.kind == NTR_FT_DURATION || sig_is_error(k))
		return;
	sig_error(c->s, e->at, "%s has no sign", sig_type_text(&k->type, buf));
	e->type.kind = SIG_K_ERROR;
}

/* --- lists --------------------------------------------------------------- */

static void list(struct sig_check *c, struct sig_expr *e)
{
	bool bad = false;
	char ta[64];

	e->type = (struct sig_type){ .kind = NTR_FT_LIST, .elem = SIG_K_ERROR };
	for (unsigned i = 0; i < e->nkids; i++) {
		const struct sig_type *t = &e->kid[i]->type;

		if (t->kind == SIG_K_ERROR)
			continue;
		if (!is_scalar(t->kind)) {
			sig_error(c->s, e->kid[i]->at, "a list that is written "
				  "out has single values, this is %s",
				  sig_type_text(t, ta));
			continue;
		}
		e->type.tag |= t->tag;
		if (e->type.elem == SIG_K_ERROR || e->type.elem == NTR_FT_INT) {
			if (e->type.elem == SIG_K_ERROR ||
			    agree(e->type.elem, t->kind)) {
				e->type.elem = t->kind;
				continue;
			}
		} else if (agree(e->type.elem, t->kind)) {
			continue;
		}
		sig_error(c->s, e->kid[i]->at, "this is %s, the elements before "
			  "it are each %s", sig_type_text(t, ta),
			  sig_kind_text(e->type.elem));
		bad = true;
	}
	if (bad)
		e->type.kind = SIG_K_ERROR;
}

static void in(struct sig_check *c, struct sig_expr *e)
{
	const struct sig_type *a = &e->kid[0]->type, *b = &e->kid[1]->type;
	char buf[64];

	if (any_error(e))
		return;
	if (a->kind == NTR_FT_STRING && b->kind == NTR_FT_STRING)
		return;
	if (b->kind != NTR_FT_LIST) {
		sig_error(c->s, e->kid[1]->at, "`in` wants a list, or a string to "
			  "look in, this is %s", sig_type_text(b, buf));
		return;
	}
	if (b->elem == NTR_FT_RECORD)
		sig_error(c->s, e->at, "the elements are records: write any x in "
			  "%s where x.… == …", own_words(c->s, e->kid[1], buf));
	else if (b->elem != SIG_K_ERROR && !agree(a->kind, b->elem))
		mismatch(c, e, "look for", "in");
}

static void match(struct sig_check *c, struct sig_expr *e)
{
	struct sig_expr *re = e->kid[1];
	char buf[64];

	wants(c, e->kid[0], NTR_FT_STRING, "what is matched");
	if (re->type.kind != SIG_K_REGEX && !sig_is_error(re))
		sig_error(c->s, re->at, "=~ wants a regular expression, such as "
			  "/tcpip/i, this is %s", sig_type_text(&re->type, buf));
}

/* Binds a name to the elements of a list; false: reported. */
static bool bind_name(struct sig_check *c, struct sig_expr *e)
{
	struct sig_expr *l = e->kid[SIG_KID_LIST];
	char buf[64];

	sig_check_expr(c, l);
	if (c->nvars == SIG_MAX_VARS) {
		sig_error(c->s, e->at, "at most %u names may be bound at one "
			  "place", SIG_MAX_VARS);
		return false;
	}
	if (!sig_is_error(l) &&
	    (l->type.kind != NTR_FT_LIST || l->node != SIG_N_PATH)) {
		sig_error(c->s, l->at, "elements are of a list of facts, this is "
			  "%s", l->node == SIG_N_LIST ? "written out" :
			  sig_type_text(&l->type, buf));
		return false;
	}
	e->u.bind.slot = (int)c->nvars;
	c->var[c->nvars].name = e->u.bind.name;
	c->var[c->nvars].type = (struct sig_type){ .kind = SIG_K_ERROR };
	if (!sig_is_error(l) && l->type.row)
		c->var[c->nvars].type = sig_type_of_row(c->s->set->schema,
							l->type.row);
	c->nvars++;
	return true;
}

static void quantifier(struct sig_check *c, struct sig_expr *e)
{
	e->type.kind = NTR_FT_BOOL;
	if (e->op == SIG_Q_AT_LEAST) {
		sig_check_expr(c, e->kid[SIG_KID_BODY]);
		wants(c, e->kid[SIG_KID_BODY], NTR_FT_INT, "`at least`");
	}
	if (!bind_name(c, e))
		return;
	sig_check_expr(c, e->kid[SIG_KID_WHERE]);
	wants(c, e->kid[SIG_KID_WHERE], NTR_FT_BOOL, "`where`");
	c->nvars--;
}

/* What a fold can be of, and what it then is. */
static void folded(struct sig_check *c, struct sig_expr *e)
{
	struct sig_expr *body = e->kid[SIG_KID_BODY];
	u8 kind = body->type.kind;
	bool fits = e->op == SIG_F_FIRST ? is_scalar(kind) :
		    is_number(kind) || kind == NTR_FT_DURATION ||
		    (kind == NTR_FT_DATE && e->op != SIG_F_SUM);
	char buf[64];

	e->type = body->type;
	if (fits || sig_is_error(body))
		return;
	e->type = (struct sig_type){ .kind = SIG_K_ERROR };
	if (e->op == SIG_F_FIRST)
		sig_error(c->s, body->at, "`first` is of single values, this is %s",
			  sig_type_text(&body->type, buf));
	else
		sig_error(c->s, body->at, "sums and extremes are of numbers, "
			  "this is %s", sig_type_text(&body->type, buf));
}

static void fold(struct sig_check *c, struct sig_expr *e)
{
	e->type = (struct sig_type){ .kind = NTR_FT_INT };
	if (!bind_name(c, e)) {
		e->type.kind = SIG_K_ERROR;
		return;
	}
	if (e->kid[SIG_KID_WHERE]) {
		sig_check_expr(c, e->kid[SIG_KID_WHERE]);
		wants(c, e->kid[SIG_KID_WHERE], NTR_FT_BOOL, "`where`");
	}
	if (e->kid[SIG_KID_BODY]) {
		sig_check_expr(c, e->kid[SIG_KID_BODY]);
		folded(c, e);
	}
	c->nvars--;
}

/* --- functions ----------------------------------------------------------- */

static void argument(struct sig_check *c, const struct sig_func *f,
		     struct sig_expr *e, unsigned i)
{
	struct sig_expr *k = e->kid[i];
	struct ntr_str want = { 0 };
	char buf[64];

	if (sig_is_error(k))
		return;
	if (f->arg[i] == SIG_ARG_FACT ? k->node == SIG_N_PATH :
	    (f->arg[i] & sig_arg_bit(k->type.kind)) != 0)
		return;
	sig_arg_text(f->arg[i], &want);
	sig_error(c->s, k->at, "%s wants %s, this is %s", f->call,
		  ntr_str_text(&want), f->arg[i] == SIG_ARG_FACT ?
		  "a value" : sig_type_text(&k->type, buf));
	ntr_str_fini(&want);
}

static void series(struct sig_check *c, struct sig_expr *e)
{
	const struct sig_type *t = &e->kid[0]->type;
	char buf[64];

	e->type = (struct sig_type){ .kind = SIG_K_ERROR };
	if (!c->trace)
		sig_error(c->s, e->at, "a series is of a trace: it may be asked in "
			  "`on trace`");
	else if (!is_number(t->kind) && t->kind != NTR_FT_DURATION &&
		 t->kind != SIG_K_ERROR)
		sig_error(c->s, e->kid[0]->at, "a series is of numbers, this is "
			  "%s", sig_type_text(t, buf));
	else if (t->kind != SIG_K_ERROR)
		e->type = (struct sig_type){ .kind = SIG_K_SERIES,
					     .elem = t->kind };
}

static void call(struct sig_check *c, struct sig_expr *e)
{
	const struct sig_func *f = e->u.call.f;

	if (e->nkids != f->nargs) {
		sig_error(c->s, e->at, "%s has %u argument%s, these are %u",
			  f->call, f->nargs, f->nargs == 1 ? "" : "s", e->nkids);
		e->type.kind = SIG_K_ERROR;
		return;
	}
	for (unsigned i = 0; i < e->nkids; i++)
		argument(c, f, e, i);
	e->type = (struct sig_type){ .kind = f->result };
	if (f->result == SIG_K_ERROR)
		e->type.kind = e->kid[0]->type.kind;
	if (!f->fn)
		series(c, e);
}

static void field(struct sig_check *c, struct sig_expr *e)
{
	const struct sig_type *t = &e->kid[0]->type;
	const struct sig_series_field *f;
	char buf[64];

	e->type.kind = SIG_K_ERROR;
	if (t->kind == SIG_K_ERROR)
		return;
	if (t->kind != SIG_K_SERIES) {
		sig_error(c->s, e->at, "%s has no parts", sig_type_text(t, buf));
		return;
	}
	for (size_t i = 0; (f = sig_series_field(i)); i++)
		if (!strcmp(f->name, e->u.field)) {
			e->type.kind = f->is_bool ? NTR_FT_BOOL : t->elem;
			return;
		}
	sig_error(c->s, e->at, "a series has no %s: it has growth, slope, first, "
		  "last, lowest, highest, monotonic and plateau", e->u.field);
}

/* --- all ----------------------------------------------------------------- */

static void kids(struct sig_check *c, struct sig_expr *e)
{
	for (unsigned i = 0; i < e->nkids; i++)
		sig_check_expr(c, e->kid[i]);
}

/* Cheap terms first: what they decide costs no more. */
static void by_cost(struct sig_expr *e)
{
	for (unsigned i = 1; i < e->nkids && e->nkids <= 64; i++) {
		struct sig_expr *k = e->kid[i];
		unsigned at = i;

		for (; at && e->kid[at - 1]->cost > k->cost; at--)
			e->kid[at] = e->kid[at - 1];
		e->kid[at] = k;
	}
}

static void logic(struct sig_check *c, struct sig_expr *e)
{
	const char *word = e->node == SIG_N_AND ? "what `and` joins" :
			   e->node == SIG_N_OR ? "what `or` joins" :
						 "what `not` denies";

	kids(c, e);
	for (unsigned i = 0; i < e->nkids; i++)
		wants(c, e->kid[i], NTR_FT_BOOL, word);
	e->type.kind = NTR_FT_BOOL;
	by_cost(e);
}

static void check(struct sig_check *c, struct sig_expr *e)
{
	switch (e->node) {
	case SIG_N_LITERAL:
		if (e->type.kind == SIG_K_REGEX && !e->u.lit.re &&
		    !sig_regex_compile(c->s, e))
			e->type.kind = SIG_K_ERROR;
		break;
	case SIG_N_PATH:
		sig_check_path(c, e);
		break;
	case SIG_N_AND:
	case SIG_N_OR:
	case SIG_N_NOT:
		logic(c, e);
		break;
	case SIG_N_QUANTIFIER:
		quantifier(c, e);
		break;
	case SIG_N_FOLD:
		fold(c, e);
		break;
	default:
		kids(c, e);
		e->type.kind = NTR_FT_BOOL;
		if (e->node == SIG_N_LIST)
			list(c, e);
		else if (e->node == SIG_N_COMPARE)
			compare(c, e);
		else if (e->node == SIG_N_IN)
			in(c, e);
		else if (e->node == SIG_N_MATCH)
			match(c, e);
		else if (e->node == SIG_N_ARITH)
			arithmetic(c, e);
		else if (e->node == SIG_N_NEGATIVE)
			negative(c, e);
		else if (e->node == SIG_N_CALL)
			call(c, e);
		else if (e->node == SIG_N_FIELD)
			field(c, e);
		break;
	}
}

void sig_check_expr(struct sig_check *c, struct sig_expr *e)
{
	if (sig_given_up(c->s)) {
		e->type.kind = SIG_K_ERROR;
		return;
	}
	check(c, e);
	for (unsigned i = 0; i < e->nkids; i++)
		if (e->kid[i] && e->kid[i]->cost > e->cost)
			e->cost = e->kid[i]->cost;
}
