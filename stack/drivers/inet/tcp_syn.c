// SPDX-License-Identifier: Apache-2.0
/*
 * Half-open connections (RFC 4987): a small entry each, bounded; when there are
 * too many, cookies, or the oldest goes.  A connection is made, and the client
 * asked for one, when the handshake is complete.
 */
#include "keyed.h"
#include "tcp.h"

enum { SYN_TS = 1, SYN_SACK = 2, SYN_WSCALE = 4, SYN_COOKIE = 8 };
#define LATER (100 * MS)
#define TOLD_MAX 10u                 /* RFC 5961 7 */
#define COOKIE_PERIOD (64 * SECOND)
#define COOKIE_NO_SCALE 15u          /* more than TCP_MAX_WSCALE */
static const u16 cookie_mss[8] = { 216, 536, 1200, 1360, 1400, 1440, 1460,
				   8960 };

static struct tcp_syn **bucket_of(struct tcp *tcp, const struct tcp_seg *g)
{
	u32 h = tcp_hash(tcp, &g->rx->dst, g->dport, &g->rx->src, g->sport);

	return &tcp->syn[h % TCP_SYN_BUCKETS];
}

static bool is_of(const struct tcp_syn *y, const struct tcp_seg *g)
{
	return y->lport == g->dport && y->rport == g->sport &&
	       !memcmp(&y->local, &g->rx->dst, sizeof(y->local)) &&
	       !memcmp(&y->remote, &g->rx->src, sizeof(y->remote));
}

static struct tcp_syn **place_of(struct tcp *tcp, const struct tcp_seg *g)
{
	struct tcp_syn **at = bucket_of(tcp, g);

	while (*at && !is_of(*at, g))
		at = &(*at)->next;
	return at;
}

/* --- the queues ----------------------------------------------------------------------------- */

/* Locked, as all of these. */
static void enqueue(struct tcp *tcp, struct tcp_syn *y, u32 queue)
{
	struct tcp_syn_queue *q = &tcp->syn_queue[queue];

	y->queue = (u8)queue;
	y->younger = NULL;
	y->older = q->last;
	*(q->last ? &q->last->younger : &q->first) = y;
	q->last = y;
}

static void dequeue(struct tcp *tcp, struct tcp_syn *y)
{
	struct tcp_syn_queue *q = &tcp->syn_queue[y->queue];

	*(y->older ? &y->older->younger : &q->first) = y->younger;
	*(y->younger ? &y->younger->older : &q->last) = y->older;
}

/* The one that goes first: sent again most often. Those that have answered stay
 * longest. NULL: there is none. */
static struct tcp_syn *oldest(const struct tcp *tcp)
{
	for (u32 i = TCP_SYN_LATER; i-- > 0;)
		if (tcp->syn_queue[i].first)
			return tcp->syn_queue[i].first;
	return tcp->syn_queue[TCP_SYN_LATER].first;
}

static void syn_free(struct tcp *tcp, struct tcp_syn **at)
{
	struct tcp_syn *y = *at;

	*at = y->next;
	dequeue(tcp, y);
	KE_SET(&tcp->syns, tcp->syns - 1);
	ex_free_pool(tcp->x, y, TAG_SYN);
}

static void syn_free_one(struct tcp *tcp, struct tcp_syn *y)
{
	u32 h = tcp_hash(tcp, &y->local, y->lport, &y->remote, y->rport);
	struct tcp_syn **at = &tcp->syn[h % TCP_SYN_BUCKETS];

	while (*at && *at != y)
		at = &(*at)->next;
	if (*at)
		syn_free(tcp, at);
}

/* --- SYN and ACK -------------------------------------------------------------------------------- */

static u16 own_mss(struct tcp *tcp, const struct tcp_syn *y)
{
	struct inet *s = tcp->s;
	struct inet_ip src = y->local;
	struct inet_path path = { 0 };
	u32 headers = s->family->header_len + TCP_HEADER;

	if (!s->family->route(s, &y->remote, &src, &path) ||
	    path.mtu < headers + TCP_MSS_MIN)
		return TCP_MSS_MIN;
	return (u16)min_u32(path.mtu - headers, 65535);
}

