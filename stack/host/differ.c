// SPDX-License-Identifier: Apache-2.0
/*
 * Packet scripts: is a datagram what was expected?  What the expectation does
 * not mention is not compared, except the flags of TCP (PSH only if it is
 * written), its sequence, acknowledgement and content.
 */
#include "pkt.h"

#include <stdio.h>
#include <string.h>

struct differ {
	const struct pkt_datagram *want, *is;
	char *why;
	size_t size;
};

static bool number(struct differ *d, const char *what, u64 want, u64 is)
{
	if (want == is)
		return false;
	snprintf(d->why, d->size, "%s is %llu, not %llu", what,
		 (unsigned long long)is, (unsigned long long)want);
	return true;
}

static bool text(struct differ *d, const char *why)
{
	snprintf(d->why, d->size, "%s", why);
	return true;
}

static bool content(struct differ *d, u64 off, u32 skip)
{
	const struct pkt_datagram *w = d->want, *i = d->is;

	for (u32 k = 0; k < w->len; k++) {
		u8 b = w->bytes ? w->bytes[k] : pkt_pattern(off + k);

		if ((!w->mask || w->mask[k]) && i->bytes[skip + k] != b) {
			snprintf(d->why, d->size,
				 "byte %u of the content is %02x, not %02x", k,
				 i->bytes[skip + k], b);
			return true;
		}
	}
	return false;
}

static bool option(struct differ *d, const struct pkt_option *w,
		   const struct pkt_option *i)
{
	if (number(d, "the kind of an option", w->kind, i->kind) ||
	    number(d, "the count of values of an option", w->n, i->n))
		return true;
	for (unsigned k = 0; k < w->n && k < 8; k++)
		if (!(w->any & 1u << k) && w->v[k] != i->v[k]) {
			snprintf(d->why, d->size,
				 "value %u of option %u is %u, not %u", k + 1,
				 w->kind, i->v[k], w->v[k]);
			return true;
		}
	return false;
}

static bool isn(struct differ *d)
{
	u32 from = d->want->isn_from, to = d->want->isn_to;

	if (d->is->isn_from >= from && d->is->isn_from <= to)
		return false;
	snprintf(d->why, d->size, "the ISN is %u more, not %u to %u",
		 d->is->isn_from, from, to);
	return true;
}

static bool tcp(struct differ *d)
{
	const struct pkt_datagram *w = d->want, *i = d->is;
	u16 care = w->flags & PKT_PSH ? 0xff : 0xff & ~PKT_PSH;

	if ((w->flags ^ i->flags) & care)
		return text(d, "the flags are others");
	if (number(d, "the sequence", w->seq, i->seq) ||
	    number(d, "the length", w->len, i->len) ||
	    number(d, "the acknowledgement", w->ack, i->ack) ||
	    (w->given & PKT_HAS_FIELD &&
	     number(d, "the field of the acknowledgement", w->field,
		    i->field)) ||
	    (w->given & PKT_HAS_ISN && isn(d)) ||
	    (w->given & PKT_HAS_WIN && number(d, "the window", w->win, i->win)) ||
	    (w->given & PKT_HAS_URG &&
	     number(d, "the urgent pointer", w->urg, i->urg)))
		return true;
	if (w->given & PKT_HAS_OPTIONS) {
		if (number(d, "the count of options", w->noptions, i->noptions))
			return true;
		for (unsigned k = 0; k < w->noptions; k++)
			if (option(d, &w->option[k], &i->option[k]))
				return true;
	}
	return content(d, (u64)w->seq - 1, 0);
}

static bool udp(struct differ *d)
{
	return number(d, "the source port", d->want->sport, d->is->sport) ||
	       number(d, "the destination port", d->want->dport,
		      d->is->dport) ||
	       number(d, "the length", d->want->len, d->is->len) ||
	       (d->is->no_sum && !d->want->no_sum &&
		text(d, "there is no checksum")) || content(d, 0, 0);
}

static bool quote(struct differ *d)
{
	const struct pkt_quote *w = &d->want->quote, *i = &d->is->quote;

	if (!w->there)
		return false;
	if (!i->there)
		return text(d, "no header and 8 bytes of a datagram quoted");
	return number(d, "the protocol quoted", w->protocol, i->protocol) ||
	       (w->protocol == 6 &&
		number(d, "the sequence quoted", w->seq, i->seq)) ||
	       (w->protocol == 17 &&
		(number(d, "the source port quoted", w->sport, i->sport) ||
		 number(d, "the destination port quoted", w->dport,
			i->dport)));
}

