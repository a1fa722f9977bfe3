// SPDX-License-Identifier: Apache-2.0
/* Interfaces: from the adapter that was asked to the addresses that it has. */
#include "../inet/options.h"
#include "ip6.h"

#include <string.h>

static struct inet_iface *add_iface(struct ip6 *ip, const char *name)
{
	struct inet_iface *f = ex_alloc_zero(ip->x, EX_NONPAGED, sizeof(*f),
					     TAG_IP6);
	struct inet_iface **at = &ip->ifaces;

	if (!f)
		return NULL;
	f->ip = ip;
	for (u32 i = 0; i + 1 < sizeof(f->name) && name[i]; i++)
		f->name[i] = name[i];
	while (*at)
		at = &(*at)->next;
	KE_SET(at, f);
	return f;
}

/* An adapter that was there before has its place kept. */
struct inet_iface *iface_for(struct ip6 *ip, const char *name)
{
	enum ke_irql before = ke_lock(&ip->lock);
	struct inet_iface *f = ip->ifaces;

	while (f && (f->taken || KE_GET(&f->query.busy) ||
		     strcmp(f->name, name)))
		f = f->next;
	if (!f)
		f = add_iface(ip, name);
	if (f)
		f->taken = true;
	ke_unlock(&ip->lock, before);
	return f;
}

static void give_back(struct inet_iface *f)
{
	enum ke_irql before = ke_lock(&f->ip->lock);

	f->taken = false;
	ke_unlock(&f->ip->lock, before);
}

static void configure(struct inet_iface *f)
{
	const struct ip6_config *c = &f->ip->config[f->device];

	for (u32 i = 0; i < c->nlocal; i++) {
		struct ip6_addr a = { .a = c->local[i].a,
				      .plen = c->local[i].plen,
				      .preferred = FOREVER, .valid = FOREVER };

		if (addr_add(f, &a))
			route_prefix(f, &a.a, a.plen, FOREVER);
	}
	if (!unspecified(&c->gateway))
		route_router(f, &c->gateway, FOREVER);
}

void iface_start(struct inet_query *q, bool ok)
{
	struct inet_iface *f = ndis_binding_get(q->b);
	struct inet *s = &f->ip->s;
	u32 mtu;

	f->device = ok ? inet_device_take(s, f->name) : s->ndevices;
	if (!ok)
		return;
	mtu = f->device < s->ndevices ? s->device[f->device].mtu : 0;
	ke_latch(&f->ip->tables);
	memcpy(f->mac, q->mac, 6);
	ke_unlatch(&f->ip->tables);
	f->frame = mtu && mtu < q->frame ? mtu : q->frame;
	f->bps_100 = q->bps_100;
	KE_SET(&f->mtu, f->frame);
	/* Cut for IPv4 alone. */
	KE_SET(&f->offloads, q->offloads & ~(u32)NDIS_LSO);
	KE_SET(&f->hop_limit, s->as->ttl);
	KE_SET(&f->reachable_ns, 30 * SECOND); /* RFC 4861 10 */
	KE_SET(&f->retrans_ns, SECOND);
	KE_SET(&f->disabled, false);
	KE_SET(&f->up, true);
	KE_SET(&f->b, q->b);
	addr_start(f);
	if (f->device < s->ndevices)
		configure(f);
}

void iface_stop(struct inet_iface *f)
{
	struct ip6 *ip = f->ip;

	KE_SET(&f->b, NULL);
	KE_SET(&f->up, false);
	while (KE_ADD(&f->sending, 0)) /* not a look: it is ordered with ip6_enter()'s */
		ke_sleep(MILLI);
	route_drop(ip, f);
	neighbor_drop(ip, f);
	addr_stop(f);
	mld_drop(f);
	inet_device_give(&ip->s, f->device);
	give_back(f);
}

void iface_receive(struct ndis_binding *b, struct ndis_packet *p)
{
	struct inet_iface *f = ndis_binding_get(b);
	const u8 *h = f && KE_GET(&f->b) ? ndis_packet_flat(f->ip->x, p, ETHER) : NULL;
	bool cast;

	if (!h || KE_GET(&f->disabled))
		return;
	cast = h[0] & 1;
	if (!cast && memcmp(h, f->mac, 6))
		return;
	(void)ndis_packet_pull(p, ETHER);
	IPv6Rcv(f, p, cast);
}

void iface_receive_complete(struct ndis_binding *b)
{
	struct inet_iface *f = ndis_binding_get(b);

	if (f)
		inet_deliver_complete(&f->ip->s);
}

void iface_status(struct ndis_binding *b, bool link_up)
{
	struct inet_iface *f = ndis_binding_get(b);

	if (!f || !KE_GET(&f->b))
		return;
	if (link_up && !KE_GET(&f->up))
		addr_restart(f);
	KE_SET(&f->up, link_up);
}
