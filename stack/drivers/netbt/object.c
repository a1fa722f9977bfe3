// SPDX-License-Identifier: Apache-2.0
/* \Device\NetBT: the files of clients, and what they ask. */
#include "netbt.h"

#include <string.h>

static struct nbt *nbt_of(struct io_device *d)
{
	return d->driver->extension;
}

static enum tdi_file kind_of(const struct io_file *f)
{
	return (enum tdi_file)(uintptr_t)f->context2;
}

/* --- references --------------- */

static void nbt_address_put(struct nbt_address *a)
{
	if (KE_ADD(&a->refs, -1u))
		return;
	nbt_release(a->nb, a->name);
	ex_free_pool(a->nb->x, a, TAG_ADDRESS);
}

void nbt_connection_put(struct nbt_connection *c)
{
	if (KE_ADD(&c->refs, -1u))
		return;
	ex_free_pool(c->nb->x, c, TAG_CONNECTION);
}

void *nbt_handler(struct nbt_lower *l, enum tdi_event e, void **context)
{
	struct nbt_connection *c = l->conn;
	enum ke_irql before = ke_lock(&c->nb->lock);
	void *fn = NULL;

	if (c->address && !c->closing && !c->address->closing &&
	    c->lower == l) {
		fn = c->address->event[e].fn;
		*context = c->address->event[e].context;
	}
	if (fn)
		(void)KE_ADD(&c->calls, 1u);
	ke_unlock(&c->nb->lock, before);
	return fn;
}

void nbt_handler_over(struct nbt_connection *c)
{
	(void)KE_ADD(&c->calls, -1u);
}

/* --- its lower connection --------------- */

static void set_lower(struct nbt_connection *c, struct nbt_lower *l)
{
	ke_latch(&c->latch);
	c->lower = l;
	ke_unlatch(&c->latch);
}

void nbt_set_lower(struct nbt_connection *c, struct nbt_lower *l)
{
	enum ke_irql before = ke_lock(&c->nb->lock);

	set_lower(c, l);
	ke_unlock(&c->nb->lock, before);
}

/* In its gate: it and its files are there until it is left. NULL: it has none. */
static struct nbt_lower *enter_lower(struct nbt_connection *c)
{
	struct nbt_lower *l;

	ke_latch(&c->latch);
	l = c->lower;
	if (l && !gate_enter(&l->gate))
		l = NULL;
	ke_unlatch(&c->latch);
	return l;
}

/* --- RECEIVEs that wait --------------- */

static void cancel_receive(struct io_device *d, struct irp *irp)
{
	struct nbt_connection *c = irp->driver[0];
	enum ke_irql before = ke_lock(&c->nb->lock);
	struct irp **at = &c->receives;

	(void)d;
	while (*at && *at != irp)
		at = &(*at)->next;
	if (*at)
		*at = irp->next;
	ke_unlock(&c->nb->lock, before);
	io_complete(irp, EX_CANCELLED, 0);
	nbt_connection_put(c);
}

/* With a reference to c. One that has begun is first again. */
void nbt_give_receive(struct nbt_connection *c, struct irp *irp)
{
	struct tdi_request *r = io_here(irp)->buffer;
	enum ke_irql before = ke_lock(&c->nb->lock);
	struct irp **at = &c->receives;
	bool ok;

	irp->driver[0] = c;
	ok = !c->closing && io_set_cancel(irp, cancel_receive);
	io_pending(irp);
	while (ok && *at && !r->moved)
		at = &(*at)->next;
	if (ok) {
		irp->next = *at;
		*at = irp;
	}
	ke_unlock(&c->nb->lock, before);
	if (ok)
		return;
	io_complete(irp, EX_CANCELLED, 0);
	nbt_connection_put(c);
}

struct irp *nbt_take_receive(struct nbt_connection *c)
{
	enum ke_irql before = ke_lock(&c->nb->lock);
	struct irp *irp;

