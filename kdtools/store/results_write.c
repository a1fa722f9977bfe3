// SPDX-License-Identifier: Apache-2.0
#include "results_priv.h"
#include "schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BATCH_BYTES ((size_t)32 << 20) /* a batch is not larger */
#define BATCH_ROWS 4096u

/* --- opening ------------------------------------------------------------------------ */

static bool is_url(const char *where)
{
	return !strncmp(where, "postgresql://", 13) ||
	       !strncmp(where, "postgres://", 11);
}

/* "postgresql://me:secret@host/db" is shown as "postgresql://me@host/db"; a
 * password behind "?" as well is left out with all that follows it. */
static char *shown(const char *where)
{
	const char *user = is_url(where) ? strstr(where, "://") + 3 : NULL;
	const char *at = user ? strchr(user, '@') : NULL;
	const char *colon = user ? strchr(user, ':') : NULL;
	char *s = NULL;
	char *q;

	if (!at || !colon || colon > at)
		s = strdup(where);
	else if (asprintf(&s, "%.*s%s", (int)(colon - where), where, at) < 0)
		return NULL;
	q = s && user ? strstr(s, "password=") : NULL;
	if (q)
		*q = 0;
	return s;
}

static enum ntr_st default_path(struct ntr_str *out, struct ntr_err *e)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (data && *data == '/')
		ntr_str_add(out, data);
	else if (home && *home == '/')
		ntr_str_printf(out, "%s/.local/share", home);
	else
		return ntr_fail(e, NTR_USAGE, "no place for the results store: "
				"neither $XDG_DATA_HOME nor $HOME is set; name "
				"one");
	ntr_str_add(out, "/ntriage/results.db");
	return out->lost ? NTR_NOMEM : NTR_OK;
}

/* The folders above a path. */
static enum ntr_st make_folders(char *path, struct ntr_err *e)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		bool bad;

		*p = 0;
		bad = mkdir(path, 0700) && errno != EEXIST;
		if (bad)
			return ntr_fail(e, NTR_IO, "%s: %s", path,
					strerror(errno));
		*p = '/';
	}
	return NTR_OK;
}

static enum ntr_st open_at(struct results *r, const char *where, bool read_only,
			   struct ntr_err *e)
{
	enum ntr_st st;

	r->where = shown(where);
	if (!r->where)
		return NTR_NOMEM;
	st = is_url(where) ? engine_pq_open(&r->g, where, read_only, e) :
			     engine_sqlite_open(&r->g, where, read_only, e);
	if (!st)
		st = schema_check(r->g, e);
	if (!st && !read_only && r->g->ops->settle)
		st = r->g->ops->settle(r->g, e);
	return st ? ntr_wrap(e, st, "%s", r->where) : NTR_OK;
}

enum ntr_st results_open(struct results **out, const char *where,
			 bool read_only, struct ntr_err *e)
{
	struct results *r = calloc(1, sizeof(*r));
	struct ntr_str path = { .s = NULL };
	enum ntr_st st = r ? NTR_OK : NTR_NOMEM;

	if (!where)
		where = getenv("NTRIAGE_STORE");
	if (!st && (!where || !*where)) {
		st = default_path(&path, e);
		if (!st && !read_only)
			st = make_folders(path.s, e);
		where = path.s;
	}
	if (!st)
		st = open_at(r, where, read_only, e);
	ntr_str_fini(&path);
	if (st) {
		results_close(r);
		return st;
	}
	*out = r;
	return NTR_OK;
}

static void drop_batch(struct results *r)
{
	ntr_vec_fini(&r->batch);
	ntr_arena_fini(&r->batch_text);
}

void results_close(struct results *r)
{
	if (!r)
		return;
	drop_batch(r);
	ntr_arena_fini(&r->row_text);
	if (r->g)
		r->g->ops->close(r->g);
	free(r->where);
	free(r);
}

const char *results_where(const struct results *r)
{
	return r->where;
}

/* --- transactions --------------------------------------------------------------------- */

typedef enum ntr_st change_fn(struct results *r, void *ctx, struct ntr_err *e);

/* fn in one transaction: all of it or nothing. */
static enum ntr_st change(struct results *r, change_fn *fn, void *ctx,
			  struct ntr_err *e)
{
	struct engine *g = r->g;
	enum ntr_st st;

	if (g->read_only)
		return ntr_fail(e, NTR_USAGE, "%s: opened for reading only",
				r->where);
	st = g->ops->begin(g, false, e);
	if (!st) {
		st = fn(r, ctx, e);
		if (!st)
			st = g->ops->commit(g, e);
		if (st)
			g->ops->rollback(g);
	}
	return st ? ntr_wrap(e, st, "%s", r->where) : NTR_OK;
}

static s64 now(void)
{
	return (s64)time(NULL);
}

struct run {
	const char *what, *judge;
	s64 id;
};

