// SPDX-License-Identifier: Apache-2.0
/* AFD: the driver, its dispatch table, its lock. */
#include "inside.h"

void afd_enter(struct afd *a, struct afd_pass *p)
{
	*p = (struct afd_pass){ .afd = a };
	p->before = ke_lock(&a->lock);
}

void afd_leave(struct afd_pass *p)
{
	ke_unlock(&p->afd->lock, p->before);
	while (p->done) {
		struct irp *irp = p->done;

		p->done = irp->next;
		io_complete(irp, irp->status, irp->information);
	}
}

void afd_finish(struct afd_pass *p, struct irp *irp, enum ex_status st,
		size_t information)
{
	irp->status = st;
	irp->information = information;
	irp->next = NULL;
	if (p->done)
		p->last->next = irp;
	else
		p->done = irp;
	p->last = irp;
}

void afd_born(struct afd *a)
{
	if (!a->live++)
		ke_event_clear(&a->empty);
}

void afd_gone(struct afd *a)
{
	if (!--a->live)
		ke_event_set(&a->empty);
}

struct afd_endpoint *afd_endpoint_of(struct irp *irp)
{
	return io_here(irp)->file->context;
}

/* What each code wants, and who does it. */
static const struct {
	enum ex_status (*fn)(struct afd_endpoint *e, struct irp *irp);
	size_t length;
} codes[AFD_CODES] = {
	[AFD_BIND] = { AfdBind, sizeof(struct tdi_address) },
	[AFD_LISTEN] = { AfdListen, sizeof(struct afd_listen) },
	[AFD_ACCEPT] = { AfdAccept, sizeof(struct afd_accept) },
	[AFD_CONNECT] = { AfdConnect, sizeof(struct afd_connect) },
	[AFD_SEND] = { AfdSend, sizeof(struct afd_transfer) },
	[AFD_RECEIVE] = { AfdReceive, sizeof(struct afd_transfer) },
	[AFD_SHUTDOWN] = { AfdShutdown, sizeof(u32) },
	[AFD_POLL] = { AfdPoll, sizeof(struct afd_poll) },
	[AFD_GET_OPTION] = { AfdGetOption, sizeof(struct afd_option) },
	[AFD_SET_OPTION] = { AfdSetOption, sizeof(struct afd_option) },
	[AFD_GET_NAME] = { AfdName, sizeof(struct tdi_address) },
	[AFD_GET_PEER] = { AfdPeer, sizeof(struct tdi_address) },
	[AFD_END] = { AfdEnd, 0 },
	[AFD_GIVE_UP] = { AfdGiveUp, 0 },
	[AFD_QUERY] = { AfdQuery, sizeof(struct afd_query) },
	[AFD_GET_INFO] = { AfdInfo, sizeof(struct tdi_tcp_info) },
};

/* The functions give PENDING when they took the IRP over. */
enum ex_status afd_run(afd_fn *fn, struct irp *irp)
{
	struct afd_endpoint *e = afd_endpoint_of(irp);
	enum ex_status st;
	struct afd_pass p;

	irp->information = 0;
	irp->driver[0] = irp->driver[2] = NULL;
	afd_enter(e->afd, &p);
	e->refs++;
	afd_leave(&p);
	st = fn(e, irp);
	if (st != EX_PENDING)
		io_complete(irp, st, irp->information);
	afd_endpoint_put(e);
	return st;
}

static enum ex_status refuse(struct afd_endpoint *e, struct irp *irp)
{
	(void)e;
	return io_here(irp)->code < AFD_CODES ? EX_INVALID_PARAMETER :
						EX_INVALID_DEVICE_REQUEST;
}

static enum ex_status control(struct io_device *d, struct irp *irp)
{
	const struct io_stack *s = io_here(irp);
	afd_fn *fn = refuse;

	(void)d;
	if (s->code < AFD_CODES && codes[s->code].fn &&
	    (s->buffer || !codes[s->code].length) &&
	    s->length >= codes[s->code].length)
		fn = codes[s->code].fn;
	return afd_run(fn, irp);
}

static enum ex_status AfdRead(struct io_device *d, struct irp *irp)
{
	(void)d;
	return afd_run(AfdReceive, irp);
}

static void unload(struct io_driver *d)
{
	struct afd *a = d->devices->extension;

	struct afd_pass p;

	ke_wait(&a->empty, KE_FOREVER);
	afd_enter(a, &p);            /* whoever was the last has left */
	afd_leave(&p);
	ke_lock_fini(&a->lock);
}

static enum ex_status entry(struct io_driver *d, const char *options)
{
	struct io_device *dev = io_device_create(d, AFD_DEVICE,
						 sizeof(struct afd));
	struct afd *a;

	(void)options;
	if (!dev)
		return EX_INSUFFICIENT_RESOURCES;
	a = dev->extension;
	a->x = d->x;
	a->device = dev;
	ke_lock_init(&a->lock, "afd");
	ke_mutex_init(&a->binding, "afd binding");
	ke_event_init(&a->empty, "afd empty", false, true);
	io_irp_init(&a->abort.irp, &a->abort.location, 1);
	a->aborts_end = &a->aborts;
	d->dispatch[IO_CREATE] = AfdCreate;
	d->dispatch[IO_CLEANUP] = AfdCleanup;
	d->dispatch[IO_CLOSE] = AfdClose;
	d->dispatch[IO_READ] = AfdRead;
	d->dispatch[IO_WRITE] = AfdWrite;
	d->dispatch[IO_DEVICE_CONTROL] = control;
	d->unload = unload;
	return EX_SUCCESS;
}

IO_DRIVER(afd, "5.2.3790", entry);
