// SPDX-License-Identifier: Apache-2.0
/* Neighbour discovery's messages (RFC 4861 4, 6, 7, 8): what is believed of
 * those that come, and those that we send. */
#include "ip6.h"

#include <string.h>

enum { OPT_SOURCE = 1, OPT_TARGET = 2, OPT_PREFIX = 3, OPT_MTU = 5 };
#define OPTIONS_MAX 64u              /* of a message */
#define HOUR (3600 * SECOND)

struct options {
	const u8 *source, *target, *mtu; /* the options' begin; NULL: none */
	const u8 *prefixes, *end;    /* where they may be */
};

/* RFC 4861 4.6: a length of zero, or beyond the end, costs the message. */
static bool read_options(const u8 *o, u32 n, struct options *to)
{
	u32 count = 0;

	*to = (struct options){ .prefixes = o, .end = o + n };
	while (n) {
		u32 len = n >= 8 ? o[1] * 8u : 0;

		if (!len || len > n || ++count > OPTIONS_MAX)
			return false;
		if (o[0] == OPT_SOURCE && len == 8)
			to->source = o;
		else if (o[0] == OPT_TARGET && len == 8)
			to->target = o;
		else if (o[0] == OPT_MTU && len == 8)
			to->mtu = o;
		o += len;
		n -= len;
	}
	return true;
}

/* A station's address, not one of a group. */
static const u8 *station(const u8 *option)
{
	return option && !(option[2] & 1) ? option + 2 : NULL;
}

static struct inet_ip ip_at(const u8 *p)
{
	struct inet_ip a;

	memcpy(a.b, p, 16);
	return a;
}

/* --- solicitations (7.1.1, 7.2.3) ------------------------------------------------------ */

static bool solicited(struct inet_iface *f, const u8 *m, u32 n,
		      const struct ip6_head *h)
{
	struct inet_ip target, group, all = group_of(1);
	enum addr_state state;
	struct options o;
	const u8 *mac;

	if (n < 24 || !read_options(m + 24, n - 24, &o))
		return false;
	target = ip_at(m + 8);
	group = solicited_node(&target);
	if (multicast(&target) || (unspecified(&h->src) &&
				   (o.source || !same(&h->dst, &group))))
		return false;
	state = addr_state(f, &target);
	if (state == ADDR_NONE || state == ADDR_DUPLICATE)
		return true;
	if (state == ADDR_TENTATIVE) { /* RFC 4862 5.4.3 */
		if (unspecified(&h->src))
			addr_duplicate(f, &target);
		return true;
	}
	if (unspecified(&h->src)) {
		nd_advertise(f, &target, &all, false);
		return true;
	}
	mac = station(o.source);
	if (mac)
		neighbor_heard(f, &h->src, mac, -1);
	nd_advertise(f, &target, &h->src, true);
	return true;
}

/* --- advertisements (7.1.2, 7.2.5) ------------------------------------------------------- */

static bool advertised(struct inet_iface *f, const u8 *m, u32 n,
		       const struct ip6_head *h)
{
	enum addr_state state;
	struct inet_ip target;
	struct options o;

	if (n < 24 || !read_options(m + 24, n - 24, &o))
		return false;
	target = ip_at(m + 8);
	if (multicast(&target) || unspecified(&h->src) ||
	    (multicast(&h->dst) && m[4] & 0x40))
		return false;
	state = addr_state(f, &target);
	if (state == ADDR_TENTATIVE) {
		addr_duplicate(f, &target);
		return true;
	}
	/* For one of ours nobody else speaks; what we did not get is another's,
	 * who is a neighbour like any. */
	if (state == ADDR_USABLE)
		return true;
	neighbor_advertised(f, &target, station(o.target), m[4]);
	return true;
}

/* --- routers (6.1.2, 6.3.4) -------------------------------------------------------------- */

/* Times that would stop us are not believed: an hour of reachable time, ten
 * seconds between solicitations. */
static void router_says(struct inet_iface *f, const u8 *m)
{
	u32 reachable = get32(m + 8), retrans = get32(m + 12);

	if (m[4])
		KE_SET(&f->hop_limit, m[4]);
	if (reachable && reachable * MILLI <= HOUR)
		KE_SET(&f->reachable_ns, reachable * MILLI);
	if (retrans >= 100 && retrans <= 10000)
		KE_SET(&f->retrans_ns, retrans * MILLI);
}

static void prefixes(struct inet_iface *f, const struct options *o)
{
	for (const u8 *p = o->prefixes; p < o->end; p += p[1] * 8u)
		if (p[0] == OPT_PREFIX && p[1] == 4)
			addr_prefix(f, p);
}

