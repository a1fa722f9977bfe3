// SPDX-License-Identifier: Apache-2.0
/*
 * COFF symbol and line tables: those of .DBG files, of images linked by
 * Microsoft (values are RVAs) and of images linked by GNU ld (values count
 * from the section).  Which of the two it is shows in the values themselves.
 * Layout and what was verified: docs/formats/dbg.md.
 */
#ifndef NTR_COFF_SYMS_H
#define NTR_COFF_SYMS_H

#include "dbg_map.h"
#include "symlist.h"

struct ntr_coff {
	struct ntr_bin symbols; /* 18 bytes each */
	struct ntr_bin strings; /* from their size field on; may be empty */
	struct ntr_bin lines;   /* 6 bytes each; may be empty */
	const struct ntr_dbg_map *map;
	bool expect_rva;        /* how values are read that fit both */
	struct ntr_arena *names; /* for those that cannot be borrowed */
};

/* Names longer than eight bytes are borrowed from strings.  BAD: part of the
 * table is damaged; what is not was added. */
NTR_MUST enum ntr_st ntr_coff_read(const struct ntr_coff *c,
				   struct ntr_symlist *syms,
				   struct ntr_linelist *lines,
				   struct ntr_err *e);

#endif
