// SPDX-License-Identifier: Apache-2.0
/* Code in memory against its file: a small image written at literal offsets,
 * moved, relocated, then harmed; and lists with wrong links. */
#include "triage/chkimg.h"

#include "kobj/list_check.h"
#include "pool_forge.h"

#define BASE 0xfffff80012340000u
#define LINKED 0x140000000u
#define FILE_LEN 0x1c00u

/* .text at RVA 0x1000 (0x1200 bytes, file 0x400), INIT at 0x3000 (file
 * 0x1600), .reloc at 0x4000 (file 0x1800). */
static u8 *image_file(void)
{
	u8 *p = calloc(1, FILE_LEN);

	if (!p)
		abort();
	memcpy(p, "MZ", 2);
	put32(p, 0x3c, 0x80);
	memcpy(p + 0x80, "PE\0\0", 4);
	put16(p, 0x84, 0x8664);
	put16(p, 0x86, 3);
	put32(p, 0x88, 0x5eadbeef);
	put16(p, 0x94, 0xf0);
	put16(p, 0x98, 0x20b);
	put64(p, 0x98 + 24, LINKED);
	put32(p, 0x98 + 32, 0x1000);
	put32(p, 0x98 + 36, 0x200);
	put32(p, 0x98 + 56, 0x5000);
	put32(p, 0x98 + 60, 0x400);
	put32(p, 0x98 + 108, 16);
	put32(p, 0x98 + 112 + 5 * 8, 0x4000); /* .reloc */
	put32(p, 0x98 + 116 + 5 * 8, 28);
	put32(p, 0x98 + 112 + 12 * 8, 0x1100); /* import addresses */
	put32(p, 0x98 + 116 + 12 * 8, 0x40);
	static const struct { const char *n; u32 vs, va, rs, ro, fl; } s[] = {
		{ ".text", 0x1200, 0x1000, 0x1200, 0x400, 0x68000020 },
		{ "INIT", 0x200, 0x3000, 0x200, 0x1600, 0x62000020 },
		{ ".reloc", 0x200, 0x4000, 0x200, 0x1800, 0x42000040 },
	};
	for (size_t i = 0; i < 3; i++) {
		size_t at = 0x188 + i * 40;
		memcpy(p + at, s[i].n, strlen(s[i].n));
		put32(p, at + 8, s[i].vs);
		put32(p, at + 12, s[i].va);
		put32(p, at + 16, s[i].rs);
		put32(p, at + 20, s[i].ro);
		put32(p, at + 36, s[i].fl);
	}
	for (unsigned i = 0; i < 0x1200; i++)
		p[0x400 + i] = (u8)(i * 7);
	/* addresses at RVA 0x1020 and, across a page's end, 0x1ffc */
	put64(p, 0x420, LINKED + 0x1234);
	put64(p, 0x400 + 0xffc, LINKED + 0x2345);
	put32(p, 0x1800, 0x1000);
	put32(p, 0x1804, 16);
	put16(p, 0x1808, 0xa020);
	put16(p, 0x180a, 0xaffc);
	put16(p, 0x180c, 0);
	put16(p, 0x180e, 0);
	put32(p, 0x1810, 0x3000);
	put32(p, 0x1814, 12);
	put16(p, 0x1818, 0xa010);
	return p;
}

/* As it lies in memory, moved to BASE. */
static u8 *image_memory(const u8 *file)
{
	u8 *m = calloc(1, 0x5000);

	if (!m)
		abort();
	memcpy(m, file, 0x400);
	memcpy(m + 0x1000, file + 0x400, 0x1200);
	put64(m, 0x1020, BASE + 0x1234);
	put64(m, 0x1ffc, BASE + 0x2345);
	memset(m + 0x1100, 0xcc, 0x40); /* imports, filled in */
	memset(m + 0x3000, 0xee, 0x1000); /* thrown away */
	return m;
}

static struct ntr_chkimg result;

