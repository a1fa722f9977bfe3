// SPDX-License-Identifier: Apache-2.0
/* See faketdi.h. One lock, for all that changes; behind it the machine's cancel
 * lock. Handlers and completions are called without it, at DISPATCH, from the DPC
 * of the one that receives. Addresses stay while `using`, connections while a DPC
 * of theirs is to come or runs, or one of their peer's runs. */
#include "faketdi.h"

#include <string.h>

#define TAG EX_TAG('F', 'a', 'k', 'e')

struct address {
	struct address *next;
	struct tdi_address at;
	u8 protocol;
	bool reuse;
	struct event { void *fn, *context; } event[TDI_EVENTS];
	u32 using;
};

struct connection {
	struct connection *next;
	struct fake *f;
	struct address *a;
	void *context;
	struct connection *peer;
	struct tdi_address remote;
	struct irp *sends, *receive, *connect, *fin;
	struct ke_dpc dpc;
	u32 kicks;                   /* DPCs that have not returned */
	bool busy, again, stalled, fin_sent, fin_seen, reset, dead;
	enum ex_status why;
};

struct fake {
	struct ex *x;
	struct ke_lock lock;
	struct faketdi *ctl;
	struct address *addresses;
	struct connection *connections;
	struct irp *datagrams;
	u16 port;
};

static struct fake *fake_of(struct ex *x)
{
	struct fake **f = ex_slot(x, "faketdi own", sizeof(*f));

	return *f;
}

/* Under the lock. */
static void kick(struct connection *c)
{
	if (c && ke_dpc_queue(&c->dpc, NULL, NULL))
		c->kicks++;
}

static struct event event_of(struct fake *f, const struct address *a,
			     enum tdi_event event)
{
	enum ke_irql b = ke_lock(&f->lock);
	struct event e = a ? a->event[event] : (struct event){ NULL, NULL };

	ke_unlock(&f->lock, b);
	return e;
}

/* --- bytes ---------------------------------------------------------------------------- */

static struct tdi_request *request(struct irp *irp)
{
	return io_here(irp)->buffer;
}

static u8 *run(struct irp *irp, size_t *n)
{
	struct tdi_request *r = request(irp);
	size_t off = r->moved;
	struct ndis_buffer *b = r->chain;

	*n = r->length - off;
	if (!b)
		return (u8 *)r->data + off;
	for (; off >= b->length; b = b->next)
		off -= b->length;
	if (*n > b->length - off)
		*n = b->length - off;
	return b->data + off;
}

static struct irp *pop(struct irp **q)
{
	struct irp *irp = *q;

	if (irp)
		*q = irp->next;
	return irp;
}

static void push(struct irp **q, struct irp *irp)
{
	while (*q)
		q = &(*q)->next;
	irp->next = NULL;
	*q = irp;
}

static void complete_all(struct irp **q, enum ex_status st)
{
	struct irp *irp;

	while ((irp = pop(q)))
		io_complete(irp, st, 0);
}

/* --- delivery ---------------------------------------------------------------------------- */

/* The send was off its queue while bytes of it were looked at: it is done when
 * all are through, or its sender has died meanwhile. */
static void advance(struct connection *from, struct irp *irp, size_t n)
{
	enum ke_irql b = ke_lock(&from->f->lock);
	struct tdi_request *r = request(irp);
	bool done, dead = from->dead;

	r->moved += n;
	done = r->moved >= r->length;
	if (!done && !dead) {
		irp->next = from->sends;
		from->sends = irp;
	}
	ke_unlock(&from->f->lock, b);
	if (done)
		io_complete(irp, EX_SUCCESS, r->length);
	else if (dead)
		io_complete(irp, EX_CONNECTION_ABORTED, 0);
}

static void cancel(struct io_device *d, struct irp *irp)
{
	struct connection *c = io_here(irp)->file->context;
	enum ke_irql b = ke_lock(&c->f->lock);

	(void)d;
	if (c->receive == irp)
		c->receive = NULL;
	if (c->connect == irp)
		c->connect = NULL;
	ke_unlock(&c->f->lock, b);
	io_complete(irp, EX_CANCELLED, 0);
}

/* One that is not being cancelled. Under the lock. */
static struct irp *take(struct irp **at)
{
	struct irp *irp = *at;

	*at = NULL;
	return irp && io_take_cancel(irp) ? irp : NULL;
}

