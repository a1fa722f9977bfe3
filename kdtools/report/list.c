// SPDX-License-Identifier: Apache-2.0
/* Buckets and the list of dumps. What the script filters by is on the rows as
 * words of the page's own: o1 outcome, r3 rule, m0 machine, b7 bucket. */
#include "chart.h"
#include "page.h"
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SIMILAR 6u
#define RULES_OF_ROW 4u

static void heading(struct html *h, const char *id, const char *text)
{
	html_el(h, "section");
	html_attr(h, "id", id);
	html_attrf(h, "aria-labelledby", "h-%s", id);
	html_el(h, "h2");
	html_attrf(h, "id", "h-%s", id);
	html_text(h, text);
	html_end(h);
}

void page_stop(struct html *h, const struct report_row *x)
{
	if (x->has_code) {
		html_leaff(h, "b", "code", "0x%X", x->code);
		html_text(h, " ");
		html_leaf(h, "span", "stopname", x->code_name);
	} else {
		html_leaf(h, "span", x->outcome == RESULTS_JUDGED ? "stopname" :
			  "stopname none", x->outcome == RESULTS_JUDGED ?
			  "no bug check" : results_outcome_name(x->outcome));
	}
}

/* --- buckets ------------------------------------------------------------------------- */

static void correlation(struct html *h, const struct correlation *c)
{
	html_el(h, "li");
	html_leaf(h, "span", "mono", c->text);
	html_textf(h, ": %u %% of this bucket (%u of %u), %u %% elsewhere (%u "
		   "of %u)", report_percent(c->in, c->in_known), c->in,
		   c->in_known, report_percent(c->out, c->out_known), c->out,
		   c->out_known);
	if (c->in_unknown || c->out_unknown)
		html_textf(h, "; not known of %u here, %u elsewhere",
			   c->in_unknown, c->out_unknown);
	html_end(h);
}

static void similar(struct html *h, const struct report *r,
		    const struct correlate_similar *s)
{
	u32 at = REPORT_NONE;

	for (size_t i = 0; i < r->found->nbuckets && i < REPORT_BUCKETS; i++)
		if (!strcmp(r->found->bucket[i].name, s->bucket))
			at = (u32)i;
	html_el(h, "li");
	if (s->how == CORR_SAME_FUNCTIONS)
		html_text(h, "the same stack as ");
	else if (s->how == CORR_LIKE_FRAMES)
		html_textf(h, "%u %% of the stack of ", s->percent);
	else
		html_text(h, "the same modules on the stack as ");
	if (at != REPORT_NONE) {
		html_box(h, "a", "mono");
		html_attrf(h, "href", "#b%u", at);
	} else {
		html_box(h, "span", "mono");
	}
	html_text(h, s->bucket);
	html_end(h);
	html_end(h);
}

static void bucket_line(struct html *h, const struct report *r,
			const struct correlate_bucket *b)
{
	char from[32], to[32];

	html_box(h, "p", "line");
	html_leaff(h, "b", NULL, "%u dump%s", b->dumps, REPORT_S(b->dumps));
	html_textf(h, " (%u %%)", report_percent(b->dumps, r->found->rows));
	if (*report_day(from, b->first))
		html_textf(h, ", %s%s%s", from, b->last != b->first ? " to " :
			   "", b->last != b->first ? report_day(to, b->last) :
			   "");
	if (b->no_time)
		html_textf(h, ", of %u the time is not known", b->no_time);
	if (b->blame) {
		html_text(h, ", blamed: ");
		html_leaf(h, "span", "mono", b->blame);
	}
	html_end(h);
}

