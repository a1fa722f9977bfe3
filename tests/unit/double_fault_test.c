// SPDX-License-Identifier: Apache-2.0
/* Double faults: where the registers come from, what they prove, and what
 * must not be taken for an overflow. */
#include "triage_stub.h"
#include "triage/triage.h"

#define NT UINT64_C(0xfffff80100000000)
#define DRV UINT64_C(0xfffff80200000000)
#define LO STUB_STACK_LO
#define LIMIT (LO + 0x5000)     /* the thread's stack */
#define BASE (LO + 0xb000)
#define IST (LO + 0xe000)       /* top of the double-fault stack */
#define FRAME (IST - 0x190)     /* KTRAP_FRAME at its top */
#define HANDLER (IST - 0x1e8)   /* sp in KeBugCheckEx */

static void machine_of(uint32_t machine)
{
	bool wide = machine != NTR_MACHINE_X86;

	stub_reset(machine);
	stub_module("nt", wide ? NT : 0x80100000, 0x200000);
	stub_module("netkvm", wide ? DRV : 0xf6000000, 0x20000);
	stub.t.thread.stack_limit = wide ? LIMIT : (uint32_t)LIMIT;
	stub.t.thread.stack_base = wide ? BASE : (uint32_t)BASE;
}

/* x64, stopped in KeBugCheckEx on the double-fault stack. */
static void x64(uint64_t p2, uint64_t p3, uint64_t p4)
{
	machine_of(NTR_MACHINE_AMD64);
	stub_bugcheck(0x7F, 8, p2, p3, p4);
	stub_start(NT + 0x150000, HANDLER);
	stub_frame(0, NT + 0x150000, HANDLER, NTR_TRUST_CONTEXT);
	stub_frame(0, NT + 0x151069, HANDLER + 8, NTR_TRUST_CFI);
}

/* Its KTRAP_FRAME. */
static void trap(uint64_t ip, uint64_t sp)
{
	size_t at = FRAME - LO;

	put64(stub.bytes, at + 0x168, ip);
	put64(stub.bytes, at + 0x170, 0x10);
	put64(stub.bytes, at + 0x178, 0x10246);
	put64(stub.bytes, at + 0x180, sp);
	put64(stub.bytes, at + 0x188, 0x18);
}

/* Frames from the fault on: sizes in bytes, count of them. */
static void calls(uint64_t ip, uint64_t sp, unsigned bytes, unsigned count)
{
	stub_frame(1, ip, sp, NTR_TRUST_CONTEXT);
	for (unsigned i = 0; i < count; i++)
		stub_frame(1, DRV + 0x1000, sp += bytes, NTR_TRUST_CODE);
}

static void a_trap_frame_that_agrees_comes_first(void)
{
	struct ntr_verdict *v;

	x64(FRAME, LIMIT - 0x60, DRV + 0x40);
	trap(DRV + 0x40, LIMIT - 0x60);
	stub.has_tss = true;
	stub.tss = stub_regs(DRV + 0x9999, LIMIT + 0x3000);
	calls(DRV + 0x40, LIMIT - 0x60, 0x60, 200);
	v = stub_verdict();
	CHECK_STR(v->fault_source, "trap frame at parameter 2");
	CHECK_EQ(v->trap_frame, FRAME);
	CHECK_EQ(v->fault.ip, DRV + 0x40);
	CHECK_EQ(v->fault.sp, LIMIT - 0x60);
	CHECK_EQ(v->regs.ip, NT + 0x150000);
	CHECK_EQ(v->fault_frame, 2); /* behind the handler's two */
	CHECK(v->overflow.proven);
	CHECK_HAS(v->overflow.reason, "0x60 below the stack limit");
	CHECK_EQ(v->overflow.used, 0x6060);
	CHECK_EQ(v->overflow.cycle.count, 200);
	CHECK(!v->overflow.memory); /* all of it is there */
	ntr_verdict_free(v);

	/* ip not given: sp agrees */
	x64(FRAME, LIMIT - 0x60, 0);
	trap(DRV + 0x40, LIMIT - 0x60);
	v = stub_verdict();
	CHECK_EQ(v->trap_frame, FRAME);
	CHECK(v->overflow.proven);
	ntr_verdict_free(v);
}

