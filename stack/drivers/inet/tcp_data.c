// SPDX-License-Identifier: Apache-2.0
/* Data and FIN that are within the window: RFC 9293 3.10.7.4 "seventh". */
#include "tcp.h"

#define FEW 128u                     /* bytes that are copied rather than hold
					more than they are */
#define ROOM 512u                    /* of a buffer for them */

void tcp_chain_free(struct ex *x, struct ndis_buffer *b)
{
	while (b) {
		struct ndis_buffer *next = b->next;

		ndis_buffer_free(x, b);
		b = next;
	}
}

/* A view of bytes that are counted; of lent ones a copy. */
static struct ndis_buffer *keep(struct ex *x, struct ndis_buffer *b, u32 off,
				u32 n)
{
	struct ndis_buffer *c;

	if (b->block)
		return ndis_buffer_clone(x, b, off, n);
	c = ndis_buffer_new(x, 0, n);
	if (c)
		memcpy(c->data, b->data + off, n);
	return c;
}

/* The packet's own buffers from off to its end, when nobody else has hold of
 * the packet: it keeps what is before them. NULL: a view has to do. */
static struct ndis_buffer *detach(struct ndis_packet *p, u32 off)
{
	struct ndis_buffer *b = p->head, *before = NULL;

	if (KE_GET(&p->refs) != 1)
		return NULL;
	for (; b && off >= b->length; before = b, b = b->next)
		off -= b->length;
	for (struct ndis_buffer *c = b; c; c = c->next)
		if (!c->block || !c->length)
			return NULL;
	if (!b)
		return NULL;
	for (struct ndis_buffer *c = b; c; c = c->next)
		p->length -= c->length;
	b->data += off;
	b->length -= off;
	p->tail = before;
	*(before ? &before->next : &p->head) = NULL;
	return b;
}

static struct ndis_buffer *copied(struct ex *x, const struct ndis_packet *p,
				  u32 off, u32 n)
{
	struct ndis_buffer *b = ndis_buffer_new(x, 0, n);

	if (b)
		(void)ndis_packet_copy(p, off, b->data, n);
	return b;
}

struct ndis_buffer *tcp_take(struct ex *x, struct ndis_packet *p, u32 off,
			     u32 n)
{
	struct ndis_buffer *b = p->head, *head = NULL, **tail = &head;

	if (n <= FEW && p->length - n > 2 * FEW)
		return copied(x, p, off, n);
	if (off + n == p->length && (head = detach(p, off)))
		return head;
	for (; b && off >= b->length; b = b->next)
		off -= b->length;
	for (; b && n; b = b->next, off = 0) {
		u32 part = min_u32(b->length - off, n);

		if (!part)
			continue;
		*tail = keep(x, b, off, part);
		if (!*tail) {
			tcp_chain_free(x, head);
			return NULL;
		}
		tail = &(*tail)->next;
		n -= part;
	}
	return head;
}

/* --- urgent data ------------------------------------------------------------------------- */

/* Byte k of the chain goes out of the stream (RFC 6093 4). */
static bool cut_byte(struct ex *x, struct ndis_buffer **chain, u32 k, u8 *out)
{
	struct ndis_buffer *b, **at = chain, *rest;

	for (; *at && k >= (*at)->length; at = &(*at)->next)
		k -= (*at)->length;
	b = *at;
	if (!b)
		return false;
	*out = b->data[k];
	if (b->length == 1) {
		*at = b->next;
		ndis_buffer_free(x, b);
		return true;
	}
	if (k && k + 1 < b->length) {
		rest = keep(x, b, k + 1, b->length - k - 1);
		if (!rest)
			return false;
		rest->next = b->next;
		b->next = rest;
		b->length = k;
		return true;
	}
	b->data += !k;
	b->length--;
	return true;
}

static u32 take_urgent(struct tcb *t, struct ndis_buffer **chain, u32 n)
{
	u32 k = t->rcv_up - 1 - t->rcv_nxt;

	if (!(t->flags & F_URGENT) || k >= n)
		return 0;
	t->flags &= ~(u32)F_URGENT;
	if (t->flags & F_URG_INLINE ||
	    !cut_byte(t->tcp->x, chain, k, &t->oob)) {
		t->flags |= F_MARK;
		return 0;
	}
	t->flags = (t->flags | F_OOB) & ~(u32)F_OOB_TOLD;
	return 1;
}

