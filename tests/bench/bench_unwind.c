// SPDX-License-Identifier: Apache-2.0
/*
 * x64 .pdata: frames per second over an image of 20,000 functions, whole
 * walks of 64 frames through functions far apart.  The floor of the same run
 * does for each frame only what no unwinder can leave out, over plain arrays:
 * the binary search, the record's codes, the return address.
 * x86 FRAMEDATA: the same walks by the programs of records, without and with
 * a frame pointer in turn; the source of records costs a binary search.
 */
#include "bench.h"
#include "unw/unw.h"

#define BASE UINT64_C(0xfffff80010000000)
#define STACK UINT64_C(0xffffd00000010000)
#define FUNCTIONS 20000u
#define FN_BYTES 64u
#define PDATA (0x1000u + FUNCTIONS * FN_BYTES)
#define XDATA (PDATA + FUNCTIONS * 12)
#define SIZE (XDATA + 16 + 4096)
#define FRAMES 64u
#define WALKS 4000u
#define ROUNDS 5

static u8 *img;
static u64 stack[FRAMES * 8 + 8];
static struct ntr_mem_space img_space, stack_space;
static struct ntr_pe pe;

static void store32(u32 rva, u32 v)
{
	v = htole32(v);
	memcpy(img + rva, &v, 4);
}

/* push rbx; push rbp; sub rsp,0x28: 64 bytes of stack a frame. */
static void build(void)
{
	static const u8 info[] = { 1, 6, 3, 0, 6, 0x42, 2, 0x50, 1, 0x30 };
	u32 at = 1;

	img = calloc(1, SIZE);
	if (!img)
		exit(2);
	for (u32 i = 0; i < FUNCTIONS; i++) {
		store32(PDATA + 12 * i, 0x1000 + FN_BYTES * i);
		store32(PDATA + 12 * i + 4, 0x1000 + FN_BYTES * (i + 1) - 8);
		store32(PDATA + 12 * i + 8, XDATA);
		img[0x1000 + FN_BYTES * i + 0x20 - 5] = 0xe8;
	}
	memcpy(img + XDATA, info, sizeof(info));
	for (u32 i = 0; i < FRAMES; i++) {
		at = (at * 7919 + 104729) % FUNCTIONS;
		stack[i * 8 + 7] = htole64(BASE + 0x1000 + FN_BYTES * at + 0x20);
	}
	stack[FRAMES * 8 - 1] = 0;
	ntr_mem_space_init(&img_space, BASE, img, SIZE);
	ntr_mem_space_init(&stack_space, STACK, stack, sizeof(stack));
	pe = (struct ntr_pe){ .s = &img_space.s, .base = BASE, .mapped = true,
			      .machine = NTR_MACHINE_AMD64, .size = SIZE,
			      .headers_size = 0x400, .nsections = 1 };
	pe.dir[NTR_PE_EXCEPTION].rva = PDATA;
	pe.dir[NTR_PE_EXCEPTION].size = FUNCTIONS * 12;
	pe.section[0].rva = 0x1000;
	pe.section[0].vsize = FUNCTIONS * FN_BYTES;
	pe.section[0].flags = NTR_SCN_EXECUTE;
}

static bool find(void *ctx, u64 ip, struct ntr_unw_module *m)
{
	(void)ctx;
	if (ip - BASE >= SIZE)
		return false;
	*m = (struct ntr_unw_module){ BASE, SIZE, &pe, &img_space.s };
	return true;
}

static u32 load32(u32 rva)
{
	u32 v;

	memcpy(&v, img + rva, 4);
	return le32toh(v);
}

static size_t floor_walk(u64 ip, u64 sp)
{
	size_t n = 1;

	while (ip) {
		u32 rva = (u32)(ip - BASE), lo = 0, hi = FUNCTIONS;
		const u8 *u;

		while (hi - lo > 1) {
			u32 mid = (lo + hi) / 2;

			if (load32(PDATA + 12 * mid) <= rva)
				lo = mid;
			else
				hi = mid;
		}
		u = img + load32(PDATA + 12 * lo + 8);
		for (unsigned i = 0; i < u[2]; i++)
			sp += (u[5 + 2 * i] & 15) ? (u[5 + 2 * i] >> 4) * 8u + 8 :
						    8;
		ip = le64toh(stack[(sp - STACK) / 8]);
		sp += 8;
		n += ip != 0;
	}
	return n;
}

static u64 sink;

static double floor_rate(u64 ip)
{
	double best = 0;

	for (int r = 0; r < ROUNDS; r++) {
		double t = bench_cpu(), rate;
		u64 n = 0;

		for (unsigned i = 0; i < WALKS; i++)
			n += floor_walk(ip, STACK);
		t = bench_cpu() - t;
		rate = (double)n / t;
		sink += n;
		best = rate > best ? rate : best;
	}
	return best;
}

