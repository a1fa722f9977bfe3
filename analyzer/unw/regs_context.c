// SPDX-License-Identifier: Apache-2.0
/*
 * NT CONTEXT records.  The flags word says which groups were stored, so a
 * group that was not is left unknown; a flags word of another machine means
 * that there is no CONTEXT here.  Source: docs/formats/contexts.md.
 */
#include "../base/bin.h"
#include "regs.h"

enum { GROUP_CONTROL = 1, GROUP_INTEGER = 2, GROUP_SEGMENT = 4 };

/* One stored register: where, how wide, in which group. */
struct slot {
	u16 off;
	u8 reg, size, group;
};

#define S(o, r, z, g) { o, NTR_##r, z, GROUP_##g }
static const struct slot x86_slots[] = {
	S(0x8c, X86_GS, 4, SEGMENT),   S(0x90, X86_FS, 4, SEGMENT),
	S(0x94, X86_ES, 4, SEGMENT),   S(0x98, X86_DS, 4, SEGMENT),
	S(0x9c, X86_EDI, 4, INTEGER),  S(0xa0, X86_ESI, 4, INTEGER),
	S(0xa4, X86_EBX, 4, INTEGER),  S(0xa8, X86_EDX, 4, INTEGER),
	S(0xac, X86_ECX, 4, INTEGER),  S(0xb0, X86_EAX, 4, INTEGER),
	S(0xb4, X86_EBP, 4, CONTROL),  S(0xb8, X86_EIP, 4, CONTROL),
	S(0xbc, X86_CS, 4, CONTROL),   S(0xc0, X86_EFLAGS, 4, CONTROL),
	S(0xc4, X86_ESP, 4, CONTROL),  S(0xc8, X86_SS, 4, CONTROL),
};
static const struct slot x64_slots[] = {
	S(0x38, X64_CS, 2, CONTROL),   S(0x42, X64_SS, 2, CONTROL),
	S(0x44, X64_RFLAGS, 4, CONTROL), S(0x78, X64_RAX, 8, INTEGER),
	S(0x80, X64_RCX, 8, INTEGER),  S(0x88, X64_RDX, 8, INTEGER),
	S(0x90, X64_RBX, 8, INTEGER),  S(0x98, X64_RSP, 8, CONTROL),
	S(0xa0, X64_RBP, 8, INTEGER),  S(0xa8, X64_RSI, 8, INTEGER),
	S(0xb0, X64_RDI, 8, INTEGER),  S(0xb8, X64_R8, 8, INTEGER),
	S(0xc0, X64_R9, 8, INTEGER),   S(0xc8, X64_R10, 8, INTEGER),
	S(0xd0, X64_R11, 8, INTEGER),  S(0xd8, X64_R12, 8, INTEGER),
	S(0xe0, X64_R13, 8, INTEGER),  S(0xe8, X64_R14, 8, INTEGER),
	S(0xf0, X64_R15, 8, INTEGER),  S(0xf8, X64_RIP, 8, CONTROL),
};
#undef S
/* IA64 groups: 1 control, 8 integer; which of them sp is in is not sure. */
static const struct slot ia64_slots[] = {
	{ 0x878, NTR_IA64_GP, 8, 9 },  { 0x8d0, NTR_IA64_SP, 8, 9 },
	{ 0x980, NTR_IA64_RP, 8, 1 },  { 0x9e8, NTR_IA64_PFS, 8, 1 },
	{ 0x9f0, NTR_IA64_BSP, 8, 1 }, { 0xa10, NTR_IA64_IPSR, 8, 1 },
	{ 0xa18, NTR_IA64_IP, 8, 1 },  { 0xa20, NTR_IA64_IFS, 8, 1 },
};

/* need: bytes that hold everything read here; full: size of the record. */
struct layout {
	u32 machine;
	u16 flags_off, need, full;
	u32 flag; /* CONTEXT_<machine> */
	const struct slot *slots;
	unsigned nslots;
};
static const struct layout layouts[] = {
	{ NTR_MACHINE_X86, 0x00, 0xcc, 0x2cc, 0x00010000, x86_slots,
	  NTR_COUNT(x86_slots) },
	{ NTR_MACHINE_AMD64, 0x30, 0x100, 0x4d0, 0x00100000, x64_slots,
	  NTR_COUNT(x64_slots) },
	{ NTR_MACHINE_ARM64, 0x00, 0x110, 0x390, 0x00400000, NULL, 0 },
	{ NTR_MACHINE_ALPHA, 0x21c, 0x220, 0x230, 0x00020000, NULL, 0 },
	{ NTR_MACHINE_ALPHA64, 0x21c, 0x220, 0x230, 0x00020000, NULL, 0 },
	{ NTR_MACHINE_IA64, 0x00, 0xa28, 0xa70, 0x00080000, ia64_slots,
	  NTR_COUNT(ia64_slots) },
};

#define MAX_NEED 0xa28u
#define X86_SIZE_NT4 0xcc    /* before ExtendedRegisters */
#define BUILD_NT4 1381
#define ALPHA_SPLIT_FLAGS 0x110
#define ALPHA_SPLIT_HIGH 0x114
/* x86 and x64 have more flags (0x20, 0x40, request bits at the top). */
#define GROUPS 0x7fu
#define FLAG_REQUEST 0xf8000000u

static const struct layout *layout_of(u32 machine)
{
	for (size_t i = 0; i < NTR_COUNT(layouts); i++)
		if (layouts[i].machine == machine)
			return &layouts[i];
	return NULL;
}

size_t ntr_context_size(u32 machine, u32 build)
{
	const struct layout *l = layout_of(machine);

	if (!l)
		return 0;
	if (machine == NTR_MACHINE_X86 && build && build <= BUILD_NT4)
		return X86_SIZE_NT4;
	return l->full;
}

