// SPDX-License-Identifier: Apache-2.0
/*
 * Expressions of debugger commands, in WinDbg's MASM style.  Numbers are
 * hexadecimal unless a prefix says otherwise (0x, 0n decimal, 0t octal, 0y
 * binary); ` parts digits.  Operands are numbers, registers (@rax, rax,
 * @$ip), symbols (nt!KeBugCheckEx, nt), "." (the instruction pointer) and
 * memory: poi(), by(), wo(), dwo(), qwo(), low(), hi().
 *
 * All values are 64-bit and unsigned.  On a 32-bit target numbers of 32 bits
 * with the top bit set are sign-extended, as WinDbg does, unless they are
 * written with a `.
 *
 * Pure: what a register, a symbol or memory holds comes through struct
 * ntr_expr_env.  Bounded: at most NTR_EXPR_DEPTH open operators.  To add an
 * operator, add a row to a table of expr.c.
 */
#ifndef NTR_KD_EXPR_H
#define NTR_KD_EXPR_H

#include "base/space.h"

#define NTR_EXPR_DEPTH 64u
#define NTR_EXPR_NAME 512u /* longest symbol */

struct ntr_expr_env {
	unsigned ptr_size;
	const struct ntr_space *mem;  /* NULL: no memory */
	/* name without '@', such as "rax", "$ip". False: there is none such.
	 * *known false: there is, but its value is not known. */
	bool (*reg)(void *ctx, const char *name, u64 *v, bool *known);
	enum ntr_st (*symbol)(void *ctx, const char *name, u64 *va,
			      struct ntr_err *e);
	void *ctx;
};

/* What went wrong, and at which character of the text. */
struct ntr_expr_err {
	struct ntr_err e;
	size_t at;
};

/* One expression from *text on, which is left behind it and the blanks that
 * follow.  USAGE: it cannot be read; else why a value is not known. */
NTR_MUST enum ntr_st ntr_expr(const struct ntr_expr_env *env,
			      const char **text, u64 *out,
			      struct ntr_expr_err *e);
/* The same, and nothing may follow. */
NTR_MUST enum ntr_st ntr_expr_all(const struct ntr_expr_env *env,
				  const char *text, u64 *out,
				  struct ntr_expr_err *e);

/* A number without operators, default radix 16. Returns the characters it
 * takes; 0: none. *ticked: it was written with a `. */
size_t ntr_expr_number(const char *s, u64 *out, bool *ticked);

/*
 * ADDRESS, ADDRESS L COUNT, ADDRESS END.  count is in units of `unit` bytes
 * and is dflt when the text does not say; "L-8" ends at ADDRESS.  More than
 * max units: LIMIT, unless it is written L?COUNT.  text may be empty: then
 * *addr is the start, unchanged, and *count is dflt.
 */
struct ntr_expr_range {
	u64 addr, count;
	u64 last;     /* END as it was written; valid with has_last */
	bool has_addr, has_count, has_last;
};
NTR_MUST enum ntr_st ntr_expr_range(const struct ntr_expr_env *env,
				    const char **text, unsigned unit, u64 dflt,
				    u64 max, struct ntr_expr_range *r,
				    struct ntr_expr_err *e);

#endif