static bool router(struct inet_iface *f, const u8 *m, u32 n,
		   const struct ip6_head *h)
{
	u64 now = ex_now(f->ip->x);
	u32 life, mtu;
	struct options o;
	const u8 *mac;

	if (n < 16 || !link_local(&h->src) ||
	    !read_options(m + 16, n - 16, &o))
		return false;
	if (!f->ip->autoconf || addr_state(f, &h->src))
		return true;
	life = get16(m + 6);
	ke_latch(&f->ip->tables);
	if (life)            /* RFC 4861 6.3.7: but one is to be sent */
		f->rs_left = f->rs_left == ROUTER_SOLICITATIONS;
	ke_unlatch(&f->ip->tables);
	router_says(f, m);
	mac = station(o.source);
	if (mac)
		neighbor_heard(f, &h->src, mac, 1);
	route_router(f, &h->src, life ? now + life * SECOND : 0);
	mtu = o.mtu ? get32(o.mtu + 4) : 0;
	if (mtu >= IP6_MIN_MTU && mtu <= f->frame)
		KE_SET(&f->mtu, mtu);
	prefixes(f, &o);
	return true;
}

/* --- redirects (8.1, 8.3) ------------------------------------------------------------------- */

static bool redirected(struct inet_iface *f, const u8 *m, u32 n,
		       const struct ip6_head *h)
{
	struct inet_ip target, dst;
	struct options o;
	const u8 *mac;

	if (n < 40 || !link_local(&h->src) || multicast(&h->dst) ||
	    !read_options(m + 40, n - 40, &o))
		return false;
	target = ip_at(m + 8);
	dst = ip_at(m + 24);
	if (multicast(&dst) || (!link_local(&target) && !same(&target, &dst)))
		return false;
	if (!route_redirect(f, &h->src, &dst, &target))
		return false;
	mac = station(o.target);
	if (mac)
		neighbor_heard(f, &target, mac, same(&target, &dst) ? -1 : 1);
	return true;
}

void nd_receive(struct inet_iface *f, const u8 *m, u32 n,
		const struct ip6_head *h)
{
	bool ok = false;

	/* From the link itself (RFC 4861 3.1), in one piece (RFC 6980). */
	if (h->hops == 255 && !m[1] && !h->fragmented && !f->loopback) {
		if (m[0] == ND_NS)
			ok = solicited(f, m, n, h);
		else if (m[0] == ND_NA)
			ok = advertised(f, m, n, h);
		else if (m[0] == ND_RA)
			ok = router(f, m, n, h);
		else if (m[0] == ND_REDIRECT)
			ok = redirected(f, m, n, h);
		else
			ok = true;   /* ND_RS: we are a host (6.2.6) */
	}
	if (!ok)
		ip6_drop(f->ip, DROP_ND, NEXT_ICMP6, n);
}

/* --- what we send -------------------------------------------------------------------------- */

static u8 *message(struct inet_iface *f, u8 type, u32 n,
		   struct ndis_packet **out)
{
	struct ndis_packet *p = ndis_packet_new(f->ip->x, INET_HEADROOM, n);

	if (!p)
		return NULL;
	memset(p->head->data, 0, n);
	p->head->data[0] = type;
	*out = p;
	return p->head->data;
}

static void put_station(struct inet_iface *f, u8 *to, u8 type)
{
	to[0] = type;
	to[1] = 1;
	ke_latch(&f->ip->tables);
	memcpy(to + 2, f->mac, 6);
	ke_unlatch(&f->ip->tables);
}

void nd_solicit(struct inet_iface *f, const struct inet_ip *target,
		const struct inet_ip *to, const struct inet_ip *from)
{
	struct inet_tx t = { .dst = to ? *to : solicited_node(target),
			     .iface = f, .protocol = NEXT_ICMP6, .ttl = 255 };
	struct ndis_packet *p;
	bool named = from ? !unspecified(from) :
			    addr_source(f, target, &t.src);
	u8 *m = message(f, ND_NS, named ? 32 : 24, &p);

	if (!m)
		return;
	if (from)
		t.src = *from;
	memcpy(m + 8, target->b, 16);
	if (named)
		put_station(f, m + 24, OPT_SOURCE);
	(void)ip6_output(&f->ip->s, p, &t);
}

void nd_router_solicit(struct inet_iface *f)
{
	struct inet_tx t = { .dst = group_of(2), .iface = f,
			     .protocol = NEXT_ICMP6, .ttl = 255 };
	struct ndis_packet *p;
	bool named = addr_source(f, &t.dst, &t.src);
	u8 *m = message(f, ND_RS, named ? 16 : 8, &p);

	if (!m)
		return;
	if (named)
		put_station(f, m + 8, OPT_SOURCE);
	(void)ip6_output(&f->ip->s, p, &t);
}

void nd_advertise(struct inet_iface *f, const struct inet_ip *target,
		  const struct inet_ip *to, bool solicited_flag)
{
	struct inet_tx t = { .src = *target, .dst = *to, .iface = f,
			     .protocol = NEXT_ICMP6, .ttl = 255 };
	struct ndis_packet *p;
	u8 *m = message(f, ND_NA, 32, &p);

	if (!m)
		return;
	m[4] = solicited_flag ? 0x60 : 0x20;
	memcpy(m + 8, target->b, 16);
	put_station(f, m + 24, OPT_TARGET);
	(void)ip6_output(&f->ip->s, p, &t);
}
