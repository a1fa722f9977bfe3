// SPDX-License-Identifier: Apache-2.0
/*
 * Time: one timer a connection, set for the earliest of what is due.  What is
 * put off does not move it: it comes, finds nothing, and is set again.
 */
#include "tcp.h"

#define RTO_MIN_US 1000000u          /* RFC 6298 2.4 */
#define RTO_MAX_US 60000000u         /* RFC 6298 2.5 */
#define GRANULARITY_US 1000u
#define BLACK_HOLE_AT 3              /* timeouts in a row of a big segment */

static u64 earlier(u64 a, u64 b)
{
	return !a ? b : !b ? a : a < b ? a : b;
}

void tcp_arm(struct tcb *t)
{
	u64 busy = earlier(earlier(t->due_rtx, t->due_ack), t->due_wait);
	u64 due = earlier(busy, t->due_keep), now;

	if (!due || t->flags & F_DEAD)
		return;
	if (t->armed && t->armed <= due && t->timer.background == !busy)
		return;
	/* One that is set is counted as what it was; one that went off comes to
	 * TCBTimeout(), which sets it again. */
	if (t->armed && !ke_timer_cancel(&t->timer))
		return;
	if (!t->armed)
		tcb_get(t);
	now = ex_now(t->tcp->x);
	t->armed = due;
	t->timer.background = !busy;
	ke_timer_set(&t->timer, due > now ? due - now : 0, 0, &t->dpc);
}

void tcp_disarm(struct tcb *t)
{
	t->due_rtx = t->due_ack = t->due_keep = t->due_wait = 0;
	if (!t->armed ||
	    !(ke_timer_cancel(&t->timer) || ke_dpc_remove(&t->dpc)))
		return;
	t->armed = 0;
	tcb_put(t);                  /* the caller has one, too */
}

/* RFC 6298 5.5 */
u32 tcp_backoff(const struct tcb *t)
{
	u64 us = (u64)t->rto << min_u32(t->retries, 16);

	return us > RTO_MAX_US ? RTO_MAX_US : (u32)us;
}

void tcp_arm_rtx(struct tcb *t)
{
	t->due_rtx = ex_tick(t->tcp->x) + (u64)tcp_backoff(t) * 1000;
}

/* RFC 6298 2 */
void tcp_rtt(struct tcb *t, u32 us)
{
	u32 delta;

	if (!us)
		us = 1;
	if (!t->srtt) {
		t->srtt = us;
		t->rttvar = us / 2;
	} else {
		delta = us > t->srtt ? us - t->srtt : t->srtt - us;
		t->rttvar = (u32)(((u64)t->rttvar * 3 + delta) / 4);
		t->srtt = (u32)(((u64)t->srtt * 7 + us) / 8);
	}
	t->rto = t->srtt + max_u32(GRANULARITY_US, min_u32(t->rttvar,
						   RTO_MAX_US) * 4);
	if (t->rto < RTO_MIN_US)
		t->rto = RTO_MIN_US;
	if (t->rto > RTO_MAX_US)
		t->rto = RTO_MAX_US;
}

/* --- what is due ------------------------------------------------------------------------ */

/* NT's TcpMaxDataRetransmissions, or what the personality has for it. */
static u32 most_retries(const struct tcb *t)
{
	const struct inet *s = t->tcp->s;

	return s->ctl.data_retrans ? s->ctl.data_retrans :
				     s->as->max_data_retrans;
}

/* The user's timeout (RFC 9293 3.8.3) or the personality's count. */
static bool given_up(struct tcb *t, u32 most)
{
	u64 silent = ex_now(t->tcp->x) - t->heard;

	if (t->user_timeout_ms)
		return t->retries && silent >= t->user_timeout_ms * MS;
	/* As long as probes are answered it stays open (3.8.6.1). */
	return (t->flags & F_PROBED ? t->unanswered : t->retries) >= most;
}

/* RFC 1122 4.2.3.9: what ICMP said is told when it turned out to be so. */
static enum ex_status why_silent(const struct tcb *t)
{
	return t->unreachable ? EX_HOST_UNREACHABLE : EX_IO_TIMEOUT;
}

/* RFC 2923 2.1: big segments vanish and nobody says why; of a window that was
 * taken back they do without a black hole. */
static void black_hole(struct tcb *t)
{
	u16 least = t->tcp->s->family->default_mss;

	if (!t->snd_wnd || t->retries < BLACK_HOLE_AT || t->mss <= least ||
	    tcp_in_flight(t) < least)
		return;
	t->mss = least;
	t->flags |= F_NO_DF;
}

static void syn_due(struct tcb *t)
{
	if (given_up(t, t->tcp->s->as->max_syn_retrans)) {
		tcp_fail(t, why_silent(t));
		return;
	}
	t->retries++;
	t->total_retrans++;
	t->flags &= ~(u32)F_TIMING;
	inet_count(t->tcp->s, retrans_segs);
	TRACE(tcp_retransmit, t, t->iss, 0, 2);
	tcp_arm_rtx(t);
	tcp_need(t, NEED_OUTPUT);
}

