// SPDX-License-Identifier: Apache-2.0
/*
 * One connection in any state, and segments of any kind, with the calls of its
 * user between them.
 *
 * Input: a byte of how it begins (bits 0-1: personality; 2: the machine connects
 * and does not listen; 3: the other side's numbers wrap, no cookies; 4: it offers timestamps,
 * 5: SACK, 6: a scale; 7: there is a handshake first), then records:
 *
 *	0xxxxxxx	a segment with the flags of the low six bits, and
 *			seq, ack: from where (2 bits: the machine's ACK, what was
 *			sent to it at most, the first one, the edge of its window;
 *			its last ACK, what it sent at most, its first number, below),
 *			1 bit: in segments, 5 bits: how far from there, less 16
 *			length: below 128 bytes, else in 128ths of a segment
 *			options: 1 timestamp, 2 an old one, 0x0c blocks, 0x10 those
 *			of a SYN, 0x20 another port, 0x40 URG's pointer follows,
 *			0x80 a window (of 256 bytes) follows; two bytes a block
 *	10xxxxxx	a call of the user, and its argument
 *	110xxxxx	time passes: row of `times`
 *	111xxxxx	ICMP: row of `errors`; the quoted sequence (as seq above,
 *			from the machine's side), an MTU (of 8 bytes)
 *
 * What a connection must be is looked at after every record (invariants()); what
 * it sends and delivers is the pattern of its place in the stream; after the user
 * has closed everything and twenty minutes the drivers go and leave nothing.
 *
 * Over IPv4; fuzz_tcp6.c is the same over IPv6.
 */
#include "fuzzed.h"
#include "drivers/inet/tcp.h"
#ifdef FUZZ_TCP6
#include "drivers/tcpip6/ip6.h"
#else
#include "drivers/tcpip/ip.h"
#endif
#include "nic/nic.h"
#include "sched/sched.h"
#include "sdk/socket.h"

#include <linux/tcp.h> /* its options; netinet's has states of the same names */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORDS 200u
#define ROOM 1460u                   /* of a segment: a little too much for IPv6 */
#define PORT 80u

#ifdef FUZZ_TCP6
#define IP 40u                       /* bytes of its header */
#define IP_DRIVER "tcpip6"
#define IP_INFO io_driver_tcpip6
#define DRIVER_OPTIONS "ip=2001:db8::1/64 dad=0 "
#define IP_TAGS "T6IpT6NbT6RaT6Gr"
#define OUR_FAMILY AF_INET6
#define LONGEST 125000u              /* ms: IPv6 looks at its lists each 100 ms */
typedef struct ip6 ip_type;
static const struct tdi_address peer = { .family = 6, .port = 1000,
	.ip = { 0x20, 1, 0xd, 0xb8, [15] = 2 } };
#else
#define IP 20u
#define IP_DRIVER "tcpip"
#define IP_INFO io_driver_tcpip
#define DRIVER_OPTIONS "ip=192.0.2.1/24 "
#define IP_TAGS "TcIpTArpTRteTRasTIgm"
#define OUR_FAMILY AF_INET
#define LONGEST 7200000u
typedef struct ip ip_type;
static const struct tdi_address peer = { .family = 4, .port = 1000,
	.ip = { 192, 0, 2, 2 } };
#endif
extern const struct io_driver_info IP_INFO, io_driver_afd;

struct run {
	struct sched *s;
	struct ex *x;
	struct nic_wire *w;
	struct io_driver *tcpip, *afd;
	const uint8_t *d;
	size_t n;
	struct sk *listener, *c;
	u64 sent, received;          /* by the user: bytes of the stream */
	bool odd;                    /* urgent bytes: the stream has gaps */
	u16 port;                    /* of the machine */
	u32 irs, iss;                /* first numbers: of the fuzzer, the machine */
	bool known, mixed, begun;    /* iss; two connections; first */
	u32 first;                   /* number of the stream to the user */
	u32 ack, max, una, top, edge; /* as the comment on top says; edge: what
					the machine may send up to */
	u32 win, ts, ts_seen;
	u8 how, wscale;
	u32 most_buf;
};

