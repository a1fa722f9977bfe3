// SPDX-License-Identifier: Apache-2.0
/*
 * Doubly linked lists of the kernel, read so that damage is seen and bounded.
 *
 * A link is followed only when the next entry points back.  So a walk cannot
 * run in a circle (an entry has one predecessor), and a damaged link ends it
 * where the damage is: the rest is then read backwards from the head, and what
 * lies between the two ends is said to be missing.
 */
#ifndef NTR_KOBJ_LIST_H
#define NTR_KOBJ_LIST_H

#include "../base/vec.h"
#include "target.h"

#define NTR_LIST_MAX 65536u

struct ntr_list {
	struct { NTR_VEC(u64); } entry; /* LIST_ENTRYs, in order */
	size_t gap;    /* entries from here on were found backwards; n: none */
	char why[160]; /* what the walk met; "": the list is whole */
	bool absent;   /* nothing is wrong, but an entry is not in the dump */
};

/*
 * The list whose head is at va.  FAULT, ABSENT: the head cannot be read; BAD:
 * it is no list head; NOMEM.  Otherwise OK, and `why` tells of damage.
 */
NTR_MUST enum ntr_st ntr_list_read(const struct ntr_target *t, u64 va,
				   size_t max, struct ntr_list *out,
				   struct ntr_err *e);
void ntr_list_fini(struct ntr_list *l);

#endif
