// SPDX-License-Identifier: Apache-2.0
/*
 * The neighbour cache and its states (RFC 4861 7.2, 7.3).
 *
 * An advertisement that nobody asked for makes no entry.  An entry that waits
 * for its answer keeps a few datagrams; of more the oldest go.
 *
 * All of it is under the lock.  Which router is there is asked under the latch
 * (ip6.h): so chains are changed under both, and states are set as words.
 */
#include "ip6.h"

#include <string.h>

#define TRIES 3u                     /* MAX_MULTICAST_SOLICIT, _UNICAST_ */
#define DELAY_TIME (5 * SECOND)      /* DELAY_FIRST_PROBE_TIME */
enum { NA_ROUTER = 0x80, NA_SOLICITED = 0x40, NA_OVERRIDE = 0x20 };

static u32 hash(const struct inet_ip *a)
{
	return ((get32(a->b + 12) ^ get32(a->b + 8)) *
		UINT32_C(2654435761) >> 16) % NEIGHBOR_HASH;
}

struct ip6_neighbor *neighbor_find(struct inet_iface *f,
				   const struct inet_ip *a)
{
	struct ip6_neighbor *n = f->ip->neighbor[hash(a)];

	while (n && (n->f != f || !same(&n->a, a)))
		n = n->next;
	return n;
}

static void unlink_one(struct ip6 *ip, struct ip6_neighbor *n)
{
	struct ip6_neighbor **at = &ip->neighbor[hash(&n->a)];

	while (*at != n)
		at = &(*at)->next;
	ke_latch(&ip->tables);
	KE_SET(at, n->next);         /* a word for neighbor_tick() */
	ke_unlatch(&ip->tables);
	ip->nneighbors--;
}

static struct ndis_packet *take_waits(struct ip6_neighbor *n)
{
	struct ndis_packet *p = n->waits;

	n->waits = n->last = NULL;
	n->nwaits = 0;
	return p;
}

static void give_up(struct ip6 *ip, struct ndis_packet *p)
{
	while (p) {
		struct ndis_packet *next = p->next;

		p->next = NULL;
		ip6_drop(ip, DROP_UNRESOLVED, 0, p->length);
		inet_sent(p, EX_HOST_UNREACHABLE);
		p = next;
	}
}

/* Not in the table any more. */
static void free_one(struct ip6 *ip, struct ip6_neighbor *n)
{
	struct ndis_packet *p = take_waits(n);

	ex_free_pool(ip->x, n, TAG_NEIGH);
	give_up(ip, p);
}

static struct ip6_neighbor *oldest(struct ip6 *ip)
{
	struct ip6_neighbor *o = NULL;

	for (u32 i = 0; i < NEIGHBOR_HASH; i++)
		for (struct ip6_neighbor *n = ip->neighbor[i]; n; n = n->next)
			if (!o || n->used < o->used)
				o = n;
	return o;
}

/* Under the lock. *out: the one that gave way, to be freed. NULL: no memory, or the
 * adapter is gone and neighbor_drop() is over. */
static struct ip6_neighbor *make(struct inet_iface *f, const struct inet_ip *a,
				 struct ip6_neighbor **out)
{
	struct ip6 *ip = f->ip;
	struct ip6_neighbor *n = KE_GET(&f->b) ?
		ex_alloc_zero(ip->x, EX_NONPAGED, sizeof(*n), TAG_NEIGH) : NULL;

	if (!n)
		return NULL;
	if (ip->nneighbors >= NEIGHBORS_MAX) {
		*out = oldest(ip);
		unlink_one(ip, *out);
	}
	n->f = f;
	n->a = *a;
	n->used = ex_now(ip->x);
	n->next = ip->neighbor[hash(a)];
	ke_latch(&ip->tables);
	KE_SET(&ip->neighbor[hash(a)], n);
	ke_unlatch(&ip->tables);
	ip->nneighbors++;
	return n;
}

/* RFC 4861 6.3.2: between a half and one and a half of the base. */
static void set_reachable(struct ip6_neighbor *n, u64 now)
{
	u64 base = KE_GET(&n->f->reachable_ns);

	KE_SET(&n->state, NUD_REACHABLE);
	n->due = now + base / 2 + ex_random(n->f->ip->x) % (base + 1);
}

static void flush(struct inet_iface *f, const u8 *mac, struct ndis_packet *p)
{
	while (p) {
		struct ndis_packet *next = p->next;

		p->next = NULL;
		ip6_send_to(f, mac, p);
		p = next;
	}
}

