// SPDX-License-Identifier: Apache-2.0
/* The walker: one loop over the levels for every paging form. */
#include "xlat.h"

#include "xlat_pte.h"

#include <stdio.h>
#include <string.h>

/* Through a prototype PTE once; its own page must not be shared again. */
#define MAX_PROTO_DEPTH 1

/* Alpha: this range is physical memory itself (the processor's superpage). */
#define KSEG0_FIRST UINT64_C(0x80000000)
#define KSEG0_LAST UINT64_C(0xbfffffff)
#define KSEG0_MASK UINT64_C(0x3fffffff)

/* Prototype PTE address that NT 6.2+ writes for "only the VAD tells". */
#define PROTO_ASK_VAD UINT64_C(0xffffffffffff0000)

/* --- init ---------------------------------------------------------------- */

#define ALPHA_SELF_SLOT 0xc0u

static bool alpha_self_mapped(const struct ntr_space *phys, u64 root)
{
	u32 pte;

	return ntr_read_u32(phys, root + ALPHA_SELF_SLOT * 4, &pte) == NTR_OK &&
	       (pte & 1) && (u64)(pte >> 9) << 13 == root;
}

/* KPROCESS keeps the directory in PTE form; a header may hold an address.
 * The self-map decides; without one, PTE form. */
static u64 alpha_root(const struct ntr_space *phys, u64 dtb)
{
	u64 as_pte = (dtb & UINT32_MAX) >> 9 << 13;
	u64 as_address = dtb & ~UINT64_C(0x1fff);

	if (!alpha_self_mapped(phys, as_pte) &&
	    alpha_self_mapped(phys, as_address))
		return as_address;
	return as_pte;
}

enum ntr_st ntr_xlat_init(struct ntr_xlat *x, enum ntr_paging form, u64 dtb,
			  u32 build, const struct ntr_space *phys,
			  struct ntr_err *e)
{
	const struct ntr_form *f = ntr_form_of(form);
	unsigned last;

	if (!f && form != NTR_PAGING_NONE)
		return ntr_fail(e, NTR_UNSUP, "paging form %d is not known",
				(int)form);
	*x = (struct ntr_xlat){ .form = form, .build = build, .phys = phys };
	if (!f)
		return NTR_OK;
	x->root = form == NTR_PAGING_ALPHA ? alpha_root(phys, dtb) :
					     dtb & f->root_mask;
	last = f->bits[f->levels - 1];
	x->page_shift = f->page_shift;
	x->span_shift = (u8)(f->page_shift + last);
	x->index_mask = (1u << last) - 1;
	return NTR_OK;
}

/* --- the walk -------------------------------------------------------------- */

static bool canonical(const struct ntr_form *f, u64 va)
{
	s64 top;

	if (f->va_bits == 32)
		return va <= UINT32_MAX;
	top = (s64)va >> (f->va_bits - 1);
	return top == 0 || top == -1;
}

/* NTR_OK, or IO/NOMEM; anything else means the entry is not to be had. */
static enum ntr_st read_entry(const struct ntr_xlat *x,
			      const struct ntr_form *f, u64 pa, u64 *raw)
{
	return ntr_read_ptr(x->phys, pa, f->pte_size, raw);
}

static bool resolved(const struct ntr_walk *w)
{
	return w->state == NTR_PTE_VALID || w->state == NTR_PTE_TRANSITION;
}

static enum ntr_st walk_tables(struct ntr_xlat *x, const struct ntr_form *f,
			       u64 va, struct ntr_walk *w, unsigned depth);

/*
 * The page table entry points to the shared one: where that lies, and what
 * it says. A prototype PTE with the prototype bit set describes a file.
 */
static enum ntr_st walk_proto(struct ntr_xlat *x, const struct ntr_form *f,
			      u64 offset, struct ntr_walk *w, unsigned depth)
{
	struct ntr_walk pw;
	struct ntr_hw hw;
	enum ntr_st st;
	u64 raw;

	if (depth >= MAX_PROTO_DEPTH || w->proto == PROTO_ASK_VAD ||
	    w->proto % f->pte_size)
		return NTR_OK;
	st = walk_tables(x, f, w->proto, &pw, depth + 1);
	if (st || !resolved(&pw))
		return st;
	st = read_entry(x, f, pw.pa, &raw);
	if (st)
		return st == NTR_IO || st == NTR_NOMEM ? st : NTR_OK;
	hw = f->decode(raw, 0);
	pw = (struct ntr_walk){ .state = NTR_PTE_BAD };
	if (hw.kind == NTR_HW_PAGE)
		pw = (struct ntr_walk){ .state = NTR_PTE_VALID, .pa = hw.pa };
	else if (hw.kind == NTR_HW_SOFT)
		ntr_soft_decode(x, f, raw, &pw);
	if (resolved(&pw)) {
		w->state = pw.state;
		w->pa = pw.pa | offset;
	}
	return NTR_OK;
}