static u8 own_wscale(struct tcp *tcp, const struct tcp_syn *y)
{
	return y->flags & SYN_WSCALE ? tcp_wscale_for(tcp, y->rcv_buf) : 0;
}

/* What the cookie has no room for; never ahead of the clock (PAWS). */
static u32 cookie_tsval(const struct tcp_syn *y, u32 now)
{
	u32 scale = y->flags & SYN_WSCALE ? y->wscale : COOKIE_NO_SCALE;
	u32 v = (now & ~31u) | scale | (y->flags & SYN_SACK ? 16 : 0);

	return seq_lt(now, v) ? v - 32 : v;
}

static void answer(struct tcp *tcp, const struct tcp_syn *y)
{
	bool ts = y->flags & SYN_TS;
	bool cookie = y->flags & SYN_COOKIE;
	bool zero = tcp->s->as->syn_ts_zero && !cookie;
	u32 tsval = tcp_ts_now(tcp) + y->ts_offset;
	struct tcp_out o = {
		.src = y->local, .dst = y->remote, .sport = y->lport,
		.dport = y->rport, .seq = y->iss, .ack = y->irs + 1,
		.flags = TH_SYN | TH_ACK, .dont_fragment = true,
		.wnd = (u16)min_u32(y->rcv_buf, 0xffff),
	};

	if (cookie && ts)            /* it needs them, whoever we are */
		tsval = cookie_tsval(y, tsval);
	o.noptions = (u8)tcp_put_syn_options(
		tcp, o.options, own_mss(tcp, y),
		y->flags & SYN_WSCALE ? own_wscale(tcp, y) : -1, ts,
		y->flags & SYN_SACK, zero ? 0 : tsval, zero ? 0 : y->tsval);
	TRACE(tcp_segment_out, y, y->iss, y->irs + 1, o.flags);
	tcp_send_segment(tcp, &o);
}

/* RFC 9293 3.10.7.4 "first", RFC 5961 3.2: where it stands, to whoever sent what
 * does not fit. */
static void tell(struct tcp *tcp, const struct tcp_syn *y)
{
	struct tcp_out o = {
		.src = y->local, .dst = y->remote, .sport = y->lport,
		.dport = y->rport, .seq = y->iss + 1, .ack = y->irs + 1,
		.flags = TH_ACK, .dont_fragment = true,
		.wnd = (u16)(min_u32(y->rcv_buf, 0xffff) >>
			     own_wscale(tcp, y)),
	};

	if (y->flags & SYN_TS)
		o.noptions = (u8)tcp_put_timestamp(
			o.options, tcp_ts_now(tcp) + y->ts_offset, y->tsval);
	TRACE(tcp_segment_out, y, o.seq, o.ack, o.flags);
	tcp_send_segment(tcp, &o);
}

static void fill(struct tcp *tcp, struct tcp_syn *y, const struct tcp_seg *g,
		 u32 rcv_buf)
{
	const struct inet_personality *as = tcp->s->as;

	*y = (struct tcp_syn){
		.local = g->rx->dst, .remote = g->rx->src, .lport = g->dport,
		.rport = g->sport,
		.mss = g->o.has_mss ? g->o.mss : tcp->s->family->default_mss,
		.wscale = g->o.wscale, .irs = g->seq, .wnd = g->wnd,
		.tsval = g->o.tsval,
		.ts_offset = tcp_ts_offset(tcp, &g->rx->dst, &g->rx->src),
		.iss = tcp_iss(tcp, &g->rx->dst, g->dport, &g->rx->src,
			       g->sport),
		.rcv_buf = rcv_buf,
		.sent = ex_now(tcp->x),
	};
	if (g->o.has_ts && as->timestamps)
		y->flags |= SYN_TS;
	if (g->o.sack_ok && inet_may_sack(tcp->s))
		y->flags |= SYN_SACK;
	if (g->o.has_wscale && as->window_scale)
		y->flags |= SYN_WSCALE;
}

