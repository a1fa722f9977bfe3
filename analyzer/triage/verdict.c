// SPDX-License-Identifier: Apache-2.0
/* The verdict: each part in order, every one on what is there. */
#include "verdict.h"

#include "triage.h"

#include <stdlib.h>

static void read_header(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	const struct ntr_meta *m;
	char mark[5];

	if (!v->t->d || !(v->t->d->meta.has & NTR_HAS_BUGCHECK))
		return;
	m = &v->t->d->meta;
	if (!m->bugcheck) { /* a dump of a running system */
		v->explanation = "There is no bug check: the dump was taken "
				 "while the system ran.";
		return;
	}
	v->has_bugcheck = true;
	v->code_raw = m->bugcheck;
	v->code = ntr_bugcheck_normalise(m->bugcheck);
	for (unsigned i = 0; i < 4; i++)
		v->arg[i] = v->t->ptr_size == 8 ? m->arg[i] : (u32)m->arg[i];
	j->b = ntr_bugcheck_find(v->code);
	if (!j->b) {
		if (ntr_bugcheck_tool_mark(m->bugcheck, mark))
			v->tool_mark = ntr_arena_strdup(&v->arena, mark);
		return;
	}
	v->name = j->b->name;
	j->c = ntr_bugcheck_case(j->b, v->arg);
}

/* A verdict was reached when what happened has a name and a word was said of
 * it: a bug check, a code that a driver defined, an exception; or when it is
 * known that nothing happened: another system's memory, a running NT. */
static bool determined(const struct ntr_verdict *v)
{
	if (v->has_bugcheck && !v->tool_mark)
		return v->explanation && (v->name || v->blame.module);
	if (v->exc.has_code)
		return v->explanation != NULL;
	return v->explanation && v->t->is_nt && v->t->kernel_base;
}

enum ntr_st ntr_verdict_make(struct ntr_verdict **out, struct ntr_target *t,
			     struct ntr_err *e)
{
	return ntr_verdict_make_with(out, t, false, e);
}

enum ntr_st ntr_verdict_make_with(struct ntr_verdict **out,
				  struct ntr_target *t, bool unwind_trace,
				  struct ntr_err *e)
{
	struct ntr_verdict *v = calloc(1, sizeof(*v));
	struct ntr_triage_job j = { .v = v };

	if (!v)
		return ntr_fail(e, NTR_NOMEM, "out of memory for a verdict");
	v->t = t;
	v->want_trace = unwind_trace;
	read_header(&j);
	ntr_triage_context(&j);
	ntr_triage_stack(&j);
	ntr_triage_overflow(&j);
	ntr_triage_explain(&j);
	ntr_triage_blame(&j);
	ntr_triage_bucket(&j);
	v->determined = determined(v);
	if (j.lost) {
		ntr_verdict_free(v);
		return ntr_fail(e, NTR_NOMEM, "out of memory for a verdict");
	}
	*out = v;
	return NTR_OK;
}

void ntr_verdict_free(struct ntr_verdict *v)
{
	if (!v)
		return;
	ntr_vec_fini(&v->stack);
	ntr_vec_fini(&v->unwind_trace);
	ntr_vec_fini(&v->blame.skipped);
	ntr_arena_fini(&v->arena);
	free(v);
}
