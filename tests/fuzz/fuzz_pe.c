// SPDX-License-Identifier: Apache-2.0
/* PE images: every reader, both layouts, and as a source of symbols. */
#include "fuzz_symsrc.h"
#include "sym/source_pe.h"

static bool exported(void *ctx, const struct ntr_pe_exported *x)
{
	*(size_t *)ctx += x->name ? strlen(x->name) : 1;
	return true;
}

static void as_memory(const struct ntr_pe *pe)
{
	struct ntr_pe_space ps;
	u8 buf[64];

	ntr_pe_space_init(&ps, pe, 0x10000, "fuzz");
	for (u64 at = 0; at < 0x6000; at += 0x3f0)
		(void)!ntr_space_read(&ps.s, ps.base + at, buf, sizeof(buf),
				      NULL);
}

static void all_of(const struct ntr_pe *pe)
{
	struct ntr_pe_old_debug o;
	struct ntr_pe_debug d;
	struct ntr_symsrc *s;
	size_t total = 0;
	u16 ver[4];
	char text[64];
	u32 rva;

	if (ntr_pe_debug(pe, &d, NULL) == NTR_OK)
		ntr_pdb_key(&d, text);
	(void)!ntr_pe_old_debug(pe, &o, NULL);
	(void)!ntr_pe_version(pe, ver, NULL);
	(void)!ntr_pe_export(pe, "KiBugCheckData", &rva, NULL);
	(void)!ntr_pe_exports_each(pe, exported, &total, &rva, NULL);
	(void)!ntr_pe_export_module(pe, text, sizeof(text), NULL);
	(void)ntr_pe_is_code(pe, pe->entry_rva);
	if (!pe->mapped)
		as_memory(pe);
	if (ntr_symsrc_pe_memory(&s, pe, NULL) == NTR_OK) {
		fuzz_ask(s);
		ntr_symsrc_close(s);
	}
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
