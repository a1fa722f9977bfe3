// SPDX-License-Identifier: Apache-2.0
/*
 * What fuzz targets of the stack share: frames out of an input, and the pool that
 * a driver leaves behind.
 *
 * Invariant: a frame has a block of its own, of just its length, so that
 * AddressSanitizer sees whoever looks behind it.
 *
 * To add a target: tests/stack/fuzz_NAME.c with begin, feed and end of its own.
 */
#ifndef TESTS_STACK_FUZZED_H
#define TESTS_STACK_FUZZED_H

#include "../fuzz/fuzz.h"
#include "ex/ex.h"

#include <stdlib.h>
#include <string.h>

/* The next one of an input: a byte of flags, two of length, the bytes. NULL: no
 * more; the caller frees it. */
static inline u8 *fuzzed_frame(const uint8_t **d, size_t *n, u8 *flags,
			       size_t *len)
{
	u8 *frame;

	if (*n <= 3)
		return NULL;
	*flags = (*d)[0];
	*len = (*d)[1] | (size_t)(*d)[2] << 8;
	*d += 3;
	*n -= 3;
	if (*len > *n)
		*len = *n;
	frame = malloc(*len ? *len : 1);
	must(frame, "no memory");
	memcpy(frame, *d, *len);
	*d += *len;
	*n -= *len;
	return frame;
}

/* Bytes of live blocks of a tag, "TcIp". */
static inline u64 fuzzed_tag(struct ex *x, const char *tag)
{
	return ex_pool_bytes(x, EX_NONPAGED,
			     EX_TAG(tag[0], tag[1], tag[2], tag[3]));
}

/* Every block is whole; of these tags, "AbcdEfgh", there is none. */
static inline void fuzzed_nothing_left(struct ex *x, const char *tags)
{
	char why[200] = "";

	must(ex_pool_check(x, EX_NONPAGED, why, sizeof(why)), why);
	for (const char *p = tags; *p; p += 4)
		must(!fuzzed_tag(x, p), p);
}

#endif
