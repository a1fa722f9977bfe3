// SPDX-License-Identifier: Apache-2.0
/* Address translation: entries written at literal places, addresses known. */
#include "mem/xlat.h"
#include "test.h"

/* 1 MiB of physical memory, built anew by each test. */
#define MEM_LEN 0x100000u
static uint8_t mem[MEM_LEN];
static struct ntr_mem_space phys;

static void fresh(void)
{
	memset(mem, 0, sizeof(mem));
	ntr_mem_space_init(&phys, 0, mem, sizeof(mem));
}

/* One answer, asked in every way there is. */
struct want {
	uint64_t va;
	enum ntr_pte state;
	uint64_t pa;       /* VALID, TRANSITION */
	unsigned shift;    /* page_shift; 0: not checked */
};

static void check_one(struct ntr_xlat *x, const struct want *q)
{
	bool good = q->state == NTR_PTE_VALID || q->state == NTR_PTE_TRANSITION;
	enum ntr_st st = good ? NTR_OK : NTR_FAULT;
	struct ntr_err e = { "" };
	struct ntr_walk w;
	uint64_t pa;

	CHECK_EQ(ntr_xlat_walk(x, q->va, &w, &e), st);
	CHECK_STR(ntr_pte_name(w.state), ntr_pte_name(q->state));
	CHECK_EQ(w.pa, good ? q->pa : 0);
	if (q->shift)
		CHECK_EQ(w.page_shift, q->shift);
	if (!good)
		CHECK(e.msg[0] != 0);
	for (int round = 0; round < 3; round++) { /* miss, then hits */
		pa = 0x5555;
		CHECK_EQ(ntr_xlat_pa(x, q->va, &pa), st);
		CHECK_EQ(pa, good ? q->pa : 0x5555);
	}
	if (test_.bad)
		printf("  at va 0x%" PRIx64 " form %s build %u\n", q->va,
		       ntr_paging_name(x->form), x->build);
}

static void check_all(enum ntr_paging form, uint64_t dtb, uint32_t build,
		      uint64_t swizzle, const struct want *q, size_t n)
{
	struct ntr_xlat x;

	CHECK_EQ(ntr_xlat_init(&x, form, dtb, build, &phys.s, NULL), NTR_OK);
	x.swizzle = swizzle;
	for (size_t i = 0; i < n; i++)
		check_one(&x, &q[i]);
	ntr_xlat_fini(&x);
	ntr_xlat_fini(&x);
}
#define CHECK_ALL(form, dtb, build, swizzle, ...)                       \
	do {                                                            \
		const struct want q_[] = { __VA_ARGS__ };               \
		check_all(form, dtb, build, swizzle, q_,                \
			  sizeof(q_) / sizeof(q_[0]));                  \
	} while (0)

/* --- x86, 4-byte entries ------------------------------------------------- */

static void x86_plain(void)
{
	fresh();
	/* directory at 0x1000: 0x80000000>>22 = 0x200, 0xc0000000>>22 = 0x300 */
	put32(mem, 0x1000 + 0x200 * 4, 0x00002063);
	put32(mem, 0x1000 + 0x300 * 4, 0x00001063);
	put32(mem, 0x1000 + 0x201 * 4, 0x014001e3); /* 4 MiB at 0x01400000 */
	put32(mem, 0x1000 + 0x202 * 4, 0x018061e3); /* PSE-36: bits 14:13 = 3 */
	put32(mem, 0x1000 + 0x3ff * 4, 0x00003063);
	put32(mem, 0x2000 + 0x000 * 4, 0x00045063);
	put32(mem, 0x2000 + 0x3ff * 4, 0xfffff123 | 1);
	put32(mem, 0x3000 + 0x3ff * 4, 0x00077163); /* va 0xfffff000 */
	CHECK_ALL(NTR_PAGING_X86, 0x1018, 2600, 0,
		{ 0x80000000, NTR_PTE_VALID, 0x45000, 12 },
		{ 0x80000fff, NTR_PTE_VALID, 0x45fff, 12 },
		{ 0x803ff004, NTR_PTE_VALID, 0xfffff004, 12 },
		{ 0x80001000, NTR_PTE_ZERO, 0, 0 },
		{ 0x80400000, NTR_PTE_VALID, 0x01400000, 22 },
		{ 0x807fffff, NTR_PTE_VALID, 0x017fffff, 22 },
		{ 0x80812345, NTR_PTE_VALID, 0x301812345, 22 },
		{ 0x00010000, NTR_PTE_ZERO, 0, 22 },
		{ 0xffffffff, NTR_PTE_VALID, 0x77fff, 12 },
		/* self-map: the directory as a page, its entry for 0x80000000 */
		{ 0xc0300800, NTR_PTE_VALID, 0x1800, 12 },
		{ 0xc0200000, NTR_PTE_VALID, 0x2000, 12 },
		{ 0x100000000, NTR_PTE_BAD, 0, 0 },
		{ 0xffffffff80000000, NTR_PTE_BAD, 0, 0 });
}

static void x86_software(void)
{
	fresh();
	put32(mem, 0x1000 + 0x200 * 4, 0x00002063);
	put32(mem, 0x2000 + 1 * 4, 0x00045886); /* transition, frame 0x45 */
	put32(mem, 0x2000 + 2 * 4, 0x1a2b3084); /* file 2, page 0x1a2b3 */
	put32(mem, 0x2000 + 3 * 4, 0x00000080); /* demand zero */
	put32(mem, 0x2000 + 4 * 4, 0x00045c86); /* prototype wins */
	put32(mem, 0x1000 + 0x201 * 4, 0x00002880); /* table in transition */
	put32(mem, 0x1000 + 0x202 * 4, 0x00034082); /* table paged out */
	put32(mem, 0x2000 + 5 * 4, 0x000460a3);
	CHECK_ALL(NTR_PAGING_X86, 0x1000, 2195, 0,
		{ 0x80001abc, NTR_PTE_TRANSITION, 0x45abc, 12 },
		{ 0x80002000, NTR_PTE_PAGEFILE, 0, 12 },
		{ 0x80003000, NTR_PTE_DEMAND_ZERO, 0, 12 },
		{ 0x80004000, NTR_PTE_PROTOTYPE, 0, 12 },
		{ 0x80405010, NTR_PTE_VALID, 0x46010, 12 },
		{ 0x80401abc, NTR_PTE_TRANSITION, 0x45abc, 12 },
		{ 0x80805010, NTR_PTE_PAGEFILE, 0, 22 });
}

