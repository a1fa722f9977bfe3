// SPDX-License-Identifier: Apache-2.0
/*
 * The rule language: that rules are read as written, that every mistake of
 * grammar is found at its line, column and width, all of a file in one run, and
 * that sets of rules are put together.
 */
#include "sig_rules.h"

#include <sys/stat.h>
#include <unistd.h>

/* --- what a rule says ---------------------------------------------------- */

static const char whole[] =
	"# a comment\n"
	"signature Q216765.b-2 {\n"
	"    title     \"TCP/IP \" # one string\n"
	"              \"recurses\"\n"
	"    class     hang\n"
	"    severity  critical\n"
	"    status    stable\n"
	"    component \"tcpip.sys\", \"afd.sys\"\n"
	"    component \"netbt.sys\"\n"
	"    article   \"Q216765\"\n"
	"    affects   \"Windows NT 3.51\", \"Windows NT 4.0\"\n"
	"    fixed     \"tcpip.sys\" x86 os \"5.2\" version 5.2.3790.4573 date "
	"1999-02-04 size 124080\n"
	"    fixed     \"tcpip.sys\" alpha date 1999-02-04\n"
	"    false_positive \"quote \\\" backslash \\\\ line\\nend\"\n"
	"    related   \"A\"\n"
	"    supersedes \"B\", \"C\"\n"
	"    on dump { require bugcheck.code == 0x7f\n"
	"              support weight 3   os.version == 3.51 }\n"
	"    on trace over 10min { require series(uptime).growth > 3s }\n"
	"    say \"one {bugcheck.code:hex} {{brace}}\"\n"
	"    say \"two\"\n"
	"    do \"three\"\n"
	"    test fires \"a name\" {\n"
	"        machine x86 # }\n"
	"        comment \"} { \\\" \"\n"
	"        stack { cycle \"a\" }\n"
	"    }\n"
	"    test silent \"empty\" {}\n"
	"}\n";

static void a_whole_rule(void)
{
	struct rules r;
	const struct sig_rule *x;

	rules_load(&r, whole);
	CHECK_EQ(r.d.errors, 0);
	CHECK_EQ(sig_count(r.set), 1);
	x = sig_find(r.set, "Q216765.b-2");
	if (!x) {
		rules_free(&r);
		return;
	}
	CHECK(x == sig_at(r.set, 0));
	CHECK(sig_at(r.set, 1) == NULL);
	CHECK_STR(x->id, "Q216765.b-2");
	CHECK_STR(x->title, "TCP/IP recurses");
	CHECK_STR(x->file, "t.sig");
	CHECK_EQ(x->line, 2);
	CHECK_EQ(x->cls, SIG_CLASS_HANG);
	CHECK_EQ(x->severity, SIG_SEVERITY_CRITICAL);
	CHECK_EQ(x->status, SIG_STATUS_STABLE);
	CHECK_EQ(x->components.n, 3);
	CHECK_STR(x->components.v[2], "netbt.sys");
	CHECK_STR(x->articles.v[0], "Q216765");
	CHECK_EQ(x->affects.n, 2);
	CHECK_STR(x->affects.v[1], "Windows NT 4.0");
	CHECK_STR(x->false_positives.v[0], "quote \" backslash \\ line\nend");
	CHECK_STR(x->related.v[0], "A");
	CHECK_EQ(x->supersedes.n, 2);
	CHECK_STR(x->supersedes.v[1], "C");
	CHECK_EQ(x->say.n, 2);
	CHECK_STR(x->say.v[0], "one {bugcheck.code:hex} {{brace}}");
	CHECK_STR(x->advice.v[0], "three");
	rules_free(&r);
}

