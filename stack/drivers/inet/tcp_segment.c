// SPDX-License-Identifier: Apache-2.0
/* Segments on their way out: header, checksum, and what belongs to nothing. */
#include "bytes.h"
#include "tcp.h"

static void put_header(u8 *h, const struct tcp_out *o)
{
	put16(h, o->sport);
	put16(h + 2, o->dport);
	put32(h + 4, o->seq);
	put32(h + 8, o->ack);
	h[12] = (u8)((TCP_HEADER + o->noptions) / 4 << 4);
	h[13] = o->flags;
	put16(h + 14, o->wnd);
	put16(h + 16, 0);
	put16(h + 18, o->urp);
	memcpy(h + TCP_HEADER, o->options, o->noptions);
}

/* RFC 9293 3.1; for an adapter that does it: the pseudo header's part. */
static void checksum(struct tcp *tcp, struct ndis_packet *p,
		     const struct tcp_out *o, u32 offloads)
{
	u32 sum = tcp->s->family->pseudo_sum(&o->src, &o->dst, 6, p->length);
	u16 v;

	if (offloads & NDIS_CSUM_L4_DO) {
		p->flags |= NDIS_CSUM_L4_DO;
		p->csum_start = 0;   /* those who push headers add them */
		p->csum_offset = 16;
		v = (u16)~ndis_fold(sum);
	} else {
		v = ndis_fold(ndis_packet_sum(p, 0, p->length, sum));
	}
	memcpy(p->head->data + 16, &v, 2);
}

struct ndis_packet *tcp_make_segment(struct tcp *tcp, const struct tcp_out *o,
				     struct ndis_buffer *data, u32 n, u32 mss,
				     u32 offloads)
{
	u32 header = TCP_HEADER + o->noptions;
	struct ndis_packet *p = ndis_packet_new(tcp->x, INET_HEADROOM, header);

	if (!p) {
		tcp_chain_free(tcp->x, data);
		return NULL;
	}
	put_header(p->head->data, o);
	while (data) {
		struct ndis_buffer *next = data->next;

		ndis_packet_append(p, data);
		data = next;
	}
	if (n > mss) {
		p->flags |= NDIS_LSO;
		p->mss = mss;
	}
	checksum(tcp, p, o, offloads);
	return p;
}

void tcp_transmit(struct tcp *tcp, struct ndis_packet *p,
		  const struct tcp_out *o)
{
	struct inet_tx tx = {
		.src = o->src, .dst = o->dst, .protocol = 6, .ttl = o->ttl,
		.tos = o->tos, .dont_fragment = o->dont_fragment,
	};

	inet_count(tcp->s, out_segs);
	(void)tcp->s->family->output(tcp->s, p, &tx);
}

void tcp_send_segment(struct tcp *tcp, const struct tcp_out *o)
{
	struct ndis_packet *p = tcp_make_segment(tcp, o, NULL, 0, 0, 0);

	if (p)
		tcp_transmit(tcp, p, o);
}

void tcp_refuse(struct tcp *tcp, const struct tcp_seg *g)
{
	struct tcp_out o = { .src = g->rx->dst, .dst = g->rx->src,
			     .sport = g->dport, .dport = g->sport,
			     .flags = TH_RST,
			     .dont_fragment = tcp->s->as->rst_df };

	if (g->flags & TH_RST)
		return;
	if (g->flags & TH_ACK) {
		o.seq = g->ack;
		/* No ACK: its field means nothing (RFC 9293 3.1). */
		o.ack = tcp->s->as->rst_ack_field ? g->ack : 0;
	} else {
		o.flags |= TH_ACK;
		o.ack = g->seq + g->len + !!(g->flags & TH_SYN) +
			!!(g->flags & TH_FIN);
	}
	tcp_send_segment(tcp, &o);
}
