// SPDX-License-Identifier: Apache-2.0
/* Calls before an address: encodings written out by hand from the manuals. */
#include "test.h"
#include "unw/unw.h"

#define BASE UINT64_C(0xfffff80000001000)

struct one {
	u32 machine;
	uint8_t b[8];
	size_t n;
	bool call;
	int64_t target; /* relative to the return address; 0: none */
};

#define X64 NTR_MACHINE_AMD64
#define X86 NTR_MACHINE_X86
#define A64 NTR_MACHINE_ARM64
#define AXP NTR_MACHINE_ALPHA

static const struct one cases[] = {
	{ X64, { 0xe8, 0x10, 0, 0, 0 }, 5, true, 0x10 },
	{ X64, { 0xe8, 0xf0, 0xff, 0xff, 0xff }, 5, true, -0x10 },
	{ X64, { 0xff, 0xd0 }, 2, true, 0 },
	{ X64, { 0x41, 0xff, 0xd7 }, 3, true, 0 },
	{ X64, { 0xff, 0x10 }, 2, true, 0 },
	{ X64, { 0xff, 0x14, 0xc8 }, 3, true, 0 },
	{ X64, { 0xff, 0x14, 0x25, 1, 2, 3, 4 }, 7, true, 0 },
	{ X64, { 0xff, 0x15, 1, 2, 3, 4 }, 6, true, 0 },
	{ X64, { 0x48, 0xff, 0x15, 1, 2, 3, 4 }, 7, true, 0 },
	{ X64, { 0xff, 0x56, 0x30 }, 3, true, 0 },
	{ X64, { 0xff, 0x54, 0x24, 0x30 }, 4, true, 0 },
	{ X64, { 0xff, 0x90, 1, 2, 3, 4 }, 6, true, 0 },
	{ X64, { 0xff, 0x94, 0x24, 1, 2, 3, 4 }, 7, true, 0 },
	{ X64, { 0xff, 0x1d, 1, 2, 3, 4 }, 6, true, 0 },
	{ X64, { 0xff, 0xe0 }, 2, false, 0 },       /* jmp rax */
	{ X64, { 0xff, 0x25, 1, 2, 3, 4 }, 6, false, 0 },
	{ X64, { 0xff, 0x70, 0x30 }, 3, false, 0 }, /* push */
	{ X64, { 0xff, 0xd8 }, 2, false, 0 },       /* no far call of a register */
	{ X64, { 0xe9, 1, 2, 3, 4 }, 5, false, 0 },
	{ X64, { 0x9a, 1, 2, 3, 4, 8, 0 }, 7, false, 0 },
	{ X86, { 0x9a, 1, 2, 3, 4, 8, 0 }, 7, true, 0 },
	{ X86, { 0xe8, 0x10, 0, 0, 0 }, 5, true, 0x10 },
	{ X86, { 0xff, 0xd2 }, 2, true, 0 },
	{ X86, { 0xff, 0x15, 1, 2, 3, 4 }, 6, true, 0 },
	{ A64, { 0x04, 0, 0, 0x94 }, 4, true, 0xc },   /* bl +16 */
	{ A64, { 0xff, 0xff, 0xff, 0x97 }, 4, true, -8 }, /* bl -4 */
	{ A64, { 0x00, 0x01, 0x3f, 0xd6 }, 4, true, 0 },  /* blr x8 */
	{ A64, { 0x11, 0x09, 0x3f, 0xd7 }, 4, true, 0 },  /* blraa x8, x17 */
	{ A64, { 0x1f, 0x09, 0x3f, 0xd6 }, 4, true, 0 },  /* blraaz x8 */
	{ A64, { 0x04, 0, 0, 0x14 }, 4, false, 0 },       /* b */
	{ A64, { 0x00, 0x01, 0x1f, 0xd6 }, 4, false, 0 }, /* br x8 */
	{ AXP, { 0x02, 0, 0x40, 0xd3 }, 4, true, 8 },     /* bsr ra, +2 */
	{ AXP, { 0xff, 0xff, 0x5f, 0xd3 }, 4, true, -4 }, /* bsr ra, -1 */
	{ AXP, { 0x00, 0x40, 0x5b, 0x6b }, 4, true, 0 },  /* jsr ra, (t12) */
	{ AXP, { 0x01, 0x80, 0xfa, 0x6b }, 4, false, 0 }, /* ret */
	{ AXP, { 0x00, 0x00, 0xfb, 0x6b }, 4, false, 0 }, /* jmp */
};

static void encodings(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct one *c = &cases[i];
		uint8_t mem[16];
		struct ntr_mem_space s;
		bool call = !c->call;
		u64 target = 1, base = c->machine == X86 || c->machine == AXP ?
					       0x80001000u : BASE;
		u64 ret = base + 16;

		memset(mem, 0x90, sizeof(mem));
		memcpy(mem + 16 - c->n, c->b, c->n);
		ntr_mem_space_init(&s, base, mem, sizeof(mem));
		CHECK_EQ(ntr_is_call_before(c->machine, &s.s, ret, &call,
					    &target), NTR_OK);
		if (call != c->call)
			TEST_FAIL("case %zu: call is %d", i, call);
		CHECK_EQ(target, c->target ? ret + (u64)c->target : 0);
	}
}

/* A part of the bytes may prove a call, never its absence. */
static void partly_readable(void)
{
	static const uint8_t yes[] = { 0xe8, 1, 0, 0, 0 };
	static const uint8_t no[] = { 0x90, 0x90, 0x90 };
	struct ntr_mem_space s;
	bool call = false;
	u64 target;

	ntr_mem_space_init(&s, BASE, yes, sizeof(yes));
	CHECK_EQ(ntr_is_call_before(X64, &s.s, BASE + 5, &call, &target),
		 NTR_OK);
	CHECK(call);
	CHECK_EQ(target, BASE + 6);
	ntr_mem_space_init(&s, BASE, no, sizeof(no));
	CHECK_EQ(ntr_is_call_before(X64, &s.s, BASE + 3, &call, &target),
		 NTR_ABSENT);
	CHECK_EQ(ntr_is_call_before(X64, &s.s, BASE, &call, &target),
		 NTR_ABSENT);
	CHECK_EQ(ntr_is_call_before(X64, &s.s, 1, &call, &target), NTR_ABSENT);
	CHECK_EQ(ntr_is_call_before(A64, &s.s, BASE + 8, &call, &target),
		 NTR_ABSENT);
}

static void odd_questions(void)
{
	uint8_t mem[16] = { 0 };
	struct ntr_mem_space s;
	bool call = true;
	u64 target;

	ntr_mem_space_init(&s, BASE, mem, sizeof(mem));
	/* an instruction of a RISC machine cannot end at an odd place */
	CHECK_EQ(ntr_is_call_before(A64, &s.s, BASE + 6, &call, &target),
		 NTR_OK);
	CHECK(!call);
	CHECK_EQ(ntr_is_call_before(NTR_MACHINE_R4000, &s.s, BASE + 8, &call,
				    &target), NTR_UNSUP);
}

int main(void)
{
	RUN(encodings);
	RUN(partly_readable);
	RUN(odd_questions);
	return test_done();
}