static void fixed_files_and_tests(void)
{
	struct ntr_str conditions = { 0 };
	struct rules r;
	const struct sig_rule *x;

	rules_load(&r, whole);
	x = sig_at(r.set, 0);
	CHECK(x && x->fixed.n == 2 && x->tests.n == 2);
	if (!x || x->fixed.n != 2 || x->tests.n != 2) {
		rules_free(&r);
		return;
	}
	CHECK_STR(x->fixed.v[0].file, "tcpip.sys");
	CHECK_STR(x->fixed.v[0].machine, "x86");
	CHECK_STR(x->fixed.v[0].os, "5.2");
	CHECK_EQ(x->fixed.v[0].nversion, 4);
	CHECK_EQ(x->fixed.v[0].version[3], 4573);
	/* 1999-02-04 is day 145400 since 1601-01-01 */
	CHECK_EQ(x->fixed.v[0].date, UINT64_C(145400) * 864000000000);
	CHECK_EQ(x->fixed.v[0].size, 124080);
	CHECK(x->fixed.v[1].os == NULL);
	CHECK_EQ(x->fixed.v[1].nversion, 0);
	CHECK_EQ(x->tests.v[0].expect, SIG_FIRES);
	CHECK_STR(x->tests.v[0].name, "a name");
	CHECK_EQ(x->tests.v[0].line, 23);
	CHECK_EQ(x->tests.v[0].len, strlen("\n        machine x86 # }\n"
		 "        comment \"} { \\\" \"\n        stack { cycle \"a\" }\n"
		 "    "));
	CHECK(!memcmp(x->tests.v[0].scenario, "\n        machine x86", 20));
	CHECK_EQ(x->tests.v[1].len, 0);
	CHECK_EQ(x->tests.v[1].expect, SIG_SILENT);
	sig_conditions(x, &conditions);
	CHECK_STR(ntr_str_text(&conditions), "on dump {\n"
		  "    require bugcheck.code == 0x7f\n"
		  "    support weight 3 os.version == 3.51\n"
		  "}\n"
		  "on trace over 10min {\n"
		  "    require series(uptime).growth > 3s\n"
		  "}\n");
	ntr_str_fini(&conditions);
	rules_free(&r);
}

static void names_of_values(void)
{
	CHECK_STR(sig_class_name(SIG_CLASS_CORRUPTION), "corruption");
	CHECK_STR(sig_severity_name(SIG_SEVERITY_HIGH), "high");
	CHECK_STR(sig_status_name(SIG_STATUS_RETIRED), "retired");
	CHECK_STR(sig_value_name(SIG_FIRES), "fires");
	CHECK_STR(sig_value_name((enum sig_value)77), "?");
}

/* --- mistakes in conditions ---------------------------------------------- */

struct wrong {
	const char *expr, *what;
};

static void check_all(const struct wrong *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		CHECK_STR(in_condition(w[i].expr), w[i].what);
}

static void mistakes_of_words(void)
{
	static const struct wrong w[] = {
		{ "1 = 1", "3:11 (1) write == to compare" },
		{ "true && true", "3:14 (1) write `and`" },
		{ "true || true", "3:14 (1) write `or`" },
		{ "!true", "3:9 (1) write `not`" },
		{ "os.name == 'x'", "3:20 (1) strings stand between double "
		  "quotes" },
		{ "true ; true", "3:14 (1) this character has no meaning here" },
		{ "os.name == \"x", "3:20 (2) this string is not closed on its "
		  "line" },
		{ "os.name == \"\"", "3:20 (2) this string is empty" },
		{ "os.name == \"a\\q\"", "3:22 (2) a backslash is followed by a "
		  "quote, a backslash or n" },
		{ "os.name =~ /x", "3:20 (2) this regular expression is not "
		  "closed on its line" },
		{ "uptime > 3x", "3:18 (2) no such unit: sizes end in B, KiB, MiB, "
		  "GiB or TiB, durations in ms, s, min, h or d" },
		{ "uptime > 3d2KiB", "3:18 (6) no such unit: sizes end in B, KiB, "
		  "MiB, GiB or TiB, durations in ms, s, min, h or d" },
		{ "bugcheck.code == 0x", "3:26 (2) hexadecimal digits are missing "
		  "behind 0x" },
		{ "bugcheck.p1 == 0x11112222333344445", "3:24 (19) this number is "
		  "larger than 64 bits" },
		{ "bugcheck.p1 == 18446744073709551616", "3:24 (20) this number is "
		  "larger than 64 bits" },
		{ "stack.size == 99999999TiB", "3:23 (11) this number is larger "
		  "than 64 bits" },
		{ "bugcheck.p1 == 0x12z", "3:24 (5) this is no number" },
		{ "time > 1999-02-29", "3:16 (10) there is no such day" },
		{ "time > 1999-02-28T24:00:00Z", "3:16 (20) there is no such time "
		  "of day" },
		{ "os.version == 1.2.3.4.5", "3:23 (9) a version has at most four "
		  "parts" },
		{ "os.version == 3.70000", "3:23 (7) a part of a version is at "
		  "most 65535" },
	};

	check_all(w, sizeof(w) / sizeof(*w));
}

