// SPDX-License-Identifier: Apache-2.0
#include "../store/filter.h"
#include "results_buckets.h"
#include "results_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FLUSH_BYTES ((size_t)64 << 10)
#define DEFAULT_BUCKETS 20u

enum { OPT_STORE, OPT_SORT, OPT_LIMIT, OPT_FORMAT, OPT_YES, OPT_SUPPORT };
static const struct ntr_opt opts[] = {
	[OPT_STORE] = { "store", 0, "WHERE", "a file, or postgresql://... "
			"(default: $NTRIAGE_STORE, else "
			"~/.local/share/ntriage/results.db)", NULL },
	[OPT_SORT] = { "sort", 0, "FIELD", "order of list, query and export; "
		       "-FIELD: the other way round (path)",
		       "blame bucket code crash_time format id judged_at "
		       "machine os outcome path process size" },
	[OPT_LIMIT] = { "limit", 'n', "N", "at most N rows; of buckets 20",
			NULL },
	[OPT_FORMAT] = { "format", 0, "FORMAT", "of export: json (a line each) "
			 "or csv", "json csv" },
	[OPT_YES] = { "yes", 'y', NULL, "prune: do it", NULL },
	[OPT_SUPPORT] = { "min-support", 0, "N", "buckets: say nothing that "
			  "fewer dumps than N have in common (5)", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage results list --sort -crash_time --limit 20",
	  "the latest crashes" },
	{ "ntriage results query code=0x7f 'module~tcpip' fired=Q216765",
	  "double faults with tcpip loaded on which Q216765 fires" },
	{ "ntriage results query '(blame=netbt.sys or frame~netbt) since=7d'",
	  "netbt's, judged in the last week" },
	{ "ntriage results show 17", "one result with its notes" },
	{ "ntriage results buckets machine=x86", "buckets of x86 dumps, and "
	  "what each has that the others have not" },
	{ "ntriage results export --format csv outcome=judged >r.csv",
	  "for a spreadsheet" },
	{ "ntriage results note 17 'ticket 4711'", "a note on a result" },
	{ "ntriage results prune 'judged<90d' --yes", "forget what was judged "
	  "before the last 90 days" },
};

struct work {
	struct ntr_cli *c;
	const struct ntr_args *a;
	struct results *r;
	struct results_filter *f;
	u64 limit, support, rows;
	bool csv, begun;
};

static int failed(struct work *w, enum ntr_st st, const struct ntr_err *e)
{
	const char *store = w->r ? results_where(w->r) : w->a->opt[OPT_STORE];

	if (st == NTR_USAGE)
		return ntr_cli_usage("results: %s", e->msg[0] ? e->msg :
				     ntr_st_text(st));
	return ntr_cli_error(w->c, store ? store : "results store", st, e);
}

/* --- filters -------------------------------------------------------------------------- */

static int bad_filter(const char *text, const struct results_filter_err *err)
{
	struct ntr_str caret = { .s = NULL };
	char *below, *end;
	int code = ntr_cli_usage("results: %s", err->e.msg);

	results_filter_caret(&caret, text, err);
	below = caret.s ? strchr(caret.s, '\n') : NULL;
	if (below) {
		*below++ = 0;
		end = strchr(below, '\n');
		if (end)
			*end = 0;
		(void)ntr_cli_usage("  %s", caret.s);
		(void)ntr_cli_usage("  %s", below);
	}
	ntr_str_fini(&caret);
	return code;
}

/* Operands from the second on are one filter: the shell's blanks are its. */
static int read_filter(struct work *w)
{
	struct results_filter_err err;
	struct ntr_str text = { .s = NULL };
	enum ntr_st st;
	int code = NTR_EXIT_OK;

	for (int i = 1; i < w->a->n; i++) {
		ntr_str_add(&text, i > 1 ? " " : "");
		ntr_str_add(&text, w->a->operand[i]);
	}
	st = text.lost ? NTR_NOMEM :
	     results_filter_new(&w->f, ntr_str_text(&text), (s64)time(NULL),
				&err);
	if (st == NTR_USAGE)
		code = bad_filter(ntr_str_text(&text), &err);
	else if (st)
		code = ntr_cli_usage("results: %s", ntr_st_text(st));
	ntr_str_fini(&text);
	return code;
}

/* --- list, query, export ----------------------------------------------------------------- */

/* Once it is known that the store answers. */
static void begin_list(struct work *w)
{
	struct ntr_out *o = &w->c->out;

	if (w->begun)
		return;
	w->begun = true;
	ntr_out_open(o, NULL);
	ntr_cli_schema(w->c, "ntriage.results/1");
	if (w->c->json)
		ntr_out_str(o, "store", NULL, results_where(w->r));
	ntr_out_table(o, "results", results_cols, results_ncols);
}

