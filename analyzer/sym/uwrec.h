// SPDX-License-Identifier: Apache-2.0
/*
 * An unwind record as a symbol file holds it, for machines and modules that
 * have none in the image: x86 FPO_DATA and FRAMEDATA (PDB, .DBG, Breakpad
 * STACK WIN), and call frame information (DWARF, Breakpad STACK CFI).
 *
 * CFI of every kind has one form here: Breakpad's text, the rules that hold
 * at the address asked for, later ones winning:
 *
 *	.cfa: $rsp 16 + .ra: .cfa 8 - ^ $rbx: .cfa 24 - ^
 *
 * Registers are spelt $eax, $rax (x86, x64) and x0 … x30, sp, pc (ARM64; a
 * leading $ is accepted); `^` reads memory; `.undef` alone says that a register
 * is lost, and of .ra that the frame is the outermost.
 * Sources: docs/unwinding.md.
 */
#ifndef NTR_UWREC_H
#define NTR_UWREC_H

#include "../base/ntr_types.h"

enum ntr_uwrec_kind {
	NTR_UW_NONE,
	NTR_UW_FPO,       /* FPO_DATA, or STACK WIN 0 */
	NTR_UW_FRAMEDATA, /* with a program, or STACK WIN 4 */
	NTR_UW_CFI,       /* rules in cfi[] */
};
enum ntr_fpo_frame { /* FPO_DATA.cbFrame */
	NTR_FPO_FPO, NTR_FPO_TRAP, NTR_FPO_TSS, NTR_FPO_NONFPO,
};

#define NTR_UWREC_CFI 1024

struct ntr_uwrec {
	enum ntr_uwrec_kind kind;
	u64 rva, size;         /* what the record covers */
	/* FPO and FRAMEDATA; all in bytes */
	u32 prolog;
	u32 params;            /* arguments that the callee removes */
	u32 locals;
	u32 saved_regs;
	u32 max_stack;
	enum ntr_fpo_frame frame; /* FPO */
	bool uses_ebp;         /* FPO: ebp is a general register, and saved */
	bool has_seh, function_start;
	const char *program;   /* FRAMEDATA: postfix; borrowed from the source;
				  NULL: none */
	char cfi[NTR_UWREC_CFI]; /* CFI: NUL-terminated */
};

#endif
