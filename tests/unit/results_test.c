// SPDX-License-Identifier: Apache-2.0
/* The results store in a SQLite file: what is put is there, in the columns
 * that docs/results.md names (seen by sqlite3(1)), and comes back. */
#include "results.h"

static struct results *store(const char *name, char path[256])
{
	struct results *r = NULL;

	if (results_open(&r, rs_path(path, name), false, &err))
		TEST_FAIL("open: %s", err.msg);
	return r;
}

static void put_and_get(void)
{
	char path[256], out[4096];
	struct results *r = store("put.db", path);
	struct results_dump d = rs_dump("a/b.zip!MEMORY.DMP"), got;
	s64 run = 0;

	OK(results_run_begin(r, "scan a", "j1", &run, &err));
	OK(results_put(r, run, &d, &err));
	/* Not before the commit. */
	CHECK_STR(rs_sqlite(out, path, "select count(*) from dumps"), "0");
	OK(results_commit(r, &err));
	OK(results_run_end(r, run, "1 dump", &err));
	CHECK_STR(rs_sqlite(out, path, "select path,size,mtime_ns,outcome,code,"
			    "arg3,bucket,os_key from dumps"),
		  "a/b.zip!MEMORY.DMP|65536|1234567890123456789|judged|127|"
		  "fffff8047c02a2b0|0x7f_8_tcpip!IPRcv|"
		  "0000000003.0000000051.0000001057");
	CHECK_STR(rs_sqlite(out, path, "select replace(module_names,char(10),"
			    "';') from dumps"), ";ntoskrnl.exe;tcpip.sys;");
	CHECK_STR(rs_sqlite(out, path, "select sig,value,confidence from "
			    "signatures order by nr"),
		  "Q216765|fires|90\nQ177245|unknown|0");
	CHECK_STR(rs_sqlite(out, path, "select what,judge,summary,"
			    "ended_at>=begun_at,(select count(*) from run_dumps)"
			    " from runs"), "scan a|j1|1 dump|1|1");
	OK(results_get(r, 1, &got, &err));
	CHECK_STR(got.path, d.path);
	CHECK_EQ(got.size, 65536);
	CHECK_EQ(got.arg[2], 0xfffff8047c02a2b0);
	CHECK_STR(got.json, d.json);
	CHECK_STR(got.frames, d.frames);
	CHECK_EQ(got.nsig, 2);
	CHECK_STR(got.sig[1].value, "unknown");
	CHECK_STR(got.sig[0].json, "{\"id\":\"Q216765\"}");
	CHECK_EQ(got.crash_time, 900000000);
	CHECK(got.error == NULL);
	CHECK_EQ(results_get(r, 2, &got, NULL), NTR_ABSENT);
	results_close(r);
}

static void nothing_known(void)
{
	char path[256], out[4096];
	struct results *r = store("none.db", path);
	struct results_dump d = { .path = "x", .outcome = RESULTS_UNREADABLE,
				  .error = "permission denied" }, got;

	OK(results_put(r, 0, &d, &err));
	OK(results_commit(r, &err));
	CHECK_STR(rs_sqlite(out, path, "select code is null, arg1 is null, "
			    "crash_time is null, modules is null, module_names "
			    "is null, outcome, error from dumps"),
		  "1|1|1|1|1|unreadable|permission denied");
	OK(results_get(r, 1, &got, &err));
	CHECK(!got.has_code && !got.bucket && !got.json && !got.nsig);
	CHECK_STR(got.error, "permission denied");
	d.path = "";
	CHECK_EQ(results_put(r, 0, &d, NULL), NTR_USAGE);
	results_close(r);
}

/* The same path again: the row keeps its number and its notes. */
static void put_again(void)
{
	char path[256], out[4096];
	struct results *r = store("again.db", path);
	struct results_dump d = rs_dump("x");
	s64 run = 0;

	OK(results_put(r, 0, &d, &err));
	OK(results_commit(r, &err));
	OK(results_note(r, 1, "ann", "look at \033[31mthis", &err));
	CHECK_EQ(results_note(r, 9, "ann", "none", NULL), NTR_ABSENT);
	CHECK_EQ(results_note(r, 1, "ann", "", NULL), NTR_USAGE);
	d.judge = "j2";
	d.nsig = 1;
	d.json = NULL;
	OK(results_run_begin(r, "scan", "j2", &run, &err));
	OK(results_put(r, run, &d, &err));
	OK(results_touch(r, run, 1, &err));
	OK(results_touch(r, run, 77, &err)); /* pruned by somebody else */
	CHECK_EQ(results_touch(r, run, 0, NULL), NTR_USAGE);
	OK(results_commit(r, &err));
	CHECK_STR(rs_sqlite(out, path, "select id,judge from dumps; "
			    "select count(*) from signatures; "
			    "select count(*) from verdicts; "
			    "select made_by from notes; "
			    "select * from run_dumps"), "1|j2\n1\n0\nann\n1|1");
	results_close(r);
}

