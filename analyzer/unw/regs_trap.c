// SPDX-License-Identifier: Apache-2.0
/*
 * KTRAP_FRAME of x86 and x64, and the x86 task state segment.
 * Layouts: docs/formats/contexts.md.
 */
#include "../base/record.h"
#include "unw_int.h"

#define X64_TRAP_FIELDS(S, A, r, z)            \
	S(r, z, u8, exception_active, 0x2b)    \
	S(r, z, u64, rax, 0x30)                \
	S(r, z, u64, rcx, 0x38)                \
	S(r, z, u64, rdx, 0x40)                \
	A(r, z, u64, r8, 0x48, 4)              \
	S(r, z, u64, rbx, 0x140)               \
	S(r, z, u64, rdi, 0x148)               \
	S(r, z, u64, rsi, 0x150)               \
	S(r, z, u64, rbp, 0x158)               \
	S(r, z, u64, rip, 0x168)               \
	S(r, z, u16, cs, 0x170)                \
	S(r, z, u32, eflags, 0x178)            \
	S(r, z, u64, rsp, 0x180)               \
	S(r, z, u16, ss, 0x188)
NTR_RECORD(x64_trap, 0x190, X64_TRAP_FIELDS)

/* What differs: the words below 0x4c moved down by 4 in 6.3 (build 9600),
 * when DbgArgPointer went away. */
#define X86_TRAP_FIELDS(S, A, r, z)            \
	S(r, z, u32, new_temp_cs, 0x0c)        \
	S(r, z, u32, old_temp_cs, 0x10)        \
	S(r, z, u32, old_temp_esp, 0x14)       \
	S(r, z, u32, gs30, 0x2c)               \
	A(r, z, u32, seg, 0x30, 6)             \
	S(r, z, u32, fs, 0x50)                 \
	S(r, z, u32, edi, 0x54)                \
	S(r, z, u32, esi, 0x58)                \
	S(r, z, u32, ebx, 0x5c)                \
	S(r, z, u32, ebp, 0x60)                \
	S(r, z, u32, eip, 0x68)                \
	S(r, z, u32, cs, 0x6c)                 \
	S(r, z, u32, eflags, 0x70)
NTR_RECORD(x86_trap, 0x74, X86_TRAP_FIELDS)
#define X86_HARDWARE_ESP 0x74
#define X86_BUILD_63 9600

#define TSS_FIELDS(S, A, r, z)                 \
	S(r, z, u32, eip, 0x20)                \
	S(r, z, u32, eflags, 0x24)             \
	A(r, z, u32, gpr, 0x28, 8)             \
	A(r, z, u32, seg, 0x48, 6)
NTR_RECORD(x86_tss, 0x68, TSS_FIELDS)

#define EFLAGS_VM 0x20000u
/* The processor keeps bit 1 set and these clear. */
#define EFLAGS_ONE 0x2u
#define EFLAGS_ZERO 0xffc08028u
#define TRAP_SERVICE 2 /* ExceptionActive of a system-call frame */

bool ntr_eflags_plausible(u32 eflags)
{
	return (eflags & EFLAGS_ONE) && !(eflags & EFLAGS_ZERO);
}

static void fill_x64(struct ntr_regs *r, const struct ntr_x64_trap *t)
{
	if (t->exception_active != TRAP_SERVICE) {
		ntr_reg_set(r, NTR_X64_RAX, t->rax);
		ntr_reg_set(r, NTR_X64_RCX, t->rcx);
		ntr_reg_set(r, NTR_X64_RDX, t->rdx);
		for (unsigned i = 0; i < 4; i++)
			ntr_reg_set(r, NTR_X64_R8 + i, t->r8[i]);
	} else { /* the others are stale: nothing stored them */
		ntr_reg_set(r, NTR_X64_RBX, t->rbx);
		ntr_reg_set(r, NTR_X64_RDI, t->rdi);
		ntr_reg_set(r, NTR_X64_RSI, t->rsi);
	}
	ntr_reg_set(r, NTR_X64_RBP, t->rbp);
	ntr_reg_set(r, NTR_X64_RIP, t->rip);
	ntr_reg_set(r, NTR_X64_CS, t->cs);
	ntr_reg_set(r, NTR_X64_RFLAGS, t->eflags);
	ntr_reg_set(r, NTR_X64_RSP, t->rsp);
	ntr_reg_set(r, NTR_X64_SS, t->ss);
}

static enum ntr_st read_x64(struct ntr_regs *r, const struct ntr_space *s,
			    u64 va, struct ntr_err *e)
{
	struct ntr_regs out = { .machine = NTR_MACHINE_AMD64 };
	u8 buf[ntr_x64_trap_size];
	struct ntr_x64_trap t;
	struct ntr_bin b;
	enum ntr_st st = ntr_space_read(s, va, buf, sizeof(buf), e);

	if (st)
		return ntr_wrap(e, st, "trap frame at 0x%" PRIx64, va);
	b = ntr_bin_of(buf, sizeof(buf), s->name, va);
	ntr_x64_trap_decode(&t, &b);
	if (!ntr_eflags_plausible(t.eflags))
		return ntr_fail(e, NTR_BAD,
				"no trap frame at 0x%" PRIx64
				": eflags 0x%08x", va, t.eflags);
	fill_x64(&out, &t);
	*r = out;
	return NTR_OK;
}

