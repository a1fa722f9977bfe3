// SPDX-License-Identifier: Apache-2.0
/*
 * Hardware error records and machine-check codes.  Bytes and expected values
 * are written down from the UEFI specification (appendix N) and the Intel
 * manual, not from the parser.
 */
#include "kobj/cper.h"

#include "test.h"

static uint8_t buf[1024];

static void put(size_t at, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		buf[at + (size_t)i] = (uint8_t)(v >> 8 * i);
}

static const uint8_t memory[16] = { 0x14, 0x11, 0xbc, 0xa5, 0x64, 0x6f, 0xde,
	0x4e, 0xb8, 0x63, 0x3e, 0x83, 0xed, 0x7c, 0x83, 0xb1 };
static const uint8_t pcie[16] = { 0x54, 0xe9, 0x95, 0xd9, 0xc1, 0xbb, 0x0f,
	0x43, 0xad, 0x91, 0xb4, 0x4d, 0xcb, 0x3c, 0x6f, 0x35 };
static const uint8_t xpf_mca[16] = { 0x01, 0x1d, 0x1e, 0x8a, 0xf9, 0x42, 0x57,
	0x45, 0x9c, 0x33, 0x56, 0x5e, 0x5c, 0xc3, 0xf7, 0xe8 };
static const uint8_t strange[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77,
	0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

static void head(unsigned sections)
{
	memset(buf, 0, sizeof(buf));
	memcpy(buf, "CPER", 4);
	put(4, 0x210, 2);
	put(6, 0xffffffff, 4);
	put(10, sections, 2);
	put(12, 1, 4);
	put(20, sizeof(buf), 4);
}

static void describe(unsigned i, const uint8_t *type, unsigned off, unsigned len)
{
	size_t at = 128 + 72 * i;

	put(at, off, 4);
	put(at + 4, len, 4);
	buf[at + 10] = 2; /* the text of the part is valid */
	memcpy(buf + at + 16, type, 16);
	put(at + 48, 1, 4);
	memcpy(buf + at + 52, "DIMM_A1", 7);
}

static enum ntr_st parse(size_t n, struct ntr_cper *c, struct ntr_err *e)
{
	struct ntr_bin b = ntr_bin_of(buf, n, "record", 0);

	return ntr_cper_parse(&b, c, e);
}

static void reads_sections(void)
{
	struct ntr_cper c;

	head(3);
	describe(0, memory, 512, 80);
	put(512, 2, 8);
	put(528, 0x123456000, 8);
	describe(1, pcie, 600, 208);
	put(600, 8, 8);
	put(624, 0x8086, 2);
	put(626, 0x1234, 2);
	buf[631] = 2;
	buf[632] = 0x1c;
	put(633, 1, 2);
	buf[635] = 5;
	describe(2, strange, 400, 4);
	CHECK_EQ(parse(sizeof(buf), &c, NULL), NTR_OK);
	CHECK_EQ(c.n, 3);
	CHECK_STR(ntr_cper_severity(c.severity), "fatal");
	CHECK_STR(c.s[0].name, "memory");
	CHECK_STR(c.s[0].fru, "DIMM_A1");
	CHECK(c.has_address);
	CHECK_EQ(c.address, 0x123456000);
	CHECK_STR(c.s[1].name, "PCI Express");
	CHECK(c.has_pcie);
	CHECK_EQ(c.vendor, 0x8086);
	CHECK_EQ(c.device, 0x1234);
	CHECK_EQ(c.function, 2);
	CHECK_EQ(c.slot, 0x1c);
	CHECK_EQ(c.segment, 1);
	CHECK_EQ(c.bus, 5);
	CHECK_STR(c.s[2].name, "00112233-4455-6677-8899-aabbccddeeff");
	CHECK(ntr_cper_severity(4) == NULL);
}

/* What a section does not mark as valid is not taken. */
static void heeds_valid_bits(void)
{
	struct ntr_cper c;

	head(2);
	describe(0, memory, 512, 80);
	put(528, 0x123456000, 8);
	describe(1, pcie, 600, 208);
	put(624, 0x8086, 2);
	buf[128 + 10] = 0;
	CHECK_EQ(parse(sizeof(buf), &c, NULL), NTR_OK);
	CHECK(!c.has_address);
	CHECK(!c.has_pcie);
	CHECK_STR(c.s[0].fru, "");
}

static void finds_the_bank(void)
{
	const uint64_t status = 0xbe00000000800091;
	struct ntr_cper c;
	uint32_t bank = 0, cpu = 0;

	head(1);
	describe(0, xpf_mca, 512, 320);
	put(512 + 16, 3, 4);
	put(512 + 36, 7, 4);
	put(512 + 40, status, 8);
	CHECK_EQ(parse(sizeof(buf), &c, NULL), NTR_OK);
	CHECK(ntr_cper_mca_bank(&c, status, &bank, &cpu));
	CHECK_EQ(bank, 7);
	CHECK_EQ(cpu, 3);
	CHECK(!ntr_cper_mca_bank(&c, status + 1, &bank, &cpu));
	CHECK(!ntr_cper_mca_bank(&c, 0, &bank, &cpu));
	memset(buf + 512 + 36, 0, 12);
	put(512 + 40, 9, 4);
	put(512 + 48, status, 8);
	CHECK_EQ(parse(sizeof(buf), &c, NULL), NTR_OK);
	CHECK(ntr_cper_mca_bank(&c, status, &bank, &cpu));
	CHECK_EQ(bank, 9);
}

static void damaged(void)
{
	struct ntr_cper c;
	struct ntr_err e;

	head(0xffff); /* more sections than bytes */
	CHECK_EQ(parse(300, &c, NULL), NTR_OK);
	CHECK_EQ(c.declared, 0xffff);
	CHECK_EQ(c.n, 2);
	CHECK_EQ(parse(sizeof(buf), &c, NULL), NTR_OK);
	CHECK_EQ(c.n, 12);
	head(1);
	describe(0, memory, 0xfffffff0, 80); /* outside of the record */
	CHECK_EQ(parse(sizeof(buf), &c, NULL), NTR_OK);
	CHECK(!c.has_address);
	for (size_t n = 0; n < 128; n++)
		CHECK_EQ(parse(n, &c, NULL), NTR_BAD);
	buf[0] = 'X';
	CHECK_EQ(parse(sizeof(buf), &c, &e), NTR_BAD);
	CHECK_HAS(e.msg, "record+0x0: expected an error record (CPER)");
}

static void machine_check_codes(void)
{
	static const struct { uint16_t code; const char *kind, *level; } t[] = {
		{ 0x0000, "no error", "" }, { 0x0001, "unclassified", "" },
		{ 0x0005, "internal parity", "" },
		{ 0x0400, "internal timer", "" }, { 0x0405, "internal", "" },
		{ 0x000e, "cache", "L2" }, { 0x0011, "TLB", "L1" },
		{ 0x0091, "memory controller", "" }, { 0x0135, "cache", "L1" },
		{ 0x1135, "cache", "L1" }, /* some were filtered */
		{ 0x0e0f, "bus or interconnect", "generic" },
		{ 0x4000, "unknown code", "" },
	};

	for (size_t i = 0; i < NTR_COUNT(t); i++) {
		uint64_t s = 0xbe00000000000000 | t[i].code;

		CHECK_STR(ntr_mca_kind(s), t[i].kind);
		CHECK_STR(ntr_mca_level(s), t[i].level);
	}
}

int main(void)
{
	RUN(reads_sections);
	RUN(heeds_valid_bits);
	RUN(finds_the_bank);
	RUN(damaged);
	RUN(machine_check_codes);
	return test_done();
}
