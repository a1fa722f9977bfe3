// SPDX-License-Identifier: Apache-2.0
/* The filter language: what terms mean, that a store and memory agree on random
 * rows, and what mistakes are told. */
#include "results_random.h"

static int passes(const char *text, const struct results_dump *d)
{
	struct results_filter *f = NULL;
	struct results_filter_err e;
	int got;

	if (results_filter_new(&f, text, RR_NOW, &e)) {
		TEST_FAIL("%s: %s", text, e.e.msg);
		return -1;
	}
	got = results_filter_eval(f, d);
	results_filter_free(f);
	return got;
}

static void in_memory(void)
{
	static const struct {
		const char *text;
		enum results_truth want;
	} t[] = {
		{ "", RESULTS_YES },
		{ "code=0x7f", RESULTS_YES },
		{ "code=127", RESULTS_YES },
		{ "code!=0x7f", RESULTS_NO },
		{ "code>=0x7f code<=0x7f", RESULTS_YES },
		{ "code>0x7f", RESULTS_NO },
		{ "arg1=8 arg3>0x7fffffffffffffff", RESULTS_YES },
		{ "arg3=0xfffff8047c02a2b0", RESULTS_YES },
		{ "module=TCPIP.sys", RESULTS_YES },
		{ "module=tcpip", RESULTS_NO },
		{ "module~tcpip", RESULTS_YES },
		{ "module~1996", RESULTS_NO }, /* a date is no name */
		{ "module!~tcpip", RESULTS_NO },
		{ "module!=afd.sys", RESULTS_YES },
		{ "frame=tcpip!iprcv", RESULTS_YES },
		{ "frame=tcpip!ip", RESULTS_NO },
		{ "frame~tcpip!", RESULTS_YES },
		{ "fired=q216765", RESULTS_YES },
		{ "fired=Q177245", RESULTS_UNKNOWN },
		{ "fired!=Q177245", RESULTS_UNKNOWN },
		{ "fired=Q1", RESULTS_NO },
		{ "fired!=Q1", RESULTS_YES },
		{ "unknown=Q177245", RESULTS_YES },
		{ "unknown=Q216765", RESULTS_NO },
		{ "confidence>=90", RESULTS_YES },
		{ "class=hang", RESULTS_UNKNOWN },
		{ "class=stop severity=critical", RESULTS_YES },
		{ "os<4", RESULTS_YES },
		{ "os>=3.51", RESULTS_YES },
		{ "os>3.51.1057", RESULTS_NO },
		{ "os<3.6", RESULTS_NO }, /* numbers, not characters */
		{ "os~.1057", RESULTS_YES },
		{ "size=64k", RESULTS_YES },
		{ "size<0x10000", RESULTS_NO },
		{ "crashed=1998-07-09", RESULTS_YES },
		{ "crashed=1998-07", RESULTS_YES },
		{ "crashed>1998-07", RESULTS_NO },
		{ "crashed>=1998-07-09T16:00", RESULTS_YES },
		{ "crashed=1998-07-09T16:00:00Z", RESULTS_YES },
		{ "crashed<=1998-07-08", RESULTS_NO },
		{ "since=0s until=0s", RESULTS_YES },
		{ "since=2026-09-22", RESULTS_NO },
		{ "judged=2026-09-21", RESULTS_YES },
		{ "error=?", RESULTS_YES },
		{ "error~x", RESULTS_UNKNOWN },
		{ "not error~x", RESULTS_UNKNOWN },
		{ "not code=1", RESULTS_YES },
		{ "error~x or code=0x7f", RESULTS_YES },
		{ "error~x code=1", RESULTS_NO },
		{ "code=1 or code=2 or code=0x7f", RESULTS_YES },
		{ "code=0x7f and (code=1 or blame=tcpip.sys)", RESULTS_YES },
		{ "code=1 code=2 or code=0x7f", RESULTS_YES },
		{ "code = 0x7f", RESULTS_YES },
		{ "process='System'", RESULTS_YES },
		{ "process=\"sys\\tem\"", RESULTS_NO },
		{ "blame!=?", RESULTS_YES },
		{ "outcome=judged outcome!=crash", RESULTS_YES },
		{ "stop~KERNEL_MODE", RESULTS_YES },
		{ "note~x", RESULTS_UNKNOWN },
		{ "not not not code=1", RESULTS_YES },
	};
	struct results_dump d = rs_dump("a");

	for (size_t i = 0; i < NTR_COUNT(t); i++) {
		int got = passes(t[i].text, &d);

		test_.checks++;
		if (got != (int)t[i].want)
			TEST_FAIL("%s is %d, want %d", t[i].text, got,
				  t[i].want);
	}
	d.outcome = RESULTS_TIMEOUT;
	CHECK_EQ(passes("fired!=Q1", &d), RESULTS_UNKNOWN);
	d.modules = NULL;
	d.has_code = false;
	CHECK_EQ(passes("module!=a", &d), RESULTS_UNKNOWN);
	CHECK_EQ(passes("code!=1", &d), RESULTS_UNKNOWN);
	CHECK_EQ(passes("module=? code=? arg2=?", &d), RESULTS_YES);
}

