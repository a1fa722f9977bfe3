// SPDX-License-Identifier: Apache-2.0
/* Who waits for whom: !waits, !deadlock. */
#include "cmd.h"
#include "triage/hang.h"
#include "triage/lock_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
	struct ntr_kd *k;
	const struct ntr_waits *w;
	struct ntr_arena a; /* of texts */
};

/* "e0806ea0  Cid 0100.0104  server.exe" */
static const char *thread_text(struct listing *l, u32 at)
{
	const struct ntr_thread *th = &l->w->threads.v[at].k.th;
	char va[24], cid[48];

	ntr_kd_va(l->k, va, true, th->va);
	ntr_cid_text(cid, th);
	return ntr_arena_printf(&l->a, "%s  Cid %s  %s", va, cid,
				*th->process_name ? th->process_name :
				"????????");
}

static const char *lock_text(struct listing *l, u32 at)
{
	const struct ntr_wlock *x = &l->w->locks.v[at];
	char va[24];

	ntr_kd_va(l->k, va, true, x->va);
	return ntr_arena_printf(&l->a, "%s %s", x->name, va);
}

static const char *waited(struct listing *l, u32 at)
{
	const struct ntr_kthread *k = &l->w->threads.v[at].k;

	return ntr_hang_time(&l->a, k->has_waited, k->waited);
}

static void json_thread(struct listing *l, u32 at)
{
	const struct ntr_kthread *x = &l->w->threads.v[at].k;
	struct ntr_out *o = l->k->o;

	ntr_out_hex(o, "thread", NULL, x->th.va);
	ntr_out_uint_if(o, "pid", NULL, x->th.has_ids, x->th.pid);
	ntr_out_uint_if(o, "tid", NULL, x->th.has_ids, x->th.id);
	ntr_out_str(o, "image", NULL, *x->th.process_name ?
		    x->th.process_name : NULL);
	ntr_out_uint_if(o, "waited_ms", NULL, x->has_waited,
			x->waited / 10000);
	ntr_out_str(o, "blocker", NULL, ntr_hang_blocker(l->w, at, &l->a));
}

static void json_lock(struct listing *l, u32 at)
{
	ntr_out_hex(l->k->o, "lock", NULL, l->w->locks.v[at].va);
	ntr_out_str(l->k->o, "kind", NULL, l->w->locks.v[at].name);
}

/* --- cycles ------------------------------------------------------------------------ */

static void cycle_thread(struct listing *l, const struct ntr_wcycle *c, u32 i)
{
	struct ntr_out *o = l->k->o;
	const char *site = ntr_hang_blocker(l->w, c->thread[i], &l->a);

	ntr_out_open(o, NULL);
	json_thread(l, c->thread[i]);
	json_lock(l, c->lock[i]);
	ntr_out_close(o);
	ntr_out_line(o, "Thread %" PRIu32 ": %s", i,
		     thread_text(l, c->thread[i]));
	ntr_out_line(o, "    owns       %s",
		     lock_text(l, c->lock[(i + c->n - 1) % c->n]));
	ntr_out_line(o, "    waits for  %s, which Thread %" PRIu32 " owns%s "
		     "(%s so far)", lock_text(l, c->lock[i]), (i + 1) % c->n,
		     l->w->locks.v[c->lock[i]].nowners > 1 ? " with others" :
		     "", waited(l, c->thread[i]));
	ntr_out_line(o, "    in         %s", site ? site : "????????");
}

static void cycle(struct listing *l, const struct ntr_wcycle *c)
{
	struct ntr_out *o = l->k->o;

	ntr_out_open(o, NULL);
	ntr_out_line(o, "Deadlock detected (%" PRIu32 " lock%s in %" PRIu32
		     " thread%s):", c->n, c->n == 1 ? "" : "s", c->n,
		     c->n == 1 ? "" : "s");
	ntr_out_list(o, "threads");
	for (u32 i = 0; i < c->n && !ntr_kd_stopped(l->k); i++)
		cycle_thread(l, c, i);
	ntr_out_list_end(o);
	ntr_out_uint(o, "behind", NULL, c->behind);
	if (c->behind)
		ntr_out_line(o, "%" PRIu32 " more thread%s for one of these.",
			     c->behind, c->behind == 1 ? " waits" : "s wait");
	ntr_out_line(o, "%s", "");
	ntr_out_close(o);
}

