// SPDX-License-Identifier: Apache-2.0
/*
 * KAPC and KAPC_STATE are in the driver kits' public headers and have not moved
 * since 3.51.  What was a BOOLEAN became bits with special user APCs (10 1809):
 * then bit 0 of the last byte is "special user pending", bit 1 the old one.
 */
#include "apc.h"

#include "priv.h"

#include <stdio.h>
#include <string.h>

#define APC_OBJECT 0x12u
#define THREAD_OBJECT 6u
#define TYPE_BITS 0x7fu

struct raw_apc {
	u64 thread, kernel, rundown, normal, context;
	u8 type, mode, inserted;
};
static const struct ntr_member apc_members[] = {
	NTR_MEMBER(raw_apc, thread, "Thread"),
	NTR_MEMBER(raw_apc, kernel, "KernelRoutine"),
	NTR_MEMBER(raw_apc, rundown, "RundownRoutine"),
	NTR_MEMBER(raw_apc, normal, "NormalRoutine"),
	NTR_MEMBER(raw_apc, context, "NormalContext"),
	NTR_MEMBER(raw_apc, type, "Type"),
	NTR_MEMBER(raw_apc, mode, "ApcMode"),
	NTR_MEMBER(raw_apc, inserted, "Inserted"),
};

enum ntr_st ntr_apc_read(struct ntr_target *t, u64 va, struct ntr_apc *out,
			 struct ntr_err *e)
{
	struct raw_apc r = { 0 };
	struct ntr_bound b;
	enum ntr_st st;
	u32 have;

	st = ntr_bind(&t->priv->types, "_KAPC", apc_members,
		      NTR_COUNT(apc_members), &b, e);
	if (st)
		return st;
	if (!ntr_kernel_va(t, va) ||
	    ntr_bound_read(&b, t->mem, va, &r, &have, NULL))
		return ntr_fail(e, NTR_ABSENT, "the APC at 0x%" PRIx64 " is not "
				"in the dump", va);
	if (r.type != APC_OBJECT)
		return ntr_fail(e, NTR_ABSENT, "what is at 0x%" PRIx64 " is no "
				"APC: its type is %u", va, r.type);
	*out = (struct ntr_apc){
		.va = va, .thread = r.thread, .kernel = r.kernel,
		.rundown = r.rundown, .normal = r.normal,
		.context = r.context, .user = r.mode == 1,
		.special = !r.mode && !r.normal, .inserted = r.inserted,
	};
	return NTR_OK;
}

/* --- a thread's state -------------------------------------------------------------- */

static void take_queue(struct ntr_target *t, u64 thread, u32 entry,
		       struct ntr_apc_state *s, unsigned mode, enum ntr_st *st)
{
	struct ntr_list l;
	struct ntr_err e = { "" };

	*st = ntr_list_read(t, s->head[mode], NTR_MAX_APCS, &l, &e);
	if (*st == NTR_NOMEM)
		return;
	if (*st) {
		memcpy(s->why[mode], e.msg, sizeof(s->why[mode]) - 1);
		*st = NTR_OK;
		return;
	}
	memcpy(s->why[mode], l.why, sizeof(s->why[mode]));
	for (size_t i = 0; i < l.entry.n; i++) {
		struct ntr_apc *a = ntr_vec_add(&s->queue[mode]);
		u64 va = l.entry.v[i] - entry;

		if (!a) {
			*st = NTR_NOMEM;
			break;
		}
		*a = (struct ntr_apc){ .va = va };
		if (ntr_apc_read(t, va, a, NULL))
			a->note = "no APC any more, or not in the dump";
		else if (a->thread != thread)
			a->note = "it names another thread";
	}
	ntr_list_fini(&l);
}

static bool flag(const struct ntr_types *y, const struct ntr_space *s, u64 va,
		 const char *path, u64 *out)
{
	return ntr_read_member(y, s, va, "_KAPC_STATE", path, out) == NTR_OK;
}

