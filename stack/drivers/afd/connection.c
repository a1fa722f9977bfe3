// SPDX-License-Identifier: Apache-2.0
/* Connections: the transport's file, its requests, how it ends. */
#include "inside.h"

static void connection_free(void *ctx)
{
	struct afd_connection *c = ctx;
	struct afd *a = c->afd;
	struct afd_pass p;

	if (c->file)
		io_close(c->file);
	if (c->address)
		afd_address_put(c->address);
	ex_free_pool(a->x, c->resume, AFD_TAG_RESUME);
	afd_drop(a, &c->in);
	afd_drop(a, &c->oob);
	ex_free_pool(a->x, c, AFD_TAG_CONNECTION);
	afd_enter(a, &p);
	afd_gone(a);
	afd_leave(&p);
}

void afd_connection_put(struct afd_connection *c)
{
	struct afd_pass p;
	u32 left;

	afd_enter(c->afd, &p);
	left = --c->refs;
	afd_leave(&p);
	if (left)
		return;
	if (ke_irql() == KE_PASSIVE && !ke_in_dpc()) {
		connection_free(c);
		return;
	}
	ex_work_init(&c->work, connection_free, c);
	ex_work_queue(c->afd->x, &c->work, EX_DELAYED);
}

static enum ex_status open_file(struct afd_connection *c, const char *device)
{
	struct tdi_open o = { .kind = TDI_CONNECTION_FILE, .protocol = 6,
			      .context = c };
	struct tdi_request r = { .address = c->address->file };
	enum ex_status st = io_open(c->afd->x, device, &o, sizeof(o),
				    &c->file);

	if (ex_failed(st)) {
		c->file = NULL;
		return st;
	}
	return tdi_call(c->file, TDI_ASSOCIATE, &r);
}

/* One reference, the caller's. PASSIVE. */
struct afd_connection *afd_connection(struct afd *a, struct afd_address *addr,
				      const char *device,
				      enum ex_status *why)
{
	struct afd_connection *c = ex_alloc_zero(a->x, EX_NONPAGED, sizeof(*c),
						 AFD_TAG_CONNECTION);
	struct afd_pass p;

	*why = EX_INSUFFICIENT_RESOURCES;
	if (!c)
		return NULL;
	c->afd = a;
	c->refs = 1;
	c->address = addr;
	c->out_end = &c->out;
	c->receive_limit = c->send_limit = AFD_WINDOW;
	io_irp_init(&c->op.irp, &c->op.location, 1);
	afd_enter(a, &p);
	afd_born(a);
	addr->refs++;
	afd_leave(&p);
	*why = open_file(c, device);
	if (!ex_failed(*why))
		return c;
	afd_connection_put(c);
	return NULL;
}

/* --- requests ------------------------------------------------------------------------ */

struct irp *afd_op_irp(struct afd_connection *c, struct afd_op *op,
		       enum tdi_minor minor, io_complete_fn *done)
{
	tdi_fill(&op->irp, c->file, minor, &op->r);
	op->location.complete = done;
	op->location.context = c;
	return &op->irp;
}

void afd_op(struct afd_connection *c, struct afd_op *op, enum tdi_minor minor,
	    io_complete_fn *done)
{
	io_call(c->file->device, afd_op_irp(c, op, minor, done));
}

/* A disconnect is through, or none will ever be. */
void afd_quiet(struct afd_connection *c)
{
	c->quiet = true;
	if (c->lingers)
		ke_event_set(c->lingers);
}

/* --- resets: one at a time, whoever comes meanwhile stands in line ---------------------- */

static enum ex_status AfdAbortComplete(struct io_device *d, struct irp *irp,
				       void *context)
{
	struct afd_connection *c = context;
	struct afd *a = c->afd;
	struct afd_pass p;

	(void)d;
	(void)irp;
	afd_enter(a, &p);
	afd_quiet(c);
	a->aborting = NULL;
	afd_leave(&p);
	afd_abort_pump(a);           /* returns at once to the one that runs */
	afd_connection_put(c);
	return EX_MORE_PROCESSING_REQUIRED;
}

/* The next in line, if its turn has come. */
static struct afd_connection *abort_next(struct afd *a)
{
	struct afd_connection *c = NULL;
	struct afd_pass p;

