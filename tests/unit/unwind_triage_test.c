// SPDX-License-Identifier: Apache-2.0
/*
 * Triage dumps have a stack, a few hundred bytes of code here and there, and
 * no unwind data.  How much of the true stack comes out is measured against
 * what a debugger with all images and symbols shows.
 */
#include "unw_env.h"

#define DUMPS "kernel_dumps/"
#define WIN81 "kernel_dumps/batch_win81_criticalrocket/"

static struct test_triage t;
static struct ntr_pe nt_pe;
static struct ntr_frame fr[256];
static size_t nfr;

static struct ntr_unw_env env_of(u32 machine, u32 build)
{
	return (struct ntr_unw_env){ .machine = machine, .build = build,
				     .mem = &t.mem.s, .stack_lo = t.stack_va,
				     .stack_hi = t.stack_va + t.stack_len,
				     .module = test_mods_find,
				     .ctx = &t.mods };
}

static bool open_dump(const char *rel)
{
	char path[512];

	if (!test_corpus(rel, path, sizeof(path)))
		return false;
	free(t.f);
	return test_triage_load(&t, path);
}

struct truth {
	uint64_t ip, sp;
};

static size_t read_truth(struct truth *v, size_t max)
{
	char path[512], line[600];
	size_t n = 0;
	FILE *f;

	if (!test_corpus("expected_triage_x64.tsv", path, sizeof(path)))
		return 0;
	f = fopen(path, "r");
	while (f && n < max && fgets(line, sizeof(line), f)) {
		unsigned no;

		if (sscanf(line, "%u 0x%" SCNx64 " 0x%" SCNx64, &no, &v[n].ip,
			   &v[n].sp) == 3)
			n++;
	}
	if (f)
		fclose(f);
	return n;
}

static bool in_truth(const struct truth *v, size_t n, const struct ntr_frame *f)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].ip == f->ip && v[i].sp == f->sp)
			return true;
	return false;
}

/* From the stop on: through the exception dispatcher, the trap frame, a
 * driver and the framework to the thread's start. */
static void true_frames(void)
{
	struct truth v[64];
	struct ntr_regs r = { .machine = NTR_MACHINE_AMD64 };
	struct ntr_unw_env env;
	size_t n = read_truth(v, 64), hits = 0, wrong = 0;

	if (!n || !open_dump(DUMPS "rizin_triage_x64_0x1000007e.dmp"))
		SKIP("no corpus");
	CHECK_EQ(n, 36);
	/* its first page is the only one of a kernel image in the dump */
	CHECK_EQ(ntr_pe_open(&nt_pe, &t.mem.s, UINT64_C(0xfffff8047ba00000),
			     true, NULL), NTR_OK);
	for (size_t i = 0; i < t.mods.n; i++)
		if (t.mods.m[i].base == UINT64_C(0xfffff8047ba00000))
			t.mods.m[i].pe = &nt_pe;
	env = env_of(NTR_MACHINE_AMD64, 19041);
	ntr_reg_set(&r, NTR_X64_RIP, v[0].ip);
	ntr_reg_set(&r, NTR_X64_RSP, v[0].sp);
	CHECK_EQ(ntr_unwind(&env, &r, fr, 256, &nfr), NTR_UNW_END);
	for (size_t i = 0; i < nfr; i++) {
		if (in_truth(v, n, &fr[i]))
			hits++;
		else
			wrong++;
		/* nothing false may be called better than a guess */
		CHECK(in_truth(v, n, &fr[i]) || fr[i].trust == NTR_TRUST_SCAN);
	}
	CHECK_EQ(hits, 36);
	CHECK(wrong <= 3);
	/* from the fault's own registers, as the dump's header has them */
	{
		struct ntr_bin b = ntr_bin_of(t.context, 0x4d0, "ctx", 0x348);

		CHECK_EQ(ntr_regs_from_context(&r, NTR_MACHINE_AMD64, &b, NULL),
			 NTR_OK);
	}
	CHECK_EQ(r.ip, v[8].ip);
	CHECK_EQ(ntr_unwind(&env, &r, fr, 256, &nfr), NTR_UNW_END);
	hits = wrong = 0;
	for (size_t i = 0; i < nfr; i++) {
		hits += in_truth(v, n, &fr[i]);
		wrong += !in_truth(v, n, &fr[i]);
	}
	CHECK_EQ(hits, 28);
	CHECK(wrong <= 1);
}

