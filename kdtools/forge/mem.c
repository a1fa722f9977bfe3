// SPDX-License-Identifier: Apache-2.0
#include "mem.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void f_mem_fail(struct f_mem *m, enum ntr_st st, const char *fmt, ...)
{
	va_list ap;

	if (m->st)
		return;
	m->st = st;
	va_start(ap, fmt);
	vsnprintf(m->why, sizeof(m->why), fmt, ap);
	va_end(ap);
}

/* --- physical pages ------------------------------------------------------- */

static void add_run(struct f_mem *m, u64 pfn, u64 n)
{
	if (n && m->nruns < NTR_COUNT(m->run))
		m->run[m->nruns++] = (struct f_run){ pfn, n };
}

/* Cut [a, b) out of the runs, moving what it held to the end. */
static void punch(struct f_mem *m, u64 a, u64 b)
{
	struct f_run old[NTR_COUNT(m->run)];
	size_t n = m->nruns;
	u64 lost = 0;

	memcpy(old, m->run, sizeof(old));
	m->nruns = 0;
	for (size_t i = 0; i < n; i++) {
		u64 s = old[i].pfn, e = s + old[i].n;
		u64 cs = a > s ? a : s, ce = b < e ? b : e;
		if (cs >= ce) {
			add_run(m, s, e - s);
			continue;
		}
		add_run(m, s, cs - s);
		add_run(m, ce, e - ce);
		lost += ce - cs;
	}
	if (!m->nruns)
		return;
	struct f_run *last = &m->run[m->nruns - 1];
	if (last->pfn + last->n == a)
		add_run(m, b, lost);
	else
		last->n += lost;
}

/*
 * As a PC has it: page 0 is not NT's, nor is the adapter hole below 1 MiB,
 * nor (on machines with more) the one below 4 GiB.  The number of pages stays
 * what `memory` says.
 */
static void layout_runs(struct f_mem *m, const struct f_scen *s)
{
	u64 n = s->memory >> m->shift;

	add_run(m, 1, n);
	if (m->prof->arch == F_X86 || m->prof->arch == F_X64) {
		punch(m, 0x9f, 0x100);
		punch(m, 0xc0000, 0x100000);
	} else if (m->shift == 12) {
		punch(m, 0x100, 0x120);
	} else {
		punch(m, 0x30, 0x38); /* under the kernel's segment */
	}
	for (size_t i = 0; i < s->nholes; i++)
		punch(m, s->hole[i][0] >> m->shift,
		      (s->hole[i][0] + s->hole[i][1] + m->page - 1) >> m->shift);
	for (size_t i = 0; i < m->nruns; i++) {
		u64 end = m->run[i].pfn + m->run[i].n;
		m->npages += m->run[i].n;
		if (end > m->top)
			m->top = end;
	}
	if (m->top > F_MAX_MEMORY * 2 >> m->shift)
		f_mem_fail(m, NTR_LIMIT, "a hole puts memory above 512 GiB");
}

bool f_mem_in_run(const struct f_mem *m, u64 pfn)
{
	for (size_t i = 0; i < m->nruns; i++)
		if (pfn - m->run[i].pfn < m->run[i].n)
			return true;
	return false;
}

const struct f_page *f_mem_pageinfo(const struct f_mem *m, u64 pfn)
{
	if (pfn / F_CHUNK >= m->nchunks || !m->chunk[pfn / F_CHUNK])
		return NULL;
	return &m->chunk[pfn / F_CHUNK][pfn % F_CHUNK];
}

const u8 *f_mem_peek(const struct f_mem *m, u64 pfn)
{
	const struct f_page *p = f_mem_pageinfo(m, pfn);

	return p ? p->data : NULL;
}

u64 f_mem_next(const struct f_mem *m, u64 pfn, u64 end)
{
	while (pfn < end && pfn / F_CHUNK < m->nchunks) {
		if (!m->chunk[pfn / F_CHUNK]) {
			pfn = (pfn / F_CHUNK + 1) * F_CHUNK;
			continue;
		}
		if (f_mem_peek(m, pfn))
			return pfn;
		pfn++;
	}
	return end;
}