	afd_enter(a, &p);
	if (!a->aborting)
		c = a->aborts;
	if (c) {
		a->aborting = c;
		a->aborts = c->abort_next;
		if (!a->aborts)
			a->aborts_end = &a->aborts;
	} else {
		a->abort_pumping = false;
		afd_gone(a);
	}
	afd_leave(&p);
	return c;
}

void afd_abort_pump(struct afd *a)
{
	struct afd_connection *c;
	struct afd_pass p;
	bool mine;

	afd_enter(a, &p);
	mine = !a->abort_pumping;
	a->abort_pumping = true;
	if (mine)
		afd_born(a);         /* the last connection may go meanwhile */
	afd_leave(&p);
	while (mine && (c = abort_next(a))) {
		io_irp_reuse(&a->abort.irp);
		a->abort.r = (struct tdi_request){
			.flags = TDI_DISCONNECT_ABORT };
		afd_op(c, &a->abort, TDI_DISCONNECT, AfdAbortComplete);
	}
}

/* Once, and not while its file is being closed. */
bool afd_abort_wanted(struct afd_connection *c)
{
	struct afd *a = c->afd;
	bool first = !c->aborted && c->refs;

	c->aborted = true;
	if (first) {
		c->refs++;
		c->abort_next = NULL;
		*a->aborts_end = c;
		a->aborts_end = &c->abort_next;
	}
	return first;
}

/* Whatever is in the transport comes back with an error. */
void afd_abort(struct afd_connection *c)
{
	struct afd *a = c->afd;
	struct afd_pass p;
	bool first;

	afd_enter(a, &p);
	first = afd_abort_wanted(c);
	afd_leave(&p);
	if (first)
		afd_abort_pump(a);
}

/* It gets what the endpoint was told to do. Under the lock; the reference of the
 * caller goes along. */
void afd_attach(struct afd_endpoint *e, struct afd_connection *c)
{
	e->c = c;
	c->endpoint = e;
	c->listener = NULL;
	c->receive_limit = e->option[AFD_OPT_RCVBUF];
	c->send_limit = e->option[AFD_OPT_SNDBUF];
	c->oob_inline = e->option[AFD_OPT_OOBINLINE];
}

enum ex_status afd_not_connected(struct afd_endpoint *e)
{
	enum ex_status st = e->error;

	e->error = EX_SUCCESS;
	return st != EX_SUCCESS ? st : EX_INVALID_CONNECTION;
}

/* No more comes or goes. Under the lock. */
void afd_broken(struct afd_pass *p, struct afd_connection *c,
		enum ex_status why)
{
	if (!c->error)
		c->error = why;
	c->eof = true;
	c->stalled = false;
	afd_quiet(c);
	afd_serve(p, c);
	afd_flush(p, &c->writes, c->error);
	if (c->endpoint) {
		if (!c->endpoint->error)
			c->endpoint->error = c->error;
		afd_wake(p, c->endpoint);
	}
}

/* --- events ----------------------------------------------------------------------------- */

static void AfdDisconnectEvent(void *context, void *connection_context,
			       u32 flags, enum ex_status why)
{
	struct afd_connection *c = connection_context;
	struct afd_pass p;

	(void)context;
	afd_enter(c->afd, &p);
	if (flags & TDI_DISCONNECT_ABORT) {
		afd_broken(&p, c, ex_failed(why) ? why : EX_CONNECTION_RESET);
	} else {
		c->eof = true;
		afd_serve(&p, c);
		if (c->endpoint)
			afd_wake(&p, c->endpoint);
	}
	afd_leave(&p);
}

static const struct handler {
	enum tdi_event event;
	bool stream, datagram;
	void *fn;
} handlers[] = {
	{ TDI_EVENT_DISCONNECT, true, false, AfdDisconnectEvent },
	{ TDI_EVENT_RECEIVE, true, false, AfdReceiveEvent },
	{ TDI_EVENT_RECEIVE_EXPEDITED, true, false, AfdExpeditedEvent },
	{ TDI_EVENT_RECEIVE_DATAGRAM, false, true, AfdDatagramEvent },
	{ TDI_EVENT_ERROR, true, true, AfdErrorEvent },
};

void afd_set_handlers(struct afd_address *a, enum afd_kind kind,
		      enum ex_status *st)
{
	*st = EX_SUCCESS;
	for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++) {
		const struct handler *h = &handlers[i];

		if (!(kind == AFD_STREAM ? h->stream : h->datagram))
			continue;
		*st = tdi_set_event(a->file, h->event, h->fn, a);
		if (ex_failed(*st))
			return;
	}
}
