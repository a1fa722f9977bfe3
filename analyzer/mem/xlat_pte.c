// SPDX-License-Identifier: Apache-2.0
/*
 * Page-table entries: hardware formats (Intel SDM vol. 3 ch. 4; ARM ARM D5;
 * Alpha from NT's 8 KiB layout) and NT's software formats by build (public
 * type data). Fields and their confidence: docs/formats/paging.md.
 */
#include "xlat_pte.h"

#define BIT(n) (UINT64_C(1) << (n))
#define MASK(hi, lo) ((BIT((hi) - (lo) + 1) - 1) << (lo))

/* --- hardware entries -------------------------------------------------- */

enum { P = 1, PS = 1 << 7 };

static struct ntr_hw decode_x86(u64 raw, unsigned level)
{
	if (!(raw & P))
		return (struct ntr_hw){ NTR_HW_SOFT, 0 };
	if (level == 0)
		return (struct ntr_hw){ NTR_HW_PAGE, raw & MASK(31, 12) };
	if (raw & PS) /* 4 MiB; PSE-36 keeps PA 39:32 in bits 20:13 */
		return (struct ntr_hw){ NTR_HW_PAGE,
					(raw & MASK(31, 22)) |
						(raw & MASK(20, 13)) << 19 };
	return (struct ntr_hw){ NTR_HW_TABLE, raw & MASK(31, 12) };
}

/* 8-byte x86 entries: frame number up to bit top, large pages at the levels
 * of the set bits of large. A large page's base starts above its PAT bit. */
static struct ntr_hw decode_wide(u64 raw, unsigned level, unsigned top,
				 unsigned large)
{
	if (!(raw & P))
		return (struct ntr_hw){ NTR_HW_SOFT, 0 };
	if (level == 0)
		return (struct ntr_hw){ NTR_HW_PAGE, raw & MASK(top, 12) };
	if (!(raw & PS))
		return (struct ntr_hw){ NTR_HW_TABLE, raw & MASK(top, 12) };
	if (!(large & 1u << level))
		return (struct ntr_hw){ NTR_HW_BAD, 0 };
	return (struct ntr_hw){ NTR_HW_PAGE, raw & MASK(top, 12 + 9 * level) };
}

/* NT's PAE frame number field ends at bit 37, that of x64 at bit 47. */
static struct ntr_hw decode_pae(u64 raw, unsigned level)
{
	if (level == 2) /* bit 7 is reserved here, never a page size */
		raw &= ~(u64)PS;
	return decode_wide(raw, level, 37, 1u << 1);
}

static struct ntr_hw decode_x64(u64 raw, unsigned level)
{
	return decode_wide(raw, level, 47, 1u << 1 | 1u << 2);
}

static struct ntr_hw decode_x64_5(u64 raw, unsigned level)
{
	return decode_wide(raw, level, 51, 1u << 1 | 1u << 2);
}

static struct ntr_hw decode_arm64(u64 raw, unsigned level)
{
	bool bit1 = raw & 2;

	if (!(raw & 1))
		return (struct ntr_hw){ NTR_HW_SOFT, 0 };
	if (level == 0 && bit1)
		return (struct ntr_hw){ NTR_HW_PAGE, raw & MASK(47, 12) };
	if (level > 0 && bit1)
		return (struct ntr_hw){ NTR_HW_TABLE, raw & MASK(47, 12) };
	if (level == 1 || level == 2) /* block descriptor */
		return (struct ntr_hw){ NTR_HW_PAGE,
					raw & MASK(47, 12 + 9 * level) };
	return (struct ntr_hw){ NTR_HW_BAD, 0 };
}

/* Frame number in bits 31:9, counted in 8 KiB. */
static struct ntr_hw decode_alpha(u64 raw, unsigned level)
{
	if (!(raw & 1))
		return (struct ntr_hw){ NTR_HW_SOFT, 0 };
	return (struct ntr_hw){ level ? NTR_HW_TABLE : NTR_HW_PAGE,
				(raw >> 9) << 13 };
}

/* --- software entries by build ----------------------------------------- */

#define ANY_LATER UINT32_MAX

/* Bits 10 and 11 mean prototype and transition in every x86 and ARM64 NT. */
#define PROTOTYPE .prototype = { 10, 1 }
#define TRANSITION .transition = { 11, 1 }

