// SPDX-License-Identifier: Apache-2.0
#include "../../kdtools/cli/session.h"
#include "test.h"

static void sizes(void)
{
	static const struct {
		const char *text;
		bool good;
		u64 want;
	} t[] = {
		{ "0", true, 0 },
		{ "4096", true, 4096 },
		{ "0x1000", true, 4096 },
		{ "64k", true, 65536 },
		{ "64K", true, 65536 },
		{ "16M", true, 16777216 },
		{ "2G", true, UINT64_C(2147483648) },
		{ "1T", true, UINT64_C(1099511627776) },
		{ "1GiB", true, 1073741824 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ "k", false, 0 },
		{ "1x", false, 0 },
		{ "1kk", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "18446744073709551615T", false, 0 },
		{ "17179869184G", false, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		u64 v = 42;

		CHECK_EQ(ntr_parse_size(t[i].text, &v), t[i].good);
		CHECK_EQ(v, t[i].good ? t[i].want : 42);
	}
}

static void addresses_without_names(void)
{
	static const struct {
		const char *text;
		bool good;
		u64 want;
	} t[] = {
		{ "0", true, 0 },
		{ "0x80100000", true, 0x80100000 },
		{ "80100000", true, 0x80100000 },
		{ "fffff804`7bdf5a80", true, UINT64_C(0xfffff8047bdf5a80) },
		{ "0xFFFFF804`7BDF5A80", true, UINT64_C(0xfffff8047bdf5a80) },
		{ "1000+10", true, 0x1010 },
		{ "0x1000+0x10", true, 0x1010 },
		{ "ffffffffffffffff", true, UINT64_MAX },
		{ "", false, 0 },
		{ "0x", false, 0 },
		{ "`", false, 0 },
		{ "nt", false, 0 },
		{ "1000+", false, 0 },
		{ "1000+zz", false, 0 },
		{ "+10", false, 0 },
		{ "10000000000000000", false, 0 },
		{ "12 34", false, 0 },
	};
	struct ntr_err e;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		u64 v = 42;

		e.msg[0] = 0;
		CHECK_EQ(ntr_parse_addr(NULL, t[i].text, &v, &e),
			 t[i].good ? NTR_OK : NTR_USAGE);
		CHECK_EQ(v, t[i].good ? t[i].want : 42);
		CHECK_EQ(e.msg[0] != 0, !t[i].good);
	}
}

static void addresses_as_text(void)
{
	char out[24];

	ntr_va_text(out, UINT64_C(0xfffff8047bdf5a80), 8);
	CHECK_STR(out, "fffff804`7bdf5a80");
	ntr_va_text(out, 0x8e34e000, 4);
	CHECK_STR(out, "8e34e000");
	ntr_va_text(out, 0, 8);
	CHECK_STR(out, "00000000`00000000");
	/* what does not fit is shown whole, whatever the width */
	ntr_va_text(out, UINT64_C(0x100000000), 4);
	CHECK_STR(out, "00000001`00000000");
}

static void uptime_is_rounded(void)
{
	CHECK_EQ(ntr_uptime_seconds(0), 0);
	CHECK_EQ(ntr_uptime_seconds(4999999), 0);
	CHECK_EQ(ntr_uptime_seconds(5000000), 1);
	CHECK_EQ(ntr_uptime_seconds(37470000), 4);
	CHECK_EQ(ntr_uptime_seconds(UINT64_MAX), UINT64_C(1844674407371));
}

static void machines_have_names(void)
{
	char buf[32];

	CHECK_STR(ntr_machine_text(buf, 0x8664), "x64");
	CHECK_STR(ntr_machine_text(buf, 0x1234), "machine 0x1234");
	CHECK(!ntr_machine_text(buf, 0));
}

int main(void)
{
	RUN(sizes);
	RUN(addresses_without_names);
	RUN(addresses_as_text);
	RUN(uptime_is_rounded);
	RUN(machines_have_names);
	return test_done();
}
