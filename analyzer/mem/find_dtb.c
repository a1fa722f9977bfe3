// SPDX-License-Identifier: Apache-2.0
#include "find_dtb.h"

#include "../fmt/cpu_note.h"

#include "../base/record.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_LIMIT (UINT64_C(4) << 30)
#define CHUNK (1u << 20)
#define PAGE 4096u
#define ALPHA_PAGE 8192u
#define LOW_MEMORY 0x100000u
/* Pages with a self-map that are looked at through it. Real memory has one
 * for each process; hostile memory could have one on every page. */
#define MAX_CANDIDATES 65536u

/* What speaks for a page, weakest first. */
enum proof { NO_ROOT, SELF_MAP, WHOLE_ROOT };

/* What KUSER_SHARED_DATA says: it may be missing from the dump. */
enum kuser { KUSER_OTHER, KUSER_UNKNOWN, KUSER_NT };

struct hunt {
	struct ntr_dump *d;
	const struct ntr_space *phys;
	u32 forms;             /* 1 << enum ntr_paging */
	u32 left;              /* of MAX_CANDIDATES */
	struct ntr_dtb_hit hit;
	enum proof proof;      /* of hit */
	u8 *chunk;
};

static u32 le32(const u8 *page, size_t i)
{
	return ntr_load_u32(page + i * 4);
}

static u64 le64(const u8 *page, size_t i)
{
	return ntr_load_u64(page + i * 8);
}

/* --- the proof of each form ------------------------------------------------ */

/* Slot 0x300, and no other, is the directory itself; more than 16 kernel
 * entries. */
static enum proof proof_x86(const struct ntr_space *phys, const u8 *page,
			    u64 pa)
{
	unsigned kernel = 0, self = 0;

	(void)phys;
	if (pa > UINT32_MAX || (le32(page, 0x300) & 0xfffff083) != (pa | 3))
		return NO_ROOT;
	for (size_t i = 0x200; i < 0x400; i++) { /* present, writable, not user */
		kernel += (le32(page, i) & 7) == 3;
		self += (le32(page, i) & 0xfffff083) == (pa | 3);
	}
	if (self != 1)
		return NO_ROOT;
	return kernel > 16 ? WHOLE_ROOT : SELF_MAP;
}

/* A PDPT entry is an address with at most the cache bits. */
static bool pdpt_entry(u64 e)
{
	return (e & UINT64_C(0xffffffc000000fe7)) == 1 && e >> 12;
}

/* Four directories; the first four entries of the last one map all four.
 * (PDE of 0xc0000000 is entry 0 of directory 3.) */
static enum proof proof_pae_at(const struct ntr_space *phys, const u8 *table)
{
	u64 dir[4], e[4];
	u8 raw[32];

	for (size_t i = 0; i < 4; i++) {
		dir[i] = le64(table, i);
		if (!pdpt_entry(dir[i]))
			return NO_ROOT;
		dir[i] &= UINT64_C(0x3ffffff000);
	}
	if (ntr_space_read(phys, dir[3], raw, sizeof(raw), NULL))
		return NO_ROOT;
	for (size_t i = 0; i < 4; i++) {
		e[i] = le64(raw, i);
		if ((e[i] & UINT64_C(0x3ffffff083)) != (dir[i] | 3))
			return NO_ROOT;
	}
	return WHOLE_ROOT;
}

/* One entry of the upper half, and no other, is this page. */
static bool self_mapped(const u8 *page, u64 pa, u64 mask, u64 flags)
{
	unsigned n = 0;

	for (size_t i = 256; i < 512; i++)
		n += (le64(page, i) & mask) == (pa | flags);
	return n == 1;
}

static unsigned zeros(const u8 *page, size_t from, size_t to)
{
	unsigned n = 0;

	for (size_t i = from; i < to; i++)
		n += le64(page, i) == 0;
	return n;
}

static enum proof proof_x64_n(const u8 *page, u64 pa, unsigned least)
{
	unsigned kernel = 0;