static void what_disagrees_is_no_trap_frame(void)
{
	struct ntr_verdict *v;

	x64(FRAME, LIMIT - 0x60, DRV + 0x40);
	trap(DRV + 0x44, LIMIT - 0x60);
	v = stub_verdict();
	CHECK_HAS(v->fault_source, "parameters 3 and 4");
	CHECK_EQ(v->trap_frame, 0);
	CHECK_EQ(v->fault.ip, DRV + 0x40);
	CHECK(v->overflow.proven);
	ntr_verdict_free(v);

	x64(FRAME, LIMIT - 0x60, 0);
	trap(DRV + 0x44, LIMIT + 0x2000);
	v = stub_verdict();
	CHECK_EQ(v->trap_frame, 0);
	CHECK(!v->overflow.proven);
	ntr_verdict_free(v);
}

/* P2 is not in the dump: machine frame, then the parameters. */
static void machine_frame_before_parameters(void)
{
	struct ntr_verdict *v;

	x64(UINT64_C(0xfffff90000000e70), LIMIT - 0x70, DRV + 0x40);
	stub.has_tss = true;
	stub.tss = stub_regs(DRV + 0x40, LIMIT - 0x70);
	v = stub_verdict();
	CHECK_STR(v->fault_source, "machine frame of the double fault");
	CHECK(v->overflow.proven);
	ntr_verdict_free(v);

	stub.has_tss = false;
	v = stub_verdict();
	CHECK_HAS(v->fault_source, "parameters 3 and 4");
	CHECK_EQ(v->fault.sp, LIMIT - 0x70);
	CHECK(v->overflow.proven);
	ntr_verdict_free(v);
}

/* Before Windows 8.1: CR0, CR4, ip. */
static void cr0_and_cr4_are_not_taken_for_pointers(void)
{
	struct ntr_verdict *v;

	x64(0x80050033, 0x406f8, DRV + 0x40);
	stub.trap_va = FRAME;
	stub.trap_regs = stub_regs(DRV + 0x40, LIMIT - 0x10);
	v = stub_verdict();
	CHECK_HAS(v->fault_source, "trap frame on the double-fault stack");
	CHECK_EQ(v->trap_frame, FRAME);
	CHECK(v->overflow.proven);
	ntr_verdict_free(v);

	/* The instruction is another one: not that frame. */
	x64(0x80050033, 0x406f8, DRV + 0x44);
	stub.trap_va = FRAME;
	stub.trap_regs = stub_regs(DRV + 0x40, LIMIT - 0x10);
	v = stub_verdict();
	CHECK_STR(v->fault_source, v->context_source);
	CHECK_EQ(v->trap_frame, 0);
	CHECK(!v->overflow.checked);
	CHECK(!v->overflow.proven);
	CHECK_HAS(v->overflow.reason, "only those of its handler");
	CHECK_EQ(v->overflow.limit, LIMIT); /* what is known is said */
	CHECK_EQ(v->overflow.sp, 0);
	ntr_verdict_free(v);
}

/* A jump to nowhere on an exhausted stack: ip is no kernel address. */
static void sp_near_the_stack_is_enough_for_the_parameters(void)
{
	struct ntr_verdict *v;

	x64(0, LIMIT - 0x20, 0x1234);
	v = stub_verdict();
	CHECK_EQ(v->fault.ip, 0x1234);
	CHECK(v->overflow.proven);
	ntr_verdict_free(v);

	x64(0, UINT64_C(0xffffa00000001000), 0x1234);
	v = stub_verdict();
	CHECK(!v->overflow.checked);
	ntr_verdict_free(v);
}

