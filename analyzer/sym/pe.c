// SPDX-License-Identifier: Apache-2.0
#include "pe.h"

#include "../base/record.h"
#include "../base/text.h"

#include <stdio.h>
#include <string.h>

#define PE_MAX_LFANEW 0x100000u /* the loader's own limit is far lower */

#define PE_FILE_FIELDS(S, A, r, z)       \
	S(r, z, u32, signature,    0x00) \
	S(r, z, u16, machine,      0x04) \
	S(r, z, u16, nsections,    0x06) \
	S(r, z, u32, timestamp,    0x08) \
	S(r, z, u32, symbols_off,  0x0c) \
	S(r, z, u32, nsymbols,     0x10) \
	S(r, z, u16, opt_size,     0x14) \
	S(r, z, u16, flags,        0x16)
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
	if (o.image_size > NTR_PE_MAX_IMAGE)
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

void ntr_pe_section_decode(struct ntr_pe_section *s, struct ntr_bin *b)
{
	struct ntr_pe_scn r;

	ntr_pe_scn_decode(&r, b);
	ntr_ascii_clean(s->name, sizeof(s->name), r.name, 8);
	s->rva = r.rva;
	s->vsize = r.vsize;
	s->raw_off = r.raw_off;
	s->raw_size = r.raw_size;
	s->flags = r.flags;
}

/* As many section headers as can be read; a missing page costs the rest. */
static void pe_sections(struct ntr_pe *pe, u64 at, u32 n)
{
	u8 raw[ntr_pe_scn_size];

	if (n > NTR_PE_MAX_SECTIONS)
		n = NTR_PE_MAX_SECTIONS;
	for (u32 i = 0; i < n; i++, at += sizeof(raw)) {
		struct ntr_bin b;

		if (ntr_space_read(pe->s, at, raw, sizeof(raw), NULL))
			return;
		b = ntr_bin_of(raw, sizeof(raw), pe->s->name, at);
		ntr_pe_section_decode(&pe->section[i], &b);
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
	pe.flags = fh.flags;
	pe.symbols_off = fh.symbols_off;
	pe.nsymbols = fh.nsymbols;
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

const struct ntr_pe_section *ntr_pe_section_of(const struct ntr_pe *pe,
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
	const struct ntr_pe_section *c = ntr_pe_section_of(pe, rva);
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

	if (end > NTR_PE_MAX_IMAGE || (pe->size && end > pe->size))
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
	const struct ntr_pe_section *c = ntr_pe_section_of(pe, rva);

	return c && (c->flags & NTR_SCN_EXECUTE);
}

size_t ntr_pe_read_some(const struct ntr_pe *pe, u32 rva, void *buf,
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
