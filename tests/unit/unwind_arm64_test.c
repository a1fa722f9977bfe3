// SPDX-License-Identifier: Apache-2.0
/*
 * ARM64 unwinding.  Hand-made packed records and codes; literal functions of
 * a real image as llvm-readobj --unwind shows them; and every function of
 * that image, its prologue and epilogues run instruction by instruction by
 * a small interpreter in this file.
 */
#include "unw_env.h"

#define BASE UINT64_C(0xfffff80010000000)
#define SIZE 0x10000u
#define PDATA 0x8000u
#define STACK UINT64_C(0xffffd00000010000)
#define STACK_LEN 0x8000u

static struct test_world w;

static void world(void)
{
	test_world_init(&w, NTR_MACHINE_ARM64, 22000, BASE, SIZE, STACK, STACK_LEN);
	for (unsigned i = 0x1000; i < 0x8000; i += 4)
		put32(w.img, i, 0xd503201f); /* nop */
	test_world_pe(&w, PDATA);
}

static void fn(uint32_t begin, uint32_t data)
{
	put32(w.img, PDATA + 8 * w.nfn, begin);
	put32(w.img, PDATA + 8 * w.nfn + 4, data);
	w.pe.dir[3].size = 8 * ++w.nfn;
}

static struct ntr_regs regs_at(uint64_t pc, uint64_t sp)
{
	struct ntr_regs r = { .machine = NTR_MACHINE_ARM64 };

	for (unsigned i = 0; i < 31; i++)
		ntr_reg_set(&r, i, 0xeeee0000u + i);
	ntr_reg_set(&r, 30, BASE + 0x2220);
	ntr_reg_set(&r, NTR_A64_PC, pc);
	ntr_reg_set(&r, NTR_A64_SP, sp);
	return r;
}

static void poke(uint64_t va, uint64_t v)
{
	if (va >= STACK && va - STACK <= STACK_LEN - 8)
		put64(w.stack, va - STACK, v);
}

static uint64_t peek(uint64_t va)
{
	return va >= STACK && va - STACK <= STACK_LEN - 8 ?
		       get64(w.stack + (va - STACK)) : 0;
}

static enum ntr_st step(struct ntr_regs *r, bool *exact)
{
	return ntr_unw_step_arm64(&w.env, &w.mods.m[0], r, exact, NULL);
}

/* flag, length/4, RegF, RegI, H, CR, FrameSize/16 */
static uint32_t packed(unsigned flag, unsigned len, unsigned f, unsigned i,
		       unsigned h, unsigned cr, unsigned size)
{
	return flag | len << 2 | f << 13 | i << 16 | h << 20 | cr << 21 |
	       size << 23;
}

/* stp x19,x20,[sp,#-32]!; str x21,[sp,#16]; stp fp,lr,[sp,#-32]!; mov fp,sp */
static void packed_chained(void)
{
	u64 sp = STACK + 0x1000;
	bool exact = false;
	struct ntr_regs r;

	world();
	fn(0x1100, packed(1, 0x40, 0, 3, 0, 3, 4));
	poke(sp, 0xf0f0);
	poke(sp + 8, BASE + 0x3330);
	poke(sp + 32, 0x1919);
	poke(sp + 40, 0x2020);
	poke(sp + 48, 0x2121);
	r = regs_at(BASE + 0x1150, sp);
	ntr_reg_set(&r, NTR_A64_FP, sp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.ip, BASE + 0x3330);
	CHECK_EQ(r.sp, sp + 64);
	CHECK_EQ(r.fp, 0xf0f0);
	CHECK_EQ(r.r[19], 0x1919);
	CHECK_EQ(r.r[20], 0x2020);
	CHECK_EQ(r.r[21], 0x2121);
	CHECK(!ntr_reg_known(&r, 0));
	/* first instruction: nothing done, lr has the caller */
	exact = true;
	r = regs_at(BASE + 0x1100, sp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.ip, BASE + 0x2220);
	CHECK_EQ(r.sp, sp);
	/* after the two stores of x19..x21 */
	exact = true;
	r = regs_at(BASE + 0x1108, sp + 32);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.ip, BASE + 0x2220);
	CHECK_EQ(r.sp, sp + 64);
	CHECK_EQ(r.r[21], 0x2121);
	/* the last instruction: all is released but the return */
	exact = true;
	r = regs_at(BASE + 0x11fc, sp + 64);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.sp, sp + 64);
	CHECK_EQ(r.ip, BASE + 0x2220);
	/* a fragment has no prologue of its own */
	world();
	fn(0x1100, packed(2, 0x40, 0, 3, 0, 3, 4));
	poke(sp + 8, BASE + 0x3330);
	exact = true;
	r = regs_at(BASE + 0x1100, sp);
	ntr_reg_set(&r, NTR_A64_FP, sp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.ip, BASE + 0x3330);
	CHECK_EQ(r.sp, sp + 64);
}