/* A small dump of an old x64 whose header holds the fault itself. */
static void header_may_hold_the_fault(void)
{
	struct ntr_verdict *v;

	machine_of(NTR_MACHINE_AMD64);
	stub_bugcheck(0x7F, 8, 0x80050033, 0x6f8, DRV + 0x40);
	stub_start(DRV + 0x40, LIMIT - 8);
	stub_frame(0, DRV + 0x40, LIMIT - 8, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK(v->overflow.checked);
	CHECK(v->overflow.proven);
	ntr_verdict_free(v);
}

static struct ntr_verdict *x86(uint32_t p2, uint32_t sp, bool tss)
{
	machine_of(NTR_MACHINE_X86);
	stub_bugcheck(0x7F, 8, p2, 0, 0);
	stub_start(0x80112233, (uint32_t)LO + 0x800);
	stub_frame(0, 0x80112233, (uint32_t)LO + 0x800, NTR_TRUST_CONTEXT);
	stub.has_tss = tss;
	stub.tss = stub_regs(0xf6000040, sp);
	return stub_verdict();
}

static void x86_stops_at_the_limit_itself(void)
{
	uint32_t limit = (uint32_t)LIMIT;
	struct ntr_verdict *v = x86(0x801ca000, limit, true);

	CHECK_STR(v->context_source, "TSS");
	CHECK(v->overflow.proven);
	CHECK_HAS(v->overflow.reason, "only 0x0 above");
	ntr_verdict_free(v);
	v = x86(0x80042000, limit + 0x1800, true);
	CHECK(v->overflow.checked);
	CHECK(!v->overflow.proven);
	CHECK_HAS(v->overflow.reason, "0x1800 bytes");
	ntr_verdict_free(v);
	v = x86(0x80042000, 0, false); /* no TSS in the dump */
	CHECK(!v->overflow.checked);
	CHECK_HAS(v->overflow.reason, "not in the dump");
	ntr_verdict_free(v);
}

/* --- not too much ------------------------------------------------------------ */

static struct ntr_verdict *x64_at(uint64_t sp, unsigned bytes, unsigned count)
{
	x64(FRAME, sp, DRV + 0x40);
	trap(DRV + 0x40, sp);
	calls(DRV + 0x40, sp, bytes, count);
	return stub_verdict();
}

static void room_left_is_no_overflow(void)
{
	struct ntr_verdict *v = x64_at(LIMIT + 0x2000, 0x60, 3);

	CHECK(v->overflow.checked);
	CHECK(!v->overflow.proven);
	CHECK_HAS(v->overflow.reason, "0x2000 bytes");
	ntr_verdict_free(v);

	/* a long recursion that still had room */
	v = x64_at(LIMIT + 0x1000, 0x60, 200);
	CHECK(v->overflow.cycle.found);
	CHECK(!v->overflow.proven);
	ntr_verdict_free(v);

	/* a bounded one near the limit */
	v = x64_at(LIMIT + 0x800, 0x60, 20);
	CHECK(v->overflow.cycle.found);
	CHECK(!v->overflow.proven);
	ntr_verdict_free(v);

	/* near the limit, and the recursion filled the stack */
	v = x64_at(LIMIT + 0x800, 0x60, 200);
	CHECK(v->overflow.proven);
	ntr_verdict_free(v);
}

static void below_the_guard_page_another_stack_may_lie(void)
{
	struct ntr_verdict *v = x64_at(LIMIT - 0x1000, 0, 0);

	CHECK(v->overflow.proven); /* in the guard page */
	ntr_verdict_free(v);
	v = x64_at(LIMIT - 0x1008, 0, 0);
	CHECK(v->overflow.checked);
	CHECK(!v->overflow.proven);
	CHECK_HAS(v->overflow.reason, "another one may lie there");
	ntr_verdict_free(v);
	/* a large frame: its caller stands on the stack */
	v = x64_at(LIMIT - 0x1800, 0x2000, 2);
	CHECK(v->overflow.proven);
	ntr_verdict_free(v);
	/* the caller is down there as well */
	v = x64_at(LIMIT - 0x1800, 0x100, 2);
	CHECK(!v->overflow.proven);
	ntr_verdict_free(v);
	v = x64_at(LIMIT - 0x4008, 0x5000, 2);
	CHECK(!v->overflow.proven);
	CHECK_HAS(v->overflow.reason, "not in the thread's stack");
	ntr_verdict_free(v);
	v = x64_at(BASE, 0, 0);
	CHECK(!v->overflow.proven);
	ntr_verdict_free(v);
}

/* A DPC's stack right below the thread's: no stop but a double fault can be
 * reported from a stack that has no room. */
static void other_stops_prove_nothing(void)
{
	static const uint32_t codes[] = { 0xD1, 0xA, 0x50, 0x1E, 0x7E };

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		for (int k = -1; k <= 1; k++) {
			uint64_t sp = LIMIT + 0x20 * (uint64_t)(int64_t)k;
			struct ntr_verdict *v;

			machine_of(NTR_MACHINE_AMD64);
			stub_bugcheck(codes[i], 8, 2, 0, DRV + 0x40);
			stub_start(DRV + 0x40, sp);
			stub_frame(0, DRV + 0x40, sp, NTR_TRUST_CONTEXT);
			v = stub_verdict();
			CHECK(v->overflow.checked);
			CHECK(!v->overflow.proven);
			ntr_verdict_free(v);
		}
	}
}

