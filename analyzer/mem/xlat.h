// SPDX-License-Identifier: Apache-2.0
/*
 * Address translation: virtual to physical, for every paging form NT used.
 *
 * The hardware forms are data (bits per level), one walker serves them all,
 * and each PTE format has one decoder.  A translation says which NT page
 * state it met, with the raw entries, so that a command can show why an
 * address is unreadable.  Sources: Intel SDM vol. 3 ch. 4, ARM ARM D5, NT
 * software PTE bits per build from public type data (docs/formats/paging.md).
 *
 * To add a form: a row in the paging table of xlat.c and a PTE decoder.
 */
#ifndef NTR_XLAT_H
#define NTR_XLAT_H

#include "../base/space.h"

enum ntr_paging {
	NTR_PAGING_NONE,   /* unknown: nothing translates */
	NTR_PAGING_X86,    /* 10/10/12, 4-byte entries */
	NTR_PAGING_PAE,    /* 2/9/9/12 */
	NTR_PAGING_X64,    /* 9/9/9/9/12 */
	NTR_PAGING_X64_5,  /* 9/9/9/9/9/12 */
	NTR_PAGING_ARM64,  /* 9/9/9/9/12, 4K granule */
	NTR_PAGING_ALPHA,  /* 8/11/13, 4-byte entries, and KSEG0 */
};
const char *ntr_paging_name(enum ntr_paging p);

enum ntr_pte {
	NTR_PTE_VALID,
	NTR_PTE_TRANSITION,  /* in memory, on standby or modified list */
	NTR_PTE_PROTOTYPE,   /* shared: w.proto is the prototype PTE's VA */
	NTR_PTE_PAGEFILE,    /* w.pagefile, w.pagefile_off (pages) */
	NTR_PTE_DEMAND_ZERO,
	NTR_PTE_COMPRESSED,  /* in the memory-compression store */
	NTR_PTE_ZERO,        /* entry never built */
	NTR_PTE_BAD,         /* non-canonical address or impossible entry */
	NTR_PTE_NO_TABLE,    /* a page-table page is not in the dump */
};
const char *ntr_pte_name(enum ntr_pte s); /* "transition", "demand zero", … */

#define NTR_WALK_LEVELS 5
struct ntr_walk {
	enum ntr_pte state;
	u8 level;          /* level of the last entry looked at; 0 = PTE */
	u8 levels;         /* how many raw[] are filled, root first; with
			      NO_TABLE raw_pa[levels] is what was lacking */
	u8 page_shift;     /* of the page found: 12, 13, 21, 22, 30 */
	u64 raw[NTR_WALK_LEVELS];     /* entries met, root first */
	u64 raw_pa[NTR_WALK_LEVELS];  /* where each entry lies */
	u64 pa;            /* VALID and TRANSITION only */
	u64 proto;         /* also set when VALID or TRANSITION was reached
			      through a prototype PTE; 0 otherwise */
	u32 pagefile;
	u64 pagefile_off;
};

struct ntr_xlat {
	enum ntr_paging form;
	u64 root;          /* physical address of the root table, flags masked */
	u32 build;         /* NT build, for software PTE layouts; 0 unknown */
	u64 swizzle;       /* InvalidPteMask of Windows 10 1803+; 0 none */
	u64 proto_base;    /* MmPagedPoolStart, for 4-byte prototype PTEs of
			      NT 3.51 to 2003; 0: the usual 0xe1000000 */
	const struct ntr_space *phys;     /* borrowed */
	struct ntr_xlat_cache *cache;     /* owned; NULL until it pays */
	u8 page_shift, span_shift;        /* of the form; span: the reach of
					     one last-level table */
	u32 index_mask;                   /* entries of such a table - 1 */
};

/* dtb as a header or KPROCESS gives it; flag bits are masked here. */
NTR_MUST enum ntr_st ntr_xlat_init(struct ntr_xlat *x, enum ntr_paging form,
				   u64 dtb, u32 build,
				   const struct ntr_space *phys,
				   struct ntr_err *e);
