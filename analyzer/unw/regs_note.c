// SPDX-License-Identifier: Apache-2.0
/*
 * Registers in ELF notes: Linux elf_prstatus and QEMU's CPU state.
 * Sources: Linux <linux/elfcore.h> and <asm/ptrace.h> as documented in
 * docs/formats/elf.md; QEMU's QEMUCPUState.
 */
#include "regs.h"

#define NONE 0xff

/* pr_reg, element by element; NONE: not a register kept here. */
static const u8 linux_x64[] = {
	NTR_X64_R15, NTR_X64_R14, NTR_X64_R13, NTR_X64_R12, NTR_X64_RBP,
	NTR_X64_RBX, NTR_X64_R11, NTR_X64_R10, NTR_X64_R9,  NTR_X64_R8,
	NTR_X64_RAX, NTR_X64_RCX, NTR_X64_RDX, NTR_X64_RSI, NTR_X64_RDI,
	NONE,	     NTR_X64_RIP, NTR_X64_CS,  NTR_X64_RFLAGS, NTR_X64_RSP,
	NTR_X64_SS,
};
static const u8 linux_x86[] = {
	NTR_X86_EBX, NTR_X86_ECX, NTR_X86_EDX, NTR_X86_ESI, NTR_X86_EDI,
	NTR_X86_EBP, NTR_X86_EAX, NTR_X86_DS,  NTR_X86_ES,  NTR_X86_FS,
	NTR_X86_GS,  NONE,	  NTR_X86_EIP, NTR_X86_CS,  NTR_X86_EFLAGS,
	NTR_X86_ESP, NTR_X86_SS,
};
static const u8 qemu_gpr[] = {
	NTR_X64_RAX, NTR_X64_RBX, NTR_X64_RCX, NTR_X64_RDX, NTR_X64_RSI,
	NTR_X64_RDI, NTR_X64_RSP, NTR_X64_RBP, NTR_X64_R8,  NTR_X64_R9,
	NTR_X64_R10, NTR_X64_R11, NTR_X64_R12, NTR_X64_R13, NTR_X64_R14,
	NTR_X64_R15, NTR_X64_RIP, NTR_X64_RFLAGS,
};

static void load_order(struct ntr_regs *r, struct ntr_bin *b, const u8 *order,
		       size_t n, unsigned size)
{
	for (size_t i = 0; i < n; i++) {
		u64 v = size == 8 ? ntr_bin_u64(b, "pr_reg") :
				    ntr_bin_u32(b, "pr_reg");

		if (order[i] != NONE)
			ntr_reg_set(r, order[i], v);
	}
}

enum ntr_st ntr_regs_from_prstatus(struct ntr_regs *r, u32 machine,
				   struct ntr_bin *b, struct ntr_err *e)
{
	struct ntr_regs t = { .machine = machine };
	enum ntr_st st;

	switch (machine) {
	case NTR_MACHINE_AMD64:
		ntr_bin_skip(b, 112, "elf_prstatus");
		load_order(&t, b, linux_x64, NTR_COUNT(linux_x64), 8);
		break;
	case NTR_MACHINE_X86:
		ntr_bin_skip(b, 72, "elf_prstatus");
		load_order(&t, b, linux_x86, NTR_COUNT(linux_x86), 4);
		break;
	case NTR_MACHINE_ARM64: /* x0 … x30, sp, pc, pstate */
		ntr_bin_skip(b, 112, "elf_prstatus");
		for (unsigned i = 0; i < NTR_A64_NREGS; i++)
			ntr_reg_set(&t, i, ntr_bin_u64(b, "pr_reg"));
		break;
	default:
		return ntr_fail(e, NTR_UNSUP,
				"no prstatus layout for machine 0x%04x",
				machine);
	}
	st = ntr_bin_done(b, e);
	if (st == NTR_OK)
		*r = t;
	return st;
}

#define QEMU_VERSION 1
#define QEMU_SIZE_MIN 0x1b0 /* without kernel_gs_base */
#define QEMU_SEGS 10
#define QEMU_SEG_CS 0
#define QEMU_SEG_SS 5
#define QEMU_SEG_IDT 9
#define DESC_L 0x200000u    /* 64-bit code segment */

struct qemu_seg {
	u32 selector, flags;
	u64 base;
};

static void load_segs(struct qemu_seg seg[QEMU_SEGS], struct ntr_bin *b)
{
	for (unsigned i = 0; i < QEMU_SEGS; i++) {
		seg[i].selector = ntr_bin_u32(b, "selector");
		ntr_bin_skip(b, 4, "limit");
		seg[i].flags = ntr_bin_u32(b, "flags");
		ntr_bin_skip(b, 4, "padding");
		seg[i].base = ntr_bin_u64(b, "base");
	}
}

/* The same state as registers of a 32-bit processor. */
static void narrow_to_x86(struct ntr_regs *r, const struct qemu_seg *seg)
{
	static const u8 segs[] = { NTR_X86_CS, NTR_X86_DS, NTR_X86_ES,
				   NTR_X86_FS, NTR_X86_GS, NTR_X86_SS };
	struct ntr_regs x = { .machine = NTR_MACHINE_X86 };

	/* eax … edi have the same numbers in both */
	for (unsigned i = 0; i < 8; i++)
		ntr_reg_set(&x, i, (u32)r->r[i]);
	ntr_reg_set(&x, NTR_X86_EIP, (u32)r->ip);
	ntr_reg_set(&x, NTR_X86_EFLAGS, (u32)r->r[NTR_X64_RFLAGS]);
	for (unsigned i = 0; i < NTR_COUNT(segs); i++)
		ntr_reg_set(&x, segs[i], seg[i].selector);
	*r = x;
}

/*
 * The note has one form for both modes.  64-bit when cs is a 64-bit segment,
 * or when the descriptor tables lie where only 64-bit code can put them (a
 * 32-bit process running on a 64-bit system).
 */
enum ntr_st ntr_regs_from_qemu(struct ntr_regs *r, u64 cr[5],
			       struct ntr_bin *b, struct ntr_err *e)
{
	struct ntr_regs t = { .machine = NTR_MACHINE_AMD64 };
	struct qemu_seg seg[QEMU_SEGS];
	u32 version = ntr_bin_u32(b, "QEMU note version");
	u32 size = ntr_bin_u32(b, "QEMU note size");
	enum ntr_st st;
	u64 ctl[5];

	if (!b->bad && (version != QEMU_VERSION || size < QEMU_SIZE_MIN))
		return ntr_fail(e, NTR_UNSUP,
				"QEMU CPU state version %u, %u bytes; version "
				"%d and at least %d are known",
				version, size, QEMU_VERSION, QEMU_SIZE_MIN);
	load_order(&t, b, qemu_gpr, NTR_COUNT(qemu_gpr), 8);
	load_segs(seg, b);
	for (unsigned i = 0; i < 5; i++)
		ctl[i] = ntr_bin_u64(b, "control register");
	st = ntr_bin_done(b, e);
	if (st)
		return st;
	ntr_reg_set(&t, NTR_X64_CS, seg[QEMU_SEG_CS].selector);
	ntr_reg_set(&t, NTR_X64_SS, seg[QEMU_SEG_SS].selector);
	if (!(seg[QEMU_SEG_CS].flags & DESC_L) &&
	    !(seg[QEMU_SEG_IDT].base >> 32))
		narrow_to_x86(&t, seg);
	*r = t;
	memcpy(cr, ctl, sizeof(ctl));
	return NTR_OK;
}
