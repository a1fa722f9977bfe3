// SPDX-License-Identifier: Apache-2.0
/*
 * Datagrams in pieces (RFC 791 3.2, RFC 815).
 *
 * Where pieces overlap the one that came first stays, as in NT; the rest of the
 * later one fills what gaps there are.  A last piece that contradicts another
 * about the length, or one beyond it, costs the whole datagram.  Nothing is
 * copied: pieces share the memory of the frames that they came in, which is why
 * each costs REASS_PIECE_COST against the caps.
 *
 * Caps: of datagrams and bytes, for one source and for all; pieces of a
 * datagram.  A source beyond its own loses the new piece's datagram; when all
 * are beyond theirs the oldest goes.
 */
#include "ip.h"

#include <string.h>

struct piece {
	struct piece *next;
	u32 start, end;
	struct ndis_packet *data;
};

struct reass {
	struct reass *next, *prev;   /* by age */
	u32 src, dst;
	u16 id;
	u8 protocol;
	u64 expires;
	u32 total;                   /* 0: the last piece is not here yet */
	u32 have, cost, count;
	struct piece *head, *tail;
	struct inet_iface *f;
	bool first;                  /* head_of is the first piece's */
	struct ip_head head_of;
};

/* --- the table ----------------------------------------------------------------------- */

static struct reass *find(struct reass_table *t, const struct ip_head *h)
{
	struct reass *r = t->tail;

	while (r && (r->id != h->id || r->src != h->src || r->dst != h->dst ||
		     r->protocol != h->protocol))
		r = r->prev;
	return r;
}

static void unlink_one(struct reass_table *t, struct reass *r)
{
	*(r->prev ? &r->prev->next : &t->head) = r->next;
	*(r->next ? &r->next->prev : &t->tail) = r->prev;
	t->count--;
	t->bytes -= r->cost;
}

/* It is in no table any more. */
static void free_one(struct ip *ip, struct reass *r)
{
	while (r->head) {
		struct piece *q = r->head;

		r->head = q->next;
		if (q->data)
			ndis_packet_put(q->data);
		ex_free_pool(ip->x, q, TAG_REASS);
	}
	ex_free_pool(ip->x, r, TAG_REASS);
}

static void of_source(const struct reass_table *t, u32 src, u32 *count,
		      u32 *bytes)
{
	*count = *bytes = 0;
	for (const struct reass *r = t->head; r; r = r->next)
		if (r->src == src) {
			++*count;
			*bytes += r->cost;
		}
}

static struct reass *make(struct inet_iface *f, const struct ip_head *h)
{
	struct ip *ip = f->ip;
	struct reass_table *t = &ip->reass;
	struct reass *r = ex_alloc_zero(ip->x, EX_NONPAGED, sizeof(*r),
					TAG_REASS);

	if (!r)
		return NULL;
	r->src = h->src;
	r->dst = h->dst;
	r->id = h->id;
	r->protocol = h->protocol;
	r->f = f;
	r->expires = ex_now(ip->x) + REASS_TIME;
	r->cost = sizeof(*r);
	r->prev = t->tail;
	*(t->tail ? &t->tail->next : &t->head) = r;
	t->tail = r;
	t->count++;
	t->bytes += r->cost;
	return r;
}

/* Room for a piece of n bytes; the oldest others go for it. false: it is the
 * source that has too much. */
static bool make_room(struct ip *ip, const struct ip_head *h, u32 n,
		      struct reass *mine)
{
	struct reass_table *t = &ip->reass;
	u32 count, bytes, cost = n + REASS_PIECE_COST;

	of_source(t, h->src, &count, &bytes);
	if (bytes + cost > REASS_SOURCE_BYTES ||
	    (!mine && count >= REASS_SOURCE_MAX))
		return false;
	while (t->bytes + cost > REASS_BYTES ||
	       (!mine && t->count >= REASS_MAX)) {
		struct reass *old = t->head == mine ? t->head->next : t->head;

		if (!old)
			return false;
		unlink_one(t, old);
		ip_drop(ip, DROP_REASS_CAP, old->protocol, old->have);
		free_one(ip, old);
	}
	return true;
}

/* --- pieces ------------------------------------------------------------------------------ */

/* Bytes [from, to) of the datagram, which p has from `start` on. after: the
 * piece before it, or NULL. */
static bool insert(struct ip *ip, struct reass *r, struct piece *after,
		   const struct ndis_packet *p, u32 start, u32 from, u32 to)
{
	struct piece *q = ex_alloc(ip->x, EX_NONPAGED, sizeof(*q), TAG_REASS);

	if (!q)
		return false;
	q->data = inet_clone(ip->x, p, from - start, to - from, 0);
	if (!q->data) {
		ex_free_pool(ip->x, q, TAG_REASS);
		return false;
	}
	q->start = from;
	q->end = to;
	q->next = after ? after->next : r->head;
	*(after ? &after->next : &r->head) = q;
	if (!q->next)
		r->tail = q;
	r->have += to - from;
	r->count++;
	r->cost += to - from + REASS_PIECE_COST;
	ip->reass.bytes += to - from + REASS_PIECE_COST;
	return true;
}