static void do_receive(struct connection *c, struct irp *irp)
{
	struct fake *f = c->f;
	enum ke_irql b;
	bool ok;

	io_pending(irp);
	b = ke_lock(&f->lock);
	ok = !c->dead && io_set_cancel(irp, cancel);
	if (ok) {
		c->receive = irp;
		kick(c);
	}
	ke_unlock(&f->lock, b);
	if (!ok)
		io_complete(irp, EX_CONNECTION_ABORTED, 0);
}

static void into_receive(struct connection *from, struct irp *receive,
			 struct irp *send)
{
	size_t n, room = request(receive)->length;
	const u8 *p = run(send, &n);

	if (n > room)
		n = room;
	memcpy(request(receive)->data, p, n);
	io_complete(receive, EX_SUCCESS, n);
	advance(from, send, n);
}

static void stall(struct connection *c)
{
	enum ke_irql b = ke_lock(&c->f->lock);

	c->stalled = true;
	c->f->ctl->partial++;
	ke_unlock(&c->f->lock, b);
}

static void indicate(struct connection *c, struct connection *from,
		     struct irp *send)
{
	bool urgent = request(send)->flags & TDI_SEND_EXPEDITED;
	enum tdi_event ev = urgent ? TDI_EVENT_RECEIVE_EXPEDITED :
				     TDI_EVENT_RECEIVE;
	size_t n, there = request(send)->length - request(send)->moved;
	u8 *p = run(send, &n);
	struct irp *irp = NULL;
	u32 taken = 0, max = KE_GET(&c->f->ctl->indicate_max);
	struct event e = event_of(c->f, c->a, ev);
	tdi_receive_fn *fn = e.fn;
	enum ex_status st = EX_DATA_NOT_ACCEPTED;

	if (max && n > max)
		n = max;
	if (fn)
		st = fn(e.context, c->context,
			urgent ? TDI_RECEIVE_EXPEDITED : TDI_RECEIVE_NORMAL,
			(u32)n, (u32)there, &taken, p, NULL, &irp);
	if (st == EX_MORE_PROCESSING_REQUIRED) {
		KE_ADD(&c->f->ctl->lent, 1);
	} else if (taken < n) {
		stall(c);
	}
	if (st == EX_MORE_PROCESSING_REQUIRED && irp) {
		tdi_enter(irp);
		do_receive(c, irp);
	}
	advance(from, send, taken);
}

static void tell_end(struct connection *c, u32 flags, enum ex_status why)
{
	struct event e = event_of(c->f, c->a, TDI_EVENT_DISCONNECT);
	tdi_disconnect_fn *fn = e.fn;

	if (fn)
		fn(e.context, c->context, flags, why);
}

static void die(struct connection *c)
{
	enum ke_irql b = ke_lock(&c->f->lock);
	struct irp *sends = c->sends, *fin = c->fin;
	struct irp *receive = take(&c->receive), *connect = take(&c->connect);

	c->sends = c->fin = NULL;
	c->dead = true;
	ke_unlock(&c->f->lock, b);
	complete_all(&sends, EX_CONNECTION_ABORTED);
	if (receive)
		io_complete(receive, EX_CONNECTION_ABORTED, 0);
	if (fin)
		io_complete(fin, EX_CONNECTION_ABORTED, 0);
	if (connect)
		io_complete(connect, EX_CONNECTION_ABORTED, 0);
}

/* One step of what c receives; false: nothing to do. */
static bool step(struct connection *c)
{
	enum ke_irql b = ke_lock(&c->f->lock);
	struct connection *from = c->peer;
	struct irp *send = NULL, *receive = NULL, *fin = NULL;
	bool reset = c->reset && !c->dead, end = false;
	enum ex_status why = c->why;

	if (!reset && !c->dead && from && !KE_GET(&c->f->ctl->hold)) {
		send = from->sends;
		receive = send ? take(&c->receive) : NULL;
		c->stalled &= !receive;
		if (send && (receive || !c->stalled)) {
			pop(&from->sends);
		} else if (send) {
			send = NULL;
		} else if (from->fin_sent && !c->fin_seen) {
			c->fin_seen = end = true;
			fin = from->fin;
			from->fin = NULL;
		}
	}
	ke_unlock(&c->f->lock, b);
	if (reset) {
		tell_end(c, TDI_DISCONNECT_ABORT, why);
		die(c);
	} else if (receive) {
		into_receive(from, receive, send);
	} else if (send) {
		indicate(c, from, send);
	} else if (end) {
		tell_end(c, TDI_DISCONNECT_RELEASE, EX_SUCCESS);
		if (fin)
			io_complete(fin, EX_SUCCESS, 0);
	} else {
		return false;
	}
	return true;
}

