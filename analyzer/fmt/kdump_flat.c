// SPDX-License-Identifier: Apache-2.0
/*
 * The flattened form of makedumpfile -F and of QEMU: a 4096-byte header, then
 * records {s64 offset, s64 size} (big-endian), each followed by its bytes,
 * until offset -1.
 */
#include "kdump.h"

#include "../base/sweep.h"

#include <string.h>

struct writes {
	NTR_VEC(struct ntr_span);
};

/* --- the index ------------------------------------------------------------------ */

static enum ntr_st emit(void *ctx, const struct ntr_span *s, u64 from, u64 to,
			struct ntr_err *e)
{
	struct ntr_flat *fl = ctx;
	struct ntr_flat_rec *out = ntr_vec_add(&fl->recs);

	if (!out)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*out = (struct ntr_flat_rec){ from, to - from, s->off + (from - s->at) };
	return NTR_OK;
}

static enum ntr_st build(struct ntr_flat *fl, struct writes *w,
			 struct ntr_err *e)
{
	const struct ntr_flat_rec *last;
	enum ntr_st st = ntr_sweep(w->v, w->n, emit, fl, e);

	if (st || !w->n)
		return st;
	last = &fl->recs.v[fl->recs.n - 1];
	fl->size = last->at + last->len;
	return NTR_OK;
}

/* --- the stream ------------------------------------------------------------------- */

static enum ntr_st add_write(struct writes *w, u64 at, u64 len, u64 off,
			     struct ntr_err *e)
{
	struct ntr_span *v;

	if (w->n >= NTR_FLAT_MAX)
		return ntr_fail(e, NTR_LIMIT,
				"more than %u records in the flattened file",
				NTR_FLAT_MAX);
	v = ntr_vec_add(w);
	if (!v)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	/* a later write is on top */
	*v = (struct ntr_span){ at, len, off, NTR_FLAT_MAX - (u32)w->n };
	return NTR_OK;
}

static enum ntr_st scan(struct ntr_flat *fl, struct writes *w,
			struct ntr_err *e)
{
	u64 off = NTR_FLAT_HEADER, size = fl->file->size;
	enum ntr_st st;

	for (;;) {
		u8 h[16];
		size_t n = ntr_file_read_some(fl->file, off, h, sizeof(h));
		struct ntr_bin b = ntr_bin_of(h, n, NULL, off);
		u64 at = ntr_bin_be64(&b, "offset");
		u64 len = ntr_bin_be64(&b, "size");

		if (!b.bad && at == UINT64_MAX)
			return NTR_OK;
		fl->bad_off = off;
		fl->cut = true;
		if (b.bad || at > INT64_MAX || len > INT64_MAX)
			return NTR_OK;
		off += sizeof(h);
		fl->cut = len > size - off;
		if (fl->cut)
			len = size - off;
		if (len) {
			st = add_write(w, at, len, off, e);
			if (st)
				return st;
		}
		if (fl->cut)
			return NTR_OK;
		off += len;
	}
}

/* --- reading ------------------------------------------------------------------------ */

/* The first record that ends after at. */
static size_t find(const struct ntr_flat *fl, u64 at)
{
	size_t lo = 0, hi = fl->recs.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (fl->recs.v[mid].at + fl->recs.v[mid].len <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool ntr_flat_raw(const struct ntr_flat *fl, u64 at, u64 len, u64 *off)
{
	size_t i = find(fl, at);
	const struct ntr_flat_rec *r;

	if (i == fl->recs.n || fl->recs.v[i].at > at)
		return false;
	r = &fl->recs.v[i];
	if (len > r->len - (at - r->at))
		return false;
	*off = r->off + (at - r->at);
	return true;
}

/* What no record wrote is a hole and reads as zeros, up to the end. */
static enum ntr_st flat_read(const struct ntr_space *s, u64 at, void *buf,
			     size_t len, struct ntr_err *e)
{
	const struct ntr_flat *fl = s->impl;
	size_t i;
	u8 *out = buf;

	if (at > fl->size || len > fl->size - at)
		return ntr_fail(e, NTR_ABSENT,
				"%s: offset 0x%" PRIx64 " of the unflattened "
				"file: wants %zu bytes, it ends at 0x%" PRIx64,
				fl->file->name, at, len, fl->size);
	for (i = find(fl, at); len; ) {
		const struct ntr_flat_rec *r = &fl->recs.v[i];
		u64 n = r->at > at ? r->at - at : r->len - (at - r->at);
		enum ntr_st st;

		if (n > len)
			n = len;
		if (r->at > at) {
			memset(out, 0, (size_t)n);
		} else {
			st = ntr_file_read(fl->file, r->off + (at - r->at),
					   out, (size_t)n, e);
			if (st)
				return st;
			i += at + n == r->at + r->len;
		}
		out += n;
		at += n;
		len -= (size_t)n;
	}
	return NTR_OK;
}

enum ntr_st ntr_flat_init(struct ntr_flat *fl, struct ntr_file *f,
			  struct ntr_err *e)
{
	struct writes w = { 0 };
	enum ntr_st st;

	memset(fl, 0, sizeof(*fl));
	fl->file = f;
	fl->space = (struct ntr_space){ .name = "unflattened file", .read = flat_read,
					.impl = fl };
	st = scan(fl, &w, e);
	if (st == NTR_OK)
		st = build(fl, &w, e);
	ntr_vec_fini(&w);
	if (st)
		ntr_flat_fini(fl);
	return st;
}

void ntr_flat_fini(struct ntr_flat *fl)
{
	ntr_vec_fini(&fl->recs);
}
