// SPDX-License-Identifier: Apache-2.0
/* What the kernel counts of pool: per tag (!poolused), and blocks kept for the
 * next allocation (!lookaside). */
#include "base/text.h"
#include "kobj/lookaside.h"
#include "pool_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bits of the first operand, as WinDbg's. */
#define F_VERBOSE 1u
#define F_BY_NONPAGED 2u
#define F_BY_PAGED 4u

struct used {
	struct ntr_kd *k;
	const struct ntr_pool *p;
	u64 flags;
	char pattern[16];
	u64 shown;
	struct ntr_pool_tag total;
};

/* --- !poolused -------------------------------------------------------------------- */

/* As the four characters sort: the first is the number's lowest byte. */
static int by_tag(const void *a, const void *b)
{
	const struct ntr_pool_tag *x = *(const struct ntr_pool_tag *const *)a;
	const struct ntr_pool_tag *y = *(const struct ntr_pool_tag *const *)b;

	for (unsigned shift = 0; shift < 32; shift += 8) {
		u8 p = (u8)(x->tag >> shift), q = (u8)(y->tag >> shift);

		if (p != q)
			return p < q ? -1 : 1;
	}
	return 0;
}

static int by_use(const void *a, const void *b, void *kind)
{
	const struct ntr_pool_tag *x = *(const struct ntr_pool_tag *const *)a;
	const struct ntr_pool_tag *y = *(const struct ntr_pool_tag *const *)b;
	unsigned i = *(unsigned *)kind;

	if (x->bytes[i] != y->bytes[i])
		return x->bytes[i] > y->bytes[i] ? -1 : 1;
	return by_tag(a, b);
}

static void show_head(const struct used *u)
{
	struct ntr_out *o = u->k->o;

	ntr_out_line(o, "   Sorting by %s", u->flags & F_BY_NONPAGED ?
		     "NonPaged Pool Consumed" : u->flags & F_BY_PAGED ?
		     "Paged Pool Consumed" : "Tag");
	ntr_out_line(o, "%s", "");
	if (u->flags & F_VERBOSE) {
		ntr_out_line(o, "       %-46s %s", "NonPaged", "Paged");
		ntr_out_line(o, " Tag   %10s %10s %10s %12s  %10s %10s %10s %12s",
			     "Allocs", "Frees", "Diff", "Used", "Allocs",
			     "Frees", "Diff", "Used");
		return;
	}
	ntr_out_line(o, "       %-24s %s", "NonPaged", "Paged");
	ntr_out_line(o, " Tag   %10s %12s  %10s %12s", "Allocs", "Used",
		     "Allocs", "Used");
}

/* A signed number among JSON fields: a table read in mid-update may say -1. */
static void live_field(struct ntr_out *o, s64 v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, v);
	if (o->json)
		ntr_json_int(&o->j, "live", v);
	else
		ntr_out_print(o, " %10s", text);
}

static void show_kind(struct used *u, const struct ntr_pool_tag *t,
		      unsigned kind)
{
	struct ntr_out *o = u->k->o;

	ntr_out_open(o, kind == NTR_PAGED ? "paged" : "nonpaged");
	ntr_out_uint(o, "allocs", NULL, t->allocs[kind]);
	ntr_out_uint(o, "frees", NULL, t->frees[kind]);
	if (u->flags & F_VERBOSE)
		ntr_out_print(o, " %10" PRIu64 " %10" PRIu64,
			      t->allocs[kind], t->frees[kind]);
	live_field(o, ntr_pool_live(t, kind));
	ntr_out_uint(o, "bytes", NULL, t->bytes[kind]);
	ntr_out_print(o, " %12" PRIu64 "%s", t->bytes[kind],
		      kind == NTR_PAGED ? "" : " ");
	ntr_out_close(o);
}

static void show_tag(struct used *u, const struct ntr_pool_tag *t)
{
	struct ntr_out *o = u->k->o;
	char tag[5], owner[300];
	bool listed = ntr_tag_listed(t->tag, owner, sizeof(owner));

	ntr_pool_tag_text(t->tag, tag);
	ntr_out_open(o, NULL);
	ntr_out_str(o, "tag", NULL, tag);
	ntr_out_print(o, " %s ", tag);
	show_kind(u, t, NTR_NONPAGED);
	show_kind(u, t, NTR_PAGED);
	ntr_out_str(o, "owner", NULL, listed ? owner : NULL);
	ntr_out_close(o);
	ntr_out_line(o, "  %s%s", listed ? "Pooltag: " : "not in the list of "
		     "tags", listed ? owner : "");
	for (unsigned i = 0; i < 2; i++) {
		u->total.allocs[i] += t->allocs[i];
		u->total.frees[i] += t->frees[i];
		u->total.bytes[i] += t->bytes[i];
	}
	u->shown++;
}