void ntr_xlat_fini(struct ntr_xlat *x);

/* What was learned from memory after init: the build (0 unknown) and
 * InvalidPteMask (0 unknown or none). Answers given so far are forgotten. */
void ntr_xlat_learn(struct ntr_xlat *x, u32 build, u64 swizzle);

/* The whole story of one address. OK for VALID and TRANSITION; FAULT for the
 * other states (w is filled then too); IO. */
NTR_MUST enum ntr_st ntr_xlat_walk(struct ntr_xlat *x, u64 va,
				   struct ntr_walk *w, struct ntr_err *e);

/*
 * The cache: a direct-mapped table of spans (2 MiB on x64), each with one
 * answer per page: page address | ANSWER_PA, or ANSWER_FAULT, or 0 for "walk".
 * It is allocated with the first last-level table met, and bounded: 4096
 * spans of 4 KiB for x64, each allocated when it is first used.  A dump does
 * not change, so answers never expire; proto_base must be set before the first
 * ntr_xlat_pa(), build and swizzle later by ntr_xlat_learn() only.
 */
#define NTR_XLAT_SLOTS 4096u
#define NTR_ANSWER_PA 1u
#define NTR_ANSWER_FAULT 2u
struct ntr_xlat_slot {
	u64 key; /* (va >> span_shift) + 1; 0: empty */
	const u64 *answer;
};
struct ntr_xlat_cache {
	struct ntr_xlat_slot slot[NTR_XLAT_SLOTS];
	struct ntr_xlat_tables *tables; /* the answers' memory */
};

static inline size_t ntr_xlat_slot_of(u64 key)
{
	return (size_t)(key ^ key >> 12) & (NTR_XLAT_SLOTS - 1);
}

NTR_MUST enum ntr_st ntr_xlat_pa_slow(struct ntr_xlat *x, u64 va, u64 *pa);

/* Only the answer; cached, a few ns. Same status codes, no text. */
NTR_MUST static inline enum ntr_st ntr_xlat_pa(struct ntr_xlat *x, u64 va,
					       u64 *pa)
{
	const struct ntr_xlat_slot *s;
	u64 key = va >> x->span_shift, answer;

	if (NTR_UNLIKELY(!x->cache))
		return ntr_xlat_pa_slow(x, va, pa);
	s = &x->cache->slot[ntr_xlat_slot_of(key)];
	if (NTR_UNLIKELY(s->key != key + 1))
		return ntr_xlat_pa_slow(x, va, pa);
	answer = s->answer[(va >> x->page_shift) & x->index_mask];
	if (NTR_LIKELY(answer & NTR_ANSWER_PA)) {
		*pa = (answer ^ NTR_ANSWER_PA) |
		      (va & ((UINT64_C(1) << x->page_shift) - 1));
		return NTR_OK;
	}
	return answer ? NTR_FAULT : ntr_xlat_pa_slow(x, va, pa);
}

/* Text such as "paged out to page file 0, page 0x1a2b" for a walk. */
void ntr_walk_text(const struct ntr_walk *w, char *out, size_t size);

/* Virtual memory as a space: translates page by page, reads across pages. */
struct ntr_virt {
	struct ntr_space s;
	struct ntr_xlat *x;
};
void ntr_virt_init(struct ntr_virt *v, struct ntr_xlat *x, const char *name);

/* One space over several: the first that can read a piece serves it (data
 * blocks before page tables, for example). At most 4, borrowed. */
struct ntr_stack_space {
	struct ntr_space s;
	const struct ntr_space *part[4];
	unsigned n;
};
void ntr_stack_space_init(struct ntr_stack_space *m, const char *name);
void ntr_stack_space_add(struct ntr_stack_space *m, const struct ntr_space *s);

#endif
