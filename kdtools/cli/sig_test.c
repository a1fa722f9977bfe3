// SPDX-License-Identifier: Apache-2.0
#include "sig_test.h"

#include "../forge/forge.h"
#include "facts/facts.h"
#include "sym/store.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 64u
#define OPEN_FOLDERS 8

/* One test of the list. */
struct test {
	const struct sig_rule *rule;
	const struct sig_test *t;
};

struct tests {
	struct ntr_cli *c;
	const struct ntr_sig_tests *o;
	struct { NTR_VEC(struct test); } v;
};

/* What became of one, as text that is ready to print. */
struct outcome {
	bool passed;
	u8 got;              /* enum sig_value; NOT_JUDGED */
	struct ntr_str text; /* without a head in JSON */
};

#define NOT_JUDGED 0xffu
#define WIPE "\r\033[K"
#define QUIET_MS 2000u /* before there is a line of progress */
#define SHOW_MS 200u

/* --- the dump ---------------------------------------------------------------------- */

struct dump {
	char symbols[32]; /* folder of the test's symbols; "": it has none */
	struct ntr_store *store;
	struct ntr_dump *d;
	struct ntr_target *t;
	struct ntr_verdict *v;
	struct ntr_facts *f;
	struct sig_results *s;
};

static int remove_one(const char *path, const struct stat *s, int kind,
		      struct FTW *at)
{
	(void)s, (void)kind, (void)at;
	remove(path);
	return 0;
}

static void dump_close(struct dump *d)
{
	sig_results_free(d->s);
	ntr_facts_free(d->f);
	ntr_verdict_free(d->v);
	if (d->t)
		ntr_target_close(d->t);
	if (d->d)
		ntr_dump_close(d->d);
	ntr_store_close(d->store);
	if (d->symbols[0])
		nftw(d->symbols, remove_one, OPEN_FOLDERS,
		     FTW_DEPTH | FTW_PHYS);
}

/* The scenario behind as many line ends as stand before it in the file, so that
 * what forge says has the file's own lines. */
static enum ntr_st scenario(const struct test *t, struct ntr_str *text,
			    struct ntr_err *e)
{
	for (unsigned i = 1; i < t->t->line; i++)
		ntr_str_addn(text, "\n", 1);
	ntr_str_addn(text, t->t->scenario, t->t->len);
	return text->lost ? ntr_fail(e, NTR_NOMEM, "out of memory") : NTR_OK;
}

static enum ntr_st forge(const struct test *t, const char *path,
			 struct ntr_str *diag, struct ntr_err *e)
{
	struct ntr_str text = { 0 };
	enum ntr_st st = scenario(t, &text, e);

	if (!st)
		st = forge_text_file(ntr_str_text(&text), t->rule->file, path,
				     NULL, diag, e);
	ntr_str_fini(&text);
	return st;
}

/* A test that says `symbols` has a store with those of its modules. */
static enum ntr_st symbols(const struct test *t, struct dump *d,
			   struct ntr_str *diag, struct ntr_err *e)
{
	const struct ntr_store_opts offline = { .offline = true };
	struct ntr_str text = { 0 };
	bool wanted = false;
	enum ntr_st st;

	strcpy(d->symbols, "/tmp/ntriage-test-XXXXXX");
	if (!mkdtemp(d->symbols)) {
		d->symbols[0] = '\0';
		return ntr_fail(e, NTR_IO, "cannot make a folder: %s",
				strerror(errno));
	}
	st = scenario(t, &text, e);
	if (!st)
		st = forge_text_symbols(ntr_str_text(&text), t->rule->file,
					d->symbols, &wanted, diag, e);
	ntr_str_fini(&text);
	if (st || !wanted)
		return st;
	return ntr_store_open(&d->store, d->symbols, &offline, e);
}

/* The dump as a file in memory: sparse, as forge writes it. */
static enum ntr_st in_memory(const struct test *t, struct ntr_file **out,
			     struct ntr_str *diag, struct ntr_err *e)
{
	int fd = memfd_create("dump", MFD_CLOEXEC);
	char path[64];
	enum ntr_st st;

	if (fd < 0)
		return ntr_fail(e, NTR_IO, "cannot keep a dump in memory: %s",
				strerror(errno));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	st = forge(t, path, diag, e);
	if (!st)
		return ntr_file_from_fd(out, fd, t->t->name, e);
	close(fd);
	return st;
}

