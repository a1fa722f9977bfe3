// SPDX-License-Identifier: Apache-2.0
#include "poolblock.h"

#include "../base/record.h"
#include "../base/strbuf.h"
#include "pooltag.h"

const char *ntr_pool_kind_name(enum ntr_pool_form_kind k)
{
	static const char *const name[] = { "page", "large", "special",
					    "segment heap" };

	return (size_t)k < NTR_COUNT(name) ? name[k] : "?";
}

static struct ntr_pool_party party(u64 page, const struct ntr_pool_block *b,
				   bool ok)
{
	return (struct ntr_pool_party){
		.known = true, .va = page + b->off, .size = b->size,
		.tag = b->tag, .has_state = true, .state = b->state,
		.header_ok = ok,
	};
}

/* --- a page with headers ---------------------------------------------------------- */

struct page {
	const struct ntr_pool_form *f;
	u64 va;
	u8 byte[NTR_POOL_PAGE];
	struct ntr_pool_check check;
};

/* Is the header at off one of those that agree? */
static bool header_ok(const struct page *g, u32 off)
{
	const struct ntr_pool_check *c = &g->check;

	if (c->verdict == NTR_POOL_PAGE_GOOD)
		return true;
	if (c->has_before && off == c->before.off &&
	    (c->before_size || (c->has_flip && c->flip_at == off)))
		return false;
	return off < c->bad || (c->has_after && off >= c->after.off);
}

static void damage(const struct page *g, struct ntr_pool_story *s)
{
	const struct ntr_pool_check *c = &g->check;

	if (c->verdict == NTR_POOL_PAGE_GOOD)
		return;
	s->fault = ntr_pool_fault_text(c->fault);
	s->fault_at = g->va + c->bad;
	s->has_flip = c->has_flip;
	if (!c->has_flip)
		return;
	s->flip = c->flip;
	s->flip_at = g->va + c->flip_at;
	s->flip_found = ntr_load_u32(g->byte + c->flip_at);
	s->flip_expected = s->flip_found ^ UINT32_C(1) << c->flip;
}

/* The block that covers `at`, by the chain that begins at off behind a block
 * at `before` (or nothing, when it is off itself). */
static bool along(const struct page *g, u32 off, u32 before, u32 at,
		  struct ntr_pool_story *s)
{
	struct ntr_pool_block b, prev, next;

	for (;;) {
		if (off >= NTR_POOL_PAGE || off > at)
			return false;
		ntr_pool_block_at(g->f, g->byte, off, &b);
		if (!b.size || b.size > NTR_POOL_PAGE - off)
			return false;
		if (at - off < b.size)
			break;
		before = off;
		off += b.size;
	}
	s->block = party(g->va, &b, header_ok(g, off));
	if (before != off) {
		ntr_pool_block_at(g->f, g->byte, before, &prev);
		s->previous = party(g->va, &prev, header_ok(g, before));
	}
	if (off + b.size < NTR_POOL_PAGE) {
		ntr_pool_block_at(g->f, g->byte, off + b.size, &next);
		s->next = party(g->va, &next, header_ok(g, off + b.size));
	}
	return true;
}

/* In the damage: what its header says now, between what is good. */
static bool inside(const struct page *g, struct ntr_pool_story *s)
{
	const struct ntr_pool_check *c = &g->check;

	s->block = party(g->va, &c->found, false);
	s->block.va = g->va + c->bad;
	s->block.size = c->real_size; /* not what the bad header says */
	s->block.has_state = false;
	if (c->has_before)
		s->previous = party(g->va, &c->before,
				    header_ok(g, c->before.off));
	if (c->has_after)
		s->next = party(g->va, &c->after, true);
	return true;
}

static bool in_page(const struct page *g, u32 at, struct ntr_pool_story *s)
{
	const struct ntr_pool_check *c = &g->check;

	damage(g, s);
	if (c->verdict == NTR_POOL_PAGE_GOOD || at < c->bad)
		return along(g, 0, 0, at, s);
	if (c->has_after && at >= c->after.off)
		return along(g, c->after.off, c->after.off, at, s);
	return inside(g, s);
}

static enum ntr_st page_story(struct ntr_pool *p, u64 va,
			      struct ntr_pool_story *s, struct ntr_err *e)
{
	struct page g = { .f = &p->form,
			  .va = va & ~(u64)(NTR_POOL_PAGE - 1) };
	enum ntr_st st;

	if (!p->has_form)
		return ntr_fail(e, NTR_UNSUP, "%s", p->form_why);
	st = ntr_space_read(p->t->mem, g.va, g.byte, sizeof(g.byte), NULL);
	if (st)
		return ntr_fail(e, st, "the page at 0x%" PRIx64 " is not %s",
				g.va, st == NTR_FAULT ? "mapped" :
				"in the dump");
	ntr_pool_page_check(&p->form, g.byte, &g.check);
	if (g.check.verdict == NTR_POOL_PAGE_OTHER ||
	    !in_page(&g, (u32)(va - g.va), s))
		return ntr_fail(e, NTR_BAD, "nothing proves that the page at 0x%"
				PRIx64 " has pool headers", g.va);
	return NTR_OK;
}

/* --- the other kinds ----------------------------------------------------------------- */

static bool large_story(struct ntr_pool *p, u64 va, struct ntr_pool_story *s)
{
	const struct ntr_pool_big *b = ntr_pool_big_of(p, va);

	if (!b)
		return false;
	s->kind = NTR_POOL_KIND_LARGE;
	s->block = (struct ntr_pool_party){
		.known = true, .va = b->va, .size = b->bytes, .tag = b->tag,
		.has_state = b->has_kind, .header_ok = true,
		.state = b->paged ? NTR_POOL_PAGED : NTR_POOL_NONPAGED,
	};
	return true;
}

