// SPDX-License-Identifier: Apache-2.0
/* What a netstat shows of the family: addresses, prefixes, routers, neighbours. */
#include "ip6.h"

#include <string.h>

static void put_text(char *to, size_t size, const char *text)
{
	size_t n = strnlen(text, size - 1);

	memcpy(to, text, n);
	to[n] = 0;
}

static void fill(struct tdi_entity *e, const char *kind, const char *state,
		 const struct inet_iface *f, const struct inet_ip *a)
{
	put_text(e->kind, sizeof(e->kind), kind);
	put_text(e->state, sizeof(e->state), state);
	put_text(e->device, sizeof(e->device), f->name);
	e->address.family = 6;
	memcpy(e->address.ip, a->b, 16);
}

/* Rows are counted off *i; true: it is this one. */
static bool address_row(const struct inet_iface *f, u32 *i,
			struct tdi_entity *e)
{
	static const char *const names[] = {
		[ADDR_TENTATIVE] = "tentative", [ADDR_USABLE] = "preferred",
		[ADDR_DUPLICATE] = "duplicate" };
	const struct ip6_addr *a;

	if (*i >= f->naddr) {
		*i -= f->naddr;
		return false;
	}
	a = &f->addr[*i];
	fill(e, "address", a->state == ADDR_USABLE &&
			   a->preferred <= ex_now(f->ip->x) ?
				   "deprecated" : names[a->state], f, &a->a);
	e->bits = a->plen;
	return true;
}

static bool prefix_row(const struct inet_iface *f, u32 *i,
		       struct tdi_entity *e)
{
	if (*i >= f->nprefix) {
		*i -= f->nprefix;
		return false;
	}
	fill(e, "on link", f->prefix[*i].valid == FOREVER ? "configured" :
							    "advertised", f,
	     &f->prefix[*i].p);
	e->bits = f->prefix[*i].plen;
	return true;
}

static bool router_row(const struct ip6 *ip, u32 *i, struct tdi_entity *e)
{
	if (*i >= ip->nrouters) {
		*i -= ip->nrouters;
		return false;
	}
	fill(e, "router", ip->router[*i].until == FOREVER ? "configured" :
							    "advertised",
	     ip->router[*i].f, &ip->router[*i].a);
	return true;
}

static bool neighbor_row(const struct ip6 *ip, u32 i, struct tdi_entity *e)
{
	static const char *const names[] = {
		[NUD_INCOMPLETE] = "incomplete", [NUD_REACHABLE] = "reachable",
		[NUD_STALE] = "stale", [NUD_DELAY] = "delay",
		[NUD_PROBE] = "probe" };

	for (u32 k = 0; k < NEIGHBOR_HASH; k++)
		for (const struct ip6_neighbor *n = ip->neighbor[k]; n;
		     n = n->next) {
			if (i--)
				continue;
			fill(e, "neighbour", names[n->state], n->f, &n->a);
			memcpy(e->mac, n->mac, sizeof(e->mac));
			e->has_mac = n->state != NUD_INCOMPLETE;
			return true;
		}
	return false;
}

bool ip6_entity(struct inet *s, u32 i, struct tdi_entity *e)
{
	struct ip6 *ip = ip6_of(s);
	enum ke_irql before = ke_lock(&ip->lock);
	bool any = false;

	for (struct inet_iface *f = ip->ifaces; f && !any; f = f->next)
		any = address_row(f, &i, e) || prefix_row(f, &i, e);
	any = any || router_row(ip, &i, e) || neighbor_row(ip, i, e);
	ke_unlock(&ip->lock, before);
	return any;
}
