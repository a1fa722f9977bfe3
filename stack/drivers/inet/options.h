// SPDX-License-Identifier: Apache-2.0
/*
 * The drivers' options: words with one "=" between blanks; anything that is not
 * understood is refused.
 *
 * What belongs to a device (its addresses, gateway, mtu) belongs to the one of
 * the dev= before it, or without one to the dev= that follows, or to the first
 * adapter there is.  Invariant: s->ndevices never exceeds INET_DEVICES, and the
 * family keeps what it has of a device at the same index.
 *
 * To add an option of both families: a row of the list in options.c; one of a
 * family's own: a row of the list that it gives to inet_options_parse().
 */
#ifndef INET_OPTIONS_H
#define INET_OPTIONS_H

#include "inet.h"

struct inet_word {
	struct inet *s;
	const char *v;               /* the value: n bytes, at least one */
	size_t n;
};

struct inet_option {
	const char *name;
	bool (*fn)(const struct inet_word *w);
};

/* driver: for the log. own: n rows. */
enum ex_status inet_options_parse(struct inet *s, const char *driver,
				  const char *text,
				  const struct inet_option *own, size_t n);
/* The device that what comes now belongs to: its index. */
u32 inet_option_device(struct inet *s);
/* Decimal, without a sign or leading zeros, up to most; all n bytes. */
bool inet_option_number(const char *v, size_t n, u32 most, u32 *out);
bool inet_option_flag(const struct inet_word *w, bool *out);
/* As text; room for 16 bytes in out. family: AF_INET, AF_INET6. */
bool inet_option_address(int family, const char *v, size_t n, u8 *out);

/* A device of an adapter of this name that none has yet: its index, used from
 * now on; s->ndevices: none. */
u32 inet_device_take(struct inet *s, const char *name);
/* What _take() gave: its adapter is gone. */
void inet_device_give(struct inet *s, u32 i);

#endif
