// SPDX-License-Identifier: Apache-2.0
/* What is set to happen, and what waits to: timers, APCs of the thread of the
 * stop, queued spin locks, pages by state. */
#include "facts_int.h"

#include <string.h>

/* --- timers ------------------------------------------------------------------------- */

enum { TM_ADDRESS, TM_DUE, TM_PAST, TM_PERIOD, TM_ROUTINE, TM_MODULE, TM_CPU,
       TM_THREAD };

static void get_count(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_timers *l = ntr_facts_timers(f, &out->why);

	(void)at;
	if (!l)
		return;
	if (arg == 1)
		ntr_fact_n(out, l->ndamaged);
	else if (arg == 2 && (l->npartial || l->nabsent || l->nunaligned))
		ntr_fact_why(out, ntr_facts_text(f, "%u lists are not whole in "
			"the dump, or not followed", l->npartial + l->nabsent +
			l->nunaligned));
	else
		ntr_fact_n(out, l->t.n);
}

static void get_code(struct ntr_facts *f, const struct ntr_timer *x, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_module *m = ntr_target_module(f->t, x->routine);
	char name[96];

	if (!x->dpc && !x->dpc_note) {
		ntr_fact_none(out, "it has no DPC");
	} else if (!x->routine) {
		ntr_fact_why(out, x->dpc_note ? x->dpc_note : "its DPC is not "
			     "in the dump");
	} else if (arg == TM_MODULE) {
		ntr_fact_str(out, m ? m->name : NULL, "its routine lies in no "
			     "module that is known");
	} else {
		ntr_target_symbolise(f->t, x->routine, name, sizeof(name));
		ntr_fact_str(out, ntr_facts_text(f, "%s", name),
			     "memory was short");
	}
}

static void get_due(const struct ntr_timers *l, const struct ntr_timer *x,
		    bool past, struct ntr_fact *out)
{
	bool is_past = x->due < l->now;

	if (!x->has_due || !l->has_now)
		ntr_fact_why(out, "what time it is is not in the dump");
	else if (past)
		ntr_fact_n(out, is_past);
	else
		ntr_fact_n(out, is_past ? l->now - x->due : x->due - l->now);
}

static void get_timer(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_timers *l = ntr_facts_timers(f, &out->why);
	const struct ntr_timer *x = l ? &l->t.v[at->index[0]] : NULL;

	if (!x)
		return;
	switch (arg) {
	case TM_ADDRESS:
		ntr_fact_n(out, x->va);
		return;
	case TM_CPU:
		if (x->cpu == NTR_CPU_UNKNOWN)
			ntr_fact_none(out, "this version has one table for all "
				      "processors");
		else
			ntr_fact_n(out, f->t->cpus.v[x->cpu].number);
		return;
	}
	if (x->note) {
		ntr_fact_why(out, x->note);
		return;
	}
	switch (arg) {
	case TM_DUE:
	case TM_PAST:
		get_due(l, x, arg == TM_PAST, out);
		break;
	case TM_PERIOD:
		ntr_fact_n_if(out, x->has_period, (u64)x->period * 10000,
			      "it is not in the dump");
		break;
	case TM_THREAD:
		if (x->thread)
			ntr_fact_n(out, x->thread);
		else
			ntr_fact_none(out, "it is no thread's own");
		break;
	default:
		get_code(f, x, arg, out);
	}
}

/* --- queued locks ------------------------------------------------------------------- */

enum { QL_OWNS, QL_WAITS, QL_FOR };

