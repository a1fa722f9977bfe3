// SPDX-License-Identifier: Apache-2.0
/*
 * Cycles and roots of the wait-for graph.  Cycles: strongly connected parts
 * over certain waits (Tarjan, without recursion: a chain may be as long as
 * there are threads).  Whoever is behind a thread is found backwards, lock by
 * lock, so that the cost is that of the edges.
 */
#include "waits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_UNKNOWN 32u /* locks without owner that are named */

struct graph {
	struct ntr_waits_job *j;
	u32 n, nlocks;
	/* edges by lock, and locks by owner: first index and entries */
	u32 *wait_at, *waiter, *own_at, *owned;
	/* reverse search: stamps say what was seen */
	u32 *thread_seen, *lock_seen, stamp, *todo;
	/* Tarjan */
	u32 *index, *low, *edge, *owner, *part, *stack, *path;
	u32 nparts;
};

static u32 *numbers(struct graph *g, size_t n)
{
	u32 *p = ntr_arena_array(&g->j->w->arena, n + 1, sizeof(*p));

	if (!p)
		g->j->lost = true;
	return p;
}

/* --- who is behind whom --------------------------------------------------------- */

static void by_lock(struct graph *g)
{
	const struct ntr_waits *w = g->j->w;
	size_t nowned = 0;

	for (u32 i = 0; i < g->nlocks; i++)
		nowned += w->locks.v[i].nowners;
	g->wait_at = numbers(g, g->nlocks + 1u);
	g->waiter = numbers(g, w->edges.n);
	g->own_at = numbers(g, g->n + 1u);
	g->owned = numbers(g, nowned);
	if (g->j->lost)
		return;
	for (size_t i = 0; i < w->edges.n; i++)
		g->wait_at[w->edges.v[i].lock + 1]++;
	for (u32 i = 0; i < g->nlocks; i++)
		g->wait_at[i + 1] += g->wait_at[i];
	for (size_t i = w->edges.n; i--;)
		g->waiter[--g->wait_at[w->edges.v[i].lock + 1]] =
			w->edges.v[i].thread;
	/* The loop above moved each end to its beginning. */
	for (u32 i = 0; i < g->nlocks; i++)
		g->wait_at[i] = g->wait_at[i + 1];
	g->wait_at[g->nlocks] = (u32)w->edges.n;
	for (u32 i = 0; i < g->nlocks; i++)
		for (u32 k = 0; k < w->locks.v[i].nowners; k++)
			g->own_at[w->locks.v[i].owner[k] + 1]++;
	for (u32 i = 0; i < g->n; i++)
		g->own_at[i + 1] += g->own_at[i];
	for (u32 i = g->nlocks; i--;)
		for (u32 k = 0; k < w->locks.v[i].nowners; k++)
			g->owned[--g->own_at[w->locks.v[i].owner[k] + 1]] = i;
	for (u32 i = 0; i < g->n; i++)
		g->own_at[i] = g->own_at[i + 1];
	g->own_at[g->n] = (u32)nowned;
}

/* Marks the waiters for a thread's locks; *direct, longest wait. */
static u32 expand(struct graph *g, u32 thread, u32 ntodo, u64 *longest)
{
	const struct ntr_waits *w = g->j->w;

	for (u32 k = g->own_at[thread]; k < g->own_at[thread + 1]; k++) {
		u32 lock = g->owned[k];

		if (g->lock_seen[lock] == g->stamp)
			continue;
		g->lock_seen[lock] = g->stamp;
		for (u32 i = g->wait_at[lock]; i < g->wait_at[lock + 1]; i++) {
			u32 x = g->waiter[i];

			if (g->thread_seen[x] == g->stamp)
				continue;
			g->thread_seen[x] = g->stamp;
			g->todo[ntodo++] = x;
			if (w->threads.v[x].k.has_waited &&
			    w->threads.v[x].k.waited > *longest)
				*longest = w->threads.v[x].k.waited;
		}
	}
	return ntodo;
}

