// SPDX-License-Identifier: Apache-2.0
/* The store on a real PostgreSQL server that the test starts: the same answers
 * as in SQLite and in memory; psql(1) says what is in the tables. */
#include "results_random.h"

#include <signal.h>
#include <sys/wait.h>

static char url[200], pg_dir[60];

static void script(const char *what, char *out, size_t size)
{
	const char *top = getenv("TOP");
	char cmd[400];
	size_t n = 0;
	FILE *p;

	snprintf(cmd, sizeof(cmd), "%.200s/tests/tools/pgserver.sh %s %s",
		 top ? top : ".", what, pg_dir);
	p = popen(cmd, "r");
	if (p) {
		n = fread(out, 1, size - 1, p);
		pclose(p);
	}
	while (n && out[n - 1] == '\n')
		n--;
	out[n] = 0;
}

static const char *psql(char out[4096], const char *sql)
{
	char cmd[2048];
	size_t n = 0;
	FILE *p;

	snprintf(cmd, sizeof(cmd), "psql -X -q -A -t -h %s/run -U ntriage -d "
		 "triage -c \"set search_path to ntriage\" -c \"%s\" 2>&1",
		 pg_dir, sql);
	p = popen(cmd, "r");
	if (p) {
		n = fread(out, 1, 4095, p);
		pclose(p);
	}
	while (n && out[n - 1] == '\n')
		n--;
	out[n] = 0;
	return out;
}

static struct results *store(void)
{
	struct results *r = NULL;

	if (results_open(&r, url, false, &err))
		TEST_FAIL("open: %s", err.msg);
	return r;
}

static void empty(void)
{
	struct results *r = NULL;

	CHECK_EQ(results_open(&r, url, true, &err), NTR_ABSENT);
	CHECK_HAS(err.msg, "the store is empty");
}

static bool add_note(void *ctx, const struct results_note_row *n)
{
	strcat(strcat(ctx, n->text), n->by ? n->by : "-");
	return true;
}

static void put_and_get(void)
{
	struct results *r = store();
	struct results_dump d = rs_dump("it's a/\xc3\xa4.zip!M.DMP"), got;
	char out[4096], said[100] = "";
	s64 run = 0;

	OK(results_run_begin(r, "scan", "j1", &run, &err));
	d.process = "x\xffy";
	OK(results_put(r, run, &d, &err));
	OK(results_commit(r, &err));
	OK(results_touch(r, run, 1, &err));
	OK(results_run_end(r, run, "done", &err));
	CHECK_STR(psql(out, "select path, size, mtime_ns, outcome, code, arg3, "
		       "os_key, replace(module_names, chr(10), ';') from dumps"),
		  "it's a/\xc3\xa4.zip!M.DMP|65536|1234567890123456789|judged|"
		  "127|fffff8047c02a2b0|0000000003.0000000051.0000001057|"
		  ";ntoskrnl.exe;tcpip.sys;");
	CHECK_STR(psql(out, "select sig, value, confidence from signatures order"
		       " by nr"), "Q216765|fires|90\nQ177245|unknown|0");
	CHECK_STR(psql(out, "select version from store; "), "2");
	CHECK_STR(psql(out, "select what, summary, ended_at >= begun_at from "
		       "runs"), "scan|done|t");
	OK(results_note(r, 1, "ann", "look", &err));
	OK(results_note(r, 1, NULL, "again", &err));
	OK(results_notes(r, 1, add_note, said, &err));
	CHECK_STR(said, "lookannagain-");
	CHECK_EQ(results_note(r, 99, "ann", "look", NULL), NTR_ABSENT);
	OK(results_get(r, 1, &got, &err));
	CHECK_STR(got.json, d.json);
	CHECK_STR(got.process, "x\xef\xbf\xbdy");
	CHECK_EQ(got.arg[2], 0xfffff8047c02a2b0);
	CHECK_EQ(got.nsig, 2);
	OK(results_current(r, d.path, 65536, d.mtime_ns, "j1", &got, &err));
	CHECK_EQ(results_current(r, d.path, 65536, d.mtime_ns, "j2", &got,
				 NULL), NTR_ABSENT);
	/* Again: the same row. */
	d.nsig = 1;
	d.json = NULL;
	OK(results_put(r, run, &d, &err));
	OK(results_commit(r, &err));
	CHECK_STR(psql(out, "select id from dumps; "), "1");
	CHECK_STR(psql(out, "select (select count(*) from signatures), (select "
		       "count(*) from verdicts), (select count(*) from notes), "
		       "(select count(*) from run_dumps)"), "1|0|2|1");
	results_close(r);
	OK(results_open(&r, url, true, &err));
	OK(results_get(r, 1, &got, &err));
	CHECK_EQ(results_note(r, 1, "x", "y", NULL), NTR_USAGE);
	results_close(r);
}

