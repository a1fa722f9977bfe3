// SPDX-License-Identifier: Apache-2.0
/* The HTML writer, verdicts as a stranger's store has them, tallies. */
#include "../../kdtools/report/html.h"
#include "../../kdtools/report/tally.h"
#include "../../kdtools/report/verdict.h"
#include "test.h"

static const char *as_text(struct ntr_out *o, const char *s)
{
	struct html h = { .o = o };

	ntr_str_clear(&o->buf);
	html_text(&h, s);
	return ntr_str_text(&o->buf);
}

static void text_is_escaped(void)
{
	struct ntr_out o;

	ntr_out_init(&o, -1, false, false, false);
	CHECK_STR(as_text(&o, "<b>&\"'"), "&lt;b&gt;&amp;&quot;&#39;");
	CHECK_STR(as_text(&o, "a\x1b[0m\n\x7f"),
		  "a\xe2\x90\x9b[0m\xe2\x90\x8a\xe2\x90\xa1");
	CHECK_STR(as_text(&o, "\xe2\x80\xaegnp"), "\xef\xbf\xbdgnp");
	CHECK_STR(as_text(&o, "\xff<\xc3"), "\xef\xbf\xbd&lt;\xef\xbf\xbd");
	CHECK_STR(as_text(&o, "\xc3\xa9\xf0\x9f\x98\x80"),
		  "\xc3\xa9\xf0\x9f\x98\x80");
	CHECK_STR(as_text(&o, NULL), "");
	ntr_out_fini(&o);
}

static void text_is_cut_at_a_character(void)
{
	struct ntr_out o;
	struct html h = { .o = &o };

	ntr_out_init(&o, -1, false, false, false);
	html_textn(&h, "ab\xc3\xa9", 3);
	CHECK_STR(ntr_str_text(&o.buf), "ab?");
	ntr_out_fini(&o);
}

static void elements_are_balanced(void)
{
	struct ntr_out o;
	struct html h = { .o = &o };

	ntr_out_init(&o, -1, false, false, false);
	html_box(&h, "p", "x\" onclick=\"y");
	html_leaff(&h, "b", NULL, "%d < %d", 1, 2);
	html_el(&h, "br");
	html_end(&h);
	html_end(&h);
	html_end(&h); /* nothing is open */
	CHECK_STR(ntr_str_text(&o.buf),
		  "<p class=\"x&quot; onclick=&quot;y\"><b>1 &lt; 2</b><br></p>"
		  "\n");
	ntr_out_fini(&o);
}

static void depth_is_bounded(void)
{
	struct ntr_out o;
	struct html h = { .o = &o };
	unsigned open = 0, closed = 0;

	ntr_out_init(&o, -1, false, false, false);
	for (int i = 0; i < 100; i++) {
		html_el(&h, "i");
		html_attr(&h, "class", "c");
	}
	for (int i = 0; i < 100; i++)
		html_end(&h);
	for (const char *p = ntr_str_text(&o.buf); *p; p++) {
		open += p[0] == '<' && p[1] == 'i';
		closed += p[0] == '<' && p[1] == '/';
	}
	CHECK_EQ(open, 40);
	CHECK_EQ(closed, 40);
	ntr_out_fini(&o);
}

static void verdicts_of_strangers(void)
{
	char deep[200];
	yajl_val v = verdict_parse("{\"a\":{\"s\":\"x\",\"n\":7,\"t\":true,"
				   "\"l\":[\"p\",2]},\"big\":1e400}");
	s64 n = 0;

	CHECK(v);
	CHECK_STR(verdict_str(verdict_get(v, "a"), "s"), "x");
	CHECK(!verdict_str(verdict_get(v, "a"), "n"));
	CHECK(verdict_int(verdict_get(v, "a"), "n", &n));
	CHECK_EQ(n, 7);
	CHECK(!verdict_int(v, "big", &n));
	CHECK(verdict_true(verdict_get(v, "a"), "t"));
	CHECK_EQ(verdict_count(verdict_get(v, "a"), "l"), 2);
	CHECK_STR(verdict_str_at(verdict_get(v, "a"), "l", 0), "p");
	CHECK(!verdict_str_at(verdict_get(v, "a"), "l", 1));
	CHECK(!verdict_at(verdict_get(v, "a"), "l", 2));
	CHECK(!verdict_get(verdict_get(v, "none"), "x"));
	yajl_tree_free(v);
	CHECK(!verdict_parse(NULL));
	CHECK(!verdict_parse(""));
	CHECK(!verdict_parse("{\"broken\":"));
	memset(deep, '[', 100);
	memset(deep + 100, ']', 99);
	deep[199] = 0;
	CHECK(!verdict_parse(deep + 1));
}

static void tallies_count_and_sort(void)
{
	struct report_tallies t = { .n = 0 };
	struct ntr_arena a = { NULL, 0 };
	char name[20];
	u32 at;

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%d", i % 100);
		at = tally_of(&t, &a, name);
		t.v[at].n += i % 100 == 42 ? 2 : 1;
	}
	CHECK_EQ(t.n, 100);
	CHECK_EQ(tally_find(&t, "n7"), 7);
	CHECK_EQ(tally_find(&t, "none"), REPORT_NONE);
	CHECK(tally_sort(&t, &a));
	CHECK_STR(t.v[t.order[0]].name, "n42");
	CHECK_STR(t.v[t.order[1]].name, "n0");
	CHECK_STR(t.v[t.order[2]].name, "n1");
	CHECK_STR(t.v[t.order[3]].name, "n10");
	tally_fini(&t);
	ntr_arena_fini(&a);
}

int main(void)
{
	RUN(text_is_escaped);
	RUN(text_is_cut_at_a_character);
	RUN(elements_are_balanced);
	RUN(depth_is_bounded);
	RUN(verdicts_of_strangers);
	RUN(tallies_count_and_sort);
	return test_done();
}
