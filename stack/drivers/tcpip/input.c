// SPDX-License-Identifier: Apache-2.0
/* Datagrams that come in: checks (RFC 1122 3.2.1), then to whom they are. */
#include "ip.h"

#include <string.h>

/* RFC 4293's counters, by why something is dropped; 0: none of them, which is
 * INET_in_receives, counted elsewhere. */
static const u8 counter_of[DROP_REASONS] = {
	[DROP_SHORT] = INET_in_header_errors,
	[DROP_VERSION] = INET_in_header_errors,
	[DROP_HEADER_LENGTH] = INET_in_header_errors,
	[DROP_CHECKSUM] = INET_in_header_errors,
	[DROP_LENGTH] = INET_in_header_errors,
	[DROP_SOURCE] = INET_in_address_errors,
	[DROP_DESTINATION] = INET_in_address_errors,
	[DROP_LAND] = INET_in_address_errors,
	[DROP_LINK_CAST] = INET_in_address_errors,
	[DROP_OPTION] = INET_in_header_errors,
	[DROP_SOURCE_ROUTE] = INET_in_header_errors,
	[DROP_FRAGMENT] = INET_reasm_fails,
	[DROP_TINY] = INET_reasm_fails,
	[DROP_OVERLAP] = INET_reasm_fails,
	[DROP_REASS_CAP] = INET_reasm_fails,
	[DROP_REASS_TIME] = INET_reasm_fails,
	[DROP_MEMORY] = INET_in_discards,
	[DROP_ICMP] = INET_icmp_in_errors,
	[DROP_NO_ROUTE] = INET_out_no_route,
	[DROP_UNRESOLVED] = INET_out_discards,
	[DROP_DOWN] = INET_out_discards,
};

void ip_drop(struct ip *ip, enum ip_drop why, u8 protocol, u32 bytes)
{
	(void)KE_ADD(&ip->dropped[why], 1);
	if (counter_of[why])
		inet_count_by(&ip->s, counter_of[why], 1);
	TRACE(ip_drop, why, protocol, bytes, 0);
}

/* --- the header ------------------------------------------------------------------- */

static enum ip_drop read_head(struct ip *ip, struct ndis_packet *p,
			      struct ip_head *h)
{
	const u8 *d = ndis_packet_flat(ip->x, p, IP_HEADER);
	u16 word;

	if (!d)
		return DROP_SHORT;
	if (d[0] >> 4 != 4)
		return DROP_VERSION;
	h->hlen = (u8)((d[0] & 15) * 4);
	if (h->hlen < IP_HEADER || h->hlen > p->length)
		return DROP_HEADER_LENGTH;
	h->length = get16(d + 2);
	if (h->length < h->hlen || h->length > p->length)
		return DROP_LENGTH;
	if (h->hlen > IP_HEADER && !(d = ndis_packet_flat(ip->x, p, h->hlen)))
		return DROP_MEMORY;
	if (!(p->flags & NDIS_CSUM_IP_OK) &&
	    ndis_fold(ndis_sum(d, h->hlen, 0)))
		return DROP_CHECKSUM;
	memcpy(h->raw, d, IP_HEADER);
	if (h->hlen > IP_HEADER)
		memcpy(h->raw + IP_HEADER, d + IP_HEADER, h->hlen - IP_HEADER);
	h->tos = d[1];
	h->id = get16(d + 4);
	word = get16(d + 6);
	h->df = word & 0x4000;
	h->more = word & 0x2000;
	h->off = (u16)((word & 0x1fff) * 8);
	h->ttl = d[8];
	h->protocol = d[9];
	h->src = get32(d + 12);
	h->dst = get32(d + 16);
	return DROP_NOT;
}

/* RFC 1122 3.2.1.3: what cannot be a source. */
static enum ip_drop check_source(struct inet_iface *f, const struct ip_head *h)
{
	struct ip *ip = f->ip;

	if (f->loopback)
		return DROP_NOT;
	if (ip4_loopback(h->src) || ip4_loopback(h->dst))
		return DROP_SOURCE;
	/* Our own address, from outside: LAND (CVE-1999-0016) and its kin. */
	if (ip_is_local(ip, h->src))
		return DROP_LAND;
	/* 0.0.0.0 is a host that does not know itself yet, to all. */
	if (!h->src)
		return h->dst == UINT32_MAX ? DROP_NOT : DROP_SOURCE;
	if (!ip4_unicast(h->src) || ip_is_broadcast(ip, h->src))
		return DROP_SOURCE;
	return DROP_NOT;
}

static enum ip_drop check_destination(struct inet_iface *f,
				      const struct ip_head *h, bool link_cast,
				      struct inet_rx *rx)
{
	if (ip_is_local(f->ip, h->dst)) {
		/* RFC 1122 3.3.6: a station's address to all stations. */
		return link_cast ? DROP_LINK_CAST : DROP_NOT;
	}
	rx->multicast = ip4_multicast(h->dst);
	rx->broadcast = ip_is_broadcast(f->ip, h->dst);
	if (rx->broadcast)
		return DROP_NOT;
	if (rx->multicast && (f->loopback || igmp_member(f, h->dst) ||
			      h->protocol == IP_IGMP))
		return DROP_NOT;
	return DROP_DESTINATION;
}

/* --- up ------------------------------------------------------------------------------ */

static void ip_deliver(struct inet_iface *f, struct ndis_packet *p,
		       struct ip_head *h, struct inet_rx *rx)
{
	/* Where raw sockets and errors find the header of what they get. */
	p->protocol[0] = h->raw;
	p->protocol[1] = (void *)(uintptr_t)h->hlen;
	rx->src = ip4_to(h->src);
	rx->dst = ip4_to(h->dst);
	rx->iface = f;
	rx->protocol = h->protocol;
	rx->ttl = h->ttl;
	rx->tos = h->tos;
	rx->loopback = f->loopback;
	if (h->protocol == IP_ICMP)
		ICMPRcv(f, p, h, rx);
	else if (h->protocol == IP_IGMP)
		IGMPRcv(f, p, h);
	inet_count(&f->ip->s, in_delivers);
	inet_deliver(&f->ip->s, p, rx);
	p->protocol[0] = p->protocol[1] = NULL;
}

void IPRcv(struct inet_iface *f, struct ndis_packet *p, bool link_cast)
{
	struct ip *ip = f->ip;
	struct ip_head h;
	struct inet_rx rx = { .broadcast = false };
	struct ndis_packet *whole;
	enum ip_drop why = read_head(ip, p, &h);

	inet_count(&ip->s, in_receives);
	if (!why)
		why = check_source(f, &h);
	if (!why)
		why = check_destination(f, &h, link_cast, &rx);
	if (why) {
		ip_drop(ip, why, why > DROP_CHECKSUM ? h.protocol : 0,
			p->length);
		return;
	}
	ndis_packet_trim(p, h.length);
	(void)ndis_packet_pull(p, h.hlen);
	if (h.hlen > IP_HEADER && (why = ip_options_in(f, &h, p))) {
		ip_drop(ip, why, h.protocol, p->length);
		return;
	}
	if (!h.more && !h.off) {
		ip_deliver(f, p, &h, &rx);
		return;
	}
	inet_count(&ip->s, reasm_required);
	whole = reass_add(f, &h, p);
	if (!whole)
		return;
	inet_count(&ip->s, reasm_ok);
	ip_deliver(f, whole, &h, &rx);
	ndis_packet_put(whole);
}
