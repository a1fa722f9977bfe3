// SPDX-License-Identifier: Apache-2.0
/* One rule over one dump: first its value, as cheaply as it can be had, then
 * the facts that decided. */
#include "judge.h"

#include "index.h"
#include "say.h"

#include <string.h>

#define MAX_GOT 4u /* facts that say why a condition failed */

/* What came of a block's conditions. */
struct block_outcome {
	const struct sig_block *b;
	enum sig_value value;
	u8 cond[SIG_MAX_CONDITIONS];      /* enum sig_tri */
	bool left[SIG_MAX_CONDITIONS];    /* not all of it was asked */
	unsigned requires, holding, deciding;
	bool first_holds;
};

/* --- the value ----------------------------------------------------------- */

static bool decides(const struct sig_cond *c, enum sig_tri t)
{
	return (c->kind == SIG_C_REQUIRE && t == SIG_FALSE) ||
	       (c->kind == SIG_C_EXCLUDE && t == SIG_TRUE);
}

static void combine(struct block_outcome *o, const struct sig_step *s, enum sig_tri t)
{
	u8 *v = &o->cond[s->cond];
	enum sig_tri strong = o->b->cond[s->cond].kind == SIG_C_REQUIRE ?
			      SIG_FALSE : SIG_TRUE;

	if (*v != strong && (t == strong || t == SIG_MAYBE))
		*v = (u8)t;
}

static void tally(struct block_outcome *o)
{
	bool first = true;

	for (size_t i = 0; i < o->b->nconds; i++) {
		const struct sig_cond *c = &o->b->cond[i];
		enum sig_tri t = (enum sig_tri)o->cond[i];

		o->deciding += decides(c, t);
		if (c->kind != SIG_C_REQUIRE)
			continue;
		o->requires++;
		if (t == SIG_TRUE && !o->left[i]) {
			o->holding++;
			o->first_holds |= first;
		}
		first = false;
	}
}

static void judge(struct sig_eval *ev, const struct sig_block *b, unsigned flags,
		  struct block_outcome *o)
{
	bool decided = false, unknown = false;

	*o = (struct block_outcome){ .b = b };
	for (size_t i = 0; i < b->nconds; i++)
		o->cond[i] = b->cond[i].kind == SIG_C_REQUIRE ? SIG_TRUE :
								SIG_FALSE;
	for (size_t i = 0; i < b->nsteps; i++) {
		const struct sig_step *s = &b->step[i];
		enum sig_tri t;

		/* what a rule has failed by is not worth an analysis */
		if (decided && s->cost >= SIG_COST_DEAR) {
			o->left[s->cond] = true;
			continue;
		}
		t = sig_eval_bool(ev, s->e);
		combine(o, s, t);
		unknown |= t == SIG_MAYBE;
		decided |= decides(&b->cond[s->cond], t);
		if (decided && !(flags & SIG_EXPLAIN))
			break;
	}
	o->value = decided ? SIG_SILENT : unknown ? SIG_UNKNOWN : SIG_FIRES;
	if (flags & SIG_EXPLAIN)
		tally(o);
}

/* --- what decided -------------------------------------------------------- */

static const char *text(struct sig_eval *ev, struct ntr_str *s)
{
	const char *t = ntr_arena_strdup(ev->kept, ntr_str_text(s));

	ntr_str_fini(s);
	return t ? t : "";
}

static const char *name_of(struct sig_eval *ev, const struct sig_leaf *l)
{
	struct ntr_str s = { 0 };

	sig_leaf_name(ev, l, &s);
	return text(ev, &s);
}

static const char *value_of(struct sig_eval *ev, const struct sig_leaf *l)
{
	struct ntr_str s = { 0 };

	sig_leaf_value(ev, l, &s);
	return text(ev, &s);
}

static const char *words_of(struct sig_eval *ev, const struct sig_cond *c)
{
	struct ntr_str s = { 0 };

	sig_fmt_line(ev->rule->src, c->at, &s);
	return text(ev, &s);
}