/* The prototype address of 4-byte entries: bits 1-7 and 11-31 over the paged
 * pool up to 2003, bits 1-8 and 11-31 over the system half later. */
static void x86_prototype(void)
{
	struct ntr_xlat x;
	struct ntr_walk w;
	struct ntr_err e;

	fresh();
	put32(mem, 0x1000 + 0x200 * 4, 0x00002063);
	put32(mem, 0x1000 + 0x384 * 4, 0x00003063); /* 0xe1000000>>22 */
	/* (0x9 << 9) | (0x11 << 2): 0xe1001244 */
	put32(mem, 0x2000 + 1 * 4, 0x9u << 11 | 1u << 10 | 0x11u << 1);
	put32(mem, 0x3000 + 1 * 4, 0x00060063); /* its page, va 0xe1001000 */
	put32(mem, 0x60244, 0x00070025);        /* valid shared page */
	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X86, 0x1000, 2600, &phys.s, NULL), 0);
	CHECK_EQ(ntr_xlat_walk(&x, 0x80001678, &w, NULL), NTR_OK);
	CHECK_EQ(w.state, NTR_PTE_VALID);
	CHECK_EQ(w.proto, 0xe1001244);
	CHECK_EQ(w.pa, 0x70678);
	put32(mem, 0x60244, 0x00071880); /* transition */
	CHECK_EQ(ntr_xlat_walk(&x, 0x80001678, &w, NULL), NTR_OK);
	CHECK_EQ(w.state, NTR_PTE_TRANSITION);
	CHECK_EQ(w.pa, 0x71678);
	put32(mem, 0x60244, 0x12345480); /* a subsection: the file */
	CHECK_EQ(ntr_xlat_walk(&x, 0x80001678, &w, &e), NTR_FAULT);
	CHECK_EQ(w.state, NTR_PTE_PROTOTYPE);
	CHECK_HAS(e.msg, "prototype PTE 0xe1001244");
	x.proto_base = 0xe2000000;
	CHECK_EQ(ntr_xlat_walk(&x, 0x80001678, &w, NULL), NTR_FAULT);
	CHECK_EQ(w.proto, 0xe2001244);
	x.build = 7601; /* (0x9 << 10) | (0x11 << 2), from 0x80000000 */
	CHECK_EQ(ntr_xlat_walk(&x, 0x80001678, &w, NULL), NTR_FAULT);
	CHECK_EQ(w.proto, 0x80002444);
	ntr_xlat_fini(&x);
}

/* --- PAE -------------------------------------------------------------------- */

static void pae(void)
{
	fresh();
	/* PDPT at 0x1020; PDPT bits above the address and PCD set */
	put64(mem, 0x1020 + 2 * 8, 0x0000000000002011);
	put64(mem, 0x1020 + 3 * 8, 0x0000000000003001);
	put64(mem, 0x2000 + 0 * 8, 0x0000000000004063);
	put64(mem, 0x2000 + 1 * 8, 0x00000012340001e3); /* 2 MiB */
	put64(mem, 0x2000 + 2 * 8, 0x0000000012601863); /* bit 12 = PAT */
	put64(mem, 0x2000 + 3 * 8, 0x0000000012601 << 12 | 0x1e3);
	put64(mem, 0x4000 + 0 * 8, 0x8000000000050063);
	put64(mem, 0x4000 + 1 * 8, 0x8000003fffff0063); /* highest frame */
	put64(mem, 0x4000 + 2 * 8, 0xffffffc000051063); /* software above */
	put64(mem, 0x4000 + 3 * 8, 0x0000000000052886);
	put64(mem, 0x4000 + 4 * 8, 0x0001a2b300000086); /* file 3 */
	put64(mem, 0x4000 + 5 * 8, 0xe100124000000400); /* prototype */
	put64(mem, 0x4000 + 6 * 8, 0x00000000000000a0);
	CHECK_ALL(NTR_PAGING_PAE, 0x1020, 2600, 0,
		{ 0x80000123, NTR_PTE_VALID, 0x50123, 12 },
		{ 0x80001fff, NTR_PTE_VALID, 0x3fffff0fff, 12 },
		{ 0x80002fff, NTR_PTE_VALID, 0x51fff, 12 },
		{ 0x80003000, NTR_PTE_TRANSITION, 0x52000, 12 },
		{ 0x80004000, NTR_PTE_PAGEFILE, 0, 12 },
		{ 0x80005000, NTR_PTE_PROTOTYPE, 0, 12 },
		{ 0x80006000, NTR_PTE_DEMAND_ZERO, 0, 12 },
		{ 0x80007000, NTR_PTE_ZERO, 0, 12 },
		{ 0x80212345, NTR_PTE_VALID, 0x1234012345, 21 },
		{ 0x80600123, NTR_PTE_VALID, 0x12600123, 21 },
		{ 0x40000000, NTR_PTE_ZERO, 0, 30 },
		{ 0x180000000, NTR_PTE_BAD, 0, 0 });
}

/* --- x64 --------------------------------------------------------------------- */

/* Kernel half at fffff800`00000000 (PML4 0x1f0, PDPT 0, PD 0): root 0x1000,
 * 0x2000, 0x3000, and a page table at 0x4000 for its first 2 MiB. */
