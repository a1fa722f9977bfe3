// SPDX-License-Identifier: Apache-2.0
#include "spinlocks.h"

#include "priv.h"

#include <stdio.h>
#include <string.h>

enum { WAIT = 1, OWNER = 2, BITS = 3 };

struct place {
	bool there;
	u64 va, next, lock;
	u8 bits;
};

struct job {
	struct ntr_target *t;
	struct ntr_qlocks *out;
	u32 off, size;
	struct place *p;   /* of one lock, per processor */
	u32 *before;       /* who is in front of it; NTR_NO_CPU */
};

/* --- names ------------------------------------------------------------------------- */

static const char *const names[] = {
	"KE   - Dispatcher", "KE   - Context Swap", "MM   - PFN",
	"MM   - System Space", "CC   - Vacb", "CC   - Master",
	"EX   - NonPagedPool", "IO   - Cancel", "EX   - WorkQueue",
	"IO   - Vpb", "IO   - Database", "IO   - Completion",
	"NTFS - Struct", "AFD  - WorkQueue", "CC   - Bcb",
	"MM   - NonPagedPool",
};

/* Windows 7 gave the first four and the last up; behind the sixteen named ones
 * are a spare and, from 2003 SP1 to Vista, those of the timer table. */
static const char *name_of(u32 build, unsigned i)
{
	if (build >= 7600 && (i < 4 || i >= 15))
		return "(unused)";
	if (i < NTR_COUNT(names))
		return names[i];
	return i == 16 ? "(unused)" : "KE   - Timer Table";
}

/* How many there are, by the type data of public symbols; of 2000, whose
 * sixteen places fill the room up to the next member, by that. */
static u32 count_of(const struct ntr_types *y)
{
	static const struct {
		u32 last; /* build */
		u32 n;
	} rows[] = {
		{ 2600, 16 }, { 3790, 33 }, { 6000, 33 }, { 6002, 49 },
		{ UINT32_MAX, 17 },
	};

	/* 3790 without a service pack is variant 0. */
	if (y->machine == NTR_MACHINE_X86 && y->build == 3790 &&
	    y->variants == 1)
		return 16;
	for (size_t i = 0; i < NTR_COUNT(rows); i++)
		if (y->build <= rows[i].last)
			return rows[i].n;
	return 0;
}

/* --- one lock ------------------------------------------------------------------------ */

static void read_place(struct job *j, u32 cpu, unsigned index)
{
	struct place *p = &j->p[cpu];
	u64 kprcb = j->t->cpus.v[cpu].kprcb, lock;
	unsigned ps = j->t->ptr_size;

	*p = (struct place){ .va = kprcb + j->off + (u64)index * j->size };
	if (!kprcb || ntr_read_ptr(j->t->mem, p->va, ps, &p->next) ||
	    ntr_read_ptr(j->t->mem, p->va + ps, ps, &lock))
		return;
	p->there = true;
	p->lock = lock & ~(u64)BITS;
	p->bits = lock & BITS;
}

static u32 cpu_of(const struct job *j, u64 va)
{
	for (u32 i = 0; va && i < j->out->ncpus; i++)
		if (j->p[i].there && j->p[i].va == va)
			return i;
	return NTR_NO_CPU;
}

static void say(struct ntr_qlock *q, enum ntr_qlock_state st, u32 cpu,
		const char *why)
{
	if (q->state != NTR_QL_CORRUPT)
		q->state = st;
	if (cpu != NTR_NO_CPU && st == NTR_QL_CORRUPT)
		q->odd[cpu] = true;
	if (!q->why[0])
		snprintf(q->why, sizeof(q->why), "%s", why);
}

/* Places of the same lock, linked: who is in front of whom. */
static void link_places(struct job *j, struct ntr_qlock *q)
{
	u32 n = j->out->ncpus;

	for (u32 i = 0; i < n; i++)
		j->before[i] = NTR_NO_CPU;
	for (u32 i = 0; i < n; i++) {
		u32 to = cpu_of(j, j->p[i].next);

		/* Who got a free lock at once may have no bit set; a link to
		 * one that does not wait is stale. */
		if (!j->p[i].there || !j->p[i].next ||
		    (!j->p[i].bits && (to == NTR_NO_CPU ||
				       !(j->p[to].bits & WAIT))))
			continue;
		if (to == NTR_NO_CPU && j->out->nabsent)
			say(q, NTR_QL_UNKNOWN, i, "a place points to one that "
			    "is not in the dump, or to none of the KPRCBs");
		else if (to == NTR_NO_CPU)
			say(q, NTR_QL_UNKNOWN, i, "a place points to one that "
			    "is in no KPRCB");
		else if (to == i || j->before[to] != NTR_NO_CPU)
			say(q, NTR_QL_CORRUPT, i, "two places point to the "
			    "same one");
		else
			j->before[to] = i;
	}
}

