// SPDX-License-Identifier: Apache-2.0
/*
 * Images without NT's header: raw, LiME, and QEMU's ELF core with its CPU
 * notes (and, with a VMCOREINFO note, the dump header that the guest's fw_cfg
 * driver prepares).
 */
#include "out.h"

#include <string.h>

enum ntr_st f_out_raw(struct f_mach *m, struct f_sink *s, u32 arg,
		      struct ntr_err *e)
{
	(void)arg;
	(void)e;
	for (u64 p = 0; (p = f_mem_next(&m->mem, p, m->mem.top)) < m->mem.top; p++)
		f_sink_put(s, p << m->mem.shift, f_mem_peek(&m->mem, p),
			   m->mem.page);
	f_sink_extend(s, m->mem.top << m->mem.shift);
	return s->st;
}

static u64 put_run(const struct f_mach *m, struct f_sink *s, u64 off,
		   const struct f_run *r)
{
	u64 end = r->pfn + r->n;

	for (u64 p = r->pfn; (p = f_mem_next(&m->mem, p, end)) < end; p++)
		f_sink_put(s, off + ((p - r->pfn) << m->mem.shift),
			   f_mem_peek(&m->mem, p), m->mem.page);
	off += r->n << m->mem.shift;
	f_sink_extend(s, off);
	return off;
}

/* Per range: magic, version, first and last address, 8 reserved bytes. */
enum ntr_st f_out_lime(struct f_mach *m, struct f_sink *s, u32 arg,
		       struct ntr_err *e)
{
	u64 off = 0;

	(void)arg;
	(void)e;
	for (size_t i = 0; i < m->mem.nruns; i++) {
		const struct f_run *r = &m->mem.run[i];
		struct f_buf h = { 0 };
		f_buf_zero(&h, 0, 32);
		f_buf_32(&h, 0, 0x4c694d45);
		f_buf_32(&h, 4, 1);
		f_buf_64(&h, 8, r->pfn << m->mem.shift);
		f_buf_64(&h, 16, ((r->pfn + r->n) << m->mem.shift) - 1);
		f_sink_buf(s, off, &h);
		f_buf_fini(&h);
		off = put_run(m, s, off + 32, r);
	}
	return s->st;
}

/* --- ELF --------------------------------------------------------------------------- */

static size_t note(struct f_buf *b, const char *name, u32 type, size_t len)
{
	size_t at = b->n, n = strlen(name) + 1, desc = at + 12 + (n + 3) / 4 * 4;

	f_buf_zero(b, at, desc - at + (len + 3) / 4 * 4);
	f_buf_32(b, at, (u32)n);
	f_buf_32(b, at + 4, (u32)len);
	f_buf_32(b, at + 8, type);
	f_buf_put(b, at + 12, name, n);
	return desc;
}

static void prstatus_x64(const struct f_regs *r, struct f_buf *b, size_t d)
{
	static const u8 at[16] = { 10, 11, 12, 5, 19, 4, 13, 14,
				   9, 8, 7, 6, 3, 2, 1, 0 };

	for (size_t i = 0; i < 16; i++)
		f_buf_64(b, d + 112 + at[i] * 8u, i == 4 ? r->sp :
			 i == 5 ? r->bp : r->r[i]);
	f_buf_64(b, d + 112 + 16 * 8, r->ip);
	f_buf_64(b, d + 112 + 17 * 8, 0x10);
	f_buf_64(b, d + 112 + 18 * 8, r->flags);
	f_buf_64(b, d + 112 + 20 * 8, 0x18);
}

static void prstatus_x86(const struct f_regs *r, struct f_buf *b, size_t d)
{
	static const u8 at[8] = { 6, 1, 2, 0, 15, 5, 3, 4 };

	for (size_t i = 0; i < 8; i++)
		f_buf_32(b, d + 72 + at[i] * 4u, (u32)(i == 4 ? r->sp :
			 i == 5 ? r->bp : r->r[i]));
	f_buf_32(b, d + 72 + 12 * 4, (u32)r->ip);
	f_buf_32(b, d + 72 + 13 * 4, 8);
	f_buf_32(b, d + 72 + 14 * 4, r->flags);
	f_buf_32(b, d + 72 + 16 * 4, 0x10);
}

