// SPDX-License-Identifier: Apache-2.0
/* Packet scripts: words, numbers, addresses and bytes of a line. */
#include "text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *pkt_blank(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

const char *pkt_number(const char *at, u64 *v)
{
	char *end;

	if (!isdigit((unsigned char)*at))
		return NULL;
	*v = strtoull(at, &end, at[0] == '0' && at[1] == 'x' ? 16 : 10);
	return end;
}

const char *pkt_address(const char *at, u32 *ip)
{
	u32 a = 0;

	for (int i = 0; i < 4; i++) {
		u64 v;

		if (i && *at++ != '.')
			return NULL;
		at = pkt_number(at, &v);
		if (!at || v > 255)
			return NULL;
		a = a << 8 | (u32)v;
	}
	*ip = a;
	return at;
}

const char *pkt_address6(const char *at, u8 *ip)
{
	size_t n = strspn(at, "0123456789abcdefABCDEF:.");
	char text[INET6_ADDRSTRLEN];

	if (n >= sizeof(text))
		return NULL;
	memcpy(text, at, n);
	text[n] = 0;
	return inet_pton(AF_INET6, text, ip) == 1 ? at + n : NULL;
}

/* --- pieces ------------------------------------------------------------------------ */

bool text_wrong(struct text *t, const char *what)
{
	if (!t->wrong)
		t->wrong = what;
	return false;
}

bool text_sign(struct text *t, char c)
{
	t->at = pkt_blank(t->at);
	if (*t->at != c)
		return false;
	t->at++;
	return true;
}

bool text_word(struct text *t, const char *w)
{
	size_t n = strlen(w);

	t->at = pkt_blank(t->at);
	if (strncmp(t->at, w, n) || isalnum((unsigned char)t->at[n]) ||
	    t->at[n] == '-' || t->at[n] == '_')
		return false;
	t->at += n;
	return true;
}

u64 text_number(struct text *t, u64 most)
{
	const char *end;
	u64 v = 0;

	t->at = pkt_blank(t->at);
	end = pkt_number(t->at, &v);
	if (!end || v > most) {
		text_wrong(t, "a number is missing or too large");
		return 0;
	}
	t->at = end;
	return v;
}

u32 text_address(struct text *t)
{
	const char *end;
	u32 a = 0;

	t->at = pkt_blank(t->at);
	end = pkt_address(t->at, &a);
	if (!end)
		return text_wrong(t, "an address is missing"), 0;
	t->at = end;
	return a;
}

void text_address6(struct text *t, u8 *to)
{
	const char *end;

	t->at = pkt_blank(t->at);
	end = pkt_address6(t->at, to);
	if (!end) {
		text_wrong(t, "an address of IPv6 is missing");
		return;
	}
	t->at = end;
	t->d->six = true;
}

void text_mac(struct text *t, u8 *m)
{
	for (int i = 0; i < 6; i++) {
		char two[3] = { 0 };

		t->at = i ? t->at : pkt_blank(t->at);
		if ((i && *t->at++ != ':') ||
		    !isxdigit((unsigned char)t->at[0]) ||
		    !isxdigit((unsigned char)t->at[1])) {
			text_wrong(t, "a MAC address is missing");
			return;
		}
		memcpy(two, t->at, 2);
		m[i] = (u8)strtoul(two, NULL, 16);
		t->at += 2;
	}
}

void text_name(struct text *t, char *to)
{
	size_t n = 0;

	t->at = pkt_blank(t->at);
	while ((isalnum((unsigned char)t->at[n]) || t->at[n] == '_') &&
	       n < PKT_NAME - 1)
		n++;
	if (!n)
		text_wrong(t, "a name is missing");
	memcpy(to, t->at, n);
	to[n] = 0;
	t->at += n;
}

/* HEX HEX …: how many; as long as there are pairs. */
u32 text_bytes(struct text *t, u8 *to, u32 room)
{
	u32 n = 0;

	for (t->at = pkt_blank(t->at);
	     isxdigit((unsigned char)t->at[0]) &&
	     isxdigit((unsigned char)t->at[1]) &&
	     !isalnum((unsigned char)t->at[2]); t->at = pkt_blank(t->at)) {
		char two[3] = { t->at[0], t->at[1], 0 };

		if (n == room) {
			text_wrong(t, "too many bytes");
			return 0;
		}
		to[n++] = (u8)strtoul(two, NULL, 16);
		t->at += 2;
	}
	return n;
}

/* --- what every datagram may have -------------------------------------------------------- */

static void either(struct text *t, u32 *four, u8 *six)
{
	t->at = pkt_blank(t->at);
	if (t->at[strspn(t->at, "0123456789abcdefABCDEF")] == ':')
		text_address6(t, six);
	else
		*four = text_address(t);
}

static bool common(struct text *t)
{
	struct pkt_datagram *d = t->d;

	if (text_word(t, "from")) {
		either(t, &d->src, d->src6);
		d->given |= PKT_HAS_SRC;
	} else if (text_word(t, "to")) {
		either(t, &d->dst, d->dst6);
		d->given |= PKT_HAS_DST;
	} else if (text_word(t, "via")) {
		text_mac(t, d->via);
		d->given |= PKT_HAS_VIA;
	} else if (text_header6(t)) {
		return true;
	} else if (text_word(t, "ttl")) {
		d->ttl = (u8)text_number(t, 255);
		d->given |= PKT_HAS_TTL;
	} else if (text_word(t, "tos")) {
		d->tos = (u8)text_number(t, 255);
		d->given |= PKT_HAS_TOS;
	} else if (text_word(t, "ipid")) {
		d->id_counts = text_sign(t, '+');
		d->id = (u16)text_number(t, 65535);
		d->given |= PKT_HAS_ID;
	} else if (text_word(t, "df") || text_word(t, "nodf")) {
		d->df = t->at[-3] != 'o';
		d->given |= PKT_HAS_DF;
	} else if (text_word(t, "badsum")) {
		d->bad_sum = true;
	} else if (text_word(t, "badipsum")) {
		d->bad_ip_sum = true;
	} else if (text_word(t, "nosum")) {
		d->no_sum = true;
	} else {
		return false;
	}
	return true;
}

void text_rest(struct text *t, bool (*more)(struct text *t))
{
	while (!t->wrong) {
		t->at = pkt_blank(t->at);
		if (!*t->at || *t->at == '#')
			return;
		if (!common(t) && !(more && more(t)))
			text_wrong(t, "there is something at the end");
	}
}

/* --- what an error of ICMP quotes ------------------------------------------------------- */

void text_quote(struct text *t)
{
	struct pkt_datagram *d = t->d;
	struct pkt_quote *q = &d->quote;

	q->there = true;
	if (text_word(t, "tcp")) {
		q->protocol = 6;
		q->seq = (u32)text_number(t, UINT32_MAX);
		return;
	}
	if (!text_word(t, "udp")) {
		q->protocol = text_word(t, "icmp6") ? 58 :
			      text_word(t, "icmp") ? 1 : 0;
		if (!q->protocol && text_word(t, "proto"))
			q->protocol = (u8)text_number(t, 255);
		return;
	}
	q->protocol = 17;
	q->sport = (u16)text_number(t, 65535);
	if (!text_sign(t, '>'))
		text_wrong(t, "quoting udp A > B");
	q->dport = (u16)text_number(t, 65535);
}
