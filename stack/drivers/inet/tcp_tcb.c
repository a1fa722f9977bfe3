// SPDX-License-Identifier: Apache-2.0
/* Connections as the protocol has them: the table, states, their end. */
#include "keyed.h"
#include "tcp.h"

#define RECYCLED 64u                 /* TIME-WAITs that go at once */

/* --- references --------------------------------------------------------------------- */

void tcb_get(struct tcb *t)
{
	KE_ADD(&t->refs, 1);
}

void tcb_put(struct tcb *t)
{
	struct tcp *tcp = t->tcp;

	if (KE_ADD(&t->refs, -1u))
		return;
	tcp_chain_free(tcp->x, t->snd_q);
	tcp_chain_free(tcp->x, t->rcv_q);
	tcp_reasm_free(t);
	tcp_board_free(t);
	ke_lock_fini(&t->lock);
	ex_free_pool(tcp->x, t, TAG_TCB);
	KE_ADD(&tcp->live, -1u);     /* tcp_free() waits for the last one */
}

/* --- hashing ------------------------------------------------------------------------ */

u32 tcp_hash(struct tcp *tcp, const struct inet_ip *local, u16 lport,
	     const struct inet_ip *remote, u16 rport)
{
	return (u32)keyed(tcp->secret, KEYED_TABLE, local, lport, remote,
			  rport, 0);
}

/* RFC 6528: a clock of 4 us and a keyed hash; before, steps of 1 to 2^15 with
 * each connection. */
u32 tcp_iss(struct tcp *tcp, const struct inet_ip *local, u16 lport,
	    const struct inet_ip *remote, u16 rport)
{
	u32 clock = (u32)(ex_now(tcp->x) / 4000), step;

	if (tcp->s->as->isn == ISN_RFC6528)
		return clock + (u32)keyed(tcp->secret, KEYED_ISN, local, lport,
					  remote, rport, 0);
	step = 1 + ((u32)ex_random(tcp->x) & 0x7fff);
	return clock + KE_ADD(&tcp->isn_steps, step);
}

/* RFC 7323 5.4. Not of the ports: a new connection of the same two hosts must
 * not seem to be older than the one before (RFC 6191 2). */
u32 tcp_ts_offset(struct tcp *tcp, const struct inet_ip *local,
		  const struct inet_ip *remote)
{
	if (!tcp->s->as->ts_offset)
		return 0;
	return (u32)keyed(tcp->secret, KEYED_TIME, local, 0, remote, 0, 0);
}

/* --- the table ---------------------------------------------------------------------- */

static bool same(const struct tcb *t, const struct inet_ip *local, u16 lport,
		 const struct inet_ip *remote, u16 rport)
{
	return t->lport == lport && t->rport == rport &&
	       !memcmp(&t->remote, remote, sizeof(*remote)) &&
	       !memcmp(&t->local, local, sizeof(*local));
}

static struct tcb **place_of(struct tcb *t)
{
	struct tcb **at = &t->tcp->table[t->hash & (t->tcp->buckets - 1)];

	while (*at && *at != t)
		at = &(*at)->hash_next;
	return at;
}

static bool unlink_locked(struct tcb *t)
{
	struct tcb **at = place_of(t);

	if (!*at)
		return false;
	*at = t->hash_next;
	t->hash_next = NULL;
	KE_SET(&t->tcp->count, t->tcp->count - 1);
	if (t->tcp->recent == t)
		t->tcp->recent = NULL;
	return true;
}

void tcb_unlink(struct tcb *t)
{
	bool was;

	ke_lock_dpc(&t->tcp->table_lock);
	was = unlink_locked(t);
	ke_unlock_dpc(&t->tcp->table_lock);
	if (was)
		tcb_put(t);
}

