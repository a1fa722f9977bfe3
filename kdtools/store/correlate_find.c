// SPDX-License-Identifier: Apache-2.0
/*
 * What a bucket has that the rest has not.  Every question is a table of two
 * by two (in the bucket or not, yes or no); whether an answer is chance is
 * Fisher's exact test, and because many questions are asked, as many times
 * less is asked of each (Bonferroni).
 */
#include "correlate_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 64u /* dates or versions of a module that are tried */
#define DEFAULT_EACH 8u

/* --- chance --------------------------------------------------------------------- */

static double log_choose(u32 n, u32 k)
{
	int sign;

	return lgamma_r((double)n + 1, &sign) - lgamma_r((double)k + 1, &sign) -
	       lgamma_r((double)(n - k) + 1, &sign);
}

double correlate_chance(u32 in, u32 n, u32 k, u32 all)
{
	u32 most = n < k ? n : k;
	u32 least = n + k > all ? n + k - all : 0;
	double term, sum = 0;

	if (in <= least)
		return 1;
	if (in > most)
		return 0;
	term = exp(log_choose(k, in) + log_choose(all - k, n - in) -
		   log_choose(all, n));
	for (u32 x = in; x <= most; x++) {
		sum += term;
		term *= (double)(k - x) * (n - x) /
			(((double)x + 1) * ((double)all - k - n + x + 1));
		if (term < sum * 1e-15)
			break;
	}
	return sum < 1 ? sum : 1;
}

/* --- candidates -------------------------------------------------------------------- */

struct table {
	u32 in, in_known, out, out_known;
};

struct candidate {
	enum correlate_kind kind;
	u32 name, value; /* words; a date is itself */
	struct table t;
	double diff, chance;
};

struct finder {
	struct correlate *c;
	u32 bucket, support;
	u32 in_all, out_all;
	double questions;
	struct {
		NTR_VEC(struct candidate);
	} found;
	/* Rows by word: what each has been counted as; see tally(). */
	struct table *word;
	u32 *used;
	size_t nused;
};

static double share(u32 n, u32 of)
{
	return of ? (double)n / of : 0;
}

static double diff(const struct table *t)
{
	return share(t->in, t->in_known) - share(t->out, t->out_known);
}

static bool enough(const struct finder *f, const struct table *t)
{
	return t->in >= f->support && t->in_known >= f->support &&
	       t->out_known >= f->support &&
	       diff(t) * 100 >= CORRELATE_MIN_DIFF - 1e-9;
}

static bool candidate(struct finder *f, struct candidate x)
{
	struct candidate *slot;

	f->questions++;
	if (!enough(f, &x.t))
		return true;
	x.diff = diff(&x.t);
	x.chance = correlate_chance(x.t.in, x.t.in_known, x.t.in + x.t.out,
				    x.t.in_known + x.t.out_known);
	slot = ntr_vec_add(&f->found);
	if (slot)
		*slot = x;
	return slot != NULL;
}

/* --- one word of a row: system, machine, process -------------------------------------- */

static void tally(struct finder *f, u32 w, bool in)
{
	struct table *t = &f->word[w];

	if (!t->in && !t->out)
		f->used[f->nused++] = w;
	t->in += in;
	t->out += !in;
}

static void clear(struct finder *f)
{
	while (f->nused)
		f->word[f->used[--f->nused]] = (struct table){ 0 };
}

static u32 word_of(const struct corr_row *r, enum correlate_kind kind)
{
	return kind == CORR_OS ? r->os : kind == CORR_MACHINE ? r->machine :
	       r->process;
}

static bool one_word(struct finder *f, enum correlate_kind kind)
{
	u32 in = 0, out = 0;
	bool good = true;

	for (size_t i = 0; i < f->c->row.n; i++) {
		const struct corr_row *r = &f->c->row.v[i];
		u32 w = word_of(r, kind);
		bool mine = r->bucket == f->bucket;

		if (!w)
			continue;
		in += mine;
		out += !mine;
		tally(f, w, mine);
	}
	for (size_t i = 0; good && i < f->nused; i++) {
		struct candidate x = { .kind = kind, .name = f->used[i],
				       .t = f->word[f->used[i]] };

		x.t.in_known = in;
		x.t.out_known = out;
		good = candidate(f, x);
	}
	clear(f);
	return good;
}

/* --- signatures: known unless the signature cannot tell --------------------------------- */

