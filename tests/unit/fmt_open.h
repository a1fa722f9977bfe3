// SPDX-License-Identifier: Apache-2.0
/* Opening bytes of a test as a dump: through a memory file and the whole of
 * ntr_dump_open(), as a user's file would be. */
#ifndef NTR_TEST_FMT_OPEN_H
#define NTR_TEST_FMT_OPEN_H

#include "fmt/dump.h"
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

static struct {
	enum ntr_st st;
	struct ntr_err e;
} opened;

/* A memory file of size bytes, the first len of them given, or -1. */
static inline int bytes_fd(const void *p, size_t len, uint64_t size)
{
	int fd = memfd_create("t", 0);

	if (fd < 0 || ftruncate(fd, (off_t)size) ||
	    pwrite(fd, p, len, 0) != (ssize_t)len)
		abort();
	return fd;
}

static inline struct ntr_dump *open_fd(int fd, u64 max_unpacked)
{
	struct ntr_open_opts o = { .max_unpacked = max_unpacked };
	struct ntr_dump *d = NULL;
	struct ntr_file *f;

	memset(&opened, 0, sizeof(opened));
	opened.st = ntr_file_from_fd(&f, fd, "t.dmp", &opened.e);
	if (opened.st == NTR_OK)
		opened.st = ntr_dump_open_file(&d, f, &o, &opened.e);
	return d;
}

static inline struct ntr_dump *open_bytes(const void *p, size_t len)
{
	return open_fd(bytes_fd(p, len, len), 0);
}

/* A file of the corpus; NULL when it cannot be opened, see opened. */
static inline struct ntr_dump *open_path(const char *path)
{
	struct ntr_dump *d = NULL;

	memset(&opened, 0, sizeof(opened));
	opened.st = ntr_dump_open(&d, path, NULL, &opened.e);
	return d;
}

/* The byte at a, or -1. */
static inline int byte_at(const struct ntr_space *s, u64 a)
{
	u8 v;

	return ntr_read_u8(s, a, &v) ? -1 : v;
}

/* All notes in one text. */
static inline const char *notes(const struct ntr_dump *d)
{
	static char text[8192];
	size_t n = 0;

	text[0] = 0;
	for (size_t i = 0; d && i < d->notes.n && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\n",
				      d->notes.v[i]);
	return text;
}

/* Runs of pages, neighbours joined, whether from the list or the map. */
static inline size_t fx_runs(const struct ntr_dump *d)
{
	struct ntr_run r;
	size_t n = 0;
	u64 end = UINT64_MAX;

	for (u64 pfn = 0; ntr_dump_run_from(d, pfn, &r); pfn = end) {
		n += r.pfn != end;
		end = r.pfn + r.npages;
	}
	return n;
}

#endif
