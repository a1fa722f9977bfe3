// SPDX-License-Identifier: Apache-2.0
/* The stop, the exception, the registers. */
#include "../triage/bugcheck.h"
#include "facts_int.h"

#define NO_STOP "the dump records no stop; a live dump has none"

enum { CODE, RAW, NAME, PARAM };

static void get_stop(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_meta *m = &f->t->d->meta;
	const struct ntr_bugcheck *b;
	char mark[5];

	(void)at;
	if (!(m->has & NTR_HAS_BUGCHECK)) {
		ntr_fact_why(out, NO_STOP);
	} else if (arg != RAW && ntr_bugcheck_tool_mark(m->bugcheck, mark)) {
		ntr_fact_why(out, ntr_facts_text(f, "in place of a stop "
			"code stands the mark of an imaging tool, %s", mark));
	} else if (arg == CODE) {
		ntr_fact_n(out, ntr_bugcheck_normalise(m->bugcheck));
	} else if (arg == RAW) {
		ntr_fact_n(out, m->bugcheck);
	} else if (arg == NAME) {
		b = ntr_bugcheck_find(ntr_bugcheck_normalise(m->bugcheck));
		ntr_fact_str(out, b ? b->name : NULL,
			     "no name of this code is known");
	} else {
		ntr_fact_n(out, m->arg[arg - PARAM]);
	}
}

enum { EXC_CODE, EXC_ADDRESS, EXC_ACCESS, EXC_DATA, EXC_NAME };

static void get_exception(struct ntr_facts *f, const struct ntr_fact_at *at,
			  int arg, struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);
	const char *no = "no exception is recorded";
	const struct ntr_exc *x;

	(void)at;
	if (!v)
		return;
	x = &v->exc;
	switch (arg) {
	case EXC_CODE:
		ntr_fact_n_if(out, x->has_code, x->code, no);
		break;
	case EXC_NAME:
		ntr_fact_str(out, x->has_code && f->t->is_nt ?
			     ntr_nt_status_name(x->code, NULL) : NULL,
			     x->has_code ? "no name of this code is known" : no);
		break;
	case EXC_ADDRESS:
		ntr_fact_n_if(out, x->has_address, x->address, no);
		break;
	case EXC_ACCESS:
		ntr_fact_str(out, !x->has_access ? NULL : x->access == 0 ?
			     "read" : x->access == 1 ? "write" : x->access == 8 ?
			     "execute" : NULL, "no access is recorded");
		break;
	case EXC_DATA:
		ntr_fact_n_if(out, x->has_access, x->data,
			      "no access is recorded");
		break;
	}
}

enum { CTX_IP, CTX_SP, CTX_SOURCE, FAULT_IP, FAULT_SP, FAULT_SOURCE };

static void get_context(struct ntr_facts *f, const struct ntr_fact_at *at,
			int arg, struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);
	const struct ntr_regs *r;
	const char *no;
	bool have;

	(void)at;
	if (!v)
		return;
	have = arg < FAULT_IP ? v->has_regs : v->has_fault;
	r = arg < FAULT_IP ? &v->regs : &v->fault;
	no = arg < FAULT_IP ? "the dump holds no registers" :
			      "nothing leads to the code that faulted";
	if (arg == CTX_IP || arg == FAULT_IP)
		ntr_fact_n_if(out, have && r->has_ip, r->ip, no);
	else if (arg == CTX_SP || arg == FAULT_SP)
		ntr_fact_n_if(out, have && r->has_sp, r->sp, no);
	else
		ntr_fact_str(out, !have ? NULL : arg == CTX_SOURCE ?
			     v->context_source : v->fault_source, no);
}

static void get_bit(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		    struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);

	(void)at;
	(void)arg;
	if (v && v->single_bit)
		ntr_fact_str(out, v->single_bit, NULL);
	else if (v)
		ntr_fact_none(out, "no pointer of this stop is wrong in one bit");
}

static const struct ntr_fact_row rows[] = {
	{ "bugcheck.code", NTR_FT_INT, "hex", "The stop code, without the flags "
	  "that small dumps add.", get_stop, CODE },
	{ "bugcheck.raw", NTR_FT_INT, "hex", "The stop code as the header has "
	  "it.", get_stop, RAW },
	{ "bugcheck.name", NTR_FT_STRING, NULL, "Its name, such as "
	  "IRQL_NOT_LESS_OR_EQUAL.", get_stop, NAME },
	{ "bugcheck.p1", NTR_FT_INT, "hex", "First parameter.", get_stop, PARAM },
	{ "bugcheck.p2", NTR_FT_INT, "hex", "Second parameter.", get_stop,
	  PARAM + 1 },
	{ "bugcheck.p3", NTR_FT_INT, "hex", "Third parameter.", get_stop,
	  PARAM + 2 },
	{ "bugcheck.p4", NTR_FT_INT, "hex", "Fourth parameter.", get_stop,
	  PARAM + 3 },
	{ "exception.code", NTR_FT_INT, "hex", "Code of the exception.",
	  get_exception, EXC_CODE },
	{ "exception.name", NTR_FT_STRING, NULL, "Its name, such as "
	  "STATUS_ACCESS_VIOLATION.", get_exception, EXC_NAME },
	{ "exception.address", NTR_FT_ADDRESS, NULL, "The instruction that "
	  "raised it.", get_exception, EXC_ADDRESS },
	{ "exception.access", NTR_FT_STRING, NULL, "read, write or execute.",
	  get_exception, EXC_ACCESS },
	{ "exception.data", NTR_FT_ADDRESS, NULL, "The address that was "
	  "accessed.", get_exception, EXC_DATA },
	{ "context.ip", NTR_FT_ADDRESS, NULL, "Instruction pointer that the "
	  "stack starts from.", get_context, CTX_IP },
	{ "context.sp", NTR_FT_ADDRESS, NULL, "Stack pointer that the stack "
	  "starts from.", get_context, CTX_SP },
	{ "context.source", NTR_FT_STRING, NULL, "Where these registers were "
	  "found.", get_context, CTX_SOURCE },
	{ "fault.ip", NTR_FT_ADDRESS, NULL, "Instruction pointer of the code "
	  "that faulted.", get_context, FAULT_IP },
	{ "fault.sp", NTR_FT_ADDRESS, NULL, "Stack pointer of the code that "
	  "faulted.", get_context, FAULT_SP },
	{ "fault.source", NTR_FT_STRING, NULL, "Where these registers were "
	  "found.", get_context, FAULT_SOURCE },
	{ "hardware.single_bit", NTR_FT_STRING, NULL, "A pointer that is wrong "
	  "in a single bit, a sign of bad memory.", get_bit, 0 },
};

const struct ntr_fact_part ntr_fact_part_bugcheck = {
	"The stop",
	"The bug check, the exception behind it, and the registers.",
	rows, NTR_COUNT(rows),
};