	if (!pa || !self_mapped(page, pa, UINT64_C(0x0000fffffffff083), 3))
		return NO_ROOT;
	for (size_t i = 256; i < 512; i++)
		kernel += (le64(page, i) & UINT64_C(0x8000000000000087)) == 3;
	if (kernel < least || zeros(page, 0, 256) <= 64 ||
	    zeros(page, 256, 512) <= 64)
		return SELF_MAP;
	return WHOLE_ROOT;
}

static enum proof proof_x64(const struct ntr_space *phys, const u8 *page,
			    u64 pa)
{
	(void)phys;
	return proof_x64_n(page, pa, 6);
}

/* One entry of a five-level root reaches over all that NT maps. */
static enum proof proof_x64_5(const struct ntr_space *phys, const u8 *page,
			      u64 pa)
{
	(void)phys;
	return proof_x64_n(page, pa, 1);
}

static enum proof proof_arm64(const struct ntr_space *phys, const u8 *page,
			      u64 pa)
{
	const u64 never_run = UINT64_C(0x0060000000000003); /* PXN, UXN */

	(void)phys;
	if (!pa ||
	    !self_mapped(page, pa, UINT64_C(0x0063fffffffff073), never_run))
		return NO_ROOT;
	if ((le64(page, 0) & UINT64_C(0x0060000000000073)) != never_run)
		return SELF_MAP;
	return WHOLE_ROOT;
}

/* Slot 0xc0 is the directory itself, further kernel entries follow, and only
 * 256 of the 2048 slots are in use. */
static enum proof proof_alpha(const struct ntr_space *phys, const u8 *page,
			      u64 pa)
{
	unsigned kernel = 0, empty = 0;
	u32 self = le32(page, 0xc0);

	(void)phys;
	if (!pa || (self & 3) != 1 || (u64)(self >> 9) << 13 != pa)
		return NO_ROOT;
	for (size_t i = 0xc1; i < 0x100; i++)
		kernel += (le32(page, i) & 3) == 1;
	for (size_t i = 0x100; i < 0x800; i++)
		empty += le32(page, i) == 0;
	return kernel >= 2 && empty > 0x700 / 2 ? WHOLE_ROOT : NO_ROOT;
}

static const struct {
	enum ntr_paging form;
	u32 page;
	enum proof (*proof)(const struct ntr_space *phys, const u8 *page,
			    u64 pa);
	u64 kuser; /* VA of KUSER_SHARED_DATA; 0: not known */
} forms[] = {
	/* before x64: its proof is the narrower one */
	{ NTR_PAGING_ARM64, PAGE, proof_arm64, UINT64_C(0xfffff78000000000) },
	{ NTR_PAGING_X64, PAGE, proof_x64, UINT64_C(0xfffff78000000000) },
	{ NTR_PAGING_X64_5, PAGE, proof_x64_5, UINT64_C(0xfffff78000000000) },
	{ NTR_PAGING_X86, PAGE, proof_x86, 0xffdf0000 },
	{ NTR_PAGING_ALPHA, ALPHA_PAGE, proof_alpha, 0 },
};
#define PAE_KUSER UINT64_C(0xffdf0000)

static enum proof proof_of(const struct ntr_space *phys, enum ntr_paging form,
			   u64 pa)
{
	u8 page[ALPHA_PAGE];

	if (form == NTR_PAGING_PAE) {
		if (pa % 32 || ntr_space_read(phys, pa, page, 32, NULL))
			return NO_ROOT;
		return proof_pae_at(phys, page);
	}
	for (size_t i = 0; i < NTR_COUNT(forms); i++) {
		if (forms[i].form != form)
			continue;
		if (pa % forms[i].page ||
		    ntr_space_read(phys, pa, page, forms[i].page, NULL))
			return NO_ROOT;
		return forms[i].proof(phys, page, pa);
	}
	return NO_ROOT;
}

