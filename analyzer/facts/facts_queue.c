// SPDX-License-Identifier: Apache-2.0
/* The executive's work queues: the three by name, and all of them. */
#include "facts_int.h"

#include <string.h>

enum { PENDING, WORKERS, BLOCKED, IDLE, RUNNING, UNREADABLE, EXHAUSTED, SHORTEST,
       PROCESSED, LAST_PASS, DYNAMIC, MAX_THREADS, SAME_STACK, MODULES, NEXT,
       TEXT, STACKS, OBJECTS, ROUTINE, IN_ROUTINE, AWAITING, AWAITED, STANDS,
       ITEMS, I_ROUTINE, I_MODULE, I_PRIORITY, NAME, ADDRESS, FIELDS };

/* arg of a queue by name: FIELDS * (1 + its number) more. */
static const char *const named[] = { "critical", "delayed", "hypercritical" };

static const struct ntr_wqueue *find(struct ntr_facts *f, const char *name,
				     struct ntr_fact *out)
{
	const struct ntr_waits *w = ntr_facts_waits(f, &out->why);

	for (size_t i = 0; w && i < w->queue_verdicts.n; i++) {
		const struct ntr_wqueue *v = &w->queue_verdicts.v[i];

		if (!strcmp(w->queues.q.v[v->queue].name, name))
			return v;
	}
	if (w)
		ntr_fact_why(out, ntr_facts_text(f, "no %s queue was "
			"found: neither symbols nor a worker lead to it", name));
	return NULL;
}

static void get_exhausted(const struct ntr_wqueue *v, struct ntr_fact *out)
{
	if (v->verdict == NTR_QV_UNKNOWN)
		ntr_fact_why(out, v->text && *v->text ? v->text : NULL);
	else
		ntr_fact_n(out, v->verdict == NTR_QV_EXHAUSTED);
}

/* Modules on the stack that most of the blocked workers have. */
static void get_modules(struct ntr_facts *f, const struct ntr_wqueue *v,
			const struct ntr_fact_at *at, unsigned own,
			struct ntr_fact *out)
{
	const struct ntr_wgroup *g;
	u64 of = UINT64_C(0x400000000) | v->queue;

	if (v->group == NTR_NONE) {
		ntr_fact_why(out, v->blocked ? "the stacks of its workers are not "
			     "in the dump" : "none of its workers is blocked");
		return;
	}
	g = &f->w->groups.v[v->group];
	if (f->names_of != of) {
		ntr_facts_names_begin(f, of);
		ntr_facts_name_modules(f, g->ip, g->nframes);
	}
	ntr_facts_names_get(f, at, own, NULL, out);
}

static void get_next(struct ntr_facts *f, const struct ntr_work_queue *q,
		     struct ntr_fact *out)
{
	char name[96];

	if (!q->items.n) {
		ntr_fact_none(out, "nothing is pending");
		return;
	}
	if (!q->items.v[0].routine) {
		ntr_fact_why(out, "the item is not in the dump");
		return;
	}
	ntr_target_symbolise(f->t, q->items.v[0].routine, name, sizeof(name));
	ntr_fact_str(out, ntr_facts_text(f, "%s", name), "memory was short");
}

/* What the stacks and waits of the blocked workers have in common. */
static void get_common(struct ntr_facts *f, const struct ntr_wqueue *v, int field,
		       struct ntr_fact *out)
{
	const struct ntr_work_queue *q = &f->w->queues.q.v[v->queue];
	const char *no = v->blocked ? "the stacks of its workers are not in the "
			 "dump" : "none of its workers is blocked";
	char name[96];

	switch (field) {
	case STACKS:
		ntr_fact_n_if(out, v->stacks || !v->blocked, v->stacks, no);
		break;
	case OBJECTS:
		ntr_fact_n(out, v->objects);
		break;
	case ROUTINE:
		ntr_fact_str(out, v->routine, no);
		break;
	case IN_ROUTINE:
		ntr_fact_n_if(out, v->routine || !v->blocked, v->in_routine, no);
		break;
	case AWAITING:
		ntr_fact_n(out, v->awaiting);
		break;
	case AWAITED:
		if (!v->awaiting) {
			ntr_fact_none(out, "no worker waits for what a pending "
				      "item refers to");
			break;
		}
		ntr_target_symbolise(f->t, q->items.v[v->awaited].routine, name,
				     sizeof(name));
		ntr_fact_str(out, ntr_facts_text(f, "%s", name),
			     "memory was short");
		break;
	}
}

