// SPDX-License-Identifier: Apache-2.0
/*
 * Buckets over many dumps: how often, when, which of them look alike, and what
 * the dumps of one have in common that the others have not.
 *
 *	correlate_new(&c);  correlate_add(c, d) for each dump;
 *	correlate_finish(c, &opts);  c->bucket[0..nbuckets)
 *
 * A correlation is reported when the bucket's share is at least
 * CORRELATE_MIN_DIFF percent points above that of the rest, MIN_SUPPORT dumps
 * have it, and Fisher's exact test, divided by the number of questions asked,
 * leaves less than CORRELATE_MAX_CHANCE for chance.  Dumps of which it is not
 * known are in neither share, and their number is given.
 *
 * The same dumps give the same answer in any order of adding but for the cut
 * at CORRELATE_MAX_ROWS.  To correlate with something else: a kind, its value
 * in struct corr_row, its form in correlate_find.c.
 */
#ifndef NTR_CORRELATE_H
#define NTR_CORRELATE_H

#include "results.h"

#define CORRELATE_MIN_SUPPORT 5u
#define CORRELATE_MIN_DIFF 30u       /* percent points */
#define CORRELATE_MAX_CHANCE 0.01
#define CORRELATE_MAX_ROWS 200000u
#define CORRELATE_MAX_MODULES (UINT64_C(16) << 20) /* over all rows */
#define CORRELATE_FRAMES 32u         /* of a stack that are compared */
#define CORRELATE_SIMILAR 60u        /* percent: the same family */
#define CORRELATE_COMPARED 512u      /* buckets, the largest, by their stacks */

struct correlate;

enum correlate_kind { CORR_MODULE, CORR_OLDER, CORR_NEWER, CORR_BELOW,
		      CORR_FROM, CORR_OS, CORR_MACHINE, CORR_PROCESS,
		      CORR_FIRED };

struct correlation {
	enum correlate_kind kind;
	const char *name;       /* module, system, …, signature */
	const char *value;      /* date or version of a module; NULL */
	char text[160];         /* "tcpip.sys older than 1999-02-04" */
	u32 in, in_known, in_unknown; /* dumps of the bucket */
	u32 out, out_known, out_unknown; /* of the rest */
};

/* How two buckets are alike. */
enum correlate_like { CORR_SAME_FUNCTIONS, CORR_LIKE_FRAMES,
		      CORR_SAME_MODULES };
struct correlate_similar {
	enum correlate_like how;
	u32 percent;            /* of the frames; 0 for SAME_MODULES */
	const char *bucket;
};

struct correlate_bucket {
	const char *name, *hash, *blame, *code_name;
	bool has_code;
	u32 code;
	u32 dumps;
	s64 first, last;        /* crash time; 0 not known */
	u32 no_time;            /* dumps whose crash time is not known */
	u32 family;             /* number of the first bucket that looks alike */
	const struct correlate_similar *similar;
	size_t nsimilar;
	const struct correlation *correlation; /* best first */
	size_t ncorrelations;
};

struct correlate_result {
	u32 rows;               /* dumps in buckets */
	u32 no_bucket;          /* judged or not: in none */
	u32 cut;                /* not looked at: over MAX_ROWS */
	size_t nbuckets;        /* most dumps first, then by name */
	const struct correlate_bucket *bucket;
};

struct correlate_opts {
	u32 min_support;        /* 0: CORRELATE_MIN_SUPPORT */
	size_t max_buckets;     /* that get correlations; 0: all */
	size_t max_each;        /* correlations of a bucket; 0: 8 */
};

NTR_MUST enum ntr_st correlate_new(struct correlate **out);
void correlate_free(struct correlate *c); /* and its result */
NTR_MUST enum ntr_st correlate_add(struct correlate *c,
				   const struct results_dump *d);
NTR_MUST enum ntr_st correlate_finish(struct correlate *c,
				      const struct correlate_opts *o,
				      const struct correlate_result **out);

/* Chance that at least `in` of n have what k of all have: one-sided. */
double correlate_chance(u32 in, u32 n, u32 k, u32 all);

#endif
