// SPDX-License-Identifier: Apache-2.0
/*
 * The value of a member in memory, as WinDbg's dt writes it: integers in hex,
 * signed ones as 0n-12, characters with their letter, bit fields as 0y101,
 * pointers with the type they point to, lists with both links, strings with
 * their text.  What cannot be read is "????".
 */
#ifndef NTR_CLI_DT_VALUE_H
#define NTR_CLI_DT_VALUE_H

#include "base/space.h"
#include "sym/source.h"

/* va: of the unit that holds m. */
void ntr_dt_value(struct ntr_symsrc *src, const struct ntr_type_member *m,
		  const struct ntr_space *mem, u64 va, unsigned ptr_size,
		  char *out, size_t size);

#endif