#define K UINT64_C(0xfffff80000000000)
static void x64_tables(void)
{
	fresh();
	put64(mem, 0x1000 + 0x1f0 * 8, 0x0000000000002063);
	put64(mem, 0x1000 + 0x1ed * 8, 0x8000000000001063); /* self-map */
	put64(mem, 0x2000 + 0 * 8, 0x0000000000003063);
	put64(mem, 0x3000 + 0 * 8, 0x0000000000004063);
}

static void x64_plain(void)
{
	x64_tables();
	put64(mem, 0x2000 + 1 * 8, 0x80000001400010e3); /* 1 GiB, PAT set */
	put64(mem, 0x3000 + 1 * 8, 0x80000002006010e3); /* 2 MiB, PAT set */
	put64(mem, 0x4000 + 0 * 8, 0x8a00000000050063); /* WsIndex bits */
	put64(mem, 0x4000 + 1 * 8, 0x000fffff00051063); /* 51:48 not the frame */
	put64(mem, 0x4000 + 0x1ff * 8, 0x0000000000052025);
	put64(mem, 0x3000 + 2 * 8, 0x0000000000200063); /* table not there */
	put64(mem, 0x3000 + 3 * 8, 0x0000000000005880); /* table in transition */
	put64(mem, 0x5000 + 7 * 8, 0x0000000000057063);
	put64(mem, 0x1000 + 0 * 8, 0x00000000000000e7); /* PS at PML4 */
	CHECK_ALL(NTR_PAGING_X64, 0x8000000000001002, 7601, 0,
		{ K, NTR_PTE_VALID, 0x50000, 12 },
		{ K + 0x1abc, NTR_PTE_VALID, 0xffff00051abc, 12 },
		{ K + 0x1fffff, NTR_PTE_VALID, 0x52fff, 12 },
		{ K + 0x2000, NTR_PTE_ZERO, 0, 12 },
		{ K + 0x200000, NTR_PTE_VALID, 0x200600000, 21 },
		{ K + 0x3fffff, NTR_PTE_VALID, 0x2007fffff, 21 },
		{ K + 0x40000000, NTR_PTE_VALID, 0x140000000, 30 },
		{ K + 0x7fffffff, NTR_PTE_VALID, 0x17fffffff, 30 },
		{ K + 0x400000, NTR_PTE_NO_TABLE, 0, 0 },
		{ K + 0x607123, NTR_PTE_VALID, 0x57123, 12 },
		{ K + 0x80000000, NTR_PTE_ZERO, 0, 30 },
		{ 0x10000, NTR_PTE_BAD, 0, 0 },
		{ 0x0000800000000000, NTR_PTE_BAD, 0, 0 },
		{ 0xffff000000000000, NTR_PTE_BAD, 0, 0 },
		{ 0xffffffffffffffff, NTR_PTE_ZERO, 0, 0 },
		/* the root through itself: PXE base, entry 0x1f0 */
		{ 0xfffff6fb7dbed000 + 0x1f0 * 8, NTR_PTE_VALID, 0x1f80, 12 },
		/* PTE of K */
		{ 0xfffff68000000000 + (K & 0xffffffffffff) / 0x1000 * 8,
		  NTR_PTE_VALID, 0x4000, 12 });
}

/* Pagefile entries of the same meaning in the layouts of the builds. */
static void x64_software(void)
{
	static const struct {
		uint32_t build;
		uint64_t pte;
		enum ntr_pte state;
		uint64_t pa;
		uint32_t file;
		uint64_t page;
	} t[] = {
		/* 2003 x64: frame in 12-39, anything above ignored */
		{ 3790, 0xffffff0000045886, NTR_PTE_TRANSITION, 0x45000, 0, 0 },
		{ 3790, 0x000000ff00045886, NTR_PTE_TRANSITION, 0xff00045000, 0, 0 },
		{ 6000, 0x0000010000045886, NTR_PTE_TRANSITION, 0x45000, 0, 0 },
		{ 6001, 0x0000010000045886, NTR_PTE_TRANSITION, 0x10000045000, 0, 0 },
		{ 3790, 0x0001a2b300000086, NTR_PTE_PAGEFILE, 0, 3, 0x1a2b3 },
		{ 3790, 0x0000000000000086, NTR_PTE_DEMAND_ZERO, 0, 0, 0 },
		{ 7601, 0xffff000000045886, NTR_PTE_TRANSITION, 0x45000, 0, 0 },
		{ 7601, 0x000ff00000045886, NTR_PTE_TRANSITION, 0xf00000045000, 0, 0 },
		{ 7601, 0x0001a2b300001084, NTR_PTE_PAGEFILE, 0, 2, 0x1a2b3 },
		{ 7601, 0x00000000003ff080, NTR_PTE_DEMAND_ZERO, 0, 0, 0 },
		{ 9600, 0x0001a2b300007082, NTR_PTE_PAGEFILE, 0, 1, 0x1a2b3 },
		{ 9600, 0x0001a2b300000084, NTR_PTE_PAGEFILE, 0, 2, 0x1a2b3 },
		{ 10240, 0x0001a2b300002082, NTR_PTE_PAGEFILE, 0, 1, 0x1a2b3 },
		{ 10240, 0x0001a2b300002084, NTR_PTE_COMPRESSED, 0, 2, 0x1a2b3 },
		{ 17134, 0x0001a2b300002082, NTR_PTE_PAGEFILE, 0, 1, 0x1a2b3 },
		/* 17763: file number in 12-15, allocated is bit 2 */
		{ 17763, 0x0001a2b300001094, NTR_PTE_PAGEFILE, 0, 1, 0x1a2b3 },
		{ 17763, 0x0001a2b300002094, NTR_PTE_COMPRESSED, 0, 2, 0x1a2b3 },
		{ 19041, 0x0001a2b300000096, NTR_PTE_PAGEFILE, 0, 0, 0x1a2b3 },
		{ 19041, 0x0000000000000090, NTR_PTE_DEMAND_ZERO, 0, 0, 0 },
		{ 19041, 0x0000000000045890, NTR_PTE_TRANSITION, 0x45000, 0, 0 },
		/* unknown build: the older layout, no store */
		{ 0, 0x0001a2b300000084, NTR_PTE_PAGEFILE, 0, 2, 0x1a2b3 },
		{ 0, 0x0001a2b300045884, NTR_PTE_TRANSITION, 0xa2b300045000, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct want q = { K + 0x3000, t[i].state, t[i].pa, 12 };
		struct ntr_xlat x;
		struct ntr_walk w;

		x64_tables();
		put64(mem, 0x4000 + 3 * 8, t[i].pte);
		check_all(NTR_PAGING_X64, 0x1000, t[i].build, 0, &q, 1);
		CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X64, 0x1000, t[i].build,
				       &phys.s, NULL), NTR_OK);
		CHECK_EQ(ntr_xlat_walk(&x, q.va, &w, NULL),
			 t[i].state == NTR_PTE_TRANSITION ? NTR_OK : NTR_FAULT);
		CHECK_EQ(w.pagefile, t[i].file);
		CHECK_EQ(w.pagefile_off, t[i].page);
		ntr_xlat_fini(&x);
	}
}

