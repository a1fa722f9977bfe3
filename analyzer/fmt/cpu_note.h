// SPDX-License-Identifier: Apache-2.0
/*
 * What an emulator notes of an x86 processor, in one form whichever note it
 * is: QEMU's "QEMU" note (QEMUCPUState, QEMU contrib/elf2dmp) or VirtualBox's
 * "VBCPU" note (DBGFCORECPU, VirtualBox include/VBox/vmm/dbgfcorefmt.h).  No
 * other code knows their layouts.  To add a note: a decoder here, a field in
 * struct ntr_dump_cpu, a row in elf_notes.c.
 */
#ifndef NTR_CPU_NOTE_H
#define NTR_CPU_NOTE_H

#include "dump.h"

enum { /* order of sel[] */
	NTR_SEL_CS, NTR_SEL_DS, NTR_SEL_ES, NTR_SEL_FS, NTR_SEL_GS, NTR_SEL_SS,
	NTR_NSEL,
};

struct ntr_cpu_note {
	u64 gpr[16];      /* as the instruction set numbers them: rax rcx rdx
			     rbx rsp rbp rsi rdi r8 … r15 */
	u64 rip, rflags;
	u32 sel[NTR_NSEL];
	bool cs_long;     /* cs is a 64-bit segment */
	u64 fs_base, gs_base, gdt, idt;
	u64 kernel_gs;    /* 0 when the note is too old to have it */
	u64 cr[5];        /* cr[1] is 0 */
};

/* The cursor stands at the record. UNSUP: a version that is not known. */
NTR_MUST enum ntr_st ntr_cpu_note_qemu(struct ntr_cpu_note *n,
				       struct ntr_bin *b, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_cpu_note_vbox(struct ntr_cpu_note *n,
				       struct ntr_bin *b, struct ntr_err *e);

/* The note of a processor of an open dump. ABSENT: it has none. */
NTR_MUST enum ntr_st ntr_cpu_note_read(const struct ntr_dump *d,
				       const struct ntr_dump_cpu *c,
				       struct ntr_cpu_note *n,
				       struct ntr_err *e);

#endif