/* The other end of the line that ends with `last`. */
static u32 front(struct job *j, struct ntr_qlock *q, u32 last)
{
	for (u32 n = 0; n < j->out->ncpus; n++) {
		if (j->before[last] == NTR_NO_CPU)
			return last;
		last = j->before[last];
	}
	say(q, NTR_QL_CORRUPT, last, "the places point in a circle");
	return NTR_NO_CPU;
}

static void number(struct job *j, struct ntr_qlock *q, u32 first)
{
	u32 at = first, n = 0;

	while (at != NTR_NO_CPU && n <= j->out->ncpus) {
		if (at != q->owner) {
			q->place[at] = ++n;
			q->nwaiters++;
		}
		at = cpu_of(j, j->p[at].next);
	}
}

/* A bit says that a processor owns or waits, and it is not in the line. */
static void outsiders(struct job *j, struct ntr_qlock *q)
{
	for (u32 i = 0; i < j->out->ncpus; i++) {
		if (!j->p[i].there || !j->p[i].bits || q->place[i] ||
		    q->owner == i)
			continue;
		say(q, NTR_QL_CORRUPT, i, "a processor's place says that it "
		    "waits or owns, but it is not in the line");
	}
}

/* Who has just come has changed the lock's word, and not yet the place in
 * front of it: then the owner is the one whose own bit says so. */
static u32 lone_owner(const struct job *j, u32 head)
{
	u32 found = NTR_NO_CPU;

	for (u32 i = 0; i < j->out->ncpus; i++) {
		if (i == head || !(j->p[i].bits & OWNER) || j->p[i].next)
			continue;
		if (found != NTR_NO_CPU)
			return NTR_NO_CPU;
		found = i;
	}
	return found;
}

static void held(struct job *j, struct ntr_qlock *q, u64 word)
{
	u32 last = cpu_of(j, word), head;

	link_places(j, q);
	if (last == NTR_NO_CPU) {
		say(q, NTR_QL_UNKNOWN, NTR_NO_CPU, "the last in line is in no "
		    "KPRCB of the dump: a queue handle on a stack, or a "
		    "processor that is not there");
		return;
	}
	head = front(j, q, last);
	if (head == NTR_NO_CPU)
		return;
	q->owner = j->p[head].bits & WAIT ? lone_owner(j, head) : head;
	number(j, q, head);
	if (q->owner == NTR_NO_CPU)
		say(q, NTR_QL_UNKNOWN, NTR_NO_CPU, "the first in line waits: "
		    "who owns the lock is not in the line");
	outsiders(j, q);
}

/* All processors name the same lock. */
static bool same_lock(struct job *j, struct ntr_qlock *q)
{
	for (u32 i = 0; i < j->out->ncpus; i++) {
		const struct place *p = &j->p[i];

		if (!p->there || !p->lock)
			continue;
		if (!q->lock)
			q->lock = p->lock;
		else if (q->lock != p->lock)
			say(q, NTR_QL_CORRUPT, i, "processors name different "
			    "locks");
	}
	if (!q->lock && j->out->nabsent)
		say(q, NTR_QL_UNKNOWN, NTR_NO_CPU, "no processor names the "
		    "lock");
	return q->lock && q->state == NTR_QL_FREE;
}

static void read_lock(struct job *j, struct ntr_qlock *q)
{
	u64 word;

	for (u32 i = 0; i < j->out->ncpus; i++)
		read_place(j, i, q->index);
	q->state = NTR_QL_FREE;
	if (!same_lock(j, q))
		return;
	if (ntr_read_ptr(j->t->mem, q->lock, j->t->ptr_size, &word)) {
		say(q, NTR_QL_UNKNOWN, NTR_NO_CPU, "the lock's word is not in "
		    "the dump");
		return;
	}
	q->state = word ? NTR_QL_HELD : NTR_QL_FREE;
	if (word)
		held(j, q, word);
	else
		outsiders(j, q);
	if (q->state == NTR_QL_CORRUPT)
		q->owner = NTR_NO_CPU;
}

