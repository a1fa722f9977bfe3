// SPDX-License-Identifier: Apache-2.0
/*
 * Unwinding by records of symbols: x86 FRAMEDATA and FPO_DATA, call frame
 * information; the places where a record misses; real crashes with the
 * records that llvm-pdbutil shows.  And what symbols say of a scan's words.
 */
#include "unw_env.h"

#define BASE 0x80100000u
#define SIZE 0x10000u
#define STACK 0xf4ed0000u
#define STACK_LEN 0x3000u
#define BASE64 UINT64_C(0xfffff80010000000)
#define STACK64 UINT64_C(0xffffd00000010000)

static struct test_world w;
static struct ntr_frame fr[300];
static size_t nfr;

static void symbols(void)
{
	w.env.record = test_mods_record;
	w.env.function = test_mods_function;
	w.env.trace = test_mods_trace;
}

static void world(void)
{
	test_world_init(&w, NTR_MACHINE_X86, 1381, BASE, SIZE, STACK, STACK_LEN);
	memset(w.img, 0xcc, SIZE);
	/* a call through a register before each address that ends in 00 */
	for (unsigned i = 0x1040; i < SIZE; i += 0x40) {
		w.img[i - 2] = 0xff;
		w.img[i - 1] = 0xd0;
	}
	test_mods_add(&w.mods, BASE, SIZE, NULL, NULL);
	symbols();
}

static void poke(uint32_t va, uint32_t v)
{
	put32(w.stack, va - STACK, v);
}

static struct ntr_regs regs(uint32_t eip, uint32_t esp, uint32_t ebp)
{
	struct ntr_regs r = { .machine = NTR_MACHINE_X86 };

	for (unsigned i = 0; i < 8; i++)
		ntr_reg_set(&r, i, 0x1100 + i);
	ntr_reg_set(&r, NTR_X86_EIP, eip);
	ntr_reg_set(&r, NTR_X86_ESP, esp);
	ntr_reg_set(&r, NTR_X86_EBP, ebp);
	return r;
}

static struct ntr_uwrec *framedata(uint32_t rva, uint32_t locals,
				   uint32_t saved, uint32_t params,
				   const char *program)
{
	struct ntr_uwrec r = { .kind = NTR_UW_FRAMEDATA, .rva = rva,
			       .size = 0x100, .locals = locals,
			       .saved_regs = saved, .params = params };

	return test_mods_add_record(&w.mods, BASE, r, program);
}

static struct ntr_uwrec *fpo(uint32_t rva, uint32_t locals, uint32_t saved,
			     uint32_t params, enum ntr_fpo_frame frame)
{
	struct ntr_uwrec r = { .kind = NTR_UW_FPO, .rva = rva, .size = 0x100,
			       .locals = locals, .saved_regs = saved,
			       .params = params, .frame = frame };

	return test_mods_add_record(&w.mods, BASE, r, "");
}

static enum ntr_unw_stop walk(struct ntr_regs r)
{
	w.mods.trace[0] = 0;
	return ntr_unwind(&w.env, &r, fr, 300, &nfr);
}

/* --- FRAMEDATA ------------------------------------------------------------------- */

#define RA_PROGRAM "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + ="
#define EBP_PROGRAM "$T0 $ebp = $eip $T0 4 + ^ = $ebp $T0 ^ = $esp $T0 8 + ="

/* Three functions without frame pointers: the second takes 12 bytes that it
 * removes itself, the first 8 that its caller does. */
static void frame_programs(void)
{
	uint32_t esp = STACK + 0x1000;

	world();
	framedata(0x1000, 0x20, 0, 8, RA_PROGRAM);
	framedata(0x2000, 0x10, 8, 12, RA_PROGRAM " $ebx $T0 4 - ^ = "
						  "$edi $T0 8 - ^ =");
	framedata(0x3000, 4, 0, 0, RA_PROGRAM);
	poke(esp + 0x20, BASE + 0x2040);
	/* the frame of the second: esp after the return address + 8 params */
	poke(esp + 0x24 + 8 + 0x10, 0xdd1); /* edi */
	poke(esp + 0x24 + 8 + 0x14, 0xbb1); /* ebx */
	poke(esp + 0x24 + 8 + 0x18, BASE + 0x3040);
	/* stale words that look as good */
	poke(esp + 0x24, BASE + 0x2080);
	poke(esp + 0x24 + 8, BASE + 0x2080);
	poke(esp + 0x40 + 0x0c + 8, BASE + 0x3080);
	poke(esp + 0x24 + 8 + 0x1c + 12 + 4, BASE + 0x4040);
	walk(regs(BASE + 0x1010, esp, 0x77));
	CHECK(nfr >= 4);
	CHECK_EQ(fr[1].ip, BASE + 0x2040);
	CHECK_EQ(fr[1].sp, esp + 0x24);
	CHECK_EQ(fr[1].trust, NTR_TRUST_FPO);
	CHECK_STR(fr[1].method, "framedata");
	CHECK(!fr[1].note);
	CHECK(fr[0].has_params && fr[0].params == 8);
	CHECK(fr[1].has_params && fr[1].params == 12);
	CHECK_EQ(fr[2].ip, BASE + 0x3040);
	CHECK_EQ(fr[2].sp, esp + 0x24 + 8 + 0x1c);
	CHECK_EQ(fr[2].trust, NTR_TRUST_FPO);
	CHECK_EQ(fr[3].ip, BASE + 0x4040);
	CHECK_EQ(fr[3].trust, NTR_TRUST_FPO);
	CHECK_HAS(w.mods.trace, "#0 framedata: taken: FRAMEDATA rva 0x1000+0x100"
				": return address read at 0xf4ed1020");
	CHECK_HAS(w.mods.trace, "#0 code: passed over: ");
	CHECK_HAS(w.mods.trace, "#3 symbols: passed over: no record");
}

