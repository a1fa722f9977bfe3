// SPDX-License-Identifier: Apache-2.0
/*
 * The indicate buffer: what of a connection's bytes nobody has consumed yet.
 *
 * A header is checked as soon as its four bytes are there, before its length is
 * used for anything; what is kept is never more than what there is, nor than the
 * buffer holds.  What breaks a rule ends the session, with the peer in the log.
 */
#include "netbt.h"

#include <string.h>

/* RFC 1002 4.3: how long each may be. Names are 34 bytes without a scope, 255
 * at most with one. */
static const struct rule {
	u8 type;
	u32 least, most;
} rules[] = {
	{ NBT_MESSAGE, 0, NBT_MESSAGE_MAX },
	{ NBT_REQUEST, 2 * NBT_ENCODED, 2 * 255 },
	{ NBT_POSITIVE, 0, 0 },
	{ NBT_NEGATIVE, 1, 1 },
	{ NBT_RETARGET, 6, 6 },
	{ NBT_KEEPALIVE, 0, 0 },
};

void nbt_reject(struct nbt_lower *l, u8 type, u32 length, const char *why)
{
	const u8 *a = l->peer.ip;

	TRACE(netbt_reject, l, (u64)a[0] << 40 | (u64)a[1] << 32 |
			       (u64)a[2] << 24 | (u64)a[3] << 16 |
			       l->peer.port, type, length);
	ex_log(l->nb->x, "netbt: %u.%u.%u.%u:%u: %s (type %02x, length %u)",
	       a[0], a[1], a[2], a[3], l->peer.port, why, type, length);
	nbt_lower_reset(l);
}

/* In this state of the session. */
static bool expected(const struct nbt_lower *l, u8 type)
{
	if (type == NBT_KEEPALIVE)
		return true;
	if (type == NBT_MESSAGE)
		return KE_GET(&l->up);
	return !KE_GET(&l->up) && l->inbound == (type == NBT_REQUEST);
}

bool nbt_indicate_check(struct nbt_lower *l, u8 type, u8 flags, u32 length)
{
	const struct rule *r = NULL;

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].type == type)
			r = &rules[i];
	if (!r)
		nbt_reject(l, type, length, "unknown type");
	else if (flags & 0xfe)       /* RFC 1002 4.3.1: must be zero */
		nbt_reject(l, type, length, "reserved flags");
	else if (length < r->least || length > r->most ||
		 (type != NBT_MESSAGE && length + NBT_HEADER > l->capacity))
		nbt_reject(l, type, length, "bad length");
	else if (!expected(l, type))
		nbt_reject(l, type, length, "not now");
	else
		return true;
	return false;
}

bool nbt_indicate_taken(struct nbt_lower *l, u32 indicated, u32 taken)
{
	if (taken <= indicated && taken <= l->left)
		return true;
	nbt_reject(l, l->type, l->length, "the client took too much");
	return false;
}

u32 NbtCopyToStartOfIndicate(struct nbt_lower *l, const u8 *from,
			     u32 remaining, u32 implied)
{
	u32 n = remaining < l->capacity ? remaining : l->capacity;

	(void)implied;               /* the peer's word: not for a copy */
	TRACE(netbt_copy, l, n, l->capacity, l->fill);
	memmove(l->ind, from, n);
	l->fill = n;
	return n;
}
