// SPDX-License-Identifier: Apache-2.0
/*
 * Circles.  A CPU that spins waits for the CPU that owns the lock; a thread that
 * waits for a mutex, a resource or another thread waits for its owner.  Events
 * and semaphores have no owner: who waits for one is in no circle.  Searching and
 * telling are done on the host's stack: the caller's is small.
 */
#include "inside.h"

#include <stdio.h>
#include <string.h>

#define CIRCLE_MAX 64                /* links that the text names */
#define WALK_MAX 4096                /* threads that a search looks at */

static void say(struct ex *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void say(struct ex *x, const char *fmt, ...)
{
	size_t n = strlen(x->stop_text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(x->stop_text + n, sizeof(x->stop_text) - n, fmt, ap);
	va_end(ap);
}

/* --- CPUs that spin ---------------------------------------------------------------------- */

static void cpu_circle_text(void *ctx)
{
	struct ke_cpu *c = ctx, *at = c;
	struct ex *x = c->x;

	if (x->stop_text[0])
		return;
	say(x, "deadlock: ");
	do {
		struct ke_lock *l = at->spinning;
		struct ke_cpu *owner = l ? KE_GET(&l->owner) : NULL;

		if (!owner)
			break;
		say(x, "CPU %u spins for lock %s (wanted at %p), which CPU %u "
		       "took at %p; ",
		    at->number, l->name, at->spin_site, owner->number,
		    l->site);
		at = owner;
	} while (at != c);
	say(x, "a circle");
}

static bool is_circle(const struct ke_cpu *c)
{
	const struct ke_cpu *at = c;

	for (u32 i = 0; i <= EX_CPUS; i++) {
		const struct ke_lock *l = KE_GET(&at->spinning);

		at = l ? KE_GET(&l->owner) : NULL;
		if (!at || at == c)
			return at;
	}
	return false;
}

/* Live the others move on while they are looked at; who is in a circle does not:
 * the one whose lock c has at the first look, the one before it at the second, … */
static bool is_lasting(const struct ke_cpu *c)
{
	for (u32 i = 1; c->s->live && i < c->x->ncpus; i++)
		if (!is_circle(c))
			return false;
	return true;
}

bool deadlock_of_cpu(struct ke_cpu *c)
{
	if (!is_circle(c) || !is_lasting(c))
		return false;
	ex_on_host(cpu_circle_text, c);
	return true;
}

/* --- threads that wait ------------------------------------------------------------------- */

struct walk {
	struct ke_thread *from, *link[CIRCLE_MAX];
	unsigned depth, looked;
	bool found;
};

static bool search(struct walk *w, struct ke_thread *t);

static bool leads_back(struct walk *w, struct ke_thread *to)
{
	if (!to || w->depth >= CIRCLE_MAX || ++w->looked > WALK_MAX)
		return false;
	w->link[w->depth++] = to;
	if (to == w->from || search(w, to))
		return true;
	w->depth--;
	return false;
}

static bool resource_leads_back(struct walk *w, const struct ex_resource *r)
{
	if (r->exclusive)
		return leads_back(w, r->exclusive);
	for (u32 i = 0; i < r->nshared; i++)
		if (leads_back(w, r->shared[i].thread))
			return true;
	return false;
}

static struct ke_thread *object_owner(const struct ke_header *h)
{
	if (h->type == KE_MUTEX)
		return ((const struct ke_mutex *)(const void *)h)->owner;
	if (h->type == KE_THREAD)
		return (struct ke_thread *)(uintptr_t)h;
	return NULL;
}

/* All objects of a wait for all are needed, the one of a wait for one. */
static bool search(struct walk *w, struct ke_thread *t)
{
	if (t->state != KE_WAITING || !t->forever)
		return false;
	if (t->resource)
		return resource_leads_back(w, t->resource);
	if (t->nblocks != 1 && !t->wait_all)
		return false;
	for (unsigned i = 0; i < t->nblocks; i++)
		if (leads_back(w, object_owner(t->block[i].object)))
			return true;
	return false;
}

static void thread_text(struct ex *x, const struct ke_thread *t)
{
	say(x, "thread %s waits for ", t->h.name);
	if (t->resource)
		say(x, "resource %s; ", t->resource->name);
	else
		say(x, "%s; ", t->block[0].object->name);
}

static void thread_search(void *ctx)
{
	struct walk *w = ctx;
	struct ex *x = w->from->x;

	w->found = search(w, w->from);
	if (!w->found || x->stop_text[0])
		return;
	say(x, "deadlock: ");
	thread_text(x, w->from);
	for (unsigned i = 0; i + 1 < w->depth; i++)
		thread_text(x, w->link[i]);
	say(x, "a circle");
}

/* Most waits are for one event, and in no circle. */
bool deadlock_of_thread(struct ke_thread *t)
{
	struct walk w = { .from = t };

	if (!t->resource && !t->wait_all &&
	    (t->nblocks != 1 || !object_owner(t->block[0].object)))
		return false;
	ex_on_host(thread_search, &w);
	return w.found;
}

/* --- when nothing can go on ------------------------------------------------------------------ */

static bool cpu_stuck(struct ke_cpu *c)
{
	struct ke_lock *l = c->spinning;

	if (!l || deadlock_of_cpu(c))
		return l;
	if (c->s->live)              /* who has it was only stopped for now */
		return false;
	if (c->x->stop_text[0])
		return true;
	say(c->x, "deadlock: CPU %u spins for lock %s (wanted at %p), ",
	    c->number, l->name, c->spin_site);
	if (l->owner)
		say(c->x, "which CPU %u took at %p and never released",
		    l->owner->number, l->site);
	else
		say(c->x, "which nobody hands over");
	return true;
}

static bool machine_stuck(struct ex *x)
{
	for (u32 i = 0; i < x->ncpus; i++)
		if (cpu_stuck(x->cpu[i]))
			return true;
	for (struct ke_thread *t = x->threads; t; t = t->all_next)
		if (deadlock_of_thread(t))
			return true;
	return false;
}

struct ex *deadlock_any(struct sched *s)
{
	for (u32 i = 0; i < s->nmachines; i++)
		if (!s->machine[i]->stop && machine_stuck(s->machine[i]))
			return s->machine[i];
	return NULL;
}

static void livelock_text(void *ctx)
{
	struct ex *x = ctx;

	say(x, "livelock: %llu steps;",
	    (unsigned long long)sched_steps(x->s));
	for (u32 i = 0; i < x->ncpus; i++) {
		struct ke_cpu *c = x->cpu[i];

		const struct ke_lock *l = KE_GET(&c->spinning);

		if (l)
			say(x, " CPU %u spins for lock %s;", i, l->name);
		else if (c->in_dpc)
			say(x, " CPU %u is in DPC %p;", i,
			    c->dpc ? (void *)c->dpc_routine : NULL);
		else if (c->thread)
			say(x, " CPU %u runs thread %s;", i,
			    c->thread->h.name);
	}
}

void deadlock_livelock(struct ex *x)
{
	ex_on_host(livelock_text, x);
}