static struct f_page *page_info(struct f_mem *m, u64 pfn)
{
	struct f_page **c;

	if (m->st || pfn / F_CHUNK >= m->nchunks)
		return NULL;
	c = &m->chunk[pfn / F_CHUNK];
	if (!*c && !(*c = calloc(F_CHUNK, sizeof(**c))))
		f_mem_fail(m, NTR_NOMEM, "out of memory");
	return *c ? *c + pfn % F_CHUNK : NULL;
}

static u8 *page_data(struct f_mem *m, u64 pfn)
{
	struct f_page *p = page_info(m, pfn);

	if (!p)
		return NULL;
	p->used = true;
	if (!p->data && !(p->data = calloc(1, m->page)))
		f_mem_fail(m, NTR_NOMEM, "out of memory");
	return p->data;
}

static bool page_used(const struct f_mem *m, u64 pfn)
{
	const struct f_page *p = f_mem_pageinfo(m, pfn);

	return p && p->used;
}

static void too_small(struct f_mem *m)
{
	f_mem_fail(m, NTR_LIMIT, "%" PRIu64 " KiB of memory are too small for this machine",
		   (m->npages << m->shift) >> 10);
}

u64 f_mem_alloc_run(struct f_mem *m, u64 n, u64 align)
{
	for (size_t i = 0; i < m->nruns && !m->st; i++) {
		u64 end = m->run[i].pfn + m->run[i].n;
		u64 p = m->run[i].pfn > m->next ? m->run[i].pfn : m->next;
		for (p = (p + align - 1) / align * align; p + n <= end;
		     p += align) {
			u64 k = 0;
			while (k < n && !page_used(m, p + k))
				k++;
			if (k < n)
				continue;
			for (k = 0; k < n; k++) {
				struct f_page *q = page_info(m, p + k);
				if (q)
					q->used = true;
			}
			if (n == 1)
				m->next = p + 1;
			return p;
		}
	}
	too_small(m);
	return 0;
}

u64 f_mem_alloc(struct f_mem *m)
{
	return f_mem_alloc_run(m, 1, 1);
}

void f_put_phys(struct f_mem *m, u64 pa, const void *p, size_t len)
{
	const u8 *b = p;

	while (len && !m->st) {
		size_t off = pa & (m->page - 1), n = m->page - off;
		u8 *d;
		if (n > len)
			n = len;
		if (!f_mem_in_run(m, pa >> m->shift)) {
			f_mem_fail(m, NTR_BAD, "physical address 0x%" PRIx64
				   " is not in this machine's memory", pa);
			return;
		}
		d = page_data(m, pa >> m->shift);
		if (d)
			memcpy(d + off, b, n);
		pa += n;
		b += n;
		len -= n;
	}
}

static void phys64(struct f_mem *m, u64 pa, u64 v)
{
	v = htole64(v);
	f_put_phys(m, pa, &v, 8);
}

static void phys32(struct f_mem *m, u64 pa, u32 v)
{
	v = htole32(v);
	f_put_phys(m, pa, &v, 4);
}

static u64 peek_n(const struct f_mem *m, u64 pa, unsigned n)
{
	const u8 *d = f_mem_peek(m, pa >> m->shift);
	u64 v = 0;

	if (d)
		memcpy(&v, d + (pa & (m->page - 1)), n);
	return le64toh(v);
}

/* --- the hash of mapped pages ------------------------------------------------ */

static size_t slot_of(const struct f_mem *m, u64 vpn)
{
	size_t mask = m->map.cap - 1;
	size_t i = (size_t)((vpn * 0x9e3779b97f4a7c15ULL) >> 20) & mask;

	while (m->map.va[i] && m->map.va[i] != vpn + 1)
		i = (i + 1) & mask;
	return i;
}

