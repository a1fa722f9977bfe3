// SPDX-License-Identifier: Apache-2.0
/*
 * Is a work queue exhausted?  It is when items are pending, every worker is
 * blocked in one of them, and nothing moves: the counter of items done stands
 * where the balance manager saw it a second ago, or, where the kernel keeps no
 * counter (before XP), the shortest wait of the workers is long.
 *
 * A queue that is busy but moving is none, and one of which not all is known is
 * not called so.  Neither is one that may still get workers: until 7 the balance
 * manager adds up to 16, one a second; later a queue has a limit of its own.
 * It has had its chance after ten seconds.
 *
 * The proof is complete where every blocked worker waits, perhaps through
 * others, for what an item that is pending in the same queue refers to
 * (waits_server.c).
 *
 * Since 8.1 one queue serves all priorities with the same workers, and with
 * them its items are judged together.
 */
#include "hang.h"

#include <stdio.h>
#include <string.h>

#define SECOND UINT64_C(10000000)
#define LONG_WAIT (10 * SECOND) /* without a counter */
#define PASS SECOND             /* between two looks of the balance manager */
#define MAX_CHAIN 64u           /* threads from a worker to an item */

struct count {
	struct ntr_waits_job *j;
	struct ntr_wqueue *v;
	u32 *per_group;
	bool *seen; /* locks */
};

/* --- what its workers wait for ------------------------------------------------ */

/* The item of this queue that a thread's wait leads to, through the owners of
 * locks; NTR_NONE. */
static u32 leads_to(const struct ntr_waits *w, u32 thread, u32 queue)
{
	for (u32 step = 0; step < MAX_CHAIN; step++) {
		const struct ntr_wthread *x = &w->threads.v[thread];
		const struct ntr_wlock *l;

		if (!x->certain || x->nedges != 1)
			return NTR_NONE;
		l = &w->locks.v[w->edges.v[x->edge].lock];
		if (l->queue == queue)
			return l->item;
		if (l->nowners != 1)
			return NTR_NONE;
		thread = l->owner[0];
	}
	return NTR_NONE;
}

static void count_waits(struct count *c, u32 at)
{
	const struct ntr_waits *w = c->j->w;
	const struct ntr_wthread *x = &w->threads.v[at];
	u32 item = leads_to(w, at, c->v->queue);

	for (u32 i = 0; i < x->nedges; i++) {
		u32 lock = w->edges.v[x->edge + i].lock;

		c->v->objects += !c->seen[lock];
		c->seen[lock] = true;
	}
	if (item == NTR_NONE)
		return;
	if (!c->v->awaiting++ || item < c->v->awaited)
		c->v->awaited = item;
}

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
			c->v->stacks += !c->per_group[x->group]++;
		count_waits(c, at);
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
	for (u32 i = 0; i < w->groups.n; i++)
		if (c->per_group[i] > c->v->in_group) {
			c->v->in_group = c->per_group[i];
			c->v->group = i;
		}
}

/* --- what they have in common ----------------------------------------------------- */

/* The function that a stack waits in, without displacement. */
static const char *routine_of(struct ntr_waits_job *j, const struct ntr_wgroup *g)
{
	u64 ip = g->ip[ntr_hang_frame(j->w, g)];
	struct ntr_named at;

	if (!ntr_target_name(j->w->t, ip, true, &at))
		return ntr_hang_site(j->w->t, ip, true, &j->w->arena);
	return ntr_arena_printf(&j->w->arena, "%s!%s", at.module->name, at.name);
}

/* Of the biggest group, and of the others whose function is the same. */
static void common(struct count *c)
{
	struct ntr_waits *w = c->j->w;
	const char *name;

	if (c->v->group == NTR_NONE)
		return;
	c->v->routine = routine_of(c->j, &w->groups.v[c->v->group]);
	for (u32 i = 0; i < w->groups.n && c->v->routine; i++) {
		if (!c->per_group[i])
			continue;
		name = routine_of(c->j, &w->groups.v[i]);
		if (name && !strcmp(name, c->v->routine))
			c->v->in_routine += c->per_group[i];
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
		"the shortest wait is %s; %s%s", q->name, q->items.n,
		q->items.n == 1 ? "" : "s", routine(j, q), v->blocked,
		where(j, v), v->shortest ? seconds(j, v->shortest) : "unknown",
		still, v->awaiting == v->blocked ? "; what they wait for is "
		"still pending behind them" : "");
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

/* "4 workers more may be added"; NULL: none. */
static const char *may_grow(struct ntr_waits_job *j,
			    const struct ntr_work_queue *q,
			    const struct ntr_wqueue *v)
{
	u64 have = q->has_dynamic ? q->dynamic : q->workers.n;
	u64 most = q->has_dynamic ? NTR_BALANCE_MAX :
		   q->has_max_threads ? q->max_threads : 0;

	if (have >= most || !v->shortest || v->shortest >= LONG_WAIT)
		return NULL;
	return ntr_arena_printf(&j->w->arena, "%" PRIu64 " workers more may "
				"be added, and the last one was blocked only "
				"%s ago", most - have, seconds(j, v->shortest));
}

static void judge(struct ntr_waits_job *j, const struct ntr_work_queue *q,
		  struct ntr_wqueue *v)
{
	bool moved = q->has_counter && q->processed != q->last_pass;
	u64 enough = q->has_counter ? PASS : LONG_WAIT;
	const char *grows = may_grow(j, q, v);

	v->verdict = q->items.n ? NTR_QV_WORKING : NTR_QV_IDLE;
	v->text = "";
	v->stands = q->has_counter && !moved;
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
	else if (grows)
		unknown(j, q, v, grows);
	else
		stuck(j, q, v);
}

void ntr_waits_queues(struct ntr_waits_job *j)
{
	struct ntr_waits *w = j->w;
	struct ntr_err e = { "" };
	struct ntr_kthread *all;
	enum ntr_st st;

	all = ntr_arena_array(&w->arena, w->threads.n + 1, sizeof(*all));
	if (!all) {
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
}

void ntr_waits_judge(struct ntr_waits_job *j)
{
	struct ntr_waits *w = j->w;
	struct count c = { .j = j };

	c.per_group = ntr_arena_array(&w->arena, w->groups.n + 1,
				      sizeof(u32));
	c.seen = ntr_arena_array(&w->arena, w->locks.n + 1, sizeof(*c.seen));
	j->lost |= !c.per_group || !c.seen;
	for (u32 i = 0; !j->lost && i < w->queues.q.n; i++) {
		c.v = ntr_vec_add(&w->queue_verdicts);
		if (!c.v) {
			j->lost = true;
			return;
		}
		c.v->queue = i;
		c.v->group = c.v->awaited = NTR_NONE;
		memset(c.per_group, 0, (w->groups.n + 1) * sizeof(u32));
		memset(c.seen, 0, w->locks.n + 1);
		count_workers(&c, &w->queues.q.v[i]);
		common(&c);
		judge(j, &w->queues.q.v[i], c.v);
	}
}
