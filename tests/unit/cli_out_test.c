// SPDX-License-Identifier: Apache-2.0
#include "../../kdtools/cli/out.h"
#include "test.h"

#include <fcntl.h>
#include <unistd.h>

static const struct ntr_col cols[] = {
	{ "Base", 6 }, { "Name", -8 }, { "Note", -4 },
};

static void both(struct ntr_out *o)
{
	ntr_out_open(o, NULL);
	ntr_out_str(o, "format", "Format", "dmp64");
	ntr_out_hex(o, "base", "Base", 0x1000);
	ntr_out_uint_if(o, "build", "Build", false, 7);
	ntr_out_str(o, "quiet", NULL, "JSON only");
	ntr_out_line(o, "text only");
	ntr_out_table(o, "rows", cols, 3);
	for (unsigned i = 0; i < 2; i++) {
		ntr_out_row(o);
		ntr_out_hex(o, "base", NULL, 0xa0 + i);
		ntr_out_str(o, "name", NULL, i ? NULL : "nt");
		ntr_out_str(o, "note", NULL, "x");
		ntr_out_bool(o, "more", NULL, true);
		ntr_out_row_end(o);
	}
	ntr_out_table_end(o);
	ntr_out_close(o);
}

static void same_calls_give_text(void)
{
	struct ntr_out o;

	ntr_out_init(&o, -1, false, false, false);
	both(&o);
	CHECK_STR(ntr_str_text(&o.buf),
		  "Format          : dmp64\n"
		  "Base            : 0x1000\n"
		  "text only\n"
		  "  Base  Name      Note\n"
		  "  0xa0  nt        x\n"
		  "  0xa1            x\n");
	ntr_out_fini(&o);
}

static void same_calls_give_json(void)
{
	struct ntr_out o;

	ntr_out_init(&o, -1, true, false, false);
	both(&o);
	CHECK_STR(ntr_str_text(&o.buf),
		  "{\"format\":\"dmp64\",\"base\":\"0x1000\",\"build\":null,"
		  "\"quiet\":\"JSON only\",\"rows\":["
		  "{\"base\":\"0xa0\",\"name\":\"nt\",\"note\":\"x\",\"more\":true},"
		  "{\"base\":\"0xa1\",\"name\":null,\"note\":\"x\",\"more\":true}"
		  "]}\n");
	ntr_out_fini(&o);
}

static void text_is_ascii(void)
{
	struct ntr_out o;

	ntr_out_init(&o, -1, false, false, false);
	ntr_out_line(&o, "a\033[31mb\xc3\xa9\xff\r\x9b\x7f%s", "\t|");
	CHECK_STR(ntr_str_text(&o.buf), "a?[31mb??????|\n");
	ntr_out_fini(&o);
}

static void long_text_is_whole(void)
{
	struct ntr_out o;
	char in[3000];

	memset(in, 'x', sizeof(in) - 1);
	in[sizeof(in) - 1] = 0;
	ntr_out_init(&o, -1, false, false, false);
	ntr_out_print(&o, "%s", in);
	CHECK_STR(ntr_str_text(&o.buf), in);
	ntr_out_fini(&o);
}

static void paragraphs_are_broken(void)
{
	char in[401], *p = in, *line, *save = NULL;
	struct ntr_out o;
	unsigned lines = 0, words = 0;

	for (unsigned i = 0; i < 80; i++, p += 5)
		memcpy(p, "word ", 5);
	in[399] = 0;
	ntr_out_init(&o, -1, false, false, false);
	ntr_out_para(&o, "  * ", "%s", in);
	for (line = strtok_r(o.buf.s, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		CHECK(strlen(line) <= NTR_OUT_COLUMNS);
		CHECK(!strncmp(line, lines ? "    w" : "  * w", 5));
		for (p = line; (p = strstr(p, "word")); p += 4)
			words++;
		lines++;
	}
	CHECK_EQ(words, 80);
	CHECK_EQ(lines, 4);
	ntr_out_fini(&o);
}

static void endless_word_is_cut(void)
{
	struct ntr_out o;
	char in[501];

	memset(in, 'x', 500);
	in[500] = 0;
	ntr_out_init(&o, -1, false, false, false);
	ntr_out_para(&o, "", "%s", in);
	CHECK_EQ(o.buf.len, 505); /* five lines */
	ntr_out_fini(&o);
}

static void color_only_when_asked(void)
{
	struct ntr_out o;

	ntr_out_init(&o, -1, false, false, true);
	ntr_out_styled(&o, NTR_ALARM, "x\033");
	CHECK_STR(ntr_str_text(&o.buf), "\033[1;31mx?\033[0m");
	ntr_out_fini(&o);
	ntr_out_init(&o, -1, false, false, false);
	ntr_out_styled(&o, NTR_ALARM, "x");
	CHECK_STR(ntr_str_text(&o.buf), "x");
	ntr_out_fini(&o);
}

static void failed_write_is_seen(void)
{
	struct ntr_out o;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		SKIP("no /dev/full");
	ntr_out_init(&o, fd, false, false, false);
	ntr_out_line(&o, "x");
	CHECK(!ntr_out_flush(&o));
	ntr_out_fini(&o);
	close(fd);
}

int main(void)
{
	RUN(same_calls_give_text);
	RUN(same_calls_give_json);
	RUN(text_is_ascii);
	RUN(long_text_is_whole);
	RUN(paragraphs_are_broken);
	RUN(endless_word_is_cut);
	RUN(color_only_when_asked);
	RUN(failed_write_is_seen);
	return test_done();
}
