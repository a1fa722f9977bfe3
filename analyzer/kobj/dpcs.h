// SPDX-License-Identifier: Apache-2.0
/*
 * DPCs that wait on a processor's queues: the normal one and, since Server
 * 2003, the threaded one.  A doubly linked list until Windows 8, a singly
 * linked one since 8.1 (KDPC_LIST).  Corrupt lists: as in list.h; a singly
 * linked one ends with what the processor counts, at the latest.
 */
#ifndef NTR_KOBJ_DPCS_H
#define NTR_KOBJ_DPCS_H

#include "list.h"

#define NTR_MAX_DPCS 65536u

struct ntr_dpc {
	u64 va, routine, context;
	bool threaded;
};

struct ntr_dpc_queue {
	struct { NTR_VEC(struct ntr_dpc); } d;
	u32 depth;      /* as the processor counts, both queues */
	char why[160];  /* "" when the lists are whole and as long */
};

/* ABSENT: the processor's KPRCB, or its layout, is not known. */
NTR_MUST enum ntr_st ntr_dpc_queue(struct ntr_target *t,
				   const struct ntr_cpu *cpu,
				   struct ntr_dpc_queue *out,
				   struct ntr_err *e);
/* Does a DPC run on the processor? False with *known false: not known. */
bool ntr_dpc_active(struct ntr_target *t, const struct ntr_cpu *cpu, bool *known);
void ntr_dpc_queue_fini(struct ntr_dpc_queue *q);

#endif
