// SPDX-License-Identifier: Apache-2.0
/*
 * RFC 1001 14.1: a half byte is a letter from 'A' on.  RFC 1002 4.1: a label of
 * 32 of them, then the labels of the scope, which is empty here, then a label of
 * no bytes; in packets of the name service the rest may be a pointer.
 */
#include "netbt.h"

#include <string.h>

#define LETTERS 32u
#define LABEL_MOST 63u
#define WHOLE_MOST 255u
#define POINTER 0xc0u
#define PACKET_HEADER 12u            /* no pointer goes into it */

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

static bool halves(const u8 *b, u32 n, char name[NBT_NAME])
{
	if (n != LETTERS)
		return false;
	for (u32 i = 0; i < LETTERS; i++)
		if (b[i] < 'A' || b[i] > 'P')
			return false;
	for (u32 i = 0; i < NBT_NAME; i++)
		name[i] = (char)((b[2 * i] - 'A') << 4 | (b[2 * i + 1] - 'A'));
	return true;
}

/* Where the reading of a name is. */
struct reading {
	const u8 *p;
	u32 n, pos, before, end;     /* end: behind the first pointer */
	u32 whole, labels;
};

/* Each pointer goes before all that was read: there is no circle. */
static bool follow(struct reading *r)
{
	u32 to;

	if (r->n - r->pos < 2)
		return false;
	to = nbt_get16(r->p + r->pos) & 0x3fffu;
	if (to < PACKET_HEADER || to >= r->before)
		return false;
	if (!r->end)
		r->end = r->pos + 2;
	r->pos = r->before = to;
	return true;
}

/* A label that is not the empty one. */
static bool label(struct reading *r, struct nbt_wire_name *out)
{
	u32 c = r->p[r->pos];

	r->whole += 1 + c;
	if (c > LABEL_MOST || r->whole >= WHOLE_MOST ||
	    c >= r->n - r->pos)
		return false;
	if (!r->labels++) {
		if (!halves(r->p + r->pos + 1, c, out->name))
			return false;
	} else {
		out->scope = true;
	}
	r->pos += 1 + c;
	return true;
}

bool nbt_name_decode(const u8 *p, u32 n, u32 *at, bool pointers,
		     struct nbt_wire_name *out)
{
	struct reading r = { .p = p, .n = n, .pos = *at, .before = *at };

	out->scope = false;
	while (r.pos < n && p[r.pos]) {
		bool ok = p[r.pos] >= POINTER ? pointers && follow(&r) :
						label(&r, out);

		if (!ok)
			return false;
	}
	if (r.pos >= n || !r.labels)
		return false;
	*at = r.end ? r.end : r.pos + 1;
	return true;
}
