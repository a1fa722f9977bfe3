// SPDX-License-Identifier: Apache-2.0
/*
 * A report over the results of a store: what is in it (report_read), and the
 * page (report_html) or the ticket (report_markdown) made of that.
 *
 * Two passes: one over all rows without their verdicts, for counts, buckets
 * and the list; then one verdict at a time, of the dumps that get details.  So
 * the size of a store does not matter but for its rows, of which LIST_MAX at
 * most are kept and the others counted; every cut is said on the page.
 *
 * Invariant: the same store, filter and options give the same bytes.
 *
 * To show more of a dump: detail.c.  To count something else: a tally here,
 * model.c, page.c.
 */
#ifndef NTR_REPORT_H
#define NTR_REPORT_H

#include "base/arena.h"
#include "base/vec.h"
#include "../store/correlate.h"
#include "../cli/out.h"

#define REPORT_LIST_MAX 20000u  /* rows of the list */
#define REPORT_BUCKETS 50u      /* with correlations and a timeline */
#define REPORT_DETAILS 200u     /* unless asked for another number */
#define REPORT_OF_BUCKET 3u     /* dumps of each bucket get details first */
#define REPORT_TIMES 200000u    /* crash times that timelines count */
#define REPORT_NONE UINT32_MAX

/* Something that rows have: a rule, a machine, a system. */
struct report_tally {
	const char *name, *more; /* more: a rule's title, … */
	u32 n, unknown;          /* unknown: of a rule that cannot tell */
};

/* By name, in the order in which they were met; hashed. */
struct report_tallies {
	struct { NTR_VEC(struct report_tally); };
	u32 *slot;
	size_t nslots;
	u32 *order;              /* most first, then by name */
};

struct report_row {
	s64 id, crash_time;
	const char *path, *error, *code_name, *blame, *process;
	enum results_outcome outcome;
	bool has_code, detail;
	u32 code;
	u32 bucket, machine, os; /* in tallies; REPORT_NONE */
	u32 nfired, nunknown;
	u32 *fired;              /* in rules */
};

struct report_time {
	s64 t;
	u32 bucket;
};

struct report {
	struct results *store;
	struct ntr_arena arena;
	struct { NTR_VEC(struct report_row); } rows; /* newest crash first */
	struct { NTR_VEC(struct report_time); } times;
	struct report_tallies rules, machines, systems, buckets;
	u32 outcome[16], dumps, fired, unknown, no_time;
	u32 details;             /* rows with details */
	u32 times_left_out;
	s64 first, last;         /* crash times */
	s64 judged_first, judged_last;
	struct correlate *correlate;
	const struct correlate_result *found;
	u32 *rank;               /* of a bucket by tally: index in found */
};

struct report_opts {
	const char *title;       /* NULL: one is made */
	const char *filter;      /* as given; NULL: none */
	const char *where;       /* the store; NULL: dumps given directly */
	u64 details;             /* rows that get details at most */
};

NTR_MUST enum ntr_st report_read(struct report *r, struct results *store,
				 const struct results_filter *f,
				 const struct report_opts *o,
				 struct ntr_err *e);
void report_free(struct report *r);

/* Write to o and flush it as they go; IO when that fails. */
NTR_MUST enum ntr_st report_html(struct report *r, const struct report_opts *o,
				 struct ntr_out *out, struct ntr_err *e);
NTR_MUST enum ntr_st report_markdown(struct report *r,
				     const struct report_opts *o,
				     struct ntr_out *out, struct ntr_err *e);

/* "1 dump", "2 dumps" is n and this. */
#define REPORT_S(n) ((n) == 1 ? "" : "s")

/* "1999-02-04"; "" when it is not known. */
const char *report_day(char out[32], s64 t);
/* "1999-02-04 10:00 UTC" */
const char *report_minute(char out[32], s64 t);
unsigned report_percent(u64 n, u64 of);

#endif
