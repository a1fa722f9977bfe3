// SPDX-License-Identifier: Apache-2.0
/* Archives: the first byte chooses which one, when none is recognised. */
#include "fuzz_touch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct { const char *magic; size_t len; } kinds[] = {
		{ "PK\3\4", 4 },          { "7z\xbc\xaf\x27\x1c", 6 },
		{ "MSCF", 4 },            { "\x1f\x8b\x08", 3 },
		{ "\xfd" "7zXZ\0", 6 },   { "BZh9", 4 },
		{ "\x28\xb5\x2f\xfd", 4 },
	};
	size_t n = sizeof(kinds) / sizeof(kinds[0]);

	for (size_t i = 0; i < n; i++)
		if (size >= kinds[i].len &&
		    !memcmp(data, kinds[i].magic, kinds[i].len)) {
			fuzz_dump_fd(ntr_fuzz_fd(data, size));
			return 0;
		}
	if (size) {
		n = data[0] % n;
		fuzz_dump_fd(fuzz_fd_with(data, size, kinds[n].magic,
					  kinds[n].len));
	}
	return 0;
}