static void mistakes_of_grammar(void)
{
	static const struct wrong w[] = {
		{ "", "4:1 (1) expected a condition or a value, found \"}\"" },
		{ "(true", "4:1 (1) expected \")\", found \"}\"" },
		{ "1 < 2 < 3", "3:15 (1) comparisons cannot be chained: write a < b "
		  "and b < c" },
		{ "true true", "3:14 (4) expected the end of the condition: another "
		  "one, or \"}\", found \"true\"" },
		{ "true\nrequier true", "4:1 (7) no condition is called requier; "
		  "did you mean require?" },
		{ "true\nfrobnicate true", "4:1 (10) expected the end of the "
		  "condition: another one, or \"}\", found \"frobnicate\"" },
		{ "any c stack.cycles where true", "3:15 (5) expected `in` and a "
		  "list, found \"stack\"" },
		{ "any c in stack.cycles", "4:1 (1) expected `where` and a "
		  "condition, found \"}\"" },
		{ "any require in stack.cycles where true", "3:13 (7) expected a "
		  "name for an element, such as any x in …, found \"require\"" },
		{ "at most 3 c in stack.cycles where true", "3:12 (4) expected "
		  "`least` and a number, found \"most\"" },
		{ "sum(c in stack.cycles) > 3", "3:30 (1) expected \":\" and a value "
		  "of each element, found \")\"" },
		{ "stack.frames[].ip == 3", "3:21 (1) which element? brackets want "
		  "a number or a name" },
		{ "stack.frames[0.ip == 3", "3:23 (1) expected \"]\", found "
		  "\".\"" },
		{ "stack. == 3", "3:16 (2) expected the name of a fact behind the "
		  "point, found \"==\"" },
		{ "bugcheck.code in [1 2]", "3:29 (1) expected \",\" or \"]\", found "
		  "a number" },
		{ "lowr(os.name) == \"x\"", "3:9 (4) no function is called lowr; did "
		  "you mean lower?" },
		{ "frobnicate(1)", "3:9 (10) no function is called frobnicate" },
		{ "true )", "3:14 (1) expected the end of the condition: another "
		  "one, or \"}\", found \")\"" },
	};

	check_all(w, sizeof(w) / sizeof(*w));
}

/* A hundred parentheses are no reason to fall over. */
static void nesting_is_bounded(void)
{
	static char text[200000], list[200000];
	size_t n = 0;

	for (int i = 0; i < 100; i++)
		text[n++] = '(';
	strcpy(text + n, "true");
	CHECK_STR(in_condition(text), "3:57 (1) this is nested too deeply: at "
		  "most 48 levels");
	for (n = 0; n < 12000; n += 4)
		memcpy(text + n, "not ", 4);
	strcpy(text + n, "true");
	CHECK_HAS(in_condition(text), "nested too deeply: at most 48 levels");
	strcpy(list, "1 == 1");
	for (n = 6; n < 12000; n += 2)
		strcpy(list + n, "+1");
	CHECK_HAS(in_condition(list), "nested too deeply: at most 48 levels");
	strcpy(list, "true");
	for (n = 4; n < 12000; n += 8)
		strcpy(list + n, " or true");
	CHECK_HAS(in_condition(list), "at most 1024 of these");
}

/* --- mistakes in rules --------------------------------------------------- */