static bool signatures(struct finder *f)
{
	struct correlate *c = f->c;
	bool good = true;

	/* in and out count those that fire, the other two what cannot tell. */
	for (size_t i = 0; i < c->row.n; i++) {
		const struct corr_row *r = &c->row.v[i];
		bool mine = r->bucket == f->bucket;

		for (u32 k = 0; k < r->nsig; k++) {
			const struct corr_sig *s = &c->sig.v[r->sig0 + k];

			if (s->fires)
				tally(f, s->id, mine);
			else if (mine)
				f->word[s->id].in_known++;
			else
				f->word[s->id].out_known++;
		}
	}
	for (size_t i = 0; good && i < f->nused; i++) {
		struct candidate x = { .kind = CORR_FIRED, .name = f->used[i],
				       .t = f->word[f->used[i]] };

		x.t.in_known = f->in_all - x.t.in_known;
		x.t.out_known = f->out_all - x.t.out_known;
		good = candidate(f, x);
	}
	clear(f);
	for (size_t i = 0; i < c->sig.n; i++)
		f->word[c->sig.v[i].id] = (struct table){ 0 };
	return good;
}

/* --- modules ---------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct corr_module *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int by_version(const void *a, const void *b)
{
	const struct corr_module *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static u64 order_of(const struct corr_module *m, bool dates)
{
	return dates ? m->date : m->order;
}

/* Rows with the module below and from each of its values on: m[0..n) is in
 * their order, those that are not known first. */
static void thresholds(struct finder *f, const struct corr_module *m, size_t n,
		       bool dates, struct table rows, struct candidate *best)
{
	struct table below = { 0, rows.in_known, 0, rows.out_known };
	struct table all = { 0, 0, 0, 0 };
	size_t values = 0, step, i = 0, nr = 0;

	for (; i < n && !order_of(&m[i], dates); i++) {
		bool mine = f->c->row.v[m[i].row].bucket == f->bucket;

		below.in_known -= mine;
		below.out_known -= !mine;
	}
	for (size_t k = i; k < n; k++) {
		bool mine = f->c->row.v[m[k].row].bucket == f->bucket;

		all.in += mine;
		all.out += !mine;
		values += k == i || order_of(&m[k], dates) !=
				    order_of(&m[k - 1], dates);
	}
	step = values / MAX_VALUES + 1;
	for (size_t first = i; i < n; i++) {
		bool mine = f->c->row.v[m[i].row].bucket == f->bucket;
		bool edge = i > first && order_of(&m[i], dates) !=
					 order_of(&m[i - 1], dates);
		struct table from = { all.in - below.in, below.in_known,
				      all.out - below.out, below.out_known };
		struct candidate x = { .name = m[i].name,
				       .value = dates ? m[i].date : m[i].version };

		if (edge && !(nr++ % step)) {
			f->questions += 2;
			x.kind = dates ? CORR_OLDER : CORR_BELOW;
			x.t = below;
			if (diff(&x.t) > diff(&best->t) + 1e-9)
				*best = x;
			x.kind = dates ? CORR_NEWER : CORR_FROM;
			x.t = from;
			if (diff(&x.t) > diff(&best->t) + 1e-9)
				*best = x;
		}
		below.in += mine;
		below.out += !mine;
	}
}

/* All entries of one module: that it is there, else its best threshold. */
static bool module(struct finder *f, struct corr_module *m, size_t n,
		   struct table rows, struct corr_module *copy)
{
	struct candidate best = { .kind = CORR_MODULE, .name = m[0].name,
				  .t = rows };

	for (size_t i = 0; i < n; i++) {
		if (f->c->row.v[m[i].row].bucket == f->bucket)
			best.t.in++;
		else
			best.t.out++;
	}
	if (best.t.in < f->support)
		return true;
	thresholds(f, m, n, true, rows, &best);
	memcpy(copy, m, n * sizeof(*m));
	qsort(copy, n, sizeof(*copy), by_version);
	thresholds(f, copy, n, false, rows, &best);
	return candidate(f, best);
}

/* Two modules of one name in a dump count once: the older one. */
static bool once_each(struct correlate *c)
{
	size_t out = 0;
	u32 *last = calloc(c->row.n + 1, sizeof(*last));

	if (!last)
		return false;
	for (size_t i = 0; i < c->module.n; i++) {
		struct corr_module *m = &c->module.v[i];

		if (last[m->row] == m->name)
			continue;
		last[m->row] = m->name;
		c->module.v[out++] = *m;
	}
	c->module.n = out;
	free(last);
	return true;
}

static bool modules(struct finder *f, struct corr_module *copy)
{
	struct correlate *c = f->c;
	struct table rows = { 0 };
	bool good = true;

	for (size_t i = 0; i < c->row.n; i++) {
		bool mine = c->row.v[i].bucket == f->bucket;

		rows.in_known += c->row.v[i].has_modules && mine;
		rows.out_known += c->row.v[i].has_modules && !mine;
	}
	for (size_t i = 0, end; good && i < c->module.n; i = end) {
		for (end = i + 1; end < c->module.n &&
		     c->module.v[end].name == c->module.v[i].name; end++)
			;
		good = module(f, &c->module.v[i], end - i, rows, copy);
	}
	return good;
}

