// SPDX-License-Identifier: Apache-2.0
/* Segments that come in, in the order of RFC 9293 3.10.7. */
#include "bytes.h"
#include "tcp.h"

#define CHALLENGES 10u               /* in five seconds (RFC 5961 7) */
#define TS_IDLE (24 * 86400 * SECOND) /* RFC 7323 5.5 */
#define SYN_LOST_RTO_US 3000000u     /* RFC 6298 5.7 */

/* --- from bytes ------------------------------------------------------------------------ */

static bool checksum_ok(struct inet *s, struct ndis_packet *p,
			const struct inet_rx *rx)
{
	u32 sum;

	if (p->flags & NDIS_CSUM_L4_OK)
		return true;
	sum = s->family->pseudo_sum(&rx->src, &rx->dst, 6, p->length);
	return !ndis_fold(ndis_packet_sum(p, 0, p->length, sum));
}

static bool parse(struct inet *s, struct ndis_packet *p,
		  const struct inet_rx *rx, struct tcp_seg *g)
{
	const u8 *h = ndis_packet_flat(s->x, p, TCP_HEADER);
	u32 header;

	if (!h)
		return false;
	header = (u32)(h[12] >> 4) * 4;
	if (header < TCP_HEADER || header > p->length)
		return false;
	h = ndis_packet_flat(s->x, p, header);
	if (!h || !checksum_ok(s, p, rx))
		return false;
	*g = (struct tcp_seg){
		.p = p, .rx = rx, .sport = get16(h), .dport = get16(h + 2),
		.seq = get32(h + 4), .ack = get32(h + 8),
		.flags = h[13] & 0x3f, .wnd = get16(h + 14),
		.urp = get16(h + 18), .off = header,
		.len = p->length - header,
	};
	return tcp_parse_options(h + TCP_HEADER, header - TCP_HEADER, &g->o);
}

/* RFC 9293 3.9.2.3 (MUST-57): from one to one only. */
static bool addresses_ok(struct inet *s, const struct inet_rx *rx)
{
	return !rx->broadcast && !rx->multicast &&
	       s->family->is_unicast(s, &rx->src);
}

/* --- challenge ACKs (RFC 5961) ------------------------------------------------------------ */

static void tcp_challenge(struct tcb *t)
{
	u32 now = (u32)(ex_now(t->tcp->x) / (5 * SECOND)) + 1;

	if (t->challenge_at != now) {
		t->challenge_at = now;
		t->challenges &= 0xf0;
	}
	if ((t->challenges & 0x0fu) >= CHALLENGES)
		return;
	t->challenges++;
	tcp_need(t, NEED_ACK);
}

/* --- what a SYN says ------------------------------------------------------------------------- */

bool tcp_own_mss(struct tcb *t)
{
	struct inet *s = t->tcp->s;
	struct inet_path path = { 0 };
	u32 headers = s->family->header_len + TCP_HEADER, mss;

	if (!s->family->route(s, &t->remote, &t->local, &path))
		return false;
	mss = path.mtu > headers + TCP_MSS_MIN ? path.mtu - headers :
						 TCP_MSS_MIN;
	t->mss = (u16)min_u32(mss, 65535);
	if (t->user_mss)
		t->mss = (u16)min_u32(t->mss, t->user_mss);
	t->rcv_buf = tcp_window_for(t->tcp, t->rcv_buf, t->mss);
	return true;
}

/* RFC 9293 3.7.1, RFC 7323 2.2 and 3.2, RFC 2018 2 */
void tcp_negotiate(struct tcb *t, const struct tcp_options *o)
{
	const struct inet_personality *as = t->tcp->s->as;
	u16 peer = o->has_mss ? o->mss : t->tcp->s->family->default_mss;

	t->peer_mss = peer;
	t->mss = (u16)max_u32(min_u32(t->mss, peer), TCP_MSS_MIN);
	if (o->has_wscale && as->window_scale) {
		t->flags |= F_WSCALE;
		t->snd_wscale = o->wscale;
	} else {
		t->rcv_wscale = 0;
	}
	if (o->has_ts && as->timestamps) {
		t->flags |= F_TS;
		t->ts_recent = o->tsval;
		t->ts_recent_at = ex_tick(t->tcp->x);
	}
	if (o->sack_ok && inet_may_sack(t->tcp->s))
		t->flags |= F_SACK;
}

