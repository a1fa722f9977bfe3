// SPDX-License-Identifier: Apache-2.0
/*
 * Processors: KPCR, KPRCB with its saved context, GDT, IDT, TSS.
 * An x86 double fault goes through a task gate, so the interrupted registers
 * are in the TSS of selector 28h; an x64 one leaves a machine frame at the top
 * of the first IST stack.
 */
#include "mach.h"

#include <string.h>

enum { X86_TSS_LEN = 0x20ac, X64_IST_LEN = 0x2000 };

static void alloc_x86(struct f_mach *m, struct f_cpu *c, size_t n)
{
	u64 page = m->mem.page;

	if (!n) {
		c->pcr = m->p->pcr0;
		c->gdt = m->p->cpu;
		c->tss = m->p->cpu + 0xc000;
	} else {
		m->pool_next = (m->pool_next + page - 1) & ~(page - 1);
		c->pcr = f_pool(m, page * 2);
		m->pool_next = (m->pool_next + page - 1) & ~(page - 1);
		c->gdt = f_pool(m, page);
		c->tss = f_pool(m, X86_TSS_LEN);
	}
	c->idt = c->gdt + 0x400;
	f_map(&m->mem, c->pcr, m->p->off->pcr_size);
	f_map(&m->mem, c->gdt, 0xc00);
	c->df_tss = f_img_data(&m->img, &m->mem, 0, 0x68, 16);
	c->df_stack_len = 0x1000;
	c->df_stack = n ? 0 : f_img_data(&m->img, &m->mem, 0, 0x1000, 16);
}

static void alloc_64(struct f_mach *m, struct f_cpu *c, size_t n)
{
	u64 at = m->p->cpu + n * 0x10000;

	c->pcr = m->p->pcr0 + n * 0x10000;
	f_map(&m->mem, c->pcr, m->p->off->pcr_size);
	if (m->p->arch != F_X64)
		return;
	c->gdt = at;
	c->idt = at + 0x1000;
	c->tss = at + 0x80;
	c->df_stack = at + 0x4000;
	c->df_stack_len = X64_IST_LEN;
	f_map(&m->mem, c->gdt, 0x2000);
	f_map(&m->mem, c->df_stack, c->df_stack_len);
}

void f_cpu_alloc(struct f_mach *m)
{
	for (size_t n = 0; n < m->ncpus; n++) {
		struct f_cpu *c = &m->cpu[n];
		if (m->p->arch == F_X86)
			alloc_x86(m, c, n);
		else if (m->p->arch == F_ALPHA) {
			c->pcr = m->p->pcr0 + n * 0x4000;
			f_map(&m->mem, c->pcr, m->p->off->pcr_size);
		} else
			alloc_64(m, c, n);
		c->prcb = c->pcr + m->p->off->pcr_prcb;
	}
}

struct f_segs f_cpu_segs(const struct f_mach *m, const struct f_cpu *c)
{
	struct f_segs s = { .cr0 = 0x80050033, .cr2 = 0, .cr4 = 0x6f8,
			    .gdt = c->gdt, .idt = c->idt, .tr = c->tss,
			    .pcr = c->pcr };
	size_t t = c->thread;

	s.cr3 = m->procs.v[m->threads.v[t].proc].dtb;
	if (m->p->arch == F_X86) {
		s.cr0 = 0x8001003b;
		s.cr4 = m->mem.pae ? 0x6f9 : 0x6d9;
		if (m->mem.pae)
			s.cr4 |= 0x20;
		else
			s.cr4 &= ~0x20ULL;
	}
	return s;
}

/* --- descriptor tables ------------------------------------------------------- */

static void gdt_entry(struct f_mach *m, u64 at, u64 base, u32 limit, u32 flags)
{
	f_put16(&m->mem, at, (u16)limit);
	f_put16(&m->mem, at + 2, (u16)base);
	f_put8(&m->mem, at + 4, (u8)(base >> 16));
	f_put8(&m->mem, at + 5, (u8)flags);
	f_put8(&m->mem, at + 6, (u8)((limit >> 16 & 15) | (flags >> 8 & 0xf0)));
	f_put8(&m->mem, at + 7, (u8)(base >> 24));
}

