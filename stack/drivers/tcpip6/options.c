// SPDX-License-Identifier: Apache-2.0
/*
 * The driver's own options: "ip=2001:db8::1/64 gw=fe80::1 dad=1 autoconf=1";
 * those of both families are in inet/options.c.  An adapter without any has its
 * link-local address and what routers give.
 */
#include "../inet/options.h"
#include "ip6.h"

#include <string.h>
#include <sys/socket.h>

static struct ip6_config *current(const struct inet_word *w)
{
	return &ip6_of(w->s)->config[inet_option_device(w->s)];
}

static bool address(const char *v, size_t n, struct inet_ip *out)
{
	return inet_option_address(AF_INET6, v, n, out->b) &&
	       !multicast(out) && !unspecified(out) && !is_loopback(out);
}

static bool opt_ip(const struct inet_word *w)
{
	struct ip6_config *c = current(w);
	const char *slash = memchr(w->v, '/', w->n);
	size_t k = slash ? (size_t)(slash - w->v) : 0;
	u32 bits;

	if (!slash || c->nlocal == CONFIG_ADDRS ||
	    !address(w->v, k, &c->local[c->nlocal].a) ||
	    !inet_option_number(slash + 1, w->n - k - 1, 128, &bits) || !bits)
		return false;
	c->local[c->nlocal++].plen = (u8)bits;
	return true;
}

static bool opt_gw(const struct inet_word *w)
{
	struct ip6_config *c = current(w);

	return unspecified(&c->gateway) && address(w->v, w->n, &c->gateway);
}

static bool opt_dad(const struct inet_word *w)
{
	return inet_option_number(w->v, w->n, 10, &ip6_of(w->s)->dad);
}

static bool opt_autoconf(const struct inet_word *w)
{
	return inet_option_flag(w, &ip6_of(w->s)->autoconf);
}

/* A gateway that no address reaches is a mistake. */
static bool makes_sense(const struct ip6_config *c)
{
	bool reached = unspecified(&c->gateway) || link_local(&c->gateway);

	for (u32 i = 0; i < c->nlocal; i++)
		reached |= prefix_match(&c->gateway, &c->local[i].a,
					c->local[i].plen);
	return reached;
}

enum ex_status ip6_options_parse(struct ip6 *ip, const char *options)
{
	static const struct inet_option own[] = {
		{ "ip", opt_ip }, { "gw", opt_gw }, { "dad", opt_dad },
		{ "autoconf", opt_autoconf } };
	enum ex_status st = inet_options_parse(&ip->s, "tcpip6", options, own,
					       sizeof(own) / sizeof(*own));

	for (u32 i = 0; i < ip->s.ndevices && !ex_failed(st); i++)
		if (!makes_sense(&ip->config[i]))
			st = EX_INVALID_PARAMETER;
	return st;
}
