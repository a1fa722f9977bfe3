// SPDX-License-Identifier: Apache-2.0
/*
 * Which request a thread waits for.  An event does not say who will set it, a
 * request does: by its UserEvent, by the event of its file object, or by the
 * context of a completion routine.  Requests are those of the thread's own
 * list, and those whose address is on its stack (a driver's own requests are
 * on no list); one that does not name the very object is none.
 */
#include "../base/record.h"
#include "../kobj/device.h"
#include "../kobj/irp.h"
#include "triage.h"
#include "waits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LISTED 256u      /* requests of a thread that are looked at */
#define MAX_STACK 0x2000u    /* of a thread's stack */
#define MAX_SEARCHES 4096u   /* stacks that are searched */
#define TYPE_IRP 6u

struct search {
	struct ntr_waits_job *j;
	struct ntr_irp *irp;     /* the one that was read last */
	u32 stacks;
};

static bool is_it(struct search *s, u64 va, u64 object, const char **link)
{
	if (ntr_irp_read(s->j->w->t, va, s->irp, NULL) || *s->irp->note ||
	    ntr_irp_state(s->irp) == NTR_IRP_DONE)
		return false;
	*link = ntr_irp_signals(s->j->w->t, s->irp, object);
	return *link;
}

static bool in_list(struct search *s, const struct ntr_kthread *k, u64 object,
		    const char **link)
{
	struct ntr_list l;
	bool yes = false;

	if (ntr_thread_irps(s->j->w->t, k, &l, NULL))
		return false;
	for (size_t i = 0; !yes && i < l.entry.n && i < MAX_LISTED; i++)
		yes = is_it(s, l.entry.v[i], object, link);
	ntr_list_fini(&l);
	return yes;
}

static bool word(struct search *s, u64 va, u64 object, const char **link)
{
	const struct ntr_target *t = s->j->w->t;
	u16 type;

	return ntr_is_kernel_va(t, va) && !(va & (2 * t->ptr_size - 1)) &&
	       !ntr_read_u16(t->mem, va, &type) && type == TYPE_IRP &&
	       is_it(s, va, object, link);
}

static bool on_stack(struct search *s, const struct ntr_kthread *k, u64 object,
		     const char **link)
{
	const struct ntr_target *t = s->j->w->t;
	u64 at = k->th.kernel_stack, end = k->th.stack_base;
	u8 b[512];

	if (!at || s->stacks >= MAX_SEARCHES)
		return false;
	s->stacks++;
	if (end > at + MAX_STACK)
		end = at + MAX_STACK;
	for (size_t n; at < end; at += n) {
		n = end - at < sizeof(b) ? (size_t)(end - at) : sizeof(b);
		if (ntr_space_read(t->mem, at, b, n, NULL))
			return false;
		for (size_t i = 0; i + t->ptr_size <= n; i += t->ptr_size)
			if (word(s, t->ptr_size == 4 ? ntr_load_u32(b + i) :
				 ntr_load_u64(b + i), object, link))
				return true;
	}
	return false;
}

/* --- who has it ------------------------------------------------------------------ */

static const char *driver_of(struct ntr_waits_job *j, u64 device)
{
	struct ntr_device d;
	struct ntr_driver r;

	if (!device || ntr_device_read(j->w->t, device, &d, NULL) ||
	    !d.has_driver || ntr_driver_read(j->w->t, d.driver, &r, NULL) ||
	    !*r.name)
		return NULL;
	return ntr_arena_printf(&j->w->arena, "%s", r.name);
}

static const char *place(struct search *s, const struct ntr_wirp *x)
{
	struct ntr_arena *a = &s->j->w->arena;

	switch (ntr_irp_state(s->irp)) {
	case NTR_IRP_IDLE:
		return "which no driver has yet";
	case NTR_IRP_ACTIVE:
		break;
	default:
		return "whose stack locations are damaged";
	}
	return x->driver ?
	       ntr_arena_printf(a, "which %s has (device 0x%" PRIx64 ")",
				x->driver, x->device) :
	       ntr_arena_printf(a, "which is at device 0x%" PRIx64 ", whose "
				"driver is not in the dump", x->device);
}

static void describe(struct search *s, struct ntr_wirp *x)
{
	const struct ntr_irp_location *at = ntr_irp_current(s->irp);
	struct ntr_arena *a = &s->j->w->arena;
	const char *major = NULL, *minor;

	if (at && at->read) {
		x->major = at->major;
		x->minor = at->minor;
		x->device = at->device;
		x->driver = driver_of(s->j, at->device);
		major = ntr_major_name(at->major);
	}
	minor = major ? ntr_minor_name(x->major, x->minor) : NULL;
	x->text = ntr_arena_printf(a, "IRP 0x%" PRIx64 "%s%s%s%s%s, %s", x->va,
		major ? " (" : "", major ? major : "", minor ? ", " : "",
		minor ? minor : "", major ? ")" : "", place(s, x));
	if (!x->text)
		s->j->lost = true;
}

static void look(struct search *s, u32 thread)
{
	struct ntr_waits *w = s->j->w;
	const struct ntr_wthread *th = &w->threads.v[thread];
	struct ntr_wlock *l = &w->locks.v[w->edges.v[th->edge].lock];
	const char *link = NULL;
	struct ntr_wirp *x;

	if (l->kind != NTR_LK_OBJECT || l->irp != NTR_NONE ||
	    (!in_list(s, &th->k, l->va, &link) &&
	     !on_stack(s, &th->k, l->va, &link)))
		return;
	x = ntr_vec_add(&w->irps);
	if (!x) {
		s->j->lost = true;
		return;
	}
	l->irp = (u32)(w->irps.n - 1);
	*x = (struct ntr_wirp){ .va = s->irp->va, .thread = thread,
				.lock = w->edges.v[th->edge].lock,
				.link = link };
	describe(s, x);
}

void ntr_waits_irps(struct ntr_waits_job *j)
{
	struct search s = { .j = j, .irp = malloc(sizeof(*s.irp)) };

	if (!s.irp) {
		j->lost = true;
		return;
	}
	for (u32 i = 0; i < j->w->threads.n && !j->lost; i++)
		if (j->w->threads.v[i].nedges == 1)
			look(&s, i);
	if (s.stacks == MAX_SEARCHES)
		ntr_waits_say(j, "only the stacks of %u threads were searched "
			      "for the requests that they wait for",
			      MAX_SEARCHES);
	free(s.irp);
}
