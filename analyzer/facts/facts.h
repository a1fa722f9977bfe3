// SPDX-License-Identifier: Apache-2.0
/*
 * The fact tree: everything the analyzer knows of a dump, under one typed,
 * documented path each ("bugcheck.code", `module["tcpip.sys"].date`).  Rules,
 * `ntriage facts` and the reference (docs/facts.md) read the same table.
 *
 * A fact is KNOWN; or NONE: it is certain that there is no such thing (a module
 * that a whole list does not name); or UNKNOWN, with the reason and, where one
 * exists, what would supply it.  Unknown is never zero, false or empty.
 *
 * Lazy: a question computes the part of the analysis that it needs, once per
 * struct ntr_facts.  Paths of the schema:
 *
 *	stack.frames             a list
 *	stack.frames[]           one element of it: a record, or a string
 *	stack.frames[].module    a field of such a record
 *	module[""]               a record by name
 *
 * Questions put a number or a name between the brackets.  To add a fact: a row
 * in the table of a facts_<part>.c; to add a part: such a file, and a line in
 * fact_list.h.
 */
#ifndef NTR_FACTS_H
#define NTR_FACTS_H

#include "../triage/verdict.h"

#define NTR_FACT_TYPES(X)                                                  \
	X(BOOL, "bool")         /* n: 0 or 1 */                            \
	X(INT, "int")           /* n, without sign */                      \
	X(SIZE, "size")         /* n: bytes */                             \
	X(DURATION, "duration") /* n: 100 ns */                            \
	X(DATE, "date")         /* n: 100 ns since 1601, UTC */            \
	X(VERSION, "version")   /* version[0..nversion) */                 \
	X(STRING, "string")     /* s */                                    \
	X(ADDRESS, "address")   /* n */                                    \
	X(LIST, "list")         /* n: elements; ntr_fact_item() */         \
	X(RECORD, "record")     /* ntr_fact_field() */                     \
	X(DELTA, "delta")       /* ntr_fact_delta(): a difference, signed */
enum ntr_fact_type {
#define NTR_FACT_TYPE_ENUM(n, t) NTR_FT_##n,
	NTR_FACT_TYPES(NTR_FACT_TYPE_ENUM)
#undef NTR_FACT_TYPE_ENUM
};
const char *ntr_fact_type_name(enum ntr_fact_type t);

#define NTR_FACT_INDEXES 2u
#define NTR_FACT_KEY 64u    /* bytes of a name between brackets, with NUL */
#define NTR_FACT_PATH 160u  /* of a path, without what is between brackets */

struct ntr_facts;
struct ntr_fact;

/* What stood between the brackets of a path. */
struct ntr_fact_at {
	u64 index[NTR_FACT_INDEXES];
	unsigned nindexes;
	char key[NTR_FACT_KEY];
};

/* Fills a value that is UNKNOWN so far. */
typedef void ntr_fact_fn(struct ntr_facts *f, const struct ntr_fact_at *at,
			 int arg, struct ntr_fact *out);

/* A row of the schema. */
struct ntr_fact_row {
	const char *path;
	enum ntr_fact_type type;
	const char *unit; /* "hex", "percent"; of a DELTA "bytes"; NULL */
	const char *doc;  /* one sentence */
	ntr_fact_fn *get; /* NULL: a record that is there when its list says so */
	int arg;          /* of get */
};

struct ntr_fact_part {
	const char *name, *doc;
	const struct ntr_fact_row *rows;
	size_t nrows;
};

enum ntr_fact_state { NTR_FACT_UNKNOWN, NTR_FACT_KNOWN, NTR_FACT_NONE };

struct ntr_fact {
	enum ntr_fact_type type;
	enum ntr_fact_state state;
	const char *why;    /* of UNKNOWN and NONE; never NULL there */
	u64 n;
	const char *s;      /* as long as the facts */
	u16 version[4];
	unsigned nversion;
	const struct ntr_fact_row *row; /* for lists and records */
	struct ntr_fact_at at;
};

/* Of a DELTA, whose n is that number in two's complement: compare this. */
static inline s64 ntr_fact_delta(const struct ntr_fact *v)
{
	return (s64)v->n;
}

/* --- the schema ------------------------------------------------------------ */

/* Parts in order; NULL past the last. */
const struct ntr_fact_part *ntr_fact_schema(size_t part);
/* By the path as the schema has it; NULL: none. */
const struct ntr_fact_row *ntr_fact_row_find(const char *path);
/*
 * A path as asked ("stack.cycles[0].count") into its row and what stood between
 * the brackets.  USAGE with text: no path at all; a fact that does not exist,
 * with the nearest that does.
 */
NTR_MUST enum ntr_st ntr_fact_parse(const char *path,
				    const struct ntr_fact_row **row,
				    struct ntr_fact_at *at, struct ntr_err *e);

/* --- values ------------------------------------------------------------------ */

/* v: its verdict, borrowed; NULL: made when a fact needs it. */
NTR_MUST enum ntr_st ntr_facts_new(struct ntr_facts **out,
				   struct ntr_target *t, struct ntr_verdict *v,
				   struct ntr_err *e);
void ntr_facts_free(struct ntr_facts *f);
/* An earlier dump of the same machine, borrowed: what grew since is a fact
 * then.  Before anything is asked for. */
void ntr_facts_baseline(struct ntr_facts *f, struct ntr_target *old);

/* Statuses of ntr_fact_parse(); a fact that is not known is OK. */
NTR_MUST enum ntr_st ntr_fact_get(struct ntr_facts *f, const char *path,
				  struct ntr_fact *out, struct ntr_err *e);
/* The same, parsed before. */
void ntr_fact_eval(struct ntr_facts *f, const struct ntr_fact_row *row,
		   const struct ntr_fact_at *at, struct ntr_fact *out);
/* Element i of a list. */
void ntr_fact_item(struct ntr_facts *f, const struct ntr_fact *list, u64 i,
		   struct ntr_fact *out);
void ntr_fact_field(struct ntr_facts *f, const struct ntr_fact *record,
		    const struct ntr_fact_row *field, struct ntr_fact *out);

/* Which parts of the analysis were made so far: bits. */
enum {
	NTR_FACTS_VERDICT = 1 << 0,
	NTR_FACTS_WAITS = 1 << 1,
	NTR_FACTS_POOL = 1 << 2,
	NTR_FACTS_POOLWATCH = 1 << 3,
	NTR_FACTS_POOL_WALK = 1 << 4,
	NTR_FACTS_LOST = 1 << 5,
	NTR_FACTS_NET = 1 << 6,
	NTR_FACTS_NBT = 1 << 7,
	NTR_FACTS_HANDLES = 1 << 8,
	NTR_FACTS_IDS = 1 << 9,
	NTR_FACTS_GROWTH = 1 << 10,
	NTR_FACTS_STORY = 1 << 11,
	NTR_FACTS_CORRUPTION = 1 << 12,
	NTR_FACTS_COOKIES = 1 << 13,
	NTR_FACTS_PEERS = 1 << 18,
	NTR_FACTS_TIMERS = 1 << 14,
	NTR_FACTS_QLOCKS = 1 << 15,
	NTR_FACTS_PAGES = 1 << 16,
	NTR_FACTS_PFNS = 1 << 17,
};
unsigned ntr_facts_made(const struct ntr_facts *f);

/* "0x7f", "3.51", "1999-02-04T00:00:00Z", "124080 bytes", "3d2h0m0s", "-12",
 * "+4096 bytes"; of a list "3 elements", of a record "". In buf, or the fact's
 * own string. */
const char *ntr_fact_text(const struct ntr_fact *v, char buf[64]);

#endif
