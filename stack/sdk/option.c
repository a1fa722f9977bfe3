// SPDX-License-Identifier: Apache-2.0
/* Sockets: options, as data. */
#include "inside.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/time.h>

enum shape { INT, ON_OFF, COUNT, TTL, LINGER_SHAPE, MREQ4, MREQ6,
	     ERROR_SHAPE, GET_ONLY };

static const struct row {
	int level, name;
	enum afd_option_name option;
	enum shape shape;
} rows[] = {
	{ SOL_SOCKET, SO_SNDBUF, AFD_OPT_SNDBUF, INT },
	{ SOL_SOCKET, SO_RCVBUF, AFD_OPT_RCVBUF, INT },
	{ SOL_SOCKET, SO_LINGER, AFD_OPT_LINGER, LINGER_SHAPE },
	{ SOL_SOCKET, SO_REUSEADDR, AFD_OPT_REUSE, ON_OFF },
	{ SOL_SOCKET, SO_KEEPALIVE, AFD_OPT_KEEPALIVE, ON_OFF },
	{ SOL_SOCKET, SO_ERROR, AFD_OPT_ERROR, ERROR_SHAPE },
	{ SOL_SOCKET, SO_OOBINLINE, AFD_OPT_OOBINLINE, ON_OFF },
	{ SOL_SOCKET, SO_BROADCAST, AFD_OPT_BROADCAST, ON_OFF },
	{ SOL_SOCKET, SO_ACCEPTCONN, AFD_OPT_LISTENING, GET_ONLY },
	{ IPPROTO_TCP, TCP_NODELAY, AFD_OPT_NODELAY, ON_OFF },
	{ IPPROTO_TCP, TCP_MAXSEG, AFD_OPT_MAXSEG, INT },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, AFD_OPT_USER_TIMEOUT, INT },
	{ IPPROTO_TCP, TCP_KEEPIDLE, AFD_OPT_KEEPIDLE, COUNT },
	{ IPPROTO_TCP, TCP_KEEPINTVL, AFD_OPT_KEEPINTVL, COUNT },
	{ IPPROTO_TCP, TCP_KEEPCNT, AFD_OPT_KEEPCNT, COUNT },
	{ IPPROTO_IP, IP_TTL, AFD_OPT_TTL, TTL },
	{ IPPROTO_IP, IP_MULTICAST_TTL, AFD_OPT_TTL, INT },
	{ IPPROTO_IP, IP_TOS, AFD_OPT_TOS, INT },
	{ IPPROTO_IP, IP_HDRINCL, AFD_OPT_HDRINCL, ON_OFF },
	{ IPPROTO_IP, IP_ADD_MEMBERSHIP, AFD_OPT_JOIN, MREQ4 },
	{ IPPROTO_IP, IP_DROP_MEMBERSHIP, AFD_OPT_LEAVE, MREQ4 },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, AFD_OPT_TTL, TTL },
	{ IPPROTO_IPV6, IPV6_MULTICAST_HOPS, AFD_OPT_TTL, INT },
	{ IPPROTO_IPV6, IPV6_TCLASS, AFD_OPT_TOS, INT },
	{ IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, AFD_OPT_JOIN, MREQ6 },
	{ IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, AFD_OPT_LEAVE, MREQ6 },
};

static const struct row *find(int level, int name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].level == level && rows[i].name == name)
			return &rows[i];
	return NULL;
}

#define NT_TTL 128                   /* of all that TTL -1 wants back */

static int from_int(struct afd_option *o, enum shape shape, const void *v,
		    size_t n)
{
	int i;

	if (n < sizeof(i))
		return -EINVAL;
	memcpy(&i, v, sizeof(i));
	if (shape == ON_OFF)
		i = i != 0;
	if (shape == TTL && i == -1)
		i = NT_TTL;
	if (i < 0 || (!i && (shape == COUNT || shape == TTL)))
		return -EINVAL;
	o->value = (u32)i;
	return 0;
}

static int from_linger(struct afd_option *o, const void *v, size_t n)
{
	struct linger l;

	if (n < sizeof(l))
		return -EINVAL;
	memcpy(&l, v, sizeof(l));
	if (l.l_linger < 0)
		return -EINVAL;
	o->value = l.l_onoff != 0;
	o->seconds = o->value ? (u32)l.l_linger : 0;
	return 0;
}

static int from_mreq(struct afd_option *o, bool six, const void *v, size_t n)
{
	struct ipv6_mreq m6;
	struct ip_mreq m4;

	if (n < (six ? sizeof(m6) : sizeof(m4)))
		return -EINVAL;
	o->group.family = six ? 6 : 4;
	if (six) {
		memcpy(&m6, v, sizeof(m6));
		memcpy(o->group.ip, &m6.ipv6mr_multiaddr, 16);
		o->group.scope = m6.ipv6mr_interface;
	} else {
		memcpy(&m4, v, sizeof(m4));
		memcpy(o->group.ip, &m4.imr_multiaddr, 4);
	}
	return 0;
}

/* Win32's way, where these two are not AFD's but of whoever calls it. */
static u32 *timeout_of(struct sk *s, int level, int name)
{
	if (level != SOL_SOCKET)
		return NULL;
	return name == SO_RCVTIMEO ? &s->receive_ms :
	       name == SO_SNDTIMEO ? &s->send_ms :
				     NULL;
}

