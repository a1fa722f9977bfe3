// SPDX-License-Identifier: Apache-2.0
/*
 * Is a doubly linked list (LIST_ENTRY) whole?  It is followed forwards and,
 * when that breaks, backwards from the head too: the entry where the forward
 * walk ends and the one where the backward walk ends enclose the damage.
 * Every entry's Blink is compared with where the walk came from, so a walk
 * cannot circle; `max` bounds it anyway.
 */
#ifndef NTR_LIST_CHECK_H
#define NTR_LIST_CHECK_H

#include "target.h"

enum ntr_list_state {
	NTR_LIST_WHOLE,
	NTR_LIST_EMPTY,   /* the head points to itself */
	NTR_LIST_UNREADABLE, /* an entry's page is not in the dump */
	NTR_LIST_WILD,    /* a link that is no kernel address */
	NTR_LIST_BROKEN,  /* an entry does not point back */
	NTR_LIST_LONG,    /* more than max entries */
};
const char *ntr_list_state_text(enum ntr_list_state s);

struct ntr_list_check {
	enum ntr_list_state state;
	u64 forward;      /* entries that are good from the head on */
	u64 last;         /* the last good entry (or the head) */
	u64 next;         /* what its Flink says */
	u64 found;        /* BROKEN: the Blink of next; expected: last */
	u64 backward;     /* entries that are good backwards from the head */
	u64 back_last;    /* and the last of them */
	bool one_bit;     /* one changed bit explains the wrong link */
	unsigned bit;
	u64 wrong_at;     /* address of the wrong link, where both ways agree
			     which one it is; else 0 */
	u64 wrong, expected; /* what it is and should be; with wrong_at */
};

void ntr_list_check(const struct ntr_target *t, u64 head, u64 max,
		    struct ntr_list_check *out);

#endif
