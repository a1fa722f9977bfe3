// SPDX-License-Identifier: Apache-2.0
/*
 * Is a work queue exhausted?  It is when items are pending, every worker is
 * blocked in one of them, and nothing moves: the counter of items done stands
 * where the balance manager saw it a second ago, or, where the kernel keeps no
 * counter (before XP), the shortest wait of the workers is long.
 *
 * A queue that is busy but moving is none, and one of which not all is known is
 * not called so.
 */
#include "waits.h"

#include <stdio.h>
#include <string.h>

#define SECOND UINT64_C(10000000)
#define LONG_WAIT (10 * SECOND) /* without a counter */
#define PASS SECOND             /* between two looks of the balance manager */

struct count {
	struct ntr_waits_job *j;
	struct ntr_wqueue *v;
	u32 *per_group;
};

static void count_worker(struct count *c, u32 at, u64 queue)
{
	const struct ntr_wthread *x = &c->j->w->threads.v[at];

	if (x->k.note || !x->k.has_state) {
		c->v->unreadable++;
	} else if (!ntr_thread_blocked(&x->k)) {
		c->v->running++;
	} else if (x->k.nwaits && x->k.wait[0].object == queue) {
		c->v->idle++;
	} else {
		c->v->blocked++;
		if (x->k.has_waited && (!c->v->shortest ||
					x->k.waited < c->v->shortest))
			c->v->shortest = x->k.waited ? x->k.waited : 1;
		if (x->group != NTR_NONE)
			c->per_group[x->group]++;
	}
}

static bool listed(const struct ntr_work_queue *q, u64 thread)
{
	for (size_t i = 0; i < q->workers.n; i++)
		if (q->workers.v[i] == thread)
			return true;
	return false;
}

static void count_workers(struct count *c, const struct ntr_work_queue *q)
{
	struct ntr_waits *w = c->j->w;

	for (size_t i = 0; i < q->workers.n; i++) {
		u32 at = ntr_va_map_get(&c->j->threads, q->workers.v[i]);

		if (at == NTR_NONE)
			c->v->unreadable++;
		else
			count_worker(c, at, q->va);
	}
	/* Where the queue's own list is damaged, threads still name it. */
	for (u32 i = 0; q->why[0] && i < w->threads.n; i++)
		if (w->threads.v[i].k.queue == q->va &&
		    !listed(q, w->threads.v[i].k.th.va))
			count_worker(c, i, q->va);
	c->v->group = NTR_NONE;
	for (u32 i = 0; i < w->groups.n; i++)
		if (c->per_group[i] > c->v->in_group) {
			c->v->in_group = c->per_group[i];
			c->v->group = i;
		}
}

/* What most of the blocked workers have in common: the first frame outside
 * the kernel, or the fourth. */
static const char *where(struct ntr_waits_job *j, const struct ntr_wqueue *v)
{
	const struct ntr_wgroup *g;
	struct ntr_target *t = j->w->t;
	char name[96];
	u64 ip;

	if (v->group == NTR_NONE)
		return "their stacks are not in the dump";
	g = &j->w->groups.v[v->group];
	ip = g->ip[g->nframes > 3 ? 3 : g->nframes - 1];
	for (u32 i = 0; i < g->nframes; i++)
		if (g->ip[i] - t->kernel_base >= t->kernel_size) {
			ip = g->ip[i];
			break;
		}
	ntr_target_symbolise(t, ip, name, sizeof(name));
	return ntr_arena_printf(&j->w->arena, "%u of them in one stack, at %s",
				v->in_group, name);
}

static const char *routine(struct ntr_waits_job *j,
			   const struct ntr_work_queue *q)
{
	char name[96];

	if (!q->items.n || !q->items.v[0].routine)
		return "?";
	ntr_target_symbolise(j->w->t, q->items.v[0].routine, name,
			     sizeof(name));
	return ntr_arena_printf(&j->w->arena, "%s", name);
}

