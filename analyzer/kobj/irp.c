// SPDX-License-Identifier: Apache-2.0
/* The layouts are those of wdm.h, which all drivers are compiled with. */
#include "irp.h"

#include "device.h"
#include "layout.h"
#include "priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IO_TYPE_IRP 6u
#define IRP_TAG 0x20707249u /* "Irp " */

const char *ntr_minor_name(u8 major, u8 minor)
{
	static const char *const pnp[] = {
		"IRP_MN_START_DEVICE", "IRP_MN_QUERY_REMOVE_DEVICE",
		"IRP_MN_REMOVE_DEVICE", "IRP_MN_CANCEL_REMOVE_DEVICE",
		"IRP_MN_STOP_DEVICE", "IRP_MN_QUERY_STOP_DEVICE",
		"IRP_MN_CANCEL_STOP_DEVICE", "IRP_MN_QUERY_DEVICE_RELATIONS",
		"IRP_MN_QUERY_INTERFACE", "IRP_MN_QUERY_CAPABILITIES",
		"IRP_MN_QUERY_RESOURCES", "IRP_MN_QUERY_RESOURCE_REQUIREMENTS",
		"IRP_MN_QUERY_DEVICE_TEXT",
		"IRP_MN_FILTER_RESOURCE_REQUIREMENTS", NULL,
		"IRP_MN_READ_CONFIG", "IRP_MN_WRITE_CONFIG", "IRP_MN_EJECT",
		"IRP_MN_SET_LOCK", "IRP_MN_QUERY_ID",
		"IRP_MN_QUERY_PNP_DEVICE_STATE", "IRP_MN_QUERY_BUS_INFORMATION",
		"IRP_MN_DEVICE_USAGE_NOTIFICATION", "IRP_MN_SURPRISE_REMOVAL",
	};
	static const char *const power[] = {
		"IRP_MN_WAIT_WAKE", "IRP_MN_POWER_SEQUENCE",
		"IRP_MN_SET_POWER", "IRP_MN_QUERY_POWER",
	};

	if (major == 0x1b && minor < NTR_COUNT(pnp))
		return pnp[minor];
	if (major == 0x16 && minor < NTR_COUNT(power))
		return power[minor];
	return NULL;
}

/* --- one IRP ---------------------------------------------------------------------- */

struct raw_irp {
	u64 mdl, buffer, information, cancel_routine, user_buffer, thread,
		current, file, event;
	u32 flags, status;
	u16 size;
	u8 mode, pending, stack_count, location, cancelled;
};
static const struct ntr_member irp_members[] = {
	NTR_MEMBER_OPT(raw_irp, size, "Size"),
	NTR_MEMBER_OPT(raw_irp, stack_count, "StackCount"),
	NTR_MEMBER_OPT(raw_irp, location, "CurrentLocation"),
	NTR_MEMBER_OPT(raw_irp, thread, "Tail.Overlay.Thread"),
	NTR_MEMBER_OPT(raw_irp, mdl, "MdlAddress"),
	NTR_MEMBER_OPT(raw_irp, status, "IoStatus.Status"),
	NTR_MEMBER_OPT(raw_irp, buffer, "AssociatedIrp"),
	NTR_MEMBER_OPT(raw_irp, information, "IoStatus.Information"),
	NTR_MEMBER_OPT(raw_irp, cancel_routine, "CancelRoutine"),
	NTR_MEMBER_OPT(raw_irp, user_buffer, "UserBuffer"),
	NTR_MEMBER_OPT(raw_irp, current,
		       "Tail.Overlay.CurrentStackLocation"),
	NTR_MEMBER_OPT(raw_irp, file, "Tail.Overlay.OriginalFileObject"),
	NTR_MEMBER_OPT(raw_irp, flags, "Flags"),
	NTR_MEMBER_OPT(raw_irp, mode, "RequestorMode"),
	NTR_MEMBER_OPT(raw_irp, pending, "PendingReturned"),
	NTR_MEMBER_OPT(raw_irp, cancelled, "Cancel"),
	NTR_MEMBER_OPT(raw_irp, event, "UserEvent"),
};
enum { HAS_COUNTS = 7, HAS_THREAD = 8, HAS_MDL = 16, HAS_STATUS = 32 };

