// SPDX-License-Identifier: Apache-2.0
#include "tdi_address.h"

#include "../base/bin.h"

#define ADDRESS_SIZE 22u
#define PIECE 512u /* read at a time */

/* Neither "any", nor this host's loopback, nor a multicast or broadcast one. */
static bool of_host(u32 ip)
{
	unsigned first = ip >> 24;

	return first && first != 127 && first < 224;
}

static bool decode(const u8 *p, size_t n, struct ntr_tdi_address *out)
{
	struct ntr_bin b = ntr_bin_of(p, n, NULL, 0);
	u32 count = ntr_bin_u32(&b, "count");
	u16 length = ntr_bin_u16(&b, "length"), type = ntr_bin_u16(&b, "type");

	out->port = ntr_bin_be16(&b, "port");
	out->ip = ntr_bin_be32(&b, "address");
	return count == 1 && length == 14 && type == 2 &&
	       !ntr_bin_u64(&b, "zeros") && !b.bad && of_host(out->ip);
}

bool ntr_tdi_addresses_add(struct ntr_tdi_addresses *out,
			   const struct ntr_target *t, u64 va, u64 size,
			   u32 tag)
{
	u8 buf[PIECE + ADDRESS_SIZE];

	for (u64 off = 0; off < size && out->n < NTR_TDI_MAX_ADDRESSES;
	     off += PIECE) {
		u64 left = size - off;
		size_t n = ntr_space_read_some(t->mem, va + off, buf,
					       left < sizeof(buf) ?
					       (size_t)left : sizeof(buf));

		for (size_t i = 0; i < PIECE && i + ADDRESS_SIZE <= n; i += 4) {
			struct ntr_tdi_address a = { .va = va + off + i,
						     .tag = tag };
			struct ntr_tdi_address *slot;

			if (!decode(buf + i, n - i, &a) ||
			    out->n >= NTR_TDI_MAX_ADDRESSES)
				continue;
			slot = ntr_vec_add(out);
			if (!slot)
				return false;
			*slot = a;
		}
	}
	return true;
}
