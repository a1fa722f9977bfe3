// SPDX-License-Identifier: Apache-2.0
/* What clients ask of a connection.  At DISPATCH; nothing is locked.  A status
 * that is not PENDING is the caller's to complete the IRP with. */
#include "tcp.h"

#define CHUNK 65536u                 /* of data that is copied */
#define CHUNK_MIN 2048u
#define QUEUE_MAX (1u << 30)         /* sequence numbers are 32 bits */
#define PARTIAL_NS (200 * MS)        /* until what was left open goes anyway */
#define ORPHAN_NS (120 * SECOND)

static bool is_dead(struct tcb *t)
{
	bool dead;

	ke_lock_dpc(&t->lock);
	dead = t->flags & F_DEAD;
	ke_unlock_dpc(&t->lock);
	return dead;
}

/* The TCB of c, referenced; NULL: none. */
static struct tcb *tcb_of(struct inet_connection *c)
{
	struct tcb *t;

	ke_lock_dpc(&c->lock);
	t = c->tcb;
	if (t)
		tcb_get(t);
	ke_unlock_dpc(&c->lock);
	return t;
}

static enum ex_status why_dead(const struct tcb *t)
{
	return t->error ? (enum ex_status)t->error :
			  EX_CONNECTION_DISCONNECTED;
}

/* --- connect ----------------------------------------------------------------------------- */

static struct tcb *tcb_for(struct inet_connection *c,
			   const struct inet_address *a,
			   const struct tcp_wishes *w,
			   const struct tdi_address *to, enum ex_status *st)
{
	struct inet *s = c->s;
	u32 rcv_buf = KE_GET(&a->rcv_buf);
	struct inet_ip src = a->ip, dst = { 0 };
	struct inet_path path = { 0 };
	struct tcb *t;

	memcpy(&dst, to->ip, s->family->address_len);
	*st = EX_INVALID_ADDRESS_COMPONENT;
	if (!to->port || !s->family->is_unicast(s, &dst))
		return NULL;
	*st = EX_NETWORK_UNREACHABLE;
	if (!s->family->route(s, &dst, &src, &path))
		return NULL;
	*st = EX_INSUFFICIENT_RESOURCES;
	t = tcb_new(s->tcp, &src, a->port, &dst, to->port);
	if (!t)
		return NULL;
	tcb_wish(t, w);
	if (!w->rcv_buf && rcv_buf)
		t->rcv_buf = rcv_buf;
	t->rcv_wscale = tcp_wscale_for(s->tcp, t->rcv_buf);
	if (tcp_own_mss(t))
		return t;
	tcb_put(t);
	return NULL;
}

/* What was c's before is nobody's. */
static void let_go(struct tcb *old)
{
	struct inet_connection *was;

	ke_lock_dpc(&old->lock);
	was = old->conn;
	old->conn = NULL;
	ke_unlock_dpc(&old->lock);
	if (was)
		inet_connection_put(was);
	tcb_put(old);
}

enum ex_status tcp_join(struct inet_connection *c, struct tcb *t,
			struct irp *irp, tcp_begin_fn *begin)
{
	enum ex_status st = EX_INVALID_CONNECTION;
	struct tcb *old;

	ke_lock_dpc(&c->lock);
	old = c->tcb;
	if (c->closing || !c->address || c->listen || (old && !is_dead(old))) {
		ke_unlock_dpc(&c->lock);
		return st;
	}
	c->tcb = t;
	tcb_get(t);
	ke_lock_dpc(&t->lock);
	t->conn = c;
	inet_connection_get(c);
	st = begin(t, irp);
	ke_unlock_dpc(&t->lock);
	ke_unlock_dpc(&c->lock);
	if (old)
		let_go(old);
	return st;
}

static void begin(struct tcb *t, const struct tdi_request *r)
{
	t->snd_una = t->snd_nxt = t->iss;
	t->snd_q_seq = t->snd_end = t->cur_seq = t->iss + 1;
	if (r->timeout_ns)
		t->due_wait = ex_now(t->tcp->x) + r->timeout_ns;
	tcp_set_state(t, TCP_SYN_SENT);
}

/* In the table, where others find it, t may have ended before it began. Locked. */
static enum ex_status wait_for(struct tcb *t, struct irp *irp)
{
	if (t->flags & F_DEAD)
		return why_dead(t);
	/* give_way() may have moved it */
	t->snd_una = t->snd_nxt = t->iss;
	t->snd_q_seq = t->snd_end = t->cur_seq = t->iss + 1;
	if (!tcb_irp(t, NULL, irp, true)) {
		tcp_fail(t, EX_CANCELLED);
		return EX_CANCELLED;
	}
	t->connect = irp;
	return EX_PENDING;
}

