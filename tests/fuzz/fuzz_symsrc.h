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

static bool fuzz_symbol(void *ctx, const struct ntr_symbol *y)
{
	struct fuzz_asked *a = ctx;
	struct ntr_symbol again;
	struct ntr_type t;

	a->sum += strlen(y->name) + y->rva + y->size;
	if (y->type)
		(void)!ntr_symsrc_type(a->s, y->type, &t, NULL);
	(void)!ntr_symsrc_named(a->s, y->name, &again, NULL);
	(void)!ntr_symsrc_at(a->s, y->rva + y->size / 2, &again, NULL);
	return ++a->n < FUZZ_ROUNDS;
}

static bool fuzz_line(void *ctx, const struct ntr_line *l)
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

static bool fuzz_member(void *ctx, const struct ntr_type_member *m)
{
	struct fuzz_asked *a = ctx;
	struct ntr_type t = { .to = m->type };

	a->sum += m->name ? strlen(m->name) : 0;
	for (unsigned i = 0; t.to && i < NTR_TYPE_DEPTH; i++)
		if (ntr_symsrc_type(a->s, t.to, &t, NULL))
			break;
	return ++a->n < FUZZ_ROUNDS;
}

static bool fuzz_type(void *ctx, const char *name, uint64_t id)
{
	struct fuzz_asked *a = ctx;
	struct ntr_type t;
	uint64_t again;

	(void)!ntr_symsrc_type_named(a->s, name, &again, NULL);
	(void)!ntr_symsrc_type(a->s, id, &t, NULL);
	(void)!ntr_symsrc_members(a->s, id, fuzz_member, a, NULL);
	return ++a->n < FUZZ_ROUNDS;
}

static inline void fuzz_symsrc(const uint8_t *data, size_t size)
{
	static const uint64_t at[] = { 0, 1, 0x1000, 0x1004, 0x1010, 0x10000,
				       UINT32_MAX, UINT64_MAX };
	struct fuzz_asked a = { 0 };
	struct ntr_uwrec u;
	struct ntr_symbol y;
	struct ntr_line l;
	struct ntr_file *f;
	struct ntr_err e;

	if (ntr_file_from_fd(&f, ntr_fuzz_fd(data, size), "fuzz", &e) ||
	    ntr_symsrc_open_file(&a.s, f, &e))
		return;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		(void)!ntr_symsrc_at(a.s, at[i], &y, &e);
		(void)!ntr_symsrc_line(a.s, at[i], &l, &e);
		(void)!ntr_symsrc_unwind(a.s, at[i], &u, &e);
	}
	(void)!ntr_symsrc_each(a.s, fuzz_symbol, &a, &e);
	a.n = 0;
	(void)!ntr_symsrc_each_line(a.s, fuzz_line, &a, &e);
	a.n = 0;
	(void)!ntr_symsrc_each_type(a.s, fuzz_type, &a, &e);
	ntr_symsrc_close(a.s);
}

#endif
