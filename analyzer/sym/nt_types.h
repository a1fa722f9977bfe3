// SPDX-License-Identifier: Apache-2.0
/*
 * The table of structure offsets per build, made from nt_types.txt; bind.h
 * is how the rest of the analyzer asks it.  A key is build * 16 + variant.
 */
#ifndef NTR_NT_TYPES_H
#define NTR_NT_TYPES_H

#include "bind.h"

struct ntr_nt_row {
	const char *name;  /* "_KTHREAD.KernelStack" */
	const char *type;  /* of a nested structure */
	u16 machine;
	u8 kind;           /* enum ntr_type_kind */
	u16 width;
	u32 first, last;   /* keys */
	u32 off;
};

enum ntr_nt_known { NTR_NT_UNKNOWN, NTR_NT_PARTIAL, NTR_NT_FULL };
enum ntr_nt_known ntr_nt_known(u32 machine, u32 key);

/* The row that covers key, or the nearest one (*covered false), or NULL. */
const struct ntr_nt_row *ntr_nt_row(u32 machine, const char *name, u32 key,
				    bool *covered);
/* Row i in order of names, NULL behind the last. */
const struct ntr_nt_row *ntr_nt_row_at(size_t i);
/* Index of the first row whose name is not below name. */
size_t ntr_nt_row_from(const char *name);
bool ntr_nt_row_always(const struct ntr_nt_row *r);

#endif
