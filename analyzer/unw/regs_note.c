// SPDX-License-Identifier: Apache-2.0
/*
 * Registers in ELF notes: Linux elf_prstatus, and what emulators note
 * (cpu_note.h).  Source: Linux <linux/elfcore.h> and <asm/ptrace.h> as
 * documented in docs/formats/elf.md.
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

/* The same state as registers of a 32-bit processor. */
static void from_note_x86(struct ntr_regs *r, const struct ntr_cpu_note *n)
{
	static const u8 sels[NTR_NSEL] = { NTR_X86_CS, NTR_X86_DS, NTR_X86_ES,
					   NTR_X86_FS, NTR_X86_GS, NTR_X86_SS };

	*r = (struct ntr_regs){ .machine = NTR_MACHINE_X86 };
	for (unsigned i = 0; i < 8; i++)
		ntr_reg_set(r, i, (u32)n->gpr[i]);
	ntr_reg_set(r, NTR_X86_EIP, (u32)n->rip);
	ntr_reg_set(r, NTR_X86_EFLAGS, (u32)n->rflags);
	for (unsigned i = 0; i < NTR_NSEL; i++)
		ntr_reg_set(r, sels[i], n->sel[i]);
}

/*
 * A note has one form for both modes.  64-bit when cs is a 64-bit segment, or
 * when the descriptor tables lie where only 64-bit code can put them (a
 * 32-bit process running on a 64-bit system).
 */
void ntr_regs_from_cpu_note(struct ntr_regs *r, const struct ntr_cpu_note *n)
{
	if (!n->cs_long && !(n->idt >> 32)) {
		from_note_x86(r, n);
		return;
	}
	*r = (struct ntr_regs){ .machine = NTR_MACHINE_AMD64 };
	for (unsigned i = 0; i < 16; i++)
		ntr_reg_set(r, i, n->gpr[i]);
	ntr_reg_set(r, NTR_X64_RIP, n->rip);
	ntr_reg_set(r, NTR_X64_RFLAGS, n->rflags);
	ntr_reg_set(r, NTR_X64_CS, n->sel[NTR_SEL_CS]);
	ntr_reg_set(r, NTR_X64_SS, n->sel[NTR_SEL_SS]);
}
