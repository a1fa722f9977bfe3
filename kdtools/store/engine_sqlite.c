// SPDX-License-Identifier: Apache-2.0
/*
 * The store in a SQLite file.
 *
 * WAL with synchronous=FULL: a commit is on the disk when it returns, readers
 * do not wait for a writer.  A file is first looked at through a connection
 * that cannot write, so that one of a newer program, or of something else
 * altogether, stays as it is to the byte.  Before the first write every page
 * of a store is checked (up to CHECK_BYTES: beyond it takes seconds); damage
 * further on is met by the statement that reads it.
 *
 * Text that may be packed (a verdict: 50 KiB of JSON) is a blob, one frame of
 * zstd: writing it whole would take as long as judging the dump.
 */
#include "engine.h"
#include "results.h"
#include "schema.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <zstd.h>

#define APPLICATION_ID 0x4e545252 /* "NTRR" */
#define CHECK_BYTES (INT64_C(256) << 20)
#define MAX_VALUE (256 << 20) /* bytes of one value */
#define PACK_FROM 512u /* bytes of text that are worth compressing */
#define PACK_LEVEL 1
/* A batch of scan's fits: pages do not go to the log twice, and the log is
 * brought in every 16 MiB. */
#define WRITER_MEMORY \
	"PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000"
#define WAIT_NS 10000000L
#define HEADER 100 /* bytes of SQLite's file header */

struct sql_cur {
	struct sqlite *g;
	sqlite3_stmt *s;
	bool kept; /* it is g->kept[id] */
	enum sql_id id;
	char *unpacked; /* what a blob held, in room bytes; NULL: none yet */
	size_t room;
};

struct sqlite {
	struct engine e;
	sqlite3 *db;
	sqlite3_stmt *kept[SQL_COUNT];
	bool busy[SQL_COUNT]; /* a cursor has it */
	ZSTD_CCtx *pack;
};

static enum ntr_st status_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_TOOBIG:
		return NTR_LIMIT;
	case SQLITE_NOMEM:
		return NTR_NOMEM;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return NTR_IO;
	default:
		return NTR_BAD;
	}
}

static enum ntr_st failed(struct sqlite *g, int rc, struct ntr_err *e)
{
	enum ntr_st st = status_of(rc);
	int err = g->db ? sqlite3_system_errno(g->db) : 0;

	if (st == NTR_LIMIT && (rc & 0xff) != SQLITE_TOOBIG)
		return ntr_fail(e, st, "another process keeps the store "
				"locked (waited %d ms)", RESULTS_BUSY_MS);
	if (st == NTR_IO && err)
		return ntr_fail(e, st, "%s: %s", sqlite3_errstr(rc),
				strerror(err));
	return ntr_fail(e, st, "%s", g->db ? sqlite3_errmsg(g->db) :
			sqlite3_errstr(rc));
}

/* --- statements ----------------------------------------------------------------- */

static int prepare(struct sqlite *g, const char *sql, sqlite3_stmt **s)
{
	struct ntr_str text = { .s = NULL };
	int rc = SQLITE_NOMEM;

	sql_render(&text, g->e.dialect, sql);
	if (!text.lost)
		rc = sqlite3_prepare_v3(g->db, ntr_str_text(&text), -1,
					SQLITE_PREPARE_PERSISTENT, s, NULL);
	ntr_str_fini(&text);
	return rc;
}

static int bind_packed(struct sqlite *g, sqlite3_stmt *s, int at,
		       const char *text, size_t len)
{
	size_t room = ZSTD_compressBound(len), n;
	void *p = malloc(room);

	if (!g->pack)
		g->pack = ZSTD_createCCtx();
	if (!p || !g->pack) {
		free(p);
		return SQLITE_NOMEM;
	}
	n = ZSTD_compressCCtx(g->pack, p, room, text, len, PACK_LEVEL);
	if (ZSTD_isError(n)) {
		free(p);
		return SQLITE_NOMEM;
	}
	return sqlite3_bind_blob64(s, at, p, n, free);
}

static int bind_text(struct sqlite *g, sqlite3_stmt *s, int at,
		     const struct sql_val *v)
{
	size_t len = v->pack ? strlen(v->s) : 0;

	if (len >= PACK_FROM && len <= MAX_VALUE)
		return bind_packed(g, s, at, v->s, len);
	return sqlite3_bind_text(s, at, v->s, -1, SQLITE_STATIC);
}

static int bind(struct sqlite *g, sqlite3_stmt *s, const struct sql_val *v,
		size_t n)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; !rc && i < n; i++) {
		int at = (int)i + 1;

		if (v[i].kind == SQL_INT)
			rc = sqlite3_bind_int64(s, at, v[i].i);
		else if (v[i].kind == SQL_TEXT)
			rc = bind_text(g, s, at, &v[i]);
		else
			rc = sqlite3_bind_null(s, at);
	}
	return rc;
}

