// SPDX-License-Identifier: Apache-2.0
/*
 * Up to the client: completions, data, the end.  One CPU at a time does this for
 * a connection, without tcb_lock while it calls, so things arrive in order.
 */
#include "tcp.h"

void tcp_need(struct tcb *t, u8 what)
{
	struct tcp_delayq *q = &t->tcp->delayq[ke_cpu_number()];

	t->need |= what;
	if (t->flags & F_QUEUED)
		return;
	t->flags |= F_QUEUED;
	tcb_get(t);
	t->delayq_next = NULL;
	if (q->tail)
		q->tail->delayq_next = t;
	else
		q->head = t;
	q->tail = t;
}

void tcp_delayq_dpc(void *context, void *arg1, void *arg2)
{
	struct tcp_delayq *q = context;

	(void)arg1;
	(void)arg2;
	ProcessTCBDelayQ(q->tcp);
}

/* --- completions --------------------------------------------------------------------------- */

static bool complete_one(struct tcb *t)
{
	struct irp *irp = t->done.head;

	if (!irp)
		return false;
	t->done.head = irp->next;
	if (!irp->next)
		t->done.tail = NULL;
	ke_unlock_dpc(&t->lock);
	io_complete(irp, irp->status, irp->information);
	tcb_put(t);
	ke_lock_dpc(&t->lock);
	return true;
}

/* --- into a RECEIVE ------------------------------------------------------------------------ */

/* Bytes of the queue to r, from r->moved on; they stay in the queue. */
static u32 copy_out(struct tcb *t, struct tdi_request *r)
{
	struct ndis_buffer *from = t->rcv_q, *to = r->chain;
	size_t room = r->length - r->moved, at = r->moved;
	u32 done = 0, off = 0;

	for (; to && at >= to->length; to = to->next)
		at -= to->length;
	while (from && room) {
		u8 *out = r->chain ? (to ? to->data + at : NULL) :
				     (u8 *)r->data + at;
		u32 n = from->length - off;

		if (!out)
			break;
		if (n > room)
			n = (u32)room;
		if (to && n > to->length - at)
			n = (u32)(to->length - at);
		memcpy(out, from->data + off, n);
		done += n;
		at += n;
		off += n;
		room -= n;
		if (off == from->length) {
			from = from->next;
			off = 0;
		}
		if (to && at == to->length) {
			to = to->next;
			at = 0;
		}
	}
	return done;
}

static void consume(struct tcb *t, u32 n)
{
	struct ex *x = t->tcp->x;

	t->rcv_queued -= n;
	while (n && t->rcv_q) {
		struct ndis_buffer *b = t->rcv_q;

		if (n < b->length) {
			b->data += n;
			b->length -= n;
			return;
		}
		n -= b->length;
		t->rcv_q = b->next;
		if (!t->rcv_q)
			t->rcv_tail = NULL;
		ndis_buffer_free(x, b);
	}
}

static struct tdi_request *request_of(struct irp *irp)
{
	return io_here(irp)->buffer;
}

/* The first RECEIVE for urgent data, or for the rest. */
static struct irp *first_receive(struct tcb *t, bool expedited)
{
	struct irp *irp = t->receives.head;

	while (irp && !(request_of(irp)->flags & TDI_RECEIVE_EXPEDITED) ==
			      expedited)
		irp = irp->next;
	return irp;
}

static bool pop_receive(struct tcb *t, struct irp *irp)
{
	irp_unlink(&t->receives, irp);
	return io_take_cancel(irp);  /* false: its canceller completes it */
}

static bool fill_expedited(struct tcb *t)
{
	bool end = t->flags & F_FIN_RCVD && !(t->flags & F_OOB);
	struct irp *irp = first_receive(t, true);
	struct tdi_request *r;
	u8 *to;

	if (!irp || !(t->flags & F_OOB || end))
		return false;
	if (!pop_receive(t, irp))
		return true;
	r = request_of(irp);
	to = r->chain ? r->chain->data : r->data;
	if (end || !r->length || !to) {
		tcb_irp_done(t, irp, EX_SUCCESS, 0);
		return true;
	}
	*to = t->oob;
	r->moved = 1;
	if (!(r->flags & TDI_RECEIVE_PEEK))
		t->flags &= ~(u32)F_OOB;
	tcb_irp_done(t, irp, EX_SUCCESS, 1);
	return true;
}

