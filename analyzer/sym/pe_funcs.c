// SPDX-License-Identifier: Apache-2.0
#include "pe_funcs.h"

#include "../base/record.h"
#include "../fmt/dump.h"

#include <stdlib.h>

#define ENTRIES 128u   /* read at a time */
#define MAX_ENTRY 20u
#define MAX_CHAIN 32u
#define CHAININFO 4u

static unsigned entry_size(u32 machine)
{
	switch (machine) {
	case NTR_MACHINE_AMD64:
		return 12;
	case NTR_MACHINE_ARM64:
		return 8;
	case NTR_MACHINE_ALPHA:
	case NTR_MACHINE_R4000:
	case NTR_MACHINE_POWERPC:
		return 20;
	default:
		return 0;
	}
}

/* Tables of the RISC machines hold addresses, relocated or as linked; the low
 * two bits are flags. */
static u32 rva_of(const struct ntr_pe *pe, u32 va)
{
	u32 a = va & ~3u, base = (u32)pe->base, linked = (u32)pe->image_base;

	if (pe->mapped && a >= base && a - base < pe->size)
		return a - base;
	return a >= linked && a - linked <= pe->size ? a - linked : 0;
}

static void decode(const struct ntr_pe *pe, const u8 *p,
		   struct ntr_pe_func *f)
{
	u32 a = ntr_load_u32(p), b = ntr_load_u32(p + 4);

	*f = (struct ntr_pe_func){ .rva = a, .end = b };
	if (pe->machine == NTR_MACHINE_AMD64) {
		f->data = ntr_load_u32(p + 8);
	} else if (pe->machine == NTR_MACHINE_ARM64) {
		f->data = b;
		f->end = b & 3 ? a + (b >> 2 & 0x7ff) * 4 : 0;
	} else {
		f->rva = rva_of(pe, a);
		f->end = rva_of(pe, b);
	}
}

static bool sane(const struct ntr_pe *pe, const struct ntr_pe_func *f)
{
	if (!f->rva || f->rva >= pe->size)
		return false;
	if (pe->machine == NTR_MACHINE_ARM64 && !(f->data & 3))
		return f->data != 0;
	return f->end > f->rva && f->end <= pe->size;
}

static enum ntr_st add(struct ntr_pe_funcs *t, const u8 *raw, size_t n,
		       unsigned each, struct ntr_err *e)
{
	struct ntr_pe_func f, *out;

	for (size_t i = 0; i + each <= n; i += each) {
		decode(t->pe, raw + i, &f);
		if (!sane(t->pe, &f))
			continue;
		out = ntr_vec_add(t);
		if (!out)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		*out = f;
	}
	return NTR_OK;
}

static int by_rva(const void *x, const void *y)
{
	const struct ntr_pe_func *a = x, *b = y;

	return a->rva < b->rva ? -1 : a->rva > b->rva;
}

enum ntr_st ntr_pe_funcs_load(struct ntr_pe_funcs *t, const struct ntr_pe *pe,
			      struct ntr_err *e)
{
	unsigned each = entry_size(pe->machine);
	u64 at = pe->dir[NTR_PE_EXCEPTION].rva, end;
	u32 n = each ? pe->dir[NTR_PE_EXCEPTION].size / each : 0;
	u8 raw[ENTRIES * MAX_ENTRY];
	enum ntr_st st = NTR_OK;

	memset(t, 0, sizeof(*t));
	t->pe = pe;
	if (n > NTR_PE_MAX_FUNCS)
		n = NTR_PE_MAX_FUNCS;
	end = at ? at + (u64)n * each : at;
	while (!st && at < end && at < pe->size) {
		size_t want = end - at < ENTRIES * each ? (size_t)(end - at)
							: ENTRIES * each;
		size_t got = ntr_pe_read_some(pe, (u32)at, raw, want);

		st = add(t, raw, got, each, e);
		at += want;
	}
	if (st)
		ntr_pe_funcs_fini(t);
	else if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), by_rva);
	return st;
}

void ntr_pe_funcs_fini(struct ntr_pe_funcs *f)
{
	ntr_vec_fini(f);
}

/* ARM64: the first word of .xdata holds the length, in instructions. */
static u32 end_in_xdata(const struct ntr_pe *pe, const struct ntr_pe_func *f)
{
	u8 raw[4];
	u32 end;

	if (ntr_pe_read(pe, f->data, raw, sizeof(raw), NULL))
		return 0;
	end = f->rva + (ntr_load_u32(raw) & 0x3ffff) * 4;
	return end > f->rva && end <= pe->size ? end : 0;
}

bool ntr_pe_funcs_below(const struct ntr_pe_funcs *t, u32 rva,
			struct ntr_pe_func *out)
{
	size_t lo = 0, hi = t->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (t->v[mid].rva <= rva)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return false;
	*out = t->v[lo - 1];
	if (!out->end)
		out->end = end_in_xdata(t->pe, out);
	return true;
}

/* The entry that a chained unwind info points back to; false: not chained. */
static bool chained(const struct ntr_pe *pe, u32 info, struct ntr_pe_func *up)
{
	u8 head[4], entry[12];
	u64 at;

	if (info & 1) /* the entry of another function, shared */
		return !ntr_pe_read(pe, info & ~1u, entry, sizeof(entry),
				    NULL) &&
		       (decode(pe, entry, up), true);
	if (ntr_pe_read(pe, info, head, sizeof(head), NULL) ||
	    !(head[0] >> 3 & CHAININFO))
		return false;
	at = (u64)info + 4 + (head[2] + 1u) / 2 * 4;
	if (at > NTR_PE_MAX_IMAGE ||
	    ntr_pe_read(pe, (u32)at, entry, sizeof(entry), NULL))
		return false;
	decode(pe, entry, up);
	return true;
}

u32 ntr_pe_funcs_primary(const struct ntr_pe_funcs *t,
			 const struct ntr_pe_func *part)
{
	struct ntr_pe_func f = *part, up;

	if (t->pe->machine != NTR_MACHINE_AMD64)
		return part->rva;
	for (u32 i = 0; i < MAX_CHAIN && chained(t->pe, f.data, &up); i++)
		f = up;
	return f.rva && f.rva < t->pe->size ? f.rva : part->rva;
}
