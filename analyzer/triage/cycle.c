// SPDX-License-Identifier: Apache-2.0
/*
 * Repeating frames.  Two searches: one for return addresses that repeat with
 * nothing between them, and one for a repeating distance of sp, which still
 * finds the recursion when a scan has picked up stale addresses between.
 */
#include "triage.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PERIOD 64u
#define MIN_COUNT 3u       /* repeats that make a cycle */
#define MIN_COUNT_SINGLE 4u /* of one frame calling itself */
#define MAX_CYCLE_FRAMES 65536u

/* Bytes of stack between frame a and frame b; 0 when sp does not grow. */
static u64 span(const u64 *sp, size_t a, size_t b)
{
	return sp[b] > sp[a] ? sp[b] - sp[a] : 0;
}

static size_t min_count(size_t period)
{
	return period == 1 ? MIN_COUNT_SINGLE : MIN_COUNT;
}

static void offer(const u64 *sp, size_t first, size_t period, size_t run,
		  size_t n, struct ntr_cycle *best)
{
	size_t count = (run + period) / period;
	size_t last = first + count * period;

	if (count < min_count(period))
		return;
	/* The bytes up to the frame after the run, if there is one. */
	u64 bytes = span(sp, first, last < n ? last : n - 1);

	/* A multiple of a shorter period covers hardly more than it. */
	if (best->found && bytes <= best->bytes + best->bytes / 8)
		return;
	*best = (struct ntr_cycle){ .found = true, .first = first,
				    .period = period, .count = count,
				    .bytes = bytes };
}

static void exact_cycle(const u64 *ip, const u64 *sp, size_t n,
			struct ntr_cycle *best)
{
	for (size_t p = 1; p <= MAX_PERIOD && p * 2 < n; p++) {
		size_t run = 0;

		for (size_t i = 0; i + p < n; i++) {
			if (ip[i] == ip[i + p] && sp[i] < sp[i + p]) {
				run++;
				continue;
			}
			if (run)
				offer(sp, i - run, p, run, n, best);
			run = 0;
		}
		if (run)
			offer(sp, n - p - run, p, run, n, best);
	}
}

struct occ {
	u64 ip, sp;
	size_t i;
};

static int by_ip(const void *a, const void *b)
{
	const struct occ *x = a, *y = b;

	if (x->ip != y->ip)
		return x->ip < y->ip ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* The run of equal distances that starts at o[i]; returns its end. */
static size_t stride_run(const struct occ *o, size_t n, size_t i)
{
	size_t j = i + 1;
	u64 d;

	if (j >= n || o[j].ip != o[i].ip || o[j].sp <= o[i].sp)
		return i;
	d = o[j].sp - o[i].sp;
	while (j + 1 < n && o[j + 1].ip == o[i].ip &&
	       o[j + 1].sp - o[j].sp == d)
		j++;
	return j;
}

struct stride {
	u64 d, lo, hi;
	size_t count;
};

static void best_stride(const struct occ *o, size_t n, struct stride *best)
{
	for (size_t i = 0; i + 1 < n;) {
		size_t j = stride_run(o, n, i);
		size_t count = j - i + 1;

		if (count >= MIN_COUNT_SINGLE &&
		    o[j].sp - o[i].sp > best->hi - best->lo)
			*best = (struct stride){ o[i + 1].sp - o[i].sp,
						 o[i].sp, o[j].sp, count };
		i = j > i ? j : i + 1;
	}
}

/* Mark every run with the best stride that covers most of its stack. */
static void keep_stride(const struct occ *o, size_t n, const struct stride *s,
			bool *keep)
{
	for (size_t i = 0; i + 1 < n;) {
		size_t j = stride_run(o, n, i);
		bool same = j > i && o[i + 1].sp - o[i].sp == s->d;

		if (same && (j - i + 1) * 4 >= s->count * 3 &&
		    o[i].sp + s->d > s->lo && o[j].sp < s->hi + s->d)
			for (size_t k = i; k <= j; k++)
				keep[o[k].i] = true;
		i = j > i ? j : i + 1;
	}
}

/* Exact search among the kept frames only; first is an index in all. */
static void cycle_of_kept(const u64 *ip, const u64 *sp, size_t n,
			  const bool *keep, struct ntr_cycle *out)
{
	u64 *kip = calloc(n, sizeof(*kip)), *ksp = calloc(n, sizeof(*ksp));
	size_t *at = calloc(n, sizeof(*at)), m = 0;

	for (size_t i = 0; kip && ksp && at && i < n; i++) {
		if (!keep[i])
			continue;
		kip[m] = ip[i];
		ksp[m] = sp[i];
		at[m++] = i;
	}
	if (m)
		exact_cycle(kip, ksp, m, out);
	if (out->found)
		out->first = at[out->first];
	free(kip);
	free(ksp);
	free(at);
}

bool ntr_find_stride_cycle(const u64 *ip, const u64 *sp, size_t n, bool *keep,
			   struct ntr_cycle *out)
{
	struct stride best = { 0 };
	struct ntr_cycle c = { 0 };
	struct occ *o;

	if (n < 2 * MIN_COUNT_SINGLE || n > MAX_CYCLE_FRAMES)
		return false;
	o = calloc(n, sizeof(*o));
	if (!o)
		return false;
	for (size_t i = 0; i < n; i++)
		o[i] = (struct occ){ ip[i], sp[i], i };
	qsort(o, n, sizeof(*o), by_ip);
	best_stride(o, n, &best);
	memset(keep, 0, n * sizeof(*keep));
	if (best.count)
		keep_stride(o, n, &best, keep);
	free(o);
	if (!best.count)
		return false;
	cycle_of_kept(ip, sp, n, keep, &c);
	if (c.found)
		*out = c;
	return c.found;
}

bool ntr_find_cycle(const u64 *ip, const u64 *sp, size_t n,
		    struct ntr_cycle *out)
{
	struct ntr_cycle exact = { 0 }, loose = { 0 };
	bool *keep;

	if (n > MAX_CYCLE_FRAMES)
		n = MAX_CYCLE_FRAMES;
	exact_cycle(ip, sp, n, &exact);
	keep = calloc(n ? n : 1, sizeof(*keep));
	if (keep)
		ntr_find_stride_cycle(ip, sp, n, keep, &loose);
	free(keep);
	/* Only a clearly longer one is worth frames between its frames. */
	if (loose.found && loose.bytes / 2 > exact.bytes)
		*out = loose;
	else if (exact.found)
		*out = exact;
	return exact.found || loose.found;
}
