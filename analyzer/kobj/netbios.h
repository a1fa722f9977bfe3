// SPDX-License-Identifier: Apache-2.0
/*
 * NetBIOS session headers in memory: four bytes at the start of what NetBT
 * keeps of a TCP stream (RFC 1002, 4.3.1; over port 445 the same without
 * types).  Memory has no record of where they are, so this is what looks like
 * one, with what speaks for it, and what of type, flags and length is against
 * the RFC.
 *
 * A header counts when an SMB signature or an encoded NetBIOS name follows it,
 * or, weaker, when its four bytes could be nothing but one of the packets
 * without a payload to tell by.  To add a packet type: a row of the table in
 * netbios.c.
 */
#ifndef NTR_KOBJ_NETBIOS_H
#define NTR_KOBJ_NETBIOS_H

#include "pool.h"
#include "tdi_address.h"

#define NTR_NBT_HEAD 72u          /* bytes that are looked at */
#define NTR_NBT_MAX_HEADERS 4096u

enum ntr_nbt_sign { NTR_NBT_SMB1, NTR_NBT_SMB2, NTR_NBT_NAMES, NTR_NBT_ALONE };
/* "an SMB signature behind it" … */
const char *ntr_nbt_sign_text(enum ntr_nbt_sign s);
/* "session message"; NULL: no such type. */
const char *ntr_nbt_type_name(u8 type);

struct ntr_nbt_header {
	u64 block, data;     /* of pool: its header, or a large one's data; where
				the four bytes are. 0 outside of pool */
	u32 tag;
	u64 room;            /* bytes of the block behind the four */
	u8 type, flags;      /* flags without the length's bit */
	u32 length;          /* 17 bits */
	enum ntr_nbt_sign sign;
	bool beyond;         /* longer than the room: no fault by itself, the
				rest of it may not have come yet */
	char fault[160];     /* "" all as the RFC has it */
};

/* The n first bytes of a block with room for `size`. False: nothing looks like
 * a header; out is not written. */
bool ntr_nbt_header_check(const u8 *p, size_t n, u64 size,
			  struct ntr_nbt_header *out);

struct ntr_nbt_scan {
	struct { NTR_VEC(struct ntr_nbt_header); } h; /* by address */
	struct ntr_tdi_addresses addresses; /* internet addresses in them */
	u64 blocks;          /* of NetBT that are in use */
	u64 absent;          /* of these: not in the dump */
	u64 found, faults;   /* all, also those beyond what is kept */
	char why[160];       /* why pool could not be searched; "" */
};
/* The blocks in nonpaged pool with NetBT's tags. Only NOMEM fails. */
NTR_MUST enum ntr_st ntr_nbt_scan(struct ntr_pool *p, struct ntr_nbt_scan *out,
				  struct ntr_err *e);
void ntr_nbt_scan_fini(struct ntr_nbt_scan *s);

#endif