static void x64_swizzle(void)
{
	const uint64_t mask = 0x0000200000000000;

	x64_tables();
	put64(mem, 0x4000 + 1 * 8, 0x0000200000045880); /* swizzled frame 0x45 */
	put64(mem, 0x4000 + 2 * 8, 0x0000000000045890); /* bit 4: plain */
	put64(mem, 0x4000 + 3 * 8, 0x0000200000000080); /* demand zero */
	put64(mem, 0x4000 + 4 * 8, 0x0001a2b300001080 ^ mask);
	CHECK_ALL(NTR_PAGING_X64, 0x1000, 19041, mask,
		{ K + 0x1010, NTR_PTE_TRANSITION, 0x45010, 12 },
		{ K + 0x2020, NTR_PTE_TRANSITION, 0x45020, 12 },
		{ K + 0x3000, NTR_PTE_DEMAND_ZERO, 0, 12 },
		{ K + 0x4000, NTR_PTE_PAGEFILE, 0, 12 });
	/* mask not known: no memory is at 32 TiB */
	CHECK_ALL(NTR_PAGING_X64, 0x1000, 19041, 0,
		{ K + 0x1010, NTR_PTE_TRANSITION, 0x45010, 12 },
		{ K + 0x2020, NTR_PTE_TRANSITION, 0x45020, 12 },
		{ K + 0x3000, NTR_PTE_PAGEFILE, 0, 12 });
	/* 17134: a mask means the later layout */
	put64(mem, 0x4000 + 5 * 8, 0x0001a2b300003082 ^ mask);
	CHECK_ALL(NTR_PAGING_X64, 0x1000, 17134, mask,
		{ K + 0x1010, NTR_PTE_TRANSITION, 0x45010, 12 },
		{ K + 0x5000, NTR_PTE_PAGEFILE, 0, 12 });
	CHECK_ALL(NTR_PAGING_X64, 0x1000, 17134, 0,
		{ K + 0x1010, NTR_PTE_TRANSITION, 0x200000045010, 12 });
	/* before the mitigation bit 4 belongs to another field */
	CHECK_ALL(NTR_PAGING_X64, 0x1000, 16299, mask,
		{ K + 0x1010, NTR_PTE_TRANSITION, 0x200000045010, 12 });
}

/* Build and mask are often learned through the very tables. */
static void learned_later(void)
{
	struct ntr_xlat x;
	uint64_t pa;

	x64_tables();
	put64(mem, 0x4000 + 1 * 8, 0x0000200000045880);
	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X64, 0x1000, 0, &phys.s, NULL), 0);
	CHECK_EQ(ntr_xlat_pa(&x, K + 0x1010, &pa), NTR_OK);
	CHECK_EQ(pa, 0x200000045010);
	ntr_xlat_learn(&x, 19041, 0x0000200000000000);
	CHECK_EQ(ntr_xlat_pa(&x, K + 0x1010, &pa), NTR_OK);
	CHECK_EQ(pa, 0x45010);
	ntr_xlat_learn(&x, 19041, 0x0000200000000000);
	CHECK(x.cache != NULL); /* nothing new: nothing forgotten */
	ntr_xlat_fini(&x);
	ntr_xlat_learn(&x, 7601, 0);
	CHECK_EQ(ntr_xlat_pa(&x, K, &pa), NTR_FAULT);
}