static void a_filling_recursion_proves_at_any_stop(void)
{
	struct ntr_verdict *v;
	uint64_t sp = LIMIT - 0x20;

	machine_of(NTR_MACHINE_AMD64);
	stub_bugcheck(0x1E, 8, 2, 0, 0);
	stub_start(DRV + 0x40, sp);
	stub_frame(0, DRV + 0x40, sp, NTR_TRUST_CONTEXT);
	for (unsigned i = 0; i < 200; i++)
		stub_frame(0, DRV + 0x1000, sp += 0x60, NTR_TRUST_CFI);
	v = stub_verdict();
	CHECK(v->overflow.proven);
	ntr_verdict_free(v);
}

/* 0x7F(0xD): the trap frame on the stack, as for every trap. */
static void other_traps_take_the_ordinary_way(void)
{
	struct ntr_verdict *v;

	machine_of(NTR_MACHINE_AMD64);
	stub_bugcheck(0x7F, 0xd, 0, 0, 0);
	stub_start(NT + 0x150000, LIMIT + 0x3000);
	stub_frame(0, NT + 0x150000, LIMIT + 0x3000, NTR_TRUST_CONTEXT);
	stub.has_tss = true; /* not looked at */
	stub.tss = stub_regs(DRV + 0x9999, LIMIT - 0x10);
	stub.trap_va = LIMIT + 0x3100;
	stub.trap_regs = stub_regs(DRV + 0x40, LIMIT + 0x3290);
	v = stub_verdict();
	CHECK_HAS(v->fault_source, "trap frame on the stack");
	CHECK_EQ(v->trap_frame, LIMIT + 0x3100);
	CHECK_EQ(v->fault.ip, DRV + 0x40);
	CHECK(!v->overflow.proven);
	ntr_verdict_free(v);

	/* Parameters that would be a double fault's prove nothing here. */
	x64(FRAME, LIMIT - 0x60, DRV + 0x40);
	stub_bugcheck(0x7F, 0xd, FRAME, LIMIT - 0x60, DRV + 0x40);
	trap(DRV + 0x40, LIMIT - 0x60);
	v = stub_verdict();
	CHECK(!v->overflow.proven);
	CHECK_EQ(v->trap_frame, 0);
	ntr_verdict_free(v);
}

/* --- parts of the stack -------------------------------------------------------- */

/* Only [LIMIT+from, +len) and the double-fault stack are in the dump. */
static struct ntr_mem_space part;
static enum ntr_st part_read(const struct ntr_space *s, u64 va, void *buf,
			     size_t len, struct ntr_err *e)
{
	(void)s;
	if (va >= LO + 0xd000)
		return ntr_space_read(&stub.mem.s, va, buf, len, e);
	return ntr_space_read(&part.s, va, buf, len, e);
}

static size_t part_some(const struct ntr_space *s, u64 va, void *buf,
			size_t len)
{
	size_t n = 0;

	while (n < len && !part_read(s, va + n, (u8 *)buf + n, 1, NULL))
		n++;
	return n;
}

static void only(uint64_t from, size_t len)
{
	static struct ntr_space s;

	s = (struct ntr_space){ .name = "part", .read = part_read,
				.some = part_some };
	ntr_mem_space_init(&part, LIMIT + from,
			   stub.bytes + (LIMIT - LO) + from, len);
	stub.t.mem = &s;
}

static void what_is_there_of_the_stack_is_said(void)
{
	struct ntr_verdict *v;

	x64(FRAME, LIMIT - 0x10, DRV + 0x40);
	trap(DRV + 0x40, LIMIT - 0x10);
	only(0x1000, 0);
	v = stub_verdict();
	CHECK(v->overflow.proven); /* by the trap frame and the limits */
	CHECK(!v->overflow.cycle.found);
	CHECK_HAS(v->overflow.memory, "nothing of the 0x6000 bytes");
	ntr_verdict_free(v);

	x64(FRAME, LIMIT - 0x10, DRV + 0x40);
	trap(DRV + 0x40, LIMIT - 0x10);
	only(0x888, 0x700);
	v = stub_verdict();
	CHECK_HAS(v->overflow.memory, "holds 0x700, between "
		  "0xffffd00000015888 and 0xffffd00000015f88");
	ntr_verdict_free(v);
}

