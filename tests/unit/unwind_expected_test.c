// SPDX-License-Identifier: Apache-2.0
/*
 * Stacks of user minidumps against what other unwinders print for them:
 * rust-minidump's and Breakpad's stackwalkers, frame by frame, all threads.
 * Where we differ on purpose, the test says why and checks the bytes.
 */
#include "unw_env.h"

#define RUST "user_minidumps/rust-minidump/"
#define BREAKPAD "user_minidumps/breakpad/"
#define MAX_THREADS 64
#define MAX_EXPECTED 512

enum how { CONTEXT, CFI, FRAMEPTR, SCAN, INLINED };
struct want {
	uint64_t ip, sp, fp;
	enum how how;
};
struct thread {
	uint32_t tid; /* 0: not printed */
	size_t first, n;
};
static struct want want[MAX_EXPECTED];
static struct thread threads[MAX_THREADS];
static size_t nwant, nthreads;

static struct test_mdmp dump;
static struct ntr_frame fr[256];
static size_t nfr;

/* --- the printed stacks ----------------------------------------------------------- */

static const char *const ways[] = {
	"given as instruction pointer", "call frame info",
	"previous frame's frame pointer", "stack scanning", "inlining",
};

static void read_register(const char *p, const char *name, uint64_t *v)
{
	for (const char *q = p; (q = strstr(q, name)); q++) {
		size_t n = strlen(name);

		if (q > p && q[-1] != ' ')
			continue;
		if (!strncmp(q + n, " = 0x", 5)) {
			*v = strtoull(q + n + 3, NULL, 16);
			return;
		}
	}
}

static void read_line(const char *line)
{
	struct thread *t = nthreads ? &threads[nthreads - 1] : NULL;
	const char *tid = strstr(line, "tid: ");
	struct want *w;

	if (!strncmp(line, "Thread ", 7) && nthreads < MAX_THREADS) {
		threads[nthreads++] = (struct thread){
			tid ? (uint32_t)strtoul(tid + 5, NULL, 10) : 0, nwant, 0
		};
		return;
	}
	if (!t || nwant == MAX_EXPECTED)
		return;
	w = &want[nwant];
	read_register(line, "eip", &w->ip);
	read_register(line, "esp", &w->sp);
	read_register(line, "ebp", &w->fp);
	read_register(line, "rip", &w->ip);
	read_register(line, "rsp", &w->sp);
	read_register(line, "rbp", &w->fp);
	for (size_t i = 0; strstr(line, "Found by: ") && i < 5; i++) {
		if (!strstr(line, ways[i]))
			continue;
		w->how = (enum how)i;
		if (w->how != INLINED) { /* those are no frames of a stack */
			nwant++;
			t->n++;
		}
		memset(&want[nwant], 0, sizeof(*w));
	}
}

static bool read_expected(const char *rel)
{
	char path[512], line[2000];
	FILE *f;

	nwant = nthreads = 0;
	memset(want, 0, sizeof(want));
	if (!test_corpus(rel, path, sizeof(path)) || !(f = fopen(path, "r")))
		return false;
	while (fgets(line, sizeof(line), f) && strncmp(line, "Loaded mod", 10))
		read_line(line);
	fclose(f);
	return nthreads > 0;
}

/* --- the dump ----------------------------------------------------------------------- */

static bool open_dump(const char *rel)
{
	char path[512];

	free(dump.f);
	dump.f = NULL;
	return test_corpus(rel, path, sizeof(path)) &&
	       test_mdmp_load(&dump, path);
}

/* The registers of a thread; tid 0: those of the exception. */
static bool registers(uint32_t tid, u32 machine, struct ntr_regs *r,
		      struct ntr_unw_env *env)
{
	const uint8_t *s = test_mdmp_stream(&dump, 3);
	const uint8_t *x = test_mdmp_stream(&dump, 6), *ctx = NULL;
	struct ntr_bin b;

	for (uint32_t i = 0; s && i < get32(s); i++) {
		const uint8_t *t = s + 4 + 48 * i;
		bool crashed = x && get32(x) == get32(t);

		if (tid ? get32(t) != tid : !crashed)
			continue;
		ctx = crashed ? dump.context : dump.f + get32(t + 44);
		env->stack_lo = get64(t + 24);
		env->stack_hi = env->stack_lo + get32(t + 32);
	}
	if (!ctx)
		return false;
	b = ntr_bin_of(ctx, machine == NTR_MACHINE_X86 ? 0x2cc : 0x4d0, "ctx",
		       0);
	return !ntr_regs_from_context(r, machine, &b, NULL);
}

static void walk(const struct thread *t, u32 machine)
{
	struct ntr_unw_env env = { .machine = machine, .mem = &dump.mem.s,
				   .module = test_mods_find,
				   .record = test_mods_record,
				   .trace = test_mods_trace,
				   .ctx = &dump.mods };
	struct ntr_regs r;

	nfr = 0;
	dump.mods.trace[0] = 0;
	CHECK(registers(t->tid, machine, &r, &env));
	ntr_unwind(&env, &r, fr, 256, &nfr);
}

