// SPDX-License-Identifier: Apache-2.0
/*
 * Pool pages: their blocks (!pool), whether their headers hold together
 * (!poolval), and where the blocks of a tag are (!poolfind).
 */
#include "../cli/progress.h"
#include "base/text.h"
#include "kobj/pool_special.h"
#include "kobj/pool_vs.h"
#include "pool_show.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_HITS 0x10000u /* lines of !poolfind */

struct page {
	struct ntr_kd *k;
	struct ntr_pool *p;
	u64 va, at;      /* of the page; the address asked for */
	u8 byte[NTR_POOL_PAGE];
	struct ntr_pool_check check;
	bool marked;     /* the block that holds `at` was shown */
	u32 tag;         /* of it */
};

/* --- which pool ------------------------------------------------------------------- */

/* By the ranges; -1 when none that is known holds va. */
static int kind_of(const struct ntr_pool *p, u64 va)
{
	for (int i = 0; i < 2; i++)
		if (p->start[i].known && p->end[i].known &&
		    va >= p->start[i].v && va < p->end[i].v)
			return i;
	return -1;
}

static const char *region_why(const struct ntr_pool *p)
{
	for (unsigned i = 0; i < 2; i++)
		if (!p->start[i].known || !p->end[i].known)
			return p->start[i].known ? p->end[i].why :
						   p->start[i].why;
	return NULL;
}

static void show_region(struct ntr_kd *k, const struct ntr_pool *p, u64 va)
{
	int kind = kind_of(p, va);
	const char *why = region_why(p);
	char at[24];

	ntr_pool_va_text(k, va, at);
	ntr_out_hex(k->o, "address", NULL, va);
	ntr_out_str(k->o, "region", NULL, kind < 0 ? NULL :
		    kind == NTR_PAGED ? "paged" : "nonpaged");
	if (kind >= 0)
		ntr_out_line(k->o, "Pool page %s region is %s", at,
			     ntr_pool_kind_text((unsigned)kind));
	else if (why)
		ntr_out_para(k->o, "", "Pool page %s region is not known (%s)",
			     at, why);
	else
		ntr_out_line(k->o, "Pool page %s region is none of the known "
			     "pools", at);
}

/* --- a page ------------------------------------------------------------------------ */

static void show_lacking(struct ntr_kd *k, u64 va, const char *why)
{
	char at[24];

	ntr_pool_va_text(k, va, at);
	ntr_out_str(k->o, "lacking", NULL, why);
	ntr_out_line(k->o, " %s ????????", at);
}

/* The page's bytes and what its headers say. */
static enum ntr_st load_page(struct page *g, struct ntr_err *e)
{
	struct ntr_err why = { "" };
	enum ntr_st st;

	g->va = g->at & ~(u64)(NTR_POOL_PAGE - 1);
	if (!g->p->has_form)
		return ntr_fail(e, NTR_UNSUP, "%s", g->p->form_why);
	st = ntr_space_read(g->k->mem, g->va, g->byte, sizeof(g->byte), &why);
	if (st) {
		show_lacking(g->k, g->va, why.msg);
		return ntr_fail(e, NTR_ABSENT, "%s", why.msg[0] ? why.msg :
				ntr_st_text(st));
	}
	ntr_pool_page_check(&g->p->form, g->byte, &g->check);
	return NTR_OK;
}

static void page_block(struct page *g, u32 off)
{
	struct ntr_pool_block b;
	u64 va = g->va + off;
	bool here;

	ntr_pool_block_at(&g->p->form, g->byte, off, &b);
	here = g->at >= va && g->at - va < b.size;
	if (here) {
		g->marked = true;
		g->tag = b.tag;
	}
	ntr_show_block(g->k, &g->p->form, va, &b, here);
}

