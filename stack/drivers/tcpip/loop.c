// SPDX-License-Identifier: Apache-2.0
/*
 * The loopback interface.  As in NT a datagram to oneself is delivered before
 * the send returns, on the sender's stack: a TCP that goes on from there into
 * its deferred work needs its guard against recursion (Q216765).  What has no
 * guard of its own (UDP, ICMP, raw) nests once; from there on it waits in a queue
 * that the outermost call empties.
 */
#include "ip.h"

#define LOOP_QUEUED 256u             /* datagrams that wait, of a CPU */

static bool is_lent(const struct ndis_packet *p)
{
	for (const struct ndis_buffer *b = p->head; b; b = b->next)
		if (!b->block)
			return true;
	return false;
}

static bool clone_into(struct ip *ip, struct ndis_packet *to,
		       const struct ndis_packet *p, u32 off, u32 n)
{
	for (struct ndis_buffer *b = p->head; b && n; b = b->next) {
		u32 part = b->length > off ? b->length - off : 0;
		struct ndis_buffer *c;

		if (part > n)
			part = n;
		if (part) {
			c = ndis_buffer_clone(ip->x, b, off, part);
			if (!c)
				return false;
			ndis_packet_append(to, c);
		}
		off = off > b->length ? off - b->length : 0;
		n -= part;
	}
	return !n;
}

/* Lent bytes are the sender's again when it is told that they are sent. */
static struct ndis_packet *copy(struct ip *ip, const struct ndis_packet *p,
				u32 off, u32 n, u32 headroom)
{
	struct ndis_packet *c = ndis_packet_new(ip->x, headroom, n);

	if (c && ndis_packet_copy(p, off, c->head->data, n) < n) {
		ndis_packet_put(c);
		return NULL;
	}
	return c;
}

struct ndis_packet *ip_clone(struct ip *ip, const struct ndis_packet *p,
			     u32 off, u32 n, u32 headroom)
{
	struct ndis_packet *c;

	if (off > p->length || n > p->length - off)
		return NULL;
	if (n <= 128 || is_lent(p)) {
		c = copy(ip, p, off, n, headroom);
	} else {
		c = headroom ? ndis_packet_new(ip->x, headroom, 0) :
			       ndis_packet_alloc(ip->x);
		if (c && !clone_into(ip, c, p, off, n)) {
			ndis_packet_put(c);
			c = NULL;
		}
	}
	if (c)
		c->flags = p->flags;
	return c;
}

static void deliver(struct ip *ip, struct ndis_packet *p)
{
	u32 was = p->flags;

	/* What would be summed by an adapter needs no sum here. */
	p->flags = was & (NDIS_CSUM_L4_DO | NDIS_LSO) ?
			   NDIS_CSUM_IP_OK | NDIS_CSUM_L4_OK : NDIS_CSUM_IP_OK;
	IPRcv(&ip->lo, p, false);
	ndis_packet_put(p);
	inet_deliver_complete(&ip->s);
}

static void wait_in_queue(struct ip *ip, struct ip_loop *q,
			  struct ndis_packet *p)
{
	if (q->queued >= LOOP_QUEUED) {
		ip_drop(ip, DROP_MEMORY, 0, p->length);
		ndis_packet_put(p);
		return;
	}
	p->next = NULL;
	if (q->tail)
		q->tail->next = p;
	else
		q->head = p;
	q->tail = p;
	q->queued++;
}

static void empty_queue(struct ip *ip, struct ip_loop *q)
{
	while (q->head) {
		struct ndis_packet *p = q->head;

		q->head = p->next;
		if (!q->head)
			q->tail = NULL;
		q->queued--;
		p->next = NULL;
		deliver(ip, p);
	}
}

void ip_loop(struct ip *ip, struct ndis_packet *p)
{
	/* The receiver has a packet of its own: the sender's fields stay. */
	struct ndis_packet *r = ip_clone(ip, p, 0, p->length, 0);
	enum ke_irql before = ke_raise(KE_DISPATCH);
	struct ip_loop *q = &ip->loop[ke_cpu_number()];
	u8 protocol = p->head->length > 9 ? p->head->data[9] : 0;

	if (!r) {
		ip_drop(ip, DROP_MEMORY, protocol, p->length);
	} else if (protocol != IP_TCP && q->depth) {
		wait_in_queue(ip, q, r);
	} else {
		q->depth++;
		deliver(ip, r);
		if (q->depth == 1)
			empty_queue(ip, q);
		q->depth--;
	}
	ip_done(p, r ? EX_SUCCESS : EX_INSUFFICIENT_RESOURCES);
	ke_lower(before);
}

void ip_loop_free(struct ip *ip)
{
	for (u32 i = 0; i < 32; i++)
		while (ip->loop[i].head) {
			struct ndis_packet *p = ip->loop[i].head;

			ip->loop[i].head = p->next;
			ndis_packet_put(p);
		}
}
