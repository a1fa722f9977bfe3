// SPDX-License-Identifier: Apache-2.0
/*
 * Judging: truth tables of three values, what is not there, operators over the
 * facts of forged dumps, evidence, what is missing, how sure a rule is, near
 * misses, the prefilter, and that nothing dear is asked for nothing.
 */
#include "sig_rules.h"

#include "fact_dump.h"

static struct rules r;
static struct sig_results *res;

static void judge_with(const char *text, const struct sig_options *opt)
{
	struct ntr_err e = { "" };

	rules_load(&r, text);
	for (size_t i = 0; i < r.d.n; i++)
		CHECK_STR(r.d.v[i].text, "");
	res = NULL;
	CHECK_EQ(sig_judge(r.set, f, opt, &res, &e), NTR_OK);
}

static void judge(const char *text, unsigned flags)
{
	struct sig_options o = { .flags = flags };

	judge_with(text, &o);
}

/* The rule T, whatever the index says. */
static void judge_it(const char *text)
{
	static const char *const it[] = { "T" };
	struct sig_options o = { .flags = SIG_EXPLAIN, .only = it, .nonly = 1 };

	judge_with(text, &o);
}

/* The first result; an empty one when there is none. */
static const struct sig_result *first(void)
{
	static const struct sig_result none = { .confidence = 12345 };

	return res && res->n ? &res->v[0] : &none;
}

static struct sig_missing gap(size_t i)
{
	struct sig_missing none = { "", "" };

	return i < first()->missing.n ? first()->missing.v[i] : none;
}

static void done(void)
{
	sig_results_free(res);
	rules_free(&r);
}

/* "fires", "silent", "unknown" of `require EXPR`. */
static const char *tri(const char *expr)
{
	static char out[16];
	struct ntr_str text = { 0 };

	ntr_str_printf(&text, HEAD "on dump { require %s\n} }\n", expr);
	judge_it(ntr_str_text(&text));
	ntr_str_fini(&text);
	snprintf(out, sizeof(out), "%s", res && res->n == 1 ?
		 sig_value_name(first()->value) : "no result");
	done();
	return out;
}

struct truth {
	const char *expr, *value;
};

static void check_truths(const struct truth *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = tri(t[i].expr);

		if (strcmp(got, t[i].value))
			printf("%s\n", t[i].expr);
		CHECK_STR(got, t[i].value);
	}
}

#define CHECK_TRUTHS(t) check_truths(t, sizeof(t) / sizeof(*(t)))

/* --- three values -------------------------------------------------------- */

/* Of a header-only dump: the stop is known, the stack is not. */
#define T "bugcheck.code == 0x7f"
#define F "bugcheck.code == 1"
#define U "stack.overflow"

static void and_or_not(void)
{
	static const struct truth t[] = {
		{ T, "fires" }, { F, "silent" }, { U, "unknown" },
		{ "not (" T ")", "silent" }, { "not (" F ")", "fires" },
		{ "not " U, "unknown" }, { "not not " U, "unknown" },
		{ T " and " T, "fires" }, { T " and " F, "silent" },
		{ F " and " T, "silent" }, { F " and " F, "silent" },
		{ T " and " U, "unknown" }, { U " and " T, "unknown" },
		{ F " and " U, "silent" }, { U " and " F, "silent" },
		{ U " and " U, "unknown" },
		{ T " or " T, "fires" }, { T " or " F, "fires" },
		{ F " or " T, "fires" }, { F " or " F, "silent" },
		{ T " or " U, "fires" }, { U " or " T, "fires" },
		{ F " or " U, "unknown" }, { U " or " F, "unknown" },
		{ U " or " U, "unknown" },
		{ "(" U " or " T ") and (" F " or " T ")", "fires" },
		{ "not (" U " and " F ")", "fires" },
		{ "not (" U " or " T ")", "silent" },
	};

	if (!open_text(nt351, "header"))
		return;
	CHECK_TRUTHS(t);
	shut();
}

/* `exclude` and `require` together; `support` decides nothing. */
static void conditions_together(void)
{
	static const struct { const char *conditions, *value; } t[] = {
		{ "require " T " exclude " F, "fires" },
		{ "require " T " exclude " T, "silent" },
		{ "require " T " exclude " U, "unknown" },
		{ "require " U " exclude " F, "unknown" },
		{ "require " U " exclude " T, "silent" },
		{ "require " F " exclude " U, "silent" },
		{ "require " U " require " F, "silent" },
		{ "require " T " exclude " F " or " T, "silent" },
		{ "require " T " exclude " U " or " T, "silent" },
		{ "require " T " exclude " U " or " F, "unknown" },
		{ "require " T " exclude " U " and " F, "fires" },
		{ "require " T " support " U, "fires" },
		{ "require " T " support " F, "fires" },
		{ "require " F " support " T, "silent" },
	};
	char text[400];

	if (!open_text(nt351, "header"))
		return;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		snprintf(text, sizeof(text), HEAD "on dump { %s } }",
			 t[i].conditions);
		judge_it(text);
		CHECK_EQ(res->n, 1);
		CHECK_STR(sig_value_name(first()->value), t[i].value);
		done();
	}
	shut();
}

