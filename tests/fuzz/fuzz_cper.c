// SPDX-License-Identifier: Apache-2.0
/*
 * Hardware error records.  Aborts when more sections are kept than there is room
 * for, or one has a name without an end.
 */
#include "fuzz.h"
#include "kobj/cper.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct ntr_bin b = ntr_bin_of(p, n, "record", 0);
	struct ntr_cper c;
	u64 status = 0;
	u32 bank, cpu;

	if (ntr_cper_parse(&b, &c, NULL))
		return 0;
	if (c.n > NTR_CPER_SECTIONS)
		abort();
	for (unsigned i = 0; i < c.n; i++)
		if (!memchr(c.s[i].name, 0, sizeof(c.s[i].name)) ||
		    !memchr(c.s[i].fru, 0, sizeof(c.s[i].fru)))
			abort();
	if (c.mca && c.mca_len >= 48)
		memcpy(&status, c.mca + 40, sizeof(status));
	(void)!ntr_cper_mca_bank(&c, status, &bank, &cpu);
	(void)ntr_mca_kind(status);
	return 0;
}