/* true: a RECEIVE got something, or its end. */
static bool fill_one(struct tcb *t)
{
	struct irp *irp = first_receive(t, false);
	struct tdi_request *r = irp ? request_of(irp) : NULL;
	bool end = t->flags & F_FIN_RCVD, peek, stays;
	u32 n;

	if (!irp || (!t->rcv_queued && !end))
		return false;
	peek = r->flags & TDI_RECEIVE_PEEK;
	stays = r->flags & TDI_RECEIVE_ENTIRE_MESSAGE && !end &&
		t->rcv_queued < r->length - r->moved;
	if (stays && peek)
		return false;
	if (!stays) {
		/* It may have come while an indication was refused: that is
		 * over, too. */
		t->flags &= ~(u32)F_HELD;
		/* Before it has any bytes: cancelled, it would lose them. */
		if (!pop_receive(t, irp))
			return true;
	}
	n = copy_out(t, r);
	r->moved += n;
	if (!peek)
		consume(t, n);
	if (stays)
		return false;
	tcb_irp_done(t, irp, EX_SUCCESS, r->moved);
	return true;
}

/* --- indications ------------------------------------------------------------------------------ */

struct up {
	struct inet_connection *c;
	struct inet_address *a;
	void *fn, *context;
};

/* tcb_lock is let go; it is taken again by up_end(). false: nobody there. What is
 * counted before t->conn was taken away, whoever did that waits for. */
static bool up_begin(struct tcb *t, enum tdi_event e, struct up *u)
{
	u->c = t->conn;
	if (!u->c)
		return false;
	inet_connection_get(u->c);
	KE_ADD(&u->c->inside, 1);
	ke_unlock_dpc(&t->lock);
	u->fn = inet_handler(u->c, e, &u->context, &u->a);
	return true;
}

static void up_end(struct tcb *t, struct up *u)
{
	if (u->fn) {
		inet_address_leave(u->a);
		inet_address_put(u->a);
	}
	KE_ADD(&u->c->inside, -1u);
	inet_connection_put(u->c);
	ke_lock_dpc(&t->lock);
}

static void enter_receive(struct tcb *t, struct irp *irp)
{
	struct tdi_request *r = tdi_enter(irp);

	enum ex_status why = t->flags & F_DEAD && t->error ?
				     (enum ex_status)t->error : EX_CANCELLED;

	r->moved = 0;
	if (why != EX_CANCELLED || !tcb_irp(t, &t->receives, irp, true)) {
		tcb_get(t);
		tcb_irp_done(t, irp, why, 0);
	}
}

/* What the client left is first again; of a dead connection nothing is. */
static void put_back(struct tcb *t, struct ndis_buffer *b, u32 taken)
{
	bool dropped = t->flags & F_DEAD && t->error;

	b->data += taken;
	b->length -= taken;
	if (!dropped)
		t->rcv_queued -= taken;
	if (dropped || !b->length) {
		ndis_buffer_free(t->tcp->x, b);
		return;
	}
	b->next = t->rcv_q;
	t->rcv_q = b;
	if (!t->rcv_tail) {
		t->rcv_tail = b;
		t->rcv_room = 0;     /* others may have a look at it still */
	}
}

/* The first buffer, off the queue while the client looks at it. */
static bool indicate(struct tcb *t)
{
	struct ndis_buffer *b = t->rcv_q;
	u32 taken = 0, available = t->rcv_queued, n = b->length;
	enum ex_status st = EX_DATA_NOT_ACCEPTED;
	struct irp *irp = NULL;
	struct up u;

	t->rcv_q = b->next;
	if (!t->rcv_q)
		t->rcv_tail = NULL;
	b->next = NULL;
	if (!up_begin(t, TDI_EVENT_RECEIVE, &u)) {
		put_back(t, b, 0);
		return false;
	}
	if (u.fn) {
		st = ((tdi_receive_fn *)u.fn)(u.context, KE_GET(&u.c->context),
					      TDI_RECEIVE_NORMAL, n, available,
					      &taken, b->data, b, &irp);
		tdi_check_indication("tcp", n, available, taken);
	}
	up_end(t, &u);
	if (st == EX_DATA_NOT_ACCEPTED || taken > n)
		taken = st == EX_DATA_NOT_ACCEPTED ? 0 : n;
	if (taken < n && st != EX_MORE_PROCESSING_REQUIRED)
		t->flags |= F_HELD;
	put_back(t, b, taken);
	if (st == EX_MORE_PROCESSING_REQUIRED && irp)
		enter_receive(t, irp);
	return true;
}

/* The urgent byte, and how many normal ones are before it in the queue; one that
 * stays in the stream is only told of. */
