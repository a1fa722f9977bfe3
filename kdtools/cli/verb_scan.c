// SPDX-License-Identifier: Apache-2.0
#include "../scan/format.h"
#include "../scan/identity.h"
#include "rules.h"
#include "symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_S 60u
#define MEMORY (UINT64_C(2) << 30)
#define WIPE "\r\033[K"
#define COUNT_AT_ONCE 512u /* files counted between two looks at the workers */

enum { OPT_JOBS, OPT_FORMAT, OPT_STORE, OPT_NO_STORE, OPT_FRESH, OPT_ONLY,
       OPT_MIN, OPT_TIMEOUT, OPT_MEMORY, OPT_VERDICTS, OPT_PROFILE };
static const struct ntr_opt opts[] = {
	[OPT_JOBS] = { "jobs", 'j', "N", "workers (default: one a processor)",
		       NULL },
	[OPT_FORMAT] = { "format", 0, "NAME", "text, jsonl, csv or sarif",
			 "text jsonl csv sarif" },
	[OPT_STORE] = { "store", 0, "WHERE",
			"keep results there (a file, or postgresql://...)",
			NULL },
	[OPT_NO_STORE] = { "no-store", 0, NULL, "keep no results", NULL },
	[OPT_FRESH] = { "fresh", 0, NULL,
			"judge again what the store has", NULL },
	[OPT_ONLY] = { "only", 0, "IDS", "ask these rules only (a,b,c)", NULL },
	[OPT_MIN] = { "min-confidence", 0, "PERCENT",
		      "a rule fires from this confidence on", NULL },
	[OPT_TIMEOUT] = { "timeout", 0, "SECONDS",
			  "of one dump (60; 0: none)", NULL },
	[OPT_MEMORY] = { "memory", 0, "SIZE", "of one worker (2G; 0: no cap)",
			 NULL },
	[OPT_VERDICTS] = { "verdicts", 0, NULL,
			   "jsonl: with the whole verdict of each dump", NULL },
	[OPT_PROFILE] = { "profile", 0, NULL,
			  "say on stderr what each rule cost", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage scan /var/dumps", "every dump below a folder" },
	{ "ntriage scan --format jsonl /var/dumps | jq -r 'select(.signatures[]"
	  ".result==\"fires\").path'", "the dumps on which a rule fires" },
	{ "find /srv -name '*.dmp' -print0 | ntriage scan -",
	  "files that another program lists" },
	{ "ntriage scan --only Q216765,Q177245 --no-store *.zip",
	  "two rules, on dumps in archives" },
	{ "ntriage scan --format sarif dumps >dumps.sarif",
	  "for tools that show SARIF" },
};

struct job {
	struct ntr_cli *c;
	const struct scan_format *format;
	struct scan_walk *count;   /* a second walk, to know how many there are;
				      NULL: not shown, or at its end */
	u64 total, shown_at, begun;
	bool total_known, progress, shown, verdicts;
};

/* A signal handler can only reach what is static. */
static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* The scan ends in order then: what is judged is kept, the document closed. */
static void catch_signals(struct ntr_cli *c)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal };

	(void)sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < NTR_COUNT(signals); i++)
		(void)sigaction(signals[i], &sa, NULL);
	c->stop = &interrupted;
}

/* --- progress ----------------------------------------------------------------------- */

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

static void wipe(struct job *j)
{
	ssize_t n;

	if (j->shown)
		n = write(STDERR_FILENO, WIPE, sizeof(WIPE) - 1);
	else
		n = 0;
	(void)n;
	j->shown = false;
}

static void go_on_counting(struct job *j)
{
	struct scan_item it;

	for (unsigned i = 0; j->count && i < COUNT_AT_ONCE; i++) {
		if (!scan_walk_next(j->count, &it, NULL)) {
			j->total++;
			continue;
		}
		scan_walk_free(j->count);
		j->count = NULL;
		j->total_known = true;
	}
}

static void show(struct job *j, const struct scan_counts *c, u64 ms)
{
	char line[160];
	double rate = (double)c->rows * 1000 / (double)ms;
	u64 left = j->total > c->rows ? j->total - c->rows : 0;
	int n;
	ssize_t w;

	if (j->total_known && rate > 0)
		n = snprintf(line, sizeof(line), WIPE "%" PRIu64 " of %" PRIu64
			     " files, %.0f a second, %" PRIu64 " with a rule "
			     "that fires, %.0f s left", c->rows, j->total, rate,
			     c->fired, (double)left / rate);
	else
		n = snprintf(line, sizeof(line), WIPE "%" PRIu64 " files, %.0f "
			     "a second, %" PRIu64 " with a rule that fires",
			     c->rows, rate, c->fired);
	w = write(STDERR_FILENO, line, (size_t)n);
	(void)w;
	j->shown = true;
}

