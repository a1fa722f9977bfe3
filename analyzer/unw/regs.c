// SPDX-License-Identifier: Apache-2.0
#include "regs.h"

#include "../base/ntr_types.h"

static const char *const x64_names[NTR_X64_NREGS] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
	"rip", "efl", "cs",  "ss",
};
static const char *const x86_names[NTR_X86_NREGS] = {
	"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi",
	"eip", "efl", "cs",  "ss",  "ds",  "es",  "fs",  "gs",
};
static const char *const a64_names[NTR_A64_NREGS] = {
	"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",	 "x7",	"x8",
	"x9",  "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
	"x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26",
	"x27", "x28", "fp",  "lr",  "sp",  "pc",  "cpsr",
};
static const char *const axp_names[NTR_AXP_NREGS] = {
	"v0", "t0", "t1", "t2",	 "t3",	"t4",  "t5", "t6",  "t7",
	"s0", "s1", "s2", "s3",	 "s4",	"s5",  "fp", "a0",  "a1",
	"a2", "a3", "a4", "a5",	 "t8",	"t9",  "t10", "t11", "ra",
	"t12", "at", "gp", "sp", "zero", "fir", "psr",
};
static const char *const ia64_names[NTR_IA64_NREGS] = {
	"iip", "sp", "bsp", "rp", "gp", "pfs", "ipsr", "ifs",
};

/* Which registers are ip, sp and fp; -1: the machine has none. */
struct reg_file {
	u32 machine;
	const char *const *names;
	unsigned n;
	int ip, sp, fp;
	bool narrow; /* addresses are 32 bits, kept zero-extended */
};
static const struct reg_file files[] = {
	{ NTR_MACHINE_AMD64, x64_names, NTR_X64_NREGS, NTR_X64_RIP,
	  NTR_X64_RSP, NTR_X64_RBP, false },
	{ NTR_MACHINE_X86, x86_names, NTR_X86_NREGS, NTR_X86_EIP, NTR_X86_ESP,
	  NTR_X86_EBP, true },
	{ NTR_MACHINE_ARM64, a64_names, NTR_A64_NREGS, NTR_A64_PC, NTR_A64_SP,
	  NTR_A64_FP, false },
	{ NTR_MACHINE_ALPHA, axp_names, NTR_AXP_NREGS, NTR_AXP_PC, NTR_AXP_SP,
	  NTR_AXP_FP, true },
	{ NTR_MACHINE_ALPHA64, axp_names, NTR_AXP_NREGS, NTR_AXP_PC,
	  NTR_AXP_SP, NTR_AXP_FP, false },
	{ NTR_MACHINE_IA64, ia64_names, NTR_IA64_NREGS, NTR_IA64_IP,
	  NTR_IA64_SP, -1, false },
};

static const struct reg_file *file_of(u32 machine)
{
	for (size_t i = 0; i < NTR_COUNT(files); i++)
		if (files[i].machine == machine)
			return &files[i];
	return NULL;
}

const char *const *ntr_reg_names(u32 machine, unsigned *n)
{
	const struct reg_file *f = file_of(machine);

	*n = f ? f->n : 0;
	return f ? f->names : NULL;
}

void ntr_reg_set(struct ntr_regs *r, unsigned i, u64 v)
{
	const struct reg_file *f = file_of(r->machine);
	u64 addr;

	if (!f || i >= f->n)
		return;
	r->r[i] = v;
	r->have[i / 64] |= UINT64_C(1) << (i % 64);
	addr = f->narrow ? (u32)v : v;
	if ((int)i == f->ip) {
		r->ip = addr;
		r->has_ip = true;
	} else if ((int)i == f->sp) {
		r->sp = addr;
		r->has_sp = true;
	} else if ((int)i == f->fp) {
		r->fp = addr;
		r->has_fp = true;
	}
}

void ntr_reg_forget(struct ntr_regs *r, unsigned i)
{
	const struct reg_file *f = file_of(r->machine);

	if (!f || i >= f->n)
		return;
	r->have[i / 64] &= ~(UINT64_C(1) << (i % 64));
	if ((int)i == f->fp) {
		r->has_fp = false;
		r->fp = 0;
	}
}

void ntr_reg_set_ip(struct ntr_regs *r, u64 v)
{
	const struct reg_file *f = file_of(r->machine);

	if (f)
		ntr_reg_set(r, (unsigned)f->ip, v);
}

void ntr_reg_set_sp(struct ntr_regs *r, u64 v)
{
	const struct reg_file *f = file_of(r->machine);

	if (f)
		ntr_reg_set(r, (unsigned)f->sp, v);
}
