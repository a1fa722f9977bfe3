// SPDX-License-Identifier: Apache-2.0
/*
 * The executive's work queues.  Until Windows 8 they are the array
 * ExWorkerQueue in the kernel's data (KQUEUE, from XP on EX_WORK_QUEUE around
 * it); later each is an EX_WORK_QUEUE around a KPRIQUEUE in pool.  Both are
 * found through the threads that serve them: KTHREAD.Queue.
 *
 * Base priorities of the workers are 13 critical, 12 delayed, 15 hypercritical
 * (Windows Internals).
 */
#include "locks.h"

#include "../base/record.h"
#include "layout.h"
#include "priv.h"
#include "symbols.h"

#include <stdio.h>
#include <string.h>

#define PRIORITIES 32u
#define FIRST_PRIQUEUE_BUILD 9600u
#define ARRAY_QUEUES 3u
#define KQUEUE_SIZE_X86 0x28u /* before XP the array is of these */

static const char *const kind_names[ARRAY_QUEUES] = { "critical", "delayed",
						      "hypercritical" };

static bool in_kernel(const struct ntr_target *t, u64 va)
{
	return t->kernel_base && va - t->kernel_base < t->kernel_size;
}

/* --- one queue ------------------------------------------------------------------- */

static enum ntr_st add_items(struct ntr_target *t, const struct ntr_layout *l,
			     struct ntr_work_queue *q, u64 head, u8 priority)
{
	struct ntr_list list;
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_list_read(t, head, NTR_MAX_ITEMS, &list, &e);

	if (st == NTR_NOMEM)
		return st;
	if (st) {
		snprintf(q->why, sizeof(q->why), "%.150s", e.msg);
		return NTR_OK;
	}
	if (list.why[0])
		memcpy(q->why, list.why, sizeof(q->why));
	for (size_t i = 0; i < list.entry.n; i++) {
		struct ntr_work_item *x = ntr_vec_add(&q->items);
		u64 va = list.entry.v[i];

		if (!x) {
			ntr_list_fini(&list);
			return NTR_NOMEM;
		}
		x->va = va;
		x->priority = priority;
		if (ntr_read_ptr(t->mem, va + l->item_routine, t->ptr_size,
				 &x->routine) ||
		    ntr_read_ptr(t->mem, va + l->item_param, t->ptr_size,
				 &x->parameter))
			x->routine = x->parameter = 0;
	}
	ntr_list_fini(&list);
	return NTR_OK;
}

static enum ntr_st add_workers(struct ntr_target *t,
			       const struct ntr_layout *l,
			       struct ntr_work_queue *q, u64 head)
{
	struct ntr_list list;
	enum ntr_st st = ntr_list_read(t, head, NTR_LIST_MAX, &list, NULL);
	u64 *slot;

	if (st)
		return st == NTR_NOMEM ? st : NTR_OK;
	if (list.why[0])
		memcpy(q->why, list.why, sizeof(q->why));
	for (size_t i = 0; !st && i < list.entry.n; i++) {
		slot = ntr_vec_add(&q->workers);
		if (slot)
			*slot = list.entry.v[i] - l->queue_entry;
		else
			st = NTR_NOMEM;
	}
	ntr_list_fini(&list);
	return st;
}

static void counters(struct ntr_target *t, const struct ntr_layout *l,
		     struct ntr_work_queue *q)
{
	struct ntr_raw_work w = { 0 };
	u32 have = 0;

	if (ntr_bound_read(&l->work, t->mem, q->va, &w, &have, NULL))
		return;
	q->has_counter = (have & NTR_RW_PROCESSED) && (have & NTR_RW_LAST);
	q->processed = w.processed;
	q->last_pass = w.last;
	q->has_dynamic = have & NTR_RW_DYNAMIC;
	q->dynamic = w.dynamic;
	q->has_max_threads = have & NTR_RW_MAX;
	q->max_threads = w.max;
}

static enum ntr_st read_queue(struct ntr_target *t, const struct ntr_layout *l,
			      struct ntr_work_queue *q)
{
	u64 at = q->va + (q->priorities ? l->pri_current : l->queue_current);
	u32 v, sum = 0;
	enum ntr_st st = NTR_OK;

