// SPDX-License-Identifier: Apache-2.0
/*
 * Finding the kernel.  Nothing is believed because of where it was found:
 * each candidate is validated, so KASLR and damage cost attempts, not
 * errors.  The order, cheapest evidence first: KDBG named by the header;
 * module list named by the header; KPCR; PE scan downwards from a kernel
 * code address; KDBG scan of the kernel image; KDBG scan of physical memory.
 */
#include "../base/record.h"
#include "../base/text.h"
#include "priv.h"

#include <string.h>

#define PAGE 4096u
#define PE_SCAN_BYTES (UINT64_C(48) << 20) /* above any kernel's size */
#define PE_SCAN_PAGES 50000u               /* for all scans of one target */
#define IMAGE_SCAN_BYTES (UINT64_C(32) << 20)
#define SCAN_CANDIDATES 200000u            /* hits worth a closer look */
#define PHYS_SCAN_BYTES (UINT64_C(4) << 30)
#define LINUX_SCAN_BYTES (UINT64_C(1) << 30)
#define KPCR_UP_X86 0xffdff000u
#define ALPHA_KSEG0 0x80000000u
#define ALPHA_BOOT 0x2000000u /* the loader puts the kernel below */

static const char *const kernel_images[] = {
	"ntoskrnl.exe", "ntkrnlmp.exe", "ntkrnlpa.exe", "ntkrpamp.exe",
};

bool ntr_is_kernel_image(const char *image)
{
	for (size_t i = 0; i < NTR_COUNT(kernel_images); i++)
		if (!ntr_strcasecmp(image, kernel_images[i]))
			return true;
	return false;
}

/* --- evidence, validated ------------------------------------------------------ */

static bool use_kdbg(struct ntr_target *t, u64 va, const char *source)
{
	struct ntr_target_priv *p = t->priv;

	if (p->kdbg.present ||
	    ntr_kdbg_read(&p->kdbg, t->mem, va, t->ptr_size, NULL))
		return false;
	t->kdbg = va;
	if (!t->kernel_base) {
		t->kernel_base = ntr_kdbg_u64(&p->kdbg, NTR_KDBG_KERN_BASE);
		t->kernel_source = source;
	}
	return true;
}

/* An image in memory that is a kernel, by its export or PDB name. */
static bool is_kernel_pe(const struct ntr_pe *pe)
{
	static const char *const pdbs[] = { "ntoskrnl.pdb", "ntkrnlmp.pdb",
					    "ntkrnlpa.pdb", "ntkrpamp.pdb" };
	struct ntr_pe_debug d;
	char name[64];

	if (ntr_pe_export_module(pe, name, sizeof(name), NULL) == NTR_OK &&
	    ntr_is_kernel_image(name))
		return true;
	if (ntr_pe_debug(pe, &d, NULL))
		return false;
	for (size_t i = 0; i < NTR_COUNT(pdbs); i++)
		if (!ntr_strcasecmp(d.pdb, pdbs[i]))
			return true;
	return false;
}

static bool use_base(struct ntr_target *t, u64 base, const char *source)
{
	struct ntr_pe pe;

	if (ntr_pe_open(&pe, t->mem, base, true, NULL) || !is_kernel_pe(&pe))
		return false;
	t->kernel_base = base;
	t->kernel_size = pe.size;
	t->kernel_source = source;
	return true;
}

static bool pe_scan(struct ntr_target *t, u64 va, const char *source)
{
	u16 mz;

	if (!ntr_kernel_va(t, va))
		return false;
	va &= ~(u64)(PAGE - 1);
	for (u64 done = 0; done < PE_SCAN_BYTES; done += PAGE, va -= PAGE) {
		if (!ntr_kernel_va(t, va) ||
		    t->priv->pages_scanned++ >= PE_SCAN_PAGES)
			return false;
		if (ntr_read_u16(t->mem, va, &mz) == NTR_OK && mz == 0x5a4d &&
		    use_base(t, va, source))
			return true;
	}
	return false;
}

/* --- KPCR ----------------------------------------------------------------------- */

/* The handler of an interrupt vector. */
static u64 idt_handler(const struct ntr_target *t, u64 idt, unsigned vector)
{
	u8 g[16];
	size_t each = t->ptr_size == 4 ? 8 : 16;

	if (ntr_space_read(t->mem, idt + vector * each, g, each, NULL))
		return 0;
	if (t->ptr_size == 4)
		return ntr_load_u16(g) | (u64)ntr_load_u16(g + 6) << 16;
	return ntr_load_u16(g) | (u64)ntr_load_u16(g + 6) << 16 |
	       (u64)ntr_load_u32(g + 8) << 32;
}

