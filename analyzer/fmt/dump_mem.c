// SPDX-License-Identifier: Apache-2.0
#include "dump_mem.h"

#include "../base/sweep.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PFN (UINT64_C(1) << 52)

/* --- lists ------------------------------------------------------------- */

enum ntr_st ntr_dump_add_run(struct ntr_dump *d, u64 pfn, u64 npages, u64 off,
			     struct ntr_err *e)
{
	struct ntr_run *r, *last;

	if (!npages)
		return NTR_OK;
	if (pfn >= MAX_PFN || npages > MAX_PFN - pfn)
		return ntr_fail(e, NTR_BAD,
				"run of 0x%" PRIx64 " pages at pfn 0x%" PRIx64
				" is beyond any machine", npages, pfn);
	last = d->runs.n ? &d->runs.v[d->runs.n - 1] : NULL;
	if (last && last->pfn + last->npages == pfn && off < NTR_OFF_PAGED &&
	    last->off < NTR_OFF_PAGED &&
	    last->off + (last->npages << d->page_shift) == off) {
		last->npages += npages;
		return NTR_OK;
	}
	if (d->runs.n >= NTR_MAX_RUNS)
		return ntr_fail(e, NTR_LIMIT, "more than %u memory runs",
				NTR_MAX_RUNS);
	r = ntr_vec_add(&d->runs);
	if (!r)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*r = (struct ntr_run){ pfn, npages, off };
	return NTR_OK;
}

enum ntr_st ntr_dump_add_vblock(struct ntr_dump *d, u64 va, u64 len, u64 off,
				const char *what, struct ntr_err *e)
{
	struct ntr_vblock *b;

	if (!len)
		return NTR_OK;
	if (len - 1 > UINT64_MAX - va)
		return ntr_fail(e, NTR_BAD,
				"%s at 0x%" PRIx64 " of 0x%" PRIx64
				" bytes wraps", what, va, len);
	if (d->vblocks.n >= NTR_MAX_RUNS)
		return ntr_fail(e, NTR_LIMIT, "more than %u memory blocks",
				NTR_MAX_RUNS);
	b = ntr_vec_add(&d->vblocks);
	if (!b)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*b = (struct ntr_vblock){ va, len, off, what };
	return NTR_OK;
}

/* --- sealing ----------------------------------------------------------- */

/* Keep what the file holds of [off, off+len). */
static u64 clamp_to_file(const struct ntr_dump *d, u64 off, u64 len)
{
	if (off >= NTR_OFF_PAGED)
		return len;
	if (off >= d->file->size)
		return 0;
	return len < d->file->size - off ? len : d->file->size - off;
}

static void clamp_run(struct ntr_dump *d, struct ntr_run *r)
{
	u64 have, max = UINT64_MAX >> d->page_shift;

	if (r->off >= NTR_OFF_PAGED)
		return;
	have = r->npages > max ? UINT64_MAX : r->npages << d->page_shift;
	have = clamp_to_file(d, r->off, have) >> d->page_shift;
	if (have == r->npages)
		return;
	d->pages_missing += r->npages - have;
	d->complete = false;
	r->npages = have;
}

static enum ntr_st emit_run(void *ctx, const struct ntr_span *s, u64 from,
			    u64 to, struct ntr_err *e)
{
	struct ntr_dump *d = ctx;
	u64 off = s->off;

	if (off < NTR_OFF_PAGED)
		off += (from - s->at) << d->page_shift;
	return ntr_dump_add_run(d, from, to - from, off, e);
}

static bool runs_in_order(const struct ntr_dump *d)
{
	for (size_t i = 1; i < d->runs.n; i++)
		if (d->runs.v[i].pfn <
		    d->runs.v[i - 1].pfn + d->runs.v[i - 1].npages)
			return false;
	return true;
}

/* Whole pages that the file holds behind map_first. */
static u64 map_room(const struct ntr_dump *d)
{
	if (d->map_first == NTR_OFF_PAGED)
		return UINT64_MAX;
	if (d->map_first >= d->file->size)
		return 0;
	return (d->file->size - d->map_first) >> d->page_shift;
}

/* The run listed first is on top. */
static enum ntr_st sort_runs(struct ntr_dump *d, struct ntr_err *e)
{
	size_t n = d->runs.n;
	struct ntr_span *k = calloc(n, sizeof(*k));
	enum ntr_st st;

	if (!k)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const struct ntr_run *r = &d->runs.v[i];

		k[i] = (struct ntr_span){ r->pfn, r->npages, r->off, (u32)i };
	}
	d->runs.n = 0;
	st = ntr_sweep(k, n, emit_run, d, e);
	free(k);
	ntr_dump_note(d, "memory runs are out of order or overlap; for each "
		      "page the first listed was kept");
	return st;
}