/* When y->mss is what it will be. */
static void round_window(struct tcp *tcp, struct tcp_syn *y)
{
	u32 mss;

	if (!tcp->s->as->window_of_mss)
		return;
	mss = max_u32(min_u32(own_mss(tcp, y), y->mss), TCP_MSS_MIN);
	y->rcv_buf = tcp_window_for(tcp, y->rcv_buf, mss);
}

/* --- cookies --------------------------------------------------------------------------------------- */

static u32 cookie_hash(struct tcp *tcp, const struct tcp_seg *g, u32 irs,
		       u32 count)
{
	return (u32)keyed(tcp->secret, KEYED_COOKIE, &g->rx->dst, g->dport,
			  &g->rx->src, g->sport, (u64)irs << 32 | count) >> 8;
}

/* 5 bits of time, 3 of MSS, 24 that only we can make. */
static void send_cookie(struct tcp *tcp, const struct tcp_seg *g, u32 rcv_buf)
{
	u32 count = (u32)(ex_now(tcp->x) / COOKIE_PERIOD) & 31, i = 7;
	struct tcp_syn y;

	fill(tcp, &y, g, rcv_buf);
	while (i && cookie_mss[i] > y.mss)
		i--;
	y.mss = cookie_mss[i];
	round_window(tcp, &y);
	y.iss = count << 27 | i << 24 | cookie_hash(tcp, g, y.irs, count);
	y.flags |= SYN_COOKIE;
	if (!(y.flags & SYN_TS))
		y.flags &= (u8)~(SYN_WSCALE | SYN_SACK);
	KE_SET(&tcp->cookies_at, ex_now(tcp->x));
	answer(tcp, &y);
}

static bool open_cookie(struct tcp *tcp, const struct tcp_seg *g, u32 rcv_buf,
			struct tcp_syn *y)
{
	u64 sent = KE_GET(&tcp->cookies_at);
	u32 now = (u32)(ex_now(tcp->x) / COOKIE_PERIOD), iss = g->ack - 1;
	u32 count = iss >> 27;

	if (!sent || ex_now(tcp->x) - sent > 2 * COOKIE_PERIOD ||
	    ((now - count) & 31) > 1 ||
	    cookie_hash(tcp, g, g->seq - 1, count) != (iss & 0xffffff))
		return false;
	fill(tcp, y, g, rcv_buf);
	y->irs = g->seq - 1;
	y->iss = iss;
	y->mss = cookie_mss[iss >> 24 & 7];
	round_window(tcp, y);
	y->flags &= SYN_TS;
	if (y->flags & SYN_TS) {
		y->wscale = g->o.tsecr & 15;
		y->flags |= g->o.tsecr & 16 ? SYN_SACK : 0;
		y->flags |= y->wscale < COOKIE_NO_SCALE ? SYN_WSCALE : 0;
	}
	return true;
}

/* --- the connection ----------------------------------------------------------------------------------- */

static struct tcb *make_tcb(struct tcp *tcp, const struct tcp_syn *y,
			    const struct tcp_seg *g)
{
	struct tcb *t = tcb_new(tcp, &y->local, y->lport, &y->remote,
				y->rport);
	struct tcp_options o = {
		.has_mss = true, .mss = y->mss, .wscale = y->wscale,
		.has_wscale = y->flags & SYN_WSCALE,
		.has_ts = y->flags & SYN_TS, .tsval = y->tsval,
		.sack_ok = y->flags & SYN_SACK,
	};

	if (!t)
		return NULL;
	t->rcv_buf = y->rcv_buf;
	t->iss = y->iss;
	t->snd_una = t->snd_nxt = t->snd_q_seq = t->snd_end = t->cur_seq =
		y->iss + 1;
	t->irs = y->irs;
	t->rcv_nxt = t->rcv_last_ack = t->rcv_up = y->irs + 1;
	t->rcv_wnd = min_u32(y->rcv_buf, 0xffff);
	t->rcv_adv = t->rcv_nxt + t->rcv_wnd;
	t->rcv_wscale = own_wscale(tcp, y);
	t->mss = own_mss(tcp, y);
	tcp_negotiate(t, &o);
	t->snd_wnd = t->max_wnd = (u32)g->wnd << t->snd_wscale;
	t->snd_wl1 = g->seq;
	t->snd_wl2 = g->ack;
	if (!y->tries && !(y->flags & SYN_COOKIE))
		tcp_rtt(t, (u32)((ex_now(tcp->x) - y->sent) / 1000));
	t->retries = y->tries;
	return t;
}

