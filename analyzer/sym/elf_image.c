// SPDX-License-Identifier: Apache-2.0
#include "elf_image.h"

#include <stdio.h>

#define PAGE_MASK 0xfffu
#define MAX_PACKED_RATIO 1100u /* deflate reaches 1032 */

/* --- before libelf ---------------------------------------------------------------- */

/* By class: size of the header, of a program header, of a section header, and
 * where e_phoff, e_shoff, e_phentsize (then phnum, shentsize, shnum) are. */
static const struct layout {
	unsigned ehdr, phdr, shdr, phoff, shoff, phentsize, width;
} layouts[2] = {
	{ 52, 32, 40, 28, 32, 42, 4 },
	{ 64, 56, 64, 32, 40, 54, 8 },
};

static u64 uint_at(const u8 *p, unsigned width, bool big)
{
	u64 v = 0;

	for (unsigned i = 0; i < width; i++)
		v |= (u64)p[i] << 8 * (big ? width - 1 - i : i);
	return v;
}

static enum ntr_st table_fits(const struct ntr_file *f, const char *what,
			      u64 off, u64 n, u64 each, u64 want,
			      struct ntr_err *e)
{
	if (!n || !off)
		return NTR_OK;
	if (each != want)
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": %s of %" PRIu64
				" bytes each, want %" PRIu64, f->name, off,
				what, each, want);
	if (off > f->size || n * each > f->size - off)
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": %" PRIu64
				" %s, the file has 0x%" PRIx64 " bytes",
				f->name, off, n, what, f->size);
	return NTR_OK;
}

static enum ntr_st check_head(struct ntr_file *f, struct ntr_err *e)
{
	const struct layout *l;
	u8 h[64] = { 0 };
	size_t n = ntr_file_read_some(f, 0, h, sizeof(h));
	enum ntr_st st;
	bool big;
	u64 type;

	if (n < 20 || memcmp(h, ELFMAG, SELFMAG) || !h[EI_CLASS] ||
	    h[EI_CLASS] > 2 || !h[EI_DATA] || h[EI_DATA] > 2)
		return ntr_fail(e, NTR_BAD, "%s+0x0: no ELF header", f->name);
	l = &layouts[h[EI_CLASS] == ELFCLASS64];
	big = h[EI_DATA] == ELFDATA2MSB;
	if (n < l->ehdr)
		return ntr_fail(e, NTR_BAD, "%s+0x0: an ELF header of %u bytes, "
				"the file has %zu", f->name, l->ehdr, n);
	type = uint_at(h + 16, 2, big);
	if (type != ET_EXEC && type != ET_DYN)
		return ntr_fail(e, NTR_UNSUP, "%s: an ELF file of type %u, not "
				"linked", f->name, (unsigned)type);
	st = table_fits(f, "program headers",
			uint_at(h + l->phoff, l->width, big),
			uint_at(h + l->phentsize + 2, 2, big),
			uint_at(h + l->phentsize, 2, big), l->phdr, e);
	if (st)
		return st;
	if (uint_at(h + l->phentsize + 2, 2, big) == PN_XNUM ||
	    (uint_at(h + l->shoff, l->width, big) &&
	     !uint_at(h + l->phentsize + 6, 2, big)))
		return ntr_fail(e, NTR_LIMIT, "%s: more headers than an "
				"executable has", f->name);
	return table_fits(f, "section headers",
			  uint_at(h + l->shoff, l->width, big),
			  uint_at(h + l->phentsize + 6, 2, big),
			  uint_at(h + l->phentsize + 4, 2, big), l->shdr, e);
}

/* --- segments ------------------------------------------------------------------------ */

static enum ntr_st segments(struct ntr_elf_image *x, struct ntr_dw_image *img,
			    struct ntr_err *e)
{
	size_t n = 0;
	bool any = false;

	if (elf_getphdrnum(x->elf, &n))
		n = 0;
	for (size_t i = 0; i < n; i++) {
		struct ntr_dw_span *c;
		GElf_Phdr p;
		u64 page;

		if (!gelf_getphdr(x->elf, (int)i, &p) || p.p_type != PT_LOAD)
			continue;
		page = p.p_vaddr & ~(u64)PAGE_MASK;
		if (!any || page < img->base)
			img->base = page;
		any = true;
		if (!(p.p_flags & PF_X) || p.p_vaddr + p.p_memsz < p.p_vaddr)
			continue;
		c = ntr_vec_add(&img->code);
		if (!c)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		*c = (struct ntr_dw_span){ p.p_vaddr, p.p_vaddr + p.p_memsz };
	}
	return NTR_OK;
}

