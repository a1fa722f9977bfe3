// SPDX-License-Identifier: Apache-2.0
/*
 * Every function of real images: what llvm-readobj --unwind says that the
 * prologue does is done to registers and a stack, in the order in which code
 * does it; unwinding from the body must give all of it back.
 *
 * llvm-readobj 14 has gaps, met as said where they matter: it does not
 * know version 2 of x64 (and dies of it), nor code 0xfc and CR 2 of ARM64,
 * the signed return address; and it takes an image that has a symbol table
 * (MinGW) for an object file.  unwind_x64_real_test and unwind_arm64_test run
 * the machine code itself instead.
 */
#include "unw_env.h"

#include <ctype.h>

#define STACK UINT64_C(0xffffd00000010000)
#define STACK_LEN 0x40000u
#define ENTRY (STACK + 0x3f000u - 8) /* sp where x64 code is entered */
#define RA UINT64_C(0x7ff600001234)
#define MAX_OPS 64

static uint8_t stack[STACK_LEN];
static struct ntr_mem_space stack_space;

/* One step of a prologue, as printed. */
struct op {
	char text[100];
};
struct fn {
	uint64_t begin, end, chained; /* chained: begin of the primary, or 0 */
	struct op op[MAX_OPS];
	unsigned n;
	uint32_t frame_offset;
	bool skip, signed_lr;
};
static struct fn fns[1200];
static size_t nfns;

static void poke(uint64_t va, uint64_t v)
{
	CHECK(va >= STACK && va - STACK <= STACK_LEN - 8);
	if (va >= STACK && va - STACK <= STACK_LEN - 8)
		put64(stack, va - STACK, v);
}

/* Run readobj; false: it is not there, or it does not survive the file. */
static bool each_line(const char *path, void (*fn)(char *line))
{
	char cmd[600], line[400];
	FILE *f;

	nfns = 0;
	snprintf(cmd, sizeof(cmd), "llvm-readobj --unwind '%s' 2>/dev/null",
		 path);
	f = popen(cmd, "r");
	while (f && fgets(line, sizeof(line), f)) {
		char *p = line;

		line[strcspn(line, "\n")] = 0;
		while (isspace((unsigned char)*p))
			p++;
		fn(p);
	}
	return f && !pclose(f) && nfns;
}

static struct fn *new_fn(void)
{
	struct fn *f = &fns[nfns < 1199 ? nfns++ : 1199];

	memset(f, 0, sizeof(*f));
	return f;
}

static void add_op(struct fn *f, const char *text)
{
	if (f->n == MAX_OPS)
		f->skip = true;
	else
		snprintf(f->op[f->n++].text, sizeof(f->op[0].text), "%s", text);
}

/* --- x64 ---------------------------------------------------------------------------- */

static bool in_chain;

static void x64_line(char *p)
{
	struct fn *f = nfns ? &fns[nfns - 1] : NULL;
	unsigned long long v;

	if (!strncmp(p, "RuntimeFunction {", 17)) {
		new_fn();
		in_chain = false;
		return;
	}
	if (!f)
		return;
	if (!strncmp(p, "Chained {", 9))
		in_chain = true;
	else if (sscanf(p, "StartAddress: %*[^0-9]%llx", &v) == 1)
		*(in_chain ? &f->chained : &f->begin) = v;
	else if (sscanf(p, "EndAddress: %*[^0-9]%llx", &v) == 1 && !in_chain)
		f->end = v;
	else if (sscanf(p, "FrameOffset: %llx", &v) == 1)
		f->frame_offset = (uint32_t)v * 16;
	else if (!strncmp(p, "0x", 2) && strchr(p, ':'))
		add_op(f, strchr(p, ':') + 2);
}

static const char *const x64_reg[] = {
	"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
	"R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
};

static unsigned reg_of(const char *name)
{
	for (unsigned i = 0; i < 16; i++)
		if (!strcmp(name, x64_reg[i]))
			return i;
	return 16;
}

