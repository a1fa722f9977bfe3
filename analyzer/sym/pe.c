// SPDX-License-Identifier: Apache-2.0
#include "pe.h"

#include "../base/record.h"
#include "../base/text.h"

#include <stdio.h>
#include <string.h>

#define PE_MAX_LFANEW 0x100000u /* the loader's own limit is far lower */
#define PE_MAX_IMAGE 0x80000000u
#define PE_DEBUG_ENTRIES 64u
#define PE_CV_MAX (24u + 1024u)
#define PE_MAX_NAMES 0x10000u

#define PE_FILE_FIELDS(S, A, r, z)       \
	S(r, z, u32, signature,    0x00) \
	S(r, z, u16, machine,      0x04) \
	S(r, z, u16, nsections,    0x06) \
	S(r, z, u32, timestamp,    0x08) \
	S(r, z, u16, opt_size,     0x14)
NTR_RECORD(pe_file, 0x18, PE_FILE_FIELDS)

/* What PE32 and PE32+ have at the same place. */
#define PE_OPT_FIELDS(S, A, r, z)        \
	S(r, z, u16, magic,        0x00) \
	S(r, z, u32, entry,        0x10) \
	S(r, z, u32, base32,       0x1c) \
	S(r, z, u64, base64,       0x18) \
	S(r, z, u32, image_size,   0x38) \
	S(r, z, u32, headers_size, 0x3c) \
	S(r, z, u32, checksum,     0x40)
NTR_RECORD(pe_opt, 0x44, PE_OPT_FIELDS)

#define PE_SECTION_FIELDS(S, A, r, z)    \
	A(r, z, u8,  name,     0x00, 8)  \
	S(r, z, u32, vsize,    0x08)     \
	S(r, z, u32, rva,      0x0c)     \
	S(r, z, u32, raw_size, 0x10)     \
	S(r, z, u32, raw_off,  0x14)     \
	S(r, z, u32, flags,    0x24)
NTR_RECORD(pe_scn, 0x28, PE_SECTION_FIELDS)

#define PE_DEBUG_FIELDS(S, A, r, z)  \
	S(r, z, u32, type, 0x0c)     \
	S(r, z, u32, size, 0x10)     \
	S(r, z, u32, rva,  0x14)     \
	S(r, z, u32, raw,  0x18)
NTR_RECORD(pe_dbgdir, 0x1c, PE_DEBUG_FIELDS)

#define PE_EXPORT_FIELDS(S, A, r, z)   \
	S(r, z, u32, name,     0x0c)   \
	S(r, z, u32, nfuncs,   0x14)   \
	S(r, z, u32, nnames,   0x18)   \
	S(r, z, u32, funcs,    0x1c)   \
	S(r, z, u32, names,    0x20)   \
	S(r, z, u32, ordinals, 0x24)
NTR_RECORD(pe_expdir, 0x28, PE_EXPORT_FIELDS)

enum { DEBUG_CODEVIEW = 2 };

/* --- headers ---------------------------------------------------------- */

static enum ntr_st pe_file_header(const struct ntr_space *s, u64 base,
				  struct ntr_pe_file *fh, u64 *at,
				  struct ntr_err *e)
{
	u8 dos[0x40], raw[ntr_pe_file_size];
	enum ntr_st st = ntr_space_read(s, base, dos, sizeof(dos), e);
	struct ntr_bin b;
	u32 lfanew;

	if (st)
		return ntr_wrap(e, st, "image at 0x%" PRIx64, base);
	if (dos[0] != 'M' || dos[1] != 'Z')
		return ntr_fail(e, NTR_BAD,
				"0x%" PRIx64 ": no MZ, found %02x %02x", base,
				dos[0], dos[1]);
	lfanew = ntr_load_u32(dos + 0x3c);
	if (lfanew > PE_MAX_LFANEW || base + lfanew < base)
		return ntr_fail(e, NTR_BAD,
				"0x%" PRIx64 ": PE header at +0x%x, at most "
				"+0x%x is sane", base, lfanew, PE_MAX_LFANEW);
	st = ntr_space_read(s, base + lfanew, raw, sizeof(raw), e);
	if (st)
		return ntr_wrap(e, st, "PE header at 0x%" PRIx64,
				base + lfanew);
	b = ntr_bin_of(raw, sizeof(raw), s->name, base + lfanew);
	ntr_pe_file_decode(fh, &b);
	if (fh->signature != 0x00004550)
		return ntr_fail(e, NTR_BAD,
				"0x%" PRIx64 ": no PE signature, found 0x%x",
				base + lfanew, fh->signature);
	*at = base + lfanew + ntr_pe_file_size;
	return NTR_OK;
}

