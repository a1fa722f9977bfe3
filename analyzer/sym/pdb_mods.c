// SPDX-License-Identifier: Apache-2.0
/* Symbols of one module: its stream begins with u32 signature, then records;
 * offsets in records of other streams count from the start of the stream. */
#include "pdb.h"

#include <stdlib.h>

/* How far back a procedure may begin that covers an address although another
 * begins later: an entry point of assembly code inside it. */
#define COVER_BACK 64u

struct ntr_pdb_modsyms {
	struct ntr_pdb_once once;
	struct ntr_pdb_sym *proc; /* owned; sorted by src */
	u32 n;
	u32 *src;                 /* owned: proc[i].src, for the search */
	u32 *reach;               /* owned: the furthest end so far */
};

struct procs {
	NTR_VEC(struct ntr_pdb_sym);
};

enum ntr_st ntr_pdb_mod_records(struct ntr_pdb *p, u32 m, struct ntr_bin *out,
				struct ntr_err *e)
{
	struct ntr_bin b;
	enum ntr_st st = ntr_pdb_need_mods(p, e);

	if (st && m >= p->nmods)
		return st;
	if (m >= p->nmods)
		return ntr_fail(e, NTR_BAD, "%s: module %u, there are %u",
				p->msf.file->name, m, p->nmods);
	st = ntr_msf_stream(&p->msf, p->mod[m].stream, &b, e);
	if (st)
		return st;
	b = ntr_bin_sub(&b, 0, p->mod[m].sym_size, "symbols of a module");
	if (ntr_bin_left(&b))
		ntr_bin_skip(&b, 4, "signature");
	st = ntr_bin_done(&b, e);
	if (!st)
		*out = b;
	return st;
}

static bool is_proc(const struct ntr_pdb_sym *s)
{
	return s->size && s->kind != NTR_S_LABEL32 &&
	       s->kind != NTR_S_LABEL32_ST;
}

static int by_src(const void *a, const void *b)
{
	const struct ntr_pdb_sym *x = a, *y = b;

	if (x->src != y->src)
		return x->src < y->src ? -1 : 1;
	return x->size < y->size ? -1 : x->size > y->size;
}

static enum ntr_st procs_read(struct ntr_pdb *p, struct ntr_bin *b,
			      struct procs *v)
{
	struct ntr_pdb_sym s, *to;
	struct ntr_bin rec;
	u16 kind;

	while (ntr_pdb_rec_next(b, &kind, &rec)) {
		if (!ntr_pdb_sym_of(p, kind, rec, &s) || !is_proc(&s))
			continue;
		to = ntr_vec_add(v);
		if (!to)
			return NTR_NOMEM;
		*to = s;
	}
	return NTR_OK; /* those before any damage are good */
}

static enum ntr_st mod_load(struct ntr_pdb *p, u32 m,
			    struct ntr_pdb_modsyms *ms, struct ntr_err *e)
{
	struct procs v = { 0 };
	struct ntr_bin b;
	enum ntr_st st = ntr_pdb_need_sections(p, e);
	u32 reach = 0;

	if (!st)
		st = ntr_pdb_mod_records(p, m, &b, e);
	if (st)
		return st;
	st = procs_read(p, &b, &v);
	ms->proc = v.v;
	ms->src = malloc((v.n + 1) * sizeof(*ms->src));
	ms->reach = malloc((v.n + 1) * sizeof(*ms->reach));
	if (st || !ms->src || !ms->reach)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (v.n)
		qsort(v.v, v.n, sizeof(*v.v), by_src);
	for (size_t i = 0; i < v.n; i++) {
		u32 end = v.v[i].src + v.v[i].size;

		ms->src[i] = v.v[i].src;
		reach = end > reach ? end : reach;
		ms->reach[i] = reach;
	}
	ms->n = (u32)v.n;
	return NTR_OK;
}

enum ntr_st ntr_pdb_mod_syms(struct ntr_pdb *p, u32 m,
			     const struct ntr_pdb_modsyms **out,
			     struct ntr_err *e)
{
	struct ntr_pdb_modsyms *ms;
	enum ntr_st st = ntr_pdb_need_mods(p, e);

	if (m >= p->nmods)
		return st ? st : ntr_fail(e, NTR_BAD,
					  "%s: module %u, there are %u",
					  p->msf.file->name, m, p->nmods);
	ms = p->mod[m].syms;
	if (!ms)
		ms = p->mod[m].syms = calloc(1, sizeof(*ms));
	if (!ms)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (!ntr_pdb_once(&ms->once))
		ms->once.st = mod_load(p, m, ms, &ms->once.err);
	*out = ms;
	return ntr_pdb_again(&ms->once, e);
}