/* CR 1: lr after the integers, no frame record; floats and home area. */
static void packed_unchained(void)
{
	u64 sp = STACK + 0x1000;
	bool exact = false;
	struct ntr_regs r;

	world();
	/* ints 2*8+8=24, floats 2*8=16, home 64: 104 -> 112; 160 in all */
	fn(0x1100, packed(1, 0x40, 1, 2, 1, 1, 10));
	poke(sp + 48, 0x1919);
	poke(sp + 56, 0x2020);
	poke(sp + 64, BASE + 0x3330);
	r = regs_at(BASE + 0x1150, sp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.ip, BASE + 0x3330);
	CHECK_EQ(r.sp, sp + 160);
	CHECK_EQ(r.r[20], 0x2020);
	/* a signed return address loses its signature */
	poke(sp + 64, (BASE + 0x3330) ^ UINT64_C(0x5a2a000000000000));
	r = regs_at(BASE + 0x1150, sp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.ip, BASE + 0x3330);
}

static void put_codes(uint32_t rva, uint32_t len, bool single, unsigned count,
		      const uint8_t *code, unsigned words)
{
	put32(w.img, rva, len / 4 | (uint32_t)single << 21 | count << 22 |
				  words << 27);
	memcpy(w.img + rva + 4, code, words * 4);
}

struct one_code {
	uint8_t c[8];      /* ends with e4 */
	uint32_t add;      /* sp moves */
	unsigned reg[2];   /* restored, 0: none */
	uint32_t at;       /* offset of the first */
};

