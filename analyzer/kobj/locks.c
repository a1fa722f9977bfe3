// SPDX-License-Identifier: Apache-2.0
/* Dispatcher objects, fast and guarded mutexes. */
#include "locks.h"

#include "layout.h"
#include "priv.h"

#define TYPE_BITS 0x7fu /* the top bit is a lock since Vista */
#define FIRST_GATE_BUILD 3790u
#define FIRST_PRIQUEUE_BUILD 9600u

/* "mutant"; NULL: no type that can be waited for. */
static const char *type_name(u8 type, u32 build)
{
	static const char *const names[] = {
		"notification event", "synchronization event", "mutant",
		"process", "queue", "semaphore", "thread", "gate",
		"notification timer", "synchronization timer",
	};

	if (type == NTR_OT_GATE && build < FIRST_GATE_BUILD)
		return NULL;
	if (type == NTR_OT_PRIQUEUE && build >= FIRST_PRIQUEUE_BUILD)
		return "priority queue";
	return type < NTR_COUNT(names) ? names[type] : NULL;
}

static const char *no_owner(u8 type)
{
	switch (type) {
	case NTR_OT_NOTIFICATION_EVENT:
	case NTR_OT_SYNCHRONIZATION_EVENT:
		return "an event records no owner";
	case NTR_OT_SEMAPHORE:
		return "a semaphore records no owner";
	case NTR_OT_GATE:
		return "a gate records no owner";
	case NTR_OT_QUEUE:
	case NTR_OT_PRIQUEUE:
		return "a queue has no owner";
	case NTR_OT_NOTIFICATION_TIMER:
	case NTR_OT_SYNCHRONIZATION_TIMER:
		return "a timer has no owner";
	default:
		return "the end of a process has no one owner";
	}
}

static bool is_thread(const struct ntr_target *t, u64 va)
{
	u8 type;

	return ntr_kernel_va(t, va) && !(va & (t->ptr_size - 1)) &&
	       ntr_read_u8(t->mem, va, &type) == NTR_OK &&
	       (type & TYPE_BITS) == NTR_OT_THREAD;
}

static void mutant_owner(struct ntr_target *t, const struct ntr_layout *l,
			 struct ntr_dispatcher *d)
{
	u64 owner;

	d->has_owner = l->mutant_owner != NTR_NO_OFFSET &&
		       ntr_read_ptr(t->mem, d->va + l->mutant_owner,
				    t->ptr_size, &owner) == NTR_OK;
	if (!d->has_owner) {
		d->no_owner = "its owner's field is not in the dump";
	} else if (owner && !is_thread(t, owner)) {
		d->has_owner = false;
		d->no_owner = "its owner's field points to no thread";
	} else {
		d->owner = owner;
	}
}

enum ntr_st ntr_dispatcher_read(struct ntr_target *t, u64 va,
				struct ntr_dispatcher *out, struct ntr_err *e)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	struct ntr_dispatcher d = { .va = va };
	u32 signal = 0;
	enum ntr_st st;

	if (!l)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = ntr_read_u8(t->mem, va, &d.type);
	if (!st)
		st = ntr_read_u32(t->mem, va + 4, &signal);
	if (st)
		return ntr_fail(e, st, "object 0x%" PRIx64 ": %s", va,
				ntr_st_text(st));
	d.type &= TYPE_BITS;
	d.name = type_name(d.type, t->build);
	if (!d.name)
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 ": type %u is no "
				"object one can wait for", va, d.type);
	d.signal = (s32)signal;
	if (d.type == NTR_OT_MUTANT) {
		mutant_owner(t, l, &d);
	} else if (d.type == NTR_OT_THREAD) {
		d.has_owner = true; /* it alone can bring about its end */
		d.owner = va;
	} else {
		d.no_owner = no_owner(d.type);
	}
	*out = d;
	return NTR_OK;
}

enum ntr_st ntr_dispatcher_waiters(struct ntr_target *t, u64 va,
				   struct ntr_list *out, struct ntr_err *e)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	struct ntr_list list;
	enum ntr_st st;
	size_t n = 0;

	if (!l || l->header_waiters == NTR_NO_OFFSET)
		return ntr_fail(e, NTR_ABSENT, "wait lists of this machine "
				"are not known");
	st = ntr_list_read(t, va + l->header_waiters, NTR_LIST_MAX, &list, e);
	if (st)
		return ntr_wrap(e, st, "waiters of 0x%" PRIx64, va);
	for (size_t i = 0; i < list.entry.n; i++) {
		struct ntr_raw_block b = { 0 };
		u32 have = 0;

		if (ntr_bound_read(&l->block, t->mem, list.entry.v[i], &b,
				   &have, NULL) || !(have & NTR_RB_THREAD))
			continue;
		if (i < list.gap)
			list.gap = n + 1;
		list.entry.v[n++] = b.thread;
	}
	list.entry.n = n;
	*out = list;
	return NTR_OK;
}

/* --- fast and guarded mutexes ------------------------------------------------------ */

enum ntr_st ntr_fast_mutex_of(struct ntr_target *t, u64 object, bool guarded,
			      struct ntr_fast_mutex *out, struct ntr_err *e)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	struct ntr_fast_mutex m = { 0 };
	u32 inner, owner, count;
	enum ntr_st st;

	if (!l)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	guarded = guarded && l->guarded_gate != NTR_NO_OFFSET;
	inner = guarded ? l->guarded_gate : l->fast_event;
	owner = guarded ? l->guarded_owner : l->fast_owner;
	if (inner == NTR_NO_OFFSET || owner == NTR_NO_OFFSET)
		return ntr_fail(e, NTR_ABSENT, "the layout of fast mutexes is "
				"not known");
	m.va = object - inner;
	st = ntr_read_u32(t->mem, m.va, &count);
	if (!st)
		st = ntr_read_ptr(t->mem, m.va + owner, t->ptr_size, &m.owner);
	if (st)
		return ntr_fail(e, st, "the mutex around 0x%" PRIx64 ": %s",
				object, ntr_st_text(st));
	m.count = (s32)count;
	if (m.count > 1 || (m.owner && !is_thread(t, m.owner)))
		return ntr_fail(e, NTR_BAD, "around 0x%" PRIx64
				" there is no fast mutex", object);
	*out = m;
	return NTR_OK;
}
