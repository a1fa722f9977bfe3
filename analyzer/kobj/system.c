// SPDX-License-Identifier: Apache-2.0
/* Which NT it is: build, product, service pack, and by that the variant of
 * the offset tables. */
#include "../base/record.h"
#include "os_name.h"
#include "priv.h"
#include "symbols.h"

#include <string.h>

static u64 kuser_va(const struct ntr_target *t)
{
	return t->ptr_size == 4 ? 0xffdf0000 : UINT64_C(0xfffff78000000000);
}

/* --- build -------------------------------------------------------------------- */

/* NtBuildNumber, exported since 3.51: the build and 0xf0000000 or
 * 0xc0000000. */
static u32 build_from_export(const struct ntr_target *t)
{
	struct ntr_pe pe;
	u32 rva, v;

	if (!t->kernel_base ||
	    ntr_pe_open(&pe, t->mem, t->kernel_base, true, NULL) ||
	    ntr_pe_export(&pe, "NtBuildNumber", &rva, NULL) ||
	    ntr_read_u32(t->mem, t->kernel_base + rva, &v))
		return 0;
	return v >> 28 == 0xf || v >> 28 == 0xc ? v & 0xffff : 0;
}

static u32 build_from_version(const struct ntr_target *t)
{
	struct ntr_pe pe;
	u16 ver[4];

	if (!t->kernel_base ||
	    ntr_pe_open(&pe, t->mem, t->kernel_base, true, NULL) ||
	    ntr_pe_version(&pe, ver, NULL))
		return 0;
	return ver[2];
}

static void find_build(struct ntr_target *t)
{
	u32 v;

	if (t->build || t->paging == NTR_PAGING_NONE)
		return;
	t->build = build_from_export(t);
	if (!t->build && ntr_read_u32(t->mem, kuser_va(t) + 0x260, &v) ==
			 NTR_OK && v >= 10240 && v < 0x10000)
		t->build = v;
	if (!t->build)
		t->build = build_from_version(t);
	ntr_xlat_learn(&t->xlat, t->build, t->xlat.swizzle);
}

/* --- names ---------------------------------------------------------------------- */

static u32 find_product(const struct ntr_target *t)
{
	u32 v;

	if (t->d->meta.has & NTR_HAS_PRODUCT)
		return t->d->meta.product;
	if (t->is_nt && t->paging != NTR_PAGING_NONE &&
	    ntr_read_u32(t->mem, kuser_va(t) + 0x264, &v) == NTR_OK &&
	    v >= NTR_PRODUCT_WORKSTATION && v <= NTR_PRODUCT_SERVER)
		return v;
	return 0;
}

/* CmNtCSDVersion: service pack number in the second byte. */
static unsigned find_service_pack(const struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;
	u64 va = ntr_kdbg_u64(&t->priv->kdbg, NTR_KDBG_CM_NT_CSD_VERSION);
	u32 csd;

	if (ntr_kernel_va(t, va) && ntr_read_u32(t->mem, va, &csd) == NTR_OK &&
	    csd >> 8 && csd >> 8 <= 9)
		return csd >> 8;
	return ntr_service_pack(t->build, m->has & NTR_HAS_SPBUILD ?
					  m->sp_build : 0);
}

static void name_os(struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;
	u32 product = find_product(t);
	bool exact = false;
	const char *name;

	t->product = ntr_product_name(product);
	name = ntr_os_name(t->machine, t->build, product,
			   m->has & NTR_HAS_SUITE ? m->suite : 0, &exact);
	if (name && !exact)
		name = ntr_arena_printf(&t->arena, "%s (build %u)", name,
					t->build);
	t->os_name = name;
	if (!strncmp(m->os_text, "Service Pack", 12))
		t->service_pack = m->os_text;
	t->priv->service_pack = find_service_pack(t);
	if (!t->service_pack && t->priv->service_pack)
		t->service_pack = ntr_arena_printf(&t->arena, "Service Pack %u",
						   t->priv->service_pack);
}

/* --- variant --------------------------------------------------------------------- */

/* How many of the sizes in KDBG are those of this variant. */
static unsigned sizes_agree(const struct ntr_target *t, unsigned variant)
{
	static const struct { const char *type; u16 field; } sizes[] = {
		{ "_EPROCESS", NTR_KDBG_SIZE_EPROCESS },
		{ "_ETHREAD", NTR_KDBG_SIZE_ETHREAD },
		{ "_KPRCB", NTR_KDBG_SIZE_PRCB },
	};
	struct ntr_types v = t->priv->types;
	unsigned n = 0;
	u16 want;

	v.variants = 1u << variant;
	for (size_t i = 0; i < NTR_COUNT(sizes); i++) {
		want = ntr_kdbg_u16(&t->priv->kdbg, sizes[i].field);
		if (want && ntr_types_sizeof(&v, sizes[i].type, NULL) == want)
			n++;
	}
	return n;
}

