// SPDX-License-Identifier: Apache-2.0
/*
 * What results_write.c, results_read.c and results_row.c share; for them only.
 * Rows that are put wait in `batch` until commit: the database is locked for
 * as long as a batch is written, never while a dump is judged.  A batch that
 * could not be written stays and goes with the next commit.
 */
#ifndef NTR_RESULTS_PRIV_H
#define NTR_RESULTS_PRIV_H

#include "base/arena.h"
#include "base/vec.h"
#include "engine.h"
#include "results.h"

struct results_pending {
	s64 run;               /* 0: none */
	s64 touch;             /* a row that is looked at again; 0: d */
	bool drop;             /* members of d.path, but those of its time */
	struct results_dump d; /* strings in batch_text */
};

struct results {
	struct engine *g;
	char *where; /* as shown: without a password */
	struct ntr_arena row_text; /* of the last results_current(), _get() */
	struct {
		NTR_VEC(struct results_pending);
	} batch;
	struct ntr_arena batch_text;
};

/* Copies d into a; text that is not UTF-8 gets U+FFFD for what is not. */
NTR_MUST enum ntr_st results_copy(struct ntr_arena *a, struct results_dump *to,
				  const struct results_dump *d);

/* Values of DUMP_PUT, in its order. */
#define RESULTS_PUT_VALUES (COL_json - 1)
struct results_values {
	struct sql_val v[RESULTS_PUT_VALUES];
	struct ntr_str names;
	char arg[4][20], os_key[48];
};
void results_values(struct results_values *v, const struct results_dump *d);

/* The row that the cursor of a SELECT of dumps stands on. */
NTR_MUST enum ntr_st results_row(struct engine *g, struct sql_cur *c, bool json,
				 struct ntr_arena *a, struct results_dump *d,
				 struct ntr_err *e);
NTR_MUST enum ntr_st results_signatures(struct engine *g, struct ntr_arena *a,
					struct results_dump *d,
					struct ntr_err *e);

/* Appends " WHERE …"; nothing for NULL. The values live as long as f. */
NTR_MUST enum ntr_st results_where_sql(struct ntr_str *sql,
				       const struct results_filter *f,
				       const struct sql_val **v, size_t *n);

#endif
