// SPDX-License-Identifier: Apache-2.0
/*
 * The type checker: what agrees with what, that every mistake says both types
 * or the nearest name at its place, and what only a trace may be asked.
 */
#include "sig_rules.h"

struct wrong {
	const char *expr, *what;
};

static void check_all(const struct wrong *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		CHECK_STR(in_condition(w[i].expr), w[i].what);
}

#define CHECK_ALL(w) check_all(w, sizeof(w) / sizeof(*(w)))

static void names_of_facts(void)
{
	static const struct wrong w[] = {
		{ "bugchek.code == 1", "3:9 (12) no fact is called bugchek.code; did "
		  "you mean bugcheck.code?" },
		{ "frobnicate_it_all", "3:9 (17) no fact is called "
		  "frobnicate_it_all" },
		{ "pool.nonpaged > 3", "3:9 (13) pool.nonpaged is a group of facts, "
		  "such as pool.nonpaged.bytes" },
		{ "module[\"x.sys\"].dat == 3", "3:9 (19) no fact is called "
		  "module[\"\"].dat; did you mean module[\"\"].date?" },
		{ "any c in stack.cycles where c.cuont >= 4", "3:39 (5) "
		  "stack.cycles[] has no field cuont; did you mean count?" },
		{ "any c in stack.cycles where c.frobnicate >= 4", "3:39 (10) "
		  "stack.cycles[] has no field frobnicate" },
		{ "any m in stack.modules where m.name == \"x\"", "3:40 (4) m is a "
		  "string and has no parts" },
		{ "stack.frames[1][2].ip == 3", "3:9 (21) no fact is called "
		  "stack.frames[][].ip; did you mean stack.frames[].ip?" },
		{ "stack.frames[1][2][3].ip == 3", "3:28 (1) no fact has so many "
		  "brackets" },
		{ "stack.frames[3s].ip == 3", "3:22 (2) brackets want a number or a "
		  "name, this is a duration" },
		{ "stack.frames[bugchek.code].ip == 3", "3:22 (12) no fact is "
		  "called bugchek.code; did you mean bugcheck.code?" },
		{ "all x in stack.frames where any y in stack.cycles where x.coutn "
		  "== y.count and z.count == 1", "3:67 (5) stack.frames[] has no "
		  "field coutn\n3:88 (7) no fact is called z.count" },
		{ "module[\"0123456789012345678901234567890123456789012345678901234"
		  "567890123\"].loaded", "3:16 (66) a name between brackets has 1 to "
		  "63 characters" },
	};

	CHECK_ALL(w);
}

static void comparisons(void)
{
	static const struct wrong w[] = {
		{ "stack.used > 30s", "3:9 (16) cannot compare a size (stack.used) "
		  "with a duration (30s)" },
		{ "uptime > 30", "3:9 (11) cannot compare a duration (uptime) with "
		  "an int (30)" },
		{ "time > 1999", "3:9 (11) cannot compare a date (time) with an int "
		  "(1999)" },
		{ "os.version >= 6", "3:9 (15) cannot compare a version "
		  "(os.version) with an int (6): write 6.0" },
		{ "os.version == \"5.2\"", "3:9 (19) cannot compare a version "
		  "(os.version) with a string (\"5.2\")" },
		{ "stack.limit == stack.size", "3:9 (25) cannot compare an address "
		  "(stack.limit) with a size (stack.size)" },
		{ "bugcheck.code == \"x\"", "3:9 (20) cannot compare an int "
		  "(bugcheck.code) with a string (\"x\")" },
		{ "stack.overflow == 1", "3:9 (19) cannot compare a bool "
		  "(stack.overflow) with an int (1)" },
		{ "stack.overflow < true", "3:9 (21) a bool has no order: compare "
		  "it with == or !=" },
		{ "stack.frames == stack.cycles", "3:9 (28) cannot compare a list "
		  "of records (stack.frames) with a list of records "
		  "(stack.cycles)" },
		{ "stack.modules == [\"a\"]", "3:9 (22) cannot compare a list of "
		  "strings (stack.modules) with a list of strings ([\"a\"])" },
		{ "any f in stack.frames where f == 1", "3:37 (6) cannot compare a "
		  "record (f) with an int (1)" },
		{ "os.name == /x/", "3:20 (1) expected a condition or a value, found "
		  "\"/\"" },
	};

	CHECK_ALL(w);
}

