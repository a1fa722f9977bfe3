// SPDX-License-Identifier: Apache-2.0
/*
 * A rule as it was read: expressions, conditions, blocks, templates.  The
 * parser makes them, the checker gives every expression its type and every
 * path its row; from then on nothing changes them.
 *
 * Invariant: everything lies in the set's arena; no expression is deeper than
 * SIG_MAX_DEPTH, so that it may be walked by recursion.  To add a kind of
 * expression: a value here, and a case in parse_expr.c, check.c and eval.c.
 */
#ifndef NTR_SIG_AST_H
#define NTR_SIG_AST_H

#include "facts/facts.h"
#include "lexer.h"
#include "sig.h"

#define SIG_MAX_DEPTH 48u       /* of an expression */
#define SIG_MAX_TERMS 1024u     /* of a list, of and/or */
#define SIG_MAX_CONDITIONS 256u /* of a block */
#define SIG_MAX_BLOCKS 8u       /* of a rule */
#define SIG_MAX_CLAUSES 1024u   /* of a rule, of one kind */
#define SIG_MAX_STRING 65536u   /* bytes of a string */
#define SIG_MAX_REGEX 1024u     /* bytes of a regular expression */
#define SIG_MAX_VARS 8u         /* bound at one place */
#define SIG_MAX_SEGMENTS 16u    /* of a path */
#define SIG_MAX_NAME 64u        /* bytes of a name */
#define SIG_MAX_SLOTS 64u       /* interpolations of a string */

/* Kinds of value: those of the facts, and what only the language has. */
enum {
	SIG_K_REGEX = 64,
	SIG_K_SERIES,   /* values of a fact over time */
	SIG_K_ERROR,    /* was reported; agrees with everything */
};

struct sig_type {
	u8 kind;
	u8 elem;        /* of a list */
	bool tag;       /* a string that is compared exactly */
	bool literal;   /* a number without a unit, as written */
	const struct ntr_fact_row *row; /* of a fact; of a list its elements' */
};

enum sig_node {
	SIG_N_LITERAL, SIG_N_LIST, SIG_N_PATH, SIG_N_AND, SIG_N_OR, SIG_N_NOT,
	SIG_N_COMPARE, SIG_N_IN, SIG_N_MATCH, SIG_N_ARITH, SIG_N_NEGATIVE,
	SIG_N_QUANTIFIER, SIG_N_FOLD, SIG_N_CALL, SIG_N_FIELD,
};

enum sig_quantifier { SIG_Q_ANY, SIG_Q_ALL, SIG_Q_NONE, SIG_Q_AT_LEAST };
enum sig_fold { SIG_F_COUNT, SIG_F_SUM, SIG_F_MIN, SIG_F_MAX, SIG_F_FIRST };

struct sig_func;
struct sig_schema;
struct sig_expr;

/* Between names and brackets of a path. */
struct sig_segment {
	const char *name;        /* NULL: brackets */
	struct sig_expr *index;  /* what stands between them */
	struct sig_loc at;
};

struct sig_path {
	struct sig_segment *seg;
	unsigned nseg;
	/* Of the checker: */
	const struct ntr_fact_row *row;
	struct sig_expr *index[NTR_FACT_INDEXES], *key;
	unsigned nindexes;
	int var;                 /* slot that it begins with, or -1 */
	bool at_least_fixed;
};

struct sig_expr {
	enum sig_node node;
	u8 op;          /* sig_tok, sig_quantifier, sig_fold */
	bool negated;   /* !=, not in, !~ */
	u8 depth;
	u8 cost;        /* of the dearest fact in it (schema.h) */
	struct sig_type type;
	struct sig_loc at;
	struct sig_expr **kid;
	unsigned nkids;
	union {
		struct {
			u64 n;
			const char *s;
			u16 version[4];
			unsigned nversion;
			void *re;       /* pcre2_code, of the set */
		} lit;
		struct sig_path *path;
		/* kids: list, where (or NULL), what is folded or counted */
		struct { const char *name; int slot; } bind;
		struct { const char *name; const struct sig_func *f; } call;
		const char *field;      /* of a series */
	} u;
};

enum { SIG_KID_LIST, SIG_KID_WHERE, SIG_KID_BODY, SIG_KIDS };

/* --- text with values in it ---------------------------------------------- */

struct sig_part {
	const char *text;        /* as it is, or */
	struct sig_expr *e;      /* a value, */
	u8 format;               /* enum sig_format of say.h */
	struct sig_loc format_at;
};

struct sig_template {
	struct sig_part *part;
	size_t nparts;
};

/* --- conditions ---------------------------------------------------------- */

enum sig_cond_kind { SIG_C_REQUIRE, SIG_C_EXCLUDE, SIG_C_SUPPORT };

struct sig_cond {
	enum sig_cond_kind kind;
	unsigned weight;
	struct sig_expr *e;
	struct sig_loc at;       /* its words, shown on one line */
};

/* A part of a condition, in the order of asking. */
struct sig_step {
	struct sig_expr *e;
	u16 cond;
	u8 cost;
};

struct sig_keys;

enum { SIG_SEEN_CLASS = 1, SIG_SEEN_SEVERITY = 2, SIG_SEEN_STATUS = 4,
       SIG_SEEN_TITLE = 8 };

struct sig_block {
	bool trace;
	u64 over;                /* 100 ns; 0: not said */
	struct sig_cond *cond;
	size_t nconds;
	struct sig_step *step;
	size_t nsteps;
	struct sig_keys *keys;   /* what a dump must have (index.h) */
	struct sig_loc at;       /* from `on` to its closing brace */
};

struct sig_fixed_at {
	u16 os[4];
	unsigned nos;
};

/* The compiled rule: sig_rule.priv. */
struct sig_code {
	struct sig_rule r;
	const char *src;         /* the file's text */
	u32 src_len;
	const struct sig_schema *schema;
	struct sig_loc at;       /* from `signature` to its closing brace */
	struct sig_loc id_at;
	unsigned seen;           /* clauses that a rule has once: bits */
	struct sig_block *block;
	size_t nblocks;
	struct { NTR_VEC(struct sig_fixed_at); } fixed; /* beside r.fixed */
	struct { NTR_VEC(struct sig_template); } say, advice;
	/* Places of `related` and `supersedes`, for sig_link(). */
	struct { NTR_VEC(struct sig_loc); } related_at, supersedes_at;
	size_t number;           /* in the set, by id */
};

#endif
