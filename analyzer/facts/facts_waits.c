// SPDX-License-Identifier: Apache-2.0
/*
 * Who waits for whom.  Cycles are those that nothing can end; that there is
 * none, and no root, is known only where nothing stayed untold.
 */
#include "facts_int.h"

enum { THREADS, BLOCKED, CYCLES, ROOTS, UNTOLD };

static u64 blocked(const struct ntr_waits *w)
{
	u64 n = 0;

	for (size_t i = 0; i < w->threads.n; i++)
		n += ntr_thread_blocked(&w->threads.v[i].k) &&
		     !w->threads.v[i].idle;
	return n;
}

static void get_counts(struct ntr_facts *f, const struct ntr_fact_at *at,
		       int arg, struct ntr_fact *out)
{
	const struct ntr_waits *w = ntr_facts_waits(f, &out->why);

	if (!w)
		return;
	switch (arg) {
	case THREADS:
		ntr_fact_n(out, w->threads.n);
		break;
	case BLOCKED:
		ntr_fact_n(out, blocked(w));
		break;
	case CYCLES:
		ntr_fact_n_if(out, w->cycles.n || !w->unknown.n, w->cycles.n,
			      w->unknown.n ? w->unknown.v[0] : NULL);
		break;
	case ROOTS:
		ntr_fact_n_if(out, w->roots.n || !w->unknown.n, w->roots.n,
			      w->unknown.n ? w->unknown.v[0] : NULL);
		break;
	case UNTOLD:
		if (at->nindexes)
			ntr_fact_str(out, w->unknown.v[at->index[0]], NULL);
		else
			ntr_fact_n(out, w->unknown.n);
		break;
	}
}

/* What modules of the stacks of threads are of. */
#define OF_CYCLE UINT64_C(0x100000000)
#define OF_ROOT UINT64_C(0x200000000)
#define OF_THREAD UINT64_C(0x300000000)

/* --- cycles -------------------------------------------------------------------------- */

enum { CY_LENGTH, CY_BEHIND, CY_TEXT, CY_LOCKS, CY_MODULES, CY_THREADS };

static void get_cycle(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_wcycle *c = &f->w->cycles.v[at->index[0]];
	u32 i = at->nindexes > 1 ? (u32)at->index[1] : 0;

	switch (arg) {
	case CY_LENGTH:
		ntr_fact_n(out, c->n);
		break;
	case CY_BEHIND:
		ntr_fact_n(out, c->behind);
		break;
	case CY_TEXT:
		ntr_fact_str(out, c->text, NULL);
		break;
	case CY_LOCKS:
		if (at->nindexes > 1)
			ntr_fact_str(out, f->w->locks.v[c->lock[i]].name, NULL);
		else
			ntr_fact_n(out, c->n);
		break;
	case CY_THREADS:
		if (at->nindexes > 1)
			ntr_fact_n(out, f->w->threads.v[c->thread[i]].k.th.va);
		else
			ntr_fact_n(out, c->n);
		break;
	case CY_MODULES:
		if (f->names_of != (OF_CYCLE | at->index[0])) {
			ntr_facts_names_begin(f, OF_CYCLE | at->index[0]);
			for (u32 k = 0; k < c->n; k++)
				ntr_facts_name_thread(f, c->thread[k]);
		}
		ntr_facts_names_get(f, at, 1, NTR_NO_STACKS, out);
		break;
	}
}

/* --- roots ----------------------------------------------------------------------------- */

enum { RT_TEXT, RT_THREAD, RT_PROCESS, RT_STATE, RT_DIRECT, RT_ALL, RT_LONGEST,
       RT_MODULES };

static void get_state(const struct ntr_kthread *k, struct ntr_fact *out)
{
	ntr_fact_str(out, k->has_state ? ntr_thread_state_name(k->state) : NULL,
		     "its structure is not in the dump");
}