/* A not-valid entry, its state in w already. True: *table is a page table in
 * transition, still in memory, and the walk goes on. */
static bool soft_table(struct ntr_walk *w, unsigned level, u64 *table)
{
	if (level == 0 || w->state != NTR_PTE_TRANSITION)
		return false;
	*table = w->pa;
	w->pa = 0;
	return true;
}

/*
 * One entry: true when *table is the next table, false when w tells the end.
 * shift is the number of address bits below this level.
 */
static bool walk_entry(struct ntr_xlat *x, const struct ntr_form *f, u64 va,
		       unsigned shift, u64 raw, struct ntr_walk *w, u64 *table)
{
	u64 offset = va & ((UINT64_C(1) << shift) - 1);
	struct ntr_hw hw = f->decode(raw, w->level);

	switch (hw.kind) {
	case NTR_HW_TABLE:
		*table = hw.pa;
		return true;
	case NTR_HW_PAGE:
		w->state = NTR_PTE_VALID;
		w->page_shift = (u8)shift;
		w->pa = hw.pa | offset;
		return false;
	case NTR_HW_SOFT:
		ntr_soft_decode(x, f, raw, w);
		if (soft_table(w, w->level, table))
			return true;
		w->page_shift = (u8)shift;
		if (w->state == NTR_PTE_TRANSITION)
			w->pa |= offset;
		return false;
	case NTR_HW_BAD:
		break;
	}
	w->state = NTR_PTE_BAD;
	return false;
}

/* Addresses that need no table: none of this machine's, Alpha's KSEG0. */
static bool walk_direct(const struct ntr_xlat *x, const struct ntr_form *f,
			u64 va, struct ntr_walk *w)
{
	*w = (struct ntr_walk){ .state = NTR_PTE_BAD };
	if (!canonical(f, va))
		return true;
	if (x->form != NTR_PAGING_ALPHA || va < KSEG0_FIRST || va > KSEG0_LAST)
		return false;
	w->state = NTR_PTE_VALID;
	w->page_shift = f->page_shift;
	w->pa = va & KSEG0_MASK;
	return true;
}

/* OK when w tells the story, whatever it is; IO or NOMEM otherwise. */
static enum ntr_st walk_tables(struct ntr_xlat *x, const struct ntr_form *f,
			       u64 va, struct ntr_walk *w, unsigned depth)
{
	unsigned shift = f->page_shift, level = f->levels;
	u64 table = x->root, index;
	enum ntr_st st;

	if (walk_direct(x, f, va, w))
		return NTR_OK;
	for (unsigned i = 0; i < f->levels; i++)
		shift += f->bits[i];
	for (unsigned i = 0; i < f->levels; i++) {
		shift -= f->bits[i];
		index = va >> shift & ((1u << f->bits[i]) - 1);
		w->level = (u8)--level;
		w->raw_pa[i] = table + index * f->pte_size;
		st = read_entry(x, f, w->raw_pa[i], &w->raw[i]);
		if (st == NTR_IO || st == NTR_NOMEM)
			return st;
		if (st) {
			w->state = NTR_PTE_NO_TABLE;
			return NTR_OK;
		}
		w->levels = (u8)(i + 1);
		if (!walk_entry(x, f, va, shift, w->raw[i], w, &table))
			break;
	}
	if (w->state == NTR_PTE_PROTOTYPE && w->level == 0)
		return walk_proto(x, f, va & ((UINT64_C(1) << shift) - 1), w,
				  depth);
	return NTR_OK;
}

enum ntr_st ntr_xlat_walk(struct ntr_xlat *x, u64 va, struct ntr_walk *w,
			  struct ntr_err *e)
{
	const struct ntr_form *f = ntr_form_of(x->form);
	enum ntr_st st;
	char why[160];

