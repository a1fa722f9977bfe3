// SPDX-License-Identifier: Apache-2.0
/*
 * What the verbs x, ln, dt, translate and analyze show, for the debugger's
 * commands of the same name.  The caller has opened a JSON object; each adds
 * its fields to it.  ABSENT: nothing was found, which has been said.
 */
#ifndef NTR_CLI_SYM_SHOW_H
#define NTR_CLI_SYM_SHOW_H

#include "sym_input.h"

/* Symbols that match "MODULE!PATTERN", by address (verb_x.c). */
NTR_MUST enum ntr_st ntr_show_symbols(struct ntr_cli *c,
				      struct ntr_sym_input *in,
				      const char *pattern);

/* The symbol nearest to va, its line and module (verb_ln.c). */
NTR_MUST enum ntr_st ntr_show_near(struct ntr_cli *c, struct ntr_sym_input *in,
				   u64 va);

/* "MODULE!TYPE" as the first source has it that knows it (verb_dt.c). */
struct ntr_dt_type {
	char module[64];
	const char *type;
	struct ntr_symsrc *src;
	u64 id;
	char spelt[128]; /* its name, when letter case was not as given */
};
NTR_MUST enum ntr_st ntr_find_type(struct ntr_sym_input *in, const char *text,
				   struct ntr_dt_type *out, struct ntr_err *e);
/* Its members, or those named; with their values when mem is set. */
struct ntr_dt_query {
	const char *const *member;
	int nmembers;
	const struct ntr_space *mem; /* NULL: no values */
	u64 at;
	unsigned depth;  /* levels of structures inside structures */
	bool pointers;   /* what pointers point to is such a level, too */
	bool verbose;    /* with what kind of type it is, and its size */
	bool brief;      /* without where the layout is from */
};
#define NTR_DT_DEPTH 16u
#define NTR_DT_LINES 20000u /* of one structure */
NTR_MUST enum ntr_st ntr_show_type(struct ntr_cli *c, struct ntr_sym_input *in,
				   const struct ntr_dt_type *f,
				   const struct ntr_dt_query *q,
				   struct ntr_err *e);

/* "PTE", "PDE", ... of a level of a walk (verb_translate.c). */
const char *ntr_level_name(enum ntr_paging form, unsigned level);
/* The block of a triage dump that holds va, or NULL. */
const struct ntr_vblock *ntr_block_of(const struct ntr_dump *d, u64 va);

#endif
