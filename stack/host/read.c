// SPDX-License-Identifier: Apache-2.0
/*
 * Packet scripts: a frame that the machine has sent, as a datagram like those
 * that are written down, and as text.  Every checksum and length is looked at.
 */
#include "octets.h"
#include "pkt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- TCP --------------------------------------------------------------------------- */

static bool option(const struct pkt_flow *f, const u8 *o, u32 n,
		   struct pkt_option *out)
{
	static const u8 length[9] = { 0, 0, 4, 3, 2, 0, 0, 0, 10 };

	*out = (struct pkt_option){ .kind = o[0] };
	if (o[0] <= 8 && length[o[0]] && n != length[o[0]])
		return false;
	if (o[0] == 2)
		out->v[out->n++] = get16(o + 2);
	else if (o[0] == 3)
		out->v[out->n++] = o[2];
	else if (o[0] == 8 || o[0] == 5)
		for (u32 i = 2; i + 4 <= n && out->n < 8; i += 4)
			out->v[out->n++] = get32(o + i) -
					   (o[0] == 5 ? f->remote_isn : 0);
	return o[0] != 5 || (n > 2 && (n - 2) % 8 == 0);
}

static const char *options(const struct pkt_flow *f, const u8 *o, u32 n,
			   struct pkt_datagram *d)
{
	for (u32 i = 0, len; i < n; i += len) {
		len = o[i] < 2 ? 1 : i + 1 < n ? o[i + 1] : 0;
		if (!len || (o[i] >= 2 && len < 2) || i + len > n)
			return "an option of TCP that does not fit";
		if (d->noptions == PKT_OPTIONS)
			return "too many options of TCP";
		if (!option(f, o + i, len, &d->option[d->noptions++]))
			return "an option of TCP of a wrong length";
		if (!o[i]) /* padding follows */
			return NULL;
	}
	return NULL;
}

/* Ports and the initial sequence number of the machine, when they are news. */
static void learn(struct pkt_net *n, struct pkt_flow *f, const u8 *t,
		  bool fresh, struct pkt_datagram *d)
{
	u8 kind = t[13] & (PKT_SYN | PKT_ACK | PKT_RST);

	if (fresh)
		f->known = false;
	if (f->known || !(kind & PKT_SYN) || kind & PKT_RST)
		return;
	f->known = true;
	f->local_isn = get32(t + 4);
	d->isn_from = d->isn_to = f->local_isn - n->last_isn;
	n->last_isn = f->local_isn;
	if (kind & PKT_ACK)
		return;
	f->remote_ip = d->dst;
	memcpy(f->remote6, d->dst6, 16);
	f->local_port = get16(t);
	f->remote_port = get16(t + 2);
}

static const char *tcp(struct pkt_net *n, const u8 *t, u32 length, u32 sum,
		       const struct pkt_datagram *want, struct pkt_datagram *d)
{
	bool ours = want && want->kind == PKT_TCP;
	struct pkt_flow *f = &n->flow[ours ? want->flow : 0];
	const char *why;
	u32 head;

	d->kind = PKT_TCP;
	if (length < 20 || (head = (u32)(t[12] >> 4) * 4) < 20 || head > length)
		return "a header of TCP that does not fit";
	if (pkt_sum(t, length, sum))
		return "a wrong checksum of TCP";
	learn(n, f, t, ours && want->fresh, d);
	d->flow = ours ? want->flow : 0;
	d->sport = get16(t);
	d->dport = get16(t + 2);
	d->flags = t[13];
	d->seq = get32(t + 4) - (f->known ? f->local_isn : 0);
	d->ack = d->flags & PKT_ACK ? get32(t + 8) - f->remote_isn : 0;
	d->field = get32(t + 8) - (f->known ? f->local_isn : 0);
	d->win = get16(t + 14);
	d->urg = get16(t + 18);
	d->len = length - head;
	d->bytes = (u8 *)(uintptr_t)t + head;
	why = options(f, t + 20, head - 20, d);
	for (unsigned i = 0; i < d->noptions; i++)
		if (d->option[i].kind == 8)
			f->last_ts = d->option[i].v[0];
	return why;
}

/* --- UDP, ICMP, ARP ------------------------------------------------------------------- */