static enum ntr_st seal_runs(struct ntr_dump *d, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;
	size_t w = 0;

	if (!runs_in_order(d))
		st = sort_runs(d, e);
	if (st)
		return st;
	for (size_t i = 0; i < d->runs.n; i++) {
		clamp_run(d, &d->runs.v[i]);
		if (d->runs.v[i].npages)
			d->runs.v[w++] = d->runs.v[i];
	}
	d->runs.n = w;
	if (d->has_map && map_room(d) < d->map.pages) {
		d->complete = false;
		d->pages_missing += d->map.pages - map_room(d);
	}
	if (d->pages_missing)
		ntr_dump_note(d, "%" PRIu64 " pages that the header promises "
			      "are not in the file, which ends at 0x%" PRIx64,
			      d->pages_missing, d->file->size);
	return NTR_OK;
}

/*
 * Sort by address, byte by byte from the lowest, those that differ only.
 * Triage dumps have thousands of blocks; qsort() was a tenth of the verdict.
 */
static void sort_by_byte(const struct ntr_vblock *in, struct ntr_vblock *out,
			 size_t n, unsigned shift)
{
	size_t at[256] = { 0 }, sum = 0;

	for (size_t i = 0; i < n; i++)
		at[in[i].va >> shift & 0xff]++;
	for (unsigned i = 0; i < 256; i++) {
		size_t count = at[i];

		at[i] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		out[at[in[i].va >> shift & 0xff]++] = in[i];
}

static bool sort_blocks(struct ntr_dump *d)
{
	struct ntr_vblock *a = d->vblocks.v, *b, *tmp;
	size_t n = d->vblocks.n;
	u64 differ = 0;

	b = calloc(n, sizeof(*b));
	if (!b)
		return false;
	tmp = b;
	for (size_t i = 1; i < n; i++)
		differ |= a[i].va ^ a[0].va;
	for (unsigned shift = 0; shift < 64; shift += 8) {
		struct ntr_vblock *swap = a;

		if (!(differ >> shift & 0xff))
			continue;
		sort_by_byte(a, b, n, shift);
		a = b;
		b = swap;
	}
	if (a != d->vblocks.v)
		memcpy(d->vblocks.v, a, n * sizeof(*a));
	free(tmp);
	return true;
}

/* Blocks may overlap (a call stack is often a data block too); make them
 * disjoint, the one that starts first wins. */
static enum ntr_st seal_blocks(struct ntr_dump *d, struct ntr_err *e)
{
	u64 last = 0, lost = 0; /* last: highest address covered so far */
	size_t w = 0;

	if (!sort_blocks(d))
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < d->vblocks.n; i++) {
		struct ntr_vblock b = d->vblocks.v[i];
		u64 have = clamp_to_file(d, b.off, b.len);

		lost += have < b.len;
		b.len = have;
		if (w && b.va <= last) {
			u64 cut = last - b.va + 1;

			if (cut >= b.len)
				continue;
			b.va += cut;
			b.off += cut;
			b.len -= cut;
		}
		if (!b.len)
			continue;
		last = b.va + (b.len - 1);
		d->vblocks.v[w++] = b;
	}
	d->vblocks.n = w;
	if (!lost)
		return NTR_OK;
	d->complete = false;
	ntr_dump_note(d, "%" PRIu64 " memory blocks reach past the end of the "
		      "file at 0x%" PRIx64, lost, d->file->size);
	return NTR_OK;
}

enum ntr_st ntr_dump_seal(struct ntr_dump *d, struct ntr_err *e)
{
	enum ntr_st st = seal_runs(d, e);

	if (st == NTR_OK && d->vblocks.n)
		st = seal_blocks(d, e);
	return st;
}

/* --- reading ----------------------------------------------------------- */

static bool map_run_from(const struct ntr_dump *d, u64 pfn,
			 struct ntr_run *out)
{
	u64 room = map_room(d);
	struct ntr_stretch s;

	if (ntr_pagemap_next(&d->map, pfn, &s, NULL) || s.rank >= room)
		return false;
	if (s.npages > room - s.rank)
		s.npages = room - s.rank;
	*out = (struct ntr_run){ s.pfn, s.npages, d->map_first };
	if (d->map_first != NTR_OFF_PAGED)
		out->off += s.rank << d->page_shift;
	return true;
}

bool ntr_dump_run_from(const struct ntr_dump *d, u64 pfn, struct ntr_run *out)
{
	size_t lo = 0, hi = d->runs.n;

	if (d->has_map)
		return map_run_from(d, pfn, out);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (d->runs.v[mid].pfn + d->runs.v[mid].npages <= pfn)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == d->runs.n)
		return false;
	*out = d->runs.v[lo];
	return true;
}

u64 ntr_dump_page_count(const struct ntr_dump *d)
{
	u64 n = 0, room = map_room(d);

	if (d->has_map)
		return d->map.pages < room ? d->map.pages : room;
	for (size_t i = 0; i < d->runs.n; i++)
		n += d->runs.v[i].npages;
	return n;
}

static const struct ntr_run *run_at(struct ntr_dump *d, u64 pfn)
{
	struct ntr_run *r = &d->last_run;

	if (pfn >= r->pfn && pfn - r->pfn < r->npages)
		return r;
	if (!ntr_dump_run_from(d, pfn, r)) {
		r->npages = 0;
		return NULL;
	}
	return r->pfn <= pfn ? r : NULL;
}