static const char *seconds(struct ntr_waits_job *j, u64 t)
{
	return ntr_arena_printf(&j->w->arena, "%" PRIu64 ".%" PRIu64 " s",
				t / SECOND, t / (SECOND / 10) % 10);
}

static void stuck(struct ntr_waits_job *j, const struct ntr_work_queue *q,
		  struct ntr_wqueue *v)
{
	const char *still = q->has_counter ?
		ntr_arena_printf(&j->w->arena, "the count of items done stands "
				 "at %u", q->processed) :
		"this kernel counts no items done";

	v->verdict = NTR_QV_EXHAUSTED;
	v->text = ntr_arena_printf(&j->w->arena, "%s queue exhausted: %zu "
		"item%s pending, the next %s; all %u workers are blocked, %s; "
		"the shortest wait is %s; %s", q->name, q->items.n,
		q->items.n == 1 ? "" : "s", routine(j, q), v->blocked,
		where(j, v), v->shortest ? seconds(j, v->shortest) : "unknown",
		still);
}

static void unknown(struct ntr_waits_job *j, const struct ntr_work_queue *q,
		    struct ntr_wqueue *v, const char *why)
{
	v->verdict = NTR_QV_UNKNOWN;
	v->text = ntr_arena_printf(&j->w->arena, "whether the %s queue (%zu "
				   "pending) is exhausted cannot be told: %s",
				   q->name, q->items.n, why);
	ntr_waits_say(j, "%s", v->text);
}

static void judge(struct ntr_waits_job *j, const struct ntr_work_queue *q,
		  struct ntr_wqueue *v)
{
	bool moved = q->has_counter && q->processed != q->last_pass;
	u64 enough = q->has_counter ? PASS : LONG_WAIT;

	v->verdict = q->items.n ? NTR_QV_WORKING : NTR_QV_IDLE;
	v->text = "";
	if (!q->items.n && !q->why[0])
		return;
	if (v->running || moved)
		return;
	if (!q->items.n)
		unknown(j, q, v, q->why);
	else if (v->idle)
		unknown(j, q, v, "some of its workers wait for work, and do "
			"not get it");
	else if (v->unreadable)
		unknown(j, q, v, "some of its workers cannot be read");
	else if (!v->blocked)
		unknown(j, q, v, "none of its workers is known");
	else if (!v->shortest && !q->has_counter)
		unknown(j, q, v, "since when its workers wait is not known");
	else if (v->shortest && v->shortest < enough)
		unknown(j, q, v, ntr_arena_printf(&j->w->arena, "one of its "
			"workers waits only since %s",
			seconds(j, v->shortest)));
	else
		stuck(j, q, v);
}

void ntr_waits_queues(struct ntr_waits_job *j)
{
	struct ntr_waits *w = j->w;
	struct ntr_err e = { "" };
	struct ntr_kthread *all;
	struct count c = { .j = j };
	enum ntr_st st;

	all = ntr_arena_array(&w->arena, w->threads.n + 1, sizeof(*all));
	c.per_group = ntr_arena_array(&w->arena, w->groups.n + 1,
				      sizeof(u32));
	if (!all || !c.per_group) {
		j->lost = true;
		return;
	}
	for (size_t i = 0; i < w->threads.n; i++)
		all[i] = w->threads.v[i].k;
	st = ntr_work_queues(w->t, all, w->threads.n, &w->queues, &e);
	if (st == NTR_NOMEM)
		j->lost = true;
	else if (st)
		ntr_waits_say(j, "work queues: %s", e.msg);
	for (u32 i = 0; !j->lost && i < w->queues.q.n; i++) {
		c.v = ntr_vec_add(&w->queue_verdicts);
		if (!c.v) {
			j->lost = true;
			return;
		}
		c.v->queue = i;
		memset(c.per_group, 0, (w->groups.n + 1) * sizeof(u32));
		count_workers(&c, &w->queues.q.v[i]);
		judge(j, &w->queues.q.v[i], c.v);
	}
}
