// SPDX-License-Identifier: Apache-2.0
/* ICMPv6 (RFC 4443): echo, errors that we send, errors that come. */
#include "ip6.h"

#include <string.h>

#define ICMP_HEADER 8u
#define ERRORS_A_SECOND 100u
#define MESSAGE_MAX 1500u            /* of ND and MLD that are read in a run */

/* --- sending ------------------------------------------------------------------------ */

/* Bytes of the whole datagram: the headers that were kept, then p. */
static u32 peek(const struct ip6_head *h, const struct ndis_packet *p, u32 off,
		u8 *b, u32 n)
{
	u32 kept = off < h->nraw ? h->nraw - off : 0;

	if (kept > n)
		kept = n;
	if (kept)
		memcpy(b, h->raw + off, kept);
	return kept + ndis_packet_copy(p, off + kept - h->nraw, b + kept,
				       n - kept);
}

/* What is behind all extension headers, those included that were not gone
 * through yet: *at of it. */
static u8 transport_of(const struct ip6_head *h, const struct ndis_packet *p,
		       u32 *at)
{
	u8 next = 0, b[4];

	(void)peek(h, p, 6, &next, 1);
	*at = IP6_HEADER;
	for (u32 i = 0; i < CHAIN_HEADERS; i++) {
		bool piece = next == NEXT_FRAGMENT;

		if (!piece && next != NEXT_HOP_BY_HOP &&
		    next != NEXT_ROUTING && next != NEXT_DESTINATION)
			return next;
		if (peek(h, p, *at, b, 4) < 4 ||
		    (piece && get16(b + 2) & 0xfff8))
			return NEXT_NONE;
		next = b[0];
		*at += piece ? 8 : (b[1] + 1u) * 8;
	}
	return NEXT_NONE;
}

/* RFC 4443 2.4 (e): never about errors, redirects, what went to many (but for
 * unknown options), or came from no one. */
static bool deserves_error(const struct ip6_head *h,
			   const struct ndis_packet *p, u8 type, u8 code)
{
	u32 at;
	u8 m;

	if (multicast(&h->src) || unspecified(&h->src))
		return false;
	if (multicast(&h->dst) && type != ICMP6_TOO_BIG &&
	    !(type == ICMP6_PARAMETER && code == 2))
		return false;
	if (transport_of(h, p, &at) != NEXT_ICMP6)
		return true;
	return peek(h, p, at, &m, 1) == 1 && m >= 128 && m != ND_REDIRECT;
}

void icmp6_error(struct inet_iface *f, const struct ip6_head *h,
		 const struct ndis_packet *p, u8 type, u8 code, u32 word)
{
	struct ip6 *ip = f->ip;
	u32 most = IP6_MIN_MTU - IP6_HEADER - ICMP_HEADER - h->nraw;
	u32 n = p->length < most ? p->length : most;
	struct inet_tx t = { .dst = h->src, .protocol = NEXT_ICMP6,
			     .iface = f->loopback ? NULL : f };
	struct ndis_packet *q;
	u8 *d;

	/* Headers that were not kept cannot be quoted. */
	if (h->nraw != h->base || !deserves_error(h, p, type, code))
		return;
	/* RFC 4443 2.4 (f): a bucket of tokens. */
	if (!inet_limit_take(&ip->errors, ex_now(ip->x), ERRORS_A_SECOND)) {
		ip6_drop(ip, DROP_RATE, NEXT_ICMP6, p->length);
		return;
	}
	q = ndis_packet_new(ip->x, INET_HEADROOM, ICMP_HEADER + h->nraw + n);
	if (!q)
		return;
	d = q->head->data;
	memset(d, 0, ICMP_HEADER);
	d[0] = type;
	d[1] = code;
	put32(d + 4, word);
	memcpy(d + ICMP_HEADER, h->raw, h->nraw);
	(void)ndis_packet_copy(p, 0, d + ICMP_HEADER + h->nraw, n);
	if (!multicast(&h->dst))
		t.src = h->dst;
	(void)ip6_output(&ip->s, q, &t);
}

void ip6_refuse(struct inet *s, struct ndis_packet *p,
		const struct inet_rx *rx, enum inet_error why)
{
	const struct ip6_head *h = p->protocol[0];

	(void)s;
	if (!h || !h->nraw || rx->multicast || rx->protocol == NEXT_ICMP6)
		return;
	if (why == INET_PROTOCOL_UNREACHABLE)
		icmp6_error(rx->iface, h, p, ICMP6_PARAMETER, 1, h->next_at);
	else if (why == INET_PORT_UNREACHABLE)
		icmp6_error(rx->iface, h, p, ICMP6_UNREACHABLE, 4, 0);
	else
		icmp6_error(rx->iface, h, p, ICMP6_UNREACHABLE,
			    why == INET_PROHIBITED ? 1 : 3, 0);
}

