// SPDX-License-Identifier: Apache-2.0
/*
 * Datagrams in pieces (RFC 791 3.2): the table is inet/reass.c's.
 *
 * Where pieces overlap the one that came first stays, as in NT; the rest of the
 * later one fills what gaps there are.  A last piece that contradicts another
 * about the length, or one beyond it, costs the whole datagram.
 *
 * Caps: of datagrams and bytes, for one source and for all; pieces of a
 * datagram.  A source beyond its own loses the new piece's datagram; when all
 * are beyond theirs the oldest goes.
 */
#include "ip.h"

struct reass {
	struct inet_reass r;
	u32 src, dst;
	u16 id;
	u8 protocol;
	struct ip_head head_of;      /* the first piece's, when it is here */
};

static struct reass *of(struct inet_reass *r)
{
	return (struct reass *)r;
}

static struct reass *find(const struct inet_reass_table *t,
			  const struct ip_head *h)
{
	for (struct inet_reass *q = t->tail; q; q = q->prev) {
		struct reass *r = of(q);

		if (r->id == h->id && r->src == h->src && r->dst == h->dst &&
		    r->protocol == h->protocol)
			return r;
	}
	return NULL;
}

static void of_source(const struct inet_reass_table *t, u32 src, u32 *count,
		      u32 *bytes)
{
	*count = *bytes = 0;
	for (struct inet_reass *r = t->head; r; r = r->next)
		if (of(r)->src == src) {
			++*count;
			*bytes += r->cost;
		}
}

static struct reass *make(struct inet_iface *f, const struct ip_head *h)
{
	struct ip *ip = f->ip;
	struct reass *r = inet_reass_new(ip->x, &ip->reass, sizeof(*r), f,
					 ex_now(ip->x) + REASS_TIME);

	if (!r)
		return NULL;
	r->src = h->src;
	r->dst = h->dst;
	r->id = h->id;
	r->protocol = h->protocol;
	return r;
}

/* Room for a piece of n bytes; the oldest others go for it. false: it is the
 * source that has too much. */
static bool make_room(struct ip *ip, const struct ip_head *h, u32 n,
		      const struct reass *mine)
{
	struct inet_reass_table *t = &ip->reass;
	struct reass *old;
	u32 count, bytes;
	bool full;

	of_source(t, h->src, &count, &bytes);
	if (bytes + n + INET_PIECE_COST > REASS_SOURCE_BYTES ||
	    (!mine && count >= REASS_SOURCE_MAX))
		return false;
	while ((old = inet_reass_excess(t, mine ? &mine->r : NULL, n, &full))) {
		ip_drop(ip, DROP_REASS_CAP, old->protocol, old->r.have);
		inet_reass_free(ip->x, t, old);
	}
	return !full;
}

/* --- pieces ------------------------------------------------------------------------------ */

/* What of [first, end) is not there yet; who came first wins. */
static enum ip_drop add(struct ip *ip, struct inet_reass *r,
			const struct ndis_packet *p, u32 first, u32 end)
{
	struct inet_piece *before = inet_reass_before(r, first);
	u32 start = first;

	while (start < end) {
		struct inet_piece *q = before ? before->next : r->head;
		u32 to = q && q->start < end ? q->start : end;

		if (r->count >= REASS_PIECES)
			return DROP_REASS_CAP;
		if (start < to && !inet_reass_put(ip->x, &ip->reass, r, before,
						  p, start - first, start, to))
			return DROP_MEMORY;
		if (!q)
			break;
		if (q->end > start)
			start = q->end;
		before = q;
	}
	return DROP_NOT;
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

static enum ip_drop take(struct inet_iface *f, struct reass *r,
			 const struct ip_head *h, const struct ndis_packet *p)
{
	u32 end = h->off + p->length;
	enum ip_drop why;

	if (!inet_reass_agrees(&r->r, h->more, end))
		return DROP_OVERLAP;
	if (!h->more)
		r->r.total = end;
	if (!h->off && !r->r.first) {
		r->r.first = true;
		r->head_of = *h;
	}
	why = add(f->ip, &r->r, p, h->off, end);
	/* With all the options of the first one it must fit, too. */
	if (!why && r->r.first && r->r.total &&
	    r->r.total + r->head_of.hlen > 65535)
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
	if (!r || (!why && !inet_reass_complete(&r->r)))
		return why;
	inet_reass_unlink(&ip->reass, &r->r);
	if (!why) {
		*h = r->head_of;
		*out = inet_reass_join(&r->r);
	}
	inet_reass_free(ip->x, &ip->reass, r);
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

/* RFC 792: only when the first piece is there to be quoted. */
void reass_tick(struct ip *ip, u64 now)
{
	struct reass *r;

	while ((r = inet_reass_expired(&ip->reass, &ip->lock, now))) {
		ip_drop(ip, DROP_REASS_TIME, r->protocol, r->r.have);
		if (r->r.first && KE_GET(&r->r.f->b))
			icmp_error(ip, &r->head_of, r->r.head->data, 11, 1, 0);
		inet_reass_free(ip->x, &ip->reass, r);
	}
}

void reass_drop_all(struct ip *ip)
{
	struct reass *r;

	while ((r = inet_reass_expired(&ip->reass, &ip->lock, UINT64_MAX)))
		inet_reass_free(ip->x, &ip->reass, r);
}
