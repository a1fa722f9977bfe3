// SPDX-License-Identifier: Apache-2.0
/* The stack with its trust marks, and the machine it was on. */
#include "page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FRAMES 96u
#define MODULES 400u

/* --- the stack ------------------------------------------------------------------------- */

struct rounds {
	s64 first, period, count; /* of the cycle; count 0: none */
	s64 fault;                /* frame that faulted; -1 */
};

/* A processor that was stopped on request stands in frame 0 without having
 * faulted there. */
static bool faulted_at(yajl_val v)
{
	const char *at = verdict_str(verdict_get(v, "exception"), "address");
	const char *ip = verdict_str(verdict_at(v, "stack", 0), "ip");

	return at && ip && !strcmp(at, ip);
}

static void read_rounds(struct rounds *c, yajl_val v)
{
	yajl_val y = verdict_get(verdict_get(v, "overflow"), "cycle");

	*c = (struct rounds){ .fault = -1 };
	if (verdict_int(verdict_get(v, "fault"), "frame", &c->fault) &&
	    !c->fault && !faulted_at(v))
		c->fault = -1;
	if (!verdict_int(y, "first", &c->first) ||
	    !verdict_int(y, "period", &c->period) ||
	    !verdict_int(y, "count", &c->count) || c->first < 0 ||
	    c->first > 1000000 || c->period < 1 || c->period > 1000000 ||
	    c->count < 2 || c->count > 1000000)
		c->count = 0;
}

/* Behind the first round, in the others? */
static bool folded(const struct rounds *c, s64 i)
{
	return c->count && i >= c->first + c->period &&
	       i < c->first + c->period * c->count;
}

static void frame_name(struct html *h, yajl_val f)
{
	const char *module = verdict_str(f, "module");
	const char *function = verdict_str(f, "function");
	const char *off = verdict_str(f, function ? "displacement" : "offset");
	const char *unloaded = verdict_str(f, "unloaded");
	const char *ip = verdict_str(f, "ip");

	html_box(h, "code", "frame");
	if (module)
		html_textf(h, "%s%s", module, function ? "!" : "");
	else if (unloaded)
		html_textf(h, "<Unloaded_%s>", unloaded);
	else
		html_text(h, ip);
	if (module && function)
		html_leaf(h, "b", NULL, function);
	if (module && off && strcmp(off, "0x0"))
		html_textf(h, "+%s", off);
	html_end(h);
}

static void source_line(struct html *h, yajl_val f)
{
	const char *file = verdict_str(f, "source_file");
	s64 line;

	if (!file)
		return;
	html_box(h, "span", "src");
	html_text(h, file);
	if (verdict_int(f, "source_line", &line))
		html_textf(h, ":%" PRId64, line);
	html_end(h);
}

static void frame(struct html *h, yajl_val f, s64 nr, bool fault)
{
	static const char *const known[] = { "context", "cfi", "fpo", "code",
					     "frameptr", "trap", "scan" };
	const char *trust = verdict_str(f, "trust"), *cls = "trust";

	for (size_t i = 0; trust && i < NTR_COUNT(known); i++)
		if (!strcmp(trust, known[i]))
			cls = i < 2 ? "trust strong" : i == 6 ? "trust weak" :
								"trust";
	html_box(h, "tr", fault ? "fault" : NULL);
	html_leaff(h, "td", "num", "%" PRId64, nr);
	html_el(h, "td");
	html_leaf(h, "span", cls, trust);
	html_end(h);
	html_el(h, "td");
	frame_name(h, f);
	if (verdict_true(f, "export"))
		html_leaf(h, "span", "src", "export only, no symbols");
	source_line(h, f);
	if (verdict_str(f, "note"))
		html_leaf(h, "span", "src", verdict_str(f, "note"));
	if (fault)
		html_leaf(h, "span", "badge", "faulted here");
	html_end(h);
	html_end(h);
}

