// SPDX-License-Identifier: Apache-2.0
/*
 * Markdown for tickets.  What a dump contains stands in code spans and indented
 * code, or is escaped, so that it can neither be markup nor HTML, nor mention
 * or link to anybody.
 */
#include "report.h"
#include "html.h"
#include "verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FRAMES 32u
#define BUCKETS 20u
#define MISSING 10u

struct md {
	struct ntr_str *s;
};

static void put(struct md *m, const char *fmt, ...) NTR_PRINTF(2, 3);
static void put(struct md *m, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ntr_str_add(m->s, text);
}

/* A code span that holds backticks has more of them around. */
static void code(struct md *m, const char *text)
{
	struct ntr_str t = { .s = NULL };
	size_t most = 0, run = 0;

	text_clean(&t, text ? text : "?", strlen(text ? text : "?"));
	for (const char *p = ntr_str_text(&t); *p; p++) {
		run = *p == '`' ? run + 1 : 0;
		most = run > most ? run : most;
	}
	for (size_t i = 0; i <= most; i++)
		ntr_str_add(m->s, "`");
	put(m, "%s", most ? " " : "");
	ntr_str_add(m->s, t.len ? ntr_str_text(&t) : " ");
	put(m, "%s", most ? " " : "");
	for (size_t i = 0; i <= most; i++)
		ntr_str_add(m->s, "`");
	ntr_str_fini(&t);
}

static void one(struct md *m, char c, bool lead, bool www)
{
	if (c == '&')
		ntr_str_add(m->s, "&amp;");
	else if (c == '<')
		ntr_str_add(m->s, "&lt;");
	else if (c == '>')
		ntr_str_add(m->s, "&gt;");
	else if (c == '@')
		ntr_str_add(m->s, "&#64;");
	else if (c == ':')
		ntr_str_add(m->s, "\\:");
	else if (strchr("\\`*_{}[]#|~", c) ||
		 (lead && strchr("-+=.)", c)) || (www && c == '.'))
		put(m, "\\%c", c);
	else
		ntr_str_addn(m->s, &c, 1);
}