/* RFC 4443 4.2. To groups it is not answered: no amplifier. */
static void echo(struct inet_iface *f, struct ndis_packet *p,
		 const struct inet_rx *rx)
{
	struct ip6 *ip = f->ip;
	struct ndis_packet *q;
	u8 *d;

	if (rx->multicast || unspecified(&rx->src))
		return;
	q = inet_clone(ip->x, p, 4, p->length - 4, INET_HEADROOM);
	if (!q)
		return;
	d = ndis_packet_push(ip->x, q, 4);
	if (!d) {
		ndis_packet_put(q);
		return;
	}
	q->flags = 0;
	memset(d, 0, 4);
	d[0] = ICMP6_ECHO_REPLY;
	(void)ip6_output(&ip->s, q, &(struct inet_tx){
		.src = rx->dst, .dst = rx->src, .protocol = NEXT_ICMP6,
		.iface = f->loopback ? NULL : f });
}

/* --- errors that come ----------------------------------------------------------------- */

static bool error_of(u8 type, u8 code, enum inet_error *what)
{
	static const u8 unreachable[] = {
		INET_NET_UNREACHABLE, INET_PROHIBITED, INET_HOST_UNREACHABLE,
		INET_HOST_UNREACHABLE, INET_PORT_UNREACHABLE, INET_PROHIBITED,
		INET_NET_UNREACHABLE };

	if (type == ICMP6_TOO_BIG)
		*what = INET_TOO_BIG;
	else if (type == ICMP6_EXCEEDED)
		*what = INET_TTL;
	else if (type == ICMP6_PARAMETER)
		*what = code == 1 ? INET_PROTOCOL_UNREACHABLE : INET_PARAMETER;
	else if (type == ICMP6_UNREACHABLE && code < sizeof(unreachable))
		*what = unreachable[code];
	else
		return false;
	return true;
}

/* Believed when it quotes something that we sent (RFC 5927). */
static void error_in(struct inet_iface *f, const struct ndis_packet *p,
		     const u8 *m)
{
	struct ip6 *ip = f->ip;
	u8 q[IP6_HEADER + 8 + 64], protocol;
	u32 n = ndis_packet_copy(p, ICMP_HEADER, q, sizeof(q));
	u32 at = IP6_HEADER, mtu = 0;
	struct inet_ip src, dst;
	enum inet_error what;

	if (!error_of(m[0], m[1], &what))
		return;
	if (n >= IP6_HEADER + 8 && q[6] == NEXT_FRAGMENT &&
	    !(get16(q + IP6_HEADER + 2) & 0xfff8))
		at += 8;
	protocol = at > IP6_HEADER ? q[IP6_HEADER] : q[6];
	if (n < at + 8 || q[0] >> 4 != 6) {
		ip6_drop(ip, DROP_ICMP, NEXT_ICMP6, p->length);
		return;
	}
	memcpy(src.b, q + 8, 16);
	memcpy(dst.b, q + 24, 16);
	if (!ip6_is_local(ip, &src)) {
		ip6_drop(ip, DROP_ICMP, NEXT_ICMP6, p->length);
		return;
	}
	if (what == INET_TOO_BIG) {
		mtu = get32(m + 4);
		if (mtu < IP6_MIN_MTU) {
			ip6_drop(ip, DROP_ICMP, NEXT_ICMP6, p->length);
			return;
		}
	}
	inet_icmp(&ip->s, protocol, &src, &dst, q + at, n - at, what, mtu);
}

/* --- all of it -------------------------------------------------------------------------- */

static void in_a_run(struct inet_iface *f, struct ndis_packet *p,
		     const struct ip6_head *h, u8 type)
{
	const u8 *m = p->length <= MESSAGE_MAX ?
			      ndis_packet_flat(f->ip->x, p, p->length) : NULL;

	if (!m)
		ip6_drop(f->ip, DROP_ICMP, NEXT_ICMP6, p->length);
	else if (type >= ND_RS && type <= ND_REDIRECT)
		nd_receive(f, m, p->length, h);
	else
		mld_receive(f, m, p->length, h);
}

static bool sum_ok(const struct ndis_packet *p, const struct ip6_head *h)
{
	u32 sum = ip6_pseudo_sum(&h->src, &h->dst, NEXT_ICMP6, p->length);

	return !ndis_fold(ndis_packet_sum(p, 0, p->length, sum));
}

void icmp6_receive(struct inet_iface *f, struct ndis_packet *p,
		   const struct ip6_head *h, const struct inet_rx *rx)
{
	u8 m[ICMP_HEADER];

	inet_count(&f->ip->s, icmp_in);
	if (ndis_packet_copy(p, 0, m, sizeof(m)) < sizeof(m) ||
	    (!(p->flags & NDIS_CSUM_L4_OK) && !sum_ok(p, h))) {
		ip6_drop(f->ip, DROP_ICMP, NEXT_ICMP6, p->length);
		return;
	}
	switch (m[0]) {
	case ICMP6_ECHO:
		echo(f, p, rx);
		break;
	case ICMP6_UNREACHABLE:
	case ICMP6_TOO_BIG:
	case ICMP6_EXCEEDED:
	case ICMP6_PARAMETER:
		if (!rx->multicast)
			error_in(f, p, m);
		break;
	case ND_RS:
	case ND_RA:
	case ND_NS:
	case ND_NA:
	case ND_REDIRECT:
	case MLD_QUERY:
	case MLD_REPORT:
	case MLD_DONE:
		in_a_run(f, p, h, m[0]);
		return;
	default:
		break;
	}
	if (!unspecified(&rx->src))
		inet_deliver(&f->ip->s, p, rx); /* raw sockets see them */
}
