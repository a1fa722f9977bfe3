// SPDX-License-Identifier: Apache-2.0
/*
 * Results of the store on the page: a row of a table, one result in full, a
 * JSON object, a CSV record.  What a dump or a file name contains reaches the
 * terminal as the other output does (out.h); CSV keeps UTF-8 but no control
 * characters, and no cell that a spreadsheet would compute.
 */
#ifndef NTR_CLI_RESULTS_OUT_H
#define NTR_CLI_RESULTS_OUT_H

#include "../store/results.h"
#include "cli.h"

extern const struct ntr_col results_cols[];
extern const size_t results_ncols;

/* "1999-02-04T10:00:00Z"; NULL when t is 0 or beyond the year 9999. */
const char *results_time(char out[32], s64 t);

/* One line of the table; in JSON an object of a list. */
void results_out_row(struct ntr_out *o, const struct results_dump *d);
/* Everything; notes are the caller's. */
void results_out_full(struct ntr_out *o, const struct results_dump *d);
/* The members of an object, within the object that the caller opened. */
void results_out_members(struct ntr_out *o, const struct results_dump *d,
			 bool full);

/* JSON of this program's own, ASCII on one line; a store, or a worker that a
 * hostile dump has taken over, may give anything. */
bool results_is_json(const char *s);

/* A cell in quotes; nothing for NULL and "". */
void results_csv_cell(struct ntr_str *out, const char *s);
void results_csv_head(struct ntr_str *out);
void results_csv_row(struct ntr_str *out, const struct results_dump *d);

#endif