static void pe_dirs(struct ntr_pe *pe, const u8 *opt, size_t len)
{
	size_t at = pe->pe64 ? 0x6c : 0x5c;
	u32 n;

	if (at + 4 > len)
		return;
	n = ntr_load_u32(opt + at);
	if (n > NTR_PE_DIRS)
		n = NTR_PE_DIRS;
	at += 4;
	for (u32 i = 0; i < n && at + 8 <= len; i++, at += 8) {
		pe->dir[i].rva = ntr_load_u32(opt + at);
		pe->dir[i].size = ntr_load_u32(opt + at + 4);
	}
}

static enum ntr_st pe_optional(struct ntr_pe *pe, const u8 *opt, size_t len,
			       u64 at, struct ntr_err *e)
{
	struct ntr_bin b = ntr_bin_of(opt, len, pe->s->name, at);
	struct ntr_pe_opt o;
	enum ntr_st st;

	ntr_pe_opt_decode(&o, &b);
	st = ntr_bin_done(&b, e);
	if (st)
		return st;
	if (o.magic != 0x10b && o.magic != 0x20b)
		return ntr_fail(e, NTR_BAD,
				"0x%" PRIx64 ": optional header magic 0x%x, "
				"want 0x10b or 0x20b", at, o.magic);
	if (o.image_size > PE_MAX_IMAGE)
		return ntr_fail(e, NTR_BAD,
				"0x%" PRIx64 ": image size 0x%x", at,
				o.image_size);
	pe->pe64 = o.magic == 0x20b;
	pe->entry_rva = o.entry;
	pe->image_base = pe->pe64 ? o.base64 : o.base32;
	pe->size = o.image_size;
	pe->headers_size = o.headers_size;
	pe->checksum = o.checksum;
	pe_dirs(pe, opt, len);
	return NTR_OK;
}

/* As many section headers as can be read; a missing page costs the rest. */
static void pe_sections(struct ntr_pe *pe, u64 at, u32 n)
{
	u8 raw[ntr_pe_scn_size];

	if (n > NTR_PE_MAX_SECTIONS)
		n = NTR_PE_MAX_SECTIONS;
	for (u32 i = 0; i < n; i++, at += sizeof(raw)) {
		struct ntr_pe_section *d = &pe->section[i];
		struct ntr_pe_scn r;
		struct ntr_bin b;

		if (ntr_space_read(pe->s, at, raw, sizeof(raw), NULL))
			return;
		b = ntr_bin_of(raw, sizeof(raw), pe->s->name, at);
		ntr_pe_scn_decode(&r, &b);
		ntr_ascii_clean(d->name, sizeof(d->name), r.name, 8);
		d->rva = r.rva;
		d->vsize = r.vsize;
		d->raw_off = r.raw_off;
		d->raw_size = r.raw_size;
		d->flags = r.flags;
		pe->nsections = i + 1;
	}
}

enum ntr_st ntr_pe_open(struct ntr_pe *out, const struct ntr_space *s,
			u64 base, bool mapped, struct ntr_err *e)
{
	struct ntr_pe pe = { .s = s, .base = base, .mapped = mapped };
	u8 opt[0x70 + NTR_PE_DIRS * 8] = { 0 };
	struct ntr_pe_file fh;
	enum ntr_st st;
	size_t len;
	u64 at;

	st = pe_file_header(s, base, &fh, &at, e);
	if (st)
		return st;
	pe.machine = fh.machine;
	pe.timestamp = fh.timestamp;
	len = fh.opt_size < sizeof(opt) ? fh.opt_size : sizeof(opt);
	st = ntr_space_read(s, at, opt, len, e);
	if (st)
		return ntr_wrap(e, st, "optional header");
	st = pe_optional(&pe, opt, len, at, e);
	if (st)
		return st;
	pe_sections(&pe, at + fh.opt_size, fh.nsections);
	*out = pe;
	return NTR_OK;
}

