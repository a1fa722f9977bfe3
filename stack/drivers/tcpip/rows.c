// SPDX-License-Identifier: Apache-2.0
/* Routes, neighbours and addresses of IPv4, for a netstat. */
#include "ip.h"

#include <string.h>

static void route(struct inet_ask *a, const struct inet_iface *f, u32 dst,
		  u32 mask, u32 gateway, u64 left)
{
	struct inet_row *r = inet_row(a);

	if (!r)
		return;
	r->local.family = r->remote.family = 4;
	put32(r->local.ip, dst & mask);
	put32(r->remote.ip, gateway);
	r->prefix = (u8)__builtin_popcount(mask);
	r->left_ns = left;
	memcpy(r->name, f->name, sizeof(r->name));
}

static void addresses(const struct ip *ip, struct inet_ask *a)
{
	EACH_IFACE(f, ip)
		for (u32 i = 0; i < KE_GET(&f->nlocal); i++) {
			struct ip_net n = ip_net_at(f, i);
			struct inet_row *r = inet_row(a);

			if (!r)
				continue;
			r->local.family = 4;
			put32(r->local.ip, n.addr);
			memcpy(r->name, f->name, sizeof(r->name));
			r->prefix = (u8)__builtin_popcount(n.mask);
			r->state = KE_GET(&f->local[i].usable) ?
					   "preferred" : "duplicate";
		}
}

void ip_rows(struct inet *s, struct inet_ask *a)
{
	struct ip *ip = ip_of(s);
	u64 now = ex_now(ip->x);
	enum ke_irql before = ke_lock(&ip->lock);

	if (a->table == INET_NEIGHBOURS)
		arp_rows(ip, a);
	else if (a->table == INET_ADDRESSES)
		addresses(ip, a);
	else
		for (const struct ip_route *r = ip->routes; r; r = r->next)
			route(a, r->iface, r->dst, r->mask, r->gateway,
			      r->expires > now ? r->expires - now : 0);
	ke_unlock(&ip->lock, before);
}
