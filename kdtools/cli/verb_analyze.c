// SPDX-License-Identifier: Apache-2.0
#include "report.h"
#include "session.h"

enum { OPT_TRACE, OPT_HANG };
static const struct ntr_opt opts[] = {
	[OPT_TRACE] = { "unwind-trace", 0, NULL,
			"say of every step of the stack why it was taken", NULL },
	[OPT_HANG] = { "hang", 0, NULL,
		       "say whether the machine hangs, and on what", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage analyze MEMORY.DMP", "the whole report on one dump" },
	{ "ntriage --symbols srv*~/sym*https://msdl.microsoft.com/download/symbols "
	  "analyze MEMORY.DMP",
	  "with symbols, fetched as needed" },
	{ "ntriage analyze --hang MEMORY.DMP",
	  "deadlocks, exhausted work queues, slow owners of locks" },
	{ "ntriage analyze minidumps.zip", "a dump inside an archive" },
	{ "ntriage analyze --json *.dmp | jq -r .bucket.id | sort | uniq -c",
	  "how often each failure occurs in a folder of dumps" },
};

/* A line between two reports; *reports counts them. */
static void part(struct ntr_cli *c, unsigned *reports)
{
	if ((*reports)++)
		ntr_out_line(&c->out, "\n%s\n", "--------------------"
			     "----------------------------------------"
			     "--------------------");
}

static void print(struct ntr_cli *c, struct ntr_verdict *v, unsigned *reports)
{
	part(c, reports);
	if (c->json)
		ntr_report_json(&c->out, v);
	else
		ntr_report_text(&c->out, v);
}

static int analyze_file(struct ntr_cli *c, const char *path,
			const struct ntr_args *a, unsigned *reports)
{
	struct ntr_verdict *v = NULL;
	struct ntr_hang *hang = NULL;
	struct ntr_err e = { "" };
	struct ntr_session s;
	enum ntr_st st;
	int code = ntr_session_open(c, path, &s);

	if (code)
		return code;
	st = ntr_verdict_make_with(&v, s.t, a->opt[OPT_TRACE] != NULL, &e);
	if (!st && a->opt[OPT_HANG])
		st = ntr_hang_of(&hang, s.t, &e);
	if (st) {
		code = ntr_cli_error(c, path, st, &e);
	} else {
		v->hang = hang;
		print(c, v, reports);
		code = v->determined ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
	}
	ntr_hang_free(hang);
	ntr_verdict_free(v);
	ntr_session_close(&s);
	return code;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	int code = NTR_EXIT_OK;
	unsigned reports = 0;

	for (int i = 0; i < a->n; i++) {
		code = ntr_worse(code, analyze_file(c, a->operand[i],
						    a, &reports));
		(void)ntr_out_flush(&c->out);
	}
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
		"With --hang: the deadlock, the exhausted work queue or the "
		"owner of a lock that others have waited for for 10 seconds or "
		"more, with the evidence; \"nothing hangs\" only when every list "
		"it takes to say so was there.\n\n"
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