/* Blocks from off to the first bad one, or to the page's end. */
static void blocks_from(struct page *g, u32 off, u32 n)
{
	struct ntr_pool_block b;

	for (u32 i = 0; i < n && off < NTR_POOL_PAGE; i++) {
		ntr_pool_block_at(&g->p->form, g->byte, off, &b);
		if (!b.size)
			return;
		page_block(g, off);
		off += b.size;
	}
}

static void page_blocks(struct page *g)
{
	const struct ntr_pool_check *c = &g->check;
	struct ntr_out *o = g->k->o;
	char at[24];

	ntr_out_list(o, "blocks");
	blocks_from(g, 0, c->nblocks);
	if (c->verdict == NTR_POOL_PAGE_DAMAGED) {
		ntr_pool_va_text(g->k, g->va + c->bad, at);
		ntr_out_line(o, " %s is not a valid pool block: %s", at,
			     ntr_pool_fault_text(c->fault));
		if (c->has_after)
			blocks_from(g, c->after.off, c->nafter);
	}
	ntr_out_list_end(o);
	ntr_out_hex_if(o, "damaged_at", NULL, c->verdict ==
		       NTR_POOL_PAGE_DAMAGED, g->va + c->bad);
}

static void show_owner(struct ntr_kd *k, u32 tag)
{
	char text[5], owner[300];
	const char *module;

	ntr_pool_tag_text(tag, text);
	ntr_tag_owner(k, tag, owner, sizeof(owner), &module);
	ntr_out_str(k->o, "tag", NULL, text);
	ntr_out_str(k->o, "module", NULL, module);
	ntr_out_str(k->o, "owner", NULL, owner);
	ntr_out_para(k->o, "                ", "Pooltag %s : %s", text, owner);
}

/* Enough agrees for a table of blocks? why: what the segment heap lacks. */
static enum ntr_st need_headers(const struct page *g, const char *why,
				struct ntr_err *e)
{
	if (g->check.verdict != NTR_POOL_PAGE_OTHER)
		return NTR_OK;
	if (!g->p->form.tiled)
		return ntr_fail(e, NTR_UNSUP, "%s; classic headers would have "
				"to fill this page, and do not (%s)", why,
				ntr_pool_fault_text(g->check.fault));
	return ntr_fail(e, NTR_ABSENT, "nothing proves that this page has pool "
			"headers (%s): it is free, or of a large allocation "
			"that no table lists",
			ntr_pool_fault_text(g->check.fault));
}

static bool page_big(struct page *g)
{
	const struct ntr_pool_big *b = ntr_pool_big_of(g->p, g->at);

	if (!b)
		return false;
	ntr_out_list(g->k->o, "blocks");
	ntr_show_big(g->k, b->va, b->bytes, b->tag, true);
	ntr_out_list_end(g->k->o);
	show_owner(g->k, b->tag);
	return true;
}

/* --- pages of other kinds ----------------------------------------------------------- */

static const char *special_words(const struct ntr_pool_special *s)
{
	return s->place == NTR_SPECIAL_PAGE ? "in the page of a block" :
	       s->place == NTR_SPECIAL_BEHIND ?
	       "behind the end of a block: its page is the one in front" :
	       "its page is not mapped: freed, or never used, so whose it was "
	       "is not told";
}

/* Special pool: a block a page, with nothing mapped behind it. */
static bool page_special(struct page *g)
{
	struct ntr_pool_special s;
	char at[24], tag[5];

	if (ntr_pool_special_of(g->p, g->at, &s, NULL))
		return false;
	ntr_pool_va_text(g->k, s.page, at);
	ntr_out_bool(g->k->o, "special", NULL, true);
	ntr_out_bool(g->k->o, "assumed", NULL, s.assumed);
	ntr_out_str(g->k->o, "place", NULL, special_words(&s));
	ntr_out_para(g->k->o, "", "Special pool%s, %s.", s.assumed ?
		     " (as the page looks; nt!MmSpecialPoolStart is not known)" :
		     "", special_words(&s));
	ntr_out_hex_if(g->k->o, "page", NULL, s.has_tag, s.page);
	if (!s.has_tag)
		return true;
	ntr_pool_tag_text(s.tag, tag);
	ntr_out_line(g->k->o, "*%s size: unknown  special pool, Tag is %s", at,
		     tag);
	show_owner(g->k, s.tag);
	return true;
}

