// SPDX-License-Identifier: Apache-2.0
/* Secondary data: byte ranges under a GUID, added by drivers after the
 * primary part of a dump. */
#include "dmp.h"

#define MAX_BLOBS 4096

#define HEAD_FIELDS(S, A, r, z)      \
	A(r, z, u8,  magic, 0x0, 8)  \
	S(r, z, u32, size,  0x8)
NTR_RECORD(dmp_blob_head, 0x10, HEAD_FIELDS)

#define BLOB_FIELDS(S, A, r, z)       \
	S(r, z, u32, size,  0x00)     \
	A(r, z, u8,  guid,  0x04, 16) \
	S(r, z, u32, len,   0x14)     \
	S(r, z, u32, pre,   0x18)     \
	S(r, z, u32, post,  0x1c)
NTR_RECORD(dmp_blob, 0x20, BLOB_FIELDS)

/* Tags by their first two fields (the bytes as stored), named for what was
 * seen in them in real dumps. */
static const struct {
	u8 guid[6];
	const char *name;
} tags[] = {
	{ { 0x89, 0xc3, 0x7a, 0x6c, 0x13, 0x43 }, "processor registry values" },
	{ { 0x6f, 0xc0, 0x3d, 0xd0, 0x8e, 0xd8 }, "processor identification" },
	{ { 0xd2, 0x40, 0x3b, 0xe8, 0xa0, 0xb0 }, "ACPI tables" },
	{ { 0x8f, 0x00, 0x5c, 0xbc, 0x3a, 0x1e }, "SMBIOS tables" },
	{ { 0x55, 0xc0, 0x76, 0x92, 0x87, 0xeb }, "PCI configuration" },
	{ { 0x1d, 0x44, 0x82, 0xda, 0x42, 0x71 }, "storage port log" },
	{ { 0x4c, 0x4a, 0x7e, 0xf8, 0xa1, 0xc5 }, "driver framework log" },
	{ { 0xdc, 0x97, 0x22, 0xbf, 0xba, 0x34 }, "NVIDIA display driver" },
	{ { 0x04, 0x5e, 0x5d, 0x33, 0x3b, 0x56 }, "win32kfull log" },
	{ { 0x04, 0x5e, 0x5d, 0x33, 0x3a, 0x56 }, "win32kfull log" },
	{ { 0x04, 0x5e, 0x5d, 0x33, 0x38, 0x56 }, "win32kfull log" },
	{ { 0x00, 0xec, 0x81, 0x0f, 0x56, 0x9e }, "win32kbase input log" },
	{ { 0x00, 0xec, 0x81, 0x0f, 0x51, 0x9e }, "win32kbase log" },
	{ { 0x00, 0xec, 0x81, 0x0f, 0x50, 0x9e }, "win32kbase log" },
	{ { 0x00, 0xec, 0x81, 0x0f, 0x52, 0x9e }, "win32kbase log" },
	{ { 0x61, 0x7b, 0xba, 0x21, 0xf8, 0x05 }, "wdiwifi log" },
	{ { 0x61, 0x7b, 0xba, 0x21, 0xf9, 0x05 }, "wdiwifi log" },
	{ { 0x1a, 0x72, 0xfc, 0x67, 0x52, 0x28 }, "AmdPPM log" },
	{ { 0x1a, 0x72, 0xfc, 0x67, 0x53, 0x28 }, "AmdPPM log" },
};

static const char *tag_name(const u8 guid[16])
{
	for (size_t i = 0; i < NTR_COUNT(tags); i++)
		if (!memcmp(tags[i].guid, guid, sizeof(tags[i].guid)))
			return tags[i].name;
	return NULL;
}

static bool head_at(struct ntr_dump *d, u64 off, struct ntr_dmp_blob_head *h)
{
	u8 buf[0x10];
	struct ntr_bin b;

	if (ntr_file_read(d->file, off, buf, sizeof(buf), NULL))
		return false;
	b = ntr_bin_of(buf, sizeof(buf), d->file->name, off);
	ntr_dmp_blob_head_decode(h, &b);
	return !memcmp(h->magic, "DumpBlob", 8) && h->size >= 0x10;
}

/* One blob; *off moves to the next. False when the walk cannot go on. */
static bool blob_at(struct ntr_dump *d, u64 *off)
{
	u64 at = *off, data, left = d->file->size;
	struct ntr_dump_blob *slot;
	struct ntr_dmp_blob h;
	u8 buf[0x20];
	struct ntr_bin b;

	if (ntr_file_read(d->file, at, buf, sizeof(buf), NULL)) {
		d->complete = false;
		ntr_dump_note(d, "0x%" PRIx64 ": secondary data are cut off at "
			      "0x%" PRIx64, at, d->file->size);
		return false;
	}
	b = ntr_bin_of(buf, sizeof(buf), d->file->name, at);
	ntr_dmp_blob_decode(&h, &b);
	if (h.size < 0x20) {
		ntr_dump_note(d, "0x%" PRIx64 ": secondary data header of 0x%x "
			      "bytes, expected 0x20", at, h.size);
		return false;
	}
	data = at + h.size + h.pre;
	left = data < left ? left - data : 0;
	slot = ntr_vec_add(&d->blobs);
	if (!slot)
		return false;
	memcpy(slot->guid, h.guid, 16);
	slot->name = tag_name(h.guid);
	slot->loc.len = h.len < left ? h.len : left;
	slot->loc.off = slot->loc.len ? data : 0;
	if (h.len > left) {
		d->complete = false;
		ntr_dump_note(d, "0x%" PRIx64 ": secondary data of 0x%x bytes "
			      "reach past the end of the file at 0x%" PRIx64,
			      at, h.len, d->file->size);
		return false;
	}
	*off = data + h.len + h.post;
	return true;
}

void ntr_dmp_blobs(struct ntr_dmp *m)
{
	struct ntr_dump *d = m->d;
	struct ntr_dmp_blob_head h;
	u64 off = m->end;

	if (!head_at(d, off, &h))
		return;
	off += h.size;
	while (off < d->file->size && d->blobs.n < MAX_BLOBS)
		if (!blob_at(d, &off))
			return;
	if (off < d->file->size)
		ntr_dump_note(d, "0x%" PRIx64 ": more than %u pieces of "
			      "secondary data; the rest is left out", off,
			      MAX_BLOBS);
}
