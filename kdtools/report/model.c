// SPDX-License-Identifier: Apache-2.0
/* The first pass: rows without verdicts. */
#include "tally.h"
#include "../cli/results_out.h"

#include <stdlib.h>
#include <string.h>

const char *report_day(char out[32], s64 t)
{
	if (!results_time(out, t))
		return "";
	out[10] = 0;
	return out;
}

const char *report_minute(char out[32], s64 t)
{
	if (!results_time(out, t))
		return "";
	out[10] = ' ';
	memcpy(out + 16, " UTC", 5);
	return out;
}

unsigned report_percent(u64 n, u64 of)
{
	return of ? (unsigned)((n * 100 + of / 2) / of) : 0;
}

struct pass {
	struct report *r;
	enum ntr_st st;
};

static const char *copy(struct report *r, const char *s, bool *lost)
{
	const char *c = s && *s ? ntr_arena_strdup(&r->arena, s) : NULL;

	*lost |= s && *s && !c;
	return c;
}

static u32 count_in(struct report *r, struct report_tallies *t, const char *name,
		    bool *lost)
{
	u32 at;

	if (!name || !*name)
		return REPORT_NONE;
	at = tally_of(t, &r->arena, name);
	if (at == REPORT_NONE)
		*lost = true;
	else
		t->v[at].n++;
	return at;
}

static void widen(s64 *first, s64 *last, s64 t)
{
	if (!t)
		return;
	if (!*first || t < *first)
		*first = t;
	if (!*last || t > *last)
		*last = t;
}

static void add_time(struct report *r, const struct report_row *x, bool *lost)
{
	char day[32];
	struct report_time *t;

	if (!*report_day(day, x->crash_time)) {
		r->no_time++;
		return;
	}
	widen(&r->first, &r->last, x->crash_time);
	if (r->times.n == REPORT_TIMES) {
		r->times_left_out++;
		return;
	}
	t = ntr_vec_add(&r->times);
	if (t)
		*t = (struct report_time){ x->crash_time, x->bucket };
	*lost |= !t;
}

static void add_rules(struct report *r, struct report_row *x,
		      const struct results_dump *d, bool *lost)
{
	x->fired = ntr_arena_array(&r->arena, d->nsig + 1, sizeof(*x->fired));
	for (size_t i = 0; i < d->nsig && x->fired; i++) {
		bool fires = !strcmp(d->sig[i].value, "fires");
		u32 at = tally_of(&r->rules, &r->arena, d->sig[i].id);

		if (at == REPORT_NONE) {
			*lost = true;
			return;
		}
		if (!r->rules.v[at].more)
			r->rules.v[at].more = copy(r, d->sig[i].title, lost);
		r->rules.v[at].n += fires;
		r->rules.v[at].unknown += !fires;
		x->nunknown += !fires;
		if (fires)
			x->fired[x->nfired++] = at;
	}
	*lost |= !x->fired;
	r->fired += x->nfired != 0;
	r->unknown += x->nunknown != 0;
}

/* What every row counts in. */
static void count(struct report *r, struct report_row *x,
		  const struct results_dump *d, bool *lost)
{
	r->dumps++;
	r->outcome[d->outcome]++;
	x->outcome = d->outcome;
	x->crash_time = d->crash_time;
	x->bucket = count_in(r, &r->buckets, d->bucket, lost);
	x->machine = count_in(r, &r->machines, d->machine, lost);
	x->os = count_in(r, &r->systems, d->os, lost);
	add_rules(r, x, d, lost);
	add_time(r, x, lost);
	widen(&r->judged_first, &r->judged_last, d->judged_at);
}

static void keep(struct report *r, struct report_row *x,
		 const struct results_dump *d, bool *lost)
{
	struct report_row *slot;

	if (r->rows.n == REPORT_LIST_MAX)
		return;
	x->id = d->id;
	x->has_code = d->has_code;
	x->code = d->code;
	x->path = copy(r, d->path ? d->path : "?", lost);
	x->error = copy(r, d->error, lost);
	x->code_name = copy(r, d->code_name, lost);
	x->blame = copy(r, d->blame, lost);
	x->process = copy(r, d->process, lost);
	slot = ntr_vec_add(&r->rows);
	if (slot)
		*slot = *x;
	*lost |= !slot;
}

static bool on_row(void *ctx, const struct results_dump *d)
{
	struct pass *p = ctx;
	struct report_row x = { .id = 0 };
	bool lost = false;

	count(p->r, &x, d, &lost);
	keep(p->r, &x, d, &lost);
	p->st = lost ? NTR_NOMEM : correlate_add(p->r->correlate, d);
	return !p->st;
}

/* --- which dumps get details ------------------------------------------------------- */

/* Some of each bucket, so that none is without; then in the list's order. */
static bool choose(struct report *r, u64 max)
{
	u32 *seen = calloc(r->buckets.n + 1, sizeof(*seen));

	for (size_t i = 0; seen && i < r->rows.n && r->details < max; i++) {
		struct report_row *x = &r->rows.v[i];

		if (x->bucket == REPORT_NONE ||
		    seen[x->bucket]++ >= REPORT_OF_BUCKET)
			continue;
		x->detail = true;
		r->details++;
	}
	for (size_t i = 0; seen && i < r->rows.n && r->details < max; i++) {
		if (r->rows.v[i].detail)
			continue;
		r->rows.v[i].detail = true;
		r->details++;
	}
	free(seen);
	return seen != NULL;
}

static enum ntr_st finish(struct report *r, const struct report_opts *o)
{
	struct correlate_opts c = { .max_buckets = REPORT_BUCKETS };
	enum ntr_st st = correlate_finish(r->correlate, &c, &r->found);

	if (st)
		return st;
	r->rank = ntr_arena_array(&r->arena, r->buckets.n + 1, sizeof(u32));
	if (!r->rank || !choose(r, o->details) ||
	    !tally_sort(&r->rules, &r->arena) ||
	    !tally_sort(&r->machines, &r->arena) ||
	    !tally_sort(&r->systems, &r->arena))
		return NTR_NOMEM;
	memset(r->rank, 0xff, (r->buckets.n + 1) * sizeof(u32));
	for (size_t i = 0; i < r->found->nbuckets; i++) {
		u32 at = tally_find(&r->buckets, r->found->bucket[i].name);

		if (at != REPORT_NONE)
			r->rank[at] = (u32)i;
	}
	return NTR_OK;
}

enum ntr_st report_read(struct report *r, struct results *store,
			const struct results_filter *f,
			const struct report_opts *o, struct ntr_err *e)
{
	struct results_query q = { .filter = f, .sort = "-crash_time",
				   .want_signatures = true };
	struct pass p = { r, NTR_OK };
	enum ntr_st st;

	*r = (struct report){ .store = store };
	st = correlate_new(&r->correlate);
	if (!st)
		st = results_each(store, &q, on_row, &p, e);
	if (!st)
		st = p.st;
	if (!st)
		st = finish(r, o);
	if (st == NTR_NOMEM)
		return ntr_fail(e, st, "out of memory");
	return st;
}

void report_free(struct report *r)
{
	correlate_free(r->correlate);
	tally_fini(&r->rules);
	tally_fini(&r->machines);
	tally_fini(&r->systems);
	tally_fini(&r->buckets);
	ntr_vec_fini(&r->rows);
	ntr_vec_fini(&r->times);
	ntr_arena_fini(&r->arena);
}
