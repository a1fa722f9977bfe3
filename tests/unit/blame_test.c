// SPDX-License-Identifier: Apache-2.0
/* Blame on ready-made stacks: who is named, how surely, and why not others. */
#include "triage_stub.h"
#include "triage/triage.h"

#define NT UINT64_C(0xfffff80100000000)
#define DRV UINT64_C(0xfffff80200000000)
#define FW UINT64_C(0xfffff80300000000)
#define TCP UINT64_C(0xfffff80400000000)
#define SP STUB_STACK_LO

static void modules(void)
{
	stub_reset(NTR_MACHINE_AMD64);
	stub_module("nt", NT, 0x800000);
	stub_module("netkvm", DRV, 0x20000);
	stub_module("ndis", FW, 0x100000);
	stub_module("tcpip", TCP, 0x200000);
}

static enum ntr_blame_class class_of(const char *m, const char *f)
{
	const char *why = NULL;

	return ntr_blame_class_of(m, f, &why);
}

static void classes_come_from_the_data(void)
{
	const char *why = NULL;

	CHECK_EQ(class_of("nt", NULL), NTR_BLAME_OS);
	CHECK_EQ(class_of("nt", "KeBugCheckEx"), NTR_BLAME_SKIP);
	CHECK_EQ(class_of("nt", "KiPageFault"), NTR_BLAME_SKIP);
	CHECK_EQ(class_of("nt", "ExAllocatePoolWithTag"), NTR_BLAME_OS);
	CHECK_EQ(class_of("NDIS", NULL), NTR_BLAME_PLUMBING);
	CHECK_EQ(class_of("wdf01000", NULL), NTR_BLAME_PLUMBING);
	CHECK_EQ(class_of("NETIO", NULL), NTR_BLAME_PLUMBING);
	CHECK_EQ(class_of("fltmgr", NULL), NTR_BLAME_PLUMBING);
	CHECK_EQ(class_of("storport", NULL), NTR_BLAME_PLUMBING);
	CHECK_EQ(class_of("tcpip", NULL), NTR_BLAME_OS);
	CHECK_EQ(class_of("win32kfull", NULL), NTR_BLAME_OS);
	CHECK_EQ(class_of("amdppm", NULL), NTR_BLAME_DEFINITE);
	CHECK_EQ(class_of("tcpipx", NULL), NTR_BLAME_DEFINITE);
	CHECK_EQ(class_of("SerCx2", NULL), NTR_BLAME_PLUMBING);
	CHECK_EQ(class_of(NULL, NULL), NTR_BLAME_NONE);
	CHECK_EQ(ntr_blame_class_of("ndis", NULL, &why), NTR_BLAME_PLUMBING);
	CHECK_HAS(why, "network drivers");
	CHECK_STR(ntr_blame_class_name(NTR_BLAME_DEFINITE), "definite");
}

/* 0xD1: KeBugCheckEx in the header, the fault in a trap frame further out. */
static void fault_in_a_driver_is_blamed_surely(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0xD1, 8, 2, 0, DRV + 0x1234);
	stub_start(NT + 0x150000, SP + 0x100);
	stub_frame(0, NT + 0x150000, SP + 0x100, NTR_TRUST_CONTEXT);
	stub_frame(0, NT + 0x160000, SP + 0x108, NTR_TRUST_CFI);
	stub_frame(0, TCP + 0x10, SP + 0x200, NTR_TRUST_SCAN);
	stub_frame(0, TCP + 0x20, SP + 0x900, NTR_TRUST_SCAN);
	stub.trap_va = SP + 0x300;
	stub.trap_regs = stub_regs(DRV + 0x1234, SP + 0x500);
	stub_frame(1, DRV + 0x1234, SP + 0x500, NTR_TRUST_CONTEXT);
	stub_frame(1, FW + 0x40, SP + 0x600, NTR_TRUST_CFI);
	v = stub_verdict();
	CHECK(v != NULL);
	CHECK_EQ(v->code, 0xD1);
	CHECK_STR(v->name, "DRIVER_IRQL_NOT_LESS_OR_EQUAL");
	CHECK_STR(v->explanation, "netkvm+0x1234 tried to read 0x8 (a NULL "
		  "pointer plus 0x8) at IRQL 2 (DISPATCH_LEVEL), where a page "
		  "fault cannot be served.");
	CHECK_STR(v->param[3].value, "netkvm+0x1234");
	/* the frames the scan guessed beyond the trap frame are replaced */
	CHECK_EQ(v->stack.n, 5);
	CHECK_EQ(v->fault_frame, 3);
	CHECK_EQ(v->stack.v[3].f.trust, NTR_TRUST_TRAP);
	CHECK_EQ(v->trap_frame, SP + 0x300);
	CHECK_EQ(v->regs.ip, NT + 0x150000);
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_EQ(v->blame.frame, 3);
	CHECK_EQ(v->blame.offset, 0x1234);
	CHECK_EQ(v->blame.cls, NTR_BLAME_DEFINITE);
	CHECK_STR(v->blame.confidence, "high");
	CHECK_EQ(v->blame.skipped.n, 3);
	CHECK_HAS(v->blame.skipped.v[2].reason, "handling of the fault");
	CHECK_STR(v->bucket.id, "AV_netkvm!unknown_function");
	CHECK(v->determined);
	ntr_verdict_free(v);
}

