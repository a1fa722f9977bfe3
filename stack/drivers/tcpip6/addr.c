// SPDX-License-Identifier: Apache-2.0
/*
 * Addresses of an interface: duplicates (RFC 4862 5.4), those from routers'
 * prefixes (5.5), which one a datagram comes from (RFC 6724, the rules that
 * matter for one host), and router solicitations (RFC 4861 6.3.7).
 */
#include "ip6.h"

#include <string.h>

#define RS_INTERVAL (4 * SECOND)
#define TWO_HOURS (7200 * SECOND)    /* RFC 4862 5.5.3 (e) */

bool prefix_match(const struct inet_ip *a, const struct inet_ip *p, u32 bits)
{
	u32 whole = bits / 8, rest = bits % 8;

	if (memcmp(a->b, p->b, whole))
		return false;
	return !rest || !((a->b[whole] ^ p->b[whole]) >> (8 - rest));
}

struct ip6_addr *addr_find(struct inet_iface *f, const struct inet_ip *a)
{
	for (u32 i = 0; i < f->naddr; i++)
		if (same(&f->addr[i].a, a))
			return &f->addr[i];
	return NULL;
}

struct inet_iface *addr_iface(struct ip6 *ip, const struct inet_ip *a)
{
	for (struct inet_iface *f = ip->ifaces; f; f = f->next) {
		struct ip6_addr *l = addr_find(f, a);

		if (l && l->state == ADDR_USABLE)
			return f;
	}
	return NULL;
}

bool ip6_is_local(struct ip6 *ip, const struct inet_ip *a)
{
	return is_loopback(a) || addr_iface(ip, a);
}

/* --- sources ------------------------------------------------------------------------- */

static u32 common_bits(const struct inet_ip *a, const struct inet_ip *b)
{
	u32 n = 0;

	while (n < 128 && prefix_match(a, b, n + 1))
		n++;
	return n;
}

/* RFC 6724 5: scope (rule 2), not deprecated (3), longest prefix (8). */
static u32 worth(const struct ip6_addr *l, const struct inet_ip *dst, u64 now)
{
	bool near = link_local(dst) || (multicast(dst) && (dst->b[1] & 15) < 3);
	u32 w = common_bits(&l->a, dst) + 1;

	if (link_local(&l->a) == near)
		w += 1024;
	if (l->preferred > now)
		w += 512;
	return w;
}

bool addr_source(struct inet_iface *f, const struct inet_ip *dst,
		 struct inet_ip *out)
{
	u64 now = ex_now(f->ip->x);
	u32 best = 0;

	for (u32 i = 0; i < f->naddr; i++) {
		const struct ip6_addr *l = &f->addr[i];
		u32 w = l->state == ADDR_USABLE ? worth(l, dst, now) : 0;

		if (w <= best)
			continue;
		best = w;
		*out = l->a;
	}
	return best;
}

/* --- coming and going ------------------------------------------------------------------- */

/* RFC 4291 appendix A: the identifier of an Ethernet station. */
static void put_identifier(const struct inet_iface *f, u8 *to)
{
	memcpy(to, f->mac, 3);
	to[0] ^= 2;
	to[3] = 0xff;
	to[4] = 0xfe;
	memcpy(to + 5, f->mac + 3, 3);
}

/* RFC 4862 5.4.2: the first probe is up to a second late. */
static void begin_dad(struct inet_iface *f, struct ip6_addr *a)
{
	struct ip6 *ip = f->ip;

	a->state = ip->dad ? ADDR_TENTATIVE : ADDR_USABLE;
	a->probes = (u8)ip->dad;
	a->next = ex_now(ip->x) + ex_random(ip->x) % SECOND;
}

struct ip6_addr *addr_add(struct inet_iface *f, const struct inet_ip *a,
			  u8 plen, bool automatic)
{
	struct inet_ip group = solicited_node(a);
	struct ip6_addr *l;

	if (f->naddr == ADDRS || addr_find(f, a) || !mld_join_on(f, &group))
		return NULL;
	/* Meanwhile another CPU may have added one. */
	if (f->naddr == ADDRS || addr_find(f, a)) {
		(void)mld_leave_on(f, &group);
		return NULL;
	}
	l = &f->addr[f->naddr];
	*l = (struct ip6_addr){ .a = *a, .plen = plen, .automatic = automatic,
				.preferred = FOREVER, .valid = FOREVER };
	begin_dad(f, l);
	f->naddr++;
	return l;
}

static void remove_at(struct inet_iface *f, u32 i)
{
	struct inet_ip a = f->addr[i].a, group = solicited_node(&a);

	f->addr[i] = f->addr[--f->naddr];
	(void)mld_leave_on(f, &group);
	if (!f->ip->stopping)
		inet_address_gone(&f->ip->s, &a);
}

/* RFC 4862 5.4.5: it is never used; with a link-local one that is made of the
 * station's address the interface is out of use. */
