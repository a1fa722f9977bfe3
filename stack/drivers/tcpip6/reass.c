// SPDX-License-Identifier: Apache-2.0
/*
 * Datagrams in pieces (RFC 8200 4.5): the table is inet/reass.c's.
 *
 * Pieces that overlap cost the whole datagram, those still to come included
 * (RFC 5722): its place is kept, empty, until its time is over.  The same piece
 * twice is no overlap.  One that is alone is no fragment (RFC 6946).
 */
#include "ip6.h"

#include <string.h>

struct reass {
	struct inet_reass r;
	struct inet_ip src, dst;
	u32 id;
	bool dead;                   /* all of it under the lock */
	struct ip6_head head_of;     /* of the first piece, when it is here */
};

struct part {                        /* a fragment, read */
	u32 start, end, id, at;      /* at: of its header */
	u8 next;
	bool more;
};

/* --- the table ----------------------------------------------------------------------- */

static struct reass *of(struct inet_reass *r)
{
	return (struct reass *)r;
}

static struct reass *find(struct ip6 *ip, const struct ip6_head *h, u32 id)
{
	for (struct inet_reass *q = ip->reass.tail; q; q = q->prev) {
		struct reass *r = of(q);

		if (r->id == id && same(&r->src, &h->src) &&
		    same(&r->dst, &h->dst))
			return r;
	}
	return NULL;
}

static struct reass *make(struct inet_iface *f, const struct ip6_head *h,
			  u32 id)
{
	struct ip6 *ip = f->ip;
	struct reass *r = inet_reass_new(ip->x, &ip->reass, sizeof(*r), f,
					 ex_now(ip->x) + REASS_TIME);

	if (!r)
		return NULL;
	r->src = h->src;
	r->dst = h->dst;
	r->id = id;
	return r;
}

/* false: it is the source that has too much. Else the oldest go for it. */
static bool make_room(struct ip6 *ip, const struct ip6_head *h, u32 n,
		      const struct reass *mine)
{
	struct inet_reass_table *t = &ip->reass;
	struct reass *old;
	u32 count = 0;
	bool full;

	for (struct inet_reass *r = t->head; r; r = r->next)
		count += same(&of(r)->src, &h->src);
	if (!mine && count >= REASS_SOURCE_MAX)
		return false;
	while ((old = inet_reass_excess(t, mine ? &mine->r : NULL, n, &full))) {
		ip6_drop(ip, DROP_REASS_CAP, NEXT_FRAGMENT, old->r.have);
		inet_reass_free(ip->x, t, old);
	}
	return !full;
}

/* --- pieces ------------------------------------------------------------------------------ */

static bool equal(const struct ndis_packet *a, const struct ndis_packet *b,
		  u32 off_b)
{
	u8 x[64], y[64];

	for (u32 i = 0; i < a->length;) {
		u32 n = ndis_packet_copy(a, i, x, sizeof(x));

		if (!n || ndis_packet_copy(b, off_b + i, y, n) < n ||
		    memcmp(x, y, n))
			return false;
		i += n;
	}
	return true;
}

static enum ip6_drop insert(struct ip6 *ip, struct inet_reass *r,
			    const struct part *t, const struct ndis_packet *p)
{
	struct inet_piece *before = inet_reass_before(r, t->start);
	const struct inet_piece *q = before ? before->next : r->head;

	if (q && q->start < t->end)
		return q->start == t->start && q->end == t->end &&
		       equal(q->data, p, t->at + 8) ? DROP_NOT : DROP_OVERLAP;
	if (r->count >= REASS_PIECES)
		return DROP_REASS_CAP;
	return inet_reass_put(ip->x, &ip->reass, r, before, p, t->at + 8,
			      t->start, t->end) ? DROP_NOT : DROP_MEMORY;
}

/* The headers before the fragment's, as if it had not been there. */
static bool keep_headers(struct ip6_head *h, const struct ndis_packet *p,
			 const struct part *t)
{
	if (t->at > RAW_MAX || h->next_at >= t->at)
		return false;
	(void)ndis_packet_copy(p, 0, h->raw, t->at);
	h->nraw = h->base = t->at;
	h->raw[h->next_at] = t->next;
	h->protocol = t->next;
	return true;
}

static enum ip6_drop take(struct ip6 *ip, struct reass *r, struct ip6_head *h,
			  const struct ndis_packet *p, const struct part *t)
{
	if (r->dead)
		return DROP_OVERLAP;
	if (!inet_reass_agrees(&r->r, t->more, t->end))
		return DROP_OVERLAP;
	if (!t->more)
		r->r.total = t->end;
	if (!t->start && !r->r.first) {
		if (!keep_headers(h, p, t))
			return DROP_CHAIN;
		r->r.first = true;
		r->head_of = *h;
	}
	return insert(ip, &r->r, t, p);
}

