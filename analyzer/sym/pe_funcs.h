// SPDX-License-Identifier: Apache-2.0
/*
 * Where functions begin and end as the exception directory (.pdata) of an
 * image tells: x64, ARM64, and the Alpha, MIPS and PowerPC form.  Only bounds:
 * how to unwind is the unwinders' business.  The table is read once; pages
 * of it that are missing are missing functions.  Leaf functions have no entry.
 * A further machine: its entry size and decoder in pe_funcs.c.
 */
#ifndef NTR_PE_FUNCS_H
#define NTR_PE_FUNCS_H

#include "../base/vec.h"
#include "pe.h"

#define NTR_PE_MAX_FUNCS 0x200000u

struct ntr_pe_func {
	u32 rva, end; /* end 0: only .xdata knows, data says where */
	u32 data;     /* x64: unwind info; ARM64: packed data or RVA */
};
struct ntr_pe_funcs {
	const struct ntr_pe *pe; /* borrowed */
	NTR_VEC(struct ntr_pe_func); /* by rva */
};

/* OK with n == 0: the image has none (x86), or nothing of it is there. */
NTR_MUST enum ntr_st ntr_pe_funcs_load(struct ntr_pe_funcs *f,
				       const struct ntr_pe *pe,
				       struct ntr_err *e);
void ntr_pe_funcs_fini(struct ntr_pe_funcs *f);
/* The entry with the greatest start at or below rva, its end filled in where
 * it can be read. false: none. */
bool ntr_pe_funcs_below(const struct ntr_pe_funcs *f, u32 rva,
			struct ntr_pe_func *out);
/* x64: the function that a part split off from it belongs to (chained unwind
 * info); itself when it is not such a part. */
u32 ntr_pe_funcs_primary(const struct ntr_pe_funcs *f,
			 const struct ntr_pe_func *part);

#endif
