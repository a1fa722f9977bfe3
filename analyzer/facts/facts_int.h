// SPDX-License-Identifier: Apache-2.0
/*
 * What the parts of the fact tree share: the analysis that facts are read from,
 * each piece made at the first question and kept.
 *
 * A getter gets a value that is UNKNOWN with no reason; it sets a value, or a
 * reason.  Pieces that cannot be had give NULL, and their reason stands in
 * *why.  To add a piece: a pointer and a reason here, a function in
 * facts_made.c, a bit in facts.h.
 */
#ifndef NTR_FACTS_INT_H
#define NTR_FACTS_INT_H

#include "../kobj/netbios.h"
#include "../kobj/netstack.h"
#include "../kobj/cid.h"
#include "../kobj/handle_census.h"
#include "../triage/corruption.h"
#include "../triage/poolblock.h"
#include "../triage/poolgrowth.h"
#include "../kobj/apc.h"
#include "../kobj/pfn.h"
#include "../kobj/spinlocks.h"
#include "../kobj/timer.h"
#include "../triage/poolwatch.h"
#include "../triage/waits.h"
#include "facts.h"

/* Why there are no names of what waits. */
#define NTR_NO_STACKS "the stacks are not in the dump"
#define NTR_FACTS_DAMAGED 64u /* pages of pool that are remembered */

/* What belongs to a row, found once: the lists its path goes through, and the
 * row of its elements. */
struct ntr_fact_near {
	const struct ntr_fact_row *row, *list[NTR_FACT_INDEXES], *item;
};
#define NTR_FACTS_NEAR 64u

struct ntr_facts {
	struct ntr_target *t;
	struct ntr_fact_near near[NTR_FACTS_NEAR];
	unsigned made;           /* what was tried */
	struct ntr_verdict *v;
	bool own_verdict;
	const char *verdict_why;
	struct ntr_waits *w;
	const char *waits_why;
	struct ntr_pool *pool;
	const char *pool_why;
	struct ntr_poolwatch *watch, *lost;
	const char *watch_why, *lost_why;
	struct ntr_net net;
	struct ntr_nbt_scan nbt;
	bool has_net, has_nbt;
	struct ntr_tdi_addresses peers;
	const char *peers_why;   /* NetBT's pool was not searched whole */
	const char *net_why, *nbt_why;
	struct ntr_census census;
	struct ntr_cid_view ids;
	bool has_census, has_ids;
	const char *census_why, *ids_why;
	struct ntr_target *old;  /* the baseline; NULL none was given */
	struct ntr_pool *old_pool;
	struct ntr_pool_growth growth;
	const char *old_why;
	struct ntr_pool_story story; /* of what the stop's parameter names */
	unsigned story_param;    /* 1 to 4; 0 none */
	const char *story_why;   /* NULL: it is there */
	bool story_none;         /* the stop names no block */
	struct ntr_pool_walk walk;
	bool walked;
	const char *walk_why;
	struct { NTR_VEC(struct ntr_pool_damage); } damage;
	struct ntr_cookies cookies;
	const char *cookies_why;
	struct ntr_corruption corruption;
	const char *corruption_why;
	struct ntr_timers timers;
	const char *timers_why;
	struct ntr_qlocks qlocks;
	const char *qlocks_why;
	struct ntr_page_counts pages;
	/* Modules of the stack, once each. */
	struct { NTR_VEC(const char *); } names;
	u64 names_of;            /* what they are of; 0 nothing */
	const char **text;       /* every text once: open addressing */
	size_t ntexts, text_slots;
	struct ntr_arena arena;
};

/* A formatted text that lives as long as the facts. The same text is kept but
 * once, however often a fact is asked. */
const char *ntr_facts_text(struct ntr_facts *f, const char *fmt, ...)
	NTR_PRINTF(2, 3);
struct ntr_verdict *ntr_facts_verdict(struct ntr_facts *f, const char **why);
struct ntr_waits *ntr_facts_waits(struct ntr_facts *f, const char **why);
struct ntr_pool *ntr_facts_pool(struct ntr_facts *f, const char **why);
/* lost: with the search of memory for blocks that nobody holds. */
struct ntr_poolwatch *ntr_facts_poolwatch(struct ntr_facts *f, bool lost,
					  const char **why);