static void get_root(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_wroot *r = &f->w->roots.v[at->index[0]];
	const struct ntr_kthread *k = &f->w->threads.v[r->thread].k;

	switch (arg) {
	case RT_TEXT:
		ntr_fact_str(out, r->text, NULL);
		break;
	case RT_THREAD:
		ntr_fact_n(out, k->th.va);
		break;
	case RT_PROCESS:
		ntr_fact_str(out, k->th.process_name, "its process is not known");
		break;
	case RT_STATE:
		get_state(k, out);
		break;
	case RT_DIRECT:
		ntr_fact_n(out, r->direct);
		break;
	case RT_ALL:
		ntr_fact_n(out, r->all);
		break;
	case RT_LONGEST:
		ntr_fact_n(out, r->longest);
		break;
	case RT_MODULES:
		if (f->names_of != (OF_ROOT | at->index[0])) {
			ntr_facts_names_begin(f, OF_ROOT | at->index[0]);
			ntr_facts_name_thread(f, r->thread);
		}
		ntr_facts_names_get(f, at, 1, NTR_NO_STACKS, out);
		break;
	}
}

/* --- threads ------------------------------------------------------------------------------ */

enum { T_ADDRESS, T_ID, T_PROCESS, T_STATE, T_REASON, T_WAITED, T_IDLE,
       T_CERTAIN, T_CYCLE, T_MODULES };

static void get_thread(struct ntr_facts *f, const struct ntr_fact_at *at,
		       int arg, struct ntr_fact *out)
{
	const struct ntr_wthread *x = &f->w->threads.v[at->index[0]];
	const struct ntr_kthread *k = &x->k;

	switch (arg) {
	case T_ADDRESS:
		ntr_fact_n(out, k->th.va);
		break;
	case T_ID:
		ntr_fact_n_if(out, k->th.has_ids, k->th.id,
			      "its structure is not in the dump");
		break;
	case T_PROCESS:
		ntr_fact_str(out, k->th.process_name, "its process is not known");
		break;
	case T_STATE:
		get_state(k, out);
		break;
	case T_REASON:
		if (k->has_state && !ntr_thread_blocked(k))
			ntr_fact_none(out, "it does not wait");
		else
			ntr_fact_str(out, k->has_reason ?
				     ntr_wait_reason_name(k->reason) : NULL,
				     "its structure is not in the dump");
		break;
	case T_WAITED:
		if (k->has_state && !ntr_thread_blocked(k))
			ntr_fact_none(out, "it does not wait");
		else
			ntr_fact_n_if(out, k->has_waited, k->waited,
				      "the clock, or since when it waits, is "
				      "not in the dump");
		break;
	case T_IDLE:
		ntr_fact_n(out, x->idle);
		break;
	case T_CERTAIN:
		ntr_fact_n(out, x->certain);
		break;
	case T_CYCLE:
		ntr_fact_n(out, x->cycle);
		break;
	case T_MODULES:
		if (f->names_of != (OF_THREAD | at->index[0])) {
			ntr_facts_names_begin(f, OF_THREAD | at->index[0]);
			ntr_facts_name_thread(f, (u32)at->index[0]);
		}
		ntr_facts_names_get(f, at, 1, NTR_NO_STACKS, out);
		break;
	}
}