/* A pending item: index `own` of the path. */
static void get_item(struct ntr_facts *f, const struct ntr_work_queue *q, u64 i,
		     int field, struct ntr_fact *out)
{
	const struct ntr_work_item *x = &q->items.v[i];
	const struct ntr_module *m;
	char name[96];

	if (field == I_PRIORITY) {
		if (q->priorities)
			ntr_fact_n(out, x->priority);
		else
			ntr_fact_none(out, "this queue has one priority");
		return;
	}
	if (!x->routine) {
		ntr_fact_why(out, "the item is not in the dump");
		return;
	}
	if (field == I_MODULE) {
		m = ntr_target_module(f->t, x->routine);
		ntr_fact_str(out, m ? m->name : NULL, "its routine is in no "
			     "module");
		return;
	}
	ntr_target_symbolise(f->t, x->routine, name, sizeof(name));
	ntr_fact_str(out, ntr_facts_text(f, "%s", name), "memory was short");
}

static void get_kernel_count(const struct ntr_work_queue *q, int field,
			     struct ntr_fact *out)
{
	const char *no = "this kernel does not count it";

	if (field == PROCESSED)
		ntr_fact_n_if(out, q->has_counter, q->processed, no);
	else if (field == LAST_PASS)
		ntr_fact_n_if(out, q->has_counter, q->last_pass, no);
	else if (field == DYNAMIC)
		ntr_fact_n_if(out, q->has_dynamic, q->dynamic, no);
	else
		ntr_fact_n_if(out, q->has_max_threads, q->max_threads, no);
}

static void get_field(struct ntr_facts *f, const struct ntr_wqueue *v,
		      const struct ntr_fact_at *at, int field, unsigned own,
		      struct ntr_fact *out)
{
	const struct ntr_work_queue *q = &f->w->queues.q.v[v->queue];

	switch (field) {
	case PENDING:
		ntr_fact_n_if(out, !q->why[0] || q->items.n, q->items.n, q->why);
		break;
	case WORKERS:
		ntr_fact_n(out, (u64)v->blocked + v->idle + v->running +
				v->unreadable);
		break;
	case BLOCKED:
		ntr_fact_n(out, v->blocked);
		break;
	case IDLE:
		ntr_fact_n(out, v->idle);
		break;
	case RUNNING:
		ntr_fact_n(out, v->running);
		break;
	case UNREADABLE:
		ntr_fact_n(out, v->unreadable);
		break;
	case EXHAUSTED:
		get_exhausted(v, out);
		break;
	case SHORTEST:
		ntr_fact_n_if(out, v->shortest, v->shortest, v->blocked ?
			      "since when they wait is not in the dump" :
			      "none of its workers is blocked");
		break;
	case SAME_STACK:
		ntr_fact_n_if(out, v->group != NTR_NONE || !v->blocked,
			      v->in_group, "the stacks of its workers are not in "
			      "the dump");
		break;
	case MODULES:
		get_modules(f, v, at, own, out);
		break;
	case NEXT:
		get_next(f, q, out);
		break;
	case TEXT:
		if (v->text && *v->text)
			ntr_fact_str(out, v->text, NULL);
		else
			ntr_fact_none(out, "it is idle, or moving");
		break;
	case STANDS:
		ntr_fact_n_if(out, q->has_counter, v->stands,
			      "this kernel does not count it");
		break;
	case ITEMS:
		ntr_fact_n_if(out, !q->why[0] || q->items.n, q->items.n, q->why);
		break;
	case I_ROUTINE:
	case I_MODULE:
	case I_PRIORITY:
		get_item(f, q, at->index[own], field, out);
		break;
	case NAME:
		ntr_fact_str(out, q->name, NULL);
		break;
	case ADDRESS:
		ntr_fact_n(out, q->va);
		break;
	case PROCESSED:
	case LAST_PASS:
	case DYNAMIC:
	case MAX_THREADS:
		get_kernel_count(q, field, out);
		break;
	default:
		get_common(f, v, field, out);
	}
}

static void get_queue(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_wqueue *v;

	if (arg < FIELDS) {
		get_field(f, &f->w->queue_verdicts.v[at->index[0]], at, arg, 1,
			  out);
		return;
	}
	v = find(f, named[arg / FIELDS - 1], out);
	if (v)
		get_field(f, v, at, arg % FIELDS, 0, out);
}

static void get_list(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_waits *w = ntr_facts_waits(f, &out->why);

	(void)at;
	(void)arg;
	if (w)
		ntr_fact_n(out, w->queue_verdicts.n);
}

