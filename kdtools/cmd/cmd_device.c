// SPDX-License-Identifier: Apache-2.0
/* Drivers and devices: !drvobj !devobj !devstack. */
#include "base/text.h"
#include "cmd.h"
#include "kobj/device.h"
#include "kobj/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNREADABLE "????????"

static enum ntr_st one_object(struct ntr_kd *k, const struct ntr_call *c,
			      u64 *va, u64 *flags, struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st;

	if (!k->t->is_nt)
		return ntr_fail(e, NTR_ABSENT, "this is no Windows NT");
	st = ntr_cmd_addr(k, c, &s, va, e);
	if (!st && flags && *s)
		st = ntr_cmd_value(k, c, &s, flags, e);
	return st ? st : ntr_cmd_end(k, c, s, e);
}

static void driver_name(struct ntr_kd *k, const struct ntr_device *d,
			char out[128])
{
	struct ntr_driver r;

	snprintf(out, 128, "%s", UNREADABLE);
	if (d->has_driver && ntr_driver_read(k->t, d->driver, &r, NULL) ==
	    NTR_OK && *r.name)
		snprintf(out, 128, "%s", r.name);
}

/* --- !drvobj ------------------------------------------------------------------------ */

static const char *kind_text(enum ntr_dispatch kind)
{
	switch (kind) {
	case NTR_D_FOREIGN:
		return "in another module than the driver's";
	case NTR_D_NO_MODULE:
		return "in no known module";
	case NTR_D_OWN:
	case NTR_D_KERNEL:
	case NTR_D_UNKNOWN:
		break;
	}
	return NULL;
}

static void routine(struct ntr_kd *k, const struct ntr_driver *d, unsigned i)
{
	char label[64], at[24] = UNREADABLE, name[300] = "";
	const char *why = NULL, *major = ntr_major_name((u8)i);

	if (d->has_major[i]) {
		why = kind_text(ntr_dispatch_kind(k->t, d, d->major[i]));
		ntr_va_text(at, d->major[i], k->t->ptr_size);
		ntr_kd_symbol(k, d->major[i], name, sizeof(name));
	}
	ntr_out_open(k->o, NULL);
	ntr_out_uint(k->o, "number", NULL, i);
	ntr_out_str(k->o, "name", NULL, major);
	ntr_out_hex_if(k->o, "routine", NULL, d->has_major[i], d->major[i]);
	ntr_out_str(k->o, "symbol", NULL, *name ? name : NULL);
	ntr_out_str(k->o, "flag", NULL, why);
	ntr_out_close(k->o);
	snprintf(label, sizeof(label), "[%02x] %s", i, major);
	ntr_out_line(k->o, "%-37s %s%s%s%s%s", label, at, *name ? "  " : "",
		     name, why ? "  ***** " : "", why ? why : "");
}

static void entry(struct ntr_kd *k, const char *key, const char *label, u64 va)
{
	char at[24], name[300];

	ntr_out_hex_if(k->o, key, NULL, va, va);
	ntr_va_text(at, va, k->t->ptr_size);
	ntr_kd_symbol(k, va, name, sizeof(name));
	ntr_out_line(k->o, "%-14s %s%s%s", label, at, va && *name ? "  " : "",
		     va ? name : "");
}

static void devices(struct ntr_kd *k, const struct ntr_driver *d)
{
	struct ntr_device_list l;
	struct ntr_err e;
	char at[24];

	ntr_out_list(k->o, "devices");
	ntr_out_line(k->o, "Device Object list:");
	if (ntr_driver_devices(k->t, d, &l, &e)) {
		ntr_out_line(k->o, "  (%s)", e.msg);
		ntr_out_list_end(k->o);
		return;
	}
	for (size_t i = 0; i < l.d.n && !ntr_kd_stopped(k); i++) {
		ntr_va_text(at, l.d.v[i].va, k->t->ptr_size);
		ntr_out_hex(k->o, NULL, NULL, l.d.v[i].va);
		ntr_out_line(k->o, "  %s", at);
	}
	ntr_out_list_end(k->o);
	ntr_out_str(k->o, "devices_lacking", NULL, *l.why ? l.why : NULL);
	if (*l.why)
		ntr_out_line(k->o, "  (%s)", l.why);
	ntr_device_list_fini(&l);
}

static enum ntr_st run_drvobj(struct ntr_kd *k, const struct ntr_call *c,
			      struct ntr_err *e)
{
	u64 va = 0, flags = 7;
	struct ntr_driver d;
	char at[24], start[24];
	enum ntr_st st = one_object(k, c, &va, &flags, e);