void tcp_established(struct tcb *t)
{
	tcp_set_state(t, TCP_ESTABLISHED);
	if (t->flags & F_FIN_RCVD)   /* it came while the client was asked */
		tcp_set_state(t, TCP_CLOSE_WAIT);
	t->high_rxt = t->lost_edge = t->snd_una;
	t->recover = t->snd_una - 1; /* RFC 6582 3.2 (1) */
	t->snd_up = t->snd_una;
	cc_start(t);
	if (t->retries && t->rto < SYN_LOST_RTO_US)
		t->rto = SYN_LOST_RTO_US;
	t->retries = 0;
	t->due_rtx = 0;
	t->due_wait = 0;
	if (t->flags & F_KEEPALIVE)
		t->due_keep = ex_now(t->tcp->x) +
			      tcp_keep_idle(t);
	tcb_irp_end(t, &t->connect, EX_SUCCESS);
	tcp_need(t, NEED_OUTPUT | NEED_RCV_CMPLT);
}

static void syn_acknowledged(struct tcb *t, u32 ack)
{
	t->snd_una = ack;
	if (t->flags & F_TIMING && !t->retries)
		tcp_rtt(t, (u32)((ex_now(t->tcp->x) - t->rtt_at) / 1000));
	t->flags &= ~(u32)F_TIMING;
}

/* --- the sequence check ------------------------------------------------------------------------ */

static u32 granted(const struct tcb *t)
{
	return seq_lt(t->rcv_nxt, t->rcv_adv) ? t->rcv_adv - t->rcv_nxt : 0;
}

/* RFC 9293 3.10.7.4, the table */
static bool in_window(const struct tcb *t, const struct tcp_seg *g)
{
	u32 len = g->len + !!(g->flags & TH_FIN) + !!(g->flags & TH_SYN);
	u32 wnd = granted(t), last = g->seq + len - 1;

	/* Of a closed window the ACKs count, also of one who sent more before
	 * it was closed; reset() is stricter. */
	if (!len)
		return g->seq - t->rcv_nxt < (wnd ? wnd : t->rcv_buf);
	if (!wnd)                    /* its ACK, URG and RST count */
		return g->seq == t->rcv_nxt;
	return g->seq - t->rcv_nxt < wnd || last - t->rcv_nxt < wnd ||
	       (seq_lt(g->seq, t->rcv_nxt) &&
		seq_lt(t->rcv_nxt, g->seq + len));
}

/* RFC 2883 4.1: what came twice is named. */
static void note_duplicate(struct tcb *t, u32 from, u32 to)
{
	if (t->flags & F_SACK && seq_lt(from, to))
		t->dsack = (struct tcp_range){ from, to };
}

/* Bytes before rcv_nxt and behind the window go. */
static void trim(struct tcb *t, struct tcp_seg *g)
{
	u32 wnd = granted(t);

	if (seq_lt(g->seq, t->rcv_nxt)) {
		u32 n = t->rcv_nxt - g->seq;

		if (g->len)
			note_duplicate(t, g->seq, seq_min(g->seq + g->len,
							  t->rcv_nxt));
		n = min_u32(n, g->len);
		g->off += n;
		g->len -= n;
		g->seq += n;
		tcp_need(t, NEED_ACK);
	}
	if (g->seq + g->len - t->rcv_nxt > wnd) {
		u32 over = g->seq + g->len - (t->rcv_nxt + wnd);

		g->len -= min_u32(over, g->len);
		g->flags &= (u8)~(TH_FIN | TH_PSH);
		tcp_need(t, NEED_ACK);
	}
}

/* RFC 7323 3.2: no timestamp where they were agreed on. */
static bool lacks_timestamp(const struct tcb *t, const struct tcp_seg *g)
{
	return t->flags & F_TS && !g->o.has_ts && !(g->flags & TH_RST);
}

/* RFC 7323 5.5: after so long a time the clock may have gone round. */
static bool ts_forgotten(const struct tcb *t)
{
	return ex_now(t->tcp->x) - t->ts_recent_at >= TS_IDLE;
}

/* RFC 7323 5.3: PAWS. true: it is an old duplicate. */
static bool is_old(struct tcb *t, const struct tcp_seg *g)
{
	return t->flags & F_TS && !(g->flags & TH_RST) &&
	       seq_lt(g->o.tsval, t->ts_recent) && !ts_forgotten(t);
}

/* RFC 7323 4.3; seq: where it began before it was trimmed. */
static void note_timestamp(struct tcb *t, const struct tcp_seg *g, u32 seq)
{
	if (!(t->flags & F_TS) || !g->o.has_ts ||
	    seq_lt(t->rcv_last_ack, seq) ||
	    (seq_lt(g->o.tsval, t->ts_recent) && !ts_forgotten(t)))
		return;
	t->ts_recent = g->o.tsval;
	t->ts_recent_at = ex_tick(t->tcp->x);
}

