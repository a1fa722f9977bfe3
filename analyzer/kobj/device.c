// SPDX-License-Identifier: Apache-2.0
/* The layouts are those of wdm.h, which all drivers are compiled with. */
#include "device.h"

#include "../base/text.h"
#include "priv.h"

#include <stdio.h>
#include <string.h>

#define IO_TYPE_DEVICE 3u
#define IO_TYPE_DRIVER 4u
#define NAME_BYTES 256u

const char *ntr_major_name(u8 major)
{
	static const char *const names[NTR_MAJORS] = {
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

	return major < NTR_MAJORS ? names[major] : NULL;
}

const char *ntr_device_type_name(u32 type)
{
	static const char *const names[] = {
		NULL, "BEEP", "CD_ROM", "CD_ROM_FILE_SYSTEM", "CONTROLLER",
		"DATALINK", "DFS", "DISK", "DISK_FILE_SYSTEM", "FILE_SYSTEM",
		"INPORT_PORT", "KEYBOARD", "MAILSLOT", "MIDI_IN", "MIDI_OUT",
		"MOUSE", "MULTI_UNC_PROVIDER", "NAMED_PIPE", "NETWORK",
		"NETWORK_BROWSER", "NETWORK_FILE_SYSTEM", "NULL",
		"PARALLEL_PORT", "PHYSICAL_NETCARD", "PRINTER", "SCANNER",
		"SERIAL_MOUSE_PORT", "SERIAL_PORT", "SCREEN", "SOUND",
		"STREAMS", "TAPE", "TAPE_FILE_SYSTEM", "TRANSPORT", "UNKNOWN",
		"VIDEO", "VIRTUAL_DISK", "WAVE_IN", "WAVE_OUT", "8042_PORT",
		"NETWORK_REDIRECTOR", "BATTERY", "BUS_EXTENDER", "MODEM",
		"VDM", "MASS_STORAGE",
	};

	return type < NTR_COUNT(names) ? names[type] : NULL;
}

void ntr_device_flags_text(u32 flags, char *out, size_t size)
{
	static const struct {
		u32 bit;
		const char *name;
	} bits[] = {
		{ 0x2, "DO_VERIFY_VOLUME" }, { 0x4, "DO_BUFFERED_IO" },
		{ 0x8, "DO_EXCLUSIVE" }, { 0x10, "DO_DIRECT_IO" },
		{ 0x20, "DO_MAP_IO_BUFFER" }, { 0x40, "DO_DEVICE_HAS_NAME" },
		{ 0x80, "DO_DEVICE_INITIALIZING" },
		{ 0x100, "DO_SYSTEM_BOOT_PARTITION" },
		{ 0x200, "DO_LONG_TERM_REQUESTS" },
		{ 0x400, "DO_NEVER_LAST_DEVICE" },
		{ 0x800, "DO_SHUTDOWN_REGISTERED" },
		{ 0x1000, "DO_BUS_ENUMERATED_DEVICE" },
		{ 0x2000, "DO_POWER_PAGABLE" }, { 0x4000, "DO_POWER_INRUSH" },
	};
	size_t n = 0;

	out[0] = 0;
	for (size_t i = 0; i < NTR_COUNT(bits); i++) {
		if (!(flags & bits[i].bit) || n >= size)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " " : "",
				      bits[i].name);
		flags &= ~bits[i].bit;
	}
	if (flags && n < size)
		snprintf(out + n, size - n, "%s0x%" PRIx32, n ? " " : "",
			 flags);
}

void ntr_kernel_string(struct ntr_target *t, u64 buffer, u32 bytes, char *out,
		       size_t size)
{
	u8 raw[NAME_BYTES];

	out[0] = 0;
	if (bytes > sizeof(raw))
		bytes = sizeof(raw);
	bytes &= ~1u;
	if (bytes && ntr_kernel_va(t, buffer) &&
	    ntr_space_read(t->mem, buffer, raw, bytes, NULL) == NTR_OK)
		ntr_utf16_to_utf8(out, size, raw, bytes);
}

/* An I/O object's Type is the first word of it. */
static enum ntr_st io_type(struct ntr_target *t, u64 va, u16 want,
			   const char *what, struct ntr_err *e)
{
	u16 type;
	enum ntr_st st;

	if (!ntr_kernel_va(t, va))
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 " is no address of a "
				"%s", va, what);
	st = ntr_read_u16(t->mem, va, &type);
	if (st)
		return ntr_fail(e, st, "%s 0x%" PRIx64 ": not in the dump",
				what, va);
	if (type != want)
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 ": type %u, that of a "
				"%s is %u", va, type, what, want);
	return NTR_OK;
}

/* --- drivers -------------------------------------------------------------------- */

