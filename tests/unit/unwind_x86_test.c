// SPDX-License-Identifier: Apache-2.0
/* x86 unwinding: EBP chains, trap frames, first-frame places, scans; and a
 * real crash whose chain of calls is known.  Alpha: prologues undone. */
#include "unw_env.h"

#define BASE 0x80100000u
#define SIZE 0x10000u
#define STACK 0xf4ed0000u
#define STACK_LEN 0x3000u

static struct test_world w;
static struct ntr_frame fr[300];

static void world(void)
{
	test_world_init(&w, NTR_MACHINE_X86, 1381, BASE, SIZE, STACK, STACK_LEN);
	memset(w.img, 0x90, SIZE);
	/* a call before each address that ends in 0x00 or 0x40 */
	for (unsigned i = 0x1040; i < SIZE; i += 0x40)
		w.img[i - 5] = 0xe8;
	test_mods_add(&w.mods, BASE, SIZE, NULL, NULL);
}

static void poke(uint32_t va, uint32_t v)
{
	put32(w.stack, va - STACK, v);
}

static struct ntr_regs regs(uint32_t eip, uint32_t esp, uint32_t ebp)
{
	struct ntr_regs r = { .machine = NTR_MACHINE_X86 };

	ntr_reg_set(&r, NTR_X86_EIP, eip);
	ntr_reg_set(&r, NTR_X86_ESP, esp);
	ntr_reg_set(&r, NTR_X86_EBP, ebp);
	return r;
}

/* n frames of 0x20 bytes from ebp on, the last one ending the chain */
static void chain(uint32_t ebp, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		poke(ebp + 0x20 * i, i + 1 < n ? ebp + 0x20 * (i + 1) : 0);
		poke(ebp + 0x20 * i + 4,
		     i + 1 < n ? BASE + 0x2000 + 0x40 * i : 0);
	}
}

static void ebp_chain(void)
{
	uint32_t ebp = STACK + 0x1010;
	struct ntr_regs r;
	size_t n;

	world();
	chain(ebp, 10);
	r = regs(BASE + 0x1010, ebp - 0x10, ebp);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 300, &n), NTR_UNW_END);
	CHECK_EQ(n, 10);
	CHECK_EQ(fr[1].ip, BASE + 0x2000);
	CHECK_EQ(fr[1].sp, ebp + 8);
	CHECK_EQ(fr[1].fp, ebp + 0x20);
	CHECK_EQ(fr[1].trust, NTR_TRUST_FRAMEPTR);
	CHECK(fr[1].call_checked);
	CHECK_EQ(fr[9].ip, BASE + 0x2000 + 0x40 * 8);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 4, &n), NTR_UNW_LIMIT);
	CHECK_EQ(n, 4);
}

/* What outer frames' registers were: a chain says ebp, and no more. */
static void registers_of_frames(void)
{
	uint32_t ebp = STACK + 0x1010;
	static struct ntr_regs of[300];
	struct ntr_regs r;
	size_t n;

	world();
	chain(ebp, 4);
	r = regs(BASE + 0x1010, ebp - 0x10, ebp);
	ntr_reg_set(&r, NTR_X86_EBX, 0x1111);
	ntr_reg_set(&r, NTR_X86_EAX, 0x2222);
	w.env.frame_regs = of;
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 300, &n), NTR_UNW_END);
	CHECK_EQ(n, 4);
	CHECK_EQ(of[0].r[NTR_X86_EBX], 0x1111);
	CHECK(ntr_reg_known(&of[0], NTR_X86_EAX));
	CHECK_EQ(of[1].ip, BASE + 0x2000);
	CHECK_EQ(of[1].r[NTR_X86_EBP], ebp + 0x20);
	CHECK_EQ(of[3].r[NTR_X86_EIP], BASE + 0x2080);
	CHECK_EQ(of[3].r[NTR_X86_EBP], ebp + 0x60);
	for (unsigned i = 1; i < 4; i++) {
		CHECK(!ntr_reg_known(&of[i], NTR_X86_EBX));
		CHECK(!ntr_reg_known(&of[i], NTR_X86_EAX));
		CHECK(ntr_reg_known(&of[i], NTR_X86_ESP));
	}
}

/* The double fault of a recursion: esp below the limit, a full stack. */
static void overflow(void)
{
	struct ntr_regs r;
	size_t n;

	world();
	chain(STACK + 0x10, 0x2f00 / 0x20);
	r = regs(BASE + 0x1010, STACK - 4, STACK + 0x10);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 300, &n), NTR_UNW_LIMIT);
	CHECK_EQ(n, 300);
	CHECK_EQ(fr[299].trust, NTR_TRUST_FRAMEPTR);
}

