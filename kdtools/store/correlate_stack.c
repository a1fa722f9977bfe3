// SPDX-License-Identifier: Apache-2.0
/*
 * Which buckets look alike by their stacks.  A bucket's stack is the one most
 * of its dumps have.  Equal hashes of the functions say it at once; else the
 * longest common subsequence of the first CORRELATE_FRAMES functions, twice
 * over both lengths; else equal hashes of the modules.
 */
#include "correlate_priv.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SIMILAR 8u  /* of one bucket that are named */
#define MIN_COMMON 3u   /* functions; nearly all stacks share one or two */

struct stack_of {
	u32 bucket, stack, row;
};

static int by_stack(const void *a, const void *b)
{
	const struct stack_of *x = a, *y = b;

	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	if (x->stack != y->stack)
		return x->stack < y->stack ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Which of two stacks that as many dumps have does not depend on their order:
 * the hash that sorts first. */
static bool better(const struct correlate *c, u32 n, u32 stack, u32 best_n,
		   u32 best_stack)
{
	if (n != best_n)
		return n > best_n;
	return strcmp(c->word.v[stack], c->word.v[best_stack]) < 0;
}

static enum ntr_st choose(struct correlate *c)
{
	size_t n = c->row.n;
	struct stack_of *s = n ? malloc(n * sizeof(*s)) : NULL;
	u32 best_n = 0;

	if (n && !s)
		return NTR_NOMEM;
	for (size_t i = 0; i < n; i++)
		s[i] = (struct stack_of){ c->row.v[i].bucket,
					  c->row.v[i].stack_func, (u32)i };
	if (n)
		qsort(s, n, sizeof(*s), by_stack);
	for (size_t i = 0, end; i < n; i = end) {
		struct corr_bucket *b = &c->bucket.v[s[i].bucket];

		for (end = i + 1; end < n && s[end].bucket == s[i].bucket &&
		     s[end].stack == s[i].stack; end++)
			;
		if (!i || s[i - 1].bucket != s[i].bucket)
			best_n = 0;
		if (best_n && !better(c, (u32)(end - i), s[i].stack, best_n,
				      c->row.v[b->stack].stack_func))
			continue;
		best_n = (u32)(end - i);
		b->stack = s[i].row;
	}
	free(s);
	return NTR_OK;
}

static u32 common(const u32 *a, u32 na, const u32 *b, u32 nb)
{
	u32 row[CORRELATE_FRAMES + 1] = { 0 };

	for (u32 i = 0; i < na; i++) {
		u32 diagonal = 0;

		for (u32 k = 0; k < nb; k++) {
			u32 above = row[k + 1];

			if (a[i] == b[k])
				row[k + 1] = diagonal + 1;
			else if (row[k] > above)
				row[k + 1] = row[k];
			diagonal = above;
		}
	}
	return row[nb];
}

static bool alike(const struct correlate *c, const struct corr_row *a,
		  const struct corr_row *b, struct correlate_similar *out)
{
	u32 n = 0;

	*out = (struct correlate_similar){ CORR_SAME_FUNCTIONS, 100, NULL };
	if (a->stack_func && a->stack_func == b->stack_func)
		return true;
	if (a->nframes && b->nframes)
		n = common(c->frame.v + a->frame0, a->nframes,
			   c->frame.v + b->frame0, b->nframes);
	out->how = CORR_LIKE_FRAMES;
	if (n >= MIN_COMMON) {
		out->percent = 200 * n / (a->nframes + b->nframes);
		if (out->percent >= CORRELATE_SIMILAR)
			return true;
	}
	*out = (struct correlate_similar){ CORR_SAME_MODULES, 0, NULL };
	return a->stack_mod && a->stack_mod == b->stack_mod;
}

static enum ntr_st note(struct corr_bucket *b, struct correlate_similar s,
			const char *name)
{
	struct correlate_similar *slot = ntr_vec_add(&b->similar);

	if (!slot)
		return NTR_NOMEM;
	*slot = s;
	slot->bucket = name;
	return NTR_OK;
}

static int most_alike(const void *a, const void *b)
{
	const struct correlate_similar *x = a, *y = b;

	if (x->percent != y->percent)
		return x->percent < y->percent ? 1 : -1;
	return strcmp(x->bucket, y->bucket);
}

static u32 family(struct correlate *c, u32 i)
{
	while (c->bucket.v[i].b.family != i)
		i = c->bucket.v[i].b.family;
	return i;
}

static void join(struct correlate *c, u32 a, u32 b)
{
	u32 x = family(c, a), y = family(c, b);

	c->bucket.v[x > y ? x : y].b.family = x < y ? x : y;
}

static enum ntr_st compare(struct correlate *c, u32 i, u32 k)
{
	struct corr_bucket *a = &c->bucket.v[i], *b = &c->bucket.v[k];
	struct correlate_similar s;
	enum ntr_st st;

	if (!alike(c, &c->row.v[a->stack], &c->row.v[b->stack], &s))
		return NTR_OK;
	if (s.how != CORR_SAME_MODULES)
		join(c, i, k);
	st = note(a, s, b->b.name);
	return st ? st : note(b, s, a->b.name);
}

enum ntr_st corr_stacks(struct correlate *c)
{
	u32 n = c->bucket.n < CORRELATE_COMPARED ? (u32)c->bucket.n :
		CORRELATE_COMPARED;
	enum ntr_st st = choose(c);

	for (u32 i = 0; i < c->bucket.n; i++)
		c->bucket.v[i].b.family = i;
	for (u32 i = 0; i < n; i++)
		for (u32 k = i + 1; !st && k < n; k++)
			st = compare(c, i, k);
	for (u32 i = 0; i < c->bucket.n; i++) {
		struct corr_bucket *b = &c->bucket.v[i];

		b->b.family = family(c, i);
		if (b->similar.n)
			qsort(b->similar.v, b->similar.n, sizeof(*b->similar.v),
			      most_alike);
		if (b->similar.n > MAX_SIMILAR)
			b->similar.n = MAX_SIMILAR;
	}
	return st;
}
