// SPDX-License-Identifier: Apache-2.0
/* .DBG files: COFF, CodeView, FPO, OMAP, MISC, exported names. */
#include "fuzz_symsrc.h"
#include "sym/source_dbg.h"

static bool exported(void *ctx, const char *name)
{
	*(size_t *)ctx += strlen(name);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_symsrc *s = fuzz_open(data, size, "dbg", NULL);
	struct ntr_pe_debug d;
	size_t total = 0;
	char name[64];

	if (!s)
		return 0;
	fuzz_ask(s);
	(void)!ntr_dbg_image_name(s, name, sizeof(name), NULL);
	(void)!ntr_dbg_pdb(s, &d, NULL);
	(void)!ntr_dbg_exported(s, exported, &total, NULL);
	ntr_symsrc_close(s);
	return 0;
}
