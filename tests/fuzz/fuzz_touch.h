// SPDX-License-Identifier: Apache-2.0
/* For fuzz targets of dump formats: open bytes as a dump, then touch all that
 * the dump names and abort when what every format promises does not hold. */
#ifndef NTR_FUZZ_TOUCH_H
#define NTR_FUZZ_TOUCH_H

#include "fmt/dump.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TOUCH 64u

/* Runs come in order and each of them can be read at its end. */
static inline void touch_runs(struct ntr_dump *d)
{
	static u8 page[1 << 16];
	struct ntr_run r, again;
	u64 pfn = 0;

	for (unsigned i = 0; i < MAX_TOUCH && ntr_dump_run_from(d, pfn, &r);
	     i++, pfn = r.pfn + r.npages) {
		u64 pa = (r.pfn + r.npages - 1) << d->page_shift;

		if (!r.npages || r.pfn < pfn)
			abort();
		if (!ntr_dump_run_from(d, r.pfn, &again) || again.pfn != r.pfn)
			abort();
		if (ntr_space_read(&d->phys, pa, page,
				   (size_t)1 << d->page_shift, NULL) &&
		    r.off < NTR_OFF_PAGED)
			abort();
		(void)ntr_space_read_some(&d->phys, pa + 100, page, 5000);
	}
}

static inline void touch_blocks(struct ntr_dump *d)
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

static inline void touch_loc(struct ntr_dump *d, struct ntr_loc l)
{
	if (l.len && (l.off >= d->file->size || l.len > d->file->size - l.off))
		abort();
}

/* Every byte up to the NUL is read. */
static inline void touch_text(const char *s)
{
	if (strlen(s) > 1u << 16)
		abort();
}

static inline void touch_lists(struct ntr_dump *d)
{
	for (size_t i = 0; i < d->modules.n; i++) {
		touch_text(d->modules.v[i].name);
		touch_loc(d, d->modules.v[i].cv);
	}
	for (size_t i = 0; i < d->threads.n; i++) {
		touch_loc(d, d->threads.v[i].context);
		if (d->threads.v[i].name)
			touch_text(d->threads.v[i].name);
	}
	for (size_t i = 0; i < d->cpus.n; i++) {
		touch_loc(d, d->cpus.v[i].prstatus);
		touch_loc(d, d->cpus.v[i].qemu);
	}
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

/* Open the fd (taken over) and touch everything. Small cap on archives. */
#define FUZZ_UNPACKED (UINT64_C(1) << 20)

static inline void fuzz_dump_fd(int fd)
{
	struct ntr_open_opts o = { .max_unpacked = FUZZ_UNPACKED };
	struct ntr_dump *d = NULL;
	struct ntr_file *f;
	struct ntr_err e;

	if (fd < 0 || ntr_file_from_fd(&f, fd, "fuzz.dmp", &e))
		return;
	if (ntr_dump_open_file(&d, f, &o, &e)) {
		if (!e.msg[0])
			abort();
		return;
	}
	touch_runs(d);
	touch_blocks(d);
	touch_lists(d);
	ntr_dump_close(d);
}

/* The input with magic in place of its first bytes, unless it begins so: the
 * mutator would need long to find it. */
static inline int fuzz_fd_with(const uint8_t *data, size_t size,
			       const void *magic, size_t len)
{
	uint8_t *copy;
	int fd;

	if (size < len || size > 1u << 20 || !memcmp(data, magic, len))
		return ntr_fuzz_fd(data, size);
	copy = malloc(size);
	if (!copy)
		return -1;
	memcpy(copy, data, size);
	memcpy(copy, magic, len);
	fd = ntr_fuzz_fd(copy, size);
	free(copy);
	return fd;
}

#endif
