// SPDX-License-Identifier: Apache-2.0
/*
 * Verdicts of real dumps.  Codes, names and the context's ip and sp were read
 * from the files by other tools (kernel_dump_facts.tsv); the frames of the
 * 0x7E dump come from a debugger that had all images and symbols.
 */
#include "test.h"
#include "triage/verdict.h"

#include <unistd.h>

struct opened {
	struct ntr_dump *d;
	struct ntr_target *t;
	struct ntr_verdict *v;
};

static bool verdict_of(const char *rel, struct opened *o)
{
	char path[512];
	struct ntr_err e;

	memset(o, 0, sizeof(*o));
	if (!test_corpus(rel, path, sizeof(path)))
		return false;
	if (ntr_dump_open(&o->d, path, NULL, &e) ||
	    ntr_target_open(&o->t, o->d, &e) ||
	    ntr_verdict_make(&o->v, o->t, &e))
		TEST_FAIL("%s: %s", rel, e.msg);
	return o->v != NULL;
}

static void done(struct opened *o)
{
	ntr_verdict_free(o->v);
	ntr_target_close(o->t);
	ntr_dump_close(o->d);
}

#define BATCH "kernel_dumps/batch_win81_criticalrocket/"

static const struct {
	const char *file;
	uint32_t raw, code;
	const char *name;
	uint64_t ip, sp;
	const char *blamed;
} facts[] = {
	{ BATCH "111217-27671-01.dmp", 0xa0000001, 0xa0000001, NULL,
	  0xfffff801a95daba0, 0xffffd000d1da8b58, "atikmdag" },
	{ BATCH "111217-31359-01.dmp", 0xa0000001, 0xa0000001, NULL,
	  0xfffff80111754ba0, 0xffffd000a4fa8b58, "atikmdag" },
	{ BATCH "111217-38640-01.dmp", 0xa0000001, 0xa0000001, NULL,
	  0xfffff8026f75dba0, 0xfffff802713f8b58, "atikmdag" },
	{ BATCH "111217-44343-01.dmp", 0xa0000001, 0xa0000001, NULL,
	  0xfffff8005abcbba0, 0xffffd001c83a8b58, "atikmdag" },
	{ BATCH "111217-47109-01.dmp", 0xa0000001, 0xa0000001, NULL,
	  0xfffff8011fbd8ba0, 0xffffd000817a8b58, "atikmdag" },
	{ BATCH "111217-52875-01.dmp", 0xa0000001, 0xa0000001, NULL,
	  0xfffff8024cfc8ba0, 0xffffd000803a8b58, "atikmdag" },
	{ BATCH "111317-27812-01.dmp", 0x50, 0x50,
	  "PAGE_FAULT_IN_NONPAGED_AREA",
	  0xfffff801edb54ba0, 0xffffd0003558b298, NULL },
	{ BATCH "111317-52015-01.dmp", 0x1a, 0x1a, "MEMORY_MANAGEMENT",
	  0xfffff801c7fd0ba0, 0xffffd000239ae428, NULL },
	{ BATCH "111417-173000-01.dmp", 0x100000ea, 0xea,
	  "THREAD_STUCK_IN_DEVICE_DRIVER",
	  0xfffff8025175eba0, 0xffffd00022a21858, "atikmdag" },
	{ BATCH "111417-58375-01.dmp", 0x1000007e, 0x7e,
	  "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED",
	  0xfffff8007c0acd28, 0xffffd00022a46988, NULL },
	{ "kernel_dumps/daimuvg_102622-12000-01_0x101.dmp", 0x101, 0x101,
	  "CLOCK_WATCHDOG_TIMEOUT",
	  0xfffff80133bf8f60, 0xffff98802b5b1c88, NULL },
	{ "kernel_dumps/ojusha_100623-4953-01_0x1a.dmp", 0x1a, 0x1a,
	  "MEMORY_MANAGEMENT",
	  0xfffff8047b9fcd70, 0xffff8a8c5dd3f6a8, NULL },
	{ "kernel_dumps/rizin_triage_arm64_0x1c8.dmp", 0x1c8, 0x1c8,
	  "MANUALLY_INITIATED_POWER_BUTTON_HOLD",
	  0xfffff803f32de014, 0xffffe00e0e4bc4a0, NULL },
	{ "kernel_dumps/rizin_triage_x64_0x1000007e.dmp", 0x1000007e, 0x7e,
	  "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED",
	  0xfffff8047bdf5a80, 0xffff850429890ee8, "amdppm" },
	{ "kernel_dumps/imhex_full_header_trunc16k.dmp", 0x5454414d,
	  0x5454414d, NULL, 0xfffff8072aa9136d, 0xffffc10f7507f190, NULL },
};

