// SPDX-License-Identifier: Apache-2.0
/* Sockets: options, as data. */
#include "inside.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

enum shape { INT, LINGER_SHAPE, MREQ4, MREQ6, ERROR_SHAPE };

static const struct row {
	int level, name;
	enum afd_option_name option;
	enum shape shape;
} rows[] = {
	{ SOL_SOCKET, SO_SNDBUF, AFD_OPT_SNDBUF, INT },
	{ SOL_SOCKET, SO_RCVBUF, AFD_OPT_RCVBUF, INT },
	{ SOL_SOCKET, SO_LINGER, AFD_OPT_LINGER, LINGER_SHAPE },
	{ SOL_SOCKET, SO_REUSEADDR, AFD_OPT_REUSE, INT },
	{ SOL_SOCKET, SO_KEEPALIVE, AFD_OPT_KEEPALIVE, INT },
	{ SOL_SOCKET, SO_ERROR, AFD_OPT_ERROR, ERROR_SHAPE },
	{ SOL_SOCKET, SO_OOBINLINE, AFD_OPT_OOBINLINE, INT },
	{ SOL_SOCKET, SO_BROADCAST, AFD_OPT_BROADCAST, INT },
	{ SOL_SOCKET, SO_ACCEPTCONN, AFD_OPT_LISTENING, INT },
	{ IPPROTO_TCP, TCP_NODELAY, AFD_OPT_NODELAY, INT },
	{ IPPROTO_TCP, TCP_MAXSEG, AFD_OPT_MAXSEG, INT },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, AFD_OPT_USER_TIMEOUT, INT },
	{ IPPROTO_IP, IP_TTL, AFD_OPT_TTL, INT },
	{ IPPROTO_IP, IP_MULTICAST_TTL, AFD_OPT_TTL, INT },
	{ IPPROTO_IP, IP_TOS, AFD_OPT_TOS, INT },
	{ IPPROTO_IP, IP_HDRINCL, AFD_OPT_HDRINCL, INT },
	{ IPPROTO_IP, IP_ADD_MEMBERSHIP, AFD_OPT_JOIN, MREQ4 },
	{ IPPROTO_IP, IP_DROP_MEMBERSHIP, AFD_OPT_LEAVE, MREQ4 },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, AFD_OPT_TTL, INT },
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

static int from_int(struct afd_option *o, const void *v, size_t n)
{
	int i;

	if (n < sizeof(i))
		return -EINVAL;
	memcpy(&i, v, sizeof(i));
	if (i < 0)
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
	o->seconds = (u32)l.l_linger;
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

int sk_setsockopt(struct sk *s, int level, int name, const void *v, size_t n)
{
	const struct row *r = find(level, name);
	struct afd_option o = { 0 };
	int e = -ENOPROTOOPT;

	if (!r || !v)
		return r ? -EFAULT : e;
	o.name = r->option;
	if (r->shape == INT)
		e = from_int(&o, v, n);
	else if (r->shape == LINGER_SHAPE)
		e = from_linger(&o, v, n);
	else if (r->shape != ERROR_SHAPE)
		e = from_mreq(&o, r->shape == MREQ6, v, n);
	return e ? e : (int)sk_control(s, AFD_SET_OPTION, &o, sizeof(o));
}

static int give(void *v, size_t *n, const void *from, size_t size)
{
	if (*n < size)
		return -EINVAL;
	memcpy(v, from, size);
	*n = size;
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

int sk_getsockopt(struct sk *s, int level, int name, void *v, size_t *n)
{
	const struct row *r = find(level, name);
	struct afd_option o = { 0 };
	struct linger l;
	int i, e;

	if (!v || !n)
		return -EFAULT;
	if (!r) {
		e = own(s, level, name, &i);
		return e ? e : give(v, n, &i, sizeof(i));
	}
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