static void cycles(struct listing *l)
{
	u32 blocked = 0;

	ntr_out_list(l->k->o, "cycles");
	for (size_t i = 0; i < l->w->cycles.n && !ntr_kd_stopped(l->k); i++)
		cycle(l, &l->w->cycles.v[i]);
	ntr_out_list_end(l->k->o);
	for (u32 i = 0; i < l->w->threads.n; i++)
		blocked += ntr_thread_blocked(&l->w->threads.v[i].k);
	ntr_out_uint(l->k->o, "blocked_threads", NULL, blocked);
	if (!l->w->cycles.n)
		ntr_out_line(l->k->o, "No deadlock was found among %" PRIu32
			     " blocked threads.", blocked);
}

static void unknown(struct listing *l)
{
	ntr_out_list(l->k->o, "unknown");
	for (size_t i = 0; i < l->w->unknown.n; i++) {
		ntr_out_str(l->k->o, NULL, NULL, l->w->unknown.v[i]);
		ntr_out_para(l->k->o, "Cannot be told: ", "%s",
			     l->w->unknown.v[i]);
	}
	ntr_out_list_end(l->k->o);
}

/* --- orders of locks ------------------------------------------------------------------- */

static void inversion_thread(struct listing *l, const struct ntr_inversion *x,
			     unsigned i)
{
	struct ntr_out *o = l->k->o;
	bool waits = x->by[i] == NTR_OB_WAIT;
	char first[24], then[24];

	ntr_kd_va(l->k, first, true, x->lock[i]);
	ntr_kd_va(l->k, then, true, x->lock[!i]);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "thread", NULL, l->w->threads.v[x->thread[i]].k.th.va);
	ntr_out_hex(o, "first", NULL, x->lock[i]);
	ntr_out_hex(o, "then", NULL, x->lock[!i]);
	ntr_out_str(o, "evidence", NULL, waits ? "wait" : "stack");
	ntr_out_close(o);
	ntr_out_line(o, "    %s", thread_text(l, x->thread[i]));
	ntr_out_line(o, "        owns %s %s, then %s %s %s (%s)", x->kind[i],
		     first, waits ? "waits for" : "owns", x->kind[!i], then,
		     waits ? "certain" : "its stack supports this order");
}