	while ((irp = c->receives)) {
		c->receives = irp->next;
		irp->next = NULL;
		if (io_take_cancel(irp))
			break;
	}
	ke_unlock(&c->nb->lock, before);
	return irp;
}

void nbt_fail_receives(struct nbt_connection *c, enum ex_status st)
{
	struct irp *irp;

	while ((irp = nbt_take_receive(c))) {
		io_complete(irp, st, 0);
		nbt_connection_put(c);
	}
}

static enum ex_status receive(struct nbt_connection *c, struct irp *irp,
			      struct tdi_request *r)
{
	struct nbt_lower *l = enter_lower(c);
	enum ex_status st = EX_PENDING;

	if (!l)
		return EX_INVALID_CONNECTION;
	if (!KE_GET(&l->up)) {
		st = EX_INVALID_CONNECTION;
	} else if (KE_GET(&l->dead) || KE_GET(&l->told)) {
		st = EX_CONNECTION_DISCONNECTED;
	} else {
		r->moved = 0;
		(void)KE_ADD(&c->refs, 1u);
		io_pending(irp);
		nbt_give_receive(c, irp);
		nbt_pump(l, true);
		if (KE_GET(&l->told)) /* it ended just now: is it in the list? */
			nbt_fail_receives(c, EX_CONNECTION_DISCONNECTED);
	}
	gate_leave(&l->gate);
	return st;
}

/* --- SEND --------------- */

struct sending {                     /* a header before the client's bytes */
	struct ex *x;
	struct tdi_request r;
	struct ndis_buffer head, body;
	u8 b[NBT_HEADER];
};

static enum ex_status sent(struct io_device *d, struct irp *irp, void *context)
{
	struct sending *s = context;

	(void)d;
	if (!ex_failed(irp->status) && irp->information >= NBT_HEADER)
		irp->information -= NBT_HEADER;
	ex_free_pool(s->x, s, TAG_OP);
	return EX_SUCCESS;
}

static enum ex_status send_on(struct nbt_lower *l, struct nbt_connection *c,
			      struct irp *irp, struct tdi_request *r)
{
	struct sending *s;

	if (!KE_GET(&l->up))
		return EX_INVALID_CONNECTION;
	if (KE_GET(&l->dead))
		return EX_CONNECTION_DISCONNECTED;
	if (r->length > NBT_MESSAGE_MAX)
		return EX_INVALID_PARAMETER;
	s = ex_alloc_zero(c->nb->x, EX_NONPAGED, sizeof(*s), TAG_OP);
	if (!s)
		return EX_INSUFFICIENT_RESOURCES;
	s->x = c->nb->x;
	nbt_header(s->b, NBT_MESSAGE, (u32)r->length);
	s->body = (struct ndis_buffer){ .data = r->data,
					.length = (u32)r->length };
	s->head = (struct ndis_buffer){ .data = s->b, .length = NBT_HEADER,
					.next = r->chain ? r->chain :
							   &s->body };
	s->r = (struct tdi_request){ .chain = &s->head,
				     .length = NBT_HEADER + r->length };
	KE_SET(&l->moved, ex_now(c->nb->x));
	io_pending(irp);
	tdi_fill(irp, l->tcp, TDI_SEND, &s->r);
	irp->stack[irp->current + 1].complete = sent;
	irp->stack[irp->current + 1].context = s;
	(void)io_call(l->tcp->device, irp);
	return EX_PENDING;
}

static enum ex_status send(struct nbt_connection *c, struct irp *irp,
			   struct tdi_request *r)
{
	struct nbt_lower *l = enter_lower(c);
	enum ex_status st = EX_INVALID_CONNECTION;

	if (!l)
		return st;
	st = send_on(l, c, irp, r);
	gate_leave(&l->gate);
	return st;
}

/* --- sessions begin --------------- */