static bool map_grow(struct f_mem *m)
{
	struct f_mem old = *m;
	size_t cap = m->map.cap ? m->map.cap * 2 : 4096;

	m->map.va = calloc(cap, sizeof(u64));
	m->map.pfn = calloc(cap, sizeof(u64));
	if (!m->map.va || !m->map.pfn) {
		free(m->map.va);
		free(m->map.pfn);
		m->map = old.map;
		f_mem_fail(m, NTR_NOMEM, "out of memory");
		return false;
	}
	m->map.cap = cap;
	for (size_t i = 0; i < old.map.cap; i++)
		if (old.map.va[i]) {
			size_t s = slot_of(m, old.map.va[i] - 1);
			m->map.va[s] = old.map.va[i];
			m->map.pfn[s] = old.map.pfn[i];
		}
	free(old.map.va);
	free(old.map.pfn);
	return true;
}

static void map_set(struct f_mem *m, u64 vpn, u64 pfn)
{
	size_t i;

	if (m->map.n * 2 >= m->map.cap && !map_grow(m))
		return;
	i = slot_of(m, vpn);
	if (!m->map.va[i])
		m->map.n++;
	m->map.va[i] = vpn + 1;
	m->map.pfn[i] = pfn;
}

/* Segments that need no tables: Alpha KSEG0, Itanium KSEG0. */
static bool in_segment(const struct f_mem *m, u64 va, u64 *pa)
{
	if (m->prof->arch == F_ALPHA && va >= 0x80000000 && va < 0xc0000000)
		*pa = va - 0x80000000;
	else if (m->prof->arch == F_IA64 && va >= 0xe000000080000000)
		*pa = va - 0xe000000080000000;
	else
		return false;
	return true;
}

u64 f_phys(const struct f_mem *m, u64 va)
{
	u64 off = va & (m->page - 1), pa;
	size_t i;

	for (i = 0; i < m->nlarge; i++)
		if (va - m->large[i].va < m->large[i].len)
			return m->large[i].pa + (va - m->large[i].va);
	if (!m->map.cap)
		return F_NONE;
	i = slot_of(m, va >> m->shift);
	if (!m->map.va[i])
		return F_NONE;
	pa = m->map.pfn[i] << m->shift;
	return pa + off;
}

bool f_mapped(const struct f_mem *m, u64 va)
{
	return f_phys(m, va) != F_NONE;
}

/* --- page tables ---------------------------------------------------------------- */

/* Levels below the root: index shifts, innermost last. */
struct form {
	unsigned n, entry;        /* levels, bytes of an entry */
	unsigned shift[4], bits[4];
	u64 table, leaf, big;     /* bits of a valid entry */
	unsigned pfn_shift;       /* where the frame stands in an entry */
};

static const struct form form_x86 = {
	2, 4, { 22, 12 }, { 10, 10 }, 0x63, 0x63, 0x1e3, 12,
};
static const struct form form_pae = { /* below the PDPT */
	2, 8, { 21, 12 }, { 9, 9 }, 0x63, 0x63, 0x1e3, 12,
};
static const struct form form_x64 = {
	4, 8, { 39, 30, 21, 12 }, { 9, 9, 9, 9 }, 0x63, 0x63, 0x1e3, 12,
};
static const struct form form_arm64 = {
	4, 8, { 39, 30, 21, 12 }, { 9, 9, 9, 9 }, 0x0060000000000703,
	0x0060000000000703, 0x0060000000000701, 12,
};
static const struct form form_alpha = {
	2, 4, { 24, 13 }, { 8, 11 }, 0x11, 0x11, 0, 9,
};

static const struct form *form_of(const struct f_mem *m)
{
	switch (m->prof->arch) {
	case F_X86:
		return m->pae ? &form_pae : &form_x86;
	case F_X64:
		return &form_x64;
	case F_ARM64:
		return &form_arm64;
	case F_ALPHA:
		return &form_alpha;
	default:
		return NULL;
	}
}

u64 f_large_size(const struct f_mem *m)
{
	switch (m->prof->arch) {
	case F_X86:
		return m->pae ? 2 << 20 : 4 << 20;
	case F_X64:
	case F_ARM64:
		return 2 << 20;
	default:
		return 0;
	}
}

