// SPDX-License-Identifier: Apache-2.0
/*
 * Datagrams: each is a buffer of its own with where it came from; what comes
 * over the limit is dropped, but where nothing waits one of any size is taken
 * (as with Linux: SO_RCVBUF is not the largest datagram).  Errors that ICMP tells of reach a connected socket
 * as the result of its next call (RFC 1122 4.1.3.3).
 */
#include "inside.h"

#include <string.h>

#define IP_MOST 65535u               /* RFC 791 3.1, RFC 8200 3: lengths are u16 */
#define IP4_HEADER 20u               /* which IPv4's length includes */
#define UDP_HEADER 8u

/* --- in --------------------------------------------------------------------------------- */

static void note(struct irp *irp, const struct afd_buffer *b, bool cut)
{
	struct afd_transfer *t = io_here(irp)->buffer;

	if (io_here(irp)->major != IO_DEVICE_CONTROL)
		return;
	t->address = b->from;
	t->truncated = cut;
	t->whole = b->length;
}

static void deliver(struct afd_pass *p, struct afd_endpoint *e,
		    struct irp *irp)
{
	struct afd_buffer *b = e->d->in.head;
	u32 n = b->length, room = (u32)afd_length(irp);

	if (!afd_unqueue(irp))
		return;
	if (n > room)
		n = room;
	afd_scatter(irp, 0, b->data, n);
	note(irp, b, n < b->length);
	afd_finish(p, irp, EX_SUCCESS, n);
	if (afd_flags(irp) & AFD_PEEK)
		return;
	e->d->in.head = b->next;
	if (!e->d->in.head)
		e->d->in.tail = NULL;
	e->d->in.bytes -= b->length;
	e->d->datagrams--;
	ex_free_pool(e->afd->x, b, AFD_TAG_BUFFER);
}

/* Under the lock. */
static void serve(struct afd_pass *p, struct afd_endpoint *e)
{
	while (e->d->reads.head) {
		struct irp *irp = e->d->reads.head;

		if (e->error) {
			if (!afd_unqueue(irp))
				continue;
			afd_finish(p, irp, e->error, 0);
			e->error = EX_SUCCESS;
		} else if (e->d->in.head) {
			deliver(p, e, irp);
		} else if (e->receive_shut) {
			if (afd_unqueue(irp))
				afd_finish(p, irp, EX_SUCCESS, 0);
		} else {
			return;
		}
	}
}

enum ex_status afd_datagram_receive(struct afd_endpoint *e, struct irp *irp)
{
	struct afd_pass p;

	if (afd_flags(irp) & AFD_OOB)
		return EX_NOT_SUPPORTED;
	afd_enter(e->afd, &p);
	if (e->closed || e->state == AFD_OPEN) {
		afd_leave(&p);
		return e->closed ? EX_CANCELLED : EX_INVALID_PARAMETER;
	}
	if (afd_queue(&p, &e->d->reads, irp)) {
		serve(&p, e);
		if (afd_flags(irp) & AFD_NOWAIT)
			afd_no_wait(&p, irp);
	}
	afd_leave(&p);
	return EX_PENDING;
}

static bool same(const struct tdi_address *a, const struct tdi_address *b)
{
	return a->family == b->family && a->port == b->port &&
	       !memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16);
}

/* A connected one hears its peer only. */
static bool wanted(const struct afd_endpoint *e,
		   const struct tdi_address *from, u32 n)
{
	if (e->closed || e->receive_shut)
		return false;
	if (e->kind == AFD_DATAGRAM && e->state == AFD_CONNECTED &&
	    !same(&e->d->peer, from))
		return false;
	return !e->d->datagrams || (e->d->datagrams < AFD_DATAGRAMS_MAX &&
				    n <= e->option[AFD_OPT_RCVBUF] &&
				    e->d->in.bytes <=
					    e->option[AFD_OPT_RCVBUF] - n);
}

enum ex_status AfdDatagramEvent(void *context, const struct tdi_address *from,
				const struct tdi_address *to, u32 indicated,
				u32 available, u32 *taken, const u8 *data,
				struct irp **irp)
{
	struct afd_address *addr = context;
	struct afd_endpoint *e;
	struct afd_buffer *b = NULL;
	struct afd_pass p;

	(void)to;
	(void)irp;
	*taken = indicated;          /* or dropped */
	afd_enter(addr->afd, &p);
	e = addr->owner;
	if (e && indicated == available && wanted(e, from, indicated))
		b = afd_buffer(e->afd, indicated);
	if (b) {
		b->length = indicated;
		b->from = *from;
		memcpy(b->data, data, indicated);
		afd_add(&e->d->in, b);
		e->d->datagrams++;
		serve(&p, e);
		afd_wake(&p, e);
	}
	afd_leave(&p);
	return EX_SUCCESS;
}

void AfdErrorEvent(void *context, void *connection_context,
		   const struct tdi_address *remote, enum ex_status why)
{
	struct afd_address *addr = context;
	struct afd_endpoint *e;
	struct afd_pass p;

	(void)connection_context;    /* of a stream: a hint, RFC 1122 4.2.3.9 */
	afd_enter(addr->afd, &p);
	e = addr->owner;
	if (e && e->kind != AFD_STREAM && e->state == AFD_CONNECTED &&
	    (!remote || same(&e->d->peer, remote))) {
		e->error = why;
		serve(&p, e);
		afd_wake(&p, e);
	}
	afd_leave(&p);
}