struct raw_location {
	u64 device, file, completion, context;
	u8 major, minor, flags, control;
};
static const struct ntr_member location_members[] = {
	NTR_MEMBER(raw_location, major, "MajorFunction"),
	NTR_MEMBER(raw_location, minor, "MinorFunction"),
	NTR_MEMBER(raw_location, flags, "Flags"),
	NTR_MEMBER(raw_location, control, "Control"),
	NTR_MEMBER(raw_location, device, "DeviceObject"),
	NTR_MEMBER(raw_location, file, "FileObject"),
	NTR_MEMBER(raw_location, completion, "CompletionRoutine"),
	NTR_MEMBER(raw_location, context, "Context"),
};

struct form {
	struct ntr_bound irp, location;
	u32 irp_size, location_size, args;
};

static enum ntr_st bind(struct ntr_target *t, struct form *f, struct ntr_err *e)
{
	const struct ntr_types *y = &t->priv->types;
	struct ntr_type_hit h;
	enum ntr_st st;

	st = ntr_bind(y, "_IRP", irp_members, NTR_COUNT(irp_members), &f->irp,
		      e);
	if (!st)
		st = ntr_bind(y, "_IO_STACK_LOCATION", location_members,
			      NTR_COUNT(location_members), &f->location, e);
	if (st)
		return st;
	f->irp_size = ntr_types_sizeof(y, "_IRP", NULL);
	f->location_size = ntr_types_sizeof(y, "_IO_STACK_LOCATION", NULL);
	if (!f->irp_size || !f->location_size ||
	    !ntr_types_find(y, "_IO_STACK_LOCATION",
			    "Parameters.Others.Argument1", &h))
		return ntr_fail(e, NTR_ABSENT, "stack locations of IRPs are "
				"not known for this machine");
	f->args = h.off;
	return NTR_OK;
}

static void read_location(struct ntr_target *t, const struct form *f, u64 va,
			  struct ntr_irp_location *out)
{
	struct raw_location r = { 0 };
	u32 have = 0;

	*out = (struct ntr_irp_location){ .va = va };
	if (ntr_bound_read(&f->location, t->mem, va, &r, &have, NULL))
		return;
	for (unsigned i = 0; i < 4; i++)
		if (ntr_read_ptr(t->mem, va + f->args + i * t->ptr_size,
				 t->ptr_size, &out->arg[i]))
			return;
	out->read = true;
	out->major = r.major;
	out->minor = r.minor;
	out->flags = r.flags;
	out->control = r.control;
	out->device = r.device;
	out->file = r.file;
	out->completion = r.completion;
	out->context = r.context;
}

static void take(const struct raw_irp *r, u32 have, struct ntr_irp *p)
{
	p->size = r->size;
	p->flags = r->flags;
	p->status = r->status;
	p->information = r->information;
	p->mdl = r->mdl;
	p->buffer = r->buffer;
	p->user_buffer = r->user_buffer;
	p->thread = r->thread;
	p->cancel_routine = r->cancel_routine;
	p->file = r->file;
	p->event = r->event;
	p->current_va = r->current;
	p->mode = r->mode;
	p->pending = r->pending;
	p->cancelled = r->cancelled;
	p->stack_count = r->stack_count;
	p->current = r->location;
	p->has_counts = (have & HAS_COUNTS) == HAS_COUNTS;
	p->has_thread = have & HAS_THREAD;
	p->has_mdl = have & HAS_MDL;
	p->has_status = have & HAS_STATUS;
}

/* Counts that are held against one another: how many locations there are. */
static unsigned locations(const struct form *f, struct ntr_irp *p)
{
	unsigned room = p->size > f->irp_size ?
			(p->size - f->irp_size) / f->location_size : 0;

	if (!p->has_counts) {
		snprintf(p->note, sizeof(p->note), "its counts are not in the "
			 "dump");
		return 0;
	}
	if (p->stack_count > NTR_MAX_LOCATIONS || p->stack_count > room) {
		snprintf(p->note, sizeof(p->note), "StackCount %u, but its "
			 "Size 0x%x has room for %u", p->stack_count, p->size,
			 room);
		return room < NTR_MAX_LOCATIONS ? room : NTR_MAX_LOCATIONS;
	}
	if (p->current > p->stack_count + 2)
		snprintf(p->note, sizeof(p->note), "CurrentLocation %u of "
			 "StackCount %u", p->current, p->stack_count);
	return p->stack_count;
}