static void frameworks_are_passed_over_for_the_driver(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0xD1, 0x28, 2, 0, FW + 0x40);
	stub_start(FW + 0x40, SP + 0x100);
	stub_frame(0, FW + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
	stub_frame(0, NT + 0x40, SP + 0x180, NTR_TRUST_CFI);
	stub_frame(0, DRV + 0x40, SP + 0x200, NTR_TRUST_CFI);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_STR(v->blame.confidence, "medium");
	CHECK_EQ(v->blame.skipped.n, 2);
	CHECK_HAS(v->blame.skipped.v[0].reason, "NDIS");
	CHECK_HAS(v->blame.skipped.v[1].reason, "kernel");
	ntr_verdict_free(v);
}

/* A third-party address that only a scan saw must not outweigh the code that
 * faulted, and never gives more than low confidence alone. */
static void scanned_frames_count_less(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0xD1, 0x28, 2, 0, TCP + 0x40);
	stub_start(TCP + 0x40, SP + 0x100);
	stub_frame(0, TCP + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
	stub_frame(0, DRV + 0x40, SP + 0x200, NTR_TRUST_SCAN);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "tcpip");
	CHECK_STR(v->blame.confidence, "medium");
	ntr_verdict_free(v);

	modules();
	stub_bugcheck(0xA, 0x28, 2, 0, NT + 0x40);
	stub_start(NT + 0x40, SP + 0x100);
	stub_frame(0, NT + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
	stub_frame(0, NT + 0x80, SP + 0x180, NTR_TRUST_SCAN);
	/* cfi again, but below a guess: still a guess */
	stub_frame(0, DRV + 0x40, SP + 0x200, NTR_TRUST_CFI);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_STR(v->blame.confidence, "low");
	CHECK_HAS(v->blame.reason, "scanning");
	ntr_verdict_free(v);
}

static void only_the_kernel_gives_low_confidence(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0x3B, 0xC0000005, NT + 0x40, 0, 0);
	stub_start(NT + 0x40, SP + 0x100);
	stub_frame(0, NT + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "nt");
	CHECK_STR(v->blame.confidence, "low");
	CHECK_STR(v->bucket.id, "0x3B_c0000005_nt!unknown_function");
	ntr_verdict_free(v);
}