/* --- reading at RVAs ---------------------------------------------------- */

static u32 scn_span(const struct ntr_pe_section *c)
{
	return c->vsize > c->raw_size ? c->vsize : c->raw_size;
}

static const struct ntr_pe_section *pe_section_of(const struct ntr_pe *pe,
						  u32 rva)
{
	for (u32 i = 0; i < pe->nsections; i++) {
		const struct ntr_pe_section *c = &pe->section[i];

		if (rva >= c->rva && rva - c->rva < scn_span(c))
			return c;
	}
	return NULL;
}

static enum ntr_st pe_read_raw(const struct ntr_pe *pe, u64 off, void *buf,
			       size_t len, struct ntr_err *e)
{
	if (pe->base + off < pe->base)
		return ntr_fail(e, NTR_BAD, "image offset 0x%" PRIx64
				" wraps", off);
	return ntr_space_read(pe->s, pe->base + off, buf, len, e);
}

/* One piece that lies in the headers or in one section of a file. */
static enum ntr_st pe_read_piece(const struct ntr_pe *pe, u32 rva, u8 *buf,
				 size_t want, size_t *got, struct ntr_err *e)
{
	const struct ntr_pe_section *c = pe_section_of(pe, rva);
	u64 in, span, off = rva;

	if (!c && rva < pe->headers_size) {
		span = pe->headers_size - rva;
	} else if (!c) {
		return ntr_fail(e, NTR_BAD, "RVA 0x%x is in no section", rva);
	} else {
		in = rva - c->rva;
		off = (u64)c->raw_off + in;
		span = in < c->raw_size ? c->raw_size - in : 0;
		if (!span) { /* beyond the file's part: zero when loaded */
			span = scn_span(c) - in;
			*got = want < span ? want : (size_t)span;
			memset(buf, 0, *got);
			return NTR_OK;
		}
	}
	*got = want < span ? want : (size_t)span;
	return pe_read_raw(pe, off, buf, *got, e);
}

enum ntr_st ntr_pe_read(const struct ntr_pe *pe, u32 rva, void *buf,
			size_t len, struct ntr_err *e)
{
	u64 end = (u64)rva + len;
	size_t done = 0, got = 0;
	enum ntr_st st;

	if (end > PE_MAX_IMAGE || (pe->size && end > pe->size))
		return ntr_fail(e, NTR_BAD,
				"RVA 0x%x+0x%zx is outside an image of 0x%x "
				"bytes", rva, len, pe->size);
	if (pe->mapped)
		return pe_read_raw(pe, rva, buf, len, e);
	for (; done < len; done += got) {
		st = pe_read_piece(pe, rva + (u32)done, (u8 *)buf + done,
				   len - done, &got, e);
		if (st)
			return st;
	}
	return NTR_OK;
}

bool ntr_pe_is_code(const struct ntr_pe *pe, u32 rva)
{
	const struct ntr_pe_section *c = pe_section_of(pe, rva);

	return c && (c->flags & NTR_SCN_EXECUTE);
}

/* As much of [rva, rva+len) as is there, stopping at a missing page. */
static size_t pe_read_some(const struct ntr_pe *pe, u32 rva, void *buf,
			   size_t len)
{
	size_t done = 0, n;

	if (ntr_pe_read(pe, rva, buf, len, NULL) == NTR_OK)
		return len;
	while (done < len) {
		u32 at = rva + (u32)done;

		if (at < rva)
			break;
		n = 64 - (at & 63);
		if (n > len - done)
			n = len - done;
		if (ntr_pe_read(pe, at, (u8 *)buf + done, n, NULL))
			break;
		done += n;
	}
	return done;
}

/* --- debug directory ------------------------------------------------------ */

