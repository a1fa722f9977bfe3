// SPDX-License-Identifier: Apache-2.0
/* One dump: what the verdict says, in the order of the text report. */
#include "chart.h"
#include "page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void page_pair(struct html *h, const char *term, const char *s)
{
	if (!s || !*s)
		return;
	html_el(h, "div");
	html_leaf(h, "dt", NULL, term);
	html_leaf(h, "dd", NULL, s);
	html_end(h);
}

void page_pairf(struct html *h, const char *term, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	page_pair(h, term, text);
}

/* A list of texts; nothing when it is empty. */
static void texts(struct html *h, const char *cls, yajl_val v, const char *key)
{
	size_t n = verdict_count(v, key);

	if (!n)
		return;
	html_box(h, "ul", cls);
	for (size_t i = 0; i < n; i++)
		html_leaf(h, "li", NULL, verdict_str_at(v, key, i));
	html_end(h);
}

static void told(struct html *h, const char *name, const char *cls,
		 const char *what, const char *text)
{
	html_box(h, name, cls);
	html_text(h, what);
	html_text(h, text ? text : "?");
	html_end(h);
}

static void heading(struct html *h, const char *text)
{
	html_leaf(h, "h4", NULL, text);
}

/* --- bug check ------------------------------------------------------------------------ */

static void parameters(struct html *h, yajl_val b)
{
	html_box(h, "table", "params");
	html_el(h, "tbody");
	for (size_t i = 0; i < verdict_count(b, "parameters") && i < 4; i++) {
		yajl_val t = verdict_at(b, "parameter_texts", i);
		const char *value = verdict_str(t, "value");

		html_el(h, "tr");
		html_leaff(h, "th", NULL, "%zu", i + 1);
		html_leaf(h, "td", "mono", verdict_str_at(b, "parameters", i));
		html_el(h, "td");
		html_text(h, verdict_str(t, "meaning"));
		if (value)
			html_leaf(h, "span", "value", value);
		html_end(h);
		html_end(h);
	}
	html_end(h);
	html_end(h);
}

static void bare_parameters(struct html *h, const struct results_dump *d)
{
	if (!d->has_code)
		return;
	html_box(h, "table", "params");
	html_el(h, "tbody");
	for (unsigned i = 0; i < 4; i++) {
		html_el(h, "tr");
		html_leaff(h, "th", NULL, "%u", i + 1);
		html_leaff(h, "td", "mono", "0x%" PRIx64, d->arg[i]);
		html_end(h);
	}
	html_end(h);
	html_end(h);
}

static void bugcheck(struct html *h, const struct detail *x)
{
	yajl_val b = verdict_get(x->v, "bugcheck");
	const char *mark = verdict_str(b, "tool_mark");

	heading(h, "Bug check");
	html_box(h, "p", "stopline");
	page_stop(h, x->row);
	html_end(h);
	if (verdict_str(b, "explanation"))
		html_leaf(h, "p", NULL, verdict_str(b, "explanation"));
	if (mark)
		html_leaff(h, "p", NULL, "The code is no bug check, but the "
			   "mark of %s.", mark);
	if (YAJL_IS_OBJECT(b))
		parameters(h, b);
	else
		bare_parameters(h, x->d);
}

static void exception(struct html *h, yajl_val v)
{
	yajl_val x = verdict_get(v, "exception");
	const char *name = verdict_str(x, "name"), *code, *access, *data, *at;

	code = verdict_str(x, "code");
	access = verdict_str(x, "access");
	data = verdict_str(x, "data");
	at = verdict_str(x, "address");
	if (!code && !at)
		return;
	html_el(h, "p");
	html_textf(h, "Exception %s", name ? name : "");
	if (code)
		html_leaff(h, "code", NULL, " %s", code);
	if (at) {
		html_text(h, " at ");
		html_leaf(h, "code", NULL, at);
	}
	if (access && data) {
		html_textf(h, ", %s of ", access);
		html_leaf(h, "code", NULL, data);
	}
	html_text(h, ".");
	html_end(h);
}

/* --- blame ------------------------------------------------------------------------------ */