/* --- all of them ---------------------------------------------------------------------- */

static bool is_there(const struct job *j, u32 cpu)
{
	u64 kprcb = j->t->cpus.v[cpu].kprcb, v;

	return kprcb && ntr_read_ptr(j->t->mem, kprcb + j->off,
				     j->t->ptr_size, &v) == NTR_OK;
}

static enum ntr_st read_all(struct job *j, u32 count)
{
	struct ntr_qlocks *out = j->out;

	j->p = ntr_arena_array(&out->arena, out->ncpus, sizeof(*j->p));
	j->before = ntr_arena_array(&out->arena, out->ncpus, sizeof(u32));
	out->there = ntr_arena_array(&out->arena, out->ncpus, sizeof(bool));
	if (!j->p || !j->before || !out->there)
		return NTR_NOMEM;
	for (u32 i = 0; i < out->ncpus; i++)
		out->there[i] = is_there(j, i);
	for (u32 i = 0; i < count; i++) {
		struct ntr_qlock *q = ntr_vec_add(&out->q);

		if (!q)
			return NTR_NOMEM;
		*q = (struct ntr_qlock){
			.index = i, .owner = NTR_NO_CPU,
			.name = name_of(j->t->build, i),
			.place = ntr_arena_array(&out->arena, out->ncpus,
						 sizeof(u32)),
			.odd = ntr_arena_array(&out->arena, out->ncpus,
					       sizeof(bool)),
		};
		if (!q->place || !q->odd)
			return NTR_NOMEM;
		read_lock(j, q);
	}
	return NTR_OK;
}

enum ntr_st ntr_qlocks(struct ntr_target *t, struct ntr_qlocks *out,
		       struct ntr_err *e)
{
	const struct ntr_types *y = &t->priv->types;
	struct ntr_qlocks r = { .ncpus = (u32)t->cpus.n };
	struct job j = { .t = t, .out = &r };
	struct ntr_type_hit h;
	enum ntr_st st;

	if (!t->is_nt || !ntr_types_find(y, "_KPRCB", "LockQueue", &h))
		return ntr_fail(e, NTR_ABSENT, "%s", t->build && t->build < 2195
				? "this version has no queued spin locks" :
				"the queued spin locks of this build are not "
				"known");
	j.off = h.off;
	j.size = ntr_types_sizeof(y, "_KSPIN_LOCK_QUEUE", NULL);
	for (u32 i = 0; i < r.ncpus; i++)
		r.nabsent += !is_there(&j, i);
	if (!j.size || r.nabsent == r.ncpus)
		return ntr_fail(e, NTR_ABSENT, "no processor's KPRCB is in the "
				"dump");
	st = read_all(&j, count_of(y));
	if (st) {
		ntr_qlocks_fini(&r);
		return ntr_fail(e, st, "out of memory");
	}
	*out = r;
	return NTR_OK;
}

void ntr_qlocks_fini(struct ntr_qlocks *l)
{
	ntr_vec_fini(&l->q);
	ntr_arena_fini(&l->arena);
}

/* --- who waits for whom ---------------------------------------------------------------- */

static bool add_wait(const struct ntr_qlocks *l, u32 lock, u32 place,
		     struct ntr_spin_waits *out)
{
	const struct ntr_qlock *q = &l->q.v[lock];

	for (u32 i = 0; i < l->ncpus; i++) {
		struct ntr_spin_wait *w;

		if (q->place[i] != place)
			continue;
		w = ntr_vec_add(&out->w);
		if (!w)
			return false;
		*w = (struct ntr_spin_wait){ i, q->owner, lock, place };
	}
	return true;
}

enum ntr_st ntr_spin_waits(const struct ntr_qlocks *l,
			   struct ntr_spin_waits *out, struct ntr_err *e)
{
	struct ntr_spin_waits r = { 0 };

	for (u32 i = 0; i < l->q.n; i++) {
		const struct ntr_qlock *q = &l->q.v[i];

		if (q->state != NTR_QL_HELD || q->owner == NTR_NO_CPU)
			continue;
		for (u32 place = 1; place <= q->nwaiters; place++)
			if (!add_wait(l, i, place, &r)) {
				ntr_spin_waits_fini(&r);
				return ntr_fail(e, NTR_NOMEM, "out of memory");
			}
	}
	*out = r;
	return NTR_OK;
}

void ntr_spin_waits_fini(struct ntr_spin_waits *w)
{
	ntr_vec_fini(&w->w);
}