/* RFC 5961 3.2; in TIME-WAIT it changes nothing (RFC 1337 3). */
static void reset(struct tcb *t, const struct tcp_seg *g)
{
	if (t->state == TCP_TIME_WAIT)
		return;
	if (g->seq != t->rcv_nxt) {
		tcp_challenge(t);
		return;
	}
	if (t->state == TCP_SYN_RCVD)
		tcp_fail(t, EX_CONNECTION_REFUSED);
	else if (t->state == TCP_CLOSING || t->state == TCP_LAST_ACK)
		tcp_fail(t, EX_SUCCESS);
	else
		tcp_fail(t, EX_CONNECTION_RESET);
}

/* --- SYN-SENT ------------------------------------------------------------------------------- */

/* RFC 9293 3.8.5, RFC 6093: up is behind the urgent byte. */
static void urgent(struct tcb *t, const struct tcp_seg *g, u32 up)
{
	if (!(g->flags & TH_URG) || !g->urp || t->flags & F_FIN_RCVD ||
	    !seq_lt(t->rcv_nxt, up) ||
	    (t->flags & F_URGENT && !seq_lt(t->rcv_up, up)))
		return;
	t->rcv_up = up;
	t->flags |= F_URGENT;
}

/* What follows a SYN in its segment: as if it came alone. */
static void behind_syn(struct tcb *t, struct tcp_seg *g)
{
	u32 up = g->seq + g->urp;

	g->flags &= (u8)~TH_SYN;
	g->seq++;
	t->rcv_adv = t->rcv_nxt + min_u32(t->rcv_buf, 0xffff);
	trim(t, g);
	urgent(t, g, up);
	if (g->len || g->flags & TH_FIN)
		tcp_data(t, g);
}

static void syn_sent(struct tcb *t, struct tcp_seg *g)
{
	bool acks = g->flags & TH_ACK;

	if (acks && g->ack != t->iss + 1) {
		g->refuse = true;    /* tcp_refuse() leaves RSTs alone */
		return;
	}
	if (g->flags & TH_RST) {
		if (acks)            /* RFC 5961 3.2 */
			tcp_fail(t, EX_CONNECTION_REFUSED);
		return;
	}
	if (!(g->flags & TH_SYN))
		return;
	t->irs = g->seq;
	t->rcv_nxt = t->rcv_last_ack = t->rcv_adv = t->rcv_up = g->seq + 1;
	tcp_negotiate(t, &g->o);
	t->snd_wnd = t->max_wnd = g->wnd; /* never scaled */
	t->snd_wl1 = g->seq;
	t->snd_wl2 = g->ack;
	if (!acks) {
		tcp_set_state(t, TCP_SYN_RCVD);
		t->flags &= ~(u32)F_TIMING;
		tcp_need(t, NEED_OUTPUT);
		return;
	}
	syn_acknowledged(t, g->ack);
	tcp_established(t);
	tcp_need(t, NEED_ACK);
	if (g->len || g->flags & TH_FIN)
		behind_syn(t, g);
}

/* --- all other states ---------------------------------------------------------------------------- */

/* Pure ACKs must not answer each other for ever. */
static void answer(struct tcb *t, const struct tcp_seg *g)
{
	if (g->len || g->flags & TH_FIN)
		tcp_need(t, NEED_ACK);
	else
		tcp_challenge(t);
}

static void unacceptable(struct tcb *t, const struct tcp_seg *g)
{
	u32 end = g->seq + g->len;

	if (g->flags & TH_RST)
		return;
	/* What lies behind the window did not arrive. */
	note_duplicate(t, g->seq, seq_min(end, t->rcv_nxt));
	if (t->state == TCP_TIME_WAIT && g->flags & TH_FIN &&
	    end + 1 == t->rcv_nxt)
		tcp_time_wait(t);    /* 3.10.7.4: the time begins again */
	answer(t, g);
}

/* RFC 5961 5.2; true: the ACK may be looked at. */
static bool ack_ok(struct tcb *t, struct tcp_seg *g)
{
	if (t->state == TCP_SYN_RCVD) {
		if (g->ack == t->iss + 1)
			return true;
		g->refuse = true;
		return false;
	}
	if (seq_le(g->ack, t->snd_nxt) &&
	    (seq_le(t->snd_una, g->ack) || t->snd_una - g->ack <= t->max_wnd))
		return true;
	tcp_challenge(t);
	return false;
}

/* The client is gone: nobody takes these bytes (RFC 9293 3.6.1, MAY-1). While
 * another CPU asks one (tcp_syn.c), it is CLOSED: they are for whom that finds. */
static bool nobody_wants(struct tcb *t, struct tcp_seg *g)
{
	if (t->conn || !g->len || t->state == TCP_TIME_WAIT ||
	    t->state == TCP_CLOSED ||
	    seq_le(g->seq + g->len, t->rcv_nxt))
		return false;
	tcp_fail(t, EX_SUCCESS);
	g->refuse = true;
	return true;
}

