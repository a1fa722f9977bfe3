// SPDX-License-Identifier: Apache-2.0
#include "poolwatch.h"

#include <stdlib.h>
#include <string.h>

/* What makes a tag worth a judgement: a quarter of its pool, and not less
 * than a pool has in it anyway. */
#define LARGE_PERMILLE 250u
#define LARGE_OF_LIMIT 200u
#define LARGE_BYTES (UINT64_C(1) << 20)
#define MAX_JUDGED 8u

#define MANY_BLOCKS 100   /* fewer prove nothing about a pattern */
#define HIGH_PERCENT 80u
#define FULL_PERCENT 95u
#define RETAINED_PERCENT 90u /* live of allocated: hardly ever freed */
#define TURNOVER_PERCENT 10u /* live of allocated: comes and goes */
#define GROWTH_PERCENT 10u   /* more than in the baseline */
#define STILL_PERCENT 5u
#define LOST_PERCENT 50u
#define CACHED_PERCENT 50u

const char *ntr_tag_verdict_name(enum ntr_tag_verdict v)
{
	static const char *const names[] = { "normal", "plateau", "suspect",
					     "leak" };

	return v < NTR_COUNT(names) ? names[v] : "";
}

struct watch {
	struct ntr_pool *p;
	const struct ntr_pool_baseline *base;
	bool search;
	struct ntr_poolwatch *w;
	u64 total[2];   /* bytes that the tags count */
	bool nomem;
};

static u64 percent_of(u64 part, u64 whole)
{
	return whole ? (u64)((double)part * 100 / (double)whole) : 0;
}

static const char *size_text(struct ntr_poolwatch *w, u64 n)
{
	if (n >= 10u << 20)
		return ntr_arena_printf(&w->arena, "%" PRIu64 " MiB", n >> 20);
	if (n >= 10u << 10)
		return ntr_arena_printf(&w->arena, "%" PRIu64 " KiB", n >> 10);
	return ntr_arena_printf(&w->arena, "%" PRIu64 " bytes", n);
}

static const char *kind_name(unsigned kind)
{
	return kind == NTR_PAGED ? "paged" : "nonpaged";
}

/* --- how full -------------------------------------------------------------------- */

static bool desc_bytes(const struct ntr_pool *p, unsigned kind, u64 *out)
{
	bool any = false;

	*out = 0;
	for (size_t i = 0; i < p->descs.n; i++) {
		const struct ntr_pool_desc *d = &p->descs.v[i];

		if (d->kind != kind)
			continue;
		any = true;
		*out += (d->pages + d->big_pages) * NTR_POOL_PAGE;
	}
	return any;
}

static void judge_usage(struct watch *k, unsigned kind)
{
	struct ntr_pool *p = k->p;
	struct ntr_pool_usage *u = &k->w->usage[kind];
	u64 pc;

	u->has_limit = p->limit[kind].known;
	u->limit = p->limit[kind].v;
	if (kind == NTR_NONPAGED && p->in_use.known) {
		u->has_used = true;
		u->used = p->in_use.v;
		u->source = "MmAllocatedNonPagedPool";
	} else if (p->tags.n) {
		u->has_used = true;
		u->used = k->total[kind];
		u->source = "sum of the tags";
	} else if (desc_bytes(p, kind, &u->used)) {
		u->has_used = true;
		u->source = "pages of the pool descriptors";
	}
	if (!u->has_limit)
		u->why = p->limit[kind].why;
	else if (!u->has_used)
		u->why = p->tags_why ? p->tags_why : "nothing counts this pool";
	if (!u->has_limit || !u->has_used)
		return;
	pc = percent_of(u->used, u->limit);
	u->pressure = pc >= FULL_PERCENT ? NTR_POOL_PRESSURE_EXHAUSTED :
		      pc >= HIGH_PERCENT ? NTR_POOL_PRESSURE_HIGH :
					   NTR_POOL_PRESSURE_FINE;
}

/* --- evidence ----------------------------------------------------------------------- */

static void cannot(struct ntr_tag_judgement *j, const char *what)
{
	if (j->ncannot < NTR_COUNT(j->cannot))
		j->cannot[j->ncannot++] = what;
}

static void ev_share(struct watch *k, struct ntr_tag_judgement *j)
{
	struct ntr_poolwatch *w = k->w;
	const struct ntr_pool_usage *u = &w->usage[j->kind];
	const char *limit = !u->has_limit ? "" :
		ntr_arena_printf(&w->arena, ", %" PRIu64 "%% of the limit of "
				 "%s", percent_of(j->bytes, u->limit),
				 size_text(w, u->limit));

	j->evidence[NTR_POOL_EV_SHARE] = ntr_arena_printf(&w->arena,
		"%s in %" PRId64 " blocks: %u%% of %s pool%s",
		size_text(w, j->bytes), j->live, j->permille / 10,
		kind_name(j->kind), limit);
	if (!u->has_limit)
		cannot(j, ntr_arena_printf(&w->arena, "how near the limit "
			"this is, because %s", u->why));
}