static void blocks_together(void)
{
	static const struct { const char *a, *b, *value; } t[] = {
		{ T, F, "fires" }, { F, T, "fires" }, { F, U, "unknown" },
		{ U, F, "unknown" }, { U, T, "fires" }, { F, F, "silent" },
	};
	char text[400];

	if (!open_text(nt351, "header"))
		return;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		snprintf(text, sizeof(text), HEAD "on dump { require %s } on dump "
			 "{ require %s } }", t[i].a, t[i].b);
		judge_it(text);
		CHECK_EQ(res->n, 1);
		CHECK_STR(sig_value_name(first()->value), t[i].value);
		CHECK_EQ(first()->missing.n, i == 2 || i == 3);
		CHECK((first()->failed != NULL) == (i == 5));
		done();
	}
	shut();
}

static void unknown_operands(void)
{
	static const struct truth t[] = {
		{ "stack.used > 1", "unknown" }, { "1 < stack.used", "unknown" },
		{ "stack.used + 1 > stack.size", "unknown" },
		{ "stack.used != 3", "unknown" },
		{ "stack.used in [1, 2]", "unknown" },
		{ "bugcheck.code in [1, bugcheck.code, stack.used]", "fires" },
		{ "bugcheck.code in [1, exception.code]", "unknown" },
		{ "\"tcpip\" in stack.modules", "unknown" },
		{ "any f in stack.frames where false", "silent" },
		{ "any c in stack.cycles where true", "unknown" },
		{ "all c in stack.cycles where true", "unknown" },
		{ "none c in stack.cycles where true", "unknown" },
		{ "at least 0 c in stack.cycles where true", "fires" },
		{ "at least 1 c in stack.cycles where true", "unknown" },
		{ "count(stack.cycles) > 3", "unknown" },
		{ "count(c in stack.cycles where true) > 3", "unknown" },
		{ "sum(c in stack.cycles : c.count) > 3", "unknown" },
		{ "module[\"tcpip.sys\"].date < 1999-01-01", "unknown" },
		{ "module[\"tcpip.sys\"].loaded", "unknown" },
		{ "exists(module[\"tcpip.sys\"])", "unknown" },
		{ "known(module[\"tcpip.sys\"])", "silent" },
		{ "known(stack.overflow)", "silent" },
		{ "known(bugcheck.code)", "fires" },
		{ "exists(bugcheck.code)", "fires" },
		{ "lower(module[\"x\"].name) == \"x\"", "unknown" },
		{ "percent(stack.used, 4) == 1", "unknown" },
	};

	if (!open_text(nt351, "header"))
		return;
	CHECK_TRUTHS(t);
	shut();
}

/* --- a whole dump -------------------------------------------------------- */

static void operators(void)
{
	static const struct truth t[] = {
		{ "bugcheck.code == 0x7f and bugcheck.p1 == 8", "fires" },
		{ "bugcheck.code != 0x7f", "silent" },
		{ "bugcheck.code in [0x50, 0x7f]", "fires" },
		{ "bugcheck.code not in [0x50, 0x7f]", "silent" },
		{ "os.version == 3.51", "fires" }, { "os.version < 4.0", "fires" },
		{ "os.version == 3.51.0.0", "fires" },
		{ "machine.arch == \"X86\"", "fires" },
		{ "machine.arch in [\"alpha\", \"X86\"]", "fires" },
		{ "\"windows nt\" in os.name", "fires" },
		{ "\"Windows 9\" in os.name", "silent" },
		{ "os.name =~ /^windows nt/", "silent" },
		{ "os.name =~ /^windows nt/i", "fires" },
		{ "os.name !~ /3\\.51$/", "silent" },
		{ "uptime == 3d2h and uptime > 2d and uptime / 1h == 74", "fires" },
		{ "days(uptime) == 3 and seconds(uptime) == 266400", "fires" },
		{ "time == 1996-08-09T10:11:12Z and year(time) == 1996", "fires" },
		{ "time - uptime == 1996-08-06T08:11:12Z", "fires" },
		{ "stack.size == 12KiB and stack.size == 12288", "fires" },
		{ "stack.size - 12289 < 0 and abs(stack.size - 12289) == 1",
		  "fires" },
		{ "stack.size * 9223372036854775807 > 0xffffffffffffffff",
		  "fires" },
		{ "0xffffffffffffffff * 0xffffffffffffffff * 2 > 1", "unknown" },
		{ "1 / (bugcheck.p1 - 8) == 1", "unknown" },
		{ "percent(stack.size, bugcheck.p2) > 1", "unknown" },
		{ "7 / 2 == 3 and 7 % 2 == 1 and 2 + 3 * 4 == 14 and (2 + 3) * 4 "
		  "== 20 and 10 - 4 - 3 == 3 and -3 < 2", "fires" },
		{ "percent(3, 4) == 75 and has_bits(0x87, 0x81) and not "
		  "has_bits(0x86, 0x81) and bits(0xabcd, 4, 8) == 0xbc", "fires" },
		{ "lower(\"TcpIp\") =~ /^tcpip$/ and length(\"abc\") == 3", "fires" },
		{ "starts(os.name, \"windows\") and ends(os.name, \"3.51\") and not "
		  "ends(\"a\", \"ba\")", "fires" },
		{ "module[\"tcpip.sys\"].version == 3.51.1057.5", "fires" },
		{ "module[\"TCPIP\"].date == 1996-05-01", "fires" },
		{ "module[\"tcpip.sys\"].size == 123904B", "fires" },
		{ "stack.frames[0].module == \"tcpip\" or stack.frames[0].module == "
		  "\"afd\"", "fires" },
		{ "stack.frames[bugcheck.p2].trust == \"context\"", "fires" },
		{ "stack.frames[bugcheck.p2 - 1].trust == \"context\"", "silent" },
		{ "(bugcheck.code == 1) == (bugcheck.code == 2)", "fires" },
	};

	if (!open_text(nt351, "full"))
		return;
	CHECK_TRUTHS(t);
	shut();
}

