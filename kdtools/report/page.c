// SPDX-License-Identifier: Apache-2.0
/* The page as a whole: head, summary, the details one after the other. */
#include "page.h"

#include "chart.h"
#include "gen_page.h"

#include <inttypes.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_OF_A_KIND 12u

/* --- head --------------------------------------------------------------------------- */

static void policy(struct html *h)
{
	char b64[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = "";
	u8 sum[SHA256_DIGEST_SIZE];
	struct sha256_ctx c;

	sha256_init(&c);
	sha256_update(&c, sizeof(page_js) - 1, (const u8 *)page_js);
	sha256_digest(&c, sizeof(sum), sum);
	base64_encode_raw(b64, sizeof(sum), sum);
	html_el(h, "meta");
	html_attr(h, "http-equiv", "Content-Security-Policy");
	html_attrf(h, "content", "default-src 'none'; style-src "
		   "'unsafe-inline'; script-src 'sha256-%s'; base-uri 'none'; "
		   "form-action 'none'", b64);
	html_end(h);
}

static void meta(struct html *h, const char *name, const char *content)
{
	html_el(h, "meta");
	html_attr(h, "name", name);
	html_attr(h, "content", content);
	html_end(h);
}

static const char *title_of(const struct report *r, const struct report_opts *o)
{
	if (o->title)
		return o->title;
	return r->dumps == 1 && r->rows.n ? r->rows.v[0].path : "Crash dumps";
}

static void head(struct html *h, const struct report *r,
		 const struct report_opts *o)
{
	ntr_str_add(&h->o->buf, "<!DOCTYPE html>\n");
	html_el(h, "html");
	html_attr(h, "lang", "en");
	html_el(h, "head");
	html_el(h, "meta");
	html_attr(h, "charset", "utf-8");
	html_end(h);
	policy(h);
	meta(h, "viewport", "width=device-width, initial-scale=1");
	meta(h, "color-scheme", "light dark");
	meta(h, "referrer", "no-referrer");
	meta(h, "generator", "ntriage " NTR_VERSION);
	html_leaff(h, "title", NULL, "%s - ntriage", title_of(r, o));
	html_el(h, "style");
	html_code(h, page_css);
	html_end(h);
	html_end(h);
}

static void nav_link(struct html *h, const char *to, const char *text)
{
	html_el(h, "a");
	html_attr(h, "href", to);
	html_text(h, text);
	html_end(h);
}

static void banner(struct html *h, const struct report *r,
		   const struct report_opts *o)
{
	bool many = r->dumps != 1;

	html_box(h, "a", "skip");
	html_attr(h, "href", "#main");
	html_text(h, "Skip to the report");
	html_end(h);
	html_box(h, "header", "top");
	html_leaf(h, "p", "brand", "ntriage report");
	html_leaf(h, "h1", many ? NULL : "path", title_of(r, o));
	if (many && (o->where || o->filter)) {
		html_box(h, "p", "sub");
		if (o->where)
			html_leaff(h, "span", NULL, "Store %s", o->where);
		if (o->filter)
			html_leaff(h, "code", NULL, "%s", o->filter);
		html_end(h);
	}
	if (many && r->dumps) {
		html_el(h, "nav");
		html_attr(h, "aria-label", "Sections");
		nav_link(h, "#summary", "Summary");
		if (r->found->nbuckets)
			nav_link(h, "#buckets", "Buckets");
		nav_link(h, "#dumps", "Dumps");
		if (r->details)
			nav_link(h, "#details", "Details");
		html_end(h);
	}
	html_end(h);
}

/* --- summary ------------------------------------------------------------------------- */

static void figure(struct html *h, u64 n, const char *cls, const char *what)
{
	html_box(h, "li", cls);
	html_leaff(h, "b", NULL, "%" PRIu64, n);
	html_leaf(h, "span", NULL, what);
	html_end(h);
}

static u32 with_problem(const struct report *r)
{
	return r->outcome[RESULTS_UNREADABLE] + r->outcome[RESULTS_DAMAGED] +
	       r->outcome[RESULTS_TIMEOUT] + r->outcome[RESULTS_MEMORY] +
	       r->outcome[RESULTS_CRASH];
}

static void figures(struct html *h, const struct report *r)
{
	html_box(h, "ul", "figures");
	figure(h, r->dumps, NULL, r->dumps == 1 ? "file" : "files");
	figure(h, r->found->nbuckets, NULL, r->found->nbuckets == 1 ?
	       "failure bucket" : "failure buckets");
	figure(h, r->fired, r->fired ? "hot" : NULL, "with a rule that fires");
	figure(h, r->unknown, NULL, "where a rule cannot tell");
	figure(h, with_problem(r), with_problem(r) ? "warn" : NULL,
	       "could not be judged");
	html_end(h);
}

static void count_row(struct html *h, const char *name, const char *more,
		      u32 n, u32 all, const char *cls)
{
	html_el(h, "tr");
	html_el(h, "th");
	html_attr(h, "scope", "row");
	html_text(h, name);
	if (more)
		html_leaf(h, "span", "more", more);
	html_end(h);
	html_leaff(h, "td", "num", "%u", n);
	html_box(h, "td", "share");
	chart_bar(h, n, all, cls);
	html_end(h);
	html_end(h);
}

static void count_head(struct html *h, const char *what)
{
	html_box(h, "section", "counts");
	html_leaf(h, "h3", NULL, what);
	html_el(h, "table");
	html_el(h, "tbody");
}

static void count_end(struct html *h, size_t left_out)
{
	html_end(h);
	html_end(h);
	if (left_out)
		html_leaff(h, "p", "lacking", "%zu more", left_out);
	html_end(h);
}

static void tallies(struct html *h, const struct report *r, const char *what,
		    const struct report_tallies *t, const char *cls)
{
	size_t n = t->n < SHOWN_OF_A_KIND ? t->n : SHOWN_OF_A_KIND, some = 0;
	size_t all = 0;

	for (size_t i = 0; i < t->n; i++)
		all += t->v[i].n != 0;
	if (!all)
		return;
	count_head(h, what);
	for (size_t i = 0; i < n; i++) {
		const struct report_tally *x = &t->v[t->order[i]];

		if (!x->n)
			continue;
		count_row(h, x->name, x->more, x->n, r->dumps, cls);
		some++;
	}
	count_end(h, all - some);
}

static void outcomes(struct html *h, const struct report *r)
{
	count_head(h, "What became of the files");
	for (unsigned i = 0; i <= RESULTS_ARCHIVE; i++)
		if (r->outcome[i])
			count_row(h, results_outcome_name(i), NULL,
				  r->outcome[i], r->dumps,
				  i == RESULTS_JUDGED ? "fill" : "dim");
	count_end(h, 0);
}

static void span(struct html *h, const struct report *r,
		 const struct report_opts *o)
{
	char a[32], b[32];

	if (r->first) {
		html_box(h, "p", "span");
		html_textf(h, "Crashes from %s to %s", report_day(a, r->first),
			   report_day(b, r->last));
		if (r->no_time)
			html_textf(h, "; of %u the time is not known",
				   r->no_time);
		if (o->where && r->judged_last)
			html_textf(h, ". Judged from %s to %s",
				   report_minute(a, r->judged_first),
				   report_minute(b, r->judged_last));
		html_text(h, ".");
		html_end(h);
		chart_timeline(h, r, REPORT_NONE);
	}
}

static void summary(struct html *h, const struct report *r,
		    const struct report_opts *o)
{
	html_el(h, "section");
	html_attr(h, "id", "summary");
	html_attr(h, "aria-labelledby", "h-summary");
	html_el(h, "h2");
	html_attr(h, "id", "h-summary");
	html_text(h, "Summary");
	html_end(h);
	figures(h, r);
	span(h, r, o);
	html_box(h, "div", "columns");
	tallies(h, r, "Rules that fire", &r->rules, "alarm");
	outcomes(h, r);
	tallies(h, r, "Machines", &r->machines, "fill");
	tallies(h, r, "Systems", &r->systems, "fill");
	html_end(h);
	html_end(h);
}

/* --- details ------------------------------------------------------------------------- */

static enum ntr_st one_detail(struct html *h, struct report *r,
			      const struct report_row *row, struct ntr_err *e)
{
	struct results_dump d;
	struct detail x = { .row = row, .d = &d, .alone = r->dumps == 1 };
	enum ntr_st st = results_get(r->store, row->id, &d, e);

	if (st)
		return st;
	x.v = verdict_parse(d.json);
	page_detail(h, r, &x);
	yajl_tree_free(x.v);
	return html_flush(h) ? NTR_OK : ntr_fail(e, NTR_IO, "cannot write");
}

static enum ntr_st details(struct html *h, struct report *r, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	if (r->dumps != 1) {
		html_el(h, "section");
		html_attr(h, "id", "details");
		html_attr(h, "aria-labelledby", "h-details");
		html_el(h, "h2");
		html_attr(h, "id", "h-details");
		html_text(h, "Details");
		html_end(h);
		if (r->details < r->dumps)
			html_leaff(h, "p", "lacking", "Of %u of %u files: up "
				   "to %u of each bucket, then the newest. "
				   "--details N says how many; ntriage results "
				   "show prints any.", r->details, r->dumps,
				   REPORT_OF_BUCKET);
	}
	for (size_t i = 0; i < r->rows.n && !st; i++)
		if (r->rows.v[i].detail)
			st = one_detail(h, r, &r->rows.v[i], e);
	if (r->dumps != 1)
		html_end(h);
	return st;
}

static void foot(struct html *h, const struct report_opts *o)
{
	html_el(h, "footer");
	html_textf(h, "Made by ntriage %s%s. This file loads nothing from "
		   "anywhere.", NTR_VERSION, o->where ? " from what the store "
		   "holds" : "");
	html_end(h);
	html_el(h, "script");
	html_code(h, page_js);
	html_end(h);
}

enum ntr_st report_html(struct report *r, const struct report_opts *o,
			struct ntr_out *out, struct ntr_err *e)
{
	struct html h = { .o = out };
	enum ntr_st st = NTR_OK;

	head(&h, r, o);
	html_el(&h, "body");
	banner(&h, r, o);
	html_el(&h, "main");
	html_attr(&h, "id", "main");
	if (!r->dumps)
		html_leaf(&h, "p", NULL, "There are no results.");
	if (r->dumps > 1) {
		summary(&h, r, o);
		page_buckets(&h, r);
		page_list(&h, r);
	}
	if (r->details)
		st = details(&h, r, e);
	html_end(&h);
	foot(&h, o);
	while (h.depth)
		html_end(&h);
	if (!st && !ntr_out_flush(out))
		st = ntr_fail(e, NTR_IO, "cannot write the report");
	return st;
}
