// SPDX-License-Identifier: Apache-2.0
/*
 * Descriptor tables of an x86 or x64 processor: gates of the IDT, entries of
 * the GDT (Intel SDM vol. 3, chapters 3 and 6).
 *
 * A gate's handler is judged by where it lies.  In no module is where the code
 * of an interrupt object (KINTERRUPT) lies, too: then the object in front of
 * it says which routine it serves, and only what has neither is a stranger.
 * To judge another kind of place: a value of enum ntr_gate_place.
 */
#ifndef NTR_KOBJ_TABLES_H
#define NTR_KOBJ_TABLES_H

#include "target.h"

#define NTR_VECTORS 256u
#define NTR_GDT_X86 128u /* entries that NT's table has at most */
#define NTR_GDT_X64 16u

enum ntr_gate_place {
	NTR_GP_NONE,      /* not present, or no code of its own (task gate) */
	NTR_GP_KERNEL,    /* nt, hal */
	NTR_GP_MODULE,    /* another module */
	NTR_GP_INTERRUPT, /* the code of an interrupt object */
	NTR_GP_NOWHERE,   /* in no module of a whole list */
	NTR_GP_UNKNOWN,   /* the module list is not whole */
};

struct ntr_gate {
	u64 va;
	u8 type, dpl, ist;  /* type: 5 task, 0xe interrupt, 0xf trap */
	bool present;
	u16 selector;
	u64 handler;
	enum ntr_gate_place place;
	u64 interrupt, service; /* of NTR_GP_INTERRUPT */
};
/* "task", "interrupt", "trap", "?". */
const char *ntr_gate_type_name(u8 type);
/* FAULT, ABSENT: not in the dump; UNSUP: this machine has none. */
NTR_MUST enum ntr_st ntr_gate_read(struct ntr_target *t, u64 idt,
				   unsigned vector, struct ntr_gate *out,
				   struct ntr_err *e);

struct ntr_segment {
	u64 va, base, limit;    /* limit in bytes */
	u16 selector;
	u8 type, dpl;
	bool present, system, wide; /* wide: takes two entries (x64) */
	bool big, long_mode, granular;
};
/* "Code RE", "Data RW Ac", "TSS32 Busy". */
void ntr_segment_type_text(const struct ntr_segment *s, char out[32]);
NTR_MUST enum ntr_st ntr_segment_read(struct ntr_target *t, u64 gdt,
				      u16 selector, struct ntr_segment *out,
				      struct ntr_err *e);
/* Entries that NT's GDT may have on this machine; 0: none. */
unsigned ntr_gdt_entries(const struct ntr_target *t);

/* A table's address as a processor's KPCR has it. ABSENT with text. */
NTR_MUST enum ntr_st ntr_cpu_table(struct ntr_target *t,
				   const struct ntr_cpu *c, const char *member,
				   u64 *out, struct ntr_err *e);

/* --- KPCR and KPRCB ------------------------------------------------------------- */

struct ntr_pcr {
	u64 self, idt, gdt, tss, current, next, idle, number;
	u8 irql;
	/* what could be read */
	bool has_self, has_idt, has_gdt, has_tss, has_current, has_next,
		has_idle, has_number, has_irql;
};
void ntr_pcr_read(struct ntr_target *t, const struct ntr_cpu *c,
		  struct ntr_pcr *out);

#endif
