// SPDX-License-Identifier: Apache-2.0
/* The pieces of the analysis that facts are read from, made when needed. */
#include "../triage/bugcheck.h"
#include "../triage/pooljudge.h"
#include "../triage/triage.h"
#include "facts_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_MEMORY "memory was short"

/* A pool that claims more address space than this is not walked: on a damaged
 * dump that would take minutes and prove nothing. */
#define MAX_WALK (UINT64_C(64) << 30)

/* --- texts ---------------------------------------------------------------------- */

#define MAX_TEXT 1024u /* longer ones are cut */

/* FNV-1a */
static size_t hash_of(const char *s)
{
	u64 h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (u8)*s) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

/* Where s is, or the free slot that it belongs to. */
static const char **slot_of(const char **slots, size_t n, const char *s)
{
	size_t i = hash_of(s) & (n - 1);

	while (slots[i] && strcmp(slots[i], s))
		i = (i + 1) & (n - 1);
	return &slots[i];
}

static bool room(struct ntr_facts *f)
{
	size_t n = f->text_slots ? f->text_slots * 2 : 256;
	const char **slots;

	if (f->ntexts * 2 < f->text_slots)
		return true;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < f->text_slots; i++)
		if (f->text[i])
			*slot_of(slots, n, f->text[i]) = f->text[i];
	free(f->text);
	f->text = slots;
	f->text_slots = n;
	return true;
}

const char *ntr_facts_text(struct ntr_facts *f, const char *fmt, ...)
{
	char text[MAX_TEXT];
	const char **slot;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!room(f))
		return NO_MEMORY;
	slot = slot_of(f->text, f->text_slots, text);
	if (!*slot) {
		*slot = ntr_arena_strdup(&f->arena, text);
		f->ntexts += *slot != NULL;
	}
	return *slot ? *slot : NO_MEMORY;
}

/* True the first time. */
static bool first(struct ntr_facts *f, unsigned bit)
{
	bool is = !(f->made & bit);

	f->made |= bit;
	return is;
}

static const char *text_of(struct ntr_facts *f, const struct ntr_err *e)
{
	return ntr_facts_text(f, "%s", e->msg);
}

struct ntr_verdict *ntr_facts_verdict(struct ntr_facts *f, const char **why)
{
	struct ntr_err e = { NO_MEMORY };

	if (!f->v && first(f, NTR_FACTS_VERDICT)) {
		if (ntr_verdict_make(&f->v, f->t, &e))
			f->verdict_why = text_of(f, &e);
		else
			f->own_verdict = true;
	}
	*why = f->verdict_why;
	return f->v;
}

/* Kinds of dump that cannot hold what is of the whole machine, or NULL. */
static const char *too_small(struct ntr_facts *f, const char *what)
{
	const char *kind = f->t->d->kind == NTR_KIND_TRIAGE ? "small" :
			   f->t->d->kind == NTR_KIND_HEADER ? "header-only" :
			   f->t->d->kind == NTR_KIND_USER ? "user" : NULL;

	if (!kind)
		return NULL;
	return ntr_facts_text(f, "%s not in a %s dump; take a kernel "
				"dump", what, kind);
}

struct ntr_waits *ntr_facts_waits(struct ntr_facts *f, const char **why)
{
	struct ntr_err e = { NO_MEMORY };

	if (first(f, NTR_FACTS_WAITS)) {
		f->waits_why = too_small(f, "threads other than the one that "
					 "stopped are");
		if (!f->waits_why && ntr_waits(&f->w, f->t, &e)) {
			f->w = NULL;
			f->waits_why = text_of(f, &e);
		}
	}
	*why = f->waits_why;
	return f->w;
}

struct ntr_pool *ntr_facts_pool(struct ntr_facts *f, const char **why)
{
	struct ntr_err e = { NO_MEMORY };

	if (first(f, NTR_FACTS_POOL)) {
		f->pool_why = too_small(f, "pool and its tags are");
		if (!f->pool_why && ntr_pool_open(&f->pool, f->t, &e)) {
			f->pool = NULL;
			f->pool_why = text_of(f, &e);
		}
	}
	*why = f->pool_why;
	return f->pool;
}

