// SPDX-License-Identifier: Apache-2.0
/*
 * The driver netbt: "ip=192.0.2.1 broadcast=192.0.2.255 mac=02:00:00:00:00:01
 * indicate=1024 keepalive=3600".
 *
 * ip is the machine's own address and needed; broadcast is where names are
 * claimed and asked for (255.255.255.255); mac is told by the node status;
 * indicate is the size of indicate buffers; keepalive is after how many seconds
 * of silence a session is tried (SessionKeepAlive, an hour in NT; 0: never).
 */
#include "netbt.h"

#include <string.h>

#define CAPACITY 1024u
#define CAPACITY_LEAST 516u          /* the longest of a session's control */
#define CAPACITY_MOST 65536u
#define KEEPALIVE 3600u
#define KEEPALIVE_MOST 1000000u

/* Up to most; behind it is end or `stop`. */
static bool number(const char **at, const char *end, u32 most, u32 *out)
{
	const char *p = *at;
	u32 v = 0;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (u32)(*p - '0');
		if (v > most)
			return false;
	}
	if (p == *at)
		return false;
	*at = p;
	*out = v;
	return true;
}

static bool address(const char *p, const char *end, u8 out[4])
{
	u32 v;

	for (int i = 0; i < 4; i++) {
		if (i && (p == end || *p++ != '.'))
			return false;
		if (!number(&p, end, 255, &v))
			return false;
		out[i] = (u8)v;
	}
	return p == end;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool mac(const char *p, const char *end, u8 out[6])
{
	if (end - p != 17)
		return false;
	for (int i = 0; i < 6; i++, p += 3) {
		int v = nibble(p[0]) << 4 | nibble(p[1]);

		if (v < 0 || (i < 5 && p[2] != ':'))
			return false;
		out[i] = (u8)v;
	}
	return true;
}

static bool keepalive(struct nbt *nb, const char *p, const char *end)
{
	u32 v;

	if (!number(&p, end, KEEPALIVE_MOST, &v) || p != end)
		return false;
	nb->keepalive_ns = v * NBT_SECOND;
	return true;
}

static bool is(const char *p, size_t n, const char *name)
{
	return strlen(name) == n && !memcmp(p, name, n);
}

static bool option(struct nbt *nb, const char *p, size_t n)
{
	const char *eq = memchr(p, '=', n), *v, *end = p + n;
	size_t k;

	if (!eq)
		return false;
	v = eq + 1;
	k = (size_t)(eq - p);
	if (is(p, k, "ip"))
		return address(v, end, nb->ip);
	if (is(p, k, "broadcast"))
		return address(v, end, nb->broadcast);
	if (is(p, k, "mac"))
		return mac(v, end, nb->mac);
	if (is(p, k, "keepalive"))
		return keepalive(nb, v, end);
	if (is(p, k, "indicate"))
		return number(&v, end, CAPACITY_MOST, &nb->capacity) &&
		       v == end && nb->capacity >= CAPACITY_LEAST;
	return false;
}

static bool parse(struct nbt *nb, const char *p)
{
	static const u8 none[4];

	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");

		if (!option(nb, p, n)) {
			ex_log(nb->x, "netbt: option %.*s", (int)n, p);
			return false;
		}
		p += n;
	}
	return memcmp(nb->ip, none, 4);
}

/* Clients have closed their files. */
static void unload(struct io_driver *d)
{
	struct nbt *nb = d->extension;

	nbt_lowers_stop(nb);         /* shuts the gate, too */
	nbt_port_close(&nb->udp);
	nbt_port_close(&nb->datagrams);
	ke_lock_fini(&nb->lock);
	d->extension = NULL;
	ex_free_pool(d->x, nb, TAG_NBT);
}

static enum ex_status start(struct nbt *nb, const char *options)
{
	enum ex_status st;

	if (!parse(nb, options))
		return EX_INVALID_PARAMETER;
	st = nbt_names_start(nb);
	if (ex_failed(st))
		return st;
	st = nbt_datagrams_start(nb);
	if (ex_failed(st))
		return st;
	st = nbt_lowers_start(nb);
	if (ex_failed(st))
		return st;
	return io_device_create(nb->driver, NBT_DEVICE, 0) ?
		       EX_SUCCESS : EX_INSUFFICIENT_RESOURCES;
}

static enum ex_status entry(struct io_driver *d, const char *options)
{
	struct nbt *nb = ex_alloc_zero(d->x, EX_NONPAGED, sizeof(*nb), TAG_NBT);
	enum ex_status st;

	if (!nb)
		return EX_INSUFFICIENT_RESOURCES;
	nb->x = d->x;
	nb->driver = d;
	nb->capacity = CAPACITY;
	nb->keepalive_ns = KEEPALIVE * NBT_SECOND;
	memset(nb->broadcast, 255, 4);
	ke_lock_init(&nb->lock, "netbt");
	d->extension = nb;
	nbt_dispatch(d);
	d->unload = unload;
	st = start(nb, options);
	if (ex_failed(st))
		unload(d);
	return st;
}

IO_DRIVER(netbt, "5.2.3790", entry);
