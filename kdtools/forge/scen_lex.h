// SPDX-License-Identifier: Apache-2.0
/*
 * Tokens of the scenario language, and the readers of single values.
 *
 * A line holds statements; a statement ends at the end of its line, at ';',
 * at '}', or where the next statement's word stands.  '#' starts a comment.
 * Every word the parser asks for and does not find is remembered, so that an
 * error can list what would have been right at that place.
 */
#ifndef FORGE_SCEN_LEX_H
#define FORGE_SCEN_LEX_H

#include "scen.h"

enum f_tok { F_T_EOF, F_T_EOL, F_T_WORD, F_T_STRING, F_T_OPEN, F_T_CLOSE };

enum { F_MAX_EXPECT = 48 };

struct f_lex {
	struct f_scen *s;
	struct ntr_err *e;
	const char *pos, *line;   /* next byte; start of its line */
	u32 lineno;
	enum f_tok tok;
	struct f_loc at;
	const char *t;            /* text of a word or string, in the arena */
	const char *want[F_MAX_EXPECT];
	size_t nwant;
	enum ntr_st st;           /* first failure; all readers then no-op */
};

void f_lex_start(struct f_lex *l, struct f_scen *s, struct ntr_err *e);
void f_lex_next(struct f_lex *l);
/* The token is this word: step over it. Otherwise remember it as wanted. */
bool f_lex_word(struct f_lex *l, const char *word);
bool f_lex_is(const struct f_lex *l, const char *word);
bool f_lex_tok(struct f_lex *l, enum f_tok t, const char *what);
void f_lex_want(struct f_lex *l, const char *what);
void f_lex_fail(struct f_lex *l, struct f_loc at, const char *fmt, ...)
	NTR_PRINTF(3, 4);
/* "expected a, b or c, found X" at the token. */
void f_lex_unexpected(struct f_lex *l);

/* Values; on failure they report and return 0/NULL. */
u64 f_lex_num(struct f_lex *l, const char *what);       /* 12 0x1f 64MiB */
u64 f_lex_time(struct f_lex *l, bool unix_epoch);       /* 1996-08-09T10:11:12Z */
u64 f_lex_duration(struct f_lex *l);                    /* 3d2h → 100 ns */
const char *f_lex_text(struct f_lex *l, const char *what); /* "string" or word */
struct f_val f_lex_val(struct f_lex *l, const char *what);
void f_lex_version(struct f_lex *l, u16 v[4]);
void f_lex_guid(struct f_lex *l, u8 guid[16]);
void f_lex_pool(struct f_lex *l);     /* scen_pool.c: a pool statement */
void f_lex_pooltags(struct f_lex *l);
struct f_bytes f_lex_hex(struct f_lex *l);              /* all hex words left */
bool f_lex_is_num(const struct f_lex *l);

#endif
