// SPDX-License-Identifier: Apache-2.0
/* Packet scripts: the text of a datagram. */
#include "pkt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct text {
	const char *at;
	struct pkt_datagram *d;
	const char *wrong;
};

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

/* --- pieces ------------------------------------------------------------------------ */

static bool wrong(struct text *t, const char *what)
{
	if (!t->wrong)
		t->wrong = what;
	return false;
}

static bool sign(struct text *t, char c)
{
	t->at = pkt_blank(t->at);
	if (*t->at != c)
		return false;
	t->at++;
	return true;
}

static bool word(struct text *t, const char *w)
{
	size_t n = strlen(w);

	t->at = pkt_blank(t->at);
	if (strncmp(t->at, w, n) || isalnum((unsigned char)t->at[n]) ||
	    t->at[n] == '-' || t->at[n] == '_')
		return false;
	t->at += n;
	return true;
}

static u64 number(struct text *t, u64 most)
{
	const char *end;
	u64 v = 0;

	t->at = pkt_blank(t->at);
	end = pkt_number(t->at, &v);
	if (!end || v > most) {
		wrong(t, "a number is missing or too large");
		return 0;
	}
	t->at = end;
	return v;
}

static u32 address(struct text *t)
{
	const char *end;
	u32 a = 0;

	t->at = pkt_blank(t->at);
	end = pkt_address(t->at, &a);
	if (!end)
		return wrong(t, "an address is missing"), 0;
	t->at = end;
	return a;
}

static void mac(struct text *t, u8 *m)
{
	for (int i = 0; i < 6; i++) {
		char two[3] = { 0 };

		t->at = i ? t->at : pkt_blank(t->at);
		if ((i && *t->at++ != ':') ||
		    !isxdigit((unsigned char)t->at[0]) ||
		    !isxdigit((unsigned char)t->at[1])) {
			wrong(t, "a MAC address is missing");
			return;
		}
		memcpy(two, t->at, 2);
		m[i] = (u8)strtoul(two, NULL, 16);
		t->at += 2;
	}
}

static void name(struct text *t, char *to)
{
	size_t n = 0;

	t->at = pkt_blank(t->at);
	while ((isalnum((unsigned char)t->at[n]) || t->at[n] == '_') &&
	       n < PKT_NAME - 1)
		n++;
	if (!n)
		wrong(t, "a name is missing");
	memcpy(to, t->at, n);
	to[n] = 0;
	t->at += n;
}

