// SPDX-License-Identifier: Apache-2.0
/*
 * What happens to a store: writers that are killed, several at once, locks,
 * damage, full disks, other versions.  sqlite3(1) says what is in the file.
 */
#include "results_v1.h"
#include "results.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define KILLS 24
#define BATCH 7

static struct results *store(const char *path)
{
	struct results *r = NULL;

	if (results_open(&r, path, false, &err))
		TEST_FAIL("open: %s", err.msg);
	return r;
}

static u64 rows(const char *path)
{
	char out[4096];

	return strtoull(rs_sqlite(out, path, "select count(*) from dumps"), NULL,
			10);
}

/* --- kill -9 ------------------------------------------------------------------------ */

/* Puts rows for ever; after each commit says on the pipe how many are safe. */
static void writer(const char *path, int tell, unsigned round)
{
	struct results *r = NULL;
	struct results_dump d = rs_dump("");
	unsigned n = 0;
	char name[64];
	s64 run;

	if (results_open(&r, path, false, NULL) ||
	    results_run_begin(r, "kill", "j", &run, NULL))
		_exit(1);
	d.path = name;
	for (;;) {
		for (unsigned i = 0; i < BATCH; i++) {
			snprintf(name, sizeof(name), "%u/%u", round, n++);
			if (results_put(r, run, &d, NULL))
				_exit(2);
		}
		if (results_commit(r, NULL) ||
		    write(tell, &n, sizeof(n)) != sizeof(n))
			_exit(3);
	}
}

static unsigned kill_one(const char *path, unsigned round)
{
	const struct timespec wait = { 0, 1000000L * (5 + 7 * (round % 9)) };
	unsigned safe = 0, n;
	int p[2], status;
	pid_t pid;

	if (pipe(p))
		return 0;
	pid = fork();
	if (!pid) {
		close(p[0]);
		writer(path, p[1], round);
	}
	close(p[1]);
	/* One commit at least, then at any moment. */
	if (read(p[0], &safe, sizeof(safe)) != sizeof(safe))
		TEST_FAIL("round %u: the writer has ended", round);
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	CHECK(WIFSIGNALED(status));
	while (read(p[0], &n, sizeof(n)) == sizeof(n))
		safe = n;
	close(p[0]);
	return safe;
}

static void killed_writers(void)
{
	char path[256], sql[300], out[4096];
	unsigned total = 0;

	rs_path(path, "kill.db");
	for (unsigned i = 0; i < KILLS; i++) {
		unsigned safe = kill_one(path, i), got;

		total += safe;
		snprintf(sql, sizeof(sql), "select count(*) from dumps where "
			 "path like '%u/%%'", i);
		got = (unsigned)strtoul(rs_sqlite(out, path, sql), NULL, 10);
		/* All that was promised; more only by whole batches. */
		if (got < safe || got % BATCH)
			TEST_FAIL("round %u: %u rows, %u were committed", i, got,
				  safe);
	}
	CHECK(total >= KILLS * BATCH);
	CHECK_STR(rs_sqlite(out, path, "pragma integrity_check"), "ok");
	CHECK_STR(rs_sqlite(out, path, "pragma foreign_key_check"), "");
	CHECK_STR(rs_sqlite(out, path, "select count(*) from dumps where id not "
			    "in (select dump from verdicts) or 2 <> (select "
			    "count(*) from signatures where dump = dumps.id)"),
		  "0");
	results_close(store(path)); /* and it still opens */
}

/* --- several at once ------------------------------------------------------------------- */

