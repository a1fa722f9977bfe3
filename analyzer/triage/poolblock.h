// SPDX-License-Identifier: Apache-2.0
/*
 * The block of pool at an address, with its neighbours and whose they are: what
 * a bug check about pool points at.
 *
 * The block in front is the suspect when a header is damaged: a write past its
 * end reaches that header first.  A neighbour is only named as far as headers
 * that agree lead to it; an owner only by the list of tags or by the one image
 * that holds the tag.  A kind of pool more: a case in poolblock.c.
 */
#ifndef NTR_POOLBLOCK_H
#define NTR_POOLBLOCK_H

#include "../base/arena.h"
#include "../kobj/pool_special.h"
#include "../kobj/pool_vs.h"

struct ntr_pool_party {
	bool known;
	u64 va;              /* of its header; of a large one its data */
	u64 size;            /* with its header; 0 unknown */
	u32 tag;             /* 0: it keeps none (a free chunk) */
	bool has_state;
	enum ntr_pool_state state;
	bool header_ok;
};

enum ntr_pool_form_kind {
	NTR_POOL_KIND_PAGE,    /* blocks with headers in a page */
	NTR_POOL_KIND_LARGE,   /* in the table of large allocations */
	NTR_POOL_KIND_SPECIAL,
	NTR_POOL_KIND_VS,      /* a chunk of a segment heap */
};
const char *ntr_pool_kind_name(enum ntr_pool_form_kind k);

struct ntr_pool_story {
	enum ntr_pool_form_kind kind;
	struct ntr_pool_party block, previous, next;
	struct ntr_pool_special special; /* of SPECIAL */
	const char *fault;   /* of the first wrong header of the page, or NULL */
	u64 fault_at;
	bool has_flip;       /* one changed bit of the header word explains it */
	u64 flip_at;
	u8 flip;
	u32 flip_found, flip_expected; /* that word */
};

/* Statuses of ntr_pool_of(); e says what is lacking. */
NTR_MUST enum ntr_st ntr_pool_story(struct ntr_pool *p, u64 va,
				    struct ntr_pool_story *out,
				    struct ntr_err *e);
/* "free block of tag Nb06 (netbt.sys), 112 bytes; in front …, behind …" */
const char *ntr_pool_story_text(struct ntr_arena *a, struct ntr_pool *p,
				const struct ntr_pool_story *s);

#endif