static void sq_done(struct sql_cur *c)
{
	if (c->kept) {
		sqlite3_reset(c->s);
		sqlite3_clear_bindings(c->s);
		c->g->busy[c->id] = false;
	} else {
		sqlite3_finalize(c->s);
	}
	free(c->unpacked);
	free(c);
}

/* The statement of the cursor, made or taken from those that are kept. */
static int take(struct sqlite *g, struct sql_cur *c, enum sql_id id,
		const char *sql)
{
	int rc;

	if (id >= SQL_COUNT)
		return prepare(g, sql, &c->s);
	if (g->busy[id])
		return prepare(g, sql_statement(id), &c->s);
	if (!g->kept[id]) {
		rc = prepare(g, sql_statement(id), &g->kept[id]);
		if (rc)
			return rc;
	}
	c->kept = g->busy[id] = true;
	c->id = id;
	c->s = g->kept[id];
	return SQLITE_OK;
}

static enum ntr_st sq_run(struct engine *en, struct sql_cur **out,
			  enum sql_id id, const char *sql,
			  const struct sql_val *v, size_t n, struct ntr_err *e)
{
	struct sqlite *g = (struct sqlite *)en;
	struct sql_cur *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return NTR_NOMEM;
	c->g = g;
	rc = take(g, c, id, sql);
	if (!rc)
		rc = bind(g, c->s, v, n);
	if (rc) {
		enum ntr_st st = failed(g, rc, e);

		sq_done(c);
		return st;
	}
	*out = c;
	return NTR_OK;
}

static enum ntr_st sq_step(struct sql_cur *c, struct ntr_err *e)
{
	int rc = sqlite3_step(c->s);

	if (rc == SQLITE_ROW)
		return NTR_OK;
	return rc == SQLITE_DONE ? NTR_END : failed(c->g, rc, e);
}

/* Text that was packed; NULL: the blob is none, or too large. */
static const char *unpack(struct sql_cur *c, int i)
{
	const void *p = sqlite3_column_blob(c->s, i);
	size_t n = (size_t)sqlite3_column_bytes(c->s, i);
	unsigned long long len = p ? ZSTD_getFrameContentSize(p, n) :
				     ZSTD_CONTENTSIZE_ERROR;

	if (len > MAX_VALUE)
		return NULL;
	if (len >= c->room) {
		free(c->unpacked);
		c->room = (size_t)len + 1;
		c->unpacked = malloc(c->room);
	}
	if (!c->unpacked) {
		c->room = 0;
		return NULL;
	}
	if (ZSTD_decompress(c->unpacked, (size_t)len, p, n) != len)
		return NULL;
	c->unpacked[len] = 0;
	return c->unpacked;
}

static void sq_col(struct sql_cur *c, int i, struct sql_val *out)
{
	int type = sqlite3_column_type(c->s, i);

	*out = (struct sql_val){ .kind = SQL_NULL };
	if (type == SQLITE_NULL)
		return;
	out->kind = type == SQLITE_INTEGER ? SQL_INT : SQL_TEXT;
	if (type == SQLITE_INTEGER)
		out->i = sqlite3_column_int64(c->s, i);
	else if (type == SQLITE_BLOB)
		out->s = unpack(c, i);
	else
		out->s = (const char *)sqlite3_column_text(c->s, i);
}

/* --- transactions and versions ---------------------------------------------------- */

static enum ntr_st sq_script(struct engine *en, const char *sql,
			     struct ntr_err *e)
{
	struct sqlite *g = (struct sqlite *)en;
	int rc = sqlite3_exec(g->db, sql, NULL, NULL, NULL);

	return rc ? failed(g, rc, e) : NTR_OK;
}

static enum ntr_st sq_begin(struct engine *en, bool schema, struct ntr_err *e)
{
	(void)schema; /* a writer is alone in either case */
	return sq_script(en, "BEGIN IMMEDIATE", e);
}

static enum ntr_st sq_commit(struct engine *en, struct ntr_err *e)
{
	return sq_script(en, "COMMIT", e);
}

static void sq_rollback(struct engine *en)
{
	struct sqlite *g = (struct sqlite *)en;

	if (!sqlite3_get_autocommit(g->db))
		(void)sq_script(en, "ROLLBACK", NULL);
}

static enum ntr_st number(struct sqlite *g, const char *sql, s64 *v,
			  struct ntr_err *e)
{
	struct sql_val got = { .kind = SQL_NULL };
	struct sql_cur *c;
	enum ntr_st st = sq_run(&g->e, &c, SQL_ONCE, sql, NULL, 0, e);

