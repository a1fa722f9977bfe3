// SPDX-License-Identifier: Apache-2.0
/*
 * Packet scripts: numbers in network order.
 *
 * Invariant: it is not the drivers' bytes.h, so that a mistake in one of the two
 * shows.  To add a width: beside the others, by way of the smaller one.
 */
#ifndef HOST_OCTETS_H
#define HOST_OCTETS_H

#include "../ex/ex.h"

static inline void put16(u8 *b, u32 v)
{
	b[0] = (u8)(v >> 8);
	b[1] = (u8)v;
}

static inline void put32(u8 *b, u32 v)
{
	put16(b, v >> 16);
	put16(b + 2, v);
}

static inline u16 get16(const u8 *b)
{
	return (u16)(b[0] << 8 | b[1]);
}

static inline u32 get32(const u8 *b)
{
	return (u32)get16(b) << 16 | get16(b + 2);
}

#endif
