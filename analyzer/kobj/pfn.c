// SPDX-License-Identifier: Apache-2.0
/*
 * MMPFN.u3 is 32 bits of flags and the reference count, which changed places
 * with Vista.  Since then: bits 16-18 state, 19 write, 20 modified, 21 read in
 * progress, 22-23 cache attribute, 24-26 priority, 28 error (the symbols of
 * 19041).  Before: 0 modified, 1 read, 2 write, 7 error, 8-10 state, 12-13
 * cache attribute.  PAE kernels until 7 have entries of 0x1c bytes, since the
 * original PTE is twice as wide.
 */
#include "pfn.h"

#include "../base/record.h"
#include "mmvars.h"
#include "pool_int.h"
#include "priv.h"

#include <stdio.h>
#include <string.h>

#define VISTA 6000u
#define SHOWN_BY_SYMBOLS 19041u
#define MAX_ENTRY 0x40u
#define PIECE 4096u

struct layout {
	u64 base;      /* of the database */
	u32 size, u1, u2, u3, u4, pte, original;
	unsigned pte_size;
	bool late;     /* Vista and later */
	enum ntr_source source;
};

#define PAGE_STATE_TEXT(n, t, k) t,
#define PAGE_STATE_KEY(n, t, k) k,
const char *ntr_page_state_name(unsigned s)
{
	static const char *const names[] = { NTR_PAGE_STATES(PAGE_STATE_TEXT) };

	return s < NTR_COUNT(names) ? names[s] : "?";
}

const char *ntr_page_state_key(unsigned s)
{
	static const char *const keys[] = { NTR_PAGE_STATES(PAGE_STATE_KEY) };

	return s < NTR_COUNT(keys) ? keys[s] : "?";
}

/* --- layout -------------------------------------------------------------------- */

static bool at(const struct ntr_types *y, const char *member, struct layout *l,
	       u32 *out)
{
	struct ntr_type_hit h;

	if (!ntr_types_find(y, "_MMPFN", member, &h))
		return false;
	*out = h.off;
	if (h.source > l->source)
		l->source = h.source;
	return h.off + 8 <= MAX_ENTRY;
}

static bool find_members(const struct ntr_target *t, struct layout *l)
{
	const struct ntr_types *y = &t->priv->types;
	bool pae = t->paging == NTR_PAGING_PAE;

	l->size = ntr_types_sizeof(y, "_MMPFN", NULL);
	if (!l->size || l->size > MAX_ENTRY || !at(y, "u1", l, &l->u1) ||
	    !at(y, "u2", l, &l->u2) || !at(y, "u3", l, &l->u3) ||
	    !at(y, "u4", l, &l->u4) || !at(y, "PteAddress", l, &l->pte) ||
	    !at(y, "OriginalPte", l, &l->original))
		return false;
	l->late = t->build >= VISTA;
	l->pte_size = t->ptr_size == 8 || pae || l->size == 0x1c ? 8 : 4;
	if (t->ptr_size == 4 && pae && l->size == 0x18) {
		l->size = 0x1c;
		l->u4 = 0x18;
	}
	if (t->build < SHOWN_BY_SYMBOLS && l->source < NTR_SRC_ASSUMED)
		l->source = NTR_SRC_ASSUMED;
	return true;
}

static enum ntr_st find_layout(struct ntr_target *t, struct layout *l,
			       struct ntr_err *e)
{
	*l = (struct layout){ .base = 0 };
	if (!t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "no NT kernel in this dump");
	if (!t->build || !find_members(t, l))
		return ntr_fail(e, NTR_ABSENT, "the layout of _MMPFN of build "
				"%u is not known", t->build);
	if (!ntr_pool_value(t, "MmPfnDatabase", 0xc0, &l->base))
		return ntr_fail(e, NTR_ABSENT, "nt!MmPfnDatabase is not known, "
				"or not in the dump");
	if (!ntr_kernel_va(t, l->base))
		return ntr_fail(e, NTR_ABSENT, "nt!MmPfnDatabase is 0x%" PRIx64
				", no address of the kernel", l->base);
	return NTR_OK;
}

/* --- an entry -------------------------------------------------------------------- */

