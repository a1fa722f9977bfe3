// SPDX-License-Identifier: Apache-2.0
/*
 * Handles: who has how many of what, and whether lists and ids agree.  Counts
 * are of what is in the dump; how much is not stands beside them.
 */
#include "facts_int.h"

#define NO_TYPE "their types cannot be told"
#define NOT_READ "its handle table is not in the dump"

enum { COUNT, ABSENT, UNREAD, PROCESSES, TYPES };

static void get_all(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		    struct ntr_fact *out)
{
	const struct ntr_census *c = ntr_facts_census(f, &out->why);

	(void)at;
	if (!c)
		return;
	switch (arg) {
	case COUNT:
		ntr_fact_n_if(out, c->count || !c->unread, c->count,
			      c->unread_why);
		break;
	case ABSENT:
		ntr_fact_n(out, c->absent);
		break;
	case UNREAD:
		ntr_fact_n(out, c->unread);
		break;
	case PROCESSES:
		ntr_fact_n_if(out, c->p.n || !c->unread, c->p.n, c->unread_why);
		break;
	case TYPES:
		ntr_fact_n_if(out, c->types.n || !c->unread, c->types.n,
			      c->unread_why);
		break;
	}
}

/* --- types ------------------------------------------------------------------------- */

enum { TY_NAME, TY_COUNT };

static void type_fact(const struct ntr_census_type *y, int arg,
		      struct ntr_fact *out)
{
	if (arg == TY_NAME)
		ntr_fact_str(out, y->name, NO_TYPE);
	else
		ntr_fact_n(out, y->count);
}

static void get_type(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	type_fact(&f->census.types.v[at->index[0]], arg, out);
}

static void get_process_type(struct ntr_facts *f, const struct ntr_fact_at *at,
			     int arg, struct ntr_fact *out)
{
	type_fact(&f->census.p.v[at->index[0]].types.v[at->index[1]], arg, out);
}

/* --- processes ---------------------------------------------------------------------- */

enum { PR_ADDRESS, PR_ID, PR_NAME, PR_COUNT, PR_ABSENT, PR_TYPES };

static void get_process(struct ntr_facts *f, const struct ntr_fact_at *at,
			int arg, struct ntr_fact *out)
{
	const struct ntr_census_process *p = &f->census.p.v[at->index[0]];

	switch (arg) {
	case PR_ADDRESS:
		ntr_fact_n(out, p->va);
		break;
	case PR_ID:
		ntr_fact_n_if(out, p->has_pid, p->pid,
			      "its structure is not in the dump");
		break;
	case PR_NAME:
		ntr_fact_str(out, p->name, "its structure is not in the dump");
		break;
	case PR_COUNT:
		ntr_fact_n(out, p->count);
		break;
	case PR_ABSENT:
		ntr_fact_n(out, p->absent);
		break;
	case PR_TYPES:
		ntr_fact_n(out, p->types.n);
		break;
	}
}

static void get_current(struct ntr_facts *f, const struct ntr_fact_at *at,
			int arg, struct ntr_fact *out)
{
	const struct ntr_census *c = ntr_facts_census(f, &out->why);

	(void)at;
	(void)arg;
	if (!c)
		return;
	if (!f->t->thread.process)
		ntr_fact_why(out, "the process of the stop is not known");
	else if (c->unread || c->cut || *c->list_why)
		ntr_fact_why(out, NOT_READ);
	else
		ntr_fact_none(out, "it has no handle table");
	for (size_t i = 0; i < c->p.n; i++)
		if (c->p.v[i].va == f->t->thread.process)
			ntr_fact_n(out, c->p.v[i].count);
}

/* --- ids ------------------------------------------------------------------------------- */

enum { ID_PROCESSES, ID_THREADS, ID_DIFFERENCES, ID_UNTOLD };
enum { DF_KIND, DF_ADDRESS, DF_ID, DF_PROCESS, DF_LISTED };

static void get_ids(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		    struct ntr_fact *out)
{
	const struct ntr_cid_view *v = ntr_facts_ids(f, &out->why);

	(void)at;
	if (!v)
		return;
	switch (arg) {
	case ID_PROCESSES:
		ntr_fact_n(out, v->processes);
		break;
	case ID_THREADS:
		ntr_fact_n(out, v->threads);
		break;
	case ID_DIFFERENCES:
		ntr_fact_n_if(out, v->d.n || !v->untold, v->d.n,
			      *v->table_why ? v->table_why : *v->list_why ?
			      v->list_why : v->threads_why);
		break;
	case ID_UNTOLD:
		ntr_fact_n(out, v->untold);
		break;
	}
}

