// SPDX-License-Identifier: Apache-2.0
/*
 * Expressions judged over the facts of a dump, in three values.
 *
 * While a trail is kept, evaluating leaves behind the facts that decided: of a
 * true `and` those of all its terms, of a false one those of the first false
 * term, of a quantifier those of the element that decided, of an unknown those
 * that are unknown.
 *
 * Invariant: what one rule may cost is bounded (SIG_MAX_STEPS); over that its
 * value is unknown and says so.
 */
#ifndef NTR_SIG_EVAL_H
#define NTR_SIG_EVAL_H

#include "base/arena.h"
#include "lang.h"
#include "value.h"

#define SIG_MAX_STEPS 2000000u        /* expressions judged, of one rule */
#define SIG_MAX_SCRATCH (1u << 20)    /* bytes of made strings, of one rule */
#define SIG_MAX_TRAIL 32u             /* facts of one condition */

/* Why all that only a trace has is unknown. */
#define SIG_NO_TRACE "no trace was given"

struct sig_matcher;

/* A fact that decided, or an expression: then row is NULL. */
struct sig_leaf {
	const struct sig_expr *e;
	struct sig_val v;
	const struct ntr_fact_row *row;
	struct ntr_fact_at at;
	bool none;                    /* a list, and no element was as asked */
};

struct sig_eval {
	struct ntr_facts *f;
	const struct sig_code *rule;
	struct ntr_fact var[SIG_MAX_VARS];
	u64 steps;
	struct ntr_arena scratch;     /* of one rule */
	struct ntr_arena *kept;       /* of the results */
	struct sig_matcher *matcher;
	bool keep;                    /* a trail */
	struct sig_leaf *trail;       /* SIG_MAX_TRAIL */
	size_t ntrail;
};

enum sig_tri sig_eval_bool(struct sig_eval *ev, const struct sig_expr *e);
void sig_eval_value(struct sig_eval *ev, const struct sig_expr *e,
		    struct sig_val *out);
/* NULL: no memory, or over the limit. */
char *sig_scratch(struct sig_eval *ev, size_t n);

/* eval_fact.c */
void sig_eval_path(struct sig_eval *ev, const struct sig_expr *e,
		   struct sig_val *out);
/* "stack.cycles[0].count", or an expression's own text */
void sig_leaf_name(const struct sig_eval *ev, const struct sig_leaf *l,
		   struct ntr_str *out);
void sig_leaf_value(struct sig_eval *ev, const struct sig_leaf *l,
		    struct ntr_str *out);
/* The values of a list's elements, the first of them. */
void sig_list_text(struct sig_eval *ev, const struct ntr_fact *list,
		   struct ntr_str *out);
bool sig_of_records(const struct sig_eval *ev, const struct ntr_fact_row *list);
/* An expression that is evidence itself, with what it is. */
void sig_leaf_expr(struct sig_eval *ev, const struct sig_expr *e,
		   const struct sig_val *v);
/* An element of a list that decided. */
void sig_leaf_item(struct sig_eval *ev, const struct sig_expr *e,
		   const struct ntr_fact *f);
/* Takes trail[from..to) out. */
void sig_trail_cut(struct sig_eval *ev, size_t from, size_t to);
/* Is it unknown because of this expression, not of a fact? */
void sig_leaf_unknown(struct sig_eval *ev, const struct sig_expr *e,
		      const char *why);

/* eval_list.c */
enum sig_tri sig_eval_quantifier(struct sig_eval *ev, const struct sig_expr *e);
void sig_eval_fold(struct sig_eval *ev, const struct sig_expr *e,
		   struct sig_val *out);
enum sig_tri sig_eval_in(struct sig_eval *ev, const struct sig_expr *e);

/* eval_fixed.c: module["X"].at_least_fixed */
void sig_eval_fixed(struct sig_eval *ev, const struct ntr_fact_at *at,
		    struct ntr_fact *out);

/* regex.c */
enum sig_tri sig_regex_match(struct sig_eval *ev, const void *re, const char *s,
			     const char **why);
void sig_matcher_free(struct sig_matcher *m);

#endif