/* todo[0..n) are the beginnings; returns how many more there are. */
static u32 behind(struct graph *g, u32 n, u32 *direct, u64 *longest)
{
	u32 end = n;

	g->stamp++;
	for (u32 i = 0; i < n; i++)
		g->thread_seen[g->todo[i]] = g->stamp;
	for (u32 i = 0; i < end; i++) {
		end = expand(g, g->todo[i], end, longest);
		if (i + 1 == n && direct)
			*direct = end - n;
	}
	return end - n;
}

/* --- cycles ------------------------------------------------------------------------ */

/* The next thread that `at` waits for, by its position; NTR_NONE: no more. */
static u32 next_of(struct graph *g, u32 at)
{
	const struct ntr_waits *w = g->j->w;
	const struct ntr_wthread *x = &w->threads.v[at];

	while (x->certain && g->edge[at] < x->nedges) {
		const struct ntr_wlock *l =
			&w->locks.v[w->edges.v[x->edge + g->edge[at]].lock];

		if (g->owner[at] < l->nowners)
			return l->owner[g->owner[at]++];
		g->edge[at]++;
		g->owner[at] = 0;
	}
	return NTR_NONE;
}

/* index 0: not seen; part NTR_NONE while on the stack of open parts. */
static void connect(struct graph *g, u32 from, u32 *count)
{
	u32 depth = 0, open = 0;

	g->path[depth++] = g->stack[open++] = from;
	g->index[from] = g->low[from] = ++*count;
	while (depth) {
		u32 at = g->path[depth - 1], to = next_of(g, at);

		if (to != NTR_NONE && !g->index[to]) {
			g->index[to] = g->low[to] = ++*count;
			g->path[depth++] = g->stack[open++] = to;
		} else if (to != NTR_NONE) {
			if (g->part[to] == NTR_NONE &&
			    g->index[to] < g->low[at])
				g->low[at] = g->index[to];
		} else {
			depth--;
			if (depth && g->low[at] < g->low[g->path[depth - 1]])
				g->low[g->path[depth - 1]] = g->low[at];
			if (g->low[at] != g->index[at])
				continue;
			do
				g->part[g->stack[--open]] = g->nparts;
			while (g->stack[open] != at);
			g->nparts++;
		}
	}
}

/* The lock over which `at` waits for `to`. */
static u32 lock_to(const struct ntr_waits *w, u32 at, u32 to)
{
	const struct ntr_wthread *x = &w->threads.v[at];

	for (u32 i = 0; i < x->nedges; i++) {
		u32 lock = w->edges.v[x->edge + i].lock;

		for (u32 k = 0; k < w->locks.v[lock].nowners; k++)
			if (w->locks.v[lock].owner[k] == to)
				return lock;
	}
	return NTR_NONE;
}

/* The shortest way from `from` back to it, inside its part: g->path, and its
 * length. low[] holds whence a thread was reached. */
static u32 shortest(struct graph *g, u32 from)
{
	u32 head = 0, tail = 0, n = 0, to;

	g->stamp++;
	g->todo[tail++] = from;
	while (head < tail) {
		u32 at = g->todo[head++];

		g->edge[at] = g->owner[at] = 0;
		while ((to = next_of(g, at)) != NTR_NONE) {
			if (to == from) {
				for (; at != from; at = g->low[at])
					g->path[n++] = at;
				g->path[n++] = from;
				return n;
			}
			if (g->part[to] != g->part[from] ||
			    g->thread_seen[to] == g->stamp)
				continue;
			g->thread_seen[to] = g->stamp;
			g->low[to] = at;
			g->todo[tail++] = to;
		}
	}
	return 0;
}

