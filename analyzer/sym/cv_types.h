// SPDX-License-Identifier: Apache-2.0
/*
 * Types of CodeView 4 and 5 (sstGlobalTypes of NB09 and NB11): records with
 * 16-bit and with 32-bit type indices, names counted.  An id is the type
 * index: below 0x1000 built in, else a record.  Records are read when asked
 * for; what names the complete ones is indexed at the first such question.
 *
 * A new record or member: a row in one of the two tables of cv_types.c.
 */
#ifndef NTR_CV_TYPES_H
#define NTR_CV_TYPES_H

#include "codeview.h"

#define NTR_CV_FIELDLISTS 64u /* one list continued in another */

struct ntr_cv_types {
	struct ntr_cv *cv;     /* borrowed */
	struct ntr_bin recs;   /* first record on */
	u32 *off;              /* of each record in recs; owned */
	u32 n;
	bool indexed;
	struct { NTR_VEC(struct ntr_cv_udt); } udts; /* by name */
	/* Names that were asked for, by where they lie in recs. */
	struct ntr_cv_name { u32 off; const char *name; } *name;
	u32 nnames, cap;       /* cap: power of two */
};

/* Nothing of that kind in cv: n is 0. */
NTR_MUST enum ntr_st ntr_cv_types_open(struct ntr_cv_types *t,
				       struct ntr_cv *cv, struct ntr_err *e);
void ntr_cv_types_close(struct ntr_cv_types *t);

/* As the slots of struct ntr_symsrc_ops. */
NTR_MUST enum ntr_st ntr_cv_type_named(struct ntr_cv_types *t,
				       const char *name, u64 *id,
				       struct ntr_err *e);
NTR_MUST enum ntr_st ntr_cv_type(struct ntr_cv_types *t, u64 id,
				 struct ntr_type *out, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_cv_type_members(struct ntr_cv_types *t, u64 id,
					 ntr_type_member_fn *fn, void *ctx,
					 struct ntr_err *e);
NTR_MUST enum ntr_st ntr_cv_types_each(struct ntr_cv_types *t,
				       ntr_type_name_fn *fn, void *ctx,
				       struct ntr_err *e);

#endif
