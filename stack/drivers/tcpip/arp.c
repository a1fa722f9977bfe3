// SPDX-License-Identifier: Apache-2.0
/*
 * ARP (RFC 826), with the conflicts of RFC 5227.
 *
 * An entry that waits for its answer keeps one datagram, the newest, as NT does.
 * Entries are made by asking, and by requests for an address of ours; an answer
 * that nobody asked for changes what is there and makes nothing.  Times are
 * NT's: two minutes without use, ten at most.
 */
#include "ip.h"

#include <string.h>

#define ARP_LENGTH 28u
#define UNUSED_TIME (120 * SECOND)
#define USED_TIME (600 * SECOND)
#define TRIES 3u                     /* requests, a second apart (RFC 1122
					2.3.2.1) */
#define CLAIM_TIME (1 * SECOND)      /* an answer within it: another has it */
#define DEFEND_TIME (10 * SECOND)    /* RFC 5227 2.4 (c) */

struct arp_entry {
	struct arp_entry *next;      /* all of it is under the lock */
	struct inet_iface *f;
	u32 addr;
	u8 mac[6];
	bool known;
	u8 tries;
	u64 made, used, asked;
	struct ndis_packet *waits;
};

static u32 hash(u32 a)
{
	return (a * UINT32_C(2654435761) >> 16) % ARP_HASH;
}

static struct arp_entry *find(const struct inet_iface *f, u32 addr)
{
	struct arp_entry *e = f->ip->arp[hash(addr)];

	while (e && (e->addr != addr || e->f != f))
		e = e->next;
	return e;
}

static void unlink_entry(struct ip *ip, struct arp_entry *e)
{
	struct arp_entry **at = &ip->arp[hash(e->addr)];

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	ip->narp--;
}

/* When the table is full the entry that was used longest ago goes. */
static struct ndis_packet *evict(struct ip *ip)
{
	struct arp_entry *oldest = NULL;
	struct ndis_packet *p;

	for (u32 i = 0; i < ARP_HASH; i++)
		for (struct arp_entry *e = ip->arp[i]; e; e = e->next)
			if (!oldest || e->used < oldest->used)
				oldest = e;
	if (!oldest)
		return NULL;
	p = oldest->waits;
	unlink_entry(ip, oldest);
	ex_free_pool(ip->x, oldest, TAG_ARP);
	return p;
}

/* Under the lock; *out is a datagram that gave way. NULL: no memory, or the
 * adapter is gone and arp_drop() is over. */
static struct arp_entry *make(struct inet_iface *f, u32 addr,
			      struct ndis_packet **out)
{
	struct ip *ip = f->ip;
	struct arp_entry *e = KE_GET(&f->b) ?
		ex_alloc_zero(ip->x, EX_NONPAGED, sizeof(*e), TAG_ARP) : NULL;

	if (!e)
		return NULL;
	if (ip->narp >= ARP_MAX)
		*out = evict(ip);
	e->f = f;
	e->addr = addr;
	e->made = e->used = ex_now(ip->x);
	e->next = ip->arp[hash(addr)];
	ip->arp[hash(addr)] = e;
	ip->narp++;
	return e;
}

static void give_up(struct ip *ip, struct ndis_packet *p)
{
	if (!p)
		return;
	ip_drop(ip, DROP_UNRESOLVED, 0, p->length);
	inet_sent(p, EX_HOST_UNREACHABLE);
}

/* --- sending ------------------------------------------------------------------------- */

struct arp_message {
	u16 op;
	u32 sender, target;
	const u8 *target_mac, *to;   /* NULL: zero, broadcast */
};

static void send(struct inet_iface *f, const struct arp_message *m)
{
	struct ndis_binding *b = ip_enter(f);
	struct ndis_packet *p = b ? ndis_packet_new(f->ip->x, 0, ETHER +
						    ARP_LENGTH) : NULL;
	u8 *d;

	if (!b)
		return;
	if (!p) {
		ip_leave(f);
		return;
	}
	d = p->head->data;
	memset(d, 0, ETHER + ARP_LENGTH);
	if (m->to)
		memcpy(d, m->to, 6);
	else
		memset(d, 0xff, 6);
	memcpy(d + 6, f->mac, 6);
	put16(d + 12, 0x0806);
	put16(d + 14, 1);
	put16(d + 16, 0x0800);
	d[18] = 6;
	d[19] = 4;
	put16(d + 20, m->op);
	memcpy(d + 22, f->mac, 6);
	put32(d + 28, m->sender);
	if (m->target_mac)
		memcpy(d + 32, m->target_mac, 6);
	put32(d + 38, m->target);
	ndis_send(b, p);
	ip_leave(f);
}

