// SPDX-License-Identifier: Apache-2.0
/*
 * Requests and what they are at: IRPs with their stack locations, devices and
 * drivers.  A structure that does not begin with its type (IRP 6, device 3,
 * driver 4) is not read as one.  To read more: a row in io.c, its lines in
 * sym/nt_types.txt, a field here.
 */
#ifndef NTR_KOBJ_IO_H
#define NTR_KOBJ_IO_H

#include "process.h"

#define NTR_MAX_IRPS 4096u      /* of one thread */
#define NTR_MAX_LOCATIONS 64u   /* of one IRP */
#define NTR_MAX_STACKED 64u     /* devices on one another */

struct ntr_io_location {
	u64 va, device, file, completion, context;
	u8 major, minor, control;
};
const char *ntr_irp_major_name(u8 major); /* "IRP_MJ_READ"; "?" beyond */

struct ntr_irp {
	u64 va, thread;
	u32 flags;
	u8 stack_count, current; /* current is 1-based; stack_count + 1: not
				    yet sent, or complete */
	bool cancelled;
	struct ntr_io_location loc[NTR_MAX_LOCATIONS]; /* loc[0] is number 1 */
	unsigned nlocs;          /* that could be read */
};
/* BAD: no IRP there. */
NTR_MUST enum ntr_st ntr_irp_read(struct ntr_target *t, u64 va,
				  struct ntr_irp *out, struct ntr_err *e);
/* The pending IRPs of a thread, as addresses in `entry`. */
NTR_MUST enum ntr_st ntr_irp_list(struct ntr_target *t,
				  const struct ntr_kthread *k,
				  struct ntr_list *out, struct ntr_err *e);

struct ntr_driver {
	u64 va, start, devices; /* devices: the first of its list */
	u32 size;
	char name[128];         /* "\Driver\Disk"; "" unknown */
};
NTR_MUST enum ntr_st ntr_driver_read(struct ntr_target *t, u64 va,
				     struct ntr_driver *out,
				     struct ntr_err *e);

struct ntr_device {
	u64 va, driver, next, attached, irp;
	u32 flags, type;
};
NTR_MUST enum ntr_st ntr_device_read(struct ntr_target *t, u64 va,
				     struct ntr_device *out,
				     struct ntr_err *e);
/*
 * The devices from this one upwards: what is attached to it, and so on.  *n of
 * them in out; OK also where the chain is damaged, *why is then set (static).
 */
NTR_MUST enum ntr_st ntr_device_stack(struct ntr_target *t, u64 va,
				      struct ntr_device out[NTR_MAX_STACKED],
				      unsigned *n, const char **why,
				      struct ntr_err *e);

#endif
