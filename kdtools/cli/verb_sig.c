// SPDX-License-Identifier: Apache-2.0
#include "facts/facts.h"
#include "report.h"
#include "rules.h"
#include "session.h"
#include "sig_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPT_CHECK, OPT_JOBS, OPT_OTHERS, OPT_VERBOSE, OPT_WRITE };
static const struct ntr_opt opts[] = {
	[OPT_CHECK] = { "check", 0, NULL,
			"fmt: say which files are not in the layout", NULL },
	[OPT_JOBS] = { "jobs", 'j', "N",
		       "test: processes (default: one a processor)", NULL },
	[OPT_OTHERS] = { "others", 0, NULL,
			 "test: say which other rules fire on the dumps", NULL },
	[OPT_VERBOSE] = { "verbose", 'v', NULL,
			  "test: a line for each test that passes, too", NULL },
	[OPT_WRITE] = { "write", 'w', NULL, "fmt: write the files anew", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage sig list", "the rules, and what each is about" },
	{ "ntriage sig test Q216765", "the tests of one rule" },
	{ "ntriage sig check my-rules", "what is wrong in a folder of rules" },
	{ "ntriage sig explain Q216765 MEMORY.DMP",
	  "why a rule fires on a dump, or why not" },
	{ "ntriage sig fmt -w my-rules/leak.sig", "the one layout" },
	{ "ntriage --rules my-rules sig test", "shipped and own rules" },
};

/* --- list, show, doc -------------------------------------------------------------------- */

static void words(struct ntr_out *o, const char *key, const char *const *v,
		  size_t n)
{
	ntr_out_list(o, key);
	for (size_t i = 0; i < n; i++)
		ntr_out_str(o, NULL, NULL, v[i]);
	ntr_out_list_end(o);
}

static void out_rule(struct ntr_out *o, const struct sig_rule *r)
{
	struct ntr_str conditions = { 0 };

	ntr_out_row(o);
	ntr_out_str(o, "id", NULL, r->id);
	ntr_out_str(o, "class", NULL, sig_class_name(r->cls));
	ntr_out_str(o, "severity", NULL, sig_severity_name(r->severity));
	ntr_out_str(o, "status", NULL, sig_status_name(r->status));
	ntr_out_uint(o, "tests", NULL, r->tests.n);
	ntr_out_str(o, "title", NULL, r->title);
	if (o->json) {
		ntr_out_str(o, "file", NULL, r->file);
		ntr_out_uint(o, "line", NULL, r->line);
		words(o, "components", r->components.v, r->components.n);
		words(o, "articles", r->articles.v, r->articles.n);
		words(o, "affects", r->affects.v, r->affects.n);
		words(o, "related", r->related.v, r->related.n);
		words(o, "supersedes", r->supersedes.v, r->supersedes.n);
		sig_conditions(r, &conditions);
		ntr_out_str(o, "conditions", NULL, ntr_str_text(&conditions));
		ntr_str_fini(&conditions);
	}
	ntr_out_row_end(o);
}

static int list(struct ntr_cli *c, const struct sig_set *set)
{
	static const struct ntr_col cols[] = {
		{ "Id", -24 }, { "Class", -10 }, { "Severity", -9 },
		{ "Status", -13 }, { "Tests", 5 }, { "Title", -1 },
	};

	ntr_out_open(&c->out, NULL);
	ntr_cli_schema(c, "ntriage.rules/1");
	ntr_out_table(&c->out, "rules", cols, NTR_COUNT(cols));
	for (size_t i = 0; i < sig_count(set); i++)
		out_rule(&c->out, sig_at(set, i));
	ntr_out_table_end(&c->out);
	ntr_out_close(&c->out);
	return sig_count(set) ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
}

static void paragraphs(struct ntr_out *o, const char *what,
		       const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ntr_out_para(o, i ? "  " : what, "%s", v[i]);
}

static void commas(struct ntr_out *o, const char *what, const char *const *v,
		   size_t n)
{
	struct ntr_str s = { 0 };

	for (size_t i = 0; i < n; i++)
		ntr_str_printf(&s, "%s%s", i ? ", " : "", v[i]);
	if (n)
		ntr_out_para(o, what, "%s", ntr_str_text(&s));
	ntr_str_fini(&s);
}

/* Markdown, which reads well as text. */
static void page(struct ntr_out *o, const struct sig_rule *r)
{
	struct ntr_str conditions = { 0 };

	ntr_out_line(o, "## %s\n", r->id);
	ntr_out_para(o, "", "%s", r->title);
	ntr_out_line(o, "\n* %s, severity %s, %s; %zu tests",
		     sig_class_name(r->cls), sig_severity_name(r->severity),
		     sig_status_name(r->status), r->tests.n);
	commas(o, "* component: ", r->components.v, r->components.n);
	commas(o, "* article: ", r->articles.v, r->articles.n);
	commas(o, "* affects: ", r->affects.v, r->affects.n);
	commas(o, "* related: ", r->related.v, r->related.n);
	commas(o, "* supersedes: ", r->supersedes.v, r->supersedes.n);
	sig_conditions(r, &conditions);
	ntr_out_line(o, "\n```\n%s```\n", ntr_str_text(&conditions));
	ntr_str_fini(&conditions);
	paragraphs(o, "Says: ", r->say.v, r->say.n);
	paragraphs(o, "What to do: ", r->advice.v, r->advice.n);
	paragraphs(o, "It may be wrong when: ", r->false_positives.v,
		   r->false_positives.n);
	for (size_t i = 0; i < r->tests.n; i++)
		ntr_out_line(o, "%s* test: %s \"%s\"", i ? "" : "\n",
			     sig_value_name(r->tests.v[i].expect),
			     r->tests.v[i].name);
	ntr_out_line(o, "%s", "");
}

static int show(struct ntr_cli *c, const struct sig_set *set,
		const char *const *ids, size_t n)
{
	int code = NTR_EXIT_OK;

	if (c->json) {
		ntr_out_open(&c->out, NULL);
		ntr_cli_schema(c, "ntriage.rules/1");
		ntr_out_list(&c->out, "rules");
	}
	for (size_t i = 0; i < n && !code; i++) {
		const struct sig_rule *r = sig_find(set, ids[i]);

		if (!r)
			code = ntr_cli_usage("there is no rule \"%s\"", ids[i]);
		else if (c->json)
			out_rule(&c->out, r);
		else
			page(&c->out, r);
	}
	if (c->json) {
		ntr_out_list_end(&c->out);
		ntr_out_close(&c->out);
	}
	return code;
}

static int doc(struct ntr_cli *c, const struct sig_set *set)
{
	ntr_out_line(&c->out, "# Rules\n\n%zu rules.\n", sig_count(set));
	for (size_t i = 0; i < sig_count(set); i++)
		page(&c->out, sig_at(set, i));
	return NTR_EXIT_OK;
}

/* --- explain ----------------------------------------------------------------------------- */

static void silent(struct ntr_out *o, const struct sig_rule *r,
		   const struct sig_result *s)
{
	struct ntr_str conditions = { 0 };

	ntr_out_line(o, "%s is silent on this dump.", r->id);
	if (!s) {
		ntr_out_line(o, "%s", "The stop code, a module or the machine is "
			     "not what it wants:");
		sig_conditions(r, &conditions);
		ntr_out_line(o, "%s", ntr_str_text(&conditions));
		ntr_str_fini(&conditions);
		return;
	}
	if (s->failed)
		ntr_out_para(o, "Not so: ", "%s", s->failed);
	if (s->failed_got)
		ntr_out_para(o, "Got: ", "%s", s->failed_got);
	for (size_t i = 0; i < s->evidence.n; i++)
		ntr_out_para(o, "Held: ", "%s (%s is %s)",
			     s->evidence.v[i].condition, s->evidence.v[i].fact,
			     s->evidence.v[i].value);
}

static const struct sig_result *result_of(const struct sig_results *s,
					  const struct sig_rule *r)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].rule == r)
			return &s->v[i];
	return NULL;
}

