// SPDX-License-Identifier: Apache-2.0
/* Quantifiers, sums, and what is in a list. */
#include "eval.h"

#include "base/text.h"

#include <string.h>

#define TOO_MANY "the list has more elements than are looked at"

/* The elements of a list; NONE has none of them. */
struct elements {
	struct sig_val list;
	u64 n;
	size_t from, mine;      /* of the trail: before the list, behind it */
};

/* False: the list is not known. */
static bool begin(struct sig_eval *ev, const struct sig_expr *list,
		  struct elements *w)
{
	w->from = ev->ntrail;
	sig_eval_value(ev, list, &w->list);
	w->mine = ev->ntrail;
	w->n = w->list.state == NTR_FACT_KNOWN ? w->list.fact.n : 0;
	return w->list.state != NTR_FACT_UNKNOWN;
}

static bool spent(const struct sig_eval *ev)
{
	return ev->steps >= SIG_MAX_STEPS;
}

static void item(struct sig_eval *ev, const struct elements *w, int slot, u64 i)
{
	ntr_fact_item(ev->f, &w->list.fact, i, &ev->var[slot]);
}

/* One of the elements decided: its facts are the evidence. */
static void witness(struct sig_eval *ev, const struct elements *w, size_t mine)
{
	sig_trail_cut(ev, w->from, mine);
}

/* --- quantifiers --------------------------------------------------------- */

/* Until enough elements are `decides`; MAYBE when unknown ones could make it
 * up. */
static enum sig_tri until(struct sig_eval *ev, const struct sig_expr *e,
			  enum sig_tri decides, u64 enough)
{
	u64 found = 0, unknown = 0;
	struct elements w;

	if (!begin(ev, e->kid[SIG_KID_LIST], &w))
		return SIG_MAYBE;
	for (u64 i = 0; i < w.n && found < enough; i++) {
		size_t mine = ev->ntrail;
		enum sig_tri t;

		if (spent(ev)) {
			unknown = UINT64_MAX - w.n;
			sig_leaf_unknown(ev, e, TOO_MANY);
			break;
		}
		item(ev, &w, e->u.bind.slot, i);
		t = sig_eval_bool(ev, e->kid[SIG_KID_WHERE]);
		found += t == decides;
		unknown += t == SIG_MAYBE;
		if (t == decides && found == enough)
			witness(ev, &w, mine);
		else if (t != SIG_MAYBE)
			ev->ntrail = mine;
	}
	if (found >= enough)
		return SIG_TRUE;
	if (found + unknown >= enough) {
		sig_trail_cut(ev, w.from, w.mine);
		return SIG_MAYBE;
	}
	ev->ntrail = w.mine;
	if (enough == 1 && w.mine > w.from)
		ev->trail[w.mine - 1].none = w.n > 0;
	return SIG_FALSE;
}

static enum sig_tri at_least(struct sig_eval *ev, const struct sig_expr *e)
{
	size_t from = ev->ntrail;
	struct sig_val n;

	sig_eval_value(ev, e->kid[SIG_KID_BODY], &n);
	if (n.state == NTR_FACT_UNKNOWN)
		return SIG_MAYBE;
	if (n.state == NTR_FACT_NONE)
		return SIG_FALSE;
	ev->ntrail = from;
	if (n.n <= 0)
		return SIG_TRUE;
	return until(ev, e, SIG_TRUE, n.n > UINT32_MAX ? UINT32_MAX : (u64)n.n);
}

enum sig_tri sig_eval_quantifier(struct sig_eval *ev, const struct sig_expr *e)
{
	switch (e->op) {
	case SIG_Q_ANY:
		return until(ev, e, SIG_TRUE, 1);
	case SIG_Q_NONE:
		return sig_not(until(ev, e, SIG_TRUE, 1));
	case SIG_Q_ALL:
		return sig_not(until(ev, e, SIG_FALSE, 1));
	default:
		return at_least(ev, e);
	}
}

/* --- sums ---------------------------------------------------------------- */

struct sum {
	sig_int n;
	u64 elements;
	const char *why;     /* it is unknown */
	struct sig_val last; /* the last that was folded */
};

static void fold_value(struct sum *s, u8 op, const struct sig_val *v)
{
	bool first = !s->elements++;

	s->last = *v;
	if (op == SIG_F_COUNT)
		s->n++;
	else if (op == SIG_F_SUM)
		s->why = __builtin_add_overflow(s->n, v->n, &s->n) ?
			 "a number is too large" : s->why;
	else if (first || (op == SIG_F_MIN ? v->n < s->n : v->n > s->n))
		s->n = v->n;
}

/* The first that is known to fit is enough. */
static bool found(const struct sum *s, u8 op)
{
	return op == SIG_F_FIRST && s->elements;
}

static void fold_item(struct sig_eval *ev, const struct sig_expr *e,
		      struct sum *s)
{
	const struct sig_expr *where = e->kid[SIG_KID_WHERE];
	const struct sig_expr *body = e->kid[SIG_KID_BODY];
	enum sig_tri t = where ? sig_eval_bool(ev, where) : SIG_TRUE;
	struct sig_val v = { .state = NTR_FACT_KNOWN };

