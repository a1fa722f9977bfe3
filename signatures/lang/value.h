// SPDX-License-Identifier: Apache-2.0
/*
 * A value while a rule is judged: known, certainly not there (NONE), or
 * unknown with the reason; numbers are signed and have 128 bits, so that no
 * sum, difference or product of two facts is wrong.
 *
 * Invariant: of NONE and UNKNOWN only `why` means anything.  A comparison with
 * what is not there is false, arithmetic with it is not there.
 */
#ifndef NTR_SIG_VALUE_H
#define NTR_SIG_VALUE_H

#include "ast.h"

__extension__ typedef __int128 sig_int;
__extension__ typedef unsigned __int128 sig_uint;

enum sig_tri { SIG_FALSE, SIG_TRUE, SIG_MAYBE };

struct sig_val {
	enum ntr_fact_state state;
	const char *why;
	sig_int n;
	const char *s;
	u16 version[4];
	unsigned nversion;
	struct ntr_fact fact;    /* of a list or record: itself */
};

static inline enum sig_tri sig_not(enum sig_tri t)
{
	return t == SIG_MAYBE ? t : t == SIG_TRUE ? SIG_FALSE : SIG_TRUE;
}

void sig_val_of_fact(const struct ntr_fact *f, struct sig_val *out);
void sig_unknown(struct sig_val *v, const char *why);
void sig_number(struct sig_val *v, sig_int n);

/* <0, 0, >0; of versions missing parts are 0, of strings ASCII case is none. */
int sig_compare(const struct sig_val *a, const struct sig_val *b,
		const struct sig_type *t);
/* How a value of this type is written. */
void sig_val_text(const struct sig_val *v, const struct sig_type *t,
		    struct ntr_str *out);
void sig_int_text(sig_int n, struct ntr_str *out);

#endif