static void check_current(const struct form *f, struct ntr_irp *p)
{
	u64 want = p->va + f->irp_size +
		   ((u64)p->current - 1) * f->location_size;

	/* The list entry in its place is used while a driver queues it. */
	if (!*p->note && p->n && ntr_irp_state(p) == NTR_IRP_ACTIVE &&
	    p->current_va && p->current_va != want)
		snprintf(p->note, sizeof(p->note), "CurrentLocation %u is at "
			 "0x%" PRIx64 ", CurrentStackLocation says 0x%" PRIx64,
			 p->current, want, p->current_va);
}

static enum ntr_st read_with(struct ntr_target *t, const struct form *f,
			     u64 va, struct ntr_irp *out, struct ntr_err *e)
{
	struct raw_irp r = { 0 };
	enum ntr_st st;
	u32 have = 0;
	u16 type;

	if (!ntr_kernel_va(t, va))
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 " is no address of an "
				"IRP", va);
	st = ntr_read_u16(t->mem, va, &type);
	if (st)
		return ntr_fail(e, st, "IRP 0x%" PRIx64 ": not in the dump",
				va);
	if (type != IO_TYPE_IRP)
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 ": type %u, that of an "
				"IRP is %u", va, type, IO_TYPE_IRP);
	st = ntr_bound_read(&f->irp, t->mem, va, &r, &have, e);
	if (st)
		return st;
	memset(out, 0, offsetof(struct ntr_irp, at));
	out->note[0] = 0;
	out->va = va;
	out->source = f->irp.source;
	take(&r, have, out);
	out->n = locations(f, out);
	for (unsigned i = 0; i < out->n; i++)
		read_location(t, f, va + f->irp_size + i * f->location_size,
			      &out->at[i]);
	check_current(f, out);
	return NTR_OK;
}

enum ntr_st ntr_irp_read(struct ntr_target *t, u64 va, struct ntr_irp *out,
			 struct ntr_err *e)
{
	struct form f;
	enum ntr_st st = bind(t, &f, e);

	return st ? st : read_with(t, &f, va, out, e);
}

enum ntr_irp_state ntr_irp_state(const struct ntr_irp *p)
{
	if (!p->has_counts || p->stack_count > NTR_MAX_LOCATIONS)
		return NTR_IRP_UNKNOWN;
	if (p->current >= 1 && p->current <= p->stack_count)
		return NTR_IRP_ACTIVE;
	if (p->current == p->stack_count + 1)
		return NTR_IRP_IDLE;
	/* Completion leaves StackCount + 2. */
	return p->current == p->stack_count + 2 ? NTR_IRP_DONE :
						  NTR_IRP_UNKNOWN;
}

const struct ntr_irp_location *ntr_irp_current(const struct ntr_irp *p)
{
	if (ntr_irp_state(p) != NTR_IRP_ACTIVE || p->current > p->n)
		return NULL;
	return &p->at[p->current - 1];
}

const char *ntr_irp_signals(struct ntr_target *t, const struct ntr_irp *p,
			    u64 object)
{
	struct ntr_type_hit h;

	if (!object)
		return NULL;
	if (p->event == object)
		return "its UserEvent";
	/* Without an event of the caller's the file object's own is set. */
	if (!p->event && p->file &&
	    ntr_types_find(&t->priv->types, "_FILE_OBJECT", "Event", &h) &&
	    p->file + h.off == object)
		return "the Event of its file object";
	for (unsigned i = 0; i < p->n; i++)
		if (p->at[i].completion && p->at[i].context == object)
			return "the context of a completion routine";
	return NULL;
}

/* --- of a thread --------------------------------------------------------------------- */

enum ntr_st ntr_thread_irps(struct ntr_target *t, const struct ntr_kthread *k,
			    struct ntr_list *out, struct ntr_err *e)
{
	struct ntr_type_hit h;
	struct ntr_list l;
	enum ntr_st st;

	if (!k->irps ||
	    !ntr_types_find(&t->priv->types, "_IRP", "ThreadListEntry", &h))
		return ntr_fail(e, NTR_ABSENT, "the list of IRPs of a thread "
				"is not known for build %u", t->build);
	st = ntr_list_read(t, k->irps, NTR_MAX_THREAD_IRPS, &l, e);
	if (st)
		return ntr_wrap(e, st, "IRPs of thread 0x%" PRIx64, k->th.va);
	for (size_t i = 0; i < l.entry.n; i++)
		l.entry.v[i] -= h.off;
	*out = l;
	return NTR_OK;
}

/* --- all of them ------------------------------------------------------------------------ */