static void cancel_listen(struct io_device *d, struct irp *irp)
{
	struct nbt_connection *c = irp->driver[0];
	enum ke_irql before = ke_lock(&c->nb->lock);

	(void)d;
	if (c->listen == irp)
		c->listen = NULL;
	ke_unlock(&c->nb->lock, before);
	io_complete(irp, EX_CANCELLED, 0);
	nbt_connection_put(c);
}

static enum ex_status listen(struct nbt_connection *c, struct irp *irp)
{
	enum ke_irql before = ke_lock(&c->nb->lock);
	enum ex_status st = EX_PENDING;

	irp->driver[0] = c;
	if (!c->address || c->lower || c->listen || c->connecting ||
	    c->closing)
		st = EX_INVALID_CONNECTION;
	else if (!io_set_cancel(irp, cancel_listen))
		st = EX_CANCELLED;
	else
		c->listen = irp;
	if (st == EX_PENDING) {
		(void)KE_ADD(&c->refs, 1u);
		io_pending(irp);
	}
	ke_unlock(&c->nb->lock, before);
	return st;
}

/* Locked. *SMBSERVER is whoever serves files: its type is 0x20. */
static bool called_is(const struct nbt_address *a, const char *called)
{
	static const char any[] = "*SMBSERVER     ";

	if (a->closing || a->name->conflict)
		return false;
	if (!memcmp(called, any, NBT_NAME - 1))
		return a->name->name[NBT_NAME - 1] == 0x20;
	return !memcmp(a->name->name, called, NBT_NAME);
}

/* With the reference that it has to its connection. */
static struct irp *listening(struct nbt_address *a)
{
	for (struct nbt_connection *c = a->connections; c; c = c->next) {
		struct irp *irp = c->listen;

		if (!irp || !io_take_cancel(irp))
			continue;
		c->listen = NULL;
		return irp;
	}
	return NULL;
}

/* Locked; a reference, and a call of its handler that is to be over. */
static struct nbt_address *address_for(struct nbt *nb, const char *called,
				       struct irp **irp)
{
	struct nbt_address *found = NULL;

	for (struct nbt_address *a = nb->addresses; a && !*irp; a = a->next) {
		if (!called_is(a, called))
			continue;
		*irp = listening(a);
		if (!found || *irp)
			found = a;
	}
	if (found) {
		(void)KE_ADD(&found->refs, 1u);
		(void)KE_ADD(&found->calls, 1u);
	}
	return found;
}

/* The reference goes along. false: it is being closed. */
static bool attach(struct nbt_lower *l, struct nbt_connection *c)
{
	enum ke_irql before = ke_lock(&l->nb->lock);
	bool ok = !c->closing;

	if (ok) {
		l->conn = c;
		set_lower(c, l);
	}
	ke_unlock(&l->nb->lock, before);
	return ok;
}

static u8 ask_client(const struct nbt_handler *h,
		     const struct tdi_address *remote, struct irp **irp,
		     void **connection_context)
{
	tdi_connect_fn *fn = (tdi_connect_fn *)h->fn;
	enum ex_status st;

	if (!fn)
		return NBT_NOT_LISTENING;
	st = fn(h->context, remote, connection_context, irp);
	if (st == EX_INSUFFICIENT_RESOURCES)
		return NBT_NO_RESOURCES;
	if ((ex_failed(st) && st != EX_MORE_PROCESSING_REQUIRED) || !*irp)
		return NBT_NOT_FOR_YOU;
	(void)tdi_enter(*irp);
	io_pending(*irp);
	(*irp)->driver[0] = io_here(*irp)->file->context;
	(void)KE_ADD(&((struct nbt_connection *)(*irp)->driver[0])->refs, 1u);
	return 0;
}