#define MUST(cond) must(cond, #cond)

static u8 next(struct run *r)
{
	if (!r->n)
		return 0;
	r->n--;
	return *r->d++;
}

static u8 pattern(u32 off)
{
	return (u8)(off * 7 + (off >> 8));
}

static void put16be(u8 *b, u32 v)
{
	b[0] = (u8)(v >> 8);
	b[1] = (u8)v;
}

static void put32be(u8 *b, u32 v)
{
	put16be(b, v >> 16);
	put16be(b + 2, v);
}

static u32 get16be(const u8 *b)
{
	return (u32)b[0] << 8 | b[1];
}

static u32 get32be(const u8 *b)
{
	return get16be(b) << 16 | get16be(b + 2);
}

static u32 add_words(const u8 *b, u32 n, u32 sum)
{
	for (u32 i = 0; i < n; i++)
		sum += i & 1 ? b[i] : (u32)b[i] << 8;
	return sum;
}

static u16 fold(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

#ifdef FUZZ_TCP6
/* From the other side, or to it (back), of len bytes behind it. */
static void ip_header(u8 *ip, u8 protocol, u32 len, bool back)
{
	static const u8 two[32] = { 0x20, 1, 0xd, 0xb8, [15] = 2,
				    0x20, 1, 0xd, 0xb8, [31] = 1 };

	memset(ip, 0, IP);
	ip[0] = 0x60;
	put16be(ip + 4, len);
	ip[6] = protocol;
	ip[7] = protocol == IPPROTO_ICMPV6 ? 255 : 64;
	memcpy(ip + (back ? 24 : 8), two, 16);
	memcpy(ip + (back ? 8 : 24), two + 16, 16);
}

/* Bytes behind its header; 0: it is no TCP. */
static u32 tcp_behind(const u8 *ip, u32 n)
{
	u32 len = get16be(ip + 4);

	if (n < IP + 20 || ip[-2] != 0x86 || ip[6] != IPPROTO_TCP)
		return 0;
	MUST(IP + len <= n && ip[0] >> 4 == 6 && len >= 20);
	return len;
}

static u16 sum_of(const u8 *ip, u32 len) /* RFC 8200 8.1 */
{
	return fold(add_words(ip + IP, len,
			      add_words(ip + 8, 32, ip[6] + len)));
}
#define sum_of_icmp sum_of
#else
static void ip_header(u8 *ip, u8 protocol, u32 len, bool back)
{
	memset(ip, 0, IP);
	ip[0] = 0x45;
	put16be(ip + 2, IP + len);
	put16be(ip + 6, back ? 0x4000 : 0);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + (back ? 16 : 12), peer.ip, 4);
	memcpy(ip + (back ? 12 : 16), (u8[]){ 192, 0, 2, 1 }, 4);
	put16be(ip + 10, fold(add_words(ip, IP, 0)));
}

static u32 tcp_behind(const u8 *ip, u32 n)
{
	u32 total = get16be(ip + 2);

	if (n < IP + 20 || ip[-2] != 8 || ip[-1] || ip[9] != IPPROTO_TCP)
		return 0;
	MUST(total <= n && ip[0] == 0x45 && total >= IP + 20);
	return total - IP;
}

static u16 sum_of(const u8 *ip, u32 len) /* RFC 9293 3.1; of the segment */
{
	return fold(add_words(ip + IP, len, add_words(ip + 12, 8, 6 + len)));
}

static u16 sum_of_icmp(const u8 *ip, u32 len)
{
	return fold(add_words(ip + IP, len, 0));
}
#endif

/* --- what the machine sends ------------------------------------------------------------- */

static void sent_syn(struct run *r, const u8 *t)
{
	u32 iss = get32be(t + 4);

	if (r->known && iss == r->iss)
		return;
	r->mixed = r->known;         /* there was one before */
	r->iss = r->edge = iss;
	r->una = r->iss;
	r->top = r->iss + 1;
	r->known = true;
	r->port = (u16)get16be(t);
}

