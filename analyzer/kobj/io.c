// SPDX-License-Identifier: Apache-2.0
#include "io.h"

#include "../base/record.h"
#include "../base/text.h"
#include "layout.h"
#include "priv.h"

#include <string.h>

enum { TYPE_DEVICE = 3, TYPE_DRIVER = 4, TYPE_IRP = 6 };

struct raw_irp {
	u64 thread;
	u32 flags;
	u16 type;
	u8 count, current, cancel;
};
static const struct ntr_member irp_members[] = {
	NTR_MEMBER(raw_irp, type, "Type"),
	NTR_MEMBER(raw_irp, count, "StackCount"),
	NTR_MEMBER(raw_irp, current, "CurrentLocation"),
	NTR_MEMBER_OPT(raw_irp, flags, "Flags"),
	NTR_MEMBER_OPT(raw_irp, cancel, "Cancel"),
	NTR_MEMBER_OPT(raw_irp, thread, "Tail.Overlay.Thread"),
};
static const struct ntr_member location_members[] = {
	NTR_MEMBER(ntr_io_location, major, "MajorFunction"),
	NTR_MEMBER(ntr_io_location, minor, "MinorFunction"),
	NTR_MEMBER(ntr_io_location, control, "Control"),
	NTR_MEMBER(ntr_io_location, device, "DeviceObject"),
	NTR_MEMBER_OPT(ntr_io_location, file, "FileObject"),
	NTR_MEMBER_OPT(ntr_io_location, completion, "CompletionRoutine"),
	NTR_MEMBER_OPT(ntr_io_location, context, "Context"),
};
struct raw_device {
	u64 driver, next, attached, irp;
	u32 flags, kind;
	u16 type;
};
static const struct ntr_member device_members[] = {
	NTR_MEMBER(raw_device, type, "Type"),
	NTR_MEMBER(raw_device, driver, "DriverObject"),
	NTR_MEMBER_OPT(raw_device, next, "NextDevice"),
	NTR_MEMBER_OPT(raw_device, attached, "AttachedDevice"),
	NTR_MEMBER_OPT(raw_device, irp, "CurrentIrp"),
	NTR_MEMBER_OPT(raw_device, flags, "Flags"),
	NTR_MEMBER_OPT(raw_device, kind, "DeviceType"),
};
struct raw_driver {
	u64 devices, start, name;
	u32 size;
	u16 type, length;
};
static const struct ntr_member driver_members[] = {
	NTR_MEMBER(raw_driver, type, "Type"),
	NTR_MEMBER_OPT(raw_driver, devices, "DeviceObject"),
	NTR_MEMBER_OPT(raw_driver, start, "DriverStart"),
	NTR_MEMBER_OPT(raw_driver, size, "DriverSize"),
	NTR_MEMBER_OPT(raw_driver, length, "DriverName.Length"),
	NTR_MEMBER_OPT(raw_driver, name, "DriverName.Buffer"),
};

const char *ntr_irp_major_name(u8 major)
{
	static const char *const names[] = {
		"IRP_MJ_CREATE", "IRP_MJ_CREATE_NAMED_PIPE", "IRP_MJ_CLOSE",
		"IRP_MJ_READ", "IRP_MJ_WRITE", "IRP_MJ_QUERY_INFORMATION",
		"IRP_MJ_SET_INFORMATION", "IRP_MJ_QUERY_EA", "IRP_MJ_SET_EA",
		"IRP_MJ_FLUSH_BUFFERS", "IRP_MJ_QUERY_VOLUME_INFORMATION",
		"IRP_MJ_SET_VOLUME_INFORMATION", "IRP_MJ_DIRECTORY_CONTROL",
		"IRP_MJ_FILE_SYSTEM_CONTROL", "IRP_MJ_DEVICE_CONTROL",
		"IRP_MJ_INTERNAL_DEVICE_CONTROL", "IRP_MJ_SHUTDOWN",
		"IRP_MJ_LOCK_CONTROL", "IRP_MJ_CLEANUP",
		"IRP_MJ_CREATE_MAILSLOT", "IRP_MJ_QUERY_SECURITY",
		"IRP_MJ_SET_SECURITY", "IRP_MJ_POWER", "IRP_MJ_SYSTEM_CONTROL",
		"IRP_MJ_DEVICE_CHANGE", "IRP_MJ_QUERY_QUOTA",
		"IRP_MJ_SET_QUOTA", "IRP_MJ_PNP",
	};

	return major < NTR_COUNT(names) ? names[major] : "?";
}

/* One structure, by the members of its type. */
static enum ntr_st read_as(struct ntr_target *t, u64 va, const char *type,
			   const struct ntr_member *m, unsigned n, void *out,
			   struct ntr_err *e)
{
	struct ntr_bound b;
	enum ntr_st st;
	u32 have;

	st = ntr_bind(&t->priv->types, type, m, n, &b, e);
	if (!st && !ntr_kernel_va(t, va))
		st = ntr_fail(e, NTR_BAD, "%s: 0x%" PRIx64
			      " is no kernel address", type, va);
	return st ? st : ntr_bound_read(&b, t->mem, va, out, &have, e);
}

/* --- IRPs --------------------------------------------------------------------------- */

