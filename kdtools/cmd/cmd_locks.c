// SPDX-License-Identifier: Apache-2.0
/* !locks: resources; their waiters are those of the resources' own objects. */
#include "cmd.h"
#include "kobj/locks.h"
#include "triage/waits.h"

#include <stdio.h>
#include <string.h>

#define PER_LINE 4u

static void owners(struct ntr_kd *k, const struct ntr_resource *r)
{
	struct ntr_out *o = k->o;
	char va[24];

	ntr_out_list(o, "owners");
	for (size_t i = 0; i < r->nowners; i++) {
		const struct ntr_owner *x = &r->owner[i];

		ntr_out_open(o, NULL);
		ntr_out_hex(o, x->pointer ? "owner_pointer" : "thread", NULL,
			    x->thread);
		ntr_out_uint(o, "count", NULL, x->count);
		ntr_out_close(o);
		ntr_kd_va(k, va, true, x->thread);
		ntr_out_print(o, "%s%s-%02" PRIx32 "<*>%s%s",
			      i % PER_LINE ? "    " : i ? "              " :
			      "     Threads: ", va, x->count, x->pointer ?
			      " (owner pointer)" : "",
			      i + 1 == r->nowners || i % PER_LINE ==
			      PER_LINE - 1 ? "\n" : "");
	}
	ntr_out_list_end(o);
}

/* The threads that wait on one of a resource's objects. */
static void waiters(struct ntr_kd *k, u64 object, const char *key,
		    const char *title)
{
	struct ntr_list l = { .gap = 0 };
	struct ntr_err e = { "" };
	enum ntr_st st = NTR_OK;
	char va[24];

	if (object)
		st = ntr_dispatcher_waiters(k->t, object, &l, &e);
	ntr_out_list(k->o, key);
	if (l.entry.n)
		ntr_out_line(k->o, "     Threads Waiting On %s Access:", title);
	for (size_t i = 0; i < l.entry.n; i++) {
		ntr_out_hex(k->o, NULL, NULL, l.entry.v[i]);
		ntr_kd_va(k, va, true, l.entry.v[i]);
		ntr_out_print(k->o, "%s%s%s", i % PER_LINE ? "    " :
			      "              ", va, i + 1 == l.entry.n ||
			      i % PER_LINE == PER_LINE - 1 ? "\n" : "");
	}
	ntr_out_list_end(k->o);
	if (st || l.why[0])
		ntr_out_para(k->o, "     ", "(waiters for %s access: %s)",
			     title, st ? e.msg : l.why);
	ntr_list_fini(&l);
}

static void show(struct ntr_kd *k, const struct ntr_resource *r)
{
	struct ntr_out *o = k->o;
	char va[24], site[300], held[60] = "Available";

	if (r->active && r->owned_exclusive)
		strcpy(held, "Exclusively owned");
	else if (r->active)
		snprintf(held, sizeof(held), "Shared %zu owning threads",
			 r->nowners);
	ntr_kd_va(k, va, true, r->va);
	ntr_kd_symbol(k, r->va, site, sizeof(site));
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "address", NULL, r->va);
	ntr_out_str(o, "symbol", NULL, *site ? site : NULL);
	ntr_out_str(o, "held", NULL, !r->active ? "no" : r->owned_exclusive ?
		    "exclusive" : "shared");
	ntr_out_uint(o, "contention", NULL, r->contention);
	ntr_out_str(o, "note", NULL, r->note);
	ntr_out_line(o, "Resource @ %s%s%s%s    %s", *site ? site : va,
		     *site ? " (" : "", *site ? va : "", *site ? ")" : "",
		     held);
	if (r->contention)
		ntr_out_line(o, "     Contention Count = %" PRIu32,
			     r->contention);
	owners(k, r);
	if (r->active && !r->nowners)
		ntr_out_line(o, "     (no owner is recorded)");
	waiters(k, r->shared, "shared_waiters", "Shared");
	waiters(k, r->exclusive, "exclusive_waiters", "Exclusive");
	if (r->note)
		ntr_out_line(o, "     (%s)", r->note);
	ntr_out_close(o);
	ntr_out_line(o, "%s", "");
}