static bool on_tick(void *ctx, const struct scan_counts *c)
{
	struct job *j = ctx;
	u64 now = now_ms();

	if (j->progress) {
		go_on_counting(j);
		if (now - j->begun > 2000 && now - j->shown_at > 500) {
			show(j, c, now - j->begun);
			j->shown_at = now;
		}
	}
	return !ntr_cli_stopped(j->c);
}

static bool on_row(void *ctx, const struct results_dump *d)
{
	struct job *j = ctx;
	struct results_dump shown = *d;

	wipe(j);
	if (!j->verdicts)
		shown.json = NULL;
	j->format->row(&j->c->out, &shown);
	return ntr_out_flush(&j->c->out);
}

/* --- options ------------------------------------------------------------------------ */

static bool number(const char *s, u64 max, u64 *out)
{
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	*out = strtoull(s, &end, 10);
	return !*end && *out <= max;
}

/* "a,b" in place into ids; false when one is no rule. */
static int pick_rules(const struct sig_set *set, char *list, const char **ids,
		      size_t *n)
{
	char *save = NULL;

	for (char *p = strtok_r(list, ", ", &save); p;
	     p = strtok_r(NULL, ", ", &save)) {
		if (!sig_find(set, p))
			return ntr_cli_usage("there is no rule \"%s\"", p);
		ids[(*n)++] = p;
	}
	return NTR_EXIT_OK;
}

static int numbers(const struct ntr_args *a, struct scan_opts *o)
{
	u64 v;

	o->jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (o->jobs < 1 || o->jobs > SCAN_JOBS_MAX)
		o->jobs = 1;
	o->timeout_ms = TIMEOUT_S * 1000;
	o->worker.memory = MEMORY;
	if (a->opt[OPT_JOBS]) {
		if (!number(a->opt[OPT_JOBS], SCAN_JOBS_MAX, &v) || !v)
			return ntr_cli_usage("--jobs wants 1 to %u, not "
					     "\"%s\"", SCAN_JOBS_MAX,
					     a->opt[OPT_JOBS]);
		o->jobs = (unsigned)v;
	}
	if (a->opt[OPT_TIMEOUT]) {
		if (!number(a->opt[OPT_TIMEOUT], 86400, &v))
			return ntr_cli_usage("--timeout wants seconds, at most "
					     "a day, not \"%s\"",
					     a->opt[OPT_TIMEOUT]);
		o->timeout_ms = v * 1000;
	}
	if (a->opt[OPT_MIN]) {
		if (!number(a->opt[OPT_MIN], 100, &v))
			return ntr_cli_usage("--min-confidence wants a "
					     "percentage, not \"%s\"",
					     a->opt[OPT_MIN]);
		o->worker.judge.opt.min_confidence = (unsigned)v;
	}
	if (a->opt[OPT_MEMORY] &&
	    strcmp(a->opt[OPT_MEMORY], "0") &&
	    !ntr_parse_size(a->opt[OPT_MEMORY], &o->worker.memory))
		return ntr_cli_usage("--memory wants a size such as 512M, not "
				     "\"%s\"", a->opt[OPT_MEMORY]);
	if (a->opt[OPT_MEMORY] && !strcmp(a->opt[OPT_MEMORY], "0"))
		o->worker.memory = 0;
	return NTR_EXIT_OK;
}

static int format_of(struct job *j, const struct ntr_args *a)
{
	const char *name = a->opt[OPT_FORMAT];

	j->verdicts = a->opt[OPT_VERDICTS] != NULL;
	if (!name)
		name = j->c->json || j->verdicts ? "jsonl" : "text";
	if (strcmp(name, "jsonl") && (j->verdicts || j->c->json))
		return ntr_cli_usage("%s is JSON Lines, not \"%s\"",
				     j->verdicts ? "--verdicts" : "--json",
				     name);
	j->format = scan_format_named(name);
	return j->format ? NTR_EXIT_OK :
		ntr_cli_usage("--format wants text, jsonl, csv or sarif, not "
			      "\"%s\"", name);
}

/* --- what rules cost ------------------------------------------------------------------ */

struct costly {
	const struct sig_rule *rule;
	struct scan_cost cost;
};

static int by_cost(const void *a, const void *b)
{
	const struct costly *x = a, *y = b;

	if (x->cost.ns != y->cost.ns)
		return x->cost.ns < y->cost.ns ? 1 : -1;
	return strcmp(x->rule->id, y->rule->id);
}