static enum ntr_st take_state(struct ntr_target *t, u64 thread,
			      const char *member, u32 entry,
			      struct ntr_apc_state *s)
{
	const struct ntr_types *y = &t->priv->types;
	struct ntr_type_hit state, lists, all;
	enum ntr_st st = NTR_OK;
	u64 va, v, user;

	if (!ntr_types_find(y, "_KTHREAD", member, &state) ||
	    !ntr_types_find(y, "_KAPC_STATE", "ApcListHead", &lists))
		return NTR_OK;
	va = thread + state.off;
	if (!flag(y, t->mem, va, "InProgressFlags|KernelApcInProgress", &v) ||
	    !flag(y, t->mem, va, "UserApcPendingAll|UserApcPending", &user))
		return NTR_OK;
	s->known = true;
	s->in_progress = v & 1;
	s->special_in_progress = v & 2;
	if (ntr_types_find(y, "_KAPC_STATE", "UserApcPendingAll", &all)) {
		s->special_user_pending = user & 1;
		s->user_pending = user & 2;
	} else {
		s->user_pending = user;
	}
	s->kernel_pending = flag(y, t->mem, va, "KernelApcPending", &v) && v;
	if (!flag(y, t->mem, va, "Process", &s->process))
		s->process = 0;
	for (unsigned i = 0; !st && i < NTR_APC_MODES; i++) {
		s->head[i] = va + lists.off + (u64)i * 2 * t->ptr_size;
		take_queue(t, thread, entry, s, i, &st);
	}
	return st;
}

/* A count of 16 or 32 bits (8 in 3.51), below zero while disabled. */
static bool count(struct ntr_target *t, u64 thread, const char *member,
		  s32 *out)
{
	struct ntr_type_hit h;
	u64 v;

	if (!ntr_types_find(&t->priv->types, "_KTHREAD", member, &h) ||
	    ntr_read_member(&t->priv->types, t->mem, thread, "_KTHREAD",
			    member, &v))
		return false;
	*out = h.width == 1 ? (int8_t)v : h.width == 2 ? (s16)v : (s32)v;
	return true;
}

enum ntr_st ntr_thread_apcs(struct ntr_target *t, u64 thread,
			    struct ntr_thread_apcs *out, struct ntr_err *e)
{
	const struct ntr_types *y = &t->priv->types;
	struct ntr_thread_apcs a = { .thread = thread };
	struct ntr_type_hit entry, state;
	enum ntr_st st;
	u64 index;
	u8 type;

	if (!ntr_types_find(y, "_KAPC", "ApcListEntry", &entry) ||
	    !ntr_types_find(y, "_KTHREAD", "ApcState", &state))
		return ntr_fail(e, NTR_ABSENT, "the APCs of build %u are not "
				"known", t->build);
	if (!ntr_kernel_va(t, thread) || ntr_read_u8(t->mem, thread, &type) ||
	    (type & TYPE_BITS) != THREAD_OBJECT)
		return ntr_fail(e, NTR_ABSENT, "no thread was read at 0x%"
				PRIx64, thread);
	a.source = state.source;
	a.has_attached = ntr_read_member(y, t->mem, thread, "_KTHREAD",
					 "ApcStateIndex", &index) == NTR_OK;
	a.attached = a.has_attached && index == 1;
	a.has_disable = count(t, thread, "KernelApcDisable", &a.disable);
	a.has_special = count(t, thread, "SpecialApcDisable",
			      &a.special_disable);
	st = take_state(t, thread, "ApcState", entry.off, &a.now);
	if (!st && a.attached)
		st = take_state(t, thread, "SavedApcState", entry.off,
				&a.saved);
	if (!st && !a.now.known)
		st = NTR_ABSENT;
	if (st) {
		ntr_thread_apcs_fini(&a);
		return ntr_fail(e, st, "%s", st == NTR_NOMEM ? "out of memory" :
				"its APC state is not in the dump");
	}
	*out = a;
	return NTR_OK;
}

void ntr_thread_apcs_fini(struct ntr_thread_apcs *a)
{
	for (unsigned i = 0; i < NTR_APC_MODES; i++) {
		ntr_vec_fini(&a->now.queue[i]);
		ntr_vec_fini(&a->saved.queue[i]);
	}
}