/* A condition once more, keeping what decides. */
static enum sig_tri again(struct sig_eval *ev, const struct sig_cond *c)
{
	enum sig_tri t;

	ev->keep = true;
	ev->ntrail = 0;
	ev->steps = 0;
	t = sig_eval_bool(ev, c->e);
	ev->keep = false;
	return t;
}

static bool evidence(struct sig_eval *ev, const struct sig_cond *c,
		     struct sig_result *out)
{
	const char *words = ev->ntrail ? words_of(ev, c) : "";
	size_t from = out->evidence.n;

	for (size_t i = 0; i < ev->ntrail; i++) {
		struct sig_evidence *e, x = { words,
			name_of(ev, &ev->trail[i]),
			value_of(ev, &ev->trail[i]) };
		bool had = false;

		for (size_t k = from; k < out->evidence.n; k++)
			had |= !strcmp(out->evidence.v[k].fact, x.fact);
		if (had)
			continue;
		e = ntr_vec_add(&out->evidence);
		if (!e)
			return false;
		*e = x;
	}
	return true;
}

static bool missing(struct sig_eval *ev, struct sig_result *out)
{
	for (size_t i = 0; i < ev->ntrail; i++) {
		const struct sig_leaf *l = &ev->trail[i];
		struct sig_missing *m, x;
		bool had = false;

		if (l->v.state != NTR_FACT_UNKNOWN)
			continue;
		x = (struct sig_missing){ name_of(ev, l),
			ntr_arena_strdup(ev->kept, l->v.why ? l->v.why : "") };
		if (!x.why)
			return false;
		for (size_t k = 0; k < out->missing.n; k++)
			had |= !strcmp(out->missing.v[k].fact, x.fact);
		if (had)
			continue;
		m = ntr_vec_add(&out->missing);
		if (!m)
			return false;
		*m = x;
	}
	return true;
}

/* --- results ------------------------------------------------------------- */

static const char *sentences(struct sig_eval *ev, const struct sig_template *t,
			     size_t n)
{
	struct ntr_str s = { 0 };

	for (size_t i = 0; i < n; i++) {
		ntr_str_add(&s, i ? "\n" : "");
		sig_say(ev, &t[i], &s);
	}
	return text(ev, &s);
}

static bool advice(struct sig_eval *ev, struct sig_result *out)
{
	const struct sig_code *r = ev->rule;

	for (size_t i = 0; i < r->advice.n; i++) {
		const char **slot = ntr_vec_add(&out->advice);

		if (!slot)
			return false;
		*slot = sentences(ev, &r->advice.v[i], 1);
	}
	return true;
}

static bool fires(struct sig_eval *ev, const struct block_outcome *o,
		  struct sig_result *out)
{
	struct sig_confidence c = { 0 };

	out->value = SIG_FIRES;
	for (size_t i = 0; i < o->b->nconds; i++) {
		const struct sig_cond *x = &o->b->cond[i];
		enum sig_tri t;

		if (x->kind == SIG_C_EXCLUDE)
			continue;
		t = again(ev, x);
		if (x->kind == SIG_C_SUPPORT)
			*(t == SIG_TRUE ? &c.held : t == SIG_FALSE ? &c.failed :
			  &c.unknown) += x->weight;
		if (t != SIG_TRUE)
			continue;
		sig_confidence_trail(ev, &c);
		if (!evidence(ev, x, out))
			return false;
	}
	out->confidence = sig_confidence(ev, &c, &out->confidence_why);
	ev->steps = 0;
	out->say = sentences(ev, ev->rule->say.v, ev->rule->say.n);
	return advice(ev, out);
}

static bool unknown(struct sig_eval *ev, const struct block_outcome *o,
		    struct sig_result *out)
{
	out->value = SIG_UNKNOWN;
	for (size_t i = 0; i < o->b->nconds; i++) {
		if (o->cond[i] != SIG_MAYBE ||
		    o->b->cond[i].kind == SIG_C_SUPPORT)
			continue;
		(void)again(ev, &o->b->cond[i]);
		if (!missing(ev, out))
			return false;
	}
	return true;
}