static bool list_row(void *ctx, const struct results_dump *d)
{
	struct work *w = ctx;
	struct ntr_out *o = &w->c->out;

	begin_list(w);
	w->rows++;
	results_out_row(o, d);
	return o->buf.len < FLUSH_BYTES || ntr_out_flush(o);
}

static int list(struct work *w)
{
	struct results_query q = { w->f, w->a->opt[OPT_SORT], w->limit, false,
				   true };
	struct ntr_out *o = &w->c->out;
	struct ntr_err e = { "" };
	enum ntr_st st;

	st = results_each(w->r, &q, list_row, w, &e);
	if (st && !w->begun)
		return failed(w, st, &e);
	begin_list(w);
	ntr_out_table_end(o);
	if (w->c->json) {
		ntr_out_uint(o, "count", NULL, w->rows);
		ntr_out_str(o, "error", NULL, st ? e.msg : NULL);
	}
	ntr_out_close(o);
	ntr_out_line(o, "%" PRIu64 " result%s", w->rows,
		     w->rows == 1 ? "" : "s");
	if (st && w->c->json)
		return NTR_EXIT_BAD;
	if (st)
		return failed(w, st, &e);
	return w->rows ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
}

static bool export_row(void *ctx, const struct results_dump *d)
{
	struct work *w = ctx;
	struct ntr_out *o = &w->c->out;

	w->rows++;
	if (w->csv) {
		results_csv_row(&o->buf, d);
	} else {
		ntr_out_open(o, NULL);
		ntr_json_str(&o->j, "schema", "ntriage.result/1");
		results_out_members(o, d, true);
		ntr_out_close(o);
	}
	return o->buf.len < FLUSH_BYTES || ntr_out_flush(o);
}

static int export(struct work *w)
{
	struct results_query q = { w->f, w->a->opt[OPT_SORT], w->limit, true,
				   true };
	const char *format = w->a->opt[OPT_FORMAT];
	struct ntr_out *o = &w->c->out;
	struct ntr_err e = { "" };
	enum ntr_st st;

	w->csv = format && !strcmp(format, "csv");
	if (format && !w->csv && strcmp(format, "json"))
		return ntr_cli_usage("results: there is no format \"%s\": json "
				     "or csv", format);
	o->json = !w->csv;
	o->j.pretty = false;
	if (w->csv)
		results_csv_head(&o->buf);
	st = results_each(w->r, &q, export_row, w, &e);
	if (st)
		return failed(w, st, &e);
	return w->rows ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
}

/* --- one result ------------------------------------------------------------------------------ */

struct wanted {
	const char *path;
	s64 id;
};

static bool same_path(void *ctx, const struct results_dump *d)
{
	struct wanted *x = ctx;

	if (strcmp(d->path, x->path))
		return true;
	x->id = d->id;
	return false;
}

/* The id of a path; the filter ignores case, the path does not. */
static enum ntr_st find_path(struct work *w, const char *path, s64 *id,
			     struct ntr_err *e)
{
	struct results_query q = { .filter = NULL };
	struct wanted x = { path, 0 };
	struct results_filter_err err;
	struct ntr_str text = { .s = NULL };
	enum ntr_st st;

	ntr_str_add(&text, "path=\"");
	for (const char *p = path; *p; p++) {
		ntr_str_add(&text, *p == '"' || *p == '\\' ? "\\" : "");
		ntr_str_addn(&text, p, 1);
	}
	ntr_str_add(&text, "\"");
	st = results_filter_new(&w->f, ntr_str_text(&text), 0, &err);
	ntr_str_fini(&text);
	if (st)
		return ntr_fail(e, st, "%s", err.e.msg);
	q.filter = w->f;
	st = results_each(w->r, &q, same_path, &x, e);
	if (!st && !x.id)
		return ntr_fail(e, NTR_ABSENT, "%s: there is no result of "
				"\"%.100s\"", results_where(w->r), path);
	*id = x.id;
	return st;
}

static enum ntr_st find(struct work *w, const char *what, s64 *id,
			struct ntr_err *e)
{
	size_t n = strspn(what, "0123456789");

	if (!n || what[n] || n > 18)
		return find_path(w, what, id, e);
	*id = strtoll(what, NULL, 10);
	return NTR_OK;
}

static bool one_note(void *ctx, const struct results_note_row *n)
{
	struct ntr_out *o = &((struct work *)ctx)->c->out;
	char t[32] = "", first[100];

	(void)results_time(t, n->at);
	if (!o->json) {
		snprintf(first, sizeof(first), "%-16s: ", "Note");
		ntr_out_para(o, first, "%s (%s%s%s)", n->text, t,
			     n->by ? ", " : "", n->by ? n->by : "");
		return true;
	}
	ntr_out_open(o, NULL);
	ntr_out_str(o, "at", NULL, t);
	ntr_out_str(o, "by", NULL, n->by);
	ntr_out_str(o, "text", NULL, n->text);
	ntr_out_close(o);
	return true;
}