static void remote_of(const struct tcb *t, struct tdi_address *a)
{
	const struct inet_family *f = t->tcp->s->family;

	memset(a, 0, sizeof(*a));
	a->family = f->family;
	memcpy(a->ip, &t->remote, f->address_len);
	a->port = t->rport;
}

/* A LISTEN that waits on one of the address's connections; referenced. */
static struct inet_connection *listening(struct inet_address *a,
					 struct irp **irp)
{
	struct inet_connection *c = NULL;

	/* A server by events has thousands, and none of them listens. */
	if (!KE_GET(&a->listens))
		return NULL;
	ke_lock_dpc(&a->lock);
	for (c = a->connections; c; c = c->next) {
		ke_lock_dpc(&c->lock);
		*irp = c->listen;
		if (*irp && io_take_cancel(*irp)) {
			c->listen = NULL;
			inet_connection_get(c);
			KE_ADD(&a->listens, -1u);
			ke_unlock_dpc(&c->lock);
			break;
		}
		ke_unlock_dpc(&c->lock);
	}
	ke_unlock_dpc(&a->lock);
	return c;
}

static enum ex_status ask(struct inet_address *a, struct tcb *t,
			  struct irp **irp, struct inet_connection **c)
{
	tdi_connect_fn *fn;
	struct tdi_address remote;
	void *context, *connection_context = NULL;
	enum ex_status st;

	fn = inet_address_enter(a, TDI_EVENT_CONNECT, &context);
	if (!fn)
		return EX_CONNECTION_REFUSED;
	remote_of(t, &remote);
	st = fn(context, &remote, &connection_context, irp);
	inet_address_leave(a);
	if (ex_failed(st) && st != EX_MORE_PROCESSING_REQUIRED)
		return st;
	if (!*irp)
		return EX_CONNECTION_REFUSED;
	tdi_enter(*irp);
	*c = io_here(*irp)->file->context;
	inet_connection_get(*c);
	if (connection_context)
		KE_SET(&(*c)->context, connection_context);
	return EX_SUCCESS;
}

/* What came meanwhile is there already: data, a FIN, or a RST. */
static enum ex_status accepted(struct tcb *t, struct irp *irp)
{
	enum ex_status st = EX_SUCCESS;

	if (t->flags & F_DEAD) {
		st = t->error ? (enum ex_status)t->error :
				EX_CONNECTION_ABORTED;
		t->flags |= F_TOLD_ABORT;
	}
	tcb_irp(t, NULL, irp, false);
	tcb_irp_done(t, irp, st, 0);
	if (st == EX_SUCCESS) {
		tcb_wish(t, &t->conn->wish);
		tcp_established(t);
	}
	return st;
}

/* The client's connection for t; its LISTEN or ACCEPT is complete. */
static enum ex_status offer(struct inet_address *a, struct tcb *t)
{
	struct irp *irp = NULL;
	struct inet_connection *c = listening(a, &irp);
	enum ex_status st = EX_SUCCESS;

	if (c)
		remote_of(t, &((struct tdi_request *)io_here(irp)->buffer)
				      ->remote);
	else
		st = ask(a, t, &irp, &c);
	if (!c)
		return st;
	st = tcp_join(c, t, irp, accepted);
	/* It may have been closed since it said that it waits. */
	if (st == EX_INVALID_CONNECTION) {
		ke_lock_dpc(&t->lock);
		tcb_irp(t, NULL, irp, false);
		tcb_irp_done(t, irp, st, 0);
		ke_unlock_dpc(&t->lock);
	}
	inet_connection_put(c);
	return st;
}

