// SPDX-License-Identifier: Apache-2.0
/* What the executive has: pool, locks, threads, queues, timers, events. */
#include "stat.h"

#include "../sched/inside.h"
#include "../trace/trace.h"

#define SITE 96                      /* characters of a place in the code */

static void put_site(struct out *o, const char *key, const void *at)
{
	char text[SITE];

	stat_site(at, text, sizeof(text));
	out_str(o, key, -28, text);
}

static void pool_sum(struct ex *x, struct out *o)
{
	static const char *const name[EX_POOLS] = { "nonpaged", "paged" };

	out_table(o, "pools", "Pools");
	for (int p = 0; p < EX_POOLS; p++) {
		struct ex_pool_state st;

		ex_pool_state(x, (enum ex_pool)p, &st);
		if (!out_row(o))
			continue;
		out_str(o, "pool", -8, name[p]);
		out_num(o, "bytes", 12, st.bytes);
		out_num(o, "peak", 12, st.peak);
		out_num(o, "limit", 12, st.limit);
		out_num(o, "allocs", 12, st.allocs);
		out_num(o, "frees", 12, st.frees);
		out_num(o, "failed", 7, st.failed);
	}
	out_table_end(o);
}

void stat_pool(const struct stat_of *s, struct out *o)
{
	struct ex_pool_tag t;

	pool_sum(s->x, o);
	out_table(o, "tags", "Pool by tag");
	for (int p = 0; p < EX_POOLS; p++)
		for (size_t i = 0; ex_pool_tag(s->x, (enum ex_pool)p, i, &t);
		     i++) {
			char tag[5] = { (char)(t.tag & 127),
				(char)(t.tag >> 8 & 127),
				(char)(t.tag >> 16 & 127),
				(char)(t.tag >> 24 & 127) };

			if (!out_row(o))
				continue;
			out_str(o, "tag", -4, tag);
			out_str(o, "pool", -8, p ? "paged" : "nonpaged");
			out_num(o, "allocs", 12, t.allocs);
			out_num(o, "frees", 12, t.frees);
			out_num(o, "used", 8, t.allocs - t.frees);
			out_num(o, "bytes", 12, t.bytes);
		}
	out_table_end(o);
}

static void held(struct ex *x, struct out *o)
{
	out_table(o, "locks_held", "Locks held");
	for (u32 i = 0; i < x->ncpus; i++)
		for (const struct ke_lock *l = x->cpu[i]->held; l;
		     l = l->below) {
			if (!out_row(o))
				continue;
			out_str(o, "lock", -20, l->name ? l->name : "");
			out_num(o, "cpu", 3, i);
			out_num(o, "waiting", 7, l->waiters);
			out_num(o, "irql_before", 11, l->before);
			put_site(o, "taken_at", l->site);
		}
	out_table_end(o);
}

void stat_locks(const struct stat_of *s, struct out *o)
{
	held(s->x, o);
	out_table(o, "locks_contended", "Locks waited for");
	for (u32 i = 0; i < EX_CONTENTIONS; i++) {
		const struct ex_contention *c = &s->x->contention[i];

		if (!c->times || !out_row(o))
			continue;
		out_str(o, "lock", -20, i < EX_CONTENTIONS - 1 ? c->name :
							 "others");
		out_num(o, "times", 10, c->times);
		out_num(o, "spins", 10, c->spins);
		put_site(o, "waited_at", c->waited);
		put_site(o, "taken_at", c->held);
	}
	out_table_end(o);
}

void stat_threads(const struct stat_of *s, struct out *o)
{
	static const char *const state[] = { "ready", "standby", "running",
					     "waiting", "ended" };

	out_table(o, "threads", "Threads");
	for (const struct ke_thread *t = s->x->threads; t; t = t->all_next) {
		struct co_regs r = { .rsp = 0 };

		if (!out_row(o))
			continue;
		(void)co_at(&t->co, &r);
		out_num(o, "id", 6, t->id);
		out_str(o, "name", -20, ke_thread_name(t));
		out_str(o, "state", -8, state[t->state]);
		out_num(o, "priority", 8, t->priority);
		out_str(o, "waits_for", -20, t->nblocks && t->block &&
			t->block->object->name ? t->block->object->name : "");
		out_num(o, "stack_left", 10,
			r.rsp > (uintptr_t)t->co.low ?
				r.rsp - (uintptr_t)t->co.low : 0);
	}
	out_table_end(o);
}

