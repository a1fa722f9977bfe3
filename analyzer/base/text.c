// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static size_t utf8_put(char *out, u32 c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static u32 utf16_next(const u8 *p, size_t len, size_t *i)
{
	u32 c = p[*i] | (u32)p[*i + 1] << 8, d;

	*i += 2;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || *i + 2 > len)
		return 0xfffd;
	d = p[*i] | (u32)p[*i + 1] << 8;
	if (d < 0xdc00 || d > 0xdfff)
		return 0xfffd;
	*i += 2;
	return 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
}

size_t ntr_utf16_to_utf8(char *out, size_t size, const void *in, size_t len)
{
	const u8 *p = in;
	size_t n = 0, i = 0, k;
	char tmp[4];

	if (!size)
		return 0;
	while (i + 2 <= len) {
		u32 c = utf16_next(p, len, &i);

		if (!c)
			break;
		/* C0, DEL and C1: none of them may reach a terminal. */
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			c = '?';
		k = utf8_put(tmp, c);
		if (n + k >= size)
			break;
		memcpy(out + n, tmp, k);
		n += k;
	}
	out[n] = 0;
	return n;
}

size_t ntr_ascii_clean(char *out, size_t size, const void *in, size_t len)
{
	const u8 *p = in;
	size_t n = 0;

	if (!size)
		return 0;
	for (; n < len && n + 1 < size && p[n]; n++)
		out[n] = p[n] >= 0x20 && p[n] < 0x7f ? (char)p[n] : '?';
	out[n] = 0;
	return n;
}

bool ntr_filetime_text(char out[32], u64 filetime)
{
	s64 secs = (s64)(filetime / 10000000) - INT64_C(11644473600);
	time_t t = (time_t)secs;
	struct tm tm;

	out[0] = 0;
	if (!gmtime_r(&t, &tm) || tm.tm_year < -299 || tm.tm_year > 8099)
		return false;
	snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ",
		 (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday,
		 tm.tm_hour, tm.tm_min, tm.tm_sec);
	return true;
}

void ntr_guid_text(char out[37], const u8 g[16])
{
	snprintf(out, 37,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		 "%02x%02x%02x%02x%02x%02x",
		 g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9],
		 g[10], g[11], g[12], g[13], g[14], g[15]);
}

int ntr_strcasecmp(const char *a, const char *b)
{
	while (*a && ntr_ascii_lower(*a) == ntr_ascii_lower(*b)) {
		a++;
		b++;
	}
	return (u8)ntr_ascii_lower(*a) - (u8)ntr_ascii_lower(*b);
}
