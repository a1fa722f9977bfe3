// SPDX-License-Identifier: Apache-2.0
/*
 * x64 unwinding over hand-made images and stacks: every operation of .pdata,
 * every damage, and what a walk does with them.
 */
#include "unw_env.h"

#define BASE UINT64_C(0xfffff80010000000)
#define SIZE 0x10000u
#define PDATA 0x8000u
#define STACK UINT64_C(0xffffd00000010000)
#define STACK_LEN 0x4000u

static struct test_world w;

static void world(void)
{
	test_world_init(&w, NTR_MACHINE_AMD64, 19041, BASE, SIZE, STACK, STACK_LEN);
	memset(w.img + 0x1000, 0x90, 0x7000);
	test_world_pe(&w, PDATA);
}

/* Functions are added in order of address. */
static void fn(uint32_t begin, uint32_t end, uint32_t unwind)
{
	uint8_t *p = w.img + PDATA + 12 * w.nfn++;

	put32(p, 0, begin);
	put32(p, 4, end);
	put32(p, 8, unwind);
	w.pe.dir[3].size = 12 * w.nfn;
}

static uint8_t *info(uint32_t rva, int version, int flags, int prolog,
		     int freg, int foff, const uint16_t *code, unsigned n)
{
	uint8_t *p = w.img + rva;

	p[0] = (uint8_t)(version | flags << 3);
	p[1] = (uint8_t)prolog;
	p[2] = (uint8_t)n;
	p[3] = (uint8_t)(freg | foff << 4);
	for (unsigned i = 0; i < n; i++)
		put16(p, 4 + 2 * i, code[i]);
	return p + 4 + 2 * ((n + 1) & ~1u);
}

#define C(off, op, inf) ((uint16_t)((off) | (op) << 8 | (inf) << 12))

static struct ntr_regs regs_at(uint64_t ip, uint64_t sp)
{
	struct ntr_regs r = { .machine = NTR_MACHINE_AMD64 };

	for (unsigned i = 0; i < 16; i++)
		ntr_reg_set(&r, i, 0xeeee0000u + i);
	ntr_reg_set(&r, NTR_X64_RIP, ip);
	ntr_reg_set(&r, NTR_X64_RSP, sp);
	return r;
}

static enum ntr_st step(struct ntr_regs *r, bool *exact)
{
	return ntr_unw_step_x64(&w.env, &w.mods.m[0], r, exact, NULL);
}

static void poke(uint64_t va, uint64_t v)
{
	put64(w.stack, va - STACK, v);
}

/* push rbp; push r12; sub rsp,0x20; mov [rsp+8],rsi; … undone as a whole and
 * at each place of the prologue. */
static void pushes_and_saves(void)
{
	static const uint16_t code[] = {
		C(0x20, 9, 6), 0x30, 0,	/* save_xmm128_far xmm6 */
		C(0x1c, 8, 7), 1,	/* save_xmm128 xmm7 */
		C(0x18, 5, 7), 0x18, 0, /* save_nonvol_far rdi at 0x18 */
		C(0x10, 4, 6), 1,	/* save_nonvol rsi at 8 */
		C(0x08, 2, 3),		/* alloc_small 0x20 */
		C(0x04, 0, 12),		/* push r12 */
		C(0x02, 0, 5),		/* push rbp */
	};
	u64 sp = STACK + 0x1000, ra = BASE + 0x2222;
	struct ntr_regs r;
	bool exact;

	world();
	fn(0x1100, 0x1200, 0x9000);
	info(0x9000, 1, 0, 0x20, 0, 0, code, 13);
	poke(sp + 8, 0x6666);    /* rsi */
	poke(sp + 0x18, 0x7777); /* rdi */
	poke(sp + 0x20, 0xcccc); /* r12 */
	poke(sp + 0x28, 0x5555); /* rbp */
	poke(sp + 0x30, ra);
	r = regs_at(BASE + 0x1180, sp);
	exact = false;
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK(!exact);
	CHECK_EQ(r.ip, ra);
	CHECK_EQ(r.sp, sp + 0x38);
	CHECK_EQ(r.fp, 0x5555);
	CHECK_EQ(r.r[NTR_X64_R12], 0xcccc);
	CHECK_EQ(r.r[NTR_X64_RSI], 0x6666);
	CHECK_EQ(r.r[NTR_X64_RDI], 0x7777);
	CHECK_EQ(r.r[NTR_X64_RBX], 0xeeee0003u);
	CHECK(!ntr_reg_known(&r, NTR_X64_RAX)); /* a call does not keep it */
	/* in the prologue: only what was done */
	exact = true;
	r = regs_at(BASE + 0x1108, sp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.sp, sp + 0x38);
	CHECK_EQ(r.r[NTR_X64_RSI], 0xeeee0006u);
	exact = true;
	r = regs_at(BASE + 0x1104, sp + 0x20);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.sp, sp + 0x38);
	CHECK_EQ(r.r[NTR_X64_R12], 0xcccc);
	exact = true;
	r = regs_at(BASE + 0x1102, sp + 0x28);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.sp, sp + 0x38);
	CHECK_EQ(r.fp, 0x5555);
	exact = true;
	r = regs_at(BASE + 0x1100, sp + 0x30);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.ip, ra);
	CHECK_EQ(r.sp, sp + 0x38);
}

