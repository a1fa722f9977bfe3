// SPDX-License-Identifier: Apache-2.0
/*
 * The forged machine's memory: physical pages made when they are first
 * written, and the page tables of the profile, written into those pages as
 * virtual pages are mapped.
 *
 * Errors stick: the first failure (out of memory, machine too small) is kept
 * in `st` and later calls do nothing, so builders need not check each store;
 * f_mach_build() looks once.  A store to an unmapped virtual page maps it.
 */
#ifndef FORGE_MEM_H
#define FORGE_MEM_H

#include "prof.h"
#include "scen.h"

struct f_run {
	u64 pfn, n;
};

struct f_page {
	u8 *data;       /* NULL: all zero */
	bool used;
	bool user;      /* left out of kernel dumps */
};

struct f_large { /* va range mapped by large pages */
	u64 va, pa, len;
};

struct f_mem {
	const struct f_prof *prof;
	bool pae;
	unsigned shift;
	u64 page, top;           /* page size; highest pfn + 1 */
	struct f_run run[F_MAX_HOLES + 4];
	size_t nruns;
	u64 npages;
	struct f_page **chunk;   /* 512 pages each, NULL = untouched */
	size_t nchunks;
	u64 next;                /* next pfn to hand out */
	u64 root;                /* page table root, a pfn */
	u64 pdpt;                /* PAE: physical address of the four entries */
	struct f_large large[8];
	size_t nlarge;
	struct { u64 *va, *pfn; size_t n, cap; } map; /* hash of mapped pages */
	enum ntr_st st;
	char why[128];
};

enum { F_CHUNK = 512 };

void f_mem_init(struct f_mem *m, const struct f_prof *p, const struct f_scen *s);
void f_mem_fini(struct f_mem *m);
void f_mem_fail(struct f_mem *m, enum ntr_st st, const char *fmt, ...)
	NTR_PRINTF(3, 4);

/* The page's bytes, or NULL when it is all zero (or not in a run). */
const u8 *f_mem_peek(const struct f_mem *m, u64 pfn);
const struct f_page *f_mem_pageinfo(const struct f_mem *m, u64 pfn);
bool f_mem_in_run(const struct f_mem *m, u64 pfn);
/* The first page with content in [pfn, end), or end. */
u64 f_mem_next(const struct f_mem *m, u64 pfn, u64 end);
/* A fresh physical page. */
u64 f_mem_alloc(struct f_mem *m);
/* n physically consecutive pages at a multiple of align pages. */
u64 f_mem_alloc_run(struct f_mem *m, u64 n, u64 align);

/* Map [va, va+len) with fresh pages where nothing is mapped yet. */
void f_map(struct f_mem *m, u64 va, u64 len);
/* Map with large pages; pa and va are multiples of the large page. */
void f_map_large(struct f_mem *m, u64 va, u64 pa, u64 len);
u64 f_large_size(const struct f_mem *m);
bool f_mapped(const struct f_mem *m, u64 va);
/* Physical address of a mapped va, or F_NONE. */
u64 f_phys(const struct f_mem *m, u64 va);
/* A raw PTE for a page that is not valid; tables are made as needed. */
void f_map_raw(struct f_mem *m, u64 va, u64 pte);
u64 f_pte_make(const struct f_mem *m, enum f_pstate state, u64 a, u64 b);
/* A second root with the same kernel half: its DTB value (0 = no tables). */
u64 f_mem_new_root(struct f_mem *m);
void f_mem_fork(struct f_mem *m, u64 dtb);
u64 f_mem_dtb(const struct f_mem *m);
/* After everything is mapped: entries that NT always has. */
void f_mem_finish(struct f_mem *m);

void f_put(struct f_mem *m, u64 va, const void *p, size_t len);
void f_put8(struct f_mem *m, u64 va, u8 v);
void f_put16(struct f_mem *m, u64 va, u16 v);
void f_put32(struct f_mem *m, u64 va, u32 v);
void f_put64(struct f_mem *m, u64 va, u64 v);
void f_putp(struct f_mem *m, u64 va, u64 v); /* pointer of the profile */
void f_put_phys(struct f_mem *m, u64 pa, const void *p, size_t len);
/* Bytes at va; zero where nothing is mapped; false if any was not. */
bool f_get(const struct f_mem *m, u64 va, void *p, size_t len);
u64 f_getp(const struct f_mem *m, u64 va);

#endif
