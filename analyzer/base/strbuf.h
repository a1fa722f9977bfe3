// SPDX-License-Identifier: Apache-2.0
/*
 * Growing text.  Appending never fails visibly: when memory is short the
 * text stays as it is and `lost` is set.  `s` is always NUL-terminated once
 * anything was added; use ntr_str_text() for a pointer that is never NULL.
 */
#ifndef NTR_STRBUF_H
#define NTR_STRBUF_H

#include "ntr_types.h"

struct ntr_str {
	char *s;
	size_t len, cap;
	bool lost;
};

void ntr_str_fini(struct ntr_str *b);
void ntr_str_clear(struct ntr_str *b);
void ntr_str_add(struct ntr_str *b, const char *s);
void ntr_str_addn(struct ntr_str *b, const char *s, size_t n);
void ntr_str_printf(struct ntr_str *b, const char *fmt, ...) NTR_PRINTF(2, 3);
const char *ntr_str_text(const struct ntr_str *b);

#endif
