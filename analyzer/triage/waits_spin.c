// SPDX-License-Identifier: Apache-2.0
/*
 * Processors that spin for queued spin locks, as waits of the threads that run
 * there.  Nothing but the owner ends such a wait, so it is certain; how long it
 * has lasted is written nowhere, so that alone it proves nothing, but a circle
 * does.
 */
#include "../kobj/spinlocks.h"
#include "waits.h"

static u32 runs_on(struct ntr_waits_job *j, u32 cpu)
{
	return ntr_va_map_get(&j->threads, j->w->t->cpus.v[cpu].thread);
}

static struct ntr_wlock *add_lock(struct ntr_waits_job *j,
				  const struct ntr_qlock *q, u32 owner)
{
	struct ntr_wlock *l = ntr_vec_add(&j->w->locks);

	if (!l)
		return NULL;
	*l = (struct ntr_wlock){ .va = q->lock, .kind = NTR_LK_SPIN,
				 .name = "queued spin lock",
				 .irp = NTR_NONE, .queue = NTR_NONE,
				 .item = NTR_NONE, .cpu = NTR_NONE };
	l->owner = ntr_arena_array(&j->w->arena, 1, sizeof(u32));
	if (!l->owner)
		return NULL;
	l->owner[l->nowners++] = owner;
	return l;
}

static void add_edge(struct ntr_waits_job *j, u32 thread, u32 lock)
{
	struct ntr_wthread *x = &j->w->threads.v[thread];
	struct ntr_wedge *w = ntr_vec_add(&j->w->edges);

	if (!w) {
		j->lost = true;
		return;
	}
	*w = (struct ntr_wedge){ thread, lock, false };
	x->edge = (u32)j->w->edges.n - 1;
	x->nedges = 1;
	x->certain = true;
	j->w->locks.v[lock].nwaiters++;
}

static void take(struct ntr_waits_job *j, const struct ntr_qlocks *l,
		 const struct ntr_spin_waits *s)
{
	u32 last = NTR_NONE; /* the lock of the one before */

	for (size_t i = 0; !j->lost && i < s->w.n; i++) {
		const struct ntr_spin_wait *w = &s->w.v[i];
		u32 waiter = runs_on(j, w->waiter), owner = runs_on(j, w->owner);

		/* Idle threads are in no process's list; they own nothing
		 * that a thread waits for. */
		if (waiter == NTR_NONE || owner == NTR_NONE ||
		    j->w->threads.v[waiter].nedges)
			continue;
		if (w->lock != last && !add_lock(j, &l->q.v[w->lock], owner)) {
			j->lost = true;
			return;
		}
		last = w->lock;
		add_edge(j, waiter, (u32)j->w->locks.n - 1);
	}
}

void ntr_waits_spin(struct ntr_waits_job *j)
{
	struct ntr_spin_waits s;
	struct ntr_qlocks l;

	if (ntr_qlocks(j->w->t, &l, NULL))
		return; /* this version has none, or they are not there */
	for (size_t i = 0; i < l.q.n; i++)
		if (l.q.v[i].state == NTR_QL_CORRUPT)
			ntr_waits_say(j, "queued spin lock 0x%" PRIx64 ": %s",
				      l.q.v[i].lock, l.q.v[i].why);
	if (ntr_spin_waits(&l, &s, NULL)) {
		j->lost = true;
	} else {
		take(j, &l, &s);
		ntr_spin_waits_fini(&s);
	}
	ntr_qlocks_fini(&l);
}