static void x64_prototype(void)
{
	const uint64_t mask = 0x0000200000000000;
	struct ntr_xlat x;
	struct ntr_walk w;
	struct ntr_err e;
	uint64_t pa;

	x64_tables();
	/* prototype PTE at K + 0x5018, whose page is 0x60000 */
	put64(mem, 0x4000 + 1 * 8, 0xf80000005018u << 16 | 0x400);
	put64(mem, 0x4000 + 5 * 8, 0x0000000000060063);
	put64(mem, 0x4000 + 6 * 8, 0xffffffff0000u << 16 | 0x480);
	put64(mem, 0x4000 + 7 * 8, 0xf80000008000u << 16 | 0x400);
	put64(mem, 0x4000 + 8 * 8, 0xf80000008000u << 16 | 0x400); /* itself */
	put64(mem, 0x4000 + 9 * 8, 0x7ff000000018u << 16 | 0x400); /* no table */
	put64(mem, 0x4000 + 10 * 8, 0xf80000005ffdu << 16 | 0x400); /* odd */
	put64(mem, 0x60018, 0x8000000000070025);
	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X64, 0x1000, 14393, &phys.s, NULL), 0);
	CHECK_EQ(ntr_xlat_walk(&x, K + 0x1234, &w, NULL), NTR_OK);
	CHECK_EQ(w.state, NTR_PTE_VALID);
	CHECK_EQ(w.pa, 0x70234);
	CHECK_EQ(w.proto, K + 0x5018);
	CHECK_EQ(w.levels, 4);
	CHECK_EQ(w.raw[3], 0xf800000050180400);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(ntr_xlat_pa(&x, K + 0x1234, &pa), NTR_OK);
		CHECK_EQ(pa, 0x70234);
	}
	CHECK_EQ(ntr_xlat_pa(&x, K + 0x1111, &pa), NTR_OK);
	CHECK_EQ(pa, 0x70111);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(ntr_xlat_pa(&x, K + 0x8000, &pa), NTR_FAULT);
	/* a prototype in a page that is itself shared: not followed */
	put64(mem, 0x4000 + 11 * 8, 0xf80000001020u << 16 | 0x400);
	put64(mem, 0x70020, 0x0000000000071063);
	CHECK_EQ(ntr_xlat_walk(&x, K + 0xb000, &w, NULL), NTR_FAULT);
	CHECK_EQ(w.state, NTR_PTE_PROTOTYPE);
	CHECK_EQ(ntr_xlat_walk(&x, K + 0x6000, &w, &e), NTR_FAULT);
	CHECK_EQ(w.state, NTR_PTE_PROTOTYPE);
	CHECK_HAS(e.msg, "VAD");
	CHECK_EQ(ntr_xlat_walk(&x, K + 0x7000, &w, NULL), NTR_FAULT);
	CHECK_EQ(w.state, NTR_PTE_PROTOTYPE);
	CHECK_EQ(ntr_xlat_walk(&x, K + 0x9000, &w, NULL), NTR_FAULT);
	CHECK_EQ(w.proto, 0x7ff000000018);
	CHECK_EQ(ntr_xlat_walk(&x, K + 0xa000, &w, NULL), NTR_FAULT);
	ntr_xlat_fini(&x);

	/* in transition, both entries swizzled */
	put64(mem, 0x4000 + 1 * 8, (0xf80000005018u << 16 | 0x400) ^ mask);
	put64(mem, 0x60018, 0x0000000000071880 ^ mask);
	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X64, 0x1000, 19041, &phys.s, NULL), 0);
	x.swizzle = mask;
	CHECK_EQ(ntr_xlat_pa(&x, K + 0x1234, &pa), NTR_OK);
	CHECK_EQ(pa, 0x71234);
	CHECK_EQ(ntr_xlat_walk(&x, K + 0x1234, &w, NULL), NTR_OK);
	CHECK_EQ(w.state, NTR_PTE_TRANSITION);
	/* paged out: stays what it is */
	put64(mem, 0x60018, 0x0000001200000080);
	CHECK_EQ(ntr_xlat_walk(&x, K + 0x1234, &w, NULL), NTR_FAULT);
	CHECK_EQ(w.state, NTR_PTE_PROTOTYPE);
	ntr_xlat_fini(&x);
}

static void x64_raw_entries(void)
{
	struct ntr_xlat x;
	struct ntr_walk w;
	char text[200];

	x64_tables();
	put64(mem, 0x4000 + 4 * 8, 0x00001a2b00000080);
	put64(mem, 0x3000 + 2 * 8, 0x0000000000200063);
	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X64, 0x1000, 7601, &phys.s, NULL), 0);
	CHECK_EQ(ntr_xlat_walk(&x, K + 0x4000, &w, NULL), NTR_FAULT);
	CHECK_EQ(w.levels, 4);
	CHECK_EQ(w.level, 0);
	CHECK_EQ(w.raw[0], 0x2063);
	CHECK_EQ(w.raw[3], 0x00001a2b00000080);
	CHECK_EQ(w.raw_pa[0], 0x1f80);
	CHECK_EQ(w.raw_pa[1], 0x2000);
	CHECK_EQ(w.raw_pa[3], 0x4020);
	ntr_walk_text(&w, text, sizeof(text));
	CHECK_STR(text, "paged out to page file 0, page 0x1a2b");
	CHECK_EQ(ntr_xlat_walk(&x, K + 0x400000, &w, NULL), NTR_FAULT);
	CHECK_EQ(w.levels, 3);
	CHECK_EQ(w.level, 0);
	CHECK_EQ(w.raw_pa[3], 0x200000);
	ntr_walk_text(&w, text, sizeof(text));
	CHECK_HAS(text, "0x200000");
	CHECK_HAS(text, "not in the dump");
	ntr_xlat_fini(&x);
	/* the root itself is not there */
	CHECK_ALL(NTR_PAGING_X64, 0x7000000, 7601, 0,
		  { K, NTR_PTE_NO_TABLE, 0, 0 });
}

static void every_state_has_words(void)
{
	struct ntr_walk w = { 0 };
	char text[200];

	for (int s = 0; s <= NTR_PTE_NO_TABLE; s++) {
		w.state = (enum ntr_pte)s;
		text[0] = 0;
		ntr_walk_text(&w, text, sizeof(text));
		CHECK(strlen(text) > 3);
		CHECK(strcmp(ntr_pte_name(w.state), "unknown") != 0);
		ntr_walk_text(&w, text, 4);
		CHECK_EQ(strlen(text), 3);
	}
	CHECK_STR(ntr_pte_name((enum ntr_pte)99), "unknown");
	CHECK_STR(ntr_paging_name(NTR_PAGING_NONE), "unknown");
	CHECK_STR(ntr_paging_name(NTR_PAGING_ARM64), "ARM64");
}

/* --- five levels, ARM64, Alpha --------------------------------------------- */

