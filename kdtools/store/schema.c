// SPDX-License-Identifier: Apache-2.0
#include "schema.h"

#include "columns.h"

#include <stdlib.h>

/* What SQL alone cannot compute, once the step's SQL has run. */
typedef enum ntr_st schema_fill_fn(struct engine *g, struct ntr_err *e);

struct schema_step {
	const char *sql;
	schema_fill_fn *fill;
};

/* Stop arguments are 16 hex digits: 64 unsigned bits, in the right order. */
static const char step_1[] =
	"CREATE TABLE runs ("
	" id {id}, what {text} NOT NULL, judge {text} NOT NULL,"
	" begun_at {int} NOT NULL, ended_at {int}, summary {text});"
	"CREATE TABLE dumps ("
	" id {id}, path {text} NOT NULL UNIQUE, size {int}, mtime_ns {int},"
	" digest {text}, judge {text}, judged_at {int},"
	" outcome {text} NOT NULL, error {text}, format {text},"
	" machine {text}, os {text}, code {int}, arg1 {text}, arg2 {text},"
	" arg3 {text}, arg4 {text}, code_name {text}, crash_time {int},"
	" bucket {text}, bucket_hash {text}, blame {text},"
	" blame_confidence {text}, stack_mod {text}, stack_func {text},"
	" process {text}, modules {text}, frames {text});"
	"CREATE TABLE verdicts ("
	" dump {int} PRIMARY KEY REFERENCES dumps (id) ON DELETE CASCADE,"
	" json {text} NOT NULL);"
	"CREATE TABLE signatures ("
	" dump {int} NOT NULL REFERENCES dumps (id) ON DELETE CASCADE,"
	" nr {int} NOT NULL, sig {text} NOT NULL, title {text},"
	" class {text}, severity {text}, value {text} NOT NULL,"
	" confidence {int}, json {text}, PRIMARY KEY (dump, nr));"
	"CREATE TABLE notes ("
	" id {id}, dump {int} NOT NULL REFERENCES dumps (id)"
	" ON DELETE CASCADE, made_at {int} NOT NULL, made_by {text},"
	" body {text} NOT NULL);"
	"CREATE TABLE run_dumps ("
	" run {int} NOT NULL REFERENCES runs (id) ON DELETE CASCADE,"
	" dump {int} NOT NULL REFERENCES dumps (id) ON DELETE CASCADE,"
	" PRIMARY KEY (run, dump));"
	"CREATE INDEX notes_dump ON notes (dump);"
	"CREATE INDEX run_dumps_dump ON run_dumps (dump);"
	"CREATE INDEX signatures_sig ON signatures (sig, value);";

/* Filters ask for a module by its name alone and for systems in their order;
 * buckets are counted where they are. */
static const char step_2[] =
	"ALTER TABLE dumps ADD COLUMN module_names {text};"
	"ALTER TABLE dumps ADD COLUMN os_key {text};"
	"CREATE INDEX dumps_bucket ON dumps (bucket);"
	"CREATE INDEX dumps_code ON dumps (code);"
	"CREATE VIEW buckets AS SELECT bucket, min(bucket_hash) AS bucket_hash,"
	" count(*) AS dumps, min(crash_time) AS first_crash,"
	" max(crash_time) AS last_crash, min(judged_at) AS first_judged,"
	" max(judged_at) AS last_judged FROM dumps"
	" WHERE bucket IS NOT NULL GROUP BY bucket;";

#define FILL_ROWS 1000 /* at a time: NAMES_LACKING */

struct fill_row {
	s64 id;
	struct ntr_str names;
	char key[COLUMN_VERSION_KEY];
	bool has_names, has_key;
};

/* Up to FILL_ROWS rows behind `after`. */
static enum ntr_st fill_read(struct engine *g, s64 after, struct fill_row *row,
			     size_t *n, struct ntr_err *e)
{
	struct sql_val v = sql_int(after);
	struct sql_cur *c;
	enum ntr_st st = g->ops->run(g, &c, SQL_NAMES_LACKING, NULL, &v, 1, e);

	*n = 0;
	if (st)
		return st;
	while (*n < FILL_ROWS && !(st = g->ops->step(c, e))) {
		struct fill_row *r = &row[(*n)++];

		g->ops->col(c, 0, &v);
		r->id = v.i;
		g->ops->col(c, 1, &v);
		r->has_names = v.s != NULL;
		ntr_str_clear(&r->names);
		column_module_names(&r->names, v.s);
		g->ops->col(c, 2, &v);
		r->has_key = column_version_key(r->key, v.s);
	}
	g->ops->done(c);
	return st == NTR_END ? NTR_OK : st;
}

