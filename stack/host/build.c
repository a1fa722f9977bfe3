// SPDX-License-Identifier: Apache-2.0
/* Packet scripts: the bytes of a datagram that is written down. */
#include "octets.h"
#include "pkt.h"

#include <string.h>

u16 pkt_sum(const u8 *b, u32 n, u32 sum)
{
	for (u32 i = 0; i < n; i++)
		sum += i & 1 ? b[i] : (u32)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

/* RFC 9293 3.1: addresses, protocol, length. */
u32 pkt_pseudo(const u8 *ip, u32 length)
{
	u32 sum = ip[9] + length;

	for (int i = 12; i < 20; i += 2)
		sum += (u32)ip[i] << 8 | ip[i + 1];
	return sum;
}

void pkt_fill(const struct pkt_datagram *d, u64 off, u8 *b)
{
	if (d->bytes)
		memcpy(b, d->bytes, d->len);
	else
		for (u32 i = 0; i < d->len; i++)
			b[i] = pkt_pattern(off + i);
}

static u32 ip_header(const struct pkt_net *n, const struct pkt_datagram *d,
		     u8 protocol, u32 length, u8 *b)
{
	memset(b, 0, 20);
	b[0] = 0x45;
	b[1] = d->tos;
	put16(b + 2, 20 + length);
	put16(b + 4, d->given & PKT_HAS_ID ? d->id : 1);
	b[6] = d->df ? 0x40 : 0;
	b[8] = d->given & PKT_HAS_TTL ? d->ttl : 64;
	b[9] = protocol;
	put32(b + 12, d->given & PKT_HAS_SRC ? d->src :
		      d->kind == PKT_TCP ? n->flow[d->flow].remote_ip :
					   n->remote_ip);
	put32(b + 16, d->given & PKT_HAS_DST ? d->dst : n->local_ip);
	put16(b + 10, (u32)pkt_sum(b, 20, 0) ^ (d->bad_ip_sum ? 0x5555u : 0));
	return 20 + length;
}

/* Where what IP carries begins. */
static u32 head_of(const struct pkt_net *n, const struct pkt_datagram *d)
{
	return n->six ? pkt_head6(d) : 20;
}

/* The header; *sum: of the pseudo-header. All of its length. */
static u32 finish(const struct pkt_net *n, const struct pkt_datagram *d,
		  u8 protocol, u32 length, u8 *b, u32 *sum)
{
	u32 all = n->six ? pkt_header6(n, d, protocol, length, b) :
			   ip_header(n, d, protocol, length, b);

	*sum = n->six ? pkt_pseudo6(b, protocol, length) :
			pkt_pseudo(b, length);
	return all;
}

/* --- TCP --------------------------------------------------------------------------- */

static u32 option_value(const struct pkt_flow *f, const struct pkt_option *o,
			unsigned i)
{
	if (o->last & 1u << i)
		return f->last_ts;
	return o->kind == 5 ? o->v[i] + f->local_isn : o->v[i];
}

static u32 option(const struct pkt_flow *f, const struct pkt_option *o, u8 *b)
{
	static const u8 width[9] = { 0, 0, 2, 1, 0, 4, 0, 0, 4 };
	u32 n = 2;

	b[0] = o->kind;
	if (o->last & 0x80) {
		b[1] = (u8)o->v[0];
		return 2;
	}
	if (o->kind < 2)
		return 1;
	for (unsigned i = 0; i < o->n; i++) {
		u32 v = option_value(f, o, i), w = width[o->kind % 9];

		if (w == 4)
			put32(b + n, v);
		else if (w == 2)
			put16(b + n, v);
		else
			b[n] = (u8)v;
		n += w;
	}
	b[1] = (u8)n;
	return n;
}

static u32 tcp(struct pkt_net *n, const struct pkt_datagram *d, u8 *b)
{
	struct pkt_flow *f = &n->flow[d->flow];
	u8 *t = b + head_of(n, d);
	u32 head = 20, all, sum;

	if (d->fresh)
		f->known = false;
	if (d->given & PKT_HAS_PORTS)
		f->local_port = d->dport;
	memset(t, 0, 60);
	for (unsigned i = 0; i < d->noptions && head < 60; i++)
		head += option(f, &d->option[i], t + head);
	head = (head + 3) & ~3u;
	if (head > 60)
		return 0;
	put16(t, f->remote_port);
	put16(t + 2, f->local_port);
	put32(t + 4, d->seq + f->remote_isn);
	if (d->flags & PKT_ACK)
		put32(t + 8, d->ack + (f->known ? f->local_isn : 0));
	t[12] = (u8)(head << 2);
	t[13] = (u8)d->flags;
	put16(t + 14, d->given & PKT_HAS_WIN ? d->win : 65535);
	put16(t + 18, d->urg);
	pkt_fill(d, (u64)d->seq - !(d->flags & PKT_SYN), t + head);
	head += d->len;
	all = finish(n, d, 6, head, b, &sum);
	put16(t + 16, (u32)pkt_sum(t, head, sum) ^ (d->bad_sum ? 0x5555u : 0));
	return all;
}

/* --- UDP, ICMP, ARP -------------------------------------------------------------------- */

static u32 udp(const struct pkt_net *n, const struct pkt_datagram *d, u8 *b)
{
	u8 *u = b + head_of(n, d);
	u32 length = 8 + d->len, all, pseudo;
	u16 sum;

	put16(u, d->sport);
	put16(u + 2, d->dport);
	put16(u + 4, length);
	put16(u + 6, 0);
	pkt_fill(d, 0, u + 8);
	if (d->id_at)
		memcpy(u + 8 + d->id_at - 1, n->udp_id, sizeof(n->udp_id));
	all = finish(n, d, 17, length, b, &pseudo);
	sum = pkt_sum(u, length, pseudo);
	if (!d->no_sum)
		put16(u + 6, (sum ? sum : 0xffffu) ^
			     (d->bad_sum ? 0x5555u : 0));
	return all;
}

/* The header of a datagram of the machine's of 1500 bytes, and 8 bytes
 * (RFC 792). */
u32 pkt_quoted(const struct pkt_net *n, const struct pkt_datagram *d, u8 *b)
{
	const struct pkt_flow *f = &n->flow[d->flow];
	struct pkt_datagram of = { .kind = PKT_IP, .given = PKT_HAS_SRC |
				   PKT_HAS_DST, .src = n->local_ip,
				   .dst = d->quote.protocol == 6 ?
					  f->remote_ip : n->remote_ip,
				   .df = true };
	u32 head = n->six ? 40 : 20;

	memcpy(of.src6, n->local6, 16);
	memcpy(of.dst6, d->quote.protocol == 6 ? f->remote6 : n->remote6, 16);
	if (n->six)
		(void)pkt_header6(n, &of, d->quote.protocol, 1460, b);
	else
		(void)ip_header(n, &of, d->quote.protocol, 1480, b);
	b += head;
	memset(b, 0, 8);
	if (d->quote.protocol == 6) {
		put16(b, f->local_port);
		put16(b + 2, f->remote_port);
		put32(b + 4, d->quote.seq + f->local_isn);
	} else if (d->quote.protocol == 17) {
		put16(b, d->quote.sport);
		put16(b + 2, d->quote.dport);
		put16(b + 4, 20);
	} else {
		b[0] = n->six ? 128 : 8;
	}
	return head + 8;
}

static u32 icmp(const struct pkt_net *n, const struct pkt_datagram *d, u8 *b)
{
	u8 *m = b + 20;
	u32 length = 8;

	memset(m, 0, 8);
	m[0] = d->type;
	m[1] = d->code;
	if (d->given & PKT_HAS_ECHO) {
		put16(m + 4, d->echo_id);
		put16(m + 6, d->echo_seq);
	} else if (d->given & PKT_HAS_MTU) {
		put32(m + 4, d->mtu);
	} else if (d->given & PKT_HAS_POINTER) {
		m[4] = (u8)d->pointer;
	}
	if (d->quote.there)
		length += pkt_quoted(n, d, m + 8);
	pkt_fill(d, 0, m + length);
	length += d->len;
	put16(m + 2, (u32)pkt_sum(m, length, 0) ^ (d->bad_sum ? 0x5555u : 0));
	return ip_header(n, d, 1, length, b);
}

/* A frame: to all for a question, to the machine for an answer (RFC 826). */
static u32 arp(const struct pkt_net *n, const struct pkt_datagram *d, u8 *b)
{
	static const u8 head[10] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 0 };
	const u8 *mac = d->given & PKT_HAS_MAC ? d->mac : host_outside;

	memset(b, 0xff, 6);
	memcpy(b + 6, mac, 6);
	memcpy(b + 12, head, 10);
	b[21] = d->op;
	memcpy(b + 22, mac, 6);
	put32(b + 28, d->from);
	memset(b + 32, 0, 6);
	put32(b + 38, d->op == 1 ? d->to : n->local_ip);
	if (d->op == 2) {
		memcpy(b, n->mac, 6);
		memcpy(b + 32, n->mac, 6);
	}
	return 42;
}

