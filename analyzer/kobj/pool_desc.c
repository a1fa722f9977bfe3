// SPDX-License-Identifier: Apache-2.0
/*
 * Pool descriptors: what the allocator itself counts, pages and allocations of
 * each pool.  It is all there is where tags are not tracked.
 *
 * NonPagedPoolDescriptor is named by the KDBG, in some versions as the
 * structure, in others as a pointer to it: a pointer is no POOL_TYPE.
 * ExpPagedPoolDescriptor points to an array of structures up to XP, and is an
 * array of pointers from 2003 on.
 */
#include "pool_int.h"
#include "priv.h"

#include <string.h>

#define MAX_PAGED 256u /* one a processor at most, in practice 5 */
#define FIRST_POINTERS 3790u
#define MAX_PAGES_CLAIMED (UINT64_C(1) << 40)

struct raw_desc {
	u32 type, index;
	u64 allocs, frees, pages, big_pages;
};
static const struct ntr_member desc_members[] = {
	NTR_MEMBER(raw_desc, type, "PoolType"),
	NTR_MEMBER(raw_desc, index, "PoolIndex"),
	NTR_MEMBER(raw_desc, allocs, "RunningAllocs"),
	NTR_MEMBER(raw_desc, pages, "TotalPages|PagesAllocated"),
	NTR_MEMBER(raw_desc, big_pages, "TotalBigPages|BigPagesAllocated"),
	NTR_MEMBER_OPT(raw_desc, frees, "RunningDeAllocs"),
};
#define HAVE_FREES (1u << 5)

static bool add_desc(struct ntr_pool *p, const struct ntr_bound *b, u64 va,
		     unsigned kind)
{
	struct raw_desc r = { 0 };
	struct ntr_pool_desc *d;
	u32 have = 0;

	if (!ntr_kernel_va(p->t, va) ||
	    ntr_bound_read(b, p->t->mem, va, &r, &have, NULL) ||
	    (r.type & 1) != kind || r.index > MAX_PAGED ||
	    r.pages > MAX_PAGES_CLAIMED || r.big_pages > MAX_PAGES_CLAIMED)
		return false;
	d = ntr_vec_add(&p->descs);
	if (!d) {
		p->nomem = true;
		return false;
	}
	*d = (struct ntr_pool_desc){
		.va = va, .kind = kind, .index = r.index,
		.allocs = r.allocs, .frees = r.frees,
		.has_frees = (have & HAVE_FREES) != 0,
		.pages = r.pages, .big_pages = r.big_pages,
	};
	return true;
}

static void nonpaged(struct ntr_pool *p, const struct ntr_bound *b)
{
	struct ntr_target *t = p->t;
	u64 va, to;

	if (!ntr_pool_var(t, "NonPagedPoolDescriptor", 0x1c0, &va))
		return;
	if (ntr_read_ptr(t->mem, va, t->ptr_size, &to) == NTR_OK &&
	    ntr_kernel_va(t, to))
		va = to;
	(void)add_desc(p, b, va, NTR_NONPAGED);
}

static void paged(struct ntr_pool *p, const struct ntr_bound *b)
{
	struct ntr_target *t = p->t;
	u32 size = ntr_types_sizeof(&t->priv->types, "_POOL_DESCRIPTOR", NULL);
	u64 va, first, at, n = 0;

	if (!ntr_pool_var(t, "ExpPagedPoolDescriptor", 0x68, &va) ||
	    ntr_read_ptr(t->mem, va, t->ptr_size, &first))
		return;
	(void)!ntr_pool_value(t, "ExpNumberOfPagedPools", 0x70, &n);
	n &= UINT32_MAX;
	n = n < MAX_PAGED ? n : MAX_PAGED;
	for (u64 i = 0; i <= n && !p->nomem; i++) {
		at = first + i * size;
		if (t->build >= FIRST_POINTERS &&
		    ntr_read_ptr(t->mem, va + i * t->ptr_size, t->ptr_size,
				 &at))
			break;
		if (!add_desc(p, b, at, NTR_PAGED))
			break;
	}
}

enum ntr_st ntr_pool_read_descs(struct ntr_pool *p, struct ntr_err *e)
{
	struct ntr_bound b;

	if (ntr_bind(&p->t->priv->types, "_POOL_DESCRIPTOR", desc_members,
		     NTR_COUNT(desc_members), &b, NULL)) {
		p->descs_why = "this version has no pool descriptors, or "
			       "their layout is not known";
		return NTR_OK;
	}
	nonpaged(p, &b);
	paged(p, &b);
	if (!p->descs.n)
		p->descs_why = "the pool descriptors are not in the dump, or "
			       "not known: the kernel's symbols would help";
	return p->nomem ? ntr_fail(e, NTR_NOMEM, "out of memory") : NTR_OK;
}