bool ntr_is_nt_root(const struct ntr_space *phys, enum ntr_paging form, u64 pa)
{
	return proof_of(phys, form, pa) == WHOLE_ROOT;
}

/* --- confirmation -------------------------------------------------------------- */

static u64 kuser_of(enum ntr_paging form)
{
	for (size_t i = 0; i < NTR_COUNT(forms); i++)
		if (forms[i].form == form)
			return forms[i].kuser;
	return PAE_KUSER;
}

/* KUSER_SHARED_DATA.NtSystemRoot, UTF-16 at +0x30: "C:\…". */
static bool system_root(const u8 *p)
{
	u16 drive = ntr_load_u16(p) | 0x20, next = ntr_load_u16(p + 6);

	return drive >= 'a' && drive <= 'z' && ntr_load_u16(p + 2) == ':' &&
	       ntr_load_u16(p + 4) == '\\' && next > ' ' && next != '\\';
}

static enum kuser kuser_says(const struct ntr_space *phys,
			     enum ntr_paging form, u64 dtb)
{
	/* NT 3.x may not have the text: only 64-bit NT can be ruled out */
	bool wide = form == NTR_PAGING_X64 || form == NTR_PAGING_X64_5 ||
		    form == NTR_PAGING_ARM64;
	enum kuser no = wide ? KUSER_OTHER : KUSER_UNKNOWN;
	u64 va = kuser_of(form), pa;
	struct ntr_xlat x;
	struct ntr_walk w;
	u8 text[8];

	if (!va || ntr_xlat_init(&x, form, dtb, 0, phys, NULL))
		return KUSER_UNKNOWN;
	if (ntr_xlat_walk(&x, va, &w, NULL))
		return w.state == NTR_PTE_NO_TABLE ? KUSER_UNKNOWN : no;
	pa = w.pa + 0x30;
	if (ntr_space_read(phys, pa, text, sizeof(text), NULL))
		return KUSER_UNKNOWN;
	return system_root(text) ? KUSER_NT : no;
}

/* Weigh a root; true when it is certain and the hunt is over. A trusted one
 * was named by a processor, so the self-map alone is enough. */
static bool weigh(struct hunt *h, enum ntr_paging form, u64 dtb, enum proof p,
		  const char *how, bool trusted)
{
	enum kuser k;

	if (p == NO_ROOT || !h->left)
		return false;
	h->left--;
	k = kuser_says(h->phys, form, dtb);
	if (k == KUSER_OTHER)
		return false;
	if (k == KUSER_UNKNOWN && p == SELF_MAP && trusted)
		p = WHOLE_ROOT;
	if (k == KUSER_UNKNOWN && (p != WHOLE_ROOT || h->proof == WHOLE_ROOT))
		return false;
	h->proof = WHOLE_ROOT;
	h->hit = (struct ntr_dtb_hit){ .form = form, .dtb = dtb, .how = how,
				       .confirmed = k == KUSER_NT };
	return k == KUSER_NT;
}

static bool try_cr3(struct hunt *h, u32 allowed, u64 cr3, const char *how)
{
	static const enum ntr_paging order[] = {
		NTR_PAGING_X64, NTR_PAGING_X64_5, NTR_PAGING_PAE,
		NTR_PAGING_X86,
	};

	for (size_t i = 0; i < NTR_COUNT(order); i++) {
		bool pae = order[i] == NTR_PAGING_PAE;
		u64 dtb = pae ? cr3 & UINT64_C(0xffffffe0) :
				cr3 & UINT64_C(0x000ffffffffff000);

		if (!(h->forms & allowed & 1u << order[i]))
			continue;
		if (weigh(h, order[i], dtb, proof_of(h->phys, order[i], dtb),
			  how, true))
			return true;
	}
	return false;
}

/* --- CPU notes ------------------------------------------------------------------ */

#define CR4_PAE (1u << 5)
#define CR4_LA57 (1u << 12)