static const struct ntr_fact_row rows[] = {
	{ "waits.threads", NTR_FT_INT, NULL, "Threads of the machine.", get_counts,
	  THREADS },
	{ "waits.blocked", NTR_FT_INT, NULL, "Threads that wait, without workers "
	  "that have nothing to do.", get_counts, BLOCKED },
	{ "waits.untold", NTR_FT_LIST, NULL, "What could not be told about "
	  "waits, with the reason.", get_counts, UNTOLD },
	{ "waits.untold[]", NTR_FT_STRING, NULL, "A sentence.", get_counts,
	  UNTOLD },
	{ "waits.cycles", NTR_FT_LIST, NULL, "Deadlocks: threads that wait for "
	  "one another, which nothing can end.", get_counts, CYCLES },
	{ "waits.cycles[]", NTR_FT_RECORD, NULL, "A deadlock.", NULL, 0 },
	{ "waits.cycles[].length", NTR_FT_INT, NULL, "Threads in it.", get_cycle,
	  CY_LENGTH },
	{ "waits.cycles[].behind", NTR_FT_INT, NULL, "More threads that wait for "
	  "one of these.", get_cycle, CY_BEHIND },
	{ "waits.cycles[].text", NTR_FT_STRING, NULL, "It in words.", get_cycle,
	  CY_TEXT },
	{ "waits.cycles[].locks", NTR_FT_LIST, NULL, "Kinds of the locks: "
	  "mutant, resource, fast mutex.", get_cycle, CY_LOCKS },
	{ "waits.cycles[].locks[]", NTR_FT_STRING, NULL, "Kind of a lock.",
	  get_cycle, CY_LOCKS },
	{ "waits.cycles[].threads", NTR_FT_LIST, NULL, "Its threads; each waits "
	  "for the lock of the same number.", get_cycle, CY_THREADS },
	{ "waits.cycles[].threads[]", NTR_FT_ADDRESS, NULL, "Address of a thread.",
	  get_cycle, CY_THREADS },
	{ "waits.cycles[].modules", NTR_FT_LIST, NULL, "Modules on the stacks of "
	  "its threads, each once.", get_cycle, CY_MODULES },
	{ "waits.cycles[].modules[]", NTR_FT_STRING, NULL, "Name of a module.",
	  get_cycle, CY_MODULES },
	{ "waits.roots", NTR_FT_LIST, NULL, "Threads that others wait for and "
	  "that wait for nobody known, the most awaited first.", get_counts,
	  ROOTS },
	{ "waits.roots[]", NTR_FT_RECORD, NULL, "Such a thread.", NULL, 0 },
	{ "waits.roots[].text", NTR_FT_STRING, NULL, "It in words.", get_root,
	  RT_TEXT },
	{ "waits.roots[].thread", NTR_FT_ADDRESS, NULL, "Its address.", get_root,
	  RT_THREAD },
	{ "waits.roots[].process", NTR_FT_STRING, NULL, "Name of its process.",
	  get_root, RT_PROCESS },
	{ "waits.roots[].state", NTR_FT_STRING, NULL, "Running, Ready, Waiting.",
	  get_root, RT_STATE },
	{ "waits.roots[].direct", NTR_FT_INT, NULL, "Threads that wait for it "
	  "itself.", get_root, RT_DIRECT },
	{ "waits.roots[].all", NTR_FT_INT, NULL, "These and all behind them.",
	  get_root, RT_ALL },
	{ "waits.roots[].longest", NTR_FT_DURATION, NULL, "The longest of these "
	  "waits.", get_root, RT_LONGEST },
	{ "waits.roots[].modules", NTR_FT_LIST, NULL, "Modules on its stack, each "
	  "once.", get_root, RT_MODULES },
	{ "waits.roots[].modules[]", NTR_FT_STRING, NULL, "Name of a module.",
	  get_root, RT_MODULES },
	{ "threads", NTR_FT_LIST, NULL, "Threads of the machine.", get_counts,
	  THREADS },
	{ "threads[]", NTR_FT_RECORD, NULL, "A thread.", NULL, 0 },
	{ "threads[].address", NTR_FT_ADDRESS, NULL, "Its address.", get_thread,
	  T_ADDRESS },
	{ "threads[].id", NTR_FT_INT, "hex", "Its id.", get_thread, T_ID },
	{ "threads[].process", NTR_FT_STRING, NULL, "Name of its process.",
	  get_thread, T_PROCESS },
	{ "threads[].state", NTR_FT_STRING, NULL, "Running, Ready, Waiting.",
	  get_thread, T_STATE },
	{ "threads[].reason", NTR_FT_STRING, NULL, "Why it waits: Executive, "
	  "UserRequest, WrResource.", get_thread, T_REASON },
	{ "threads[].waited", NTR_FT_DURATION, NULL, "Since when it waits.",
	  get_thread, T_WAITED },
	{ "threads[].idle", NTR_FT_BOOL, NULL, "A worker that waits for work.",
	  get_thread, T_IDLE },
	{ "threads[].certain", NTR_FT_BOOL, NULL, "Nothing but the objects it "
	  "waits for can end its wait.", get_thread, T_CERTAIN },
	{ "threads[].deadlocked", NTR_FT_BOOL, NULL, "It is in a deadlock, or "
	  "behind one.", get_thread, T_CYCLE },
	{ "threads[].modules", NTR_FT_LIST, NULL, "Modules on its stack, each "
	  "once.", get_thread, T_MODULES },
	{ "threads[].modules[]", NTR_FT_STRING, NULL, "Name of a module.",
	  get_thread, T_MODULES },
};

const struct ntr_fact_part ntr_fact_part_waits = {
	"Waits", "Who waits for whom.", rows, NTR_COUNT(rows),
};
