// SPDX-License-Identifier: Apache-2.0
#include "pool_special.h"

#include "../base/record.h"
#include "pool_int.h"
#include "priv.h"

#define PAGE_MASK (~(u64)(NTR_POOL_PAGE - 1))

static void read_range(struct ntr_pool *p, struct ntr_pool_special *s)
{
	s->has_range = ntr_pool_value(p->t, "MmSpecialPoolStart", 0,
				      &s->start) &&
		       ntr_pool_value(p->t, "MmSpecialPoolEnd", 0, &s->end) &&
		       ntr_kernel_va(p->t, s->start) && s->end > s->start;
}

/* Nothing is mapped there: not the same as a page that the dump left out. */
static bool unmapped(const struct ntr_pool *p, u64 page)
{
	u8 b;

	return ntr_space_read(p->t->mem, page, &b, 1, NULL) == NTR_FAULT;
}

/* The tag at the head of a page of which nothing else is known. */
static bool read_tag(struct ntr_pool *p, u64 page, u32 *tag)
{
	struct ntr_pool_block b;
	u8 bytes[NTR_POOL_PAGE];

	if (!p->has_form || ntr_space_read(p->t->mem, page, bytes,
					   sizeof(bytes), NULL))
		return false;
	ntr_pool_block_at(&p->form, bytes, 0, &b);
	*tag = b.tag;
	return ntr_pool_tag_plausible(b.tag);
}

/* A page alone between two that are not mapped, in a pool's range, with a tag
 * at its head and no chain of headers. */
static bool looks_special(struct ntr_pool *p, u64 page, u32 *tag)
{
	struct ntr_pool_check c;
	u8 bytes[NTR_POOL_PAGE];

	if (!p->has_form || !p->form.tiled || page < NTR_POOL_PAGE ||
	    !unmapped(p, page - NTR_POOL_PAGE) ||
	    !unmapped(p, page + NTR_POOL_PAGE) || ntr_pool_big_of(p, page) ||
	    ntr_space_read(p->t->mem, page, bytes, sizeof(bytes), NULL))
		return false;
	ntr_pool_page_check(&p->form, bytes, &c);
	return c.verdict == NTR_POOL_PAGE_OTHER && read_tag(p, page, tag);
}

static bool in_pool(const struct ntr_pool *p, u64 va)
{
	for (unsigned k = 0; k < 2; k++)
		if (p->start[k].known && p->end[k].known &&
		    va >= p->start[k].v && va < p->end[k].v)
			return true;
	return false;
}

/* The range says that va is of special pool: which page of it is it? */
static void by_range(struct ntr_pool *p, u64 va, struct ntr_pool_special *s)
{
	u64 page = va & PAGE_MASK;

	s->page = page;
	if (!unmapped(p, page)) {
		s->has_tag = read_tag(p, page, &s->tag);
		return;
	}
	s->place = NTR_SPECIAL_GONE;
	if (page - NTR_POOL_PAGE < s->start ||
	    !read_tag(p, page - NTR_POOL_PAGE, &s->tag))
		return;
	s->place = NTR_SPECIAL_BEHIND;
	s->page = page - NTR_POOL_PAGE;
	s->has_tag = true;
}

static bool by_shape(struct ntr_pool *p, u64 va, struct ntr_pool_special *s)
{
	u64 page = va & PAGE_MASK;

	if (!in_pool(p, va))
		return false;
	s->assumed = true;
	if (unmapped(p, page)) {
		s->place = NTR_SPECIAL_BEHIND;
		page -= NTR_POOL_PAGE;
	}
	s->page = page;
	s->has_tag = looks_special(p, page, &s->tag);
	return s->has_tag;
}

enum ntr_st ntr_pool_special_of(struct ntr_pool *p, u64 va,
				struct ntr_pool_special *out,
				struct ntr_err *e)
{
	struct ntr_pool_special s = { .place = NTR_SPECIAL_PAGE };

	read_range(p, &s);
	if (s.has_range && va >= s.start && va < s.end) {
		by_range(p, va, &s);
	} else if (s.has_range) {
		return ntr_fail(e, NTR_ABSENT, "it is not in special pool");
	} else if (!by_shape(p, va, &s)) {
		return ntr_fail(e, NTR_ABSENT, "the page does not look like "
				"special pool, and nt!MmSpecialPoolStart is not "
				"known");
	}
	*out = s;
	return NTR_OK;
}
