// SPDX-License-Identifier: Apache-2.0
#include "hang.h"

#include "../kobj/device.h"
#include "../kobj/irp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 12u /* of evidence of one kind */
#define SPIN_LINES 6u /* frames of a processor */

struct job {
	const struct ntr_waits *w;
	struct ntr_hang *h;
	bool lost;
};

const char *ntr_hang_kind_name(enum ntr_hang_kind k)
{
	static const char *const names[] = {
#define NAME(n, t) [NTR_HANG_##n] = t,
		NTR_HANG_KINDS(NAME)
#undef NAME
	};

	return names[k];
}

/* --- words ------------------------------------------------------------------------ */

const char *ntr_hang_time(struct ntr_arena *a, bool known, u64 t)
{
	return !known ? "an unknown time" :
	       ntr_arena_printf(a, "%" PRIu64 ".%" PRIu64 " s", t / 10000000,
				t / 1000000 % 10);
}

static const char *who(struct job *j, u32 thread)
{
	const struct ntr_thread *th = &j->w->threads.v[thread].k.th;
	const char *name = th->process_name[0] ? th->process_name : "?";

	return th->has_ids ?
	       ntr_arena_printf(&j->h->arena, "thread 0x%" PRIx64 " (%s)",
				th->id, name) :
	       ntr_arena_printf(&j->h->arena, "thread at 0x%" PRIx64 " (%s)",
				th->va, name);
}

const char *ntr_hang_site(struct ntr_target *t, u64 va, bool ret,
			  struct ntr_arena *a)
{
	struct ntr_named at;
	char name[96];

	if (!ntr_target_name(t, va, ret, &at)) {
		ntr_target_symbolise(t, va, name, sizeof(name));
		return ntr_arena_printf(a, "%s", name);
	}
	if (!at.displacement)
		return ntr_arena_printf(a, "%s!%s", at.module->name, at.name);
	return ntr_arena_printf(a, "%s!%s+0x%" PRIx64 "%s", at.module->name,
				at.name, at.displacement,
				at.sym.kind == NTR_SYM_EXPORT && !at.inside ?
				" (by export)" : "");
}

u32 ntr_hang_frame(const struct ntr_waits *w, const struct ntr_wgroup *g)
{
	for (u32 i = 0; i < g->nframes; i++)
		if (g->ip[i] - w->t->kernel_base >= w->t->kernel_size)
			return i;
	return g->nframes > 3 ? 3 : g->nframes - 1;
}

static const char *group_text(const struct ntr_waits *w,
			      const struct ntr_wgroup *g, struct ntr_arena *a)
{
	return ntr_hang_site(w->t, g->ip[ntr_hang_frame(w, g)], true, a);
}

const char *ntr_hang_blocker(const struct ntr_waits *w, u32 i,
			     struct ntr_arena *a)
{
	u32 g = w->threads.v[i].group;

	return g == NTR_NONE ? NULL : group_text(w, &w->groups.v[g], a);
}

static void add(struct job *j, struct ntr_hang_finding *f, const char *fmt, ...)
	NTR_PRINTF(3, 4);
