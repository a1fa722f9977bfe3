// SPDX-License-Identifier: Apache-2.0
/* Whole files as symbol sources: ELF, and PE with DWARF. */
#include "fuzz.h"
#include "fuzz_source_touch.h"
#include "sym/elf_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_elf_debug d;
	struct ntr_symsrc *s;
	struct ntr_file *f;
	struct ntr_err e;
	int fd = ntr_fuzz_fd(data, size);

	if (fd < 0 || ntr_file_from_fd(&f, fd, "fuzz", &e))
		return 0;
	if (ntr_symsrc_open_file(&s, f, &e))
		return 0;
	if (!ntr_elf_debug_name(s, &d, &e))
		ntr_fuzz_text(d.link);
	ntr_fuzz_source_touch(s);
	ntr_symsrc_close(s);
	return 0;
}