static void frame_pointer_program(void)
{
	uint32_t esp = STACK + 0x1000, ebp = esp + 0x30;

	world();
	framedata(0x1000, 0x20, 4, 0, EBP_PROGRAM
		  " $L $T0 .cbSavedRegs - = $P $T0 8 + .cbParams + =");
	framedata(0x2000, 0x20, 4, 4, EBP_PROGRAM);
	poke(ebp, ebp + 0x40);
	poke(ebp + 4, BASE + 0x2040);
	poke(ebp + 0x40, 0);
	poke(ebp + 0x44, BASE + 0x3040);
	CHECK_EQ(walk(regs(BASE + 0x1010, esp, ebp)), NTR_UNW_END);
	CHECK_EQ(nfr, 3);
	CHECK_EQ(fr[1].ip, BASE + 0x2040);
	CHECK_EQ(fr[1].sp, ebp + 8);
	CHECK_EQ(fr[1].fp, ebp + 0x40);
	CHECK_EQ(fr[2].ip, BASE + 0x3040);
	CHECK_EQ(fr[2].fp, 0);
	CHECK_EQ(fr[2].trust, NTR_TRUST_FPO);
}

/* Records nest: the one that starts last counts, and for a return address
 * the one of the call. */
static void nested_records(void)
{
	uint32_t esp = STACK + 0x1000;

	world();
	framedata(0x1000, 0, 0, 0, RA_PROGRAM);
	framedata(0x1006, 0x40, 0, 0, RA_PROGRAM)->size = 0x3a;
	framedata(0x1040, 0x80, 0, 0, RA_PROGRAM); /* the next function */
	poke(esp + 0x40, BASE + 0x2040);
	walk(regs(BASE + 0x1010, esp, 0));
	CHECK_EQ(fr[1].ip, BASE + 0x2040);
	poke(esp, BASE + 0x1040); /* behind the last call of the function */
	poke(esp + 4 + 0x40, BASE + 0x3040);
	framedata(0x4000, 0, 0, 0, RA_PROGRAM);
	walk(regs(BASE + 0x4010, esp, 0));
	CHECK_EQ(fr[1].ip, BASE + 0x1040);
	CHECK_EQ(fr[2].ip, BASE + 0x3040);
	CHECK_EQ(fr[2].sp, esp + 0x48);
}

/* The record is off by some words: a call stands before another word. */
static void searched(void)
{
	uint32_t esp = STACK + 0x1000;

	world();
	framedata(0x1000, 0x20, 8, 0, RA_PROGRAM);
	poke(esp + 0x28, BASE + 0x2045); /* no call before it */
	poke(esp + 0x30, BASE + 0x2080);
	poke(esp + 0x24, esp + 0x100); /* ebp, saved */
	poke(esp + 0x104, BASE + 0x3040);
	poke(esp + 0x100, 0);
	walk(regs(BASE + 0x1010, esp, 0x1234));
	CHECK(nfr >= 3);
	CHECK_EQ(fr[1].ip, BASE + 0x2080);
	CHECK_EQ(fr[1].sp, esp + 0x34);
	CHECK_EQ(fr[1].trust, NTR_TRUST_SCAN);
	CHECK_HAS(fr[1].note, "near where the record");
	CHECK_EQ(fr[1].fp, esp + 0x100);
	CHECK_EQ(fr[2].ip, BASE + 0x3040);
	CHECK_EQ(fr[2].trust, NTR_TRUST_FRAMEPTR);
	/* a frame program whose ebp is no frame */
	world();
	framedata(0x1000, 0x20, 8, 0, EBP_PROGRAM);
	poke(esp + 0x2c, BASE + 0x2080);
	walk(regs(BASE + 0x1010, esp, esp + 0x80));
	CHECK_EQ(fr[1].ip, BASE + 0x2080);
	CHECK_EQ(fr[1].trust, NTR_TRUST_SCAN);
	/* nothing within the words that are searched: the other methods */
	world();
	framedata(0x1000, 0x20, 8, 0, RA_PROGRAM);
	poke(esp + 0x28 + 4 * 16, BASE + 0x2080);
	walk(regs(BASE + 0x1010, esp, 0));
	CHECK_EQ(fr[1].ip, BASE + 0x2080);
	CHECK_STR(fr[1].method, "scan");
	CHECK_HAS(w.mods.trace, "framedata: passed over: FRAMEDATA rva 0x1000"
				"+0x100: 0x0 is no return address");
}

static void bad_programs(void)
{
	static const char *const bad[] = {
		"$eip", "$T0 .raSearch = $eip $T0 ^ =", "^ ^ ^", "=",
		"$esp $esp 4 + =", "$eip 1 2 3 4", "$T0 $unknown =",
		"$eip 0 ^ = $esp 0 =",
		"$eip .raSearch ^ = $esp 16 =", /* esp goes down */
		"$eip .raSearch ^ = $esp $esp =",
	};
	uint32_t esp = STACK + 0x1000, ebp = esp + 0x30;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		world();
		framedata(0x1000, 0x20, 0, 0, bad[i]);
		poke(esp + 0x20, BASE + 0x2040);
		poke(ebp, 0);
		poke(ebp + 4, BASE + 0x2080);
		walk(regs(BASE + 0x1010, esp, ebp));
		CHECK_EQ(nfr, 2);
		CHECK_EQ(fr[1].ip, BASE + 0x2080); /* the chain took over */
		CHECK_EQ(fr[1].trust, NTR_TRUST_FRAMEPTR);
		CHECK_HAS(w.mods.trace, "framedata: passed over: FRAMEDATA");
	}
}