static void pruned(void)
{
	struct results *r = store();
	struct results_filter *f = NULL;
	char out[4096];
	u64 n = 9;

	OK(results_filter_new(&f, "code=0x7f note~look", 0, NULL));
	OK(results_prune(r, f, &n, &err));
	CHECK_EQ(n, 1);
	CHECK_STR(psql(out, "select (select count(*) from dumps), (select "
		       "count(*) from signatures), (select count(*) from notes)"),
		  "0|0|0");
	results_filter_free(f);
	results_close(r);
}

/* A statement runs while rows are read. */
static bool nested(void *ctx, const struct results_dump *d)
{
	struct results_dump got;
	struct results *r = ctx;

	CHECK_EQ(results_get(r, d->id, &got, NULL), NTR_OK);
	CHECK_STR(got.path, d->path);
	return true;
}

static char paths[2][20000];

static bool list(void *ctx, const struct results_dump *d)
{
	strcat(strcat(ctx, d->path), "\n");
	return true;
}

/* The same rows in both: filters, and the order of every field. */
static void as_sqlite(void)
{
	static const char *const sort[] = { "path", "-path", "-crash_time",
		"code", "-os", "blame", "-machine", "process", "size" };
	struct rr_row *rows = calloc(RR_ROWS, sizeof(*rows));
	struct results_query q = { .want_json = true };
	struct results *r = store(), *lite = NULL;

	if (!rows || !r)
		return;
	OK(results_open(&lite, ":memory:", false, &err));
	rr_fill(r, rows);
	for (unsigned i = 0; i < RR_ROWS; i++)
		OK(results_put(lite, 0, &rows[i].d, &err));
	OK(results_commit(lite, &err));
	CHECK(rr_agree(r, rows, 250) > 800);
	for (size_t i = 0; i < NTR_COUNT(sort); i++) {
		q.sort = sort[i];
		paths[0][0] = paths[1][0] = 0;
		OK(results_each(r, &q, list, paths[0], &err));
		OK(results_each(lite, &q, list, paths[1], &err));
		CHECK(strlen(paths[0]) > 1000);
		CHECK_STR(paths[0], paths[1]);
	}
	q.limit = 130;
	OK(results_each(r, &q, nested, r, &err));
	results_close(lite);
	results_close(r);
	free(rows);
}

/* The verb, on the rows that as_sqlite() left. */
static void the_verb(void)
{
	const char *program = getenv("NTRIAGE");
	char cmd[600], out[4096], got[64] = "";
	FILE *p;

	if (!program)
		SKIP("NTRIAGE is not set");
	snprintf(cmd, sizeof(cmd), "'%.200s' results query --store '%s' "
		 "'code=0x7f' | tail -1", program, url);
	p = popen(cmd, "r");
	if (p && fgets(got, sizeof(got), p))
		got[strcspn(got, " ")] = 0;
	if (p)
		pclose(p);
	CHECK(atoi(got) > 50);
	CHECK_STR(psql(out, "select count(*) from dumps where code = 127"), got);
}

/* Two put the same paths, one from the front and one from the back. */
static void two_writers(void)
{
	char out[4096];
	pid_t pid[2];
	int status;

	for (int w = 0; w < 2; w++) {
		pid[w] = fork();
		if (pid[w])
			continue;
		struct results *r = NULL;
		struct results_dump d = rs_dump("");
		char name[64];
		bool bad = results_open(&r, url, false, NULL);

		d.path = name;
		for (int round = 0; !bad && round < 5; round++) {
			for (int i = 0; !bad && i < 100; i++) {
				snprintf(name, sizeof(name), "two/%d",
					 w ? 99 - i : i);
				bad = results_put(r, 0, &d, NULL);
			}
			bad = bad || results_commit(r, NULL);
		}
		results_close(r);
		_exit(bad);
	}
	for (int w = 0; w < 2; w++) {
		waitpid(pid[w], &status, 0);
		CHECK_EQ(status, 0);
	}
	CHECK_STR(psql(out, "select count(*) from dumps where path like "
		       "'two/%'"), "100");
}

