// SPDX-License-Identifier: Apache-2.0
/*
 * ICMP (RFC 792, RFC 1122 3.2.2).
 *
 * Echo is answered as NT answers it: code and type of service zero, not to
 * groups; the DF bit and how much an error quotes are the personality's.  Timestamp, information and mask requests are not answered.  Errors
 * that we send are limited to a number a second; those that come are believed
 * when they quote something that we sent.
 */
#include "ip.h"

#include <string.h>

#define ICMP_HEADER 8u
#define ERRORS_A_SECOND 200u
#define QUOTE_LEAST 8u               /* RFC 792: behind the header */

enum { ECHO_REPLY = 0, UNREACHABLE = 3, QUENCH = 4, REDIRECT = 5, ECHO = 8,
       EXCEEDED = 11, PARAMETER = 12 };

/* --- sending ------------------------------------------------------------------------ */

/* RFC 1122 3.2.2: about what no error is sent. */
static bool deserves_error(struct ip *ip, const struct ip_head *h,
			   const struct ndis_packet *p)
{
	u8 type;

	if (h->off || !ip4_unicast(h->src) || ip_is_broadcast(ip, h->src))
		return false;
	if (!ip_is_local(ip, h->dst))
		return false;
	if (h->protocol == IP_IGMP)
		return false;
	if (h->protocol != IP_ICMP)
		return true;
	return ndis_packet_copy(p, 0, &type, 1) == 1 &&
	       (type == ECHO || type == ECHO_REPLY || type > 12);
}

void icmp_error(struct ip *ip, const struct ip_head *h,
		const struct ndis_packet *p, u8 type, u8 code, u32 word)
{
	/* Of RFC 1812's 576 bytes, options of IP are some. */
	u32 most = ip->s.as->icmp_quote;
	u32 n;
	struct ndis_packet *q;
	u8 *d;

	if (!deserves_error(ip, h, p))
		return;
	if (!inet_limit_take(&ip->errors, ex_now(ip->x), ERRORS_A_SECOND)) {
		ip_drop(ip, DROP_RATE, IP_ICMP, p->length);
		return;
	}
	if (most > QUOTE_LEAST)
		most -= h->hlen - IP_HEADER;
	n = p->length < most ? p->length : most;
	q = ndis_packet_new(ip->x, INET_HEADROOM, ICMP_HEADER + h->hlen + n);
	if (!q)
		return;
	d = q->head->data;
	d[0] = type;
	d[1] = code;
	put16(d + 2, 0);
	put32(d + 4, word);
	memcpy(d + ICMP_HEADER, h->raw, h->hlen);
	(void)ndis_packet_copy(p, 0, d + ICMP_HEADER + h->hlen, n);
	put_sum(d + 2, ndis_fold(ndis_sum(d, q->length, 0)));
	(void)ip_output(&ip->s, q, &(struct inet_tx){
		.src = ip4_to(h->dst), .dst = ip4_to(h->src),
		.protocol = IP_ICMP });
}

void ip_refuse(struct inet *s, struct ndis_packet *p, const struct inet_rx *rx,
	       enum inet_error why)
{
	static const u8 code[] = { [INET_NET_UNREACHABLE] = 0,
				   [INET_HOST_UNREACHABLE] = 1,
				   [INET_PORT_UNREACHABLE] = 3,
				   [INET_PROTOCOL_UNREACHABLE] = 2,
				   [INET_PROHIBITED] = 13 };
	struct ip_head h = { .src = ip4_of(&rx->src), .dst = ip4_of(&rx->dst),
			     .protocol = rx->protocol };
	size_t hlen = (size_t)(uintptr_t)p->protocol[1];

	if (rx->broadcast || rx->multicast || !p->protocol[0] ||
	    why >= sizeof(code) || hlen < IP_HEADER || hlen > IP_HEADER_MAX)
		return;
	/* Those are answered or not here, whoever else looks at them. */
	if (rx->protocol == IP_ICMP || rx->protocol == IP_IGMP)
		return;
	h.hlen = (u8)hlen;
	memcpy(h.raw, p->protocol[0], hlen);
	icmp_error(ip_of(s), &h, p, UNREACHABLE, code[why], 0);
}

static void echo(struct inet_iface *f, struct ndis_packet *p,
		 const struct ip_head *h, const struct inet_rx *rx)
{
	struct ip *ip = f->ip;
	struct ndis_packet *q;
	u8 options[40], *d;
	u32 n;

	if (rx->broadcast || rx->multicast)
		return;
	q = inet_clone(ip->x, p, 4, p->length - 4, INET_HEADROOM);
	if (!q || !(d = ndis_packet_push(ip->x, q, 4))) {
		if (q)
			ndis_packet_put(q);
		return;
	}
	q->flags = 0;
	memset(d, 0, 4);
	put_sum(d + 2, ndis_fold(ndis_packet_sum(q, 0, q->length, 0)));
	n = h->hlen > IP_HEADER ? ip_options_echo(ip, h, h->dst, options) : 0;
	(void)ip_output_options(ip, q, &(struct inet_tx){
		.src = rx->dst, .dst = rx->src, .protocol = IP_ICMP,
		.dont_fragment = ip->s.as->echo_df && h->df &&
				 h->length <= f->mtu }, options, n);
}