static const char *got(struct sig_eval *ev)
{
	struct ntr_str s = { 0 };

	for (size_t i = 0; i < ev->ntrail && i < MAX_GOT; i++) {
		const struct sig_leaf *l = &ev->trail[i];
		bool list = l->row && l->row->type == NTR_FT_LIST &&
			    l->v.state == NTR_FACT_KNOWN &&
			    (!l->v.fact.n || sig_of_records(ev, l->row));

		ntr_str_printf(&s, "%s%s %s %s%s", i ? ", " : "",
			       name_of(ev, l), list ? "has" : "is",
			       value_of(ev, l), list && l->none ?
			       l->v.fact.n == 1 ? ", which is not so" :
						  ", none of which is so" : "");
	}
	return text(ev, &s);
}

/* What decided is only which system it is: that is another matter, not nearly
 * this one. */
static bool other_system(const struct sig_eval *ev)
{
	for (size_t i = 0; i < ev->ntrail; i++) {
		const struct ntr_fact_row *r = ev->trail[i].row;

		if (!r || (strncmp(r->path, "os.", 3) &&
			   strncmp(r->path, "machine.", 8)))
			return false;
	}
	return ev->ntrail > 0;
}

static void silent(struct sig_eval *ev, const struct block_outcome *o,
		   struct sig_result *out)
{
	out->value = SIG_SILENT;
	for (size_t i = 0; i < o->b->nconds; i++) {
		const struct sig_cond *c = &o->b->cond[i];

		if (!decides(c, (enum sig_tri)o->cond[i]))
			continue;
		(void)again(ev, c);
		out->failed = words_of(ev, c);
		out->failed_got = got(ev);
		out->near_miss = o->deciding == 1 && o->first_holds &&
				 o->holding * 2 >= o->requires &&
				 !other_system(ev);
		break;
	}
}

static void forget(struct sig_result *r)
{
	ntr_vec_fini(&r->advice);
	ntr_vec_fini(&r->evidence);
	ntr_vec_fini(&r->missing);
}

/* --- blocks -------------------------------------------------------------- */

/* The surest of the blocks that fire. */
static bool fire(struct sig_eval *ev, const struct block_outcome *o,
		 struct sig_result *best)
{
	struct sig_result r = { .rule = &ev->rule->r };
	bool ok;

	if (best->value != SIG_FIRES) {
		forget(best);
		*best = r;
		return fires(ev, o, best);
	}
	ok = fires(ev, o, &r);
	if (ok && r.confidence > best->confidence) {
		forget(best);
		*best = r;
	} else {
		forget(&r);
	}
	return ok;
}

bool sig_judge_rule(struct sig_eval *ev, unsigned flags, struct sig_result *out)
{
	const struct sig_code *r = ev->rule;
	unsigned holding = 0;

	*out = (struct sig_result){ .rule = &r->r, .value = SIG_SILENT };
	for (size_t i = 0; i < r->nblocks; i++) {
		struct block_outcome o;
		bool ok = true;

		if (!sig_judged(r, &r->block[i]))
			continue;
		ev->steps = 0;
		ntr_arena_fini(&ev->scratch);
		judge(ev, &r->block[i], flags, &o);
		if (o.value < out->value)
			continue;
		if (o.value == SIG_FIRES) {
			ok = fire(ev, &o, out);
		} else if (o.value == SIG_UNKNOWN) {
			out->failed = out->failed_got = NULL;
			out->near_miss = false;
			ok = unknown(ev, &o, out);
		} else if (flags & SIG_EXPLAIN &&
			   (!out->failed || o.holding > holding)) {
			holding = o.holding;
			silent(ev, &o, out);
		}
		if (!ok) {
			forget(out);
			return false;
		}
	}
	return true;
}
