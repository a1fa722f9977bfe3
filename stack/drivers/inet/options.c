// SPDX-License-Identifier: Apache-2.0
/* The options that both families have, and the devices that they name. */
#include "options.h"

#include <arpa/inet.h>
#include <string.h>

bool inet_option_number(const char *v, size_t n, u32 most, u32 *out)
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

bool inet_option_flag(const struct inet_word *w, bool *out)
{
	*out = w->v[0] == '1';
	return w->n == 1 && (w->v[0] == '0' || w->v[0] == '1');
}

bool inet_option_address(int family, const char *v, size_t n, u8 *out)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (n >= sizeof(text))
		return false;
	memcpy(text, v, n);
	return inet_pton(family, text, out) == 1;
}

u32 inet_option_device(struct inet *s)
{
	if (!s->ndevices)
		s->ndevices = 1;
	return s->ndevices - 1;
}

/* --- each of them ------------------------------------------------------------------- */

static bool opt_mtu(const struct inet_word *w)
{
	struct inet_device *d = &w->s->device[inet_option_device(w->s)];

	return !d->mtu && inet_option_number(w->v, w->n, 65535, &d->mtu) &&
	       d->mtu >= w->s->family->least_mtu;
}

static bool opt_dev(const struct inet_word *w)
{
	struct inet *s = w->s;
	struct inet_device *d = &s->device[inet_option_device(s)];

	if (w->n >= sizeof(d->name))
		return false;
	for (u32 i = 0; i < s->ndevices; i++)
		if (strlen(s->device[i].name) == w->n &&
		    !memcmp(s->device[i].name, w->v, w->n))
			return false;
	if (d->name[0]) {
		if (s->ndevices == INET_DEVICES)
			return false;
		d = &s->device[s->ndevices++];
	}
	memcpy(d->name, w->v, w->n);
	return true;
}

static bool opt_personality(const struct inet_word *w)
{
	char name[16] = "";

	if (w->n >= sizeof(name))
		return false;
	memcpy(name, w->v, w->n);
	w->s->as = inet_personality(name);
	return w->s->as;
}

/* Limits of the transports; what is not given stays 0: their own. */
#define CONTROLS(X)                                                        \
	X(syn_backlog, 65535) X(max_tcbs, 16777216)                        \
	X(keepalive_s, 864000) X(keepalive_interval_s, 86400)              \
	X(rcv_buf, 1u << 30) X(snd_buf, 1u << 30) X(data_retrans, 15)
#define CONTROL_FN(name, most)                                             \
	static bool opt_##name(const struct inet_word *w)                  \
	{                                                                  \
		return inet_option_number(w->v, w->n, (most),              \
					  &w->s->ctl.name);                \
	}
CONTROLS(CONTROL_FN)
#undef CONTROL_FN

static bool opt_syn_cookies(const struct inet_word *w)
{
	return inet_option_flag(w, &w->s->ctl.syn_cookies);
}

static bool opt_sack(const struct inet_word *w)
{
	bool on = true, ok = inet_option_flag(w, &on);

	w->s->ctl.no_sack = !on;
	return ok;
}

static bool opt_checked(const struct inet_word *w)
{
	return inet_option_flag(w, &w->s->ctl.checked);
}

static const struct inet_option shared[] = {
	{ "personality", opt_personality },
	{ "mtu", opt_mtu },
	{ "dev", opt_dev },
	{ "syn_cookies", opt_syn_cookies },
	{ "checked", opt_checked },
	{ "sack", opt_sack },
#define CONTROL_ROW(name, most) { #name, opt_##name },
	CONTROLS(CONTROL_ROW)
#undef CONTROL_ROW
};

/* --- all of them ------------------------------------------------------------------------- */

static const struct inet_option *row(const struct inet_option *o, size_t n,
				     const char *name, size_t length)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(o[i].name) == length &&
		    !memcmp(o[i].name, name, length))
			return &o[i];
	return NULL;
}

static bool word(struct inet *s, const char *p, size_t n,
		 const struct inet_option *own, size_t nown)
{
	const char *eq = memchr(p, '=', n);
	size_t k = eq ? (size_t)(eq - p) : 0;
	struct inet_word w = { .s = s, .v = eq ? eq + 1 : p,
			       .n = eq ? n - k - 1 : 0 };
	const struct inet_option *o = row(own, nown, p, k);

	if (!o)
		o = row(shared, sizeof(shared) / sizeof(*shared), p, k);
	return o && w.n && o->fn(&w);
}

enum ex_status inet_options_parse(struct inet *s, const char *driver,
				  const char *text,
				  const struct inet_option *own, size_t nown)
{
	const char *p = text ? text : "";

	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");

		if (!word(s, p, n, own, nown)) {
			ex_log(s->x, "%s: option %.*s", driver, (int)n, p);
			return EX_INVALID_PARAMETER;
		}
		p += n;
	}
	return EX_SUCCESS;
}

/* --- devices and adapters -------------------------------------------------------------------- */

static bool is_of(const struct inet_device *d, const char *name)
{
	return !d->name[0] || !strcmp(d->name, name);
}

u32 inet_device_take(struct inet *s, const char *name)
{
	u32 i = 0;

	ke_latch(&s->devices);
	while (i < s->ndevices &&
	       (s->device[i].used || !is_of(&s->device[i], name)))
		i++;
	if (i < s->ndevices)
		s->device[i].used = true;
	ke_unlatch(&s->devices);
	return i;
}

void inet_device_give(struct inet *s, u32 i)
{
	if (i == s->ndevices)
		return;
	ke_latch(&s->devices);
	s->device[i].used = false;
	ke_unlatch(&s->devices);
}
