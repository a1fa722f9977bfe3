// SPDX-License-Identifier: Apache-2.0
/*
 * What to send now: retransmissions, new data, a FIN, an acknowledgement.
 * Segments are built under tcb_lock and go out without it, in order: one CPU at
 * a time is in tcp_output() of a connection.
 */
#include "tcp.h"

#define BATCH 16u                    /* segments built at a time */
#define SMALL 512u                   /* data copied behind the header */
#define LSO_MAX 61440u

u32 tcp_in_flight(const struct tcb *t)
{
	return t->snd_nxt - t->snd_una;
}

/* RFC 9293 3.8.6.2.2: the right edge moves by a good step or not at all, and
 * never back (3.8.6). */
u32 tcp_window(struct tcb *t)
{
	u32 free = t->rcv_queued < t->rcv_buf ? t->rcv_buf - t->rcv_queued : 0;
	u32 granted = seq_lt(t->rcv_nxt, t->rcv_adv) ? t->rcv_adv - t->rcv_nxt :
						       0;
	u32 step = min_u32(t->mss, t->rcv_buf / 2);
	u32 most = (u32)0xffff << t->rcv_wscale;

	if (free < granted + step)
		free = granted;
	if (free > most)
		free = most;
	if (t->rcv_wscale)           /* what the field can say */
		free = free >> t->rcv_wscale << t->rcv_wscale;
	return max_u32(free, granted);
}

static u16 window_field(struct tcb *t, bool syn)
{
	u32 w = tcp_window(t);

	if (syn) {                   /* never scaled (RFC 7323 2.2) */
		w = min_u32(w, 0xffff);
		t->rcv_wnd = w;
		t->rcv_adv = t->rcv_nxt + w;
		return (u16)w;
	}
	w = (w + ((1u << t->rcv_wscale) - 1)) >> t->rcv_wscale;
	w = min_u32(w, 0xffff);
	t->rcv_wnd = w << t->rcv_wscale;
	t->rcv_adv = seq_max(t->rcv_adv, t->rcv_nxt + t->rcv_wnd);
	return (u16)w;
}

void tcp_out_of(const struct tcb *t, struct tcp_out *o)
{
	*o = (struct tcp_out){
		.src = t->local, .dst = t->remote, .sport = t->lport,
		.dport = t->rport, .seq = t->snd_nxt, .ack = t->rcv_nxt,
		.flags = TH_ACK, .ttl = t->ttl, .tos = t->tos,
		.dont_fragment = !(t->flags & F_NO_DF),
	};
}

/* RFC 7323 3.2: with a timestamp */
void tcp_reset_of(const struct tcb *t, struct tcp_out *o)
{
	tcp_out_of(t, o);
	o->flags |= TH_RST;
	if (t->flags & F_TS)
		o->noptions = (u8)tcp_put_timestamp(
			o->options, tcp_ts_now(t->tcp) + t->ts_offset,
			t->ts_recent);
}

/* --- data ---------------------------------------------------------------------------- */

/* The buffer that seq is in; cur moves there if seq is not below it. */
static struct ndis_buffer *buffer_at(struct tcb *t, u32 seq, u32 *off)
{
	struct ndis_buffer *b = t->cur;
	u32 at = t->cur_seq;

	if (!b || seq_lt(seq, at)) {
		b = t->snd_q;
		at = t->snd_q_seq;
	}
	while (b && seq - at >= b->length) {
		at += b->length;
		b = b->next;
	}
	t->cur = b;
	t->cur_seq = at;
	*off = seq - at;
	return b;
}

static struct ndis_buffer *copied(struct ex *x, struct ndis_buffer *b, u32 off,
				  u32 n)
{
	struct ndis_buffer *c = ndis_buffer_new(x, 0, n);
	u32 done = 0;

	if (!c)
		return NULL;
	for (; b && done < n; b = b->next, off = 0) {
		u32 part = min_u32(b->length - off, n - done);

		memcpy(c->data + done, b->data + off, part);
		done += part;
	}
	return c;
}

