// SPDX-License-Identifier: Apache-2.0
/* The sender's scoreboard: RFC 2018, 2883, 6675. */
#include "tcp.h"

#define DUP_THRESH 3u

void tcp_board_free(struct tcb *t)
{
	if (t->board)
		ex_free_pool(t->tcp->x, t->board, TAG_BOARD);
	t->board = NULL;
}

static void recount(struct tcp_board *b)
{
	b->bytes = 0;
	for (u32 i = 0; i < b->n; i++)
		b->bytes += b->r[i].to - b->r[i].from;
}

static void replace(struct tcp_board *b, u32 i, u32 k, struct tcp_range r)
{
	memmove(&b->r[i + 1], &b->r[k], (b->n - k) * sizeof(b->r[0]));
	b->r[i] = r;
	b->n = b->n - (k - i) + 1;
}

/* true: it says something new. */
static bool tcp_board_add(struct tcb *t, u32 from, u32 to)
{
	struct tcp_board *b = t->board;
	u32 i = 0, k, was;

	if (!b) {
		b = ex_alloc_zero(t->tcp->x, EX_NONPAGED, sizeof(*b),
				  TAG_BOARD);
		if (!b)
			return false;
		t->board = b;
	}
	while (i < b->n && seq_lt(b->r[i].to, from))
		i++;
	for (k = i; k < b->n && seq_le(b->r[k].from, to); k++) {
		from = seq_min(from, b->r[k].from);
		to = seq_max(to, b->r[k].to);
	}
	if (i == k && b->n == TCP_BOARD_MAX)
		return false;        /* it is sent again for nothing */
	was = b->bytes;
	replace(b, i, k, (struct tcp_range){ from, to });
	recount(b);
	return b->bytes != was;
}

void tcp_board_cut(struct tcb *t)
{
	struct tcp_board *b = t->board;
	u32 gone = 0;

	if (!b)
		return;
	while (gone < b->n && seq_le(b->r[gone].to, t->snd_una))
		gone++;
	b->n -= gone;
	memmove(b->r, b->r + gone, b->n * sizeof(b->r[0]));
	if (b->n && seq_lt(b->r[0].from, t->snd_una))
		b->r[0].from = t->snd_una;
	recount(b);
	if (!b->n)
		tcp_board_free(t);
}

u32 tcp_board_covered(const struct tcb *t, u32 from, u32 to)
{
	const struct tcp_board *b = t->board;
	u32 sum = 0;

	for (u32 i = 0; b && i < b->n; i++) {
		u32 lo = seq_max(from, b->r[i].from);
		u32 hi = seq_min(to, b->r[i].to);

		if (seq_lt(lo, hi))
			sum += hi - lo;
	}
	return sum;
}

bool tcp_board_hole(const struct tcb *t, u32 from, u32 to,
		    struct tcp_range *out)
{
	const struct tcp_board *b = t->board;

	for (u32 i = 0; b && i < b->n; i++) {
		if (seq_lt(from, b->r[i].from)) {
			to = seq_min(to, b->r[i].from);
			break;
		}
		from = seq_max(from, b->r[i].to);
	}
	*out = (struct tcp_range){ from, to };
	return seq_lt(from, to);
}

/*
 * RFC 6675 4, IsLost(): what has three runs above it, or more than two segments'
 * bytes.  So all below one place is; this is the place.
 */
u32 tcp_board_lost_edge(const struct tcb *t)
{
	const struct tcp_board *b = t->board;
	u32 bytes = 0, runs = 0;

	for (u32 i = b ? b->n : 0; i > 0; i--) {
		bytes += b->r[i - 1].to - b->r[i - 1].from;
		runs++;
		if (runs >= DUP_THRESH || bytes > (DUP_THRESH - 1) * t->mss)
			return b->r[i - 1].from;
	}
	return t->snd_una;
}

u32 tcp_board_top(const struct tcb *t)
{
	const struct tcp_board *b = t->board;

	return b && b->n ? b->r[b->n - 1].from : t->snd_una;
}

/* RFC 2883 4: the first block names what arrived twice. */
static bool is_dsack(const struct tcp_seg *g)
{
	const struct tcp_range *a = &g->o.sack[0], *b = &g->o.sack[1];

	return seq_lt(a->from, g->ack) ||
	       (g->o.nsack > 1 && seq_le(b->from, a->from) &&
		seq_le(a->to, b->to));
}

bool tcp_process_sack(struct tcb *t, const struct tcp_seg *g)
{
	bool new = false;

	if (!(t->flags & F_SACK) || !g->o.nsack)
		return false;
	for (u32 i = is_dsack(g); i < g->o.nsack; i++) {
		u32 from = g->o.sack[i].from, to = g->o.sack[i].to;

		if (!seq_lt(from, to) || seq_lt(from, t->snd_una) ||
		    seq_lt(t->snd_nxt, to))
			continue;    /* not of what was sent */
		new |= tcp_board_add(t, from, to);
	}
	return new;
}