static void show_chunk(struct page *g, u64 va, u64 size, bool allocated,
		       u32 tag, bool here)
{
	struct ntr_out *o = g->k->o;
	char at[24], text[5];

	ntr_pool_va_text(g->k, va, at);
	ntr_pool_tag_text(tag, text);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "address", NULL, va);
	ntr_out_uint(o, "size", NULL, size);
	ntr_out_str(o, "state", NULL, allocated ? "allocated" : "free");
	ntr_out_str(o, "tag", NULL, allocated ? text : NULL);
	ntr_out_bool(o, "holds_address", NULL, here);
	ntr_out_close(o);
	ntr_out_line(o, "%c%s size: %4" PRIx64 " previous size:    ?  %-11s "
		     "%c%s", here ? '*' : ' ', at, size, allocated ?
		     "(Allocated)" : "(Free)", here ? '*' : ' ',
		     allocated ? text : "-");
}

/* A segment heap: the chunk at the address and the one behind it. */
static enum ntr_st page_chunk(struct page *g, struct ntr_err *e)
{
	struct ntr_pool_vs c;
	enum ntr_st st = ntr_pool_vs_of(g->p, g->at, &c, e);

	if (st)
		return st;
	ntr_out_line(g->k->o, "Segment heap: the chunk at the address and the "
		     "one behind it");
	ntr_out_list(g->k->o, "blocks");
	show_chunk(g, c.va, c.size, c.allocated, c.tag, true);
	if (c.has_next)
		show_chunk(g, c.next, c.next_size, c.next_allocated,
			   c.next_tag, false);
	ntr_out_list_end(g->k->o);
	if (c.allocated)
		show_owner(g->k, c.tag);
	return NTR_OK;
}

static enum ntr_st pool_page(struct page *g, struct ntr_err *e)
{
	struct ntr_err why = { "" };
	enum ntr_st st;

	show_region(g->k, g->p, g->at);
	if (page_big(g) || page_special(g))
		return NTR_OK;
	if (g->p->has_form && !g->p->form.tiled &&
	    page_chunk(g, &why) == NTR_OK)
		return NTR_OK;
	st = load_page(g, e);
	if (!st)
		st = need_headers(g, why.msg, e);
	if (st)
		return st;
	page_blocks(g);
	if (g->marked)
		show_owner(g->k, g->tag);
	if (g->check.verdict != NTR_POOL_PAGE_DAMAGED)
		return NTR_OK;
	return ntr_fail(e, NTR_BAD, "the page's headers are damaged: !poolval "
			"%" PRIx64 " says more", g->va);
}

static enum ntr_st on_page(struct ntr_kd *k, const struct ntr_call *c,
			   enum ntr_st (*fn)(struct page *, struct ntr_err *),
			   struct ntr_err *e)
{
	struct page g = { .k = k };
	const char *s = c->args;
	enum ntr_st st = ntr_cmd_addr(k, c, &s, &g.at, e);

	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (!st)
		st = ntr_kd_pool(k, &g.p, e);
	if (st)
		return st;
	st = fn(&g, e);
	ntr_pool_close(g.p);
	return st;
}

static enum ntr_st run_pool(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	return on_page(k, c, pool_page, e);
}

/* --- !poolval ----------------------------------------------------------------------- */

/* A neighbour of the damage: its block, and what it is to it. */
static void neighbour(struct page *g, const char *key, const char *label,
		      bool have, const struct ntr_pool_block *b)
{
	struct ntr_out *o = g->k->o;

	ntr_out_list(o, key);
	if (have) {
		ntr_out_line(o, "%s", label);
		ntr_show_block(g->k, &g->p->form, g->va + b->off, b, false);
	}
	ntr_out_list_end(o);
}

