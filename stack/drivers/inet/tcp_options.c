// SPDX-License-Identifier: Apache-2.0
/* TCP options: RFC 9293 3.2, RFC 7323, RFC 2018. */
#include "bytes.h"
#include "tcp.h"

enum { OPT_END, OPT_NOP, OPT_MSS, OPT_WSCALE, OPT_SACK_OK, OPT_SACK,
       OPT_TS = 8 };

u32 tcp_ts_now(struct tcp *tcp)
{
	u64 now = ex_tick(tcp->x);

	/* With every segment: by numbers that the compiler knows. */
	return (u32)(tcp->s->as->ts_tick_ms == 100 ? now / (100 * MS) :
						     now / MS);
}

static void parse_sack(const u8 *p, u32 n, struct tcp_options *o)
{
	if ((n - 2) % 8)
		return;
	for (u32 i = 2; i < n && o->nsack < TCP_SACK_BLOCKS; i += 8)
		o->sack[o->nsack++] = (struct tcp_range){ get32(p + i),
							  get32(p + i + 4) };
}

/* One option of n bytes; those of a wrong length are passed over. */
static void parse_one(const u8 *p, u32 n, struct tcp_options *o)
{
	switch (p[0]) {
	case OPT_MSS:
		if (n == 4) {
			o->has_mss = true;
			o->mss = (u16)(p[2] << 8 | p[3]);
		}
		break;
	case OPT_WSCALE:
		if (n == 3) {
			o->has_wscale = true;
			o->wscale = p[2] > TCP_MAX_WSCALE ? TCP_MAX_WSCALE :
							    p[2];
		}
		break;
	case OPT_SACK_OK:
		o->sack_ok |= n == 2;
		break;
	case OPT_SACK:
		parse_sack(p, n, o);
		break;
	case OPT_TS:
		if (n == 10) {
			o->has_ts = true;
			o->tsval = get32(p + 2);
			o->tsecr = get32(p + 6);
		}
		break;
	default:
		break;
	}
}

bool tcp_parse_options(const u8 *p, u32 n, struct tcp_options *o)
{
	memset(o, 0, sizeof(*o));
	for (u32 i = 0; i < n;) {
		if (p[i] == OPT_END)
			break;
		if (p[i] == OPT_NOP) {
			i++;
			continue;
		}
		/* MUST-7: a length that cannot be */
		if (n - i < 2 || p[i + 1] < 2 || p[i + 1] > n - i)
			return false;
		parse_one(p + i, p[i + 1], o);
		i += p[i + 1];
	}
	return true;
}

static u32 put_ts(u8 *at, u32 tsval, u32 tsecr)
{
	at[0] = OPT_TS;
	at[1] = 10;
	put32(at + 2, tsval);
	put32(at + 6, tsecr);
	return 10;
}

/* One letter of a personality's order. */
static u32 put_letter(u8 *at, char c, const struct tcp_options *o)
{
	switch (c) {
	case 'M':
		at[0] = OPT_MSS;
		at[1] = 4;
		at[2] = (u8)(o->mss >> 8);
		at[3] = (u8)o->mss;
		return 4;
	case 'W':
		at[0] = OPT_WSCALE;
		at[1] = 3;
		at[2] = o->wscale;
		return 3;
	case 'S':
		at[0] = OPT_SACK_OK;
		at[1] = 2;
		return 2;
	case 'T':
		return put_ts(at, o->tsval, o->tsecr);
	default:
		at[0] = OPT_NOP;
		return 1;
	}
}

static bool has_letter(char c, const struct tcp_options *o)
{
	return c == 'M' || (c == 'W' && o->has_wscale) ||
	       (c == 'T' && o->has_ts) || (c == 'S' && o->sack_ok);
}

/* NOPs belong to the option behind them: they go where it goes.  Those that
 * fill the header up go before the last option (RFC 7323 A; so does Windows). */
static u32 put_ordered(u8 *at, const char *order, const struct tcp_options *o)
{
	u32 n = 0, last = 0, fill;

	for (const char *c = order; *c; c++) {
		const char *of = c;

		while (*of == 'N')
			of++;
		if ((*of && !has_letter(*of, o)) || n > 40 - 10)
			continue;
		last = n;
		n += put_letter(at + n, *c, o);
	}
	fill = -n & 3;
	memmove(at + last + fill, at + last, n - last);
	memset(at + last, OPT_NOP, fill);
	return n + fill;
}

u32 tcp_window_for(const struct tcp *tcp, u32 window, u32 mss)
{
	u32 rest = window % mss;

	if (!tcp->s->as->window_of_mss || !rest || window > UINT32_MAX - mss)
		return window;
	return window + mss - rest;
}

u32 tcp_put_syn_options(struct tcp *tcp, u8 *at, u16 mss, s32 wscale, bool ts,
			bool sack, u32 tsval, u32 tsecr)
{
	struct tcp_options o = {
		.mss = mss, .has_wscale = wscale >= 0,
		.wscale = wscale >= 0 ? (u8)wscale : 0,
		.has_ts = ts, .tsval = tsval, .tsecr = tsecr, .sack_ok = sack,
	};

	return put_ordered(at, tcp->s->as->syn_options, &o);
}

static bool has_dsack(const struct tcb *t)
{
	return t->dsack.from != t->dsack.to;
}

static u32 sack_count(const struct tcb *t)
{
	u32 n = (t->reasm ? t->reasm->nsack : 0) + has_dsack(t);

	if (!(t->flags & F_SACK))
		return 0;
	/* With timestamps there is room for three (RFC 2018 3). */
	return min_u32(n, t->flags & F_TS ? 3 : 4);
}

u32 tcp_options_length(const struct tcb *t)
{
	u32 n = sack_count(t);

	return (t->flags & F_TS ? 12 : 0) + (n ? 4 + 8 * n : 0);
}

/* RFC 2018 4: the latest block first; RFC 2883 4: a D-SACK before it, once. */
static u32 put_sack(struct tcb *t, u8 *at)
{
	u32 n = sack_count(t), i = 0, at_block = 0;

	if (!n)
		return 0;
	at[0] = at[1] = OPT_NOP;
	at[2] = OPT_SACK;
	at[3] = (u8)(2 + 8 * n);
	if (has_dsack(t)) {
		put32(at + 4, t->dsack.from);
		put32(at + 8, t->dsack.to);
		t->dsack.to = t->dsack.from;
		i++;
	}
	for (; i < n; i++, at_block++) {
		put32(at + 4 + 8 * i, t->reasm->sack[at_block].from);
		put32(at + 8 + 8 * i, t->reasm->sack[at_block].to);
	}
	return 4 + 8 * n;
}

u32 tcp_put_timestamp(u8 *at, u32 tsval, u32 tsecr)
{
	at[0] = at[1] = OPT_NOP;
	return 2 + put_ts(at + 2, tsval, tsecr);
}

u32 tcp_put_options(struct tcb *t, u8 *at)
{
	u32 n = 0;

	if (t->flags & F_TS)
		n = tcp_put_timestamp(at, tcp_ts_now(t->tcp) + t->ts_offset,
				      t->ts_recent);
	return n + put_sack(t, at + n);
}

/* RFC 7323 2: a shift that makes the window fit. */
u8 tcp_wscale_for(const struct tcp *tcp, u32 window)
{
	u8 n = window > 0xffff ? tcp->s->as->least_wscale : 0;

	while (n < TCP_MAX_WSCALE && window >> n > 0xffff)
		n++;
	return n;
}
