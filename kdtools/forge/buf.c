// SPDX-License-Identifier: Apache-2.0
#include "buf.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

void f_buf_fini(struct f_buf *b)
{
	free(b->p);
	*b = (struct f_buf){ 0 };
}

static bool room(struct f_buf *b, size_t end)
{
	size_t cap = b->cap ? b->cap : 256;
	u8 *p;

	if (b->lost)
		return false;
	while (cap < end)
		cap *= 2;
	if (cap > b->cap) {
		p = realloc(b->p, cap);
		if (!p) {
			b->lost = true;
			return false;
		}
		memset(p + b->cap, 0, cap - b->cap);
		b->p = p;
		b->cap = cap;
	}
	if (end > b->n)
		b->n = end;
	return true;
}

void f_buf_put(struct f_buf *b, size_t off, const void *p, size_t len)
{
	if (len && room(b, off + len))
		memcpy(b->p + off, p, len);
}

void f_buf_zero(struct f_buf *b, size_t off, size_t len)
{
	if (len && room(b, off + len))
		memset(b->p + off, 0, len);
}

void f_buf_8(struct f_buf *b, size_t off, u8 v)
{
	f_buf_put(b, off, &v, 1);
}

void f_buf_16(struct f_buf *b, size_t off, u16 v)
{
	v = htole16(v);
	f_buf_put(b, off, &v, 2);
}

void f_buf_32(struct f_buf *b, size_t off, u32 v)
{
	v = htole32(v);
	f_buf_put(b, off, &v, 4);
}

void f_buf_64(struct f_buf *b, size_t off, u64 v)
{
	v = htole64(v);
	f_buf_put(b, off, &v, 8);
}

size_t f_buf_wide(struct f_buf *b, size_t off, const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		f_buf_16(b, off + i * 2, (u8)s[i]);
	return n * 2;
}

void f_buf_align(struct f_buf *b, size_t align)
{
	size_t n = (b->n + align - 1) / align * align;

	if (n > b->n)
		f_buf_zero(b, b->n, n - b->n);
}
