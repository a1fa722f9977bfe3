// SPDX-License-Identifier: Apache-2.0
/* Forged pool, read at literal offsets. */
#include "forge_read.h"

static const char *const one_page =
	"machine x86 nt4\nmemory 32MiB\nkdbg none\n"
	"pool nonpaged {\n"
	"  block AfdB size 100 count 2\n"
	"  block Gla size 24 quota\n"
	"  overrun ffff\n"
	"}\n";

static void nt4_page(void)
{
	struct blob d = forge_str(one_page, "full");
	uint32_t va = 0x82000000;

	/* 100 + 8 bytes: 4 units of 32; type 1 is nonpaged */
	CHECK_EQ(v86(&d, va, 4), 0x04010000);
	CHECK_EQ(v86(&d, va + 4, 4), 0x42646641);
	CHECK_EQ(v86(&d, va + 128, 4), 0x04010004);
	/* 24 + 8: 1 unit, type 9 charges quota */
	CHECK_EQ(v86(&d, va + 256, 4), 0x01090004);
	CHECK_EQ(v86(&d, va + 260, 4), 0x20616c47);
	/* the rest is free; two bytes of its header are gone */
	CHECK_EQ(v86(&d, va + 288, 4), 0x7700ffff);
	free(d.p);
}

static void errors(void)
{
	static const struct { const char *text, *says; } t[] = {
		{ "machine x86 xp\npool nonpaged { block A size 5000 }", "at most" },
		{ "machine x86 xp\npool nonpaged { block A }", "needs a size" },
		{ "machine x86 xp\npool nonpaged { block ABCDE size 4 }", "1 to 4" },
		{ "machine x86 xp\npool nonpaged { flip 3 }", "no block yet" },
		{ "machine x86 xp\npool nonpaged { block A size 4\nflip 32 }", "0 to 31" },
		{ "machine x86 xp\npool nonpaged { block A size 4", "never closed" },
		{ "machine x86 xp\npool nonpaged { }\npool nonpaged { }", "already" },
		{ "machine x86 xp\npool { }", "nonpaged" },
		{ "machine ia64 2003\npool paged { }", "does not know" },
		{ "machine x86 xp\npool paged { big A size 1MiB count 900000 }", "memory" },
		{ "machine x86 xp\npool paged { stack }", "block" },
		{ "machine x86 xp\npooltags maybe", "percpu" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint8_t *p = NULL;
		size_t n;
		struct ntr_err e = { { 0 } };

		CHECK(forge_text(t[i].text, "t", NULL, 160u << 20, &p, &n, NULL,
				 &e) != NTR_OK);
		CHECK_HAS(e.msg, t[i].says);
		free(p);
	}
}

int main(void)
{
	RUN(nt4_page);
	RUN(errors);
	return test_done();
}