/* DBGKD_GET_VERSION64, XP and later; x64 leaves the pointer NULL. */
static bool use_version_block(struct ntr_target *t, u64 va)
{
	u8 b[0x28];
	u64 list, kdbg;

	if (!ntr_kernel_va(t, va) ||
	    ntr_space_read(t->mem, va, b, sizeof(b), NULL))
		return false;
	list = ntr_load_u64(b + 0x20);
	if (t->ptr_size == 4)
		list = (u32)list;
	if (!ntr_kernel_va(t, list) ||
	    ntr_read_ptr(t->mem, list, t->ptr_size, &kdbg) ||
	    !use_kdbg(t, kdbg, "KPCR version block"))
		return false;
	if (!t->build)
		t->build = ntr_load_u16(b + 2);
	return true;
}

static bool use_kpcr(struct ntr_target *t, u64 kpcr)
{
	const struct ntr_types any = { .machine = t->machine,
				       .ptr_size = t->ptr_size };
	u64 self, version, idt;

	if (!ntr_kernel_va(t, kpcr) ||
	    ntr_read_member(&any, t->mem, kpcr, "_KPCR", "Self", &self) ||
	    self != kpcr)
		return false;
	version = kpcr + (t->ptr_size == 4 ? 0x34 : 0x108);
	if (ntr_read_ptr(t->mem, version, t->ptr_size, &version) == NTR_OK &&
	    use_version_block(t, version))
		return true;
	if (ntr_read_member(&any, t->mem, kpcr, "_KPCR", "IdtBase", &idt) ||
	    !ntr_kernel_va(t, idt))
		return false;
	return pe_scan(t, idt_handler(t, idt, 0), "KPCR interrupt table");
}

static bool kernel_from_notes(struct ntr_target *t)
{
	for (size_t i = 0; i < t->d->cpus.n && i < NTR_MAX_CPUS; i++) {
		struct ntr_cpu_note c;

		if (ntr_cpu_note_read(t->d, &t->d->cpus.v[i], &c, NULL))
			continue;
		if (t->ptr_size == 4 && use_kpcr(t, (u32)c.fs_base))
			return true;
		if (t->ptr_size == 8 &&
		    (use_kpcr(t, c.gs_base) || use_kpcr(t, c.kernel_gs)))
			return true;
		if (ntr_kernel_va(t, c.idt) &&
		    pe_scan(t, idt_handler(t, c.idt, 0), "interrupt table"))
			return true;
	}
	return false;
}

/* --- scans ------------------------------------------------------------------------- */

static bool scan_page(struct ntr_target *t, u64 va, const u8 *page,
		      ntr_scan_fn *fn, void *ctx)
{
	for (size_t i = 0; i < PAGE; i += t->ptr_size)
		if (fn(t, va + i, page + i, PAGE - i, ctx))
			return true;
	return false;
}

static bool scan_range(struct ntr_target *t, u64 from, u64 to, ntr_scan_fn *fn,
		       void *ctx)
{
	u8 page[PAGE];

	if (to - from > IMAGE_SCAN_BYTES)
		to = from + IMAGE_SCAN_BYTES;
	for (u64 va = from & ~(u64)(PAGE - 1); va < to; va += PAGE)
		if (ntr_space_read(t->mem, va, page, PAGE, NULL) == NTR_OK &&
		    scan_page(t, va, page, fn, ctx))
			return true;
	return false;
}

bool ntr_target_scan_kernel(struct ntr_target *t, ntr_scan_fn *fn, void *ctx)
{
	u64 base = t->kernel_base, size = t->kernel_size, at, len, left;
	struct ntr_pe pe;

	if (!base)
		return false;
	if (ntr_pe_open(&pe, t->mem, base, true, NULL) || !pe.nsections) {
		if (!size || base + size < base)
			return false;
		return scan_range(t, base, base + size, fn, ctx);
	}
	left = IMAGE_SCAN_BYTES; /* for all sections, however they overlap */
	for (u32 i = 0; i < pe.nsections; i++) {
		const struct ntr_pe_section *s = &pe.section[i];

		if (!(s->flags & 0x80000000u)) /* not writable */
			continue;
		at = base + s->rva;
		len = s->vsize < left ? s->vsize : left;
		left -= len;
		if (at + len >= at && scan_range(t, at, at + len, fn, ctx))
			return true;
	}
	return false;
}