/* Bytes of a protocol that has no name here. */
static u32 plain(const struct pkt_net *n, const struct pkt_datagram *d, u8 *b)
{
	u32 sum;

	pkt_fill(d, 0, b + head_of(n, d));
	return finish(n, d, d->protocol, d->len, b, &sum);
}

u32 pkt_build(struct pkt_net *n, const struct pkt_datagram *d, u8 *b)
{
	switch (d->kind) {
	case PKT_TCP:
		return tcp(n, d, b);
	case PKT_UDP:
		return udp(n, d, b);
	case PKT_ICMP:
		return icmp(n, d, b);
	case PKT_ARP:
		return arp(n, d, b);
	case PKT_IP:
		return plain(n, d, b);
	case PKT_ICMP6:
		return pkt_icmp6(n, d, b);
	case PKT_FRAME:
		memcpy(b, d->bytes, d->len);
		return d->len;
	default:
		return 0;
	}
}

u32 pkt_piece(const u8 *whole, u32 length, const struct pkt_datagram *piece,
	      u8 *b)
{
	u32 n = piece->to - piece->from, off = piece->from / 8;

	if (length && whole[0] >> 4 == 6)
		return pkt_piece6(whole, length, piece, b);
	if (length < 20 || off > 0x1fff)
		return 0;
	memcpy(b, whole, 20);
	put16(b + 2, 20 + n);
	if (piece->given & PKT_HAS_ID)
		put16(b + 4, piece->id);
	if (piece->given & PKT_HAS_TTL)
		b[8] = piece->ttl;
	put16(b + 6, off | (piece->more ? 0x2000u : 0));
	for (u32 i = 0; i < n; i++)
		b[20 + i] = 20 + piece->from + i < length ?
			    whole[20 + piece->from + i] : 0xee;
	put16(b + 10, 0);
	put16(b + 10, pkt_sum(b, 20, 0));
	return 20 + n;
}
