// SPDX-License-Identifier: Apache-2.0
/* Datagrams that go out: header, way, fragments. */
#include "ip6.h"

#include <string.h>

static enum ex_status fail(struct ip6 *ip, struct ndis_packet *p,
			   enum ip6_drop why, enum ex_status st)
{
	ip6_drop(ip, why, 0, p->length);
	inet_sent(p, st);
	return st;
}

/* --- to the adapter ----------------------------------------------------------------- */

struct station {
	struct inet_iface *f;
	struct ndis_binding *b;      /* f's may go meanwhile: it waits for us */
	const u8 *mac;
};

static void to_adapter(const struct station *to, struct ndis_packet *p)
{
	struct ip6 *ip = to->f->ip;
	u8 *e = ndis_packet_push(ip->x, p, ETHER);

	if (!e) {
		(void)fail(ip, p, DROP_MEMORY, EX_INSUFFICIENT_RESOURCES);
		return;
	}
	memcpy(e, to->mac, 6);
	memcpy(e + 6, to->f->mac, 6);
	put16(e + 12, 0x86dd);
	ndis_send(to->b, p);
}

/* RFC 8200 4.5: the IPv6 header, the fragment's, a part of the rest. */
static bool one_fragment(const struct station *to, struct ndis_packet *p,
			 u32 id, u32 off, u32 n)
{
	struct ip6 *ip = to->f->ip;
	struct ndis_packet *q = inet_clone(ip->x, p, IP6_HEADER + off, n,
					  INET_HEADROOM);
	bool more = IP6_HEADER + off + n < p->length;
	u8 *at;

	if (!q)
		return false;
	q->flags = 0;
	at = ndis_packet_push(ip->x, q, IP6_HEADER + 8);
	if (!at) {
		ndis_packet_put(q);
		return false;
	}
	(void)ndis_packet_copy(p, 0, at, IP6_HEADER);
	put16(at + 4, (u16)(n + 8));
	at[IP6_HEADER] = at[6];
	at[6] = NEXT_FRAGMENT;
	at[IP6_HEADER + 1] = 0;
	put16(at + IP6_HEADER + 2, (u16)(off | more));
	put32(at + IP6_HEADER + 4, id);
	to_adapter(to, q);
	return true;
}

static enum ex_status fragments(const struct station *to,
				struct ndis_packet *p, u32 mtu)
{
	struct ip6 *ip = to->f->ip;
	u32 part = (mtu - IP6_HEADER - 8) / 8 * 8, all = p->length - IP6_HEADER;
	u32 id = (u32)ex_random(ip->x); /* RFC 7739 */

	inet_sum_now(ip->x, p, IP6_HEADER); /* no adapter sums pieces */
	for (u32 off = 0; off < all; off += part)
		if (!one_fragment(to, p, id, off,
				  all - off < part ? all - off : part))
			return EX_INSUFFICIENT_RESOURCES;
		else
			inet_count(&ip->s, frag_creates);
	inet_count(&ip->s, frag_ok);
	return EX_SUCCESS;
}

void ip6_send_to(struct inet_iface *f, const u8 *mac, struct ndis_packet *p)
{
	const u8 *h = ndis_packet_flat(f->ip->x, p, IP6_HEADER);
	struct station to = { f, h ? ip6_enter(f) : NULL, mac };
	struct inet_ip dst;
	u32 mtu;

	if (!to.b) {
		(void)fail(f->ip, p, DROP_DOWN, EX_DEVICE_NOT_READY);
		return;
	}
	memcpy(dst.b, h + 24, 16);
	mtu = route_mtu(f->ip, f, &dst);
	if (p->length <= mtu) {
		p->csum_start = ETHER + IP6_HEADER;
		to_adapter(&to, p);
	} else {
		inet_sent(p, fragments(&to, p, mtu));
	}
	ip6_leave(f);
}

/* --- the way ---------------------------------------------------------------------------- */

struct way {
	struct inet_iface *f;
	struct inet_ip next, src;    /* src: all zero: there is none */
	u32 mtu;                     /* of the path */
	bool local;
};

static bool in_way(struct ip6 *ip, const struct inet_ip *dst,
		   struct inet_iface *want, struct way *w)
{
	/* RFC 4291 2.7: ff01:: stays in the node. */
	bool node = multicast(dst) && (dst->b[1] & 15) == 1;

	w->local = node || in_is_local(ip, dst);
	if (w->local) {
		w->f = &ip->lo;
		w->next = *dst;
		return true;
	}
	return in_route_next(ip, dst, &w->src, want, &w->f, &w->next) &&
	       KE_GET(&w->f->b);
}

static void in_source(const struct way *w, const struct inet_ip *dst, u64 now,
		      struct inet_ip *out)
{
	if (w->local && !multicast(dst))
		*out = *dst;
	else if (!w->local)
		(void)in_addr_source(w->f, dst, now, out);
}

/* src: where it comes from, or all zero: then w->src is what was chosen. */
static bool find_way(struct ip6 *ip, const struct inet_ip *dst,
		     const struct inet_ip *src, struct inet_iface *want,
		     struct way *w)
{
	bool chosen = unspecified(src), found;
	u64 now = chosen ? ex_tick(ip->x) : 0;

	w->src = *src;
	ke_latch(&ip->tables);
	found = in_way(ip, dst, want, w);
	if (found && chosen)
		in_source(w, dst, now, &w->src);
	if (found)
		w->mtu = in_route_mtu(ip, w->f, dst);
	ke_unlatch(&ip->tables);
	return found;
}

bool ip6_path(struct inet *s, const struct inet_ip *dst, struct inet_ip *src,
	      struct inet_path *out)
{
	struct ip6 *ip = ip6_of(s);
	struct way w;