/* n bytes from seq on, as a chain; NULL: no memory. */
static struct ndis_buffer *data_at(struct tcb *t, u32 seq, u32 n)
{
	struct ex *x = t->tcp->x;
	struct ndis_buffer *head = NULL, **tail = &head;
	u32 off;
	struct ndis_buffer *b = buffer_at(t, seq, &off);

	if (b && n <= SMALL && b->length - off < n)
		return copied(x, b, off, n);
	while (b && n) {
		u32 part = min_u32(b->length - off, n);
		struct ndis_buffer *c = ndis_buffer_clone(x, b, off, part);

		if (!c) {
			tcp_chain_free(x, head);
			return NULL;
		}
		*tail = c;
		tail = &c->next;
		n -= part;
		off = 0;
		b = b->next;
	}
	return head;
}

/* --- one segment --------------------------------------------------------------------- */

struct made {
	struct ndis_packet *p;
	struct tcp_out o;
	u32 offloads;                /* of the path, asked once a batch */
	bool asked;
};

static u32 max_data(const struct tcb *t)
{
	u32 options = tcp_options_length(t);

	return t->mss > options + 8 ? t->mss - options : 8;
}

/* RFC 9293 3.8.5: the pointer is to the byte behind the urgent one. */
static void put_urgent(const struct tcb *t, struct tcp_out *o)
{
	if (!(t->flags & F_SND_URG) || !seq_lt(o->seq, t->snd_up))
		return;
	o->flags |= TH_URG;
	o->urp = (u16)min_u32(t->snd_up - o->seq, 0xffff);
}

static bool fin_goes_with(const struct tcb *t, u32 end)
{
	return t->flags & F_FIN_QUEUED && end == t->snd_end;
}

static void sent_fin(struct tcb *t)
{
	t->flags |= F_FIN_SENT;
	if (t->state == TCP_ESTABLISHED || t->state == TCP_SYN_RCVD)
		tcp_set_state(t, TCP_FIN_WAIT_1);
	else if (t->state == TCP_CLOSE_WAIT)
		tcp_set_state(t, TCP_LAST_ACK);
}

static void acknowledged(struct tcb *t)
{
	t->need &= (u8)~NEED_ACK;
	t->due_ack = 0;
	t->rcv_last_ack = t->rcv_nxt;
	t->segs_out++;
}

static void start_timing(struct tcb *t, u32 end)
{
	if (t->flags & F_TIMING)
		return;
	t->flags |= F_TIMING;
	t->rtt_seq = end;
	t->rtt_at = ex_now(t->tcp->x);
}

/* Offloads, and what the path carries now: another connection may have learnt
 * that it is less (RFC 1191 6.3), and what is longer would not leave. */
static void ask_path(struct tcb *t, struct made *m)
{
	const struct inet_family *f = t->tcp->s->family;
	u32 headers = f->header_len + TCP_HEADER, least = f->default_mss;
	struct inet_ip src = t->local;
	struct inet_path path = { 0 };
	u16 was = t->mss;

	if (m->asked)
		return;
	m->asked = true;
	m->offloads = 0;
	if (!f->route(t->tcp->s, &t->remote, &src, &path))
		return;
	m->offloads = path.offloads;
	if (path.mtu >= headers + was || was <= least)
		return;
	t->mss = (u16)max_u32(path.mtu - min_u32(path.mtu, headers), least);
	if (t->cwnd == was)          /* after a time-out: one segment */
		t->cwnd = t->mss;
}