static enum ntr_st run_begin(struct results *r, void *ctx, struct ntr_err *e)
{
	struct run *n = ctx;
	struct sql_val v[] = { sql_text(n->what), sql_text(n->judge),
			       sql_int(now()) };

	return engine_do(r->g, SQL_RUN_BEGIN, v, 3, &n->id, e);
}

enum ntr_st results_run_begin(struct results *r, const char *what,
			      const char *judge, s64 *run, struct ntr_err *e)
{
	struct run n = { what, judge ? judge : "", 0 };
	enum ntr_st st = change(r, run_begin, &n, e);

	if (!st)
		*run = n.id;
	return st;
}

static enum ntr_st run_end(struct results *r, void *ctx, struct ntr_err *e)
{
	struct run *n = ctx;
	struct sql_val v[] = { sql_int(now()), sql_text(n->what),
			       sql_int(n->id) };
	s64 got = 0;
	enum ntr_st st = engine_do(r->g, SQL_RUN_END, v, 3, &got, e);

	if (!st && !got)
		return ntr_fail(e, NTR_ABSENT, "there is no run %" PRId64,
				n->id);
	return st;
}

enum ntr_st results_run_end(struct results *r, s64 run, const char *summary,
			    struct ntr_err *e)
{
	struct run n = { summary, NULL, run };
	enum ntr_st st = results_commit(r, e);

	return st ? st : change(r, run_end, &n, e);
}

/* --- the batch -------------------------------------------------------------------------- */

static enum ntr_st write_signatures(struct engine *g, s64 id,
				    const struct results_dump *d,
				    struct ntr_err *e)
{
	struct sql_val dump = sql_int(id);
	enum ntr_st st = engine_do(g, SQL_SIGS_DROP, &dump, 1, NULL, e);

	for (size_t i = 0; !st && i < d->nsig; i++) {
		const struct results_signature *s = &d->sig[i];
		struct sql_val v[] = {
			dump, sql_int((s64)i), sql_text(s->id ? s->id : ""),
			sql_text(s->title), sql_text(s->cls),
			sql_text(s->severity),
			sql_text(s->value ? s->value : "unknown"),
			sql_int(s->confidence), sql_text(s->json),
		};

		st = engine_do(g, SQL_SIG_PUT, v, NTR_COUNT(v), NULL, e);
	}
	return st;
}

static enum ntr_st write_verdict(struct engine *g, s64 id, const char *json,
				 struct ntr_err *e)
{
	struct sql_val v[] = { sql_int(id), sql_packed(json) };

	return json ? engine_do(g, SQL_VERDICT_PUT, v, 2, NULL, e) :
		      engine_do(g, SQL_VERDICT_DROP, v, 1, NULL, e);
}

static enum ntr_st write_dump(struct engine *g, s64 run,
			      const struct results_dump *d, struct ntr_err *e)
{
	struct results_values v = { .names = { .s = NULL } };
	enum ntr_st st = NTR_NOMEM;
	s64 id = 0;

	results_values(&v, d);
	if (!v.names.lost)
		st = engine_do(g, SQL_DUMP_PUT, v.v, RESULTS_PUT_VALUES, &id, e);
	ntr_str_fini(&v.names);
	if (!st)
		st = write_verdict(g, id, d->json, e);
	if (!st)
		st = write_signatures(g, id, d, e);
	if (!st && run) {
		struct sql_val in[] = { sql_int(run), sql_int(id) };

		st = engine_do(g, SQL_RUN_DUMP, in, 2, NULL, e);
	}
	return st ? ntr_wrap(e, st, "%s", d->path) : NTR_OK;
}

static enum ntr_st drop_members(struct engine *g, const struct results_dump *d,
				struct ntr_err *e)
{
	struct ntr_str from = { .s = NULL }, to = { .s = NULL };
	enum ntr_st st = NTR_NOMEM;

	ntr_str_printf(&from, "%s!", d->path);
	ntr_str_printf(&to, "%s\"", d->path);
	if (!from.lost && !to.lost) {
		struct sql_val v[] = { sql_text(from.s), sql_text(to.s),
				       sql_int((s64)(d->size & INT64_MAX)),
				       sql_int(d->mtime_ns) };

		st = engine_do(g, SQL_MEMBERS_DROP, v, NTR_COUNT(v), NULL, e);
	}
	ntr_str_fini(&from);
	ntr_str_fini(&to);
	return st;
}

static enum ntr_st write_pending(struct engine *g,
				 const struct results_pending *p,
				 struct ntr_err *e)
{
	struct sql_val v[] = { sql_int(p->run), sql_int(p->touch) };

	if (p->touch)
		return engine_do(g, SQL_RUN_TOUCH, v, NTR_COUNT(v), NULL, e);
	return p->drop ? drop_members(g, &p->d, e) :
			 write_dump(g, p->run, &p->d, e);
}

