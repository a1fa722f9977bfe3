// SPDX-License-Identifier: Apache-2.0
/*
 * Datagrams in pieces (RFC 8200 4.5).
 *
 * Pieces that overlap cost the whole datagram, those still to come included
 * (RFC 5722): its place is kept, empty, until its time is over.  The same piece
 * twice is no overlap.  One that is alone is no fragment (RFC 6946).
 */
#include "ip6.h"

#include <string.h>

struct piece {
	struct piece *next;
	u32 start, end;
	struct ndis_packet *data;
};

struct reass {
	struct reass *next, *prev;   /* by age */
	struct inet_ip src, dst;
	u32 id, total, have, cost, count; /* total 0: the last is not here */
	u64 expires;
	struct piece *head;
	struct inet_iface *f;
	bool first, dead;
	struct ip6_head head_of;     /* of the first piece */
};

struct part {                        /* a fragment, read */
	u32 start, end, id, at;      /* at: of its header */
	u8 next;
	bool more;
};

/* --- the table ----------------------------------------------------------------------- */

static struct reass *find(struct ip6 *ip, const struct ip6_head *h, u32 id)
{
	struct reass *r = ip->reass_last;

	while (r && (r->id != id || !same(&r->src, &h->src) ||
		     !same(&r->dst, &h->dst)))
		r = r->prev;
	return r;
}

static void unlink_one(struct ip6 *ip, struct reass *r)
{
	*(r->prev ? &r->prev->next : &ip->reass) = r->next;
	*(r->next ? &r->next->prev : &ip->reass_last) = r->prev;
	ip->nreass--;
	ip->reass_bytes -= r->cost;
}

static void free_pieces(struct ip6 *ip, struct reass *r)
{
	while (r->head) {
		struct piece *q = r->head;

		r->head = q->next;
		if (q->data)
			ndis_packet_put(q->data);
		ex_free_pool(ip->x, q, TAG_REASS6);
	}
}

static void free_one(struct ip6 *ip, struct reass *r)
{
	free_pieces(ip, r);
	ex_free_pool(ip->x, r, TAG_REASS6);
}

static struct reass *make(struct inet_iface *f, const struct ip6_head *h,
			  u32 id)
{
	struct ip6 *ip = f->ip;
	struct reass *r = ex_alloc_zero(ip->x, EX_NONPAGED, sizeof(*r),
					TAG_REASS6);

	if (!r)
		return NULL;
	r->src = h->src;
	r->dst = h->dst;
	r->id = id;
	r->f = f;
	r->cost = sizeof(*r);
	r->expires = ex_now(ip->x) + REASS_TIME;
	r->prev = ip->reass_last;
	*(r->prev ? &r->prev->next : &ip->reass) = r;
	ip->reass_last = r;
	ip->nreass++;
	ip->reass_bytes += r->cost;
	return r;
}

