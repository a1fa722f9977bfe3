// SPDX-License-Identifier: Apache-2.0
/*
 * The result of everything that can fail: a status code, and, for a caller
 * who asked for it, a line of text in a buffer of the caller's own.
 *
 * ABSENT and FAULT are data (a page that is not in the dump, an address that
 * does not translate): they are shown and counted, they never end a walk.
 * The text is lower case, without a full stop, and says what was expected,
 * what was there and where; each outer caller adds its context once, in
 * front, with ntr_wrap().  To add a status, add a row to NTR_STATUS_LIST.
 */
#ifndef NTR_STATUS_H
#define NTR_STATUS_H

#include "ntr_types.h"

#define NTR_STATUS_LIST(X)                                    \
	X(OK, "ok")                                           \
	X(END, "no more items")         /* iterators only */  \
	X(ABSENT, "not in this dump")   /* page, stream */    \
	X(FAULT, "address does not translate")                \
	X(BAD, "malformed input")                             \
	X(UNSUP, "not supported")                             \
	X(LIMIT, "limit reached")                             \
	X(NOMEM, "out of memory")                             \
	X(IO, "i/o error")                                    \
	X(USAGE, "bad usage")

enum ntr_st {
#define NTR_STATUS_ENUM(name, text) NTR_##name,
	NTR_STATUS_LIST(NTR_STATUS_ENUM)
#undef NTR_STATUS_ENUM
};

/* On the caller's stack; a NULL pointer means "the code is enough". */
struct ntr_err {
	char msg[256];
};

/* Static text of a status, never NULL. */
const char *ntr_st_text(enum ntr_st st);

/* Replace the text. Too long is cut. */
void ntr_err_set(struct ntr_err *e, const char *fmt, ...) NTR_PRINTF(2, 3);
/* Put "context: " in front of the text (or of the status's own text). */
void ntr_err_wrap(struct ntr_err *e, enum ntr_st st, const char *fmt, ...)
	NTR_PRINTF(3, 4);

/* Macros, so that the compiler sees that the value is st and not zero. st is
 * evaluated once, before the text is changed: ntr_wrap(e, f(e), …) is fine. */
#define ntr_fail(e, st, ...)                 \
	__extension__({                      \
		enum ntr_st st_ = (st);      \
		ntr_err_set((e), __VA_ARGS__); \
		st_;                         \
	})
#define ntr_wrap(e, st, ...)                       \
	__extension__({                            \
		enum ntr_st st_ = (st);            \
		ntr_err_wrap((e), st_, __VA_ARGS__); \
		st_;                               \
	})

#endif
