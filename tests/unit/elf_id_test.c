// SPDX-License-Identifier: Apache-2.0
#include "kobj/elf_id.h"
#include "test.h"

#define BASE 0x7f0000400000u

/* An ELF header, a PT_LOAD and a PT_NOTE at literal offsets. */
static size_t make64(uint8_t *p)
{
	memcpy(p, "\177ELF\2\1\1", 7);
	put64(p, 0x20, 0x40);  /* e_phoff */
	put16(p, 0x36, 0x38);  /* e_phentsize */
	put16(p, 0x38, 2);     /* e_phnum */
	put32(p, 0x40, 1);     /* PT_LOAD */
	put64(p, 0x50, 0x400000);
	put32(p, 0x78, 4);     /* PT_NOTE */
	put64(p, 0x88, 0x4000c0);
	put64(p, 0xa0, 0x40);
	put32(p, 0xc0, 4);     /* another owner's note first */
	put32(p, 0xc4, 4);
	put32(p, 0xc8, 3);
	memcpy(p + 0xcc, "ABC", 4);
	put32(p, 0xd4, 4);
	put32(p, 0xd8, 8);
	put32(p, 0xdc, 3);     /* NT_GNU_BUILD_ID */
	memcpy(p + 0xe0, "GNU", 4);
	memcpy(p + 0xe4, "\1\2\3\4\5\6\7\10", 8);
	return 0x100;
}

static enum ntr_st ask(const void *p, size_t len, uint8_t *id, size_t *n)
{
	struct ntr_mem_space m;

	ntr_mem_space_init(&m, BASE, p, len);
	return ntr_elf_build_id(&m.s, BASE, id, n);
}

static void reads_the_note(void)
{
	uint8_t p[0x100] = { 0 }, id[NTR_BUILD_ID_MAX];
	size_t n = 0;

	CHECK_EQ(ask(p, make64(p), id, &n), NTR_OK);
	CHECK_EQ(n, 8);
	CHECK(!memcmp(id, "\1\2\3\4\5\6\7\10", 8));
}

static void damaged(void)
{
	static const struct {
		size_t off;
		uint8_t v;
	} bad[] = {
		{ 0, 0 },       /* no ELF */
		{ 0x36, 0x39 }, /* another size of program headers */
		{ 0x38, 0xff }, /* more headers than fit */
		{ 0x78, 0 },    /* no notes */
		{ 0xd7, 0xff }, /* a name of gigabytes */
		{ 0xdb, 0xff }, /* an id of gigabytes */
		{ 0xd8, 0 },    /* an empty id */
		{ 0x8d, 0xff }, /* notes elsewhere */
	};
	uint8_t id[NTR_BUILD_ID_MAX];
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t p[0x100] = { 0 };
		size_t len = make64(p);

		p[bad[i].off] = bad[i].v;
		if (bad[i].off == 0x38)
			p[0x39] = 0xff;
		CHECK_EQ(ask(p, len, id, &n), NTR_ABSENT);
	}
}

static void every_truncation(void)
{
	uint8_t whole[0x100] = { 0 }, id[NTR_BUILD_ID_MAX];
	size_t len = make64(whole), n;

	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *p = malloc(cut ? cut : 1);

		memcpy(p, whole, cut);
		CHECK_EQ(ask(p, cut, id, &n), NTR_ABSENT);
		free(p);
	}
}

int main(void)
{
	RUN(reads_the_note);
	RUN(damaged);
	RUN(every_truncation);
	return test_done();
}
