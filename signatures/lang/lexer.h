// SPDX-License-Identifier: Apache-2.0
/*
 * Words of the rule language, one at a time, from a text that stays where it
 * is: a token is a place, strings and regular expressions are read from the
 * text when wanted (sig_string_decode()).
 *
 * The lexer is a small value: a copy of it looks ahead.  Inside a string, for
 * "{module[\"tcpip.sys\"].date}", it runs over the string's own characters,
 * where a quote is written \" (`quoted`).
 *
 * Invariant: text[pos..end) is what is left; pos never passes end.  To add a
 * sign: a row of SIG_SIGNS, longer ones first; a unit: a row in lexer.c.
 */
#ifndef NTR_SIG_LEXER_H
#define NTR_SIG_LEXER_H

#include "base/ntr_types.h"

#define SIG_SIGNS(X)                                                        \
	X(EQ, "==") X(NE, "!=") X(LE, "<=") X(GE, ">=") X(MATCH, "=~")      \
	X(NOMATCH, "!~") X(LT, "<") X(GT, ">") X(LBRACE, "{") X(RBRACE, "}") \
	X(LPAREN, "(") X(RPAREN, ")") X(LBRACKET, "[") X(RBRACKET, "]")     \
	X(COMMA, ",") X(DOT, ".") X(COLON, ":") X(PLUS, "+") X(MINUS, "-")  \
	X(STAR, "*") X(SLASH, "/") X(PERCENT, "%")

enum sig_tok {
	SIG_T_END, SIG_T_BAD, SIG_T_IDENT, SIG_T_STRING, SIG_T_REGEX, SIG_T_INT,
	SIG_T_SIZE, SIG_T_DURATION, SIG_T_DATE, SIG_T_VERSION,
#define SIG_TOK_ENUM(n, t) SIG_T_##n,
	SIG_SIGNS(SIG_TOK_ENUM)
#undef SIG_TOK_ENUM
};

/* A place in a file: bytes from its start, line from 1, where the line begins. */
struct sig_loc {
	u32 off, len, line, bol;
};

struct sig_token {
	enum sig_tok t;
	struct sig_loc at;
	bool first;         /* on its line */
	u64 n;              /* of numbers: bytes, 100 ns, 100 ns since 1601 */
	u16 version[4];
	unsigned nversion;
	const char *error;  /* of BAD: what is wrong, static */
};

struct sig_lex {
	const char *text;
	u32 pos, end, line, bol;
	enum sig_tok last;  /* a slash behind =~ begins a regular expression */
	bool quoted;
};

void sig_lex_init(struct sig_lex *x, const char *text, u32 len);
void sig_lex_next(struct sig_lex *x, struct sig_token *t);
/* A name in which points and hyphens may stand, for ids of rules. */
void sig_lex_word(struct sig_lex *x, struct sig_token *t);
/*
 * Behind an opening brace: what stands up to the one that closes it, strings
 * and comments respected.  The lexer then stands behind that brace.  False:
 * there is none.
 */
bool sig_lex_body(struct sig_lex *x, struct sig_loc *body);

/* "a sign", "a string", …: for messages. */
const char *sig_tok_text(enum sig_tok t);

/* Years 1601 to 9999 to 100 ns since 1601; false: no such day. */
bool sig_date(unsigned year, unsigned month, unsigned day, u64 *out);

#endif
