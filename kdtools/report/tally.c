// SPDX-License-Identifier: Apache-2.0
#include "tally.h"

#include <stdlib.h>
#include <string.h>

static u32 hash(const char *s)
{
	u32 h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (u8)*s) * 16777619u;
	return h;
}

/* The slot of name, or the free one where it belongs. */
static u32 *slot_of(u32 *slot, size_t nslots, const struct report_tally *v,
		    const char *name)
{
	size_t i = hash(name) & (nslots - 1);

	while (slot[i] && strcmp(v[slot[i] - 1].name, name))
		i = (i + 1) & (nslots - 1);
	return &slot[i];
}

static bool grow(struct report_tallies *t)
{
	size_t n = t->nslots ? 2 * t->nslots : 64;
	u32 *slot = calloc(n, sizeof(*slot));

	if (!slot)
		return false;
	for (size_t i = 0; i < t->n; i++)
		*slot_of(slot, n, t->v, t->v[i].name) = (u32)i + 1;
	free(t->slot);
	t->slot = slot;
	t->nslots = n;
	return true;
}

u32 tally_find(const struct report_tallies *t, const char *name)
{
	u32 at = t->nslots ? *slot_of(t->slot, t->nslots, t->v, name) : 0;

	return at ? at - 1 : REPORT_NONE;
}

u32 tally_of(struct report_tallies *t, struct ntr_arena *a, const char *name)
{
	u32 at = tally_find(t, name);
	struct report_tally *x;

	if (at != REPORT_NONE)
		return at;
	if (2 * (t->n + 1) > t->nslots && !grow(t))
		return REPORT_NONE;
	name = ntr_arena_strdup(a, name);
	x = name ? ntr_vec_add(t) : NULL;
	if (!x)
		return REPORT_NONE;
	x->name = name;
	*slot_of(t->slot, t->nslots, t->v, name) = (u32)t->n;
	return (u32)t->n - 1;
}

static int by_count(const void *a, const void *b, void *ctx)
{
	const struct report_tally *v = ctx;
	const struct report_tally *x = &v[*(const u32 *)a];
	const struct report_tally *y = &v[*(const u32 *)b];

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	if (x->unknown != y->unknown)
		return x->unknown < y->unknown ? 1 : -1;
	return strcmp(x->name, y->name);
}

bool tally_sort(struct report_tallies *t, struct ntr_arena *a)
{
	t->order = ntr_arena_array(a, t->n + 1, sizeof(*t->order));
	if (!t->order)
		return false;
	for (size_t i = 0; i < t->n; i++)
		t->order[i] = (u32)i;
	if (t->n)
		qsort_r(t->order, t->n, sizeof(*t->order), by_count, t->v);
	return true;
}

void tally_fini(struct report_tallies *t)
{
	ntr_vec_fini(t);
	free(t->slot);
}
