// SPDX-License-Identifier: Apache-2.0
/* A driver for tests: a control recurses as deep as its code says; the entry
 * fails if its options say so. */
#include "ex/ex.h"

#include <string.h>

#define TAG EX_TAG('D', 'e', 'e', 'p')

struct extension {
	unsigned opens, cleanups, closes;
};

__attribute__((noinline)) static u32 down(u32 depth)
{
	volatile u8 frame[100];

	for (unsigned i = 0; i < sizeof(frame); i++)
		frame[i] = (u8)depth;
	return depth ? down(depth - 1) + frame[depth % 100] : frame[0];
}

static enum ex_status control(struct io_device *d, struct irp *irp)
{
	(void)d;
	io_complete(irp, EX_SUCCESS, down(io_here(irp)->code));
	return EX_SUCCESS;
}

static enum ex_status create(struct io_device *d, struct irp *irp)
{
	struct extension *e = d->extension;
	const struct io_stack *s = io_here(irp);
	enum ex_status st = EX_SUCCESS;

	if (s->length == 4 && !memcmp(s->buffer, "fail", 4))
		st = EX_ADDRESS_ALREADY_EXISTS;
	else
		e->opens++;
	s->file->context = e;
	io_complete(irp, st, 0);
	return st;
}

static enum ex_status cleanup(struct io_device *d, struct irp *irp)
{
	((struct extension *)d->extension)->cleanups++;
	io_complete(irp, EX_SUCCESS, 0);
	return EX_SUCCESS;
}

static enum ex_status close_file(struct io_device *d, struct irp *irp)
{
	((struct extension *)d->extension)->closes++;
	io_complete(irp, EX_SUCCESS, 0);
	return EX_SUCCESS;
}

static void unload(struct io_driver *d)
{
	ex_log(d->x, "deep unloads");
	ex_free_pool(d->x, d->extension, TAG);
}

static enum ex_status entry(struct io_driver *d, const char *options)
{
	if (!strcmp(options, "fail"))
		return EX_DEVICE_NOT_READY;
	d->extension = ex_alloc(d->x, EX_PAGED, 64, TAG);
	if (!d->extension)
		return EX_INSUFFICIENT_RESOURCES;
	if (!io_device_create(d, "\\Device\\Deep", sizeof(struct extension))) {
		ex_free_pool(d->x, d->extension, TAG);
		return EX_INSUFFICIENT_RESOURCES;
	}
	d->dispatch[IO_CREATE] = create;
	d->dispatch[IO_CLEANUP] = cleanup;
	d->dispatch[IO_CLOSE] = close_file;
	d->dispatch[IO_DEVICE_CONTROL] = control;
	d->unload = unload;
	ex_log(d->x, "deep loads on CPU %u at IRQL %d", ke_cpu_number(),
	       ke_irql());
	return EX_SUCCESS;
}

IO_DRIVER(deep, "1.0", entry);