/* Each code by itself. */
static void codes(void)
{
	static const struct one_code t[] = {
		{ { 0x02, 0xe4 }, 32, { 0 }, 0 },
		{ { 0x24, 0xe4 }, 32, { 19, 20 }, 0 },
		{ { 0x42, 0xe4 }, 0, { 29, 30 }, 16 },
		{ { 0x83, 0xe4 }, 32, { 29, 30 }, 0 },
		{ { 0xc0, 0x20, 0xe4 }, 512, { 0 }, 0 },
		{ { 0xc8, 0x42, 0xe4 }, 0, { 20, 21 }, 16 },
		{ { 0xc9, 0x02, 0xe4 }, 0, { 23, 24 }, 16 },
		{ { 0xcc, 0x83, 0xe4 }, 32, { 21, 22 }, 0 },
		{ { 0xd0, 0x42, 0xe4 }, 0, { 20 }, 16 },
		{ { 0xd4, 0x23, 0xe4 }, 32, { 20 }, 0 },
		{ { 0xd5, 0x03, 0xe4 }, 32, { 27 }, 0 },
		{ { 0xd6, 0x42, 0xe4 }, 0, { 21, 30 }, 16 },
		{ { 0xd8, 0x42, 0xe4 }, 0, { 0 }, 0 },
		{ { 0xda, 0x03, 0xe4 }, 32, { 0 }, 0 },
		{ { 0xdc, 0x42, 0xe4 }, 0, { 0 }, 0 },
		{ { 0xde, 0x03, 0xe4 }, 32, { 0 }, 0 },
		{ { 0xe0, 0x00, 0x01, 0x00, 0xe4 }, 4096, { 0 }, 0 },
		{ { 0xe3, 0xfc, 0xec, 0x01, 0xe4 }, 16, { 0 }, 0 },
		{ { 0xe5, 0x01, 0xe4 }, 16, { 0 }, 0 }, /* end_c: goes on */
		{ { 0xe7, 0x55, 0x01, 0xe4 }, 0, { 21, 22 }, 16 },
		{ { 0xe7, 0x15, 0x02, 0xe4 }, 0, { 21 }, 16 },
		{ { 0xe7, 0x75, 0x01, 0xe4 }, 32, { 21, 22 }, 0 },
		{ { 0xe6, 0x24, 0xe4 }, 32, { 21, 22 }, 16 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		u64 sp = STACK + 0x1000;
		bool exact = false;
		struct ntr_regs r;

		world();
		fn(0x1100, 0x9000);
		put_codes(0x9000, 0x100, true, 0, t[i].c, 2);
		poke(sp + t[i].at, BASE + 0x4440);
		poke(sp + t[i].at + 8, BASE + 0x5550);
		r = regs_at(BASE + 0x1180, sp);
		CHECK_EQ(step(&r, &exact), NTR_OK);
		if (r.sp != sp + t[i].add)
			TEST_FAIL("code %zu: sp +%u", i, (unsigned)(r.sp - sp));
		for (unsigned k = 0; k < 2 && t[i].reg[k]; k++)
			CHECK_EQ(r.r[t[i].reg[k]],
				 BASE + (k ? 0x5550 : 0x4440));
	}
}

static void frame_pointer_codes(void)
{
	static const uint8_t set[] = { 0xe1, 0x81, 0xe4, 0xe4 };
	static const uint8_t add[] = { 0xe2, 0x02, 0x83, 0xe4 };
	u64 fp = STACK + 0x1000;
	bool exact = false;
	struct ntr_regs r;

	world();
	fn(0x1100, 0x9000);
	put_codes(0x9000, 0x100, true, 0, set, 1);
	poke(fp, 0xf0f0);
	poke(fp + 8, BASE + 0x3330);
	r = regs_at(BASE + 0x1180, fp - 0x200);
	ntr_reg_set(&r, NTR_A64_FP, fp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.sp, fp + 16);
	CHECK_EQ(r.ip, BASE + 0x3330);
	put_codes(0x9000, 0x100, true, 0, add, 1);
	r = regs_at(BASE + 0x1180, fp - 0x200);
	ntr_reg_set(&r, NTR_A64_FP, fp + 16);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.sp, fp + 32);
	r = regs_at(BASE + 0x1180, fp - 0x200);
	ntr_reg_forget(&r, NTR_A64_FP);
	CHECK_EQ(step(&r, &exact), NTR_UNSUP);
}

/* Epilogue scopes, and the packed single one, at each instruction. */
static void epilogues(void)
{
	/* prologue: stp x19,x20,[sp,-32]!; sub sp,16 */
	static const uint8_t code[] = { 0x01, 0x24, 0xe4, 0x00 };
	static const u64 sp_at[] = { 0, 16, 48 };

	for (unsigned form = 0; form < 2; form++)
		for (unsigned k = 0; k < 3; k++) {
			u64 top = STACK + 0x1000;
			bool exact = true;
			struct ntr_regs r;
			u64 pc = form ? 0x1100 + 0x40 : 0x1100 + 0x100 - 12;

			world();
			fn(0x1100, 0x9000);
			if (form) { /* one scope at 0x40, codes from 0 */
				put32(w.img, 0x9000, 0x40 | 1 << 22 | 1 << 27);
				put32(w.img, 0x9004, 0x10);
				memcpy(w.img + 0x9008, code, 4);
			} else {
				put_codes(0x9000, 0x100, true, 0, code, 1);
			}
			poke(top + 16, 0x1919);
			poke(top + 24, 0x2020);
			r = regs_at(BASE + pc + 4 * k, top + sp_at[k]);
			CHECK_EQ(step(&r, &exact), NTR_OK);
			CHECK_EQ(r.sp, top + 48);
			CHECK_EQ(r.ip, BASE + 0x2220);
			if (k < 2)
				CHECK_EQ(r.r[19], 0x1919);
		}
}