/* An underline within a word is no emphasis. */
static bool within(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static void prose(struct md *m, const char *text)
{
	struct ntr_str t = { .s = NULL };
	const char *s;
	bool lead = true;

	text_clean(&t, text ? text : "", strlen(text ? text : ""));
	s = ntr_str_text(&t);
	for (size_t i = 0; s[i]; i++) {
		/* A colon is harmless but in what looks like a link. */
		if ((s[i] == ':' && s[i + 1] != '/') ||
		    (s[i] == '_' && i && within(s[i - 1]) && within(s[i + 1])))
			ntr_str_addn(m->s, &s[i], 1);
		else
			one(m, s[i], lead, i >= 3 && (s[i - 1] | 32) == 'w');
		lead = lead && s[i] >= '0' && s[i] <= '9';
	}
	ntr_str_fini(&t);
}

/* --- one dump: a ticket -------------------------------------------------------------- */

static void stop_name(struct md *m, const struct results_dump *d)
{
	if (d->has_code)
		put(m, "0x%X ", d->code);
	if (d->code_name)
		prose(m, d->code_name);
	else if (!d->has_code)
		put(m, "%s", results_outcome_name(d->outcome));
}

static void item(struct md *m, const char *what, const char *text)
{
	if (!text || !*text)
		return;
	put(m, "- %s: ", what);
	code(m, text);
	put(m, "\n");
}

static void facts(struct md *m, const struct results_dump *d)
{
	char t[32];

	item(m, "File", d->path);
	item(m, "System", d->os);
	item(m, "Machine", d->machine);
	item(m, "Crashed", report_minute(t, d->crash_time));
	item(m, "Process", d->process);
	item(m, "Bucket", d->bucket);
	item(m, "Error", d->error);
	put(m, "\n");
}

static void blame(struct md *m, const struct results_dump *d, yajl_val v)
{
	yajl_val b = verdict_get(v, "blame");
	const char *module = verdict_str(b, "module");
	const char *f = verdict_str(b, "function");

	if (!module && !d->blame)
		return;
	put(m, "**Probably caused by** ");
	code(m, verdict_str(b, "image") ? verdict_str(b, "image") :
	     module ? module : d->blame);
	if (f) {
		put(m, " in ");
		code(m, f);
	}
	if (verdict_str(b, "confidence")) {
		put(m, ", confidence ");
		prose(m, verdict_str(b, "confidence"));
	}
	if (verdict_str(b, "reason")) {
		put(m, ": ");
		prose(m, verdict_str(b, "reason"));
	}
	put(m, "\n\n");
}

static void fired(struct md *m, yajl_val s)
{
	s64 confidence;

	put(m, "- ");
	code(m, verdict_str(s, "id"));
	put(m, " ");
	prose(m, verdict_str(s, "title"));
	if (verdict_int(s, "confidence", &confidence))
		put(m, " (%" PRId64 " %%)", confidence);
	put(m, "\n");
	if (verdict_str(s, "say")) {
		put(m, "  - Says: ");
		prose(m, verdict_str(s, "say"));
		put(m, "\n");
	}
	for (size_t i = 0; i < verdict_count(s, "evidence"); i++) {
		yajl_val e = verdict_at(s, "evidence", i);

		put(m, "  - Evidence: ");
		code(m, verdict_str(e, "fact"));
		put(m, " is ");
		code(m, verdict_str(e, "value"));
		put(m, "\n");
	}
	for (size_t i = 0; i < verdict_count(s, "advice"); i++) {
		put(m, "  - What to do: ");
		prose(m, verdict_str_at(s, "advice", i));
		put(m, "\n");
	}
}

static void signatures(struct md *m, yajl_val v)
{
	size_t n = verdict_count(v, "signatures"), some = 0;

	for (size_t i = 0; i < n; i++) {
		yajl_val s = verdict_at(v, "signatures", i);
		const char *result = verdict_str(s, "result");

		if (!result || strcmp(result, "fires"))
			continue;
		if (!some++)
			put(m, "## Rules that fire\n\n");
		fired(m, s);
	}
	if (some)
		put(m, "\n");
}

static void bugcheck(struct md *m, const struct results_dump *d, yajl_val v)
{
	yajl_val b = verdict_get(v, "bugcheck");

	if (!d->has_code)
		return;
	put(m, "## Bug check\n\n");
	if (verdict_str(b, "explanation")) {
		prose(m, verdict_str(b, "explanation"));
		put(m, "\n\n");
	}
	for (unsigned i = 0; i < 4; i++) {
		yajl_val t = verdict_at(b, "parameter_texts", i);

		put(m, "%u. `0x%" PRIx64 "`", i + 1, d->arg[i]);
		if (verdict_str(t, "meaning")) {
			put(m, " ");
			prose(m, verdict_str(t, "meaning"));
		}
		if (verdict_str(t, "value")) {
			put(m, ": ");
			code(m, verdict_str(t, "value"));
		}
		put(m, "\n");
	}
	put(m, "\n");
}

static void frame(struct md *m, size_t nr, yajl_val f)
{
	const char *module = verdict_str(f, "module");
	const char *function = verdict_str(f, "function");
	const char *off = verdict_str(f, function ? "displacement" : "offset");
	const char *trust = verdict_str(f, "trust");
	struct ntr_str s = { .s = NULL };

	ntr_str_printf(&s, "%02zu %-8.8s %s%s%s", nr, trust ? trust : "?",
		       module ? module : verdict_str(f, "ip") ?
		       verdict_str(f, "ip") : "?", module && function ? "!" :
		       "", module && function ? function : "");
	if (module && off)
		ntr_str_printf(&s, "+%s", off);
	put(m, "    ");
	text_clean(m->s, ntr_str_text(&s), s.len);
	put(m, "\n");
	ntr_str_fini(&s);
}

static void stack(struct md *m, yajl_val v)
{
	size_t n = verdict_count(v, "stack");

	if (!n)
		return;
	put(m, "## Stack\n\n");
	for (size_t i = 0; i < n && i < FRAMES; i++)
		frame(m, i, verdict_at(v, "stack", i));
	if (n > FRAMES)
		put(m, "\n%zu more frames are left out.\n", n - FRAMES);
	put(m, "\n");
}

static void hang(struct md *m, yajl_val v)
{
	yajl_val g = verdict_get(v, "hang");
	size_t n = verdict_count(g, "findings");

	if (!n)
		return;
	put(m, "## Hang\n\n");
	for (size_t i = 0; i < n; i++) {
		yajl_val f = verdict_at(g, "findings", i);

		put(m, "- ");
		prose(m, verdict_str(f, "text"));
		put(m, "\n");
		for (size_t k = 0; k < verdict_count(f, "evidence"); k++) {
			put(m, "  - ");
			prose(m, verdict_str_at(f, "evidence", k));
			put(m, "\n");
		}
	}
	put(m, "\n");
}

static void missing(struct md *m, yajl_val v)
{
	size_t n = verdict_count(v, "missing");

	if (!n)
		return;
	put(m, "## What is missing\n\n");
	for (size_t i = 0; i < n && i < MISSING; i++) {
		yajl_val x = verdict_at(v, "missing", i);

		put(m, "- ");
		prose(m, verdict_str(x, "what"));
		if (verdict_str(x, "supply")) {
			put(m, ": ");
			prose(m, verdict_str(x, "supply"));
		}
		put(m, "\n");
	}
	if (n > MISSING)
		put(m, "- %zu more\n", n - MISSING);
	put(m, "\n");
}

static enum ntr_st ticket(struct md *m, struct report *r,
			  const struct report_opts *o, struct ntr_err *e)
{
	struct results_dump d;
	enum ntr_st st = results_get(r->store, r->rows.v[0].id, &d, e);
	yajl_val v;

	if (st)
		return st;
	v = verdict_parse(d.json);
	put(m, "# ");
	if (o->title)
		prose(m, o->title);
	else
		stop_name(m, &d);
	put(m, "\n\n");
	facts(m, &d);
	blame(m, &d, v);
	signatures(m, v);
	bugcheck(m, &d, v);
	stack(m, v);
	hang(m, v);
	missing(m, v);
	yajl_tree_free(v);
	return NTR_OK;
}

/* --- many dumps ----------------------------------------------------------------------- */

static void counts(struct md *m, const struct report *r,
		   const struct report_opts *o)
{
	char a[32], b[32];

	put(m, "# ");
	prose(m, o->title ? o->title : "Crash dumps");
	put(m, "\n\n- %u file%s, %zu failure bucket%s\n", r->dumps,
	    REPORT_S(r->dumps), r->found->nbuckets,
	    REPORT_S(r->found->nbuckets));
	put(m, "- %u with a rule that fires, %u where one cannot tell\n",
	    r->fired, r->unknown);
	for (unsigned i = 0; i <= RESULTS_ARCHIVE; i++)
		if (r->outcome[i])
			put(m, "- %s: %u\n", results_outcome_name(i),
			    r->outcome[i]);
	if (r->first)
		put(m, "- Crashes from %s to %s\n", report_day(a, r->first),
		    report_day(b, r->last));
	if (o->filter) {
		put(m, "- Filter: ");
		code(m, o->filter);
		put(m, "\n");
	}
	put(m, "\n");
}

static void rules(struct md *m, const struct report *r)
{
	bool some = false;

	for (size_t i = 0; i < r->rules.n && i < BUCKETS; i++) {
		const struct report_tally *t = &r->rules.v[r->rules.order[i]];

		if (!t->n)
			continue;
		if (!some)
			put(m, "## Rules that fire\n\n");
		some = true;
		put(m, "- ");
		code(m, t->name);
		put(m, " ");
		prose(m, t->more);
		put(m, ": %u\n", t->n);
	}
	if (some)
		put(m, "\n");
}

static void bucket(struct md *m, const struct report *r,
		   const struct correlate_bucket *b)
{
	char from[32], to[32];

	put(m, "- ");
	code(m, b->name);
	put(m, ": %u dump%s (%u %%)", b->dumps, REPORT_S(b->dumps),
	    report_percent(b->dumps, r->found->rows));
	if (*report_day(from, b->first))
		put(m, ", %s to %s", from, report_day(to, b->last));
	if (b->blame) {
		put(m, ", blamed: ");
		code(m, b->blame);
	}
	put(m, "\n");
	for (size_t i = 0; i < b->ncorrelations; i++) {
		const struct correlation *c = &b->correlation[i];

		put(m, "  - ");
		code(m, c->text);
		put(m, ": %u %% of this bucket (%u of %u), %u %% elsewhere (%u "
		    "of %u)\n", report_percent(c->in, c->in_known), c->in,
		    c->in_known, report_percent(c->out, c->out_known), c->out,
		    c->out_known);
	}
}

static void buckets(struct md *m, const struct report *r)
{
	size_t n = r->found->nbuckets;

	if (!n)
		return;
	put(m, "## Buckets\n\n");
	for (size_t i = 0; i < n && i < BUCKETS; i++)
		bucket(m, r, &r->found->bucket[i]);
	if (n > BUCKETS)
		put(m, "- %zu more buckets\n", n - BUCKETS);
	if (r->found->no_bucket)
		put(m, "\n%u in no bucket\n", r->found->no_bucket);
}

enum ntr_st report_markdown(struct report *r, const struct report_opts *o,
			    struct ntr_out *out, struct ntr_err *e)
{
	struct md m = { &out->buf };
	enum ntr_st st = NTR_OK;

	if (r->dumps == 1 && r->rows.n) {
		st = ticket(&m, r, o, e);
	} else {
		counts(&m, r, o);
		rules(&m, r);
		buckets(&m, r);
	}
	while (out->buf.len > 1 && out->buf.s[out->buf.len - 2] == '\n')
		out->buf.s[--out->buf.len] = 0;
	if (!st && !ntr_out_flush(out))
		st = ntr_fail(e, NTR_IO, "cannot write the report");
	return st;
}
