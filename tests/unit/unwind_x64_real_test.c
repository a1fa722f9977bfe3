// SPDX-License-Identifier: Apache-2.0
/*
 * x64 unwinding of real code: functions whose prologues a small interpreter
 * in this file runs instruction by instruction, so that at every point the
 * registers before the call are known; the epilogues of version 2 records in
 * the same way; a real crash with its calls known.
 */
#include "unw_env.h"

#define STACK UINT64_C(0xffffd00000010000)
#define STACK_LEN 0x4000u

static uint8_t stack[STACK_LEN];
static struct ntr_mem_space stack_space;
static struct ntr_unw_env prologue_env = { .machine = NTR_MACHINE_AMD64,
					   .mem = &stack_space.s };
static struct ntr_frame fr[256];

static void poke(uint64_t va, uint64_t v)
{
	if (va >= STACK && va - STACK <= STACK_LEN - 8)
		put64(stack, va - STACK, v);
}

/* --- real prologues, interpreted --------------------------------------------- */

/* Registers and the stack while a prologue runs. */
struct cpu {
	uint64_t r[16];
	uint64_t pc;
};

static uint8_t *code_at(const struct test_image *im, uint64_t va)
{
	return im->mem + (va - im->pe.base);
}

/* One prologue instruction: push, sub rsp, lea reg,[rsp+d], mov reg,reg,
 * mov [reg+d],reg. False: something else. */
static bool run_one(struct cpu *c, const struct test_image *im)
{
	const uint8_t *p = code_at(im, c->pc);
	unsigned rex = 0, mod, reg, rm;
	int64_t disp = 0;
	size_t len;

	if ((*p & 0xf0) == 0x40)
		rex = *p++;
	if ((*p & 0xf8) == 0x50) {
		c->r[4] -= 8;
		poke(c->r[4], c->r[(*p & 7) + (rex & 1) * 8]);
		c->pc = im->pe.base + (uint64_t)(p + 1 - im->mem);
		return true;
	}
	if (!(rex & 8))
		return false;
	mod = p[1] >> 6;
	reg = (p[1] >> 3 & 7) + (rex & 4 ? 8 : 0);
	rm = (p[1] & 7) + (rex & 1 ? 8 : 0);
	if ((*p == 0x83 || *p == 0x81) && p[1] == 0xec) {
		c->r[4] -= *p == 0x83 ? p[2] : get32(p + 2);
		c->pc += *p == 0x83 ? 4 : 7;
		return true;
	}
	if (*p == 0x8b && mod == 3) {
		c->r[reg] = c->r[rm];
		c->pc += 3;
		return true;
	}
	if ((*p != 0x89 && *p != 0x8d) || mod == 3 || mod == 0)
		return false;
	len = 2 + ((rm & 7) == 4);
	if ((rm & 7) == 4 && p[2] != 0x24)
		return false;
	disp = mod == 1 ? (int8_t)p[len] : (int32_t)get32(p + len);
	if (*p == 0x8d)
		c->r[reg] = c->r[rm] + (uint64_t)disp;
	else
		poke(c->r[rm] + (uint64_t)disp, c->r[reg]);
	c->pc += 1 + len + (mod == 1 ? 1 : 4);
	return true;
}

static void check_state(const struct test_image *im, const struct cpu *c,
			const struct cpu *entry, uint64_t ra)
{
	static const unsigned kept[] = { 3, 5, 6, 7, 12, 13, 14, 15 };
	struct ntr_unw_module m = { im->pe.base, im->size, &im->pe,
				    &im->space.s };
	struct ntr_regs r = { .machine = NTR_MACHINE_AMD64 };
	bool exact = true;

	for (unsigned i = 0; i < 16; i++)
		ntr_reg_set(&r, i, c->r[i]);
	ntr_reg_set(&r, NTR_X64_RIP, c->pc);
	CHECK_EQ(ntr_unw_step_x64(&prologue_env, &m, &r, &exact, NULL), NTR_OK);
	CHECK_EQ(r.ip, ra);
	CHECK_EQ(r.sp, entry->r[4] + 8);
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(r.r[kept[i]], entry->r[kept[i]]);
}

/* --- version 2: where the epilogues are is in the record ----------------------- */