static void deliver(void *context, void *arg1, void *arg2)
{
	struct connection *c = context;
	struct fake *f = c->f;
	enum ke_irql b = ke_lock(&f->lock);
	bool mine = !c->busy;

	(void)arg1;
	(void)arg2;
	c->again = true;
	c->busy = true;
	c->kicks -= !mine;           /* then it may be gone */
	ke_unlock(&f->lock, b);
	while (mine) {
		b = ke_lock(&f->lock);
		mine = c->again;
		c->again = false;
		if (!mine) {
			c->busy = false;
			c->kicks--;
		}
		ke_unlock(&f->lock, b);
		while (mine && step(c))
			;
	}
}

/* --- connections ---------------------------------------------------------------------------- */

static struct address *listener(struct fake *f, u16 port)
{
	enum ke_irql b = ke_lock(&f->lock);
	struct address *a = f->addresses;

	while (a && !(a->protocol == 6 && a->at.port == port &&
		      a->event[TDI_EVENT_CONNECT].fn))
		a = a->next;
	if (a)
		a->using++;
	ke_unlock(&f->lock, b);
	return a;
}

static void release(struct fake *f, struct address *a)
{
	enum ke_irql b = ke_lock(&f->lock);

	a->using--;
	ke_unlock(&f->lock, b);
}

static void join(struct connection *c, struct connection *to)
{
	enum ke_irql b = ke_lock(&c->f->lock);

	c->peer = to;
	to->peer = c;
	to->remote = c->a->at;
	ke_unlock(&c->f->lock, b);
}

static enum ex_status meet(struct connection *c, struct address *a)
{
	struct event e = event_of(c->f, a, TDI_EVENT_CONNECT);
	tdi_connect_fn *fn = e.fn;
	struct irp *accept = NULL;
	void *context = NULL;
	enum ex_status st = EX_CONNECTION_REFUSED;

	if (fn)
		st = fn(e.context, &c->a->at, &context, &accept);
	if (ex_failed(st))
		return EX_CONNECTION_REFUSED;
	tdi_enter(accept);
	st = KE_GET(&c->f->ctl->fail_accept);
	if (!ex_failed(st))
		join(c, io_here(accept)->file->context);
	io_complete(accept, st, 0);
	return ex_failed(st) ? EX_CONNECTION_REFUSED : EX_SUCCESS;
}

/* Until it is cancelled, or its file dies. */
static void hold_connect(struct connection *c, struct irp *irp)
{
	enum ke_irql b;
	bool ok;

	io_pending(irp);
	b = ke_lock(&c->f->lock);
	ok = io_set_cancel(irp, cancel);
	if (ok)
		c->connect = irp;
	ke_unlock(&c->f->lock, b);
	if (!ok)
		io_complete(irp, EX_CANCELLED, 0);
}

static void do_connect(struct connection *c, struct irp *irp)
{
	struct fake *f = c->f;
	enum ex_status st = KE_GET(&f->ctl->fail_connect);
	struct address *a;
	enum ke_irql b = ke_lock(&f->lock);

	c->remote = request(irp)->remote;
	c->dead = c->reset = false;
	ke_unlock(&f->lock, b);
	if (!ex_failed(st) && KE_GET(&f->ctl->hold_connects)) {
		hold_connect(c, irp);
		return;
	}
	b = ke_raise(KE_DISPATCH);
	a = ex_failed(st) ? NULL : listener(f, c->remote.port);
	if (a) {
		st = meet(c, a);
		release(f, a);
	} else if (!ex_failed(st)) {
		st = EX_CONNECTION_REFUSED;
	}
	io_complete(irp, st, 0);
	ke_lower(b);
}

static void do_send(struct connection *c, struct irp *irp)
{
	enum ex_status st = KE_GET(&c->f->ctl->fail_send);
	enum ke_irql b;

	request(irp)->moved = 0;
	io_pending(irp);
	b = ke_lock(&c->f->lock);
	if (!ex_failed(st) && (c->dead || !c->peer || c->peer->dead || c->fin_sent))
		st = EX_CONNECTION_RESET;
	if (!ex_failed(st))
		push(&c->sends, irp);
	kick(c->peer);
	ke_unlock(&c->f->lock, b);
	if (ex_failed(st))
		io_complete(irp, st, 0);
}

