// SPDX-License-Identifier: Apache-2.0
/*
 * PE images of gcc and clang for MinGW: DWARF, and the COFF symbol table that
 * ld leaves in an image unless told to strip it.  Addresses in both kinds of
 * record: DWARF has VAs that include the preferred image base, COFF symbols
 * have offsets into a section; the rva is VA - ImageBase.
 *
 * A section of a name longer than eight letters is called "/N", N being its
 * offset in the string table behind the symbols.  What neither DWARF nor
 * symbols know (exports) comes from the next format that takes the file.
 *
 * Source: Microsoft, "PE Format", sections "COFF Symbol Table" and "COFF
 * String Table"; the rest seen in images of binutils 2.40.
 */
#include "dwarf_source.h"
#include "pe.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYMBOL_SIZE 18u
#define CLASS_EXTERNAL 2
#define CLASS_STATIC 3
#define CLASS_WEAK 105

struct pe_source {
	struct ntr_dw_source d; /* first: see dwarf_source.h */
	struct ntr_pe pe;
	u32 symbols, nsymbols;  /* file offset, count */
	char *strings;          /* the string table, NUL behind it; owned */
	u32 nstrings;
};

/* --- is it one? ------------------------------------------------------------------- */

static u32 u32_at(const u8 *p)
{
	struct ntr_bin b = ntr_bin_of(p, 4, NULL, 0);

	return ntr_bin_u32(&b, "u32");
}

static bool telling(const char *name)
{
	return !strncmp(name, ".debug_", 7) || !strncmp(name, ".eh_fram", 8) ||
	       (name[0] == '/' && name[1] >= '0' && name[1] <= '9');
}

static bool probe(const u8 *head, size_t len)
{
	struct ntr_bin b = ntr_bin_of(head, len, NULL, 0);
	u32 nt, n, opt;

	if (len < 64 || memcmp(head, "MZ", 2))
		return false;
	nt = u32_at(head + 60);
	ntr_bin_seek(&b, nt, "NT headers");
	if (ntr_bin_u32(&b, "signature") != 0x4550)
		return false;
	ntr_bin_skip(&b, 2, "machine");
	n = ntr_bin_u16(&b, "sections");
	ntr_bin_skip(&b, 12, "time, symbols");
	opt = ntr_bin_u16(&b, "optional header");
	ntr_bin_seek(&b, (u64)nt + 24 + opt, "sections");
	for (u32 i = 0; i < n && i < NTR_PE_MAX_SECTIONS; i++) {
		char name[9] = "";

		ntr_bin_copy(&b, name, 8, "name");
		ntr_bin_skip(&b, 32, "section");
		if (!b.bad && telling(name))
			return true;
	}
	return false;
}

/* --- sections ------------------------------------------------------------------------ */

static void string_table(struct pe_source *x, struct ntr_file *f)
{
	u64 at = (u64)x->symbols + (u64)x->nsymbols * SYMBOL_SIZE;
	u8 len[4];
	u32 n;

	if (!x->symbols || at > f->size || ntr_file_read(f, at, len, 4, NULL))
		return;
	n = u32_at(len);
	if (n < 4 || n > f->size - at)
		return;
	x->strings = malloc((size_t)n + 1);
	if (!x->strings)
		return;
	if (ntr_file_read(f, at, x->strings, n, NULL)) {
		free(x->strings);
		x->strings = NULL;
		return;
	}
	x->strings[n] = 0;
	x->nstrings = n;
}

static const char *string_at(const struct pe_source *x, u64 off)
{
	return x->strings && off >= 4 && off < x->nstrings ? x->strings + off :
							     NULL;
}

static const char *section_name(const struct pe_source *x,
				const struct ntr_pe_section *s)
{
	const char *l;

	if (s->name[0] != '/')
		return s->name;
	l = string_at(x, strtoul(s->name + 1, NULL, 10));
	return l ? l : s->name;
}

static enum ntr_st one_section(struct pe_source *x, struct ntr_dw_image *img,
			       const struct ntr_pe_section *s,
			       struct ntr_err *e)
{
	u64 va = x->pe.image_base + s->rva;
	struct ntr_dw_sect d = {
		.name = ntr_dw_wanted(section_name(x, s)),
		.addr = va,
		/* raw_size is rounded up to the file alignment */
		.size = s->vsize && s->vsize < s->raw_size ? s->vsize :
							     s->raw_size,
		.off = s->raw_off,
	};
	struct ntr_dw_span *c;

	if (s->flags & NTR_SCN_EXECUTE) {
		c = ntr_vec_add(&img->code);
		if (!c)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		*c = (struct ntr_dw_span){ va, va + (s->vsize ? s->vsize :
								 s->raw_size) };
	}
	if (!d.name || d.off > img->file->size ||
	    d.size > img->file->size - d.off)
		return NTR_OK;
	return ntr_dw_add(img, &d, e);
}

/* --- symbols -------------------------------------------------------------------------- */

static const char *symbol_name(struct ntr_symsrc *s, const u8 *r)
{
	const struct pe_source *x = s->priv;

	if (!u32_at(r))
		return string_at(x, u32_at(r + 4));
	return ntr_arena_strndup(&s->arena, (const char *)r,
				 strnlen((const char *)r, 8));
}

/* Section symbols, file names and the labels an assembler leaves inside of
 * functions are no symbols of the program. */
