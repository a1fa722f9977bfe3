// SPDX-License-Identifier: Apache-2.0
/*
 * How many handles of which types the processes of the list have: the evidence
 * of a handle leak.  What is not in the dump is not counted, and how much that
 * is stands beside the count.
 */
#ifndef NTR_KOBJ_HANDLE_CENSUS_H
#define NTR_KOBJ_HANDLE_CENSUS_H

#include "handle.h"

#define NTR_MAX_CENSUS (1u << 24) /* handles looked at in all */
#define NTR_CENSUS_TYPES 256u

struct ntr_census_type {
	char name[48];        /* "" those whose type cannot be told */
	u64 count;
};
struct ntr_census_types {
	NTR_VEC(struct ntr_census_type); /* most first */
};

struct ntr_census_process {
	u64 va, pid;
	bool has_pid;
	char name[64];        /* "" unknown */
	u64 count, absent;    /* handles; entries that are not in the dump */
	struct ntr_census_types types;
};

struct ntr_census {
	struct { NTR_VEC(struct ntr_census_process); } p; /* most first */
	struct ntr_census_types types;
	u64 count, absent;
	u64 unread;           /* processes whose table cannot be read */
	char unread_why[200]; /* of the first; "" none */
	char list_why[160];   /* of the process list; "" whole */
	bool cut;             /* there are more than NTR_MAX_CENSUS */
};

/* ABSENT with text: no process list. */
NTR_MUST enum ntr_st ntr_handle_census(struct ntr_target *t,
				       struct ntr_census *out,
				       struct ntr_err *e);
void ntr_handle_census_fini(struct ntr_census *c);

#endif
