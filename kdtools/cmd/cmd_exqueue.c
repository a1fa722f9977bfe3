// SPDX-License-Identifier: Apache-2.0
/* !exqueue: work queues, their workers and pending items. */
#include "cmd.h"
#include "kobj/process.h"
#include "triage/waits.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define DETAIL 7u /* in FLAGS: as of a thread; then which queues */

static bool wanted(const struct ntr_work_queue *q, u64 flags)
{
	static const struct { u8 flag; const char *name; } kinds[] = {
		{ 0x10, "critical" }, { 0x20, "delayed" },
		{ 0x40, "hypercritical" },
	};

	if (!(flags & 0x70))
		return true;
	for (size_t i = 0; i < NTR_COUNT(kinds); i++)
		if (flags & kinds[i].flag && q->name &&
		    !strcmp(q->name, kinds[i].name))
			return true;
	return false;
}

static const char *verdict_name(enum ntr_queue_verdict v)
{
	static const char *const names[] = {
		[NTR_QV_IDLE] = "idle", [NTR_QV_WORKING] = "working",
		[NTR_QV_EXHAUSTED] = "exhausted", [NTR_QV_UNKNOWN] = "unknown",
	};

	return names[v];
}

static void workers(struct ntr_kd *k, const struct ntr_waits *w,
		    const struct ntr_work_queue *q, unsigned detail)
{
	ntr_out_list(k->o, "workers");
	for (size_t i = 0; i < q->workers.n && !ntr_kd_stopped(k); i++) {
		u32 at = ntr_waits_thread(w, q->workers.v[i]);
		char va[24];

		ntr_out_open(k->o, NULL);
		if (at != NTR_NONE) {
			ntr_show_thread(k, &w->threads.v[at].k, detail, 0);
		} else {
			ntr_out_hex(k->o, "thread", NULL, q->workers.v[i]);
			ntr_kd_va(k, va, true, q->workers.v[i]);
			ntr_out_line(k->o, "THREAD %s  (of no process on the "
				     "list)", va);
		}
		ntr_out_close(k->o);
	}
	ntr_out_list_end(k->o);
}

/* Items behind one another of the same routine and parameter are one line. */
static void items(struct ntr_kd *k, const struct ntr_work_queue *q)
{
	struct ntr_out *o = k->o;
	char site[300], at[24], param[24];
	size_t n;

	ntr_out_list(o, "pending");
	for (size_t i = 0; i < q->items.n && !ntr_kd_stopped(k); i += n) {
		const struct ntr_work_item *x = &q->items.v[i];

		for (n = 1; i + n < q->items.n && x[n].routine == x->routine &&
			    x[n].parameter == x->parameter &&
			    x[n].priority == x->priority;)
			n++;
		site[0] = 0;
		if (x->routine)
			ntr_kd_symbol(k, x->routine, site, sizeof(site));
		ntr_kd_va(k, at, x->routine, x->routine);
		ntr_kd_va(k, param, x->routine, x->parameter);
		ntr_out_open(o, NULL);
		ntr_out_hex(o, "item", NULL, x->va);
		ntr_out_uint(o, "count", NULL, n);
		ntr_out_hex_if(o, "routine", NULL, x->routine, x->routine);
		ntr_out_str(o, "symbol", NULL, *site ? site : NULL);
		ntr_out_hex_if(o, "parameter", NULL, x->routine, x->parameter);
		ntr_out_uint_if(o, "priority", NULL, q->priorities,
				x->priority);
		ntr_out_close(o);
		ntr_out_print(o, "PENDING: WorkerRoutine %s%s%s%s Parameter %s",
			      *site ? site : at, *site ? " (" : "",
			      *site ? at : "", *site ? ")" : "", param);
		if (q->priorities)
			ntr_out_print(o, " Priority %u", x->priority);
		if (n > 1)
			ntr_out_print(o, "  (%zu items)", n);
		ntr_out_line(o, "%s", "");
	}
	ntr_out_list_end(o);
}

