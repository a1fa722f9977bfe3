// SPDX-License-Identifier: Apache-2.0
/*
 * .DBG files: what was cut off an image of NT 3.51 to 2000 to make it small.
 * A header, the image's section headers, exported names, and a debug directory
 * whose entries are in this file.  Layouts and what of them was verified:
 * docs/formats/dbg.md.
 */
#include "source_dbg.h"

#include "../base/record.h"
#include "../base/text.h"
#include "../fmt/dump.h"
#include "dbg_data.h"

#include <stdlib.h>

#define DBG_HEADER_FIELDS(S, A, r, z)        \
	S(r, z, u16, signature,    0x00)     \
	S(r, z, u16, flags,        0x02)     \
	S(r, z, u16, machine,      0x04)     \
	S(r, z, u32, timestamp,    0x08)     \
	S(r, z, u32, checksum,     0x0c)     \
	S(r, z, u32, image_base,   0x10)     \
	S(r, z, u32, image_size,   0x14)     \
	S(r, z, u32, nsections,    0x18)     \
	S(r, z, u32, names_size,   0x1c)     \
	S(r, z, u32, dir_size,     0x20)
NTR_RECORD(dbg_header, 48, DBG_HEADER_FIELDS)

#define SIGNATURE 0x4944u /* "DI" */
#define FLAG_MISMATCH 0x8000u /* the check sum is not the image's */
#define DIR_ENTRY 28u
#define MISC_MAX 1024u
#define CODEVIEW_MAX 1024u

struct dbg {
	struct ntr_pe_section section[NTR_PE_MAX_SECTIONS];
	u64 names_off;
	u32 names_size;
	struct ntr_pe_debug_dir misc, pdb; /* type 0: none */
	struct ntr_dbg_data data;
	bool have_syms, have_lines;
	struct ntr_symlist syms;
	struct ntr_linelist lines;
};

static bool dbg_probe(const u8 *head, size_t len)
{
	return len >= ntr_dbg_header_size &&
	       ntr_load_u16(head) == SIGNATURE &&
	       ntr_machine_name(ntr_load_u16(head + 4));
}

/* --- opening ---------------------------------------------------------------------- */

static enum ntr_st load_entry(void *ctx, const struct ntr_pe_debug_dir *d,
			      struct ntr_blob *out, struct ntr_err *e)
{
	struct ntr_file *f = ((struct ntr_symsrc *)ctx)->file;
	u64 there = d->raw < f->size ? f->size - d->raw : 0;
	enum ntr_st st = ntr_blob_load(out, &f->space, d->raw,
				       d->size < there ? d->size : there, e);

	if (!st)
		out->whole = out->len == d->size;
	return st;
}

static enum ntr_st read_sections(struct ntr_symsrc *s, u32 n,
				 struct ntr_err *e)
{
	struct dbg *d = s->priv;
	u8 raw[NTR_PE_SECTION_BYTES];
	u64 at = ntr_dbg_header_size;
	enum ntr_st st;

	if (n > NTR_PE_MAX_SECTIONS)
		return ntr_fail(e, NTR_BAD, "%s+0x18: %u sections, at most %u "
				"are sane", s->file->name, n,
				NTR_PE_MAX_SECTIONS);
	for (u32 i = 0; i < n; i++, at += sizeof(raw)) {
		struct ntr_bin b;

		st = ntr_file_read(s->file, at, raw, sizeof(raw), e);
		if (st)
			return st == NTR_ABSENT ? NTR_BAD : st;
		b = ntr_bin_of(raw, sizeof(raw), s->file->name, at);
		ntr_pe_section_decode(&d->section[i], &b);
	}
	d->data.map.section = d->section;
	d->data.map.nsections = n;
	return NTR_OK;
}

/* CodeView data is either here, or names a PDB. */
static void take_codeview(struct ntr_symsrc *s,
			  const struct ntr_pe_debug_dir *x)
{
	struct dbg *d = s->priv;
	u8 sig[4];
	char form[5];

	if (ntr_file_read(s->file, x->raw, sig, sizeof(sig), NULL) ||
	    ntr_cv_is_embedded(ntr_load_u32(sig), form))
		d->data.codeview = *x;
	else
		d->pdb = *x;
}

static void take_entry(struct ntr_symsrc *s, const struct ntr_pe_debug_dir *x)
{
	struct dbg *d = s->priv;

	switch (x->type) {
	case NTR_PE_DEBUG_COFF: d->data.coff = *x; break;
	case NTR_PE_DEBUG_CODEVIEW: take_codeview(s, x); break;
	case NTR_PE_DEBUG_FPO: d->data.fpo = *x; break;
	case NTR_PE_DEBUG_MISC: d->misc = *x; break;
	case NTR_PE_DEBUG_OMAP_FROM_SRC: d->data.omap = *x; break;
	default: break;
	}
}

