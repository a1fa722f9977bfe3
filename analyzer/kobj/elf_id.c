// SPDX-License-Identifier: Apache-2.0
#include "elf_id.h"

#include "../base/bin.h"

#include <elf.h>
#include <string.h>

#define PHDRS_MAX 64u
#define NOTES_MAX 4096u

/* Where a program header keeps what is needed of it. */
struct form {
	unsigned ehdr, phoff, phentsize, phent; /* of Ehdr; size of Phdr */
	unsigned vaddr, memsz;                  /* of Phdr */
	bool wide;
};
static const struct form elf32 = { 52, 28, 42, 32, 8, 20, false };
static const struct form elf64 = { 64, 32, 54, 56, 16, 40, true };

static u64 word_at(const u8 *p, size_t len, unsigned off, bool wide)
{
	struct ntr_bin b = ntr_bin_of(p, len, "ELF header", 0);

	ntr_bin_seek(&b, off, "field");
	return wide ? ntr_bin_u64(&b, "field") : ntr_bin_u32(&b, "field");
}

static u16 half_at(const u8 *p, size_t len, unsigned off)
{
	struct ntr_bin b = ntr_bin_of(p, len, "ELF header", 0);

	ntr_bin_seek(&b, off, "field");
	return ntr_bin_u16(&b, "field");
}

static bool id_in_notes(const u8 *notes, size_t len, u8 *id, size_t *n)
{
	struct ntr_bin b = ntr_bin_of(notes, len, "notes", 0);

	while (!b.bad && ntr_bin_left(&b) >= 12) {
		u32 nname = ntr_bin_u32(&b, "name size");
		u32 ndesc = ntr_bin_u32(&b, "size");
		u32 type = ntr_bin_u32(&b, "type");
		const u8 *name, *desc;

		if (nname > len || ndesc > len)
			return false;
		name = ntr_bin_take(&b, (nname + 3) & ~3u, "name");
		desc = ntr_bin_take(&b, (ndesc + 3) & ~3u, "note");
		if (!name || !desc || type != NT_GNU_BUILD_ID || nname != 4 ||
		    memcmp(name, "GNU", 4) || !ndesc ||
		    ndesc > NTR_BUILD_ID_MAX)
			continue;
		memcpy(id, desc, ndesc);
		*n = ndesc;
		return true;
	}
	return false;
}

/* The notes lie at base + their address - the lowest address of the image. */
static bool id_of_note(const struct ntr_space *mem, u64 at, u64 len, u8 *id,
		       size_t *n)
{
	u8 notes[NOTES_MAX];

	if (len > sizeof(notes))
		len = sizeof(notes);
	return !ntr_space_read(mem, at, notes, len, NULL) &&
	       id_in_notes(notes, len, id, n);
}

enum ntr_st ntr_elf_build_id(const struct ntr_space *mem, u64 base,
			     u8 id[NTR_BUILD_ID_MAX], size_t *n)
{
	u8 head[64], phdrs[PHDRS_MAX * 56];
	const struct form *f;
	u64 lowest = UINT64_MAX;
	size_t count, len;

	if (ntr_space_read(mem, base, head, sizeof(head), NULL) ||
	    memcmp(head, ELFMAG, SELFMAG))
		return NTR_ABSENT;
	f = head[EI_CLASS] == ELFCLASS64 ? &elf64 : &elf32;
	count = half_at(head, sizeof(head), f->phentsize + 2);
	if (half_at(head, sizeof(head), f->phentsize) != f->phent ||
	    count > PHDRS_MAX)
		return NTR_ABSENT;
	len = count * f->phent;
	if (ntr_space_read(mem, base + word_at(head, sizeof(head), f->phoff,
					       f->wide), phdrs, len, NULL))
		return NTR_ABSENT;
	for (size_t i = 0; i < count; i++) {
		const u8 *p = phdrs + i * f->phent;
		u64 va = word_at(p, f->phent, f->vaddr, f->wide);

		if (word_at(p, f->phent, 0, false) == PT_LOAD && va < lowest)
			lowest = va;
	}
	for (size_t i = 0; i < count; i++) {
		const u8 *p = phdrs + i * f->phent;
		u64 va = word_at(p, f->phent, f->vaddr, f->wide);

		if (word_at(p, f->phent, 0, false) == PT_NOTE &&
		    id_of_note(mem, base + va - (lowest & ~UINT64_C(0xfff)),
			       word_at(p, f->phent, f->memsz, f->wide), id, n))
			return NTR_OK;
	}
	return NTR_ABSENT;
}