static const struct ntr_soft_row soft_x86[] = {
	{ 0, 5999, PROTOTYPE, TRANSITION,
	  .pfn = { 12, 20 }, .file = { 1, 4 }, .page = { 12, 20 },
	  .proto_low = { 1, 7 }, .proto_high = { 11, 21 },
	  .proto_base = 0xe1000000 },
	{ 6000, ANY_LATER, PROTOTYPE, TRANSITION,
	  .pfn = { 12, 20 }, .file = { 1, 4 }, .page = { 12, 20 },
	  .proto_low = { 1, 8 }, .proto_high = { 11, 21 },
	  .proto_base = 0x80000000 },
};

static const struct ntr_soft_row soft_pae[] = {
	{ 0, 10239, PROTOTYPE, TRANSITION,
	  .pfn = { 12, 26 }, .file = { 1, 4 }, .page = { 32, 32 },
	  .proto_high = { 32, 32 } },
	{ 10240, 17134, PROTOTYPE, TRANSITION,
	  .pfn = { 12, 26 }, .file = { 1, 4 }, .page = { 32, 32 },
	  .proto_high = { 32, 32 }, .store = 2 },
	{ 17135, ANY_LATER, PROTOTYPE, TRANSITION,
	  .pfn = { 12, 26 }, .file = { 12, 4 }, .page = { 32, 32 },
	  .proto_high = { 32, 32 }, .swizzle = { 4, 1 }, .store = 2 },
};

static const struct ntr_soft_row soft_x64[] = {
	{ 0, 0, PROTOTYPE, TRANSITION,
	  .pfn = { 12, 36 }, .file = { 1, 4 }, .page = { 32, 32 },
	  .proto_high = { 16, 48 } },
	{ 1, 6000, PROTOTYPE, TRANSITION,
	  .pfn = { 12, 28 }, .file = { 1, 4 }, .page = { 32, 32 },
	  .proto_high = { 16, 48 } },
	{ 6001, 10239, PROTOTYPE, TRANSITION,
	  .pfn = { 12, 36 }, .file = { 1, 4 }, .page = { 32, 32 },
	  .proto_high = { 16, 48 } },
	{ 10240, 17134, PROTOTYPE, TRANSITION,
	  .pfn = { 12, 36 }, .file = { 1, 4 }, .page = { 32, 32 },
	  .proto_high = { 16, 48 }, .store = 2 },
	{ 17135, ANY_LATER, PROTOTYPE, TRANSITION,
	  .pfn = { 12, 36 }, .file = { 12, 4 }, .page = { 32, 32 },
	  .proto_high = { 16, 48 }, .swizzle = { 4, 1 }, .store = 2 },
};

/* Not verified against data: only the transition bit and the frame number
 * are described anywhere. */
static const struct ntr_soft_row soft_alpha[] = {
	{ 0, ANY_LATER, .transition = { 2, 1 }, .pfn = { 9, 23 },
	  .page = { 9, 23 } },
};

static const struct ntr_form forms[] = {
	[NTR_PAGING_X86] = {
		"x86", 2, { 10, 10 }, 12, 4, 32, MASK(31, 12),
		decode_x86, soft_x86, NTR_COUNT(soft_x86) },
	[NTR_PAGING_PAE] = {
		"x86 PAE", 3, { 2, 9, 9 }, 12, 8, 32, MASK(31, 5),
		decode_pae, soft_pae, NTR_COUNT(soft_pae) },
	[NTR_PAGING_X64] = {
		"x64", 4, { 9, 9, 9, 9 }, 12, 8, 48, MASK(51, 12),
		decode_x64, soft_x64, NTR_COUNT(soft_x64) },
	[NTR_PAGING_X64_5] = {
		"x64 5-level", 5, { 9, 9, 9, 9, 9 }, 12, 8, 57, MASK(51, 12),
		decode_x64_5, soft_x64, NTR_COUNT(soft_x64) },
	[NTR_PAGING_ARM64] = {
		"ARM64", 4, { 9, 9, 9, 9 }, 12, 8, 48, MASK(47, 12),
		decode_arm64, soft_x64, NTR_COUNT(soft_x64) },
	[NTR_PAGING_ALPHA] = {
		"Alpha", 2, { 8, 11 }, 13, 4, 32, MASK(44, 13),
		decode_alpha, soft_alpha, NTR_COUNT(soft_alpha) },
};

const struct ntr_form *ntr_form_of(enum ntr_paging p)
{
	if ((size_t)p >= NTR_COUNT(forms) || !forms[p].levels)
		return NULL;
	return &forms[p];
}

const char *ntr_paging_name(enum ntr_paging p)
{
	const struct ntr_form *f = ntr_form_of(p);

	return f ? f->name : "unknown";
}