/* --- in order ------------------------------------------------------------------------------ */

static void copy_behind(struct tcb *t, const struct ndis_buffer *b)
{
	struct ndis_buffer *to = t->rcv_tail;

	for (; b; b = b->next) {
		memcpy(to->data + to->length, b->data, b->length);
		to->length += b->length;
		t->rcv_room = (u16)(t->rcv_room - b->length);
	}
}

/* Behind others that wait, a few bytes share a buffer: one for each segment would
 * cost many times the window that they are counted against. */
static struct ndis_buffer *gathered(struct tcb *t, struct ndis_buffer *chain,
				    u32 n)
{
	struct ex *x = t->tcp->x;
	struct ndis_buffer *b;

	if (!t->rcv_tail || n > FEW)
		return chain;
	if (n > t->rcv_room) {
		b = ndis_buffer_new(x, 0, ROOM);
		if (!b)
			return chain;
		b->length = 0;
		t->rcv_tail->next = b;
		t->rcv_tail = b;
		t->rcv_room = ROOM;
	}
	copy_behind(t, chain);
	tcp_chain_free(x, chain);
	return NULL;
}

void tcp_rcv_append(struct tcb *t, struct ndis_buffer *chain, u32 n)
{
	u32 cut = take_urgent(t, &chain, n);

	t->rcv_nxt += n;
	t->bytes_received += n;
	t->rcv_queued += n - cut;
	tcp_need(t, NEED_RCV_CMPLT);
	if (chain)
		chain = gathered(t, chain, n - cut);
	if (!chain)
		return;
	if (t->rcv_tail)
		t->rcv_tail->next = chain;
	else
		t->rcv_q = chain;
	while (chain->next)
		chain = chain->next;
	t->rcv_tail = chain;
	t->rcv_room = 0;
}

static void receive_fin(struct tcb *t)
{
	t->rcv_nxt++;
	t->flags |= F_FIN_RCVD | F_PUSH;
	tcp_need(t, NEED_ACK | NEED_RCV_CMPLT);
	switch (t->state) {
	case TCP_ESTABLISHED:
		tcp_set_state(t, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT_1:         /* our FIN is not acknowledged */
		tcp_set_state(t, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT_2:
		tcp_time_wait(t);
		break;
	default:
		break;
	}
}

/* RFC 9293 3.8.6.3: every second segment, and within the delay. */
static void delay_ack(struct tcb *t)
{
	if (t->rcv_nxt - t->rcv_last_ack > t->mss) {
		tcp_need(t, NEED_ACK);
		return;
	}
	if (!t->due_ack)
		t->due_ack = ex_tick(t->tcp->x) +
			     t->tcp->s->as->delack_ms * MS;
}

static void in_order(struct tcb *t, struct tcp_seg *g)
{
	bool fin = g->flags & TH_FIN, fills = t->reasm;

	if (g->len) {
		struct ndis_buffer *b = tcp_take(t->tcp->x, g->p, g->off,
						 g->len);

		if (!b)
			return;      /* it will come again */
		tcp_rcv_append(t, b, g->len);
		if (g->flags & TH_PSH)
			t->flags |= F_PUSH;
	}
	if (!fin && fills)
		fin = tcp_reasm_drain(t);
	if (fin) {
		tcp_reasm_free(t);
		receive_fin(t);
	} else if (fills) {
		tcp_need(t, NEED_ACK); /* RFC 5681 4.2 */
	} else if (g->len) {
		delay_ack(t);
	}
}

void tcp_data(struct tcb *t, struct tcp_seg *g)
{
	if (t->flags & F_FIN_RCVD)
		return;
	if (g->seq == t->rcv_nxt) {
		in_order(t, g);
		return;
	}
	tcp_reasm_add(t, g);
	tcp_need(t, NEED_ACK);
}