/* Drivers, devices, requests, files and code of the network stack. */
const struct ntr_net *ntr_facts_net(struct ntr_facts *f, const char **why);
/* What looks like NetBIOS session headers in NetBT's pool. */
const struct ntr_nbt_scan *ntr_facts_nbt(struct ntr_facts *f,
					 const char **why);
/* NULL: why it cannot be had. */
const struct ntr_census *ntr_facts_census(struct ntr_facts *f,
					  const char **why);
const struct ntr_cid_view *ntr_facts_ids(struct ntr_facts *f,
					 const char **why);
/* The pool of the baseline, when it serves. */
struct ntr_pool *ntr_facts_old_pool(struct ntr_facts *f, const char **why);
/* What grew and shrank since. */
const struct ntr_pool_growth *ntr_facts_growth(struct ntr_facts *f,
					       const char **why);
/* The block that a parameter of the stop names; NULL: *why, and *none when the
 * stop is not about a block. */
const struct ntr_pool_story *ntr_facts_story(struct ntr_facts *f,
					     const char **why, bool *none);
/* The damaged pages of both pools; false: none could be looked at. */
bool ntr_facts_damage(struct ntr_facts *f, const char **why);

const struct ntr_cookies *ntr_facts_cookies(struct ntr_facts *f,
					    const char **why);
const struct ntr_corruption *ntr_facts_corruption(struct ntr_facts *f,
						  const char **why);
const struct ntr_timers *ntr_facts_timers(struct ntr_facts *f,
					  const char **why);
const struct ntr_qlocks *ntr_facts_qlocks(struct ntr_facts *f,
					  const char **why);
/* walk: with a walk over the PFN database. Never NULL. */
const struct ntr_page_counts *ntr_facts_pages(struct ntr_facts *f, bool walk);

#define NTR_FACTS(n) extern const struct ntr_fact_part ntr_fact_part_##n;
#include "fact_list.h"
#undef NTR_FACTS

/* --- setting a value --------------------------------------------------------- */

static inline void ntr_fact_n(struct ntr_fact *out, u64 n)
{
	out->state = NTR_FACT_KNOWN;
	out->n = n;
}

static inline void ntr_fact_why(struct ntr_fact *out, const char *why)
{
	out->state = NTR_FACT_UNKNOWN;
	out->why = why;
}

static inline void ntr_fact_none(struct ntr_fact *out, const char *why)
{
	out->state = NTR_FACT_NONE;
	out->why = why;
}

static inline void ntr_fact_delta_of(struct ntr_fact *out, s64 d)
{
	ntr_fact_n(out, (u64)d);
}

static inline void ntr_fact_n_if(struct ntr_fact *out, bool have, u64 n,
				 const char *why)
{
	if (have)
		ntr_fact_n(out, n);
	else
		ntr_fact_why(out, why);
}

static inline void ntr_fact_str(struct ntr_fact *out, const char *s,
				const char *why)
{
	if (s && *s) {
		out->state = NTR_FACT_KNOWN;
		out->s = s;
	} else {
		ntr_fact_why(out, why);
	}
}

/*
 * Names collected without repeating: `of` says what they are of, so that the
 * next question about the same need not collect again.
 */
void ntr_facts_names_begin(struct ntr_facts *f, u64 of);
void ntr_facts_name_add(struct ntr_facts *f, const char *name);
/* Names of the modules that code lies in; and of the stack of a thread of the
 * wait-for graph. */
void ntr_facts_name_modules(struct ntr_facts *f, const u64 *ip, u32 n);
void ntr_facts_name_thread(struct ntr_facts *f, u32 thread);
/* The name that at's index number `own` chooses; without one, how many there
 * are, and none: what it means that there are none (NULL: just that). */
void ntr_facts_names_get(const struct ntr_facts *f,
			 const struct ntr_fact_at *at, unsigned own,
			 const char *none, struct ntr_fact *out);

#endif
