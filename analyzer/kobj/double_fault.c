// SPDX-License-Identifier: Apache-2.0
/*
 * Registers at a double fault.
 *
 * x86: vector 8 is a task gate.  The processor leaves the interrupted state
 * in the TSS that was current, the one selector 0x28 names, and the handler
 * runs in a TSS of its own whose Backlink is 0x28.
 * x64: vector 8 switches to an IST stack, at whose top the processor pushes
 * RIP, CS, RFLAGS, RSP, SS (and an error code below).
 */
#include "../base/record.h"
#include "priv.h"

#include <string.h>

#define KPCR_UP_X86 0xffdff000u
#define TSS_SELECTOR 0x28u
#define TRAP_FRAME_X64 0x190u
#define MACHINE_FRAME 0x28u
#define KERNEL_CS_X64 0x10u

/* Base of a 32-bit TSS descriptor (types 9 and 0xb, present). */
static bool gdt_tss(const struct ntr_target *t, u64 gdt, u32 selector,
		    u64 *base)
{
	u8 d[8];

	if (!ntr_kernel_va(t, gdt) ||
	    ntr_space_read(t->mem, gdt + (selector & ~7u), d, sizeof(d),
			   NULL) ||
	    (d[5] & 0x9d) != 0x89)
		return false;
	*base = d[2] | (u32)d[3] << 8 | (u32)d[4] << 16 | (u32)d[7] << 24;
	return ntr_kernel_va(t, *base);
}

/* The state of a task that ran in the kernel. */
static bool tss_regs(const struct ntr_target *t, u64 tss, struct ntr_regs *out)
{
	struct ntr_regs r;
	u16 backlink;

	if (!ntr_kernel_va(t, tss) ||
	    ntr_read_u16(t->mem, tss, &backlink) ||
	    backlink == TSS_SELECTOR || /* that is the handler's own */
	    ntr_regs_read_tss(&r, t->mem, tss, NULL) || !r.has_ip ||
	    !r.has_sp || !ntr_kernel_va(t, r.ip) || !ntr_kernel_va(t, r.sp))
		return false;
	*out = r;
	return true;
}

static enum ntr_st x86_regs(struct ntr_target *t, u64 kpcr,
			    struct ntr_regs *out, struct ntr_err *e)
{
	const struct ntr_types *y = &t->priv->types;
	u64 gdt = 0, tss;

	if (ntr_read_member(y, t->mem, kpcr, "_KPCR", "GdtBase", &gdt) ==
		    NTR_OK &&
	    gdt_tss(t, gdt, TSS_SELECTOR, &tss) && tss_regs(t, tss, out))
		return NTR_OK;
	if (ntr_read_member(y, t->mem, kpcr, "_KPCR", "TssBase", &tss) ==
		    NTR_OK && tss_regs(t, tss, out))
		return NTR_OK;
	/* XP and later: parameter 2 of the stop is a TSS. */
	if ((t->d->meta.bugcheck & 0xffff) == 0x7f &&
	    t->d->meta.arg[0] == 8 &&
	    tss_regs(t, (u32)t->d->meta.arg[1], out))
		return NTR_OK;
	return ntr_fail(e, NTR_ABSENT,
			"no task state can be read: KPCR 0x%" PRIx64
			", GDT 0x%" PRIx64, kpcr, gdt);
}

/* Which IST stack vector 8 uses; NT has always used the first. */
static unsigned ist_index(const struct ntr_target *t, u64 kpcr)
{
	u64 idt;
	u8 g;

	if (ntr_read_member(&t->priv->types, t->mem, kpcr, "_KPCR", "IdtBase",
			    &idt) || !ntr_kernel_va(t, idt) ||
	    ntr_read_u8(t->mem, idt + 8 * 16 + 4, &g) || !(g & 7))
		return 1;
	return g & 7;
}

static bool machine_frame_ok(const struct ntr_target *t, const u8 f[40])
{
	return ntr_kernel_va(t, ntr_load_u64(f)) &&
	       ntr_load_u64(f + 8) == KERNEL_CS_X64 &&
	       ntr_kernel_va(t, ntr_load_u64(f + 0x18));
}

static enum ntr_st x64_regs(struct ntr_target *t, u64 kpcr,
			    struct ntr_regs *out, struct ntr_err *e)
{
	u64 tss, top;
	unsigned ist = ist_index(t, kpcr);
	u8 f[MACHINE_FRAME];
	struct ntr_regs r;

	if (ntr_read_member(&t->priv->types, t->mem, kpcr, "_KPCR", "TssBase",
			    &tss) || !ntr_kernel_va(t, tss))
		return ntr_fail(e, NTR_ABSENT,
				"KPCR 0x%" PRIx64 " is not in the dump", kpcr);
	if (ntr_read_u64(t->mem, tss + 0x1c + ist * 8, &top) ||
	    !ntr_kernel_va(t, top))
		return ntr_fail(e, NTR_ABSENT,
				"TSS 0x%" PRIx64 " names no stack %u", tss,
				ist);
	top &= ~UINT64_C(15); /* as the processor aligns it */
	if (ntr_space_read(t->mem, top - MACHINE_FRAME, f, sizeof(f), NULL))
		return ntr_fail(e, NTR_ABSENT,
				"double-fault stack 0x%" PRIx64
				" is not in the dump", top);
	if (!machine_frame_ok(t, f))
		return ntr_fail(e, NTR_FAULT,
				"no machine frame at 0x%" PRIx64,
				top - MACHINE_FRAME);
	/* The handler completed it to a trap frame, with the registers. */
	if (ntr_regs_read_trap(&r, t->machine, t->mem, top - TRAP_FRAME_X64,
			       t->build, NULL) || r.ip != ntr_load_u64(f))
		r = (struct ntr_regs){ .machine = t->machine };
	ntr_reg_set(&r, NTR_X64_RIP, ntr_load_u64(f));
	ntr_reg_set(&r, NTR_X64_CS, ntr_load_u64(f + 8));
	ntr_reg_set(&r, NTR_X64_RFLAGS, ntr_load_u64(f + 0x10));
	ntr_reg_set(&r, NTR_X64_RSP, ntr_load_u64(f + 0x18));
	ntr_reg_set(&r, NTR_X64_SS, ntr_load_u64(f + 0x20));
	*out = r;
	return NTR_OK;
}

enum ntr_st ntr_double_fault_regs(struct ntr_target *t,
				  const struct ntr_cpu *cpu,
				  struct ntr_regs *out, struct ntr_err *e)
{
	u64 kpcr = cpu->kpcr;

	if (t->machine == NTR_MACHINE_X86)
		return x86_regs(t, kpcr ? kpcr : KPCR_UP_X86, out, e);
	if (t->machine != NTR_MACHINE_AMD64)
		return ntr_fail(e, NTR_UNSUP,
				"no double-fault task on this machine");
	if (!kpcr)
		return ntr_fail(e, NTR_ABSENT, "the KPCR is not known");
	return x64_regs(t, kpcr, out, e);
}