void stat_work(const struct stat_of *s, struct out *o)
{
	static const char *const name[EX_QUEUES] = { "critical", "delayed",
						     "hypercritical" };

	out_table(o, "work_queues", "Work queues");
	for (unsigned q = 0; q < EX_QUEUES; q++) {
		struct ex_queue_state st;

		ex_queue_state(s->x, (enum ex_queue)q, &st);
		if (!out_row(o))
			continue;
		out_str(o, "queue", -13, name[q]);
		out_num(o, "depth", 6, st.depth);
		out_num(o, "workers", 7, st.workers);
		out_num(o, "dynamic", 7, st.dynamic);
		out_num(o, "blocked", 7, st.blocked);
		out_num(o, "done", 12, st.processed);
	}
	out_table_end(o);
	out_table(o, "work_items", "Work items");
	for (unsigned q = 0; q < EX_QUEUES; q++)
		for (const struct ex_work *w = s->x->queue[q].head; w;
		     w = w->next)
			if (out_row(o)) {
				out_str(o, "queue", -13, name[q]);
				put_site(o, "routine", (void *)w->routine);
			}
	out_table_end(o);
}

static void put_cpu(const struct ke_cpu *c, struct out *o)
{
	u32 depth = 0;

	for (const struct ke_dpc *d = c->dpc_head; d; d = d->next)
		depth++;
	out_num(o, "cpu", 3, c->number);
	out_num(o, "irql", 4, c->irql);
	out_num(o, "queued", 6, depth);
	out_num(o, "done", 12, c->counts[TRACE_ke_dpc_leave]);
	out_str(o, "in_dpc", -6, c->in_dpc ? "yes" : "no");
	out_str(o, "thread", -14, c->thread ? ke_thread_name(c->thread) : "");
}

void stat_dpc(const struct stat_of *s, struct out *o)
{
	out_table(o, "cpus", "Processors and their DPCs");
	for (u32 i = 0; i < s->x->ncpus; i++)
		if (out_row(o))
			put_cpu(s->x->cpu[i], o);
	out_table_end(o);
	out_table(o, "dpcs", "DPCs queued");
	for (u32 i = 0; i < s->x->ncpus; i++)
		for (const struct ke_dpc *d = s->x->cpu[i]->dpc_head; d;
		     d = d->next)
			if (out_row(o)) {
				out_num(o, "cpu", 3, i);
				put_site(o, "routine", (void *)d->routine);
			}
	out_table_end(o);
}

static void put_timers(const struct stat_of *s, const struct lane *l,
		       struct out *o)
{
	u64 now = ex_now(s->x);

	for (size_t i = 1; i <= l->nheap; i++) {
		const struct ke_timer *t = l->heap[i];

		if (t->x != s->x || !out_row(o))
			continue;
		out_str(o, "timer", -16, t->h.name ? t->h.name : "");
		out_num(o, "due_in_ms", 10,
			t->due > now ? (t->due - now) / 1000000 : 0);
		out_num(o, "period_ms", 9, t->period / 1000000);
		if (t->dpc)
			put_site(o, "routine", (void *)t->dpc->routine);
		else
			out_str(o, "routine", -28, "");
	}
}

void stat_timers(const struct stat_of *s, struct out *o)
{
	const struct sched *sc = s->x->s;

	out_table(o, "timers", "Timers");
	for (u32 i = 0; i < sc->nlanes; i++)
		put_timers(s, sc->lane[i], o);
	out_table_end(o);
}

void stat_events(const struct stat_of *s, struct out *o)
{
	out_table(o, "events", "Events");
	for (unsigned e = 0; e < TRACE_EVENTS; e++) {
		u64 n = trace_count(s->x, (enum trace_event)e);
		const struct trace_info *t = trace_info(e);
		char name[48];

		if (!n || !t || !out_row(o))
			continue;
		snprintf(name, sizeof(name), "%s/%s", t->group, t->name);
		out_str(o, "event", -20, name);
		out_num(o, "count", 14, n);
		out_str(o, "what", -1, t->what);
	}
	out_table_end(o);
}