static void allocations(void)
{
	static const struct {
		uint16_t code[3];
		unsigned n;
		uint32_t size;
	} t[] = {
		{ { C(4, 2, 0) }, 1, 8 },
		{ { C(4, 2, 15) }, 1, 128 },
		{ { C(7, 1, 0), 0x11 }, 2, 0x88 },
		{ { C(7, 1, 0), 0x200 }, 2, 0x1000 },
		{ { C(7, 1, 1), 0x1008, 0 }, 3, 0x1008 },
	};

	for (size_t i = 0; i < 5; i++) {
		u64 sp = STACK + 0x1000;
		bool exact = false;
		struct ntr_regs r;

		world();
		fn(0x1100, 0x1200, 0x9000);
		info(0x9000, 1, 0, 7, 0, 0, t[i].code, t[i].n);
		poke(sp + t[i].size, BASE + 0x2222);
		r = regs_at(BASE + 0x1180, sp);
		CHECK_EQ(step(&r, &exact), NTR_OK);
		CHECK_EQ(r.ip, BASE + 0x2222);
		CHECK_EQ(r.sp, sp + t[i].size + 8);
	}
}

/* rbp = rsp + 0x20 after the fixed part; rsp has moved since. */
static void frame_register(void)
{
	static const uint16_t code[] = {
		C(0x14, 4, 3), 2,  /* save_nonvol rbx at 0x10 */
		C(0x10, 3, 0),	   /* set_fpreg */
		C(0x08, 2, 7),	   /* alloc_small 0x40 */
		C(0x01, 0, 5),	   /* push rbp */
	};
	u64 body = STACK + 0x1000;
	bool exact = false;
	struct ntr_regs r;

	world();
	fn(0x1100, 0x1200, 0x9000);
	info(0x9000, 1, 0, 0x14, 5, 2, code, 5);
	poke(body + 0x10, 0xb0b0);
	poke(body + 0x40, 0x5555);
	poke(body + 0x48, BASE + 0x2222);
	r = regs_at(BASE + 0x1180, body - 0x500);
	ntr_reg_set(&r, NTR_X64_RBP, body + 0x20);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.ip, BASE + 0x2222);
	CHECK_EQ(r.sp, body + 0x50);
	CHECK_EQ(r.fp, 0x5555);
	CHECK_EQ(r.r[NTR_X64_RBX], 0xb0b0);
	/* not known: the record cannot be used, and nothing is touched */
	r = regs_at(BASE + 0x1180, body - 0x500);
	ntr_reg_forget(&r, NTR_X64_RBP);
	CHECK_EQ(step(&r, &exact), NTR_UNSUP);
	CHECK_EQ(r.ip, BASE + 0x1180);
	/* before set_fpreg: rsp counts */
	exact = true;
	r = regs_at(BASE + 0x1108, body);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.sp, body + 0x50);
}