/* --- sections -------------------------------------------------------------------------- */

static enum ntr_st unpack(struct ntr_dw_image *img, const struct ntr_dw_sect *s,
			  u8 *buf, struct ntr_err *e)
{
	const struct ntr_elf_image *x = img->impl;
	Elf_Scn *scn = elf_getscn(x->elf, s->index);
	GElf_Shdr h;
	Elf_Data *d;
	int res;

	if (!scn || !gelf_getshdr(scn, &h))
		return ntr_fail(e, NTR_BAD, "section %zu: %s", s->index,
				elf_errmsg(-1));
	res = h.sh_flags & SHF_COMPRESSED ? elf_compress(scn, 0, 0) :
					    elf_compress_gnu(scn, 0, 0);
	d = res < 0 ? NULL : elf_getdata(scn, NULL);
	if (!d || d->d_size != s->size || !d->d_buf)
		return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": cannot be "
				"unpacked: %s", img->file->name, s->off,
				elf_errmsg(-1));
	memcpy(buf, d->d_buf, s->size);
	return NTR_OK;
}

/* Size once unpacked, as the section itself says; 0: not believable. */
static u64 unpacked_size(struct ntr_dw_image *img, Elf_Scn *scn,
			 const GElf_Shdr *h)
{
	u64 n = 0;
	GElf_Chdr c;
	u8 old[12];

	if (h->sh_flags & SHF_COMPRESSED) {
		if (gelf_getchdr(scn, &c))
			n = c.ch_size;
	} else if (h->sh_size > 12 &&
		   !ntr_file_read(img->file, h->sh_offset, old, 12, NULL) &&
		   !memcmp(old, "ZLIB", 4)) {
		n = uint_at(old + 4, 8, true); /* the GNU form of before 2015 */
	}
	return n > NTR_DW_MAX_SECTION || n / MAX_PACKED_RATIO > h->sh_size ? 0 :
									      n;
}

/* ".zdebug_info" is filed as ".debug_info". */
static const char *wanted(const char *name, bool *gnu, char buf[64])
{
	*gnu = !strncmp(name, ".zdebug_", 8);
	if (!*gnu)
		return ntr_dw_wanted(name);
	snprintf(buf, 64, ".%s", name + 2);
	return ntr_dw_wanted(buf);
}

static enum ntr_st debug_section(struct ntr_dw_image *img, Elf_Scn *scn,
				 const GElf_Shdr *h, const char *name,
				 struct ntr_err *e)
{
	char buf[64];
	bool gnu;
	struct ntr_dw_sect d = {
		.name = wanted(name, &gnu, buf),
		.addr = h->sh_addr,
		.size = h->sh_size,
		.off = h->sh_offset,
		.index = elf_ndxscn(scn),
	};

	if (!d.name || h->sh_type == SHT_NOBITS)
		return NTR_OK;
	if (h->sh_offset > img->file->size ||
	    h->sh_size > img->file->size - h->sh_offset)
		return NTR_OK; /* damage of one section */
	d.packed = gnu || h->sh_flags & SHF_COMPRESSED;
	if (d.packed)
		d.size = unpacked_size(img, scn, h);
	return ntr_dw_add(img, &d, e);
}

/* Name, padding to 4, CRC-32 (gdb manual, "Debugging Information in Separate
 * Files"). */
static void debuglink(struct ntr_elf_image *x, struct ntr_symsrc *s,
		      const GElf_Shdr *h)
{
	u8 b[512] = { 0 };
	size_t n = h->sh_size < sizeof(b) ? h->sh_size : sizeof(b);
	size_t len;

	if (ntr_file_read(s->file, h->sh_offset, b, n, NULL))
		return;
	len = strnlen((char *)b, n);
	if (!len || (len & ~(size_t)3) + 8 > n)
		return;
	x->debuglink = ntr_arena_strdup(&s->arena, (char *)b);
	x->crc = (u32)uint_at(b + (len & ~(size_t)3) + 4, 4,
			      x->head.e_ident[EI_DATA] == ELFDATA2MSB);
}

/* A note of name "GNU", type 3: the build-id. */
static void build_id(struct ntr_symsrc *s, u64 off, u64 size, bool big)
{
	u8 b[1024] = { 0 };
	size_t n = ntr_file_read_some(s->file, off, b,
				      size < sizeof(b) ? size : sizeof(b));

	for (size_t at = 0; at + 12 <= n;) {
		u64 nlen = uint_at(b + at, 4, big);
		u64 dlen = uint_at(b + at + 4, 4, big);
		u64 type = uint_at(b + at + 8, 4, big);
		u64 desc = at + 12 + ((nlen + 3) & ~UINT64_C(3));

		if (desc > n || dlen > n - desc)
			return;
		if (type == NT_GNU_BUILD_ID && nlen == 4 && dlen &&
		    dlen <= sizeof(s->id.build_id) &&
		    !memcmp(b + at + 12, "GNU", 4)) {
			memcpy(s->id.build_id, b + desc, dlen);
			s->id.nbuild_id = (unsigned)dlen;
			return;
		}
		at = desc + ((dlen + 3) & ~UINT64_C(3));
	}
}

