// SPDX-License-Identifier: Apache-2.0
/*
 * The facts that a rule may name: the tree's own schema, what only a trace has
 * (trace.c) and `module["X"].at_least_fixed`, found by path in one step, each
 * with what asking for it costs.
 *
 * Invariant: paths are as in facts.h, "stack.cycles[].count".  To add a fact
 * of a trace: a row in trace.c; a cost: a row in schema.c.
 */
#ifndef NTR_SIG_SCHEMA_H
#define NTR_SIG_SCHEMA_H

#include "base/arena.h"
#include "facts/facts.h"

/* From here on a fact wants an analysis that a rule must be worth. */
#define SIG_COST_DEAR 20u

#define SIG_FIXED_PATH "module[\"\"].at_least_fixed"

struct sig_schema;

/* NULL: no memory. */
struct sig_schema *sig_schema_new(struct ntr_arena *a);
const struct ntr_fact_row *sig_schema_find(const struct sig_schema *s,
					   const char *path);
/* Row of what stands below a row: "[]", ".count". */
const struct ntr_fact_row *sig_schema_below(const struct sig_schema *s,
					    const struct ntr_fact_row *row,
					    const char *more);
/* Only a trace has it. */
bool sig_is_trace(const struct ntr_fact_row *row);
bool sig_is_fixed(const struct ntr_fact_row *row);
unsigned sig_cost(const struct ntr_fact_row *row);

/* Nearest path, or nearest field below a record; NULL: none is near. */
const char *sig_schema_nearest(const struct sig_schema *s, const char *path);
const char *sig_schema_nearest_field(const struct sig_schema *s,
				     const struct ntr_fact_row *record,
				     const char *field);
/* A fact below a path that is none itself: "pool.nonpaged" is a group. */
const char *sig_schema_group(const struct sig_schema *s, const char *path);

/* trace.c: rows of what only a trace has, NULL past the last. */
const struct ntr_fact_row *sig_trace_row(size_t i);

/* Fields of a series of values, such as growth. */
struct sig_series_field {
	const char *name;
	bool is_bool;      /* else the type of the fact */
	const char *doc;
};
const struct sig_series_field *sig_series_field(size_t i);

#endif