static void quantifiers(void)
{
	static const struct truth t[] = {
		{ "any c in stack.cycles where c.count >= 4 and \"tcpip\" in "
		  "c.modules", "fires" },
		{ "any c in stack.cycles where c.count >= 4 and \"netbt\" in "
		  "c.modules", "silent" },
		{ "any c in stack.cycles where any x in c.modules where x == "
		  "\"AFD\"", "fires" },
		{ "all c in stack.cycles where c.count >= 4", "fires" },
		{ "all f in stack.frames where f.module == \"tcpip\"", "silent" },
		{ "none f in stack.frames where f.module == \"netbt\"", "fires" },
		{ "none f in stack.frames where f.module == \"afd\"", "silent" },
		{ "at least 3 f in stack.frames where f.module == \"afd\"",
		  "fires" },
		{ "at least 3000 f in stack.frames where f.module == \"afd\"",
		  "silent" },
		{ "count(f in stack.frames where f.module == \"afd\") >= 60",
		  "fires" },
		{ "count(stack.frames) >= 120 and count(stack.cycles) == 1",
		  "fires" },
		{ "sum(c in stack.cycles : c.count * c.period) > 100", "fires" },
		{ "max(x in modules where x.name in [\"afd\", \"tcpip\"] : x.size) "
		  "== 123904", "fires" },
		{ "min(x in modules where x.name in [\"afd\", \"tcpip\"] : x.size) "
		  "== 69280", "fires" },
		{ "min(x in modules where x.name == \"none\" : x.size) == 0",
		  "silent" },
		{ "sum(x in modules where x.name == \"none\" : x.size) == 0",
		  "fires" },
		{ "first(x in modules where x.size == 123904 : x.name) == \"TCPIP\"",
		  "fires" },
		{ "first(x in modules where x.name == \"none\" : x.name) != \"a\"",
		  "fires" },
		{ "first(c in stack.cycles : c.count) == 60", "fires" },
		{ "first(f in stack.frames where f.function == \"none\" : f.ip) > 1",
		  "unknown" },
		{ "first(f in stack.frames where f.function == \"none\" or f.module "
		  "== \"nt\" : f.module) == \"nt\"", "fires" },
		{ "\"tcpip\" in stack.modules and \"NT\" in stack.modules", "fires" },
		{ "\"netbt\" not in stack.modules", "fires" },
		/* some frames have no function: unknown beside what is known */
		{ "any f in stack.frames where f.function == \"none\"", "unknown" },
		{ "any f in stack.frames where f.function == \"none\" or f.module == "
		  "\"afd\"", "fires" },
		{ "all f in stack.frames where f.function == \"none\" and f.module "
		  "== \"none\"", "silent" },
	};

	if (!open_text(nt351, "full"))
		return;
	CHECK_TRUTHS(t);
	shut();
}

/* What is certainly not there compares false, and its denial true. */
static void what_is_not_there(void)
{
	static const struct truth t[] = {
		{ "module[\"no.sys\"].date < 1999-01-01", "silent" },
		{ "module[\"no.sys\"].date >= 1999-01-01", "silent" },
		{ "module[\"no.sys\"].name == \"no\"", "silent" },
		{ "module[\"no.sys\"].name != \"no\"", "fires" },
		{ "module[\"no.sys\"].name =~ /./", "silent" },
		{ "module[\"no.sys\"].name !~ /./", "fires" },
		{ "module[\"no.sys\"].name in [\"no\"]", "silent" },
		{ "module[\"no.sys\"].name not in [\"no\"]", "fires" },
		{ "\"a\" in module[\"no.sys\"].path", "silent" },
		{ "not module[\"no.sys\"].size > 3", "fires" },
		{ "module[\"no.sys\"].size + 1 > 0", "silent" },
		{ "-module[\"no.sys\"].size < 3", "silent" },
		{ "module[\"no.sys\"].loaded", "silent" },
		{ "module[\"no.sys\"].loaded == false", "fires" },
		{ "exists(module[\"no.sys\"])", "silent" },
		{ "not exists(module[\"no.sys\"].date)", "fires" },
		{ "known(module[\"no.sys\"].date)", "fires" },
		{ "stack.frames[100000].module == \"tcpip\"", "silent" },
		{ "stack.frames[0 - 1].module != \"tcpip\"", "fires" },
		{ "module[lower(dump.packing)].size > 3", "silent" },
		/* unknown beside it decides nothing */
		{ "module[\"no.sys\"].name == thread.address + 0 - "
		  "thread.address + 0 and true", "no result" },
	};

	if (!open_text(nt351, "full"))
		return;
	check_truths(t, sizeof(t) / sizeof(*t) - 1);
	shut();
}

/* --- pool tags ----------------------------------------------------------- */

