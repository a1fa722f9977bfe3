// SPDX-License-Identifier: Apache-2.0
#include "waits.h"

#include "lock_order.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- addresses to indices ------------------------------------------------------- */

bool ntr_va_map_init(struct ntr_va_map *m, struct ntr_arena *a, size_t n)
{
	size_t slots = 16;

	while (slots < n * 2)
		slots *= 2;
	m->key = ntr_arena_array(a, slots, sizeof(*m->key));
	m->value = ntr_arena_array(a, slots, sizeof(*m->value));
	m->mask = slots - 1;
	return m->key && m->value;
}

static size_t slot_of(const struct ntr_va_map *m, u64 key)
{
	size_t i = (size_t)((key >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 20);

	for (i &= m->mask; m->key[i] && m->key[i] != key;)
		i = (i + 1) & m->mask;
	return i;
}

void ntr_va_map_put(struct ntr_va_map *m, u64 key, u32 value)
{
	size_t i = slot_of(m, key);

	if (!key || m->key[i])
		return; /* the first is kept */
	m->key[i] = key;
	m->value[i] = value;
}

u32 ntr_va_map_get(const struct ntr_va_map *m, u64 key)
{
	size_t i;

	if (!m->key || !key)
		return NTR_NONE;
	i = slot_of(m, key);
	return m->key[i] ? m->value[i] : NTR_NONE;
}

/* --- what is said ------------------------------------------------------------------ */

void ntr_waits_say(struct ntr_waits_job *j, const char *fmt, ...)
{
	const char **slot = ntr_vec_add(&j->w->unknown);
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (slot)
		*slot = ntr_arena_printf(&j->w->arena, "%s", text);
	else
		j->lost = true;
}

const char *ntr_waits_who(struct ntr_waits_job *j, u32 thread)
{
	const struct ntr_thread *th = &j->w->threads.v[thread].k.th;
	const char *name = th->process_name[0] ? th->process_name : "?";

	if (!th->has_ids)
		return ntr_arena_printf(&j->w->arena, "thread at 0x%" PRIx64
					" (%s)", th->va, name);
	return ntr_arena_printf(&j->w->arena, "thread 0x%" PRIx64 " (%s)",
				th->id, name);
}

/* --- threads ------------------------------------------------------------------------ */

static void add_thread(struct ntr_waits_job *j, u64 va)
{
	struct ntr_waits *w = j->w;
	struct ntr_wthread *x;

	if (w->threads.n >= NTR_MAX_THREADS)
		return;
	x = ntr_vec_add(&w->threads);
	if (!x) {
		j->lost = true;
		return;
	}
	ntr_kthread_read(w->t, va, &x->k);
	x->group = NTR_NONE;
	x->idle = ntr_thread_blocked(&x->k) && x->k.queue &&
		  x->k.nwaits == 1 && x->k.wait[0].object == x->k.queue;
}

static void add_threads(struct ntr_waits_job *j, const struct ntr_process *p)
{
	struct ntr_thread_list l;
	struct ntr_err e = { "" };
	size_t bad = 0, from = j->w->threads.n;

	if (p->note)
		return;
	if (ntr_thread_list(j->w->t, p->va, &l, &e)) {
		ntr_waits_say(j, "threads of %s: %s", p->name, e.msg);
		return;
	}
	for (size_t i = 0; i < l.va.n && !j->lost; i++)
		add_thread(j, l.va.v[i]);
	if (l.why[0])
		ntr_waits_say(j, "the thread list of %s is broken: %s",
			      p->name, l.why);
	ntr_thread_list_fini(&l);
	for (size_t i = from; i < j->w->threads.n; i++)
		bad += j->w->threads.v[i].k.note != NULL;
	if (bad)
		ntr_waits_say(j, "%zu of the thread list of %s cannot be read: "
			      "not in the dump, or no threads any more", bad,
			      p->name);
}

/* --- stacks --------------------------------------------------------------------------- */

static u64 hash_of(const u64 *ip, u32 n)
{
	u64 h = UINT64_C(0xcbf29ce484222325) + n;

	for (u32 i = 0; i < n; i++)
		h = (h ^ ip[i]) * UINT64_C(0x100000001b3) ^ h >> 29;
	return h ? h : 1;
}

static void group_of(struct ntr_waits_job *j, struct ntr_va_map *seen, u32 at)
{
	struct ntr_wthread *x = &j->w->threads.v[at];
	struct ntr_frame f[NTR_WAIT_FRAMES];
	struct ntr_wgroup *g;
	u64 ip[NTR_WAIT_FRAMES], hash;
	size_t n = 0;
	u32 index;

	(void)ntr_thread_unwind(j->w->t, &x->k, f, NTR_WAIT_FRAMES, &n, NULL);
	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		ip[i] = f[i].ip;
	hash = hash_of(ip, (u32)n);
	index = ntr_va_map_get(seen, hash);
	if (index == NTR_NONE) {
		index = (u32)j->w->groups.n;
		g = ntr_vec_add(&j->w->groups);
		if (!g) {
			j->lost = true;
			return;
		}
		g->hash = hash;
		g->first = at;
		g->nframes = (u32)n;
		memcpy(g->ip, ip, n * sizeof(*ip));
		ntr_va_map_put(seen, hash, index);
	}
	g = &j->w->groups.v[index];
	g->n++;
	if (x->k.has_waited && x->k.waited > g->longest)
		g->longest = x->k.waited;
	x->group = index;
}

static void walk_stacks(struct ntr_waits_job *j)
{
	struct ntr_waits *w = j->w;
	struct ntr_va_map seen;
	u32 done = 0;

	if (!ntr_va_map_init(&seen, &w->arena, NTR_MAX_STACKS)) {
		j->lost = true;
		return;
	}
	for (u32 i = 0; i < w->threads.n && !j->lost; i++) {
		const struct ntr_wthread *x = &w->threads.v[i];

		if (!ntr_thread_blocked(&x->k) || x->idle)
			continue;
		if (done++ == NTR_MAX_STACKS) {
			ntr_waits_say(j, "only %u stacks were compared",
				      NTR_MAX_STACKS);
			return;
		}
		group_of(j, &seen, i);
	}
}

/* --- all of it ---------------------------------------------------------------------------- */

static void collect(struct ntr_waits_job *j)
{
	struct ntr_waits *w = j->w;

	for (size_t i = 0; i < w->processes.p.n && !j->lost; i++)
		add_threads(j, &w->processes.p.v[i]);
	if (w->processes.why[0])
		ntr_waits_say(j, "the process list is broken: %s",
			      w->processes.why);
	if (j->lost || !ntr_va_map_init(&j->threads, &w->arena, w->threads.n)) {
		j->lost = true;
		return;
	}
	for (u32 i = 0; i < w->threads.n; i++)
		ntr_va_map_put(&j->threads, w->threads.v[i].k.th.va, i);
}

/* Each uses what those before it found. */
static void (*const steps[])(struct ntr_waits_job *j) = {
	ntr_waits_locks, ntr_waits_spin, ntr_waits_cpus, ntr_waits_link,
	ntr_waits_irps, ntr_waits_queues, ntr_waits_servers, ntr_waits_judge, ntr_waits_graph, ntr_waits_order,
};

enum ntr_st ntr_waits(struct ntr_waits **out, struct ntr_target *t,
		      struct ntr_err *e)
{
	struct ntr_waits *w = calloc(1, sizeof(*w));
	struct ntr_waits_job j = { .w = w };
	enum ntr_st st;

	if (!w)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	w->t = t;
	st = ntr_process_list(t, &w->processes, e);
	if (st) {
		free(w);
		return st;
	}
	collect(&j);
	if (!j.lost)
		walk_stacks(&j);
	for (size_t i = 0; i < NTR_COUNT(steps) && !j.lost; i++)
		steps[i](&j);
	if (j.lost) {
		ntr_waits_free(w);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	*out = w;
	return NTR_OK;
}

u32 ntr_waits_thread(const struct ntr_waits *w, u64 va)
{
	for (u32 i = 0; i < w->threads.n; i++)
		if (w->threads.v[i].k.th.va == va)
			return i;
	return NTR_NONE;
}

void ntr_waits_free(struct ntr_waits *w)
{
	if (!w)
		return;
	ntr_process_list_fini(&w->processes);
	ntr_vec_fini(&w->threads);
	ntr_vec_fini(&w->locks);
	ntr_vec_fini(&w->edges);
	ntr_vec_fini(&w->groups);
	ntr_vec_fini(&w->cycles);
	ntr_vec_fini(&w->roots);
	ntr_work_queues_fini(&w->queues);
	ntr_vec_fini(&w->queue_verdicts);
	ntr_vec_fini(&w->irps);
	ntr_vec_fini(&w->cpus);
	ntr_vec_fini(&w->inversions);
	ntr_resource_list_fini(&w->resources);
	ntr_vec_fini(&w->unknown);
	ntr_arena_fini(&w->arena);
	free(w);
}
