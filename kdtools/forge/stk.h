// SPDX-License-Identifier: Apache-2.0
/*
 * Stacks: from a scenario's frames, innermost first, to words in memory.
 *
 * f_stk_resolve() comes before the modules are laid out (it tells them which
 * functions there are and how large their frames must be), f_stk_build()
 * after.  A frame occupies [sp, after): x86 keeps the caller's EBP and the
 * return address in its last two words, x64 RBX and the return address; ARM64
 * keeps x29/x30 and Alpha ra in its first ones.
 */
#ifndef FORGE_STK_H
#define FORGE_STK_H

#include "img.h"

struct f_regs {
	bool known;
	u64 ip, sp, bp, lr;
	u64 r[32];   /* in the machine's own numbering, sp and bp too */
	u32 flags;
};

struct f_frame {
	struct f_symref ref;
	struct f_loc loc;
	enum { F_K_CALL, F_K_ACTIVE, F_K_TRAP, F_K_SWITCH } how;
	u64 err, cr2;
	u64 first;   /* register of the first argument, F_NONE */
	u32 want;    /* bytes, 0 = default */
	u64 sp, after, bp;
};

struct f_stk {
	const struct f_sstack *s; /* may be NULL */
	u64 size, base, limit, reserve;
	struct { NTR_VEC(struct f_frame); } f;
	struct f_regs regs;
	u64 trap;      /* first trap frame's address, or 0 */
	bool overflow;
	u64 total;
};

/* Frames that forge itself puts in; names with "nt!". */
struct f_fixed_frame {
	const char *sym;
	enum f_frame_kind kind;
};

NTR_MUST enum ntr_st f_stk_resolve(struct f_img *g, const struct f_sstack *s,
				   u64 dflt_size, bool waiting,
				   const struct f_fixed_frame *dflt, size_t ndflt,
				   struct f_stk *out);
/* The stack is [limit, base); limit and base are set by the caller. */
NTR_MUST enum ntr_st f_stk_build(struct f_img *g, struct f_mem *m,
				 struct f_stk *k);
void f_stk_fini(struct f_stk *k);
/* Trap frame of the machine's kernel mode at va, for these registers. */
void f_trap_put(struct f_mem *m, u64 va, const struct f_regs *r, u64 err,
		u64 cr2, u64 sp);

#endif