/* --- out --------------------------------------------------------------------------------- */

static const struct tdi_address *target(const struct afd_endpoint *e,
					struct irp *irp)
{
	const struct afd_transfer *t = io_here(irp)->buffer;

	if (io_here(irp)->major == IO_DEVICE_CONTROL && t->addressed)
		return &t->address;
	return &e->d->peer;
}

static void fail(struct afd_pass *p, struct irp *irp)
{
	if (afd_unqueue(irp))
		afd_finish(p, irp, EX_INSUFFICIENT_RESOURCES, 0);
}

static bool fill_one(struct afd_pass *p, struct afd_endpoint *e,
		     struct irp *irp)
{
	u32 n = (u32)afd_length(irp), limit = e->option[AFD_OPT_SNDBUF];
	struct tdi_address to = *target(e, irp);
	struct afd_send *s;

	if (limit && e->d->buffered && (e->d->buffered >= limit ||
				     n > limit - e->d->buffered))
		return false;
	s = limit ? afd_send_new(e->afd, e, irp, 0, n) :
		    afd_send_direct(e->afd, e, irp);
	if (!s) {
		fail(p, irp);
		return true;
	}
	s->r.remote = to;
	if (!afd_unqueue(irp)) {     /* cancelled: nothing was sent */
		afd_block_free(e->afd, s->block);
		afd_send_discard(e->afd, s);
		return true;
	}
	e->refs++;
	e->d->buffered += n;
	afd_put_out(&e->d->out_end, s);
	if (limit)
		s->user = irp;
	return true;
}

/* Under the lock. */
void afd_datagram_fill(struct afd_pass *p, struct afd_endpoint *e)
{
	while (e->d->writes.head && fill_one(p, e, e->d->writes.head))
		;
}

void afd_datagram_told(struct afd_pass *p, struct afd_send *s,
		       enum ex_status st)
{
	if (s->user)
		afd_finish(p, s->user, st, ex_failed(st) ? 0 : s->size);
	s->user = NULL;
	if (s->e->d->issued == s)
		s->e->d->issued = NULL;
}

/* What the transport says at once is the result of the send; a send that it keeps
 * is buffered, and as good as done. */
static void buffered(struct afd_endpoint *e, struct afd_send *s)
{
	struct afd_pass p;

	afd_enter(e->afd, &p);
	if (e->d->issued == s)
		afd_datagram_told(&p, s, EX_SUCCESS);
	afd_leave(&p);
}

static bool pump_once(struct afd_endpoint *e)
{
	struct afd_send *s;
	struct afd_pass p;

	afd_enter(e->afd, &p);
	s = e->d->out;
	if (s) {
		e->d->out = s->next;
		if (!e->d->out)
			e->d->out_end = &e->d->out;
	} else {
		e->d->pumping = false;
	}
	e->d->issued = s;
	afd_leave(&p);
	if (!s)
		return false;
	afd_send_issue(s, e->address->file, TDI_SEND_DATAGRAM);
	buffered(e, s);
	return true;
}

void afd_datagram_pump(struct afd_endpoint *e)
{
	struct afd_pass p;
	bool mine;

	afd_enter(e->afd, &p);
	mine = !e->d->pumping;
	if (mine) {
		e->d->pumping = true;
		e->refs++;
	}
	afd_leave(&p);
	if (!mine)
		return;
	while (pump_once(e))
		;
	afd_endpoint_put(e);
}

/* The largest: what fits is known here, as long as a program waits for it. */
static u32 most(const struct afd_endpoint *e)
{
	bool header_included = e->kind == AFD_RAW &&
			       e->option[AFD_OPT_HDRINCL];

	return IP_MOST - (e->kind == AFD_RAW ? 0 : UDP_HEADER) -
	       (e->family == 4 && !header_included ? IP4_HEADER : 0);
}

static enum ex_status may_send(struct afd_endpoint *e, struct irp *irp)
{
	enum ex_status st = e->error;

	if (e->closed)
		return EX_CANCELLED;
	e->error = EX_SUCCESS;
	if (st != EX_SUCCESS)
		return st;
	if (e->send_shut)
		return EX_LOCAL_DISCONNECT;
	if (!target(e, irp)->family)
		return EX_INVALID_CONNECTION;
	if (target(e, irp)->family != e->family)
		return EX_INVALID_PARAMETER;
	return afd_length(irp) > most(e) ? EX_BUFFER_OVERFLOW : EX_SUCCESS;
}

enum ex_status afd_datagram_send(struct afd_endpoint *e, struct irp *irp)
{
	enum ex_status st;
	struct afd_pass p;

	if (afd_flags(irp) & AFD_OOB)
		return EX_NOT_SUPPORTED;
	afd_enter(e->afd, &p);
	if (e->state == AFD_OPEN) {
		afd_leave(&p);
		st = afd_bind_any(e);
		if (ex_failed(st))
			return st;
		afd_enter(e->afd, &p);
	}
	st = may_send(e, irp);
	if (st != EX_SUCCESS) {
		afd_leave(&p);
		return st;
	}
	if (afd_queue(&p, &e->d->writes, irp)) {
		afd_datagram_fill(&p, e);
		if (afd_flags(irp) & AFD_NOWAIT)
			afd_no_wait(&p, irp);
	}
	e->refs++;
	afd_leave(&p);
	afd_datagram_pump(e);
	afd_endpoint_put(e);
	return EX_PENDING;
}
