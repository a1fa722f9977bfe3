// SPDX-License-Identifier: Apache-2.0
/* Counting by name: hashed, so that a store with very many names takes no
 * longer. Names are copied into the report's arena. */
#ifndef NTR_REPORT_TALLY_H
#define NTR_REPORT_TALLY_H

#include "report.h"

/* Index of name; a new one has no count. REPORT_NONE: memory is short. */
u32 tally_of(struct report_tallies *t, struct ntr_arena *a, const char *name);
/* REPORT_NONE: there is no such name. */
u32 tally_find(const struct report_tallies *t, const char *name);
/* Makes t->order. */
NTR_MUST bool tally_sort(struct report_tallies *t, struct ntr_arena *a);
void tally_fini(struct report_tallies *t);

#endif