static enum ntr_st compare(const u8 *file, size_t file_len, const u8 *m,
			   size_t m_len, u64 base)
{
	struct ntr_mem_space fs, ms;
	struct ntr_pe pe;
	u8 *own = malloc(file_len ? file_len : 1);
	enum ntr_st st;

	if (!own)
		abort();
	memcpy(own, file, file_len);
	ntr_mem_space_init(&fs, 0, own, file_len);
	ntr_mem_space_init(&ms, base, m, m_len);
	memset(&result, 0, sizeof(result));
	st = ntr_pe_open(&pe, &fs.s, 0, false, NULL);
	if (!st)
		st = ntr_image_compare(&ms.s, base, &pe, &result, NULL);
	free(own);
	return st;
}

static void same(void)
{
	u8 *f = image_file(), *m = image_memory(f);

	CHECK_EQ(compare(f, FILE_LEN, m, 0x5000, BASE), NTR_OK);
	CHECK_EQ(result.compared, 0x1200);
	CHECK_EQ(result.differing, 0);
	CHECK_EQ(result.nranges, 0);
	CHECK(!result.caveat);
	free(f);
	free(m);
}

static void harmed(void)
{
	u8 *f = image_file(), *m = image_memory(f);

	m[0x1300] ^= 0x10;            /* a bit */
	memset(m + 0x1400, 0x90, 5);  /* a patch */
	m[0x1404] = f[0x804];         /* its last byte happens to agree */
	m[0x2000] ^= 3;               /* in the relocated word */
	CHECK_EQ(compare(f, FILE_LEN, m, 0x5000, BASE), NTR_OK);
	CHECK_EQ(result.nranges, 3);
	CHECK_EQ(result.one_bit, 1);
	CHECK_EQ(result.range[0].rva, 0x1300);
	CHECK(result.range[0].one_bit);
	CHECK_EQ(result.range[0].bit, 4);
	CHECK_EQ(result.range[0].expected[0], (u8)(0x300 * 7));
	CHECK_EQ(result.range[1].rva, 0x1400);
	CHECK_EQ(result.range[1].len, 4);
	CHECK_EQ(result.range[1].nbytes, 4);
	CHECK_EQ(result.range[1].found[3], 0x90);
	CHECK_EQ(result.range[2].rva, 0x2000);
	CHECK(!result.range[2].one_bit);
	CHECK_EQ(result.differing, 6);
	free(f);
	free(m);
}

static void many_and_absent(void)
{
	u8 *f = image_file(), *m = image_memory(f);

	for (unsigned i = 0; i < 0x1200; i += 2)
		m[0x1000 + i] ^= 0xff;
	CHECK_EQ(compare(f, FILE_LEN, m, 0x5000, BASE), NTR_OK);
	CHECK(result.nranges > NTR_CHKIMG_RANGES);
	CHECK_EQ(result.range[255].rva % 2, 0);
	CHECK_EQ(compare(f, FILE_LEN, m, 0x2000, BASE), NTR_OK);
	CHECK_EQ(result.absent, 0x200);
	free(f);
	free(m);
}

static void no_relocations(void)
{
	u8 *f = image_file(), *m = image_memory(f);

	put32(f, 0x98 + 116 + 5 * 8, 0);
	CHECK_EQ(compare(f, FILE_LEN, m, 0x5000, BASE), NTR_OK);
	CHECK(result.differing > 0);
	CHECK_HAS(result.caveat, "relocations cannot be read");
	free(f);
	free(m);
}

/* Every length of the file, and nonsense in its relocations. */
static void bad_input(void)
{
	u8 *f = image_file(), *m = image_memory(f);
	unsigned told = 0;
	u32 x = 5;

	for (size_t n = 0; n <= FILE_LEN; n += 13)
		told += compare(f, n, m, 0x5000, BASE) == NTR_OK;
	CHECK(told > 0);
	for (unsigned k = 0; k < 2000; k++) {
		for (unsigned i = 0; i < 28; i++)
			f[0x1800 + i] = (u8)((x = x * 1103515245 + 12345) >> 24);
		put32(f, 0x1804, 8 + x % 24);
		CHECK_EQ(compare(f, FILE_LEN, m, 0x5000, BASE), NTR_OK);
	}
	free(f);
	free(m);
}

