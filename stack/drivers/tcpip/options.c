// SPDX-License-Identifier: Apache-2.0
/*
 * The driver's own options: "ip=192.0.2.1/24 gw=192.0.2.254"; those of both
 * families are in inet/options.c.
 */
#include "../inet/options.h"
#include "ip.h"

#include <string.h>
#include <sys/socket.h>

static struct ip_config *current(const struct inet_word *w)
{
	return &ip_of(w->s)->config[inet_option_device(w->s)];
}

static bool address(const char *v, size_t n, u32 *out)
{
	u8 b[4];

	if (!inet_option_address(AF_INET, v, n, b))
		return false;
	*out = get32(b);
	return ip4_unicast(*out) && !ip4_loopback(*out);
}

static bool opt_ip(const struct inet_word *w)
{
	struct ip_config *c = current(w);
	const char *slash = memchr(w->v, '/', w->n);
	size_t k = slash ? (size_t)(slash - w->v) : 0;
	u32 a, bits, mask;

	if (!slash || !address(w->v, k, &a) ||
	    !inet_option_number(slash + 1, w->n - k - 1, 32, &bits) || !bits)
		return false;
	mask = UINT32_MAX << (32 - bits);
	if (c->nlocal == LOCALS ||
	    (bits < 31 && (!(a & ~mask) || (a | mask) == UINT32_MAX)))
		return false;
	c->local[c->nlocal].addr = a;
	c->local[c->nlocal++].mask = mask;
	return true;
}

static bool opt_gw(const struct inet_word *w)
{
	struct ip_config *c = current(w);

	return !c->gateway && address(w->v, w->n, &c->gateway);
}

/* A gateway that no address reaches is a mistake. */
static bool makes_sense(const struct ip_config *c)
{
	bool reached = !c->gateway;

	for (u32 i = 0; i < c->nlocal; i++)
		reached |= !((c->local[i].addr ^ c->gateway) &
			     c->local[i].mask);
	return reached;
}

enum ex_status ip_options_parse(struct ip *ip, const char *options)
{
	static const struct inet_option own[] = { { "ip", opt_ip },
						  { "gw", opt_gw } };
	enum ex_status st = inet_options_parse(&ip->s, "tcpip", options, own,
					       sizeof(own) / sizeof(*own));

	for (u32 i = 0; i < ip->s.ndevices && !ex_failed(st); i++)
		if (!makes_sense(&ip->config[i]))
			st = EX_INVALID_PARAMETER;
	return st;
}
