// SPDX-License-Identifier: Apache-2.0
/* !analyze: the report of `ntriage analyze`, and its short form. */
#include "../cli/progress.h"
#include "../cli/report.h"
#include "../cli/rules.h"
#include "facts/facts.h"
#include "cmd.h"
#include "triage/bugcheck.h"
#include "triage/pooljudge.h"

#include <string.h>

static void short_form(struct ntr_kd *k, const struct ntr_verdict *v)
{
	struct ntr_out *o = k->o;
	const struct ntr_blame *b = &v->blame;

	ntr_out_hex_if(o, "code", NULL, v->has_bugcheck, v->code_raw);
	ntr_out_str(o, "name", NULL, v->name);
	ntr_out_str(o, "explanation", NULL, v->explanation);
	ntr_out_str(o, "module", NULL, b->module);
	ntr_out_str(o, "image", NULL, b->image);
	ntr_out_str(o, "confidence", NULL, b->confidence);
	ntr_out_str(o, "bucket", NULL, v->bucket.id);
	if (v->has_bugcheck)
		ntr_out_line(o, "BugCheck %" PRIX32 ", {%" PRIx64 ", %" PRIx64
			     ", %" PRIx64 ", %" PRIx64 "}", v->code_raw,
			     v->arg[0], v->arg[1], v->arg[2], v->arg[3]);
	if (v->explanation)
		ntr_out_para(o, "", "%s", v->explanation);
	ntr_out_line(o, "%s", "");
	if (!o->json)
		ntr_report_blame(o, v);
	if (v->bucket.id)
		ntr_out_line(o, "FAILURE_BUCKET_ID:  %s", v->bucket.id);
	ntr_out_line(o, "%s", "");
	ntr_out_line(o, "Use !analyze -v to get detailed debugging "
		     "information.");
}

struct asked {
	bool verbose, pool, hang;
	char baseline[4096]; /* "" none */
};

static enum ntr_st parse(const struct ntr_call *c, struct asked *a,
			 struct ntr_err *e)
{
	const char *s = c->args;
	char word[32];

	while (*s) {
		ntr_cmd_word(&s, word, sizeof(word));
		if (!strcmp(word, "-v"))
			a->verbose = true;
		else if (!strcmp(word, "-hang"))
			a->hang = true;
		else if (!strcmp(word, "-pool"))
			a->pool = true;
		else if (!strcmp(word, "-baseline") && *s)
			ntr_cmd_word(&s, a->baseline, sizeof(a->baseline));
		else
			return ntr_fail(e, NTR_USAGE, "!analyze knows -v, -hang, "
					"-pool and -baseline FILE, not \"%s\"", word);
	}
	a->pool |= *a->baseline != 0;
	return NTR_OK;
}

static enum ntr_st judge_pool(struct ntr_kd *k, struct ntr_verdict *v,
			      const char *baseline, struct ntr_err *e)
{
	struct ntr_open_opts opts = { .max_unpacked = k->c->max_unpacked };
	struct ntr_pool_judgement *pool = NULL;
	struct ntr_target *old = NULL;
	struct ntr_dump *d = NULL;
	enum ntr_st st = NTR_OK;

	if (*baseline && k->no_files)
		return ntr_fail(e, NTR_UNSUP, "no files can be used here");
	if (*baseline)
		st = ntr_dump_open(&d, baseline, &opts, e);
	if (d && !st)
		st = ntr_target_open_with(&old, d, k->in.s.store, e);
	if (!st) {
		ntr_progress_begin(k->c, "pool");
		st = ntr_pool_judge(&pool, k->t, old, e);
		ntr_progress_end();
	}
	if (old)
		ntr_target_close(old);
	if (d)
		ntr_dump_close(d);
	if (st)
		return st;
	v->pool = pool;
	if (k->o->json)
		ntr_report_pool_json(k->o, v);
	else
		ntr_report_pool(k->o, v);
	v->pool = NULL; /* the verdict outlives this command */
	ntr_pool_judgement_free(pool);
	return NTR_OK;
}

/* What the rules say; NULL when there are none, or memory is short. */
static void ask_rules(struct ntr_kd *k, struct ntr_verdict *v,
		      struct sig_set **set, struct ntr_facts **f,
		      struct sig_results **s)
{
	const struct sig_options opt = { .flags = SIG_EXPLAIN };

	if (ntr_cli_rules(k->c, set) || !sig_count(*set) ||
	    ntr_facts_new(f, k->t, v, NULL) ||
	    sig_judge(*set, *f, &opt, s, NULL))
		*s = NULL;
}