static struct inet_address *address_of(struct inet_connection *c,
				       struct tcp_wishes *w)
{
	struct inet_address *a;

	ke_lock_dpc(&c->lock);
	a = c->address;
	if (a)
		inet_address_get(a);
	*w = c->wish;
	ke_unlock_dpc(&c->lock);
	return a;
}

enum ex_status TCPConnect(struct inet_connection *c, struct irp *irp,
			  struct tdi_request *r)
{
	struct tcp_wishes w;
	struct inet_address *a = address_of(c, &w);
	enum ex_status st = EX_INVALID_PARAMETER;
	struct tcb *t;

	if (!a)
		return EX_INVALID_CONNECTION;
	t = tcb_for(c, a, &w, &r->remote, &st);
	inet_address_put(a);
	if (!t)
		return st;
	begin(t, r);
	if (!tcb_insert(t)) {
		tcb_put(t);
		return EX_ADDRESS_ALREADY_EXISTS;
	}
	st = tcp_join(c, t, irp, wait_for);
	if (st == EX_INVALID_CONNECTION) {
		ke_lock_dpc(&t->lock);
		tcp_fail(t, EX_SUCCESS);
		ke_unlock_dpc(&t->lock);
	}
	tcp_output(t);
	ProcessTCBDelayQ(t->tcp);
	tcb_put(t);
	return st;
}

/* --- listen ------------------------------------------------------------------------------- */

static void listen_cancelled(struct io_device *d, struct irp *irp)
{
	struct inet_connection *c = io_here(irp)->file->context;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	(void)d;
	ke_lock_dpc(&c->lock);
	if (c->listen == irp) {
		c->listen = NULL;
		if (c->address)
			KE_ADD(&c->address->listens, -1u);
	}
	ke_unlock_dpc(&c->lock);
	io_complete(irp, EX_CANCELLED, 0);
	ke_lower(before);
}

enum ex_status TCPListen(struct inet_connection *c, struct irp *irp)
{
	enum ex_status st = EX_PENDING;

	ke_lock_dpc(&c->lock);
	if (!c->address || c->listen || c->closing ||
	    (c->tcb && !is_dead(c->tcb))) {
		st = EX_INVALID_CONNECTION;
	} else if (!io_set_cancel(irp, listen_cancelled)) {
		st = EX_CANCELLED;
	} else {
		io_pending(irp);
		c->listen = irp;
		KE_ADD(&c->address->listens, 1);
	}
	ke_unlock_dpc(&c->lock);
	return st;
}

/* --- send ---------------------------------------------------------------------------------- */

struct run {
	struct ndis_buffer *head, **tail, *last;
	u32 room;
};

static void run_add(struct run *q, struct ndis_buffer *b)
{
	*q->tail = b;
	q->tail = &b->next;
	q->last = b;
}

static bool copy_flat(struct ex *x, struct run *q, const u8 *p, size_t n)
{
	while (n) {
		u32 part = n > CHUNK ? CHUNK : (u32)n;
		u32 room = max_u32(part, CHUNK_MIN);
		struct ndis_buffer *b = ndis_buffer_new(x, 0, room);

		if (!b)
			return false;
		memcpy(b->data, p, part);
		b->length = part;
		q->room = room - part;
		run_add(q, b);
		p += part;
		n -= part;
	}
	return true;
}

static bool lend_flat(struct ex *x, struct run *q, u8 *p, size_t n)
{
	struct ndis_buffer *b = ndis_buffer_lend(x, p, (u32)n);

	if (b)
		run_add(q, b);
	return b;
}

static bool from_chain(struct ex *x, struct run *q, struct ndis_buffer *b,
		       size_t n)
{
	for (; b && n; b = b->next) {
		u32 part = b->length < n ? b->length : (u32)n;

		if (!part)
			continue;
		if (b->block) {
			struct ndis_buffer *c = ndis_buffer_clone(x, b, 0,
								  part);

			if (!c)
				return false;
			run_add(q, c);
			q->room = 0;
		} else if (!copy_flat(x, q, b->data, part)) {
			return false;
		}
		n -= part;
	}
	return !n;
}

