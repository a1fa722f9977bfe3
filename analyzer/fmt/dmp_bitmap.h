// SPDX-License-Identifier: Apache-2.0
/*
 * Finding a page of a bitmap dump without a list of its runs: the pages of
 * the file are the set bits in order, so a page's place is the number of bits
 * set before it.  That number is kept for every unit of the bitmap; the bits
 * of one unit are read and counted when a page is asked for.
 *
 * Shared by dmp_bitmap.c, which makes an index while it reads the bitmap, and
 * dmp_index.c, which uses it.
 */
#ifndef NTR_DMP_BITMAP_H
#define NTR_DMP_BITMAP_H

#include "dmp.h"

#define NTR_DMP_UNIT 256u /* bytes of bitmap: 2,048 pages */

struct ntr_dmp_index {
	u64 map, bits;  /* file offset and length of the bitmap */
	u64 first;      /* file offset of the first page */
	u64 *rank;      /* bits set before each unit; in the dump's arena */
	u64 nranks;
};

static inline u64 ntr_dmp_popcount(u64 v)
{
	v -= v >> 1 & 0x5555555555555555u;
	v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return v * 0x0101010101010101u >> 56;
}

/* From now on pages [pfn, pfn + npages) are had through the index, which
 * lives as long as the dump. */
NTR_MUST enum ntr_st ntr_dmp_use_index(struct ntr_dump *d,
				       struct ntr_dmp_index *ix, u64 pfn,
				       u64 npages, struct ntr_err *e);

#endif
