// SPDX-License-Identifier: Apache-2.0
#include "lock_order.h"

#include "../base/record.h"

#include <stdlib.h>
#include <string.h>

#define MAX_STACK 0x2000u /* of a thread's stack that is searched */

/* A lock that somebody owns, whether or not somebody waits for it. */
struct held {
	u64 va;
	const char *kind;
	u32 thread;
};

/* A thread takes `first` before `then`. */
struct order {
	u64 first, then;
	const char *first_kind, *then_kind;
	u32 thread;
	enum ntr_order_by by;
};

struct job {
	struct ntr_waits_job *j;
	struct { NTR_VEC(struct held); } held; /* by thread */
	struct { NTR_VEC(struct order); } orders;
	bool full;
};

/* --- who owns what ---------------------------------------------------------------- */

static void hold(struct job *q, u64 va, const char *kind, u32 thread)
{
	struct held *h = thread == NTR_NONE ? NULL : ntr_vec_add(&q->held);

	if (h)
		*h = (struct held){ va, kind, thread };
	else if (thread != NTR_NONE)
		q->j->lost = true;
}

static int by_thread(const void *a, const void *b)
{
	const struct held *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	return x->va < y->va ? -1 : x->va > y->va;
}

static void collect(struct job *q)
{
	const struct ntr_waits *w = q->j->w;

	for (size_t i = 0; i < w->resources.r.n; i++) {
		const struct ntr_resource *r = &w->resources.r.v[i];

		for (size_t k = 0; k < r->nowners; k++)
			if (!r->owner[k].pointer)
				hold(q, r->va, "resource", ntr_va_map_get(
					&q->j->threads, r->owner[k].thread));
	}
	for (size_t i = 0; i < w->locks.n; i++) {
		const struct ntr_wlock *l = &w->locks.v[i];

		if (l->kind != NTR_LK_MUTANT && l->kind != NTR_LK_FAST_MUTEX)
			continue;
		for (u32 k = 0; k < l->nowners; k++)
			hold(q, l->va, l->name, l->owner[k]);
	}
	if (q->held.n)
		qsort(q->held.v, q->held.n, sizeof(*q->held.v), by_thread);
}

/* --- in which order ----------------------------------------------------------------- */

static void see(struct job *q, const struct held *a, u64 then,
		const char *then_kind, enum ntr_order_by by)
{
	struct order *o;

	if (a->va == then)
		return;
	q->full = q->orders.n >= NTR_MAX_ORDERS;
	o = q->full ? NULL : ntr_vec_add(&q->orders);
	if (o)
		*o = (struct order){ a->va, then, a->kind, then_kind, a->thread,
				     by };
	else if (!q->full)
		q->j->lost = true;
}

static void waits(struct job *q, const struct held *h)
{
	const struct ntr_waits *w = q->j->w;
	const struct ntr_wthread *x = &w->threads.v[h->thread];

	for (u32 i = 0; i < x->nedges; i++) {
		const struct ntr_wlock *l = &w->locks.v[w->edges.v[x->edge +
								   i].lock];

		if (l->kind != NTR_LK_OBJECT && l->kind != NTR_LK_THREAD)
			see(q, h, l->va, l->name, NTR_OB_WAIT);
	}
}

/* Where a lock's address stands on a stack: lowest and highest place. */
struct places {
	u64 low[NTR_MAX_HELD], high[NTR_MAX_HELD];
};

static void note_word(struct places *p, const struct held *h, size_t n, u64 v,
		      u64 at)
{
	for (size_t i = 0; i < n; i++) {
		if (h[i].va != v)
			continue;
		if (!p->low[i])
			p->low[i] = at;
		p->high[i] = at;
	}
}

static void search(struct job *q, struct places *p, const struct held *h,
		   size_t n)
{
	const struct ntr_target *t = q->j->w->t;
	const struct ntr_kthread *k = &q->j->w->threads.v[h->thread].k;
	u64 at = k->th.kernel_stack, end = k->th.stack_base;
	u8 b[512];

	if (!at)
		return;
	if (end > at + MAX_STACK)
		end = at + MAX_STACK;
	for (size_t m; at < end; at += m) {
		m = end - at < sizeof(b) ? (size_t)(end - at) : sizeof(b);
		if (ntr_space_read(t->mem, at, b, m, NULL))
			return;
		for (size_t i = 0; i + t->ptr_size <= m; i += t->ptr_size)
			note_word(p, h, n, t->ptr_size == 4 ?
				  ntr_load_u32(b + i) : ntr_load_u64(b + i),
				  at + i);
	}
}

