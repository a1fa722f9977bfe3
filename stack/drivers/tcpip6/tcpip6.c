// SPDX-License-Identifier: Apache-2.0
/* The driver tcpip6: what is made when it is loaded, and what goes when it is
 * unloaded. */
#include "ip6.h"

#include <string.h>

#define TICK (100 * MILLI)

/* --- what the transports ask of IPv6 ------------------------------------------------ */

static bool family_is_local(struct inet *s, const struct inet_ip *a)
{
	return ip6_is_local(ip6_of(s), a);
}

static bool family_is_unicast(struct inet *s, const struct inet_ip *a)
{
	(void)s;
	return !multicast(a) && !unspecified(a);
}

/* RFC 8200 8.1. */
u32 ip6_pseudo_sum(const struct inet_ip *src, const struct inet_ip *dst,
		   u8 protocol, u32 length)
{
	u8 b[40] = { 0 };

	memcpy(b, src->b, 16);
	memcpy(b + 16, dst->b, 16);
	put32(b + 32, length);
	b[39] = protocol;
	return ndis_sum(b, sizeof(b), 0);
}

static void family_learn_mtu(struct inet *s, const struct inet_ip *dst,
			     u32 mtu)
{
	route_learn_mtu(ip6_of(s), dst, mtu);
}

static void family_looped(struct inet *s, struct ndis_packet *p)
{
	IPv6Rcv(&ip6_of(s)->lo, p, false);
}

static void family_no_memory(struct inet *s, u8 protocol, u32 bytes)
{
	ip6_drop(ip6_of(s), DROP_MEMORY, protocol, bytes);
}

const struct inet_family ip6_family = {
	.family = 6, .address_len = 16, .header_len = IP6_HEADER,
	.protocol_at = 6, .least_mtu = IP6_MIN_MTU,
	.default_mss = IP6_MIN_MTU - IP6_HEADER - 20,
	.tcp_device = "\\Device\\Tcp6", .udp_device = "\\Device\\Udp6",
	.raw_device = "\\Device\\RawIp6", .route = ip6_path,
	.output = ip6_output, .is_local = family_is_local,
	.is_unicast = family_is_unicast, .pseudo_sum = ip6_pseudo_sum,
	.refuse = ip6_refuse, .learn_mtu = family_learn_mtu, .join = mld_join,
	.looped = family_looped,
	.no_memory = family_no_memory,
	.rows = ip6_rows,
};

/* --- loading ------------------------------------------------------------------------------ */

static void tick(void *context, void *a, void *b)
{
	struct ip6 *ip = context;
	u64 now = ex_now(ip->x);

	(void)a;
	(void)b;
	EACH_IFACE(f, ip) {
		if (!ip6_enter(f))   /* or it would go under our hands */
			continue;
		addr_tick(f, now);
		mld_tick(f, now);
		ip6_leave(f);
	}
	neighbor_tick(ip, now);
	route_tick(ip, now);
	reass_tick(ip, now);
}

static void init(struct ip6 *ip, struct io_driver *d)
{
	ip->x = d->x;
	ip->s = (struct inet){ .x = d->x, .driver = d, .family = &ip6_family,
			       .as = inet_personality("nt5"), .ip = ip };
	ke_lock_init(&ip->lock, "ip6");
	ip->errors.tokens = 100;
	ip->reass = (struct inet_reass_table){ .tag = TAG_REASS6,
					       .most_count = REASS_MAX,
					       .most_bytes = REASS_BYTES };
	ip->dad = 1;
	ip->autoconf = true;
	ip->lo = (struct inet_iface){ .ip = ip, .name = "lo", .mtu = 65535,
				      .frame = 65535, .loopback = true,
				      .offloads = NDIS_CSUM_L4_DO,
				      .up = true };
	ke_dpc_init(&ip->tick_dpc, tick, ip);
	ke_timer_init(&ip->tick, "ip6");
	ip->tick.background = true;
}

static void end(struct ip6 *ip)
{
	struct ex *x = ip->x;

	(void)ke_timer_cancel(&ip->tick);
	(void)ke_dpc_remove(&ip->tick_dpc);
	ke_dpc_flush(x);           /* it may run right now */
	reass_drop_all(ip);
	neighbor_drop(ip, NULL);
	inet_loop_free(&ip->s);
	while (ip->ifaces) {
		struct inet_iface *f = ip->ifaces;

		ip->ifaces = f->next;
		ex_free_pool(x, f, TAG_IP6);
	}
	ke_lock_fini(&ip->lock);
	ex_free_pool(x, ip, TAG_IP6);
}

static void unload(struct io_driver *d)
{
	struct ip6 *ip = d->extension;

	inet_stop(&ip->s);
	KE_SET(&ip->stopping, true);
	ip6_unbind_all(ip);
	inet_free(&ip->s);
	d->extension = NULL;
	end(ip);
}

static enum ex_status entry(struct io_driver *d, const char *options)
{
	struct ip6 *ip = ex_alloc_zero(d->x, EX_NONPAGED, sizeof(*ip), TAG_IP6);
	enum ex_status st;

	if (!ip)
		return EX_INSUFFICIENT_RESOURCES;
	init(ip, d);
	d->extension = ip;
	st = ip->s.as ? ip6_options_parse(ip, options) : EX_INVALID_PARAMETER;
	if (!ex_failed(st))
		st = inet_start(&ip->s);
	if (ex_failed(st)) {
		d->extension = NULL;
		end(ip);
		return st;
	}
	d->unload = unload;
	ke_timer_set(&ip->tick, TICK, TICK, &ip->tick_dpc);
	st = ip6_bind(ip);
	if (ex_failed(st))
		unload(d);
	return st;
}

IO_DRIVER(tcpip6, "5.2.3790", entry);