/* Locations stand behind the IRP, number 1 (the lowest device's) first. */
static void read_locations(struct ntr_target *t, struct ntr_irp *irp)
{
	u32 size = ntr_types_sizeof(&t->priv->types, "_IRP", NULL);
	u32 each = ntr_types_sizeof(&t->priv->types, "_IO_STACK_LOCATION",
				    NULL);

	for (unsigned i = 0; size && each && i < irp->stack_count &&
	     i < NTR_MAX_LOCATIONS; i++) {
		u64 va = irp->va + size + (u64)i * each;

		if (read_as(t, va, "_IO_STACK_LOCATION", location_members,
			    NTR_COUNT(location_members), &irp->loc[i], NULL))
			return;
		irp->loc[i].va = va;
		irp->nlocs++;
	}
}

enum ntr_st ntr_irp_read(struct ntr_target *t, u64 va, struct ntr_irp *out,
			 struct ntr_err *e)
{
	struct raw_irp r = { 0 };
	enum ntr_st st = read_as(t, va, "_IRP", irp_members,
				 NTR_COUNT(irp_members), &r, e);

	if (st)
		return ntr_wrap(e, st, "IRP 0x%" PRIx64, va);
	if (r.type != TYPE_IRP)
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 " is no IRP: its type "
				"is %u, not 6", va, r.type);
	if (r.current > r.count + 1)
		return ntr_fail(e, NTR_BAD, "IRP 0x%" PRIx64 ": location %u of "
				"%u", va, r.current, r.count);
	*out = (struct ntr_irp){ .va = va, .thread = r.thread,
				 .flags = r.flags, .stack_count = r.count,
				 .current = r.current,
				 .cancelled = r.cancel != 0 };
	read_locations(t, out);
	return NTR_OK;
}

enum ntr_st ntr_irp_list(struct ntr_target *t, const struct ntr_kthread *k,
			 struct ntr_list *out, struct ntr_err *e)
{
	struct ntr_type_hit h;
	enum ntr_st st;

	if (!k->irps || !ntr_types_find(&t->priv->types, "_IRP",
					"ThreadListEntry", &h))
		return ntr_fail(e, NTR_ABSENT, "the IRP list of threads is not "
				"known");
	st = ntr_list_read(t, k->irps, NTR_MAX_IRPS, out, e);
	if (st)
		return ntr_wrap(e, st, "IRPs of thread 0x%" PRIx64, k->th.va);
	for (size_t i = 0; i < out->entry.n; i++)
		out->entry.v[i] -= h.off;
	return NTR_OK;
}

/* --- devices and drivers ------------------------------------------------------------- */

static void read_name(struct ntr_target *t, const struct raw_driver *r,
		      char out[128])
{
	u8 wide[2 * 127];
	size_t n = r->length < sizeof(wide) ? r->length : sizeof(wide);
	char text[128];

	out[0] = 0;
	if (!n || n & 1 || !ntr_kernel_va(t, r->name) ||
	    ntr_space_read(t->mem, r->name, wide, n, NULL))
		return;
	for (size_t i = 0; i < n / 2; i++)
		text[i] = wide[2 * i + 1] ? '?' : (char)wide[2 * i];
	ntr_ascii_clean(out, 128, text, n / 2);
}

enum ntr_st ntr_driver_read(struct ntr_target *t, u64 va,
			    struct ntr_driver *out, struct ntr_err *e)
{
	struct raw_driver r = { 0 };
	enum ntr_st st = read_as(t, va, "_DRIVER_OBJECT", driver_members,
				 NTR_COUNT(driver_members), &r, e);

	if (st)
		return ntr_wrap(e, st, "driver 0x%" PRIx64, va);
	if (r.type != TYPE_DRIVER)
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 " is no driver object:"
				" its type is %u, not 4", va, r.type);
	*out = (struct ntr_driver){ .va = va, .start = r.start, .size = r.size,
				    .devices = r.devices };
	read_name(t, &r, out->name);
	return NTR_OK;
}

enum ntr_st ntr_device_read(struct ntr_target *t, u64 va,
			    struct ntr_device *out, struct ntr_err *e)
{
	struct raw_device r = { 0 };
	enum ntr_st st = read_as(t, va, "_DEVICE_OBJECT", device_members,
				 NTR_COUNT(device_members), &r, e);

	if (st)
		return ntr_wrap(e, st, "device 0x%" PRIx64, va);
	if (r.type != TYPE_DEVICE)
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 " is no device object:"
				" its type is %u, not 3", va, r.type);
	*out = (struct ntr_device){ .va = va, .driver = r.driver,
				    .next = r.next, .attached = r.attached,
				    .irp = r.irp, .flags = r.flags,
				    .type = r.kind };
	return NTR_OK;
}

enum ntr_st ntr_device_stack(struct ntr_target *t, u64 va,
			     struct ntr_device out[NTR_MAX_STACKED],
			     unsigned *n, const char **why, struct ntr_err *e)
{
	enum ntr_st st = ntr_device_read(t, va, &out[0], e);

	*n = 0;
	*why = NULL;
	if (st)
		return st;
	for (*n = 1; out[*n - 1].attached; ++*n) {
		u64 next = out[*n - 1].attached;

		if (*n == NTR_MAX_STACKED) {
			*why = "more devices on one another than there can be";
			return NTR_OK;
		}
		for (unsigned i = 0; i < *n; i++)
			if (out[i].va == next)
				*why = "a device is attached to itself";
		if (!*why && ntr_device_read(t, next, &out[*n], NULL))
			*why = "what is attached is no device in this dump";
		if (*why)
			return NTR_OK;
	}
	return NTR_OK;
}
