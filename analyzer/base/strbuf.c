// SPDX-License-Identifier: Apache-2.0
#include "strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ntr_str_fini(struct ntr_str *b)
{
	free(b->s);
	*b = (struct ntr_str){ 0 };
}

void ntr_str_clear(struct ntr_str *b)
{
	b->len = 0;
	b->lost = false;
	if (b->s)
		b->s[0] = 0;
}

static bool str_room(struct ntr_str *b, size_t n)
{
	size_t want = b->cap ? b->cap : 128;
	char *p;

	if (n >= SIZE_MAX / 4 - b->len) {
		b->lost = true;
		return false;
	}
	while (want <= b->len + n)
		want *= 2;
	if (want == b->cap)
		return true;
	p = realloc(b->s, want);
	if (!p) {
		b->lost = true;
		return false;
	}
	b->s = p;
	b->cap = want;
	return true;
}

void ntr_str_addn(struct ntr_str *b, const char *s, size_t n)
{
	if (!str_room(b, n))
		return;
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = 0;
}

void ntr_str_add(struct ntr_str *b, const char *s)
{
	ntr_str_addn(b, s, strlen(s));
}

void ntr_str_printf(struct ntr_str *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !str_room(b, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

const char *ntr_str_text(const struct ntr_str *b)
{
	return b->s ? b->s : "";
}