static bool gather(struct ex *x, struct run *q, struct tdi_request *r)
{
	q->head = q->last = NULL;
	q->tail = &q->head;
	q->room = 0;
	if (r->chain)
		return from_chain(x, q, r->chain, r->length);
	if (r->flags & TDI_SEND_NO_COPY)
		return lend_flat(x, q, r->data, r->length);
	return copy_flat(x, q, r->data, r->length);
}

static void append(struct tcb *t, struct run *q, u32 n)
{
	if (q->head) {
		if (t->snd_tail)
			t->snd_tail->next = q->head;
		else
			t->snd_q = q->head;
		t->snd_tail = q->last;
		t->tail_room = (u16)q->room;
	}
	t->snd_end += n;
}

/* Small sends share a buffer. */
static bool fits_tail(struct tcb *t, const struct tdi_request *r)
{
	struct ndis_buffer *b = t->snd_tail;

	if (r->chain || r->flags & TDI_SEND_NO_COPY || !b ||
	    r->length > t->tail_room)
		return false;
	memcpy(b->data + b->length, r->data, r->length);
	b->length += (u32)r->length;
	t->tail_room = (u16)(t->tail_room - r->length);
	t->snd_end += (u32)r->length;
	return true;
}

static enum ex_status may_queue(const struct tcb *t,
				const struct tdi_request *r)
{
	if (t->flags & F_DEAD)
		return why_dead(t);
	if (t->flags & F_FIN_QUEUED)
		return EX_LOCAL_DISCONNECT;
	if (t->state != TCP_ESTABLISHED && t->state != TCP_CLOSE_WAIT)
		return EX_INVALID_CONNECTION;
	if (r->length > QUEUE_MAX ||
	    t->snd_end - t->snd_una + r->length > QUEUE_MAX)
		return EX_INSUFFICIENT_RESOURCES;
	return EX_SUCCESS;
}

static enum ex_status queue(struct tcb *t, struct irp *irp,
			    struct tdi_request *r)
{
	struct run q;
	enum ex_status st = may_queue(t, r);

	if (st != EX_SUCCESS || !r->length)
		return st;
	if (!fits_tail(t, r)) {
		if (!gather(t->tcp->x, &q, r)) {
			tcp_chain_free(t->tcp->x, q.head);
			return EX_INSUFFICIENT_RESOURCES;
		}
		append(t, &q, (u32)r->length);
	}
	if (r->flags & TDI_SEND_EXPEDITED) {
		t->snd_up = t->snd_end;
		t->flags |= F_SND_URG;
	}
	irp->driver[0] = (void *)(uintptr_t)t->snd_end;
	tcb_irp(t, &t->sends, irp, false);
	if (t->snd_end - t->snd_una > t->snd_buf)
		t->flags |= F_FULL;
	return EX_PENDING;
}

enum ex_status TCPSend(struct inet_connection *c, struct irp *irp,
		       struct tdi_request *r)
{
	struct tcb *t = tcb_of(c);
	enum ex_status st;
	bool hold;

	if (!t)
		return EX_INVALID_CONNECTION;
	ke_lock_dpc(&t->lock);
	st = queue(t, irp, r);
	hold = st == EX_PENDING && r->flags & TDI_SEND_PARTIAL &&
	       t->snd_end - t->snd_nxt < t->mss;
	if (hold && !t->due_rtx) {
		t->due_rtx = ex_now(t->tcp->x) + PARTIAL_NS;
		tcp_arm(t);
	}
	ke_unlock_dpc(&t->lock);
	if (st == EX_PENDING && !hold)
		tcp_output(t);
	ProcessTCBDelayQ(t->tcp);
	tcb_put(t);
	return st;
}

/* --- receive --------------------------------------------------------------------------------- */

enum ex_status TCPReceive(struct inet_connection *c, struct irp *irp,
			  struct tdi_request *r)
{
	struct tcb *t = tcb_of(c);
	enum ex_status st = EX_PENDING;

	if (!t)
		return EX_INVALID_CONNECTION;
	r->moved = 0;
	ke_lock_dpc(&t->lock);
	if (t->flags & F_DEAD && !t->rcv_queued && !(t->flags & F_FIN_RCVD))
		st = why_dead(t);
	else if (t->flags & F_DEAD && t->error)
		st = why_dead(t);
	else if (t->state == TCP_SYN_SENT)
		st = EX_INVALID_CONNECTION;
	else if (!tcb_irp(t, &t->receives, irp, true))
		st = EX_CANCELLED;
	if (st == EX_PENDING) {
		t->flags &= ~(u32)F_HELD;
		tcp_need(t, NEED_RCV_CMPLT);
	}
	ke_unlock_dpc(&t->lock);
	ProcessTCBDelayQ(t->tcp);
	tcb_put(t);
	return st;
}

