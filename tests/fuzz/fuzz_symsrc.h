// SPDX-License-Identifier: Apache-2.0
/* Every question that a symbol source answers, for the fuzz targets of its
 * formats. A slot that struct ntr_symsrc_ops gets, gets a line here. */
#ifndef FUZZ_SYMSRC_H
#define FUZZ_SYMSRC_H

#include "fuzz.h"
#include "sym/source.h"

#include <string.h>

struct fuzz_first {
	struct ntr_symsrc *s;
	unsigned n, types;
	char name[64];
};

static inline bool fuzz_symbol(void *ctx, const struct ntr_symbol *y)
{
	struct fuzz_first *f = ctx;
	struct ntr_symbol z;

	if (f->n++ < 8) {
		(void)!ntr_symsrc_at(f->s, y->rva, &z, NULL);
		(void)!ntr_symsrc_at(f->s, y->rva + y->size, &z, NULL);
		(void)!ntr_symsrc_named(f->s, y->name, &z, NULL);
	}
	return true;
}

static inline bool fuzz_line(void *ctx, const struct ntr_line *l)
{
	struct fuzz_first *f = ctx;
	struct ntr_line z;

	if (f->n++ < 8)
		(void)!ntr_symsrc_line(f->s, l->rva, &z, NULL);
	return l->file != NULL;
}

static inline bool fuzz_member(void *ctx, const struct ntr_type_member *m)
{
	struct fuzz_first *f = ctx;
	struct ntr_type t;

	if (f->n++ < 64)
		(void)!ntr_symsrc_type(f->s, m->type, &t, NULL);
	return true;
}

static inline bool fuzz_type(void *ctx, const char *name, u64 id)
{
	struct fuzz_first *f = ctx;
	struct ntr_type t;

	(void)!ntr_symsrc_type_named(f->s, name, &id, NULL);
	(void)!ntr_symsrc_type(f->s, id, &t, NULL);
	f->n = 0;
	(void)!ntr_symsrc_members(f->s, id, fuzz_member, f, NULL);
	return f->types++ < 64;
}

static inline void fuzz_ask(struct ntr_symsrc *s)
{
	struct fuzz_first f = { .s = s };
	struct ntr_symbol y;
	struct ntr_uwrec u;
	struct ntr_type t;

	(void)!ntr_symsrc_each(s, fuzz_symbol, &f, NULL);
	f.n = 0;
	(void)!ntr_symsrc_each_line(s, fuzz_line, &f, NULL);
	(void)!ntr_symsrc_each_type(s, fuzz_type, &f, NULL);
	for (u64 id = 0xff0; id < 0x1020; id++) {
		(void)!ntr_symsrc_type(s, id, &t, NULL);
		f.n = 0;
		(void)!ntr_symsrc_members(s, id, fuzz_member, &f, NULL);
	}
	for (u64 rva = 0; rva < 0x8000; rva += 0x210) {
		(void)!ntr_symsrc_at(s, rva, &y, NULL);
		(void)!ntr_symsrc_unwind(s, rva, &u, NULL);
	}
	(void)!ntr_symsrc_named(s, "no such name", &y, NULL);
}

/* The bytes as a file that must be of the format `ops`, or nothing. */
static inline struct ntr_symsrc *fuzz_open(const uint8_t *data, size_t size,
					   const char *format)
{
	struct ntr_symsrc *s;
	struct ntr_file *f;
	int fd = ntr_fuzz_fd(data, size);

	if (fd < 0 || ntr_file_from_fd(&f, fd, "fuzz", NULL))
		return NULL;
	if (ntr_symsrc_open_file(&s, f, NULL))
		return NULL;
	if (strcmp(s->ops->name, format)) {
		ntr_symsrc_close(s);
		return NULL;
	}
	return s;
}

#endif
