// SPDX-License-Identifier: Apache-2.0
/* PE images: every reader, both layouts. */
#include "fuzz.h"
#include "sym/pe.h"

static void all_of(const struct ntr_pe *pe)
{
	struct ntr_pe_debug d;
	uint16_t ver[4];
	char text[64];
	uint32_t rva;

	if (ntr_pe_debug(pe, &d, NULL) == NTR_OK)
		ntr_pdb_key(&d, text);
	(void)!ntr_pe_version(pe, ver, NULL);
	(void)!ntr_pe_export(pe, "KiBugCheckData", &rva, NULL);
	(void)!ntr_pe_export_module(pe, text, sizeof(text), NULL);
	(void)ntr_pe_is_code(pe, pe->entry_rva);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_mem_space m;
	struct ntr_pe_debug d;
	struct ntr_bin b = ntr_bin_of(data, size, "fuzz", 0);
	struct ntr_pe pe;

	if (ntr_cv_parse(&b, &d, NULL) == NTR_OK) {
		char key[48];

		ntr_pdb_key(&d, key);
	}
	ntr_mem_space_init(&m, 0xffff0000, data, size);
	for (int mapped = 0; mapped < 2; mapped++)
		if (ntr_pe_open(&pe, &m.s, 0xffff0000, mapped, NULL) == NTR_OK)
			all_of(&pe);
	return 0;
}