static bool wanted(const struct used *u, const struct ntr_pool_tag *t)
{
	if (!ntr_tag_matches(u->pattern, t->tag))
		return false;
	if (u->flags & F_VERBOSE)
		return true;
	return ntr_pool_live(t, 0) || ntr_pool_live(t, 1) || t->bytes[0] ||
	       t->bytes[1];
}

static void show_total(struct used *u)
{
	ntr_out_open(u->k->o, "total");
	ntr_out_print(u->k->o, " TOTAL");
	show_kind(u, &u->total, NTR_NONPAGED);
	show_kind(u, &u->total, NTR_PAGED);
	ntr_out_close(u->k->o);
	ntr_out_line(u->k->o, "%s", "");
}

static enum ntr_st show_used(struct used *u, struct ntr_err *e)
{
	const struct ntr_pool *p = u->p;
	unsigned kind = u->flags & F_BY_NONPAGED ? NTR_NONPAGED : NTR_PAGED;
	const struct ntr_pool_tag **row;

	ntr_out_str(u->k->o, "tags_lacking", NULL, p->tags_why);
	if (!p->tags.n)
		return ntr_fail(e, NTR_ABSENT, "%s", p->tags_why ? p->tags_why :
				"the tag table is empty");
	row = calloc(p->tags.n, sizeof(*row));
	if (!row)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < p->tags.n; i++)
		row[i] = &p->tags.v[i];
	qsort(row, p->tags.n, sizeof(*row), by_tag);
	show_head(u);
	if (u->flags & (F_BY_NONPAGED | F_BY_PAGED))
		qsort_r(row, p->tags.n, sizeof(*row), by_use, &kind);
	ntr_out_list(u->k->o, "tags");
	for (size_t i = 0; i < p->tags.n && !ntr_kd_stopped(u->k); i++)
		if (wanted(u, row[i]))
			show_tag(u, row[i]);
	ntr_out_list_end(u->k->o);
	free(row);
	show_total(u);
	if (p->tags_why)
		ntr_out_para(u->k->o, "  (", "%s)", p->tags_why);
	return u->shown ? NTR_OK : ntr_fail(e, NTR_ABSENT, "no tag matches");
}

static enum ntr_st run_poolused(struct ntr_kd *k, const struct ntr_call *c,
				struct ntr_err *e)
{
	struct used u = { .k = k };
	const char *s = c->args;
	struct ntr_pool *p;
	char word[16], *end;
	enum ntr_st st;

	/* No expression: the * of a pattern behind it would be a product. */
	ntr_cmd_word(&s, word, sizeof(word));
	u.flags = strtoull(word, &end, 16);
	if (*end)
		return ntr_fail(e, NTR_USAGE, "flags are a number, not \"%s\"; "
				"a pattern stands behind them", word);
	if (u.flags & ~(u64)(F_VERBOSE | F_BY_NONPAGED | F_BY_PAGED))
		return ntr_fail(e, NTR_USAGE, "flags are 1 (allocations and "
				"frees), 2 (sort by nonpaged use) and 4 (by "
				"paged use), not %" PRIx64, u.flags);
	ntr_cmd_word(&s, u.pattern, sizeof(u.pattern));
	st = ntr_cmd_end(k, c, s, e);
	if (!st)
		st = ntr_kd_pool(k, &p, e);
	if (st)
		return st;
	u.p = p;
	st = show_used(&u, e);
	ntr_pool_close(p);
	return st;
}

/* --- !lookaside ----------------------------------------------------------------------- */

/* The share of requests that the list served itself, in percent. */
static unsigned hit_rate(u32 all, u32 misses)
{
	return all && misses <= all ? (unsigned)((u64)(all - misses) * 100 /
						 all) : 0;
}

static void text_list(struct ntr_kd *k, const struct ntr_lookaside *l,
		      const char *tag)
{
	struct ntr_out *o = k->o;
	char at[24];

	ntr_pool_va_text(k, l->va, at);
	ntr_out_line(o, "Lookaside \"\" @ %s  Tag(hex): 0x%08" PRIx32 " \"%s\"",
		     at, l->tag, tag);
	ntr_out_line(o, "    Type           = %10s", l->paged ? "PagedPool" :
		     "NonPagedPool");
	ntr_out_line(o, "    Current Depth  = %10" PRIu32 "  Max Depth  = %10"
		     PRIu32, l->cached, l->depth);
	ntr_out_line(o, "    Size           = %10" PRIu32 "  Max Alloc  = %10"
		     PRIu64, l->size, (u64)l->size * l->depth);
	ntr_out_line(o, "    AllocateMisses = %10" PRIu32 "  FreeMisses = %10"
		     PRIu32, l->allocate_misses, l->free_misses);
	ntr_out_line(o, "    TotalAllocates = %10" PRIu32 "  TotalFrees = %10"
		     PRIu32, l->allocates, l->frees);
	ntr_out_line(o, "    Hit Rate       = %9u%%  Hit Rate   = %9u%%",
		     hit_rate(l->allocates, l->allocate_misses),
		     hit_rate(l->frees, l->free_misses));
	ntr_out_line(o, "%s", "");
}