static int set_own(struct sk *s, int level, int name, const void *v, size_t n)
{
	u32 *ms = timeout_of(s, level, name);
	struct timeval t;

	if (!ms)
		return -ENOPROTOOPT;
	if (n < sizeof(t))
		return -EINVAL;
	memcpy(&t, v, sizeof(t));
	if (t.tv_usec < 0 || t.tv_usec >= 1000000)
		return -EDOM;
	if (t.tv_sec < 0 || t.tv_sec > UINT32_MAX / 1000 - 1)
		return -EINVAL;
	KE_SET(ms, (u32)(t.tv_sec * 1000 + (t.tv_usec + 999) / 1000));
	return 0;
}

int sk_setsockopt(struct sk *s, int level, int name, const void *v, size_t n)
{
	const struct row *r = find(level, name);
	struct afd_option o = { 0 };
	int e = -ENOPROTOOPT;

	if (!r || !v)
		return v ? set_own(s, level, name, v, n) : -EFAULT;
	o.name = r->option;
	if (r->shape <= TTL)
		e = from_int(&o, r->shape, v, n);
	else if (r->shape == LINGER_SHAPE)
		e = from_linger(&o, v, n);
	else if (r->shape < ERROR_SHAPE)
		e = from_mreq(&o, r->shape == MREQ6, v, n);
	if (!e)
		e = (int)sk_control(s, AFD_SET_OPTION, &o, sizeof(o));
	return e == -EOPNOTSUPP ? -ENOPROTOOPT : e;
}

/* As much as there is room for, as on Linux. */
static int give(void *v, size_t *n, const void *from, size_t size)
{
	if (*n > size)
		*n = size;
	memcpy(v, from, *n);
	return 0;
}

/* Those that the sdk knows by itself. */
static int own(const struct sk *s, int level, int name, int *out)
{
	if (level != SOL_SOCKET)
		return -ENOPROTOOPT;
	if (name == SO_TYPE)
		*out = s->type;
	else if (name == SO_DOMAIN)
		*out = s->domain;
	else if (name == SO_PROTOCOL)
		*out = s->protocol;
	else
		return -ENOPROTOOPT;
	return 0;
}

/* RFC 9293's order of states in Linux's numbers (netinet/tcp.h). */
static const u8 linux_states[] = {
	TCP_CLOSE, TCP_LISTEN, TCP_SYN_SENT, TCP_SYN_RECV, TCP_ESTABLISHED,
	TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_CLOSE_WAIT, TCP_CLOSING,
	TCP_LAST_ACK, TCP_TIME_WAIT,
};

static int info_entered(struct sk *s, void *v, size_t *n)
{
	struct tdi_tcp_info i = { 0 };
	struct afd_option o = { .name = AFD_OPT_LISTENING };
	int e = s->type == SOCK_STREAM ? sk_info(s, &i) : -EOPNOTSUPP;
	struct tcp_info t;

	if (e && e != -ENOTCONN)     /* none there: closed, or LISTEN */
		return e;
	if (e && !sk_control(s, AFD_GET_OPTION, &o, sizeof(o)))
		i.state = (u8)o.value;
	t = (struct tcp_info){
		.tcpi_state = linux_states[i.state < 11 ? i.state : 0],
		.tcpi_options = i.options, .tcpi_snd_wscale = i.snd_wscale & 15,
		.tcpi_rcv_wscale = i.rcv_wscale & 15, .tcpi_rto = i.rto_us,
		.tcpi_snd_mss = i.mss, .tcpi_rcv_mss = i.mss,
		.tcpi_unacked = i.unacked, .tcpi_sacked = i.sacked,
		.tcpi_lost = i.lost, .tcpi_retrans = i.retrans,
		.tcpi_retransmits = (u8)i.retrans, .tcpi_rtt = i.srtt_us,
		.tcpi_rttvar = i.rttvar_us, .tcpi_advmss = i.mss,
		.tcpi_snd_cwnd = i.mss ? i.cwnd / i.mss : 0,
		.tcpi_snd_ssthresh = i.mss ? i.ssthresh / i.mss : 0,
		.tcpi_reordering = i.reordering,
		.tcpi_total_retrans = i.total_retrans,
	};
	return give(v, n, &t, sizeof(t));
}

static int get_info(struct sk *s, void *v, size_t *n)
{
	int e = sk_enter(s);

	if (e)
		return e;
	e = info_entered(s, v, n);
	sk_leave(s);
	return e;
}

static int get_own(struct sk *s, int level, int name, void *v, size_t *n)
{
	const u32 *ms = timeout_of(s, level, name);
	struct timeval t;
	u32 now;
	int i, e;

	if (ms) {
		now = KE_GET(ms);
		t = (struct timeval){ .tv_sec = now / 1000,
				      .tv_usec = now % 1000 * 1000 };
		return give(v, n, &t, sizeof(t));
	}
	if (level == IPPROTO_TCP && name == TCP_INFO)
		return get_info(s, v, n);
	e = own(s, level, name, &i);
	return e ? e : give(v, n, &i, sizeof(i));
}

int sk_getsockopt(struct sk *s, int level, int name, void *v, size_t *n)
{
	const struct row *r = find(level, name);
	struct afd_option o = { 0 };
	struct linger l;
	int i, e;

	if (!v || !n)
		return -EFAULT;
	if (!r)
		return get_own(s, level, name, v, n);
	o.name = r->option;
	e = (int)sk_control(s, AFD_GET_OPTION, &o, sizeof(o));
	if (e < 0)
		return e;
	l = (struct linger){ (int)o.value, (int)o.seconds };
	if (r->shape == LINGER_SHAPE)
		return give(v, n, &l, sizeof(l));
	i = r->shape == ERROR_SHAPE ? -sk_errno((enum ex_status)o.value) :
				      (int)o.value;
	return give(v, n, &i, sizeof(i));
}