static void pool_tags_are_exact(void)
{
	static const struct truth t[] = {
		{ "pool.tag[\"AfdB\"].nonpaged_bytes > 1MiB", "fires" },
		{ "pool.tag[\"AFDB\"].nonpaged_bytes > 1MiB", "silent" },
		{ "any t in pool.tags where t.tag == \"AfdB\"", "fires" },
		{ "any t in pool.tags where t.tag == \"afdb\"", "silent" },
		{ "any t in pool.tags where t.tag in [\"x\", \"AfdB\"]", "fires" },
		{ "any t in pool.tags where t.tag in [\"x\", \"AFDB\"]", "silent" },
		{ "any t in pool.tags where \"fdB\" in t.tag", "fires" },
		{ "any t in pool.tags where \"fdb\" in t.tag", "silent" },
		{ "any t in pool.tags where t.tag =~ /^afdb$/i", "fires" },
	};

	if (!open_text("machine x86 2003 cpus 1\npooltags on\nstop 0xe2 0 0 0 0\n"
		       "pool nonpaged { block AfdB size 4000 count 400 }\n",
		       "full"))
		return;
	CHECK_TRUTHS(t);
	shut();
}

/* Differences have signs, in conditions, evidence and sentences. */
static void differences(void)
{
#define POOL(n, m) "machine x86 2003 cpus 1\nmemory 64MiB\npooltags on\n"       \
	"stop 0xe2\ntime 2001-02-03T0" #m ":00:00Z\npool nonpaged { block AfdB " \
	"size 1000 count " #n " }\n"
	static const struct truth t[] = {
		{ "any g in pool.growth where g.tag == \"AfdB\" and g.live_delta == "
		  "-300 and g.bytes_delta < -0x40000", "fires" },
		{ "any g in pool.growth where g.bytes_delta > 0B", "silent" },
		{ "pool.baseline.nonpaged_delta < 0", "fires" },
		{ "pool.baseline.nonpaged_delta == -307200", "silent" },
		{ "sum(g in pool.growth : g.live_delta) == 0 - 300", "fires" },
		{ "min(g in pool.growth : g.live_delta) + 301 == 1", "fires" },
		{ "any g in pool.growth where abs(g.live_delta) == 300", "fires" },
	};
	struct machine was;

	if (!machine_open(&was, POOL(1000, 4), "full") ||
	    !open_text(POOL(700, 6), "full"))
		return;
	ntr_facts_baseline(f, was.t);
	CHECK_TRUTHS(t);
	judge("signature T { title \"t\" class leak severity low say "
	      "\"{pool.growth[0].live_delta} {pool.growth[0].live_delta:hex}\" on "
	      "dump { require pool.growth[0].live_delta < 1 } }", 0);
	CHECK_EQ(first()->evidence.n, 1);
	if (first()->evidence.n)
		CHECK_STR(first()->evidence.v[0].value, "-300");
	CHECK_STR(first()->say, "-300 -300");
	done();
	shut();
	machine_close(&was);
}

/* --- fixed files --------------------------------------------------------- */

#define FIXED "signature T { title \"t\" class stop severity low say \"s\"\n" \
	"fixed \"tcpip.sys\" x86 os \"3.51\" date 1999-02-04 size 124080\n"    \
	"fixed \"tcpip.sys\" x86 os \"5.2\" version 5.2.3790.4573\n"           \
	"fixed \"tcpip.sys\" alpha date 1999-02-04\n"                         \
	"fixed \"afd.sys\" x86 size 4711\n"                                   \
	"on dump { require module[\"tcpip.sys\"].at_least_fixed } }\n"

static void check_fixed(const char *machine, const char *module,
			const char *container, const char *value,
			const char *why)
{
	char text[400];

	snprintf(text, sizeof(text), "machine %s\ntime 2021-01-01\nstop 0x7f 8 0 0 0\n"
		 "%s\n",
		 machine, module);
	if (!open_text(text, container))
		return;
	judge_it(FIXED);
	CHECK_EQ(res->n, 1);
	CHECK_STR(sig_value_name(first()->value), value);
	if (why) {
		CHECK_EQ(first()->missing.n, 1);
		CHECK_STR(gap(0).fact,
			  "module[\"tcpip.sys\"].at_least_fixed");
		CHECK_HAS(gap(0).why, why);
	}
	done();
	shut();
}

static void at_least_fixed(void)
{
	/* by date: what was linked within two days before it may be the file */
	check_fixed("x86 nt3.51", "module \"tcpip.sys\" date 1999-02-04", "full",
		    "fires", NULL);
	check_fixed("x86 nt3.51", "module \"tcpip.sys\" date 1999-02-03", "full",
		    "unknown", "linked within two days before");
	check_fixed("x86 nt3.51", "module \"tcpip.sys\" date 1999-02-01", "full",
		    "silent", NULL);
	/* by version, whatever its date */
	check_fixed("x86 2003", "module \"tcpip.sys\" date 1999-01-01 version "
		    "5.2.3790.4573", "full", "fires", NULL);
	check_fixed("x86 2003", "module \"tcpip.sys\" date 2020-01-01 version "
		    "5.2.3790.4572", "full", "silent", NULL);
	check_fixed("x86 2003", "module \"tcpip.sys\" date 2020-01-01 paged",
		    "full", "unknown", "the version resource is not in the dump");
	/* other platforms */
	check_fixed("x86 nt4", "module \"tcpip.sys\" date 2000-01-01", "full",
		    "unknown", "no fixed file is known for x86, version 4.0");
	check_fixed("alpha nt4", "module \"tcpip.sys\" date 1999-02-05", "full",
		    "fires", NULL);
	check_fixed("x64 10", "module \"tcpip.sys\" date 2000-01-01", "full",
		    "unknown", "no fixed file is known for x64, version 10.0");
	check_fixed("x86 nt3.51", "", "full", "silent", NULL);
	check_fixed("x86 nt3.51", "module \"tcpip.sys\" date 1999-02-04",
		    "header", "unknown", "the dump holds no list of modules");
}

