// SPDX-License-Identifier: Apache-2.0
/*
 * The table of known layouts (nt_types.txt) as a symbol source: types only,
 * and of each only the members that the analyzer uses.  It is what is asked
 * when there is no symbol file; how far it can be trusted is part of it.
 */
#ifndef NTR_SOURCE_TABLE_H
#define NTR_SOURCE_TABLE_H

#include "bind.h"
#include "source.h"

/* types: machine, build and variants count, its hook is not asked. Copied.
 * ABSENT: the table knows nothing of such a machine. */
NTR_MUST enum ntr_st ntr_symsrc_table(struct ntr_symsrc **out,
				      const struct ntr_types *types,
				      struct ntr_err *e);
/* The weakest source among the members of a structure: NTR_SRC_TABLE or
 * NTR_SRC_ASSUMED. */
enum ntr_source ntr_symsrc_table_trust(struct ntr_symsrc *s, u64 id);

#endif