struct search {
	struct ntr_target *t;
	struct form f;
	ntr_irp_fn *fn;
	void *ctx;
	struct ntr_irp_find *out;
	struct { NTR_VEC(u64); } seen; /* sorted once threads are done */
	size_t sorted;
	u64 header; /* of a block of pool */
	struct ntr_irp irp;
	bool nomem;
};

static int by_va(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static bool found(struct search *s, u64 va, enum ntr_irp_from from)
{
	u64 *slot;

	if (from == NTR_IRP_POOL && s->sorted &&
	    bsearch(&va, s->seen.v, s->sorted, sizeof(va), by_va))
		return true;
	if (read_with(s->t, &s->f, va, &s->irp, NULL)) {
		s->out->none += from == NTR_IRP_POOL;
		return true;
	}
	if (from == NTR_IRP_POOL && (!s->irp.has_counts || *s->irp.note)) {
		s->out->none++;
		return true;
	}
	slot = ntr_vec_add(&s->seen);
	s->nomem = !slot;
	if (!slot)
		return false;
	*slot = va;
	s->out->stopped = !s->fn(s->ctx, &s->irp, from);
	return !s->out->stopped;
}

static bool thread_irps(struct search *s, u64 va)
{
	struct ntr_kthread k;
	struct ntr_list l;
	bool on = true;

	ntr_kthread_read(s->t, va, &k);
	if (k.note)
		return true;
	if (ntr_thread_irps(s->t, &k, &l, NULL)) {
		s->out->damaged++;
		return true;
	}
	s->out->threads++;
	s->out->damaged += *l.why != 0;
	for (size_t i = 0; on && i < l.entry.n; i++)
		on = found(s, l.entry.v[i], NTR_IRP_THREAD);
	ntr_list_fini(&l);
	return on;
}

static bool thread_search(struct search *s)
{
	struct ntr_process_list ps;
	struct ntr_thread_list ts;
	struct ntr_err why;
	bool on = true;

	if (ntr_process_list(s->t, &ps, &why)) {
		snprintf(s->out->threads_why, sizeof(s->out->threads_why),
			 "%.150s", why.msg);
		return s->t->thread.va ? thread_irps(s, s->t->thread.va) : true;
	}
	snprintf(s->out->threads_why, sizeof(s->out->threads_why), "%s",
		 ps.why);
	for (size_t i = 0; on && i < ps.p.n; i++) {
		if (ntr_thread_list(s->t, ps.p.v[i].va, &ts, &why)) {
			snprintf(s->out->threads_why,
				 sizeof(s->out->threads_why), "%.150s",
				 why.msg);
			continue;
		}
		for (size_t k = 0; on && k < ts.va.n; k++)
			on = thread_irps(s, ts.va.v[k]);
		ntr_thread_list_fini(&ts);
	}
	ntr_process_list_fini(&ps);
	return on;
}

static bool pool_hit(void *ctx, const struct ntr_pool_hit *h)
{
	struct search *s = ctx;

	s->out->blocks++;
	return found(s, h->big ? h->va : h->va + s->header, NTR_IRP_POOL);
}

static void pool_search(struct search *s, struct ntr_pool *p)
{
	static const u32 tag[1] = { IRP_TAG };
	struct ntr_err why;

	if (s->seen.n)
		qsort(s->seen.v, s->seen.n, sizeof(s->seen.v[0]), by_va);
	s->sorted = s->seen.n;
	s->header = p->has_form ? p->form.header : 0;
	if (ntr_pool_search(p, NTR_NONPAGED, tag, 1, pool_hit, s, &why))
		snprintf(s->out->pool_why, sizeof(s->out->pool_why), "%.150s",
			 why.msg);
}

enum ntr_st ntr_irp_find(struct ntr_target *t, struct ntr_pool *p,
			 ntr_irp_fn *fn, void *ctx, struct ntr_irp_find *out,
			 struct ntr_err *e)
{
	struct search *s = calloc(1, sizeof(*s));
	enum ntr_st st = s ? bind(t, &s->f, e) :
			 ntr_fail(e, NTR_NOMEM, "out of memory");

	if (st) {
		free(s);
		return st;
	}
	*out = (struct ntr_irp_find){ 0 };
	s->t = t;
	s->fn = fn;
	s->ctx = ctx;
	s->out = out;
	if (thread_search(s) && p)
		pool_search(s, p);
	if (s->nomem)
		st = ntr_fail(e, NTR_NOMEM, "out of memory");
	ntr_vec_fini(&s->seen);
	free(s);
	return st;
}
