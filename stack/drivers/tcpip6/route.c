// SPDX-License-Identifier: Apache-2.0
/*
 * Where a datagram goes next (RFC 4861 5.2): what is on the link, redirects, the
 * list of default routers; and how much a path carries (RFC 8201).
 */
#include "ip6.h"

#include <string.h>

#define REDIRECT_TIME (600 * SECOND)
#define PMTU_TIME (600 * SECOND)     /* RFC 8201 4: ten minutes */

static bool route_on_link(const struct inet_iface *f, const struct inet_ip *a)
{
	for (u32 i = 0; i < f->nprefix; i++)
		if (prefix_match(a, &f->prefix[i].p, f->prefix[i].plen))
			return true;
	return false;
}

static u32 longest(const struct inet_iface *f, const struct inet_ip *a)
{
	u32 best = 0;

	for (u32 i = 0; i < f->nprefix; i++)
		if (f->prefix[i].plen + 1u > best &&
		    prefix_match(a, &f->prefix[i].p, f->prefix[i].plen))
			best = f->prefix[i].plen + 1u;
	return best;
}

/* valid 0: it is on the link no more. */
void route_prefix(struct inet_iface *f, const struct inet_ip *p, u8 plen,
		  u64 valid)
{
	u32 i = 0;

	while (i < f->nprefix && !(f->prefix[i].plen == plen &&
				   prefix_match(p, &f->prefix[i].p, plen)))
		i++;
	if (i < f->nprefix && f->prefix[i].valid == FOREVER)
		return;      /* configured: a router has no say */
	if (!valid) {
		if (i < f->nprefix)
			f->prefix[i] = f->prefix[--f->nprefix];
		return;
	}
	if (i == PREFIXES)
		return;
	if (i == f->nprefix)
		f->nprefix++;
	f->prefix[i] = (struct ip6_prefix){ *p, plen, valid };
	for (u32 k = plen; k < 128; k++)
		f->prefix[i].p.b[k / 8] &= (u8)~(0x80u >> k % 8);
}

/* --- default routers ---------------------------------------------------------------- */

/* until 0: it is none any more. */
void route_router(struct inet_iface *f, const struct inet_ip *a, u64 until)
{
	struct ip6 *ip = f->ip;
	u32 i = 0;

	while (i < ip->nrouters && !(ip->router[i].f == f &&
				     same(&ip->router[i].a, a)))
		i++;
	if (i < ip->nrouters && ip->router[i].until == FOREVER)
		return;
	if (!until) {
		if (i == ip->nrouters)
			return;
		ip->nrouters--;
		memmove(&ip->router[i], &ip->router[i + 1],
			(ip->nrouters - i) * sizeof(ip->router[0]));
		return;
	}
	if (i == ROUTERS)
		return;
	if (i == ip->nrouters)
		ip->nrouters++;
	ip->router[i] = (struct ip6_router){ f, *a, until };
}

/* RFC 4861 6.3.6 (3): the next one is tried; what was redirected to it is not
 * any more (7.3.3). */
void route_router_failed(struct inet_iface *f, const struct inet_ip *a)
{
	struct ip6 *ip = f->ip;

	for (u32 i = 0; i + 1 < ip->nrouters; i++)
		if (ip->router[i].f == f && same(&ip->router[i].a, a)) {
			struct ip6_router r = ip->router[i];

			memmove(&ip->router[i], &ip->router[i + 1],
				(ip->nrouters - i - 1) * sizeof(r));
			ip->router[ip->nrouters - 1] = r;
			break;
		}
	for (u32 i = ip->nredirects; i-- > 0;)
		if (ip->redirect[i].f == f && same(&ip->redirect[i].next, a))
			ip->redirect[i] = ip->redirect[--ip->nredirects];
}

/* RFC 4861 6.3.6 (1): one that is known to be there, else the first. */
static const struct ip6_router *router_for(struct ip6 *ip,
					   const struct inet_iface *want)
{
	const struct ip6_router *first = NULL;

	for (u32 i = 0; i < ip->nrouters; i++) {
		struct ip6_router *r = &ip->router[i];
		const struct ip6_neighbor *n;

		if (!r->f->b || (want && r->f != want))
			continue;
		n = neighbor_find(r->f, &r->a);
		if (n && n->state != NUD_INCOMPLETE)
			return r;
		if (!first)
			first = r;
	}
	return first;
}

/* --- the next hop ----------------------------------------------------------------------- */

/* Addresses of a link say nothing of which link: the source does, or there is
 * but the first. */
static struct inet_iface *of_link(struct ip6 *ip, const struct inet_ip *src)
{
	struct inet_iface *f = unspecified(src) ? NULL : addr_iface(ip, src);

	if (f && f->b)
		return f;
	for (f = ip->ifaces; f; f = f->next)
		if (f->b && f->up)
			return f;
	return NULL;
}

static struct inet_iface *connected(struct ip6 *ip, const struct inet_ip *dst)
{
	struct inet_iface *best = NULL;
	u32 most = 0;