static void mistakes(void)
{
	static const struct {
		const char *text, *want;
		size_t at, len;
	} t[] = {
		{ "cod=1", "did you mean \"code\"", 0, 3 },
		{ "code=1 modul~x", "did you mean \"module\"", 7, 5 },
		{ "code", "one of = != ~ !~ < > <= >= is expected", 4, 1 },
		{ "code=", "a value is expected", 5, 1 },
		{ "code=7f", "no number: decimal, or hex with 0x", 5, 2 },
		{ "code~7", "\"code\" cannot be compared with ~", 4, 1 },
		{ "blame<x", "cannot be compared with <", 5, 1 },
		{ "since>7d", "cannot be compared with >", 5, 1 },
		{ "since=yesterday", "is no time", 6, 9 },
		{ "since=2026-02-30", "is no time", 6, 10 },
		{ "since=2026-13", "is no time", 6, 7 },
		{ "crashed=2026-01-01T25:00", "is no time", 8, 16 },
		{ "size=64X", "is no size", 5, 3 },
		{ "size=", "a value is expected", 5, 1 },
		{ "os<NT", "is no version", 3, 2 },
		{ "outcome=jugded", "did you mean \"judged\"", 8, 6 },
		{ "outcome=x", "there are judged,", 8, 1 },
		{ "(code=1", "this parenthesis has no end", 0, 1 },
		{ "code=1)", "this parenthesis has no beginning", 6, 1 },
		{ "code=1 or", "the filter ends where a field", 9, 1 },
		{ "or code=1", "there is no field \"or\"", 0, 2 },
		{ "code=1 & x", "here a field", 7, 1 },
		{ "path=\"a b", "this text has no end: a \" is missing", 5, 4 },
		{ "path=a\"b\"", "a blank is expected", 6, 1 },
		{ "path=\"a\x01\"", "no control characters", 5, 4 },
		{ "path~\"\"", "every text contains", 5, 2 },
		{ "module=\"\"", "a name is never empty", 7, 2 },
		{ "fired=?", "\"fired=?\" cannot be asked", 6, 1 },
		{ "blame~?", "\"blame~?\" cannot be asked", 6, 1 },
		{ "arg1=0x12345678901234567", "no number", 5, 19 },
		{ "code=99999999999999999999", "no number", 5, 20 },
		{ "code=9223372036854775807", "no number", 5, 19 },
	};

	for (size_t i = 0; i < NTR_COUNT(t); i++) {
		struct results_filter *f = NULL;
		struct results_filter_err e = { .at = 99 };

		CHECK_EQ(results_filter_new(&f, t[i].text, 0, &e), NTR_USAGE);
		CHECK_HAS(e.e.msg, t[i].want);
		if (e.at != t[i].at || e.len != t[i].len)
			TEST_FAIL("%s: at %zu, %zu long", t[i].text, e.at, e.len);
	}
}