static void explained(struct ntr_cli *c, const struct sig_rule *r,
		      const char *path, const struct sig_results *res)
{
	const struct sig_result *one = result_of(res, r);

	if (!c->json && (!one || one->value == SIG_SILENT)) {
		silent(&c->out, r, one);
		return;
	}
	ntr_out_open(&c->out, NULL);
	ntr_cli_schema(c, "ntriage.sig-explain/1");
	ntr_out_str(&c->out, "file", NULL, path);
	ntr_out_str(&c->out, "rule", NULL, r->id);
	ntr_out_str(&c->out, "result", NULL,
		    sig_value_name(one ? one->value : SIG_SILENT));
	ntr_report_signatures(&c->out, res);
	ntr_out_close(&c->out);
}

static int explain_in(struct ntr_cli *c, const struct sig_set *set,
		      const struct sig_rule *r, const char *path,
		      struct ntr_session *s)
{
	struct sig_options opt = { .flags = SIG_EXPLAIN | SIG_RETIRED,
				   .only = &r->id, .nonly = 1 };
	struct sig_results *res = NULL;
	const struct sig_result *one;
	struct ntr_facts *f = NULL;
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_facts_new(&f, s->t, NULL, &e);
	int code;

	if (!st)
		st = sig_judge(set, f, &opt, &res, &e);
	if (st) {
		code = ntr_cli_error(c, path, st, &e);
	} else {
		explained(c, r, path, res);
		one = result_of(res, r);
		code = one && one->value == SIG_FIRES ? NTR_EXIT_OK :
							NTR_EXIT_UNKNOWN;
	}
	sig_results_free(res);
	ntr_facts_free(f);
	return code;
}