/* --- results ------------------------------------------------------------- */

static const char q216765[] =
	"signature Q216765 {\n"
	"    title \"t\" class stop severity critical status stable\n"
	"    fixed \"tcpip.sys\" x86 date 1999-02-04\n"
	"    on dump {\n"
	"        require bugcheck.code == 0x7f   and\n"
	"                bugcheck.p1 == 8\n"
	"        require stack.overflow\n"
	"        require any c in stack.cycles where c.count >= 4 and \"tcpip\" in "
	"c.modules\n"
	"        support os.version == 3.51\n"
	"        support weight 3 uptime > 30d\n"
	"        exclude module[\"tcpip.sys\"].at_least_fixed\n"
	"    }\n"
	"    say \"{stack.size:bytes}, {bugcheck.code}, {bugcheck.code:dec}, "
	"{uptime}, {time:date}, {module[\\\"no\\\"].date:date}, "
	"{exception.code}, {stack.cycles[0].modules}\"\n"
	"    say \"{{{percent(3, 4):percent}}}\"\n"
	"    do \"Install \\\"it\\\".\"\n"
	"    do \"{1MiB + 512KiB:bytes} {1023:bytes} {1:bytes} {64KiB + 1:bytes} "
	"{0 - 5KiB:bytes} {stack.limit:hex}\"\n"
	"}\n";

static void evidence_of_what_fires(void)
{
	static const char *const want[][3] = {
		{ "require bugcheck.code == 0x7f and bugcheck.p1 == 8",
		  "bugcheck.code", "0x7f" },
		{ "require bugcheck.code == 0x7f and bugcheck.p1 == 8",
		  "bugcheck.p1", "0x8" },
		{ "require stack.overflow", "stack.overflow", "true" },
		{ "require any c in stack.cycles where c.count >= 4 and \"tcpip\" "
		  "in c.modules", "stack.cycles[0].count", "60" },
		{ "require any c in stack.cycles where c.count >= 4 and \"tcpip\" "
		  "in c.modules", "stack.cycles[0].modules[0]", "tcpip" },
		{ "support os.version == 3.51", "os.version", "3.51" },
	};
	const struct sig_result *x;

	if (!open_text(nt351, "full"))
		return;
	judge(q216765, 0);
	CHECK_EQ(res->n, 1);
	x = first();
	CHECK_EQ(x->value, SIG_FIRES);
	CHECK_EQ(x->evidence.n, 6);
	for (size_t i = 0; i < 6 && i < x->evidence.n; i++) {
		CHECK_STR(x->evidence.v[i].condition, want[i][0]);
		CHECK_STR(x->evidence.v[i].fact, want[i][1]);
		CHECK_STR(x->evidence.v[i].value, want[i][2]);
	}
	/* 95, less 30 for a weight of 3 in 4 that failed, less 3 */
	CHECK_EQ(x->confidence, 62);
	CHECK_STR(x->confidence_why, "95 for a rule that is stable; supports: 1 of "
		  "weight 4 held (-30); frames were evidence, the weakest found by "
		  "frameptr (-3)");
	CHECK_STR(x->say, "12 KiB, 0x7f, 127, 3d2h, 1996-08-09, none, unknown, "
		  "tcpip, afd\n{75 %}");
	CHECK_EQ(x->advice.n, 2);
	CHECK_STR(x->advice.v[0], "Install \"it\".");
	CHECK_HAS(x->advice.v[1], "1.5 MiB 1023 bytes 1 byte 64 KiB -5 KiB 0x");
	CHECK(x->failed == NULL);
	CHECK_EQ(x->missing.n, 0);
	CHECK_EQ(x->ns, 0);
	done();
	shut();
}

static void what_is_missing(void)
{
	const struct sig_result *x;

	if (!open_text(nt351, "header"))
		return;
	judge(q216765, SIG_PROFILE);
	CHECK_EQ(res->n, 1);
	x = first();
	CHECK_EQ(x->value, SIG_UNKNOWN);
	CHECK_EQ(x->confidence, 0);
	CHECK(x->say == NULL);
	CHECK_EQ(x->missing.n, 3);
	CHECK_STR(gap(0).fact, "stack.overflow");
	CHECK_STR(gap(1).fact, "stack.cycles");
	CHECK_HAS(gap(1).why, "stack memory is not in the dump");
	CHECK_STR(gap(2).fact, "module[\"tcpip.sys\"].at_least_fixed");
	CHECK_STR(gap(2).why, "the dump holds no list of modules; a "
		  "kernel dump has it");
	CHECK(x->ns > 0);
	done();
	shut();
}

