// SPDX-License-Identifier: Apache-2.0
/* CONTEXT, EXCEPTION_RECORD and QEMU's CPU note as bytes, by machine. */
#ifndef FORGE_CTX_H
#define FORGE_CTX_H

#include "buf.h"
#include "prof.h"
#include "stk.h"

/* Bytes of a CONTEXT of this profile (NT 3.51/4.0 x86: 0xcc). */
size_t f_ctx_size(const struct f_prof *p);
void f_ctx_put(const struct f_prof *p, const struct f_regs *r, struct f_buf *b,
	       size_t off);

struct f_exc {
	u32 code, flags, n;
	u64 addr, info[4];
};
size_t f_exc_size(const struct f_prof *p); /* 0x50 or 0x98 */
void f_exc_put(const struct f_prof *p, const struct f_exc *x, struct f_buf *b,
	       size_t off);

/* Set a register by its WinDbg name; false: no such register. */
bool f_reg_by_name(const struct f_prof *p, struct f_regs *r, const char *name,
		   u64 v);

struct f_segs {
	u64 cr0, cr2, cr3, cr4, gdt, idt, tr, pcr;
};
void f_qemu_cpu(const struct f_prof *p, const struct f_regs *r,
		const struct f_segs *s, struct f_buf *b, size_t off);

#endif
