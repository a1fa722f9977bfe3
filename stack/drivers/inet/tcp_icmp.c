// SPDX-License-Identifier: Apache-2.0
/* What ICMP says of a connection: RFC 5927, RFC 1191, RFC 9293 3.9.2.2. */
#include "bytes.h"
#include "tcp.h"

/*
 * The path takes less: smaller segments, and those on their way again.  Less
 * than every path has to take would cost a header for a few bytes, and anybody
 * can say so (RFC 5927 7): routers of IPv4 may cut such segments up, and IPv6 has
 * no such paths (RFC 8201 4).
 */
static void too_big(struct tcb *t, u32 mtu)
{
	const struct inet_family *f = t->tcp->s->family;
	u32 headers = f->header_len + TCP_HEADER, mss = mtu - headers;

	if (mtu < headers + f->default_mss) {
		if (f->family != 4)
			return;
		mss = f->default_mss;
		t->flags |= F_NO_DF;
	}
	if (mss >= t->mss)           /* never larger (RFC 1191 3) */
		return;
	t->mss = (u16)mss;
	if (t->state < TCP_ESTABLISHED || !tcp_in_flight(t))
		return;
	cc_lost_from_una(t);
	tcp_need(t, NEED_OUTPUT);
}

static enum ex_status status_of(enum inet_error what)
{
	switch (what) {
	case INET_PORT_UNREACHABLE:
		return EX_CONNECTION_REFUSED;
	case INET_PROTOCOL_UNREACHABLE:
		return EX_PORT_UNREACHABLE;
	case INET_PROHIBITED:
		return EX_HOST_UNREACHABLE;
	default:
		return EX_SUCCESS;
	}
}

/* RFC 5927 4.1: about something that is on its way. */
static bool is_ours(const struct tcb *t, u32 seq)
{
	return !(t->flags & F_DEAD) && seq_le(t->snd_una, seq) &&
	       seq_lt(seq, t->snd_nxt);
}

/* RFC 5927 5.2: only a connection that is being made ends by it, and not by
 * one that may pass (RFC 9293 3.9.2.2, MUST-56). */
static void told(struct tcb *t, enum inet_error what, u32 mtu)
{
	enum ex_status why = status_of(what);

	if (what == INET_TOO_BIG)
		too_big(t, mtu);
	else if (t->state <= TCP_SYN_RCVD && why != EX_SUCCESS)
		tcp_fail(t, why);
	else if (what == INET_NET_UNREACHABLE || what == INET_HOST_UNREACHABLE)
		t->unreachable = true;
}

void tcp_icmp(struct inet *s, const struct inet_ip *src,
	      const struct inet_ip *dst, const u8 *quoted, u32 n,
	      enum inet_error what, u32 mtu)
{
	struct tcb *t;
	bool ours;
	u32 seq;

	if (n < 8)                   /* ports and sequence number */
		return;
	t = FindTCB(s->tcp, src, get16(quoted), dst, get16(quoted + 2));
	if (!t)
		return;
	seq = (u32)get16(quoted + 4) << 16 | get16(quoted + 6);
	ke_lock_dpc(&t->lock);
	ours = is_ours(t, seq);
	if (ours)
		told(t, what, mtu);
	ke_unlock_dpc(&t->lock);
	if (ours && what == INET_TOO_BIG)
		s->family->learn_mtu(s, dst, mtu);
	ProcessTCBDelayQ(s->tcp);
	tcb_put(t);
}
