// SPDX-License-Identifier: Apache-2.0
/* Triage dumps, 64 and 32 bit, new and old headers, damage. */
#include "dmp_fixture.h"

#define ALL 0x10000u

static void put_text(uint8_t *p, size_t off, const char *s)
{
	for (size_t i = 0; s[i]; i++)
		put16(p, off + 2 * i, (uint8_t)s[i]);
}

/* A DUMP_STRING: characters, then UTF-16 and a NUL. */
static void put_string(uint8_t *p, size_t off, const char *s)
{
	put32(p, off, (uint32_t)strlen(s));
	put_text(p, off + 4, s);
}

static void put_driver64(uint8_t *p, size_t at, uint32_t name, uint64_t base,
			 uint32_t size, uint32_t stamp)
{
	put32(p, at, name);
	put64(p, at + 0x38, base);
	put64(p, at + 0x40, base + 0x1000);
	put32(p, at + 0x48, size);
	put32(p, at + 0x80, 0xc0de0000 | size >> 12);
	put32(p, at + 0x88, stamp);
}

/* Items: MM 2080, unloaded 20d0 (2), PRCB 2200, EPROCESS 2400, ETHREAD 2500,
 * stack 2600 (0x100), KDBG 2800 (0x380), drivers 3000 (3), names 3200,
 * blocks 3400 (3), their bytes 4000, marker fffc. */
static uint8_t *triage64(void)
{
	uint8_t *p = calloc(1, ALL);

	fx_header64(p, 4);
	put32(p, 0x2000, 0x0300);
	put32(p, 0x2004, ALL);
	put32(p, 0x2008, 0xfffc);
	put32(p, 0x200c, 0x348);
	put32(p, 0x2010, 0xf00);
	put32(p, 0x2014, 0x2080);
	put32(p, 0x2018, 0x20d0);
	put32(p, 0x201c, 0x2200);
	put32(p, 0x2020, 0x2400);
	put32(p, 0x2024, 0x2500);
	put32(p, 0x2028, 0x2600);
	put32(p, 0x202c, 0x100);
	put32(p, 0x2030, 0x3000);
	put32(p, 0x2034, 3);
	put32(p, 0x2038, 0x31b0);
	put32(p, 0x203c, 0x100);
	put32(p, 0x2040, 0x3230);
	put32(p, 0x2044, 0xffffffff);
	put64(p, 0x2048, 0xffffd000d1da8b58);
	put64(p, 0x2060, 0xffffe00011112000);
	put32(p, 0x2068, 0x5000);
	put32(p, 0x206c, 0x80);
	put32(p, 0x2070, 0x2800);
	put32(p, 0x2074, 0x380);
	put32(p, 0x2078, 0x3400);
	put32(p, 0x207c, 3);
	memset(p + 0x2080, 0, 0x50);

	put32(p, 0x20d0, 2);
	put16(p, 0x20d8, 22);
	put_text(p, 0x20e8, "vwifimp.sys");
	put64(p, 0x2100, 0xfffff80066900000);
	put64(p, 0x2108, 0xfffff80066910000);
	put16(p, 0x2110, 34);
	put_text(p, 0x2120, "dump_storpor");
	put64(p, 0x2138, 0xfffff80085900000);
	put64(p, 0x2140, 0xfffff80085920000);

	memset(p + 0x2600, 0x5a, 0x100);
	memcpy(p + 0x2810, "KDBG", 4);
	put32(p, 0x2814, 0x380);
	put16(p, 0x2800 + 0x2b0, 0x180);
	put16(p, 0x2800 + 0x2a8, 0xc0);
	put16(p, 0x2800 + 0x2c0, 0x4000); /* longer than the room */

	put_driver64(p, 0x3000, 0x31b0, 0xfffff80133800000, 0x1046000,
		     0xbf639dc3);
	put_driver64(p, 0x3090, 0x31d8, 0xfffff80140000000, 0x20000, 2);
	put_driver64(p, 0x3120, 0x3200, 0xfffff80150000000, 0x30000, 3);
	put_string(p, 0x31b0, "ntoskrnl.exe");
	put_string(p, 0x31d8, "hal.dll");
	put_string(p, 0x3200, "\\Driver\\x.sys");
	put_string(p, 0x3230, "bad.sys");

	put64(p, 0x3400, 0xfffff80134400000);
	put32(p, 0x3408, 0x4000);
	put32(p, 0x340c, 0x33);
	put64(p, 0x3410, 0xffffe00000000ff0);
	put32(p, 0x3418, 0x4033);
	put32(p, 0x341c, 0x1000);
	put64(p, 0x3420, 0xfffff80000000000);
	put32(p, 0x3428, 0xfff0);
	put32(p, 0x342c, 0x10);
	memset(p + 0x4000, 0x11, 0x33);
	memset(p + 0x4033, 0x22, 0x1000);
	memset(p + 0x5033, 0x33, 0x60);
	memcpy(p + 0xfffc, "TRGD", 4);
	return p;
}

