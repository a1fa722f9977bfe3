// SPDX-License-Identifier: Apache-2.0
/* Stack overflow: what proves it, what does not, and repeating frames. */
#include "triage_stub.h"
#include "triage/triage.h"

#define NT UINT64_C(0xfffff80100000000)
#define TCP UINT64_C(0xfffff80400000000)
#define DRV UINT64_C(0xfffff80200000000)
#define LO STUB_STACK_LO
#define N 400

/* --- cycles in arrays ---------------------------------------------------- */

static uint64_t ip[N], sp[N];
static size_t n;

static void frame(uint64_t i, uint64_t bytes)
{
	ip[n] = i;
	sp[n] = n ? sp[n - 1] + bytes : LO;
	n++;
}

static void cycle_of(size_t period, size_t count, uint64_t bytes)
{
	n = 0;
	frame(0x111, 0);
	frame(0x222, 0x40);
	for (size_t i = 0; i < period * count; i++)
		frame(0x1000 + i % period, bytes);
	for (size_t i = 0; i < 5; i++)
		frame(0x9000 + i, 0x60);
}

static void exact_cycles_of_periods_1_to_3(void)
{
	for (size_t p = 1; p <= 3; p++) {
		struct ntr_cycle c = { 0 };

		cycle_of(p, 30, 0x50);
		CHECK(ntr_find_cycle(ip, sp, n, &c));
		CHECK(c.found);
		CHECK_EQ(c.first, 2);
		CHECK_EQ(c.period, p);
		CHECK_EQ(c.count, 30);
		/* 30*p strides, the last to the frame after the cycle */
		CHECK_EQ(c.bytes, (30 * p - 1) * 0x50 + 0x60);
	}
}

static void no_cycle_is_no_cycle(void)
{
	struct ntr_cycle c = { 0 };

	n = 0;
	for (size_t i = 0; i < 100; i++)
		frame(0x1000 + i * 0x10, 0x40);
	CHECK(!ntr_find_cycle(ip, sp, n, &c));
	CHECK(!c.found);
	CHECK(!ntr_find_cycle(ip, sp, 0, &c));
	CHECK(!ntr_find_cycle(ip, sp, 1, &c));
	/* the same address twice is no recursion */
	n = 0;
	frame(1, 0);
	frame(2, 8);
	frame(1, 8);
	frame(2, 8);
	CHECK(!ntr_find_cycle(ip, sp, n, &c));
}

/* Frames whose sp does not grow are not a stack. */
static void cycle_needs_a_growing_sp(void)
{
	struct ntr_cycle c = { 0 };

	for (n = 0; n < 50; n++) {
		ip[n] = 0x1000;
		sp[n] = LO;
	}
	CHECK(!ntr_find_cycle(ip, sp, n, &c));
}

/* A scan finds the frames of the recursion and, at irregular places, stale
 * addresses between them. */
static void noisy_cycle(size_t period, size_t count)
{
	uint64_t at = LO;
	unsigned noise = 12345;

	n = 0;
	for (size_t i = 0; i < period * count; i++) {
		ip[n] = 0x1000 + i % period;
		sp[n++] = at;
		noise = noise * 1103515245u + 12345u;
		if (noise >> 16 & 1) { /* never at a regular distance */
			ip[n] = 0x5000 + (noise >> 17 & 0xff);
			sp[n++] = at + 8 + (noise >> 25 & 7) * 8;
		}
		at += 0x60;
	}
}

static void noise_does_not_hide_a_cycle(void)
{
	for (size_t p = 1; p <= 3; p++) {
		struct ntr_cycle c = { 0 };
		bool keep[N];

		noisy_cycle(p, 60);
		CHECK(ntr_find_cycle(ip, sp, n, &c));
		CHECK_EQ(c.period, p);
		CHECK_EQ(c.count, 60);
		CHECK(ntr_find_stride_cycle(ip, sp, n, keep, &c));
		for (size_t i = 0; i < n; i++)
			CHECK_EQ(keep[i], ip[i] < 0x5000);
	}
}

/* --- whole verdicts -------------------------------------------------------- */

static void limits(uint64_t lo, uint64_t hi)
{
	stub.t.thread.stack_limit = lo;
	stub.t.thread.stack_base = hi;
}

static void modules(uint32_t machine)
{
	stub_reset(machine);
	stub_module("nt", machine == NTR_MACHINE_X86 ? 0x80100000 : NT,
		    0x200000);
	stub_module("tcpip", machine == NTR_MACHINE_X86 ? 0xf5000000 : TCP,
		    0x40000);
	stub_module("netkvm", machine == NTR_MACHINE_X86 ? 0xf6000000 : DRV,
		    0x20000);
}