static void ev_frees(struct watch *k, struct ntr_tag_judgement *j)
{
	u64 pc;

	if (j->live < MANY_BLOCKS)
		return;
	pc = percent_of((u64)j->live, j->allocs);
	if (pc >= RETAINED_PERCENT)
		j->evidence[NTR_POOL_EV_RETAINED] = ntr_arena_printf(
			&k->w->arena, "%" PRIu64 " allocations, %" PRIu64
			" frees: %" PRIu64 "%% were never freed", j->allocs,
			j->allocs - (u64)j->live, pc);
	else if (pc < TURNOVER_PERCENT)
		j->evidence[NTR_POOL_EV_TURNOVER] = ntr_arena_printf(
			&k->w->arena, "%" PRIu64 " allocations, %" PRIu64
			" frees: its blocks come and go", j->allocs,
			j->allocs - (u64)j->live);
}

static s64 live_then(const struct ntr_pool_baseline *b, u32 tag,
		     unsigned kind, u64 *allocs, u64 *bytes)
{
	size_t lo = 0, hi = b->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b->tags[mid].tag < tag)
			lo = mid + 1;
		else
			hi = mid;
	}
	*allocs = *bytes = 0;
	if (lo == b->n || b->tags[lo].tag != tag)
		return 0;
	*allocs = b->tags[lo].allocs[kind];
	*bytes = b->tags[lo].bytes[kind];
	return ntr_pool_live(&b->tags[lo], kind);
}

static const char *per_hour(struct ntr_poolwatch *w, s64 bytes, u64 seconds)
{
	double rate = seconds ? (double)bytes * 3600 / (double)seconds : 0;

	return rate < 1 || rate > 1e15 ? "" :
	       ntr_arena_printf(&w->arena, " (%s an hour)",
				size_text(w, (u64)rate));
}

static void ev_growth(struct watch *k, struct ntr_tag_judgement *j)
{
	struct ntr_poolwatch *w = k->w;
	u64 allocs, bytes, made;
	double grown; /* counters of a damaged table may hold anything */
	s64 then;

	if (!k->base) {
		cannot(j, "whether it grows, because there is no second dump "
			  "(a baseline)");
		return;
	}
	then = live_then(k->base, j->tag, j->kind, &allocs, &bytes);
	if (allocs > j->allocs) {
		cannot(j, "whether it grows, because the baseline counts more "
			  "allocations: it is of another run of the machine");
		return;
	}
	made = j->allocs - allocs;
	j->has_growth = true;
	j->growth_blocks = (s64)((u64)j->live - (u64)then);
	grown = (double)j->growth_blocks;
	j->growth_bytes = (s64)(j->bytes - bytes);
	if (grown * 100 > (double)then * GROWTH_PERCENT &&
	    grown >= MANY_BLOCKS && grown * 2 >= (double)made)
		j->evidence[NTR_POOL_EV_GREW] = ntr_arena_printf(&w->arena,
			"%" PRId64 " blocks then, %" PRId64 " now: of %" PRIu64
			" allocations since, %" PRId64 " are still there%s",
			then, j->live, made, j->growth_blocks,
			per_hour(w, j->growth_bytes, k->base->seconds));
	else if (grown * 100 <= (double)then * STILL_PERCENT)
		j->evidence[NTR_POOL_EV_STOOD] = ntr_arena_printf(&w->arena,
			"%" PRId64 " blocks then, %" PRId64 " now, with %" PRIu64
			" allocations in between: it stands still", then,
			j->live, made);
}

static void say_reach(struct watch *k, struct ntr_tag_judgement *j)
{
	const struct ntr_reach *r = &j->reach;
	u64 lost = r->orphans + r->islands;
	struct ntr_poolwatch *w = k->w;

	if (lost * 100 >= r->blocks * LOST_PERCENT)
		j->evidence[NTR_POOL_EV_LOST] = ntr_arena_printf(&w->arena,
			"nothing in memory points to %" PRIu64 " of %" PRIu64
			" blocks (%s)%s", lost, r->blocks,
			size_text(w, r->lost_bytes), !r->islands ? "" :
			ntr_arena_printf(&w->arena, "; %" PRIu64 " of them "
					 "only point to one another",
					 r->islands));
	else
		j->evidence[NTR_POOL_EV_HELD] = ntr_arena_printf(&w->arena,
			"memory outside the tag points to %" PRIu64 " of %"
			PRIu64 " blocks", r->blocks - lost, r->blocks);
	if (r->caveat)
		cannot(j, ntr_arena_printf(&w->arena, "for certain whether "
			"blocks are lost, because %s", r->caveat));
}

