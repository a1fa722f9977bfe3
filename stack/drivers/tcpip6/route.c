// SPDX-License-Identifier: Apache-2.0
/*
 * Where a datagram goes next (RFC 4861 5.2): what is on the link, redirects, the
 * list of default routers; and how much a path carries (RFC 8201).
 */
#include "ip6.h"

#include <string.h>

#define REDIRECT_TIME (600 * SECOND)
#define PMTU_TIME (600 * SECOND)     /* RFC 8201 4: ten minutes */

static bool in_on_link(const struct inet_iface *f, const struct inet_ip *a)
{
	for (u32 i = 0; i < f->nprefix; i++)
		if (prefix_match(a, &f->prefix[i].p, f->prefix[i].plen))
			return true;
	return false;
}

static u32 in_longest(const struct inet_iface *f, const struct inet_ip *a)
{
	u32 best = 0;

	for (u32 i = 0; i < f->nprefix; i++)
		if (f->prefix[i].plen + 1u > best &&
		    prefix_match(a, &f->prefix[i].p, f->prefix[i].plen))
			best = f->prefix[i].plen + 1u;
	return best;
}

static void in_prefix(struct inet_iface *f, const struct inet_ip *p, u8 plen,
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

/* valid 0: it is on the link no more. */
void route_prefix(struct inet_iface *f, const struct inet_ip *p, u8 plen,
		  u64 valid)
{
	ke_latch(&f->ip->tables);
	in_prefix(f, p, plen, valid);
	ke_unlatch(&f->ip->tables);
}

/* --- default routers ---------------------------------------------------------------- */

static void in_router(struct inet_iface *f, const struct inet_ip *a, u64 until)
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

/* until 0: it is none any more. */
void route_router(struct inet_iface *f, const struct inet_ip *a, u64 until)
{
	ke_latch(&f->ip->tables);
	in_router(f, a, until);
	ke_unlatch(&f->ip->tables);
}

/* RFC 4861 6.3.6 (3): the next one is tried; what was redirected to it is not
 * any more (7.3.3). */
void route_router_failed(struct inet_iface *f, const struct inet_ip *a)
{
	struct ip6 *ip = f->ip;

	ke_latch(&ip->tables);
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
	ke_unlatch(&ip->tables);
}

/* RFC 4861 6.3.6 (1): one that is known to be there, else the first. */
static const struct ip6_router *in_router_for(struct ip6 *ip,
					      const struct inet_iface *want)
{
	const struct ip6_router *first = NULL;

	for (u32 i = 0; i < ip->nrouters; i++) {
		struct ip6_router *r = &ip->router[i];
		const struct ip6_neighbor *n;

		if (!KE_GET(&r->f->b) || (want && r->f != want))
			continue;
		n = neighbor_find(r->f, &r->a);
		if (n && KE_GET(&n->state) != NUD_INCOMPLETE)
			return r;
		if (!first)
			first = r;
	}
	return first;
}

/* --- the next hop ----------------------------------------------------------------------- */

/* Addresses of a link say nothing of which link: the source does, or there is
 * but the first. */
static struct inet_iface *in_of_link(struct ip6 *ip, const struct inet_ip *src)
{
	struct inet_iface *of = unspecified(src) ? NULL :
						   in_addr_iface(ip, src);

	if (of && KE_GET(&of->b))
		return of;
	EACH_IFACE(f, ip)
		if (KE_GET(&f->b) && KE_GET(&f->up))
			return f;
	return NULL;
}

static struct inet_iface *in_connected(struct ip6 *ip, const struct inet_ip *dst)
{
	struct inet_iface *best = NULL;
	u32 most = 0;

	EACH_IFACE(f, ip) {
		u32 n = KE_GET(&f->b) ? in_longest(f, dst) : 0;

		if (n > most) {
			most = n;
			best = f;
		}
	}
	return best;
}

static bool in_far(struct ip6 *ip, const struct inet_ip *dst,
		struct inet_iface *want, struct inet_iface **f,
		struct inet_ip *next)
{
	const struct ip6_router *r;

	for (u32 i = 0; i < ip->nredirects; i++) {
		const struct ip6_redirect *d = &ip->redirect[i];

		if (same(&d->dst, dst) && KE_GET(&d->f->b)) {
			*f = d->f;
			*next = d->next;
			return true;
		}
	}
	*f = in_connected(ip, dst);
	if (*f)
		return true;
	r = in_router_for(ip, want);
	if (!r)
		return false;
	*f = r->f;
	*next = r->a;
	return true;
}

bool in_route_next(struct ip6 *ip, const struct inet_ip *dst,
		   const struct inet_ip *src, struct inet_iface *want,
		   struct inet_iface **f, struct inet_ip *next)
{
	*next = *dst;
	if (want && want->loopback)
		want = NULL;
	if (want && !KE_GET(&want->b)) /* its adapter has gone */
		return false;
	if (want && (link_local(dst) || multicast(dst) ||
		     in_on_link(want, dst))) {
		*f = want;
		return true;
	}
	if (link_local(dst) || multicast(dst)) {
		*f = in_of_link(ip, src);
		return *f;
	}
	return in_far(ip, dst, want, f, next);
}

/* RFC 4861 8.1: from the first hop of now; the target is on the link. */
static bool in_redirect(struct inet_iface *f, const struct inet_ip *from,
			const struct inet_ip *dst,
			const struct inet_ip *target, u64 until)
{
	struct ip6 *ip = f->ip;
	struct inet_ip next, none = { { 0 } };
	struct inet_iface *way;
	u32 i = 0, oldest = 0;

	if (!in_route_next(ip, dst, &none, NULL, &way, &next) || way != f ||
	    !same(&next, from) || in_is_local(ip, target))
		return false;
	for (; i < ip->nredirects && !same(&ip->redirect[i].dst, dst); i++)
		if (ip->redirect[i].until < ip->redirect[oldest].until)
			oldest = i;
	if (i == REDIRECTS)
		i = oldest;
	else if (i == ip->nredirects)
		ip->nredirects++;
	ip->redirect[i] = (struct ip6_redirect){ f, *dst, *target, until };
	return true;
}

bool route_redirect(struct inet_iface *f, const struct inet_ip *from,
		    const struct inet_ip *dst, const struct inet_ip *target)
{
	u64 until = ex_now(f->ip->x) + REDIRECT_TIME;
	bool taken;

	ke_latch(&f->ip->tables);
	taken = in_redirect(f, from, dst, target, until);
	ke_unlatch(&f->ip->tables);
	return taken;
}

void route_drop(struct ip6 *ip, struct inet_iface *f)
{
	ke_latch(&ip->tables);
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
	ke_unlatch(&ip->tables);
}

void route_tick(struct ip6 *ip, u64 now)
{
	ke_latch(&ip->tables);
	EACH_IFACE(f, ip)
		for (u32 i = f->nprefix; i-- > 0;)
			if (f->prefix[i].valid <= now)
				f->prefix[i] = f->prefix[--f->nprefix];
	for (u32 i = ip->nrouters; i-- > 0;)
		if (ip->router[i].until <= now)
			in_router(ip->router[i].f, &ip->router[i].a, 0);
	for (u32 i = ip->nredirects; i-- > 0;)
		if (ip->redirect[i].until <= now)
			ip->redirect[i] = ip->redirect[--ip->nredirects];
	for (u32 i = ip->npmtu; i-- > 0;)
		if (ip->pmtu[i].until <= now) {
			KE_SET(&ip->npmtu, ip->npmtu - 1);
			ip->pmtu[i] = ip->pmtu[ip->npmtu];
		}
	ke_unlatch(&ip->tables);
}

/* --- path MTUs ------------------------------------------------------------------------------ */

u32 in_route_mtu(const struct ip6 *ip, const struct inet_iface *f,
		 const struct inet_ip *dst)
{
	u32 mtu = KE_GET(&f->mtu);

	for (u32 i = 0; i < ip->npmtu; i++)
		if (same(&ip->pmtu[i].dst, dst) && ip->pmtu[i].mtu < mtu)
			return ip->pmtu[i].mtu;
	return mtu;
}

u32 route_mtu(struct ip6 *ip, const struct inet_iface *f,
	      const struct inet_ip *dst)
{
	u32 mtu;

	if (!KE_GET(&ip->npmtu))
		return KE_GET(&f->mtu);
	ke_latch(&ip->tables);
	mtu = in_route_mtu(ip, f, dst);
	ke_unlatch(&ip->tables);
	return mtu;
}

/* RFC 8201 4: less than 1280 is not believed; a path only gets narrower. */
static void in_learn_mtu(struct ip6 *ip, const struct inet_ip *dst, u32 mtu,
			 u64 until)
{
	u32 i = 0, oldest = 0;
	bool known;

	for (; i < ip->npmtu && !same(&ip->pmtu[i].dst, dst); i++)
		if (ip->pmtu[i].until < ip->pmtu[oldest].until)
			oldest = i;
	known = i < ip->npmtu;
	if (known && ip->pmtu[i].mtu <= mtu)
		return;
	if (i == PMTU_MAX)
		i = oldest;
	else if (!known)
		KE_SET(&ip->npmtu, ip->npmtu + 1);
	ip->pmtu[i] = (struct ip6_pmtu){ *dst, mtu, until };
}

void route_learn_mtu(struct ip6 *ip, const struct inet_ip *dst, u32 mtu)
{
	u64 until = ex_now(ip->x) + PMTU_TIME;

	if (mtu < IP6_MIN_MTU)
		return;
	ke_latch(&ip->tables);
	in_learn_mtu(ip, dst, mtu, until);
	ke_unlatch(&ip->tables);
}
