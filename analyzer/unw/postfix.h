// SPDX-License-Identifier: Apache-2.0
/*
 * The postfix programs of unwind records: FRAMEDATA
 *
 *	$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =
 *
 * and the rules of call frame information, `.cfa: $rsp 16 + .ra: .cfa 8 - ^`.
 *
 * Words are separated by blanks: an integer, a name, or an operator of
 * + - * / % @ (a b @: a rounded down to a multiple of b, a power of two),
 * ^ (the word in memory) and = (name value =).  A leading $ of a name does
 * not count.  A name is a variable, set by ntr_postfix_set() or by the program
 * itself, else a register of regs; reading what is neither is an error.
 *
 * The invariant: a program of any bytes ends, within the bounds below, and
 * touches nothing but this struct and mem.  Errors say where in the text.
 * To add an operator, see apply() in postfix.c.
 */
#ifndef NTR_POSTFIX_H
#define NTR_POSTFIX_H

#include "regs.h"

#define NTR_POSTFIX_NAME 16u  /* longest name, without the $ */
#define NTR_POSTFIX_VARS 48u
#define NTR_POSTFIX_STACK 24u
#define NTR_POSTFIX_STEPS 512u /* words of a program */

struct ntr_postfix_name {
	u8 c[NTR_POSTFIX_NAME]; /* zero-padded */
};

struct ntr_postfix {
	const struct ntr_regs *regs;
	const struct ntr_space *mem;
	unsigned word; /* 4 or 8 bytes; values are that wide */
	unsigned n;
	struct {
		struct ntr_postfix_name name;
		u64 v;
	} var[NTR_POSTFIX_VARS];
};

void ntr_postfix_init(struct ntr_postfix *p, const struct ntr_regs *regs,
		      const struct ntr_space *mem);

/* A variable. LIMIT when there are too many, BAD for a name too long. */
NTR_MUST enum ntr_st ntr_postfix_set(struct ntr_postfix *p, const char *name,
				     u64 v);
/* Only what was set or assigned counts, not registers. */
bool ntr_postfix_get(const struct ntr_postfix *p, const char *name, u64 *v);

/*
 * Run a program of assignments; nothing may be left over.  BAD: malformed,
 * UNSUP: it wants a value that is not known, ABSENT: memory is missing,
 * LIMIT: too long.
 */
NTR_MUST enum ntr_st ntr_postfix_run(struct ntr_postfix *p, const char *text,
				     size_t len, struct ntr_err *e);
/* The one value that an expression leaves. Same errors. */
NTR_MUST enum ntr_st ntr_postfix_value(struct ntr_postfix *p, const char *text,
				       size_t len, u64 *out,
				       struct ntr_err *e);

/* The next blank-separated word of [*at, len), false when there is none. */
bool ntr_postfix_word(const char *text, size_t len, size_t *at,
		      const char **word, size_t *wlen);
/* The register of a machine that a word names (without $, "x29" is fp). */
bool ntr_postfix_reg(u32 machine, const char *word, size_t len, unsigned *reg);

#endif