/* --- in -------------------------------------------------------------------------------------------------- */

static u32 window_of(struct tcp *tcp, struct inet_address *a)
{
	u32 rcv_buf = KE_GET(&a->rcv_buf);

	return rcv_buf ? rcv_buf : tcp->s->ctl.rcv_buf;
}

/* Locked, as are the syn_* of tcp. */
static void syn_arm(struct tcp *tcp, u64 due)
{
	u64 now = ex_now(tcp->x);

	if (KE_GET(&tcp->stopping) || (tcp->syn_due && tcp->syn_due <= due))
		return;
	tcp->syn_due = due;
	ke_timer_set(&tcp->syn_timer, due > now ? due - now : 0, 0,
		     &tcp->syn_dpc);
}

/* RFC 9293 3.10.7.2 "third" */
static void new_syn(struct tcp *tcp, struct inet_address *a,
		    const struct tcp_seg *g, u32 above)
{
	u32 rcv_buf = window_of(tcp, a);
	struct tcp_syn *y, copy, **at;

	if (KE_GET(&tcp->syns) >= tcp->s->ctl.syn_backlog &&
	    tcp->s->ctl.syn_cookies) {
		send_cookie(tcp, g, rcv_buf);
		return;
	}
	y = ex_alloc(tcp->x, EX_NONPAGED, sizeof(*y), TAG_SYN);
	if (!y)
		return;
	fill(tcp, y, g, rcv_buf);
	round_window(tcp, y);
	if (above && seq_le(y->iss, above))
		y->iss = above + 65536; /* RFC 9293 3.4.3 */
	y->due = y->sent + tcp->s->as->initial_rto_ms * MS;
	copy = *y;
	ke_lock_dpc(&tcp->syn_lock);
	if (tcp->syns && tcp->syns >= tcp->s->ctl.syn_backlog)
		syn_free_one(tcp, oldest(tcp));
	at = place_of(tcp, g);
	if (*at) {                   /* another CPU has had it, too */
		ke_unlock_dpc(&tcp->syn_lock);
		ex_free_pool(tcp->x, y, TAG_SYN);
		return;
	}
	*at = y;
	enqueue(tcp, y, 0);
	KE_SET(&tcp->syns, tcp->syns + 1);
	inet_count(tcp->s, passive_opens);
	syn_arm(tcp, y->due);
	ke_unlock_dpc(&tcp->syn_lock);
	answer(tcp, &copy);
}

enum half { HALF_NONE, HALF_DROP, HALF_AGAIN, HALF_TELL, HALF_FREE, HALF_REFUSE,
	    HALF_OPEN };

static bool fits(const struct tcp_syn *y, const struct tcp_seg *g)
{
	u32 len = g->len + !!(g->flags & TH_FIN) + !!(g->flags & TH_SYN);
	u32 at = g->seq - (y->irs + 1), wnd = min_u32(y->rcv_buf, 0xffff);

	return at < wnd || (len && at + len - 1 < wnd);
}

/* SYN-RECEIVED after a passive open: RFC 9293 3.10.7.4, RFC 5961, 7323. */
static enum half judge(const struct tcp_syn *y, const struct tcp_seg *g)
{
	bool rst = g->flags & TH_RST, syn = g->flags & TH_SYN && !rst;
	bool ts = y->flags & SYN_TS && !rst;

	if (syn && !(g->flags & TH_ACK) && g->seq == y->irs)
		return HALF_AGAIN;
	if (ts && !syn && !g->o.has_ts)
		return HALF_DROP;
	if ((ts && g->o.has_ts && seq_lt(g->o.tsval, y->tsval)) || !fits(y, g))
		return rst ? HALF_DROP : HALF_TELL;
	if (rst && g->seq != y->irs + 1)
		return HALF_TELL;
	if (rst || syn)              /* back to LISTEN */
		return HALF_FREE;
	if (!(g->flags & TH_ACK))
		return HALF_DROP;
	return g->ack == y->iss + 1 ? HALF_OPEN : HALF_REFUSE;
}

