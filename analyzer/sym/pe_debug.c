// SPDX-License-Identifier: Apache-2.0
/* The debug directory: where the symbols of an image are, of every age. */
#include "../base/record.h"
#include "../base/text.h"
#include "pe.h"

#define PE_CV_MAX (24u + 1024u)
#define PE_MISC_MAX 1024u

#define PE_DEBUG_FIELDS(S, A, r, z)       \
	S(r, z, u32, timestamp, 0x04)     \
	S(r, z, u32, type,      0x0c)     \
	S(r, z, u32, size,      0x10)     \
	S(r, z, u32, rva,       0x14)     \
	S(r, z, u32, raw,       0x18)
NTR_RECORD(pe_dbgdir, 0x1c, PE_DEBUG_FIELDS)

void ntr_pe_debug_dir_decode(struct ntr_pe_debug_dir *d, struct ntr_bin *b)
{
	struct ntr_pe_dbgdir r;

	ntr_pe_dbgdir_decode(&r, b);
	*d = (struct ntr_pe_debug_dir){
		.timestamp = r.timestamp, .type = r.type, .size = r.size,
		.rva = r.rva, .raw = r.raw,
	};
}

enum ntr_st ntr_pe_debug_dirs(const struct ntr_pe *pe, u32 *i,
			      struct ntr_pe_debug_dir *out, struct ntr_err *e)
{
	u32 n = pe->dir[NTR_PE_DEBUG].size / ntr_pe_dbgdir_size;
	u64 rva = (u64)pe->dir[NTR_PE_DEBUG].rva + (u64)*i * ntr_pe_dbgdir_size;
	u8 raw[ntr_pe_dbgdir_size];
	struct ntr_bin b = ntr_bin_of(raw, sizeof(raw), "debug", 0);
	enum ntr_st st;

	if (!pe->dir[NTR_PE_DEBUG].rva || *i >= n || *i >= NTR_PE_MAX_DEBUG)
		return NTR_END;
	if (rva > NTR_PE_MAX_IMAGE)
		return ntr_fail(e, NTR_BAD, "debug directory at RVA 0x%" PRIx64,
				rva);
	st = ntr_pe_read(pe, (u32)rva, raw, sizeof(raw), e);
	if (st)
		return ntr_wrap(e, st, "debug directory");
	ntr_pe_debug_dir_decode(out, &b);
	++*i;
	return NTR_OK;
}

size_t ntr_pe_debug_data(const struct ntr_pe *pe,
			 const struct ntr_pe_debug_dir *d, u32 off, void *buf,
			 size_t len)
{
	if (off >= d->size)
		return 0;
	if (len > d->size - off)
		len = d->size - off;
	if (d->rva)
		return d->rva + off < d->rva ? 0 :
		       ntr_pe_read_some(pe, d->rva + off, buf, len);
	if (pe->mapped || !d->raw || pe->base + d->raw + off < pe->base)
		return 0;
	return ntr_space_read_some(pe->s, pe->base + d->raw + off, buf, len);
}

/* --- CodeView ------------------------------------------------------------- */

bool ntr_cv_is_embedded(u32 sig, char form[5])
{
	static const char *const known[] = { "NB05", "NB07", "NB08", "NB09",
					     "NB11" };

	for (size_t i = 0; i < NTR_COUNT(known); i++) {
		if (sig != ntr_load_u32((const u8 *)known[i]))
			continue;
		memcpy(form, known[i], 5);
		return true;
	}
	return false;
}

enum ntr_st ntr_cv_parse(struct ntr_bin *b, struct ntr_pe_debug *out,
			 struct ntr_err *e)
{
	struct ntr_pe_debug d = { .rsds = true };
	u32 sig = ntr_bin_u32(b, "CodeView signature");
	enum ntr_st st;
	char form[5];

	if (sig == 0x53445352) { /* "RSDS" */
		ntr_bin_copy(b, d.guid, sizeof(d.guid), "PDB GUID");
	} else if (sig == 0x3031424e) { /* "NB10" */
		d.rsds = false;
		ntr_bin_skip(b, 4, "CodeView offset");
		d.sig = ntr_bin_u32(b, "PDB signature");
	} else if (!b->bad) {
		if (ntr_cv_is_embedded(sig, form))
			return ntr_fail(e, NTR_UNSUP,
					"%s: CodeView data in the image, it "
					"names no PDB", form);
		return ntr_fail(e, NTR_UNSUP,
				"CodeView record 0x%08x is neither RSDS nor "
				"NB10", sig);
	}
	d.age = ntr_bin_u32(b, "PDB age");
	st = ntr_bin_done(b, e);
	if (st)
		return st;
	ntr_ascii_clean(d.pdb, sizeof(d.pdb), b->pos, ntr_bin_left(b));
	*out = d;
	return NTR_OK;
}

