// SPDX-License-Identifier: Apache-2.0
/* Datagrams that come in: checks (RFC 8200 3, RFC 4291 2), then to whom they
 * are. */
#include "ip6.h"

#include <string.h>

/* RFC 4293's counters, by why something is dropped; 0: none of them, which is
 * INET_in_receives, counted elsewhere. */
static const u8 counter_of[DROP_REASONS] = {
	[DROP_SHORT] = INET_in_header_errors,
	[DROP_VERSION] = INET_in_header_errors,
	[DROP_LENGTH] = INET_in_header_errors,
	[DROP_SOURCE] = INET_in_address_errors,
	[DROP_DESTINATION] = INET_in_address_errors,
	[DROP_LAND] = INET_in_address_errors,
	[DROP_LINK_CAST] = INET_in_address_errors,
	[DROP_CHAIN] = INET_in_header_errors,
	[DROP_OPTION] = INET_in_header_errors,
	[DROP_ROUTING] = INET_in_header_errors,
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

void ip6_drop(struct ip6 *ip, enum ip6_drop why, u8 protocol, u32 bytes)
{
	(void)KE_ADD(&ip->dropped[why], 1);
	if (counter_of[why])
		inet_count_by(&ip->s, counter_of[why], 1);
	TRACE(ip_drop, why, protocol, bytes, 0);
}

/* --- the header ------------------------------------------------------------------- */

static enum ip6_drop read_head(struct ip6 *ip, struct ndis_packet *p,
			       struct ip6_head *h)
{
	const u8 *d = ndis_packet_flat(ip->x, p, IP6_HEADER);

	if (!d)
		return DROP_SHORT;
	if (d[0] >> 4 != 6)
		return DROP_VERSION;
	h->payload = get16(d + 4);
	if (h->payload > p->length - IP6_HEADER)
		return DROP_LENGTH;
	h->tclass = (u8)(get16(d) >> 4);
	h->protocol = d[6];
	h->hops = d[7];
	h->next_at = 6;
	h->base = h->nraw = 0;
	h->fragmented = h->alert = false;
	memcpy(h->src.b, d + 8, 16);
	memcpy(h->dst.b, d + 24, 16);
	return DROP_NOT;
}

/* RFC 4291 2.5.3, 2.7; v4-mapped ones are on no wire (RFC 4942 2.2). */
static enum ip6_drop check_source(struct inet_iface *f,
				  const struct ip6_head *h)
{
	static const struct inet_ip mapped = { { [10] = 0xff, 0xff } };

	if (multicast(&h->src))
		return DROP_SOURCE;
	if (f->loopback)
		return DROP_NOT;
	if (is_loopback(&h->src) || is_loopback(&h->dst))
		return DROP_SOURCE;
	if (prefix_match(&h->src, &mapped, 96) ||
	    prefix_match(&h->dst, &mapped, 96))
		return DROP_SOURCE;
	if (unspecified(&h->src))
		return multicast(&h->dst) ? DROP_NOT : DROP_SOURCE;
	return ip6_is_local(f->ip, &h->src) ? DROP_LAND : DROP_NOT;
}

static enum ip6_drop check_destination(struct inet_iface *f,
				       const struct ip6_head *h, bool link_cast)
{
	bool ours = f->loopback || !link_local(&h->dst);

	if (multicast(&h->dst)) {
		/* RFC 4291 2.7: scope 0 is reserved, 1 is of the node. */
		if (!f->loopback && (h->dst.b[1] & 15) < 2)
			return DROP_DESTINATION;
		return f->loopback || mld_member(f, &h->dst) ?
			       DROP_NOT : DROP_DESTINATION;
	}
	if (!ip6_is_local(f->ip, &h->dst))
		return DROP_DESTINATION;
	if (link_cast)
		return DROP_LINK_CAST;
	/* One of a link is ours on that link only. */
	return ours || addr_state(f, &h->dst) ? DROP_NOT : DROP_DESTINATION;
}

/* --- up ------------------------------------------------------------------------------ */

static void deliver(struct inet_iface *f, struct ndis_packet *p,
		    struct ip6_head *h)
{
	struct inet_rx rx = { .src = h->src, .dst = h->dst, .iface = f,
			      .protocol = h->protocol, .ttl = h->hops,
			      .tos = h->tclass, .loopback = f->loopback,
			      .multicast = multicast(&h->dst) };

	if (h->protocol == NEXT_NONE)
		return;
	inet_count(&f->ip->s, in_delivers);
	p->protocol[0] = h;
	if (h->protocol == NEXT_ICMP6)
		icmp6_receive(f, p, h, &rx);
	else if (unspecified(&h->src))
		ip6_drop(f->ip, DROP_SOURCE, h->protocol, p->length);
	else
		inet_deliver(&f->ip->s, p, &rx);
	p->protocol[0] = NULL;
}

/* The headers go from p; they are kept for errors if they are not too many. */
static void strip(struct ip6_head *h, struct ndis_packet *p, u32 off)
{
	if (h->base == h->nraw && off <= RAW_MAX - h->nraw) {
		(void)ndis_packet_copy(p, 0, h->raw + h->nraw, off);
		h->nraw += off;
	} else {
		h->nraw = 0;
	}
	h->base += off;
	(void)ndis_packet_pull(p, off);
}

static void walked(struct inet_iface *f, struct ndis_packet *p,
		   struct ip6_head *h, u32 off)
{
	u32 fragment = 0;
	enum ip6_drop why = chain_walk(f, h, p, &off, &fragment);
	struct ndis_packet *whole;

	if (why) {
		ip6_drop(f->ip, why, h->protocol, p->length);
		return;
	}
	if (!fragment) {
		strip(h, p, off);
		deliver(f, p, h);
		return;
	}
	inet_count(&f->ip->s, reasm_required);
	whole = reass_add(f, h, p, fragment);
	if (!whole)
		return;
	inet_count(&f->ip->s, reasm_ok);
	off = 0;
	why = chain_walk(f, h, whole, &off, &fragment);
	if (why) {
		ip6_drop(f->ip, why, h->protocol, whole->length);
	} else {
		strip(h, whole, off);
		deliver(f, whole, h);
	}
	ndis_packet_put(whole);
}

void IPv6Rcv(struct inet_iface *f, struct ndis_packet *p, bool link_cast)
{
	struct ip6_head h;
	enum ip6_drop why = read_head(f->ip, p, &h);

	inet_count(&f->ip->s, in_receives);
	if (!why)
		why = check_source(f, &h);
	if (!why)
		why = check_destination(f, &h, link_cast);
	if (why) {
		ip6_drop(f->ip, why, why > DROP_LENGTH ? h.protocol : 0,
			 p->length);
		return;
	}
	ndis_packet_trim(p, IP6_HEADER + h.payload);
	walked(f, p, &h, IP6_HEADER);
}
