// SPDX-License-Identifier: Apache-2.0
/*
 * Addresses of an interface: duplicates (RFC 4862 5.4), those from routers'
 * prefixes (5.5), which one a datagram comes from (RFC 6724, the rules that
 * matter for one host), and router solicitations (RFC 4861 6.3.7).
 *
 * Which address it is about is asked anew whenever the latch was let go: meanwhile
 * others come and go, and the places of those that stay change.
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

static struct ip6_addr *in_find(struct inet_iface *f, const struct inet_ip *a)
{
	for (u32 i = 0; i < f->naddr; i++)
		if (same(&f->addr[i].a, a))
			return &f->addr[i];
	return NULL;
}

enum addr_state addr_state(struct inet_iface *f, const struct inet_ip *a)
{
	const struct ip6_addr *l;
	enum addr_state st;

	ke_latch(&f->ip->tables);
	l = in_find(f, a);
	st = l ? l->state : ADDR_NONE;
	ke_unlatch(&f->ip->tables);
	return st;
}

struct inet_iface *in_addr_iface(struct ip6 *ip, const struct inet_ip *a)
{
	EACH_IFACE(f, ip) {
		struct ip6_addr *l = in_find(f, a);

		if (l && l->state == ADDR_USABLE)
			return f;
	}
	return NULL;
}

bool ip6_is_local(struct ip6 *ip, const struct inet_ip *a)
{
	bool is;

	ke_latch(&ip->tables);
	is = in_is_local(ip, a);
	ke_unlatch(&ip->tables);
	return is;
}

struct inet_ip addr_of_link(struct inet_iface *f)
{
	struct inet_ip a = { { 0 } };

	ke_latch(&f->ip->tables);
	for (u32 i = 0; i < f->naddr; i++)
		if (f->addr[i].state == ADDR_USABLE &&
		    link_local(&f->addr[i].a)) {
			a = f->addr[i].a;
			break;
		}
	ke_unlatch(&f->ip->tables);
	return a;
}

/* --- sources ------------------------------------------------------------------------- */