static void hostile(void)
{
	static const uint8_t no_end[] = { 0x01, 0x01, 0x01, 0x01 };
	static const uint8_t cut[] = { 0xe3, 0xe3, 0xe3, 0xe0 };
	static const uint8_t reserved[] = { 0xf8, 0xe4, 0, 0 };
	static const uint8_t trap[] = { 0xe8, 0xe4, 0, 0 };
	static const uint8_t reg31[] = { 0xcb, 0xc0, 0xe4, 0 }; /* x34 */
	struct {
		const uint8_t *c;
		enum ntr_st st;
	} t[] = { { no_end, NTR_BAD }, { cut, NTR_BAD }, { reserved, NTR_UNSUP },
		  { trap, NTR_UNSUP }, { reg31, NTR_BAD } };
	bool exact = false;
	struct ntr_regs r;

	for (unsigned i = 0; i < 5; i++) {
		world();
		fn(0x1100, 0x9000);
		put_codes(0x9000, 0x100, true, 0, t[i].c, 1);
		r = regs_at(BASE + 0x1180, STACK + 0x1000);
		CHECK_EQ(step(&r, &exact), t[i].st);
		CHECK_EQ(r.ip, BASE + 0x1180);
	}
	world();
	fn(0x1100, SIZE - 4); /* the record's codes lie beyond the image */
	put32(w.img, SIZE - 4, 0x40 | 31u << 27);
	r = regs_at(BASE + 0x1180, STACK + 0x1000);
	CHECK_EQ(step(&r, &exact), NTR_BAD);
	world();
	fn(0x1100, 0x9000);
	put32(w.img, 0x9000, 0x40);        /* extended counts */
	put32(w.img, 0x9004, 0x00ffffff);
	CHECK(step(&r, &exact) != NTR_OK);
	world();
	fn(0x1100, packed(1, 0x40, 0, 15, 0, 3, 1)); /* saves > frame */
	CHECK_EQ(step(&r, &exact), NTR_BAD);
	w.pe.dir[3].size = 0xfffffff8;
	CHECK_EQ(step(&r, &exact), NTR_BAD);
	world();
	fn(0x1100, packed(3, 0x40, 0, 0, 0, 0, 0));
	CHECK_EQ(step(&r, &exact), NTR_UNSUP);
	/* a leaf returns through lr; behind a call there is no leaf */
	world();
	fn(0x1100, packed(1, 0x10, 0, 0, 0, 0, 1));
	r = regs_at(BASE + 0x4000, STACK + 0x1000);
	CHECK_EQ(step(&r, &exact), NTR_UNSUP);
	exact = true;
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.ip, BASE + 0x2220);
}

