// SPDX-License-Identifier: Apache-2.0
/*
 * HEAP_VS_CHUNK_HEADER, 64 bits: MemoryCost, UnsafeSize, UnsafePrevSize, 16 bits
 * each, then Allocated (8 bits); sizes in units of 16.  The quadword is kept
 * XORed with its address and the key.
 */
#include "pool_vs.h"

#include "../base/record.h"
#include "pool_int.h"
#include "symbols.h"

#define UNIT 16u
#define CHUNK_HEADER 16u
#define BACK (16u * NTR_POOL_PAGE) /* how far in front of va a chunk may begin */

#define TAG_OFF 4u /* in a pool header */

struct vs_heap {
	const struct ntr_space *mem;
	u64 key;
};

struct chunk {
	u64 va, size, previous;
	bool allocated;
};

static bool decode(const struct vs_heap *h, u64 va, struct chunk *c)
{
	u64 raw;

	if (ntr_read_u64(h->mem, va, &raw))
		return false;
	raw ^= va ^ h->key;
	*c = (struct chunk){ .va = va, .size = (raw >> 16 & 0xffff) * UNIT,
			     .previous = (raw >> 32 & 0xffff) * UNIT,
			     .allocated = raw >> 48 & 0xff };
	/* Flags are 0 or 1; the bits above are flags and an offset. */
	return (raw >> 48 & 0xff) <= 1 && c->size >= 2 * UNIT;
}

static u32 tag_at(const struct vs_heap *h, const struct chunk *c)
{
	u32 tag = 0;

	if (!c->allocated || ntr_read_u32(h->mem, c->va + CHUNK_HEADER + TAG_OFF,
					  &tag))
		return 0;
	return tag & 0x7fffffffu;
}

/* c, proved by the chunk behind it, which says how large c is. */
static bool proved(const struct vs_heap *h, const struct chunk *c,
		   struct chunk *next)
{
	return decode(h, c->va + c->size, next) &&
	       next->previous == c->size;
}

static void fill(const struct vs_heap *h, const struct chunk *c,
		 const struct chunk *next, struct ntr_pool_vs *out)
{
	*out = (struct ntr_pool_vs){
		.va = c->va, .size = c->size, .header = c->va + CHUNK_HEADER,
		.allocated = c->allocated, .tag = tag_at(h, c),
		.has_next = true, .next = next->va, .next_size = next->size,
		.next_allocated = next->allocated, .next_tag = tag_at(h, next),
		.previous_size = c->previous,
	};
}

enum ntr_st ntr_pool_vs_in(const struct ntr_space *mem, u64 key, u64 va,
			   struct ntr_pool_vs *out, struct ntr_err *e)
{
	u64 at = va & ~(u64)(UNIT - 1), stop = at < BACK ? 0 : at - BACK;
	struct vs_heap h = { mem, key };
	struct chunk c, next;

	for (; at > stop; at -= UNIT)
		if (decode(&h, at, &c) && va - at < c.size &&
		    proved(&h, &c, &next)) {
			fill(&h, &c, &next, out);
			return NTR_OK;
		}
	return ntr_fail(e, NTR_ABSENT, "no two chunk headers that agree enclose "
			"it: it is in another part of the segment heap (blocks "
			"of one size, large ones), or in none");
}

enum ntr_st ntr_pool_vs_of(struct ntr_pool *p, u64 va, struct ntr_pool_vs *out,
			   struct ntr_err *e)
{
	u64 key;

	if (!p->has_form || p->form.tiled || p->t->ptr_size != 8)
		return ntr_fail(e, NTR_UNSUP, "this pool is no segment heap");
	if (!ntr_pool_value(p->t, "RtlpHpHeapGlobals", 0, &key))
		return ntr_fail(e, NTR_UNSUP, "headers of the segment heap are "
				"encoded, and their key, nt!RtlpHpHeapGlobals, "
				"is not known: the kernel's symbols would give "
				"it");
	return ntr_pool_vs_in(p->t->mem, key, va, out, e);
}