static void current(void)
{
	char path[256];
	struct results *r = store("current.db", path);
	struct results_dump d = rs_dump("x"), got;

	OK(results_put(r, 0, &d, &err));
	OK(results_commit(r, &err));
	OK(results_current(r, "x", 65536, 1234567890123456789, "j1", &got, &err));
	CHECK_STR(got.json, d.json);
	CHECK_EQ(got.nsig, 2);
	CHECK_EQ(results_current(r, "y", 65536, 1234567890123456789, "j1", &got,
				 NULL), NTR_ABSENT);
	CHECK_EQ(results_current(r, "x", 65537, 1234567890123456789, "j1", &got,
				 NULL), NTR_ABSENT);
	CHECK_EQ(results_current(r, "x", 65536, 1234567890123456788, "j1", &got,
				 NULL), NTR_ABSENT);
	CHECK_EQ(results_current(r, "x", 65536, 1234567890123456789, "j2", &got,
				 NULL), NTR_ABSENT);
	results_close(r);
}

static bool collect(void *ctx, const struct results_dump *d)
{
	strcat(ctx, d->path);
	strcat(ctx, d->json ? "j" : "");
	strcat(ctx, d->nsig ? "s " : " ");
	return d->path[0] != 'c' || d->path[1] != '!';
}

static void each(struct results *r, const char *filter, const char *sort,
		 u64 limit, bool all, const char *want)
{
	struct results_filter *f = NULL;
	struct results_query q = { .sort = sort, .limit = limit,
				   .want_json = all, .want_signatures = all };
	char got[200] = "";

	OK(results_filter_new(&f, filter, 0, NULL));
	q.filter = f;
	OK(results_each(r, &q, collect, got, &err));
	CHECK_STR(got, want);
	results_filter_free(f);
}

static void many_rows(void)
{
	char path[256];
	struct results *r = store("each.db", path);
	struct results_dump d = rs_dump("b");
	struct results_query q = { .sort = "jugded_at" };
	char got[200] = "";

	OK(results_put(r, 0, &d, &err));
	d = (struct results_dump){ .path = "c" };
	OK(results_put(r, 0, &d, &err));
	d = rs_dump("a");
	d.crash_time = 5;
	d.nsig = 0;
	OK(results_put(r, 0, &d, &err));
	OK(results_commit(r, &err));
	each(r, "", NULL, 0, false, "a b c ");
	each(r, "", "-path", 0, true, "c bjs aj ");
	each(r, "", "crash_time", 0, false, "a b c ");
	each(r, "", "-crash_time", 0, false, "b a c "); /* not known: last */
	each(r, "", "-crash_time", 2, false, "b a ");
	each(r, "fired=q216765", NULL, 0, false, "b ");
	CHECK_EQ(results_each(r, &q, collect, got, &err), NTR_USAGE);
	CHECK_HAS(err.msg, "did you mean \"judged_at\"");
	results_close(r);
}

static bool note(void *ctx, const struct results_note_row *n)
{
	strcat(ctx, n->text);
	strcat(ctx, n->by ? n->by : "-");
	return n->text[0] != '2';
}

static void notes(void)
{
	char path[256], got[200] = "";
	struct results *r = store("notes.db", path);
	struct results_dump d = rs_dump("b");

	OK(results_put(r, 0, &d, &err));
	OK(results_commit(r, &err));
	OK(results_note(r, 1, "ann", "1", &err));
	OK(results_note(r, 1, NULL, "2", &err));
	OK(results_note(r, 1, "bob", "3", &err));
	OK(results_notes(r, 1, note, got, &err));
	CHECK_STR(got, "1ann2-");
	results_close(r);
}

