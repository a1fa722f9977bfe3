// SPDX-License-Identifier: Apache-2.0
/*
 * The driver's options: "personality=nt5 ip=192.0.2.1/24 gw=192.0.2.254
 * dev=eth0".  Words with one "=" between blanks; anything else is refused.
 *
 * ip, gw and mtu belong to a device: to the one of the dev= before them, or
 * without one to the dev= that follows, or to the first adapter there is.
 */
#include "ip.h"

#include <string.h>

struct words {
	struct ip *ip;
	const char *v;               /* the value, n bytes */
	size_t n;
};

/* Decimal, without a sign or leading zeros, up to most. */
static bool number(const char **at, const char *end, u32 most, u32 *out)
{
	const char *p = *at;
	u64 v = 0;

	if (p == end || (*p == '0' && p + 1 < end && p[1] >= '0' &&
			 p[1] <= '9'))
		return false;
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (u64)(*p - '0');
		if (v > most)
			return false;
	}
	if (p == *at)
		return false;
	*at = p;
	*out = (u32)v;
	return true;
}

static bool address(const char **at, const char *end, u32 *out)
{
	u32 a = 0, part;

	for (int i = 0; i < 4; i++) {
		if (i && (*at == end || *(*at)++ != '.'))
			return false;
		if (!number(at, end, 255, &part))
			return false;
		a = a << 8 | part;
	}
	*out = a;
	return true;
}

static struct ip_config *current(struct ip *ip)
{
	if (!ip->nconfigs)
		ip->nconfigs = 1;
	return &ip->config[ip->nconfigs - 1];
}

/* --- each of them ------------------------------------------------------------------- */

static bool opt_ip(const struct words *w)
{
	struct ip_config *c = current(w->ip);
	const char *at = w->v, *end = at + w->n;
	u32 a, bits, mask;

	if (!address(&at, end, &a) || at == end || *at++ != '/' ||
	    !number(&at, end, 32, &bits) || at != end || bits < 1)
		return false;
	mask = UINT32_MAX << (32 - bits);
	if (c->nlocal == LOCALS || !ip4_unicast(a) || ip4_loopback(a) ||
	    (bits < 31 && (!(a & ~mask) || (a | mask) == UINT32_MAX)))
		return false;
	c->local[c->nlocal].addr = a;
	c->local[c->nlocal++].mask = mask;
	return true;
}

static bool opt_gw(const struct words *w)
{
	struct ip_config *c = current(w->ip);
	const char *at = w->v, *end = at + w->n;

	return !c->gateway && address(&at, end, &c->gateway) && at == end &&
	       ip4_unicast(c->gateway) && !ip4_loopback(c->gateway);
}

static bool opt_mtu(const struct words *w)
{
	struct ip_config *c = current(w->ip);
	const char *at = w->v, *end = at + w->n;

	return !c->mtu && number(&at, end, 65535, &c->mtu) && at == end &&
	       c->mtu >= 68;
}

static bool opt_dev(const struct words *w)
{
	struct ip *ip = w->ip;
	struct ip_config *c = current(ip);

	if (!w->n || w->n >= sizeof(c->dev))
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

static bool number_of(const struct words *w, u32 most, u32 *out)
{
	const char *at = w->v, *end = at + w->n;

	return number(&at, end, most, out) && at == end;
}

static bool flag_of(const struct words *w, bool *out)
{
	*out = w->v[0] == '1';
	return w->n == 1 && (w->v[0] == '0' || w->v[0] == '1');
}

/* Limits of the transports; what is not given stays 0: their own. */
#define CONTROLS(X)                                                        \
	X(syn_backlog, 65535) X(max_tcbs, 16777216)                        \
	X(keepalive_s, 864000) X(keepalive_interval_s, 86400)              \
	X(rcv_buf, 1u << 30) X(snd_buf, 1u << 30)
#define CONTROL_FN(name, most)                                             \
	static bool opt_##name(const struct words *w)                      \
	{                                                                  \
		return number_of(w, (most), &w->ip->s.ctl.name);           \
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
	{ "syn_cookies", opt_syn_cookies },
	{ "checked", opt_checked },
#define CONTROL_ROW(name, most) { #name, opt_##name },
	CONTROLS(CONTROL_ROW)
#undef CONTROL_ROW
};

static bool word(struct ip *ip, const char *p, size_t n)
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
	const char *p = options;

	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");

		if (!word(ip, p, n)) {
			ex_log(ip->x, "tcpip: option %.*s", (int)n, p);
			return EX_INVALID_PARAMETER;
		}
		p += n;
	}
	for (u32 i = 0; i < ip->nconfigs; i++)
		if (!makes_sense(&ip->config[i]))
			return EX_INVALID_PARAMETER;
	return EX_SUCCESS;
}
