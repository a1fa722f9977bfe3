// SPDX-License-Identifier: Apache-2.0
/* Interfaces: from the adapter that was asked to the addresses that it has. */
#include "../inet/options.h"
#include "ip6.h"

#include <string.h>

/* An adapter that was there before has its place kept. */
struct inet_iface *iface_for(struct ip6 *ip, const char *name)
{
	struct inet_iface *f = ip->ifaces, **at = &ip->ifaces;

	while (f && (f->b || f->query.busy || strcmp(f->name, name)))
		f = f->next;
	if (f)
		return f;
	f = ex_alloc_zero(ip->x, EX_NONPAGED, sizeof(*f), TAG_IP6);
	if (!f)
		return NULL;
	f->ip = ip;
	while (*at)
		at = &(*at)->next;
	*at = f;
	for (u32 i = 0; i + 1 < sizeof(f->name) && name[i]; i++)
		f->name[i] = name[i];
	return f;
}

static void configure(struct inet_iface *f, u32 device)
{
	const struct ip6_config *c = &f->ip->config[device];
	u32 mtu = f->ip->s.device[device].mtu;

	if (mtu && mtu < f->mtu)
		f->mtu = f->frame = mtu;
	for (u32 i = 0; i < c->nlocal; i++) {
		if (!addr_add(f, &c->local[i].a, c->local[i].plen, false))
			continue;
		route_prefix(f, &c->local[i].a, c->local[i].plen, FOREVER);
	}
	if (!unspecified(&c->gateway))
		route_router(f, &c->gateway, FOREVER);
}

void iface_start(struct inet_query *q, bool ok)
{
	struct inet_iface *f = ndis_binding_get(q->b);
	u32 device;

	if (!ok)
		return;
	device = inet_device_take(&f->ip->s, f->name);
	memcpy(f->mac, q->mac, 6);
	f->mtu = f->frame = q->frame;
	f->bps_100 = q->bps_100;
	f->offloads = q->offloads & ~(u32)NDIS_LSO; /* cut for IPv4 alone */
	f->hop_limit = f->ip->s.as->ttl;
	f->reachable_ns = 30 * SECOND; /* RFC 4861 10 */
	f->retrans_ns = SECOND;
	f->disabled = false;
	f->up = true;
	f->b = q->b;
	addr_start(f);
	if (device < f->ip->s.ndevices)
		configure(f, device);
}

void iface_stop(struct inet_iface *f)
{
	struct ip6 *ip = f->ip;

	f->b = NULL;
	f->up = false;
	while (f->sending)
		ke_sleep(MILLI);
	route_drop(ip, f);
	neighbor_drop(ip, f);
	addr_stop(f);
	mld_drop(f);
	inet_device_give(&ip->s, f->name);
}

void iface_receive(struct ndis_binding *b, struct ndis_packet *p)
{
	struct inet_iface *f = ndis_binding_get(b);
	const u8 *h = f && f->b ? ndis_packet_flat(f->ip->x, p, ETHER) : NULL;
	bool cast;

	if (!h || f->disabled)
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

	if (!f || !f->b)
		return;
	if (link_up && !f->up)
		addr_restart(f);
	f->up = link_up;
}
