// SPDX-License-Identifier: Apache-2.0
/* Whole files as symbol sources: ELF, and PE with DWARF. */
#include "fuzz.h"
#include "fuzz_symsrc.h"
#include "sym/elf_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_symsrc *s = fuzz_open(data, size, NULL, NULL);
	struct ntr_elf_debug d;

	if (!s)
		return 0;
	if (ntr_elf_debug_name(s, &d, NULL) == NTR_OK && d.link &&
	    strlen(d.link) > size)
		__builtin_trap();
	fuzz_ask(s);
	ntr_symsrc_close(s);
	return 0;
}