static void mistakes_of_clauses(void)
{
	CHECK_STR(mistakes("signature T {\n titel \"t\"\n}\n"),
		  "2:2 (5) no clause is called titel; did you mean title?");
	CHECK_STR(mistakes("signature T {\n frobnicate 3\n}\n"),
		  "2:2 (10) no clause is called frobnicate");
	CHECK_STR(mistakes("signature T {\n require true\n}\n"),
		  "2:2 (7) `require` stands in a block: on dump { … }");
	CHECK_STR(mistakes(HEAD "class hang class stop on dump { require true } "
			   "}\n"),
		  "2:1 (5) a rule has one `class`; this is the second\n"
		  "2:12 (5) a rule has one `class`; this is the second");
	CHECK_STR(mistakes(HEAD "severity huge on dump { require true } }\n"),
		  "2:1 (8) a rule has one `severity`; this is the second\n"
		  "2:10 (4) no severity is called huge: it is low, medium, high "
		  "or critical");
	CHECK_STR(mistakes(HEAD "on dmp { require true } }\n"),
		  "2:4 (3) expected `dump` or `trace`, found \"dmp\"");
	CHECK_STR(mistakes(HEAD "on dump { exclude true } }\n"),
		  "2:1 (24) a block without `require` says nothing");
	CHECK_STR(mistakes(HEAD "on trace over 3 { require true } }\n"),
		  "2:15 (1) expected a duration, such as 10min, found a number");
	CHECK_STR(mistakes(HEAD "on dump { require true support weight 0 true "
			   "support weight x true } }\n"),
		  "2:39 (1) a weight is a number from 1 to 100\n"
		  "2:61 (1) expected a weight from 1 to 100, found \"x\"");
	CHECK_STR(mistakes("signature T { }\nsignature U { title \"t\" class stop "
			   "severity low on dump { require true } say \"s\" }\n"),
		  "1:11 (1) rule T has no `title`\n1:11 (1) rule T has no `class`\n"
		  "1:11 (1) rule T has no `severity`\n1:11 (1) rule T has no `on "
		  "dump`\n1:11 (1) rule T has no `say`");
}

static void mistakes_of_fixed_and_tests(void)
{
	CHECK_STR(mistakes(HEAD "on dump { require true }\nfixed \"a.sys\" x87 date "
			   "1999-02-04\n}\n"),
		  "3:15 (3) no machine is called x87; did you mean x86?");
	CHECK_STR(mistakes(HEAD "on dump { require true }\nfixed \"a.sys\" x86\n}\n"),
		  "3:1 (17) what is fixed? a version, a date or a size is "
		  "missing");
	CHECK_STR(mistakes(HEAD "on dump { require true }\nfixed \"a.sys\" x86 os "
			   "\"xp\" date 1999-02-04\n}\n"),
		  "3:22 (4) a system is named by its version here, such as "
		  "\"5.2\"");
	CHECK_STR(mistakes(HEAD "on dump { require true }\nfixed \"a.sys\" x86 "
			   "version 3\n}\n"),
		  "3:1 (25) what is fixed? a version, a date or a size is missing\n"
		  "3:27 (1) expected a version, such as 5.2.3790.4573, found a "
		  "number");
	CHECK_STR(mistakes(HEAD "on dump { require true }\ntest fire \"x\" { }\n}\n"),
		  "3:6 (4) no result is called fire; did you mean fires?");
	CHECK_STR(mistakes(HEAD "on dump { require true }\ntest fires { }\n}\n"),
		  "3:12 (1) expected the test's name between quotes, found \"{\"");
	CHECK_STR(mistakes(HEAD "on dump { require true }\ntest fires \"x\" { {\n}\n"),
		  "1:11 (1) rule T has no end: its closing brace is missing\n"
		  "3:16 (1) this scenario is not closed");
}