/* --- FPO --------------------------------------------------------------------------- */

static void fpo_records(void)
{
	uint32_t esp = STACK + 0x1000;

	world();
	fpo(0x1000, 0x10, 12, 8, NTR_FPO_FPO)->uses_ebp = true;
	fpo(0x2000, 4, 0, 0, NTR_FPO_FPO);
	poke(esp + 4, 0xeb1); /* edi, ebp, ebx: ebp was pushed second */
	poke(esp + 0x1c, BASE + 0x2040);
	poke(esp + 0x20 + 8 + 4, BASE + 0x3040);
	walk(regs(BASE + 0x1010, esp, 0x77));
	CHECK(nfr >= 3);
	CHECK_EQ(fr[1].ip, BASE + 0x2040);
	CHECK_EQ(fr[1].sp, esp + 0x20);
	CHECK_EQ(fr[1].fp, 0xeb1);
	CHECK_EQ(fr[1].trust, NTR_TRUST_FPO);
	CHECK_STR(fr[1].method, "fpo");
	CHECK_EQ(fr[2].ip, BASE + 0x3040);
	CHECK_EQ(fr[2].fp, 0xeb1); /* the second leaves ebp alone */
	CHECK_HAS(w.mods.trace, "#0 fpo: taken: FPO rva 0x1000+0x100");
}

/* The code is not in the dump: from esp on, and no more than that. */
static void fpo_prologue(void)
{
	uint32_t esp = STACK + 0x1000;

	for (unsigned off = 0; off < 8; off += 4) {
		world();
		w.mem.b[0].len = 0;
		fpo(0x1000, 0x20, 8, 0, NTR_FPO_FPO)->prolog = 6;
		poke(esp + off, BASE + 0x2041);
		poke(esp + 0x28, BASE + 0x3041);
		walk(regs(BASE + 0x1000 + off, esp, 0x77));
		CHECK(nfr >= 2);
		CHECK_EQ(fr[1].ip, BASE + 0x2041);
		CHECK_EQ(fr[1].sp, esp + off + 4);
		CHECK_EQ(fr[1].trust, off ? NTR_TRUST_SCAN : NTR_TRUST_FPO);
	}
	walk(regs(BASE + 0x1006, esp, 0x77)); /* behind the prologue */
	CHECK_EQ(fr[1].ip, BASE + 0x3041);
	CHECK_EQ(fr[1].trust, NTR_TRUST_FPO);
}

static void fpo_with_frame(void)
{
	uint32_t esp = STACK + 0x1000, ebp = esp + 0x50;

	world();
	fpo(0x1000, 0, 0, 0, NTR_FPO_NONFPO);
	poke(ebp, 0);
	poke(ebp + 4, BASE + 0x2040);
	poke(esp, BASE + 0x2080);
	CHECK_EQ(walk(regs(BASE + 0x1010, esp, ebp)), NTR_UNW_END);
	CHECK_EQ(nfr, 2);
	CHECK_EQ(fr[1].ip, BASE + 0x2040);
	CHECK_EQ(fr[1].trust, NTR_TRUST_FPO);
}

static void put_trap(uint32_t at, uint32_t eip, uint32_t ebp)
{
	poke(at + 8, 0xbadb0d00);
	poke(at + 0x38, 0x23);
	poke(at + 0x50, 0x30);
	poke(at + 0x60, ebp);
	poke(at + 0x68, eip);
	poke(at + 0x6c, 8);
	poke(at + 0x70, 0x10246);
}

/* KiTrap0E: its record says TRAP; ebp or esp is the frame.  The functions
 * that it calls have records too, so ebp is not looked at before. */
static void fpo_trap(void)
{
	for (unsigned by_esp = 0; by_esp < 2; by_esp++) {
		uint32_t esp = STACK + 0x1000, trap = esp + 0x14;

		world();
		fpo(0x1000, 0x10, 0, 0, NTR_FPO_FPO);
		fpo(0x2000, 0, 0, 0, NTR_FPO_TRAP);
		fpo(0x3000, 4, 0, 0, NTR_FPO_FPO);
		poke(esp + 0x10, BASE + 0x2040);
		put_trap(trap, BASE + 0x3010, 0x88);
		poke(trap + 0x74 + 4, BASE + 0x4040);
		walk(regs(BASE + 0x1010, esp, by_esp ? 0x77 : trap));
		CHECK(nfr >= 4);
		CHECK_EQ(fr[1].ip, BASE + 0x2040);
		CHECK_EQ(fr[1].trust, NTR_TRUST_FPO);
		CHECK_EQ(fr[2].ip, BASE + 0x3010);
		CHECK_EQ(fr[2].sp, trap + 0x74);
		CHECK_EQ(fr[2].trust, NTR_TRUST_TRAP);
		CHECK_STR(fr[2].note, "trap frame");
		CHECK_EQ(fr[3].ip, BASE + 0x4040);
		CHECK_EQ(fr[3].trust, NTR_TRUST_FPO);
	}
}

