// SPDX-License-Identifier: Apache-2.0
/*
 * Frame records of x86: FPO_DATA (debug stream 0) and FRAMEDATA (debug stream
 * 9; in old files in the modules, C13 subsection 0xF5).  FRAMEDATA records
 * nest: a function has several, each from a later point of its prologue on, so
 * the one with the greatest start that still contains the address is meant.
 * Sources: winnt.h FPO_DATA, microsoft-pdb include/cvinfo.h FRAMEDATA.
 */
#include "pdb.h"

#include "../base/record.h"

#include <stdlib.h>

#define FPO_FIELDS(S, A, r, z)             \
	S(r, z, u32, start,        0x00)   \
	S(r, z, u32, size,         0x04)   \
	S(r, z, u32, locals,       0x08)   \
	S(r, z, u16, params,       0x0c)   \
	S(r, z, u16, bits,         0x0e)
NTR_RECORD(pdb_fpo, 0x10, FPO_FIELDS)

#define FRAME_FIELDS(S, A, r, z)           \
	S(r, z, u32, start,        0x00)   \
	S(r, z, u32, size,         0x04)   \
	S(r, z, u32, locals,       0x08)   \
	S(r, z, u32, params,       0x0c)   \
	S(r, z, u32, max_stack,    0x10)   \
	S(r, z, u32, program,      0x14)   \
	S(r, z, u16, prolog,       0x18)   \
	S(r, z, u16, saved_regs,   0x1a)   \
	S(r, z, u32, flags,        0x1c)
NTR_RECORD(pdb_frame, 0x20, FRAME_FIELDS)

enum { FRAME_SEH = 1, FRAME_START = 4 };
/* How deep records nest: how far back one that still contains an address is
 * looked for. */
#define NEST_MAX 64u

struct ntr_pdb_frames {
	NTR_VEC(struct ntr_pdb_frame); /* sorted by start */
	struct { NTR_VEC(struct ntr_pdb_fpo); } fpo;
	u32 *reach;                    /* owned: of v, the furthest end so far */
};

static int by_start(const void *a, const void *b)
{
	const struct ntr_pdb_frame *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* The wider one in front: the search ends at the narrower. */
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	/* Folded functions: which one is meant cannot be known. */
	return x->params < y->params ? -1 : x->params > y->params;
}

static int fpo_by_start(const void *a, const void *b)
{
	const struct ntr_pdb_fpo *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* --- loading ---------------------------------------------------------------------- */

static bool frames_add(struct ntr_pdb_frames *f, struct ntr_bin b, u32 base)
{
	while (ntr_bin_left(&b) >= ntr_pdb_frame_size) {
		struct ntr_pdb_frame *r = ntr_vec_add(f);

		if (!r)
			return false;
		ntr_pdb_frame_decode(r, &b);
		r->start += base;
	}
	return true;
}

static bool fpo_add(struct ntr_pdb_frames *f, struct ntr_bin b)
{
	while (ntr_bin_left(&b) >= ntr_pdb_fpo_size) {
		struct ntr_pdb_fpo *r = ntr_vec_add(&f->fpo);

		if (!r)
			return false;
		ntr_pdb_fpo_decode(r, &b);
	}
	return true;
}

/* Subsections of the modules: u32 base, then records relative to it. */
static bool frames_of_modules(struct ntr_pdb *p, struct ntr_pdb_frames *f)
{
	struct ntr_bin c11, c13, sub;
	u32 kind;

	if (ntr_pdb_need_mods(p, NULL) && !p->nmods)
		return true;
	for (u32 m = 0; m < p->nmods; m++) {
		if (ntr_pdb_mod_debug(p, m, &c11, &c13, NULL))
			continue;
		while (ntr_pdb_c13_next(&c13, &kind, &sub)) {
			u32 base;

			if (kind != NTR_C13_FRAMES)
				continue;
			base = ntr_bin_u32(&sub, "base of frame records");
			if (!sub.bad && !frames_add(f, sub, base))
				return false;
		}
	}
	return true;
}

static bool frames_sort(struct ntr_pdb_frames *f)
{
	u32 reach = 0;

	f->reach = malloc((f->n + 1) * sizeof(*f->reach));
	if (!f->reach)
		return false;
	if (f->n)
		qsort(f->v, f->n, sizeof(*f->v), by_start);
	if (f->fpo.n)
		qsort(f->fpo.v, f->fpo.n, sizeof(*f->fpo.v), fpo_by_start);
	for (size_t i = 0; i < f->n; i++) {
		u32 end = f->v[i].start + f->v[i].size;

		reach = end > reach ? end : reach;
		f->reach[i] = reach;
	}
	return true;
}

static enum ntr_st frames_load(struct ntr_pdb *p, struct ntr_err *e)
{
	const u16 *dbg = p->dbi.dbg;
	enum ntr_st st = ntr_pdb_need_sections(p, e), st_fpo;
	struct ntr_pdb_frames *f;
	struct ntr_bin b;
	bool ok = true;

	if (st)
		return st;
	f = p->frames = calloc(1, sizeof(*f));
	if (!f)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = ntr_msf_stream(&p->msf, dbg[NTR_PDB_DBG_NEW_FPO], &b, e);
	if (!st)
		ok = frames_add(f, b, 0);
	else if (st == NTR_ABSENT)
		ok = frames_of_modules(p, f);
	st_fpo = ntr_msf_stream(&p->msf, dbg[NTR_PDB_DBG_FPO], &b,
				st ? NULL : e);
	if (!st_fpo)
		ok = ok && fpo_add(f, b);
	if (!ok || !frames_sort(f))
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (f->n || f->fpo.n)
		return NTR_OK; /* one of two is better than none */
	return st == NTR_BAD || st_fpo == NTR_BAD ?
		ntr_fail(e, NTR_BAD, "%s: frame records cannot be read",
			 p->msf.file->name) : NTR_OK;
}

/* --- the question --------------------------------------------------------------------- */

static const struct ntr_pdb_frame *frame_find(const struct ntr_pdb_frames *f,
					      u32 src)
{
	size_t lo = 0, hi = f->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->v[mid].start <= src)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (u32 k = 0; lo > 0 && k < NEST_MAX; k++) {
		lo--;
		if (f->reach[lo] <= src)
			break;
		if (src - f->v[lo].start < f->v[lo].size)
			return &f->v[lo];
	}
	return NULL;
}

