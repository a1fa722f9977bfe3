// SPDX-License-Identifier: Apache-2.0
/* NT crash dumps of every kind: open, then touch all that the dump names.
 * The mutator would need long to find the signatures; the first byte of the
 * input chooses them when they are not there. */
<<<<<<< HEAD
#include "fmt/dump.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TOUCH 64u

static void touch_runs(struct ntr_dump *d)
{
	static u8 page[8192];
	size_t step = d->runs.n / MAX_TOUCH + 1;

	for (size_t i = 0; i < d->runs.n; i += step) {
		const struct ntr_run *r = &d->runs.v[i];
		u64 pa = (r->pfn + r->npages - 1) << d->page_shift;

		if (!r->npages || (i && r[-1].pfn + r[-1].npages > r->pfn))
			abort();
		if (ntr_dump_find_run(d, r->pfn) != r)
			abort();
		if (ntr_space_read(&d->phys, pa, page,
				   (size_t)1 << d->page_shift, NULL) &&
		    r->off < NTR_OFF_PAGED)
			abort();
		(void)ntr_space_read_some(&d->phys, pa + 100, page, 5000);
	}
}

static void touch_blocks(struct ntr_dump *d)
{
	static u8 buf[4096];
	size_t step = d->vblocks.n / MAX_TOUCH + 1;

	for (size_t i = 0; i < d->vblocks.n; i += step) {
		const struct ntr_vblock *b = &d->vblocks.v[i];
		size_t len = b->len < sizeof(buf) ? (size_t)b->len : sizeof(buf);

		if (i && b[-1].va + (b[-1].len - 1) >= b->va)
			abort();
		if (ntr_space_read(&d->blocks, b->va, buf, len, NULL))
			abort();
		(void)ntr_space_read_some(&d->blocks, b->va + b->len - 1, buf,
					  64);
	}
}

static void touch_loc(struct ntr_dump *d, struct ntr_loc l)
{
	if (l.len && (l.off >= d->file->size || l.len > d->file->size - l.off))
		abort();
}

/* Every byte up to the NUL is read. */
static void touch_text(const char *s)
{
	if (strlen(s) > 1u << 16)
		abort();
}

static void touch_lists(struct ntr_dump *d)
{
	for (size_t i = 0; i < d->modules.n; i++)
		touch_text(d->modules.v[i].name);
	for (size_t i = 0; i < d->unloaded.n; i++)
		touch_text(d->unloaded.v[i].name);
	for (size_t i = 0; i < d->notes.n; i++)
		touch_text(d->notes.v[i]);
	for (size_t i = 0; i < d->blobs.n; i++)
		touch_loc(d, d->blobs.v[i].loc);
	touch_loc(d, d->context);
	touch_loc(d, d->exception);
	touch_loc(d, d->triage.prcb);
	touch_loc(d, d->triage.process);
	touch_loc(d, d->triage.thread);
	touch_loc(d, d->triage.callstack);
	touch_loc(d, d->triage.kdbg);
	if (d->triage.broken_driver)
		touch_text(d->triage.broken_driver);
	if (strlen(d->meta.comment) >= sizeof(d->meta.comment))
		abort();
}
=======
#include "fuzz_touch.h"
>>>>>>> fmtother

/* An fd over the input, with a signature and a body tag in place. */
static int input(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	bool wide;
	int fd;

	if (size < 4 || !memcmp(data, "PAGE", 4) || size > 1u << 20)
		return ntr_fuzz_fd(data, size);
	copy = malloc(size);
	if (!copy)
		return -1;
	memcpy(copy, data, size);
	wide = data[0] & 1;
	if (size >= 8)
		memcpy(copy, wide ? "PAGEDU64" : "PAGEDUMP", 8);
	fd = ntr_fuzz_fd(copy, size);
	free(copy);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dump_fd(input(data, size));
	return 0;
}
