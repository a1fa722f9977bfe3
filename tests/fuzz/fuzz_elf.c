// SPDX-License-Identifier: Apache-2.0
/* ELF cores (fmt_elf): 64-bit, or 32-bit for every second first byte. */
#include "fuzz_touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* identification, ET_CORE, x86-64 or x86 */
	static const char *const heads[2] = {
		"\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0\4\0\x3e\0",
		"\x7f" "ELF\1\1\1\0\0\0\0\0\0\0\0\0\4\0\3\0",
	};

	if (size && data[0] == 0x7f)
		fuzz_dump_fd(ntr_fuzz_fd(data, size));
	else
		fuzz_dump_fd(fuzz_fd_with(data, size,
					  heads[size && (data[0] & 1)], 20));
	return 0;
}