static int show(struct work *w)
{
	struct ntr_out *o = &w->c->out;
	struct results_dump d;
	struct ntr_err e = { "" };
	s64 id = 0;
	enum ntr_st st = find(w, w->a->operand[1], &id, &e);

	if (!st)
		st = results_get(w->r, id, &d, &e);
	if (st)
		return failed(w, st, &e);
	ntr_out_open(o, NULL);
	ntr_cli_schema(w->c, "ntriage.result/1");
	results_out_full(o, &d);
	ntr_out_list(o, "notes");
	st = results_notes(w->r, id, one_note, w, &e);
	ntr_out_list_end(o);
	ntr_out_close(o);
	return st ? failed(w, st, &e) : NTR_EXIT_OK;
}

static int note(struct work *w)
{
	const char *user = getenv("USER");
	struct ntr_str text = { .s = NULL };
	struct ntr_err e = { "" };
	s64 id = 0;
	enum ntr_st st = find(w, w->a->operand[1], &id, &e);

	for (int i = 2; i < w->a->n; i++) {
		ntr_str_add(&text, i > 2 ? " " : "");
		ntr_str_add(&text, w->a->operand[i]);
	}
	if (!st)
		st = text.lost ? NTR_NOMEM :
		     results_note(w->r, id, user, ntr_str_text(&text), &e);
	ntr_str_fini(&text);
	if (st)
		return failed(w, st, &e);
	ntr_out_open(&w->c->out, NULL);
	ntr_cli_schema(w->c, "ntriage.results.note/1");
	ntr_out_uint(&w->c->out, "id", NULL, (u64)id);
	ntr_out_close(&w->c->out);
	ntr_out_line(&w->c->out, "noted on result %" PRId64, id);
	return NTR_EXIT_OK;
}

/* --- many results -------------------------------------------------------------------------------- */

static bool count_row(void *ctx, const struct results_dump *d)
{
	(void)d;
	((struct work *)ctx)->rows++;
	return true;
}

static int prune(struct work *w)
{
	struct results_query q = { .filter = w->f };
	struct ntr_out *o = &w->c->out;
	bool yes = w->a->opt[OPT_YES] != NULL;
	struct ntr_err e = { "" };
	enum ntr_st st = yes ? results_prune(w->r, w->f, &w->rows, &e) :
			       results_each(w->r, &q, count_row, w, &e);

	if (st)
		return failed(w, st, &e);
	ntr_out_open(o, NULL);
	ntr_cli_schema(w->c, "ntriage.results.prune/1");
	ntr_out_uint(o, "results", NULL, w->rows);
	ntr_out_bool(o, "removed", NULL, yes);
	ntr_out_close(o);
	ntr_out_line(o, "%" PRIu64 " result%s%s", w->rows,
		     w->rows == 1 ? "" : "s", yes ? " removed" :
		     " would be removed, with their notes; --yes does it");
	return yes || !w->rows ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
}

struct adding {
	struct correlate *c;
	enum ntr_st st;
};

static bool add_row(void *ctx, const struct results_dump *d)
{
	struct adding *a = ctx;

	a->st = correlate_add(a->c, d);
	return !a->st;
}

static int buckets(struct work *w)
{
	struct results_query q = { .filter = w->f, .want_signatures = true };
	u64 limit = w->limit ? w->limit : DEFAULT_BUCKETS;
	struct correlate_opts o = { .min_support = (u32)w->support,
				    .max_buckets = limit };
	const struct correlate_result *found;
	struct adding a = { NULL, NTR_OK };
	struct ntr_err e = { "" };
	int code;
	enum ntr_st st = correlate_new(&a.c);

	if (!st)
		st = results_each(w->r, &q, add_row, &a, &e);
	if (!st)
		st = a.st;
	if (!st)
		st = correlate_finish(a.c, &o, &found);
	code = st ? failed(w, st, &e) :
	       results_out_buckets(w->c, results_where(w->r), found, limit);
	correlate_free(a.c);
	return code;
}

/* --- the verb --------------------------------------------------------------------------------------- */