static enum ntr_st judge(const struct tests *ts, const struct test *t,
			 struct dump *d, struct ntr_str *diag,
			 struct ntr_err *e)
{
	struct sig_options opt = { .flags = SIG_EXPLAIN | SIG_RETIRED,
				   .only = &t->rule->id, .nonly = 1 };
	struct ntr_file *f;
	enum ntr_st st = in_memory(t, &f, diag, e);

	if (ts->o->others) {
		opt.flags = SIG_EXPLAIN;
		opt.only = NULL;
	}
	if (!st)
		st = ntr_dump_open_file(&d->d, f, NULL, e);
	if (!st)
		st = symbols(t, d, diag, e);
	if (!st)
		st = ntr_target_open_with(&d->t, d->d, d->store, e);
	if (!st)
		st = ntr_verdict_make(&d->v, d->t, e);
	if (!st)
		st = ntr_facts_new(&d->f, d->t, d->v, e);
	if (!st)
		st = sig_judge(ts->o->set, d->f, &opt, &d->s, e);
	return st;
}

/* --- the verdict on the test ------------------------------------------------------------ */

static const struct sig_result *of_rule(const struct dump *d,
					const struct sig_rule *r)
{
	for (size_t i = 0; i < d->s->n; i++)
		if (d->s->v[i].rule == r)
			return &d->s->v[i];
	return NULL;
}

static void why(struct ntr_str *out, const struct sig_result *r)
{
	if (!r) {
		ntr_str_add(out, "  the index ruled it out: the stop code, a "
			    "module or the machine is not what the rule "
			    "wants\n");
		return;
	}
	if (r->failed)
		ntr_str_printf(out, "  condition: %s\n", r->failed);
	if (r->failed_got)
		ntr_str_printf(out, "  got:       %s\n", r->failed_got);
	for (size_t i = 0; i < r->missing.n; i++)
		ntr_str_printf(out, "  missing:   %s: %s\n",
			       r->missing.v[i].fact, r->missing.v[i].why);
	for (size_t i = 0; r->value == SIG_FIRES && i < r->evidence.n; i++)
		ntr_str_printf(out, "  held:      %s (%s is %s)\n",
			       r->evidence.v[i].condition,
			       r->evidence.v[i].fact, r->evidence.v[i].value);
}

static void head(const struct tests *ts, struct ntr_str *out, const char *mark,
		 const struct test *t)
{
	if (ts->c->json)
		return;
	ntr_str_printf(out, "%s %s %s \"%s\" (%s:%u)\n", mark, t->rule->id,
		       sig_value_name(t->t->expect), t->t->name, t->rule->file,
		       t->t->line);
}

static void others(struct ntr_str *out, const struct dump *d,
		   const struct test *t)
{
	for (size_t i = 0; i < d->s->n; i++)
		if (d->s->v[i].value == SIG_FIRES &&
		    d->s->v[i].rule != t->rule)
			ntr_str_printf(out, "also %s (%u %%) on %s \"%s\"\n",
				       d->s->v[i].rule->id,
				       d->s->v[i].confidence, t->rule->id,
				       t->t->name);
}

static void compare(const struct tests *ts, const struct test *t,
		    const struct dump *d, struct outcome *o)
{
	const struct sig_result *r = of_rule(d, t->rule);
	enum sig_value got = r ? r->value : SIG_SILENT;

	o->passed = got == t->t->expect;
	o->got = (u8)got;
	if (!o->passed) {
		head(ts, &o->text, "FAIL", t);
		ntr_str_printf(&o->text, "  expected:  %s, got: %s\n",
			       sig_value_name(t->t->expect),
			       sig_value_name(got));
		why(&o->text, r);
	} else if (ts->o->verbose) {
		head(ts, &o->text, "ok", t);
	}
	if (ts->o->others)
		others(&o->text, d, t);
}

static void run_test(const struct tests *ts, const struct test *t,
		     struct outcome *o)
{
	struct ntr_str diag = { 0 };
	struct ntr_err e = { "" };
	struct dump d = { 0 };
	enum ntr_st st = judge(ts, t, &d, &diag, &e);

	if (!st) {
		compare(ts, t, &d, o);
	} else {
		head(ts, &o->text, "FAIL", t);
		ntr_str_printf(&o->text, "%s", diag.len ? diag.s : "  ");
		if (!diag.len)
			ntr_str_printf(&o->text, "%s\n", e.msg[0] ? e.msg :
				       ntr_st_text(st));
	}
	dump_close(&d);
	ntr_str_fini(&diag);
}

