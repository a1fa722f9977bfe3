// SPDX-License-Identifier: Apache-2.0
/*
 * Where stack cookies are kept, and chunks of a segment heap: the first byte
 * picks code of a machine, the data of a handler, an image's load configuration,
 * or memory with chunk headers.  Aborts when a chunk does not hold the address
 * that was asked for.
 */
#include "fuzz.h"
#include "kobj/pool_vs.h"
#include "triage/cookie.h"

#include <stdlib.h>
#include <string.h>

#define AT UINT64_C(0xffff9a0f41000000)

static void code(u32 machine, const u8 *p, size_t n)
{
	struct ntr_cookie_site s;
	u64 cookie = 0;

	/* The variable that the bytes themselves name, and another one. */
	for (size_t i = 0; i + 7 <= n && i < 64; i++) {
		int32_t rel;

		memcpy(&rel, p + i + 3, 4);
		cookie = machine == NTR_MACHINE_AMD64 ?
			 AT + i + 7 + (u64)(s64)rel : (u32)rel;
		if (ntr_cookie_in_code(machine, p, n, AT, cookie, &s) &&
		    s.end > n)
			abort();
	}
	(void)ntr_cookie_in_code(machine, p, n, AT, 0, &s);
}

static void handler(const u8 *p, size_t n)
{
	static const char *const names[] = {
		"__GSHandlerCheck", "__GSHandlerCheck_SEH",
		"__GSHandlerCheck_EH", "__GSHandlerCheck_EH4", "other",
	};
	struct ntr_cookie_site s;

	for (size_t i = 0; i < NTR_COUNT(names); i++) {
		struct ntr_bin b = ntr_bin_of(p, n, "data", 0);

		(void)!ntr_cookie_in_handler(names[i], &b, n & 15, 0x20, &s,
					     NULL);
	}
}

static void image(u8 *p, size_t n)
{
	struct ntr_mem_space mem;
	struct ntr_pe pe;
	u64 va;

	ntr_mem_space_init(&mem, 0, p, n);
	if (ntr_pe_open(&pe, &mem.s, 0, false, NULL) == NTR_OK &&
	    ntr_cookie_variable(&pe, AT, &va, NULL) == NTR_OK &&
	    va - AT >= pe.size)
		abort();
}

static void chunks(u8 *p, size_t n)
{
	struct ntr_mem_space mem;
	struct ntr_pool_vs c;
	u64 key = 0;

	memcpy(&key, p, n < 8 ? n : 8);
	ntr_mem_space_init(&mem, AT, p, n);
	for (u64 va = AT; va < AT + n && va < AT + 512; va += 104)
		if (ntr_pool_vs_in(&mem.s, key, va, &c, NULL) == NTR_OK &&
		    (va < c.va || va - c.va >= c.size))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 *own;
	size_t n = size - 1;

	if (size < 2)
		return 0;
	own = malloc(n);
	if (!own)
		return 0;
	memcpy(own, data + 1, n);
	switch (data[0] % 5) {
	case 0:
		code(NTR_MACHINE_AMD64, own, n);
		break;
	case 1:
		code(NTR_MACHINE_X86, own, n);
		break;
	case 2:
		handler(own, n);
		break;
	case 3:
		image(own, n);
		break;
	default:
		chunks(own, n);
	}
	free(own);
	return 0;
}
