// SPDX-License-Identifier: Apache-2.0
/* Expressions and ranges over a few bytes of memory, for both pointer sizes. */
#include "../../kdtools/cmd/expr.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static bool reg(void *ctx, const char *name, u64 *v, bool *known)
{
	(void)ctx;
	*v = strlen(name);
	*known = name[0] != 'u';
	return name[0] == 'r' || name[0] == 'u' || name[0] == '$';
}

static enum ntr_st symbol(void *ctx, const char *name, u64 *va,
			  struct ntr_err *e)
{
	(void)ctx;
	if (name[0] == 'n')
		return ntr_fail(e, NTR_ABSENT, "no %.20s", name);
	*va = 0x1000;
	return NTR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const u8 bytes[64] = { 0, 0x10, 0, 0, 0x20, 0x10 };
	char *text = malloc(size + 1);
	struct ntr_mem_space mem;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	ntr_mem_space_init(&mem, 0x1000, bytes, sizeof(bytes));
	for (unsigned ptr = 4; ptr <= 8; ptr += 4) {
		struct ntr_expr_env env = { ptr, &mem.s, reg, symbol, NULL };
		struct ntr_expr_err e = { .e = { "" } };
		struct ntr_expr_range r = { .addr = 0 };
		const char *s = text;
		u64 v;

		if (ntr_expr_all(&env, text, &v, &e) && e.at > strlen(text))
			abort();
		if (ntr_expr_range(&env, &s, ptr, 8, 100, &r, &e) == NTR_OK &&
		    (s < text || s > text + size))
			abort();
	}
	free(text);
	return 0;
}
