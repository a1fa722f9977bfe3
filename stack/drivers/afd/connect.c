// SPDX-License-Identifier: Apache-2.0
/* Connecting, and the ways to end: shutdown, close, linger. */
#include "inside.h"

#include <string.h>

static enum ex_status AfdConnectComplete(struct io_device *d, struct irp *irp,
					 void *context)
{
	struct afd_connection *c = context;
	enum ex_status st = irp->status;
	struct afd_endpoint *e;
	struct afd_pass p;

	(void)d;
	afd_enter(c->afd, &p);
	c->opening = false;
	e = c->endpoint;
	if (!ex_failed(st)) {
		c->opened = true;
		if (e)
			e->state = AFD_CONNECTED;
	} else if (e) {
		if (!c->connects.head) { /* nobody hears of it now */
			e->error = st;
			e->failed = true;
		}
		e->state = AFD_BOUND;
		e->c = NULL;
		c->endpoint = NULL;
		c->refs--;           /* the endpoint's; ours is left */
	}
	if (ex_failed(st))
		afd_quiet(c);
	afd_flush(&p, &c->connects, st);
	if (e)
		afd_wake(&p, e);
	afd_leave(&p);
	afd_pump(c);
	afd_connection_put(c);
	return EX_MORE_PROCESSING_REQUIRED;
}

/* To all: only who asked for it. */
static bool is_all(const struct tdi_address *a)
{
	return a->family == 4 && !memcmp(a->ip, "\xff\xff\xff\xff", 4);
}

static enum ex_status connect_datagram(struct afd_endpoint *e,
				       const struct tdi_address *to)
{
	enum ex_status st = EX_SUCCESS;
	struct afd_pass p;

	afd_enter(e->afd, &p);
	if (is_all(to) && !e->option[AFD_OPT_BROADCAST]) {
		st = EX_ACCESS_DENIED;
	} else {
		e->d->peer = *to;
		e->state = to->family ? AFD_CONNECTED : AFD_BOUND;
	}
	afd_leave(&p);
	return st;
}

/* A close may have overtaken the request on its way down: then nobody waits for
 * it. The caller has a reference beside the request's. */
static void cancel_late(struct afd_connection *c)
{
	struct afd_pass p;
	bool late;

	afd_enter(c->afd, &p);
	late = c->closing && c->opening;
	afd_leave(&p);
	if (late)
		io_cancel(&c->op.irp);
}

static enum ex_status connect_stream(struct afd_endpoint *e,
				     struct afd_connection *c,
				     struct irp *irp)
{
	const struct afd_connect *r = io_here(irp)->buffer;
	bool wait = !(r->flags & AFD_NOWAIT), closed;
	struct afd_pass p;

	c->peer = r->to;
	c->op.r = (struct tdi_request){ .remote = r->to };
	afd_enter(e->afd, &p);
	e->busy = false;
	closed = e->closed;
	if (!closed) {
		afd_attach(e, c);
		e->state = AFD_CONNECTING;
		e->error = EX_SUCCESS;
		e->failed = false;
		c->opening = true;
		c->refs += 2;        /* the request's, and ours here */
		if (wait)
			afd_queue(&p, &c->connects, irp);
	}
	afd_leave(&p);
	if (closed) {
		afd_connection_put(c);
		return EX_CANCELLED;
	}
	if (!wait)
		irp->information = 1;
	(void)afd_option_apply(e, c->file, true);
	afd_op(c, &c->op, TDI_CONNECT, AfdConnectComplete);
	cancel_late(c);
	afd_connection_put(c);
	return wait ? EX_PENDING : EX_SUCCESS;
}

/* A stream may only when it is bound and at rest. */
static enum ex_status may_connect(struct afd_endpoint *e)
{
	enum ex_status st = EX_SUCCESS;
	struct afd_pass p;

	afd_enter(e->afd, &p);
	if (e->state == AFD_CONNECTING || e->busy)
		st = EX_DEVICE_BUSY;
	else if (e->state == AFD_CONNECTED)
		st = EX_INVALID_DEVICE_REQUEST;
	else if (e->state != AFD_BOUND || e->closed)
		st = EX_INVALID_PARAMETER;
	else
		e->busy = true;
	afd_leave(&p);
	return st;
}