/* The entries that are there; a directory that is cut short is damage. */
static void read_dirs(struct ntr_symsrc *s, u64 at, u32 size)
{
	struct dbg *d = s->priv;
	u32 n = size / DIR_ENTRY;
	u8 raw[DIR_ENTRY];

	for (u32 i = 0; i < n && i < NTR_PE_MAX_DEBUG; i++, at += DIR_ENTRY) {
		struct ntr_bin b = ntr_bin_of(raw, sizeof(raw),
					      s->file->name, at);
		struct ntr_pe_debug_dir x;
		struct ntr_err why = { "" };

		if (ntr_file_read(s->file, at, raw, sizeof(raw), &why)) {
			d->data.damaged = true;
			d->data.damage = why;
			return;
		}
		ntr_pe_debug_dir_decode(&x, &b);
		take_entry(s, &x);
	}
}

static void take_id(struct ntr_symsrc *s, const struct ntr_dbg_header *h)
{
	s->machine = h->machine;
	s->ptr_size = ntr_machine_ptr_size(h->machine);
	s->id.has_image = true;
	s->id.timestamp = h->timestamp;
	s->id.image_size = h->image_size;
	s->id.has_checksum = !(h->flags & FLAG_MISMATCH);
	s->id.checksum = h->checksum;
}

static enum ntr_st dbg_open(struct ntr_symsrc *s, struct ntr_err *e)
{
	u8 raw[ntr_dbg_header_size];
	struct ntr_dbg_header h;
	struct ntr_bin b;
	struct dbg *d;
	enum ntr_st st = ntr_file_read(s->file, 0, raw, sizeof(raw), e);

	if (st)
		return st;
	b = ntr_bin_of(raw, sizeof(raw), s->file->name, 0);
	ntr_dbg_header_decode(&h, &b);
	s->priv = d = calloc(1, sizeof(*d));
	if (!d)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = read_sections(s, h.nsections, e);
	if (st)
		return st;
	d->names_off = ntr_dbg_header_size +
		       (u64)h.nsections * NTR_PE_SECTION_BYTES;
	d->names_size = h.names_size;
	d->data.origin = s->file->name;
	d->data.names = &s->arena;
	d->data.from_rva = true;
	d->data.load = load_entry;
	d->data.ctx = s;
	take_id(s, &h);
	read_dirs(s, d->names_off + h.names_size, h.dir_size);
	return NTR_OK;
}

static void dbg_close(struct ntr_symsrc *s)
{
	struct dbg *d = s->priv;

	ntr_dbg_data_fini(&d->data);
	ntr_symlist_fini(&d->syms);
	ntr_vec_fini(&d->lines);
	free(d);
}

/* --- questions ------------------------------------------------------------------------ */

static enum ntr_st need_syms(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct dbg *d = s->priv;
	enum ntr_st st;

	if (d->have_syms)
		return NTR_OK;
	st = ntr_dbg_data_symbols(&d->data, &d->syms, e);
	if (!st) {
		ntr_symlist_sort(&d->syms);
		st = ntr_dbg_data_sizes(&d->data, &d->syms, e);
	}
	if (!st)
		st = ntr_symlist_seal(&d->syms, e);
	if (st)
		ntr_symlist_fini(&d->syms);
	d->have_syms = !st;
	return st;
}

static enum ntr_st need_lines(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct dbg *d = s->priv;
	enum ntr_st st;

	if (d->have_lines)
		return NTR_OK;
	st = ntr_dbg_data_lines(&d->data, &d->lines, e);
	if (st)
		ntr_vec_fini(&d->lines);
	else
		ntr_linelist_seal(&d->lines);
	d->have_lines = !st;
	return st;
}

static enum ntr_st dbg_at(struct ntr_symsrc *s, u64 rva,
			  struct ntr_symbol *out, struct ntr_err *e)
{
	struct dbg *d = s->priv;
	enum ntr_st st = need_syms(s, e);

	return st ? st : ntr_symlist_at(&d->syms, rva, out, e);
}

static enum ntr_st dbg_named(struct ntr_symsrc *s, const char *name,
			     struct ntr_symbol *out, struct ntr_err *e)
{
	struct dbg *d = s->priv;
	enum ntr_st st = need_syms(s, e);

	return st ? st : ntr_symlist_named(&d->syms, s->machine, &s->arena,
					   name, out, e);
}

/* All that can be read is given first; then damage is said. */
static enum ntr_st dbg_each(struct ntr_symsrc *s, ntr_symbol_fn *fn,
			    void *ctx, struct ntr_err *e)
{
	struct dbg *d = s->priv;
	enum ntr_st st = need_syms(s, e);

	if (st || !ntr_symlist_each(&d->syms, fn, ctx))
		return st;
	return ntr_dbg_data_damage(&d->data, e);
}

static enum ntr_st dbg_line(struct ntr_symsrc *s, u64 rva,
			    struct ntr_line *out, struct ntr_err *e)
{
	struct dbg *d = s->priv;
	enum ntr_st st = need_lines(s, e);

	return st ? st : ntr_linelist_at(&d->lines, rva, out, e);
}

static enum ntr_st dbg_each_line(struct ntr_symsrc *s, ntr_line_fn *fn,
				 void *ctx, struct ntr_err *e)
{
	struct dbg *d = s->priv;
	enum ntr_st st = need_lines(s, e);

	if (st || !ntr_linelist_each(&d->lines, fn, ctx))
		return st;
	return ntr_dbg_data_damage(&d->data, e);
}