static void add(struct job *j, struct ntr_hang_finding *f, const char *fmt, ...)
{
	const char **slot = ntr_vec_add(&f->evidence);
	char text[500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (slot)
		*slot = ntr_arena_printf(&j->h->arena, "%s", text);
	if (!slot || !*slot)
		j->lost = true;
}

static struct ntr_hang_finding *finding(struct job *j, enum ntr_hang_kind kind,
					const char *text)
{
	struct ntr_hang_finding *f = ntr_vec_add(&j->h->findings);

	if (!f || !text) {
		j->lost = true;
		return NULL;
	}
	f->kind = kind;
	f->text = text;
	return f;
}

static const char *at_text(struct job *j, u32 thread)
{
	const char *site = ntr_hang_blocker(j->w, thread, &j->h->arena);

	return site ? site : "a stack that could not be walked";
}

/* --- deadlocks --------------------------------------------------------------------- */

static void deadlock(struct job *j, const struct ntr_wcycle *c)
{
	const struct ntr_waits *w = j->w;
	struct ntr_hang_finding *f = finding(j, NTR_HANG_DEADLOCK, c->n == 1 ?
		ntr_arena_printf(&j->h->arena, "deadlock: %s waits for what it "
				 "owns itself", who(j, c->thread[0])) :
		ntr_arena_printf(&j->h->arena, "deadlock of %u threads: each "
				 "waits for what the next one owns", c->n));

	for (u32 i = 0; f && i < c->n && i < MAX_LINES; i++) {
		const struct ntr_kthread *k = &w->threads.v[c->thread[i]].k;
		const struct ntr_wlock *l = &w->locks.v[c->lock[i]];

		add(j, f, "%s has waited %s for %s 0x%" PRIx64 ", which %s "
		    "owns%s; it waits in %s", who(j, c->thread[i]),
		    ntr_hang_time(&j->h->arena, k->has_waited, k->waited),
		    l->name, l->va, who(j, c->thread[(i + 1) % c->n]),
		    l->nowners > 1 ? " with others" : "",
		    at_text(j, c->thread[i]));
	}
	if (f && c->n > MAX_LINES)
		add(j, f, "and so on through %u threads", c->n);
	if (f && c->behind)
		add(j, f, "%u more thread%s for one of these", c->behind,
		    c->behind == 1 ? " waits" : "s wait");
}

/* --- processors --------------------------------------------------------------------- */

struct tally {
	u32 n[NTR_CW_RUNS + 1];
	const struct ntr_wcpu *first; /* that spins */
	bool known, same; /* the locks of all that spin */
};

static struct tally tally(const struct ntr_waits *w)
{
	struct tally y = { .known = true, .same = true };

	for (size_t i = 0; i < w->cpus.n; i++) {
		const struct ntr_wcpu *c = &w->cpus.v[i];

		y.n[c->work]++;
		if (c->work != NTR_CW_SPINS)
			continue;
		y.first = y.first ? y.first : c;
		y.known &= c->lock != 0;
		y.same &= c->lock == y.first->lock;
	}
	return y;
}

static void spinner(struct job *j, struct ntr_hang_finding *f,
		    const struct ntr_wcpu *c)
{
	const char *name = ntr_waits_cpu_name(j->w, c, &j->h->arena), *text = "";

	add(j, f, "%s: %s", name, c->text);
	for (u32 i = 0; i < c->nframes && i < SPIN_LINES; i++)
		text = ntr_arena_printf(&j->h->arena, "%s%s%s", text, i ?
					" <- " : "", ntr_hang_site(j->w->t,
					c->ip[i], true, &j->h->arena));
	if (c->nframes > 1)
		add(j, f, "%s: frames that may own other locks: %s", name,
		    text);
	if (c->ndpcs)
		add(j, f, "%s: %u DPC%s queued and cannot run, the first %s",
		    name, c->ndpcs, c->ndpcs == 1 ? " is" : "s are",
		    ntr_hang_site(j->w->t, c->dpc, false, &j->h->arena));
}

static void held_by_dpcs(struct job *j, struct ntr_hang_finding *f)
{
	const struct ntr_waits *w = j->w;
	unsigned lines = 0;

	for (size_t i = 0; i < w->irps.n && lines < MAX_LINES; i++) {
		const struct ntr_wlock *l = &w->locks.v[w->irps.v[i].lock];

		if (l->cpu == NTR_NONE ||
		    w->cpus.v[l->cpu].work != NTR_CW_SPINS)
			continue;
		lines++;
		add(j, f, "%s waits for %s", who(j, w->irps.v[i].thread),
		    l->ender);
	}
}

static void link(struct job *j, struct ntr_hang_finding *f)
{
	const struct ntr_waits *w = j->w;
	const struct ntr_wlink *l = &w->spin_link;

	add(j, f, "the %s of the locks 0x%" PRIx64 " and 0x%" PRIx64 " point to "
	    "one another: 0x%" PRIx64 " to 0x%" PRIx64 ", 0x%" PRIx64 " to 0x%"
	    PRIx64, l->sized ? "structures" : "surroundings (256 bytes)",
	    w->cpus.v[l->cpu[0]].lock, w->cpus.v[l->cpu[1]].lock, l->at[0],
	    l->to[0], l->at[1], l->to[1]);
}

/* Whoever owns a spin lock cannot be switched out: he is on a processor. */
static void spin(struct job *j)
{
	const struct ntr_waits *w = j->w;
	struct ntr_hang_finding *f;
	struct tally y = tally(w);
	u32 n = y.n[NTR_CW_SPINS];

	if (!n || y.n[NTR_CW_RUNS] || y.n[NTR_CW_UNKNOWN] ||
	    ntr_waits_cpus_lacking(w))
		return;
	f = finding(j, NTR_HANG_SPIN, ntr_arena_printf(&j->h->arena,
		"%u processor%s, %u idle: nothing runs that could release the "
		"lock%s", n, n == 1 ? " spins for a spin lock" :
		"s spin for spin locks", y.n[NTR_CW_IDLE], n == 1 ? "" : "s"));
	for (size_t i = 0; f && i < w->cpus.n; i++)
		if (w->cpus.v[i].work == NTR_CW_SPINS && i < MAX_LINES)
			spinner(j, f, &w->cpus.v[i]);
	if (!f)
		return;
	if (n > 1 && y.known && !y.same)
		add(j, f, "they want different locks: each of these is owned "
		    "by one of them, or was never released; which is not "
		    "recorded");
	else if (n > 1 && y.known)
		add(j, f, "they want the same lock: one of them took it "
		    "before, or it was never released");
	else if (n == 1)
		add(j, f, "it took the lock before, or the lock was never "
		    "released");
	if (w->spin_link.found)
		link(j, f);
	held_by_dpcs(j, f);
}

/* --- power ------------------------------------------------------------------------------ */

/* Stop 0x9F, parameter 1 = 3: 2 is the physical device, 4 the request. */
static void power_stack(struct job *j, struct ntr_hang_finding *f, u64 device)
{
	struct ntr_device_list l;
	struct ntr_driver d;

	if (ntr_device_stack(j->w->t, device, &l, NULL))
		return;
	for (size_t i = 0; i < l.d.n && i < MAX_LINES; i++) {
		bool known = l.d.v[i].has_driver && !ntr_driver_read(j->w->t,
				l.d.v[i].driver, &d, NULL) && *d.name;

		add(j, f, "device 0x%" PRIx64 " of %s%s", l.d.v[i].va,
		    known ? d.name : "a driver that is not in the dump",
		    l.d.v[i].va == device ? ", which has the request" : "");
	}
	ntr_device_list_fini(&l);
}

static void power(struct job *j)
{
	const struct ntr_meta *m = &j->w->t->d->meta;
	const struct ntr_irp_location *at;
	struct ntr_hang_finding *f;
	struct ntr_irp *p;
	const char *minor;

	if (!(m->has & NTR_HAS_BUGCHECK) || (m->bugcheck & 0xffff) != 0x9f ||
	    m->arg[0] != 3)
		return;
	p = malloc(sizeof(*p));
	if (!p) {
		j->lost = true;
		return;
	}
	if (!ntr_irp_read(j->w->t, m->arg[3], p, NULL) &&
	    (at = ntr_irp_current(p)) && at->read) {
		minor = ntr_minor_name(at->major, at->minor);
		f = finding(j, NTR_HANG_POWER, ntr_arena_printf(&j->h->arena,
			"power request 0x%" PRIx64 "%s%s%s was not completed "
			"in time", p->va, minor ? " (" : "", minor ? minor : "",
			minor ? ")" : ""));
		if (f)
			power_stack(j, f, at->device);
	}
	free(p);
}

/* --- queues ------------------------------------------------------------------------- */

static void pending(struct job *j, struct ntr_hang_finding *f,
		    const struct ntr_work_queue *q)
{
	unsigned lines = 0;
	size_t n;

	for (size_t i = 0; i < q->items.n; i += n) {
		u64 routine = q->items.v[i].routine;

		for (n = 1; i + n < q->items.n &&
			    q->items.v[i + n].routine == routine;)
			n++;
		if (lines++ == MAX_LINES) {
			add(j, f, "and %zu more items", q->items.n - i);
			return;
		}
		add(j, f, "pending: %zu item%s of %s", n, n == 1 ? "" : "s",
		    routine ? ntr_hang_site(j->w->t, routine, false,
					    &j->h->arena) : "????????");
	}
}

static void priorities(struct job *j, struct ntr_hang_finding *f,
		       const struct ntr_work_queue *q,
		       const struct ntr_wqueue *v)
{
	u32 n[256] = { 0 };
	const char *text = "";

	for (size_t i = 0; i < q->items.n; i++)
		n[q->items.v[i].priority]++;
	for (unsigned i = NTR_COUNT(n); i--;)
		if (n[i])
			text = ntr_arena_printf(&j->h->arena, "%s%s%u of "
				"priority %u", text, *text ? ", " : "", n[i],
				i);
	add(j, f, "one queue for all priorities: %s pending", text);
	if (q->has_max_threads)
		add(j, f, "it has %u workers of at most %" PRIu32,
		    v->blocked + v->idle + v->running + v->unreadable,
		    q->max_threads);
}

static void queue(struct job *j, const struct ntr_wqueue *v)
{
	const struct ntr_work_queue *q = &j->w->queues.q.v[v->queue];
	struct ntr_hang_finding *f;

	if (v->verdict != NTR_QV_EXHAUSTED)
		return;
	f = finding(j, NTR_HANG_QUEUE, v->text);
	if (!f)
		return;
	if (v->group != NTR_NONE)
		add(j, f, "%u of %u workers wait in %s", v->in_group,
		    v->blocked, group_text(j->w, &j->w->groups.v[v->group],
					   &j->h->arena));
	pending(j, f, q);
	if (v->awaiting)
		add(j, f, "%u of %u blocked workers wait for what a pending "
		    "item refers to, the first %s", v->awaiting, v->blocked,
		    ntr_hang_site(j->w->t, q->items.v[v->awaited].routine,
				  false, &j->h->arena));
	if (q->priorities)
		priorities(j, f, q, v);
	if (q->has_counter)
		add(j, f, "items done: %" PRIu32 ", at the balance manager's "
		    "last look %" PRIu32, q->processed, q->last_pass);
}

/* --- owners ---------------------------------------------------------------------------- */

static bool owns(const struct ntr_wlock *l, u32 thread)
{
	for (u32 i = 0; i < l->nowners; i++)
		if (l->owner[i] == thread)
			return true;
	return false;
}

/* The locks of a thread that somebody waits for. */
static void owned_locks(struct job *j, struct ntr_hang_finding *f, u32 thread)
{
	unsigned lines = 0;

	for (size_t i = 0; i < j->w->locks.n && lines < MAX_LINES; i++) {
		const struct ntr_wlock *l = &j->w->locks.v[i];

		if (!l->nwaiters || !owns(l, thread))
			continue;
		lines++;
		if (l->kind == NTR_LK_RESOURCE)
			add(j, f, "it owns resource 0x%" PRIx64 " (%s): %u wait "
			    "for it exclusively, %u shared; contention count "
			    "%" PRIu32, l->va, l->exclusive ? "exclusively" :
			    "shared", l->nwaiters - l->nshared, l->nshared,
			    l->contention);
		else
			add(j, f, "%s %s 0x%" PRIx64 ": %u wait%s for it",
			    l->kind == NTR_LK_THREAD ? "it is" : "it owns",
			    l->name, l->va, l->nwaiters,
			    l->nwaiters == 1 ? "s" : "");
	}
}

/* Is somebody behind it who is in no deadlock, or behind one? */
static bool holds_others(const struct ntr_waits *w, u32 thread)
{
	for (size_t i = 0; i < w->edges.n; i++)
		if (owns(&w->locks.v[w->edges.v[i].lock], thread) &&
		    !w->threads.v[w->edges.v[i].thread].cycle)
			return true;
	return false;
}

/* What would end the wait of an owner. */
static void ended_by(struct job *j, struct ntr_hang_finding *f, u32 thread)
{
	const struct ntr_wthread *x = &j->w->threads.v[thread];

	for (u32 i = 0; i < x->nedges; i++) {
		const struct ntr_wlock *l =
			&j->w->locks.v[j->w->edges.v[x->edge + i].lock];

		if (l->ender)
			add(j, f, "it waits for %s 0x%" PRIx64 ": %s", l->name,
			    l->va, l->ender);
	}
}

static void owner(struct job *j, const struct ntr_wroot *r)
{
	struct ntr_hang_finding *f;
	const char *site;

	if (r->longest < NTR_HANG_SLOW || !holds_others(j->w, r->thread))
		return;
	f = finding(j, NTR_HANG_OWNER, r->text);
	if (!f)
		return;
	owned_locks(j, f, r->thread);
	ended_by(j, f, r->thread);
	site = ntr_hang_blocker(j->w, r->thread, &j->h->arena);
	if (site)
		add(j, f, "it waits in %s itself", site);
}

/* --- all of it ------------------------------------------------------------------------- */

static void say_unknown(struct job *j, const char *text)
{
	const char **slot = ntr_vec_add(&j->h->unknown);

	if (slot)
		*slot = text;
	else
		j->lost = true;
}

static u32 readable(const struct ntr_waits *w)
{
	u32 n = 0;

	for (u32 i = 0; i < w->threads.n; i++)
		n += !w->threads.v[i].k.note;
	return n;
}

static const char *some(struct job *j, size_t n, const char *what)
{
	return ntr_arena_printf(&j->h->arena, "%zu %s%s", n, what,
				n == 1 ? "" : what[strlen(what) - 1] == 's' ?
				"es" : "s");
}

static void count(struct job *j)
{
	const struct ntr_waits *w = j->w;
	u32 blocked = 0, waited_for = 0, processes = 0;

	for (u32 i = 0; i < w->processes.p.n; i++)
		processes += !w->processes.p.v[i].note;
	for (u32 i = 0; i < w->threads.n; i++)
		blocked += ntr_thread_blocked(&w->threads.v[i].k) &&
			   !w->threads.v[i].idle;
	for (size_t i = 0; i < w->locks.n; i++)
		waited_for += w->locks.v[i].nwaiters != 0;
	j->h->looked_at = ntr_arena_printf(&j->h->arena, "%s, %s (%u blocked), "
		"%s waited for, %s, %s", some(j, processes, "process"),
		some(j, readable(w), "thread"), blocked,
		some(j, waited_for, "object"),
		some(j, w->resources.r.n, "resource"),
		some(j, w->queues.q.n, "work queue"));
}

static void look(struct job *j)
{
	const struct ntr_waits *w = j->w;

	count(j);
	for (size_t i = 0; i < w->cycles.n; i++)
		deadlock(j, &w->cycles.v[i]);
	spin(j);
	for (size_t i = 0; i < w->queue_verdicts.n; i++)
		queue(j, &w->queue_verdicts.v[i]);
	power(j);
	for (size_t i = 0; i < w->roots.n; i++)
		owner(j, &w->roots.v[i]);
	for (size_t i = 0; i < w->unknown.n; i++)
		say_unknown(j, w->unknown.v[i]);
}

/* Is there a reason why a hang may have been missed? */
static bool incomplete(struct job *j)
{
	const struct ntr_waits *w = j->w;
	bool bad = w->unknown.n > w->ownerless;
	u64 ticks;

	if (!readable(w)) {
		say_unknown(j, "no thread could be read");
		bad = true;
	}
	if (!w->queues.q.n && readable(w)) {
		say_unknown(j, "no work queue was found");
		bad = true;
	}
	if (w->roots.n && !ntr_tick_length(w->t, &ticks)) {
		say_unknown(j, "since when threads wait is not known");
		bad = true;
	}
	return bad;
}

static void conclude(struct job *j)
{
	struct ntr_hang *h = j->h;
	bool bad = incomplete(j);

	if (h->findings.n) {
		h->kind = h->findings.v[0].kind;
		h->text = h->findings.v[0].text;
	} else if (bad) {
		h->kind = NTR_HANG_UNKNOWN;
		h->text = "no hang was found, but that there is none cannot be "
			  "told";
	} else {
		h->kind = NTR_HANG_NONE;
		h->text = "nothing hangs";
	}
}

enum ntr_st ntr_hang(struct ntr_hang **out, const struct ntr_waits *w,
		     const char *why, struct ntr_err *e)
{
	struct job j = { .w = w, .h = calloc(1, sizeof(*j.h)) };

	if (!j.h)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	j.h->w = w;
	if (w) {
		look(&j);
		conclude(&j);
	} else {
		j.h->kind = NTR_HANG_UNKNOWN;
		j.h->text = "whether anything hangs cannot be told";
		say_unknown(&j, ntr_arena_printf(&j.h->arena, "%s", why));
	}
	if (j.lost || (w && !j.h->looked_at)) {
		ntr_hang_free(j.h);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	*out = j.h;
	return NTR_OK;
}

enum ntr_st ntr_hang_of(struct ntr_hang **out, struct ntr_target *t,
			struct ntr_err *e)
{
	struct ntr_waits *w = NULL;
	struct ntr_err why = { "" };
	enum ntr_st st = ntr_waits(&w, t, &why);

	if (st == NTR_NOMEM)
		return ntr_fail(e, st, "out of memory");
	st = ntr_hang(out, st ? NULL : w, why.msg, e);
	if (st)
		ntr_waits_free(w);
	else
		(*out)->own = w;
	return st;
}

void ntr_hang_free(struct ntr_hang *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->findings.n; i++)
		ntr_vec_fini(&h->findings.v[i].evidence);
	ntr_vec_fini(&h->findings);
	ntr_vec_fini(&h->unknown);
	ntr_waits_free(h->own);
	ntr_arena_fini(&h->arena);
	free(h);
}
