// SPDX-License-Identifier: Apache-2.0
#include "cpu_note.h"

#define QEMU_VERSION 1
#define QEMU_SIZE_MIN 0x1b0 /* without kernel_gs_base */
#define QEMU_DESC_L 0x200000u /* descriptor bytes 4..7, as the CPU has them */
#define VBOX_ATTR_L 0x2000u   /* bits 8..23 of the same, shifted down */
#define NOTE_MAX 0x220u

/* Numbers of the registers in the order of each note. */
static const u8 qemu_order[16] = { 0, 3, 1, 2, 6, 7, 4, 5,
				   8, 9, 10, 11, 12, 13, 14, 15 };
static const u8 vbox_order[14] = { 0, 3, 1, 2, 6, 7, 8, 9,
				   10, 11, 12, 13, 14, 15 };

struct segment {
	u32 sel, flags;
	u64 base;
};

static struct segment qemu_segment(struct ntr_bin *b)
{
	struct segment s;

	s.sel = ntr_bin_u32(b, "selector");
	ntr_bin_skip(b, 4, "limit");
	s.flags = ntr_bin_u32(b, "flags");
	ntr_bin_skip(b, 4, "padding");
	s.base = ntr_bin_u64(b, "base");
	return s;
}

static struct segment vbox_segment(struct ntr_bin *b)
{
	struct segment s;

	s.base = ntr_bin_u64(b, "base");
	ntr_bin_skip(b, 4, "limit");
	s.flags = ntr_bin_u32(b, "attributes");
	s.sel = ntr_bin_u16(b, "selector");
	ntr_bin_skip(b, 6, "padding");
	return s;
}

/* cs ds es fs gs ss, which both notes have in this order. */
static void segments(struct ntr_cpu_note *n, struct ntr_bin *b,
		     struct segment (*next)(struct ntr_bin *), u32 long_flag)
{
	for (unsigned i = 0; i < NTR_NSEL; i++) {
		struct segment s = next(b);

		n->sel[i] = s.sel;
		if (i == NTR_SEL_CS)
			n->cs_long = s.flags & long_flag;
		else if (i == NTR_SEL_FS)
			n->fs_base = s.base;
		else if (i == NTR_SEL_GS)
			n->gs_base = s.base;
	}
}

enum ntr_st ntr_cpu_note_qemu(struct ntr_cpu_note *n, struct ntr_bin *b,
			      struct ntr_err *e)
{
	u32 version = ntr_bin_u32(b, "QEMU note version");
	u32 size = ntr_bin_u32(b, "QEMU note size");
	struct ntr_cpu_note t = { 0 };
	enum ntr_st st;

	if (!b->bad && (version != QEMU_VERSION || size < QEMU_SIZE_MIN))
		return ntr_fail(e, NTR_UNSUP,
				"QEMU CPU state version %u, %u bytes; version "
				"%d and at least %d are known",
				version, size, QEMU_VERSION, QEMU_SIZE_MIN);
	for (unsigned i = 0; i < 16; i++)
		t.gpr[qemu_order[i]] = ntr_bin_u64(b, "register");
	t.rip = ntr_bin_u64(b, "rip");
	t.rflags = ntr_bin_u64(b, "rflags");
	segments(&t, b, qemu_segment, QEMU_DESC_L);
	(void)qemu_segment(b); /* ldt */
	(void)qemu_segment(b); /* tr */
	t.gdt = qemu_segment(b).base;
	t.idt = qemu_segment(b).base;
	for (unsigned i = 0; i < 5; i++)
		t.cr[i] = ntr_bin_u64(b, "control register");
	st = ntr_bin_done(b, e);
	if (st)
		return st;
	if (ntr_bin_left(b) >= 8)
		t.kernel_gs = ntr_bin_u64(b, "kernel_gs_base");
	*n = t;
	return NTR_OK;
}

enum ntr_st ntr_cpu_note_vbox(struct ntr_cpu_note *n, struct ntr_bin *b,
			      struct ntr_err *e)
{
	struct ntr_cpu_note t = { 0 };
	enum ntr_st st;

	for (unsigned i = 0; i < NTR_COUNT(vbox_order); i++)
		t.gpr[vbox_order[i]] = ntr_bin_u64(b, "register");
	t.rip = ntr_bin_u64(b, "rip");
	t.gpr[4] = ntr_bin_u64(b, "rsp");
	t.gpr[5] = ntr_bin_u64(b, "rbp");
	t.rflags = ntr_bin_u64(b, "rflags");
	segments(&t, b, vbox_segment, VBOX_ATTR_L);
	t.cr[0] = ntr_bin_u64(b, "cr0");
	t.cr[2] = ntr_bin_u64(b, "cr2");
	t.cr[3] = ntr_bin_u64(b, "cr3");
	t.cr[4] = ntr_bin_u64(b, "cr4");
	ntr_bin_skip(b, 8 * 8, "debug registers");
	t.gdt = ntr_bin_u64(b, "gdtr");
	ntr_bin_skip(b, 8, "gdtr limit");
	t.idt = ntr_bin_u64(b, "idtr");
	ntr_bin_skip(b, 8, "idtr limit");
	ntr_bin_skip(b, 2 * 24, "ldtr and tr");
	ntr_bin_skip(b, 3 * 8, "sysenter");
	ntr_bin_skip(b, 6 * 8, "EFER to SFMASK");
	t.kernel_gs = ntr_bin_u64(b, "kernel gs base");
	st = ntr_bin_done(b, e);
	if (st == NTR_OK)
		*n = t;
	return st;
}

enum ntr_st ntr_cpu_note_read(const struct ntr_dump *d,
			      const struct ntr_dump_cpu *c,
			      struct ntr_cpu_note *n, struct ntr_err *e)
{
	struct ntr_loc at = c->qemu.len ? c->qemu : c->vbox;
	u8 buf[NOTE_MAX];
	struct ntr_bin b;
	enum ntr_st st;
	size_t len;

	if (!at.len)
		return ntr_fail(e, NTR_ABSENT, "no CPU note");
	len = at.len < sizeof(buf) ? (size_t)at.len : sizeof(buf);
	st = ntr_space_read(&d->file->space, at.off, buf, len, e);
	if (st)
		return ntr_wrap(e, st, "CPU note");
	b = ntr_bin_of(buf, len, d->file->name, at.off);
	return c->qemu.len ? ntr_cpu_note_qemu(n, &b, e) :
			     ntr_cpu_note_vbox(n, &b, e);
}
