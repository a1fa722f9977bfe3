// SPDX-License-Identifier: Apache-2.0
/*
 * What the unwinders share among themselves; nothing outside this folder
 * includes it.
 *
 * The invariant of every step: regs is changed only when the step succeeds.
 * To add a machine: a step function here, and one row in unw.c.
 */
#ifndef NTR_UNW_INT_H
#define NTR_UNW_INT_H

#include "unw.h"

/* Bits that a processor keeps set and clear are so. */
bool ntr_eflags_plausible(u32 eflags);

/* Module of ip with m->code filled in; false when there is none. */
bool ntr_unw_module_of(const struct ntr_unw_env *env, u64 ip,
		       struct ntr_unw_module *m);

/* May ip be executed, as far as is known?  False for headers and, when the
 * section table is known, for anything outside an executable section. */
bool ntr_unw_may_execute(const struct ntr_unw_module *m, u32 machine, u64 ip);

/* A word as a return address. */
enum ntr_ret {
	NTR_RET_NO,        /* in no module, in data, or not after a call */
	NTR_RET_UNCHECKED, /* in a module; the bytes before it are missing */
	NTR_RET_CALL,      /* a call stands before it */
};
struct ntr_ret_site {
	struct ntr_unw_module m;
	u64 target; /* of a direct call, else 0 */
};
enum ntr_ret ntr_unw_ret(const struct ntr_unw_env *env, u64 ip,
			 struct ntr_ret_site *site);

/* Strip what an ARM64 pointer authentication code may have put into the
 * upper bits; other machines: unchanged. */
u64 ntr_unw_strip(u32 machine, u64 va);

/*
 * What the code of an x64 function says about where its return address is
 * not: below floor, and where the function keeps something itself.
 */
struct ntr_x64_hint {
	u64 floor;
	unsigned n;
	u64 used[48]; /* 8-byte slots of the stack */
};

/*
 * Run the code from regs->ip forward to its return, following sp and the
 * saved registers only: x64, for modules without unwind data.  UNSUP when no
 * return is reached in the bytes that are there; *hint is filled then.  BAD
 * when the bytes cannot be code, or the return leads to what is no code.
 */
NTR_MUST enum ntr_st ntr_unw_step_code_x64(const struct ntr_unw_env *env,
					   const struct ntr_unw_module *m,
					   struct ntr_regs *regs, bool exact,
					   struct ntr_x64_hint *hint,
					   struct ntr_err *e);
/* ARM64 frame records: fp points to {caller's fp, return address}. */
NTR_MUST enum ntr_st ntr_unw_step_fp_arm64(const struct ntr_unw_env *env,
					   struct ntr_regs *regs, bool exact,
					   struct ntr_err *e);
/* Alpha: the prologue's instructions, undone. */
NTR_MUST enum ntr_st ntr_unw_step_alpha(const struct ntr_unw_env *env,
					const struct ntr_unw_module *m,
					struct ntr_regs *regs, bool *exact,
					struct ntr_err *e);

/* Could these bytes begin a trap frame?  A cheap look before the next. */
bool ntr_unw_trap_like(const struct ntr_unw_env *env, const u8 *f, size_t len);

/* Is there a plausible KTRAP_FRAME at va?  With strict, also what only holds
 * for one that stands on the stack it interrupted. */
bool ntr_unw_trap_at(const struct ntr_unw_env *env, u64 va, bool strict,
		     struct ntr_regs *out);

/*
 * The next return address on the stack, from regs->sp on.  On success regs
 * are the caller's; *ret how sure.  hint may be NULL.  END: the stack ends without one.
 */
NTR_MUST enum ntr_st ntr_unw_scan(const struct ntr_unw_env *env,
				  struct ntr_regs *regs,
				  const struct ntr_x64_hint *hint,
				  enum ntr_ret *ret, bool *trap,
				  struct ntr_err *e);

/* Length of the x64 instruction at p, 0 when it is not known or cut off. */
struct ntr_x64_insn {
	u8 len;
	u8 rex;      /* 0 or 0x40..0x4f */
	u8 map;      /* 0: one byte, 1: 0f, 2: 0f 38, 3: 0f 3a */
	u8 op;       /* opcode byte */
	u8 modrm;    /* when has_modrm */
	bool has_modrm;
	u8 prefixes; /* NTR_PFX_… */
	u8 disp_off, disp_len, imm_off, imm_len;
};
enum { NTR_PFX_66 = 1, NTR_PFX_F2 = 2, NTR_PFX_F3 = 4, NTR_PFX_SEG = 8 };
bool ntr_x64_decode(const u8 *p, size_t left, struct ntr_x64_insn *in);

#endif
