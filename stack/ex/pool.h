// SPDX-License-Identifier: Apache-2.0
/*
 * The layout of pool, for the allocator, its checker and whoever reads it in a
 * dump.
 *
 * Blocks lie one behind the other in chunks, each with a header in front, as on
 * NT: what runs over the end of one meets the next one's header.  A chunk holds
 * blocks of one size and ends with a header of state POOL_END.  Blocks above
 * POOL_SMALL have pages of their own, with the same header and the same end.
 *
 * Invariant: a header's `check` is pool_sum() of the rest and of where it lies.
 * Bytes asked for that do not fill the block are followed by POOL_FILL.
 */
#ifndef EX_POOL_H
#define EX_POOL_H

#include "machine.h"

#define POOL_UNIT 16u
#define POOL_SMALL 32768u            /* bytes of the largest block in chunks */
#define POOL_CHUNK 65536u
#define POOL_FILL 0xb5
#define POOL_FILL_MAX 16u            /* bytes of it that are looked at */
#define POOL_TAGS 1024               /* a power of two */
#define POOL_CLASSES 112

enum pool_state { POOL_FREE = 0xf1, POOL_USED = 0xa7, POOL_END = 0xed,
		  POOL_BIG = 0xb9, POOL_SPECIAL = 0x5c };

struct pool_head {
	u32 tag;
	u32 bytes;                   /* that were asked for */
	u16 units;                   /* of the block, header too; big: 0 */
	u16 check;
	u8 state, pool;
	u16 index;                   /* of the tag's row */
};

struct pool_chunk {
	struct pool_chunk *next;
	u32 block, size;             /* bytes of a block, of the chunk */
	u64 spare[2];                /* what follows is at 16 bytes */
};

struct pool_big {
	struct pool_big *next, *prev;
	size_t size;                 /* of its pages */
	u64 spare;
};

struct pool_free {                   /* in a free block */
	struct pool_free *next;
};

struct pool_class {
	struct pool_free *head, *tail;
	u8 *fresh, *end;             /* of the newest chunk */
	u32 block;
};

struct ex_pool_side {
	enum ex_pool kind;
	struct ke_latch latch;       /* of all below */
	u64 bytes, peak, limit, allocs, frees, failed;
	struct pool_class cls[POOL_CLASSES];
	struct pool_chunk *chunks;
	struct pool_big *big;
	struct ex_pool_tag tag[POOL_TAGS];
	u32 ntags;
};

/* Instrumentation must not look: headers are poison to everybody else. */
#define POOL_RAW __attribute__((no_sanitize("address")))

/* A header as two words, the second one without its check. */
typedef u64 __attribute__((may_alias)) pool_half;
#define POOL_NO_CHECK (~(UINT64_C(0xffff) << 16))
_Static_assert(sizeof(struct pool_head) == 16 &&
		       offsetof(struct pool_head, check) == 10 &&
		       __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "POOL_NO_CHECK");

static inline u16 pool_sum_of(const struct pool_head *h, u64 low, u64 high)
{
	u64 v = (low ^ (u64)(uintptr_t)h >> 4) * 0x9e3779b97f4a7c15;

	v = (v ^ v >> 29 ^ high) * 0xbf58476d1ce4e5b9;
	return (u16)(v >> 48);
}

POOL_RAW static inline u16 pool_sum(const struct pool_head *h)
{
	const pool_half *w = (const pool_half *)(const void *)h;

	return pool_sum_of(h, w[0], w[1] & POOL_NO_CHECK);
}

/* Bytes that a block of n takes, header and rounding too. */
static inline size_t pool_size(size_t n)
{
	return ((n ? n : 1) + sizeof(struct pool_head) + POOL_UNIT - 1) &
	       ~(size_t)(POOL_UNIT - 1);
}

/* What is wrong with the block of a header, or behind it; NULL: nothing. */
const char *pool_block_wrong(const struct pool_head *h, enum ex_pool pool);

/* --- special.c ------------------------------------------------------------------------ */

/* Where the bytes of a special block lie, its header (NULL: it is not live), and
 * that nothing was written between its end and the page's. */
void *special_data(struct pool_head *h, size_t n);
struct pool_head *special_head(const struct ex *x, void *p);
bool special_right(const struct pool_head *h, size_t n);

#endif
