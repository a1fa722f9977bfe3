// SPDX-License-Identifier: Apache-2.0
/*
 * A linked ELF file opened by libelf, after its header tables were held
 * against the bytes that are there: libelf makes room for what they claim.
 * Sections are read from the file itself, through their checked headers.
 *
 * RVA = address - base; base is the lowest PT_LOAD's page (p_vaddr & ~0xfff),
 * which is where the first mapping of the file begins in a process.
 */
#ifndef NTR_ELF_IMAGE_H
#define NTR_ELF_IMAGE_H

#include "dwarf.h"

#include <gelf.h>

#define NTR_ELF_MAX_SECTIONS 65280u /* SHN_LORESERVE: more need section 0 */

struct ntr_elf_image {
	Elf *elf;
	GElf_Ehdr head;
	Elf_Scn *symtab, *dynsym;
	/* .gnu_debuglink; the name is in the source's arena */
	const char *debuglink;
	u32 crc;
};

/* Fills img (sections, base, code) and x of s->file; build-id, machine and
 * pointer size of s. */
NTR_MUST enum ntr_st ntr_elf_image_open(struct ntr_elf_image *x,
					struct ntr_dw_image *img,
					struct ntr_symsrc *s,
					struct ntr_err *e);
void ntr_elf_image_close(struct ntr_elf_image *x);

/* --- where the debug file of a stripped one is ---------------------------------- */

struct ntr_elf_debug {
	char by_id[80];   /* "xx/yyyy….debug", below …/.build-id/; "" none */
	const char *link; /* name in .gnu_debuglink; NULL none; borrowed */
	u32 crc;          /* of the whole file link names */
	const char *elsewhere; /* words, when part of the DWARF is in a .dwz
				  file; NULL */
	bool has_info;    /* the DWARF is here already */
};
/* ABSENT: s is not ELF, or names no other file. */
NTR_MUST enum ntr_st ntr_elf_debug_name(struct ntr_symsrc *s,
					struct ntr_elf_debug *out,
					struct ntr_err *e);

#endif