/* The double-fault task: its handler's record says TSS. */
static void fpo_task(void)
{
	static uint8_t gdt[0x80], tss[2][0x68], df[0x200];
	uint32_t esp = STACK + 0x1000;

	for (unsigned linked = 0; linked < 2; linked++) {
		world();
		memset(gdt, 0, sizeof(gdt));
		memset(tss, 0, sizeof(tss));
		test_mem_add(&w.mem, 0x80036000, gdt, sizeof(gdt));
		test_mem_add(&w.mem, 0x80041000, tss[0], 0x68);
		test_mem_add(&w.mem, 0x80042000, tss[1], 0x68);
		test_mem_add(&w.mem, 0x80050000, df, sizeof(df));
		put32(gdt, 0x28, 0x100020ab); /* base 0x80041000 */
		put32(gdt, 0x2c, 0x80008b04);
		put32(gdt, 0x50, 0x20000068);
		put32(gdt, 0x54, 0x80008904);
		put32(tss[1], 0, 0x28);
		put32(tss[0], 0x20, BASE + 0x3010);
		put32(tss[0], 0x24, 0x10246);
		put32(tss[0], 0x38, esp);
		put32(tss[0], 0x3c, 0x99);
		if (linked)
			w.env.gdt = 0x80036000;
		else
			w.env.tss = 0x80041000;
		w.env.stack_lo = w.env.stack_hi = 0;
		w.env.home_lo = STACK;
		w.env.home_hi = STACK + STACK_LEN;
		fpo(0x1000, 0, 0, 0, NTR_FPO_TSS);
		fpo(0x3000, 4, 0, 0, NTR_FPO_FPO);
		poke(esp + 4, BASE + 0x4040);
		/* the limit of segment 0x28 has nothing to do with its base */
		put32(gdt, 0x28, 0x100020ab);
		walk(regs(BASE + 0x1010, 0x80050100, 0));
		CHECK(nfr >= 3);
		CHECK_EQ(fr[1].ip, BASE + 0x3010);
		CHECK_EQ(fr[1].sp, esp);
		CHECK_EQ(fr[1].fp, 0x99);
		CHECK_EQ(fr[1].trust, NTR_TRUST_TRAP);
		CHECK_STR(fr[1].note, "task gate");
		CHECK_EQ(fr[2].ip, BASE + 0x4040);
		CHECK_EQ(fr[2].trust, NTR_TRUST_FPO);
	}
	w.env.gdt = w.env.tss = 0;
	world();
	fpo(0x1000, 0, 0, 0, NTR_FPO_TSS);
	walk(regs(BASE + 0x1010, esp, 0));
	CHECK_HAS(w.mods.trace, "fpo: passed over: FPO TSS rva 0x1000+0x100: "
				"the interrupted task is not known");
}

/* --- the first frame ------------------------------------------------------------ */

