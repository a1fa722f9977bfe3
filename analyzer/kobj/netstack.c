// SPDX-License-Identifier: Apache-2.0
/* Which drivers and devices make up the network stack of a machine. */
#include "netstack.h"

#include "device.h"
#include "object.h"
#include "priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CARD_TYPE 0x17u /* FILE_DEVICE_PHYSICAL_NETCARD */

/* Images, and the names their drivers have, by the inf files of the system. */
static const struct {
	const char *image, *driver;
	enum ntr_net_part part;
} known[] = {
	{ "ndis.sys", "NDIS", NTR_NET_NDIS },
	{ "ndistapi.sys", "NdisTapi", NTR_NET_NDIS },
	{ "ndisuio.sys", "Ndisuio", NTR_NET_NDIS },
	{ "ndiswan.sys", "NdisWan", NTR_NET_NDIS },
	{ "tcpip.sys", "Tcpip", NTR_NET_TCPIP },
	{ "tcpip6.sys", "Tcpip6", NTR_NET_TCPIP },
	{ "tdx.sys", "tdx", NTR_NET_TCPIP },
	{ "netio.sys", NULL, NTR_NET_TCPIP },
	{ "fwpkclnt.sys", NULL, NTR_NET_TCPIP },
	{ "nbf.sys", "Nbf", NTR_NET_TRANSPORT },
	{ "nwlnkipx.sys", "NwlnkIpx", NTR_NET_TRANSPORT },
	{ "nwlnknb.sys", "NwlnkNb", NTR_NET_TRANSPORT },
	{ "nwlnkspx.sys", "NwlnkSpx", NTR_NET_TRANSPORT },
	{ "netbt.sys", "NetBT", NTR_NET_NETBT },
	{ "afd.sys", "AFD", NTR_NET_AFD },
};

const char *ntr_net_part_name(enum ntr_net_part p)
{
	static const char *const names[] = {
#define NTR_NET_PART_NAME(n, t) t,
		NTR_NET_PARTS(NTR_NET_PART_NAME)
#undef NTR_NET_PART_NAME
	};

	return (size_t)p < NTR_COUNT(names) ? names[p] : NULL;
}

const char *ntr_net_from_name(enum ntr_net_from f)
{
	static const char *const names[] = { "object directory", "IRP",
					     "pool" };

	return names[f];
}

enum ntr_net_part ntr_net_image_part(const char *image)
{
	for (size_t i = 0; i < NTR_COUNT(known); i++)
		if (!strcasecmp(known[i].image, image))
			return known[i].part;
	return NTR_NET_NPARTS;
}

static enum ntr_net_part name_part(const char *name)
{
	const char *last = strrchr(name, '\\');

	for (size_t i = 0; last && i < NTR_COUNT(known); i++)
		if (known[i].driver && !strcasecmp(known[i].driver, last + 1))
			return known[i].part;
	return NTR_NET_NPARTS;
}

bool ntr_net_is_card(const struct ntr_net_device *d)
{
	return d->has_type && d->type == CARD_TYPE;
}

/* --- lookup -------------------------------------------------------------------- */