/* Code 0xe8: where things are in the trap frame, types say. */
static void trap_frame_code(void)
{
	static const uint8_t c[] = { 0x02, 0xe8, 0xe4, 0 };
	static const struct ntr_a64_trap layout = {
		.x0 = 0x20, .nx = 19, .fp = 0xc0, .lr = 0xb8, .sp = 0x10,
		.pc = 0xc8,
	};
	u64 sp = STACK + 0x1000, trap = sp + 32;
	struct ntr_a64_trap bad = layout;
	bool exact = false;
	struct ntr_regs r;

	world();
	w.env.a64_trap = &layout;
	fn(0x1100, 0x9000);
	put_codes(0x9000, 0x100, true, 0, c, 1);
	poke(trap + 0x10, STACK + 0x2000);
	poke(trap + 0x20, 0x1010);
	poke(trap + 0x20 + 8 * 18, 0x1818);
	poke(trap + 0xb8, 0x3030);
	poke(trap + 0xc0, 0x2929);
	poke(trap + 0xc8, BASE + 0x3010);
	r = regs_at(BASE + 0x1180, sp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK(exact);
	CHECK_EQ(r.ip, BASE + 0x3010);
	CHECK_EQ(r.sp, STACK + 0x2000);
	CHECK_EQ(r.r[0], 0x1010);
	CHECK_EQ(r.r[18], 0x1818);
	CHECK_EQ(r.r[29], 0x2929);
	CHECK_EQ(r.r[30], 0x3030);
	poke(trap + 0xc8, UINT64_C(0xfffff80000000000)); /* kernel, no module */
	r = regs_at(BASE + 0x1180, sp);
	exact = false;
	CHECK_EQ(step(&r, &exact), NTR_BAD);
	bad.nx = 40;
	w.env.a64_trap = &bad;
	CHECK_EQ(step(&r, &exact), NTR_UNSUP);
}

/* --- frame records --------------------------------------------------------- */

static struct ntr_frame fr[256];

static void frame_chain(void)
{
	u64 fp = STACK + 0x100;
	struct ntr_regs r;
	size_t n;

	world();
	w.pe.dir[3].rva = 0;
	for (unsigned i = 0; i < 10; i++) {
		poke(fp + 0x40 * i, i < 9 ? fp + 0x40 * (i + 1) : 0);
		poke(fp + 0x40 * i + 8, BASE + 0x2000 + 16 * i);
		put32(w.img, 0x2000 + 16 * i - 4, 0x94000001); /* bl */
	}
	r = regs_at(BASE + 0x1180, fp);
	ntr_reg_set(&r, NTR_A64_FP, fp);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_END);
	CHECK_EQ(n, 11);
	CHECK_EQ(fr[1].trust, NTR_TRUST_FRAMEPTR);
	CHECK_EQ(fr[10].ip, BASE + 0x2090);
	CHECK(fr[10].call_checked);
	/* a cycle, and a chain that goes down */
	poke(fp + 0x40, fp + 0x40); /* the scan finds the next record */
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_END);
	CHECK_EQ(n, 11);
	CHECK_EQ(fr[3].trust, NTR_TRUST_SCAN);
	CHECK_EQ(fr[4].trust, NTR_TRUST_FRAMEPTR);
	poke(fp + 0x40, fp - 0x80);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_END);
	CHECK_EQ(n, 11);
	/* a call that lr still tells of */
	put32(w.img, 0x2800 - 4, 0x97fffa60); /* bl to 0x117c */
	ntr_reg_set(&r, 30, BASE + 0x2800);
	ntr_unwind(&w.env, &r, fr, 256, &n);
	CHECK(n > 2);
	CHECK_EQ(fr[1].ip, BASE + 0x2800);
	CHECK_EQ(fr[2].ip, BASE + 0x2000);
}

/* --- real functions ----------------------------------------------------------- */

struct cpu {
	uint64_t r[32]; /* 31: sp */
	uint64_t pc;
};

static int64_t sext(uint32_t v, unsigned bits)
{
	return (int64_t)((uint64_t)v << (64 - bits)) >> (64 - bits);
}

static uint32_t word(const struct test_image *im, uint64_t pc)
{
	return get32(im->mem + (pc - im->pe.base));
}

static bool run_pair(struct cpu *c, uint32_t i)
{
	uint32_t kind = i & 0xffc00000, rt = i & 31, rt2 = i >> 10 & 31;
	bool fp = kind >> 24 == 0x6d || kind >> 24 == 0x6c;
	int64_t off = sext(i >> 15 & 127, 7) * 8;
	bool load;
	uint64_t at = c->r[31];

	if ((i >> 5 & 31) != 31)
		return false;
	switch (fp ? kind | 0x80000000u : kind) {
	case 0xa9800000: case 0xed800000: /* pre-index store */
		at = c->r[31] += (uint64_t)off;
		load = false;
		break;
	case 0xa9000000: case 0xed000000:
		at += (uint64_t)off;
		load = false;
		break;
	case 0xa8c00000: case 0xecc00000: /* post-index load */
		c->r[31] += (uint64_t)off;
		load = true;
		break;
	case 0xa9400000: case 0xed400000:
		at += (uint64_t)off;
		load = true;
		break;
	default:
		return false;
	}
	if (!fp && load) {
		c->r[rt] = peek(at);
		c->r[rt2] = peek(at + 8);
	} else if (!load) {
		poke(at, fp ? 0xf1 : c->r[rt]);
		poke(at + 8, fp ? 0xf2 : c->r[rt2]);
	}
	return true;
}