static const char *udp(struct pkt_net *n, const u8 *u, u32 length, u32 sum,
		       struct pkt_datagram *d)
{
	d->kind = PKT_UDP;
	if (length < 8 || get16(u + 4) != length)
		return "a length of UDP that is wrong";
	if (get16(u + 6) && pkt_sum(u, length, sum))
		return "a wrong checksum of UDP";
	if (!get16(u + 6) && d->six) /* RFC 8200 8.1 */
		return "no checksum of UDP over IPv6";
	d->no_sum = !get16(u + 6);
	d->sport = get16(u);
	d->dport = get16(u + 2);
	d->len = length - 8;
	d->bytes = (u8 *)(uintptr_t)u + 8;
	if (d->len >= sizeof(n->udp_id))
		memcpy(n->udp_id, d->bytes, sizeof(n->udp_id));
	return NULL;
}

const char *pkt_read_transport(struct pkt_net *n, const u8 *t, u32 length,
			       u32 sum, const struct pkt_datagram *want,
			       struct pkt_datagram *d)
{
	if (d->protocol == 6)
		return tcp(n, t, length, sum, want, d);
	return d->protocol == 17 ? udp(n, t, length, sum, d) : NULL;
}

/* The first 8 bytes of a transport's header. */
void pkt_read_quote(const struct pkt_net *n, const struct pkt_datagram *want,
		    const u8 *t, struct pkt_quote *out)
{
	out->sport = get16(t);
	out->dport = get16(t + 2);
	out->seq = get32(t + 4) - n->flow[want ? want->flow : 0].remote_isn;
}

static void quote(const struct pkt_net *n, const struct pkt_datagram *want,
		  const u8 *q, u32 length, struct pkt_quote *out)
{
	u32 head = length ? (q[0] & 15u) * 4 : 0;

	if (length < 28 || head < 20 || head + 8 > length)
		return;
	out->there = true;
	out->protocol = q[9];
	pkt_read_quote(n, want, q + head, out);
}

static const char *icmp(const struct pkt_net *n, const u8 *ip, u32 length,
			const struct pkt_datagram *want, struct pkt_datagram *d)
{
	const u8 *m = ip + (ip[0] & 15u) * 4;

	d->kind = PKT_ICMP;
	if (length < 8)
		return "a message of ICMP of less than 8 bytes";
	if (pkt_sum(m, length, 0))
		return "a wrong checksum of ICMP";
	d->type = m[0];
	d->code = m[1];
	d->echo_id = get16(m + 4);
	d->echo_seq = get16(m + 6);
	d->mtu = get32(m + 4);
	d->pointer = m[4];
	if (m[0] == 3 || m[0] == 4 || m[0] == 11 || m[0] == 12)
		quote(n, want, m + 8, length - 8, &d->quote);
	d->len = length - 8;
	d->bytes = (u8 *)(uintptr_t)m + 8;
	return NULL;
}

static const char *arp(const u8 *b, u32 length, struct pkt_datagram *d)
{
	d->kind = PKT_ARP;
	if (length < 42)
		return "a message of ARP that does not fit";
	d->op = b[21];
	memcpy(d->mac, b + 22, 6);
	d->from = get32(b + 28);
	d->to = get32(b + 38);
	return NULL;
}

/* --- IP ----------------------------------------------------------------------------------- */

static const char *ip_read(struct pkt_net *n, const u8 *ip, u32 length,
			   const struct pkt_datagram *want,
			   struct pkt_datagram *d)
{
	u32 head = length >= 20 ? (ip[0] & 15u) * 4 : 0, total;

	d->kind = PKT_IP;
	if (head < 20 || head > length || ip[0] >> 4 != 4 ||
	    (total = get16(ip + 2)) < head || total > length)
		return "a header of IP that does not fit";
	if (pkt_sum(ip, head, 0))
		return "a wrong checksum of IP";
	d->src = get32(ip + 12);
	d->dst = get32(ip + 16);
	d->ttl = ip[8];
	d->tos = ip[1];
	d->id = get16(ip + 4);
	d->id_step = (u16)(d->id - n->last_id);
	n->last_id = d->id;
	d->df = ip[6] & 0x40;
	d->protocol = ip[9];
	d->len = total - head;
	d->bytes = (u8 *)(uintptr_t)ip + head;
	d->from = (get16(ip + 6) & 0x1fffu) * 8;
	d->to = d->from + d->len;
	d->more = ip[6] & 0x20;
	if (d->from || d->more) {
		d->kind = PKT_FRAGMENT;
		return NULL;
	}
	if (d->protocol == 1)
		return icmp(n, ip, d->len, want, d);
	return pkt_read_transport(n, ip + head, d->len,
				  pkt_pseudo(ip, d->len), want, d);
}