static void ask(struct inet_iface *f, u32 addr)
{
	send(f, &(struct arp_message){ .op = 1, .sender = ip_source(f, addr),
				       .target = addr });
}

void arp_announce(struct inet_iface *f, u32 addr)
{
	send(f, &(struct arp_message){ .op = 1, .sender = addr,
				       .target = addr });
}

bool arp_known(struct inet_iface *f, u32 next, u8 *mac)
{
	struct arp_entry *e = find(f, next);

	if (!e || !e->known)
		return false;
	memcpy(mac, e->mac, 6);
	e->used = ex_tick(f->ip->x);
	return true;
}

bool arp_resolve(struct inet_iface *f, u32 next, u8 *mac,
		 struct ndis_packet *p)
{
	struct ip *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	struct arp_entry *e;
	struct ndis_packet *old = NULL, *evicted = NULL;
	u64 now = ex_now(ip->x);
	bool asks = false;

	if (arp_known(f, next, mac)) {
		ke_unlock(&ip->lock, before);
		return true;
	}
	e = find(f, next);
	if (!e)
		e = make(f, next, &evicted);
	if (e) {
		asks = !e->tries || inet_since(now, e->asked) >= SECOND;
		e->tries += asks && !e->tries;
		e->asked = asks ? now : e->asked;
		e->used = now;
		old = e->waits;
		e->waits = p;
	}
	ke_unlock(&ip->lock, before);
	give_up(ip, evicted);
	give_up(ip, e ? old : p);
	if (asks)
		ask(f, next);
	return false;
}

/* --- receiving ------------------------------------------------------------------------ */

struct arp_in {
	u16 op;
	u8 mac[6];
	u32 sender, target;
};

/*
 * Senders that cannot be are none: those of groups, and ourselves.  Nor is one
 * that the frame is not from: ARP has no checksum, and what is learnt from a
 * frame damaged on its way would last for minutes.
 */
static bool read_in(struct inet_iface *f, struct ndis_packet *p,
		    const u8 *from, struct arp_in *a)
{
	const u8 *d = ndis_packet_flat(f->ip->x, p, ARP_LENGTH);
	static const u8 zero[6];

	if (!d || get16(d) != 1 || get16(d + 2) != 0x0800 || d[4] != 6 ||
	    d[5] != 4)
		return false;
	a->op = get16(d + 6);
	memcpy(a->mac, d + 8, 6);
	a->sender = get32(d + 14);
	a->target = get32(d + 24);
	return (a->op == 1 || a->op == 2) && !(a->mac[0] & 1) &&
	       memcmp(a->mac, zero, 6) && memcmp(a->mac, f->mac, 6) &&
	       !memcmp(a->mac, from, 6);
}

static struct ip_local *local_of(struct inet_iface *f, u32 addr)
{
	for (u32 i = 0; i < KE_GET(&f->nlocal); i++)
		if (ip_net_at(f, i).addr == addr)
			return &f->local[i];
	return NULL;
}

/*
 * Somebody says that an address of ours is his.  Just after it was claimed it is
 * claimed once more, and when he says it again it is his (RFC 5227 2.4 b); later
 * we defend it, once in ten seconds.
 */
static void conflict(struct inet_iface *f, struct ip_local *l, u32 addr)
{
	struct ip *ip = f->ip;
	u64 now = ex_now(ip->x);
	struct inet_ip gone = ip4_to(addr);

	if (!KE_GET(&l->usable))
		return;
	if (l->defended && l->defended - l->since < CLAIM_TIME &&
	    now - l->defended < CLAIM_TIME) {
		KE_SET(&l->usable, false);
		ex_log(ip->x, "%s: address %u.%u.%u.%u is in use", f->name,
		       gone.b[0], gone.b[1], gone.b[2], gone.b[3]);
		inet_address_gone(&ip->s, &gone);
		return;
	}
	if (l->defended && now - l->defended < DEFEND_TIME)
		return;
	l->defended = now;
	arp_announce(f, addr);
}

/* RFC 826: what is there is renewed by whatever comes; asked is new. */
static struct ndis_packet *learn(struct inet_iface *f, const struct arp_in *a,
				 bool asked, struct ndis_packet **evicted)
{
	struct ip *ip = f->ip;
	enum ke_irql before = ke_lock(&ip->lock);
	struct arp_entry *e = find(f, a->sender);
	struct ndis_packet *p = NULL;

	if (!e && asked)
		e = make(f, a->sender, evicted);
	if (e) {
		memcpy(e->mac, a->mac, 6);
		e->known = true;
		e->made = ex_now(ip->x);
		p = e->waits;
		e->waits = NULL;
	}
	ke_unlock(&ip->lock, before);
	return p;
}

