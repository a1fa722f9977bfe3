// SPDX-License-Identifier: Apache-2.0
/* Transports that do nothing, for tests of IPv4 alone. */
#ifndef TESTS_STACK_INET_STUB_H
#define TESTS_STACK_INET_STUB_H
#include "drivers/inet/inet.h"

#include <string.h>
enum ex_status inet_start(struct inet *s) { (void)s; return EX_SUCCESS; }
void inet_stop(struct inet *s) { (void)s; }
void inet_deliver(struct inet *s, struct ndis_packet *p, const struct inet_rx *rx)
{ if (rx->protocol != 6) s->family->refuse(s, p, rx, rx->protocol == 17 ? INET_PORT_UNREACHABLE : INET_PROTOCOL_UNREACHABLE); }
void inet_deliver_complete(struct inet *s) { (void)s; }
void inet_icmp(struct inet *s, u8 protocol, const struct inet_ip *src,
	       const struct inet_ip *dst, const u8 *quoted, u32 n,
	       enum inet_error what, u32 mtu)
{ (void)s; (void)protocol; (void)src; (void)dst; (void)quoted; (void)n; (void)what; (void)mtu; }
void inet_address_gone(struct inet *s, const struct inet_ip *a) { (void)s; (void)a; }
const struct inet_personality *inet_personality(const char *name)
{
	static const struct inet_personality p = { .name = "nt5", .ttl = 128 };
	return strcmp(name, "nt5") ? NULL : &p;
}
struct inet_address *inet_address_find(struct inet *s, u8 protocol, const struct inet_ip *dst, u16 port, const struct inet_ip *src)
{ (void)s; (void)protocol; (void)dst; (void)port; (void)src; return NULL; }
struct inet_address *inet_address_next(struct inet *s, u8 protocol, const struct inet_ip *dst, u16 port, const struct inet_ip *src, struct inet_address *prev)
{ (void)s; (void)protocol; (void)dst; (void)port; (void)src; (void)prev; return NULL; }
void inet_address_put(struct inet_address *a) { (void)a; }
struct tdi_request *tdi_enter(struct irp *irp) { (void)irp; return NULL; }
void tdi_check_indication(const char *who, u32 i, u32 a, u32 t) { (void)who; (void)i; (void)a; (void)t; }
#endif
