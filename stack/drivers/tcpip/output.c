// SPDX-License-Identifier: Apache-2.0
/* Datagrams that go out: header, way, fragments. */
#include "ip.h"

#include <string.h>

static void ip_header_sum(u8 *header, u32 hlen)
{
	memset(header + 10, 0, 2);
	put_sum(header + 10, ndis_fold(ndis_sum(header, hlen, 0)));
}

/* RFC 7739 5.3: whoever is not on the path learns nothing of its counter. */
static u16 id_of_path(struct ip *ip, u32 dst)
{
	u32 h = (dst ^ ip->id_key) * 2654435761u;

	return (u16)(KE_ADD(&ip->path_id[h >> 16 & (PATH_IDS - 1)], 1) - 1);
}

/* As the personality has it. */
static void put_id(struct ip *ip, u8 *at, u32 dst)
{
	u16 id = ip->s.as->ip_id == IP_ID_OF_PATH ? id_of_path(ip, dst) :
						    (u16)(KE_ADD(&ip->id, 1) - 1);

	put16(at, ip->s.as->ip_id == IP_ID_SWAPPED ?
			  (u16)(id << 8 | id >> 8) : id);
}

/* --- fragments (RFC 791 3.2) --------------------------------------------------------- */

/* Options that go into every fragment have the high bit of their type set. */
static u32 fragment_header(const u8 *from, u32 hlen, u8 *to)
{
	u32 n = IP_HEADER;

	memcpy(to, from, IP_HEADER);
	for (u32 i = IP_HEADER; i < hlen && from[i];) {
		u32 len = from[i] == 1 ? 1 : i + 1 < hlen ? from[i + 1] : 0;

		if (!len || len > hlen - i)
			break;
		if (from[i] & 0x80) {
			memcpy(to + n, from + i, len);
			n += len;
		}
		i += len;
	}
	while (n & 3)
		to[n++] = 0;
	to[0] = (u8)(0x40 | n / 4);
	return n;
}

struct station {
	struct inet_iface *f;
	struct ndis_binding *b;
	const u8 *mac;
};

static void to_adapter(const struct station *to, struct ndis_packet *p)
{
	struct ip *ip = to->f->ip;
	u8 *e = ndis_packet_push(ip->x, p, ETHER);

	if (!e) {
		ip_drop(ip, DROP_MEMORY, 0, p->length);
		inet_sent(p, EX_INSUFFICIENT_RESOURCES);
		return;
	}
	memcpy(e, to->mac, 6);
	memcpy(e + 6, to->f->mac, 6);
	put16(e + 12, 0x0800);
	ndis_send(to->b, p);
}

static bool one_fragment(const struct station *to, struct ndis_packet *p,
			 u32 hlen, u32 off, u32 n)
{
	struct ip *ip = to->f->ip;
	u8 first[IP_HEADER_MAX], head[IP_HEADER_MAX];
	u32 len = hlen, word;
	struct ndis_packet *q = inet_clone(ip->x, p, hlen + off, n,
					   INET_HEADROOM);
	u8 *at;

	if (!q)
		return false;
	q->flags = 0;
	ndis_packet_copy(p, 0, first, hlen);
	if (off)
		len = fragment_header(first, hlen, head);
	else
		memcpy(head, first, hlen);
	word = get16(first + 6);
	word = (word & 0x2000) | ((word & 0x1fff) + off / 8);
	if (hlen + off + n < p->length)
		word |= 0x2000;
	put16(head + 6, (u16)word);
	put16(head + 2, (u16)(len + n));
	ip_header_sum(head, len);
	at = ndis_packet_push(ip->x, q, len);
	if (!at) {
		ndis_packet_put(q);
		return false;
	}
	memcpy(at, head, len);
	inet_count(&ip->s, frag_creates);
	to_adapter(to, q);
	return true;
}

static enum ex_status fragments(const struct station *to,
				struct ndis_packet *p, u32 hlen, u32 mtu)
{
	u32 part = (mtu - hlen) / 8 * 8, left;

	inet_sum_now(to->f->ip->x, p, hlen); /* no adapter sums pieces */
	for (u32 off = 0; off < p->length - hlen; off += part) {
		left = p->length - hlen - off;
		if (!one_fragment(to, p, hlen, off, left < part ? left : part))
			return EX_INSUFFICIENT_RESOURCES;
	}
	inet_count(&to->f->ip->s, frag_ok);
	return EX_SUCCESS;
}