static void set_reset(struct connection *c, enum ex_status why)
{
	if (c && !c->reset) {
		c->reset = true;
		c->why = why;
		kick(c);
	}
}

static void do_disconnect(struct connection *c, struct irp *irp)
{
	bool abort = request(irp)->flags & TDI_DISCONNECT_ABORT, now = true;
	enum ke_irql b;

	io_pending(irp);
	b = ke_lock(&c->f->lock);
	if (abort) {
		set_reset(c->peer, EX_CONNECTION_RESET);
	} else if (c->peer && !c->dead && !c->peer->dead) {
		c->fin_sent = true;
		c->fin = irp;
		now = false;
		kick(c->peer);
	}
	ke_unlock(&c->f->lock, b);
	if (abort)
		die(c);
	if (now)
		io_complete(irp, EX_SUCCESS, 0);
}

/* --- datagrams ---------------------------------------------------------------------------------- */

static struct address *by_port(struct fake *f, u16 port)
{
	enum ke_irql b = ke_lock(&f->lock);
	struct address *a = f->addresses;

	while (a && !(a->protocol == 17 && a->at.port == port))
		a = a->next;
	if (a)
		a->using++;
	ke_unlock(&f->lock, b);
	return a;
}

static void carry(struct fake *f, struct address *from, struct address *to,
		  struct irp *irp)
{
	struct tdi_request *r = request(irp);
	struct event e = event_of(f, to, TDI_EVENT_RECEIVE_DATAGRAM);
	tdi_datagram_fn *fn = e.fn;
	struct irp *more = NULL;
	u8 data[2048];
	u32 taken = 0;
	size_t n;

	for (r->moved = 0; r->moved < r->length && r->moved < sizeof(data);
	     r->moved += n) {
		const u8 *p = run(irp, &n);

		if (n > sizeof(data) - r->moved)
			n = sizeof(data) - r->moved;
		memcpy(data + r->moved, p, n);
	}
	if (fn)
		fn(e.context, &from->at, &r->remote, (u32)r->moved,
		   (u32)r->moved, &taken, data, &more);
}

static void datagram(struct fake *f, struct irp *irp)
{
	struct address *a = io_here(irp)->file->context, *to;
	struct event e = event_of(f, a, TDI_EVENT_ERROR);
	tdi_error_fn *fn = e.fn;
	enum ke_irql b = ke_raise(KE_DISPATCH);

	to = by_port(f, request(irp)->remote.port);
	if (to) {
		carry(f, a, to, irp);
		release(f, to);
	} else if (fn) {
		fn(e.context, NULL, &request(irp)->remote,
		   EX_PORT_UNREACHABLE);
	}
	ke_lower(b);
	io_complete(irp, KE_GET(&f->ctl->fail_send), request(irp)->length);
}

static void do_datagram(struct fake *f, struct irp *irp)
{
	bool hold = KE_GET(&f->ctl->hold_datagrams);
	enum ke_irql b;

	io_pending(irp);
	b = ke_lock(&f->lock);
	if (hold)
		push(&f->datagrams, irp);
	ke_unlock(&f->lock, b);
	if (!hold)
		datagram(f, irp);
}

/* --- files --------------------------------------------------------------------------------------- */

/* Under the lock. */
static bool taken_already(struct fake *f, const struct tdi_open *o)
{
	for (struct address *a = f->addresses; a; a = a->next)
		if (o->address.port && a->at.port == o->address.port &&
		    a->protocol == o->protocol && !(a->reuse && o->reuse))
			return true;
	return false;
}

static enum ex_status new_address(struct fake *f, struct io_file *file,
				  const struct tdi_open *o)
{
	struct address *a = ex_alloc_zero(f->x, EX_NONPAGED, sizeof(*a), TAG);
	enum ke_irql b;
	bool taken;

	if (!a)
		return EX_INSUFFICIENT_RESOURCES;
	a->at = o->address;
	a->protocol = o->protocol;
	a->reuse = o->reuse;
	if (!a->at.ip[0])
		memcpy(a->at.ip, (u8[4]){ 127, 0, 0, 1 }, 4);
	b = ke_lock(&f->lock);
	taken = taken_already(f, o);
	if (!a->at.port)
		a->at.port = f->port++;
	a->next = f->addresses;
	if (!taken)
		f->addresses = a;
	ke_unlock(&f->lock, b);
	if (taken)
		ex_free_pool(f->x, a, TAG);
	file->context = a;
	return taken ? EX_ADDRESS_ALREADY_EXISTS : EX_SUCCESS;
}