/* --- lists ---------------------------------------------------------------------------- */

#define LIST 0xfffffa8020000000u

static struct ntr_list_check list_of(const char *pokes, u64 max)
{
	/* head, four entries at +0x100 … +0x400, all in one page */
	static const char ring[] =
		"machine x64 7\npage 0xfffffa8020000000 valid\n"
		"poke 0xfffffa8020000000 0001002080faffff 0004002080faffff\n"
		"poke 0xfffffa8020000100 0002002080faffff 0000002080faffff\n"
		"poke 0xfffffa8020000200 0003002080faffff 0001002080faffff\n"
		"poke 0xfffffa8020000300 0004002080faffff 0002002080faffff\n"
		"poke 0xfffffa8020000400 0000002080faffff 0003002080faffff\n";
	struct ntr_list_check c = { 0 };
	struct forged f;
	char text[1024];

	snprintf(text, sizeof(text), "%s%s", ring, pokes);
	f = forged_open(text);
	if (f.t)
		ntr_list_check(f.t, LIST, max, &c);
	forged_close(&f);
	return c;
}

static void lists(void)
{
	struct ntr_list_check c = list_of("", 100);

	CHECK_EQ(c.state, NTR_LIST_WHOLE);
	CHECK_EQ(c.forward, 4);
	c = list_of("", 2);
	CHECK_EQ(c.state, NTR_LIST_LONG);
	CHECK_EQ(c.forward, 2);
	/* Flink of the second entry: bit 12 is set */
	c = list_of("poke 0xfffffa8020000200 0013002080faffff\n", 100);
	CHECK(c.state != NTR_LIST_WHOLE);
	CHECK_EQ(c.forward, 2);
	CHECK_EQ(c.last, LIST + 0x200);
	CHECK_EQ(c.backward, 2);
	CHECK_EQ(c.back_last, LIST + 0x300);
	CHECK(c.one_bit);
	CHECK_EQ(c.bit, 12);
	CHECK_EQ(c.wrong_at, LIST + 0x200);
	/* Blink of the third: bit 3 */
	c = list_of("poke 0xfffffa8020000308 0802002080faffff\n", 100);
	CHECK_EQ(c.state, NTR_LIST_BROKEN);
	CHECK_EQ(c.found, LIST + 0x208);
	CHECK(c.one_bit);
	CHECK_EQ(c.bit, 3);
	CHECK_EQ(c.wrong_at, LIST + 0x308);
	/* overwritten with text */
	c = list_of("poke 0xfffffa8020000300 4141414141414141 4141414141414141\n",
		    100);
	CHECK_EQ(c.state, NTR_LIST_BROKEN);
	CHECK_EQ(c.found, UINT64_C(0x4141414141414141));
	CHECK(!c.one_bit);
	CHECK_EQ(c.backward, 1);
	/* a shortcut that would circle */
	c = list_of("poke 0xfffffa8020000300 0001002080faffff\n", 100);
	CHECK_EQ(c.state, NTR_LIST_BROKEN);
	CHECK_EQ(c.forward, 3);
	/* a user address, and empty */
	c = list_of("poke 0xfffffa8020000100 0010000000000000\n", 100);
	CHECK_EQ(c.state, NTR_LIST_WILD);
	c = list_of("poke 0xfffffa8020000000 0000002080faffff 0000002080faffff\n",
		    100);
	CHECK_EQ(c.state, NTR_LIST_EMPTY);
	CHECK_STR(ntr_list_state_text(NTR_LIST_EMPTY), "empty");
}

int main(void)
{
	RUN(same);
	RUN(harmed);
	RUN(many_and_absent);
	RUN(no_relocations);
	RUN(bad_input);
	RUN(lists);
	return test_done();
}
