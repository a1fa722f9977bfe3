// SPDX-License-Identifier: Apache-2.0
#include "blob.h"

#include <stdlib.h>

#define PIECE 0x10000u

/* To the bytes that are there, so that a read past them is one past the end
 * for the tools that watch for such reads. */
static void shrink(struct ntr_blob *b)
{
	u8 *p;

	if (!b->len) {
		free(b->p);
		b->p = NULL;
		return;
	}
	p = realloc(b->p, b->len);
	if (p)
		b->p = p;
}

/* Room for one more piece. */
static u8 *grow(struct ntr_blob *b, size_t *cap, struct ntr_err *e)
{
	size_t want = *cap ? *cap * 2 : PIECE;
	u8 *p = b->p;

	if (*cap - b->len >= PIECE)
		return p;
	p = realloc(b->p, want);
	if (!p)
		return ntr_err_set(e, "out of memory"), NULL;
	b->p = p;
	*cap = want;
	return p;
}

static size_t piece(const struct ntr_space *s, u64 addr,
		    const struct ntr_pe *pe, const struct ntr_pe_debug_dir *d,
		    u8 *out, size_t off, size_t len)
{
	if (s)
		return ntr_space_read_some(s, addr + off, out, len);
	return ntr_pe_debug_data(pe, d, (u32)off, out, len);
}

static enum ntr_st load(struct ntr_blob *out, const struct ntr_space *s,
			u64 addr, const struct ntr_pe *pe,
			const struct ntr_pe_debug_dir *d, u64 len,
			struct ntr_err *e)
{
	struct ntr_blob b = { NULL, 0, false };
	size_t cap = 0, n, got;

	if (len > NTR_BLOB_MAX)
		return ntr_fail(e, NTR_LIMIT, "0x%" PRIx64 " bytes, at most "
				"0x%x are read", len, NTR_BLOB_MAX);
	while (b.len < len) {
		if (!grow(&b, &cap, e)) {
			free(b.p);
			return NTR_NOMEM;
		}
		n = len - b.len < PIECE ? (size_t)len - b.len : PIECE;
		got = piece(s, addr, pe, d, b.p + b.len, b.len, n);
		b.len += got;
		if (got < n)
			break;
	}
	shrink(&b);
	b.whole = b.len == len;
	*out = b;
	return NTR_OK;
}

enum ntr_st ntr_blob_load(struct ntr_blob *b, const struct ntr_space *s,
			  u64 addr, u64 len, struct ntr_err *e)
{
	return load(b, s, addr, NULL, NULL, len, e);
}

enum ntr_st ntr_blob_debug(struct ntr_blob *b, const struct ntr_pe *pe,
			   const struct ntr_pe_debug_dir *d,
			   struct ntr_err *e)
{
	enum ntr_st st = load(b, NULL, 0, pe, d, d->size, e);

	if (!st && !b->len)
		return ntr_blob_fini(b),
		       ntr_fail(e, NTR_ABSENT, "debug data of type %u at RVA "
				"0x%x, file offset 0x%x is not there", d->type,
				d->rva, d->raw);
	return st;
}

void ntr_blob_fini(struct ntr_blob *b)
{
	free(b->p);
	*b = (struct ntr_blob){ NULL, 0, false };
}

struct ntr_bin ntr_blob_bin(const struct ntr_blob *b, const char *origin,
			    u64 off0)
{
	return ntr_bin_of(b->p ? b->p : (const u8 *)"", b->len, origin, off0);
}