static void what_agrees(void)
{
	static const char *const good[] = {
		"bugcheck.p1 == stack.limit", "stack.limit >= 0xfffff80000000000",
		"stack.size == 12KiB", "stack.size == 12288", "bugcheck.code < 4KiB",
		"os.version >= 10.0 and module[\"x.sys\"].version < 5.2.3790.4573",
		"time >= 1999-02-04T12:00:00Z", "uptime <= 3d2h10min5s500ms",
		"stack.overflow != false", "os.name < \"x\"",
		"stack.limit - stack.sp < 4KiB", "stack.sp + 16 > stack.limit",
		"time - uptime > 2008-01-01", "time - 2008-01-01 > 365d",
		"stack.size / stack.used > 3", "stack.size % 4096 == 0",
		"2 * stack.size > stack.used * 3", "uptime / 1d > 3",
		"-1 < 0", "stack.sp % 8 == 0", "stack.used - stack.size > -16",
		"bugcheck.code in [0x0a, 0xd1, bugcheck.p1]",
		"stack.size in [12KiB, 16384]",
		"\"tcpip\" in stack.modules", "\"tcpip\" not in stack.modules",
		"\"NT\" in os.name", "os.name =~ /^windows/i", "os.name !~ /[/]x/",
		"any c in stack.cycles where any m in c.modules where m == \"x\"",
		"stack.frames[blame.frame].module == blame.module",
		"module[blame.image].date < 2015-01-01",
		"at least 2 + 1 f in stack.frames where f.module == \"x\"",
		"count(stack.frames) > 3 and length(os.name) < 3",
		"count(f in stack.frames where f.trust == \"scan\") == 0",
		"sum(m in modules : m.size) > 100MiB",
		"max(t in threads where t.idle : t.waited) > 30s",
		"min(m in modules : m.date) < 1999-01-01",
		"max(f in stack.frames : f.ip) > 0x80000000",
		"exists(module[\"x.sys\"]) and known(stack.cycles)",
		"lower(os.name) == \"x\" and starts(os.name, \"w\") and ends(\"a\", "
		"\"b\")",
		"percent(stack.used, stack.size) >= 90 and percent(1s, 1min) == 1",
		"has_bits(bugcheck.p2, 0x80) and bits(bugcheck.p1, 4, 8) == 3",
		"days(uptime) > 3 and year(time) == 1999 and seconds(3s) == 3",
		"abs(stack.sp - stack.limit) < 4096",
		"not stack.overflow or not (true and false)",
		"pool.tag[\"AfdB\"].nonpaged_bytes > 20MiB",
		"(bugcheck.code == 1) == stack.overflow",
		"any g in pool.growth where g.bytes_delta > 4MiB and g.live_delta "
		"< -3 and g.tag == \"AfdB\"",
		"sum(g in pool.growth : g.bytes_delta) < 0 - pool.nonpaged.bytes",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		const char *m = in_condition(good[i]);

		if (*m)
			printf("%s\n", good[i]);
		CHECK_STR(m, "");
	}
}

static void arithmetic(void)
{
	static const struct wrong w[] = {
		{ "stack.size + 3s > 1", "3:9 (15) cannot add a size (stack.size) "
		  "and a duration (3s)" },
		{ "time + time > 1", "3:9 (11) cannot add a date (time) and a date "
		  "(time)" },
		{ "3 - stack.limit - os.name > 1", "3:9 (25) cannot subtract from an "
		  "int (3 - stack.limit) the value a string (os.name)" },
		{ "stack.size * stack.size > 1", "3:9 (23) cannot multiply a size "
		  "(stack.size) by a size (stack.size)" },
		{ "1 / stack.size > 1", "3:9 (14) cannot divide an int (1) by a size "
		  "(stack.size)" },
		{ "time % 3 == 1", "3:9 (8) cannot divide a date (time) by an int "
		  "(3)" },
		{ "-time < 3", "3:9 (5) a date has no sign" },
		{ "-os.name < 3", "3:9 (8) a string has no sign" },
	};

	CHECK_ALL(w);
}