static void gdt_x86(struct f_mach *m, const struct f_cpu *c)
{
	gdt_entry(m, c->gdt + 0x08, 0, 0xfffff, 0xc09b);
	gdt_entry(m, c->gdt + 0x10, 0, 0xfffff, 0xc093);
	gdt_entry(m, c->gdt + 0x18, 0, 0xfffff, 0xc0fb);
	gdt_entry(m, c->gdt + 0x20, 0, 0xfffff, 0xc0f3);
	gdt_entry(m, c->gdt + 0x28, c->tss, X86_TSS_LEN - 1, 0x8b);
	gdt_entry(m, c->gdt + 0x30, c->pcr, 1, 0xc093);
	gdt_entry(m, c->gdt + 0x38, 0, 0xfff, 0x40f3);
	gdt_entry(m, c->gdt + 0x50, c->df_tss, 0x67, 0x89);
	gdt_entry(m, c->gdt + 0x58, c->df_tss, 0x67, 0x89);
}

static u64 handler(const struct f_mach *m)
{
	return m->img.mods.v[0].base + m->img.mods.v[0].text + 0x20;
}

static void idt_x86(struct f_mach *m, const struct f_cpu *c)
{
	u64 h = handler(m);

	for (u64 i = 0; i < 256; i++) {
		u64 at = c->idt + i * 8;
		bool task = i == 8 || i == 2;
		f_put16(&m->mem, at, task ? 0 : (u16)h);
		f_put16(&m->mem, at + 2, i == 8 ? 0x50 : i == 2 ? 0x58 : 8);
		f_put16(&m->mem, at + 4, task ? 0x8500 : 0x8e00);
		f_put16(&m->mem, at + 6, task ? 0 : (u16)(h >> 16));
	}
}

static void tss_x86(struct f_mach *m, u64 at, const struct f_regs *r, u16 back,
		    u64 esp0)
{
	u32 cr3 = (u32)m->procs.v[m->threads.v[m->crash].proc].dtb;
	struct f_mem *q = &m->mem;

	f_put16(q, at, back);
	f_put32(q, at + 0x04, (u32)esp0);
	f_put32(q, at + 0x08, 0x10);
	f_put32(q, at + 0x1c, cr3);
	f_put16(q, at + 0x66, (u16)(X86_TSS_LEN - 1));
	if (!r)
		return;
	f_put32(q, at + 0x20, (u32)r->ip);
	f_put32(q, at + 0x24, r->flags);
	for (u64 i = 0; i < 8; i++)
		f_put32(q, at + 0x28 + i * 4, (u32)(i == 4 ? r->sp :
						   i == 5 ? r->bp : r->r[i]));
	f_put32(q, at + 0x48, 0x23);
	f_put32(q, at + 0x4c, 8);
	f_put32(q, at + 0x50, 0x10);
	f_put32(q, at + 0x54, 0x23);
	f_put32(q, at + 0x58, 0x30);
}

static void tables_x86(struct f_mach *m, struct f_cpu *c, size_t n)
{
	const struct f_stk *k = &m->threads.v[c->thread].stk;
	bool df = m->has_df && !n;

	gdt_x86(m, c);
	idt_x86(m, c);
	tss_x86(m, c->tss, df ? &k->regs : NULL, 0, k->base - 0x10);
	tss_x86(m, c->df_tss, df ? &m->df.regs : NULL, df ? 0x28 : 0,
		c->df_stack + c->df_stack_len);
}

