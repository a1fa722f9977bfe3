// SPDX-License-Identifier: Apache-2.0
/* From the objects of waits to locks, and from locks to their owners. */
#include "waits.h"

#include <string.h>

/* --- resources --------------------------------------------------------------------- */

/* Where nothing names the list of resources, a waiter's stack may lead to it. */
static u64 find_seed(struct ntr_waits_job *j)
{
	struct ntr_waits *w = j->w;
	u64 va = 0;

	for (size_t i = 0; !va && i < w->threads.n; i++) {
		const struct ntr_kthread *k = &w->threads.v[i].k;
		u8 type;

		if (!ntr_thread_blocked(k) || k->nwaits != 1 ||
		    ntr_read_u8(w->t->mem, k->wait[0].object, &type))
			continue;
		type &= 0x7f;
		if (type == NTR_OT_SEMAPHORE ||
		    type == NTR_OT_SYNCHRONIZATION_EVENT)
			va = ntr_resource_on_stack(w->t, k);
	}
	return va;
}

static void read_resources(struct ntr_waits_job *j)
{
	struct ntr_waits *w = j->w;
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_resource_list(w->t, 0, &w->resources, &e);

	if (st == NTR_ABSENT)
		st = ntr_resource_list(w->t, find_seed(j), &w->resources, &e);
	if (st == NTR_NOMEM)
		j->lost = true;
	else if (st)
		ntr_waits_say(j, "waits for resources: %s", e.msg);
	else if (w->resources.why[0])
		ntr_waits_say(j, "the list of resources is broken: %s",
			      w->resources.why);
	if (!ntr_va_map_init(&j->objects, &w->arena, w->resources.r.n * 2) ||
	    !ntr_va_map_init(&j->locks, &w->arena,
			     w->threads.n + w->resources.r.n)) {
		j->lost = true;
		return;
	}
	for (u32 i = 0; i < w->resources.r.n; i++) {
		const struct ntr_resource *r = &w->resources.r.v[i];
		ntr_va_map_put(&j->objects, r->shared, i);
		ntr_va_map_put(&j->objects, r->exclusive, i);
	}
}

/* --- locks ------------------------------------------------------------------------------ */

static bool add_owner(struct ntr_waits_job *j, struct ntr_wlock *l, u64 thread)
{
	u32 at = ntr_va_map_get(&j->threads, thread);

	if (at == NTR_NONE || j->w->threads.v[at].k.note)
		return false;
	l->owner[l->nowners++] = at;
	return true;
}

static bool room(struct ntr_waits_job *j, struct ntr_wlock *l, size_t n)
{
	l->owner = ntr_arena_array(&j->w->arena, n ? n : 1, sizeof(u32));
	if (!l->owner)
		j->lost = true;
	return l->owner;
}

static void resource_lock(struct ntr_waits_job *j, struct ntr_wlock *l,
			  const struct ntr_resource *r)
{
	l->kind = NTR_LK_RESOURCE;
	l->name = "resource";
	l->exclusive = r->owned_exclusive;
	l->contention = r->contention;
	l->no_owner = r->note;
	if (!room(j, l, r->nowners))
		return;
	for (size_t i = 0; i < r->nowners; i++)
		if (r->owner[i].pointer)
			l->no_owner = "it is owned through an owner pointer, "
				      "which names no thread";
		else if (!add_owner(j, l, r->owner[i].thread))
			l->no_owner = "an owner is no thread of any process: "
				      "it ended without releasing";
	if (!l->nowners && !l->no_owner)
		l->no_owner = r->active ? "it is held, but records no owner"
					: "it is free";
}

static void one_owner(struct ntr_waits_job *j, struct ntr_wlock *l, u64 owner,
		      const char *none)
{
	if (!room(j, l, 1))
		return;
	if (!owner)
		l->no_owner = none;
	else if (!add_owner(j, l, owner))
		l->no_owner = "its owner is no thread of any process: it ended "
			      "without releasing";
}

/* Vista and later say so in the reason; before, the function on the stack. */
static bool in_fast_mutex(struct ntr_waits_job *j, const struct ntr_wthread *x,
			  bool *guarded)
{
	static const char *const names[] = {
		"ExAcquireFastMutex", "ExfAcquireFastMutex",
		"ExAcquireFastMutexUnsafe", "KiAcquireFastMutex",
		"KeAcquireGuardedMutex", "KiAcquireGuardedMutex",
		"KeAcquireGuardedMutexUnsafe",
	};
	const struct ntr_wgroup *g;
	struct ntr_named at;

	*guarded = x->k.reason == NTR_WR_GUARDED_MUTEX;
	if (j->w->t->build >= 6000)
		return *guarded || x->k.reason == NTR_WR_FAST_MUTEX;
	if (x->group == NTR_NONE)
		return false;
	g = &j->w->groups.v[x->group];
	for (u32 i = 1; i < g->nframes && i < 6; i++) {
		if (!ntr_target_name(j->w->t, g->ip[i], true, &at))
			continue;
		for (size_t n = 0; n < NTR_COUNT(names); n++)
			if (!strcmp(at.name, names[n])) {
				*guarded = strstr(at.name, "Guarded");
				return true;
			}
	}
	return false;
}