static void pruned(void)
{
	char path[256], out[4096];
	struct results *r = store("prune.db", path);
	struct results_filter *f = NULL;
	struct results_dump d = rs_dump("b");
	s64 run = 0;
	u64 n = 0;

	OK(results_run_begin(r, "scan", "j2", &run, &err));
	OK(results_put(r, run, &d, &err));
	d.path = "c";
	d.code = 0xd1;
	OK(results_put(r, run, &d, &err));
	OK(results_commit(r, &err));
	OK(results_note(r, 1, "ann", "x", &err));
	OK(results_filter_new(&f, "code=0x7f", 0, NULL));
	OK(results_prune(r, f, &n, &err));
	CHECK_EQ(n, 1);
	CHECK_STR(rs_sqlite(out, path, "select path from dumps; "
			    "select dump from signatures group by dump; "
			    "select count(*) from notes; "
			    "select dump from verdicts; "
			    "select dump from run_dumps"), "c\n2\n0\n2\n2");
	OK(results_prune(r, NULL, &n, &err));
	CHECK_EQ(n, 1);
	results_filter_free(f);
	results_close(r);
}

/* Text that is not UTF-8 does not keep the others out. */
static void foreign_text(void)
{
	char path[256], out[4096];
	struct results *r = store("text.db", path);
	struct results_dump d = rs_dump("a\\xff'; DROP TABLE dumps; --");

	d.process = "x\xff\xfey";
	d.blame = "\xc3\xa9.sys";
	d.modules = "my driver.sys ? 1.2"; /* no line feeds around it */
	OK(results_put(r, 0, &d, &err));
	OK(results_commit(r, &err));
	CHECK_STR(rs_sqlite(out, path, "select path, hex(process), hex(blame), "
			    "replace(module_names,char(10),';'), "
			    "hex(substr(modules,1,1)) from dumps"),
		  "a\\xff'; DROP TABLE dumps; --|78EFBFBDEFBFBD79|"
		  "C3A92E737973|;my driver.sys;|0A");
	each(r, "path~\"'; drop table\" module=\"MY driver.sys\"", NULL, 0,
	     false, "a\\xff'; DROP TABLE dumps; -- ");
	results_close(r);
}

static void read_only(void)
{
	char path[256];
	struct results *r = store("ro.db", path);
	struct results_dump d = rs_dump("b"), got;
	s64 run;

	OK(results_put(r, 0, &d, &err));
	OK(results_commit(r, &err));
	results_close(r);
	OK(results_open(&r, path, true, &err));
	OK(results_get(r, 1, &got, &err));
	CHECK_EQ(results_run_begin(r, "x", "y", &run, NULL), NTR_USAGE);
	CHECK_EQ(results_note(r, 1, "x", "y", NULL), NTR_USAGE);
	OK(results_put(r, 0, &d, &err));
	CHECK_EQ(results_commit(r, &err), NTR_USAGE);
	results_close(r);
	CHECK_EQ(results_open(&r, rs_path(path, "nowhere.db"), true, &err),
		 NTR_ABSENT);
	CHECK_HAS(err.msg, "there is no results store");
}

static void default_place(void)
{
	char path[256], data[256], cmd[300];
	struct results *r = NULL;

	unsetenv("NTRIAGE_STORE");
	if (!realpath(rs_dir, data))
		return;
	strcat(data, "/data/home");
	setenv("XDG_DATA_HOME", data, 1);
	CHECK_EQ(results_open(&r, NULL, true, NULL), NTR_ABSENT);
	OK(results_open(&r, NULL, false, &err));
	snprintf(cmd, sizeof(cmd), "%s/ntriage/results.db", data);
	CHECK_STR(results_where(r), cmd);
	CHECK_EQ(access(cmd, R_OK), 0);
	results_close(r);
	setenv("NTRIAGE_STORE", rs_path(path, "env.db"), 1);
	OK(results_open(&r, NULL, false, &err));
	CHECK_STR(results_where(r), path);
	results_close(r);
	unsetenv("NTRIAGE_STORE");
}

static void outcomes(void)
{
	CHECK_STR(results_outcome_name(RESULTS_JUDGED), "judged");
	CHECK_STR(results_outcome_name(RESULTS_NOT_A_DUMP), "not-a-dump");
	CHECK_STR(results_outcome_name(RESULTS_CRASH), "crash");
	CHECK_STR(results_outcome_name((enum results_outcome)99), "?");
}

int main(void)
{
	rs_folder("results_test");
	RUN(put_and_get);
	RUN(nothing_known);
	RUN(put_again);
	RUN(current);
	RUN(many_rows);
	RUN(notes);
	RUN(pruned);
	RUN(foreign_text);
	RUN(read_only);
	RUN(default_place);
	RUN(outcomes);
	rs_done();
	return test_done();
}
