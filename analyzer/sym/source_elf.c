// SPDX-License-Identifier: Apache-2.0
/*
 * ELF executables, shared objects and their .debug files: symbols of .symtab
 * and .dynsym, and what DWARF they have.  RVA convention: elf_image.h.
 */
#include "dwarf_source.h"
#include "elf_image.h"

#include <stdio.h>
#include <stdlib.h>

struct elf_source {
	struct ntr_dw_source d; /* first: see dwarf_source.h */
	struct ntr_elf_image x;
};

static bool probe(const u8 *head, size_t len)
{
	if (len < 20 || memcmp(head, ELFMAG, SELFMAG))
		return false;
	/* cores are dumps */
	return (head[EI_DATA] == ELFDATA2MSB ? head[17] : head[16]) != ET_CORE;
}

static void elf_close(struct ntr_symsrc *s)
{
	struct elf_source *x = s->priv;

	ntr_dw_source_fini(&x->d);
	ntr_elf_image_close(&x->x);
	free(x);
}

/* --- symbols ------------------------------------------------------------------------ */

static bool usable(const GElf_Sym *y, u64 base)
{
	unsigned type = GELF_ST_TYPE(y->st_info);

	if (y->st_shndx == SHN_UNDEF || y->st_shndx == SHN_ABS ||
	    y->st_shndx == SHN_COMMON || y->st_value < base)
		return false;
	return type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE ||
	       type == STT_GNU_IFUNC;
}

/* $x, $d, $a, $t of the ARM ABIs mark code and data. */
static bool mapping_symbol(const char *name, u32 machine)
{
	return name[0] == '$' && strchr("xdat", name[1]) && name[1] &&
	       (!name[2] || name[2] == '.') &&
	       (machine == NTR_MACHINE_ARM64 || machine == NTR_MACHINE_ARM);
}

static bool in_code(const struct ntr_dw_image *img, u64 addr)
{
	for (size_t i = 0; i < img->code.n; i++)
		if (addr >= img->code.v[i].lo && addr < img->code.v[i].hi)
			return true;
	return false;
}

static bool add(struct ntr_symsrc *s, const GElf_Sym *y, const char *name)
{
	struct elf_source *x = s->priv;
	unsigned type = GELF_ST_TYPE(y->st_info);
	unsigned bind = GELF_ST_BIND(y->st_info);
	bool func = type == STT_FUNC || type == STT_GNU_IFUNC;
	struct ntr_symbol sym = {
		.name = name,
		.rva = y->st_value - x->d.image.base,
		.size = y->st_size,
		.kind = func ? NTR_SYM_FUNC : type == STT_OBJECT ? NTR_SYM_DATA :
								   NTR_SYM_LABEL,
		.code = func || (type == STT_NOTYPE &&
				 in_code(&x->d.image, y->st_value)),
	};
	unsigned rank = (type != STT_NOTYPE) * 4u +
			(bind == STB_LOCAL ? 0u : bind == STB_WEAK ? 1u : 2u);

	return ntr_symtab_add(&x->d.table, &sym, (u8)rank);
}

static enum ntr_st read_symbols(struct ntr_symsrc *s, Elf_Scn *scn,
				struct ntr_err *e)
{
	struct elf_source *x = s->priv;
	GElf_Shdr h;
	Elf_Data *d;
	size_t n;

	if (!scn)
		return NTR_OK;
	if (!gelf_getshdr(scn, &h) || !(d = elf_getdata(scn, NULL)))
		return ntr_fail(e, NTR_BAD, "%s: symbol table: %s",
				s->file->name, elf_errmsg(-1));
	n = h.sh_entsize ? d->d_size / h.sh_entsize : 0;
	for (size_t i = 1; i < n && i <= INT32_MAX; i++) {
		const char *name;
		GElf_Sym y;

		if (!gelf_getsym(d, (int)i, &y))
			return ntr_fail(e, NTR_BAD, "%s+0x%" PRIx64 ": symbol "
					"%zu: %s", s->file->name, h.sh_offset,
					i, elf_errmsg(-1));
		name = elf_strptr(x->x.elf, h.sh_link, y.st_name);
		if (!name || !*name || !usable(&y, x->d.image.base) ||
		    mapping_symbol(name, s->machine))
			continue;
		if (!add(s, &y, name))
			return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	return NTR_OK;
}

static enum ntr_st read_table(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct elf_source *x = s->priv;
	enum ntr_st a = read_symbols(s, x->x.symtab, e);
	enum ntr_st b = read_symbols(s, x->x.dynsym, a ? NULL : e);

	return a ? a : b;
}

/* --- opening -------------------------------------------------------------------------- */

static enum ntr_st elf_open(struct ntr_symsrc *s, struct ntr_err *e)
{
	struct elf_source *x = calloc(1, sizeof(*x));
	enum ntr_st st;

	if (!x)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	s->priv = x;
	st = ntr_elf_image_open(&x->x, &x->d.image, s, e);
	if (st)
		return st;
	ntr_dw_init(&x->d.dw, &x->d.image, &s->arena);
	x->d.read_table = read_table;
	x->d.table_full = x->x.symtab != NULL;
	return NTR_OK;
}

const struct ntr_symsrc_ops ntr_symsrc_elf = {
	.name = "elf",
	.descr = "ELF file",
	.probe = probe,
	.open = elf_open,
	.close = elf_close,
	NTR_DW_SLOTS,
};

enum ntr_st ntr_elf_debug_name(struct ntr_symsrc *s, struct ntr_elf_debug *out,
			       struct ntr_err *e)
{
	struct elf_source *x = s->priv;
	struct ntr_elf_debug d = { 0 };
	size_t n;

	if (s->ops != &ntr_symsrc_elf)
		return ntr_fail(e, NTR_ABSENT, "%s: not ELF", s->ops->descr);
	if (s->id.nbuild_id > 1) {
		n = (size_t)snprintf(d.by_id, sizeof(d.by_id), "%02x/",
				     s->id.build_id[0]);
		for (unsigned i = 1; i < s->id.nbuild_id; i++)
			n += (size_t)snprintf(d.by_id + n, sizeof(d.by_id) - n,
					      "%02x", s->id.build_id[i]);
		snprintf(d.by_id + n, sizeof(d.by_id) - n, ".debug");
	}
	d.link = x->x.debuglink;
	d.crc = x->x.crc;
	d.elsewhere = x->d.image.elsewhere;
	d.has_info = ntr_dw_has(&x->d.dw, ".debug_info");
	if (!d.by_id[0] && !d.link)
		return ntr_fail(e, NTR_ABSENT, "%s: has no build-id and no "
				".gnu_debuglink", s->file->name);
	*out = d;
	return NTR_OK;
}
