// SPDX-License-Identifier: Apache-2.0
/* The debugger data block, plain and encoded; names of releases. */
#include "kobj/kdbg.h"

#include "kobj/os_name.h"
#include "test.h"

#define K64 UINT64_C(0xfffff80000000000)

/* --- KDBG ------------------------------------------------------------------------ */

/* Encoding, the inverse of what is published for decoding: written here from
 * the description, value by value. */
static uint64_t encode(uint64_t plain, uint64_t never, uint64_t always,
		       uint64_t addr)
{
	uint64_t v = plain ^ always, swapped = 0;
	unsigned n = (unsigned)(never & 0xff) % 64;

	for (int i = 0; i < 8; i++)
		swapped = swapped << 8 | (v >> 8 * i & 0xff);
	v = swapped ^ addr;
	if (n)
		v = v >> n | v << (64 - n);
	return v ^ never;
}

static void decodes_an_encoded_block(void)
{
	static const uint64_t never[] = { UINT64_C(0x004c0b5dd7b3e2f1), 0x40,
					  UINT64_C(0xffffffffffffffff) };
	uint8_t plain[0x40] = { 0 }, coded[0x40];

	put64(plain, 0, K64 + 0x1234);
	memcpy(plain + 0x10, "KDBG", 4);
	put32(plain, 0x14, 0x368);
	put64(plain, 0x18, K64 + 0x100000);
	for (size_t k = 0; k < 3; k++) {
		struct ntr_kdbg_keys keys = {
			.wait_never = never[k],
			.wait_always = UINT64_C(0x00ab4561dd5c1122),
			.encoded_va = K64 + 0x2f4b80,
		};

		for (size_t i = 0; i < sizeof(plain); i += 8) {
			uint64_t v = 0;

			for (int j = 7; j >= 0; j--)
				v = v << 8 | plain[i + (size_t)j];
			put64(coded, i, encode(v, keys.wait_never,
					       keys.wait_always,
					       keys.encoded_va));
		}
		CHECK(memcmp(coded + 0x10, "KDBG", 4) != 0);
		CHECK(ntr_kdbg_decode(&keys, coded, sizeof(coded)));
		CHECK(!memcmp(coded, plain, sizeof(plain)));
		keys.wait_always++;
		CHECK(!ntr_kdbg_decode(&keys, coded, sizeof(coded)));
	}
}

static void blocks_that_are_none(void)
{
	uint8_t b[0x700] = { 0 };
	struct ntr_mem_space m;
	struct ntr_kdbg k;

	memcpy(b + 0x10, "KDBG", 4);
	put32(b, 0x14, 0x340);
	put64(b, 0x18, 0xffffffff80400000); /* sign-extended */
	put64(b, 0x48, 0xffffffff8046fee0);
	ntr_mem_space_init(&m, 0x80460000, b, sizeof(b));
	CHECK_EQ(ntr_kdbg_read(&k, &m.s, 0x80460000, 4, NULL), NTR_OK);
	CHECK_EQ(ntr_kdbg_u64(&k, 0x18), 0x80400000);
	CHECK_EQ(ntr_kdbg_u64(&k, 0x33c), 0); /* beyond its size */
	CHECK_EQ(ntr_kdbg_u16(&k, 0x33e), 0);
	put32(b, 0x14, 0x10000);
	CHECK_EQ(ntr_kdbg_read(&k, &m.s, 0x80460000, 4, NULL), NTR_BAD);
	put32(b, 0x14, 0x20);
	CHECK_EQ(ntr_kdbg_read(&k, &m.s, 0x80460000, 4, NULL), NTR_BAD);
	put32(b, 0x14, 0x208);
	put64(b, 0x18, 0x80400010);
	CHECK_EQ(ntr_kdbg_read(&k, &m.s, 0x80460000, 4, NULL), NTR_BAD);
	put64(b, 0x18, 0x400000);
	CHECK_EQ(ntr_kdbg_read(&k, &m.s, 0x80460000, 4, NULL), NTR_BAD);
	CHECK_EQ(ntr_kdbg_read(&k, &m.s, 0x70000000, 4, NULL), NTR_ABSENT);
}

/* --- names of releases -------------------------------------------------------------- */

static void names_of_releases(void)
{
	static const struct {
		uint32_t machine, build, product, suite;
		const char *name;
		bool exact;
	} rows[] = {
		{ 0x14c, 511, 0, 0, "Windows NT 3.1", true },
		{ 0x14c, 807, 0, 0, "Windows NT 3.50", true },
		{ 0x184, 1057, 0, 0, "Windows NT 3.51", true },
		{ 0x184, 1381, 0, 0, "Windows NT 4.0", true },
		{ 0x14c, 1381, 3, 0x10,
		  "Windows NT 4.0 Terminal Server", true },
		{ 0x14c, 2195, 1, 0, "Windows 2000", true },
		{ 0x14c, 2195, 3, 0, "Windows 2000", true },
		{ 0x14c, 2600, 1, 0, "Windows XP", true },
		{ 0x8664, 3790, 1, 0, "Windows XP x64", true },
		{ 0x8664, 3790, 3, 0, "Windows Server 2003", true },
		{ 0x200, 3790, 2, 0, "Windows Server 2003", true },
		{ 0x8664, 6001, 3, 0, "Windows Server 2008", true },
		{ 0x8664, 6002, 1, 0, "Windows Vista", true },
		{ 0x8664, 7601, 2, 0, "Windows Server 2008 R2", true },
		{ 0x14c, 9200, 1, 0, "Windows 8", true },
		{ 0x8664, 9600, 3, 0, "Windows Server 2012 R2", true },
		{ 0x8664, 17763, 3, 0, "Windows Server 2019", true },
		{ 0x8664, 19041, 1, 0, "Windows 10 2004-22H2", true },
		{ 0x8664, 20348, 3, 0, "Windows Server 2022", true },
		{ 0xaa64, 22000, 1, 0, "Windows 11 21H2", true },
		{ 0x8664, 26100, 3, 0, "Windows Server 2025", true },
		{ 0x8664, 7100, 1, 0, "Windows 7 (beta)", false },
		{ 0x8664, 30000, 1, 0, "Windows 11", false },
	};
	bool exact;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_STR(ntr_os_name(rows[i].machine, rows[i].build,
				      rows[i].product, rows[i].suite, &exact),
			  rows[i].name);
		CHECK_EQ(exact, rows[i].exact);
	}
	CHECK(ntr_os_name(0x14c, 0, 0, 0, &exact) == NULL);
	CHECK_EQ(ntr_service_pack(2600, 2180), 2);
	CHECK_EQ(ntr_service_pack(3790, 3959), 2);
	CHECK_EQ(ntr_service_pack(3790, 0), 0);
	CHECK_EQ(ntr_service_pack(7601, 0), 1);
}

int main(void)
{
	RUN(decodes_an_encoded_block);
	RUN(blocks_that_are_none);
	RUN(names_of_releases);
	return test_done();
}
