// SPDX-License-Identifier: Apache-2.0
/* What comes to \Device\Tcp, \Device\Udp and \Device\RawIp. */
#include "object.h"
#include "tcp.h"

static struct inet *inet_of(struct io_device *d)
{
	return *(struct inet **)d->extension;
}

static enum tdi_file kind_of(const struct io_file *f)
{
	return (enum tdi_file)(uintptr_t)f->context2;
}

/* --- files ------------------------------------------------------------------------------ */

static u8 protocol_of(struct inet *s, const struct io_device *d,
		      const struct tdi_open *o)
{
	if (!strcmp(d->name, s->family->tcp_device))
		return 6;
	if (!strcmp(d->name, s->family->udp_device))
		return 17;
	return o->protocol;
}

static enum ex_status open_file(struct inet *s, struct io_file *f,
				const struct tdi_open *ea, size_t n)
{
	struct tdi_open o;
	struct inet_address *a;
	struct inet_connection *c;
	enum ex_status st;

	if (!ea || n < sizeof(o)) {  /* without attributes: control */
		f->context2 = (void *)(uintptr_t)TDI_CONTROL_FILE;
		return EX_SUCCESS;
	}
	o = *ea;
	o.protocol = protocol_of(s, f->device, ea);
	f->context2 = (void *)(uintptr_t)o.kind;
	switch (o.kind) {
	case TDI_ADDRESS_FILE:
		st = inet_address_open(s, &o, &a);
		if (st == EX_SUCCESS)
			f->context = a;
		return st;
	case TDI_CONNECTION_FILE:
		if (o.protocol != 6)
			return EX_INVALID_PARAMETER;
		st = inet_connection_open(s, o.context, &c);
		if (st == EX_SUCCESS)
			f->context = c;
		return st;
	case TDI_CONTROL_FILE:
		return EX_SUCCESS;
	}
	return EX_INVALID_PARAMETER;
}

static enum ex_status done(struct irp *irp, enum ex_status st, size_t n)
{
	io_complete(irp, st, n);
	return st;
}

static enum ex_status create(struct io_device *d, struct irp *irp)
{
	struct io_stack *here = io_here(irp);
	enum ex_status st;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	st = open_file(inet_of(d), here->file, here->buffer, here->length);
	ke_lower(before);
	return done(irp, st, 0);
}

/* The last handle goes: requests end. */
static enum ex_status cleanup(struct io_device *d, struct irp *irp)
{
	struct io_file *f = io_here(irp)->file;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	(void)d;
	if (kind_of(f) == TDI_ADDRESS_FILE)
		inet_address_close(f->context);
	else if (kind_of(f) == TDI_CONNECTION_FILE)
		inet_connection_close(f->context);
	ke_lower(before);
	/* A handler of ours that closes is at DISPATCH, and waits for no one. */
	if (kind_of(f) == TDI_ADDRESS_FILE && before < KE_DISPATCH)
		inet_address_wait(f->context);
	else if (kind_of(f) == TDI_CONNECTION_FILE && before < KE_DISPATCH)
		inet_connection_wait(f->context);
	return done(irp, EX_SUCCESS, 0);
}

static enum ex_status close_file(struct io_device *d, struct irp *irp)
{
	struct io_file *f = io_here(irp)->file;
	enum ke_irql before = ke_raise(KE_DISPATCH);

	(void)d;
	if (kind_of(f) == TDI_ADDRESS_FILE)
		inet_address_put(f->context);
	else if (kind_of(f) == TDI_CONNECTION_FILE)
		inet_connection_put(f->context);
	f->context = NULL;
	ke_lower(before);
	return done(irp, EX_SUCCESS, 0);
}

/* --- requests of an address ------------------------------------------------------------------ */

static enum ex_status set_event(struct inet_address *a,
				const struct tdi_request *r)
{
	if (r->event < 0 || r->event >= TDI_EVENTS)
		return EX_INVALID_PARAMETER;
	inet_address_handler(a, r->event, r->handler, r->context);
	return EX_SUCCESS;
}

