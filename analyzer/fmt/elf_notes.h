// SPDX-License-Identifier: Apache-2.0
/*
 * ELF notes of cores and memory images.  ELF cores and kdump files carry the
 * same notes, so both formats read them here: first ntr_core_notes() walks
 * them and keeps references, then, when the format knows what it has, one of
 * ntr_core_machine() and ntr_core_process() fills the dump.
 *
 * Only the bounded cursor touches the bytes; its offsets are file offsets,
 * so that a register file can be given as a place in the file.  To read
 * another note, add a row to the table in elf_notes.c.
 */
#ifndef NTR_ELF_NOTES_H
#define NTR_ELF_NOTES_H

#include "dump.h"

#define NTR_NOTES_MAX (UINT64_C(64) << 20) /* bytes of notes read */
#define NTR_MAX_CPU_NOTES 65536u

/* What was found; descriptors are borrowed from the bytes walked. */
struct ntr_core {
	bool wide;        /* 64-bit layouts */
	bool is_machine;  /* QEMU, VMCOREINFO or VirtualBox notes */
	bool is_process;  /* notes only a process has */
	size_t nprstatus, nqemu, nvbox; /* in d->cpus, in this order each */
	struct ntr_bin vmcoreinfo, nt_file, prpsinfo, siginfo;
	const char *os;   /* "Linux", "FreeBSD", …; NULL not said */
};

/* Walk the notes. Register files go to d->cpus. NOMEM only. */
NTR_MUST enum ntr_st ntr_core_notes(struct ntr_dump *d, struct ntr_bin notes,
				    struct ntr_core *c, struct ntr_err *e);
/* A machine's memory: CPU count, what VMCOREINFO says. */
NTR_MUST enum ntr_st ntr_core_machine(struct ntr_dump *d, struct ntr_core *c,
				      struct ntr_err *e);
/* A process: d->cpus become threads, NT_FILE becomes modules. */
NTR_MUST enum ntr_st ntr_core_process(struct ntr_dump *d, struct ntr_core *c,
				      struct ntr_err *e);

/* Text of a VMCOREINFO note, or the NT header a guest driver left in it. */
void ntr_core_vmcoreinfo(struct ntr_dump *d, struct ntr_bin text);

#endif
