// SPDX-License-Identifier: Apache-2.0
/*
 * Which addresses are ours, which way others are reached, and how much a path
 * carries.
 *
 * Routes are kept with the longest mask first, so that the first match is the
 * best one (RFC 1122 3.3.1).  Host routes from redirects and path MTUs go after
 * ten minutes, as in NT and RFC 1191 6.3.
 */
#include "ip.h"

#define ROUTE_TIME (600 * SECOND)

bool ip_is_local(const struct ip *ip, u32 a)
{
	if (ip4_loopback(a))
		return true;
	EACH_IFACE(f, ip)
		for (u32 i = 0; i < KE_GET(&f->nlocal); i++)
			if (ip_net_at(f, i).addr == a &&
			    KE_GET(&f->local[i].usable))
				return true;
	return false;
}

/* RFC 922: all ones, or of a connected network. A /31 (RFC 3021) has none. */
bool ip_is_broadcast(const struct ip *ip, u32 a)
{
	if (a == UINT32_MAX)
		return true;
	EACH_IFACE(f, ip)
		for (u32 i = 0; i < KE_GET(&f->nlocal); i++) {
			struct ip_net n = ip_net_at(f, i);

			if (n.mask < 0xfffffffe && a == (n.addr | ~n.mask))
				return true;
		}
	return false;
}

bool ip_on_link(const struct inet_iface *f, u32 a)
{
	for (u32 i = 0; i < KE_GET(&f->nlocal); i++) {
		struct ip_net n = ip_net_at(f, i);

		if (!((n.addr ^ a) & n.mask))
			return true;
	}
	return false;
}

u32 ip_source(const struct inet_iface *f, u32 next)
{
	u32 first = 0;

	for (u32 i = 0; i < KE_GET(&f->nlocal); i++) {
		struct ip_net n = ip_net_at(f, i);

		if (!KE_GET(&f->local[i].usable))
			continue;
		if (!((n.addr ^ next) & n.mask))
			return n.addr;
		if (!first)
			first = n.addr;
	}
	return first;
}

struct inet_iface *ip_route_to(struct ip *ip, u32 dst, u32 *next)
{
	for (const struct ip_route *r = ip->routes; r; r = r->next) {
		if ((r->dst ^ dst) & r->mask || !KE_GET(&r->iface->b))
			continue;
		*next = r->gateway ? r->gateway : dst;
		return r->iface;
	}
	return NULL;
}

/* Under the lock, or before anybody else knows. */
static enum ex_status add(struct ip *ip, const struct ip_route *n)
{
	struct ip_route **at = &ip->routes, *r;

	r = ex_alloc(ip->x, EX_NONPAGED, sizeof(*r), TAG_ROUTE);
	if (!r)
		return EX_INSUFFICIENT_RESOURCES;
	*r = *n;
	while (*at && (*at)->mask > r->mask)
		at = &(*at)->next;
	r->next = *at;
	*at = r;
	ip->nredirected += r->redirected;
	return EX_SUCCESS;
}

enum ex_status ip_route_add(struct ip *ip, u32 dst, u32 mask, u32 gateway,
			    struct inet_iface *f)
{
	enum ke_irql before = ke_lock(&ip->lock);
	enum ex_status st = add(ip, &(struct ip_route){
		.dst = dst & mask, .mask = mask, .gateway = gateway,
		.iface = f });

	ke_unlock(&ip->lock, before);
	return st;
}

static void drop(struct ip *ip, struct ip_route **at)
{
	struct ip_route *r = *at;

	*at = r->next;
	ip->nredirected -= r->redirected;
	ex_free_pool(ip->x, r, TAG_ROUTE);
}

void ip_routes_drop(struct ip *ip, struct inet_iface *f)
{
	enum ke_irql before = ke_lock(&ip->lock);

	for (struct ip_route **at = &ip->routes; *at;)
		if (!f || (*at)->iface == f)
			drop(ip, at);
		else
			at = &(*at)->next;
	ke_unlock(&ip->lock, before);
}

static void pmtu_tick(struct ip *ip, u64 now)
{
	ke_latch(&ip->paths);
	for (u32 i = ip->npmtu; i-- > 0;)
		if (ip->pmtu[i].expires <= now) {
			KE_SET(&ip->npmtu, ip->npmtu - 1);
			ip->pmtu[i] = ip->pmtu[ip->npmtu];
		}
	ke_unlatch(&ip->paths);
}

void ip_routes_tick(struct ip *ip, u64 now)
{
	enum ke_irql before = ke_lock(&ip->lock);

	for (struct ip_route **at = &ip->routes; *at;)
		if ((*at)->expires && (*at)->expires <= now)
			drop(ip, at);
		else
			at = &(*at)->next;
	ke_unlock(&ip->lock, before);
	pmtu_tick(ip, now);
}

/*
 * RFC 1122 3.2.2.2: a redirect counts only when it is from the gateway that is
 * used for dst now, and names one on the same link.  Each is a host route, also
 * those for networks.
 */
void ip_route_redirect(struct ip *ip, u32 from, u32 dst, u32 gateway)
{
	enum ke_irql before = ke_lock(&ip->lock);
	u64 expires = ex_now(ip->x) + ROUTE_TIME;
	u32 next = 0;
	struct inet_iface *f = ip_route_to(ip, dst, &next);
	struct ip_route **at = &ip->routes;

	if (!f || next != from || next == dst || gateway == from ||
	    !ip_on_link(f, gateway) || ip_is_broadcast(ip, gateway) ||
	    ip_is_local(ip, gateway) || !ip4_unicast(dst)) {
		ke_unlock(&ip->lock, before);
		ip_drop(ip, DROP_ICMP, IP_ICMP, 0);
		return;
	}
	while (*at && !((*at)->redirected && (*at)->dst == dst))
		at = &(*at)->next;
	if (*at)
		drop(ip, at);
	if (ip->nredirected < ROUTES_REDIRECTED)
		(void)add(ip, &(struct ip_route){
			.dst = dst, .mask = UINT32_MAX, .gateway = gateway,
			.iface = f, .expires = expires, .redirected = true });
	ke_unlock(&ip->lock, before);
}

/* --- path MTUs (RFC 1191) ---------------------------------------------------------- */

u32 ip_path_mtu_known(struct ip *ip, u32 mtu, u32 dst)
{
	ke_latch(&ip->paths);
	for (u32 i = 0; i < ip->npmtu; i++)
		if (ip->pmtu[i].dst == dst && ip->pmtu[i].mtu < mtu)
			mtu = ip->pmtu[i].mtu;
	ke_unlatch(&ip->paths);
	return mtu;
}

void ip_pmtu_learn(struct ip *ip, u32 dst, u32 mtu)
{
	u64 expires = ex_now(ip->x) + ROUTE_TIME;
	struct ip_pmtu *m = ip->pmtu, *end, *oldest = m;

	if (mtu < IP_MIN_MTU)
		mtu = IP_MIN_MTU;
	ke_latch(&ip->paths);
	end = m + ip->npmtu;
	for (; m < end && m->dst != dst; m++)
		if (m->expires < oldest->expires)
			oldest = m;
	if (m == end && ip->npmtu == PMTU_MAX) {
		m = oldest;
		m->mtu = UINT32_MAX;
	} else if (m == end) {
		KE_SET(&ip->npmtu, ip->npmtu + 1);
		m->mtu = UINT32_MAX;
	}
	if (mtu < m->mtu)
		*m = (struct ip_pmtu){ dst, mtu, expires };
	ke_unlatch(&ip->paths);
}
