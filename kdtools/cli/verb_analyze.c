// SPDX-License-Identifier: Apache-2.0
#include "facts/facts.h"
#include "progress.h"
#include "report.h"
#include "rules.h"
#include "session.h"
#include "triage/pooljudge.h"

enum { OPT_TRACE, OPT_HANG, OPT_POOL, OPT_BASELINE };
static const struct ntr_opt opts[] = {
	[OPT_TRACE] = { "unwind-trace", 0, NULL,
			"say of every step of the stack why it was taken", NULL },
	[OPT_HANG] = { "hang", 0, NULL,
		       "say whether the machine hangs, and on what", NULL },
	[OPT_POOL] = { "pool", 0, NULL,
		       "judge the pool: how full, which tags leak", NULL },
	[OPT_BASELINE] = { "baseline", 0, "FILE",
			   "the same, against an earlier dump of the machine",
			   NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage analyze MEMORY.DMP", "the whole report on one dump" },
	{ "ntriage --symbols srv*~/sym*https://msdl.microsoft.com/download/symbols "
	  "analyze MEMORY.DMP",
	  "with symbols, fetched as needed" },
	{ "ntriage analyze minidumps.zip", "a dump inside an archive" },
	{ "ntriage analyze --hang MEMORY.DMP",
	  "deadlocks, exhausted work queues, slow owners of locks" },
	{ "ntriage analyze --baseline MONDAY.DMP FRIDAY.DMP",
	  "which pool tags grew, and whether they leak" },
	{ "ntriage analyze --json *.dmp | jq -r .bucket.id | sort | uniq -c",
	  "how often each failure occurs in a folder of dumps" },
};

/* What the options ask for beyond the report. */
struct asked {
	bool trace, hang, pool;
	struct ntr_session old; /* the baseline; t is NULL without one */
	struct sig_set *rules;
};

/* A line between two reports; *reports counts them. */
static void part(struct ntr_cli *c, unsigned *reports)
{
	if ((*reports)++)
		ntr_out_line(&c->out, "\n%s\n", "--------------------"
			     "----------------------------------------"
			     "--------------------");
}

static void print(struct ntr_cli *c, struct ntr_verdict *v,
		  const struct sig_results *s, unsigned *reports)
{
	part(c, reports);
	if (c->json)
		ntr_report_json(&c->out, v, s);
	else
		ntr_report_text(&c->out, v, s);
}

static enum ntr_st ask_rules(const struct asked *a, struct ntr_target *t,
			     struct ntr_verdict *v, struct ntr_facts **f,
			     struct sig_results **s, struct ntr_err *e)
{
	const struct sig_options opt = { .flags = SIG_EXPLAIN };
	enum ntr_st st;

	if (!sig_count(a->rules))
		return NTR_OK;
	st = ntr_facts_new(f, t, v, e);
	return st ? st : sig_judge(a->rules, *f, &opt, s, e);
}

static int analyze_file(struct ntr_cli *c, const char *path,
			const struct asked *a, unsigned *reports)
{
	struct ntr_pool_judgement *pool = NULL;
	struct sig_results *rules = NULL;
	struct ntr_facts *facts = NULL;
	struct ntr_hang *hang = NULL;
	struct ntr_verdict *v = NULL;
	struct ntr_err e = { "" };
	struct ntr_session s;
	enum ntr_st st;
	int code = ntr_session_open(c, path, &s);

	if (code)
		return code;
	st = ntr_verdict_make_with(&v, s.t, a->trace, &e);
	if (!st && a->hang)
		st = ntr_hang_of(&hang, s.t, &e);
	if (!st && a->pool && s.t->is_nt) {
		ntr_progress_begin(c, "pool");
		st = ntr_pool_judge(&pool, s.t, a->old.t, &e);
		ntr_progress_end();
	}
	if (!st)
		st = ask_rules(a, s.t, v, &facts, &rules, &e);
	if (st) {
		code = ntr_cli_error(c, path, st, &e);
	} else {
		v->hang = hang;
		v->pool = pool;
		print(c, v, rules, reports);
		code = v->determined ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
	}
	sig_results_free(rules);
	ntr_facts_free(facts);
	ntr_verdict_free(v);
	ntr_pool_judgement_free(pool);
	ntr_hang_free(hang);
	ntr_session_close(&s);
	return code;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	struct asked asked = { .trace = a->opt[OPT_TRACE] != NULL,
			       .hang = a->opt[OPT_HANG] != NULL,
			       .pool = a->opt[OPT_POOL] != NULL };
	int code = NTR_EXIT_OK;
	unsigned reports = 0;

	if (a->opt[OPT_BASELINE]) {
		asked.pool = true;
		code = ntr_session_open(c, a->opt[OPT_BASELINE], &asked.old);
		if (code)
			return code;
	}
	if (!code)
		code = ntr_cli_rules(c, &asked.rules);
	for (int i = 0; i < a->n && asked.rules; i++) {
		code = ntr_worse(code, analyze_file(c, a->operand[i],
						    &asked, &reports));
		(void)ntr_out_flush(&c->out);
	}
	sig_set_free(asked.rules);
	ntr_session_close(&asked.old);
	return code;
}

const struct ntr_verb ntr_verb_analyze = {
	.name = "analyze",
	.summary = "say why the machine stopped",
	.operands = "FILE...",
	.help = "Prints the bug check and its arguments explained, the "
		"context, the stack with a trust mark for each frame, the "
		"driver probably at fault with the reasons, the failure bucket "
		"and hashes, and what is missing and what would supply it.\n\n"
		"Trust, from strong to weak: context (the registers "
		"themselves), cfi (an unwind record), fpo, code (the function's "
		"own instructions), frameptr (the frame-pointer chain), trap (a "
		"trap frame), scan (a stack word that looks like a return "
		"address).\n\n"
		"Signatures are asked, too: which fire, with the evidence and "
		"what to do; near misses, with the condition that failed; and "
		"which cannot tell, with what is missing (\"ntriage sig\").\n\n"
		"With --hang: the deadlock, the exhausted work queue or the "
		"owner of a lock that others have waited for for 10 seconds or "
		"more, with the evidence; \"nothing hangs\" only when every list "
		"it takes to say so was there.\n\n"
		"With --pool also how full the pools are and, for every tag that "
		"holds a large share, whether it leaks (it grew since the "
		"baseline, or nothing in memory points to its blocks), is "
		"suspect, or is a plateau, with the evidence and what cannot be "
		"told. It searches all of memory: seconds on a large dump.\n\n"
		"With --json: one document ntriage.verdict/1 per file "
		"(docs/verdict.schema.json), or ntriage.error/1 for a file "
		"that cannot be read; several files give one line each.\n\n"
		"Exit code 0 analysed, 1 opened but nothing could be "
		"determined, 2 not a dump. With several files every one is "
		"reported and the worst code wins.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 1, .max = -1, .run = run,
};