static u64 entry_of(const struct form *f, u64 pfn, u64 bits)
{
	return pfn << f->pfn_shift | bits;
}

static void put_entry(struct f_mem *m, const struct form *f, u64 pa, u64 v)
{
	if (f->entry == 4)
		phys32(m, pa, (u32)v);
	else
		phys64(m, pa, v);
}

static u64 entry_pfn(const struct form *f, u64 v)
{
	return (v & 0x0000ffffffffffff) >> f->pfn_shift;
}

/* First table of the walk for va. */
static u64 top_table(const struct f_mem *m, u64 va)
{
	if (m->pae)
		return m->root + (va >> 30 & 3);
	return m->root;
}

static bool is_user(const struct f_mem *m, u64 va)
{
	return va < (f_prof_64(m->prof) ? 1ULL << 47 : 0x80000000);
}

/* Physical address of the entry of va at a level, tables made on the way. */
static u64 entry_at(struct f_mem *m, u64 va, unsigned level)
{
	const struct form *f = form_of(m);
	u64 table = top_table(m, va);

	for (unsigned i = 0; !m->st; i++) {
		u64 idx = va >> f->shift[i] & ((1u << f->bits[i]) - 1);
		u64 pa = (table << m->shift) + idx * f->entry, v;
		if (i == level)
			return pa;
		v = peek_n(m, pa, f->entry);
		if (!(v & 1)) {
			u64 t = f_mem_alloc(m);
			bool user = is_user(m, va) && m->prof->arch <= F_X64;
			page_data(m, t);
			v = entry_of(f, t, f->table | (user ? 4 : 0));
			put_entry(m, f, pa, v);
		}
		table = entry_pfn(f, v);
	}
	return 0;
}

static void set_leaf(struct f_mem *m, u64 va, u64 v)
{
	const struct form *f = form_of(m);

	if (f)
		put_entry(m, f, entry_at(m, va, f->n - 1), v);
}

static void map_page(struct f_mem *m, u64 va)
{
	const struct form *f = form_of(m);
	u64 pa, pfn;

	if (in_segment(m, va, &pa)) {
		pfn = pa >> m->shift;
		if (!f_mem_in_run(m, pfn)) {
			too_small(m);
			return;
		}
		page_data(m, pfn);
		map_set(m, va >> m->shift, pfn);
		return;
	}
	pfn = f_mem_alloc(m);
	page_data(m, pfn);
	if (!m->st)
		page_info(m, pfn)->user = is_user(m, va);
	map_set(m, va >> m->shift, pfn);
	if (f && !m->st)
		set_leaf(m, va, entry_of(f, pfn, f->leaf));
}

void f_map(struct f_mem *m, u64 va, u64 len)
{
	u64 end = va + len;

	for (va &= ~(m->page - 1); va < end && !m->st; va += m->page)
		if (!f_mapped(m, va))
			map_page(m, va);
}

void f_map_large(struct f_mem *m, u64 va, u64 pa, u64 len)
{
	const struct form *f = form_of(m);
	u64 step = f_large_size(m);

	if (!step || m->nlarge == NTR_COUNT(m->large))
		return;
	m->large[m->nlarge++] = (struct f_large){ va, pa, len };
	for (u64 o = 0; o < len && !m->st; o += step) {
		u64 e = entry_at(m, va + o, f->n - 2);
		put_entry(m, f, e, entry_of(f, (pa + o) >> m->shift, f->big));
		for (u64 k = 0; k < step >> m->shift; k++) {
			struct f_page *p = page_info(m, ((pa + o) >> m->shift) + k);
			if (p)
				p->used = true;
		}
	}
}

void f_map_raw(struct f_mem *m, u64 va, u64 pte)
{
	set_leaf(m, va, pte);
}

