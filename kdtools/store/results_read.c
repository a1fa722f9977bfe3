// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"
#include "filter.h"
#include "results_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- one row ---------------------------------------------------------------------- */

static enum ntr_st one(struct results *r, enum sql_id id,
		       const struct sql_val *v, size_t n,
		       struct results_dump *out, struct ntr_err *e)
{
	struct results_dump d;
	struct sql_cur *c;
	enum ntr_st st = r->g->ops->run(r->g, &c, id, NULL, v, n, e);

	if (st)
		return st;
	ntr_arena_fini(&r->row_text);
	st = r->g->ops->step(c, e);
	if (!st)
		st = results_row(r->g, c, true, &r->row_text, &d, e);
	r->g->ops->done(c);
	if (!st)
		st = results_signatures(r->g, &r->row_text, &d, e);
	if (!st)
		*out = d;
	return st;
}

static enum ntr_st where(const struct results *r, enum ntr_st st,
			 struct ntr_err *e)
{
	return st ? ntr_wrap(e, st, "%s", r->where) : NTR_OK;
}

enum ntr_st results_current(struct results *r, const char *path, u64 size,
			    s64 mtime_ns, const char *judge,
			    struct results_dump *d, struct ntr_err *e)
{
	struct sql_val v[] = { sql_text(path), sql_int((s64)(size & INT64_MAX)),
			       sql_int(mtime_ns), sql_text(judge) };
	enum ntr_st st = one(r, SQL_DUMP_CURRENT, v, 4, d, e);

	return st == NTR_END ? NTR_ABSENT : where(r, st, e);
}

enum ntr_st results_get(struct results *r, s64 id, struct results_dump *d,
			struct ntr_err *e)
{
	struct sql_val v = sql_int(id);
	enum ntr_st st = one(r, SQL_DUMP_GET, &v, 1, d, e);

	if (st == NTR_END)
		return ntr_fail(e, NTR_ABSENT, "%s: there is no result %" PRId64,
				r->where, id);
	return where(r, st, e);
}

/* --- many rows -------------------------------------------------------------------- */

static const struct {
	const char *name, *column;
} sorts[] = {
	{ "blame", "d.blame" },
	{ "bucket", "d.bucket" },
	{ "code", "d.code" },
	{ "crash_time", "d.crash_time" },
	{ "format", "d.format" },
	{ "id", "d.id" },
	{ "judged_at", "d.judged_at" },
	{ "machine", "d.machine" },
	{ "os", "d.os_key" },
	{ "outcome", "d.outcome" },
	{ "path", "d.path" },
	{ "process", "d.process" },
	{ "size", "d.size" },
};

/* What is not known stands last in either direction; the path decides between
 * equal ones, so that the order is always the same. */
static enum ntr_st order(struct ntr_str *sql, const char *sort,
			 struct ntr_err *e)
{
	bool down = sort && *sort == '-';
	const char *name = sort ? sort + down : "path", *best = NULL;

	for (size_t i = 0; i < NTR_COUNT(sorts); i++) {
		if (strcmp(name, sorts[i].name)) {
			ntr_nearest_try(name, sorts[i].name, &best);
			continue;
		}
		ntr_str_printf(sql, " ORDER BY %s IS NULL, %s%s, d.path",
			       sorts[i].column, sorts[i].column,
			       down ? " DESC" : "");
		return NTR_OK;
	}
	if (best)
		return ntr_fail(e, NTR_USAGE, "results are not sorted by "
				"\"%.40s\"; did you mean \"%s\"?", name, best);
	return ntr_fail(e, NTR_USAGE, "results are not sorted by \"%.40s\": "
			"blame, bucket, code, crash_time, format, id, "
			"judged_at, machine, os, outcome, path, process or "
			"size, with - the other way round", name);
}

enum ntr_st results_where_sql(struct ntr_str *sql,
			      const struct results_filter *f,
			      const struct sql_val **v, size_t *n)
{
	*v = NULL;
	*n = 0;
	if (!f)
		return NTR_OK;
	ntr_str_add(sql, " WHERE ");
	return results_filter_sql(f, sql, v, n);
}

