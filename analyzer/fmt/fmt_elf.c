// SPDX-License-Identifier: Apache-2.0
/*
 * ELF cores through libelf: the physical memory of a machine (QEMU
 * dump-guest-memory, VirtualBox, Linux kdump) or the memory of a process.
 * Which of the two it is, notes say; without any, a physical address in a
 * segment does.
 *
 * libelf reads headers and segments from the fd (no mapping: a file cut while
 * open must give an error).  What it would size by the file's own claims is
 * checked first.  Notes are read in elf_notes.c.
 */
#include "../base/record.h"
#include "elf_notes.h"

#include <gelf.h>
#include <stdlib.h>

#define MAX_SEGMENTS (1u << 20)
#define MAX_PADDR (UINT64_C(1) << 52)

struct seg {
	u64 va, pa, off, filesz, memsz;
};

/* Pages at an offset in the file, or zeros. */
struct piece {
	u64 pfn, npages, off;
};

struct core {
	struct ntr_dump *d;
	struct ntr_core notes;
	struct { NTR_VEC(struct seg); } loads;
	struct { NTR_VEC(struct piece); } pieces;
	u64 ragged, unsaved; /* segments with partial pages, without bytes */
	u64 wild;            /* segments beyond any machine */
	u64 many; /* program headers, by section 0 */
	unsigned note_segs;
	bool has_paddr;
};

static u16 u16_at(const u8 *p, bool big)
{
	return big ? (u16)(p[0] << 8 | p[1]) : (u16)(p[1] << 8 | p[0]);
}

/* By class: where e_shoff and e_shnum are in the ELF header, sh_size and
 * sh_info in a section header. */
struct layout {
	unsigned ehdr, shoff, shnum, shdr, sh_size, sh_info, width;
};
static const struct layout layouts[2] = {
	{ 52, 32, 48, 40, 20, 28, 4 },
	{ 64, 40, 60, 64, 32, 44, 8 },
};

static u64 uint_at(const u8 *p, unsigned width, bool big)
{
	u64 v = 0;

	for (unsigned i = 0; i < width; i++)
		v |= (u64)p[i] << 8 * (big ? width - 1 - i : i);
	return v;
}

static enum ntr_st elf_probe(const struct ntr_bin *head, u64 file_size,
			     struct ntr_err *e)
{
	struct ntr_bin b = *head;
	const u8 *p = ntr_bin_take(&b, 20, "ELF header");

	(void)file_size;
	if (!p || memcmp(p, ELFMAG, SELFMAG))
		return NTR_UNSUP;
	if (u16_at(p + 16, p[EI_DATA] == ELFDATA2MSB) != ET_CORE)
		return NTR_UNSUP;
	if (p[EI_CLASS] != ELFCLASS32 && p[EI_CLASS] != ELFCLASS64)
		return ntr_fail(e, NTR_BAD,
				"an ELF core of unknown class %u", p[EI_CLASS]);
	if (p[EI_DATA] != ELFDATA2LSB && p[EI_DATA] != ELFDATA2MSB)
		return ntr_fail(e, NTR_BAD,
				"an ELF core of unknown byte order %u",
				p[EI_DATA]);
	return NTR_OK;
}

/*
 * libelf makes room for all sections that section 0 claims. A core has no use
 * for them, so more than the file holds is damage.  *phnum is the number of
 * program headers in section 0, for files with more than fit the ELF header.
 */
static enum ntr_st check_sections(struct ntr_dump *d, u64 *phnum,
				  struct ntr_err *e)
{
	const struct layout *l;
	u8 h[64], s[64];
	u64 shoff, n;
	bool big, have;

	if (ntr_file_read_some(d->file, 0, h, sizeof(h)) < 52)
		return ntr_fail(e, NTR_BAD,
				"the file ends inside the ELF header");
	l = &layouts[h[EI_CLASS] == ELFCLASS64];
	if (d->file->size < l->ehdr)
		return ntr_fail(e, NTR_BAD,
				"the file ends inside the ELF header");
	big = h[EI_DATA] == ELFDATA2MSB;
	shoff = uint_at(h + l->shoff, l->width, big);
	n = u16_at(h + l->shnum, big);
	have = shoff && ntr_file_read_some(d->file, shoff, s, l->shdr) ==
				l->shdr;
	*phnum = have ? uint_at(s + l->sh_info, 4, big) : PN_XNUM;
	if (!n && have)
		n = uint_at(s + l->sh_size, l->width, big);
	if (n > 2 && n > d->file->size / l->shdr)
		return ntr_fail(e, NTR_BAD,
				"%" PRIu64 " section headers claimed, the file "
				"has %" PRIu64 " bytes", n, d->file->size);
	return NTR_OK;
}

