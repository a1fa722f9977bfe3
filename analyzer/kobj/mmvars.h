// SPDX-License-Identifier: Apache-2.0
/*
 * Numbers that the memory manager counts, in pages.
 *
 * Until Windows 8.1 each is a variable of the kernel, which the KDBG or symbols
 * name; of a list of pages it is the first word of its head.  Windows 10 keeps
 * them in a structure, nt!MiSystemPartition: its members are taken only from
 * the kernel's own symbol file, since they move with every build.
 *
 * To read another number: a row at its reader.
 */
#ifndef NTR_KOBJ_MMVARS_H
#define NTR_KOBJ_MMVARS_H

#include "target.h"

struct ntr_mm_var {
	const char *variable; /* "MmAvailablePages" */
	u16 kdbg;             /* its field in the KDBG; 0 none */
	const char *member;   /* of _MI_PARTITION; NULL none */
};

/*
 * ABSENT: neither name leads to it; FAULT: its page is not in the dump; BAD: it
 * is no number of pages.  Where Windows 10 has the old variable and it is 0,
 * the member is taken.
 */
NTR_MUST enum ntr_st ntr_mm_value(struct ntr_target *t,
				  const struct ntr_mm_var *v, u64 *out,
				  struct ntr_err *e);

#endif
