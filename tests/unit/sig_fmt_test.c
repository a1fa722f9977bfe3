// SPDX-License-Identifier: Apache-2.0
/*
 * The one layout: what it makes of rules written any way, that comments and
 * scenarios keep what is theirs, and that it leaves its own work as it is.
 */
#include "sig_rules.h"

static const char *format(const char *text)
{
	static char out[16384];
	struct sig_diags d = { 0 };
	struct ntr_err e = { "" };
	struct ntr_str s = { 0 };

	if (sig_format(text, strlen(text), "t.sig", &s, &d, &e))
		snprintf(out, sizeof(out), "error: %s: %s", e.msg,
			 d.n ? d.v[0].text : "");
	else
		snprintf(out, sizeof(out), "%s", ntr_str_text(&s));
	ntr_str_fini(&s);
	sig_diags_free(&d);
	return out;
}

/* Once is as good as twice. */
static void check(const char *text, const char *want)
{
	char once[16384];

	snprintf(once, sizeof(once), "%s", format(text));
	CHECK_STR(once, want);
	CHECK_STR(format(once), want);
}

static void a_rule_on_one_line(void)
{
	check("signature X.1-b{title \"t\"class stop severity low on dump{require "
	      "bugcheck.code==0x7f and(stack.overflow or-1<2)exclude not module "
	      "[ \"x\" ] . loaded support weight 3 true}say\"s\"test fires\"x\"{"
	      "machine x86; stop 1}test silent \"y\"{}}",
	      "signature X.1-b {\n"
	      "    title     \"t\"\n"
	      "    class     stop\n"
	      "    severity  low\n"
	      "    on dump {\n"
	      "        require bugcheck.code == 0x7f and (stack.overflow or -1 < "
	      "2)\n"
	      "        exclude not module[\"x\"].loaded\n"
	      "        support weight 3 true\n"
	      "    }\n"
	      "    say       \"s\"\n"
	      "    test fires \"x\" { machine x86; stop 1 }\n"
	      "    test silent \"y\" {}\n"
	      "}\n");
}

static void lines_and_comments(void)
{
	check("\n\n# of the file   \n\n\n\n# two\nsignature X {  # behind\n\n\n"
	      "  # before the title\n"
	      "title \"a\"   # of a\n"
	      "  \"b\"\n"
	      "false_positive\n   \"c\"\n"
	      "\n\n\non dump\n{\n\n"
	      "  require a.b ==\n 3 # why\n   and c\n\n"
	      "  # alone\n"
	      "  # two of them\n\n"
	      " }\n"
	      "# last\n"
	      "}\n\n\n# end\n\n",
	      "# of the file\n"
	      "\n"
	      "# two\n"
	      "signature X {  # behind\n"
	      "    # before the title\n"
	      "    title     \"a\"  # of a\n"
	      "              \"b\"\n"
	      "    false_positive\n"
	      "              \"c\"\n"
	      "\n"
	      "    on dump {\n"
	      "        require a.b ==\n"
	      "                3  # why\n"
	      "                and c\n"
	      "\n"
	      "        # alone\n"
	      "        # two of them\n"
	      "    }\n"
	      "    # last\n"
	      "}\n"
	      "\n"
	      "# end\n");
}

static void several_rules(void)
{
	check("signature A{title\"a\"}signature B {title \"b\"}\nsignature C "
	      "{title \"c\"}",
	      "signature A {\n    title     \"a\"\n}\n\n"
	      "signature B {\n    title     \"b\"\n}\n\n"
	      "signature C {\n    title     \"c\"\n}\n");
	check("# c\nsignature A{title\"a\"}\n# of B\nsignature B {title \"b\"}\n",
	      "# c\nsignature A {\n    title     \"a\"\n}\n\n"
	      "# of B\nsignature B {\n    title     \"b\"\n}\n");
	check("", "");
	check("# only\n", "# only\n");
}