	if (!find_way(ip, dst, src, NULL, &w) || unspecified(&w.src))
		return false;
	*src = w.src;
	*out = (struct inet_path){ .iface = w.f, .local = w.local,
				   .offloads = KE_GET(&w.f->offloads),
				   .loopback = w.local, .mtu = w.mtu };
	return true;
}

/* RFC 2464 7. */
static void group_mac(const struct inet_ip *dst, u8 *mac)
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, dst->b + 12, 4);
}

static void go(struct ip6 *ip, const struct way *w, const struct inet_ip *dst,
	       u8 protocol, struct ndis_packet *p)
{
	struct ndis_packet *c = NULL;
	u8 mac[6];

	inet_count(&ip->s, out_requests);
	if (protocol == NEXT_ICMP6)
		inet_count(&ip->s, icmp_out);
	if (w->local) {
		inet_loop(&ip->s, p);
		return;
	}
	if (!multicast(dst)) {
		if (neighbor_resolve(w->f, &w->next, mac, &p))
			ip6_send_to(w->f, mac, p);
		return;
	}
	/* Those of us that want it get it, too. */
	if (protocol != NEXT_ICMP6 && protocol != NEXT_HOP_BY_HOP &&
	    mld_member(w->f, dst))
		c = inet_clone(ip->x, p, 0, p->length, 0);
	if (c)
		inet_loop(&ip->s, c);
	group_mac(dst, mac);
	ip6_send_to(w->f, mac, p);
}

/* --- the header ---------------------------------------------------------------------------- */

/* Raw sockets that bring their own header. */
static enum ex_status own_header(struct ip6 *ip, struct ndis_packet *p,
				 const struct inet_tx *t)
{
	u8 *h = ndis_packet_flat(ip->x, p, IP6_HEADER);
	struct inet_ip src, dst;
	struct way w;

	if (!h || h[0] >> 4 != 6 || p->length - IP6_HEADER > 65535)
		return fail(ip, p, DROP_LENGTH, EX_INVALID_PARAMETER);
	memcpy(src.b, h + 8, 16);
	memcpy(dst.b, h + 24, 16);
	if (unspecified(&dst) || !find_way(ip, &dst, &src, t->iface, &w))
		return fail(ip, p, DROP_NO_ROUTE, EX_NETWORK_UNREACHABLE);
	put16(h + 4, (u16)(p->length - IP6_HEADER));
	go(ip, &w, &dst, h[6], p);
	return EX_SUCCESS;
}

/* RFC 4443 2.3: whoever sends one, its checksum is made here. */
static bool sum_icmp(struct ip6 *ip, struct ndis_packet *p,
		     const struct inet_ip *src, const struct inet_ip *dst)
{
	u32 sum = ip6_pseudo_sum(src, dst, NEXT_ICMP6, p->length);
	u8 *m = ndis_packet_flat(ip->x, p, 4);

	if (!m)
		return false;
	memset(m + 2, 0, 2);
	put_sum(m + 2, ndis_fold(ndis_packet_sum(p, 0, p->length, sum)));
	return true;
}

/* Discovery and MLD also come from no address: they say themselves. */
static bool may_have_none(const struct inet_tx *t)
{
	return t->iface && multicast(&t->dst) &&
	       (t->protocol == NEXT_HOP_BY_HOP ||
		(t->protocol == NEXT_ICMP6 && t->ttl == 255));
}

static u8 hops(const struct inet_tx *t, const struct way *w)
{
	if (t->ttl)
		return t->ttl;
	if (multicast(&t->dst))
		return 1;
	return w->local ? 128 : KE_GET(&w->f->hop_limit);
}

static enum ex_status with_header(struct ip6 *ip, struct ndis_packet *p,
				  const struct inet_tx *t, const struct way *w,
				  const struct inet_ip *src)
{
	u32 n = p->length;
	u8 *h;

	if (t->protocol == NEXT_ICMP6 && !sum_icmp(ip, p, src, &t->dst))
		return fail(ip, p, DROP_MEMORY, EX_INVALID_PARAMETER);
	h = ndis_packet_push(ip->x, p, IP6_HEADER);
	if (!h)
		return fail(ip, p, DROP_MEMORY, EX_INSUFFICIENT_RESOURCES);
	put32(h, 0x60000000u | (u32)t->tos << 20);
	put16(h + 4, (u16)n);
	h[6] = t->protocol;
	h[7] = hops(t, w);
	memcpy(h + 8, src->b, 16);
	memcpy(h + 24, t->dst.b, 16);
	go(ip, w, &t->dst, t->protocol, p);
	return EX_SUCCESS;
}

enum ex_status ip6_output(struct inet *s, struct ndis_packet *p,
			  const struct inet_tx *t)
{
	struct ip6 *ip = ip6_of(s);
	struct inet_ip src;
	struct way w;

	if (t->header_included)
		return own_header(ip, p, t);
	if (p->length > 65535)
		return fail(ip, p, DROP_TOO_LONG, EX_BUFFER_OVERFLOW);
	if (unspecified(&t->dst) ||
	    !find_way(ip, &t->dst, &t->src, t->iface, &w))
		return fail(ip, p, DROP_NO_ROUTE, EX_NETWORK_UNREACHABLE);
	src = may_have_none(t) ? t->src : w.src;
	if (unspecified(&src) && !may_have_none(t))
		return fail(ip, p, DROP_NO_ROUTE, EX_NETWORK_UNREACHABLE);
	if (t->dont_fragment && !w.local &&
	    p->length + IP6_HEADER > w.mtu)
		return fail(ip, p, DROP_TOO_LONG, EX_BUFFER_OVERFLOW);
	return with_header(ip, p, t, &w, &src);
}