static void x64_five_levels(void)
{
	/* ff11 2233 4455 6677: bits 56-48 0x111, 47-39 0x44, 38-30 0xcd,
	 * 29-21 0x22, 20-12 0x56 (worked out by hand) */
	fresh();
	put64(mem, 0x1000 + 0x111 * 8, 0x2063);
	put64(mem, 0x2000 + 0x044 * 8, 0x3063);
	put64(mem, 0x3000 + 0x0cd * 8, 0x4063);
	put64(mem, 0x4000 + 0x022 * 8, 0x5063);
	put64(mem, 0x5000 + 0x056 * 8, 0x80000000000a9063);
	put64(mem, 0x3000 + 0x0ce * 8, 0x000a0000400000e3); /* 1 GiB, bit 51 */
	CHECK_ALL(NTR_PAGING_X64_5, 0x1000, 22621, 0,
		{ 0xff11223344456677, NTR_PTE_VALID, 0xa9677, 12 },
		{ 0xff11223384456677, NTR_PTE_VALID, 0xa000044456677, 30 },
		{ 0xfe11223344456677, NTR_PTE_BAD, 0, 0 },
		{ 0x0111223344456677, NTR_PTE_BAD, 0, 0 },
		{ 0x00ff800000000000, NTR_PTE_ZERO, 0, 48 });
}

static void arm64(void)
{
	fresh();
	put64(mem, 0x1000 + 0x1f0 * 8, 0x0060000000002703); /* table */
	put64(mem, 0x2000 + 0 * 8, 0x0060000000003703);
	put64(mem, 0x2000 + 1 * 8, 0x0060000140000701); /* 1 GiB block */
	put64(mem, 0x3000 + 0 * 8, 0x0060000000004703);
	put64(mem, 0x3000 + 1 * 8, 0x0060000200600701); /* 2 MiB block */
	put64(mem, 0x4000 + 0 * 8, 0x00e0000000050703);
	put64(mem, 0x4000 + 1 * 8, 0x0060000000051701); /* 01 at the last level */
	put64(mem, 0x4000 + 2 * 8, 0x0000000000052890); /* transition */
	put64(mem, 0x4000 + 3 * 8, 0x0001a2b300001090);
	put64(mem, 0x1000 + 0x1f1 * 8, 0x0060000000000701); /* block at the root */
	put64(mem, 0x1000 + 0 * 8, 0x0000000000002703);
	CHECK_ALL(NTR_PAGING_ARM64, 0x0001000000001000, 22000, 0,
		{ K + 0x123, NTR_PTE_VALID, 0x50123, 12 },
		{ K + 0x1000, NTR_PTE_BAD, 0, 0 },
		{ K + 0x2000, NTR_PTE_TRANSITION, 0x52000, 12 },
		{ K + 0x3000, NTR_PTE_PAGEFILE, 0, 12 },
		{ K + 0x234567, NTR_PTE_VALID, 0x200634567, 21 },
		{ K + 0x40000010, NTR_PTE_VALID, 0x140000010, 30 },
		{ K + (UINT64_C(1) << 39), NTR_PTE_BAD, 0, 0 },
		{ 0x123, NTR_PTE_VALID, 0x50123, 12 },
		{ 0xffff000000000000, NTR_PTE_BAD, 0, 0 });
}

static void alpha_tables(void)
{
	fresh();
	/* root: frame 5 (0xa000); page table: frame 6 (0xc000) */
	put32(mem, 0xa000 + 0xc0 * 4, 5 << 9 | 0x91);
	put32(mem, 0xa000 + 0xe1 * 4, 6 << 9 | 0x91);
	put32(mem, 0xc000 + 0 * 4, 7 << 9 | 0x91);
	put32(mem, 0xc000 + 0x7ff * 4, 0x7fffffu << 9 | 1);
	put32(mem, 0xc000 + 1 * 4, 8 << 9 | 0x04);
	put32(mem, 0xc000 + 2 * 4, 0x90);
	put32(mem, 0xc000 + 3 * 4, 0x1234 << 9 | 0x90);
}

static void alpha(void)
{
	static const uint64_t dtb[] = { 5 << 9, 5 << 9 | 0x91, 0xa000 };

	for (int i = 0; i < 3; i++) {
		alpha_tables();
		CHECK_ALL(NTR_PAGING_ALPHA, dtb[i], 1381, 0,
			{ 0x80000000, NTR_PTE_VALID, 0, 13 },
			{ 0x80123456, NTR_PTE_VALID, 0x123456, 13 },
			{ 0xbfffffff, NTR_PTE_VALID, 0x3fffffff, 13 },
			{ 0xe1000000, NTR_PTE_VALID, 0xe000, 13 },
			{ 0xe1001fff, NTR_PTE_VALID, 0xffff, 13 },
			{ 0xe1ffe000, NTR_PTE_VALID, 0xfffffe000, 13 },
			{ 0xe1002008, NTR_PTE_TRANSITION, 0x10008, 13 },
			{ 0xe1004000, NTR_PTE_DEMAND_ZERO, 0, 13 },
			{ 0xe1006000, NTR_PTE_PAGEFILE, 0, 13 },
			{ 0xe1008000, NTR_PTE_ZERO, 0, 13 },
			{ 0xc0180000 + 0xe1 * 4, NTR_PTE_VALID, 0xa384, 13 },
			{ 0x7fffffff, NTR_PTE_ZERO, 0, 24 },
			{ 0x180000000, NTR_PTE_BAD, 0, 0 });
	}
}

static void no_form(void)
{
	struct ntr_xlat x;
	struct ntr_walk w;
	struct ntr_err e;
	uint64_t pa;

	fresh();
	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_NONE, 0, 0, &phys.s, NULL), NTR_OK);
	CHECK_EQ(ntr_xlat_walk(&x, 0x1000, &w, &e), NTR_FAULT);
	CHECK_HAS(e.msg, "not known");
	CHECK_EQ(ntr_xlat_pa(&x, 0x1000, &pa), NTR_FAULT);
	ntr_xlat_fini(&x);
	CHECK_EQ(ntr_xlat_init(&x, (enum ntr_paging)77, 0, 0, &phys.s, &e),
		 NTR_UNSUP);
}

/* --- virtual memory ------------------------------------------------------------ */

