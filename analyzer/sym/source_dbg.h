// SPDX-License-Identifier: Apache-2.0
/*
 * What a .DBG file says beside what every symbol source answers.  s is a
 * source whose ops are ntr_symsrc_dbg; names are borrowed until it is closed.
 * A further fact of such a file: a function here.
 */
#ifndef NTR_SOURCE_DBG_H
#define NTR_SOURCE_DBG_H

#include "pe.h"
#include "source.h"

extern const struct ntr_symsrc_ops ntr_symsrc_dbg;

/* Name of the image in the MISC record. ABSENT: it has none. */
NTR_MUST enum ntr_st ntr_dbg_image_name(struct ntr_symsrc *s, char *out,
					size_t size, struct ntr_err *e);
/* The PDB that an NB10 or RSDS record names: the symbols are there. ABSENT:
 * they are here. */
NTR_MUST enum ntr_st ntr_dbg_pdb(struct ntr_symsrc *s,
				 struct ntr_pe_debug *out, struct ntr_err *e);
/* The list of exported names, which has no addresses. BAD: it does not end. */
typedef bool ntr_dbg_name_fn(void *ctx, const char *name);
NTR_MUST enum ntr_st ntr_dbg_exported(struct ntr_symsrc *s,
				      ntr_dbg_name_fn *fn, void *ctx,
				      struct ntr_err *e);

#endif