static void head(struct ntr_kd *k, const struct ntr_work_queue *q)
{
	struct ntr_out *o = k->o;
	char va[24], current[16] = "????", maximum[16] = "????";

	ntr_kd_va(k, va, true, q->va);
	if (q->has_current)
		snprintf(current, sizeof(current), "%" PRId32, q->current);
	if (q->has_maximum)
		snprintf(maximum, sizeof(maximum), "%" PRIu32, q->maximum);
	ntr_out_hex(o, "queue", NULL, q->va);
	ntr_out_str(o, "name", NULL, q->name);
	ntr_out_str(o, "named_by", NULL, q->named_by);
	ntr_out_uint_if(o, "current", NULL, q->has_current,
			(u64)(u32)q->current);
	ntr_out_uint_if(o, "maximum", NULL, q->has_maximum, q->maximum);
	ntr_out_uint_if(o, "processed", NULL, q->has_counter, q->processed);
	ntr_out_uint_if(o, "last_pass", NULL, q->has_counter, q->last_pass);
	ntr_out_uint_if(o, "dynamic_threads", NULL, q->has_dynamic, q->dynamic);
	ntr_out_line(o, "**** %c%s WorkQueue( current = %s maximum = %s )  "
		     "@ %s%s%s%s", q->name ?
		     toupper((unsigned char)*q->name) : 'U',
		     q->name ? q->name + 1 : "nnamed", current, maximum, va, q->named_by ? " (by " : "", q->named_by ? q->named_by :
		     "", q->named_by ? ")" : "");
	if (q->has_counter)
		ntr_out_line(o, "WorkItemsProcessed = %" PRIu32
			     " LastPass = %" PRIu32, q->processed,
			     q->last_pass);
}

static void queue(struct ntr_kd *k, const struct ntr_waits *w,
		  const struct ntr_wqueue *v, unsigned detail)
{
	const struct ntr_work_queue *q = &w->queues.q.v[v->queue];
	struct ntr_out *o = k->o;

	ntr_out_open(o, NULL);
	head(k, q);
	workers(k, w, q, detail);
	items(k, q);
	ntr_out_str(o, "verdict", NULL, verdict_name(v->verdict));
	ntr_out_str(o, "text", NULL, *v->text ? v->text : NULL);
	ntr_out_uint(o, "blocked", NULL, v->blocked);
	ntr_out_uint(o, "idle", NULL, v->idle);
	ntr_out_uint(o, "running", NULL, v->running);
	ntr_out_str(o, "broken", NULL, *q->why ? q->why : NULL);
	ntr_out_line(o, "%zu pending; workers: %" PRIu32 " blocked, %" PRIu32
		     " waiting for work, %" PRIu32 " running or ready: %s",
		     q->items.n, v->blocked, v->idle, v->running,
		     verdict_name(v->verdict));
	if (*v->text)
		ntr_out_para(o, "", "%s", v->text);
	if (*q->why)
		ntr_out_para(o, "", "(the queue is broken: %s)", q->why);
	ntr_out_line(o, "%s", "");
	ntr_out_close(o);
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	const struct ntr_waits *w = NULL;
	u64 flags = 0;
	enum ntr_st st = ntr_cmd_one_value(k, c, &flags, e);
	unsigned shown = 0;

	if (!st)
		st = ntr_kd_waits(k, &w, e);
	if (st)
		return st;
	ntr_out_list(k->o, "queues");
	for (size_t i = 0; i < w->queue_verdicts.n && !ntr_kd_stopped(k); i++) {
		const struct ntr_wqueue *v = &w->queue_verdicts.v[i];

		if (!wanted(&w->queues.q.v[v->queue], flags))
			continue;
		queue(k, w, v, flags & DETAIL);
		shown++;
	}
	ntr_out_list_end(k->o);
	if (w->queues.q.n && !shown)
		return ntr_fail(e, NTR_ABSENT, "none of the %zu queues is of that "
				"kind; from Windows 8 on one queue serves all "
				"kinds", w->queues.q.n);
	return w->queues.q.n ? NTR_OK :
	       ntr_fail(e, NTR_ABSENT, "no work queue was found: no thread that "
			"could be read serves one, and no symbol names one");
}

const struct ntr_cmd ntr_cmd_bang_exqueue = {
	.names = "!exqueue",
	.summary = "the executive's work queues",
	.operands = "[FLAGS]",
	.help = "Each queue with its workers, the items that are pending with "
		"their routines, and whether it is idle, working or exhausted. "
		"FLAGS: 1, 2 and 4 as of !thread for the workers; 10 only the "
		"critical queue, 20 the delayed, 40 the hypercritical one. Items "
		"behind one another of one routine and parameter are one line.\n\n"
		"A queue is exhausted when items are pending, every worker is "
		"blocked, and the count of items done stands still.",
	.example = "!exqueue 10", .does = "the critical queue",
	.run = run,
};
