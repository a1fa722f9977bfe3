// SPDX-License-Identifier: Apache-2.0
/*
 * Stack unwinding.  ntr_unwind() walks from a register set outward and says
 * for every frame how it was found:
 *
 *   context   the registers themselves (frame 0)
 *   cfi       an unwind record: x64/ARM64 .pdata, call frame information
 *   fpo       an x86 FPO or FrameData record
 *   code      the function's own instructions: its epilogue run forward
 *             (x64, x86), its prologue undone (Alpha, x86)
 *   frameptr  the frame-pointer chain
 *   trap      a trap frame, a machine frame or a task switch
 *   scan      a stack word that points behind a call, nothing better
 *
 * What it knows of the target it gets through struct ntr_unw_env, so tests
 * can drive it with arrays.  Bounded: at most max frames, sp must move, no
 * (ip, sp) twice, one switch of stack per kind.  To add a machine or a way to
 * unwind, see unw_int.h.
 */
#ifndef NTR_UNW_H
#define NTR_UNW_H

#include "../sym/pe.h"
#include "../sym/uwrec.h"
#include "regs.h"

#define NTR_TRUST_LIST(X)    \
	X(CONTEXT, "context") \
	X(CFI, "cfi")         \
	X(FPO, "fpo")         \
	X(CODE, "code")       \
	X(FRAMEPTR, "frameptr") \
	X(TRAP, "trap")       \
	X(SCAN, "scan")
enum ntr_trust {
#define NTR_TRUST_ENUM(n, t) NTR_TRUST_##n,
	NTR_TRUST_LIST(NTR_TRUST_ENUM)
#undef NTR_TRUST_ENUM
};
const char *ntr_trust_name(enum ntr_trust t);

struct ntr_frame {
	u64 ip, sp;
	u64 fp;             /* 0 unknown */
	enum ntr_trust trust;
	bool call_checked;  /* a call instruction was seen before ip */
	bool has_params;    /* params is known: a record of this function */
	u32 params;         /* bytes of arguments on the stack: x86 records */
	const char *method; /* what found it: "pdata", "framedata", …; static */
	const char *note;   /* "trap frame at …", static or arena; or NULL */
};

/* The note of a scanned frame whose call could not be looked at. */
#define NTR_NOTE_UNCHECKED "no code to check the call"

/* A module as the unwinder needs it. */
struct ntr_unw_module {
	u64 base, size;
	const struct ntr_pe *pe; /* NULL: headers are not in the dump */
	const struct ntr_space *code; /* reads code and unwind data at VAs;
					 NULL: same as env->mem */
};

/* Where an ARM64 KTRAP_FRAME holds what, from its type; offsets in bytes. */
struct ntr_a64_trap {
	u32 x0, nx; /* x0 … x(nx - 1) stand together */
	u32 fp, lr, sp, pc;
};

struct ntr_unw_env {
	u32 machine, build;
	const struct ntr_space *mem;       /* virtual memory of the thread */
	u64 stack_lo, stack_hi;            /* limits; 0,0 unknown */
	u64 home_lo, home_hi; /* the thread's stack when the walk starts on
				 another one (DPC, double fault), to which a
				 trap frame may lead; 0,0 unknown */
	/* Module that holds ip, or false. out->pe may stay NULL. */
	bool (*module)(void *ctx, u64 ip, struct ntr_unw_module *out);
	/*
	 * What symbols say; each may be NULL (there are none), ctx is the
	 * same.  record: the unwind record of the code at ip, which lies in m;
	 * rva and size are relative to m->base, what out points to lives as
	 * long as the walk.  Anything but OK: there is none.
	 * function: bounds of the function that holds ip; *size 0: where it
	 * starts is known, not where it ends.
	 */
	enum ntr_st (*record)(void *ctx, u64 ip, const struct ntr_unw_module *m,
			      struct ntr_uwrec *out);
	bool (*function)(void *ctx, u64 ip, u64 *start, u64 *size);
	void *ctx;
	const struct ntr_a64_trap *a64_trap; /* NULL: layout not known */
	u64 gdt; /* x86: leads to the task behind a task gate; 0 unknown */
	u64 tss; /* x86: state of the task that a task gate interrupted, for
		    when the GDT does not lead there; 0 unknown */
	unsigned scan_words;               /* stack words a scan may read;
					      0: NTR_SCAN_WORDS */
	/* Optional: every method that was tried, and why it was taken or
	 * passed over: "#3 fpo: …".  One line each, without newline. */
	void (*trace)(void *ctx, const char *line);
	struct ntr_regs *frame_regs; /* Optional, room for max: what each
					frame's registers were, as far as the
					frames below it tell */
	unsigned *effort; /* instructions that may still be looked at for want
			     of unwind data; set by ntr_unwind(); NULL: any */
};
#define NTR_SCAN_WORDS 4096u
#define NTR_UNW_EFFORT (1u << 18)
#define NTR_MAX_FRAMES 1024u

/* Why an unwind stopped. */
enum ntr_unw_stop {
	NTR_UNW_END,        /* outermost frame reached */
	NTR_UNW_LIMIT,      /* max frames */
	NTR_UNW_MEMORY,     /* stack memory not in the dump */
	NTR_UNW_LOST,       /* no method could go on */
	NTR_UNW_CYCLE,      /* sp did not move or a frame came twice */
};
const char *ntr_unw_stop_text(enum ntr_unw_stop s);

/* Fills frames[0..*n). Never fails: with unusable registers *n is 0. */
enum ntr_unw_stop ntr_unwind(const struct ntr_unw_env *env,
			     const struct ntr_regs *regs,
			     struct ntr_frame *frames, size_t max, size_t *n);

/* Does the code before ret decode to a call (any machine)? ABSENT when the
 * bytes cannot be read. *target: its destination when direct, else 0. */
NTR_MUST enum ntr_st ntr_is_call_before(u32 machine, const struct ntr_space *s,
					u64 ret, bool *is_call, u64 *target);

/*
 * The first plausible trap frame (x64: KTRAP_FRAME of code that ran in kernel
 * mode; x86: kernel mode) that begins in [from, to), whose interrupted
 * instruction is want_ip (0: any that lies in a module).  END: there is none
 * in the memory that is there.  UNSUP: another machine.
 */
NTR_MUST enum ntr_st ntr_find_trap_frame(const struct ntr_unw_env *env,
					 u64 from, u64 to, u64 want_ip,
					 u64 *va, struct ntr_regs *out,
					 struct ntr_err *e);

/* The methods, for tests; each one step from regs to the caller's regs.
 * OK, END (outermost), FAULT (memory missing), UNSUP (does not apply). */
/*
 * The flag is in and out.  In: ip is exact, the very instruction that was
 * interrupted (frame 0, or just above a machine frame), so it may stand in a
 * prologue, an epilogue or a leaf; otherwise it is a return address.  Out: a
 * machine or trap frame was crossed, so the new ip is exact.
 */
NTR_MUST enum ntr_st ntr_unw_step_x64(const struct ntr_unw_env *env,
				      const struct ntr_unw_module *m,
				      struct ntr_regs *regs, bool *machine_frame,
				      struct ntr_err *e);
NTR_MUST enum ntr_st ntr_unw_step_arm64(const struct ntr_unw_env *env,
					const struct ntr_unw_module *m,
					struct ntr_regs *regs,
					bool *machine_frame, struct ntr_err *e);
#endif