static void bucket(struct html *h, const struct report *r, u32 nr)
{
	const struct correlate_bucket *b = &r->found->bucket[nr];
	size_t n = b->nsimilar < SIMILAR ? b->nsimilar : SIMILAR;

	html_box(h, "article", "bucket");
	html_attrf(h, "id", "b%u", nr);
	html_leaf(h, "h3", "mono", b->name);
	bucket_line(h, r, b);
	if (b->dumps > 1)
		chart_timeline(h, r, tally_find(&r->buckets, b->name));
	if (b->ncorrelations) {
		html_leaf(h, "h4", NULL, "In common, and not elsewhere");
		html_box(h, "ul", "common");
		for (size_t i = 0; i < b->ncorrelations; i++)
			correlation(h, &b->correlation[i]);
		html_end(h);
	}
	if (n) {
		html_leaf(h, "h4", NULL, "Looks like");
		html_box(h, "ul", "common");
		for (size_t i = 0; i < n; i++)
			similar(h, r, &b->similar[i]);
		if (b->nsimilar > n)
			html_leaff(h, "li", "lacking", "%zu more",
				   b->nsimilar - n);
		html_end(h);
	}
	html_box(h, "button", "only js");
	html_attr(h, "type", "button");
	html_attrf(h, "data-k", "b%u", nr);
	html_textf(h, "Show only %s", b->dumps == 1 ? "this dump" :
		   "these dumps");
	html_end(h);
	html_end(h);
}

void page_buckets(struct html *h, const struct report *r)
{
	size_t n = r->found->nbuckets;

	if (!n)
		return;
	heading(h, "buckets", "Buckets");
	for (size_t i = 0; i < n && i < REPORT_BUCKETS; i++) {
		bucket(h, r, (u32)i);
		(void)html_flush(h);
	}
	if (n > REPORT_BUCKETS)
		html_leaff(h, "p", "lacking", "The %u largest of %zu buckets; "
			   "ntriage results buckets lists all.",
			   REPORT_BUCKETS, n);
	if (r->found->no_bucket)
		html_leaff(h, "p", "lacking", "%u file%s in no bucket.",
			   r->found->no_bucket,
			   r->found->no_bucket == 1 ? " is" : "s are");
	if (r->found->cut || r->times_left_out)
		html_leaff(h, "p", "lacking", "Too many at once: %u dumps are "
			   "not in the buckets, %u not in the timelines.",
			   r->found->cut, r->times_left_out);
	html_end(h);
}

/* --- the list -------------------------------------------------------------------------- */

static void chip(struct html *h, char kind, u32 nr, const char *name, u32 n)
{
	html_box(h, "button", "chip");
	html_attr(h, "type", "button");
	html_attr(h, "aria-pressed", "false");
	html_attrf(h, "data-k", "%c%u", kind, nr);
	html_text(h, name);
	html_text(h, " ");
	html_leaff(h, "span", "n", "%u", n);
	html_end(h);
}

static void tally_chips(struct html *h, char kind, const char *what,
			const struct report_tallies *t)
{
	html_box(h, "div", "chips");
	html_attr(h, "role", "group");
	html_attr(h, "aria-label", what);
	for (size_t i = 0; i < t->n && i < PAGE_CHIPS; i++)
		if (t->v[t->order[i]].n)
			chip(h, kind, t->order[i], t->v[t->order[i]].name,
			     t->v[t->order[i]].n);
	html_end(h);
}

static void tools(struct html *h, const struct report *r)
{
	html_box(h, "div", "tools js");
	html_attr(h, "role", "search");
	html_el(h, "label");
	html_attr(h, "for", "q");
	html_text(h, "Search");
	html_end(h);
	html_el(h, "input");
	html_attr(h, "id", "q");
	html_attr(h, "type", "search");
	html_attr(h, "autocomplete", "off");
	html_attr(h, "spellcheck", "false");
	html_attr(h, "placeholder", "path, module, bucket, rule");
	html_end(h);
	html_box(h, "button", "clear");
	html_attr(h, "type", "button");
	html_attr(h, "id", "clear");
	html_text(h, "Clear");
	html_end(h);
	tally_chips(h, 'r', "Rules that fire", &r->rules);
	html_box(h, "div", "chips");
	html_attr(h, "role", "group");
	html_attr(h, "aria-label", "What became of the file");
	for (u32 i = 0; i <= RESULTS_ARCHIVE; i++)
		if (r->outcome[i])
			chip(h, 'o', i, results_outcome_name(i), r->outcome[i]);
	html_end(h);
	tally_chips(h, 'm', "Machines", &r->machines);
	html_box(h, "p", "shown");
	html_attr(h, "id", "shown");
	html_attr(h, "role", "status");
	html_end(h);
	html_end(h);
}