	q->has_current = true;
	for (unsigned i = 0; i < (q->priorities ? PRIORITIES : 1u); i++)
		if (!ntr_read_u32(t->mem, at + i * 4u, &v))
			sum += v;
		else
			q->has_current = false;
	q->current = (s32)sum;
	if (!ntr_read_u32(t->mem, q->va + (q->priorities ? l->pri_max :
					   l->queue_max), &v)) {
		q->maximum = v;
		q->has_maximum = true;
	}
	counters(t, l, q);
	if (!q->priorities)
		st = add_items(t, l, q, q->va + l->queue_items, 0);
	/* The most urgent first, as they are taken. */
	for (unsigned i = PRIORITIES; !st && q->priorities && i--;)
		st = add_items(t, l, q, q->va + l->pri_items +
			       (u64)i * 2 * t->ptr_size, (u8)i);
	return st ? st : add_workers(t, l, q, q->va + (q->priorities ?
				     l->pri_threads : l->queue_threads));
}

/* --- which there are --------------------------------------------------------------- */

static struct ntr_work_queue *add_queue(struct ntr_target *t,
					struct ntr_work_queues *out, u64 va,
					bool *lost)
{
	struct ntr_work_queue *q;
	u8 type;

	for (size_t i = 0; i < out->q.n; i++)
		if (out->q.v[i].va == va)
			return &out->q.v[i];
	if (out->q.n >= NTR_MAX_QUEUES || ntr_read_u8(t->mem, va, &type))
		return NULL;
	type &= 0x7f;
	/* A KQUEUE in pool is a driver's or a completion port. */
	if (!(type == NTR_OT_QUEUE && in_kernel(t, va)) &&
	    !(type == NTR_OT_PRIQUEUE && t->build >= FIRST_PRIQUEUE_BUILD))
		return NULL;
	q = ntr_vec_add(&out->q);
	if (!q) {
		*lost = true;
		return NULL;
	}
	q->va = va;
	q->priorities = type == NTR_OT_PRIQUEUE;
	q->name = q->priorities ? "all priorities" : "unnamed";
	q->named_by = q->priorities ? "its kind" : "nothing";
	return q;
}

static void by_symbol(struct ntr_target *t, const struct ntr_layout *l,
		      struct ntr_work_queues *out, bool *lost)
{
	u64 va, step = l->work_size;

	if (t->build >= FIRST_PRIQUEUE_BUILD ||
	    ntr_target_lookup(t, "nt!ExWorkerQueue", &va, NULL))
		return;
	if (step == NTR_NO_OFFSET)
		step = KQUEUE_SIZE_X86;
	for (unsigned i = 0; i < ARRAY_QUEUES; i++) {
		struct ntr_work_queue *q = add_queue(t, out, va + i * step,
						     lost);
		if (!q)
			continue;
		q->name = kind_names[i];
		q->named_by = "symbols";
	}
}

static void name_by_priority(struct ntr_work_queue *q, u8 base)
{
	static const u8 priority[ARRAY_QUEUES] = { 13, 12, 15 };

	for (unsigned i = 0; i < ARRAY_QUEUES; i++)
		if (base == priority[i] && !strcmp(q->named_by, "nothing")) {
			q->name = kind_names[i];
			q->named_by = "its workers' base priority";
		}
}

enum ntr_st ntr_work_queues(struct ntr_target *t,
			    const struct ntr_kthread *threads, size_t n,
			    struct ntr_work_queues *out, struct ntr_err *e)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	struct ntr_work_queues r = { { NULL, 0, 0 } };
	bool lost = false;
	u64 last = 0;

	if (!l || l->queue_items == NTR_NO_OFFSET ||
	    l->item_routine == NTR_NO_OFFSET ||
	    l->queue_entry == NTR_NO_OFFSET)
		return ntr_fail(e, NTR_ABSENT, "the layout of work queues is "
				"not known");
	by_symbol(t, l, &r, &lost);
	for (size_t i = 0; i < n; i++) {
		struct ntr_work_queue *q;

		if (!threads[i].queue || threads[i].queue == last)
			continue;
		q = add_queue(t, &r, threads[i].queue, &lost);
		if (q)
			name_by_priority(q, threads[i].base_priority);
		else
			last = threads[i].queue;
	}
	for (size_t i = 0; !lost && i < r.q.n; i++)
		lost = read_queue(t, l, &r.q.v[i]) != NTR_OK;
	if (lost) {
		ntr_work_queues_fini(&r);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	*out = r;
	return NTR_OK;
}

void ntr_work_queues_fini(struct ntr_work_queues *l)
{
	for (size_t i = 0; i < l->q.n; i++) {
		ntr_vec_fini(&l->q.v[i].items);
		ntr_vec_fini(&l->q.v[i].workers);
	}
	ntr_vec_fini(&l->q);
}
