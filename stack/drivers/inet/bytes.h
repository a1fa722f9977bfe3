// SPDX-License-Identifier: Apache-2.0
/*
 * Numbers as they lie in headers: most significant byte first (RFC 791 app. B).
 * Invariant: nothing is checked here; the caller knows that the bytes are there.
 * A format with another order has its own helpers beside it.
 */
#ifndef INET_BYTES_H
#define INET_BYTES_H

#include "../../ex/ex.h"

static inline u16 get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}
static inline u32 get32(const u8 *p)
{
	return (u32)get16(p) << 16 | get16(p + 2);
}
static inline void put16(u8 *p, u16 v)
{
	p[0] = (u8)(v >> 8);
	p[1] = (u8)v;
}
static inline void put32(u8 *p, u32 v)
{
	put16(p, (u16)(v >> 16));
	put16(p + 2, (u16)v);
}
/* A checksum goes in as it lies in memory. */
static inline void put_sum(u8 *p, u16 sum)
{
	__builtin_memcpy(p, &sum, 2);
}

#endif