/* A block that begins inside a page is searched too. */
static void recursion_in_a_part_of_the_stack(void)
{
	struct ntr_verdict *v;

	x64(FRAME, LIMIT - 0x10, DRV + 0x40);
	trap(DRV + 0x40, LIMIT - 0x10);
	calls(DRV + 0x40, LIMIT - 0x10, 0, 0);
	stub.walk[1].stop = NTR_UNW_MEMORY;
	for (size_t at = 0; at < 0x6000; at += 0x90)
		put64(stub.bytes, LIMIT - LO + at, DRV + 0x1111);
	only(0x888, 0x700);
	v = stub_verdict();
	CHECK(v->overflow.proven);
	CHECK(v->overflow.cycle.found);
	CHECK_EQ(v->overflow.cycle.period, 1);
	CHECK(v->overflow.cycle.count >= 11 && v->overflow.cycle.count <= 13);
	CHECK_EQ(v->stack.v[v->overflow.cycle.first].f.trust, NTR_TRUST_SCAN);
	ntr_verdict_free(v);
}

/* --- single bits ------------------------------------------------------------- */

static void one_wrong_bit_is_no_overflow(void)
{
	/* bits 40 and 62 take sp out of the kernel's stacks, or of all */
	for (unsigned bit = 40; bit <= 62; bit += 22) {
		uint64_t sp = (LIMIT + 0x3000) ^ UINT64_C(1) << bit;
		struct ntr_verdict *v;
		char want[16];

		snprintf(want, sizeof(want), "(bit %u)", bit);
		x64(0, sp, DRV + 0x40);
		v = stub_verdict();
		CHECK(!v->overflow.proven);
		CHECK_HAS(v->single_bit, "the stack pointer");
		CHECK_HAS(v->single_bit, want);
		ntr_verdict_free(v);

		x64(0, sp ^ UINT64_C(1) << 35, DRV + 0x40);
		v = stub_verdict();
		CHECK(!v->overflow.proven);
		CHECK(!v->single_bit); /* two bits: another stack */
		ntr_verdict_free(v);
	}
}

static void one_wrong_bit_of_ip(void)
{
	struct ntr_verdict *v;
	uint64_t ip = (DRV + 0x40) ^ UINT64_C(1) << 55;

	x64(FRAME, LIMIT + 0x3000, ip);
	trap(ip, LIMIT + 0x3000);
	v = stub_verdict();
	CHECK_EQ(v->fault.ip, ip);
	CHECK(!v->overflow.proven);
	CHECK_HAS(v->single_bit, "the instruction pointer");
	CHECK_HAS(v->single_bit, "(bit 55)");
	ntr_verdict_free(v);

	ip ^= UINT64_C(1) << 58;
	x64(FRAME, LIMIT + 0x3000, ip);
	trap(ip, LIMIT + 0x3000);
	v = stub_verdict();
	CHECK(!v->single_bit);
	ntr_verdict_free(v);
}

int main(void)
{
	RUN(a_trap_frame_that_agrees_comes_first);
	RUN(what_disagrees_is_no_trap_frame);
	RUN(machine_frame_before_parameters);
	RUN(cr0_and_cr4_are_not_taken_for_pointers);
	RUN(sp_near_the_stack_is_enough_for_the_parameters);
	RUN(header_may_hold_the_fault);
	RUN(x86_stops_at_the_limit_itself);
	RUN(room_left_is_no_overflow);
	RUN(below_the_guard_page_another_stack_may_lie);
	RUN(other_stops_prove_nothing);
	RUN(a_filling_recursion_proves_at_any_stop);
	RUN(other_traps_take_the_ordinary_way);
	RUN(what_is_there_of_the_stack_is_said);
	RUN(recursion_in_a_part_of_the_stack);
	RUN(one_wrong_bit_is_no_overflow);
	RUN(one_wrong_bit_of_ip);
	return test_done();
}