/* [seq, seq + n) and perhaps the FIN behind it. */
static bool make(struct tcb *t, u32 seq, u32 n, struct made *m, u32 offloads)
{
	struct ndis_buffer *data = NULL;
	u32 end = seq + n;

	if (n) {
		data = data_at(t, seq, n);
		if (!data)
			return false;
	}
	tcp_out_of(t, &m->o);
	m->o.seq = seq;
	if (fin_goes_with(t, end)) {
		m->o.flags |= TH_FIN;
		end++;
	}
	if (n && end == t->snd_end + !!(m->o.flags & TH_FIN))
		m->o.flags |= TH_PSH;
	put_urgent(t, &m->o);
	m->o.wnd = window_field(t, false);
	m->o.noptions = (u8)tcp_put_options(t, m->o.options);
	m->p = tcp_make_segment(t->tcp, &m->o, data, n, max_data(t), offloads);
	if (!m->p)
		return false;
	acknowledged(t);
	t->sent_at = ex_now(t->tcp->x);
	TRACE(tcp_segment_out, t, seq, t->rcv_nxt, (u64)n << 8 | m->o.flags);
	if (m->o.flags & TH_FIN)
		sent_fin(t);
	if (end == seq || seq_le(end, t->snd_nxt))
		return true;
	t->snd_nxt = end;
	start_timing(t, end);
	return true;
}

/* SYN, or SYN and ACK of a simultaneous open (RFC 9293 3.5). */
static bool make_syn(struct tcb *t, struct made *m)
{
	struct tcp *tcp = t->tcp;
	const struct inet_personality *as = tcp->s->as;
	bool answer = t->state == TCP_SYN_RCVD, zero = as->syn_ts_zero;

	tcp_out_of(t, &m->o);
	m->o.seq = t->iss;
	m->o.flags = (u8)(TH_SYN | (answer ? TH_ACK : 0));
	m->o.wnd = window_field(t, true);
	m->o.noptions = (u8)tcp_put_syn_options(
		tcp, m->o.options, t->user_mss ? t->user_mss : t->mss,
		answer ? (t->flags & F_WSCALE ? t->rcv_wscale : -1) :
			 (as->window_scale ? t->rcv_wscale : -1),
		answer ? t->flags & F_TS : as->timestamps,
		answer ? t->flags & F_SACK : inet_may_sack(tcp->s),
		zero ? 0 : tcp_ts_now(tcp) + t->ts_offset,
		answer && !zero ? t->ts_recent : 0);
	m->p = tcp_make_segment(tcp, &m->o, NULL, 0, 0, 0);
	if (!m->p)
		return false;
	acknowledged(t);
	TRACE(tcp_segment_out, t, t->iss, t->rcv_nxt, m->o.flags);
	if (t->snd_nxt == t->iss) {
		t->snd_nxt = t->iss + 1;
		start_timing(t, t->snd_nxt);
	}
	tcp_arm_rtx(t);
	return true;
}

/* --- what comes next ------------------------------------------------------------------- */

/* [from, from + n) again, of what was sent. */
static bool make_again(struct tcb *t, struct made *m, u32 from, u32 n)
{
	n = min_u32(n, t->snd_end - from); /* the FIN is no data */
	if (!n && !fin_goes_with(t, from))
		return false;
	if (!make(t, from, n, m, 0))
		return false;
	inet_count(t->tcp->s, retrans_segs);
	TRACE(tcp_retransmit, t, from, n, t->flags & F_LOSS ? 1 : 0);
	t->flags &= ~(u32)F_TIMING;  /* Karn's rule (RFC 6298 3) */
	t->rtx_ts = tcp_ts_now(t->tcp) + t->ts_offset;
	t->total_retrans++;
	if (!t->due_rtx)
		tcp_arm_rtx(t);
	return true;
}

/* The first hole that was not sent again, below end. */
static bool make_hole(struct tcb *t, struct made *m, u32 room, u32 end)
{
	struct tcp_range hole;
	u32 n;

	if (!seq_lt(t->high_rxt, end) ||
	    !tcp_board_hole(t, t->high_rxt, end, &hole))
		return false;
	n = min_u32(hole.to - hole.from, max_data(t));
	/* The first one is not held back (RFC 5681 3.2, RFC 6675 5 (4.3)). */
	if (room < n && hole.from != t->snd_una)
		return false;
	if (!make_again(t, m, hole.from, n))
		return false;
	t->high_rxt = seq_min(hole.from + n, t->snd_end) +
		      !!(m->o.flags & TH_FIN);
	return true;
}

