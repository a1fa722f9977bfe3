// SPDX-License-Identifier: Apache-2.0
/*
 * From where a linker put something to where it is in the image: section
 * number and offset become an RVA, and in images whose code was moved after
 * linking (BBT: NT 4 and later) the OMAP table moves the RVA.  All symbol
 * tables of a .DBG speak of the image as it was linked; its FPO records speak
 * of the final one.  Source: facts of wine's dbghelp, not verified on a real
 * .DBG (docs/formats/dbg.md).
 */
#ifndef NTR_DBG_MAP_H
#define NTR_DBG_MAP_H

#include "pe.h"

struct ntr_dbg_move {
	u32 from, to; /* to 0: from here on nothing is in the image */
};

struct ntr_dbg_map {
	const struct ntr_pe_section *section; /* borrowed */
	u32 nsections;
	struct ntr_dbg_move *move; /* OMAP from source, by from; owned */
	u32 nmoves;
};

/* Takes the bytes of an OMAP_FROM_SRC table. */
NTR_MUST enum ntr_st ntr_dbg_map_omap(struct ntr_dbg_map *m,
				      struct ntr_bin *b, struct ntr_err *e);
void ntr_dbg_map_fini(struct ntr_dbg_map *m);

/* An RVA as linked, in the image. false: it is not there. *left (may be NULL):
 * how many bytes from there on lie together. */
bool ntr_dbg_map_rva(const struct ntr_dbg_map *m, u32 linked, u32 *rva,
		     u32 *left);
/* The same for a place in section seg (from 1). *code: the section may
 * execute. */
bool ntr_dbg_map_seg(const struct ntr_dbg_map *m, u32 seg, u32 off, u32 *rva,
		     u32 *left, bool *code);

#endif