static void lists(void)
{
	static const struct wrong w[] = {
		{ "bugcheck.code in [\"a\", 3]", "3:32 (1) this is an int, the "
		  "elements before it are each a string" },
		{ "bugcheck.code in [1, [2]]", "3:30 (3) a list that is written out "
		  "has single values, this is a list of ints" },
		{ "bugcheck.code in [\"a\"]", "3:9 (22) cannot look for an int "
		  "(bugcheck.code) in a list of strings ([\"a\"])" },
		{ "3 in stack.modules", "3:9 (18) cannot look for an int (3) in a "
		  "list of strings (stack.modules)" },
		{ "\"x\" in stack.frames", "3:9 (19) the elements are records: write "
		  "any x in stack.frames where x.… == …" },
		{ "\"x\" in bugcheck.code", "3:16 (13) `in` wants a list, or a "
		  "string to look in, this is an int" },
		{ "any x in os.name where true", "3:18 (7) elements are of a list of "
		  "facts, this is a string" },
		{ "any x in [1, 2] where x == 1", "3:18 (6) elements are of a list "
		  "of facts, this is written out" },
		{ "any x in stack.frames where x.ip", "3:37 (4) `where` is a bool, "
		  "this is an address" },
		{ "at least 3s x in stack.frames where true", "3:18 (2) `at least` is "
		  "an int, this is a duration" },
		{ "sum(x in stack.frames : x.module) == 3", "3:33 (8) sums and "
		  "extremes are of numbers, this is a string" },
		{ "sum(m in modules : m.date) > 3", "3:28 (6) sums and extremes are "
		  "of numbers, this is a date" },
		{ "first(x in stack.cycles : x.modules) == 3", "3:35 (9) `first` is "
		  "of single values, this is a list of strings" },
		{ "count(x in stack.frames where x.ip) == 3", "3:39 (4) `where` is a "
		  "bool, this is an address" },
		{ "any a in modules where any b in modules where any c in modules "
		  "where any d in modules where any e in modules where any f in "
		  "modules where any g in modules where any h in modules where any "
		  "i in modules where true", "3:193 (27) at most 8 names may be bound "
		  "at one place" },
	};

	CHECK_ALL(w);
}

static void logic(void)
{
	static const struct wrong w[] = {
		{ "stack.used", "3:9 (10) a condition is a bool, this is a size" },
		{ "stack.modules", "3:9 (13) a condition is a bool, this is a list "
		  "of strings" },
		{ "true and stack.used", "3:18 (10) what `and` joins is a bool, this "
		  "is a size" },
		{ "os.name or true", "3:9 (7) what `or` joins is a bool, this is a "
		  "string" },
		{ "not bugcheck.code", "3:13 (13) what `not` denies is a bool, this "
		  "is an int" },
		{ "not not bugcheck.code == \"a\" and uptime == 3",
		  "3:17 (20) cannot compare an int (bugcheck.code) with a string "
		  "(\"a\")\n3:42 (11) cannot compare a duration (uptime) with an int "
		  "(3)" },
	};

	CHECK_ALL(w);
}

static void functions(void)
{
	static const struct wrong w[] = {
		{ "percent(1) == 3", "3:9 (10) percent(a, b) has 2 arguments, these "
		  "are 1" },
		{ "lower() == \"x\"", "3:9 (7) lower(s) has 1 argument, these are "
		  "0" },
		{ "lower(3) == \"x\"", "3:15 (1) lower(s) wants a string, this is "
		  "an int" },
		{ "exists(1 + 1)", "3:16 (5) exists(fact) wants a fact, this is a "
		  "value" },
		{ "has_bits(os.name, 1)", "3:18 (7) has_bits(x, mask) wants an int "
		  "or a size or an address, this is a string" },
		{ "length(uptime) == 3", "3:16 (6) length(x) wants a string or a "
		  "list, this is a duration" },
		{ "abs(3s) == 3", "3:9 (12) cannot compare a duration (abs(3s)) with "
		  "an int (3)" },
	};

	CHECK_ALL(w);
}

