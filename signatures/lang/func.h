// SPDX-License-Identifier: Apache-2.0
/*
 * Functions of the language: one table for the checker, the evaluator and the
 * reference.
 *
 * Invariant: a function is called with known arguments only, unless `any`;
 * else its result is unknown, or not there, as the argument is.  To add one: a
 * row in func.c.
 */
#ifndef NTR_SIG_FUNC_H
#define NTR_SIG_FUNC_H

#include "value.h"

#define SIG_FUNC_ARGS 3u

struct sig_src;
struct sig_eval;

/* What an argument may be: bits. */
enum {
	SIG_ARG_INT = 1, SIG_ARG_SIZE = 2, SIG_ARG_ADDRESS = 4,
	SIG_ARG_DURATION = 8, SIG_ARG_DATE = 16, SIG_ARG_STRING = 32,
	SIG_ARG_LIST = 64, SIG_ARG_VERSION = 128, SIG_ARG_BOOL = 256,
	SIG_ARG_RECORD = 512,
	SIG_ARG_FACT = 1024,     /* a path, whatever its type */
	SIG_ARG_NUMBER = SIG_ARG_INT | SIG_ARG_SIZE | SIG_ARG_ADDRESS,
};

struct sig_func {
	const char *name;
	unsigned nargs;
	unsigned arg[SIG_FUNC_ARGS];
	u8 result;               /* kind; SIG_K_ERROR: that of the first */
	bool any;                /* also of what is not known */
	/* out is known and empty; NULL: only a trace gives a value */
	void (*fn)(struct sig_eval *ev, const struct sig_val *arg,
		   struct sig_val *out);
	const char *call, *doc;  /* "percent(a, b)", what it is */
};

const struct sig_func *sig_func_find(const char *name);
const struct sig_func *sig_func_at(size_t i);
/* Reports it with the nearest name. */
void sig_func_unknown(struct sig_src *s, struct sig_loc at, const char *name);
/* "an int or a size" */
void sig_arg_text(unsigned arg, struct ntr_str *out);
unsigned sig_arg_bit(u8 kind);

#endif
