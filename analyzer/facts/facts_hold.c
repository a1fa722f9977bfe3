// SPDX-License-Identifier: Apache-2.0
/*
 * What else the wait-for graph says: processors that spin, requests that
 * threads wait for, locks taken in opposite orders.
 */
#include "../triage/lock_order.h"
#include "facts_int.h"

#define OF_CPU UINT64_C(0x500000000)
#define OF_CPU_FUNCTIONS UINT64_C(0x600000000)
#define OF_INVERSION UINT64_C(0x700000000)

enum { CPUS, SPINNING, LINKED, REQUESTS, INVERSIONS };

static void get_counts(struct ntr_facts *f, const struct ntr_fact_at *at,
		       int arg, struct ntr_fact *out)
{
	const struct ntr_waits *w = ntr_facts_waits(f, &out->why);
	u64 n = 0;

	(void)at;
	if (!w)
		return;
	switch (arg) {
	case CPUS:
		ntr_fact_n(out, w->cpus.n);
		break;
	case SPINNING:
		for (size_t i = 0; i < w->cpus.n; i++)
			n += w->cpus.v[i].work == NTR_CW_SPINS;
		ntr_fact_n_if(out, n || !ntr_waits_cpus_lacking(w), n,
			      "not every processor is in the dump");
		break;
	case LINKED:
		for (size_t i = 0; i < w->cpus.n; i++)
			n += w->cpus.v[i].lock != 0;
		if (n > 1)
			ntr_fact_n(out, w->spin_link.found);
		else
			ntr_fact_none(out, "no two processors spin for locks "
				      "that are known");
		break;
	case REQUESTS:
		ntr_fact_n(out, w->irps.n);
		break;
	case INVERSIONS:
		ntr_fact_n(out, w->inversions.n);
		break;
	}
}

/* --- processors ----------------------------------------------------------------- */

enum { C_NUMBER, C_WORK, C_ROUTINE, C_LOCK, C_THREAD, C_DPCS, C_TEXT,
       C_MODULES, C_FUNCTIONS };

static void name_functions(struct ntr_facts *f, const struct ntr_wcpu *c)
{
	struct ntr_named n;

	for (u32 i = 0; i < c->nframes; i++)
		if (ntr_target_name(f->t, c->ip[i], i > 0 ||
				    c->work == NTR_CW_SPINS, &n))
			ntr_facts_name_add(f, ntr_facts_text(f, "%s!%s",
					   n.module->name, n.name));
}

static void cpu_names(struct ntr_facts *f, const struct ntr_fact_at *at,
		      bool functions, struct ntr_fact *out)
{
	const struct ntr_wcpu *c = &f->w->cpus.v[at->index[0]];
	u64 of = (functions ? OF_CPU_FUNCTIONS : OF_CPU) | at->index[0];

	if (f->names_of != of) {
		ntr_facts_names_begin(f, of);
		if (functions)
			name_functions(f, c);
		else
			ntr_facts_name_modules(f, c->ip, c->nframes);
	}
	ntr_facts_names_get(f, at, 1, NTR_NO_STACKS, out);
}

static void get_cpu(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		    struct ntr_fact *out)
{
	static const char *const words[] = { NULL, "idle", "spins", "runs" };
	const struct ntr_wcpu *c = &f->w->cpus.v[at->index[0]];
	u32 number = f->t->cpus.v[c->cpu].number;

	switch (arg) {
	case C_NUMBER:
		ntr_fact_n_if(out, number != NTR_CPU_UNKNOWN, number,
			      "the dump does not number it");
		break;
	case C_WORK:
		ntr_fact_str(out, words[c->work], c->text);
		break;
	case C_ROUTINE:
		if (c->work == NTR_CW_SPINS)
			ntr_fact_str(out, c->routine, NULL);
		else
			ntr_fact_none(out, "it does not spin");
		break;
	case C_LOCK:
		if (c->work == NTR_CW_SPINS)
			ntr_fact_n_if(out, c->lock, c->lock, c->no_lock);
		else
			ntr_fact_none(out, "it does not spin");
		break;
	case C_THREAD:
		ntr_fact_n_if(out, c->thread != NTR_NONE, c->thread != NTR_NONE ?
			      f->w->threads.v[c->thread].k.th.va : 0,
			      "its thread is on no list");
		break;
	case C_DPCS:
		ntr_fact_n(out, c->ndpcs);
		break;
	case C_TEXT:
		ntr_fact_str(out, c->text, NULL);
		break;
	default:
		cpu_names(f, at, arg == C_FUNCTIONS, out);
	}
}

