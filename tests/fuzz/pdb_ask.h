// SPDX-License-Identifier: Apache-2.0
/*
 * Every question there is, put to a symbol source of any bytes: by the fuzzer
 * and by the tests of damaged files.  Bounded, whatever the source answers.
 */
#ifndef PDB_ASK_H
#define PDB_ASK_H

#include "fuzz.h"
#include "sym/source.h"

#include <string.h>

#define ASK_MAX 200u

struct asking {
	struct ntr_symsrc *s;
	unsigned n;
	unsigned long sum; /* so that every byte handed out is looked at */
};

static inline void ask_text(struct asking *a, const char *text)
{
	a->sum += text ? strlen(text) : 0;
}

static inline void ask_at(struct asking *a, uint64_t rva)
{
	struct ntr_symbol sym;
	struct ntr_line line;
	struct ntr_uwrec uw;

	if (ntr_symsrc_at(a->s, rva, &sym, NULL) == NTR_OK)
		ask_text(a, sym.name);
	if (ntr_symsrc_line(a->s, rva, &line, NULL) == NTR_OK)
		ask_text(a, line.file);
	if (ntr_symsrc_unwind(a->s, rva, &uw, NULL) == NTR_OK)
		ask_text(a, uw.program);
}

static inline bool ask_symbol(void *ctx, const struct ntr_symbol *sym)
{
	struct asking *a = ctx;
	struct ntr_symbol got;

	ask_text(a, sym->name);
	ask_at(a, sym->rva);
	ask_at(a, sym->rva + sym->size - 1);
	if (ntr_symsrc_named(a->s, sym->name, &got, NULL) == NTR_OK)
		ask_text(a, got.name);
	return ++a->n < ASK_MAX;
}

static inline bool ask_line(void *ctx, const struct ntr_line *line)
{
	struct asking *a = ctx;

	ask_text(a, line->file);
	if (a->n < ASK_MAX)
		ask_at(a, line->rva);
	a->n++;
	return true;
}

static inline bool ask_member(void *ctx, const struct ntr_type_member *m)
{
	struct asking *a = ctx;
	struct ntr_type t;

	ask_text(a, m->name);
	if (ntr_symsrc_type(a->s, m->type, &t, NULL) == NTR_OK)
		ask_text(a, t.name);
	return ++a->n < ASK_MAX;
}

static inline bool ask_type(void *ctx, const char *name, uint64_t id)
{
	struct asking *a = ctx, b = { .s = a->s };
	struct ntr_type t;
	uint64_t other;

	ask_text(a, name);
	(void)!ntr_symsrc_type_named(a->s, name, &other, NULL);
	(void)!ntr_symsrc_type(a->s, id, &t, NULL);
	(void)!ntr_symsrc_members(a->s, id, ask_member, &b, NULL);
	return ++a->n < ASK_MAX;
}

/* All of them. s is closed. */
static inline unsigned long ask_all(struct ntr_symsrc *s)
{
	static const char *const names[] = { "Entry", "_Other", "x::y", "" };
	struct asking a = { .s = s };
	struct ntr_symbol sym;

	for (uint64_t rva = 0; rva < 0x4000; rva += 0x35)
		ask_at(&a, rva);
	ask_at(&a, UINT32_MAX);
	ask_at(&a, UINT64_MAX);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)!ntr_symsrc_named(s, names[i], &sym, NULL);
	(void)!ntr_symsrc_each(s, ask_symbol, &a, NULL);
	a.n = 0;
	(void)!ntr_symsrc_each_line(s, ask_line, &a, NULL);
	a.n = 0;
	(void)!ntr_symsrc_each_type(s, ask_type, &a, NULL);
	ntr_symsrc_close(s);
	return a.sum;
}

/* A file of these bytes; NULL: it was refused (or there is no memory file). */
static inline struct ntr_symsrc *ask_open(const uint8_t *data, size_t size,
					  struct ntr_err *e)
{
	struct ntr_symsrc *s = NULL;
	struct ntr_file *f = NULL;
	int fd = ntr_fuzz_fd(data, size);

	if (fd < 0 || ntr_file_from_fd(&f, fd, "x.pdb", e) ||
	    ntr_symsrc_open_file(&s, f, e))
		return NULL;
	return s;
}

#endif