void ntr_facts_baseline(struct ntr_facts *f, struct ntr_target *old)
{
	f->old = old;
}

static void open_old(struct ntr_facts *f)
{
	struct ntr_err e = { NO_MEMORY };
	const char *why = f->old ? ntr_pool_unfit(f->t, f->old) :
			  "there is no second dump to compare with (a "
			  "baseline)";

	if (!why && ntr_pool_open(&f->old_pool, f->old, &e)) {
		f->old_pool = NULL;
		why = text_of(f, &e);
	}
	if (!why && !f->old_pool->tags.n)
		why = ntr_facts_text(f, "the baseline has no tag table: %s",
				     f->old_pool->tags_why ?
				     f->old_pool->tags_why : "it is empty");
	else if (why && f->old)
		why = ntr_facts_text(f, "the baseline does not serve: %s", why);
	f->old_why = why;
}

struct ntr_pool *ntr_facts_old_pool(struct ntr_facts *f, const char **why)
{
	struct ntr_pool *p = ntr_facts_pool(f, why);
	struct ntr_err e = { NO_MEMORY };

	if (!p)
		return NULL;
	if (first(f, NTR_FACTS_GROWTH)) {
		open_old(f);
		if (!f->old_why && ntr_pool_growth(p, f->old_pool, &f->growth,
						   &e))
			f->old_why = text_of(f, &e);
	}
	*why = f->old_why;
	return f->old_why ? NULL : f->old_pool;
}

const struct ntr_pool_growth *ntr_facts_growth(struct ntr_facts *f,
					       const char **why)
{
	return ntr_facts_old_pool(f, why) ? &f->growth : NULL;
}

struct ntr_poolwatch *ntr_facts_poolwatch(struct ntr_facts *f, bool lost,
					  const char **why)
{
	struct ntr_poolwatch **w = lost ? &f->lost : &f->watch;
	const char **no = lost ? &f->lost_why : &f->watch_why;
	struct ntr_pool *p = ntr_facts_pool(f, why);
	struct ntr_pool_baseline base = { 0 };
	struct ntr_pool *old = f->old ? ntr_facts_old_pool(f, why) : NULL;
	struct ntr_err e = { NO_MEMORY };

	if (!p)
		return NULL;
	if (old)
		base = (struct ntr_pool_baseline){ old->tags.v, old->tags.n,
			ntr_pool_seconds_between(f->t, f->old) };
	if (first(f, lost ? NTR_FACTS_LOST : NTR_FACTS_POOLWATCH)) {
		*no = NO_MEMORY;
		*w = calloc(1, sizeof(**w));
		if (*w && ntr_poolwatch(p, old ? &base : NULL, lost, *w,
					&e)) {
			*no = text_of(f, &e);
			free(*w);
			*w = NULL;
		}
	}
	*why = *no;
	return *w;
}

/* --- the block of the stop --------------------------------------------------------- */

/* The first parameter that is of pool, and a kernel address. */
static unsigned pool_param(struct ntr_facts *f, u64 *va)
{
	const struct ntr_meta *m = &f->t->d->meta;
	const struct ntr_bugcheck *b;
	const struct ntr_bc_case *c;

	if (!(m->has & NTR_HAS_BUGCHECK))
		return 0;
	b = ntr_bugcheck_find(ntr_bugcheck_normalise(m->bugcheck));
	if (!b)
		return 0;
	c = ntr_bugcheck_case(b, m->arg);
	for (unsigned i = 1; i <= 4; i++) {
		*va = m->arg[i - 1];
		if (ntr_bugcheck_param(b, c, i)->kind == NTR_PK_POOL &&
		    ntr_is_kernel_va(f->t, *va))
			return i;
	}
	return 0;
}

