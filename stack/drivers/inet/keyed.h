// SPDX-License-Identifier: Apache-2.0
/*
 * What others must neither predict nor make collide: SipHash (Aumasson and
 * Bernstein, 2012) of a connection's addresses, with a key of the machine's.
 *
 * Invariant: what is told to others (initial numbers, timestamps, cookies) has a
 * use of its own, so it says nothing of another, nor of the table's chains.  The
 * table has one round and three, which is enough for what nobody sees, the
 * others two and four.
 *
 * To add a use: a name in enum keyed_use.
 */
#ifndef INET_KEYED_H
#define INET_KEYED_H

#include "inet.h"

static inline u64 sip_rotate(u64 v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static inline void sip_rounds(u64 v[4], unsigned n)
{
	while (n--) {
		v[0] += v[1];
		v[1] = sip_rotate(v[1], 13) ^ v[0];
		v[0] = sip_rotate(v[0], 32);
		v[2] += v[3];
		v[3] = sip_rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = sip_rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = sip_rotate(v[1], 17) ^ v[2];
		v[2] = sip_rotate(v[2], 32);
	}
}

static inline u64 siphash(const u64 key[2], const u64 *word, unsigned words,
			  unsigned c, unsigned d)
{
	u64 v[4] = { key[0] ^ UINT64_C(0x736f6d6570736575),
		     key[1] ^ UINT64_C(0x646f72616e646f6d),
		     key[0] ^ UINT64_C(0x6c7967656e657261),
		     key[1] ^ UINT64_C(0x7465646279746573) };

	for (unsigned i = 0; i <= words; i++) {
		u64 m = i < words ? word[i] : (u64)words * 8 << 56;

		v[3] ^= m;
		sip_rounds(v, c);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	sip_rounds(v, d);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

enum keyed_use { KEYED_TABLE, KEYED_ISN, KEYED_TIME, KEYED_COOKIE };

static inline u64 keyed(const u64 key[2], enum keyed_use use,
			const struct inet_ip *local, u16 lport,
			const struct inet_ip *remote, u16 rport, u64 more)
{
	u64 w[6] = { [4] = (u64)use << 32 | (u32)lport << 16 | rport, more };

	__builtin_memcpy(w, local, 16);
	__builtin_memcpy(w + 2, remote, 16);
	return use == KEYED_TABLE ? siphash(key, w, 5, 1, 3) :
				    siphash(key, w, 6, 2, 4);
}

#endif
