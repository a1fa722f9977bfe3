// SPDX-License-Identifier: Apache-2.0
#include "ctx.h"

#include <string.h>

size_t f_ctx_size(const struct f_prof *p)
{
	switch (p->arch) {
	case F_X86:
		return p->build < 2195 ? 0xcc : 0x2cc;
	case F_X64:
		return 0x4d0;
	case F_ARM64:
		return 0x390;
	case F_ALPHA:
		return 0x230;
	case F_IA64:
		return 0xa70;
	}
	return 0;
}

static void ctx_x86(const struct f_regs *r, struct f_buf *b, size_t o,
		    bool fxsave)
{
	static const u8 seg[4][2] = { { 0x8c, 0 }, { 0x90, 0x30 },
				      { 0x94, 0x23 }, { 0x98, 0x23 } };

	f_buf_32(b, o, fxsave ? 0x1003f : 0x1001f);
	for (int i = 0; i < 4; i++)
		f_buf_32(b, o + seg[i][0], seg[i][1]);
	f_buf_32(b, o + 0x9c, (u32)r->r[7]);
	f_buf_32(b, o + 0xa0, (u32)r->r[6]);
	f_buf_32(b, o + 0xa4, (u32)r->r[3]);
	f_buf_32(b, o + 0xa8, (u32)r->r[2]);
	f_buf_32(b, o + 0xac, (u32)r->r[1]);
	f_buf_32(b, o + 0xb0, (u32)r->r[0]);
	f_buf_32(b, o + 0xb4, (u32)r->bp);
	f_buf_32(b, o + 0xb8, (u32)r->ip);
	f_buf_32(b, o + 0xbc, 8);
	f_buf_32(b, o + 0xc0, r->flags);
	f_buf_32(b, o + 0xc4, (u32)r->sp);
	f_buf_32(b, o + 0xc8, 0x10);
}

static void ctx_x64(const struct f_regs *r, struct f_buf *b, size_t o)
{
	f_buf_32(b, o + 0x30, 0x10001f);
	f_buf_32(b, o + 0x34, 0x1f80);
	f_buf_16(b, o + 0x38, 0x10);
	f_buf_16(b, o + 0x3a, 0x2b);
	f_buf_16(b, o + 0x3c, 0x2b);
	f_buf_16(b, o + 0x3e, 0x53);
	f_buf_16(b, o + 0x40, 0x2b);
	f_buf_16(b, o + 0x42, 0x18);
	f_buf_32(b, o + 0x44, r->flags);
	for (size_t i = 0; i < 16; i++)
		f_buf_64(b, o + 0x78 + i * 8, i == 4 ? r->sp :
			 i == 5 ? r->bp : r->r[i]);
	f_buf_64(b, o + 0xf8, r->ip);
}

static void ctx_arm64(const struct f_regs *r, struct f_buf *b, size_t o)
{
	f_buf_32(b, o, 0x400007);
	f_buf_32(b, o + 4, 0x60000004);
	for (size_t i = 0; i < 29; i++)
		f_buf_64(b, o + 8 + i * 8, r->r[i]);
	f_buf_64(b, o + 0xf0, r->bp);
	f_buf_64(b, o + 0xf8, r->lr);
	f_buf_64(b, o + 0x100, r->sp);
	f_buf_64(b, o + 0x108, r->ip);
}

/* Alpha keeps 32-bit addresses sign-extended in its registers. */
static u64 axp(u64 v)
{
	return (u64)(s64)(s32)(u32)v;
}

static void ctx_alpha(const struct f_regs *r, struct f_buf *b, size_t o)
{
	for (size_t i = 0; i < 32; i++)
		f_buf_64(b, o + 0x100 + i * 8, i == 31 ? 0 : r->r[i]);
	f_buf_64(b, o + 0x178, axp(r->bp));
	f_buf_64(b, o + 0x1d0, axp(r->lr));
	f_buf_64(b, o + 0x1f0, axp(r->sp));
	f_buf_64(b, o + 0x210, axp(r->ip));
	f_buf_32(b, o + 0x218, 4);
	f_buf_32(b, o + 0x21c, 0x20007);
}

static void ctx_ia64(const struct f_regs *r, struct f_buf *b, size_t o)
{
	f_buf_32(b, o, 0x8002f);
	f_buf_64(b, o + 0x8d0, r->sp);
	f_buf_64(b, o + 0x980, r->lr);
	f_buf_64(b, o + 0xa10, 0x1010084a6010);
	f_buf_64(b, o + 0xa18, r->ip);
}

void f_ctx_put(const struct f_prof *p, const struct f_regs *r, struct f_buf *b,
	       size_t off)
{
	f_buf_zero(b, off, f_ctx_size(p));
	switch (p->arch) {
	case F_X86:
		ctx_x86(r, b, off, p->build >= 2195);
		break;
	case F_X64:
		ctx_x64(r, b, off);
		break;
	case F_ARM64:
		ctx_arm64(r, b, off);
		break;
	case F_ALPHA:
		ctx_alpha(r, b, off);
		break;
	case F_IA64:
		ctx_ia64(r, b, off);
		break;
	}
}

size_t f_exc_size(const struct f_prof *p)
{
	return f_prof_64(p) ? 0x98 : 0x50;
}

void f_exc_put(const struct f_prof *p, const struct f_exc *x, struct f_buf *b,
	       size_t o)
{
	bool wide = f_prof_64(p);

	f_buf_zero(b, o, f_exc_size(p));
	f_buf_32(b, o, x->code);
	f_buf_32(b, o + 4, x->flags);
	f_buf_32(b, o + (wide ? 0x18 : 0x10), x->n);
	if (wide)
		f_buf_64(b, o + 0x10, x->addr);
	else
		f_buf_32(b, o + 0xc, (u32)x->addr);
	for (size_t i = 0; i < x->n && i < 4; i++) {
		if (wide)
			f_buf_64(b, o + 0x20 + i * 8, x->info[i]);
		else
			f_buf_32(b, o + 0x14 + i * 4, (u32)x->info[i]);
	}
}