static bool is_kdbg(struct ntr_target *t, u64 va, const u8 *p, size_t room,
		    void *ctx)
{
	u32 *left = ctx;

	return room >= 4 && !memcmp(p, "KDBG", 4) && *left && (*left)-- &&
	       use_kdbg(t, va - 0x10, "KDBG scan");
}

/* The head of the module list in a kernel that does not export it: its
 * first entry describes the kernel and points back. */
static bool is_module_list(struct ntr_target *t, u64 va, const u8 *p,
			   size_t room, void *ctx)
{
	const struct ntr_types any = { .machine = t->machine,
				       .ptr_size = t->ptr_size };
	u32 *left = ctx;
	u64 flink, base;

	if (room < 2 * t->ptr_size)
		return false;
	flink = t->ptr_size == 4 ? ntr_load_u32(p) : ntr_load_u64(p);
	if (!ntr_kernel_va(t, flink) || flink & 3 || flink == va || !*left ||
	    !(*left)-- ||
	    ntr_read_member(&any, t->mem, flink, "_KLDR", "DllBase", &base) ||
	    base != t->kernel_base || !ntr_list_head_ok(t, va, &flink))
		return false;
	t->priv->psmods = va;
	return true;
}

static void find_psmods(struct ntr_target *t)
{
	u32 rva, left = SCAN_CANDIDATES;
	struct ntr_pe pe;
	u64 flink;

	if (ntr_pe_open(&pe, t->mem, t->kernel_base, true, NULL) == NTR_OK &&
	    ntr_pe_export(&pe, "PsLoadedModuleList", &rva, NULL) == NTR_OK &&
	    ntr_list_head_ok(t, t->kernel_base + rva, &flink)) {
		t->priv->psmods = t->kernel_base + rva;
		return;
	}
	(void)ntr_target_scan_kernel(t, is_module_list, &left);
}

/* Last resort: any page with the tag, whose kernel base then proves it. */
static void scan_phys_run(struct ntr_target *t, const struct ntr_run *r,
			  u64 *left)
{
	unsigned shift = t->d->page_shift;
	u64 pa = r->pfn << shift, end = pa + (r->npages << shift);
	u8 page[PAGE];

	for (; pa < end && *left >= PAGE; pa += PAGE, *left -= PAGE) {
		if (ntr_space_read(&t->d->phys, pa, page, PAGE, NULL))
			continue;
		for (size_t i = 0x10; i + 0x10 <= PAGE; i += 8) {
			u64 base;

			if (memcmp(page + i, "KDBG", 4))
				continue;
			base = ntr_load_u64(page + i + 8);
			base = t->ptr_size == 4 ? (u32)base : base;
			if (use_base(t, base, "KDBG scan of physical memory"))
				return;
		}
	}
}

static void scan_physical(struct ntr_target *t)
{
	u64 left = PHYS_SCAN_BYTES;
	struct ntr_run r;

	for (u64 pfn = 0; !t->kernel_base && left >= PAGE &&
	     ntr_dump_run_from(t->d, pfn, &r); pfn = r.pfn + r.npages)
		scan_phys_run(t, &r, &left);
}

/* The release in a Linux kernel's banner: what a machine without NT usually
 * runs. */
static bool linux_page(const u8 page[PAGE], char *out, size_t size)
{
	static const char banner[] = "Linux version ";
	const u8 *p = memmem(page, PAGE, banner, sizeof(banner) - 1);

	if (!p || page + PAGE - p < 40 || p[14] < '0' || p[14] > '9')
		return false;
	ntr_ascii_clean(out, size, p + 14, 24);
	out[strcspn(out, " (?")] = 0;
	return true;
}

bool ntr_target_find_linux(struct ntr_target *t, char *out, size_t size)
{
	unsigned shift = t->d->page_shift;
	u64 left = LINUX_SCAN_BYTES;
	struct ntr_run r;
	u8 page[PAGE];

	for (u64 pfn = 0; left >= PAGE && ntr_dump_run_from(t->d, pfn, &r);
	     pfn = r.pfn + r.npages) {
		u64 pa = r.pfn << shift, end = pa + (r.npages << shift);

		for (; pa < end && left >= PAGE; pa += PAGE, left -= PAGE)
			if (!ntr_space_read(&t->d->phys, pa, page, PAGE,
					    NULL) &&
			    linux_page(page, out, size))
				return true;
	}
	return false;
}