static void check_items64(struct ntr_dump *d)
{
	CHECK_EQ(d->triage.prcb.off, 0x2200);
	CHECK_EQ(d->triage.prcb.len, 0x180);
	CHECK_EQ(d->triage.process.off, 0x2400);
	CHECK_EQ(d->triage.process.len, 0xc0);
	CHECK_EQ(d->triage.thread.off, 0x2500);
	CHECK_EQ(d->triage.thread.len, 0x100);
	CHECK_EQ(d->triage.callstack.off, 0x2600);
	CHECK_EQ(d->triage.callstack.len, 0x100);
	CHECK_EQ(d->triage.stack_va, 0xffffd000d1da8b58);
	CHECK_EQ(d->triage.kdbg.off, 0x2800);
	CHECK_EQ(d->triage.kdbg.len, 0x380);
	CHECK_STR(d->triage.broken_driver, "bad.sys");
	CHECK(d->triage.valid_marker);
}

static void check_memory64(struct ntr_dump *d)
{
	u32 tag = 0;

	CHECK_EQ(byte_at(&d->blocks, 0xfffff80134400000), 0x11);
	CHECK_EQ(byte_at(&d->blocks, 0xfffff80134400032), 0x11);
	CHECK_EQ(byte_at(&d->blocks, 0xfffff80134400033), -1);
	CHECK_EQ(byte_at(&d->blocks, 0xffffe00000001fef), 0x22);
	CHECK_EQ(byte_at(&d->blocks, 0xffffd000d1da8b58), 0x5a);
	CHECK_EQ(byte_at(&d->blocks, 0xffffd000d1da8c57), 0x5a);
	CHECK_EQ(byte_at(&d->blocks, 0xffffd000d1da8c58), -1);
	CHECK_EQ(byte_at(&d->blocks, 0xffffe00011112000), 0x22);
	CHECK_EQ(byte_at(&d->blocks, 0xffffe0001111207f), 0x33);
	CHECK_EQ(ntr_read_u32(&d->blocks, 0xfffff80134400b30, &tag), NTR_OK);
	CHECK_EQ(tag, 0x4742444b);
}

static void triage_64(void)
{
	uint8_t *p = triage64();
	struct ntr_dump *d = fx_open(p, ALL);

	CHECK_EQ(d->kind, NTR_KIND_TRIAGE);
	CHECK(d->triage.present);
	CHECK(d->complete);
	CHECK_EQ(d->notes.n, 0);
	CHECK(d->meta.has & NTR_HAS_SPBUILD);
	CHECK_EQ(d->meta.sp_build, 0x300);
	check_items64(d);
	check_memory64(d);
	CHECK_EQ(d->modules.n, 3);
	CHECK_STR(d->modules.v[0].name, "ntoskrnl.exe");
	CHECK_EQ(d->modules.v[0].base, 0xfffff80133800000);
	CHECK_EQ(d->modules.v[0].size, 0x1046000);
	CHECK_EQ(d->modules.v[0].timestamp, 0xbf639dc3);
	CHECK_EQ(d->modules.v[0].checksum, 0xc0de1046);
	CHECK_STR(d->modules.v[1].name, "hal.dll");
	CHECK_STR(d->modules.v[2].name, "\\Driver\\x.sys");
	CHECK_EQ(d->unloaded.n, 2);
	CHECK_STR(d->unloaded.v[0].name, "vwifimp.sys");
	CHECK(!d->unloaded.v[0].truncated);
	CHECK_EQ(d->unloaded.v[0].start, 0xfffff80066900000);
	CHECK_STR(d->unloaded.v[1].name, "dump_storpor");
	CHECK(d->unloaded.v[1].truncated);
	CHECK_EQ(d->unloaded.v[1].end, 0xfffff80085920000);
	CHECK_EQ(d->runs.n, 0);
	fx_sane(d);
	ntr_dump_close(d);
	free(p);
}

