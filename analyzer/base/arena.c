// SPDX-License-Identifier: Apache-2.0
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK 16384u

struct ntr_arena_block {
	struct ntr_arena_block *next;
	size_t used, size;
	_Alignas(16) u8 data[];
};

void ntr_arena_fini(struct ntr_arena *a)
{
	struct ntr_arena_block *b = a->head, *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct ntr_arena){ 0 };
}

static struct ntr_arena_block *arena_grow(struct ntr_arena *a, size_t len)
{
	size_t size = len > ARENA_BLOCK / 4 ? len : ARENA_BLOCK;
	struct ntr_arena_block *b = malloc(sizeof(*b) + size);

	if (!b)
		return NULL;
	b->used = 0;
	b->size = size;
	/* A large block goes behind the head, whose room is still of use. */
	if (size != ARENA_BLOCK && a->head) {
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	return b;
}

void *ntr_arena_alloc(struct ntr_arena *a, size_t len)
{
	struct ntr_arena_block *b = a->head;
	void *p;

	if (len > SIZE_MAX - 64 - ARENA_BLOCK)
		return NULL;
	len = (len + 15) & ~(size_t)15;
	if (!b || b->size - b->used < len)
		b = arena_grow(a, len);
	if (!b)
		return NULL;
	p = b->data + b->used;
	b->used += len;
	a->total += len;
	return memset(p, 0, len);
}

void *ntr_arena_array(struct ntr_arena *a, size_t n, size_t each)
{
	size_t len;

	if (__builtin_mul_overflow(n, each, &len))
		return NULL;
	return ntr_arena_alloc(a, len);
}

char *ntr_arena_strndup(struct ntr_arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = ntr_arena_alloc(a, len + 1);

	if (p)
		memcpy(p, s, len);
	return p;
}

char *ntr_arena_strdup(struct ntr_arena *a, const char *s)
{
	return ntr_arena_strndup(a, s, strlen(s));
}

const char *ntr_arena_printf(struct ntr_arena *a, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *p;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return "";
	p = ntr_arena_alloc(a, (size_t)n + 1);
	if (!p)
		return "";
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