/* With KVA shadow CR3 may be the user one, which maps the KPCR and little
 * else; the kernel's CR3 stands at KPCR+0x7000 (QEMU contrib/elf2dmp). */
static bool try_shadow(struct hunt *h, u32 allowed, u64 cr3, u64 gs)
{
	struct ntr_xlat x;
	struct ntr_walk w;
	u64 kernel_cr3;

	if (!(h->forms & allowed & 1u << NTR_PAGING_X64) || !(gs >> 63) ||
	    ntr_xlat_init(&x, NTR_PAGING_X64, cr3, 0, h->phys, NULL) ||
	    ntr_xlat_walk(&x, gs + 0x7000, &w, NULL) ||
	    ntr_read_u64(h->phys, w.pa, &kernel_cr3))
		return false;
	return try_cr3(h, allowed, kernel_cr3, "CPU note");
}

static bool try_note(struct hunt *h, const struct ntr_dump_cpu *cpu)
{
	u32 allowed = 1u << NTR_PAGING_X86;
	struct ntr_cpu_note n;

	if (ntr_cpu_note_read(h->d, cpu, &n, NULL))
		return false;
	if (n.cr[4] & CR4_PAE)
		allowed = 1u << NTR_PAGING_PAE |
			  (n.cr[4] & CR4_LA57 ? 1u << NTR_PAGING_X64_5 :
						1u << NTR_PAGING_X64);
	return try_cr3(h, allowed, n.cr[3], "CPU note") ||
	       try_shadow(h, allowed, n.cr[3], n.kernel_gs) ||
	       try_shadow(h, allowed, n.cr[3], n.gs_base);
}

#define MAX_NOTES 1024u
static bool try_notes(struct hunt *h)
{
	for (size_t i = 0; i < h->d->cpus.n && i < MAX_NOTES; i++)
		if (try_note(h, &h->d->cpus.v[i]))
			return true;
	return false;
}

/* --- low stub --------------------------------------------------------------------- */

/* PROCESSOR_START_BLOCK of x64 NT, on a page of the first MiB: a jump, the
 * kernel's entry at +0x70, CR3 at +0xa0. */
static bool try_stub(struct hunt *h, u64 pa)
{
	u64 q[0xa8 / 8], entry;
	u32 x64 = 1u << NTR_PAGING_X64 | 1u << NTR_PAGING_X64_5;
	bool certain;

	if (ntr_space_read(h->phys, pa, q, sizeof(q), NULL))
		return false;
	entry = le64((const u8 *)q, 0x70 / 8);
	if ((le64((const u8 *)q, 0) & UINT64_C(0xffffffffffff00ff)) !=
		    UINT64_C(0x00000001000600e9) ||
	    (entry & UINT64_C(0xfffff80000000003)) !=
		    UINT64_C(0xfffff80000000000))
		return false;
	certain = try_cr3(h, x64, le64((const u8 *)q, 0xa0 / 8), "low stub");
	if (h->hit.how && !strcmp(h->hit.how, "low stub"))
		h->hit.entry = entry;
	return certain;
}

static bool try_stubs(struct hunt *h)
{
	if (!(h->forms &
	      (1u << NTR_PAGING_X64 | 1u << NTR_PAGING_X64_5)))
		return false;
	for (u64 pa = PAGE; pa < LOW_MEMORY; pa += PAGE)
		if (try_stub(h, pa))
			return true;
	return false;
}

/* --- page scan ---------------------------------------------------------------------- */

static bool scan_pae(struct hunt *h, const u8 *page, u64 pa)
{
	if (!(h->forms & 1u << NTR_PAGING_PAE) || pa > UINT32_MAX)
		return false;
	for (size_t i = 0; i < PAGE / 8; i += 4) {
		if (!pdpt_entry(le64(page, i)) || !pdpt_entry(le64(page, i + 3)))
			continue;
		if (weigh(h, NTR_PAGING_PAE, pa + i * 8,
			  h->left ? proof_pae_at(h->phys, page + i * 8) :
				    NO_ROOT, "self-map", false))
			return true;
	}
	return false;
}

