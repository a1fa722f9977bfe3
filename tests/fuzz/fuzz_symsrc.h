// SPDX-License-Identifier: Apache-2.0
/* Every question of a symbol source, asked of bytes that are made up. Bounded:
 * so many addresses, so many types, members only of those. */
#ifndef NTR_FUZZ_SYMSRC_H
#define NTR_FUZZ_SYMSRC_H

#include "fuzz.h"
#include "sym/source.h"

#include <string.h>

#define FUZZ_ROUNDS 64u

struct fuzz_asked {
	struct ntr_symsrc *s;
	unsigned n;
	uint64_t sum; /* everything that is handed out is read */
};

static inline bool fuzz_var(void *ctx, const struct ntr_var *v)
{
	struct fuzz_asked *a = ctx;
	struct ntr_type t;

	a->sum += strlen(v->name) + (v->reg ? strlen(v->reg) : 0);
	if (v->type)
		(void)!ntr_symsrc_type(a->s, v->type, &t, NULL);
	return true;
}

static inline bool fuzz_symbol(void *ctx, const struct ntr_symbol *y)
{
	struct fuzz_asked *a = ctx;
	struct ntr_symbol again;
	struct ntr_type t;

	a->sum += strlen(y->name) + y->rva + y->size;
	if (y->type)
		(void)!ntr_symsrc_type(a->s, y->type, &t, NULL);
	(void)!ntr_symsrc_named(a->s, y->name, &again, NULL);
	(void)!ntr_symsrc_at(a->s, y->rva + y->size / 2, &again, NULL);
	(void)!ntr_symsrc_vars(a->s, y->rva + y->size / 2, fuzz_var, a, NULL);
	return ++a->n < FUZZ_ROUNDS;
}

static inline bool fuzz_line(void *ctx, const struct ntr_line *l)
{
	struct fuzz_asked *a = ctx;
	struct ntr_line again;
	struct ntr_uwrec u;

	a->sum += (l->file ? strlen(l->file) : 0) + l->line;
	(void)!ntr_symsrc_line(a->s, l->rva, &again, NULL);
	if (ntr_symsrc_unwind(a->s, l->rva, &u, NULL) == NTR_OK)
		a->sum += strlen(u.cfi) + (u.program ? strlen(u.program) : 0);
	return ++a->n < FUZZ_ROUNDS;
}

static inline bool fuzz_member(void *ctx, const struct ntr_type_member *m)
{
	struct fuzz_asked *a = ctx;
	struct ntr_type t = { .to = m->type };

	a->sum += m->name ? strlen(m->name) : 0;
	for (unsigned i = 0; t.to && i < NTR_TYPE_DEPTH; i++)
		if (ntr_symsrc_type(a->s, t.to, &t, NULL))
			break;
	return ++a->n < FUZZ_ROUNDS;
}

static inline bool fuzz_type(void *ctx, const char *name, uint64_t id)
{
	struct fuzz_asked *a = ctx;
	struct ntr_type t;
	uint64_t again;

	(void)!ntr_symsrc_type_named(a->s, name, &again, NULL);
	(void)!ntr_symsrc_type(a->s, id, &t, NULL);
	(void)!ntr_symsrc_members(a->s, id, fuzz_member, a, NULL);
	return ++a->n < FUZZ_ROUNDS;
}

/* Ids that nobody handed out: around the first type of a CodeView table. */
static inline void fuzz_ids(struct fuzz_asked *a)
{
	struct ntr_type t;

	for (uint64_t id = 0xff0; id < 0x1020; id++) {
		(void)!ntr_symsrc_type(a->s, id, &t, NULL);
		a->n = 0;
		(void)!ntr_symsrc_members(a->s, id, fuzz_member, a, NULL);
	}
}

static inline void fuzz_at(struct fuzz_asked *a, uint64_t rva)
{
	struct ntr_uwrec u;
	struct ntr_symbol y;
	struct ntr_line l;

	if (ntr_symsrc_at(a->s, rva, &y, NULL) == NTR_OK)
		a->sum += strlen(y.name);
	if (ntr_symsrc_line(a->s, rva, &l, NULL) == NTR_OK && l.file)
		a->sum += strlen(l.file);
	if (ntr_symsrc_unwind(a->s, rva, &u, NULL) == NTR_OK)
		a->sum += u.program ? strlen(u.program) : u.kind;
}

/* All of them; a sum of what came, so that none of it is for nothing. */
static inline uint64_t fuzz_ask(struct ntr_symsrc *s)
{
	static const char *const names[] = { "Entry", "_Other", "x::y", "" };
	struct fuzz_asked a = { .s = s };
	struct ntr_symbol y;
	struct ntr_err e;

	for (uint64_t rva = 0; rva < 0x4000; rva += 0x35)
		fuzz_at(&a, rva);
	fuzz_at(&a, UINT32_MAX);
	fuzz_at(&a, UINT64_MAX);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)!ntr_symsrc_named(s, names[i], &y, &e);
	(void)!ntr_symsrc_each(s, fuzz_symbol, &a, &e);
	a.n = 0;
	(void)!ntr_symsrc_each_line(s, fuzz_line, &a, &e);
	a.n = 0;
	(void)!ntr_symsrc_each_type(s, fuzz_type, &a, &e);
	fuzz_ids(&a);
	return a.sum;
}

/* The bytes as a file of the format that goes by this name, any when it is
 * NULL. NULL: refused, or there is no memory file. */
static inline struct ntr_symsrc *fuzz_open(const uint8_t *data, size_t size,
					   const char *format,
					   struct ntr_err *e)
{
	struct ntr_symsrc *s;
	struct ntr_file *f;
	int fd = ntr_fuzz_fd(data, size);

	if (fd < 0 || ntr_file_from_fd(&f, fd, "fuzz", e) ||
	    ntr_symsrc_open_file(&s, f, e))
		return NULL;
	if (!format || !strcmp(s->ops->name, format))
		return s;
	ntr_symsrc_close(s);
	return NULL;
}

static inline void fuzz_symsrc(const uint8_t *data, size_t size)
{
	struct ntr_symsrc *s = fuzz_open(data, size, NULL, NULL);

	if (s)
		fuzz_ask(s);
	ntr_symsrc_close(s);
}

#endif