static bool flags_fit(u32 flags, u32 flag)
{
	return (flags & ~(FLAG_REQUEST | GROUPS)) == flag;
}

static u64 load(struct ntr_bin b, u64 off, unsigned size)
{
	ntr_bin_seek(&b, off, "register");
	return size == 2 ? ntr_bin_u16(&b, "register") :
	       size == 4 ? ntr_bin_u32(&b, "register") :
			   ntr_bin_u64(&b, "register");
}

static void load_slots(struct ntr_regs *r, const struct layout *l,
		       struct ntr_bin b, u32 flags)
{
	for (unsigned i = 0; i < l->nslots; i++)
		if (flags & l->slots[i].group)
			ntr_reg_set(r, l->slots[i].reg,
				    load(b, l->slots[i].off, l->slots[i].size));
}

static void load_arm64(struct ntr_regs *r, struct ntr_bin b, u32 flags)
{
	if (flags & GROUP_INTEGER)
		for (unsigned i = 0; i < NTR_A64_FP; i++)
			ntr_reg_set(r, NTR_A64_X0 + i, load(b, 8 + 8 * i, 8));
	if (!(flags & GROUP_CONTROL))
		return;
	ntr_reg_set(r, NTR_A64_FP, load(b, 0xf0, 8));
	ntr_reg_set(r, NTR_A64_LR, load(b, 0xf8, 8));
	ntr_reg_set(r, NTR_A64_SP, load(b, 0x100, 8));
	ntr_reg_set(r, NTR_A64_PC, load(b, 0x108, 8));
	ntr_reg_set(r, NTR_A64_CPSR, load(b, 4, 4));
}

/* fp, sp and ra belong to the control group on Alpha as well, but all are
 * stored with the integers: take what is there. */
static void load_alpha(struct ntr_regs *r, struct ntr_bin b)
{
	for (unsigned i = 0; i < 32; i++)
		ntr_reg_set(r, NTR_AXP_V0 + i, load(b, 0x100 + 8 * i, 8));
	ntr_reg_set(r, NTR_AXP_PC, load(b, 0x210, 8));
	ntr_reg_set(r, NTR_AXP_PSR, load(b, 0x218, 4));
}

/* The split form: low dwords in order, then high dwords in the same order. */
static u64 load_split(struct ntr_bin b, unsigned index)
{
	return load(b, 4 * index, 4) |
	       load(b, ALPHA_SPLIT_HIGH + 4 * index, 4) << 32;
}

static void load_alpha_split(struct ntr_regs *r, struct ntr_bin b)
{
	for (unsigned i = 0; i < 32; i++)
		ntr_reg_set(r, NTR_AXP_V0 + i, load_split(b, 0x80 / 4 + i));
	ntr_reg_set(r, NTR_AXP_PC, load_split(b, 0x108 / 4));
	ntr_reg_set(r, NTR_AXP_PSR, load(b, 0x10c, 4));
}

/* Which of the two Alpha forms: the flags word tells; 0 when neither fits. */
static u32 alpha_flags(struct ntr_bin b, bool *split)
{
	u32 quad = (u32)load(b, 0x21c, 4);
	u32 low = (u32)load(b, ALPHA_SPLIT_FLAGS, 4);

	*split = !flags_fit(quad, 0x20000) && flags_fit(low, 0x20000);
	return *split ? low : quad;
}

enum ntr_st ntr_regs_from_context(struct ntr_regs *r, u32 machine,
				  struct ntr_bin *b, struct ntr_err *e)
{
	const struct layout *l = layout_of(machine);
	struct ntr_regs t = { .machine = machine };
	struct ntr_bin rec;
	bool split = false;
	u32 flags;

	if (!l)
		return ntr_fail(e, NTR_UNSUP,
				"no CONTEXT layout for machine 0x%04x", machine);
	rec = ntr_bin_sub(b, (u64)(b->pos - b->base), l->need, "CONTEXT");
	if (rec.bad)
		return ntr_bin_done(&rec, e);
	flags = (u32)load(rec, l->flags_off, 4);
	if (l->flag == 0x20000)
		flags = alpha_flags(rec, &split);
	if (!flags_fit(flags, l->flag))
		return ntr_fail(e, NTR_BAD,
				"%s+0x%" PRIx64 ": context flags 0x%08x, want "
				"0x%08x and groups",
				rec.origin ? rec.origin : "data", rec.off0,
				flags, l->flag);
	/* Writers on other systems give the machine alone, and store all. */
	if (!(flags & GROUPS))
		flags |= GROUPS;
	if (l->nslots)
		load_slots(&t, l, rec, flags);
	else if (machine == NTR_MACHINE_ARM64)
		load_arm64(&t, rec, flags);
	else if (split)
		load_alpha_split(&t, rec);
	else
		load_alpha(&t, rec);
	*r = t;
	return NTR_OK;
}

enum ntr_st ntr_regs_read_context(struct ntr_regs *r, u32 machine,
				  const struct ntr_space *s, u64 va, u32 build,
				  struct ntr_err *e)
{
	const struct layout *l = layout_of(machine);
	u8 buf[MAX_NEED];
	struct ntr_bin b;
	enum ntr_st st;

	(void)build; /* the part that is read is the same in all builds */
	if (!l)
		return ntr_fail(e, NTR_UNSUP,
				"no CONTEXT layout for machine 0x%04x", machine);
	st = ntr_space_read(s, va, buf, l->need, e);
	if (st)
		return ntr_wrap(e, st, "CONTEXT at 0x%" PRIx64, va);
	b = ntr_bin_of(buf, l->need, s->name, va);
	return ntr_regs_from_context(r, machine, &b, e);
}