/* Place of va among the devices, which are sorted. */
static size_t place_of(const struct ntr_net *n, u64 va)
{
	size_t lo = 0, hi = n->devices.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (n->devices.v[mid].va < va)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct ntr_net_device *ntr_net_device_at(const struct ntr_net *n, u64 va)
{
	size_t i = place_of(n, va);

	return i < n->devices.n && n->devices.v[i].va == va ?
	       &n->devices.v[i] : NULL;
}

static struct ntr_net_driver *driver_at(const struct ntr_net *n, u64 va)
{
	for (size_t i = 0; i < n->drivers.n; i++)
		if (n->drivers.v[i].va == va)
			return &n->drivers.v[i];
	return NULL;
}

const struct ntr_net_driver *ntr_net_driver_at(const struct ntr_net *n, u64 va)
{
	return driver_at(n, va);
}

static void set_part(struct ntr_net *n, const struct ntr_module *m,
		     enum ntr_net_part part)
{
	if (m && n->parts)
		n->parts[m - n->t->modules.v] = (u8)part;
}

enum ntr_net_part ntr_net_code_part(const struct ntr_net *n, u64 va)
{
	const struct ntr_module *m = va ? ntr_target_module(n->t, va) : NULL;

	return m && n->parts ? n->parts[m - n->t->modules.v] : NTR_NET_NPARTS;
}

/* --- adding ----------------------------------------------------------------------- */

struct reader {
	struct ntr_net *n;
	bool lost;
};

static struct ntr_net_driver *add_driver(struct reader *r,
					 const struct ntr_driver *d,
					 enum ntr_net_part part, bool by_name,
					 enum ntr_net_from from)
{
	struct ntr_net *n = r->n;
	struct ntr_net_driver *x;

	if (n->drivers.n >= NTR_NET_MAX_DRIVERS) {
		snprintf(n->drivers_why, sizeof(n->drivers_why), "more than %u "
			 "drivers", NTR_NET_MAX_DRIVERS);
		return NULL;
	}
	x = ntr_vec_add(&n->drivers);
	r->lost |= !x;
	if (!x)
		return NULL;
	*x = (struct ntr_net_driver){ .va = d->va, .part = part, .from = from,
				      .by_name = by_name };
	memcpy(x->name, d->name, sizeof(x->name));
	x->module = d->has_start && d->start ?
		    ntr_target_module(n->t, d->start) : NULL;
	if (part == NTR_NET_CARD)
		set_part(n, x->module, part);
	return x;
}

static void name_device(struct reader *r, struct ntr_net_device *x)
{
	struct ntr_object b, dir;

	const struct ntr_objects *o = r->n->objects;

	if (!o || ntr_object_read(o, x->va, &b, NULL) || !*b.name)
		return;
	if (b.directory &&
	    ntr_object_read(o, b.directory, &dir, NULL) == NTR_OK &&
	    *dir.name)
		snprintf(x->name, sizeof(x->name), "\\%.40s\\%.80s", dir.name,
			 b.name);
	else
		snprintf(x->name, sizeof(x->name), "%.120s", b.name);
}

static const struct ntr_net_device *add_device(struct reader *r,
					       struct ntr_net_driver *driver,
					       const struct ntr_device *d,
					       enum ntr_net_from from)
{
	struct ntr_net *n = r->n;
	size_t at = place_of(n, d->va);
	struct ntr_net_device *x;

	if (at < n->devices.n && n->devices.v[at].va == d->va)
		return &n->devices.v[at];
	if (n->devices.n >= NTR_NET_MAX_DEVICES) {
		snprintf(n->drivers_why, sizeof(n->drivers_why), "more than %u "
			 "devices", NTR_NET_MAX_DEVICES);
		return NULL;
	}
	x = ntr_vec_add(&n->devices);
	r->lost |= !x;
	if (!x)
		return NULL;
	x = &n->devices.v[at];
	memmove(x + 1, x, (n->devices.n - 1 - at) * sizeof(*x));
	*x = (struct ntr_net_device){ .va = d->va, .driver = driver->va,
				      .part = driver->part, .type = d->type,
				      .has_type = d->has_type, .from = from };
	name_device(r, x);
	driver->ndevices++;
	return x;
}

/* x NULL: nothing. */
static void add_devices(struct reader *r, struct ntr_net_driver *x,
			const struct ntr_device_list *l,
			enum ntr_net_from from)
{
	if (x)
		memcpy(x->why, l->why, sizeof(x->why));
	for (size_t i = 0; x && !r->lost && i < l->d.n; i++)
		(void)add_device(r, x, &l->d.v[i], from);
}

/* --- by the object directory --------------------------------------------------------- */

static bool has_card(const struct ntr_device_list *l)
{
	for (size_t i = 0; i < l->d.n; i++)
		if (l->d.v[i].has_type && l->d.v[i].type == CARD_TYPE)
			return true;
	return false;
}

static enum ntr_net_part part_of(struct ntr_net *n, const struct ntr_driver *d,
				 bool *by_name)
{
	const struct ntr_module *m = d->has_start && d->start ?
				     ntr_target_module(n->t, d->start) : NULL;
	enum ntr_net_part part = m ? ntr_net_image_part(m->image) :
				     name_part(d->name);

	*by_name = !m;
	return part;
}

/* A driver of the directory, with its devices. */
static void take_driver(struct reader *r, u64 va)
{
	struct ntr_net *n = r->n;
	struct ntr_device_list l = { .why = "" };
	struct ntr_net_driver *x = NULL;
	enum ntr_net_part part;
	struct ntr_driver d;
	struct ntr_err why;
	bool by_name;

	if (driver_at(n, va) || ntr_driver_read(n->t, va, &d, NULL))
		return;
	part = part_of(n, &d, &by_name);
	if (part == NTR_NET_NPARTS && n->looked >= NTR_NET_MAX_LOOKED) {
		snprintf(n->drivers_why, sizeof(n->drivers_why), "not every "
			 "driver was asked for cards: they have more than %u "
			 "devices", NTR_NET_MAX_LOOKED);
		return;
	}
	if (ntr_driver_devices(n->t, &d, &l, &why)) {
		r->lost = true;
		return;
	}
	n->looked += l.d.n;
	if (part == NTR_NET_NPARTS && has_card(&l)) {
		part = NTR_NET_CARD;
		by_name = false;
	}
	if (part != NTR_NET_NPARTS)
		x = add_driver(r, &d, part, by_name, NTR_NET_DIRECTORY);
	add_devices(r, x, &l, NTR_NET_DIRECTORY);
	ntr_device_list_fini(&l);
}

static void take_directory(struct reader *r, const char *path)
{
	struct ntr_directory d;
	struct ntr_err why;
	u64 va;

	if (ntr_object_find(r->n->objects, path, &va, &why) ||
	    ntr_directory_read(r->n->objects, va, &d, &why)) {
		if (!*r->n->drivers_why)
			snprintf(r->n->drivers_why, sizeof(r->n->drivers_why),
				 "%s: %.180s", path, why.msg);
		return;
	}
	if (*d.why)
		snprintf(r->n->drivers_why, sizeof(r->n->drivers_why),
			 "%s: %.180s", path, d.why);
	for (size_t i = 0; i < d.entry.n && !r->lost; i++)
		take_driver(r, d.entry.v[i]);
	ntr_directory_fini(&d);
}

/* --- by an address ------------------------------------------------------------------- */

/* The driver v of device d, when it is of the stack, with all its devices. */
static struct ntr_net_driver *meet_driver(struct reader *r,
					  const struct ntr_driver *v,
					  const struct ntr_device *d,
					  enum ntr_net_from from)
{
	struct ntr_device_list l = { .why = "" };
	struct ntr_net_driver *x;
	bool by_name;
	enum ntr_net_part part = part_of(r->n, v, &by_name);

	if (part == NTR_NET_NPARTS && d->has_type && d->type == CARD_TYPE) {
		part = NTR_NET_CARD;
		by_name = false;
	}
	if (part == NTR_NET_NPARTS)
		return NULL;
	x = add_driver(r, v, part, by_name, from);
	if (x && ntr_driver_devices(r->n->t, v, &l, NULL)) {
		r->lost = true;
		return NULL;
	}
	add_devices(r, x, &l, from);
	ntr_device_list_fini(&l);
	return x;
}

const struct ntr_net_device *ntr_net_resolve(struct ntr_net *n, u64 va,
					     enum ntr_net_from from,
					     bool *lost)
{
	const struct ntr_net_device *x = ntr_net_device_at(n, va);
	struct reader r = { .n = n };
	struct ntr_net_driver *driver;
	struct ntr_device d;
	struct ntr_driver v;

	if (x || ntr_device_read(n->t, va, &d, NULL) || !d.has_driver)
		return x;
	driver = driver_at(n, d.driver);
	if (!driver && !ntr_driver_read(n->t, d.driver, &v, NULL))
		driver = meet_driver(&r, &v, &d, from);
	if (driver)
		x = add_device(&r, driver, &d, from);
	*lost |= r.lost;
	return x;
}

/* --- all of it -------------------------------------------------------------------------- */

static enum ntr_st drivers(struct ntr_net *n)
{
	struct reader r = { .n = n };
	struct ntr_err why;

	n->objects = malloc(sizeof(*n->objects));
	if (!n->objects)
		return NTR_NOMEM;
	if (ntr_objects_open(n->t, n->objects, &why)) {
		snprintf(n->drivers_why, sizeof(n->drivers_why), "%.190s",
			 why.msg);
		free(n->objects);
		n->objects = NULL;
		return NTR_OK;
	}
	take_directory(&r, "\\Driver");
	take_directory(&r, "\\FileSystem");
	return r.lost ? NTR_NOMEM : NTR_OK;
}

enum ntr_st ntr_net_read(struct ntr_target *t, struct ntr_pool *p,
			 struct ntr_net *out, struct ntr_err *e)
{
	struct ntr_net n = { .t = t };
	enum ntr_st st;

	if (!t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "this is no Windows NT");
	n.parts = malloc(t->modules.n + 1);
	if (!n.parts)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	for (size_t i = 0; i < t->modules.n; i++)
		n.parts[i] = (u8)ntr_net_image_part(t->modules.v[i].image);
	st = drivers(&n);
	if (!st)
		st = ntr_net_io(&n, p);
	if (!st)
		st = ntr_net_runs(&n);
	if (st) {
		ntr_net_fini(&n);
		return ntr_fail(e, st, "out of memory");
	}
	*out = n;
	return NTR_OK;
}

void ntr_net_fini(struct ntr_net *n)
{
	ntr_vec_fini(&n->drivers);
	ntr_vec_fini(&n->devices);
	ntr_vec_fini(&n->irps);
	ntr_vec_fini(&n->files);
	ntr_vec_fini(&n->runs);
	free(n->parts);
	free(n->objects);
	n->parts = NULL;
	n->objects = NULL;
}
