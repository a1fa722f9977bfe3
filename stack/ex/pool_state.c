// SPDX-License-Identifier: Apache-2.0
/* Looking at pool: by tag, in sum, and every header of it. */
#include "pool.h"

#include <stdio.h>
#include <stdlib.h>

static int by_bytes(const void *a, const void *b)
{
	const struct ex_pool_tag *s = a, *t = b;

	if (s->bytes != t->bytes)
		return s->bytes < t->bytes ? 1 : -1;
	return s->tag < t->tag ? -1 : s->tag > t->tag;
}

bool ex_pool_tag(struct ex *x, enum ex_pool pool, size_t i,
		 struct ex_pool_tag *out)
{
	struct ex_pool_side *p = x->pool[pool];
	struct ex_pool_tag *row = malloc(sizeof(p->tag));
	size_t n = 0;

	ke_latch(&p->latch);
	for (u32 k = 0; row && k < POOL_TAGS; k++)
		if (p->tag[k].allocs)
			row[n++] = p->tag[k];
	ke_unlatch(&p->latch);
	if (i < n) {
		qsort(row, n, sizeof(*row), by_bytes);
		*out = row[i];
	}
	free(row);
	return i < n;
}

void ex_pool_state(struct ex *x, enum ex_pool pool, struct ex_pool_state *out)
{
	struct ex_pool_side *p = x->pool[pool];

	ke_latch(&p->latch);
	*out = (struct ex_pool_state){
		.bytes = p->bytes, .peak = p->peak, .limit = p->limit,
		.allocs = p->allocs, .frees = p->frees, .failed = p->failed,
	};
	ke_unlatch(&p->latch);
}

POOL_RAW static bool block_right(const struct pool_head *h, enum ex_pool pool,
				 char *why, size_t size)
{
	const char *wrong = pool_block_wrong(h, pool);

	if (wrong)
		snprintf(why, size, "block at %p: %s", (const void *)(h + 1),
			 wrong);
	return !wrong;
}

POOL_RAW static bool chunk_right(const struct pool_chunk *c, enum ex_pool pool,
				 char *why, size_t size)
{
	const u8 *p = (const u8 *)(c + 1), *end = (const u8 *)c + c->size;

	for (; p + sizeof(struct pool_head) <= end; p += c->block) {
		const struct pool_head *h = (const void *)p;

		if (!block_right(h, pool, why, size))
			return false;
		if (h->state == POOL_END)
			return true;
	}
	snprintf(why, size, "chunk at %p has no end", (const void *)c);
	return false;
}

bool ex_pool_check(struct ex *x, enum ex_pool pool, char *why, size_t size)
{
	const struct ex_pool_side *p = x->pool[pool];

	for (const struct pool_chunk *c = p->chunks; c; c = c->next)
		if (!chunk_right(c, pool, why, size))
			return false;
	for (const struct pool_big *b = p->big; b; b = b->next)
		if (!block_right((const void *)(b + 1), pool, why, size))
			return false;
	return true;
}