static enum ntr_st pe_codeview(const struct ntr_pe *pe,
			       const struct ntr_pe_debug_dir *dir,
			       struct ntr_pe_debug *out, struct ntr_err *e)
{
	u8 buf[PE_CV_MAX];
	size_t len;
	struct ntr_bin b;

	if (!dir->rva && (pe->mapped || !dir->raw))
		return ntr_fail(e, NTR_ABSENT,
				"the CodeView record is not mapped");
	len = ntr_pe_debug_data(pe, dir, 0, buf, sizeof(buf));
	if (!len)
		return ntr_fail(e, NTR_ABSENT,
				"CodeView record at RVA 0x%x is not there",
				dir->rva);
	b = ntr_bin_of(buf, len, "CodeView record", 0);
	return ntr_cv_parse(&b, out, e);
}

enum ntr_st ntr_pe_debug(const struct ntr_pe *pe, struct ntr_pe_debug *out,
			 struct ntr_err *e)
{
	enum ntr_st st, bad = NTR_OK;
	struct ntr_pe_debug_dir dir;
	u32 i = 0;

	while (!(st = ntr_pe_debug_dirs(pe, &i, &dir, e))) {
		if (dir.type != NTR_PE_DEBUG_CODEVIEW)
			continue;
		bad = pe_codeview(pe, &dir, out, e);
		if (!bad)
			return NTR_OK;
	}
	if (st != NTR_END)
		return st;
	return bad ? bad : ntr_fail(e, NTR_ABSENT, "no CodeView record");
}

/* --- before PDB 7 ------------------------------------------------------------ */

void ntr_pe_misc_name(struct ntr_bin *b, char *out, size_t size)
{
	u32 type = ntr_bin_u32(b, "MISC type");
	u32 len = ntr_bin_u32(b, "MISC length");
	u32 unicode = ntr_bin_u32(b, "MISC form") & 0xff;

	out[0] = 0;
	if (b->bad || type != 1) /* IMAGE_DEBUG_MISC_EXENAME */
		return;
	len = len > 12 ? len - 12 : 0;
	if (len > ntr_bin_left(b))
		len = (u32)ntr_bin_left(b);
	if (unicode)
		ntr_utf16_to_utf8(out, size, b->pos, len);
	else
		ntr_ascii_clean(out, size, b->pos, len);
}

static void old_debug_entry(const struct ntr_pe *pe,
			    const struct ntr_pe_debug_dir *dir,
			    struct ntr_pe_old_debug *o)
{
	u8 buf[PE_MISC_MAX] = { 0 };
	struct ntr_bin b;

	switch (dir->type) {
	case NTR_PE_DEBUG_COFF:
		o->coff = true;
		o->coff_dir = *dir;
		break;
	case NTR_PE_DEBUG_FPO:
		o->fpo = true;
		o->fpo_dir = *dir;
		break;
	case NTR_PE_DEBUG_OMAP_FROM_SRC:
		o->omap = true;
		break;
	case NTR_PE_DEBUG_MISC:
		b = ntr_bin_of(buf, ntr_pe_debug_data(pe, dir, 0, buf,
						      sizeof(buf)), "MISC", 0);
		ntr_pe_misc_name(&b, o->dbg, sizeof(o->dbg));
		break;
	case NTR_PE_DEBUG_CODEVIEW:
		if (ntr_pe_debug_data(pe, dir, 0, buf, 4) == 4 &&
		    ntr_cv_is_embedded(ntr_load_u32(buf), o->codeview))
			o->codeview_dir = *dir;
		break;
	default:
		break;
	}
}

enum ntr_st ntr_pe_old_debug(const struct ntr_pe *pe,
			     struct ntr_pe_old_debug *out, struct ntr_err *e)
{
	struct ntr_pe_old_debug o = { .stripped = pe->flags &
						  NTR_PE_DEBUG_STRIPPED };
	struct ntr_pe_debug_dir dir;
	enum ntr_st st;
	u32 i = 0;

	while (!(st = ntr_pe_debug_dirs(pe, &i, &dir, e)))
		old_debug_entry(pe, &dir, &o);
	if (!o.codeview[0] && !o.dbg[0] && !o.coff && !o.fpo && !o.omap)
		return st != NTR_END ? st : ntr_fail(e, NTR_ABSENT, "no debug "
						     "data of the old forms");
	*out = o;
	return NTR_OK;
}