/* The parser goes on behind each; the good rule between them is there. */
static void all_mistakes_in_one_run(void)
{
	static const char text[] =
		"signature A {\n"
		"    title \"open\n"
		"    class stop severity low\n"
		"    on dump { require bugchek.code == 1\n"
		"              require 1 <\n"
		"              exclude true or }\n"
		"    say \"{nothing}\"\n"
		"}\n"
		"signature G { title \"t\" class stop severity low say \"s\"\n"
		"    on dump { require true } }\n"
		"signature B {\n"
		"    title \"t\"\n"
		"signature C { title 3 }\n"
		"junk\n";
	struct rules r;

	CHECK_STR(mistakes(text),
		  "2:11 (5) this string is not closed on its line\n"
		  "4:23 (12) no fact is called bugchek.code; did you mean "
		  "bugcheck.code?\n"
		  "6:15 (7) expected a condition, found \"exclude\"\n"
		  "6:31 (1) expected a condition or a value, found \"}\"\n"
		  "7:11 (7) no fact is called nothing\n"
		  "11:11 (1) rule B has no end: its closing brace is missing\n"
		  "13:21 (1) expected the title between quotes, found a number\n"
		  "14:1 (4) expected `signature` and a rule's id, found \"junk\"");
	rules_load(&r, text);
	CHECK_EQ(sig_count(r.set), 1);
	CHECK(sig_find(r.set, "G") != NULL);
	CHECK(sig_find(r.set, "A") == NULL);
	rules_free(&r);
}

static void sentences(void)
{
#define SAY(s) "signature T { title \"t\" class stop severity low\n" \
	       "on dump { require true }\nsay " s "\n}\n"
	CHECK_STR(mistakes(SAY("\"a {stack.used:byts}\"")),
		  "3:20 (4) no format is called byts; did you mean bytes?");
	CHECK_STR(mistakes(SAY("\"a {stack.used:frobnicate}\"")),
		  "3:20 (10) no format is called frobnicate: there are bytes, hex, "
		  "dec, date, duration and percent");
	CHECK_STR(mistakes(SAY("\"a {stack.used:date}\"")),
		  "3:20 (4) the format date wants a date, this is a size");
	CHECK_STR(mistakes(SAY("\"ä {stack.cycles}\"")),
		  "3:9 (12) a list of records cannot be printed");
	CHECK_STR(mistakes(SAY("\"a\" \"b {1 +} c\"")),
		  "3:16 (1) expected a condition or a value, found \"}\"");
	CHECK_STR(mistakes(SAY("\"a {bugcheck.code\"")),
		  "3:22 (1) expected \"}\" behind a value in a string, found the end "
		  "of the string");
	CHECK_STR(mistakes(SAY("\"a } b\"")),
		  "3:8 (1) a brace that is to be printed is written twice");
	CHECK_STR(mistakes(SAY("\"{module[\\\"x.sys\\\"].dat:date} ä\"")),
		  "3:7 (21) no fact is called module[\"\"].dat; did you mean "
		  "module[\"\"].date?");
	CHECK_STR(mistakes(SAY("\"{{}} {module[\\\"x.sys\\\"].date:date}\"")), "");
}

/* --- files --------------------------------------------------------------- */

static void bytes_that_are_no_text(void)
{
	char nul[] = HEAD "on dump { require true } # x\n}\n";

	nul[sizeof(nul) - 5] = 0;
	CHECK_STR(mistakes_n(nul, sizeof(nul) - 1), "2:28 (1) a control character "
		  "has no place in a file of rules");
	CHECK_STR(mistakes("# \xc3\xa4 \xff\n"), "1:5 (1) this is not UTF-8");
	CHECK_STR(mistakes("# \xc0\x80\n"), "1:3 (1) this is not UTF-8");
	CHECK_STR(mistakes("# \xed\xa0\x80\n"), "1:3 (1) this is not UTF-8");
	CHECK_STR(mistakes(HEAD "on dump {\r\n\trequire\ttrue\r\n} }\r\n"), "");
	CHECK_STR(mistakes(""), "");
	CHECK_STR(mistakes("  \n# only a comment"), "");
}

/* The caret stands under what is meant, tabs and wide letters before it. */
static void the_caret(void)
{
	struct ntr_str s = { 0 };
	struct rules r;

	rules_load(&r, HEAD "on dump {\n\trequire os.name == \"äö\" and stakc.used "
		   "> 1\n}\n}\n");
	CHECK_EQ(r.d.n, 1);
	if (r.d.n)
		sig_diag_text(&r.d.v[0], &s);
	CHECK_STR(ntr_str_text(&s),
		  "t.sig:3:30: error: no fact is called stakc.used; did you mean "
		  "stack.used?\n"
		  "    | \trequire os.name == \"äö\" and stakc.used > 1\n"
		  "    | \t                            ^~~~~~~~~~\n");
	ntr_str_fini(&s);
	rules_free(&r);
}