static void kill(struct ip6 *ip, struct reass *r)
{
	inet_reass_empty(ip->x, &ip->reass, &r->r);
	ip->reass.bytes -= r->r.cost - (u32)sizeof(*r);
	r->r.cost = sizeof(*r);
	r->dead = true;
	r->r.first = false;
}

static enum ip6_drop reassemble(struct inet_iface *f, struct ip6_head *h,
				const struct ndis_packet *p,
				const struct part *t, struct ndis_packet **out)
{
	struct ip6 *ip = f->ip;
	struct reass *r = find(ip, h, t->id);
	enum ip6_drop why;

	if (!make_room(ip, h, p->length, r))
		return DROP_REASS_CAP;
	if (!r && !(r = make(f, h, t->id)))
		return DROP_MEMORY;
	why = take(ip, r, h, p, t);
	if (why) {
		if (!r->dead)
			kill(ip, r);
		return why;
	}
	if (!inet_reass_complete(&r->r))
		return DROP_NOT;
	inet_reass_unlink(&ip->reass, &r->r);
	*h = r->head_of;
	h->fragmented = true;
	h->payload = h->base - IP6_HEADER + r->r.total;
	put16(h->raw + 4, (u16)h->payload);
	*out = inet_reass_join(&r->r);
	inet_reass_free(ip->x, &ip->reass, r);
	return DROP_NOT;
}

/* --- what comes in --------------------------------------------------------------------------- */

static enum ip6_drop read_part(struct inet_iface *f, struct ip6_head *h,
			       struct ndis_packet *p, struct part *t)
{
	u32 n, room = 65535 - (t->at - IP6_HEADER);
	u8 b[8];

	if (t->at > p->length || ndis_packet_copy(p, t->at, b, 8) < 8)
		return DROP_FRAGMENT;
	n = p->length - t->at - 8;
	t->next = b[0];
	t->start = get16(b + 2) & 0xfff8u;
	t->end = t->start + n;
	t->more = b[3] & 1;
	t->id = get32(b + 4);
	TRACE(ip_fragment, t->id, t->start, n, t->more);
	if (t->more && n % 8) {      /* RFC 8200 4.5 */
		icmp6_error(f, h, p, ICMP6_PARAMETER, 0, 4);
		return DROP_FRAGMENT;
	}
	if (t->end > room) {
		icmp6_error(f, h, p, ICMP6_PARAMETER, 0, t->at + 2);
		return DROP_TOO_LONG;
	}
	if (!n)
		return DROP_FRAGMENT;
	if (!t->start && !chain_complete(f->ip, p, t->next, t->at + 8)) {
		icmp6_error(f, h, p, ICMP6_PARAMETER, 3, 0); /* RFC 7112 5 */
		return DROP_TINY;
	}
	return DROP_NOT;
}

static struct ndis_packet *alone(struct ip6_head *h, struct ndis_packet *p,
				 const struct part *t)
{
	if (!keep_headers(h, p, t))
		return NULL;
	h->fragmented = true;
	h->payload -= 8;
	put16(h->raw + 4, (u16)h->payload);
	(void)ndis_packet_pull(p, t->at + 8);
	ndis_packet_ref(p);
	return p;
}

struct ndis_packet *reass_add(struct inet_iface *f, struct ip6_head *h,
			      struct ndis_packet *p, u32 at)
{
	struct ip6 *ip = f->ip;
	struct ndis_packet *whole = NULL;
	struct part t = { .at = at };
	enum ip6_drop why = read_part(f, h, p, &t);
	enum ke_irql before;

	if (!why && !t.start && !t.more)
		return alone(h, p, &t);
	if (!why) {
		before = ke_lock(&ip->lock);
		why = reassemble(f, h, p, &t, &whole);
		ke_unlock(&ip->lock, before);
	}
	if (why)
		ip6_drop(ip, why, NEXT_FRAGMENT, p->length);
	return whole;
}

/* --- time ----------------------------------------------------------------------------------- */

void reass_tick(struct ip6 *ip, u64 now)
{
	struct reass *r;

	while ((r = inet_reass_expired(&ip->reass, &ip->lock, now))) {
		ip6_drop(ip, DROP_REASS_TIME, NEXT_FRAGMENT, r->r.have);
		if (r->r.first && r->r.head && !r->r.head->start &&
		    KE_GET(&r->r.f->b))
			icmp6_error(r->r.f, &r->head_of, r->r.head->data,
				    ICMP6_EXCEEDED, 1, 0);
		inet_reass_free(ip->x, &ip->reass, r);
	}
}

void reass_drop_all(struct ip6 *ip)
{
	struct reass *r;

	while ((r = inet_reass_expired(&ip->reass, &ip->lock, FOREVER)))
		inet_reass_free(ip->x, &ip->reass, r);
}
