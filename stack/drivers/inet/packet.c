// SPDX-License-Identifier: Apache-2.0
/* Packets on their way out: another of the same bytes, shared where they may be;
 * the sum of one that goes in pieces; and the end of one that was to be sent. */
#include "bytes.h"
#include "inet.h"

#define COPY_MAX 128u                /* up to here a copy costs less */

bool inet_is_lent(const struct ndis_packet *p)
{
	for (const struct ndis_buffer *b = p->head; b; b = b->next)
		if (!b->block)
			return true;
	return false;
}

static bool clone_into(struct ex *x, struct ndis_packet *to,
		       const struct ndis_packet *p, u32 off, u32 n)
{
	for (struct ndis_buffer *b = p->head; b && n; b = b->next) {
		u32 part = b->length > off ? b->length - off : 0;
		struct ndis_buffer *c;

		if (part > n)
			part = n;
		if (part) {
			c = ndis_buffer_clone(x, b, off, part);
			if (!c)
				return false;
			ndis_packet_append(to, c);
		}
		off = off > b->length ? off - b->length : 0;
		n -= part;
	}
	return !n;
}

/* Lent bytes are the sender's again when it is told that they are sent. */
static struct ndis_packet *copy(struct ex *x, const struct ndis_packet *p,
				u32 off, u32 n, u32 headroom)
{
	struct ndis_packet *c = ndis_packet_new(x, headroom, n);

	if (c && ndis_packet_copy(p, off, c->head->data, n) < n) {
		ndis_packet_put(c);
		return NULL;
	}
	return c;
}

struct ndis_packet *inet_keep(struct ex *x, struct ndis_packet *p)
{
	struct ndis_packet *c;

	if (!inet_is_lent(p))
		return p;
	c = copy(x, p, 0, p->length, INET_HEADROOM);
	if (c) {
		c->flags = p->flags;
		c->mss = p->mss;
		c->csum_start = p->csum_start;
		c->csum_offset = p->csum_offset;
	}
	inet_sent(p, c ? EX_SUCCESS : EX_INSUFFICIENT_RESOURCES);
	return c;
}

struct ndis_packet *inet_clone(struct ex *x, const struct ndis_packet *p,
			       u32 off, u32 n, u32 headroom)
{
	struct ndis_packet *c;

	if (off > p->length || n > p->length - off)
		return NULL;
	if (n <= COPY_MAX || inet_is_lent(p)) {
		c = copy(x, p, off, n, headroom);
	} else {
		c = headroom ? ndis_packet_new(x, headroom, 0) :
			       ndis_packet_alloc(x);
		if (c && !clone_into(x, c, p, off, n)) {
			ndis_packet_put(c);
			c = NULL;
		}
	}
	if (c)
		c->flags = p->flags;
	return c;
}

void inet_sum_now(struct ex *x, struct ndis_packet *p, u32 hlen)
{
	u32 at = hlen + p->csum_offset;
	u16 sum;
	u8 *flat;

	if (!(p->flags & NDIS_CSUM_L4_DO))
		return;
	p->flags &= ~(u32)NDIS_CSUM_L4_DO;
	flat = ndis_packet_flat(x, p, at + 2);
	if (!flat)
		return;
	sum = ndis_fold(ndis_packet_sum(p, hlen, p->length - hlen, 0));
	put_sum(flat + at, sum ? sum : 0xffff);
}

void inet_sent(struct ndis_packet *p, enum ex_status st)
{
	if (p->done)
		p->done(p, st);
	else
		ndis_packet_put(p);
}
