// SPDX-License-Identifier: Apache-2.0
/* Routes, neighbours and addresses of IPv6, for a netstat. */
#include "ip6.h"

#include <string.h>

static void route(struct inet_ask *a, const struct inet_iface *f,
		  const struct inet_ip *dst, u8 bits,
		  const struct inet_ip *gateway, u64 left)
{
	struct inet_row *r = inet_row(a);

	if (!r)
		return;
	r->local.family = r->remote.family = 6;
	if (dst)
		memcpy(r->local.ip, dst->b, 16);
	if (gateway)
		memcpy(r->remote.ip, gateway->b, 16);
	r->prefix = bits;
	r->left_ns = left;
	memcpy(r->name, f->name, sizeof(r->name));
}

static u64 left(u64 until, u64 now)
{
	return until < ENDLESS && until > now ? until - now : 0;
}

static void in_routes(const struct ip6 *ip, struct inet_ask *a, u64 now)
{
	EACH_IFACE(f, ip)
		for (u32 i = 0; i < f->nprefix; i++)
			route(a, f, &f->prefix[i].p, f->prefix[i].plen, NULL,
			      left(f->prefix[i].valid, now));
	for (u32 i = 0; i < ip->nrouters; i++)
		route(a, ip->router[i].f, NULL, 0, &ip->router[i].a,
		      left(ip->router[i].until, now));
	for (u32 i = 0; i < ip->nredirects; i++)
		route(a, ip->redirect[i].f, &ip->redirect[i].dst, 128,
		      &ip->redirect[i].next, left(ip->redirect[i].until, now));
}

static void neighbours(const struct ip6 *ip, struct inet_ask *a)
{
	static const char *const states[] = {
		[NUD_INCOMPLETE] = "incomplete", [NUD_REACHABLE] = "reachable",
		[NUD_STALE] = "stale", [NUD_DELAY] = "delay",
		[NUD_PROBE] = "probe" };

	for (u32 i = 0; i < NEIGHBOR_HASH; i++)
		for (const struct ip6_neighbor *n = ip->neighbor[i]; n;
		     n = n->next) {
			struct inet_row *r = inet_row(a);

			if (!r)
				continue;
			r->local.family = 6;
			memcpy(r->local.ip, n->a.b, 16);
			memcpy(r->mac, n->mac, 6);
			memcpy(r->name, n->f->name, sizeof(r->name));
			r->known = n->state != NUD_INCOMPLETE;
			r->state = states[n->state];
			r->object = n;
		}
}

static void in_addresses(const struct ip6 *ip, struct inet_ask *a, u64 now)
{
	static const char *const states[] = {
		[ADDR_TENTATIVE] = "tentative", [ADDR_USABLE] = "preferred",
		[ADDR_DUPLICATE] = "duplicate" };

	EACH_IFACE(f, ip)
		for (u32 i = 0; i < f->naddr; i++) {
			const struct ip6_addr *d = &f->addr[i];
			struct inet_row *r = inet_row(a);

			if (!r)
				continue;
			r->local.family = 6;
			memcpy(r->local.ip, d->a.b, 16);
			memcpy(r->name, f->name, sizeof(r->name));
			r->prefix = d->plen;
			r->left_ns = left(d->valid, now);
			r->state = d->state == ADDR_USABLE && d->preferred <= now ?
					   "deprecated" : states[d->state];
		}
}

void ip6_rows(struct inet *s, struct inet_ask *a)
{
	struct ip6 *ip = s->ip;
	u64 now = ex_now(ip->x);
	enum ke_irql before = ke_lock(&ip->lock);

	ke_latch(&ip->tables);
	if (a->table == INET_ADDRESSES)
		in_addresses(ip, a, now);
	else if (a->table == INET_ROUTES)
		in_routes(ip, a, now);
	ke_unlatch(&ip->tables);
	if (a->table == INET_NEIGHBOURS)
		neighbours(ip, a);
	ke_unlock(&ip->lock, before);
}