const char *pkt_read(struct pkt_net *n, const u8 *b, u32 length,
		     const struct pkt_datagram *want, struct pkt_datagram *d)
{
	u32 head = want && want->kind == PKT_FRAME && want->protocol ? 14 : 0;

	memset(d, 0, sizeof(*d));
	if (want && want->kind == PKT_FRAME && length >= head) {
		d->kind = PKT_FRAME;
		d->bytes = (u8 *)(uintptr_t)b + head;
		d->len = length - head;
		return NULL;
	}
	if (length >= 14 && b[12] == 0x86 && b[13] == 0xdd)
		return pkt_read6(n, b, length, want, d);
	if (length >= 14)
		memcpy(d->via, b, 6);
	if (length >= 14 && b[12] == 8 && b[13] == 6)
		return arp(b, length, d);
	if (length >= 14 && b[12] == 8 && !b[13])
		return ip_read(n, b + 14, length - 14, want, d);
	d->kind = PKT_FRAME;
	d->bytes = (u8 *)(uintptr_t)b;
	d->len = length;
	return NULL;
}

/* --- text ---------------------------------------------------------------------------------- */

static int option_text(const struct pkt_option *o, char *buf, size_t size)
{
	int n;

	switch (o->kind) {
	case 0:
		return snprintf(buf, size, "eol");
	case 1:
		return snprintf(buf, size, "nop");
	case 2:
		return snprintf(buf, size, "mss %u", o->v[0]);
	case 3:
		return snprintf(buf, size, "wscale %u", o->v[0]);
	case 4:
		return snprintf(buf, size, "sackOK");
	case 5:
		n = snprintf(buf, size, "sack");
		for (unsigned i = 0; i + 1 < o->n; i += 2)
			n += snprintf(buf + n, size - (size_t)n, " %u:%u",
				      o->v[i], o->v[i + 1]);
		return n;
	case 8:
		return snprintf(buf, size, "TS val %u ecr %u", o->v[0],
				o->v[1]);
	default:
		return snprintf(buf, size, "kind %u", o->kind);
	}
}

static void tcp_text(const struct pkt_datagram *d, char *buf, size_t size)
{
	static const char letters[] = "FSRP.UEW";
	char flags[9], options_[512] = "", ack[24] = "";
	size_t n = 0, at = 0;

	for (int i = 0; i < 8; i++)
		if (d->flags & 1u << i)
			flags[n++] = letters[i];
	flags[n] = 0;
	for (unsigned i = 0; i < d->noptions; i++) {
		at += (size_t)snprintf(options_ + at, sizeof(options_) - at,
				       "%s", i ? "," : " <");
		at += (size_t)option_text(&d->option[i], options_ + at,
					  sizeof(options_) - at);
	}
	if (d->flags & PKT_ACK)
		snprintf(ack, sizeof(ack), " ack %u", d->ack);
	snprintf(buf, size, "%s %u:%u(%u)%s win %u%s%s", n ? flags : "-",
		 d->seq, d->seq + d->len, d->len, ack, d->win, options_,
		 at ? ">" : "");
}

void pkt_text(const struct pkt_datagram *d, char *buf, size_t size)
{
	size_t n;

	switch (d->kind) {
	case PKT_TCP:
		tcp_text(d, buf, size);
		return;
	case PKT_UDP:
		snprintf(buf, size, "udp %u > %u (%u)", d->sport, d->dport,
			 d->len);
		return;
	case PKT_ICMP:
		snprintf(buf, size, "icmp %u/%u (%u)", d->type, d->code,
			 d->len);
		return;
	case PKT_ICMP6:
		pkt_text6(d, buf, size);
		return;
	case PKT_ARP:
		snprintf(buf, size, "arp op %u from %08x for %08x", d->op,
			 d->from, d->to);
		return;
	case PKT_FRAGMENT:
		snprintf(buf, size, "frag %u-%u%s", d->from, d->to,
			 d->more ? "+" : "");
		return;
	case PKT_IP:
		snprintf(buf, size, "proto %u (%u)", d->protocol, d->len);
		return;
	default:
		break;
	}
	n = (size_t)snprintf(buf, size, "%s", d->kind == PKT_FRAME ?
			     "frame" : "nothing");
	for (u32 i = 0; d->kind == PKT_FRAME && i < d->len && n + 4 < size; i++)
		n += (size_t)snprintf(buf + n, size - n, " %02x", d->bytes[i]);
}
