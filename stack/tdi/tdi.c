// SPDX-License-Identifier: Apache-2.0
/* TDI: what clients and transports both use. */
#include "tdi.h"

#include "../trace/trace.h"

void tdi_fill(struct irp *irp, struct io_file *f, enum tdi_minor minor,
	      struct tdi_request *r)
{
	struct io_stack *s = io_next(irp);

	s->major = IO_INTERNAL_DEVICE_CONTROL;
	s->minor = (u8)minor;
	s->device = f->device;
	s->file = f;
	s->buffer = r;
	s->length = sizeof(*r);
}

struct tdi_request *tdi_enter(struct irp *irp)
{
	irp->current++;
	return io_here(irp)->buffer;
}

enum ex_status tdi_call(struct io_file *f, enum tdi_minor minor,
			struct tdi_request *r)
{
	struct ex *x = f->device->driver->x;
	struct irp *irp = io_irp_alloc(x);
	enum ex_status st;

	if (!irp)
		return EX_INSUFFICIENT_RESOURCES;
	tdi_fill(irp, f, minor, r);
	st = io_sync(f->device, irp);
	io_irp_free(x, irp);
	return st;
}

enum ex_status tdi_set_event(struct io_file *address, enum tdi_event event,
			     void *handler, void *context)
{
	struct tdi_request r = { .event = (int)event, .handler = handler,
				 .context = context };

	return tdi_call(address, TDI_SET_EVENT, &r);
}

/* As of a checked build: whoever loads one sets it for the machine. */
static bool *checked_of(struct ex *x)
{
	return x ? ex_slot(x, "tdi checked", sizeof(bool)) : NULL;
}

void tdi_set_checked(struct ex *x, bool on)
{
	bool *checked = checked_of(x);

	if (checked)
		KE_SET(checked, on);
}

void tdi_check_indication(const char *who, u32 indicated, u32 available,
			  u32 taken)
{
	const bool *checked;

	TRACE(tdi_indicate, who, indicated, available, taken);
	if (taken <= indicated && indicated <= available)
		return;
	checked = checked_of(ke_machine());
	if (checked && KE_GET(checked))     /* TARGET_MDL_TOO_SMALL */
		ke_bugcheck(0x40, TRACE_V(who), indicated, available, taken);
}
