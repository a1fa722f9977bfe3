// SPDX-License-Identifier: Apache-2.0
/* Names for display: any bytes without NUL as a name. */
#include "fuzz.h"
#include "fmt/dump.h"
#include "sym/demangle.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = malloc(size + 1), *text, out[200];

	if (!name)
		return 0;
	memcpy(name, data, size);
	name[size] = 0;
	ntr_demangle(NTR_MACHINE_X86, name, out, sizeof(out));
	ntr_demangle(NTR_MACHINE_AMD64, name, out, 1 + size % 30);
	text = ntr_demangle_llvm(name, false);
	free(text);
	free(name);
	return 0;
}