/* The bytes of the bad header. */
static void show_bytes(struct page *g)
{
	u32 off = g->check.bad, n = g->p->form.header;
	char hex[64 + 1] = "", chars[32 + 1] = "", at[24];

	for (u32 i = 0; i < n && i < 32 && off + i < NTR_POOL_PAGE; i++) {
		u8 c = g->byte[off + i];

		snprintf(hex + 2 * i, 3, "%02x", c);
		chars[i] = c >= 0x20 && c < 0x7f ? (char)c : '.';
		chars[i + 1] = 0;
	}
	ntr_pool_va_text(g->k, g->va + off, at);
	ntr_out_str(g->k->o, "bytes", NULL, hex);
	ntr_out_line(g->k->o, "The header at %s now: %s  %s", at, hex, chars);
}

static void show_flip(struct page *g)
{
	const struct ntr_pool_check *c = &g->check;
	char at[24];

	ntr_out_line(g->k->o, "Scanning for single bit errors...");
	ntr_out_hex_if(g->k->o, "flip_at", NULL, c->has_flip,
		       g->va + c->flip_at);
	ntr_out_uint_if(g->k->o, "flip_bit", NULL, c->has_flip, c->flip);
	ntr_pool_va_text(g->k, g->va + c->flip_at, at);
	if (c->has_flip)
		ntr_out_line(g->k->o, "Bit %u of the header at %s explains "
			     "all of it: bad memory, or a write of one bit",
			     c->flip, at);
	else
		ntr_out_line(g->k->o, "None found");
}

/* Who wrote here? The block in front, unless its own header is the victim. */
static void show_suspect(struct page *g)
{
	const struct ntr_pool_check *c = &g->check;
	bool overrun = c->has_before && !c->before_size && !c->has_flip;
	char tag[5], at[24];

	ntr_out_hex_if(g->k->o, "suspect", NULL, overrun, g->va +
		       c->before.off);
	if (overrun) {
		ntr_pool_tag_text(c->before.tag, tag);
		ntr_pool_va_text(g->k, g->va + c->before.off, at);
		ntr_out_para(g->k->o, "", "Suspect: the block in front, %s at "
			     "%s: a write past its end reaches this header "
			     "first.", tag, at);
		show_owner(g->k, c->before.tag);
		return;
	}
	if (c->before_size)
		ntr_out_para(g->k->o, "", "The block in front says %" PRIx32
			     " bytes, the one behind the damage remembers %"
			     PRIx32 ": it is its header that is wrong.",
			     c->before.size, c->before_size);
	else if (!c->has_before)
		ntr_out_para(g->k->o, "", "The page's first header: the page "
			     "in front of it, or a stray write, did it.");
}

static void show_damage(struct page *g)
{
	const struct ntr_pool_check *c = &g->check;
	char from[24], to[24];

	ntr_pool_va_text(g->k, g->va + c->bad, from);
	ntr_pool_va_text(g->k, g->va + (c->has_after ? c->after.off :
					NTR_POOL_PAGE), to);
	ntr_out_line(g->k->o, "Analyzing linked list...");
	ntr_out_line(g->k->o, "[ %s --> %s ]: Corrupt region", from, to);
	ntr_out_line(g->k->o, "  %s", ntr_pool_fault_text(c->fault));
	ntr_out_hex(g->k->o, "damaged_at", NULL, g->va + c->bad);
	ntr_out_hex(g->k->o, "damaged_to", NULL, g->va + (c->has_after ?
		    c->after.off : NTR_POOL_PAGE));
	ntr_out_str(g->k->o, "fault", NULL, ntr_pool_fault_text(c->fault));
	show_bytes(g);
	ntr_out_uint_if(g->k->o, "real_size", NULL, c->real_size, c->real_size);
	if (c->real_size)
		ntr_out_line(g->k->o, "The block behind remembers a size of %"
			     PRIx32 ".", c->real_size);
	show_flip(g);
	neighbour(g, "before", "In front of it:", c->has_before, &c->before);
	neighbour(g, "after", "Behind it:", c->has_after, &c->after);
	show_suspect(g);
}

