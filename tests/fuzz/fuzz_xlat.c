// SPDX-License-Identifier: Apache-2.0
/*
 * Address translation and the search for a root over any bytes.
 *
 *	0   u8  paging form        8   u64 DTB
 *	4   u32 build              16  u64 InvalidPteMask
 *	24  u64 virtual address [8]
 *	88  physical memory, from address 0
 *
 * The fast answer must be the walker's, and reads must agree with both.
 */
#include "fuzz.h"
#include "mem/find_dtb.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 88
#define MAX_MEM (256u << 10)

static void check_va(struct ntr_xlat *x, const struct ntr_virt *v, u64 va)
{
	struct ntr_walk w;
	struct ntr_err e;
	char text[200];
	u8 buf[32];
	u64 pa = 0;
	enum ntr_st st = ntr_xlat_walk(x, va, &w, &e);

	if (w.levels > NTR_WALK_LEVELS || (st && st != NTR_FAULT))
		abort();
	if ((st == NTR_OK) != (w.state == NTR_PTE_VALID ||
			       w.state == NTR_PTE_TRANSITION))
		abort();
	ntr_walk_text(&w, text, sizeof(text));
	for (int i = 0; i < 2; i++)
		if (ntr_xlat_pa(x, va, &pa) != st || (!st && pa != w.pa))
			abort();
	if (ntr_space_read(&v->s, va, buf, 1, &e) == NTR_OK && st)
		abort();
	(void)ntr_space_read_some(&v->s, va, buf, sizeof(buf));
}

static void check_form(enum ntr_paging form, u64 dtb, u32 build, u64 swizzle,
		       const u64 *va, const struct ntr_space *phys)
{
	struct ntr_xlat x;
	struct ntr_virt v;

	if (ntr_xlat_init(&x, form, dtb, build, phys, NULL))
		return;
	x.swizzle = swizzle & ~UINT64_C(0xfff);
	ntr_virt_init(&v, &x, "virtual");
	for (int i = 0; i < 8; i++) {
		check_va(&x, &v, va[i]);
		check_va(&x, &v, va[i] & UINT32_MAX);
		check_va(&x, &v, (u64)((s64)(va[i] << 16) >> 16));
	}
	(void)ntr_is_nt_root(phys, form, dtb);
	ntr_xlat_fini(&x);
}

static void check_find(const struct ntr_space *phys, size_t len)
{
	struct ntr_dump d = { .page_shift = 12 };
	struct ntr_run r = { 0, len / 4096, 0 };
	struct ntr_dtb_hit h;
	struct ntr_err e;

	d.phys = *phys;
	d.runs.v = &r;
	d.runs.n = 1;
	if (ntr_find_dtb(&d, 0, 0, &h, &e) == NTR_OK && !h.how)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_mem_space phys;
	u64 q[HEAD / 8];
	size_t len;
	u8 *mem;

	if (size < HEAD)
		return 0;
	memcpy(q, data, HEAD);
	len = size - HEAD < MAX_MEM ? size - HEAD : MAX_MEM;
	mem = malloc(len ? len : 1); /* own block: overreads are seen */
	if (!mem)
		return 0;
	memcpy(mem, data + HEAD, len);
	ntr_mem_space_init(&phys, 0, mem, len);
	check_form((enum ntr_paging)(q[0] % 8), q[1], (u32)(q[0] >> 32), q[2],
		   q + 3, &phys.s);
	for (int f = NTR_PAGING_X86; f <= NTR_PAGING_ALPHA; f++)
		check_form((enum ntr_paging)f, q[1] % (len + 1),
			   (u32)(q[0] >> 32), 0, q + 3, &phys.s);
	check_find(&phys.s, len);
	free(mem);
	return 0;
}