static enum ex_status new_connection(struct fake *f, struct io_file *file,
				     const struct tdi_open *o)
{
	struct connection *c = ex_alloc_zero(f->x, EX_NONPAGED, sizeof(*c),
					     TAG);
	enum ke_irql b;

	if (!c)
		return EX_INSUFFICIENT_RESOURCES;
	c->f = f;
	c->context = o->context;
	ke_dpc_init(&c->dpc, deliver, c);
	b = ke_lock(&f->lock);
	c->next = f->connections;
	f->connections = c;
	ke_unlock(&f->lock, b);
	file->context = c;
	return EX_SUCCESS;
}

static enum ex_status create(struct io_device *d, struct irp *irp)
{
	struct fake *f = fake_of(d->driver->x);
	const struct tdi_open *o = io_here(irp)->buffer;
	struct io_file *file = io_here(irp)->file;
	enum ex_status st;

	if (o->kind == TDI_ADDRESS_FILE)
		st = new_address(f, file, o);
	else
		st = new_connection(f, file, o);
	file->context2 = (void *)(uintptr_t)o->kind;
	if (!ex_failed(st))
		KE_ADD(&f->ctl->files, 1);
	io_complete(irp, st, 0);
	return st;
}

static void end_address(struct fake *f, struct address *a)
{
	struct address **at = &f->addresses;
	enum ke_irql b = ke_lock(&f->lock);

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	while (a->using) {
		ke_unlock(&f->lock, b);
		ke_sleep(1000);
		b = ke_lock(&f->lock);
	}
	for (struct connection *c = f->connections; c; c = c->next)
		if (c->a == a)
			ke_bugcheck(0xfa, 1, 0, 0, 0); /* closed too early */
	ke_unlock(&f->lock, b);
	ex_free_pool(f->x, a, TAG);
}

static void end_connection(struct fake *f, struct connection *c)
{
	struct connection **at = &f->connections;
	enum ke_irql b = ke_lock(&f->lock);
	bool was_dead;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	was_dead = c->dead;
	c->dead = true;
	while (c->kicks || (c->peer && c->peer->busy)) {
		ke_unlock(&f->lock, b);
		ke_sleep(1000);
		b = ke_lock(&f->lock);
	}
	if (c->sends || c->receive || c->connect || c->fin)
		ke_bugcheck(0xfa, 2, 0, 0, 0);
	if (c->peer && !was_dead &&  /* what was being looked at is back now */
	    (!c->fin_sent || !c->peer->fin_seen || c->peer->sends ||
	     c->peer->fin))
		set_reset(c->peer, EX_CONNECTION_RESET);
	if (c->peer)
		c->peer->peer = NULL;
	ke_unlock(&f->lock, b);
	ex_free_pool(f->x, c, TAG);
}

static enum ex_status close_file(struct io_device *d, struct irp *irp)
{
	struct fake *f = fake_of(d->driver->x);
	struct io_file *file = io_here(irp)->file;

	if ((uintptr_t)file->context2 == TDI_ADDRESS_FILE)
		end_address(f, file->context);
	else
		end_connection(f, file->context);
	KE_ADD(&f->ctl->files, -1);
	io_complete(irp, EX_SUCCESS, 0);
	return EX_SUCCESS;
}

static enum ex_status cleanup(struct io_device *d, struct irp *irp)
{
	(void)d;
	io_complete(irp, EX_SUCCESS, 0);
	return EX_SUCCESS;
}

/* --- the rest -------------------------------------------------------------------------------------- */

/* Of what does not change any more. */
static enum ex_status query(struct irp *irp)
{
	struct io_file *file = io_here(irp)->file;
	bool address = (uintptr_t)file->context2 == TDI_ADDRESS_FILE;
	struct tdi_request *r = request(irp);
	struct connection *c = file->context;
	struct address *a = address ? file->context : c->a;