enum ex_status AfdConnect(struct afd_endpoint *e, struct irp *irp)
{
	const struct afd_connect *r = io_here(irp)->buffer;
	struct afd_connection *c;
	enum ex_status st;
	struct afd_pass p;

	if (r->to.family != e->family &&
	    (e->kind == AFD_STREAM || r->to.family))
		return EX_INVALID_PARAMETER;
	st = afd_bind_any(e);
	if (ex_failed(st))
		return st;
	if (e->kind != AFD_STREAM)
		return connect_datagram(e, &r->to);
	st = may_connect(e);
	if (st != EX_SUCCESS)
		return st;
	c = afd_connection(e->afd, e->address, afd_device(e), &st);
	if (c)
		return connect_stream(e, c, irp);
	afd_enter(e->afd, &p);
	e->busy = false;
	afd_leave(&p);
	return st;
}

/* --- shutdown and close ------------------------------------------------------------------ */

static enum ex_status shut(struct afd_endpoint *e, u32 how)
{
	struct afd_connection *c;
	struct afd_pass p;

	afd_enter(e->afd, &p);
	c = e->c;
	if (e->state != AFD_CONNECTED) {
		afd_leave(&p);
		return EX_INVALID_CONNECTION;
	}
	e->receive_shut |= how & AFD_SHUT_RECEIVE;
	e->send_shut |= !!(how & AFD_SHUT_SEND);
	if (c)
		c->refs++;
	if (c && how & AFD_SHUT_RECEIVE) {
		c->receive_shut = true;
		afd_serve(&p, c);
	} else if (how & AFD_SHUT_RECEIVE) {
		afd_flush(&p, &e->d->reads, EX_SUCCESS);
	}
	if (c && how & AFD_SHUT_SEND)
		c->fin_wanted = true;
	afd_wake(&p, e);
	afd_leave(&p);
	if (c) {
		afd_pump(c);
		afd_connection_put(c);
	}
	return EX_SUCCESS;
}

enum ex_status AfdShutdown(struct afd_endpoint *e, struct irp *irp)
{
	const u32 *how = io_here(irp)->buffer;

	if (!*how || *how & ~(u32)(AFD_SHUT_RECEIVE | AFD_SHUT_SEND))
		return EX_INVALID_PARAMETER;
	return shut(e, *how);
}

/* What does not become quiet is reset. */
static void wait_for_quiet(struct afd_connection *c, u64 ns)
{
	struct ke_event quiet;
	struct afd_pass p;
	bool late = false;

	ke_event_init(&quiet, "afd quiet", false, false);
	afd_enter(c->afd, &p);
	if (!c->quiet)
		c->lingers = &quiet;
	late = !c->quiet;
	afd_leave(&p);
	if (late)
		late = ke_wait(&quiet, ns) == EX_TIMEOUT;
	afd_enter(c->afd, &p);
	c->lingers = NULL;
	afd_leave(&p);
	if (late)
		afd_abort(c);
}

/*
 * The handle is closed. Bytes that nobody read, or SO_LINGER of 0, want a reset
 * (RFC 1122 4.2.2.13), and so does a caller whose memory the transport still
 * sends from; else what is buffered goes out, then a FIN.
 */
void afd_disconnect(struct afd_endpoint *e, struct afd_connection *c,
		    bool waited)
{
	struct afd_resume *resume;
	bool linger, hard, first = false;
	struct afd_pass p;
	u64 ns;

	afd_enter(c->afd, &p);
	linger = e->option[AFD_OPT_LINGER];
	ns = (u64)e->linger_s * 1000000000;
	c->endpoint = NULL;
	c->closing = true;
	resume = c->resume;
	hard = !c->opened || (linger && !ns) || (waited && c->direct) ||
	       ((c->in.bytes || c->stalled) && !c->receive_shut) || c->error;
	c->fin_wanted = true;
	afd_drop(c->afd, &c->in);
	afd_drop(c->afd, &c->oob);
	if (hard)                    /* from now on nothing is in order */
		first = afd_abort_wanted(c);
	afd_leave(&p);
	if (first)
		afd_abort_pump(c->afd);
	if (!hard)
		afd_pump(c);
	if (!hard && linger)
		wait_for_quiet(c, ns);
	if (resume)
		io_cancel(&resume->op.irp);
}