/* Segments come in runs: the last one found is looked at before its chain. */
struct tcb *FindTCB(struct tcp *tcp, const struct inet_ip *local, u16 lport,
		    const struct inet_ip *remote, u16 rport)
{
	struct tcb *t;
	u32 hash;

	ke_lock_dpc(&tcp->table_lock);
	t = tcp->recent;
	if (!t || !same(t, local, lport, remote, rport)) {
		hash = tcp_hash(tcp, local, lport, remote, rport);
		t = tcp->table[hash & (tcp->buckets - 1)];
		while (t && !same(t, local, lport, remote, rport))
			t = t->hash_next;
	}
	if (t) {
		tcp->recent = t;
		tcb_get(t);
	}
	ke_unlock_dpc(&tcp->table_lock);
	return t;
}

/* Twice as many buckets; without memory the chains are longer. */
static void grow(struct tcp *tcp)
{
	u32 n = tcp->buckets * 2;
	struct tcb **to = ex_alloc_zero(tcp->x, EX_NONPAGED, n * sizeof(*to),
					TAG_TCP);

	if (!to)
		return;
	for (u32 i = 0; i < tcp->buckets; i++) {
		struct tcb *next;

		for (struct tcb *t = tcp->table[i]; t; t = next) {
			next = t->hash_next;
			t->hash_next = to[t->hash & (n - 1)];
			to[t->hash & (n - 1)] = t;
		}
	}
	ex_free_pool(tcp->x, tcp->table, TAG_TCP);
	tcp->table = to;
	tcp->buckets = n;
}

/* An older TCB of the same addresses: true if it is as good as gone. */
static bool give_way(struct tcb *old, struct tcb *t)
{
	bool gone;

	ke_lock_dpc(&old->lock);
	gone = old->flags & F_DEAD || old->state == TCP_TIME_WAIT;
	if (gone && old->state == TCP_TIME_WAIT) {
		/* RFC 9293 3.4.3, RFC 6191: above what was in use */
		if (seq_le(t->iss, old->snd_nxt))
			t->iss = old->snd_nxt + 65536;
		tcp_fail(old, EX_SUCCESS);
	}
	ke_unlock_dpc(&old->lock);
	return gone;
}

bool tcb_insert(struct tcb *t)
{
	struct tcp *tcp = t->tcp;
	struct tcb *old;
	bool ok = true;

	ke_lock_dpc(&tcp->table_lock);
	if (tcp->count >= tcp->buckets && tcp->buckets < 1u << 20)
		grow(tcp);
	old = tcp->table[t->hash & (tcp->buckets - 1)];
	while (old && !same(old, &t->local, t->lport, &t->remote, t->rport))
		old = old->hash_next;
	if (old) {
		ok = give_way(old, t);
		if (!ok || !unlink_locked(old))
			old = NULL;
	}
	if (ok) {
		t->hash_next = tcp->table[t->hash & (tcp->buckets - 1)];
		tcp->table[t->hash & (tcp->buckets - 1)] = t;
		KE_SET(&tcp->count, tcp->count + 1);
		tcb_get(t);
	}
	ke_unlock_dpc(&tcp->table_lock);
	if (old)
		tcb_put(old);
	return ok;
}

/* --- making one ----------------------------------------------------------------------- */

/* The oldest TIME-WAIT makes room: RFC 9293 3.4.2 would have it stay. */
static bool recycle(struct tcp *tcp)
{
	struct tcb *t;

	ke_lock_dpc(&tcp->tw_lock);
	t = tcp->tw_head;
	if (t)
		tcb_get(t);
	ke_unlock_dpc(&tcp->tw_lock);
	if (!t)
		return false;
	ke_lock_dpc(&t->lock);
	tcp_fail(t, EX_SUCCESS);
	ke_unlock_dpc(&t->lock);
	tcb_unlink(t);
	tcb_put(t);
	return true;
}

/* What only waits makes room before there is none, for segments need some, too:
 * a server that closes first has as many as others like. */
static void make_room(struct tcp *tcp)
{
	struct ex_pool_state p;

	ex_pool_state(tcp->x, EX_NONPAGED, &p);
	if (p.bytes < p.limit / 8 * 7)
		return;
	for (u32 i = 0; i < RECYCLED && recycle(tcp); i++)
		;
}