static void find_story(struct ntr_facts *f)
{
	struct ntr_err e = { NO_MEMORY };
	struct ntr_pool *p;
	u64 va = 0;

	f->story_param = pool_param(f, &va);
	f->story_none = !f->story_param;
	if (f->story_none) {
		f->story_why = "no parameter of the stop names a block of pool";
		return;
	}
	p = ntr_facts_pool(f, &f->story_why);
	if (p && ntr_pool_story(p, va, &f->story, &e))
		f->story_why = text_of(f, &e);
}

const struct ntr_pool_story *ntr_facts_story(struct ntr_facts *f,
					     const char **why, bool *none)
{
	if (first(f, NTR_FACTS_STORY))
		find_story(f);
	*why = f->story_why;
	*none = f->story_none;
	return f->story_why ? NULL : &f->story;
}

/* --- damaged pages of pool ------------------------------------------------------ */

struct walk {
	struct ntr_facts *f;
	unsigned kind;
};

static bool damaged(void *ctx, u64 va, const u8 *page,
		    const struct ntr_pool_check *check)
{
	struct walk *w = ctx;
	struct ntr_pool_damage *d;

	(void)page;
	if (w->f->damage.n >= NTR_FACTS_DAMAGED)
		return true;
	d = ntr_vec_add(&w->f->damage);
	if (d)
		*d = (struct ntr_pool_damage){ va, w->kind, *check };
	return d != NULL;
}

static void walk_pool(struct ntr_facts *f, struct ntr_pool *p, unsigned kind)
{
	struct walk w = { f, kind };
	struct ntr_pool_walk n = { 0 };
	struct ntr_err e = { NO_MEMORY };

	if (p->start[kind].known && p->end[kind].known &&
	    p->end[kind].v - p->start[kind].v > MAX_WALK) {
		f->walk_why = "the pool claims more than 64 GiB of addresses";
		return;
	}
	if (ntr_pool_walk(p, kind, false, damaged, &w, &n, &e)) {
		if (!f->walk_why)
			f->walk_why = text_of(f, &e);
		return;
	}
	f->walk.pages += n.pages;
	f->walk.absent += n.absent;
	f->walk.big += n.big;
	f->walk.good += n.good;
	f->walk.damaged += n.damaged;
	f->walk.other += n.other;
	if (!n.pages && !f->walk_why)
		f->walk_why = "no page of pool is in this dump; a kernel dump "
			      "has them";
	f->walked |= n.pages > 0;
}

bool ntr_facts_damage(struct ntr_facts *f, const char **why)
{
	struct ntr_pool *p = ntr_facts_pool(f, why);

	if (!p)
		return false;
	if (first(f, NTR_FACTS_POOL_WALK)) {
		walk_pool(f, p, NTR_NONPAGED);
		walk_pool(f, p, NTR_PAGED);
	}
	*why = f->walk_why;
	return f->walked;
}

/* --- the network stack -------------------------------------------------------------- */

/* Searching nonpaged pool is for one of a size that can be. */
static bool searchable(const struct ntr_pool *p)
{
	return !p->start[NTR_NONPAGED].known || !p->end[NTR_NONPAGED].known ||
	       p->end[NTR_NONPAGED].v - p->start[NTR_NONPAGED].v <= MAX_WALK;
}

const struct ntr_net *ntr_facts_net(struct ntr_facts *f, const char **why)
{
	struct ntr_pool *p = ntr_facts_pool(f, why);
	struct ntr_err e = { NO_MEMORY };

	if (first(f, NTR_FACTS_NET)) {
		f->net_why = too_small(f, "devices and requests are");
		if (!f->net_why && ntr_net_read(f->t, p && searchable(p) ? p :
						NULL, &f->net, &e))
			f->net_why = text_of(f, &e);
		f->has_net = !f->net_why;
	}
	*why = f->net_why;
	return f->has_net ? &f->net : NULL;
}

const struct ntr_nbt_scan *ntr_facts_nbt(struct ntr_facts *f, const char **why)
{
	struct ntr_pool *p = ntr_facts_pool(f, why);
	struct ntr_err e = { NO_MEMORY };

	if (!p)
		return NULL;
	if (first(f, NTR_FACTS_NBT)) {
		if (!searchable(p))
			f->nbt_why = "the pool claims more than 64 GiB of "
				     "addresses";
		else if (ntr_nbt_scan(p, &f->nbt, &e))
			f->nbt_why = text_of(f, &e);
		f->has_nbt = !f->nbt_why;
	}
	*why = f->nbt_why;
	return f->has_nbt ? &f->nbt : NULL;
}

