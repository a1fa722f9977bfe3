// SPDX-License-Identifier: Apache-2.0
/*
 * What is under a device, before XP.  Nothing records it there: a device only
 * knows which is attached to it.  So the lower one is looked for among the
 * devices of all drivers, which \Driver and \FileSystem hold.  Where the root
 * of the namespace is not known, the device's own driver leads to it: its name
 * says in which directory it is, and that directory's name says the same.
 */
#include "device.h"

#include "object.h"
#include "priv.h"

#include <stdio.h>
#include <stdlib.h>

static void find_root(struct ntr_objects *o, u64 from)
{
	struct ntr_object b;
	u64 at = from;

	for (unsigned i = 0; !o->root && i < NTR_MAX_OBJECT_DEPTH; i++) {
		if (ntr_object_read(o, at, &b, NULL))
			return;
		if (!b.directory && at != from)
			o->root = at;
		at = b.directory;
	}
}

struct search {
	struct ntr_objects *o;
	u64 upper;            /* what the lower one is attached to */
	u64 found;
	unsigned drivers;
	bool damaged;
};

static void in_driver(struct search *s, u64 driver)
{
	struct ntr_device_list l;
	struct ntr_driver d;

	if (ntr_driver_read(s->o->t, driver, &d, NULL) ||
	    ntr_driver_devices(s->o->t, &d, &l, NULL)) {
		s->damaged = true;
		return;
	}
	s->drivers++;
	s->damaged |= *l.why;
	for (size_t i = 0; !s->found && i < l.d.n; i++)
		if (l.d.v[i].has_upper && l.d.v[i].upper == s->upper)
			s->found = l.d.v[i].va;
	ntr_device_list_fini(&l);
}

static void in_directory(struct search *s, const char *path)
{
	struct ntr_directory d;
	u64 va;

	if (s->found || ntr_object_find(s->o, path, &va, NULL))
		return;
	if (ntr_directory_read(s->o, va, &d, NULL)) {
		s->damaged = true;
		return;
	}
	s->damaged |= *d.why;
	for (size_t i = 0; !s->found && i < d.entry.n; i++)
		in_driver(s, d.entry.v[i]);
	ntr_directory_fini(&d);
}

void ntr_device_find_lower(struct ntr_target *t, struct ntr_device *d,
			   char why[160])
{
	struct search s = { .upper = d->va };

	s.o = malloc(sizeof(*s.o));
	if (!s.o || ntr_objects_open(t, s.o, NULL)) {
		free(s.o);
		return;
	}
	find_root(s.o, d->driver);
	if (s.o->root) {
		in_directory(&s, "\\Driver");
		in_directory(&s, "\\FileSystem");
	}
	d->lower = s.found;
	d->has_lower = s.found || (s.drivers && !s.damaged);
	if (!d->has_lower)
		snprintf(why, 160, "this version keeps no AttachedTo, and the "
			 "devices of all drivers, which would tell, are not %s",
			 s.drivers ? "whole" : "known");
	free(s.o);
}