#define QUEUE_ROWS(P, base)                                                    \
	{ P ".pending", NTR_FT_INT, NULL, "Items that wait to be done.",       \
	  get_queue, (base) + PENDING },                                       \
	{ P ".workers", NTR_FT_INT, NULL, "Threads that serve it.", get_queue, \
	  (base) + WORKERS },                                                  \
	{ P ".blocked", NTR_FT_INT, NULL, "Workers that wait for something "   \
	  "other than work.", get_queue, (base) + BLOCKED },                   \
	{ P ".idle", NTR_FT_INT, NULL, "Workers that wait for work.",          \
	  get_queue, (base) + IDLE },                                          \
	{ P ".running", NTR_FT_INT, NULL, "Workers that run or could.",        \
	  get_queue, (base) + RUNNING },                                       \
	{ P ".unreadable", NTR_FT_INT, NULL, "Workers that cannot be read.",   \
	  get_queue, (base) + UNREADABLE },                                    \
	{ P ".exhausted", NTR_FT_BOOL, NULL, "Items are pending, all workers " \
	  "are blocked and nothing moves.", get_queue, (base) + EXHAUSTED },   \
	{ P ".shortest_wait", NTR_FT_DURATION, NULL, "Shortest wait of the "   \
	  "blocked workers.", get_queue, (base) + SHORTEST },                  \
	{ P ".processed", NTR_FT_INT, NULL, "Items done since the start.",     \
	  get_queue, (base) + PROCESSED },                                     \
	{ P ".last_pass", NTR_FT_INT, NULL, "Items done when the balance "     \
	  "manager last looked.", get_queue, (base) + LAST_PASS },             \
	{ P ".dynamic", NTR_FT_INT, NULL, "Workers that were added for want "  \
	  "of progress.", get_queue, (base) + DYNAMIC },                       \
	{ P ".max_threads", NTR_FT_INT, NULL, "Workers that it may have.",     \
	  get_queue, (base) + MAX_THREADS },                                   \
	{ P ".same_stack", NTR_FT_INT, NULL, "Blocked workers that have one "  \
	  "and the same stack.", get_queue, (base) + SAME_STACK },             \
	{ P ".modules", NTR_FT_LIST, NULL, "Modules on that stack, each once.", \
	  get_queue, (base) + MODULES },                                       \
	{ P ".modules[]", NTR_FT_STRING, NULL, "Name of a module.", get_queue, \
	  (base) + MODULES },                                                  \
	{ P ".next", NTR_FT_STRING, NULL, "Routine of the first item.",        \
	  get_queue, (base) + NEXT },                                          \
	{ P ".stacks", NTR_FT_INT, NULL, "Different stacks of the blocked "     \
	  "workers.", get_queue, (base) + STACKS },                            \
	{ P ".objects", NTR_FT_INT, NULL, "Objects that the blocked workers "   \
	  "wait for, each counted once.", get_queue, (base) + OBJECTS },       \
	{ P ".routine", NTR_FT_STRING, NULL, "Function that most of them wait " \
	  "in: the first outside of the kernel.", get_queue, (base) + ROUTINE }, \
	{ P ".same_routine", NTR_FT_INT, NULL, "Blocked workers that wait in "  \
	  "it.", get_queue, (base) + IN_ROUTINE },                             \
	{ P ".awaiting", NTR_FT_INT, NULL, "Blocked workers that wait, perhaps " \
	  "through the owners of locks, for what a pending item of this queue " \
	  "refers to.", get_queue, (base) + AWAITING },                        \
	{ P ".awaited", NTR_FT_STRING, NULL, "Routine of the first such item.", \
	  get_queue, (base) + AWAITED },                                       \
	{ P ".stands", NTR_FT_BOOL, NULL, "The count of items done did not "    \
	  "move since the balance manager's last look.", get_queue,            \
	  (base) + STANDS },                                                   \
	{ P ".items", NTR_FT_LIST, NULL, "Items that wait to be done.",         \
	  get_queue, (base) + ITEMS },                                         \
	{ P ".items[]", NTR_FT_RECORD, NULL, "An item.", NULL, 0 },             \
	{ P ".items[].routine", NTR_FT_STRING, NULL, "Its routine.", get_queue, \
	  (base) + I_ROUTINE },                                                \
	{ P ".items[].module", NTR_FT_STRING, NULL, "Module of its routine.",   \
	  get_queue, (base) + I_MODULE },                                      \
	{ P ".items[].priority", NTR_FT_INT, NULL, "Its priority (8.1 and "     \
	  "later).", get_queue, (base) + I_PRIORITY },                         \
	{ P ".text", NTR_FT_STRING, NULL, "The judgement in words.", get_queue, \
	  (base) + TEXT }

static const struct ntr_fact_row rows[] = {
	QUEUE_ROWS("queue.critical", FIELDS),
	QUEUE_ROWS("queue.delayed", 2 * FIELDS),
	QUEUE_ROWS("queue.hypercritical", 3 * FIELDS),
	{ "queues", NTR_FT_LIST, NULL, "All work queues that were found.",
	  get_list, 0 },
	{ "queues[]", NTR_FT_RECORD, NULL, "A work queue.", NULL, 0 },
	{ "queues[].name", NTR_FT_STRING, NULL, "critical, delayed, "
	  "hypercritical; all priorities since Windows 8.1.", get_queue, NAME },
	{ "queues[].address", NTR_FT_ADDRESS, NULL, "Where it lies.", get_queue,
	  ADDRESS },
	QUEUE_ROWS("queues[]", 0),
};

const struct ntr_fact_part ntr_fact_part_queue = {
	"Work queues", "The executive's worker queues.", rows, NTR_COUNT(rows),
};
