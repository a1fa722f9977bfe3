// SPDX-License-Identifier: Apache-2.0
/* What clients ask and set of a connection (enum tdi_info). */
#include "tcp.h"

static u32 in_segments(const struct tcb *t, u32 bytes)
{
	return t->mss ? (bytes + t->mss - 1) / t->mss : 0;
}

void tcp_info(const struct tcb *t, struct tdi_tcp_info *i)
{
	u32 lost = 0, from = seq_max(t->high_rxt, t->snd_una);

	if (seq_lt(from, t->lost_edge))
		lost = t->lost_edge - from;
	*i = (struct tdi_tcp_info){
		.state = t->state, .mss = t->mss, .cwnd = t->cwnd,
		.ssthresh = t->ssthresh, .srtt_us = t->srtt,
		.rttvar_us = t->rttvar, .rto_us = t->rto,
		.snd_wnd = t->snd_wnd, .rcv_wnd = t->rcv_wnd,
		.unacked = in_segments(t, t->snd_nxt - t->snd_una),
		.sacked = in_segments(t, t->board ? t->board->bytes : 0),
		.lost = in_segments(t, lost), .retrans = t->retries,
		.reordering = 3, .bytes_acked = t->bytes_acked,
		.bytes_received = t->bytes_received, .segs_out = t->segs_out,
		.segs_in = t->segs_in, .total_retrans = t->total_retrans,
		.snd_wscale = t->snd_wscale, .rcv_wscale = t->rcv_wscale,
		.options = (u8)((t->flags & F_TS ? 1 : 0) |
				(t->flags & F_SACK ? 2 : 0) |
				(t->flags & F_WSCALE ? 4 : 0)),
	};
}

void tcp_address(const struct inet *s, const struct inet_ip *ip, u16 port,
		 struct tdi_address *a)
{
	memset(a, 0, sizeof(*a));
	a->family = s->family->family;
	memcpy(a->ip, ip, s->family->address_len);
	a->port = port;
}

static u32 number_of(struct inet_connection *c, const struct tcb *t, int info)
{
	u32 flags = t ? t->flags : c->wish.flags;

	switch (info) {
	case TDI_NODELAY:
		return !!(flags & F_NODELAY);
	case TDI_KEEPALIVE:
		return !!(flags & F_KEEPALIVE);
	case TDI_URGENT_INLINE:
		return !!(flags & F_URG_INLINE);
	case TDI_MAXSEG:
		return t ? t->mss : c->wish.mss;
	case TDI_RECEIVE_WINDOW:
		return t ? t->rcv_buf : c->wish.rcv_buf;
	case TDI_SEND_QUEUE:
		return t ? t->snd_end - t->snd_una : 0;
	case TDI_USER_TIMEOUT:
		return t ? t->user_timeout_ms : c->wish.user_timeout_ms;
	case TDI_KEEP_IDLE:
		return c->wish.keep_idle_s ? c->wish.keep_idle_s :
					     c->s->ctl.keepalive_s;
	case TDI_KEEP_INTERVAL:
		return c->wish.keep_interval_s ?
			       c->wish.keep_interval_s :
			       c->s->ctl.keepalive_interval_s;
	case TDI_KEEP_COUNT:
		return c->wish.keep_count ? c->wish.keep_count :
					    c->s->as->max_data_retrans;
	case TDI_TTL:
		if (!(t ? t->ttl : c->wish.ttl))
			return c->s->as->ttl;
		return t ? t->ttl : c->wish.ttl;
	case TDI_TOS:
		return t ? t->tos : c->wish.tos;
	default:
		return 0;
	}
}

static enum ex_status query(struct inet_connection *c, const struct tcb *t,
			    struct tdi_request *r)
{
	union {
		struct tdi_tcp_info info;
		struct tdi_address address;
		u32 number;
	} v = { .number = 0 };
	size_t n = sizeof(v.number);

	if (r->info == TDI_CONNECTION_STATE) {
		n = sizeof(v.info);
		memset(&v.info, 0, n);
		if (t)
			tcp_info(t, &v.info);
	} else if (r->info == TDI_LOCAL_ADDRESS ||
		   r->info == TDI_REMOTE_ADDRESS) {
		bool local = r->info == TDI_LOCAL_ADDRESS;

		if (!t)
			return EX_INVALID_CONNECTION;
		n = sizeof(v.address);
		tcp_address(c->s, local ? &t->local : &t->remote,
			   local ? t->lport : t->rport, &v.address);
	} else {
		v.number = number_of(c, t, r->info);
	}
	if (r->value_length < n)
		return EX_BUFFER_TOO_SMALL;
	memcpy(r->value, &v, n);
	r->moved = n;
	return EX_SUCCESS;
}

