// SPDX-License-Identifier: Apache-2.0
/* The keyed hash of TCP's table, initial numbers and cookies: the vectors of its
 * authors, and addresses made to collide. */
#include "../unit/test.h"
#include "drivers/inet/keyed.h"

/* Key 00 … 0f, text 00 01 02 …: vectors_sip64 of the reference implementation. */
static void vectors(void)
{
	const u64 key[2] = { UINT64_C(0x0706050403020100),
			     UINT64_C(0x0f0e0d0c0b0a0908) };

	CHECK_EQ(siphash(key, NULL, 0, 2, 4), UINT64_C(0x726fdb47dd0e0e31));
	CHECK_EQ(siphash(key, key, 1, 2, 4), UINT64_C(0x93f5f5799a932462));
}

/*
 * Hashes of multiplications alone: what is changed in the highest bit of one word
 * can be taken back in the next one, whatever the key is.  Here the changed bits
 * are of the prefix and of the interface's identifier of an IPv6 address.
 */
static void no_pair_collides_for_all_keys(void)
{
	struct inet_ip local = { { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	struct inet_ip a = { { 0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9 } };
	struct inet_ip b = a;
	u64 random = 88172645463325252u;
	unsigned collisions = 0;

	b.b[7] ^= 0x80;
	b.b[15] ^= 0x80;
	b.b[12] ^= 0x04;
	for (unsigned i = 0; i < 1000; i++) {
		u64 key[2];

		for (unsigned k = 0; k < 2; k++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			key[k] = random;
		}
		collisions += (u32)keyed(key, KEYED_TABLE, &local, 80, &a, 1000,
					 0) ==
			      (u32)keyed(key, KEYED_TABLE, &local, 80, &b, 1000,
					 0);
	}
	CHECK_EQ(collisions, 0);
}

int main(void)
{
	RUN(vectors);
	RUN(no_pair_collides_for_all_keys);
	return test_done();
}