static void virtual_reads(void)
{
	struct ntr_xlat x;
	struct ntr_virt v;
	struct ntr_err e;
	uint8_t buf[0x3000];
	uint64_t q;

	x64_tables();
	put64(mem, 0x4000 + 0 * 8, 0x0000000000050063);
	put64(mem, 0x4000 + 1 * 8, 0x0000000000051063); /* contiguous */
	put64(mem, 0x4000 + 2 * 8, 0x0000000000040063); /* not */
	put64(mem, 0x4000 + 4 * 8, 0x0000000007000063); /* not in memory */
	put64(mem, 0x1000 + 0x1ff * 8, 0x0000000000002063);
	put64(mem, 0x2000 + 0x1ff * 8, 0x0000000000003063);
	put64(mem, 0x3000 + 0x1ff * 8, 0x0000000000006063);
	put64(mem, 0x6000 + 0x1ff * 8, 0x0000000000050063); /* last page */
	for (unsigned i = 0; i < 0x2000; i++)
		mem[0x50000 + i] = (uint8_t)(i * 7 + (i >> 8));
	for (unsigned i = 0; i < 0x1000; i++)
		mem[0x40000 + i] = (uint8_t)(i * 11 + 3);
	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X64, 0x1000, 7601, &phys.s, NULL), 0);
	ntr_virt_init(&v, &x, "kernel virtual");
	CHECK_EQ(ntr_space_read(&v.s, K + 3, buf, 0x2ffd, NULL), NTR_OK);
	CHECK(!memcmp(buf, mem + 0x50003, 0x1ffd));
	CHECK(!memcmp(buf + 0x1ffd, mem + 0x40000, 0x1000));
	CHECK_EQ(ntr_read_u64(&v.s, K + 0x1ffd, &q), NTR_OK);
	CHECK_EQ(q & 0xffffff, mem[0x51ffd] | mem[0x51ffe] << 8 | mem[0x51fff] << 16);
	CHECK_EQ(q >> 24, mem[0x40000] | mem[0x40001] << 8 | mem[0x40002] << 16 |
		 (uint64_t)mem[0x40003] << 24 | (uint64_t)mem[0x40004] << 32);
	CHECK_EQ(ntr_space_read(&v.s, K + 0x2ffd, buf, 8, &e), NTR_FAULT);
	CHECK_HAS(e.msg, "kernel virtual");
	CHECK_HAS(e.msg, "0xfffff80000003000");
	CHECK_EQ(ntr_space_read_some(&v.s, K + 0x2000, buf, 0x2000), 0x1000);
	CHECK_EQ(ntr_space_read(&v.s, K + 0x4000, buf, 8, &e), NTR_ABSENT);
	CHECK_HAS(e.msg, "0xfffff80000004000");
	CHECK_EQ(ntr_space_read(&v.s, 0xfffffffffffffff8, buf, 8, NULL), NTR_OK);
	CHECK(!memcmp(buf, mem + 0x50ff8, 8));
	CHECK_EQ(ntr_space_read(&v.s, 0xfffffffffffffff8, buf, 9, &e), NTR_FAULT);
	CHECK_HAS(e.msg, "past the last address");
	CHECK_EQ(ntr_space_read(&v.s, K + 0x3000, buf, 0, NULL), NTR_OK);
	ntr_xlat_fini(&x);
	/* the 32-bit end */
	fresh();
	put32(mem, 0x1000 + 0x3ff * 4, 0x2063);
	put32(mem, 0x2000 + 0x3ff * 4, 0x50063);
	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X86, 0x1000, 1381, &phys.s, NULL), 0);
	CHECK_EQ(ntr_space_read(&v.s, 0xfffffffc, buf, 4, NULL), NTR_OK);
	CHECK_EQ(ntr_space_read(&v.s, 0xfffffffc, buf, 5, NULL), NTR_FAULT);
	ntr_xlat_fini(&x);
}

/* A space that fails as told. */
static enum ntr_st failing(const struct ntr_space *s, u64 addr, void *buf,
			   size_t len, struct ntr_err *e)
{
	(void)addr, (void)buf, (void)len;
	return ntr_fail(e, *(const enum ntr_st *)s->impl, "told to fail");
}

static void read_errors_are_data(void)
{
	enum ntr_st how = NTR_IO;
	struct ntr_space bad = { .name = "bad", .read = failing,
				 .impl = &how };
	struct ntr_xlat x;
	struct ntr_walk w;
	struct ntr_err e;
	uint64_t pa;

	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X64, 0x1000, 7601, &bad, NULL), 0);
	CHECK_EQ(ntr_xlat_walk(&x, K, &w, &e), NTR_IO);
	CHECK_EQ(ntr_xlat_pa(&x, K, &pa), NTR_IO);
	how = NTR_BAD; /* a page that does not decompress */
	CHECK_EQ(ntr_xlat_walk(&x, K, &w, &e), NTR_FAULT);
	CHECK_EQ(w.state, NTR_PTE_NO_TABLE);
	CHECK_EQ(ntr_xlat_pa(&x, K, &pa), NTR_FAULT);
	CHECK(x.cache == NULL); /* nothing was worth memory */
	ntr_xlat_fini(&x);
}