/* --- register names --------------------------------------------------------------- */

static const char *const x86_names[] = { "eax", "ecx", "edx", "ebx",
					 "esp", "ebp", "esi", "edi" };
static const char *const x64_names[] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
};
static const char *const axp_names[] = {
	"v0", "t0", "t1", "t2", "t3", "t4",  "t5",  "t6",  "t7", "s0", "s1",
	"s2", "s3", "s4", "s5", "fp", "a0",  "a1",  "a2",  "a3", "a4", "a5",
	"t8", "t9", "t10", "t11", "ra", "t12", "at", "gp", "sp", "zero",
};

static int name_index(const char *const *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i], name))
			return (int)i;
	return -1;
}

static int arm_index(const char *name)
{
	int n = 0;

	if (*name++ != 'x' || !*name || strlen(name) > 2)
		return -1;
	for (; *name >= '0' && *name <= '9'; name++)
		n = n * 10 + (*name - '0');
	return *name || n > 28 ? -1 : n;
}

bool f_reg_by_name(const struct f_prof *p, struct f_regs *r, const char *name,
		   u64 v)
{
	static const char *const ip[] = { "eip", "rip", "pc", "fir", "iip" };
	int i = -1;

	if (name_index(ip, 5, name) >= 0 || !strcmp(name, "ip")) {
		r->ip = v;
		return true;
	}
	if (!strcmp(name, "efl") || !strcmp(name, "eflags")) {
		r->flags = (u32)v;
		return true;
	}
	if (!strcmp(name, "lr") || !strcmp(name, "ra")) {
		r->lr = v;
		return p->arch >= F_ARM64;
	}
	if (!strcmp(name, "sp") || !strcmp(name, "esp") || !strcmp(name, "rsp")) {
		r->sp = v;
		return true;
	}
	if (!strcmp(name, "fp") || !strcmp(name, "ebp") || !strcmp(name, "rbp")) {
		r->bp = v;
		return true;
	}
	switch (p->arch) {
	case F_X86:
		i = name_index(x86_names, 8, name);
		break;
	case F_X64:
		i = name_index(x64_names, 16, name);
		break;
	case F_ARM64:
		i = arm_index(name);
		break;
	case F_ALPHA:
		i = name_index(axp_names, 32, name);
		break;
	default:
		break;
	}
	if (i >= 0)
		r->r[i] = v;
	return i >= 0;
}

/* --- QEMU ------------------------------------------------------------------------------ */

static void qemu_seg(struct f_buf *b, size_t o, u32 sel, u32 limit, u32 flags,
		     u64 base)
{
	f_buf_32(b, o, sel);
	f_buf_32(b, o + 4, limit);
	f_buf_32(b, o + 8, flags);
	f_buf_64(b, o + 16, base);
}

void f_qemu_cpu(const struct f_prof *p, const struct f_regs *r,
		const struct f_segs *s, struct f_buf *b, size_t o)
{
	static const u8 order[6] = { 0, 3, 1, 2, 6, 7 }; /* rax rbx rcx rdx rsi rdi */
	bool wide = f_prof_64(p);
	u32 code = wide ? 0x10 : 8, data = wide ? 0x2b : 0x23;

	f_buf_zero(b, o, 440);
	f_buf_32(b, o, 1);
	f_buf_32(b, o + 4, 440);
	for (size_t i = 0; i < 6; i++)
		f_buf_64(b, o + 8 + i * 8, r->r[order[i]]);
	f_buf_64(b, o + 0x38, r->sp);
	f_buf_64(b, o + 0x40, r->bp);
	for (size_t i = 8; wide && i < 16; i++)
		f_buf_64(b, o + 0x48 + (i - 8) * 8, r->r[i]);
	f_buf_64(b, o + 0x88, r->ip);
	f_buf_64(b, o + 0x90, r->flags);
	qemu_seg(b, o + 0x98, code, 0xffffffff, wide ? 0x209b00 : 0xc09b00, 0);
	qemu_seg(b, o + 0xb0, data, 0xffffffff, 0xc0f300, 0);
	qemu_seg(b, o + 0xc8, data, 0xffffffff, 0xc0f300, 0);
	qemu_seg(b, o + 0xe0, wide ? 0x53 : 0x30, 0xffffffff, 0xc09300,
		 wide ? 0 : s->pcr);
	qemu_seg(b, o + 0xf8, data, 0xffffffff, 0xc0f300, wide ? s->pcr : 0);
	qemu_seg(b, o + 0x110, wide ? 0x18 : 0x10, 0xffffffff, 0xc09300, 0);
	qemu_seg(b, o + 0x128, 0, 0, 0, 0);
	qemu_seg(b, o + 0x140, wide ? 0x40 : 0x28, wide ? 0x67 : 0x20ab, 0x8b00,
		 s->tr);
	qemu_seg(b, o + 0x158, 0, wide ? 0x57 : 0x3ff, 0, s->gdt);
	qemu_seg(b, o + 0x170, 0, wide ? 0xfff : 0x7ff, 0, s->idt);
	f_buf_64(b, o + 0x188, s->cr0);
	f_buf_64(b, o + 0x198, s->cr2);
	f_buf_64(b, o + 0x1a0, s->cr3);
	f_buf_64(b, o + 0x1a8, s->cr4);
	f_buf_64(b, o + 0x1b0, 0);
}