	if (!st)
		st = ntr_driver_read(k->t, va, &d, e);
	if (st)
		return st;
	ntr_va_text(at, va, k->t->ptr_size);
	ntr_va_text(start, d.start, k->t->ptr_size);
	ntr_out_hex(k->o, "driver", NULL, va);
	ntr_out_str(k->o, "name", NULL, *d.name ? d.name : NULL);
	ntr_out_hex_if(k->o, "start", NULL, d.has_start, d.start);
	ntr_out_hex_if(k->o, "size", NULL, d.has_start, d.size);
	ntr_out_str(k->o, "source", NULL, ntr_source_name(d.source));
	ntr_out_line(k->o, "Driver object (%s) is for:\n %s", at,
		     *d.name ? d.name : UNREADABLE);
	if (d.has_start)
		ntr_out_line(k->o, "Driver image: %s, 0x%" PRIx32 " bytes",
			     start, d.size);
	devices(k, &d);
	if (!(flags & 2))
		return NTR_OK;
	entry(k, "init", "DriverEntry:", d.init);
	entry(k, "start_io", "DriverStartIo:", d.start_io);
	entry(k, "unload", "DriverUnload:", d.unload);
	ntr_out_line(k->o, "Dispatch routines:");
	ntr_out_list(k->o, "dispatch");
	for (unsigned i = 0; i < NTR_MAJORS; i++)
		routine(k, &d, i);
	ntr_out_list_end(k->o);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_drvobj = {
	.names = "!drvobj",
	.summary = "a driver, its devices and dispatch routines",
	.operands = "ADDR [1 | 2 | 7]",
	.help = "The DRIVER_OBJECT at ADDR: name, image, devices and, unless 1 "
		"follows, its entries and dispatch routines. A routine that is "
		"neither in the driver's own image nor in the kernel is marked: "
		"port and class drivers serve others that way, but so do hooks; "
		"one that is in no module at all stands out.",
	.example = "!drvobj ffffe000`0a1b2c30", .does = "what serves its requests",
	.run = run_drvobj,
};

/* --- !devobj ------------------------------------------------------------------------- */

static void json_device(struct ntr_kd *k, const struct ntr_device *d,
			const char *driver)
{
	struct ntr_out *o = k->o;

	ntr_out_hex(o, "device", NULL, d->va);
	ntr_out_hex_if(o, "driver", NULL, d->has_driver, d->driver);
	ntr_out_str(o, "driver_name", NULL, strcmp(driver, UNREADABLE) ?
		    driver : NULL);
	ntr_out_hex_if(o, "type", NULL, d->has_type, d->type);
	ntr_out_str(o, "type_name", NULL, d->has_type ?
		    ntr_device_type_name(d->type) : NULL);
	ntr_out_hex_if(o, "flags", NULL, d->has_flags, d->flags);
	ntr_out_hex_if(o, "extension", NULL, d->extension, d->extension);
	ntr_out_hex_if(o, "attached_device", NULL, d->has_upper && d->upper,
		       d->upper);
	ntr_out_hex_if(o, "attached_to", NULL, d->has_lower && d->lower,
		       d->lower);
	ntr_out_hex_if(o, "current_irp", NULL, d->irp, d->irp);
}

#define DO_DEVICE_HAS_NAME 0x40u

/* Its name in \Device, as its object header has it; "" none, or unknown. */
static void object_name(const struct ntr_objects *o, const struct ntr_device *d,
			char out[NTR_OBJECT_NAME])
{
	struct ntr_object x;

	*out = 0;
	if (o && d->flags & DO_DEVICE_HAS_NAME &&
	    ntr_object_read(o, d->va, &x, NULL) == NTR_OK)
		snprintf(out, NTR_OBJECT_NAME, "%s", x.name);
}

/* NULL: no memory, or nothing is known of this machine's objects; to be
 * freed. */
static struct ntr_objects *objects(struct ntr_kd *k)
{
	struct ntr_objects *o = malloc(sizeof(*o));

	if (o && ntr_objects_open(k->t, o, NULL)) {
		free(o);
		return NULL;
	}
	return o;
}

static void link_line(struct ntr_kd *k, const char *label, bool have, u64 va)
{
	struct ntr_device d;
	char at[24], name[128] = "";

	ntr_va_text(at, va, k->t->ptr_size);
	if (have && !va)
		return;
	if (have && ntr_device_read(k->t, va, &d, NULL) == NTR_OK)
		driver_name(k, &d, name);
	ntr_out_line(k->o, "%s %s%s%s", label, have ? at : UNREADABLE,
		     *name ? " " : "", name);
}

static enum ntr_st run_devobj(struct ntr_kd *k, const struct ntr_call *c,
			      struct ntr_err *e)
{
	char at[24], driver[128], drv[24], irp[24], ext[24], flags[300];
	char why[160] = "";
	char name[NTR_OBJECT_NAME];
	struct ntr_objects *o;
	struct ntr_device d;
	const char *type;
	u64 va = 0;
	enum ntr_st st = one_object(k, c, &va, NULL, e);

