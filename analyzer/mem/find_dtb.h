// SPDX-License-Identifier: Apache-2.0
/*
 * Finding a page-table root in physical memory that has no header: the
 * self-map entry proves a page to be an NT root (docs/formats/paging.md).
 */
#ifndef NTR_FIND_DTB_H
#define NTR_FIND_DTB_H

#include "../fmt/dump.h"
#include "xlat.h"

struct ntr_dtb_hit {
	enum ntr_paging form;
	u64 dtb;
	u64 entry;        /* kernel entry VA of the x64 low stub, or 0 */
	const char *how;  /* "low stub", "self-map", "CPU note", … static */
};

/* Is the page at pa an NT root of this form? Reads at most that page. */
bool ntr_is_nt_root(const struct ntr_space *phys, enum ntr_paging form, u64 pa);

/*
 * Search d's physical memory, first the CPU notes and the low MiB, then page
 * by page up to limit bytes of memory (0: 4 GiB). machine 0: try all forms.
 * ABSENT when nothing proves itself.
 */
NTR_MUST enum ntr_st ntr_find_dtb(struct ntr_dump *d, u32 machine, u64 limit,
				  struct ntr_dtb_hit *hit, struct ntr_err *e);

#endif