/* What one printed code does when it is executed. */
static bool x64_do(uint64_t *r, const char *text)
{
	char reg[16] = "";
	unsigned long long v = 0;
	unsigned i;

	if (sscanf(text, "PUSH_NONVOL reg=%15[A-Z0-9]", reg) == 1) {
		i = reg_of(reg);
		r[4] -= 8;
		poke(r[4], r[i & 15]);
		r[i & 15] = 0xbad0000 + i; /* the body uses it */
		return i < 16;
	}
	if (sscanf(text, "ALLOC_SMALL size=%llu", &v) == 1 ||
	    sscanf(text, "ALLOC_LARGE size=%llu", &v) == 1) {
		r[4] -= v;
		return true;
	}
	if (sscanf(text, "SET_FPREG reg=%15[A-Z0-9], offset=%llx", reg, &v) == 2) {
		i = reg_of(reg);
		r[i & 15] = r[4] + v;
		return i < 16;
	}
	if (sscanf(text, "SAVE_NONVOL reg=%15[A-Z0-9], offset=%llx", reg, &v) ==
	    2) {
		i = reg_of(reg);
		poke(r[4] + v, r[i & 15]);
		r[i & 15] = 0xbad0000 + i;
		return i < 16;
	}
	return !strncmp(text, "SAVE_XMM128", 11);
}

/* Chained functions begin where their primary's prologue is done. */
static bool x64_prologue(uint64_t *r, const struct fn *f, unsigned depth)
{
	bool ok = !f->skip && depth < 8;

	for (size_t i = 0; ok && f->chained && i < nfns; i++)
		if (fns[i].begin == f->chained) {
			ok = x64_prologue(r, &fns[i], depth + 1);
			break;
		}
	for (unsigned i = f->n; ok && i; i--)
		ok = x64_do(r, f->op[i - 1].text);
	return ok;
}

static bool has_frame(const struct fn *f)
{
	for (unsigned i = 0; i < f->n; i++)
		if (!strncmp(f->op[i].text, "SET_FPREG", 9))
			return true;
	return false;
}

static bool x64_one(const struct test_image *im, const struct fn *f)
{
	static const unsigned kept[] = { 3, 5, 6, 7, 12, 13, 14, 15 };
	struct ntr_unw_env env = { .machine = NTR_MACHINE_AMD64,
				   .mem = &stack_space.s };
	struct ntr_unw_module m = { im->pe.base, im->size, &im->pe,
				    &im->space.s };
	struct ntr_regs out = { .machine = NTR_MACHINE_AMD64 };
	uint64_t r[16];
	bool exact = false;

	for (unsigned i = 0; i < 16; i++)
		r[i] = 0x5000000000000000u + i;
	r[4] = ENTRY;
	poke(ENTRY, RA);
	if (!x64_prologue(r, f, 0))
		return false;
	if (has_frame(f))
		r[4] -= 0x230; /* alloca */
	for (unsigned i = 0; i < 16; i++)
		ntr_reg_set(&out, i, r[i]);
	ntr_reg_set(&out, NTR_X64_RIP, f->end);
	CHECK_EQ(ntr_unw_step_x64(&env, &m, &out, &exact, NULL), NTR_OK);
	CHECK_EQ(out.ip, RA);
	CHECK_EQ(out.sp, ENTRY + 8);
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(out.r[kept[i]], 0x5000000000000000u + kept[i]);
	return true;
}

static void x64_images(void)
{
	static const char *const files[] = {
		"symbols/pdb/microsoft_seh_tests/x64/xcpt4.exe",
		"symbols/pdb/microsoft_seh_tests/x64/nested_collided.exe",
		"symbols/pdb/microsoft_seh_tests/x64/xframe_eh_exe.exe",
		"symbols/pdb/microsoft_seh_tests/x64/xframe_eh_dll.dll",
		"symbols/pdb/breakpad/dump_syms_regtest64.exe",
		"symbols/pdb/symbolic/CrashWithException.exe",
		"made/pe/drv64.sys",
		"made/triple/crash64_O0.exe",
		"made/triple/crash64_O1.exe",
	};
	unsigned done = 0, all = 0;
	struct test_image im;
	char path[512];

	ntr_mem_space_init(&stack_space, STACK, stack, sizeof(stack));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!test_corpus(files[i], path, sizeof(path)))
			SKIP("no corpus");
		if (!each_line(path, x64_line))
			SKIP("no llvm-readobj");
		CHECK(test_image_load(&im, path, 0));
		im.pe.base = im.pe.image_base;
		ntr_mem_space_init(&im.space, im.pe.base, im.mem, im.size);
		for (size_t k = 0; k < nfns; k++) {
			done += x64_one(&im, &fns[k]);
			all++;
		}
		CHECK_EQ(nfns, im.pe.dir[3].size / 12);
		test_image_free(&im);
	}
	CHECK_EQ(done, all);
	CHECK(all > 500);
}