static void own_code(void)
{
	static const struct {
		uint8_t code[16];
		unsigned at, words; /* of eip; from esp to the return address */
		int ebp;            /* word of the saved ebp, -1: not saved */
	} t[] = {
		/* push ebx; push esi; sub esp,16; push edi */
		{ { 0x53, 0x56, 0x83, 0xec, 0x10, 0x57, 0x90 }, 0, 0, -1 },
		{ { 0x53, 0x56, 0x83, 0xec, 0x10, 0x57, 0x90 }, 1, 1, -1 },
		{ { 0x53, 0x56, 0x83, 0xec, 0x10, 0x57, 0x90 }, 2, 2, -1 },
		{ { 0x53, 0x56, 0x83, 0xec, 0x10, 0x57, 0x90 }, 5, 6, -1 },
		{ { 0x53, 0x56, 0x83, 0xec, 0x10, 0x57, 0x90 }, 6, 7, -1 },
		/* mov edi,edi; push ebp; mov ebp,esp; push ecx */
		{ { 0x8b, 0xff, 0x55, 0x8b, 0xec, 0x51 }, 2, 0, -1 },
		{ { 0x8b, 0xff, 0x55, 0x8b, 0xec, 0x51 }, 3, 1, 0 },
		{ { 0x8b, 0xff, 0x55, 0x8b, 0xec, 0x51 }, 5, 1, 0 },
		{ { 0x8b, 0xff, 0x55, 0x8b, 0xec, 0x51 }, 6, 2, 1 },
		/* push -1; push 0x11223344; mov eax,fs:0; push eax */
		{ { 0x6a, 0xff, 0x68, 0x44, 0x33, 0x22, 0x11, 0x64, 0xa1, 0, 0,
		    0, 0, 0x50 }, 13, 2, -1 },
		/* the ends: pop edi; pop ebp; ret */
		{ { 0x90, 0xcc, 0x5f, 0x5d, 0xc3 }, 2, 2, 1 },
		{ { 0x90, 0xcc, 0x5f, 0x5d, 0xc3 }, 3, 1, 0 },
		{ { 0x90, 0xcc, 0x5f, 0x5d, 0xc3 }, 4, 0, -1 },
		/* add esp,8; ret 12 */
		{ { 0x90, 0xcc, 0x83, 0xc4, 8, 0xc2, 12, 0 }, 2, 2, -1 },
		{ { 0x90, 0xcc, 0x81, 0xc4, 8, 0, 0, 0, 0xc3 }, 2, 2, -1 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint32_t esp = STACK + 0x1000, ebp = esp + 0x100;

		world();
		memcpy(w.img + 0x1200, t[i].code, 16);
		test_mods_add_function(&w.mods, BASE + 0x1200, 0x100);
		/* a record that holds for the body only */
		framedata(0x1200, 0x18, 0, 0, RA_PROGRAM);
		poke(esp + 0x18, BASE + 0x2080);
		poke(esp + 4 * t[i].words, BASE + 0x2fc0);
		if (t[i].ebp >= 0)
			poke(esp + 4 * (uint32_t)t[i].ebp, ebp);
		walk(regs(BASE + 0x1200 + t[i].at, esp,
			  t[i].ebp >= 0 ? 0x77 : ebp));
		CHECK(nfr >= 2);
		CHECK_EQ(fr[1].ip, BASE + 0x2fc0);
		CHECK_EQ(fr[1].sp, esp + 4 * t[i].words + 4);
		CHECK_EQ(fr[1].fp, ebp);
		CHECK_EQ(fr[1].trust, NTR_TRUST_CODE);
	}
}

/* leave; ret and lea esp,[ebp-8]; pop; pop; pop ebp; ret, in ebp's frame */
static void own_code_by_ebp(void)
{
	static const uint8_t code[2][8] = {
		{ 0xc9, 0xc3 },
		{ 0x8d, 0x65, 0xf8, 0x5f, 0x5e, 0x5d, 0xc3 },
	};

	for (unsigned i = 0; i < 2; i++) {
		uint32_t esp = STACK + 0x1000, ebp = esp + 0x40;

		world();
		memcpy(w.img + 0x1200, code[i], 8);
		framedata(0x1200, 0x18, 0, 0, RA_PROGRAM);
		poke(ebp, 0x1235);
		poke(ebp + 4, BASE + 0x2fc0);
		walk(regs(BASE + 0x1200, esp, ebp));
		CHECK(nfr >= 2);
		CHECK_EQ(fr[1].ip, BASE + 0x2fc0);
		CHECK_EQ(fr[1].sp, ebp + 8);
		CHECK_EQ(fr[1].fp, 0x1235);
		CHECK_EQ(fr[1].trust, NTR_TRUST_CODE);
		CHECK_HAS(w.mods.trace, "#0 code: taken: epilogue");
	}
}

/* --- call frame information ------------------------------------------------------- */

static void cfi(uint64_t base, uint32_t rva, const char *rules)
{
	struct ntr_uwrec r = { .kind = NTR_UW_CFI, .rva = rva, .size = 0x100 };

	snprintf(r.cfi, sizeof(r.cfi), "%s", rules);
	test_mods_add_record(&w.mods, base, r, "");
}

static void cfi_x86(void)
{
	uint32_t esp = STACK + 0x1000, ebp = esp + 0x20;

	world();
	cfi(BASE, 0x1000, ".cfa: $ebp 8 + .ra: .cfa 4 - ^ $ebp: .cfa 8 - ^ "
			  "$ebx: .undef");
	cfi(BASE, 0x2000, ".cfa: $esp 12 + .ra: .cfa 4 - ^ .cfa: $esp 16 +");
	cfi(BASE, 0x3000, ".cfa: $esp 4 + .ra: .undef");
	poke(ebp, 0x1357);
	poke(ebp + 4, BASE + 0x2040);
	poke(ebp + 8 + 12, BASE + 0x3040);
	CHECK_EQ(walk(regs(BASE + 0x1010, esp, ebp)), NTR_UNW_END);
	CHECK_EQ(nfr, 3);
	CHECK_EQ(fr[1].ip, BASE + 0x2040);
	CHECK_EQ(fr[1].sp, ebp + 8);
	CHECK_EQ(fr[1].fp, 0x1357);
	CHECK_EQ(fr[1].trust, NTR_TRUST_CFI);
	CHECK_STR(fr[1].method, "cfi");
	CHECK(!fr[1].has_params);
	CHECK_EQ(fr[2].ip, BASE + 0x3040);
	CHECK_EQ(fr[2].sp, ebp + 8 + 16);
	CHECK_HAS(w.mods.trace, "#0 cfi: taken: CFI rva 0x1000+0x100: cfa ");
	CHECK_HAS(w.mods.trace, "#2 cfi: the end: CFI: no return address");
}

static void world64(u32 machine)
{
	test_world_init(&w, machine, 19041, BASE64, SIZE, STACK64, STACK_LEN);
	memset(w.img, 0xcc, SIZE);
	for (unsigned i = 0x1040; i < SIZE; i += 0x40) {
		if (machine == NTR_MACHINE_ARM64) {
			put32(w.img, i - 4, 0xd63f0100); /* blr x8 */
			continue;
		}
		w.img[i - 2] = 0xff;
		w.img[i - 1] = 0xd0;
	}
	test_mods_add(&w.mods, BASE64, SIZE, NULL, NULL);
	symbols();
}

static void poke64(uint64_t va, uint64_t v)
{
	put64(w.stack, va - STACK64, v);
}

/* A MinGW module: no .pdata, but CFI. */
static void cfi_x64(void)
{
	uint64_t sp = STACK64 + 0x1000;
	struct ntr_regs r = { .machine = NTR_MACHINE_AMD64 };

	world64(NTR_MACHINE_AMD64);
	cfi(BASE64, 0x1000, ".cfa: $rsp 48 + .ra: .cfa 8 - ^ $rbx: .cfa 16 - ^");
	cfi(BASE64, 0x2000, ".cfa: $rbx 16 + .ra: .cfa 8 - ^");
	poke64(sp + 32, sp + 0x80);
	poke64(sp + 40, BASE64 + 0x2040);
	poke64(sp + 0x88, BASE64 + 0x3040);
	ntr_reg_set(&r, NTR_X64_RIP, BASE64 + 0x1010);
	ntr_reg_set(&r, NTR_X64_RSP, sp);
	walk(r);
	CHECK(nfr >= 3);
	CHECK_EQ(fr[1].ip, BASE64 + 0x2040);
	CHECK_EQ(fr[1].sp, sp + 48);
	CHECK_EQ(fr[1].trust, NTR_TRUST_CFI);
	CHECK_EQ(fr[2].ip, BASE64 + 0x3040);
	CHECK_EQ(fr[2].sp, sp + 0x90);
	CHECK_HAS(w.mods.trace, "#0 pdata: passed over: ");
}

static void cfi_arm64(void)
{
	uint64_t sp = STACK64 + 0x1000;
	struct ntr_regs r = { .machine = NTR_MACHINE_ARM64 };

	world64(NTR_MACHINE_ARM64);
	cfi(BASE64, 0x1000, ".cfa: sp 32 + .ra: .cfa -24 + ^ "
			    "x29: .cfa -32 + ^ x19: .cfa -16 + ^");
	cfi(BASE64, 0x2000, ".cfa: x29 16 + .ra: x19 sp: .cfa 16 +");
	poke64(sp, sp + 0x80);
	poke64(sp + 8, BASE64 + 0x2040);
	poke64(sp + 16, (BASE64 + 0x3040) ^ UINT64_C(0x2525000000000000));
	ntr_reg_set(&r, NTR_A64_PC, BASE64 + 0x1010);
	ntr_reg_set(&r, NTR_A64_SP, sp);
	walk(r);
	CHECK(nfr >= 3);
	CHECK_EQ(fr[1].ip, BASE64 + 0x2040);
	CHECK_EQ(fr[1].sp, sp + 32);
	CHECK_EQ(fr[1].fp, sp + 0x80);
	CHECK_EQ(fr[1].trust, NTR_TRUST_CFI);
	CHECK_EQ(fr[2].ip, BASE64 + 0x3040); /* signed, stripped */
	CHECK_EQ(fr[2].sp, sp + 0xa0);
}

/* No .pdata and no records: rbp, when it is a frame. */
static void frame_pointers_x64(void)
{
	uint64_t sp = STACK64 + 0x1000, fp = sp + 0x40;
	struct ntr_regs r = { .machine = NTR_MACHINE_AMD64 };

	for (unsigned code = 0; code < 2; code++) {
		world64(NTR_MACHINE_AMD64);
		memset(w.img + 0x1000, 0, 0x100); /* no epilogue to run to */
		if (!code)
			w.mem.b[0].len = 0;
		poke64(fp, fp + 0x80);
		poke64(fp + 8, BASE64 + 0x2040);
		poke64(fp + 0x80, fp + 0x100);
		poke64(fp + 0x88, BASE64 + 0x3040);
		ntr_reg_set(&r, NTR_X64_RIP, BASE64 + 0x1010);
		ntr_reg_set(&r, NTR_X64_RSP, sp);
		ntr_reg_set(&r, NTR_X64_RBP, fp);
		walk(r);
		CHECK(nfr >= 3);
		CHECK_EQ(fr[1].ip, BASE64 + 0x2040);
		CHECK_EQ(fr[1].sp, fp + 16);
		CHECK_EQ(fr[1].fp, fp + 0x80);
		CHECK_EQ(fr[1].trust, NTR_TRUST_FRAMEPTR);
		CHECK_EQ(fr[2].ip, BASE64 + 0x3040);
		/* anything else in rbp is none */
		ntr_reg_set(&r, NTR_X64_RBP, fp + 8);
		walk(r);
		CHECK(nfr < 2 || fr[1].trust == NTR_TRUST_SCAN);
		ntr_reg_set(&r, NTR_X64_RBP, fp);
		poke64(fp + 0x88, 0x1234);
		walk(r);
		CHECK(code ? fr[1].trust == NTR_TRUST_FRAMEPTR : nfr == 1);
	}
}

static void bad_rules(void)
{
	static const struct {
		const char *rules, *why;
	} t[] = {
		{ "", "no rule for .cfa" },
		{ "1 2 +", "rules+0: no name" },
		{ ".cfa:", "no rule for .cfa" },
		{ ".cfa: $rsp 8 +", "no rule for .ra" },
		{ ".cfa: $rsp 8 + .ra: ^", ".ra: program+0: " },
		{ ".cfa: $rsp 8 - .ra: .cfa ^", "is below sp" },
		{ ".cfa: $r8 8 + .ra: .cfa ^", ".cfa: program+0: r8 is not" },
		{ ".cfa: $rsp 16 + .ra: .cfa 64 * ^", "no memory at" },
		{ ":", "rules+0: no name" },
	};
	struct ntr_regs r = { .machine = NTR_MACHINE_AMD64 };
	static char many[NTR_UWREC_CFI];

	ntr_reg_set(&r, NTR_X64_RIP, BASE64 + 0x1010);
	ntr_reg_set(&r, NTR_X64_RSP, STACK64 + 0x1000);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		world64(NTR_MACHINE_AMD64);
		cfi(BASE64, 0x1000, t[i].rules);
		walk(r);
		CHECK_EQ(nfr, 1);
		CHECK_HAS(w.mods.trace, t[i].why);
	}
	world64(NTR_MACHINE_AMD64);
	for (unsigned i = 0; i < 70; i++)
		snprintf(many + strlen(many), 16, "r_%u: 1 ", i);
	cfi(BASE64, 0x1000, many);
	walk(r);
	CHECK_HAS(w.mods.trace, "more than 64 rules");
	/* without the 0 at its end */
	w.mods.rec[0].r.cfi[NTR_UWREC_CFI - 1] = 'x';
	memset(w.mods.rec[0].r.cfi, ' ', NTR_UWREC_CFI);
	walk(r);
	CHECK_HAS(w.mods.trace, "no rule for .cfa");
}

