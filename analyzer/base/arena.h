// SPDX-License-Identifier: Apache-2.0
/*
 * Arena: many small allocations with one lifetime (a dump, a session, a
 * command).  ntr_arena_alloc() gives zeroed, 16-byte aligned memory or NULL;
 * everything is freed by ntr_arena_fini().  A zeroed struct is an empty
 * arena.
 */
#ifndef NTR_ARENA_H
#define NTR_ARENA_H

#include "ntr_types.h"

struct ntr_arena {
	struct ntr_arena_block *head;
	size_t total; /* bytes handed out */
};

void ntr_arena_fini(struct ntr_arena *a);

NTR_MUST void *ntr_arena_alloc(struct ntr_arena *a, size_t len);
/* NULL also when n*each overflows. */
NTR_MUST void *ntr_arena_array(struct ntr_arena *a, size_t n, size_t each);
NTR_MUST char *ntr_arena_strdup(struct ntr_arena *a, const char *s);
NTR_MUST char *ntr_arena_strndup(struct ntr_arena *a, const char *s, size_t n);
/* Formatted; "" instead of NULL when memory is short, so it can be printed. */
const char *ntr_arena_printf(struct ntr_arena *a, const char *fmt, ...)
	NTR_PRINTF(2, 3);

#endif