/* NT 3.51, x86: the interrupted task stands at the stack limit, and tcpip
 * calls itself over and over. */
static void x86_double_fault_is_proven_from_the_tss(void)
{
	uint32_t limit = (uint32_t)LO + 0x1000, base = limit + 0x3000;
	struct ntr_verdict *v;
	uint32_t at = limit - 4;

	modules(NTR_MACHINE_X86);
	limits(limit, base);
	stub_bugcheck(0x7F, 8, 0, 0, 0);
	stub_start(0x80112233, (uint32_t)LO + 0x8000); /* the handler's */
	stub.has_tss = true;
	stub.tss = stub_regs(0xf5000100, at);
	stub_frame(0, 0xf5000100, at, NTR_TRUST_CONTEXT);
	for (unsigned i = 0; i < 100; i++, at += 0x38)
		stub_frame(0, i % 2 ? 0xf5001040 : 0xf5002080, at,
			   NTR_TRUST_FRAMEPTR);
	stub_frame(0, 0x80100500, at, NTR_TRUST_FRAMEPTR);
	v = stub_verdict();
	CHECK(v != NULL);
	CHECK_STR(v->context_source, "TSS");
	CHECK_EQ(v->regs.ip, 0xf5000100);
	CHECK_EQ(v->regs.sp, limit - 4);
	CHECK(v->overflow.checked);
	CHECK(v->overflow.proven);
	CHECK_EQ(v->overflow.size, 0x3000);
	CHECK_EQ(v->overflow.used, 0x3004);
	CHECK_HAS(v->overflow.reason, "below the stack limit");
	CHECK_EQ(v->overflow.cycle.period, 2);
	CHECK_EQ(v->overflow.cycle.count, 50);
	CHECK_EQ(v->overflow.cycle.bytes, 100 * 0x38);
	CHECK_STR(v->overflow.cycle.text, "tcpip+0x1040 -> tcpip+0x2080");
	CHECK_HAS(v->explanation, "The kernel stack overflowed");
	CHECK_HAS(v->explanation, "repeats 50 times");
	CHECK_STR(v->blame.module, "tcpip");
	CHECK_STR(v->blame.confidence, "high");
	CHECK_HAS(v->blame.reason, "recursion");
	CHECK_STR(v->bucket.id, "0x7f_8_tcpip!unknown_function");
	CHECK(!v->single_bit);
	ntr_verdict_free(v);
}

/* Four turns of the same recursion with much stack left prove nothing. */
static void bounded_recursion_proves_nothing(void)
{
	struct ntr_verdict *v;
	uint64_t at = LO + 0x4000;

	modules(NTR_MACHINE_AMD64);
	limits(LO + 0x1000, LO + 0x7000);
	stub_bugcheck(0xD1, 8, 2, 0, TCP + 0x40);
	stub_start(TCP + 0x40, at);
	stub_frame(0, TCP + 0x40, at, NTR_TRUST_CONTEXT);
	for (unsigned i = 0; i < 8; i++, at += 0x80)
		stub_frame(0, i % 2 ? TCP + 0x1040 : TCP + 0x2080, at,
			   NTR_TRUST_CFI);
	v = stub_verdict();
	CHECK(v->overflow.checked);
	CHECK(!v->overflow.proven);
	CHECK_HAS(v->overflow.reason, "0x3000 bytes");
	CHECK_EQ(v->overflow.cycle.count, 4);
	CHECK_HAS(v->explanation, "tried to read");
	ntr_verdict_free(v);
}

/* x64: parameters 3 and 4 are sp and ip of the double fault. */
static void x64_double_fault_from_parameters(void)
{
	struct ntr_verdict *v;
	uint64_t at = LO + 0xf60;

	modules(NTR_MACHINE_AMD64);
	limits(LO + 0x1000, LO + 0x7000);
	stub_bugcheck(0x7F, 8, UINT64_C(0xfffff90000000e70), at, DRV + 0x40);
	stub_start(NT + 0x150000, UINT64_C(0xfffff90000000000));
	stub_frame(0, NT + 0x150000, UINT64_C(0xfffff90000000000),
		   NTR_TRUST_CONTEXT);
	stub_frame(1, DRV + 0x40, at, NTR_TRUST_CONTEXT);
	for (unsigned i = 0; i < 200; i++, at += 0x70)
		stub_frame(1, DRV + 0x1000, at + 0x70, NTR_TRUST_CFI);
	v = stub_verdict();
	CHECK_EQ(v->regs.ip, NT + 0x150000);  /* the header's */
	CHECK_EQ(v->fault.ip, DRV + 0x40);
	CHECK_EQ(v->fault_frame, 1);
	CHECK(v->overflow.proven);
	CHECK_EQ(v->overflow.cycle.period, 1);
	CHECK_EQ(v->overflow.cycle.count, 200);
	CHECK_STR(v->blame.module, "netkvm");
	ntr_verdict_free(v);
}

