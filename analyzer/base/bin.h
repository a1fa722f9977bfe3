// SPDX-License-Identifier: Apache-2.0
/*
 * The bounded cursor: the only code that indexes untrusted bytes.
 *
 * A cursor covers [base, end) of memory that the caller keeps alive, and
 * knows where those bytes came from (origin and off0), so that an error says
 * "m.dmp+0x1f98: dump type wants 4 bytes past the end".  The first short
 * read poisons it: later reads give 0 and change nothing.  Read a record,
 * then ask ntr_bin_done() once, before any value of it becomes a size, a
 * count or an offset.  All integers are little-endian unless the name says
 * otherwise.
 */
#ifndef NTR_BIN_H
#define NTR_BIN_H

#include "status.h"

#include <endian.h>
#include <string.h>

struct ntr_bin {
	const u8 *base, *pos, *end;
	const char *origin; /* file name, borrowed; may be NULL */
	u64 off0;           /* offset of base in the origin */
	const char *bad;    /* first field that did not fit, or NULL */
	u64 bad_off, bad_len;
};

static inline struct ntr_bin ntr_bin_of(const void *p, size_t len,
					const char *origin, u64 off0)
{
	const u8 *b = p;

	return (struct ntr_bin){ .base = b, .pos = b, .end = b + len,
				 .origin = origin, .off0 = off0 };
}

static inline size_t ntr_bin_left(const struct ntr_bin *b)
{
	return (size_t)(b->end - b->pos);
}

/* Offset of the read position, in the origin. */
static inline u64 ntr_bin_off(const struct ntr_bin *b)
{
	return b->off0 + (u64)(b->pos - b->base);
}

/* Remember the first failure and stop reading. */
void ntr_bin_poison(struct ntr_bin *b, u64 len, const char *what);

/* len bytes at the position, or NULL (and poison). Borrowed. */
static inline const u8 *ntr_bin_take(struct ntr_bin *b, size_t len,
				     const char *what)
{
	const u8 *p = b->pos;

	if (NTR_UNLIKELY(b->bad || ntr_bin_left(b) < len)) {
		ntr_bin_poison(b, len, what);
		return NULL;
	}
	b->pos += len;
	return p;
}

#define NTR_BIN_INT(type, name, conv)                                        \
	static inline type ntr_bin_##name(struct ntr_bin *b, const char *what) \
	{                                                                    \
		type v;                                                      \
		const u8 *p = ntr_bin_take(b, sizeof(v), what);              \
		if (!p)                                                      \
			return 0;                                            \
		memcpy(&v, p, sizeof(v));                                    \
		return conv(v);                                              \
	}
NTR_BIN_INT(u16, u16, le16toh)
NTR_BIN_INT(u32, u32, le32toh)
NTR_BIN_INT(u64, u64, le64toh)
NTR_BIN_INT(u16, be16, be16toh)
NTR_BIN_INT(u32, be32, be32toh)
NTR_BIN_INT(u64, be64, be64toh)
#undef NTR_BIN_INT

static inline void ntr_bin_skip(struct ntr_bin *b, size_t len, const char *what)
{
	(void)ntr_bin_take(b, len, what);
}

/* Copy len bytes out; zero-fills on a short read. */
void ntr_bin_copy(struct ntr_bin *b, void *out, size_t len, const char *what);

/* Move to an offset counted from base. Beyond the end poisons. */
void ntr_bin_seek(struct ntr_bin *b, u64 off, const char *what);

/*
 * A cursor over [off, off+len) of b's base; poisoned when that does not fit.
 * Does not move b.
 */
struct ntr_bin ntr_bin_sub(const struct ntr_bin *b, u64 off, u64 len,
			   const char *what);

/* True when n items of each bytes fit in what is left; else poison. */
bool ntr_bin_fits(struct ntr_bin *b, u64 n, u64 each, const char *what);

/* OK, or BAD with "origin+0xoff: what wants n bytes past the end". */
NTR_MUST enum ntr_st ntr_bin_done(const struct ntr_bin *b, struct ntr_err *e);

#endif