static void broken_chains(void)
{
	static const uint32_t bad[] = {
		STACK + 0x1010, /* itself */
		STACK + 0x1000, /* down */
		STACK + 0x1031, /* odd */
		STACK + STACK_LEN + 0x100, 0xdeadbeec, 4,
	};

	for (unsigned i = 0; i < 6; i++) {
		uint32_t ebp = STACK + 0x1010;
		struct ntr_regs r;
		size_t n;

		world();
		chain(ebp, 10);
		poke(ebp, bad[i]);
		r = regs(BASE + 0x1010, ebp - 0x10, ebp);
		/* one scanned frame, then the chain goes on */
		CHECK_EQ(ntr_unwind(&w.env, &r, fr, 300, &n), NTR_UNW_END);
		CHECK_EQ(n, 10);
		CHECK_EQ(fr[2].trust, NTR_TRUST_SCAN);
		CHECK_EQ(fr[2].ip, BASE + 0x2040);
		CHECK_EQ(fr[3].trust, NTR_TRUST_FRAMEPTR);
	}
}

static void put_trap(uint32_t at, uint32_t mark, uint32_t cs, uint32_t eip,
		     uint32_t ebp)
{
	poke(at, ebp);
	poke(at + 4, eip);
	poke(at + 8, mark);
	poke(at + 0x38, 0x23);
	poke(at + 0x50, 0x30);
	poke(at + 0x60, ebp);
	poke(at + 0x68, eip);
	poke(at + 0x6c, cs);
	poke(at + 0x70, 0x10246);
}

static void trap_in_the_chain(void)
{
	for (unsigned marked = 0; marked < 2; marked++) {
		uint32_t ebp = STACK + 0x1010, trap = STACK + 0x1100;
		uint32_t outer = STACK + 0x1200;
		struct ntr_regs r;
		size_t n;

		world();
		poke(ebp, trap); /* the handler runs with ebp = trap frame */
		poke(ebp + 4, BASE + 0x2000);
		put_trap(trap, marked ? 0xbadb0d00 : 0, 8, BASE + 0x3010,
			 outer);
		chain(outer, 3);
		r = regs(BASE + 0x1010, ebp - 0x10, ebp);
		CHECK_EQ(ntr_unwind(&w.env, &r, fr, 300, &n), NTR_UNW_END);
		CHECK_EQ(n, 5);
		CHECK_EQ(fr[1].ip, BASE + 0x2000);
		CHECK_EQ(fr[2].ip, BASE + 0x3010);
		CHECK_EQ(fr[2].sp, trap + 0x74);
		CHECK_EQ(fr[2].trust, NTR_TRUST_TRAP);
		CHECK_HAS(fr[2].note, "trap");
		CHECK_EQ(fr[3].trust, NTR_TRUST_FRAMEPTR);
	}
}

static void trap_from_user_mode(void)
{
	uint32_t ebp = STACK + 0x1010, trap = STACK + 0x1100;
	static uint8_t user[0x100];
	struct ntr_regs r;
	size_t n;

	world();
	memset(user, 0, sizeof(user));
	test_mem_add(&w.mem, 0x12ff00, user, sizeof(user));
	poke(ebp, trap);
	poke(ebp + 4, BASE + 0x2000);
	put_trap(trap, 0xbadb0d00, 0x1b, 0x77f81234, 0x12ff20);
	poke(trap + 0x50, 0x3b);
	poke(trap + 0x74, 0x12ff00);
	poke(trap + 0x78, 0x23);
	r = regs(BASE + 0x1010, ebp - 0x10, ebp);
	ntr_unwind(&w.env, &r, fr, 300, &n);
	CHECK_EQ(n, 3);
	CHECK_EQ(fr[2].ip, 0x77f81234);
	CHECK_EQ(fr[2].sp, 0x12ff00);
	CHECK_EQ(fr[2].trust, NTR_TRUST_TRAP);
}