/* --- the order ------------------------------------------------------------------------ */

static void from_module_list(struct ntr_target *t)
{
	const struct ntr_types any = { .machine = t->machine,
				       .ptr_size = t->ptr_size };
	u64 flink, base, size;

	if (t->kernel_base || !ntr_list_head_ok(t, t->priv->psmods, &flink) ||
	    ntr_read_member(&any, t->mem, flink, "_KLDR", "DllBase", &base) ||
	    ntr_read_member(&any, t->mem, flink, "_KLDR", "SizeOfImage",
			    &size) ||
	    !ntr_kernel_va(t, base) || base & (PAGE - 1) || !size)
		return;
	t->kernel_base = base;
	t->kernel_size = size;
	t->kernel_source = "module list";
}

static u64 header_ip(const struct ntr_target *t)
{
	struct ntr_regs r;
	struct ntr_bin b;

	if (!t->d->context.len ||
	    ntr_dump_load(t->d, t->d->context.off, (size_t)t->d->context.len,
			  "context", &b, NULL) ||
	    ntr_regs_from_context(&r, t->machine, &b, NULL) || !r.has_ip)
		return 0;
	return r.ip;
}

static void without_names(struct ntr_target *t)
{
	if (t->machine == NTR_MACHINE_X86 && use_kpcr(t, KPCR_UP_X86))
		return;
	if (kernel_from_notes(t))
		return;
	if (t->priv->code_hint &&
	    pe_scan(t, t->priv->code_hint, "processor start block"))
		return;
	if (pe_scan(t, header_ip(t), "PE scan from the context"))
		return;
	if (t->machine == NTR_MACHINE_ALPHA &&
	    pe_scan(t, ALPHA_KSEG0 + ALPHA_BOOT, "PE scan of KSEG0"))
		return;
	if (t->is_nt || !(t->d->meta.has & NTR_HAS_DTB))
		scan_physical(t);
}

/* The first list that holds together; the header's, damaged, is better than
 * none. */
static void settle_psmods(struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;
	struct ntr_target_priv *p = t->priv;
	u64 header = m->has & NTR_HAS_PSMODS ? m->psmods : 0;
	u64 kdbg = ntr_kdbg_u64(&p->kdbg, NTR_KDBG_PS_LOADED_MODULE_LIST);
	u64 flink;

	if (ntr_list_head_ok(t, header, &flink))
		p->psmods = header;
	else if (ntr_list_head_ok(t, kdbg, &flink))
		p->psmods = kdbg;
	else if (t->kernel_base && t->paging != NTR_PAGING_NONE)
		find_psmods(t);
	if (!p->psmods)
		p->psmods = header ? header : kdbg;
}

/*
 * A guest's dump driver hands the emulator a header for a machine that runs.
 * Where KDBG is encoded, it leaves a decoded copy, named by the first
 * parameter of a stop that is none (QEMU, dump/win_dump.c).
 */
#define LIVE_SYSTEM_DUMP 0x161u
static void from_guest_driver(struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;

	if ((m->has & NTR_HAS_BUGCHECK) && t->ptr_size == 8 &&
	    (m->bugcheck == LIVE_SYSTEM_DUMP || t->d->kind == NTR_KIND_PHYS))
		(void)use_kdbg(t, m->arg[0], "KDBG copy of the guest's driver");
}

void ntr_target_find_kernel(struct ntr_target *t)
{
	const struct ntr_meta *m = &t->d->meta;
	struct ntr_target_priv *p = t->priv;
	u32 left = SCAN_CANDIDATES;

	if (m->has & NTR_HAS_PSMODS)
		p->psmods = m->psmods;
	if (m->has & NTR_HAS_KDBG)
		(void)use_kdbg(t, m->kdbg, "KDBG named by the header");
	from_guest_driver(t);
	from_module_list(t);
	if (!t->kernel_base && t->paging != NTR_PAGING_NONE)
		without_names(t);
	/* For triage dumps, the blocks hold all there is. */
	if (t->kernel_base && !p->kdbg.present &&
	    t->paging != NTR_PAGING_NONE)
		(void)ntr_target_scan_kernel(t, is_kdbg, &left);
	p->psmods = 0;
	settle_psmods(t);
}