static void rounds_row(struct html *h, const struct rounds *c, yajl_val v)
{
	const char *text = verdict_str(verdict_get(verdict_get(v, "overflow"),
						   "cycle"), "text");

	html_box(h, "tr", "rounds");
	html_el(h, "td");
	html_attr(h, "colspan", "3");
	html_textf(h, "%" PRId64 " more rounds of %s", c->count - 1,
		   text ? text : "the same frames");
	html_end(h);
	html_end(h);
}

static void overflow(struct html *h, yajl_val v)
{
	yajl_val w = verdict_get(v, "overflow");
	const char *reason = verdict_str(w, "reason");
	const char *memory = verdict_str(w, "memory");
	bool proven = verdict_true(w, "proven");

	if (!proven && !verdict_get(w, "cycle") && !memory)
		return;
	if (!reason || (!proven && !YAJL_IS_OBJECT(verdict_get(w, "cycle")) &&
			!memory))
		return;
	html_leaff(h, "p", proven ? "finding" : "why", "Stack overflow %s: "
		   "%s%s%s", proven ? "proven" : "not proven", reason,
		   memory ? "; " : "", memory ? memory : "");
}

void page_stack(struct html *h, yajl_val v)
{
	size_t n = verdict_count(v, "stack"), shown = 0, i;
	struct rounds c;

	if (!n)
		return;
	read_rounds(&c, v);
	html_leaf(h, "h4", NULL, "Stack");
	overflow(h, v);
	html_box(h, "div", "scroll");
	html_box(h, "table", "stack");
	html_el(h, "tbody");
	for (i = 0; i < n && shown < FRAMES; i++) {
		if (folded(&c, (s64)i)) {
			if ((s64)i == c.first + c.period)
				rounds_row(h, &c, v);
			continue;
		}
		frame(h, verdict_at(v, "stack", i), (s64)i,
		      (s64)i == c.fault);
		shown++;
	}
	html_end(h);
	html_end(h);
	html_end(h);
	if (i < n)
		html_leaff(h, "p", "lacking", "%zu more frames are left out.",
			   n - i);
	if (verdict_str(v, "stack_end"))
		html_leaff(h, "p", "lacking", "The stack ends here: %s",
			   verdict_str(v, "stack_end"));
}

/* --- the machine ------------------------------------------------------------------------- */

static void system_facts(struct html *h, yajl_val s)
{
	const char *arch = verdict_str(s, "arch"), *sp, *product;
	s64 n;

	sp = verdict_str(s, "service_pack");
	product = verdict_str(s, "product");
	page_pair(h, "Crashed", verdict_str(s, "time"));
	if (verdict_str(s, "os"))
		page_pairf(h, "System", "%s%s%s%s%s", verdict_str(s, "os"),
			   sp ? " " : "", sp ? sp : "", product ? ", " : "",
			   product ? product : "");
	if (verdict_int(s, "build", &n))
		page_pairf(h, "Build", "%" PRId64, n);
	page_pair(h, "Machine", arch);
	if (verdict_int(s, "cpus", &n))
		page_pairf(h, "Processors", "%" PRId64, n);
	if (verdict_int(s, "uptime_s", &n) && n >= 0)
		page_pairf(h, "Up for", "%" PRId64 " d %" PRId64 ":%02d:%02d",
			   n / 86400, n / 3600 % 24, (int)(n / 60 % 60),
			   (int)(n % 60));
}

static void thread_facts(struct html *h, yajl_val t)
{
	s64 pid = 0, tid = 0, irql;

	page_pair(h, "Process", verdict_str(t, "process"));
	if (verdict_int(t, "pid", &pid) && verdict_int(t, "tid", &tid))
		page_pairf(h, "Thread", "pid 0x%" PRIx64 ", tid 0x%" PRIx64,
			   (u64)pid, (u64)tid);
	if (verdict_int(t, "irql", &irql))
		page_pairf(h, "IRQL", "%" PRId64, irql);
}

