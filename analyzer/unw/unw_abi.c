// SPDX-License-Identifier: Apache-2.0
/*
 * Which registers a call does not keep, by Microsoft's calling conventions.
 * To add a machine, a row.
 */
#include "unw_int.h"

static void forget_list(struct ntr_regs *r, const u8 *lost, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ntr_reg_forget(r, lost[i]);
}

void ntr_unw_forget_volatile(struct ntr_regs *r)
{
	static const u8 x64[] = { NTR_X64_RAX, NTR_X64_RCX, NTR_X64_RDX,
				  NTR_X64_R8,  NTR_X64_R9,  NTR_X64_R10,
				  NTR_X64_R11, NTR_X64_RFLAGS };
	static const u8 x86[] = { NTR_X86_EAX, NTR_X86_ECX, NTR_X86_EDX,
				  NTR_X86_EFLAGS };
	/* v0 t0-t7 a0-a5 t8-t11 t12 at */
	static const u8 axp[] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  16,
				  17, 18, 19, 20, 21, 22, 23, 24, 25, 27,
				  28, NTR_AXP_PSR };

	switch (r->machine) {
	case NTR_MACHINE_AMD64:
		forget_list(r, x64, sizeof(x64));
		break;
	case NTR_MACHINE_X86:
		forget_list(r, x86, sizeof(x86));
		break;
	case NTR_MACHINE_ARM64:
		for (unsigned i = 0; i <= 18; i++)
			ntr_reg_forget(r, NTR_A64_X0 + i);
		ntr_reg_forget(r, NTR_A64_CPSR);
		break;
	case NTR_MACHINE_ALPHA:
	case NTR_MACHINE_ALPHA64:
		forget_list(r, axp, sizeof(axp));
		break;
	default:
		break;
	}
}

void ntr_unw_forget_saved(struct ntr_regs *r)
{
	static const u8 x64[] = { NTR_X64_RBX, NTR_X64_RSI, NTR_X64_RDI,
				  NTR_X64_R12, NTR_X64_R13, NTR_X64_R14,
				  NTR_X64_R15 };
	static const u8 x86[] = { NTR_X86_EBX, NTR_X86_ESI, NTR_X86_EDI };

	switch (r->machine) {
	case NTR_MACHINE_AMD64:
		forget_list(r, x64, sizeof(x64));
		break;
	case NTR_MACHINE_X86:
		forget_list(r, x86, sizeof(x86));
		break;
	case NTR_MACHINE_ARM64:
		for (unsigned i = 19; i < NTR_A64_FP; i++)
			ntr_reg_forget(r, NTR_A64_X0 + i);
		break;
	default:
		break;
	}
}