static u32 machine_of(unsigned e_machine)
{
	static const struct { u16 elf; u32 nt; } map[] = {
		{ EM_X86_64, NTR_MACHINE_AMD64 }, { EM_386, NTR_MACHINE_X86 },
		{ EM_AARCH64, NTR_MACHINE_ARM64 }, { EM_ARM, NTR_MACHINE_ARM },
		{ 0x9026, NTR_MACHINE_ALPHA },    { EM_IA_64, NTR_MACHINE_IA64 },
		{ EM_MIPS, NTR_MACHINE_R4000 },   { EM_PPC, NTR_MACHINE_POWERPC },
	};

	for (size_t i = 0; i < NTR_COUNT(map); i++)
		if (map[i].elf == e_machine)
			return map[i].nt;
	return NTR_MACHINE_UNKNOWN;
}

/* --- reading the tables ------------------------------------------------------- */

/* Notes of one segment, as far as the file holds them. */
static enum ntr_st note_segment(struct core *c, const GElf_Phdr *p,
				struct ntr_err *e)
{
	struct ntr_dump *d = c->d;
	u64 len = p->p_filesz;
	struct ntr_bin b;
	enum ntr_st st;

	if (p->p_offset >= d->file->size || len > d->file->size - p->p_offset) {
		d->complete = false;
		ntr_dump_note(d, "the file ends inside the notes at 0x%" PRIx64,
			      (u64)p->p_offset);
		if (p->p_offset >= d->file->size)
			return NTR_OK;
		len = d->file->size - p->p_offset;
	}
	if (len > NTR_NOTES_MAX) {
		ntr_dump_note(d, "only the first %" PRIu64 " bytes of the notes "
			      "at 0x%" PRIx64 " were read", NTR_NOTES_MAX,
			      (u64)p->p_offset);
		len = NTR_NOTES_MAX;
	}
	st = ntr_dump_load(d, p->p_offset, (size_t)len, "notes", &b, e);
	if (st)
		return st;
	return ntr_core_notes(d, b, &c->notes, e);
}

#define MAX_NOTE_SEGMENTS 64u

static enum ntr_st on_segment(struct core *c, const GElf_Phdr *p, bool notes,
			      struct ntr_err *e)
{
	struct seg *s;

	if (p->p_type == PT_NOTE && notes &&
	    c->note_segs++ < MAX_NOTE_SEGMENTS)
		return note_segment(c, p, e);
	if (p->p_type != PT_LOAD)
		return NTR_OK;
	s = ntr_vec_add(&c->loads);
	if (!s)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*s = (struct seg){ p->p_vaddr, p->p_paddr, p->p_offset, p->p_filesz,
			   p->p_memsz };
	c->has_paddr |= p->p_paddr != 0;
	return NTR_OK;
}

static void phdr_of(const void *mem, bool wide, GElf_Phdr *out)
{
	Elf32_Phdr p;

	if (wide) {
		memcpy(out, mem, sizeof(*out));
		return;
	}
	memcpy(&p, mem, sizeof(p));
	*out = (GElf_Phdr){ .p_type = p.p_type, .p_offset = p.p_offset,
			    .p_vaddr = p.p_vaddr, .p_paddr = p.p_paddr,
			    .p_filesz = p.p_filesz, .p_memsz = p.p_memsz };
}

/*
 * The table in pieces, translated by libelf: gelf_getphdr() would take it
 * whole into memory, and refuses all of a table that the file ends in.
 */
#define PHDRS 64u

static enum ntr_st read_segments(struct core *c, Elf *elf, const GElf_Ehdr *h,
				 u64 n, struct ntr_err *e)
{
	bool wide = c->notes.wide, big = h->e_ident[EI_DATA] == ELFDATA2MSB;
	size_t each = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	enum ntr_st st = NTR_OK;

	for (u64 i = 0; i < n && st == NTR_OK; i += PHDRS) {
		u8 raw[PHDRS * sizeof(Elf64_Phdr)];
		size_t part = n - i < PHDRS ? (size_t)(n - i) : PHDRS;
		Elf64_Phdr mem[PHDRS];
		Elf_Data src = { .d_buf = raw, .d_type = ELF_T_PHDR,
				 .d_version = EV_CURRENT,
				 .d_size = part * each };
		Elf_Data dst = src;

		dst.d_buf = mem;
		dst.d_size = sizeof(mem);
		st = ntr_file_read(c->d->file, h->e_phoff + i * each, raw,
				   part * each, e);
		if (st == NTR_OK &&
		    !gelf_xlatetom(elf, &dst, &src, h->e_ident[EI_DATA]))
			return ntr_fail(e, NTR_BAD, "program headers: %s",
					elf_errmsg(-1));
		for (size_t k = 0; k < part && st == NTR_OK; k++) {
			GElf_Phdr p;

			phdr_of((u8 *)mem + k * each, wide, &p);
			st = on_segment(c, &p, !big, e);
		}
	}
	return st;
}