/* --- which ------------------------------------------------------------------------- */

static void show_list(struct ntr_kd *k, const struct ntr_resource_list *l,
		      bool all)
{
	struct ntr_out *o = k->o;
	size_t held = 0;

	ntr_out_line(o, "**** DUMP OF ALL RESOURCE OBJECTS ****");
	ntr_out_list(o, "resources");
	for (size_t i = 0; i < l->r.n && !ntr_kd_stopped(k); i++) {
		held += l->r.v[i].active != 0;
		if (all || l->r.v[i].active || l->r.v[i].note)
			show(k, &l->r.v[i]);
	}
	ntr_out_list_end(o);
	ntr_out_uint(o, "total", NULL, l->r.n);
	ntr_out_uint(o, "held", NULL, held);
	ntr_out_str(o, "list_from", NULL, l->how);
	ntr_out_str(o, "list_broken", NULL, *l->why ? l->why : NULL);
	ntr_out_line(o, "%zu total locks, %zu locks currently held", l->r.n,
		     held);
	if (*l->why)
		ntr_out_para(o, "", "(the list is broken: %s)", l->why);
}

/* The graph of waits has the list, and may have found its head by a waiter's
 * stack; without one, the list itself. */
static enum ntr_st all_of_them(struct ntr_kd *k, bool all, struct ntr_err *e)
{
	const struct ntr_waits *w = NULL;
	struct ntr_resource_list l;
	enum ntr_st st = ntr_kd_waits(k, &w, e);

	if (!st && w->resources.how) {
		show_list(k, &w->resources, all);
		return NTR_OK;
	}
	st = ntr_resource_list(k->t, 0, &l, e);
	if (st)
		return st;
	show_list(k, &l, all);
	ntr_resource_list_fini(&l);
	return NTR_OK;
}

/* Is it certain that there is none? */
static bool is_none(struct ntr_kd *k, u64 va)
{
	const struct ntr_waits *w = NULL;

	if (ntr_kd_waits(k, &w, NULL) || !w->resources.how ||
	    *w->resources.why)
		return false;
	for (size_t i = 0; i < w->resources.r.n; i++)
		if (w->resources.r.v[i].va == va)
			return false;
	return true;
}

static enum ntr_st one(struct ntr_kd *k, u64 va, struct ntr_err *e)
{
	struct ntr_arena a = { 0 };
	struct ntr_resource r;
	enum ntr_st st = ntr_resource_read(k->t, va, &a, &r, e);

	if (!st && is_none(k, va))
		st = ntr_fail(e, NTR_ABSENT, "at %" PRIx64 " is no resource: the "
			      "kernel's list of them is whole, and does not have "
			      "it", va);
	if (!st) {
		ntr_out_list(k->o, "resources");
		show(k, &r);
		ntr_out_list_end(k->o);
	}
	ntr_arena_fini(&a);
	return st;
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	const char *s = c->args;
	bool all = false;
	enum ntr_st st;
	char word[8];
	u64 va;

	if (!strncmp(s, "-v", 2)) {
		ntr_cmd_word(&s, word, sizeof(word));
		all = true;
	}
	if (!*s)
		return all_of_them(k, all, e);
	st = ntr_cmd_addr(k, c, &s, &va, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	return st ? st : one(k, va, e);
}

const struct ntr_cmd ntr_cmd_bang_locks = {
	.names = "!locks",
	.summary = "resources, their owners and waiters",
	.operands = "[-v] [ADDR]",
	.help = "The ERESOURCEs of the kernel's list that are held, with -v all of "
		"them, or the one at ADDR: how it is held, how often threads had "
		"to wait for it, the owning threads with their counts, the "
		"threads that wait. Where the list is not named by the dump or "
		"by symbols, a waiter's stack may lead to it.\n\n"
		"An owner pointer (ExSetResourceOwnerPointer) names no thread. "
		"Locks that are no resources (mutexes, fast mutexes) are shown "
		"by !waits -v.",
	.example = "!locks", .does = "who holds what",
	.run = run,
};