static void first_frame(void)
{
	static const struct {
		uint8_t code[4];
		size_t at; /* of eip in code */
		unsigned slot;
	} t[] = {
		{ { 0x55, 0x8b, 0xec }, 0, 0 },
		{ { 0x8b, 0xff, 0x55, 0x8b }, 0, 0 },
		{ { 0x55, 0x8b, 0xec }, 1, 1 },
		{ { 0xc3 }, 0, 0 },
		{ { 0xc2, 8, 0 }, 0, 0 },
	};

	for (size_t i = 0; i < 5; i++) {
		uint32_t esp = STACK + 0x1000, ebp = STACK + 0x1100;
		struct ntr_regs r;
		size_t n;

		world();
		memcpy(w.img + 0x1200, t[i].code, 4);
		poke(esp, ebp);
		poke(esp + 4 * t[i].slot, BASE + 0x2fc0);
		chain(ebp, 3);
		r = regs((uint32_t)(BASE + 0x1200 + t[i].at), esp,
			 t[i].slot ? 0x77 : ebp);
		CHECK_EQ(ntr_unwind(&w.env, &r, fr, 300, &n), NTR_UNW_END);
		CHECK_EQ(n, 4);
		CHECK_EQ(fr[1].ip, BASE + 0x2fc0);
		CHECK_EQ(fr[1].sp, esp + 4 * t[i].slot + 4);
		CHECK_EQ(fr[2].ip, BASE + 0x2000);
	}
}

static void called_nothing(void)
{
	uint32_t esp = STACK + 0x1000, ebp = STACK + 0x1100;
	struct ntr_regs r;
	size_t n;

	world();
	poke(esp, BASE + 0x2fc0);
	chain(ebp, 3);
	r = regs(0, esp, ebp);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 300, &n), NTR_UNW_END);
	CHECK_EQ(n, 4);
	CHECK_EQ(fr[1].ip, BASE + 0x2fc0);
	CHECK_EQ(fr[2].ip, BASE + 0x2000);
}

static void scan_takes_only_calls(void)
{
	uint32_t esp = STACK + 0x1000;
	struct ntr_regs r;
	size_t n;

	world();
	poke(esp + 0x08, BASE + 0x2011); /* not behind a call */
	poke(esp + 0x10, BASE);
	poke(esp + 0x14, 0x12345678);
	poke(esp + 0x24, BASE + 0x2040);
	r = regs(BASE + 0x1010, esp, 0);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 300, &n), NTR_UNW_END);
	CHECK_EQ(n, 2);
	CHECK_EQ(fr[1].ip, BASE + 0x2040);
	CHECK_EQ(fr[1].sp, esp + 0x28);
	CHECK_EQ(fr[1].trust, NTR_TRUST_SCAN);
}

/* No code to check with: the word above a saved ebp, if there is one. */
static void scan_without_code(void)
{
	uint32_t esp = STACK + 0x1000;
	struct ntr_regs r;
	size_t n;

	world();
	w.mem.b[0].len = 0;
	poke(esp + 0x08, BASE + 0x2011);
	poke(esp + 0x20, esp + 0x60);
	poke(esp + 0x24, BASE + 0x2345);
	poke(esp + 0x64, BASE + 0x2456);
	r = regs(BASE + 0x1010, esp, 0);
	ntr_unwind(&w.env, &r, fr, 300, &n);
	CHECK_EQ(n, 3);
	CHECK_EQ(fr[1].ip, BASE + 0x2345);
	CHECK_EQ(fr[1].trust, NTR_TRUST_SCAN);
	CHECK(!fr[1].call_checked);
	CHECK_EQ(fr[2].ip, BASE + 0x2456);
	CHECK_EQ(fr[2].trust, NTR_TRUST_FRAMEPTR);
	poke(esp + 0x20, 0); /* none: then the first */
	ntr_unwind(&w.env, &r, fr, 300, &n);
	CHECK(n >= 2);
	CHECK_EQ(fr[1].ip, BASE + 0x2011);
}

static void finds_trap_frames(void)
{
	u64 va = 0;
	struct ntr_regs t;

	world();
	put_trap(STACK + 0x1234, 0xbadb0d00, 8, BASE + 0x3010, STACK + 0x1800);
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK, STACK + STACK_LEN, 0, &va,
				     &t, NULL), NTR_OK);
	CHECK_EQ(va, STACK + 0x1234);
	CHECK_EQ(t.ip, BASE + 0x3010);
	CHECK_EQ(t.sp, STACK + 0x1234 + 0x74);
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK + 0x1238,
				     STACK + STACK_LEN, 0, &va, &t, NULL),
		 NTR_END);
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK, STACK + STACK_LEN,
				     BASE + 0x3010, &va, &t, NULL), NTR_OK);
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK, STACK + STACK_LEN,
				     BASE + 0x3014, &va, &t, NULL), NTR_END);
	poke(STACK + 0x1234 + 0x70, 0);
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK, STACK + STACK_LEN, 0, &va,
				     &t, NULL), NTR_END);
	/* memory that ends in the middle of a word */
	w.mem.n = 0;
	test_mem_add(&w.mem, STACK, w.stack, 4);
	w.env.machine = NTR_MACHINE_AMD64;
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK, STACK + 64, 0, &va, &t,
				     NULL), NTR_END);
	w.env.machine = NTR_MACHINE_ARM64;
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK, STACK + STACK_LEN, 0, &va,
				     &t, NULL), NTR_UNSUP);
}

