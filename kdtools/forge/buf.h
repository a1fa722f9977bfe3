// SPDX-License-Identifier: Apache-2.0
/*
 * Growing bytes with little-endian stores at any offset (the gap is zero).
 * When memory is short `lost` is set and stores do nothing.
 */
#ifndef FORGE_BUF_H
#define FORGE_BUF_H

#include "base/ntr_types.h"

struct f_buf {
	u8 *p;
	size_t n, cap;
	bool lost;
};

void f_buf_fini(struct f_buf *b);
void f_buf_put(struct f_buf *b, size_t off, const void *p, size_t len);
void f_buf_zero(struct f_buf *b, size_t off, size_t len);
void f_buf_8(struct f_buf *b, size_t off, u8 v);
void f_buf_16(struct f_buf *b, size_t off, u16 v);
void f_buf_32(struct f_buf *b, size_t off, u32 v);
void f_buf_64(struct f_buf *b, size_t off, u64 v);
/* ASCII as UTF-16LE without a NUL; returns the bytes written. */
size_t f_buf_wide(struct f_buf *b, size_t off, const char *s);
void f_buf_align(struct f_buf *b, size_t align);

#endif