/* What is lost and not sent again (RFC 6675 NextSeg 1). */
static bool make_retransmission(struct tcb *t, struct made *m, u32 room)
{
	t->high_rxt = seq_max(t->high_rxt, t->snd_una);
	return make_hole(t, m, room, seq_min(t->lost_edge, t->snd_nxt));
}

/* RFC 6675 NextSeg 4: the end of what was sent, of which no block will tell;
 * once in a recovery. */
static bool make_rescue(struct tcb *t, struct made *m)
{
	struct tcp_range tail;

	if (!seq_lt(t->rescue, t->snd_una) ||
	    !tcp_board_hole(t, seq_max(t->high_rxt, tcp_board_top(t)),
			    t->snd_nxt, &tail) || tail.to != t->snd_nxt)
		return false;
	if (tail.to - tail.from > max_data(t))
		tail.from = tail.to - max_data(t);
	if (!make_again(t, m, tail.from, tail.to - tail.from))
		return false;
	t->rescue = t->recover;
	return true;
}

/* Nothing is known to be lost, nothing is new, and there is room: what may be
 * lost (RFC 6675 NextSeg 3 and 4). */
static bool make_guess(struct tcb *t, struct made *m, u32 room)
{
	if ((t->flags & (F_RECOVERY | F_SACK)) != (F_RECOVERY | F_SACK) ||
	    room < max_data(t))
		return false;
	return make_hole(t, m, room, tcp_board_top(t)) || make_rescue(t, m);
}

/* RFC 9293 3.8.6.2.1, with Nagle's rule (3.7.4). */
static bool worth_sending(const struct tcb *t, u32 n, u32 queued)
{
	if (n >= max_data(t) || t->flags & F_FORCE || n * 2 >= t->max_wnd)
		return true;
	if (n < queued)
		return false;        /* the window is in the way */
	return t->flags & (F_NODELAY | F_FIN_QUEUED) || !tcp_in_flight(t) ||
	       (t->flags & F_SND_URG && seq_lt(t->snd_nxt, t->snd_up));
}

static u32 new_data(struct tcb *t, u32 room, u32 offloads)
{
	u32 queued = t->snd_end - t->snd_nxt;
	u32 edge = t->snd_una + t->snd_wnd, n = queued, most = max_data(t);

	n = min_u32(n, seq_lt(t->snd_nxt, edge) ? edge - t->snd_nxt : 0);
	if (n > room) {
		t->flags |= F_CWND_LIMITED;
		n = room >= most || !tcp_in_flight(t) ? room : 0;
	}
	if (offloads & NDIS_LSO && n > most)
		n = min_u32(n, LSO_MAX) / most * most;
	else
		n = min_u32(n, most);
	return n && worth_sending(t, n, queued) ? n : 0;
}

static bool may_send(const struct tcb *t)
{
	return t->state == TCP_ESTABLISHED || t->state == TCP_CLOSE_WAIT ||
	       t->state == TCP_FIN_WAIT_1 || t->state == TCP_CLOSING ||
	       t->state == TCP_LAST_ACK;
}

static bool make_new(struct tcb *t, struct made *m, u32 room)
{
	u32 offloads = m->offloads, n = 0;

	if (t->flags & F_FIN_SENT)
		return false;
	if (seq_lt(t->snd_nxt, t->snd_end))
		n = new_data(t, room, offloads);
	if (!n && !fin_goes_with(t, t->snd_nxt))
		return false;
	if (!make(t, t->snd_nxt, n, m, offloads))
		return false;
	t->flags &= ~(u32)F_FORCE;
	if (!t->due_rtx || !(t->flags & F_PROBED))
		if (!t->due_rtx || tcp_in_flight(t) == n)
			tcp_arm_rtx(t);
	return true;
}