static void culprit(struct html *h, yajl_val b)
{
	const char *image = verdict_str(b, "image");
	const char *module = verdict_str(b, "module");
	const char *f = verdict_str(b, "function");
	const char *off = verdict_str(b, "offset");
	const char *confidence = verdict_str(b, "confidence");

	html_box(h, "p", "blame");
	html_text(h, "Probably caused by ");
	html_leaf(h, "b", "mono", image ? image : module);
	if (f || off) {
		html_text(h, " ");
		html_leaff(h, "code", NULL, "%s%s%s%s%s", module, f ? "!" : "", f ? f : "",
			   off ? "+" : "", off ? off : "");
	}
	if (confidence) {
		html_text(h, " ");
		html_leaff(h, "span", "badge", "%s confidence", confidence);
	}
	html_end(h);
}

static void blame(struct html *h, const struct detail *x)
{
	yajl_val b = verdict_get(x->v, "blame");
	const char *reason = verdict_str(b, "reason");
	const char *note = verdict_str(b, "note");
	size_t n = verdict_count(b, "skipped");

	if (verdict_str(b, "module"))
		culprit(h, b);
	else if (x->d->blame)
		html_leaff(h, "p", "blame", "Probably caused by %s",
			   x->d->blame);
	else if (x->v)
		html_leaf(h, "p", "blame", "Nobody can be named.");
	if (reason)
		html_leaf(h, "p", "why", reason);
	if (note && (!reason || strcmp(note, reason)))
		html_leaf(h, "p", "why", note);
	if (verdict_str(x->v, "hardware_hint"))
		html_leaf(h, "p", "why", verdict_str(x->v, "hardware_hint"));
	if (!n)
		return;
	html_box(h, "details", "fold");
	html_leaff(h, "summary", NULL, "%zu frame%s passed over", n,
		   REPORT_S(n));
	html_el(h, "ul");
	for (size_t i = 0; i < n; i++) {
		yajl_val s = verdict_at(b, "skipped", i);
		s64 frame = 0;

		if (verdict_int(s, "frame", &frame))
			html_leaff(h, "li", NULL, "frame %" PRId64 ": %s",
				   frame, verdict_str(s, "reason") ?
				   verdict_str(s, "reason") : "");
	}
	html_end(h);
	html_end(h);
}

/* --- hang, pool, what is missing ---------------------------------------------------------- */

static void hang(struct html *h, yajl_val v, s64 id)
{
	yajl_val g = verdict_get(v, "hang");
	size_t n = verdict_count(g, "findings");
	const char *kind = verdict_str(g, "kind");

	if (!kind || (!n && !strcmp(kind, "none")))
		return;
	heading(h, "Hang");
	html_box(h, n ? "div" : "details", n ? NULL : "fold");
	if (!n)
		html_leaf(h, "summary", NULL, verdict_str(g, "text"));
	for (size_t i = 0; i < n; i++) {
		yajl_val f = verdict_at(g, "findings", i);

		html_leaf(h, "p", "finding", verdict_str(f, "text"));
		texts(h, "evidence", f, "evidence");
	}
	chart_waits(h, verdict_get(g, "graph"), id);
	if (verdict_str(g, "looked_at"))
		html_leaff(h, "p", "lacking", "Looked at: %s",
			   verdict_str(g, "looked_at"));
	for (size_t i = 0; i < verdict_count(g, "unknown"); i++)
		told(h, "p", "lacking", "Cannot be told: ",
		     verdict_str_at(g, "unknown", i));
	html_end(h);
}

static void pool_tag(struct html *h, yajl_val t)
{
	size_t n = verdict_count(t, "evidence");
	const char *verdict = verdict_str(t, "verdict");

	if (!verdict || !strcmp(verdict, "normal"))
		return;
	html_leaff(h, "p", "finding", "%s: %s", verdict_str(t, "tag") ?
		   verdict_str(t, "tag") : "?", verdict);
	html_box(h, "ul", "evidence");
	for (size_t i = 0; i < n; i++)
		html_leaf(h, "li", NULL, verdict_str(verdict_at(t, "evidence",
								i), "text"));
	for (size_t i = 0; i < verdict_count(t, "cannot_tell"); i++)
		told(h, "li", NULL, "Cannot tell ",
		     verdict_str_at(t, "cannot_tell", i));
	html_end(h);
}

