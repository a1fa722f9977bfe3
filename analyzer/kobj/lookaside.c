// SPDX-License-Identifier: Apache-2.0
/* Source: public type data of _GENERAL_LOOKASIDE; the depth of an SLIST_HEADER
 * is its first 16 bits on 64-bit machines, and follows the link on x86. */
#include "lookaside.h"

#include "pool_int.h"
#include "priv.h"

#define TAG_PROTECTED 0x80000000u

struct raw_lookaside {
	u32 depth, maximum, allocates, allocate_misses, frees, free_misses;
	u32 tag, size;
};
static const struct ntr_member members[] = {
	NTR_MEMBER(raw_lookaside, depth, "Depth"),
	NTR_MEMBER(raw_lookaside, maximum, "MaximumDepth"),
	NTR_MEMBER(raw_lookaside, allocates, "TotalAllocates"),
	NTR_MEMBER(raw_lookaside, allocate_misses, "AllocateMisses"),
	NTR_MEMBER(raw_lookaside, frees, "TotalFrees"),
	NTR_MEMBER(raw_lookaside, free_misses, "FreeMisses"),
	NTR_MEMBER(raw_lookaside, tag, "Tag"),
	NTR_MEMBER(raw_lookaside, size, "Size"),
};

struct reading {
	struct ntr_target *t;
	struct ntr_bound bound;
	u32 link;              /* of ListEntry in the structure */
	struct ntr_lookasides *out;
	bool nomem;
};

static const char *one(struct reading *r, u64 va, bool paged)
{
	unsigned depth_off = r->t->ptr_size == 4 ? 4 : 0;
	struct raw_lookaside raw = { 0 };
	struct ntr_lookaside *l;
	u32 have = 0;
	u16 cached;

	if (ntr_bound_read(&r->bound, r->t->mem, va, &raw, &have, NULL) ||
	    ntr_read_u16(r->t->mem, va + depth_off, &cached))
		return "a list is in a page that is not in the dump";
	l = ntr_vec_add(r->out);
	if (!l) {
		r->nomem = true;
		return "out of memory";
	}
	*l = (struct ntr_lookaside){
		.va = va, .paged = paged, .cached = cached,
		.tag = raw.tag & ~TAG_PROTECTED, .size = raw.size,
		.depth = raw.depth, .maximum = raw.maximum,
		.allocates = raw.allocates, .frees = raw.frees,
		.allocate_misses = raw.allocate_misses,
		.free_misses = raw.free_misses,
	};
	return NULL;
}

/* Why the walk ended before the head came round, or NULL. */
static const char *walk(struct reading *r, u64 head, bool paged)
{
	struct ntr_target *t = r->t;
	u64 at = head, next, back;

	for (u32 n = 0; n < NTR_MAX_LOOKASIDES; n++) {
		const char *why;

		if (ntr_read_ptr(t->mem, at, t->ptr_size, &next) ||
		    !ntr_kernel_va(t, next) ||
		    ntr_read_ptr(t->mem, next + t->ptr_size, t->ptr_size,
				 &back))
			return "the list ends in memory that is not there";
		if (back != at)
			return "an entry of the list does not point back";
		if (next == head)
			return NULL;
		why = one(r, next - r->link, paged);
		if (why)
			return why;
		at = next;
	}
	return "there are more than are looked at";
}

enum ntr_st ntr_lookasides_read(struct ntr_pool *p, struct ntr_lookasides *out,
				struct ntr_err *e)
{
	static const char *const heads[] = { "ExNPagedLookasideListHead",
					     "ExPagedLookasideListHead" };
	static const char type[] = "_GENERAL_LOOKASIDE";
	struct reading r = { .t = p->t, .out = out };
	struct ntr_type_hit link;

	*out = (struct ntr_lookasides){ 0 };
	if (ntr_bind(&p->t->priv->types, type, members, NTR_COUNT(members),
		     &r.bound, NULL) ||
	    !ntr_types_find(&p->t->priv->types, type, "ListEntry", &link)) {
		out->why[0] = out->why[1] = "the layout of lookaside lists is "
					    "not known for this build";
		return NTR_OK;
	}
	r.link = link.off;
	out->source = r.bound.source;
	for (unsigned k = 0; k < 2; k++) {
		u64 head;

		out->why[k] = ntr_pool_var(p->t, heads[k], 0, &head) ?
			      walk(&r, head, k == NTR_PAGED) :
			      "the lists' heads are not known: the kernel's "
			      "symbols would give them";
	}
	if (!r.nomem)
		return NTR_OK;
	ntr_lookasides_fini(out);
	return ntr_fail(e, NTR_NOMEM, "out of memory");
}

void ntr_lookasides_fini(struct ntr_lookasides *l)
{
	ntr_vec_fini(l);
}

u64 ntr_lookasides_cached(const struct ntr_lookasides *l,
			  const struct ntr_pool_form *f, u32 tag, bool paged,
			  u64 *bytes)
{
	u64 n = 0;

	*bytes = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct ntr_lookaside *a = &l->v[i];
		u64 each = ((u64)a->size + f->header + f->unit - 1) / f->unit *
			   f->unit;

		if (a->tag != tag || a->paged != paged)
			continue;
		n += a->cached;
		*bytes += each * a->cached;
	}
	return n;
}