/* --- handles and ids ------------------------------------------------------------ */

const struct ntr_census *ntr_facts_census(struct ntr_facts *f, const char **why)
{
	struct ntr_err e = { NO_MEMORY };

	if (first(f, NTR_FACTS_HANDLES)) {
		f->census_why = too_small(f, "handle tables are");
		f->has_census = !f->census_why &&
				!ntr_handle_census(f->t, &f->census, &e);
		if (!f->has_census && !f->census_why)
			f->census_why = text_of(f, &e);
	}
	*why = f->census_why;
	return f->has_census ? &f->census : NULL;
}

static bool compare_ids(struct ntr_facts *f, struct ntr_err *e)
{
	struct ntr_objects *o = malloc(sizeof(*o));
	bool ok = o && !ntr_objects_open(f->t, o, e) &&
		  !ntr_cid_compare(o, &f->ids, e);

	free(o);
	return ok;
}

const struct ntr_cid_view *ntr_facts_ids(struct ntr_facts *f, const char **why)
{
	struct ntr_err e = { NO_MEMORY };

	if (first(f, NTR_FACTS_IDS)) {
		f->ids_why = too_small(f, "the tables of ids, processes and "
				       "threads are");
		f->has_ids = !f->ids_why && compare_ids(f, &e);
		if (!f->has_ids && !f->ids_why)
			f->ids_why = text_of(f, &e);
	}
	*why = f->ids_why;
	return f->has_ids ? &f->ids : NULL;
}

/* --- cookies, and damage of every kind ---------------------------------------------- */

const struct ntr_cookies *ntr_facts_cookies(struct ntr_facts *f,
					    const char **why)
{
	struct ntr_verdict *v = ntr_facts_verdict(f, why);
	struct ntr_err e = { NO_MEMORY };

	if (!v)
		return NULL;
	if (first(f, NTR_FACTS_COOKIES)) {
		if (ntr_cookies(v, &f->cookies, &e))
			f->cookies_why = text_of(f, &e);
		else
			f->cookies_why = f->cookies.why;
	}
	*why = f->cookies_why;
	return f->cookies_why ? NULL : &f->cookies;
}

const struct ntr_corruption *ntr_facts_corruption(struct ntr_facts *f,
						  const char **why)
{
	struct ntr_corruption_in in = { .v = ntr_facts_verdict(f, why) };
	struct ntr_err e = { NO_MEMORY };

	if (!in.v)
		return NULL;
	if (first(f, NTR_FACTS_CORRUPTION)) {
		in.cookies = ntr_facts_cookies(f, &in.cookies_why);
		if (ntr_facts_damage(f, &in.pages_why))
			in.pages_why = NULL;
		in.pages = f->damage.v;
		in.npages = f->damage.n;
		in.walked = f->walk.pages;
		if (ntr_corruption(&in, &f->corruption, &e))
			f->corruption_why = text_of(f, &e);
	}
	*why = f->corruption_why;
	return f->corruption_why ? NULL : &f->corruption;
}

/* --- timers, queued locks, pages ---------------------------------------------------- */

const struct ntr_timers *ntr_facts_timers(struct ntr_facts *f,
					  const char **why)
{
	struct ntr_err e = { NO_MEMORY };

	if (first(f, NTR_FACTS_TIMERS) && ntr_timers(f->t, &f->timers, &e))
		f->timers_why = text_of(f, &e);
	*why = f->timers_why;
	return f->timers_why ? NULL : &f->timers;
}

const struct ntr_qlocks *ntr_facts_qlocks(struct ntr_facts *f,
					  const char **why)
{
	struct ntr_err e = { NO_MEMORY };

	if (first(f, NTR_FACTS_QLOCKS) &&
	    ntr_qlocks(f->t, &f->qlocks, &e))
		f->qlocks_why = text_of(f, &e);
	*why = f->qlocks_why;
	return f->qlocks_why ? NULL : &f->qlocks;
}