/* --- ARM64 -------------------------------------------------------------------------- */

static bool in_prologue;

static void a64_line(char *p)
{
	struct fn *f = nfns ? &fns[nfns - 1] : NULL;
	unsigned long long v;
	char *text = strchr(p, ';');

	if (!strncmp(p, "RuntimeFunction {", 17)) {
		new_fn();
		in_prologue = false;
	} else if (!f) {
		return;
	} else if (sscanf(p, "Function: %*[^0-9]%llx", &v) == 1 ||
		   sscanf(p, "Function: 0x%llx", &v) == 1) {
		f->begin = v;
	} else if (sscanf(p, "FunctionLength: %llu", &v) == 1) {
		f->end = f->begin + v;
	} else if (!strncmp(p, "CR: 2", 5)) {
		f->signed_lr = true;
	} else if (!strncmp(p, "Prologue [", 10)) {
		in_prologue = true;
	} else if (*p == ']') {
		in_prologue = false;
	} else if (in_prologue) {
		if (text && !strncmp(p, "0xfc ", 5))
			add_op(f, "pacibsp");
		else
			add_op(f, text ? text + 2 : p);
	}
}

/* CR 2, printed as if nothing were chained: the local area is made by
 * `stp x29, lr, [sp, #-n]!`, the last one but for `mov x29, sp`.  The code
 * begins with pacibsp indeed. */
static void fix_signed(const struct test_image *im, struct fn *f)
{
	struct op *op = f->op;
	unsigned n;

	CHECK_EQ(get32(im->mem + (f->begin - im->pe.base)), 0xd503237f);
	if (f->n + 1 >= MAX_OPS || sscanf(op[0].text, "sub sp, sp, #%u", &n) != 1) {
		f->skip = true;
		return;
	}
	memmove(op + 1, op, f->n++ * sizeof(*op));
	snprintf(op[0].text, sizeof(op[0].text), "mov x29, sp");
	snprintf(op[1].text, sizeof(op[1].text), "stp x29, lr, [sp, #-%u]!", n);
}

/* "x19", "fp", "lr", "d8": the register; 40 and up: floating. */
static bool a64_reg(const char *s, unsigned *reg)
{
	unsigned n;

	if (!strcmp(s, "lr") || !strcmp(s, "x30"))
		*reg = 30;
	else if (!strcmp(s, "fp") || !strcmp(s, "x29"))
		*reg = 29;
	else if (sscanf(s, "x%u", &n) == 1)
		*reg = n;
	else if (sscanf(s, "d%u", &n) == 1)
		*reg = 40 + n;
	else
		return false;
	return *reg < 80;
}

static bool a64_store(uint64_t *r, const char *s, uint64_t at)
{
	unsigned reg;

	if (!a64_reg(s, &reg))
		return false;
	poke(at, r[reg]);
	if (reg >= 19 && reg < 29)
		r[reg] = 0xbad0000 + reg; /* the body uses it */
	return true;
}

