// SPDX-License-Identifier: Apache-2.0
/*
 * Entries of the PFN database and the heads of the page lists.
 *
 * XP and Server 2003 keep flags and reference count in one word as
 * {flags:16, count:16}, Vista and later as {count:16, flags:16} with other
 * bits; the members changed places with Vista and with 10.  Of 3.51 to 2000
 * the entries are not public.
 */
#include "mach.h"

struct lay {
	enum f_arch arch;
	u16 build;
	u8 size, u1, u2, u3, u4, pte, original;
};

static const struct lay lays[] = {
	{ F_X86, 2600, 0x18, 0, 8, 0xc, 0x14, 4, 0x10 },
	{ F_X86, 3790, 0x18, 0, 8, 0xc, 0x14, 4, 0x10 },
	{ F_X64, 3790, 0x30, 0, 0x10, 0x18, 0x28, 8, 0x20 },
	{ F_X64, 7601, 0x30, 0, 8, 0x18, 0x28, 0x10, 0x20 },
	{ F_X64, 19041, 0x30, 0, 0x18, 0x20, 0x28, 8, 0x10 },
};

static u32 flags_of(const struct f_mach *m, const struct f_spfn *d)
{
	if (m->p->build >= 6000)
		return (u32)(d->refs | d->state << 16 | d->dirty << 20 |
			     d->cache << 22 | 5u << 24);
	return (u32)(d->refs << 16 | d->dirty | d->state << 8 |
		     d->cache << 12);
}

static void put_entry(struct f_mach *m, const struct lay *y, u64 pfn,
		      const struct f_spfn *d)
{
	bool pae = m->p->arch == F_X86 && m->mem.pae;
	u64 base = f_getp(&m->mem, m->pfn_db);
	u64 va = base + pfn * (pae ? 0x1cu : y->size);
	struct f_mem *q = &m->mem;

	f_putp(q, va + y->u2, d->share);
	f_put32(q, va + y->u3, flags_of(m, d));
	f_putp(q, va + y->pte, d->pte);
	if (pae)
		f_put64(q, va + y->original, d->original);
	else
		f_putp(q, va + y->original, d->original);
	f_putp(q, va + (pae ? 0x18u : y->u4), d->frame);
}

static void put_lists(struct f_mach *m)
{
	static const struct {
		const char *name;
		u16 kdbg;
	} rows[F_NPAGELISTS] = {
		{ "MmZeroedPageListHead", 0x180 },
		{ "MmFreePageListHead", 0x188 },
		{ "MmStandbyPageListHead", 0x190 },
		{ "MmModifiedPageListHead", 0x198 },
		{ "MmModifiedNoWritePageListHead", 0x1a0 },
		{ "MmBadPageListHead", 0 },
		{ "MmHighestPhysicalPage", 0xf0 },
	};

	for (size_t i = 0; m->s->pagelists_given && i < F_NPAGELISTS; i++)
		f_variable(m, rows[i].name, rows[i].kdbg, m->s->pagelists[i]);
}

enum ntr_st f_pfn_write(struct f_mach *m)
{
	const struct lay *y = NULL;

	for (size_t i = 0; i < NTR_COUNT(lays); i++)
		if (lays[i].arch == m->p->arch && lays[i].build == m->p->build)
			y = &lays[i];
	for (size_t i = 0; i < m->s->pfns.n; i++) {
		const struct f_spfn *d = &m->s->pfns.v[i];

		if (!y)
			return f_scen_err(m->s, m->e, NTR_UNSUP, d->loc, "the "
					  "page entries of this machine are "
					  "not public");
		for (u64 k = 0; k < d->times && k < F_MAX_COUNT; k++)
			put_entry(m, y, d->pfn + k, d);
	}
	put_lists(m);
	if (m->s->pfns.n)
		f_img_export(&m->img, 0, "MmPfnDatabase", m->pfn_db);
	return NTR_OK;
}