/* Of the stream, and no further than the other side has room; a probe of a byte
 * and a FIN may be. */
static void check_data(const struct run *r, const u8 *data, u32 seq, u32 n)
{
	for (u32 i = 0; i < n; i++)
		MUST(data[i] == pattern(seq + i - r->iss - 1));
	MUST(seq_le(seq + n, r->edge + 1));
}

static void note_options(struct run *r, const u8 *o, u32 n)
{
	for (u32 i = 0; i < n && o[i];) {
		if (o[i] == 1) {
			i++;
			continue;
		}
		MUST(i + 1 < n && o[i + 1] >= 2 && i + o[i + 1] <= n);
		if (o[i] == 8) {
			MUST(o[i + 1] == 10);
			r->ts_seen = get32be(o + i + 2);
		}
		i += o[i + 1];
	}
}

static void took(void *ctx, const u8 *f, u32 n, u64 when)
{
	struct run *r = ctx;
	const u8 *ip = f + 14, *t = ip + IP;
	u32 behind = tcp_behind(ip, n - 14), head, seq, len;

	(void)when;
	if (!behind)
		return;
	MUST(!sum_of(ip, behind));
	head = (t[12] >> 4) * 4u;
	MUST(head >= 20 && head <= behind);
	if (get16be(t + 2) != 1000)
		return;
	len = behind - head;
	seq = get32be(t + 4);
	note_options(r, t + 20, head - 20);
	if (t[13] & TH_SYN)
		sent_syn(r, t);
	if (!r->known || get16be(t) != r->port || t[13] & (TH_SYN | TH_RST))
		return;
	if (!r->mixed)
		check_data(r, t + head, seq, len);
	r->top = seq_max(r->top, seq + len + !!(t[13] & TH_FIN));
	r->ack = seq_max(r->ack, get32be(t + 8));
	r->win = get16be(t + 14);
}

/* --- segments ----------------------------------------------------------------------------- */

struct piece {
	u8 flags, options;
	u32 seq, ack, len, wnd, urp;
	u16 from;
};

static u32 put_blocks(struct run *r, u8 *o, u32 count)
{
	if (!count)
		return 0;
	o[0] = o[1] = 1;
	o[2] = 5;
	o[3] = (u8)(2 + 8 * count);
	for (u32 i = 0; i < count; i++) {
		u32 from = r->una + (u32)((s32)next(r) - 128) * 512;

		put32be(o + 4 + 8 * i, from);
		put32be(o + 8 + 8 * i, from + (u32)next(r) * 128);
	}
	return 4 + 8 * count;
}

static u32 put_all_options(struct run *r, u8 *o, const struct piece *p)
{
	u32 n = 0;

	if (p->options & 0x10) {
		if (r->how & 0x20)
			n += (u32)(memcpy(o + n, "\1\1\4\2", 4), 4);
		if (r->how & 0x40) {
			memcpy(o + n, "\1\3\3", 3);
			o[n + 3] = r->wscale;
			n += 4;
		}
		memcpy(o + n, "\2\4\5\xb4", 4);
		n += 4;
	}
	if (p->options & 3) {
		memcpy(o + n, "\1\1\10\12", 4);
		put32be(o + n + 4, p->options & 2 ? r->ts - 1000 : ++r->ts);
		put32be(o + n + 8, r->ts_seen);
		n += 12;
	}
	if (!(p->options & 0x10))
		n += put_blocks(r, o + n, p->options >> 2 & 3);
	return n;
}

/* A frame of what is behind the header, of a segment of the other side's. */
static void inject(struct run *r, u8 *b, u32 len)
{
	static const u8 macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

	memcpy(b, macs, sizeof(macs));
	put16be(b + 12, IP == 20 ? 0x800 : 0x86dd);
	(void)nic_wire_inject(r->w, b, 14 + IP + len);
	(void)sched_run_to(r->s, sched_now(r->s) + 1000);
}

