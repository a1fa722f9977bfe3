// SPDX-License-Identifier: Apache-2.0
/* The driver tcpip: what is made when it is loaded, and what goes when it is
 * unloaded. */
#include "ip.h"

#include <string.h>

#define TICK SECOND

/* --- what the transports ask of IPv4 ------------------------------------------------ */

static bool family_is_local(struct inet *s, const struct inet_ip *a)
{
	return ip_is_local(ip_of(s), ip4_of(a));
}

static bool family_is_unicast(struct inet *s, const struct inet_ip *a)
{
	return ip4_unicast(ip4_of(a)) && !ip_is_broadcast(ip_of(s), ip4_of(a));
}

/* RFC 9293 3.1, RFC 768: addresses, zero, protocol, length. */
static u32 family_pseudo_sum(const struct inet_ip *src,
			     const struct inet_ip *dst, u8 protocol,
			     u32 length)
{
	u8 b[12];

	memcpy(b, src->b, 4);
	memcpy(b + 4, dst->b, 4);
	b[8] = 0;
	b[9] = protocol;
	put16(b + 10, (u16)length);
	return ndis_sum(b, sizeof(b), 0);
}

static void family_learn_mtu(struct inet *s, const struct inet_ip *dst,
			     u32 mtu)
{
	ip_pmtu_learn(ip_of(s), ip4_of(dst), mtu);
}

static void family_looped(struct inet *s, struct ndis_packet *p)
{
	IPRcv(&ip_of(s)->lo, p, false);
}

static void family_no_memory(struct inet *s, u8 protocol, u32 bytes)
{
	ip_drop(ip_of(s), DROP_MEMORY, protocol, bytes);
}

const struct inet_family ip_family = {
	.family = 4, .address_len = 4, .header_len = IP_HEADER,
	.protocol_at = 9, .least_mtu = IP_LEAST_MTU, .default_mss = 536,
	.tcp_device = "\\Device\\Tcp", .udp_device = "\\Device\\Udp",
	.raw_device = "\\Device\\RawIp", .route = ip_path_to,
	.output = ip_output, .is_local = family_is_local,
	.is_unicast = family_is_unicast, .pseudo_sum = family_pseudo_sum,
	.refuse = ip_refuse, .learn_mtu = family_learn_mtu, .join = igmp_join,
	.looped = family_looped, .no_memory = family_no_memory,
	.rows = ip_rows,
};

/* --- loading ------------------------------------------------------------------------------ */

static void tick(void *context, void *a, void *b)
{
	struct ip *ip = context;
	u64 now = ex_now(ip->x);

	(void)a;
	(void)b;
	arp_tick(ip, now);
	reass_tick(ip, now);
	ip_routes_tick(ip, now);
}

static void init(struct ip *ip, struct io_driver *d)
{
	ip->x = d->x;
	ip->s = (struct inet){ .x = d->x, .driver = d, .family = &ip_family,
			       .as = inet_personality("nt5"), .ip = ip };
	ke_lock_init(&ip->lock, "ip");
	ip->id = 1;
	ip->id_key = (u32)ex_random(d->x);
	for (u32 i = 0; i < PATH_IDS; i++)
		ip->path_id[i] = (u16)ex_random(d->x);
	ip->errors.tokens = 100;
	ip->reass = (struct inet_reass_table){ .tag = TAG_REASS,
					       .most_count = REASS_MAX,
					       .most_bytes = REASS_BYTES };
	ip->lo = (struct inet_iface){ .ip = ip, .name = "lo", .mtu = 65535,
				      .offloads = NDIS_CSUM_L4_DO,
				      .loopback = true };
	ke_dpc_init(&ip->tick_dpc, tick, ip);
	ke_dpc_init(&ip->igmp_dpc, igmp_due, ip);
	ke_timer_init(&ip->igmp_timer, "igmp");
	ke_timer_init(&ip->tick, "ip");
	ip->tick.background = true; /* it gives no one anything to do */
}

static void end(struct ip *ip)
{
	struct ex *x = ip->x;

	(void)ke_timer_cancel(&ip->tick);
	(void)ke_timer_cancel(&ip->igmp_timer);
	(void)ke_dpc_remove(&ip->tick_dpc);
	(void)ke_dpc_remove(&ip->igmp_dpc);
	ke_dpc_flush(x);           /* those that run right now */
	reass_drop_all(ip);
	arp_drop(ip, NULL);
	ip_routes_drop(ip, NULL);
	inet_loop_free(&ip->s);
	while (ip->ifaces) {
		struct inet_iface *f = ip->ifaces;

		ip->ifaces = f->next;
		ex_free_pool(x, f, TAG_IP);
	}
	ke_lock_fini(&ip->lock);
	ex_free_pool(x, ip, TAG_IP);
}

static void unload(struct io_driver *d)
{
	struct ip *ip = d->extension;
	enum ke_irql before;

	inet_stop(&ip->s);
	before = ke_lock(&ip->lock); /* of set_timer(): it is set no more */
	KE_SET(&ip->stopping, true);
	ke_unlock(&ip->lock, before);
	ip_unbind_all(ip);
	inet_free(&ip->s);
	d->extension = NULL;
	end(ip);
}

static enum ex_status entry(struct io_driver *d, const char *options)
{
	struct ip *ip = ex_alloc_zero(d->x, EX_NONPAGED, sizeof(*ip), TAG_IP);
	enum ex_status st;

	if (!ip)
		return EX_INSUFFICIENT_RESOURCES;
	init(ip, d);
	d->extension = ip;
	st = ip->s.as ? ip_options_parse(ip, options) : EX_INVALID_PARAMETER;
	if (!ex_failed(st))
		st = inet_start(&ip->s);
	if (ex_failed(st)) {
		end(ip);
		return st;
	}
	d->unload = unload;
	ke_timer_set(&ip->tick, TICK, TICK, &ip->tick_dpc);
	st = ip_bind(ip);
	if (ex_failed(st))
		unload(d);
	return st;
}

IO_DRIVER(tcpip, "5.2.3790", entry);