/* Stacks grow down: what stands higher is of an outer frame. */
static void stacks(struct job *q, const struct held *h, size_t n)
{
	struct places p = { { 0 }, { 0 } };

	if (n < 2)
		return;
	n = n < NTR_MAX_HELD ? n : NTR_MAX_HELD;
	search(q, &p, h, n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (p.low[i] && p.low[k] && p.low[i] > p.high[k])
				see(q, &h[i], h[k].va, h[k].kind, NTR_OB_STACK);
}

/* --- which contradict one another ------------------------------------------------------ */

static int by_locks(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->then != y->then)
		return x->then < y->then ? -1 : 1;
	if (x->by != y->by)
		return x->by < y->by ? -1 : 1;
	return x->thread < y->thread ? -1 : x->thread > y->thread;
}

static const char *one(struct job *q, const struct order *o)
{
	struct ntr_arena *a = &q->j->w->arena;
	const char *who = ntr_waits_who(q->j, o->thread);

	return o->by == NTR_OB_WAIT ?
	       ntr_arena_printf(a, "%s owns %s 0x%" PRIx64 " and waits for %s "
				"0x%" PRIx64, who, o->first_kind, o->first,
				o->then_kind, o->then) :
	       ntr_arena_printf(a, "%s owns %s 0x%" PRIx64 " and %s 0x%" PRIx64
				", and its stack has the first in an outer "
				"frame", who, o->first_kind, o->first,
				o->then_kind, o->then);
}

static void add(struct job *q, const struct order *a, const struct order *b)
{
	struct ntr_waits *w = q->j->w;
	struct ntr_inversion *x;

	if (w->inversions.n >= NTR_MAX_INVERSIONS) {
		q->full = true;
		return;
	}
	x = ntr_vec_add(&w->inversions);
	if (!x) {
		q->j->lost = true;
		return;
	}
	*x = (struct ntr_inversion){
		.lock = { a->first, b->first },
		.kind = { a->first_kind, b->first_kind },
		.thread = { a->thread, b->thread }, .by = { a->by, b->by },
		.deadlock = w->threads.v[a->thread].cycle &&
			    w->threads.v[b->thread].cycle,
	};
	x->text = ntr_arena_printf(&w->arena, "%s 0x%" PRIx64 " and %s 0x%"
		PRIx64 " are taken in both orders: %s; %s%s", a->first_kind,
		a->first, b->first_kind, b->first, one(q, a), one(q, b),
		x->deadlock ? "" : a->by == NTR_OB_STACK ||
		b->by == NTR_OB_STACK ? "; a stack supports an order, it does "
		"not prove it" : "; no deadlock came of it yet");
	if (!x->text)
		q->j->lost = true;
}

/* The first sight of each order; another thread's of the opposite one. */
static void compare(struct job *q)
{
	const struct order *v = q->orders.v, *other, key = { 0 };
	size_t n = q->orders.n;

	if (!n)
		return;
	qsort(q->orders.v, n, sizeof(*q->orders.v), by_locks);
	for (size_t i = 0; i < n && !q->j->lost; i++) {
		struct order want = key;
		size_t lo = 0, hi = n;

		if (v[i].first > v[i].then ||
		    (i && v[i - 1].first == v[i].first &&
		     v[i - 1].then == v[i].then))
			continue;
		want.first = v[i].then;
		want.then = v[i].first;
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (by_locks(&v[mid], &want) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (other = v + lo; other < v + n &&
		     other->first == want.first && other->then == want.then;
		     other++)
			if (other->thread != v[i].thread) {
				add(q, &v[i], other);
				break;
			}
	}
}

void ntr_waits_order(struct ntr_waits_job *j)
{
	struct job q = { .j = j };

	collect(&q);
	for (size_t i = 0, n; i < q.held.n && !j->lost; i += n) {
		for (n = 1; i + n < q.held.n &&
			    q.held.v[i + n].thread == q.held.v[i].thread;)
			n++;
		for (size_t k = i; k < i + n; k++)
			waits(&q, &q.held.v[k]);
		stacks(&q, &q.held.v[i], n);
	}
	if (!j->lost)
		compare(&q);
	if (q.full)
		ntr_waits_say(j, "not all orders of locks were compared");
	ntr_vec_fini(&q.held);
	ntr_vec_fini(&q.orders);
}