static bool run_single(struct cpu *c, uint32_t i)
{
	bool fp = (i >> 24 & 0x3f) == 0x3c || (i >> 24 & 0x3f) == 0x3d;
	uint32_t k = i & ~0x04000000u, rt = i & 31;
	uint64_t at = c->r[31];
	int64_t imm9 = sext(i >> 12 & 0x1ff, 9);

	if ((i >> 5 & 31) != 31)
		return false;
	if ((k & 0xffe00c00) == 0xf8000c00) { /* str, pre-index */
		at = c->r[31] += (uint64_t)imm9;
		poke(at, fp ? 0xf1 : c->r[rt]);
	} else if ((k & 0xffc00000) == 0xf9000000) {
		at += (i >> 10 & 0xfff) * 8;
		poke(at, fp ? 0xf1 : c->r[rt]);
	} else if ((k & 0xffe00c00) == 0xf8400400) { /* ldr, post-index */
		c->r[31] += (uint64_t)imm9;
		if (!fp)
			c->r[rt] = peek(at);
	} else if ((k & 0xffc00000) == 0xf9400000) {
		at += (i >> 10 & 0xfff) * 8;
		if (!fp)
			c->r[rt] = peek(at);
	} else {
		return false;
	}
	return true;
}

static bool run_one(struct cpu *c, const struct test_image *im)
{
	uint32_t i = word(im, c->pc), rd = i & 31, rn = i >> 5 & 31;
	uint64_t imm = (i >> 10 & 0xfff) << (i >> 22 & 1 ? 12 : 0);

	if (i == 0xd503237f || i == 0xd50323ff || i == 0xd503201f)
		; /* pacibsp, autibsp, nop: signatures are not modelled */
	else if ((i & 0xff800000) == 0xd1000000 && rd == 31 && rn == 31)
		c->r[31] -= imm;
	else if ((i & 0xff800000) == 0x91000000 &&
		 ((rd == 31 && (rn == 31 || rn == 29)) ||
		  (rd == 29 && rn == 31)))
		c->r[rd] = c->r[rn] + imm;
	else if (!run_pair(c, i) && !run_single(c, i))
		return false;
	c->pc += 4;
	return true;
}

static void check_state(const struct test_image *im, const struct cpu *c,
			const struct cpu *entry)
{
	struct ntr_unw_module m = { im->pe.base, im->size, &im->pe,
				    &im->space.s };
	struct ntr_regs r = { .machine = NTR_MACHINE_ARM64 };
	bool exact = true;

	for (unsigned i = 0; i < 32; i++)
		ntr_reg_set(&r, i, c->r[i]);
	ntr_reg_set(&r, NTR_A64_PC, c->pc);
	CHECK_EQ(ntr_unw_step_arm64(&w.env, &m, &r, &exact, NULL), NTR_OK);
	if (r.ip != entry->r[30] || r.sp != entry->r[31])
		TEST_FAIL("at 0x%" PRIx64 ": ip 0x%" PRIx64 " sp 0x%" PRIx64
			  ", want 0x%" PRIx64 " 0x%" PRIx64, c->pc, r.ip, r.sp,
			  entry->r[30], entry->r[31]);
	for (unsigned i = 19; i < 30; i++)
		CHECK_EQ(r.r[i], entry->r[i]);
}

/* The instructions that lead to the ret at pc. */
static uint64_t epilogue_start(const struct test_image *im, uint64_t begin,
			       uint64_t pc)
{
	while (pc - 4 > begin) {
		uint32_t i = word(im, pc - 4);
		struct cpu scratch = { { 0 }, pc - 4 };
		bool release = (i & 0xffc00000) == 0xa8c00000 ||
			       (i & 0xffc00000) == 0xa9400000 ||
			       (i & 0xffc00000) == 0x6cc00000 ||
			       (i & 0xffc00000) == 0x6d400000 ||
			       (i & 0xffe00c00) == 0xf8400400 ||
			       (i & 0xffc003e0) == 0xf94003e0 ||
			       (i & 0xffc003e0) == 0xfd4003e0 ||
			       i == 0x910003bf ||
			       i == 0xd50323ff ||
			       (i & 0xff8003ff) == 0x910003ff;

		if (!release || !run_one(&scratch, im))
			break;
		pc -= 4;
	}
	return pc;
}