static void chained_and_indirect(void)
{
	static const uint16_t first[] = { C(4, 2, 3), C(1, 0, 5) };
	static const uint16_t part[] = { C(5, 4, 3), 1 };
	u64 sp = STACK + 0x1000;
	bool exact = false;
	struct ntr_regs r;
	uint8_t *p;

	world();
	fn(0x1100, 0x1180, 0x9000);
	fn(0x1180, 0x1200, 0x9100);
	fn(0x1200, 0x1240, (PDATA + 12) | 1); /* indirect: as the second */
	info(0x9000, 1, 0, 4, 0, 0, first, 2);
	p = info(0x9100, 1, 4, 5, 0, 0, part, 2);
	put32(p, 0, 0x1100);
	put32(p, 4, 0x1180);
	put32(p, 8, 0x9000);
	poke(sp + 8, 0xbbbb);
	poke(sp + 0x20, 0x5555);
	poke(sp + 0x28, BASE + 0x2222);
	for (int i = 0; i < 2; i++) {
		r = regs_at(BASE + (i ? 0x1220 : 0x11c0), sp);
		CHECK_EQ(step(&r, &exact), NTR_OK);
		CHECK_EQ(r.ip, BASE + 0x2222);
		CHECK_EQ(r.sp, sp + 0x30);
		CHECK_EQ(r.r[NTR_X64_RBX], 0xbbbb);
		CHECK_EQ(r.fp, 0x5555);
	}
	/* a chain that bites its tail ends in words */
	put32(p, 0, 0x1180);
	put32(p, 4, 0x1200);
	put32(p, 8, 0x9100);
	r = regs_at(BASE + 0x11c0, sp);
	CHECK_EQ(step(&r, &exact), NTR_BAD);
	put32(w.img + PDATA, 32, (PDATA + 24) | 1); /* entry to itself */
	r = regs_at(BASE + 0x1220, sp);
	CHECK_EQ(step(&r, &exact), NTR_BAD);
}

static void machine_frames(void)
{
	for (int err = 0; err < 2; err++) {
		uint16_t code[] = { C(4, 2, 3), C(0, 10, err) };
		u64 sp = STACK + 0x1000, mf = sp + 0x20 + 8 * (u64)err;
		bool exact = false;
		struct ntr_regs r;

		world();
		fn(0x1100, 0x1200, 0x9000);
		info(0x9000, 1, 0, 4, 0, 0, code, 2);
		poke(mf, BASE + 0x3333);
		poke(mf + 8, 0x10);
		poke(mf + 16, 0x10246);
		poke(mf + 24, STACK + 0x2000);
		poke(mf + 32, 0x18);
		r = regs_at(BASE + 0x1180, sp);
		CHECK_EQ(step(&r, &exact), NTR_OK);
		CHECK(exact);
		CHECK_EQ(r.ip, BASE + 0x3333);
		CHECK_EQ(r.sp, STACK + 0x2000);
		CHECK_EQ(r.r[NTR_X64_CS], 0x10);
		CHECK_EQ(r.r[NTR_X64_SS], 0x18);
		poke(mf + 16, 0); /* no flags of a processor */
		exact = false;
		r = regs_at(BASE + 0x1180, sp);
		CHECK_EQ(step(&r, &exact), NTR_BAD);
	}
}

static void leaves(void)
{
	u64 sp = STACK + 0x1000;
	bool exact = true;
	struct ntr_regs r;

	world();
	fn(0x1100, 0x1200, 0x9000);
	poke(sp, BASE + 0x2222);
	r = regs_at(BASE + 0x4000, sp); /* no entry */
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.ip, BASE + 0x2222);
	CHECK_EQ(r.sp, sp + 8);
	/* only where nothing was called yet */
	exact = false;
	r = regs_at(BASE + 0x4000, sp);
	CHECK_EQ(step(&r, &exact), NTR_UNSUP);
	/* nor without .pdata */
	w.pe.dir[3].size = 0;
	exact = true;
	r = regs_at(BASE + 0x4000, sp);
	CHECK_EQ(step(&r, &exact), NTR_UNSUP);
}

/* A call as the last instruction: the return address is the next function's. */
static void call_at_the_end(void)
{
	static const uint16_t small[] = { C(4, 2, 3) }, big[] = { C(4, 2, 15) };
	u64 sp = STACK + 0x1000;
	bool exact = false;
	struct ntr_regs r;

	world();
	fn(0x1100, 0x1200, 0x9000);
	fn(0x1200, 0x1300, 0x9010);
	info(0x9000, 1, 0, 4, 0, 0, small, 1);
	info(0x9010, 1, 0, 4, 0, 0, big, 1);
	poke(sp + 0x20, BASE + 0x2222);
	r = regs_at(BASE + 0x1200, sp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.sp, sp + 0x28);
}

