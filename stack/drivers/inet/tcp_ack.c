// SPDX-License-Identifier: Apache-2.0
/* Acknowledgements: RFC 9293 3.10.7.4 "fifth", RFC 5681, 6298, 7323. */
#include "tcp.h"

#define FIN_WAIT_2_NS (60 * SECOND)  /* when nobody owns it any more */

/* --- what was acknowledged goes ---------------------------------------------------------- */

static void drop_bytes(struct tcb *t, u32 to)
{
	struct ex *x = t->tcp->x;

	while (t->snd_q && seq_lt(t->snd_q_seq, to)) {
		struct ndis_buffer *b = t->snd_q;
		u32 n = to - t->snd_q_seq;

		if (n < b->length) {
			b->data += n;
			b->length -= n;
			t->snd_q_seq = to;
			if (t->cur == b)
				t->cur_seq = to;
			break;
		}
		t->snd_q_seq += b->length;
		t->snd_q = b->next;
		if (t->cur == b)
			t->cur = NULL;
		if (t->snd_tail == b) {
			t->snd_tail = NULL;
			t->tail_room = 0;
		}
		ndis_buffer_free(x, b);
	}
}

static void complete_sends(struct tcb *t)
{
	struct irp *irp;

	while ((irp = t->sends.head)) {
		const struct tdi_request *r = io_here(irp)->buffer;
		u32 end = (u32)(uintptr_t)irp->driver[0];

		if (seq_lt(t->snd_una, end))
			break;
		t->sends.head = irp->next;
		if (!irp->next)
			t->sends.tail = NULL;
		tcb_irp_done(t, irp, EX_SUCCESS, r->length);
	}
	if (t->flags & F_FULL && t->snd_end - t->snd_una <= t->snd_buf / 2)
		tcp_need(t, NEED_RCV_CMPLT); /* SEND_POSSIBLE */
}

/*
 * Karn's rule; with timestamps a retransmission counts, too (RFC 7323 4), but only
 * if it is the one that is echoed: when an ACK was lost, the answer to what came
 * twice has the timestamp of the first (R2 comes before R3 there), and the
 * whole timeout would be taken for a round trip.  false: nothing was measured.
 */
static bool measure(struct tcb *t, const struct tcp_seg *g)
{
	if (t->flags & F_TIMING && seq_le(t->rtt_seq, g->ack)) {
		t->flags &= ~(u32)F_TIMING;
		tcp_rtt(t, (u32)((ex_now(t->tcp->x) - t->rtt_at) / 1000));
		return true;
	}
	if (t->flags & F_TS && g->o.has_ts && g->o.tsecr &&
	    (t->retries || t->flags & (F_LOSS | F_RECOVERY)) &&
	    seq_le(t->rtx_ts, g->o.tsecr)) {
		u32 ticks = tcp_ts_now(t->tcp) + t->ts_offset - g->o.tsecr;
		u32 tick_us = t->tcp->s->as->ts_tick_ms * 1000;

		if (ticks < 120000000 / tick_us) { /* 0: some part of one */
			tcp_rtt(t, ticks ? ticks * tick_us : tick_us / 2);
			return true;
		}
	}
	return false;
}

/* --- our FIN was acknowledged --------------------------------------------------------------- */

static void fin_acknowledged(struct tcb *t)
{
	if (t->disconnect)
		t->due_wait = 0;
	tcb_irp_end(t, &t->disconnect, EX_SUCCESS);
	switch (t->state) {
	case TCP_FIN_WAIT_1:
		tcp_set_state(t, TCP_FIN_WAIT_2);
		if (!t->conn)
			t->due_wait = ex_now(t->tcp->x) + FIN_WAIT_2_NS;
		break;
	case TCP_CLOSING:
		tcp_time_wait(t);
		break;
	case TCP_LAST_ACK:
		tcp_fail(t, EX_SUCCESS);
		break;
	default:
		break;
	}
}

static void new_ack(struct tcb *t, const struct tcp_seg *g)
{
	u32 n = g->ack - t->snd_una, flight = tcp_in_flight(t);

	/* RFC 6298 5.5: backed off until there is a measurement */
	if (!measure(t, g) && t->retries && !(t->flags & F_PROBED))
		t->rto = tcp_backoff(t);
	t->snd_una = g->ack;
	t->bytes_acked += n;
	t->retries = t->unanswered = 0;
	t->flags &= ~(u32)F_PROBED;
	drop_bytes(t, seq_min(g->ack, t->snd_end));
	tcp_board_cut(t);
	cc_acked(t, n, flight);
	complete_sends(t);
	if (t->flags & F_SND_URG && seq_le(t->snd_up, t->snd_una))
		t->flags &= ~(u32)F_SND_URG;
	if (tcp_in_flight(t))
		tcp_arm_rtx(t);      /* RFC 6298 5.3 */
	else
		t->due_rtx = 0;      /* 5.2 */
	tcp_need(t, NEED_OUTPUT);
	if (t->flags & F_FIN_SENT && g->ack == t->snd_end + 1)
		fin_acknowledged(t);
}

/* --- the window ------------------------------------------------------------------------------ */

static void window_opened(struct tcb *t)
{
	t->flags &= ~(u32)F_FORCE;
	if (t->flags & F_PROBED) {   /* the probe was thrown away */
		t->flags &= ~(u32)F_PROBED;
		cc_lost_from_una(t);
		t->due_rtx = 0;
	} else if (!tcp_in_flight(t)) {
		t->due_rtx = 0;      /* what was waited for */
	}
	t->retries = 0;
	tcp_need(t, NEED_OUTPUT);
}

static void tcp_update_window(struct tcb *t, const struct tcp_seg *g)
{
	u32 wnd = (u32)g->wnd << t->snd_wscale, was = t->snd_wnd;

	if (!(seq_lt(t->snd_wl1, g->seq) ||
	      (t->snd_wl1 == g->seq && seq_le(t->snd_wl2, g->ack))))
		return;
	t->snd_wnd = wnd;
	t->snd_wl1 = g->seq;
	t->snd_wl2 = g->ack;
	t->max_wnd = max_u32(t->max_wnd, wnd);
	t->unanswered = 0;
	if (wnd > was)
		window_opened(t);
	else if (!wnd)
		t->retries = (u8)min_u32(t->retries, 4); /* not ever more seldom */
}

/* RFC 5681 2: a duplicate */
static bool is_duplicate(const struct tcb *t, const struct tcp_seg *g,
			 u32 wnd_was)
{
	return g->ack == t->snd_una && !g->len && !(g->flags & TH_FIN) &&
	       tcp_in_flight(t) && !(t->flags & F_PROBED) &&
	       (t->snd_wnd == wnd_was || g->o.nsack);
}

void tcp_ack(struct tcb *t, struct tcp_seg *g)
{
	u32 wnd_was = t->snd_wnd;
	bool sacked;

	if (t->state == TCP_SYN_RCVD) {
		t->snd_una = g->ack;
		t->snd_wl1 = g->seq - 1; /* this one's window counts */
		tcp_established(t);
	}
	sacked = tcp_process_sack(t, g);
	tcp_update_window(t, g);
	if (seq_lt(t->snd_una, g->ack)) {
		new_ack(t, g);
		if (sacked && !(t->flags & F_DEAD))
			cc_duplicate(t, true);
	} else if (is_duplicate(t, g, wnd_was)) {
		cc_duplicate(t, sacked);
	}
}