static enum ntr_st validate(struct page *g, struct ntr_err *e)
{
	bool bad;
	char at[24];
	enum ntr_st st;

	show_region(g->k, g->p, g->at);
	if (page_big(g))
		return ntr_fail(e, NTR_ABSENT, "a large allocation has no "
				"headers to validate");
	st = load_page(g, e);
	if (!st)
		st = need_headers(g, "the segment heap has no headers to "
				  "validate", e);
	if (st)
		return st;
	bad = g->check.verdict == NTR_POOL_PAGE_DAMAGED;
	ntr_pool_va_text(g->k, g->va, at);
	ntr_out_line(g->k->o, "Validating Pool headers for pool page: %s", at);
	ntr_out_line(g->k->o, "Pool page [ %s ] is %s.", at, bad ? "INVALID" :
		     "VALID");
	ntr_out_bool(g->k->o, "valid", NULL, !bad);
	ntr_out_uint(g->k->o, "good_blocks", NULL, g->check.nblocks);
	if (bad)
		show_damage(g);
	else
		ntr_out_line(g->k->o, "%" PRIu32 " blocks, each agreeing with "
			     "its neighbours.", g->check.nblocks);
	return NTR_OK;
}

static enum ntr_st run_poolval(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	return on_page(k, c, validate, e);
}

/* --- !poolfind -------------------------------------------------------------------------- */

struct find {
	struct ntr_kd *k;
	struct ntr_pool *p;
	u64 found, left;
};

static bool hit(void *ctx, const struct ntr_pool_hit *h)
{
	struct find *f = ctx;

	if (ntr_kd_stopped(f->k))
		return false;
	f->found++;
	if (!f->left)
		return true;
	f->left--;
	if (h->big)
		ntr_show_big(f->k, h->va, h->bytes, h->tag, false);
	else
		ntr_show_block(f->k, &f->p->form, h->va, &h->block, false);
	if (f->k->o->buf.len > 0x10000) {
		ntr_progress_end();
		ntr_kd_flush(f->k);
	}
	return true;
}

static void show_search(struct find *f, unsigned kind, const char *tag)
{
	char lo[24], hi[24];

	ntr_pool_va_text(f->k, f->p->start[kind].v, lo);
	ntr_pool_va_text(f->k, f->p->end[kind].v, hi);
	if (!f->p->start[kind].known || !f->p->end[kind].known)
		return;
	ntr_out_line(f->k->o, "Searching %s (%s : %s) for Tag: %s",
		     ntr_pool_kind_text(kind), lo, hi, tag);
}

static enum ntr_st search(struct ntr_kd *k, struct ntr_pool *p, unsigned kind,
			  u32 tag, struct ntr_err *e)
{
	struct find f = { .k = k, .p = p, .left = MAX_HITS };
	enum ntr_st st;
	char text[5];

	ntr_pool_tag_text(tag, text);
	ntr_out_str(k->o, "tag", NULL, text);
	ntr_out_str(k->o, "pool", NULL, kind == NTR_PAGED ? "paged" :
		    "nonpaged");
	show_search(&f, kind, text);
	ntr_out_list(k->o, "blocks");
	if (p->has_form && !p->form.tiled)
		ntr_out_line(k->o, "(in a segment heap, sizes are of chunks or "
			     "0, and a freed chunk may still show its tag)");
	ntr_progress_begin(k->c, ntr_pool_kind_text(kind));
	st = ntr_pool_search(p, kind, &tag, 1, hit, &f, e);
	ntr_progress_end();
	ntr_out_list_end(k->o);
	ntr_out_uint(k->o, "found", NULL, f.found);
	ntr_out_str(k->o, "large_lacking", NULL, p->bigs_why);
	if (st)
		return st;
	if (p->bigs_why)
		ntr_out_para(k->o, "  (", "large allocations: %s)",
			     p->bigs_why);
	ntr_out_line(k->o, "%" PRIu64 " found%s", f.found, f.found > MAX_HITS ?
		     ", the first 65536 shown" : "");
	return f.found ? NTR_OK : ntr_fail(e, NTR_ABSENT, "no block of that tag "
					   "in the pages that are in the dump");
}

