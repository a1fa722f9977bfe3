// SPDX-License-Identifier: Apache-2.0
/*
 * What is queued and would end a wait.  A work item or DPC belongs to a wait
 * when it refers to the very object, or to the request that signals it: its
 * parameter is one of them, the block of pool that the parameter points to (or,
 * where there are no headers, what is just behind) holds the address of one, or the object lies between the parameter and the item, which is then in
 * the same structure.  A DPC belongs to a request also when it is the one
 * inside the device object that has the request (IoInitializeDpcRequest), or
 * its context is that device.  That a routine is of the same driver proves
 * nothing.
 */
#include "../base/record.h"
#include "../kobj/dpcs.h"
#include "hang.h"

#include <stdlib.h>

#define MAX_ITEMS 8192u     /* that are looked at */
#define MAX_DPCS 1024u      /* of one processor */
#define BLOCK_WORDS 64u     /* of a block that a parameter points to */
#define UNKNOWN_WORDS 16u   /* the same where its size is not known */
#define SAME_BLOCK 0x200u   /* from the parameter to its item */
#define DEVICE_DPC 0x100u   /* a DEVICE_OBJECT's Dpc is within it */

struct awaited {
	u64 va;
	u32 lock;
};

struct servers {
	struct ntr_waits_job *j;
	struct ntr_va_map objects; /* to locks */
	struct awaited *sorted;
	size_t nsorted;
};

static int by_va(const void *a, const void *b)
{
	u64 x = ((const struct awaited *)a)->va;
	u64 y = ((const struct awaited *)b)->va;

	return x < y ? -1 : x > y;
}

static bool init(struct servers *s)
{
	struct ntr_waits *w = s->j->w;
	size_t n = 0;

	s->sorted = ntr_arena_array(&w->arena, w->locks.n + 1,
				    sizeof(*s->sorted));
	if (!s->sorted || !ntr_va_map_init(&s->objects, &w->arena,
					   w->locks.n + w->irps.n))
		return false;
	for (u32 i = 0; i < w->locks.n; i++) {
		const struct ntr_wlock *l = &w->locks.v[i];

		if (l->kind != NTR_LK_OBJECT)
			continue;
		ntr_va_map_put(&s->objects, l->va, i);
		s->sorted[n++] = (struct awaited){ l->va, i };
		if (l->irp != NTR_NONE)
			ntr_va_map_put(&s->objects, w->irps.v[l->irp].va, i);
	}
	s->nsorted = n;
	qsort(s->sorted, n, sizeof(*s->sorted), by_va);
	return true;
}

/* --- work items -------------------------------------------------------------------- */

