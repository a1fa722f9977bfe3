// SPDX-License-Identifier: Apache-2.0
/*
 * The type checker: gives every expression a type and a cost, every path its
 * row, and reports what does not fit, with both types.
 *
 * Invariant: the type SIG_K_ERROR was reported and agrees with everything.  To
 * add an operator: a case in check.c, its row in reference.c.
 */
#ifndef NTR_SIG_CHECK_H
#define NTR_SIG_CHECK_H

#include "lang.h"

struct sig_check {
	struct sig_src *s;
	struct sig_code *r;
	bool trace;              /* facts of a trace may be asked */
	struct { const char *name; struct sig_type type; } var[SIG_MAX_VARS];
	unsigned nvars;
};

void sig_check_expr(struct sig_check *c, struct sig_expr *e);
void sig_check_path(struct sig_check *c, struct sig_expr *e);
struct sig_type sig_type_of_row(const struct sig_schema *s,
				const struct ntr_fact_row *row);
/* "a list of strings" */
const char *sig_type_text(const struct sig_type *t, char buf[64]);
const char *sig_kind_text(unsigned kind);
bool sig_is_error(const struct sig_expr *e);

#endif
