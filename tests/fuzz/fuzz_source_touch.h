// SPDX-License-Identifier: Apache-2.0
/* Asks a symbol source every question there is, a bounded number of times, and
 * follows each type it meets once. */
#ifndef NTR_FUZZ_SOURCE_TOUCH_H
#define NTR_FUZZ_SOURCE_TOUCH_H

#include "sym/source.h"

#include <string.h>

struct ntr_fuzz_source {
	struct ntr_symsrc *s;
	unsigned left; /* questions */
	u64 rva[64];
	unsigned nrva;
};

static inline void ntr_fuzz_text(const char *s)
{
	volatile size_t n = s ? strlen(s) : 0;

	(void)n;
}

static inline void ntr_fuzz_rva(struct ntr_fuzz_source *f, u64 rva)
{
	if (f->nrva < NTR_COUNT(f->rva))
		f->rva[f->nrva++] = rva;
}

static inline bool ntr_fuzz_symbol(void *ctx, const struct ntr_symbol *y)
{
	struct ntr_fuzz_source *f = ctx;

	ntr_fuzz_text(y->name);
	ntr_fuzz_rva(f, y->rva);
	return f->left && --f->left;
}

static inline bool ntr_fuzz_line(void *ctx, const struct ntr_line *l)
{
	struct ntr_fuzz_source *f = ctx;

	ntr_fuzz_text(l->file);
	ntr_fuzz_rva(f, l->rva + l->size / 2);
	return f->left && --f->left;
}

static inline bool ntr_fuzz_member(void *ctx, const struct ntr_type_member *m)
{
	struct ntr_fuzz_source *f = ctx;
	struct ntr_type t = { .to = m->type };

	ntr_fuzz_text(m->name);
	for (unsigned i = 0; i < 8 && t.to && f->left; i++, f->left--)
		if (ntr_symsrc_type(f->s, t.to, &t, NULL))
			break;
	return f->left && --f->left;
}

static inline bool ntr_fuzz_type(void *ctx, const char *name, u64 id)
{
	struct ntr_fuzz_source *f = ctx;
	struct ntr_type t;
	u64 again;

	(void)!ntr_symsrc_type_named(f->s, name, &again, NULL);
	if (!ntr_symsrc_type(f->s, id, &t, NULL))
		ntr_fuzz_text(t.name);
	(void)!ntr_symsrc_members(f->s, id, ntr_fuzz_member, f, NULL);
	return f->left && --f->left;
}

static inline void ntr_fuzz_source_touch(struct ntr_symsrc *s)
{
	struct ntr_fuzz_source f = { .s = s };
	struct ntr_err e;

	f.left = 2000;
	(void)!ntr_symsrc_each(s, ntr_fuzz_symbol, &f, &e);
	f.left = 2000;
	(void)!ntr_symsrc_each_line(s, ntr_fuzz_line, &f, &e);
	f.left = 2000;
	(void)!ntr_symsrc_each_type(s, ntr_fuzz_type, &f, &e);
	for (u64 a = 0; a < 0x400; a += 0x40)
		ntr_fuzz_rva(&f, a);
	for (unsigned i = 0; i < f.nrva; i++) {
		struct ntr_symbol y;
		struct ntr_line l;
		struct ntr_uwrec u;

		if (!ntr_symsrc_at(s, f.rva[i], &y, &e))
			(void)!ntr_symsrc_named(s, y.name, &y, &e);
		(void)!ntr_symsrc_line(s, f.rva[i], &l, &e);
		if (!ntr_symsrc_unwind(s, f.rva[i], &u, &e))
			ntr_fuzz_text(u.cfi);
	}
}

#endif