/* gs, es, ds, edx, ecx, eax stand together in both layouts. */
static void fill_x86(struct ntr_regs *r, const struct ntr_x86_trap *t,
		     bool moved)
{
	static const u8 order[] = { NTR_X86_GS,	 NTR_X86_ES,  NTR_X86_DS,
				    NTR_X86_EDX, NTR_X86_ECX, NTR_X86_EAX };

	for (unsigned i = 0; i < NTR_COUNT(order); i++) {
		u32 v = moved ? (i ? t->seg[i - 1] : t->gs30) : t->seg[i];

		ntr_reg_set(r, order[i], v);
	}
	ntr_reg_set(r, NTR_X86_FS, t->fs);
	ntr_reg_set(r, NTR_X86_EDI, t->edi);
	ntr_reg_set(r, NTR_X86_ESI, t->esi);
	ntr_reg_set(r, NTR_X86_EBX, t->ebx);
	ntr_reg_set(r, NTR_X86_EBP, t->ebp);
	ntr_reg_set(r, NTR_X86_EIP, t->eip);
	ntr_reg_set(r, NTR_X86_CS, t->cs);
	ntr_reg_set(r, NTR_X86_EFLAGS, t->eflags);
}

/*
 * esp of the interrupted code.  The processor pushes ss:esp only when the
 * privilege changes; from kernel mode the frame ends where esp was.  A frame
 * that was edited has its selector and esp in the Temp fields.
 */
static enum ntr_st x86_trap_esp(struct ntr_regs *r, const struct ntr_space *s,
				u64 va, const struct ntr_x86_trap *t,
				bool moved)
{
	u32 esp = (u32)(va + X86_HARDWARE_ESP);
	enum ntr_st st = NTR_OK;

	if ((t->cs & 3) || (t->eflags & EFLAGS_VM)) {
		u32 ss = 0;

		st = ntr_read_u32(s, va + X86_HARDWARE_ESP, &esp);
		if (!st)
			st = ntr_read_u32(s, va + X86_HARDWARE_ESP + 4, &ss);
		if (!st)
			ntr_reg_set(r, NTR_X86_SS, ss & 0xffff);
	} else if (!(t->cs & 0xfff8)) {
		esp = moved ? t->old_temp_cs : t->old_temp_esp;
		ntr_reg_set(r, NTR_X86_CS,
			    (moved ? t->new_temp_cs : t->old_temp_cs) & 0xffff);
	}
	if (!st)
		ntr_reg_set(r, NTR_X86_ESP, esp);
	return st;
}

static enum ntr_st read_x86(struct ntr_regs *r, const struct ntr_space *s,
			    u64 va, u32 build, struct ntr_err *e)
{
	struct ntr_regs out = { .machine = NTR_MACHINE_X86 };
	bool moved = build >= X86_BUILD_63;
	u8 buf[ntr_x86_trap_size];
	struct ntr_x86_trap t;
	struct ntr_bin b;
	enum ntr_st st = ntr_space_read(s, va, buf, sizeof(buf), e);

	if (st)
		return ntr_wrap(e, st, "trap frame at 0x%" PRIx64, va);
	b = ntr_bin_of(buf, sizeof(buf), s->name, va);
	ntr_x86_trap_decode(&t, &b);
	if (!ntr_eflags_plausible(t.eflags))
		return ntr_fail(e, NTR_BAD,
				"no trap frame at 0x%" PRIx64
				": eflags 0x%08x", va, t.eflags);
	t.cs &= 0xffff;
	fill_x86(&out, &t, moved);
	st = x86_trap_esp(&out, s, va, &t, moved);
	if (st)
		return ntr_fail(e, st, "esp of trap frame at 0x%" PRIx64
				" is not in the dump", va);
	*r = out;
	return NTR_OK;
}

enum ntr_st ntr_regs_read_trap(struct ntr_regs *r, u32 machine,
			       const struct ntr_space *s, u64 va, u32 build,
			       struct ntr_err *e)
{
	if (machine == NTR_MACHINE_AMD64)
		return read_x64(r, s, va, e);
	if (machine == NTR_MACHINE_X86)
		return read_x86(r, s, va, build, e);
	return ntr_fail(e, NTR_UNSUP, "no trap frame layout for machine 0x%04x",
			machine);
}

enum ntr_st ntr_regs_read_tss(struct ntr_regs *r, const struct ntr_space *s,
			      u64 va, struct ntr_err *e)
{
	/* eax … edi and es … gs stand in the processor's order */
	static const u8 segs[] = { NTR_X86_ES, NTR_X86_CS, NTR_X86_SS,
				   NTR_X86_DS, NTR_X86_FS, NTR_X86_GS };
	struct ntr_regs out = { .machine = NTR_MACHINE_X86 };
	u8 buf[ntr_x86_tss_size];
	struct ntr_x86_tss t;
	struct ntr_bin b;
	enum ntr_st st = ntr_space_read(s, va, buf, sizeof(buf), e);

	if (st)
		return ntr_wrap(e, st, "TSS at 0x%" PRIx64, va);
	b = ntr_bin_of(buf, sizeof(buf), s->name, va);
	ntr_x86_tss_decode(&t, &b);
	if (!t.eip && !t.gpr[NTR_X86_ESP])
		return ntr_fail(e, NTR_BAD,
				"TSS at 0x%" PRIx64 " holds no eip and esp", va);
	for (unsigned i = 0; i < 8; i++)
		ntr_reg_set(&out, NTR_X86_EAX + i, t.gpr[i]);
	for (unsigned i = 0; i < NTR_COUNT(segs); i++)
		ntr_reg_set(&out, segs[i], t.seg[i] & 0xffff);
	ntr_reg_set(&out, NTR_X86_EIP, t.eip);
	ntr_reg_set(&out, NTR_X86_EFLAGS, t.eflags);
	*r = out;
	return NTR_OK;
}
