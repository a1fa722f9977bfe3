// SPDX-License-Identifier: Apache-2.0
/*
 * How sure a rule is that fires: the formula of docs/signatures.md.
 *
 *	start      stable 95, experimental 70, retired 60
 *	supports   less 40 * (failed + unknown / 2) / all, by weight
 *	stack      less by the weakest trust of the frames that were evidence
 *	blame      less 10 when medium, 25 when low, if it was evidence
 *	           at least 5
 */
#include "judge.h"

#include <string.h>

#define SUPPORT_SPAN 40u
#define LOWEST 5

static const u8 starts[] = {
	[SIG_STATUS_EXPERIMENTAL] = 70, [SIG_STATUS_STABLE] = 95,
	[SIG_STATUS_RETIRED] = 60,
};

static const struct { const char *trust; u8 less; } trusts[] = {
	{ "context", 0 }, { "cfi", 0 }, { "fpo", 0 }, { "code", 2 },
	{ "frameptr", 3 }, { "trap", 0 }, { "scan", 20 },
};

/* The weakest trust of frames up to `last`, or of the whole stack. */
static const char *weakest(struct sig_eval *ev, u64 last)
{
	const struct ntr_fact_row *row =
		sig_schema_find(ev->rule->schema, "stack.frames[].trust");
	const char *worst = NULL;
	unsigned less = 0;

	for (u64 i = 0; row && i <= last; i++) {
		struct ntr_fact_at at = { .index = { i }, .nindexes = 1 };
		struct ntr_fact v;

		ntr_fact_eval(ev->f, row, &at, &v);
		if (v.state != NTR_FACT_KNOWN)
			break;
		for (size_t k = 0; k < NTR_COUNT(trusts); k++)
			if (!strcmp(trusts[k].trust, v.s) &&
			    (!worst || trusts[k].less > less)) {
				worst = trusts[k].trust;
				less = trusts[k].less;
			}
	}
	return worst;
}

static u64 number_of(struct sig_eval *ev, const char *path, u64 index)
{
	const struct ntr_fact_row *row = sig_schema_find(ev->rule->schema, path);
	struct ntr_fact_at at = { .index = { index }, .nindexes = 1 };
	struct ntr_fact v;

	if (!row)
		return 0;
	ntr_fact_eval(ev->f, row, &at, &v);
	return v.state == NTR_FACT_KNOWN ? v.n : 0;
}

/* The outermost frame that a fact rests on; false: on none. */
static bool frame_of(struct sig_eval *ev, const struct sig_leaf *l, u64 *out)
{
	const char *p = l->row ? l->row->path : "";

	if (!strncmp(p, "stack.frames[]", 14)) {
		*out = l->at.index[0];
	} else if (!strncmp(p, "stack.cycles[]", 14)) {
		*out = number_of(ev, "stack.cycles[].first", l->at.index[0]) +
		       number_of(ev, "stack.cycles[].period", l->at.index[0]);
	} else if (!strncmp(p, "stack.modules", 13) ||
		   !strcmp(p, "stack.frames") || !strcmp(p, "stack.cycles")) {
		*out = UINT64_MAX - 1;
	} else {
		return false;
	}
	return true;
}

static int stack(struct sig_eval *ev, struct ntr_str *why)
{
	const char *trust;
	u64 last = 0, one;
	bool any = false;

	for (size_t i = 0; i < ev->ntrail; i++)
		if (frame_of(ev, &ev->trail[i], &one)) {
			last = one > last ? one : last;
			any = true;
		}
	trust = any ? weakest(ev, last) : NULL;
	for (size_t k = 0; trust && k < NTR_COUNT(trusts); k++)
		if (!strcmp(trust, trusts[k].trust) && trusts[k].less) {
			ntr_str_printf(why, "; frames were evidence, the weakest "
				       "found by %s (-%u)", trust,
				       trusts[k].less);
			return trusts[k].less;
		}
	return 0;
}

static int blame(struct sig_eval *ev, struct ntr_str *why)
{
	const struct ntr_fact_row *row =
		sig_schema_find(ev->rule->schema, "blame.confidence");
	struct ntr_fact_at at = { .nindexes = 0 };
	struct ntr_fact v = { .state = NTR_FACT_UNKNOWN };
	bool any = false;
	int less;

	for (size_t i = 0; i < ev->ntrail; i++)
		any |= ev->trail[i].row &&
		       !strncmp(ev->trail[i].row->path, "blame.", 6);
	if (any && row)
		ntr_fact_eval(ev->f, row, &at, &v);
	if (v.state != NTR_FACT_KNOWN || !strcmp(v.s, "high"))
		return 0;
	less = strcmp(v.s, "medium") ? 25 : 10;
	ntr_str_printf(why, "; blame was evidence and is of %s confidence (-%d)",
		       v.s, less);
	return less;
}

/* The trail of one condition takes the most it can. */
void sig_confidence_trail(struct sig_eval *ev, struct sig_confidence *c)
{
	struct ntr_str s = { 0 }, b = { 0 };
	int less = stack(ev, &s);

	if (less > c->stack) {
		c->stack = less;
		c->stack_why = ntr_arena_strdup(ev->kept, ntr_str_text(&s));
	}
	less = blame(ev, &b);
	if (less > c->blame) {
		c->blame = less;
		c->blame_why = ntr_arena_strdup(ev->kept, ntr_str_text(&b));
	}
	ntr_str_fini(&s);
	ntr_str_fini(&b);
}

static int supports(const struct sig_confidence *c, struct ntr_str *why)
{
	unsigned all = c->held + c->failed + c->unknown, less;

	if (!all)
		return 0;
	less = (SUPPORT_SPAN * (2 * c->failed + c->unknown) + all) / (2 * all);
	ntr_str_printf(why, "; supports: %u of weight %u held", c->held, all);
	if (c->unknown)
		ntr_str_printf(why, ", %u not known", c->unknown);
	if (less)
		ntr_str_printf(why, " (-%u)", less);
	return (int)less;
}

unsigned sig_confidence(struct sig_eval *ev, const struct sig_confidence *c,
			const char **why)
{
	enum sig_status status = ev->rule->r.status;
	struct ntr_str s = { 0 };
	int n = starts[status];

	ntr_str_printf(&s, "%d for a rule that is %s", n,
		       sig_status_name(status));
	n -= supports(c, &s) + c->stack + c->blame;
	ntr_str_printf(&s, "%s%s", c->stack_why ? c->stack_why : "",
		       c->blame_why ? c->blame_why : "");
	*why = ntr_arena_strdup(ev->kept, ntr_str_text(&s));
	ntr_str_fini(&s);
	if (!*why)
		*why = "";
	return (unsigned)(n < LOWEST ? LOWEST : n);
}
