// SPDX-License-Identifier: Apache-2.0
/* The memory of an open dump: d->phys over the runs, d->blocks over the
 * virtual blocks. Used by dump.c only. */
#ifndef NTR_DUMP_MEM_H
#define NTR_DUMP_MEM_H

#include "dump.h"

/* Set up both spaces; they read ABSENT until runs and blocks are there. */
void ntr_dump_mem_init(struct ntr_dump *d);

#endif
