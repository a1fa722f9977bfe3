// SPDX-License-Identifier: Apache-2.0
/* x64 without unwind data or code: from a double fault's or a DPC's stack to
 * the thread's by the trap frame that lies between them. */
#include "unw_env.h"

#define NT UINT64_C(0xfffff80100000000)
#define DRV UINT64_C(0xfffff80200000000)
#define IST UINT64_C(0xfffff90000010000)  /* bytes [IST, IST+0x1000) */
#define HOME UINT64_C(0xffffd00000020000) /* stack limit; 0x2000 of it */

static uint8_t ist[0x1000], home[0x2000];
static struct test_mem mem;
static struct test_mods mods;

static bool find(void *ctx, u64 ip, struct ntr_unw_module *m)
{
	return test_mods_find(ctx, ip, m);
}

static void put_trap(uint8_t *f, uint64_t ip, uint64_t sp, uint64_t ss)
{
	put64(f, 0x168, ip);
	put64(f, 0x170, 0x10);
	put64(f, 0x178, 0x10246);
	put64(f, 0x180, sp);
	put64(f, 0x188, ss);
}

/* KeBugCheckEx at +0xe18, its caller's return address there, the handler's at
 * +0xe68, the trap frame at +0xe70; the thread's stack has two calls. */
static struct ntr_unw_env start(uint64_t sp)
{
	memset(ist, 0, sizeof(ist));
	memset(home, 0, sizeof(home));
	test_mem_init(&mem);
	mods.n = 0;
	test_mods_add(&mods, NT, 0x200000, NULL, NULL);
	test_mods_add(&mods, DRV, 0x20000, NULL, NULL);
	put64(ist, 0xe18, NT + 0x1069);
	put64(ist, 0xe68, NT + 0x20b3);
	put_trap(ist + 0xe70, DRV + 0x1234, sp, 0x18);
	put64(home, 0x108, DRV + 0x2235);
	put64(home, 0x208, DRV + 0x2235);
	test_mem_add(&mem, IST, ist, sizeof(ist));
	test_mem_add(&mem, HOME, home, sizeof(home));
	return (struct ntr_unw_env){ .machine = NTR_MACHINE_AMD64,
				     .build = 19041, .mem = &mem.s,
				     .home_lo = HOME - 0x4000,
				     .home_hi = HOME + sizeof(home),
				     .module = find, .ctx = &mods };
}

static struct ntr_frame f[64];
static size_t n;

static enum ntr_unw_stop walk(const struct ntr_unw_env *env)
{
	struct ntr_regs r = { .machine = NTR_MACHINE_AMD64 };

	ntr_reg_set(&r, NTR_X64_RIP, NT + 0x3000);
	ntr_reg_set(&r, NTR_X64_RSP, IST + 0xe18);
	return ntr_unwind(env, &r, f, 64, &n);
}

static bool switched(uint64_t sp)
{
	for (size_t i = 1; i < n; i++)
		if (f[i].ip == DRV + 0x1234 && f[i].sp == sp)
			return f[i].trust == NTR_TRUST_TRAP;
	return false;
}

static void a_trap_frame_leads_to_the_threads_stack(void)
{
	struct ntr_unw_env env = start(HOME + 0x20);

	walk(&env);
	CHECK(switched(HOME + 0x20));
	CHECK(n >= 6);
	CHECK_EQ(f[1].ip, NT + 0x1069);
	CHECK_EQ(f[2].ip, NT + 0x20b3);
	CHECK_EQ(f[4].ip, DRV + 0x2235);
	CHECK_EQ(f[4].sp, HOME + 0x110);
	CHECK_EQ(f[5].sp, HOME + 0x210);
	/* the walk keeps to that stack */
	CHECK(f[n - 1].sp <= HOME + sizeof(home));
}

/* An overflow: sp below the limit, in memory that is not there. */
static void below_the_limit_as_well(void)
{
	struct ntr_unw_env env = start(HOME - 0x18);

	walk(&env);
	CHECK(switched(HOME - 0x18));
	env = start(HOME - 0x4008); /* too far below */
	walk(&env);
	CHECK(!switched(HOME - 0x4008));
}

static void other_places_are_not_believed(void)
{
	static const uint64_t bad[] = { HOME + 0x2000, HOME + 0x24,
					IST + 0x100, 0x1000, 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ntr_unw_env env = start(bad[i]);

		walk(&env);
		CHECK(n >= 1);
		CHECK(!switched(bad[i]));
	}
	/* the thread's stack is not known */
	struct ntr_unw_env env = start(HOME + 0x20);

	env.home_lo = env.home_hi = 0;
	walk(&env);
	CHECK(!switched(HOME + 0x20));
}

/* ss is 0 in a frame of code that an interrupt of user mode had started; the
 * instruction has to be known then. */
static void frame_search_with_and_without_the_instruction(void)
{
	struct ntr_unw_env env = start(HOME - 0x18);
	struct ntr_regs r;
	uint64_t va = 0;

	CHECK_EQ(ntr_find_trap_frame(&env, IST + 0xe18, IST + 0x1000, 0, &va,
				     &r, NULL), NTR_OK);
	CHECK_EQ(va, IST + 0xe70);
	CHECK_EQ(r.sp, HOME - 0x18);
	put_trap(ist + 0xe70, DRV + 0x1234, HOME - 0x18, 0);
	CHECK(ntr_find_trap_frame(&env, IST + 0xe18, IST + 0x1000, 0, &va, &r,
				  NULL) != NTR_OK);
	CHECK_EQ(ntr_find_trap_frame(&env, IST + 0xe18, IST + 0x1000,
				     DRV + 0x1234, &va, &r, NULL), NTR_OK);
	CHECK(ntr_find_trap_frame(&env, IST + 0xe18, IST + 0x1000,
				  DRV + 0x1235, &va, &r, NULL) != NTR_OK);
	put_trap(ist + 0xe70, DRV + 0x1234, HOME - 0x18, 0x2b);
	CHECK(ntr_find_trap_frame(&env, IST + 0xe18, IST + 0x1000,
				  DRV + 0x1234, &va, &r, NULL) != NTR_OK);
}

/* The saved stack may end anywhere. */
static void cut_stacks(void)
{
	for (size_t len = 0xe18; len < 0x1000; len += 8) {
		struct ntr_unw_env env = start(HOME + 0x20);
		uint8_t *copy = malloc(len);

		CHECK(copy != NULL);
		if (!copy)
			return;
		memcpy(copy, ist, len);
		test_mem_init(&mem);
		test_mem_add(&mem, IST, copy, len);
		walk(&env);
		CHECK(n >= 1);
		CHECK(!switched(HOME + 0x20));
		free(copy);
	}
}

int main(void)
{
	RUN(a_trap_frame_leads_to_the_threads_stack);
	RUN(below_the_limit_as_well);
	RUN(other_places_are_not_believed);
	RUN(frame_search_with_and_without_the_instruction);
	RUN(cut_stacks);
	return test_done();
}