/* What is unknown without a fact: the words that are. */
static void what_cannot_be_computed(void)
{
	if (!open_text(nt351, "full"))
		return;
	judge(HEAD "on dump { require 1 /   (bugcheck.p1 - 8) == 1\n"
		   "require count(f in stack.frames where f.function == \"x\") > "
		   "200 }}", 0);
	CHECK_EQ(res->n, 1);
	CHECK_EQ(first()->missing.n, 2);
	CHECK_STR(gap(0).fact, "1 / (bugcheck.p1 - 8)");
	CHECK_STR(gap(0).why, "division by zero");
	CHECK_HAS(gap(1).fact, "].function");
	CHECK_STR(gap(1).why, "no symbols of its module");
	done();
	shut();
}

static void near_misses(void)
{
	const struct sig_result *x;

	if (!open_text("machine x86 nt3.51 cpus 1\ntime 2001-01-01\nstop 0x7f "
		       "8 0 0 0\nmodule \"tcpip.sys\" date 1999-02-05\nstack overflow { "
		       "cycle \"tcpip!A+0x5c\" \"tcpip!B+0x1f\" times 60 }\n",
		       "full"))
		return;
	judge(q216765, 0);
	CHECK_EQ(res->n, 0);
	CHECK_EQ(res->considered, 1);
	done();
	judge(q216765, SIG_EXPLAIN);
	CHECK_EQ(res->n, 1);
	x = first();
	CHECK_EQ(x->value, SIG_SILENT);
	CHECK_STR(x->failed, "exclude module[\"tcpip.sys\"].at_least_fixed");
	CHECK_STR(x->failed_got, "module[\"tcpip.sys\"].at_least_fixed is true");
	CHECK(x->near_miss);
	done();
	judge(HEAD "on dump { require bugcheck.code == 0x50 or bugcheck.code == "
		   "0xd1 require stack.overflow require os.version == 3.51 }}",
	      SIG_EXPLAIN);
	/* the index rules it out: it is not even explained */
	CHECK_EQ(res->n, 0);
	CHECK_EQ(res->considered, 0);
	done();
	judge(HEAD "on dump { require bugcheck.p1 == 7 require stack.overflow "
		   "require os.version == 3.51 }}", SIG_EXPLAIN);
	CHECK_EQ(res->n, 1);
	CHECK_STR(first()->failed, "require bugcheck.p1 == 7");
	CHECK_STR(first()->failed_got, "bugcheck.p1 is 0x8");
	CHECK(!first()->near_miss); /* the first is not among what holds */
	done();
	judge(HEAD "on dump { require bugcheck.p1 == 8 require stack.overflow "
		   "require os.version > 3.51 }}", SIG_EXPLAIN);
	CHECK_STR(first()->failed, "require os.version > 3.51");
	CHECK(!first()->near_miss); /* another system is no near miss */
	done();
	shut();
}

static const char *failed_got(const char *conditions)
{
	static char out[400];
	struct ntr_str text = { 0 };

	ntr_str_printf(&text, HEAD "on dump { %s }}", conditions);
	judge(ntr_str_text(&text), SIG_EXPLAIN);
	ntr_str_fini(&text);
	snprintf(out, sizeof(out), "%s", first()->failed_got ?
		 first()->failed_got : "");
	done();
	return out;
}

static void why_it_failed(void)
{
	if (!open_text(nt351, "full"))
		return;
	CHECK_STR(failed_got("require any c in stack.cycles where c.count > 100"),
		  "stack.cycles has 1 element, which is not so");
	CHECK_STR(failed_got("require any f in stack.frames where f.module == "
			     "\"nosuch\""),
		  "stack.frames has 122 elements, none of which is so");
	CHECK_STR(failed_got("require \"netbt\" in stack.modules"),
		  "stack.modules is tcpip, afd, nt");
	CHECK_STR(failed_got("require all f in stack.frames where f.module != "
			     "\"nt\""), "stack.frames[121].module is nt");
	CHECK_STR(failed_got("require bugcheck.p1 == 8 and (bugcheck.p2 == 1 or "
			     "bugcheck.p3 == 1)"),
		  "bugcheck.p2 is 0x0, bugcheck.p3 is 0x0");
	CHECK_STR(failed_got("require count(stack.cycles) + 1 == 3"),
		  "stack.cycles has 1 element");
	CHECK_STR(failed_got("require count(c in stack.cycles where c.count > 3) "
			     "== 3"),
		  "count(c in stack.cycles where c.count > 3) is 1");
	CHECK_STR(failed_got("require exists(unloaded) and dump.packing == "
			     "\"zip\""),
		  "dump.packing is none (the dump is not in an archive)");
	CHECK_STR(failed_got("require os.version == 4.0 or true == false"),
		  "os.version is 3.51");
	shut();
}

/* --- sets ---------------------------------------------------------------- */

#define ONE(id, more, conditions) "signature " id " { title \"t\" class stop " \
	"severity low " more " say \"" id "\" on dump { " conditions " } }\n"