static bool special_story(struct ntr_pool *p, u64 va, struct ntr_pool_story *s)
{
	if (ntr_pool_special_of(p, va, &s->special, NULL))
		return false;
	s->kind = NTR_POOL_KIND_SPECIAL;
	s->block = (struct ntr_pool_party){
		.known = s->special.has_tag, .va = s->special.page,
		.tag = s->special.tag, .header_ok = s->special.has_tag,
	};
	return true;
}

static struct ntr_pool_party chunk(u64 va, u64 size, u32 tag, bool allocated)
{
	return (struct ntr_pool_party){
		.known = true, .va = va, .size = size, .tag = tag,
		.has_state = !allocated, .state = NTR_POOL_FREE,
		.header_ok = true,
	};
}

static enum ntr_st vs_story(struct ntr_pool *p, u64 va,
			    struct ntr_pool_story *s, struct ntr_err *e)
{
	struct ntr_pool_vs c;
	enum ntr_st st = ntr_pool_vs_of(p, va, &c, e);

	if (st)
		return st;
	s->kind = NTR_POOL_KIND_VS;
	s->block = chunk(c.va, c.size, c.tag, c.allocated);
	if (c.has_next)
		s->next = chunk(c.next, c.next_size, c.next_tag,
				c.next_allocated);
	if (c.previous_size && ntr_pool_vs_of(p, c.va - 1, &c, NULL) == NTR_OK)
		s->previous = chunk(c.va, c.size, c.tag, c.allocated);
	return NTR_OK;
}

enum ntr_st ntr_pool_story(struct ntr_pool *p, u64 va,
			   struct ntr_pool_story *out, struct ntr_err *e)
{
	struct ntr_pool_story s = { .kind = NTR_POOL_KIND_PAGE };
	enum ntr_st st = NTR_OK;

	if (!large_story(p, va, &s) && !special_story(p, va, &s))
		st = page_story(p, va, &s, e);
	if (st && p->has_form && !p->form.tiled) {
		s = (struct ntr_pool_story){ .kind = NTR_POOL_KIND_VS };
		st = vs_story(p, va, &s, e);
	}
	if (!st)
		*out = s;
	return st;
}

/* --- words ------------------------------------------------------------------------------ */

static void tag_words(struct ntr_pool *p, const struct ntr_pool_party *b,
		      struct ntr_str *out)
{
	const char *driver = ntr_tag_driver(p->t, b->tag);
	char text[5];

	ntr_pool_tag_text(b->tag, text);
	for (size_t n = 4; n && text[n - 1] == ' '; n--)
		text[n - 1] = 0;
	ntr_str_printf(out, "tag %s", text);
	if (driver)
		ntr_str_printf(out, " (%s)", driver);
}

static void special_words(struct ntr_pool *p, const struct ntr_pool_story *s,
			  struct ntr_str *out)
{
	const struct ntr_pool_special *x = &s->special;

	if (x->place == NTR_SPECIAL_GONE) {
		ntr_str_add(out, "special pool; its page is not mapped: freed, "
			    "so whose it was is not told");
		return;
	}
	ntr_str_add(out, x->place == NTR_SPECIAL_BEHIND ?
		    "behind the end of a special-pool block" :
		    "a special-pool block");
	if (x->has_tag) {
		ntr_str_add(out, " of ");
		tag_words(p, &s->block, out);
	}
	if (x->assumed)
		ntr_str_add(out, ", as its page looks");
}

static void beside_words(struct ntr_pool *p, const char *where,
			 const struct ntr_pool_party *b, struct ntr_str *out)
{
	if (!b->known)
		return;
	ntr_str_printf(out, "; %s ", where);
	if (!b->header_ok) {
		ntr_str_add(out, "a damaged header");
		return;
	}
	if (b->has_state && b->state == NTR_POOL_FREE)
		ntr_str_add(out, b->tag ? "a free block of " : "a free block");
	if (b->tag)
		tag_words(p, b, out);
}

static void block_words(struct ntr_pool *p, const struct ntr_pool_story *s,
			struct ntr_str *out)
{
	const struct ntr_pool_party *b = &s->block;

	if (!b->header_ok) {
		ntr_str_add(out, "a damaged pool header");
		if (s->has_flip && s->flip_at == b->va)
			ntr_str_printf(out, ", one changed bit (bit %u) "
				       "explains it", s->flip);
		return;
	}
	ntr_str_add(out, b->has_state && b->state == NTR_POOL_FREE ?
		    "a free block" : s->kind == NTR_POOL_KIND_LARGE ?
		    "a large allocation" : "a block");
	if (b->tag) {
		ntr_str_add(out, " of ");
		tag_words(p, b, out);
	}
	if (b->size)
		ntr_str_printf(out, ", 0x%" PRIx64 " bytes", b->size);
}

const char *ntr_pool_story_text(struct ntr_arena *a, struct ntr_pool *p,
				const struct ntr_pool_story *s)
{
	struct ntr_str out = { 0 };
	const char *text;

	if (s->kind == NTR_POOL_KIND_SPECIAL) {
		special_words(p, s, &out);
	} else {
		block_words(p, s, &out);
		beside_words(p, "in front", &s->previous, &out);
		beside_words(p, "behind", &s->next, &out);
	}
	text = ntr_arena_strdup(a, ntr_str_text(&out));
	ntr_str_fini(&out);
	return text;
}
