// SPDX-License-Identifier: Apache-2.0
/* The thread and process of the stop, and the processors. */
#include "../kobj/symbols.h"
#include "facts_int.h"

#define NO_THREAD "the thread that ran at the stop is not known"
#define NO_PROCESS "its process structure is not in the dump"

enum { TH_ADDRESS, TH_ID, TH_CPU, TH_IRQL, PR_ADDRESS, PR_NAME, PR_ID };

static const struct ntr_cpu *crash_cpu(const struct ntr_target *t)
{
	return t->crash_cpu >= 0 && (size_t)t->crash_cpu < t->cpus.n ?
	       &t->cpus.v[t->crash_cpu] : NULL;
}

static void get_thread(struct ntr_facts *f, const struct ntr_fact_at *at,
		       int arg, struct ntr_fact *out)
{
	const struct ntr_thread *th = &f->t->thread;
	const struct ntr_cpu *c = crash_cpu(f->t);
	const char *no = th->va ? NO_PROCESS : NO_THREAD;

	(void)at;
	switch (arg) {
	case TH_ADDRESS:
		ntr_fact_n_if(out, th->va, th->va, NO_THREAD);
		break;
	case TH_ID:
		ntr_fact_n_if(out, th->has_ids, th->id, th->va ? "its structure "
			      "is not in the dump, or its build is not known" :
			      NO_THREAD);
		break;
	case TH_CPU:
		ntr_fact_n_if(out, c && c->number != NTR_CPU_UNKNOWN,
			      c ? c->number : 0, "the processor that stopped is "
			      "not known");
		break;
	case TH_IRQL:
		ntr_fact_n_if(out, c && c->has_irql, c ? c->irql : 0,
			      "the processor's KPCR does not say it");
		break;
	case PR_ADDRESS:
		ntr_fact_n_if(out, th->process, th->process, no);
		break;
	case PR_NAME:
		ntr_fact_str(out, th->process_name, no);
		break;
	case PR_ID:
		ntr_fact_n_if(out, th->has_ids, th->pid, no);
		break;
	}
}

static void get_cpus(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	(void)at;
	(void)arg;
	ntr_fact_n_if(out, f->t->cpus.n, f->t->cpus.n,
		      "the dump holds nothing of the processors");
}

static void get_whole(struct ntr_facts *f, const struct ntr_fact_at *at,
		      int arg, struct ntr_fact *out)
{
	const struct ntr_meta *m = &f->t->d->meta;

	(void)at;
	(void)arg;
	if (!(m->has & NTR_HAS_CPUS))
		ntr_fact_why(out, "the number of processors is not known");
	else if (f->t->cpus.n < m->cpus)
		ntr_fact_why(out, ntr_facts_text(f, "the dump holds %zu of %u "
						 "processors", f->t->cpus.n,
						 m->cpus));
	else
		ntr_fact_n(out, true);
}

enum { CPU_NUMBER, CPU_IP, CPU_SP, CPU_MODULE, CPU_FUNCTION, CPU_THREAD,
       CPU_IRQL, CPU_STOPPED };

static void get_code(struct ntr_facts *f, const struct ntr_cpu *c, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_module *m = c->has_regs && c->regs.has_ip ?
				     ntr_target_module(f->t, c->regs.ip) : NULL;
	struct ntr_named at;

	if (!m)
		ntr_fact_why(out, c->has_regs ? "the address lies in no module "
			     "that is known" : "the dump holds no registers of "
			     "it");
	else if (arg == CPU_MODULE)
		ntr_fact_str(out, m->name, NULL);
	else if (ntr_target_name(f->t, c->regs.ip, false, &at) && at.inside)
		ntr_fact_str(out, ntr_facts_text(f, "%s", at.name),
			     "memory was short");
	else
		ntr_fact_why(out, "no symbols of its module");
}

