// SPDX-License-Identifier: Apache-2.0
/* The build-id of an ELF image in memory. */
#include "fuzz.h"
#include "kobj/elf_id.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 id[NTR_BUILD_ID_MAX];
	struct ntr_mem_space m;
	size_t n = 0;

	ntr_mem_space_init(&m, 0x400000, data, size);
	if (ntr_elf_build_id(&m.s, 0x400000, id, &n) == NTR_OK &&
	    (!n || n > sizeof(id)))
		__builtin_trap();
	return 0;
}
