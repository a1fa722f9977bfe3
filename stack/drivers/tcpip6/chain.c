// SPDX-License-Identifier: Apache-2.0
/* Extension headers (RFC 8200 4): gone through in their order, as many as
 * CHAIN_HEADERS and as long as CHAIN_BYTES. */
#include "ip6.h"

enum { OPT_PAD1 = 0, OPT_PADN = 1, OPT_ROUTER_ALERT = 5 };

struct walk {
	struct inet_iface *f;
	struct ip6_head *h;
	struct ndis_packet *p;
};

static enum ip6_drop problem(const struct walk *w, u8 code, u32 pointer,
			     enum ip6_drop why)
{
	icmp6_error(w->f, w->h, w->p, ICMP6_PARAMETER, code, pointer);
	return why;
}

/* RFC 8200 4.2: what the first two bits of an unknown option ask for. */
static enum ip6_drop unknown(const struct walk *w, u8 type, u32 pointer)
{
	if (!(type >> 6))
		return DROP_NOT;
	if (type >> 6 == 2 || (type >> 6 == 3 && !multicast(&w->h->dst)))
		icmp6_error(w->f, w->h, w->p, ICMP6_PARAMETER, 2, pointer);
	return DROP_OPTION;
}

static enum ip6_drop options(const struct walk *w, const u8 *b, u32 len,
			     u32 at)
{
	u32 i = 2, count = 0;
	enum ip6_drop why;

	while (i < len) {
		u32 n = b[i] == OPT_PAD1 ? 1 :
			i + 1 < len ? b[i + 1] + 2u : 0;

		if (!n || n > len - i)
			return problem(w, 0, at + i, DROP_OPTION);
		if (b[i] > OPT_PADN) {
			if (++count > CHAIN_OPTIONS)
				return DROP_OPTION;
			w->h->alert |= b[i] == OPT_ROUTER_ALERT && n == 4 &&
				       w->h->protocol == NEXT_HOP_BY_HOP;
			why = b[i] == OPT_ROUTER_ALERT ? DROP_NOT :
				      unknown(w, b[i], at + i);
			if (why)
				return why;
		}
		i += n;
	}
	return DROP_NOT;
}

/* RFC 8200 4.4; type 0 is as any that is not known: RFC 5095 3. */
static enum ip6_drop routing(const struct walk *w, const u8 *b, u32 at)
{
	return b[3] ? problem(w, 0, at + 2, DROP_ROUTING) : DROP_NOT;
}

/* One header at off; *len: its length. */
static enum ip6_drop one(const struct walk *w, u32 off, u32 *len)
{
	u32 at = w->h->base + off;
	u8 head[2];
	const u8 *b;

	if (off > w->p->length ||
	    ndis_packet_copy(w->p, off, head, 2) < 2)
		return DROP_CHAIN;
	*len = (head[1] + 1u) * 8;
	if (*len > w->p->length - off || off + *len > CHAIN_BYTES)
		return DROP_CHAIN;
	b = ndis_packet_flat(w->f->ip->x, w->p, off + *len);
	if (!b)
		return DROP_MEMORY;
	b += off;
	if (w->h->protocol == NEXT_ROUTING)
		return routing(w, b, at);
	return options(w, b, *len, at);
}

enum ip6_drop chain_walk(struct inet_iface *f, struct ip6_head *h,
			 struct ndis_packet *p, u32 *off, u32 *fragment)
{
	struct walk w = { f, h, p };
	enum ip6_drop why;
	u32 len;
	u8 next;

	for (u32 i = 0; i < CHAIN_HEADERS; i++) {
		if (h->protocol == NEXT_FRAGMENT) {
			*fragment = *off;
			return h->fragmented ? DROP_CHAIN : DROP_NOT;
		}
		/* RFC 8200 4.1: only behind the IPv6 header itself. */
		if (h->protocol == NEXT_HOP_BY_HOP && h->next_at != 6)
			return problem(&w, 1, h->next_at, DROP_CHAIN);
		if (h->protocol != NEXT_HOP_BY_HOP &&
		    h->protocol != NEXT_ROUTING &&
		    h->protocol != NEXT_DESTINATION)
			return DROP_NOT;
		why = one(&w, *off, &len);
		if (why)
			return why;
		(void)ndis_packet_copy(p, *off, &next, 1);
		h->protocol = next;
		h->next_at = h->base + *off;
		*off += len;
	}
	return DROP_CHAIN;
}

static u32 transport_min(u8 protocol)
{
	if (protocol == NEXT_TCP)
		return 20;
	return protocol == NEXT_UDP || protocol == NEXT_ICMP6 ? 8 : 0;
}

bool chain_complete(struct ip6 *ip, struct ndis_packet *p, u8 next, u32 off)
{
	u8 head[2];

	(void)ip;
	for (u32 i = 0; i < CHAIN_HEADERS; i++) {
		if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING &&
		    next != NEXT_DESTINATION)
			return p->length >= off &&
			       p->length - off >= transport_min(next);
		if (off > p->length || ndis_packet_copy(p, off, head, 2) < 2)
			return false;
		next = head[0];
		off += (head[1] + 1u) * 8;
	}
	return false;
}