/* Bytes in hex, "xx" any; to the end of the line. */
static void hex(struct text *t)
{
	struct pkt_datagram *d = t->d;
	size_t room = strlen(t->at) / 2 + 1;

	d->bytes = calloc(1, room);
	d->mask = calloc(1, room);
	if (!d->bytes || !d->mask) {
		wrong(t, "out of memory");
		return;
	}
	for (t->at = pkt_blank(t->at); *t->at; t->at = pkt_blank(t->at)) {
		char two[3] = { t->at[0], t->at[1], 0 };
		bool any = !strcmp(two, "xx");

		if (!any && (!isxdigit((unsigned char)two[0]) ||
			     !isxdigit((unsigned char)two[1]))) {
			wrong(t, "not two hexadecimal digits");
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
		wrong(t, "more bytes than a frame holds");
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
		wrong(t, "a name is written 'NAME#20'");
		return;
	}
	memcpy(b, t->at, n);
	b[15] = (u8)strtoul(t->at + n + 1, &end, 16);
	if (end != t->at + n + 3 || *end != '\'') {
		wrong(t, "a name is written 'NAME#20'");
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
	u64 n = number(t, PKT_FRAME_MAX), from = 0;

	if (word(t, "from"))
		from = number(t, UINT32_MAX);
	if (!sign(t, ')'))
		wrong(t, "\")\" is missing");
	for (u64 i = 0; i < n && !t->wrong; i++)
		put(t, pkt_pattern(from + i), false);
}

static void quoted(struct text *t)
{
	while (*t->at && *t->at != '"' && !t->wrong)
		put(t, (u8)*t->at++, false);
	if (!sign(t, '"'))
		wrong(t, "a quote is missing");
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
		wrong(t, "[…]: bytes in hexadecimal, xx, id, (N), "
			 "\"text\", 'NAME#20'");
		return;
	}
	t->at += 2;
}

/* Behind "[". */
static bool bytes(struct text *t)
{
	struct pkt_datagram *d = t->d;

	d->bytes = malloc(PKT_FRAME_MAX);
	d->mask = malloc(PKT_FRAME_MAX);
	if (!d->bytes || !d->mask)
		return wrong(t, "out of memory");
	d->len = 0;
	while (!t->wrong && !sign(t, ']')) {
		if (sign(t, '\'')) {
			netbios(t);
		} else if (sign(t, '(')) {
			pattern(t);
		} else if (sign(t, '"')) {
			quoted(t);
		} else if (word(t, "id")) {
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
static bool payload(struct text *t)
{
	struct pkt_datagram *d = t->d;
	const char *end;

	if (sign(t, '['))
		return bytes(t);
	if (sign(t, '(')) {
		d->len = (u32)number(t, 65535);
		d->given |= PKT_HAS_LEN;
		return sign(t, ')') || wrong(t, "\")\" is missing");
	}
	if (!sign(t, '"'))
		return false;
	end = strchr(t->at, '"');
	if (!end)
		return wrong(t, "a quote is missing");
	d->len = (u32)(end - t->at);
	d->bytes = malloc(d->len + 1);
	if (!d->bytes)
		return wrong(t, "out of memory");
	memcpy(d->bytes, t->at, d->len);
	d->given |= PKT_HAS_LEN;
	t->at = end + 1;
	return true;
}

/* --- what every datagram may have -------------------------------------------------------- */

static bool common(struct text *t)
{
	struct pkt_datagram *d = t->d;

	if (word(t, "from")) {
		d->src = address(t);
		d->given |= PKT_HAS_SRC;
	} else if (word(t, "to")) {
		d->dst = address(t);
		d->given |= PKT_HAS_DST;
	} else if (word(t, "ttl")) {
		d->ttl = (u8)number(t, 255);
		d->given |= PKT_HAS_TTL;
	} else if (word(t, "tos")) {
		d->tos = (u8)number(t, 255);
		d->given |= PKT_HAS_TOS;
	} else if (word(t, "ipid")) {
		d->id_counts = sign(t, '+');
		d->id = (u16)number(t, 65535);
		d->given |= PKT_HAS_ID;
	} else if (word(t, "df") || word(t, "nodf")) {
		d->df = t->at[-3] != 'o';
		d->given |= PKT_HAS_DF;
	} else if (word(t, "badsum")) {
		d->bad_sum = true;
	} else if (word(t, "badipsum")) {
		d->bad_ip_sum = true;
	} else if (word(t, "nosum")) {
		d->no_sum = true;
	} else {
		return false;
	}
	return true;
}

static void rest(struct text *t, bool (*more)(struct text *t))
{
	while (!t->wrong) {
		t->at = pkt_blank(t->at);
		if (!*t->at || *t->at == '#')
			return;
		if (!common(t) && !(more && more(t)))
			wrong(t, "there is something at the end");
	}
}

/* --- TCP ------------------------------------------------------------------------------------ */

static void value(struct text *t, struct pkt_option *o)
{
	if (o->n == 8) {
		wrong(t, "too many values in an option");
		return;
	}
	if (sign(t, '*'))
		o->any |= (u8)(1u << o->n++);
	else if (word(t, "last"))
		o->last |= (u8)(1u << o->n++);
	else
		o->v[o->n++] = (u32)number(t, UINT32_MAX);
}

static void sack(struct text *t, struct pkt_option *o)
{
	o->kind = 5;
	do {
		value(t, o);
		if (!sign(t, ':'))
			wrong(t, "sack A:B A:B");
		value(t, o);
		t->at = pkt_blank(t->at);
	} while (!t->wrong && isdigit((unsigned char)*t->at));
}

static void option(struct text *t, struct pkt_option *o)
{
	if (word(t, "mss")) {
		o->kind = 2;
		value(t, o);
	} else if (word(t, "nop")) {
		o->kind = 1;
	} else if (word(t, "eol")) {
		o->kind = 0;
	} else if (word(t, "wscale")) {
		o->kind = 3;
		value(t, o);
	} else if (word(t, "sackOK")) {
		o->kind = 4;
	} else if (word(t, "sack")) {
		sack(t, o);
	} else if (word(t, "TS")) {
		o->kind = 8;
		if (!word(t, "val"))
			wrong(t, "TS val V ecr E");
		value(t, o);
		if (!word(t, "ecr"))
			wrong(t, "TS val V ecr E");
		value(t, o);
	} else if (word(t, "kind")) { /* its length and no value */
		o->kind = (u8)number(t, 255);
		if (!word(t, "length"))
			wrong(t, "kind K length L");
		value(t, o);
		o->last = 0x80;
	} else {
		wrong(t, "no such option");
	}
}

static bool options(struct text *t)
{
	struct pkt_datagram *d = t->d;

	if (!sign(t, '<'))
		return false;
	d->given |= PKT_HAS_OPTIONS;
	if (sign(t, '>'))
		return true;
	do {
		if (d->noptions == PKT_OPTIONS)
			return wrong(t, "too many options");
		option(t, &d->option[d->noptions++]);
	} while (!t->wrong && sign(t, ','));
	return sign(t, '>') || wrong(t, "\">\" is missing");
}

static bool tcp_more(struct text *t)
{
	struct pkt_datagram *d = t->d;

	if (word(t, "ack")) {
		d->ack = (u32)number(t, UINT32_MAX);
	} else if (word(t, "field")) {
		d->field = (u32)number(t, UINT32_MAX);
		d->given |= PKT_HAS_FIELD;
	} else if (word(t, "isn")) {
		d->isn_from = d->isn_to = (u32)number(t, UINT32_MAX);
		if (sign(t, '~'))
			d->isn_to = (u32)number(t, UINT32_MAX);
		d->given |= PKT_HAS_ISN;
	} else if (word(t, "win")) {
		d->win = (u32)number(t, 65535);
		d->given |= PKT_HAS_WIN;
	} else if (word(t, "urg")) {
		d->urg = (u32)number(t, 65535);
		d->given |= PKT_HAS_URG;
	} else if (word(t, "flow")) {
		d->flow = (unsigned)number(t, PKT_FLOWS - 1);
	} else if (word(t, "new")) {
		d->fresh = true;
	} else if (word(t, "port")) {
		d->dport = (u16)number(t, 65535);
		d->given |= PKT_HAS_PORTS;
	} else if (sign(t, '[')) {
		u32 n = d->len;

		return bytes(t) && (d->len == n ||
				    wrong(t, "[…] is not of that length"));
	} else {
		return options(t);
	}
	return true;
}

static const char letters[] = "FSRP.UEW";

/* Flags, then seq:end(len), and end is checked. */
static bool tcp(struct text *t)
{
	struct pkt_datagram *d = t->d;
	const char *at = pkt_blank(t->at), *l;
	u32 end;

	if (*at == '-')              /* none */
		at++;
	for (; *at && (l = strchr(letters, *at)); at++)
		d->flags |= (u16)(1u << (l - letters));
	if (at == pkt_blank(t->at) || (*at != ' ' && *at != '\t'))
		return wrong(t, "no such kind of datagram");
	t->at = at;
	d->kind = PKT_TCP;
	d->given |= PKT_HAS_SEQ;
	d->seq = (u32)number(t, UINT32_MAX);
	if (!sign(t, ':'))
		return wrong(t, "the sequence is written A:B(LENGTH)");
	end = (u32)number(t, UINT32_MAX);
	if (!payload(t))
		return wrong(t, "the sequence is written A:B(LENGTH)");
	if (end != d->seq + d->len)
		return wrong(t, "A:B(LENGTH): B is not A + LENGTH");
	rest(t, tcp_more);
	return true;
}

/* --- UDP, ICMP, ARP ---------------------------------------------------------------------------- */

static bool udp(struct text *t)
{
	struct pkt_datagram *d = t->d;

	d->kind = PKT_UDP;
	d->sport = (u16)number(t, 65535);
	if (!sign(t, '>'))
		return wrong(t, "udp A > B (LENGTH)");
	d->dport = (u16)number(t, 65535);
	if (!payload(t))
		return wrong(t, "udp A > B (LENGTH)");
	rest(t, NULL);
	return true;
}

static const struct { const char *name; u8 type, code; } messages[] = {
	{ "echo-reply", 0, 0 }, { "net-unreachable", 3, 0 },
	{ "host-unreachable", 3, 1 }, { "protocol-unreachable", 3, 2 },
	{ "port-unreachable", 3, 3 }, { "frag-needed", 3, 4 },
	{ "admin-prohibited", 3, 13 }, { "source-quench", 4, 0 },
	{ "redirect", 5, 1 }, { "echo-request", 8, 0 },
	{ "ttl-exceeded", 11, 0 }, { "reassembly-exceeded", 11, 1 },
	{ "parameter-problem", 12, 0 }, { "timestamp-request", 13, 0 },
	{ "timestamp-reply", 14, 0 }, { "mask-request", 17, 0 },
};

static void quote(struct text *t)
{
	struct pkt_datagram *d = t->d;
	struct pkt_quote *q = &d->quote;

	q->there = true;
	if (word(t, "tcp")) {
		q->protocol = 6;
		q->seq = (u32)number(t, UINT32_MAX);
		return;
	}
	if (!word(t, "udp")) {
		q->protocol = word(t, "icmp") ? 1 : 0;
		if (!q->protocol && word(t, "proto"))
			q->protocol = (u8)number(t, 255);
		return;
	}
	q->protocol = 17;
	q->sport = (u16)number(t, 65535);
	if (!sign(t, '>'))
		wrong(t, "quoting udp A > B");
	q->dport = (u16)number(t, 65535);
}

static bool icmp_more(struct text *t)
{
	struct pkt_datagram *d = t->d;

	if (word(t, "id")) {
		d->echo_id = (u16)number(t, 65535);
		d->given |= PKT_HAS_ECHO;
	} else if (word(t, "seq")) {
		d->echo_seq = (u16)number(t, 65535);
	} else if (word(t, "mtu")) {
		d->mtu = (u32)number(t, 65535);
		d->given |= PKT_HAS_MTU;
	} else if (word(t, "pointer")) {
		d->pointer = (u32)number(t, 255);
		d->given |= PKT_HAS_POINTER;
	} else if (word(t, "gateway")) {
		d->mtu = address(t);
		d->given |= PKT_HAS_MTU;
	} else if (word(t, "quoting")) {
		quote(t);
	} else if (word(t, "flow")) {
		d->flow = (unsigned)number(t, PKT_FLOWS - 1);
	} else {
		return payload(t);
	}
	return true;
}

static bool icmp(struct text *t)
{
	struct pkt_datagram *d = t->d;
	size_t i, n = sizeof(messages) / sizeof(*messages);

	d->kind = PKT_ICMP;
	for (i = 0; i < n && !word(t, messages[i].name); i++)
		;
	if (i < n) {
		d->type = messages[i].type;
		d->code = messages[i].code;
	} else {
		d->type = (u8)number(t, 255);
		if (!sign(t, '/'))
			return wrong(t, "no such message of ICMP");
		d->code = (u8)number(t, 255);
	}
	rest(t, icmp_more);
	return true;
}

static bool arp_more(struct text *t)
{
	if (!word(t, "mac"))
		return false;
	mac(t, t->d->mac);
	t->d->given |= PKT_HAS_MAC;
	return true;
}

/* who-has A tell B, or A is-at MAC */
static bool arp(struct text *t)
{
	struct pkt_datagram *d = t->d;

	d->kind = PKT_ARP;
	if (word(t, "who-has")) {
		d->op = 1;
		d->to = address(t);
		if (!word(t, "tell"))
			return wrong(t, "arp who-has A tell B");
		d->from = address(t);
	} else {
		d->op = 2;
		d->from = address(t);
		if (!word(t, "is-at"))
			return wrong(t, "arp A is-at MAC");
		mac(t, d->mac);
		d->given |= PKT_HAS_MAC;
	}
	rest(t, arp_more);
	return true;
}

/* --- the rest ------------------------------------------------------------------------------------ */

static bool ip_more(struct text *t)
{
	return payload(t);
}

/* NAME 0-1480+ going in, 0-1480+ when it is expected; "+": more follow. */
static bool fragment(struct text *t)
{
	struct pkt_datagram *d = t->d;

	d->kind = PKT_FRAGMENT;
	t->at = pkt_blank(t->at);
	if (!isdigit((unsigned char)*t->at))
		name(t, d->of);
	d->from = (u32)number(t, 65535);
	if (!sign(t, '-'))
		return wrong(t, "frag NAME FROM-TO");
	d->to = (u32)number(t, 70000);
	d->more = sign(t, '+');
	if (d->from > d->to || d->from % 8)
		return wrong(t, "a piece begins at a multiple of 8 and does "
				"not end before");
	rest(t, NULL);
	return true;
}

const char *pkt_parse(const char *text, struct pkt_datagram *d)
{
	struct text t = { .at = text, .d = d };

	memset(d, 0, sizeof(*d));
	if (word(&t, "udp")) {
		udp(&t);
	} else if (word(&t, "icmp")) {
		icmp(&t);
	} else if (word(&t, "arp")) {
		arp(&t);
	} else if (word(&t, "frag")) {
		fragment(&t);
	} else if (word(&t, "nothing")) {
		d->kind = PKT_NOTHING;
	} else if (word(&t, "proto")) {
		d->kind = PKT_IP;
		d->protocol = (u8)number(&t, 255);
		rest(&t, ip_more);
	} else if (word(&t, "hex") || word(&t, "frame")) {
		d->kind = PKT_FRAME;
		d->protocol = t.at[-1] == 'x' ? 4 : 0; /* hex: no MAC header */
		hex(&t);
	} else {
		tcp(&t);
	}
	return t.wrong;
}

void pkt_datagram_free(struct pkt_datagram *d)
{
	free(d->bytes);
	free(d->mask);
	d->bytes = d->mask = NULL;
}