	*w = (struct ntr_walk){ .state = NTR_PTE_BAD };
	if (!f)
		return ntr_fail(e, NTR_FAULT,
				"0x%" PRIx64 ": the paging form is not known",
				va);
	st = walk_tables(x, f, va, w, 0);
	if (st)
		return ntr_fail(e, st, "0x%" PRIx64
				": its page tables cannot be read: %s", va,
				ntr_st_text(st));
	if (resolved(w))
		return NTR_OK;
	if (!e)
		return NTR_FAULT;
	ntr_walk_text(w, why, sizeof(why));
	return ntr_fail(e, NTR_FAULT, "0x%" PRIx64 ": %s", va, why);
}

/* --- words ------------------------------------------------------------------ */

static const char *const pte_names[] = {
	[NTR_PTE_VALID] = "valid",
	[NTR_PTE_TRANSITION] = "transition",
	[NTR_PTE_PROTOTYPE] = "prototype",
	[NTR_PTE_PAGEFILE] = "page file",
	[NTR_PTE_DEMAND_ZERO] = "demand zero",
	[NTR_PTE_COMPRESSED] = "compressed",
	[NTR_PTE_ZERO] = "no entry",
	[NTR_PTE_BAD] = "bad",
	[NTR_PTE_NO_TABLE] = "no page table",
};

const char *ntr_pte_name(enum ntr_pte s)
{
	return (size_t)s < NTR_COUNT(pte_names) ? pte_names[s] : "unknown";
}

static void text_found(const struct ntr_walk *w, char *out, size_t size)
{
	const char *state = w->state == NTR_PTE_VALID ?
				    "valid" :
				    "transition (standby or modified list)";
	char proto[64] = "", page[32] = "";

	if (w->proto)
		snprintf(proto, sizeof(proto), ", prototype PTE 0x%" PRIx64,
			 w->proto);
	if (w->page_shift >= 30)
		snprintf(page, sizeof(page), ", %u GiB page",
			 1u << (w->page_shift - 30));
	else if (w->page_shift >= 20)
		snprintf(page, sizeof(page), ", %u MiB page",
			 1u << (w->page_shift - 20));
	snprintf(out, size, "%s, physical 0x%" PRIx64 "%s%s", state, w->pa,
		 page, proto);
}

static void text_bad(const struct ntr_walk *w, char *out, size_t size)
{
	if (w->levels)
		snprintf(out, size, "impossible entry 0x%" PRIx64
			 " at physical 0x%" PRIx64 " (level %u)",
			 w->raw[w->levels - 1], w->raw_pa[w->levels - 1],
			 w->level);
	else
		snprintf(out, size, "not an address of this machine");
}

void ntr_walk_text(const struct ntr_walk *w, char *out, size_t size)
{
	const char *what = w->level ? "page table " : "";

	switch (w->state) {
	case NTR_PTE_VALID:
	case NTR_PTE_TRANSITION:
		text_found(w, out, size);
		return;
	case NTR_PTE_PROTOTYPE:
		if (w->proto == PROTO_ASK_VAD)
			snprintf(out, size,
				 "shared, only the VAD tree tells where");
		else
			snprintf(out, size, "shared, prototype PTE 0x%" PRIx64
				 " does not lead to memory", w->proto);
		return;
	case NTR_PTE_PAGEFILE:
		snprintf(out, size,
			 "%spaged out to page file %u, page 0x%" PRIx64, what,
			 w->pagefile, w->pagefile_off);
		return;
	case NTR_PTE_COMPRESSED:
		snprintf(out, size, "%sin the memory-compression store "
			 "(page file %u, page 0x%" PRIx64 ")", what,
			 w->pagefile, w->pagefile_off);
		return;
	case NTR_PTE_DEMAND_ZERO:
		snprintf(out, size, "%sdemand zero", what);
		return;
	case NTR_PTE_ZERO:
		snprintf(out, size, "not mapped (zero entry at physical 0x%"
			 PRIx64 ", level %u)",
			 w->levels ? w->raw_pa[w->levels - 1] : 0, w->level);
		return;
	case NTR_PTE_NO_TABLE:
		snprintf(out, size, "page table at physical 0x%" PRIx64
			 " (level %u) is not in the dump",
			 w->raw_pa[w->levels < NTR_WALK_LEVELS ? w->levels : 0],
			 w->level);
		return;
	case NTR_PTE_BAD:
		break;
	}
	text_bad(w, out, size);
}