	if (st)
		return st;
	st = sq_step(c, e);
	if (!st)
		sq_col(c, 0, &got);
	sq_done(c);
	if (st && st != NTR_END)
		return st;
	*v = got.i;
	return NTR_OK;
}

static enum ntr_st sq_version(struct engine *en, s64 *out, struct ntr_err *e)
{
	struct sqlite *g = (struct sqlite *)en;
	s64 app = 0, version = 0, tables = 0;
	enum ntr_st st = number(g, "PRAGMA application_id", &app, e);

	if (!st)
		st = number(g, "PRAGMA user_version", &version, e);
	if (!st)
		st = number(g, "SELECT count(*) FROM sqlite_schema", &tables, e);
	if (st)
		return st;
	if (app == APPLICATION_ID ? version <= 0 || !tables :
				    app || version || tables)
		return ntr_fail(e, NTR_BAD, "this database is no results store "
				"of ntriage (application id 0x%" PRIx64
				", version %" PRId64 ", %" PRId64 " tables)",
				app, version, tables);
	*out = version;
	return NTR_OK;
}

static enum ntr_st sq_set_version(struct engine *en, s64 v, struct ntr_err *e)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; "
		 "PRAGMA user_version = %" PRId64, APPLICATION_ID, v);
	return sq_script(en, sql, e);
}

static void sq_close(struct engine *en)
{
	struct sqlite *g = (struct sqlite *)en;

	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(g->kept[i]);
	sqlite3_close(g->db);
	ZSTD_freeCCtx(g->pack);
	free(g);
}

/* Two processes that make a store at once: SQLite says BUSY without waiting
 * when both change the journal mode. */
static enum ntr_st sq_settle(struct engine *g, struct ntr_err *e)
{
	const struct timespec wait = { 0, WAIT_NS };
	enum ntr_st st = NTR_LIMIT;

