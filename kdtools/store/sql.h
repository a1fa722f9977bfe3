// SPDX-License-Identifier: Apache-2.0
/*
 * The store's statements, and what the databases spell differently.
 *
 * Statements are rows of SQL_LIST in sql.c's table; a value is "?".  What
 * differs is a {token}:
 *	{id}    a key that numbers itself      {text}  text, compared by bytes
 *	{int}   64 bits                        {has}   position of b in a: (a, b)
 * To add a statement: a row here and its text in sql.c.  To add a column of
 * dumps: DUMP_COLS, a step in schema.c, results_row.c.
 */
#ifndef NTR_STORE_SQL_H
#define NTR_STORE_SQL_H

#include "base/strbuf.h"

/* Columns of dumps behind id and path, in the order they are bound and read. */
#define DUMP_COLS(X)                                                        \
	X(size) X(mtime_ns) X(digest) X(judge) X(judged_at) X(outcome)      \
	X(error) X(format) X(machine) X(os) X(os_key) X(code) X(arg1)       \
	X(arg2) X(arg3) X(arg4) X(code_name) X(crash_time) X(bucket)        \
	X(bucket_hash) X(blame) X(blame_confidence) X(stack_mod)            \
	X(stack_func) X(process) X(modules) X(module_names) X(frames)

#define SQL_COL_ENUM(c) COL_##c,
enum dump_col { COL_id, COL_path, DUMP_COLS(SQL_COL_ENUM) COL_json };

#define SQL_LIST(X)                                                         \
	X(RUN_BEGIN) X(RUN_END) X(DUMP_PUT) X(RUN_DUMP) X(RUN_TOUCH)        \
	X(VERDICT_PUT) X(VERDICT_DROP) X(SIGS_DROP) X(SIG_PUT)              \
	X(DUMP_CURRENT) X(DUMP_GET) X(SIGS_OF) X(NOTE_PUT) X(NOTES_OF)      \
	X(DUMP_THERE) X(NAMES_LACKING) X(NAMES_FILL) X(MEMBERS_DROP)

#define SQL_ENUM(n) SQL_##n,
enum sql_id { SQL_LIST(SQL_ENUM) SQL_COUNT, SQL_ONCE };
#undef SQL_ENUM

struct sql_token {
	const char *name, *text;
};
struct sql_dialect {
	bool numbered; /* "$1" instead of "?" */
	struct sql_token token[4];
};
extern const struct sql_dialect sql_dialect_sqlite, sql_dialect_pq;

const char *sql_statement(enum sql_id id);
/* "SELECT id, path, … FROM dumps AS d", with the verdict when json. */
const char *sql_select_dumps(bool json);

/* Appends sql as the dialect spells it. */
void sql_render(struct ntr_str *out, const struct sql_dialect *d,
		const char *sql);

#endif