static void cost_table(struct costly *v, size_t n, size_t rules, u64 ns)
{
	struct ntr_out err;

	ntr_out_init(&err, STDERR_FILENO, false, false, false);
	ntr_out_line(&err, "%zu of %zu rules were asked (the others' indexes "
		     "ruled every dump out): %.1f ms", n, rules,
		     (double)ns / 1e6);
	ntr_out_line(&err, "%8s %10s %10s %6s  %s", "dumps", "ms", "us each",
		     "%", "rule");
	for (size_t i = 0; i < n; i++)
		ntr_out_line(&err, "%8" PRIu64 " %10.2f %10.2f %6.1f  %s",
			     v[i].cost.dumps, (double)v[i].cost.ns / 1e6,
			     (double)v[i].cost.ns / 1e3 /
			     (double)v[i].cost.dumps,
			     ns ? 100.0 * (double)v[i].cost.ns / (double)ns :
			     0.0, v[i].rule->id);
	(void)ntr_out_flush(&err);
	ntr_out_fini(&err);
}

static void say_costs(const struct sig_set *set, const struct scan_cost *costs)
{
	struct costly *v = calloc(sig_count(set) + 1, sizeof(*v));
	size_t n = 0;
	u64 ns = 0;

	for (size_t i = 0; v && i < sig_count(set); i++) {
		if (!costs[i].dumps)
			continue;
		v[n++] = (struct costly){ sig_at(set, i), costs[i] };
		ns += costs[i].ns;
	}
	if (n)
		qsort(v, n, sizeof(*v), by_cost);
	if (v)
		cost_table(v, n, sig_count(set), ns);
	free(v);
}

/* --- the scan ------------------------------------------------------------------------ */

static bool prepare(void *ctx, struct scan_judge *j)
{
	struct ntr_cli *c = ctx;

	c->quiet = true; /* no worker draws on the terminal */
	return !ntr_cli_store_if_any(c, &j->store);
}

/* What a worker would fail at is better said once. */
static int try_symbols(struct ntr_cli *c)
{
	struct ntr_store *store = NULL;
	int code = ntr_cli_store_if_any(c, &store);

	ntr_store_close(store);
	return code;
}

static int exit_code(const struct scan_counts *c)
{
	if (c->outcome[RESULTS_UNREADABLE] || c->outcome[RESULTS_DAMAGED] ||
	    c->outcome[RESULTS_TIMEOUT] || c->outcome[RESULTS_MEMORY] ||
	    c->outcome[RESULTS_CRASH] || c->named_no_dump)
		return NTR_EXIT_BAD;
	return c->fired ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
}

static int open_walks(struct job *j, const struct ntr_args *a,
		      struct scan_walk **walk)
{
	struct ntr_err e = { "" };
	bool list = false;

	if (scan_walk_new(walk, a->operand, (size_t)a->n, STDIN_FILENO, &e))
		return ntr_cli_usage("%s", e.msg);
	for (int i = 0; i < a->n; i++)
		list |= !strcmp(a->operand[i], "-");
	j->progress = !j->c->quiet && isatty(STDERR_FILENO);
	/* A list can be read but once: no estimate then. */
	if (j->progress && !list &&
	    scan_walk_new(&j->count, a->operand, (size_t)a->n, -1, &e))
		j->count = NULL;
	return NTR_EXIT_OK;
}

static int run_scan(struct job *j, const struct ntr_args *a,
		    struct scan_opts *o)
{
	struct scan_walk *walk = NULL;
	struct scan_counts counts;
	struct ntr_err e = { "" };
	enum ntr_st st;
	int code = open_walks(j, a, &walk);

	if (code)
		return code;
	catch_signals(j->c);
	j->begun = now_ms();
	j->format->begin(&j->c->out, o->worker.judge.set);
	(void)ntr_out_flush(&j->c->out); /* before workers are forked */
	st = scan_run(walk, o, &counts, &e);
	wipe(j);
	j->format->end(&j->c->out, &counts, !st && !ntr_cli_stopped(j->c));
	code = exit_code(&counts);
	if (st)
		code = ntr_cli_usage("scan: %s", e.msg[0] ? e.msg :
				     ntr_st_text(st));
	else if (ntr_cli_stopped(j->c))
		code = ntr_cli_usage("interrupted after %" PRIu64 " rows%s",
				     counts.rows, o->store ?
				     "; another run goes on from there" : "");
	if (o->costs && !st)
		say_costs(o->worker.judge.set, o->costs);
	scan_walk_free(walk);
	scan_walk_free(j->count);
	return code;
}