static void give(struct run *r, const struct piece *p)
{
	u8 b[14 + IP + 80 + ROOM] = { 0 }, *ip = b + 14, *t = ip + IP;
	u32 head = 20 + put_all_options(r, t + 20, p), len = head + p->len;

	ip_header(ip, IPPROTO_TCP, len, false);
	put16be(t, p->from);
	put16be(t + 2, r->port);
	put32be(t + 4, p->seq);
	put32be(t + 8, p->ack);
	t[12] = (u8)(head / 4 << 4);
	t[13] = p->flags;
	put16be(t + 14, p->wnd);
	put16be(t + 18, p->urp);
	for (u32 i = 0; i < p->len; i++)
		t[head + i] = pattern(p->seq + i + !!(p->flags & TH_SYN));
	put16be(t + 16, sum_of(ip, len));
	/* what it may send, at most: as if it believed this one */
	r->edge = seq_max(r->edge, (p->flags & TH_ACK ? p->ack : r->top) +
				   (p->wnd << r->wscale));
	if (p->flags & TH_ACK && seq_le(p->ack, r->top))
		r->una = seq_max(r->una, p->ack);
	if (p->from == 1000)
		r->max = seq_max(r->max, p->seq + p->len +
				 !!(p->flags & TH_FIN) + !!(p->flags & TH_SYN));
	inject(r, b, len);
}

static u32 place(const u32 *base, u8 v)
{
	s32 off = (v & 31) - 16;

	return base[v >> 6] + (u32)(v & 32 ? off * 1460 : off);
}

static void segment(struct run *r, u8 op)
{
	u32 seqs[4] = { r->ack, r->max, r->irs, r->ack + r->win };
	u32 acks[4] = { r->una, r->top, r->iss, r->top - 3000 };
	struct piece p = { .flags = op & 0x3f, .from = 1000, .wnd = 8192 };
	u8 len;

	p.seq = place(seqs, next(r));
	p.ack = place(acks, next(r));
	len = next(r);
	p.len = len < 128 ? len : (len - 127u) * 1460 / 128;
	p.options = next(r);
	if (op & 0x40)               /* as they are mostly */
		p.flags = TH_ACK | (op & 0x2b);
	if (p.options & 0x20)
		p.from = 1001;
	if (p.options & 0x40)
		p.urp = next(r);
	if (p.options & 0x80)
		p.wnd = next(r) * 256u;
	r->odd |= p.flags & TH_URG && p.from == 1000;
	if (p.flags & TH_SYN)        /* its options, and never scaled */
		p.options |= 0x10 | (r->how & 0x10 ? 1 : 0);
	give(r, &p);
}

/* An ICMP error about a segment of the machine (RFC 792, RFC 4443 3). */
static void icmp(struct run *r, u8 op)
{
#ifdef FUZZ_TCP6
	static const u8 errors[8][2] = { { 2, 0 }, { 2, 0 }, { 1, 0 }, { 1, 1 },
					 { 1, 4 }, { 1, 3 }, { 3, 0 },
					 { 4, 1 } };
	bool mtu = (op & 7) < 2;
	u8 protocol = IPPROTO_ICMPV6;
#else
	static const u8 errors[8][2] = { { 3, 4 }, { 3, 4 }, { 3, 1 }, { 3, 2 },
					 { 3, 3 }, { 3, 13 }, { 4, 0 },
					 { 11, 0 } };
	bool mtu = (op & 7) < 2;
	u8 protocol = IPPROTO_ICMP;
#endif
	u32 seqs[4] = { r->una, r->top, r->iss, r->top - 3000 };
	u8 b[14 + IP + 8 + IP + 20] = { 0 };
	u8 *ip = b + 14, *m = ip + IP, *q = m + 8, *t = q + IP;

	ip_header(ip, protocol, 8 + IP + 20, false);
	memcpy(m, errors[op & 7], 2);
	put32be(t + 4, place(seqs, next(r)));
	if (mtu)
		put16be(m + 6, next(r) * 8u);
	ip_header(q, IPPROTO_TCP, 1480, true);
	put16be(t, r->port);
	put16be(t + 2, 1000);
	put16be(m + 2, sum_of_icmp(ip, 8 + IP + 20));
	inject(r, b, 8 + IP + 20);
}

