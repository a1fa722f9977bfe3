// SPDX-License-Identifier: Apache-2.0
/*
 * Values in sentences: "{stack.used:bytes}".
 *
 * Invariant: what is not known is printed as "unknown", what is certainly not
 * there as "none"; never as a number.  To add a format: a row of SIG_FORMATS
 * with the types that it takes, and a case in say.c.
 */
#ifndef NTR_SIG_SAY_H
#define NTR_SIG_SAY_H

#include "ast.h"
#include "base/strbuf.h"

#define SIG_FORMATS(X)                                                    \
	X(PLAIN, "", "as the fact itself is printed")                     \
	X(BYTES, "bytes", "12 KiB, 31.4 MiB, 12268 bytes")                \
	X(HEX, "hex", "0x7f")                                             \
	X(DEC, "dec", "127")                                              \
	X(DATE, "date", "1999-02-04")                                     \
	X(DURATION, "duration", "3d2h")                                   \
	X(PERCENT, "percent", "97 %")
enum sig_format {
#define SIG_FORMAT_ENUM(n, t, d) SIG_FORMAT_##n,
	SIG_FORMATS(SIG_FORMAT_ENUM)
#undef SIG_FORMAT_ENUM
};

struct sig_parser;
struct sig_src;
struct sig_eval;

const char *sig_format_name(enum sig_format f);
const char *sig_format_example(enum sig_format f);
/* The name of a format; false: reported. */
bool sig_parse_format(struct sig_parser *p, u8 *out);
/* The format takes such a value; else reported. */
bool sig_check_format(struct sig_src *s, const struct sig_part *part);
void sig_say(struct sig_eval *ev, const struct sig_template *t,
	     struct ntr_str *out);

#endif
