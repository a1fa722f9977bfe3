// SPDX-License-Identifier: Apache-2.0
/* An image file of any bytes compared with memory that holds the same bytes
 * at another address. */
#include "fuzz.h"
#include "triage/chkimg.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ntr_chkimg out;
	struct ntr_mem_space file, mem;
	struct ntr_pe pe;
	uint8_t *own;

	if (!size)
		return 0;
	own = malloc(size);
	if (!own)
		return 0;
	memcpy(own, data, size);
	ntr_mem_space_init(&file, 0, own, size);
	ntr_mem_space_init(&mem, 0xfffff80012340000, own, size);
	if (ntr_pe_open(&pe, &file.s, 0, false, NULL) == NTR_OK &&
	    pe.size <= 1u << 24 &&
	    ntr_image_compare(&mem.s, mem.base, &pe, &out, NULL) == NTR_OK &&
	    out.differing > out.compared)
		abort();
	free(own);
	return 0;
}