void addr_duplicate(struct inet_iface *f, struct ip6_addr *a)
{
	u8 own[8];

	put_identifier(f, own);
	if (a->state != ADDR_TENTATIVE)
		return;
	a->state = ADDR_DUPLICATE;
	if (link_local(&a->a) && !memcmp(a->a.b + 8, own, sizeof(own)))
		f->disabled = true;
	ex_log(f->ip->x, "tcpip6: %s: another has the address ending %02x%02x",
	       f->name, a->a.b[14], a->a.b[15]);
}

void addr_start(struct inet_iface *f)
{
	struct ip6 *ip = f->ip;
	struct inet_ip a = { { 0xfe, 0x80 } };

	put_identifier(f, a.b + 8);
	(void)addr_add(f, &a, 64, false);
	route_prefix(f, &a, 64, FOREVER);
	f->rs_left = ip->autoconf ? ROUTER_SOLICITATIONS : 0;
	f->rs_at = ex_now(ip->x) + ex_random(ip->x) % SECOND;
}

void addr_stop(struct inet_iface *f)
{
	while (f->naddr)
		remove_at(f, f->naddr - 1);
}

void addr_restart(struct inet_iface *f)
{
	f->disabled = false;
	for (u32 i = 0; i < f->naddr; i++)
		begin_dad(f, &f->addr[i]);
	f->rs_left = f->ip->autoconf ? ROUTER_SOLICITATIONS : 0;
	f->rs_at = ex_now(f->ip->x) + ex_random(f->ip->x) % SECOND;
}

/* --- prefixes of routers -------------------------------------------------------------------- */

static u64 until(u64 now, u32 seconds)
{
	return seconds == UINT32_MAX ? ENDLESS : now + seconds * SECOND;
}

/* RFC 4862 5.5.3 (e): no one takes an address away at once, but the lifetimes
 * that a router gives may grow, and shrink to two hours. */
static void renew(struct ip6_addr *l, u64 now, u32 valid, u32 preferred)
{
	u64 given = until(now, valid);

	if (given > now + TWO_HOURS || given > l->valid)
		l->valid = given;
	else if (l->valid > now + TWO_HOURS)
		l->valid = now + TWO_HOURS;
	l->preferred = until(now, preferred);
}

static void autoconfigure(struct inet_iface *f, const struct inet_ip *prefix,
			  u32 valid, u32 preferred)
{
	u64 now = ex_now(f->ip->x);
	struct inet_ip a = *prefix;
	struct ip6_addr *l;

	put_identifier(f, a.b + 8);
	l = addr_find(f, &a);
	if (l && !l->automatic)
		return;
	if (l) {
		renew(l, now, valid, preferred);
		return;
	}
	if (!valid)
		return;
	l = addr_add(f, &a, 64, true);
	if (!l)
		return;
	l->valid = until(now, valid);
	l->preferred = until(now, preferred);
}

/* RFC 4861 6.3.4, RFC 4862 5.5.3. */
void addr_prefix(struct inet_iface *f, const u8 *o)
{
	u32 valid = get32(o + 4), preferred = get32(o + 8);
	struct inet_ip p;
	u8 plen = o[2], flags = o[3];

	memcpy(p.b, o + 16, 16);
	if (plen > 128 || link_local(&p) || multicast(&p))
		return;
	if (flags & 0x80)
		route_prefix(f, &p, plen, valid ?
			     until(ex_now(f->ip->x), valid) : 0);
	/* An identifier has 64 bits: the prefix has the rest. */
	if (flags & 0x40 && f->ip->autoconf && !f->disabled && plen == 64 &&
	    preferred <= valid)
		autoconfigure(f, &p, valid, preferred);
}

/* --- time ------------------------------------------------------------------------------------- */

static void probe(struct inet_iface *f, struct ip6_addr *a, u64 now)
{
	struct inet_ip target = a->a, none = { { 0 } };

	if (!a->probes) {
		a->state = ADDR_USABLE;
		return;
	}
	a->probes--;
	a->next = now + f->retrans_ns;
	nd_solicit(f, &target, NULL, &none); /* RFC 4862 5.4.2 */
}

void addr_tick(struct inet_iface *f, u64 now)
{
	for (u32 i = 0; f->up && i < f->naddr; i++) {
		struct ip6_addr *a = &f->addr[i];

		if (a->state == ADDR_TENTATIVE && a->next <= now &&
		    !f->disabled)
			probe(f, a, now);
	}
	for (u32 i = f->naddr; i-- > 0;)
		if (i < f->naddr && f->addr[i].valid <= now)
			remove_at(f, i);
	if (!f->up || f->disabled || !f->rs_left || f->rs_at > now)
		return;
	f->rs_left--;
	f->rs_at = now + RS_INTERVAL;
	nd_router_solicit(f);
}