/* The blocks themselves: are they of one size, who points to them? */
static void ev_blocks(struct watch *k, struct ntr_tag_judgement *j)
{
	struct ntr_pool_blocks b;
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_pool_blocks_of(k->p, j->kind, j->tag, &b, &e);

	if (st) {
		k->nomem |= st == NTR_NOMEM;
		cannot(j, ntr_arena_printf(&k->w->arena, "who holds its "
			"blocks, because %s", e.msg));
		return;
	}
	j->uniform = b.n >= MANY_BLOCKS && b.min == b.max;
	if (j->uniform)
		j->evidence[NTR_POOL_EV_UNIFORM] = ntr_arena_printf(
			&k->w->arena, "%zu blocks found, all of %" PRIu64
			" bytes", b.n, b.min);
	if (!k->search)
		cannot(j, "whether its blocks are lost, because memory was "
			  "not searched for pointers to them");
	else if (b.n < MANY_BLOCKS)
		cannot(j, "whether its blocks are lost, because too few of "
			  "them are in the dump");
	else
		st = ntr_pool_reach(k->p, &b, &j->reach, &e);
	j->has_reach = !st && k->search && b.n >= MANY_BLOCKS;
	ntr_pool_blocks_fini(&b);
	if (j->has_reach)
		say_reach(k, j);
	else if (st)
		cannot(j, ntr_arena_printf(&k->w->arena, "whether its blocks "
			"are lost, because %s", e.msg));
	k->nomem |= st == NTR_NOMEM;
}

static void ev_cached(struct watch *k, struct ntr_tag_judgement *j)
{
	u64 bytes;

	if (!k->p->has_form || j->live <= 0)
		return;
	j->cached = ntr_lookasides_cached(&k->w->lists, &k->p->form, j->tag,
					  j->kind == NTR_PAGED, &bytes);
	if (percent_of(j->cached, (u64)j->live) >= CACHED_PERCENT)
		j->evidence[NTR_POOL_EV_CACHED] = ntr_arena_printf(
			&k->w->arena, "%" PRIu64 " of its blocks (%s) lie in "
			"lookaside lists, freed by their owner", j->cached,
			size_text(k->w, bytes));
}

static void ev_twins(struct watch *k, struct ntr_tag_judgement *j)
{
	const struct ntr_pool *p = k->p;
	char tag[5], names[32] = "";

	if (j->live < MANY_BLOCKS)
		return;
	for (size_t i = 0; i < p->tags.n; i++) {
		if (p->tags.v[i].tag == j->tag ||
		    ntr_pool_live(&p->tags.v[i], j->kind) != j->live)
			continue;
		if (j->ntwins == NTR_TAG_MAX_TWINS)
			break;
		j->twins[j->ntwins++] = p->tags.v[i].tag;
		ntr_pool_tag_text(p->tags.v[i].tag, tag);
		strcat(strcat(names, " "), tag);
	}
	if (j->ntwins)
		j->evidence[NTR_POOL_EV_TWIN] = ntr_arena_printf(&k->w->arena,
			"as many live blocks as%s, %" PRId64 " each: they may "
			"be allocated together", names, j->live);
}

static void ev_owner(struct watch *k, struct ntr_tag_judgement *j)
{
	const struct ntr_tag_info *i = ntr_tag_lookup(j->tag);
	struct ntr_poolwatch *w = k->w;
	struct ntr_tag_drivers d;

	if (i && i->module) {
		j->evidence[NTR_POOL_EV_OWNER] = ntr_arena_printf(&w->arena,
			"%s: %s", i->module, i->text);
		return;
	}
	if (i) {
		cannot(j, ntr_arena_printf(&w->arena, "whose tag it is, "
			"because it is %s", i->text));
		return;
	}
	ntr_tag_drivers(k->p->t, j->tag, &d);
	if (d.n == 1)
		j->evidence[NTR_POOL_EV_OWNER] = ntr_arena_printf(&w->arena,
			"%s has the tag in its image", d.module[0]->image);
	else if (d.n)
		j->evidence[NTR_POOL_EV_OWNER] = ntr_arena_printf(&w->arena,
			"%s and %u other drivers have the tag in their images",
			d.module[0]->image, d.n - 1);
	else
		cannot(j, d.absent ? "whose tag it is, because no list names "
			"it and not all images are in the dump" :
			"whose tag it is, because no list names it and no "
			"driver's image holds it");
}