static enum ntr_st read_paged(struct ntr_dump *d, u64 addr, void *buf,
			      size_t *len, struct ntr_err *e)
{
	u64 size = UINT64_C(1) << d->page_shift, pfn = addr >> d->page_shift;
	u64 at = addr & (size - 1);
	enum ntr_st st;

	if (*len > size - at)
		*len = (size_t)(size - at);
	if (!d->fmt->read_page)
		return ntr_fail(e, NTR_UNSUP, "%s has no pages",
				d->fmt->name);
	if (!d->page)
		d->page = malloc((size_t)size);
	if (!d->page)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (d->page_pfn != pfn) {
		d->page_pfn = UINT64_MAX;
		st = d->fmt->read_page(d, pfn, d->page, e);
		if (st)
			return st;
		d->page_pfn = pfn;
	}
	memcpy(buf, d->page + at, *len);
	return NTR_OK;
}

static enum ntr_st read_in_run(struct ntr_dump *d, const struct ntr_run *r,
			       u64 addr, void *buf, size_t *len,
			       struct ntr_err *e)
{
	u64 at = addr - (r->pfn << d->page_shift);
	u64 left = (r->npages << d->page_shift) - at;

	if (*len > left)
		*len = (size_t)left;
	if (r->off == NTR_OFF_PAGED)
		return read_paged(d, addr, buf, len, e);
	if (r->off == NTR_OFF_ZERO) {
		memset(buf, 0, *len);
		return NTR_OK;
	}
	return ntr_file_read(d->file, r->off + at, buf, *len, e);
}

static enum ntr_st phys_read(const struct ntr_space *s, u64 addr, void *buf,
			     size_t len, struct ntr_err *e)
{
	struct ntr_dump *d = s->impl;
	enum ntr_st st;

	while (len) {
		const struct ntr_run *r = run_at(d, addr >> d->page_shift);
		size_t n = len;

		if (!r)
			return ntr_fail(e, NTR_ABSENT,
					"physical page 0x%" PRIx64
					" is not in the dump",
					addr >> d->page_shift);
		st = read_in_run(d, r, addr, buf, &n, e);
		if (st)
			return st;
		buf = (u8 *)buf + n;
		addr += n;
		len -= n;
	}
	return NTR_OK;
}

/* The first block that ends beyond va. */
static size_t block_search(const struct ntr_dump *d, u64 va)
{
	size_t lo = 0, hi = d->vblocks.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (d->vblocks.v[mid].va + (d->vblocks.v[mid].len - 1) < va)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Is i what a search for va would give? */
static bool block_fits(const struct ntr_dump *d, size_t i, u64 va)
{
	const struct ntr_vblock *b = d->vblocks.v;

	return i < d->vblocks.n && b[i].va + (b[i].len - 1) >= va &&
	       (!i || b[i - 1].va + (b[i - 1].len - 1) < va);
}

/* Reads come in clusters, of a stack here and of code there: the answer that
 * was right last for this part of the address space is tried first. */
static const struct ntr_vblock *block_at(struct ntr_dump *d, u64 va)
{
	size_t *hint = &d->block_hint[(va >> 20) % NTR_COUNT(d->block_hint)];

	if (!block_fits(d, *hint, va))
		*hint = block_search(d, va);
	if (*hint == d->vblocks.n || d->vblocks.v[*hint].va > va)
		return NULL;
	return &d->vblocks.v[*hint];
}

/* The part of one block from addr on, at most *len bytes. */
static enum ntr_st read_in_block(struct ntr_dump *d, u64 addr, void *buf,
				 size_t *len, struct ntr_err *e)
{
	const struct ntr_vblock *b = block_at(d, addr);
	u64 at;

	if (!b)
		return ntr_fail(e, NTR_ABSENT,
				"0x%" PRIx64 " is in no memory block of the "
				"dump", addr);
	at = addr - b->va;
	if (*len - 1 > b->len - 1 - at)
		*len = (size_t)(b->len - at);
	if (b->off != NTR_OFF_ZERO)
		return ntr_file_read(d->file, b->off + at, buf, *len, e);
	memset(buf, 0, *len);
	return NTR_OK;
}

static enum ntr_st blocks_read(const struct ntr_space *s, u64 addr, void *buf,
			       size_t len, struct ntr_err *e)
{
	while (len) {
		size_t n = len;
		enum ntr_st st = read_in_block(s->impl, addr, buf, &n, e);

		if (st)
			return st;
		buf = (u8 *)buf + n;
		addr += n;
		len -= n;
	}
	return NTR_OK;
}

static size_t blocks_some(const struct ntr_space *s, u64 addr, void *buf,
			  size_t len)
{
	size_t done = 0, n;

	for (; done < len; done += n) {
		n = len - done;
		if (read_in_block(s->impl, addr + done, (u8 *)buf + done, &n,
				  NULL))
			break;
	}
	return done;
}

void ntr_dump_mem_init(struct ntr_dump *d)
{
	d->phys = (struct ntr_space){ .name = "physical memory", .read = phys_read,
					.impl = d };
	d->blocks = (struct ntr_space){ "memory blocks", blocks_read, d,
				    blocks_some };
}
