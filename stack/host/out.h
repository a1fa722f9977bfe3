// SPDX-License-Identifier: Apache-2.0
/*
 * Tables for people and for programs by the same calls: aligned columns, or one
 * JSON object with an array of objects for each table.
 *
 *	out_table(o, "pool", "Pool by tag");
 *	while (... && out_row(o)) { out_str(o, "tag", 6, t); out_num(o, "bytes", 10, n); }
 *	out_table_end(o);
 *
 * Between tables the same calls give members of the object, in JSON only.
 *
 * Invariant: a table has at most `limit` rows; of the rest the number is said.
 */
#ifndef HOST_OUT_H
#define HOST_OUT_H

#include "../ex/ex.h"

#include <stdio.h>

struct yajl_gen_t;
struct out {
	FILE *to;
	struct yajl_gen_t *json;     /* NULL: text */
	u32 limit, rows;
	u64 more;                    /* rows that did not fit */
	bool in_row;
	size_t nhead, nline;
	char head[512], line[512];
};

bool out_init(struct out *o, FILE *to, bool json, u32 limit);
void out_fini(struct out *o);        /* writes JSON */

/* An array of rows. */
void out_table(struct out *o, const char *key, const char *title);
void out_table_end(struct out *o);
/* Ends the row before; false: no more are wanted, and it is counted. */
bool out_row(struct out *o);
/* Width: of the column; negative: aligned left. */
void out_str(struct out *o, const char *key, int width, const char *v);
void out_num(struct out *o, const char *key, int width, u64 v);
void out_hex(struct out *o, const char *key, u64 v);
void out_real(struct out *o, const char *key, int width, int digits, double v);
void out_bool(struct out *o, const char *key, int width, bool v);

#endif
