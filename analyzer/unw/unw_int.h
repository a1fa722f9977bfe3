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

/* A reason, when somebody reads it. */
#define ntr_say(e, ...)                              \
	do {                                         \
		if (e)                               \
			ntr_err_set(e, __VA_ARGS__); \
	} while (0)

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
/*
 * x86, each one step.  Code: ip is exact and stands in a prologue or an
 * epilogue; start is where its function begins, 0 unknown.  Trap: a trap
 * frame at ebp, or at esp behind its handler.  Chain: ebp is the frame.
 */
NTR_MUST enum ntr_st ntr_unw_x86_code(const struct ntr_unw_env *env, u64 start,
				      struct ntr_regs *regs,
				      struct ntr_err *e);
NTR_MUST enum ntr_st ntr_unw_x86_trap(const struct ntr_unw_env *env,
				      bool exact, struct ntr_regs *regs,
				      struct ntr_err *e);
NTR_MUST enum ntr_st ntr_unw_x86_chain(const struct ntr_unw_env *env,
				       bool exact, struct ntr_regs *regs,
				       struct ntr_err *e);

/* A record of a symbol file, and what it took to use it. */
struct ntr_unw_rec {
	const struct ntr_uwrec *r;
	const struct ntr_unw_module *m;
	u32 callee_params; /* bytes that the inner frame's arguments take */
	bool exact;
	bool searched;     /* out: the return address was not where it says */
	bool trap;         /* out: a trap frame or a task switch */
	const char *note;  /* out */
};
/* x86 FPO_DATA and FRAMEDATA. */
NTR_MUST enum ntr_st ntr_unw_step_x86_rec(const struct ntr_unw_env *env,
					  struct ntr_unw_rec *rec,
					  struct ntr_regs *regs,
					  struct ntr_err *e);
/* Call frame information: x86, x64, ARM64. */
NTR_MUST enum ntr_st ntr_unw_step_cfi(const struct ntr_unw_env *env,
				      struct ntr_unw_rec *rec,
				      struct ntr_regs *regs,
				      struct ntr_err *e);

/* Registers that a call does not keep are not known in the caller. */
void ntr_unw_forget_volatile(struct ntr_regs *r);
/* Nor those that it keeps, where nobody says which were saved and where; the
 * frame pointer stays. */
void ntr_unw_forget_saved(struct ntr_regs *r);

/*
 * What symbols and code say of ret as the return address of a call that led
 * to callee.  site is what ntr_unw_ret() said.  NO: they contradict, and e
 * says how.
 */
enum ntr_fit {
	NTR_FIT_NO,
	NTR_FIT_MAYBE,
	NTR_FIT_CALLEE, /* it calls the very function of callee */
};
enum ntr_fit ntr_unw_fit(const struct ntr_unw_env *env, u64 ret,
			 enum ntr_ret kind, const struct ntr_ret_site *site,
			 u64 callee, struct ntr_err *e);
/* The start of the function that holds ip, when symbols know its bounds. */
bool ntr_unw_function(const struct ntr_unw_env *env, u64 ip, u64 *start,
		      u64 *size);

/* x64 frame pointers: rbp points to {caller's rbp, return address}. */
NTR_MUST enum ntr_st ntr_unw_step_fp_x64(const struct ntr_unw_env *env,
					 struct ntr_regs *regs,
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
 * are the caller's; *ret how sure.  hint may be NULL; frame is the number of
 * the current one, for the trace.  END: the stack ends without one.
 */
NTR_MUST enum ntr_st ntr_unw_scan(const struct ntr_unw_env *env,
				  struct ntr_regs *regs,
				  const struct ntr_x64_hint *hint,
				  size_t frame, enum ntr_ret *ret, bool *trap,
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
