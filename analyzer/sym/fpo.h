// SPDX-License-Identifier: Apache-2.0
/*
 * FPO_DATA: the frames of x86 functions, 16 bytes each, in .DBG files and in
 * the debug directory of images.  RVAs are those of the final image.  Layout:
 * docs/formats/dbg.md.
 */
#ifndef NTR_FPO_H
#define NTR_FPO_H

#include "../base/bin.h"
#include "../base/vec.h"
#include "uwrec.h"

struct ntr_fpo {
	u32 rva, size, locals; /* locals in words, as stored */
	u16 params, bits;
};
struct ntr_fpo_table {
	NTR_VEC(struct ntr_fpo); /* by rva */
};

/* Takes the whole records that are there. */
NTR_MUST enum ntr_st ntr_fpo_read(struct ntr_fpo_table *t, struct ntr_bin *b,
				  struct ntr_err *e);
/* ABSENT: no record covers rva. */
NTR_MUST enum ntr_st ntr_fpo_at(const struct ntr_fpo_table *t, u64 rva,
				struct ntr_uwrec *out, struct ntr_err *e);

#endif