enum ex_status TCPQuery(struct inet_connection *c, struct tdi_request *r)
{
	enum ex_status st;

	ke_lock_dpc(&c->lock);
	if (c->tcb)
		ke_lock_dpc(&c->tcb->lock);
	st = query(c, c->tcb, r);
	if (c->tcb)
		ke_unlock_dpc(&c->tcb->lock);
	ke_unlock_dpc(&c->lock);
	return st;
}

/* --- setting ------------------------------------------------------------------------------ */

static void set_flag(u32 *flags, u32 bit, u32 on)
{
	*flags = on ? *flags | bit : *flags & ~bit;
}

static enum ex_status wish(struct tcp_wishes *w, int info, u32 v)
{
	switch (info) {
	case TDI_NODELAY:
		set_flag(&w->flags, F_NODELAY, v);
		return EX_SUCCESS;
	case TDI_KEEPALIVE:
		set_flag(&w->flags, F_KEEPALIVE, v);
		return EX_SUCCESS;
	case TDI_URGENT_INLINE:
		set_flag(&w->flags, F_URG_INLINE, v);
		return EX_SUCCESS;
	case TDI_MAXSEG:
		if (v < TCP_MSS_MIN || v > 65535)
			return EX_INVALID_PARAMETER;
		w->mss = (u16)v;
		return EX_SUCCESS;
	case TDI_RECEIVE_WINDOW:
		w->rcv_buf = max_u32(min_u32(v, 1u << 29), 512);
		return EX_SUCCESS;
	case TDI_SEND_QUEUE:
		w->snd_buf = max_u32(min_u32(v, 1u << 29), 1);
		return EX_SUCCESS;
	case TDI_USER_TIMEOUT:
		w->user_timeout_ms = v;
		return EX_SUCCESS;
	case TDI_KEEP_IDLE:
		w->keep_idle_s = (u16)min_u32(v, 0xffff);
		return EX_SUCCESS;
	case TDI_KEEP_INTERVAL:
		w->keep_interval_s = (u16)min_u32(v, 0xffff);
		return EX_SUCCESS;
	case TDI_KEEP_COUNT:
		w->keep_count = (u8)min_u32(v, 15); /* of 4 bits */
		return EX_SUCCESS;
	case TDI_TTL:
		w->ttl = (u8)v;
		return EX_SUCCESS;
	case TDI_TOS:
		w->tos = (u8)v;
		return EX_SUCCESS;
	default:
		return EX_INVALID_PARAMETER;
	}
}

/* What was wished, of a connection that is there. */
static void apply(struct tcb *t, const struct tcp_wishes *w)
{
	const u32 own = F_NODELAY | F_KEEPALIVE | F_URG_INLINE;
	bool again;

	t->flags = (t->flags & ~own) | w->flags;
	if (w->rcv_buf)
		t->rcv_buf = w->rcv_buf;
	if (w->snd_buf)
		t->snd_buf = w->snd_buf;
	if (w->mss)
		t->mss = (u16)min_u32(t->mss, w->mss);
	t->user_timeout_ms = w->user_timeout_ms;
	t->ttl = w->ttl;
	t->tos = w->tos;
	again = w->keep_idle_s != t->keep_idle_s;
	t->keep_idle_s = w->keep_idle_s;
	t->keep_interval_s = w->keep_interval_s;
	t->keep_count = w->keep_count;
	if (t->flags & F_KEEPALIVE && tcp_is_synchronized(t) &&
	    (!t->due_keep || again))
		t->due_keep = t->heard + tcp_keep_idle(t);
	if (!(t->flags & F_KEEPALIVE))
		t->due_keep = 0;
	tcp_arm(t);
	tcp_need(t, NEED_OUTPUT);
}

enum ex_status TCPSet(struct inet_connection *c, struct tdi_request *r)
{
	enum ex_status st;
	u32 v;

	if (r->value_length < sizeof(v))
		return EX_BUFFER_TOO_SMALL;
	memcpy(&v, r->value, sizeof(v));
	ke_lock_dpc(&c->lock);
	st = wish(&c->wish, r->info, v);
	if (st == EX_SUCCESS && c->tcb) {
		ke_lock_dpc(&c->tcb->lock);
		if (!(c->tcb->flags & F_DEAD))
			apply(c->tcb, &c->wish);
		ke_unlock_dpc(&c->tcb->lock);
	}
	ke_unlock_dpc(&c->lock);
	ProcessTCBDelayQ(c->s->tcp);
	return st;
}