static int explain(struct ntr_cli *c, const struct sig_set *set,
		   const char *id, const char *path)
{
	const struct sig_rule *r = sig_find(set, id);
	struct ntr_session s;
	int code;

	if (!r)
		return ntr_cli_usage("there is no rule \"%s\"", id);
	code = ntr_session_open(c, path, &s);
	if (code)
		return code;
	code = explain_in(c, set, r, path, &s);
	ntr_session_close(&s);
	return code;
}

/* --- check and fmt: files, not the set --------------------------------------------------------- */

static enum ntr_st load_path(struct sig_set *s, const char *path,
			     struct sig_diags *d, struct ntr_err *e)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return sig_load_dir(s, path, d, e);
	return sig_load_file(s, path, d, e);
}

static void diag_row(struct ntr_out *o, const struct sig_diag *d)
{
	ntr_out_open(o, NULL);
	ntr_out_str(o, "file", NULL, d->file);
	ntr_out_uint(o, "line", NULL, d->line);
	ntr_out_uint(o, "column", NULL, d->column);
	ntr_out_str(o, "level", NULL, d->level == SIG_DIAG_ERROR ? "error" :
								   "warning");
	ntr_out_str(o, "text", NULL, d->text);
	ntr_out_str(o, "source", NULL, d->source);
	ntr_out_close(o);
}

static void checked(struct ntr_cli *c, const struct sig_diags *d, bool good,
		    size_t rules)
{
	struct ntr_out *o = &c->out;

	if (!o->json) {
		ntr_cli_diags(d, SIZE_MAX);
		if (good)
			ntr_out_line(o, "%zu rules are right, %zu errors, %zu "
				     "warnings", rules, d->errors,
				     d->n - d->errors);
		return;
	}
	ntr_out_open(o, NULL);
	ntr_cli_schema(c, "ntriage.sig-check/1");
	ntr_out_uint(o, "rules", NULL, rules);
	ntr_out_uint(o, "errors", NULL, d->errors);
	ntr_out_uint(o, "warnings", NULL, d->n - d->errors);
	ntr_out_list(o, "diagnostics");
	for (size_t i = 0; i < d->n; i++)
		diag_row(o, &d->v[i]);
	ntr_out_list_end(o);
	ntr_out_close(o);
}