/* How many program headers the file holds, with a note when fewer than it
 * says. */
static u64 table_fits(struct ntr_dump *d, const GElf_Ehdr *h, bool wide, u64 n)
{
	u64 size = d->file->size, fit = 0;
	u64 each = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (h->e_phoff <= size)
		fit = (size - h->e_phoff) / each;
	if (n && h->e_phentsize != each)
		ntr_dump_note(d, "program headers of %u bytes, want %" PRIu64,
			      h->e_phentsize, each);
	if (n <= fit)
		return n;
	d->complete = false;
	ntr_dump_note(d, "the file ends inside the program headers at 0x%"
		      PRIx64 ": %" PRIu64 " of %" PRIu64 " are there",
		      (u64)h->e_phoff, fit, n);
	return fit;
}

static enum ntr_st read_elf(struct core *c, Elf *elf, struct ntr_err *e)
{
	struct ntr_dump *d = c->d;
	bool big;
	GElf_Ehdr h;
	u64 n;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &h))
		return ntr_fail(e, NTR_BAD, "ELF header: %s", elf_errmsg(-1));
	c->notes.wide = h.e_ident[EI_CLASS] == ELFCLASS64;
	big = h.e_ident[EI_DATA] == ELFDATA2MSB;
	if (big)
		ntr_dump_note(d, "a big-endian core: its notes are not read");
	d->meta.machine = machine_of(h.e_machine);
	if (d->meta.machine)
		d->meta.has |= NTR_HAS_MACHINE;
	else
		ntr_dump_note(d, "ELF machine %u is not known", h.e_machine);
	n = table_fits(d, &h, c->notes.wide,
		       h.e_phnum == PN_XNUM ? c->many : h.e_phnum);
	if (!n && h.e_phnum)
		return ntr_fail(e, NTR_BAD,
				"the program headers, at 0x%" PRIx64
				", are not in the file of 0x%" PRIx64 " bytes",
				(u64)h.e_phoff, d->file->size);
	if (n > MAX_SEGMENTS)
		return ntr_fail(e, NTR_LIMIT,
				"%" PRIu64 " program headers, at most %u are "
				"read", n, MAX_SEGMENTS);
	return read_segments(c, elf, &h, n, e);
}

/* --- memory --------------------------------------------------------------------- */

static enum ntr_st add_piece(struct core *c, u64 pfn, u64 npages, u64 off,
			     struct ntr_err *e)
{
	struct piece *p;

	if (!npages)
		return NTR_OK;
	p = ntr_vec_add(&c->pieces);
	if (!p)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*p = (struct piece){ pfn, npages, off };
	return NTR_OK;
}

/* Whole pages that are in the file, then whole pages of zeros. */
static enum ntr_st split_segment(struct core *c, const struct seg *s,
				 struct ntr_err *e)
{
	unsigned shift = c->d->page_shift;
	u64 mask = (UINT64_C(1) << shift) - 1;
	u64 first = (s->pa + mask) >> shift, zero, end;
	u64 skip = (first << shift) - s->pa;
	u64 filesz = s->filesz < s->memsz || !s->memsz ? s->filesz : s->memsz;
	enum ntr_st st;

	if (s->pa >= MAX_PADDR || s->memsz > MAX_PADDR - s->pa ||
	    filesz > MAX_PADDR - s->pa) {
		c->wild++;
		return NTR_OK;
	}
	if (!filesz) {
		c->unsaved += s->memsz != 0;
		return NTR_OK;
	}
	zero = (s->pa + filesz) >> shift;
	end = (s->pa + (s->memsz > filesz ? s->memsz : filesz)) >> shift;
	if (skip || (s->pa + filesz) & mask)
		c->ragged++;
	if (zero > first) {
		st = add_piece(c, first, zero - first, s->off + skip, e);
		if (st)
			return st;
	} else {
		zero = first;
	}
	/* A page that is half in the file is neither; it is left out. */
	if ((s->pa + filesz) & mask)
		zero++;
	if (end > zero)
		return add_piece(c, zero, end - zero, NTR_OFF_ZERO, e);
	return NTR_OK;
}

