// SPDX-License-Identifier: Apache-2.0
/*
 * Judgement of pool: is it near its limit, and does a tag leak?
 *
 * Every judgement carries its evidence, each piece of a kind that a test and
 * a rule can name, with a sentence; and what it cannot tell, because of what
 * is missing.  A single dump shows a moment: that a tag grows is proved by a
 * second one (the baseline), that its blocks are lost by a search of memory.
 * Without either, a large tag whose blocks were hardly ever freed is a
 * suspect, and no more; one whose blocks come and go is a plateau.
 *
 * To add a kind of evidence: a row in NTR_POOL_EVIDENCE_LIST, and a function
 * in poolwatch.c that gives it.
 */
#ifndef NTR_POOLWATCH_H
#define NTR_POOLWATCH_H

#include "../base/arena.h"
#include "../kobj/lookaside.h"
#include "../kobj/pool_reach.h"
#include "pooltag.h"

/* What is remembered of an earlier dump of the same machine. */
struct ntr_pool_baseline {
	const struct ntr_pool_tag *tags; /* sorted by tag */
	size_t n;
	u64 seconds; /* between the two; 0 unknown */
};

enum ntr_pool_pressure {
	NTR_POOL_PRESSURE_UNKNOWN,
	NTR_POOL_PRESSURE_FINE,
	NTR_POOL_PRESSURE_HIGH,      /* 80 % of the limit */
	NTR_POOL_PRESSURE_EXHAUSTED, /* 95 % */
};

struct ntr_pool_usage {
	bool has_used, has_limit;
	u64 used, limit;
	const char *source;  /* of used: static */
	const char *why;     /* what is not known */
	enum ntr_pool_pressure pressure;
};

enum ntr_tag_verdict {
	NTR_TAG_NORMAL,   /* not looked at closely: a small share */
	NTR_TAG_PLATEAU,  /* large, but it comes and goes or stands still */
	NTR_TAG_SUSPECT,  /* large and hardly ever freed; nothing proves it */
	NTR_TAG_LEAK,     /* it grows without end, or its blocks are lost */
};
const char *ntr_tag_verdict_name(enum ntr_tag_verdict v);

#define NTR_POOL_EVIDENCE_LIST(X)                                        \
	X(SHARE)      /* of all this pool's bytes, and of its limit */   \
	X(RETAINED)   /* of all allocations ever, most are still there */ \
	X(TURNOVER)   /* of all allocations ever, most were freed */     \
	X(UNIFORM)    /* every block has one size */                     \
	X(TWIN)       /* another tag has as many live blocks */          \
	X(GREW)       /* since the baseline */                           \
	X(STOOD)      /* since the baseline, or shrank */                \
	X(CACHED)     /* most of its blocks lie in lookaside lists */    \
	X(LOST)       /* nothing in memory points to its blocks */       \
	X(HELD)       /* something does */                               \
	X(OWNER)      /* whose tag it is */

enum ntr_pool_evidence {
#define NTR_POOL_EVIDENCE_ENUM(name) NTR_POOL_EV_##name,
	NTR_POOL_EVIDENCE_LIST(NTR_POOL_EVIDENCE_ENUM)
#undef NTR_POOL_EVIDENCE_ENUM
	NTR_POOL_EV_COUNT
};

#define NTR_TAG_MAX_TWINS 4u
struct ntr_tag_judgement {
	u32 tag;
	unsigned kind;         /* NTR_NONPAGED, NTR_PAGED */
	s64 live;
	u64 allocs, bytes, per_block; /* per_block: average, 0 none */
	u32 permille;          /* of this pool's bytes */
	bool uniform;
	u32 twins[NTR_TAG_MAX_TWINS];
	unsigned ntwins;
	bool has_growth;
	s64 growth_blocks, growth_bytes;
	u64 cached;            /* blocks in lookaside lists */
	bool has_reach;
	struct ntr_reach reach;
	enum ntr_tag_verdict verdict;
	const char *evidence[NTR_POOL_EV_COUNT]; /* a sentence, or NULL */
	const char *cannot[4];                   /* "…, because …" */
	unsigned ncannot;
};

struct ntr_poolwatch {
	struct ntr_pool_usage usage[2];
	/* Tags that hold a large share, the largest first. */
	struct { NTR_VEC(struct ntr_tag_judgement); } tags;
	const char *tags_why;  /* why none could be judged, or NULL */
	struct ntr_lookasides lists;
	struct ntr_arena arena;
};

/* base may be NULL. search: look through memory for lost blocks, which takes
 * seconds on a large dump. NOMEM only. */
NTR_MUST enum ntr_st ntr_poolwatch(struct ntr_pool *p,
				   const struct ntr_pool_baseline *base,
				   bool search, struct ntr_poolwatch *out,
				   struct ntr_err *e);
void ntr_poolwatch_fini(struct ntr_poolwatch *w);

#endif
