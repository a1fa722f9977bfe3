// SPDX-License-Identifier: Apache-2.0
/* All rules over one dump. */
#include "judge.h"

#include "index.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct judging {
	const struct sig_set *s;
	const struct sig_options *opt;
	struct sig_eval ev;
	struct sig_results *out;
	struct sig_profile *profile;
	struct sig_numbers numbers;
};

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static void drop_result(struct sig_result *r)
{
	ntr_vec_fini(&r->advice);
	ntr_vec_fini(&r->evidence);
	ntr_vec_fini(&r->missing);
}

static bool wanted(const struct sig_options *opt, const struct sig_result *r)
{
	if (r->value == SIG_SILENT)
		return opt->flags & (SIG_EXPLAIN | SIG_PROFILE);
	return r->value != SIG_FIRES || r->confidence >= opt->min_confidence;
}

static bool rule(struct judging *j, const struct sig_code *r)
{
	unsigned flags = j->opt->flags;
	u64 from = flags & SIG_PROFILE ? now() : 0;
	struct sig_result one, *slot;

	if (r->r.status == SIG_STATUS_RETIRED && !(flags & SIG_RETIRED))
		return true;
	j->out->considered++;
	j->ev.rule = r;
	if (!sig_judge_rule(&j->ev, flags, &one))
		return false;
	if (!wanted(j->opt, &one)) {
		drop_result(&one);
		return true;
	}
	if (flags & SIG_PROFILE)
		one.ns = now() - from;
	slot = ntr_vec_add(j->out);
	if (!slot) {
		drop_result(&one);
		return false;
	}
	*slot = one;
	return true;
}

/* Rules asked for by name; those that are explained whatever the index says. */
static bool named(struct judging *j)
{
	for (size_t i = 0; i < j->opt->nonly; i++) {
		const struct sig_rule *r = sig_find(j->s, j->opt->only[i]);
		const struct sig_code *c = r ? r->priv : NULL;
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= !strcmp(j->opt->only[k], j->opt->only[i]);
		if (!c || again || (!(j->opt->flags & SIG_EXPLAIN) &&
				    !sig_passes(j->s, j->profile, c)))
			continue;
		if (!rule(j, c))
			return false;
	}
	return true;
}

static bool candidates(struct judging *j)
{
	if (!sig_candidates(j->s, j->profile, &j->numbers))
		return false;
	for (size_t i = 0; i < j->numbers.n; i++)
		if (!rule(j, j->s->rules.v[j->numbers.v[i]]))
			return false;
	return true;
}

static bool names(const struct sig_rule *r, const char *id)
{
	for (size_t i = 0; i < r->supersedes.n; i++)
		if (!strcmp(r->supersedes.v[i], id))
			return true;
	return false;
}

static void supersede(struct sig_results *r)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->n && r->v[i].value == SIG_FIRES &&
				   r->v[i].rule->supersedes.n; k++)
			if (k != i && r->v[k].value == SIG_FIRES &&
			    !r->v[k].superseded_by &&
			    names(r->v[i].rule, r->v[k].rule->id))
				r->v[k].superseded_by = r->v[i].rule->id;
}

static int by_value(const void *a, const void *b)
{
	const struct sig_result *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	if (x->confidence != y->confidence)
		return x->confidence > y->confidence ? -1 : 1;
	return strcmp(x->rule->id, y->rule->id);
}

enum ntr_st sig_judge(const struct sig_set *s, struct ntr_facts *f,
		      const struct sig_options *opt, struct sig_results **out,
		      struct ntr_err *e)
{
	static const struct sig_options none = { .flags = 0 };
	struct judging j = { .s = s, .opt = opt ? opt : &none };
	struct ntr_arena *kept;
	bool ok;

	if (!s->index)
		return ntr_fail(e, NTR_USAGE, "the rules are not linked");
	j.out = calloc(1, sizeof(*j.out));
	kept = calloc(1, sizeof(*kept));
	j.ev.trail = calloc(SIG_MAX_TRAIL, sizeof(*j.ev.trail));
	j.ev.f = f;
	j.ev.kept = kept;
	ok = j.out && kept && j.ev.trail;
	if (ok) {
		j.out->priv = kept;
		j.out->rules = s->rules.n;
		j.profile = sig_profile_new(s, f, kept);
		ok = j.profile && (j.opt->only ? named(&j) : candidates(&j));
	}
	sig_matcher_free(j.ev.matcher);
	ntr_arena_fini(&j.ev.scratch);
	ntr_vec_fini(&j.numbers);
	free(j.ev.trail);
	if (!ok) {
		if (!j.out || !j.out->priv)
			free(kept);
		sig_results_free(j.out);
		return ntr_fail(e, NTR_NOMEM, "no memory for judging rules");
	}
	supersede(j.out);
	if (j.out->n)
		qsort(j.out->v, j.out->n, sizeof(*j.out->v), by_value);
	*out = j.out;
	return NTR_OK;
}

void sig_results_free(struct sig_results *r)
{
	union { const void *c; void *p; } arena;

	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		drop_result(&r->v[i]);
	ntr_vec_fini(r);
	arena.c = r->priv;
	if (arena.p)
		ntr_arena_fini(arena.p);
	free(arena.p);
	free(r);
}