/* The dump has the stack from esp - 4 on and no code but around eip. */
static struct test_mdmp dump;

static void crash32_O0(void)
{
	/* .text offsets and sizes from the .pdb (llvm-pdbutil) */
	static const uint32_t want[][2] = {
		{ 0, 75 },    { 80, 55 },  { 144, 69 },
		{ 448, 53 },  { 224, 98 }, { 336, 112 },
	};
	struct ntr_unw_env env = { .machine = NTR_MACHINE_X86,
				   .module = test_mods_find,
				   .ctx = &dump.mods };
	struct test_image im;
	struct ntr_regs r;
	struct ntr_bin b;
	char path[512];
	size_t n;

	if (!test_corpus("made/triple/crash32_O0.dmp", path, sizeof(path)))
		SKIP("no corpus");
	CHECK(test_mdmp_load(&dump, path));
	test_corpus("made/triple/crash32_O0.exe", path, sizeof(path));
	CHECK(test_image_load(&im, path, dump.mods.m[0].base));
	dump.mods.m[0].pe = &im.pe;
	dump.mods.m[0].code = &im.space.s;
	env.mem = &dump.mem.s;
	b = ntr_bin_of(dump.context, 0x2cc, "dump", 0);
	CHECK_EQ(ntr_regs_from_context(&r, NTR_MACHINE_X86, &b, NULL), NTR_OK);
	ntr_unwind(&env, &r, fr, 300, &n);
	CHECK(n >= 6);
	for (size_t i = 0; i < 6 && i < n; i++) {
		uint64_t off = fr[i].ip - im.pe.base - 0x1000;

		CHECK(off >= want[i][0] && off <= want[i][0] + want[i][1]);
		CHECK_EQ(fr[i].trust,
			 i ? NTR_TRUST_FRAMEPTR : NTR_TRUST_CONTEXT);
	}
	test_image_free(&im);
	free(dump.f);
}

/* --- Alpha ------------------------------------------------------------------- */

static struct ntr_pe axp_pe;

static void axp_world(void)
{
	world();
	w.env.machine = NTR_MACHINE_ALPHA;
	memset(w.img, 0, SIZE);
	for (unsigned i = 0; i < SIZE; i += 4)
		put32(w.img, i, 0x47ff041f); /* nop */
	axp_pe = (struct ntr_pe){ .base = BASE, .mapped = true,
				  .machine = NTR_MACHINE_ALPHA, .size = SIZE,
				  .image_base = 0x10000,
				  .headers_size = 0x400, .nsections = 1 };
	axp_pe.section[0] = (struct ntr_pe_section){
		.rva = 0x1000, .vsize = 0x7000, .flags = 0x60000020 };
	axp_pe.dir[3].rva = 0x9000;
	w.mods.m[0].pe = &axp_pe;
}

static void axp_fn(uint32_t begin, uint32_t end, uint32_t prolog_end,
		   uint32_t base)
{
	uint8_t *p = w.img + 0x9000 + axp_pe.dir[3].size;

	put32(p, 0, base + begin);
	put32(p, 4, base + end);
	put32(p, 16, base + prolog_end);
	axp_pe.dir[3].size += 20;
}

static void axp_code(uint32_t rva, const uint32_t *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		put32(w.img, rva + 4 * i, c[i]);
}

static struct ntr_regs axp_regs(uint32_t pc, uint32_t sp)
{
	struct ntr_regs r = { .machine = NTR_MACHINE_ALPHA };

	for (unsigned i = 0; i < 32; i++)
		ntr_reg_set(&r, i, 0x1000 + i);
	ntr_reg_set(&r, NTR_AXP_PC, (uint64_t)(int64_t)(int32_t)pc);
	ntr_reg_set(&r, NTR_AXP_SP, (uint64_t)(int64_t)(int32_t)sp);
	ntr_reg_set(&r, NTR_AXP_RA,
		    (uint64_t)(int64_t)(int32_t)(BASE + 0x3004));
	return r;
}