static void show_list(struct ntr_kd *k, const struct ntr_lookaside *l)
{
	struct ntr_out *o = k->o;
	char tag[5], owner[300];

	ntr_pool_tag_text(l->tag, tag);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "address", NULL, l->va);
	ntr_out_str(o, "tag", NULL, tag);
	ntr_out_str(o, "owner", NULL, ntr_tag_listed(l->tag, owner,
		    sizeof(owner)) ? owner : NULL);
	ntr_out_str(o, "pool", NULL, l->paged ? "paged" : "nonpaged");
	ntr_out_uint(o, "size", NULL, l->size);
	ntr_out_uint(o, "cached", NULL, l->cached);
	ntr_out_uint(o, "depth", NULL, l->depth);
	ntr_out_uint(o, "maximum_depth", NULL, l->maximum);
	ntr_out_uint(o, "allocates", NULL, l->allocates);
	ntr_out_uint(o, "allocate_misses", NULL, l->allocate_misses);
	ntr_out_uint(o, "frees", NULL, l->frees);
	ntr_out_uint(o, "free_misses", NULL, l->free_misses);
	ntr_out_close(o);
	text_list(k, l, tag);
}

static enum ntr_st show_lists(struct ntr_kd *k, const struct ntr_lookasides *l,
			      bool one, u64 va, struct ntr_err *e)
{
	u64 shown = 0, total = 0;

	ntr_out_list(k->o, "lists");
	for (size_t i = 0; i < l->n && !ntr_kd_stopped(k); i++) {
		if (one && l->v[i].va != va)
			continue;
		show_list(k, &l->v[i]);
		total += (u64)l->v[i].cached * l->v[i].size;
		shown++;
	}
	ntr_out_list_end(k->o);
	ntr_out_uint(k->o, "cached_bytes", NULL, total);
	ntr_out_str(k->o, "nonpaged_lacking", NULL, l->why[NTR_NONPAGED]);
	ntr_out_str(k->o, "paged_lacking", NULL, l->why[NTR_PAGED]);
	ntr_out_str(k->o, "source", NULL, l->n ? ntr_source_name(l->source) :
		    NULL);
	if (shown && !one)
		ntr_out_line(k->o, "%" PRIu64 " lists keep %" PRIu64 " bytes "
			     "(structures: %s)", shown, total,
			     ntr_source_name(l->source));
	for (unsigned i = 0; i < 2; i++)
		if (l->why[i])
			ntr_out_para(k->o, "  (", "%s lists: %s)", i ==
				     NTR_PAGED ? "paged" : "nonpaged",
				     l->why[i]);
	return shown ? NTR_OK : ntr_fail(e, NTR_ABSENT, one ? "no known "
		"lookaside list is at that address" : "no lookaside list is "
		"known");
}

static enum ntr_st run_lookaside(struct ntr_kd *k, const struct ntr_call *c,
				 struct ntr_err *e)
{
	struct ntr_lookasides l;
	const char *s = c->args;
	struct ntr_pool *p;
	bool one = *s != 0;
	enum ntr_st st = one ? NTR_OK : ntr_cmd_end(k, c, s, e);
	u64 va = 0;

	if (one)
		st = ntr_cmd_addr(k, c, &s, &va, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (!st)
		st = ntr_kd_pool(k, &p, e);
	if (st)
		return st;
	st = ntr_lookasides_read(p, &l, e);
	if (!st) {
		st = show_lists(k, &l, one, va, e);
		ntr_lookasides_fini(&l);
	}
	ntr_pool_close(p);
	return st;
}

const struct ntr_cmd ntr_cmd_bang_poolused = {
	.names = "!poolused",
	.summary = "pool by tag, as the kernel counts it",
	.operands = "[FLAGS [PATTERN]]",
	.help = "Live allocations and bytes of every tag. FLAGS: 1 shows "
		"allocations and frees as well, and tags that have nothing now; 2 "
		"sorts by nonpaged use, 4 by paged use; 0 by tag. PATTERN is of "
		"tags, letter case matters; * stands for any characters, ? for "
		"one. The tables of all processors are summed; large allocations "
		"and blocks of segment heaps are in them too. Before Server "
		"2003 the kernel counts only when gflags switched it on.",
	.example = "!poolused 2", .does = "what fills nonpaged pool",
	.run = run_poolused,
};
const struct ntr_cmd ntr_cmd_bang_lookaside = {
	.names = "!lookaside",
	.summary = "lookaside lists: blocks kept for the next allocation",
	.operands = "[ADDR]",
	.help = "The lists that the kernel links, from XP on, or the one at ADDR. "
		"Pool counts the blocks they keep as allocated. Current Depth is "
		"what a list keeps, Max Depth what it may keep now. Lists inside "
		"the pool allocator itself are not among them.",
	.example = "!lookaside", .does = "every list, and what all keep",
	.run = run_lookaside,
};