static bool indicate_urgent(struct tcb *t)
{
	enum ex_status st = EX_DATA_NOT_ACCEPTED;
	u32 taken = 0, n = t->flags & F_MARK ? 0 : 1;
	u32 behind = t->rcv_nxt - !!(t->flags & F_FIN_RCVD) - t->rcv_up + 1 - n;
	u32 ahead = t->rcv_queued > behind ? t->rcv_queued - behind : 0;
	struct irp *irp = NULL;
	u8 byte = t->oob;
	struct up u;

	t->flags = (t->flags & ~F_MARK) | (n ? F_OOB_TOLD : 0);
	if (!up_begin(t, TDI_EVENT_RECEIVE_EXPEDITED, &u))
		return false;
	if (u.fn) {
		st = ((tdi_receive_fn *)u.fn)(u.context, KE_GET(&u.c->context),
					      TDI_RECEIVE_EXPEDITED, n,
					      n + ahead, &taken, &byte, NULL,
					      &irp);
		tdi_check_indication("tcp", n, n + ahead, taken);
	}
	up_end(t, &u);
	if (st != EX_DATA_NOT_ACCEPTED && taken)
		t->flags &= ~(u32)F_OOB;
	if (st == EX_MORE_PROCESSING_REQUIRED && irp)
		enter_receive(t, irp);
	return true;
}

static bool tell_end(struct tcb *t, u32 flags, enum ex_status why)
{
	struct up u;

	if (!up_begin(t, TDI_EVENT_DISCONNECT, &u))
		return false;
	if (u.fn)
		((tdi_disconnect_fn *)u.fn)(u.context, KE_GET(&u.c->context), flags,
					    why);
	up_end(t, &u);
	return true;
}

static bool tell_room(struct tcb *t)
{
	size_t room = t->snd_buf - (t->snd_end - t->snd_una);
	struct up u;

	t->flags &= ~(u32)F_FULL;
	if (!up_begin(t, TDI_EVENT_SEND_POSSIBLE, &u))
		return false;
	if (u.fn)
		((tdi_send_possible_fn *)u.fn)(u.context, KE_GET(&u.c->context), room);
	up_end(t, &u);
	return true;
}

static bool deliver_one(struct tcb *t)
{
	if (complete_one(t) || fill_expedited(t) || fill_one(t))
		return true;
	if (!t->conn)                /* nobody's any more, or not yet */
		return false;
	if (((t->flags & (F_OOB | F_OOB_TOLD)) == F_OOB || t->flags & F_MARK) &&
	    indicate_urgent(t))
		return true;
	if (t->rcv_q && !(t->flags & F_HELD) && indicate(t))
		return true;
	if ((t->flags & (F_FIN_RCVD | F_TOLD_FIN | F_TOLD_ABORT)) ==
	    F_FIN_RCVD && !t->rcv_queued) {
		t->flags |= F_TOLD_FIN;
		return tell_end(t, TDI_DISCONNECT_RELEASE, EX_SUCCESS);
	}
	if ((t->flags & (F_DEAD | F_TOLD_ABORT)) == F_DEAD && t->error) {
		t->flags |= F_TOLD_ABORT;
		return tell_end(t, TDI_DISCONNECT_ABORT,
				(enum ex_status)t->error);
	}
	if (t->flags & F_FULL && !(t->flags & F_DEAD) &&
	    t->snd_end - t->snd_una <= t->snd_buf / 2)
		return tell_room(t);
	return false;
}

/* The window that was full has room again: worth an ACK of its own. */
static void window_grew(struct tcb *t)
{
	u32 wnd, was;

	if (t->state < TCP_ESTABLISHED || t->flags & F_FIN_RCVD)
		return;
	was = seq_lt(t->rcv_nxt, t->rcv_adv) ? t->rcv_adv - t->rcv_nxt : 0;
	wnd = tcp_window(t);
	if (wnd >= was + min_u32(2 * t->mss, t->rcv_buf / 2) &&
	    was <= t->rcv_buf / 2)
		t->need |= NEED_ACK;
}

/* Locked; not while it calls. */
static void deliver(struct tcb *t)
{
	if (t->flags & F_DELIVERING) {
		t->flags |= F_DELIVER_AGAIN;
		return;
	}
	t->flags |= F_DELIVERING;
	do {
		t->flags &= ~(u32)F_DELIVER_AGAIN;
		while (deliver_one(t))
			;
	} while (t->flags & F_DELIVER_AGAIN);
	t->flags &= ~(u32)F_DELIVERING;
	window_grew(t);
}

/* What comes up behind the look at `need` and at F_DEAD puts t into a queue anew,
 * since F_QUEUED is off: of this CPU or of another one. */
void tcp_settle(struct tcb *t)
{
	bool output, dead;

	ke_lock_dpc(&t->lock);
	t->flags &= ~(u32)F_QUEUED;
	if (t->need & NEED_RCV_CMPLT) {
		t->need &= (u8)~NEED_RCV_CMPLT;
		deliver(t);
	}
	output = t->need & (NEED_OUTPUT | NEED_ACK);
	dead = t->flags & F_DEAD;
	ke_unlock_dpc(&t->lock);
	if (output)
		tcp_output(t);
	if (dead)
		tcb_unlink(t);
}