static int by_pfn(const void *pa, const void *pb)
{
	const struct piece *a = pa, *b = pb;

	if (a->pfn != b->pfn)
		return a->pfn < b->pfn ? -1 : 1;
	return a->off < b->off ? -1 : a->off > b->off;
}

static int stored_first(const void *pa, const void *pb)
{
	const struct piece *a = pa, *b = pb;
	bool za = a->off == NTR_OFF_ZERO, zb = b->off == NTR_OFF_ZERO;

	return za != zb ? za - zb : by_pfn(pa, pb);
}

/* Sorted, so that sealing has nothing to say about an ordinary file; where
 * segments overlap, stored bytes are listed before zeros and so win. */
static void order_pieces(struct core *c)
{
	size_t n = c->pieces.n;
	struct piece *v = c->pieces.v;

	if (!n)
		return;
	qsort(v, n, sizeof(*v), by_pfn);
	for (size_t i = 1; i < n; i++) {
		if (v[i].pfn >= v[i - 1].pfn + v[i - 1].npages)
			continue;
		qsort(v, n, sizeof(*v), stored_first);
		return;
	}
}

static enum ntr_st machine_memory(struct core *c, struct ntr_err *e)
{
	struct ntr_dump *d = c->d;
	enum ntr_st st = NTR_OK;

	d->kind = NTR_KIND_PHYS;
	d->page_shift = ntr_machine_page_shift(d->meta.machine);
	for (size_t i = 0; i < c->loads.n && st == NTR_OK; i++)
		st = split_segment(c, &c->loads.v[i], e);
	order_pieces(c);
	for (size_t i = 0; i < c->pieces.n && st == NTR_OK; i++)
		st = ntr_dump_add_run(d, c->pieces.v[i].pfn,
				      c->pieces.v[i].npages,
				      c->pieces.v[i].off, e);
	if (st)
		return st;
	if (c->ragged)
		ntr_dump_note(d, "%" PRIu64 " segments do not begin and end at "
			      "page boundaries; partial pages were left out",
			      c->ragged);
	if (c->unsaved)
		ntr_dump_note(d, "%" PRIu64 " segments have no bytes in the "
			      "file: that memory was not dumped", c->unsaved);
	if (c->wild) {
		d->complete = false;
		ntr_dump_note(d, "%" PRIu64 " segments lie beyond any machine's "
			      "physical memory and were left out", c->wild);
	}
	return ntr_core_machine(d, &c->notes, e);
}

static enum ntr_st process_memory(struct core *c, struct ntr_err *e)
{
	struct ntr_dump *d = c->d;
	u64 wraps = 0;

	d->kind = NTR_KIND_USER;
	for (size_t i = 0; i < c->loads.n; i++) {
		const struct seg *s = &c->loads.v[i];
		enum ntr_st st = ntr_dump_add_vblock(d, s->va, s->filesz,
						     s->off, "segment", e);

		if (st == NTR_BAD)
			wraps++;
		else if (st)
			return st;
	}
	if (wraps) {
		d->complete = false;
		ntr_dump_note(d, "%" PRIu64 " segments' addresses wrap; they "
			      "were left out", wraps);
	}
	return ntr_core_process(d, &c->notes, e);
}

static enum ntr_st open_core(struct core *c, struct ntr_err *e)
{
	struct ntr_dump *d = c->d;
	enum ntr_st st;
	Elf *elf;

	st = check_sections(d, &c->many, e);
	if (st)
		return st;
	elf_version(EV_CURRENT);
	elf = elf_begin(d->file->fd, ELF_C_READ, NULL);
	if (!elf)
		return ntr_fail(e, NTR_BAD, "libelf: %s", elf_errmsg(-1));
	st = read_elf(c, elf, e);
	elf_end(elf);
	if (st)
		return st;
	if (!c->loads.n)
		ntr_dump_note(d, "no memory segments in the file");
	if (c->notes.is_machine || (!c->notes.is_process && c->has_paddr))
		return machine_memory(c, e);
	return process_memory(c, e);
}

static enum ntr_st elf_open(struct ntr_dump *d, struct ntr_err *e)
{
	struct core c = { .d = d };
	enum ntr_st st = open_core(&c, e);

	ntr_vec_fini(&c.loads);
	ntr_vec_fini(&c.pieces);
	return st;
}

const struct ntr_fmt_ops ntr_fmt_elf = {
	.name = "elf",
	.descr = "ELF core: memory of a machine or of a process",
	.probe = elf_probe,
	.open = elf_open,
};