/* The first object behind `from`. */
static size_t first_from(const struct servers *s, u64 from)
{
	size_t lo = 0, hi = s->nsorted;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->sorted[mid].va < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void serve(struct servers *s, u32 lock, u32 queue, u32 item,
		  const char *link)
{
	struct ntr_wlock *l = lock == NTR_NONE ? NULL : &s->j->w->locks.v[lock];

	if (!l || l->queue != NTR_NONE)
		return;
	l->queue = queue;
	l->item = item;
	l->link = link;
}

static void pointed_to(struct servers *s, u64 va, u32 queue, u32 item)
{
	const struct ntr_target *t = s->j->w->t;
	u8 b[BLOCK_WORDS * 8];
	u64 from, end;
	size_t n;

	if (!va || va & (t->ptr_size - 1))
		return;
	n = (size_t)UNKNOWN_WORDS * t->ptr_size;
	if (ntr_waits_block(t, va, &from, &end))
		n = end - va < sizeof(b) ? (size_t)(end - va) : sizeof(b);
	n = ntr_space_read_some(t->mem, va, b, n);
	for (size_t i = 0; i + t->ptr_size <= n; i += t->ptr_size)
		serve(s, ntr_va_map_get(&s->objects, t->ptr_size == 4 ?
					ntr_load_u32(b + i) :
					ntr_load_u64(b + i)),
		      queue, item, "its parameter points to it");
}

static void look_at_item(struct servers *s, const struct ntr_work_item *x,
			 u32 queue, u32 item)
{
	serve(s, ntr_va_map_get(&s->objects, x->parameter), queue, item,
	      "its parameter is it");
	if (x->va > x->parameter && x->va - x->parameter <= SAME_BLOCK)
		for (size_t i = first_from(s, x->parameter); i < s->nsorted &&
		     s->sorted[i].va < x->va; i++)
			serve(s, s->sorted[i].lock, queue, item,
			      "it lies in the item's own structure");
}

/* What is an item's own first, then what it points to. */
static void look_at_queues(struct servers *s, bool deep)
{
	const struct ntr_work_queues *q = &s->j->w->queues;
	u32 n = 0;

	for (u32 i = 0; i < q->q.n; i++)
		for (u32 k = 0; k < q->q.v[i].items.n; k++) {
			if (n++ == MAX_ITEMS && !deep)
				return;
			if (n > MAX_ITEMS) {
				ntr_waits_say(s->j, "only the first %u work "
					"items were searched for what threads "
					"wait for", MAX_ITEMS);
				return;
			}
			if (deep)
				pointed_to(s, q->q.v[i].items.v[k].parameter,
					   i, k);
			else
				look_at_item(s, &q->q.v[i].items.v[k], i, k);
		}
}

/* --- DPCs ------------------------------------------------------------------------------ */

static void run_by(struct servers *s, u32 lock, u32 cpu, const char *link)
{
	struct ntr_wlock *l = lock == NTR_NONE ? NULL : &s->j->w->locks.v[lock];

	if (!l || l->cpu != NTR_NONE || l->queue != NTR_NONE)
		return;
	l->cpu = cpu;
	l->link = link;
}

static void look_at_dpc(struct servers *s, const struct ntr_dpc *d, u32 cpu)
{
	const struct ntr_waits *w = s->j->w;

	run_by(s, ntr_va_map_get(&s->objects, d->context), cpu,
	       "its context is it");
	for (u32 i = 0; i < w->irps.n; i++) {
		u64 device = w->irps.v[i].device;

		if (device && d->context == device)
			run_by(s, w->irps.v[i].lock, cpu,
			       "its context is the device");
		else if (device && d->va - device < DEVICE_DPC)
			run_by(s, w->irps.v[i].lock, cpu,
			       "it is the device's own DPC");
	}
}

static void look_at_dpcs(struct servers *s)
{
	struct ntr_waits *w = s->j->w;

	for (u32 i = 0; i < w->cpus.n; i++) {
		struct ntr_dpc_queue q;

		if (!w->cpus.v[i].ndpcs ||
		    ntr_dpc_queue(w->t, &w->t->cpus.v[w->cpus.v[i].cpu], &q,
				  NULL))
			continue;
		for (size_t k = 0; k < q.d.n && k < MAX_DPCS; k++)
			look_at_dpc(s, &q.d.v[k], i);
		ntr_dpc_queue_fini(&q);
	}
}

/* --- in words ---------------------------------------------------------------------------- */

static const char *item_text(struct ntr_waits *w, const struct ntr_wlock *l)
{
	const struct ntr_work_queue *q = &w->queues.q.v[l->queue];

	return ntr_arena_printf(&w->arena, "an item pending in the %s queue, "
		"%s, refers to it: %s", q->name, ntr_hang_site(w->t,
		q->items.v[l->item].routine, false, &w->arena), l->link);
}

static const char *dpc_text(struct ntr_waits *w, const struct ntr_wlock *l)
{
	const struct ntr_wcpu *c = &w->cpus.v[l->cpu];

	return ntr_arena_printf(&w->arena, "a DPC queued on %s belongs to it: "
		"%s%s", ntr_waits_cpu_name(w, c, &w->arena), l->link,
		c->work == NTR_CW_SPINS ? "; that processor spins" : "");
}

static const char *ender(struct ntr_waits *w, const struct ntr_wlock *l)
{
	const struct ntr_wirp *x = l->irp == NTR_NONE ? NULL :
				   &w->irps.v[l->irp];
	const char *more = l->queue != NTR_NONE ? item_text(w, l) :
			   l->cpu != NTR_NONE ? dpc_text(w, l) : NULL;

	if (!x)
		return more;
	return ntr_arena_printf(&w->arena, "%s, by %s%s%s", x->text, x->link,
				more ? "; " : "", more ? more : "");
}

void ntr_waits_servers(struct ntr_waits_job *j)
{
	struct servers s = { .j = j };

	if (!init(&s)) {
		j->lost = true;
		return;
	}
	look_at_queues(&s, false);
	look_at_queues(&s, true);
	look_at_dpcs(&s);
	for (size_t i = 0; i < j->w->locks.n; i++)
		j->w->locks.v[i].ender = ender(j->w, &j->w->locks.v[i]);
}