static void check_fact(size_t i, const struct ntr_verdict *v)
{
	CHECK(v->has_bugcheck);
	CHECK_EQ(v->code_raw, facts[i].raw);
	CHECK_EQ(v->code, facts[i].code);
	if (facts[i].name)
		CHECK_STR(v->name, facts[i].name);
	else
		CHECK(!v->name);
	CHECK(v->has_regs);
	CHECK_EQ(v->regs.ip, facts[i].ip);
	CHECK_EQ(v->regs.sp, facts[i].sp);
	CHECK(v->stack.n >= 1);
	CHECK_EQ(v->stack.v[0].f.ip, facts[i].ip);
	if (facts[i].blamed)
		CHECK_STR(v->blame.module, facts[i].blamed);
	CHECK(v->explanation && *v->explanation);
	CHECK_EQ(v->determined, facts[i].raw != 0x5454414d);
}

static void every_kernel_dump_has_its_verdict(void)
{
	struct opened o;

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (!verdict_of(facts[i].file, &o)) {
			done(&o);
			if (test_.bad)
				return;
			SKIP("no %s", facts[i].file);
		}
		check_fact(i, o.v);
		done(&o);
	}
}

/* The header holds the fault; the saved stack begins at KeBugCheckEx. */
static void data_block_context_starts_the_stack(void)
{
	struct opened o;
	struct ntr_verdict *v;

	if (!verdict_of("kernel_dumps/rizin_triage_x64_0x1000007e.dmp", &o))
		SKIP("no corpus");
	v = o.v;
	CHECK_STR(v->context_source, "context in data block");
	CHECK_EQ(v->regs.r[NTR_X64_RBP], 0xffff850429892c10);
	CHECK_EQ(v->regs.r[NTR_X64_RCX], 0x7e);
	CHECK_EQ(v->regs.r[NTR_X64_R8], 0xfffff8048b58334c);
	CHECK_EQ(v->regs.r[NTR_X64_RFLAGS], 0x40286);
	CHECK_EQ(v->fault.ip, 0xfffff8048b58334c);
	CHECK_EQ(v->fault.sp, 0xffff850429892120);
	CHECK(v->fault_frame > 0);
	CHECK_EQ(v->blame.frame, v->fault_frame);
	CHECK_EQ(v->exc.code, 0xC0000005);
	CHECK_HAS(v->explanation, "amdppm+0x334c");
	CHECK_STR(v->blame.image, "amdppm.sys");
	CHECK_STR(v->bucket.id, "AV_amdppm!unknown_function");
	done(&o);
}

/* 0x50: the fault is in a trap frame on the stack. */
static void trap_frame_on_the_stack_is_the_fault(void)
{
	struct opened o;

	if (!verdict_of(BATCH "111317-27812-01.dmp", &o))
		SKIP("no corpus");
	CHECK_EQ(o.v->fault.ip, 0xfffff801eddf9151); /* parameter 3 */
	CHECK(o.v->trap_frame > o.v->regs.sp);
	CHECK(o.v->fault_frame > 0);
	CHECK_STR(o.v->context_source, "header");
	CHECK_STR(o.v->param[1].value, "read");
	CHECK_HAS(o.v->explanation, "0x7ffe0320");
	done(&o);
}

static void hung_processor_is_looked_at(void)
{
	struct opened o;

	if (!verdict_of("kernel_dumps/daimuvg_102622-12000-01_0x101.dmp", &o))
		SKIP("no corpus");
	CHECK_HAS(o.v->explanation, "Processor 2");
	CHECK_EQ(o.v->fault.ip, 0xfffff80133c06e00); /* its CONTEXT's Rip */
	CHECK_EQ(o.v->fault_frame, -1);
	CHECK_STR(o.v->blame.module, "nt");
	CHECK_STR(o.v->blame.confidence, "low");
	done(&o);
}