static double walk_rate(u64 ip)
{
	static struct ntr_frame frames[FRAMES + 8];
	struct ntr_unw_env env = { .machine = NTR_MACHINE_AMD64,
				   .mem = &stack_space.s, .module = find,
				   .stack_lo = STACK,
				   .stack_hi = STACK + sizeof(stack) };
	struct ntr_regs r = { .machine = NTR_MACHINE_AMD64 };
	double best = 0;
	size_t n = 0;

	ntr_reg_set_ip(&r, ip);
	ntr_reg_set_sp(&r, STACK);
	for (int k = 0; k < ROUNDS; k++) {
		double t = bench_cpu(), rate;
		u64 all = 0;

		for (unsigned i = 0; i < WALKS; i++) {
			ntr_unwind(&env, &r, frames, FRAMES + 8, &n);
			all += n;
		}
		t = bench_cpu() - t;
		rate = (double)all / t;
		sink += all;
		best = rate > best ? rate : best;
	}
	if (n != FRAMES || frames[FRAMES - 1].trust != NTR_TRUST_CFI) {
		fprintf(stderr, "bench_unwind: %zu frames, want %u\n", n,
			FRAMES);
		exit(1);
	}
	return best;
}

/* --- x86 --------------------------------------------------------------------- */

#define BASE32 0x80100000u
#define STACK32 0xf4ed0000u
#define FRAME32 0x20u

static const char *const programs[] = {
	"$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + = $ebp $T0 4 - ^ =",
	"$T0 $ebp = $eip $T0 4 + ^ = $ebp $T0 ^ = $esp $T0 8 + = "
	"$L $T0 .cbSavedRegs - = $P $T0 8 + .cbParams + =",
};
static u32 starts[FUNCTIONS];
static u32 stack32[FRAMES * FRAME32 / 4 + 16];

static bool find32(void *ctx, u64 ip, struct ntr_unw_module *m)
{
	(void)ctx;
	if (ip - BASE32 >= SIZE)
		return false;
	*m = (struct ntr_unw_module){ BASE32, SIZE, NULL, &img_space.s };
	return true;
}

/* Every other frame has its return address at esp + 0x1c, and at ebp + 4. */
static enum ntr_st record32(void *ctx, u64 ip, const struct ntr_unw_module *m,
			    struct ntr_uwrec *out)
{
	u32 rva = (u32)(ip - m->base), lo = 0, hi = FUNCTIONS;

	(void)ctx;
	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (starts[mid] <= rva)
			lo = mid;
		else
			hi = mid;
	}
	out->kind = NTR_UW_FRAMEDATA;
	out->rva = starts[lo];
	out->size = FN_BYTES;
	out->locals = 0x18;
	out->saved_regs = 4;
	out->params = 0;
	out->program = programs[lo & 1];
	return NTR_OK;
}

static void build32(void)
{
	u32 at = 1;

	for (u32 i = 0; i < FUNCTIONS; i++)
		starts[i] = 0x1000 + FN_BYTES * i;
	for (u32 i = 0; i < FRAMES; i++) {
		u32 *ret = &stack32[(i + 1) * FRAME32 / 4 - 1];

		at = (at * 7919 + 104729) % FUNCTIONS;
		*ret = htole32(BASE32 + 0x1000 + FN_BYTES * at + 0x20);
		/* ebp: the place below the next frame's return address */
		ret[-1] = htole32(STACK32 + (i + 2) * FRAME32 - 8);
	}
	stack32[FRAMES * FRAME32 / 4 - 1] = 0;
	stack32[FRAMES * FRAME32 / 4 - 2] = 0;
	ntr_mem_space_init(&img_space, BASE32, img, SIZE);
	ntr_mem_space_init(&stack_space, STACK32, stack32, sizeof(stack32));
}

static double walk_rate32(void)
{
	static struct ntr_frame frames[FRAMES + 8];
	struct ntr_unw_env env = { .machine = NTR_MACHINE_X86,
				   .mem = &stack_space.s, .module = find32,
				   .record = record32, .stack_lo = STACK32,
				   .stack_hi = STACK32 + sizeof(stack32) };
	struct ntr_regs r = { .machine = NTR_MACHINE_X86 };
	double best = 0;
	size_t n = 0;

	ntr_reg_set(&r, NTR_X86_EIP, BASE32 + 0x1000 + 0x20);
	ntr_reg_set(&r, NTR_X86_ESP, STACK32);
	ntr_reg_set(&r, NTR_X86_EBP, STACK32 + FRAME32 - 8);
	ntr_reg_set(&r, NTR_X86_EBX, 0);
	for (int k = 0; k < ROUNDS; k++) {
		double t = bench_cpu(), rate;
		u64 all = 0;

		for (unsigned i = 0; i < WALKS / 4; i++) {
			ntr_unwind(&env, &r, frames, FRAMES + 8, &n);
			all += n;
		}
		t = bench_cpu() - t;
		rate = (double)all / t;
		sink += all;
		best = rate > best ? rate : best;
	}
	if (n != FRAMES || frames[FRAMES - 1].trust != NTR_TRUST_FPO) {
		fprintf(stderr, "bench_unwind: %zu x86 frames, want %u\n", n,
			FRAMES);
		exit(1);
	}
	return best;
}

int main(void)
{
	u64 ip = BASE + 0x1000 + 0x20;
	double f, v;

	build();
	f = floor_rate(ip);
	v = walk_rate(ip);
	printf("x64 .pdata unwinding\t%.2f Mframes/s\tfloor %.2f Mframes/s\t%.2f\n",
	       v / 1e6, f / 1e6, v / f);
	build32();
	printf("x86 FRAMEDATA unwinding\t%.2f Mframes/s\n",
	       walk_rate32() / 1e6);
	free(img);
	return sink == 1;
}
