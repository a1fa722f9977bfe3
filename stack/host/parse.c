// SPDX-License-Identifier: Apache-2.0
/* Packet scripts: the text of a datagram; of IPv6: parse6.c. */
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* --- TCP ------------------------------------------------------------------------------------ */

static void value(struct text *t, struct pkt_option *o)
{
	if (o->n == 8) {
		text_wrong(t, "too many values in an option");
		return;
	}
	if (text_sign(t, '*'))
		o->any |= (u8)(1u << o->n++);
	else if (text_word(t, "last"))
		o->last |= (u8)(1u << o->n++);
	else
		o->v[o->n++] = (u32)text_number(t, UINT32_MAX);
}

static void sack(struct text *t, struct pkt_option *o)
{
	o->kind = 5;
	do {
		value(t, o);
		if (!text_sign(t, ':'))
			text_wrong(t, "sack A:B A:B");
		value(t, o);
		t->at = pkt_blank(t->at);
	} while (!t->wrong && isdigit((unsigned char)*t->at));
}

static void option(struct text *t, struct pkt_option *o)
{
	if (text_word(t, "mss")) {
		o->kind = 2;
		value(t, o);
	} else if (text_word(t, "nop")) {
		o->kind = 1;
	} else if (text_word(t, "eol")) {
		o->kind = 0;
	} else if (text_word(t, "wscale")) {
		o->kind = 3;
		value(t, o);
	} else if (text_word(t, "sackOK")) {
		o->kind = 4;
	} else if (text_word(t, "sack")) {
		sack(t, o);
	} else if (text_word(t, "TS")) {
		o->kind = 8;
		if (!text_word(t, "val"))
			text_wrong(t, "TS val V ecr E");
		value(t, o);
		if (!text_word(t, "ecr"))
			text_wrong(t, "TS val V ecr E");
		value(t, o);
	} else if (text_word(t, "kind")) { /* its length and no value */
		o->kind = (u8)text_number(t, 255);
		if (!text_word(t, "length"))
			text_wrong(t, "kind K length L");
		value(t, o);
		o->last = 0x80;
	} else {
		text_wrong(t, "no such option");
	}
}

static bool options(struct text *t)
{
	struct pkt_datagram *d = t->d;

	if (!text_sign(t, '<'))
		return false;
	d->given |= PKT_HAS_OPTIONS;
	if (text_sign(t, '>'))
		return true;
	do {
		if (d->noptions == PKT_OPTIONS)
			return text_wrong(t, "too many options");
		option(t, &d->option[d->noptions++]);
	} while (!t->wrong && text_sign(t, ','));
	return text_sign(t, '>') || text_wrong(t, "\">\" is missing");
}