static void plain(struct run *r, u8 flags, u32 seq, u32 ack)
{
	struct piece p = { .flags = flags, .from = 1000, .wnd = 65535,
			   .seq = seq, .ack = ack,
			   .options = r->how & 0x10 ? 1 : 0 };

	if (flags & TH_SYN)
		p.options |= 0x10;
	give(r, &p);
}

/* --- the user -------------------------------------------------------------------------------- */

struct call {
	struct run *r;
	u8 op, arg;
};

static void do_send(struct run *r, u32 n, int flags)
{
	static u8 b[24 * 1024];
	s64 got;

	for (u32 i = 0; i < n; i++)
		b[i] = pattern((u32)r->sent + i);
	got = sk_send(r->c, b, n, flags | MSG_DONTWAIT);
	if (got > 0)
		r->sent += (u64)got;
}

static void do_recv(struct run *r, u32 n, int flags)
{
	static u8 b[64 * 1024];
	s64 got = sk_recv(r->c, b, n, flags | MSG_DONTWAIT);

	MUST(got <= (s64)n);
	if (got <= 0 || flags)
		return;
	for (s64 i = 0; i < got && !r->odd && !r->mixed; i++)
		MUST(b[i] == pattern(r->first + (u32)(r->received + i)));
	r->received += (u64)got;
}

static void do_option(struct run *r, u8 arg)
{
	static const struct { int level, name, v; } o[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ SOL_SOCKET, SO_OOBINLINE, 1 },
		{ SOL_SOCKET, SO_SNDBUF, 100000 },
		{ SOL_SOCKET, SO_RCVBUF, 3000 },
		{ SOL_SOCKET, SO_RCVBUF, 200000 },
		{ IPPROTO_TCP, TCP_MAXSEG, 600 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 5000 },
		{ IPPROTO_TCP, TCP_NODELAY, 0 },
	};
	u32 i = arg % (sizeof(o) / sizeof(o[0]));

	if (o[i].name == SO_RCVBUF && o[i].level == SOL_SOCKET)
		r->most_buf = max_u32(r->most_buf, (u32)o[i].v);
	r->odd |= i == 2;            /* switched in the middle */
	(void)sk_setsockopt(r->c, o[i].level, o[i].name, &o[i].v,
			    sizeof(o[i].v));
}

static void do_accept(struct run *r)
{
	struct sk *s;

	sk_nonblock(r->listener, true);
	if (r->c || sk_accept(r->listener, &s, NULL))
		return;
	r->c = s;
}

static void do_close(struct run *r, u8 arg)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };

	if (arg & 1)
		(void)sk_setsockopt(r->c, SOL_SOCKET, SO_LINGER, &l,
				    sizeof(l));
	sk_nonblock(r->c, true);
	(void)sk_close(r->c);
	r->c = NULL;
	r->odd = true;               /* whoever is accepted next */
}

static void user(void *ctx)
{
	struct call *k = ctx;
	struct run *r = k->r;
	struct tdi_tcp_info info;

	if (k->op == 0 && r->listener)
		do_accept(r);
	if (!r->c)
		return;
	switch (k->op) {
	case 1:
		do_send(r, 1 + k->arg * 64u, 0);
		break;
	case 2:
		do_recv(r, 1 + k->arg * 128u, 0);
		break;
	case 3:
		(void)sk_shutdown(r->c, k->arg % 3);
		break;
	case 4:
		do_option(r, k->arg);
		break;
	case 5:
		do_send(r, 1 + k->arg % 8u, MSG_OOB);
		break;
	case 6:
		do_recv(r, 1, MSG_OOB);
		break;
	case 7:
		do_recv(r, 1 + k->arg, MSG_PEEK);
		break;
	case 8:
		(void)sk_info(r->c, &info);
		break;
	case 9:
		do_close(r, k->arg);
		break;
	default:
		do_send(r, 1460u * (1 + k->arg % 16), 0);
		break;
	}
}