struct tcb *tcb_new(struct tcp *tcp, const struct inet_ip *local, u16 lport,
		    const struct inet_ip *remote, u16 rport)
{
	const struct inet *s = tcp->s;
	struct tcb *t;

	if (KE_GET(&tcp->stopping) ||
	    (KE_GET(&tcp->count) >= s->ctl.max_tcbs && !recycle(tcp)))
		return NULL;
	make_room(tcp);
	t = ex_alloc_zero(tcp->x, EX_NONPAGED, sizeof(*t), TAG_TCB);
	if (!t)
		return NULL;
	KE_ADD(&tcp->live, 1);
	t->refs = 1;
	t->tcp = tcp;
	ke_lock_init(&t->lock, "tcb_lock");
	ke_timer_init(&t->timer, "tcb");
	ke_dpc_init(&t->dpc, TCBTimeout, t);
	t->local = *local;
	t->remote = *remote;
	t->lport = lport;
	t->rport = rport;
	t->hash = tcp_hash(tcp, local, lport, remote, rport);
	t->iss = tcp_iss(tcp, local, lport, remote, rport);
	t->ts_offset = tcp_ts_offset(tcp, local, remote);
	t->rcv_buf = s->ctl.rcv_buf;
	t->snd_buf = s->ctl.snd_buf;
	t->rto = s->as->initial_rto_ms * 1000;
	t->mss = s->family->default_mss;
	t->heard = ex_now(tcp->x);
	return t;
}

void tcb_wish(struct tcb *t, const struct tcp_wishes *w)
{
	t->flags |= w->flags;
	if (w->rcv_buf)
		t->rcv_buf = w->rcv_buf;
	if (w->snd_buf)
		t->snd_buf = w->snd_buf;
	t->user_timeout_ms = w->user_timeout_ms;
	t->user_mss = w->mss;
	t->keep_idle_s = w->keep_idle_s;
	t->keep_interval_s = w->keep_interval_s;
	t->keep_count = w->keep_count;
	t->ttl = w->ttl;
	t->tos = w->tos;
}

/* --- IRPs ------------------------------------------------------------------------------ */

static void irp_push(struct irp_list *l, struct irp *irp)
{
	irp->next = NULL;
	if (l->tail)
		l->tail->next = irp;
	else
		l->head = irp;
	l->tail = irp;
}

bool irp_unlink(struct irp_list *l, struct irp *irp)
{
	struct irp *last = NULL;

	for (struct irp *i = l->head; i; last = i, i = i->next) {
		if (i != irp)
			continue;
		if (last)
			last->next = i->next;
		else
			l->head = i->next;
		if (l->tail == i)
			l->tail = last;
		return true;
	}
	return false;
}

static void cancelled(struct io_device *d, struct irp *irp)
{
	struct tcb *t = irp->driver[1];
	enum ke_irql before = ke_raise(KE_DISPATCH);

	(void)d;
	ke_lock_dpc(&t->lock);
	if (!irp_unlink(&t->receives, irp) && t->connect == irp) {
		t->connect = NULL;
		t->flags |= F_TOLD_ABORT;
		tcp_fail(t, EX_CANCELLED);
	}
	ke_unlock_dpc(&t->lock);
	io_complete(irp, EX_CANCELLED, 0);
	ProcessTCBDelayQ(t->tcp);
	tcb_put(t);
	ke_lower(before);
}

bool tcb_irp(struct tcb *t, struct irp_list *l, struct irp *irp, bool cancel)
{
	irp->driver[1] = t;
	irp->driver[2] = cancel ? t : NULL;
	io_pending(irp);
	tcb_get(t);
	if (cancel && !io_set_cancel(irp, cancelled)) {
		tcb_put(t);
		return false;
	}
	if (l)
		irp_push(l, irp);
	return true;
}

void tcb_irp_done(struct tcb *t, struct irp *irp, enum ex_status st, size_t n)
{
	irp->status = st;
	irp->information = n;
	irp_push(&t->done, irp);
	tcp_need(t, NEED_RCV_CMPLT);
}

void tcb_irp_end(struct tcb *t, struct irp **at, enum ex_status st)
{
	struct irp *irp = *at;

	*at = NULL;
	if (irp && (!irp->driver[2] || io_take_cancel(irp)))
		tcb_irp_done(t, irp, st, 0);
}