/* --- scan with symbols --------------------------------------------------------- */

static void call_to(uint32_t ret, uint32_t target)
{
	w.img[ret - 5] = 0xe8;
	put32(w.img, ret - 4, target - ret);
}

/* Words that look like return addresses, each with something against it that
 * only symbols know; the true one last. */
static void scan_with_functions(void)
{
	uint32_t esp = STACK + 0x1000;

	world();
	test_mods_add_function(&w.mods, BASE + 0x1000, 0x40); /* the callee */
	test_mods_add_function(&w.mods, BASE + 0x2000, 0x100);
	test_mods_add_function(&w.mods, BASE + 0x3000, 0x100);
	test_mods_add_function(&w.mods, BASE + 0x4000, 0x40); /* no jumps */
	memset(w.img + 0x4000, 0x90, 0x40);
	call_to(0x2020, 0x4000); /* to another function */
	call_to(0x3020, 0x3060); /* into the middle of one */
	call_to(0x2060, 0x1000); /* to the callee */
	poke(esp + 4, BASE + 0x5040);  /* behind the end of the last function */
	poke(esp + 8, BASE + 0x2020);
	poke(esp + 12, BASE + 0x3020);
	poke(esp + 16, BASE + 0x2080); /* through a register: may be */
	poke(esp + 20, BASE + 0x2060);
	walk(regs(BASE + 0x1010, esp, 0));
	CHECK(nfr >= 2);
	CHECK_EQ(fr[1].ip, BASE + 0x2060);
	CHECK_EQ(fr[1].trust, NTR_TRUST_SCAN);
	CHECK_HAS(w.mods.trace, "#0 scan: 0x80105040 at 0xf4ed1004 passed over: "
				"it lies in no function: the one below ends");
	CHECK_HAS(w.mods.trace, "#0 scan: 0x80102020 at 0xf4ed1008 passed over: "
				"its call leads to the function at 0x80104000");
	CHECK_HAS(w.mods.trace, "#0 scan: 0x80103020 at 0xf4ed100c passed over: "
				"its call leads into the middle of the function"
				" at 0x80103000");
	CHECK_HAS(w.mods.trace, "#0 scan: taken: 0x80102060 at 0xf4ed1014: its "
				"call leads to this function");
	/* without the certain one, the one that may be */
	poke(esp + 20, 0);
	walk(regs(BASE + 0x1010, esp, 0));
	CHECK_EQ(fr[1].ip, BASE + 0x2080);
	/* the other function ends in a tail call: nothing against it */
	w.img[0x403b] = 0xe9;
	put32(w.img, 0x403c, 0x1000 - 0x4040);
	walk(regs(BASE + 0x1010, esp, 0));
	CHECK_EQ(fr[1].ip, BASE + 0x2020);
	/* nothing is known: the first word behind a call */
	w.env.function = NULL;
	walk(regs(BASE + 0x1010, esp, 0));
	CHECK_EQ(fr[1].ip, BASE + 0x5040);
}

