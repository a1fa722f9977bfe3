// SPDX-License-Identifier: Apache-2.0
#include "object_driver.h"

#include "bugcheck.h"

/* Offsets of pointers: {32-bit, 64-bit}. Source: wdm.h. */
static const u8 irp_stack_location[2] = { 0x60, 0xb8 };
static const u8 location_device[2] = { 0x14, 0x28 };
static const u8 device_driver[2] = { 0x08, 0x08 };
static const u8 driver_start[2] = { 0x0c, 0x18 };

/* Type fields that a live object begins with. */
enum { IO_TYPE_DEVICE = 3, IO_TYPE_DRIVER = 4, IO_TYPE_IRP = 6 };

static bool type_is(const struct ntr_target *t, u64 va, u16 type)
{
	u16 v;

	return va && ntr_read_u16(t->mem, va, &v) == NTR_OK && v == type;
}

static u64 pointer_at(const struct ntr_target *t, u64 va, const u8 off[2])
{
	u64 p;

	if (!va || ntr_read_ptr(t->mem, va + off[t->ptr_size == 8],
				t->ptr_size, &p))
		return 0;
	return p;
}

u64 ntr_object_driver(struct ntr_target *t, unsigned kind, u64 va)
{
	if (kind == NTR_PK_IRP) {
		if (!type_is(t, va, IO_TYPE_IRP))
			return 0;
		va = pointer_at(t, va, irp_stack_location);
		va = pointer_at(t, va, location_device);
		kind = NTR_PK_DEVICE;
	}
	if (kind == NTR_PK_DEVICE) {
		if (!type_is(t, va, IO_TYPE_DEVICE))
			return 0;
		va = pointer_at(t, va, device_driver);
	}
	if (!type_is(t, va, IO_TYPE_DRIVER))
		return 0;
	return pointer_at(t, va, driver_start);
}