/* Only these files; without any, all rules that would be used. */
static int check(struct ntr_cli *c, const char *const *paths, size_t n)
{
	struct sig_diags d = { 0 };
	struct ntr_err e = { "" };
	struct ntr_str folders = { 0 };
	struct sig_set *s = NULL;
	enum ntr_st st = sig_set_new(&s, &e);
	size_t count = 0;

	for (size_t i = 0; i < n && !st; i++)
		st = load_path(s, paths[i], &d, &e);
	if (!n && !st) {
		ntr_cli_rule_folders(c, &folders);
		for (const char *p = folders.s; p && *p && !st;
		     p += strlen(p) + 1)
			st = load_path(s, p, &d, &e);
		ntr_str_fini(&folders);
	}
	if (!st)
		st = sig_link(s, &d, &e);
	if (!st)
		count = sig_count(s);
	checked(c, &d, !st, count);
	n = d.errors;
	sig_diags_free(&d);
	sig_set_free(s);
	if (st)
		return ntr_cli_usage("%s", e.msg[0] ? e.msg : ntr_st_text(st));
	return n ? NTR_EXIT_BAD : NTR_EXIT_OK;
}

static bool read_file(const char *path, struct ntr_str *out)
{
	FILE *f = fopen(path, "re");
	char buf[16384];
	size_t n;
	bool ok;

	if (!f)
		return false;
	while ((n = fread(buf, 1, sizeof(buf), f)) && out->len <= SIG_MAX_FILE)
		ntr_str_addn(out, buf, n);
	ok = !ferror(f) && !out->lost;
	fclose(f);
	return ok;
}

/* Beside it, then in its place: no reader sees half a file. */
static int replace_file(const char *path, const struct ntr_str *text)
{
	char *tmp = NULL;
	struct stat st;
	FILE *f;
	bool ok;

	if (stat(path, &st) || asprintf(&tmp, "%s.new", path) < 0)
		return ntr_cli_usage("%s: %s", path, strerror(errno));
	f = fopen(tmp, "we");
	ok = f && fwrite(ntr_str_text(text), 1, text->len, f) == text->len;
	ok = ok && !fchmod(fileno(f), st.st_mode & 07777);
	if (f && fclose(f))
		ok = false;
	ok = ok && !rename(tmp, path);
	if (!ok)
		(void)ntr_cli_usage("%s: %s", path, strerror(errno));
	if (!ok)
		(void)unlink(tmp);
	free(tmp);
	return ok ? NTR_EXIT_OK : NTR_EXIT_BAD;
}

static int fmt_file(struct ntr_cli *c, const struct ntr_args *a,
		    const char *path)
{
	struct ntr_str in = { 0 }, out = { 0 };
	struct sig_diags d = { 0 };
	struct ntr_err e = { "" };
	int code = NTR_EXIT_OK;
	bool same;

	if (!read_file(path, &in)) {
		ntr_str_fini(&in);
		return ntr_cli_usage("%s: %s", path, strerror(errno));
	}
	if (sig_format(ntr_str_text(&in), in.len, path, &out, &d, &e)) {
		ntr_cli_diags(&d, SIZE_MAX);
		code = d.n ? NTR_EXIT_BAD : ntr_cli_usage("%s", e.msg);
	} else {
		same = in.len == out.len && !memcmp(ntr_str_text(&in),
						    ntr_str_text(&out), in.len);
		if (a->opt[OPT_CHECK] && !same)
			ntr_out_line(&c->out, "%s", path);
		if (a->opt[OPT_CHECK])
			code = same ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
		else if (!a->opt[OPT_WRITE])
			ntr_out_print(&c->out, "%s", ntr_str_text(&out));
		else if (!same)
			code = replace_file(path, &out);
	}
	sig_diags_free(&d);
	ntr_str_fini(&in);
	ntr_str_fini(&out);
	return code;
}

static int fmt(struct ntr_cli *c, const struct ntr_args *a)
{
	int code = NTR_EXIT_OK;

	for (int i = 1; i < a->n; i++)
		code = ntr_worse(code, fmt_file(c, a, a->operand[i]));
	return code;
}

/* --- words ------------------------------------------------------------------------------- */