static void connector(void *ctx)
{
	struct run *r = ctx;

	if (sk_socket(r->x, OUR_FAMILY, SOCK_STREAM, 0, &r->c))
		return;
	sk_nonblock(r->c, true);
	(void)sk_connect(r->c, &peer);
}

static void listener(void *ctx)
{
	struct run *r = ctx;
	struct tdi_address at = { .family = peer.family, .port = PORT };

	must(!sk_socket(r->x, OUR_FAMILY, SOCK_STREAM, 0, &r->listener) &&
	     !sk_bind(r->listener, &at) && !sk_listen(r->listener, 4),
	     "no listener");
}

static void close_all(void *ctx)
{
	struct run *r = ctx;

	if (r->c)
		do_close(r, 0);
	if (r->listener)
		(void)sk_close(r->listener);
}

/* --- what must be ------------------------------------------------------------------------------- */

static u32 chain_bytes(const struct ndis_buffer *b)
{
	u32 n = 0;

	for (; b; b = b->next)
		n += b->length;
	return n;
}

static void check_send(const struct tcb *t)
{
	u32 fin = t->flags & F_FIN_SENT ? 1 : 0;

	MUST(seq_le(t->snd_una, t->snd_nxt));
	MUST(seq_le(t->snd_nxt, t->snd_end + fin));
	if (t->state == TCP_TIME_WAIT)
		return;
	MUST(t->snd_q_seq == seq_min(t->snd_una, t->snd_end));
	MUST(chain_bytes(t->snd_q) == t->snd_end - t->snd_q_seq);
	MUST(t->cwnd >= t->mss || t->cwnd >= 88);
	MUST(t->ssthresh >= 2 * 88);
	MUST(cc_pipe(t) <= 2 * tcp_in_flight(t));
	MUST(seq_le(t->high_rxt, t->snd_nxt));
	MUST(t->rto >= 1000000 && t->rto <= 60000000);
	/* somebody will ask again */
	MUST(t->snd_una == t->snd_nxt || t->due_rtx);
	MUST(t->snd_nxt == t->snd_end + fin || t->due_rtx ||
	     t->state == TCP_SYN_RCVD);
}

static void check_board(const struct tcb *t)
{
	const struct tcp_board *b = t->board;
	u32 at = t->snd_una, bytes = 0;

	if (!b)
		return;
	MUST(b->n && b->n <= TCP_BOARD_MAX && t->flags & F_SACK);
	for (u32 i = 0; i < b->n; i++) {
		MUST(i ? seq_lt(at, b->r[i].from) : seq_le(at, b->r[i].from));
		MUST(seq_lt(b->r[i].from, b->r[i].to));
		at = b->r[i].to;
		bytes += b->r[i].to - b->r[i].from;
	}
	MUST(seq_le(at, t->snd_nxt) && bytes == b->bytes);
}

static void check_receive(const struct run *r, const struct tcb *t)
{
	u32 most = r->most_buf + 65535 + (1u << t->rcv_wscale);

	MUST(chain_bytes(t->rcv_q) == t->rcv_queued);
	MUST(t->rcv_queued <= most);
	MUST(!seq_lt(t->rcv_nxt, t->rcv_adv) ||
	     t->rcv_adv - t->rcv_nxt <= most);
	MUST(seq_le(t->rcv_last_ack, t->rcv_nxt));
}

