// SPDX-License-Identifier: Apache-2.0
/*
 * A raw image: file offset = physical address, no header.  It claims what is
 * left, so it wants evidence: a size as memory has, no known magic, and
 * samples that look like memory.  Memory is full of zeros, small integers
 * and pointers with zero or repeated high bytes; compressed or encrypted
 * bytes are spread evenly over all values.
 */
#include "dump.h"
#include "file_kind.h"

#include <stdlib.h>

#define MIN_SIZE (UINT64_C(16) << 20)
#define PAGE 4096u
#define SAMPLES 256u
/* Even spread gives 1/256 = 0.4 % zero bytes, memory 20 % and more. */
#define MIN_ZERO_PERCENT 2u
#define ISO_MAGIC_OFF 0x8001u

static enum ntr_st raw_probe(const struct ntr_bin *head, u64 file_size,
			     struct ntr_err *e)
{
	(void)e;
	if (file_size < MIN_SIZE || file_size % PAGE)
		return NTR_UNSUP;
	return ntr_file_kind_known(head, file_size) ? NTR_UNSUP : NTR_OK;
}

struct sample {
	u64 bytes, zeros;
	unsigned used; /* pages that are not all zero */
};

static void sample_page(const u8 *page, size_t len, struct sample *s)
{
	if (ntr_all_zero(page, len))
		return;
	s->used++;
	s->bytes += len;
	for (size_t i = 0; i < len; i++)
		s->zeros += page[i] == 0;
}

/* Pages spread evenly over the file, the first one included. */
static void take_samples(struct ntr_file *f, struct sample *s)
{
	u64 pages = f->size / PAGE;
	u8 page[PAGE];

	for (unsigned i = 0; i < SAMPLES; i++) {
		u64 n = pages / SAMPLES * i;

		sample_page(page, ntr_file_read_some(f, n * PAGE, page, PAGE),
			    s);
	}
}

static enum ntr_st raw_open(struct ntr_dump *d, struct ntr_err *e)
{
	struct sample s = { 0 };
	u8 iso[5];

	if (ntr_file_read_some(d->file, ISO_MAGIC_OFF, iso, 5) == 5 &&
	    !memcmp(iso, "CD001", 5))
		return ntr_fail(e, NTR_UNSUP,
				"not a dump, because it is a CD or DVD image");
	take_samples(d->file, &s);
	if (!s.used)
		return ntr_fail(e, NTR_UNSUP,
				"not a dump: %u pages spread over the file "
				"are all zero bytes", SAMPLES);
	if (s.zeros * 100 < s.bytes * MIN_ZERO_PERCENT)
		return ntr_fail(e, NTR_UNSUP,
				"not a dump: no header, and the bytes are "
				"spread evenly, as compressed or encrypted "
				"data is");
	d->kind = NTR_KIND_PHYS;
	ntr_dump_note(d, "taken as a raw physical memory image: no header, "
		      "file offset = physical address");
	return ntr_dump_add_run(d, 0, d->file->size / PAGE, 0, e);
}

const struct ntr_fmt_ops ntr_fmt_raw = {
	.name = "raw",
	.descr = "raw physical memory image (no header)",
	.probe = raw_probe,
	.open = raw_open,
};
