// SPDX-License-Identifier: Apache-2.0
/*
 * The store on a PostgreSQL server, in a schema "ntriage" of the database that
 * the URL names.
 *
 * A SELECT is read through a cursor of the server's, FETCH_ROWS at a time, so
 * that a million rows need no memory here and other statements may run
 * between two of them.  A cursor lives in a transaction; one is begun for it
 * when there is none.  Writers take turns by an advisory lock: two that put
 * the same dumps in another order would lock each other out.
 */
#include "engine.h"
#include "pq_late.h"
#include "results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FETCH_ROWS 64
#define MAX_PARAMS 600 /* of one statement; a filter has at most 512 */
#define WRITER_LOCK "5643851163479937" /* any number that is only ours */
#define OID_INT2 21u
#define OID_INT4 23u
#define OID_INT8 20u

struct pq {
	struct engine e;
	struct pq_late pq;
	PGconn *conn;
	bool prepared[SQL_COUNT];
	unsigned next_cursor, open_cursors;
	bool own_transaction; /* begun for a cursor */
};

struct sql_cur {
	struct pq *g;
	PGresult *res;
	int at, n;
	unsigned cursor; /* 0: all rows are in res */
};

/* --- errors ------------------------------------------------------------------------ */

static bool code_is(const char *code, const char *class)
{
	return code && !strncmp(code, class, strlen(class));
}

static enum ntr_st failed(struct pq *g, const PGresult *res, struct ntr_err *e)
{
	const char *code = res ? g->pq.PQresultErrorField(res, PG_DIAG_SQLSTATE) :
			   NULL;
	const char *text = res ? g->pq.PQresultErrorField(res,
					PG_DIAG_MESSAGE_PRIMARY) : NULL;

	if (!text || !*text)
		text = g->pq.PQerrorMessage(g->conn);
	if (code_is(code, "55P03") || code_is(code, "57014"))
		return ntr_fail(e, NTR_LIMIT, "another process keeps the store "
				"locked (waited %d ms)", RESULTS_BUSY_MS);
	ntr_err_set(e, "%.*s", (int)strcspn(text, "\n"), text);
	if (!code || code_is(code, "08") || code_is(code, "53") ||
	    code_is(code, "57") || code_is(code, "58") || code_is(code, "25006") ||
	    code_is(code, "42501"))
		return NTR_IO;
	return NTR_BAD;
}

static bool good(struct pq *g, const PGresult *res)
{
	ExecStatusType t = g->pq.PQresultStatus(res);

	return t == PGRES_COMMAND_OK || t == PGRES_TUPLES_OK;
}

static enum ntr_st pq_script(struct engine *en, const char *sql,
			     struct ntr_err *e)
{
	struct pq *g = (struct pq *)en;
	PGresult *res = g->pq.PQexec(g->conn, sql);
	enum ntr_st st = good(g, res) ? NTR_OK : failed(g, res, e);

	g->pq.PQclear(res);
	return st;
}

/* --- statements ---------------------------------------------------------------------- */

struct params {
	const char *v[MAX_PARAMS];
	char number[MAX_PARAMS][24];
};

static bool fill(struct params *p, const struct sql_val *v, size_t n)
{
	if (n > MAX_PARAMS)
		return false;
	for (size_t i = 0; i < n; i++) {
		p->v[i] = v[i].kind == SQL_TEXT ? v[i].s : NULL;
		if (v[i].kind == SQL_INT) {
			snprintf(p->number[i], sizeof(p->number[i]), "%" PRId64,
				 v[i].i);
			p->v[i] = p->number[i];
		}
	}
	return true;
}

static enum ntr_st prepare(struct pq *g, enum sql_id id, const char *name,
			   struct ntr_err *e)
{
	struct ntr_str sql = { .s = NULL };
	PGresult *res;
	enum ntr_st st;

	if (g->prepared[id])
		return NTR_OK;
	sql_render(&sql, g->e.dialect, sql_statement(id));
	if (sql.lost) {
		ntr_str_fini(&sql);
		return NTR_NOMEM;
	}
	res = g->pq.PQprepare(g->conn, name, sql.s, 0, NULL);
	st = good(g, res) ? NTR_OK : failed(g, res, e);
	g->prepared[id] = !st;
	g->pq.PQclear(res);
	ntr_str_fini(&sql);
	return st;
}

static enum ntr_st run_kept(struct pq *g, struct sql_cur *c, enum sql_id id,
			    const struct params *p, size_t n, struct ntr_err *e)
{
	char name[16];
	enum ntr_st st;

	snprintf(name, sizeof(name), "s%d", (int)id);
	st = prepare(g, id, name, e);
	if (st)
		return st;
	c->res = g->pq.PQexecPrepared(g->conn, name, (int)n, p->v, NULL, NULL,
				      0);
	return good(g, c->res) ? NTR_OK : failed(g, c->res, e);
}

