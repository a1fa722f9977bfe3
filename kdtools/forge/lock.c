// SPDX-License-Identifier: Apache-2.0
/*
 * What threads wait for: locks with their owners and waiters, the wait blocks
 * between them, the executive's work queues.
 *
 * Layouts are written down here from the format facts, one row per profile.
 * ERESOURCE owner entries: before Vista the first of the two built-in ones is
 * the exclusive owner's and sharers begin with the second; since Vista there
 * is one.  Further sharers are in a table whose first entry holds its size.
 */
#include "mach.h"

#include "base/text.h"

#include <string.h>

enum { BLOCKS = 4, TIMER_BLOCK = 3 }; /* of a KTHREAD */

struct lay {
	enum f_arch arch;
	u16 build;
	/* KTHREAD */
	u16 blocks_ptr, blocks, wait_time, prio, base_prio, queue, queue_entry,
		timer, mode, mutants, block_count;
};

static const struct lay lays[] = {
	{ F_X86, 1057, 0x54, 0x68, 0x60, 0x2f, 0x64, 0xe0, 0x110, 0xe8, 0x51,
	  0x10, F_NO },
	{ F_X86, 1381, 0x58, 0x6c, 0x64, 0x33, 0x68, 0xe0, 0x110, 0xe8, 0x55,
	  0x10, F_NO },
	{ F_X86, 2195, 0x58, 0x6c, 0x64, 0x33, 0x68, 0xe0, 0x110, 0xe8, 0x55,
	  0x10, F_NO },
	{ F_X86, 2600, 0x5c, 0x70, 0x68, 0x33, 0x6c, 0xe4, 0x118, 0xf0, 0x59,
	  0x10, F_NO },
	{ F_X86, 3790, 0x54, 0xa8, 0x6c, 0x5b, 0x121, 0x68, 0x108, 0x78, 0x4f,
	  0x10, F_NO },
	{ F_X64, 3790, 0x88, 0xf8, 0x184, 0x93, 0x1dd, 0xa8, 0x1b8, 0xb8,
	  0x157, 0x18, F_NO },
	{ F_X64, 7601, 0x98, 0x108, 0x194, 0x7b, 0x1f1, 0xb0, 0x1c8, 0xc0,
	  0x167, 0x308, F_NO },
	{ F_X64, 19041, 0xd0, 0x140, 0x1b4, 0xc3, 0x233, 0xe8, 0x208, 0x100,
	  0x187, 0x308, 0x24b },
};

static const struct lay *lay_of(const struct f_prof *p)
{
	for (size_t i = 0; i < NTR_COUNT(lays); i++)
		if (lays[i].arch == p->arch && lays[i].build == p->build)
			return &lays[i];
	return NULL;
}

static u64 ps(const struct f_mach *m)
{
	return f_prof_ptr(m->p);
}

/* 32-bit offset, 64-bit offset */
static u64 o(const struct f_mach *m, u64 narrow, u64 wide)
{
	return f_prof_64(m->p) ? wide : narrow;
}

static bool vista(const struct f_mach *m)
{
	return m->p->build >= 6000;
}

/* --- before the layout of modules ------------------------------------------------ */

enum ntr_st f_lock_resolve(struct f_mach *m)
{
	bool used = m->s->locks.n > 0;
	struct f_loc at = used ? m->s->locks.v[0].loc : (struct f_loc){ 0 };
	enum ntr_st st = NTR_OK;

	for (size_t q = 0; !st && q < F_NQUEUES; q++) {
		const struct f_squeue *s = &m->s->queue[q];
		if (s->given)
			used = true, at = s->loc;
		for (size_t i = 0; !st && i < s->items.n; i++) {
			struct f_symref *r = ntr_vec_add(&m->routines);
			if (!r)
				return ntr_fail(m->e, NTR_NOMEM, "out of memory");
			st = f_img_sym(&m->img, s->items.v[i].routine,
				       s->items.v[i].loc, F_FN_PLAIN, false,
				       F_NONE, r);
		}
	}
	if (!st && used && !lay_of(m->p))
		return f_scen_err(m->s, m->e, NTR_UNSUP, at,
				  "locks and queues of %s %s are not known to "
				  "forge", m->p->arch_name, m->p->os);
	return st;
}