static void every_truncation_64(void)
{
	uint8_t *p = triage64();

	fx_every_cut(p, ALL, 0x60, 0x60, 39);
	free(p);
}

/* Each offset and count of the header, with values that lie. */
static void lying_numbers_64(void)
{
	static const uint32_t lie[] = { 0, 1, 0x2004, 0x207c, ALL - 1, ALL,
					0x7fffffff, 0xfffffff0, 0xffffffff };

	for (unsigned off = 0x2000; off < 0x2080; off += 4) {
		for (size_t i = 0; i < sizeof(lie) / sizeof(lie[0]); i++) {
			uint8_t *p = triage64();
			struct ntr_dump *d;

			put32(p, off, lie[i]);
			d = fx_open(p, ALL);
			fx_sane(d);
			CHECK_EQ(d->meta.bugcheck, 0xd1);
			CHECK(d->modules.n <= 1000 && d->unloaded.n <= 1000);
			ntr_dump_close(d);
			free(p);
		}
	}
}

static void damage_is_noted_64(void)
{
	static const struct {
		unsigned off;
		uint32_t v;
		const char *note;
	} bad[] = {
		{ 0x2004, 0x20000, "0x2004: a triage dump of 0x20000 bytes" },
		{ 0x2004, 0x10, "0x2004: a triage dump of 0x10 bytes" },
		{ 0xfffc, 0, "0xfffc: the end marker" },
		{ 0x2008, 0, "0x2008: the end marker" },
		{ 0x202c, 0x10000, "0x2600: the call stack of 0x10000 bytes" },
		{ 0x2028, 0x2004, "0x2004: the call stack cannot lie" },
		{ 0x2810, 0, "0x2810: the debugger data block has tag" },
		{ 0x2034, 4, "4 drivers promised, 3 fit" },
		{ 0x3090, 0, "names of 1 drivers cannot" },
		{ 0x31b0, 0x10000, "names of 1 drivers cannot" },
		{ 0x207c, 0x10000000, "268435456 data blocks promised" },
		{ 0x3408, 0xffffff, "0x3400: 1 of 3 data blocks" },
		{ 0x340c, 0xffffffff, "0x3400: 1 of 3 data blocks" },
		{ 0x20d0, 0x1000, "4096 unloaded drivers promised, 5 could" },
		{ 0x2018, 0x20000, "0x20000: the list of unloaded drivers" },
		{ 0x200c, 0x20000, "0x200c: there is no context at 0x20000" },
		{ 0x2010, 0x20000, "0x2010: there is no exception record" },
		{ 0x2030, 0xff0000, "3 drivers promised, 0 could be read" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *p = triage64();
		struct ntr_dump *d;

		put32(p, bad[i].off, bad[i].v);
		d = fx_open(p, ALL);
		CHECK_NOTE(d, bad[i].note);
		CHECK(bad[i].off == 0x2030 || d->modules.n == 3);
		CHECK_STR(bad[i].off == 0x2030 ? "" :
			  strrchr(d->modules.v[2].name, 'x'),
			  bad[i].off == 0x2030 ? "" : "x.sys");
		ntr_dump_close(d);
		free(p);
	}
}

static void nameless_driver_is_still_listed(void)
{
	uint8_t *p = triage64();
	struct ntr_dump *d;

	put32(p, 0x3090, 0xffff0000);
	d = fx_open(p, ALL);
	CHECK_EQ(d->modules.n, 3);
	CHECK_STR(d->modules.v[1].name, "Unknown_Module_fffff80140000000");
	CHECK_EQ(d->modules.v[1].size, 0x20000);
	ntr_dump_close(d);
	free(p);
}

/* Entries longer than the known ones: the names' place tells. */
static void longer_driver_entries(void)
{
	uint8_t *p = triage64();
	struct ntr_dump *d;

	memset(p + 0x3000, 0, 0x1b0);
	put32(p, 0x2034, 2);
	put_driver64(p, 0x3000, 0x31b0, 0xfffff80133800000, 0x1000, 1);
	put_driver64(p, 0x30d8, 0x31d8, 0xfffff80140000000, 0x2000, 2);
	d = fx_open(p, ALL);
	CHECK_EQ(d->modules.n, 2);
	CHECK_STR(d->modules.v[1].name, "hal.dll");
	CHECK_EQ(d->modules.v[1].base, 0xfffff80140000000);
	ntr_dump_close(d);
	free(p);
}

static void context_elsewhere(void)
{
	uint8_t *p = triage64();
	struct ntr_dump *d;

	put32(p, 0x200c, 0x6000);
	put64(p, 0x60f8, 0x1122334455667788);
	d = fx_open(p, ALL);
	CHECK_EQ(d->context.off, 0x6000);
	CHECK(d->complete);
	ntr_dump_close(d);
	free(p);
}

static void blobs_after_the_primary_part(void)
{
	uint8_t *p = realloc(triage64(), ALL + 0x40);
	struct ntr_dump *d;

	memset(p + ALL, 0, 0x40);
	memcpy(p + ALL, "DumpBlob", 8);
	put32(p, ALL + 8, 0x10);
	put32(p, ALL + 0x10, 0x20);
	put32(p, ALL + 0x24, 0x10);
	d = fx_open(p, ALL + 0x40);
	CHECK(d->complete);
	CHECK_EQ(d->blobs.n, 1);
	CHECK_EQ(d->blobs.v[0].loc.off, ALL + 0x30);
	CHECK_EQ(d->blobs.v[0].loc.len, 0x10);
	ntr_dump_close(d);
	free(p);
}

static void ia64_backing_store(void)
{
	uint8_t *p = triage64();
	struct ntr_dump *d;

	put32(p, 0x30, 0x200);
	put32(p, 0x2050, 0x7000);
	put32(p, 0x2054, 0x200);
	put64(p, 0x2058, 0xe000000080002200);
	memset(p + 0x7000, 0x77, 0x200);
	d = fx_open(p, ALL);
	CHECK_EQ(byte_at(&d->blocks, 0xe000000080002000), 0x77);
	CHECK_EQ(byte_at(&d->blocks, 0xe0000000800021ff), 0x77);
	CHECK_EQ(byte_at(&d->blocks, 0xe000000080002200), -1);
	ntr_dump_close(d);
	free(p);
}

/* --- 32 bit -------------------------------------------------------------- */

static void put_driver32(uint8_t *p, size_t at, uint32_t name, uint32_t base,
			 uint32_t size, uint32_t stamp)
{
	put32(p, at, name);
	put32(p, at + 0x1c, base);
	put32(p, at + 0x20, base + 0x400);
	put32(p, at + 0x24, size);
	put32(p, at + 0x44, 0xabc);
	put32(p, at + 0x48, stamp);
}

/* Items from first on: unloaded (1), PRCB, EPROCESS, ETHREAD, stack, drivers
 * (2), names. first 0x1068: Windows XP SP2 and later; less: older. */
static uint8_t *triage32(uint32_t first)
{
	uint8_t *p = calloc(1, ALL);

	fx_header32(p, 4);
	put32(p, 0x1004, ALL);
	put32(p, 0x1008, 0xfffc);
	put32(p, 0x100c, 0x320);
	put32(p, 0x1010, 0x7d0);
	put32(p, 0x1014, first);
	put32(p, 0x1018, 0x1100);
	put32(p, 0x101c, 0x1200);
	put32(p, 0x1020, 0x1e20);
	put32(p, 0x1024, 0x2080);
	put32(p, 0x1028, 0x2300);
	put32(p, 0x102c, 0x80);
	put32(p, 0x1030, 0x2400);
	put32(p, 0x1034, 2);
	put32(p, 0x1038, 0x2498);
	put32(p, 0x103c, 0x100);
	put32(p, 0x1040, 0);
	put32(p, 0x1044, 0);
	put32(p, 0x1048, 0xf88d2c00);
	put32(p, 0x1100, 1);
	put16(p, 0x1104, 18);
	put_text(p, 0x110c, "kmixer.sys");
	put32(p, 0x1124, 0xf7000000);
	put32(p, 0x1128, 0xf702b000);
	memset(p + 0x2300, 0x5b, 0x80);
	put_driver32(p, 0x2400, 0x2498, 0x804d7000, 0x1f8000, 0x41108004);
	put_driver32(p, 0x244c, 0x24c0, 0x806cf000, 0x20380, 0x41107b29);
	put_string(p, 0x2498, "ntoskrnl.exe");
	put_string(p, 0x24c0, "hal.dll");
	memcpy(p + 0xfffc, "TRGD", 4);
	return p;
}

static void put_new_fields32(uint8_t *p)
{
	put32(p, 0x104c, 0x80541000);
	put32(p, 0x1050, 0x5000);
	put32(p, 0x1054, 0x1000);
	put32(p, 0x1058, 0x2600);
	put32(p, 0x105c, 0x290);
	put32(p, 0x1060, 0x3000);
	put32(p, 0x1064, 2);
	memset(p + 0x5000, 0x44, 0x1000);
	memcpy(p + 0x2610, "KDBG", 4);
	memset(p + 0x4000, 0x66, 0x80);
}

static void check_common32(struct ntr_dump *d)
{
	CHECK_EQ(d->kind, NTR_KIND_TRIAGE);
	CHECK(d->complete);
	CHECK_EQ(d->notes.n, 0);
	CHECK(d->triage.valid_marker);
	CHECK_EQ(d->triage.stack_va, 0xf88d2c00);
	CHECK_EQ(byte_at(&d->blocks, 0xf88d2c7f), 0x5b);
	CHECK_EQ(byte_at(&d->blocks, 0xf88d2c80), -1);
	CHECK_EQ(d->triage.prcb.off, 0x1200);
	CHECK_EQ(d->triage.prcb.len, 0xc20);
	CHECK_EQ(d->triage.process.len, 0x260);
	CHECK_EQ(d->triage.thread.len, 0x280);
	CHECK_EQ(d->modules.n, 2);
	CHECK_STR(d->modules.v[0].name, "ntoskrnl.exe");
	CHECK_EQ(d->modules.v[0].base, 0x804d7000);
	CHECK_EQ(d->modules.v[0].size, 0x1f8000);
	CHECK_EQ(d->modules.v[0].checksum, 0xabc);
	CHECK_EQ(d->modules.v[0].timestamp, 0x41108004);
	CHECK_STR(d->modules.v[1].name, "hal.dll");
	CHECK_EQ(d->modules.v[1].timestamp, 0x41107b29);
	CHECK_EQ(d->unloaded.n, 1);
	CHECK_STR(d->unloaded.v[0].name, "kmixer.sy");
	CHECK_EQ(d->unloaded.v[0].start, 0xf7000000);
	CHECK_EQ(d->unloaded.v[0].end, 0xf702b000);
	fx_sane(d);
}

static void triage_32(void)
{
	uint8_t *p = triage32(0x1068);
	struct ntr_dump *d;
	u32 tag = 0;

	put_new_fields32(p);
	put32(p, 0x3000, 0x80550000);
	put32(p, 0x3004, 0x4000);
	put32(p, 0x3008, 0x40);
	put32(p, 0x300c, 0x80560000);
	put32(p, 0x3010, 0x4040);
	put32(p, 0x3014, 0x40);
	d = fx_open(p, ALL);
	check_common32(d);
	CHECK_EQ(byte_at(&d->blocks, 0x80550000), 0x66);
	CHECK_EQ(byte_at(&d->blocks, 0x8056003f), 0x66);
	CHECK_EQ(byte_at(&d->blocks, 0x80560040), -1);
	CHECK_EQ(byte_at(&d->blocks, 0x80541fff), 0x44);
	CHECK_EQ(ntr_read_u32(&d->blocks, 0x8054c570, &tag), NTR_OK);
	CHECK_EQ(tag, 0x4742444b);
	CHECK_EQ(d->triage.kdbg.len, 0x290);
	ntr_dump_close(d);
	free(p);
}

/* The same table with 64-bit addresses, as a sign extension leaves them. */
static void triage_32_wide_blocks(void)
{
	uint8_t *p = triage32(0x1068);
	struct ntr_dump *d;

	put_new_fields32(p);
	put64(p, 0x3000, 0xffffffff80550000);
	put32(p, 0x3008, 0x4000);
	put32(p, 0x300c, 0x40);
	put64(p, 0x3010, 0xffffffff80560000);
	put32(p, 0x3018, 0x4040);
	put32(p, 0x301c, 0x40);
	d = fx_open(p, ALL);
	check_common32(d);
	CHECK_EQ(byte_at(&d->blocks, 0x80550000), 0x66);
	CHECK_EQ(byte_at(&d->blocks, 0x8056003f), 0x66);
	ntr_dump_close(d);
	free(p);
}

/* Windows 2000: the first item lies where later headers have more fields. */
static void old_header_has_no_new_fields(void)
{
	uint8_t *p = triage32(0x104c);
	struct ntr_dump *d;

	put_new_fields32(p);
	put32(p, 0x3000, 0x80550000);
	put32(p, 0x3004, 0x4000);
	put32(p, 0x3008, 0x40);
	d = fx_open(p, ALL);
	check_common32(d);
	CHECK_EQ(byte_at(&d->blocks, 0x80550000), -1);
	CHECK_EQ(byte_at(&d->blocks, 0x80541000), -1);
	CHECK_EQ(d->triage.kdbg.len, 0);
	CHECK_EQ(d->vblocks.n, 1);
	ntr_dump_close(d);
	free(p);

	/* One step newer: with the data page. */
	p = triage32(0x1058);
	put_new_fields32(p);
	d = fx_open(p, ALL);
	check_common32(d);
	CHECK_EQ(byte_at(&d->blocks, 0x80541000), 0x44);
	CHECK_EQ(byte_at(&d->blocks, 0x80550000), -1);
	CHECK_EQ(d->triage.kdbg.len, 0);
	ntr_dump_close(d);
	free(p);
}

static void lying_numbers_32(void)
{
	static const uint32_t lie[] = { 0, 1, 0x1004, 0x1064, ALL - 1, ALL,
					0x7fffffff, 0xffffffff };

	for (unsigned off = 0x1000; off < 0x1068; off += 4) {
		for (size_t i = 0; i < sizeof(lie) / sizeof(lie[0]); i++) {
			uint8_t *p = triage32(0x1068);
			struct ntr_dump *d;

			put_new_fields32(p);
			put32(p, off, lie[i]);
			d = fx_open(p, ALL);
			fx_sane(d);
			CHECK_EQ(d->meta.bugcheck, 0x7f);
			ntr_dump_close(d);
			free(p);
		}
	}
}

static void every_truncation_32(void)
{
	uint8_t *p = triage32(0x1068);

	put_new_fields32(p);
	fx_every_cut(p, ALL, 0x3c, 0x40, 43);
	free(p);
}

/* A block at the top of the 32-bit space must not wrap around. */
static void block_at_the_top_32(void)
{
	uint8_t *p = triage32(0x1068);
	struct ntr_dump *d;

	put_new_fields32(p);
	put32(p, 0x3000, 0xffffffc0);
	put32(p, 0x3004, 0x4000);
	put32(p, 0x3008, 0x40);
	put32(p, 0x300c, 0xffffff00);
	put32(p, 0x3010, 0x4000);
	put32(p, 0x3014, 0x200);
	d = fx_open(p, ALL);
	CHECK_EQ(byte_at(&d->blocks, 0xffffffff), 0x66);
	CHECK_NOTE(d, "1 of 2 data blocks");
	fx_sane(d);
	ntr_dump_close(d);
	free(p);
}

int main(void)
{
	RUN(triage_64);
	RUN(every_truncation_64);
	RUN(lying_numbers_64);
	RUN(damage_is_noted_64);
	RUN(nameless_driver_is_still_listed);
	RUN(longer_driver_entries);
	RUN(context_elsewhere);
	RUN(blobs_after_the_primary_part);
	RUN(ia64_backing_store);
	RUN(triage_32);
	RUN(triage_32_wide_blocks);
	RUN(old_header_has_no_new_fields);
	RUN(lying_numbers_32);
	RUN(every_truncation_32);
	RUN(block_at_the_top_32);
	return test_done();
}
