// SPDX-License-Identifier: Apache-2.0
/* User minidumps (fmt_mdmp). */
#include "fuzz_touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dump_fd(fuzz_fd_with(data, size, "MDMP\x93\xa7", 6));
	return 0;
}