/* "SELECT …" becomes a cursor, anything else is run as it is. */
static enum ntr_st run_once(struct pq *g, struct sql_cur *c, const char *text,
			    const struct params *p, size_t n, struct ntr_err *e)
{
	struct ntr_str sql = { .s = NULL };
	bool select = !strncmp(text, "SELECT", 6);
	enum ntr_st st = NTR_OK;

	if (select && g->pq.PQtransactionStatus(g->conn) == PQTRANS_IDLE) {
		st = pq_script(&g->e, "BEGIN", e);
		g->own_transaction = !st;
	}
	if (select) {
		c->cursor = ++g->next_cursor;
		g->open_cursors++;
		ntr_str_printf(&sql, "DECLARE c%u CURSOR FOR ", c->cursor);
	}
	sql_render(&sql, g->e.dialect, text);
	if (!st && sql.lost)
		st = NTR_NOMEM;
	if (!st) {
		c->res = g->pq.PQexecParams(g->conn, sql.s, (int)n, NULL, p->v,
					    NULL, NULL, 0);
		if (!good(g, c->res))
			st = failed(g, c->res, e);
	}
	ntr_str_fini(&sql);
	return st;
}

static void pq_done(struct sql_cur *c)
{
	struct pq *g = c->g;
	char sql[40];

	g->pq.PQclear(c->res);
	if (c->cursor) {
		snprintf(sql, sizeof(sql), "CLOSE c%u", c->cursor);
		g->open_cursors--;
		if (!g->own_transaction)
			(void)pq_script(&g->e, sql, NULL);
		else if (!g->open_cursors) {
			(void)pq_script(&g->e, "COMMIT", NULL);
			g->own_transaction = false;
		}
	}
	free(c);
}

static enum ntr_st pq_run(struct engine *en, struct sql_cur **out,
			  enum sql_id id, const char *sql,
			  const struct sql_val *v, size_t n, struct ntr_err *e)
{
	struct pq *g = (struct pq *)en;
	struct sql_cur *c = calloc(1, sizeof(*c));
	struct params *p = malloc(sizeof(*p));
	enum ntr_st st = c && p ? NTR_OK : NTR_NOMEM;

	if (!st && !fill(p, v, n))
		st = NTR_LIMIT;
	if (!st) {
		c->g = g;
		st = id < SQL_COUNT ? run_kept(g, c, id, p, n, e) :
				      run_once(g, c, sql, p, n, e);
	}
	free(p);
	if (st) {
		if (c && c->g)
			pq_done(c);
		else
			free(c);
		return st;
	}
	c->n = c->cursor ? 0 : g->pq.PQntuples(c->res);
	c->at = -1;
	*out = c;
	return NTR_OK;
}

static enum ntr_st fetch(struct sql_cur *c, struct ntr_err *e)
{
	struct pq *g = c->g;
	char sql[60];

	snprintf(sql, sizeof(sql), "FETCH %d FROM c%u", FETCH_ROWS, c->cursor);
	g->pq.PQclear(c->res);
	c->res = g->pq.PQexec(g->conn, sql);
	c->n = 0;
	c->at = 0;
	if (!good(g, c->res))
		return failed(g, c->res, e);
	c->n = g->pq.PQntuples(c->res);
	return c->n ? NTR_OK : NTR_END;
}

static enum ntr_st pq_step(struct sql_cur *c, struct ntr_err *e)
{
	if (c->at + 1 < c->n) {
		c->at++;
		return NTR_OK;
	}
	return c->cursor ? fetch(c, e) : NTR_END;
}

static void pq_col(struct sql_cur *c, int i, struct sql_val *out)
{
	const struct pq_late *pq = &c->g->pq;
	unsigned type = pq->PQftype(c->res, i);
	const char *s = pq->PQgetvalue(c->res, c->at, i);

	*out = (struct sql_val){ .kind = SQL_NULL };
	if (pq->PQgetisnull(c->res, c->at, i))
		return;
	if (type == OID_INT8 || type == OID_INT4 || type == OID_INT2)
		*out = sql_int(strtoll(s, NULL, 10));
	else
		*out = sql_text(s);
}

/* --- transactions and versions --------------------------------------------------------- */

static void pq_rollback(struct engine *en)
{
	struct pq *g = (struct pq *)en;
	PGTransactionStatusType t = g->pq.PQtransactionStatus(g->conn);

	if (t == PQTRANS_INTRANS || t == PQTRANS_INERROR)
		(void)pq_script(en, "ROLLBACK", NULL);
}