/* --- processes ---------------------------------------------------------------------- */

/* A child takes every njobs-th test and writes {u32 length, u8 passed, u8 got, text}. */
struct child {
	pid_t pid;
	FILE *from;
};

static bool write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t done = write(fd, s, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		s += done;
		n -= (size_t)done;
	}
	return true;
}

static void child_runs(const struct tests *ts, unsigned first, unsigned step,
		       int fd)
{
	for (size_t i = first; i < ts->v.n; i += step) {
		struct outcome o = { .got = NOT_JUDGED };
		u8 what[2];
		u32 len;

		run_test(ts, &ts->v.v[i], &o);
		len = (u32)o.text.len;
		what[0] = o.passed;
		what[1] = o.got;
		if (!write_all(fd, &len, sizeof(len)) ||
		    !write_all(fd, what, sizeof(what)) ||
		    !write_all(fd, ntr_str_text(&o.text), len))
			_exit(1);
		ntr_str_fini(&o.text);
	}
	_exit(0);
}

static bool start(const struct tests *ts, struct child *ch, unsigned i,
		  unsigned jobs)
{
	int fd[2];

	if (pipe(fd))
		return false;
	ch->pid = fork();
	if (!ch->pid) {
		close(fd[0]);
		child_runs(ts, i, jobs, fd[1]);
	}
	close(fd[1]);
	ch->from = ch->pid > 0 ? fdopen(fd[0], "r") : NULL;
	if (!ch->from)
		close(fd[0]);
	return ch->from != NULL;
}

/* One outcome from a child; false: it died. */
static bool next(struct child *ch, struct outcome *o)
{
	char *text;
	u8 what[2];
	u32 len;

	if (fread(&len, sizeof(len), 1, ch->from) != 1 ||
	    fread(what, sizeof(what), 1, ch->from) != 1)
		return false;
	text = malloc((size_t)len + 1);
	if (!text || fread(text, 1, len, ch->from) != len) {
		free(text);
		return false;
	}
	ntr_str_addn(&o->text, text, len);
	o->passed = what[0];
	o->got = what[1];
	free(text);
	return true;
}

/* A line on a terminal's stderr, once the tests have taken a while. */
struct progress {
	bool wanted, shown;
	u64 begun, at; /* ms */
};

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

static void on_stderr(struct progress *p, const char *line, bool shown)
{
	ssize_t n = write(STDERR_FILENO, line, strlen(line));

	(void)n;
	p->shown = shown;
}

static void show_progress(struct progress *p, size_t done, size_t all,
			  unsigned failed)
{
	u64 now = p->wanted ? now_ms() : 0;
	char line[100];

	if (!p->wanted || now - p->begun < QUIET_MS || now - p->at < SHOW_MS)
		return;
	snprintf(line, sizeof(line), WIPE "%zu of %zu tests, %u failed", done,
		 all, failed);
	on_stderr(p, line, true);
	p->at = now;
}

static void out_test(struct ntr_out *o, const struct test *t,
		     const struct outcome *oc)
{
	const char *text = ntr_str_text(&oc->text);

	if (!o->json) {
		ntr_out_print(o, "%s", text);
		return;
	}
	ntr_out_open(o, NULL);
	ntr_out_str(o, "rule", NULL, t->rule->id);
	ntr_out_str(o, "test", NULL, t->t->name);
	ntr_out_str(o, "file", NULL, t->rule->file);
	ntr_out_uint(o, "line", NULL, t->t->line);
	ntr_out_str(o, "expected", NULL, sig_value_name(t->t->expect));
	ntr_out_str(o, "got", NULL, oc->got <= SIG_FIRES ?
		    sig_value_name((enum sig_value)oc->got) : NULL);
	ntr_out_bool(o, "passed", NULL, oc->passed);
	ntr_out_str(o, "details", NULL, *text ? text : NULL);
	ntr_out_close(o);
}

static void died(const struct tests *ts, const struct test *t, bool before,
		 struct outcome *o)
{
	o->got = NOT_JUDGED;
	o->passed = false;
	head(ts, &o->text, before ? "NOT RUN" : "DIED", t);
	if (ts->c->json)
		ntr_str_add(&o->text, before ?
			    "not run: the process of its tests had died" :
			    "the process died in this test");
}

