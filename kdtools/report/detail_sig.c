// SPDX-License-Identifier: Apache-2.0
/* What the rules say of one dump. */
#include "page.h"

#include <inttypes.h>
#include <string.h>

#define SHOWN 20u /* near misses; rules that cannot tell */

static const char *text(yajl_val v, const char *key)
{
	const char *s = verdict_str(v, key);

	return s ? s : "";
}

static bool is(yajl_val s, const char *result)
{
	return !strcmp(text(s, "result"), result);
}

static void name(struct html *h, yajl_val s)
{
	html_leaf(h, "b", "mono", text(s, "id"));
	html_text(h, " ");
	html_text(h, text(s, "title"));
}

static void evidence(struct html *h, yajl_val s)
{
	size_t n = verdict_count(s, "evidence");

	if (!n)
		return;
	html_box(h, "ul", "evidence");
	for (size_t i = 0; i < n; i++) {
		yajl_val e = verdict_at(s, "evidence", i);

		html_el(h, "li");
		html_leaf(h, "code", NULL, text(e, "fact"));
		html_text(h, " is ");
		html_leaf(h, "code", NULL, text(e, "value"));
		html_end(h);
	}
	html_end(h);
}

static void fired(struct html *h, yajl_val s)
{
	s64 confidence;

	html_box(h, "div", "rule");
	html_box(h, "p", "rulename");
	name(h, s);
	if (verdict_int(s, "confidence", &confidence)) {
		html_text(h, " ");
		html_leaff(h, "span", "badge", "%" PRId64 " %%", confidence);
	}
	if (verdict_str(s, "severity")) {
		html_text(h, " ");
		html_leaf(h, "span", "badge", text(s, "severity"));
	}
	html_end(h);
	if (verdict_str(s, "say"))
		html_leaf(h, "p", NULL, text(s, "say"));
	evidence(h, s);
	for (size_t i = 0; i < verdict_count(s, "advice"); i++) {
		html_box(h, "p", "advice");
		html_leaf(h, "b", NULL, "What to do: ");
		html_text(h, verdict_str_at(s, "advice", i));
		html_end(h);
	}
	if (verdict_str(s, "confidence_why"))
		html_leaff(h, "p", "why", "Confidence: %s",
			   text(s, "confidence_why"));
	if (verdict_str(s, "superseded_by"))
		html_leaff(h, "p", "why", "%s says more",
			   text(s, "superseded_by"));
	html_end(h);
}

static void near_miss(struct html *h, yajl_val s)
{
	html_el(h, "li");
	name(h, s);
	html_box(h, "span", "because");
	html_text(h, "not so: ");
	html_leaf(h, "code", NULL, text(s, "failed"));
	if (verdict_str(s, "got"))
		html_textf(h, ", %s", text(s, "got"));
	html_end(h);
	html_end(h);
}

static void cannot_tell(struct html *h, yajl_val s)
{
	size_t n = verdict_count(s, "missing");

	html_el(h, "li");
	name(h, s);
	for (size_t i = 0; i < n; i++) {
		yajl_val m = verdict_at(s, "missing", i);

		html_box(h, "span", "because");
		html_leaf(h, "code", NULL, text(m, "fact"));
		html_textf(h, ": %s", text(m, "why"));
		html_end(h);
	}
	html_end(h);
}

static void some(struct html *h, yajl_val v, const char *what,
		 const char *result, void (*show)(struct html *, yajl_val))
{
	size_t all = verdict_count(v, "signatures"), n = 0;
	bool near = !strcmp(result, "silent");

	for (size_t i = 0; i < all; i++) {
		yajl_val s = verdict_at(v, "signatures", i);

		if (!is(s, result) || (near && !verdict_true(s, "near_miss")))
			continue;
		if (!n++) {
			html_box(h, "details", "fold");
			html_leaf(h, "summary", NULL, what);
			html_el(h, "ul");
		}
		if (n <= SHOWN)
			show(h, s);
	}
	if (!n)
		return;
	if (n > SHOWN)
		html_leaff(h, "li", "lacking", "%zu more", n - SHOWN);
	html_end(h);
	html_end(h);
}

void page_signatures(struct html *h, yajl_val v)
{
	size_t n = verdict_count(v, "signatures");

	if (!n)
		return;
	html_leaf(h, "h4", NULL, "Signatures");
	for (size_t i = 0; i < n; i++)
		if (is(verdict_at(v, "signatures", i), "fires"))
			fired(h, verdict_at(v, "signatures", i));
	some(h, v, "Near misses", "silent", near_miss);
	some(h, v, "Cannot tell", "unknown", cannot_tell);
}