/* It may be the display port driver as well as somebody's driver. */
static void nameless_module_is_blamed_without_a_class(void)
{
	struct ntr_verdict *v;

	modules();
	for (size_t i = 0; i < stub.t.modules.n; i++)
		stub.t.modules.v[i].nameless =
			stub.t.modules.v[i].base == DRV;
	stub_bugcheck(0xA, 0x28, 2, 0, NT + 0x40);
	stub_start(NT + 0x40, SP + 0x100);
	stub_frame(0, NT + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
	stub_frame(0, DRV + 0x40, SP + 0x200, NTR_TRUST_CFI);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_EQ(v->blame.cls, NTR_BLAME_NONE);
	CHECK_STR(v->blame.confidence, "low");
	CHECK_HAS(v->blame.reason, "its name is not in the dump");
	ntr_verdict_free(v);

	/* A driver with a name is rather it, further out. */
	modules();
	for (size_t i = 0; i < stub.t.modules.n; i++)
		stub.t.modules.v[i].nameless =
			stub.t.modules.v[i].base == TCP;
	stub_bugcheck(0xA, 0x28, 2, 0, NT + 0x40);
	stub_start(NT + 0x40, SP + 0x100);
	stub_frame(0, NT + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
	stub_frame(0, TCP + 0x40, SP + 0x200, NTR_TRUST_CFI);
	stub_frame(0, DRV + 0x40, SP + 0x300, NTR_TRUST_CFI);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_STR(v->blame.confidence, "medium");
	ntr_verdict_free(v);
}

/* Part of a list says nothing about what is not in it. */
static void wild_jump_needs_the_whole_list(void)
{
	struct ntr_verdict *v;

	modules();
	stub.t.modules_complete = false;
	stub_bugcheck(0xD1, 0x1234, 2, 8, 0x1234);
	stub_start(0x1234, SP + 0x100);
	stub_frame(0, 0x1234, SP + 0x100, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK(!v->blame.module);
	ntr_verdict_free(v);
}

static void wild_jump_is_an_unknown_module(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0xD1, 0x1234, 2, 8, 0x1234);
	stub_start(0x1234, SP + 0x100);
	stub_frame(0, 0x1234, SP + 0x100, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "Unknown_Module");
	CHECK_STR(v->blame.confidence, "low");
	CHECK_HAS(v->explanation, "tried to execute 0x1234");
	ntr_verdict_free(v);
}

/* Where no trap frame can be read: the parameter still tells. */
static void named_instruction_is_found_in_the_frames(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0xA, 4, 2, 0, DRV + 0x604);
	stub_start(NT + 0x150000, SP + 0x100);
	stub_frame(0, NT + 0x150000, SP + 0x100, NTR_TRUST_CONTEXT);
	stub_frame(0, NT + 0x160000, SP + 0x108, NTR_TRUST_CFI);
	stub_frame(0, DRV + 0x604, SP + 0x200, NTR_TRUST_CFI);
	v = stub_verdict();
	CHECK_EQ(v->fault_frame, 2);
	CHECK_HAS(v->fault_source, "parameter 4");
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_STR(v->blame.confidence, "high");
	ntr_verdict_free(v);

	modules(); /* not in the frames either */
	stub_bugcheck(0xA, 4, 2, 0, DRV + 0x604);
	stub_start(NT + 0x150000, SP + 0x100);
	stub_frame(0, NT + 0x150000, SP + 0x100, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_EQ(v->blame.frame, -1);
	CHECK_EQ(v->blame.offset, 0x604);
	CHECK_STR(v->blame.confidence, "high");
	CHECK_STR(v->bucket.id, "AV_netkvm!unknown_function");
	ntr_verdict_free(v);

	modules(); /* no module is known: nothing is said of modules */
	stub.t.modules.n = 0;
	stub_bugcheck(0xA, 4, 2, 0, DRV + 0x604);
	v = stub_verdict();
	CHECK(!v->blame.module);
	CHECK_STR(v->explanation, "Code at 0xfffff80200000604 tried to read "
		  "0x4 (a NULL pointer plus 0x4) at IRQL 2 (DISPATCH_LEVEL), "
		  "where a page fault cannot be served.");
	ntr_verdict_free(v);
}

static void unloaded_driver_is_named(void)
{
	struct ntr_verdict *v;

	modules();
	stub.unloaded[0] = (struct ntr_unloaded_module){
		.image = "gone.sys", .start = 0xfffff80900000000,
		.end = 0xfffff80900010000 };
	stub.t.unloaded.n = 1;
	stub_bugcheck(0xCE, 0xfffff80900001000, 0, 0xfffff80900001000, 0);
	stub_start(NT + 0x40, SP + 0x100);
	stub_frame(0, NT + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "Unloaded_gone.sys");
	CHECK_STR(v->blame.image, "gone.sys");
	CHECK_STR(v->blame.confidence, "high");
	CHECK_EQ(v->blame.frame, -1);
	ntr_verdict_free(v);
}

static void parameters_name_the_culprit(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0x116, SP, DRV + 0x500, 0xC000009A, 4);
	stub_start(NT + 0x40, SP + 0x100);
	stub_frame(0, NT + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_EQ(v->blame.frame, -1);
	CHECK_STR(v->blame.confidence, "high");
	CHECK_STR(v->bucket.id, "0x116_IMAGE_netkvm");
	ntr_verdict_free(v);
}

/* IRP -> current stack location -> device -> driver, at literal offsets. */
static void power_irp_leads_to_its_driver(void)
{
	struct ntr_verdict *v;
	uint8_t *b = stub.bytes;

	modules();
	put16(b, 0x1000, 6);                     /* IRP.Type */
	put64(b, 0x1000 + 0xb8, SP + 0x2000);    /* CurrentStackLocation */
	put64(b, 0x2000 + 0x28, SP + 0x3000);    /* DeviceObject */
	put16(b, 0x3000, 3);                     /* DEVICE_OBJECT.Type */
	put64(b, 0x3000 + 8, SP + 0x4000);       /* DriverObject */
	put16(b, 0x4000, 4);                     /* DRIVER_OBJECT.Type */
	put64(b, 0x4000 + 0x18, DRV);            /* DriverStart */
	stub_bugcheck(0x9F, 3, SP + 0x5000, 0, SP + 0x1000);
	stub_start(NT + 0x40, SP + 0x100);
	stub_frame(0, NT + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_STR(v->blame.confidence, "high");
	CHECK_STR(v->bucket.id, "0x9F_3_IMAGE_netkvm");
	ntr_verdict_free(v);

	put16(b, 0x1000, 0); /* no IRP there any more: said, not guessed */
	v = stub_verdict();
	CHECK_STR(v->blame.module, "nt");
	CHECK_HAS(v->note, "not in this dump");
	ntr_verdict_free(v);
}

static void no_driver_is_blamed_for_hardware_and_operators(void)
{
	static const struct {
		uint32_t code;
		const char *module, *reason;
	} want[] = {
		{ 0x124, "hardware", "hardware" },
		{ 0x9C, "hardware", "machine check" },
		{ 0xE2, NULL, "keyboard" },
		{ 0x1C8, NULL, "power button" },
		{ 0x161, NULL, "running system" },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct ntr_verdict *v;

		modules();
		stub_bugcheck(want[i].code, 0, 0, 0, 0);
		stub_start(DRV + 0x40, SP + 0x100);
		stub_frame(0, DRV + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
		v = stub_verdict();
		if (want[i].module)
			CHECK_STR(v->blame.module, want[i].module);
		else
			CHECK(!v->blame.module);
		CHECK_HAS(v->blame.reason, want[i].reason);
		CHECK(v->determined);
		ntr_verdict_free(v);
	}
}

static void tool_mark_is_no_bug_check(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0x5454414D, 0, 0, 0, 0);
	v = stub_verdict();
	CHECK_STR(v->tool_mark, "MATT");
	CHECK(!v->name);
	CHECK_HAS(v->explanation, "no bug check");
	CHECK(!v->blame.module);
	CHECK(!v->bucket.id);
	CHECK(v->determined); /* the memory of a machine that ran */
	ntr_verdict_free(v);

	stub.t.kernel_base = 0; /* only a header: nothing was found out */
	v = stub_verdict();
	CHECK(!v->determined);
	ntr_verdict_free(v);

	stub_reset(NTR_MACHINE_AMD64);
	stub.t.is_nt = false;
	stub.t.other_os = "Linux guest";
	v = stub_verdict();
	CHECK(!v->determined); /* why another system stopped is not known */
	ntr_verdict_free(v);
}

static void code_zero_is_a_running_system(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0, 0, 0, 0, 0);
	v = stub_verdict();
	CHECK(!v->has_bugcheck);
	CHECK_HAS(v->explanation, "while the system ran");
	CHECK(!v->blame.module);
	CHECK(v->determined);
	ntr_verdict_free(v);
}

static void own_code_of_a_driver_is_said_to_be_one(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0xA0000001, 5, 0, 0, 0);
	stub_start(NT + 0x150000, SP + 0x100);
	stub_frame(0, NT + 0x150000, SP + 0x100, NTR_TRUST_CONTEXT);
	/* the word at sp of a function's entry is its return address */
	stub_frame(0, DRV + 0x40, SP + 0x108, NTR_TRUST_SCAN);
	v = stub_verdict();
	CHECK(!v->name);
	CHECK_HAS(v->explanation, "a driver defined it");
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_STR(v->blame.confidence, "medium");
	CHECK(v->determined);
	ntr_verdict_free(v);
}

static void pool_corruption_is_never_sure(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0x19, 0x20, SP, SP + 0x40, 0);
	stub_start(DRV + 0x40, SP + 0x100);
	stub_frame(0, DRV + 0x40, SP + 0x100, NTR_TRUST_CONTEXT);
	v = stub_verdict();
	CHECK_STR(v->blame.module, "netkvm");
	CHECK_STR(v->blame.confidence, "low");
	CHECK_HAS(v->note, "victim");
	ntr_verdict_free(v);
}

