// SPDX-License-Identifier: Apache-2.0
/*
 * Code bytes.  Each function has a prologue that makes its frame, calls where
 * return addresses were asked for, and an epilogue; the unwind records say
 * what the prologue does.  Sources: the instruction set manuals; .pdata and
 * .xdata as in docs/formats (x64, ARM64 packed form, Alpha 20-byte entries).
 */
#include "img_i.h"

#include <string.h>

/* --- prologues ------------------------------------------------------------- */

/* x86: 55 8b ec 81 ec imm32; shorter or none when a call must stand early. */
static u32 x86_prologue(const struct f_func *f)
{
	if (f->kind == F_FN_TRAP || f->min_ret < 8)
		return 0;
	return f->min_ret < 14 ? 3 : 9;
}

/* x64: 40 53, then 48 83 ec ib or 48 81 ec id. */
static u32 x64_alloc(const struct f_func *f)
{
	return f->frame - 16;
}

static u32 x64_prologue(const struct f_func *f)
{
	if (f->kind == F_FN_TRAP)
		return 1 + 7 + 8; /* push rbp; sub rsp,158h; lea rbp,[rsp+80h] */
	return x64_alloc(f) < 0x80 ? 6 : 9;
}

static u32 arm64_prologue(const struct f_func *f)
{
	return f->frame <= 512 ? 8 : 12;
}

/* Length of the prologue this function gets. */
static u32 prologue_len(const struct f_img *g, const struct f_func *f)
{
	switch (g->p->arch) {
	case F_X86:
		return x86_prologue(f);
	case F_X64:
		return x64_prologue(f);
	case F_ARM64:
		return arm64_prologue(f);
	case F_ALPHA:
		return 8;
	default:
		return 0;
	}
}

int f_code_state(const struct f_img *g, const struct f_func *f, u32 d)
{
	u32 n = prologue_len(g, f);

	if (f->kind == F_FN_TRAP || d >= n)
		return 2;
	switch (g->p->arch) {
	case F_X86:
		return d >= 3 ? 2 : d >= 1;
	case F_X64:
		return d >= 2;
	case F_ARM64:
		return f->frame <= 512 ? (d >= 4 ? 2 : 0) : 0;
	default:
		return 0;
	}
}

static void x86_enter(struct f_buf *b, const struct f_func *f)
{
	static const u8 enter[] = { 0x55, 0x8b, 0xec, 0x81, 0xec };
	u32 n = x86_prologue(f);

	f_buf_put(b, 0, enter, n > 3 ? 5 : n);
	if (n > 3)
		f_buf_32(b, 5, f->frame > 8 ? f->frame - 8 : 8);
	if (f->kind == F_FN_TRAP) /* push 0; mov ebp,esp as the handlers do */
		f_buf_put(b, 0, "\x6a\x00\x8b\xec", 4);
}

static void x64_enter(struct f_buf *b, const struct f_func *f)
{
	u32 n = x64_alloc(f);

	if (f->kind == F_FN_TRAP) {
		f_buf_put(b, 0, "\x55\x48\x81\xec\x58\x01\0\0\x48\x8d\xac\x24\x80\0\0\0",
			  16);
		return;
	}
	f_buf_put(b, 0, "\x40\x53\x48", 3);
	if (n < 0x80) {
		f_buf_put(b, 3, "\x83\xec", 2);
		f_buf_8(b, 5, (u8)n);
	} else {
		f_buf_put(b, 3, "\x81\xec", 2);
		f_buf_32(b, 5, n);
	}
}

static void arm64_enter(struct f_buf *b, const struct f_func *f)
{
	size_t at = 0;

	if (f->frame <= 512) {
		f_buf_32(b, 0, 0xa9800000 | ((0u - f->frame / 8) & 0x7f) << 15 |
			 30 << 10 | 31 << 5 | 29);
		at = 4;
	} else {
		f_buf_32(b, 0, 0xd10003ff | f->frame << 10);
		f_buf_32(b, 4, 0xa9007bfd);
		at = 8;
	}
	f_buf_32(b, at, 0x910003fd); /* mov x29,sp */
}

static void alpha_enter(struct f_buf *b, const struct f_func *f)
{
	f_buf_32(b, 0, 0x23de0000 | ((0u - f->frame) & 0xffff));
	f_buf_32(b, 4, 0xb75e0000); /* stq ra,0(sp) */
}

static void put_enter(const struct f_img *g, struct f_buf *b,
		      const struct f_func *f)
{
	switch (g->p->arch) {
	case F_X86:
		x86_enter(b, f);
		break;
	case F_X64:
		x64_enter(b, f);
		break;
	case F_ARM64:
		arm64_enter(b, f);
		break;
	case F_ALPHA:
		alpha_enter(b, f);
		break;
	default:
		break;
	}
}

/* --- bodies, epilogues ------------------------------------------------------- */

static void put_body(const struct f_img *g, struct f_buf *b, u32 len)
{
	for (u32 i = 0; i + 4 <= len; i += 4)
		f_buf_32(b, i, g->p->arch == F_ARM64 ? 0xd503201f :
			 g->p->arch == F_ALPHA ? 0x47ff041f :
			 g->p->arch == F_IA64 ? 0 : 0x90909090);
}

