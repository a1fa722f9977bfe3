// SPDX-License-Identifier: Apache-2.0
/*
 * ERESOURCEs.  Owners are in the structure itself (two entries until Server
 * 2003, one since Vista) and in a table whose first entry holds its length.
 * Flag 0x80: owned exclusively; then there is one owner.
 */
#include "locks.h"

#include "../base/record.h"
#include "layout.h"
#include "priv.h"
#include "symbols.h"

#include <stdio.h>
#include <string.h>

#define OWNED_EXCLUSIVE 0x80u
#define ENTRY_MAX 16u   /* bytes of an owner entry */
#define STACK_MAX 0x18000u

struct owners {
	struct ntr_target *t;
	const struct ntr_layout *l;
	struct { NTR_VEC(struct ntr_owner); } v;
	bool lost;
};

static u32 entry_word(const struct owners *o, const u8 *p)
{
	return ntr_load_u32(p + o->l->owner_word);
}

static void take_owner(struct owners *o, const u8 *p)
{
	u64 thread = o->t->ptr_size == 4 ? ntr_load_u32(p) : ntr_load_u64(p);
	struct ntr_owner *w;

	if (!thread)
		return;
	w = ntr_vec_add(&o->v);
	if (!w) {
		o->lost = true;
		return;
	}
	w->pointer = (thread & 3) == 3;
	w->thread = thread & ~UINT64_C(3);
	w->count = entry_word(o, p) >> o->l->owner_shift;
}

static const char *owner_entries(struct owners *o, u64 va, size_t first,
				 size_t n)
{
	u8 b[ENTRY_MAX];

	for (size_t i = first; i < n; i++) {
		if (ntr_space_read(o->t->mem, va + i * o->l->owner_size, b,
				   o->l->owner_size, NULL))
			return "part of its owner table is not in the dump";
		take_owner(o, b);
	}
	return NULL;
}

static const char *owner_table(struct owners *o, u64 table)
{
	u8 b[ENTRY_MAX];
	u32 n;

	if (!table)
		return NULL;
	if (!ntr_kernel_va(o->t, table) ||
	    ntr_space_read(o->t->mem, table, b, o->l->owner_size, NULL))
		return "its owner table is not in the dump";
	n = entry_word(o, b);
	if (n > NTR_MAX_OWNERS)
		return "the length of its owner table makes no sense";
	return owner_entries(o, table, 1, n);
}

enum ntr_st ntr_resource_read(struct ntr_target *t, u64 va,
			      struct ntr_arena *a, struct ntr_resource *out,
			      struct ntr_err *e)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	struct owners o = { .t = t, .l = l };
	struct ntr_raw_resource r = { 0 };
	struct ntr_resource x = { .va = va };
	const char *note;
	u32 have = 0;

	if (!l || !(l->resource.have & NTR_RR_ACTIVE) ||
	    l->owner_first == NTR_NO_OFFSET || l->owner_size > ENTRY_MAX ||
	    l->owner_word > ENTRY_MAX - 4)
		return ntr_fail(e, NTR_ABSENT, "the layout of ERESOURCE is "
				"not known");
	if (ntr_bound_read(&l->resource, t->mem, va, &r, &have, e) ||
	    !(have & NTR_RR_ACTIVE))
		return ntr_fail(e, NTR_ABSENT, "resource 0x%" PRIx64
				" is not in the dump", va);
	x.active = r.active;
	x.flags = r.flag;
	x.owned_exclusive = r.flag & OWNED_EXCLUSIVE;
	x.contention = r.contention;
	x.shared = ntr_kernel_va(t, r.shared) ? r.shared : 0;
	x.exclusive = ntr_kernel_va(t, r.exclusive) ? r.exclusive : 0;
	if (x.active) {
		x.note = owner_entries(&o, va + l->owner_first, 0, l->owners);
		note = owner_table(&o, r.table);
		x.note = x.note ? x.note : note;
		x.owner = ntr_arena_array(a, o.v.n, sizeof(*x.owner));
		o.lost |= o.v.n && !x.owner;
		for (size_t i = 0; !o.lost && i < o.v.n; i++)
			x.owner[x.nowners++] = o.v.v[i];
	}
	ntr_vec_fini(&o.v);
	if (o.lost)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*out = x;
	return NTR_OK;
}

/* --- all of them ---------------------------------------------------------------- */

static enum ntr_st find_list(struct ntr_target *t, u64 seed,
			     struct ntr_list *out, const char **how,
			     struct ntr_err *e)
{
	u64 va = ntr_kdbg_u64(&t->priv->kdbg,
			      NTR_KDBG_EXP_SYSTEM_RESOURCES_LIST);
	u64 *slot;