/* Bytes of one EX_WORK_QUEUE; before XP it is a KQUEUE. */
static u64 queue_size(const struct f_mach *m)
{
	if (m->p->build < 2600)
		return 0x28;
	return m->p->build >= 9600 ? 0x2e0 : o(m, 0x3c, 0x58);
}

static bool queues_used(const struct f_mach *m)
{
	for (size_t i = 0; i < F_NQUEUES; i++)
		if (m->s->queue[i].given)
			return true;
	for (size_t i = 0; i < m->s->threads.n; i++)
		if (m->s->threads.v[i].worker != F_NONE)
			return true;
	return false;
}

void f_lock_alloc(struct f_mach *m)
{
	m->res_head = f_img_data(&m->img, &m->mem, 0, (u32)(2 * ps(m)), 16);
	f_img_symbol(&m->img, 0, "ExpSystemResourcesList", m->res_head);
	if (!lay_of(m->p))
		return;
	if (m->p->build >= 9600) {
		if (queues_used(m))
			m->work = f_pool(m, queue_size(m));
		return;
	}
	m->work = f_img_data(&m->img, &m->mem, 0,
			     (u32)(F_NQUEUES * queue_size(m)), 16);
	f_img_symbol(&m->img, 0, "ExWorkerQueue", m->work);
}

/* --- small parts --------------------------------------------------------------------- */

static void header(struct f_mach *m, u64 va, u8 type, u32 bytes, u32 signal)
{
	f_put8(&m->mem, va, type);
	f_put8(&m->mem, va + 2, (u8)(bytes / 4));
	f_put32(&m->mem, va + 4, signal);
	f_list_init(m, va + 8);
}

static const struct f_thread *thread_of(struct f_mach *m, u64 tid,
					struct f_loc at)
{
	for (size_t i = 0; i < m->threads.n; i++)
		if (m->threads.v[i].tid == tid && !m->threads.v[i].idle)
			return &m->threads.v[i];
	f_mem_fail(&m->mem, NTR_BAD, "line %u: no thread 0x%" PRIx64, at.line,
		   tid);
	return NULL;
}

static u64 thread_va(struct f_mach *m, u64 tid, struct f_loc at)
{
	const struct f_thread *t = thread_of(m, tid, at);

	return t ? t->va : 0;
}

/* --- locks ---------------------------------------------------------------------------- */

static void put_mutex(struct f_mach *m, u64 va, const struct f_slock *k)
{
	u64 owner;

	header(m, va, 2, (u32)o(m, 0x20, 0x38), k->nowners ? 0 : 1);
	f_list_init(m, va + o(m, 0x10, 0x18));
	if (!k->nowners)
		return;
	owner = thread_va(m, k->owner[0], k->loc);
	f_putp(&m->mem, va + o(m, 0x18, 0x28), owner);
	f_list_add(m, owner + lay_of(m->p)->mutants, va + o(m, 0x10, 0x18));
}

static void put_fast(struct f_mach *m, u64 va, const struct f_slock *k)
{
	struct f_mem *q = &m->mem;

	f_put32(q, va, k->nowners ? 0 : 1);
	header(m, va + o(m, 0xc, 0x18), 1, (u32)o(m, 0x10, 0x18), 0);
	f_put32(q, va + o(m, 8, 0x10), (u32)k->contention);
	if (k->nowners)
		f_putp(q, va + o(m, 4, 8), thread_va(m, k->owner[0], k->loc));
}

static void put_owner(struct f_mach *m, u64 at, u64 thread)
{
	unsigned shift = m->p->build >= 14393 ? 3 : m->p->build >= 7600 ? 2 : 0;

	f_putp(&m->mem, at, thread);
	f_put32(&m->mem, at + ps(m), 1u << shift);
}