static u64 word(const struct ntr_target *t, const u8 *p, u32 off)
{
	return t->ptr_size == 8 ? ntr_load_u64(p + off) : ntr_load_u32(p + off);
}

static void take_flags(const struct layout *l, u32 u3, struct ntr_pfn *x)
{
	if (l->late) {
		x->references = u3 & 0xffff;
		x->state = u3 >> 16 & 7;
		x->writing = u3 >> 19 & 1;
		x->modified = u3 >> 20 & 1;
		x->reading = u3 >> 21 & 1;
		x->cache = u3 >> 22 & 3;
		x->has_priority = true;
		x->priority = u3 >> 24 & 7;
		x->error = u3 >> 28 & 1;
	} else {
		x->references = u3 >> 16;
		x->modified = u3 & 1;
		x->reading = u3 >> 1 & 1;
		x->writing = u3 >> 2 & 1;
		x->error = u3 >> 7 & 1;
		x->state = u3 >> 8 & 7;
		x->cache = u3 >> 12 & 3;
	}
}

static void take(const struct ntr_target *t, const struct layout *l,
		 const u8 *p, struct ntr_pfn *x)
{
	/* PteFrame: 25 bits at least; 36, and 40 since 22000. */
	u64 frame = t->ptr_size == 4 ? 0x1ffffff : t->build >= 22000 ?
		    UINT64_C(0xffffffffff) : UINT64_C(0xfffffffff);

	x->none = true;
	for (u32 i = 0; i < l->size; i++)
		x->none = x->none && !p[i];
	take_flags(l, ntr_load_u32(p + l->u3), x);
	x->flink = word(t, p, l->u1);
	x->blink = word(t, p, l->u2);
	x->has_share = x->state == NTR_PG_ACTIVE;
	x->share = x->has_share ? t->build >= 10240 ?
		   x->blink & ((UINT64_C(1) << (t->ptr_size * 8 - 2)) - 1) :
		   x->blink : 0;
	x->pte = word(t, p, l->pte) & ~(u64)(l->pte_size - 1);
	x->original = l->pte_size == 8 ? ntr_load_u64(p + l->original) :
		      ntr_load_u32(p + l->original);
	x->frame = word(t, p, l->u4) & frame;
	x->source = l->source;
}

enum ntr_st ntr_pfn_read(struct ntr_target *t, u64 pfn, struct ntr_pfn *out,
			 struct ntr_err *e)
{
	struct layout l;
	u8 b[MAX_ENTRY + 8] = { 0 };
	enum ntr_st st = find_layout(t, &l, e);
	struct ntr_pfn x = { .pfn = pfn };

	if (st)
		return st;
	x.va = l.base + pfn * l.size;
	if (pfn >> 40 || !ntr_kernel_va(t, x.va) || x.va < l.base)
		return ntr_fail(e, NTR_ABSENT, "0x%" PRIx64 " is no number of "
				"a page", pfn);
	if (ntr_space_read(t->mem, x.va, b, l.size, NULL))
		return ntr_fail(e, NTR_ABSENT, "the entry of page 0x%" PRIx64
				", at 0x%" PRIx64 ", is not in the dump", pfn,
				x.va);
	take(t, &l, b, &x);
	*out = x;
	return NTR_OK;
}

/* --- how many of each ---------------------------------------------------------------- */