/* --- what is reported --------------------------------------------------------------------- */

struct order {
	const struct candidate *x;
	const char *name;
};

static int best_first(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (fabs(x->x->diff - y->x->diff) > 1e-9)
		return x->x->diff < y->x->diff ? 1 : -1;
	if (x->x->kind != y->x->kind)
		return x->x->kind < y->x->kind ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void describe(struct correlation *r)
{
	static const char *const form[] = {
		[CORR_MODULE] = "%.90s is loaded",
		[CORR_OLDER] = "%.90s older than %.30s",
		[CORR_NEWER] = "%.90s of %.30s or newer",
		[CORR_BELOW] = "%.90s below version %.30s",
		[CORR_FROM] = "%.90s version %.30s or higher",
		[CORR_OS] = "system %.90s",
		[CORR_MACHINE] = "machine %.90s",
		[CORR_PROCESS] = "process %.90s",
		[CORR_FIRED] = "signature %.90s fires",
	};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(r->text, sizeof(r->text), form[r->kind], r->name,
		 r->value ? r->value : "");
#pragma GCC diagnostic pop
}

static bool report(struct finder *f, const struct candidate *x)
{
	struct correlate *c = f->c;
	struct correlation *r = ntr_vec_add(&c->bucket.v[f->bucket].found);

	if (!r)
		return false;
	r->kind = x->kind;
	r->name = c->word.v[x->name];
	if (x->kind == CORR_OLDER || x->kind == CORR_NEWER)
		r->value = ntr_arena_printf(&c->text, "%04u-%02u-%02u",
					    x->value / 10000,
					    x->value / 100 % 100,
					    x->value % 100);
	else if (x->kind == CORR_BELOW || x->kind == CORR_FROM)
		r->value = c->word.v[x->value];
	r->in = x->t.in;
	r->in_known = x->t.in_known;
	r->in_unknown = f->in_all - x->t.in_known;
	r->out = x->t.out;
	r->out_known = x->t.out_known;
	r->out_unknown = f->out_all - x->t.out_known;
	describe(r);
	return true;
}

static bool choose(struct finder *f, size_t most, double buckets)
{
	struct order *o = calloc(f->found.n + 1, sizeof(*o));
	size_t n = 0;
	bool good = o != NULL;

	for (size_t i = 0; good && i < f->found.n; i++) {
		const struct candidate *x = &f->found.v[i];

		if (x->chance * f->questions * buckets > CORRELATE_MAX_CHANCE)
			continue;
		o[n++] = (struct order){ x, f->c->word.v[x->name] };
	}
	if (n)
		qsort(o, n, sizeof(*o), best_first);
	for (size_t i = 0; good && i < n && i < most; i++)
		good = report(f, o[i].x);
	free(o);
	return good;
}

static bool one_bucket(struct finder *f, struct corr_module *copy, size_t most,
		       double buckets)
{
	f->in_all = f->c->bucket.v[f->bucket].b.dumps;
	f->out_all = (u32)f->c->row.n - f->in_all;
	f->questions = 0;
	f->found.n = 0;
	if (f->in_all < f->support || f->out_all < f->support)
		return true;
	return one_word(f, CORR_OS) && one_word(f, CORR_MACHINE) &&
	       one_word(f, CORR_PROCESS) && signatures(f) &&
	       modules(f, copy) && choose(f, most, buckets);
}

enum ntr_st corr_find(struct correlate *c, const struct correlate_opts *o)
{
	struct finder f = { .c = c, .support = o->min_support ? o->min_support :
						 CORRELATE_MIN_SUPPORT };
	size_t n = o->max_buckets && o->max_buckets < c->bucket.n ?
		   o->max_buckets : c->bucket.n;
	struct corr_module *copy = malloc((c->module.n + 1) * sizeof(*copy));
	bool good;

	f.word = calloc(c->word.n, sizeof(*f.word));
	f.used = calloc(c->word.n, sizeof(*f.used));
	good = copy && f.word && f.used;
	if (good && c->module.n) {
		qsort(c->module.v, c->module.n, sizeof(*c->module.v), by_name);
		good = once_each(c);
	}
	for (size_t i = 0; good && i < n; i++) {
		f.bucket = (u32)i;
		good = one_bucket(&f, copy, o->max_each ? o->max_each :
				  DEFAULT_EACH, (double)n);
	}
	free(copy);
	free(f.word);
	free(f.used);
	ntr_vec_fini(&f.found);
	return good ? NTR_OK : NTR_NOMEM;
}