struct ep {
	uint8_t code[16];
	size_t n;
	uint32_t at; /* where in code */
	uint32_t released; /* of 0x28 + one push (rbx) before the return */
	bool in;
};

static void epilogues_v1(void)
{
	static const uint16_t code[] = { C(5, 2, 4), C(1, 0, 3) };
	static const struct ep t[] = {
		/* add rsp,28; pop rbx; ret, at each instruction */
		{ { 0x48, 0x83, 0xc4, 0x28, 0x5b, 0xc3 }, 6, 0, 0, true },
		{ { 0x48, 0x83, 0xc4, 0x28, 0x5b, 0xc3 }, 6, 4, 0x28, true },
		{ { 0x48, 0x83, 0xc4, 0x28, 0x5b, 0xc3 }, 6, 5, 0x30, true },
		{ { 0x48, 0x81, 0xc4, 0x28, 0, 0, 0, 0x5b, 0xc2, 8, 0 }, 11, 0,
		  0, true },
		{ { 0x5b, 0xf3, 0xc3 }, 3, 0, 0x28, true },
		/* tail calls: out of the function, through memory */
		{ { 0x5b, 0xe9, 0x00, 0x10, 0, 0 }, 6, 0, 0x28, true },
		{ { 0x5b, 0xeb, 0x7f }, 3, 0, 0x28, true },
		{ { 0x5b, 0x48, 0xff, 0x25, 0, 0, 0, 0 }, 8, 0, 0x28, true },
		{ { 0x5b, 0xff, 0x25, 0, 0, 0, 0 }, 7, 0, 0x28, true },
		/* not epilogues: a jump inside, other code */
		{ { 0xeb, 0xf0 }, 2, 0, 0, false },
		{ { 0x48, 0x83, 0xc4, 0x28, 0x5b, 0x90 }, 6, 0, 0, false },
		{ { 0x90, 0xc3 }, 2, 0, 0, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		u64 top = STACK + 0x1000, sp = top + t[i].released;
		bool exact = true;
		struct ntr_regs r;

		world();
		fn(0x1100, 0x11a0, 0x9000);
		info(0x9000, 1, 0, 5, 0, 0, code, 2);
		memcpy(w.img + 0x1180, t[i].code, t[i].n);
		poke(top + 0x28, 0xb0b0);
		poke(top + 0x30, BASE + 0x2222);
		r = regs_at(BASE + 0x1180 + t[i].at, sp);
		CHECK_EQ(step(&r, &exact), NTR_OK);
		CHECK_EQ(r.ip, BASE + 0x2222);
		if (r.sp != top + 0x38)
			TEST_FAIL("epilogue %zu: sp +0x%x", i,
				  (unsigned)(r.sp - top));
		if (t[i].released < 0x30)
			CHECK_EQ(r.r[NTR_X64_RBX], 0xb0b0);
	}
}

/* lea rsp,[rbp+20]; pop rbp; ret with rbp as frame register. */
static void epilogue_with_lea(void)
{
	static const uint16_t code[] = { C(9, 3, 0), C(5, 2, 3), C(1, 0, 5) };
	static const uint8_t c[] = { 0x48, 0x8d, 0x65, 0x20, 0x5d, 0xc3 };
	u64 body = STACK + 0x1000;
	bool exact = true;
	struct ntr_regs r;

	world();
	fn(0x1100, 0x11a0, 0x9000);
	info(0x9000, 1, 0, 9, 5, 0, code, 3);
	memcpy(w.img + 0x1180, c, sizeof(c));
	poke(body + 0x20, 0x5555);
	poke(body + 0x28, BASE + 0x2222);
	r = regs_at(BASE + 0x1180, body - 0x100);
	ntr_reg_set(&r, NTR_X64_RBP, body);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.sp, body + 0x30);
	CHECK_EQ(r.fp, 0x5555);
}

