// SPDX-License-Identifier: Apache-2.0
#include "dmp_bitmap.h"

/* Bits set before bit n of len bytes; *set: whether bit n is, else 0. */
static u64 bits_before(const u8 *p, size_t len, u64 n, bool *set)
{
	u64 count = 0;
	size_t i = 0;

	*set = n / 8 < len && p[n / 8] >> n % 8 & 1;
	if (!*set)
		return 0;
	for (; i + 8 <= n / 8; i += 8)
		count += ntr_dmp_popcount(ntr_load_u64(p + i));
	for (; i < n / 8; i++)
		count += ntr_dmp_popcount(p[i]);
	return count + ntr_dmp_popcount(p[i] & ((1u << n % 8) - 1));
}

/* In pieces that go through the file's block cache: the next page asked for
 * is often in the same block. */
static enum ntr_st read_cached(struct ntr_dump *d, u64 off, u8 *out,
			       struct ntr_err *e)
{
	size_t size = (size_t)1 << d->page_shift, each = 2048;
	enum ntr_st st = NTR_OK;

	for (size_t at = 0; at < size && st == NTR_OK; at += each)
		st = ntr_file_read(d->file, off + at, out + at, each, e);
	return st;
}

static enum ntr_st read_page(struct ntr_dump *d, u64 pfn, void *page,
			     struct ntr_err *e)
{
	const struct ntr_dmp_index *ix = d->priv;
	u64 unit = pfn / (NTR_DMP_UNIT * 8), in = pfn % (NTR_DMP_UNIT * 8);
	u64 rank = 0, at = ix->map + unit * NTR_DMP_UNIT;
	u8 bits[NTR_DMP_UNIT];
	bool set = false;
	size_t len;

	if (pfn < ix->bits && unit < ix->nranks) {
		u64 left = (ix->bits + 7) / 8 - unit * NTR_DMP_UNIT;

		len = left < sizeof(bits) ? (size_t)left : sizeof(bits);
		if (at + len > d->file->size)
			len = (size_t)(d->file->size - at);
		if (ntr_file_read(d->file, at, bits, len, e))
			return NTR_IO;
		rank = ix->rank[unit] + bits_before(bits, len, in, &set);
	}
	if (!set)
		return ntr_fail(e, NTR_ABSENT,
				"physical page 0x%" PRIx64 " is not in the dump",
				pfn);
	return read_cached(d, ix->first + (rank << d->page_shift), page, e);
}

enum ntr_st ntr_dmp_use_index(struct ntr_dump *d, struct ntr_dmp_index *ix,
			      u64 pfn, u64 npages, struct ntr_err *e)
{
	struct ntr_fmt_ops *ops = ntr_arena_alloc(&d->arena, sizeof(*ops));

	if (!ops)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	/* Only this dump has pages that are not plain bytes of the file. */
	*ops = *d->fmt;
	ops->read_page = read_page;
	d->fmt = ops;
	d->priv = ix;
	return ntr_dump_add_run(d, pfn, npages, NTR_OFF_PAGED, e);
}
