// SPDX-License-Identifier: Apache-2.0
/* A full dump made in memory, opened as a target. Fill m.b at literal offsets
 * between image_new() and image_open(). */
#ifndef NTR_TARGET_IMAGE_H
#define NTR_TARGET_IMAGE_H

#include "kobj/target.h"
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

/* A full dump: header, then physical memory from 0. Its virtual addresses:
 * x86: 0x80000000+x is physical x, and 0xffdff000 is 0x3000;
 * x64: 0xfffff80000000000+x is physical x. */
#define MEM 0x400000u
struct image {
	uint8_t *b;
	size_t hdr, len;
	struct ntr_dump *d;
	struct ntr_target *t;
};

static inline uint8_t *at(struct image *m, uint64_t pa)
{
	return m->b + m->hdr + pa;
}

static inline void put_utf16(uint8_t *p, const char *s)
{
	for (; *s; s++, p += 2)
		put16(p, 0, (uint8_t)*s);
}

static inline bool image_open(struct image *m)
{
	struct ntr_file *f;
	struct ntr_err e = { "" };
	int fd = memfd_create("dump", 0);

	m->d = NULL;
	m->t = NULL;
	if (fd < 0 || write(fd, m->b, m->len) != (ssize_t)m->len)
		return false;
	if (ntr_file_from_fd(&f, fd, "made.dmp", &e) ||
	    ntr_dump_open_file(&m->d, f, NULL, &e))
		return false;
	if (ntr_target_open(&m->t, m->d, &e) == NTR_OK)
		return true;
	ntr_dump_close(m->d);
	return false;
}

static inline void image_close(struct image *m)
{
	ntr_target_close(m->t);
	ntr_dump_close(m->d);
}

static inline void image_free(struct image *m)
{
	free(m->b);
	m->b = NULL;
}

static inline struct image image_new(size_t hdr)
{
	struct image m = { .hdr = hdr, .len = hdr + MEM };

	m.b = calloc(1, m.len);
	for (size_t i = 0; i < hdr; i += 4)
		memcpy(m.b + i, "PAGE", 4);
	return m;
}

static inline const char *missing_text(const struct ntr_target *t, const char *part)
{
	for (size_t i = 0; i < t->missing.n; i++)
		if (strstr(t->missing.v[i].what, part))
			return t->missing.v[i].what;
	return NULL;
}

#endif