/* --- requests ---------------------------------------------------------------------- */

enum { R_ADDRESS, R_THREAD, R_MAJOR, R_DRIVER, R_BY, R_QUEUED, R_TEXT };

static void get_request(struct ntr_facts *f, const struct ntr_fact_at *at,
			int arg, struct ntr_fact *out)
{
	const struct ntr_wirp *x = &f->w->irps.v[at->index[0]];
	const struct ntr_wlock *l = &f->w->locks.v[x->lock];

	switch (arg) {
	case R_ADDRESS:
		ntr_fact_n(out, x->va);
		break;
	case R_THREAD:
		ntr_fact_n(out, f->w->threads.v[x->thread].k.th.va);
		break;
	case R_MAJOR:
		ntr_fact_n_if(out, x->device, x->major,
			      "it is not with a driver");
		break;
	case R_DRIVER:
		ntr_fact_str(out, x->driver, "it is not with a driver, or that "
			     "is not in the dump");
		break;
	case R_BY:
		ntr_fact_str(out, x->link, NULL);
		break;
	case R_QUEUED:
		if (l->queue != NTR_NONE)
			ntr_fact_str(out, "work item", NULL);
		else if (l->cpu != NTR_NONE)
			ntr_fact_str(out, "DPC", NULL);
		else
			ntr_fact_none(out, "nothing that is queued refers to "
				      "it");
		break;
	case R_TEXT:
		ntr_fact_str(out, l->ender, NULL);
		break;
	}
}

/* --- orders of locks ------------------------------------------------------------------ */

enum { I_TEXT, I_DEADLOCK, I_CERTAIN, I_LOCKS, I_THREADS, I_MODULES };

static void get_inversion(struct ntr_facts *f, const struct ntr_fact_at *at,
			  int arg, struct ntr_fact *out)
{
	const struct ntr_inversion *x = &f->w->inversions.v[at->index[0]];
	u64 i = at->nindexes > 1 ? at->index[1] & 1 : 0;

	switch (arg) {
	case I_TEXT:
		ntr_fact_str(out, x->text, NULL);
		break;
	case I_DEADLOCK:
		ntr_fact_n(out, x->deadlock);
		break;
	case I_CERTAIN:
		ntr_fact_n(out, x->by[0] == NTR_OB_WAIT &&
				x->by[1] == NTR_OB_WAIT);
		break;
	case I_LOCKS:
		if (at->nindexes > 1)
			ntr_fact_str(out, x->kind[i], NULL);
		else
			ntr_fact_n(out, 2);
		break;
	case I_THREADS:
		if (at->nindexes > 1)
			ntr_fact_n(out, f->w->threads.v[x->thread[i]].k.th.va);
		else
			ntr_fact_n(out, 2);
		break;
	default:
		if (f->names_of != (OF_INVERSION | at->index[0])) {
			ntr_facts_names_begin(f, OF_INVERSION | at->index[0]);
			ntr_facts_name_thread(f, x->thread[0]);
			ntr_facts_name_thread(f, x->thread[1]);
		}
		ntr_facts_names_get(f, at, 1, NTR_NO_STACKS, out);
	}
}