	*how = "KDBG";
	if (va && ntr_list_read(t, va, NTR_MAX_RESOURCES, out, NULL) == NTR_OK)
		return NTR_OK;
	*how = "symbols";
	if (ntr_target_lookup(t, "nt!ExpSystemResourcesList", &va, NULL) ==
		    NTR_OK &&
	    ntr_list_read(t, va, NTR_MAX_RESOURCES, out, NULL) == NTR_OK)
		return NTR_OK;
	*how = "a resource that a thread waits for";
	if (!seed || ntr_list_read(t, seed, NTR_MAX_RESOURCES, out, NULL))
		return ntr_fail(e, NTR_ABSENT, "the list of resources is not "
				"named by this dump; symbols of the kernel "
				"(nt!ExpSystemResourcesList) would name it");
	slot = ntr_vec_add(&out->entry);
	if (!slot) {
		ntr_list_fini(out);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	*slot = seed;
	return NTR_OK;
}

static bool in_kernel(const struct ntr_target *t, u64 va)
{
	return t->kernel_base && va - t->kernel_base < t->kernel_size;
}

/* A head found from inside looks like a resource of no owner; resources that
 * are variables of the kernel are in its image as well. */
static bool is_head(const struct ntr_target *t, u64 va, const char *how)
{
	u64 owner;

	return strcmp(how, "KDBG") && strcmp(how, "symbols") &&
	       in_kernel(t, va) &&
	       (ntr_read_ptr(t->mem, va + 2u * t->ptr_size, t->ptr_size,
			     &owner) || (owner && !ntr_kernel_va(t, owner)));
}

enum ntr_st ntr_resource_list(struct ntr_target *t, u64 seed,
			      struct ntr_resource_list *out, struct ntr_err *e)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	struct ntr_resource_list r = { .why = "" };
	struct ntr_list list;
	enum ntr_st st;

	if (!l || l->resource_list == NTR_NO_OFFSET)
		return ntr_fail(e, NTR_ABSENT, "the layout of ERESOURCE is "
				"not known");
	st = find_list(t, seed, &list, &r.how, e);
	if (st)
		return st;
	memcpy(r.why, list.why, sizeof(r.why));
	for (size_t i = 0; i < list.entry.n; i++) {
		u64 va = list.entry.v[i] - l->resource_list;
		struct ntr_resource *x;

		if (is_head(t, va, r.how))
			continue;
		x = ntr_vec_add(&r.r);
		st = x ? ntr_resource_read(t, va, &r.arena, x, e) : NTR_NOMEM;
		if (st == NTR_NOMEM)
			break;
		if (st)
			*x = (struct ntr_resource){ .va = va,
						    .note = "not in the dump" };
		st = NTR_OK;
	}
	ntr_list_fini(&list);
	if (st) {
		ntr_resource_list_fini(&r);
		return ntr_fail(e, st, "out of memory");
	}
	*out = r;
	return NTR_OK;
}

void ntr_resource_list_fini(struct ntr_resource_list *l)
{
	ntr_vec_fini(&l->r);
	ntr_arena_fini(&l->arena);
}

/* --- by a waiter's stack ---------------------------------------------------------- */

static bool waits_in(struct ntr_target *t, const struct ntr_layout *l, u64 va,
		     u64 object)
{
	struct ntr_raw_resource r = { 0 };
	u64 flink;
	u32 have = 0;

	return ntr_kernel_va(t, va) && !(va & (t->ptr_size - 1)) &&
	       !ntr_bound_read(&l->resource, t->mem, va, &r, &have, NULL) &&
	       (have & NTR_RR_SHARED) && (have & NTR_RR_EXCLUSIVE) &&
	       (r.shared == object || r.exclusive == object) &&
	       ntr_list_head_ok(t, va + l->resource_list, &flink);
}

u64 ntr_resource_on_stack(struct ntr_target *t, const struct ntr_kthread *k)
{
	const struct ntr_layout *l = ntr_target_layout(t);
	u64 at = k->th.kernel_stack, v;
	u8 b[512];
	size_t n;

	if (!l || !at || !k->nwaits || l->resource_list == NTR_NO_OFFSET)
		return 0;
	for (u64 end = k->th.stack_base; at < end && at - k->th.kernel_stack <
	     STACK_MAX; at += n) {
		n = end - at < sizeof(b) ? (size_t)(end - at) : sizeof(b);
		if (ntr_space_read(t->mem, at, b, n, NULL))
			return 0;
		for (size_t i = 0; i + t->ptr_size <= n; i += t->ptr_size) {
			v = t->ptr_size == 4 ? ntr_load_u32(b + i)
					     : ntr_load_u64(b + i);
			if (waits_in(t, l, v, k->wait[0].object))
				return v;
		}
	}
	return 0;
}
