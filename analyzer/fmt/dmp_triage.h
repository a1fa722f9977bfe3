// SPDX-License-Identifier: Apache-2.0
/*
 * Triage dumps (DumpType 4): the header behind the dump header, both widths
 * in one struct, and what its readers share.  All offsets are absolute file
 * offsets; 0 means that the item is not there.
 *
 * The header grew over the years.  Its length is not stored: it ends where
 * the first item begins, so fields beyond that are zero here (see
 * dmp_triage.c).
 */
#ifndef NTR_DMP_TRIAGE_H
#define NTR_DMP_TRIAGE_H

#include "dmp.h"

/* A list with more entries than this is damaged: NT keeps 50 unloaded
 * drivers, and no machine has loaded ten thousand. */
#define NTR_DMP_MAX_DRIVERS 10000
#define NTR_DMP_MAX_UNLOADED 1000
#define NTR_DMP_MAX_BLOCKS (1u << 20)
#define NTR_DMP_MAX_NAME 1024 /* characters */

struct ntr_dmp_tri {
	struct ntr_dmp *m;
	struct ntr_dump *d;
	u32 len;     /* of the header, as far as it was written */
	u64 limit;   /* end of the primary part, by header and file */
	u32 sp_build, size, valid, context, exception, mm, unloaded, prcb;
	u32 process, thread, stack, stack_len, drivers, ndrivers, pool;
	u32 pool_len, broken, options;
	u64 stack_va;
	u32 bstore, bstore_len;
	u64 bstore_limit;
	u64 page_va;
	u32 page, page_len, kdbg, kdbg_len, blocks, nblocks;
};

/* Offset of the first item behind off, or the end of the primary part. */
u64 ntr_dmp_tri_next(const struct ntr_dmp_tri *t, u64 off);

/* dmp_drivers.c */
NTR_MUST enum ntr_st ntr_dmp_tri_drivers(const struct ntr_dmp_tri *t,
					 struct ntr_err *e);
NTR_MUST enum ntr_st ntr_dmp_tri_unloaded(const struct ntr_dmp_tri *t,
					  struct ntr_err *e);
/* The DUMP_STRING at off as UTF-8 in the dump's arena, or NULL. */
const char *ntr_dmp_tri_string(const struct ntr_dmp_tri *t, u64 off);

#endif
