// SPDX-License-Identifier: Apache-2.0
/* Volatility symbol tables. */
#include "fuzz_symsrc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_symsrc(data, size);
	return 0;
}