/* What of [start, end) is not there yet; first wins. */
static enum ip_drop add(struct ip *ip, struct reass *r,
			const struct ndis_packet *p, u32 start, u32 end)
{
	struct piece *before = NULL, *q = r->head;
	u32 at = start;

	if (r->tail && r->tail->end <= start) {
		before = r->tail;
		q = NULL;
	}
	for (; q && at < end; before = q, q = q->next) {
		u32 to = q->start < end ? q->start : end;

		if (r->count >= REASS_PIECES)
			return DROP_REASS_CAP;
		if (at < to && !insert(ip, r, before, p, start, at, to))
			return DROP_MEMORY;
		if (q->end > at)
			at = q->end;
	}
	if (at >= end)
		return DROP_NOT;
	if (r->count >= REASS_PIECES)
		return DROP_REASS_CAP;
	return insert(ip, r, before, p, start, at, end) ? DROP_NOT :
							  DROP_MEMORY;
}

/* What no honest sender makes. */
static enum ip_drop check(const struct ip_head *h, u32 n)
{
	if (!n || (h->more && n % 8))
		return DROP_FRAGMENT;
	if (h->off + n + h->hlen > 65535) /* ping of death */
		return DROP_TOO_LONG;
	/* RFC 1858, RFC 3128: TCP headers cut so that filters miss them. */
	if (h->protocol == IP_TCP && (h->off == 8 || (!h->off && n < 20)))
		return DROP_TINY;
	return DROP_NOT;
}

/* About where the datagram ends, all its pieces must agree. */
static bool agrees(struct reass *r, const struct ip_head *h, u32 end)
{
	if (h->more)
		return !r->total || end <= r->total;
	if (r->total)
		return r->total == end;
	return !r->tail || r->tail->end <= end;
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

static enum ip_drop take(struct inet_iface *f, struct reass *r,
			 const struct ip_head *h, const struct ndis_packet *p)
{
	u32 end = h->off + p->length;
	enum ip_drop why;

	if (!agrees(r, h, end))
		return DROP_OVERLAP;
	if (!h->more)
		r->total = end;
	if (!h->off && !r->first) {
		r->first = true;
		r->head_of = *h;
	}
	why = add(f->ip, r, p, h->off, end);
	/* With all the options of the first one it must fit, too. */
	if (!why && r->first && r->total &&
	    r->total + r->head_of.hlen > 65535)
		why = DROP_TOO_LONG;
	return why;
}

static enum ip_drop reassemble(struct inet_iface *f, struct ip_head *h,
			       struct ndis_packet *p, struct ndis_packet **out)
{
	struct ip *ip = f->ip;
	struct reass *r = find(&ip->reass, h);
	enum ip_drop why = DROP_NOT;

	if (!make_room(ip, h, p->length, r))
		why = DROP_REASS_CAP;
	else if (!r && !(r = make(f, h)))
		return DROP_MEMORY;
	if (!why)
		why = take(f, r, h, p);
	if (!r || (!why && !(r->total && r->first && r->have == r->total)))
		return why;
	unlink_one(&ip->reass, r);
	if (!why) {
		*h = r->head_of;
		*out = join(r);
	}
	free_one(ip, r);
	return why;
}

struct ndis_packet *reass_add(struct inet_iface *f, struct ip_head *h,
			      struct ndis_packet *p)
{
	struct ip *ip = f->ip;
	struct ndis_packet *whole = NULL;
	enum ip_drop why = check(h, p->length);
	enum ke_irql before;

	TRACE(ip_fragment, h->id, h->off, p->length, h->more);
	if (!why) {
		before = ke_lock(&ip->lock);
		why = reassemble(f, h, p, &whole);
		ke_unlock(&ip->lock, before);
	}
	if (why)
		ip_drop(ip, why, h->protocol, p->length);
	return whole;
}

/* --- time ----------------------------------------------------------------------------------- */

static struct reass *take_oldest(struct ip *ip, u64 now)
{
	enum ke_irql before = ke_lock(&ip->lock);
	struct reass *r = ip->reass.head;

	if (r && r->expires > now)
		r = NULL;
	if (r)
		unlink_one(&ip->reass, r);
	ke_unlock(&ip->lock, before);
	return r;
}

/* RFC 792: only when the first piece is there to be quoted. */
void reass_tick(struct ip *ip, u64 now)
{
	struct reass *r;

	while ((r = take_oldest(ip, now))) {
		ip_drop(ip, DROP_REASS_TIME, r->protocol, r->have);
		if (r->first && r->f->b)
			icmp_error(ip, &r->head_of, r->head->data, 11, 1, 0);
		free_one(ip, r);
	}
}

void reass_drop_all(struct ip *ip)
{
	struct reass *r;

	while ((r = take_oldest(ip, UINT64_MAX)))
		free_one(ip, r);
}