static void stacked_spaces(void)
{
	uint8_t low[0x1800], high[0x2000], buf[0x2800];
	struct ntr_mem_space a, b;
	struct ntr_stack_space m;
	enum ntr_st how = NTR_IO;
	struct ntr_space bad = { .name = "bad", .read = failing,
				 .impl = &how };
	struct ntr_err e;

	memset(low, 1, sizeof(low));
	memset(high, 2, sizeof(high));
	ntr_mem_space_init(&a, 0x10800, low, sizeof(low)); /* to 0x12000 */
	ntr_mem_space_init(&b, 0x11000, high, sizeof(high)); /* to 0x13000 */
	ntr_stack_space_init(&m, "both");
	CHECK_EQ(ntr_space_read(&m.s, 0x10800, buf, 8, &e), NTR_ABSENT);
	ntr_stack_space_add(&m, &a.s);
	ntr_stack_space_add(&m, &b.s);
	CHECK_EQ(ntr_space_read(&m.s, 0x10800, buf, 0x2800, NULL), NTR_OK);
	CHECK_EQ(buf[0], 1);
	CHECK_EQ(buf[0x17ff], 1);
	CHECK_EQ(buf[0x1800], 2);
	CHECK_EQ(buf[0x27ff], 2);
	CHECK_EQ(ntr_space_read(&m.s, 0x11010, buf, 16, NULL), NTR_OK);
	CHECK_EQ(buf[0], 1);
	CHECK_EQ(ntr_space_read(&m.s, 0x12ff8, buf, 16, &e), NTR_ABSENT);
	CHECK_EQ(ntr_space_read(&m.s, UINT64_MAX - 3, buf, 0x2000, &e), NTR_FAULT);
	ntr_stack_space_add(&m, &bad);
	CHECK_EQ(ntr_space_read(&m.s, 0x11010, buf, 16, NULL), NTR_OK);
	CHECK_EQ(ntr_space_read(&m.s, 0x20000, buf, 16, &e), NTR_IO);
	for (int i = 0; i < 9; i++) /* more than fit are not added */
		ntr_stack_space_add(&m, &b.s);
	CHECK_EQ(m.n, 4);
}

/* --- bounded memory --------------------------------------------------------------- */

/* Every page of memory is the same page table, whatever its address. */
static enum ntr_st echo_read(const struct ntr_space *s, u64 addr, void *buf,
			     size_t len, struct ntr_err *e)
{
	(void)s, (void)e;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = (addr + i) % 8 == 0 ? 0x63 :
				      (addr + i) % 8 == 2 ? 0x11 : 0;
	return NTR_OK;
}

static void cache_evicts(void)
{
	struct ntr_space echo = { .name = "echo", .read = echo_read,
				 .impl = NULL };
	struct ntr_xlat x;
	uint64_t pa, n = 3 * NTR_XLAT_SLOTS;

	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X64, 0x110000, 7601, &echo, NULL), 0);
	for (int round = 0; round < 2; round++)
		for (uint64_t i = 0; i < n; i++) {
			pa = 0;
			if (ntr_xlat_pa(&x, K + i * 0x200000 + 0x5123, &pa) ||
			    pa != 0x110123) {
				CHECK_EQ(pa, 0x110123);
				break;
			}
		}
	CHECK_EQ(pa, 0x110123);
	ntr_xlat_fini(&x);
}

/* Counts what is read of mem. */
static unsigned reads;
static enum ntr_st counting(const struct ntr_space *s, u64 addr, void *buf,
			    size_t len, struct ntr_err *e)
{
	(void)s;
	reads++;
	return ntr_space_read(&phys.s, addr, buf, len, e);
}

static void cached_answers_read_nothing(void)
{
	struct ntr_space count = { .name = "counting", .read = counting,
				 .impl = NULL };
	static const uint64_t va[] = {
		K + 0x1000,     /* valid */
		K + 0x2000,     /* never built */
		K + 0x3000,     /* through a prototype */
		K + 0x5000,     /* prototype that leads nowhere */
		K + 0x200000,   /* 2 MiB */
		K + 0x400000,   /* no table entry */
		K + 0x80000000, /* nor above it */
	};
	struct ntr_xlat x;
	uint64_t pa;

	x64_tables();
	put64(mem, 0x4000 + 1 * 8, 0x50063);
	put64(mem, 0x4000 + 3 * 8, 0xf80000001010u << 16 | 0x400);
	put64(mem, 0x4000 + 5 * 8, 0xf80000002010u << 16 | 0x400);
	put64(mem, 0x3000 + 1 * 8, 0x2000e3);
	put64(mem, 0x50010, 0x51063);
	CHECK_EQ(ntr_xlat_init(&x, NTR_PAGING_X64, 0x1000, 7601, &count, NULL), 0);
	for (size_t i = 0; i < sizeof(va) / sizeof(va[0]); i++)
		(void)!ntr_xlat_pa(&x, va[i], &pa);
	CHECK(reads > 0);
	reads = 0;
	CHECK_EQ(ntr_xlat_pa(&x, va[0] + 7, &pa), NTR_OK);
	CHECK_EQ(pa, 0x50007);
	CHECK_EQ(ntr_xlat_pa(&x, va[1], &pa), NTR_FAULT);
	CHECK_EQ(ntr_xlat_pa(&x, va[2] + 8, &pa), NTR_OK);
	CHECK_EQ(pa, 0x51008);
	CHECK_EQ(ntr_xlat_pa(&x, va[3], &pa), NTR_FAULT);
	CHECK_EQ(ntr_xlat_pa(&x, va[4] + 0x12345, &pa), NTR_OK);
	CHECK_EQ(pa, 0x212345);
	CHECK_EQ(ntr_xlat_pa(&x, va[5] + 0x1000, &pa), NTR_FAULT);
	CHECK_EQ(ntr_xlat_pa(&x, va[6] + 0x1000, &pa), NTR_FAULT);
	CHECK_EQ(reads, 0);
	ntr_xlat_fini(&x);
}

int main(void)
{
	RUN(x86_plain);
	RUN(x86_software);
	RUN(x86_prototype);
	RUN(pae);
	RUN(x64_plain);
	RUN(x64_software);
	RUN(x64_swizzle);
	RUN(learned_later);
	RUN(x64_prototype);
	RUN(x64_raw_entries);
	RUN(every_state_has_words);
	RUN(x64_five_levels);
	RUN(arm64);
	RUN(alpha);
	RUN(no_form);
	RUN(virtual_reads);
	RUN(read_errors_are_data);
	RUN(stacked_spaces);
	RUN(cache_evicts);
	RUN(cached_answers_read_nothing);
	return test_done();
}