/* Version 2: epilogues listed; with code bytes and without. */
static void epilogues_v2(void)
{
	static const uint16_t code[] = {
		C(4, 6, 1),	/* 4 bytes long, one at the end */
		C(0x40, 6, 0),	/* another 0x40 before the end */
		C(6, 2, 3),	/* alloc 0x20 */
		C(2, 0, 12),	/* push r12 */
		C(1, 0, 3),	/* push rbx */
	};
	/* pop r12; pop rbx; ret */
	static const uint8_t c[] = { 0x41, 0x5c, 0x5b, 0xc3 };
	static const uint32_t starts[] = { 0x119c, 0x1160 };
	static const uint64_t sp_at[] = { 0x20, 0, 0x28, 0x30 };

	for (unsigned at = 0; at < 4; at++)
		for (unsigned k = 0; k < 4; k++) {
			u64 top = STACK + 0x1000;
			bool exact = true;
			struct ntr_regs r;

			if (at == 1)
				continue; /* inside pop r12 */
			world();
			fn(0x1100, 0x11a0, 0x9000);
			info(0x9000, 2, 0, 6, 0, 0, code, 5);
			memset(w.img + 0x1000, 0xff, 0x1000);
			if (k & 1)
				memcpy(w.img + starts[k / 2], c, 4);
			poke(top + 0x20, 0xc0c0);
			poke(top + 0x28, 0xb0b0);
			poke(top + 0x30, BASE + 0x2222);
			r = regs_at(BASE + starts[k / 2] + at,
				    top + sp_at[at]);
			CHECK_EQ(step(&r, &exact), NTR_OK);
			CHECK_EQ(r.ip, BASE + 0x2222);
			CHECK_EQ(r.sp, top + 0x38);
		}
	{ /* and the body, where the notes mean nothing */
		u64 top = STACK + 0x1000;
		bool exact = true;
		struct ntr_regs r = regs_at(BASE + 0x1150, top);

		poke(top + 0x30, BASE + 0x2222);
		CHECK_EQ(step(&r, &exact), NTR_OK);
		CHECK_EQ(r.sp, top + 0x38);
	}
}

static void hostile_records(void)
{
	static const struct {
		uint8_t version;
		uint16_t code[4];
		unsigned n;
		enum ntr_st st;
	} t[] = {
		{ 3, { 0 }, 0, NTR_UNSUP },
		{ 1, { C(1, 11, 0) }, 1, NTR_BAD },
		{ 1, { C(1, 1, 2), 1 }, 2, NTR_BAD },  /* alloc_large 2 */
		{ 1, { C(1, 1, 1), 1 }, 2, NTR_BAD },  /* 3 slots of 2 */
		{ 1, { C(1, 1, 0) }, 1, NTR_BAD },     /* 2 slots of 1 */
		{ 1, { C(1, 4, 3), 0xffff }, 2, NTR_ABSENT },
		{ 1, { C(1, 1, 1), 0xffff, 0x7fff }, 3, NTR_ABSENT },
		{ 1, { C(1, 1, 1), 4, 0 }, 3, NTR_BAD }, /* sp not aligned */
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bool exact = false;
		struct ntr_regs r;

		world();
		fn(0x1100, 0x1200, 0x9000);
		info(0x9000, t[i].version, 0, 1, 0, 0, t[i].code, t[i].n);
		r = regs_at(BASE + 0x1180, STACK + 0x1000);
		CHECK_EQ(step(&r, &exact), t[i].st);
		CHECK_EQ(r.ip, BASE + 0x1180);
	}
	{ /* a record beyond the section, a table beyond the module */
		bool exact = false;
		struct ntr_regs r;

		world();
		fn(0x1100, 0x1200, SIZE - 2);
		r = regs_at(BASE + 0x1180, STACK + 0x1000);
		CHECK_EQ(step(&r, &exact), NTR_BAD);
		w.pe.dir[3].size = 0xfffffff0;
		CHECK_EQ(step(&r, &exact), NTR_BAD);
		w.pe.dir[3].rva = 0xfffffff0;
		CHECK_EQ(step(&r, &exact), NTR_BAD);
	}
}