static enum ntr_st pq_begin(struct engine *en, bool schema, struct ntr_err *e)
{
	enum ntr_st st = pq_script(en, "BEGIN; SELECT pg_advisory_xact_lock("
				   WRITER_LOCK ")", e);

	if (!st && schema)
		st = pq_script(en, "CREATE SCHEMA IF NOT EXISTS ntriage", e);
	if (st)
		pq_rollback(en);
	return st;
}

/* COMMIT of a transaction that failed is a ROLLBACK, and says so only in the
 * name of what it did: it is not asked for then. */
static enum ntr_st pq_commit(struct engine *en, struct ntr_err *e)
{
	struct pq *g = (struct pq *)en;

	if (g->pq.PQtransactionStatus(g->conn) != PQTRANS_INTRANS)
		return ntr_fail(e, NTR_IO, "the transaction has failed");
	return pq_script(en, "COMMIT", e);
}

static enum ntr_st number(struct pq *g, const char *sql, s64 *v,
			  struct ntr_err *e)
{
	PGresult *res = g->pq.PQexec(g->conn, sql);
	enum ntr_st st = good(g, res) ? NTR_OK : failed(g, res, e);

	if (!st && g->pq.PQntuples(res) != 1)
		st = ntr_fail(e, NTR_BAD, "ntriage.store has %d rows, not one",
			      g->pq.PQntuples(res));
	if (!st)
		*v = strtoll(g->pq.PQgetvalue(res, 0, 0), NULL, 10);
	g->pq.PQclear(res);
	return st;
}

static enum ntr_st pq_version(struct engine *en, s64 *v, struct ntr_err *e)
{
	struct pq *g = (struct pq *)en;
	s64 there = 0;
	enum ntr_st st = number(g, "SELECT count(*) FROM pg_catalog.pg_tables"
				" WHERE schemaname = 'ntriage'", &there, e);

	if (st)
		return st;
	if (!there) {
		*v = 0;
		return NTR_OK;
	}
	st = number(g, "SELECT version FROM ntriage.store", v, e);
	if (st == NTR_BAD)
		ntr_err_wrap(e, st, "the schema \"ntriage\" is no results "
			     "store");
	else if (!st && *v <= 0)
		st = ntr_fail(e, NTR_BAD, "ntriage.store says version %" PRId64,
			      *v);
	return st;
}

static enum ntr_st pq_set_version(struct engine *en, s64 v, struct ntr_err *e)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "CREATE TABLE IF NOT EXISTS ntriage.store "
		 "(version bigint NOT NULL); DELETE FROM ntriage.store; "
		 "INSERT INTO ntriage.store VALUES (%" PRId64 ")", v);
	return pq_script(en, sql, e);
}

static void pq_close(struct engine *en)
{
	struct pq *g = (struct pq *)en;

	g->pq.PQfinish(g->conn);
	free(g);
}

static const struct engine_ops ops = {
	.close = pq_close, .run = pq_run, .step = pq_step, .col = pq_col,
	.done = pq_done, .script = pq_script, .version = pq_version,
	.set_version = pq_set_version, .begin = pq_begin,
	.commit = pq_commit, .rollback = pq_rollback,
};

/* --- opening ------------------------------------------------------------------------------ */

static void no_notice(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

static enum ntr_st settings(struct pq *g, struct ntr_err *e)
{
	char sql[300];

	snprintf(sql, sizeof(sql), "SET client_encoding TO 'UTF8'; "
		 "SET search_path TO ntriage; SET lock_timeout TO %d; "
		 "SET standard_conforming_strings TO on;%s", RESULTS_BUSY_MS,
		 g->e.read_only ? " SET default_transaction_read_only TO on" :
		 "");
	return pq_script(&g->e, sql, e);
}

enum ntr_st engine_pq_open(struct engine **out, const char *url, bool read_only,
			   struct ntr_err *e)
{
	struct pq *g = calloc(1, sizeof(*g));
	enum ntr_st st = g ? pq_late_load(&g->pq, e) : NTR_NOMEM;

	if (st) {
		free(g);
		return st;
	}
	g->e.ops = &ops;
	g->e.dialect = &sql_dialect_pq;
	g->e.read_only = read_only;
	g->conn = g->pq.PQconnectdb(url);
	if (!g->conn || g->pq.PQstatus(g->conn) != CONNECTION_OK) {
		st = failed(g, NULL, e);
	} else {
		g->pq.PQsetNoticeProcessor(g->conn, no_notice, NULL);
		st = settings(g, e);
	}
	if (st) {
		pq_close(&g->e);
		return st;
	}
	*out = &g->e;
	return NTR_OK;
}