void ARPRcv(struct inet_iface *f, struct ndis_packet *p, const u8 *from)
{
	struct ip *ip = f->ip;
	struct ip_local *mine, *target;
	struct ndis_packet *waited, *evicted = NULL;
	struct arp_in a;

	if (!read_in(f, p, from, &a)) {
		ip_drop(ip, DROP_ARP, 0, p->length);
		return;
	}
	mine = local_of(f, a.sender);
	target = local_of(f, a.target);
	if (mine) {
		conflict(f, mine, a.sender);
		return;
	}
	if (a.sender && (!ip4_unicast(a.sender) || !ip_on_link(f, a.sender) ||
			 ip_is_broadcast(ip, a.sender))) {
		ip_drop(ip, DROP_ARP, 0, p->length);
		return;
	}
	target = target && KE_GET(&target->usable) ? target : NULL;
	waited = a.sender ? learn(f, &a, target && a.op == 1, &evicted) : NULL;
	give_up(ip, evicted);
	if (target && a.op == 1)
		send(f, &(struct arp_message){ .op = 2, .sender = a.target,
					       .target = a.sender,
					       .target_mac = a.mac,
					       .to = a.mac });
	if (waited)
		ip_send_to(f, a.mac, waited);
}

/* --- time --------------------------------------------------------------------------------- */

static bool is_over(const struct arp_entry *e, u64 now)
{
	u64 made = inet_since(now, e->made);

	if (!e->known)
		return e->tries >= TRIES &&
		       inet_since(now, e->asked) >= SECOND;
	return made >= USED_TIME || (inet_since(now, e->used) >= UNUSED_TIME &&
				     made >= UNUSED_TIME);
}

/* Under the lock: one that is over, taken out; or one to ask for, in *again. */
static struct arp_entry *next_due(struct ip *ip, u64 now,
				  struct arp_entry **again)
{
	for (u32 i = 0; i < ARP_HASH; i++)
		for (struct arp_entry *e = ip->arp[i]; e; e = e->next) {
			if (is_over(e, now)) {
				unlink_entry(ip, e);
				return e;
			}
			if (!e->known && inet_since(now, e->asked) >= SECOND) {
				e->asked = now;
				e->tries++;
				*again = e;
				return NULL;
			}
		}
	return NULL;
}

void arp_tick(struct ip *ip, u64 now)
{
	for (u32 i = 0; i < 2 * ARP_MAX; i++) {
		struct arp_entry *again = NULL, *e;
		struct inet_iface *f = NULL;
		enum ke_irql before = ke_lock(&ip->lock);
		u32 addr = 0;

		e = next_due(ip, now, &again);
		if (again) {
			f = again->f;
			addr = again->addr;
		}
		ke_unlock(&ip->lock, before);
		if (e) {
			give_up(ip, e->waits);
			ex_free_pool(ip->x, e, TAG_ARP);
		} else if (f) {
			ask(f, addr);
		} else {
			return;
		}
	}
}

static struct arp_entry *take(struct ip *ip, const struct inet_iface *f)
{
	enum ke_irql before = ke_lock(&ip->lock);
	struct arp_entry *found = NULL;

	for (u32 i = 0; i < ARP_HASH && !found; i++)
		for (found = ip->arp[i]; found; found = found->next)
			if (!f || found->f == f)
				break;
	if (found)
		unlink_entry(ip, found);
	ke_unlock(&ip->lock, before);
	return found;
}

void arp_drop(struct ip *ip, struct inet_iface *f)
{
	struct arp_entry *e;

	while ((e = take(ip, f))) {
		give_up(ip, e->waits);
		ex_free_pool(ip->x, e, TAG_ARP);
	}
}

void arp_rows(const struct ip *ip, struct inet_ask *a)
{
	for (u32 i = 0; i < ARP_HASH; i++)
		for (const struct arp_entry *e = ip->arp[i]; e; e = e->next) {
			struct inet_row *r = inet_row(a);

			if (!r)
				continue;
			r->local.family = 4;
			put32(r->local.ip, e->addr);
			memcpy(r->mac, e->mac, 6);
			memcpy(r->name, e->f->name, sizeof(r->name));
			r->known = e->known;
			r->state = e->known ? "dynamic" : "incomplete";
			r->object = e;
		}
}