u8 nbt_offer(struct nbt_lower *l, const char *called, const char *calling,
	     struct irp **irp)
{
	struct nbt *nb = l->nb;
	enum ke_irql before = ke_lock(&nb->lock);
	struct nbt_address *a = address_for(nb, called, irp);
	struct tdi_address remote = l->peer;
	struct nbt_handler h = { .fn = NULL };
	struct nbt_connection *c;
	void *context = NULL;
	u8 code = 0;

	if (a)
		h = a->event[TDI_EVENT_CONNECT];
	ke_unlock(&nb->lock, before);
	if (!a)
		return NBT_NOT_PRESENT;
	remote.family = 17;
	memcpy(remote.netbios, calling, NBT_NAME);
	if (!*irp)
		code = ask_client(&h, &remote, irp, &context);
	(void)KE_ADD(&a->calls, -1u);
	nbt_address_put(a);
	if (code)
		return code;
	c = (*irp)->driver[0];
	((struct tdi_request *)io_here(*irp)->buffer)->remote = remote;
	if (context)
		c->context = context;
	if (attach(l, c))
		return 0;
	io_complete(*irp, EX_CANCELLED, 0);
	*irp = NULL;
	nbt_connection_put(c);
	return NBT_NOT_LISTENING;
}

/* --- and end --------------- */

static void detach(struct nbt_connection *c)
{
	enum ke_irql before = ke_lock(&c->nb->lock);
	struct nbt_lower *l = c->connecting ? NULL : c->lower;

	if (l) {
		set_lower(c, NULL);
		KE_SET(&l->told, true);
	}
	ke_unlock(&c->nb->lock, before);
	if (l)
		nbt_lower_close(l);
	nbt_fail_receives(c, EX_CANCELLED);
}

static enum ex_status disconnect(struct nbt_connection *c, struct irp *irp,
				 struct tdi_request *r)
{
	struct nbt_lower *l = enter_lower(c);
	bool up = l && KE_GET(&l->up);

	if (up) {
		if (r->flags & TDI_DISCONNECT_ABORT) {
			(void)nbt_first(l, &l->told);
			(void)nbt_first(l, &l->dead);
		}
		io_pending(irp);
		tdi_fill(irp, l->tcp, TDI_DISCONNECT, r);
		(void)io_call(l->tcp->device, irp);
	}
	if (l)
		gate_leave(&l->gate);
	return up ? EX_PENDING : EX_INVALID_CONNECTION;
}

/* --- files --------------- */

static enum ex_status open_address(struct nbt *nb, const struct tdi_open *o,
				   struct io_file *f)
{
	struct nbt_address *a;
	enum ex_status st;
	enum ke_irql before;

	if (o->address.family != 17)
		return EX_INVALID_PARAMETER;
	a = ex_alloc_zero(nb->x, EX_NONPAGED, sizeof(*a), TAG_ADDRESS);
	if (!a)
		return EX_INSUFFICIENT_RESOURCES;
	a->nb = nb;
	a->refs = 1;
	st = nbt_register(nb, o->address.netbios, o->reuse, &a->name);
	if (ex_failed(st)) {
		ex_free_pool(nb->x, a, TAG_ADDRESS);
		return st;
	}
	before = ke_lock(&nb->lock);
	a->next = nb->addresses;
	nb->addresses = a;
	ke_unlock(&nb->lock, before);
	f->context = a;
	return EX_SUCCESS;
}

static enum ex_status open_connection(struct nbt *nb, const struct tdi_open *o,
				      struct io_file *f)
{
	struct nbt_connection *c = ex_alloc_zero(nb->x, EX_NONPAGED,
						 sizeof(*c), TAG_CONNECTION);

	if (!c)
		return EX_INSUFFICIENT_RESOURCES;
	c->nb = nb;
	c->refs = 1;
	c->context = o->context;
	f->context = c;
	return EX_SUCCESS;
}

static enum ex_status done(struct irp *irp, enum ex_status st, size_t n)
{
	io_complete(irp, st, n);
	return st;
}

