// SPDX-License-Identifier: Apache-2.0
/*
 * LiME: ranges of physical memory one after the other, each with a 32-byte
 * header: u32 magic, u32 version, u64 first address, u64 last address
 * (inclusive), u64 reserved.  Source: doc/README.md of the LiME project,
 * "lime" format.
 */
#include "../base/record.h"
#include "dump.h"

#define LIME_MAGIC 0x4c694d45u
#define LIME_VERSION 1u
#define MAX_RANGES 65536u

#define LIME_FIELDS(S, A, r, z)     \
	S(r, z, u32, magic,   0x00) \
	S(r, z, u32, version, 0x04) \
	S(r, z, u64, first,   0x08) \
	S(r, z, u64, last,    0x10)
NTR_RECORD(lime_range, 0x20, LIME_FIELDS)

static enum ntr_st lime_probe(const struct ntr_bin *head, u64 file_size,
			      struct ntr_err *e)
{
	struct ntr_bin b = *head;
	u32 magic = ntr_bin_u32(&b, "magic");
	u32 version = ntr_bin_u32(&b, "version");

	(void)file_size;
	if (b.bad || magic != LIME_MAGIC)
		return NTR_UNSUP;
	if (version != LIME_VERSION)
		return ntr_fail(e, NTR_BAD,
				"LiME version %u, only version 1 is known",
				version);
	return NTR_OK;
}

/* Whole pages of [first, last] whose bytes begin at off. */
static enum ntr_st add_range(struct ntr_dump *d, u64 first, u64 last, u64 off,
			     bool *cut, struct ntr_err *e)
{
	u64 mask = (UINT64_C(1) << d->page_shift) - 1;
	u64 start = (first + mask) & ~mask;
	u64 end = last + 1; /* 0: up to the end of the address space */

	if (start < first || (end && start >= end)) {
		*cut = true;
		return NTR_OK;
	}
	if (start != first || (end & mask))
		*cut = true;
	return ntr_dump_add_run(d, start >> d->page_shift,
				(end - start) >> d->page_shift,
				off + (start - first), e);
}

/* Read the header at off; false (with a note) when there is none. */
static bool range_at(struct ntr_dump *d, u64 off, struct ntr_lime_range *r)
{
	u8 buf[ntr_lime_range_size];
	size_t n = ntr_file_read_some(d->file, off, buf, sizeof(buf));
	struct ntr_bin b = ntr_bin_of(buf, n, d->file->name, off);

	ntr_lime_range_decode(r, &b);
	if (b.bad)
		ntr_dump_note(d, "the file ends inside the range header at "
			      "0x%" PRIx64, off);
	else if (r->magic != LIME_MAGIC || r->version != LIME_VERSION)
		ntr_dump_note(d, "no range header at 0x%" PRIx64 " (found "
			      "0x%08x version %u); what follows was not read",
			      off, r->magic, r->version);
	else if (r->last < r->first)
		ntr_dump_note(d, "the range at 0x%" PRIx64 " ends (0x%" PRIx64
			      ") before it begins (0x%" PRIx64 ")", off,
			      r->last, r->first);
	else
		return true;
	d->complete = false;
	return false;
}

static enum ntr_st lime_open(struct ntr_dump *d, struct ntr_err *e)
{
	struct ntr_lime_range r;
	bool cut = false;
	u64 off = 0, n = 0;
	enum ntr_st st;

	d->kind = NTR_KIND_PHYS;
	for (; off < d->file->size && range_at(d, off, &r); n++) {
		u64 len = r.last - r.first; /* less one */

		if (n == MAX_RANGES)
			return ntr_fail(e, NTR_LIMIT,
					"more than %u LiME ranges", MAX_RANGES);
		off += ntr_lime_range_size;
		st = add_range(d, r.first, r.last, off, &cut, e);
		if (st)
			return st;
		if (len >= UINT64_MAX - off)
			break;
		off += len + 1;
	}
	if (cut)
		ntr_dump_note(d, "some LiME ranges are not whole pages; their "
			      "first or last partial pages were left out");
	if (!n)
		return ntr_fail(e, NTR_BAD, "no LiME range can be read");
	return NTR_OK;
}

const struct ntr_fmt_ops ntr_fmt_lime = {
	.name = "lime",
	.descr = "LiME physical memory image",
	.probe = lime_probe,
	.open = lime_open,
};