static int with_store(struct job *j, const struct ntr_args *a,
		      struct scan_opts *o)
{
	struct ntr_err e = { "" };
	enum ntr_st st;
	int code;

	if (a->opt[OPT_NO_STORE] && a->opt[OPT_STORE])
		return ntr_cli_usage("--store and --no-store exclude each "
				     "other");
	if (!a->opt[OPT_NO_STORE]) {
		st = results_open(&o->store, a->opt[OPT_STORE], false, &e);
		if (st)
			return ntr_cli_usage("store: %s (--no-store does "
					     "without)", e.msg[0] ? e.msg :
					     ntr_st_text(st));
	}
	code = run_scan(j, a, o);
	results_close(o->store);
	return code;
}

static void identify(const struct ntr_cli *c, const struct scan_judge *judge,
		     char identity[65])
{
	struct ntr_str cache = { 0 };
	const char *path = c->symbols ? c->symbols : getenv("_NT_SYMBOL_PATH");

	ntr_cli_symbol_cache(&cache);
	scan_identity(identity, &(struct scan_asked){
		.set = judge->set, .opt = &judge->opt, .symbols = path,
		.cache = cache.len ? cache.s : NULL, .offline = c->offline,
		.max_unpacked = judge->max_unpacked });
	ntr_str_fini(&cache);
}

static int with_rules(struct job *j, const struct ntr_args *a,
		      struct scan_opts *o, struct sig_set *set)
{
	char *list = a->opt[OPT_ONLY] ? strdup(a->opt[OPT_ONLY]) : NULL;
	const char **ids = list ? calloc(strlen(list) + 1, sizeof(*ids)) : NULL;
	struct scan_judge *judge = &o->worker.judge;
	char identity[65];
	int code = NTR_EXIT_OK;

	if (a->opt[OPT_ONLY]) {
		code = ids ? pick_rules(set, list, ids, &judge->opt.nonly) :
			     ntr_cli_usage("out of memory");
		judge->opt.only = ids;
	}
	if (!code && a->opt[OPT_PROFILE]) {
		judge->opt.flags |= SIG_PROFILE;
		o->costs = calloc(sig_count(set) + 1, sizeof(*o->costs));
		o->fresh = true;
		if (!o->costs)
			code = ntr_cli_usage("out of memory");
	}
	if (!code) {
		judge->set = set;
		judge->max_unpacked = j->c->max_unpacked;
		identify(j->c, judge, identity);
		judge->judge = identity;
		code = with_store(j, a, o);
	}
	free(o->costs);
	free(ids);
	free(list);
	return code;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	struct job j = { .c = c };
	struct scan_opts o = {
		.worker = { .prepare = prepare, .ctx = c },
		.fresh = a->opt[OPT_FRESH] != NULL,
		.on_row = on_row, .on_tick = on_tick, .ctx = &j,
	};
	struct sig_set *set = NULL;
	int code = format_of(&j, a);

	if (!code)
		code = numbers(a, &o);
	if (!code)
		code = try_symbols(c);
	if (!code)
		code = ntr_cli_rules(c, &set);
	if (code)
		return code;
	code = with_rules(&j, a, &o, set);
	sig_set_free(set);
	return code;
}

const struct ntr_verb ntr_verb_scan = {
	.name = "scan",
	.summary = "judge many dumps and keep the results",
	.operands = "PATH...",
	.help = "Judges every dump among the paths: files, folders and "
		"everything below them, patterns, archives of many dumps, and "
		"with - the paths that standard input lists, one a line or "
		"NUL-terminated. Rows come in the order of the paths, the same "
		"whatever --jobs.\n\n"
		"Each dump is judged in a worker process with a limit of time "
		"and memory. A dump that crashes, hangs or exhausts its worker "
		"is a row that says so; the scan goes on.\n\n"
		"Results are kept in a store (\"ntriage results\" shows them; "
		"default ~/.local/share/ntriage/results.db, or $NTRIAGE_STORE). "
		"A row is printed only when the store has it, so that nothing "
		"that was reported is lost. A file that the store has with the "
		"same size and time, judged with the same rules, symbols and "
		"program, is not read again; --fresh does.\n\n"
		"--profile judges everything anew and says what each rule cost. "
		"A fact is found once a dump, at the cost of the rule that asks "
		"for it first.\n\n"
		"Exit code 0 a rule fired, 1 none did, 2 an input could not be "
		"read (or the options are wrong).",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 1, .max = -1, .run = run,
};
