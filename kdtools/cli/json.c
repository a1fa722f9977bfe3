// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include <string.h>

#define BAD_CHAR 0xfffdu

/* Bytes of a character by its first byte; 0: cannot start one. */
static unsigned utf8_len(u8 c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c < 0xe0)
		return 2;
	if (c >= 0xe0 && c < 0xf0)
		return 3;
	return c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

u32 ntr_utf8_next(const char **s)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	static const u8 mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const u8 *p = (const u8 *)*s;
	unsigned n = utf8_len(*p);
	u32 c = n ? *p & mask[n] : BAD_CHAR;

	(*s)++;
	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return BAD_CHAR;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (n > 1 && (c < least[n] || c > 0x10ffff ||
		      (c >= 0xd800 && c < 0xe000)))
		return BAD_CHAR;
	*s += n ? n - 1 : 0;
	return c;
}

void ntr_json_init(struct ntr_json *j, struct ntr_str *s, bool pretty)
{
	*j = (struct ntr_json){ .s = s, .pretty = pretty };
}

static void newline(struct ntr_json *j)
{
	static const char spaces[] = "                                ";

	if (!j->pretty)
		return;
	ntr_str_addn(j->s, "\n", 1);
	ntr_str_addn(j->s, spaces, 2 * (size_t)j->depth);
}

static void put_u16(struct ntr_json *j, u32 c)
{
	static const char digit[] = "0123456789abcdef";
	char t[6] = { '\\', 'u', digit[c >> 12 & 15], digit[c >> 8 & 15],
		      digit[c >> 4 & 15], digit[c & 15] };

	ntr_str_addn(j->s, t, sizeof(t));
}

static void put_escaped(struct ntr_json *j, u32 c)
{
	static const char plain[] = "\"\\\b\f\n\r\t";
	static const char letter[] = "\"\\bfnrt";
	const char *at = c && c < 0x80 ? strchr(plain, (int)c) : NULL;

	if (at) {
		char t[2] = { '\\', letter[at - plain] };

		ntr_str_addn(j->s, t, 2);
	} else if (c >= 0x10000) {
		put_u16(j, 0xd800 + ((c - 0x10000) >> 10));
		put_u16(j, 0xdc00 + ((c - 0x10000) & 0x3ff));
	} else {
		put_u16(j, c);
	}
}

static void put_quoted(struct ntr_json *j, const char *v)
{
	ntr_str_addn(j->s, "\"", 1);
	while (*v) {
		const char *from = v;

		while ((u8)*v >= 0x20 && (u8)*v < 0x7f && *v != '"' &&
		       *v != '\\')
			v++;
		ntr_str_addn(j->s, from, (size_t)(v - from));
		if (*v)
			put_escaped(j, ntr_utf8_next(&v));
	}
	ntr_str_addn(j->s, "\"", 1);
}

/* What stands before a value: comma, line break, key. */
static void lead(struct ntr_json *j, const char *key)
{
	if (j->depth) {
		if (j->some[j->depth - 1])
			ntr_str_addn(j->s, ",", 1);
		j->some[j->depth - 1] = true;
		newline(j);
	}
	if (!key)
		return;
	put_quoted(j, key);
	ntr_str_add(j->s, j->pretty ? ": " : ":");
}

static void begin(struct ntr_json *j, const char *key, const char *bracket)
{
	lead(j, key);
	ntr_str_addn(j->s, bracket, 1);
	if (j->depth < NTR_JSON_DEPTH)
		j->some[j->depth++] = false;
}

static void end(struct ntr_json *j, const char *bracket)
{
	bool some = j->depth && j->some[j->depth - 1];

	if (j->depth)
		j->depth--;
	if (some)
		newline(j);
	ntr_str_addn(j->s, bracket, 1);
}

void ntr_json_raw(struct ntr_json *j, const char *key, const char *v)
{
	lead(j, key);
	ntr_str_add(j->s, v);
}

void ntr_json_object(struct ntr_json *j, const char *key)
{
	begin(j, key, "{");
}

void ntr_json_object_end(struct ntr_json *j)
{
	end(j, "}");
}

void ntr_json_array(struct ntr_json *j, const char *key)
{
	begin(j, key, "[");
}

void ntr_json_array_end(struct ntr_json *j)
{
	end(j, "]");
}

void ntr_json_str(struct ntr_json *j, const char *key, const char *v)
{
	if (!v) {
		ntr_json_null(j, key);
		return;
	}
	lead(j, key);
	put_quoted(j, v);
}

void ntr_json_hex(struct ntr_json *j, const char *key, u64 v)
{
	char t[20], *p = t + sizeof(t);

	*--p = '"';
	do
		*--p = "0123456789abcdef"[v & 15];
	while (v >>= 4);
	*--p = 'x';
	*--p = '0';
	lead(j, key);
	ntr_str_addn(j->s, "\"", 1);
	ntr_str_addn(j->s, p, (size_t)(t + sizeof(t) - p));
}

static void put_digits(struct ntr_json *j, u64 v)
{
	char t[20], *p = t + sizeof(t);

	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	ntr_str_addn(j->s, p, (size_t)(t + sizeof(t) - p));
}

void ntr_json_uint(struct ntr_json *j, const char *key, u64 v)
{
	lead(j, key);
	put_digits(j, v);
}

void ntr_json_int(struct ntr_json *j, const char *key, s64 v)
{
	lead(j, key);
	if (v < 0)
		ntr_str_addn(j->s, "-", 1);
	put_digits(j, v < 0 ? 0 - (u64)v : (u64)v);
}

void ntr_json_bool(struct ntr_json *j, const char *key, bool v)
{
	lead(j, key);
	ntr_str_add(j->s, v ? "true" : "false");
}

void ntr_json_null(struct ntr_json *j, const char *key)
{
	lead(j, key);
	ntr_str_add(j->s, "null");
}
