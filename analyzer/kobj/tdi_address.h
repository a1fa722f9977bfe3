// SPDX-License-Identifier: Apache-2.0
/*
 * Internet addresses as TDI hands them on: TRANSPORT_ADDRESS with one entry of
 * type IP (public driver kits, tdi.h), which is 22 bytes on every machine:
 *
 *	u32 count = 1, u16 length = 14, u16 type = 2,
 *	u16 port, u32 address (both big-endian), 8 bytes of zero
 *
 * A connection keeps its peer's in that form, and so do requests and stacks.
 * Invariant: what is found is what has these constants at a multiple of four,
 * with an address that a host can have; nothing says whose it is.
 */
#ifndef NTR_KOBJ_TDI_ADDRESS_H
#define NTR_KOBJ_TDI_ADDRESS_H

#include "target.h"

#define NTR_TDI_MAX_ADDRESSES 256u

struct ntr_tdi_address {
	u64 va;
	u32 ip;
	u16 port;
	u32 tag;   /* of the pool block it lies in; 0 none */
};

struct ntr_tdi_addresses {
	NTR_VEC(struct ntr_tdi_address);
};

/* Adds those in memory from va on; what is not in the dump is passed over.
 * False: no memory. */
bool ntr_tdi_addresses_add(struct ntr_tdi_addresses *out,
			   const struct ntr_target *t, u64 va, u64 size,
			   u32 tag);

#endif
