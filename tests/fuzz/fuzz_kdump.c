// SPDX-License-Identifier: Apache-2.0
/* kdump-compressed (fmt_kdump), plain and (odd first byte) flattened. */
#include "fuzz_touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char flat[32] = "makedumpfile\0\0\0\0\0\0\0\0\0\0\0\1"
				     "\0\0\0\0\0\0\0\1";

	if (size && (data[0] & 1))
		fuzz_dump_fd(fuzz_fd_with(data, size, flat, 32));
	else
		fuzz_dump_fd(fuzz_fd_with(data, size, "KDUMP   ", 8));
	return 0;
}
