// SPDX-License-Identifier: Apache-2.0
/* Paths as they are shown, and rows of an archive's files that have gone. */
#include "test.h"

#include "../../kdtools/scan/judge.h"

#include <string.h>

static struct ntr_err err;

static const char *shown(struct ntr_str *s, const char *path)
{
	ntr_str_clear(s);
	scan_path_text(s, path);
	return ntr_str_text(s);
}

static void paths(void)
{
	struct ntr_str s = { 0 };

	CHECK_STR(shown(&s, "a/b c.dmp"), "a/b c.dmp");
	CHECK_STR(shown(&s, "\xc3\xa4.dmp"), "\xc3\xa4.dmp");
	CHECK_STR(shown(&s, "a\nb\x7f"), "a\\x0ab\\x7f");
	CHECK_STR(shown(&s, "a\xff" "b"), "a\\xffb");
	CHECK_STR(shown(&s, "\xc2\x9b"), "\\xc2\\x9b");
	CHECK_STR(shown(&s, "\xe4\xb8"), "\\xe4\\xb8");
	/* What looks like an escape is none. */
	CHECK_STR(shown(&s, "a\\xff"), "a\\x5cxff");
	CHECK_STR(shown(&s, "a\\b"), "a\\b");
	CHECK_STR(shown(&s, "a\\"), "a\\");
	CHECK_STR(shown(&s, "\xef\xbf\xbd"), "\xef\xbf\xbd");
	ntr_str_fini(&s);
}

static void put(struct results *r, const char *path, u64 size, s64 mtime)
{
	struct results_dump d = { .path = path, .size = size,
				  .mtime_ns = mtime, .judge = "j",
				  .outcome = RESULTS_JUDGED };

	CHECK_EQ(results_put(r, 0, &d, &err), NTR_OK);
}

static bool list(void *ctx, const struct results_dump *d)
{
	ntr_str_printf(ctx, "%s;", d->path);
	return true;
}

static s64 id_of(struct results *r, const char *path, u64 size, s64 mtime)
{
	struct results_dump d;

	return results_current(r, path, size, mtime, "j", &d, &err) ? 0 : d.id;
}

static void members_that_have_gone(void)
{
	struct results_query all = { .filter = NULL };
	struct results *r = NULL;
	struct ntr_str s = { 0 };

	CHECK_EQ(results_open(&r, ":memory:", false, &err), NTR_OK);
	put(r, "a.zip!old", 10, 1);
	put(r, "a.zip!kept", 10, 1);
	put(r, "a.zip!noted", 10, 1);
	put(r, "a.zip", 10, 1);
	put(r, "a.zipper!x", 5, 1);
	put(r, "a.zip2", 5, 1);
	CHECK_EQ(results_commit(r, &err), NTR_OK);
	CHECK_EQ(results_note(r, id_of(r, "a.zip!noted", 10, 1), "ann",
			      "ticket", &err), NTR_OK);
	put(r, "a.zip!kept", 12, 2);
	put(r, "a.zip", 12, 2);
	CHECK_EQ(results_drop_members(r, "a.zip", 12, 2, &err), NTR_OK);
	CHECK(id_of(r, "a.zip!old", 10, 1) != 0); /* not before commit */
	CHECK_EQ(results_commit(r, &err), NTR_OK);
	CHECK_EQ(results_each(r, &all, list, &s, &err), NTR_OK);
	CHECK_STR(ntr_str_text(&s),
		  "a.zip;a.zip!kept;a.zip!noted;a.zip2;a.zipper!x;");
	ntr_str_fini(&s);
	results_close(r);
}

/* A verdict is packed in the store, and what comes out is what went in. */
static void long_verdict(void)
{
	struct results_dump d = { .path = "a", .judge = "j",
				  .outcome = RESULTS_JUDGED }, got;
	struct results *r = NULL;
	struct ntr_str s = { 0 };

	for (unsigned i = 0; i < 9000; i++)
		ntr_str_printf(&s, "{\"n\":%u}", i * i);
	d.json = ntr_str_text(&s);
	CHECK_EQ(results_open(&r, ":memory:", false, &err), NTR_OK);
	CHECK_EQ(results_put(r, 0, &d, &err), NTR_OK);
	CHECK_EQ(results_commit(r, &err), NTR_OK);
	CHECK_EQ(results_current(r, "a", 0, 0, "j", &got, &err), NTR_OK);
	CHECK(got.json && !strcmp(got.json, d.json));
	ntr_str_fini(&s);
	results_close(r);
}

int main(void)
{
	RUN(paths);
	RUN(members_that_have_gone);
	RUN(long_verdict);
	return test_done();
}