static const struct ntr_fact_row rows[] = {
	{ "waits.cpus", NTR_FT_LIST, NULL, "Processors, and what they were doing.",
	  get_counts, CPUS },
	{ "waits.cpus[]", NTR_FT_RECORD, NULL, "A processor.", NULL, 0 },
	{ "waits.cpus[].number", NTR_FT_INT, NULL, "Its number.", get_cpu,
	  C_NUMBER },
	{ "waits.cpus[].work", NTR_FT_STRING, NULL, "idle, spins (for a spin "
	  "lock), runs.", get_cpu, C_WORK },
	{ "waits.cpus[].routine", NTR_FT_STRING, NULL, "The routine that spins.",
	  get_cpu, C_ROUTINE },
	{ "waits.cpus[].lock", NTR_FT_ADDRESS, NULL, "The spin lock, as a register "
	  "names it.", get_cpu, C_LOCK },
	{ "waits.cpus[].thread", NTR_FT_ADDRESS, NULL, "The thread that runs.",
	  get_cpu, C_THREAD },
	{ "waits.cpus[].dpcs", NTR_FT_INT, NULL, "DPCs queued on it.", get_cpu,
	  C_DPCS },
	{ "waits.cpus[].text", NTR_FT_STRING, NULL, "It in words.", get_cpu,
	  C_TEXT },
	{ "waits.cpus[].modules", NTR_FT_LIST, NULL, "Modules on its stack from "
	  "where the lock is wanted, or from what was interrupted, each once.",
	  get_cpu, C_MODULES },
	{ "waits.cpus[].modules[]", NTR_FT_STRING, NULL, "Name of a module.",
	  get_cpu, C_MODULES },
	{ "waits.cpus[].functions", NTR_FT_LIST, NULL, "Functions on its stack "
	  "from there, each once.", get_cpu, C_FUNCTIONS },
	{ "waits.cpus[].functions[]", NTR_FT_STRING, NULL, "module!function.",
	  get_cpu, C_FUNCTIONS },
	{ "waits.spinning", NTR_FT_INT, NULL, "Processors that spin for a spin "
	  "lock.", get_counts, SPINNING },
	{ "waits.spin_linked", NTR_FT_BOOL, NULL, "Two of the locks lie in "
	  "structures that point to one another.", get_counts, LINKED },
	{ "waits.requests", NTR_FT_LIST, NULL, "Requests that threads wait for.",
	  get_counts, REQUESTS },
	{ "waits.requests[]", NTR_FT_RECORD, NULL, "A request.", NULL, 0 },
	{ "waits.requests[].address", NTR_FT_ADDRESS, NULL, "Of the IRP.",
	  get_request, R_ADDRESS },
	{ "waits.requests[].thread", NTR_FT_ADDRESS, NULL, "The thread that waits.",
	  get_request, R_THREAD },
	{ "waits.requests[].major", NTR_FT_INT, "hex", "Its major function.",
	  get_request, R_MAJOR },
	{ "waits.requests[].driver", NTR_FT_STRING, NULL, "The driver that has it, "
	  "as \\Driver\\disk.", get_request, R_DRIVER },
	{ "waits.requests[].by", NTR_FT_STRING, NULL, "By what the object waited "
	  "for is known to be its.", get_request, R_BY },
	{ "waits.requests[].queued", NTR_FT_STRING, NULL, "What is queued and "
	  "refers to it: work item, DPC.", get_request, R_QUEUED },
	{ "waits.requests[].text", NTR_FT_STRING, NULL, "It in words.",
	  get_request, R_TEXT },
	{ "waits.inversions", NTR_FT_LIST, NULL, "Pairs of locks that two threads "
	  "take in opposite orders, as far as the moment of the dump shows.",
	  get_counts, INVERSIONS },
	{ "waits.inversions[]", NTR_FT_RECORD, NULL, "Such a pair.", NULL, 0 },
	{ "waits.inversions[].text", NTR_FT_STRING, NULL, "It in words, with the "
	  "evidence.", get_inversion, I_TEXT },
	{ "waits.inversions[].deadlock", NTR_FT_BOOL, NULL, "Both threads are in a "
	  "deadlock, or behind one.", get_inversion, I_DEADLOCK },
	{ "waits.inversions[].certain", NTR_FT_BOOL, NULL, "Both own one lock and "
	  "wait for the other; else a stack supports an order.", get_inversion,
	  I_CERTAIN },
	{ "waits.inversions[].locks", NTR_FT_LIST, NULL, "Kinds of the two.",
	  get_inversion, I_LOCKS },
	{ "waits.inversions[].locks[]", NTR_FT_STRING, NULL, "Kind of a lock.",
	  get_inversion, I_LOCKS },
	{ "waits.inversions[].threads", NTR_FT_LIST, NULL, "The two threads; each "
	  "takes the lock of the same number first.", get_inversion, I_THREADS },
	{ "waits.inversions[].threads[]", NTR_FT_ADDRESS, NULL, "Address of a "
	  "thread.", get_inversion, I_THREADS },
	{ "waits.inversions[].modules", NTR_FT_LIST, NULL, "Modules on their "
	  "stacks, each once.", get_inversion, I_MODULES },
	{ "waits.inversions[].modules[]", NTR_FT_STRING, NULL, "Name of a module.",
	  get_inversion, I_MODULES },
};

const struct ntr_fact_part ntr_fact_part_hold = {
	"Processors, requests, orders of locks",
	"What the wait-for graph says besides threads and their locks.", rows,
	NTR_COUNT(rows),
};