/* false: it is the source that has too much. Else the oldest go for it. */
static bool make_room(struct ip6 *ip, const struct ip6_head *h, u32 n,
		      const struct reass *mine)
{
	u32 count = 0, cost = n + REASS_PIECE_COST;

	for (const struct reass *r = ip->reass; r; r = r->next)
		count += same(&r->src, &h->src);
	if (!mine && count >= REASS_SOURCE_MAX)
		return false;
	while (ip->reass_bytes + cost > REASS_BYTES ||
	       (!mine && ip->nreass >= REASS_MAX)) {
		struct reass *old = ip->reass == mine ? ip->reass->next :
							ip->reass;

		if (!old)
			return false;
		unlink_one(ip, old);
		ip6_drop(ip, DROP_REASS_CAP, NEXT_FRAGMENT, old->have);
		free_one(ip, old);
	}
	return true;
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

static enum ip6_drop insert(struct ip6 *ip, struct reass *r,
			    const struct part *t, const struct ndis_packet *p)
{
	struct piece **at = &r->head, *q;
	u32 n = t->end - t->start;

	while (*at && (*at)->end <= t->start)
		at = &(*at)->next;
	if (*at && (*at)->start < t->end)
		return (*at)->start == t->start && (*at)->end == t->end &&
		       equal((*at)->data, p, t->at + 8) ? DROP_NOT :
							  DROP_OVERLAP;
	if (r->count >= REASS_PIECES)
		return DROP_REASS_CAP;
	q = ex_alloc(ip->x, EX_NONPAGED, sizeof(*q), TAG_REASS6);
	if (!q)
		return DROP_MEMORY;
	q->data = inet_clone(ip->x, p, t->at + 8, n, 0);
	if (!q->data) {
		ex_free_pool(ip->x, q, TAG_REASS6);
		return DROP_MEMORY;
	}
	q->start = t->start;
	q->end = t->end;
	q->next = *at;
	*at = q;
	r->count++;
	r->have += n;
	r->cost += n + REASS_PIECE_COST;
	ip->reass_bytes += n + REASS_PIECE_COST;
	return DROP_NOT;
}

static u32 last_end(const struct reass *r)
{
	const struct piece *q = r->head;

	while (q && q->next)
		q = q->next;
	return q ? q->end : 0;
}

/* About the end all must agree. */
static bool agrees(const struct reass *r, const struct part *t)
{
	if (t->more)
		return !r->total || t->end <= r->total;
	return r->total ? r->total == t->end : last_end(r) <= t->end;
}

static struct ndis_packet *join(struct reass *r)
{
	struct ndis_packet *p = r->head->data;

	r->head->data = NULL;
	p->flags = 0;
	for (struct piece *q = r->head->next; q; q = q->next)
		while (q->data->head) {
			struct ndis_buffer *b = q->data->head;

			q->data->head = b->next;
			q->data->length -= b->length;
			if (!q->data->head)
				q->data->tail = NULL;
			ndis_packet_append(p, b);
		}
	return p;
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
	if (!agrees(r, t))
		return DROP_OVERLAP;
	if (!t->more)
		r->total = t->end;
	if (!t->start && !r->first) {
		if (!keep_headers(h, p, t))
			return DROP_CHAIN;
		r->first = true;
		r->head_of = *h;
	}
	return insert(ip, r, t, p);
}

static void kill(struct ip6 *ip, struct reass *r)
{
	free_pieces(ip, r);
	ip->reass_bytes -= r->cost - (u32)sizeof(*r);
	r->cost = sizeof(*r);
	r->dead = true;
	r->first = false;
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
	if (!r->total || !r->first || r->have != r->total)
		return DROP_NOT;
	unlink_one(ip, r);
	*h = r->head_of;
	h->fragmented = true;
	h->payload = h->base - IP6_HEADER + r->total;
	put16(h->raw + 4, (u16)h->payload);
	*out = join(r);
	free_one(ip, r);
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

static struct reass *take_oldest(struct ip6 *ip, u64 now)
{
	enum ke_irql before = ke_lock(&ip->lock);
	struct reass *r = ip->reass;

	if (r && r->expires > now)
		r = NULL;
	if (r)
		unlink_one(ip, r);
	ke_unlock(&ip->lock, before);
	return r;
}

void reass_tick(struct ip6 *ip, u64 now)
{
	struct reass *r;

	while ((r = take_oldest(ip, now))) {
		ip6_drop(ip, DROP_REASS_TIME, NEXT_FRAGMENT, r->have);
		if (r->first && r->head && !r->head->start && r->f->b)
			icmp6_error(r->f, &r->head_of, r->head->data,
				    ICMP6_EXCEEDED, 1, 0);
		free_one(ip, r);
	}
}

void reass_drop_all(struct ip6 *ip)
{
	struct reass *r;

	while ((r = take_oldest(ip, FOREVER)))
		free_one(ip, r);
}
