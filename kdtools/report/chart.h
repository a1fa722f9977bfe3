// SPDX-License-Identifier: Apache-2.0
/*
 * Pictures as SVG elements of the page: numbers and the page's own classes;
 * text of a dump goes through html_text() as everywhere.  Colours are the style
 * sheet's, so that they follow light, dark and print.  A picture says nothing
 * that is not said in words beside it, and its label says what it is.
 */
#ifndef NTR_REPORT_CHART_H
#define NTR_REPORT_CHART_H

#include "html.h"
#include "report.h"
#include "verdict.h"

/* When: one column per hour, day, … century, as the span of all crash times
 * asks for, which is the same for every bucket. bucket: its tally; REPORT_NONE:
 * all dumps. */
void chart_timeline(struct html *h, const struct report *r, u32 bucket);
/* A share, n of all, and with it a smaller one. */
void chart_bar(struct html *h, u64 n, u64 all, const char *cls);
/* `pool` of a verdict. */
void chart_pool(struct html *h, yajl_val pool);
/* `graph` of a verdict's hang: threads below those they wait for. id: the
 * dump's, which names what is in the picture. */
void chart_waits(struct html *h, yajl_val graph, s64 id);

#endif