const struct ntr_page_counts *ntr_facts_pages(struct ntr_facts *f, bool walk)
{
	struct ntr_err e = { NO_MEMORY };

	if (first(f, NTR_FACTS_PAGES))
		ntr_page_counts(f->t, &f->pages);
	if (walk && first(f, NTR_FACTS_PFNS) &&
	    ntr_pfn_walk(f->t, &f->pages, NULL, NULL, &e))
		for (unsigned s = NTR_PG_ACTIVE; s < NTR_NPAGE_STATES; s++)
			memcpy(f->pages.why[s], e.msg,
			       sizeof(f->pages.why[s]) - 1);
	return &f->pages;
}

/* --- names ------------------------------------------------------------------------ */

void ntr_facts_names_begin(struct ntr_facts *f, u64 of)
{
	f->names.n = 0;
	f->names_of = of;
}

void ntr_facts_name_add(struct ntr_facts *f, const char *name)
{
	const char **slot;

	for (size_t i = 0; name && i < f->names.n; i++)
		if (!strcmp(f->names.v[i], name))
			return;
	slot = name ? ntr_vec_add(&f->names) : NULL;
	if (slot)
		*slot = name;
}

void ntr_facts_name_modules(struct ntr_facts *f, const u64 *ip, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		const struct ntr_module *m = ntr_target_module(f->t, ip[i]);

		ntr_facts_name_add(f, m ? m->name : NULL);
	}
}

void ntr_facts_name_thread(struct ntr_facts *f, u32 thread)
{
	u32 group = f->w->threads.v[thread].group;

	if (group != NTR_NONE)
		ntr_facts_name_modules(f, f->w->groups.v[group].ip,
				       f->w->groups.v[group].nframes);
}

void ntr_facts_names_get(const struct ntr_facts *f,
			 const struct ntr_fact_at *at, unsigned own,
			 const char *none, struct ntr_fact *out)
{
	if (at->nindexes > own)
		ntr_fact_str(out, at->index[own] < f->names.n ?
			     f->names.v[at->index[own]] : NULL, NULL);
	else
		ntr_fact_n_if(out, f->names.n || !none, f->names.n, none);
}

/* --- the whole ---------------------------------------------------------------------- */

enum ntr_st ntr_facts_new(struct ntr_facts **out, struct ntr_target *t,
			  struct ntr_verdict *v, struct ntr_err *e)
{
	struct ntr_facts *f = calloc(1, sizeof(*f));

	if (!f)
		return ntr_fail(e, NTR_NOMEM, "no memory for facts");
	f->t = t;
	f->v = v;
	*out = f;
	return NTR_OK;
}

static void free_watch(struct ntr_poolwatch *w)
{
	if (w)
		ntr_poolwatch_fini(w);
	free(w);
}

void ntr_facts_free(struct ntr_facts *f)
{
	if (!f)
		return;
	free_watch(f->watch);
	free_watch(f->lost);
	if (f->has_net)
		ntr_net_fini(&f->net);
	if (f->has_nbt)
		ntr_nbt_scan_fini(&f->nbt);
	ntr_vec_fini(&f->peers);
	ntr_pool_growth_fini(&f->growth);
	ntr_pool_close(f->old_pool);
	ntr_pool_close(f->pool);
	if (f->w)
		ntr_waits_free(f->w);
	if (f->own_verdict)
		ntr_verdict_free(f->v);
	ntr_handle_census_fini(&f->census);
	ntr_cid_fini(&f->ids);
	ntr_cookies_fini(&f->cookies);
	ntr_corruption_fini(&f->corruption);
	ntr_timers_fini(&f->timers);
	ntr_qlocks_fini(&f->qlocks);
	ntr_vec_fini(&f->damage);
	ntr_vec_fini(&f->names);
	free(f->text);
	ntr_arena_fini(&f->arena);
	free(f);
}

unsigned ntr_facts_made(const struct ntr_facts *f)
{
	return f->made;
}
