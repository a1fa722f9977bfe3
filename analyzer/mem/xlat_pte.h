// SPDX-License-Identifier: Apache-2.0
/*
 * Inside mem/: the paging forms and page-table entry formats as data.
 *
 * A form is a row of ntr_forms[] (bits per level, entry size, root mask), a
 * decoder of its hardware entries, and the rows of its software (not valid)
 * entries, one per range of NT builds with the same field positions.  To add
 * a build with other positions, add a row; to add a form, a row and a decoder.
 */
#ifndef NTR_XLAT_PTE_H
#define NTR_XLAT_PTE_H

#include "xlat.h"

enum ntr_hw_kind {
	NTR_HW_TABLE, /* pa: the next table */
	NTR_HW_PAGE,  /* pa: base of the page, large above level 0 */
	NTR_HW_SOFT,  /* not valid: NT's own format */
	NTR_HW_BAD,   /* no processor takes it */
};
struct ntr_hw {
	enum ntr_hw_kind kind;
	u64 pa;
};

struct ntr_bits {
	u8 pos, width; /* width 0: the field does not exist */
};

/* Software entries of the builds first..last (0 is "build unknown"). */
struct ntr_soft_row {
	u32 first, last;
	struct ntr_bits prototype, transition, pfn, file, page;
	struct ntr_bits proto_low, proto_high; /* address of the prototype */
	u64 proto_base;  /* added to it; 0: it is an address of its own */
	struct ntr_bits swizzle; /* set: not swizzled */
	u8 store;        /* page file number of the compression store; 0 none */
};

struct ntr_form {
	const char *name;
	u8 levels;
	u8 bits[NTR_WALK_LEVELS]; /* root first */
	u8 page_shift, pte_size;
	u8 va_bits;               /* above: sign extension, or zero at 32 */
	u64 root_mask;
	struct ntr_hw (*decode)(u64 raw, unsigned level);
	const struct ntr_soft_row *soft;
	size_t nsoft;
};

/* NULL for NONE and for values that are no form. */
const struct ntr_form *ntr_form_of(enum ntr_paging p);

/* What a software entry says: state, and pa, proto, pagefile* of w. */
void ntr_soft_decode(const struct ntr_xlat *x, const struct ntr_form *f,
		     u64 raw, struct ntr_walk *w);

/* The answer ntr_xlat_pa() caches for one last-level entry; 0: must walk. */
u64 ntr_pte_answer(const struct ntr_xlat *x, const struct ntr_form *f, u64 raw);

#endif