static void locked(void)
{
	struct results *r = store();
	struct results_dump d = rs_dump("locked");
	char cmd[400], out[4096];
	FILE *p;

	snprintf(cmd, sizeof(cmd), "psql -X -q -A -t -h %s/run -U ntriage -d "
		 "triage -c \"begin; lock table ntriage.dumps; select 'held';\" "
		 "-c 'select pg_sleep(6)' -c commit", pg_dir);
	p = popen(cmd, "r");
	/* psql gives its output when it is asked for the next statement. */
	for (int i = 0; i < 50 && strcmp(psql(out, "select count(*) > 0 from "
			"pg_locks where mode = 'AccessExclusiveLock' and "
			"relation = 'ntriage.dumps'::regclass"), "t"); i++)
		usleep(20000);
	OK(results_put(r, 0, &d, &err));
	CHECK_EQ(results_commit(r, &err), NTR_LIMIT);
	CHECK_HAS(err.msg, "another process keeps the store locked");
	if (p)
		pclose(p);
	OK(results_commit(r, &err));
	CHECK_STR(psql(out, "select count(*) from dumps where path = 'locked'"),
		  "1");
	results_close(r);
}

static void other_versions(void)
{
	struct results *r = NULL;
	char out[4096];

	psql(out, "update store set version = 3");
	CHECK_EQ(results_open(&r, url, false, &err), NTR_UNSUP);
	CHECK_HAS(err.msg, "a newer ntriage wrote this store");
	/* Version 1 is version 2 without its step. */
	psql(out, "drop view buckets; alter table dumps drop column os_key, drop"
	     " column module_names; drop index dumps_bucket, dumps_code; update "
	     "store set version = 1");
	CHECK_STR(out, "");
	CHECK_EQ(results_open(&r, url, true, &err), NTR_UNSUP);
	OK(results_open(&r, url, false, &err));
	CHECK_STR(psql(out, "select replace(module_names, chr(10), ';') from "
		       "dumps where path = 'locked'"), ";ntoskrnl.exe;tcpip.sys;");
	results_close(r);
	psql(out, "drop table store");
	CHECK_EQ(results_open(&r, url, false, &err), NTR_BAD);
	CHECK_HAS(err.msg, "is no results store");
}

static void unreachable(void)
{
	struct results *r = NULL;

	CHECK_EQ(results_open(&r, "postgresql://me:secret@/x?host=/nonexistent",
			      false, &err), NTR_IO);
	CHECK_HAS(err.msg, "postgresql://me@/x?host=/nonexistent: ");
	CHECK(!strstr(err.msg, "secret"));
}

/* The server goes while a store is open: said, and nothing is lost that was
 * committed. */
static void server_gone(void)
{
	struct results *r = NULL;
	struct results_dump d = rs_dump("gone");
	char out[4096];

	psql(out, "drop schema ntriage cascade");
	r = store();
	OK(results_put(r, 0, &d, &err));
	script("stop", out, sizeof(out));
	CHECK_EQ(results_commit(r, &err), NTR_IO);
	CHECK(err.msg[0]);
	results_close(r);
}

static void no_server(void)
{
	SKIP("%s", url);
}

int main(void)
{
	char out[200];

	rs_folder("results_pq_test");
	snprintf(pg_dir, sizeof(pg_dir), "/tmp/ntr-pg-%d", (int)getpid());
	script("start", url, sizeof(url));
	if (strncmp(url, "postgresql:", 11)) {
		RUN(no_server);
		rs_done();
		return 0;
	}
	RUN(empty);
	RUN(put_and_get);
	RUN(pruned);
	RUN(as_sqlite);
	RUN(the_verb);
	RUN(two_writers);
	RUN(locked);
	RUN(other_versions);
	RUN(unreachable);
	RUN(server_gone);
	script("stop", out, sizeof(out));
	snprintf(out, sizeof(out), "rm -rf '%s'", pg_dir);
	if (system(out))
		printf("fail cleanup: %s\n", out);
	rs_done();
	return test_done();
}