static enum ntr_st section(struct ntr_elf_image *x, struct ntr_dw_image *img,
			   struct ntr_symsrc *s, Elf_Scn *scn, size_t names,
			   struct ntr_err *e)
{
	const char *name;
	GElf_Shdr h;

	if (!gelf_getshdr(scn, &h))
		return NTR_OK;
	name = elf_strptr(x->elf, names, h.sh_name);
	if (!name)
		return NTR_OK;
	if (h.sh_type == SHT_SYMTAB && !x->symtab)
		x->symtab = scn;
	else if (h.sh_type == SHT_DYNSYM && !x->dynsym)
		x->dynsym = scn;
	else if (h.sh_type == SHT_NOTE && !s->id.nbuild_id)
		build_id(s, h.sh_offset, h.sh_size, img->big);
	else if (!strcmp(name, ".gnu_debuglink"))
		debuglink(x, s, &h);
	else if (!strcmp(name, ".gnu_debugaltlink"))
		img->elsewhere = "part of its DWARF is in a .dwz file, which "
				 "is not read";
	else
		return debug_section(img, scn, &h, name, e);
	return NTR_OK;
}

static enum ntr_st sections(struct ntr_elf_image *x, struct ntr_dw_image *img,
			    struct ntr_symsrc *s, struct ntr_err *e)
{
	size_t names = 0;
	Elf_Scn *scn = NULL;
	enum ntr_st st = NTR_OK;

	if (elf_getshdrstrndx(x->elf, &names))
		return NTR_OK; /* no sections: segments only */
	while (!st && (scn = elf_nextscn(x->elf, scn)))
		st = section(x, img, s, scn, names, e);
	return st;
}

/* --- opening --------------------------------------------------------------------------- */

static u32 machine_of(unsigned e_machine)
{
	switch (e_machine) {
	case EM_X86_64: return NTR_MACHINE_AMD64;
	case EM_386: return NTR_MACHINE_X86;
	case EM_AARCH64: return NTR_MACHINE_ARM64;
	case EM_ARM: return NTR_MACHINE_ARM;
	case EM_IA_64: return NTR_MACHINE_IA64;
	default: return NTR_MACHINE_UNKNOWN;
	}
}

/* Stripped files without a section table still have the note in a segment. */
static void notes_of_segments(struct ntr_elf_image *x, struct ntr_symsrc *s,
			      bool big)
{
	size_t n = 0;
	GElf_Phdr p;

	if (elf_getphdrnum(x->elf, &n))
		return;
	for (size_t i = 0; i < n && !s->id.nbuild_id; i++)
		if (gelf_getphdr(x->elf, (int)i, &p) && p.p_type == PT_NOTE)
			build_id(s, p.p_offset, p.p_filesz, big);
}

enum ntr_st ntr_elf_image_open(struct ntr_elf_image *x, struct ntr_dw_image *img,
			       struct ntr_symsrc *s, struct ntr_err *e)
{
	enum ntr_st st = check_head(s->file, e);

	if (st)
		return st;
	elf_version(EV_CURRENT);
	x->elf = elf_begin(s->file->fd, ELF_C_READ, NULL);
	if (!x->elf || elf_kind(x->elf) != ELF_K_ELF ||
	    !gelf_getehdr(x->elf, &x->head))
		return ntr_fail(e, NTR_BAD, "%s: %s", s->file->name,
				elf_errmsg(-1));
	img->file = s->file;
	img->big = x->head.e_ident[EI_DATA] == ELFDATA2MSB;
	img->ptr_size = x->head.e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	img->machine = machine_of(x->head.e_machine);
	img->unpack = unpack;
	img->impl = x;
	s->machine = img->machine;
	s->ptr_size = img->ptr_size;
	st = segments(x, img, e);
	if (!st)
		st = sections(x, img, s, e);
	if (!st && !s->id.nbuild_id)
		notes_of_segments(x, s, img->big);
	return st;
}

void ntr_elf_image_close(struct ntr_elf_image *x)
{
	if (x->elf)
		elf_end(x->elf);
	x->elf = NULL;
}
