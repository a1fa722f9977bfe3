// SPDX-License-Identifier: Apache-2.0
#include "pooljudge.h"

#include <stdlib.h>

#define TICKS UINT64_C(10000000) /* of 100 ns in a second */

const char *ntr_pool_unfit(const struct ntr_target *t,
			   const struct ntr_target *old)
{
	const struct ntr_meta *a = &old->d->meta, *b = &t->d->meta;

	if (!old->is_nt)
		return "it is of no NT";
	if (old->machine != t->machine || old->build != t->build)
		return "it is of another system: machine or build differ";
	if (a->has & b->has & NTR_HAS_TIME && a->time > b->time)
		return "it is younger than this dump";
	return NULL;
}

u64 ntr_pool_seconds_between(const struct ntr_target *t,
			     const struct ntr_target *old)
{
	const struct ntr_meta *a = &old->d->meta, *b = &t->d->meta;

	return a->has & b->has & NTR_HAS_TIME ? (b->time - a->time) / TICKS : 0;
}

static enum ntr_st watch(struct ntr_pool_judgement *j,
			 struct ntr_target *t, struct ntr_pool *old,
			 struct ntr_err *e)
{
	struct ntr_pool_baseline base = { .seconds = j->seconds };
	struct ntr_pool *p;
	enum ntr_st st = ntr_pool_open(&p, t, e);

	if (st)
		return st;
	if (old && !old->tags.n)
		j->baseline_why = ntr_arena_printf(&t->arena, "it has no "
			"tag table: %s", old->tags_why ? old->tags_why :
			"it is empty");
	j->has_baseline = old && old->tags.n;
	if (j->has_baseline) {
		base.tags = old->tags.v;
		base.n = old->tags.n;
	}
	st = ntr_poolwatch(p, j->has_baseline ? &base : NULL, true,
			   &j->watch, e);
	ntr_pool_close(p);
	return st;
}

static enum ntr_st judge(struct ntr_pool_judgement *j,
			 struct ntr_target *t, struct ntr_target *old,
			 struct ntr_err *e)
{
	struct ntr_pool *p = NULL;
	enum ntr_st st = NTR_OK;

	j->baseline_why = old ? ntr_pool_unfit(t, old) : NULL;
	if (old && !j->baseline_why) {
		j->seconds = ntr_pool_seconds_between(t, old);
		st = ntr_pool_open(&p, old, e);
	}
	if (!st)
		st = watch(j, t, p, e);
	ntr_pool_close(p);
	return st;
}

enum ntr_st ntr_pool_judge(struct ntr_pool_judgement **out,
			   struct ntr_target *t, struct ntr_target *old,
			   struct ntr_err *e)
{
	struct ntr_pool_judgement *j;
	enum ntr_st st;

	if (!t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "pool is NT's, and this is %s",
				t->other_os ? t->other_os : "no NT");
	j = calloc(1, sizeof(*j));
	if (!j)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = judge(j, t, old, e);
	if (st)
		free(j);
	else
		*out = j;
	return st;
}

void ntr_pool_judgement_free(struct ntr_pool_judgement *j)
{
	if (!j)
		return;
	ntr_poolwatch_fini(&j->watch);
	free(j);
}