static void two_writers(void)
{
	char path[256], out[4096];
	pid_t pid[3];
	int status;

	rs_path(path, "two.db"); /* not there: all of them make it */
	for (unsigned w = 0; w < 3; w++) {
		pid[w] = fork();
		if (pid[w])
			continue;
		struct results *r = NULL;
		struct results_dump d = rs_dump("");
		char name[64];
		bool bad = results_open(&r, path, false, NULL);

		d.path = name;
		for (unsigned i = 0; !bad && i < 60; i++) {
			/* Half of the paths are everybody's. */
			snprintf(name, sizeof(name), "%u/%u",
				 i % 2 ? w : 9, i);
			bad = results_put(r, 0, &d, NULL) ||
			      results_commit(r, NULL);
		}
		results_close(r);
		_exit(bad);
	}
	for (unsigned w = 0; w < 3; w++) {
		waitpid(pid[w], &status, 0);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(rows(path), 3 * 30 + 30);
	CHECK_STR(rs_sqlite(out, path, "pragma integrity_check"), "ok");
}

/* sqlite3(1) holds the lock longer than anybody waits; then it lets go. */
static void locked(void)
{
	char path[256], cmd[400];
	struct results *r = store(rs_path(path, "locked.db"));
	struct results_dump d = rs_dump("a");
	struct timespec before, after;
	FILE *p;

	snprintf(cmd, sizeof(cmd), "sqlite3 '%s' 'begin immediate; create table "
		 "x (y)' '.shell echo held' '.shell sleep 6.5' 'rollback'", path);
	p = popen(cmd, "r");
	if (!p || !fgets(cmd, sizeof(cmd), p)) {
		TEST_FAIL("no sqlite3(1)");
		return;
	}
	CHECK_EQ(results_put(r, 0, &d, NULL), NTR_OK);
	clock_gettime(CLOCK_MONOTONIC, &before);
	CHECK_EQ(results_commit(r, &err), NTR_LIMIT);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK_HAS(err.msg, "another process keeps the store locked");
	CHECK(after.tv_sec - before.tv_sec >= 4 &&
	      after.tv_sec - before.tv_sec <= 7);
	CHECK_EQ(rows(path), 0); /* readers do not wait */
	pclose(p);
	/* The batch is still there. */
	OK(results_commit(r, &err));
	CHECK_EQ(rows(path), 1);
	results_close(r);
}

/* --- damage -------------------------------------------------------------------------------- */

static char *slurp(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *p;

	*n = 0;
	if (!f)
		return NULL;
	p = malloc(1 << 22);
	if (p)
		*n = fread(p, 1, 1 << 22, f);
	fclose(f);
	return p;
}

static void spit(const char *path, const char *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(p, 1, n, f) != n)
		TEST_FAIL("cannot write %s", path);
	if (f)
		fclose(f);
}

static bool stop_at_none(void *ctx, const struct results_dump *d)
{
	++*(unsigned *)ctx;
	return d->path != NULL;
}

/* Whatever the file is: a status, never a crash; BAD leaves it as it is. */
static enum ntr_st use(const char *path)
{
	struct results_query q = { .want_json = true, .want_signatures = true };
	struct results_dump d = rs_dump("new");
	struct results *r = NULL;
	enum ntr_st st = results_open(&r, path, false, &err);
	unsigned n = 0;

	if (st)
		return st;
	st = results_each(r, &q, stop_at_none, &n, &err);
	if (!st)
		st = results_put(r, 0, &d, &err);
	if (!st)
		st = results_commit(r, &err);
	results_close(r);
	return st;
}

static size_t make_store(const char *path, char **bytes, unsigned n)
{
	struct results *r = store(path);
	struct results_dump d = rs_dump("");
	char name[64];
	size_t len;

	d.path = name;
	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "dump %u", i);
		CHECK_EQ(results_put(r, 0, &d, NULL), NTR_OK);
	}
	OK(results_commit(r, &err));
	results_close(r);
	*bytes = slurp(path, &len);
	CHECK(len > 8192);
	return len;
}