static void nothing_known_is_said(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0x83, 1, 2, 3, 4);
	v = stub_verdict();
	CHECK(!v->name);
	CHECK(!v->has_regs);
	CHECK_EQ(v->stack.n, 0);
	CHECK_HAS(v->explanation, "not known");
	CHECK_HAS(v->blame.reason, "no stack");
	CHECK(!v->determined);
	CHECK_STR(v->bucket.id, "0x83_ANALYSIS_INCONCLUSIVE!unknown_function");
	ntr_verdict_free(v);

	modules();
	v = stub_verdict();
	CHECK(!v->has_bugcheck);
	CHECK(!v->explanation);
	CHECK(!v->determined);
	ntr_verdict_free(v);
}

static void access_kinds_follow_the_version(void)
{
	static const struct {
		uint32_t build;
		uint64_t p2;
		const char *word;
	} want[] = {
		{ 9600, 0, "read" },   { 9600, 1, "write" },
		{ 19041, 0, "read" },  { 19041, 2, "write" },
		{ 19041, 0x10, "execute" },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct ntr_verdict *v;

		modules();
		stub.t.build = want[i].build;
		stub_bugcheck(0x50, 0xffff900000001000, want[i].p2,
			      DRV + 0x40, 2);
		v = stub_verdict();
		CHECK_STR(v->param[1].value, want[i].word);
		CHECK_HAS(v->explanation, want[i].word);
		ntr_verdict_free(v);
	}
}