static void put_leave(const struct f_img *g, struct f_buf *b,
		      const struct f_func *f)
{
	u32 end = f->len;

	switch (g->p->arch) {
	case F_X86:
		f_buf_put(b, end - 2, "\xc9\xc3", 2);
		break;
	case F_X64:
		if (f->kind == F_FN_TRAP) {
			f_buf_put(b, end - 2, "\x48\xcf", 2); /* iretq */
			break;
		}
		f_buf_put(b, end - 9, "\x48\x81\xc4", 3);
		f_buf_32(b, end - 6, x64_alloc(f));
		f_buf_put(b, end - 2, "\x5b\xc3", 2);
		break;
	case F_ARM64:
		if (f->frame <= 504)
			f_buf_32(b, end - 8, 0xa8c00000 | (f->frame / 8) << 15 |
				 30 << 10 | 31 << 5 | 29);
		f_buf_32(b, end - 4, 0xd65f03c0);
		break;
	case F_ALPHA:
		f_buf_32(b, end - 12, 0xa75e0000);
		f_buf_32(b, end - 8, 0x23de0000 | f->frame);
		f_buf_32(b, end - 4, 0x6bfa8001);
		break;
	default:
		break;
	}
}

static void put_call(const struct f_img *g, struct f_mem *mem,
		     const struct f_mod *m, const struct f_call *c)
{
	u64 ret = m->base + c->ret;
	s64 d = (s64)(c->callee - ret);
	u8 e8[5] = { 0xe8 };

	switch (g->p->arch) {
	case F_X86:
	case F_X64:
		if (c->indirect || (f_prof_64(g->p) && d != (s32)d)) {
			f_put(mem, ret - 2, "\xff\xd0", 2);
			break;
		}
		for (int i = 0; i < 4; i++)
			e8[1 + i] = (u8)((u64)d >> 8 * i);
		f_put(mem, ret - 5, e8, 5);
		break;
	case F_ARM64:
		d = (s64)(c->callee - (ret - 4));
		if (c->indirect || d >= 1 << 27 || d < -(1 << 27))
			f_put32(mem, ret - 4, 0xd63f0100); /* blr x8 */
		else
			f_put32(mem, ret - 4, 0x94000000 |
				((u32)(d >> 2) & 0x3ffffff));
		break;
	case F_ALPHA:
		if (c->indirect || d >= 1 << 22 || d < -(1 << 22))
			f_put32(mem, ret - 4, 0x6b5b4000); /* jsr ra,(pv) */
		else
			f_put32(mem, ret - 4, 0xd3400000 |
				((u32)(d >> 2) & 0x1fffff));
		break;
	default:
		break;
	}
}

void f_code_write(struct f_img *g, struct f_mem *mem, struct f_mod *m)
{
	for (size_t i = 0; i < m->funcs.n; i++) {
		const struct f_func *f = &m->funcs.v[i];
		struct f_buf b = { 0 };
		put_body(g, &b, f->len);
		put_enter(g, &b, f);
		put_leave(g, &b, f);
		if (b.lost)
			f_mem_fail(mem, NTR_NOMEM, "out of memory");
		else
			f_put(mem, m->base + f->rva, b.p, b.n);
		f_buf_fini(&b);
	}
	for (size_t i = 0; i < m->calls.n; i++)
		put_call(g, mem, m, &m->calls.v[i]);
}

/* --- unwind records ------------------------------------------------------------- */

/* x64 UNWIND_INFO; returns its length (a multiple of 4), 0 = none. */
u32 f_code_xdata(const struct f_img *g, const struct f_func *f, u8 out[16])
{
	u32 n = x64_alloc(f), codes, k = 4;

	memset(out, 0, 16);
	if (g->p->arch != F_X64)
		return 0;
	out[0] = 1;
	out[1] = (u8)x64_prologue(f);
	if (f->kind == F_FN_TRAP) {
		static const u8 trap[] = { 16, 3, 8, 1, 0x158 / 8, 0,
					   1, 5 << 4, 0, 1 << 4 | 10 };
		out[2] = 5;
		out[3] = 5 | 8 << 4;
		memcpy(out + 4, trap, sizeof(trap));
		return 16;
	}
	out[k++] = out[1];
	if (n <= 128) {
		out[k++] = (u8)((n / 8 - 1) << 4 | 2);
		codes = 2;
	} else {
		out[k++] = 1;
		out[k++] = (u8)(n / 8);
		out[k++] = (u8)(n / 8 >> 8);
		codes = 3;
	}
	out[k++] = 2;
	out[k++] = 3 << 4; /* push rbx */
	out[2] = (u8)codes;
	return 4 + (codes + 1) / 2 * 4;
}

u32 f_code_pdata_row(const struct f_img *g)
{
	switch (g->p->arch) {
	case F_X64:
		return 12;
	case F_ARM64:
		return 8;
	case F_ALPHA:
		return 20;
	default:
		return 0;
	}
}

static void store32(u8 *p, u32 v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (u8)(v >> 8 * i);
}

void f_code_pdata(const struct f_img *g, const struct f_mod *m,
		  const struct f_func *f, u32 xdata_rva, u8 out[24])
{
	u32 base = (u32)m->base;

	memset(out, 0, 24);
	switch (g->p->arch) {
	case F_X64:
		store32(out, f->rva);
		store32(out + 4, f->rva + f->len);
		store32(out + 8, xdata_rva);
		break;
	case F_ARM64: /* packed: chained frame, no saved registers */
		store32(out, f->rva);
		store32(out + 4, 1 | f->len / 4 << 2 | 3u << 21 |
			f->frame / 16 << 23);
		break;
	case F_ALPHA:
		store32(out, base + f->rva);
		store32(out + 4, base + f->rva + f->len);
		store32(out + 16, base + f->rva + 8);
		break;
	default:
		break;
	}
}
