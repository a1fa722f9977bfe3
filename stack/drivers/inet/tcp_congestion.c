// SPDX-License-Identifier: Apache-2.0
/*
 * How much may be on its way: RFC 5681, 6582 (without SACK), 6675 (with), 3042,
 * 6928.
 *
 * One picture serves all: the pipe is what was sent and neither arrived (SACK;
 * without it, each duplicate ACK stands for a segment) nor got lost.  Of what is
 * lost, high_rxt says how far it was sent again; beyond lost_edge, how far what
 * may be lost was (RFC 6675 NextSeg 3): of that there are two in the pipe.
 *
 * Slow start is that of RFC 5681, a segment for an ACK; personality modern
 * counts bytes as RFC 3465 does, with its limit of two (2.3).
 */
#include "tcp.h"

#define DUP_THRESH 3u

/* RFC 6928 2: about ten segments; RFC 3390 for the personalities before. */
static u32 initial_window(const struct tcb *t)
{
	u32 segments = t->tcp->s->as->initial_cwnd;

	if (segments >= 10)
		return min_u32(segments * t->mss, max_u32(2 * t->mss, 14600));
	return segments * t->mss;
}

/* RFC 5681 4.1: the restart window */
void cc_idle(struct tcb *t)
{
	u64 idle = ex_now(t->tcp->x) - t->sent_at;

	if (!tcp_in_flight(t) && idle > (u64)t->rto * 1000)
		t->cwnd = min_u32(t->cwnd, initial_window(t));
}

void cc_start(struct tcb *t)
{
	t->cwnd = initial_window(t);
	if (t->retries)              /* RFC 5681 3.1: the SYN was lost */
		t->cwnd = t->mss;
	t->ssthresh = UINT32_MAX / 2;
}

static u32 arrived(const struct tcb *t)
{
	u32 flight = tcp_in_flight(t);

	return t->flags & F_SACK ? (t->board ? t->board->bytes : 0) :
				   min_u32(t->dup_bytes, flight);
}

u32 cc_pipe(const struct tcb *t)
{
	u32 from = seq_max(t->high_rxt, t->snd_una), lost = 0;
	u32 to = seq_min(t->lost_edge, t->snd_nxt), flight = tcp_in_flight(t);
	u32 twice = 0;

	to = seq_max(to, t->snd_una);
	if (seq_lt(from, to))
		lost = to - from - tcp_board_covered(t, from, to);
	else if (t->flags & F_RECOVERY && seq_lt(to, from))
		twice = from - to - tcp_board_covered(t, to, from);
	lost += arrived(t);
	return (lost < flight ? flight - lost : 0) + twice;
}

/* RFC 5681 (4) */
static void halve(struct tcb *t, u32 flight)
{
	t->ssthresh = max_u32(flight / 2, 2 * t->mss);
}

static bool recovering(const struct tcb *t)
{
	return t->flags & (F_RECOVERY | F_LOSS);
}

/* The first segment is taken for lost; not what will be sent behind it, which may
 * be within one MSS when segments are small. */
static u32 first_segment(const struct tcb *t)
{
	return seq_min(t->snd_una + t->mss, t->snd_nxt);
}

static void enter_recovery(struct tcb *t)
{
	/* without what limited transmit sent (RFC 5681 3.2 (2)) */
	halve(t, seq_min(t->dup_nxt, t->snd_nxt) - t->snd_una);
	t->cwnd = t->ssthresh;
	t->acked = 0;
	t->recover = t->snd_nxt;
	t->flags |= F_RECOVERY;
	t->high_rxt = t->snd_una;
	t->rescue = t->snd_una - 1;  /* undefined */
	t->lost_edge = first_segment(t);
	if (t->flags & F_SACK)
		t->lost_edge = seq_max(t->lost_edge, tcp_board_lost_edge(t));
	tcp_arm_rtx(t);
	tcp_need(t, NEED_OUTPUT);
}

/* Not for what an earlier recovery left behind: RFC 6582 3.2 (2) wants more
 * acknowledged than was sent then, RFC 6675 5.1 all of it. */
static bool may_recover(const struct tcb *t)
{
	return t->flags & F_SACK ? seq_le(t->recover, t->snd_una) :
				   seq_lt(t->recover, t->snd_una);
}

