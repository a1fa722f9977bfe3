// SPDX-License-Identifier: Apache-2.0
/*
 * An image as a source of symbols: what it exports, and, when it was linked
 * with them, COFF symbols, embedded CodeView and FPO records.  From a file by
 * ntr_symsrc_open(), from the memory of a dump by ntr_symsrc_pe_memory().
 *
 * An export is a name for its own function only.  Where .pdata (or FPO) says
 * that an address is in another function, that one has no name: ABSENT, not
 * the nearest export and a large offset.  Where nothing is said (x86, leaf
 * functions, a table that is not in the dump) the nearest export below in the
 * same section is it, with size 0.  For data beside the exports: dbg_data.h.
 */
#ifndef NTR_SOURCE_PE_H
#define NTR_SOURCE_PE_H

#include "pe.h"
#include "source.h"

extern const struct ntr_symsrc_ops ntr_symsrc_pe;

/* pe is copied; the space it reads from is borrowed until the source is
 * closed. Missing pages are missing symbols, never an error. */
NTR_MUST enum ntr_st ntr_symsrc_pe_memory(struct ntr_symsrc **out,
					  const struct ntr_pe *pe,
					  struct ntr_err *e);
/* The image behind the source; NULL: it is of another format. */
const struct ntr_pe *ntr_symsrc_pe_image(const struct ntr_symsrc *s);

#endif
