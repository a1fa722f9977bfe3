// SPDX-License-Identifier: Apache-2.0
/* Rows between a worker and the scanner: there and back, and damaged. */
#include "test.h"

#include "../../kdtools/scan/row.h"

static const struct results_signature sigs[] = {
	{ "Q1", "one", "stop", "high", "fires", 93, "{\"id\":1}" },
	{ "Q2", "two", "hang", "low", "unknown", 0, NULL },
};

static struct results_dump sample(void)
{
	return (struct results_dump){
		.path = "a/b.zip!M.DMP", .size = 0x123456789a, .mtime_ns = -5,
		.judge = "j", .judged_at = 77, .outcome = RESULTS_JUDGED,
		.format = "dmp64", .machine = "x64", .os = "10.0",
		.has_code = true, .code = 0x7f, .arg = { 8, 1, 2, UINT64_MAX },
		.code_name = "UNEXPECTED_KERNEL_MODE_TRAP", .crash_time = 99,
		.bucket = "0x7f_8", .modules = "\na.sys ? ?\n",
		.frames = "\nnt!A\n", .json = "{}", .sig = sigs, .nsig = 2,
	};
}

static void there_and_back(void)
{
	struct results_dump d = sample(), got;
	struct ntr_arena arena = { 0 };
	struct ntr_str s = { 0 };

	scan_row_encode(&s, &d);
	CHECK_EQ(scan_row_decode((u8 *)s.s, s.len, &arena, &got, NULL), 0);
	CHECK_STR(got.path, "a/b.zip!M.DMP");
	CHECK_EQ(got.size, 0x123456789a);
	CHECK_EQ(got.mtime_ns, -5);
	CHECK_EQ(got.arg[3], UINT64_MAX);
	CHECK(got.has_code && got.code == 0x7f && got.outcome == RESULTS_JUDGED);
	CHECK(!got.error && !got.blame && !got.process);
	CHECK_STR(got.frames, "\nnt!A\n");
	CHECK_EQ(got.nsig, 2);
	CHECK_STR(got.sig[0].json, "{\"id\":1}");
	CHECK_EQ(got.sig[0].confidence, 93);
	CHECK_STR(got.sig[1].value, "unknown");
	CHECK(!got.sig[1].json);
	ntr_arena_fini(&arena);
	ntr_str_fini(&s);
}

/* Each length in a block of its own, so that a sanitizer sees overreads. */
static void cut_at_every_length(void)
{
	struct results_dump d = sample(), got;
	struct ntr_str s = { 0 };
	unsigned taken = 0;

	scan_row_encode(&s, &d);
	for (size_t n = 0; n < s.len; n++) {
		struct ntr_arena arena = { 0 };
		u8 *p = malloc(n ? n : 1);

		memcpy(p, s.s, n);
		taken += !scan_row_decode(p, n, &arena, &got, NULL);
		ntr_arena_fini(&arena);
		free(p);
	}
	CHECK_EQ(taken, 0);
	ntr_str_fini(&s);
}

static void each_byte_damaged(void)
{
	struct results_dump d = sample(), got;
	struct ntr_str s = { 0 };
	unsigned refused = 0;

	scan_row_encode(&s, &d);
	for (size_t i = 0; i < s.len; i++)
		for (unsigned k = 0; k < 3; k++) {
			struct ntr_arena arena = { 0 };
			char old = s.s[i];

			s.s[i] = k == 0 ? 0 : k == 1 ? (char)0xff :
						      (char)(old ^ 0x10);
			refused += scan_row_decode((u8 *)s.s, s.len, &arena,
						   &got, NULL) == NTR_BAD;
			s.s[i] = old;
			ntr_arena_fini(&arena);
		}
	CHECK(refused > 0);
	ntr_str_fini(&s);
}

static void wrong_outcome_and_path(void)
{
	struct ntr_arena arena = { 0 };
	struct ntr_str s = { 0 };
	struct results_dump d = sample(), got;

	d.outcome = (enum results_outcome)99;
	scan_row_encode(&s, &d);
	CHECK_EQ(scan_row_decode((u8 *)s.s, s.len, &arena, &got, NULL),
		 NTR_BAD);
	d = sample();
	d.path = NULL;
	ntr_str_clear(&s);
	scan_row_encode(&s, &d);
	CHECK_EQ(scan_row_decode((u8 *)s.s, s.len, &arena, &got, NULL),
		 NTR_BAD);
	ntr_arena_fini(&arena);
	ntr_str_fini(&s);
}

int main(void)
{
	RUN(there_and_back);
	RUN(cut_at_every_length);
	RUN(each_byte_damaged);
	RUN(wrong_outcome_and_path);
	return test_done();
}