static bool usable(const u8 *r, unsigned section, const struct ntr_pe *pe)
{
	unsigned cls = r[16];
	bool data = !(r[14] || r[15]);

	if (!section || section > pe->nsections)
		return false;
	if (cls == CLASS_STATIC && data && (r[17] || r[0] == '.'))
		return false;
	return cls == CLASS_EXTERNAL || cls == CLASS_STATIC ||
	       cls == CLASS_WEAK;
}

static bool add_symbol(struct ntr_symsrc *s, const u8 *r)
{
	struct pe_source *x = s->priv;
	unsigned n = (unsigned)(r[12] | r[13] << 8);
	const struct ntr_pe_section *sec;
	struct ntr_symbol y = { .kind = NTR_SYM_DATA };

	if (!usable(r, n, &x->pe))
		return true;
	sec = &x->pe.section[n - 1];
	y.name = symbol_name(s, r);
	if (!y.name || !*y.name)
		return true;
	y.rva = (u64)sec->rva + u32_at(r + 8);
	y.code = sec->flags & NTR_SCN_EXECUTE;
	if (y.code) /* type 0x20: a function; others are the assembler's */
		y.kind = r[14] == 0x20 ? NTR_SYM_FUNC : NTR_SYM_LABEL;
	return ntr_symtab_add(&x->d.table, &y,
			      (u8)((r[14] == 0x20) * 2 +
				   (r[16] == CLASS_EXTERNAL)));
}

static enum ntr_st read_table(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct pe_source *x = s->priv;
	u8 r[SYMBOL_SIZE];

	for (u64 i = 0; i < x->nsymbols; i++) {
		enum ntr_st st = ntr_file_read(
			s->file, x->symbols + i * SYMBOL_SIZE, r, sizeof(r), e);

		if (st)
			return st == NTR_ABSENT ? NTR_BAD : st;
		if (!add_symbol(s, r))
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		i += r[17]; /* auxiliary records */
	}
	return NTR_OK;
}

/* --- opening ------------------------------------------------------------------------- */

static void identify(struct ntr_symsrc *s, const struct ntr_pe *pe)
{
	struct ntr_pe_debug d;

	s->machine = pe->machine;
	s->ptr_size = pe->pe64 ? 8 : 4;
	s->id.has_image = true;
	s->id.timestamp = pe->timestamp;
	s->id.image_size = pe->size;
	s->id.has_checksum = pe->checksum != 0;
	s->id.checksum = pe->checksum;
	if (ntr_pe_debug(pe, &d, NULL) || !d.rsds)
		return;
	s->id.has_guid = true; /* ld --build-id */
	memcpy(s->id.guid, d.guid, sizeof(s->id.guid));
	s->id.age = d.age;
}

/* The symbol table, when the file has all of it. */
static void find_symbols(struct pe_source *x, struct ntr_file *f)
{
	u8 b[24], lfanew[4];

	if (ntr_file_read(f, 60, lfanew, 4, NULL) ||
	    ntr_file_read(f, u32_at(lfanew), b, sizeof(b), NULL))
		return;
	x->symbols = u32_at(b + 12);
	x->nsymbols = u32_at(b + 16);
	if (!x->symbols || x->symbols > f->size ||
	    x->nsymbols > (f->size - x->symbols) / SYMBOL_SIZE) {
		x->symbols = x->nsymbols = 0;
		return;
	}
	x->d.table_full = x->nsymbols != 0;
}

static enum ntr_st read_headers(struct ntr_symsrc *s, struct pe_source *x,
				struct ntr_err *e)
{
	struct ntr_dw_image *img = &x->d.image;
	enum ntr_st st = ntr_pe_open(&x->pe, &s->file->space, 0, false, e);

	if (st)
		return st;
	find_symbols(x, s->file);
	string_table(x, s->file);
	identify(s, &x->pe);
	img->file = s->file;
	img->machine = s->machine;
	img->ptr_size = s->ptr_size;
	img->base = x->pe.image_base;
	for (u32 i = 0; i < x->pe.nsections && !st; i++)
		st = one_section(x, img, &x->pe.section[i], e);
	return st;
}

static enum ntr_st open_other(struct ntr_symsrc *s, struct pe_source *x)
{
	int fd = dup(s->file->fd);
	struct ntr_file *f;
	enum ntr_st st;

	if (fd < 0)
		return NTR_IO;
	st = ntr_file_from_fd(&f, fd, s->file->name, NULL);
	if (st)
		return st;
	return ntr_symsrc_open_next(&x->d.other, s->ops, f, NULL);
}

static enum ntr_st pedwarf_open(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct pe_source *x = calloc(1, sizeof(*x));
	enum ntr_st st;

	if (!x)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	s->priv = x;
	st = read_headers(s, x, e);
	if (st)
		return st == NTR_NOMEM ? st : NTR_UNSUP;
	ntr_dw_init(&x->d.dw, &x->d.image, &s->arena);
	if (!x->d.image.sects.n)
		return ntr_fail(e, NTR_UNSUP, "%s: no DWARF in this image",
				s->file->name);
	x->d.read_table = read_table;
	x->d.table.x86 = s->machine == NTR_MACHINE_X86;
	st = open_other(s, x); /* none: no exports */
	return st == NTR_NOMEM ? st : NTR_OK;
}

static void pedwarf_close(struct ntr_symsrc *s)
{
	struct pe_source *x = s->priv;

	ntr_dw_source_fini(&x->d);
	free(x->strings);
	free(x);
}

const struct ntr_symsrc_ops ntr_symsrc_pedwarf = {
	.name = "pedwarf",
	.descr = "PE image with DWARF",
	.probe = probe,
	.open = pedwarf_open,
	.close = pedwarf_close,
	NTR_DW_SLOTS,
};
