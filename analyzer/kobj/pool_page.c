// SPDX-License-Identifier: Apache-2.0
/*
 * Layouts: public type data of XP and later; for NT 3.51 to 2000 the four
 * bytes previous, index, type, size in units of 32 (published forensic work
 * on Windows 2000; assumed for 3.51 and 4.0).
 */
#include "pool_page.h"

#include "../base/record.h"
#include "../fmt/dump.h"

#define FIRST_BITS 2600u     /* XP */
#define FIRST_IN_USE 6000u   /* Vista */
#define FIRST_SEGMENT 18362u /* 10 1903: pool may be a segment heap */

#define TYPE_QUOTA 8u
#define TYPE_SESSION 0x20u
#define TAG_PROTECTED 0x80000000u

enum ntr_st ntr_pool_form_of(u32 machine, u32 build,
			     struct ntr_pool_form *out, struct ntr_err *e)
{
	struct ntr_pool_form f = { .tag_off = 4 };

	if (machine == NTR_MACHINE_X86 && build && build < FIRST_BITS) {
		f.word = NTR_POOL_W_BYTES32;
		f.unit = 32;
		f.header = 8;
		f.quota_in_tag = build < 2195;
	} else if (machine == NTR_MACHINE_X86 && build) {
		f.word = NTR_POOL_W_BITS9;
		f.unit = f.header = 8;
	} else if ((machine == NTR_MACHINE_AMD64 ||
		    machine == NTR_MACHINE_ARM64) && build) {
		f.word = NTR_POOL_W_BYTES16;
		f.unit = f.header = 16;
	} else {
		return ntr_fail(e, NTR_UNSUP, "the pool headers of this %s "
				"are not known", build ? "machine" : "build");
	}
	f.in_use = build >= FIRST_IN_USE;
	f.tiled = build < FIRST_SEGMENT;
	*out = f;
	return NTR_OK;
}

/* --- one header ------------------------------------------------------------- */

struct word {
	u32 previous, index, size, type; /* sizes in units */
};

static inline struct word pool_word(enum ntr_pool_word k, u32 w)
{
	switch (k) {
	case NTR_POOL_W_BYTES32:
		return (struct word){ w & 0xff, w >> 8 & 0xff, w >> 24,
				      w >> 16 & 0xff };
	case NTR_POOL_W_BITS9:
		return (struct word){ w & 0x1ff, w >> 9 & 0x7f,
				      w >> 16 & 0x1ff, w >> 25 };
	default:
		return (struct word){ w & 0xff, w >> 8 & 0xff,
				      w >> 16 & 0xff, w >> 24 };
	}
}

static inline enum ntr_pool_state pool_state(bool in_use, u32 type)
{
	if (in_use)
		return !(type & 2) ? NTR_POOL_FREE :
		       type & 1 ? NTR_POOL_PAGED : NTR_POOL_NONPAGED;
	return !type ? NTR_POOL_FREE :
	       type & 1 ? NTR_POOL_NONPAGED : NTR_POOL_PAGED;
}

const char *ntr_pool_state_name(enum ntr_pool_state s)
{
	return s == NTR_POOL_FREE ? "free" :
	       s == NTR_POOL_NONPAGED ? "nonpaged" : "paged";
}

void ntr_pool_block_at(const struct ntr_pool_form *f,
		       const u8 page[NTR_POOL_PAGE], u32 off,
		       struct ntr_pool_block *out)
{
	u32 at = off & (NTR_POOL_PAGE - f->unit);
	struct word w = pool_word(f->word, ntr_load_u32(page + at));
	u32 tag = ntr_load_u32(page + at + f->tag_off);
	u32 type = w.type - (f->in_use || !w.type ? 0 : 1);

	*out = (struct ntr_pool_block){
		.off = at,
		.size = w.size * f->unit,
		.previous = w.previous * f->unit,
		.tag = tag & ~TAG_PROTECTED,
		.type = (u8)w.type,
		.index = (u8)w.index,
		.state = pool_state(f->in_use, w.type),
	};
	if (out->state == NTR_POOL_FREE)
		return;
	out->quota = type & TYPE_QUOTA;
	out->session = type & TYPE_SESSION;
	out->protect = tag & TAG_PROTECTED;
}

bool ntr_pool_tag_plausible(u32 tag)
{
	bool ended = false;

	tag &= ~TAG_PROTECTED;
	if ((tag & 0xff) <= ' ')
		return false;
	for (unsigned i = 0; i < 4; i++) {
		u32 c = tag >> 8 * i & 0xff;

		if (c ? ended || c < ' ' || c > '~' : false)
			return false;
		ended |= !c; /* short tags end in zeros */
	}
	return true;
}