static void too_many_mistakes(void)
{
	struct ntr_str s = { 0 };
	struct rules r;

	for (int i = 0; i < 1000; i++)
		ntr_str_add(&s, "junk\nsignature 7\n");
	rules_load(&r, ntr_str_text(&s));
	CHECK_EQ(r.d.errors, 200);
	CHECK_STR(r.d.v[199].text, "too many mistakes: the rest of this file was "
		  "not read");
	rules_free(&r);
	ntr_str_fini(&s);
}

/* Small in the file, large in memory. */
static void amplification(void)
{
	struct ntr_str s = { 0 };
	struct rules r;
	size_t n;

	ntr_str_add(&s, HEAD "on dump {\n");
	for (int i = 0; i < 1000; i++)
		ntr_str_printf(&s, "require os.name =~ /((ab|c){1,50}){1,30}/\n%s",
			       i % 200 ? "" : "} on dump {\n require true\n");
	ntr_str_add(&s, "} }");
	rules_load(&r, ntr_str_text(&s));
	CHECK_EQ(r.d.errors, 200);
	CHECK_STR(r.d.n ? r.d.v[0].text : "", "the regular expressions of a file take at most "
		  "16777216 bytes together");
	rules_free(&r);
	ntr_str_clear(&s);
	for (int i = 0; i < 9; i++) {
		ntr_str_printf(&s, "signature R%d { title \"t\" class stop severity "
			       "low say \"s\" on dump {\n", i);
		for (int k = 0; k < 250; k++) {
			ntr_str_add(&s, "require 1 in [");
			for (int j = 0; j < 1000; j++)
				ntr_str_add(&s, "1,");
			ntr_str_add(&s, "]\n");
		}
		ntr_str_add(&s, "} }\n");
	}
	rules_load(&r, ntr_str_text(&s));
	CHECK(r.d.errors > 0);
	CHECK_STR(r.d.n ? r.d.v[0].text : "", "a file has at most 2000000 values and operators");
	CHECK_EQ(sig_count(r.set), 7);
	rules_free(&r);
	ntr_str_clear(&s);
	for (int i = 0; i < 1500; i++)
		ntr_str_printf(&s, "signature W%d { title \"t\" class stop severity "
			       "low say \"s\" related \"no\" on dump { require "
			       "true } }\n", i);
	rules_load(&r, ntr_str_text(&s));
	n = r.d.n;
	CHECK_EQ(n, 1000);
	CHECK_EQ(r.d.errors, 0);
	CHECK_EQ(sig_count(r.set), 1500);
	rules_free(&r);
	ntr_str_fini(&s);
}

static void too_large(void)
{
	struct sig_set *set = NULL;
	struct sig_diags d = { 0 };
	struct ntr_err e = { "" };

	CHECK_EQ(sig_set_new(&set, &e), NTR_OK);
	CHECK_EQ(sig_load_text(set, "", (16u << 20) + 1, "x.sig", &d, &e),
		 NTR_LIMIT);
	CHECK_STR(e.msg, "x.sig: 16777217 bytes, a file of rules has at most "
		  "16777216");
	CHECK_EQ(sig_load_file(set, "nowhere.sig", &d, &e), NTR_IO);
	CHECK_STR(e.msg, "nowhere.sig: No such file or directory");
	CHECK_EQ(sig_load_file(set, "/dev/null", &d, &e), NTR_IO);
	CHECK_STR(e.msg, "/dev/null: this is no regular file");
	CHECK_EQ(sig_load_dir(set, "nowhere", &d, &e), NTR_IO);
	sig_set_free(set);
	sig_set_free(NULL);
}

/* --- sets ---------------------------------------------------------------- */

#define RULE(id, more) "signature " id " { title \"t\" class stop severity low " \
	"say \"s\" on dump { require true } " more " }\n"

static void ids_are_linked(void)
{
	CHECK_STR(mistakes(RULE("B", "") RULE("A", "") RULE("B", "")),
		  "3:11 (1) there is a rule B already, in t.sig line 1");
	CHECK_STR(mistakes(RULE("A", "related \"B\" supersedes \"C\", \"A\"")),
		  "1:90 (3) warning: there is no rule B\n"
		  "1:105 (3) warning: there is no rule C\n"
		  "1:110 (3) warning: a rule is not better than itself");
}