static u32 common_bits(const struct inet_ip *a, const struct inet_ip *b)
{
	u32 i = 0;

	while (i < 16 && a->b[i] == b->b[i])
		i++;
	return i == 16 ? 128 :
	       i * 8 + (u32)__builtin_clz(a->b[i] ^ b->b[i]) - 24;
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

bool in_addr_source(const struct inet_iface *f, const struct inet_ip *dst,
		    u64 now, struct inet_ip *out)
{
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

bool addr_source(struct inet_iface *f, const struct inet_ip *dst,
		 struct inet_ip *out)
{
	u64 now = ex_now(f->ip->x);
	bool found;

	ke_latch(&f->ip->tables);
	found = in_addr_source(f, dst, now, out);
	ke_unlatch(&f->ip->tables);
	return found;
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
static void in_begin_dad(const struct ip6 *ip, struct ip6_addr *a, u64 at)
{
	a->state = ip->dad ? ADDR_TENTATIVE : ADDR_USABLE;
	a->probes = (u8)ip->dad;
	a->next = at;
}

static u64 within_a_second(struct ip6 *ip)
{
	return ex_now(ip->x) + ex_random(ip->x) % SECOND;
}

static bool has_room(struct inet_iface *f, const struct inet_ip *a)
{
	bool room;

	ke_latch(&f->ip->tables);
	room = f->naddr < ADDRS && !in_find(f, a);
	ke_unlatch(&f->ip->tables);
	return room;
}

bool addr_add(struct inet_iface *f, const struct ip6_addr *a)
{
	struct inet_ip group = solicited_node(&a->a);
	struct ip6 *ip = f->ip;
	bool added;
	u64 at;

	if (!has_room(f, &a->a) || !mld_join_on(f, &group))
		return false;
	at = within_a_second(ip);
	ke_latch(&ip->tables);
	/* Meanwhile another CPU may have added one. */
	added = f->naddr < ADDRS && !in_find(f, &a->a);
	if (added) {
		f->addr[f->naddr] = *a;
		in_begin_dad(ip, &f->addr[f->naddr++], at);
	}
	ke_unlatch(&ip->tables);
	if (!added)
		(void)mld_leave_on(f, &group);
	return added;
}

/* One that is valid no longer than until then. */
static bool remove_one(struct inet_iface *f, u64 until)
{
	struct ip6 *ip = f->ip;
	struct inet_ip a, group;
	u32 i;

	ke_latch(&ip->tables);
	i = f->naddr;
	while (i > 0 && f->addr[i - 1].valid > until)
		i--;
	if (i) {
		a = f->addr[i - 1].a;
		f->addr[i - 1] = f->addr[--f->naddr];
	}
	ke_unlatch(&ip->tables);
	if (!i)
		return false;
	group = solicited_node(&a);
	(void)mld_leave_on(f, &group);
	if (!KE_GET(&ip->stopping))
		inet_address_gone(&ip->s, &a);
	return true;
}

/* RFC 4862 5.4.5: it is never used; with a link-local one that is made of the
 * station's address the interface is out of use. */
void addr_duplicate(struct inet_iface *f, const struct inet_ip *a)
{
	struct ip6_addr *l;
	bool was;
	u8 own[8];

	put_identifier(f, own);
	ke_latch(&f->ip->tables);
	l = in_find(f, a);
	was = l && l->state == ADDR_TENTATIVE;
	if (was)
		l->state = ADDR_DUPLICATE;
	ke_unlatch(&f->ip->tables);
	if (!was)
		return;
	if (link_local(a) && !memcmp(a->b + 8, own, sizeof(own)))
		KE_SET(&f->disabled, true);
	ex_log(f->ip->x, "tcpip6: %s: another has the address ending %02x%02x",
	       f->name, a->b[14], a->b[15]);
}

/* Routers are asked, from then on. */
static void in_solicit(struct inet_iface *f, u64 at)
{
	f->rs_left = f->ip->autoconf ? ROUTER_SOLICITATIONS : 0;
	f->rs_at = at;
}

void addr_start(struct inet_iface *f)
{
	struct ip6 *ip = f->ip;
	struct ip6_addr a = { .a = { { 0xfe, 0x80 } }, .plen = 64,
			      .preferred = FOREVER, .valid = FOREVER };
	u64 at;

	put_identifier(f, a.a.b + 8);
	(void)addr_add(f, &a);
	route_prefix(f, &a.a, 64, FOREVER);
	at = within_a_second(ip);
	ke_latch(&ip->tables);
	in_solicit(f, at);
	ke_unlatch(&ip->tables);
}

void addr_stop(struct inet_iface *f)
{
	while (remove_one(f, FOREVER))
		;
}

void addr_restart(struct inet_iface *f)
{
	struct ip6 *ip = f->ip;
	u64 at[ADDRS + 1];

	for (u32 i = 0; i < ADDRS + 1; i++)
		at[i] = within_a_second(ip);
	KE_SET(&f->disabled, false);
	ke_latch(&ip->tables);
	for (u32 i = 0; i < f->naddr; i++)
		in_begin_dad(ip, &f->addr[i], at[i]);
	in_solicit(f, at[ADDRS]);
	ke_unlatch(&ip->tables);
}

/* --- prefixes of routers -------------------------------------------------------------------- */

static u64 until(u64 now, u32 seconds)
{
	return seconds == UINT32_MAX ? ENDLESS : now + seconds * SECOND;
}

/* RFC 4862 5.5.3 (e): no one takes an address away at once, but the lifetimes
 * that a router gives may grow, and shrink to two hours. */
static void in_renew(struct ip6_addr *l, u64 now, u32 valid, u32 preferred)
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
	struct ip6_addr a = { .a = *prefix, .plen = 64, .automatic = true,
			      .valid = until(now, valid),
			      .preferred = until(now, preferred) };
	struct ip6_addr *l;
	bool known;

	put_identifier(f, a.a.b + 8);
	ke_latch(&f->ip->tables);
	l = in_find(f, &a.a);
	known = l;
	if (known && l->automatic)
		in_renew(l, now, valid, preferred);
	ke_unlatch(&f->ip->tables);
	if (!known && valid)
		(void)addr_add(f, &a);
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
	if (flags & 0x40 && f->ip->autoconf && !KE_GET(&f->disabled) && plen == 64 &&
	    preferred <= valid)
		autoconfigure(f, &p, valid, preferred);
}

/* --- time ------------------------------------------------------------------------------------- */

/* true: one is to be sent for it. */
static bool in_probe(struct ip6_addr *a, u64 now, u64 interval)
{
	if (a->state != ADDR_TENTATIVE || a->next > now)
		return false;
	if (!a->probes) {
		a->state = ADDR_USABLE;
		return false;
	}
	a->probes--;
	a->next = now + interval;
	return true;
}

/* The address at i, or behind it, that is to be probed; false: none is. */
static bool next_probe(struct inet_iface *f, u32 *i, u64 now,
		       struct inet_ip *target)
{
	u64 interval = KE_GET(&f->retrans_ns);
	bool due = false;

	ke_latch(&f->ip->tables);
	for (; !due && *i < f->naddr; ++*i) {
		due = in_probe(&f->addr[*i], now, interval);
		*target = f->addr[*i].a;
	}
	ke_unlatch(&f->ip->tables);
	return due;
}

static bool solicits(struct inet_iface *f, u64 now)
{
	bool due;

	ke_latch(&f->ip->tables);
	due = f->rs_left && f->rs_at <= now;
	if (due) {
		f->rs_left--;
		f->rs_at = now + RS_INTERVAL;
	}
	ke_unlatch(&f->ip->tables);
	return due;
}

static bool works(const struct inet_iface *f)
{
	return KE_GET(&f->up) && !KE_GET(&f->disabled);
}

void addr_tick(struct inet_iface *f, u64 now)
{
	struct inet_ip target, none = { { 0 } };
	u32 i = 0;

	while (works(f) && next_probe(f, &i, now, &target))
		nd_solicit(f, &target, NULL, &none); /* RFC 4862 5.4.2 */
	while (remove_one(f, now))
		;
	if (works(f) && solicits(f, now))
		nd_router_solicit(f);
}