static const char *cycle_text(struct ntr_waits_job *j,
			      const struct ntr_wcycle *c)
{
	struct ntr_waits *w = j->w;
	const char *text = "";

	for (u32 i = 0; i < c->n && i < 8; i++) {
		const struct ntr_wlock *l = &w->locks.v[c->lock[i]];

		text = ntr_arena_printf(&w->arena, "%s%s%s waits for %s 0x%"
					PRIx64 ", which %s", text,
					i ? "; " : "",
					ntr_waits_who(j, c->thread[i]),
					l->name, l->va,
					c->n == 1 ? "it owns itself" :
					ntr_arena_printf(&w->arena, "%s owns",
					ntr_waits_who(j, c->thread[(i + 1) %
								   c->n])));
	}
	return c->n <= 8 ? text :
	       ntr_arena_printf(&w->arena, "%s; and so on through %u threads",
				text, c->n);
}

static void add_cycle(struct graph *g, u32 from)
{
	struct ntr_waits *w = g->j->w;
	u32 n = shortest(g, from), members = 0;
	struct ntr_wcycle *c;
	u64 longest = 0;

	if (!n)
		return;
	if (w->cycles.n >= NTR_MAX_CYCLES) {
		if (w->cycles.n == NTR_MAX_CYCLES)
			ntr_waits_say(g->j, "only %u cycles are shown",
				      NTR_MAX_CYCLES);
		return;
	}
	c = ntr_vec_add(&w->cycles);
	if (c) {
		c->n = n;
		c->thread = numbers(g, n);
		c->lock = numbers(g, n);
	}
	if (!c || g->j->lost) {
		g->j->lost = true;
		return;
	}
	for (u32 i = 0; i < n; i++)
		c->thread[i] = g->path[n - 1 - i];
	for (u32 i = 0; i < n; i++)
		c->lock[i] = lock_to(w, c->thread[i], c->thread[(i + 1) % n]);
	for (u32 i = 0; i < g->n; i++)
		if (g->part[i] == g->part[from])
			g->todo[members++] = i;
	c->behind = behind(g, members, NULL, &longest) + members - n;
	for (u32 i = 0; i < members + c->behind + n - members; i++)
		w->threads.v[g->todo[i]].cycle = true;
	c->text = cycle_text(g->j, c);
}

static void find_cycles(struct graph *g)
{
	u32 count = 0, *size;

	memset(g->part, 0xff, (g->n + 1u) * sizeof(*g->part));
	for (u32 i = 0; i < g->n; i++)
		if (!g->index[i] && g->j->w->threads.v[i].certain)
			connect(g, i, &count);
	size = numbers(g, g->nparts);
	if (g->j->lost)
		return;
	for (u32 i = 0; i < g->n; i++)
		if (g->part[i] != NTR_NONE)
			size[g->part[i]]++;
	for (u32 i = 0; i < g->n && !g->j->lost; i++) {
		u32 part = g->part[i];

		if (part == NTR_NONE || !size[part])
			continue;
		if (size[part] > 1 || lock_to(g->j->w, i, i) != NTR_NONE)
			add_cycle(g, i);
		size[part] = 0;
	}
}

/* --- roots --------------------------------------------------------------------------- */

static bool waits_for_somebody(const struct ntr_waits *w, u32 at)
{
	const struct ntr_wthread *x = &w->threads.v[at];

	for (u32 i = 0; i < x->nedges; i++)
		if (w->locks.v[w->edges.v[x->edge + i].lock].nowners)
			return true;
	return false;
}

static const char *state_text(struct ntr_waits_job *j, u32 at)
{
	struct ntr_waits *w = j->w;
	const struct ntr_wthread *x = &w->threads.v[at];
	const struct ntr_wlock *l;

	if (!x->nedges)
		return ntr_arena_printf(&w->arena, "it is in state %s",
			x->k.has_state ? ntr_thread_state_name(x->k.state)
				       : "unknown");
	l = &w->locks.v[w->edges.v[x->edge].lock];
	return ntr_arena_printf(&w->arena, "it waits for %s 0x%" PRIx64
				" (%s)", l->name, l->va,
				l->irp != NTR_NONE ? w->irps.v[l->irp].text :
				l->ender ? l->ender : l->no_owner ?
				l->no_owner : "no owner");
}