static enum ex_status of_address(struct inet_address *a, struct irp *irp,
				 struct tdi_request *r)
{
	switch (io_here(irp)->minor) {
	case TDI_SET_EVENT:
		return set_event(a, r);
	case TDI_QUERY_INFORMATION:
		return inet_address_query(a, r);
	case TDI_SET_INFORMATION:
		return inet_address_set(a, r);
	case TDI_RECEIVE_DATAGRAM:
		if (a->protocol == 6)
			return EX_INVALID_DEVICE_REQUEST;
		UDPReceive(a, irp, r); /* these two complete it */
		return EX_PENDING;
	case TDI_SEND_DATAGRAM:
		if (a->protocol == 6)
			return EX_INVALID_DEVICE_REQUEST;
		UDPSend(a, irp, r);
		return EX_PENDING;
	default:
		return EX_INVALID_DEVICE_REQUEST;
	}
}

/* --- requests of a connection ------------------------------------------------------------------- */

static enum ex_status associate(struct inet_connection *c,
				const struct tdi_request *r)
{
	const struct io_file *f = r->address;

	if (!f || kind_of(f) != TDI_ADDRESS_FILE || inet_of(f->device) != c->s)
		return EX_INVALID_PARAMETER;
	return inet_associate(c, f->context);
}

static enum ex_status of_connection(struct inet_connection *c, struct irp *irp,
				    struct tdi_request *r)
{
	switch (io_here(irp)->minor) {
	case TDI_ASSOCIATE:
		return associate(c, r);
	case TDI_DISASSOCIATE:
		return inet_disassociate(c);
	case TDI_CONNECT:
		return TCPConnect(c, irp, r);
	case TDI_LISTEN:
		return TCPListen(c, irp);
	case TDI_DISCONNECT:
		return TCPDisconnect(c, irp, r);
	case TDI_SEND:
		return TCPSend(c, irp, r);
	case TDI_RECEIVE:
		return TCPReceive(c, irp, r);
	case TDI_QUERY_INFORMATION:
		return TCPQuery(c, r);
	case TDI_SET_INFORMATION:
		return TCPSet(c, r);
	default:                     /* ACCEPT comes by the event only */
		return EX_INVALID_DEVICE_REQUEST;
	}
}

static enum ex_status internal(struct io_device *d, struct irp *irp)
{
	struct io_stack *here = io_here(irp);
	struct tdi_request *r = here->buffer;
	enum ke_irql before = ke_raise(KE_DISPATCH);
	enum ex_status st = EX_INVALID_DEVICE_REQUEST;

	(void)d;
	if (r && kind_of(here->file) == TDI_ADDRESS_FILE)
		st = of_address(here->file->context, irp, r);
	else if (r && kind_of(here->file) == TDI_CONNECTION_FILE)
		st = of_connection(here->file->context, irp, r);
	ke_lower(before);
	if (st == EX_PENDING)
		return st;
	return done(irp, st, ex_failed(st) ? 0 : r->moved);
}

static enum ex_status control(struct io_device *d, struct irp *irp)
{
	const struct io_stack *here = io_here(irp);
	enum ex_status st = EX_INVALID_DEVICE_REQUEST;

	if (here->code == INET_TABLE && here->buffer) {
		enum ke_irql before = ke_raise(KE_DISPATCH);

		st = inet_table(inet_of(d), here->buffer);
		ke_lower(before);
	}
	return done(irp, st, 0);
}

/* --- devices ---------------------------------------------------------------------------------------- */

enum ex_status inet_devices(struct inet *s)
{
	const char *names[] = { s->family->tcp_device, s->family->udp_device,
				s->family->raw_device };
	io_dispatch_fn **to = s->driver->dispatch;

	to[IO_CREATE] = create;
	to[IO_CLEANUP] = cleanup;
	to[IO_CLOSE] = close_file;
	to[IO_INTERNAL_DEVICE_CONTROL] = internal;
	to[IO_DEVICE_CONTROL] = control;
	for (size_t i = 0; i < 3; i++) {
		struct io_device *d;

		if (!names[i])
			continue;
		d = io_device_create(s->driver, names[i], sizeof(s));
		if (!d)
			return EX_INSUFFICIENT_RESOURCES;
		*(struct inet **)d->extension = s;
	}
	return EX_SUCCESS;
}