static void poke_axp(uint32_t va, uint32_t v)
{
	put64(w.stack, va - STACK, (uint64_t)(int64_t)(int32_t)v);
}

static void alpha_prologues(void)
{
	/* lda sp,-32(sp); stq s0,0(sp); stq ra,8(sp) */
	static const uint32_t small[] = { 0x23deffe0, 0xb53e0000, 0xb75e0008 };
	/* ldah t12,1(zero); lda t12,64(t12); subq sp,t12,sp; stq ra,0(sp) */
	static const uint32_t large[] = { 0x277f0001, 0x237b0040, 0x43db053e,
					  0xb75e0000 };
	/* lda sp,-48(sp); stq ra,0(sp); stq fp,8(sp); bis sp,sp,fp */
	static const uint32_t fp[] = { 0x23deffd0, 0xb75e0000, 0xb5fe0008,
				       0x47de040f };
	uint32_t sp = STACK + 0x400;
	struct ntr_regs r;
	size_t n;

	axp_world();
	axp_fn(0x1100, 0x1200, 0x110c, BASE);
	axp_fn(0x1200, 0x1300, 0x1210, 0x10000); /* as linked */
	axp_fn(0x1300, 0x1400, 0x1310, BASE);
	axp_code(0x1100, small, 3);
	axp_code(0x1200, large, 4);
	axp_code(0x1300, fp, 4);
	put32(w.img, 0x127c, 0xd3400001); /* bsr ra */
	put32(w.img, 0x137c, 0xd3400001);
	put32(w.img, 0x3000, 0x6b5b4000); /* jsr ra,(t12) */
	poke_axp(sp, 0x5050);
	poke_axp(sp + 8, BASE + 0x1380);
	poke_axp(sp + 32, BASE + 0x3004); /* ra of the function at 1300 */
	poke_axp(sp + 40, 0xf0f0);
	r = axp_regs(BASE + 0x1150, sp);
	ntr_reg_set(&r, NTR_AXP_FP,
		    (uint64_t)(int64_t)(int32_t)(sp + 32));
	ntr_unwind(&w.env, &r, fr, 300, &n);
	CHECK_EQ(n, 3);
	CHECK_EQ(fr[1].ip, BASE + 0x1380);
	CHECK_EQ(fr[1].sp, sp + 32);
	CHECK_EQ(fr[1].trust, NTR_TRUST_CODE);
	CHECK(fr[1].call_checked);
	CHECK_EQ(fr[2].ip, BASE + 0x3004);
	CHECK_EQ(fr[2].sp, sp + 32 + 48);
	CHECK_EQ(fr[2].fp, 0xf0f0);
	/* in the prologue: sp moved, ra not stored yet */
	r = axp_regs(BASE + 0x1104, sp);
	ntr_unwind(&w.env, &r, fr, 300, &n);
	CHECK_EQ(fr[1].ip, BASE + 0x3004);
	CHECK_EQ(fr[1].sp, sp + 32);
	/* 0x10040 bytes of frame, by constants */
	sp = STACK + 0x100;
	r = axp_regs(BASE + 0x120c, sp); /* ra still in its register */
	ntr_unwind(&w.env, &r, fr, 300, &n);
	CHECK_EQ(fr[1].ip, BASE + 0x3004);
	CHECK_EQ(fr[1].sp, sp + 0x10040);
	/* a leaf, and hostile tables */
	r = axp_regs(BASE + 0x2000, sp);
	ntr_unwind(&w.env, &r, fr, 300, &n);
	CHECK(n >= 2);
	CHECK_EQ(fr[1].ip, BASE + 0x3004);
	axp_pe.dir[3].size = 0xfffffff0;
	ntr_unwind(&w.env, &r, fr, 300, &n);
	CHECK(n >= 1);
	axp_pe.dir[3].size = 20;
	put32(w.img, 0x9000, 0);
	ntr_unwind(&w.env, &r, fr, 300, &n);
	CHECK(n >= 1);
}

int main(void)
{
	RUN(ebp_chain);
	RUN(registers_of_frames);
	RUN(overflow);
	RUN(broken_chains);
	RUN(trap_in_the_chain);
	RUN(trap_from_user_mode);
	RUN(first_frame);
	RUN(called_nothing);
	RUN(scan_takes_only_calls);
	RUN(scan_without_code);
	RUN(finds_trap_frames);
	RUN(crash32_O0);
	RUN(alpha_prologues);
	free(w.img);
	free(w.stack);
	return test_done();
}
