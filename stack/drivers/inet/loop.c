// SPDX-License-Identifier: Apache-2.0
/*
 * The loopback interface.  As in NT a datagram to oneself is delivered before
 * the send returns, on the sender's stack: a TCP that goes on from there into
 * its deferred work needs its guard against recursion (Q216765).  What has no
 * guard of its own (UDP, ICMP, raw) nests once; from there on it waits in a queue
 * that the outermost call empties.
 */
#include "inet.h"

#define PROTOCOL_TCP 6
#define LOOP_QUEUED 256u             /* datagrams that wait, of a CPU */

static void deliver(struct inet *s, struct ndis_packet *p)
{
	u32 was = p->flags;

	/* What would be summed by an adapter needs no sum here. */
	p->flags = was & (NDIS_CSUM_L4_DO | NDIS_LSO) ?
			   NDIS_CSUM_IP_OK | NDIS_CSUM_L4_OK : NDIS_CSUM_IP_OK;
	s->family->looped(s, p);
	ndis_packet_put(p);
	inet_deliver_complete(s);
}

static void wait_in_queue(struct inet *s, struct inet_loop *q,
			  struct ndis_packet *p)
{
	if (q->queued >= LOOP_QUEUED) {
		s->family->no_memory(s, 0, p->length);
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

static void empty_queue(struct inet *s, struct inet_loop *q)
{
	while (q->head) {
		struct ndis_packet *p = q->head;

		q->head = p->next;
		if (!q->head)
			q->tail = NULL;
		q->queued--;
		p->next = NULL;
		deliver(s, p);
	}
}

void inet_loop(struct inet *s, struct ndis_packet *p)
{
	/* The receiver has a packet of its own: the sender's fields stay. */
	struct ndis_packet *r = inet_clone(s->x, p, 0, p->length, 0);
	enum ke_irql before = ke_raise(KE_DISPATCH);
	struct inet_loop *q = &s->cpu[ke_cpu_number()].loop;
	u32 at = s->family->protocol_at;
	u8 protocol = p->head->length > at ? p->head->data[at] : 0;

	if (!r) {
		s->family->no_memory(s, protocol, p->length);
	} else if (protocol != PROTOCOL_TCP && q->depth) {
		wait_in_queue(s, q, r);
	} else {
		q->depth++;
		deliver(s, r);
		if (q->depth == 1)
			empty_queue(s, q);
		q->depth--;
	}
	inet_sent(p, r ? EX_SUCCESS : EX_INSUFFICIENT_RESOURCES);
	ke_lower(before);
}

void inet_loop_free(struct inet *s)
{
	for (u32 i = 0; i < INET_CPUS; i++)
		while (s->cpu[i].loop.head) {
			struct ndis_packet *p = s->cpu[i].loop.head;

			s->cpu[i].loop.head = p->next;
			ndis_packet_put(p);
		}
}