void ntr_pool_tag_text(u32 tag, char out[5])
{
	for (unsigned i = 0; i < 4; i++) {
		u32 c = tag >> 8 * i & 0xff;

		out[i] = c ? c < ' ' || c > '~' ? '.' : (char)c : ' ';
	}
	out[4] = 0;
}

const char *ntr_pool_fault_text(enum ntr_pool_fault f)
{
	static const char *const text[] = {
#define NTR_POOL_FAULT_TEXT(name, text) text,
		NTR_POOL_FAULT_LIST(NTR_POOL_FAULT_TEXT)
#undef NTR_POOL_FAULT_TEXT
	};

	return f < NTR_COUNT(text) ? text[f] : "";
}

/* --- the chain --------------------------------------------------------------- */

struct chain {
	u32 n;        /* good blocks */
	u32 off;      /* first bad header, or the page's size */
	u32 last;     /* the good block in front of it */
	enum ntr_pool_fault fault;
};

/*
 * Follows the headers from off on, where a block of `previous` units should
 * have ended.  Made for each layout, so that the loop is a load, a few shifts
 * and compares: it runs over gigabytes.
 */
static inline __attribute__((always_inline)) struct chain
chain(const u8 *page, enum ntr_pool_word k, u32 unit, bool in_use, u32 off,
      u32 previous)
{
	struct chain c = { .last = off };
	u32 kinds = 0;

	while (off < NTR_POOL_PAGE) {
		struct word w = pool_word(k, ntr_load_u32(page + off));
		u32 next = off + w.size * unit;
		enum ntr_pool_state s = pool_state(in_use, w.type);

		kinds |= 1u << s;
		if (NTR_UNLIKELY(w.previous != previous || !w.size ||
				 next > NTR_POOL_PAGE || kinds >= 6)) {
			c.fault = w.previous != previous ?
				  (off ? NTR_POOL_FAULT_PREVIOUS :
					 NTR_POOL_FAULT_FIRST) :
				  !w.size ? NTR_POOL_FAULT_ZERO :
				  next > NTR_POOL_PAGE ?
				  NTR_POOL_FAULT_PAST_END :
				  NTR_POOL_FAULT_MIXED;
			break;
		}
		c.last = off;
		c.n++;
		previous = w.size;
		off = next;
	}
	c.off = off;
	return c;
}

static struct chain chain_of(const struct ntr_pool_form *f, const u8 *page,
			     u32 off, u32 previous)
{
	switch (f->word) {
	case NTR_POOL_W_BYTES32:
		return chain(page, NTR_POOL_W_BYTES32, 32, false, off,
			     previous);
	case NTR_POOL_W_BITS9:
		return f->in_use ?
		       chain(page, NTR_POOL_W_BITS9, 8, true, off, previous) :
		       chain(page, NTR_POOL_W_BITS9, 8, false, off, previous);
	default:
		return f->in_use ?
		       chain(page, NTR_POOL_W_BYTES16, 16, true, off,
			     previous) :
		       chain(page, NTR_POOL_W_BYTES16, 16, false, off,
			     previous);
	}
}

bool ntr_pool_page_good(const struct ntr_pool_form *f,
			const u8 page[NTR_POOL_PAGE])
{
	return chain_of(f, page, 0, 0).off == NTR_POOL_PAGE;
}

/* Headers are few and far between: each would be a cache miss of its own, in
 * an order the processor cannot foresee.  So the page after next is asked for
 * as a whole. */
static inline void ask_for(const u8 *page)
{
	for (u32 i = 0; i < NTR_POOL_PAGE; i += 64)
		__builtin_prefetch(page + i);
}

#define AHEAD 2u
#define PAGES_LOOP(word, unit, in_use)                                      \
	for (; i < n; i++) {                                                \
		if (NTR_LIKELY(n - i > AHEAD))                              \
			ask_for(pages + (i + AHEAD) * NTR_POOL_PAGE);       \
		if (chain(pages + i * NTR_POOL_PAGE, word, unit, in_use, 0, \
			  0).off != NTR_POOL_PAGE)                          \
			break;                                              \
	}

size_t ntr_pool_pages_good(const struct ntr_pool_form *f, const u8 *pages,
			   size_t n, size_t from)
{
	size_t i = from;

	if (f->word == NTR_POOL_W_BYTES32)
		PAGES_LOOP(NTR_POOL_W_BYTES32, 32, false)
	else if (f->word == NTR_POOL_W_BITS9 && f->in_use)
		PAGES_LOOP(NTR_POOL_W_BITS9, 8, true)
	else if (f->word == NTR_POOL_W_BITS9)
		PAGES_LOOP(NTR_POOL_W_BITS9, 8, false)
	else if (f->in_use)
		PAGES_LOOP(NTR_POOL_W_BYTES16, 16, true)
	else
		PAGES_LOOP(NTR_POOL_W_BYTES16, 16, false)
	return i;
}

