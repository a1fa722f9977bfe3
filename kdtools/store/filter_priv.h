// SPDX-License-Identifier: Apache-2.0
/*
 * What the filter's files share; for filter_*.c only.  A filter is a tree of
 * nodes in an array; a node's children stand before it.
 */
#ifndef NTR_FILTER_PRIV_H
#define NTR_FILTER_PRIV_H

#include "base/arena.h"
#include "base/vec.h"
#include "engine.h"
#include "filter.h"

#define FILTER_MAX_TEXT ((size_t)16 << 10)
#define FILTER_MAX_TERMS 256u
#define FILTER_MAX_DEPTH 20u /* SQLite's parser keeps 100 open symbols */

enum filter_op { FOP_EQ, FOP_NE, FOP_HAS, FOP_HASNT, FOP_LT, FOP_GT, FOP_LE,
		 FOP_GE, FOP_COUNT };
#define FOPS_SAME (1u << FOP_EQ | 1u << FOP_NE)
#define FOPS_TEXT (FOPS_SAME | 1u << FOP_HAS | 1u << FOP_HASNT)
#define FOPS_ORDER (FOPS_SAME | 1u << FOP_LT | 1u << FOP_GT | 1u << FOP_LE | \
		    1u << FOP_GE)

/* How a field is read, compared and asked for in SQL. */
enum filter_kind {
	FK_NUMBER,  /* a whole number; sql is an expression */
	FK_SIZE,    /* the same, written with k, M, G */
	FK_TIME,    /* the same, seconds since 1970, written as a time */
	FK_SINCE, FK_UNTIL, /* one bound of a time */
	FK_ARG,     /* 64 unsigned bits; 16 hex digits in the store */
	FK_TEXT,
	FK_WORD,    /* text that is one of the outcomes */
	FK_VERSION, /* text; order by os_key */
	FK_MODULES, /* any line's name */
	FK_LINES,   /* any line */
	FK_FIRES,   /* sql: a column of signatures; any that fires */
	FK_UNKNOWN, /* the same; any that cannot tell */
	FK_NOTES,   /* any note's text */
};

struct filter_field {
	const char *name;
	enum filter_kind kind;
	unsigned ops;
	const char *sql;   /* see the kind */
	bool (*number)(const struct results_dump *d, s64 *v);
	size_t off;        /* of the const char * in results_dump, or of the
			      one in results_signature; of the argument */
	const char *value, *help;
};
extern const struct filter_field filter_fields[];
extern const size_t filter_nfields;
extern const char *const filter_op_text[FOP_COUNT];

enum filter_node_kind { FN_TERM, FN_AND, FN_OR, FN_NOT };
struct filter_node {
	enum filter_node_kind kind;
	unsigned a, b;         /* children; NOT: a */
	const struct filter_field *field;
	enum filter_op op;
	bool not_known;        /* the value is "?" */
	s64 lo, hi;            /* numbers: the value is [lo, hi) */
	u64 arg;
	const char *text;      /* lower case */
	const char *line;      /* text between line feeds */
	const char *key;       /* versions: in their order; hex digits */
};

struct results_filter {
	struct {
		NTR_VEC(struct filter_node);
	} node;
	bool empty;
	unsigned root;
	struct ntr_arena text;
	struct {
		NTR_VEC(struct sql_val);
	} value;
	struct ntr_str sql;
};

/* The value of a term, s[0..n) without its quotes; false: e says why. */
bool filter_value(struct results_filter *f, struct filter_node *t,
		  const char *s, bool quoted, s64 now, struct ntr_err *e);

/* Writes f->sql and f->value. */
NTR_MUST bool filter_compile(struct results_filter *f);

#endif