/* --- decoding software entries ------------------------------------------ */

static u64 field(u64 raw, struct ntr_bits b)
{
	return b.width ? raw >> b.pos & (BIT(b.width) - 1) : 0;
}

/*
 * The row of a build. Build 17134 shipped with the older layout; updates of
 * it brought the L1TF mask, and with that the layout of its successor, so a
 * mask found in memory decides.
 */
static const struct ntr_soft_row *row_of(const struct ntr_xlat *x,
					 const struct ntr_form *f)
{
	u32 build = x->build == 17134 && x->swizzle ? 17135 : x->build;

	for (size_t i = 0; i < f->nsoft; i++)
		if (f->soft[i].first <= build && build <= f->soft[i].last)
			return &f->soft[i];
	return &f->soft[0];
}

/*
 * The mask is one high bit, XORed in while SwizzleBit is clear, so that a
 * processor that speculates on an invalid entry finds no memory there.
 */
static u64 unswizzle(const struct ntr_xlat *x, const struct ntr_soft_row *r,
		     u64 raw)
{
	if (!r->swizzle.width || field(raw, r->swizzle))
		return raw;
	return raw ^ x->swizzle;
}

/* A frame in the 32 TiB above bit 45 is not memory but the usual mask of a
 * kernel whose own mask is not known. */
#define USUAL_MASK BIT(45)
static u64 transition_pa(const struct ntr_xlat *x, const struct ntr_form *f,
			 const struct ntr_soft_row *r, u64 raw)
{
	u64 pa = field(unswizzle(x, r, raw), r->pfn) << f->page_shift;

	if (r->swizzle.width && !x->swizzle && !field(raw, r->swizzle))
		pa &= ~USUAL_MASK;
	return pa;
}

static u64 proto_va(const struct ntr_xlat *x, const struct ntr_soft_row *r,
		    u64 raw)
{
	u64 va = field(raw, r->proto_high);

	if (r->proto_high.width == 48) /* sign-extended */
		return (va ^ BIT(47)) - BIT(47);
	if (!r->proto_base)
		return va;
	va = va << (r->proto_low.width + 2) | field(raw, r->proto_low) << 2;
	/* only the older layout counts from the paged pool */
	if (x->proto_base && r->first == 0)
		return (x->proto_base + va) & UINT32_MAX;
	return (r->proto_base + va) & UINT32_MAX;
}

static enum ntr_pte soft_state(const struct ntr_soft_row *r, u64 raw, u64 plain)
{
	if (raw == 0)
		return NTR_PTE_ZERO;
	if (field(raw, r->prototype))
		return NTR_PTE_PROTOTYPE;
	if (field(raw, r->transition))
		return NTR_PTE_TRANSITION;
	if (field(plain, r->page) == 0)
		return NTR_PTE_DEMAND_ZERO;
	if (r->store && field(plain, r->file) == r->store)
		return NTR_PTE_COMPRESSED;
	return NTR_PTE_PAGEFILE;
}

void ntr_soft_decode(const struct ntr_xlat *x, const struct ntr_form *f,
		     u64 raw, struct ntr_walk *w)
{
	const struct ntr_soft_row *r = row_of(x, f);
	u64 plain = unswizzle(x, r, raw);

	w->state = soft_state(r, raw, plain);
	if (w->state == NTR_PTE_TRANSITION)
		w->pa = transition_pa(x, f, r, raw);
	if (w->state == NTR_PTE_PROTOTYPE)
		w->proto = proto_va(x, r, plain);
	if (w->state == NTR_PTE_PAGEFILE || w->state == NTR_PTE_COMPRESSED) {
		w->pagefile = (u32)field(plain, r->file);
		w->pagefile_off = field(plain, r->page);
	}
}

u64 ntr_pte_answer(const struct ntr_xlat *x, const struct ntr_form *f, u64 raw)
{
	struct ntr_hw hw = f->decode(raw, 0);
	struct ntr_walk w = { 0 };

	if (hw.kind == NTR_HW_PAGE)
		return hw.pa | NTR_ANSWER_PA;
	if (hw.kind != NTR_HW_SOFT)
		return NTR_ANSWER_FAULT;
	if (raw == 0)
		return NTR_ANSWER_FAULT;
	ntr_soft_decode(x, f, raw, &w);
	if (w.state == NTR_PTE_TRANSITION)
		return w.pa | NTR_ANSWER_PA;
	return w.state == NTR_PTE_PROTOTYPE ? 0 : NTR_ANSWER_FAULT;
}