static void check_reasm(const struct tcb *t)
{
	const struct tcp_reasm *q = t->reasm;
	u32 at = t->rcv_nxt, bytes = 0, n = 0;

	if (!q)
		return;
	MUST(q->nsack <= TCP_SACK_BLOCKS);
	for (const struct tcp_piece *p = q->head; p; p = p->next) {
		MUST(n ? seq_le(at, p->seq) : seq_lt(at, p->seq));
		MUST(chain_bytes(p->chain) == p->len);
		at = p->seq + p->len;
		bytes += p->len;
		n++;
		MUST(p->next || q->tail == p);
	}
	MUST(n == q->pieces && n <= TCP_REASM_MAX && bytes == q->bytes);
	MUST(seq_le(at, t->rcv_adv + 1));
	for (u32 i = 0; i < q->nsack; i++)
		MUST(seq_lt(t->rcv_nxt, q->sack[i].to) &&
		     seq_lt(q->sack[i].from, q->sack[i].to) &&
		     seq_le(q->sack[i].to, t->rcv_adv + 1));
}

/* Where the stream begins that the user reads. */
static void note_first(struct run *r, const struct tcb *t)
{
	r->mixed |= r->begun && r->first != t->irs + 1;
	r->begun = true;
	r->first = t->irs + 1;
}

static void check_one(struct run *r, const struct tcb *t)
{
	MUST(t->refs && t->state > TCP_LISTEN && t->state <= TCP_TIME_WAIT);
	MUST(!(t->flags & (F_OUTPUTTING | F_DELIVERING | F_QUEUED)));
	MUST(!(t->need & (NEED_OUTPUT | NEED_RCV_CMPLT)));
	if (t->state >= TCP_ESTABLISHED) {
		if (t->rport == 1000)
			note_first(r, t);
		check_send(t);
		check_board(t);
		check_receive(r, t);
		check_reasm(t);
	} else {
		MUST(t->due_rtx && seq_le(t->snd_nxt, t->iss + 1));
	}
	MUST(!(t->due_rtx | t->due_ack | t->due_wait | t->due_keep) ||
	     t->timer.heap);
}

static void invariants(struct run *r)
{
	const struct tcp *tcp = ((ip_type *)r->tcpip->extension)->s.tcp;
	u32 n = 0, syns = 0;

	for (u32 i = 0; i < tcp->buckets; i++)
		for (const struct tcb *t = tcp->table[i]; t; t = t->hash_next) {
			n++;
			MUST(!(t->flags & F_DEAD));
			check_one(r, t);
		}
	MUST(n == tcp->count && n <= tcp->live);
	for (u32 i = 0; i <= TCP_SYN_LATER; i++)
		for (const struct tcp_syn *y = tcp->syn_queue[i].first; y;
		     y = y->younger)
			syns++;
	MUST(syns == tcp->syns && syns <= tcp->s->ctl.syn_backlog);
}

/* --- a run ---------------------------------------------------------------------------------------- */

static void begin(struct run *r)
{
	static const struct ndis_adapter_info eth0 = {
		.name = "eth0", .address = { 2, 0, 0, 0, 0, 1 },
		.max_frame = 1500, .link_bps_100 = 1000000 };
	static const char *const as[] = { "nt4", "nt5", "modern", "modern" };
	char options[100];

	r->how = next(r);
	snprintf(options, sizeof(options), DRIVER_OPTIONS "syn_backlog=2 "
		 "syn_cookies=%d personality=%s", !(r->how & 8), as[r->how & 3]);
	r->s = sched_new(&(struct sched_config){ .seed = 1,
						 .max_steps = 20000000 });
	r->x = r->s ? ex_new(&(struct ex_config){ .cpus = 1,
				.nonpaged_limit = 64 << 20 }, r->s) : NULL;
	must(r->x, "no machine");
	io_builtin(r->x, &IP_INFO);
	io_builtin(r->x, &io_driver_afd);
	r->w = nic_wire_new(r->x, &eth0, took, r);
	must(r->w && !ex_failed(io_load(r->x, IP_DRIVER, options, &r->tcpip)) &&
	     !ex_failed(io_load(r->x, "afd", "", &r->afd)), "no drivers");
	tdi_set_checked(r->x, true);
	r->most_buf = ((ip_type *)r->tcpip->extension)->s.ctl.rcv_buf;
	(void)sched_run_to(r->s, 1000000);
}