static enum half for_half_open(struct tcp *tcp, const struct tcp_seg *g,
			       struct tcp_syn *copy)
{
	enum half what = HALF_NONE;
	struct tcp_syn **at;

	ke_lock_dpc(&tcp->syn_lock);
	at = place_of(tcp, g);
	if (*at) {
		what = judge(*at, g);
		if (what == HALF_TELL && (*at)->told++ >= TOLD_MAX) {
			(*at)->told = TOLD_MAX;
			what = HALF_DROP;
		}
		*copy = **at;
		if (what == HALF_FREE)
			syn_free(tcp, at);
	}
	ke_unlock_dpc(&tcp->syn_lock);
	if (what == HALF_AGAIN)
		answer(tcp, copy);
	else if (what == HALF_TELL)
		tell(tcp, copy);
	else if (what == HALF_REFUSE)
		tcp_refuse(tcp, g);
	return what;
}

/* false: it was gone. */
static bool forget(struct tcp *tcp, const struct tcp_seg *g)
{
	struct tcp_syn **at;
	bool was;

	ke_lock_dpc(&tcp->syn_lock);
	at = place_of(tcp, g);
	was = *at;
	if (was)
		syn_free(tcp, at);
	ke_unlock_dpc(&tcp->syn_lock);
	return was;
}

/* The client has no room now and may have soon: the other is asked for its ACK
 * again, who has shown that it is there. */
static void again_soon(struct tcp *tcp, const struct tcp_seg *g)
{
	u64 due = ex_now(tcp->x) + LATER;
	struct tcp_syn *y;

	ke_lock_dpc(&tcp->syn_lock);
	y = *place_of(tcp, g);
	if (y && (y->due > due || y->tries > 1)) {
		y->tries = 1;
		y->due = due;
		dequeue(tcp, y);
		enqueue(tcp, y, TCP_SYN_LATER);
		syn_arm(tcp, due);
	}
	ke_unlock_dpc(&tcp->syn_lock);
}

static bool is_land(const struct tcp_seg *g)
{
	return g->sport == g->dport &&
	       !memcmp(&g->rx->src, &g->rx->dst, sizeof(g->rx->src));
}

static struct tcb *find(struct tcp *tcp, const struct tcp_seg *g)
{
	return FindTCB(tcp, &g->rx->dst, g->dport, &g->rx->src, g->sport);
}

/*
 * The handshake is complete; half: of an entry, which stays until the client knows.
 * Another CPU that gets a RST frees it before, and finds the TCB after that.
 * NULL: it has come to nothing, or not yet.
 */
static struct tcb *complete(struct tcp *tcp, struct inet_address *a,
			    const struct tcp_syn *y, const struct tcp_seg *g,
			    bool half)
{
	struct tcb *t = make_tcb(tcp, y, g);
	enum ex_status st = EX_INSUFFICIENT_RESOURCES;

	/* Before the client knows: a second ACK must not make a second one. */
	if (t && !tcb_insert(t)) {
		tcb_put(t);
		return find(tcp, g); /* another CPU's */
	}
	if (t)
		st = offer(a, t);
	if (t && st != EX_SUCCESS) {
		ke_lock_dpc(&t->lock);
		tcp_fail(t, EX_SUCCESS);
		ke_unlock_dpc(&t->lock);
		tcb_unlink(t);
		tcb_put(t);
		t = NULL;
	}
	if (st == EX_INSUFFICIENT_RESOURCES) {
		again_soon(tcp, g);
		return NULL;
	}
	if (!forget(tcp, g) && half && t)
		tcp_abort(t, EX_CONNECTION_RESET, false);
	if (!t)
		tcp_refuse(tcp, g);
	return t;
}

/* An ACK or RST of what is not half-open: it may be whole since it was looked
 * for. */
static struct tcb *for_nothing(struct tcp *tcp, struct inet_address *a,
			       const struct tcp_seg *g)
{
	struct tcb *t = find(tcp, g);
	struct tcp_syn y;

	if (t || g->flags & TH_RST)
		return t;
	if (open_cookie(tcp, g, window_of(tcp, a), &y))
		return complete(tcp, a, &y, g, false);
	tcp_refuse(tcp, g);
	return NULL;
}

