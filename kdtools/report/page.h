// SPDX-License-Identifier: Apache-2.0
/* Parts of the HTML page, each in a file of its own; for this folder only. */
#ifndef NTR_REPORT_PAGE_H
#define NTR_REPORT_PAGE_H

#include "html.h"
#include "report.h"
#include "verdict.h"

#define PAGE_CHIPS 12u /* of a kind: rules, machines */

/* What one dump is said to be: row, verdict, notes. */
struct detail {
	const struct report_row *row;
	const struct results_dump *d;
	yajl_val v;          /* NULL: the store has none that can be read */
	bool alone;          /* the only dump: open, with headings of its own */
};

void page_buckets(struct html *h, const struct report *r);
void page_list(struct html *h, const struct report *r);
void page_detail(struct html *h, const struct report *r,
		 const struct detail *x);
/* Parts of a detail. */
void page_signatures(struct html *h, yajl_val v);
void page_stack(struct html *h, yajl_val v);
void page_machine(struct html *h, const struct detail *x);

/* "0xd1 DRIVER_IRQL_NOT_LESS_OR_EQUAL", or what became of the file. */
void page_stop(struct html *h, const struct report_row *x);
/* Nothing when s is NULL. */
void page_pair(struct html *h, const char *term, const char *s);
void page_pairf(struct html *h, const char *term, const char *fmt, ...)
	NTR_PRINTF(3, 4);

#endif
