// SPDX-License-Identifier: Apache-2.0
/*
 * The PFN database: an MMPFN for every page of physical memory, and how many
 * pages there are of each state.
 *
 * The counts come from the heads of the page lists (mmvars.h); active and
 * transition pages, which are on no list, only from a walk over the database,
 * as far as the dump holds it.  An entry that is all zero is of no page: memory
 * has holes.  The bits of an entry's flags are of the symbols of 19041; of
 * earlier kernels they are marked assumed.  To read more of an entry: a field
 * here, its bits in pfn.c.
 */
#ifndef NTR_KOBJ_PFN_H
#define NTR_KOBJ_PFN_H

#include "target.h"

#define NTR_MAX_PFNS (UINT64_C(1) << 26) /* 256 GiB: the walk ends there */

#define NTR_PAGE_STATES(X)                                             \
	X(ZEROED, "Zeroed", "zeroed") X(FREE, "Free", "free")          \
	X(STANDBY, "Standby", "standby") X(MODIFIED, "Modified", "modified") \
	X(NO_WRITE, "ModNoWrite", "modified_no_write") X(BAD, "Bad", "bad") \
	X(ACTIVE, "Active", "active") X(TRANSITION, "Transition", "transition")
enum ntr_page_state {
#define NTR_PAGE_STATE_ENUM(n, t, k) NTR_PG_##n,
	NTR_PAGE_STATES(NTR_PAGE_STATE_ENUM)
#undef NTR_PAGE_STATE_ENUM
	NTR_NPAGE_STATES
};
const char *ntr_page_state_name(unsigned s); /* "Active"; "?" beyond */
const char *ntr_page_state_key(unsigned s);  /* "active" */

struct ntr_pfn {
	u64 pfn, va;           /* va: of its MMPFN */
	unsigned state;        /* enum ntr_page_state */
	u32 references;
	u64 flink, blink;      /* as stored */
	u64 share;             /* of an active page: how many PTEs map it */
	bool has_share;
	u64 pte, original;     /* address of its PTE; what it goes back to */
	u64 frame;             /* the page that holds that PTE */
	bool modified, reading, writing, error, none; /* none: all zero */
	unsigned cache;        /* 0 not cached, 1 cached, 2 write combined */
	bool has_priority;
	unsigned priority;
	enum ntr_source source;
};

/* ABSENT with text: no database, its layout is not known, or not in the
 * dump. */
NTR_MUST enum ntr_st ntr_pfn_read(struct ntr_target *t, u64 pfn,
				  struct ntr_pfn *out, struct ntr_err *e);

struct ntr_page_counts {
	u64 n[NTR_NPAGE_STATES];
	bool known[NTR_NPAGE_STATES];
	char why[NTR_NPAGE_STATES][160]; /* of those that are not known */
	bool walk[NTR_NPAGE_STATES]; /* by the walk, else by a list's head */
	bool walked;       /* the database was walked */
	u64 seen, unread;  /* of the walk: entries read, and not in the dump */
	bool cut;          /* the walk ended at NTR_MAX_PFNS, or was stopped */
};

/* What the list heads say. Never fails: known says what is. */
void ntr_page_counts(struct ntr_target *t, struct ntr_page_counts *out);
/* Adds what is not known yet, by every entry up to the highest page. stop: true
 * ends the walk; may be NULL. ABSENT with text: none of the database is in the
 * dump. */
NTR_MUST enum ntr_st ntr_pfn_walk(struct ntr_target *t,
				  struct ntr_page_counts *c,
				  bool (*stop)(void *ctx), void *ctx,
				  struct ntr_err *e);

#endif