/* left: bytes of the chunk from page on. */
static bool scan_page(struct hunt *h, const u8 *page, size_t left, u64 pa)
{
	for (size_t i = 0; i < NTR_COUNT(forms); i++) {
		if (!(h->forms & 1u << forms[i].form) ||
		    left < forms[i].page || pa % forms[i].page)
			continue;
		if (weigh(h, forms[i].form, pa,
			  forms[i].proof(h->phys, page, pa), "self-map", false))
			return true;
	}
	return scan_pae(h, page, pa);
}

/* len bytes at pa, as far as they can be read. */
static bool scan_chunk(struct hunt *h, u64 pa, size_t len)
{
	size_t good, at = 0, end;

	while (at < len) {
		good = ntr_space_read_some(h->phys, pa + at, h->chunk, len - at);
		end = good & ~(size_t)(PAGE - 1);
		for (size_t i = 0; i < end; i += PAGE)
			if (scan_page(h, h->chunk + i, end - i, pa + at + i))
				return true;
		at += end + PAGE; /* over the page that cannot be read */
	}
	return false;
}

static bool scan_range(struct hunt *h, u64 pa, u64 len, u64 *budget)
{
	if (len > *budget)
		len = *budget;
	*budget -= len;
	for (u64 done = 0; done < len; done += CHUNK)
		if (scan_chunk(h, pa + done,
			       len - done < CHUNK ? (size_t)(len - done) :
						    CHUNK))
			return true;
	return false;
}

#define PA_BITS 52
static bool scan(struct hunt *h, u64 limit)
{
	u64 budget = limit ? limit : DEFAULT_LIMIT, len;
	unsigned shift = h->d->page_shift;

	struct ntr_run r;

	for (u64 pfn = 0; budget && ntr_dump_run_from(h->d, pfn, &r);
	     pfn = r.pfn + r.npages) {
		if (r.off == NTR_OFF_ZERO || r.pfn >> (PA_BITS - shift))
			continue;
		len = r.npages > budget >> shift ? budget :
						   r.npages << shift;
		if (scan_range(h, r.pfn << shift, len, &budget))
			return true;
	}
	return false;
}

static u32 forms_of(u32 machine)
{
	const u32 x86 = 1u << NTR_PAGING_X86 | 1u << NTR_PAGING_PAE;
	const u32 x64 = 1u << NTR_PAGING_X64 | 1u << NTR_PAGING_X64_5;

	switch (machine) {
	case NTR_MACHINE_X86:
		return x86;
	case NTR_MACHINE_AMD64:
		return x64 | x86;
	case NTR_MACHINE_ARM64:
		return 1u << NTR_PAGING_ARM64;
	case NTR_MACHINE_ALPHA:
		return 1u << NTR_PAGING_ALPHA;
	case NTR_MACHINE_UNKNOWN:
		return x86 | x64 | 1u << NTR_PAGING_ARM64 |
		       1u << NTR_PAGING_ALPHA;
	default:
		return 0;
	}
}

enum ntr_st ntr_find_dtb(struct ntr_dump *d, u32 machine, u64 limit,
			 struct ntr_dtb_hit *hit, struct ntr_err *e)
{
	struct hunt h = { .d = d, .phys = &d->phys, .left = MAX_CANDIDATES,
			  .forms = forms_of(machine) };
	bool found;

	if (!h.forms)
		return ntr_fail(e, NTR_ABSENT, "no page-table form is known "
				"for machine 0x%x", machine);
	h.chunk = malloc(CHUNK);
	if (!h.chunk)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	found = try_notes(&h) || try_stubs(&h) || scan(&h, limit) ||
		h.proof == WHOLE_ROOT;
	free(h.chunk);
	if (!found)
		return ntr_fail(e, NTR_ABSENT, "no page in memory is a "
				"page-table root of NT");
	*hit = h.hit;
	return NTR_OK;
}