struct raw_driver {
	u64 devices, start, name, init, start_io, unload;
	u32 size;
	u16 name_bytes;
};
static const struct ntr_member driver_members[] = {
	NTR_MEMBER_OPT(raw_driver, devices, "DeviceObject"),
	NTR_MEMBER_OPT(raw_driver, start, "DriverStart"),
	NTR_MEMBER_OPT(raw_driver, size, "DriverSize"),
	NTR_MEMBER_OPT(raw_driver, name_bytes, "DriverName.Length"),
	NTR_MEMBER_OPT(raw_driver, name, "DriverName.Buffer"),
	NTR_MEMBER_OPT(raw_driver, init, "DriverInit"),
	NTR_MEMBER_OPT(raw_driver, start_io, "DriverStartIo"),
	NTR_MEMBER_OPT(raw_driver, unload, "DriverUnload"),
};
enum { HAS_START = 3u << 1, HAS_NAME = 3u << 3 };

enum ntr_st ntr_driver_read(struct ntr_target *t, u64 va,
			    struct ntr_driver *out, struct ntr_err *e)
{
	struct ntr_driver d = { .va = va };
	struct raw_driver r = { 0 };
	struct ntr_type_hit table;
	struct ntr_bound b;
	u32 have = 0;
	enum ntr_st st = io_type(t, va, IO_TYPE_DRIVER, "driver object", e);

	if (!st)
		st = ntr_bind(&t->priv->types, "_DRIVER_OBJECT", driver_members,
			      NTR_COUNT(driver_members), &b, e);
	if (!st)
		st = ntr_bound_read(&b, t->mem, va, &r, &have, e);
	if (st)
		return st;
	d.source = b.source;
	d.devices = r.devices;
	d.start = r.start;
	d.size = r.size;
	d.has_start = (have & HAS_START) == HAS_START;
	d.init = r.init;
	d.start_io = r.start_io;
	d.unload = r.unload;
	if ((have & HAS_NAME) == HAS_NAME)
		ntr_kernel_string(t, r.name, r.name_bytes, d.name,
				  sizeof(d.name));
	if (ntr_types_find(&t->priv->types, "_DRIVER_OBJECT", "MajorFunction",
			   &table))
		for (unsigned i = 0; i < NTR_MAJORS; i++)
			d.has_major[i] = ntr_read_ptr(t->mem, va + table.off +
						      i * t->ptr_size,
						      t->ptr_size,
						      &d.major[i]) == NTR_OK;
	*out = d;
	return NTR_OK;
}

enum ntr_dispatch ntr_dispatch_kind(struct ntr_target *t,
				    const struct ntr_driver *d, u64 routine)
{
	if (!routine)
		return NTR_D_UNKNOWN;
	if (d->has_start && routine - d->start < d->size)
		return NTR_D_OWN;
	if (routine - t->kernel_base < t->kernel_size)
		return NTR_D_KERNEL;
	if (ntr_target_module(t, routine))
		return NTR_D_FOREIGN;
	/* Without a whole list, none may be one that is not on it. */
	return t->modules_complete ? NTR_D_NO_MODULE : NTR_D_UNKNOWN;
}

/* --- devices ---------------------------------------------------------------------- */

struct raw_device {
	u64 driver, next, upper, irp, extension, more;
	u32 references, flags, characteristics, type;
	u8 stack_size;
};
static const struct ntr_member device_members[] = {
	NTR_MEMBER_OPT(raw_device, driver, "DriverObject"),
	NTR_MEMBER_OPT(raw_device, next, "NextDevice"),
	NTR_MEMBER_OPT(raw_device, upper, "AttachedDevice"),
	NTR_MEMBER_OPT(raw_device, type, "DeviceType"),
	NTR_MEMBER_OPT(raw_device, flags, "Flags"),
	NTR_MEMBER_OPT(raw_device, more, "DeviceObjectExtension"),
	NTR_MEMBER_OPT(raw_device, irp, "CurrentIrp"),
	NTR_MEMBER_OPT(raw_device, extension, "DeviceExtension"),
	NTR_MEMBER_OPT(raw_device, references, "ReferenceCount"),
	NTR_MEMBER_OPT(raw_device, characteristics, "Characteristics"),
	NTR_MEMBER_OPT(raw_device, stack_size, "StackSize"),
};
enum { HAS_DRIVER = 1, HAS_NEXT = 2, HAS_UPPER = 4, HAS_TYPE = 8,
       HAS_FLAGS = 16, HAS_MORE = 32 };

enum ntr_st ntr_device_read(struct ntr_target *t, u64 va,
			    struct ntr_device *out, struct ntr_err *e)
{
	struct raw_device r = { 0 };
	struct ntr_bound b;
	u32 have = 0;
	enum ntr_st st = io_type(t, va, IO_TYPE_DEVICE, "device object", e);

	if (!st)
		st = ntr_bind(&t->priv->types, "_DEVICE_OBJECT", device_members,
			      NTR_COUNT(device_members), &b, e);
	if (!st)
		st = ntr_bound_read(&b, t->mem, va, &r, &have, e);
	if (st)
		return st;
	*out = (struct ntr_device){
		.va = va, .driver = r.driver, .next = r.next, .upper = r.upper,
		.irp = r.irp, .extension = r.extension, .type = r.type,
		.flags = r.flags, .characteristics = r.characteristics,
		.references = (s32)r.references, .stack_size = r.stack_size,
		.has_driver = have & HAS_DRIVER, .has_next = have & HAS_NEXT,
		.has_upper = have & HAS_UPPER, .has_type = have & HAS_TYPE,
		.has_flags = have & HAS_FLAGS, .source = b.source,
	};
	out->has_lower = (have & HAS_MORE) && ntr_kernel_va(t, r.more) &&
		ntr_read_member(&t->priv->types, t->mem, r.more,
				"_DEVOBJ_EXTENSION", "AttachedTo",
				&out->lower) == NTR_OK;
	return NTR_OK;
}