/* RFC 4861 7.3.3: the first datagram to a stale one; what has waited for its
 * address is one, too. */
static void sent_to(struct ip6_neighbor *n, u64 now)
{
	if (n->state != NUD_STALE)
		return;
	KE_SET(&n->state, NUD_DELAY);
	n->due = now + DELAY_TIME;
}

/* --- sending --------------------------------------------------------------------------- */

/* The oldest gives way: RFC 4861 7.2.2. */
static struct ndis_packet *keep(struct ip6_neighbor *n, struct ndis_packet *p)
{
	struct ndis_packet *out = NULL;

	if (n->nwaits == NEIGHBOR_QUEUE) {
		out = n->waits;
		n->waits = out->next;
		out->next = NULL;
		n->nwaits--;
	}
	p->next = NULL;
	if (n->waits)
		n->last->next = p;
	else
		n->waits = p;
	n->last = p;
	n->nwaits++;
	return out;
}

/* RFC 4861 7.2.2: from where the datagram that asks for it comes, if that is an
 * address of the interface. */
static bool asks_from(struct inet_iface *f, const struct ndis_packet *p,
		      struct inet_ip *from)
{
	if (ndis_packet_copy(p, 8, from->b, 16) < 16)
		return false;
	return addr_state(f, from) == ADDR_USABLE;
}

static bool is_known(const struct ip6_neighbor *n)
{
	return n && n->state != NUD_INCOMPLETE;
}

bool neighbor_resolve(struct inet_iface *f, const struct inet_ip *a, u8 *mac,
		      struct ndis_packet **pp)
{
	struct ip6 *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	struct ip6_neighbor *n = neighbor_find(f, a), *gone = NULL;
	struct ndis_packet *p = *pp, *out;
	bool known, ask = false, named;
	struct inet_ip from;
	u64 now = ex_now(ip->x);

	if (!is_known(n) && inet_is_lent(p)) {
		ke_unlock(&ip->lock, before);
		*pp = p = inet_keep(ip->x, p);
		if (!p)
			return false;
		before = ke_lock(&ip->lock);
		n = neighbor_find(f, a);
	}
	known = is_known(n);
	named = !n && asks_from(f, p, &from);
	out = p;
	if (!n) {
		n = make(f, a, &gone);
		ask = n;
		if (n) {
			n->tries = 1;
			n->due = now + KE_GET(&f->retrans_ns);
		}
	}
	if (n)
		n->used = now;
	if (n && known) {
		memcpy(mac, n->mac, 6);
		out = NULL;
		sent_to(n, now);
	} else if (n) {
		out = keep(n, p);
	}
	ke_unlock(&ip->lock, before);
	if (gone)
		free_one(ip, gone);
	give_up(ip, out);
	if (ask)
		nd_solicit(f, a, NULL, named ? &from : NULL);
	return known;
}

/* --- hearing --------------------------------------------------------------------------------- */

/* It says that it is no router (RFC 4861 7.2.5); was: that is news. */
static void no_router(struct inet_iface *f, const struct inet_ip *a, bool was)
{
	route_router(f, a, 0);
	if (was)
		route_router_failed(f, a);
}

void neighbor_heard(struct inet_iface *f, const struct inet_ip *a,
		    const u8 *mac, int router)
{
	struct ip6 *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	struct ip6_neighbor *n = neighbor_find(f, a), *gone = NULL;
	struct ndis_packet *p = NULL;
	bool news;

	if (!n)
		n = make(f, a, &gone);
	if (n) {
		news = n->state == NUD_INCOMPLETE || memcmp(n->mac, mac, 6);
		if (news) {
			memcpy(n->mac, mac, 6);
			KE_SET(&n->state, NUD_STALE);
		}
		if (router >= 0)
			n->router = router;
		p = take_waits(n);
		if (p)
			sent_to(n, ex_now(ip->x));
	}
	ke_unlock(&ip->lock, before);
	if (gone)
		free_one(ip, gone);
	flush(f, mac, p);
}

/* RFC 4861 7.2.5, of an entry that is complete. mac NULL: not said. */
static void update(struct ip6_neighbor *n, const u8 *mac, u8 flags, u64 now)
{
	bool other = mac && memcmp(n->mac, mac, 6);

	if (other && !(flags & NA_OVERRIDE)) {
		if (n->state == NUD_REACHABLE)
			KE_SET(&n->state, NUD_STALE);
		return;
	}
	if (other)
		memcpy(n->mac, mac, 6);
	if (flags & NA_SOLICITED)
		set_reachable(n, now);
	else if (other)
		KE_SET(&n->state, NUD_STALE);
}