static void regular_expressions(void)
{
	static char text[1200] = "os.name =~ /";
	static const struct wrong w[] = {
		{ "os.name =~ /(/", "3:22 (1) this is no regular expression: missing "
		  "closing parenthesis" },
		{ "os.name =~ /a[/", "3:20 (4) this regular expression is not closed "
		  "on its line" },
		{ "os.name =~ /a/ix", "3:20 (5) a regular expression has no flag x: "
		  "the only one is i, which ignores case" },
		{ "os.name =~ /(*UTF)a/", "3:27 (1) this is no regular expression: "
		  "using UTF is disabled by the application" },
		{ "bugcheck.code =~ /a/", "3:9 (13) what is matched is a string, "
		  "this is an int" },
		{ "os.name =~ \"a\"", "3:20 (3) =~ wants a regular expression, such "
		  "as /tcpip/i, this is a string" },
		{ "os.name =~ /((a{1,1000}){1,1000}){1,1000}/", "3:50 (1) this is no "
		  "regular expression: regular expression is too large" },
	};

	CHECK_ALL(w);
	memset(text + 12, 'a', 1025);
	strcpy(text + 12 + 1025, "/");
	CHECK_STR(in_condition(text), "3:20 (1027) a regular expression has at "
		  "most 1024 characters");
	memset(text + 12, '(', 200);
	strcpy(text + 212, "a");
	memset(text + 213, ')', 200);
	strcpy(text + 413, "/");
	CHECK_HAS(in_condition(text), "this is no regular expression: parentheses "
		  "are too deeply nested");
}

static void fixed_files(void)
{
	static const struct wrong w[] = {
		{ "module[\"x.sys\"].at_least_fixed", "3:9 (30) no `fixed` clause of "
		  "this rule is about x.sys" },
		{ "module[blame.image].at_least_fixed", "3:16 (11) at_least_fixed "
		  "wants the file's name itself" },
		{ "module[\"x.sys\"].at_least_fixd", "3:9 (29) no fact is called "
		  "module[\"\"].at_least_fixd; did you mean "
		  "module[\"\"].at_least_fixed?" },
	};

	CHECK_ALL(w);
	CHECK_STR(mistakes(HEAD "on dump { require module[\"X.sys\"].at_least_fixed "
			   "} fixed \"x.SYS\" x86 date 1999-02-04 }\n"), "");
}

/* --- traces -------------------------------------------------------------- */

static const char *in_trace(const char *expr)
{
	struct ntr_str text = { 0 };
	const char *out;

	ntr_str_printf(&text, HEAD "on trace {\nrequire %s\n}\n}\n", expr);
	out = mistakes(ntr_str_text(&text));
	ntr_str_fini(&text);
	return out;
}

static void traces(void)
{
	CHECK_STR(in_condition("trace.lost == 0"), "3:9 (10) trace.lost is of a "
		  "trace: it may be asked in `on trace`");
	CHECK_STR(in_condition("any e in trace.events where e.cpu == 1"),
		  "3:18 (12) trace.events is of a trace: it may be asked in `on "
		  "trace`");
	CHECK_STR(in_condition("series(uptime).growth > 1s"), "3:9 (14) a series "
		  "is of a trace: it may be asked in `on trace`");
	CHECK_STR(in_trace("any e in trace.events where e.kind == \"pool_alloc\" "
			   "and e.bytes > 4KiB and os.version == 3.51"), "");
	CHECK_STR(in_trace("series(pool.tag[\"AfdB\"].nonpaged_bytes).growth > "
			   "4MiB and series(uptime).slope > 3s and "
			   "series(pool.nonpaged.bytes).monotonic and not "
			   "series(pool.nonpaged.bytes).plateau"), "");
	CHECK_STR(in_trace("series(os.name).growth > 1"), "3:16 (7) a series is of "
		  "numbers, this is a string");
	CHECK_STR(in_trace("series(uptime).grwth > 1s"), "3:24 (5) a series has no "
		  "grwth: it has growth, slope, first, last, lowest, highest, "
		  "monotonic and plateau");
	CHECK_STR(in_trace("series(uptime).growth > 1"), "3:24 (10) cannot compare "
		  "a duration (growth) with an int (1)");
	CHECK_STR(in_trace("lower(os.name).growth > 1"), "3:24 (6) a string has no "
		  "parts");
	CHECK_STR(in_trace("any e in trace.events where e.cpus == 1"),
		  "3:39 (4) trace.events[] has no field cpus; did you mean cpu?");
}