	for (struct inet_iface *f = ip->ifaces; f; f = f->next) {
		u32 n = f->b ? longest(f, dst) : 0;

		if (n > most) {
			most = n;
			best = f;
		}
	}
	return best;
}

static bool far(struct ip6 *ip, const struct inet_ip *dst,
		struct inet_iface *want, struct inet_iface **f,
		struct inet_ip *next)
{
	const struct ip6_router *r;

	for (u32 i = 0; i < ip->nredirects; i++) {
		const struct ip6_redirect *d = &ip->redirect[i];

		if (same(&d->dst, dst) && d->f->b) {
			*f = d->f;
			*next = d->next;
			return true;
		}
	}
	*f = connected(ip, dst);
	if (*f)
		return true;
	r = router_for(ip, want);
	if (!r)
		return false;
	*f = r->f;
	*next = r->a;
	return true;
}

bool route_next(struct ip6 *ip, const struct inet_ip *dst,
		const struct inet_ip *src, struct inet_iface *want,
		struct inet_iface **f, struct inet_ip *next)
{
	*next = *dst;
	if (want && want->loopback)
		want = NULL;
	if (want && !want->b)        /* its adapter has gone */
		return false;
	if (want && (link_local(dst) || multicast(dst) ||
		     route_on_link(want, dst))) {
		*f = want;
		return true;
	}
	if (link_local(dst) || multicast(dst)) {
		*f = of_link(ip, src);
		return *f;
	}
	return far(ip, dst, want, f, next);
}

/* RFC 4861 8.1: from the first hop of now; the target is on the link. */
bool route_redirect(struct inet_iface *f, const struct inet_ip *from,
		    const struct inet_ip *dst, const struct inet_ip *target)
{
	struct ip6 *ip = f->ip;
	struct inet_ip next, none = { { 0 } };
	struct inet_iface *way;
	u32 i = 0, oldest = 0;

	if (!route_next(ip, dst, &none, NULL, &way, &next) || way != f ||
	    !same(&next, from) || ip6_is_local(ip, target))
		return false;
	for (; i < ip->nredirects && !same(&ip->redirect[i].dst, dst); i++)
		if (ip->redirect[i].until < ip->redirect[oldest].until)
			oldest = i;
	if (i == REDIRECTS)
		i = oldest;
	else if (i == ip->nredirects)
		ip->nredirects++;
	ip->redirect[i] = (struct ip6_redirect){
		f, *dst, *target, ex_now(ip->x) + REDIRECT_TIME };
	return true;
}

void route_drop(struct ip6 *ip, struct inet_iface *f)
{
	for (u32 i = ip->nredirects; i-- > 0;)
		if (ip->redirect[i].f == f)
			ip->redirect[i] = ip->redirect[--ip->nredirects];
	for (u32 i = ip->nrouters; i-- > 0;)
		if (ip->router[i].f == f) {
			ip->nrouters--;
			memmove(&ip->router[i], &ip->router[i + 1],
				(ip->nrouters - i) * sizeof(ip->router[0]));
		}
	f->nprefix = 0;
}

void route_tick(struct ip6 *ip, u64 now)
{
	for (struct inet_iface *f = ip->ifaces; f; f = f->next)
		for (u32 i = f->nprefix; i-- > 0;)
			if (f->prefix[i].valid <= now)
				f->prefix[i] = f->prefix[--f->nprefix];
	for (u32 i = ip->nrouters; i-- > 0;)
		if (ip->router[i].until <= now)
			route_router(ip->router[i].f, &ip->router[i].a, 0);
	for (u32 i = ip->nredirects; i-- > 0;)
		if (ip->redirect[i].until <= now)
			ip->redirect[i] = ip->redirect[--ip->nredirects];
	for (u32 i = ip->npmtu; i-- > 0;)
		if (ip->pmtu[i].until <= now)
			ip->pmtu[i] = ip->pmtu[--ip->npmtu];
}

/* --- path MTUs ------------------------------------------------------------------------------ */

u32 route_mtu(struct ip6 *ip, const struct inet_iface *f,
	      const struct inet_ip *dst)
{
	for (u32 i = 0; i < ip->npmtu; i++)
		if (same(&ip->pmtu[i].dst, dst) && ip->pmtu[i].mtu < f->mtu)
			return ip->pmtu[i].mtu;
	return f->mtu;
}

/* RFC 8201 4: less than 1280 is not believed; a path only gets narrower. */
void route_learn_mtu(struct ip6 *ip, const struct inet_ip *dst, u32 mtu)
{
	u32 i = 0, oldest = 0;
	bool known;

	if (mtu < IP6_MIN_MTU)
		return;
	for (; i < ip->npmtu && !same(&ip->pmtu[i].dst, dst); i++)
		if (ip->pmtu[i].until < ip->pmtu[oldest].until)
			oldest = i;
	known = i < ip->npmtu;
	if (known && ip->pmtu[i].mtu <= mtu)
		return;
	if (i == PMTU_MAX)
		i = oldest;
	else if (!known)
		ip->npmtu++;
	ip->pmtu[i] = (struct ip6_pmtu){ *dst, mtu,
					 ex_now(ip->x) + PMTU_TIME };
}