/* The machine knows where the other side is. */
static void introduce(struct run *r)
{
#ifdef FUZZ_TCP6
	u8 b[14 + IP + 32] = { 0 }, *m = b + 14 + IP;

	ip_header(b + 14, IPPROTO_ICMPV6, 32, false); /* RFC 4861 4.3 */
	m[0] = 135;
	memcpy(m + 8, b + 14 + 24, 16);
	memcpy(m + 24, (u8[]){ 1, 1, 2, 0, 0, 0, 0, 2 }, 8);
	put16be(m + 2, sum_of_icmp(b + 14, 32));
	inject(r, b, 32);
#else
	static const u8 arp[42] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0,
		0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 192,
		0, 2, 2, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1 };

	(void)nic_wire_inject(r->w, arp, sizeof(arp));
	(void)sched_run_to(r->s, sched_now(r->s) + 1000);
#endif
}

static void call(struct run *r, u8 op, u8 arg)
{
	struct call k = { r, op, arg };

	(void)ex_call(r->x, user, &k);
}

static void open_one(struct run *r)
{
	r->irs = r->how & 8 ? UINT32_MAX - 2000 : 1000;
	r->wscale = r->how & 0x40 && r->how & 2 ? 2 : 0;
	r->port = PORT;
	r->ts = 1000000;
	r->ack = r->max = r->irs;
	(void)ex_call(r->x, r->how & 4 ? connector : listener, r);
	(void)sched_run_to(r->s, sched_now(r->s) + 1000);
	if (!(r->how & 0x80))
		return;
	if (r->how & 4) {
		plain(r, TH_SYN | TH_ACK, r->irs, r->iss + 1);
	} else {
		plain(r, TH_SYN, r->irs, 0);
		plain(r, TH_ACK, r->irs + 1, r->iss + 1);
		call(r, 0, 0);
	}
}

static void feed(struct run *r)
{
	static const u32 times[] = { 1, 10, 100, 200, 500, 1000, 1500, 3000,
				     7000, 20000, 61000, 125000, 250000,
				     3600000, 7200000, 60 };

	for (u32 k = 0; r->n && k < RECORDS; k++) {
		u8 op = next(r);

		if (op < 0x80)
			segment(r, op);
		else if (op < 0xc0)
			call(r, op % 11, next(r));
		else if (op < 0xe0)
			(void)sched_run_to(r->s, sched_now(r->s) +
					   (u64)min_u32(times[op & 15],
							LONGEST) * MS);
		else
			icmp(r, op);
		if (ex_stopped(r->x) > EX_IDLE)
			must(false, ex_stop_text(r->x));
		invariants(r);
	}
}

static void end(struct run *r)
{
	const struct tcp *tcp = ((ip_type *)r->tcpip->extension)->s.tcp;

	(void)ex_call(r->x, close_all, r);
	for (u32 k = 0; k < 60 && (tcp->live || tcp->syns); k++)
		(void)sched_run_to(r->s, sched_now(r->s) + 20 * SECOND);
	must(!tcp->live && !tcp->syns, "a connection stays for ever");
	must(!ex_failed(io_unload(r->afd)), "afd stays");
	must(!ex_failed(io_unload(r->tcpip)), "tcpip stays");
	if (ex_stopped(r->x) > EX_IDLE)
		must(false, ex_stop_text(r->x));
	fuzzed_nothing_left(r->x, IP_TAGS
			    "TCPbTCPtTCPcTCPaTCPsTCPrTCPkNDPtNDbfNDbk");
	ex_free(r->x);
	sched_free(r->s);
	nic_wire_free(r->w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = { .d = data, .n = size };

	begin(&r);
	introduce(&r);
	open_one(&r);
	invariants(&r);
	feed(&r);
	end(&r);
	return 0;
}