static void reference(void)
{
	struct ntr_str s = { 0 };

	sig_reference(&s);
	CHECK_HAS(ntr_str_text(&s), "| `percent(a, b)` | an int or a size or an "
		  "address or a duration; an int or a size or an address or a "
		  "duration | an int | What a is of b, in percent. |");
	CHECK_HAS(ntr_str_text(&s), "| `bytes` | 12 KiB, 31.4 MiB, 12268 bytes |");
	CHECK_HAS(ntr_str_text(&s), "* `trace.events[].kind` (string)");
	ntr_str_fini(&s);
}

/* --- the guide ----------------------------------------------------------- */

static char *guide(void)
{
	FILE *f = fopen("docs/signatures.md", "r");
	char *text = calloc(1, 1 << 20);

	CHECK(f && text && fread(text, 1, (1 << 20) - 1, f) > 0);
	if (f)
		fclose(f);
	return text;
}

/* The reference in the guide is what the tables say; a new one is printed by
 * `sig_check_test --reference`. */
static void guide_has_the_reference(void)
{
	char *text = guide(), *from, *to;
	struct ntr_str s = { 0 };

	from = text ? strstr(text, "<!-- reference -->\n") : NULL;
	to = from ? strstr(from, "<!-- end -->") : NULL;
	CHECK(from && to);
	if (from && to) {
		*to = 0;
		sig_reference(&s);
		CHECK(!strcmp(from + strlen("<!-- reference -->\n"),
			      ntr_str_text(&s)));
	}
	ntr_str_fini(&s);
	free(text);
}

/* Its rules are rules, laid out as they should be; the one mistake that it
 * shows is there. */
static void guide_has_good_rules(void)
{
	char *text = guide(), *p = text, *end;
	unsigned n = 0;

	while (p && (p = strstr(p, "```sig\n"))) {
		struct sig_diags d = { 0 };
		struct ntr_str s = { 0 };
		struct ntr_err e = { "" };

		p += 7;
		end = strstr(p, "```");
		CHECK(end != NULL);
		if (!end)
			break;
		*end = 0;
		CHECK_STR(mistakes(p), n++ ? "15:17 (7) a list of records cannot be "
			  "printed" : "");
		CHECK_EQ(sig_format(p, strlen(p), "guide", &s, &d, &e), NTR_OK);
		CHECK_STR(ntr_str_text(&s), p);
		ntr_str_fini(&s);
		sig_diags_free(&d);
		p = end + 3;
	}
	CHECK_EQ(n, 2);
	free(text);
}

static int print_reference(void)
{
	struct ntr_str s = { 0 };

	sig_reference(&s);
	fputs(ntr_str_text(&s), stdout);
	ntr_str_fini(&s);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--reference"))
		return print_reference();
	RUN(names_of_facts);
	RUN(comparisons);
	RUN(what_agrees);
	RUN(arithmetic);
	RUN(lists);
	RUN(logic);
	RUN(functions);
	RUN(regular_expressions);
	RUN(fixed_files);
	RUN(traces);
	RUN(reference);
	RUN(guide_has_the_reference);
	RUN(guide_has_good_rules);
	return test_done();
}