/* Pages of the table are missing: what is there still serves. */
static void holes_in_pdata(void)
{
	static const uint16_t code[] = { C(4, 2, 4) };
	uint8_t *img;
	bool exact = false;
	struct ntr_regs r;
	u64 sp = STACK + 0x1000;

	world();
	for (unsigned i = 0; i < 1000; i++)
		fn(0x1000 + 16 * i, 0x1010 + 16 * i, 0xc000);
	info(0xc000, 1, 0, 4, 0, 0, code, 1);
	poke(sp + 0x28, BASE + 0x2222);
	img = w.img;
	test_mem_init(&w.mem);
	test_mem_add(&w.mem, STACK, w.stack, STACK_LEN);
	test_mem_add(&w.mem, BASE, img, 0x9000);          /* entries 0..340 */
	test_mem_add(&w.mem, BASE + 0xa000, img + 0xa000, 0x6000); /* 683.. */
	r = regs_at(BASE + 0x1000 + 16 * 100 + 8, sp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	CHECK_EQ(r.sp, sp + 0x30);
	r = regs_at(BASE + 0x1000 + 16 * 900 + 8, sp);
	CHECK_EQ(step(&r, &exact), NTR_OK);
	r = regs_at(BASE + 0x1000 + 16 * 500 + 8, sp);
	CHECK_EQ(step(&r, &exact), NTR_ABSENT);
}

/* --- whole walks ------------------------------------------------------------ */

static struct ntr_frame fr[256];

/* Functions of frame size 0x28 calling each other. */
static void plain_chain(u64 sp, unsigned n)
{
	static const uint16_t code[] = { C(4, 2, 4) };

	fn(0x1100, 0x1200, 0x9000);
	info(0x9000, 1, 0, 4, 0, 0, code, 1);
	for (unsigned i = 0; i < n; i++)
		poke(sp + 0x30 * i + 0x28, i + 1 < n ? BASE + 0x1180 : 0);
}

static void walks_to_the_end(void)
{
	struct ntr_regs r;
	size_t n = 9;

	world();
	plain_chain(STACK + 0x100, 20);
	r = regs_at(BASE + 0x1150, STACK + 0x100);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_END);
	CHECK_EQ(n, 20);
	CHECK_EQ(fr[0].trust, NTR_TRUST_CONTEXT);
	CHECK_EQ(fr[19].trust, NTR_TRUST_CFI);
	CHECK_EQ(fr[19].sp, STACK + 0x100 + 19 * 0x30);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 5, &n), NTR_UNW_LIMIT);
	CHECK_EQ(n, 5);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 0, &n), NTR_UNW_LIMIT);
	CHECK_EQ(n, 0);
	r.has_sp = false;
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 5, &n), NTR_UNW_LOST);
	CHECK_EQ(n, 0);
}

/* A frame register that points back would loop for ever. */
static void cyclic_sp(void)
{
	static const uint16_t code[] = { C(4, 3, 0), C(1, 0, 5) };
	u64 body = STACK + 0x1000;
	struct ntr_regs r;
	size_t n;

	world();
	fn(0x1100, 0x1200, 0x9000);
	info(0x9000, 1, 0, 4, 5, 0, code, 2);
	poke(body, body); /* saved rbp: itself */
	poke(body + 8, BASE + 0x1180);
	r = regs_at(BASE + 0x1150, body);
	ntr_reg_set(&r, NTR_X64_RBP, body);
	ntr_unwind(&w.env, &r, fr, 256, &n);
	CHECK(n < 6);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			CHECK(fr[i].ip != fr[j].ip || fr[i].sp != fr[j].sp);
}

/* Down to another stack through a machine frame, once. */
static void stack_switch(void)
{
	static const uint16_t mf[] = { C(0, 10, 0) }, plain[] = { C(4, 2, 4) };
	u64 hi = STACK + 0x3000, lo = STACK + 0x200;
	struct ntr_regs r;
	size_t n;

	world();
	fn(0x1100, 0x1200, 0x9000);
	fn(0x1200, 0x1300, 0x9010);
	info(0x9000, 1, 0, 0, 0, 0, mf, 1);
	info(0x9010, 1, 0, 4, 0, 0, plain, 1);
	poke(hi, BASE + 0x1250);
	poke(hi + 8, 0x10);
	poke(hi + 16, 0x246);
	poke(hi + 24, lo);
	poke(hi + 32, 0x18);
	poke(lo + 0x28, BASE + 0x1180); /* and again to the other one */
	poke(lo + 0x30, BASE + 0x1250);
	poke(lo + 0x38, 0x10);
	poke(lo + 0x40, 0x246);
	poke(lo + 0x48, lo - 0x100);
	r = regs_at(BASE + 0x1180, hi);
	ntr_unwind(&w.env, &r, fr, 256, &n);
	CHECK(n >= 3);
	CHECK_EQ(fr[1].trust, NTR_TRUST_TRAP);
	CHECK_EQ(fr[1].sp, lo);
	CHECK_EQ(fr[2].trust, NTR_TRUST_CFI);
	for (size_t i = 3; i < n; i++)
		CHECK(fr[i].sp > lo);
}