static bool a64_do(uint64_t *r, const char *text)
{
	char a[8] = "", b[8] = "", end = 0;
	int off = 0, n;
	unsigned long long v;

	if (sscanf(text, "stp %7[^,], %7[^,], [sp, #%d]%c", a, b, &off, &end) >=
	    3) {
		if (end == '!')
			r[31] += (uint64_t)(int64_t)off;
		return a64_store(r, a, r[31] + (end == '!' ? 0 :
						(uint64_t)(int64_t)off)) &&
		       a64_store(r, b, r[31] + 8 + (end == '!' ? 0 :
						(uint64_t)(int64_t)off));
	}
	if (sscanf(text, "str %7[^,], [sp, #%d]%c", a, &off, &end) >= 2) {
		if (end == '!')
			r[31] += (uint64_t)(int64_t)off;
		return a64_store(r, a, r[31] + (end == '!' ? 0 :
						(uint64_t)(int64_t)off));
	}
	n = 0;
	if (sscanf(text, "sub sp, sp, #%llu", &v) == 1 ||
	    sscanf(text, "sub sp, #%llu", &v) == 1)
		r[31] -= v;
	else if (!strcmp(text, "mov fp, sp") || !strcmp(text, "mov x29, sp"))
		r[29] = r[31];
	else if (sscanf(text, "add fp, sp, #%llu", &v) == 1)
		r[29] = r[31] + v;
	else
		n = !strcmp(text, "end") || !strcmp(text, "nop") ||
		    !strcmp(text, "pacibsp") ? 0 : 1;
	return !n;
}

static bool a64_one(const struct test_image *im, const struct fn *f)
{
	struct ntr_unw_env env = { .machine = NTR_MACHINE_ARM64,
				   .mem = &stack_space.s };
	struct ntr_unw_module m = { im->pe.base, im->size, &im->pe,
				    &im->space.s };
	struct ntr_regs out = { .machine = NTR_MACHINE_ARM64 };
	uint64_t r[80], sp = ENTRY + 8;
	bool exact = false, ok = !f->skip;

	for (unsigned i = 0; i < 80; i++)
		r[i] = 0x5000000000000000u + i;
	r[30] = RA;
	r[31] = sp;
	for (unsigned i = f->n; ok && i; i--)
		ok = a64_do(r, f->op[i - 1].text);
	if (!ok)
		return false;
	for (unsigned i = 0; i < 32; i++)
		ntr_reg_set(&out, i, r[i]);
	ntr_reg_set(&out, NTR_A64_PC, f->end);
	CHECK_EQ(ntr_unw_step_arm64(&env, &m, &out, &exact, NULL), NTR_OK);
	CHECK_EQ(out.ip, RA);
	CHECK_EQ(out.sp, sp);
	for (unsigned i = 19; i < 30; i++)
		CHECK_EQ(out.r[i], 0x5000000000000000u + i);
	return true;
}

static void arm64_images(void)
{
	static const char *const files[] = {
		"symbols/pdb/microsoft_seh_tests/ARM64/xcpt4.exe",
		"symbols/pdb/microsoft_seh_tests/ARM64/nested_collided.exe",
		"symbols/pdb/microsoft_seh_tests/ARM64/xframe_eh_exe.exe",
		"symbols/pdb/microsoft_seh_tests/ARM64/xframe_eh_dll.dll",
		"symbols/kernel_pe_pdb/systeminformer_arm64/systeminformer.sys",
		"made/pe/drva64.sys",
	};
	unsigned done = 0, all = 0;
	struct test_image im;
	char path[512];

	ntr_mem_space_init(&stack_space, STACK, stack, sizeof(stack));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!test_corpus(files[i], path, sizeof(path)))
			SKIP("no corpus");
		if (!each_line(path, a64_line))
			SKIP("no llvm-readobj");
		CHECK(test_image_load(&im, path, 0));
		im.pe.base = im.pe.image_base;
		ntr_mem_space_init(&im.space, im.pe.base, im.mem, im.size);
		for (size_t k = 0; k < nfns; k++) {
			if (fns[k].signed_lr)
				fix_signed(&im, &fns[k]);
			done += a64_one(&im, &fns[k]);
			all++;
		}
		CHECK_EQ(nfns, im.pe.dir[3].size / 8);
		test_image_free(&im);
	}
	CHECK_EQ(done, all);
	CHECK(all > 700);
}

int main(void)
{
	RUN(x64_images);
	RUN(arm64_images);
	return test_done();
}