static void damaged(void)
{
	char path[256], bad[256], *bytes = NULL, *copy, *now;
	size_t n = make_store(rs_path(path, "good.db"), &bytes, 60), len;
	unsigned found = 0, same = 0;

	rs_path(bad, "bad.db");
	copy = malloc(n);
	if (!bytes || !copy)
		return;
	for (unsigned i = 0; i < 120; i++) {
		size_t at = (size_t)i * n / 120, k = 1 + i % 200;
		enum ntr_st st;

		memcpy(copy, bytes, n);
		for (size_t j = at; j < at + k && j < n; j++)
			copy[j] = (char)(copy[j] ^ (0x5a + j));
		spit(bad, copy, n);
		st = use(bad);
		CHECK(st == NTR_OK || st == NTR_BAD || st == NTR_UNSUP);
		found += st != NTR_OK;
		now = slurp(bad, &len);
		same += st != NTR_OK && now && len == n && !memcmp(now, copy, n);
		free(now);
		unlink(bad);
		char wal[300];

		snprintf(wal, sizeof(wal), "%s-wal", bad);
		unlink(wal);
	}
	/* Text and free space may change unseen; structure may not. */
	CHECK(found > 30);
	CHECK_EQ(same, found);
	free(bytes);
	free(copy);
}

static void cut_short(void)
{
	char path[256], bad[256], *bytes = NULL, *now;
	size_t n = make_store(rs_path(path, "whole.db"), &bytes, 60), len;

	for (size_t cut = 1; cut < n; cut += cut < 8192 ? 331 : n / 29) {
		enum ntr_st st;

		spit(rs_path(bad, "cut.db"), bytes, cut);
		st = use(bad);
		if (st != NTR_BAD)
			TEST_FAIL("cut to %zu: %s", cut, ntr_st_text(st));
		now = slurp(bad, &len);
		CHECK(now && len == cut && !memcmp(now, bytes, cut));
		free(now);
		unlink(bad);
	}
	free(bytes);
}

static void no_store(void)
{
	char path[256], out[4096];
	struct results *r = NULL;

	spit(rs_path(path, "text.db"), "this is not a database, only text", 33);
	CHECK_EQ(results_open(&r, path, false, &err), NTR_BAD);
	CHECK_EQ(results_open(&r, path, true, &err), NTR_BAD);
	snprintf(out, sizeof(out), "sqlite3 '%s' 'create table t (x)'",
		 rs_path(path, "other.db"));
	CHECK_EQ(system(out), 0);
	CHECK_EQ(results_open(&r, path, false, &err), NTR_BAD);
	CHECK_HAS(err.msg, "no results store of ntriage");
	CHECK_STR(rs_sqlite(out, path, ".tables"), "t");
	CHECK_STR(rs_sqlite(out, path, "pragma journal_mode"), "delete");
	CHECK_EQ(results_open(&r, rs_dir, false, &err), NTR_IO);
}

/* --- versions ---------------------------------------------------------------------------------- */

static void newer(void)
{
	char path[256], cmd[400], *bytes = NULL, *now;
	size_t n, len;
	struct results *r = NULL;

	make_store(rs_path(path, "newer.db"), &bytes, 1);
	free(bytes);
	snprintf(cmd, sizeof(cmd), "sqlite3 '%s' 'pragma user_version = 3'", path);
	CHECK_EQ(system(cmd), 0);
	bytes = slurp(path, &n);
	CHECK_EQ(results_open(&r, path, false, &err), NTR_UNSUP);
	CHECK_HAS(err.msg, "a newer ntriage wrote this store: its schema is "
		  "version 3, this program knows up to 2");
	CHECK_EQ(results_open(&r, path, true, &err), NTR_UNSUP);
	now = slurp(path, &len);
	CHECK(now && len == n && !memcmp(now, bytes, n));
	free(bytes);
	free(now);
}


static void make_version_1(const char *path)
{
	char cmd[300];
	FILE *p;

	snprintf(cmd, sizeof(cmd), "sqlite3 '%s'", path);
	p = popen(cmd, "w");
	if (p)
		fputs(version_1, p);
	CHECK(p && !pclose(p));
}

