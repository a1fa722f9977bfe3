// SPDX-License-Identifier: Apache-2.0
#include "../report/report.h"
#include "../scan/scan.h"
#include "../store/filter.h"
#include "rules.h"
#include "symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS 300000u /* hang and pool search all of memory */
#define MEMORY (UINT64_C(4) << 30)
#define JOBS_MAX 4u

enum { OPT_STORE, OPT_OUTPUT, OPT_FORMAT, OPT_TITLE, OPT_DETAILS };
static const struct ntr_opt opts[] = {
	[OPT_STORE] = { "store", 0, "WHERE", "the results store: a file, or "
			"postgresql://... (default: $NTRIAGE_STORE, else "
			"~/.local/share/ntriage/results.db)", NULL },
	[OPT_OUTPUT] = { "output", 'o', "FILE", "write to FILE, which is "
			 "replaced when all is written (standard output)",
			 NULL },
	[OPT_FORMAT] = { "format", 0, "FORMAT", "html or md, Markdown for "
			 "tickets (html)", "html md" },
	[OPT_TITLE] = { "title", 0, "TEXT", "heading of the report", NULL },
	[OPT_DETAILS] = { "details", 0, "N", "whole verdicts of N dumps at "
			  "most (200)", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage report -o report.html", "all that the store has" },
	{ "ntriage report since=7d fired=Q216765 -o week.html",
	  "what a filter lets through" },
	{ "ntriage report MEMORY.DMP -o crash.html",
	  "one dump, judged now, with hang and pool" },
	{ "ntriage report --format md MEMORY.DMP", "text for a ticket" },
};

struct work {
	struct ntr_cli *c;
	const struct ntr_args *a;
	struct report_opts o;
	struct results *store;
	struct results_filter *f;
	struct ntr_str filter;   /* as given */
	bool direct, markdown;
	struct report r;
	u64 bytes;
};

static int failed(struct work *w, const char *what, enum ntr_st st,
		  const struct ntr_err *e)
{
	return ntr_cli_error(w->c, what, st, e);
}

/* --- dumps given directly: judged into a store of their own ------------------------- */

static bool prepare(void *ctx, struct scan_judge *j)
{
	struct ntr_cli *c = ctx;

	c->quiet = true;
	return !ntr_cli_store_if_any(c, &j->store);
}

static bool on_row(void *ctx, const struct results_dump *d)
{
	(void)d;
	return !ntr_cli_stopped(((struct work *)ctx)->c);
}

static bool on_tick(void *ctx, const struct scan_counts *c)
{
	(void)c;
	return !ntr_cli_stopped(((struct work *)ctx)->c);
}

static int scan(struct work *w, struct sig_set *set)
{
	struct scan_opts o = {
		.worker = { .judge = { .set = set, .opt.flags = SIG_EXPLAIN,
				       .judge = "report", .whole = true,
				       .max_unpacked = w->c->max_unpacked },
			    .memory = MEMORY, .prepare = prepare,
			    .ctx = w->c },
		.store = w->store, .timeout_ms = TIMEOUT_MS,
		.on_row = on_row, .on_tick = on_tick, .ctx = w,
	};
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	struct scan_walk *walk = NULL;
	struct scan_counts counts;
	struct ntr_err e = { "" };
	enum ntr_st st = scan_walk_new(&walk, w->a->operand, (size_t)w->a->n,
				       STDIN_FILENO, &e);

	o.jobs = n < 1 ? 1 : n > (long)JOBS_MAX ? JOBS_MAX : (unsigned)n;
	if (!st)
		st = scan_run(walk, &o, &counts, &e);
	scan_walk_free(walk);
	if (st)
		return failed(w, "report", st, &e);
	return ntr_cli_stopped(w->c) ? NTR_EXIT_BAD : NTR_EXIT_OK;
}

static int judge(struct work *w)
{
	struct sig_set *set = NULL;
	struct ntr_err e = { "" };
	int code = ntr_cli_rules(w->c, &set);
	enum ntr_st st;

	if (code)
		return code;
	st = results_open(&w->store, ":memory:", false, &e);
	code = st ? failed(w, "report", st, &e) : scan(w, set);
	sig_set_free(set);
	return code;
}

/* --- a store -------------------------------------------------------------------------- */

static int read_filter(struct work *w)
{
	struct results_filter_err err = { .at = 0 };
	enum ntr_st st;

	for (int i = 0; i < w->a->n; i++) {
		ntr_str_add(&w->filter, i ? " " : "");
		ntr_str_add(&w->filter, w->a->operand[i]);
	}
	if (!w->a->n)
		return NTR_EXIT_OK;
	w->o.filter = ntr_str_text(&w->filter);
	st = w->filter.lost ? NTR_NOMEM :
	     results_filter_new(&w->f, w->o.filter, (s64)time(NULL), &err);
	if (st == NTR_USAGE)
		return ntr_cli_usage("report: \"%.60s\" is no file, and no "
				     "filter: %s", w->o.filter, err.e.msg);
	return st ? ntr_cli_usage("report: %s", ntr_st_text(st)) : NTR_EXIT_OK;
}

static int open_store(struct work *w)
{
	struct ntr_err e = { "" };
	int code = read_filter(w);
	enum ntr_st st;

	if (code)
		return code;
	st = results_open(&w->store, w->a->opt[OPT_STORE], true, &e);
	if (st)
		return failed(w, w->a->opt[OPT_STORE] ? w->a->opt[OPT_STORE] :
			      "results store", st, &e);
	w->o.where = results_where(w->store);
	return NTR_EXIT_OK;
}

/* --- the file -------------------------------------------------------------------------- */

static enum ntr_st write_to(struct work *w, int fd, struct ntr_err *e)
{
	struct ntr_out out;
	enum ntr_st st;

	ntr_out_init(&out, fd, false, false, false);
	st = w->markdown ? report_markdown(&w->r, &w->o, &out, e) :
			   report_html(&w->r, &w->o, &out, e);
	if (!st && out.failed)
		st = ntr_fail(e, NTR_IO, "%s", strerror(errno));
	ntr_out_fini(&out);
	return st;
}

/* Beside the target, then in its place: a report is whole or not there. */
static enum ntr_st write_file(struct work *w, const char *path,
			      struct ntr_err *e)
{
	struct ntr_str temp = { .s = NULL };
	enum ntr_st st = NTR_OK;
	struct stat s = { .st_size = 0 };
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	ntr_str_printf(&temp, "%s.XXXXXX", path);
	fd = temp.lost ? -1 : mkstemp(temp.s);
	if (fd < 0) {
		st = ntr_fail(e, NTR_IO, "%s", strerror(errno));
		ntr_str_fini(&temp);
		return st;
	}
	st = write_to(w, fd, e);
	if (!st && (fchmod(fd, 0666 & ~mask) || fsync(fd) || fstat(fd, &s)))
		st = ntr_fail(e, NTR_IO, "%s", strerror(errno));
	if (close(fd) && !st)
		st = ntr_fail(e, NTR_IO, "%s", strerror(errno));
	if (!st && rename(temp.s, path))
		st = ntr_fail(e, NTR_IO, "%s", strerror(errno));
	if (st)
		unlink(temp.s);
	w->bytes = (u64)s.st_size;
	ntr_str_fini(&temp);
	return st;
}

static void tell(struct work *w, const char *path)
{
	struct ntr_out *o = &w->c->out;

	ntr_out_open(o, NULL);
	ntr_cli_schema(w->c, "ntriage.report/1");
	ntr_out_str(o, "output", NULL, path);
	ntr_out_str(o, "format", NULL, w->markdown ? "md" : "html");
	ntr_out_uint(o, "files", NULL, w->r.dumps);
	ntr_out_uint(o, "listed", NULL, w->r.rows.n);
	ntr_out_uint(o, "details", NULL, w->r.details);
	ntr_out_uint(o, "buckets", NULL, w->r.found->nbuckets);
	ntr_out_uint(o, "bytes", NULL, w->bytes);
	ntr_out_close(o);
	ntr_out_line(o, "%s: %u file%s, %zu bucket%s, details of %u, %" PRIu64
		     " bytes", path, w->r.dumps, REPORT_S(w->r.dumps),
		     w->r.found->nbuckets, REPORT_S(w->r.found->nbuckets),
		     w->r.details, w->bytes);
}

static int make(struct work *w)
{
	const char *path = w->a->opt[OPT_OUTPUT];
	struct ntr_err e = { "" };
	enum ntr_st st = report_read(&w->r, w->store, w->f, &w->o, &e);

	if (st) {
		report_free(&w->r);
		return failed(w, "report", st, &e);
	}
	st = path ? write_file(w, path, &e) : write_to(w, STDOUT_FILENO, &e);
	if (st) {
		int code = failed(w, path ? path : "standard output", st, &e);

		report_free(&w->r);
		return code;
	}
	if (path)
		tell(w, path);
	st = w->r.dumps ? NTR_OK : NTR_ABSENT;
	report_free(&w->r);
	return st ? NTR_EXIT_UNKNOWN : NTR_EXIT_OK;
}

/* --- the verb ---------------------------------------------------------------------------- */

static int options(struct work *w)
{
	const char *format = w->a->opt[OPT_FORMAT];
	const char *n = w->a->opt[OPT_DETAILS];

	w->markdown = format && !strcmp(format, "md");
	if (format && !w->markdown && strcmp(format, "html"))
		return ntr_cli_usage("report: there is no format \"%s\": html "
				     "or md", format);
	w->o.title = w->a->opt[OPT_TITLE];
	w->o.details = REPORT_DETAILS;
	if (n && (!*n || strspn(n, "0123456789") != strlen(n) ||
		  strlen(n) > 6))
		return ntr_cli_usage("report: --details wants a number, not "
				     "\"%s\"", n);
	if (n)
		w->o.details = strtoull(n, NULL, 10);
	return NTR_EXIT_OK;
}

/* Operands are dumps when the first is there; with --store they never are. */
static bool are_dumps(const struct ntr_args *a)
{
	return a->n && !a->opt[OPT_STORE] &&
	       (!strcmp(a->operand[0], "-") || !access(a->operand[0], F_OK));
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	struct work w = { .c = c, .a = a };
	int code = options(&w);

	if (code)
		return code;
	w.direct = are_dumps(a);
	code = w.direct ? judge(&w) : open_store(&w);
	if (!code)
		code = make(&w);
	results_filter_free(w.f);
	results_close(w.store);
	ntr_str_fini(&w.filter);
	return code;
}

const struct ntr_verb ntr_verb_report = {
	.name = "report",
	.summary = "a page or a ticket about many dumps, or one",
	.operands = "[FILTER | DUMP...]",
	.help = "Writes one HTML file that needs nothing else and loads nothing "
		"from anywhere: counts, failure buckets with a timeline and "
		"what their dumps have in common, the list of dumps, and whole "
		"verdicts: causes, signatures with evidence and advice, the "
		"stack with its trust marks, what waits for what, pool, what "
		"is missing. It can be searched, printed, and read on a "
		"phone.\n\n"
		"It is about what the results store has (\"ntriage scan\") and "
		"FILTER lets through (\"ntriage results fields\"). When the "
		"first operand is a file or folder that is there, it is about "
		"these dumps, which are judged now, each in a process of its "
		"own, hang and pool included, and kept nowhere; with --store "
		"operands are always a filter.\n\n"
		"Whole verdicts are of 200 dumps at most (--details): up to 3 "
		"of each bucket, then the newest. 20,000 are listed. What is "
		"left out is counted on the page. The same store gives the "
		"same bytes.\n\n"
		"--format md writes Markdown: of one dump a ticket, of more a "
		"summary with the buckets. With -o a line says what was "
		"written, or a JSON document with --json.\n\n"
		"Exit code 0 written, 1 written but there is nothing to "
		"report, 2 it could not be made.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 0, .max = -1, .run = run,
};