void f_out_notes(const struct f_mach *m, struct f_buf *b)
{
	bool wide = m->p->arch == F_X64;

	for (size_t n = 0; n < m->ncpus; n++) {
		size_t d = note(b, "CORE", 1, wide ? 336 : 144);
		f_buf_32(b, d + (wide ? 32 : 24), (u32)n + 1);
		if (wide)
			prstatus_x64(&m->cpu[n].regs, b, d);
		else
			prstatus_x86(&m->cpu[n].regs, b, d);
	}
	for (size_t n = 0; n < m->ncpus; n++) {
		struct f_segs g = f_cpu_segs(m, &m->cpu[n]);
		size_t d = note(b, "QEMU", 0, 440);
		f_qemu_cpu(m->p, &m->cpu[n].regs, &g, b, d);
	}
}

/* The note holds a 24-byte note head of its own, then the header. */
static void vmcoreinfo(const struct f_mach *m, struct f_buf *b)
{
	struct f_buf h = { 0 };
	size_t d;

	f_out_header(m, F_HDR_FULL, 0, &h);
	d = note(b, "VMCOREINFO", 0, h.n + 24);
	f_buf_32(b, d, 11);
	f_buf_32(b, d + 4, (u32)h.n);
	f_buf_put(b, d + 12, "VMCOREINFO", 11);
	f_buf_put(b, d + 24, h.p, h.n);
	b->lost |= h.lost;
	f_buf_fini(&h);
}

static void phdr(struct f_buf *b, size_t at, u32 type, u64 off, u64 pa, u64 len)
{
	f_buf_zero(b, at, 56);
	f_buf_32(b, at, type);
	f_buf_64(b, at + 8, off);
	f_buf_64(b, at + 24, pa);
	f_buf_64(b, at + 32, len);
	f_buf_64(b, at + 40, len);
}

static void elf_head(const struct f_mach *m, struct f_buf *b, size_t nph)
{
	f_buf_zero(b, 0, 64 + nph * 56);
	f_buf_put(b, 0, "\x7f""ELF\2\1\1", 7);
	f_buf_16(b, 16, 4); /* ET_CORE */
	f_buf_16(b, 18, m->p->arch == F_X64 ? 62 : 3);
	f_buf_32(b, 20, 1);
	f_buf_64(b, 32, 64);
	f_buf_16(b, 52, 64);
	f_buf_16(b, 54, 56);
	f_buf_16(b, 56, (u16)nph);
}

enum ntr_st f_out_elf(struct f_mach *m, struct f_sink *s, u32 arg,
		      struct ntr_err *e)
{
	struct f_buf b = { 0 }, notes = { 0 };
	size_t nph = m->mem.nruns + 1;
	u64 off = 64 + nph * 56;

	if (m->p->arch > F_X64 || (arg && !f_prof_64(m->p)))
		return ntr_fail(e, NTR_UNSUP, "QEMU images are forged for %s only",
				arg ? "x64" : "x86 and x64");
	f_out_notes(m, &notes);
	if (arg)
		vmcoreinfo(m, &notes);
	elf_head(m, &b, nph);
	phdr(&b, 64, 4, off, 0, notes.n);
	f_sink_buf(s, off, &notes);
	off += notes.n;
	for (size_t i = 0; i < m->mem.nruns; i++) {
		const struct f_run *r = &m->mem.run[i];
		phdr(&b, 64 + (i + 1) * 56, 1, off, r->pfn << m->mem.shift,
		     r->n << m->mem.shift);
		off = put_run(m, s, off, r);
	}
	f_sink_buf(s, 0, &b);
	f_buf_fini(&b);
	f_buf_fini(&notes);
	return s->st;
}

/* --- one module -------------------------------------------------------------------------- */

enum ntr_st f_out_image(struct f_mach *m, struct f_sink *s, u32 arg,
			struct ntr_err *e)
{
	const struct f_mod *d = &m->img.mods.v[m->img.mods.n > 2 ? 2 : 0];
	u8 page[4096];

	(void)arg;
	(void)e;
	for (u64 off = 0; off < d->size; off += sizeof(page)) {
		u64 n = d->size - off;
		if (n > sizeof(page))
			n = sizeof(page);
		f_get(&m->mem, d->base + off, page, (size_t)n);
		f_sink_put(s, off, page, (size_t)n);
	}
	return s->st;
}
