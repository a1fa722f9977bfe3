// SPDX-License-Identifier: Apache-2.0
/* NT crash dumps of every kind (fmt_dmp32, fmt_dmp64).
 * The mutator would need long to find the signatures; the first byte of the
 * input chooses them when they are not there. */
#include "fuzz_touch.h"

/* An fd over the input, with a signature and a body tag in place. */
static int input(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	bool wide;
	int fd;

	if (size < 4 || !memcmp(data, "PAGE", 4) || size > 1u << 20)
		return ntr_fuzz_fd(data, size);
	copy = malloc(size);
	if (!copy)
		return -1;
	memcpy(copy, data, size);
	wide = data[0] & 1;
	if (size >= 8)
		memcpy(copy, wide ? "PAGEDU64" : "PAGEDUMP", 8);
	fd = ntr_fuzz_fd(copy, size);
	free(copy);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dump_fd(input(data, size));
	return 0;
}