	if (r->info == TDI_LOCAL_ADDRESS)
		memcpy(r->value, &a->at, sizeof(a->at));
	else if (r->info == TDI_CONNECTION_STATE)
		((struct tdi_tcp_info *)r->value)->mss = 1460;
	else
		return EX_NOT_SUPPORTED;
	return EX_SUCCESS;
}

static enum ex_status simple(struct fake *f, struct irp *irp)
{
	struct tdi_request *r = request(irp);
	struct io_file *file = io_here(irp)->file;

	switch (io_here(irp)->minor) {
	case TDI_ASSOCIATE:
		((struct connection *)file->context)->a = r->address->context;
		return EX_SUCCESS;
	case TDI_SET_EVENT:
		((struct address *)file->context)->event[r->event] =
			(struct event){ r->handler, r->context };
		return EX_SUCCESS;
	case TDI_SET_INFORMATION:
		f->ctl->info = (u32)r->info;
		memcpy(&f->ctl->value, r->value, sizeof(u32));
		f->ctl->sets++;
		return EX_SUCCESS;
	default:
		return EX_INVALID_DEVICE_REQUEST;
	}
}

static enum ex_status internal(struct io_device *d, struct irp *irp)
{
	struct fake *f = fake_of(d->driver->x);
	void *context = io_here(irp)->file->context;
	enum ex_status st;
	enum ke_irql b;

	switch (io_here(irp)->minor) {
	case TDI_CONNECT:
		do_connect(context, irp);
		return EX_PENDING;
	case TDI_SEND:
		do_send(context, irp);
		return EX_PENDING;
	case TDI_RECEIVE:
		do_receive(context, irp);
		return EX_PENDING;
	case TDI_DISCONNECT:
		do_disconnect(context, irp);
		return EX_PENDING;
	case TDI_SEND_DATAGRAM:
		do_datagram(f, irp);
		return EX_PENDING;
	case TDI_QUERY_INFORMATION:
		st = query(irp);
		io_complete(irp, st, 0);
		return st;
	default:
		b = ke_lock(&f->lock);
		st = simple(f, irp);
		ke_unlock(&f->lock, b);
		io_complete(irp, st, 0);
		return st;
	}
}

static void go(struct ex *x)
{
	struct fake *f = fake_of(x);
	enum ke_irql b = ke_lock(&f->lock);
	struct irp *q = f->datagrams, *irp;

	f->datagrams = NULL;
	for (struct connection *c = f->connections; c; c = c->next)
		kick(c);
	ke_unlock(&f->lock, b);
	while ((irp = pop(&q)))
		datagram(f, irp);
}

static void reset(struct ex *x, u16 port, enum ex_status why)
{
	struct fake *f = fake_of(x);
	enum ke_irql b = ke_lock(&f->lock);

	for (struct connection *c = f->connections; c; c = c->next)
		if (c->a && c->a->at.port == port && c->peer) {
			set_reset(c, why);
			set_reset(c->peer, why);
		}
	ke_unlock(&f->lock, b);
}

static void unload(struct io_driver *d)
{
	struct fake *f = fake_of(d->x);

	ke_lock_fini(&f->lock);
	ex_free_pool(d->x, f, TAG);
}

static enum ex_status entry(struct io_driver *d, const char *options)
{
	struct fake **slot = ex_slot(d->x, "faketdi own", sizeof(*slot));
	struct fake *f = ex_alloc_zero(d->x, EX_NONPAGED, sizeof(*f), TAG);

	(void)options;
	if (!f)
		return EX_INSUFFICIENT_RESOURCES;
	*slot = f;
	f->x = d->x;
	f->port = 49152;
	f->ctl = faketdi(d->x);
	f->ctl->go = go;
	f->ctl->reset = reset;
	ke_lock_init(&f->lock, "faketdi");
	d->dispatch[IO_CREATE] = create;
	d->dispatch[IO_CLEANUP] = cleanup;
	d->dispatch[IO_CLOSE] = close_file;
	d->dispatch[IO_INTERNAL_DEVICE_CONTROL] = internal;
	d->unload = unload;
	if (io_device_create(d, "\\Device\\Tcp", 0) &&
	    io_device_create(d, "\\Device\\Udp", 0))
		return EX_SUCCESS;
	unload(d);
	return EX_INSUFFICIENT_RESOURCES;
}

IO_DRIVER(faketdi, "1.0", entry);
