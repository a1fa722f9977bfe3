// SPDX-License-Identifier: Apache-2.0
/* Packet scripts: the bytes of a payload. */
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Bytes in hex, "xx" any; to the end of the line. */
void text_hex(struct text *t)
{
	struct pkt_datagram *d = t->d;
	size_t room = strlen(t->at) / 2 + 1;

	d->bytes = calloc(1, room);
	d->mask = calloc(1, room);
	if (!d->bytes || !d->mask) {
		text_wrong(t, "out of memory");
		return;
	}
	for (t->at = pkt_blank(t->at); *t->at; t->at = pkt_blank(t->at)) {
		char two[3] = { t->at[0], t->at[1], 0 };
		bool any = !strcmp(two, "xx");

		if (!any && (!isxdigit((unsigned char)two[0]) ||
			     !isxdigit((unsigned char)two[1]))) {
			text_wrong(t, "not two hexadecimal digits");
			return;
		}
		d->mask[d->len] = !any;
		d->bytes[d->len++] = any ? 0 : (u8)strtoul(two, NULL, 16);
		t->at += 2;
	}
}

static void put(struct text *t, u8 b, bool any)
{
	struct pkt_datagram *d = t->d;

	if (d->len == PKT_FRAME_MAX) {
		text_wrong(t, "more bytes than a frame holds");
		return;
	}
	d->mask[d->len] = !any;
	d->bytes[d->len++] = b;
}

/* 'NAME#20': RFC 1001 14.1, RFC 1002 4.1: a length, 32 letters, no scope. */
static void netbios(struct text *t)
{
	u8 b[16];
	size_t n = strcspn(t->at, "'#");
	char *end = NULL;

	memset(b, ' ', 15);
	if (n > 15 || t->at[n] != '#') {
		text_wrong(t, "a name is written 'NAME#20'");
		return;
	}
	memcpy(b, t->at, n);
	b[15] = (u8)strtoul(t->at + n + 1, &end, 16);
	if (end != t->at + n + 3 || *end != '\'') {
		text_wrong(t, "a name is written 'NAME#20'");
		return;
	}
	put(t, 32, false);
	for (int i = 0; i < 16; i++) {
		put(t, (u8)('A' + b[i] / 16), false);
		put(t, (u8)('A' + b[i] % 16), false);
	}
	put(t, 0, false);
	t->at = end + 1;
}

/* (100): of the pattern; behind "from 50" from there on. */
static void pattern(struct text *t)
{
	u64 n = text_number(t, PKT_FRAME_MAX), from = 0;

	if (text_word(t, "from"))
		from = text_number(t, UINT32_MAX);
	if (!text_sign(t, ')'))
		text_wrong(t, "\")\" is missing");
	for (u64 i = 0; i < n && !t->wrong; i++)
		put(t, pkt_pattern(from + i), false);
}

static void quoted(struct text *t)
{
	while (*t->at && *t->at != '"' && !t->wrong)
		put(t, (u8)*t->at++, false);
	if (!text_sign(t, '"'))
		text_wrong(t, "a quote is missing");
}

static void hex_byte(struct text *t)
{
	char two[3] = { t->at[0], t->at[0] ? t->at[1] : 0, 0 };

	if (!strcmp(two, "xx")) {
		put(t, 0, true);
	} else if (isxdigit((unsigned char)two[0]) &&
		   isxdigit((unsigned char)two[1])) {
		put(t, (u8)strtoul(two, NULL, 16), false);
	} else {
		text_wrong(t, "[…]: bytes in hexadecimal, xx, id, (N), "
			 "\"text\", 'NAME#20'");
		return;
	}
	t->at += 2;
}

/* Behind "[". */
bool text_in_brackets(struct text *t)
{
	struct pkt_datagram *d = t->d;

	d->bytes = malloc(PKT_FRAME_MAX);
	d->mask = malloc(PKT_FRAME_MAX);
	if (!d->bytes || !d->mask)
		return text_wrong(t, "out of memory");
	d->len = 0;
	while (!t->wrong && !text_sign(t, ']')) {
		if (text_sign(t, '\'')) {
			netbios(t);
		} else if (text_sign(t, '(')) {
			pattern(t);
		} else if (text_sign(t, '"')) {
			quoted(t);
		} else if (text_word(t, "id")) {
			d->id_at = d->len + 1;
			put(t, 0, true);
			put(t, 0, true);
		} else {
			hex_byte(t);
		}
	}
	d->given |= PKT_HAS_LEN;
	return !t->wrong;
}

/* (100) or "text" or [bytes] */
bool text_payload(struct text *t)
{
	struct pkt_datagram *d = t->d;
	const char *end;

	if (text_sign(t, '['))
		return text_in_brackets(t);
	if (text_sign(t, '(')) {
		d->len = (u32)text_number(t, 65535);
		d->given |= PKT_HAS_LEN;
		return text_sign(t, ')') || text_wrong(t, "\")\" is missing");
	}
	if (!text_sign(t, '"'))
		return false;
	end = strchr(t->at, '"');
	if (!end)
		return text_wrong(t, "a quote is missing");
	d->len = (u32)(end - t->at);
	d->bytes = malloc(d->len + 1);
	if (!d->bytes)
		return text_wrong(t, "out of memory");
	memcpy(d->bytes, t->at, d->len);
	d->given |= PKT_HAS_LEN;
	t->at = end + 1;
	return true;
}