static void tables_x64(struct f_mach *m, struct f_cpu *c)
{
	u64 h = handler(m), at;
	static const u8 ist[256] = { [8] = 1, [18] = 2, [2] = 3 };

	gdt_entry(m, c->gdt + 0x10, 0, 0, 0x209b);
	gdt_entry(m, c->gdt + 0x18, 0, 0, 0x4093);
	gdt_entry(m, c->gdt + 0x20, 0, 0xfffff, 0xc0fb);
	gdt_entry(m, c->gdt + 0x28, 0, 0xfffff, 0xc0f3);
	gdt_entry(m, c->gdt + 0x30, 0, 0, 0x20fb);
	gdt_entry(m, c->gdt + 0x40, c->tss, 0x67, 0x8b);
	f_put32(&m->mem, c->gdt + 0x48, (u32)(c->tss >> 32));
	for (u64 i = 0; i < 256; i++) {
		at = c->idt + i * 16;
		f_put16(&m->mem, at, (u16)h);
		f_put16(&m->mem, at + 2, 0x10);
		f_put8(&m->mem, at + 4, ist[i]);
		f_put8(&m->mem, at + 5, 0x8e);
		f_put16(&m->mem, at + 6, (u16)(h >> 16));
		f_put32(&m->mem, at + 8, (u32)(h >> 32));
	}
	f_put64(&m->mem, c->tss + 4, m->threads.v[c->thread].stk.base);
	f_put64(&m->mem, c->tss + 0x24, c->df_stack + c->df_stack_len);
	f_put64(&m->mem, c->tss + 0x2c, c->df_stack + c->df_stack_len - 0x1000);
	f_put64(&m->mem, c->tss + 0x34, c->df_stack + c->df_stack_len - 0x1400);
	f_put16(&m->mem, c->tss + 0x66, 0x68);
}

/* --- KPCR and KPRCB -------------------------------------------------------------- */

static void pcr_x86(struct f_mach *m, const struct f_cpu *c, size_t n)
{
	const struct f_thread *t = &m->threads.v[c->thread];
	struct f_mem *q = &m->mem;
	u64 at = c->pcr;

	f_put32(q, at, 0xffffffff);
	f_put32(q, at + 0x04, (u32)t->stk.base);
	f_put32(q, at + 0x08, (u32)t->stk.limit);
	f_put32(q, at + 0x1c, (u32)at);
	f_put32(q, at + 0x20, (u32)c->prcb);
	f_put8(q, at + 0x24, (u8)t->irql);
	if (m->p->build >= 2600)
		f_put32(q, at + 0x34, (u32)m->version);
	f_put32(q, at + 0x38, (u32)c->idt);
	f_put32(q, at + 0x3c, (u32)c->gdt);
	f_put32(q, at + 0x40, (u32)c->tss);
	f_put16(q, at + 0x44, 1);
	f_put16(q, at + 0x46, 1);
	f_put32(q, at + 0x48, 1u << (n & 31));
	f_put8(q, at + 0x51, (u8)n);
}

static void pcr_64(struct f_mach *m, const struct f_cpu *c)
{
	const struct f_thread *t = &m->threads.v[c->thread];
	struct f_mem *q = &m->mem;
	u64 at = c->pcr;

	f_put64(q, at + 0x18, at);
	f_put64(q, at + 0x20, c->prcb);
	if (m->p->arch != F_X64)
		return;
	f_put64(q, at, c->gdt);
	f_put64(q, at + 0x08, c->tss);
	f_put64(q, at + 0x38, c->idt);
	f_put8(q, at + 0x50, (u8)t->irql);
	f_put16(q, at + 0x60, 1);
	f_put16(q, at + 0x62, 1);
}