/* How many a processor owns, whether it waits, and for whom. */
static void get_qlock(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_qlocks *l = ntr_facts_qlocks(f, &out->why);
	u64 cpu = at->index[0], owns = 0;
	const struct ntr_qlock *waits = NULL, *odd = NULL;

	if (!l)
		return;
	if (!l->there[cpu]) {
		ntr_fact_why(out, "its KPRCB is not in the dump");
		return;
	}
	for (size_t i = 0; i < l->q.n; i++) {
		const struct ntr_qlock *q = &l->q.v[i];

		if (q->state >= NTR_QL_CORRUPT)
			odd = q;
		owns += q->owner == cpu;
		if (!waits && q->place[cpu])
			waits = q;
	}
	if (odd && (arg == QL_OWNS || !waits))
		ntr_fact_why(out, ntr_facts_text(f, "of the queued spin lock "
						 "\"%s\": %s", odd->name,
						 odd->why));
	else if (arg == QL_OWNS)
		ntr_fact_n(out, owns);
	else if (!waits)
		ntr_fact_none(out, "it waits for no queued spin lock");
	else if (arg == QL_WAITS)
		ntr_fact_str(out, waits->name, NULL);
	else
		ntr_fact_n_if(out, waits->owner != NTR_NO_CPU,
			      waits->owner != NTR_NO_CPU ?
			      f->t->cpus.v[waits->owner].number : 0,
			      ntr_facts_text(f, "%s", waits->why));
}

/* --- pages -------------------------------------------------------------------------- */

static void get_pages(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_page_counts *c = ntr_facts_pages(f, arg >=
							  NTR_PG_ACTIVE);

	(void)at;
	if (c->known[arg] && c->walk[arg] && (c->unread || c->cut))
		ntr_fact_why(out, ntr_facts_text(f, "the PFN database is not "
			"whole in the dump: %" PRIu64 " entries are lacking",
			c->unread));
	else
		ntr_fact_n_if(out, c->known[arg], c->n[arg],
			      ntr_facts_text(f, "%s", c->why[arg]));
}

/* --- APCs ---------------------------------------------------------------------------- */

enum { AP_KERNEL, AP_USER, AP_PROGRESS, AP_PENDING, AP_USER_PENDING,
       AP_DISABLED, AP_SPECIAL, AP_ATTACHED };

static void get_apc_value(const struct ntr_thread_apcs *a, int arg,
			  struct ntr_fact *out)
{
	const char *no = "this version does not count it";

	switch (arg) {
	case AP_KERNEL:
	case AP_USER:
		ntr_fact_n(out, a->now.queue[arg == AP_USER].n);
		break;
	case AP_PROGRESS:
		ntr_fact_n(out, a->now.in_progress ||
				a->now.special_in_progress);
		break;
	case AP_PENDING:
		ntr_fact_n(out, a->now.kernel_pending);
		break;
	case AP_USER_PENDING:
		ntr_fact_n(out, a->now.user_pending ||
				a->now.special_user_pending);
		break;
	case AP_DISABLED:
		ntr_fact_n_if(out, a->has_disable, a->disable != 0, no);
		break;
	case AP_SPECIAL:
		ntr_fact_n_if(out, a->has_special, a->special_disable != 0,
			      no);
		break;
	case AP_ATTACHED:
		ntr_fact_n_if(out, a->has_attached, a->attached, no);
		break;
	}
}

static void get_apc(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		    struct ntr_fact *out)
{
	struct ntr_err e = { "" };
	struct ntr_thread_apcs a;

	(void)at;
	if (!f->t->thread.va) {
		ntr_fact_why(out, "the thread that ran at the stop is not "
			     "known");
		return;
	}
	if (ntr_thread_apcs(f->t, f->t->thread.va, &a, &e)) {
		ntr_fact_why(out, ntr_facts_text(f, "%s", e.msg));
		return;
	}
	if (arg <= AP_USER && a.now.why[arg][0])
		ntr_fact_why(out, ntr_facts_text(f, "%s", a.now.why[arg]));
	else
		get_apc_value(&a, arg, out);
	ntr_thread_apcs_fini(&a);
}

/* --- the rows ------------------------------------------------------------------------- */