/* Software PTEs; protection 4 = read-write. */
u64 f_pte_make(const struct f_mem *m, enum f_pstate state, u64 a, u64 b)
{
	bool late = m->prof->build >= 17763; /* swizzled, PageFileLow moved */
	bool wide = form_of(m) && form_of(m)->entry == 8;
	u64 prot = 4 << 5 | (late ? 0x10 : 0);

	switch (state) {
	case F_P_TRANSITION:
		return a << 12 | 0x800 | prot;
	case F_P_PAGEFILE:
		return (wide ? b << 32 : (b & 0xfffff) << 12) |
		       (a & 15) << (late ? 12 : 1) | prot;
	case F_P_DEMAND:
		return prot;
	case F_P_PROTO:
		if (m->pae)
			return a << 32 | 0x400;
		if (wide)
			return a << 16 | 0x400 | (late ? 0x10 : 0);
		a -= 0xe1000000;
		return (a >> 9) << 11 | (a >> 2 & 0x7f) << 1 | 0x400;
	default:
		return 0;
	}
}

static void self_map(struct f_mem *m, u64 root)
{
	const struct form *f = form_of(m);
	unsigned slot;

	if (m->pae) {
		for (u64 i = 0; i < 4; i++)
			phys64(m, ((root + 3) << 12) + i * 8,
			       (root + i) << 12 | 0x63);
		return;
	}
	slot = m->prof->arch == F_X86 ? 0x300 :
	       m->prof->arch == F_ALPHA ? 0xc0 :
	       (unsigned)(m->prof->pte_base >> 39 & 0x1ff);
	put_entry(m, f, (root << m->shift) + slot * f->entry,
		  entry_of(f, root, f->table));
}

static u64 make_root(struct f_mem *m)
{
	u64 r = m->pae ? f_mem_alloc_run(m, 4, 1) : f_mem_alloc(m);

	for (u64 i = 0; i < (m->pae ? 4u : 1u); i++)
		page_data(m, r + i);
	self_map(m, r);
	return r;
}

/* PAE: the four PDPT entries of root r live in a page of their own. */
static void put_pdpt(struct f_mem *m, u64 pa, u64 root)
{
	for (u64 i = 0; i < 4; i++)
		phys64(m, pa + i * 8, (root + i) << 12 | 1);
}

void f_mem_init(struct f_mem *m, const struct f_prof *p, const struct f_scen *s)
{
	memset(m, 0, sizeof(*m));
	m->prof = p;
	m->pae = s->pae;
	m->shift = p->page_shift;
	m->page = 1ULL << m->shift;
	layout_runs(m, s);
	m->nchunks = (size_t)((m->top + F_CHUNK - 1) / F_CHUNK);
	m->chunk = m->st ? NULL : calloc(m->nchunks, sizeof(*m->chunk));
	if (!m->chunk) {
		m->nchunks = 0;
		f_mem_fail(m, NTR_NOMEM, "out of memory");
		return;
	}
	m->next = m->run[0].pfn;
	if (!form_of(m))
		return;
	if (m->pae)
		m->pdpt = f_mem_alloc(m) << 12;
	m->root = make_root(m);
	if (m->pae)
		put_pdpt(m, m->pdpt, m->root);
}

void f_mem_fini(struct f_mem *m)
{
	for (size_t i = 0; i < m->nchunks; i++) {
		for (size_t k = 0; m->chunk[i] && k < F_CHUNK; k++)
			free(m->chunk[i][k].data);
		free(m->chunk[i]);
	}
	free(m->chunk);
	free(m->map.va);
	free(m->map.pfn);
}

/* The value that CR3 (or the process's directory base) has for a root. */
u64 f_mem_dtb(const struct f_mem *m)
{
	if (m->pae)
		return m->pdpt;
	if (m->prof->arch == F_ALPHA)
		return m->root << 9 | 0x11;
	return m->root << m->shift;
}

u64 f_mem_new_root(struct f_mem *m)
{
	u64 r, pa;

	if (!form_of(m))
		return 0;
	if (m->pae) {
		pa = f_mem_alloc(m) << 12;
		r = f_mem_alloc_run(m, 4, 1);
		put_pdpt(m, pa, r);
		return pa;
	}
	r = f_mem_alloc(m);
	return m->prof->arch == F_ALPHA ? r << 9 | 0x11 : r << m->shift;
}