/* --- x86 Windows --------------------------------------------------------------- */

/* One thread; all frames the same, each found in the way how. */
static void same_frames(enum ntr_trust how)
{
	CHECK_EQ(nthreads, 1);
	walk(&threads[0], NTR_MACHINE_X86);
	CHECK_EQ(nfr, threads[0].n);
	CHECK(nfr > 1);
	for (size_t i = 0; i < nfr && i < threads[0].n; i++) {
		CHECK_EQ(fr[i].ip, want[i].ip);
		CHECK_EQ(fr[i].sp, want[i].sp);
		CHECK_EQ(fr[i].fp, want[i].fp);
		CHECK_EQ(fr[i].trust, i ? how : NTR_TRUST_CONTEXT);
		CHECK_EQ(want[i].how, !i ? CONTEXT :
				      how == NTR_TRUST_FPO ? CFI : FRAMEPTR);
	}
}

static void windows_without_symbols(void)
{
	if (!read_expected(RUST "expected/test_minidump_stackwalk__human.snap") ||
	    !open_dump(RUST "test.dmp"))
		SKIP("no corpus");
	same_frames(NTR_TRUST_FRAMEPTR);
}

/*
 * With symbols the expected walks call these frames "call frame info".  The
 * .sym is not at hand; all three functions have ebp frames (the registers of
 * the expected frames follow from them), so these records say what its STACK
 * WIN lines must: derived from the expected registers, not read from a file.
 */
static void add_records(void)
{
	static const struct {
		uint32_t base, rva;
	} f[] = {
		{ 0x400000, 0x4280 }, { 0x400000, 0x4190 }, { 0x400000, 0x52c0 },
	};

	for (size_t i = 0; i < 3; i++) {
		struct ntr_uwrec r = { .kind = NTR_UW_FRAMEDATA,
				       .rva = f[i].rva, .size = 0x140 };

		test_mods_add_record(&dump.mods, f[i].base, r,
			"$T0 $ebp = $eip $T0 4 + ^ = $ebp $T0 ^ = "
			"$esp $T0 8 + = $L $T0 .cbSavedRegs - = "
			"$P $T0 8 + .cbParams + =");
	}
}

static void windows_with_records(void)
{
	static const char *const stacks[][2] = {
		{ RUST "expected/test_minidump_stackwalk__human-symbols.snap",
		  RUST "test.dmp" },
		{ BREAKPAD "minidump2.stackwalk.out", BREAKPAD "minidump2.dmp" },
	};

	for (size_t i = 0; i < 2; i++) {
		if (!read_expected(stacks[i][0]) || !open_dump(stacks[i][1]))
			SKIP("no corpus");
		add_records();
		same_frames(NTR_TRUST_FPO);
	}
}

/* The machine-readable form gives no registers: the module, the offset into
 * its function and the line; module and offset of the frames that name no
 * line fit BaseProcessStart + 0x23. */
static void machine_readable(void)
{
	char path[512], line[400], module[40];
	unsigned thread, frame, seen = 0;
	FILE *f;

	if (!test_corpus(BREAKPAD "minidump2.stackwalk.machine_readable.out",
			 path, sizeof(path)) ||
	    !open_dump(BREAKPAD "minidump2.dmp") || !(f = fopen(path, "r")))
		SKIP("no corpus");
	nthreads = 1;
	threads[0] = (struct thread){ 0, 0, 0 };
	walk(&threads[0], NTR_MACHINE_X86);
	while (fgets(line, sizeof(line), f)) {
		bool exe;

		if (sscanf(line, "%u|%u|%39[^|]|", &thread, &frame, module) != 3)
			continue;
		exe = !strcmp(module, "test_app.exe");
		CHECK(frame < nfr);
		CHECK_EQ(fr[frame].ip >= 0x400000 && fr[frame].ip < 0x42d000,
			 exe);
		CHECK_EQ(fr[frame].ip >= 0x7c800000 &&
			 fr[frame].ip < 0x7c8f4000, !exe);
		seen++;
	}
	fclose(f);
	CHECK_EQ(seen, nfr);
}

/* --- macOS ------------------------------------------------------------------------ */

/* Their frame t[j] is ours, by registers. */
static bool is_frame(const struct want *t, const struct ntr_frame *f)
{
	return t->ip == f->ip && t->sp == f->sp && t->fp == f->fp;
}

/*
 * 11 threads with frame pointers.  Theirs are found by the CFI of a .sym that
 * is not at hand, ours by rbp, with the same registers.  Differences:
 *
 * - ten threads sleep in a system-call stub that pushes nothing: sp is 8 off
 *   a multiple of 16, and its return address, in libsystem behind the stub's
 *   caller, is at sp.  Theirs takes rbp at once and misses that caller.
 * - the last frame of the main thread: theirs scans on and finds the same ip
 *   once more, 8 bytes on.  rbp of that frame points to a 0, which ends the
 *   chain: nothing called it.
 */