static void bad_jump(void)
{
	struct ntr_regs r;
	size_t n;

	world();
	plain_chain(STACK + 0x108, 3);
	w.img[0x117b] = 0xe8; /* the call that went astray: before 0x1180 */
	poke(STACK + 0x100, BASE + 0x1180);
	r = regs_at(0, STACK + 0x100);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_END);
	CHECK_EQ(n, 4);
	CHECK_EQ(fr[1].ip, BASE + 0x1180);
	CHECK(fr[1].call_checked);
	CHECK_EQ(fr[2].trust, NTR_TRUST_CFI);
}

/* Without .pdata: only words behind calls, in code, where calls put them. */
static void scan_rejects(void)
{
	u64 sp = STACK + 0x1000;
	struct ntr_regs r;
	size_t n;

	world();
	w.pe.dir[3].rva = 0;
	memset(w.img + 0x1000, 0xf4, 0x7000); /* hlt: no way through */
	w.img[0x2000 - 5] = 0xe8;
	w.img[0x2100 - 5] = 0xe8;
	poke(sp + 0x28, BASE + 0x3001);  /* not behind a call */
	poke(sp + 0x38, BASE + 0x9000);  /* not in code */
	poke(sp + 0x48, BASE);		 /* the module itself */
	poke(sp + 0x50, BASE + 0x2000);  /* where no return address can be */
	poke(sp + 0x68, BASE + 0x2000);
	poke(sp + 0x78, BASE + 0x2100);  /* no room for a frame between */
	poke(sp + 0x98, BASE + 0x2100);
	r = regs_at(BASE + 0x1800, sp);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_END);
	CHECK_EQ(n, 3);
	CHECK_EQ(fr[1].ip, BASE + 0x2000);
	CHECK_EQ(fr[1].sp, sp + 0x70);
	CHECK_EQ(fr[1].trust, NTR_TRUST_SCAN);
	CHECK(fr[1].call_checked);
	CHECK_EQ(fr[2].ip, BASE + 0x2100);
	CHECK_EQ(fr[2].sp, sp + 0xa0);
	w.env.scan_words = 8;
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_END);
	CHECK_EQ(n, 1);
}

/* No image at all: the word counts, and the frame says it was not checked. */
static void scan_without_code(void)
{
	u64 sp = STACK + 0x1000;
	struct ntr_regs r;
	size_t n;

	world();
	w.mods.m[0].pe = NULL;
	test_mem_init(&w.mem);
	test_mem_add(&w.mem, STACK, w.stack, STACK_LEN);
	poke(sp + 0x28, BASE + 0x2010); /* aligned as functions are */
	poke(sp + 0x38, BASE + 0x2225);
	r = regs_at(BASE + 0x1800, sp);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_END);
	CHECK_EQ(n, 2);
	CHECK_EQ(fr[1].ip, BASE + 0x2225);
	CHECK(!fr[1].call_checked);
	CHECK_HAS(fr[1].note, "no code");
}

/* The code itself: push rbx; sub rsp,30 … call; add rsp,30; pop rbx; ret. */
static void code_forward(void)
{
	static const uint8_t c[] = {
		0x85, 0xc0,			   /* test eax,eax */
		0x74, 0x04,			   /* jz +4 */
		0x48, 0x8b, 0xc1, 0xcc,		   /* mov; noreturn */
		0x48, 0x8b, 0x5c, 0x24, 0x48,	   /* mov rbx,[rsp+48] */
		0x48, 0x83, 0xc4, 0x30,		   /* add rsp,30 */
		0x5f, 0xc3,			   /* pop rdi; ret */
	};
	u64 sp = STACK + 0x1000;
	struct ntr_regs r;
	size_t n;

	world();
	w.pe.dir[3].rva = 0;
	memset(w.img + 0x1000, 0xf4, 0x7000);
	memcpy(w.img + 0x1800, c, sizeof(c));
	w.img[0x2000 - 5] = 0xe8;
	poke(sp + 0x30, 0xd1d1);
	poke(sp + 0x38, BASE + 0x2000);
	poke(sp + 0x48, 0xb0b0);
	r = regs_at(BASE + 0x1800, sp);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 2, &n), NTR_UNW_LIMIT);
	CHECK_EQ(fr[1].ip, BASE + 0x2000);
	CHECK_EQ(fr[1].sp, sp + 0x40);
	CHECK_EQ(fr[1].trust, NTR_TRUST_CODE);
	/* it returns to something that is no code: not believed */
	poke(sp + 0x38, 0x1234);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_END);
	CHECK_EQ(n, 1);
}