void cc_duplicate(struct tcb *t, bool sacked)
{
	bool enough;

	if (t->flags & F_SACK && !sacked)
		return;              /* RFC 6675 2: it says nothing new */
	if (!t->dupacks)
		t->dup_nxt = t->snd_nxt;
	if (t->dupacks < 255)
		t->dupacks++;
	if (!(t->flags & F_SACK))
		t->dup_bytes = min_u32(t->dup_bytes + t->mss,
				       tcp_in_flight(t));
	tcp_need(t, NEED_OUTPUT);    /* RFC 3042: one new segment for each */
	if (recovering(t)) {
		if (t->flags & F_SACK)
			t->lost_edge = seq_max(t->lost_edge,
					       tcp_board_lost_edge(t));
		return;
	}
	enough = t->dupacks >= DUP_THRESH ||
		 (t->flags & F_SACK &&
		  seq_lt(t->snd_una, tcp_board_lost_edge(t)));
	if (enough && may_recover(t))
		enter_recovery(t);
}

/* It may have reneged (RFC 2018 8), and it did if it has the left edge. */
static bool reneged(const struct tcb *t)
{
	return t->retries > 1 ||
	       (t->board && t->board->n && t->board->r[0].from == t->snd_una);
}

/* RFC 6298 5.4, RFC 5681 3.1: back to one segment, and all of it is lost. */
void cc_timeout(struct tcb *t)
{
	if (!(t->flags & F_LOSS) || t->retries <= 1)
		halve(t, tcp_in_flight(t));
	t->cwnd = t->mss;
	t->acked = 0;
	t->dupacks = 0;
	t->dup_bytes = 0;
	t->recover = t->snd_nxt;
	t->flags = (t->flags | F_LOSS) & ~(u32)F_RECOVERY;
	if (reneged(t))
		tcp_board_free(t);
	cc_lost_from_una(t);
}

void cc_lost_from_una(struct tcb *t)
{
	t->high_rxt = t->snd_una;
	t->lost_edge = t->snd_nxt;
	t->flags &= ~(u32)F_TIMING;
}

static void grow(struct tcb *t, u32 n, bool after_loss)
{
	u32 most = t->mss;

	if (!after_loss)             /* RFC 3465 2.3 */
		most *= t->tcp->s->as->slow_start;

	if (t->cwnd < t->ssthresh) {
		t->cwnd += min_u32(n, most);
		return;
	}
	t->acked += n;               /* RFC 5681 3.1, by bytes */
	if (t->acked < t->cwnd)
		return;
	t->acked -= t->cwnd;
	t->cwnd += t->mss;
}

/* RFC 6582 3.2 (3): the next hole of a partial acknowledgement. */
static void partial(struct tcb *t, u32 n)
{
	if (t->flags & F_SACK) {
		if (seq_lt(t->rescue, t->snd_una)) /* else that was it */
			t->lost_edge = seq_max(t->lost_edge,
					       first_segment(t));
	} else {
		u32 out = n > t->mss ? n - t->mss : 0;

		t->dup_bytes = t->dup_bytes > out ? t->dup_bytes - out : 0;
		t->high_rxt = t->snd_una;
		t->lost_edge = first_segment(t);
	}
	tcp_need(t, NEED_OUTPUT);
}

static void leave(struct tcb *t)
{
	if (t->flags & F_RECOVERY)   /* RFC 6582 3.2 (3), the careful way */
		t->cwnd = min_u32(t->ssthresh,
				  max_u32(cc_pipe(t), t->mss) + t->mss);
	t->flags &= ~(u32)(F_RECOVERY | F_LOSS);
	t->high_rxt = t->lost_edge = t->snd_una;
	t->dup_bytes = 0;
}

void cc_acked(struct tcb *t, u32 n, u32 flight)
{
	bool after_loss = t->flags & F_LOSS;

	t->dupacks = 0;
	if (recovering(t) && !seq_lt(t->snd_una, t->recover))
		leave(t);
	else if (t->flags & F_RECOVERY)
		partial(t, n);
	if (!recovering(t)) {
		t->dup_bytes = 0;
		t->recover = seq_max(t->recover, t->snd_una - 1);
	}
	t->high_rxt = seq_max(t->high_rxt, t->snd_una);
	t->lost_edge = seq_max(t->lost_edge, t->snd_una);
	if (t->flags & F_RECOVERY)
		return;
	/* RFC 7661 in short: what is not used does not grow */
	if (t->flags & F_CWND_LIMITED || after_loss || flight >= t->cwnd)
		grow(t, n, after_loss);
	t->flags &= ~(u32)F_CWND_LIMITED;
}
