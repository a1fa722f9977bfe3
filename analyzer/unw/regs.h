// SPDX-License-Identifier: Apache-2.0
/*
 * Registers of any machine, and the decoders of every layout that stores
 * them: NT CONTEXT, KTRAP_FRAME, x86 TSS, Linux prstatus, QEMU's CPU note.
 *
 * Registers are in the machine's own order (struct ntr_machine_regs names
 * them); ip, sp and fp are also kept apart, since every unwinder wants them.
 * A register whose bit in `have` is clear is unknown, not zero.  To add a
 * layout, add its table of offsets to the regs_*.c of its kind; to add a
 * machine, an enum here and a row in regs.c.
 * Layout sources: docs/formats/contexts.md.
 */
#ifndef NTR_REGS_H
#define NTR_REGS_H

#include "../fmt/cpu_note.h"

#define NTR_MAX_REGS 72

enum { /* x64: as .pdata numbers them */
	NTR_X64_RAX, NTR_X64_RCX, NTR_X64_RDX, NTR_X64_RBX, NTR_X64_RSP,
	NTR_X64_RBP, NTR_X64_RSI, NTR_X64_RDI, NTR_X64_R8, NTR_X64_R9,
	NTR_X64_R10, NTR_X64_R11, NTR_X64_R12, NTR_X64_R13, NTR_X64_R14,
	NTR_X64_R15, NTR_X64_RIP, NTR_X64_RFLAGS,
	NTR_X64_CS, NTR_X64_SS, NTR_X64_NREGS,
};
enum { /* x86: as the instruction set numbers them */
	NTR_X86_EAX, NTR_X86_ECX, NTR_X86_EDX, NTR_X86_EBX, NTR_X86_ESP,
	NTR_X86_EBP, NTR_X86_ESI, NTR_X86_EDI, NTR_X86_EIP, NTR_X86_EFLAGS,
	NTR_X86_CS, NTR_X86_SS, NTR_X86_DS, NTR_X86_ES, NTR_X86_FS, NTR_X86_GS,
	NTR_X86_NREGS,
};
enum { /* ARM64: x0..x28, fp, lr, sp, pc, cpsr */
	NTR_A64_X0, NTR_A64_FP = 29, NTR_A64_LR = 30, NTR_A64_SP = 31,
	NTR_A64_PC = 32, NTR_A64_CPSR = 33, NTR_A64_NREGS,
};
enum { /* Alpha: integer registers in CONTEXT order v0 … zero, then */
	NTR_AXP_V0, NTR_AXP_FP = 15, NTR_AXP_RA = 26, NTR_AXP_SP = 30,
	NTR_AXP_ZERO = 31, NTR_AXP_PC = 32, NTR_AXP_PSR = 33, NTR_AXP_NREGS,
};
enum { /* IA64: what a stop is located by; the rest is not kept */
	NTR_IA64_IP, NTR_IA64_SP, NTR_IA64_BSP, NTR_IA64_RP, NTR_IA64_GP,
	NTR_IA64_PFS, NTR_IA64_IPSR, NTR_IA64_IFS, NTR_IA64_NREGS,
};

struct ntr_regs {
	u32 machine;
	u64 ip, sp, fp;
	bool has_ip, has_sp, has_fp;
	u64 r[NTR_MAX_REGS];
	u64 have[2];         /* bit n: r[n] is known */
};

/* Names of r[0..n) of a machine, in WinDbg's lower-case spelling. */
const char *const *ntr_reg_names(u32 machine, unsigned *n);

static inline bool ntr_reg_known(const struct ntr_regs *r, unsigned i)
{
	return r->have[i / 64] >> (i % 64) & 1;
}
/* Set r[i], its bit, and ip/sp/fp when i is one of those. */
void ntr_reg_set(struct ntr_regs *r, unsigned i, u64 v);
/* The instruction and stack pointer of any machine. */
void ntr_reg_set_ip(struct ntr_regs *r, u64 v);
void ntr_reg_set_sp(struct ntr_regs *r, u64 v);
/* r[i] is not known any more. */
void ntr_reg_forget(struct ntr_regs *r, unsigned i);

/* Decoders: the cursor stands at the record. BAD/UNSUP with text. */
NTR_MUST enum ntr_st ntr_regs_from_context(struct ntr_regs *r, u32 machine,
					   struct ntr_bin *b,
					   struct ntr_err *e);
/* An emulator's note, as the machine that ran: x86 or x64. */
void ntr_regs_from_cpu_note(struct ntr_regs *r, const struct ntr_cpu_note *n);
NTR_MUST enum ntr_st ntr_regs_from_prstatus(struct ntr_regs *r, u32 machine,
					    struct ntr_bin *b,
					    struct ntr_err *e);

/* Read a CONTEXT / KTRAP_FRAME / KTSS of x86 or x64 at va. build matters for
 * x86 trap frames of 6.3 and later.  ntr_context_size: 0 for a machine whose
 * layout is not known here. */
size_t ntr_context_size(u32 machine, u32 build);
NTR_MUST enum ntr_st ntr_regs_read_context(struct ntr_regs *r, u32 machine,
					   const struct ntr_space *s, u64 va,
					   u32 build, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_regs_read_trap(struct ntr_regs *r, u32 machine,
					const struct ntr_space *s, u64 va,
					u32 build, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_regs_read_tss(struct ntr_regs *r,
				       const struct ntr_space *s, u64 va,
				       struct ntr_err *e);

#endif