static enum ntr_st fill_some(struct engine *g, s64 *after, struct fill_row *row,
			     size_t *n, struct ntr_err *e)
{
	enum ntr_st st = fill_read(g, *after, row, n, e);

	for (size_t i = 0; !st && i < *n; i++) {
		struct sql_val v[] = {
			sql_text(row[i].has_names ?
				 ntr_str_text(&row[i].names) : NULL),
			sql_text(row[i].has_key ? row[i].key : NULL),
			sql_int(row[i].id),
		};

		*after = row[i].id;
		st = row[i].names.lost ? NTR_NOMEM :
		     engine_do(g, SQL_NAMES_FILL, v, 3, NULL, e);
	}
	return st;
}

static enum ntr_st fill_2(struct engine *g, struct ntr_err *e)
{
	struct fill_row *row = calloc(FILL_ROWS, sizeof(*row));
	enum ntr_st st = row ? NTR_OK : NTR_NOMEM;
	s64 after = INT64_MIN;
	size_t n = FILL_ROWS;

	while (!st && n == FILL_ROWS)
		st = fill_some(g, &after, row, &n, e);
	for (size_t i = 0; row && i < FILL_ROWS; i++)
		ntr_str_fini(&row[i].names);
	free(row);
	return st;
}

static const struct schema_step steps[] = {
	{ step_1, NULL },
	{ step_2, fill_2 },
};

/* The version that this program writes. */
static s64 newest(void)
{
	return NTR_COUNT(steps);
}

static enum ntr_st do_step(struct engine *g, size_t i, struct ntr_err *e)
{
	struct ntr_str sql = { .s = NULL };
	enum ntr_st st;

	sql_render(&sql, g->dialect, steps[i].sql);
	st = sql.lost ? NTR_NOMEM : g->ops->script(g, ntr_str_text(&sql), e);
	ntr_str_fini(&sql);
	if (!st && steps[i].fill)
		st = steps[i].fill(g, e);
	return st ? ntr_wrap(e, st, "schema step %zu", i + 1) : NTR_OK;
}

enum ntr_st schema_known(s64 have, struct ntr_err *e)
{
	if (have <= newest())
		return NTR_OK;
	return ntr_fail(e, NTR_UNSUP, "a newer ntriage wrote this store: its "
			"schema is version %" PRId64 ", this program knows "
			"up to %" PRId64 "; nothing was changed", have,
			newest());
}

/* In a transaction; another process may have been faster. */
static enum ntr_st migrate(struct engine *g, struct ntr_err *e)
{
	s64 have = 0;
	enum ntr_st st = g->ops->version(g, &have, e);

	if (!st)
		st = schema_known(have, e);
	if (st || have == newest())
		return st;
	for (size_t i = (size_t)have; !st && i < NTR_COUNT(steps); i++)
		st = do_step(g, i, e);
	return st ? st : g->ops->set_version(g, newest(), e);
}

enum ntr_st schema_check(struct engine *g, struct ntr_err *e)
{
	s64 have = 0;
	enum ntr_st st = g->ops->version(g, &have, e);

	if (!st)
		st = schema_known(have, e);
	if (st || have == newest())
		return st;
	if (g->read_only && !have)
		return ntr_fail(e, NTR_ABSENT, "the store is empty");
	if (g->read_only)
		return ntr_fail(e, NTR_UNSUP, "an older ntriage wrote this "
				"store (schema version %" PRId64 ", not %"
				PRId64 "): open it once with permission to "
				"write, and it is brought up to date", have,
				newest());
	st = g->ops->begin(g, true, e);
	if (st)
		return st;
	st = migrate(g, e);
	if (!st)
		st = g->ops->commit(g, e);
	if (st)
		g->ops->rollback(g);
	return st;
}
