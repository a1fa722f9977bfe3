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
	u8 levels;         /* how many raw[] are filled, root first */
	u8 page_shift;     /* of the page found: 12, 13, 21, 22, 30 */
	u64 raw[NTR_WALK_LEVELS];     /* entries met, root first */
	u64 raw_pa[NTR_WALK_LEVELS];  /* where each entry lies */
	u64 pa;            /* VALID and TRANSITION only */
	u64 proto;
	u32 pagefile;
	u64 pagefile_off;
};

struct ntr_xlat {
	enum ntr_paging form;
	u64 root;          /* physical address of the root table, flags masked */
	u32 build;         /* NT build, for software PTE layouts; 0 unknown */
	u64 swizzle;       /* InvalidPteMask of Windows 10 1803+; 0 none */
	const struct ntr_space *phys;     /* borrowed */
	struct ntr_xlat_cache *cache;     /* owned */
};

/* dtb as a header or KPROCESS gives it; flag bits are masked here. */
NTR_MUST enum ntr_st ntr_xlat_init(struct ntr_xlat *x, enum ntr_paging form,
				   u64 dtb, u32 build,
				   const struct ntr_space *phys,
				   struct ntr_err *e);
void ntr_xlat_fini(struct ntr_xlat *x);

/* The whole story of one address. OK for VALID and TRANSITION; FAULT for the
 * other states (w is filled then too); IO. */
NTR_MUST enum ntr_st ntr_xlat_walk(struct ntr_xlat *x, u64 va,
				   struct ntr_walk *w, struct ntr_err *e);

/* Only the answer; cached, a few ns. Same status codes, no text. */
NTR_MUST enum ntr_st ntr_xlat_pa(struct ntr_xlat *x, u64 va, u64 *pa);

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
