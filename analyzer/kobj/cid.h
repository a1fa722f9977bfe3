// SPDX-License-Identifier: Apache-2.0
/*
 * Two views of the same processes and threads: the lists that the scheduler
 * and the debugger go by, and PspCidTable, which gives them their ids.  What
 * one has and the other has not was hidden, is being made or destroyed, or one
 * of the two is damaged.
 *
 * Where a list or the table is not whole, what it lacks may be in the part that
 * is not in the dump: such a difference is not reported, but counted as untold.
 */
#ifndef NTR_KOBJ_CID_H
#define NTR_KOBJ_CID_H

#include "handle.h"

struct ntr_cid_diff {
	u64 va, id;       /* id: UINT64_MAX unknown */
	bool thread;
	bool listed;      /* on the list and not in the table; else the reverse */
	char name[64];    /* of the process; "" unknown */
};

struct ntr_cid_view {
	struct { NTR_VEC(struct ntr_cid_diff); } d;
	u64 processes, threads;  /* in the table */
	u64 listed_processes, listed_threads;
	u64 other;               /* entries that are neither any more */
	u64 untold;              /* differences that damage may explain */
	char table_why[96], list_why[160], threads_why[160]; /* "" whole */
};

/* ABSENT, FAULT, BAD with text: one of the two is not there at all. */
NTR_MUST enum ntr_st ntr_cid_compare(const struct ntr_objects *o,
				     struct ntr_cid_view *out,
				     struct ntr_err *e);
void ntr_cid_fini(struct ntr_cid_view *v);

#endif