static enum ex_status create(struct io_device *d, struct irp *irp)
{
	struct io_stack *here = io_here(irp);
	const struct tdi_open *o = here->buffer;
	enum tdi_file kind = TDI_CONTROL_FILE;
	enum ex_status st = EX_SUCCESS;

	if (o && here->length >= sizeof(*o))
		kind = o->kind;
	here->file->context2 = (void *)(uintptr_t)kind;
	if (kind == TDI_ADDRESS_FILE)
		st = open_address(nbt_of(d), o, here->file);
	else if (kind == TDI_CONNECTION_FILE)
		st = open_connection(nbt_of(d), o, here->file);
	else if (kind != TDI_CONTROL_FILE)
		st = EX_INVALID_PARAMETER;
	return done(irp, st, 0);
}

static void close_address(struct nbt_address *a)
{
	enum ke_irql before = ke_lock(&a->nb->lock);
	struct nbt_address **at = &a->nb->addresses;

	a->closing = true;
	memset(a->event, 0, sizeof(a->event));
	while (*at && *at != a)
		at = &(*at)->next;
	if (*at)
		*at = a->next;
	ke_unlock(&a->nb->lock, before);
	while (KE_GET(&a->calls))
		ke_sleep(NBT_MS);
}

static enum ex_status disassociate(struct nbt_connection *c)
{
	enum ke_irql before = ke_lock(&c->nb->lock);
	struct nbt_address *a = c->connecting ? NULL : c->address;
	struct nbt_connection **at = a ? &a->connections : NULL;
	struct irp *irp = a ? c->listen : NULL;

	while (a && *at != c)
		at = &(*at)->next;
	if (a)
		*at = c->next;
	if (a)
		c->address = NULL;
	if (irp && io_take_cancel(irp))
		c->listen = NULL;
	else
		irp = NULL;
	ke_unlock(&c->nb->lock, before);
	if (irp) {
		io_complete(irp, EX_CANCELLED, 0);
		nbt_connection_put(c);
	}
	if (a)
		nbt_address_put(a);
	return a ? EX_SUCCESS : EX_INVALID_CONNECTION;
}

/* No request is begun, and no handler called, for it any more. */
static void close_connection(struct nbt_connection *c)
{
	enum ke_irql before = ke_lock(&c->nb->lock);

	KE_SET(&c->closing, true);
	ke_unlock(&c->nb->lock, before);
	while (KE_GET(&c->connecting)) /* its thread reads the address */
		ke_sleep(NBT_MS);
	detach(c);
	(void)disassociate(c);
	while (KE_GET(&c->calls))
		ke_sleep(NBT_MS);
}

static enum ex_status cleanup(struct io_device *d, struct irp *irp)
{
	struct io_file *f = io_here(irp)->file;

	(void)d;
	if (kind_of(f) == TDI_ADDRESS_FILE)
		close_address(f->context);
	else if (kind_of(f) == TDI_CONNECTION_FILE)
		close_connection(f->context);
	return done(irp, EX_SUCCESS, 0);
}

static enum ex_status close_file(struct io_device *d, struct irp *irp)
{
	struct io_file *f = io_here(irp)->file;

	(void)d;
	if (kind_of(f) == TDI_ADDRESS_FILE)
		nbt_address_put(f->context);
	else if (kind_of(f) == TDI_CONNECTION_FILE)
		nbt_connection_put(f->context);
	f->context = NULL;
	return done(irp, EX_SUCCESS, 0);
}

/* --- requests --------------- */

static enum ex_status associate(struct nbt_connection *c,
				const struct tdi_request *r)
{
	const struct io_file *f = r->address;
	struct nbt_address *a;
	enum ke_irql before;
	enum ex_status st = EX_INVALID_PARAMETER;

	if (!f || kind_of(f) != TDI_ADDRESS_FILE ||
	    nbt_of(f->device) != c->nb)
		return st;
	a = f->context;
	before = ke_lock(&c->nb->lock);
	if (!c->address && !c->closing && !a->closing) {
		c->address = a;
		(void)KE_ADD(&a->refs, 1u);
		c->next = a->connections;
		a->connections = c;
		st = EX_SUCCESS;
	}
	ke_unlock(&c->nb->lock, before);
	return st;
}

