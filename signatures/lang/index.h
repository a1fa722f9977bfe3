// SPDX-License-Identifier: Apache-2.0
/*
 * What a dump must have before a rule is worth judging: its stop code, a
 * module, the machine, the system.  Rules are found by stop code or by module,
 * so that those of other stops cost nothing.
 *
 * Invariant: a rule that is ruled out would be SILENT.  What a dump does not
 * tell rules nothing out.  To add a condition: a case in keys_of() and in
 * passes().
 */
#ifndef NTR_SIG_INDEX_H
#define NTR_SIG_INDEX_H

#include "lang.h"

struct sig_profile;

NTR_MUST enum ntr_st sig_index_make(struct sig_set *s, struct ntr_err *e);
void sig_index_free(struct sig_index *x);

/* What a dump is, asked once. NULL: no memory. */
struct sig_profile *sig_profile_new(const struct sig_set *s,
				    struct ntr_facts *f, struct ntr_arena *a);
/* Numbers of the rules that are not ruled out, ascending. False: no memory. */
struct sig_numbers {
	NTR_VEC(u32);
};
NTR_MUST bool sig_candidates(const struct sig_set *s,
			     const struct sig_profile *p,
			     struct sig_numbers *out);
/* Does a dump judge this block? Those of a trace not, beside those of a dump. */
bool sig_judged(const struct sig_code *r, const struct sig_block *b);
/* One rule, all its blocks. */
bool sig_passes(const struct sig_set *s, const struct sig_profile *p,
		const struct sig_code *r);

#endif
