// SPDX-License-Identifier: Apache-2.0
/*
 * One changed bit: what a failing memory cell or bus makes of a value.  To
 * compare values of another width, widen them: the upper bits are equal.
 */
#ifndef NTR_BITS_H
#define NTR_BITS_H

#include "ntr_types.h"

/* a and b differ in exactly one bit: which. */
static inline bool ntr_one_bit(u64 a, u64 b, unsigned *bit)
{
	u64 d = a ^ b;

	if (!d || (d & (d - 1)))
		return false;
	*bit = (unsigned)__builtin_ctzll(d);
	return true;
}

/* How many bits of a and b differ. */
static inline unsigned ntr_bits_changed(u64 a, u64 b)
{
	return (unsigned)__builtin_popcountll(a ^ b);
}

#endif