static void put_owners(struct f_mach *m, u64 va, const struct f_slock *k)
{
	u64 at = va + o(m, 0x18, 0x30), step = 2 * ps(m), table;
	size_t n = 0, room = vista(m) ? 1 : 2;

	if (!vista(m) && k->shared)
		at += step, room = 1;
	else if (!vista(m))
		room = 1;
	for (; n < k->nowners && n < room; n++, at += step)
		put_owner(m, at, thread_va(m, k->owner[n], k->loc));
	if (n == k->nowners)
		return;
	table = f_pool(m, (k->nowners - n + 3) * step);
	f_putp(&m->mem, va + o(m, 8, 0x10), table);
	f_put32(&m->mem, table + ps(m), (u32)(k->nowners - n + 3));
	for (at = table + step; n < k->nowners; n++, at += step)
		put_owner(m, at, thread_va(m, k->owner[n], k->loc));
}

static void put_resource(struct f_mach *m, u64 va, const struct f_slock *k)
{
	struct f_mem *q = &m->mem;

	f_list_add(m, m->res_head, va);
	f_put16(q, va + o(m, 0xc, 0x18), (u16)k->nowners);
	f_put16(q, va + o(m, 0xe, 0x1a),
		k->nowners && !k->shared ? 0x80 : 0);
	f_put32(q, va + (vista(m) ? o(m, 0x24, 0x44) : o(m, 0x28, 0x50)),
		(u32)k->contention);
	if (vista(m))
		f_put32(q, va + o(m, 0x20, 0x40), (u32)k->nowners);
	put_owners(m, va, k);
}

static void put_lock(struct f_mach *m, const struct f_slock *k)
{
	u64 *slot = ntr_vec_add(&m->locks);
	u64 va = f_pool(m, 0x80);

	if (!slot) {
		f_mem_fail(&m->mem, NTR_NOMEM, "out of memory");
		return;
	}
	*slot = va;
	switch (k->kind) {
	case F_L_MUTEX:
		put_mutex(m, va, k);
		break;
	case F_L_RESOURCE:
		put_resource(m, va, k);
		break;
	case F_L_FAST:
		put_fast(m, va, k);
		break;
	case F_L_EVENT:
		header(m, va, 0, (u32)o(m, 0x10, 0x18), 0);
		break;
	case F_L_SEMAPHORE:
		header(m, va, 5, (u32)o(m, 0x14, 0x20), 0);
		f_put32(&m->mem, va + o(m, 0x10, 0x18), 0x7fffffff);
		break;
	}
}

/* The semaphore or event of a resource, made when somebody first waits. */
static u64 resource_object(struct f_mach *m, u64 va, bool shared)
{
	u64 at = va + (shared ? o(m, 0x10, 0x20) : o(m, 0x14, 0x28));
	u64 obj = f_getp(&m->mem, at), n;
	struct f_mem *q = &m->mem;

	if (!obj) {
		obj = f_pool(m, 0x20);
		header(m, obj, shared ? 5 : 1, (u32)o(m, 0x10, 0x18), 0);
		f_putp(q, at, obj);
	}
	if (vista(m)) {
		at = va + (shared ? o(m, 0x28, 0x48) : o(m, 0x2c, 0x4c));
		n = f_getp(q, at) & 0xffffffff;
		f_put32(q, at, (u32)n + 1);
	} else {
		at = va + (shared ? o(m, 0x2c, 0x54) : o(m, 0x2e, 0x56));
		n = f_getp(q, at) & 0xffff;
		f_put16(q, at, (u16)(n + 1));
	}
	return obj;
}

/* --- waits ------------------------------------------------------------------------------ */

