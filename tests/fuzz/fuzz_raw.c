// SPDX-License-Identifier: Apache-2.0
/* Raw images (fmt_raw): the input, at the start of a file of 16 MiB and again
 * in its middle, where samples are taken. */
#include "fuzz_touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = ntr_fuzz_fd(data, size);

	if (fd < 0)
		return 0;
	if (ftruncate(fd, 16 << 20) ||
	    (size && pwrite(fd, data, size, 8 << 20) != (ssize_t)size)) {
		close(fd);
		return 0;
	}
	fuzz_dump_fd(fd);
	return 0;
}
