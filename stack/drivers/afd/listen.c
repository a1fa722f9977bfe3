// SPDX-License-Identifier: Apache-2.0
/*
 * Listening. A connection that comes in wants a file of the transport at
 * DISPATCH, where none can be opened: some are made ahead, and more by a work
 * item as they are used (AfdReplenishListenBacklog).
 */
#include "inside.h"

/* Free ones that should be there, under the lock: as many as may come in before
 * the work item runs again; who finds none is asked again by the transport. */
static u32 wanted(const struct afd_endpoint *e)
{
	return e->backlog > e->nready ? e->backlog - e->nready : 0;
}

static bool short_of(struct afd_endpoint *e)
{
	struct afd_pass p;
	bool yes;

	afd_enter(e->afd, &p);
	yes = !e->closed && e->nfree < wanted(e);
	afd_leave(&p);
	return yes;
}

/* What was set before `sets` was told to c; false: more was since. */
static bool put_free(struct afd_endpoint *e, struct afd_connection *c,
		     u32 sets, bool *ok)
{
	struct afd_pass p;
	bool done;

	afd_enter(e->afd, &p);
	*ok = !e->closed && e->nfree < wanted(e);
	done = !*ok || e->sets == sets;
	if (done && *ok) {
		c->listener = e;
		c->next = e->free;
		e->free = c;
		e->nfree++;
	}
	afd_leave(&p);
	return done;
}

/* With what was set on the listener. false: it was closed, or others have made
 * enough meanwhile, and the connection is gone. */
static bool add_free(struct afd_endpoint *e, struct afd_connection *c)
{
	bool ok;

	while (!put_free(e, c, afd_option_apply(e, c->file, true), &ok))
		;
	if (!ok)
		afd_connection_put(c);
	return ok;
}

static enum ex_status AfdAddFreeConnection(struct afd_endpoint *e)
{
	enum ex_status st;
	struct afd_connection *c = afd_connection(e->afd, e->address,
						  afd_device(e), &st);

	if (!c)
		return st;
	return add_free(e, c) ? EX_SUCCESS : EX_CANCELLED;
}

/* Who comes in meanwhile is asked for again by the transport. */
void afd_listener_apply(struct afd_endpoint *e)
{
	struct afd_connection *c, *rest;
	struct afd_pass p;

	afd_enter(e->afd, &p);
	rest = e->free;
	e->free = NULL;
	e->nfree = 0;
	afd_leave(&p);
	while ((c = rest)) {
		rest = c->next;
		(void)add_free(e, c);
	}
}

/* Has a reference to the endpoint. */
static void AfdReplenishListenBacklog(void *ctx)
{
	struct afd_endpoint *e = ctx;
	struct afd_pass p;

	afd_enter(e->afd, &p);
	e->replenishing = false;     /* the item may be queued again */
	afd_leave(&p);
	while (short_of(e))
		if (ex_failed(AfdAddFreeConnection(e)))
			break;
	afd_endpoint_put(e);
}

/* Under the lock: the caller queues the item after it. */
static bool replenish_wanted(struct afd_endpoint *e)
{
	if (e->closed || e->replenishing || e->nfree >= wanted(e))
		return false;
	e->replenishing = true;
	e->refs++;
	return true;
}

static void replenish(struct afd_endpoint *e)
{
	ex_work_init(&e->work, AfdReplenishListenBacklog, e);
	ex_work_queue(e->afd->x, &e->work, EX_DELAYED);
}

enum ex_status AfdListen(struct afd_endpoint *e, struct irp *irp)
{
	u32 n = ((struct afd_listen *)io_here(irp)->buffer)->backlog;
	enum ex_status st = EX_SUCCESS;
	struct afd_pass p;
	bool some;

	if (e->kind != AFD_STREAM)
		return EX_NOT_SUPPORTED;
	afd_enter(e->afd, &p);
	if ((e->state != AFD_BOUND && e->state != AFD_LISTENING) || e->busy ||
	    e->closed) {
		st = EX_INVALID_PARAMETER;
	} else {
		e->backlog = !n ? 1 : n > AFD_BACKLOG_MAX ? AFD_BACKLOG_MAX : n;
		e->busy = true;
	}
	afd_leave(&p);
	if (ex_failed(st))
		return st;
	while (short_of(e)) {
		st = AfdAddFreeConnection(e);
		if (ex_failed(st))
			break;
	}
	afd_enter(e->afd, &p);
	some = e->nfree;             /* are enough to begin with */
	afd_leave(&p);
	if (some)
		st = tdi_set_event(e->address->file, TDI_EVENT_CONNECT,
				   AfdConnectEvent, e->address);
	afd_enter(e->afd, &p);
	e->busy = false;
	if (!ex_failed(st))
		e->state = AFD_LISTENING;
	afd_leave(&p);
	return st;
}

/* --- a connection comes in ------------------------------------------------------------- */

/* Open and nothing else, nor about to be. */
static bool can_become(const struct afd_endpoint *onto,
		       const struct afd_endpoint *e)
{
	return onto && onto->kind == AFD_STREAM && onto->family == e->family &&
	       onto->state == AFD_OPEN && !onto->busy && !onto->closed;
}