static bool listed(const struct ntr_device_list *l, u64 va)
{
	for (size_t i = 0; i < l->d.n; i++)
		if (l->d.v[i].va == va)
			return true;
	return false;
}

static enum ntr_st add(struct ntr_device_list *l, const struct ntr_device *d,
		       struct ntr_err *e)
{
	struct ntr_device *slot = ntr_vec_add(&l->d);

	if (!slot)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*slot = *d;
	return NTR_OK;
}

enum link { UP, DOWN, NEXT };

/* The first version that records what is under a device. */
#define ATTACHED_TO_BUILD 2600u

/* Where a device leads; false: nowhere, and why is said. */
static bool follow(struct ntr_device_list *l, const struct ntr_device *d,
		   enum link link, u64 *va)
{
	static const char *const name[] = { "AttachedDevice", "AttachedTo",
					    "NextDevice" };
	bool have = link == UP ? d->has_upper : link == DOWN ? d->has_lower :
		    d->has_next;

	*va = link == UP ? d->upper : link == DOWN ? d->lower : d->next;
	if (!have) {
		snprintf(l->why, sizeof(l->why), "%s of 0x%" PRIx64 " is not "
			 "in the dump, or not kept by this version", name[link],
			 d->va);
		return false;
	}
	if (!*va)
		return false;
	if (listed(l, *va)) {
		snprintf(l->why, sizeof(l->why), "%s of 0x%" PRIx64 " leads "
			 "back to 0x%" PRIx64, name[link], d->va, *va);
		return false;
	}
	return true;
}

/* From the last device in l on; max bounds l. */
static enum ntr_st chain(struct ntr_target *t, struct ntr_device_list *l,
			 enum link link, size_t max, struct ntr_err *e)
{
	struct ntr_device d;
	struct ntr_err why;
	u64 va;

	for (;;) {
		struct ntr_device *last = &l->d.v[l->d.n - 1];
		char no[160] = "";

		if (link == DOWN && !last->has_lower && t->build &&
		    t->build < ATTACHED_TO_BUILD)
			ntr_device_find_lower(t, last, no);
		if (!follow(l, last, link, &va)) {
			if (*no)
				memcpy(l->why, no, sizeof(no));
			break;
		}
		if (l->d.n >= max) {
			snprintf(l->why, sizeof(l->why), "more than %zu "
				 "devices", max);
			break;
		}
		if (ntr_device_read(t, va, &d, &why)) {
			snprintf(l->why, sizeof(l->why), "%.150s", why.msg);
			break;
		}
		if (add(l, &d, e))
			return NTR_NOMEM;
	}
	return NTR_OK;
}

static void reverse(struct ntr_device_list *l)
{
	for (size_t i = 0, k = l->d.n; i + 1 < k; i++) {
		struct ntr_device d = l->d.v[i];

		k--;
		l->d.v[i] = l->d.v[k];
		l->d.v[k] = d;
	}
}

enum ntr_st ntr_device_stack(struct ntr_target *t, u64 va,
			     struct ntr_device_list *out, struct ntr_err *e)
{
	struct ntr_device_list l = { 0 };
	struct ntr_device d;
	enum ntr_st st = ntr_device_read(t, va, &d, e);

	if (!st)
		st = add(&l, &d, e);
	if (!st)
		st = chain(t, &l, UP, NTR_MAX_DEVICE_STACK, e);
	if (!st) {
		char why[sizeof(l.why)];

		memcpy(why, l.why, sizeof(why));
		reverse(&l);
		l.at = l.d.n - 1;
		st = chain(t, &l, DOWN, NTR_MAX_DEVICE_STACK, e);
		if (*why)
			memcpy(l.why, why, sizeof(why));
	}
	if (st) {
		ntr_device_list_fini(&l);
		return st;
	}
	*out = l;
	return NTR_OK;
}

enum ntr_st ntr_driver_devices(struct ntr_target *t, const struct ntr_driver *d,
			       struct ntr_device_list *out, struct ntr_err *e)
{
	struct ntr_device_list l = { 0 };
	struct ntr_device first;
	struct ntr_err why;
	enum ntr_st st = NTR_OK;

	if (d->devices && ntr_device_read(t, d->devices, &first, &why)) {
		snprintf(l.why, sizeof(l.why), "%.150s", why.msg);
	} else if (d->devices) {
		st = add(&l, &first, e);
		if (!st)
			st = chain(t, &l, NEXT, NTR_MAX_DEVICES, e);
	}
	if (st) {
		ntr_device_list_fini(&l);
		return st;
	}
	*out = l;
	return NTR_OK;
}

void ntr_device_list_fini(struct ntr_device_list *l)
{
	ntr_vec_fini(&l->d);
}