bool ntr_pool_block_of(const struct ntr_pool_form *f,
		       const u8 page[NTR_POOL_PAGE], u32 at,
		       struct ntr_pool_block *out)
{
	u32 previous = 0;

	for (u32 off = 0; off <= at && off < NTR_POOL_PAGE;) {
		struct ntr_pool_block b;

		ntr_pool_block_at(f, page, off, &b);
		if (!b.size || b.previous != previous ||
		    off + b.size > NTR_POOL_PAGE)
			return false;
		if (at - off < b.size) {
			*out = b;
			return true;
		}
		previous = b.size;
		off += b.size;
	}
	return false;
}

/* --- damage ------------------------------------------------------------------- */

/* A tag in a header that is not one repeating fill pattern. */
static bool speaks(const struct ntr_pool_form *f, const u8 *page,
		   const struct ntr_pool_block *b)
{
	return ntr_pool_tag_plausible(b->tag) &&
	       ntr_load_u32(page + b->off) !=
		       ntr_load_u32(page + b->off + f->tag_off);
}

/* The first header behind `bad` from which the chain leads to the page's end.
 * Its own PreviousSize is free, but must reach back to the suspect or behind. */
static void find_after(const struct ntr_pool_form *f, const u8 *page,
		       struct ntr_pool_check *c)
{
	u32 from = c->has_before ? c->before.off : c->bad;

	for (u32 off = c->bad + f->unit; off < NTR_POOL_PAGE; off += f->unit) {
		struct ntr_pool_block b;
		struct chain rest;

		ntr_pool_block_at(f, page, off, &b);
		if (!b.size || !b.previous || b.previous > off - from ||
		    !speaks(f, page, &b))
			continue;
		rest = chain_of(f, page, off, b.previous / f->unit);
		if (rest.off != NTR_POOL_PAGE)
			continue;
		c->has_after = true;
		c->after = b;
		c->nafter = rest.n;
		if (off - b.previous == c->bad)
			c->real_size = b.previous;
		else if (c->has_before && off - b.previous == c->before.off)
			c->before_size = b.previous;
		return;
	}
}

/* One bit of the first word at off, changed back, mends the page, without
 * swallowing the blocks that are good behind the damage. */
static bool flip_at(const struct ntr_pool_form *f, const u8 *page, u32 off,
		    u32 previous, struct ntr_pool_check *c)
{
	u32 word = ntr_load_u32(page + off);

	for (u8 bit = 0; bit < 32; bit++) {
		struct word w = pool_word(f->word, word ^ 1u << bit);
		u32 next = off + w.size * f->unit;

		if (w.previous * f->unit != previous || !w.size ||
		    next > NTR_POOL_PAGE ||
		    (c->has_after && next > c->after.off) ||
		    (next < NTR_POOL_PAGE &&
		     chain_of(f, page, next, w.size).off != NTR_POOL_PAGE))
			continue;
		c->has_flip = true;
		c->flip = bit;
		c->flip_at = off;
		return true;
	}
	return false;
}

static void find_flip(const struct ntr_pool_form *f, const u8 *page,
		      struct ntr_pool_check *c)
{
	if (!flip_at(f, page, c->bad, c->has_before ? c->before.size : 0, c) &&
	    c->has_before)
		(void)flip_at(f, page, c->before.off, c->before.previous, c);
}

/* Blocks [0, bad) that prove something. */
static u32 plausible_before(const struct ntr_pool_form *f, const u8 *page,
			    u32 bad)
{
	struct ntr_pool_block b;
	u32 n = 0;

	for (u32 off = 0; off < bad; off += b.size) {
		ntr_pool_block_at(f, page, off, &b);
		if (!b.size)
			break;
		n += speaks(f, page, &b);
	}
	return n;
}

void ntr_pool_page_check(const struct ntr_pool_form *f,
			 const u8 page[NTR_POOL_PAGE],
			 struct ntr_pool_check *out)
{
	struct chain c = chain_of(f, page, 0, 0);
	u32 proof;

	*out = (struct ntr_pool_check){ .fault = c.fault, .nblocks = c.n,
					.bad = c.off };
	if (c.off == NTR_POOL_PAGE)
		return;
	out->verdict = NTR_POOL_PAGE_OTHER;
	if (!f->tiled)
		return;
	ntr_pool_block_at(f, page, c.off, &out->found);
	if (c.n) {
		out->has_before = true;
		ntr_pool_block_at(f, page, c.last, &out->before);
	}
	find_after(f, page, out);
	/* Two headers that agree prove a page; a single one is chance. */
	proof = plausible_before(f, page, c.off) + out->nafter;
	if (proof < 2)
		return;
	out->verdict = NTR_POOL_PAGE_DAMAGED;
	find_flip(f, page, out);
}