const struct ntr_pdb_sym *ntr_pdb_mod_proc(const struct ntr_pdb_modsyms *ms,
					   u32 src)
{
	const u32 *v = ms->src;
	u32 n = ms->n, i;

	if (!n || v[0] > src)
		return NULL;
	while (n > 1) {
		u32 half = n / 2;

		v += v[half] <= src ? half : 0;
		n -= half;
	}
	i = (u32)(v - ms->src);
	for (u32 k = 0; k < COVER_BACK && ms->reach[i] > src; k++, i--) {
		if (src - ms->src[i] < ms->proc[i].size)
			return &ms->proc[i];
		if (!i)
			break;
	}
	return NULL;
}

bool ntr_pdb_mod_sym_at(struct ntr_pdb *p, u32 m, u32 off,
			struct ntr_pdb_sym *out)
{
	struct ntr_bin b, rec;
	u16 kind;

	if (ntr_pdb_need_sections(p, NULL) || ntr_pdb_mod_records(p, m, &b, NULL))
		return false;
	ntr_bin_seek(&b, off, "symbol");
	return ntr_pdb_rec_next(&b, &kind, &rec) &&
	       ntr_pdb_sym_of(p, kind, rec, out);
}

/* Data of a module is in the symbol record stream too. */
static bool own_kind(u16 kind)
{
	switch (kind) {
	case NTR_S_LPROC32: case NTR_S_GPROC32: case NTR_S_LPROC32_ID:
	case NTR_S_GPROC32_ID: case NTR_S_LPROC32_DPC:
	case NTR_S_LPROC32_DPC_ID: case NTR_S_LPROC32_ST:
	case NTR_S_GPROC32_ST: case NTR_S_LPROC32_16T: case NTR_S_GPROC32_16T:
	case NTR_S_THUNK32: case NTR_S_THUNK32_ST:
	case NTR_S_LABEL32: case NTR_S_LABEL32_ST:
		return true;
	default:
		return false;
	}
}

bool ntr_pdb_mod_each(struct ntr_pdb *p, u32 m, ntr_symbol_fn *fn, void *ctx)
{
	struct ntr_bin b, rec;
	struct ntr_pdb_sym s;
	struct ntr_symbol out;
	u16 kind;

	if (ntr_pdb_mod_records(p, m, &b, NULL))
		return true;
	while (ntr_pdb_rec_next(&b, &kind, &rec))
		if (own_kind(kind) && ntr_pdb_sym_of(p, kind, rec, &s) &&
		    ntr_pdb_sym_out(p, &s, &out) && !fn(ctx, &out))
			return false;
	return true;
}

enum ntr_st ntr_pdb_mod_debug(struct ntr_pdb *p, u32 m, struct ntr_bin *c11,
			      struct ntr_bin *c13, struct ntr_err *e)
{
	const struct ntr_pdb_mod *mod;
	struct ntr_bin b, x11, x13;
	enum ntr_st st = ntr_pdb_need_mods(p, e);

	if (m >= p->nmods)
		return st ? st : ntr_fail(e, NTR_BAD,
					  "%s: module %u, there are %u",
					  p->msf.file->name, m, p->nmods);
	mod = &p->mod[m];
	st = ntr_msf_stream(&p->msf, mod->stream, &b, e);
	if (st)
		return st;
	x11 = ntr_bin_sub(&b, mod->sym_size, mod->c11_size, "C11 lines");
	x13 = ntr_bin_sub(&b, (u64)mod->sym_size + mod->c11_size,
			  mod->c13_size, "C13 debug data");
	st = ntr_bin_done(&x11, e);
	if (!st)
		st = ntr_bin_done(&x13, e);
	if (st)
		return st;
	*c11 = x11;
	*c13 = x13;
	return NTR_OK;
}

bool ntr_pdb_c13_next(struct ntr_bin *b, u32 *kind, struct ntr_bin *sub)
{
	u32 len;

	if (ntr_bin_left(b) < 8)
		return false;
	*kind = ntr_bin_u32(b, "kind of a subsection");
	len = ntr_bin_u32(b, "length of a subsection");
	*sub = ntr_bin_sub(b, (u64)(b->pos - b->base), len, "subsection");
	ntr_bin_skip(b, len, "subsection");
	while (!b->bad && (b->pos - b->base) & 3 && ntr_bin_left(b))
		ntr_bin_skip(b, 1, "padding");
	return !b->bad;
}

void ntr_pdb_mods_free(struct ntr_pdb *p)
{
	for (u32 i = 0; i < p->nmods; i++) {
		struct ntr_pdb_modsyms *ms = p->mod[i].syms;

		if (!ms)
			continue;
		free(ms->proc);
		free(ms->src);
		free(ms->reach);
		free(ms);
	}
}