static unsigned run_function(const struct test_image *im, uint64_t begin,
			     uint64_t end, unsigned *epilogues)
{
	struct cpu c, entry, body;
	unsigned points = 0;

	for (unsigned i = 0; i < 31; i++)
		c.r[i] = 0x5000000000000000u + i;
	c.r[30] = UINT64_C(0x7ff600001234);
	c.r[31] = STACK + STACK_LEN - 0x100;
	c.pc = begin;
	entry = c;
	do {
		check_state(im, &c, &entry);
		points++;
	} while (c.pc < end - 4 && run_one(&c, im));
	body = c;
	for (uint64_t pc = begin; pc < end; pc += 4)
		if (word(im, pc) == 0xcb2f73ff) /* sub sp,sp,x15: alloca */
			return points;
	for (uint64_t pc = body.pc; pc < end; pc += 4) {
		if (word(im, pc) != 0xd65f03c0) /* ret */
			continue;
		c = body;
		c.pc = epilogue_start(im, body.pc, pc);
		while (c.pc < pc && run_one(&c, im))
			;
		if (c.pc != pc || c.r[31] != entry.r[31])
			continue; /* not an epilogue that is understood here */
		c = body;
		c.pc = epilogue_start(im, body.pc, pc);
		(*epilogues)++;
		for (;;) {
			check_state(im, &c, &entry);
			points++;
			if (c.pc == pc || !run_one(&c, im))
				break;
		}
	}
	return points;
}

static unsigned interpret_all(const char *path, unsigned *functions,
			      unsigned *epilogues)
{
	struct test_image im;
	unsigned points = 0, n;

	world();
	if (!test_image_load(&im, path, 0x140000000))
		return 0;
	n = im.pe.dir[3].size / 8;
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *f = im.mem + im.pe.dir[3].rva + 8 * i;
		uint32_t begin = get32(f), data = get32(f + 4);
		uint32_t len = data & 3 ? (data >> 2 & 0x7ff) * 4 :
					  (get32(im.mem + data) & 0x3ffff) * 4;

		if ((data & 3) == 2)
			continue; /* a part: it starts in the middle */
		/* a part, or one of the pair that moves sp for its caller */
		if (!(data & 3) && (im.mem[data + 4] == 0xe5 ||
				    memchr(im.mem + data + 4, 0xec, 12)))
			continue;
		points += run_function(&im, im.pe.base + begin,
				       im.pe.base + begin + len, epilogues);
		(*functions)++;
	}
	test_image_free(&im);
	return points;
}

static void real_functions(void)
{
	static const char *const files[] = {
		"symbols/pdb/microsoft_seh_tests/ARM64/xcpt4.exe",
		"symbols/pdb/microsoft_seh_tests/ARM64/nested_collided.exe",
		"symbols/pdb/microsoft_seh_tests/ARM64/xframe_eh_exe.exe",
		"made/pe/drva64.sys",
		"symbols/pdb/microsoft_seh_tests/ARM64/xframe_eh_dll.dll",
		"symbols/kernel_pe_pdb/systeminformer_arm64/systeminformer.sys",
	};
	unsigned points = 0, functions = 0, epilogues = 0;
	char path[512];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!test_corpus(files[i], path, sizeof(path)))
			SKIP("no corpus");
		points += interpret_all(path, &functions, &epilogues);
	}
	CHECK(functions > 700);
	CHECK(points > 5000);
	CHECK(epilogues > 700);
}

int main(void)
{
	RUN(packed_chained);
	RUN(packed_unchained);
	RUN(codes);
	RUN(frame_pointer_codes);
	RUN(epilogues);
	RUN(hostile);
	RUN(trap_frame_code);
	RUN(frame_chain);
	RUN(real_functions);
	free(w.img);
	free(w.stack);
	return test_done();
}
