// SPDX-License-Identifier: Apache-2.0
/*
 * The results store: what scan has judged, kept from run to run.
 *
 * One interface, two engines: SQLite in a file (WAL; the default is
 * $XDG_DATA_HOME/ntriage/results.db) and PostgreSQL by URL ("postgresql://…",
 * libpq, loaded when it is used).  The engines differ in engine_sqlite.c and
 * engine_pq.c only; statements are in one table, schema steps in another.
 *
 * Invariants: what results_commit() said OK to survives a kill -9 and a power
 * cut.  A store that a newer program wrote is refused and left as it is; an
 * older one is migrated in one transaction.  A store that is locked by another
 * process is waited for (RESULTS_BUSY_MS), then LIMIT.  A damaged one is BAD,
 * never overwritten.
 *
 * To add a column: a step in schema.c, the statement, the struct here.
 */
#ifndef NTR_RESULTS_H
#define NTR_RESULTS_H

#include "base/ntr_types.h"
#include "base/status.h"
#include "base/strbuf.h"

#define RESULTS_BUSY_MS 5000

struct results;

/* What became of a file. */
#define RESULTS_OUTCOMES(X)                                              \
	X(JUDGED, "judged")                                              \
	X(UNDETERMINED, "undetermined") /* read, nothing determined */   \
	X(NOT_A_DUMP, "not-a-dump")                                      \
	X(UNREADABLE, "unreadable")     /* denied, gone, I/O error */    \
	X(DAMAGED, "damaged")           /* a dump, but it cannot be read */ \
	X(TIMEOUT, "timeout")           /* the worker was ended */       \
	X(MEMORY, "memory")                                              \
	X(CRASH, "crash")                                                \
	X(ARCHIVE, "archive")           /* its files have rows of their own */
#define RESULTS_ENUM(n, t) RESULTS_##n,
enum results_outcome { RESULTS_OUTCOMES(RESULTS_ENUM) };
const char *results_outcome_name(enum results_outcome o);

struct results_signature {
	const char *id, *title, *cls, *severity;
	const char *value;      /* "fires" | "unknown"; silent ones are not kept */
	u32 confidence;         /* percent */
	const char *json;       /* one element of the verdict's `signatures` */
};

/* A judged file. Strings NULL: not known. All text is UTF-8; a path that is not
 * is given with \xNN for the bytes that are not. */
struct results_dump {
	s64 id;                 /* set by the store */
	const char *path;       /* as found: "a/b.zip!MEMORY.DMP" inside archives */
	u64 size;
	s64 mtime_ns;           /* since 1970; of the archive for members */
	const char *digest;     /* of the bytes that decide: see scan */
	const char *judge;      /* digest of rules, symbols and program version */
	s64 judged_at;          /* seconds since 1970 */
	enum results_outcome outcome;
	const char *error;      /* one line; NULL: none */
	const char *format, *machine, *os;      /* "dmp64", "x64", "10.0.19041" */
	bool has_code;
	u32 code;
	u64 arg[4];
	const char *code_name;
	s64 crash_time;         /* seconds since 1970; 0 not known */
	const char *bucket, *bucket_hash;
	const char *blame, *blame_confidence;   /* module; "high" … */
	const char *stack_mod, *stack_func;     /* hashes; "" none */
	const char *process;    /* image name */
	const char *modules;    /* "\ntcpip.sys 1999-02-04 5.0.2195.1\n…": name,
				   date, version; "?" for what is not known */
	const char *frames;     /* "\nnt!KeBugCheckEx\ntcpip!IPRcv\n…" */
	const char *json;       /* the whole verdict, one line; NULL when not */
	const struct results_signature *sig;
	size_t nsig;
};

/* where: a path or a URL, ":memory:" for one that is gone when it is closed;
 * NULL: $NTRIAGE_STORE, else the default path, whose folders are made.
 * read_only: ABSENT when there is none. */
NTR_MUST enum ntr_st results_open(struct results **out, const char *where,
				  bool read_only, struct ntr_err *e);
void results_close(struct results *r); /* without commit */
const char *results_where(const struct results *r);

/* --- writing ------------------------------------------------------------------ */

/* A run of scan: groups what it wrote. */
NTR_MUST enum ntr_st results_run_begin(struct results *r, const char *what,
				       const char *judge, s64 *run,
				       struct ntr_err *e);
NTR_MUST enum ntr_st results_run_end(struct results *r, s64 run,
				     const char *summary, struct ntr_err *e);
/* Puts d in place of what the store has for its path; a row keeps its id and
 * its notes. Buffered until commit, which is when others, and the functions
 * below, see it; a batch that has become large is written earlier. When commit
 * fails the batch stays, and the next commit writes it. */
NTR_MUST enum ntr_st results_put(struct results *r, s64 run,
				 const struct results_dump *d,
				 struct ntr_err *e);
NTR_MUST enum ntr_st results_commit(struct results *r, struct ntr_err *e);
/* With the next commit: removes the rows of files in the archive at path (as
 * results_members() has them) that are not of this size and time of the
 * archive: they were in what it was before. Rows with notes stay. */
NTR_MUST enum ntr_st results_drop_members(struct results *r, const char *path,
					  u64 size, s64 mtime_ns,
					  struct ntr_err *e);
/* Puts path's row in run again, unchanged: it was looked at and is current. */
NTR_MUST enum ntr_st results_touch(struct results *r, s64 run, s64 id,
				   struct ntr_err *e);
NTR_MUST enum ntr_st results_note(struct results *r, s64 id, const char *by,
				  const char *text, struct ntr_err *e);

/* --- reading ------------------------------------------------------------------ */

/* The row of a path when its size, mtime and judge are these, with d->json and
 * signatures; ABSENT: none. d lives until the next call on r. */
NTR_MUST enum ntr_st results_current(struct results *r, const char *path,
				     u64 size, s64 mtime_ns, const char *judge,
				     struct results_dump *d, struct ntr_err *e);
NTR_MUST enum ntr_st results_get(struct results *r, s64 id,
				 struct results_dump *d, struct ntr_err *e);

/* The rows of the files in an archive (paths that begin with path and "!"), in
 * the order in which they were put first; with d->json and signatures. */
typedef bool results_row_fn(void *ctx, const struct results_dump *d);
NTR_MUST enum ntr_st results_members(struct results *r, const char *path,
				     results_row_fn *fn, void *ctx,
				     struct ntr_err *e);

/* Rows that a filter lets through (filter.h), in the order of their paths or
 * as `sort` says ("crash_time", "-judged_at", "bucket"; what is not known is
 * last); the callback returns false to stop. It may read from r, not write to
 * it. d lives until it returns. want_json: d->json, else it is NULL. */
struct results_filter;
struct results_query {
	const struct results_filter *filter; /* NULL: all */
	const char *sort;                    /* NULL: path */
	u64 limit;                           /* 0: none */
	bool want_json, want_signatures;
};
NTR_MUST enum ntr_st results_each(struct results *r,
				  const struct results_query *q,
				  results_row_fn *fn, void *ctx,
				  struct ntr_err *e);

struct results_note_row {
	s64 at;
	const char *by, *text;
};
typedef bool results_note_fn(void *ctx, const struct results_note_row *n);
NTR_MUST enum ntr_st results_notes(struct results *r, s64 id,
				   results_note_fn *fn, void *ctx,
				   struct ntr_err *e);

/* Removes rows that the filter lets through; *n how many. */
NTR_MUST enum ntr_st results_prune(struct results *r,
				   const struct results_filter *f, u64 *n,
				   struct ntr_err *e);

#endif