void ip_send_to(struct inet_iface *f, const u8 *mac, struct ndis_packet *p)
{
	u8 *h = ndis_packet_flat(f->ip->x, p, IP_HEADER);
	struct station to = { f, h ? ip_enter(f) : NULL, mac };
	u32 hlen, mtu;

	if (!to.b) {
		ip_drop(f->ip, DROP_DOWN, 0, p->length);
		inet_sent(p, EX_DEVICE_NOT_READY);
		return;
	}
	hlen = (h[0] & 15u) * 4;
	mtu = ip_path_mtu(f->ip, f, get32(h + 16));
	if (p->length <= mtu || p->flags & NDIS_LSO) {
		p->csum_start = (u16)(ETHER + hlen);
		to_adapter(&to, p);
	} else {
		/* Don't fragment, and it is too long: RFC 1191 3. */
		inet_count_by(&f->ip->s, INET_frag_fails, h[6] >> 6 & 1);
		inet_sent(p, h[6] & 0x40 ? EX_BUFFER_OVERFLOW :
			  fragments(&to, p, hlen, mtu));
	}
	ip_leave(f);
}

/* --- the way ---------------------------------------------------------------------------- */

struct way {
	struct inet_iface *f;
	u32 next;
	bool local, link_cast, multicast, known;
	u8 mac[6];                   /* of next, when it is known */
};

static bool has(const struct inet_iface *f, u32 addr)
{
	for (u32 i = 0; i < KE_GET(&f->nlocal); i++)
		if (ip_net_at(f, i).addr == addr)
			return true;
	return false;
}

/* Groups and 255.255.255.255 have no route: the first adapter, unless told. */
static struct inet_iface *any_iface(struct ip *ip, u32 dst, u32 src)
{
	struct inet_iface *routed;
	u32 next;

	if (src)
		EACH_IFACE(f, ip)
			if (KE_GET(&f->b) && has(f, src))
				return f;
	routed = ip_route_to(ip, dst, &next);
	if (!routed)
		EACH_IFACE(f, ip)
			if (KE_GET(&f->b))
				return f;
	return routed;
}

static bool find_way(struct ip *ip, u32 dst, u32 src, struct inet_iface *want,
		     struct way *w)
{
	enum ke_irql before;

	*w = (struct way){ .next = dst };
	if (ip_is_local(ip, dst)) {
		w->local = true;
		w->f = &ip->lo;
		return true;
	}
	before = ke_lock(&ip->lock);
	w->multicast = ip4_multicast(dst);
	w->link_cast = w->multicast || ip_is_broadcast(ip, dst);
	if (want && !want->loopback && (w->link_cast || ip_on_link(want, dst)))
		w->f = KE_GET(&want->b) ? want : NULL;
	else if (w->link_cast)
		w->f = any_iface(ip, dst, src);
	else
		w->f = ip_route_to(ip, dst, &w->next);
	if (w->f && !w->link_cast)
		w->known = arp_known(w->f, w->next, w->mac);
	ke_unlock(&ip->lock, before);
	return w->f;
}

static u32 source_for(const struct way *w, u32 dst)
{
	if (w->local && ip4_loopback(dst))
		return 0x7f000001;
	return w->local ? dst : ip_source(w->f, w->next);
}

bool ip_path_to(struct inet *s, const struct inet_ip *dst, struct inet_ip *src,
		struct inet_path *out)
{
	struct ip *ip = ip_of(s);
	u32 a = ip4_of(dst), from = ip4_of(src);
	struct way w;

	if (!find_way(ip, a, from, NULL, &w))
		return false;
	if (!from) {
		from = source_for(&w, a);
		*src = ip4_to(from);
	}
	*out = (struct inet_path){
		.iface = w.f, .offloads = KE_GET(&w.f->offloads),
		.local = w.local, .loopback = w.local,
		.mtu = ip_path_mtu(ip, w.f, a) };
	return from;
}

/* RFC 1112 6.4, RFC 894. */
static void cast_mac(u32 dst, u8 *mac)
{
	memset(mac, 0xff, 6);
	if (!ip4_multicast(dst))
		return;
	mac[0] = 0x01;
	mac[1] = 0x00;
	mac[2] = 0x5e;
	mac[3] = dst >> 16 & 0x7f;
	mac[4] = (u8)(dst >> 8);
	mac[5] = (u8)dst;
}

/* Those of us that want it get it, too. */
static void loop_cast(struct ip *ip, const struct way *w, u32 dst,
		      const struct ndis_packet *p)
{
	struct ndis_packet *c;

	if (w->multicast && !igmp_member(w->f, dst))
		return;
	c = inet_clone(ip->x, p, 0, p->length, 0);
	if (c)
		inet_loop(&ip->s, c);
}

static void go(struct ip *ip, const struct way *w, u32 dst,
	       struct ndis_packet *p)
{
	u8 mac[6];

