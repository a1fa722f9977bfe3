// SPDX-License-Identifier: Apache-2.0
/* LiME images (fmt_lime). */
#include "fuzz_touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dump_fd(fuzz_fd_with(data, size, "EMiL\1\0\0\0", 8));
	return 0;
}