static void plain_lock(struct ntr_waits_job *j, struct ntr_wlock *l,
		       const struct ntr_wthread *x, u64 object)
{
	struct ntr_dispatcher d;
	struct ntr_fast_mutex m;
	bool guarded;

	l->va = object;
	if (ntr_dispatcher_read(j->w->t, object, &d, NULL)) {
		l->name = "object";
		l->no_owner = "what is there is no object one can wait for";
		return;
	}
	l->name = d.name;
	if (d.type == NTR_OT_MUTANT) {
		l->kind = NTR_LK_MUTANT;
		if (d.has_owner)
			one_owner(j, l, d.owner, "nobody owns it");
		else
			l->no_owner = d.no_owner;
	} else if (d.type == NTR_OT_THREAD) {
		l->kind = NTR_LK_THREAD;
		one_owner(j, l, object, NULL);
	} else if ((d.type == NTR_OT_SYNCHRONIZATION_EVENT ||
		    d.type == NTR_OT_GATE) && in_fast_mutex(j, x, &guarded) &&
		   !ntr_fast_mutex_of(j->w->t, object, guarded, &m, NULL)) {
		l->kind = NTR_LK_FAST_MUTEX;
		l->name = guarded ? "guarded mutex" : "fast mutex";
		one_owner(j, l, m.owner, "it records no owner");
		l->va = m.va;
	} else {
		l->no_owner = d.no_owner;
	}
}

static u32 lock_of(struct ntr_waits_job *j, const struct ntr_wthread *x,
		   u64 object, bool *shared)
{
	u32 r = ntr_va_map_get(&j->objects, object), at;
	const struct ntr_resource *res =
		r == NTR_NONE ? NULL : &j->w->resources.r.v[r];
	u64 key = res ? res->va : object;
	struct ntr_wlock *l;

	*shared = res && object == res->shared;
	at = ntr_va_map_get(&j->locks, key);
	if (at != NTR_NONE)
		return at;
	at = (u32)j->w->locks.n;
	l = ntr_vec_add(&j->w->locks);
	if (!l) {
		j->lost = true;
		return NTR_NONE;
	}
	l->va = key;
	l->irp = l->queue = l->item = l->cpu = NTR_NONE;
	if (res)
		resource_lock(j, l, res);
	else
		plain_lock(j, l, x, object);
	/* A wait of two objects or more may have more locks than threads. */
	if (j->w->locks.n < j->locks.mask)
		ntr_va_map_put(&j->locks, key, at);
	return at;
}

/* --- edges --------------------------------------------------------------------------------- */

static void add_edges(struct ntr_waits_job *j, u32 at)
{
	struct ntr_wthread *x = &j->w->threads.v[at];

	x->edge = (u32)j->w->edges.n;
	for (unsigned i = 0; i < x->k.nwaits && !j->lost; i++) {
		bool shared = false;
		u32 lock = lock_of(j, x, x->k.wait[i].object, &shared);
		struct ntr_wedge *w;

		if (lock == NTR_NONE)
			return;
		w = ntr_vec_add(&j->w->edges);
		if (!w) {
			j->lost = true;
			return;
		}
		*w = (struct ntr_wedge){ at, lock, shared };
		x->nedges++;
		j->w->locks.v[lock].nwaiters++;
		j->w->locks.v[lock].nshared += shared;
	}
	if (!x->nedges)
		return;
	x->certain = (x->nedges == 1 || x->k.wait_all) && !x->k.wait_note &&
		     (!x->k.timeout || j->w->locks.v[
			      j->w->edges.v[x->edge].lock].kind ==
			      NTR_LK_RESOURCE);
}

void ntr_waits_locks(struct ntr_waits_job *j)
{
	read_resources(j);
	for (u32 i = 0; i < j->w->threads.n && !j->lost; i++)
		if (ntr_thread_blocked(&j->w->threads.v[i].k) &&
		    !j->w->threads.v[i].idle)
			add_edges(j, i);
}