static void keep_in_frame(struct f_mach *m, const struct f_thread *t, u64 va,
			  size_t skip)
{
	for (size_t i = 0; i < t->stk.f.n; i++) {
		const struct f_frame *f = &t->stk.f.v[i];
		if (f->how != F_K_CALL ||
		    f->after - f->sp < o(m, 0x14, 0x40) || skip--)
			continue;
		f_putp(&m->mem, f->sp + o(m, 4, 0x28), va);
		return;
	}
}

void f_keep_on_stack(struct f_mach *m, const struct f_thread *t, u64 va)
{
	keep_in_frame(m, t, va, 0);
}

/* Behind the frame of the wait, one lock in each. */
static void put_holding(struct f_mach *m, const struct f_thread *t)
{
	for (size_t i = 0; i < t->s->nholding; i++)
		keep_in_frame(m, t, f_lock_va(m, t->s->holding[i], t->s->loc),
			      i + 1);
}

/* An event that only this thread waits for. */
static u64 own_event(struct f_mach *m)
{
	u64 va = f_pool(m, 0x20);

	header(m, va, 0, (u32)o(m, 0x10, 0x18), 0);
	return va;
}

static u64 wait_object(struct f_mach *m, const struct f_thread *t,
		       const struct f_swait *w)
{
	for (size_t i = 0; w->lock && i < m->s->locks.n; i++) {
		const struct f_slock *k = &m->s->locks.v[i];
		u64 va = m->locks.v[i];
		if (strcmp(k->name, w->lock))
			continue;
		va = k->each ? own_event(m) : va;
		f_keep_on_stack(m, t, va);
		if (k->kind == F_L_RESOURCE)
			return resource_object(m, va, w->shared);
		return k->kind == F_L_FAST ? va + o(m, 0xc, 0x18) : va;
	}
	if (!w->lock)
		return thread_va(m, w->tid, w->loc);
	f_mem_fail(&m->mem, NTR_BAD, "line %u: no lock \"%.40s\"", w->loc.line,
		   w->lock);
	return 0;
}

u64 f_lock_va(struct f_mach *m, const char *name, struct f_loc at)
{
	for (size_t i = 0; i < m->locks.n; i++)
		if (!strcmp(m->s->locks.v[i].name, name))
			return m->locks.v[i];
	f_mem_fail(&m->mem, NTR_BAD, "line %u: no lock \"%.40s\"", at.line,
		   name);
	return 0;
}

static void put_block(struct f_mach *m, u64 b, u64 thread, u64 object,
		      u64 next, u16 key, bool any)
{
	struct f_mem *q = &m->mem;

	f_list_add(m, object + 8, b);
	if (m->p->build >= 9200) {
		f_put8(q, b + o(m, 8, 0x10), any);
		f_put8(q, b + o(m, 9, 0x11), 4);
		f_put16(q, b + o(m, 10, 0x12), key);
		f_putp(q, b + o(m, 0xc, 0x18), thread);
		f_putp(q, b + o(m, 0x10, 0x20), object);
		return;
	}
	f_putp(q, b + o(m, 8, 0x10), thread);
	f_putp(q, b + o(m, 0xc, 0x18), object);
	f_putp(q, b + o(m, 0x10, 0x20), next);
	f_put16(q, b + o(m, 0x14, 0x28), key);
	f_put8(q, b + o(m, 0x16, 0x2a), any);
}