static void scan_through_thunks(void)
{
	uint32_t esp = STACK + 0x1000;

	world();
	test_mods_add_function(&w.mods, BASE + 0x1000, 0x40);
	test_mods_add_function(&w.mods, BASE + 0x2000, 0x100);
	test_mods_add_function(&w.mods, BASE + 0x6000, 5); /* jmp 0x1000 */
	w.img[0x6000] = 0xe9;
	put32(w.img, 0x6001, 0x1000 - 0x6005);
	call_to(0x2060, 0x6000);
	poke(esp + 4, BASE + 0x2080);
	poke(esp + 20, BASE + 0x2060);
	walk(regs(BASE + 0x1010, esp, 0));
	CHECK_EQ(fr[1].ip, BASE + 0x2060);
	/* a thunk to itself ends */
	put32(w.img, 0x6001, 0xfffffffb);
	walk(regs(BASE + 0x1010, esp, 0));
	CHECK_EQ(fr[1].ip, BASE + 0x2080);
}

static void scan_arm64_with_functions(void)
{
	uint64_t sp = STACK64 + 0x1000;
	struct ntr_regs r = { .machine = NTR_MACHINE_ARM64 };

	world64(NTR_MACHINE_ARM64);
	test_mods_add_function(&w.mods, BASE64 + 0x1000, 0x40);
	test_mods_add_function(&w.mods, BASE64 + 0x2000, 0x100);
	test_mods_add_function(&w.mods, BASE64 + 0x4000, 0x40);
	memset(w.img + 0x4000, 0, 0x40);
	put32(w.img, 0x201c, 0x94000000 | (0x4000 - 0x201c) / 4); /* bl */
	put32(w.img, 0x205c, 0x94000000 |
			     (((0x1000u - 0x205cu) / 4) & 0x3ffffff));
	poke64(sp, sp + 0x80);
	poke64(sp + 8, BASE64 + 0x2020);
	poke64(sp + 0x10, sp + 0x80);
	poke64(sp + 0x18, BASE64 + 0x2060);
	ntr_reg_set(&r, NTR_A64_PC, BASE64 + 0x1010);
	ntr_reg_set(&r, NTR_A64_SP, sp);
	walk(r);
	CHECK(nfr >= 2);
	CHECK_EQ(fr[1].ip, BASE64 + 0x2060);
	CHECK_EQ(fr[1].trust, NTR_TRUST_SCAN);
	CHECK_HAS(w.mods.trace, "does not hold");
}