/* All of a list; one that is being cancelled is its canceller's. */
void tcb_irps_end(struct tcb *t, struct irp_list *l, enum ex_status why)
{
	struct irp *irp, *next;

	for (irp = l->head; irp; irp = next) {
		next = irp->next;
		if (!irp->driver[2] || io_take_cancel(irp))
			tcb_irp_done(t, irp, why, 0);
	}
	l->head = l->tail = NULL;
}

/* --- states -------------------------------------------------------------------------------- */

void tcp_set_state(struct tcb *t, enum tcp_state to)
{
	struct inet *s = t->tcp->s;

	TRACE(tcp_state, t, t->state, to, 0);
	/* RFC 4022: tcpActiveOpens, tcpAttemptFails, tcpEstabResets */
	if (to == TCP_SYN_SENT)
		inet_count(s, active_opens);
	else if (to == TCP_CLOSED && t->state == TCP_SYN_SENT)
		inet_count(s, attempt_fails);
	else if (to == TCP_CLOSED && (t->state == TCP_ESTABLISHED ||
				      t->state == TCP_CLOSE_WAIT))
		inet_count(s, estab_resets);
	t->state = (u8)to;
}

static void tw_unlink(struct tcb *t)
{
	struct tcp *tcp = t->tcp;

	ke_lock_dpc(&tcp->tw_lock);
	*(t->tw_prev ? &t->tw_prev->tw_next : &tcp->tw_head) = t->tw_next;
	*(t->tw_next ? &t->tw_next->tw_prev : &tcp->tw_tail) = t->tw_prev;
	t->tw_prev = t->tw_next = NULL;
	tcp->tw_count--;
	ke_unlock_dpc(&tcp->tw_lock);
}

/* What it keeps is sequence numbers and time. */
static void drop_send(struct tcb *t)
{
	tcp_chain_free(t->tcp->x, t->snd_q);
	t->snd_q = t->snd_tail = t->cur = NULL;
	t->tail_room = 0;
	tcp_board_free(t);
}

/* RFC 9293 3.6.1: twice the maximum segment lifetime. */
void tcp_time_wait(struct tcb *t)
{
	struct tcp *tcp = t->tcp;

	t->due_rtx = t->due_keep = t->due_ack = 0;
	t->due_wait = ex_now(tcp->x) + tcp->s->as->time_wait_s * SECOND;
	if (t->state == TCP_TIME_WAIT) {
		tcp_arm(t);
		return;
	}
	tcp_set_state(t, TCP_TIME_WAIT);
	drop_send(t);
	ke_lock_dpc(&tcp->tw_lock);
	t->tw_prev = tcp->tw_tail;
	*(tcp->tw_tail ? &tcp->tw_tail->tw_next : &tcp->tw_head) = t;
	tcp->tw_tail = t;
	tcp->tw_count++;
	ke_unlock_dpc(&tcp->tw_lock);
	tcp_arm(t);
}

void tcp_fail(struct tcb *t, enum ex_status why)
{
	bool data_stays = why == EX_SUCCESS;

	if (t->flags & F_DEAD)
		return;
	if (t->state == TCP_TIME_WAIT)
		tw_unlink(t);
	t->flags |= F_DEAD;
	t->error = (s32)why;
	tcp_set_state(t, TCP_CLOSED);
	if (t->connect)              /* that tells the client */
		t->flags |= F_TOLD_ABORT;
	tcb_irp_end(t, &t->connect, why);
	tcb_irp_end(t, &t->disconnect, why);
	tcb_irps_end(t, &t->sends, data_stays ? EX_CONNECTION_DISCONNECTED : why);
	if (!data_stays) {
		tcb_irps_end(t, &t->receives, why);
		tcp_chain_free(t->tcp->x, t->rcv_q);
		t->rcv_q = t->rcv_tail = NULL;
		t->rcv_queued = 0;
	} else {
		t->flags |= F_TOLD_ABORT;
	}
	drop_send(t);
	tcp_reasm_free(t);
	tcp_disarm(t);
	tcp_need(t, NEED_RCV_CMPLT);
}
