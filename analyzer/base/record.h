// SPDX-License-Identifier: Apache-2.0
/*
 * One field list per on-disk or in-memory record gives the struct, the
 * decoder and the compile-time range checks:
 *
 *	#define THING_FIELDS(S, A, r, z)           \
 *		S(r, z, u32, signature, 0x00)      \
 *		A(r, z, u64, arg,       0x10, 4)
 *	NTR_RECORD(thing, 0x40, THING_FIELDS)
 *
 * gives struct ntr_thing { u32 signature; u64 arg[4]; } and
 *	void ntr_thing_decode(struct ntr_thing *, struct ntr_bin *);
 * which takes 0x40 bytes from the cursor (poisoning it when they are not
 * there; the struct is then all zero).  Offsets are written down from the
 * format document, never derived from a packed struct.  Field types: u8, u16,
 * u32, u64; an array of u8 is a byte string.
 */
#ifndef NTR_RECORD_H
#define NTR_RECORD_H

#include "bin.h"

static inline u8 ntr_load_u8(const u8 *p)
{
	return *p;
}
#define NTR_LOAD(type, conv)                          \
	static inline type ntr_load_##type(const u8 *p) \
	{                                             \
		type v;                               \
		memcpy(&v, p, sizeof(v));             \
		return conv(v);                       \
	}
NTR_LOAD(u16, le16toh)
NTR_LOAD(u32, le32toh)
NTR_LOAD(u64, le64toh)
#undef NTR_LOAD

#define NTR_REC_S_DECL(r, z, t, name, off) t name;
#define NTR_REC_A_DECL(r, z, t, name, off, n) t name[n];
#define NTR_REC_S_CHECK(r, z, t, name, off) \
	_Static_assert((off) + sizeof(t) <= (z), #r "." #name);
#define NTR_REC_A_CHECK(r, z, t, name, off, n) \
	_Static_assert((off) + sizeof(t) * (n) <= (z), #r "." #name);
#define NTR_REC_S_LOAD(r, z, t, name, off) r->name = ntr_load_##t(p_ + (off));
#define NTR_REC_A_LOAD(r, z, t, name, off, n) \
	for (size_t i_ = 0; i_ < (n); i_++)   \
		r->name[i_] = ntr_load_##t(p_ + (off) + i_ * sizeof(t));

#define NTR_RECORD(tag, size, FIELDS)                                       \
	struct ntr_##tag {                                                  \
		FIELDS(NTR_REC_S_DECL, NTR_REC_A_DECL, , )                  \
	};                                                                  \
	enum { ntr_##tag##_size = (size) };                                 \
	FIELDS(NTR_REC_S_CHECK, NTR_REC_A_CHECK, tag, size)                 \
	static inline void ntr_##tag##_decode(struct ntr_##tag *r,          \
					      struct ntr_bin *b)            \
	{                                                                   \
		const u8 *p_ = ntr_bin_take(b, (size), #tag);               \
		memset(r, 0, sizeof(*r));                                   \
		if (!p_)                                                    \
			return;                                             \
		FIELDS(NTR_REC_S_LOAD, NTR_REC_A_LOAD, r, size)             \
	}

#endif