/* --- receiving ------------------------------------------------------------------------ */

/* RFC 1191 7.1: what routers that do not say their MTU may have meant. */
static u32 plateau(u32 length)
{
	static const u16 step[] = { 32000, 17914, 8166, 4352, 2002, 1492,
				    1006, 508, 296, 68 };

	for (u32 i = 0; i < sizeof(step) / sizeof(*step); i++)
		if (step[i] < length)
			return step[i];
	return 68;
}

static bool error_of(u8 type, u8 code, enum inet_error *what)
{
	static const u8 unreachable[] = {
		INET_NET_UNREACHABLE, INET_HOST_UNREACHABLE,
		INET_PROTOCOL_UNREACHABLE, INET_PORT_UNREACHABLE, INET_TOO_BIG,
		INET_NET_UNREACHABLE, INET_NET_UNREACHABLE,
		INET_HOST_UNREACHABLE, INET_HOST_UNREACHABLE, INET_PROHIBITED,
		INET_PROHIBITED, INET_NET_UNREACHABLE, INET_HOST_UNREACHABLE,
		INET_PROHIBITED, INET_PROHIBITED, INET_PROHIBITED };

	if (type == EXCEEDED)
		*what = INET_TTL;
	else if (type == PARAMETER)
		*what = INET_PARAMETER;
	else if (type == UNREACHABLE && code < sizeof(unreachable))
		*what = unreachable[code];
	else
		return false;
	return true;
}

struct quote {                       /* of a datagram that we sent */
	u8 bytes[IP_HEADER_MAX + 64];
	u32 n, hlen, src, dst;
	u8 protocol;
};

static bool read_quote(struct ip *ip, const struct ndis_packet *p,
		       struct quote *q)
{
	q->n = ndis_packet_copy(p, ICMP_HEADER, q->bytes, sizeof(q->bytes));
	if (q->n < IP_HEADER + 8 || q->bytes[0] >> 4 != 4)
		return false;
	q->hlen = (q->bytes[0] & 15u) * 4;
	if (q->hlen < IP_HEADER || q->n < q->hlen + 8)
		return false;
	q->protocol = q->bytes[9];
	q->src = get32(q->bytes + 12);
	q->dst = get32(q->bytes + 16);
	return ip_is_local(ip, q->src) && !(get16(q->bytes + 6) & 0x1fff);
}

static void error_in(struct inet_iface *f, struct ndis_packet *p,
		     const struct ip_head *h, const u8 *m)
{
	struct ip *ip = f->ip;
	struct inet_ip src, dst;
	struct quote q;
	enum inet_error what;
	u32 mtu = 0;

	if (!read_quote(ip, p, &q)) {
		ip_drop(ip, DROP_ICMP, IP_ICMP, p->length);
		return;
	}
	if (m[0] == REDIRECT) {
		ip_route_redirect(ip, h->src, q.dst, get32(m + 4));
		return;
	}
	if (!error_of(m[0], m[1], &what))
		return;
	if (what == INET_TOO_BIG) {
		mtu = get16(m + 6);
		if (!mtu || mtu >= get16(q.bytes + 2))
			mtu = plateau(get16(q.bytes + 2));
	}
	src = ip4_to(q.src);
	dst = ip4_to(q.dst);
	inet_icmp(&ip->s, q.protocol, &src, &dst, q.bytes + q.hlen,
		  q.n - q.hlen, what, mtu);
}

void ICMPRcv(struct inet_iface *f, struct ndis_packet *p,
	     const struct ip_head *h, const struct inet_rx *rx)
{
	u8 m[ICMP_HEADER];

	inet_count(&f->ip->s, icmp_in);
	if (ndis_packet_copy(p, 0, m, sizeof(m)) < sizeof(m) ||
	    (!(p->flags & NDIS_CSUM_L4_OK) &&
	     ndis_fold(ndis_packet_sum(p, 0, p->length, 0)))) {
		ip_drop(f->ip, DROP_ICMP, IP_ICMP, p->length);
		return;
	}
	switch (m[0]) {
	case ECHO:
		echo(f, p, h, rx);
		break;
	case UNREACHABLE:
	case REDIRECT:
	case EXCEEDED:
	case PARAMETER:
		if (!rx->broadcast && !rx->multicast)
			error_in(f, p, h, m);
		break;
	default:     /* replies are for raw sockets; QUENCH: RFC 6633 */
		break;
	}
}
