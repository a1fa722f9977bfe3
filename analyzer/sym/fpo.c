// SPDX-License-Identifier: Apache-2.0
#include "fpo.h"

#include <stdlib.h>

/* Records before the nearest one that are looked at: they may nest. */
#define BACK 16u

static int by_rva(const void *x, const void *y)
{
	const struct ntr_fpo *a = x, *b = y;

	return a->rva < b->rva ? -1 : a->rva > b->rva;
}

enum ntr_st ntr_fpo_read(struct ntr_fpo_table *t, struct ntr_bin *b,
			 struct ntr_err *e)
{
	while (ntr_bin_left(b) >= 16) {
		struct ntr_fpo *f = ntr_vec_add(t);

		if (!f)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		f->rva = ntr_bin_u32(b, "FPO start");
		f->size = ntr_bin_u32(b, "FPO size");
		f->locals = ntr_bin_u32(b, "FPO locals");
		f->params = ntr_bin_u16(b, "FPO parameters");
		f->bits = ntr_bin_u16(b, "FPO bits");
	}
	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), by_rva);
	return NTR_OK;
}

static void decode(const struct ntr_fpo *f, struct ntr_uwrec *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = NTR_UW_FPO;
	out->rva = f->rva;
	out->size = f->size;
	/* A count of words that overflows as bytes is a lie either way. */
	out->locals = f->locals <= UINT32_MAX / 4 ? f->locals * 4 : UINT32_MAX;
	out->params = f->params * 4u;
	out->prolog = f->bits & 0xff;
	out->saved_regs = (f->bits >> 8 & 7) * 4u;
	out->has_seh = f->bits & 1u << 11;
	out->uses_ebp = f->bits & 1u << 12;
	out->frame = f->bits >> 14;
	out->function_start = true;
}

enum ntr_st ntr_fpo_at(const struct ntr_fpo_table *t, u64 rva,
		       struct ntr_uwrec *out, struct ntr_err *e)
{
	size_t lo = 0, hi = t->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (t->v[mid].rva <= rva)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = lo; i-- > 0 && lo - i <= BACK;) {
		if (rva - t->v[i].rva >= t->v[i].size)
			continue;
		decode(&t->v[i], out);
		return NTR_OK;
	}
	return ntr_fail(e, NTR_ABSENT, "no FPO record at +0x%" PRIx64, rva);
}
