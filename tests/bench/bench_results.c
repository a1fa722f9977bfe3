// SPDX-License-Identifier: Apache-2.0
/*
 * Rows put into the results store per second, as scan puts them: 30 modules,
 * 20 frames, 3 signatures and a verdict of 8 KiB each, 64 rows a commit.  The
 * floor is SQLite itself: the same bytes as one value a row in a bare table,
 * the same commits.  And filters over those rows.
 */
#include "../../kdtools/store/filter.h"
#include "bench.h"

#include <sqlite3.h>

#define ROWS 8000
#define BATCH 64
#define VERDICT 8192

static char modules[4096] = "\n", frames[2048] = "\n", json[VERDICT + 8];

static void make_texts(void)
{
	for (int i = 0; i < 30; i++)
		sprintf(modules + strlen(modules), "driver%02d.sys 2020-01-%02d "
			"10.0.19041.%d\n", i, 1 + i % 28, i);
	for (int i = 0; i < 20; i++)
		sprintf(frames + strlen(frames), "driver%02d!Function%d\n", i, i);
	memset(json, 'x', VERDICT);
	memcpy(json, "{\"a\":\"", 6);
	memcpy(json + VERDICT - 2, "\"}", 3);
}

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_results: %s\n", what);
	exit(1);
}

static double put_all(struct results *r)
{
	static const struct results_signature sig[3] = {
		{ "Q216765", "TCP/IP recurses", "stop", "critical", "fires", 90,
		  "{\"id\":\"Q216765\",\"evidence\":[]}" },
		{ "Q177245", "TCP/IP deadlock", "hang", "critical", "unknown",
		  0, "{\"id\":\"Q177245\"}" },
		{ "stack", "overflow", "stop", "high", "fires", 70, "{}" },
	};
	double t = bench_now();
	char path[64];
	s64 run;

	check(!results_run_begin(r, "bench", "j", &run, NULL), "run");
	for (int i = 0; i < ROWS; i++) {
		struct results_dump d = {
			.path = path, .size = 65536, .judge = "j",
			.judged_at = 1790000000, .format = "dmp64",
			.machine = "x64", .os = "10.0.19041", .has_code = true,
			.code = i % 7 ? 0xd1 : 0x7f, .bucket = "0xd1_nic!Isr",
			.blame = "nic.sys", .stack_mod = "m", .stack_func = "f",
			.process = "System", .modules = modules,
			.frames = frames, .json = json, .sig = sig, .nsig = 3,
		};

		snprintf(path, sizeof(path), "incoming/%06d.dmp", i);
		check(!results_put(r, run, &d, NULL), "put");
		if (i % BATCH == BATCH - 1)
			check(!results_commit(r, NULL), "commit");
	}
	check(!results_commit(r, NULL), "commit");
	return ROWS / (bench_now() - t);
}

/* The bytes of a row in one value. */
static double bare(const char *path)
{
	size_t len = strlen(modules) + strlen(frames) + VERDICT + 400;
	char *value = calloc(1, len);
	sqlite3_stmt *s;
	sqlite3 *db;
	double t;

	check(value && !sqlite3_open(path, &db) &&
	      !sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous "
			    "= FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, v)",
			    NULL, NULL, NULL) &&
	      !sqlite3_prepare_v2(db, "INSERT INTO t (v) VALUES (?)", -1, &s,
				  NULL), "bare table");
	memset(value, 'x', len);
	t = bench_now();
	for (int i = 0; i < ROWS; i++) {
		if (i % BATCH == 0)
			sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
		sqlite3_bind_blob(s, 1, value, (int)len, SQLITE_STATIC);
		check(sqlite3_step(s) == SQLITE_DONE, "bare row");
		sqlite3_reset(s);
		if (i % BATCH == BATCH - 1 || i == ROWS - 1)
			sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	}
	t = ROWS / (bench_now() - t);
	sqlite3_finalize(s);
	sqlite3_close(db);
	free(value);
	return t;
}

static bool count(void *ctx, const struct results_dump *d)
{
	(void)d;
	++*(u64 *)ctx;
	return true;
}

/* Rows looked at per second by a filter that reads every row's modules. */
static double filtered(struct results *r)
{
	struct results_query q = { .limit = 0 };
	struct results_filter *f = NULL;
	double t = bench_now();
	u64 n = 0;

	check(!results_filter_new(&f, "code=0x7f module~driver07 fired=Q216765",
				  0, NULL), "filter");
	q.filter = f;
	check(!results_each(r, &q, count, &n, NULL), "each");
	check(n == (ROWS + 6) / 7, "as many rows as there are");
	results_filter_free(f);
	return ROWS / (bench_now() - t);
}

int main(void)
{
	char path[256], other[256], cmd[1200];
	struct results *r = NULL;
	double put, floor, filter;

	make_texts();
	bench_path(path, "bench-results.db");
	bench_path(other, "bench-bare.db");
	snprintf(cmd, sizeof(cmd), "rm -f '%s' '%s-wal' '%s-shm' '%s'", path,
		 path, path, other);
	check(!system(cmd) && !results_open(&r, path, false, NULL), "open");
	floor = bare(other);
	put = put_all(r);
	filter = filtered(r);
	bench_line("results-put", put, "rows/s", floor, floor / put);
	printf("results-filter\t%.4g rows/s\n", filter);
	results_close(r);
	return system(cmd) != 0;
}