static void order_and_superseding(void)
{
	static const char text[] =
		ONE("B1", "status stable", "require " T)
		ONE("A1", "", "require " T)
		ONE("C1", "status stable supersedes \"B1\", \"A0\"", "require " T)
		ONE("A0", "status stable", "require " F)
		ONE("U2", "", "require " U) ONE("U1", "", "require " U)
		ONE("S1", "", "require bugcheck.p1 == 1")
		ONE("R1", "status retired", "require " T);
	static const char *const order[] = { "B1", "C1", "A1", "U1", "U2", "S1" };

	if (!open_text(nt351, "header"))
		return;
	judge(text, SIG_EXPLAIN);
	CHECK_EQ(res->rules, 8);
	CHECK_EQ(res->considered, 6);
	CHECK_EQ(res->n, 6);
	for (size_t i = 0; i < res->n && i < 6; i++)
		CHECK_STR(res->v[i].rule->id, order[i]);
	CHECK_EQ(first()->confidence, 95);
	CHECK_EQ(res->v[2].confidence, 70);
	CHECK_STR(first()->superseded_by, "C1");
	CHECK(res->v[1].superseded_by == NULL);
	done();
	judge(text, SIG_RETIRED);
	CHECK_EQ(res->n, 6);
	CHECK_STR(res->v[3].rule->id, "R1");
	CHECK_EQ(res->v[3].confidence, 60);
	done();
	shut();
}

static void only_some(void)
{
	static const char text[] = ONE("B1", "status stable", "require " T)
		ONE("A1", "", "require " T) ONE("F1", "", "require " F);
	static const char *const ids[] = { "A1", "F1", "none", "A1" };
	struct sig_options o = { .only = ids, .nonly = 4 };

	if (!open_text(nt351, "header"))
		return;
	judge_with(text, &o);
	CHECK_EQ(res->n, 1);
	CHECK_STR(first()->rule->id, "A1");
	done();
	/* one that is asked for is explained, whatever the index says */
	o.flags = SIG_EXPLAIN;
	judge_with(text, &o);
	CHECK_EQ(res->n, 2);
	CHECK_STR(res->v[1].rule->id, "F1");
	CHECK_STR(res->v[1].failed_got, "bugcheck.code is 0x7f");
	done();
	o = (struct sig_options){ .min_confidence = 71 };
	judge_with(text, &o);
	CHECK_EQ(res->n, 1);
	CHECK_STR(first()->rule->id, "B1");
	done();
	judge_with(text, NULL);
	CHECK_EQ(res->n, 2);
	done();
	shut();
}

static void not_linked(void)
{
	struct ntr_err e = { "" };
	struct sig_set *s = NULL;

	if (!open_text(nt351, "header"))
		return;
	CHECK_EQ(sig_set_new(&s, &e), NTR_OK);
	CHECK_EQ(sig_judge(s, f, NULL, &res, &e), NTR_USAGE);
	sig_set_free(s);
	shut();
}

static size_t considered(const char *conditions)
{
	struct ntr_str text = { 0 };
	size_t n;

	ntr_str_printf(&text, HEAD "on dump { %s }}", conditions);
	judge(ntr_str_text(&text), 0);
	ntr_str_fini(&text);
	n = res->considered;
	done();
	return n;
}

/* What is ruled out, and what must not be. */
static void prefilter(void)
{
	if (!open_text(nt351, "full"))
		return;
	CHECK_EQ(considered("require bugcheck.code == 0x50"), 0);
	CHECK_EQ(considered("require 0x50 == bugcheck.code"), 0);
	CHECK_EQ(considered("require bugcheck.code in [1, 2]"), 0);
	CHECK_EQ(considered("require bugcheck.code == 1 or bugcheck.code in "
			    "[2, 3]"), 0);
	CHECK_EQ(considered("require bugcheck.code == 0x7f require bugcheck.code "
			    "in [2, 3]"), 0);
	CHECK_EQ(considered("require bugcheck.code == 0x7f"), 1);
	CHECK_EQ(considered("require bugcheck.code in [1, 0x7f]"), 1);
	CHECK_EQ(considered("require bugcheck.code == 1 or bugcheck.p1 == 8"), 1);
	CHECK_EQ(considered("require not bugcheck.code == 1"), 1);
	CHECK_EQ(considered("require bugcheck.code != 1"), 1);
	CHECK_EQ(considered("require bugcheck.code not in [1]"), 1);
	CHECK_EQ(considered("require true exclude bugcheck.code == 1"), 1);
	CHECK_EQ(considered("require true support bugcheck.code == 1"), 1);
	CHECK_EQ(considered("require module[\"no.sys\"].date < 1999-01-01"), 0);
	CHECK_EQ(considered("require exists(module[\"no.sys\"])"), 0);
	CHECK_EQ(considered("require module[\"no.sys\"].loaded"), 0);
	CHECK_EQ(considered("require module[\"no.sys\"].loaded == false"), 1);
	CHECK_EQ(considered("require not module[\"no.sys\"].loaded"), 1);
	CHECK_EQ(considered("require known(module[\"no.sys\"])"), 1);
	CHECK_EQ(considered("require module[\"no.sys\"].name != \"x\""), 1);
	CHECK_EQ(considered("require module[\"TCPIP\"].date < 1999-01-01"), 1);
	CHECK_EQ(considered("require module[\"ntoskrnl.exe\"].size > 1"), 1);
	CHECK_EQ(considered("require machine.arch == \"x64\""), 0);
	CHECK_EQ(considered("require machine.arch == \"X86\""), 1);
	CHECK_EQ(considered("require os.version == 4.0"), 0);
	CHECK_EQ(considered("require os.version == 3.51"), 1);
	CHECK_EQ(considered("require bugcheck.code == 1 } on dump { require "
			    "bugcheck.code == 0x7f"), 1);
	CHECK_EQ(considered("require bugcheck.code == 1 } on trace { require "
			    "bugcheck.code == 0x7f"), 0);
	shut();
	/* without a list of modules nothing is ruled out by one */
	if (!open_text(nt351, "header"))
		return;
	CHECK_EQ(considered("require exists(module[\"no.sys\"])"), 1);
	shut();
}