static enum ex_status query(const struct tdi_address *from,
			    struct tdi_request *r)
{
	if (r->value_length < sizeof(*from))
		return EX_BUFFER_TOO_SMALL;
	memcpy(r->value, from, sizeof(*from));
	r->moved = sizeof(*from);
	return EX_SUCCESS;
}

static enum ex_status of_address(struct nbt_address *a, u8 minor,
				 struct tdi_request *r)
{
	struct tdi_address own = { .family = 17, .port = 139 };
	enum ke_irql before;

	if (minor == TDI_QUERY_INFORMATION && r->info == TDI_LOCAL_ADDRESS) {
		memcpy(own.ip, a->nb->ip, 4);
		memcpy(own.netbios, a->name->name, NBT_NAME);
		return query(&own, r);
	}
	if (minor != TDI_SET_EVENT)
		return EX_INVALID_DEVICE_REQUEST;
	if (r->event < 0 || r->event >= TDI_EVENTS)
		return EX_INVALID_PARAMETER;
	before = ke_lock(&a->nb->lock);
	a->event[r->event].fn = r->handler;
	a->event[r->event].context = r->context;
	ke_unlock(&a->nb->lock, before);
	return EX_SUCCESS;
}

static enum ex_status query_remote(struct nbt_connection *c,
				   struct tdi_request *r)
{
	struct nbt_lower *l = enter_lower(c);
	enum ex_status st = EX_INVALID_PARAMETER;

	if (!l)
		return st;
	st = query(&l->peer, r);
	gate_leave(&l->gate);
	return st;
}

static enum ex_status of_connection(struct nbt_connection *c, struct irp *irp,
				    struct tdi_request *r)
{
	switch (io_here(irp)->minor) {
	case TDI_ASSOCIATE:
		return associate(c, r);
	case TDI_DISASSOCIATE:
		if (KE_GET(&c->connecting))
			return EX_DEVICE_BUSY;
		detach(c);
		return disassociate(c);
	case TDI_CONNECT:
		return nbt_connect(c, irp, r);
	case TDI_LISTEN:
		return listen(c, irp);
	case TDI_DISCONNECT:
		return disconnect(c, irp, r);
	case TDI_SEND:
		return send(c, irp, r);
	case TDI_RECEIVE:
		return receive(c, irp, r);
	case TDI_QUERY_INFORMATION:
		return r->info == TDI_REMOTE_ADDRESS ? query_remote(c, r) :
						       EX_INVALID_PARAMETER;
	default:                     /* ACCEPT comes by the event only */
		return EX_INVALID_DEVICE_REQUEST;
	}
}

static enum ex_status internal(struct io_device *d, struct irp *irp)
{
	struct io_stack *here = io_here(irp);
	struct tdi_request *r = here->buffer;
	enum ex_status st = EX_INVALID_DEVICE_REQUEST;

	(void)d;
	if (r && kind_of(here->file) == TDI_ADDRESS_FILE)
		st = of_address(here->file->context, here->minor, r);
	else if (r && kind_of(here->file) == TDI_CONNECTION_FILE)
		st = of_connection(here->file->context, irp, r);
	if (st == EX_PENDING)
		return st;
	return done(irp, st, ex_failed(st) ? 0 : r->moved);
}

void nbt_dispatch(struct io_driver *d)
{
	d->dispatch[IO_CREATE] = create;
	d->dispatch[IO_CLEANUP] = cleanup;
	d->dispatch[IO_CLOSE] = close_file;
	d->dispatch[IO_INTERNAL_DEVICE_CONTROL] = internal;
}