static void put_wait(struct f_mach *m, const struct f_thread *t)
{
	const struct lay *y = lay_of(m->p);
	const struct f_sthread *s = t->s;
	u64 first = t->va + y->blocks, step = o(m, 0x18, 0x30), object;
	size_t n = s->nwaits;
	bool any = !s->all;

	if (t->state != 5 || (!n && s->worker == F_NONE))
		return;
	f_putp(&m->mem, t->va + y->blocks_ptr, first);
	if (!n) {
		object = m->work + (m->p->build >= 9600 ? 0 :
				    s->worker * queue_size(m));
		put_block(m, first, t->va, object, first, 0, true);
		n = 1;
	}
	for (size_t i = 0; i < s->nwaits; i++) {
		u64 next = i + 1 < n ? first + (i + 1) * step :
			   s->timeout ? first + TIMER_BLOCK * step : first;
		object = wait_object(m, t, &s->wait[i]);
		if (object)
			put_block(m, first + i * step, t->va, object, next,
				  (u16)i, any);
	}
	if (y->block_count != F_NO)
		f_put8(&m->mem, t->va + y->block_count, (u8)n);
	if (!s->timeout)
		return;
	header(m, t->va + y->timer, 8, (u32)o(m, 0x28, 0x40), 0);
	f_put8(&m->mem, t->va + y->timer + 3,
	       m->p->build >= 7600 ? 0x40 : 1); /* Inserted */
	put_block(m, first + TIMER_BLOCK * step, t->va, t->va + y->timer, first,
		  0x102, true);
}

/* --- queues -------------------------------------------------------------------------------- */

static void put_kqueue(struct f_mach *m, u64 va, const struct f_squeue *s)
{
	u64 max = !s->given || s->maximum == F_NONE ? m->ncpus : s->maximum;

	header(m, va, 4, (u32)o(m, 0x28, 0x40), 0);
	f_list_init(m, va + o(m, 0x10, 0x18));
	f_put32(&m->mem, va + o(m, 0x1c, 0x2c), (u32)max);
	f_list_init(m, va + o(m, 0x20, 0x30));
	if (m->p->build < 2600)
		return;
	f_put32(&m->mem, va + o(m, 0x28, 0x40), (u32)s->dynamic);
	f_put32(&m->mem, va + o(m, 0x2c, 0x44), (u32)s->processed);
	f_put32(&m->mem, va + o(m, 0x30, 0x48), (u32)s->last);
}

/* Windows 10: one queue for all priorities. */
static void put_pri_queue(struct f_mach *m, u64 va)
{
	u32 processed = 0, last = 0, workers = 0, most = 0;

	header(m, va, 0x15, 0x2b0, 0);
	for (u64 i = 0; i < 32; i++)
		f_list_init(m, va + 0x18 + i * 16);
	f_put32(&m->mem, va + 0x298, (u32)m->ncpus);
	f_list_init(m, va + 0x2a0);
	for (size_t i = 0; i < F_NQUEUES; i++) {
		processed += (u32)m->s->queue[i].processed;
		last += (u32)m->s->queue[i].last;
		most = m->s->queue[i].most ? (u32)m->s->queue[i].most : most;
	}
	f_put32(&m->mem, va + 0x2c0, processed);
	f_put32(&m->mem, va + 0x2c4, last);
	for (size_t i = 0; i < m->threads.n; i++)
		workers += m->threads.v[i].s &&
			   m->threads.v[i].s->worker != F_NONE;
	f_put32(&m->mem, va + 0x2c8, workers);
	f_put32(&m->mem, va + 0x2d0, most ? most : 0x1000);
}

static const u8 queue_prio[F_NQUEUES] = { 13, 12, 15 };

/* What an item's parameter is. */
static u64 item_param(struct f_mach *m, const struct f_sitem_kind *k, u64 item)
{
	struct f_item_irp *late;
	u64 va;

	if (k->irp) {
		late = ntr_vec_add(&m->item_irps);
		if (late)
			*late = (struct f_item_irp){ item + o(m, 0xc, 0x18),
						     k->irp, k->loc };
		else
			f_mem_fail(&m->mem, NTR_NOMEM, "out of memory");
		return 0;
	}
	if (k->of)
		return f_lock_va(m, k->of, k->loc);
	if (!k->holds)
		return k->param;
	va = f_pool(m, 0x40);
	f_putp(&m->mem, va + 3 * ps(m), f_lock_va(m, k->holds, k->loc));
	return va;
}