/* RFC 9293 3.8.6.1: a byte, although the window has no room. */
static void probe(struct tcb *t)
{
	if (!tcp_in_flight(t) && t->snd_wnd) {
		t->flags |= F_FORCE; /* 3.8.6.2.1 (4) */
	} else {
		t->flags |= F_PROBED;
		t->high_rxt = t->snd_una;
		t->lost_edge = t->snd_una + 1;
		if (!tcp_in_flight(t))
			t->snd_nxt++; /* the byte is there: it waits */
	}
	t->retries++;
	t->unanswered++;
	tcp_arm_rtx(t);
	tcp_need(t, NEED_OUTPUT);
}

/* A FIN for which there was no memory. */
static void fin_due(struct tcb *t)
{
	t->retries++;
	tcp_arm_rtx(t);
	tcp_need(t, NEED_OUTPUT);
}

static void retransmission_due(struct tcb *t)
{
	u32 flight = tcp_in_flight(t);

	t->due_rtx = 0;
	TRACE(tcp_rto, t, tcp_backoff(t), t->retries, 0);
	if (t->state <= TCP_SYN_RCVD) {
		syn_due(t);
		return;
	}
	if (!flight && t->snd_end == t->snd_nxt && !tcp_fin_waits(t))
		return;
	if (given_up(t, most_retries(t))) {
		tcp_fail(t, why_silent(t));
		return;
	}
	if (!flight && t->snd_end == t->snd_nxt) {
		fin_due(t);
		return;
	}
	if (!flight || t->flags & F_PROBED) {
		probe(t);
		return;
	}
	t->retries++;
	black_hole(t);
	cc_timeout(t);
	tcp_arm_rtx(t);
	tcp_need(t, NEED_OUTPUT);
}

u64 tcp_keep_idle(const struct tcb *t)
{
	return (t->keep_idle_s ? t->keep_idle_s :
				 t->tcp->s->ctl.keepalive_s) * SECOND;
}

static u64 keep_interval(const struct tcb *t)
{
	return (t->keep_interval_s ? t->keep_interval_s :
				     t->tcp->s->ctl.keepalive_interval_s) *
	       SECOND;
}

static u32 keep_count(const struct tcb *t)
{
	return t->keep_count ? t->keep_count :
			       min_u32(most_retries(t), 15);
}

/* RFC 9293 3.8.4: below the window, so it must be answered. */
static bool keepalive_due(struct tcb *t, struct tcp_out *o)
{
	u64 now = ex_now(t->tcp->x);
	u64 idle = t->heard + tcp_keep_idle(t);

	t->due_keep = 0;
	if (!(t->flags & F_KEEPALIVE) || !tcp_is_synchronized(t))
		return false;
	if (now < idle) {            /* something was heard since */
		t->due_keep = idle;
		t->challenges &= 0x0f;
		return false;
	}
	if (t->challenges >> 4 >= (u8)keep_count(t)) {
		tcp_fail(t, EX_IO_TIMEOUT);
		return false;
	}
	t->challenges = (u8)(t->challenges + 0x10); /* probes in the high half */
	t->due_keep = now + keep_interval(t);
	tcp_out_of(t, o);
	o->seq = t->snd_una - 1;
	o->wnd = (u16)min_u32(t->rcv_wnd >> t->rcv_wscale, 0xffff);
	o->noptions = (u8)tcp_put_options(t, o->options);
	return true;
}

/* 2 MSL, an end that nobody waits for, or a request's time. true: a RST. */
static bool wait_due(struct tcb *t, struct tcp_out *o)
{
	bool quiet = t->state == TCP_TIME_WAIT || t->state == TCP_SYN_SENT ||
		     (t->state == TCP_FIN_WAIT_2 && !t->conn);

	t->due_wait = 0;
	tcp_reset_of(t, o);
	tcp_fail(t, t->state == TCP_TIME_WAIT || !t->conn ? EX_SUCCESS :
							    EX_IO_TIMEOUT);
	return !quiet;
}

static bool is_due(u64 due, u64 now)
{
	return due && due <= now;
}

void TCBTimeout(void *context, void *arg1, void *arg2)
{
	struct tcb *t = context;
	struct tcp *tcp = t->tcp;
	struct tcp_out o;
	bool send = false, dead;
	u64 now = ex_now(tcp->x);

	(void)arg1;
	(void)arg2;
	ke_lock_dpc(&t->lock);
	t->armed = 0;
	if (is_due(t->due_ack, now)) {
		t->due_ack = 0;
		tcp_need(t, NEED_ACK);
	}
	if (is_due(t->due_rtx, now))
		retransmission_due(t);
	if (is_due(t->due_wait, now))
		send = wait_due(t, &o);
	else if (is_due(t->due_keep, now))
		send = keepalive_due(t, &o);
	tcp_arm(t);
	dead = t->flags & F_DEAD;
	ke_unlock_dpc(&t->lock);
	if (send)
		tcp_send_segment(tcp, &o);
	if (dead)
		tcb_unlink(t);
	ProcessTCBDelayQ(tcp);
	tcb_put(t);
}
