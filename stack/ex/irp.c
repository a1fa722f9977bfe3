// SPDX-License-Identifier: Apache-2.0
/*
 * IRPs.  A location belongs to the driver that is called with it; the completion
 * routine in it belongs to the one above, which filled it in, and is called with
 * that one's location current again.
 */
#include "../sched/inside.h"
#include "../trace/trace.h"

#include <string.h>

#define TAG EX_TAG('I', 'r', 'p', ' ')

struct irp *io_irp_alloc(struct ex *x)
{
	struct irp *irp = ex_alloc(x, EX_NONPAGED,
				   sizeof(*irp) +
					   IO_STACKS * sizeof(struct io_stack),
				   TAG);

	if (irp)
		io_irp_init(irp, (struct io_stack *)(irp + 1), IO_STACKS);
	return irp;
}

/* Locations are cleared as they are used. */
void io_irp_init(struct irp *irp, struct io_stack *s, u8 n)
{
	*irp = (struct irp){ .current = -1, .thread = ke_thread(), .stacks = n,
			     .stack = s };
}

void io_irp_reuse(struct irp *irp)
{
	io_irp_init(irp, irp->stack, irp->stacks);
}

void io_irp_free(struct ex *x, struct irp *irp)
{
	ex_free_pool(x, irp, TAG);
}

struct io_stack *io_next(struct irp *irp)
{
	struct io_stack *s;

	if (irp->current + 1 >= irp->stacks) /* NO_MORE_IRP_STACK_LOCATIONS */
		ke_bugcheck(0x35, TRACE_V(irp), 0, 0, 0);
	s = &irp->stack[irp->current + 1];
	memset(s, 0, sizeof(*s));
	return s;
}

enum ex_status io_call(struct io_device *d, struct irp *irp)
{
	struct io_stack *s;
	io_dispatch_fn *fn;

	if (irp->current + 1 >= irp->stacks)
		ke_bugcheck(0x35, TRACE_V(irp), 0, 0, 0);
	s = &irp->stack[++irp->current];
	s->device = d;
	fn = s->major < IO_MAJORS ? d->driver->dispatch[s->major] : NULL;
	TRACE(io_call, irp, (u64)s->major << 8 | s->minor, d, 0);
	if (fn)
		return fn(d, irp);
	io_complete(irp, EX_INVALID_DEVICE_REQUEST, 0);
	return EX_INVALID_DEVICE_REQUEST;
}

void io_pending(struct irp *irp)
{
	io_here(irp)->pending = true;
}

/* After the last location: whoever made it gets it back. */
static void finish(struct irp *irp)
{
	struct ke_event *event = irp->event;

	irp->completed = true;
	if (irp->done)
		irp->done(irp->done_context, irp); /* it may be gone now */
	if (event)
		ke_event_set(event);
}

void io_complete(struct irp *irp, enum ex_status st, size_t information)
{
	/* MULTIPLE_IRP_COMPLETE_REQUESTS; PENDING is no result. */
	if (irp->completed || irp->current < 0 || st == EX_PENDING)
		ke_bugcheck(0x44, TRACE_V(irp), (u32)st, 0, 0);
	irp->status = st;
	irp->information = information;
	TRACE(io_complete, irp, (u32)st, information, 0);
	while (irp->current >= 0) {
		struct io_stack *s = &irp->stack[irp->current--];
		struct io_device *above =
			irp->current >= 0 ? io_here(irp)->device : NULL;

		if (!s->complete)
			continue;
		if (s->complete(above, irp, s->context) ==
		    EX_MORE_PROCESSING_REQUIRED)
			return;
	}
	finish(irp);
}

/* --- cancelling ------------------------------------------------------------------------- */

static struct ke_lock *cancel_lock(void)
{
	return &ke_machine()->cancel;
}

bool io_set_cancel(struct irp *irp, io_cancel_fn *fn)
{
	struct ke_lock *l = cancel_lock();
	enum ke_irql before = ke_lock(l);
	bool ok = !irp->cancelled;

	if (ok)
		irp->cancel = fn;
	ke_unlock(l, before);
	return ok;
}

bool io_take_cancel(struct irp *irp)
{
	struct ke_lock *l = cancel_lock();
	enum ke_irql before = ke_lock(l);
	bool ok = irp->cancel;

	irp->cancel = NULL;
	ke_unlock(l, before);
	return ok;
}

bool io_cancel(struct irp *irp)
{
	struct ke_lock *l = cancel_lock();
	enum ke_irql before = ke_lock(l);
	io_cancel_fn *fn = irp->cancel;
	struct io_device *d = fn && irp->current >= 0 ? io_here(irp)->device :
							NULL;

	TRACE(io_cancel, irp, 0, 0, 0);
	irp->cancelled = true;
	irp->cancel = NULL;
	ke_unlock(l, before);
	if (fn)
		fn(d, irp);
	return fn;
}

enum ex_status io_sync(struct io_device *d, struct irp *irp)
{
	struct ke_event done;

	wait_irql(irp, __builtin_return_address(0));
	ke_event_init(&done, "irp", false, false);
	irp->event = &done;
	io_call(d, irp);
	ke_wait(&done, KE_FOREVER);
	irp->event = NULL;
	return irp->status;
}