static void full_form(struct ntr_kd *k, struct ntr_verdict *v,
		      const struct ntr_hang *hang)
{
	struct sig_results *s = NULL;
	struct ntr_facts *f = NULL;
	struct sig_set *set = NULL;

	ask_rules(k, v, &set, &f, &s);
	v->hang = hang;
	if (k->o->json)
		ntr_report_json_as(k->o, "verdict", v, s);
	else
		ntr_report_text(k->o, v, s);
	v->hang = NULL;
	sig_results_free(s);
	ntr_facts_free(f);
	sig_set_free(set);
}

/* v NULL: only the hang. */
static enum ntr_st hang_form(struct ntr_kd *k, struct ntr_verdict *v,
			     struct ntr_err *e)
{
	const struct ntr_waits *w = NULL;
	struct ntr_hang *h = NULL;
	struct ntr_err why = { "" };
	enum ntr_st st = ntr_kd_waits(k, &w, &why);

	if (st != NTR_NOMEM)
		st = ntr_hang(&h, st ? NULL : w, why.msg, e);
	if (st)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (v)
		full_form(k, v, h);
	else
		ntr_report_hang(k->o, h);
	if (h->kind == NTR_HANG_UNKNOWN)
		st = ntr_fail(e, NTR_ABSENT, "whether the machine hangs was not "
			      "determined");
	ntr_hang_free(h);
	return st;
}

static enum ntr_st run_analyze(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	struct asked a = { .verbose = false };
	enum ntr_st st = parse(c, &a, e);
	struct ntr_verdict *v;

	if (st)
		return st;
	if (a.hang && !a.verbose && !a.pool)
		return hang_form(k, NULL, e);
	v = ntr_kd_verdict(k);
	if (!v)
		return ntr_fail(e, NTR_NOMEM, "out of memory for a verdict");
	if (a.pool && !a.verbose)
		return judge_pool(k, v, a.baseline, e);
	if (a.hang)
		st = hang_form(k, v, e);
	else if (a.verbose)
		full_form(k, v, NULL);
	else
		short_form(k, v);
	if (st && st != NTR_ABSENT)
		return st;
	if (a.pool)
		st = judge_pool(k, v, a.baseline, e);
	if (!st && !v->determined)
		return ntr_fail(e, NTR_ABSENT, "nothing could be determined");
	return st;
}

/* --- .bugcheck ------------------------------------------------------------------ */

static enum ntr_st run_bugcheck(struct ntr_kd *k, const struct ntr_call *c,
				struct ntr_err *e)
{
	const struct ntr_verdict *v = ntr_kd_verdict(k);
	char arg[24];

	(void)c;
	if (!v || !v->has_bugcheck)
		return ntr_fail(e, NTR_ABSENT, "there is no bug check in this "
				"dump");
	ntr_out_hex(k->o, "code", NULL, v->code_raw);
	ntr_out_str(k->o, "name", NULL, v->name);
	ntr_out_list(k->o, "arguments");
	for (unsigned i = 0; i < 4; i++)
		ntr_out_hex(k->o, NULL, NULL, v->arg[i]);
	ntr_out_list_end(k->o);
	ntr_out_line(k->o, "Bugcheck code %08" PRIX32 "%s%s", v->code_raw,
		     v->name ? "  " : "", v->name ? v->name : "");
	ntr_out_print(k->o, "Arguments");
	for (unsigned i = 0; i < 4; i++) {
		ntr_va_text(arg, v->arg[i], k->t->ptr_size);
		ntr_out_print(k->o, " %s", arg);
	}
	ntr_out_line(k->o, "%s", "");
	return NTR_OK;
}

/* --- .exr ------------------------------------------------------------------------ */

#define MAX_PARAMS 15u

struct record {
	u32 code, flags, n;
	u64 address, param[MAX_PARAMS];
};

static enum ntr_st read_record(struct ntr_kd *k, u64 va, struct record *r,
			       struct ntr_err *e)
{
	const struct ntr_space *m = k->mem;
	unsigned ptr = k->t->ptr_size;
	u64 params = va + (ptr == 8 ? 0x20 : 0x14);

	if (ntr_read_u32(m, va, &r->code) || ntr_read_u32(m, va + 4, &r->flags) ||
	    ntr_read_ptr(m, va + 8 + ptr, ptr, &r->address) ||
	    ntr_read_u32(m, va + 8 + 2 * ptr, &r->n))
		return ntr_fail(e, NTR_ABSENT, "the record at %" PRIx64 " is not "
				"in this dump", va);
	if (r->n > MAX_PARAMS)
		return ntr_fail(e, NTR_BAD, "at %" PRIx64 " is no exception "
				"record: it has %" PRIu32 " parameters, at most "
				"%u fit", va, r->n, MAX_PARAMS);
	for (u32 i = 0; i < r->n; i++)
		if (ntr_read_ptr(m, params + i * ptr, ptr, &r->param[i]))
			r->n = i;
	return NTR_OK;
}