static void get_cpu(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		    struct ntr_fact *out)
{
	const struct ntr_cpu *c = &f->t->cpus.v[at->index[0]];
	const char *no = "the dump holds no registers of it";

	switch (arg) {
	case CPU_NUMBER:
		ntr_fact_n_if(out, c->number != NTR_CPU_UNKNOWN, c->number,
			      "the header does not say which it is");
		break;
	case CPU_IP:
		ntr_fact_n_if(out, c->has_regs && c->regs.has_ip, c->regs.ip, no);
		break;
	case CPU_SP:
		ntr_fact_n_if(out, c->has_regs && c->regs.has_sp, c->regs.sp, no);
		break;
	case CPU_MODULE:
	case CPU_FUNCTION:
		get_code(f, c, arg, out);
		break;
	case CPU_THREAD:
		ntr_fact_n_if(out, c->thread, c->thread,
			      "its KPRCB is not in the dump");
		break;
	case CPU_IRQL:
		ntr_fact_n_if(out, c->has_irql, c->irql,
			      "its KPCR does not say it");
		break;
	case CPU_STOPPED:
		ntr_fact_n_if(out, f->t->crash_cpu >= 0,
			      (u64)f->t->crash_cpu == at->index[0],
			      "the processor that stopped is not known");
		break;
	}
}

static const struct ntr_fact_row rows[] = {
	{ "thread.address", NTR_FT_ADDRESS, NULL, "The thread that ran at the "
	  "stop.", get_thread, TH_ADDRESS },
	{ "thread.id", NTR_FT_INT, "hex", "Its id.", get_thread, TH_ID },
	{ "thread.cpu", NTR_FT_INT, NULL, "The processor it ran on.", get_thread,
	  TH_CPU },
	{ "thread.irql", NTR_FT_INT, NULL, "IRQL of that processor; a stop "
	  "raises it.", get_thread, TH_IRQL },
	{ "process.address", NTR_FT_ADDRESS, NULL, "Its process.", get_thread,
	  PR_ADDRESS },
	{ "process.name", NTR_FT_STRING, NULL, "Name of the process.", get_thread,
	  PR_NAME },
	{ "process.id", NTR_FT_INT, "hex", "Id of the process.", get_thread,
	  PR_ID },
	{ "cpus", NTR_FT_LIST, NULL, "Processors of which the dump holds "
	  "something.", get_cpus, 0 },
	{ "cpus[]", NTR_FT_RECORD, NULL, "A processor.", NULL, 0 },
	{ "cpus_whole", NTR_FT_BOOL, NULL, "The dump holds something of every "
	  "processor; unknown otherwise, never false.", get_whole, 0 },
	{ "cpus[].number", NTR_FT_INT, NULL, "Its number.", get_cpu, CPU_NUMBER },
	{ "cpus[].stopped", NTR_FT_BOOL, NULL, "It is the one that stopped the "
	  "machine.", get_cpu, CPU_STOPPED },
	{ "cpus[].ip", NTR_FT_ADDRESS, NULL, "Instruction pointer.", get_cpu,
	  CPU_IP },
	{ "cpus[].sp", NTR_FT_ADDRESS, NULL, "Stack pointer.", get_cpu, CPU_SP },
	{ "cpus[].module", NTR_FT_STRING, NULL, "Module it executes.", get_cpu,
	  CPU_MODULE },
	{ "cpus[].function", NTR_FT_STRING, NULL, "Function it executes, by "
	  "symbols.", get_cpu, CPU_FUNCTION },
	{ "cpus[].thread", NTR_FT_ADDRESS, NULL, "Thread it executes.", get_cpu,
	  CPU_THREAD },
	{ "cpus[].irql", NTR_FT_INT, NULL, "Its IRQL.", get_cpu, CPU_IRQL },
};

const struct ntr_fact_part ntr_fact_part_thread = {
	"Thread, process, processors", "What ran when the machine stopped.",
	rows, NTR_COUNT(rows),
};