static enum ntr_st run_poolfind(struct ntr_kd *k, const struct ntr_call *c,
				struct ntr_err *e)
{
	char word[16] = "", type[16] = "";
	const char *s = c->args;
	struct ntr_pool *p;
	enum ntr_st st;
	u32 tag;

	ntr_cmd_word(&s, word, sizeof(word));
	ntr_cmd_word(&s, type, sizeof(type));
	if (!ntr_tag_parse(word, &tag))
		return ntr_fail(e, NTR_USAGE, "!poolfind is followed by a tag "
				"of one to four characters");
	if (*type && strcmp(type, "0") != 0 && strcmp(type, "1") != 0)
		return ntr_fail(e, NTR_USAGE, "a pool type is 0 (nonpaged) or "
				"1 (paged), not \"%s\"", type);
	st = ntr_cmd_end(k, c, s, e);
	if (!st)
		st = ntr_kd_pool(k, &p, e);
	if (st)
		return st;
	st = search(k, p, *type == '1' ? NTR_PAGED : NTR_NONPAGED, tag, e);
	ntr_pool_close(p);
	return st;
}

const struct ntr_cmd ntr_cmd_bang_pool = {
	.names = "!pool",
	.summary = "the blocks of a pool page",
	.operands = "ADDR",
	.help = "Every block of the page with its size, that of the block before "
		"as its header says, state and tag; sizes are hexadecimal, with "
		"the header. A * marks the block that holds ADDR; below is whose "
		"tag it has: by the list of tags, else by the images that hold "
		"it. In a damaged page the blocks behind the damage follow where "
		"enough of them agree. Special pool is said to be such, with the "
		"tag in its page. In the segment heap (Windows 10 1903 and "
		"later) chunks of variable size are shown where their encoded "
		"headers agree, for which the kernel's symbols are needed; other "
		"parts of it are not told.",
	.example = "!pool ffffe000`0a1b2080", .does = "whose memory this is",
	.run = run_pool,
};
const struct ntr_cmd ntr_cmd_bang_poolval = {
	.names = "!poolval",
	.summary = "are the headers of a pool page intact?",
	.operands = "ADDR",
	.help = "Compares every header of the page with its neighbours. Where "
		"they disagree: the corrupt region, the header's bytes, what the "
		"block behind remembers, whether one changed bit explains it, "
		"the blocks in front and behind, and the suspect: the block in "
		"front, whose overrun reaches this header first.",
	.example = "!poolval 84001468", .does = "what bug check 19 complains of",
	.run = run_poolval,
};
const struct ntr_cmd ntr_cmd_bang_poolfind = {
	.names = "!poolfind",
	.summary = "the blocks of a tag",
	.operands = "TAG [0 | 1]",
	.help = "Looks through all of the nonpaged (0) or paged (1) pool that is "
		"in the dump, large allocations first. TAG is of one to four "
		"characters, letter case matters; blanks at its end may be left "
		"out. Headers are not validated and not followed, so blocks "
		"behind damage are found, and now and then one that is none.",
	.example = "!poolfind AfdB", .does = "every data buffer of AFD",
	.run = run_poolfind,
};