static void get_difference(struct ntr_facts *f, const struct ntr_fact_at *at,
			   int arg, struct ntr_fact *out)
{
	const struct ntr_cid_diff *d = &f->ids.d.v[at->index[0]];

	switch (arg) {
	case DF_KIND:
		ntr_fact_str(out, d->thread ? "thread" : "process", NULL);
		break;
	case DF_ADDRESS:
		ntr_fact_n(out, d->va);
		break;
	case DF_ID:
		ntr_fact_n_if(out, d->id != UINT64_MAX, d->id,
			      "its structure is not in the dump");
		break;
	case DF_PROCESS:
		ntr_fact_str(out, d->name, "its process is not known");
		break;
	case DF_LISTED:
		ntr_fact_n(out, d->listed);
		break;
	}
}

static const struct ntr_fact_row rows[] = {
	{ "process.handles", NTR_FT_INT, NULL, "Handles of the process of the "
	  "stop.", get_current, 0 },
	{ "handles.count", NTR_FT_INT, NULL, "Handles of all processes, as far "
	  "as they are in the dump.", get_all, COUNT },
	{ "handles.absent", NTR_FT_INT, NULL, "Entries of handle tables that are "
	  "not in the dump.", get_all, ABSENT },
	{ "handles.unread", NTR_FT_INT, NULL, "Processes whose handle table "
	  "cannot be read.", get_all, UNREAD },
	{ "handles.types", NTR_FT_LIST, NULL, "Types of what the handles are of, "
	  "the most frequent first.", get_all, TYPES },
	{ "handles.types[]", NTR_FT_RECORD, NULL, "A type.", NULL, 0 },
	{ "handles.types[].type", NTR_FT_STRING, NULL, "Its name: Event, File.",
	  get_type, TY_NAME },
	{ "handles.types[].count", NTR_FT_INT, NULL, "Handles to objects of it.",
	  get_type, TY_COUNT },
	{ "handles.processes", NTR_FT_LIST, NULL, "Processes with handles, that "
	  "with the most first.", get_all, PROCESSES },
	{ "handles.processes[]", NTR_FT_RECORD, NULL, "A process.", NULL, 0 },
	{ "handles.processes[].address", NTR_FT_ADDRESS, NULL, "Its address.",
	  get_process, PR_ADDRESS },
	{ "handles.processes[].id", NTR_FT_INT, "hex", "Its id.", get_process,
	  PR_ID },
	{ "handles.processes[].name", NTR_FT_STRING, NULL, "Its name.",
	  get_process, PR_NAME },
	{ "handles.processes[].count", NTR_FT_INT, NULL, "Its handles.",
	  get_process, PR_COUNT },
	{ "handles.processes[].absent", NTR_FT_INT, NULL, "Entries of its table "
	  "that are not in the dump.", get_process, PR_ABSENT },
	{ "handles.processes[].types", NTR_FT_LIST, NULL, "What they are of, the "
	  "most frequent first.", get_process, PR_TYPES },
	{ "handles.processes[].types[]", NTR_FT_RECORD, NULL, "A type.", NULL,
	  0 },
	{ "handles.processes[].types[].type", NTR_FT_STRING, NULL, "Its name.",
	  get_process_type, TY_NAME },
	{ "handles.processes[].types[].count", NTR_FT_INT, NULL, "Handles to "
	  "objects of it.", get_process_type, TY_COUNT },
	{ "ids.processes", NTR_FT_INT, NULL, "Processes in the table of ids.",
	  get_ids, ID_PROCESSES },
	{ "ids.threads", NTR_FT_INT, NULL, "Threads in the table of ids.",
	  get_ids, ID_THREADS },
	{ "ids.untold", NTR_FT_INT, NULL, "Differences that what is missing from "
	  "the dump may explain.", get_ids, ID_UNTOLD },
	{ "ids.differences", NTR_FT_LIST, NULL, "Processes and threads that only "
	  "the lists or only the table of ids has: hidden, being made or "
	  "destroyed, or damage.", get_ids, ID_DIFFERENCES },
	{ "ids.differences[]", NTR_FT_RECORD, NULL, "One of them.", NULL, 0 },
	{ "ids.differences[].kind", NTR_FT_STRING, NULL, "process or thread.",
	  get_difference, DF_KIND },
	{ "ids.differences[].address", NTR_FT_ADDRESS, NULL, "Its address.",
	  get_difference, DF_ADDRESS },
	{ "ids.differences[].id", NTR_FT_INT, "hex", "Its id.", get_difference,
	  DF_ID },
	{ "ids.differences[].process", NTR_FT_STRING, NULL, "Name of the process.",
	  get_difference, DF_PROCESS },
	{ "ids.differences[].listed", NTR_FT_BOOL, NULL, "It is on the lists and "
	  "not in the table; else it is in the table and on no list.",
	  get_difference, DF_LISTED },
};

const struct ntr_fact_part ntr_fact_part_handle = {
	"Handles", "What processes have open, and whether ids and lists agree.",
	rows, NTR_COUNT(rows),
};