/* The variants whose sizes fit KDBG's best; else what the service pack says
 * of Server 2003, whose variants are service packs. */
static u32 choose_variants(const struct ntr_target *t)
{
	u32 mask = ntr_types_variants(t->machine, t->build), best = 0;
	u32 sp = 1u << t->priv->service_pack;
	unsigned most = 0, n;

	if (!(mask & (mask - 1)))
		return mask;
	for (unsigned v = 0; v < NTR_MAX_VARIANTS; v++) {
		n = mask >> v & 1 ? sizes_agree(t, v) : 0;
		if (n > most) {
			most = n;
			best = 0;
		}
		if (n && n == most)
			best |= 1u << v;
	}
	if (t->build == 3790 && t->priv->service_pack && (mask & sp) &&
	    (!best || (best & sp)))
		return sp;
	return best ? best : mask;
}

/* --- what the header does not say ------------------------------------------------- */

/* KSYSTEM_TIME: 100 ns units; High1Time is written last. */
static bool kuser_time(const struct ntr_target *t, unsigned off, u64 *out)
{
	u8 b[12];

	if (ntr_space_read(t->mem, kuser_va(t) + off, b, sizeof(b), NULL) ||
	    ntr_load_u32(b + 4) != ntr_load_u32(b + 8))
		return false;
	*out = ntr_load_u32(b) | (u64)ntr_load_u32(b + 4) << 32;
	return *out != 0;
}

/* KiBugCheckData: code and four parameters, all zero while the machine
 * runs. By KDBG, or exported since 4.0. */
static u64 bugcheck_data(const struct ntr_target *t)
{
	u64 va = ntr_kdbg_u64(&t->priv->kdbg, NTR_KDBG_KI_BUGCHECK_DATA);
	struct ntr_pe pe;
	u32 rva;

	if (ntr_kernel_va(t, va))
		return va;
	if (ntr_pe_open(&pe, t->mem, t->kernel_base, true, NULL) ||
	    ntr_pe_export(&pe, "KiBugCheckData", &rva, NULL))
		return 0;
	return t->kernel_base + rva;
}

static void take_bugcheck(struct ntr_target *t)
{
	struct ntr_meta *m = &t->d->meta;
	u64 va = bugcheck_data(t), v[5];

	if (!va)
		return;
	for (unsigned i = 0; i < 5; i++)
		if (ntr_read_ptr(t->mem, va + i * t->ptr_size, t->ptr_size,
				 &v[i]))
			return;
	if (!v[0] || v[0] > UINT32_MAX)
		return;
	m->bugcheck = (u32)v[0];
	memcpy(m->arg, v + 1, sizeof(m->arg));
	m->has |= NTR_HAS_BUGCHECK;
	ntr_dump_note(t->d, "the stop code is from KiBugCheckData in memory");
}

/* An image without a header: the same facts, from the kernel's memory. */
static void complete_meta(struct ntr_target *t)
{
	struct ntr_meta *m = &t->d->meta;
	u64 flink;

	if (!t->kernel_base || t->paging == NTR_PAGING_NONE)
		return;
	if (!(m->has & NTR_HAS_PSMODS) && t->priv->psmods &&
	    ntr_list_head_ok(t, t->priv->psmods, &flink)) {
		m->psmods = t->priv->psmods;
		m->has |= NTR_HAS_PSMODS;
	}
	if (!(m->has & NTR_HAS_BUGCHECK))
		take_bugcheck(t);
	if (!(m->has & NTR_HAS_TIME) && kuser_time(t, 0x14, &m->time))
		m->has |= NTR_HAS_TIME;
	if (!(m->has & NTR_HAS_UPTIME) && kuser_time(t, 0x08, &m->uptime))
		m->has |= NTR_HAS_UPTIME;
}

/* What the dump says of its own layout, then its kernel's symbol file. */
static bool own_member(void *ctx, const char *name,
			      struct ntr_type_hit *hit)
{
	struct ntr_target *t = ctx;

	return ntr_kdbg_member(&t->priv->kdbg, name, hit) ||
	       ntr_symbols_member(t, name, hit);
}

void ntr_target_name_system(struct ntr_target *t)
{
	struct ntr_target_priv *p = t->priv;

	find_build(t);
	p->types = (struct ntr_types){
		.machine = t->machine,
		.ptr_size = t->ptr_size,
		.build = t->build,
		.better = own_member,
		.ctx = t,
	};
	if (t->is_nt || t->kernel_base)
		name_os(t);
	complete_meta(t);
	p->types.variants = choose_variants(t);
}