static bool make_ack(struct tcb *t, struct made *m)
{
	if (!(t->need & NEED_ACK) || t->state < TCP_SYN_RCVD)
		return false;
	tcp_out_of(t, &m->o);
	if (t->flags & F_PROBED)     /* behind the probe it is out of window */
		m->o.seq = t->snd_una;
	m->o.wnd = window_field(t, false);
	m->o.noptions = (u8)tcp_put_options(t, m->o.options);
	put_urgent(t, &m->o);
	m->p = tcp_make_segment(t->tcp, &m->o, NULL, 0, 0, 0);
	if (!m->p)
		return false;
	acknowledged(t);
	TRACE(tcp_segment_out, t, t->snd_nxt, t->rcv_nxt, TH_ACK);
	return true;
}

static bool make_next(struct tcb *t, struct made *m)
{
	u32 pipe, room;

	if (t->flags & F_DEAD)
		return false;
	if (t->state == TCP_SYN_SENT || t->state == TCP_SYN_RCVD) {
		if (t->snd_nxt == t->iss || t->need & NEED_OUTPUT) {
			t->need &= (u8)~NEED_OUTPUT;
			return make_syn(t, m);
		}
		/* In a simultaneous open the other's SYN,ACK is answered. */
		return make_ack(t, m);
	}
	if (may_send(t)) {
		if (t->snd_q)
			ask_path(t, m);
		if (seq_lt(t->snd_nxt, t->snd_end))
			cc_idle(t);
		pipe = cc_pipe(t);
		room = pipe < t->cwnd ? t->cwnd - pipe : 0;
		if (make_retransmission(t, m, room) || make_new(t, m, room) ||
		    make_guess(t, m, room))
			return true;
	}
	return make_ack(t, m);
}

/* Data wait and nothing is on its way: somebody has to ask (3.8.6.1). */
static void arm_persist(struct tcb *t)
{
	bool waits = t->snd_end != t->snd_nxt || t->flags & F_PROBED ||
		     tcp_fin_waits(t);
	bool opens = t->state == TCP_SYN_SENT || t->state == TCP_SYN_RCVD;

	/* A SYN or FIN for which there was no memory is one that was lost. */
	if (!t->due_rtx && (opens || (may_send(t) && waits)))
		tcp_arm_rtx(t);
}

/* Up to BATCH segments, as a list; m->o is as good for one as for all. */
static struct ndis_packet *make_batch(struct tcb *t, struct made *m)
{
	struct ndis_packet *head = NULL, **tail = &head;

	for (u32 i = 0; i < BATCH && make_next(t, m); i++) {
		m->p->next = NULL;
		*tail = m->p;
		tail = &m->p->next;
	}
	return head;
}

static void transmit_all(struct tcp *tcp, struct ndis_packet *p,
			 const struct tcp_out *o)
{
	while (p) {
		struct ndis_packet *next = p->next;

		p->next = NULL;
		tcp_transmit(tcp, p, o);
		p = next;
	}
}

void tcp_output(struct tcb *t)
{
	struct tcp *tcp = t->tcp;
	struct ndis_packet *p;
	struct made m;

	ke_lock_dpc(&t->lock);
	if (t->flags & F_OUTPUTTING) {
		t->flags |= F_OUTPUT_AGAIN;
		ke_unlock_dpc(&t->lock);
		return;
	}
	m.asked = false;
	m.offloads = 0;
	t->flags |= F_OUTPUTTING;
	do {
		t->flags &= ~(u32)F_OUTPUT_AGAIN;
		while ((p = make_batch(t, &m))) {
			ke_unlock_dpc(&t->lock);
			transmit_all(tcp, p, &m.o);
			ke_lock_dpc(&t->lock);
		}
		t->need &= (u8)~NEED_OUTPUT;
	} while (t->flags & F_OUTPUT_AGAIN);
	t->flags &= ~(u32)F_OUTPUTTING;
	arm_persist(t);
	tcp_arm(t);
	ke_unlock_dpc(&t->lock);
}