static void addresses_are_described(void)
{
	struct ntr_verdict *v;

	modules();
	stub_bugcheck(0xD1, 0, 2, 0, DRV);
	v = stub_verdict();
	stub.t.thread.stack_limit = SP + 0x4000;
	stub.t.thread.stack_base = SP + 0x8000;
	CHECK_HAS(ntr_describe_va(v, 0), "a NULL pointer");
	CHECK_HAS(ntr_describe_va(v, 0x20), "a NULL pointer plus 0x20");
	CHECK_HAS(ntr_describe_va(v, UINT64_MAX - 0xf),
		  "a NULL pointer minus 0x10");
	CHECK_HAS(ntr_describe_va(v, 0x7ffe0000), "user space");
	CHECK_HAS(ntr_describe_va(v, 0x1234567890abcdef), "not a canonical");
	CHECK_HAS(ntr_describe_va(v, 0xfeeefeeefeeefeee), "freed");
	CHECK_HAS(ntr_describe_va(v, DRV + 0x10), "(netkvm+0x10)");
	CHECK_HAS(ntr_describe_va(v, SP + 0x5000), "in the kernel stack");
	CHECK_HAS(ntr_describe_va(v, SP + 0x3ff8), "guard pages");
	ntr_verdict_free(v);
}

int main(void)
{
	RUN(classes_come_from_the_data);
	RUN(fault_in_a_driver_is_blamed_surely);
	RUN(frameworks_are_passed_over_for_the_driver);
	RUN(scanned_frames_count_less);
	RUN(only_the_kernel_gives_low_confidence);
	RUN(wild_jump_is_an_unknown_module);
	RUN(nameless_module_is_blamed_without_a_class);
	RUN(wild_jump_needs_the_whole_list);
	RUN(named_instruction_is_found_in_the_frames);
	RUN(unloaded_driver_is_named);
	RUN(parameters_name_the_culprit);
	RUN(power_irp_leads_to_its_driver);
	RUN(no_driver_is_blamed_for_hardware_and_operators);
	RUN(tool_mark_is_no_bug_check);
	RUN(code_zero_is_a_running_system);
	RUN(own_code_of_a_driver_is_said_to_be_one);
	RUN(pool_corruption_is_never_sure);
	RUN(nothing_known_is_said);
	RUN(access_kinds_follow_the_version);
	RUN(addresses_are_described);
	return test_done();
}
