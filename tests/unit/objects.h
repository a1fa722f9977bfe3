// SPDX-License-Identifier: Apache-2.0
/* A scenario as an open target, with memory that a test can change. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include "forge_read.h"
#include "kobj/symbols.h"

#include <sys/mman.h>

struct patch {
	uint64_t va;
	uint8_t b[8];
	size_t n;
};

struct machine {
	struct blob file;
	struct ntr_dump *d;
	struct ntr_target *t;
	/* what the target reads, behind the patches */
	struct ntr_space over;
	const struct ntr_space *under;
	struct patch patch[64];
	size_t npatches;
};

static inline enum ntr_st patched_read(const struct ntr_space *s, u64 va, void *buf,
				       size_t len, struct ntr_err *e)
{
	const struct machine *m = s->impl;
	enum ntr_st st = ntr_space_read(m->under, va, buf, len, e);

	for (size_t i = 0; !st && i < m->npatches; i++)
		for (size_t k = 0; k < m->patch[i].n; k++)
			if (m->patch[i].va + k - va < len)
				((uint8_t *)buf)[m->patch[i].va + k - va] =
					m->patch[i].b[k];
	return st;
}

static inline bool machine_open_with(struct machine *m, const char *text,
				     const char *container,
				     struct ntr_store *store)
{
	struct ntr_err e = { "" };
	struct ntr_file *f;
	int fd;

	memset(m, 0, sizeof(*m));
	m->file = forge_str(text, container);
	if (!m->file.n)
		return false;
	fd = memfd_create("dump", 0);
	if (fd < 0 || write(fd, m->file.p, m->file.n) != (ssize_t)m->file.n)
		return false;
	free(m->file.p);
	if (ntr_file_from_fd(&f, fd, "forged.dmp", &e) ||
	    ntr_dump_open_file(&m->d, f, NULL, &e) ||
	    ntr_target_open_with(&m->t, m->d, store, &e)) {
		CHECK_STR(e.msg, "");
		return false;
	}
	m->under = m->t->mem;
	m->over = (struct ntr_space){ .name = "patched", .read = patched_read,
				      .impl = m };
	m->t->mem = &m->over;
	return true;
}

static inline bool machine_open(struct machine *m, const char *text,
				const char *container)
{
	return machine_open_with(m, text, container, NULL);
}

/* A fixture as another machine ("x86 xp"), with two processors. */
static inline bool machine_open_as(struct machine *m, const char *name,
				   const char *machine, const char *container)
{
	char *text = fixture(name), *rest, *whole;
	size_t size;
	bool ok;

	rest = text ? strstr(text, "\nmachine ") : NULL;
	rest = rest ? strchr(rest + 1, '\n') : NULL;
	CHECK(rest != NULL);
	if (!rest) {
		free(text);
		return false;
	}
	size = strlen(rest) + 64;
	whole = malloc(size);
	snprintf(whole, size, "machine %s cpus 2%s", machine, rest);
	ok = machine_open(m, whole, container);
	free(whole);
	free(text);
	return ok;
}

static inline void machine_close(struct machine *m)
{
	m->t->mem = m->under;
	ntr_target_close(m->t);
	ntr_dump_close(m->d);
}

static inline void machine_patch(struct machine *m, uint64_t va, uint64_t v, size_t n)
{
	struct patch *p = &m->patch[m->npatches++];

	CHECK(m->npatches <= 64);
	p->va = va;
	p->n = n;
	for (size_t i = 0; i < n; i++)
		p->b[i] = (uint8_t)(v >> 8 * i);
}

static inline uint64_t machine_ptr(struct machine *m, uint64_t va)
{
	u64 v = 0;

	CHECK_EQ(ntr_read_ptr(m->t->mem, va, m->t->ptr_size, &v), NTR_OK);
	return v;
}

/* "afd!Work": the nearest name, exports too, without the displacement. */
static inline const char *name_of(struct machine *m, uint64_t va, char out[64])
{
	struct ntr_named at;

	out[0] = 0;
	if (ntr_target_name(m->t, va, false, &at))
		snprintf(out, 64, "%s!%.40s", at.module->name, at.name);
	return out;
}

#endif
