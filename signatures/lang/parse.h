// SPDX-License-Identifier: Apache-2.0
/*
 * What the parts of the parser share: the current token, and how to go on
 * behind a mistake.
 *
 * Invariant: a function that returns false or NULL has reported a mistake and
 * stands at the token that it did not want; only sig_parse_recover() skips.
 * To add a clause: a row in parse_clause.c.
 */
#ifndef NTR_SIG_PARSE_H
#define NTR_SIG_PARSE_H

#include "lang.h"

/* Clauses of a rule, of a block: names, and where one may go on. */
enum { SIG_IN_RULE = 1, SIG_IN_BLOCK = 2 };

struct sig_parser {
	struct sig_src *s;
	struct sig_lex x;
	struct sig_token t;      /* the one that is looked at */
	u32 end;                 /* behind the token before it */
	unsigned depth;
	struct sig_code *r;      /* the rule that is read */
};

void sig_next(struct sig_parser *p);
bool sig_is_word(const struct sig_parser *p, const char *word);
/* Takes the token when it is the sign or the word. */
bool sig_take(struct sig_parser *p, enum sig_tok t);
bool sig_take_word(struct sig_parser *p, const char *word);
bool sig_want(struct sig_parser *p, enum sig_tok t, const char *where);
/* From the start of a token to the end of the one before the current. */
struct sig_loc sig_span(const struct sig_parser *p, struct sig_loc from);
/* "expected X, found Y". */
void sig_expected(struct sig_parser *p, const char *what);

/* Skips to a clause of these kinds, or to the brace that closes the block. */
void sig_parse_recover(struct sig_parser *p, unsigned kinds);
bool sig_is_clause(const struct sig_parser *p, unsigned kinds);

/* parse_expr.c; NULL: reported */
struct sig_expr *sig_parse_expr(struct sig_parser *p);
/* One or more strings beside one another. */
const char *sig_parse_string(struct sig_parser *p, const char *what);
/* The same, with values in braces. */
bool sig_parse_template(struct sig_parser *p, const char *what,
			const char **raw, struct sig_template *out);
/* Characters of a string token, without its quotes; NULL: no memory. */
char *sig_token_string(struct sig_parser *p, const struct sig_token *t,
		       bool quoted);
/* parse_cond.c */
bool sig_parse_block(struct sig_parser *p, struct sig_loc on);
/* parse_clause.c */
void sig_parse_clause(struct sig_parser *p);

#endif