static bool tcp_more(struct text *t)
{
	struct pkt_datagram *d = t->d;

	if (text_word(t, "ack")) {
		d->ack = (u32)text_number(t, UINT32_MAX);
	} else if (text_word(t, "field")) {
		d->field = (u32)text_number(t, UINT32_MAX);
		d->given |= PKT_HAS_FIELD;
	} else if (text_word(t, "isn")) {
		d->isn_from = d->isn_to = (u32)text_number(t, UINT32_MAX);
		if (text_sign(t, '~'))
			d->isn_to = (u32)text_number(t, UINT32_MAX);
		d->given |= PKT_HAS_ISN;
	} else if (text_word(t, "win")) {
		d->win = (u32)text_number(t, 65535);
		d->given |= PKT_HAS_WIN;
	} else if (text_word(t, "urg")) {
		d->urg = (u32)text_number(t, 65535);
		d->given |= PKT_HAS_URG;
	} else if (text_word(t, "flow")) {
		d->flow = (unsigned)text_number(t, PKT_FLOWS - 1);
	} else if (text_word(t, "new")) {
		d->fresh = true;
	} else if (text_word(t, "port")) {
		d->dport = (u16)text_number(t, 65535);
		d->given |= PKT_HAS_PORTS;
	} else if (text_sign(t, '[')) {
		u32 n = d->len;

		return text_in_brackets(t) &&
		       (d->len == n ||
			text_wrong(t, "[…] is not of that length"));
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
		return text_wrong(t, "no such kind of datagram");
	t->at = at;
	d->kind = PKT_TCP;
	d->given |= PKT_HAS_SEQ;
	d->seq = (u32)text_number(t, UINT32_MAX);
	if (!text_sign(t, ':'))
		return text_wrong(t, "the sequence is written A:B(LENGTH)");
	end = (u32)text_number(t, UINT32_MAX);
	if (!text_payload(t))
		return text_wrong(t, "the sequence is written A:B(LENGTH)");
	if (end != d->seq + d->len)
		return text_wrong(t, "A:B(LENGTH): B is not A + LENGTH");
	text_rest(t, tcp_more);
	return true;
}

/* --- UDP, ICMP, ARP ---------------------------------------------------------------------------- */

static bool udp(struct text *t)
{
	struct pkt_datagram *d = t->d;

	d->kind = PKT_UDP;
	d->sport = (u16)text_number(t, 65535);
	if (!text_sign(t, '>'))
		return text_wrong(t, "udp A > B (LENGTH)");
	d->dport = (u16)text_number(t, 65535);
	if (!text_payload(t))
		return text_wrong(t, "udp A > B (LENGTH)");
	text_rest(t, NULL);
	return true;
}

static const struct text_message messages[] = {
	{ "echo-reply", 0, 0 }, { "net-unreachable", 3, 0 },
	{ "host-unreachable", 3, 1 }, { "protocol-unreachable", 3, 2 },
	{ "port-unreachable", 3, 3 }, { "frag-needed", 3, 4 },
	{ "admin-prohibited", 3, 13 }, { "source-quench", 4, 0 },
	{ "redirect", 5, 1 }, { "echo-request", 8, 0 },
	{ "ttl-exceeded", 11, 0 }, { "reassembly-exceeded", 11, 1 },
	{ "parameter-problem", 12, 0 }, { "timestamp-request", 13, 0 },
	{ "timestamp-reply", 14, 0 }, { "mask-request", 17, 0 },
};

bool text_icmp_more(struct text *t)
{
	struct pkt_datagram *d = t->d;

	if (text_word(t, "id")) {
		d->echo_id = (u16)text_number(t, 65535);
		d->given |= PKT_HAS_ECHO;
	} else if (text_word(t, "seq")) {
		d->echo_seq = (u16)text_number(t, 65535);
	} else if (text_word(t, "mtu")) {
		d->mtu = (u32)text_number(t, UINT32_MAX);
		d->given |= PKT_HAS_MTU;
	} else if (text_word(t, "pointer")) {
		d->pointer = (u32)text_number(t, 65535);
		d->given |= PKT_HAS_POINTER;
	} else if (text_word(t, "gateway")) {
		d->mtu = text_address(t);
		d->given |= PKT_HAS_MTU;
	} else if (text_word(t, "quoting")) {
		text_quote(t);
	} else if (text_word(t, "flow")) {
		d->flow = (unsigned)text_number(t, PKT_FLOWS - 1);
	} else {
		return text_payload(t);
	}
	return true;
}

bool text_message(struct text *t, const struct text_message *m, size_t n,
		  const char *none)
{
	struct pkt_datagram *d = t->d;
	size_t i;

	for (i = 0; i < n && !text_word(t, m[i].name); i++)
		;
	if (i < n) {
		d->type = m[i].type;
		d->code = m[i].code;
	} else {
		d->type = (u8)text_number(t, 255);
		if (!text_sign(t, '/'))
			return text_wrong(t, none);
		d->code = (u8)text_number(t, 255);
	}
	text_rest(t, text_icmp_more);
	return true;
}

static bool icmp(struct text *t)
{
	t->d->kind = PKT_ICMP;
	return text_message(t, messages, sizeof(messages) / sizeof(*messages),
			    "no such message of ICMP");
}

static bool arp_more(struct text *t)
{
	if (!text_word(t, "mac"))
		return false;
	text_mac(t, t->d->mac);
	t->d->given |= PKT_HAS_MAC;
	return true;
}

/* who-has A tell B, or A is-at MAC */
static bool arp(struct text *t)
{
	struct pkt_datagram *d = t->d;

	d->kind = PKT_ARP;
	if (text_word(t, "who-has")) {
		d->op = 1;
		d->to = text_address(t);
		if (!text_word(t, "tell"))
			return text_wrong(t, "arp who-has A tell B");
		d->from = text_address(t);
	} else {
		d->op = 2;
		d->from = text_address(t);
		if (!text_word(t, "is-at"))
			return text_wrong(t, "arp A is-at MAC");
		text_mac(t, d->mac);
		d->given |= PKT_HAS_MAC;
	}
	text_rest(t, arp_more);
	return true;
}

/* --- the rest ------------------------------------------------------------------------------------ */

static bool ip_more(struct text *t)
{
	return text_payload(t);
}

/* NAME 0-1480+ going in, 0-1480+ when it is expected; "+": more follow. */
static bool fragment(struct text *t)
{
	struct pkt_datagram *d = t->d;

	d->kind = PKT_FRAGMENT;
	t->at = pkt_blank(t->at);
	if (!isdigit((unsigned char)*t->at))
		text_name(t, d->of);
	d->from = (u32)text_number(t, 65535);
	if (!text_sign(t, '-'))
		return text_wrong(t, "frag NAME FROM-TO");
	d->to = (u32)text_number(t, 70000);
	d->more = text_sign(t, '+');
	if (d->from > d->to || d->from % 8)
		return text_wrong(t, "a piece begins at a multiple of 8 and does "
				"not end before");
	text_rest(t, NULL);
	return true;
}

const char *pkt_parse(const char *text, struct pkt_datagram *d)
{
	struct text t = { .at = text, .d = d };

	memset(d, 0, sizeof(*d));
	if (text_parse6(&t)) {
		return t.wrong;
	} else if (text_word(&t, "udp")) {
		udp(&t);
	} else if (text_word(&t, "icmp")) {
		icmp(&t);
	} else if (text_word(&t, "arp")) {
		arp(&t);
	} else if (text_word(&t, "frag")) {
		fragment(&t);
	} else if (text_word(&t, "nothing")) {
		d->kind = PKT_NOTHING;
	} else if (text_word(&t, "proto")) {
		d->kind = PKT_IP;
		d->protocol = (u8)text_number(&t, 255);
		text_rest(&t, ip_more);
	} else if (text_word(&t, "hex") || text_word(&t, "frame")) {
		d->kind = PKT_FRAME;
		d->protocol = t.at[-1] == 'x' ? 4 : 0; /* hex: no MAC header */
		text_hex(&t);
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