/* A SYN of both at once (RFC 9293 3.5, figure 8), whose ACK counts; any other
 * one is challenged, wherever it lies (RFC 5961 4.2). false: it is dropped. */
static bool syn_ok(struct tcb *t, struct tcp_seg *g)
{
	if (t->state == TCP_SYN_RCVD && g->flags & TH_ACK &&
	    g->seq == t->irs && g->ack == t->iss + 1) {
		g->flags &= (u8)~TH_SYN;
		g->seq++;
		return true;
	}
	tcp_challenge(t);
	return false;
}

static void synchronized(struct tcb *t, struct tcp_seg *g)
{
	u32 seq = g->seq, up = seq + g->urp;

	if ((g->flags & (TH_SYN | TH_RST)) == TH_SYN && !syn_ok(t, g))
		return;
	if (lacks_timestamp(t, g))
		return;
	if (is_old(t, g)) {
		answer(t, g);
		return;
	}
	if (!in_window(t, g)) {
		unacceptable(t, g);
		return;
	}
	if (g->flags & TH_RST) {
		reset(t, g);
		return;
	}
	trim(t, g);
	if (!(g->flags & TH_ACK) || !ack_ok(t, g))
		return;
	note_timestamp(t, g, seq);
	tcp_ack(t, g);
	if (t->flags & F_DEAD || nobody_wants(t, g))
		return;
	if (t->state == TCP_TIME_WAIT) {
		if (g->flags & TH_FIN)
			tcp_time_wait(t);
		return;
	}
	urgent(t, g, up);
	if (g->len || g->flags & TH_FIN)
		tcp_data(t, g);
}

void tcp_input(struct tcb *t, struct tcp_seg *g)
{
	TRACE(tcp_segment_in, t, g->seq, g->ack, (u64)g->len << 8 | g->flags);
	t->segs_in++;
	t->heard = ex_tick(t->tcp->x);
	t->challenges &= 0x0f;       /* no keep-alive is without an answer */
	if (t->state == TCP_SYN_SENT)
		syn_sent(t, g);
	else
		synchronized(t, g);
	if (!(t->flags & F_DEAD))
		tcp_arm(t);
}

/* --- in ------------------------------------------------------------------------------------------- */

/* A SYN for a connection that only waits (RFC 9293 3.10.7.4): RFC 6191 2. */
static bool begins_again(const struct tcb *t, const struct tcp_seg *g)
{
	bool ts;

	if (t->state != TCP_TIME_WAIT ||
	    (g->flags & (TH_SYN | TH_ACK | TH_RST)) != TH_SYN)
		return false;
	ts = g->o.has_ts && t->tcp->s->as->timestamps;
	if (ts && !(t->flags & F_TS))
		return true;
	if (ts && g->o.tsval != t->ts_recent)
		return seq_lt(t->ts_recent, g->o.tsval);
	return seq_lt(t->rcv_nxt, g->seq);
}

/* true: t has dealt with it. */
static bool goes_to(struct tcb *t, struct tcp_seg *g, u32 *above)
{
	bool dead, ack_now = false;

	ke_lock_dpc(&t->lock);
	dead = t->flags & F_DEAD;
	if (!dead && begins_again(t, g)) {
		*above = t->snd_nxt;
		tcp_fail(t, EX_SUCCESS);
		dead = true;
	}
	if (!dead) {
		tcp_input(t, g);
		/* RFC 5681 4.2: what is out of order is told of at once */
		ack_now = t->reasm && t->need & NEED_ACK;
	}
	ke_unlock_dpc(&t->lock);
	if (dead) {
		tcb_unlink(t);
		return false;
	}
	if (ack_now)
		tcp_output(t);
	if (g->refuse)
		tcp_refuse(t->tcp, g);
	return true;
}

void TCPRcv(struct inet *s, struct ndis_packet *p, const struct inet_rx *rx)
{
	struct tcp *tcp = s->tcp;
	struct tcp_seg g;
	struct tcb *t;
	u32 above = 0;

	inet_count(s, in_segs);
	if (!addresses_ok(s, rx) || !parse(s, p, rx, &g))
		return;
	t = FindTCB(tcp, &rx->dst, g.dport, &rx->src, g.sport);
	if (t && !goes_to(t, &g, &above)) {
		tcb_put(t);
		t = NULL;
	}
	if (!t) {
		t = tcp_syn_input(tcp, &g, above);
		if (t)
			goes_to(t, &g, &above);
	}
	if (t)
		tcb_put(t);
}

void TCPRcvComplete(struct inet *s)
{
	ProcessTCBDelayQ(s->tcp);
}