static void power_button_blames_no_driver(void)
{
	struct opened o;

	if (!verdict_of("kernel_dumps/rizin_triage_arm64_0x1c8.dmp", &o))
		SKIP("no corpus");
	CHECK_STR(o.v->param[0].value, "7000 ms");
	CHECK(!o.v->blame.module);
	done(&o);
}

/* Cut anywhere behind the header, a dump still tells its bug check. */
static void cut_dumps_still_tell_their_bug_check(void)
{
	static const size_t cut[] = { 0x2000, 0x2050, 0x3001, 0x8000, 0xe391,
				      0x10000, 0x19440, 0x40000, 0xe4000 };
	char path[512], tmp[] = "/tmp/ntr_cut_XXXXXX";
	static uint8_t buf[0x100000];
	FILE *f;
	size_t n;
	int fd;

	if (!test_corpus("kernel_dumps/rizin_triage_x64_0x1000007e.dmp", path,
			 sizeof(path)))
		SKIP("no corpus");
	f = fopen(path, "rb");
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	CHECK_EQ(n, sizeof(buf));
	fd = mkstemp(tmp);
	CHECK(fd >= 0);
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		struct opened o = { 0 };
		struct ntr_err e;

		CHECK(!ftruncate(fd, 0));
		CHECK_EQ(pwrite(fd, buf, cut[i], 0), cut[i]);
		if (ntr_dump_open(&o.d, tmp, NULL, &e) ||
		    ntr_target_open(&o.t, o.d, &e) ||
		    ntr_verdict_make(&o.v, o.t, &e)) {
			TEST_FAIL("cut at 0x%zx: %s", cut[i], e.msg);
			done(&o);
			break;
		}
		CHECK_EQ(o.v->code, 0x7e);
		CHECK(o.v->explanation != NULL);
		CHECK(o.v->determined);
		/* a list that is all there is not called incomplete */
		CHECK_EQ(o.t->modules_complete, o.t->modules.n == 151);
		CHECK(o.t->modules.n == 151 || cut[i] < 0x19440);
		done(&o);
	}
	close(fd);
	unlink(tmp);
}

/* A jump to NULL is a fault with registers and a stack like any other. */
static void jump_to_null_keeps_its_context(void)
{
	struct opened o;

	if (!verdict_of("user_minidumps/breakpad/linux_jmp_to_0.dmp", &o))
		SKIP("no corpus");
	CHECK(o.v->has_regs);
	CHECK_EQ(o.v->regs.ip, 0);
	CHECK_EQ(o.v->regs.sp, 0x7ffc62dc75b0);
	CHECK(o.v->stack.n > 1);
	CHECK_STR(o.v->blame.module, "driver");
	done(&o);
}

/* A process's stack limit is not in its dump; the exception says enough. */
static void exception_proves_a_process_overflow(void)
{
	struct opened o;

	if (!verdict_of("user_minidumps/breakpad/stack_exhaustion.dmp", &o))
		SKIP("no corpus");
	CHECK(o.v->overflow.proven);
	CHECK(!o.v->overflow.checked);
	CHECK(o.v->overflow.cycle.found);
	CHECK_HAS(o.v->blame.reason, "recursion");
	CHECK_EQ(o.v->blame.skipped.n, 1);
	CHECK_HAS(o.v->blame.skipped.v[0].reason, "weighs less");
	done(&o);
}

int main(void)
{
	RUN(every_kernel_dump_has_its_verdict);
	RUN(data_block_context_starts_the_stack);
	RUN(trap_frame_on_the_stack_is_the_fault);
	RUN(hung_processor_is_looked_at);
	RUN(power_button_blames_no_driver);
	RUN(cut_dumps_still_tell_their_bug_check);
	RUN(jump_to_null_keeps_its_context);
	RUN(exception_proves_a_process_overflow);
	return test_done();
}