static const struct ntr_pdb_fpo *fpo_find(const struct ntr_pdb_frames *f,
					  u32 src)
{
	size_t lo = 0, hi = f->fpo.n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->fpo.v[mid].start <= src)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || src - f->fpo.v[lo - 1].start >= f->fpo.v[lo - 1].size)
		return NULL;
	return &f->fpo.v[lo - 1];
}

/* Where it lies in the image. Of a function in pieces (OMAP) the prologue is
 * used up in their order, as Breakpad's dump_syms has it. */
static void lay_out(struct ntr_pdb *p, u32 start, u32 size, u32 rva,
		    struct ntr_uwrec *out)
{
	u32 src, used;

	ntr_pdb_stretch(p, rva, start, size, &out->rva, &out->size);
	if (!p->nomap_to || !ntr_pdb_to_src(p, (u32)out->rva, &src))
		return;
	used = src - start;
	out->prolog = used < out->prolog ? out->prolog - used : 0;
	if (out->prolog > out->size)
		out->prolog = (u32)out->size;
}

static void frame_out(struct ntr_pdb *p, const struct ntr_pdb_frame *r,
		      u32 rva, struct ntr_uwrec *out)
{
	out->kind = NTR_UW_FRAMEDATA;
	out->prolog = r->prolog;
	out->params = r->params;
	out->locals = r->locals;
	out->saved_regs = r->saved_regs;
	out->max_stack = r->max_stack;
	out->has_seh = r->flags & FRAME_SEH;
	out->function_start = r->flags & FRAME_START;
	out->program = ntr_pdb_name_at(p, r->program);
	lay_out(p, r->start, r->size, rva, out);
}

/* In dwords: locals and params, and registers (cbRegs) in bits 8 to 10. */
static void fpo_out(struct ntr_pdb *p, const struct ntr_pdb_fpo *r, u32 rva,
		    struct ntr_uwrec *out)
{
	out->kind = NTR_UW_FPO;
	out->prolog = r->bits & 0xff;
	out->params = r->params * 4u;
	out->locals = r->locals * 4u;
	out->saved_regs = (r->bits >> 8 & 7) * 4u;
	out->has_seh = r->bits >> 11 & 1;
	out->uses_ebp = r->bits >> 12 & 1;
	out->frame = (enum ntr_fpo_frame)(r->bits >> 14);
	out->function_start = true;
	lay_out(p, r->start, r->size, rva, out);
}

enum ntr_st ntr_pdb_unwind(struct ntr_symsrc *s, u64 rva,
			   struct ntr_uwrec *out, struct ntr_err *e)
{
	struct ntr_pdb *p = ntr_pdb_of(s);
	struct ntr_uwrec r = { 0 };
	const struct ntr_pdb_frame *frame;
	const struct ntr_pdb_fpo *fpo;
	u32 src;

	if (!ntr_pdb_once(&p->frames_once))
		p->frames_once.st = frames_load(p, &p->frames_once.err);
	if (p->frames_once.st)
		return ntr_pdb_again(&p->frames_once, e);
	if (rva > UINT32_MAX || !ntr_pdb_to_src(p, (u32)rva, &src))
		return ntr_fail(e, NTR_ABSENT, "%s: nothing at 0x%" PRIx64,
				p->msf.file->name, rva);
	frame = frame_find(p->frames, src);
	fpo = frame ? NULL : fpo_find(p->frames, src);
	if (!frame && !fpo)
		return ntr_fail(e, NTR_ABSENT,
				"%s: no frame record for 0x%" PRIx64,
				p->msf.file->name, rva);
	if (frame)
		frame_out(p, frame, (u32)rva, &r);
	else
		fpo_out(p, fpo, (u32)rva, &r);
	*out = r;
	return NTR_OK;
}

void ntr_pdb_frames_free(struct ntr_pdb *p)
{
	if (!p->frames)
		return;
	ntr_vec_fini(p->frames);
	ntr_vec_fini(&p->frames->fpo);
	free(p->frames->reach);
	free(p->frames);
}