/* The exception of the verdict: -1. */
static enum ntr_st last_record(struct ntr_kd *k, struct record *r,
			       struct ntr_err *e)
{
	const struct ntr_verdict *v = ntr_kd_verdict(k);

	if (!v || !v->exc.has_code)
		return ntr_fail(e, NTR_ABSENT, "this dump records no exception");
	r->code = v->exc.code;
	r->address = v->exc.address;
	if (v->exc.has_access) {
		r->n = 2;
		r->param[0] = v->exc.access;
		r->param[1] = v->exc.data;
	}
	return NTR_OK;
}

static void show_record(struct ntr_kd *k, const struct record *r)
{
	struct ntr_out *o = k->o;
	const char *words = NULL, *name = ntr_nt_status_name(r->code, &words);
	char at[24], site[300];

	ntr_va_text(at, r->address, k->t->ptr_size);
	ntr_kd_symbol(k, r->address, site, sizeof(site));
	ntr_out_hex(o, "code", NULL, r->code);
	ntr_out_str(o, "name", NULL, name);
	ntr_out_hex(o, "flags", NULL, r->flags);
	ntr_out_hex(o, "address", NULL, r->address);
	ntr_out_str(o, "site", NULL, *site ? site : NULL);
	ntr_out_line(o, "ExceptionAddress: %s%s%s%s", at, *site ? " (" : "",
		     site, *site ? ")" : "");
	ntr_out_line(o, "   ExceptionCode: %08" PRIx32 "%s%s%s", r->code,
		     words ? " (" : "", words ? words : "", words ? ")" : "");
	ntr_out_line(o, "  ExceptionFlags: %08" PRIx32, r->flags);
	ntr_out_line(o, "NumberParameters: %" PRIu32, r->n);
	ntr_out_list(o, "parameters");
	for (u32 i = 0; i < r->n; i++) {
		ntr_out_hex(o, NULL, NULL, r->param[i]);
		ntr_va_text(at, r->param[i], k->t->ptr_size);
		ntr_out_line(o, "   Parameter[%" PRIu32 "]: %s", i, at);
	}
	ntr_out_list_end(o);
	if ((r->code == 0xc0000005 || r->code == 0xc0000006) && r->n >= 2) {
		ntr_va_text(at, r->param[1], k->t->ptr_size);
		ntr_out_line(o, "Attempt to %s address %s", r->param[0] == 8 ?
			     "execute" : r->param[0] ? "write to" :
			     "read from", at);
	}
}

static enum ntr_st run_exr(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	struct record r = { 0 };
	const char *s = c->args;
	enum ntr_st st;
	u64 va = 0;

	if (!strcmp(s, "-1")) {
		st = last_record(k, &r, e);
	} else {
		st = ntr_cmd_addr(k, c, &s, &va, e);
		if (!st)
			st = ntr_cmd_end(k, c, s, e);
		if (!st)
			st = read_record(k, va, &r, e);
	}
	if (!st)
		show_record(k, &r);
	return st;
}

const struct ntr_cmd ntr_cmd_bang_analyze = {
	.names = "!analyze",
	.summary = "why the machine stopped",
	.operands = "[-v] [-hang] [-pool] [-baseline FILE]",
	.help = "What `ntriage analyze` says: with -v the whole report, without "
		"it the bug check, the driver probably at fault with the reasons, "
		"and the bucket. It says nothing about the context chosen here.\n\n"
		"-hang says whether the machine hangs: the deadlock, processors "
		"that spin while nothing runs that could release the lock, the "
		"exhausted work queue, the power request that was kept, or the "
		"owner of a lock that somebody has waited 10 seconds or more for, "
		"each with its evidence; or that nothing hangs, with what was "
		"looked at; or why that cannot be told.\n\n"
		"-pool judges the pool instead (with -v as well): how full it is, "
		"and of every tag with a large share whether it leaks, is "
		"suspect, or is a plateau, with the evidence and what cannot be "
		"told. -baseline FILE is an earlier dump of the machine, to "
		"compare with.",
	.example = "!analyze -pool", .does = "which tag leaks, and why it is thought so",
	.any_os = true,
	.run = run_analyze,
};
const struct ntr_cmd ntr_cmd_dot_bugcheck = {
	.names = ".bugcheck",
	.summary = "the bug check and its arguments",
	.operands = "",
	.help = "As the header has them; !analyze explains them.",
	.example = ".bugcheck", .does = "code and arguments",
	.run = run_bugcheck,
};
const struct ntr_cmd ntr_cmd_dot_exr = {
	.names = ".exr",
	.summary = "an exception record",
	.operands = "ADDR | -1",
	.help = "Shows the EXCEPTION_RECORD at ADDR, or with -1 the exception "
		"that the dump records.",
	.example = ".exr -1", .does = "the exception of the dump",
	.run = run_exr,
};