	if (!st)
		st = ntr_device_read(k->t, va, &d, e);
	if (st)
		return st;
	driver_name(k, &d, driver);
	if (!d.has_lower && k->t->build && k->t->build < 2600)
		ntr_device_find_lower(k->t, &d, why);
	json_device(k, &d, driver);
	o = objects(k);
	object_name(o, &d, name);
	free(o);
	ntr_out_str(k->o, "name", NULL, *name ? name : NULL);
	ntr_va_text(at, va, k->t->ptr_size);
	ntr_va_text(drv, d.driver, k->t->ptr_size);
	ntr_va_text(irp, d.irp, k->t->ptr_size);
	ntr_va_text(ext, d.extension, k->t->ptr_size);
	ntr_device_flags_text(d.flags, flags, sizeof(flags));
	type = ntr_device_type_name(d.type);
	ntr_out_line(k->o, "Device object (%s) is for:\n  %s%s%s DriverObject %s",
		     at, name, *name ? " " : "", driver, d.has_driver ? drv : UNREADABLE);
	ntr_out_line(k->o, "Current Irp %s RefCount %" PRId32 " Type %08" PRIx32
		     "%s%s Flags %08" PRIx32, irp, d.references, d.type,
		     type ? " FILE_DEVICE_" : "", type ? type : "", d.flags);
	if (*flags)
		ntr_out_line(k->o, "  %s", flags);
	ntr_out_line(k->o, "DevExt %s StackSize %u Characteristics %08" PRIx32,
		     ext, d.stack_size, d.characteristics);
	link_line(k, "AttachedDevice (Upper)", d.has_upper, d.upper);
	link_line(k, "AttachedTo (Lower)", d.has_lower, d.lower);
	ntr_out_str(k->o, "lacking", NULL, *why ? why : NULL);
	if (*why)
		ntr_out_para(k->o, "  ", "(%s)", why);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_devobj = {
	.names = "!devobj",
	.summary = "a device",
	.operands = "ADDR",
	.help = "The DEVICE_OBJECT at ADDR: driver, type, flags, current request, "
		"extension, and the devices above and under it. What is under a "
		"device is recorded since XP; before, it is looked for among the "
		"devices of all drivers.",
	.example = "!devobj ffffe000`0a1b2c30", .does = "whose device this is",
	.run = run_devobj,
};

/* --- !devstack ------------------------------------------------------------------------ */

static enum ntr_st run_devstack(struct ntr_kd *k, const struct ntr_call *c,
				struct ntr_err *e)
{
	int width = k->t->ptr_size == 4 ? 8 : 17;
	struct ntr_device_list l;
	char at[24], ext[24], driver[128], name[NTR_OBJECT_NAME];
	struct ntr_objects *o;
	u64 va = 0;
	enum ntr_st st = one_object(k, c, &va, NULL, e);

	if (!st)
		st = ntr_device_stack(k->t, va, &l, e);
	if (st)
		return st;
	o = objects(k);
	ntr_out_line(k->o, "  %-*s  %-18s %-*s  ObjectName", width, "!DevObj",
		     "!DrvObj", width, "!DevExt");
	ntr_out_list(k->o, "devices");
	for (size_t i = 0; i < l.d.n; i++) {
		const struct ntr_device *d = &l.d.v[i];

		driver_name(k, d, driver);
		ntr_out_open(k->o, NULL);
		json_device(k, d, driver);
		object_name(o, d, name);
		ntr_out_str(k->o, "name", NULL, *name ? name : NULL);
		ntr_out_bool(k->o, "asked_for", NULL, i == l.at);
		ntr_out_close(k->o);
		ntr_va_text(at, d->va, k->t->ptr_size);
		ntr_va_text(ext, d->extension, k->t->ptr_size);
		ntr_out_line(k->o, "%c %s  %-18s %s%s%s", i == l.at ? '>' : ' ',
			     at, driver, ext, *name ? "  " : "", name);
	}
	free(o);
	ntr_out_list_end(k->o);
	ntr_out_str(k->o, "lacking", NULL, *l.why ? l.why : NULL);
	if (*l.why)
		ntr_out_line(k->o, "(%s)", l.why);
	ntr_device_list_fini(&l);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_devstack = {
	.names = "!devstack",
	.summary = "the stack a device is in",
	.operands = "ADDR",
	.help = "Top first, with the driver and extension of each; > marks the "
		"one at ADDR. Upwards by AttachedDevice, downwards by what XP and "
		"later record, before by a search of all drivers' devices; a ring, or a link that leads nowhere, ends the "
		"stack and is said.",
	.example = "!devstack ffffe000`0a1b2c30", .does = "who filters this device",
	.run = run_devstack,
};
