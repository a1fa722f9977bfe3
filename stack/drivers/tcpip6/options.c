// SPDX-License-Identifier: Apache-2.0
/*
 * The driver's options: "personality=nt5 ip=2001:db8::1/64 gw=fe80::1 mtu=1400
 * dev=eth0 dad=1 autoconf=1".  Words with one "=" between blanks; anything else
 * is refused.
 *
 * ip, gw and mtu belong to a device: to the one of the dev= before them, or
 * without one to the dev= that follows, or to the first adapter there is.  An
 * adapter without any has its link-local address and what routers give.
 */
#include "ip6.h"

#include <arpa/inet.h>
#include <string.h>

struct words {
	struct ip6 *ip;
	const char *v;               /* the value, n bytes */
	size_t n;
};

static bool number(const char *v, size_t n, u32 most, u32 *out)
{
	u64 sum = 0;

	if (!n || (n > 1 && v[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (v[i] < '0' || v[i] > '9')
			return false;
		sum = sum * 10 + (u64)(v[i] - '0');
		if (sum > most)
			return false;
	}
	*out = (u32)sum;
	return true;
}

static bool address(const char *v, size_t n, struct inet_ip *out)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (n >= sizeof(text))
		return false;
	memcpy(text, v, n);
	return inet_pton(AF_INET6, text, out->b) == 1 && !multicast(out) &&
	       !unspecified(out) && !is_loopback(out);
}

static struct ip6_config *current(struct ip6 *ip)
{
	if (!ip->nconfigs)
		ip->nconfigs = 1;
	return &ip->config[ip->nconfigs - 1];
}

/* --- each of them ------------------------------------------------------------------- */

static bool opt_ip(const struct words *w)
{
	struct ip6_config *c = current(w->ip);
	const char *slash = memchr(w->v, '/', w->n);
	size_t k = slash ? (size_t)(slash - w->v) : 0;
	u32 bits;

	if (!slash || c->nlocal == CONFIG_ADDRS ||
	    !address(w->v, k, &c->local[c->nlocal].a) ||
	    !number(slash + 1, w->n - k - 1, 128, &bits) || !bits)
		return false;
	c->local[c->nlocal++].plen = (u8)bits;
	return true;
}

static bool opt_gw(const struct words *w)
{
	struct ip6_config *c = current(w->ip);

	return unspecified(&c->gateway) && address(w->v, w->n, &c->gateway);
}

static bool opt_mtu(const struct words *w)
{
	struct ip6_config *c = current(w->ip);

	return !c->mtu && number(w->v, w->n, 65535, &c->mtu) &&
	       c->mtu >= IP6_MIN_MTU;
}

static bool opt_dev(const struct words *w)
{
	struct ip6 *ip = w->ip;
	struct ip6_config *c = current(ip);

	if (w->n >= sizeof(c->dev))
		return false;
	for (u32 i = 0; i < ip->nconfigs; i++)
		if (strlen(ip->config[i].dev) == w->n &&
		    !memcmp(ip->config[i].dev, w->v, w->n))
			return false;
	if (c->dev[0]) {
		if (ip->nconfigs == CONFIGS)
			return false;
		c = &ip->config[ip->nconfigs++];
	}
	memcpy(c->dev, w->v, w->n);
	return true;
}

static bool opt_personality(const struct words *w)
{
	char name[16] = "";

	if (w->n >= sizeof(name))
		return false;
	memcpy(name, w->v, w->n);
	w->ip->s.as = inet_personality(name);
	return w->ip->s.as;
}

static bool flag_of(const struct words *w, bool *out)
{
	*out = w->v[0] == '1';
	return w->n == 1 && (w->v[0] == '0' || w->v[0] == '1');
}

static bool opt_dad(const struct words *w)
{
	return number(w->v, w->n, 10, &w->ip->dad);
}

static bool opt_autoconf(const struct words *w)
{
	return flag_of(w, &w->ip->autoconf);
}

/* Limits of the transports; what is not given stays 0: their own. */
#define CONTROLS(X)                                                        \
	X(syn_backlog, 65535) X(max_tcbs, 16777216)                        \
	X(keepalive_s, 864000) X(keepalive_interval_s, 86400)              \
	X(rcv_buf, 1u << 30) X(snd_buf, 1u << 30)
#define CONTROL_FN(name, most)                                             \
	static bool opt_##name(const struct words *w)                      \
	{                                                                  \
		return number(w->v, w->n, (most), &w->ip->s.ctl.name);     \
	}
CONTROLS(CONTROL_FN)
#undef CONTROL_FN

static bool opt_syn_cookies(const struct words *w)
{
	return flag_of(w, &w->ip->s.ctl.syn_cookies);
}

static bool opt_checked(const struct words *w)
{
	return flag_of(w, &w->ip->s.ctl.checked);
}

static const struct option {
	const char *name;
	bool (*fn)(const struct words *w);
} options_list[] = {
	{ "personality", opt_personality },
	{ "ip", opt_ip },
	{ "gw", opt_gw },
	{ "mtu", opt_mtu },
	{ "dev", opt_dev },
	{ "dad", opt_dad },
	{ "autoconf", opt_autoconf },
	{ "syn_cookies", opt_syn_cookies },
	{ "checked", opt_checked },
#define CONTROL_ROW(name, most) { #name, opt_##name },
	CONTROLS(CONTROL_ROW)
#undef CONTROL_ROW
};

static bool word(struct ip6 *ip, const char *p, size_t n)
{
	const char *eq = memchr(p, '=', n);
	size_t k = eq ? (size_t)(eq - p) : 0;
	struct words w = { .ip = ip, .v = eq ? eq + 1 : p,
			   .n = eq ? n - k - 1 : 0 };

	for (size_t i = 0; eq && w.n && i < sizeof(options_list) /
						sizeof(*options_list); i++)
		if (strlen(options_list[i].name) == k &&
		    !memcmp(options_list[i].name, p, k))
			return options_list[i].fn(&w);
	return false;
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
	const char *p = options ? options : "";

	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");

		if (!word(ip, p, n)) {
			ex_log(ip->x, "tcpip6: option %.*s", (int)n, p);
			return EX_INVALID_PARAMETER;
		}
		p += n;
	}
	for (u32 i = 0; i < ip->nconfigs; i++)
		if (!makes_sense(&ip->config[i]))
			return EX_INVALID_PARAMETER;
	return EX_SUCCESS;
}