	if (t == SIG_TRUE && body)
		sig_eval_value(ev, body, &v);
	if (t == SIG_MAYBE)
		s->why = "what it rests on is not known";
	else if (t == SIG_TRUE && v.state == NTR_FACT_UNKNOWN)
		s->why = v.why;
	else if (t == SIG_TRUE && (v.state == NTR_FACT_KNOWN ||
				   e->op == SIG_F_FIRST))
		fold_value(s, e->op, &v);
}

void sig_eval_fold(struct sig_eval *ev, const struct sig_expr *e,
		   struct sig_val *out)
{
	struct sum s = { 0 };
	struct elements w;

	if (!begin(ev, e->kid[SIG_KID_LIST], &w)) {
		sig_unknown(out, w.list.why);
		return;
	}
	for (u64 i = 0; i < w.n && !found(&s, e->op); i++) {
		size_t mine = ev->ntrail;

		if (spent(ev)) {
			s.why = TOO_MANY;
			sig_leaf_unknown(ev, e, TOO_MANY);
			break;
		}
		item(ev, &w, e->u.bind.slot, i);
		fold_item(ev, e, &s);
		if (!s.why)
			ev->ntrail = mine;
	}
	if (s.why && !found(&s, e->op)) {
		sig_trail_cut(ev, w.from, w.mine);
		sig_unknown(out, s.why);
		return;
	}
	sig_number(out, s.n);
	if (found(&s, e->op))
		*out = s.last;
	if (!s.elements && e->op != SIG_F_COUNT && e->op != SIG_F_SUM)
		*out = (struct sig_val){ .state = NTR_FACT_NONE,
					   .why = "no element fits" };
	ev->ntrail = w.from;
	sig_leaf_expr(ev, e, out);
}

/* --- in ------------------------------------------------------------------ */

static bool contains(const char *s, const char *part, bool exact)
{
	size_t n = strlen(part), i;

	if (exact)
		return strstr(s, part) != NULL;
	for (; *s; s++) {
		for (i = 0; i < n && ntr_ascii_lower(s[i]) ==
			    ntr_ascii_lower(part[i]); i++)
			;
		if (i == n)
			return true;
	}
	return !n;
}

static enum sig_tri in_string(struct sig_eval *ev, const struct sig_expr *e,
			      const struct sig_val *a)
{
	bool exact = e->kid[0]->type.tag || e->kid[1]->type.tag;
	struct sig_val s;

	sig_eval_value(ev, e->kid[1], &s);
	if (s.state == NTR_FACT_UNKNOWN)
		return SIG_MAYBE;
	return s.state == NTR_FACT_KNOWN && contains(s.s, a->s, exact) ?
	       SIG_TRUE : SIG_FALSE;
}

static enum sig_tri in_literal(struct sig_eval *ev, const struct sig_expr *e,
			       const struct sig_val *a,
			       const struct sig_type *t)
{
	const struct sig_expr *list = e->kid[1];
	enum sig_tri all = SIG_FALSE;

	for (unsigned i = 0; i < list->nkids; i++) {
		struct sig_val b;

		sig_eval_value(ev, list->kid[i], &b);
		if (b.state == NTR_FACT_KNOWN && !sig_compare(a, &b, t))
			return SIG_TRUE;
		if (b.state == NTR_FACT_UNKNOWN)
			all = SIG_MAYBE;
	}
	return all;
}

static enum sig_tri in_facts(struct sig_eval *ev, const struct sig_expr *e,
			     const struct sig_val *a,
			     const struct sig_type *t)
{
	enum sig_tri all = SIG_FALSE;
	struct sig_val b;
	struct ntr_fact x;
	struct elements w;

	if (!begin(ev, e->kid[1], &w))
		return SIG_MAYBE;
	for (u64 i = 0; i < w.n; i++) {
		if (spent(ev)) {
			sig_leaf_unknown(ev, e, TOO_MANY);
			return SIG_MAYBE;
		}
		ev->steps++;
		ntr_fact_item(ev->f, &w.list.fact, i, &x);
		sig_val_of_fact(&x, &b);
		if (b.state == NTR_FACT_UNKNOWN) {
			all = SIG_MAYBE;
			sig_leaf_item(ev, e->kid[1], &x);
		}
		if (b.state != NTR_FACT_KNOWN || sig_compare(a, &b, t))
			continue;
		sig_leaf_item(ev, e->kid[1], &x);
		if (ev->ntrail > w.mine)
			sig_trail_cut(ev, w.from, w.mine);
		return SIG_TRUE;
	}
	return all;
}

enum sig_tri sig_eval_in(struct sig_eval *ev, const struct sig_expr *e)
{
	const struct sig_expr *list = e->kid[1];
	struct sig_type t = e->kid[0]->type;
	enum sig_tri out = SIG_FALSE;
	struct sig_val a;

	t.tag |= list->type.tag;
	sig_eval_value(ev, e->kid[0], &a);
	if (a.state == NTR_FACT_UNKNOWN)
		out = SIG_MAYBE;
	else if (a.state == NTR_FACT_NONE)
		out = SIG_FALSE;
	else if (list->type.kind == NTR_FT_STRING)
		out = in_string(ev, e, &a);
	else if (list->node == SIG_N_LIST)
		out = in_literal(ev, e, &a, &t);
	else
		out = in_facts(ev, e, &a, &t);
	return e->negated ? sig_not(out) : out;
}
