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
	default:
		break;
	}
}
