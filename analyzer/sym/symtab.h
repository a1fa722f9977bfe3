// SPDX-License-Identifier: Apache-2.0
/*
 * A table of symbols in memory: what ELF and COFF symbol tables become.
 * Add rows, then ntr_symtab_done() once, then ask.  Names are borrowed.
 *
 * An address belongs to the innermost symbol whose size covers it; which one
 * that is is worked out once, so a lookup is a binary search whatever the
 * sizes claim.  A zeroed struct is an empty table.
 */
#ifndef NTR_SYMTAB_H
#define NTR_SYMTAB_H

#include "../base/vec.h"
#include "source.h"

struct ntr_symtab_row {
	struct ntr_symbol s;
	u8 rank; /* of symbols with the same address and size the highest wins */
};
struct ntr_symtab_seg {
	u64 start;
	u32 owner; /* row, or NTR_SYMTAB_NONE; up to the next start */
};
#define NTR_SYMTAB_NONE UINT32_MAX

struct ntr_symtab {
	struct { NTR_VEC(struct ntr_symtab_row); } rows;
	struct { NTR_VEC(struct ntr_symtab_seg); } segs;
	u32 *by_name;
	bool x86; /* names may carry _, @n: found without, too */
};

/* false: no memory, or more than fit 32 bits. */
NTR_MUST bool ntr_symtab_add(struct ntr_symtab *t, const struct ntr_symbol *s,
			     u8 rank);
/* Sorts; rows alike in name and address become one. */
NTR_MUST bool ntr_symtab_done(struct ntr_symtab *t);
/* By size; NULL: none covers it. */
const struct ntr_symbol *ntr_symtab_covering(const struct ntr_symtab *t,
					     u64 rva);
/* At or below. */
const struct ntr_symbol *ntr_symtab_nearest(const struct ntr_symtab *t,
					    u64 rva);
const struct ntr_symbol *ntr_symtab_named(const struct ntr_symtab *t,
					  const char *name);
void ntr_symtab_fini(struct ntr_symtab *t);

#endif
