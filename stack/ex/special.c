// SPDX-License-Identifier: Apache-2.0
/*
 * Special pool: a block at the end of its own pages, with an inaccessible one
 * behind; the header is at the start of the first.  Freed, all its pages are
 * inaccessible, and the addresses come round again only when the whole area has
 * been used.
 */
#include "pool.h"

#include <string.h>
#include <sys/mman.h>

enum { FRESH, LIVE, GUARD, FREED };

static size_t pages_of(size_t n)
{
	return (pool_size(n) + EX_PAGE - 1) / EX_PAGE;
}

static size_t page_at(const struct ex_area *a, const void *p)
{
	return (size_t)((const u8 *)p - a->base) / EX_PAGE;
}

static bool usable(const u8 *state, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		if (state[i] == LIVE || state[i] == GUARD)
			return false;
	return true;
}

/* The next run of n pages that nobody has; NULL: none in one round. */
static u8 *find(struct ex_pages *g, size_t n)
{
	struct ex_area *a = &g->special;
	size_t all = page_at(a, a->end), at = page_at(a, a->next);

	for (size_t tried = 0; tried < all; tried++, at++) {
		if (at + n > all)
			at = 0;
		if (usable(g->special_state, at, n)) {
			a->next = a->base + (at + n) * EX_PAGE;
			return a->base + at * EX_PAGE;
		}
	}
	return NULL;
}

static u8 *get(struct ex *x, size_t n)
{
	struct ex_area *a = &x->pages.special;
	size_t pages = pages_of(n);
	u8 *p = pages < (size_t)1 << 18 ? find(&x->pages, pages + 1) : NULL;
	u8 *state;

	if (!p || mprotect(p, pages * EX_PAGE, PROT_READ | PROT_WRITE))
		return NULL;
	state = x->pages.special_state + page_at(a, p);
	memset(state, LIVE, pages);
	state[pages] = GUARD;
	return p;
}

void *special_get(struct ex *x, size_t n)
{
	u8 *p;

	ke_latch(&x->pages.latch);
	p = get(x, n);
	ke_unlatch(&x->pages.latch);
	return p;
}

/* Its end is the end of the pages, but for alignment. */
void *special_data(struct pool_head *h, size_t n)
{
	u8 *end = (u8 *)h + pages_of(n) * EX_PAGE;
	size_t room = pool_size(n) - sizeof(*h);

	memset(end - room + n, POOL_FILL, room - n);
	return end - room;
}

struct pool_head *special_head(const struct ex *x, void *p)
{
	const struct ex_pages *g = &x->pages;
	size_t page = page_at(&g->special, (u8 *)p - sizeof(struct pool_head));

	if (g->special_state[page] != LIVE)
		return NULL;
	return (struct pool_head *)(void *)(g->special.base + page * EX_PAGE);
}

bool special_right(const struct pool_head *h, size_t n)
{
	const u8 *end = (const u8 *)h + pages_of(n) * EX_PAGE;
	size_t room = pool_size(n) - sizeof(*h);

	for (size_t i = n; i < room; i++)
		if (end[(ptrdiff_t)i - (ptrdiff_t)room] != POOL_FILL)
			return false;
	return true;
}

void special_put(struct ex *x, void *p, size_t n)
{
	struct ex_area *a = &x->pages.special;
	size_t pages = pages_of(n);

	ke_latch(&x->pages.latch);
	madvise(p, pages * EX_PAGE, MADV_DONTNEED);
	mprotect(p, pages * EX_PAGE, PROT_NONE);
	memset(x->pages.special_state + page_at(a, p), FREED, pages + 1);
	ke_unlatch(&x->pages.latch);
}

bool pages_special_freed(const struct ex *x, const u8 *at)
{
	const struct ex_area *a = &x->pages.special;

	return x->pages.special_state[page_at(a, at)] == FREED;
}
