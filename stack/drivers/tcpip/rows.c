// SPDX-License-Identifier: Apache-2.0
/* Routes and neighbours of IPv4, for a netstat. */
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

void ip_rows(struct inet *s, struct inet_ask *a)
{
	struct ip *ip = ip_of(s);
	u64 now = ex_now(ip->x);
	enum ke_irql before = ke_lock(&ip->lock);

	if (a->table == INET_NEIGHBOURS)
		arp_rows(ip, a);
	else
		for (const struct ip_route *r = ip->routes; r; r = r->next)
			route(a, r->iface, r->dst, r->mask, r->gateway,
			      r->expires > now ? r->expires - now : 0);
	ke_unlock(&ip->lock, before);
}