static void bounds(void)
{
	struct results_filter *f = NULL;
	struct results_filter_err e;
	char text[40000] = "";

	for (int i = 0; i < 256; i++)
		strcat(text, "code=1 ");
	CHECK_EQ(results_filter_new(&f, text, 0, &e), NTR_OK);
	results_filter_free(f);
	strcat(text, "code=1");
	CHECK_EQ(results_filter_new(&f, text, 0, &e), NTR_USAGE);
	CHECK_HAS(e.e.msg, "at most 256 terms");
	memset(text, '(', 30000);
	text[30000] = 0;
	CHECK_EQ(results_filter_new(&f, text, 0, &e), NTR_USAGE);
	text[1000] = 0;
	CHECK_EQ(results_filter_new(&f, text, 0, &e), NTR_USAGE);
	CHECK_HAS(e.e.msg, "nested more than 20 times");
	memset(text, 'x', 5000);
	memcpy(text, "path=", 5);
	text[5000] = 0;
	CHECK_EQ(results_filter_new(&f, text, 0, &e), NTR_USAGE);
	CHECK_HAS(e.e.msg, "too long");
}

static void caret(void)
{
	struct ntr_str out = { .s = NULL };
	struct results_filter_err e = { .at = 7, .len = 5 };
	char text[1000];

	results_filter_caret(&out, "code=1 modul\033\xff", &e);
	CHECK_STR(ntr_str_text(&out), "code=1 modul??\n       ^^^^^\n");
	ntr_str_clear(&out);
	memset(text, 'a', 999);
	text[999] = 0;
	text[500] = 'b';
	e = (struct results_filter_err){ .at = 500, .len = 900 };
	results_filter_caret(&out, text, &e);
	CHECK_EQ(strlen(out.s), 202); /* two lines of 100 */
	CHECK_EQ(out.s[50], 'b');
	CHECK_EQ(out.s[101 + 50], '^');
	ntr_str_fini(&out);
}

static void store_agrees(void)
{
	struct rr_row *rows = calloc(RR_ROWS, sizeof(*rows));
	struct results *r = NULL;
	unsigned passed;

	if (!rows)
		return;
	OK(results_open(&r, ":memory:", false, &err));
	rr_fill(r, rows);
	passed = rr_agree(r, rows, 4000);
	CHECK(passed > 20000); /* not by letting nothing through */
	results_close(r);
	free(rows);
}

static bool count(void *ctx, const struct results_dump *d)
{
	(void)d;
	++*(unsigned *)ctx;
	return true;
}

static void notes_in_store(void)
{
	struct results_dump d = rs_dump("a");
	struct results *r = NULL;
	static const struct {
		const char *text;
		unsigned n;
	} t[] = { { "note~TICKET", 1 }, { "note=\"ticket 4711\"", 1 },
		  { "note!~ticket", 1 }, { "note=ticket", 0 }, { "id=1", 1 },
		  { "id<=2", 2 } };

	OK(results_open(&r, ":memory:", false, &err));
	OK(results_put(r, 0, &d, &err));
	d.path = "b";
	OK(results_put(r, 0, &d, &err));
	OK(results_commit(r, &err));
	OK(results_note(r, 1, NULL, "ticket 4711", &err));
	for (size_t i = 0; i < NTR_COUNT(t); i++) {
		struct results_filter *f = NULL;
		struct results_query q = { .limit = 0 };
		unsigned n = 0;

		OK(results_filter_new(&f, t[i].text, 0, NULL));
		q.filter = f;
		OK(results_each(r, &q, count, &n, &err));
		if (n != t[i].n)
			TEST_FAIL("%s: %u rows", t[i].text, n);
		results_filter_free(f);
	}
	results_close(r);
}

int main(void)
{
	rs_folder("filter_test");
	RUN(in_memory);
	RUN(mistakes);
	RUN(bounds);
	RUN(caret);
	RUN(store_agrees);
	RUN(notes_in_store);
	rs_done();
	return test_done();
}
