// SPDX-License-Identifier: Apache-2.0
/*
 * Small conversions of what NT writes into text: UTF-16, FILETIME, GUID, and
 * names with bytes that must not reach a terminal.  A result always fits its
 * buffer and ends in NUL; what cannot be converted is replaced, never passed
 * on.  A conversion that a second file needs belongs here.
 */
#ifndef NTR_TEXT_H
#define NTR_TEXT_H

#include "ntr_types.h"

/*
 * UTF-16LE (len in bytes, stops at NUL) to UTF-8, always terminated, cut at a
 * character when out is too small.  Unpaired surrogates become U+FFFD,
 * control characters '?'.  Returns the length written.
 */
size_t ntr_utf16_to_utf8(char *out, size_t size, const void *in, size_t len);

/* The same cleaning for bytes (len, stops at NUL): not printable ASCII -> '?'. */
size_t ntr_ascii_clean(char *out, size_t size, const void *in, size_t len);

/* 100 ns since 1601 -> "2022-10-26T22:20:37Z"; false when out of 1601..9999. */
bool ntr_filetime_text(char out[32], u64 filetime);

/* 16 bytes as a GUID in mixed-endian order, lower case, with hyphens. */
void ntr_guid_text(char out[37], const u8 guid[16]);

static inline char ntr_ascii_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

/* Case-insensitive ASCII comparison, as NT compares file names. */
int ntr_strcasecmp(const char *a, const char *b);

#endif
