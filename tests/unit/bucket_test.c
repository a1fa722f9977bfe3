// SPDX-License-Identifier: Apache-2.0
/* Hashes against published outputs of WinDbg and of Windows' own stack hash. */
#include "test.h"
#include "triage/verdict.h"

static void failure_hash_is_windbgs(void)
{
	static const char *const v[][2] = {
		{ "AV_NDIS!NdisQueueIoWorkItem",
		  "10686423-afa1-4852-ad1b-9324ac44ac96" },
		{ "X64_0x7f_8_ql2300+69416",
		  "0f9ebaaf-2e04-8097-fea0-1da0b10cd026" },
		{ "0x1E_c0000005_R_nt!CmpCreateKeyBody",
		  "c4b33015-e33f-270e-d1a4-e4a9a8d630df" },
		{ "0x7f_8_DfDiskLo!unknown_function",
		  "8fad4b6b-1c95-746a-16ad-6364a3fe818d" },
	};
	char hash[37];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		ntr_failure_hash(v[i][0], hash);
		CHECK_STR(hash, v[i][1]);
	}
}

static void failure_hash_ignores_letter_case(void)
{
	char a[37], b[37];

	ntr_failure_hash("AV_TCPIP!Foo", a);
	ntr_failure_hash("av_tcpip!foo", b);
	CHECK_STR(a, b);
}

static void stack_hashes_match_the_published_vector(void)
{
	static const struct ntr_hash_frame f[] = {
		{ "nt", "KeBugCheckEx", 0 },
		{ "nt", "KiBugCheckDispatch", 0x69 },
		{ "nt", "KiPageFault", 0x23d },
		{ "NDIS", "NdisQueueIoWorkItem", 0x4 },
		{ "nt", "KiProcessExpiredTimerList", 0x153 },
		{ "nt", "KiRetireDpcList", 0x43d },
		{ "nt", "KiIdleLoop", 0x5a },
	};
	char mod[41], func[41], off[41];

	ntr_stack_hashes(f, 7, mod, func, off);
	CHECK_STR(mod, "20edda059578820e64b723e466deea47f59bd675");
	CHECK_STR(func, "5b59a784f22d4b5cbd5a8452fe39914b8fd7961d");
	CHECK_STR(off, "5643383f9cae3ca39073f7721b53f0c633bfb948");
}

/* SHA-1 of "ntamdppm", "ntamdppm" and "nt+0amdppm+0" by sha1sum. */
static void frames_without_symbols_hash_as_plus_zero(void)
{
	static const struct ntr_hash_frame f[] = {
		{ "nt", NULL, 0x3f8f60 },
		{ "amdppm", NULL, 0x334c },
	};
	char mod[41], func[41], off[41];

	ntr_stack_hashes(f, 2, mod, func, off);
	CHECK_STR(mod, "f61d2ff36ae9c6147b5a6157f9698a7715644df5");
	CHECK_STR(func, "f61d2ff36ae9c6147b5a6157f9698a7715644df5");
	CHECK_STR(off, "53162841fce498eb8a43b43d23af333430248ec4");
}

int main(void)
{
	RUN(failure_hash_is_windbgs);
	RUN(failure_hash_ignores_letter_case);
	RUN(stack_hashes_match_the_published_vector);
	RUN(frames_without_symbols_hash_as_plus_zero);
	return test_done();
}
