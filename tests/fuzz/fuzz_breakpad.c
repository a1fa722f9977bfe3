// SPDX-License-Identifier: Apache-2.0
/* Breakpad .sym: a file, or the lines behind a good MODULE record. */
#include "fuzz_symsrc.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char head[] = "MODULE windows x86 "
		"0123456789ABCDEF0123456789ABCDEF1 a.pdb\n";
	uint8_t *p;

	if (size >= 7 && !memcmp(data, "MODULE ", 7)) {
		fuzz_symsrc(data, size);
		return 0;
	}
	p = malloc(sizeof(head) - 1 + size);
	if (!p)
		return 0;
	memcpy(p, head, sizeof(head) - 1);
	if (size)
		memcpy(p + sizeof(head) - 1, data, size);
	fuzz_symsrc(p, sizeof(head) - 1 + size);
	free(p);
	return 0;
}
