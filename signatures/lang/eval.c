// SPDX-License-Identifier: Apache-2.0
/* Operators in three values. */
#include "eval.h"

#include "base/text.h"
#include "func.h"

#include <string.h>

#define TOO_MUCH "this rule asks more than is allowed of one dump"
#define MATCH_STEPS 20u /* a regular expression costs as many steps, */
#define LIMIT_STEPS 50000u /* and one that went to its limit these */

char *sig_scratch(struct sig_eval *ev, size_t n)
{
	if (n > SIG_MAX_SCRATCH ||
	    ev->scratch.total > SIG_MAX_SCRATCH - n)
		return NULL;
	return ntr_arena_alloc(&ev->scratch, n);
}

/* --- the trail ----------------------------------------------------------- */

static void keep_unknown(struct sig_eval *ev, size_t from)
{
	for (size_t i = from; i < ev->ntrail;)
		if (ev->trail[i].v.state == NTR_FACT_UNKNOWN)
			i++;
		else
			sig_trail_cut(ev, i, i + 1);
}

static bool over(struct sig_eval *ev, const struct sig_expr *e)
{
	if (ev->steps++ < SIG_MAX_STEPS)
		return false;
	sig_leaf_unknown(ev, e, TOO_MUCH);
	return true;
}

/* --- and, or ------------------------------------------------------------- */

/* One term that is `decides` decides; else an unknown one makes it unknown. */
static enum sig_tri chain(struct sig_eval *ev, const struct sig_expr *e,
			  enum sig_tri decides)
{
	enum sig_tri all = sig_not(decides);
	size_t from = ev->ntrail;

	for (unsigned i = 0; i < e->nkids; i++) {
		size_t mine = ev->ntrail;
		enum sig_tri t = sig_eval_bool(ev, e->kid[i]);

		if (t == decides || (t == SIG_MAYBE && all != SIG_MAYBE))
			sig_trail_cut(ev, from, mine);
		else if (t != all)
			sig_trail_cut(ev, mine, ev->ntrail);
		if (t == decides)
			return t;
		if (t == SIG_MAYBE)
			all = t;
	}
	return all;
}

/* --- comparisons --------------------------------------------------------- */

static bool relation(u8 op, int cmp)
{
	switch (op) {
	case SIG_T_LT:
		return cmp < 0;
	case SIG_T_LE:
		return cmp <= 0;
	case SIG_T_GT:
		return cmp > 0;
	case SIG_T_GE:
		return cmp >= 0;
	default:
		return cmp == 0; /* != is denied afterwards */
	}
}

/* A comparison's two sides; true: out is decided without comparing. */
static bool sides(struct sig_eval *ev, const struct sig_expr *e,
		  struct sig_val v[2], enum sig_tri *out)
{
	size_t from = ev->ntrail;

	sig_eval_value(ev, e->kid[0], &v[0]);
	sig_eval_value(ev, e->kid[1], &v[1]);
	/* what is not there compares false, whatever the other side is */
	if (v[0].state == NTR_FACT_NONE || v[1].state == NTR_FACT_NONE) {
		*out = SIG_FALSE;
		return true;
	}
	if (v[0].state == NTR_FACT_KNOWN && v[1].state == NTR_FACT_KNOWN)
		return false;
	keep_unknown(ev, from);
	*out = SIG_MAYBE;
	return true;
}

static enum sig_tri compare(struct sig_eval *ev, const struct sig_expr *e)
{
	struct sig_type t = e->kid[0]->type;
	struct sig_val v[2];
	enum sig_tri out;

	t.tag |= e->kid[1]->type.tag;
	if (!sides(ev, e, v, &out))
		out = relation(e->op, sig_compare(&v[0], &v[1], &t)) ? SIG_TRUE :
								      SIG_FALSE;
	return e->negated ? sig_not(out) : out;
}

static enum sig_tri match(struct sig_eval *ev, const struct sig_expr *e)
{
	struct sig_val v;
	const char *why;
	enum sig_tri out = SIG_MAYBE;

	sig_eval_value(ev, e->kid[0], &v);
	ev->steps += MATCH_STEPS;
	if (v.state == NTR_FACT_NONE) {
		out = SIG_FALSE;
	} else if (v.state == NTR_FACT_KNOWN) {
		out = sig_regex_match(ev, e->kid[1]->u.lit.re, v.s, &why);
		if (out == SIG_MAYBE) {
			ev->steps += LIMIT_STEPS;
			sig_leaf_unknown(ev, e, why);
		}
	}
	return e->negated ? sig_not(out) : out;
}

static enum sig_tri tri_of(const struct sig_val *v)
{
	if (v->state == NTR_FACT_UNKNOWN)
		return SIG_MAYBE;
	return v->state == NTR_FACT_KNOWN && v->n ? SIG_TRUE : SIG_FALSE;
}

enum sig_tri sig_eval_bool(struct sig_eval *ev, const struct sig_expr *e)
{
	struct sig_val v;

