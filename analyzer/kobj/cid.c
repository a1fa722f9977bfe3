// SPDX-License-Identifier: Apache-2.0
#include "cid.h"

#include "priv.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_BITS 0x7fu
#define TYPE_PROCESS 3u
#define TYPE_THREAD 6u

struct item {
	u64 va;
	bool thread;
};
struct items {
	NTR_VEC(struct item);
	bool no_memory;
};

static void put(struct items *s, u64 va, bool thread)
{
	struct item *i = ntr_vec_add(s);

	if (i)
		*i = (struct item){ va, thread };
	else
		s->no_memory = true;
}

static int by_va(const void *a, const void *b)
{
	u64 x = ((const struct item *)a)->va, y = ((const struct item *)b)->va;

	return (x > y) - (x < y);
}

static void sort(struct items *s)
{
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_va);
}

/* --- the table ---------------------------------------------------------------------- */

struct reading {
	const struct ntr_target *t;
	struct ntr_cid_view *v;
	struct items *out;
};

static bool table_entry(void *ctx, const struct ntr_handle *h)
{
	struct reading *r = ctx;
	u8 type;

	if (h->why)
		return true;
	if (ntr_read_u8(r->t->mem, h->object, &type))
		type = 0;
	type &= TYPE_BITS;
	r->v->processes += type == TYPE_PROCESS;
	r->v->threads += type == TYPE_THREAD;
	if (type == TYPE_PROCESS || type == TYPE_THREAD)
		put(r->out, h->object, type == TYPE_THREAD);
	else
		r->v->other++;
	return !r->out->no_memory && r->out->n < NTR_MAX_THREADS;
}

static enum ntr_st read_table(const struct ntr_objects *o,
			      struct ntr_cid_view *v, struct items *out,
			      struct ntr_err *e)
{
	struct reading r = { o->t, v, out };
	struct ntr_handle_table t;
	struct ntr_handle_count n;
	enum ntr_st st = ntr_handle_table_cid(o, &t, e);

	if (!st)
		st = ntr_handle_walk(o, &t, 0, UINT64_MAX, table_entry, &r, &n,
				     e);
	if (st)
		return st;
	if (n.absent || n.bad)
		snprintf(v->table_why, sizeof(v->table_why), "%" PRIu64
			 " entries of the table of ids cannot be told",
			 n.absent + n.bad);
	return NTR_OK;
}

/* --- the lists ---------------------------------------------------------------------- */

static void threads_why(struct ntr_cid_view *v, const char *why)
{
	if (*why && !*v->threads_why)
		snprintf(v->threads_why, sizeof(v->threads_why), "%.150s", why);
}

static void list_threads(struct ntr_target *t, u64 process,
			 struct ntr_cid_view *v, struct items *out)
{
	struct ntr_thread_list l;
	struct ntr_err e = { "" };

	if (ntr_thread_list(t, process, &l, &e)) {
		threads_why(v, e.msg);
		return;
	}
	threads_why(v, l.why);
	for (size_t i = 0; i < l.va.n && out->n < NTR_MAX_THREADS; i++)
		put(out, l.va.v[i], true);
	v->listed_threads += l.va.n;
	ntr_thread_list_fini(&l);
}

static enum ntr_st read_lists(struct ntr_target *t, struct ntr_cid_view *v,
			      struct items *out, struct ntr_err *e)
{
	struct ntr_process_list l;
	enum ntr_st st = ntr_process_list(t, &l, e);

	if (st)
		return st;
	memcpy(v->list_why, l.why, sizeof(v->list_why));
	v->listed_processes = l.p.n;
	for (size_t i = 0; i < l.p.n; i++) {
		put(out, l.p.v[i].va, false);
		list_threads(t, l.p.v[i].va, v, out);
	}
	ntr_process_list_fini(&l);
	return NTR_OK;
}

/* --- the difference ------------------------------------------------------------------ */

static void describe(struct ntr_target *t, struct ntr_cid_diff *d)
{
	struct ntr_process p;
	struct ntr_thread th;

	d->id = UINT64_MAX;
	if (d->thread) {
		ntr_thread_read(t, d->va, &th);
		if (th.has_ids)
			d->id = th.id;
		memcpy(d->name, th.process_name, sizeof(d->name));
		return;
	}
	ntr_process_read(t, d->va, &p);
	if (p.has_pid)
		d->id = p.pid;
	memcpy(d->name, p.name, sizeof(d->name));
}

/* A thread's id 0, a process's id 0: idle ones have none. */
static bool idle(const struct ntr_cid_diff *d)
{
	return !d->id;
}

static void differ(struct ntr_target *t, struct ntr_cid_view *v,
		   const struct item *i, bool listed, bool *no_memory)
{
	struct ntr_cid_diff d = { .va = i->va, .thread = i->thread,
				  .listed = listed }, *slot;

	describe(t, &d);
	if (listed && idle(&d))
		return;
	if (listed ? *v->table_why :
	    *v->list_why || (d.thread && *v->threads_why)) {
		v->untold++;
		return;
	}
	slot = ntr_vec_add(&v->d);
	if (slot)
		*slot = d;
	else
		*no_memory = true;
}

static bool merge(struct ntr_target *t, struct ntr_cid_view *v,
		  const struct items *ids, const struct items *list)
{
	bool no_memory = false;
	size_t a = 0, b = 0;

	while (a < ids->n || b < list->n) {
		u64 x = a < ids->n ? ids->v[a].va : UINT64_MAX;
		u64 y = b < list->n ? list->v[b].va : UINT64_MAX;

		if (x < y)
			differ(t, v, &ids->v[a], false, &no_memory);
		else if (y < x)
			differ(t, v, &list->v[b], true, &no_memory);
		a += x <= y && a < ids->n;
		b += y <= x && b < list->n;
		while (a && a < ids->n && ids->v[a].va == ids->v[a - 1].va)
			a++;
		while (b && b < list->n && list->v[b].va == list->v[b - 1].va)
			b++;
	}
	return !no_memory;
}

enum ntr_st ntr_cid_compare(const struct ntr_objects *o,
			    struct ntr_cid_view *out, struct ntr_err *e)
{
	struct ntr_cid_view v = { .processes = 0 };
	struct items ids = { .n = 0 }, list = { .n = 0 };
	enum ntr_st st = read_table(o, &v, &ids, e);

	if (!st)
		st = read_lists(o->t, &v, &list, e);
	if (!st) {
		sort(&ids);
		sort(&list);
		if (!merge(o->t, &v, &ids, &list) || ids.no_memory ||
		    list.no_memory)
			st = ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	ntr_vec_fini(&ids);
	ntr_vec_fini(&list);
	if (st)
		ntr_cid_fini(&v);
	else
		*out = v;
	return st;
}

void ntr_cid_fini(struct ntr_cid_view *v)
{
	ntr_vec_fini(&v->d);
}