static bool pool_known(yajl_val p)
{
	return verdict_count(p, "tags") ||
	       verdict_str(verdict_get(p, "nonpaged"), "pressure") ||
	       verdict_str(verdict_get(p, "paged"), "pressure");
}

static void pool(struct html *h, yajl_val v)
{
	yajl_val p = verdict_get(v, "pool");

	if (!pool_known(p))
		return;
	heading(h, "Pool");
	chart_pool(h, p);
	for (size_t i = 0; i < verdict_count(p, "tags"); i++)
		pool_tag(h, verdict_at(p, "tags", i));
	if (verdict_str(p, "tags_lacking"))
		html_leaff(h, "p", "lacking", "Tags: %s",
			   verdict_str(p, "tags_lacking"));
}

static void missing(struct html *h, yajl_val v)
{
	size_t n = verdict_count(v, "missing");
	yajl_val f = verdict_get(v, "file");

	if (n) {
		heading(h, "What is missing");
		html_box(h, "ul", "missing");
		for (size_t i = 0; i < n; i++) {
			yajl_val m = verdict_at(v, "missing", i);
			const char *supply = verdict_str(m, "supply");

			html_el(h, "li");
			html_text(h, verdict_str(m, "what"));
			if (supply)
				html_leaff(h, "span", "supply", "%s", supply);
			html_end(h);
		}
		html_end(h);
	}
	if (verdict_count(f, "notes")) {
		heading(h, "Notes on the file");
		texts(h, "missing", f, "notes");
	}
}

/* --- notes of people ----------------------------------------------------------------------- */

struct noting {
	struct html *h;
	bool some;
};

static void note_text(struct html *h, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n");

		html_textn(h, s, n);
		s += n;
		if (!*s)
			return;
		s++;
		html_el(h, "br");
		html_end(h);
	}
}

static bool on_note(void *ctx, const struct results_note_row *n)
{
	struct noting *x = ctx;
	char t[32];

	if (!x->some)
		heading(x->h, "Notes");
	x->some = true;
	html_box(x->h, "p", "note");
	note_text(x->h, n->text ? n->text : "");
	html_box(x->h, "span", "by");
	html_textf(x->h, "%s%s%s", n->by ? n->by : "", n->by ? ", " : "",
		   report_minute(t, n->at));
	html_end(x->h);
	html_end(x->h);
	return true;
}

/* --- all of it ------------------------------------------------------------------------------ */

static void title(struct html *h, const struct detail *x)
{
	html_el(h, "summary");
	html_box(h, "span", "stop");
	page_stop(h, x->row);
	html_end(h);
	html_text(h, " ");
	html_leaf(h, "span", "path", x->row->path);
	if (x->row->nfired) {
		html_text(h, " ");
		html_leaff(h, "span", "fires", "%u rule%s", x->row->nfired,
			   x->row->nfired == 1 ? " fires" : "s fire");
	}
	html_end(h);
}

void page_detail(struct html *h, const struct report *r,
		 const struct detail *x)
{
	struct noting n = { .h = h };

	html_box(h, "details", "dump");
	html_attrf(h, "id", "d%" PRId64, x->row->id);
	if (x->alone)
		html_attr(h, "open", NULL);
	title(h, x);
	html_box(h, "article", "verdict");
	html_attrf(h, "aria-label", "Dump %" PRId64, x->row->id);
	if (x->row->error)
		html_leaf(h, "p", "error", x->row->error);
	blame(h, x);
	page_signatures(h, x->v);
	bugcheck(h, x);
	exception(h, x->v);
	page_stack(h, x->v);
	hang(h, x->v, x->row->id);
	pool(h, x->v);
	page_machine(h, x);
	missing(h, x->v);
	if (results_notes(r->store, x->row->id, on_note, &n, NULL))
		html_leaf(h, "p", "lacking", "The notes cannot be read.");
	if (!x->v && x->d->json)
		html_leaf(h, "p", "lacking", "The verdict in the store cannot "
			  "be read.");
	html_end(h);
	html_end(h);
}