static void expressions(void)
{
	check("signature A { title \"a\" on dump {\n"
	      "require any c in stack . cycles where c.count>=4 and\"tcpip\"in "
	      "c.modules\n"
	      "require sum( x in modules where x.size>4KiB:x.size*2 )>3-  -1\n"
	      "require bugcheck.code in[1,2 , 0x3]or x not in[ ]\n"
	      "require os.name=~/a b[/]/i and f( ) and g(1,2)\n"
	      "require at least 3 x in y where-z<1\n"
	      "require (a-b)-c == stack.frames[ n - 1 ].ip\n"
	      "} on trace over 3d2h { require series( uptime ).growth>1s } }",
	      "signature A {\n"
	      "    title     \"a\"\n"
	      "    on dump {\n"
	      "        require any c in stack.cycles where c.count >= 4 and "
	      "\"tcpip\" in c.modules\n"
	      "        require sum(x in modules where x.size > 4KiB : x.size * 2) "
	      "> 3 - -1\n"
	      "        require bugcheck.code in [1, 2, 0x3] or x not in []\n"
	      "        require os.name =~ /a b[/]/i and f() and g(1, 2)\n"
	      "        require at least 3 x in y where -z < 1\n"
	      "        require (a - b) - c == stack.frames[n - 1].ip\n"
	      "    }\n"
	      "    on trace over 3d2h {\n"
	      "        require series(uptime).growth > 1s\n"
	      "    }\n"
	      "}\n");
}

/* Shape and words of a scenario stay; only where it begins changes. */
static void scenarios(void)
{
	check("signature A { title \"a\"\n"
	      "test fires \"x\"\n"
	      "{\n"
	      "\n"
	      "\tmachine   x86 nt3.51\n"
	      "\n\n"
	      "\t# } comment   \n"
	      "\tstack {\n"
	      "\t\tframe \"a } b\"\n"
	      "\t}   \n"
	      "\n"
	      "}\n"
	      "test silent \"y\" { machine x86\n"
	      "      stop 1\n"
	      "    stop 2 }\n"
	      "}\n",
	      "signature A {\n"
	      "    title     \"a\"\n"
	      "    test fires \"x\" {\n"
	      "        machine   x86 nt3.51\n"
	      "\n\n"
	      "        # } comment\n"
	      "        stack {\n"
	      "                frame \"a } b\"\n"
	      "        }\n"
	      "    }\n"
	      "    test silent \"y\" {\n"
	      "        machine x86\n"
	      "          stop 1\n"
	      "        stop 2\n"
	      "    }\n"
	      "}\n");
}

static void carriage_returns(void)
{
	check("signature A {\r\n\ttitle \"a\"\t# c\r\n\r\n\ton dump {\r\n"
	      "\t\trequire true\r\n\t}\r\n\ttest fires \"x\" {\r\n\t\ta\r\n\t\tb"
	      "\r\n\t}\r\n}\r\n",
	      "signature A {\n    title     \"a\"  # c\n\n    on dump {\n"
	      "        require true\n    }\n    test fires \"x\" {\n        a\n"
	      "        b\n    }\n}\n");
}

/* What does not parse is not laid out; what has no sense is. */
static void mistakes_of_grammar_only(void)
{
	CHECK_STR(format("signature A { title }"), "error: t.sig: 1 mistake: "
		  "expected the title between quotes, found \"}\"");
	CHECK_STR(format("signature A { title \"x\" on dump { require nothing > "
			 "\"x\" } }"),
		  "signature A {\n    title     \"x\"\n    on dump {\n"
		  "        require nothing > \"x\"\n    }\n}\n");
	CHECK_STR(format("\xff"), "error: t.sig: 1 mistake: this is not UTF-8");
	CHECK_STR(format("a b c"), "error: t.sig: 1 mistake: expected `signature` "
		  "and a rule's id, found \"a\"");
}

static void messages_outlive(void)
{
	struct sig_diags d = { 0 };
	struct ntr_err e = { "" };
	struct ntr_str s = { 0 };

	for (int i = 0; i < 3; i++)
		CHECK_EQ(sig_format("junk", 4, "j.sig", &s, &d, &e), NTR_BAD);
	CHECK_EQ(d.n, 3);
	CHECK_STR(d.v[0].file, "j.sig");
	CHECK_STR(d.v[0].source, "junk");
	CHECK_EQ(s.len, 0);
	sig_diags_free(&d);
	CHECK_EQ(d.n, 0);
	CHECK_EQ(sig_format("junk", 4, "j.sig", &s, NULL, NULL), NTR_BAD);
}

int main(void)
{
	RUN(a_rule_on_one_line);
	RUN(lines_and_comments);
	RUN(several_rules);
	RUN(expressions);
	RUN(scenarios);
	RUN(carriage_returns);
	RUN(mistakes_of_grammar_only);
	RUN(messages_outlive);
	return test_done();
}
