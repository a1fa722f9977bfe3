// SPDX-License-Identifier: Apache-2.0
/* RFC 1001 14.1: a half byte is a letter from 'A' on. RFC 1002 4.1: a label of
 * 32 of them, then the scope, which is empty here. */
#include "netbt.h"

#include <string.h>

#define LETTERS 32u

void nbt_name_encode(const char *name, u8 out[NBT_ENCODED])
{
	out[0] = LETTERS;
	for (u32 i = 0; i < NBT_NAME; i++) {
		u8 c = (u8)name[i];

		out[1 + 2 * i] = (u8)('A' + (c >> 4));
		out[2 + 2 * i] = (u8)('A' + (c & 15));
	}
	out[NBT_ENCODED - 1] = 0;
}

bool nbt_name_decode(const u8 *p, u32 n, u32 *at, char name[NBT_NAME])
{
	const u8 *b = p + *at;

	if (n < NBT_ENCODED || *at > n - NBT_ENCODED || b[0] != LETTERS ||
	    b[NBT_ENCODED - 1])
		return false;
	for (u32 i = 1; i <= LETTERS; i++)
		if (b[i] < 'A' || b[i] > 'P')
			return false;
	for (u32 i = 0; i < NBT_NAME; i++)
		name[i] = (char)((b[1 + 2 * i] - 'A') << 4 |
				 (b[2 + 2 * i] - 'A'));
	*at += NBT_ENCODED;
	return true;
}
