// SPDX-License-Identifier: Apache-2.0
/*
 * Stack cookies (/GS): a function with buffers on its stack keeps its module's
 * __security_cookie, mixed with its frame's address, between them and its return
 * address.  Here every frame whose function has one is looked at.
 *
 * Where the cookie is kept, the function's own code tells (x64, x86: it loads
 * the variable that the image's load configuration names), and on x64 the data
 * of its __GSHandlerCheck handler; they have to agree.  A frame is called
 * damaged only where it was entered by a call, so that its prologue has run; at
 * an interrupted instruction a difference proves nothing.  Values are as the
 * kernel compares them: without the frame's address.  Another machine is a case
 * in cookie_site.c.
 */
#ifndef NTR_COOKIE_H
#define NTR_COOKIE_H

#include "verdict.h"

enum ntr_cookie_state {
	NTR_COOKIE_UNKNOWN,
	NTR_COOKIE_OK,
	NTR_COOKIE_DAMAGED,
};
const char *ntr_cookie_state_name(enum ntr_cookie_state s);

struct ntr_cookie {
	size_t frame;
	enum ntr_cookie_state state;
	const char *why;      /* of UNKNOWN; static or of the arena */
	const char *evidence; /* "code", "handler data", both; static */
	u64 slot;             /* where it is kept; 0 unknown */
	u64 expected, found;  /* valid unless UNKNOWN */
};
struct ntr_cookies {
	NTR_VEC(struct ntr_cookie);
	size_t looked_at;     /* frames whose functions could be looked at */
	const char *why;      /* why none could be, or NULL */
};

/* v's stack; texts live as long as v. NOMEM only. */
NTR_MUST enum ntr_st ntr_cookies(struct ntr_verdict *v,
				 struct ntr_cookies *out, struct ntr_err *e);
void ntr_cookies_fini(struct ntr_cookies *c);
/* The one that matters most: the innermost damaged one, else the innermost that
 * is whole, else the innermost unknown one. NULL none. */
const struct ntr_cookie *ntr_cookies_worst(const struct ntr_cookies *c);

/* --- parts, for tests and fuzzing ------------------------------------------------ */

enum ntr_cookie_base { NTR_COOKIE_SP, NTR_COOKIE_FP };

/* How a function keeps its cookie. */
struct ntr_cookie_site {
	s32 off;                    /* of the slot */
	enum ntr_cookie_base base;  /* from which register */
	bool mixed;                 /* with a register's value */
	enum ntr_cookie_base mix;   /* which one */
	u32 end;                    /* of the code that stores it; 0: by data */
};
/* In the code of a function that begins at va; cookie: the variable's address. */
bool ntr_cookie_in_code(u32 machine, const u8 *code, size_t len, u64 va,
			u64 cookie, struct ntr_cookie_site *out);
/* x64: the data behind a handler of this name ("__GSHandlerCheck_SEH"); freg and
 * foff are the record's frame register and offset in bytes. BAD, UNSUP. */
NTR_MUST enum ntr_st ntr_cookie_in_handler(const char *name,
					   struct ntr_bin *data, u8 freg,
					   u32 foff,
					   struct ntr_cookie_site *out,
					   struct ntr_err *e);
/* The variable's address by the load configuration. ABSENT with text. */
NTR_MUST enum ntr_st ntr_cookie_variable(const struct ntr_pe *pe, u64 base,
					 u64 *va, struct ntr_err *e);

#endif