static struct tcb *with_address(struct tcp *tcp, struct inet_address *a,
				const struct tcp_seg *g, u32 above)
{
	struct tcp_syn y;
	enum half what = for_half_open(tcp, g, &y);

	if (what == HALF_OPEN)
		return complete(tcp, a, &y, g, true);
	if (what != HALF_NONE)
		return NULL;
	if (g->flags & (TH_ACK | TH_RST))
		return for_nothing(tcp, a, g);
	if (!(g->flags & TH_SYN)) {
		if (tcp->s->as->refuses_stray)
			tcp_refuse(tcp, g);
	} else if (!is_land(g)) {
		new_syn(tcp, a, g, above);
	}
	return NULL;
}

struct tcb *tcp_syn_input(struct tcp *tcp, const struct tcp_seg *g, u32 above)
{
	struct inet_address *a = inet_address_find(tcp->s, 6, &g->rx->dst,
						   g->dport, &g->rx->src);
	struct tcb *t;

	if (!a || KE_GET(&tcp->stopping)) {
		tcp_refuse(tcp, g);
		if (a)
			inet_address_put(a);
		return NULL;
	}
	t = with_address(tcp, a, g, above);
	inet_address_put(a);
	return t;
}

/* --- time ---------------------------------------------------------------------------------------------------- */

/* The one whose time is first; NULL: there is none. */
static struct tcp_syn *first_due(const struct tcp *tcp)
{
	struct tcp_syn *first = NULL;

	for (u32 i = 0; i <= TCP_SYN_LATER; i++) {
		struct tcp_syn *y = tcp->syn_queue[i].first;

		if (y && (!first || y->due < first->due))
			first = y;
	}
	return first;
}

/* One that is due, sent again or given up; false: none. *next: when then. */
static bool due_one(struct tcp *tcp, u64 now, struct tcp_syn *copy, bool *send,
		    u64 *next)
{
	struct tcp_syn *y = first_due(tcp);

	*next = y ? y->due : UINT64_MAX;
	if (!y || y->due > now)
		return false;
	*send = y->tries < tcp->s->as->max_syn_retrans &&
		y->tries + 1u < TCP_SYN_LATER;
	y->tries++;
	y->due = now + (tcp->s->as->initial_rto_ms * MS << y->tries);
	*copy = *y;
	if (*send) {
		dequeue(tcp, y);
		enqueue(tcp, y, y->tries);
	} else {
		syn_free_one(tcp, y);
	}
	return true;
}

static void syn_timeout(void *context, void *arg1, void *arg2)
{
	struct tcp *tcp = context;
	u64 now = ex_now(tcp->x), next;
	struct tcp_syn copy;
	bool send, any;

	(void)arg1;
	(void)arg2;
	do {
		ke_lock_dpc(&tcp->syn_lock);
		tcp->syn_due = 0;
		any = due_one(tcp, now, &copy, &send, &next);
		if (!any && next != UINT64_MAX)
			syn_arm(tcp, next);
		ke_unlock_dpc(&tcp->syn_lock);
		if (any && send)
			answer(tcp, &copy);
	} while (any);
}

void tcp_syn_start(struct tcp *tcp)
{
	ke_lock_init(&tcp->syn_lock, "SynTableLock");
	ke_timer_init(&tcp->syn_timer, "syn");
	ke_dpc_init(&tcp->syn_dpc, syn_timeout, tcp);
}

/* `stopping` is set: the timer is not set any more. */
void tcp_syn_stop(struct tcp *tcp)
{
	ke_lock_dpc(&tcp->syn_lock);
	while (tcp->syns)
		syn_free_one(tcp, oldest(tcp));
	ke_timer_cancel(&tcp->syn_timer);
	ke_unlock_dpc(&tcp->syn_lock);
	ke_dpc_remove(&tcp->syn_dpc);
}
