// SPDX-License-Identifier: Apache-2.0
/* The export directory.  In a dump any page of it may be missing: what can be
 * read counts, and a name that is not found says so. */
#include "../base/record.h"
#include "../base/text.h"
#include "pe.h"

#define PE_EXPORT_FIELDS(S, A, r, z)   \
	S(r, z, u32, name,     0x0c)   \
	S(r, z, u32, base,     0x10)   \
	S(r, z, u32, nfuncs,   0x14)   \
	S(r, z, u32, nnames,   0x18)   \
	S(r, z, u32, funcs,    0x1c)   \
	S(r, z, u32, names,    0x20)   \
	S(r, z, u32, ordinals, 0x24)
NTR_RECORD(pe_expdir, 0x28, PE_EXPORT_FIELDS)

static enum ntr_st pe_expdir(const struct ntr_pe *pe,
			     struct ntr_pe_expdir *x, struct ntr_err *e)
{
	u8 raw[ntr_pe_expdir_size];
	u32 rva = pe->dir[NTR_PE_EXPORT].rva;
	struct ntr_bin b;
	enum ntr_st st;

	if (!rva)
		return ntr_fail(e, NTR_ABSENT, "no export directory");
	st = ntr_pe_read(pe, rva, raw, sizeof(raw), e);
	if (st)
		return ntr_wrap(e, st, "export directory");
	b = ntr_bin_of(raw, sizeof(raw), "export directory", 0);
	ntr_pe_expdir_decode(x, &b);
	return NTR_OK;
}

static enum ntr_st pe_u32(const struct ntr_pe *pe, u32 table, u32 i, u32 *out)
{
	u64 rva = (u64)table + (u64)i * 4;
	u8 raw[4];
	enum ntr_st st;

	if (rva > NTR_PE_MAX_IMAGE)
		return NTR_BAD;
	st = ntr_pe_read(pe, (u32)rva, raw, sizeof(raw), NULL);
	if (st == NTR_OK)
		*out = ntr_load_u32(raw);
	return st;
}

/* Order of the i-th exported name against name; false: not readable. */
static bool pe_name_cmp(const struct ntr_pe *pe, const struct ntr_pe_expdir *x,
			u32 i, const char *name, size_t len, int *cmp)
{
	char buf[256];
	size_t got, k;
	u32 rva;

	if (len >= sizeof(buf) || pe_u32(pe, x->names, i, &rva))
		return false;
	got = ntr_pe_read_some(pe, rva, buf, len + 1);
	for (k = 0; k < got && buf[k] == name[k] && buf[k]; k++)
		;
	if (k == got)
		return false;
	*cmp = (int)(u8)buf[k] - (int)(u8)name[k];
	return true;
}

static bool pe_find_name(const struct ntr_pe *pe,
			 const struct ntr_pe_expdir *x, u32 n,
			 const char *name, u32 *index, bool *hole)
{
	size_t len = strlen(name);
	u32 lo = 0, hi = n, mid;
	int cmp;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (!pe_name_cmp(pe, x, mid, name, len, &cmp))
			break;
		if (!cmp)
			return *index = mid, true;
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* A missing page on the way: look at every name that is there. */
	*hole = lo < hi;
	for (u32 i = 0; *hole && i < n; i++)
		if (pe_name_cmp(pe, x, i, name, len, &cmp) && !cmp)
			return *index = i, true;
	return false;
}

enum ntr_st ntr_pe_export(const struct ntr_pe *pe, const char *name,
			  u32 *rva, struct ntr_err *e)
{
	struct ntr_pe_expdir x;
	enum ntr_st st = pe_expdir(pe, &x, e);
	bool hole = false;
	u32 n, i = 0, found;
	u8 ord[2];

	if (st)
		return st;
	n = x.nnames < NTR_PE_MAX_EXPORTS ? x.nnames : NTR_PE_MAX_EXPORTS;
	if (!pe_find_name(pe, &x, n, name, &i, &hole))
		return ntr_fail(e, NTR_ABSENT, "%s is not exported%s", name,
				hole ? ", as far as the names can be read"
				     : "");
	if ((u64)x.ordinals + (u64)i * 2 > NTR_PE_MAX_IMAGE)
		return ntr_fail(e, NTR_BAD, "export ordinals at 0x%x",
				x.ordinals);
	st = ntr_pe_read(pe, x.ordinals + i * 2, ord, sizeof(ord), e);
	if (st)
		return ntr_wrap(e, st, "ordinal of %s", name);
	if (ntr_load_u16(ord) >= x.nfuncs)
		return ntr_fail(e, NTR_BAD, "%s: ordinal %u of %u functions",
				name, ntr_load_u16(ord), x.nfuncs);
	st = pe_u32(pe, x.funcs, ntr_load_u16(ord), &found);
	if (st)
		return ntr_fail(e, st, "address of %s cannot be read", name);
	*rva = found;
	return NTR_OK;
}