/* --- verdict --------------------------------------------------------------------------- */

static enum ntr_tag_verdict decide(const struct ntr_tag_judgement *j)
{
	const char *const *ev = j->evidence;

	/* It did not grow, or it is a cache of bounded depth. */
	if (ev[NTR_POOL_EV_STOOD] || ev[NTR_POOL_EV_CACHED])
		return NTR_TAG_PLATEAU;
	if (ev[NTR_POOL_EV_GREW] || ev[NTR_POOL_EV_LOST])
		return NTR_TAG_LEAK;
	if (ev[NTR_POOL_EV_TURNOVER])
		return NTR_TAG_PLATEAU;
	return ev[NTR_POOL_EV_RETAINED] ? NTR_TAG_SUSPECT : NTR_TAG_PLATEAU;
}

static bool is_large(const struct watch *k, u64 bytes, unsigned kind)
{
	const struct ntr_pool_usage *u = &k->w->usage[kind];

	if (bytes >= LARGE_BYTES &&
	    (double)bytes * 1000 >= (double)k->total[kind] * LARGE_PERMILLE)
		return true;
	return u->has_limit && u->limit &&
	       (double)bytes * 1000 >= (double)u->limit * LARGE_OF_LIMIT;
}

static void judge(struct watch *k, const struct ntr_pool_tag *t, unsigned kind)
{
	struct ntr_tag_judgement *j = ntr_vec_add(&k->w->tags);

	if (!j) {
		k->nomem = true;
		return;
	}
	j->tag = t->tag;
	j->kind = kind;
	j->live = ntr_pool_live(t, kind);
	j->allocs = t->allocs[kind];
	j->bytes = t->bytes[kind];
	j->per_block = j->live > 0 ? j->bytes / (u64)j->live : 0;
	j->permille = k->total[kind] ? (u32)((double)j->bytes * 1000 /
					     (double)k->total[kind]) : 0;
}

static int by_bytes(const void *a, const void *b)
{
	const struct ntr_tag_judgement *x = a, *y = b;

	return x->bytes > y->bytes ? -1 : x->bytes < y->bytes ? 1 :
	       x->tag < y->tag ? -1 : x->tag > y->tag;
}

static void judge_all(struct watch *k)
{
	struct ntr_poolwatch *w = k->w;

	for (size_t i = 0; i < k->p->tags.n; i++)
		for (unsigned kind = 0; kind < 2; kind++)
			if (is_large(k, k->p->tags.v[i].bytes[kind], kind))
				judge(k, &k->p->tags.v[i], kind);
	if (w->tags.n)
		qsort(w->tags.v, w->tags.n, sizeof(w->tags.v[0]), by_bytes);
	if (w->tags.n > MAX_JUDGED)
		w->tags.n = MAX_JUDGED;
	for (size_t i = 0; i < w->tags.n && !k->nomem; i++) {
		struct ntr_tag_judgement *j = &w->tags.v[i];

		ev_share(k, j);
		ev_frees(k, j);
		ev_growth(k, j);
		ev_cached(k, j);
		ev_twins(k, j);
		ev_owner(k, j);
		ev_blocks(k, j);
		j->verdict = decide(j);
	}
}

enum ntr_st ntr_poolwatch(struct ntr_pool *p,
			  const struct ntr_pool_baseline *base, bool search,
			  struct ntr_poolwatch *out, struct ntr_err *e)
{
	struct watch k = { .p = p, .base = base, .search = search, .w = out };

	*out = (struct ntr_poolwatch){ .tags_why = p->tags_why };
	for (size_t i = 0; i < p->tags.n; i++)
		for (unsigned kind = 0; kind < 2; kind++)
			k.total[kind] += p->tags.v[i].bytes[kind];
	if (p->tags.n)
		k.nomem = ntr_lookasides_read(p, &out->lists, NULL) ==
			  NTR_NOMEM;
	judge_usage(&k, NTR_NONPAGED);
	judge_usage(&k, NTR_PAGED);
	judge_all(&k);
	if (k.nomem) {
		ntr_poolwatch_fini(out);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	return NTR_OK;
}

void ntr_poolwatch_fini(struct ntr_poolwatch *w)
{
	ntr_vec_fini(&w->tags);
	ntr_lookasides_fini(&w->lists);
	ntr_arena_fini(&w->arena);
	*w = (struct ntr_poolwatch){ 0 };
}