	for (unsigned i = 0; st == NTR_LIMIT && i < RESULTS_BUSY_MS / 10; i++) {
		st = sq_script(g, "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       WRITER_MEMORY, e);
		if (st == NTR_LIMIT)
			nanosleep(&wait, NULL);
	}
	return st;
}

static const struct engine_ops ops = {
	.close = sq_close, .run = sq_run, .step = sq_step, .col = sq_col,
	.done = sq_done, .script = sq_script, .version = sq_version,
	.set_version = sq_set_version, .begin = sq_begin,
	.commit = sq_commit, .rollback = sq_rollback, .settle = sq_settle,
};

/* --- opening ----------------------------------------------------------------------- */

/* A store may come from somebody else: nothing in its schema runs. */
static int settings(struct sqlite *g)
{
	int rc = sqlite3_busy_timeout(g->db, RESULTS_BUSY_MS);

	(void)sqlite3_db_config(g->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(g->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(g->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	(void)sqlite3_limit(g->db, SQLITE_LIMIT_LENGTH, MAX_VALUE);
	return rc ? rc : sqlite3_exec(g->db, "PRAGMA cell_size_check = ON",
				      NULL, NULL, NULL);
}

static enum ntr_st connect_to(struct sqlite **out, const char *path, int flags,
			      struct ntr_err *e)
{
	struct sqlite *g = calloc(1, sizeof(*g));
	enum ntr_st st;
	int rc;

	if (!g)
		return NTR_NOMEM;
	g->e.ops = &ops;
	g->e.dialect = &sql_dialect_sqlite;
	rc = sqlite3_open_v2(path, &g->db, flags | SQLITE_OPEN_NOMUTEX |
			     SQLITE_OPEN_EXRESCODE, NULL);
	if (!rc)
		rc = settings(g);
	if (rc) {
		st = failed(g, rc, e);
		sq_close(&g->e);
		return st;
	}
	*out = g;
	return NTR_OK;
}

/* "file:…?immutable=1": for a store that nobody can be writing, in a folder
 * where SQLite cannot make the file that readers and writers share. */
static enum ntr_st connect_immutable(struct sqlite **out, const char *path,
				     struct ntr_err *e)
{
	struct ntr_str uri = { .s = NULL }, wal = { .s = NULL };
	enum ntr_st st = NTR_NOMEM;
	struct stat sb;

	ntr_str_printf(&wal, "%s-wal", path);
	ntr_str_add(&uri, "file:");
	for (const char *p = path; *p; p++)
		ntr_str_printf(&uri, strchr("?#%", *p) ? "%%%02x" : "%c",
			       (u8)*p);
	ntr_str_add(&uri, "?immutable=1");
	if (!wal.lost && !stat(wal.s, &sb) && sb.st_size)
		st = ntr_fail(e, NTR_IO, "the last writer did not finish (%s): "
			      "reading it needs permission to write", wal.s);
	else if (!wal.lost && !uri.lost)
		st = connect_to(out, uri.s, SQLITE_OPEN_READONLY |
				SQLITE_OPEN_URI, e);
	ntr_str_fini(&uri);
	ntr_str_fini(&wal);
	return st;
}

/* SQLite takes a file of less than a page for an empty one and would begin it
 * anew. (Page size: 16 bits, big endian, at 16; 1 stands for 65536.)  Read
 * through SQLite's own file: closing another one on it would drop the locks of
 * every connection of this process. */
static enum ntr_st whole_page(struct sqlite *g, const char *path,
			      struct ntr_err *e)
{
	sqlite3_file *f = NULL;
	sqlite3_int64 size = 0;
	u8 head[HEADER];
	u32 page = 0;
	struct stat sb;
	int rc = sqlite3_file_control(g->db, "main",
				      SQLITE_FCNTL_FILE_POINTER, &f);

	if (!rc && f && f->pMethods)
		rc = f->pMethods->xFileSize(f, &size);
	if (!rc && size >= HEADER)
		rc = f->pMethods->xRead(f, head, HEADER, 0);
	if (rc)
		return failed(g, rc, e);
	if (size >= HEADER && !memcmp(head, "SQLite format 3", 16)) {
		page = (u32)head[16] << 8 | head[17];
		page = page == 1 ? 65536 : page;
	}
	if (!size && !stat(path, &sb))
		size = sb.st_size; /* SQLite says 0 of a single byte */
	if (!size || (page && size >= page))
		return NTR_OK;
	return ntr_fail(e, NTR_BAD, "this is no SQLite database, or only the "
			"beginning of one (%" PRId64 " bytes)", (s64)size);
}

static enum ntr_st connect_reader(struct sqlite **out, const char *path,
				  struct ntr_err *e)
{
	struct sqlite *g;
	s64 v;
	enum ntr_st st = connect_to(&g, path, SQLITE_OPEN_READONLY, e);

	if (!st) {
		st = whole_page(g, path, e);
		if (!st)
			st = sq_version(&g->e, &v, e);
		if (st)
			sq_close(&g->e);
	}
	if (st == NTR_IO) {
		st = connect_immutable(&g, path, e);
		if (!st && (st = sq_version(&g->e, &v, e)))
			sq_close(&g->e);
	}
	if (!st)
		*out = g;
	return st;
}

/* Looks at what is there without writing. */
static enum ntr_st look(const char *path, s64 *version, struct ntr_err *e)
{
	struct sqlite *g;
	enum ntr_st st = connect_reader(&g, path, e);

	if (st)
		return st;
	st = sq_version(&g->e, version, e);
	sq_close(&g->e);
	return st;
}

static enum ntr_st check_pages(struct sqlite *g, struct ntr_err *e)
{
	struct sql_val v = { .kind = SQL_NULL };
	struct sql_cur *c;
	enum ntr_st st = sq_run(&g->e, &c, SQL_ONCE, "PRAGMA quick_check(1)",
				NULL, 0, e);

	if (st)
		return st;
	st = sq_step(c, e);
	if (!st)
		sq_col(c, 0, &v);
	if (!st && (!v.s || strcmp(v.s, "ok")))
		st = ntr_fail(e, NTR_BAD, "the store is damaged: %s",
			      v.s ? v.s : "it cannot be checked");
	sq_done(c);
	return st;
}

static enum ntr_st open_writer(struct engine **out, const char *path,
			       bool memory, struct ntr_err *e)
{
	struct stat sb = { .st_size = 0 };
	struct sqlite *g;
	s64 version = 0;
	enum ntr_st st = NTR_OK;

	if (!memory && !stat(path, &sb) && sb.st_size) {
		st = look(path, &version, e);
		if (!st)
			st = schema_known(version, e);
		if (st)
			return st;
	}
	st = connect_to(&g, path, version ? SQLITE_OPEN_READWRITE :
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, e);
	if (st)
		return st;
	if (sb.st_size && sb.st_size <= CHECK_BYTES)
		st = check_pages(g, e);
	if (st) {
		sq_close(&g->e);
		return st;
	}
	*out = &g->e;
	return NTR_OK;
}

enum ntr_st engine_sqlite_open(struct engine **out, const char *path,
			       bool read_only, struct ntr_err *e)
{
	bool memory = !strcmp(path, ":memory:");
	struct sqlite *g;
	struct stat sb;
	enum ntr_st st;

	if (!read_only)
		return open_writer(out, path, memory, e);
	if (stat(path, &sb))
		return ntr_fail(e, errno == ENOENT || errno == ENOTDIR ?
				NTR_ABSENT : NTR_IO,
				"there is no results store: %s",
				strerror(errno));
	st = connect_reader(&g, path, e);
	if (st)
		return st;
	g->e.read_only = true;
	*out = &g->e;
	return NTR_OK;
}
