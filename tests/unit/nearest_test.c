// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"
#include "test.h"

#include <limits.h>

static void distances(void)
{
	static const struct {
		const char *a, *b;
		unsigned want;
	} t[] = {
		{ "", "", 0 },		 { "", "abc", 3 },
		{ "abc", "", 3 },	 { "analyze", "analyze", 0 },
		{ "ANALYZE", "analyze", 0 }, { "analyse", "analyze", 1 },
		{ "anlayze", "analyze", 1 }, { "info", "inof", 1 },
		{ "kitten", "sitting", 3 },  { "module", "modules", 1 },
		{ "ab", "ba", 1 },	 { "hexdmup", "hexdump", 1 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		CHECK_EQ(ntr_word_distance(t[i].a, t[i].b), t[i].want);
}

static void too_long(void)
{
	char w[NTR_NEAREST_MAX + 2];

	memset(w, 'x', sizeof(w));
	w[NTR_NEAREST_MAX + 1] = 0;
	CHECK_EQ(ntr_word_distance(w, "x"), UINT_MAX);
	CHECK_EQ(ntr_word_distance("x", w), UINT_MAX);
	w[NTR_NEAREST_MAX] = 0;
	CHECK_EQ(ntr_word_distance(w, "x"), NTR_NEAREST_MAX - 1);
}

static const char *nearest(const char *word)
{
	static const char *const names[] = { "analyze", "forge", "help",
					     "hexdump", "info", "modules" };
	const char *best = NULL;

	for (size_t i = 0; i < 6; i++)
		ntr_nearest_try(word, names[i], &best);
	return best ? best : "";
}

static void suggestions(void)
{
	CHECK_STR(nearest("analyse"), "analyze");
	CHECK_STR(nearest("anaylse"), "analyze");
	CHECK_STR(nearest("hlep"), "help");
	CHECK_STR(nearest("module"), "modules");
	CHECK_STR(nearest("hexdunp"), "hexdump");
	CHECK_STR(nearest("frobnicate"), "");
	CHECK_STR(nearest("x"), "");
}

int main(void)
{
	RUN(distances);
	RUN(too_long);
	RUN(suggestions);
	return test_done();
}
