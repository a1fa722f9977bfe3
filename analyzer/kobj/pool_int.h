// SPDX-License-Identifier: Apache-2.0
/*
 * Between the files of pool: the steps of ntr_pool_open(), which fail
 * for want of memory only, and the kernel's variables by name.  A new table is
 * a step here, called in ntr_pool_open().
 */
#ifndef NTR_POOL_INT_H
#define NTR_POOL_INT_H

#include "pool.h"

/* Address of a variable; kdbg: its field there, 0 none. */
bool ntr_pool_var(struct ntr_target *t, const char *name, unsigned kdbg,
		  u64 *va);
/* What a variable of a pointer's width holds. */
bool ntr_pool_value(struct ntr_target *t, const char *name, unsigned kdbg,
		    u64 *out);
NTR_MUST enum ntr_st ntr_pool_read_tags(struct ntr_pool *p, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_pool_read_bigs(struct ntr_pool *p, struct ntr_err *e);
NTR_MUST enum ntr_st ntr_pool_read_descs(struct ntr_pool *p,
					 struct ntr_err *e);

#endif
