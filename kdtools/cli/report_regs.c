// SPDX-License-Identifier: Apache-2.0
/* Registers in the layout of WinDbg's r command, per machine. */
#include "report.h"

#include <stdio.h>
#include <string.h>

/* Digits, or as many question marks for a register that is not known. */
static const char *value(char buf[20], const struct ntr_regs *r, unsigned i,
			 int digits)
{
	if (ntr_reg_known(r, i))
		snprintf(buf, 20, "%0*" PRIx64, digits, r->r[i]);
	else
		snprintf(buf, 20, "%.*s", digits, "????????????????");
	return buf;
}

struct place {
	const char *text; /* what stands before the value */
	u8 reg;
	u8 digits;
};

static void layout(struct ntr_out *o, const struct ntr_regs *r,
		   const struct place *p, size_t n)
{
	char buf[20];

	for (size_t i = 0; i < n; i++)
		ntr_out_print(o, "%s%s", p[i].text,
			      value(buf, r, p[i].reg, p[i].digits));
}

/* The bits of x86 and x64 flags as WinDbg spells them. */
static void flags_text(char out[64], u32 f)
{
	snprintf(out, 64, "iopl=%x %s %s %s %s %s %s %s %s", f >> 12 & 3,
		 f & 0x800 ? "ov" : "nv", f & 0x400 ? "dn" : "up",
		 f & 0x200 ? "ei" : "di", f & 0x80 ? "ng" : "pl",
		 f & 0x40 ? "zr" : "nz", f & 0x10 ? "ac" : "na",
		 f & 0x4 ? "pe" : "po", f & 0x1 ? "cy" : "nc");
}

static void flags_line(struct ntr_out *o, const struct ntr_regs *r,
		       unsigned reg)
{
	char text[64];

	if (!ntr_reg_known(r, reg))
		return;
	flags_text(text, (u32)r->r[reg]);
	ntr_out_print(o, "%s", text);
}

static void regs_x64(struct ntr_out *o, const struct ntr_regs *r)
{
	static const struct place general[] = {
		{ "rax=", NTR_X64_RAX, 16 }, { " rbx=", NTR_X64_RBX, 16 },
		{ " rcx=", NTR_X64_RCX, 16 }, { "\nrdx=", NTR_X64_RDX, 16 },
		{ " rsi=", NTR_X64_RSI, 16 }, { " rdi=", NTR_X64_RDI, 16 },
		{ "\nrip=", NTR_X64_RIP, 16 }, { " rsp=", NTR_X64_RSP, 16 },
		{ " rbp=", NTR_X64_RBP, 16 }, { "\n r8=", NTR_X64_R8, 16 },
		{ "  r9=", NTR_X64_R9, 16 }, { " r10=", NTR_X64_R10, 16 },
		{ "\nr11=", NTR_X64_R11, 16 }, { " r12=", NTR_X64_R12, 16 },
		{ " r13=", NTR_X64_R13, 16 }, { "\nr14=", NTR_X64_R14, 16 },
		{ " r15=", NTR_X64_R15, 16 }, { "\ncs=", NTR_X64_CS, 4 },
		{ " ss=", NTR_X64_SS, 4 }, { " efl=", NTR_X64_RFLAGS, 8 },
	};

	layout(o, r, general, NTR_COUNT(general));
	ntr_out_print(o, " ");
	flags_line(o, r, NTR_X64_RFLAGS);
	ntr_out_line(o, "%s", "");
}

static void regs_x86(struct ntr_out *o, const struct ntr_regs *r)
{
	static const struct place first[] = {
		{ "eax=", NTR_X86_EAX, 8 }, { " ebx=", NTR_X86_EBX, 8 },
		{ " ecx=", NTR_X86_ECX, 8 }, { " edx=", NTR_X86_EDX, 8 },
		{ " esi=", NTR_X86_ESI, 8 }, { " edi=", NTR_X86_EDI, 8 },
		{ "\neip=", NTR_X86_EIP, 8 }, { " esp=", NTR_X86_ESP, 8 },
		{ " ebp=", NTR_X86_EBP, 8 },
	};
	static const struct place second[] = {
		{ "\ncs=", NTR_X86_CS, 4 }, { " ss=", NTR_X86_SS, 4 },
		{ " ds=", NTR_X86_DS, 4 }, { " es=", NTR_X86_ES, 4 },
		{ " fs=", NTR_X86_FS, 4 }, { " gs=", NTR_X86_GS, 4 },
		{ " efl=", NTR_X86_EFLAGS, 8 },
	};

	layout(o, r, first, NTR_COUNT(first));
	ntr_out_print(o, " ");
	flags_line(o, r, NTR_X86_EFLAGS);
	layout(o, r, second, NTR_COUNT(second));
	ntr_out_line(o, "%s", "");
}

/* The machine's own order, `per` to a line. */
static void regs_rows(struct ntr_out *o, const struct ntr_regs *r,
		      unsigned per)
{
	unsigned n = 0;
	const char *const *name = ntr_reg_names(r->machine, &n);
	char buf[20];

	for (unsigned i = 0; name && i < n && i < NTR_MAX_REGS; i++)
		ntr_out_print(o, "%s%4s=%s", !i ? "" : i % per ? " " : "\n",
			      name[i], value(buf, r, i, 16));
	ntr_out_line(o, "%s", "");
}

void ntr_report_regs(struct ntr_out *o, const struct ntr_regs *r)
{
	switch (r->machine) {
	case NTR_MACHINE_AMD64:
		regs_x64(o, r);
		break;
	case NTR_MACHINE_X86:
		regs_x86(o, r);
		break;
	case NTR_MACHINE_ALPHA:
	case NTR_MACHINE_ALPHA64:
		regs_rows(o, r, 3);
		break;
	default:
		regs_rows(o, r, 4);
		break;
	}
}