static void migrated(void)
{
	char path[256], out[4096], *bytes, *now;
	size_t n, len;
	struct results *r = NULL;
	struct results_dump d;

	make_version_1(rs_path(path, "v1.db"));
	bytes = slurp(path, &n);
	CHECK_EQ(results_open(&r, path, true, &err), NTR_UNSUP);
	CHECK_HAS(err.msg, "an older ntriage wrote this store");
	now = slurp(path, &len);
	CHECK(now && bytes && len == n && !memcmp(now, bytes, n));
	free(bytes);
	free(now);
	OK(results_open(&r, path, false, &err));
	CHECK_STR(rs_sqlite(out, path, "pragma user_version; select id, "
			    "replace(module_names, char(10), ';'), os_key from "
			    "dumps where id in (7, 2500, 2000000000) order by "
			    "id; select count(*) from dumps where module_names "
			    "is null; select body from notes; select count(*) "
			    "from buckets"),
		  "2\n7|;tcpip.sys;|0000000006.0000000001.0000007601\n"
		  "2500|;m2500.sys;|\n2000000000||\n1\nkeep me\n0");
	OK(results_get(r, 7, &d, &err));
	CHECK_STR(d.path, "old");
	results_close(r);
}

/* Every statement of the migration may be the one the disk is full at: the
 * store is of version 1 then, complete. */
static void migration_is_one_step(void)
{
	char path[256], out[4096], cmd[600];
	struct results *r = NULL;

	make_version_1(rs_path(path, "v1bad.db"));
	/* Something in the way of the second step's last statement. */
	snprintf(cmd, sizeof(cmd), "sqlite3 '%s' 'create table buckets (x)'",
		 path);
	CHECK_EQ(system(cmd), 0);
	CHECK_EQ(results_open(&r, path, false, &err), NTR_BAD);
	CHECK_HAS(err.msg, "schema step 2");
	CHECK_STR(rs_sqlite(out, path, "pragma user_version; select count(*) "
			    "from pragma_table_info('dumps') where name = "
			    "'os_key'; select count(*) from dumps"),
		  "1\n0\n2493");
}

/* --- a full disk ------------------------------------------------------------------------------ */

static void fill_up(const char *path)
{
	struct results *r = store(path);
	struct results_dump d = rs_dump("");
	enum ntr_st st = NTR_OK;
	unsigned safe = 0, n = 0;
	char name[64], out[4096];

	if (!r)
		return;
	d.path = name;
	while (!st && n < 100000) {
		for (unsigned i = 0; i < BATCH; i++) {
			snprintf(name, sizeof(name), "full %u", n++);
			CHECK_EQ(results_put(r, 0, &d, NULL), NTR_OK);
		}
		st = results_commit(r, &err);
		if (!st)
			safe = n;
	}
	CHECK_EQ(st, NTR_IO);
	CHECK(strlen(err.msg) > strlen(path) + 2);
	CHECK(safe > 0);
	results_close(r);
	CHECK_EQ(rows(path), safe);
	CHECK_STR(rs_sqlite(out, path, "pragma integrity_check"), "ok");
}

static void disk_full(void)
{
	char dir[256], path[300];

	mkdir(rs_path(dir, "small"), 0700);
	if (!mount("none", dir, "tmpfs", 0, "size=512k")) {
		snprintf(path, sizeof(path), "%s/full.db", dir);
		fill_up(path);
		umount(dir);
		return;
	}
	/* Without the right to mount: files may not grow beyond. */
	struct rlimit l = { 256 << 10, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	CHECK(!setrlimit(RLIMIT_FSIZE, &l));
	fill_up(rs_path(path, "full.db"));
	l.rlim_cur = RLIM_INFINITY;
	CHECK(!setrlimit(RLIMIT_FSIZE, &l));
}

int main(void)
{
	rs_folder("results_hard_test");
	RUN(killed_writers);
	RUN(two_writers);
	RUN(locked);
	RUN(damaged);
	RUN(cut_short);
	RUN(no_store);
	RUN(newer);
	RUN(migrated);
	RUN(migration_is_one_step);
	RUN(disk_full);
	rs_done();
	return test_done();
}