static bool icmp(struct differ *d)
{
	const struct pkt_datagram *w = d->want, *i = d->is;

	if (number(d, "the type", w->type, i->type) ||
	    number(d, "the code", w->code, i->code) ||
	    (w->given & PKT_HAS_ECHO &&
	     (number(d, "the id", w->echo_id, i->echo_id) ||
	      number(d, "the sequence", w->echo_seq, i->echo_seq))) ||
	    (w->given & PKT_HAS_MTU && number(d, "the MTU", w->mtu, i->mtu)) ||
	    (w->given & PKT_HAS_POINTER &&
	     number(d, "the pointer", w->pointer, i->pointer)) || quote(d))
		return true;
	if (!(w->given & PKT_HAS_LEN))
		return false;
	return number(d, "the length", w->len, i->len) ||
	       (!w->quote.there && content(d, 0, 0));
}

/* The options of discovery in their order, if any was written. */
static bool nd_options(struct differ *d)
{
	const struct pkt_message6 *w = &d->want->m6, *i = &d->is->m6;

	if (!(d->want->given & PKT_HAS_ND))
		return false;
	if (number(d, "the count of options", w->noptions, i->noptions))
		return true;
	for (unsigned k = 0; k < w->noptions; k++)
		if (w->option[k].n != i->option[k].n ||
		    memcmp(w->option[k].b, i->option[k].b, w->option[k].n))
			return text(d, "an option of discovery is another");
	return false;
}

static bool icmp6(struct differ *d)
{
	const struct pkt_message6 *w = &d->want->m6, *i = &d->is->m6;

	if (number(d, "the count of bytes before the options", w->nfixed,
		   i->nfixed))
		return true;
	if (memcmp(w->fixed, i->fixed, w->nfixed))
		return text(d, "the target or the group is another");
	if (w->nfixed && number(d, "the flags", w->word, i->word))
		return true;
	return nd_options(d) || icmp(d);
}

static bool arp(struct differ *d)
{
	const struct pkt_datagram *w = d->want, *i = d->is;

	if (number(d, "the operation", w->op, i->op) ||
	    number(d, "the sender's address", w->from, i->from) ||
	    (w->op == 1 && number(d, "who is asked for", w->to, i->to)))
		return true;
	return w->given & PKT_HAS_MAC && memcmp(w->mac, i->mac, 6) &&
	       text(d, "the MAC address is another");
}

static bool header(struct differ *d)
{
	const struct pkt_datagram *w = d->want, *i = d->is;

	if (w->given & PKT_HAS_VIA && memcmp(w->via, i->via, 6))
		return text(d, "it went to another station");
	if (i->six && w->given & PKT_HAS_SRC && memcmp(w->src6, i->src6, 16))
		return text(d, "the source is another");
	if (i->six && w->given & PKT_HAS_DST && memcmp(w->dst6, i->dst6, 16))
		return text(d, "the destination is another");
	return (w->given & PKT_HAS_SRC && number(d, "the source", w->src,
						 i->src)) ||
	       (w->given & PKT_HAS_DST &&
		number(d, "the destination", w->dst, i->dst)) ||
	       (w->given & PKT_HAS_TTL && number(d, "the TTL", w->ttl,
						 i->ttl)) ||
	       (w->given & PKT_HAS_TOS && number(d, "the TOS", w->tos,
						 i->tos)) ||
	       (w->given & PKT_HAS_DF && number(d, "DF", w->df, i->df)) ||
	       (w->given & PKT_HAS_ID &&
		number(d, "the IP id (+: beyond the last)", w->id,
		       w->id_counts ? i->id_step : i->id));
}

bool pkt_differs(const struct pkt_datagram *want, const struct pkt_datagram *is,
		 char *why, size_t size)
{
	struct differ d = { want, is, why, size };

	if (want->kind != is->kind)
		return text(&d, "it is another kind of datagram");
	if (header(&d))
		return true;
	switch (want->kind) {
	case PKT_TCP:
		return tcp(&d);
	case PKT_UDP:
		return udp(&d);
	case PKT_ICMP:
		return icmp(&d);
	case PKT_ICMP6:
		return icmp6(&d);
	case PKT_ARP:
		return arp(&d);
	case PKT_FRAGMENT:
		return number(&d, "the piece's begin", want->from, is->from) ||
		       number(&d, "the piece's end", want->to, is->to) ||
		       number(&d, "\"more fragments\"", want->more, is->more);
	case PKT_IP:
		return number(&d, "the protocol", want->protocol,
			      is->protocol) ||
		       number(&d, "the length", want->len, is->len) ||
		       content(&d, 0, 0);
	case PKT_FRAME:
		return number(&d, "the length", want->len, is->len) ||
		       content(&d, 0, 0);
	default:
		return false;
	}
}