/* One instruction of an epilogue: pop. False: the return or a jump. */
static bool run_pop(struct cpu *c, const struct test_image *im)
{
	const uint8_t *p = code_at(im, c->pc);
	unsigned wide = *p == 0x41;

	if ((p[wide] & 0xf8) != 0x58)
		return false;
	c->r[(p[wide] & 7) + 8 * wide] = get64(stack + (c->r[4] - STACK));
	c->r[4] += 8;
	c->pc += 1 + wide;
	return true;
}

/* The stack as the last `add rsp` before start leaves it: all pushed registers
 * are there.  c has run the prologue; sp goes to the pushed registers, and
 * those that were kept are changed, as a body does. */
static bool to_epilogue(struct cpu *c, const struct cpu *entry,
			const uint8_t *u, uint64_t start)
{
	unsigned n = u[2], pushed = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned w = get16(u + 4 + 2 * i), op = w >> 8 & 15;

		if (op == 0)
			pushed++;
		i += op == 1 ? 1 + (w >> 12 == 1) : op == 4 || op == 7 || op == 8;
		if (op == 5 || op == 9 || op == 10)
			return false;
	}
	c->r[4] = entry->r[4] - 8 * pushed;
	for (unsigned i = 0; i < n; i++) {
		unsigned w = get16(u + 4 + 2 * i), op = w >> 8 & 15;

		if (op == 0)
			c->r[w >> 12] = 0x7777000000000000u + i;
		i += op == 1 ? 1 + (w >> 12 == 1) : op == 4 || op == 7 || op == 8;
	}
	c->pc = start;
	return true;
}

/* From start to the return: at every instruction the caller must come out. */
static unsigned one_epilogue(const struct test_image *im, const struct cpu *body,
			     const struct cpu *entry, const uint8_t *u,
			     uint32_t start, uint64_t ra)
{
	struct cpu c = *body;
	unsigned points = 1;

	if (!to_epilogue(&c, entry, u, im->pe.base + start))
		return 0;
	check_state(im, &c, entry, ra);
	for (; run_pop(&c, im); points++)
		check_state(im, &c, entry, ra);
	return points;
}

/* The list: size, then distances from the end; the last one's is implied. */
static unsigned epilogues(const struct test_image *im, const uint8_t *f,
			  const uint8_t *u, const struct cpu *body,
			  const struct cpu *entry, uint64_t ra)
{
	uint32_t end = get32(f + 4), back;
	unsigned points = 0;

	if ((u[0] & 7) != 2 || !u[2] || (u[5] & 15) != 6)
		return 0;
	if (u[5] & 0x10)
		points += one_epilogue(im, body, entry, u, end - u[4], ra);
	for (unsigned i = 1; i < u[2] && (u[5 + 2 * i] & 15) == 6; i++) {
		back = u[4 + 2 * i] | (uint32_t)(u[5 + 2 * i] >> 4) << 8;
		if (back)
			points += one_epilogue(im, body, entry, u, end - back,
					       ra);
	}
	return points;
}

/* Each function of an image from its first instruction to the end of its
 * prologue; at every instruction the caller must come out the same. */
static unsigned interpret_all(const char *path, unsigned *in_epilogues)
{
	uint64_t ra = UINT64_C(0x7ff600001234);
	struct test_image im;
	unsigned points = 0, n;

	ntr_mem_space_init(&stack_space, STACK, stack, sizeof(stack));
	if (!test_image_load(&im, path, 0x140000000))
		return 0;
	n = im.pe.dir[3].size / 12;
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *f = im.mem + im.pe.dir[3].rva + 12 * i;
		const uint8_t *u = im.mem + get32(f + 8);
		struct cpu c, entry;

		if (u[0] >> 3 & 4) /* a part: it starts in the middle */
			continue;
		for (unsigned k = 0; k < 16; k++)
			c.r[k] = 0x5000000000000000u + k;
		c.r[4] = STACK + 0x3000 - 8;
		poke(c.r[4], ra);
		c.pc = im.pe.base + get32(f);
		entry = c;
		check_state(&im, &c, &entry, ra);
		points++;
		while (c.pc < im.pe.base + get32(f) + u[1] &&
		       run_one(&c, &im)) {
			check_state(&im, &c, &entry, ra);
			points++;
		}
		if (c.pc == im.pe.base + get32(f) + u[1])
			*in_epilogues += epilogues(&im, f, u, &c, &entry, ra);
	}
	test_image_free(&im);
	return points;
}