static void trap_on_the_stack(void)
{
	u64 sp = STACK + 0x1000, tf = sp + 0x40, va = 1;
	struct ntr_regs r, t;
	size_t n;

	world();
	w.mods.m[0].pe = NULL;
	test_mem_init(&w.mem);
	test_mem_add(&w.mem, STACK, w.stack, STACK_LEN);
	poke(tf - 8, BASE + 0x2225); /* into the handler */
	poke(tf + 0x168, BASE + 0x3333);
	poke(tf + 0x170, 0x10);
	poke(tf + 0x178, 0x10246);
	poke(tf + 0x180, tf + 0x190);
	poke(tf + 0x188, 0x18);
	poke(tf + 0x1b8, BASE + 0x4445);
	r = regs_at(BASE + 0x1800, sp);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_END);
	CHECK_EQ(n, 4);
	CHECK_EQ(fr[1].ip, BASE + 0x2225);
	CHECK_EQ(fr[2].ip, BASE + 0x3333);
	CHECK_EQ(fr[2].sp, tf + 0x190);
	CHECK_EQ(fr[2].trust, NTR_TRUST_TRAP);
	CHECK_EQ(fr[3].ip, BASE + 0x4445);
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK, STACK + STACK_LEN, 0, &va,
				     &t, NULL), NTR_OK);
	CHECK_EQ(va, tf);
	CHECK_EQ(t.ip, BASE + 0x3333);
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK, STACK + STACK_LEN,
				     BASE + 0x3334, &va, &t, NULL), NTR_END);
	poke(tf + 0x168, 0x44); /* a jump to nowhere has no module */
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK, STACK + STACK_LEN, 0, &va,
				     &t, NULL), NTR_END);
	CHECK_EQ(ntr_find_trap_frame(&w.env, STACK, STACK + STACK_LEN, 0x44,
				     &va, &t, NULL), NTR_OK);
	poke(tf + 0x168, BASE + 0x3333);
	poke(tf + 0x188, 0x2b);
	CHECK_EQ(ntr_find_trap_frame(&w.env, 0, ~0ull, 0, &va, &t, NULL),
		 NTR_END);
}

static void memory_ends(void)
{
	struct ntr_regs r;
	size_t n;

	world();
	plain_chain(STACK + 0x100, 20);
	test_mem_init(&w.mem);
	test_mem_add(&w.mem, BASE, w.img, SIZE);
	test_mem_add(&w.mem, STACK, w.stack, 0x100 + 4 * 0x30);
	r = regs_at(BASE + 0x1150, STACK + 0x100);
	CHECK_EQ(ntr_unwind(&w.env, &r, fr, 256, &n), NTR_UNW_MEMORY);
	CHECK_EQ(n, 5);
}

int main(void)
{
	RUN(pushes_and_saves);
	RUN(allocations);
	RUN(frame_register);
	RUN(chained_and_indirect);
	RUN(machine_frames);
	RUN(leaves);
	RUN(call_at_the_end);
	RUN(epilogues_v1);
	RUN(epilogue_with_lea);
	RUN(epilogues_v2);
	RUN(hostile_records);
	RUN(holes_in_pdata);
	RUN(walks_to_the_end);
	RUN(cyclic_sp);
	RUN(stack_switch);
	RUN(bad_jump);
	RUN(scan_rejects);
	RUN(scan_without_code);
	RUN(code_forward);
	RUN(trap_on_the_stack);
	RUN(memory_ends);
	free(w.img);
	free(w.stack);
	return test_done();
}