static void keys(struct html *h, const struct report *r,
		 const struct report_row *x)
{
	struct ntr_str k = { .s = NULL };

	ntr_str_printf(&k, "o%u", (unsigned)x->outcome);
	if (x->machine != REPORT_NONE)
		ntr_str_printf(&k, " m%u", x->machine);
	if (x->bucket != REPORT_NONE && r->rank[x->bucket] != REPORT_NONE)
		ntr_str_printf(&k, " b%u", r->rank[x->bucket]);
	for (u32 i = 0; i < x->nfired; i++)
		ntr_str_printf(&k, " r%u", x->fired[i]);
	html_attr(h, "data-k", ntr_str_text(&k));
	ntr_str_fini(&k);
}

static void cell(struct html *h, const char *label, const char *cls)
{
	html_box(h, "td", cls);
	html_attr(h, "data-label", label);
}

static void rules_cell(struct html *h, const struct report *r,
		       const struct report_row *x)
{
	cell(h, "Fires", "rules");
	for (u32 i = 0; i < x->nfired && i < RULES_OF_ROW; i++) {
		html_leaf(h, "span", "fires", r->rules.v[x->fired[i]].name);
		html_text(h, " ");
	}
	if (x->nfired > RULES_OF_ROW)
		html_textf(h, "and %u more", x->nfired - RULES_OF_ROW);
	html_end(h);
}

static void row(struct html *h, const struct report *r,
		const struct report_row *x)
{
	char t[32];

	html_el(h, "tr");
	keys(h, r, x);
	cell(h, "Crashed", "num");
	html_text(h, report_day(t, x->crash_time));
	html_end(h);
	cell(h, "Stop", "stop");
	page_stop(h, x);
	html_end(h);
	rules_cell(h, r, x);
	cell(h, "Bucket", "mono");
	if (x->bucket != REPORT_NONE)
		html_text(h, r->buckets.v[x->bucket].name);
	if (x->error)
		html_leaf(h, "span", "error", x->error);
	html_end(h);
	cell(h, "File", "mono");
	if (x->detail) {
		html_el(h, "a");
		html_attrf(h, "href", "#d%" PRId64, x->id);
		html_text(h, x->path);
		html_end(h);
	} else {
		html_text(h, x->path);
	}
	html_end(h);
	html_end(h);
}

void page_list(struct html *h, const struct report *r)
{
	static const char *const head[] = { "Crashed", "Stop", "Fires",
					    "Bucket", "File" };

	heading(h, "dumps", "Dumps");
	tools(h, r);
	html_box(h, "table", "list");
	html_el(h, "thead");
	html_el(h, "tr");
	for (size_t i = 0; i < NTR_COUNT(head); i++) {
		html_el(h, "th");
		html_attr(h, "scope", "col");
		html_text(h, head[i]);
		html_end(h);
	}
	html_end(h);
	html_end(h);
	html_el(h, "tbody");
	html_attr(h, "id", "rows");
	for (size_t i = 0; i < r->rows.n; i++) {
		row(h, r, &r->rows.v[i]);
		(void)html_flush(h);
	}
	html_end(h);
	html_end(h);
	if (r->rows.n < r->dumps)
		html_leaff(h, "p", "lacking", "The newest %zu of %u files; a "
			   "filter shows others.", r->rows.n, r->dumps);
	html_end(h);
}