static void inversions(struct listing *l)
{
	struct ntr_out *o = l->k->o;

	ntr_out_list(o, "inversions");
	if (l->w->inversions.n)
		ntr_out_line(o, "Locks that two threads take in opposite "
			     "orders:");
	for (size_t i = 0; i < l->w->inversions.n && !ntr_kd_stopped(l->k);
	     i++) {
		const struct ntr_inversion *x = &l->w->inversions.v[i];

		ntr_out_open(o, NULL);
		ntr_out_bool(o, "deadlock", NULL, x->deadlock);
		ntr_out_list(o, "threads");
		ntr_out_line(o, "  %s", x->deadlock ? "in a deadlock:" :
			     "no deadlock came of it yet:");
		inversion_thread(l, x, 0);
		inversion_thread(l, x, 1);
		ntr_out_list_end(o);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
	if (l->w->inversions.n)
		ntr_out_line(o, "%s", "");
}

/* --- processors, requests -------------------------------------------------------------- */

static void cpu(struct listing *l, const struct ntr_wcpu *c)
{
	static const char *const words[] = { "unknown", "idle", "spins",
					     "runs" };
	const char *name = ntr_waits_cpu_name(l->w, c, &l->a);
	struct ntr_out *o = l->k->o;

	ntr_out_open(o, NULL);
	ntr_out_str(o, "cpu", NULL, name);
	ntr_out_str(o, "work", NULL, words[c->work]);
	ntr_out_str(o, "routine", NULL, c->routine);
	if (c->lock)
		ntr_out_hex(o, "lock", NULL, c->lock);
	else
		ntr_out_none(o, "lock", NULL);
	ntr_out_uint(o, "dpcs", NULL, c->ndpcs);
	ntr_out_str(o, "text", NULL, c->text);
	ntr_out_para(o, "    ", "%s: %s", name, c->text);
	if (c->ndpcs)
		ntr_out_line(o, "        %" PRIu32 " DPC%s queued, the first %s",
			     c->ndpcs, c->ndpcs == 1 ? "" : "s",
			     ntr_hang_site(l->w->t, c->dpc, false, &l->a));
	ntr_out_close(o);
}

static void cpus(struct listing *l, bool all)
{
	struct ntr_out *o = l->k->o;
	bool head = false;

	ntr_out_list(o, "processors");
	for (size_t i = 0; i < l->w->cpus.n && !ntr_kd_stopped(l->k); i++) {
		const struct ntr_wcpu *c = &l->w->cpus.v[i];

		if (!all && c->work != NTR_CW_SPINS)
			continue;
		if (!head)
			ntr_out_line(o, all ? "Processors:" :
				     "Processors that spin:");
		head = true;
		cpu(l, c);
	}
	ntr_out_list_end(o);
}

static void request(struct listing *l, const struct ntr_wirp *x)
{
	const struct ntr_wlock *lk = &l->w->locks.v[x->lock];
	struct ntr_out *o = l->k->o;

	ntr_out_open(o, NULL);
	ntr_out_hex(o, "irp", NULL, x->va);
	ntr_out_hex(o, "thread", NULL, l->w->threads.v[x->thread].k.th.va);
	ntr_out_hex(o, "object", NULL, lk->va);
	ntr_out_str(o, "by", NULL, x->link);
	ntr_out_str(o, "driver", NULL, x->driver);
	if (x->device)
		ntr_out_hex(o, "device", NULL, x->device);
	else
		ntr_out_none(o, "device", NULL);
	ntr_out_str(o, "text", NULL, lk->ender);
	ntr_out_line(o, "%s", thread_text(l, x->thread));
	ntr_out_para(o, "    ", "waits %s for %s", waited(l, x->thread),
		     lk->ender);
	ntr_out_close(o);
}

static void requests(struct listing *l)
{
	ntr_out_list(l->k->o, "requests");
	if (l->w->irps.n)
		ntr_out_line(l->k->o, "\nRequests that threads wait for:");
	for (size_t i = 0; i < l->w->irps.n && !ntr_kd_stopped(l->k); i++)
		request(l, &l->w->irps.v[i]);
	ntr_out_list_end(l->k->o);
}

/* --- roots ------------------------------------------------------------------------- */

/* The direct waiters of some locks, by their stacks. */
struct tally {
	u32 *n;       /* by group; the last: stacks that were not walked */
	u64 *longest;
	bool *known;
};

static bool tally_init(struct listing *l, struct tally *y)
{
	size_t n = l->w->groups.n + 1;

	y->n = calloc(n, sizeof(*y->n));
	y->longest = calloc(n, sizeof(*y->longest));
	y->known = calloc(n, sizeof(*y->known));
	return y->n && y->longest && y->known;
}

static void tally_fini(struct tally *y)
{
	free(y->n);
	free(y->longest);
	free(y->known);
}

static void tally_add(struct listing *l, struct tally *y, u32 thread)
{
	const struct ntr_wthread *x = &l->w->threads.v[thread];
	size_t g = x->group == NTR_NONE ? l->w->groups.n : x->group;

	y->n[g]++;
	if (!x->k.has_waited)
		return;
	y->known[g] = true;
	if (x->k.waited > y->longest[g])
		y->longest[g] = x->k.waited;
}

static void tally_line(struct listing *l, const struct tally *y, size_t g)
{
	struct ntr_out *o = l->k->o;
	const char *site = g < l->w->groups.n ?
		ntr_hang_blocker(l->w, l->w->groups.v[g].first, &l->a) : NULL;

	ntr_out_open(o, NULL);
	ntr_out_uint(o, "threads", NULL, y->n[g]);
	ntr_out_uint_if(o, "longest_ms", NULL, y->known[g],
			y->longest[g] / 10000);
	ntr_out_str(o, "blocker", NULL, site);
	ntr_out_close(o);
	ntr_out_line(o, "      %" PRIu32 " thread%s, the longest for %s, in %s",
		     y->n[g], y->n[g] == 1 ? "" : "s",
		     ntr_hang_time(&l->a, y->known[g], y->longest[g]),
		     site ? site : "????????");
}

static bool owned_by(const struct ntr_wlock *x, u32 thread)
{
	for (u32 i = 0; i < x->nowners; i++)
		if (x->owner[i] == thread)
			return true;
	return false;
}

/* Waiters for what `thread` owns; NTR_NONE: for lock `lock`. */
static void waiting(struct listing *l, u32 thread, u32 lock)
{
	struct tally y;
	bool room = tally_init(l, &y);

	ntr_out_list(l->k->o, "waiters");
	for (size_t i = 0; room && i < l->w->edges.n; i++) {
		const struct ntr_wedge *e = &l->w->edges.v[i];

		if (thread == NTR_NONE ? e->lock == lock :
		    owned_by(&l->w->locks.v[e->lock], thread))
			tally_add(l, &y, e->thread);
	}
	for (size_t g = 0; room && g <= l->w->groups.n; g++)
		if (y.n[g])
			tally_line(l, &y, g);
	ntr_out_list_end(l->k->o);
	tally_fini(&y);
}

static void root(struct listing *l, const struct ntr_wroot *r)
{
	struct ntr_out *o = l->k->o;

	ntr_out_open(o, NULL);
	json_thread(l, r->thread);
	ntr_out_uint(o, "direct", NULL, r->direct);
	ntr_out_uint(o, "behind", NULL, r->all);
	ntr_out_str(o, "text", NULL, r->text);
	ntr_out_line(o, "%s", thread_text(l, r->thread));
	ntr_out_para(o, "    ", "%s", r->text);
	ntr_out_line(o, "    directly:");
	waiting(l, r->thread, NTR_NONE);
	ntr_out_close(o);
}

static void roots(struct listing *l)
{
	struct ntr_out *o = l->k->o;

	ntr_out_list(o, "roots");
	if (l->w->roots.n)
		ntr_out_line(o, "Threads that others wait for, and that wait for "
			     "no one known:");
	for (size_t i = 0; i < l->w->roots.n && !ntr_kd_stopped(l->k); i++)
		root(l, &l->w->roots.v[i]);
	ntr_out_list_end(o);
	if (!l->w->roots.n)
		ntr_out_line(o, "No thread outside of a deadlock holds up "
			     "another one.");
}

/* --- all locks ---------------------------------------------------------------------- */

static void lock(struct listing *l, u32 at)
{
	const struct ntr_wlock *x = &l->w->locks.v[at];
	struct ntr_out *o = l->k->o;

	ntr_out_open(o, NULL);
	json_lock(l, at);
	ntr_out_list(o, "owners");
	ntr_out_line(o, "%s", lock_text(l, at));
	for (u32 i = 0; i < x->nowners; i++) {
		ntr_out_hex(o, NULL, NULL, l->w->threads.v[x->owner[i]].k.th.va);
		ntr_out_line(o, "    %s %s", x->kind == NTR_LK_THREAD ?
			     "thread:" : "owner: ", thread_text(l, x->owner[i]));
	}
	ntr_out_list_end(o);
	ntr_out_str(o, "no_owner", NULL, x->no_owner);
	if (x->no_owner)
		ntr_out_line(o, "    owner not recorded: %s", x->no_owner);
	ntr_out_str(o, "ended_by", NULL, x->ender);
	if (x->ender)
		ntr_out_para(o, "    ended by: ", "%s", x->ender);
	waiting(l, NTR_NONE, at);
	ntr_out_close(o);
}

static void locks(struct listing *l)
{
	u32 n = 0;

	ntr_out_list(l->k->o, "locks");
	ntr_out_line(l->k->o, "\nEverything that is waited for:");
	for (u32 i = 0; i < l->w->locks.n && !ntr_kd_stopped(l->k); i++)
		if (l->w->locks.v[i].nwaiters) {
			lock(l, i);
			n++;
		}
	ntr_out_list_end(l->k->o);
	if (!n)
		ntr_out_line(l->k->o, "    (nothing)");
}

/* --- commands ------------------------------------------------------------------------ */

static enum ntr_st begin(struct listing *l, struct ntr_kd *k,
			 const struct ntr_call *c, bool *verbose,
			 struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st;
	char word[8];

	*l = (struct listing){ .k = k };
	if (verbose && !strncmp(s, "-v", 2)) {
		ntr_cmd_word(&s, word, sizeof(word));
		*verbose = true;
	}
	st = ntr_cmd_end(k, c, s, e);
	return st ? st : ntr_kd_waits(k, &l->w, e);
}

static enum ntr_st run_deadlock(struct ntr_kd *k, const struct ntr_call *c,
				struct ntr_err *e)
{
	struct listing l;
	enum ntr_st st = begin(&l, k, c, NULL, e);

	if (st)
		return st;
	cycles(&l);
	inversions(&l);
	unknown(&l);
	ntr_arena_fini(&l.a);
	return NTR_OK;
}

static enum ntr_st run_waits(struct ntr_kd *k, const struct ntr_call *c,
			     struct ntr_err *e)
{
	bool verbose = false;
	struct listing l;
	enum ntr_st st = begin(&l, k, c, &verbose, e);

	if (st)
		return st;
	cycles(&l);
	roots(&l);
	cpus(&l, verbose);
	if (verbose) {
		locks(&l);
		requests(&l);
	}
	unknown(&l);
	ntr_arena_fini(&l.a);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_deadlock = {
	.names = "!deadlock",
	.summary = "threads that wait for one another in a ring",
	.operands = "",
	.help = "Each thread of a ring: what it owns, what it waits for, since "
		"when and where. A ring is claimed only over waits that nothing "
		"else can end, and over owners that the objects record. It needs "
		"no driver verifier, whose records WinDbg's !deadlock shows.\n\n"
		"Then the locks that two threads take in opposite orders, also "
		"where no ring came of it: a thread that owns one and waits for "
		"the other is certain, one that owns both is supported by where "
		"their addresses stand on its stack. Orders of the past are not "
		"in a dump.",
	.example = "!deadlock", .does = "the rings, if there are any",
	.run = run_deadlock,
};
const struct ntr_cmd ntr_cmd_bang_waits = {
	.names = "!waits",
	.summary = "who waits for whom",
	.operands = "[-v]",
	.help = "The rings, as !deadlock; then the threads that others wait for, "
		"those with the most waiters first, with the waiters grouped by "
		"identical stacks; then processors that spin for a spin lock. -v "
		"adds all processors, everything that is waited for, with its "
		"owner or why none is recorded, and the requests that threads "
		"wait for: by what the event is known to be the request's, which "
		"driver has it, and the queued work item or DPC that refers to "
		"it. Last what cannot be told.\n\n"
		"A stack is named by its first frame outside of the kernel.",
	.example = "!waits", .does = "what holds the machine up",
	.run = run_waits,
};