static void copy_page(struct f_mem *m, u64 to, u64 from, u64 off)
{
	const u8 *s = f_mem_peek(m, from);

	if (s)
		f_put_phys(m, (to << m->shift) + off, s + off, m->page - off);
}

/* Fill a root made by f_mem_new_root(): kernel half shared, own self-map. */
void f_mem_fork(struct f_mem *m, u64 dtb)
{
	u64 r;

	if (!form_of(m))
		return;
	if (m->pae) {
		r = peek_n(m, dtb, 8) >> 12;
		for (u64 i = 2; i < 4; i++)
			copy_page(m, r + i, m->root + i, 0);
	} else {
		r = m->prof->arch == F_ALPHA ? dtb >> 9 : dtb >> m->shift;
		copy_page(m, r, m->root, m->prof->arch == F_ALPHA ? 0 :
			  m->page / 2);
	}
	self_map(m, r);
}

/*
 * NT makes system page directories in advance: scanners for a root expect
 * some.  Only where there is room to spare.
 */
void f_mem_finish(struct f_mem *m)
{
	static const u64 x64[] = { 0xffff, 0xfffff8a000000000,
				   0xfffff90000000000, 0xfffff98000000000,
				   0xfffffa8000000000, 0xffffd00000000000,
				   0xffffe00000000000 };
	u64 spare = m->npages << m->shift;

	if (spare < 1 << 20)
		return;
	if (m->prof->arch == F_X86) {
		(void)entry_at(m, 0x10000, 1);
		for (u64 i = 0; i < (spare >= 4 << 20 ? 24 : 4); i++)
			(void)entry_at(m, 0xe1000000 + (i << 22), 1);
	} else if (m->prof->arch == F_X64 || m->prof->arch == F_ARM64) {
		for (size_t i = 0; i < NTR_COUNT(x64); i++)
			(void)entry_at(m, x64[i], 1);
	}
}

/* --- stores and loads ---------------------------------------------------------------- */

void f_put(struct f_mem *m, u64 va, const void *p, size_t len)
{
	const u8 *b = p;

	while (len && !m->st) {
		size_t off = va & (m->page - 1), n = m->page - off;
		if (n > len)
			n = len;
		if (!f_mapped(m, va))
			map_page(m, va);
		if (!m->st)
			f_put_phys(m, f_phys(m, va), b, n);
		va += n;
		b += n;
		len -= n;
	}
}

void f_put8(struct f_mem *m, u64 va, u8 v)
{
	f_put(m, va, &v, 1);
}

void f_put16(struct f_mem *m, u64 va, u16 v)
{
	v = htole16(v);
	f_put(m, va, &v, 2);
}

void f_put32(struct f_mem *m, u64 va, u32 v)
{
	v = htole32(v);
	f_put(m, va, &v, 4);
}

void f_put64(struct f_mem *m, u64 va, u64 v)
{
	v = htole64(v);
	f_put(m, va, &v, 8);
}

void f_putp(struct f_mem *m, u64 va, u64 v)
{
	if (f_prof_ptr(m->prof) == 8)
		f_put64(m, va, v);
	else
		f_put32(m, va, (u32)v);
}

bool f_get(const struct f_mem *m, u64 va, void *p, size_t len)
{
	u8 *b = p;
	bool all = true;

	while (len) {
		size_t off = va & (m->page - 1), n = m->page - off;
		u64 pa = f_phys(m, va);
		const u8 *d = pa == F_NONE ? NULL : f_mem_peek(m, pa >> m->shift);
		if (n > len)
			n = len;
		if (d)
			memcpy(b, d + (pa & (m->page - 1)), n);
		else
			memset(b, 0, n);
		all &= pa != F_NONE;
		va += n;
		b += n;
		len -= n;
	}
	return all;
}

u64 f_getp(const struct f_mem *m, u64 va)
{
	u64 v = 0;

	f_get(m, va, &v, f_prof_ptr(m->prof));
	return le64toh(v);
}