/* --- cost ---------------------------------------------------------------- */

static unsigned made_by(const char *conditions, unsigned flags)
{
	struct ntr_str text = { 0 };
	unsigned made;

	if (!open_text(nt351, "full"))
		return ~0u;
	ntr_str_printf(&text, HEAD "on dump { %s }}", conditions);
	judge(ntr_str_text(&text), flags);
	ntr_str_fini(&text);
	made = ntr_facts_made(f);
	done();
	shut();
	return made;
}

static void nothing_dear_for_nothing(void)
{
	static const char dear[] = "require any t in threads where t.idle "
		"require any t in pool.judged where t.verdict == \"leak\" and "
		"bugcheck.p1 == 7 require bugcheck.p1 == 8";
	static const char failed[] = "require any t in threads where t.idle "
		"require count(pool.judged) > 3 and bugcheck.p1 == 7";

	CHECK_EQ(made_by("require bugcheck.p1 == 8", 0), 0);
	CHECK_EQ(made_by("require stack.overflow", 0), NTR_FACTS_VERDICT);
	/* cheap conditions are asked first, wherever they stand */
	CHECK_EQ(made_by(failed, 0), 0);
	CHECK_EQ(made_by(failed, SIG_EXPLAIN), 0);
	CHECK(made_by(dear, 0) & NTR_FACTS_WAITS);
	CHECK_EQ(made_by("require count(threads) > 3 or bugcheck.p1 == 8", 0), 0);
	CHECK_EQ(made_by("require true exclude count(threads) > 3 or bugcheck.p1 "
			 "== 8", SIG_EXPLAIN), 0);
	/* what a rule of another stop says costs nothing at all */
	CHECK_EQ(made_by("require bugcheck.code == 1 require count(threads) > 3",
			 SIG_EXPLAIN), 0);
}

/* A rule that asks without end is unknown, and says so. */
static void bounded_work(void)
{
	struct ntr_str s = { 0 };

	if (!open_text(nt351, "full"))
		return;
	judge(HEAD "on dump { require all a in stack.frames where all b in "
		   "stack.frames where all c in stack.frames where all d in "
		   "stack.frames where a.sp - b.sp + (c.sp - d.sp) < 4GiB } }", 0);
	CHECK_EQ(res->n, 1);
	CHECK_EQ(first()->value, SIG_UNKNOWN);
	CHECK(first()->missing.n > 0);
	done();
	ntr_str_add(&s, HEAD "on dump { require \"");
	for (int i = 0; i < 2000; i++)
		ntr_str_add(&s, "a");
	ntr_str_add(&s, "b\" =~ /(a+)+$/ } }");
	judge(ntr_str_text(&s), 0);
	CHECK_EQ(res->n, 1);
	CHECK_EQ(first()->value, SIG_UNKNOWN);
	CHECK_STR(gap(0).why, "matching the regular expression "
		  "took more steps than are allowed");
	done();
	ntr_str_fini(&s);
	shut();
}

/* --- traces -------------------------------------------------------------- */

static void traces(void)
{
	if (!open_text(nt351, "full"))
		return;
	judge(HEAD "on trace { require any e in trace.events where e.cpu == 1 "
		   "require series(uptime).growth > 3s }}", 0);
	CHECK_EQ(res->n, 1);
	CHECK_EQ(first()->value, SIG_UNKNOWN);
	CHECK_EQ(first()->missing.n, 2);
	CHECK_STR(gap(0).fact, "trace.events");
	CHECK_STR(gap(0).why, "no trace was given");
	CHECK_STR(gap(1).fact, "series(uptime)");
	done();
	judge(HEAD "on trace { require bugcheck.code == 1 and trace.lost == 0 }}",
	      SIG_EXPLAIN);
	CHECK_EQ(res->n, 0);
	done();
	/* beside a block for dumps it does not count */
	judge(HEAD "on trace { require trace.lost == 0 } on dump { require "
		   "bugcheck.p1 == 9 } }", SIG_EXPLAIN);
	CHECK_EQ(first()->value, SIG_SILENT);
	done();
	shut();
}

int main(void)
{
	RUN(and_or_not);
	RUN(conditions_together);
	RUN(blocks_together);
	RUN(unknown_operands);
	RUN(operators);
	RUN(quantifiers);
	RUN(what_is_not_there);
	RUN(pool_tags_are_exact);
	RUN(differences);
	RUN(at_least_fixed);
	RUN(evidence_of_what_fires);
	RUN(what_is_missing);
	RUN(what_cannot_be_computed);
	RUN(near_misses);
	RUN(why_it_failed);
	RUN(order_and_superseding);
	RUN(only_some);
	RUN(not_linked);
	RUN(prefilter);
	RUN(nothing_dear_for_nothing);
	RUN(bounded_work);
	RUN(traces);
	return test_done();
}