void neighbor_advertised(struct inet_iface *f, const struct inet_ip *a,
			 const u8 *mac, u8 flags)
{
	struct ip6 *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	struct ip6_neighbor *n = neighbor_find(f, a);
	struct ndis_packet *p = NULL;
	bool was = n && n->router, takes, none = false;
	u64 now = ex_now(ip->x);

	if (n && n->state == NUD_INCOMPLETE && mac) {
		memcpy(n->mac, mac, 6);
		KE_SET(&n->state, NUD_STALE);
		if (flags & NA_SOLICITED)
			set_reachable(n, now);
		n->router = flags & NA_ROUTER;
		none = !n->router;
		p = take_waits(n);
		if (p)
			sent_to(n, now);
	} else if (n && n->state != NUD_INCOMPLETE) {
		takes = !mac || !memcmp(n->mac, mac, 6) || flags & NA_OVERRIDE;
		update(n, mac, flags, now);
		if (takes)
			n->router = flags & NA_ROUTER;
		none = takes && !n->router;
	}
	ke_unlock(&ip->lock, before);
	if (none)
		no_router(f, a, was);
	flush(f, mac, p);
}

/* --- time ------------------------------------------------------------------------------------- */

/* true: it is given up. *ask: a solicitation is to be sent. */
static bool advance(struct ip6_neighbor *n, u64 now, bool *ask)
{
	*ask = false;
	if (n->state == NUD_STALE || n->due > now)
		return false;
	if (n->state == NUD_REACHABLE) {
		KE_SET(&n->state, NUD_STALE);
		return false;
	}
	if (n->state == NUD_DELAY) {
		KE_SET(&n->state, NUD_PROBE);
		n->tries = 0;
	}
	if (n->tries >= TRIES)
		return true;
	n->tries++;
	n->due = now + KE_GET(&n->f->retrans_ns);
	*ask = true;
	return false;
}

struct due {
	struct ip6_neighbor *dead;
	struct inet_iface *f;
	struct inet_ip a, from;
	bool ask, unicast, named;
};

/* The next thing to do in a chain of the table, with the lock held for it. */
static bool next_due(struct ip6 *ip, u32 i, u64 now, struct due *d)
{
	enum ke_irql before = ke_lock(&ip->lock);
	bool any = false;

	*d = (struct due){ .dead = NULL };
	for (struct ip6_neighbor *n = ip->neighbor[i]; n && !any; n = n->next) {
		any = advance(n, now, &d->ask);
		if (any)
			d->dead = n;
		any |= d->ask;
		d->f = n->f;
		d->a = n->a;
		d->unicast = n->state == NUD_PROBE;
		d->named = d->ask && n->waits &&
			   asks_from(n->f, n->waits, &d->from);
	}
	if (d->dead)
		unlink_one(ip, d->dead);
	ke_unlock(&ip->lock, before);
	return any;
}

void neighbor_tick(struct ip6 *ip, u64 now)
{
	struct due d;

	for (u32 i = 0; i < NEIGHBOR_HASH; i++)
		while (KE_GET(&ip->neighbor[i]) && next_due(ip, i, now, &d)) {
			if (d.ask)
				nd_solicit(d.f, &d.a, d.unicast ? &d.a : NULL,
					   d.named ? &d.from : NULL);
			if (d.dead) {
				free_one(ip, d.dead);
				route_router_failed(d.f, &d.a);
			}
		}
}

/* One of f (NULL: any), out of the table. */
static struct ip6_neighbor *take(struct ip6 *ip, const struct inet_iface *f)
{
	enum ke_irql before = ke_lock(&ip->lock);
	struct ip6_neighbor *n = NULL;

	for (u32 i = 0; i < NEIGHBOR_HASH && !n; i++)
		for (n = ip->neighbor[i]; n; n = n->next)
			if (!f || n->f == f)
				break;
	if (n)
		unlink_one(ip, n);
	ke_unlock(&ip->lock, before);
	return n;
}

void neighbor_drop(struct ip6 *ip, struct inet_iface *f)
{
	struct ip6_neighbor *n;

	while ((n = take(ip, f)))
		free_one(ip, n);
}
