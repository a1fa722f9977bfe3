// SPDX-License-Identifier: Apache-2.0
/*
 * Finding a page-table root in physical memory that has no header.  An NT
 * root holds an entry for itself (the self-map), at a place and with flags
 * that other systems do not use; docs/formats/paging.md gives the proof of
 * each form.  The page at KUSER_SHARED_DATA, which every NT process maps,
 * confirms it: there the system root ("C:\WINNT") stands as text.
 *
 * To add a form: a row in forms[] of find_dtb.c with the page's proof.
 */
#ifndef NTR_FIND_DTB_H
#define NTR_FIND_DTB_H

#include "../fmt/dump.h"
#include "xlat.h"

struct ntr_dtb_hit {
	enum ntr_paging form;
	u64 dtb;
	u64 entry;        /* kernel entry VA of the x64 low stub, or 0 */
	const char *how;  /* "low stub", "self-map", "CPU note"; static */
	bool confirmed;   /* KUSER_SHARED_DATA is where NT has it */
};

/* Is the page at pa an NT root of this form? Reads that page only (for PAE,
 * the table at pa and the directory its fourth entry names). */
bool ntr_is_nt_root(const struct ntr_space *phys, enum ntr_paging form, u64 pa);

/*
 * Search d's physical memory, first the CPU notes and the low MiB, then page
 * by page up to limit bytes of memory (0: 4 GiB). machine 0: try all forms
 * (AMD64 includes the 32-bit ones: emulators label guests by processor).
 * The first confirmed root wins; else the first whose KUSER_SHARED_DATA is
 * not in the dump, provided it looks like a whole root.
 * ABSENT when nothing proves itself; NOMEM.
 */
NTR_MUST enum ntr_st ntr_find_dtb(struct ntr_dump *d, u32 machine, u64 limit,
				  struct ntr_dtb_hit *hit, struct ntr_err *e);

#endif