/* 0x50: parameter 3 is the instruction, parameter 1 the address. */
static void trap_frame_of_0x50(void)
{
	struct ntr_unw_env env;
	struct ntr_regs r;
	u64 va = 0, cr2 = 0;

	if (!open_dump(WIN81 "111317-27812-01.dmp"))
		SKIP("no corpus");
	env = env_of(NTR_MACHINE_AMD64, 9600);
	CHECK_EQ(ntr_find_trap_frame(&env, t.stack_va, env.stack_hi,
				     UINT64_C(0xfffff801eddf9151), &va, &r,
				     NULL), NTR_OK);
	CHECK_EQ(r.ip, UINT64_C(0xfffff801eddf9151));
	CHECK_EQ(r.sp, va + 0x190);
	CHECK_EQ(ntr_read_u64(&t.mem.s, va + 0xd0, &cr2), NTR_OK);
	CHECK_EQ(cr2, 0x7ffe0320);
	/* without knowing it, the same one; and the walk passes through it */
	va = 0;
	CHECK_EQ(ntr_find_trap_frame(&env, t.stack_va, env.stack_hi, 0, &va,
				     &r, NULL), NTR_OK);
	CHECK_EQ(r.ip, UINT64_C(0xfffff801eddf9151));
	{
		struct ntr_bin b = ntr_bin_of(t.context, 0x4d0, "ctx", 0x348);
		bool met = false;

		CHECK_EQ(ntr_regs_from_context(&r, NTR_MACHINE_AMD64, &b, NULL),
			 NTR_OK);
		ntr_unwind(&env, &r, fr, 256, &nfr);
		for (size_t i = 0; i < nfr; i++)
			met |= fr[i].trust == NTR_TRUST_TRAP &&
			       fr[i].ip == UINT64_C(0xfffff801eddf9151);
		CHECK(met);
	}
}

/* What holds for every walk of every dump. */
static void check_walk(const struct ntr_unw_env *env, enum ntr_unw_stop stop)
{
	CHECK(nfr >= 2);
	CHECK(stop == NTR_UNW_END || stop == NTR_UNW_MEMORY);
	for (size_t i = 1; i < nfr; i++) {
		struct ntr_unw_module m;

		if (!(fr[i].ip >> 63))
			continue; /* user mode */
		CHECK(fr[i].sp > fr[i - 1].sp);
		CHECK(test_mods_find(&t.mods, fr[i].ip, &m));
		CHECK(fr[i].sp <= env->stack_hi);
		CHECK(env->machine != NTR_MACHINE_AMD64 ||
		      fr[i].trust == NTR_TRUST_TRAP || !(fr[i].sp & 15));
	}
}

static void all_triage_dumps(void)
{
	static const struct {
		const char *rel;
		u32 machine;
	} d[] = {
		{ WIN81 "111217-27671-01.dmp", NTR_MACHINE_AMD64 },
		{ WIN81 "111217-31359-01.dmp", NTR_MACHINE_AMD64 },
		{ WIN81 "111217-38640-01.dmp", NTR_MACHINE_AMD64 },
		{ WIN81 "111317-52015-01.dmp", NTR_MACHINE_AMD64 },
		{ WIN81 "111417-173000-01.dmp", NTR_MACHINE_AMD64 },
		{ WIN81 "111417-58375-01.dmp", NTR_MACHINE_AMD64 },
		{ DUMPS "daimuvg_102622-12000-01_0x101.dmp", NTR_MACHINE_AMD64 },
		{ DUMPS "ojusha_100623-4953-01_0x1a.dmp", NTR_MACHINE_AMD64 },
		{ DUMPS "rizin_triage_arm64_0x1c8.dmp", NTR_MACHINE_ARM64 },
	};

	for (size_t i = 0; i < sizeof(d) / sizeof(d[0]); i++) {
		struct ntr_unw_env env;
		struct ntr_regs r;
		struct ntr_bin b;

		if (!open_dump(d[i].rel))
			SKIP("no corpus");
		env = env_of(d[i].machine, 19041);
		b = ntr_bin_of(t.context, 0x390, "ctx", 0x348);
		CHECK_EQ(ntr_regs_from_context(&r, d[i].machine, &b, NULL),
			 NTR_OK);
		check_walk(&env, ntr_unwind(&env, &r, fr, 256, &nfr));
	}
	/* the last is ARM64: its frame records lead to the thread's start */
	CHECK_EQ(nfr, 5);
	for (size_t i = 1; i < nfr; i++)
		CHECK_EQ(fr[i].trust, NTR_TRUST_FRAMEPTR);
}

int main(void)
{
	RUN(true_frames);
	RUN(trap_frame_of_0x50);
	RUN(all_triage_dumps);
	free(t.f);
	return test_done();
}
