// SPDX-License-Identifier: Apache-2.0
/*
 * Do two spin locks belong together?  Locks of objects that refer to one another
 * (an address and its connections) are those that are taken in both orders.
 */
#include "../base/record.h"
#include "../kobj/pool_page.h"
#include "waits.h"

#define MAX_BLOCK 0x1000u /* of a structure that is searched */

bool ntr_waits_block(const struct ntr_target *t, u64 va, u64 *from, u64 *end)
{
	u32 at = (u32)(va & (NTR_POOL_PAGE - 1));
	struct ntr_pool_form f;
	struct ntr_pool_block b;
	u8 page[NTR_POOL_PAGE];

	if (ntr_pool_form_of(t->machine, t->build, &f, NULL) || !f.tiled ||
	    ntr_space_read(t->mem, va - at, page, sizeof(page), NULL) ||
	    !ntr_pool_page_good(&f, page) ||
	    !ntr_pool_block_of(&f, page, at, &b) ||
	    at < b.off + 2 * t->ptr_size || at >= b.off + b.size)
		return false;
	*from = va - at + b.off + 2 * t->ptr_size; /* its header */
	*end = va - at + b.off + b.size;
	return true;
}

struct range {
	u64 from, end;
};

static struct range around(const struct ntr_target *t, u64 lock, bool *sized)
{
	struct range r;

	if (ntr_waits_block(t, lock, &r.from, &r.end))
		return r;
	*sized = false;
	return (struct range){ lock - NTR_LINK_NEAR, lock + NTR_LINK_NEAR };
}

/* A word in a that points into b. */
static bool points(const struct ntr_target *t, struct range a, struct range b,
		   u64 *at, u64 *to)
{
	u64 end = a.end - a.from > MAX_BLOCK ? a.from + MAX_BLOCK : a.end, v;

	for (u64 x = a.from & ~(u64)(t->ptr_size - 1); x < end;
	     x += t->ptr_size) {
		if (ntr_read_ptr(t->mem, x, t->ptr_size, &v) || v < b.from ||
		    v >= b.end)
			continue;
		*at = x;
		*to = v;
		return true;
	}
	return false;
}

static bool linked(const struct ntr_target *t, u64 a, u64 b,
		   struct ntr_wlink *out)
{
	bool sized = true;
	struct range x = around(t, a, &sized), y = around(t, b, &sized);

	/* In one structure, or too near to tell. */
	if (x.from < y.end && y.from < x.end)
		return false;
	out->sized = sized;
	return points(t, x, y, &out->at[0], &out->to[0]) &&
	       points(t, y, x, &out->at[1], &out->to[1]);
}

void ntr_waits_link(struct ntr_waits_job *j)
{
	struct ntr_waits *w = j->w;
	struct ntr_wlink *l = &w->spin_link;
	u32 first = NTR_NONE;

	for (u32 i = 0; i < w->cpus.n && !l->found; i++) {
		if (!w->cpus.v[i].lock)
			continue;
		if (first == NTR_NONE) {
			first = i;
			continue;
		}
		l->cpu[0] = first;
		l->cpu[1] = i;
		l->found = w->cpus.v[i].lock != w->cpus.v[first].lock &&
			   linked(w->t, w->cpus.v[first].lock,
				  w->cpus.v[i].lock, l);
	}
}