static enum ntr_st write_batch(struct results *r, void *ctx, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	(void)ctx;
	for (size_t i = 0; !st && i < r->batch.n; i++)
		st = write_pending(r->g, &r->batch.v[i], e);
	return st;
}

enum ntr_st results_commit(struct results *r, struct ntr_err *e)
{
	enum ntr_st st = r->batch.n ? change(r, write_batch, NULL, e) : NTR_OK;

	if (!st)
		drop_batch(r);
	return st;
}

/* Room for one more; what waits is written when it has become much. */
static enum ntr_st pending(struct results *r, struct results_pending **p,
			   struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	if (r->batch.n >= BATCH_ROWS || r->batch_text.total >= BATCH_BYTES)
		st = results_commit(r, e);
	if (st)
		return st;
	*p = ntr_vec_add(&r->batch);
	return *p ? NTR_OK : NTR_NOMEM;
}

enum ntr_st results_put(struct results *r, s64 run,
			const struct results_dump *d, struct ntr_err *e)
{
	struct results_pending *p;
	enum ntr_st st;

	if (!d->path || !*d->path)
		return ntr_fail(e, NTR_USAGE, "a result needs the path of its "
				"dump");
	st = pending(r, &p, e);
	if (st)
		return st;
	p->run = run;
	st = results_copy(&r->batch_text, &p->d, d);
	if (st)
		r->batch.n--;
	return st;
}

enum ntr_st results_drop_members(struct results *r, const char *path, u64 size,
				 s64 mtime_ns, struct ntr_err *e)
{
	struct results_dump d = { .path = path, .size = size,
				  .mtime_ns = mtime_ns };
	struct results_pending *p;
	enum ntr_st st = pending(r, &p, e);

	if (st)
		return st;
	p->drop = true;
	st = results_copy(&r->batch_text, &p->d, &d);
	if (st)
		r->batch.n--;
	return st;
}

enum ntr_st results_touch(struct results *r, s64 run, s64 id, struct ntr_err *e)
{
	struct results_pending *p;
	enum ntr_st st;

	if (id <= 0)
		return ntr_fail(e, NTR_USAGE, "%" PRId64 " is no row", id);
	st = pending(r, &p, e);
	if (st)
		return st;
	p->run = run;
	p->touch = id;
	return NTR_OK;
}

/* --- notes ------------------------------------------------------------------------------- */

struct note {
	s64 id;
	const char *by, *text;
};

static enum ntr_st note_put(struct results *r, void *ctx, struct ntr_err *e)
{
	const struct note *n = ctx;
	struct sql_val v[] = { sql_int(now()), sql_text(n->by),
			       sql_text(n->text), sql_int(n->id) };
	s64 got = 0;
	enum ntr_st st = engine_do(r->g, SQL_NOTE_PUT, v, 4, &got, e);

	if (!st && !got)
		return ntr_fail(e, NTR_ABSENT, "there is no result %" PRId64,
				n->id);
	return st;
}

enum ntr_st results_note(struct results *r, s64 id, const char *by,
			 const char *text, struct ntr_err *e)
{
	struct results_dump clean, d = { .path = text, .process = by };
	struct ntr_arena a = { .head = NULL };
	enum ntr_st st = text && *text ? results_copy(&a, &clean, &d) :
			 ntr_fail(e, NTR_USAGE, "a note needs text");

	if (!st) {
		struct note n = { id, clean.process, clean.path };

		st = change(r, note_put, &n, e);
	}
	ntr_arena_fini(&a);
	return st;
}

/* --- removing ----------------------------------------------------------------------------- */

struct prune {
	const struct results_filter *f;
	u64 n;
};

static enum ntr_st prune(struct results *r, void *ctx, struct ntr_err *e)
{
	struct prune *p = ctx;
	struct ntr_str sql = { .s = NULL };
	const struct sql_val *v;
	struct sql_cur *c;
	size_t n;
	enum ntr_st st;

	p->n = 0;
	ntr_str_add(&sql, "DELETE FROM dumps AS d");
	st = results_where_sql(&sql, p->f, &v, &n);
	ntr_str_add(&sql, " RETURNING id");
	if (!st && sql.lost)
		st = NTR_NOMEM;
	if (!st)
		st = r->g->ops->run(r->g, &c, SQL_ONCE, sql.s, v, n, e);
	ntr_str_fini(&sql);
	if (st)
		return st;
	while (!(st = r->g->ops->step(c, e)))
		p->n++;
	r->g->ops->done(c);
	return st == NTR_END ? NTR_OK : st;
}

enum ntr_st results_prune(struct results *r, const struct results_filter *f,
			  u64 *n, struct ntr_err *e)
{
	struct prune p = { f, 0 };
	enum ntr_st st = results_commit(r, e);

	if (!st)
		st = change(r, prune, &p, e);
	if (!st)
		*n = p.n;
	return st;
}
