// SPDX-License-Identifier: Apache-2.0
/*
 * Symbols and lines that a source has read whole: filled with add, sealed
 * once, then asked.  For formats that are small or have no index of their
 * own (.DBG, COFF tables, exports).
 *
 * Names are borrowed: the source keeps them.  Between seal and fini the
 * answers do not change.  Asking by name builds an index at the first such
 * question.
 */
#ifndef NTR_SYMLIST_H
#define NTR_SYMLIST_H

#include "../base/arena.h"
#include "../base/vec.h"
#include "source.h"

/* A name longer than this is damage: it bounds what comparing costs. */
#define NTR_SYM_NAME_MAX 4096u
/* Symbols looked at, from the nearest one back, for one that holds an RVA. */
#define NTR_SYMLIST_BACK 256u

struct ntr_symlist {
	NTR_VEC(struct ntr_symbol);
	u64 *reach;    /* of v[0..i], the greatest end */
	u32 *by_name;  /* indices in the order of stored names */
	struct ntr_symname *plain; /* names without decoration, in order */
};

/* Sorts, and drops what is there twice (same name, same RVA): the record that
 * says more stays. */
NTR_MUST enum ntr_st ntr_symlist_seal(struct ntr_symlist *l,
				      struct ntr_err *e);
void ntr_symlist_fini(struct ntr_symlist *l);

/* As the slots of struct ntr_symsrc_ops. names: for the undecorated ones. */
NTR_MUST enum ntr_st ntr_symlist_at(const struct ntr_symlist *l, u64 rva,
				    struct ntr_symbol *out, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_symlist_named(struct ntr_symlist *l, u32 machine,
				       struct ntr_arena *names,
				       const char *name,
				       struct ntr_symbol *out,
				       struct ntr_err *e);
/* false: fn stopped it. */
bool ntr_symlist_each(const struct ntr_symlist *l, ntr_symbol_fn *fn,
		      void *ctx);
/* Before sealing: sort, then code that begins exactly at rva and has no size
 * gets one. */
void ntr_symlist_sort(struct ntr_symlist *l);
void ntr_symlist_size(struct ntr_symlist *l, u64 rva, u64 size);

struct ntr_linelist {
	NTR_VEC(struct ntr_line);
};
/* Sorts; a line ends where the next one begins, if its size says no less. */
void ntr_linelist_seal(struct ntr_linelist *l);
NTR_MUST enum ntr_st ntr_linelist_at(const struct ntr_linelist *l, u64 rva,
				     struct ntr_line *out, struct ntr_err *e);
bool ntr_linelist_each(const struct ntr_linelist *l, ntr_line_fn *fn,
		       void *ctx);

#endif