	inet_count(&ip->s, out_requests);
	if (p->head->data[9] == IP_ICMP)
		inet_count(&ip->s, icmp_out);
	if (w->local) {
		inet_loop(&ip->s, p);
		return;
	}
	if (w->link_cast) {
		if (p->head->data[9] != IP_IGMP)
			loop_cast(ip, w, dst, p);
		cast_mac(dst, mac);
	} else if (!w->known) {
		p = inet_keep(ip->x, p); /* it may have to wait */
		if (!p || !arp_resolve(w->f, w->next, mac, p))
			return;
	}
	ip_send_to(w->f, w->known ? w->mac : mac, p);
}

/* --- the header ---------------------------------------------------------------------------- */

static enum ex_status fail(struct ip *ip, struct ndis_packet *p,
			   enum ip_drop why, enum ex_status st)
{
	ip_drop(ip, why, 0, p->length);
	inet_sent(p, st);
	return st;
}

/* Raw sockets that bring their own header: what is zero in it is filled in. */
static enum ex_status own_header(struct ip *ip, struct ndis_packet *p,
				 const struct inet_tx *t)
{
	u8 *h = ndis_packet_flat(ip->x, p, IP_HEADER);
	u32 hlen = h ? (h[0] & 15u) * 4 : 0, dst;
	struct way w;

	if (hlen < IP_HEADER || hlen > p->length || h[0] >> 4 != 4 ||
	    p->length > 65535)
		return fail(ip, p, DROP_HEADER_LENGTH, EX_INVALID_PARAMETER);
	h = ndis_packet_flat(ip->x, p, hlen);
	if (!h)
		return fail(ip, p, DROP_MEMORY, EX_INSUFFICIENT_RESOURCES);
	dst = get32(h + 16);
	if (!find_way(ip, dst, get32(h + 12), t->iface, &w))
		return fail(ip, p, DROP_NO_ROUTE, EX_NETWORK_UNREACHABLE);
	put16(h + 2, (u16)p->length);
	if (!get16(h + 4))
		put_id(ip, h + 4, dst);
	if (!get32(h + 12))
		put32(h + 12, source_for(&w, dst));
	ip_header_sum(h, hlen);
	go(ip, &w, dst, p);
	return EX_SUCCESS;
}

static u8 ttl_of(const struct ip *ip, const struct inet_tx *t,
		 const struct way *w)
{
	if (t->ttl)
		return t->ttl;
	return w->multicast ? 1 : ip->s.as->ttl; /* RFC 1112 6.1 */
}

enum ex_status ip_output_options(struct ip *ip, struct ndis_packet *p,
				 const struct inet_tx *t, const u8 *options,
				 u32 n)
{
	u32 dst = ip4_of(&t->dst), src = ip4_of(&t->src), hlen = IP_HEADER + n;
	struct way w;
	u8 *h;

	if (p->length + hlen > 65535)
		return fail(ip, p, DROP_TOO_LONG, EX_BUFFER_OVERFLOW);
	if (!dst || (dst >> 28 == 0xf && dst != UINT32_MAX))
		return fail(ip, p, DROP_DESTINATION, EX_NETWORK_UNREACHABLE);
	if (!find_way(ip, dst, src, t->iface, &w))
		return fail(ip, p, DROP_NO_ROUTE, EX_NETWORK_UNREACHABLE);
	if (!src)
		src = source_for(&w, dst);
	if (t->dont_fragment && !w.local && !(p->flags & NDIS_LSO) &&
	    p->length + hlen > ip_path_mtu(ip, w.f, dst))
		return fail(ip, p, DROP_TOO_LONG, EX_BUFFER_OVERFLOW);
	h = ndis_packet_push(ip->x, p, hlen);
	if (!h)
		return fail(ip, p, DROP_MEMORY, EX_INSUFFICIENT_RESOURCES);
	h[0] = (u8)(0x40 | hlen / 4);
	h[1] = t->tos;
	put16(h + 2, (u16)p->length);
	put_id(ip, h + 4, dst);
	put16(h + 6, t->dont_fragment ? 0x4000 : 0);
	h[8] = ttl_of(ip, t, &w);
	h[9] = t->protocol;
	put32(h + 12, src);
	put32(h + 16, dst);
	if (n)
		memcpy(h + IP_HEADER, options, n);
	ip_header_sum(h, hlen);
	go(ip, &w, dst, p);
	return EX_SUCCESS;
}

enum ex_status ip_output(struct inet *s, struct ndis_packet *p,
			 const struct inet_tx *t)
{
	if (t->header_included)
		return own_header(ip_of(s), p, t);
	return ip_output_options(ip_of(s), p, t, NULL, 0);
}
