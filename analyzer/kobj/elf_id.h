// SPDX-License-Identifier: Apache-2.0
/*
 * The build-id of an ELF module, from its headers in the memory of a process:
 * what names its symbol file.  Layout: System V ABI, "Program Header", and the
 * note NT_GNU_BUILD_ID of the GNU tools.
 */
#ifndef NTR_ELF_ID_H
#define NTR_ELF_ID_H

#include "../base/space.h"

#define NTR_BUILD_ID_MAX 32u

/* ABSENT: no ELF header at base, no such note, or not in the dump. */
NTR_MUST enum ntr_st ntr_elf_build_id(const struct ntr_space *mem, u64 base,
				      u8 id[NTR_BUILD_ID_MAX], size_t *n);

#endif