static const struct ntr_fact_row rows[] = {
	{ "timers.count", NTR_FT_INT, NULL, "Timers that are set.", get_count,
	  2 },
	{ "timers.damaged", NTR_FT_INT, NULL, "Lists of timers that are "
	  "damaged.", get_count, 1 },
	{ "timers.list", NTR_FT_LIST, NULL, "The timers, by table and list.",
	  get_count, 0 },
	{ "timers.list[]", NTR_FT_RECORD, NULL, "A timer.", NULL, 0 },
	{ "timers.list[].address", NTR_FT_ADDRESS, NULL, "Where it lies.",
	  get_timer, TM_ADDRESS },
	{ "timers.list[].due", NTR_FT_DURATION, NULL, "From the time of the "
	  "dump to when it fires, or since when it should have.", get_timer,
	  TM_DUE },
	{ "timers.list[].overdue", NTR_FT_BOOL, NULL, "It should have fired "
	  "before.", get_timer, TM_PAST },
	{ "timers.list[].period", NTR_FT_DURATION, NULL, "It fires again after "
	  "that; 0: once.", get_timer, TM_PERIOD },
	{ "timers.list[].routine", NTR_FT_STRING, NULL, "Routine of its DPC.",
	  get_timer, TM_ROUTINE },
	{ "timers.list[].module", NTR_FT_STRING, NULL, "Module of that routine.",
	  get_timer, TM_MODULE },
	{ "timers.list[].cpu", NTR_FT_INT, NULL, "Processor whose table it is "
	  "in (Windows 7 and later).", get_timer, TM_CPU },
	{ "timers.list[].thread", NTR_FT_ADDRESS, NULL, "Thread whose own timer "
	  "it is, of a wait with a timeout.", get_timer, TM_THREAD },
	{ "cpus[].queued_locks_owned", NTR_FT_INT, NULL, "Queued spin locks "
	  "that the processor owns.", get_qlock, QL_OWNS },
	{ "cpus[].queued_lock", NTR_FT_STRING, NULL, "Queued spin lock that it "
	  "waits for.", get_qlock, QL_WAITS },
	{ "cpus[].queued_lock_owner", NTR_FT_INT, NULL, "Processor that owns "
	  "that lock.", get_qlock, QL_FOR },
#define PAGES(name, state, doc)                                              \
	{ "memory.pages." name, NTR_FT_INT, NULL, doc, get_pages, state }
	PAGES("zeroed", NTR_PG_ZEROED, "Pages on the list of zeroed ones."),
	PAGES("free", NTR_PG_FREE, "Pages on the list of free ones."),
	PAGES("standby", NTR_PG_STANDBY, "Pages on the standby list."),
	PAGES("modified", NTR_PG_MODIFIED, "Pages on the modified list."),
	PAGES("modified_no_write", NTR_PG_NO_WRITE, "Modified pages that wait "
	      "for their file system."),
	PAGES("bad", NTR_PG_BAD, "Pages that are not used, for errors."),
	PAGES("active", NTR_PG_ACTIVE, "Pages in use, by the PFN database."),
	{ "thread.apc.kernel", NTR_FT_INT, NULL, "Kernel APCs that wait for the "
	  "thread of the stop.", get_apc, AP_KERNEL },
	{ "thread.apc.user", NTR_FT_INT, NULL, "User APCs that wait for it.",
	  get_apc, AP_USER },
	{ "thread.apc.in_progress", NTR_FT_BOOL, NULL, "A kernel APC is being "
	  "delivered.", get_apc, AP_PROGRESS },
	{ "thread.apc.kernel_pending", NTR_FT_BOOL, NULL, "A kernel APC is to be "
	  "delivered.", get_apc, AP_PENDING },
	{ "thread.apc.user_pending", NTR_FT_BOOL, NULL, "A user APC is to be "
	  "delivered.", get_apc, AP_USER_PENDING },
	{ "thread.apc.disabled", NTR_FT_BOOL, NULL, "Normal kernel APCs are held "
	  "off (a critical region).", get_apc, AP_DISABLED },
	{ "thread.apc.special_disabled", NTR_FT_BOOL, NULL, "All kernel APCs are "
	  "held off (a guarded region; Server 2003 and later).", get_apc,
	  AP_SPECIAL },
	{ "thread.apc.attached", NTR_FT_BOOL, NULL, "The thread is attached to "
	  "another process.", get_apc, AP_ATTACHED },
};

const struct ntr_fact_part ntr_fact_part_timer = {
	"Timers, APCs, queued locks, pages", "What is set to happen, what waits "
	"to, and what memory is used for.", rows, NTR_COUNT(rows),
};
