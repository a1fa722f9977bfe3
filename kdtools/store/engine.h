// SPDX-License-Identifier: Apache-2.0
/*
 * What the two databases have in common, for the store's own files only.
 *
 * A statement is run with bound values and gives a cursor; every cursor that
 * run() gave is handed to done().  Several may be open at a time.  Text of a
 * column lives until the next step().  SQL is written once, with "?" for
 * values and {tokens} for what the databases spell differently (sql.c).
 *
 * Statuses: BAD the file is damaged or is no store, LIMIT another process
 * keeps it locked, IO the disk or the server, UNSUP written by a newer
 * program.
 *
 * To add an engine: the slots below, a dialect, a line in results_open().
 */
#ifndef NTR_STORE_ENGINE_H
#define NTR_STORE_ENGINE_H

#include "base/status.h"
#include "sql.h"

enum sql_kind { SQL_NULL, SQL_INT, SQL_TEXT };
struct sql_val {
	enum sql_kind kind;
	s64 i;
	const char *s; /* borrowed */
	bool pack;     /* long text that nobody asks for parts of: an engine
			  may keep it compressed */
};

struct engine;
struct sql_cur;

struct engine_ops {
	void (*close)(struct engine *g);
	/* id: one of enum sql_id, then the statement is kept prepared; or
	 * SQL_ONCE with the text in sql. */
	enum ntr_st (*run)(struct engine *g, struct sql_cur **c, enum sql_id id,
			   const char *sql, const struct sql_val *v, size_t n,
			   struct ntr_err *e);
	enum ntr_st (*step)(struct sql_cur *c, struct ntr_err *e); /* or END */
	void (*col)(struct sql_cur *c, int i, struct sql_val *out);
	void (*done)(struct sql_cur *c);
	/* Several statements without values. */
	enum ntr_st (*script)(struct engine *g, const char *sql,
			      struct ntr_err *e);
	/* Of the schema; 0: the store is empty. */
	enum ntr_st (*version)(struct engine *g, s64 *v, struct ntr_err *e);
	enum ntr_st (*set_version)(struct engine *g, s64 v, struct ntr_err *e);
	/* There is one writer at a time. schema: for a step of the schema. */
	enum ntr_st (*begin)(struct engine *g, bool schema, struct ntr_err *e);
	enum ntr_st (*commit)(struct engine *g, struct ntr_err *e);
	void (*rollback)(struct engine *g);
	/* A writer's store whose schema is right: only now may the store be
	 * changed for the engine's own sake. NULL: nothing to do. */
	enum ntr_st (*settle)(struct engine *g, struct ntr_err *e);
};

struct engine {
	const struct engine_ops *ops;
	const struct sql_dialect *dialect;
	bool read_only;
};

/* The store must be there when read_only (ABSENT), else it is made. */
NTR_MUST enum ntr_st engine_sqlite_open(struct engine **out, const char *path,
					bool read_only, struct ntr_err *e);
NTR_MUST enum ntr_st engine_pq_open(struct engine **out, const char *url,
				    bool read_only, struct ntr_err *e);

static inline struct sql_val sql_int(s64 v)
{
	return (struct sql_val){ .kind = SQL_INT, .i = v };
}

static inline struct sql_val sql_text(const char *s)
{
	return (struct sql_val){ .kind = s ? SQL_TEXT : SQL_NULL, .s = s };
}

static inline struct sql_val sql_packed(const char *s)
{
	struct sql_val v = sql_text(s);

	v.pack = true;
	return v;
}

static inline struct sql_val sql_int_if(bool have, s64 v)
{
	return (struct sql_val){ .kind = have ? SQL_INT : SQL_NULL, .i = v };
}

/* Runs a statement of the table to its end; *first, when not NULL, is the
 * whole number in the first column of its first row, 0 without a row. */
NTR_MUST enum ntr_st engine_do(struct engine *g, enum sql_id id,
			       const struct sql_val *v, size_t n, s64 *first,
			       struct ntr_err *e);

#endif
