// SPDX-License-Identifier: Apache-2.0
/* The bug-check tables against literal codes and names of the reference. */
#include "test.h"
#include "triage/bugcheck.h"

static const char *name_of(uint32_t code)
{
	const struct ntr_bugcheck *b = ntr_bugcheck_find(code);

	return b ? b->name : NULL;
}

static void codes_are_sorted_and_unique(void)
{
	CHECK(ntr_bugcheck_count() > 450);
	for (size_t i = 1; i < ntr_bugcheck_count(); i++)
		CHECK(ntr_bugcheck_at(i - 1)->code < ntr_bugcheck_at(i)->code);
	for (size_t i = 0; i < ntr_bugcheck_count(); i++)
		CHECK(ntr_bugcheck_find(ntr_bugcheck_at(i)->code) ==
		      ntr_bugcheck_at(i));
	CHECK(!ntr_bugcheck_at(ntr_bugcheck_count()));
}

/* Every code with a row in the reference table. */
static void described_codes_have_parameters(void)
{
	static const uint32_t code[] = {
		0x01, 0x0A, 0x18, 0x19, 0x1A, 0x1E, 0x20, 0x23, 0x24, 0x25,
		0x26, 0x2B, 0x2E, 0x34, 0x35, 0x3B, 0x3D, 0x3F, 0x44, 0x4D,
		0x4E, 0x50, 0x51, 0x73, 0x74, 0x76, 0x77, 0x7A, 0x7B, 0x7C,
		0x7D, 0x7E, 0x7F, 0x80, 0x8E, 0x93, 0x96, 0x9C, 0x9F, 0xA0,
		0xA5, 0xB8, 0xBE, 0xC1, 0xC2, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8,
		0xC9, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF, 0xD0, 0xD1, 0xD3,
		0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xDA, 0xDB, 0xDE, 0xE2, 0xE3,
		0xE4, 0xE6, 0xEA, 0xED, 0xEF, 0xF4, 0xF7, 0xFC, 0xFE, 0x101,
		0x103, 0x109, 0x10D, 0x10E, 0x113, 0x116, 0x117, 0x119, 0x124,
		0x12B, 0x133, 0x135, 0x139, 0x13A, 0x144, 0x154, 0x157, 0x15D,
		0x160, 0x161, 0x18B, 0x1AA, 0x1C8, 0x1CA, 0x1CB, 0x1D5,
		0xC0000218, 0xC000021A, 0xC0000221,
	};

	for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
		const struct ntr_bugcheck *b = ntr_bugcheck_find(code[i]);
		bool any = false;

		CHECK(b != NULL);
		for (unsigned p = 1; b && p <= 4; p++)
			any |= ntr_bugcheck_param(b, NULL, p)->meaning != NULL;
		if (!any)
			TEST_FAIL("0x%x describes no parameter", code[i]);
		if (b && !b->text)
			TEST_FAIL("0x%x has no sentence", code[i]);
	}
	CHECK_STR(name_of(0x22), "FILE_SYSTEM");
	CHECK_STR(name_of(0xA1), "PCI_BUS_DRIVER_INTERNAL");
}