static void add_root(struct graph *g, u32 at)
{
	struct ntr_waits *w = g->j->w;
	struct ntr_wroot *r;
	u32 lock = NTR_NONE, direct = 0, all;
	u64 longest = 0;

	for (u32 k = g->own_at[at]; k < g->own_at[at + 1]; k++)
		if (w->locks.v[g->owned[k]].nwaiters &&
		    (lock == NTR_NONE || w->locks.v[g->owned[k]].nwaiters >
					 w->locks.v[lock].nwaiters))
			lock = g->owned[k];
	if (lock == NTR_NONE)
		return;
	g->todo[0] = at;
	all = behind(g, 1, &direct, &longest);
	r = ntr_vec_add(&w->roots);
	if (!r) {
		g->j->lost = true;
		return;
	}
	*r = (struct ntr_wroot){ .thread = at, .direct = direct, .all = all,
				 .longest = longest };
	r->text = ntr_arena_printf(&w->arena, "%s owns %s 0x%" PRIx64
				   ": %u thread%s for it or behind it, the "
				   "longest for %" PRIu64 ".%" PRIu64
				   " s; %s", ntr_waits_who(g->j, at),
				   w->locks.v[lock].name, w->locks.v[lock].va,
				   all, all == 1 ? " waits" : "s wait",
				   longest / 10000000,
				   longest / 1000000 % 10,
				   state_text(g->j, at));
}

static int by_waiters(const void *a, const void *b)
{
	const struct ntr_wroot *x = a, *y = b;

	if (x->all != y->all)
		return x->all < y->all ? 1 : -1;
	if (x->longest != y->longest)
		return x->longest < y->longest ? 1 : -1;
	return x->thread < y->thread ? -1 : x->thread > y->thread;
}

static void find_roots(struct graph *g)
{
	struct ntr_waits *w = g->j->w;

	for (u32 i = 0; i < g->n && !g->j->lost; i++)
		if (!w->threads.v[i].cycle && !waits_for_somebody(w, i))
			add_root(g, i);
	if (w->roots.n)
		qsort(w->roots.v, w->roots.n, sizeof(*w->roots.v), by_waiters);
	if (w->roots.n > NTR_MAX_ROOTS)
		w->roots.n = NTR_MAX_ROOTS;
}

/* --- what cannot be told ---------------------------------------------------------------- */

static void name_unknown(struct ntr_waits_job *j)
{
	unsigned n = 0;

	for (size_t i = 0; i < j->w->locks.n; i++) {
		const struct ntr_wlock *l = &j->w->locks.v[i];

		if (!l->no_owner || l->ender || (l->kind == NTR_LK_OBJECT &&
				     l->nwaiters < 2))
			continue;
		if (n++ == MAX_UNKNOWN)
			return;
		j->w->ownerless += l->kind == NTR_LK_OBJECT;
		ntr_waits_say(j, "%u thread%s for %s 0x%" PRIx64
			      "; who will end that is not known: %s",
			      l->nwaiters, l->nwaiters == 1 ? " waits" :
			      "s wait", l->name, l->va, l->no_owner);
	}
}

void ntr_waits_graph(struct ntr_waits_job *j)
{
	struct graph g = { .j = j, .n = (u32)j->w->threads.n,
			   .nlocks = (u32)j->w->locks.n };
	u32 **arrays[] = { &g.thread_seen, &g.todo, &g.index, &g.low, &g.edge,
			   &g.owner, &g.part, &g.stack, &g.path };

	by_lock(&g);
	g.lock_seen = numbers(&g, g.nlocks);
	for (size_t i = 0; i < NTR_COUNT(arrays); i++)
		*arrays[i] = numbers(&g, g.n);
	if (!j->lost)
		find_cycles(&g);
	if (!j->lost)
		find_roots(&g);
	if (!j->lost)
		name_unknown(j);
}