static void digests(void)
{
	char of_a[SIG_DIGEST], of_b[SIG_DIGEST], of_c[SIG_DIGEST];
	struct rules a, b, c;

	rules_load(&a, RULE("A", "") RULE("B", ""));
	rules_load(&b, "# other place\n" RULE("B", "") "\n" RULE("A", ""));
	rules_load(&c, RULE("A", "") RULE("B", "do \"x\""));
	sig_digest(a.set, of_a);
	sig_digest(b.set, of_b);
	sig_digest(c.set, of_c);
	CHECK_EQ(strlen(of_a), 64);
	CHECK_STR(of_b, of_a);
	CHECK(strcmp(of_c, of_a));
	CHECK_EQ(sig_load_text(a.set, "", 0, "late.sig", &a.d, &a.e), NTR_USAGE);
	CHECK_EQ(sig_link(a.set, &a.d, &a.e), NTR_USAGE);
	rules_free(&a);
	rules_free(&b);
	rules_free(&c);
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CHECK(f != NULL);
	if (!f)
		return;
	fputs(text, f);
	fclose(f);
}

static void folders(void)
{
	char dir[] = "/tmp/sig_lang_XXXXXX", path[300], cmd[400];
	struct rules r = { 0 };

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/sub", dir);
	CHECK_EQ(mkdir(path, 0700), 0);
	put_file(dir, "z.sig", RULE("Z", ""));
	put_file(dir, "broken.sig", "signature X {");
	put_file(dir, "note.txt", "no rule");
	put_file(dir, "sub/a.sig", RULE("A", ""));
	snprintf(path, sizeof(path), "%s/sub/loop", dir);
	CHECK_EQ(symlink("..", path), 0);
	snprintf(path, sizeof(path), "%s/again.sig", dir);
	CHECK_EQ(symlink("sub/a.sig", path), 0);
	snprintf(path, sizeof(path), "%s/gone.sig", dir);
	CHECK_EQ(symlink("nothing", path), 0);
	CHECK_EQ(sig_set_new(&r.set, &r.e), NTR_OK);
	CHECK_EQ(sig_load_dir(r.set, dir, &r.d, &r.e), NTR_OK);
	CHECK_EQ(sig_link(r.set, &r.d, &r.e), NTR_OK);
	CHECK_EQ(sig_count(r.set), 2);
	CHECK_EQ(r.d.n, 1);
	CHECK(r.d.n && strstr(r.d.v[0].file, "/broken.sig"));
	rules_free(&r);
	snprintf(cmd, sizeof(cmd), "rm -r '%s'", dir);
	CHECK_EQ(system(cmd), 0);
}

/* Every beginning of a file is a file. */
static void cut_anywhere(void)
{
	size_t n = strlen(whole);
	struct rules r;

	for (size_t i = 0; i < n; i++) {
		char *copy = malloc(i ? i : 1);

		CHECK(copy != NULL);
		if (!copy)
			return;
		memcpy(copy, whole, i);
		rules_load_n(&r, copy, i);
		free(copy);
		CHECK_EQ(r.st, NTR_OK);
		CHECK(i < 13 || i >= n - 1 || r.d.errors);
		rules_free(&r);
	}
}

int main(void)
{
	RUN(a_whole_rule);
	RUN(fixed_files_and_tests);
	RUN(names_of_values);
	RUN(mistakes_of_words);
	RUN(mistakes_of_grammar);
	RUN(nesting_is_bounded);
	RUN(mistakes_of_clauses);
	RUN(mistakes_of_fixed_and_tests);
	RUN(all_mistakes_in_one_run);
	RUN(sentences);
	RUN(bytes_that_are_no_text);
	RUN(the_caret);
	RUN(too_many_mistakes);
	RUN(amplification);
	RUN(too_large);
	RUN(ids_are_linked);
	RUN(digests);
	RUN(folders);
	RUN(cut_anywhere);
	return test_done();
}
