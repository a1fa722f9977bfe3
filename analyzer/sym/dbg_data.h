// SPDX-License-Identifier: Apache-2.0
/*
 * The debug data of the time before PDB 7, the same in .DBG files and in
 * images that were linked with it: COFF symbols, CodeView, FPO, OMAP.  The
 * owner says where the entries of the debug directory are and how to read
 * them; what a question needs is loaded at the first such question.
 *
 * One part that cannot be read is remembered as damage; the others go on.
 */
#ifndef NTR_DBG_DATA_H
#define NTR_DBG_DATA_H

#include "blob.h"
#include "codeview.h"
#include "coff_syms.h"
#include "cv_types.h"
#include "fpo.h"

struct ntr_dbg_data {
	/* Set by the owner; all borrowed. */
	const char *origin;      /* for messages */
	struct ntr_arena *names;
	struct ntr_dbg_map map;  /* sections only */
	struct ntr_pe_debug_dir coff, codeview, fpo, omap; /* type 0: none */
	bool from_rva;           /* what COFF values are when they fit both */
	enum ntr_st (*load)(void *ctx, const struct ntr_pe_debug_dir *d,
			    struct ntr_blob *out, struct ntr_err *e);
	void *ctx;

	/* Its own. */
	bool tried_omap, tried_cv, has_cv, tried_coff, tried_fpo, tried_types;
	struct ntr_blob coff_bytes, coff_strings, cv_bytes;
	struct ntr_cv cv;
	struct ntr_cv_types types;
	struct ntr_fpo_table fpos;
	struct ntr_linelist coff_lines;
	struct ntr_symlist coff_syms;  /* given away by ..._symbols() */
	bool damaged;
	struct ntr_err damage;
};

/* Adds what there is; NOMEM only. */
NTR_MUST enum ntr_st ntr_dbg_data_symbols(struct ntr_dbg_data *d,
					  struct ntr_symlist *out,
					  struct ntr_err *e);
/* CodeView's lines, or those of COFF when it has none. */
NTR_MUST enum ntr_st ntr_dbg_data_lines(struct ntr_dbg_data *d,
					struct ntr_linelist *out,
					struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dbg_data_unwind(struct ntr_dbg_data *d, u64 rva,
					 struct ntr_uwrec *out,
					 struct ntr_err *e);
/* CodeView's types. ABSENT: there are none. */
NTR_MUST enum ntr_st ntr_dbg_data_types(struct ntr_dbg_data *d,
					struct ntr_cv_types **out,
					struct ntr_err *e);
/* The COFF table of an image by its header, where the debug directory has
 * none: takes over both blobs. */
void ntr_dbg_data_coff_table(struct ntr_dbg_data *d, struct ntr_blob *symbols,
			     struct ntr_blob *strings);
/* Functions' sizes as FPO records give them, for code that has none. */
NTR_MUST enum ntr_st ntr_dbg_data_sizes(struct ntr_dbg_data *d,
					struct ntr_symlist *l,
					struct ntr_err *e);
/* OK, or BAD with the first damage met so far. */
NTR_MUST enum ntr_st ntr_dbg_data_damage(const struct ntr_dbg_data *d,
					 struct ntr_err *e);
void ntr_dbg_data_fini(struct ntr_dbg_data *d);

#endif
