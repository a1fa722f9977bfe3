// SPDX-License-Identifier: Apache-2.0
/*
 * The protocol as NDIS sees it.  A bind, which is a work item of the critical
 * queue, does not wait for the adapter's answers (KB968597, inet/adapter.h): the
 * last one starts the interface.
 */
#include "ip6.h"

/* First counted, then looked at: iface_stop() does it the other way round. */
struct ndis_binding *ip6_enter(struct inet_iface *f)
{
	struct ndis_binding *b;

	(void)KE_ADD(&f->sending, 1);
	b = KE_GET(&f->disabled) ? NULL : KE_GET(&f->b);
	if (!b)
		ip6_leave(f);
	return b;
}

void ip6_leave(struct inet_iface *f)
{
	(void)KE_ADD(&f->sending, -1);
}

/* --- binding --------------------------------------------------------------------------- */

static enum ex_status bind(struct ndis_binding *b, void *context)
{
	struct ip6 *ip = context;
	struct inet_iface *f = iface_for(
		ip, ndis_info(ndis_binding_adapter(b))->name);

	if (!f)
		return EX_INSUFFICIENT_RESOURCES;
	f->query = (struct inet_query){
		.filter = NDIS_FILTER_DIRECTED | NDIS_FILTER_MULTICAST,
		.least_frame = IP6_MIN_MTU, .ready = iface_start, .b = b };
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
		ke_sleep(MILLI);
	ndis_binding_set(b, NULL);
	iface_stop(f);
}

static const struct ndis_protocol protocol = {
	.name = "TCPIP6", .ethertypes = { 0x86dd }, .bind = bind,
	.unbind = unbind, .receive_packet = iface_receive,
	.receive_complete = iface_receive_complete, .status = iface_status,
};

enum ex_status ip6_bind(struct ip6 *ip)
{
	return ndis_register(ip->x, &protocol, ip);
}

void ip6_unbind_all(struct ip6 *ip)
{
	ndis_deregister(ip->x, &protocol);
}