/* --- real crashes -------------------------------------------------------------- */

static struct test_mdmp dump;

/* What llvm-pdbutil shows of the FrameData stream. */
static bool read_records(const char *pdb, struct test_mods *mods, uint64_t base)
{
	char line[700], cmd[600], program[400];
	FILE *f;

	snprintf(cmd, sizeof(cmd), "llvm-pdbutil dump --fpo '%s' 2>/dev/null",
		 pdb);
	f = popen(cmd, "r");
	while (f && fgets(line, sizeof(line), f)) {
		struct ntr_uwrec r = { .kind = NTR_UW_FRAMEDATA };
		unsigned size, rva;

		if (sscanf(line, "%x | %u | %u | %u | %u | %u | %u | %*[^|]| "
			   "%*[^|]| %*[^|]| %399[^\n]", &rva, &size, &r.locals,
			   &r.params, &r.max_stack, &r.prolog, &r.saved_regs,
			   program) != 8)
			continue;
		r.rva = rva;
		r.size = size;
		test_mods_add_record(mods, base, r, program);
	}
	return f && !pclose(f) && mods->nrec;
}

struct range {
	uint32_t begin, size;
};

/* Level4, Level3, Level2, Handler, Level1, Entry: .text offsets and sizes
 * from the .pdb (llvm-pdbutil dump --symbols). */
static void crash32(const char *name, const struct range *want)
{
	char path[512], rel[100];
	struct ntr_unw_env env = { .machine = NTR_MACHINE_X86,
				   .module = test_mods_find,
				   .record = test_mods_record,
				   .trace = test_mods_trace,
				   .ctx = &dump.mods };
	struct test_image im;
	struct ntr_regs r;
	struct ntr_bin b;

	snprintf(rel, sizeof(rel), "made/triple/%s.dmp", name);
	if (!test_corpus(rel, path, sizeof(path)))
		SKIP("no corpus");
	CHECK(test_mdmp_load(&dump, path));
	snprintf(rel, sizeof(rel), "made/triple/%s.exe", name);
	test_corpus(rel, path, sizeof(path));
	CHECK(test_image_load(&im, path, dump.mods.m[0].base));
	snprintf(rel, sizeof(rel), "made/triple/%s.pdb", name);
	test_corpus(rel, path, sizeof(path));
	if (!read_records(path, &dump.mods, im.pe.base))
		SKIP("no llvm-pdbutil");
	dump.mods.m[0].pe = &im.pe;
	dump.mods.m[0].code = &im.space.s;
	env.mem = &dump.mem.s;
	b = ntr_bin_of(dump.context, 0x2cc, "dump", 0);
	CHECK_EQ(ntr_regs_from_context(&r, NTR_MACHINE_X86, &b, NULL), NTR_OK);
	ntr_unwind(&env, &r, fr, 300, &nfr);
	CHECK(nfr >= 7);
	for (size_t i = 0; i < 6 && i < nfr; i++) {
		uint64_t off = fr[i].ip - im.pe.base - 0x1000;

		CHECK(off >= want[i].begin &&
		      off <= want[i].begin + want[i].size);
		CHECK_EQ(fr[i].trust, i ? NTR_TRUST_FPO : NTR_TRUST_CONTEXT);
		CHECK(!i || fr[i].call_checked);
		CHECK(!fr[i].note); /* nothing was searched for */
		CHECK(fr[i].has_params);
	}
	CHECK_EQ(fr[0].params, 8);
	CHECK_EQ(fr[1].params, 12);
	CHECK_EQ(fr[4].params, 4);
	/* kernel32 and ntdll */
	CHECK(fr[6].ip < im.pe.base || fr[6].ip >= im.pe.base + im.size);
	test_image_free(&im);
	free(dump.f);
}

static void crash32_O0(void)
{
	static const struct range want[] = {
		{ 0, 75 },    { 80, 55 },  { 144, 69 },
		{ 448, 53 },  { 224, 98 }, { 336, 112 },
	};

	crash32("crash32_O0", want);
}

static void crash32_O1(void)
{
	static const struct range want[] = {
		{ 0, 53 },    { 64, 33 },   { 112, 33 },
		{ 336, 24 },  { 160, 69 },  { 240, 87 },
	};

	crash32("crash32_O1", want);
}

int main(void)
{
	RUN(frame_programs);
	RUN(frame_pointer_program);
	RUN(nested_records);
	RUN(searched);
	RUN(bad_programs);
	RUN(fpo_records);
	RUN(fpo_prologue);
	RUN(fpo_with_frame);
	RUN(fpo_trap);
	RUN(fpo_task);
	RUN(own_code);
	RUN(own_code_by_ebp);
	RUN(cfi_x86);
	RUN(cfi_x64);
	RUN(cfi_arm64);
	RUN(frame_pointers_x64);
	RUN(bad_rules);
	RUN(scan_with_functions);
	RUN(scan_through_thunks);
	RUN(scan_arm64_with_functions);
	RUN(crash32_O0);
	RUN(crash32_O1);
	free(w.img);
	free(w.stack);
	return test_done();
}