static void macos(void)
{
	size_t same = 0, entries = 0;

	if (!read_expected(RUST "expected/test_minidump_stackwalk__macos_"
				"inlines_human.snap") ||
	    !open_dump(RUST "pipeline-inlines-macos-segv.dmp"))
		SKIP("no corpus");
	CHECK_EQ(nthreads, 11);
	for (size_t k = 0; k < nthreads; k++) {
		const struct want *t = &want[threads[k].first];
		size_t n = threads[k].n, j = 0;
		u64 ret = 0;

		walk(&threads[k], NTR_MACHINE_AMD64);
		if (n > 1 && t[n - 1].how == SCAN && t[n - 1].ip == t[n - 2].ip) {
			u64 end = 1;

			CHECK_EQ(ntr_read_u64(&dump.mem.s, t[n - 2].fp, &end),
				 NTR_OK);
			CHECK_EQ(end, 0);
			n--;
		}
		for (size_t i = 0; i < nfr; i++) {
			if (j < n && is_frame(&t[j], &fr[i])) {
				CHECK_EQ(fr[i].trust, j ? NTR_TRUST_FRAMEPTR :
							  NTR_TRUST_CONTEXT);
				j++;
				continue;
			}
			CHECK_EQ(i, 1);
			CHECK_EQ(fr[0].sp & 15, 8);
			CHECK_EQ(ntr_read_u64(&dump.mem.s, fr[0].sp, &ret),
				 NTR_OK);
			CHECK_EQ(fr[1].ip, ret);
			CHECK_EQ(fr[1].fp, fr[0].fp);
			CHECK_EQ(fr[1].trust, NTR_TRUST_SCAN);
			entries++;
		}
		CHECK_EQ(j, n);
		same += j;
	}
	CHECK_EQ(same, 77);
	CHECK_EQ(entries, 10);
}

/* --- Linux ------------------------------------------------------------------------ */

/*
 * linux-mini.dmp, no symbols: theirs scans 14 frames, ours has 2, both among
 * theirs.  By the bytes ours are the stack, because the code from ip on is in
 * the dump: it ends in `lea rsp,[rbp-16]; pop rbx; pop r14; pop rbp; ret`,
 * which leads to the slot of 0x7f514017d830, __libc_start_main + 240 of glibc
 * 2.23.  Behind it stands _start (xor ebp,ebp; … mov r8,0x414ca0; mov
 * rcx,0x414c30; mov rdi,0x401c70; call; hlt at 0x401de9): so ip is in main,
 * 0x401de9 is where it all returns to, and theirs at 0x401dc0, 0x401c70,
 * 0x414ca0 and 0x414c30 are pointers to functions.
 */
static void linux_scan(void)
{
	static const uint64_t pointers[] = { 0x401dc0, 0x401c70, 0x414ca0,
					     0x414c30, 0x401ec0, 0x400040 };
	uint8_t code[9];
	size_t found = 0;

	if (!read_expected(RUST "expected/test_minidump_stackwalk__linux_human"
				".snap") ||
	    !open_dump(RUST "linux-mini.dmp"))
		SKIP("no corpus");
	walk(&threads[0], NTR_MACHINE_AMD64);
	CHECK_EQ(nfr, 3);
	for (size_t i = 0, j = 0; i < nfr; i++) {
		while (j < threads[0].n &&
		       !(want[j].ip == fr[i].ip && want[j].sp == fr[i].sp))
			j++;
		found += j < threads[0].n;
	}
	CHECK_EQ(found, 3);
	CHECK_EQ(fr[1].ip, UINT64_C(0x7f514017d830));
	CHECK_EQ(fr[1].trust, NTR_TRUST_CODE);
	CHECK_EQ(fr[2].ip, 0x401de9);
	CHECK_EQ(fr[2].trust, NTR_TRUST_SCAN);
	CHECK(fr[2].call_checked);
	CHECK_EQ(ntr_space_read(&dump.mem.s, 0x401d9b, code, 9, NULL), NTR_OK);
	CHECK(!memcmp(code, "\x48\x8d\x65\xf0\x5b\x41\x5e\x5d\xc3", 9));
	CHECK_EQ(ntr_space_read(&dump.mem.s, 0x401de9, code, 1, NULL), NTR_OK);
	CHECK_EQ(code[0], 0xf4);
	for (size_t i = 1; i < nfr; i++)
		for (size_t k = 0; k < sizeof(pointers) / 8; k++)
			CHECK(fr[i].ip != pointers[k]);
}

int main(void)
{
	RUN(windows_without_symbols);
	RUN(windows_with_records);
	RUN(machine_readable);
	RUN(macos);
	RUN(linux_scan);
	return test_done();
}