static void names_are_the_documented_ones(void)
{
	static const struct {
		uint32_t code;
		const char *name;
	} want[] = {
		{ 0x01, "APC_INDEX_MISMATCH" },
		{ 0x0A, "IRQL_NOT_LESS_OR_EQUAL" },
		{ 0x1E, "KMODE_EXCEPTION_NOT_HANDLED" },
		{ 0x3B, "SYSTEM_SERVICE_EXCEPTION" },
		{ 0x50, "PAGE_FAULT_IN_NONPAGED_AREA" },
		{ 0x58, "FTDISK_INTERNAL_ERROR" },
		{ 0x79, "MISMATCHED_HAL" },
		{ 0x7B, "INACCESSIBLE_BOOT_DEVICE" },
		{ 0x7E, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED" },
		{ 0x7F, "UNEXPECTED_KERNEL_MODE_TRAP" },
		{ 0x9F, "DRIVER_POWER_STATE_FAILURE" },
		{ 0xC2, "BAD_POOL_CALLER" },
		{ 0xC4, "DRIVER_VERIFIER_DETECTED_VIOLATION" },
		{ 0xD1, "DRIVER_IRQL_NOT_LESS_OR_EQUAL" },
		{ 0xE2, "MANUALLY_INITIATED_CRASH" },
		{ 0xEF, "CRITICAL_PROCESS_DIED" },
		{ 0x101, "CLOCK_WATCHDOG_TIMEOUT" },
		{ 0x124, "WHEA_UNCORRECTABLE_ERROR" },
		{ 0x133, "DPC_WATCHDOG_VIOLATION" },
		{ 0x139, "KERNEL_SECURITY_CHECK_FAILURE" },
		{ 0x161, "LIVE_SYSTEM_DUMP" },
		{ 0x1C8, "MANUALLY_INITIATED_POWER_BUTTON_HOLD" },
		{ 0x1DB, "IPI_WATCHDOG_TIMEOUT" },
		{ 0x20001, "HYPERVISOR_ERROR" },
		{ 0x4000008A, "THREAD_TERMINATE_HELD_MUTEX" },
		{ 0xC0000218, "STATUS_CANNOT_LOAD_REGISTRY_FILE" },
		{ 0xC000021A, "STATUS_SYSTEM_PROCESS_TERMINATED" },
		{ 0xDEADDEAD, "MANUALLY_INITIATED_CRASH1" },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		CHECK_STR(name_of(want[i].code), want[i].name);
	CHECK(!ntr_bugcheck_find(0x5454414D));
	CHECK(!ntr_bugcheck_find(0x83));
}

static void codes_are_normalised(void)
{
	char mark[5];

	CHECK_EQ(ntr_bugcheck_normalise(0x1000007E), 0x7E);
	CHECK_EQ(ntr_bugcheck_normalise(0x1000007F), 0x7F);
	CHECK_EQ(ntr_bugcheck_normalise(0x1000008E), 0x8E);
	CHECK_EQ(ntr_bugcheck_normalise(0x100000EA), 0xEA);
	CHECK_EQ(ntr_bugcheck_normalise(0x9000007E), 0x7E);
	CHECK_EQ(ntr_bugcheck_normalise(0x4000008A), 0x4000008A);
	CHECK_EQ(ntr_bugcheck_normalise(0xC0000218), 0xC0000218);
	CHECK_EQ(ntr_bugcheck_normalise(0xDEADDEAD), 0xDEADDEAD);
	CHECK_EQ(ntr_bugcheck_normalise(0xA0000001), 0xA0000001);
	CHECK_EQ(ntr_bugcheck_normalise(0x5454414D), 0x5454414D);
	CHECK(ntr_bugcheck_is_custom(0xA0000001));
	CHECK(!ntr_bugcheck_is_custom(0x1000007E));
	CHECK(ntr_bugcheck_tool_mark(0x5454414D, mark));
	CHECK_STR(mark, "MATT");
	CHECK(!ntr_bugcheck_tool_mark(0xA0000001, mark));
	CHECK(!ntr_bugcheck_tool_mark(0x7E, mark));
}

static const char *case_of(uint32_t code, uint64_t p1, uint64_t p4)
{
	const struct ntr_bugcheck *b = ntr_bugcheck_find(code);
	const uint64_t arg[4] = { p1, 0, 0, p4 };
	const struct ntr_bc_case *c = ntr_bugcheck_case(b, arg);

	return c ? c->text : NULL;
}

static bool has_case(uint32_t code, uint64_t v)
{
	return case_of(code, v, v) != NULL;
}

static void every_subcode_of_the_tables_is_there(void)
{
	static const uint64_t pool19[] = { 2, 3, 5, 6, 7, 8, 9, 0xA, 0xD, 0xE,
		0xF, 0x23, 0x24, 0x25, 0x20, 0x21, 0x22 };
	static const uint64_t c2[] = { 0, 1, 2, 4, 6, 7, 8, 9, 0xA, 0xB, 0xC,
		0xD, 0x40, 0x41, 0x47, 0x42, 0x43, 0x44, 0x46, 0x48, 0x50,
		0x60, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x41286 };
	static const uint64_t mm[] = { 0x31, 0x3F, 0x403, 0x404, 0x411, 0x777,
		0x778, 0x780, 0x781, 0x1000, 0x1010, 0x1233, 0x1234, 0x1235,
		0x1236, 0x1240, 0x1241, 0x3300, 0x3451, 0x3453, 0x3470,
		0x4477, 0x5003, 0x5100, 0x5200, 0x5305, 0x6001, 0x8884,
		0x8889, 0x888A, 0x9696, 0x15000, 0x15001, 0x41201, 0x41202,
		0x41283, 0x41284, 0x41285, 0x41286, 0x41287, 0x41790, 0x41792,
		0x41793, 0x61940, 0x61941, 0x61946, 0x61948, 0x61949, 0x6194A,
		0x03030308 };
	static const uint64_t c4[] = { 0, 1, 2, 0x10, 0x11, 0x12, 0x13, 0x14,
		0x15, 0x16, 0x17, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36,
		0x37, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F, 0x40,
		0x42, 0x51, 0x54, 0x59, 0x60, 0x61, 0x62, 0x6F, 0x7F, 0x80,
		0x81, 0x82, 0x85, 0x83, 0x89, 0x91, 0xA0, 0xA2, 0xB0, 0xB9,
		0xC0, 0xC3, 0xC5, 0xC6, 0xCA, 0xCD, 0xD0, 0xD2, 0xD5, 0xD7,
		0xDA, 0xDD, 0xDF, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xEA,
		0xEB, 0xF0, 0xF5, 0xF6, 0xF7, 0xFA, 0xFC, 0x1000, 0x1001,
		0x1002, 0x1003, 0x20004, 0x40001, 0x80001, 0x91001 };
	static const uint64_t fast[] = { 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12,
		13, 14, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 37,
		38, 39 };
	static const uint64_t power[] = { 1, 2, 3, 4, 5, 6, 0x500 };

	for (uint64_t i = 0; i <= 0x13; i++)
		CHECK(has_case(0x7F, i));
	for (size_t i = 0; i < sizeof(pool19) / 8; i++)
		CHECK(has_case(0x19, pool19[i]));
	for (size_t i = 0; i < sizeof(c2) / 8; i++)
		CHECK(has_case(0xC2, c2[i]));
	for (size_t i = 0; i < sizeof(mm) / 8; i++)
		if (!has_case(0x1A, mm[i]))
			TEST_FAIL("no 0x1A case 0x%" PRIx64, mm[i]);
	for (size_t i = 0; i < sizeof(c4) / 8; i++)
		if (!has_case(0xC4, c4[i]))
			TEST_FAIL("no 0xC4 case 0x%" PRIx64, c4[i]);
	for (size_t i = 0; i < sizeof(fast) / 8; i++)
		CHECK(has_case(0x139, fast[i]));
	for (size_t i = 0; i < sizeof(power) / 8; i++)
		CHECK(has_case(0x9F, power[i]));
	for (uint64_t i = 1; i <= 0xF; i++)
		CHECK(has_case(0xA0, i));
	CHECK(!has_case(0x139, 0x1234));
}

static void cases_change_what_parameters_mean(void)
{
	const struct ntr_bugcheck *b = ntr_bugcheck_find(0xC2);
	const uint64_t arg[4] = { 7, 0, 0, 0 };
	const struct ntr_bc_case *c = ntr_bugcheck_case(b, arg);

	CHECK_HAS(c ? c->text : NULL, "already free");
	CHECK_STR(ntr_bugcheck_param(b, c, 4)->meaning,
		  "block that was freed twice");
	/* 0xC1 and 0x109 are told apart by parameter 4. */
	CHECK_HAS(case_of(0xC1, 0, 0x24), "behind the end");
	CHECK_HAS(case_of(0x109, 0, 2), "interrupt descriptor");
	/* The narrower of two ranges wins: 0x100-0x1FF holds 0x101. */
	CHECK_HAS(case_of(0xA0, 0x101, 0), "an exception was raised");
	CHECK_HAS(case_of(0xA0, 0x102, 0), "hibernation failed");
}

static void exceptions_are_where_the_reference_says(void)
{
	static const struct {
		uint32_t code;
		uint8_t how, param, ip;
	} want[] = {
		{ 0x0A, NTR_CTX_STACK, 0, 4 }, { 0xD1, NTR_CTX_STACK, 0, 4 },
		{ 0x50, NTR_CTX_STACK, 0, 3 }, { 0x1E, NTR_CTX_STACK, 0, 2 },
		{ 0x3B, NTR_CTX_CR, 3, 2 },    { 0x7E, NTR_CTX_CR, 4, 2 },
		{ 0x8E, NTR_CTX_TF, 3, 2 },    { 0x7F, NTR_CTX_TSS, 0, 0 },
		{ 0x139, NTR_CTX_TF, 2, 0 },   { 0x1AA, NTR_CTX_CR, 3, 0 },
		{ 0x101, NTR_CTX_CPU, 4, 0 },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct ntr_bugcheck *b = ntr_bugcheck_find(want[i].code);

		CHECK_EQ(b->context[0].how, want[i].how);
		CHECK_EQ(b->context[0].param, want[i].param);
		CHECK_EQ(b->ip, want[i].ip);
	}
	CHECK_EQ(ntr_bugcheck_find(0x124)->mode, NTR_BM_HARDWARE);
	CHECK_EQ(ntr_bugcheck_find(0x9C)->mode, NTR_BM_HARDWARE);
	CHECK_EQ(ntr_bugcheck_find(0xE2)->mode, NTR_BM_MANUAL);
	CHECK_EQ(ntr_bugcheck_find(0x1C8)->mode, NTR_BM_MANUAL);
	CHECK_EQ(ntr_bugcheck_find(0x161)->mode, NTR_BM_LIVE);
	CHECK_EQ(ntr_bugcheck_find(0xCE)->mode, NTR_BM_UNLOADED);
	CHECK_EQ(ntr_bugcheck_find(0x116)->blame, 2);
}

static void statuses_have_names(void)
{
	const char *words = NULL;

	CHECK_STR(ntr_nt_status_name(0xC0000005, &words),
		  "STATUS_ACCESS_VIOLATION");
	CHECK_STR(words, "access violation");
	CHECK_STR(ntr_nt_status_name(0x80000003, NULL), "STATUS_BREAKPOINT");
	CHECK_STR(ntr_nt_status_name(0xC0000185, NULL),
		  "STATUS_IO_DEVICE_ERROR");
	CHECK_STR(ntr_nt_status_name(0xC00000FD, NULL),
		  "STATUS_STACK_OVERFLOW");
	CHECK(!ntr_nt_status_name(0xC1234567, NULL));
}

/* Braces and brackets of every template are closed and known. */
static void template_is_well_formed(const struct ntr_bugcheck *b)
{
	static const char *const word[] = { "p1", "p2", "p3", "p4", "case",
		"case:cap", "ip", "fault", "access", "exc", "pname1" };
	bool inside = false;

	for (const char *s = b->text; *s; s++) {
		bool known = false;

		if (*s == '[' || *s == ']') {
			CHECK(inside == (*s == ']'));
			inside = *s == '[';
		}
		if (*s != '{')
			continue;
		for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
			size_t n = strlen(word[i]);

			known |= !strncmp(s + 1, word[i], n) &&
				 (s[n + 1] == '}' || s[n + 1] == '|');
		}
		if (!known)
			TEST_FAIL("0x%x: \"%s\"", b->code, b->text);
	}
	CHECK(!inside);
}

static void templates_are_well_formed(void)
{
	for (size_t i = 0; i < ntr_bugcheck_count(); i++)
		if (ntr_bugcheck_at(i)->text)
			template_is_well_formed(ntr_bugcheck_at(i));
}

static void fills_are_known(void)
{
	CHECK_HAS(ntr_fill_words(0xFEEEFEEE), "freed");
	CHECK_HAS(ntr_fill_words(0xBAADF00D + 8), "never written");
	CHECK(!ntr_fill_words(0x80001000));
}

int main(void)
{
	RUN(codes_are_sorted_and_unique);
	RUN(described_codes_have_parameters);
	RUN(names_are_the_documented_ones);
	RUN(codes_are_normalised);
	RUN(every_subcode_of_the_tables_is_there);
	RUN(cases_change_what_parameters_mean);
	RUN(exceptions_are_where_the_reference_says);
	RUN(statuses_have_names);
	RUN(templates_are_well_formed);
	RUN(fills_are_known);
	return test_done();
}