/* --- the end --------------------------------------------------------------------------------- */

/* RFC 9293 3.10.5 */
void tcp_abort(struct tcb *t, enum ex_status why, bool told)
{
	struct tcp_out o;
	bool send;

	ke_lock_dpc(&t->lock);
	send = !(t->flags & F_DEAD) && t->state >= TCP_SYN_RCVD &&
	       t->state != TCP_TIME_WAIT;
	tcp_reset_of(t, &o);
	if (told)
		t->flags |= F_TOLD_ABORT;
	tcp_fail(t, why);
	ke_unlock_dpc(&t->lock);
	if (send)
		tcp_send_segment(t->tcp, &o);
	tcb_unlink(t);
}

static enum ex_status release(struct tcb *t, struct irp *irp,
			      const struct tdi_request *r)
{
	if (t->flags & F_DEAD)
		return t->error ? (enum ex_status)t->error : EX_SUCCESS;
	if (t->state < TCP_SYN_RCVD)
		return EX_INVALID_CONNECTION;
	if (t->flags & F_FIN_QUEUED)
		return EX_SUCCESS;
	t->flags |= F_FIN_QUEUED;
	if (r->timeout_ns)
		t->due_wait = ex_now(t->tcp->x) + r->timeout_ns;
	tcb_irp(t, NULL, irp, false);
	t->disconnect = irp;
	return EX_PENDING;
}

enum ex_status TCPDisconnect(struct inet_connection *c, struct irp *irp,
			     struct tdi_request *r)
{
	struct tcb *t = tcb_of(c);
	enum ex_status st = EX_SUCCESS;

	if (!t)
		return EX_INVALID_CONNECTION;
	if (r->flags & TDI_DISCONNECT_ABORT) {
		tcp_abort(t, EX_CONNECTION_ABORTED, true);
	} else {
		ke_lock_dpc(&t->lock);
		st = release(t, irp, r);
		ke_unlock_dpc(&t->lock);
		if (st == EX_PENDING)
			tcp_output(t);
	}
	ProcessTCBDelayQ(t->tcp);
	tcb_put(t);
	return st;
}

static bool has_lent(const struct tcb *t)
{
	for (const struct ndis_buffer *b = t->snd_q; b; b = b->next)
		if (!b->block)
			return true;
	return false;
}

/* A closed one goes on alone to its end; any other is aborted (RFC 2525 2.17:
 * also when bytes are lost). Locked; true: goes on. */
static bool orphan(struct tcb *t)
{
	if (t->flags & F_DEAD)
		return true;
	if (!(t->flags & F_FIN_QUEUED) || t->rcv_queued || has_lent(t))
		return false;
	tcb_irps_end(t, &t->sends, EX_SUCCESS);
	tcb_irps_end(t, &t->receives, EX_CANCELLED);
	tcb_irp_end(t, &t->disconnect, EX_SUCCESS);
	if (t->state != TCP_TIME_WAIT)
		t->due_wait = ex_now(t->tcp->x) +
			      (t->state == TCP_FIN_WAIT_2 ? 60 * SECOND :
							    ORPHAN_NS);
	tcp_arm(t);
	return true;
}

static struct irp *take_listen(struct inet_connection *c)
{
	struct irp *irp = c->listen;

	if (!irp || !io_take_cancel(irp))
		return NULL;
	c->listen = NULL;
	if (c->address)
		KE_ADD(&c->address->listens, -1u);
	return irp;
}

void TCPDetach(struct inet_connection *c, bool abort)
{
	struct inet_connection *was = NULL;
	struct irp *listen;
	struct tcb *t;
	bool goes_on = true;

	ke_lock_dpc(&c->lock);
	listen = take_listen(c);
	t = c->tcb;
	c->tcb = NULL;
	ke_unlock_dpc(&c->lock);
	if (listen)
		io_complete(listen, EX_CANCELLED, 0);
	if (!t)
		return;
	ke_lock_dpc(&t->lock);
	was = t->conn;
	t->conn = NULL;
	goes_on = !abort && orphan(t);
	ke_unlock_dpc(&t->lock);
	if (!goes_on)
		tcp_abort(t, EX_CONNECTION_ABORTED, true);
	ProcessTCBDelayQ(t->tcp);
	if (was)
		inet_connection_put(was);
	tcb_put(t);
}