static int test(struct ntr_cli *c, const struct ntr_args *a,
		const struct sig_set *set)
{
	struct ntr_sig_tests t = {
		.set = set, .ids = a->n > 1 ? a->operand + 1 : NULL,
		.nids = (size_t)a->n - 1,
		.verbose = a->opt[OPT_VERBOSE] != NULL,
		.others = a->opt[OPT_OTHERS] != NULL,
	};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	t.jobs = cpus > 0 ? (unsigned)cpus : 1;
	if (a->opt[OPT_JOBS]) {
		int n = atoi(a->opt[OPT_JOBS]);

		if (n < 1 || n > 64)
			return ntr_cli_usage("--jobs wants 1 to 64, not \"%s\"",
					     a->opt[OPT_JOBS]);
		t.jobs = (unsigned)n;
	}
	return ntr_sig_test(c, &t);
}

enum word { CHECK, DOC, EXPLAIN, FMT, LIST, SHOW, TEST };
static const struct {
	const char *word, *operands;
	int min, max; /* operands behind it; max -1: any number */
} table[] = {
	[CHECK] = { "check", "[FILE|DIR...]", 0, -1 },
	[DOC] = { "doc", "", 0, 0 },
	[EXPLAIN] = { "explain", "ID DUMP", 2, 2 },
	[FMT] = { "fmt", "FILE...", 1, -1 },
	[LIST] = { "list", "", 0, 0 },
	[SHOW] = { "show", "ID...", 1, -1 },
	[TEST] = { "test", "[ID...]", 0, -1 },
};

static int with_set(struct ntr_cli *c, const struct ntr_args *a, enum word w)
{
	struct sig_set *set = NULL;
	int code = ntr_cli_rules(c, &set);

	if (code)
		return code;
	switch (w) {
	case DOC:
		code = doc(c, set);
		break;
	case EXPLAIN:
		code = explain(c, set, a->operand[1], a->operand[2]);
		break;
	case LIST:
		code = list(c, set);
		break;
	case SHOW:
		code = show(c, set, a->operand + 1, (size_t)a->n - 1);
		break;
	default:
		code = test(c, a, set);
		break;
	}
	sig_set_free(set);
	return code;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	for (size_t i = 0; i < NTR_COUNT(table); i++) {
		if (strcmp(a->operand[0], table[i].word))
			continue;
		if (a->n - 1 < table[i].min ||
		    (table[i].max >= 0 && a->n - 1 > table[i].max))
			return ntr_cli_usage("sig %s%s%s: wrong number of "
					     "operands", table[i].word,
					     *table[i].operands ? " " : "",
					     table[i].operands);
		if (i == CHECK)
			return check(c, a->operand + 1, (size_t)a->n - 1);
		if (i == FMT)
			return fmt(c, a);
		return with_set(c, a, (enum word)i);
	}
	return ntr_cli_usage("sig wants check, doc, explain, fmt, list, show "
			     "or test, not \"%s\"", a->operand[0]);
}

const struct ntr_verb ntr_verb_sig = {
	.name = "sig",
	.summary = "rules: list, explain, check, test, format",
	.operands = "check|doc|explain|fmt|list|show|test [ID|FILE...]",
	.help = "list, show ID..., doc: the rules; as a table, as a page each, "
		"as one Markdown document.\n\n"
		"explain ID DUMP: why a rule fires on a dump, what held and "
		"what did not, or what is missing to tell. Exit code 0 it "
		"fires, 1 it does not, 2 not a dump.\n\n"
		"check [FILE|DIR...]: reads rules and says everything that is "
		"wrong in them, with file, line, column and the nearest name. "
		"Exit code 2 when there is an error.\n\n"
		"test [ID...]: builds the dumps that the tests in the rules "
		"describe and judges each with the whole analyzer. Exit code 0 "
		"all passed, 1 some did not.\n\n"
		"fmt FILE...: prints a file in the one layout; -w writes it, "
		"--check names those that differ.\n\n"
		"docs/signatures.md says how a rule is written.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 1, .max = -1,
	.words = "check doc explain fmt list show test",
	.run = run,
};