static void real_prologues(void)
{
	static const char *const files[] = {
		"symbols/pdb/microsoft_seh_tests/x64/xcpt4.exe",
		"symbols/pdb/microsoft_seh_tests/x64/nested_collided.exe",
		"made/triple/crash64_O0.exe",
		"made/triple/crash64_O1.exe",
		"made/pe/drv64.sys",
		"made/mdmp/md64.exe",
		"made/mdmp/slp64.exe",
		"symbols/pdb/microsoft_seh_tests/x64/xframe_eh_exe.exe",
		"symbols/pdb/microsoft_seh_tests/x64/xframe_eh_dll.dll",
		"symbols/pdb/breakpad/dump_syms_regtest64.exe",
		"symbols/pdb/breakpad/pe_only_symbol_test.dll",
		"symbols/pdb/symbolic/CrashWithException.exe",
		/* 438 records of version 2 */
		"symbols/kernel_pe_pdb/systeminformer_amd64/systeminformer.sys",
	};
	unsigned points = 0, in_epilogues = 0;
	char path[512];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!test_corpus(files[i], path, sizeof(path)))
			SKIP("no corpus");
		points += interpret_all(path, &in_epilogues);
	}
	CHECK(points > 4000);
	CHECK(in_epilogues > 500);
}

/* --- a real crash -------------------------------------------------------------- */

static struct test_mdmp dump;

/* begin and end of the six functions, from the .pdb (llvm-pdbutil) */
struct range {
	uint32_t begin, size;
};

static void crash(const char *name, const struct range *want)
{
	char path[512], rel[100];
	struct ntr_unw_env env = { .machine = NTR_MACHINE_AMD64,
				   .module = test_mods_find,
				   .ctx = &dump.mods };
	struct test_image im;
	struct ntr_regs r;
	struct ntr_bin b;
	size_t n;

	snprintf(rel, sizeof(rel), "made/triple/%s.dmp", name);
	if (!test_corpus(rel, path, sizeof(path)))
		SKIP("no corpus");
	CHECK(test_mdmp_load(&dump, path));
	snprintf(rel, sizeof(rel), "made/triple/%s.exe", name);
	test_corpus(rel, path, sizeof(path));
	CHECK(test_image_load(&im, path, dump.mods.m[0].base));
	dump.mods.m[0].pe = &im.pe;
	dump.mods.m[0].code = &im.space.s;
	env.mem = &dump.mem.s;
	b = ntr_bin_of(dump.context, 0x4d0, rel, 0);
	CHECK_EQ(ntr_regs_from_context(&r, NTR_MACHINE_AMD64, &b, NULL),
		 NTR_OK);
	ntr_unwind(&env, &r, fr, 256, &n);
	CHECK(n >= 7);
	for (size_t i = 0; i < 6 && i < n; i++) {
		uint64_t off = fr[i].ip - im.pe.base - 0x1000;

		CHECK(off >= want[i].begin &&
		      off <= want[i].begin + want[i].size);
		CHECK_EQ(fr[i].trust, i ? NTR_TRUST_CFI : NTR_TRUST_CONTEXT);
		CHECK(!i || fr[i].call_checked);
	}
	/* the next one is in another module: kernel32 */
	CHECK(n > 6 && (fr[6].ip < im.pe.base || fr[6].ip >= im.pe.base + im.size));
	test_image_free(&im);
	free(dump.f);
}

static void crash64_O0(void)
{
	static const struct range want[] = {
		{ 0, 98 },    { 112, 51 },  { 176, 65 },
		{ 496, 64 },  { 256, 107 }, { 368, 123 },
	};

	crash("crash64_O0", want);
}

static void crash64_O1(void)
{
	static const struct range want[] = {
		{ 0, 41 },    { 48, 31 },  { 80, 37 },
		{ 320, 27 },  { 128, 73 }, { 208, 103 },
	};

	crash("crash64_O1", want);
}

int main(void)
{
	RUN(real_prologues);
	RUN(crash64_O0);
	RUN(crash64_O1);
	return test_done();
}