static enum ntr_st each_row(struct results *r, struct sql_cur *c,
			    const struct results_query *q, results_row_fn *fn,
			    void *ctx, struct ntr_err *e)
{
	struct ntr_arena text = { .head = NULL };
	struct results_dump d;
	bool more = true;
	enum ntr_st st = NTR_OK;

	while (more && !(st = r->g->ops->step(c, e))) {
		st = results_row(r->g, c, q->want_json, &text, &d, e);
		if (!st && q->want_signatures)
			st = results_signatures(r->g, &text, &d, e);
		if (st)
			break;
		more = fn(ctx, &d);
		ntr_arena_fini(&text);
	}
	ntr_arena_fini(&text);
	return st == NTR_END ? NTR_OK : st;
}

enum ntr_st results_each(struct results *r, const struct results_query *q,
			 results_row_fn *fn, void *ctx, struct ntr_err *e)
{
	struct ntr_str sql = { .s = NULL };
	const struct sql_val *v;
	struct sql_cur *c;
	size_t n;
	enum ntr_st st;

	ntr_str_add(&sql, sql_select_dumps(q->want_json));
	st = results_where_sql(&sql, q->filter, &v, &n);
	if (!st)
		st = order(&sql, q->sort, e);
	if (q->limit)
		ntr_str_printf(&sql, " LIMIT %" PRIu64,
			       q->limit < INT64_MAX ? q->limit : INT64_MAX);
	if (!st && sql.lost)
		st = NTR_NOMEM;
	if (!st)
		st = r->g->ops->run(r->g, &c, SQL_ONCE, sql.s, v, n, e);
	ntr_str_fini(&sql);
	if (st == NTR_USAGE)
		return st;
	if (!st) {
		st = each_row(r, c, q, fn, ctx, e);
		r->g->ops->done(c);
	}
	return where(r, st, e);
}

/* '"' is the character behind '!': a range of the index of paths. */
enum ntr_st results_members(struct results *r, const char *path,
			    results_row_fn *fn, void *ctx, struct ntr_err *e)
{
	static const struct results_query all = { .want_json = true,
						  .want_signatures = true };
	struct ntr_str from = { .s = NULL }, to = { .s = NULL },
		       sql = { .s = NULL };
	struct sql_val v[2];
	struct sql_cur *c;
	enum ntr_st st = NTR_NOMEM;

	ntr_str_printf(&from, "%s!", path);
	ntr_str_printf(&to, "%s\"", path);
	ntr_str_printf(&sql, "%s WHERE d.path > ? AND d.path < ? ORDER BY d.id",
		       sql_select_dumps(true));
	v[0] = sql_text(from.s);
	v[1] = sql_text(to.s);
	if (!from.lost && !to.lost && !sql.lost)
		st = r->g->ops->run(r->g, &c, SQL_ONCE, sql.s, v, 2, e);
	if (!st) {
		st = each_row(r, c, &all, fn, ctx, e);
		r->g->ops->done(c);
	}
	ntr_str_fini(&from);
	ntr_str_fini(&to);
	ntr_str_fini(&sql);
	return where(r, st, e);
}

enum ntr_st results_notes(struct results *r, s64 id, results_note_fn *fn,
			  void *ctx, struct ntr_err *e)
{
	struct sql_val v = sql_int(id), at, by, text;
	struct sql_cur *c;
	bool more = true;
	enum ntr_st st = r->g->ops->run(r->g, &c, SQL_NOTES_OF, NULL, &v, 1, e);

	if (st)
		return where(r, st, e);
	while (more && !(st = r->g->ops->step(c, e))) {
		struct results_note_row row;

		r->g->ops->col(c, 0, &at);
		r->g->ops->col(c, 1, &by);
		r->g->ops->col(c, 2, &text);
		row = (struct results_note_row){ at.i, by.s,
						 text.s ? text.s : "" };
		more = fn(ctx, &row);
	}
	r->g->ops->done(c);
	return where(r, st == NTR_END ? NTR_OK : st, e);
}