static int fields(struct work *w)
{
	struct ntr_str text = { .s = NULL };
	struct results_field f;

	ntr_out_open(&w->c->out, NULL);
	ntr_cli_schema(w->c, "ntriage.results.fields/1");
	ntr_out_list(&w->c->out, "fields");
	for (size_t i = 0; w->c->json && results_filter_field(i, &f); i++) {
		ntr_out_open(&w->c->out, NULL);
		ntr_out_str(&w->c->out, "name", NULL, f.name);
		ntr_out_str(&w->c->out, "operators", NULL, f.operators);
		ntr_out_str(&w->c->out, "example", NULL, f.value);
		ntr_out_str(&w->c->out, "help", NULL, f.help);
		ntr_out_close(&w->c->out);
	}
	ntr_out_list_end(&w->c->out);
	ntr_out_close(&w->c->out);
	results_filter_reference(&text);
	ntr_out_print(&w->c->out, "%s", ntr_str_text(&text));
	ntr_str_fini(&text);
	return NTR_EXIT_OK;
}

enum need { NO_STORE, READS, WRITES, ASKS }; /* ASKS: writes with --yes */

static const struct {
	const char *word, *operands;
	int min, max;
	bool filter;
	enum need need;
	int (*run)(struct work *w);
} words[] = {
	{ "buckets", "[FILTER]", 0, -1, true, READS, buckets },
	{ "export", "[FILTER]", 0, -1, true, READS, export },
	{ "fields", "", 0, 0, false, NO_STORE, fields },
	{ "list", "", 0, 0, true, READS, list },
	{ "note", "ID|PATH TEXT...", 2, -1, false, WRITES, note },
	{ "prune", "FILTER", 1, -1, true, ASKS, prune },
	{ "query", "FILTER", 1, -1, true, READS, list },
	{ "show", "ID|PATH", 1, 1, false, READS, show },
};

static bool number(const char *name, const char *s, u64 *out)
{
	size_t n;

	if (!s)
		return true;
	n = strspn(s, "0123456789");
	*out = n && !s[n] && n < 10 ? strtoull(s, NULL, 10) : 0;
	if (!*out)
		(void)ntr_cli_usage("results: --%s wants a number from 1, not "
				    "\"%s\"", name, s);
	return *out != 0;
}

static int with_store(struct work *w, size_t word)
{
	bool writes = words[word].need == WRITES ||
		      (words[word].need == ASKS && w->a->opt[OPT_YES]);
	struct ntr_err e = { "" };
	enum ntr_st st;
	int code = words[word].filter ? read_filter(w) : NTR_EXIT_OK;

	if (code)
		return code;
	if (words[word].need == NO_STORE)
		return words[word].run(w);
	st = results_open(&w->r, w->a->opt[OPT_STORE], !writes, &e);
	return st ? failed(w, st, &e) : words[word].run(w);
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	struct work w = { .c = c, .a = a };
	int n = a->n - 1, code;

	if (!number("limit", a->opt[OPT_LIMIT], &w.limit) ||
	    !number("min-support", a->opt[OPT_SUPPORT], &w.support))
		return NTR_EXIT_BAD;
	for (size_t i = 0; i < NTR_COUNT(words); i++) {
		if (strcmp(a->operand[0], words[i].word))
			continue;
		if (n < words[i].min || (words[i].max >= 0 && n > words[i].max))
			return ntr_cli_usage("usage: ntriage results %s%s%s",
					     words[i].word,
					     *words[i].operands ? " " : "",
					     words[i].operands);
		code = with_store(&w, i);
		results_filter_free(w.f);
		results_close(w.r);
		return code;
	}
	return ntr_cli_usage("results: there is no \"%s\"; there are list, "
			     "show, query, export, prune, buckets, note and "
			     "fields", a->operand[0]);
}

const struct ntr_verb ntr_verb_results = {
	.name = "results",
	.summary = "what scans have found: list, ask, group, export",
	.operands = "list|show|query|export|prune|buckets|note|fields ...",
	.help = "Reads the results store that ntriage scan writes.\n\n"
		"list prints one line per dump; query FILTER only those that "
		"the filter lets through; show ID|PATH one of them in full; "
		"export [FILTER] one JSON document per line, or CSV; buckets "
		"[FILTER] counts failure buckets, says which look alike, and "
		"what the dumps of one have in common that the others have "
		"not; note ID|PATH TEXT writes a note on one; prune FILTER "
		"removes results, with --yes; fields prints the reference of "
		"filters.\n\n"
		"A filter is terms such as code=0x7f, module~tcpip, since=7d; "
		"all must be so. There are or, not and parentheses. = and != "
		"compare, ~ and !~ look for a part; case does not matter. A "
		"term about something that is not known of a dump lets it "
		"through neither way; FIELD=? asks for those. Quote a value "
		"with blanks or parentheses: process=\"a b.exe\".\n\n"
		"Exit code 0 something was found, 1 nothing was (prune: "
		"without --yes), 2 no store, a damaged one, or unusable "
		"arguments.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 1, .max = -1,
	.words = "buckets export fields list note prune query show",
	.run = run,
};
