// SPDX-License-Identifier: Apache-2.0
/*
 * The filter language of results: "code=0x7f module~tcpip fired=Q216765".
 *
 * One parser, two ways to ask: as SQL with bound values for a store, and on a
 * struct results_dump in memory.  Both give the same answer.  A term about
 * something that is not known of a dump is unknown, its negation too; a filter
 * lets through the dumps of which it is known to be true.  Notes are in the
 * store only: in memory they are unknown.  Text is compared without regard to
 * the case of ASCII letters.
 *
 * To add a field: a row in filter_field.c; docs/results.md is printed from it.
 */
#ifndef NTR_RESULTS_FILTER_H
#define NTR_RESULTS_FILTER_H

#include "results.h"

struct results_filter;

struct results_filter_err {
	struct ntr_err e;
	size_t at, len; /* what it is about, bytes of the text */
};

/* now: seconds since 1970, what "7d" counts back from. An empty text lets
 * everything through. USAGE with *err when it is not understood. */
NTR_MUST enum ntr_st results_filter_new(struct results_filter **out,
					const char *text, s64 now,
					struct results_filter_err *err);
void results_filter_free(struct results_filter *f);

/* The text (the part around the mistake) and a line of ^ below it; ASCII. */
void results_filter_caret(struct ntr_str *out, const char *text,
			  const struct results_filter_err *err);

enum results_truth { RESULTS_NO, RESULTS_UNKNOWN, RESULTS_YES };
enum results_truth results_filter_eval(const struct results_filter *f,
				       const struct results_dump *d);
/* NULL lets everything through. */
static inline bool results_filter_pass(const struct results_filter *f,
				       const struct results_dump *d)
{
	return !f || results_filter_eval(f, d) == RESULTS_YES;
}

/* A condition on "dumps AS d", in the store's own spelling (sql.h), and its
 * values, which live as long as f. */
struct sql_val;
NTR_MUST enum ntr_st results_filter_sql(const struct results_filter *f,
					struct ntr_str *sql,
					const struct sql_val **v, size_t *n);

/* Fields, for completion and the reference; NULL behind the last. */
struct results_field {
	const char *name, *operators, *value, *help;
};
bool results_filter_field(size_t i, struct results_field *out);
/* Markdown, the section of docs/results.md. */
void results_filter_reference(struct ntr_str *out);

#endif