void ntr_page_counts(struct ntr_target *t, struct ntr_page_counts *out)
{
	static const struct {
		unsigned state;
		struct ntr_mm_var v;
	} rows[] = {
		{ NTR_PG_ZEROED, { "MmZeroedPageListHead", 0x180,
				   "PageLists.ZeroedPageListHead" } },
		{ NTR_PG_FREE, { "MmFreePageListHead", 0x188,
				 "PageLists.FreePageListHead" } },
		{ NTR_PG_STANDBY, { "MmStandbyPageListHead", 0x190,
				    "PageLists.StandbyPageListHead" } },
		{ NTR_PG_MODIFIED, { "MmModifiedPageListHead", 0x198,
				     "Vp.ModifiedPageListHead" } },
		{ NTR_PG_NO_WRITE, { "MmModifiedNoWritePageListHead", 0x1a0,
				     "Vp.ModifiedNoWritePageListHead" } },
		{ NTR_PG_BAD, { "MmBadPageListHead", 0,
				"PageLists.BadPageListHead" } },
	};
	struct ntr_page_counts c = { .seen = 0 };
	u64 sum = 0;

	for (size_t i = 0; i < NTR_COUNT(rows); i++) {
		unsigned s = rows[i].state;
		struct ntr_err e = { "" };

		c.known[s] = ntr_mm_value(t, &rows[i].v, &c.n[s], &e) ==
			     NTR_OK;
		memcpy(c.why[s], e.msg, sizeof(c.why[s]) - 1);
		sum += c.n[s];
	}
	/* A running machine has pages on its lists: all 0 is left over. */
	for (unsigned s = 0; !sum && s < NTR_NPAGE_STATES; s++)
		if (c.known[s]) {
			c.known[s] = false;
			strcpy(c.why[s], "the heads of all page lists are 0: "
			       "this version keeps them elsewhere");
		}
	for (unsigned s = NTR_PG_ACTIVE; s <= NTR_PG_TRANSITION; s++)
		strcpy(c.why[s], "pages of this state are on no list: only a "
		       "walk over the PFN database counts them");
	*out = c;
}

/* One more than the highest page; 0 unknown. */
static u64 end_of_memory(struct ntr_target *t)
{
	static const struct ntr_mm_var highest = {
		"MmHighestPhysicalPage", 0xf0, "Vp.HighestPhysicalPage",
	};
	struct ntr_run r;
	u64 n, at = 0;

	if (ntr_mm_value(t, &highest, &n, NULL) == NTR_OK && n)
		return n + 1;
	while (ntr_dump_run_from(t->d, at, &r) && r.pfn + r.npages > at)
		at = r.pfn + r.npages;
	return at;
}

static void count_piece(struct ntr_target *t, const struct layout *l,
			const u8 *p, u64 n, u64 *n_of,
			struct ntr_page_counts *c)
{
	for (u64 i = 0; i < n; i++) {
		struct ntr_pfn x = { 0 };

		take(t, l, p + i * l->size, &x);
		n_of[x.state] += !x.none;
		c->seen += !x.none;
	}
}

/* Entries from `at` to the first that begins in another page of memory. */
static u64 to_next_page(const struct layout *l, u64 at)
{
	u64 off = (l->base + at * l->size) & (PIECE - 1);

	return (PIECE - off + l->size - 1) / l->size;
}

enum ntr_st ntr_pfn_walk(struct ntr_target *t, struct ntr_page_counts *c,
			 bool (*stop)(void *ctx), void *ctx, struct ntr_err *e)
{
	u64 end, each, n, n_of[NTR_NPAGE_STATES] = { 0 };
	struct layout l;
	enum ntr_st st = find_layout(t, &l, e);
	u8 b[PIECE + 8] = { 0 };

	if (st)
		return st;
	end = end_of_memory(t);
	c->cut = end > NTR_MAX_PFNS;
	end = c->cut ? NTR_MAX_PFNS : end;
	each = PIECE / l.size;
	for (u64 at = 0; at < end; at += n) {
		n = each < end - at ? each : end - at;
		if (stop && stop(ctx)) {
			c->cut = true;
			break;
		}
		if (ntr_space_read(t->mem, l.base + at * l.size, b,
				   n * l.size, NULL) == NTR_OK) {
			count_piece(t, &l, b, n, n_of, c);
			continue;
		}
		n = 1; /* the piece may cross the end of what is there */
		if (ntr_space_read(t->mem, l.base + at * l.size, b, l.size,
				   NULL) == NTR_OK) {
			count_piece(t, &l, b, 1, n_of, c);
			continue;
		}
		n = to_next_page(&l, at);
		c->unread += n;
	}
	if (!c->seen)
		return ntr_fail(e, NTR_ABSENT, "no entry of the PFN database is "
				"in the dump");
	c->walked = true;
	for (unsigned s = 0; s < NTR_NPAGE_STATES; s++)
		if (!c->known[s]) {
			c->known[s] = c->walk[s] = true;
			c->n[s] = n_of[s];
			c->why[s][0] = 0;
		}
	return NTR_OK;
}