enum ntr_st ntr_cv_parse(struct ntr_bin *b, struct ntr_pe_debug *out,
			 struct ntr_err *e)
{
	struct ntr_pe_debug d = { .rsds = true };
	u32 sig = ntr_bin_u32(b, "CodeView signature");
	enum ntr_st st;

	if (sig == 0x53445352) { /* "RSDS" */
		ntr_bin_copy(b, d.guid, sizeof(d.guid), "PDB GUID");
	} else if (sig == 0x3031424e) { /* "NB10" */
		d.rsds = false;
		ntr_bin_skip(b, 4, "CodeView offset");
		d.sig = ntr_bin_u32(b, "PDB signature");
	} else if (!b->bad) {
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
			       const struct ntr_pe_dbgdir *dir,
			       struct ntr_pe_debug *out, struct ntr_err *e)
{
	u8 buf[PE_CV_MAX];
	size_t len = dir->size < sizeof(buf) ? dir->size : sizeof(buf);
	struct ntr_bin b;

	if (dir->rva)
		len = pe_read_some(pe, dir->rva, buf, len);
	else if (!pe->mapped && dir->raw)
		len = ntr_space_read_some(pe->s, pe->base + dir->raw, buf, len);
	else
		return ntr_fail(e, NTR_ABSENT,
				"the CodeView record is not mapped");
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
	u32 n = pe->dir[NTR_PE_DEBUG].size / ntr_pe_dbgdir_size;
	u32 rva = pe->dir[NTR_PE_DEBUG].rva;
	u8 raw[ntr_pe_dbgdir_size];
	enum ntr_st st, bad = NTR_OK;

	if (n > PE_DEBUG_ENTRIES)
		n = PE_DEBUG_ENTRIES;
	for (u32 i = 0; rva && i < n; i++) {
		struct ntr_bin b = ntr_bin_of(raw, sizeof(raw), "debug", 0);
		struct ntr_pe_dbgdir dir;

		st = ntr_pe_read(pe, rva + i * ntr_pe_dbgdir_size, raw,
				 sizeof(raw), e);
		if (st)
			return ntr_wrap(e, st, "debug directory");
		ntr_pe_dbgdir_decode(&dir, &b);
		if (dir.type != DEBUG_CODEVIEW)
			continue;
		bad = pe_codeview(pe, &dir, out, e);
		if (!bad)
			return NTR_OK;
	}
	return bad ? bad : ntr_fail(e, NTR_ABSENT, "no CodeView record");
}

/* --- exports -------------------------------------------------------------- */

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

	if (rva > PE_MAX_IMAGE)
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
	got = pe_read_some(pe, rva, buf, len + 1);
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
	n = x.nnames < PE_MAX_NAMES ? x.nnames : PE_MAX_NAMES;
	if (!pe_find_name(pe, &x, n, name, &i, &hole))
		return ntr_fail(e, NTR_ABSENT, "%s is not exported%s", name,
				hole ? ", as far as the names can be read"
				     : "");
	if ((u64)x.ordinals + (u64)i * 2 > PE_MAX_IMAGE)
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
	got = pe_read_some(pe, x.name, buf, sizeof(buf));
	if (!got)
		return ntr_fail(e, NTR_ABSENT,
				"export name at RVA 0x%x is not there", x.name);
	ntr_ascii_clean(out, size, buf, got);
	return NTR_OK;
}

/* --- store keys ----------------------------------------------------------- */

void ntr_pdb_key(const struct ntr_pe_debug *d, char out[48])
{
	const u8 *g = d->guid;
	int n;

	if (!d->rsds) {
		snprintf(out, 48, "%08X%x", d->sig, d->age);
		return;
	}
	n = snprintf(out, 48, "%08X%04X%04X", ntr_load_u32(g),
		     ntr_load_u16(g + 4), ntr_load_u16(g + 6));
	for (int i = 8; i < 16; i++)
		n += snprintf(out + n, 48 - (size_t)n, "%02X", g[i]);
	snprintf(out + n, 48 - (size_t)n, "%x", d->age);
}

void ntr_pe_key(u32 timestamp, u32 size, char out[24])
{
	snprintf(out, 24, "%08X%x", timestamp, size);
}
