// SPDX-License-Identifier: Apache-2.0
/*
 * What came out of order: pieces by sequence that do not overlap (the bytes that
 * came first stay), and the runs that SACK names, the latest first (RFC 2018 4).
 * Bounded by the window and by TCP_REASM_MAX pieces.
 */
#include "tcp.h"

static void piece_free(struct tcb *t, struct tcp_piece *p)
{
	t->reasm->pieces--;
	t->reasm->bytes -= p->len;
	tcp_chain_free(t->tcp->x, p->chain);
	ex_free_pool(t->tcp->x, p, TAG_REASM);
}

void tcp_reasm_free(struct tcb *t)
{
	struct tcp_reasm *r = t->reasm;

	if (!r)
		return;
	while (r->head) {
		struct tcp_piece *p = r->head;

		r->head = p->next;
		piece_free(t, p);
	}
	ex_free_pool(t->tcp->x, r, TAG_REASM);
	t->reasm = NULL;
}

static bool reasm_make(struct tcb *t)
{
	if (!t->reasm)
		t->reasm = ex_alloc_zero(t->tcp->x, EX_NONPAGED,
					 sizeof(*t->reasm), TAG_REASM);
	return t->reasm;
}

/* --- the runs -------------------------------------------------------------------------------- */

static void run_add(struct tcp_reasm *r, u32 from, u32 to)
{
	struct tcp_range keep[TCP_SACK_BLOCKS];
	u32 n = 0;

	for (u32 i = 0; i < r->nsack; i++) {
		struct tcp_range b = r->sack[i];

		if (seq_lt(b.to, from) || seq_lt(to, b.from)) {
			keep[n++] = b;
			continue;
		}
		from = seq_min(from, b.from);
		to = seq_max(to, b.to);
	}
	n = min_u32(n, TCP_SACK_BLOCKS - 1);
	r->sack[0] = (struct tcp_range){ from, to };
	memcpy(r->sack + 1, keep, n * sizeof(keep[0]));
	r->nsack = n + 1;
}

static void runs_cut(struct tcb *t)
{
	struct tcp_reasm *r = t->reasm;
	u32 n = 0;

	for (u32 i = 0; i < r->nsack; i++)
		if (seq_lt(t->rcv_nxt, r->sack[i].to))
			r->sack[n++] = r->sack[i];
	r->nsack = n;
}

/* --- adding ------------------------------------------------------------------------------------ */

/* Where a piece from seq on belongs; *before is the one in front of it. */
static struct tcp_piece **place_of(struct tcp_reasm *r, u32 seq,
				   struct tcp_piece **before)
{
	struct tcp_piece **at = &r->head;

	*before = NULL;
	if (r->tail && seq_lt(r->tail->seq, seq)) {
		*before = r->tail;
		return &r->tail->next;
	}
	while (*at && seq_lt((*at)->seq, seq)) {
		*before = *at;
		at = &(*at)->next;
	}
	return at;
}

/* The part of g that nobody has yet; false: none. */
static bool cut_front(struct tcp_seg *g, const struct tcp_piece *before)
{
	u32 n;

	if (!before || !seq_lt(g->seq, before->seq + before->len))
		return true;
	n = before->seq + before->len - g->seq;
	if (n >= g->len)
		return false;
	g->seq += n;
	g->off += n;
	g->len -= n;
	return true;
}

static void cut_back(struct tcb *t, struct tcp_seg *g, struct tcp_piece **at)
{
	struct tcp_reasm *r = t->reasm;

	while (*at) {
		struct tcp_piece *p = *at;

		if (seq_le(g->seq + g->len, p->seq))
			return;
		if (seq_lt(g->seq + g->len, p->seq + p->len) ||
		    (p->fin && !(g->flags & TH_FIN))) {
			g->len = p->seq - g->seq;
			g->flags &= (u8)~TH_FIN;
			return;
		}
		*at = p->next;
		if (r->tail == p)
			r->tail = NULL; /* the new one will be it */
		piece_free(t, p);
	}
}

static void insert(struct tcb *t, struct tcp_seg *g, struct tcp_piece **at)
{
	struct ex *x = t->tcp->x;
	struct tcp_piece *p = ex_alloc_zero(x, EX_NONPAGED, sizeof(*p),
					    TAG_REASM);

	if (!p)
		return;
	p->chain = g->len ? tcp_take(x, g->p, g->off, g->len) : NULL;
	if (g->len && !p->chain) {
		ex_free_pool(x, p, TAG_REASM);
		return;
	}
	p->seq = g->seq;
	p->len = g->len;
	p->fin = g->flags & TH_FIN;
	p->next = *at;
	*at = p;
	if (!p->next)
		t->reasm->tail = p;
	t->reasm->pieces++;
	t->reasm->bytes += p->len;
	run_add(t->reasm, p->seq, p->seq + p->len + p->fin);
}

void tcp_reasm_add(struct tcb *t, struct tcp_seg *g)
{
	struct tcp_piece **at, *before;
	u32 from = g->seq, to = g->seq + g->len;

	if (!reasm_make(t) || t->reasm->pieces >= TCP_REASM_MAX)
		return;
	at = place_of(t->reasm, g->seq, &before);
	if (!cut_front(g, before)) {
		if (t->flags & F_SACK && seq_lt(from, to)) /* RFC 2883 4.1 */
			t->dsack = (struct tcp_range){ from, to };
		if (to != from)
			run_add(t->reasm, from, to);
		return;
	}
	if (*at && (*at)->seq == g->seq && (*at)->len >= g->len && g->len) {
		if (t->flags & F_SACK)
			t->dsack = (struct tcp_range){ from, to };
		run_add(t->reasm, from, to);
		return;
	}
	cut_back(t, g, at);
	if (g->len || g->flags & TH_FIN)
		insert(t, g, at);
	if (!t->reasm->tail)
		for (struct tcp_piece *p = t->reasm->head; p; p = p->next)
			t->reasm->tail = p;
}

/* The bytes of p from rcv_nxt on; those before are there already. */
static void deliver_piece(struct tcb *t, struct tcp_piece *p)
{
	u32 old = t->rcv_nxt - p->seq;

	while (p->chain && old) {
		struct ndis_buffer *b = p->chain;
		u32 n = min_u32(old, b->length);

		b->data += n;
		b->length -= n;
		old -= n;
		if (b->length)
			break;
		p->chain = b->next;
		ndis_buffer_free(t->tcp->x, b);
	}
	if (p->chain)
		tcp_rcv_append(t, p->chain, p->seq + p->len - t->rcv_nxt);
	p->chain = NULL;
}

bool tcp_reasm_drain(struct tcb *t)
{
	struct tcp_reasm *r = t->reasm;
	bool fin = false;

	while (!fin && r->head && seq_le(r->head->seq, t->rcv_nxt)) {
		struct tcp_piece *p = r->head;
		bool ends_here;

		r->head = p->next;
		if (!r->head)
			r->tail = NULL;
		if (seq_lt(t->rcv_nxt, p->seq + p->len))
			deliver_piece(t, p);
		ends_here = t->rcv_nxt == p->seq + p->len;
		fin = p->fin && ends_here;
		piece_free(t, p);
	}
	if (!r->head)
		tcp_reasm_free(t);
	else
		runs_cut(t);
	return fin;
}
