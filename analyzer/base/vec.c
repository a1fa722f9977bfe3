// SPDX-License-Identifier: Apache-2.0
#include "vec.h"

#include <stdlib.h>
#include <string.h>

bool ntr_vec_room(void **v, size_t n, size_t *cap, size_t each)
{
	size_t want, bytes;
	void *p;

	if (n < *cap)
		return true;
	want = *cap ? *cap * 2 : 16;
	if (__builtin_mul_overflow(want, each, &bytes))
		return false;
	p = realloc(*v, bytes);
	if (!p)
		return false;
	*v = p;
	*cap = want;
	return true;
}

void *ntr_vec_zero(void *p, size_t len)
{
	return memset(p, 0, len);
}

void ntr_vec_drop(void **v, size_t *n, size_t *cap)
{
	free(*v);
	*v = NULL;
	*n = *cap = 0;
}