/* e has an accept that waits and a connection that is ready. */
static bool hand_over(struct afd_pass *p, struct afd_endpoint *e)
{
	struct irp *irp = e->ready ? afd_dequeue(&e->accepts) : NULL;
	struct afd_connection *c = e->ready;
	struct afd_endpoint *onto;
	struct afd_accept *r;

	if (!irp)
		return false;
	r = io_here(irp)->buffer;
	onto = r->onto->context;
	if (!can_become(onto, e)) {
		afd_finish(p, irp, EX_INVALID_PARAMETER, 0);
		return true;
	}
	e->ready = c->next;
	e->nready--;
	onto->address = c->address;
	onto->address->refs++;
	afd_option_inherit(onto, e);
	afd_attach(onto, c);         /* the list's reference goes along */
	onto->state = AFD_CONNECTED;
	onto->error = c->error;
	r->from = c->peer;
	afd_finish(p, irp, EX_SUCCESS, 0);
	return true;
}

static void ready(struct afd_endpoint *e, struct afd_connection *c)
{
	struct afd_connection **at = &e->ready;

	while (*at)
		at = &(*at)->next;
	c->next = NULL;
	*at = c;
	e->nready++;
}

static enum ex_status AfdAcceptComplete(struct io_device *d, struct irp *irp,
					void *context)
{
	struct afd_connection *c = context;
	bool failed = ex_failed(irp->status), more = false, drop = false;
	struct afd_endpoint *e;
	struct afd_pass p;

	(void)d;
	afd_enter(c->afd, &p);
	c->opening = false;
	e = c->listener;
	c->opened = !failed;
	if (!e->closed && !failed) {
		c->refs++;           /* of the list */
		ready(e, c);
		while (hand_over(&p, e))
			;
		afd_wake(&p, e);
	}
	more = replenish_wanted(e);
	drop = !failed && e->closed;
	afd_leave(&p);
	if (more)
		replenish(e);
	if (drop)
		afd_abort(c);
	afd_connection_put(c);
	afd_endpoint_put(e);
	return EX_MORE_PROCESSING_REQUIRED;
}

enum ex_status AfdConnectEvent(void *context, const struct tdi_address *remote,
			       void **connection_context, struct irp **accept)
{
	struct afd_address *addr = context;
	struct afd_connection *c = NULL;
	struct afd_endpoint *e;
	struct afd_pass p;
	bool more = false, later;

	afd_enter(addr->afd, &p);
	e = addr->owner;
	later = e && !e->closed && e->nready < e->backlog;
	if (later)
		c = e->free;
	if (c) {
		e->free = c->next;
		e->nfree--;
		e->refs++;           /* of c->listener, while it opens */
		c->peer = *remote;
		c->opening = true;
		c->op.r = (struct tdi_request){ .remote = *remote };
	}
	if (e)
		more = replenish_wanted(e);
	afd_leave(&p);
	if (more)
		replenish(e);
	if (!c)                      /* being made: the transport asks again */
		return later ? EX_INSUFFICIENT_RESOURCES :
			       EX_CONNECTION_REFUSED;
	*connection_context = c;
	*accept = afd_op_irp(c, &c->op, TDI_ACCEPT, AfdAcceptComplete);
	return EX_SUCCESS;
}

enum ex_status AfdAccept(struct afd_endpoint *e, struct irp *irp)
{
	struct afd_accept *r = io_here(irp)->buffer;
	struct afd_pass p;
	bool more;

	if (e->kind != AFD_STREAM)
		return EX_NOT_SUPPORTED;
	if (!r->onto || r->onto->device != e->afd->device)
		return EX_INVALID_PARAMETER;
	afd_enter(e->afd, &p);
	if (e->state != AFD_LISTENING || e->closed) {
		afd_leave(&p);
		return e->closed ? EX_CANCELLED : EX_INVALID_PARAMETER;
	}
	if (afd_queue(&p, &e->accepts, irp)) {
		while (hand_over(&p, e))
			;
		if (r->flags & AFD_NOWAIT)
			afd_no_wait(&p, irp);
	}
	more = replenish_wanted(e);
	afd_leave(&p);
	if (more)
		replenish(e);
	return EX_PENDING;
}

/* Connections that nobody accepted any more are reset. */
void afd_unlisten(struct afd_endpoint *e)
{
	struct afd_connection *c;
	struct afd_pass p;
	bool listens;

	afd_enter(e->afd, &p);
	listens = e->state == AFD_LISTENING;
	afd_leave(&p);
	if (listens)
		tdi_set_event(e->address->file, TDI_EVENT_CONNECT, NULL, NULL);
	for (;;) {
		afd_enter(e->afd, &p);
		c = e->ready ? e->ready : e->free;
		if (!c) {
			afd_leave(&p);
			return;
		}
		if (e->ready) {
			e->ready = c->next;
			e->nready--;
		} else {
			e->free = c->next;
			e->nfree--;
		}
		c->listener = NULL;
		c->closing = true;
		afd_leave(&p);
		if (c->opened)
			afd_abort(c);
		afd_connection_put(c);
	}
}
