// SPDX-License-Identifier: Apache-2.0
/*
 * The driver behind an I/O object that a bug check names.  The layouts are
 * those of the public driver headers (IRP, IO_STACK_LOCATION, DEVICE_OBJECT,
 * DRIVER_OBJECT), which did not change between NT 3.51 and Windows 11.  An
 * object that does not lead to a loaded module gives nothing.  To add a kind of
 * object: its kind in bugcheck.h and the step to its driver here.
 */
#ifndef NTR_OBJECT_DRIVER_H
#define NTR_OBJECT_DRIVER_H

#include "../kobj/target.h"

/* kind: NTR_PK_IRP, NTR_PK_DEVICE or NTR_PK_DRIVER of bugcheck.h. The start
 * address of the driver's image; 0 when an object is not in the dump. */
u64 ntr_object_driver(struct ntr_target *t, unsigned kind, u64 va);

#endif