static void put_items(struct f_mach *m, size_t kind, size_t *ref)
{
	const struct f_squeue *s = &m->s->queue[kind];
	bool pri = m->p->build >= 9600;
	u64 va = m->work + (pri ? 0 : kind * queue_size(m));
	u64 head = pri ? va + 0x18 + queue_prio[kind] * 16u
		       : va + o(m, 0x10, 0x18);
	u32 n = 0;

	for (size_t i = 0; i < s->items.n; i++) {
		const struct f_sitem_kind *k = &s->items.v[i];
		u64 routine = f_img_va(&m->img, &m->routines.v[(*ref)++]);
		for (u64 c = 0; c < k->times; c++, n++) {
			u64 item = k->of && k->inside ?
				   f_lock_va(m, k->of, k->loc) + 0x40 :
				   f_pool(m, 0x20);
			f_list_add(m, head, item);
			f_putp(&m->mem, item + o(m, 8, 0x10), routine);
			f_putp(&m->mem, item + o(m, 0xc, 0x18),
			       item_param(m, k, item));
		}
	}
	if (!pri)
		f_put32(&m->mem, va + 4, n);
	if (!pri && m->p->build >= 2600)
		f_put32(&m->mem, va + o(m, 0x34, 0x4c), n);
}

static void put_worker(struct f_mach *m, const struct f_thread *t)
{
	const struct lay *y = lay_of(m->p);
	u64 kind = t->s->worker, at, n;
	bool pri = m->p->build >= 9600;
	u64 va = m->work + (pri ? 0 : kind * queue_size(m));

	f_putp(&m->mem, t->va + y->queue, va);
	f_list_add(m, va + (pri ? 0x2a0 : o(m, 0x20, 0x30)),
		   t->va + y->queue_entry);
	if (t->state == 5)
		return;
	at = va + (pri ? 0x218 + queue_prio[kind] * 4u : o(m, 0x18, 0x28));
	n = f_getp(&m->mem, at) & 0xffffffff;
	f_put32(&m->mem, at, (u32)n + 1);
	if (pri)
		f_put32(&m->mem, t->va + 0x21c, queue_prio[kind]);
}

/* --- all of it ------------------------------------------------------------------------------ */

static void put_times(struct f_mach *m, const struct f_thread *t)
{
	const struct lay *y = lay_of(m->p);
	u64 now = m->s->uptime / 156250, ago = 64, prio = 8;
	struct f_mem *q = &m->mem;

	if (t->s && t->s->waited != F_NONE)
		ago = t->s->waited / 156250;
	f_put32(q, t->va + y->wait_time, (u32)(now > ago ? now - ago : 0));
	if (t->s && t->s->worker != F_NONE)
		prio = queue_prio[t->s->worker];
	if (t->s && t->s->priority != F_NONE)
		prio = t->s->priority;
	f_put8(q, t->va + y->prio, (u8)prio);
	f_put8(q, t->va + y->base_prio, (u8)prio);
	if (y->mutants != F_NO)
		f_list_init(m, t->va + y->mutants);
}

void f_lock_write(struct f_mach *m)
{
	size_t ref = 0;

	f_list_init(m, m->res_head);
	if (!lay_of(m->p))
		return;
	for (size_t i = 0; i < m->threads.n; i++)
		put_times(m, &m->threads.v[i]);
	for (size_t i = 0; m->p->build < 9600 && i < F_NQUEUES; i++)
		put_kqueue(m, m->work + i * queue_size(m), &m->s->queue[i]);
	if (m->p->build >= 9600 && m->work)
		put_pri_queue(m, m->work);
	for (size_t i = 0; i < m->s->locks.n; i++)
		put_lock(m, &m->s->locks.v[i]);
	for (size_t i = 0; i < F_NQUEUES; i++)
		put_items(m, i, &ref);
	for (size_t i = 0; i < m->threads.n; i++) {
		const struct f_thread *t = &m->threads.v[i];
		if (!t->s)
			continue;
		if (t->s->worker != F_NONE)
			put_worker(m, t);
		put_wait(m, t);
		put_holding(m, t);
	}
}