static void file_facts(struct html *h, yajl_val f)
{
	s64 n;

	page_pair(h, "Dump", verdict_str(f, "description"));
	page_pair(h, "Kind", verdict_str(f, "kind"));
	if (verdict_int(f, "size", &n) && n >= 0)
		page_pairf(h, "Size", "%" PRId64 " bytes%s", n,
			   YAJL_IS_FALSE(verdict_get(f, "complete")) ?
			   ", incomplete" : "");
}

/* Of a row without a verdict. */
static void row_facts(struct html *h, const struct results_dump *d)
{
	char t[32];

	page_pair(h, "Crashed", report_minute(t, d->crash_time));
	page_pair(h, "System", d->os);
	page_pair(h, "Machine", d->machine);
	page_pair(h, "Process", d->process);
	page_pair(h, "Dump", d->format);
	if (d->size)
		page_pairf(h, "Size", "%" PRIu64 " bytes", d->size);
}

static void wide(struct html *h, const char *term, const char *s)
{
	if (!s || !*s)
		return;
	html_box(h, "div", "wide");
	html_leaf(h, "dt", NULL, term);
	html_leaf(h, "dd", "mono", s);
	html_end(h);
}

static void registers(struct html *h, yajl_val c)
{
	yajl_val r = verdict_get(c, "registers");

	if (!YAJL_IS_OBJECT(r) || !r->u.object.len)
		return;
	html_box(h, "details", "fold");
	html_leaff(h, "summary", NULL, "Registers%s%s",
		   verdict_str(c, "source") ? ": " : "",
		   verdict_str(c, "source") ? verdict_str(c, "source") : "");
	html_box(h, "dl", "regs");
	for (size_t i = 0; i < r->u.object.len; i++)
		page_pair(h, r->u.object.keys[i],
			  YAJL_IS_STRING(r->u.object.values[i]) ?
			  r->u.object.values[i]->u.string : "unknown");
	html_end(h);
	html_end(h);
}

static void module(struct html *h, yajl_val m)
{
	const char *image = verdict_str(m, "image");

	html_el(h, "tr");
	html_leaf(h, "td", "mono", verdict_str(m, "base"));
	html_leaf(h, "td", "mono", image ? image : verdict_str(m, "name"));
	html_leaf(h, "td", NULL, verdict_str(m, "version"));
	html_leaf(h, "td", "mono", verdict_str(m, "timestamp"));
	html_end(h);
}

static void modules(struct html *h, yajl_val v)
{
	static const char *const head[] = { "Base", "Image", "Version",
					    "Time stamp" };
	size_t n = verdict_count(v, "modules");

	if (!n)
		return;
	html_box(h, "details", "fold");
	html_leaff(h, "summary", NULL, "%zu module%s", n, REPORT_S(n));
	html_box(h, "div", "scroll");
	html_box(h, "table", "modules");
	html_el(h, "thead");
	html_el(h, "tr");
	for (size_t i = 0; i < NTR_COUNT(head); i++)
		html_leaf(h, "th", NULL, head[i]);
	html_end(h);
	html_end(h);
	html_el(h, "tbody");
	for (size_t i = 0; i < n && i < MODULES; i++)
		module(h, verdict_at(v, "modules", i));
	html_end(h);
	html_end(h);
	html_end(h);
	if (n > MODULES)
		html_leaff(h, "p", "lacking", "%zu more are left out.",
			   n - MODULES);
	html_end(h);
}

void page_machine(struct html *h, const struct detail *x)
{
	html_leaf(h, "h4", NULL, "Machine and dump");
	html_box(h, "dl", "facts");
	if (x->v) {
		system_facts(h, verdict_get(x->v, "system"));
		thread_facts(h, verdict_get(x->v, "thread"));
		file_facts(h, verdict_get(x->v, "file"));
	}
	if (!YAJL_IS_OBJECT(verdict_get(x->v, "system")))
		row_facts(h, x->d);
	wide(h, "Bucket", x->d->bucket);
	wide(h, "Bucket hash", x->d->bucket_hash);
	html_end(h);
	registers(h, verdict_get(x->v, "context"));
	modules(h, x->v);
}