	if (over(ev, e))
		return SIG_MAYBE;
	switch (e->node) {
	case SIG_N_AND:
		return chain(ev, e, SIG_FALSE);
	case SIG_N_OR:
		return chain(ev, e, SIG_TRUE);
	case SIG_N_NOT:
		return sig_not(sig_eval_bool(ev, e->kid[0]));
	case SIG_N_COMPARE:
		return compare(ev, e);
	case SIG_N_IN:
		return sig_eval_in(ev, e);
	case SIG_N_MATCH:
		return match(ev, e);
	case SIG_N_QUANTIFIER:
		return sig_eval_quantifier(ev, e);
	default:
		sig_eval_value(ev, e, &v);
		return tri_of(&v);
	}
}

/* --- values -------------------------------------------------------------- */

static void literal(const struct sig_expr *e, struct sig_val *out)
{
	sig_number(out, (sig_int)e->u.lit.n);
	out->s = e->u.lit.s;
	memcpy(out->version, e->u.lit.version, sizeof(out->version));
	out->nversion = e->u.lit.nversion;
}

static const char *apply(u8 op, sig_int a, sig_int b, sig_int *out)
{
	bool fits = true;

	if ((op == SIG_T_SLASH || op == SIG_T_PERCENT) && !b)
		return "division by zero";
	/* the one quotient that does not fit */
	if ((op == SIG_T_SLASH || op == SIG_T_PERCENT) && b == -1)
		return __builtin_mul_overflow(a, op == SIG_T_SLASH ? -1 : 0, out) ?
		       "a number is too large" : NULL;
	if (op == SIG_T_PLUS)
		fits = !__builtin_add_overflow(a, b, out);
	else if (op == SIG_T_MINUS)
		fits = !__builtin_sub_overflow(a, b, out);
	else if (op == SIG_T_STAR)
		fits = !__builtin_mul_overflow(a, b, out);
	else
		*out = op == SIG_T_SLASH ? a / b : a % b;
	return fits ? NULL : "a number is too large";
}

/* Two values are as good as the worse of them. */
static bool both_known(const struct sig_val *a, const struct sig_val *b,
		       struct sig_val *out)
{
	const struct sig_val *worst = a;

	if (b->state == NTR_FACT_NONE && a->state != NTR_FACT_NONE)
		worst = b;
	if (a->state == NTR_FACT_KNOWN)
		worst = b;
	if (worst->state == NTR_FACT_KNOWN)
		return true;
	*out = (struct sig_val){ .state = worst->state, .why = worst->why };
	return false;
}

static void arithmetic(struct sig_eval *ev, const struct sig_expr *e,
		       struct sig_val *out)
{
	size_t from = ev->ntrail;
	struct sig_val a, b;
	const char *why;
	sig_int n = 0;

	sig_eval_value(ev, e->kid[0], &a);
	sig_eval_value(ev, e->kid[1], &b);
	if (!both_known(&a, &b, out)) {
		if (out->state == NTR_FACT_UNKNOWN)
			keep_unknown(ev, from);
		return;
	}
	why = apply(e->op, a.n, b.n, &n);
	if (!why) {
		sig_number(out, n);
		return;
	}
	sig_unknown(out, why);
	sig_leaf_unknown(ev, e, why);
}

static void call(struct sig_eval *ev, const struct sig_expr *e,
		 struct sig_val *out)
{
	const struct sig_func *f = e->u.call.f;
	struct sig_val arg[SIG_FUNC_ARGS];
	size_t from = ev->ntrail;

	for (unsigned i = 0; i < f->nargs && f->fn; i++) {
		sig_eval_value(ev, e->kid[i], &arg[i]);
		if (f->any || arg[i].state == NTR_FACT_KNOWN)
			continue;
		*out = (struct sig_val){ .state = arg[i].state,
					   .why = arg[i].why };
		if (out->state == NTR_FACT_UNKNOWN)
			keep_unknown(ev, from);
		return;
	}
	sig_number(out, 0);
	if (!f->fn) {
		sig_unknown(out, SIG_NO_TRACE);
		sig_leaf_unknown(ev, e, SIG_NO_TRACE);
		return;
	}
	f->fn(ev, arg, out);
	if (out->state == NTR_FACT_UNKNOWN && !f->any)
		sig_leaf_unknown(ev, e, out->why);
}

static void truth(struct sig_eval *ev, const struct sig_expr *e,
		  struct sig_val *out)
{
	enum sig_tri t = sig_eval_bool(ev, e);

	sig_number(out, t == SIG_TRUE);
	if (t == SIG_MAYBE)
		sig_unknown(out, "what it rests on is not known");
}

void sig_eval_value(struct sig_eval *ev, const struct sig_expr *e,
		    struct sig_val *out)
{
	if (over(ev, e)) {
		sig_unknown(out, TOO_MUCH);
		return;
	}
	switch (e->node) {
	case SIG_N_LITERAL:
		literal(e, out);
		break;
	case SIG_N_PATH:
		sig_eval_path(ev, e, out);
		break;
	case SIG_N_ARITH:
		arithmetic(ev, e, out);
		break;
	case SIG_N_NEGATIVE:
		sig_eval_value(ev, e->kid[0], out);
		out->n = -out->n;
		break;
	case SIG_N_CALL:
		call(ev, e, out);
		break;
	case SIG_N_FOLD:
		sig_eval_fold(ev, e, out);
		break;
	case SIG_N_FIELD:
		sig_eval_value(ev, e->kid[0], out);
		break;
	default:
		truth(ev, e, out);
		break;
	}
}
