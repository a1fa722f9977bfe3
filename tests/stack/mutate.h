// SPDX-License-Identifier: Apache-2.0
/*
 * Numbers of a seed, and damage to a frame by them: the same seed, the same
 * damage.  The frame's place has room for 1,400 bytes more.
 *
 * To add a way of damage: at the end of mutate(), so that others stay.
 */
#ifndef TESTS_STACK_MUTATE_H
#define TESTS_STACK_MUTATE_H

#include "ex/ex.h"

static inline u64 draw(u64 *seed)
{
	u64 z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A few bytes are others; some frames are cut, some are longer. */
static inline u32 mutate(u8 *b, u32 n, u64 *seed)
{
	u32 edits = (u32)(draw(seed) % 5), longer;

	for (u32 i = 0; i < edits; i++) {
		u64 r = draw(seed);

		b[r % n] = r >> 40 & 1 ? (u8)(r >> 48) :
					 b[r % n] ^ (u8)(1u << (r >> 48 & 7));
	}
	if (draw(seed) % 8 == 0)
		n = 1 + (u32)(draw(seed) % n);
	if (draw(seed) % 8 == 0) {
		longer = (u32)(draw(seed) % 1400);
		for (u32 i = 0; i < longer; i++)
			b[n + i] = (u8)draw(seed);
		n += longer;
	}
	return n;
}

#endif
