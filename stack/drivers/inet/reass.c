// SPDX-License-Identifier: Apache-2.0
/* Datagrams in pieces: the table and the pieces (RFC 815). */
#include "reass.h"

/* --- the table ----------------------------------------------------------------------- */

void *inet_reass_new(struct ex *x, struct inet_reass_table *t, u32 size,
		     struct inet_iface *f, u64 expires)
{
	struct inet_reass *r = ex_alloc_zero(x, EX_NONPAGED, size, t->tag);

	if (!r)
		return NULL;
	r->f = f;
	r->expires = expires;
	r->cost = size;
	r->prev = t->tail;
	*(t->tail ? &t->tail->next : &t->head) = r;
	t->tail = r;
	t->count++;
	t->bytes += r->cost;
	return r;
}

void inet_reass_unlink(struct inet_reass_table *t, struct inet_reass *r)
{
	*(r->prev ? &r->prev->next : &t->head) = r->next;
	*(r->next ? &r->next->prev : &t->tail) = r->prev;
	t->count--;
	t->bytes -= r->cost;
}

void inet_reass_empty(struct ex *x, const struct inet_reass_table *t,
		      struct inet_reass *r)
{
	while (r->head) {
		struct inet_piece *q = r->head;

		r->head = q->next;
		if (q->data)
			ndis_packet_put(q->data);
		ex_free_pool(x, q, t->tag);
	}
	r->tail = NULL;
}

void inet_reass_free(struct ex *x, const struct inet_reass_table *t, void *r)
{
	inet_reass_empty(x, t, r);
	ex_free_pool(x, r, t->tag);
}

void *inet_reass_excess(struct inet_reass_table *t,
			const struct inet_reass *mine, u32 n, bool *full)
{
	struct inet_reass *old = t->head == mine && mine ? mine->next : t->head;

	*full = false;
	if (t->bytes + n + INET_PIECE_COST <= t->most_bytes &&
	    (mine || t->count < t->most_count))
		return NULL;
	*full = !old;
	if (old)
		inet_reass_unlink(t, old);
	return old;
}

void *inet_reass_expired(struct inet_reass_table *t, struct ke_lock *lock,
			 u64 now)
{
	enum ke_irql before = ke_lock(lock);
	struct inet_reass *r = t->head;

	if (r && r->expires > now)
		r = NULL;
	if (r)
		inet_reass_unlink(t, r);
	ke_unlock(lock, before);
	return r;
}

/* --- pieces ------------------------------------------------------------------------------ */

struct inet_piece *inet_reass_before(const struct inet_reass *r, u32 start)
{
	struct inet_piece *before = NULL;

	if (r->tail && r->tail->end <= start) /* in order */
		return r->tail;
	for (struct inet_piece *q = r->head; q && q->end <= start; q = q->next)
		before = q;
	return before;
}

bool inet_reass_put(struct ex *x, struct inet_reass_table *t,
		    struct inet_reass *r, struct inet_piece *before,
		    const struct ndis_packet *p, u32 off, u32 start, u32 end)
{
	struct inet_piece *q = ex_alloc(x, EX_NONPAGED, sizeof(*q), t->tag);
	u32 n = end - start;

	if (!q)
		return false;
	q->data = inet_clone(x, p, off, n, 0);
	if (!q->data) {
		ex_free_pool(x, q, t->tag);
		return false;
	}
	q->start = start;
	q->end = end;
	q->next = before ? before->next : r->head;
	*(before ? &before->next : &r->head) = q;
	if (!q->next)
		r->tail = q;
	r->have += n;
	r->count++;
	r->cost += n + INET_PIECE_COST;
	t->bytes += n + INET_PIECE_COST;
	return true;
}

bool inet_reass_agrees(const struct inet_reass *r, bool more, u32 end)
{
	if (more)
		return !r->total || end <= r->total;
	if (r->total)
		return r->total == end;
	return !r->tail || r->tail->end <= end;
}

bool inet_reass_complete(const struct inet_reass *r)
{
	return r->total && r->first && r->have == r->total;
}

struct ndis_packet *inet_reass_join(struct inet_reass *r)
{
	struct ndis_packet *p = r->head->data;

	r->head->data = NULL;
	p->flags = 0;
	for (struct inet_piece *q = r->head->next; q; q = q->next)
		while (q->data->head) {
			struct ndis_buffer *b = q->data->head;

			q->data->head = b->next;
			q->data->length -= b->length;
			if (!q->data->head)
				q->data->tail = NULL;
			ndis_packet_append(p, b);
		}
	return p;
}