static void special_regs(struct f_mach *m, const struct f_cpu *c, u64 at)
{
	struct f_segs s = f_cpu_segs(m, c);
	struct f_mem *q = &m->mem;

	if (m->p->arch == F_X86) {
		f_put32(q, at, (u32)s.cr0);
		f_put32(q, at + 8, (u32)s.cr3);
		f_put32(q, at + 12, (u32)s.cr4);
		f_put16(q, at + 0x2a, 0x3ff);
		f_put32(q, at + 0x2c, (u32)c->gdt);
		f_put16(q, at + 0x32, 0x7ff);
		f_put32(q, at + 0x34, (u32)c->idt);
		f_put16(q, at + 0x38, 0x28);
	} else if (m->p->arch == F_X64) {
		f_put64(q, at, s.cr0);
		f_put64(q, at + 0x10, s.cr3);
		f_put64(q, at + 0x18, s.cr4);
		f_put16(q, at + 0x56, 0x57);
		f_put64(q, at + 0x58, c->gdt);
		f_put16(q, at + 0x66, 0xfff);
		f_put64(q, at + 0x68, c->idt);
		f_put16(q, at + 0x70, 0x40);
		f_put64(q, at + 0xa0, m->threads.v[c->thread].irql); /* CR8 */
		f_put64(q, at + 0xa8, c->pcr);
		f_put64(q, at + 0xc0, handler(m));
	}
}

static void prcb_number(struct f_mach *m, const struct f_cpu *c, size_t n)
{
	const struct f_off *o = m->p->off;
	struct f_mem *q = &m->mem;

	if (o->pb_number_u32)
		f_put32(q, c->prcb + o->pb_number, (u32)n);
	else
		f_put8(q, c->prcb + o->pb_number, (u8)n);
	if (m->p->arch == F_X86) {
		f_put16(q, c->prcb, 1);
		f_put16(q, c->prcb + 2, 1);
		f_put32(q, c->prcb + 0x14, 1u << (n & 31));
	} else if (m->p->arch == F_X64) {
		f_put32(q, c->prcb, 0x1f80);
	}
	f_put8(q, c->prcb + o->pb_cpu_type, 6);
	f_put8(q, c->prcb + o->pb_cpu_type + 1, 1);
	if (o->pb_vendor != F_NO && m->p->arch <= F_X64)
		f_put(q, c->prcb + o->pb_vendor, "GenuineIntel", 13);
	if (o->pb_mhz != F_NO)
		f_put32(q, c->prcb + o->pb_mhz, 133);
}

static void write_prcb(struct f_mach *m, struct f_cpu *c, size_t n)
{
	const struct f_off *o = m->p->off;
	const struct f_thread *t = &m->threads.v[c->thread];
	u64 ps = f_prof_ptr(m->p), state = c->prcb + o->pb_state;
	struct f_mem *q = &m->mem;
	struct f_buf b = { 0 };

	prcb_number(m, c, n);
	f_putp(q, c->prcb + o->pb_cur, t->va);
	f_putp(q, c->prcb + o->pb_cur + 2 * ps, m->threads.v[c->idle].va);
	if (t->irql >= 2 && !t->idle)
		f_put8(q, c->prcb + o->pb_dpc_active, 1);
	if (o->pb_frozen != F_NO)
		f_put8(q, c->prcb + o->pb_frozen, n ? 2 : 4);
	f_ctx_put(m->p, &c->regs, &b, 0);
	f_put(q, state + o->pb_ctx_in_state, b.p, b.n);
	if (b.lost)
		f_mem_fail(q, NTR_NOMEM, "out of memory");
	f_buf_fini(&b);
	special_regs(m, c, state + o->pb_sr_in_state);
	if (o->pb_ctx_ptr != F_NO)
		f_putp(q, c->prcb + o->pb_ctx_ptr, state + o->pb_ctx_in_state);
}

void f_cpu_write(struct f_mach *m)
{
	u64 ps = f_prof_ptr(m->p);

	for (size_t n = 0; n < m->ncpus; n++) {
		struct f_cpu *c = &m->cpu[n];
		c->regs = n ? m->threads.v[c->thread].stk.regs : m->ctx;
		if (m->p->arch == F_X86) {
			pcr_x86(m, c, n);
			tables_x86(m, c, n);
		} else {
			pcr_64(m, c);
			if (m->p->arch == F_X64)
				tables_x64(m, c);
		}
		write_prcb(m, c, n);
		f_putp(&m->mem, m->blocks + n * ps, c->prcb);
	}
}
