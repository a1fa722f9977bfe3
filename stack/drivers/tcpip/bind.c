// SPDX-License-Identifier: Apache-2.0
/* The protocol as NDIS sees it: adapters come, get their addresses, and go.  A bind
 * does not wait for the adapter's answers (KB968597, inet/adapter.h). */
#include "../inet/options.h"
#include "ip.h"

#include <string.h>

/* First counted, then looked at: release() does it the other way round. */
struct ndis_binding *ip_enter(struct inet_iface *f)
{
	struct ndis_binding *b;

	(void)KE_ADD(&f->inside, 1);
	b = KE_GET(&f->b);
	if (!b)
		ip_leave(f);
	return b;
}

void ip_leave(struct inet_iface *f)
{
	(void)KE_ADD(&f->inside, -1);
}

/* --- binding ---------------------------------------------------------------------- */

static struct inet_iface *add_iface(struct ip *ip, const char *name)
{
	struct inet_iface *f = ex_alloc_zero(ip->x, EX_NONPAGED, sizeof(*f),
					     TAG_IP);
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
static struct inet_iface *iface_for(struct ip *ip, const char *name)
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

static enum ex_status give_addresses(struct inet_iface *f,
				     const struct ip_config *c)
{
	struct ip *ip = f->ip;
	enum ex_status st = EX_SUCCESS;

	for (u32 i = 0; i < c->nlocal && !ex_failed(st); i++) {
		struct ip_local *l = &f->local[i];

		KE_SET(&l->net, ip_net_word(c->local[i].addr,
					    c->local[i].mask));
		l->since = ex_now(ip->x);
		l->defended = 0;
		KE_SET(&l->usable, true);
		KE_SET(&f->nlocal, i + 1);
		st = ip_route_add(ip, c->local[i].addr, c->local[i].mask, 0,
				  f);
	}
	if (c->gateway && !ex_failed(st))
		st = ip_route_add(ip, 0, 0, c->gateway, f);
	return st;
}

static void release(struct inet_iface *f)
{
	struct ip *ip = f->ip;
	enum ke_irql before;

	KE_SET(&f->b, NULL);
	while (KE_ADD(&f->inside, 0)) /* not a look: it is ordered with ip_enter()'s */
		ke_sleep(1000000);
	ip_routes_drop(ip, f);
	arp_drop(ip, f);
	igmp_drop(f);
	for (u32 i = 0; i < f->nlocal; i++) {
		struct inet_ip a = ip4_to(ip_net_at(f, i).addr);

		KE_SET(&f->local[i].usable, false);
		if (!KE_GET(&ip->stopping))
			inet_address_gone(&ip->s, &a);
	}
	KE_SET(&f->nlocal, 0);
	inet_device_give(&ip->s, f->device);
	before = ke_lock(&ip->lock);
	f->taken = false;
	ke_unlock(&ip->lock, before);
}

static void announce(struct inet_iface *f)
{
	for (u32 i = 0; i < KE_GET(&f->nlocal); i++)
		arp_announce(f, ip_net_at(f, i).addr);
}

static void ready(struct inet_query *q, bool ok)
{
	struct inet_iface *f = ndis_binding_get(q->b);
	struct inet_device *d = &f->ip->s.device[f->device];

	memcpy(f->mac, q->mac, 6);
	KE_SET(&f->mtu, d->mtu && d->mtu < q->frame ? d->mtu : q->frame);
	KE_SET(&f->bps_100, q->bps_100);
	KE_SET(&f->offloads, q->offloads);
	if (!ok || ex_failed(give_addresses(f, &f->ip->config[f->device]))) {
		release(f);          /* nobody is inside: it has no f->b yet */
		ndis_binding_set(q->b, NULL);
		return;
	}
	KE_SET(&f->b, q->b);
	announce(f);
}

static enum ex_status bind(struct ndis_binding *b, void *context)
{
	struct ip *ip = context;
	const char *name = ndis_info(ndis_binding_adapter(b))->name;
	u32 i = inet_device_take(&ip->s, name);
	struct inet_iface *f;

	if (i == ip->s.ndevices) /* no address, nothing to do with it */
		return EX_NOT_FOUND;
	f = iface_for(ip, name);
	if (!f) {
		inet_device_give(&ip->s, i);
		return EX_INSUFFICIENT_RESOURCES;
	}
	f->device = i;
	f->query = (struct inet_query){
		.filter = NDIS_FILTER_DIRECTED | NDIS_FILTER_MULTICAST |
			  NDIS_FILTER_BROADCAST,
		.least_frame = IP_LEAST_MTU, .ready = ready, .b = b };
	ndis_binding_set(b, f);
	inet_query_adapter(&f->query);
	return EX_SUCCESS;
}

static void unbind(struct ndis_binding *b)
{
	struct inet_iface *f = ndis_binding_get(b);

	if (!f)
		return;
	while (KE_GET(&f->query.busy))
		ke_sleep(1000000);
	if (!ndis_binding_get(b))    /* it was of no use, and is released */
		return;
	ndis_binding_set(b, NULL);
	release(f);
}

/* --- receiving ----------------------------------------------------------------------- */

/* NDIS unbinds when no call of these is under way: the binding stays (ndis.h). */

static void receive_packet(struct ndis_binding *b, struct ndis_packet *p)
{
	struct inet_iface *f = ndis_binding_get(b);
	const u8 *h = f ? ndis_packet_flat(f->ip->x, p, ETHER) : NULL;
	u8 from[6];
	bool cast, arp;

	if (!h || !KE_GET(&f->b))
		return;
	cast = h[0] & 1;
	if (!cast && memcmp(h, f->mac, 6))
		return;    /* a promiscuous adapter: not for us */
	arp = h[13] == 0x06;
	memcpy(from, h + 6, 6);
	(void)ndis_packet_pull(p, ETHER);
	if (arp)
		ARPRcv(f, p, from);
	else
		IPRcv(f, p, cast);
}

static void receive_complete(struct ndis_binding *b)
{
	struct inet_iface *f = ndis_binding_get(b);

	if (f && KE_GET(&f->b))
		inet_deliver_complete(&f->ip->s);
}

static void status(struct ndis_binding *b, bool link_up)
{
	struct inet_iface *f = ndis_binding_get(b);

	if (f && KE_GET(&f->b) && link_up)
		announce(f);
}

static const struct ndis_protocol protocol = {
	.name = "TCPIP", .ethertypes = { 0x0800, 0x0806 }, .bind = bind,
	.unbind = unbind, .receive_packet = receive_packet,
	.receive_complete = receive_complete, .status = status,
};

enum ex_status ip_bind(struct ip *ip)
{
	return ndis_register(ip->x, &protocol, ip);
}

void ip_unbind_all(struct ip *ip)
{
	ndis_deregister(ip->x, &protocol);
}