static enum ntr_st dbg_unwind(struct ntr_symsrc *s, u64 rva,
			      struct ntr_uwrec *out, struct ntr_err *e)
{
	struct dbg *d = s->priv;

	return ntr_dbg_data_unwind(&d->data, rva, out, e);
}

static enum ntr_st types_of(struct ntr_symsrc *s, struct ntr_cv_types **t,
			    struct ntr_err *e)
{
	struct dbg *d = s->priv;

	return ntr_dbg_data_types(&d->data, t, e);
}

static enum ntr_st dbg_type_named(struct ntr_symsrc *s, const char *name,
				  u64 *id, struct ntr_err *e)
{
	struct ntr_cv_types *t;
	enum ntr_st st = types_of(s, &t, e);

	return st ? st : ntr_cv_type_named(t, name, id, e);
}

static enum ntr_st dbg_type(struct ntr_symsrc *s, u64 id,
			    struct ntr_type *out, struct ntr_err *e)
{
	struct ntr_cv_types *t;
	enum ntr_st st = types_of(s, &t, e);

	return st ? st : ntr_cv_type(t, id, out, e);
}

static enum ntr_st dbg_members(struct ntr_symsrc *s, u64 id,
			       ntr_type_member_fn *fn, void *ctx,
			       struct ntr_err *e)
{
	struct ntr_cv_types *t;
	enum ntr_st st = types_of(s, &t, e);

	return st ? st : ntr_cv_type_members(t, id, fn, ctx, e);
}

static enum ntr_st dbg_each_type(struct ntr_symsrc *s, ntr_type_name_fn *fn,
				 void *ctx, struct ntr_err *e)
{
	struct ntr_cv_types *t;
	enum ntr_st st = types_of(s, &t, e);

	return st ? st : ntr_cv_types_each(t, fn, ctx, e);
}

const struct ntr_symsrc_ops ntr_symsrc_dbg = {
	.name = "dbg",
	.descr = "separate debug file (.DBG)",
	.probe = dbg_probe,
	.open = dbg_open,
	.close = dbg_close,
	.at = dbg_at,
	.named = dbg_named,
	.each = dbg_each,
	.line = dbg_line,
	.each_line = dbg_each_line,
	.unwind = dbg_unwind,
	.type_named = dbg_type_named,
	.type = dbg_type,
	.members = dbg_members,
	.each_type = dbg_each_type,
};

/* --- what only a .DBG says ---------------------------------------------------------- */

enum ntr_st ntr_dbg_image_name(struct ntr_symsrc *s, char *out, size_t size,
			       struct ntr_err *e)
{
	struct dbg *d = s->priv;
	char name[260] = "";
	u8 buf[MISC_MAX];
	struct ntr_bin b;
	size_t n;

	if (d->misc.type) {
		n = ntr_file_read_some(s->file, d->misc.raw, buf,
				       d->misc.size < sizeof(buf) ?
					       d->misc.size : sizeof(buf));
		b = ntr_bin_of(buf, n, s->file->name, d->misc.raw);
		ntr_pe_misc_name(&b, name, sizeof(name));
	}
	if (!name[0])
		return ntr_fail(e, NTR_ABSENT, "%s: no image name",
				s->file->name);
	ntr_ascii_clean(out, size, name, sizeof(name));
	return NTR_OK;
}

enum ntr_st ntr_dbg_pdb(struct ntr_symsrc *s, struct ntr_pe_debug *out,
			struct ntr_err *e)
{
	struct dbg *d = s->priv;
	u8 buf[CODEVIEW_MAX];
	struct ntr_bin b;
	size_t n;

	if (!d->pdb.type)
		return ntr_fail(e, NTR_ABSENT, "%s names no PDB",
				s->file->name);
	n = ntr_file_read_some(s->file, d->pdb.raw, buf,
			       d->pdb.size < sizeof(buf) ? d->pdb.size
							 : sizeof(buf));
	b = ntr_bin_of(buf, n, s->file->name, d->pdb.raw);
	return ntr_cv_parse(&b, out, e);
}

enum ntr_st ntr_dbg_exported(struct ntr_symsrc *s, ntr_dbg_name_fn *fn,
			     void *ctx, struct ntr_err *e)
{
	struct dbg *d = s->priv;
	u64 there = d->names_off < s->file->size ?
			    s->file->size - d->names_off : 0;
	struct ntr_blob b;
	size_t at = 0, n;
	enum ntr_st st;

	st = ntr_blob_load(&b, &s->file->space, d->names_off,
			   d->names_size < there ? d->names_size : there, e);
	if (st)
		return st;
	for (; at < b.len; at += n + 1) {
		n = strnlen((const char *)b.p + at, b.len - at);
		if (at + n == b.len) {
			st = ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": exported "
				      "name without an end", s->file->name,
				      d->names_off + at);
			break;
		}
		if (n && !fn(ctx, (const char *)b.p + at))
			break;
	}
	ntr_blob_fini(&b);
	return st;
}