enum ntr_st ntr_pe_export_module(const struct ntr_pe *pe, char *out,
				 size_t size, struct ntr_err *e)
{
	struct ntr_pe_expdir x;
	enum ntr_st st = pe_expdir(pe, &x, e);
	char buf[128];
	size_t got;

	if (st)
		return st;
	got = ntr_pe_read_some(pe, x.name, buf, sizeof(buf));
	if (!got)
		return ntr_fail(e, NTR_ABSENT,
				"export name at RVA 0x%x is not there", x.name);
	ntr_ascii_clean(out, size, buf, got);
	return NTR_OK;
}

/* --- all of them -------------------------------------------------------------- */

struct each {
	const struct ntr_pe *pe;
	const struct ntr_pe_expdir *x;
	ntr_pe_export_fn *fn;
	void *ctx;
	u32 nfuncs, missing;
	u64 bytes;
	bool stop;
	u8 named[NTR_PE_MAX_EXPORTS / 8]; /* functions that had a name */
	char name[NTR_PE_NAME_MAX], forward[NTR_PE_NAME_MAX];
};

/* False: not even its first byte is there. */
static bool read_text(struct each *w, u32 rva, char *out)
{
	size_t got = 0, n = 64;

	/* In growing pieces: most names are short. */
	for (; got < NTR_PE_NAME_MAX - 1; n = 512) {
		if (n > NTR_PE_NAME_MAX - 1 - got)
			n = NTR_PE_NAME_MAX - 1 - got;
		n = ntr_pe_read_some(w->pe, rva + (u32)got, out + got, n);
		if (!n || memchr(out + got, 0, n)) {
			got += n;
			break;
		}
		got += n;
	}
	out[got] = 0;
	w->bytes += strlen(out);
	return out[0];
}

/* A function RVA inside the export directory is the text of a forwarder. */
static bool is_forward(const struct ntr_pe *pe, u32 rva)
{
	u32 at = pe->dir[NTR_PE_EXPORT].rva;

	return rva >= at && rva - at < pe->dir[NTR_PE_EXPORT].size;
}

static void give(struct each *w, const char *name, u32 i, u32 rva)
{
	struct ntr_pe_exported x = { .name = name,
				     .ordinal = w->x->base + i, .rva = rva };

	if (is_forward(w->pe, rva)) {
		if (!read_text(w, rva, w->forward))
			w->missing++;
		x.forward = w->forward;
	}
	w->stop = !w->fn(w->ctx, &x);
}

static void each_name(struct each *w, u32 i)
{
	u64 at = (u64)w->x->ordinals + (u64)i * 2;
	u32 rva, text;
	u8 raw[2];
	u16 k;

	if (at > NTR_PE_MAX_IMAGE || pe_u32(w->pe, w->x->names, i, &text) ||
	    ntr_pe_read(w->pe, (u32)at, raw, sizeof(raw), NULL)) {
		w->missing++;
		return;
	}
	k = ntr_load_u16(raw);
	if (k >= w->nfuncs)
		return;
	if (!read_text(w, text, w->name) ||
	    pe_u32(w->pe, w->x->funcs, k, &rva)) {
		w->missing++;
		return;
	}
	w->named[k / 8] |= (u8)(1u << k % 8);
	if (rva)
		give(w, w->name, k, rva);
}

static enum ntr_st each_export(struct each *w, u32 nnames, struct ntr_err *e)
{
	u32 rva;

	for (u32 i = 0; i < nnames && !w->stop; i++) {
		if (w->bytes > NTR_PE_NAMES_MAX)
			return ntr_fail(e, NTR_LIMIT, "names of exports longer "
					"than %u bytes in all",
					NTR_PE_NAMES_MAX);
		each_name(w, i);
	}
	for (u32 i = 0; i < w->nfuncs && !w->stop; i++) {
		if (w->named[i / 8] & 1u << i % 8)
			continue;
		if (pe_u32(w->pe, w->x->funcs, i, &rva))
			w->missing++;
		else if (rva) /* 0: a gap between the ordinals */
			give(w, NULL, i, rva);
		if (w->bytes > NTR_PE_NAMES_MAX)
			return ntr_fail(e, NTR_LIMIT, "forwarders of exports "
					"longer than %u bytes in all",
					NTR_PE_NAMES_MAX);
	}
	return NTR_OK;
}

enum ntr_st ntr_pe_exports_each(const struct ntr_pe *pe, ntr_pe_export_fn *fn,
				void *ctx, u32 *missing, struct ntr_err *e)
{
	struct each w = { .pe = pe, .fn = fn, .ctx = ctx };
	struct ntr_pe_expdir x;
	enum ntr_st st = pe_expdir(pe, &x, e);

	if (st)
		return st;
	w.x = &x;
	w.nfuncs = x.nfuncs < NTR_PE_MAX_EXPORTS ? x.nfuncs
						 : NTR_PE_MAX_EXPORTS;
	st = each_export(&w, x.nnames < NTR_PE_MAX_EXPORTS ? x.nnames
							   : NTR_PE_MAX_EXPORTS,
			 e);
	if (missing)
		*missing = w.missing;
	return st;
}
