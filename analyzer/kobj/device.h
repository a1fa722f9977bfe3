// SPDX-License-Identifier: Apache-2.0
/*
 * Drivers and devices: DRIVER_OBJECT with its dispatch table, DEVICE_OBJECT,
 * and the stack of devices that are attached to one another.
 *
 * Everything is read by member name, bounded, and as it is: an object whose
 * Type field is another's is refused, a chain that turns back or leads out of
 * the dump ends there and says so.  A member to read more: a row in device.c,
 * a field here, its lines in sym/nt_types.txt.
 */
#ifndef NTR_KOBJ_DEVICE_H
#define NTR_KOBJ_DEVICE_H

#include "target.h"

#define NTR_MAJORS 28u            /* IRP_MJ_MAXIMUM_FUNCTION + 1 */
#define NTR_MAX_DEVICES 4096u     /* of one driver */
#define NTR_MAX_DEVICE_STACK 64u

/* "IRP_MJ_READ"; NULL: there is none of that number. */
const char *ntr_major_name(u8 major);
/* "FILE_DEVICE_DISK"; NULL unknown. */
const char *ntr_device_type_name(u32 type);
/* "DO_BUFFERED_IO DO_DIRECT_IO 0x40000000": what bits of Flags mean. */
void ntr_device_flags_text(u32 flags, char *out, size_t size);

struct ntr_driver {
	u64 va, start, devices, init, start_io, unload;
	u32 size;
	bool has_start;           /* start and size */
	char name[128];           /* "" unknown */
	u64 major[NTR_MAJORS];
	bool has_major[NTR_MAJORS];
	enum ntr_source source;
};

/* Statuses of reading when it is not in the dump; BAD: no driver object. */
NTR_MUST enum ntr_st ntr_driver_read(struct ntr_target *t, u64 va,
				     struct ntr_driver *out,
				     struct ntr_err *e);

/*
 * What an entry of the dispatch table is.  A driver whose routine lies in
 * another module than its own is common where a port or class driver serves
 * it; one that is in no module at all is not.
 */
enum ntr_dispatch { NTR_D_UNKNOWN, NTR_D_OWN, NTR_D_KERNEL, NTR_D_FOREIGN,
		    NTR_D_NO_MODULE };
enum ntr_dispatch ntr_dispatch_kind(struct ntr_target *t,
				    const struct ntr_driver *d, u64 routine);

struct ntr_device {
	u64 va, driver, next, upper, irp, extension;
	u64 lower;
	bool has_lower;           /* this version records it, and it was read */
	u32 type, flags, characteristics;
	s32 references;
	u8 stack_size;
	bool has_driver, has_next, has_upper, has_type, has_flags;
	enum ntr_source source;
};
NTR_MUST enum ntr_st ntr_device_read(struct ntr_target *t, u64 va,
				     struct ntr_device *out,
				     struct ntr_err *e);

/* Devices, and why there are no more ("" all). */
struct ntr_device_list {
	struct { NTR_VEC(struct ntr_device); } d;
	size_t at;                /* of a stack: the one that was asked for */
	char why[160];
};
/* The stack that the device at va is in, top first. */
NTR_MUST enum ntr_st ntr_device_stack(struct ntr_target *t, u64 va,
				      struct ntr_device_list *out,
				      struct ntr_err *e);
/* The devices of a driver, by NextDevice. */
NTR_MUST enum ntr_st ntr_driver_devices(struct ntr_target *t,
					const struct ntr_driver *d,
					struct ntr_device_list *out,
					struct ntr_err *e);
/* Before XP: looks for what is under d, among the devices of all drivers. Sets
 * its lower and has_lower, or why it is not known. */
void ntr_device_find_lower(struct ntr_target *t, struct ntr_device *d,
			   char why[160]);
void ntr_device_list_fini(struct ntr_device_list *l);

/* Text of a UNICODE_STRING's buffer, cleaned; "" when it cannot be read. */
void ntr_kernel_string(struct ntr_target *t, u64 buffer, u32 bytes, char *out,
		       size_t size);

#endif