static void x64_old_style_parameters_are_no_pointers(void)
{
	struct ntr_verdict *v;

	modules(NTR_MACHINE_AMD64);
	limits(LO + 0x1000, LO + 0x7000);
	stub_bugcheck(0x7F, 8, 0x80050033, 0x6f8, DRV + 0x40);
	stub_start(NT + 0x150000, LO + 0x5000);
	stub_frame(0, NT + 0x150000, LO + 0x5000, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK_STR(v->fault_source, "test");
	CHECK(!v->overflow.proven);
	CHECK_HAS(v->explanation, "double fault");
	ntr_verdict_free(v);
}

/* The walk stops after three frames; the rest is only stack words, with
 * stale addresses between those of the recursion. */
static void cycle_is_found_though_the_walk_stopped(void)
{
	struct ntr_verdict *v;
	size_t at = 0x1010;
	unsigned noise = 99;

	modules(NTR_MACHINE_AMD64);
	limits(LO + 0x1000, LO + 0x7000);
	stub_bugcheck(0x7F, 8, 0, 0, 0);
	stub.has_tss = true;
	stub.tss = stub_regs(DRV + 0x40, LO + at);
	stub_start(NT + 0x150000, LO + 0x9000);
	stub_frame(0, NT + 0x150000, LO + 0x9000, NTR_TRUST_CONTEXT);
	stub_frame(1, DRV + 0x40, LO + at, NTR_TRUST_CONTEXT);
	stub.walk[1].stop = NTR_UNW_LOST;
	for (at = 0x1100; at + 0xa0 < 0x7000; at += 0xa0) {
		put64(stub.bytes, at, DRV + 0x1111);
		put64(stub.bytes, at + 0x48, TCP + 0x2222);
		noise = noise * 1103515245u + 12345u;
		if (noise >> 16 & 1)
			put64(stub.bytes, at + 8 + (noise >> 24 & 3) * 8,
			      NT + (noise >> 8 & 0xffff));
	}
	v = stub_verdict();
	CHECK(v->overflow.proven);
	CHECK(v->overflow.cycle.found);
	CHECK_EQ(v->overflow.cycle.period, 2);
	CHECK(v->overflow.cycle.count >= 150);
	CHECK(v->overflow.cycle.bytes >= 150 * 0xa0);
	CHECK(v->overflow.cycle.first + v->overflow.cycle.period *
	      v->overflow.cycle.count <= v->stack.n);
	for (size_t i = 0; i < 2 * v->overflow.cycle.count; i++) {
		size_t k = v->overflow.cycle.first + i;

		CHECK(v->stack.v[k].f.ip == DRV + 0x1111 ||
		      v->stack.v[k].f.ip == TCP + 0x2222);
		CHECK_EQ(v->stack.v[k].f.trust, NTR_TRUST_SCAN);
	}
	CHECK_STR(v->blame.module, "netkvm");
	ntr_verdict_free(v);
}

/* Random module addresses on an exhausted stack are no recursion, and what
 * the search looked at does not stay in the stack. */
static void stale_words_make_no_cycle(void)
{
	struct ntr_verdict *v;
	unsigned r = 7;

	modules(NTR_MACHINE_AMD64);
	limits(LO + 0x1000, LO + 0x7000);
	stub_bugcheck(0x7F, 8, 0, 0, 0);
	stub.has_tss = true;
	stub.tss = stub_regs(DRV + 0x40, LO + 0x1010);
	stub_start(NT + 0x150000, LO + 0x9000);
	stub_frame(0, NT + 0x150000, LO + 0x9000, NTR_TRUST_CONTEXT);
	stub_frame(1, DRV + 0x40, LO + 0x1010, NTR_TRUST_CONTEXT);
	stub.walk[1].stop = NTR_UNW_LOST;
	for (size_t at = 0x1100; at < 0x7000; at += 8) {
		r = r * 1103515245u + 12345u;
		if ((r >> 16) % 5 == 0)
			put64(stub.bytes, at, NT + (r >> 4 & 0x1fffff));
	}
	v = stub_verdict();
	CHECK(!v->overflow.cycle.found);
	CHECK_EQ(v->stack.n, 2);
	CHECK(v->overflow.proven); /* sp is 0x10 above the limit */
	ntr_verdict_free(v);
}

static void unknown_limits_are_said(void)
{
	struct ntr_verdict *v;

	modules(NTR_MACHINE_AMD64);
	stub_bugcheck(0x7F, 8, 0, 0, 0);
	stub_start(NT + 0x40, LO + 0x10);
	stub_frame(0, NT + 0x40, LO + 0x10, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK(!v->overflow.checked);
	CHECK(!v->overflow.proven);
	CHECK_HAS(v->overflow.reason, "not known");
	ntr_verdict_free(v);
}

/* One flipped bit takes sp out of the stack: bad memory, no overflow. */
static void flipped_bit_of_sp_is_a_hardware_hint(void)
{
	struct ntr_verdict *v;
	uint64_t bad = (LO + 0x4000) ^ UINT64_C(1) << 33;

	modules(NTR_MACHINE_AMD64);
	limits(LO + 0x1000, LO + 0x7000);
	stub_bugcheck(0x7F, 8, UINT64_C(0xfffff90000000e70), bad, DRV + 0x40);
	stub_start(NT + 0x40, UINT64_C(0xfffff90000000000));
	stub_frame(0, NT + 0x40, UINT64_C(0xfffff90000000000),
		   NTR_TRUST_CONTEXT);
	stub_frame(1, DRV + 0x40, bad, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK(v->overflow.checked);
	CHECK(!v->overflow.proven);
	CHECK_HAS(v->single_bit, "bit 33");
	CHECK_HAS(v->overflow.reason, "single bit");
	ntr_verdict_free(v);
}

static void flipped_bit_of_a_pointer_is_a_hardware_hint(void)
{
	struct ntr_verdict *v;

	modules(NTR_MACHINE_AMD64);
	stub_bugcheck(0xD1, UINT64_C(0xfdfff90000001000), 2, 0, DRV + 0x40);
	v = stub_verdict();
	CHECK_HAS(v->single_bit, "bit 57");
	ntr_verdict_free(v);

	modules(NTR_MACHINE_AMD64);
	stub_bugcheck(0xD1, UINT64_C(0xfcfff90000001000), 2, 0, DRV + 0x40);
	v = stub_verdict();
	CHECK(!v->single_bit); /* two bits: not this */
	ntr_verdict_free(v);

	modules(NTR_MACHINE_AMD64);
	stub_bugcheck(0x1A, 0x41792, UINT64_C(0xfffff68000001000),
		      UINT64_C(0x800000), 0);
	v = stub_verdict();
	CHECK_HAS(v->single_bit, "bit 23");
	ntr_verdict_free(v);
}

/* sp on another stack (a DPC's, for example) is not an overflow. */
static void another_stack_is_not_an_overflow(void)
{
	struct ntr_verdict *v;

	modules(NTR_MACHINE_AMD64);
	limits(LO + 0x1000, LO + 0x7000);
	stub_bugcheck(0xD1, 8, 2, 0, DRV + 0x40);
	stub_start(DRV + 0x40, UINT64_C(0xffffe00012345000));
	stub_frame(0, DRV + 0x40, UINT64_C(0xffffe00012345000),
		   NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK(v->overflow.checked);
	CHECK(!v->overflow.proven);
	CHECK(!v->single_bit);
	CHECK_HAS(v->overflow.reason, "another stack");
	ntr_verdict_free(v);
}

int main(void)
{
	RUN(exact_cycles_of_periods_1_to_3);
	RUN(no_cycle_is_no_cycle);
	RUN(cycle_needs_a_growing_sp);
	RUN(noise_does_not_hide_a_cycle);
	RUN(x86_double_fault_is_proven_from_the_tss);
	RUN(bounded_recursion_proves_nothing);
	RUN(x64_double_fault_from_parameters);
	RUN(x64_old_style_parameters_are_no_pointers);
	RUN(cycle_is_found_though_the_walk_stopped);
	RUN(stale_words_make_no_cycle);
	RUN(unknown_limits_are_said);
	RUN(flipped_bit_of_sp_is_a_hardware_hint);
	RUN(flipped_bit_of_a_pointer_is_a_hardware_hint);
	RUN(another_stack_is_not_an_overflow);
	return test_done();
}
