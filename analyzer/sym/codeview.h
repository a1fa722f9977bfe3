// SPDX-License-Identifier: Apache-2.0
/*
 * CodeView data of the time before PDB 7, as it lies in .DBG files and in
 * images: NB09 (CodeView 4, 16-bit type indices) and NB11 (CodeView 5, 32-bit
 * ones).  A directory of subsections; each is read on its own, so that a
 * damaged one costs only itself.  Subsections may not take more bytes
 * together than there are: what overlaps is refused.
 *
 * To read another subsection: its number here, a reader that starts from
 * ntr_cv_part().  Layouts: docs/formats/dbg.md.
 */
#ifndef NTR_CODEVIEW_H
#define NTR_CODEVIEW_H

#include "dbg_map.h"
#include "symlist.h"

enum { /* subsections in use here */
	NTR_CV_MODULE = 0x120,
	NTR_CV_ALIGN_SYM = 0x125,
	NTR_CV_SRC_MODULE = 0x127,
	NTR_CV_GLOBAL_SYM = 0x129,
	NTR_CV_GLOBAL_PUB = 0x12a,
	NTR_CV_GLOBAL_TYPES = 0x12b,
	NTR_CV_SEG_MAP = 0x12d,
	NTR_CV_STATIC_SYM = 0x134,
};
#define NTR_CV_DIRECTORIES 64u /* chained by lfoNextDir */

struct ntr_cv_part {
	u16 kind, module;
	u32 off, size; /* from the signature; inside the data */
};
struct ntr_cv_seg {
	u16 section;   /* from 1 */
	u32 off;       /* where the segment begins in it */
};

struct ntr_cv {
	struct ntr_bin data; /* begins with the signature; borrowed */
	char form[5];
	const struct ntr_dbg_map *map;
	struct ntr_arena *names;
	struct { NTR_VEC(struct ntr_cv_part); } parts;
	struct { NTR_VEC(struct ntr_cv_seg); } segs; /* empty: seg = section */
	bool damaged;              /* and the first thing that was: */
	struct ntr_err damage;
};

/* Reads the signature and the directory. UNSUP: a form this does not read.
 * BAD: no directory at all; parts of it that are damaged are remembered. */
NTR_MUST enum ntr_st ntr_cv_open(struct ntr_cv *cv, const struct ntr_bin *data,
				 const struct ntr_dbg_map *map,
				 struct ntr_arena *names, struct ntr_err *e);
void ntr_cv_close(struct ntr_cv *cv);
/* Everything readable is added; damage is remembered. NOMEM only. */
NTR_MUST enum ntr_st ntr_cv_symbols(struct ntr_cv *cv,
				    struct ntr_symlist *out,
				    struct ntr_err *e);
NTR_MUST enum ntr_st ntr_cv_lines(struct ntr_cv *cv,
				  struct ntr_linelist *out,
				  struct ntr_err *e);
/* The first part of a kind as a cursor of its own; false: none. */
bool ntr_cv_part(const struct ntr_cv *cv, u16 kind, struct ntr_bin *out);

/* For the readers of parts. */
void ntr_cv_damaged(struct ntr_cv *cv, const char *fmt, ...) NTR_PRINTF(2, 3);
struct ntr_bin ntr_cv_bytes(const struct ntr_cv *cv,
			    const struct ntr_cv_part *p);
/* A length byte and that many characters. NULL: not there, or no memory. */
const char *ntr_cv_pname(const struct ntr_cv *cv, struct ntr_bin *b,
			 const char *what);
/* Segment and offset of CodeView to RVA; as ntr_dbg_map_seg(). */
bool ntr_cv_place(const struct ntr_cv *cv, u32 seg, u32 off, u32 *rva,
		  u32 *left, bool *code);

#endif