static unsigned collect(struct tests *ts, struct child *ch, unsigned jobs)
{
	struct progress p = { .wanted = !ts->c->quiet && isatty(STDERR_FILENO),
			      .begun = now_ms() };
	bool dead[JOBS_MAX] = { false };
	unsigned failed = 0;

	for (size_t i = 0; i < ts->v.n; i++) {
		struct outcome o = { .got = NOT_JUDGED };
		unsigned k = (unsigned)(i % jobs);

		if (dead[k] || !next(&ch[k], &o)) {
			died(ts, &ts->v.v[i], dead[k], &o);
			dead[k] = true;
		}
		failed += !o.passed;
		if (p.shown && o.text.len)
			on_stderr(&p, WIPE, false);
		out_test(&ts->c->out, &ts->v.v[i], &o);
		(void)ntr_out_flush(&ts->c->out);
		ntr_str_fini(&o.text);
		show_progress(&p, i + 1, ts->v.n, failed);
	}
	if (p.shown)
		on_stderr(&p, WIPE, false);
	return failed;
}

static int run_all(struct tests *ts, unsigned *failed)
{
	struct child ch[JOBS_MAX] = { { 0 } };
	unsigned jobs = ts->o->jobs, n = 0;

	if (jobs > JOBS_MAX)
		jobs = JOBS_MAX;
	if (jobs > ts->v.n)
		jobs = (unsigned)ts->v.n;
	(void)ntr_out_flush(&ts->c->out);
	while (n < jobs && start(ts, &ch[n], n, jobs))
		n++;
	if (n == jobs)
		*failed = collect(ts, ch, jobs);
	for (unsigned i = 0; i < n; i++) {
		fclose(ch[i].from);
		if (n < jobs)
			(void)kill(ch[i].pid, SIGKILL);
		(void)waitpid(ch[i].pid, NULL, 0);
	}
	return n == jobs ? NTR_EXIT_OK : ntr_cli_usage("cannot start a "
						       "process: %s",
						       strerror(errno));
}

/* --- all ----------------------------------------------------------------------------- */

static int add_rule(struct tests *ts, const struct sig_rule *r)
{
	for (size_t i = 0; i < r->tests.n; i++) {
		struct test *t = ntr_vec_add(&ts->v);

		if (!t)
			return ntr_cli_usage("out of memory");
		*t = (struct test){ r, &r->tests.v[i] };
	}
	return NTR_EXIT_OK;
}

static int gather(struct tests *ts, size_t *nrules)
{
	const struct ntr_sig_tests *o = ts->o;
	int code = NTR_EXIT_OK;

	*nrules = o->nids ? o->nids : sig_count(o->set);
	for (size_t i = 0; i < *nrules && !code; i++) {
		const struct sig_rule *r = o->nids ?
			sig_find(o->set, o->ids[i]) : sig_at(o->set, i);

		code = r ? add_rule(ts, r) :
			   ntr_cli_usage("there is no rule \"%s\"", o->ids[i]);
	}
	return code;
}

static void summary(struct ntr_out *o, size_t tests, size_t rules,
		    unsigned failed)
{
	if (!o->json) {
		ntr_out_line(o, "%zu tests of %zu rules: %zu passed, %u "
			     "failed", tests, rules, tests - failed, failed);
		return;
	}
	ntr_out_uint(o, "rules", NULL, rules);
	ntr_out_uint(o, "passed", NULL, tests - failed);
	ntr_out_uint(o, "failed", NULL, failed);
}

int ntr_sig_test(struct ntr_cli *c, const struct ntr_sig_tests *o)
{
	struct tests ts = { .c = c, .o = o };
	unsigned failed = 0;
	size_t nrules = 0;
	int code = gather(&ts, &nrules);

	if (!code) {
		ntr_out_open(&c->out, NULL);
		ntr_cli_schema(c, "ntriage.sig-test/1");
		ntr_out_list(&c->out, "tests");
		code = run_all(&ts, &failed);
		ntr_out_list_end(&c->out);
		if (!code)
			summary(&c->out, ts.v.n, nrules, failed);
		ntr_out_close(&c->out);
	}
	if (!code && (failed || !ts.v.n))
		code = NTR_EXIT_UNKNOWN;
	ntr_vec_fini(&ts.v);
	return code;
}
